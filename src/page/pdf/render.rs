//! Rendering a page that is not just one image.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use hayro::hayro_interpret::{InterpreterSettings, InterpreterWarning};
use hayro::kurbo::Affine;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::vello_cpu::{Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit};
use hayro::{RenderCache, RenderSettings, render_into};
use hayro_syntax::content::ops::TypedInstruction;
use hayro_syntax::object::Name;
use hayro_syntax::page::Page;
use image::GrayImage;

use super::super::samples::luma;
use super::super::scan::plausible_dpi;
use super::super::{DecodeLimits, PageError, Scan};
use super::{POINTS_PER_INCH, damaged};

/// What offices scan at; the reader needs no more.
const DPI: f64 = 300.0;

/// Most pixels of a rendered page: A2 at 300 dpi. Rendering holds four bytes
/// a pixel and more beside it.
const MAX_PIXELS: f64 = 36e6;

/// Renders a page on white at 300 dpi, or at less if it is very large.
///
/// # Errors
/// [`PageError::TooLarge`] for a page that is too long or has no area,
/// [`PageError::Damaged`] if an image on it is missing: what could not be
/// drawn must not look like paper.
pub(super) fn render(page: &Page<'_>, limits: &DecodeLimits) -> Result<Scan, PageError> {
    check_images(page)?;
    let (width, height) = page.render_dimensions();
    let (width, height) = (f64::from(width), f64::from(height));
    let most = MAX_PIXELS.min(limits.max_pixels as f64);
    let full = DPI / POINTS_PER_INCH;
    let scale = full.min((most / (width * height)).sqrt());
    let side = |points: f64| (points * scale).round().max(1.0);
    let too_large = || PageError::TooLarge {
        width: side(width) as u64,
        height: side(height) as u64,
    };
    let pixels = |points: f64| {
        let side = side(points);
        // The renderer counts pixels in sixteen bits.
        (side <= f64::from(u16::MAX)).then_some(side as u16)
    };
    let (w, h) = pixels(width).zip(pixels(height)).ok_or_else(too_large)?;

    let failed = Arc::new(AtomicBool::new(false));
    let sink = Arc::clone(&failed);
    let settings = InterpreterSettings {
        warning_sink: Arc::new(move |warning| {
            if matches!(warning, InterpreterWarning::ImageDecodeFailure) {
                sink.store(true, Ordering::Relaxed);
            }
        }),
        ..InterpreterSettings::default()
    };
    let pixmap = draw_on_white(page, &settings, scale, (w, h));
    if failed.load(Ordering::Relaxed) {
        return Err(damaged("an image on the page cannot be decoded"));
    }
    let gray = pixmap.data().iter().map(|p| luma(p.r, p.g, p.b)).collect();
    let image = GrayImage::from_vec(w.into(), h.into(), gray).ok_or_else(too_large)?;
    let dpi = scale * POINTS_PER_INCH;
    Ok(Scan {
        image,
        dpi: plausible_dpi(dpi, dpi),
        bilevel: false,
    })
}

/// Draws a page, at `scale` px a point, on a white sheet of this width and height, px.
pub(crate) fn draw_on_white(
    page: &Page<'_>,
    settings: &InterpreterSettings,
    scale: f64,
    (width, height): (u16, u16),
) -> Pixmap {
    let mut context = RenderContext::new(width, height);
    render_into(
        page,
        &RenderCache::new(),
        settings,
        &RenderSettings::default(),
        &mut context,
        Affine::scale(scale) * Affine::new(page.initial_transform(true).as_coeffs()),
    );
    context.flush();
    let mut pixmap = Pixmap::new(width, height);
    context.render_with(
        &mut pixmap,
        &mut Resources::default(),
        RasterizerSettings {
            target_init: TargetInit::Clear(WHITE),
            ..Default::default()
        },
    );
    pixmap
}

/// Whether every image and form that the page draws is in the file.
fn check_images(page: &Page<'_>) -> Result<(), PageError> {
    let mut operators = page.typed_operations();
    while let Some(operator) = operators.next() {
        if let TypedInstruction::XObject(x) = operator
            && let Some(name) = Name::new(x.0)
            && page.resources().get_x_object(&name).is_none()
        {
            return Err(damaged("an image on the page is missing"));
        }
    }
    Ok(())
}
