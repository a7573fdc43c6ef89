//! Every ballot with all its answers, as read and as settled: what leaves the
//! station, and what figures are made of.

use super::{BallotKey, FormKey, Packing, Store, StoreError};
use crate::read::{Answer, AnswerState};

/// What became of a ballot. (Those of cancelled batches are not there at all.)
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "lowercase")]
pub enum BallotState {
    /// It counts.
    Counted,
    /// It waits for a person as a whole.
    Pending,
    /// A person took it out.
    Rejected,
}

impl BallotState {
    /// The word in the database and in files.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Counted => "counted",
            Self::Pending => "pending",
            Self::Rejected => "rejected",
        }
    }

    /// Of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::Counted, Self::Pending, Self::Rejected]
            .into_iter()
            .find(|s| s.word() == word)
    }
}

/// One question of one ballot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerRecord {
    /// Which question.
    pub question: String,
    /// What the machine read; marginal without choices where it could not read the
    /// page.
    pub read: Answer,
    /// What holds: the newest decision, else the reading; a reading that a person
    /// doubts is marginal.
    pub now: Answer,
    /// A person's decision stands.
    pub decided: bool,
}

/// One ballot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BallotRecord {
    /// Its key in this station.
    pub ballot: BallotKey,
    /// Which form.
    pub form: FormKey,
    /// Printed on it.
    pub serial: Option<String>,
    /// Which unit; `None`: not known.
    pub unit: Option<String>,
    /// Which ballot box; `None`: not known.
    pub ballot_box: Option<String>,
    /// Number of its batch.
    pub batch: i64,
    /// When its batch was begun, RFC 3339 UTC.
    pub scanned: String,
    /// Does it count?
    pub state: BallotState,
    /// Its questions as far as pages were read, by id.
    pub answers: Vec<AnswerRecord>,
}

impl BallotRecord {
    /// Its answers as they hold, packed for its form.
    #[must_use]
    pub fn packed(&self, packing: &Packing) -> Vec<u8> {
        packing.pack(|id| {
            let answer = self.answers.iter().find(|a| a.question == id);
            answer.map(|a| &a.now)
        })
    }
}

impl Store {
    /// Shows every ballot to `visit`, in the order in which they were first seen.
    ///
    /// # Errors
    /// The database refuses, or `visit` does.
    pub fn each_record<E>(
        &self,
        mut visit: impl FnMut(BallotRecord) -> Result<(), E>,
    ) -> Result<(), E>
    where
        E: From<StoreError>,
    {
        let failed = |e| E::from(self.failed("read the ballots", e));
        let mut ballots = self
            .db
            .prepare_cached(
                "SELECT b.id, b.form_id, b.serial, u.unit, x.box, b.batch_id, t.started, s.state
                 FROM ballots b
                 JOIN ballot_states s ON s.id = b.id
                 JOIN batches t ON t.id = b.batch_id
                 LEFT JOIN units u ON u.id = b.unit_id
                 LEFT JOIN boxes x ON x.id = b.box_id
                 WHERE s.state <> 'cancelled' ORDER BY b.id",
            )
            .map_err(failed)?;
        let mut answers = self
            .db
            .prepare_cached(
                "SELECT p.ballot_id, a.question, a.state,
                    (SELECT json_group_array(c.choice) FROM answer_choices c
                     WHERE c.reading_id = a.reading_id AND c.question = a.question),
                    (SELECT d.after FROM standing_decisions d
                     WHERE d.ballot_id = p.ballot_id AND d.kind = 'answer'
                       AND d.question = a.question ORDER BY d.id DESC LIMIT 1),
                    EXISTS (SELECT 1 FROM doubts t
                            WHERE t.ballot_id = p.ballot_id AND t.question = a.question)
                 FROM ballot_pages p
                 JOIN answers a ON a.reading_id = p.reading_id
                 WHERE p.role = 'member'
                 UNION ALL
                 -- Of pages that could not be read, and were keyed from their picture.
                 SELECT d.ballot_id, d.question, 'marginal', '[]', d.after, 0
                 FROM standing_decisions d
                 WHERE d.kind = 'answer' AND d.id = (
                        SELECT max(n.id) FROM standing_decisions n
                        WHERE n.ballot_id = d.ballot_id AND n.kind = 'answer'
                          AND n.question = d.question)
                   AND NOT EXISTS (
                        SELECT 1 FROM ballot_pages p
                        JOIN answers a ON a.reading_id = p.reading_id
                        WHERE p.ballot_id = d.ballot_id AND p.role = 'member'
                          AND a.question = d.question)
                 ORDER BY 1, 2",
            )
            .map_err(failed)?;
        let mut answers = answers.query([]).map_err(failed)?;
        let mut ahead = self.next_answer(&mut answers)?;
        let mut ballots = ballots.query([]).map_err(failed)?;
        while let Some(r) = ballots.next().map_err(failed)? {
            let id: i64 = r.get(0).map_err(failed)?;
            let mut own = Vec::new();
            while let Some((ballot, answer)) = ahead.take_if(|a| a.0 <= id) {
                if ballot == id {
                    own.push(answer);
                }
                ahead = self.next_answer(&mut answers)?;
            }
            let state: String = r.get(7).map_err(failed)?;
            let Some(state) = BallotState::of(&state) else {
                continue;
            };
            visit(BallotRecord {
                ballot: BallotKey(id),
                form: FormKey(r.get(1).map_err(failed)?),
                serial: r.get(2).map_err(failed)?,
                unit: r.get(3).map_err(failed)?,
                ballot_box: r.get(4).map_err(failed)?,
                batch: r.get(5).map_err(failed)?,
                scanned: r.get(6).map_err(failed)?,
                state,
                answers: own,
            })?;
        }
        Ok(())
    }

    fn next_answer(
        &self,
        rows: &mut rusqlite::Rows<'_>,
    ) -> Result<Option<(i64, AnswerRecord)>, StoreError> {
        let failed = |e| self.failed("read the answers", e);
        let Some(r) = rows.next().map_err(failed)? else {
            return Ok(None);
        };
        let question: String = r.get(1).map_err(failed)?;
        let json = |what: &str, text: &str| StoreError::Json {
            path: self.path.clone(),
            what: format!("{what} of question {question:?}"),
            source: serde::de::Error::custom(text),
        };
        let word: String = r.get(2).map_err(failed)?;
        let state: AnswerState = serde_json::from_value(serde_json::Value::String(word))
            .map_err(|e| json("the state", &e.to_string()))?;
        let choices: String = r.get(3).map_err(failed)?;
        let choices: Vec<String> =
            serde_json::from_str(&choices).map_err(|e| json("the choices", &e.to_string()))?;
        let read = Answer { state, choices };
        let after: Option<String> = r.get(4).map_err(failed)?;
        let doubted: bool = r.get(5).map_err(failed)?;
        let (now, decided) = match after {
            Some(after) => (
                serde_json::from_str(&after).map_err(|e| json("a decision", &e.to_string()))?,
                true,
            ),
            None if doubted => (
                Answer {
                    state: AnswerState::Marginal,
                    choices: read.choices.clone(),
                },
                false,
            ),
            None => (read.clone(), false),
        };
        let ballot = r.get(0).map_err(failed)?;
        let answer = AnswerRecord {
            question,
            read,
            now,
            decided,
        };
        Ok(Some((ballot, answer)))
    }
}
