//! Blur: how wide an edge comes out, by the slanted edges of the target's
//! patches; and which fine lines remain.
//!
//! An edge that crosses the pixels at a slant is seen at all its phases, so
//! that its profile can be had finer than the pixels (the slanted edge method
//! of ISO 12233, there with Fourier transforms). Of the profile the distance
//! from 10 % to 90 % is taken: for a Gaussian blur it is 2.563 σ. The pixel's
//! own width and the softness of the print are in it, as they are in a ballot.

use std::ops::Range;

use image::GrayImage;

use super::locate::Located;
use super::streaks::{Along, StreakMeasure};
use super::tone::ToneMeasure;
use crate::geometry::{MmPoint, PxPoint};
use crate::read::sample;

/// Blur of one page.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct BlurMeasure {
    /// σ along the image's rows (edges that stand upright), mm.
    pub x_mm: f64,
    /// σ down its columns, along the feed, mm.
    pub y_mm: f64,
    /// The larger of both, px.
    pub sigma_px: f64,
    /// Distance from 10 % to 90 % of an edge, the larger of both, mm.
    pub rise_mm: f64,
}

/// From 10 % to 90 % of a Gaussian edge, in σ: 2 × 1.2816.
const RISE_SIGMAS: f64 = 2.563;

/// Bins of the profile a pixel.
const BINS: f64 = 4.0;

/// Length cut off at the corners of a patch, mm: there two edges meet.
const CORNER_MM: f64 = 1.5;

/// Half of the profile, mm; it reaches the middle of nothing else.
const REACH_MM: f64 = 1.5;

/// An edge must cross this many pixels sideways to be seen at all phases.
const LEAST_PHASES: f64 = 1.2;

/// Measures the blur of a gray scan; `None` for bilevel ones, which have no
/// profile, and where no edge could be measured. What streaks cover is not looked
/// at: dust beside an edge would be taken for the edge's own softness.
pub(crate) fn measure(
    image: &GrayImage,
    located: &Located,
    tone: &ToneMeasure,
    px_per_mm: [f64; 2],
    streaks: &[StreakMeasure],
) -> Option<BlurMeasure> {
    if tone.bilevel {
        return None;
    }
    let covered = |along: Along, px_per_mm: f64| -> Vec<Range<u32>> {
        let of = streaks.iter().filter(|s| s.along == along);
        of.map(|s| s.covers(px_per_mm)).collect()
    };
    let look = Look {
        image,
        columns: covered(Along::Down, px_per_mm[0]),
        rows: covered(Along::Across, px_per_mm[1]),
    };
    let mut upright: Vec<f64> = Vec::new();
    let mut level: Vec<f64> = Vec::new();
    for corners in located.target.slanted() {
        let middle = euclid::point2(
            f64::midpoint(corners[0].x, corners[2].x),
            f64::midpoint(corners[0].y, corners[2].y),
        );
        for i in 0..4 {
            let (a, b) = (corners[i], corners[(i + 1) % 4]);
            let along = (b - a).normalize() * CORNER_MM;
            let ends = [a + along, b - along].map(|p| located.registration.at(p));
            let inside = located.registration.at(middle);
            if let Some((rise, is_upright)) = look.rise(ends, inside, located, tone) {
                if is_upright {
                    upright.push(rise / px_per_mm[0]);
                } else {
                    level.push(rise / px_per_mm[1]);
                }
            }
        }
    }
    let x = median(&mut upright)?;
    let y = median(&mut level)?;
    let sigma = |mm: f64| mm / RISE_SIGMAS;
    Some(BlurMeasure {
        x_mm: sigma(x),
        y_mm: sigma(y),
        sigma_px: sigma(x * px_per_mm[0]).max(sigma(y * px_per_mm[1])),
        rise_mm: x.max(y),
    })
}

fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied()
}

/// What an edge is looked at in.
struct Look<'a> {
    image: &'a GrayImage,
    /// Columns and rows that streaks cover.
    columns: Vec<Range<u32>>,
    rows: Vec<Range<u32>>,
}

enum Pixel {
    Seen(f64),
    /// A streak lies on it.
    Covered,
    Outside,
}

impl Look<'_> {
    fn pixel(&self, x: i64, y: i64) -> Pixel {
        let (Ok(x), Ok(y)) = (u32::try_from(x), u32::try_from(y)) else {
            return Pixel::Outside;
        };
        let on = |lines: &[Range<u32>], at: u32| lines.iter().any(|l| l.contains(&at));
        if x >= self.image.width() || y >= self.image.height() {
            Pixel::Outside
        } else if on(&self.columns, x) || on(&self.rows, y) {
            Pixel::Covered
        } else {
            Pixel::Seen(f64::from(self.image.get_pixel(x, y).0[0]))
        }
    }

    /// Width of one edge from 10 % to 90 %, px, and whether it stands upright in
    /// the image.
    fn rise(
        &self,
        ends: [PxPoint; 2],
        inside: PxPoint,
        located: &Located,
        tone: &ToneMeasure,
    ) -> Option<(f64, bool)> {
        let run = ends[1] - ends[0];
        let upright = run.y.abs() > run.x.abs();
        // As if upright: "along" goes down the edge, "across" through it.
        let flip = |p: PxPoint| if upright { (p.y, p.x) } else { (p.x, p.y) };
        let (a, b) = (flip(ends[0]), flip(ends[1]));
        let (first, last) = if a.0 < b.0 { (a, b) } else { (b, a) };
        if (last.1 - first.1).abs() < LEAST_PHASES {
            return None;
        }
        let slope = (last.1 - first.1) / (last.0 - first.0);
        let paper_side = if flip(inside).1 > first.1 + slope * (flip(inside).0 - first.0) {
            -1.0
        } else {
            1.0
        };
        let reach = (REACH_MM * located.registration.scale()).max(4.0);
        let pixel = |along: i64, across: i64| {
            if upright {
                self.pixel(across, along)
            } else {
                self.pixel(along, across)
            }
        };
        let middle = f64::midpoint(tone.paper, tone.black);
        // Where each row of pixels crosses the middle level.
        let rows = (first.0.ceil() as i64)..(last.0.floor() as i64);
        let mut crossings: Vec<(f64, f64)> = Vec::new();
        for along in rows.clone() {
            let expected = first.1 + slope * (along as f64 + 0.5 - first.0);
            let mut best: Option<f64> = None;
            for across in (expected - reach) as i64..(expected + reach) as i64 {
                let (Pixel::Seen(v), Pixel::Seen(w)) =
                    (pixel(along, across), pixel(along, across + 1))
                else {
                    continue;
                };
                if (v < middle) != (w < middle) {
                    let at = across as f64 + 0.5 + (middle - v) / (w - v);
                    if best.is_none_or(|b| (at - expected).abs() < (b - expected).abs()) {
                        best = Some(at);
                    }
                }
            }
            crossings.extend(best.map(|at| (along as f64 + 0.5, at)));
        }
        let (offset, slope) = line(&crossings)?;
        let cos = 1.0 / slope.hypot(1.0);
        let bins = (2.0 * reach * BINS) as usize;
        let mut profile = vec![(0.0, 0.0); bins];
        for along in rows {
            let at = offset + slope * (along as f64 + 0.5);
            for across in (at - reach - 1.0) as i64..(at + reach + 1.0) as i64 {
                let distance = (across as f64 + 0.5 - at) * cos * paper_side;
                let bin = ((distance + reach) * BINS).floor();
                if bin >= 0.0 && (bin as usize) < bins {
                    let p = &mut profile[bin as usize];
                    match pixel(along, across) {
                        Pixel::Seen(v) => {
                            p.0 += v;
                            p.1 += 1.0;
                        }
                        Pixel::Covered => {}
                        Pixel::Outside => return None,
                    }
                }
            }
        }
        // Every bin must have been seen.
        if profile.iter().any(|p| p.1 == 0.0) {
            return None;
        }
        let profile: Vec<f64> = profile.iter().map(|p| p.0 / p.1).collect();
        let quarter = bins / 5;
        let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len().max(1) as f64;
        let (dark, light) = (mean(&profile[..quarter]), mean(&profile[bins - quarter..]));
        // Less is no edge between print and paper.
        if light - dark < 0.5 * (tone.paper - tone.black) {
            return None;
        }
        let crossing = |share: f64| -> Option<f64> {
            let level = dark + share * (light - dark);
            // From the middle outwards: noise on the plateaus must not count.
            let half = profile
                .iter()
                .position(|v| *v >= f64::midpoint(dark, light))?;
            let i = if share < 0.5 {
                (1..=half).rev().find(|i| profile[i - 1] < level)?
            } else {
                (half.max(1)..bins).find(|i| profile[*i] >= level)?
            };
            let (v, w) = (profile[i - 1], profile[i]);
            let part = if w > v {
                ((level - v) / (w - v)).clamp(0.0, 1.0)
            } else {
                0.5
            };
            Some((i as f64 - 1.0 + part) / BINS)
        };
        let width = crossing(0.9)? - crossing(0.1)?;
        (width > 0.0).then_some((width, upright))
    }
}

/// Straight line through points, without those off by more than a pixel.
fn line(points: &[(f64, f64)]) -> Option<(f64, f64)> {
    let fit = |points: &[(f64, f64)]| -> Option<(f64, f64)> {
        let n = points.len() as f64;
        if points.len() < 8 {
            return None;
        }
        let (sx, sy) = points
            .iter()
            .fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
        let (mx, my) = (sx / n, sy / n);
        let xx: f64 = points.iter().map(|p| (p.0 - mx).powi(2)).sum();
        let xy: f64 = points.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum();
        let slope = xy / xx;
        Some((my - slope * mx, slope))
    };
    let (a, b) = fit(points)?;
    let near: Vec<(f64, f64)> = points
        .iter()
        .filter(|p| (p.1 - a - b * p.0).abs() <= 1.0)
        .copied()
        .collect();
    fit(&near)
}

/// A line counts as there where its contrast is at least this share of solid
/// black's: lighter than that no reader looks for a stroke.
const VISIBLE: f64 = 0.25;

/// Share of a line's length that must be there.
const WHOLE: f64 = 0.9;

/// Width of the thinnest printed line that came out whole, and all thicker
/// ones with it, in both directions, mm; `None` if not even the thickest did.
pub(crate) fn thinnest_line(
    image: &GrayImage,
    located: &Located,
    tone: &ToneMeasure,
) -> Option<f64> {
    let least = tone.paper - VISIBLE * (tone.paper - tone.black);
    let mut widths: Vec<(f64, bool)> = located
        .target
        .lines()
        .into_iter()
        .map(|(width, rect)| {
            let level = rect.size.width > rect.size.height;
            let (length, c) = (rect.size.width.max(rect.size.height) - 1.0, rect.center());
            let map = located.registration.local(c);
            // Every pixel of it, but no oftener.
            let steps = (length * map.scale()).max(8.0) as usize;
            let there = (0..steps)
                .filter(|i| {
                    let along = (*i as f64 + 0.5) / steps as f64 * length - length / 2.0;
                    // The lattice is measured to better than this.
                    [-0.3, -0.15, 0.0, 0.15, 0.3].iter().any(|d| {
                        let p = if level {
                            MmPoint::new(c.x + along, c.y + d)
                        } else {
                            MmPoint::new(c.x + d, c.y + along)
                        };
                        sample::sample(image, &map, p).is_some_and(|v| f64::from(v) <= least)
                    })
                })
                .count();
            (width, there as f64 >= WHOLE * steps as f64)
        })
        .collect();
    widths.sort_by(|a, b| b.0.total_cmp(&a.0));
    let mut thinnest = None;
    for pair in widths.chunk_by(|a, b| a.0 == b.0) {
        if pair.iter().any(|(_, there)| !there) {
            break;
        }
        thinnest = pair.first().map(|p| p.0);
    }
    thinnest
}
