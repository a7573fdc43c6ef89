//! What waits for people, and who looks at which question.

use rusqlite::OptionalExtension;
use rusqlite::types::Value;

use super::{Account, BallotKey, Role, Store, StoreError, count};
use crate::read::PageReading;

/// An open question of a ballot.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ItemId {
    /// Which ballot.
    pub ballot: BallotKey,
    /// Which question.
    pub question: String,
}

impl ItemId {
    /// The item of a ballot's number.
    #[must_use]
    pub fn of(ballot: i64, question: &str) -> Self {
        Self {
            ballot: BallotKey(ballot),
            question: question.to_owned(),
        }
    }
}

/// Which items are wanted; what is `None` does not matter.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ItemFilter {
    /// Form id.
    pub form: Option<String>,
    /// Question id.
    pub question: Option<String>,
    /// Unit id.
    pub unit: Option<String>,
    /// Box name.
    pub ballot_box: Option<String>,
    /// `overvote`, `marginal`, `corrected` or `doubted`.
    pub state: Option<String>,
    /// Only what was left to a supervisor.
    pub escalated: bool,
}

/// Where the page of an item is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageOfItem {
    /// Number of the page image in this station.
    pub page_id: i64,
    /// Where the original is kept, below `originals/`.
    pub kept_as: String,
    /// The name that its file came with.
    pub file: String,
    /// Place in the file, from 0.
    pub index: u32,
}

/// An open question with what a reviewer must know.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Which.
    pub id: ItemId,
    /// Why it is open: `overvote`, `marginal`, `corrected` or `doubted`.
    pub state: String,
    /// Form id and version.
    pub form: (String, u32),
    /// Serial of the ballot.
    pub serial: Option<String>,
    /// Unit id.
    pub unit: Option<String>,
    /// Box name.
    pub ballot_box: Option<String>,
    /// Its page.
    pub page: PageOfItem,
    /// Number of the page in its form, from 1.
    pub page_number: u32,
    /// Who left it to a supervisor, and why.
    pub escalated: Option<(String, String)>,
    /// Who looks at it now.
    pub claimed_by: Option<String>,
    /// How many people have said something of it.
    pub opinions: u64,
}

/// Joins and conditions that items are found by; ?1 to ?6 are the filter.
const ITEMS: &str = "
    FROM open_items o
    JOIN ballots b ON b.id = o.ballot_id
    JOIN forms f ON f.id = b.form_id
    JOIN pages p ON p.id = o.page_id
    JOIN images i ON i.id = p.image_id
    LEFT JOIN units u ON u.id = b.unit_id
    LEFT JOIN boxes x ON x.id = b.box_id
    LEFT JOIN escalations e ON e.id = (SELECT max(n.id) FROM escalations n
        WHERE n.ballot_id = o.ballot_id AND n.question = o.question)
    LEFT JOIN claims c ON c.ballot_id = o.ballot_id AND c.question = o.question
    LEFT JOIN accounts w ON w.id = c.account_id
    WHERE (?1 IS NULL OR f.form = ?1) AND (?2 IS NULL OR o.question = ?2)
      AND (?3 IS NULL OR u.unit = ?3) AND (?4 IS NULL OR x.box = ?4)
      AND (?5 IS NULL OR o.state = ?5) AND (?6 = 0 OR e.id IS NOT NULL)
      AND (SELECT s.state FROM ballot_states s WHERE s.id = b.id) <> 'rejected'";

const COLUMNS: &str = "SELECT o.ballot_id, o.question, o.state, f.form, f.version, b.serial,
    u.unit, x.box, p.id, i.kept_as, i.name, p.page_index, e.person, e.reason,
    CASE WHEN c.until > ?7 THEN w.name END,
    (SELECT count(*) FROM opinions q WHERE q.ballot_id = o.ballot_id
        AND q.question = o.question), o.page";

fn item_of(r: &rusqlite::Row<'_>) -> Result<Item, rusqlite::Error> {
    let person: Option<String> = r.get(12)?;
    let reason: Option<String> = r.get(13)?;
    Ok(Item {
        id: ItemId {
            ballot: BallotKey(r.get(0)?),
            question: r.get(1)?,
        },
        state: r.get(2)?,
        form: (r.get(3)?, r.get(4)?),
        serial: r.get(5)?,
        unit: r.get(6)?,
        ballot_box: r.get(7)?,
        page: PageOfItem {
            page_id: r.get(8)?,
            kept_as: r.get(9)?,
            file: r.get(10)?,
            index: r.get(11)?,
        },
        escalated: person.zip(reason),
        claimed_by: r.get(14)?,
        opinions: count(r, 15)?,
        page_number: r.get(16)?,
    })
}

/// A place in the queue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Form id.
    pub form: String,
    /// Number of the page in the form.
    pub page: u32,
    /// The item there.
    pub id: ItemId,
}

impl Item {
    /// Its place in the queue.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        Cursor {
            form: self.form.0.clone(),
            page: self.page_number,
            id: self.id.clone(),
        }
    }
}

impl ItemFilter {
    fn values(&self) -> Vec<Value> {
        let text = |t: &Option<String>| t.clone().map_or(Value::Null, Value::Text);
        vec![
            text(&self.form),
            text(&self.question),
            text(&self.unit),
            text(&self.ballot_box),
            text(&self.state),
            Value::Integer(i64::from(self.escalated)),
        ]
    }
}

impl Store {
    /// Open questions, at most `most` after the first `skip`, question by question
    /// as a reviewer gets them; `now` in seconds since 1970.
    ///
    /// # Errors
    /// The database refuses.
    pub fn items(
        &self,
        filter: &ItemFilter,
        now: i64,
        skip: u32,
        most: u32,
    ) -> Result<Vec<Item>, StoreError> {
        let mut values = filter.values();
        values.extend([now, i64::from(most), i64::from(skip)].map(Value::Integer));
        self.db
            .prepare_cached(&format!(
                "{COLUMNS} {ITEMS} ORDER BY f.form, o.page, o.question, o.ballot_id
                 LIMIT ?8 OFFSET ?9"
            ))
            .and_then(|mut s| {
                s.query_map(rusqlite::params_from_iter(values), item_of)?
                    .collect()
            })
            .map_err(|e| self.failed("list what waits", e))
    }

    /// How many questions are open, and how many of them were left to a
    /// supervisor.
    ///
    /// # Errors
    /// The database refuses.
    pub fn count_items(&self, filter: &ItemFilter) -> Result<(u64, u64), StoreError> {
        self.db
            .prepare_cached(&format!("SELECT count(*), count(e.id) {ITEMS}"))
            .and_then(|mut s| {
                s.query_row(rusqlite::params_from_iter(filter.values()), |r| {
                    Ok((count(r, 0)?, count(r, 1)?))
                })
            })
            .map_err(|e| self.failed("count what waits", e))
    }

    /// One open question; `None` if it is not open (any more).
    ///
    /// # Errors
    /// The database refuses.
    pub fn item(&self, id: &ItemId, now: i64) -> Result<Option<Item>, StoreError> {
        let mut values = ItemFilter::default().values();
        values.extend([
            Value::Integer(now),
            Value::Integer(id.ballot.0),
            Value::Text(id.question.clone()),
        ]);
        self.db
            .prepare_cached(&format!(
                "{COLUMNS} {ITEMS} AND o.ballot_id = ?8 AND o.question = ?9"
            ))
            .and_then(|mut s| {
                s.query_row(rusqlite::params_from_iter(values), item_of)
                    .optional()
            })
            .map_err(|e| self.failed("look up what waits", e))
    }

    /// The next open question for this person after a place in the queue (or from
    /// its beginning, and so again after its end), claimed until `until` so that
    /// nobody else gets it. Not one that they hold already or have said something
    /// of, nor, unless they are a supervisor, one that was left to one.
    ///
    /// # Errors
    /// The database refuses.
    pub fn claim_next(
        &self,
        account: &Account,
        filter: &ItemFilter,
        after: Option<&Cursor>,
        now: i64,
        until: i64,
    ) -> Result<Option<Item>, StoreError> {
        let mut values = filter.values();
        values.extend([
            Value::Integer(now),
            Value::Text(account.name.clone()),
            Value::Integer(i64::from(account.role >= Role::Supervisor)),
        ]);
        values.extend(match after {
            Some(c) => [
                Value::Text(c.form.clone()),
                Value::Integer(i64::from(c.page)),
                Value::Text(c.id.question.clone()),
                Value::Integer(c.id.ballot.0),
            ],
            None => [const { Value::Null }; 4],
        });
        self.apart(|| {
            let found = self
                .db
                .prepare_cached(&format!(
                    "{COLUMNS} {ITEMS}
                       AND (c.until IS NULL OR c.until <= ?7)
                       AND (?9 = 1 OR e.id IS NULL)
                       AND NOT EXISTS (SELECT 1 FROM opinions q WHERE q.person = ?8
                            AND q.ballot_id = o.ballot_id AND q.question = o.question)
                     ORDER BY coalesce((f.form, o.page, o.question, o.ballot_id)
                            <= (?10, ?11, ?12, ?13), 0),
                        f.form, o.page, o.question, o.ballot_id LIMIT 1"
                ))
                .and_then(|mut s| {
                    s.query_row(rusqlite::params_from_iter(values), item_of)
                        .optional()
                })
                .map_err(|e| self.failed("find what waits", e))?;
            if let Some(item) = &found {
                self.put_claim(account, &item.id, until)?;
            }
            Ok(found)
        })
    }

    /// Claims one open question; false if somebody else holds it.
    ///
    /// # Errors
    /// The database refuses.
    pub fn claim(
        &self,
        account: &Account,
        id: &ItemId,
        now: i64,
        until: i64,
    ) -> Result<bool, StoreError> {
        self.apart(|| {
            let holder: Option<i64> = self
                .db
                .prepare_cached(
                    "SELECT account_id FROM claims
                     WHERE ballot_id = ?1 AND question = ?2 AND until > ?3",
                )
                .and_then(|mut s| {
                    s.query_row((id.ballot.0, &id.question, now), |r| r.get(0))
                        .optional()
                })
                .map_err(|e| self.failed("look up a claim", e))?;
            if holder.is_some_and(|h| h != account.key.0) {
                return Ok(false);
            }
            self.put_claim(account, id, until)?;
            Ok(true)
        })
    }

    fn put_claim(&self, account: &Account, id: &ItemId, until: i64) -> Result<(), StoreError> {
        self.db
            .prepare_cached(
                "INSERT INTO claims (ballot_id, question, account_id, until)
                 VALUES (?1, ?2, ?3, ?4)
                 ON CONFLICT (ballot_id, question)
                 DO UPDATE SET account_id = excluded.account_id, until = excluded.until",
            )
            .and_then(|mut s| s.execute((id.ballot.0, &id.question, account.key.0, until)))
            .map_err(|e| self.failed("claim a question", e))?;
        Ok(())
    }

    /// Gives back one claim of a person, or all of them.
    ///
    /// # Errors
    /// The database refuses.
    pub fn release(&self, account: &Account, id: Option<&ItemId>) -> Result<(), StoreError> {
        let (ballot, question) = match id {
            Some(id) => (Some(id.ballot.0), Some(id.question.as_str())),
            None => (None, None),
        };
        self.db
            .prepare_cached(
                "DELETE FROM claims WHERE account_id = ?1
                 AND (?2 IS NULL OR (ballot_id = ?2 AND question = ?3))",
            )
            .and_then(|mut s| s.execute((account.key.0, ballot, question)))
            .map_err(|e| self.failed("give back a claim", e))?;
        Ok(())
    }

    /// What the reader said of a page, by its number in this station.
    ///
    /// # Errors
    /// The database refuses, or the reading in it cannot be understood.
    pub fn reading_of_page(&self, page_id: i64) -> Result<Option<PageReading>, StoreError> {
        let json: Option<String> = self
            .db
            .prepare_cached("SELECT reading FROM current_readings WHERE page_id = ?1")
            .and_then(|mut s| s.query_row([page_id], |r| r.get(0)).optional())
            .map_err(|e| self.failed("look up a reading", e))?;
        json.map(|json| {
            serde_json::from_str(&json).map_err(|e| StoreError::Json {
                path: self.path.clone(),
                what: format!("the reading of page {page_id}"),
                source: e,
            })
        })
        .transpose()
    }

    /// Where a page image is, by its number in this station.
    ///
    /// # Errors
    /// The database refuses.
    pub fn page_place(&self, page_id: i64) -> Result<Option<PageOfItem>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT p.id, i.kept_as, i.name, p.page_index
                 FROM pages p JOIN images i ON i.id = p.image_id WHERE p.id = ?1",
            )
            .and_then(|mut s| {
                s.query_row([page_id], |r| {
                    Ok(PageOfItem {
                        page_id: r.get(0)?,
                        kept_as: r.get(1)?,
                        file: r.get(2)?,
                        index: r.get(3)?,
                    })
                })
                .optional()
            })
            .map_err(|e| self.failed("look up a page", e))
    }

    /// Why a question waits; `None`: it does not.
    ///
    /// # Errors
    /// The database refuses.
    pub fn open_state(&self, id: &ItemId) -> Result<Option<String>, StoreError> {
        self.db
            .prepare_cached("SELECT state FROM open_items WHERE ballot_id = ?1 AND question = ?2")
            .and_then(|mut s| {
                s.query_row((id.ballot.0, &id.question), |r| r.get(0))
                    .optional()
            })
            .map_err(|e| self.failed("look up a question", e))
    }
}
