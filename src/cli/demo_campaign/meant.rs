//! What the simulated people meant, and whether the figures say it.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;

use serde::Deserialize;

use super::CliError;
use crate::lang::Lang;
use crate::read::{Answer, AnswerState};
use crate::store::{BallotState, Packed, Packing, Store};
use crate::synth::{Outcome, PageTruth, TRUTH_FILE};

/// What was meant, by form and serial, then by question.
#[derive(Debug, Default)]
pub(super) struct Meant {
    ballots: BTreeMap<(String, String), BTreeMap<String, Answer>>,
}

/// How the answers of the reporting office are to what was meant.
#[derive(Debug, Default)]
pub(super) struct Compared {
    ballots: u64,
    questions: u64,
    pub(super) pending: u64,
    pub(super) wrong: u64,
    missing: u64,
}

impl Meant {
    /// Takes in the truth beside a pile of scans.
    pub(super) fn learn(&mut self, pile: &Path) -> Result<(), CliError> {
        #[derive(Deserialize)]
        struct Line {
            #[serde(flatten)]
            truth: PageTruth,
        }
        let path = pile.join(TRUTH_FILE);
        let file = fs::File::open(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        for line in BufReader::new(file).lines() {
            let Line { truth } = serde_json::from_str(&line?)?;
            let Some(serial) = truth.serial else {
                continue;
            };
            let ballot = self.ballots.entry((truth.form, serial)).or_default();
            for q in truth.questions {
                let state = match q.outcome {
                    Outcome::Blank => AnswerState::Blank,
                    Outcome::Overvote => AnswerState::Overvote,
                    Outcome::Answered | Outcome::Corrected if q.choices.is_empty() => {
                        AnswerState::Blank
                    }
                    Outcome::Answered | Outcome::Corrected => AnswerState::Answered,
                };
                ballot.insert(
                    q.id,
                    Answer {
                        state,
                        choices: q.choices,
                    },
                );
            }
        }
        Ok(())
    }

    /// Takes in what somebody answered online.
    pub(super) fn learn_one(
        &mut self,
        form: &str,
        serial: String,
        answers: BTreeMap<String, Answer>,
    ) {
        self.ballots.insert((form.to_owned(), serial), answers);
    }

    /// What somebody meant with a question.
    pub(super) fn answer(&self, form: &str, serial: &str, question: &str) -> Option<Answer> {
        let ballot = self.ballots.get(&(form.to_owned(), serial.to_owned()))?;
        ballot.get(question).cloned()
    }

    /// Holds every ballot of a store, scanned there or come in, against what was meant.
    pub(super) fn compare(&self, store: &Store) -> Result<Compared, CliError> {
        let forms: BTreeMap<_, _> = store
            .forms()?
            .into_iter()
            .map(|f| (f.key, (f.layout.form.clone(), Packing::of(&f.layout))))
            .collect();
        let mut done = Compared::default();
        let mut seen = 0_u64;
        let mut look = |form, serial: Option<&str>, state, packed: &[u8]| {
            let Some((form, packing)) = forms.get(&form) else {
                return;
            };
            let key = (form.clone(), serial.unwrap_or("").to_owned());
            let Some(ballot) = self.ballots.get(&key) else {
                done.wrong += 1;
                return;
            };
            seen += 1;
            done.ballots += 1;
            if state != BallotState::Counted {
                done.pending += 1;
                return;
            }
            for (i, question) in packing.questions.iter().enumerate() {
                done.questions += 1;
                let meant = ballot.get(&question.id);
                let right = match (packing.answer(i, packed), meant) {
                    (Some(Packed::Pending), _) => {
                        done.pending += 1;
                        true
                    }
                    (Some(Packed::Blank), Some(m)) => m.state == AnswerState::Blank,
                    (Some(Packed::Invalid), Some(m)) => m.state == AnswerState::Overvote,
                    (Some(Packed::Answered(given)), Some(m)) => {
                        let mut given: Vec<&str> = given
                            .iter()
                            .map(|&c| question.choices[c].as_str())
                            .collect();
                        let mut wanted: Vec<&str> = m.choices.iter().map(String::as_str).collect();
                        given.sort_unstable();
                        wanted.sort_unstable();
                        m.state == AnswerState::Answered && given == wanted
                    }
                    (_, _) => false,
                };
                done.wrong += u64::from(!right);
            }
        };
        store.each_record::<crate::store::StoreError>(|ballot| {
            let packed = forms.get(&ballot.form).map(|(_, p)| ballot.packed(p));
            let packed = packed.unwrap_or_default();
            look(ballot.form, ballot.serial.as_deref(), ballot.state, &packed);
            Ok(())
        })?;
        store.each_outside::<crate::store::StoreError>(None, |ballot| {
            let serial = ballot.serial.as_deref();
            look(ballot.form, serial, ballot.state, &ballot.answers);
            Ok(())
        })?;
        done.missing = (self.ballots.len() as u64).saturating_sub(seen);
        Ok(done)
    }
}

impl Compared {
    pub(super) fn describe(&self, lang: Lang) -> String {
        match lang {
            Lang::Vi => format!(
                "So với điều người trả lời muốn nói: {} phiếu, {} câu, {} sai; {} còn chờ người, \
                 {} phiếu không đến.",
                self.ballots, self.questions, self.wrong, self.pending, self.missing
            ),
            Lang::En => format!(
                "Against what people meant: {} ballots, {} questions, {} wrong; {} wait for a \
                 person, {} ballots did not arrive.",
                self.ballots, self.questions, self.wrong, self.pending, self.missing
            ),
        }
    }
}
