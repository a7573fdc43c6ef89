//! Finds the boxes and ovals that people are to mark on a blank sheet: pieces
//! of paper that a thin regular line encloses, free all around, of a size that
//! repeats.

use image::GrayImage;

use crate::form::BoxShape;
use crate::geometry::{MmPoint, MmRect, mm_rect};
use crate::read::components::{Component, Touch, regions};
use crate::read::thumbnail::PaperMap;

/// A box or oval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Target {
    /// Outer edge of its line, mm.
    pub rect: MmRect,
    pub shape: BoxShape,
    /// Width of its line, mm.
    pub outline_mm: f64,
}

/// Sizes of the paper inside the line, mm: from the bubbles of answer sheets
/// to the large boxes of forms for the elderly.
const WIDTH_MM: std::ops::Range<f64> = 1.7..9.5;
const HEIGHT_MM: std::ops::Range<f64> = 1.4..8.0;

/// Area over the bounding box: 1 for a rectangle, π/4 = 0.785 for an ellipse;
/// pixels round both down.
const RECT_FILL: f64 = 0.90;
const OVAL_FILL: std::ops::Range<f64> = 0.70..0.86;

/// Area over 4π·√det(second moments): 1 for an ellipse, 0.955 for a rectangle.
const REGULAR: std::ops::Range<f64> = 0.92..1.03;

/// A thicker line is a letter's or a picture's, mm.
const THICKEST_MM: f64 = 0.75;

/// Ring outside the line that must be nearly free of ink: letters of a word
/// stand nearer. mm, and the share that may be dark.
const FREE_FROM_MM: f64 = 0.3;
const FREE_TO_MM: f64 = 0.8;
const FREE_SHARE: f64 = 0.12;

/// Two sizes are the same within this, mm: a pixel at 144 dpi on each side.
const SAME_SIZE_MM: f64 = 0.4;

/// Sizes that occur less often than this share of the commonest size are
/// pictures in the instructions or letters, unless the line between them and
/// the commonest is a matter of the pixel grid.
const RARE_SHARE: f64 = 0.2;

/// Line thresholds as shares of the paper's brightness: first as printed, then
/// higher, where thin lines that were broken by the scan close again.
const LINE_LEVELS: [f64; 3] = [0.72, 0.84, 0.92];

/// All targets of a blank page, top to bottom. `px_per_mm`: in x and y.
pub(crate) fn find(blank: &GrayImage, px_per_mm: (f64, f64)) -> Vec<Target> {
    let paper = PaperMap::of(blank);
    let mut found: Vec<Target> = Vec::new();
    for level in LINE_LEVELS {
        for t in at_level(blank, &paper, px_per_mm, level) {
            let c = t.rect.center();
            if !found.iter().any(|f| (f.rect.center() - c).length() < 1.5) {
                found.push(t);
            }
        }
    }
    let found = without_cells(found);
    let mut kept = repeating(found);
    kept.sort_by(|a, b| {
        (a.rect.min_y(), a.rect.min_x())
            .partial_cmp(&(b.rect.min_y(), b.rect.min_x()))
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    kept
}

fn at_level(blank: &GrayImage, paper: &PaperMap, ppm: (f64, f64), level: f64) -> Vec<Target> {
    let (w, h) = blank.dimensions();
    let mut dark = vec![false; blank.as_raw().len()];
    for y in 0..h {
        for x in 0..w {
            let i = (y * w + x) as usize;
            dark[i] = f64::from(blank.as_raw()[i]) < level * f64::from(paper.at(x, y));
        }
    }
    let light: Vec<u8> = dark.iter().map(|&d| u8::from(!d)).collect();
    regions(w, h, Touch::Sides, &light)
        .iter()
        .filter(|c| c.x0 > 0 && c.y0 > 0 && c.x1 + 1 < w && c.y1 + 1 < h)
        .filter_map(|c| target(c, &dark, w, h, ppm))
        .collect()
}

fn target(c: &Component, dark: &[bool], w: u32, h: u32, (sx, sy): (f64, f64)) -> Option<Target> {
    let (cw, ch) = (f64::from(c.width()), f64::from(c.height()));
    if !WIDTH_MM.contains(&(cw / sx)) || !HEIGHT_MM.contains(&(ch / sy)) {
        return None;
    }
    let area = f64::from(c.area);
    let fill = area / (cw * ch);
    let shape = if fill >= RECT_FILL {
        BoxShape::Rect
    } else if OVAL_FILL.contains(&fill) {
        BoxShape::Oval
    } else {
        return None;
    };
    let (xx, xy, yy) = c.moments();
    let regular = area / (4.0 * std::f64::consts::PI * (xx * yy - xy * xy).max(1e-9).sqrt());
    if !REGULAR.contains(&regular) {
        return None;
    }
    let line = line_width(c, dark, w, h, (sx, sy))?;
    let rect = mm_rect(
        f64::from(c.x0) / sx - line,
        f64::from(c.y0) / sy - line,
        cw / sx + 2.0 * line,
        ch / sy + 2.0 * line,
    );
    is_free(rect, shape, dark, w, h, (sx, sy)).then_some(Target {
        rect,
        shape,
        outline_mm: line,
    })
}

/// Median width of the line in the four directions from the middle, mm.
fn line_width(c: &Component, dark: &[bool], w: u32, h: u32, (sx, sy): (f64, f64)) -> Option<f64> {
    let (mx, my) = (u32::midpoint(c.x0, c.x1), u32::midpoint(c.y0, c.y1));
    let run = |x: u32, y: u32, dx: i64, dy: i64, scale: f64| -> f64 {
        let (mut x, mut y, mut n) = (i64::from(x) + dx, i64::from(y) + dy, 0);
        while x >= 0
            && y >= 0
            && x < i64::from(w)
            && y < i64::from(h)
            && dark[(y * i64::from(w) + x) as usize]
        {
            n += 1;
            x += dx;
            y += dy;
        }
        f64::from(n) / scale
    };
    let mut widths = [
        run(c.x0, my, -1, 0, sx),
        run(c.x1, my, 1, 0, sx),
        run(mx, c.y0, 0, -1, sy),
        run(mx, c.y1, 0, 1, sy),
    ];
    widths.sort_by(f64::total_cmp);
    let median = f64::midpoint(widths[1], widths[2]);
    (median > 0.0 && median <= THICKEST_MM).then_some(median)
}

/// Is there next to no ink just outside the line?
fn is_free(
    rect: MmRect,
    shape: BoxShape,
    dark: &[bool],
    w: u32,
    h: u32,
    (sx, sy): (f64, f64),
) -> bool {
    let around = rect.inflate(FREE_TO_MM, FREE_TO_MM);
    let center = rect.center();
    let (hw, hh) = (rect.size.width / 2.0, rect.size.height / 2.0);
    let outside = |p: MmPoint| -> f64 {
        let (x, y) = ((p.x - center.x).abs(), (p.y - center.y).abs());
        match shape {
            BoxShape::Rect => (x - hw).max(y - hh),
            BoxShape::Oval => {
                let r = ((x / hw).powi(2) + (y / hh).powi(2)).sqrt();
                (r - 1.0) * hw.min(hh)
            }
        }
    };
    let (mut n, mut ink) = (0u32, 0u32);
    let clamp = |v: f64, limit: u32| v.clamp(0.0, f64::from(limit)) as u32;
    for y in clamp(around.min_y() * sy, h)..clamp(around.max_y() * sy, h) {
        for x in clamp(around.min_x() * sx, w)..clamp(around.max_x() * sx, w) {
            let p = MmPoint::new((f64::from(x) + 0.5) / sx, (f64::from(y) + 0.5) / sy);
            if (FREE_FROM_MM..FREE_TO_MM).contains(&outside(p)) {
                n += 1;
                ink += u32::from(dark[(y * w + x) as usize]);
            }
        }
    }
    n > 0 && f64::from(ink) <= FREE_SHARE * f64::from(n)
}

/// Cells that share a line (digits, tables) are not to be marked.
fn without_cells(found: Vec<Target>) -> Vec<Target> {
    found
        .iter()
        .enumerate()
        .filter(|(i, t)| {
            let grown = t.rect.inflate(0.3, 0.3);
            !found
                .iter()
                .enumerate()
                .any(|(k, o)| k != *i && grown.intersects(&o.rect))
        })
        .map(|(_, t)| *t)
        .collect()
}

/// Keeps the sizes that repeat, and gives all of one size the same size.
fn repeating(found: Vec<Target>) -> Vec<Target> {
    let mut groups: Vec<Vec<Target>> = Vec::new();
    for t in found {
        let alike = |g: &Vec<Target>| {
            let n = g.len() as f64;
            let mean = g.iter().fold((0.0, 0.0), |s, o| {
                (s.0 + o.rect.size.width / n, s.1 + o.rect.size.height / n)
            });
            g[0].shape == t.shape
                && (mean.0 - t.rect.size.width).abs() <= SAME_SIZE_MM
                && (mean.1 - t.rect.size.height).abs() <= SAME_SIZE_MM
        };
        match groups.iter_mut().find(|g| alike(g)) {
            Some(g) => g.push(t),
            None => groups.push(vec![t]),
        }
    }
    let most = groups.iter().map(Vec::len).max().unwrap_or(0);
    groups
        .into_iter()
        .filter(|g| g.len() >= 2 && g.len() as f64 >= RARE_SHARE * most as f64)
        .flat_map(same_size)
        .collect()
}

fn same_size(group: Vec<Target>) -> Vec<Target> {
    let median = |f: &dyn Fn(&Target) -> f64| {
        let mut v: Vec<f64> = group.iter().map(f).collect();
        v.sort_by(f64::total_cmp);
        v.get(v.len() / 2).copied().unwrap_or(0.0)
    };
    let (w, h) = (
        median(&|t| t.rect.size.width),
        median(&|t| t.rect.size.height),
    );
    let line = median(&|t| t.outline_mm);
    group
        .iter()
        .map(|t| {
            let c = t.rect.center();
            Target {
                rect: mm_rect(c.x - w / 2.0, c.y - h / 2.0, w, h),
                outline_mm: line,
                ..*t
            }
        })
        .collect()
}
