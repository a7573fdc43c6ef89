//! What the selftest found, in numbers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::read::model::{Limits, MarkModel, Price};
use crate::synth::Level;

use super::compare::{PageScore, SilentError};
use super::group::{ByCondition, Group, MARK, OfSheet};
use super::interval::upper_bound_95;
use super::scores::MarkScores;

/// Numbers that add up over pages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Page images made.
    pub pages: u64,
    /// Of them, refused as unreadable.
    pub unreadable_pages: u64,
    /// Of them, read without anything that needs a person.
    pub clean_pages: u64,
    /// Boxes on pages that were read.
    pub positions: u64,
    /// Silent errors.
    pub silent_errors: u64,
    /// Questions on pages that were read.
    pub questions: u64,
    /// Of them, sent to a person.
    pub flagged_questions: u64,
    /// Questions that a fair person would call clear.
    pub clear_questions: u64,
    /// Of them, sent to a person.
    pub flagged_clear_questions: u64,
    /// Boxes read as marginal.
    pub marginal_marks: u64,
    /// Boxes read wrongly in questions that are sent to a person.
    pub wrong_marks_flagged: u64,
}

impl Counts {
    pub(super) fn add(&mut self, o: &Self) {
        self.pages += o.pages;
        self.unreadable_pages += o.unreadable_pages;
        self.clean_pages += o.clean_pages;
        self.positions += o.positions;
        self.silent_errors += o.silent_errors;
        self.questions += o.questions;
        self.flagged_questions += o.flagged_questions;
        self.clear_questions += o.clear_questions;
        self.flagged_clear_questions += o.flagged_clear_questions;
        self.marginal_marks += o.marginal_marks;
        self.wrong_marks_flagged += o.wrong_marks_flagged;
    }

    /// Share of clear questions that were sent to a person, 0 to 1.
    #[must_use]
    pub fn flagged_clear_share(&self) -> f64 {
        share(self.flagged_clear_questions, self.clear_questions)
    }

    /// Share of pages that were refused, 0 to 1.
    #[must_use]
    pub fn unreadable_share(&self) -> f64 {
        share(self.unreadable_pages, self.pages)
    }
}

fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// How boxes with one kind of drawing were read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadAs {
    /// Read as marked.
    pub marked: u64,
    /// Read as unmarked.
    pub unmarked: u64,
    /// Sent to a person.
    pub marginal: u64,
}

/// The mark model that the run was read with, as far as a page about the run
/// tells of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ModelUsed {
    /// [`MarkModel::shipped_id`].
    pub id: String,
    /// The command that learned it, with its seed.
    pub learned_by: String,
    /// Wanted silent errors per box.
    pub silent_error_rate: f64,
    /// Limits in use.
    pub limits: Limits,
    /// What other rates cost.
    pub prices: Vec<Price>,
}

impl ModelUsed {
    fn shipped() -> Self {
        let model = MarkModel::shipped();
        Self {
            id: MarkModel::shipped_id().to_owned(),
            learned_by: model.origin.command.clone(),
            silent_error_rate: model.silent_error_rate,
            limits: model.limits,
            prices: model.prices.clone(),
        }
    }
}

/// What the selftest found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The command that gives the same again.
    pub command: String,
    /// The program that ran: its version and what its file's hash begins with.
    pub program: String,
    /// The model that judged marks.
    pub model: ModelUsed,
    /// Level of the simulation.
    pub level: Level,
    /// Its seed.
    pub seed: u64,
    /// Everything together.
    #[serde(flatten)]
    pub counts: Counts,
    /// With 95 % confidence the share of positions that are silently wrong is
    /// below this; see [`upper_bound_95`].
    pub silent_error_rate_upper_95: f64,
    /// [`Counts::flagged_clear_share`].
    pub flagged_clear_share: f64,
    /// The same for each form.
    pub forms: BTreeMap<String, Counts>,
    /// How boxes were read, by what was drawn in them.
    pub marks_by_drawing: BTreeMap<String, ReadAs>,
    /// Clear questions that were sent to a person, by the reason that was given.
    pub flagged_because: BTreeMap<String, u64>,
    /// Pages unreadable, by the first problem that was given.
    pub unreadable_because: BTreeMap<String, u64>,
    /// All together, with the scatter between sheets.
    pub total: Group,
    /// The same by condition of the simulated sheet.
    pub by_condition: ByCondition,
    /// What the model said of marked and of empty boxes.
    pub scores: MarkScores,
    /// The first silent errors, in the order of forms and sheets.
    pub errors: Vec<SilentError>,
    /// Pages made, read and compared per second of wall time.
    pub pages_per_second: f64,
    /// Time to read a page on one thread, ms; the simulation is not in it, what
    /// the reader keeps to explain itself is.
    pub read_ms_per_page: f64,
    /// Wall time, s; of a run that was interrupted, of all its parts.
    pub seconds: f64,
    /// Threads that worked.
    pub threads: usize,
}

/// Most silent errors that a report lists.
const LISTED: usize = 200;

impl Report {
    pub(super) fn new(level: Level, seed: u64) -> Self {
        Self {
            command: String::new(),
            program: String::new(),
            model: ModelUsed::shipped(),
            level,
            seed,
            counts: Counts::default(),
            silent_error_rate_upper_95: 1.0,
            flagged_clear_share: 0.0,
            forms: BTreeMap::new(),
            marks_by_drawing: BTreeMap::new(),
            flagged_because: BTreeMap::new(),
            unreadable_because: BTreeMap::new(),
            total: Group::default(),
            by_condition: ByCondition::new(),
            scores: MarkScores::default(),
            errors: Vec::new(),
            pages_per_second: 0.0,
            read_ms_per_page: 0.0,
            seconds: 0.0,
            threads: 1,
        }
    }

    /// Takes in the pages of one sheet, each with the conditions that it came to
    /// be under.
    pub(super) fn add_sheet(
        &mut self,
        form: &str,
        pages: Vec<(PageScore, Vec<(&'static str, String)>)>,
    ) {
        let mut sheet = OfSheet::default();
        for (score, conditions) in pages {
            sheet.all.add(&score.counts);
            for (condition, value) in conditions {
                sheet.add(condition, value, &score.counts);
            }
            for (mark, counts) in &score.by_mark {
                sheet.add(MARK, (*mark).to_owned(), counts);
            }
            self.add_page(form, score);
        }
        self.total.add_sheet(&sheet.all);
        sheet.into_groups(&mut self.by_condition);
    }

    fn add_page(&mut self, form: &str, score: PageScore) {
        self.counts.add(&score.counts);
        self.forms
            .entry(form.to_owned())
            .or_default()
            .add(&score.counts);
        for (drawn, [marked, unmarked, marginal]) in score.by_drawn {
            let to = self.marks_by_drawing.entry(drawn.to_owned()).or_default();
            to.marked += marked;
            to.unmarked += unmarked;
            to.marginal += marginal;
        }
        for (_, why) in score.flagged_clear {
            *self.flagged_because.entry(why).or_default() += 1;
        }
        let room = LISTED.saturating_sub(self.errors.len());
        self.errors.extend(score.errors.into_iter().take(room));
    }

    /// How many of the listed errors the paper does not show: see
    /// [`SilentError::drawn_like_an_answer`]. They are counted as errors all the same.
    #[must_use]
    pub fn drawn_like_answers(&self) -> usize {
        let errors = self.errors.iter();
        errors.filter(|e| e.drawn_like_an_answer).count()
    }

    /// Works out shares, bounds and tables from what was counted.
    pub(super) fn finish(&mut self) {
        // The last digit of a number that went through a file may differ.
        self.model = ModelUsed::shipped();
        self.silent_error_rate_upper_95 =
            upper_bound_95(self.counts.silent_errors, self.counts.positions);
        self.flagged_clear_share = self.counts.flagged_clear_share();
        self.total.finish(None);
        for group in self.by_condition.values_mut().flat_map(|v| v.values_mut()) {
            group.finish(Some(&self.total));
        }
        self.scores.finish();
    }
}
