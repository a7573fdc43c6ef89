//! `counts.json`: the tally of a package, by form and unit. Whoever receives it
//! counts the ballots again and compares.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::manifest::{BallotsOf, FormOf};
use crate::store::{BallotState, OutsideBallot, Packed, Packing};

/// Counts of one form in one unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnitCounts {
    pub form: String,
    pub version: u32,
    /// `None`: nobody knows it.
    pub unit: Option<String>,
    pub ballots: BallotsOf,
    pub questions: Vec<QuestionCounts>,
}

/// Counts of one question, as `phieu tally` has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct QuestionCounts {
    pub question: String,
    pub answered: u64,
    pub blank: u64,
    pub invalid: u64,
    pub pending: u64,
    /// Answered ballots with each choice, in the order of the paper.
    pub choices: Vec<(String, u64)>,
}

impl UnitCounts {
    fn new(form: &FormOf, unit: Option<String>, packing: &Packing) -> Self {
        let questions = packing.questions.iter().map(|q| QuestionCounts {
            question: q.id.clone(),
            answered: 0,
            blank: 0,
            invalid: 0,
            pending: 0,
            choices: q.choices.iter().map(|c| (c.clone(), 0)).collect(),
        });
        Self {
            form: form.form.clone(),
            version: form.version,
            unit,
            ballots: BallotsOf::default(),
            questions: questions.collect(),
        }
    }

    fn add(&mut self, ballot: &OutsideBallot, packing: &Packing) {
        match ballot.state {
            BallotState::Counted => self.ballots.counted += 1,
            BallotState::Pending => self.ballots.pending += 1,
            BallotState::Rejected => {
                self.ballots.rejected += 1;
                return;
            }
        }
        for (at, question) in self.questions.iter_mut().enumerate() {
            // All of a ballot that waits as a whole waits.
            let answer = match ballot.state {
                BallotState::Counted => packing.answer(at, &ballot.answers),
                _ => None,
            };
            match answer {
                Some(Packed::Answered(places)) => {
                    question.answered += 1;
                    for place in places {
                        if let Some(choice) = question.choices.get_mut(place) {
                            choice.1 += 1;
                        }
                    }
                }
                Some(Packed::Blank) => question.blank += 1,
                Some(Packed::Invalid) => question.invalid += 1,
                Some(Packed::Pending) | None => question.pending += 1,
            }
        }
    }

    /// For people, where it differs.
    pub fn label(&self) -> String {
        let unit = self.unit.as_deref().unwrap_or("?");
        format!("{}-v{} {unit}", self.form, self.version)
    }
}

/// Counts the ballots of one form, unit after unit.
#[derive(Debug)]
pub(super) struct Counter<'a> {
    form: &'a FormOf,
    packing: &'a Packing,
    units: BTreeMap<Option<String>, UnitCounts>,
}

impl<'a> Counter<'a> {
    pub fn new(form: &'a FormOf, packing: &'a Packing) -> Self {
        Self {
            form,
            packing,
            units: BTreeMap::new(),
        }
    }

    pub fn add(&mut self, ballot: &OutsideBallot) {
        if !self.units.contains_key(&ballot.unit) {
            let new = UnitCounts::new(self.form, ballot.unit.clone(), self.packing);
            self.units.insert(ballot.unit.clone(), new);
        }
        if let Some(counts) = self.units.get_mut(&ballot.unit) {
            counts.add(ballot, self.packing);
        }
    }

    pub fn finish(self) -> Vec<UnitCounts> {
        self.units.into_values().collect()
    }
}

/// All ballots, and the questions that wait for a person.
pub(super) fn totals(all: &[UnitCounts]) -> (BallotsOf, u64) {
    let mut ballots = BallotsOf::default();
    let mut pending = 0;
    for counts in all {
        ballots.counted += counts.ballots.counted;
        ballots.pending += counts.ballots.pending;
        ballots.rejected += counts.ballots.rejected;
        pending += counts.questions.iter().map(|q| q.pending).sum::<u64>();
    }
    (ballots, pending)
}
