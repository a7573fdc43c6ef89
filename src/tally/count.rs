//! Composes the store's counts into a tally.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::TallyError;
use crate::form::{QuestionKind, QuestionSpec};
use crate::store::{AnswerCount, BallotCount, ChoiceCount, FormRow, PageTotals, Store};

/// What to leave out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TallyFilter {
    /// Only this form.
    pub form: Option<String>,
    /// Only this unit (and, while units form a tree, those below it).
    pub unit: Option<String>,
}

/// Everything that was counted. Its JSON is documented in `docs/tally.md`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tally {
    /// Id of the station.
    pub station: String,
    /// Name of the campaign.
    pub campaign: Option<String>,
    /// What was scanned.
    pub pages: Pages,
    /// By form and version.
    pub forms: Vec<FormTally>,
}

/// What was scanned, in pages. Not filtered: an unreadable page has no form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Pages {
    /// Page images.
    pub total: u64,
    /// Nothing to ask.
    pub clean: u64,
    /// Something to ask.
    pub review: u64,
    /// Not read.
    pub unreadable: u64,
    /// Blank backs.
    pub blank: u64,
    /// Second images of pages that were there already.
    pub duplicates: u64,
    /// Cover sheets; they are none of the others.
    pub covers: u64,
    /// Pages that belong to no ballot and wait for a person.
    pub unplaced: u64,
}

/// Ballots by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Ballots {
    /// All.
    pub total: u64,
    /// Those that count.
    pub counted: u64,
    /// Those that wait for a person as a whole.
    pub pending: u64,
    /// Those that a person took out.
    pub rejected: u64,
}

/// One form at one version.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FormTally {
    /// Its id.
    pub form: String,
    /// Its version.
    pub version: u32,
    /// For people.
    pub title: String,
    /// Its ballots.
    pub ballots: Ballots,
    /// Its questions, in the order of the paper.
    pub questions: Vec<QuestionTally>,
    /// The same by unit; a ballot whose unit nobody knows has unit `null`.
    pub units: Vec<UnitTally>,
}

/// One unit's share of a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct UnitTally {
    /// Its id.
    pub unit: Option<String>,
    /// For people.
    pub name: Option<String>,
    /// Its ballots.
    pub ballots: Ballots,
    /// Questions, in the order of the paper.
    pub questions: Vec<QuestionTally>,
}

/// One question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct QuestionTally {
    /// Its id.
    pub question: String,
    /// `single` or `multiple`.
    pub kind: QuestionKind,
    /// Ballots with a valid answer.
    pub answered: u64,
    /// Ballots that left it empty.
    pub blank: u64,
    /// Ballots that marked more than it takes.
    pub invalid: u64,
    /// Ballots where it waits for a person.
    pub pending: u64,
    /// Its choices, in the order of the paper.
    pub choices: Vec<ChoiceTally>,
}

/// One choice.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ChoiceTally {
    /// Its id.
    pub choice: String,
    /// Answered ballots that chose it.
    pub count: u64,
}

/// Counts everything in the store that the filter lets through.
///
/// # Errors
/// The database refuses, or the filter names what is not there.
pub fn tally(store: &Store, filter: &TallyFilter) -> Result<Tally, TallyError> {
    let forms = store.forms()?;
    let units = store.units()?;
    if let Some(wanted) = &filter.form
        && !forms.iter().any(|f| f.layout.form == *wanted)
    {
        return Err(TallyError::NoSuchForm {
            wanted: wanted.clone(),
            known: list(forms.iter().map(|f| f.layout.form.as_str())),
        });
    }
    let only = match &filter.unit {
        None => None,
        Some(wanted) if units.iter().any(|u| u.unit == *wanted) => {
            let parents: BTreeMap<&str, Option<&str>> = units
                .iter()
                .map(|u| (u.unit.as_str(), u.parent.as_deref()))
                .collect();
            Some(below(wanted, &parents))
        }
        Some(wanted) => {
            return Err(TallyError::NoSuchUnit {
                wanted: wanted.clone(),
                known: list(units.iter().map(|u| u.unit.as_str())),
            });
        }
    };
    let wanted = |unit: &Option<String>| match (&only, unit) {
        (None, _) => true,
        (Some(set), Some(unit)) => set.contains(unit),
        (Some(_), None) => false,
    };
    let mut ballots = store.ballot_counts()?;
    ballots.retain(|b| wanted(&b.unit));
    let mut answers = store.answer_counts()?;
    answers.retain(|a| wanted(&a.unit));
    let mut choices = store.choice_counts()?;
    choices.retain(|c| wanted(&c.unit));
    let names: BTreeMap<&str, &str> = units
        .iter()
        .filter_map(|u| Some((u.unit.as_str(), u.name.as_deref()?)))
        .collect();
    let totals = store.page_totals()?;
    let unplaced = store.unplaced_pages()?.len() as u64;
    Ok(Tally {
        station: store.station()?.id,
        campaign: store.campaign()?.map(|c| c.name),
        pages: pages(totals, unplaced),
        forms: forms
            .iter()
            .filter(|f| filter.form.as_ref().is_none_or(|w| f.layout.form == *w))
            .map(|f| {
                let counts = Counts {
                    ballots: ballots.iter().filter(|b| b.form == f.key).collect(),
                    answers: answers.iter().filter(|a| a.form == f.key).collect(),
                    choices: choices.iter().filter(|c| c.form == f.key).collect(),
                };
                counts.form(f, &names)
            })
            .collect(),
    })
}

fn pages(t: PageTotals, unplaced: u64) -> Pages {
    Pages {
        total: t.pages,
        clean: t.clean,
        review: t.review,
        unreadable: t.unreadable,
        blank: t.blank,
        duplicates: t.duplicates,
        covers: t.covers,
        unplaced,
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let unique: BTreeSet<&str> = names.collect();
    if unique.is_empty() {
        "-".to_owned()
    } else {
        unique.into_iter().collect::<Vec<_>>().join(", ")
    }
}

/// A unit and everything below it.
fn below(top: &str, parents: &BTreeMap<&str, Option<&str>>) -> BTreeSet<String> {
    let inside = |unit: &&str| {
        let mut at = Some(*unit);
        // No longer than the tree has units: a loop cannot hold us.
        for _ in 0..=parents.len() {
            match at {
                Some(u) if u == top => return true,
                Some(u) => at = parents.get(u).copied().flatten(),
                None => return false,
            }
        }
        false
    };
    parents
        .keys()
        .filter(|u| inside(u))
        .map(|u| (*u).to_owned())
        .collect()
}

/// The counts of one form.
struct Counts<'a> {
    ballots: Vec<&'a BallotCount>,
    answers: Vec<&'a AnswerCount>,
    choices: Vec<&'a ChoiceCount>,
}

impl Counts<'_> {
    fn form(&self, form: &FormRow, names: &BTreeMap<&str, &str>) -> FormTally {
        let (ballots, questions) = self.questions(form, |_| true);
        let units: BTreeSet<&Option<String>> = self.ballots.iter().map(|b| &b.unit).collect();
        FormTally {
            form: form.layout.form.clone(),
            version: form.layout.version,
            title: form.title.clone(),
            ballots,
            questions,
            units: units
                .into_iter()
                .map(|unit| {
                    let (ballots, questions) = self.questions(form, |u| u == unit);
                    UnitTally {
                        unit: unit.clone(),
                        name: unit
                            .as_deref()
                            .and_then(|u| names.get(u))
                            .map(|n| (*n).to_owned()),
                        ballots,
                        questions,
                    }
                })
                .collect(),
        }
    }

    fn questions(
        &self,
        form: &FormRow,
        of: impl Fn(&Option<String>) -> bool,
    ) -> (Ballots, Vec<QuestionTally>) {
        let mut ballots = Ballots::default();
        for b in self.ballots.iter().filter(|b| of(&b.unit)) {
            ballots.total += b.ballots;
            match b.state.as_str() {
                "counted" => ballots.counted += b.ballots,
                "rejected" => ballots.rejected += b.ballots,
                _ => ballots.pending += b.ballots,
            }
        }
        let questions = form
            .layout
            .questions
            .iter()
            .map(|q| self.question(q, &of, ballots))
            .collect();
        (ballots, questions)
    }

    fn question(
        &self,
        spec: &QuestionSpec,
        of: &impl Fn(&Option<String>) -> bool,
        ballots: Ballots,
    ) -> QuestionTally {
        let state = |state: &str| -> u64 {
            self.answers
                .iter()
                .filter(|a| a.question == spec.id && a.state == state && of(&a.unit))
                .map(|a| a.ballots)
                .sum()
        };
        let (answered, blank, invalid) = (state("answered"), state("blank"), state("overvote"));
        QuestionTally {
            question: spec.id.clone(),
            kind: spec.kind,
            answered,
            blank,
            invalid,
            // By subtraction, so that a question of which no page says
            // anything waits for a person instead of vanishing.
            pending: (ballots.counted + ballots.pending).saturating_sub(answered + blank + invalid),
            choices: spec
                .choices
                .iter()
                .map(|choice| ChoiceTally {
                    choice: choice.clone(),
                    count: self
                        .choices
                        .iter()
                        .filter(|c| c.question == spec.id && c.choice == *choice && of(&c.unit))
                        .map(|c| c.ballots)
                        .sum(),
                })
                .collect(),
        }
    }
}
