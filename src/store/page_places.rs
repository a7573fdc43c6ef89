//! Where pages lie that people do something with: a place that is given up ends, its
//! ballot ends too, and what is left of it is put together anew.

use rusqlite::OptionalExtension;

use super::batches::NEVER_CARRIED;
use super::groups::Place;
use super::page_acts::{Home, Homed};
use super::{BallotKey, BatchKey, BoxKey, FormKey, NewBallot, Pile, Store, StoreError};
use crate::read::PageReading;

/// A page as it lies in the database.
pub(super) struct Lying {
    pub reading_id: i64,
    pub reading: PageReading,
    pub batch: BatchKey,
    pub name: String,
    /// Its place, if it has one: placement, ballot, number of the page.
    pub place: Option<(i64, BallotKey, u32)>,
    pub pile: Pile,
}

/// Placement, ballot, number of the page, and what the cover sheet said: its box, or
/// that it cannot be believed.
type PlaceRow = (i64, i64, u32, Option<i64>, Option<i64>);
/// Ballot, batch, number of the page, role, and what the cover sheet said.
type OldPlace = (i64, i64, u32, String, Option<i64>, Option<i64>);

impl Store {
    pub(super) fn lying(&self, page: i64) -> Result<Lying, StoreError> {
        let found = self
            .db
            .prepare_cached(
                "SELECT r.id, r.reading, coalesce(r.batch_id, i.batch_id), i.name
                 FROM current_readings r JOIN pages p ON p.id = r.page_id
                 JOIN images i ON i.id = p.image_id WHERE p.id = ?1",
            )
            .and_then(|mut s| {
                s.query_row([page], |r| {
                    Ok((
                        r.get::<_, i64>(0)?,
                        r.get::<_, String>(1)?,
                        r.get::<_, i64>(2)?,
                        r.get::<_, String>(3)?,
                    ))
                })
                .optional()
            })
            .map_err(|e| self.failed("look up a page", e))?;
        let Some((reading_id, json, batch, name)) = found else {
            return Err(StoreError::PageNotOpen);
        };
        let place: Option<PlaceRow> = self
            .db
            .prepare_cached(
                "SELECT p.id, p.ballot_id, p.page, p.cover_box_id, p.cover_doubtful
                 FROM placements p
                 JOIN ballot_pages b ON b.page_id = p.page_id AND b.ballot_id = p.ballot_id
                 WHERE p.page_id = ?1
                   AND NOT EXISTS (SELECT 1 FROM placement_ends x WHERE x.placement_id = p.id)
                 ORDER BY p.id DESC LIMIT 1",
            )
            .and_then(|mut s| {
                s.query_row([page], |r| {
                    Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?, r.get(4)?))
                })
                .optional()
            })
            .map_err(|e| self.failed("look up where a page lies", e))?;
        let batch = BatchKey(batch);
        let pile = match place {
            Some((_, _, _, Some(key), _)) => Pile::Box(BoxKey(key)),
            Some((_, _, _, None, Some(_))) => Pile::Doubtful,
            Some(_) => Pile::AsBatch,
            None => self.pile_of(batch, reading_id, &name)?,
        };
        Ok(Lying {
            reading_id,
            reading: self.understood(&json, "the reading of a page")?,
            batch,
            name,
            place: place.map(|(id, ballot, number, ..)| (id, BallotKey(ballot), number)),
            pile,
        })
    }

    fn reading_numbered(&self, reading: i64) -> Result<PageReading, StoreError> {
        let json: String = self
            .db
            .prepare_cached("SELECT reading FROM readings WHERE id = ?1")
            .and_then(|mut s| s.query_row([reading], |r| r.get(0)))
            .map_err(|e| self.failed("look up a reading", e))?;
        self.understood(&json, "a reading")
    }

    /// What the last cover sheet before a page in its batch and folder says of it: a
    /// page that no ballot was known of has no place where that would stand.
    fn pile_of(&self, batch: BatchKey, reading: i64, name: &str) -> Result<Pile, StoreError> {
        let folder = |name: &str| name.rfind(['/', '\\']).map_or(0, |end| end);
        let cover: Option<(String, Option<i64>, String)> = self
            .db
            .prepare_cached(
                "SELECT q.code, (SELECT x.id FROM boxes x LEFT JOIN units u ON u.id = x.unit_id
                        WHERE x.box = r.box AND u.unit IS r.unit), i.name
                 FROM holding_readings r JOIN pages p ON p.id = r.page_id
                 JOIN images i ON i.id = p.image_id
                 JOIN problems q ON q.reading_id = r.id AND q.code IN ('cover-sheet', 'cover-foreign')
                 WHERE coalesce(r.batch_id, i.batch_id) = ?1 AND r.id < ?2
                 ORDER BY r.id DESC, q.code LIMIT 1",
            )
            .and_then(|mut s| {
                s.query_row((batch.0, reading), |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
                    .optional()
            })
            .map_err(|e| self.failed("look up a cover sheet", e))?;
        Ok(match cover {
            Some((_, _, at)) if at.get(..folder(&at)) != name.get(..folder(name)) => Pile::AsBatch,
            Some((code, Some(key), _)) if code == "cover-sheet" => Pile::Box(BoxKey(key)),
            Some(_) => Pile::Doubtful,
            None => Pile::AsBatch,
        })
    }

    /// A page leaves its place, if it has one: its ballot ends, and what is left of
    /// it is put together anew with everything that was asked about it.
    pub(super) fn leave(&self, lying: &Lying, act: i64) -> Result<(), StoreError> {
        let Some((placement, ballot, _)) = lying.place else {
            return Ok(());
        };
        self.db
            .prepare_cached("INSERT INTO placement_ends (placement_id, act_id) VALUES (?1, ?2)")
            .and_then(|mut s| s.execute((placement, act)))
            .map_err(|e| self.failed("end a page's place", e))?;
        self.db
            .prepare_cached("INSERT INTO ballot_ends (ballot_id, act_id) VALUES (?1, ?2)")
            .and_then(|mut s| s.execute((ballot.0, act)))
            .map_err(|e| self.failed("end a ballot", e))?;
        let (form, serial) = self.form_and_serial(ballot)?;
        if let Some(new) = self.put_together_anew(ballot, form, serial.as_deref())? {
            self.carry_doubts(ballot, new)?;
            self.carry_suspicions(ballot, new)?;
        }
        Ok(())
    }

    /// Gives a page its place: page, reading, number of the page in the form.
    pub(super) fn settle_in(
        &self,
        lying: &Lying,
        (page, reading, number): (i64, i64, u32),
        act: i64,
        home: &Home,
        new: &NewBallot,
    ) -> Result<Homed, StoreError> {
        let ballot = match home {
            Home::Of { .. } => self.ballot_row(lying.batch, new, lying.pile, Some(reading))?,
            Home::Ballot { form, ballot } => {
                let fits: bool = self
                    .db
                    .prepare_cached(
                        "SELECT EXISTS (SELECT 1 FROM ballots b WHERE b.id = ?1 AND b.form_id = ?2
                         AND NOT EXISTS (SELECT 1 FROM ballot_ends x WHERE x.ballot_id = b.id))",
                    )
                    .and_then(|mut s| s.query_row((ballot.0, form.0), |r| r.get(0)))
                    .map_err(|e| self.failed("look up a ballot", e))?;
                if !fits {
                    return Err(StoreError::BallotUnfit(ballot.0));
                }
                *ballot
            }
        };
        let grown = self.place_page(&Place {
            batch: lying.batch,
            ballot,
            page_id: page,
            reading_id: reading,
            number,
            unread: false,
            name: &lying.name,
            pile: lying.pile,
            act: Some(act),
        })?;
        if grown {
            self.refuse_if_closed(ballot)?;
        }
        Ok(Homed {
            ballot,
            duplicate: !grown,
        })
    }

    /// The page lies again where it lay before this act.
    pub(super) fn put_back(&self, page: i64, act: i64, before: i64) -> Result<(), StoreError> {
        let was: Option<OldPlace> = self
            .db
            .prepare_cached(
                "SELECT p.ballot_id, p.batch_id, p.page, p.role, p.cover_box_id, p.cover_doubtful
                 FROM placement_ends x JOIN placements p ON p.id = x.placement_id
                 WHERE x.act_id = ?1 AND p.page_id = ?2",
            )
            .and_then(|mut s| {
                s.query_row((act, page), |r| {
                    Ok((
                        r.get(0)?,
                        r.get(1)?,
                        r.get(2)?,
                        r.get(3)?,
                        r.get(4)?,
                        r.get(5)?,
                    ))
                })
                .optional()
            })
            .map_err(|e| self.failed("look up where a page lay", e))?;
        let Some((old, batch, number, role, cover, doubtful)) = was else {
            return Ok(());
        };
        let (old, batch) = (BallotKey(old), BatchKey(batch));
        let pile = match (cover, doubtful) {
            (Some(key), _) => Pile::Box(BoxKey(key)),
            (None, Some(_)) => Pile::Doubtful,
            (None, None) => Pile::AsBatch,
        };
        let reading = self.reading_numbered(before)?;
        let (form, serial) = self.form_and_serial(old)?;
        let new = NewBallot {
            form,
            serial,
            unit: reading.unit.clone(),
            ballot_box: reading.ballot_box.clone(),
            problems: Vec::new(),
        };
        let ballot = match (&new.serial, self.where_the_rest_is(old, page)?) {
            (None, Some(rest)) => rest,
            (None, None) => {
                let key = self.ballot_row(batch, &new, pile, Some(before))?;
                self.carry_doubts(old, key)?;
                key
            }
            (Some(_), _) => self.ballot_row(batch, &new, pile, Some(before))?,
        };
        self.carry_problems(old, ballot, before)?;
        let name = self.page_place(page)?.map(|p| p.file).unwrap_or_default();
        let grown = self.place_page(&Place {
            batch,
            ballot,
            page_id: page,
            reading_id: before,
            number,
            unread: role == "unread",
            name: &name,
            pile,
            act: None,
        })?;
        if grown {
            self.refuse_if_closed(ballot)?;
        }
        Ok(())
    }

    pub(super) fn form_and_serial(
        &self,
        ballot: BallotKey,
    ) -> Result<(FormKey, Option<String>), StoreError> {
        self.db
            .prepare_cached("SELECT form_id, serial FROM ballots WHERE id = ?1")
            .and_then(|mut s| {
                s.query_row([ballot.0], |r| Ok((FormKey(r.get(0)?), r.get(1)?)))
                    .optional()
            })
            .map_err(|e| self.failed("look up a ballot", e))?
            .ok_or(StoreError::BallotUnfit(ballot.0))
    }

    /// Does the ballot wait as a whole?
    pub(super) fn ballot_waits(&self, ballot: BallotKey) -> Result<bool, StoreError> {
        self.db
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM ballot_states WHERE id = ?1 AND state = 'pending')",
            )
            .and_then(|mut s| s.query_row([ballot.0], |r| r.get(0)))
            .map_err(|e| self.failed("look up a ballot", e))
    }

    /// The ballot that has the other pages of one that ended, if it is one.
    fn where_the_rest_is(
        &self,
        old: BallotKey,
        page: i64,
    ) -> Result<Option<BallotKey>, StoreError> {
        let found: Vec<i64> = self
            .db
            .prepare_cached(
                "SELECT DISTINCT b.ballot_id FROM placements s
                 JOIN ballot_pages b ON b.page_id = s.page_id
                 JOIN ballots n ON n.id = b.ballot_id
                 JOIN ballots o ON o.id = s.ballot_id AND o.form_id = n.form_id
                 WHERE s.ballot_id = ?1 AND s.page_id <> ?2
                   AND NOT EXISTS (SELECT 1 FROM placement_ends x WHERE x.placement_id = s.id)",
            )
            .and_then(|mut s| s.query_map((old.0, page), |r| r.get(0))?.collect())
            .map_err(|e| self.failed("look up the rest of a ballot", e))?;
        Ok(match found.as_slice() {
            [one] => Some(BallotKey(*one)),
            _ => None,
        })
    }

    /// Copies what is asked about a ballot as a whole, and that it was settled.
    fn carry_doubts(&self, was: BallotKey, new: BallotKey) -> Result<(), StoreError> {
        self.copy_problems(
            "ballot_id = ?1 AND reading_id IS NULL",
            "?2, code, detail, blocking, other_ballot_id",
            was,
            new,
        )
    }

    /// Copies the suspicions that another ballot is the same paper as this one.
    fn carry_suspicions(&self, was: BallotKey, new: BallotKey) -> Result<(), StoreError> {
        self.copy_problems(
            "other_ballot_id = ?1 AND NOT EXISTS (
                SELECT 1 FROM ballot_ends x WHERE x.ballot_id = problems.ballot_id)",
            "ballot_id, code, detail, blocking, ?2",
            was,
            new,
        )
    }

    fn copy_problems(
        &self,
        which: &str,
        columns: &str,
        was: BallotKey,
        new: BallotKey,
    ) -> Result<(), StoreError> {
        let run = || -> Result<(), rusqlite::Error> {
            let problems: Vec<i64> = self
                .db
                .prepare_cached(&format!(
                    "SELECT id FROM problems WHERE {which} ORDER BY id"
                ))?
                .query_map([was.0], |r| r.get(0))?
                .collect::<Result<_, _>>()?;
            for problem in problems {
                self.db
                    .prepare_cached(&format!(
                        "INSERT INTO problems (ballot_id, code, detail, blocking, other_ballot_id)
                         SELECT {columns} FROM problems WHERE id = ?1 AND code NOT IN ({NEVER_CARRIED})"
                    ))?
                    .execute((problem, new.0))?;
                if self.db.changes() == 0 {
                    continue;
                }
                let copy = self.db.last_insert_rowid();
                self.db
                    .prepare_cached(
                        "INSERT INTO decisions (ballot_id, kind, problem_id, reason, person, decided)
                         SELECT c.ballot_id, d.kind, c.id, d.reason, d.person, d.decided
                         FROM standing_decisions d JOIN problems c ON c.id = ?2
                         WHERE d.kind = 'settle' AND d.problem_id = ?1 ORDER BY d.id",
                    )?
                    .execute((problem, copy))?;
            }
            Ok(())
        };
        run().map_err(|e| self.failed("carry problems over", e))
    }
}
