//! Puts what was read into ballots: a group of pages with the ballot they make.

use rusqlite::OptionalExtension;

use super::boxes::{BOX_CLOSED, BOX_MISMATCH, COVER_FOREIGN};
use super::sketches::Sketched;
use super::{
    BallotKey, BatchKey, BatchState, BoxKey, FormKey, NewPage, Pile, ReadBy, Store, StoreError,
};
use crate::read::Status;

/// Something of a ballot that a person must see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewProblem {
    /// Kind, a word that scripts may rely on.
    pub code: &'static str,
    /// In words.
    pub detail: String,
    /// The ballot does not count until a person settled it.
    pub blocking: bool,
}

/// The ballot that pages belong to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewBallot {
    /// Its form.
    pub form: FormKey,
    /// Its serial: pages of one serial are one ballot. Without it, the group's
    /// pages are a ballot of their own.
    pub serial: Option<String>,
    /// Unit that is printed on it.
    pub unit: Option<String>,
    /// Box that is printed on it.
    pub ballot_box: Option<String>,
    /// What a person must see.
    pub problems: Vec<NewProblem>,
}

/// Pages that are recorded together or not at all.
#[derive(Debug, Clone, PartialEq)]
pub struct NewGroup {
    /// In the order of the paper.
    pub pages: Vec<NewPage>,
    /// `None`: nobody knows which ballot they belong to.
    pub ballot: Option<NewBallot>,
}

/// Problem code: pages were paired by their order and the order is wrong.
pub(crate) const MISPAIRED: &str = "mispaired";
/// Problem code: the ballot before or after this one is mispaired.
pub(crate) const MISPAIRED_NEIGHBOUR: &str = "mispaired-neighbour";
/// Problem code: another image of a page that the ballot has, same answers.
pub(crate) const DUPLICATE: &str = "duplicate";
/// Problem code: the same with other answers.
pub(crate) const DUPLICATE_DIFFERS: &str = "duplicate-differs";

/// A page of a batch that takes its place in a ballot.
#[derive(Debug, Clone, Copy)]
pub(super) struct Place<'a> {
    pub batch: BatchKey,
    pub ballot: BallotKey,
    pub page_id: i64,
    pub reading_id: i64,
    /// Which page of the paper.
    pub number: u32,
    /// Nothing could be read from it but what it is.
    pub unread: bool,
    /// The name that its file came with.
    pub name: &'a str,
    /// What the cover sheet said that it lay under.
    pub pile: Pile,
    /// What a person did that gave it its place.
    pub act: Option<i64>,
}

impl Store {
    /// [`Self::add_group_of_pile`] for pages out of the box that was named for the
    /// whole batch.
    ///
    /// # Errors
    /// As there.
    pub fn add_group(
        &mut self,
        batch: BatchKey,
        group: &NewGroup,
        by: ReadBy<'_>,
    ) -> Result<(), StoreError> {
        self.add_group_of_pile(batch, group, by, Pile::AsBatch)
    }

    /// Records pages, their readings and their ballot in one transaction.
    ///
    /// Pages that are recorded already get the new reading beside the old one;
    /// a page that has its place in a ballot is left alone.
    ///
    /// # Errors
    /// A page's form is not registered, or the database refuses; then nothing
    /// of the group is recorded.
    pub fn add_group_of_pile(
        &mut self,
        batch: BatchKey,
        group: &NewGroup,
        by: ReadBy<'_>,
        pile: Pile,
    ) -> Result<(), StoreError> {
        self.change("pages-recorded", || {
            // In the same transaction: nothing is recorded in a batch once its
            // cancellation is.
            if self.batch_state(batch)? == BatchState::Cancelled {
                return Err(StoreError::BatchCancelled(batch.0));
            }
            self.add_group_inside(batch, group, by, pile)?;
            let pages: Vec<_> = group
                .pages
                .iter()
                .map(|p| {
                    let (image, page) = (&p.image.hash, p.index);
                    serde_json::json!({ "image": image, "page": page, "name": p.image.name })
                })
                .collect();
            let serial = group.ballot.as_ref().and_then(|b| b.serial.as_deref());
            let detail = serde_json::json!({
                "batch": batch.0, "pages": pages, "serial": serial
            });
            Ok(((), detail))
        })
    }

    fn add_group_inside(
        &self,
        batch: BatchKey,
        group: &NewGroup,
        by: ReadBy<'_>,
        pile: Pile,
    ) -> Result<(), StoreError> {
        let mut added = Vec::new();
        for page in &group.pages {
            let page_id = self.page_row(batch, page)?;
            let reading_id = self.reading_row(batch, page_id, page, by)?;
            added.push((page, page_id, reading_id));
        }
        let ballot = match &group.ballot {
            Some(b) => {
                let reading = added.first().map(|(_, _, reading_id)| *reading_id);
                Some((self.ballot_row(batch, b, pile, reading)?, b))
            }
            None => None,
        };
        let mut grown = false;
        for (page, page_id, reading_id) in &added {
            let place = ballot.as_ref().map(|(key, _)| *key);
            for p in &page.reading.problems {
                let code = p.code.word();
                let blocking = group
                    .ballot
                    .as_ref()
                    .is_some_and(|b| b.problems.iter().any(|q| q.blocking && q.code == code));
                self.problem_row(Some(*reading_id), place, &code, &p.detail, blocking)?;
            }
            if let Some(key) = place {
                let name = &page.image.name;
                grown |= self.place_page(&Place {
                    batch,
                    ballot: key,
                    page_id: *page_id,
                    reading_id: *reading_id,
                    number: page.reading.page.unwrap_or(1),
                    unread: page.reading.status == Status::Unreadable,
                    name,
                    pile,
                    act: None,
                })?;
            }
        }
        if let Some((key, b)) = ballot.as_ref().filter(|(_, b)| b.serial.is_none()) {
            let sketched: Vec<Sketched<'_>> = added
                .iter()
                .map(|(page, _, reading_id)| Sketched {
                    reading_id: *reading_id,
                    number: page.reading.page.unwrap_or(1),
                    answers: &page.reading.answers,
                    sketch: &page.sketch,
                })
                .collect();
            self.compare_sketches(*key, b.form, &sketched)?;
        }
        if let Some((key, b)) = &ballot {
            if grown {
                self.refuse_if_closed(*key)?;
            }
            let said = |code: &str| {
                group
                    .pages
                    .iter()
                    .flat_map(|p| &p.reading.problems)
                    .any(|q| q.code.word() == code)
            };
            for p in b.problems.iter().filter(|p| !said(p.code)) {
                self.problem_row(None, Some(*key), p.code, &p.detail, p.blocking)?;
            }
        }
        Ok(())
    }

    pub(super) fn form_key(&self, form: &str, version: u32) -> Result<FormKey, StoreError> {
        self.db
            .prepare_cached("SELECT id FROM forms WHERE form = ?1 AND version = ?2")
            .and_then(|mut s| s.query_row((form, version), |r| r.get(0)).optional())
            .map_err(|e| self.failed("look up a form", e))?
            .map(FormKey)
            .ok_or_else(|| StoreError::FormMissing {
                form: form.to_owned(),
                version,
            })
    }

    pub(super) fn ballot_row(
        &self,
        batch: BatchKey,
        ballot: &NewBallot,
        pile: Pile,
        reading: Option<i64>,
    ) -> Result<BallotKey, StoreError> {
        let told: Option<BoxKey> = match pile {
            Pile::AsBatch => self
                .db
                .prepare_cached("SELECT box_id FROM batches WHERE id = ?1")
                .and_then(|mut s| s.query_row([batch.0], |r| r.get::<_, Option<i64>>(0)))
                .map_err(|e| self.failed("look up a batch", e))?
                .map(BoxKey),
            Pile::Box(key) => Some(key),
            Pile::Doubtful => None,
        };
        if let Some(serial) = &ballot.serial {
            let known = self
                .db
                .prepare_cached(
                    "SELECT id FROM ballots b WHERE form_id = ?1 AND serial = ?2
                     AND NOT EXISTS (SELECT 1 FROM ballot_ends x WHERE x.ballot_id = b.id)",
                )
                .and_then(|mut s| {
                    s.query_row((ballot.form.0, serial), |r| r.get(0))
                        .optional()
                })
                .map_err(|e| self.failed("look up a ballot", e))?;
            if let Some(id) = known {
                let key = BallotKey(id);
                if let Some(told) = told {
                    self.note_other_box(key, told, reading)?;
                }
                return Ok(key);
            }
        }
        let printed_unit = ballot
            .unit
            .as_deref()
            .map(|u| self.unit_of(u))
            .transpose()?;
        let told_row = told.map(|key| self.box_row(key)).transpose()?;
        let box_id = match (ballot.ballot_box.as_deref(), &told_row) {
            // Printed without a unit it is the box of that name that was named.
            (Some(name), Some(row)) if ballot.unit.is_none() && row.name == name => Some(row.key.0),
            (Some(name), _) => Some(self.box_of(name, ballot.unit.as_deref(), false)?.0),
            (None, _) => told.map(|b| b.0),
        };
        let unit_of_box = match box_id {
            Some(b) => self.unit_of_box(b)?,
            None => None,
        };
        let unit_id = printed_unit.or(unit_of_box);
        self.db
            .prepare_cached(
                "INSERT INTO ballots (form_id, serial, unit_id, box_id, batch_id)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )
            .and_then(|mut s| s.execute((ballot.form.0, &ballot.serial, unit_id, box_id, batch.0)))
            .map_err(|e| self.failed("record a ballot", e))?;
        let key = BallotKey(self.db.last_insert_rowid());
        if let (Some(told), Some(printed)) = (told, box_id)
            && told.0 != printed
        {
            self.problem_row(
                None,
                Some(key),
                BOX_MISMATCH,
                "the box printed in the code is not the box that was named for this scan",
                false,
            )?;
        } else if let (Some(printed), Some(of_box)) = (printed_unit, unit_of_box)
            && printed != of_box
        {
            self.problem_row(
                None,
                Some(key),
                BOX_MISMATCH,
                "the unit printed in the code is not that of the box that was named",
                false,
            )?;
        }
        if pile == Pile::Doubtful && box_id.is_none() {
            self.problem_row(
                None,
                Some(key),
                COVER_FOREIGN,
                "it lies under a cover sheet that cannot be believed: which box did it come out of?",
                true,
            )?;
        }
        Ok(key)
    }

    /// A ballot that comes again out of another box is for a person to see.
    /// It is a problem of the page, so that it goes if the page's batch is cancelled.
    fn note_other_box(
        &self,
        ballot: BallotKey,
        told: BoxKey,
        reading: Option<i64>,
    ) -> Result<(), StoreError> {
        let other: bool = self
            .db
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM ballots b WHERE b.id = ?1 AND b.box_id <> ?2
                    AND NOT EXISTS (SELECT 1 FROM problems p
                        WHERE p.ballot_id = b.id AND p.code = ?3 AND p.reading_id IS ?4))",
            )
            .and_then(|mut s| s.query_row((ballot.0, told.0, BOX_MISMATCH, reading), |r| r.get(0)))
            .map_err(|e| self.failed("look up a ballot", e))?;
        if other {
            self.problem_row(
                reading,
                Some(ballot),
                BOX_MISMATCH,
                "a page of it came out of another box than the ballot",
                false,
            )?;
        }
        Ok(())
    }

    /// A ballot that grew although its box is closed does not count until a
    /// person has seen it.
    pub(super) fn refuse_if_closed(&self, ballot: BallotKey) -> Result<(), StoreError> {
        let refused: bool = self
            .db
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM ballots b JOIN closed_boxes c USING (box_id)
                    WHERE b.id = ?1 AND NOT EXISTS (SELECT 1 FROM problems p
                        WHERE p.ballot_id = b.id AND p.code = ?2
                        AND NOT EXISTS (SELECT 1 FROM standing_decisions d
                            WHERE d.problem_id = p.id)))",
            )
            .and_then(|mut s| s.query_row((ballot.0, BOX_CLOSED), |r| r.get(0)))
            .map_err(|e| self.failed("look up a box", e))?;
        if refused {
            self.problem_row(
                None,
                Some(ballot),
                BOX_CLOSED,
                "it came when its box was closed already",
                true,
            )?;
        }
        Ok(())
    }

    /// Gives a page its place in a ballot, as a member or as a duplicate; true if
    /// there is more of the ballot now than before.
    pub(super) fn place_page(&self, place: &Place<'_>) -> Result<bool, StoreError> {
        let Place {
            ballot,
            page_id,
            reading_id,
            number,
            ..
        } = *place;
        let keyed = place
            .act
            .map(|act| self.keyed_answers(act))
            .transpose()?
            .flatten();
        let run = || -> Result<(bool, Option<bool>), rusqlite::Error> {
            let placed: bool = self
                .db
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM ballot_pages WHERE page_id = ?1)")?
                .query_row([page_id], |r| r.get(0))?;
            if placed {
                return Ok((false, None));
            }
            let member: Option<(i64, Option<i64>)> = self
                .db
                .prepare_cached(
                    "SELECT b.reading_id, p.act_id FROM ballot_pages b
                     JOIN placements p ON p.ballot_id = b.ballot_id AND p.page = b.page
                        AND p.role = 'member'
                     WHERE b.ballot_id = ?1 AND b.page = ?2 AND b.role = 'member'",
                )?
                .query_row((ballot.0, number), |r| Ok((r.get(0)?, r.get(1)?)))
                .optional()?;
            self.db
                .prepare_cached(
                    "INSERT INTO placements (page_id, ballot_id, reading_id, batch_id, page, role,
                        cover_box_id, cover_doubtful, act_id)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                )?
                .execute((
                    page_id,
                    ballot.0,
                    reading_id,
                    place.batch.0,
                    number,
                    match (place.unread, member) {
                        (true, _) => "unread",
                        (_, Some(_)) => "duplicate",
                        (_, None) => "member",
                    },
                    match place.pile {
                        Pile::Box(key) => Some(key.0),
                        Pile::AsBatch | Pile::Doubtful => None,
                    },
                    (place.pile == Pile::Doubtful).then_some(1),
                    place.act,
                ))?;
            let same = member
                .filter(|_| !place.unread)
                .map(|m| self.same_answers(m, (reading_id, place.act)))
                .transpose()?;
            Ok((member.is_none(), same))
        };
        let (grown, same) = run().map_err(|e| self.failed("place a page", e))?;
        if let (true, Some(keyed)) = (grown && !place.unread, keyed) {
            self.decide_as_keyed(ballot, &keyed)?;
        }
        match same {
            None => {}
            Some(true) => self.problem_row(
                Some(reading_id),
                Some(ballot),
                DUPLICATE,
                &format!(
                    "page {number} is there twice with the same answers ({}); counted once",
                    place.name
                ),
                false,
            )?,
            Some(false) => self.problem_row(
                Some(reading_id),
                Some(ballot),
                DUPLICATE_DIFFERS,
                &format!(
                    "page {number} is there twice with different answers ({})",
                    place.name
                ),
                true,
            )?,
        }
        Ok(grown)
    }

    /// Do two placed pages, each a reading and what a person did, say the same?
    fn same_answers(
        &self,
        a: (i64, Option<i64>),
        b: (i64, Option<i64>),
    ) -> Result<bool, rusqlite::Error> {
        // What a person keyed goes before what was read.
        let mut all = self.db.prepare_cached(
            "WITH keyed AS (
                SELECT k.key AS question, k.value AS answer FROM page_acts a,
                    json_each(a.said, '$.answers') k WHERE a.id = ?2 AND a.kind = 'keyed')
             SELECT a.question, a.state, c.choice FROM answers a
             LEFT JOIN answer_choices c USING (reading_id, question)
             WHERE a.reading_id = ?1 AND NOT EXISTS (SELECT 1 FROM keyed)
             UNION ALL
             SELECT k.question, json_extract(k.answer, '$.state'), c.value
             FROM keyed k LEFT JOIN json_each(k.answer, '$.choices') c
             ORDER BY 1, 3",
        )?;
        let mut of = |(reading, act): (i64, Option<i64>)| {
            all.query_map((reading, act), |r| {
                Ok((
                    r.get::<_, String>(0)?,
                    r.get::<_, String>(1)?,
                    r.get::<_, Option<String>>(2)?,
                ))
            })?
            .collect::<Result<Vec<_>, _>>()
        };
        Ok(of(a)? == of(b)?)
    }

    pub(super) fn problem_row(
        &self,
        reading: Option<i64>,
        ballot: Option<BallotKey>,
        code: &str,
        detail: &str,
        blocking: bool,
    ) -> Result<(), StoreError> {
        self.db
            .prepare_cached(
                "INSERT INTO problems (reading_id, ballot_id, code, detail, blocking)
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )
            .and_then(|mut s| s.execute((reading, ballot.map(|b| b.0), code, detail, blocking)))
            .map_err(|e| self.failed("record a problem", e))?;
        Ok(())
    }
}
