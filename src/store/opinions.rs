//! What people say of open questions: answers, alone or by two who must agree, what is
//! left to a supervisor, what is doubted and taken back.

use rusqlite::OptionalExtension;

use super::{Account, Decision, ItemId, Role, Settled, Store, StoreError};
use crate::read::{Answer, AnswerState};

/// What one person said of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// Who.
    pub person: String,
    /// The answer.
    pub after: Answer,
}

/// What came of a person's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is decided.
    Decided,
    /// A second person must say the same.
    WaitsForSecond,
    /// Two people differ: a supervisor decides.
    Differs,
}

impl Store {
    /// What people said of a question, in their order.
    ///
    /// # Errors
    /// The database refuses.
    pub fn opinions(&self, id: &ItemId) -> Result<Vec<Opinion>, StoreError> {
        let rows: Vec<(String, String)> = self
            .db
            .prepare_cached(
                "SELECT person, after FROM opinions
                 WHERE ballot_id = ?1 AND question = ?2 ORDER BY id",
            )
            .and_then(|mut s| {
                s.query_map((id.ballot.0, &id.question), |r| Ok((r.get(0)?, r.get(1)?)))?
                    .collect()
            })
            .map_err(|e| self.failed("list opinions", e))?;
        rows.into_iter()
            .map(|(person, after)| {
                let after = serde_json::from_str(&after).map_err(|e| StoreError::Json {
                    path: self.path.clone(),
                    what: "an opinion".to_owned(),
                    source: e,
                })?;
                Ok(Opinion { person, after })
            })
            .collect()
    }

    /// Takes in a person's answer. Where `twice`, a second person must say the
    /// same without having seen it; where they differ it goes to a supervisor. A
    /// supervisor's answer decides.
    ///
    /// # Errors
    /// The question is not open (any more), or the database refuses; then nothing
    /// is written.
    pub fn answer_item(
        &self,
        account: &Account,
        id: &ItemId,
        after: &Answer,
        reason: &str,
        twice: bool,
    ) -> Result<Outcome, StoreError> {
        let after = sorted(after);
        self.change("answered", || {
            let Some(item) = self.item(id, 0)? else {
                return Err(match self.standing_answer(id)? {
                    Some((_, person)) => StoreError::SettledMeanwhile(person),
                    None => StoreError::NotOpen,
                });
            };
            let json = self.json(&after)?;
            let given = self.opinions(id)?;
            let supervisor = account.role >= Role::Supervisor;
            if given.iter().any(|o| o.person == account.name) && !supervisor {
                return Err(StoreError::SettledMeanwhile(account.name.clone()));
            }
            if twice || !given.is_empty() {
                self.db
                    .prepare_cached(
                        "INSERT INTO opinions (ballot_id, question, after, reason, person, given)
                         VALUES (?1, ?2, ?3, ?4, ?5, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                    )
                    .and_then(|mut s| {
                        s.execute((id.ballot.0, &id.question, &json, reason, &account.name))
                    })
                    .map_err(|e| self.failed("note an opinion", e))?;
            }
            let outcome = match (twice, given.first()) {
                _ if supervisor => Outcome::Decided,
                (true, None) => Outcome::WaitsForSecond,
                (_, Some(first)) if first.after != after => Outcome::Differs,
                _ => Outcome::Decided,
            };
            match outcome {
                Outcome::Decided => {
                    let mut people: Vec<&str> = given.iter().map(|o| o.person.as_str()).collect();
                    people.push(&account.name);
                    self.decide_inside(&Decision {
                        ballot: id.ballot,
                        settled: Settled::Answer {
                            question: id.question.clone(),
                            before: self
                                .reading_of_page(item.page.page_id)?
                                .and_then(|r| r.answers.get(&id.question).cloned()),
                            after: after.clone(),
                        },
                        reason: reason.to_owned(),
                        person: if supervisor {
                            account.name.clone()
                        } else {
                            people.join(", ")
                        },
                    })?;
                }
                Outcome::Differs => {
                    self.escalate_inside(account, id, "hai người kiểm tra kết luận khác nhau")?;
                }
                Outcome::WaitsForSecond => {}
            }
            self.release(account, Some(id))?;
            let detail = serde_json::json!({
                "ballot": id.ballot.0, "question": id.question, "after": after,
                "reason": reason, "outcome": format!("{outcome:?}"),
            });
            Ok((outcome, detail))
        })
    }

    /// Leaves a question to a supervisor.
    ///
    /// # Errors
    /// It is not open, or the database refuses.
    pub fn escalate(&self, account: &Account, id: &ItemId, reason: &str) -> Result<(), StoreError> {
        self.change("escalated", || {
            if self.item(id, 0)?.is_none() {
                return Err(StoreError::NotOpen);
            }
            self.escalate_inside(account, id, reason)?;
            self.release(account, Some(id))?;
            let detail = serde_json::json!({
                "ballot": id.ballot.0, "question": id.question, "reason": reason
            });
            Ok(((), detail))
        })
    }

    fn escalate_inside(
        &self,
        account: &Account,
        id: &ItemId,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.note_about("escalations", account, id, reason)
    }

    fn note_about(
        &self,
        table: &str,
        account: &Account,
        id: &ItemId,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.db
            .prepare_cached(&format!(
                "INSERT INTO {table} (ballot_id, question, reason, person, raised)
                 VALUES (?1, ?2, ?3, ?4, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))"
            ))
            .and_then(|mut s| s.execute((id.ballot.0, &id.question, reason, &account.name)))
            .map_err(|e| self.failed("note what a person said", e))?;
        Ok(())
    }

    /// Opens a question that the machine was sure of.
    ///
    /// # Errors
    /// It was decided by a person already, there is no such question, or the
    /// database refuses.
    pub fn doubt(&self, account: &Account, id: &ItemId, reason: &str) -> Result<(), StoreError> {
        self.change_if("doubted", || {
            if let Some((_, person)) = self.standing_answer(id)? {
                return Err(StoreError::SettledMeanwhile(person));
            }
            if self.item(id, 0)?.is_some() {
                return Ok(((), None));
            }
            let read: bool = self
                .db
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM ballot_pages p
                        JOIN answers a ON a.reading_id = p.reading_id
                        WHERE p.ballot_id = ?1 AND p.role = 'member' AND a.question = ?2)",
                )
                .and_then(|mut s| s.query_row((id.ballot.0, &id.question), |r| r.get(0)))
                .map_err(|e| self.failed("look up a question", e))?;
            if !read {
                return Err(StoreError::NotOpen);
            }
            self.note_about("doubts", account, id, reason)?;
            let detail = serde_json::json!({
                "ballot": id.ballot.0, "question": id.question, "reason": reason
            });
            Ok(((), Some(detail)))
        })
    }

    fn standing_answer(&self, id: &ItemId) -> Result<Option<(i64, String)>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT id, person FROM standing_decisions
                 WHERE ballot_id = ?1 AND kind = 'answer' AND question = ?2
                 ORDER BY id DESC LIMIT 1",
            )
            .and_then(|mut s| {
                s.query_row((id.ballot.0, &id.question), |r| Ok((r.get(0)?, r.get(1)?)))
                    .optional()
            })
            .map_err(|e| self.failed("look up a decision", e))
    }

    /// Takes the standing decision of a question back: the question is open again.
    ///
    /// # Errors
    /// There is none, it is somebody else's and the person is no supervisor, or
    /// the database refuses.
    pub fn withdraw(&self, account: &Account, id: &ItemId, reason: &str) -> Result<(), StoreError> {
        self.change("withdrawn", || {
            let (decision, person) = self.standing_answer(id)?.ok_or(StoreError::NotOpen)?;
            if let Some(by) = self.keyed_whole(id)? {
                return Err(StoreError::KeyedWhole(by));
            }
            let mine = person.split(", ").any(|p| p == account.name);
            if !mine && account.role < Role::Supervisor {
                return Err(StoreError::NotYours(person));
            }
            self.withdraw_decision(decision, &account.name, reason)?;
            let detail = serde_json::json!({
                "ballot": id.ballot.0, "question": id.question,
                "decision": decision, "of": person, "reason": reason,
            });
            Ok(((), detail))
        })
    }

    pub(super) fn withdraw_decision(
        &self,
        decision: i64,
        person: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.db
            .prepare_cached(
                "INSERT INTO withdrawals (decision_id, reason, person, withdrawn)
                 VALUES (?1, ?2, ?3, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
            )
            .and_then(|mut s| s.execute((decision, reason, person)))
            .map_err(|e| self.failed("take a decision back", e))?;
        Ok(())
    }

    fn json(&self, answer: &Answer) -> Result<String, StoreError> {
        serde_json::to_string(answer).map_err(|e| StoreError::Json {
            path: self.path.clone(),
            what: "an answer".to_owned(),
            source: e,
        })
    }
}

/// Choices in one order, so that the same answer is the same text.
fn sorted(answer: &Answer) -> Answer {
    let mut choices = answer.choices.clone();
    choices.sort_unstable();
    choices.dedup();
    let state = if choices.is_empty() && answer.state == AnswerState::Answered {
        AnswerState::Blank
    } else {
        answer.state
    };
    Answer { state, choices }
}
