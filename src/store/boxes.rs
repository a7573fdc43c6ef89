//! Opened boxes: their minutes, their closing, and what became of the ballots
//! that came out of them.

use rusqlite::OptionalExtension;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{BoxFigures, BoxKey, Store, StoreError, count};

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

    pub(super) fn newest_opening(&self, key: BoxKey) -> Result<Option<OpeningRow>, StoreError> {
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
