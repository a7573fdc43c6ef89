//! Reads all boxes of a registered page: locate, prove the alignment, measure,
//! classify.

use super::agreement::{self, Search};
use super::background;
use super::broad_outlines::doubt_broad_outlines;
use super::classify::{self, Place, Verdict};
use super::crease::Sheet;
use super::doubts::{self, LinesOf, Standing};
use super::explain::BoxEvidence;
use super::faint_outline;
use super::faint_stroke;
use super::features::Features;
use super::folds::Folds;
use super::hand::Hand;
use super::ink::{self, Ink, Thresholds, Tone};
use super::measuring::{BoxWindow, Measuring};
use super::model::MarkModel;
use super::outline::{self, Located};
use super::outline_ink;
use super::reading::{Mark, MarkState};
use super::reason::Reason;
use super::registration::{LocalMap, Registration};
use super::sample::Window;
use super::sides;
use super::template::{BoxTemplate, STEP_MM};
use crate::form::PageLayout;
use crate::geometry::{MmPoint, MmRect, MmVector};
use crate::page::Scan;

/// Share of the boxes that must be found printed where the layout says.
/// Scribbles, folds and holes hide some; a wrong layout or a wrong fit hides
/// nearly all.
const PROVEN_SHARE: f64 = 0.6;

/// The same where scribbles hide many outlines: a third of them in their places
/// cannot be chance, as a wrong fit finds next to none.
const PROVEN_AT_LEAST: f64 = 0.35;

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
    /// How they were measured.
    pub measuring: Measuring,
}

impl BoxesRead {
    /// Is a box of the same question marked?
    pub fn answered(&self, i: usize) -> bool {
        self.marks
            .iter()
            .zip(&self.verdicts)
            .any(|(m, v)| m.question == self.marks[i].question && v.state == MarkState::Marked)
    }

    /// The boxes that are marked by what is inside.
    pub fn marked_inside(&self) -> Vec<usize> {
        (0..self.marks.len())
            .filter(|&i| self.verdicts[i].marked_inside())
            .collect()
    }

    /// Takes a doubt back.
    pub fn settle(&mut self, i: usize, state: MarkState) {
        self.verdicts[i].state = state;
        self.verdicts[i].reason = None;
        self.marks[i].state = state;
        self.marks[i].reason = None;
    }

    /// Leaves a box to a person.
    pub fn doubt(&mut self, i: usize, reason: Reason) {
        self.verdicts[i].state = MarkState::Marginal;
        self.verdicts[i].reason = Some(reason);
        self.marks[i].doubt(reason);
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
    scan: &Scan,
    page: &PageLayout,
    templates: &[BoxTemplate],
    registration: Registration,
    tone: Tone,
    model: &MarkModel,
) -> BoxesRead {
    let image = &scan.image;
    let contrast = tone.contrast();
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

    let mut certain = agreement::agreeing(templates, &located);
    let mut sector_contrast = outline::SECTOR_CONTRAST;
    let count = |certain: &[bool]| certain.iter().filter(|c| **c).count();
    if (count(&certain) as f64) < PROVEN_SHARE * located.len() as f64
        && let Some(faint) = faint_outline::locate_together(&windows, templates, contrast)
    {
        let agree = agreement::agreeing(templates, &faint.located);
        if count(&agree) > count(&certain) {
            certain = agree;
            located = faint.located;
            sector_contrast = faint.sector_contrast;
        }
    }
    let mut refined = registration.clone();
    let mut search = Search::new(maps, windows, located, certain);
    search.go_on(&mut refined, templates, image, contrast);
    let found = search.found();
    let mut seen = search.follow(&refined, templates, image, contrast, sector_contrast);
    sides::settle(&mut search, &mut seen, templates, image, contrast);
    let Search {
        maps,
        beyond,
        windows,
        located,
        certain,
    } = search;
    let found_boxes = (0..windows.len()).filter(|&i| certain[i]);
    let sigma =
        ink::quiet_spread(found_boxes.map(|i| (&windows[i], &templates[i], located[i].shift)))
            / contrast;
    let thresholds = Thresholds::for_noise(sigma);
    let boxes = maps
        .into_iter()
        .zip(windows)
        .zip(located)
        .zip(seen)
        .zip(beyond)
        .map(|((((map, window), located), seen), beyond)| BoxWindow {
            map,
            beyond,
            place: Place {
                located: seen,
                hidden: window.outside > OUTSIDE_SHARE,
            },
            window,
            located,
        })
        .collect();
    let measuring = Measuring::new(boxes, templates, &certain, tone, thresholds);
    let inks: Vec<Ink> = measuring
        .boxes
        .iter()
        .zip(templates)
        .enumerate()
        .map(|(i, (b, template))| measuring.ink(i, &b.window, template))
        .collect();
    let shades = measuring.shades();
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
        measuring,
    };
    for (i, spec) in page.boxes.iter().enumerate() {
        let seen = &out.measuring.boxes[i];
        let verdict =
            classify::classify(&out.inks[i], &out.features[i], &out.hand, model, seen.place);
        out.marks.push(Mark {
            question: spec.question.clone(),
            choice: spec.choice.clone(),
            state: verdict.state,
            score: verdict.score,
            corners_px: corners(&seen.map, spec.rect, seen.located.shift_mm),
            reason: verdict.reason.map(|r| r.words().to_owned()),
        });
        out.verdicts.push(verdict);
    }
    let sheet = Sheet {
        image,
        map: &registration,
        paper: MmRect::new(MmPoint::origin(), page.size),
        tone,
    };
    let lines = doubts::lines(&out, templates);
    let line_of = LinesOf {
        lines: &lines,
        questions: &questions,
        bilevel: scan.bilevel,
    };
    doubts::settle_lines(&mut out, model, &sheet, page, &line_of);
    background::settle(&mut out, &questions, &lines);
    let standing = doubts::standing(&out);
    doubts::doubt_ink_beside(&mut out, page, &standing);
    doubts::doubt_alone(&mut out, model, &standing);
    doubt_hidden_strokes(
        &mut out,
        templates,
        model,
        &standing,
        tone,
        scan.bilevel,
        None,
    );
    out
}

/// Doubts boxes that seem empty but may have a stroke which no threshold finds, or which
/// the outline hides. These folds are no strokes.
pub(crate) fn doubt_hidden_strokes(
    out: &mut BoxesRead,
    templates: &[BoxTemplate],
    model: &MarkModel,
    standing: &[Standing],
    tone: Tone,
    bilevel: bool,
    folds: Option<&Folds>,
) {
    doubts::doubt_faint_strokes(out, model, standing, |b, i| {
        let without = folds.and_then(|f| f.taken_out(b, &templates[i]));
        let window = without.as_ref().unwrap_or(&b.window);
        faint_stroke::darkest_stroke(window, &templates[i], b.located.shift) / tone.contrast()
    });
    doubt_broad_outlines(out, standing, bilevel, |b, i| {
        outline_ink::widths(&b.window, &templates[i], b.located.shift, tone)
    });
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
