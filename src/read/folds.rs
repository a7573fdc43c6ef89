//! Folds of the paper and streaks of the scanner, over the whole page: thin lines
//! that are seen in two opposite margins, where nobody writes. Ballots are folded
//! before they are dropped into their box; where a fold runs through a mark, it is
//! taken out and the box is looked at again.

mod find;

use std::cell::OnceCell;

use super::boxes::BoxesRead;
use super::classify::{self, Verdict};
use super::crease::{self, DARKER, Look, Sheet};
use super::features::Features;
use super::ink::{self, Ink};
use super::measuring::{BoxWindow, Measuring};
use super::model::MarkModel;
use super::reading::MarkState;
use super::reason::Reason;
use super::registration::LocalMap;
use super::sample::Window;
use super::template::{self, BoxTemplate, zone};
use crate::form::PageLayout;
use crate::geometry::{MmRect, PxPoint};

/// Half the width that a fold or a thin streak takes, with a scanner's blur, mm: three
/// standard deviations of a valley of 0.22 mm.
const HALF_MM: f64 = 0.7;
/// A fold is lighter than this share of the sheet's pen, whose strokes look a third
/// lighter where they are thin beside a scanner's blur: a line from edge to edge that is
/// not may strike out the whole row. (A streak from top to bottom may be as black:
/// nobody strikes out a column of a whole page.)
const LIGHTER: f64 = 0.6;
/// … or than this share of the contrast, which most folds are, where a pale pencil's
/// strokes are hardly darker than that: …
const SHADOW: f64 = 0.3;
/// … this share of the pen at most.
const PALE: f64 = 0.8;

/// A dash is so many times as long as it is high, or more.
const FLAT: f64 = 2.0;

/// Places at which the way of a fold is worked out, mm apart.
const NODE_MM: f64 = 5.0;

/// A fold or a streak from edge to edge.
#[derive(Debug, Clone)]
struct Fold {
    level: bool,
    /// Its way through the image.
    path: Vec<PxPoint>,
    looks: Vec<Look>,
}

/// The folds of a page, which are looked for when somebody asks.
#[derive(Debug)]
pub(crate) struct Folds<'a> {
    sheet: Sheet<'a>,
    /// How dark the sheet's marks are.
    pen: f64,
    found: OnceCell<Vec<Fold>>,
}

impl<'a> Folds<'a> {
    pub fn of(sheet: Sheet<'a>, pen: f64) -> Self {
        Self {
            sheet,
            pen,
            found: OnceCell::new(),
        }
    }

    /// A level line is lighter than this, share of the contrast, if it is a fold.
    fn darkest(&self) -> f64 {
        (LIGHTER * self.pen).max(SHADOW.min(PALE * self.pen))
    }

    fn get(&self) -> &[Fold] {
        self.found.get_or_init(|| {
            [true, false]
                .into_iter()
                .flat_map(|level| find::find(&self.sheet, level))
                .filter(|fold| !fold.level || fold.depth() < self.darkest())
                .collect()
        })
    }

    /// Which samples of a window they cover; `None` where there are none.
    pub fn cover(&self, map: &LocalMap, rect: MmRect, step: f64) -> Option<Vec<bool>> {
        let mut mask = None;
        for fold in self.get() {
            fold.cover(map, rect, step, &mut mask);
        }
        mask
    }

    /// The window of a box without the folds that pass through it; `None` where none does.
    pub fn taken_out(&self, taken: &BoxWindow, template: &BoxTemplate) -> Option<Window> {
        let covered = self.cover(&taken.map, template.window, template::STEP_MM)?;
        let paper = ink::local_paper(&taken.window, template)?;
        let mut window = Window {
            paper: OnceCell::from(Some(paper)),
            ..taken.window.clone()
        };
        for (pixel, _) in window.pixels.iter_mut().zip(&covered).filter(|p| *p.1) {
            *pixel = (*pixel).max(paper);
        }
        Some(window)
    }

    /// A box measured again without the folds that pass through its window; `None`
    /// where none does.
    pub fn without(
        &self,
        out: &BoxesRead,
        i: usize,
        question: usize,
        template: &BoxTemplate,
        model: &MarkModel,
    ) -> Option<(Ink, Features, Verdict)> {
        let taken = &out.measuring.boxes[i];
        let window = self.taken_out(taken, template)?;
        let ink = out.measuring.ink(i, &window, template);
        let shade = out.measuring.shade(i, &window, template);
        let features = Features::of(&ink, &out.hand.usual_beside(question), shade);
        let verdict = classify::classify(&ink, &features, &out.hand, model, taken.place);
        Some((ink, features, verdict))
    }
}

impl Fold {
    /// How much darker than the paper beside it it is where it is seen, share of the
    /// contrast.
    fn depth(&self) -> f64 {
        let seen = || self.looks.iter().filter(|l| l.ridge.is_some());
        let sum: f64 = seen().filter_map(|l| l.depths[0]).sum();
        sum / seen().count().max(1) as f64
    }

    fn cover(&self, map: &LocalMap, rect: MmRect, step: f64, mask: &mut Option<Vec<bool>>) {
        let way = self.near(map, rect);
        let width = (rect.size.width / step).round().max(1.0) as usize;
        let height = (rect.size.height / step).round().max(1.0) as usize;
        let (first, low, n, across_n) = if self.level {
            (rect.min_x(), rect.min_y(), width, height)
        } else {
            (rect.min_y(), rect.min_x(), height, width)
        };
        for k in 0..n {
            let along = first + (k as f64 + 0.5) * step;
            let after = way.partition_point(|p| p.0 < along);
            let (Some(a), Some(b)) = (
                after.checked_sub(1).and_then(|i| way.get(i)),
                way.get(after),
            ) else {
                continue;
            };
            let share = (along - a.0) / (b.0 - a.0).max(f64::MIN_POSITIVE);
            let middle = a.1 + share * (b.1 - a.1) - low;
            let sample = |mm: f64| (mm / step).round().clamp(0.0, across_n as f64) as usize;
            for c in sample(middle - HALF_MM)..sample(middle + HALF_MM) {
                let i = if self.level {
                    c * width + k
                } else {
                    k * width + c
                };
                mask.get_or_insert_with(|| vec![false; width * height])[i] = true;
            }
        }
    }

    /// Its way near a part of the paper: along it and across, mm.
    fn near(&self, map: &LocalMap, rect: MmRect) -> Vec<(f64, f64)> {
        let area = rect.inflate(2.0 * NODE_MM, 2.0 * NODE_MM);
        let mut way: Vec<(f64, f64)> = self
            .path
            .iter()
            .map(|&p| map.paper + map.on_paper(p - map.image))
            .filter(|p| area.contains(*p))
            .map(|p| crease::along_and_across(self.level, p))
            .collect();
        way.sort_by(|a, b| a.0.total_cmp(&b.0));
        way
    }

    /// Is the paper under it in these zones of a box, over the darkest piece of such a
    /// length, no darker than it gets farther away? What is may be a stroke along it.
    fn is_all(
        &self,
        measuring: &Measuring,
        i: usize,
        template: &BoxTemplate,
        rect: MmRect,
        (zones, piece_mm): (u8, f64),
    ) -> bool {
        let taken = &measuring.boxes[i];
        let mut mask = None;
        self.cover(&taken.map, template.window, template::STEP_MM, &mut mask);
        let Some(mask) = mask else {
            return true;
        };
        let lines = ink::darkest_lines(
            &taken.window,
            template,
            taken.located.shift,
            &mask,
            (self.level, zones),
        );
        let piece = ((piece_mm / template::STEP_MM) as usize).clamp(1, lines.len().max(1));
        let mean = |piece: &[f64]| piece.iter().sum::<f64>() / piece.len() as f64;
        let inside = lines.windows(piece).map(mean).fold(0.0, f64::max);
        let (middle, half) = if self.level {
            (rect.center().x, rect.width() / 2.0)
        } else {
            (rect.center().y, rect.height() / 2.0)
        };
        let beside = crease::darkest_beside(&self.looks, middle, half);
        inside / measuring.contrast() <= beside + DARKER
    }
}

/// In a box a fold is looked at over all of it, mm; …
const WHOLE_BOX_MM: f64 = f64::INFINITY;
/// … around one over the length of a dot.
const DOT_MM: f64 = 1.0;

/// Settles boxes that were left to a person, where a fold is all that was in the way:
/// as marked, if there is a mark besides it; as empty, if there is nothing besides it
/// and its question is answered, or it only passes beside the box and nobody makes dashes
/// on this page.
///
/// Says whether a question without a mark has such an empty box: it was looked at with the
/// fold only, which may have hidden ink that is fainter.
pub(crate) fn settle(
    out: &mut BoxesRead,
    folds: &Folds,
    page: &PageLayout,
    templates: &[BoxTemplate],
    model: &MarkModel,
    questions: &[usize],
) -> bool {
    let open: Vec<usize> = (0..out.marks.len())
        .filter(|&i| {
            let (verdict, ink) = (&out.verdicts[i], &out.inks[i]);
            verdict.state == MarkState::Marginal
                && !verdict.hidden
                // Ink that runs along the outline is not measured again.
                && verdict.reason != Some(Reason::AlongOutline)
                && !ink.stained
                && (ink.line_through || ink.line_beside || ink.reaches_rim)
        })
        .collect();
    let dashes = (0..out.marks.len()).any(|i| {
        let verdict = &out.verdicts[i];
        verdict.state != MarkState::Unmarked
            && verdict.log_odds >= model.limits.marked
            && is_flat(&out.inks[i])
    });
    let mut empty = Vec::new();
    for i in open {
        let Some((ink, features, verdict)) =
            folds.without(out, i, questions[i], &templates[i], model)
        else {
            continue;
        };
        match verdict.state {
            MarkState::Marked => {
                out.inks[i] = ink;
                out.features[i] = features;
                out.verdicts[i] = verdict;
                out.settle(i, MarkState::Marked);
            }
            MarkState::Unmarked if !classify::trace(&ink, &out.hand) => {
                empty.push((i, verdict.log_odds));
            }
            _ => {}
        }
    }
    let mut of_blank = false;
    for (i, without) in empty {
        let answered = out.answered(i);
        let only_folds = |zones: u8, piece_mm: f64| {
            let (template, rect) = (&templates[i], page.boxes[i].rect);
            let all = |f: &Fold| f.is_all(&out.measuring, i, template, rect, (zones, piece_mm));
            folds.get().iter().all(all)
        };
        let passes_beside = || {
            out.verdicts[i].reason == Some(Reason::Trace)
                && out.verdicts[i].log_odds.max(without) < model.limits.alone
                && !dashes
                && only_folds(zone::RING, DOT_MM)
        };
        if only_folds(zone::INTERIOR, WHOLE_BOX_MM) && (answered || passes_beside()) {
            of_blank |= !answered;
            out.settle(i, MarkState::Unmarked);
        }
    }
    of_blank
}

/// Is the ink in the box a dash, or an upright one?
fn is_flat(ink: &Ink) -> bool {
    let (a, b) = ink.span;
    a.max(b) > 0.0 && a.max(b) >= FLAT * a.min(b)
}
