//! A page that is arranged mark by mark instead of drawn by chance: for tests
//! that ask about one kind of mark, pen or condition.

use super::SynthError;
use super::answers::judge;
use super::conditions::Conditions;
use super::respondent::{Hand, Pen};
use super::simulator::{Prepared, SimulatedPage, Simulator, warp_of};
use super::strokes::{Dab, Stroke, curve, mark};
use super::truth::{BoxTruth, Drawn, Outcome, PageTruth, QuestionTruth};
use crate::form::QuestionKind;
use crate::geometry::MmPoint;

/// A mark that a hand makes for a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlacedMark {
    /// Index of the box among those of the page.
    pub at: usize,
    /// What is drawn.
    pub drawn: Drawn,
}

/// A line of even width and darkness, as a ruler or a speck makes it; of one
/// point only, a round dot. It means nothing: whoever reads it as an answer is
/// wrong, unless the test says otherwise.
#[derive(Debug, Clone, PartialEq)]
pub struct PenStroke {
    /// Its way, layout mm; a smooth curve goes through all of them.
    pub points: Vec<MmPoint>,
    /// Width, mm.
    pub width_mm: f64,
    /// Darkness as the scanner sees it, 0 to 1.
    pub darkness: f64,
    /// Depth of the paper's grain in it, 0 to 1.
    pub grain: f64,
}

/// All that is on a page and all that happens to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Staged {
    /// Number of the page, from 1.
    pub page: u32,
    /// How it was printed, treated and scanned.
    pub conditions: Conditions,
    /// The pen of the marks.
    pub pen: Pen,
    /// The hand that makes the marks.
    pub hand: Hand,
    /// The marks, in the order of drawing.
    pub marks: Vec<PlacedMark>,
    /// Drawn after the marks.
    pub strokes: Vec<PenStroke>,
}

impl Simulator {
    /// Makes the page as it was arranged. `n` numbers the sheet and feeds what
    /// is left to chance: the wobble of marks, dirt, noise.
    ///
    /// # Errors
    /// [`SynthError::Print`] where the form has no such page,
    /// [`SynthError::Image`] where the page cannot be encoded.
    pub fn stage(&self, n: u64, staged: &Staged) -> Result<SimulatedPage, SynthError> {
        let layout = self.layout();
        let Some(at) = layout.pages.iter().position(|p| p.page == staged.page) else {
            return Err(SynthError::Print {
                form: layout.form.clone(),
                detail: format!("it has no page {}", staged.page),
            });
        };
        let page = &layout.pages[at];
        let mut dice = self.dice("staged marks", n, at);
        let mut strokes: Vec<Stroke> = Vec::new();
        for placed in &staged.marks {
            let Some(spec) = page.boxes.get(placed.at) else {
                continue;
            };
            let mut new = mark(
                placed.drawn,
                &spec.rect,
                &staged.pen,
                &staged.hand,
                &mut dice,
            );
            for stroke in &mut new {
                stroke.owner = Some(placed.at);
            }
            strokes.extend(new);
        }
        strokes.extend(staged.strokes.iter().map(PenStroke::stroke));
        let conditions = staged.conditions.clone();
        let warp = warp_of(page, &conditions);
        let mut questions = self.meant(at, &staged.marks);
        judge(page, &strokes, &conditions, &warp, &mut questions);
        let truth = PageTruth {
            form: layout.form.clone(),
            version: layout.version,
            page: page.page,
            sheet: n,
            serial: self.serial(n),
            rotation: (360 - 90 * conditions.feed.quarter_turns) % 360,
            questions,
            areas: Vec::new(),
            conditions,
        };
        let prepared = Prepared {
            warp,
            strokes,
            truth,
        };
        self.render(at, prepared, &mut self.dice("staged sensor", n, at))
    }

    /// What the marks mean.
    fn meant(&self, page: usize, marks: &[PlacedMark]) -> Vec<QuestionTruth> {
        let boxes = &self.layout().pages[page].boxes;
        let questions = self.layout().questions.iter().filter_map(|question| {
            let mut choices = Vec::new();
            let mut taken_back = false;
            let boxes: Vec<BoxTruth> = (0..boxes.len())
                .filter(|i| boxes[*i].question == question.id)
                .map(|i| {
                    let drawn = marks.iter().find(|m| m.at == i).map(|m| m.drawn);
                    let marked = drawn.is_some_and(Drawn::chooses);
                    taken_back |= drawn.is_some_and(|d| !d.chooses());
                    if marked {
                        choices.push(boxes[i].choice.clone());
                    }
                    BoxTruth {
                        choice: boxes[i].choice.clone(),
                        marked,
                        drawn,
                        dot_mm: None,
                        ink_mm2: 0.0,
                        foreign_mm2: 0.0,
                        obscured: false,
                        clear: false,
                    }
                })
                .collect();
            let most = match question.kind {
                QuestionKind::Single => 1,
                QuestionKind::Multiple => question.max_choices.map_or(usize::MAX, |m| m as usize),
            };
            let outcome = if choices.is_empty() {
                Outcome::Blank
            } else if choices.len() > most {
                Outcome::Overvote
            } else if taken_back {
                Outcome::Corrected
            } else {
                Outcome::Answered
            };
            (!boxes.is_empty()).then(|| QuestionTruth {
                id: question.id.clone(),
                outcome,
                choices,
                clear: false,
                boxes,
            })
        });
        questions.collect()
    }
}

impl PenStroke {
    fn stroke(&self) -> Stroke {
        let dab = |at| Dab {
            at,
            radius: (self.width_mm / 2.0) as f32,
            dark: self.darkness as f32,
        };
        Stroke {
            dabs: curve(&self.points).into_iter().map(dab).collect(),
            grain: self.grain as f32,
            owner: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::{Level, sample};

    #[test]
    fn what_was_arranged_is_what_is_there() {
        let layout = sample::layout();
        let simulator = Simulator::new(&layout, Level::Clean, 3);
        let who = simulator.respondent(0);
        let rect = layout.pages[0].boxes[3].rect;
        let page = simulator
            .stage(
                0,
                &Staged {
                    page: 1,
                    conditions: simulator.plan(0)[0].conditions.clone(),
                    pen: who.pen,
                    hand: who.hand,
                    marks: vec![PlacedMark {
                        at: 0,
                        drawn: Drawn::Cross,
                    }],
                    strokes: vec![PenStroke {
                        points: vec![rect.center()],
                        width_mm: 1.0,
                        darkness: 0.8,
                        grain: 0.0,
                    }],
                },
            )
            .unwrap();
        let boxes: Vec<_> = page.truth.questions.iter().flat_map(|q| &q.boxes).collect();
        let marked: Vec<_> = boxes.iter().map(|b| b.marked).collect();
        assert!(marked[0] && marked[1..].iter().all(|m| !m));
        let dark = |i: usize| {
            let crop = page.crop(
                &layout.pages[0],
                &layout.pages[0].boxes[i].rect.inflate(-0.6, -0.6),
            );
            crop.pixels().any(|p| p.0[0] < 100)
        };
        assert!(dark(0) && dark(3) && !dark(1));
    }
}
