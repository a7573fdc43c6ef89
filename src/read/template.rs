//! What the reader expects around each checkbox, worked out once per form: the
//! points of its outline, and what every sample of its window means.

use std::collections::HashMap;
use std::ops::Range;
use std::sync::Arc;

use super::registration::LocalMap;
use super::sample::Window;
use crate::form::{BoxShape, BoxSpec, PageLayout};
use crate::geometry::MmRect;

/// Distance of two samples, mm: 203 dpi. A 0.35 mm pen stroke is three samples
/// wide and an outline two; a finer step costs time and, on simulated sheets,
/// flagged more clear questions, for it shows more of the scanner's noise.
pub(crate) const STEP_MM: f64 = 0.125;

/// How far a box may be from where the registration puts it, mm.
pub(crate) const SEARCH_MM: f64 = 1.2;

/// Ink up to this far outside the outline is looked at, mm.
pub(crate) const RING_MM: f64 = 2.0;

/// Margin of the window around the box, mm.
pub(crate) const MARGIN_MM: f64 = SEARCH_MM + RING_MM;

/// From the outline's middle to where the interior begins, beside half the
/// outline, mm: one pixel of blur at 150 dpi and 0.1 mm of misplacement.
const INSET_MM: f64 = 0.28;

/// From the outline to where the ring begins, mm.
pub(crate) const RING_FROM_MM: f64 = 0.45;

/// The centre zone, as a share of the interior's half width: a cross or a
/// tick passes through it, what spills over from a neighbour does not.
const CENTER_SHARE: f64 = 0.6;

/// Distance from the outline at which there is paper on both sides, mm.
const BESIDE_MM: f64 = 0.5;

/// Printed ink is masked with this margin, mm: local misregistration and the
/// spread of toner.
const PRINT_MARGIN_MM: f64 = 0.45;

/// Points on the outline; eight sectors of eight.
pub(crate) const POINTS: usize = 64;
/// Sectors of the outline.
pub(crate) const SECTORS: usize = 8;

/// Bits that say what a sample of the window is.
pub(crate) mod zone {
    /// Inside the outline.
    pub const INTERIOR: u8 = 1;
    /// The middle of the interior.
    pub const CENTER: u8 = 2;
    /// Ring above the box.
    pub const ABOVE: u8 = 4;
    /// Ring right of the box.
    pub const RIGHT: u8 = 8;
    /// Ring below the box.
    pub const BELOW: u8 = 16;
    /// Ring left of the box.
    pub const LEFT: u8 = 32;
    /// Anywhere in the ring.
    pub const RING: u8 = ABOVE | RIGHT | BELOW | LEFT;
}

/// Sample indices at one point of the outline.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OutlinePoint {
    /// On the line.
    pub on: i32,
    /// On paper inside.
    pub inside: i32,
    /// On paper outside.
    pub outside: i32,
}

/// Points of an outline in a window.
#[derive(Debug)]
pub(crate) struct Outline {
    pub shape: BoxShape,
    /// From the middle of one side's line to that of the opposite one, across and down, mm.
    pub size_mm: (f64, f64),
    /// In order around the box; of a rectangle those above first, then right, below and left.
    pub points: Vec<OutlinePoint>,
}

/// Everything known beforehand about one box.
#[derive(Debug, Clone)]
pub(crate) struct BoxTemplate {
    /// The window, mm.
    pub window: MmRect,
    /// Samples in a row and rows.
    pub width: usize,
    pub height: usize,
    /// Shared by all boxes of one shape and size.
    pub outline: Arc<Outline>,
    /// For each sample what it is; 0 where nothing is to be looked at.
    pub zones: Vec<u8>,
    /// Area of the interior, mm².
    pub interior_mm2: f64,
    /// Columns and rows of the interior, samples.
    pub interior: (usize, usize),
    /// Columns and rows between which the whole interior lies.
    pub inside: (Range<usize>, Range<usize>),
}

/// 64 directions, by repeated rotation so that every machine gets the same
/// bits: cosine and sine of 2π/64, half a step first.
fn directions() -> Vec<(f64, f64)> {
    let (c, s) = (0.995_184_726_672_196_9, 0.098_017_140_329_560_6);
    let (mut x, mut y) = (0.998_795_456_205_172_4, 0.049_067_674_327_418_01);
    (0..POINTS)
        .map(|_| {
            let here = (x, y);
            (x, y) = (x * c - y * s, x * s + y * c);
            here
        })
        .collect()
}

/// Points of the outline's middle line and their outward normals, relative to
/// the box's centre, mm; in order around the box.
fn outline_points(shape: BoxShape, half_w: f64, half_h: f64) -> Vec<(f64, f64, f64, f64)> {
    match shape {
        BoxShape::Oval => directions()
            .into_iter()
            .map(|(c, s)| {
                let (nx, ny) = (c / half_w, s / half_h);
                let n = (nx * nx + ny * ny).sqrt();
                (half_w * c, half_h * s, nx / n, ny / n)
            })
            .collect(),
        BoxShape::Rect => {
            let side = POINTS / 4;
            // Corners are left out: their normals mean nothing.
            let along = |i: usize| -0.84 + 1.68 * (i as f64 + 0.5) / side as f64;
            let mut out = Vec::with_capacity(POINTS);
            for i in 0..side {
                out.push((along(i) * half_w, -half_h, 0.0, -1.0));
            }
            for i in 0..side {
                out.push((half_w, along(i) * half_h, 1.0, 0.0));
            }
            for i in 0..side {
                out.push((-along(i) * half_w, half_h, 0.0, 1.0));
            }
            for i in 0..side {
                out.push((-half_w, -along(i) * half_h, -1.0, 0.0));
            }
            out
        }
    }
}

/// Signed distance outward from the outline's middle line, mm (for ovals
/// near the line; exact enough for zones).
fn distance(shape: BoxShape, half_w: f64, half_h: f64, x: f64, y: f64) -> f64 {
    match shape {
        BoxShape::Rect => (x.abs() - half_w).max(y.abs() - half_h),
        BoxShape::Oval => {
            let r = ((x / half_w).powi(2) + (y / half_h).powi(2)).sqrt();
            let gradient = ((x / half_w / half_w).powi(2) + (y / half_h / half_h).powi(2)).sqrt();
            if gradient < 1e-9 {
                -half_w.min(half_h)
            } else {
                (r - 1.0) * r / gradient
            }
        }
    }
}

/// Templates of all boxes of a page.
pub(crate) fn templates(page: &PageLayout) -> Vec<BoxTemplate> {
    let mut outlines: HashMap<[u64; 3], Arc<Outline>> = HashMap::new();
    page.boxes
        .iter()
        .map(|b| template(page, b, &mut outlines))
        .collect()
}

fn template(
    page: &PageLayout,
    spec: &BoxSpec,
    outlines: &mut HashMap<[u64; 3], Arc<Outline>>,
) -> BoxTemplate {
    let window = spec.rect.inflate(MARGIN_MM, MARGIN_MM);
    let width = (window.size.width / STEP_MM).round().max(1.0) as usize;
    let height = (window.size.height / STEP_MM).round().max(1.0) as usize;
    let half_w = (spec.rect.size.width - spec.outline_mm) / 2.0;
    let half_h = (spec.rect.size.height - spec.outline_mm) / 2.0;
    let center = spec.rect.center();
    let key = [
        half_w.to_bits(),
        half_h.to_bits(),
        u64::from(spec.shape == BoxShape::Oval) | ((width as u64) << 1),
    ];
    let outline = outlines.entry(key).or_insert_with(|| {
        let middle = (window.size / 2.0).to_vector();
        let index = |x: f64, y: f64| {
            let (col, row) = ((middle.x + x) / STEP_MM, (middle.y + y) / STEP_MM);
            row.floor() as i32 * width as i32 + col.floor() as i32
        };
        let points = outline_points(spec.shape, half_w, half_h)
            .into_iter()
            .map(|(x, y, nx, ny)| OutlinePoint {
                on: index(x, y),
                inside: index(x - nx * BESIDE_MM, y - ny * BESIDE_MM),
                outside: index(x + nx * BESIDE_MM, y + ny * BESIDE_MM),
            })
            .collect();
        Arc::new(Outline {
            shape: spec.shape,
            size_mm: (2.0 * half_w, 2.0 * half_h),
            points,
        })
    });
    let printed = printed_mask(page, spec, window, width, height);
    let inner = spec.outline_mm / 2.0 + INSET_MM;
    let (center_w, center_h) = (
        (half_w - inner) * CENTER_SHARE,
        (half_h - inner) * CENTER_SHARE,
    );
    let mut interior = 0usize;
    let zones: Vec<u8> = (0..width * height)
        .map(|i| {
            if printed[i] {
                return 0;
            }
            let x = window.origin.x + ((i % width) as f64 + 0.5) * STEP_MM - center.x;
            let y = window.origin.y + ((i / width) as f64 + 0.5) * STEP_MM - center.y;
            let d = distance(spec.shape, half_w, half_h, x, y);
            if d <= -inner {
                interior += 1;
                let central = x.abs() <= center_w && y.abs() <= center_h;
                zone::INTERIOR | if central { zone::CENTER } else { 0 }
            } else if (RING_FROM_MM..=RING_MM).contains(&d) {
                if (x.abs() - half_w) > (y.abs() - half_h) {
                    if x > 0.0 { zone::RIGHT } else { zone::LEFT }
                } else if y > 0.0 {
                    zone::BELOW
                } else {
                    zone::ABOVE
                }
            } else {
                0
            }
        })
        .collect();
    let inside = inside(&zones, width);
    BoxTemplate {
        window,
        width,
        height,
        inside,
        outline: Arc::clone(outline),
        zones,
        interior_mm2: interior as f64 * STEP_MM * STEP_MM,
        interior: (
            (2.0 * (half_w - inner) / STEP_MM).round() as usize,
            (2.0 * (half_h - inner) / STEP_MM).round() as usize,
        ),
    }
}

/// Columns and rows between which all of the interior lies.
fn inside(zones: &[u8], width: usize) -> (Range<usize>, Range<usize>) {
    let interior = || (0..zones.len()).filter(|i| zones[*i] & zone::INTERIOR != 0);
    let span = |of: &dyn Fn(usize) -> usize| {
        let first = interior().map(of).min().unwrap_or(0);
        first..interior().map(of).max().map_or(first, |last| last + 1)
    };
    (span(&|i| i % width), span(&|i| i / width))
}

/// Where the blank page has ink of its own besides this box.
fn printed_mask(
    page: &PageLayout,
    spec: &BoxSpec,
    window: MmRect,
    width: usize,
    height: usize,
) -> Vec<bool> {
    let mut mask = vec![false; width * height];
    let mut cover = |r: MmRect| {
        let range = |from: f64, to: f64, limit: usize| {
            let clamp = |v: f64| (v / STEP_MM).round().clamp(0.0, limit as f64) as usize;
            clamp(from)..clamp(to)
        };
        let columns = range(
            r.min_x() - window.min_x(),
            r.max_x() - window.min_x(),
            width,
        );
        for row in range(
            r.min_y() - window.min_y(),
            r.max_y() - window.min_y(),
            height,
        ) {
            mask[row * width..][columns.clone()].fill(true);
        }
    };
    let margin = |r: &MmRect| r.inflate(PRINT_MARGIN_MM, PRINT_MARGIN_MM);
    for r in page
        .ink
        .iter()
        .chain(
            page.anchors
                .iter()
                .filter(|_| page.reference.is_none())
                .map(|a| &a.rect),
        )
        .chain(page.codes.iter().map(|c| &c.rect))
        .chain(page.boxes.iter().filter(|b| *b != spec).map(|b| &b.rect))
    {
        cover(margin(r));
    }
    if let Some(reference) = &page.reference {
        mask_reference(reference, spec, window, width, height, &mut mask);
    }
    mask
}

/// Masks what is dark on the reference, except the box's own outline.
fn mask_reference(
    reference: &crate::form::Reference,
    spec: &BoxSpec,
    window: MmRect,
    width: usize,
    height: usize,
    mask: &mut [bool],
) {
    let map = LocalMap::of_reference(reference);
    let mut blank = Window::default();
    blank.fill(&reference.image, &map, window, STEP_MM);
    let center = spec.rect.center();
    let half_w = (spec.rect.size.width - spec.outline_mm) / 2.0;
    let half_h = (spec.rect.size.height - spec.outline_mm) / 2.0;
    let reach = (PRINT_MARGIN_MM / STEP_MM).round() as usize;
    for i in 0..width * height {
        // Ink of the blank: clearly darker than white or tinted paper.
        if blank.pixels[i] > 150 {
            continue;
        }
        let (col, row) = (i % width, i / width);
        let x = window.origin.x + (col as f64 + 0.5) * STEP_MM - center.x;
        let y = window.origin.y + (row as f64 + 0.5) * STEP_MM - center.y;
        let d = distance(spec.shape, half_w, half_h, x, y);
        if d.abs() < spec.outline_mm / 2.0 + INSET_MM {
            continue;
        }
        for r in row.saturating_sub(reach)..=(row + reach).min(height - 1) {
            let from = col.saturating_sub(reach);
            let to = (col + reach).min(width - 1);
            mask[r * width + from..=r * width + to].fill(true);
        }
    }
}
