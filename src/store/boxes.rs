//! Opened boxes: their minutes, their closing, and what became of the ballots
//! that came out of them.

use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{BoxKey, Store, StoreError, count};

/// Somebody who was present when a box was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Present {
    /// Full name.
    pub name: String,
    /// Office or part in it.
    pub role: String,
}

/// What the minutes of an opened box say. Checked by [`crate::station::boxes`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Minutes {
    /// Day and time as people gave it.
    pub opened: String,
    /// Where.
    pub place: String,
    /// Who was present.
    pub present: Vec<Present>,
    /// The lock was whole.
    pub lock_whole: bool,
    /// The seal was whole.
    pub seal_whole: bool,
    /// What was seen; needed where lock or seal was not whole.
    pub remark: Option<String>,
    /// Who was told; needed where lock or seal was not whole.
    pub told: Option<String>,
    /// Ballots, counted by hand.
    pub counted: u64,
}

/// Minutes as they were written down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OpeningRow {
    /// Number of the minutes in this station.
    pub number: i64,
    /// What they say.
    #[serde(flatten)]
    pub minutes: Minutes,
    /// Number of the minutes that these correct.
    pub corrects: Option<i64>,
    /// Why they were corrected.
    pub why: Option<String>,
    /// Who wrote them down.
    pub person: String,
    /// When, RFC 3339 UTC.
    pub recorded: String,
}

/// A box as the station knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoxRow {
    /// Its key.
    pub key: BoxKey,
    /// Unique in its unit.
    pub name: String,
    /// Id of its unit.
    pub unit: Option<String>,
    /// The unit's name for people.
    pub unit_name: Option<String>,
    /// It is in the campaign, not only seen on paper or opened.
    pub declared: bool,
}

impl BoxRow {
    /// `UNIT/BOX`, or `BOX` where it has no unit.
    #[must_use]
    pub fn label(&self) -> String {
        match &self.unit {
            Some(unit) => format!("{unit}/{}", self.name),
            None => self.name.clone(),
        }
    }
}

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

/// A box was closed or reopened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BoxEvent {
    /// `closed` or `reopened`.
    pub kind: String,
    /// The figures at that moment.
    pub figures: BoxFigures,
    /// Why; a box that agrees is closed without.
    pub reason: Option<String>,
    /// Who.
    pub person: String,
    /// When, RFC 3339 UTC.
    pub at: String,
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

/// Which box a pile of pages came out of, if their own codes do not say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Pile {
    /// The box that was named for the whole batch, if any.
    #[default]
    AsBatch,
    /// The box of the cover sheet that lies on it.
    Box(BoxKey),
    /// A cover sheet that must not be believed lies on it.
    Doubtful,
}

/// Problem code: the ballot came to a box that was closed.
pub(crate) const BOX_CLOSED: &str = "box-closed";
/// Problem code: another box is printed than the one that was named.
pub(crate) const BOX_MISMATCH: &str = "box-mismatch";
/// Problem code: the ballot lies under a cover sheet that must not be believed.
pub(crate) const COVER_FOREIGN: &str = "cover-foreign";

const BOX_COLUMNS: &str = "SELECT b.id, b.box, u.unit, u.name, b.declared
     FROM boxes b LEFT JOIN units u ON u.id = b.unit_id";

fn box_row(r: &rusqlite::Row<'_>) -> Result<BoxRow, rusqlite::Error> {
    Ok(BoxRow {
        key: BoxKey(r.get(0)?),
        name: r.get(1)?,
        unit: r.get(2)?,
        unit_name: r.get(3)?,
        declared: r.get(4)?,
    })
}

impl Store {
    /// All boxes, by unit and name.
    ///
    /// # Errors
    /// The database refuses.
    pub fn boxes(&self) -> Result<Vec<BoxRow>, StoreError> {
        self.db
            .prepare_cached(&format!("{BOX_COLUMNS} ORDER BY u.unit, b.box, b.id"))
            .and_then(|mut s| s.query_map([], box_row)?.collect())
            .map_err(|e| self.failed("list the boxes", e))
    }

    /// The box that a person names: `BOX`, or `UNIT/BOX` where several units
    /// have one of that name. Unlike [`Store::box_named`] it notes nothing.
    ///
    /// # Errors
    /// There is none, the name is ambiguous, or the database refuses.
    pub fn find_box(&self, name: &str) -> Result<BoxRow, StoreError> {
        let boxes = self.boxes()?;
        let mut found: Vec<&BoxRow> = boxes.iter().filter(|b| b.name == name).collect();
        if found.is_empty() {
            found = boxes.iter().filter(|b| b.label() == name).collect();
        }
        match found[..] {
            [one] => Ok(one.clone()),
            [] => Err(StoreError::BoxUnknown(name.to_owned())),
            _ => Err(StoreError::BoxAmbiguous(found.len(), name.to_owned())),
        }
    }

    /// The box of this unit, or of none, and this name; noted as undeclared where
    /// the campaign does not know it.
    ///
    /// # Errors
    /// The database refuses.
    pub fn note_box(&self, name: &str, unit: Option<&str>) -> Result<BoxKey, StoreError> {
        self.box_of(name, unit, false)
    }

    /// A box by its key.
    ///
    /// # Errors
    /// The database refuses.
    pub fn box_row(&self, key: BoxKey) -> Result<BoxRow, StoreError> {
        self.db
            .prepare_cached(&format!("{BOX_COLUMNS} WHERE b.id = ?1"))
            .and_then(|mut s| s.query_row([key.0], box_row))
            .map_err(|e| self.failed("look up a box", e))
    }

    /// Writes down the minutes of a box, which is noted if it is new.
    ///
    /// # Errors
    /// The box was opened already, or the database refuses.
    pub fn open_box(
        &self,
        name: &str,
        unit: Option<&str>,
        minutes: &Minutes,
        person: &str,
    ) -> Result<BoxKey, StoreError> {
        self.change("box-opened", || {
            let key = self.box_of(name, unit, false)?;
            if self.newest_opening(key)?.is_some() {
                return Err(StoreError::BoxOpened(self.box_row(key)?.label()));
            }
            let number = self.opening_row(key, minutes, None, person)?;
            let detail = json!({
                "box": name, "unit": unit, "number": number, "minutes": minutes, "person": person
            });
            Ok((key, detail))
        })
    }

    /// Writes new minutes in the place of the newest ones.
    ///
    /// # Errors
    /// The box was not opened or is closed, or the database refuses.
    pub fn correct_minutes(
        &self,
        key: BoxKey,
        minutes: &Minutes,
        why: &str,
        person: &str,
    ) -> Result<i64, StoreError> {
        self.change("minutes-corrected", || {
            let before = self.opening_needed(key)?;
            self.refuse_closed(key)?;
            let number = self.opening_row(key, minutes, Some((before.number, why)), person)?;
            let row = self.box_row(key)?;
            let detail = json!({
                "box": row.name, "unit": row.unit, "number": number,
                "corrects": before.number, "why": why,
                "before": before.minutes, "after": minutes, "person": person
            });
            Ok((number, detail))
        })
    }

    /// Closes a box.
    ///
    /// # Errors
    /// It was not opened, is closed already, or does not agree and there is no
    /// reason; or the database refuses.
    pub fn close_box(
        &self,
        key: BoxKey,
        reason: Option<&str>,
        person: &str,
    ) -> Result<BoxFigures, StoreError> {
        self.change("box-closed", || {
            self.opening_needed(key)?;
            self.refuse_closed(key)?;
            let figures = self.figures_of(key)?;
            if !figures.agree() && reason.is_none() {
                return Err(StoreError::BoxDisagrees {
                    label: self.box_row(key)?.label(),
                    counted: figures.counted.unwrap_or(0),
                    ballots: figures.ballots,
                    in_review: figures.in_review,
                });
            }
            let detail = self.box_event(key, "closed", &figures, reason, person)?;
            Ok((figures, detail))
        })
    }

    /// Opens a closed box again.
    ///
    /// # Errors
    /// It is not closed, or the database refuses.
    pub fn reopen_box(&self, key: BoxKey, reason: &str, person: &str) -> Result<(), StoreError> {
        self.change("box-reopened", || {
            if !self.is_closed(key)? {
                return Err(StoreError::BoxNotClosed(self.box_row(key)?.label()));
            }
            let figures = self.figures_of(key)?;
            let detail = self.box_event(key, "reopened", &figures, Some(reason), person)?;
            Ok(((), detail))
        })
    }

    /// Does the box take nothing more?
    ///
    /// # Errors
    /// The database refuses.
    pub fn is_closed(&self, key: BoxKey) -> Result<bool, StoreError> {
        self.db
            .prepare_cached("SELECT EXISTS (SELECT 1 FROM closed_boxes WHERE box_id = ?1)")
            .and_then(|mut s| s.query_row([key.0], |r| r.get(0)))
            .map_err(|e| self.failed("look up a box", e))
    }

    /// All minutes of a box, oldest first; the last one holds.
    ///
    /// # Errors
    /// The database refuses, or a row cannot be understood.
    pub fn openings(&self, key: BoxKey) -> Result<Vec<OpeningRow>, StoreError> {
        let rows = self
            .db
            .prepare_cached(
                "SELECT id, opened, place, present, lock_whole, seal_whole, remark, told,
                        counted, corrects, why, person, recorded
                 FROM openings WHERE box_id = ?1 ORDER BY id",
            )
            .and_then(|mut s| {
                s.query_map([key.0], |r| {
                    let present: String = r.get(3)?;
                    let row = OpeningRow {
                        number: r.get(0)?,
                        minutes: Minutes {
                            opened: r.get(1)?,
                            place: r.get(2)?,
                            present: Vec::new(),
                            lock_whole: r.get(4)?,
                            seal_whole: r.get(5)?,
                            remark: r.get(6)?,
                            told: r.get(7)?,
                            counted: count(r, 8)?,
                        },
                        corrects: r.get(9)?,
                        why: r.get(10)?,
                        person: r.get(11)?,
                        recorded: r.get(12)?,
                    };
                    Ok((row, present))
                })?
                .collect::<Result<Vec<_>, _>>()
            })
            .map_err(|e| self.failed("read the minutes", e))?;
        rows.into_iter()
            .map(|(mut row, present)| {
                row.minutes.present = self.parsed(&present, "who was present")?;
                Ok(row)
            })
            .collect()
    }

    /// Closings and reopenings of a box, oldest first.
    ///
    /// # Errors
    /// The database refuses, or a row cannot be understood.
    pub fn box_events(&self, key: BoxKey) -> Result<Vec<BoxEvent>, StoreError> {
        let rows = self
            .db
            .prepare_cached(
                "SELECT kind, figures, reason, person, at FROM box_events
                 WHERE box_id = ?1 ORDER BY id",
            )
            .and_then(|mut s| {
                s.query_map([key.0], |r| {
                    let event = BoxEvent {
                        kind: r.get(0)?,
                        figures: BoxFigures::default(),
                        reason: r.get(2)?,
                        person: r.get(3)?,
                        at: r.get(4)?,
                    };
                    Ok((event, r.get::<_, String>(1)?))
                })?
                .collect::<Result<Vec<_>, _>>()
            })
            .map_err(|e| self.failed("read the events of a box", e))?;
        rows.into_iter()
            .map(|(mut event, figures)| {
                event.figures = self.parsed(&figures, "the figures of a box")?;
                Ok(event)
            })
            .collect()
    }

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

    fn newest_opening(&self, key: BoxKey) -> Result<Option<OpeningRow>, StoreError> {
        Ok(self.openings(key)?.pop())
    }

    fn opening_needed(&self, key: BoxKey) -> Result<OpeningRow, StoreError> {
        match self.newest_opening(key)? {
            Some(row) => Ok(row),
            None => Err(StoreError::BoxNotOpened(self.box_row(key)?.label())),
        }
    }

    fn refuse_closed(&self, key: BoxKey) -> Result<(), StoreError> {
        if self.is_closed(key)? {
            return Err(StoreError::BoxClosed(self.box_row(key)?.label()));
        }
        Ok(())
    }

    fn opening_row(
        &self,
        key: BoxKey,
        minutes: &Minutes,
        corrects: Option<(i64, &str)>,
        person: &str,
    ) -> Result<i64, StoreError> {
        let present = self.written(&minutes.present, "who was present")?;
        let run = || -> Result<i64, rusqlite::Error> {
            self.db
                .prepare_cached(
                    "INSERT INTO openings (box_id, opened, place, present, lock_whole, seal_whole,
                        remark, told, counted, corrects, why, person, recorded)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12,
                        strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                )?
                .execute((
                    key.0,
                    &minutes.opened,
                    &minutes.place,
                    &present,
                    minutes.lock_whole,
                    minutes.seal_whole,
                    &minutes.remark,
                    &minutes.told,
                    i64::try_from(minutes.counted).unwrap_or(i64::MAX),
                    corrects.map(|c| c.0),
                    corrects.map(|c| c.1),
                    person,
                ))?;
            Ok(self.db.last_insert_rowid())
        };
        run().map_err(|e| self.failed("write the minutes", e))
    }

    fn box_event(
        &self,
        key: BoxKey,
        kind: &str,
        figures: &BoxFigures,
        reason: Option<&str>,
        person: &str,
    ) -> Result<serde_json::Value, StoreError> {
        let text = self.written(figures, "the figures of a box")?;
        self.db
            .prepare_cached(
                "INSERT INTO box_events (box_id, kind, figures, reason, person, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
            )
            .and_then(|mut s| s.execute((key.0, kind, &text, reason, person)))
            .map_err(|e| self.failed("write an event of a box", e))?;
        let row = self.box_row(key)?;
        Ok(json!({
            "box": row.name, "unit": row.unit, "figures": figures, "reason": reason,
            "person": person
        }))
    }

    /// Figures of all boxes that have ballots, without the hand counts.
    fn figures(&self) -> Result<std::collections::BTreeMap<Option<i64>, BoxFigures>, StoreError> {
        let run = || -> Result<_, rusqlite::Error> {
            let mut all: std::collections::BTreeMap<Option<i64>, BoxFigures> = self
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

    fn written(&self, value: &impl Serialize, what: &str) -> Result<String, StoreError> {
        serde_json::to_string(value).map_err(|e| self.not_json(what, e))
    }

    fn parsed<T: serde::de::DeserializeOwned>(
        &self,
        text: &str,
        what: &str,
    ) -> Result<T, StoreError> {
        serde_json::from_str(text).map_err(|e| self.not_json(what, e))
    }

    fn not_json(&self, what: &str, source: serde_json::Error) -> StoreError {
        StoreError::Json {
            path: self.path.clone(),
            what: what.to_owned(),
            source,
        }
    }

    /// The unit of a box by its row numbers.
    pub(super) fn unit_of_box(&self, ballot_box: i64) -> Result<Option<i64>, StoreError> {
        self.db
            .prepare_cached("SELECT unit_id FROM boxes WHERE id = ?1")
            .and_then(|mut s| s.query_row([ballot_box], |r| r.get(0)).optional())
            .map(Option::flatten)
            .map_err(|e| self.failed("look up a box", e))
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
        UNION SELECT ballot_id FROM problems WHERE blocking = 1 AND ballot_id IS NOT NULL
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
        FROM ballot_states s)
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
