//! What people settled: rows beside the readings, never instead of them.

use super::{BallotKey, Store, StoreError};
use crate::read::Answer;

/// What a person settled of a ballot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settled {
    /// The answer to a question. An overvote that stands is `Overvote`.
    Answer {
        /// Question id.
        question: String,
        /// What the machine, or an earlier decision, said.
        before: Option<Answer>,
        /// What holds now.
        after: Answer,
    },
    /// The ballot does not count.
    Reject,
    /// A rejected ballot counts again.
    Restore,
    /// Every problem of this kind keeps the ballot from counting no longer.
    Problem {
        /// Code of the problem.
        code: String,
    },
}

/// A decision: who settled what, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// Which ballot.
    pub ballot: BallotKey,
    /// What was settled.
    pub settled: Settled,
    /// Why.
    pub reason: String,
    /// Who.
    pub person: String,
}

impl Store {
    /// Writes a decision down. The newest one of a question holds.
    ///
    /// # Errors
    /// The ballot does not exist, or the database refuses.
    pub fn decide(&mut self, decision: &Decision) -> Result<(), StoreError> {
        self.change("decided", || {
            self.decide_inside(decision)?;
            let (kind, what) = match &decision.settled {
                Settled::Answer {
                    question,
                    before,
                    after,
                } => (
                    "answer",
                    serde_json::json!({ "question": question, "before": before, "after": after }),
                ),
                Settled::Reject => ("reject", serde_json::Value::Null),
                Settled::Restore => ("restore", serde_json::Value::Null),
                Settled::Problem { code } => ("settle", serde_json::json!({ "problem": code })),
            };
            let detail = serde_json::json!({
                "ballot": decision.ballot.0, "kind": kind, "what": what,
                "reason": decision.reason, "person": decision.person,
            });
            Ok(((), detail))
        })
    }

    pub(super) fn decide_inside(&self, decision: &Decision) -> Result<(), StoreError> {
        let json = |a: &Answer| {
            serde_json::to_string(a).map_err(|e| StoreError::Json {
                path: self.path.clone(),
                what: "a decision".to_owned(),
                source: e,
            })
        };
        let add = |kind: &str,
                   question: Option<&str>,
                   problem: Option<i64>,
                   before: Option<String>,
                   after: Option<String>| {
            self.db
                .prepare_cached(
                    "INSERT INTO decisions (ballot_id, kind, question, problem_id, before, after,
                        reason, person, decided)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8,
                        strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                )
                .and_then(|mut s| {
                    s.execute((
                        decision.ballot.0,
                        kind,
                        question,
                        problem,
                        before,
                        after,
                        &decision.reason,
                        &decision.person,
                    ))
                })
                .map_err(|e| self.failed("write a decision", e))
        };
        match &decision.settled {
            Settled::Answer {
                question,
                before,
                after,
            } => {
                let before = before.as_ref().map(json).transpose()?;
                add("answer", Some(question), None, before, Some(json(after)?))?;
            }
            Settled::Reject => {
                add("reject", None, None, None, None)?;
            }
            Settled::Restore => {
                add("restore", None, None, None, None)?;
            }
            Settled::Problem { code } => {
                let open = self
                    .db
                    .prepare_cached(
                        "SELECT id FROM problems p WHERE ballot_id = ?1 AND code = ?2
                         AND NOT EXISTS (SELECT 1 FROM standing_decisions d WHERE d.problem_id = p.id)
                         ORDER BY id",
                    )
                    .and_then(|mut s| {
                        s.query_map((decision.ballot.0, code), |r| r.get::<_, i64>(0))?
                            .collect::<Result<Vec<_>, _>>()
                    })
                    .map_err(|e| self.failed("look up problems", e))?;
                for problem in open {
                    add("settle", None, Some(problem), None, None)?;
                }
            }
        }
        Ok(())
    }
}
