//! Measures the ink in and around one located box.

mod darkest;
mod empty;
mod paper;
mod shape;

use super::components::{Component, Touch, regions};
use super::sample::Window;
use super::streak::{LineTest, StraightLine};
use super::template::{BoxTemplate, RING_FROM_MM, RING_MM, SEARCH_MM, STEP_MM, zone};
pub(crate) use darkest::{darkest_lines, darkest_patch};
pub(crate) use empty::{DARKEST_BLUR, Empty};
use paper::BoxPaper;
pub(crate) use paper::{Thresholds, Tone, local_paper, quiet_spread};
pub(crate) use shape::Shape;

/// What was measured. Darkness is 0 for this page's paper and 1 for its print.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Ink {
    /// Area inside the outline darker than the faint threshold, mm².
    pub faint_mm2: f64,
    /// Area inside the outline darker than the firm threshold, mm².
    pub firm_mm2: f64,
    /// The same in the centre zone, mm².
    pub center_mm2: f64,
    /// Mean darkness of the firm ink inside, 0 to about 1: how black the pen is.
    pub darkness: f64,
    /// Longer side of the largest connected faint region inside, mm.
    pub extent_mm: f64,
    /// Longer side of the largest connected faint region in the ring that the largest one
    /// inside may go on as, across the outline, mm. (Not measured where that is longer than
    /// [`LARGEST_DOT_MM`].)
    pub goes_on_mm: f64,
    /// Width and height of all firm ink inside, as shares of the interior's.
    pub span: (f64, f64),
    /// Firm share of the interior, 0 to 1.
    pub fill: f64,
    /// The same of faint ink: a pale pencil's scribble is firm in parts only.
    pub faint_fill: f64,
    /// Firm area in the ring around the outline, mm²: above, right, below, left.
    pub ring_mm2: [f64; 4],
    /// Area in the whole ring that is darker than the faint threshold, mm².
    pub ring_faint_mm2: f64,
    /// Share of the sixteen directions around the box in which there is firm
    /// ink in the ring: a circle has nearly all, the arms of a cross have four
    /// to six.
    pub around: f64,
    /// The same of faint ink: a pale pencil's circle is firm in parts only.
    pub around_faint: f64,
    /// Ink leaves the ring at two opposite sides, 2 mm beyond the box: a stamp,
    /// a signature, or a mark twice as large as its box.
    pub exits: bool,
    /// Ink reaches the ring's outer edge, 2 mm beyond the box.
    pub reaches_rim: bool,
    /// Most of the ink is a straight line along an axis that goes on above and
    /// below (or left and right) of the box: a streak or a fold.
    pub line_through: bool,
    /// That line, where it is one.
    pub line: Option<StraightLine>,
    /// A streak or a fold passes through the ring.
    pub line_beside: bool,
    /// A level stroke that runs through the box and out of it on both sides goes on so far in
    /// the ring, where it is shorter, mm; 0 without one.
    pub level_stroke_mm: f64,
    /// The box's own paper is far darker than the page's.
    pub stained: bool,
}

impl Ink {
    /// Firm area in the whole ring, mm².
    pub fn around_mm2(&self) -> f64 {
        self.ring_mm2.iter().sum()
    }

    /// Firm area in the ring left and right of the box, mm².
    pub fn aside_mm2(&self) -> f64 {
        let [_, right, _, left] = self.ring_mm2;
        right + left
    }

    /// Is the ink around the box left and right of it, and hardly any above and below?
    pub fn goes_crosswise(&self) -> bool {
        let [above, _, below, _] = self.ring_mm2;
        above + below < CROSSWISE * self.aside_mm2()
    }

    /// Is less than half of the ink in the box and in the ring firm?
    pub fn is_mostly_faint(&self) -> bool {
        2.0 * self.whole_mm2() < self.faint_mm2 + self.ring_faint_mm2
    }

    /// Firm area in the box and in the ring, mm².
    pub fn whole_mm2(&self) -> f64 {
        self.firm_mm2 + self.around_mm2()
    }
}

/// Measures a box whose outline is at `shift`; `tilt` is that of [`LineTest`].
pub(crate) fn measure(
    window: &Window,
    template: &BoxTemplate,
    shift: (i32, i32),
    page: Tone,
    thresholds: Thresholds,
    empty: &Empty,
    tilt: f64,
) -> Ink {
    let paper = BoxPaper::of(window, template, page);
    let (faint, firm) = (paper.level(thresholds.faint), paper.level(thresholds.firm));

    let (mut n_faint, mut n_firm, mut n_center) = (0u32, 0u32, 0u32);
    let mut firm_levels = 0u32;
    let mut ring = [0u32; 4];
    // Firm ink in the ring's outermost and innermost part.
    let (mut rim, mut brim) = ([0u32; 4], [0u32; 4]);
    let outer = (SEARCH_MM + RIM_MM) / STEP_MM;
    let inner = (SEARCH_MM + RING_MM - RING_FROM_MM - RIM_MM) / STEP_MM;
    let (w, h) = (template.width as f64, template.height as f64);
    let (mut directions, mut directions_faint) = ([0u32; 16], [0u32; 16]);
    let middle = (template.width as f64 / 2.0, template.height as f64 / 2.0);
    let mut inside = vec![0u8; template.zones.len()];
    let mut line = LineTest {
        tilt,
        ..LineTest::default()
    };
    let mut firm_bounds = Bounds::default();
    empty::for_dark(window, template, shift, empty, faint, |z, p, i| {
        let (x, y) = ((i % template.width) as f64, (i / template.width) as f64);
        if z & zone::INTERIOR != 0 {
            n_faint += 1;
            inside[i] = 1;
            line.inside.push((x, y));
            if p < firm {
                n_firm += 1;
                firm_levels += u32::from(p);
                firm_bounds.add(x, y);
                n_center += u32::from(z & zone::CENTER != 0);
            }
        } else {
            for (k, bit) in [zone::ABOVE, zone::RIGHT, zone::BELOW, zone::LEFT]
                .into_iter()
                .enumerate()
            {
                if z & bit != 0 {
                    let direction = 4 * k + quarter(x + 0.5 - middle.0, y + 0.5 - middle.1);
                    directions_faint[direction] += 1;
                    ring[k] += u32::from(p < firm);
                    if p < firm {
                        let from_edge = [y, w - x - 1.0, h - y - 1.0, x][k];
                        rim[k] += u32::from(from_edge < outer);
                        brim[k] += u32::from(from_edge >= inner);
                        directions[direction] += 1;
                    }
                    line.ring[k].push((x, y));
                }
            }
        }
    });
    let mm2 = |n: u32| f64::from(n) * STEP_MM * STEP_MM;
    let connected = |mask: &[u8]| {
        let (w, h) = (template.width as u32, template.height as u32);
        regions(w, h, Touch::Corners, mask)
    };
    let millimetres = |c: &Component| f64::from(longer_side(c)) * STEP_MM;
    let pieces = if n_faint == 0 {
        Vec::new()
    } else {
        connected(&inside)
    };
    let largest = pieces.iter().max_by_key(|c| longer_side(c));
    let extent_mm = largest.map_or(0.0, millimetres);
    let goes_on_mm = match largest {
        Some(piece) if extent_mm <= LARGEST_DOT_MM && at_border(piece, template) => {
            let mut outside = vec![0u8; template.zones.len()];
            for &(x, y) in line.ring.iter().flatten() {
                outside[y as usize * template.width + x as usize] = 1;
            }
            let outside = connected(&outside);
            let next = outside.iter().filter(|c| gap(c, piece) <= ACROSS_OUTLINE);
            next.map(millimetres).fold(0.0, f64::max)
        }
        _ => 0.0,
    };
    let line_through = n_faint > 0 && line.is_line();
    let around = |directions: &[u32; 16]| {
        let inked = directions.iter().filter(|&&n| mm2(n) >= DIRECTION_MM2);
        inked.count() as f64 / 16.0
    };
    let share = |samples| {
        if template.interior_mm2 > 0.0 {
            mm2(samples) / template.interior_mm2
        } else {
            0.0
        }
    };
    Ink {
        faint_mm2: mm2(n_faint),
        firm_mm2: mm2(n_firm),
        center_mm2: mm2(n_center),
        darkness: if n_firm == 0 {
            0.0
        } else {
            paper.darkness(f64::from(firm_levels) / f64::from(n_firm))
        },
        extent_mm,
        goes_on_mm,
        span: firm_bounds.share_of(template.interior),
        fill: share(n_firm),
        faint_fill: share(n_faint),
        ring_mm2: ring.map(mm2),
        ring_faint_mm2: mm2(line.ring.iter().map(|side| side.len() as u32).sum()),
        around: around(&directions),
        around_faint: around(&directions_faint),
        exits: [(0, 2), (1, 3)].iter().any(|&(a, b)| {
            // What spills in from the neighbours on both sides does not
            // reach the outline.
            [a, b]
                .iter()
                .all(|&k| mm2(rim[k].min(brim[k])) >= DIRECTION_MM2 && mm2(ring[k]) >= EXIT_MM2)
        }),
        reaches_rim: rim.iter().any(|&n| mm2(n) >= DIRECTION_MM2),
        line_through,
        line: line_through.then(|| line.line()).flatten(),
        line_beside: line.in_ring(),
        level_stroke_mm: if [1, 3].iter().all(|&k| mm2(ring[k]) >= DIRECTION_MM2) {
            line.level_stroke() * STEP_MM
        } else {
            0.0
        },
        stained: paper.stained,
    }
}

/// Columns or rows of a region, whichever are more.
fn longer_side(region: &Component) -> u32 {
    region.width().max(region.height())
}

/// Columns or rows from one region to another, whichever are more.
fn gap(a: &Component, b: &Component) -> u32 {
    let between = |a0: u32, a1: u32, b0: u32, b1: u32| {
        let (left, right) = (b0.saturating_sub(a1), a0.saturating_sub(b1));
        left.max(right)
    };
    between(a.x0, a.x1, b.x0, b.x1).max(between(a.y0, a.y1, b.y0, b.y1))
}

/// Does a region come up to the border of the interior, but for a sample?
fn at_border(region: &Component, template: &BoxTemplate) -> bool {
    let (columns, rows) = &template.inside;
    let ends = |first: u32, last: u32, of: &std::ops::Range<usize>| {
        first as usize <= of.start + 1 || last as usize + 2 >= of.end
    };
    ends(region.x0, region.x1, columns) || ends(region.y0, region.y1, rows)
}

/// From the interior to the ring it is 0.85 mm across an outline of 0.25 mm; a stroke that
/// crosses it at an angle of 45° is so far away in both directions. Samples: 1 mm.
const ACROSS_OUTLINE: u32 = 8;

/// What is longer is no dot, and whether it goes on is not asked: a marker's dot of 1.5 mm,
/// and the blur around it, mm.
const LARGEST_DOT_MM: f64 = 2.2;

/// A level stroke, or a word, has less than this share of its ink outside the box above
/// and below it.
const CROSSWISE: f64 = 0.25;

/// Width of the ring's outermost part, mm: that of a thin stroke.
const RIM_MM: f64 = 0.375;

/// Ink of a thin stroke (0.25 mm) across most of the ring, mm².
const EXIT_MM2: f64 = 0.3;

/// Ink in one of sixteen directions that is a piece of a stroke and not a
/// speck, mm².
const DIRECTION_MM2: f64 = 0.06;

/// Which quarter of its side's wedge a place around the box is in, 0 to 3.
fn quarter(x: f64, y: f64) -> usize {
    let (along, across) = if x.abs() > y.abs() {
        (y, x.abs())
    } else {
        (x, y.abs())
    };
    let t = if across > 0.0 { along / across } else { 0.0 };
    (((t + 1.0) * 2.0).clamp(0.0, 3.0)) as usize
}

/// Bounding box of samples.
struct Bounds {
    low: (f64, f64),
    high: (f64, f64),
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            low: (f64::MAX, f64::MAX),
            high: (f64::MIN, f64::MIN),
        }
    }
}

impl Bounds {
    fn add(&mut self, x: f64, y: f64) {
        self.low = (self.low.0.min(x), self.low.1.min(y));
        self.high = (self.high.0.max(x), self.high.1.max(y));
    }

    /// Width and height over those of the interior (samples).
    fn share_of(&self, interior: (usize, usize)) -> (f64, f64) {
        let share = |low: f64, high: f64, n: usize| {
            if high < low || n == 0 {
                0.0
            } else {
                ((high - low + 1.0) / n as f64).min(1.0)
            }
        };
        (
            share(self.low.0, self.high.0, interior.0),
            share(self.low.1, self.high.1, interior.1),
        )
    }
}
