//! Packages between offices: keys, what was sent, and what the checks of a package
//! that comes in must know.

use rusqlite::OptionalExtension;
use serde_json::json;

use super::{BallotKey, FormKey, Head, NewSource, SourceKey, Store, StoreError};
use crate::read::Answer;

/// The public half of a key of this station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StationKeyRow {
    /// 64 hex digits.
    pub public_key: String,
    /// Who made it.
    pub person: String,
    /// When, RFC 3339 UTC.
    pub made: String,
}

/// A key to believe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewPin {
    /// 64 hex digits.
    pub public_key: String,
    /// The only station that may sign with it; `None`: the first that does.
    pub station: Option<String>,
    /// Whose it is, for people.
    pub name: String,
    /// The unit that it may speak for, with those below it; `None`: for all.
    pub unit: Option<String>,
}

/// A key that is, or was, believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinRow {
    /// Its number.
    pub number: i64,
    /// What was pinned.
    pub pin: NewPin,
    /// Who pinned it.
    pub person: String,
    /// When, RFC 3339 UTC.
    pub pinned: String,
    /// It is believed no more.
    pub ended: bool,
}

/// What the next package of this station says of its place in the row of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NextExport {
    /// From 1.
    pub number: i64,
    /// The end of the log when it is made.
    pub head: Head,
    /// Now, RFC 3339 UTC.
    pub at: String,
}

/// A package that this station made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExportRow {
    /// From 1.
    pub number: i64,
    /// Of this unit and those below it; `None`: of all.
    pub scope: Option<String>,
    /// Digest of the file.
    pub digest: String,
    /// Figures of it.
    pub detail: serde_json::Value,
    /// Who made it.
    pub person: String,
    /// When, RFC 3339 UTC.
    pub made: String,
}

/// A decision as it was written down.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRow {
    /// Of which ballot.
    pub ballot: BallotKey,
    /// `answer`, `reject`, `restore` or `settle`.
    pub kind: String,
    /// The question; of `settle` the code of the problem.
    pub about: Option<String>,
    /// What was there before, where it was noted.
    pub before: Option<Answer>,
    /// What holds.
    pub after: Option<Answer>,
    /// Why.
    pub reason: String,
    /// Who.
    pub person: String,
    /// Role of the account of that name; `None`: there is none.
    pub role: Option<String>,
    /// When, RFC 3339 UTC.
    pub decided: String,
    /// It was taken back.
    pub withdrawn: bool,
}

impl Store {
    /// The key that this station signs with.
    ///
    /// # Errors
    /// The database refuses.
    pub fn station_key(&self) -> Result<Option<StationKeyRow>, StoreError> {
        self.db
            .query_row(
                "SELECT public_key, person, made FROM station_keys ORDER BY id DESC LIMIT 1",
                [],
                |r| {
                    Ok(StationKeyRow {
                        public_key: r.get(0)?,
                        person: r.get(1)?,
                        made: r.get(2)?,
                    })
                },
            )
            .optional()
            .map_err(|e| self.failed("look up the station's key", e))
    }

    /// From now on this station signs with this key.
    ///
    /// # Errors
    /// The key was there before, or the database refuses.
    pub fn record_station_key(&self, public_key: &str, reason: &str) -> Result<(), StoreError> {
        self.change("station-key-made", || {
            self.db
                .execute(
                    "INSERT INTO station_keys (public_key, reason, person, made)
                     VALUES (?1, ?2, ?3, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                    (public_key, reason, &self.actor().person),
                )
                .map_err(|e| self.failed("note the station's key", e))?;
            Ok(((), json!({ "public_key": public_key, "reason": reason })))
        })
    }

    /// All keys that are, or were, believed, oldest first.
    ///
    /// # Errors
    /// The database refuses.
    pub fn pins(&self) -> Result<Vec<PinRow>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT id, public_key, station, name, unit, person, pinned,
                    EXISTS (SELECT 1 FROM pin_ends e WHERE e.pin_id = p.id)
                 FROM pins p ORDER BY id",
            )
            .and_then(|mut s| {
                s.query_map([], |r| {
                    Ok(PinRow {
                        number: r.get(0)?,
                        pin: NewPin {
                            public_key: r.get(1)?,
                            station: r.get(2)?,
                            name: r.get(3)?,
                            unit: r.get(4)?,
                        },
                        person: r.get(5)?,
                        pinned: r.get(6)?,
                        ended: r.get(7)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list the pinned keys", e))
    }

    /// Believes a key.
    ///
    /// # Errors
    /// It is believed already, or the database refuses.
    pub fn pin(&self, new: &NewPin) -> Result<(), StoreError> {
        self.change("key-pinned", || {
            let same = |p: &&PinRow| !p.ended && p.pin.public_key == new.public_key;
            if let Some(there) = self.pins()?.iter().find(same) {
                return Err(StoreError::PinExists(there.pin.name.clone()));
            }
            self.db
                .execute(
                    "INSERT INTO pins (public_key, station, name, unit, person, pinned)
                     VALUES (?1, ?2, ?3, ?4, ?5, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                    (
                        &new.public_key,
                        &new.station,
                        &new.name,
                        &new.unit,
                        &self.actor().person,
                    ),
                )
                .map_err(|e| self.failed("pin a key", e))?;
            let detail = json!({
                "public_key": new.public_key, "station": new.station,
                "name": new.name, "unit": new.unit,
            });
            Ok(((), detail))
        })
    }

    /// Believes a key no more.
    ///
    /// # Errors
    /// It is not believed, or the database refuses.
    pub fn unpin(&self, public_key: &str, reason: &str) -> Result<(), StoreError> {
        self.change("key-unpinned", || {
            let pins = self.pins()?;
            let pin = pins
                .iter()
                .find(|p| !p.ended && p.pin.public_key == public_key)
                .ok_or(StoreError::PinMissing)?;
            self.db
                .execute(
                    "INSERT INTO pin_ends (pin_id, reason, person, ended)
                     VALUES (?1, ?2, ?3, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                    (pin.number, reason, &self.actor().person),
                )
                .map_err(|e| self.failed("unpin a key", e))?;
            let detail = json!({
                "public_key": public_key, "name": pin.pin.name, "reason": reason
            });
            Ok(((), detail))
        })
    }

    /// Makes a package and notes it, in one transaction: what `make` reads is one
    /// state of the database, and that whose log ends as the package says.
    ///
    /// # Errors
    /// Those of `make`, or the database refuses; then nothing is noted.
    pub fn export<T, E: From<StoreError>>(
        &self,
        scope: Option<&str>,
        make: impl FnOnce(&NextExport) -> Result<(String, serde_json::Value, T), E>,
    ) -> Result<T, E> {
        let mut refused = None;
        let done = self.change("exported", || {
            let next = self.next_export()?;
            let (digest, detail, out) = make(&next).map_err(|e| {
                refused = Some(e);
                StoreError::Refused
            })?;
            self.db
                .execute(
                    "INSERT INTO exports (number, scope, digest, detail, person, made)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
                    (
                        next.number,
                        scope,
                        &digest,
                        detail.to_string(),
                        &self.actor().person,
                        &next.at,
                    ),
                )
                .map_err(|e| self.failed("note a package", e))?;
            let event = json!({
                "revision": next.number, "scope": scope, "digest": digest, "detail": detail
            });
            Ok((out, event))
        });
        match refused {
            Some(e) => Err(e),
            None => done.map_err(E::from),
        }
    }

    fn next_export(&self) -> Result<NextExport, StoreError> {
        let head = self.log_head()?;
        self.db
            .query_row(
                "SELECT coalesce(max(number), 0) + 1, strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
                 FROM exports",
                [],
                |r| {
                    Ok(NextExport {
                        number: r.get(0)?,
                        head,
                        at: r.get(1)?,
                    })
                },
            )
            .map_err(|e| self.failed("number a package", e))
    }

    /// Packages that this station made, oldest first.
    ///
    /// # Errors
    /// The database refuses.
    pub fn exports(&self) -> Result<Vec<ExportRow>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT number, scope, digest, detail, person, made FROM exports ORDER BY number",
            )
            .and_then(|mut s| {
                s.query_map([], |r| {
                    let detail: String = r.get(3)?;
                    Ok(ExportRow {
                        number: r.get(0)?,
                        scope: r.get(1)?,
                        digest: r.get(2)?,
                        detail: serde_json::from_str(&detail).unwrap_or_default(),
                        person: r.get(4)?,
                        made: r.get(5)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list the packages", e))
    }

    /// Checks and takes in a source in one transaction: nobody changes what `check`
    /// looked at before the source is there. `kind`: how the log calls it.
    ///
    /// # Errors
    /// Those of `check`, or the database refuses; then nothing is written.
    pub fn take_in<E: From<StoreError>>(
        &self,
        kind: &'static str,
        check: impl FnOnce() -> Result<NewSource, E>,
    ) -> Result<SourceKey, E> {
        let mut refused = None;
        let done = self.change(kind, || {
            let new = check().map_err(|e| {
                refused = Some(e);
                StoreError::Refused
            })?;
            let key = self.insert_source(&new)?;
            let detail = json!({
                "name": new.name, "digest": new.digest, "ballots": new.ballots.len(),
                "detail": new.detail, "reason": new.reason,
                "replaces": new.replaces.len(),
            });
            Ok((key, detail))
        });
        match refused {
            Some(e) => Err(e),
            None => done.map_err(E::from),
        }
    }

    /// Whether a ballot of this form and serial that is not rejected is there: of
    /// this station (`Some(None)`), or of a source that holds and is none of
    /// `replaced`.
    ///
    /// # Errors
    /// The database refuses.
    pub fn serial_is_at(
        &self,
        form: FormKey,
        serial: &str,
        replaced: &[SourceKey],
    ) -> Result<Option<Option<SourceKey>>, StoreError> {
        let run = || -> Result<_, rusqlite::Error> {
            let here: bool = self
                .db
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM ballots b
                     WHERE b.form_id = ?1 AND b.serial = ?2
                       AND (SELECT s.state FROM ballot_states s WHERE s.id = b.id)
                           IN ('counted', 'pending'))",
                )?
                .query_row((form.0, serial), |r| r.get(0))?;
            if here {
                return Ok(Some(None));
            }
            let mut statement = self.db.prepare_cached(
                "SELECT source_id FROM outside_ballots WHERE form_id = ?1 AND serial = ?2
                 AND state <> 'rejected'
                 AND source_id NOT IN (SELECT source_id FROM source_ends)",
            )?;
            let mut rows = statement.query((form.0, serial))?;
            while let Some(r) = rows.next()? {
                let at = SourceKey::numbered(r.get(0)?);
                if !replaced.contains(&at) {
                    return Ok(Some(Some(at)));
                }
            }
            Ok(None)
        };
        run().map_err(|e| self.failed("look for a serial", e))
    }

    /// Shows `visit` every decision of ballots that are not cancelled, oldest first.
    ///
    /// # Errors
    /// The database refuses, or `visit` does.
    pub fn each_decision<E: From<StoreError>>(
        &self,
        mut visit: impl FnMut(DecisionRow) -> Result<(), E>,
    ) -> Result<(), E> {
        let failed = |e| E::from(self.failed("read the decisions", e));
        let mut select = self
            .db
            .prepare_cached(
                "SELECT d.ballot_id, d.kind, coalesce(d.question, p.code), d.before, d.after,
                    d.reason, d.person, a.role, d.decided,
                    EXISTS (SELECT 1 FROM withdrawals w WHERE w.decision_id = d.id)
                 FROM decisions d
                 JOIN ballot_states s ON s.id = d.ballot_id AND s.state <> 'cancelled'
                 LEFT JOIN problems p ON p.id = d.problem_id
                 LEFT JOIN accounts a ON a.name = d.person
                 ORDER BY d.id",
            )
            .map_err(failed)?;
        let mut rows = select.query([]).map_err(failed)?;
        while let Some(r) = rows.next().map_err(failed)? {
            let answer = |text: Option<String>| -> Result<Option<Answer>, E> {
                text.map(|t| serde_json::from_str(&t))
                    .transpose()
                    .map_err(|e| {
                        E::from(StoreError::Json {
                            path: self.path.clone(),
                            what: "a decision".to_owned(),
                            source: e,
                        })
                    })
            };
            let row = DecisionRow {
                ballot: BallotKey(r.get(0).map_err(failed)?),
                kind: r.get(1).map_err(failed)?,
                about: r.get(2).map_err(failed)?,
                before: answer(r.get(3).map_err(failed)?)?,
                after: answer(r.get(4).map_err(failed)?)?,
                reason: r.get(5).map_err(failed)?,
                person: r.get(6).map_err(failed)?,
                role: r.get(7).map_err(failed)?,
                decided: r.get(8).map_err(failed)?,
                withdrawn: r.get(9).map_err(failed)?,
            };
            visit(row)?;
        }
        Ok(())
    }
}
