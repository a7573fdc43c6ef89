//! Finds each box's printed outline near where the registration puts it, and
//! says how much of it is really there: the proof of alignment.

use fearless_simd::{Level, dispatch};

use super::sample::Window;
use super::template::{BoxTemplate, Outline, OutlinePoint, POINTS, SEARCH_MM, SECTORS, STEP_MM};

/// Where a box's outline was found.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Located {
    /// Shift of the outline in samples of the window.
    pub shift: (i32, i32),
    /// Finer shift, mm.
    pub shift_mm: (f64, f64),
    /// Sectors of the outline (of [`SECTORS`]) that are really printed there.
    pub sectors: usize,
}

/// A sector counts as printed where its line is darker than the paper beside
/// it by this share of the print's own contrast. An outline of 0.25 mm that is
/// blurred at 100 dpi keeps 0.35; half filled from one side, half of that.
pub(crate) const SECTOR_CONTRAST: f64 = 0.17;

/// Sectors that make an outline certain: a mark may hide two of eight.
pub(crate) const CERTAIN_SECTORS: usize = 6;

/// Loss of score for each squared sample of shift, in shares of the print's
/// contrast: lets the nearest of two equal places win, no more.
const SHIFT_COST: f64 = 0.0004;

/// How far the outline is searched for, samples.
pub(crate) const REACH: i32 = (SEARCH_MM / STEP_MM + 0.5) as i32;

/// Searches the window for the outline. `contrast` is paper minus print, gray
/// levels.
pub(crate) fn locate(window: &Window, template: &BoxTemplate, contrast: f64) -> Located {
    let weigh = |raw: i32, dx: i32, dy: i32| -> f64 {
        f64::from(raw) / (2.0 * POINTS as f64 * contrast)
            - SHIFT_COST * f64::from(dx * dx + dy * dy)
    };
    let mut best = (f64::NEG_INFINITY, 0, 0);
    let level = Level::new();
    for dy in (-REACH..=REACH).step_by(2) {
        let offset = dy * template.width as i32;
        let row = dispatch!(level, _simd => line_contrasts(window, &template.outline, offset));
        for (dx, raw) in (-REACH..=REACH).zip(row).step_by(2) {
            let s = weigh(i32::from(raw), dx, dy);
            if s > best.0 {
                best = (s, dx, dy);
            }
        }
    }
    let (_, cx, cy) = best;
    let score = |dx: i32, dy: i32| {
        mean_contrast(window, template, (dx, dy), contrast)
            - SHIFT_COST * f64::from(dx * dx + dy * dy)
    };
    for dy in cy - 1..=cy + 1 {
        for dx in cx - 1..=cx + 1 {
            if dx.abs() <= REACH && dy.abs() <= REACH {
                let s = score(dx, dy);
                if s > best.0 {
                    best = (s, dx, dy);
                }
            }
        }
    }
    let inner = best.1.abs() < REACH && best.2.abs() < REACH;
    found_at(
        window,
        template,
        best,
        inner.then_some(&score),
        contrast,
        SECTOR_CONTRAST,
    )
}

/// Searches for the outline within `reach` samples of the shift `near`; a sector
/// counts as printed from `sector_contrast`.
pub(crate) fn locate_near(
    window: &Window,
    template: &BoxTemplate,
    contrast: f64,
    near: (i32, i32),
    reach: i32,
    sector_contrast: f64,
) -> Located {
    let score = |dx: i32, dy: i32| {
        let (x, y) = (dx - near.0, dy - near.1);
        mean_contrast(window, template, (dx, dy), contrast) - SHIFT_COST * f64::from(x * x + y * y)
    };
    let mut best = (f64::NEG_INFINITY, near.0, near.1);
    for dy in near.1 - reach..=near.1 + reach {
        for dx in near.0 - reach..=near.0 + reach {
            let s = score(dx, dy);
            if s > best.0 {
                best = (s, dx, dy);
            }
        }
    }
    found_at(
        window,
        template,
        best,
        Some(&score),
        contrast,
        sector_contrast,
    )
}

/// What was found at the best shift; `score` says how its neighbours do, if they
/// are inside of the search.
fn found_at(
    window: &Window,
    template: &BoxTemplate,
    (top, dx, dy): (f64, i32, i32),
    score: Option<&impl Fn(i32, i32) -> f64>,
    contrast: f64,
    sector_contrast: f64,
) -> Located {
    let peak = |minus: f64, plus: f64| {
        let curve = minus - 2.0 * top + plus;
        if curve < -1e-9 {
            ((minus - plus) / (2.0 * curve)).clamp(-0.5, 0.5)
        } else {
            0.0
        }
    };
    let (fx, fy) = score.map_or((0.0, 0.0), |score| {
        (
            peak(score(dx - 1, dy), score(dx + 1, dy)),
            peak(score(dx, dy - 1), score(dx, dy + 1)),
        )
    });
    Located {
        shift: (dx, dy),
        shift_mm: (
            (f64::from(dx) + fx) * STEP_MM,
            (f64::from(dy) + fy) * STEP_MM,
        ),
        sectors: sectors(window, template, (dx, dy), contrast, sector_contrast),
    }
}

/// How much darker the outline is than the paper at both its sides, at this
/// shift: share of the print's contrast.
pub(crate) fn mean_contrast(
    window: &Window,
    template: &BoxTemplate,
    (dx, dy): (i32, i32),
    contrast: f64,
) -> f64 {
    let raw = line_contrast(window, &template.outline, dy * template.width as i32 + dx);
    f64::from(raw) / (2.0 * POINTS as f64 * contrast)
}

/// Shifts of one row that are looked at, those of [`REACH`] and what fills a
/// vector.
const ROW: usize = 32;

/// [`line_contrast`] at `offset`, shifted sideways by -[`REACH`] and more: all
/// shifts of a row at once, for which the samples lie side by side.
#[inline(always)]
fn line_contrasts(window: &Window, outline: &Outline, offset: i32) -> [i16; ROW] {
    // 64 points of 510 gray levels at most fit.
    const { assert!(POINTS * 510 <= i16::MAX as usize && 2 * (REACH as usize) < ROW) };
    let first = offset - REACH;
    let row = |i: i32| -> Option<&[u8; ROW]> {
        let at = usize::try_from(i + first).ok()?;
        window.pixels.get(at..)?.first_chunk()
    };
    let mut sums = [0i16; ROW];
    for p in &outline.points {
        if let (Some(on), Some(inside), Some(outside)) = (row(p.on), row(p.inside), row(p.outside))
        {
            for (k, sum) in sums.iter_mut().enumerate() {
                *sum += i16::from(inside[k]) + i16::from(outside[k]) - 2 * i16::from(on[k]);
            }
        } else {
            for (k, sum) in sums.iter_mut().enumerate() {
                *sum += point_contrast(window, p, first + k as i32) as i16;
            }
        }
    }
    sums
}

/// Sum over the outline of how much darker the line is than both sides.
fn line_contrast(window: &Window, outline: &Outline, offset: i32) -> i32 {
    let points = outline.points.iter();
    points.map(|p| point_contrast(window, p, offset)).sum()
}

/// How much darker the line is than both sides at one point, twice over.
pub(super) fn point_contrast(window: &Window, p: &OutlinePoint, offset: i32) -> i32 {
    let at = |i: i32| gray(window, i + offset);
    at(p.inside) + at(p.outside) - 2 * at(p.on)
}

/// A sample; beyond the window there is paper.
pub(super) fn gray(window: &Window, i: i32) -> i32 {
    i32::from(window.pixels.get(i as usize).copied().unwrap_or(255))
}

/// How many sectors of the outline are printed at this shift: darker than the
/// paper beside them by the share `least` of the print's contrast.
pub(crate) fn sectors(
    window: &Window,
    template: &BoxTemplate,
    (dx, dy): (i32, i32),
    contrast: f64,
    least: f64,
) -> usize {
    let w = template.width as i32;
    let offset = dy * w + dx;
    let at = |i: i32| gray(window, i + offset);
    template
        .outline
        .points
        .chunks(POINTS / SECTORS)
        .filter(|sector| {
            let sum: i32 = sector
                .iter()
                .map(|p| {
                    // The line may be a sample off where the print is stretched.
                    let on = [0, 1, -1, w, -w].into_iter().map(|o| at(p.on + o)).min();
                    at(p.inside) + at(p.outside) - 2 * on.unwrap_or(255)
                })
                .sum();
            f64::from(sum) / (2.0 * sector.len() as f64 * contrast) >= least
        })
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::BoxShape;

    #[test]
    fn a_row_of_shifts_is_what_single_shifts_are() {
        let (width, height) = (60, 50);
        let window = Window {
            width,
            height,
            pixels: (0..width * height)
                .map(|i| (i * i * 31 + i * 7) as u8)
                .collect(),
            ..Window::default()
        };
        let points = (0..POINTS as i32)
            .map(|i| OutlinePoint {
                // The first and last are beyond the window at some shifts.
                on: i * 46,
                inside: i * 47 + 3,
                outside: i * 45 + 60,
            })
            .collect();
        let outline = Outline {
            shape: BoxShape::Rect,
            size_mm: (4.0, 4.0),
            points,
        };
        for offset in [-600, -60, 0, 7, 60, 600] {
            let row = line_contrasts(&window, &outline, offset);
            for (shift, raw) in (-REACH..=REACH).zip(row) {
                let single = line_contrast(&window, &outline, offset + shift);
                assert_eq!(i32::from(raw), single, "{offset} {shift}");
            }
        }
    }
}
