//! Batches: what became of each run of scanning, and cancelling one.
//!
//! A batch is what one run brought that the station did not have. Cancelling it
//! adds one row to `batch_events`; from then on its readings, places and
//! problems hold no more (the views of schema 5), as if they had not come.
//!
//! A ballot that the batch began, or gave a page that was counted, ends
//! (`ballot_ends`). What other batches have of the same paper is put together
//! anew as another ballot, in the order in which it came: what was a duplicate
//! of a cancelled page becomes the page itself. So the station counts what one
//! counts that never saw the cancelled batch.
//!
//! What people decided goes with the image that they saw:
//!
//! - of a ballot that ends with all of its pages, decisions stay with it and
//!   out of the way, also when the same files come again: a batch is cancelled
//!   because something was wrong with it (the wrong box, a dirty scanner), and
//!   then the machine may read the page otherwise than what was decided about;
//! - of a ballot that is put together anew, what holds of the questions of pages
//!   that are still there is carried over (answers, opinions, doubts, what was
//!   left to a supervisor), and that the paper was rejected: a rejected paper must
//!   not count because another batch was cancelled.

use rusqlite::OptionalExtension;
use serde_json::json;

use super::boxes::BOX_MISMATCH;
use super::groups::{DUPLICATE, DUPLICATE_DIFFERS, Place};
use super::{BallotKey, BatchKey, BoxKey, FormKey, NewBallot, Pile, Store, StoreError, count};

/// Where a batch is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BatchState {
    /// Begun and not ended: it is being scanned, or its scan was cut off.
    Open,
    /// It is to wait.
    Paused,
    /// It came to its end.
    Finished,
    /// It counts nowhere.
    Cancelled,
}

/// One batch, for people.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchRow {
    /// Its key.
    pub key: BatchKey,
    /// When it began, RFC 3339 UTC.
    pub started: String,
    /// When it came to its end, RFC 3339 UTC.
    pub finished: Option<String>,
    /// The box that was named for it.
    pub ballot_box: Option<String>,
    /// The unit of that box.
    pub unit: Option<String>,
    /// Where it is.
    pub state: BatchState,
    /// Page images that it brought.
    pub pages: u64,
    /// Those of them that a person must look at.
    pub flagged: u64,
    /// Ballots that it began and that hold.
    pub ballots: u64,
    /// Seconds at work, without pauses.
    pub seconds: f64,
    /// What last happened to it: reason, person and time.
    pub last: Option<BatchEvent>,
}

/// Something that somebody did with a batch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BatchEvent {
    /// `paused`, `resumed` or `cancelled`.
    pub kind: String,
    /// Why.
    pub reason: String,
    /// Who.
    pub person: String,
    /// When, RFC 3339 UTC.
    pub at: String,
}

/// What cancelling a batch did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cancelled {
    /// Page images that hold no more.
    pub pages: u64,
    /// Ballots that are no more.
    pub ballots: u64,
    /// Ballots among them that were put together anew of what other batches
    /// have of the same paper.
    pub anew: u64,
}

/// Problems that are seen anew beside the ballot as it is now, for SQL.
pub(super) const NEVER_CARRIED: &str = "'duplicate', 'duplicate-differs', 'box-mismatch'";

/// A ballot that ends: its key, form and serial.
type Ended = (BallotKey, FormKey, Option<String>);

/// A page of a ballot that ended, of a batch that holds.
struct Left {
    page_id: i64,
    reading_id: i64,
    batch: BatchKey,
    number: u32,
    unread: bool,
    unit: Option<String>,
    ballot_box: Option<String>,
    name: String,
    /// What the cover sheet said that it lay under.
    pile: Pile,
    /// What a person did that gave it its place.
    act: Option<i64>,
}

impl Store {
    /// Where this batch is.
    ///
    /// # Errors
    /// There is none of this number, or the database refuses.
    pub fn batch_state(&self, batch: BatchKey) -> Result<BatchState, StoreError> {
        self.db
            .prepare_cached(
                "SELECT b.finished IS NOT NULL,
                    EXISTS (SELECT 1 FROM batch_events e
                            WHERE e.batch_id = b.id AND e.kind = 'cancelled'),
                    (SELECT e.kind FROM batch_events e
                     WHERE e.batch_id = b.id ORDER BY e.id DESC LIMIT 1)
                 FROM batches b WHERE b.id = ?1",
            )
            .and_then(|mut s| {
                s.query_row([batch.0], |r| {
                    Ok(state_of(
                        r.get(0)?,
                        r.get(1)?,
                        r.get::<_, Option<String>>(2)?.as_deref(),
                    ))
                })
                .optional()
            })
            .map_err(|e| self.failed("look up a batch", e))?
            .ok_or(StoreError::BatchMissing(batch.0))
    }

    /// The batch of this number.
    ///
    /// # Errors
    /// There is none, or the database refuses.
    pub fn batch_numbered(&self, number: i64) -> Result<BatchKey, StoreError> {
        let key = BatchKey(number);
        self.batch_state(key).map(|_| key)
    }

    /// Asks the scan that brings this batch to wait.
    ///
    /// # Errors
    /// There is no such batch, it is cancelled or came to its end, or the
    /// database refuses.
    pub fn pause_batch(&self, batch: BatchKey, reason: &str) -> Result<(), StoreError> {
        self.open_batch_event(batch, "paused", "batch-paused", reason)
    }

    /// Asks it to go on.
    ///
    /// # Errors
    /// As [`Self::pause_batch`].
    pub fn resume_batch(&self, batch: BatchKey, reason: &str) -> Result<(), StoreError> {
        self.open_batch_event(batch, "resumed", "batch-resumed", reason)
    }

    fn open_batch_event(
        &self,
        batch: BatchKey,
        kind: &str,
        logged: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.change_if(logged, || {
            match (self.batch_state(batch)?, kind) {
                (BatchState::Cancelled, _) => return Err(StoreError::BatchCancelled(batch.0)),
                (BatchState::Finished, _) => return Err(StoreError::BatchFinished(batch.0)),
                // It is so already.
                (BatchState::Paused, "paused") | (BatchState::Open, "resumed") => {
                    return Ok(((), None));
                }
                (BatchState::Paused | BatchState::Open, _) => {}
            }
            self.batch_event(batch, kind, reason)?;
            Ok(((), Some(json!({ "batch": batch.0, "reason": reason }))))
        })
    }

    fn batch_event(&self, batch: BatchKey, kind: &str, reason: &str) -> Result<i64, StoreError> {
        self.db
            .prepare_cached(
                "INSERT INTO batch_events (batch_id, kind, reason, person, at)
                 VALUES (?1, ?2, ?3, ?4, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
            )
            .and_then(|mut s| s.execute((batch.0, kind, reason, &self.actor.person)))
            .map_err(|e| self.failed("note what happened to a batch", e))?;
        Ok(self.db.last_insert_rowid())
    }

    /// Takes a batch out of everything that is counted, for good; see the
    /// module's text. The same files may be scanned again afterwards.
    ///
    /// # Errors
    /// There is no such batch, it is cancelled already, or the database
    /// refuses; then nothing is changed.
    pub fn cancel_batch(&self, batch: BatchKey, reason: &str) -> Result<Cancelled, StoreError> {
        self.change("batch-cancelled", || {
            if self.batch_state(batch)? == BatchState::Cancelled {
                return Err(StoreError::BatchCancelled(batch.0));
            }
            let pages = self.pages_of(batch)?;
            let ends = self.ballots_ended_by(batch)?;
            let event = self.batch_event(batch, "cancelled", reason)?;
            for (ballot, ..) in &ends {
                self.db
                    .prepare_cached("INSERT INTO ballot_ends (ballot_id, event_id) VALUES (?1, ?2)")
                    .and_then(|mut s| s.execute((ballot.0, event)))
                    .map_err(|e| self.failed("end a ballot", e))?;
            }
            let mut anew = Vec::new();
            for (ballot, form, serial) in &ends {
                if let Some(new) = self.put_together_anew(*ballot, *form, serial.as_deref())? {
                    anew.push(json!({ "was": ballot.0, "is": new.0 }));
                }
            }
            let done = Cancelled {
                pages,
                ballots: ends.len() as u64,
                anew: anew.len() as u64,
            };
            let detail = json!({
                "batch": batch.0, "reason": reason, "pages": pages,
                "ballots": done.ballots, "anew": anew,
            });
            Ok((done, detail))
        })
    }

    /// Pages whose reading of this batch holds.
    fn pages_of(&self, batch: BatchKey) -> Result<u64, StoreError> {
        self.db
            .prepare_cached(
                "SELECT count(*) FROM current_readings r JOIN pages p ON p.id = r.page_id
                 JOIN images i ON i.id = p.image_id WHERE coalesce(r.batch_id, i.batch_id) = ?1",
            )
            .and_then(|mut s| s.query_row([batch.0], |r| count(r, 0)))
            .map_err(|e| self.failed("count the pages of a batch", e))
    }

    /// Ballots that cannot stay without this batch.
    fn ballots_ended_by(&self, batch: BatchKey) -> Result<Vec<Ended>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT b.id, b.form_id, b.serial FROM ballots b
                 WHERE b.id IN (
                        SELECT id FROM ballots WHERE batch_id = ?1
                        UNION
                        SELECT ballot_id FROM placements WHERE batch_id = ?1 AND role = 'member')
                   AND NOT EXISTS (SELECT 1 FROM ballot_ends x WHERE x.ballot_id = b.id)
                 ORDER BY b.id",
            )
            .and_then(|mut s| {
                s.query_map([batch.0], |r| {
                    Ok((BallotKey(r.get(0)?), FormKey(r.get(1)?), r.get(2)?))
                })?
                .collect()
            })
            .map_err(|e| self.failed("list the ballots of a batch", e))
    }

    /// What other batches have of a ballot that ended becomes a ballot, page by
    /// page in the order in which it came.
    pub(super) fn put_together_anew(
        &self,
        was: BallotKey,
        form: FormKey,
        serial: Option<&str>,
    ) -> Result<Option<BallotKey>, StoreError> {
        let mut new = None;
        for left in self.left_of(was)? {
            let ballot = NewBallot {
                form,
                serial: serial.map(str::to_owned),
                unit: left.unit.clone(),
                ballot_box: left.ballot_box.clone(),
                problems: Vec::new(),
            };
            let key = match (new, serial) {
                (Some(key), None) => key,
                // Finds the new one again, and sees whether the page came out of
                // another box.
                _ => self.ballot_row(left.batch, &ballot, left.pile, Some(left.reading_id))?,
            };
            new = Some(key);
            self.carry_problems(was, key, left.reading_id)?;
            self.place_page(&Place {
                batch: left.batch,
                ballot: key,
                page_id: left.page_id,
                reading_id: left.reading_id,
                number: left.number,
                unread: left.unread,
                name: &left.name,
                pile: left.pile,
                act: left.act,
            })?;
        }
        if let Some(new) = new {
            self.carry_decisions(was, new)?;
        }
        Ok(new)
    }

    fn left_of(&self, ballot: BallotKey) -> Result<Vec<Left>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT p.page_id, p.reading_id, p.batch_id, p.page, p.role, r.unit, r.box, i.name,
                    p.cover_box_id, p.cover_doubtful, p.act_id
                 FROM placements p
                 JOIN holding_readings r ON r.id = p.reading_id
                 JOIN pages g ON g.id = p.page_id
                 JOIN images i ON i.id = g.image_id
                 WHERE p.ballot_id = ?1
                   AND NOT EXISTS (SELECT 1 FROM batch_events e
                                   WHERE e.batch_id = p.batch_id AND e.kind = 'cancelled')
                   AND NOT EXISTS (SELECT 1 FROM placement_ends x WHERE x.placement_id = p.id)
                 ORDER BY p.id",
            )
            .and_then(|mut s| {
                s.query_map([ballot.0], |r| {
                    Ok(Left {
                        page_id: r.get(0)?,
                        reading_id: r.get(1)?,
                        batch: BatchKey(r.get(2)?),
                        number: r.get(3)?,
                        unread: r.get::<_, String>(4)? == "unread",
                        unit: r.get(5)?,
                        ballot_box: r.get(6)?,
                        name: r.get(7)?,
                        pile: match (r.get::<_, Option<i64>>(8)?, r.get::<_, Option<i64>>(9)?) {
                            (Some(key), _) => Pile::Box(BoxKey(key)),
                            (None, Some(_)) => Pile::Doubtful,
                            (None, None) => Pile::AsBatch,
                        },
                        act: r.get(10)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list what is left of a ballot", e))
    }

    /// Copies the problems of a page, and that they were settled; duplicates
    /// are found anew.
    pub(super) fn carry_problems(
        &self,
        was: BallotKey,
        new: BallotKey,
        reading: i64,
    ) -> Result<(), StoreError> {
        let run = || -> Result<(), rusqlite::Error> {
            let problems: Vec<i64> = self
                .db
                .prepare_cached(
                    "SELECT id FROM problems WHERE ballot_id = ?1 AND reading_id = ?2
                     AND code NOT IN (?3, ?4, ?5) ORDER BY id",
                )?
                .query_map(
                    // Seen anew beside the ballot as it is now.
                    (was.0, reading, DUPLICATE, DUPLICATE_DIFFERS, BOX_MISMATCH),
                    |r| r.get(0),
                )?
                .collect::<Result<_, _>>()?;
            for problem in problems {
                self.db
                    .prepare_cached(
                        "INSERT INTO problems (reading_id, ballot_id, code, detail, blocking)
                         SELECT reading_id, ?1, code, detail, blocking FROM problems WHERE id = ?2",
                    )?
                    .execute((new.0, problem))?;
                let copy = self.db.last_insert_rowid();
                self.db
                    .prepare_cached(
                        "INSERT INTO decisions (ballot_id, kind, problem_id, reason, person, decided)
                         SELECT ?1, kind, ?2, reason, person, decided FROM standing_decisions
                         WHERE kind = 'settle' AND problem_id = ?3 ORDER BY id",
                    )?
                    .execute((new.0, copy, problem))?;
            }
            Ok(())
        };
        run().map_err(|e| self.failed("carry problems over", e))
    }

    /// What people said of questions of pages that are counted in both: it was about
    /// those images.
    fn carry_decisions(&self, was: BallotKey, new: BallotKey) -> Result<(), StoreError> {
        // Rows of `x` about such questions; ?1 is the old ballot, ?2 the new one.
        const KEPT: &str = "x.ballot_id = ?1 AND EXISTS (
            SELECT 1 FROM placements o
            JOIN placements n ON n.reading_id = o.reading_id
                AND n.ballot_id = ?2 AND n.role = 'member'
            JOIN answers a ON a.reading_id = o.reading_id AND a.question = x.question
            WHERE o.ballot_id = ?1 AND o.role = 'member')";
        // What was taken back does not stand, and is not carried.
        const ALIKE: [(&str, &str, &str); 4] = [
            (
                "decisions",
                "standing_decisions",
                "kind, question, before, after, reason, person, decided",
            ),
            (
                "opinions",
                "opinions",
                "question, after, reason, person, given",
            ),
            (
                "escalations",
                "escalations",
                "question, reason, person, raised",
            ),
            ("doubts", "doubts", "question, reason, person, raised"),
        ];
        let run = || -> Result<(), rusqlite::Error> {
            for (table, from, columns) in ALIKE {
                self.db
                    .prepare_cached(&format!(
                        "INSERT INTO {table} (ballot_id, {columns})
                         SELECT ?2, {columns} FROM {from} x WHERE {KEPT} ORDER BY id"
                    ))?
                    .execute((was.0, new.0))?;
            }
            self.db
                .prepare_cached(
                    "INSERT INTO decisions (ballot_id, kind, reason, person, decided)
                     SELECT ?2, d.kind, d.reason, d.person, d.decided FROM decisions d
                     WHERE d.kind = 'reject' AND d.id = (
                        SELECT max(id) FROM standing_decisions
                        WHERE ballot_id = ?1 AND kind IN ('reject', 'restore'))",
                )?
                .execute((was.0, new.0))?;
            Ok(())
        };
        run().map_err(|e| self.failed("carry decisions over", e))
    }

    /// All batches, in the order in which they began.
    ///
    /// # Errors
    /// The database refuses.
    pub fn batches(&self) -> Result<Vec<BatchRow>, StoreError> {
        self.batch_rows()
            .map_err(|e| self.failed("list the batches", e))
    }

    fn batch_rows(&self) -> Result<Vec<BatchRow>, rusqlite::Error> {
        let mut rows = self.db.prepare_cached(
            "WITH read AS (
                SELECT coalesce(r.batch_id, i.batch_id) AS batch, r.read_at,
                    r.status <> 'clean' AND NOT EXISTS (SELECT 1 FROM problems q
                        WHERE q.reading_id = r.id AND q.code = 'blank-page') AS flagged
                FROM readings r JOIN pages p ON p.id = r.page_id
                JOIN images i ON i.id = p.image_id),
             sums AS (
                SELECT batch, count(*) AS pages, sum(flagged) AS flagged, max(read_at) AS last
                FROM read GROUP BY batch)
             SELECT b.id, b.started, b.finished, x.box, u.unit,
                coalesce(s.pages, 0), coalesce(s.flagged, 0),
                (SELECT count(*) FROM ballots v WHERE v.batch_id = b.id AND NOT EXISTS (
                    SELECT 1 FROM ballot_ends e WHERE e.ballot_id = v.id)),
                coalesce(julianday(b.started), 0.0),
                coalesce(julianday(s.last), julianday(b.started), 0.0)
             FROM batches b LEFT JOIN sums s ON s.batch = b.id
             LEFT JOIN boxes x ON x.id = b.box_id LEFT JOIN units u ON u.id = x.unit_id
             ORDER BY b.id",
        )?;
        rows.query_map([], |r| {
            let key = BatchKey(r.get(0)?);
            let finished: Option<String> = r.get(2)?;
            let (from, to): (f64, f64) = (r.get(8)?, r.get(9)?);
            let events = self.batch_events(key)?;
            let last = events.last().map(|e| e.0.clone());
            let cancelled = last.as_ref().is_some_and(|e| e.kind == "cancelled");
            Ok(BatchRow {
                key,
                started: r.get(1)?,
                state: state_of(
                    finished.is_some(),
                    cancelled,
                    last.as_ref().map(|e| e.kind.as_str()),
                ),
                finished,
                ballot_box: r.get(3)?,
                unit: r.get(4)?,
                pages: count(r, 5)?,
                flagged: count(r, 6)?,
                ballots: count(r, 7)?,
                seconds: (to - from - paused_days(&events, to)).max(0.0) * SECONDS_A_DAY,
                last,
            })
        })?
        .collect()
    }

    /// What happened to a batch, oldest first, each with its time in days.
    pub(super) fn batch_events(
        &self,
        batch: BatchKey,
    ) -> Result<Vec<(BatchEvent, f64)>, rusqlite::Error> {
        self.db
            .prepare_cached(
                "SELECT kind, reason, person, at, julianday(at) FROM batch_events
                 WHERE batch_id = ?1 ORDER BY id",
            )?
            .query_map([batch.0], |r| {
                let event = BatchEvent {
                    kind: r.get(0)?,
                    reason: r.get(1)?,
                    person: r.get(2)?,
                    at: r.get(3)?,
                };
                Ok((event, r.get(4)?))
            })?
            .collect()
    }
}

const SECONDS_A_DAY: f64 = 86_400.0;

/// Days of pauses up to the time `to`.
fn paused_days(events: &[(BatchEvent, f64)], to: f64) -> f64 {
    let mut days = 0.0;
    let mut since = None;
    for (event, at) in events {
        match (event.kind.as_str(), since) {
            ("paused", None) => since = Some(*at),
            ("paused", Some(_)) => {}
            (_, Some(from)) => {
                days += (at.min(to) - from).max(0.0);
                since = None;
            }
            _ => {}
        }
    }
    since.map_or(days, |from| days + (to - from).max(0.0))
}

fn state_of(finished: bool, cancelled: bool, last: Option<&str>) -> BatchState {
    match (cancelled, finished, last) {
        (true, ..) => BatchState::Cancelled,
        (_, true, _) => BatchState::Finished,
        (_, _, Some("paused")) => BatchState::Paused,
        _ => BatchState::Open,
    }
}
