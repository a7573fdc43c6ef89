//! Measures the ink in and around one located box.

use super::components::{Component, Touch, regions};
use super::sample::Window;
use super::streak::{LineTest, StraightLine};
use super::template::{BoxTemplate, RING_FROM_MM, RING_MM, SEARCH_MM, STEP_MM, zone};

/// How light and dark this page is, gray levels.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tone {
    /// Bare paper.
    pub paper: f64,
    /// Solid print.
    pub black: f64,
}

impl Tone {
    /// Paper minus print, gray levels: never 0, to be divided by.
    pub fn contrast(self) -> f64 {
        (self.paper - self.black).max(1.0)
    }
}

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

/// Thresholds on darkness.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Thresholds {
    /// Darker than noise and grain.
    pub faint: f64,
    /// Dark as a stroke of a pen.
    pub firm: f64,
}

impl Thresholds {
    /// From the page's noise: the spread of darkness inside empty boxes.
    pub fn for_noise(sigma: f64) -> Self {
        // 0.11 is above what shows through from the other side of 70 g/m²
        // paper and above the ripple of JPEG at quality 50 beside an outline;
        // five sigma of the page's own noise where that is more.
        let faint = (5.0 * sigma).clamp(0.11, 0.4);
        Self {
            faint,
            firm: (faint + 0.10).max(0.24),
        }
    }
}

/// The darker paper of a box under a stamp or a shadow that is still paper.
const STAIN: f64 = 0.35;

/// Brightness of the paper in the window: the 75th percentile of its ring.
pub(crate) fn local_paper(window: &Window, template: &BoxTemplate) -> Option<u8> {
    *window.paper.get_or_init(|| ring_paper(window, template))
}

fn ring_paper(window: &Window, template: &BoxTemplate) -> Option<u8> {
    let mut histogram = [0u32; 256];
    let mut n = 0;
    for (&p, &z) in window.pixels.iter().zip(&template.zones) {
        if z & zone::RING != 0 {
            histogram[p as usize] += 1;
            n += 1;
        }
    }
    // Less than a square millimetre is too little to judge paper by.
    (n >= 50).then(|| super::thumbnail::percentile(&histogram, 0.75))
}

/// Spread of darkness inside the box from its median up to its 84th
/// percentile (one sigma where there is only noise), gray levels.
fn interior_spread(window: &Window, template: &BoxTemplate, shift: (i32, i32)) -> f64 {
    let mut histogram = [0u32; 256];
    let (columns, rows) = template.inside.clone();
    for row in rows {
        let Some((zones, pixels, _)) = shifted_row(window, template, shift, row, columns.clone())
        else {
            continue;
        };
        for (z, p) in zones.iter().zip(pixels) {
            if z & zone::INTERIOR != 0 {
                histogram[*p as usize] += 1;
            }
        }
    }
    let level = |share| f64::from(super::thumbnail::percentile(&histogram, share));
    level(0.5) - level(0.16)
}

/// [`interior_spread`] of boxes that are surely empty: the lower third of these, each
/// with the shift of its outline. 0 where there are none.
pub(crate) fn quiet_spread<'a>(
    boxes: impl Iterator<Item = (&'a Window, &'a BoxTemplate, (i32, i32))>,
) -> f64 {
    let mut spreads: Vec<f64> = boxes
        .map(|(w, t, shift)| interior_spread(w, t, shift))
        .collect();
    spreads.sort_by(f64::total_cmp);
    spreads.get(spreads.len() / 3).copied().unwrap_or(0.0)
}

/// Side of the square that [`darkest_patch`] looks through, samples: half a
/// millimetre, a dot or the width of two strokes.
const PATCH: usize = 4;

/// The darkest half millimetre inside the box: how far its mean is below the
/// paper, gray levels. Noise averages out in it, so that it sees strokes that are
/// lighter than the threshold of a noisy or blurred page.
pub(crate) fn darkest_patch(
    window: &Window,
    template: &BoxTemplate,
    (dx, dy): (i32, i32),
    page: Tone,
) -> f64 {
    let paper = local_paper(window, template).map_or(page.paper, f64::from);
    let (w, h) = (template.width, template.height);
    let sum = |col: usize, row: usize| -> Option<u32> {
        let mut sum = 0;
        for r in row..row + PATCH {
            if template.zones[r * w + col..][..PATCH]
                .iter()
                .any(|z| z & zone::INTERIOR == 0)
            {
                return None;
            }
            let y = usize::try_from(r as i32 + dy).ok().filter(|&y| y < h)?;
            let x = usize::try_from(col as i32 + dx).ok()?;
            let samples = window.pixels.get(y * w + x..y * w + x + PATCH)?;
            sum += samples.iter().map(|&p| u32::from(p)).sum::<u32>();
        }
        Some(sum)
    };
    let step = PATCH / 2;
    // The places of the whole window that are in steps, as far as they are inside.
    let within = |inside: &std::ops::Range<usize>, size: usize| {
        let last = inside.end.min(size).saturating_sub(PATCH - 1);
        (inside.start / step * step..last).step_by(step)
    };
    let (columns, rows) = (within(&template.inside.0, w), within(&template.inside.1, h));
    rows.flat_map(|row| columns.clone().map(move |col| (col, row)))
        .filter_map(|(col, row)| sum(col, row))
        .min()
        .map_or(0.0, |s| paper - f64::from(s) / (PATCH * PATCH) as f64)
}

/// How far the darkest place of what `mask` covers in these zones of the box is below the
/// paper, gray levels: in each column, or in each row if it does not cover a `level` line,
/// three samples together. In order; those are left out of which nothing is covered.
pub(crate) fn darkest_lines(
    window: &Window,
    template: &BoxTemplate,
    (dx, dy): (i32, i32),
    mask: &[bool],
    (level, zones): (bool, u8),
) -> Vec<f64> {
    let (w, h) = (template.width, template.height);
    let paper = f64::from(local_paper(window, template).unwrap_or(u8::MAX));
    let inside = |x: usize, y: usize| {
        let zone = |v: usize, d: i32| usize::try_from(v as i32 - d).ok();
        let at = zone(x, dx).filter(|&x| x < w).zip(zone(y, dy));
        at.and_then(|(x, y)| template.zones.get(y * w + x))
            .is_some_and(|z| z & zones != 0)
    };
    let (along, across) = if level { (w, h) } else { (h, w) };
    let mut lines = Vec::new();
    for a in 0..along {
        let mut darkest: Option<f64> = None;
        let mut last = [None; 3];
        for c in 0..across {
            let (x, y) = if level { (a, c) } else { (c, a) };
            let gray = (mask[y * w + x] && inside(x, y)).then(|| window.pixels[y * w + x]);
            last = [last[1], last[2], gray];
            if let [Some(p), Some(q), Some(r)] = last {
                let mean = (f64::from(p) + f64::from(q) + f64::from(r)) / 3.0;
                darkest = Some(darkest.map_or(mean, |d| d.min(mean)));
            }
        }
        lines.extend(darkest.map(|d| paper - d));
    }
    lines
}

/// The blur of an outline one pixel away at 150 dpi, share of the contrast; what is
/// darker is ink.
pub(crate) const DARKEST_BLUR: f64 = 0.22;

/// What an empty box of this page looks like inside: the blur of its own
/// outline, sample by sample, in gray levels below the paper.
///
/// Taken from the page itself: at each sample the lighter third of all boxes of
/// one look. On a page on which more than two thirds of the boxes are crossed at
/// the same sample, the cross would be taken for print; so fewer than
/// [`Empty::FEWEST`] boxes give none, and no sample may be darker than blur is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Empty {
    /// One value a sample of the template; empty: nothing is known.
    below_paper: Vec<u8>,
}

impl Empty {
    /// Fewer boxes than this say nothing about what is usual.
    const FEWEST: usize = 6;
    /// Lighter share that is taken for empty.
    const SHARE: f64 = 0.3;

    /// From windows with the shift of their box; all of one template's look.
    pub fn of(boxes: &[(&Window, (i32, i32))], template: &BoxTemplate, page: Tone) -> Self {
        if boxes.len() < Self::FEWEST {
            return Self::default();
        }
        let papers: Vec<u8> = boxes
            .iter()
            .map(|(w, _)| local_paper(w, template).unwrap_or(page.paper as u8))
            .collect();
        let most = (DARKEST_BLUR * (page.paper - page.black)).clamp(0.0, 255.0) as u8;
        let (w, h) = (template.width as i32, template.height as i32);
        let rank = (boxes.len() as f64 * Self::SHARE) as usize;
        let mut values: Vec<u8> = Vec::with_capacity(boxes.len());
        let below_paper = (0..w * h)
            .map(|i| {
                if template.zones[i as usize] & zone::INTERIOR == 0 {
                    return 0;
                }
                let (col, row) = (i % w, i / w);
                values.clear();
                values.extend(
                    boxes
                        .iter()
                        .zip(&papers)
                        .map(|((window, (dx, dy)), paper)| {
                            let (c, r) = ((col + dx).clamp(0, w - 1), (row + dy).clamp(0, h - 1));
                            paper.saturating_sub(window.pixels[(r * w + c) as usize])
                        }),
                );
                let (_, value, _) = values.select_nth_unstable(rank);
                (*value).min(most)
            })
            .collect();
        Self { below_paper }
    }

    fn at(&self, i: usize) -> u8 {
        self.below_paper.get(i).copied().unwrap_or(0)
    }
}

/// Zones and pixels of a row of the template, as far as the window has it at
/// this shift, within some columns; and the first one's column.
fn shifted_row<'a>(
    window: &'a Window,
    template: &'a BoxTemplate,
    (dx, dy): (i32, i32),
    row: usize,
    columns: std::ops::Range<usize>,
) -> Option<(&'a [u8], &'a [u8], usize)> {
    let (w, h) = (template.width as i32, template.height as i32);
    let source_row = row as i32 + dy;
    let from = (columns.start as i32).max(-dx).max(0);
    let to = (columns.end as i32).min(w - dx).min(w);
    if !(0..h).contains(&source_row) || from >= to {
        return None;
    }
    let length = (to - from) as usize;
    let zones = template.zones.get(row * template.width + from as usize..)?;
    let pixels = window.pixels.get((source_row * w + from + dx) as usize..)?;
    Some((zones.get(..length)?, pixels.get(..length)?, from as usize))
}

/// Calls `f(zone, gray, template index)` for each sample that means something
/// and is darker than `limit` even where an empty box is dark.
fn for_dark(
    window: &Window,
    template: &BoxTemplate,
    shift: (i32, i32),
    empty: &Empty,
    limit: u8,
    mut f: impl FnMut(u8, u8, usize),
) {
    for row in 0..template.height {
        let Some((zones, pixels, from)) =
            shifted_row(window, template, shift, row, 0..template.width)
        else {
            continue;
        };
        // Nearly everything is paper: a piece of it is passed in one step.
        const PIECE: usize = 16;
        let pieces = zones.chunks(PIECE).zip(pixels.chunks(PIECE));
        for (first, (zones, pixels)) in (from..).step_by(PIECE).zip(pieces) {
            let dark = |(z, p): (&u8, &u8)| (*z != 0) & (*p < limit);
            if !zones.iter().zip(pixels).fold(false, |any, s| any | dark(s)) {
                continue;
            }
            for (column, (&z, &p)) in (first..).zip(zones.iter().zip(pixels)) {
                let i = row * template.width + column;
                let p = p.saturating_add(empty.at(i));
                if z != 0 && p < limit {
                    f(z, p, i);
                }
            }
        }
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
    let contrast = page.contrast();
    let local = local_paper(window, template).map_or(page.paper, f64::from);
    let stained = (page.paper - local) / contrast > STAIN;
    // Shadow and tinted paper darken the paper itself; a scribble that covers
    // the whole ring must not be taken for it.
    let paper = if stained { page.paper } else { local };
    let contrast = (paper - page.black).max(1.0);
    let level = |darkness: f64| (paper - darkness * contrast).clamp(0.0, 255.0) as u8;
    let (faint, firm) = (level(thresholds.faint), level(thresholds.firm));

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
    for_dark(window, template, shift, empty, faint, |z, p, i| {
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
            (paper - f64::from(firm_levels) / f64::from(n_firm)) / contrast
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
        stained,
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
