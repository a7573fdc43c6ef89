//! What waits for people, and what people do about it together: who looks at
//! which question, who agrees with whom, what is left to a supervisor.

use rusqlite::OptionalExtension;
use rusqlite::types::Value;

use super::{Account, BallotKey, Decision, Role, Settled, Store, StoreError, count};
use crate::read::{Answer, AnswerState, PageReading};

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

/// What one person said of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// Who.
    pub person: String,
    /// The answer.
    pub after: Answer,
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

/// What came of a person's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// It is decided.
    Decided,
    /// A second person must say the same.
    WaitsForSecond,
    /// Two people differ: a supervisor decides.
    Differs,
}

/// How fast reviewers are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Pace {
    /// Decisions of the last hour.
    pub last_hour: u64,
    /// Decisions that stand, by person.
    pub by_person: Vec<(String, u64)>,
    /// Questions that two people answered, and of how many they agreed.
    pub twice: (u64, u64),
}

/// A setting as it was set once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRow {
    /// Which one.
    pub name: String,
    /// What it was set to.
    pub value: String,
    /// By whom.
    pub person: String,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// Why; `None`: nobody said.
    pub reason: Option<String>,
}

/// One box on the wall of marks.
#[derive(Debug, Clone, PartialEq)]
pub struct WallBox {
    /// Its ballot.
    pub ballot: BallotKey,
    /// Its page image in this station.
    pub page_id: i64,
    /// What the reader took it for.
    pub state: String,
    /// 0 surely empty, 1 surely marked.
    pub score: f64,
    /// A person has decided on the question, or is asked.
    pub seen: bool,
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

    /// What people said of a question, in their order.
    ///
    /// # Errors
    /// The database refuses.
    pub fn opinions(&self, id: &ItemId) -> Result<Vec<Opinion>, StoreError> {
        let rows: Vec<(String, String)> = self
            .db
            .prepare_cached(
                "SELECT person, after FROM opinions
                 WHERE ballot_id = ?1 AND question = ?2 ORDER BY id",
            )
            .and_then(|mut s| {
                s.query_map((id.ballot.0, &id.question), |r| Ok((r.get(0)?, r.get(1)?)))?
                    .collect()
            })
            .map_err(|e| self.failed("list opinions", e))?;
        rows.into_iter()
            .map(|(person, after)| {
                let after = serde_json::from_str(&after).map_err(|e| StoreError::Json {
                    path: self.path.clone(),
                    what: "an opinion".to_owned(),
                    source: e,
                })?;
                Ok(Opinion { person, after })
            })
            .collect()
    }

    /// Takes in a person's answer. Where `twice`, a second person must say the
    /// same without having seen it; where they differ it goes to a supervisor. A
    /// supervisor's answer decides.
    ///
    /// # Errors
    /// The question is not open (any more), or the database refuses; then nothing
    /// is written.
    pub fn answer_item(
        &self,
        account: &Account,
        id: &ItemId,
        after: &Answer,
        reason: &str,
        twice: bool,
    ) -> Result<Outcome, StoreError> {
        let after = sorted(after);
        self.change("answered", || {
            let Some(item) = self.item(id, 0)? else {
                return Err(match self.standing_answer(id)? {
                    Some((_, person)) => StoreError::SettledMeanwhile(person),
                    None => StoreError::NotOpen,
                });
            };
            let json = self.json(&after)?;
            let given = self.opinions(id)?;
            let supervisor = account.role >= Role::Supervisor;
            if given.iter().any(|o| o.person == account.name) && !supervisor {
                return Err(StoreError::SettledMeanwhile(account.name.clone()));
            }
            if twice || !given.is_empty() {
                self.db
                    .prepare_cached(
                        "INSERT INTO opinions (ballot_id, question, after, reason, person, given)
                         VALUES (?1, ?2, ?3, ?4, ?5, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                    )
                    .and_then(|mut s| {
                        s.execute((id.ballot.0, &id.question, &json, reason, &account.name))
                    })
                    .map_err(|e| self.failed("note an opinion", e))?;
            }
            let outcome = match (twice, given.first()) {
                _ if supervisor => Outcome::Decided,
                (true, None) => Outcome::WaitsForSecond,
                (_, Some(first)) if first.after != after => Outcome::Differs,
                _ => Outcome::Decided,
            };
            match outcome {
                Outcome::Decided => {
                    let mut people: Vec<&str> = given.iter().map(|o| o.person.as_str()).collect();
                    people.push(&account.name);
                    self.decide_inside(&Decision {
                        ballot: id.ballot,
                        settled: Settled::Answer {
                            question: id.question.clone(),
                            before: self
                                .reading_of_page(item.page.page_id)?
                                .and_then(|r| r.answers.get(&id.question).cloned()),
                            after: after.clone(),
                        },
                        reason: reason.to_owned(),
                        person: if supervisor {
                            account.name.clone()
                        } else {
                            people.join(", ")
                        },
                    })?;
                }
                Outcome::Differs => {
                    self.escalate_inside(account, id, "hai người kiểm tra kết luận khác nhau")?;
                }
                Outcome::WaitsForSecond => {}
            }
            self.release(account, Some(id))?;
            let detail = serde_json::json!({
                "ballot": id.ballot.0, "question": id.question, "after": after,
                "reason": reason, "outcome": format!("{outcome:?}"),
            });
            Ok((outcome, detail))
        })
    }

    /// Leaves a question to a supervisor.
    ///
    /// # Errors
    /// It is not open, or the database refuses.
    pub fn escalate(&self, account: &Account, id: &ItemId, reason: &str) -> Result<(), StoreError> {
        self.change("escalated", || {
            if self.item(id, 0)?.is_none() {
                return Err(StoreError::NotOpen);
            }
            self.escalate_inside(account, id, reason)?;
            self.release(account, Some(id))?;
            let detail = serde_json::json!({
                "ballot": id.ballot.0, "question": id.question, "reason": reason
            });
            Ok(((), detail))
        })
    }

    fn escalate_inside(
        &self,
        account: &Account,
        id: &ItemId,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.note_about("escalations", account, id, reason)
    }

    fn note_about(
        &self,
        table: &str,
        account: &Account,
        id: &ItemId,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.db
            .prepare_cached(&format!(
                "INSERT INTO {table} (ballot_id, question, reason, person, raised)
                 VALUES (?1, ?2, ?3, ?4, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))"
            ))
            .and_then(|mut s| s.execute((id.ballot.0, &id.question, reason, &account.name)))
            .map_err(|e| self.failed("note what a person said", e))?;
        Ok(())
    }

    /// Opens a question that the machine was sure of.
    ///
    /// # Errors
    /// It was decided by a person already, there is no such question, or the
    /// database refuses.
    pub fn doubt(&self, account: &Account, id: &ItemId, reason: &str) -> Result<(), StoreError> {
        self.change_if("doubted", || {
            if let Some((_, person)) = self.standing_answer(id)? {
                return Err(StoreError::SettledMeanwhile(person));
            }
            if self.item(id, 0)?.is_some() {
                return Ok(((), None));
            }
            let read: bool = self
                .db
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM ballot_pages p
                        JOIN answers a ON a.reading_id = p.reading_id
                        WHERE p.ballot_id = ?1 AND p.role = 'member' AND a.question = ?2)",
                )
                .and_then(|mut s| s.query_row((id.ballot.0, &id.question), |r| r.get(0)))
                .map_err(|e| self.failed("look up a question", e))?;
            if !read {
                return Err(StoreError::NotOpen);
            }
            self.note_about("doubts", account, id, reason)?;
            let detail = serde_json::json!({
                "ballot": id.ballot.0, "question": id.question, "reason": reason
            });
            Ok(((), Some(detail)))
        })
    }

    fn standing_answer(&self, id: &ItemId) -> Result<Option<(i64, String)>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT id, person FROM standing_decisions
                 WHERE ballot_id = ?1 AND kind = 'answer' AND question = ?2
                 ORDER BY id DESC LIMIT 1",
            )
            .and_then(|mut s| {
                s.query_row((id.ballot.0, &id.question), |r| Ok((r.get(0)?, r.get(1)?)))
                    .optional()
            })
            .map_err(|e| self.failed("look up a decision", e))
    }

    /// Takes the standing decision of a question back: the question is open again.
    ///
    /// # Errors
    /// There is none, it is somebody else's and the person is no supervisor, or
    /// the database refuses.
    pub fn withdraw(&self, account: &Account, id: &ItemId, reason: &str) -> Result<(), StoreError> {
        self.change("withdrawn", || {
            let (decision, person) = self.standing_answer(id)?.ok_or(StoreError::NotOpen)?;
            if let Some(by) = self.keyed_whole(id)? {
                return Err(StoreError::KeyedWhole(by));
            }
            let mine = person.split(", ").any(|p| p == account.name);
            if !mine && account.role < Role::Supervisor {
                return Err(StoreError::NotYours(person));
            }
            self.withdraw_decision(decision, &account.name, reason)?;
            let detail = serde_json::json!({
                "ballot": id.ballot.0, "question": id.question,
                "decision": decision, "of": person, "reason": reason,
            });
            Ok(((), detail))
        })
    }

    pub(super) fn withdraw_decision(
        &self,
        decision: i64,
        person: &str,
        reason: &str,
    ) -> Result<(), StoreError> {
        self.db
            .prepare_cached(
                "INSERT INTO withdrawals (decision_id, reason, person, withdrawn)
                 VALUES (?1, ?2, ?3, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
            )
            .and_then(|mut s| s.execute((decision, reason, person)))
            .map_err(|e| self.failed("take a decision back", e))?;
        Ok(())
    }

    fn json(&self, answer: &Answer) -> Result<String, StoreError> {
        serde_json::to_string(answer).map_err(|e| StoreError::Json {
            path: self.path.clone(),
            what: "an answer".to_owned(),
            source: e,
        })
    }

    /// How fast reviewers are and how often they agree.
    ///
    /// # Errors
    /// The database refuses.
    pub fn pace(&self) -> Result<Pace, StoreError> {
        let run = || -> Result<Pace, rusqlite::Error> {
            let last_hour = self
                .db
                .prepare_cached(
                    "SELECT count(*) FROM standing_decisions WHERE kind = 'answer'
                     AND decided > strftime('%Y-%m-%dT%H:%M:%fZ', 'now', '-1 hour')",
                )?
                .query_row([], |r| count(r, 0))?;
            let by_person = self
                .db
                .prepare_cached(
                    "SELECT person, count(*) FROM standing_decisions
                     WHERE kind = 'answer' GROUP BY person ORDER BY 2 DESC, 1",
                )?
                .query_map([], |r| Ok((r.get(0)?, count(r, 1)?)))?
                .collect::<Result<_, _>>()?;
            let twice = self
                .db
                .prepare_cached(
                    "SELECT count(*), count(*) FILTER (WHERE answers = 1) FROM (
                        SELECT count(DISTINCT after) AS answers FROM opinions
                        GROUP BY ballot_id, question HAVING count(DISTINCT person) > 1)",
                )?
                .query_row([], |r| Ok((count(r, 0)?, count(r, 1)?)))?;
            Ok(Pace {
                last_hour,
                by_person,
                twice,
            })
        };
        run().map_err(|e| self.failed("count decisions", e))
    }

    /// Boxes of one choice on all ballots of a form, those with the lowest score
    /// first, or the highest.
    ///
    /// # Errors
    /// The database refuses.
    pub fn wall(
        &self,
        form: &str,
        question: &str,
        choice: &str,
        highest_first: bool,
        skip: u32,
        most: u32,
    ) -> Result<Vec<WallBox>, StoreError> {
        let order = if highest_first { "DESC" } else { "ASC" };
        self.db
            .prepare_cached(&format!(
                "SELECT bp.ballot_id, bp.page_id, m.state, m.score,
                    EXISTS (SELECT 1 FROM standing_decisions d WHERE d.ballot_id = bp.ballot_id
                        AND d.kind = 'answer' AND d.question = m.question)
                    OR EXISTS (SELECT 1 FROM open_items o WHERE o.ballot_id = bp.ballot_id
                        AND o.question = m.question)
                 FROM forms f
                 JOIN ballots b ON b.form_id = f.id
                 JOIN ballot_pages bp ON bp.ballot_id = b.id AND bp.role = 'member'
                 JOIN marks m ON m.reading_id = bp.reading_id
                    AND m.question = ?2 AND m.choice = ?3
                 WHERE f.form = ?1
                 ORDER BY m.score {order}, bp.ballot_id LIMIT ?4 OFFSET ?5"
            ))
            .and_then(|mut s| {
                s.query_map((form, question, choice, most, skip), |r| {
                    Ok(WallBox {
                        ballot: BallotKey(r.get(0)?),
                        page_id: r.get(1)?,
                        state: r.get(2)?,
                        score: r.get(3)?,
                        seen: r.get(4)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list the boxes of a choice", e))
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

    /// All changes of settings, newest first.
    ///
    /// # Errors
    /// The database refuses.
    pub fn settings_history(&self) -> Result<Vec<SettingRow>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT name, value, person, set_at, reason FROM settings ORDER BY id DESC",
            )
            .and_then(|mut s| {
                s.query_map([], |r| {
                    Ok(SettingRow {
                        name: r.get(0)?,
                        value: r.get(1)?,
                        person: r.get(2)?,
                        at: r.get(3)?,
                        reason: r.get(4)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list the settings", e))
    }

    /// The value that a setting has; `None`: it was never set.
    ///
    /// # Errors
    /// The database refuses.
    pub fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.db
            .prepare_cached("SELECT value FROM settings WHERE name = ?1 ORDER BY id DESC LIMIT 1")
            .and_then(|mut s| s.query_row([name], |r| r.get(0)).optional())
            .map_err(|e| self.failed("look up a setting", e))
    }

    /// Sets a setting; the same again changes nothing.
    ///
    /// # Errors
    /// The database refuses.
    pub fn set(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.set_because(name, value, None)
    }

    /// The same, with why.
    ///
    /// # Errors
    /// The database refuses.
    pub fn set_because(
        &self,
        name: &str,
        value: &str,
        reason: Option<&str>,
    ) -> Result<(), StoreError> {
        self.change_if("setting-changed", || {
            let before = self.setting(name)?;
            if before.as_deref() == Some(value) {
                return Ok(((), None));
            }
            self.db
                .execute(
                    "INSERT INTO settings (name, value, person, set_at, reason)
                     VALUES (?1, ?2, ?3, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?4)",
                    (name, value, &self.actor().person, reason),
                )
                .map_err(|e| self.failed("set a setting", e))?;
            let detail = serde_json::json!({
                "name": name, "before": before, "after": value, "reason": reason
            });
            Ok(((), Some(detail)))
        })
    }
}

/// Choices in one order, so that the same answer is the same text.
fn sorted(answer: &Answer) -> Answer {
    let mut choices = answer.choices.clone();
    choices.sort_unstable();
    choices.dedup();
    let state = if choices.is_empty() && answer.state == AnswerState::Answered {
        AnswerState::Blank
    } else {
        answer.state
    };
    Answer { state, choices }
}
