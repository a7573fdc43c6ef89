//! What the machine saw in each checkbox of a ballot.

use super::{BallotKey, Store, StoreError};
use crate::read::MarkState;

/// One checkbox of one ballot, as it was read.
#[derive(Debug, Clone, PartialEq)]
pub struct MarkRecord {
    /// Which question.
    pub question: String,
    /// Which choice.
    pub choice: String,
    /// What it is.
    pub state: MarkState,
    /// How sure: from 0 (empty) to 1 (marked).
    pub score: f64,
}

impl Store {
    /// The checkboxes of a ballot as far as its pages were read; none of a ballot
    /// whose answers a person typed in.
    ///
    /// # Errors
    /// The database refuses.
    pub fn marks_of(&self, ballot: BallotKey) -> Result<Vec<MarkRecord>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT m.question, m.choice, m.state, m.score
                 FROM ballot_pages p JOIN marks m ON m.reading_id = p.reading_id
                 WHERE p.ballot_id = ?1 AND p.role = 'member' ORDER BY m.question, m.choice",
            )
            .and_then(|mut s| {
                s.query_map([ballot.0], |r| {
                    let state: String = r.get(2)?;
                    let state = match state.as_str() {
                        "marked" => MarkState::Marked,
                        "unmarked" => MarkState::Unmarked,
                        _ => MarkState::Marginal,
                    };
                    Ok(MarkRecord {
                        question: r.get(0)?,
                        choice: r.get(1)?,
                        state,
                        score: r.get(3)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("read the marks of a ballot", e))
    }
}
