//! Brings a database to the schema of this program, one version at a time.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use super::{StoreError, audit};

/// `MIGRATIONS[n]` brings version n to n + 1; `PRAGMA user_version` says where
/// a database is. A migration that was released is never edited.
const MIGRATIONS: &[&str] = &[
    include_str!("schema/0001.sql"),
    include_str!("schema/0002.sql"),
    include_str!("schema/0003.sql"),
    include_str!("schema/0004.sql"),
    include_str!("schema/0005.sql"),
    include_str!("schema/0006.sql"),
    include_str!("schema/0007.sql"),
    include_str!("schema/0008.sql"),
    include_str!("schema/0009.sql"),
    include_str!("schema/0010.sql"),
    include_str!("schema/0011.sql"),
];

/// The version with which the log becomes a chain.
const CHAINED: i64 = 3;

/// Applies what is missing, each migration in one transaction.
pub(super) fn migrate(db: &mut Connection, path: &Path) -> Result<(), StoreError> {
    let failed = |e| StoreError::Sql {
        path: path.to_owned(),
        doing: "bring the schema up to date",
        source: e,
    };
    let known = i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX);
    loop {
        let version = user_version(db).map_err(failed)?;
        if version > known {
            return Err(StoreError::Newer {
                path: path.to_owned(),
                found: version,
                known,
            });
        }
        let Some(step) = usize::try_from(version)
            .ok()
            .and_then(|v| MIGRATIONS.get(v))
        else {
            return Ok(());
        };
        let tx = db
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        // Another process may have migrated while this one waited.
        if user_version(&tx).map_err(failed)? == version {
            let placed = audit::has_places(&tx).map_err(failed)?;
            tx.execute_batch(step).map_err(failed)?;
            if version + 1 == CHAINED {
                audit::take_over(&tx).map_err(failed)?;
            }
            if !placed && audit::has_places(&tx).map_err(failed)? {
                audit::take_over_places(&tx).map_err(failed)?;
            }
            tx.pragma_update(None, "user_version", version + 1)
                .map_err(failed)?;
        }
        tx.commit().map_err(failed)?;
    }
}

/// A database in memory with the newest schema and nothing in it.
pub(super) fn empty() -> Result<Connection, rusqlite::Error> {
    let db = Connection::open_in_memory()?;
    for (version, step) in (1..).zip(MIGRATIONS) {
        db.execute_batch(step)?;
        if version == CHAINED {
            audit::take_over(&db)?;
        }
    }
    Ok(db)
}

fn user_version(db: &Connection) -> Result<i64, rusqlite::Error> {
    db.query_row("PRAGMA user_version", [], |r| r.get(0))
}
