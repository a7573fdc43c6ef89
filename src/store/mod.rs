//! The tally database: SQLite in the station. The only room that speaks SQL;
//! others call functions that are named by what they do. Uses `form` and
//! `read` for the types of what it keeps.
//!
//! What was seen is only ever added (see `schema/`): triggers refuse to change
//! or delete images, readings, problems, decisions and events. Figures are
//! never stored, they are derived by queries.

mod accounts;
pub(crate) mod audit;
mod batch_pages;
mod batches;
#[cfg(test)]
mod batches_tests;
mod box_figures;
mod boxes;
mod campaign;
mod campaign_versions;
mod channel;
mod decisions;
mod error;
mod exchange;
mod figures;
mod groups;
mod marks;
mod migrate;
mod opinions;
mod outside;
mod packed_ballots;
mod packing;
mod page_acts;
mod page_places;
mod pages;
mod provenance;
mod records;
mod removals;
mod review;
mod review_figures;
#[cfg(test)]
pub(crate) mod sample;
mod samples;
mod settings;
mod sketches;
mod state;
#[cfg(test)]
mod tests;
mod transcripts;
mod unit_tree;
mod waiting_ballots;
mod waiting_pages;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags};

pub use accounts::{Account, AccountKey, Role, Session};
pub use audit::{Actor, Checked, Entry, Finding, Head};
pub use batch_pages::BatchPage;
pub use batches::{BatchEvent, BatchRow, BatchState, Cancelled};
pub use box_figures::{BoxFigures, BoxLine, RejectedFor};
pub use boxes::{BoxEvent, BoxRow, Minutes, OpeningRow, Pile, Present};
pub use campaign::{CampaignRow, FormRow, StationRow, UnitRow};
pub use campaign_versions::{CampaignVersion, NewCampaign};
pub use channel::Channel;
pub use decisions::{Decision, Settled};
pub use error::StoreError;
pub use exchange::{DecisionRow, ExportRow, NewPin, NextExport, PinRow, StationKeyRow};
pub use figures::BallotCount;
pub(crate) use groups::{MISPAIRED, MISPAIRED_NEIGHBOUR};
pub use groups::{NewBallot, NewGroup, NewProblem};
pub use marks::MarkRecord;
pub use opinions::{Opinion, Outcome};
pub use outside::{NewSource, OutsideBallot, SourceKey, SourceKind, SourceRow};
pub use packed_ballots::PackedBallot;
pub(crate) use packing::BLANK_CODE;
pub use packing::{Packed, PackedQuestion, Packing};
pub use page_acts::{Hand, Home, Homed, KeyedPage, Keying, PageAct, is_unread};
pub use pages::{KeptImage, NewImage, NewPage, ReadBy, StoredImage, StoredPage};
pub use provenance::Provenance;
pub use records::{AnswerRecord, BallotRecord, BallotState};
// What records carry: rooms that know the store need not know the reader.
pub use crate::read::{Answer, AnswerState, MarkState};
pub(crate) use removals::NOT_COMPARED;
pub use removals::{
    Accepted, NewRemoval, NotWhole, Removable, RemovalDetail, RemovalRow, RemovedImage, Unrecorded,
};
pub use review::{Cursor, Item, ItemFilter, ItemId, PageOfItem};
pub use review_figures::{Pace, WallBox};
pub use samples::{SampleResult, SampleRow, ScannedBallot};
pub use settings::SettingRow;
pub use sketches::Suspect;
pub use state::{OpenQuestion, PageTotals, Reason, UnplacedPage};
pub use transcripts::{NewText, Note, NoteFilter, plain};
pub use unit_tree::UnitTree;
pub use waiting_ballots::{
    BallotFilter, BallotProblem, INCOMPLETE, PageOfBallot, SettledBallot, WaitingBallot,
    is_supervised,
};
pub use waiting_pages::{PageFilter, WaitingPage};

/// Key of a row of a registered form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FormKey(i64);

impl FormKey {
    #[cfg(test)]
    pub(crate) fn of_number(number: i64) -> Self {
        Self(number)
    }

    /// Its number in this station.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }
}

/// Key of a recorded scanner profile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProfileKey(i64);

/// Key of a ballot box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BoxKey(i64);

/// Key of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BatchKey(i64);

impl BatchKey {
    /// The number by which people speak of the batch on this station.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }
}

/// Key of a ballot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BallotKey(i64);

impl BallotKey {
    /// The ballot of a number that a person named; whether there is one, the store
    /// says.
    #[must_use]
    pub fn numbered(number: i64) -> Self {
        Self(number)
    }

    /// The number by which people speak of the ballot on this station.
    #[must_use]
    pub fn number(self) -> i64 {
        self.0
    }
}

/// What must survive a power cut the moment a function returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// Everything: decisions of people cannot be made again by a program.
    EachCommit,
    /// Nothing is torn, but the last commits may be lost and are done again:
    /// scanning, which picks up where it was. [`Store::make_durable`] at the
    /// end.
    AtCheckpoints,
}

/// The open database.
#[derive(Debug)]
pub struct Store {
    db: Connection,
    path: PathBuf,
    actor: Actor,
    touched: audit::Touched,
}

impl Store {
    /// Makes a new database.
    ///
    /// # Errors
    /// The file exists already, or cannot be written.
    pub fn create(path: &Path, id: &str, software: &str, actor: Actor) -> Result<Self, StoreError> {
        if path.exists() {
            return Err(StoreError::Exists(path.to_owned()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut store = Self::connect(path, flags, Durability::EachCommit)?;
        migrate::migrate(&mut store.db, path)?;
        store.forget_touched();
        store.act_as(actor);
        store.change("station-created", || {
            store
                .db
                .execute(
                    "INSERT INTO station (only, id, created, software)
                     VALUES (1, ?1, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?2)",
                    (id, software),
                )
                .map_err(|e| store.failed("write the station's identity", e))?;
            Ok(((), serde_json::json!({ "id": id })))
        })?;
        Ok(store)
    }

    /// Opens the database and brings its schema to this program's version.
    ///
    /// # Errors
    /// There is none, it is of a newer program, or it cannot be read.
    pub fn open(path: &Path, durability: Durability) -> Result<Self, StoreError> {
        if !path.is_file() {
            return Err(StoreError::Missing(path.to_owned()));
        }
        let mut store = Self::connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, durability)?;
        migrate::migrate(&mut store.db, path)?;
        store.forget_touched();
        Ok(store)
    }

    fn connect(path: &Path, flags: OpenFlags, durability: Durability) -> Result<Self, StoreError> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let setup = || -> Result<(Connection, audit::Touched), rusqlite::Error> {
            let mut db = Connection::open_with_flags(path, flags)?;
            // A reader of the tally waits instead of failing.
            db.busy_handler(Some(wait_for_turn))?;
            db.pragma_update(None, "journal_mode", "WAL")?;
            db.pragma_update(
                None,
                "synchronous",
                match durability {
                    Durability::EachCommit => "FULL",
                    Durability::AtCheckpoints => "NORMAL",
                },
            )?;
            db.pragma_update(None, "foreign_keys", "ON")?;
            // Without it, INSERT OR REPLACE would delete without the triggers.
            db.pragma_update(None, "recursive_triggers", "ON")?;
            db.set_prepared_statement_cache_capacity(64);
            let touched = audit::watch(&mut db)?;
            Ok((db, touched))
        };
        let (db, touched) = setup().map_err(|e| StoreError::Sql {
            path: path.to_owned(),
            doing: "open",
            source: e,
        })?;
        Ok(Self {
            db,
            path: path.to_owned(),
            actor: Actor::program(),
            touched,
        })
    }

    /// Everything that was committed is on the disk when this returns.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn make_durable(&self) -> Result<(), StoreError> {
        self.db
            .query_row("PRAGMA wal_checkpoint(FULL)", [], |_| Ok(()))
            .map_err(|e| self.failed("bring to the disk", e))
    }

    fn failed(&self, doing: &'static str, source: rusqlite::Error) -> StoreError {
        StoreError::Sql {
            path: self.path.clone(),
            doing,
            source,
        }
    }
}

/// Waits while somebody else writes, 20 s in all: longer than any transaction of a
/// scan. SQLite's own handler waits up to 100 ms at a time, and who has waited longest
/// then comes last: beside a running scan a reviewer once waited for two seconds.
fn wait_for_turn(tries: i32) -> bool {
    const STEP: std::time::Duration = std::time::Duration::from_millis(2);
    std::thread::sleep(STEP);
    tries < 10_000
}

/// A column that counts something; SQLite has no unsigned integers.
fn count(row: &rusqlite::Row<'_>, column: usize) -> Result<u64, rusqlite::Error> {
    Ok(u64::try_from(row.get::<_, i64>(column)?).unwrap_or(0))
}
