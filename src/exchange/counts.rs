//! `counts.json`: the tally of a package, by form and unit. Whoever receives it
//! counts the ballots again and compares.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::manifest::{BallotsOf, FormOf};
use crate::store::{OutsideBallot, Packing};
use crate::tally::Counts;

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
    fn of(form: &FormOf, unit: Option<String>, packing: &Packing, counts: &Counts) -> Self {
        let questions = packing.questions.iter().zip(&counts.questions);
        let b = counts.ballots;
        Self {
            form: form.form.clone(),
            version: form.version,
            unit,
            ballots: BallotsOf {
                counted: b.counted,
                pending: b.pending,
                rejected: b.rejected,
            },
            questions: questions
                .map(|(spec, q)| QuestionCounts {
                    question: spec.id.clone(),
                    answered: q.answered,
                    blank: q.blank,
                    invalid: q.invalid,
                    pending: counts.pending(q),
                    choices: spec
                        .choices
                        .iter()
                        .cloned()
                        .zip(q.choices.iter().copied())
                        .collect(),
                })
                .collect(),
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
    units: BTreeMap<Option<String>, Counts>,
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
            let new = Counts::of(self.packing);
            self.units.insert(ballot.unit.clone(), new);
        }
        if let Some(counts) = self.units.get_mut(&ballot.unit) {
            counts.add(self.packing, ballot.state, &ballot.answers);
        }
    }

    pub fn finish(self) -> Vec<UnitCounts> {
        self.units
            .into_iter()
            .map(|(unit, counts)| UnitCounts::of(self.form, unit, self.packing, &counts))
            .collect()
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
