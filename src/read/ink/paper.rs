//! How light the paper is, of the page and of one box's window, and how much darker ink
//! must be.

use super::empty::shifted_row;
use crate::read::sample::Window;
use crate::read::template::{BoxTemplate, zone};
use crate::read::thumbnail;

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

/// The darker paper of a box under a stamp or a shadow that is still paper.
const STAIN: f64 = 0.35;

/// The paper of one box.
#[derive(Debug, Clone, Copy)]
pub(super) struct BoxPaper {
    /// Its brightness, gray levels.
    paper: f64,
    /// That minus print's.
    contrast: f64,
    /// It is too dark for paper: the page's is taken.
    pub stained: bool,
}

impl BoxPaper {
    pub fn of(window: &Window, template: &BoxTemplate, page: Tone) -> Self {
        let local = local_paper(window, template).map_or(page.paper, f64::from);
        let stained = (page.paper - local) / page.contrast() > STAIN;
        // Shadow and tinted paper darken the paper itself; a scribble that covers
        // the whole ring must not be taken for it.
        let paper = if stained { page.paper } else { local };
        Self {
            paper,
            contrast: (paper - page.black).max(1.0),
            stained,
        }
    }

    /// The gray level of such a darkness (0 paper, 1 print).
    pub fn level(&self, darkness: f64) -> u8 {
        (self.paper - darkness * self.contrast).clamp(0.0, 255.0) as u8
    }

    /// The darkness of such a gray level.
    pub fn darkness(&self, level: f64) -> f64 {
        (self.paper - level) / self.contrast
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
    (n >= 50).then(|| thumbnail::percentile(&histogram, 0.75))
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
    let level = |share| f64::from(thumbnail::percentile(&histogram, share));
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
