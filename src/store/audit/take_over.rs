//! Brings a station of the first versions, whose events were no chain, under the
//! log.

use rusqlite::Connection;

use super::Actor;
use super::entry::append_at;
use super::rows::{self, Digests, WATCHED};

/// Takes the old events over as entries with their own times, in their order, and
/// ends with one entry that stands for all rows that are there.
pub(in crate::store) fn take_over(db: &Connection) -> Result<(), rusqlite::Error> {
    let events: Vec<(String, String, Option<String>, String)> = db
        .prepare("SELECT at, kind, person, detail FROM events ORDER BY id")?
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?, r.get(2)?, r.get(3)?)))?
        .collect::<Result<_, _>>()?;
    for (at, kind, person, detail) in events {
        let actor = Actor {
            person: person.unwrap_or_else(|| "?".to_owned()),
            origin: "before the log".to_owned(),
        };
        append_at(db, &actor, at, &kind, detail, &Digests::default())?;
    }
    db.execute_batch("DROP TABLE events")?;
    begin_with(db, "log-begun", |_| true)
}

/// Is there the table of places that a page has in each batch?
pub(in crate::store) fn has_places(db: &Connection) -> Result<bool, rusqlite::Error> {
    rows::exists(db, PLACES)
}

/// Until then a page had one place ever; the rows were moved into another
/// table, so an entry must stand for them there.
pub(in crate::store) fn take_over_places(db: &Connection) -> Result<(), rusqlite::Error> {
    begin_with(db, "places-moved", |table| table == PLACES)
}

const PLACES: &str = "placements";

/// One entry that stands for all rows of these tables.
fn begin_with(
    db: &Connection,
    kind: &str,
    wanted: impl Fn(&str) -> bool,
) -> Result<(), rusqlite::Error> {
    let mut digests = Digests::default();
    for watched in WATCHED.iter().filter(|w| wanted(w.name)) {
        if !rows::exists(db, watched.name)? {
            continue;
        }
        for row in rows::numbers(db, watched)? {
            if let Some(digest) = rows::digest(db, watched.name, row)? {
                digests.add(watched.name, row, digest);
            }
        }
    }
    if digests.0.is_empty() {
        return Ok(());
    }
    let at = db.query_row("SELECT strftime('%Y-%m-%dT%H:%M:%fZ', 'now')", [], |r| {
        r.get(0)
    })?;
    append_at(db, &Actor::program(), at, kind, "{}".to_owned(), &digests)
}
