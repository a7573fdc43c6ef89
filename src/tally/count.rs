//! Composes the store's counts into a tally.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::TallyError;
use super::ballots::{FormBallots, load};
use crate::form::{Layout, QuestionKind};
use crate::store::{BallotState, FormRow, Packed, PageTotals, Store};

/// What to leave out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TallyFilter {
    /// Only this form.
    pub form: Option<String>,
    /// Only this unit, with those below it.
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
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
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

/// Counts everything in the store that the filter lets through: what was scanned
/// here, and what came in from elsewhere.
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
    let wanted = |unit: Option<&str>| match (&only, unit) {
        (None, _) => true,
        (Some(set), Some(unit)) => set.contains(unit),
        (Some(_), None) => false,
    };
    let names: BTreeMap<&str, &str> = units
        .iter()
        .filter_map(|u| Some((u.unit.as_str(), u.name.as_deref()?)))
        .collect();
    let totals = store.page_totals()?;
    let unplaced = store.unplaced_pages()?.len() as u64;
    let ballots = load(store)?;
    Ok(Tally {
        station: store.station()?.id,
        campaign: store.campaign()?.map(|c| c.name),
        pages: pages(totals, unplaced),
        forms: forms
            .iter()
            .filter(|f| filter.form.as_ref().is_none_or(|w| f.layout.form == *w))
            .filter_map(|f| Some((f, ballots.iter().find(|b| b.key == f.key)?)))
            .map(|(form, ballots)| form_tally(form, ballots, &wanted, &names))
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

pub(super) fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let unique: BTreeSet<&str> = names.collect();
    if unique.is_empty() {
        "-".to_owned()
    } else {
        unique.into_iter().collect::<Vec<_>>().join(", ")
    }
}

/// A unit and everything below it.
pub(super) fn below(top: &str, parents: &BTreeMap<&str, Option<&str>>) -> BTreeSet<String> {
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

fn form_tally(
    form: &FormRow,
    ballots: &FormBallots,
    wanted: &impl Fn(Option<&str>) -> bool,
    names: &BTreeMap<&str, &str>,
) -> FormTally {
    let mut units: BTreeMap<Option<&str>, Counts> = BTreeMap::new();
    let mut all = Counts::of(form);
    let of_cells: Vec<Counts> = count_cells(form, ballots);
    for (cell, counts) in ballots.cells.iter().zip(&of_cells) {
        let unit = cell.unit.as_deref();
        if wanted(unit) {
            units
                .entry(unit)
                .or_insert_with(|| Counts::of(form))
                .add(counts);
            all.add(counts);
        }
    }
    FormTally {
        form: form.layout.form.clone(),
        version: form.layout.version,
        title: form.title.clone(),
        ballots: all.ballots,
        questions: all.questions(&form.layout),
        units: units
            .into_iter()
            .map(|(unit, counts)| UnitTally {
                unit: unit.map(str::to_owned),
                name: unit.and_then(|u| names.get(u)).map(|n| (*n).to_owned()),
                ballots: counts.ballots,
                questions: counts.questions(&form.layout),
            })
            .collect(),
    }
}

/// The counts of each cell.
fn count_cells(form: &FormRow, ballots: &FormBallots) -> Vec<Counts> {
    let mut cells: Vec<Counts> = ballots.cells.iter().map(|_| Counts::of(form)).collect();
    for (row, (cell, state)) in ballots.rows.iter().enumerate() {
        let Some(counts) = cells.get_mut(*cell as usize) else {
            continue;
        };
        counts.ballots.add(*state);
        if *state == BallotState::Counted {
            for (i, question) in counts.questions.iter_mut().enumerate() {
                match ballots.packing.answer(i, ballots.answers(row)) {
                    Some(Packed::Answered(choices)) => {
                        question.answered += 1;
                        for choice in choices {
                            question.choices[choice] += 1;
                        }
                    }
                    Some(Packed::Blank) => question.blank += 1,
                    Some(Packed::Invalid) => question.invalid += 1,
                    Some(Packed::Pending) | None => {}
                }
            }
        }
    }
    cells
}

/// Counts of some ballots of a form.
#[derive(Debug, Clone)]
struct Counts {
    ballots: Ballots,
    questions: Vec<QuestionCounts>,
}

#[derive(Debug, Clone)]
struct QuestionCounts {
    answered: u64,
    blank: u64,
    invalid: u64,
    choices: Vec<u64>,
}

impl Ballots {
    /// Adds those of another part.
    pub(super) fn merge(&mut self, other: Self) {
        self.total += other.total;
        self.counted += other.counted;
        self.pending += other.pending;
        self.rejected += other.rejected;
    }

    /// Adds one.
    pub(super) fn add(&mut self, state: BallotState) {
        self.total += 1;
        match state {
            BallotState::Counted => self.counted += 1,
            BallotState::Pending => self.pending += 1,
            BallotState::Rejected => self.rejected += 1,
        }
    }
}

impl Counts {
    fn of(form: &FormRow) -> Self {
        let questions = form.layout.questions.iter();
        Self {
            ballots: Ballots::default(),
            questions: questions
                .map(|q| QuestionCounts {
                    answered: 0,
                    blank: 0,
                    invalid: 0,
                    choices: vec![0; q.choices.len()],
                })
                .collect(),
        }
    }

    fn add(&mut self, other: &Self) {
        self.ballots.merge(other.ballots);
        for (own, more) in self.questions.iter_mut().zip(&other.questions) {
            own.answered += more.answered;
            own.blank += more.blank;
            own.invalid += more.invalid;
            for (own, more) in own.choices.iter_mut().zip(&more.choices) {
                *own += more;
            }
        }
    }

    fn questions(&self, layout: &Layout) -> Vec<QuestionTally> {
        layout
            .questions
            .iter()
            .zip(&self.questions)
            .map(|(spec, q)| QuestionTally {
                question: spec.id.clone(),
                kind: spec.kind,
                answered: q.answered,
                blank: q.blank,
                invalid: q.invalid,
                // By subtraction, so that a question of which no page says
                // anything waits for a person instead of vanishing.
                pending: (self.ballots.counted + self.ballots.pending)
                    .saturating_sub(q.answered + q.blank + q.invalid),
                choices: spec
                    .choices
                    .iter()
                    .zip(&q.choices)
                    .map(|(choice, count)| ChoiceTally {
                        choice: choice.clone(),
                        count: *count,
                    })
                    .collect(),
            })
            .collect()
    }
}
