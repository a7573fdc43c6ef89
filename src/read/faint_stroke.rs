//! Looks for a stroke too faint for any threshold: a whole line of samples that
//! are a little darker than the paper on both sides of them.

use std::ops::Range;

use fearless_simd::{Level, dispatch};

use super::sample::Window;
use super::template::{BoxTemplate, zone};

/// Half the length of the piece of stroke that is looked for, samples: 1.6 mm in
/// all, a third of a box.
const HALF_LENGTH: i32 = 6;
/// Paper beside it, samples from its middle: 0.75 mm, beyond the blur of a stroke
/// at 100 dpi.
const ASIDE: i32 = 6;
/// Directions, each with its perpendicular, in steps of a length of about one
/// sample: sixteen of the clock.
const DIRECTIONS: [(f64, f64); 8] = [
    (1.0, 0.0),
    (0.924, 0.383),
    (0.707, 0.707),
    (0.383, 0.924),
    (0.0, 1.0),
    (-0.383, 0.924),
    (-0.707, 0.707),
    (-0.924, 0.383),
];

/// How much darker the darkest piece of stroke in and around the box is than the
/// paper beside it, gray levels. A side that lies on print or beyond the ring is
/// not asked.
pub(crate) fn darkest_stroke(window: &Window, template: &BoxTemplate, shift: (i32, i32)) -> f64 {
    let seen = Seen::of(window, template, shift);
    let level = Level::new();
    dispatch!(level, _simd => seen.darkest_stroke())
}

/// Places that are looked at together: those of a row of a usual box's ring and interior
/// (34 of a box of 4.5 mm), in whole vectors.
const TOGETHER: usize = 48;
/// Farther than this from its middle no sample of a line or of the paper beside it is,
/// samples: (6 + 6) * 0.707 along both axes.
const MARGIN: usize = 9;
/// Samples of a line.
const SAMPLES: u16 = 2 * HALF_LENGTH as u16 + 1;
/// Stands for a sample that is not to be looked at. All samples of a line that is seen
/// whole are less together.
const HIDDEN: u16 = 4096;
const _: () = assert!(SAMPLES * (u8::MAX as u16) < HIDDEN && SAMPLES <= u16::MAX / HIDDEN);

/// A line of samples, each as the half of the columns that it is in and how far from the
/// line's middle it is there.
type Line = [(usize, isize); SAMPLES as usize];

/// The samples of a window that are to be looked at, even and odd columns apart: of each
/// second place the neighbours then lie side by side, and with a margin of hidden ones.
struct Seen {
    halves: [Vec<u16>; 2],
    stride: usize,
    /// Half columns and rows between which all samples to be looked at lie.
    columns: Range<usize>,
    rows: Range<usize>,
}

impl Seen {
    fn of(window: &Window, template: &BoxTemplate, (dx, dy): (i32, i32)) -> Self {
        let (width, height) = (template.width, template.height);
        let stride = width.div_ceil(2) + TOGETHER + 2 * MARGIN;
        let empty = vec![HIDDEN; stride * (height + 2 * MARGIN)];
        let mut out = Self {
            halves: [empty.clone(), empty],
            stride,
            columns: width..0,
            rows: height..0,
        };
        let within = |at: usize, by: i32, size: usize| {
            let at = usize::try_from(at as i64 + i64::from(by)).ok()?;
            (at < size).then_some(at)
        };
        for (y, zones) in template.zones.chunks_exact(width).enumerate() {
            let Some(sy) = within(y, dy, height) else {
                continue;
            };
            let start = (y + MARGIN) * stride + MARGIN;
            for (x, z) in zones.iter().enumerate() {
                if z & (zone::INTERIOR | zone::RING) != 0
                    && let Some(sx) = within(x, dx, width)
                    && let Some(&p) = window.pixels.get(sy * width + sx)
                {
                    out.halves[x % 2][start + x / 2] = u16::from(p);
                    include(&mut out.columns, x / 2);
                    include(&mut out.rows, y);
                }
            }
        }
        out
    }

    /// The line through a place in this direction, so far aside.
    fn line(&self, (ux, uy): (f64, f64), aside: i32) -> Line {
        std::array::from_fn(|k| {
            let (k, aside) = (k as f64 - f64::from(HALF_LENGTH), f64::from(aside));
            let x = (k * ux - aside * uy).round() as isize;
            let y = (k * uy + aside * ux).round() as isize;
            let half = usize::from(x % 2 != 0);
            (half, y * self.stride as isize + x.div_euclid(2))
        })
    }

    /// Plain loops, that the compiler vectorises for the processor at hand.
    #[inline(always)]
    fn darkest_stroke(&self) -> f64 {
        let mut most = [0i16; TOGETHER];
        for direction in DIRECTIONS {
            let [first, second, left, right] =
                [0, 1, -ASIDE, ASIDE].map(|aside| self.line(direction, aside));
            // Every second row of the window.
            for row in (self.rows.start.next_multiple_of(2)..self.rows.end).step_by(2) {
                let start = (row + MARGIN) * self.stride + MARGIN;
                for column in self.columns.clone().step_by(TOGETHER) {
                    let at = start + column;
                    let [first, second] = [&first, &second].map(|line| self.sums(at, line));
                    let [left, right] = [&left, &right].map(|line| self.sums(at, line));
                    for (k, most) in most.iter_mut().enumerate() {
                        // The darker side: an edge of a shadow is no stroke.
                        let paper = left[k].min(right[k]);
                        let hidden = first[k].max(second[k]).max(paper) >= HIDDEN;
                        let here = first[k].wrapping_add(second[k]);
                        let darker = (paper.wrapping_mul(2)).wrapping_sub(here) as i16;
                        *most = (*most).max(if hidden { 0 } else { darker });
                    }
                }
            }
        }
        let most = most.into_iter().max().unwrap_or_default();
        // Of twice as many samples, for the stroke is two lines broad.
        f64::from(most) / f64::from(2 * SAMPLES)
    }

    /// Sums of the samples of the lines through the places from `at` on.
    #[inline(always)]
    fn sums(&self, at: usize, line: &Line) -> [u16; TOGETHER] {
        let mut sums = [0; TOGETHER];
        for &(half, off) in line {
            let samples = self.halves[half].get(at.wrapping_add_signed(off)..);
            let Some(samples) = samples.and_then(|s| s.first_chunk::<TOGETHER>()) else {
                return [HIDDEN; TOGETHER];
            };
            for (sum, sample) in sums.iter_mut().zip(samples) {
                *sum += sample;
            }
        }
        sums
    }
}

fn include(range: &mut Range<usize>, at: usize) {
    range.start = range.start.min(at);
    range.end = range.end.max(at + 1);
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::form::Library;
    use crate::read::template;

    fn stroke_of(levels: u8, seed: u32) -> f64 {
        let form = Library::load(&[]).unwrap().resolve("ba-dinh-2022").unwrap();
        let template = &template::templates(&form.layout.pages[0])[0];
        darkest_stroke(&grainy(template, levels, seed), template, (0, 0))
    }

    /// Grainy paper with a slanted stroke of this many gray levels in the box.
    fn grainy(template: &BoxTemplate, levels: u8, seed: u32) -> Window {
        let (w, h) = (template.width, template.height);
        let mut state = seed | 1;
        let mut pixels: Vec<u8> = (0..w * h)
            .map(|_| {
                // xorshift32: Marsaglia, "Xorshift RNGs", 2003.
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                190 + (state >> 16) as u8 % 21
            })
            .collect();
        for k in 0..18 {
            let (x, y) = (w / 2 - 9 + k, h / 2 + 4 - k / 2);
            for at in [y * w + x, y * w + x + 1, (y + 1) * w + x] {
                pixels[at] -= levels;
            }
        }
        Window {
            width: w,
            height: h,
            pixels,
            ..Window::default()
        }
    }

    /// A pencil's tick that is lighter than five sigmas of the page's noise stands
    /// out as a whole.
    #[test]
    fn a_stroke_within_the_grain_of_the_paper_stands_out() {
        let empty = (1..12)
            .map(|seed| stroke_of(0, seed * 7919))
            .fold(0.0, f64::max);
        for seed in 20..30 {
            assert!(stroke_of(16, seed * 7919) > 1.5 * empty, "{seed}");
        }
    }

    /// The same place by place, as it was once written: 63 % of the time that `phieu read`
    /// took for the demo's scans, decoding included.
    fn one_by_one(window: &Window, template: &BoxTemplate, (dx, dy): (i32, i32)) -> f64 {
        let (w, h) = (template.width as i32, template.height as i32);
        let look = |x: i32, y: i32| -> Option<f64> {
            if x < 0 || y < 0 || x >= w || y >= h {
                return None;
            }
            let z = template.zones[(y * w + x) as usize];
            if z & (zone::INTERIOR | zone::RING) == 0 {
                return None;
            }
            let (sx, sy) = (x + dx, y + dy);
            if sx < 0 || sy < 0 || sx >= w || sy >= h {
                return None;
            }
            let at = (sy * w + sx) as usize;
            window.pixels.get(at).map(|&p| f64::from(p))
        };
        let mut most: f64 = 0.0;
        for cy in (0..h).step_by(2) {
            for cx in (0..w).step_by(2) {
                if look(cx, cy).is_none() {
                    continue;
                }
                for (ux, uy) in DIRECTIONS {
                    // Mean of the line at this distance aside; `None` if not all of it
                    // can be seen.
                    let line = |aside: f64| -> Option<f64> {
                        let mut sum = 0.0;
                        for k in -HALF_LENGTH..=HALF_LENGTH {
                            let k = f64::from(k);
                            let x = f64::from(cx) + k * ux - aside * uy;
                            let y = f64::from(cy) + k * uy + aside * ux;
                            sum += look(x.round() as i32, y.round() as i32)?;
                        }
                        Some(sum / f64::from(2 * HALF_LENGTH + 1))
                    };
                    let Some(here) = line(0.0).and_then(|a| Some((a + line(1.0)?) / 2.0)) else {
                        continue;
                    };
                    let sides = [line(f64::from(-ASIDE)), line(f64::from(ASIDE))];
                    // The darker side: an edge of a shadow is no stroke.
                    let paper = sides.into_iter().flatten().fold(f64::INFINITY, f64::min);
                    if paper.is_finite() {
                        most = most.max(paper - here);
                    }
                }
            }
        }
        most
    }

    proptest! {
        /// Whatever is in the window, and wherever its outline was found.
        #[test]
        fn many_places_together_are_what_single_ones_are(
            seed in 1..u32::MAX,
            shift in (-12..=12, -12..=12),
            levels in 0..90u8,
            at in 0..20usize,
        ) {
            let form = Library::load(&[]).unwrap().resolve("tien-giang-2024").unwrap();
            let templates = template::templates(&form.layout.pages[0]);
            let template = &templates[at % templates.len()];
            let window = grainy(template, levels, seed);
            let (together, single) = (
                darkest_stroke(&window, template, shift),
                one_by_one(&window, template, shift),
            );
            prop_assert!((together - single).abs() < 1e-9, "{together} {single}");
        }
    }
}
