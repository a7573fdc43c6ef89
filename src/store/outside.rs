//! Ballots that were not scanned here: of other stations' packages, and online.

use std::collections::{BTreeMap, HashMap};

use super::{BallotState, Channel, FormKey, Store, StoreError, count};

/// A ballot that was not scanned here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutsideBallot {
    /// Which form.
    pub form: FormKey,
    /// Which unit; `None`: not known.
    pub unit: Option<String>,
    /// Which ballot box.
    pub ballot_box: Option<String>,
    /// Printed on it, or its row's name.
    pub serial: Option<String>,
    /// How it came in.
    pub channel: Channel,
    /// Day on which it came in, `2026-11-25`.
    pub day: String,
    /// Does it count?
    pub state: BallotState,
    /// Its answers, by [`super::Packing`].
    pub answers: Vec<u8>,
}

impl OutsideBallot {
    /// Adds what the ballot says to the digest of its source.
    fn hash(&self, hash: &mut blake3::Hasher, form: &str) {
        let mut part = |bytes: &[u8]| {
            hash.update(&(bytes.len() as u64).to_le_bytes());
            hash.update(bytes);
        };
        part(form.as_bytes());
        for text in [&self.unit, &self.ballot_box, &self.serial] {
            part(&[u8::from(text.is_some())]);
            part(text.as_deref().unwrap_or("").as_bytes());
        }
        part(self.channel.word().as_bytes());
        part(self.day.as_bytes());
        part(self.state.word().as_bytes());
        part(&self.answers);
    }
}

/// What a source is: a package, or a file of online answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceKind {
    /// A package of another station.
    Package {
        /// Id of the station.
        station: String,
        /// Counts the station's exports, from 1.
        revision: i64,
    },
    /// Answers that came in online.
    Online,
}

/// Where ballots come from that were not scanned here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewSource {
    /// What it is.
    pub kind: SourceKind,
    /// For people: the unit or file.
    pub name: String,
    /// Digest of the file.
    pub digest: String,
    /// What else the file says of itself.
    pub detail: serde_json::Value,
    /// Its ballots.
    pub ballots: Vec<OutsideBallot>,
    /// Sources that it replaces.
    pub replaces: Vec<SourceKey>,
    /// Why it replaces them.
    pub reason: String,
}

/// Key of a source in this station.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceKey(i64);

impl SourceKey {
    pub(super) fn numbered(number: i64) -> Self {
        Self(number)
    }

    /// The number by which people speak of it on this station.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }
}

/// A source that is in the station.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceRow {
    /// Its key.
    pub key: SourceKey,
    /// What it is.
    pub kind: SourceKind,
    /// For people.
    pub name: String,
    /// Digest of the file.
    pub digest: String,
    /// What the file says of itself.
    pub detail: serde_json::Value,
    /// How many ballots it has.
    pub ballots: u64,
    /// Who took it in.
    pub person: String,
    /// When, RFC 3339 UTC.
    pub recorded: String,
    /// A newer one replaced it.
    pub replaced: bool,
}

impl NewSource {
    /// Answers that came in online, by the name and digest of their file.
    #[must_use]
    pub fn online(name: &str, digest: &str, ballots: Vec<OutsideBallot>) -> Self {
        Self {
            kind: SourceKind::Online,
            name: name.to_owned(),
            digest: digest.to_owned(),
            detail: serde_json::Value::Null,
            ballots,
            replaces: Vec::new(),
            reason: String::new(),
        }
    }
}

impl Store {
    /// Takes in a source with all its ballots, or nothing.
    ///
    /// # Errors
    /// A source of this digest is there already, or the database refuses.
    pub fn add_source(&self, new: &NewSource) -> Result<SourceKey, StoreError> {
        self.change("source-added", || {
            let key = self.insert_source(new)?;
            let detail = serde_json::json!({
                "source": key.0, "name": new.name, "digest": new.digest,
                "ballots": new.ballots.len(), "detail": new.detail,
                "replaces": new.replaces.iter().map(|s| s.0).collect::<Vec<_>>(),
                "reason": new.reason,
            });
            Ok((key, detail))
        })
    }

    pub(super) fn insert_source(&self, new: &NewSource) -> Result<SourceKey, StoreError> {
        let failed = |e| self.failed("take ballots in", e);
        let names = self.form_names()?;
        let mut hash = blake3::Hasher::new();
        for ballot in &new.ballots {
            ballot.hash(&mut hash, names.get(&ballot.form).map_or("", |n| n));
        }
        let (kind, station, revision) = match &new.kind {
            SourceKind::Package { station, revision } => {
                ("package", Some(station.as_str()), Some(*revision))
            }
            SourceKind::Online => ("online", None, None),
        };
        let person = self.actor().person.clone();
        self.db
            .execute(
                "INSERT INTO sources (kind, name, digest, station, revision, detail, ballots,
                    rows_hash, person, recorded)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9,
                    strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                (
                    kind,
                    &new.name,
                    &new.digest,
                    station,
                    revision,
                    new.detail.to_string(),
                    new.ballots.len() as i64,
                    hash.finalize().to_hex().as_str(),
                    &person,
                ),
            )
            .map_err(failed)?;
        let key = SourceKey(self.db.last_insert_rowid());
        let units = self.unit_ids()?;
        let mut insert = self
            .db
            .prepare_cached(
                "INSERT INTO outside_ballots (source_id, form_id, unit_id, box, serial, channel,
                    day, state, answers)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            )
            .map_err(failed)?;
        for b in &new.ballots {
            let unit = match &b.unit {
                None => None,
                Some(unit) => Some(match units.get(unit.as_str()) {
                    Some(id) => *id,
                    None => return Err(StoreError::UnitMissing(unit.clone())),
                }),
            };
            insert
                .execute((
                    key.0,
                    b.form.0,
                    unit,
                    &b.ballot_box,
                    &b.serial,
                    b.channel.word(),
                    &b.day,
                    b.state.word(),
                    &b.answers,
                ))
                .map_err(failed)?;
        }
        for old in &new.replaces {
            self.db
                .execute(
                    "INSERT INTO source_ends (source_id, replaced_by, reason, person, ended)
                     VALUES (?1, ?2, ?3, ?4, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                    (old.0, key.0, &new.reason, &person),
                )
                .map_err(failed)?;
        }
        Ok(key)
    }

    /// How forms are called in the digest of a source.
    fn form_names(&self) -> Result<BTreeMap<FormKey, String>, StoreError> {
        Ok(self
            .forms()?
            .into_iter()
            .map(|f| (f.key, format!("{}@{}", f.layout.form, f.layout.version)))
            .collect())
    }

    pub(super) fn unit_ids(&self) -> Result<HashMap<String, i64>, StoreError> {
        self.db
            .prepare_cached("SELECT unit, id FROM units")
            .and_then(|mut s| s.query_map([], |r| Ok((r.get(0)?, r.get(1)?)))?.collect())
            .map_err(|e| self.failed("read the units", e))
    }

    /// Every source, in the order in which they came in.
    ///
    /// # Errors
    /// The database refuses.
    pub fn sources(&self) -> Result<Vec<SourceRow>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT s.id, s.kind, s.name, s.digest, s.station, s.revision, s.detail,
                    s.ballots, s.person, s.recorded,
                    EXISTS (SELECT 1 FROM source_ends e WHERE e.source_id = s.id)
                 FROM sources s ORDER BY s.id",
            )
            .and_then(|mut s| {
                s.query_map([], |r| {
                    let station: Option<String> = r.get(4)?;
                    let revision: Option<i64> = r.get(5)?;
                    let detail: String = r.get(6)?;
                    Ok(SourceRow {
                        key: SourceKey(r.get(0)?),
                        kind: match station.zip(revision) {
                            Some((station, revision)) => SourceKind::Package { station, revision },
                            None => SourceKind::Online,
                        },
                        name: r.get(2)?,
                        digest: r.get(3)?,
                        detail: serde_json::from_str(&detail).unwrap_or_default(),
                        ballots: count(r, 7)?,
                        person: r.get(8)?,
                        recorded: r.get(9)?,
                        replaced: r.get(10)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("read where ballots came from", e))
    }

    /// Sources whose ballots are not those that came in.
    ///
    /// # Errors
    /// The database refuses.
    pub fn changed_sources(&self) -> Result<Vec<SourceRow>, StoreError> {
        let names = self.form_names()?;
        let mut changed = Vec::new();
        for source in self.sources()? {
            let mut hash = blake3::Hasher::new();
            self.each_outside::<StoreError>(Some(source.key), |b| {
                b.hash(&mut hash, names.get(&b.form).map_or("", |n| n));
                Ok(())
            })?;
            let recorded: String = self
                .db
                .query_row(
                    "SELECT rows_hash FROM sources WHERE id = ?1",
                    [source.key.0],
                    |r| r.get(0),
                )
                .map_err(|e| self.failed("read a source's digest", e))?;
            if hash.finalize().to_hex().as_str() != recorded {
                changed.push(source);
            }
        }
        Ok(changed)
    }
}
