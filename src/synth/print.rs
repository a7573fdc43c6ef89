//! The printed page as a plane of toner, at the resolution of the scan: what
//! all copies of a form share, kept, and what differs from sheet to sheet,
//! drawn over it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::form::code::{Key, Payload, qr_modules, text_line};
use crate::form::{BoxShape, CodeKind, CodeSpec, Layout, PageLayout, frame};
use crate::geometry::{MmRect, MmSize, MmVector, mm_rect, px_per_mm};

use super::SynthError;
use super::dice::Dice;
use super::glyphs::draw_cells;
use super::pdf::PrintedPdf;
use super::raster::Plane;

/// Finest plane that is kept, dpi: beyond it the planes of a form would take
/// hundreds of megabytes, and printers resolve no more.
const FINEST_DPI: u32 = 400;

/// Standard deviation of what one photocopy blurs, mm.
pub(crate) const COPY_BLUR_MM: f64 = 0.06;

/// Which plane.
type PlaneKey = (usize, u32, u32);

/// The printed pages of one form.
#[derive(Debug)]
pub(crate) struct Printed {
    layout: Arc<Layout>,
    /// The PDF of a designed form; other forms are drawn from their layout.
    pdf: Option<PrintedPdf>,
    planes: Mutex<BTreeMap<PlaneKey, Arc<Plane>>>,
}

impl Printed {
    pub(crate) fn new(layout: Arc<Layout>, pdf: Option<PrintedPdf>) -> Self {
        Self {
            layout,
            pdf,
            planes: Mutex::new(BTreeMap::new()),
        }
    }

    /// Resolution of the plane that serves a scan of `dpi`.
    pub(crate) fn plane_dpi(dpi: u32) -> u32 {
        dpi.min(FINEST_DPI)
    }

    /// What all copies of a page share, photocopied `copies` times.
    pub(crate) fn shared(
        &self,
        page: usize,
        dpi: u32,
        copies: u32,
    ) -> Result<Arc<Plane>, SynthError> {
        let key = (page, Self::plane_dpi(dpi), copies);
        let lock = || self.planes.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(plane) = lock().get(&key) {
            return Ok(Arc::clone(plane));
        }
        // Outside the lock: two threads may both draw it, and draw the same.
        let ppm = px_per_mm(f64::from(key.1));
        let mut plane = if copies > 0 {
            (*self.shared(page, dpi, 0)?).clone()
        } else if let Some(p) = self.layout.pages.get(page) {
            match &self.pdf {
                Some(pdf) => without_codes(pdf.plane(page, p.size, ppm)?, p, ppm),
                None => draw(p, ppm),
            }
        } else {
            Plane::new(1, 1, 0)
        };
        if copies > 0 {
            plane.blur(COPY_BLUR_MM * f64::from(copies).sqrt() * ppm);
        }
        let plane = Arc::new(plane);
        Ok(Arc::clone(lock().entry(key).or_insert(plane)))
    }

    /// A page with the codes of one sheet.
    pub(crate) fn sheet(
        &self,
        page: usize,
        dpi: u32,
        copies: u32,
        serial: Option<&str>,
    ) -> Result<Plane, SynthError> {
        let mut plane = (*self.shared(page, dpi, copies)?).clone();
        let Some(p) = self.layout.pages.get(page) else {
            return Ok(plane);
        };
        let ppm = px_per_mm(f64::from(Self::plane_dpi(dpi)));
        let key = Key::public();
        let payload = Payload {
            form: self.layout.form.clone(),
            version: self.layout.version,
            digest: self.layout.digest.clone(),
            page: p.page,
            serial: serial.map(str::to_owned),
            unit: None,
            ballot_box: None,
        };
        for code in &p.codes {
            draw_code(&mut plane, p.size, code, &payload, &key, ppm);
        }
        Ok(plane)
    }
}

/// Takes out the codes of the master: each sheet gets its own.
fn without_codes(mut plane: Plane, page: &PageLayout, ppm: f64) -> Plane {
    // Half a millimetre for the edges of the antialiased print.
    let edge = 0.5;
    for code in &page.codes {
        let r = code.rect.inflate(edge, edge);
        let clip = |v: f64, limit: usize| (v.round().max(0.0) as usize).min(limit);
        let (x0, x1) = (
            clip(r.origin.x * ppm, plane.width),
            clip(r.max_x() * ppm, plane.width),
        );
        for y in clip(r.origin.y * ppm, plane.height)..clip(r.max_y() * ppm, plane.height) {
            plane.data[y * plane.width + x0..y * plane.width + x1].fill(0);
        }
    }
    plane
}

/// What the layout says of a page.
fn draw(page: &PageLayout, ppm: f64) -> Plane {
    let side = |mm: f64| (mm * ppm).ceil().max(1.0) as usize;
    let (w, h) = (side(page.size.width), side(page.size.height));
    if let Some(reference) = &page.reference {
        return from_reference(&reference.image, reference.px_per_mm, w, h, ppm);
    }
    let mut plane = Plane::new(w, h, 0);
    for anchor in &page.anchors {
        plane.cover(&anchor.rect, ppm, 1.0);
    }
    for b in &page.boxes {
        match b.shape {
            BoxShape::Rect => plane.frame(&b.rect, b.outline_mm, ppm),
            BoxShape::Oval => plane.ring(&b.rect, b.outline_mm, ppm),
        }
    }
    for (i, rect) in page.ink.iter().enumerate() {
        draw_text_like(&mut plane, rect, i as u64, ppm);
    }
    plane
}

/// A learned form is printed as its blank is.
fn from_reference(
    image: &image::GrayImage,
    scale: (f64, f64),
    w: usize,
    h: usize,
    ppm: f64,
) -> Plane {
    let mut plane = Plane::new(w, h, 0);
    let (iw, ih) = (image.width() as usize, image.height() as usize);
    if iw == 0 || ih == 0 {
        return plane;
    }
    let raw = image.as_raw();
    let at = |x: isize, y: isize| {
        let x = x.clamp(0, iw as isize - 1) as usize;
        let y = y.clamp(0, ih as isize - 1) as usize;
        f64::from(raw[y * iw + x])
    };
    for y in 0..h {
        let v = (y as f64 + 0.5) / ppm * scale.1 - 0.5;
        let (y0, fy) = (v.floor(), v - v.floor());
        for x in 0..w {
            let u = (x as f64 + 0.5) / ppm * scale.0 - 0.5;
            let (x0, fx) = (u.floor(), u - u.floor());
            let (xi, yi) = (x0 as isize, y0 as isize);
            let top = at(xi, yi) * (1.0 - fx) + at(xi + 1, yi) * fx;
            let bottom = at(xi, yi + 1) * (1.0 - fx) + at(xi + 1, yi + 1) * fx;
            let gray = top * (1.0 - fy) + bottom * fy;
            plane.data[y * w + x] = (255.0 - gray).round().clamp(0.0, 255.0) as u8;
        }
    }
    plane
}

/// Ink in a rectangle: a rule where it is thin, else letters without meaning.
fn draw_text_like(plane: &mut Plane, rect: &MmRect, salt: u64, ppm: f64) {
    // Thinner than the smallest legible text is a rule.
    let rule = 0.9;
    if rect.size.width < rule || rect.size.height < rule {
        plane.cover(rect, ppm, 1.0);
        return;
    }
    let mut dice = Dice::new(salt, "text", &[]);
    let h = rect.size.height;
    let stem = (h * 0.11).max(0.15);
    let mut x = rect.origin.x;
    while x + stem < rect.max_x() {
        for _ in 0..2 + dice.below(6) {
            let w = h * dice.range(0.3, 0.55);
            if x + w > rect.max_x() {
                break;
            }
            let tall = if dice.chance(0.3) { 1.0 } else { 0.7 };
            let top = rect.origin.y + h * (1.0 - tall);
            plane.cover(&mm_rect(x, top, stem, h * tall), ppm, 1.0);
            plane.cover(&mm_rect(x, top, w * 0.8, stem * 0.8), ppm, 1.0);
            if dice.chance(0.6) {
                let foot = rect.max_y() - stem * 0.8;
                plane.cover(&mm_rect(x, foot, w * 0.8, stem * 0.8), ppm, 1.0);
            }
            if dice.chance(0.5) {
                plane.cover(&mm_rect(x + w * 0.8 - stem, top, stem, h * tall), ppm, 1.0);
            }
            x += w;
        }
        x += h * 0.35;
    }
}

/// Draws a code as it is printed. What cannot be encoded is not printed
/// either: such a form is refused long before.
fn draw_code(
    plane: &mut Plane,
    paper: MmSize,
    code: &CodeSpec,
    payload: &Payload,
    key: &Key,
    ppm: f64,
) {
    match code.kind {
        CodeKind::Qr => {
            let Ok(qr) = payload.encode(key).and_then(|text| qr_modules(&text)) else {
                return;
            };
            let module = code.rect.size.width / f64::from(qr.size());
            for y in 0..qr.size() {
                let mut x = 0;
                while x < qr.size() {
                    let start = x;
                    while x < qr.size() && qr.get(x, y) {
                        x += 1;
                    }
                    if x > start {
                        let r = mm_rect(
                            code.rect.origin.x + f64::from(start) * module,
                            code.rect.origin.y + f64::from(y) * module,
                            f64::from(x - start) * module,
                            module,
                        );
                        plane.cover(&r, ppm, 1.0);
                    }
                    x += 1;
                }
            }
        }
        CodeKind::Text => {
            let Ok(text) = text_line(payload, key) else {
                return;
            };
            let line = frame::text_line(paper);
            let baseline = line.origin + MmVector::new(0.0, line.baseline_mm());
            draw_cells(
                plane,
                &text,
                baseline,
                line.cell_width_mm,
                line.cap_height_mm,
                ppm,
            );
        }
    }
}
