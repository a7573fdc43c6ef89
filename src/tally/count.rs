//! Composes the store's counts into a tally.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::TallyError;
use super::ballots::{FormBallots, load};
use super::filter::{TallyFilter, Within};
use crate::form::QuestionKind;
use crate::store::{BallotState, Packed, Packing, PageTotals, Store, UnitTree};

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
    tally_of(store, &load(store)?, filter)
}

/// The same of ballots that were loaded before.
///
/// # Errors
/// As [`tally`].
pub fn tally_of(
    store: &Store,
    ballots: &[FormBallots],
    filter: &TallyFilter,
) -> Result<Tally, TallyError> {
    filter.check_form(ballots.iter().map(|b| b.form.as_str()))?;
    let tree = UnitTree::of(store)?;
    let within = filter.within(&tree)?;
    let names: BTreeMap<&str, &str> = tree
        .units()
        .iter()
        .filter_map(|u| Some((u.unit.as_str(), u.name.as_deref()?)))
        .collect();
    let totals = store.page_totals()?;
    let unplaced = store.unplaced_pages()?.len() as u64;
    Ok(Tally {
        station: store.station()?.id,
        campaign: store.campaign()?.map(|c| c.name),
        pages: pages(totals, unplaced),
        forms: ballots
            .iter()
            .filter(|b| filter.wants(&b.form))
            .map(|b| form_tally(b, &within, &names))
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

fn form_tally(ballots: &FormBallots, within: &Within, names: &BTreeMap<&str, &str>) -> FormTally {
    let packing = &ballots.packing;
    let mut units: BTreeMap<Option<&str>, Counts> = BTreeMap::new();
    let mut all = Counts::of(packing);
    let of_cells = count_cells(ballots);
    for (cell, counts) in ballots.cells.iter().zip(&of_cells) {
        let unit = cell.unit.as_deref();
        if within.has(unit) {
            units
                .entry(unit)
                .or_insert_with(|| Counts::of(packing))
                .merge(counts);
            all.merge(counts);
        }
    }
    FormTally {
        form: ballots.form.clone(),
        version: ballots.version,
        title: ballots.title.clone(),
        ballots: all.ballots,
        questions: all.questions(ballots),
        units: units
            .into_iter()
            .map(|(unit, counts)| UnitTally {
                unit: unit.map(str::to_owned),
                name: unit.and_then(|u| names.get(u)).map(|n| (*n).to_owned()),
                ballots: counts.ballots,
                questions: counts.questions(ballots),
            })
            .collect(),
    }
}

/// The counts of each cell.
fn count_cells(ballots: &FormBallots) -> Vec<Counts> {
    let packing = &ballots.packing;
    let mut cells: Vec<Counts> = ballots.cells.iter().map(|_| Counts::of(packing)).collect();
    for (row, (cell, state)) in ballots.rows.iter().enumerate() {
        if let Some(counts) = cells.get_mut(*cell as usize) {
            counts.add(packing, *state, ballots.answers(row));
        }
    }
    cells
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

/// Counts of some ballots of a form.
#[derive(Debug, Clone)]
pub(crate) struct Counts {
    /// What became of them.
    pub ballots: Ballots,
    /// Its questions, in the order of the paper.
    pub questions: Vec<QuestionCounts>,
}

/// Counts of one question, of ballots that count.
#[derive(Debug, Clone)]
pub(crate) struct QuestionCounts {
    pub answered: u64,
    pub blank: u64,
    pub invalid: u64,
    /// Of each choice.
    pub choices: Vec<u64>,
}

impl Counts {
    /// Of no ballot yet.
    pub(crate) fn of(packing: &Packing) -> Self {
        let questions = packing.questions.iter();
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

    /// Adds a ballot.
    pub(crate) fn add(&mut self, packing: &Packing, state: BallotState, packed: &[u8]) {
        self.ballots.add(state);
        if state != BallotState::Counted {
            return;
        }
        for (i, question) in self.questions.iter_mut().enumerate() {
            match packing.answer(i, packed) {
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

    fn merge(&mut self, other: &Self) {
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

    /// Where this question waits for a person: by subtraction, so that one of which no
    /// page says anything waits instead of vanishing.
    pub(crate) fn pending(&self, q: &QuestionCounts) -> u64 {
        (self.ballots.counted + self.ballots.pending)
            .saturating_sub(q.answered + q.blank + q.invalid)
    }

    fn questions(&self, ballots: &FormBallots) -> Vec<QuestionTally> {
        ballots
            .packing
            .questions
            .iter()
            .zip(&self.questions)
            .map(|(spec, q)| QuestionTally {
                question: spec.id.clone(),
                kind: spec.kind,
                answered: q.answered,
                blank: q.blank,
                invalid: q.invalid,
                pending: self.pending(q),
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
