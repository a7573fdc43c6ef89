//! Looks for a stroke too faint for any threshold: a whole line of samples that
//! are a little darker than the paper on both sides of them.

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
pub(crate) fn darkest_stroke(window: &Window, template: &BoxTemplate, (dx, dy): (i32, i32)) -> f64 {
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Library;
    use crate::read::template;

    /// Grainy paper with a slanted stroke of this many gray levels in the box.
    fn stroke_of(levels: u8, seed: u32) -> f64 {
        let form = Library::load(&[]).unwrap().resolve("ba-dinh-2022").unwrap();
        let template = &template::templates(&form.layout.pages[0])[0];
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
        let window = Window {
            width: w,
            height: h,
            pixels,
            ..Window::default()
        };
        darkest_stroke(&window, template, (0, 0))
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
}
