//! One entry of the log and its place in the chain.

use rusqlite::{Connection, OptionalExtension};
use serde_json::Value;

use super::rows::{Digests, field};
use super::{Actor, Store};
use crate::store::StoreError;

/// An entry as it stands in the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Its number, from 1.
    pub number: i64,
    /// When, UTC.
    pub at: String,
    /// What kind of thing happened, a word.
    pub kind: String,
    /// Who.
    pub person: String,
    /// From where.
    pub origin: String,
    /// What, as JSON.
    pub detail: String,
    /// Digests of the rows that were written, as JSON.
    pub rows: String,
    /// Hash of this entry and with it of all before, hex.
    pub hash: String,
}

impl Entry {
    /// What the hash must be after `before`, the hash of the entry before (empty
    /// for the first).
    pub(super) fn computed(&self, before: &str) -> String {
        let mut hasher = blake3::Hasher::new_derive_key("phieu 2026-11 entry of the log");
        field(&mut hasher, b'p', before.as_bytes());
        field(&mut hasher, b'n', &self.number.to_le_bytes());
        for text in [
            &self.at,
            &self.kind,
            &self.person,
            &self.origin,
            &self.detail,
            &self.rows,
        ] {
            field(&mut hasher, b't', text.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

/// The end of the chain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Number of the last entry; 0: there is none.
    pub number: i64,
    /// Its hash, hex.
    pub hash: String,
}

/// Hex digits of a head that are printed: 80 bits, five groups that can be read
/// over the telephone.
const PRINTED: usize = 20;

impl Head {
    /// As it is printed on minutes: number, and the hash's first 20 digits in
    /// groups of four.
    #[must_use]
    pub fn printed(&self) -> String {
        let digits: Vec<char> = self.hash.chars().take(PRINTED).collect();
        let groups: Vec<String> = digits.chunks(4).map(|g| g.iter().collect()).collect();
        format!("{} · {}", self.number, groups.join(" "))
    }
}

pub(super) fn append(
    db: &Connection,
    actor: &Actor,
    kind: &str,
    detail: &Value,
    digests: &Digests,
) -> Result<(), rusqlite::Error> {
    let at: String = db
        .prepare_cached("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')")?
        .query_row([], |r| r.get(0))?;
    append_at(db, actor, at, kind, detail.to_string(), digests)
}

/// As [`append`], of another time: what was noted before there was a chain.
pub(super) fn append_at(
    db: &Connection,
    actor: &Actor,
    at: String,
    kind: &str,
    detail: String,
    digests: &Digests,
) -> Result<(), rusqlite::Error> {
    let before = head(db)?;
    let mut entry = Entry {
        number: before.number + 1,
        at,
        kind: kind.to_owned(),
        person: actor.person.clone(),
        origin: actor.origin.clone(),
        detail,
        // A map of maps of texts has no value that JSON cannot hold.
        rows: serde_json::to_string(digests).unwrap_or_default(),
        hash: String::new(),
    };
    entry.hash = entry.computed(&before.hash);
    db.prepare_cached(
        "INSERT INTO log (id, at, kind, person, origin, detail, rows, hash)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?
    .execute((
        entry.number,
        &entry.at,
        &entry.kind,
        &entry.person,
        &entry.origin,
        &entry.detail,
        &entry.rows,
        &entry.hash,
    ))?;
    Ok(())
}

fn head(db: &Connection) -> Result<Head, rusqlite::Error> {
    let last = db
        .prepare_cached("SELECT id, hash FROM log ORDER BY id DESC LIMIT 1")?
        .query_row([], |r| {
            Ok(Head {
                number: r.get(0)?,
                hash: r.get(1)?,
            })
        })
        .optional()?;
    Ok(last.unwrap_or(Head {
        number: 0,
        hash: String::new(),
    }))
}

/// Reads the row of a statement `SELECT id, at, kind, person, origin, detail, rows, hash`.
pub(super) fn of_row(r: &rusqlite::Row<'_>) -> Result<Entry, rusqlite::Error> {
    Ok(Entry {
        number: r.get(0)?,
        at: r.get(1)?,
        kind: r.get(2)?,
        person: r.get(3)?,
        origin: r.get(4)?,
        detail: r.get(5)?,
        rows: r.get(6)?,
        hash: r.get(7)?,
    })
}

impl Store {
    /// The end of the chain.
    ///
    /// # Errors
    /// The database refuses.
    pub fn log_head(&self) -> Result<Head, StoreError> {
        head(&self.db).map_err(|e| self.failed("read the log", e))
    }

    /// Entries after number `after`, at most `most`, oldest first.
    ///
    /// # Errors
    /// The database refuses.
    pub fn log(&self, after: i64, most: u32) -> Result<Vec<Entry>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT id, at, kind, person, origin, detail, rows, hash
                 FROM log WHERE id > ?1 ORDER BY id LIMIT ?2",
            )
            .and_then(|mut s| s.query_map((after, most), of_row)?.collect())
            .map_err(|e| self.failed("read the log", e))
    }
}
