//! Simulated boxes with what the reader measured in them and what is true.

use rayon::prelude::*;

use super::{FitError, Plan};
use crate::form::Layout;
use crate::read::explain::{BoxEvidence, LONELY};
use crate::read::{Feature, ReadOptions, Reader, VISIBLE_SHADE};
use crate::synth::{BoxTruth, Drawn, Level, Simulator, SynthError};

/// What the model should say of a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Label {
    Mark,
    Empty,
}

/// One box.
#[derive(Debug, Clone, Copy)]
pub(super) struct SampledBox {
    pub evidence: BoxEvidence,
    /// The respondent chose it.
    pub marked: bool,
    /// `None`: people would not agree, or the ink is not this box's.
    pub label: Option<Label>,
}

/// One question of a sheet.
#[derive(Debug, Clone)]
pub(super) struct Sampled {
    /// Which of the forms that are simulated.
    pub form: usize,
    pub level: Level,
    pub sheet: u64,
    /// A person would need no second look at it.
    pub clear: bool,
    /// So little else on the page is answered that a person looks anyway.
    pub lonely: bool,
    pub boxes: Vec<SampledBox>,
}

/// A mark with less ink than this inside its box is beside it, mm² of full
/// black: a third of what makes a mark clear.
const LEAST_MM2: f64 = 0.1;
/// More ink of something else than this, mm² of full black, and the box is not
/// plainly empty: the end of a neighbour's stroke, half a millimetre long.
const FOREIGN_MM2: f64 = 0.06;

/// Sheets between two reports of progress.
const CHUNK: u64 = 64;

pub(super) fn collect(
    plan: &Plan,
    progress: &(dyn Fn(u64, u64) + Sync),
) -> Result<Vec<Sampled>, FitError> {
    let mut layouts: Vec<Layout> = plan.forms.iter().map(|f| f.layout.clone()).collect();
    layouts.extend(plan.others.iter().cloned());
    let reader = Reader::new(layouts, ReadOptions::default());
    let levels = [Level::Office, Level::Hard];
    let all = plan.sheets * (plan.forms.len() * levels.len()) as u64;
    let mut done = 0;
    let mut out = Vec::new();
    for level in levels {
        for (number, form) in plan.forms.iter().enumerate() {
            let simulator = Simulator::for_form(form, level, plan.seed)?;
            let mut first = 0;
            while first < plan.sheets {
                let last = (first + CHUNK).min(plan.sheets);
                let found: Vec<Vec<Sampled>> = (first..last)
                    .into_par_iter()
                    .map(|n| sheet(&simulator, &reader, number, level, n))
                    .collect::<Result<_, _>>()?;
                out.extend(found.into_iter().flatten());
                done += last - first;
                first = last;
                progress(done, all);
            }
        }
    }
    Ok(out)
}

fn sheet(
    simulator: &Simulator,
    reader: &Reader,
    form: usize,
    level: Level,
    n: u64,
) -> Result<Vec<Sampled>, SynthError> {
    let mut out = Vec::new();
    for page in simulator.sheet(n)?.pages {
        let (reading, why) = reader.explain(&page.scan);
        if why.boxes.len() != reading.marks.len() {
            continue;
        }
        let answered = page
            .truth
            .questions
            .iter()
            .filter(|q| q.boxes.iter().any(|b| b.marked))
            .count();
        for question in &page.truth.questions {
            let boxes = question
                .boxes
                .iter()
                .filter_map(|b| {
                    let at = reading
                        .marks
                        .iter()
                        .position(|m| m.question == question.id && m.choice == b.choice)?;
                    Some(SampledBox {
                        evidence: why.boxes[at],
                        marked: b.marked,
                        label: label(b, &why.boxes[at]),
                    })
                })
                .collect();
            out.push(Sampled {
                form,
                level,
                sheet: n,
                clear: question.clear,
                // One of what is marked may be made up.
                lonely: answered < LONELY,
                boxes,
            });
        }
    }
    Ok(out)
}

fn label(truth: &BoxTruth, seen: &BoxEvidence) -> Option<Label> {
    // What stamps, holes and streaks look like, rules know better.
    if truth.obscured {
        return None;
    }
    if truth.marked {
        let inside = truth.ink_mm2 >= LEAST_MM2 && truth.drawn != Some(Drawn::Ring);
        let visible = seen.features.values[Feature::Shade as usize] >= VISIBLE_SHADE;
        return (inside && visible).then_some(Label::Mark);
    }
    let empty = match truth.drawn {
        None => truth.foreign_mm2 <= FOREIGN_MM2,
        // Nobody meant it; whoever reads it as a mark is wrong.
        Some(Drawn::Hesitation) => true,
        Some(_) => false,
    };
    empty.then_some(Label::Empty)
}
