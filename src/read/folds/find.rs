//! Finds the lines that run from margin to margin, and their ways between.

use super::{Fold, HALF_MM, NODE_MM};
use crate::geometry::{MmRect, mm_rect};
use crate::read::crease::{self, BESIDE_MM, END_MM, Look, MARGIN, PaperLine, Sheet};
use crate::read::sample::Window;

/// Distance of two samples in a margin, mm.
const STEP_MM: f64 = 0.25;
/// A margin is looked at in pieces so long, mm: the map bends little within one.
const PIECE_MM: f64 = 30.0;
/// A line is seen in a margin where it is darker than both its sides by this share of
/// the contrast: nine standard errors of noise 0.04 over a margin's samples.
const SEEN: f64 = 0.03;
/// What is left of its darkness [`HALF_MM`] from its middle: more is of a broad band,
/// whose edges would stay when its middle is taken out.
const NARROW: f64 = 0.3;
/// Steps of slopes in which a margin is looked at, and how many to either side: to
/// the steepest of [`super::streak`].
const SLOPE_STEP: f64 = 0.04;
const SLOPES: i32 = 4;
/// The slope of a line in a margin and that of its whole way differ by less.
const BEND: f64 = 0.05;
/// Followed from one margin, a line comes out this near to where it was seen in the
/// other, mm.
const ARRIVES_MM: f64 = 1.0;
/// So many lines of a margin are followed, the darkest first: an envelope's folds
/// and as many streaks.
const FOLLOWED: usize = 8;

/// Each place of a way is worked out from so many of the nearest looks at which it was
/// seen (30 mm of bare paper), so that outlines and letters that it passes do not draw
/// it aside, …
const AROUND: usize = 60;
/// … but those that are farther from the others' line than this, mm: half a line of
/// print.
const ASTRAY_MM: f64 = 0.3;

/// A line in a margin: where it crosses the middle of the margin, and its slope.
#[derive(Debug, Clone, Copy)]
struct Seen {
    along: f64,
    across: f64,
    slope: f64,
    depth: f64,
}

/// The lines that run from left to right (or from top to bottom).
pub(super) fn find(sheet: &Sheet, level: bool) -> Vec<Fold> {
    let length = sheet.length(level);
    let first = seen_in(sheet, level, END_MM);
    if first.is_empty() {
        return Vec::new();
    }
    let last = seen_in(sheet, level, (length - END_MM.1, length - END_MM.0));
    let nowhere = mm_rect(-1.0, -1.0, 0.0, 0.0);
    let mut out = Vec::new();
    for a in &first {
        for b in &last {
            let slope = (b.across - a.across) / (b.along - a.along);
            if (slope - a.slope).abs() > BEND || (slope - b.slope).abs() > BEND {
                continue;
            }
            let at = crease::at(level, a.along, a.across);
            let looks = crease::looks(sheet, PaperLine { level, at, slope }, nowhere);
            let way = way(&looks, level);
            let arrives = way.iter().any(|&(along, across)| {
                (along - b.along).abs() <= NODE_MM / 2.0 && (across - b.across).abs() <= ARRIVES_MM
            });
            if arrives && crease::reaches_edges(sheet, level, &looks) {
                out.push(Fold {
                    level,
                    path: way
                        .iter()
                        .map(|&(along, across)| sheet.map.at(crease::at(level, along, across)))
                        .collect(),
                    looks,
                });
            }
        }
    }
    out
}

/// The way of a line, smooth: its places along and across the paper, mm.
fn way(looks: &[Look], level: bool) -> Vec<(f64, f64)> {
    let seen: Vec<(f64, f64)> = looks
        .iter()
        .filter_map(|l| l.ridge)
        .map(|p| crease::along_and_across(level, p))
        .collect();
    let (Some(first), Some(last)) = (looks.first(), looks.last()) else {
        return Vec::new();
    };
    let nodes = ((last.along - first.along) / NODE_MM) as usize + 2;
    (0..nodes)
        .map(|k| first.along + k as f64 * NODE_MM)
        .filter_map(|t| {
            let before = seen.partition_point(|p| p.0 < t);
            let from = before
                .saturating_sub(AROUND / 2)
                .min(seen.len().saturating_sub(AROUND));
            let near = seen.get(from..(from + AROUND).min(seen.len()))?;
            let line = fit(near)?;
            let straight: Vec<(f64, f64)> = near
                .iter()
                .copied()
                .filter(|p| (line.0 + line.1 * p.0 - p.1).abs() <= ASTRAY_MM)
                .collect();
            let (a, b) = fit(&straight)?;
            Some((t, a + b * t))
        })
        .collect()
}

/// The line through places, by least squares: its height at 0 and its slope.
fn fit(places: &[(f64, f64)]) -> Option<(f64, f64)> {
    let n = places.len() as f64;
    let (x, y) = places
        .iter()
        .fold((0.0, 0.0), |s, p| (s.0 + p.0 / n, s.1 + p.1 / n));
    let (xx, xy) = places.iter().fold((0.0, 0.0), |s, p| {
        (s.0 + (p.0 - x).powi(2), s.1 + (p.0 - x) * (p.1 - y))
    });
    let slope = xy / xx;
    slope.is_finite().then_some((y - slope * x, slope))
}

/// The thin lines that cross a margin, from one distance of the paper's edge to
/// another, mm; the darkest first.
fn seen_in(sheet: &Sheet, level: bool, (from, to): (f64, f64)) -> Vec<Seen> {
    let margin = margin(sheet, level, from, to);
    let contrast = sheet.tone.contrast();
    let steps = |mm: f64| (mm / STEP_MM).round() as usize;
    let (near, beside) = (steps(HALF_MM), BESIDE_MM.map(steps));
    let reach = beside[1];
    let mut seen: Vec<Seen> = Vec::new();
    for k in -SLOPES..=SLOPES {
        let slope = f64::from(k) * SLOPE_STEP;
        let profile = profile(&margin, slope);
        for row in reach..profile.len().saturating_sub(reach) {
            let side = |sign: isize| {
                let at = |d: usize| profile[row.wrapping_add_signed(sign * d as isize)];
                (
                    beside.iter().map(|&d| at(d)).sum::<f64>() / beside.len() as f64,
                    at(near),
                )
            };
            let (above, below) = (side(-1), side(1));
            let middle = profile[row - 1..=row + 1].iter().sum::<f64>() / 3.0;
            let depth = (above.0.min(below.0) - middle) / contrast;
            let edge = above.0.min(below.0) - above.1.min(below.1);
            if depth >= SEEN && edge / contrast <= (NARROW * depth).max(MARGIN) {
                seen.push(Seen {
                    along: f64::midpoint(from, to),
                    across: (row as f64 + 0.5) * STEP_MM,
                    slope,
                    depth,
                });
            }
        }
    }
    seen.sort_by(|a, b| b.depth.total_cmp(&a.depth));
    let mut out: Vec<Seen> = Vec::new();
    for s in seen {
        if out.len() == FOLLOWED {
            break;
        }
        if out
            .iter()
            .all(|o| (o.across - s.across).abs() > BESIDE_MM[1])
        {
            out.push(s);
        }
    }
    out
}

/// Samples of a margin: for each place along its lines those across them.
fn margin(sheet: &Sheet, level: bool, from: f64, to: f64) -> Vec<Vec<u8>> {
    let length = sheet.length(!level);
    let mut across = vec![Vec::new(); ((to - from) / STEP_MM).round() as usize];
    let mut window = Window::default();
    let mut start = 0.0;
    while start + STEP_MM < length {
        let end = length.min(start + PIECE_MM);
        let corner =
            |along, across| sheet.paper.origin + crease::at(level, along, across).to_vector();
        let rect = MmRect::from_points([corner(from, start), corner(to, end)]);
        window.fill(sheet.image, &sheet.map.local(rect.center()), rect, STEP_MM);
        for (k, across) in across.iter_mut().enumerate() {
            if level {
                across.extend(window.pixels.iter().skip(k).step_by(window.width));
            } else {
                let row = window.pixels.chunks_exact(window.width).nth(k);
                across.extend(row.unwrap_or_default());
            }
        }
        start = end;
    }
    across
}

/// Mean gray at each place across lines of this slope; beyond the paper's edges its last
/// sample goes on.
fn profile(margin: &[Vec<u8>], slope: f64) -> Vec<f64> {
    let mut sums = vec![0u32; margin.first().map_or(0, Vec::len)];
    for (k, samples) in margin.iter().enumerate() {
        let off = slope * (k as f64 - margin.len() as f64 / 2.0);
        add_shifted(&mut sums, samples, off.round() as isize);
    }
    let mean = |&sum: &u32| f64::from(sum) / margin.len() as f64;
    sums.iter().map(mean).collect()
}

/// Adds to each place the sample that is `off` places on.
fn add_shifted(sums: &mut [u32], samples: &[u8], off: isize) {
    let (Some(first), Some(last)) = (samples.first(), samples.last()) else {
        return;
    };
    let by = off.unsigned_abs().min(samples.len());
    let (sums, beyond, samples, edge) = if off < 0 {
        let (beyond, sums) = sums.split_at_mut(by);
        (sums, beyond, samples, first)
    } else {
        let (sums, beyond) = sums.split_at_mut(samples.len() - by);
        (sums, beyond, &samples[by..], last)
    };
    for (sum, &sample) in sums.iter_mut().zip(samples) {
        *sum += u32::from(sample);
    }
    for sum in beyond {
        *sum += u32::from(*edge);
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::geometry::MmPoint;

    fn look(along: f64, across: f64) -> Look {
        Look {
            along,
            inside: false,
            ridge: Some(MmPoint::new(along, across)),
            depths: [Some(0.2); 5],
        }
    }

    proptest! {
        /// Whatever slope a fold has, its way is straight, though outlines and letters
        /// draw a fifth of the looks to one side.
        #[test]
        fn what_it_passes_does_not_draw_a_way_aside(
            start in 20.0..250.0_f64,
            slope in -0.1..0.1_f64,
            aside in proptest::collection::vec(0.42..0.5_f64, 84),
        ) {
            let looks: Vec<Look> = (0..420)
                .map(|k| {
                    let along = f64::from(k) * 0.5;
                    let drawn = if k % 5 == 0 { aside[k as usize / 5] } else { 0.0 };
                    look(along, start + slope * along + drawn)
                })
                .collect();
            let way = way(&looks, true);
            prop_assert!(way.len() > 40);
            for (along, across) in way {
                prop_assert!((across - start - slope * along).abs() < 0.05);
            }
        }
    }

    #[test]
    fn a_profile_is_the_mean_along_lines_of_its_slope() {
        let margin: Vec<Vec<u8>> = (0..20)
            .map(|x| (0..9).map(|y| (x * 40 + y * 77 + x * y) as u8).collect())
            .collect();
        for slope in [-0.6, -0.16, 0.0, 0.08, 0.6] {
            for (at, mean) in profile(&margin, slope).into_iter().enumerate() {
                let sum: u32 = (0..20)
                    .map(|k| {
                        let off = (slope * (k as f64 - 10.0)).round() as isize;
                        let from = at.saturating_add_signed(off).min(8);
                        u32::from(margin[k][from])
                    })
                    .sum();
                assert!((mean - f64::from(sum) / 20.0).abs() < 1e-9, "{slope} {at}");
            }
        }
        assert!(profile(&[], 0.1).is_empty());
    }

    #[test]
    fn what_was_seen_once_or_never_has_no_way() {
        assert!(way(&[], true).is_empty());
        assert!(way(&[look(5.0, 9.0)], false).is_empty());
    }
}
