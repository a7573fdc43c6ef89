//! How the review goes on, and how sure the reader was of each box.

use super::{BallotKey, Store, StoreError, count};

/// How fast reviewers are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pace {
    /// Decisions of the last hour.
    pub last_hour: u64,
    /// Decisions that stand, by person.
    pub by_person: Vec<(String, u64)>,
    /// Questions that two people answered, and of how many they agreed.
    pub twice: (u64, u64),
}

/// One box on the wall of marks.
#[derive(Debug, Clone, PartialEq)]
pub struct WallBox {
    /// Its ballot.
    pub ballot: BallotKey,
    /// Its page image in this station.
    pub page_id: i64,
    /// What the reader took it for.
    pub state: String,
    /// 0 surely empty, 1 surely marked.
    pub score: f64,
    /// A person has decided on the question, or is asked.
    pub seen: bool,
}

impl Store {
    /// How fast reviewers are and how often they agree.
    ///
    /// # Errors
    /// The database refuses.
    pub fn pace(&self) -> Result<Pace, StoreError> {
        let run = || -> Result<Pace, rusqlite::Error> {
            let last_hour = self
                .db
                .prepare_cached(
                    "SELECT count(*) FROM standing_decisions WHERE kind = 'answer'
                     AND decided > strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 hour')",
                )?
                .query_row([], |r| count(r, 0))?;
            let by_person = self
                .db
                .prepare_cached(
                    "SELECT person, count(*) FROM standing_decisions
                     WHERE kind = 'answer' GROUP BY person ORDER BY 2 DESC, 1",
                )?
                .query_map([], |r| Ok((r.get(0)?, count(r, 1)?)))?
                .collect::<Result<_, _>>()?;
            let twice = self
                .db
                .prepare_cached(
                    "SELECT count(*), count(*) FILTER (WHERE answers = 1) FROM (
                        SELECT count(DISTINCT after) AS answers FROM opinions
                        GROUP BY ballot_id, question HAVING count(DISTINCT person) > 1)",
                )?
                .query_row([], |r| Ok((count(r, 0)?, count(r, 1)?)))?;
            Ok(Pace {
                last_hour,
                by_person,
                twice,
            })
        };
        run().map_err(|e| self.failed("count decisions", e))
    }

    /// Boxes of one choice on all ballots of a form, those with the lowest score
    /// first, or the highest.
    ///
    /// # Errors
    /// The database refuses.
    pub fn wall(
        &self,
        form: &str,
        question: &str,
        choice: &str,
        highest_first: bool,
        skip: u32,
        most: u32,
    ) -> Result<Vec<WallBox>, StoreError> {
        let order = if highest_first { "DESC" } else { "ASC" };
        self.db
            .prepare_cached(&format!(
                "SELECT bp.ballot_id, bp.page_id, m.state, m.score,
                    EXISTS (SELECT 1 FROM standing_decisions d WHERE d.ballot_id = bp.ballot_id
                        AND d.kind = 'answer' AND d.question = m.question)
                    OR EXISTS (SELECT 1 FROM open_items o WHERE o.ballot_id = bp.ballot_id
                        AND o.question = m.question)
                 FROM forms f
                 JOIN ballots b ON b.form_id = f.id
                 JOIN ballot_pages bp ON bp.ballot_id = b.id AND bp.role = 'member'
                 JOIN marks m ON m.reading_id = bp.reading_id
                    AND m.question = ?2 AND m.choice = ?3
                 WHERE f.form = ?1
                 ORDER BY m.score {order}, bp.ballot_id LIMIT ?4 OFFSET ?5"
            ))
            .and_then(|mut s| {
                s.query_map((form, question, choice, most, skip), |r| {
                    Ok(WallBox {
                        ballot: BallotKey(r.get(0)?),
                        page_id: r.get(1)?,
                        state: r.get(2)?,
                        score: r.get(3)?,
                        seen: r.get(4)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list the boxes of a choice", e))
    }
}
