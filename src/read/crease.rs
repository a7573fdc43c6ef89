//! Tells a fold or a streak, which runs from edge to edge of the paper, from a
//! line that somebody drew, which does not.

use image::GrayImage;

use super::ink::Tone;
use super::registration::{LocalMap, Registration};
use super::sample::sample;
use crate::geometry::{MmPoint, MmRect};

/// A straight line on the paper.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct PaperLine {
    /// It runs from left to right (a fold), not from top to bottom.
    pub level: bool,
    /// A place on it.
    pub at: MmPoint,
    /// mm sideways (down or right) for each mm along it.
    pub slope: f64,
}

/// Distance of two looks along the line, mm.
const STEP_MM: f64 = 0.5;
/// How far beside the expected place the line is looked for, mm, and how finely:
/// the bend of a page in the feeder within a step is far less.
const ASIDE_MM: f64 = 0.5;
const FINE_MM: f64 = 0.125;
/// Where the paper beside the line is looked at, mm from its middle: beyond the
/// valley of a fold (0.4 mm) and the blur.
pub(super) const BESIDE_MM: [f64; 2] = [1.1, 1.35];
/// Share of what the line is off its expected place that is believed at once:
/// a look is one row of pixels, the line goes on for hundreds.
const FOLLOW: f64 = 0.15;
/// Paper darker than this share of the contrast beside the line is print or
/// writing: nothing can be seen there.
const PRINT: f64 = 0.3;
/// The outermost part of the paper, mm from its edge: no mark, no stroke across
/// a column of boxes and no printed text is there, but every fold and streak.
pub(super) const END_MM: (f64, f64) = (2.0, 14.0);
/// At so large a share of the looks the paper must be bare for a judgement.
const KNOWN: f64 = 0.5;
/// What a line must be darker than lines beside it that are looked at in the
/// same way, share of the contrast: three standard errors of a mean over 12 mm
/// on a page of noise 0.04.
pub(super) const MARGIN: f64 = 0.02;
/// Lines beside it, mm away.
const PARALLELS_MM: [f64; 4] = [-4.2, -2.7, 2.7, 4.2];
/// Within this distance a fold shows how dark it gets, mm.
const NEARBY_MM: f64 = 32.0;
/// Length over which its darkness is averaged, mm: that of a box's inside.
const STRETCH_MM: f64 = 4.0;
/// Inside a box it may be darker than anywhere nearby by this share of the
/// contrast: what is more may be a stroke along it.
pub(super) const DARKER: f64 = 0.08;

/// The page that is looked at.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sheet<'a> {
    pub image: &'a GrayImage,
    pub map: &'a Registration,
    pub paper: MmRect,
    pub tone: Tone,
}

impl Sheet<'_> {
    /// How long the paper is in this direction, mm.
    pub fn length(&self, level: bool) -> f64 {
        let size = self.paper.size;
        if level { size.width } else { size.height }
    }
}

/// Does the line through this box go on to both edges of the paper (between them
/// print may hide it, and print beside it look like it), and is it inside the box no more than it is outside?
pub(crate) fn is_crease(sheet: &Sheet, line: PaperLine, interior: MmRect) -> bool {
    let looks = looks(sheet, line, interior);
    reaches_edges(sheet, line.level, &looks) && no_darker_inside(&looks, line, interior)
}

/// Is the line to be seen at both edges of the paper?
pub(super) fn reaches_edges(sheet: &Sheet, level: bool, looks: &[Look]) -> bool {
    let length = sheet.length(level);
    let ends = [(END_MM.0, END_MM.1), (length - END_MM.1, length - END_MM.0)];
    ends.iter().all(|&(from, to)| {
        let outside = |l: &&Look| !l.inside && (from..to).contains(&l.along);
        let depth = |k: usize| mean(looks.iter().filter(outside).map(|l| l.depths[k]));
        depth(0).is_some_and(|line| {
            let lighter = (1..=PARALLELS_MM.len())
                .filter(|&k| depth(k).is_some_and(|other| line >= other + MARGIN))
                .count();
            // Another streak may run beside this one.
            lighter + 1 >= PARALLELS_MM.len()
        })
    })
}

/// How far beyond the box a stroke that was made for it may go, mm: the arms of
/// large marks reach 5 mm (see [`super::doubts`]). What is darker there is no more
/// a fold than what is darker inside: a dash along a fold was once read as one.
const STROKE_MM: f64 = 6.5;
/// Where a line that has not ended by then is looked for, mm from the box: before
/// the next boxes of most rows and columns are behind it.
const GOES_ON_MM: f64 = 32.0;
/// So much bare paper must be seen there at each side, mm: beside print a line
/// may hide.
const BARE_MM: f64 = 7.0;

/// Has the line through this box ended a little way outside it, at both ends?
pub(crate) fn ends_near(sheet: &Sheet, line: PaperLine, interior: MmRect) -> bool {
    let looks = looks(sheet, line, interior);
    let (low, high) = if line.level {
        (interior.min_x(), interior.max_x())
    } else {
        (interior.min_y(), interior.max_y())
    };
    let sides = [
        (low - GOES_ON_MM, low - STROKE_MM),
        (high + STROKE_MM, high + GOES_ON_MM),
    ];
    sides.iter().all(|&(from, to)| {
        let known = |k: usize| {
            looks
                .iter()
                .filter(move |l| (from..to).contains(&l.along))
                .filter_map(move |l| l.depths[k])
        };
        let mean = |k: usize| {
            let n = known(k).count();
            (n > 0).then(|| known(k).sum::<f64>() / n as f64)
        };
        if (known(0).count() as f64) * STEP_MM < BARE_MM {
            return false;
        }
        // Texture and print that shows through is in all of them.
        let darker = (1..=PARALLELS_MM.len())
            .filter(|&k| mean(0) >= mean(k).map(|m| m + MARGIN))
            .count();
        darker < PARALLELS_MM.len() / 2
    })
}

fn no_darker_inside(looks: &[Look], line: PaperLine, interior: MmRect) -> bool {
    let inside = mean(looks.iter().filter(|l| l.inside).map(|l| l.depths[0]));
    let half = if line.level {
        interior.width() / 2.0
    } else {
        interior.height() / 2.0
    };
    let (middle, _) = along_and_across(line.level, interior.center());
    inside.is_some_and(|inside| inside <= darkest_beside(looks, middle, half) + DARKER)
}

/// How dark the line gets beside a box, beyond its marks: `middle` is its place on the
/// line, `half` half its size, mm.
pub(super) fn darkest_beside(looks: &[Look], middle: f64, half: f64) -> f64 {
    let stretch = (STRETCH_MM / STEP_MM) as usize;
    looks
        .windows(stretch)
        .filter(|w| {
            w.iter()
                .all(|l| (half + STROKE_MM..=NEARBY_MM).contains(&(l.along - middle).abs()))
        })
        .filter_map(|w| mean(w.iter().map(|l| l.depths[0])))
        .fold(0.0, f64::max)
}

/// Mean depth where it is known; `None` where mostly print was seen.
fn mean(depths: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let (mut all, mut known, mut sum) = (0usize, 0usize, 0.0);
    for depth in depths {
        all += 1;
        if let Some(depth) = depth {
            known += 1;
            sum += depth;
        }
    }
    (known > 0 && known as f64 >= KNOWN * all as f64).then(|| sum / known as f64)
}

/// One look at the line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    /// From the paper's edge, mm.
    pub along: f64,
    /// Where its darkest place is on the paper, if it is to be seen.
    pub ridge: Option<MmPoint>,
    /// Inside the box.
    pub inside: bool,
    /// How much darker the line is than the paper beside it, share of the
    /// contrast, and the same of the parallels; `None` at print and outside the
    /// image.
    pub depths: [Option<f64>; 1 + PARALLELS_MM.len()],
}

/// A place as it lies along lines of this direction, and across them, mm.
pub(super) fn along_and_across(level: bool, p: MmPoint) -> (f64, f64) {
    if level { (p.x, p.y) } else { (p.y, p.x) }
}

/// The place that lies so far along lines of this direction, and across them, mm.
pub(super) fn at(level: bool, along: f64, across: f64) -> MmPoint {
    let (x, y) = along_and_across(level, MmPoint::new(along, across));
    MmPoint::new(x, y)
}

/// Looks along the whole line, in order. The way of the line is followed; the
/// parallels keep their distance from it.
pub(super) fn looks(sheet: &Sheet, line: PaperLine, interior: MmRect) -> Vec<Look> {
    let paper = sheet.paper;
    let (first, last, start, side) = if line.level {
        (paper.min_x(), paper.max_x(), line.at.x, line.at.y)
    } else {
        (paper.min_y(), paper.max_y(), line.at.y, line.at.x)
    };
    let (low, high) = if line.level {
        (interior.min_x(), interior.max_x())
    } else {
        (interior.min_y(), interior.max_y())
    };
    let contrast = sheet.tone.contrast();
    let walk = |step: f64| -> Vec<Look> {
        let (mut t, mut place, mut slope) = (start, side, line.slope);
        let mut map: Option<(f64, LocalMap)> = None;
        let mut out = Vec::new();
        while t >= first && t < last {
            let here = |across: f64| at(line.level, t, across);
            // The map bends little within a few millimetres.
            let near = match map {
                Some((at, near)) if (t - at).abs() < 4.0 => near,
                _ => {
                    let near = sheet.map.local(here(place));
                    map = Some((t, near));
                    near
                }
            };
            let look = ridge(sheet, &near, contrast, |off| here(place + off));
            let mut seen = Look {
                along: t - first,
                ridge: look.filter(|l| l.0 >= MARGIN).map(|l| here(place + l.1)),
                inside: t >= low && t <= high,
                depths: [look.map(|l| l.0); 1 + PARALLELS_MM.len()],
            };
            for (depth, aside) in seen.depths.iter_mut().skip(1).zip(PARALLELS_MM) {
                *depth =
                    ridge(sheet, &near, contrast, |off| here(place + aside + off)).map(|l| l.0);
            }
            if let Some((_, off)) = look.filter(|l| l.0 >= MARGIN) {
                place += FOLLOW * off;
                slope += FOLLOW * FOLLOW * off / step / 8.0;
            }
            out.push(seen);
            t += step;
            place += slope * step;
        }
        out
    };
    let mut back = walk(-STEP_MM);
    back.reverse();
    back.pop();
    back.extend(walk(STEP_MM));
    back
}

/// The darkest place across the line: how much darker it is than the paper on
/// both sides, and how far from the expected place, mm.
fn ridge(
    sheet: &Sheet,
    map: &LocalMap,
    contrast: f64,
    at: impl Fn(f64) -> MmPoint,
) -> Option<(f64, f64)> {
    let gray = |off: f64| sample(sheet.image, map, at(off)).map(f64::from);
    let mut sides = 0.0;
    for sign in [-1.0, 1.0] {
        let mut side = 0.0;
        for off in BESIDE_MM {
            side += gray(sign * off)? / BESIDE_MM.len() as f64;
        }
        if side < sheet.tone.paper - PRINT * contrast {
            return None;
        }
        sides += side / 2.0;
    }
    let n = (ASIDE_MM / FINE_MM).round() as i32;
    let mut values = Vec::with_capacity(2 * n as usize + 3);
    for k in -n - 1..=n + 1 {
        values.push(gray(f64::from(k) * FINE_MM)?);
    }
    values
        .windows(3)
        .enumerate()
        .map(|(k, w)| (w.iter().sum::<f64>() / 3.0, k as i32 - n))
        .min_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(darkest, k)| ((sides - darkest) / contrast, f64::from(k) * FINE_MM))
}

#[cfg(test)]
mod tests {
    use image::Luma;
    use rand::{RngExt, SeedableRng};
    use rand_chacha::ChaCha8Rng;

    use super::*;
    use crate::geometry::{MmSize, PxPoint, mm_rect};
    use crate::read::registration::Pair;

    const PPM: f64 = 200.0 / 25.4;

    fn map() -> Registration {
        let pairs: Vec<Pair> = (0..3)
            .flat_map(|x| {
                (0..3).map(move |y| (f64::from(x) * 100.0 + 5.0, f64::from(y) * 140.0 + 8.0))
            })
            .map(|(x, y)| Pair {
                paper: MmPoint::new(x, y),
                image: PxPoint::new(x * PPM, y * PPM),
            })
            .collect();
        Registration::fit(&pairs, paper()).unwrap()
    }

    fn paper() -> MmRect {
        MmRect::new(MmPoint::origin(), MmSize::new(210.0, 297.0))
    }

    /// A noisy page with a level line at y = 150 mm + slope, from x to x, and
    /// darker inside the box by `more`.
    fn page(from: f64, to: f64, dark: f64, slope: f64, more: f64) -> GrayImage {
        let mut dice = ChaCha8Rng::seed_from_u64(3);
        GrayImage::from_fn((210.0 * PPM) as u32, (297.0 * PPM) as u32, |x, y| {
            let (x, y) = ((f64::from(x) + 0.5) / PPM, (f64::from(y) + 0.5) / PPM);
            let off = (y - 150.0 - slope * (x - 105.0)) / 0.22;
            let boxed = if (100.0..104.0).contains(&x) {
                more
            } else {
                0.0
            };
            let line = if x >= from && x <= to {
                (dark + boxed) * (-0.5 * off * off).exp()
            } else {
                0.0
            };
            let noise = dice.random_range(-12.0..12.0);
            Luma([(230.0 * (1.0 - line) + noise).clamp(0.0, 255.0) as u8])
        })
    }

    fn judged(image: &GrayImage, slope: f64) -> bool {
        let map = map();
        let sheet = Sheet {
            image,
            map: &map,
            paper: paper(),
            tone: Tone {
                paper: 230.0,
                black: 20.0,
            },
        };
        let line = PaperLine {
            level: true,
            at: MmPoint::new(102.0, 150.0 - slope * 3.0),
            // As it was measured inside a box: a little off.
            slope: slope + 0.01,
        };
        is_crease(&sheet, line, mm_rect(100.0, 148.0, 4.0, 4.0))
    }

    #[test]
    fn a_fold_goes_from_edge_to_edge() {
        for slope in [0.0, 0.012, -0.012] {
            assert!(judged(&page(0.0, 210.0, 0.15, slope, 0.0), slope));
            assert!(judged(&page(0.0, 210.0, 0.3, slope, 0.0), slope));
        }
    }

    /// People answer a whole column with one long line; it must never be taken
    /// for a streak.
    #[test]
    fn a_line_that_somebody_drew_ends_before_the_edge() {
        assert!(!judged(&page(40.0, 180.0, 0.5, 0.0, 0.0), 0.0));
        assert!(!judged(&page(0.0, 180.0, 0.5, 0.0, 0.0), 0.0));
        assert!(!judged(&page(30.0, 210.0, 0.15, 0.0, 0.0), 0.0));
    }

    #[test]
    fn a_stroke_along_a_fold_is_more_than_the_fold() {
        assert!(!judged(&page(0.0, 210.0, 0.15, 0.0, 0.4), 0.0));
    }

    #[test]
    fn bare_paper_is_no_crease() {
        assert!(!judged(&page(0.0, 0.0, 0.0, 0.0, 0.0), 0.0));
    }
}
