//! Ballots by state, counted anew each time. (What they answered is counted from
//! [`super::BallotRecord`]s; the same by the database alone is here for the tests.)

use super::{Channel, FormKey, Store, StoreError, count};

/// Ballots of one form, unit and channel in one state.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BallotCount {
    /// Which form.
    pub form: FormKey,
    /// Which unit; `None`: not known.
    pub unit: Option<String>,
    /// How they came in; `None`: scanned here, out of that box.
    pub channel: Option<Channel>,
    /// Which box.
    pub ballot_box: Option<String>,
    /// `counted`, `pending` or `rejected`.
    pub state: String,
    /// How many ballots.
    pub ballots: u64,
}

/// Counted ballots with one state of one question.
#[cfg(test)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerCount {
    /// Which form.
    pub form: FormKey,
    /// Which unit; `None`: not known.
    pub unit: Option<String>,
    /// Which question.
    pub question: String,
    /// The state, after decisions: `answered`, `blank`, `overvote`,
    /// `marginal`, `corrected`.
    pub state: String,
    /// How many ballots.
    pub ballots: u64,
}

/// Counted ballots that have one choice of one question.
#[cfg(test)]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceCount {
    /// Which form.
    pub form: FormKey,
    /// Which unit; `None`: not known.
    pub unit: Option<String>,
    /// Which question.
    pub question: String,
    /// Which choice.
    pub choice: String,
    /// How many ballots.
    pub ballots: u64,
}

/// What holds of each question of each counted ballot: the newest decision,
/// else the reading.
#[cfg(test)]
macro_rules! effective {
    ($rest:literal) => {
        concat!(
            "WITH counted AS MATERIALIZED (
                SELECT s.id, s.form_id, u.unit FROM ballot_states s
                LEFT JOIN units u ON u.id = s.unit_id WHERE s.state = 'counted'),
             decided AS MATERIALIZED (
                SELECT d.ballot_id, d.question, d.after FROM standing_decisions d
                WHERE d.kind = 'answer' AND d.id = (
                    SELECT max(n.id) FROM standing_decisions n WHERE n.ballot_id = d.ballot_id
                    AND n.kind = 'answer' AND n.question = d.question)),
             as_read AS (
                SELECT c.form_id, c.unit, a.reading_id, a.question,
                    CASE WHEN EXISTS (SELECT 1 FROM doubts t
                            WHERE t.ballot_id = c.id AND t.question = a.question)
                        THEN 'marginal' ELSE a.state END AS state
                FROM counted c
                JOIN ballot_pages p ON p.ballot_id = c.id AND p.role = 'member'
                JOIN answers a ON a.reading_id = p.reading_id
                WHERE NOT EXISTS (SELECT 1 FROM decided d
                    WHERE d.ballot_id = c.id AND d.question = a.question)),
             as_decided AS (
                SELECT c.form_id, c.unit, d.question, d.after
                FROM decided d JOIN counted c ON c.id = d.ballot_id) ",
            $rest
        )
    };
}

impl Store {
    /// Ballots by form, unit and state, with those that were not scanned here; those of
    /// cancelled batches left out.
    ///
    /// # Errors
    /// The database refuses.
    pub fn ballot_counts(&self) -> Result<Vec<BallotCount>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT s.form_id, u.unit, NULL, s.state, count(*), x.box
                 FROM ballot_states s
                 JOIN ballots b ON b.id = s.id
                 LEFT JOIN units u ON u.id = s.unit_id
                 LEFT JOIN boxes x ON x.id = b.box_id
                 WHERE s.state <> 'cancelled' GROUP BY 1, 2, 3, 4, 6
                 UNION ALL
                 SELECT o.form_id, u.unit, o.channel, o.state, count(*), NULL
                 FROM outside_ballots o
                 LEFT JOIN units u ON u.id = o.unit_id
                 WHERE o.source_id NOT IN (SELECT source_id FROM source_ends)
                 GROUP BY 1, 2, 3, 4
                 ORDER BY 1, 2, 3, 4, 6",
            )
            .and_then(|mut s| {
                s.query_map([], |r| {
                    Ok(BallotCount {
                        form: FormKey(r.get(0)?),
                        unit: r.get(1)?,
                        channel: r.get::<_, Option<String>>(2)?.and_then(|c| Channel::of(&c)),
                        ballot_box: r.get(5)?,
                        state: r.get(3)?,
                        ballots: count(r, 4)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("count the ballots", e))
    }
}

#[cfg(test)]
impl Store {
    /// States of questions over the counted ballots, by form and unit.
    ///
    /// # Errors
    /// The database refuses.
    pub fn answer_counts(&self) -> Result<Vec<AnswerCount>, StoreError> {
        self.db
            .prepare_cached(effective!(
                "SELECT form_id, unit, question, state, count(*) FROM (
                    SELECT form_id, unit, question, state FROM as_read
                    UNION ALL
                    SELECT form_id, unit, question, json_extract(after, '$.state')
                    FROM as_decided)
                 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
            ))
            .and_then(|mut s| {
                s.query_map([], |r| {
                    Ok(AnswerCount {
                        form: FormKey(r.get(0)?),
                        unit: r.get(1)?,
                        question: r.get(2)?,
                        state: r.get(3)?,
                        ballots: count(r, 4)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("count the answers", e))
    }

    /// Choices over the counted ballots' answered questions, by form and unit.
    ///
    /// # Errors
    /// The database refuses.
    pub fn choice_counts(&self) -> Result<Vec<ChoiceCount>, StoreError> {
        self.db
            .prepare_cached(effective!(
                "SELECT form_id, unit, question, choice, count(*) FROM (
                    SELECT r.form_id, r.unit, r.question, c.choice FROM as_read r
                    JOIN answer_choices c
                      ON c.reading_id = r.reading_id AND c.question = r.question
                    WHERE r.state = 'answered'
                    UNION ALL
                    SELECT d.form_id, d.unit, d.question, j.value
                    FROM as_decided d, json_each(d.after, '$.choices') j
                    WHERE json_extract(d.after, '$.state') = 'answered')
                 GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4"
            ))
            .and_then(|mut s| {
                s.query_map([], |r| {
                    Ok(ChoiceCount {
                        form: FormKey(r.get(0)?),
                        unit: r.get(1)?,
                        question: r.get(2)?,
                        choice: r.get(3)?,
                        ballots: count(r, 4)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("count the choices", e))
    }
}
