//! What the selftest found, in numbers.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::synth::Level;

use super::compare::{PageScore, SilentError};

/// Numbers that add up over pages.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
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
    fn add(&mut self, o: &Self) {
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct ReadAs {
    /// Read as marked.
    pub marked: u64,
    /// Read as unmarked.
    pub unmarked: u64,
    /// Sent to a person.
    pub marginal: u64,
}

/// What the selftest found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Report {
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
    /// The first silent errors, in the order of forms and sheets.
    pub errors: Vec<SilentError>,
    /// Pages made, read and compared per second of wall time.
    pub pages_per_second: f64,
    /// Time to read a page on one thread, ms; the simulation is not in it.
    pub read_ms_per_page: f64,
    /// Wall time, s.
    pub seconds: f64,
    /// Threads that worked.
    pub threads: usize,
}

/// Most silent errors that a report lists.
const LISTED: usize = 200;

impl Report {
    pub(super) fn new(level: Level, seed: u64) -> Self {
        Self {
            level,
            seed,
            counts: Counts::default(),
            silent_error_rate_upper_95: 1.0,
            flagged_clear_share: 0.0,
            forms: BTreeMap::new(),
            marks_by_drawing: BTreeMap::new(),
            flagged_because: BTreeMap::new(),
            unreadable_because: BTreeMap::new(),
            errors: Vec::new(),
            pages_per_second: 0.0,
            read_ms_per_page: 0.0,
            seconds: 0.0,
            threads: 1,
        }
    }

    pub(super) fn add(&mut self, form: &str, score: PageScore) {
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

    pub(super) fn finish(&mut self) {
        self.silent_error_rate_upper_95 =
            upper_bound_95(self.counts.silent_errors, self.counts.positions);
        self.flagged_clear_share = self.counts.flagged_clear_share();
    }
}

/// The rate that is exceeded by the true rate in at most 5 % of experiments
/// that show `errors` in `trials` (exact, Poisson). Without an error this is
/// the rule of three: 3.0 / trials.
#[must_use]
pub fn upper_bound_95(errors: u64, trials: u64) -> f64 {
    if trials == 0 {
        return 1.0;
    }
    // P(X <= errors) falls as the mean grows: bisect to where it is 5 %.
    let at_most = |mean: f64| {
        let mut term = (-mean).exp();
        let mut sum = term;
        for k in 1..=errors {
            term *= mean / k as f64;
            sum += term;
        }
        sum
    };
    // exp(-mean) must not vanish; beyond, the normal approximation serves.
    if errors > 500 {
        let k = errors as f64;
        return ((k + 1.645 * k.sqrt() + 1.9) / trials as f64).min(1.0);
    }
    let (mut lo, mut hi) = (0.0, errors as f64 * 2.0 + 10.0);
    for _ in 0..60 {
        let mid = f64::midpoint(lo, hi);
        if at_most(mid) > 0.05 {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    (hi / trials as f64).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rule_of_three() {
        let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 2e-3, "{a} {b}");
        near(upper_bound_95(0, 1_000_000), 2.9957e-6);
        // Table values of the exact Poisson limit.
        near(upper_bound_95(1, 1000), 4.744e-3);
        near(upper_bound_95(10, 100_000), 16.962e-5);
        assert!((upper_bound_95(0, 0) - 1.0).abs() < 1e-12);
        assert!((upper_bound_95(500, 1_000_000) - upper_bound_95(501, 1_000_000)).abs() < 3e-6);
    }
}
