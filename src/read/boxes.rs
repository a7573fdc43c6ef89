//! Reads all boxes of a registered page: locate, prove the alignment, measure,
//! classify.

use std::sync::Arc;

use image::GrayImage;

use super::background;
use super::classify::{self, Place, Verdict};
use super::crease::Sheet;
use super::doubts;
use super::explain::BoxEvidence;
use super::faint_outline;
use super::faint_stroke;
use super::features::Features;
use super::hand::Hand;
use super::ink::{self, Empty, Ink, Thresholds, Tone};
use super::model::MarkModel;
use super::outline::{self, Located};
use super::reading::{Mark, MarkState};
use super::registration::{LocalMap, Registration};
use super::sample::Window;
use super::template::{BoxTemplate, Outline, STEP_MM};
use crate::form::PageLayout;
use crate::geometry::{MmPoint, MmRect, MmVector, PxVector};

/// Share of the boxes that must be found printed where the layout says.
/// Scribbles, folds and holes hide some; a wrong layout or a wrong fit hides
/// nearly all.
const PROVEN_SHARE: f64 = 0.6;

/// The same where scribbles hide many outlines: a third of them in their places
/// cannot be chance, as a wrong fit finds next to none.
const PROVEN_AT_LEAST: f64 = 0.35;

/// A box that is shifted against its neighbours by more than this was not
/// found but mistaken, mm. Uneven feed moves neighbours together.
const CONSENSUS_MM: f64 = 0.6;

/// How many neighbours are asked, and how far away they may be, mm.
const NEIGHBOURS: usize = 8;
const NEIGHBOUR_MM: f64 = 90.0;

/// A hidden or overwritten outline counts as located where at least this many
/// sectors are seen at the place that the neighbours predict: more than the four
/// of two opposite sides, which are also seen where the box is shifted along them
/// and one of its other sides lies inside, like a mark.
const FOLLOWED_SECTORS: usize = 5;

/// Of a page's boxes by their darkest places, the one that is probably empty: fewer
/// than three in four are marked on nearly every sheet …
const EMPTY_RANK: f64 = 0.25;
/// … but not on all: it is taken to be no darker than the lightest box by more than
/// this share of the contrast. Print of the other side and the blur of outlines made
/// empty boxes differ by about as much on the simulated pages that were looked at.
const EMPTY_SPREAD: f64 = 0.08;
/// Share of a window outside the image from which the box itself is hidden.
const OUTSIDE_SHARE: f64 = 0.45;

/// All that was found out about the boxes of a page.
#[derive(Debug, Clone)]
pub(crate) struct BoxesRead {
    /// In the order of the layout.
    pub marks: Vec<Mark>,
    pub verdicts: Vec<Verdict>,
    pub inks: Vec<Ink>,
    /// What speaks for a mark in each box.
    pub features: Vec<Features>,
    /// Boxes whose outline was found by itself, in agreement with neighbours.
    pub found: usize,
    /// The registration, refined by the boxes themselves.
    pub registration: Registration,
    /// How the sheet's marks look.
    pub hand: Hand,
}

impl BoxesRead {
    /// Is a box of the same question marked?
    pub fn answered(&self, i: usize) -> bool {
        self.marks
            .iter()
            .zip(&self.verdicts)
            .any(|(m, v)| m.question == self.marks[i].question && v.state == MarkState::Marked)
    }

    /// Takes a doubt back.
    pub fn settle(&mut self, i: usize, state: MarkState) {
        self.verdicts[i].state = state;
        self.verdicts[i].reason = None;
        self.marks[i].state = state;
        self.marks[i].reason = None;
    }

    /// Leaves a box to a person.
    pub fn doubt(&mut self, i: usize, reason: &'static str) {
        self.verdicts[i].state = MarkState::Marginal;
        self.verdicts[i].reason = Some(reason);
        self.marks[i].state = MarkState::Marginal;
        self.marks[i].reason = Some(reason.to_owned());
    }

    /// What was seen in each box.
    pub fn evidence(&self) -> Vec<BoxEvidence> {
        (0..self.marks.len())
            .map(|i| BoxEvidence {
                features: self.features[i],
                log_odds: self.verdicts[i].log_odds,
                hidden: self.verdicts[i].hidden,
                explained: classify::explained(&self.inks[i], &self.hand),
                trace: classify::trace(&self.inks[i], &self.hand) || self.hand.may_vanish(),
                beside: classify::beside(&self.inks[i]),
            })
            .collect()
    }

    /// Are the printed boxes where the layout says? A scribble hides the outline
    /// of its box: that one proves nothing either way.
    pub fn proven(&self) -> bool {
        let n = self.marks.len() as f64;
        let covered = self
            .inks
            .iter()
            .filter(|ink| ink.fill >= classify::OVERWHELMING)
            .count()
            .min(self.marks.len() - self.found);
        self.found as f64 >= PROVEN_SHARE * (n - covered as f64)
            && self.found as f64 >= PROVEN_AT_LEAST * n
    }
}

/// Reads the boxes of `page`.
pub(crate) fn read(
    image: &GrayImage,
    page: &PageLayout,
    templates: &[BoxTemplate],
    registration: Registration,
    tone: Tone,
    model: &MarkModel,
) -> BoxesRead {
    let contrast = (tone.paper - tone.black).max(1.0);
    let maps: Vec<LocalMap> = templates
        .iter()
        .map(|t| registration.local(t.window.center()))
        .collect();
    let windows: Vec<Window> = templates
        .iter()
        .zip(&maps)
        .map(|(t, map)| {
            let mut w = Window::default();
            w.fill(image, map, t.window, STEP_MM);
            w
        })
        .collect();
    let mut located: Vec<Located> = windows
        .iter()
        .zip(templates)
        .map(|(w, t)| outline::locate(w, t, contrast))
        .collect();

    let mut certain = agreeing(templates, &located);
    let mut sector_contrast = outline::SECTOR_CONTRAST;
    let count = |certain: &[bool]| certain.iter().filter(|c| **c).count();
    if (count(&certain) as f64) < PROVEN_SHARE * located.len() as f64
        && let Some(faint) = faint_outline::locate_together(&windows, templates, contrast)
    {
        let agree = agreeing(templates, &faint.located);
        if count(&agree) > count(&certain) {
            certain = agree;
            located = faint.located;
            sector_contrast = faint.sector_contrast;
        }
    }
    let mut refined = registration.clone();
    let displaced = |i: usize| -> PxVector {
        let (x, y) = located[i].shift_mm;
        maps[i].dx * x + maps[i].dy * y
    };
    let evidence: Vec<(MmPoint, PxVector)> = (0..located.len())
        .filter(|&i| certain[i])
        .map(|i| (templates[i].window.center(), displaced(i)))
        .collect();
    refined.refine(&evidence);
    let found = evidence.len();
    // Where a box's own outline is hidden, its neighbours say where it is.
    let mut seen = certain.clone();
    for i in (0..located.len()).filter(|&i| !certain[i]) {
        let shift = shift_in_mm(
            &maps[i],
            refined.at(templates[i].window.center()) - maps[i].image,
        );
        let samples = |v: f64| (v / STEP_MM).round() as i32;
        let at = (samples(shift.x), samples(shift.y));
        let sectors = outline::sectors(&windows[i], &templates[i], at, contrast, sector_contrast);
        located[i] = Located {
            shift: at,
            shift_mm: (shift.x, shift.y),
            sectors,
        };
        seen[i] = sectors >= FOLLOWED_SECTORS;
    }

    let found_boxes = (0..windows.len()).filter(|&i| certain[i]);
    let sigma =
        ink::quiet_spread(found_boxes.map(|i| (&windows[i], &templates[i], located[i].shift)))
            / contrast;
    let thresholds = Thresholds::for_noise(sigma);
    let inks = measure_all(
        &maps, &windows, templates, &located, &certain, tone, thresholds,
    );
    let shades = shades(&windows, templates, &located, tone);
    let questions = questions(page);
    let hand = Hand::of(&inks, &questions, &shades, sigma);
    let features = (0..inks.len())
        .map(|i| Features::of(&inks[i], &hand.usual_beside(questions[i]), shades[i]))
        .collect();
    let mut out = BoxesRead {
        features,
        marks: Vec::with_capacity(templates.len()),
        verdicts: Vec::with_capacity(templates.len()),
        inks,
        found,
        registration: refined,
        hand,
    };
    for (i, spec) in page.boxes.iter().enumerate() {
        let place = Place {
            located: seen[i],
            hidden: windows[i].outside > OUTSIDE_SHARE,
        };
        let verdict = classify::classify(&out.inks[i], &out.features[i], &out.hand, model, place);
        out.marks.push(Mark {
            question: spec.question.clone(),
            choice: spec.choice.clone(),
            state: verdict.state,
            score: verdict.score,
            corners_px: corners(&maps[i], spec.rect, located[i].shift_mm),
            reason: verdict.reason.map(str::to_owned),
        });
        out.verdicts.push(verdict);
    }
    let sheet = Sheet {
        image,
        map: &registration,
        paper: MmRect::new(MmPoint::origin(), page.size),
        tone,
    };
    let lines = doubts::lines(&out, templates, &located);
    doubts::settle_lines(&mut out, model, &sheet, page, &located, &lines);
    background::settle(&mut out, &questions, &lines);
    let standing = doubts::standing(&out);
    doubts::doubt_ink_beside(&mut out, page, &standing);
    doubts::doubt_alone(&mut out, model, &standing);
    doubts::doubt_faint_strokes(&mut out, &standing, |i| {
        faint_stroke::darkest_stroke(&windows[i], &templates[i], located[i].shift) / contrast
    });
    out
}

/// For each box the number of its question: the index of its first box.
pub(crate) fn questions(page: &PageLayout) -> Vec<usize> {
    let first = |id: &str| page.boxes.iter().position(|b| b.question == id);
    page.boxes
        .iter()
        .enumerate()
        .map(|(i, b)| first(&b.question).unwrap_or(i))
        .collect()
}

/// How much darker the darkest half millimetre of each box is than that of an
/// empty box of this page, shares of the contrast.
fn shades(
    windows: &[Window],
    templates: &[BoxTemplate],
    located: &[Located],
    tone: Tone,
) -> Vec<f64> {
    let contrast = (tone.paper - tone.black).max(1.0);
    let patches: Vec<f64> = (0..templates.len())
        .map(|i| ink::darkest_patch(&windows[i], &templates[i], located[i].shift, tone))
        .collect();
    let mut sorted = patches.clone();
    sorted.sort_by(f64::total_cmp);
    let empty = sorted
        .get((sorted.len() as f64 * EMPTY_RANK) as usize)
        .copied()
        .unwrap_or(0.0);
    let most = sorted.first().map_or(0.0, |p| p + EMPTY_SPREAD * contrast);
    let empty = empty.min(most).min(ink::DARKEST_BLUR * contrast);
    patches.iter().map(|p| (p - empty) / contrast).collect()
}

/// Measures every box against what its like look empty on this page.
fn measure_all(
    maps: &[LocalMap],
    windows: &[Window],
    templates: &[BoxTemplate],
    located: &[Located],
    certain: &[bool],
    tone: Tone,
    thresholds: Thresholds,
) -> Vec<Ink> {
    let mut empties: Vec<(Arc<Outline>, Empty)> = Vec::new();
    for template in templates {
        if empties.iter().any(|e| Arc::ptr_eq(&e.0, &template.outline)) {
            continue;
        }
        let alike: Vec<(&Window, (i32, i32))> = (0..templates.len())
            .filter(|&i| certain[i] && Arc::ptr_eq(&templates[i].outline, &template.outline))
            .map(|i| (&windows[i], located[i].shift))
            .collect();
        empties.push((
            Arc::clone(&template.outline),
            Empty::of(&alike, template, tone),
        ));
    }
    let none = Empty::default();
    (0..templates.len())
        .map(|i| {
            let empty = empties
                .iter()
                .find(|e| Arc::ptr_eq(&e.0, &templates[i].outline))
                .map_or(&none, |e| &e.1);
            ink::measure(
                &windows[i],
                &templates[i],
                located[i].shift,
                tone,
                thresholds,
                empty,
                tilt(&maps[i]),
            )
        })
        .collect()
}

/// How far a line along an axis of the image goes to the paper's right for each
/// mm down; of the two axes the one that is nearer to upright on the paper.
fn tilt(map: &LocalMap) -> f64 {
    [PxVector::new(1.0, 0.0), PxVector::new(0.0, 1.0)]
        .into_iter()
        .map(|axis| shift_in_mm(map, axis))
        .max_by(|a, b| {
            let upright = |v: &MmVector| v.y.abs() / v.length().max(f64::MIN_POSITIVE);
            upright(a).total_cmp(&upright(b))
        })
        .filter(|v| v.y != 0.0)
        .map_or(0.0, |v| v.x / v.y)
}

/// A displacement in the image as a displacement on the paper.
fn shift_in_mm(map: &LocalMap, v: PxVector) -> MmVector {
    let det = map.dx.cross(map.dy);
    if det.abs() < 1e-9 {
        return MmVector::zero();
    }
    MmVector::new(v.cross(map.dy) / det, map.dx.cross(v) / det)
}

/// Which outlines were found for certain: seen themselves, and shifted like
/// the others around them.
fn agreeing(templates: &[BoxTemplate], located: &[Located]) -> Vec<bool> {
    let strong: Vec<usize> = (0..located.len())
        .filter(|&i| located[i].sectors >= outline::CERTAIN_SECTORS)
        .collect();
    let mut out = vec![false; located.len()];
    for &i in &strong {
        let here = templates[i].window.center();
        let mut near: Vec<(f64, usize)> = strong
            .iter()
            .filter(|&&k| k != i)
            .map(|&k| ((templates[k].window.center() - here).length(), k))
            .filter(|n| n.0 <= NEIGHBOUR_MM)
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        near.truncate(NEIGHBOURS);
        let median = |f: &dyn Fn(&Located) -> f64| -> f64 {
            let mut v: Vec<f64> = near.iter().map(|n| f(&located[n.1])).collect();
            v.sort_by(f64::total_cmp);
            v.get(v.len() / 2)
                .copied()
                .unwrap_or_else(|| f(&located[i]))
        };
        let (mx, my) = (median(&|l| l.shift_mm.0), median(&|l| l.shift_mm.1));
        let (x, y) = located[i].shift_mm;
        out[i] = (x - mx).abs().max((y - my).abs()) <= CONSENSUS_MM;
    }
    out
}

/// Corners of a rectangle in the image, from the paper's top left clockwise.
pub(crate) fn corners(map: &LocalMap, rect: MmRect, shift_mm: (f64, f64)) -> [[f32; 2]; 4] {
    let s = MmVector::from(shift_mm);
    [
        rect.origin,
        MmPoint::new(rect.max_x(), rect.min_y()),
        MmPoint::new(rect.max_x(), rect.max_y()),
        MmPoint::new(rect.min_x(), rect.max_y()),
    ]
    .map(|p| {
        let q = map.at(p + s);
        // A tenth of a pixel is finer than anybody can draw.
        [q.x, q.y].map(|v| ((v * 10.0).round() / 10.0) as f32)
    })
}
