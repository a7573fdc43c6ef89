//! Pages whose answers a person keys from the picture: by one person, or by two who
//! must agree without having seen each other's.

use std::collections::BTreeMap;

use rusqlite::OptionalExtension;
use serde_json::{Value, json};

use super::{Hand, Home, Homed, OPINION};
use crate::read::{Answer, ProblemCode};
use crate::store::{BallotKey, Decision, ItemId, NewBallot, Role, Settled, Store, StoreError};

/// What came of a page that a person keyed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyedPage {
    /// It has its place, and the answers are decided.
    Placed(Homed),
    /// A second person must key the same.
    WaitsForSecond,
    /// Two people keyed it otherwise: a supervisor decides.
    Differs,
}

/// What one of two people keyed of a page that two must agree on.
#[derive(Debug, Clone, PartialEq)]
pub struct Keying {
    /// Number of the act.
    pub act: i64,
    /// Who.
    pub person: String,
    /// Form, page, serial, ballot and answers.
    pub said: Value,
}

/// Where it names the two who agreed.
const PEOPLE: &str = "people";

/// Answers that a person keyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::store) struct Keyed {
    person: String,
    reason: String,
    answers: BTreeMap<String, Answer>,
}

impl Store {
    /// Records the answers that a person keyed from the picture of a page, as that
    /// person's decisions, and gives it its place.
    ///
    /// Where `twice`, or where somebody keyed it before, two people must key the same,
    /// paper and answers, without having seen the other's: until then it is a word of one
    /// of them, and the page waits on. Where they differ, a supervisor decides; a
    /// supervisor's keying always does.
    ///
    /// # Errors
    /// As [`Self::read_by_hand`]; or the person keyed it before, or two people did.
    pub fn key_page(
        &self,
        hand: &Hand<'_>,
        number: u32,
        said: &Value,
        home: &Home,
        twice: bool,
    ) -> Result<KeyedPage, StoreError> {
        let page = hand.page;
        self.change("page-by-hand", || {
            let lying = self.waiting(page)?;
            let reading_id = lying.reading_id;
            let given = self.keyings(page)?;
            let mut said = said.clone();
            if hand.account.role < Role::Supervisor {
                if given.iter().any(|k| k.person == hand.account.name) {
                    return Err(StoreError::PageSettled(hand.account.name.clone()));
                }
                let outcome = match given.as_slice() {
                    [] if twice => Some(KeyedPage::WaitsForSecond),
                    [] => None,
                    [first] if same_words(&first.said, &said) => {
                        said[PEOPLE] = json!(format!("{}, {}", first.person, hand.account.name));
                        None
                    }
                    [_] => Some(KeyedPage::Differs),
                    _ => return Err(StoreError::KeyedOtherwise),
                };
                if let Some(outcome) = outcome {
                    said[OPINION] = json!(1);
                    let act = self.act_row(hand, ("keyed", reading_id, None, None), &said)?;
                    let mut detail = self.told(hand, (act, "keyed"), &lying, &said, None);
                    detail["outcome"] = json!(format!("{outcome:?}"));
                    return Ok((outcome, detail));
                }
            }
            let said = &said;
            let act = self.act_row(hand, ("keyed", reading_id, None, None), said)?;
            self.leave(&lying, act)?;
            let ballot = NewBallot {
                form: home.form(),
                serial: match home {
                    Home::Of { serial, .. } => serial.clone(),
                    Home::Ballot { .. } => None,
                },
                unit: lying.reading.unit.clone(),
                ballot_box: lying.reading.ballot_box.clone(),
                problems: Vec::new(),
            };
            let homed = self.settle_in(&lying, (page, reading_id, number), act, home, &ballot)?;
            // Whoever keys the answers does not thereby believe the paper.
            for p in &lying.reading.problems {
                if p.code == ProblemCode::SerialForged {
                    let code = p.code.word();
                    self.problem_row(Some(reading_id), Some(homed.ballot), &code, &p.detail, true)?;
                }
            }
            Ok((
                KeyedPage::Placed(homed),
                self.told(hand, (act, "keyed"), &lying, said, Some(homed)),
            ))
        })
    }

    /// What people keyed of a page that is not decided, in their order: one waits for a
    /// second person, two differ.
    ///
    /// # Errors
    /// The database refuses, or has what cannot be understood.
    pub fn keyings(&self, page: i64) -> Result<Vec<Keying>, StoreError> {
        let rows: Vec<(i64, String, String)> = self
            .db
            .prepare_cached(
                "SELECT id, person, said FROM standing_acts
                 WHERE page_id = ?1 AND kind = 'keyed' AND json_extract(said, '$.opinion') = 1
                 ORDER BY id",
            )
            .and_then(|mut s| {
                s.query_map([page], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?
                    .collect()
            })
            .map_err(|e| self.failed("look up what was keyed", e))?;
        rows.into_iter()
            .map(|(act, person, said)| {
                let said = self.understood(&said, "what a person keyed")?;
                Ok(Keying { act, person, said })
            })
            .collect()
    }

    /// Answers of a `keyed` act.
    pub(in crate::store) fn keyed_answers(&self, act: i64) -> Result<Option<Keyed>, StoreError> {
        let found: Option<(String, String, String)> = self
            .db
            .prepare_cached(
                "SELECT coalesce(json_extract(said, '$.people'), person), reason,
                    json_extract(said, '$.answers') FROM page_acts
                 WHERE id = ?1 AND kind = 'keyed'",
            )
            .and_then(|mut s| {
                s.query_row([act], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
                    .optional()
            })
            .map_err(|e| self.failed("look up keyed answers", e))?;
        let Some((person, reason, answers)) = found else {
            return Ok(None);
        };
        let answers = self.understood(&answers, "keyed answers")?;
        Ok(Some(Keyed {
            person,
            reason,
            answers,
        }))
    }

    /// What was keyed are decisions of whoever keyed it.
    pub(in crate::store) fn decide_as_keyed(
        &self,
        ballot: BallotKey,
        keyed: &Keyed,
    ) -> Result<(), StoreError> {
        for (question, after) in &keyed.answers {
            self.decide_inside(&Decision {
                ballot,
                settled: Settled::Answer {
                    question: question.clone(),
                    before: None,
                    after: after.clone(),
                },
                reason: keyed.reason.clone(),
                person: keyed.person.clone(),
            })?;
        }
        Ok(())
    }

    /// Who keyed the whole page that has this question, if somebody did.
    pub(in crate::store) fn keyed_whole(&self, id: &ItemId) -> Result<Option<String>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT a.person FROM ballot_pages b
                 JOIN placements p ON p.page_id = b.page_id AND p.ballot_id = b.ballot_id
                    AND p.role = 'member'
                 JOIN standing_acts a ON a.id = p.act_id AND a.kind = 'keyed'
                 JOIN json_each(a.said, '$.answers') k ON k.key = ?2
                 WHERE b.ballot_id = ?1 AND b.role = 'member' LIMIT 1",
            )
            .and_then(|mut s| {
                s.query_row((id.ballot.0, &id.question), |r| r.get(0))
                    .optional()
            })
            .map_err(|e| self.failed("look up who keyed a page", e))
    }
}

/// Did two people key the same of the same paper?
fn same_words(a: &Value, b: &Value) -> bool {
    let words = |said: &Value| {
        let mut said = said.clone();
        if let Some(all) = said.as_object_mut() {
            all.retain(|key, _| key != OPINION && key != PEOPLE);
        }
        said
    };
    words(a) == words(b)
}
