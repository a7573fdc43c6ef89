//! Pages that the machine could not place, and what people do with them.
//!
//! Everything that a person does is a row of `page_acts`, in one logged change
//! with the rows that follow from it: a reading (made by the machine where the
//! person said to look), a place in a ballot, answers as decisions of that person.
//! Nothing is written over: a place that is given up ends (`placement_ends`), a
//! ballot that a page leaves ends too, and what is left of it is put together anew
//! as after a cancelled batch (see `batches.rs`).

use std::collections::BTreeMap;

use rusqlite::OptionalExtension;
use serde_json::{Value, json};

use super::batches::NEVER_CARRIED;
use super::pages::{Place, code_word};
use super::sketches::Sketched;
use super::{
    Account, BallotKey, BatchKey, BoxKey, Decision, FormKey, NewBallot, NewGroup, PageOfItem, Pile,
    ReadBy, Role, Settled, Store, StoreError,
};
use crate::read::{Answer, PageReading, ProblemCode};

/// Which pages are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PageFilter {
    /// Name of the box that their batch came out of.
    pub ballot_box: Option<String>,
    /// Number of the batch.
    pub batch: Option<i64>,
    /// Code of the problem.
    pub code: Option<String>,
    /// Only this page.
    pub page: Option<i64>,
}

/// A page that waits for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WaitingPage {
    /// Its image.
    pub page: PageOfItem,
    /// Code of its first problem; `unidentified` if it has none.
    pub code: String,
    /// In words, English.
    pub detail: String,
    /// Number of its batch.
    pub batch: i64,
    /// Name of the box that the batch came out of.
    pub ballot_box: Option<String>,
    /// What the machine knows of it: form and version…
    pub form: Option<(String, u32)>,
    /// … page of the form…
    pub number: Option<u32>,
    /// … and serial.
    pub serial: Option<String>,
    /// The ballot that it belongs to by its code.
    pub ballot: Option<BallotKey>,
    /// Who looks at it now.
    pub claimed_by: Option<String>,
}

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

/// Answers that a person keyed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Keyed {
    person: String,
    reason: String,
    answers: BTreeMap<String, Answer>,
}

/// A page as it lies in the database.
struct Lying {
    reading_id: i64,
    reading: PageReading,
    batch: BatchKey,
    name: String,
    /// Its place, if it has one: placement, ballot, number of the page.
    place: Option<(i64, BallotKey, u32)>,
    pile: Pile,
}

/// Placement, ballot, number of the page, and what the cover sheet said: its box, or
/// that it cannot be believed.
type PlaceRow = (i64, i64, u32, Option<i64>, Option<i64>);
/// Ballot, batch, number of the page, role, and what the cover sheet said.
type OldPlace = (i64, i64, u32, String, Option<i64>, Option<i64>);

/// Name under which a page is claimed; such names are no questions.
fn claim_name(page: i64) -> String {
    format!("page:{page}")
}

const WAITING: &str = "
    SELECT p.id, i.kept_as, i.name, p.page_index,
        coalesce((SELECT q.code FROM problems q
                  WHERE q.reading_id = r.id ORDER BY q.id LIMIT 1), 'unidentified') AS code,
        coalesce((SELECT q.detail FROM problems q
                  WHERE q.reading_id = r.id ORDER BY q.id LIMIT 1), ''),
        coalesce(r.batch_id, i.batch_id) AS batch, x.box, f.form, f.version, r.page, r.serial,
        bp.ballot_id, w.name
    FROM current_readings r
    JOIN pages p ON p.id = r.page_id
    JOIN images i ON i.id = p.image_id
    JOIN batches b ON b.id = coalesce(r.batch_id, i.batch_id)
    LEFT JOIN boxes x ON x.id = b.box_id
    LEFT JOIN forms f ON f.id = r.form_id
    LEFT JOIN ballot_pages bp ON bp.page_id = p.id
    LEFT JOIN claims c ON c.ballot_id = 0 AND c.question = 'page:' || p.id AND c.until > ?1
    LEFT JOIN accounts w ON w.id = c.account_id
    WHERE (bp.page_id IS NULL OR (bp.role = 'unread'
            AND NOT EXISTS (SELECT 1 FROM ballot_pages m WHERE m.ballot_id = bp.ballot_id
                            AND m.page = bp.page AND m.role = 'member')
            AND (SELECT s.state FROM ballot_states s WHERE s.id = bp.ballot_id) <> 'rejected'))
      AND NOT EXISTS (SELECT 1 FROM problems q
                      WHERE q.reading_id = r.id AND q.code IN ('blank-page', 'cover-sheet'))
      AND NOT EXISTS (SELECT 1 FROM standing_acts a WHERE a.page_id = p.id)
      AND (?2 IS NULL OR x.box = ?2) AND (?3 IS NULL OR coalesce(r.batch_id, i.batch_id) = ?3)
      AND (?5 IS NULL OR p.id = ?5)
      AND (?4 IS NULL OR ?4 = coalesce((SELECT q.code FROM problems q
                  WHERE q.reading_id = r.id ORDER BY q.id LIMIT 1), 'unidentified'))
    ORDER BY p.id";

impl Store {
    /// Pages that wait for a person, in the order in which they came: those that
    /// belong to no ballot, and those of which only the code could be read while
    /// no better image of them is there. `now` in seconds since 1970.
    ///
    /// # Errors
    /// The database refuses.
    pub fn waiting_pages(
        &self,
        filter: &PageFilter,
        now: i64,
    ) -> Result<Vec<WaitingPage>, StoreError> {
        self.db
            .prepare_cached(WAITING)
            .and_then(|mut s| {
                s.query_map(
                    (
                        now,
                        &filter.ballot_box,
                        filter.batch,
                        &filter.code,
                        filter.page,
                    ),
                    |r| {
                        let form: Option<String> = r.get(8)?;
                        let version: Option<u32> = r.get(9)?;
                        Ok(WaitingPage {
                            page: PageOfItem {
                                page_id: r.get(0)?,
                                kept_as: r.get(1)?,
                                file: r.get(2)?,
                                index: r.get(3)?,
                            },
                            code: r.get(4)?,
                            detail: r.get(5)?,
                            batch: r.get(6)?,
                            ballot_box: r.get(7)?,
                            form: form.zip(version),
                            number: r.get(10)?,
                            serial: r.get(11)?,
                            ballot: r.get::<_, Option<i64>>(12)?.map(BallotKey),
                            claimed_by: r.get(13)?,
                        })
                    },
                )?
                .collect()
            })
            .map_err(|e| self.failed("list the pages that wait", e))
    }

    /// Claims a page until then, so that nobody else is led to it; false if somebody
    /// holds it.
    ///
    /// # Errors
    /// The database refuses.
    pub fn claim_page(
        &self,
        account: &Account,
        page: i64,
        now: i64,
        until: i64,
    ) -> Result<bool, StoreError> {
        self.claim(
            account,
            &super::ItemId::of(0, &claim_name(page)),
            now,
            until,
        )
    }

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

    fn understood<T: serde::de::DeserializeOwned>(
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
                let code = code_word(p.code);
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

    /// Records the answers that a person keyed from the picture of a page, as that
    /// person's decisions, and gives it its place.
    ///
    /// # Errors
    /// As [`Self::read_by_hand`].
    pub fn key_page(
        &self,
        hand: &Hand<'_>,
        number: u32,
        said: &Value,
        home: &Home,
    ) -> Result<Homed, StoreError> {
        let page = hand.page;
        self.change("page-by-hand", || {
            let lying = self.waiting(page)?;
            let reading_id = lying.reading_id;
            let act = self.act_row(hand, ("keyed", reading_id, None, None), said)?;
            self.leave(&lying, act)?;
            let ballot = NewBallot {
                form: home.form(),
                serial: match home {
                    Home::Of { serial, .. } => serial.clone(),
                    Home::Ballot { .. } => None,
                },
                unit: lying.reading.unit.clone(),
                ballot_box: lying.reading.ballot_box.clone(),
                problems: Vec::new(),
            };
            let homed = self.settle_in(&lying, (page, reading_id, number), act, home, &ballot)?;
            // Whoever keys the answers does not thereby believe the paper.
            for p in &lying.reading.problems {
                if p.code == ProblemCode::SerialForged {
                    let code = code_word(p.code);
                    self.problem_row(Some(reading_id), Some(homed.ballot), &code, &p.detail, true)?;
                }
            }
            Ok((
                homed,
                self.told(hand, (act, "keyed"), &lying, said, Some(homed)),
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
            let undo = self.act_row(hand, ("undone", before, None, Some(act)), &said)?;
            self.leave(&lying, undo)?;
            self.put_back(page, act, before)?;
            let detail = json!({
                "page": page, "act": act, "kind": kind, "of": person, "reason": reason,
            });
            Ok(((), detail))
        })
    }

    /// The page lies again where it lay before this act.
    fn put_back(&self, page: i64, act: i64, before: i64) -> Result<(), StoreError> {
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

    /// Answers of a `keyed` act.
    pub(super) fn keyed_answers(&self, act: i64) -> Result<Option<Keyed>, StoreError> {
        let found: Option<(String, String, String)> = self
            .db
            .prepare_cached(
                "SELECT person, reason, json_extract(said, '$.answers') FROM page_acts
                 WHERE id = ?1 AND kind = 'keyed'",
            )
            .and_then(|mut s| {
                s.query_row([act], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))
                    .optional()
            })
            .map_err(|e| self.failed("look up keyed answers", e))?;
        let Some((person, reason, answers)) = found else {
            return Ok(None);
        };
        let answers = self.understood(&answers, "keyed answers")?;
        Ok(Some(Keyed {
            person,
            reason,
            answers,
        }))
    }

    /// What was keyed are decisions of whoever keyed it.
    pub(super) fn decide_as_keyed(
        &self,
        ballot: BallotKey,
        keyed: &Keyed,
    ) -> Result<(), StoreError> {
        for (question, after) in &keyed.answers {
            self.decide_inside(&Decision {
                ballot,
                settled: Settled::Answer {
                    question: question.clone(),
                    before: None,
                    after: after.clone(),
                },
                reason: keyed.reason.clone(),
                person: keyed.person.clone(),
            })?;
        }
        Ok(())
    }

    /// Who keyed the whole page that has this question, if somebody did.
    pub(super) fn keyed_whole(&self, id: &super::ItemId) -> Result<Option<String>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT a.person FROM ballot_pages b
                 JOIN placements p ON p.page_id = b.page_id AND p.ballot_id = b.ballot_id
                    AND p.role = 'member'
                 JOIN standing_acts a ON a.id = p.act_id AND a.kind = 'keyed'
                 JOIN json_each(a.said, '$.answers') k ON k.key = ?2
                 WHERE b.ballot_id = ?1 AND b.role = 'member' LIMIT 1",
            )
            .and_then(|mut s| {
                s.query_row((id.ballot.0, &id.question), |r| r.get(0))
                    .optional()
            })
            .map_err(|e| self.failed("look up who keyed a page", e))
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

    /// Who did something with this page that stands.
    fn acted_on(&self, page: i64) -> Result<Option<String>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT person FROM standing_acts WHERE page_id = ?1 ORDER BY id DESC LIMIT 1",
            )
            .and_then(|mut s| s.query_row([page], |r| r.get(0)).optional())
            .map_err(|e| self.failed("look up what was done with a page", e))
    }

    fn lying(&self, page: i64) -> Result<Lying, StoreError> {
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
                "problems": was.problems.iter().map(|p| code_word(p.code)).collect::<Vec<_>>(),
            },
            "after": said, "ballot": after.map(|a| a.ballot.0),
            "duplicate": after.is_some_and(|a| a.duplicate), "reason": hand.reason,
        })
    }

    /// A page leaves its place, if it has one: its ballot ends, and what is left of
    /// it is put together anew with everything that was asked about it.
    fn leave(&self, lying: &Lying, act: i64) -> Result<(), StoreError> {
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
    fn settle_in(
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

    fn form_and_serial(&self, ballot: BallotKey) -> Result<(FormKey, Option<String>), StoreError> {
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
    fn ballot_waits(&self, ballot: BallotKey) -> Result<bool, StoreError> {
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

/// Was nothing read of the page? Then its answers can only be keyed.
#[must_use]
pub fn is_unread(reading: &PageReading) -> bool {
    reading.answers.is_empty() && !reading.has(ProblemCode::CoverSheet)
}
