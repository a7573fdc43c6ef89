//! The printed forms: made by the library, rendered once.

use std::sync::{Arc, OnceLock};

use hayro::hayro_interpret::InterpreterSettings;
use hayro::kurbo::Affine;
use hayro::vello_cpu::color::palette::css::WHITE;
use hayro::vello_cpu::{Pixmap, RasterizerSettings, RenderContext, Resources, TargetInit};
use hayro::{RenderCache, RenderSettings, render_into};
use hayro_syntax::Pdf;
use phieu::form::code::Key;
use phieu::form::{Job, Layout, Library, LoadedForm, Sheet, pdf};

/// px per mm of the finest rendering (400 dpi). The library's own decoding of
/// PDFs stops at 300 dpi, so the pages are drawn by its renderer directly.
pub const PER_MM: f32 = 400.0 / 25.4;

/// Side of the blocks of which it is known whether anything is printed there.
const BLOCK: usize = 8;

/// Ink of one page at one resolution: 0 paper, 255 black.
#[derive(Debug)]
pub struct Ink {
    pub width: usize,
    pub height: usize,
    pub per_mm: f32,
    pub data: Vec<u8>,
}

impl Ink {
    fn half(&self) -> Self {
        let (w, h) = (self.width / 2, self.height / 2);
        let mut data = Vec::with_capacity(w * h);
        for y in 0..h {
            let (a, b) = (
                &self.data[2 * y * self.width..],
                &self.data[(2 * y + 1) * self.width..],
            );
            data.extend((0..w).map(|x| {
                let sum: u16 = [a[2 * x], a[2 * x + 1], b[2 * x], b[2 * x + 1]]
                    .iter()
                    .map(|v| u16::from(*v))
                    .sum();
                (sum / 4) as u8
            }));
        }
        Self {
            width: w,
            height: h,
            per_mm: self.per_mm / 2.0,
            data,
        }
    }

    /// Ink at a place in mm, between pixels by what is around.
    #[inline]
    pub fn at(&self, x: f32, y: f32) -> f32 {
        let (x, y) = (x * self.per_mm - 0.5, y * self.per_mm - 0.5);
        if x < 0.0 || y < 0.0 {
            return 0.0;
        }
        let (ix, iy) = (x as usize, y as usize);
        if ix + 1 >= self.width || iy + 1 >= self.height {
            return 0.0;
        }
        let (tx, ty) = (x - ix as f32, y - iy as f32);
        let i = iy * self.width + ix;
        let (a, b) = (&self.data[i..i + 2], &self.data[i + self.width..][..2]);
        let mix = |p: u8, q: u8| f32::from(p) + (f32::from(q) - f32::from(p)) * tx;
        let (top, bottom) = (mix(a[0], a[1]), mix(b[0], b[1]));
        top + (bottom - top) * ty
    }
}

/// One page of a form, at 400, 200, 100 and 50 dpi.
#[derive(Debug)]
pub struct BasePage {
    pub levels: Vec<Ink>,
    blocks_wide: usize,
    inked: Vec<bool>,
}

impl BasePage {
    fn new(ink: Ink) -> Self {
        let (bw, bh) = (ink.width.div_ceil(BLOCK), ink.height.div_ceil(BLOCK));
        let mut some = vec![false; bw * bh];
        for (y, row) in ink.data.chunks_exact(ink.width).enumerate() {
            for (bx, part) in row.chunks(BLOCK).enumerate() {
                some[y / BLOCK * bw + bx] |= part.iter().any(|v| *v > 2);
            }
        }
        // A block beside an inked one may be reached by a blur.
        let inked = (0..bw * bh)
            .map(|i| {
                let (x, y) = (i % bw, i / bw);
                (y.saturating_sub(1)..(y + 2).min(bh))
                    .any(|y| (x.saturating_sub(1)..(x + 2).min(bw)).any(|x| some[y * bw + x]))
            })
            .collect();
        let mut levels = vec![ink];
        for i in 0..3 {
            levels.push(levels[i].half());
        }
        Self {
            levels,
            blocks_wide: bw,
            inked,
        }
    }

    /// May anything be printed near the line between these places, mm? The
    /// line must be short and nearly level or upright.
    pub fn inked_between(&self, a: (f32, f32), b: (f32, f32)) -> bool {
        let block = |v: f32| ((v * PER_MM).max(0.0) as usize) / BLOCK;
        let high = self.inked.len() / self.blocks_wide;
        let (x0, x1) = (block(a.0.min(b.0)), block(a.0.max(b.0)));
        let (y0, y1) = (block(a.1.min(b.1)), block(a.1.max(b.1)));
        (y0..=y1.min(high - 1)).any(|y| {
            (x0..=x1.min(self.blocks_wide - 1)).any(|x| self.inked[y * self.blocks_wide + x])
        })
    }
}

/// A form as printed.
pub struct BaseForm {
    pub form: LoadedForm,
    pub serial: Option<String>,
    number: Option<u64>,
    pages: OnceLock<Vec<Arc<BasePage>>>,
}

impl BaseForm {
    pub fn layout(&self) -> &Layout {
        &self.form.layout
    }

    /// Rendered when first asked for.
    pub fn pages(&self) -> &[Arc<BasePage>] {
        self.pages.get_or_init(|| {
            let form = self.form.designed().unwrap();
            let job = Job {
                serial_from: self.number,
                ..Job::master()
            };
            let bytes = pdf(form, &Sheet::compose(form).unwrap(), &job).unwrap();
            let pdf = Pdf::new(Arc::new(bytes)).unwrap();
            let pages = pdf.pages();
            pages.iter().map(|p| Arc::new(render(p))).collect()
        })
    }
}

fn render(page: &hayro_syntax::page::Page<'_>) -> BasePage {
    let (width, height) = page.render_dimensions();
    let scale = PER_MM * 25.4 / 72.0;
    let side = |points: f32| (points * scale).round() as u16;
    let (w, h) = (side(width), side(height));
    let mut context = RenderContext::new(w, h);
    render_into(
        page,
        &RenderCache::new(),
        &InterpreterSettings::default(),
        &RenderSettings::default(),
        &mut context,
        Affine::scale(f64::from(scale)) * Affine::new(page.initial_transform(true).as_coeffs()),
    );
    context.flush();
    let mut pixmap = Pixmap::new(w, h);
    context.render_with(
        &mut pixmap,
        &mut Resources::default(),
        RasterizerSettings {
            target_init: TargetInit::Clear(WHITE),
            ..Default::default()
        },
    );
    let ink = |r: u8, g: u8, b: u8| {
        255 - ((u32::from(r) * 299 + u32::from(g) * 587 + u32::from(b) * 114) / 1000) as u8
    };
    BasePage::new(Ink {
        width: w.into(),
        height: h.into(),
        per_mm: PER_MM,
        data: pixmap.data().iter().map(|p| ink(p.r, p.g, p.b)).collect(),
    })
}

/// Boxes in grids and beside their words, one choice and many.
const FEW: [&str; 3] = ["ba-dinh-2022", "lai-chau-2023-03", "hoang-kim-2024-bao-tro"];

/// Every shipped form.
pub struct Bases {
    pub forms: Vec<BaseForm>,
    /// Of all forms, printed or not: what the reader gets to know.
    pub layouts: Vec<Layout>,
}

impl Bases {
    /// `few` prints some forms only, for when time is short: rendering costs
    /// more than a page.
    ///
    /// Most forms are printed with serials; every fourth is a photocopier's
    /// master, which has none.
    pub fn load(seed: u64, few: bool) -> Self {
        let templates = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
        let library = Library::load(&[templates]).unwrap();
        let layouts = library.layouts();
        let forms = library
            .forms()
            .filter(|f| !few || FEW.contains(&f.layout.form.as_str()))
            .enumerate()
            .map(|(i, form)| {
                let number = (!(seed + i as u64).is_multiple_of(4))
                    .then(|| seed.wrapping_mul(1000).wrapping_add(i as u64));
                let serial = number
                    .map(|n| phieu::form::code::serial(&Key::public(), &form.layout.digest, n));
                BaseForm {
                    form: form.clone(),
                    serial,
                    number,
                    pages: OnceLock::new(),
                }
            })
            .collect();
        Self { forms, layouts }
    }
}
