//! How the boxes of a page are measured: what was taken out of the image for each,
//! and what the page as a whole says about paper, noise and empty boxes.

use std::sync::Arc;

use super::classify::Place;
use super::ink::{self, Empty, Ink, Shape, Thresholds, Tone};
use super::outline::Located;
use super::registration::LocalMap;
use super::sample::Window;
use super::template::{BoxTemplate, Outline};
use crate::geometry::{MmVector, PxVector};

/// Of a page's boxes by their darkest places, the one that is probably empty: fewer
/// than three in four are marked on nearly every sheet …
const EMPTY_RANK: f64 = 0.25;
/// … but not on all: it is taken to be no darker than the lightest box by more than
/// this share of the contrast. Print of the other side and the blur of outlines made
/// empty boxes differ by about as much on the simulated pages that were looked at.
const EMPTY_SPREAD: f64 = 0.08;

/// One box as it was taken out of the image.
#[derive(Debug, Clone)]
pub(crate) struct BoxWindow {
    /// The map that it was taken by.
    pub map: LocalMap,
    /// How far that lies beyond the page's, mm.
    pub beyond: MmVector,
    pub window: Window,
    pub located: Located,
    pub place: Place,
}

impl BoxWindow {
    /// How far from where the page's map puts it the box is, mm.
    pub fn shift_mm(&self) -> MmVector {
        self.beyond + MmVector::from(self.located.shift_mm)
    }
}

/// What it takes to measure a box of a page, or to measure it again.
#[derive(Debug, Clone)]
pub(crate) struct Measuring {
    /// In the order of the layout.
    pub boxes: Vec<BoxWindow>,
    tone: Tone,
    thresholds: Thresholds,
    /// What empty boxes of one look have inside.
    empties: Vec<(Arc<Outline>, Empty)>,
    /// The darkest half millimetre of each box, gray levels below its paper, …
    patches: Vec<f64>,
    /// … and of an empty box of this page.
    empty_patch: f64,
}

impl Measuring {
    /// Of the boxes of a page; which of their outlines were found is in `certain`.
    pub fn new(
        boxes: Vec<BoxWindow>,
        templates: &[BoxTemplate],
        certain: &[bool],
        tone: Tone,
        thresholds: Thresholds,
    ) -> Self {
        let mut empties: Vec<(Arc<Outline>, Empty)> = Vec::new();
        for template in templates {
            if empties.iter().any(|e| Arc::ptr_eq(&e.0, &template.outline)) {
                continue;
            }
            let alike: Vec<(&Window, (i32, i32))> = (0..templates.len())
                .filter(|&i| certain[i] && Arc::ptr_eq(&templates[i].outline, &template.outline))
                .map(|i| (&boxes[i].window, boxes[i].located.shift))
                .collect();
            empties.push((
                Arc::clone(&template.outline),
                Empty::of(&alike, template, tone),
            ));
        }
        let patches: Vec<f64> = boxes
            .iter()
            .zip(templates)
            .map(|(b, t)| ink::darkest_patch(&b.window, t, b.located.shift, tone))
            .collect();
        Self {
            empty_patch: empty_patch(&patches, tone.contrast()),
            boxes,
            tone,
            thresholds,
            empties,
            patches,
        }
    }

    /// How much darker the darkest half millimetre of each box is than that of an
    /// empty box of this page, shares of the contrast.
    pub fn shades(&self) -> Vec<f64> {
        self.patches.iter().map(|&p| self.beyond_empty(p)).collect()
    }

    /// That of one box, in `window` in the place of its own.
    pub fn shade(&self, i: usize, window: &Window, template: &BoxTemplate) -> f64 {
        let shift = self.boxes[i].located.shift;
        self.beyond_empty(ink::darkest_patch(window, template, shift, self.tone))
    }

    fn beyond_empty(&self, patch: f64) -> f64 {
        (patch - self.empty_patch) / self.contrast()
    }

    /// Measures a box, in `window` in the place of its own, against what its like
    /// look empty on this page.
    pub fn ink(&self, i: usize, window: &Window, template: &BoxTemplate) -> Ink {
        ink::measure(
            window,
            template,
            self.boxes[i].located.shift,
            self.tone,
            self.thresholds,
            self.empty(template).unwrap_or(&Empty::default()),
            tilt(&self.boxes[i].map),
        )
    }

    /// Where the ink of a box lies.
    pub fn shape(&self, i: usize, template: &BoxTemplate) -> Shape {
        Shape::of(
            &self.boxes[i].window,
            template,
            self.boxes[i].located.shift,
            self.tone,
            self.thresholds,
            self.empty(template).unwrap_or(&Empty::default()),
        )
    }

    /// What the likes of a box look like empty.
    fn empty(&self, template: &BoxTemplate) -> Option<&Empty> {
        let mut empties = self.empties.iter();
        let like = empties.find(|e| Arc::ptr_eq(&e.0, &template.outline));
        like.map(|e| &e.1)
    }

    /// Paper minus print, gray levels.
    pub fn contrast(&self) -> f64 {
        self.tone.contrast()
    }
}

/// The darkest half millimetre of an empty box among these, gray levels.
fn empty_patch(patches: &[f64], contrast: f64) -> f64 {
    let mut sorted = patches.to_vec();
    sorted.sort_by(f64::total_cmp);
    let rank = (sorted.len() as f64 * EMPTY_RANK) as usize;
    let empty = sorted.get(rank).copied().unwrap_or(0.0);
    let most = sorted.first().map_or(0.0, |p| p + EMPTY_SPREAD * contrast);
    empty.min(most).min(ink::DARKEST_BLUR * contrast)
}

/// How far a line along an axis of the image goes to the paper's right for each
/// mm down; of the two axes the one that is nearer to upright on the paper.
fn tilt(map: &LocalMap) -> f64 {
    [PxVector::new(1.0, 0.0), PxVector::new(0.0, 1.0)]
        .into_iter()
        .map(|axis| map.on_paper(axis))
        .max_by(|a, b| {
            let upright = |v: &MmVector| v.y.abs() / v.length().max(f64::MIN_POSITIVE);
            upright(a).total_cmp(&upright(b))
        })
        .filter(|v| v.y != 0.0)
        .map_or(0.0, |v| v.x / v.y)
}
