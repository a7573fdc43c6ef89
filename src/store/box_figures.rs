//! The reconciliation of the boxes: what became of the ballots of each, derived
//! from readings and decisions each time.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{BoxEvent, BoxKey, BoxRow, Store, StoreError, count};

/// Ballots of a box that were rejected for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RejectedFor {
    /// As the person gave it.
    pub reason: String,
    /// How many ballots.
    pub ballots: u64,
}

/// What became of a box's ballots. `clean`, `in_review`, `settled` and
/// `rejected` add up to `ballots`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BoxFigures {
    /// Counted by hand when the box was opened.
    pub counted: Option<u64>,
    /// Ballots that were scanned; duplicates are none.
    pub ballots: u64,
    /// Nothing was ever asked about them.
    pub clean: u64,
    /// A question is open, a page is missing, or something keeps them from
    /// counting.
    pub in_review: u64,
    /// People settled all there was to ask.
    pub settled: u64,
    /// They do not count.
    pub rejected: u64,
    /// Why, most frequent first.
    pub rejected_for: Vec<RejectedFor>,
    /// Suspected second images of ballots that were scanned before.
    pub duplicates: u64,
}

impl BoxFigures {
    /// Ballots scanned less those counted by hand: below zero some are missing,
    /// above there is a surplus. `None` before the box was opened.
    #[must_use]
    pub fn difference(&self) -> Option<i64> {
        let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        Some(signed(self.ballots) - signed(self.counted?))
    }

    /// As many ballots as were counted, and nothing waits for a person.
    #[must_use]
    pub fn agree(&self) -> bool {
        self.difference() == Some(0) && self.in_review == 0
    }
}

/// A box with all that is derived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxLine {
    /// The box; `None`: ballots of which nobody knows the box.
    pub ballot_box: Option<BoxRow>,
    /// What became of its ballots.
    pub figures: BoxFigures,
    /// The newest event.
    pub last: Option<BoxEvent>,
}

impl BoxLine {
    /// The box takes nothing more.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.last.as_ref().is_some_and(|e| e.kind == "closed")
    }

    /// The box is closed, and its figures are not what they were then.
    #[must_use]
    pub fn changed_since_closing(&self) -> bool {
        self.is_closed()
            && self
                .last
                .as_ref()
                .is_some_and(|e| e.figures != self.figures)
    }
}

impl Store {
    /// All boxes with what became of their ballots, by unit and name; last, where
    /// there are such, the ballots of which nobody knows the box.
    ///
    /// # Errors
    /// The database refuses.
    pub fn box_lines(&self) -> Result<Vec<BoxLine>, StoreError> {
        let mut figures = self.figures()?;
        let mut lines = Vec::new();
        for row in self.boxes()? {
            let mut of_box = figures.remove(&Some(row.key.0)).unwrap_or_default();
            of_box.counted = self.newest_opening(row.key)?.map(|o| o.minutes.counted);
            lines.push(BoxLine {
                figures: of_box,
                last: self.box_events(row.key)?.pop(),
                ballot_box: Some(row),
            });
        }
        if let Some(loose) = figures.remove(&None) {
            lines.push(BoxLine {
                ballot_box: None,
                figures: loose,
                last: None,
            });
        }
        Ok(lines)
    }

    /// What became of a box's ballots.
    ///
    /// # Errors
    /// The database refuses.
    pub fn figures_of(&self, key: BoxKey) -> Result<BoxFigures, StoreError> {
        let mut figures = self.figures()?.remove(&Some(key.0)).unwrap_or_default();
        figures.counted = self.newest_opening(key)?.map(|o| o.minutes.counted);
        Ok(figures)
    }

    /// Figures of all boxes that have ballots, without the hand counts.
    fn figures(&self) -> Result<BTreeMap<Option<i64>, BoxFigures>, StoreError> {
        let run = || -> Result<_, rusqlite::Error> {
            let mut all: BTreeMap<Option<i64>, BoxFigures> = self
                .db
                .prepare_cached(FIGURES)?
                .query_map([], |r| {
                    Ok((
                        r.get(0)?,
                        BoxFigures {
                            ballots: count(r, 1)?,
                            rejected: count(r, 2)?,
                            in_review: count(r, 3)?,
                            settled: count(r, 4)?,
                            clean: count(r, 5)?,
                            ..BoxFigures::default()
                        },
                    ))
                })?
                .collect::<Result<_, _>>()?;
            let mut reasons = self.db.prepare_cached(REASONS)?;
            let mut rows = reasons.query([])?;
            while let Some(r) = rows.next()? {
                if let Some(figures) = all.get_mut(&r.get(0)?) {
                    figures.rejected_for.push(RejectedFor {
                        reason: r.get(1)?,
                        ballots: count(r, 2)?,
                    });
                }
            }
            let mut duplicates = self.db.prepare_cached(DUPLICATES)?;
            let mut rows = duplicates.query([])?;
            while let Some(r) = rows.next()? {
                if let Some(figures) = all.get_mut(&r.get(0)?) {
                    figures.duplicates = count(r, 1)?;
                }
            }
            Ok(all)
        };
        run().map_err(|e| self.failed("reconcile the boxes", e))
    }
}

/// Ballots by box: all, rejected, in review, settled, clean. A ballot was asked
/// about if a mark was not certain, something kept it from counting, or a person
/// decided something of it; it is open while any of that waits.
const FIGURES: &str = "
    WITH uncertain AS MATERIALIZED (
        SELECT bp.ballot_id, a.question FROM answers a
        JOIN ballot_pages bp ON bp.reading_id = a.reading_id AND bp.role = 'member'
        WHERE a.state IN ('overvote', 'marginal', 'corrected')),
    asked AS MATERIALIZED (
        SELECT ballot_id FROM uncertain
        UNION SELECT ballot_id FROM current_problems WHERE blocking = 1 AND ballot_id IS NOT NULL
        UNION SELECT ballot_id FROM decisions
        UNION SELECT ballot_id FROM doubts),
    open AS MATERIALIZED (
        SELECT ballot_id FROM open_items
        UNION SELECT id FROM ballot_states WHERE state = 'pending'),
    sorted AS (
        SELECT s.box_id, CASE
            WHEN s.state = 'rejected' THEN 'rejected'
            WHEN s.id IN (SELECT ballot_id FROM open) THEN 'review'
            WHEN s.id IN (SELECT ballot_id FROM asked) THEN 'settled'
            ELSE 'clean' END AS place
        FROM ballot_states s WHERE s.state <> 'cancelled')
    SELECT box_id, count(*),
        count(*) FILTER (WHERE place = 'rejected'),
        count(*) FILTER (WHERE place = 'review'),
        count(*) FILTER (WHERE place = 'settled'),
        count(*) FILTER (WHERE place = 'clean')
    FROM sorted GROUP BY box_id";

/// Why ballots are rejected, by box, most frequent first.
const REASONS: &str = "
    SELECT s.box_id, d.reason, count(*) FROM ballot_states s
    JOIN decisions d ON d.id = (SELECT max(n.id) FROM standing_decisions n
        WHERE n.ballot_id = s.id AND n.kind IN ('reject', 'restore'))
    WHERE s.state = 'rejected'
    GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2";

/// Suspected duplicates by box. A duplicate of a ballot is as many sheets as its
/// most frequent page has second images.
const DUPLICATES: &str = "
    SELECT b.box_id, sum(m.most) FROM (
        SELECT ballot_id, max(n) AS most FROM (
            SELECT ballot_id, page, count(*) AS n FROM ballot_pages
            WHERE role = 'duplicate' GROUP BY 1, 2)
        GROUP BY 1) m
    JOIN ballots b ON b.id = m.ballot_id GROUP BY 1";
