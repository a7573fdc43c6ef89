//! Digests of rows.

use std::collections::BTreeMap;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension};

/// A table whose rows the log stands for.
#[derive(Debug)]
pub(super) struct Watched {
    pub name: &'static str,
    /// Column that is the row's number.
    key: &'static str,
    /// Tables whose rows are parts of a row of this one, and the column that
    /// names it.
    parts: &'static [(&'static str, &'static str)],
    /// A row may be written again (a name is corrected, a batch finished): the
    /// newest entry about it stands for it. Of the others one entry does, ever.
    pub rewritten: bool,
}

const fn once(name: &'static str, key: &'static str) -> Watched {
    Watched {
        name,
        key,
        parts: &[],
        rewritten: false,
    }
}

const fn rewritten(name: &'static str, key: &'static str) -> Watched {
    Watched {
        name,
        key,
        parts: &[],
        rewritten: true,
    }
}

/// All of them. A table that is not here is not evidence: sessions, claims.
pub(super) const WATCHED: [Watched; 38] = [
    once("station", "only"),
    once("campaigns", "version"),
    once("forms", "id"),
    rewritten("units", "id"),
    rewritten("boxes", "id"),
    rewritten("batches", "id"),
    once("images", "id"),
    once("pages", "id"),
    Watched {
        name: "readings",
        key: "id",
        parts: &[
            ("answers", "reading_id"),
            ("answer_choices", "reading_id"),
            ("marks", "reading_id"),
        ],
        rewritten: false,
    },
    once("ballots", "id"),
    once("placements", "id"),
    once("batch_events", "id"),
    once("ballot_ends", "ballot_id"),
    once("page_acts", "id"),
    once("placement_ends", "placement_id"),
    once("transcripts", "id"),
    once("sketches", "reading_id"),
    once("problems", "id"),
    once("decisions", "id"),
    once("scanner_profiles", "id"),
    rewritten("accounts", "id"),
    once("opinions", "id"),
    once("escalations", "id"),
    once("doubts", "id"),
    once("withdrawals", "id"),
    once("settings", "id"),
    once("openings", "id"),
    once("box_events", "id"),
    once("samples", "id"),
    once("sample_results", "id"),
    // Their ballots are too many for a digest each: `rows_hash` stands for them.
    once("sources", "id"),
    once("source_ends", "source_id"),
    once("station_keys", "id"),
    once("pins", "id"),
    once("pin_ends", "pin_id"),
    once("exports", "number"),
    once("removals", "id"),
    once("removal_ends", "removal_id"),
];

pub(super) fn is_watched(table: &str) -> bool {
    watched(table).is_some()
}

fn watched(table: &str) -> Option<&'static Watched> {
    WATCHED.iter().find(|w| w.name == table)
}

/// Hex digits of a row's digest: 128 bits.
const DIGITS: usize = 32;

/// Digest of a row with its parts; `None` if there is no such row.
///
/// Covers table, and name, type and value of each column that is not NULL, so
/// that a column that is added later changes no digest.
pub(super) fn digest(
    db: &Connection,
    table: &str,
    row: i64,
) -> Result<Option<String>, rusqlite::Error> {
    let Some(watched) = watched(table) else {
        return Ok(None);
    };
    let mut hasher = blake3::Hasher::new_derive_key("phieu 2026-11 row of the tally database");
    let sql = format!("SELECT * FROM {} WHERE {} = ?1", watched.name, watched.key);
    if !hash_rows(db, &mut hasher, watched.name, &sql, row)? {
        return Ok(None);
    }
    for (part, key) in watched.parts {
        // Without rowid: the primary key, which begins with `key`, is the order.
        let sql = format!("SELECT * FROM {part} WHERE {key} = ?1 ORDER BY 1, 2, 3");
        hash_rows(db, &mut hasher, part, &sql, row)?;
    }
    let hex = hasher.finalize().to_hex();
    Ok(Some(hex.chars().take(DIGITS).collect()))
}

/// Is there a row at all?
fn hash_rows(
    db: &Connection,
    hasher: &mut blake3::Hasher,
    table: &str,
    sql: &str,
    key: i64,
) -> Result<bool, rusqlite::Error> {
    let mut any = false;
    let mut statement = db.prepare_cached(sql)?;
    let names: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query([key])?;
    while let Some(row) = rows.next()? {
        any = true;
        field(hasher, b'r', table.as_bytes());
        for (i, name) in names.iter().enumerate() {
            let (kind, bytes) = match row.get_ref(i)? {
                ValueRef::Null => continue,
                ValueRef::Integer(v) => (b'i', v.to_le_bytes().to_vec()),
                ValueRef::Real(v) => (b'f', v.to_bits().to_le_bytes().to_vec()),
                ValueRef::Text(v) => (b't', v.to_vec()),
                ValueRef::Blob(v) => (b'b', v.to_vec()),
            };
            field(hasher, b'c', name.as_bytes());
            field(hasher, kind, &bytes);
        }
    }
    Ok(any)
}

/// Lengths keep fields apart.
pub(super) fn field(hasher: &mut blake3::Hasher, kind: u8, bytes: &[u8]) {
    hasher.update(&[kind]);
    hasher.update(&(bytes.len() as u64).to_le_bytes());
    hasher.update(bytes);
}

/// Is there such a table? Databases of older programs lack some.
pub(super) fn exists(db: &Connection, table: &str) -> Result<bool, rusqlite::Error> {
    db.prepare_cached(
        "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = ?1)",
    )?
    .query_row([table], |r| r.get(0))
}

/// All row numbers of a table.
pub(super) fn numbers(db: &Connection, watched: &Watched) -> Result<Vec<i64>, rusqlite::Error> {
    let sql = format!(
        "SELECT {0} FROM {1} ORDER BY {0}",
        watched.key, watched.name
    );
    db.prepare(&sql)?.query_map([], |r| r.get(0))?.collect()
}

/// Is there a row of a part whose whole is not there?
pub(super) fn orphan(db: &Connection) -> Result<Option<String>, rusqlite::Error> {
    for watched in &WATCHED {
        for (part, key) in watched.parts {
            let sql = format!(
                "SELECT {key} FROM {part} p WHERE NOT EXISTS
                 (SELECT 1 FROM {} w WHERE w.{} = p.{key}) LIMIT 1",
                watched.name, watched.key
            );
            let row: Option<i64> = db.query_row(&sql, [], |r| r.get(0)).optional()?;
            if let Some(row) = row {
                return Ok(Some(format!("{part} of {} {row}", watched.name)));
            }
        }
    }
    Ok(None)
}

/// Digests by table and row, as they stand in an entry.
#[derive(Debug, Clone, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub(super) struct Digests(pub BTreeMap<String, BTreeMap<i64, String>>);

impl Digests {
    pub fn add(&mut self, table: &str, row: i64, digest: String) {
        self.0
            .entry(table.to_owned())
            .or_default()
            .insert(row, digest);
    }
}
