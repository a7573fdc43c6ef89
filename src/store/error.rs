//! What can go wrong in the tally database.

use std::path::PathBuf;

/// Why the database refused.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// No database there.
    #[error(
        "{} is not a station: there is no database; make one with: phieu init DIR",
        .0.display()
    )]
    Missing(PathBuf),
    /// A database is there already.
    #[error("{} exists already; a station is made only once", .0.display())]
    Exists(PathBuf),
    /// Written by a newer program.
    #[error(
        "{}: the database has version {found}, this program knows {known}; use the newer program",
        path.display()
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
    /// The same form and version with another layout is in the station.
    #[error(
        "form {form} version {version} is in the station with another layout \
         ({known}, now {offered}); raise the version of the changed form"
    )]
    FormChanged {
        /// Id of the form.
        form: String,
        /// Version of the form.
        version: u32,
        /// Digest in the station.
        known: String,
        /// Digest of what was offered.
        offered: String,
    },
    /// A reading names a form that was never registered.
    #[error("form {form} version {version} is not registered in the station")]
    FormMissing {
        /// Id of the form.
        form: String,
        /// Version of the form.
        version: u32,
    },
    /// There is no batch of this number.
    #[error("the station has no batch {0}; see: phieu batch list --station DIR")]
    BatchMissing(i64),
    /// It was cancelled.
    #[error("batch {0} is cancelled")]
    BatchCancelled(i64),
    /// It has come to its end: nothing is there to be paused.
    #[error("batch {0} is not being scanned any more; it can only be cancelled")]
    BatchFinished(i64),
    /// The name stands for several boxes.
    #[error("{0} units have a box {1:?}; write UNIT/BOX")]
    BoxAmbiguous(usize, String),
    /// A row holds what this program cannot understand.
    #[error("{}: {what} cannot be understood: {source}", path.display())]
    Json {
        /// The database.
        path: PathBuf,
        /// Which row.
        what: String,
        /// What the parser said.
        source: serde_json::Error,
    },
    /// SQLite refused.
    #[error("{}: cannot {doing}: {source}", path.display())]
    Sql {
        /// The database.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}
