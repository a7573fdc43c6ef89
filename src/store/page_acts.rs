//! Pages that the machine could not place, and what people do with them.
//!
//! Everything that a person does is a row of `page_acts`, in one logged change
//! with the rows that follow from it: a reading (made by the machine where the
//! person said to look), a place in a ballot, answers as decisions of that person.
//! Nothing is written over: a place that is given up ends (`placement_ends`), a
//! ballot that a page leaves ends too, and what is left of it is put together anew
//! as after a cancelled batch (see `batches.rs`).

mod keying;

use rusqlite::OptionalExtension;
use serde_json::{Value, json};

use super::page_places::Lying;
use super::sketches::Sketched;
use super::waiting_pages::claim_name;
use super::{
    Account, BallotKey, FormKey, NewBallot, NewGroup, PageFilter, ReadBy, Role, Store, StoreError,
};
use crate::read::{PageReading, ProblemCode};
pub use keying::{KeyedPage, Keying};

/// Something that a person did with a page.
#[derive(Debug, Clone, PartialEq)]
pub struct PageAct {
    /// Its number.
    pub id: i64,
    /// The page.
    pub page_id: i64,
    /// The name that the page's file came with.
    pub file: String,
    /// `read`, `keyed`, `moved` or `rejected`.
    pub kind: String,
    /// What the person said.
    pub said: Value,
    /// Why.
    pub reason: String,
    /// Who.
    pub person: String,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// Who took it back, and why.
    pub undone: Option<(String, String)>,
}

/// Where an act says that it is one of two people's word: nothing follows from it yet.
const OPINION: &str = "opinion";

impl PageAct {
    /// Is it the word of one of two people, that nothing followed from?
    #[must_use]
    pub fn is_one_word(&self) -> bool {
        self.said.get(OPINION).is_some()
    }
}

/// Who does something with which page, and why.
#[derive(Debug, Clone, Copy)]
pub struct Hand<'a> {
    /// Who.
    pub account: &'a Account,
    /// Number of the page image in this station.
    pub page: i64,
    /// Why.
    pub reason: &'a str,
}

/// The ballot that a person gives a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Home {
    /// That of this form with this serial; without a serial a ballot of its own.
    Of {
        /// The form.
        form: FormKey,
        /// The serial.
        serial: Option<String>,
    },
    /// One that is there.
    Ballot {
        /// The form of the page.
        form: FormKey,
        /// Which ballot.
        ballot: BallotKey,
    },
}

impl Home {
    fn form(&self) -> FormKey {
        match self {
            Self::Of { form, .. } | Self::Ballot { form, .. } => *form,
        }
    }
}

/// Where a page came to lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Homed {
    /// Its ballot.
    pub ballot: BallotKey,
    /// The ballot had this page already: it is a suspected duplicate.
    pub duplicate: bool,
}

impl Store {
    /// What people did with a page, or with the newest so many pages, newest first.
    ///
    /// # Errors
    /// The database refuses.
    pub fn page_acts(&self, page: Option<i64>, most: u32) -> Result<Vec<PageAct>, StoreError> {
        let rows: Vec<(PageAct, String)> = self
            .db
            .prepare_cached(
                "SELECT a.id, a.page_id, i.name, a.kind, a.said, a.reason, a.person, a.at,
                    u.person, u.reason
                 FROM page_acts a JOIN pages p ON p.id = a.page_id
                 JOIN images i ON i.id = p.image_id
                 LEFT JOIN page_acts u ON u.undoes = a.id
                 WHERE a.kind <> 'undone' AND (?1 IS NULL OR a.page_id = ?1)
                 ORDER BY a.id DESC LIMIT ?2",
            )
            .and_then(|mut s| {
                s.query_map((page, most), |r| {
                    let person: Option<String> = r.get(8)?;
                    let reason: Option<String> = r.get(9)?;
                    let act = PageAct {
                        id: r.get(0)?,
                        page_id: r.get(1)?,
                        file: r.get(2)?,
                        kind: r.get(3)?,
                        said: Value::Null,
                        reason: r.get(5)?,
                        person: r.get(6)?,
                        at: r.get(7)?,
                        undone: person.zip(reason),
                    };
                    Ok((act, r.get(4)?))
                })?
                .collect()
            })
            .map_err(|e| self.failed("list what was done with pages", e))?;
        rows.into_iter()
            .map(|(act, said)| {
                let said = self.understood(&said, "what a person said of a page")?;
                Ok(PageAct { said, ..act })
            })
            .collect()
    }

    pub(super) fn understood<T: serde::de::DeserializeOwned>(
        &self,
        json: &str,
        what: &str,
    ) -> Result<T, StoreError> {
        serde_json::from_str(json).map_err(|source| StoreError::Json {
            path: self.path.clone(),
            what: what.to_owned(),
            source,
        })
    }

    /// Records what was read of a page with a person's help, and gives it its place.
    /// `group` is the page with the ballot that it makes up; `said` is what the
    /// person said.
    ///
    /// # Errors
    /// The page does not wait (any more), there is no such ballot, or the database
    /// refuses; then nothing is written.
    pub fn read_by_hand(
        &self,
        hand: &Hand<'_>,
        group: &NewGroup,
        by: ReadBy<'_>,
        said: &Value,
        home: &Home,
    ) -> Result<Homed, StoreError> {
        let page = hand.page;
        self.change("page-by-hand", || {
            let lying = self.waiting(page)?;
            let (Some(new), Some(ballot)) = (group.pages.first(), &group.ballot) else {
                return Err(StoreError::PageNotOpen);
            };
            let reading_id = self.reading_row(lying.batch, page, new, by)?;
            let act = self.act_row(
                hand,
                ("read", lying.reading_id, Some(reading_id), None),
                said,
            )?;
            self.leave(&lying, act)?;
            let number = new.reading.page.unwrap_or(1);
            let homed = self.settle_in(&lying, (page, reading_id, number), act, home, ballot)?;
            for p in &new.reading.problems {
                let code = p.code.word();
                let blocking = ballot.problems.iter().any(|q| q.blocking && q.code == code);
                self.problem_row(
                    Some(reading_id),
                    Some(homed.ballot),
                    &code,
                    &p.detail,
                    blocking,
                )?;
            }
            if ballot.serial.is_none() && !homed.duplicate {
                let sketched = [Sketched {
                    reading_id,
                    number,
                    answers: &new.reading.answers,
                    sketch: &new.sketch,
                }];
                self.compare_sketches(homed.ballot, ballot.form, &sketched)?;
            }
            Ok((
                homed,
                self.told(hand, (act, "read"), &lying, said, Some(homed)),
            ))
        })
    }

    /// Takes a page out: it is none of a ballot.
    ///
    /// # Errors
    /// As [`Self::read_by_hand`].
    pub fn reject_page(&self, hand: &Hand<'_>) -> Result<(), StoreError> {
        let page = hand.page;
        self.change("page-by-hand", || {
            let lying = self.waiting(page)?;
            let said = json!({});
            let before = lying.reading_id;
            let act = self.act_row(hand, ("rejected", before, None, None), &said)?;
            self.leave(&lying, act)?;
            Ok(((), self.told(hand, (act, "rejected"), &lying, &said, None)))
        })
    }

    /// Gives a page of a ballot that waits another ballot: that one, or one of its
    /// own.
    ///
    /// # Errors
    /// Its ballot does not wait, the page was moved already, there is no such
    /// ballot, or the database refuses; then nothing is written.
    pub fn move_page(&self, hand: &Hand<'_>, into: Option<BallotKey>) -> Result<Homed, StoreError> {
        self.change("page-by-hand", || {
            let lying = self.lying(hand.page)?;
            match lying.place {
                Some((_, ballot, _)) if self.ballot_waits(ballot)? => {}
                _ => return Err(StoreError::PageNotOpen),
            }
            self.move_inside(hand, into)
        })
    }

    /// The same within another change, of a ballot that need not wait any more.
    pub(super) fn move_inside(
        &self,
        hand: &Hand<'_>,
        into: Option<BallotKey>,
    ) -> Result<(Homed, Value), StoreError> {
        let lying = self.lying(hand.page)?;
        if let Some(by) = self.acted_on(hand.page)? {
            return Err(StoreError::PageSettled(by));
        }
        let Some((_, ballot, number)) = lying.place.filter(|p| into != Some(p.1)) else {
            return Err(StoreError::PageNotOpen);
        };
        let (form, _) = self.form_and_serial(ballot)?;
        let home = match into {
            Some(ballot) => Home::Ballot { form, ballot },
            None => Home::Of { form, serial: None },
        };
        let said = json!({ "from": ballot.0, "into": into.map(|b| b.0) });
        let before = lying.reading_id;
        let act = self.act_row(hand, ("moved", before, None, None), &said)?;
        self.leave(&lying, act)?;
        let new = NewBallot {
            form,
            serial: None,
            unit: lying.reading.unit.clone(),
            ballot_box: lying.reading.ballot_box.clone(),
            problems: Vec::new(),
        };
        let homed = self.settle_in(&lying, (hand.page, before, number), act, &home, &new)?;
        // Doubts about the page itself go with it.
        self.carry_problems(ballot, homed.ballot, before)?;
        let detail = self.told(hand, (act, "moved"), &lying, &said, Some(homed));
        Ok((homed, detail))
    }

    /// Takes back what a person did with a page: it lies again where the machine
    /// put it.
    ///
    /// # Errors
    /// It was taken back already or holds no more, it is somebody else's and the
    /// person is no supervisor, or the database refuses; then nothing is written.
    pub fn undo_page_act(
        &self,
        account: &Account,
        act: i64,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.change("page-by-hand-undone", || {
            let found: Option<(i64, String, i64, String)> = self
                .db
                .prepare_cached(
                    "SELECT page_id, person, before_id, kind FROM standing_acts WHERE id = ?1",
                )
                .and_then(|mut s| {
                    s.query_row([act], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))
                        .optional()
                })
                .map_err(|e| self.failed("look up what was done with a page", e))?;
            let (page, person, before, kind) = found.ok_or(StoreError::PageNotOpen)?;
            if person != account.name && account.role < Role::Supervisor {
                return Err(StoreError::NotYours(person));
            }
            let lying = self.lying(page)?;
            let hand = &Hand {
                account,
                page,
                reason,
            };
            let said = json!({});
            // Of a word that nothing followed from, nothing is put back; once something
            // did, that is what must be taken back.
            let word = self.keyings(page)?.iter().any(|k| k.act == act);
            if word && let Some(by) = self.acted_on(page)? {
                return Err(StoreError::PageSettled(by));
            }
            let undo = self.act_row(hand, ("undone", before, None, Some(act)), &said)?;
            if !word {
                self.leave(&lying, undo)?;
                self.put_back(page, act, before)?;
            }
            let detail = json!({
                "page": page, "act": act, "kind": kind, "of": person, "reason": reason,
            });
            Ok(((), detail))
        })
    }

    /// The page, if it waits for a person.
    fn waiting(&self, page: i64) -> Result<Lying, StoreError> {
        if let Some(by) = self.acted_on(page)? {
            return Err(StoreError::PageSettled(by));
        }
        let wanted = PageFilter {
            page: Some(page),
            ..PageFilter::default()
        };
        if self.waiting_pages(&wanted, 0)?.is_empty() {
            return Err(StoreError::PageNotOpen);
        }
        self.lying(page)
    }

    /// Who did something with this page that stands and that something followed from.
    fn acted_on(&self, page: i64) -> Result<Option<String>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT person FROM standing_acts WHERE page_id = ?1
                    AND json_extract(said, '$.opinion') IS NULL ORDER BY id DESC LIMIT 1",
            )
            .and_then(|mut s| s.query_row([page], |r| r.get(0)).optional())
            .map_err(|e| self.failed("look up what was done with a page", e))
    }

    /// Writes an act down: kind, the reading that was seen, the one that came of it,
    /// the act that it takes back.
    fn act_row(
        &self,
        hand: &Hand<'_>,
        (kind, before, reading, undoes): (&str, i64, Option<i64>, Option<i64>),
        said: &Value,
    ) -> Result<i64, StoreError> {
        self.db
            .prepare_cached(
                "INSERT INTO page_acts (page_id, kind, before_id, reading_id, said, undoes, reason,
                    person, at)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
            )
            .and_then(|mut s| {
                s.execute((
                    hand.page,
                    kind,
                    before,
                    reading,
                    said.to_string(),
                    undoes,
                    hand.reason,
                    &hand.account.name,
                ))
            })
            .map_err(|e| self.failed("note what a person did with a page", e))?;
        let id = self.db.last_insert_rowid();
        let claimed = super::ItemId::of(0, &claim_name(hand.page));
        self.release(hand.account, Some(&claimed))?;
        Ok(id)
    }

    fn told(
        &self,
        hand: &Hand<'_>,
        (act, kind): (i64, &str),
        before: &Lying,
        said: &Value,
        after: Option<Homed>,
    ) -> Value {
        let was = &before.reading;
        json!({
            "page": hand.page, "act": act, "kind": kind, "name": before.name,
            "before": {
                "form": was.form, "version": was.version, "page": was.page, "serial": was.serial,
                "ballot": before.place.map(|p| p.1.0),
                "problems": was.problems.iter().map(|p| p.code.word()).collect::<Vec<_>>(),
            },
            "after": said, "ballot": after.map(|a| a.ballot.0),
            "duplicate": after.is_some_and(|a| a.duplicate), "reason": hand.reason,
        })
    }
}

/// Was nothing read of the page? Then its answers can only be keyed.
#[must_use]
pub fn is_unread(reading: &PageReading) -> bool {
    reading.answers.is_empty() && !reading.has(ProblemCode::CoverSheet)
}
