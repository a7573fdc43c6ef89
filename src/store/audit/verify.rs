//! Recomputes chain, rows and schema, and says the first things that do not fit.

use std::collections::HashMap;

use rusqlite::Connection;

use super::Store;
use super::entry::{self, Head};
use super::removals;
use super::rows::{self, Digests, WATCHED};
use crate::store::{StoreError, migrate};

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Finding {
    /// SQLite itself finds the file damaged.
    Damaged(String),
    /// A table, view, trigger or index is not as the program makes it.
    Schema(String),
    /// An entry's hash is not that of its content and of the entry before.
    Chain {
        /// Number of the entry.
        entry: i64,
    },
    /// A row is not as it was when it was logged.
    Changed {
        /// Table and number of the row.
        row: String,
        /// The entry that stands for it.
        entry: i64,
    },
    /// A row that was logged is not there.
    Gone {
        /// Table and number of the row.
        row: String,
        /// The entry that stands for it.
        entry: i64,
    },
    /// A row that no entry stands for.
    Unlogged(String),
    /// A row that may be written once was logged twice.
    Rewritten {
        /// Table and number of the row.
        row: String,
        /// The second entry.
        entry: i64,
    },
    /// A stored reading's own digest does not fit it.
    Reading(i64),
    /// A removal of images does not name those that it took, or not as many.
    Removal(i64),
    /// A row is there that a removal deleted.
    Returned {
        /// Table and number of the row.
        row: String,
        /// The removal.
        removal: i64,
    },
}

impl std::fmt::Display for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Damaged(what) => write!(f, "the database file is damaged: {what}"),
            Self::Schema(what) => write!(f, "{what} is not as this program makes it"),
            Self::Chain { entry } => write!(
                f,
                "entry {entry} of the log does not fit the entry before it: it, or one before, was changed"
            ),
            Self::Changed { row, entry } => {
                write!(f, "{row} was changed after entry {entry} of the log")
            }
            Self::Gone { row, entry } => {
                write!(f, "{row} was removed after entry {entry} of the log")
            }
            Self::Unlogged(row) => write!(f, "{row} was added past the log"),
            Self::Rewritten { row, entry } => {
                write!(f, "{row} was written a second time, by entry {entry}")
            }
            Self::Reading(id) => write!(f, "the digest of reading {id} does not fit it"),
            Self::Removal(id) => write!(
                f,
                "removal {id} of images does not say what it took: count or digest do not fit"
            ),
            Self::Returned { row, removal } => {
                write!(
                    f,
                    "{row} is there again, although removal {removal} deleted it"
                )
            }
        }
    }
}

/// What was checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Entries of the log.
    pub entries: u64,
    /// Rows that they stand for.
    pub rows: u64,
    /// The end of the chain.
    pub head: Head,
    /// What does not fit, in the order of the log; the first few.
    pub findings: Vec<Finding>,
}

/// After so many findings nobody reads on.
const MOST: usize = 20;

impl Store {
    /// Checks everything that is in the database. (Image files are checked by
    /// [`crate::station::audit`].)
    ///
    /// # Errors
    /// The database is so damaged that it cannot be read at all.
    pub fn verify_log(&self) -> Result<Checked, StoreError> {
        // One state of the database, also while others write.
        self.db
            .execute_batch("BEGIN")
            .map_err(|e| self.failed("begin", e))?;
        let checked = verify(&self.db).map_err(|e| self.failed("check the database", e));
        let _ = self.db.execute_batch("ROLLBACK");
        checked
    }
}

fn verify(db: &Connection) -> Result<Checked, rusqlite::Error> {
    let mut findings = Vec::new();
    integrity(db, &mut findings)?;
    schema(db, &mut findings)?;
    let mut checked = Checked {
        entries: 0,
        rows: 0,
        head: Head {
            number: 0,
            hash: String::new(),
        },
        findings,
    };
    let stands_for = chain(db, &mut checked)?;
    compare_rows(db, &stands_for, &mut checked)?;
    removals::check(db, &stands_for, &mut checked)?;
    readings(db, &mut checked)?;
    checked.findings.truncate(MOST);
    Ok(checked)
}

fn integrity(db: &Connection, findings: &mut Vec<Finding>) -> Result<(), rusqlite::Error> {
    let mut statement = db.prepare("PRAGMA integrity_check(5)")?;
    let said: Vec<String> = statement
        .query_map([], |r| r.get(0))?
        .collect::<Result<_, _>>()?;
    findings.extend(said.into_iter().filter(|s| s != "ok").map(Finding::Damaged));
    let mut statement = db.prepare("PRAGMA foreign_key_check")?;
    let broken: Vec<String> = statement
        .query_map([], |r| {
            let (table, parent): (String, String) = (r.get(0)?, r.get(2)?);
            Ok(format!(
                "a row of {table} names a row of {parent} that is not there"
            ))
        })?
        .take(MOST)
        .collect::<Result<_, _>>()?;
    findings.extend(broken.into_iter().map(Finding::Damaged));
    if let Some(orphan) = rows::orphan(db)? {
        findings.push(Finding::Unlogged(orphan));
    }
    Ok(())
}

type SchemaRows = Vec<(String, String, Option<String>)>;

fn schema_of(db: &Connection) -> Result<SchemaRows, rusqlite::Error> {
    db.prepare("SELECT type, name, sql FROM sqlite_schema ORDER BY type, name")?
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?)))?
        .collect()
}

/// A view that counts otherwise, or a trigger that is gone, is as bad as a
/// changed row.
fn schema(db: &Connection, findings: &mut Vec<Finding>) -> Result<(), rusqlite::Error> {
    let here = schema_of(db)?;
    let should = schema_of(&migrate::empty()?)?;
    let strange = here
        .iter()
        .filter(|row| !should.contains(row))
        .chain(should.iter().filter(|row| !here.contains(row)));
    // SQLite's own tables of statistics may come and go.
    for (kind, name, _) in strange.filter(|(_, name, _)| !name.starts_with("sqlite_stat")) {
        let finding = Finding::Schema(format!("the {kind} {name}"));
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    Ok(())
}

/// Row to the entry that stands for it and the digest there.
pub(super) type StandsFor = HashMap<(usize, i64), (i64, String)>;

fn chain(db: &Connection, checked: &mut Checked) -> Result<StandsFor, rusqlite::Error> {
    let mut stands_for = StandsFor::new();
    let mut before = String::new();
    let mut broken = false;
    let mut statement =
        db.prepare("SELECT id, at, kind, person, origin, detail, rows, hash FROM log ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let entry = entry::of_row(row)?;
        checked.entries += 1;
        let in_order = entry.number == i64::try_from(checked.entries).unwrap_or(i64::MAX);
        if !broken && (!in_order || entry.computed(&before) != entry.hash) {
            checked.findings.push(Finding::Chain {
                entry: entry.number,
            });
            // What follows is computed from here.
            broken = true;
        }
        let digests: Digests = serde_json::from_str(&entry.rows).unwrap_or_default();
        for (table, rows) in digests.0 {
            let Some(index) = WATCHED.iter().position(|w| w.name == table) else {
                continue;
            };
            for (row, digest) in rows {
                let earlier = stands_for.insert((index, row), (entry.number, digest));
                if earlier.is_some() && !WATCHED[index].rewritten {
                    checked.findings.push(Finding::Rewritten {
                        row: format!("{table} {row}"),
                        entry: entry.number,
                    });
                }
            }
        }
        before.clone_from(&entry.hash);
        checked.head = Head {
            number: entry.number,
            hash: entry.hash,
        };
    }
    Ok(stands_for)
}

fn compare_rows(
    db: &Connection,
    stands_for: &StandsFor,
    checked: &mut Checked,
) -> Result<(), rusqlite::Error> {
    let mut found: Vec<(i64, Finding)> = Vec::new();
    let mut here = 0usize;
    let removed = removals::last_reading(db)?;
    for (index, watched) in WATCHED.iter().enumerate() {
        for number in rows::numbers(db, watched)? {
            checked.rows += 1;
            let row = format!("{} {number}", watched.name);
            let Some((entry, logged)) = stands_for.get(&(index, number)) else {
                found.push((i64::MAX, Finding::Unlogged(row)));
                continue;
            };
            here += 1;
            if rows::digest(db, watched.name, number)?.as_ref() != Some(logged) {
                found.push((*entry, Finding::Changed { row, entry: *entry }));
            }
        }
    }
    if here < stands_for.len() {
        for ((index, number), (entry, _)) in stands_for {
            let watched = &WATCHED[*index];
            if watched.name == removals::SKETCHES && *number <= removed {
                continue;
            }
            if rows::digest(db, watched.name, *number)?.is_none() {
                let row = format!("{} {number}", watched.name);
                found.push((*entry, Finding::Gone { row, entry: *entry }));
            }
        }
    }
    found.sort_by_key(|f| f.0);
    checked.findings.extend(found.into_iter().map(|f| f.1));
    Ok(())
}

fn readings(db: &Connection, checked: &mut Checked) -> Result<(), rusqlite::Error> {
    let mut statement = db.prepare("SELECT id, reading, digest FROM readings ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        let reading = row.get_ref(1)?.as_bytes()?;
        let digest = row.get_ref(2)?.as_bytes()?;
        if blake3::hash(reading).to_hex().as_bytes() != digest {
            checked.findings.push(Finding::Reading(row.get(0)?));
        }
    }
    Ok(())
}
