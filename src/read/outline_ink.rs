//! Ink that runs along a printed outline and is hidden by it: it makes the line
//! broader than those of the page's other boxes.

use super::ink::{self, Tone};
use super::sample::Window;
use super::template::{BoxTemplate, OutlinePoint, POINTS, STEP_MM};

/// How far from the outline's middle the line is looked at, samples: half an
/// outline, the broadest ballpoint beside it, and blur.
const REACH: i32 = 5;
/// Sides of a box.
pub(crate) const SIDES: usize = 4;
const SIDE: usize = POINTS / SIDES;
/// Points of the pieces of a side that are looked at: half of it, along which a stroke
/// runs, …
const LONG: usize = 8;
/// … and what a dot covers, 0.9 mm of a box of 5 mm.
const SHORT: usize = 3;

/// Ink across the outline of a box, as wide as a line of full darkness would be, mm; for
/// each side (top, right, bottom, left) that of the piece which has the most.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OutlineWidths {
    /// Over half of the side.
    pub long: [f64; SIDES],
    /// Over what a dot covers.
    pub short: [f64; SIDES],
}

/// How much ink there is across the outline.
pub(crate) fn widths(
    window: &Window,
    template: &BoxTemplate,
    shift: (i32, i32),
    tone: Tone,
) -> OutlineWidths {
    let paper = ink::local_paper(window, template).map_or(tone.paper, f64::from);
    let contrast = tone.contrast();
    let mut across = [0.0; POINTS];
    for (width, p) in across.iter_mut().zip(&template.outline.points) {
        *width = width_at(window, p, shift, paper) / contrast;
    }
    OutlineWidths {
        long: most(&across, LONG),
        short: most(&across, SHORT),
    }
}

/// The broadest piece of so many points of each side.
fn most(across: &[f64; POINTS], points: usize) -> [f64; SIDES] {
    let mut out = [0.0; SIDES];
    for (width, side) in out.iter_mut().zip(across.chunks(SIDE)) {
        *width = side
            .windows(points)
            .map(|piece| piece.iter().sum::<f64>() / points as f64)
            .fold(0.0, f64::max);
    }
    out
}

/// The same at one point of the outline, gray levels times mm.
fn width_at(window: &Window, p: &OutlinePoint, shift: (i32, i32), paper: f64) -> f64 {
    let w = window.width as i32;
    let at = |i: i32| (i.rem_euclid(w), i.div_euclid(w));
    let ((x, y), (ox, oy)) = (at(p.on), at(p.outside));
    let (nx, ny) = ((ox - x).signum(), (oy - y).signum());
    (-REACH..=REACH)
        .filter_map(|k| {
            let sx = x + shift.0 + k * nx;
            let sy = y + shift.1 + k * ny;
            let inside = sx >= 0 && sx < w && sy >= 0;
            let pixel = window
                .pixels
                .get((sy * w + sx) as usize)
                .filter(|_| inside)?;
            Some(paper - f64::from(*pixel))
        })
        .sum::<f64>()
        * STEP_MM
}
