//! Tells streaks and folds from marks: a straight line along an axis of the
//! sheet that goes on outside the box at both ends.

use std::collections::BTreeSet;

/// Ink of one box: places in samples of its window, inside the box and in the
/// ring above, right, below and left of it.
#[derive(Debug, Default)]
pub(crate) struct LineTest {
    pub inside: Vec<(f64, f64)>,
    pub ring: [Vec<(f64, f64)>; 4],
    /// By how many samples a line that is upright in the image (or level, if
    /// the page lies on its side) goes to the right for each sample down: the
    /// way of a streak.
    pub tilt: f64,
}

/// Steeper than this against the axis is a slash by hand, not a streak:
/// tangent of the 8° of skew that a page may have, and two more.
const SLOPE: f64 = 0.18;
/// In the ring itself a line's ink may lean by so much more or less than from side to side
/// of the box, tangent of 31°: it is 1.5 mm long there, and blurred. The arms of a tick
/// that leave its box left and right at one height lean by 1 and −1.
const ASKEW: f64 = 0.6;
/// Ink this near to the line belongs to it, samples: half a millimetre. A
/// bundle that spreads more (1.7 mm wide) is not one line.
const NEAR: f64 = 4.0;
/// Ink of two lines side by side has at least this many samples of paper
/// between them.
const APART: f64 = 2.0;
/// A streak has at least a sample in most rows of the ring's dozen.
const FEWEST: usize = 8;
/// A line beside a box is at least this long, samples: a box of 4.5 mm.
const BESIDE: f64 = 36.0;
/// The ink of a streak strays from its line by no more than this, samples: a
/// fifth of a millimetre of blur.
const STRAIGHT: f64 = 1.5;
/// Share of the ink inside that must lie on lines for there to be nothing else.
const SHARE: f64 = 0.85;

/// A stroke that strikes a mark out is no steeper than this, tangent of 19°, …
const STRIKE_SLOPE: f64 = 0.35;
/// … and neither are its ends against it: the arms of a cross that leave their box left and
/// right at one height lean by 0.5 and more.
const STRIKE_ASKEW: f64 = 0.3;
/// Of what lies between its ends so much has ink inside: all but the outline and its
/// margins.
const STRIKE_THROUGH: f64 = 0.6;

/// A straight line through a box, in samples of its window.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct StraightLine {
    /// It runs from left to right, not from top to bottom.
    pub level: bool,
    /// A place on it.
    pub at: (f64, f64),
    /// Samples down (or right) for each sample along it.
    pub slope: f64,
    /// Samples of ink inside the box that do not lie on it.
    pub off: usize,
}

impl LineTest {
    /// The one line on which nearly all ink inside lies, if it is of the kind that
    /// [`Self::is_line`] finds.
    pub fn line(&self) -> Option<StraightLine> {
        let [above, right, below, left] = &self.ring;
        one_line(above, below, &self.inside, self.tilt)
            .map(|(at, slope, off)| StraightLine {
                level: false,
                at,
                slope,
                off,
            })
            .or_else(|| {
                one_line(&flip(left), &flip(right), &flip(&self.inside), -self.tilt).map(
                    |((y, x), slope, off)| StraightLine {
                        level: true,
                        at: (x, y),
                        slope,
                        off,
                    },
                )
            })
    }

    /// Does nearly all ink inside lie on lines that go on at both ends, or on
    /// one that goes on at one end and runs just as the scanner does?
    pub fn is_line(&self) -> bool {
        let [above, right, below, left] = &self.ring;
        let (left, right, flipped) = (flip(left), flip(right), flip(&self.inside));
        lie_on_lines(above, below, &self.inside)
            || lie_on_lines(&left, &right, &flipped)
            || [above, below]
                .iter()
                .any(|side| end_of_streak(side, &self.inside, self.tilt))
            || [left, right]
                .iter()
                .any(|side| end_of_streak(side, &flipped, -self.tilt))
    }

    /// How far beyond the ring's inner edge a level stroke goes that runs through the box and
    /// out of it on both sides, whatever else there is: on the side where it is shorter,
    /// samples. 0 without one.
    pub fn level_stroke(&self) -> f64 {
        let [_, right, _, left] = &self.ring;
        let ends = ends_of_lines(&flip(left), &flip(right), STRIKE_SLOPE, STRIKE_ASKEW);
        let through = ends.iter().filter(|(a, b, slope)| {
            // Two strokes side by side are one bundle, with nothing in its middle.
            let near = a.half.min(b.half) + STRAIGHT;
            let on = |p: &&(f64, f64)| (p.1 - (a.x + slope * (p.0 - a.y))).abs() <= near;
            let columns: BTreeSet<i64> =
                self.inside.iter().filter(on).map(|p| p.0 as i64).collect();
            let between = b.y - b.long / 2.0 - (a.y + a.long / 2.0);
            columns.len() as f64 >= STRIKE_THROUGH * between
        });
        through
            .map(|(a, b, _)| a.long.min(b.long))
            .fold(0.0, f64::max)
    }

    /// Is the ring's ink that of a narrow line, from end to end of one side or
    /// from one side to the opposite one? (A fold leaves little inside the box.)
    pub fn in_ring(&self) -> bool {
        let [above, right, below, left] = &self.ring;
        if !lines(above, below).is_empty() || !lines(&flip(left), &flip(right)).is_empty() {
            return true;
        }
        [left.clone(), right.clone(), flip(above), flip(below)]
            .iter()
            .any(|side| {
                let ends = side.iter().map(|p| p.1);
                let length = ends.clone().fold(f64::MIN, f64::max) - ends.fold(f64::MAX, f64::min);
                length >= BESIDE && bundles(side).iter().any(|b| b.slope.abs() <= SLOPE)
            })
    }
}

/// Samples with columns for rows, so that level lines are upright.
fn flip(samples: &[(f64, f64)]) -> Vec<(f64, f64)> {
    samples.iter().map(|&(x, y)| (y, x)).collect()
}

/// Lines from one side of the ring to the opposite one: a place on each, and
/// its slope.
fn lines(first: &[(f64, f64)], last: &[(f64, f64)]) -> Vec<(Bundle, f64)> {
    let ends = ends_of_lines(first, last, SLOPE, ASKEW).into_iter();
    ends.map(|(a, b, slope)| {
        let reach = a.reach.max(b.reach);
        (Bundle { reach, ..a }, slope)
    })
    .collect()
}

/// Both ends of each line from one side of the ring to the opposite one that is no steeper
/// than `steepest`, and its slope, from which those of its ends differ by no more than
/// `askew`.
fn ends_of_lines(
    first: &[(f64, f64)],
    last: &[(f64, f64)],
    steepest: f64,
    askew: f64,
) -> Vec<(Bundle, Bundle, f64)> {
    let (starts, ends) = (bundles(first), bundles(last));
    starts
        .iter()
        .flat_map(|a| {
            ends.iter()
                .map(move |b| (*a, *b, (b.x - a.x) / (b.y - a.y)))
        })
        .filter(|(a, b, slope)| {
            let straight = |e: &&Bundle| (e.slope - slope).abs() <= askew;
            slope.abs() <= steepest && [a, b].iter().all(straight)
        })
        .collect()
}

/// The line from side to side, or from one side along the scanner's axis, that
/// leaves least ink inside beside it, if that is little: a place on it, its slope,
/// and how much it leaves.
fn one_line(
    first: &[(f64, f64)],
    last: &[(f64, f64)],
    inside: &[(f64, f64)],
    tilt: f64,
) -> Option<((f64, f64), f64, usize)> {
    let whole = lines(first, last);
    let ends = [first, last]
        .into_iter()
        .flat_map(bundles)
        .map(|a| (a, tilt));
    whole
        .into_iter()
        .chain(ends)
        .map(|(a, slope)| {
            let off = inside
                .iter()
                .filter(|p| (p.0 - (a.x + slope * (p.1 - a.y))).abs() > a.reach)
                .count();
            ((a.x, a.y), slope, off)
        })
        .min_by_key(|l| l.2)
        .filter(|l| l.2 as f64 <= (1.0 - SHARE) * inside.len() as f64)
}

fn lie_on_lines(first: &[(f64, f64)], last: &[(f64, f64)], inside: &[(f64, f64)]) -> bool {
    let lines = lines(first, last);
    if lines.is_empty() {
        return false;
    }
    let on = inside
        .iter()
        .filter(|p| {
            lines
                .iter()
                .any(|(a, slope)| (p.0 - (a.x + slope * (p.1 - a.y))).abs() <= a.reach)
        })
        .count();
    on as f64 >= SHARE * inside.len() as f64
}

/// Ink of one line in one side of the ring.
#[derive(Debug, Clone, Copy)]
struct Bundle {
    x: f64,
    y: f64,
    /// Samples to the right for each sample down.
    slope: f64,
    /// Samples along it, from end to end.
    long: f64,
    /// Half its width.
    half: f64,
    /// Half its width and the margin for ink that is not quite in line.
    reach: f64,
}

/// A streak that ends in the box: it runs along the scanner's axis to within a
/// sample or two, where a hand's stroke through the rim of a box would not.
fn end_of_streak(side: &[(f64, f64)], inside: &[(f64, f64)], tilt: f64) -> bool {
    let as_the_scanner = |a: &Bundle| (a.slope - tilt).abs() <= ASKEW;
    bundles(side).into_iter().filter(as_the_scanner).any(|a| {
        let on = |p: &&(f64, f64)| (p.0 - (a.x + tilt * (p.1 - a.y))).abs() <= a.half + STRAIGHT;
        let straight = |points: &[(f64, f64)]| {
            points.iter().filter(on).count() as f64 >= SHARE * points.len() as f64
        };
        let mine: Vec<(f64, f64)> = side
            .iter()
            .filter(|p| (p.0 - a.x).abs() <= a.reach)
            .copied()
            .collect();
        straight(&mine) && straight(inside)
    })
}

/// The narrow bundles of ink in one side of the ring, by x.
fn bundles(points: &[(f64, f64)]) -> Vec<Bundle> {
    let mut sorted = points.to_vec();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    sorted
        .chunk_by(|a, b| b.0 - a.0 <= APART)
        .filter(|bundle| bundle.len() >= FEWEST)
        .filter_map(|bundle| {
            let n = bundle.len() as f64;
            let (sx, sy) = bundle
                .iter()
                .fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1));
            let (x, y) = (sx / n, sy / n);
            let spread = bundle.iter().map(|p| (p.0 - x).powi(2)).sum::<f64>() / n;
            // An even band's half width is √3 of its standard deviation.
            let half = 3.0_f64.sqrt() * spread.sqrt();
            let reach = NEAR.max(half + NEAR / 2.0);
            let (along, across) = bundle.iter().fold((0.0, 0.0), |s, p| {
                let d = p.1 - y;
                (s.0 + d * d, s.1 + d * (p.0 - x))
            });
            let slope = if along > 0.0 { across / along } else { 0.0 };
            let ends = bundle.iter().map(|p| p.1);
            let long = ends.clone().fold(f64::MIN, f64::max) - ends.fold(f64::MAX, f64::min);
            (spread.sqrt() <= NEAR).then_some(Bundle {
                x,
                y,
                slope,
                long: long + 1.0,
                half,
                reach,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ink of vertical lines at these columns, through a box of 36 samples with
    /// rings of 12.
    fn streaks(columns: &[f64], slope: f64) -> LineTest {
        let line = |from: i32, to: i32| -> Vec<(f64, f64)> {
            columns
                .iter()
                .flat_map(|&x| {
                    (from..to).flat_map(move |y| {
                        [0.0, 1.0].map(|d| (x + d + slope * f64::from(y), f64::from(y)))
                    })
                })
                .collect()
        };
        LineTest {
            inside: line(16, 52),
            ring: [line(0, 12), Vec::new(), line(56, 68), Vec::new()],
            tilt: slope,
        }
    }

    #[test]
    fn a_streak_is_a_line_whatever_its_skew() {
        assert!(streaks(&[30.0], 0.0).is_line());
        assert!(streaks(&[30.0], 0.12).is_line());
        assert!(streaks(&[30.0], -0.12).is_line());
    }

    /// A long streak and a short one beside it once made every box of a column
    /// "marked": their ink in the ring was not one narrow bundle, so there
    /// seemed to be no line.
    #[test]
    fn two_streaks_are_lines() {
        assert!(streaks(&[24.0, 44.0], 0.0).is_line());
        let mut one_beside_the_box = streaks(&[24.0, 60.0], 0.0);
        one_beside_the_box.inside.retain(|p| p.0 < 50.0);
        assert!(one_beside_the_box.is_line());
    }

    #[test]
    fn a_broad_band_is_a_line() {
        let columns: Vec<f64> = (24..36).step_by(2).map(f64::from).collect();
        assert!(streaks(&columns, 0.0).is_line());
    }

    #[test]
    fn a_streak_may_end_in_the_box_if_it_runs_as_the_scanner_does() {
        for slope in [0.0, 0.1, -0.1] {
            let mut ends = streaks(&[30.0], slope);
            ends.ring[2].clear();
            ends.inside.retain(|p| p.1 < 34.0);
            assert!(ends.is_line());
            // A stroke that is steeper than the scan is somebody's.
            ends.tilt = slope + 0.3;
            assert!(!ends.is_line());
        }
    }

    #[test]
    fn a_mark_across_a_streak_is_not_a_line() {
        let mut crossed = streaks(&[30.0], 0.0);
        crossed
            .inside
            .extend((16..52).map(|i| (f64::from(i), f64::from(i))));
        assert!(!crossed.is_line());
    }

    /// A long slash that only touches the corner of its box was once taken for a
    /// streak that passes beside it.
    #[test]
    fn a_slanting_stroke_beside_the_box_is_not_a_line() {
        let beside = |slope: f64| LineTest {
            ring: [
                Vec::new(),
                (12..56)
                    .map(|y| (62.0 + slope * f64::from(y - 34), f64::from(y)))
                    .collect(),
                Vec::new(),
                Vec::new(),
            ],
            ..LineTest::default()
        };
        assert!(beside(0.1).in_ring());
        assert!(!beside(0.3).in_ring());
    }

    /// A tick whose arms left its box left and right at one height was once taken for a
    /// line from side to side.
    #[test]
    fn a_tick_whose_ends_are_level_is_not_a_line() {
        let arm = |from: i32, to: i32, slope: f64, y: f64| -> Vec<(f64, f64)> {
            let at = |x: i32| (f64::from(x), y + slope * f64::from(x - from));
            let broad = |(x, y)| [0.0, 1.0, 2.0].map(|d| (x, y + d));
            (from..to).map(at).flat_map(broad).collect()
        };
        let ends = |left: f64, right: f64| LineTest {
            inside: arm(16, 52, 0.0, 30.0),
            ring: [
                Vec::new(),
                arm(56, 68, right, 30.0),
                Vec::new(),
                arm(0, 12, left, 30.0 - 12.0 * left),
            ],
            tilt: 0.0,
        };
        assert!(!ends(1.0, -1.0).is_line());
        assert!(!ends(1.0, -1.0).in_ring());
        assert!(ends(0.2, -0.2).is_line());
    }

    /// A tick or a cross with a stroke through it from side to side was read as an answer.
    #[test]
    fn a_cross_with_a_level_stroke_through_it_is_struck() {
        let arm = |from: i32, to: i32, s: f64| -> Vec<(f64, f64)> {
            (from..to)
                .flat_map(|x| {
                    let y = 34.0 + s * (f64::from(x) - 34.0);
                    [0.0, 1.0, 2.0].map(|d| (f64::from(x), y + d))
                })
                .collect()
        };
        let cross = |strokes: &[f64], reach: i32| {
            let all = |from, to| -> Vec<(f64, f64)> {
                strokes.iter().flat_map(|&s| arm(from, to, s)).collect()
            };
            LineTest {
                inside: all(20, 49),
                ring: [
                    Vec::new(),
                    all(56, 56 + reach),
                    Vec::new(),
                    all(12 - reach, 12),
                ],
                tilt: 0.0,
            }
        };
        assert!((cross(&[0.7, -0.7, 0.1], 8).level_stroke() - 8.0).abs() < 1e-9);
        assert!((cross(&[0.7, -0.7, -0.2], 12).level_stroke() - 12.0).abs() < 1e-9);
        assert!(cross(&[0.7, -0.7], 12).level_stroke() < 1e-9);
        // Two that meet at both sides of the box.
        let mut ends = cross(&[0.7, -0.7], 12);
        ends.ring = cross(&[0.1], 12).ring;
        assert!(ends.level_stroke() < 1e-9);
    }

    #[test]
    fn a_cross_that_spills_out_is_not_a_line() {
        let arm = |from: i32, to: i32, s: f64| -> Vec<(f64, f64)> {
            (from..to)
                .map(|y| (34.0 + s * (f64::from(y) - 34.0), f64::from(y)))
                .collect()
        };
        let both = |from, to| [arm(from, to, 0.8), arm(from, to, -0.8)].concat();
        let cross = LineTest {
            inside: both(16, 52),
            ring: [both(0, 12), Vec::new(), both(56, 68), Vec::new()],
            tilt: 0.0,
        };
        assert!(!cross.is_line());
    }
}
