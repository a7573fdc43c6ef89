//! Outlines too faint to be found one by one: low toner, a copy of a copy, 100
//! dpi. All boxes of a page together show them: where the sum of their outlines
//! has one sharp peak, they are printed there.

use super::ink;
use super::outline::{self, Located, REACH};
use super::sample::Window;
use super::template::{BoxTemplate, STEP_MM};

/// The mean outline is there from this contrast to the paper beside it, share of
/// the print's own. Half of what an outline found by itself needs in each sector.
const LEAST_CONTRAST: f64 = 0.06;

/// The peak stands out from every other place of the search by this factor.
/// Boxes that share a side's length have ridges where two of four sides lie on a
/// line: half the peak.
const STANDS_OUT: f64 = 1.6;

/// Places nearer to the peak than this belong to it, mm: line and blur.
const PEAK_MM: f64 = 0.5;

/// How far a box may lie from the common shift, mm: what folds and an uneven
/// feed leave after registration.
const SPREAD_MM: f64 = 0.5;

/// Fewest boxes whose sum proves anything.
const FEWEST: usize = 6;

/// A sector of one box is printed from this share of the mean outline's
/// contrast: it varies with the toner and the grid of the pixels.
const SECTOR_SHARE: f64 = 0.5;

/// A sector is beyond the noise from this many times the spread of the paper's
/// gray: the darkest of five samples lies 1.2 below the mean by chance, and the
/// mean over a sector scatters by half as much.
const BEYOND_NOISE: f64 = 1.8;

/// Outlines that only all boxes together prove.
#[derive(Debug)]
pub(crate) struct FaintOutlines {
    pub located: Vec<Located>,
    /// Contrast from which a sector of these is printed.
    pub sector_contrast: f64,
}

/// Looks for the outlines of all boxes at a common shift. `contrast` is paper
/// minus print, gray levels.
pub(crate) fn locate_together(
    windows: &[Window],
    templates: &[BoxTemplate],
    contrast: f64,
) -> Option<FaintOutlines> {
    if templates.len() < FEWEST {
        return None;
    }
    let side = (2 * REACH + 1) as usize;
    let mut sums = vec![0.0; side * side];
    for (window, template) in windows.iter().zip(templates) {
        for (i, sum) in sums.iter_mut().enumerate() {
            let (dx, dy) = ((i % side) as i32 - REACH, (i / side) as i32 - REACH);
            *sum += outline::mean_contrast(window, template, (dx, dy), contrast)
                / templates.len() as f64;
        }
    }
    let (best, &top) = sums.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
    let at = |i: usize| ((i % side) as i32 - REACH, (i / side) as i32 - REACH);
    let common = at(best);
    let peak = (PEAK_MM / STEP_MM) as i32;
    let elsewhere = sums
        .iter()
        .enumerate()
        .filter(|(i, _)| {
            let (x, y) = at(*i);
            (x - common.0).abs() > peak || (y - common.1).abs() > peak
        })
        .map(|(_, s)| *s)
        .fold(0.0, f64::max);
    if top < LEAST_CONTRAST || top < STANDS_OUT * elsewhere {
        return None;
    }
    let boxes = windows.iter().zip(templates).map(|(w, t)| (w, t, common));
    let noise = ink::quiet_spread(boxes) / contrast;
    let sector_contrast = (SECTOR_SHARE * top).max(BEYOND_NOISE * noise);
    let reach = (SPREAD_MM / STEP_MM) as i32;
    let located = windows
        .iter()
        .zip(templates)
        .map(|(w, t)| outline::locate_near(w, t, contrast, common, reach, sector_contrast))
        .collect();
    Some(FaintOutlines {
        located,
        sector_contrast,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::form::Library;
    use crate::read::template;

    fn page_templates() -> Vec<BoxTemplate> {
        let form = Library::load(&[]).unwrap().resolve("ba-dinh-2022").unwrap();
        template::templates(&form.layout.pages[0])
    }

    /// Even paper of gray 200 with grain of up to `noise` levels, and in it the
    /// outline of the box, `pale` levels darker, `shift` samples beside its place.
    fn window(
        template: &BoxTemplate,
        shift: (i32, i32),
        pale: u8,
        noise: u64,
        seed: u64,
    ) -> Window {
        let mut state = seed | 1;
        let mut grain = || {
            // xorshift64: Marsaglia, "Xorshift RNGs", 2003.
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            (state >> 33) % (noise + 1)
        };
        let mut pixels: Vec<u8> = (0..template.width * template.height)
            .map(|_| 200 - grain() as u8)
            .collect();
        let offset = shift.1 * template.width as i32 + shift.0;
        for p in &template.outline.points {
            pixels[(p.on + offset) as usize] -= pale;
        }
        Window {
            width: template.width,
            height: template.height,
            pixels,
            ..Window::default()
        }
    }

    /// Boxes at 100 dpi whose outline had a sixth of the contrast of the black
    /// squares were seen by anybody who looked, and by none of the searches for a
    /// single box: "0 of 17 printed boxes were found".
    #[test]
    fn pale_outlines_are_found_together() {
        let templates = page_templates();
        let windows: Vec<Window> = templates
            .iter()
            .zip(1..)
            .map(|(t, seed)| window(t, (2, -1), 24, 12, seed * 7919))
            .collect();
        let faint = locate_together(&windows, &templates, 160.0).unwrap();
        for (i, l) in faint.located.iter().enumerate() {
            assert!(
                (l.shift.0 - 2).abs() <= 1 && (l.shift.1 + 1).abs() <= 1,
                "box {i}: {l:?}"
            );
            assert!(l.sectors >= outline::CERTAIN_SECTORS, "box {i}: {l:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        /// A page of another layout has its boxes elsewhere: what lies in the
        /// windows is paper, or one box here and another there.
        #[test]
        fn outlines_that_lie_anywhere_prove_nothing(
            seed in any::<u64>(),
            shifts in proptest::collection::vec((-9i32..=9, -9i32..=9), 17),
            pale in prop_oneof![Just(0u8), 20u8..60],
        ) {
            let templates = page_templates();
            // Two boxes at one shift in three agree by chance; a common shift is
            // what a page moved by that much has.
            prop_assume!(shifts.iter().all(|a| shifts.iter().filter(|b| {
                (a.0 - b.0).abs() <= 2 && (a.1 - b.1).abs() <= 2
            }).count() <= 5));
            let windows: Vec<Window> = templates
                .iter()
                .zip(&shifts)
                .zip(1..)
                .map(|((t, s), n)| window(t, *s, pale, 12, seed ^ (n * 7919)))
                .collect();
            if let Some(faint) = locate_together(&windows, &templates, 160.0) {
                let strong = faint.located.iter().filter(|l| l.sectors >= outline::CERTAIN_SECTORS);
                prop_assert!(strong.count() <= 6);
            }
        }
    }
}
