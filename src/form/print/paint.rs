//! Drawing with the PDF writer, in millimetres.

use krilla::color::luma;
use krilla::geom::{Path, PathBuilder, Point, Rect, Transform};
use krilla::graphic::Graphic;
use krilla::num::NormalizedF32;
use krilla::paint::{Fill, LineCap, Stroke, StrokeDash};
use krilla::surface::Surface;
use krilla::text::{Font, GlyphId, KrillaGlyph};

use super::font_data;
use super::outline::loops;
use crate::form::code::QrMatrix;
use crate::form::compose::{DOT_MM, Draw};
use crate::form::frame::{self, QR_MM};
use crate::form::text::{Face, Run, shape};
use crate::form::{BoxShape, CodeKind, FormError, PageLayout};
use crate::geometry::MmRect;

/// From dot to dot of a writing line, mm.
const DOT_PITCH_MM: f32 = 1.15;
/// Control points of a quarter of a circle made of one Bézier curve, as a part
/// of the radius: 4/3 (√2 − 1); at most 0.03 % off.
const CIRCLE: f32 = 0.552_284_8;

/// The fonts as the PDF writer wants them.
pub(super) struct Painter {
    fonts: Vec<Font>,
}

impl Painter {
    pub(super) fn new() -> Result<Self, FormError> {
        let fonts = Face::ALL
            .into_iter()
            .map(|face| Font::new(font_data(face.data()), 0).ok_or(FormError::Font(face.name())))
            .collect::<Result<_, _>>()?;
        Ok(Self { fonts })
    }

    /// All that copies share: drawings, boxes, anchors.
    pub(super) fn page(&self, surface: &mut Surface<'_>, page: &PageLayout, draws: &[Draw]) {
        self.draws(surface, draws);
        for anchor in &page.anchors {
            fill_rect(surface, &anchor.rect);
        }
        for b in &page.boxes {
            match b.shape {
                BoxShape::Rect => outline(surface, &b.rect, b.outline_mm),
                BoxShape::Oval => {
                    let r = b.rect.inflate(-b.outline_mm / 2.0, -b.outline_mm / 2.0);
                    let c = r.center();
                    if let Some(path) = ellipse(
                        c.x as f32,
                        c.y as f32,
                        (r.size.width / 2.0) as f32,
                        (r.size.height / 2.0) as f32,
                    ) {
                        stroke(surface, &path, b.outline_mm, LineCap::Butt, None);
                    }
                }
            }
        }
    }

    pub(super) fn draws(&self, surface: &mut Surface<'_>, draws: &[Draw]) {
        for draw in draws {
            self.draw(surface, draw);
        }
    }

    fn draw(&self, surface: &mut Surface<'_>, draw: &Draw) {
        match draw {
            Draw::Text { at, run } => self.run(surface, at.x, at.y, run),
            Draw::Rule { from, to, width } => {
                let mut path = PathBuilder::new();
                path.move_to(from.x as f32, from.y as f32);
                path.line_to(to.x as f32, to.y as f32);
                if let Some(path) = path.finish() {
                    let straight = from.x == to.x || from.y == to.y;
                    let cap = if straight {
                        LineCap::Butt
                    } else {
                        LineCap::Round
                    };
                    stroke(surface, &path, *width, cap, None);
                }
            }
            Draw::Dots { from, to_x } => {
                let mut path = PathBuilder::new();
                path.move_to((from.x + DOT_MM / 2.0) as f32, from.y as f32);
                path.line_to((to_x - DOT_MM / 2.0) as f32, from.y as f32);
                if let Some(path) = path.finish() {
                    let dash = StrokeDash {
                        array: vec![0.0, DOT_PITCH_MM],
                        offset: 0.0,
                    };
                    stroke(surface, &path, DOT_MM, LineCap::Round, Some(dash));
                }
            }
            Draw::Outline { rect, width } => outline(surface, rect, *width),
            Draw::Fill { rect } => fill_rect(surface, rect),
            Draw::Shade { rect, gray } => shade_rect(surface, rect, *gray),
            Draw::Circle {
                centre,
                radius,
                width,
            } => {
                let r = *radius as f32;
                if let Some(path) = ellipse(centre.x as f32, centre.y as f32, r, r) {
                    stroke(surface, &path, *width, LineCap::Butt, None);
                }
            }
        }
    }

    fn run(&self, surface: &mut Surface<'_>, x: f64, y: f64, run: &Run) {
        let glyphs: Vec<KrillaGlyph> = run
            .glyphs
            .iter()
            .map(|g| {
                KrillaGlyph::new(
                    GlyphId::new(g.id),
                    g.advance as f32,
                    g.x_offset as f32,
                    g.y_offset as f32,
                    0.0,
                    g.range.clone(),
                    None,
                )
            })
            .collect();
        // The surface is in millimetres, so is the size.
        let size = run.size_pt * crate::form::text::PT_MM;
        surface.set_stroke(None);
        surface.set_fill(Some(Fill::default()));
        surface.draw_glyphs(
            Point::from_xy(x as f32, y as f32),
            &glyphs,
            self.fonts[run.face as usize].clone(),
            &run.text,
            size as f32,
            false,
        );
    }

    /// The modules of a code as one black shape, a unit each.
    pub(super) fn modules(&self, surface: &mut Surface<'_>, modules: &QrMatrix) {
        let mut path = PathBuilder::new();
        for corners in loops(modules.size(), |x, y| modules.get(x, y)) {
            for (i, (x, y)) in corners.into_iter().enumerate() {
                if i == 0 {
                    path.move_to(x as f32, y as f32);
                } else {
                    path.line_to(x as f32, y as f32);
                }
            }
            path.close();
        }
        if let Some(path) = path.finish() {
            fill(surface, &path);
        }
    }

    /// What differs from copy to copy: the codes.
    pub(super) fn codes(
        &self,
        surface: &mut Surface<'_>,
        page: &PageLayout,
        code: &Graphic,
        modules: u32,
        line: &str,
    ) -> Result<(), FormError> {
        for spec in &page.codes {
            match spec.kind {
                CodeKind::Qr => {
                    let scale = (QR_MM / f64::from(modules)) as f32;
                    let (x, y) = (spec.rect.origin.x as f32, spec.rect.origin.y as f32);
                    surface.push_transform(&Transform::from_row(scale, 0.0, 0.0, scale, x, y));
                    surface.draw_graphic(code.clone());
                    surface.pop();
                }
                CodeKind::Text => self.line(surface, page, line)?,
            }
        }
        Ok(())
    }

    /// The line of characters, each in its cell.
    fn line(
        &self,
        surface: &mut Surface<'_>,
        page: &PageLayout,
        line: &str,
    ) -> Result<(), FormError> {
        /// Height of OCR-B's capitals, em.
        const CAP: f64 = 0.701;
        let place = frame::text_line(page.size);
        let size_mm = place.cap_height_mm / CAP;
        let mut run = shape(Face::Code, size_mm / crate::form::text::PT_MM, line)?;
        let cell = place.cell_width_mm / size_mm;
        let own = run.glyphs.first().map_or(0.0, |g| g.advance);
        for glyph in &mut run.glyphs {
            glyph.advance = cell;
        }
        let x = place.origin.x + (cell - own) / 2.0 * size_mm;
        self.run(surface, x, place.origin.y + place.baseline_mm(), &run);
        Ok(())
    }
}

fn fill(surface: &mut Surface<'_>, path: &Path) {
    surface.set_stroke(None);
    surface.set_fill(Some(Fill::default()));
    surface.draw_path(path);
}

fn shade_rect(surface: &mut Surface<'_>, r: &MmRect, gray: f64) {
    if let Some(path) = rect_path(r) {
        let level = (gray.clamp(0.0, 1.0) * 255.0).round() as u8;
        surface.set_stroke(None);
        surface.set_fill(Some(Fill {
            paint: luma::Color::new(level).into(),
            ..Fill::default()
        }));
        surface.draw_path(&path);
    }
}

fn fill_rect(surface: &mut Surface<'_>, r: &MmRect) {
    if let Some(path) = rect_path(r) {
        fill(surface, &path);
    }
}

/// The outline of a rectangle whose outer edge is given.
fn outline(surface: &mut Surface<'_>, r: &MmRect, width: f64) {
    if let Some(path) = rect_path(&r.inflate(-width / 2.0, -width / 2.0)) {
        stroke(surface, &path, width, LineCap::Butt, None);
    }
}

fn stroke(
    surface: &mut Surface<'_>,
    path: &Path,
    width: f64,
    line_cap: LineCap,
    dash: Option<StrokeDash>,
) {
    surface.set_fill(None);
    surface.set_stroke(Some(Stroke {
        width: width as f32,
        line_cap,
        dash,
        opacity: NormalizedF32::ONE,
        ..Stroke::default()
    }));
    surface.draw_path(path);
}

fn rect_path(r: &MmRect) -> Option<Path> {
    let mut path = PathBuilder::new();
    path.push_rect(Rect::from_xywh(
        r.origin.x as f32,
        r.origin.y as f32,
        r.size.width as f32,
        r.size.height as f32,
    )?);
    path.finish()
}

fn ellipse(x: f32, y: f32, rx: f32, ry: f32) -> Option<Path> {
    let (kx, ky) = (rx * CIRCLE, ry * CIRCLE);
    let mut path = PathBuilder::new();
    path.move_to(x + rx, y);
    path.cubic_to(x + rx, y + ky, x + kx, y + ry, x, y + ry);
    path.cubic_to(x - kx, y + ry, x - rx, y + ky, x - rx, y);
    path.cubic_to(x - rx, y - ky, x - kx, y - ry, x, y - ry);
    path.cubic_to(x + kx, y - ry, x + rx, y - ky, x + rx, y);
    path.close();
    path.finish()
}
