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
    /// A ballot names a unit that the station does not know.
    #[error("the station has no unit {0:?}; see: phieu campaign show --station DIR")]
    UnitMissing(String),
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
    /// The name of a new account is taken.
    #[error("there is an account {0:?} already; choose another name")]
    AccountExists(String),
    /// No account has this name.
    #[error("there is no account {0:?}; see: phieu account list")]
    AccountMissing(String),
    /// Somebody else settled the question meanwhile.
    #[error("this question was settled by {0} in the meantime")]
    SettledMeanwhile(String),
    /// Nothing waits for a person there.
    #[error("this question does not wait for a person")]
    NotOpen,
    /// The answer is one of a page whose answers were keyed together.
    #[error("{0} keyed all answers of this page from its picture; take the whole page back")]
    KeyedWhole(String),
    /// The page was given its place by somebody.
    #[error("{0} has settled this page in the meantime")]
    PageSettled(String),
    /// Nothing is asked about this page.
    #[error("this page does not wait for a person")]
    PageNotOpen,
    /// The ballot does not wait for what was said of it.
    #[error("nothing of that kind waits about this ballot")]
    BallotNotOpen,
    /// What only a supervisor settles.
    #[error("only a supervisor settles this")]
    ForSupervisor,
    /// The ballot that a page is to join is none that it fits.
    #[error("there is no ballot {0} of this form")]
    BallotUnfit(i64),
    /// Only whoever decided, or a supervisor, takes a decision back.
    #[error("this was decided by {0}; only they or a supervisor can take it back")]
    NotYours(String),
    /// Somebody wrote the note down since it was seen.
    #[error("{person} wrote this note down in the meantime: {text:?}")]
    NoteWritten {
        /// Who.
        person: String,
        /// What it says by them; empty: nothing that can be read; `None`: they took it back.
        text: Option<String>,
        /// The group that they gave it.
        label: Option<String>,
    },
    /// Two people keyed the page otherwise.
    #[error("two people keyed this page otherwise; a supervisor decides")]
    KeyedOtherwise,
    /// No box has this name.
    #[error("there is no box {0:?} in the station; see: phieu box list")]
    BoxUnknown(String),
    /// A box is opened once.
    #[error(
        "box {0} was opened already; correct its minutes with --correct WHY, or give a second opening a box name of its own"
    )]
    BoxOpened(String),
    /// A box without minutes.
    #[error("box {0} was not opened: there are no minutes; write them with: phieu box open")]
    BoxNotOpened(String),
    /// A closed box takes nothing more.
    #[error(
        "box {0} is closed and takes nothing more; a supervisor may reopen it with: phieu box reopen"
    )]
    BoxClosed(String),
    /// Only a closed box is reopened.
    #[error("box {0} is not closed")]
    BoxNotClosed(String),
    /// A box whose figures do not agree is closed with a reason only.
    #[error(
        "box {label} does not agree: {counted} ballots counted by hand, {ballots} scanned, \
         {in_review} in review; a supervisor may close it with --reason"
    )]
    BoxDisagrees {
        /// Name of the box.
        label: String,
        /// Counted by hand.
        counted: u64,
        /// Scanned.
        ballots: u64,
        /// Waiting for a person.
        in_review: u64,
    },
    /// A changed campaign would leave records behind.
    #[error(
        "the changed campaign leaves out what the station has records of: {}; \
         keep it in the file, or cancel the batches that brought the ballots",
        .0.join(", ")
    )]
    CampaignOrphans(Vec<String>),
    /// The key is pinned already.
    #[error("this key is pinned already, as {0:?}; unpin it first")]
    PinExists(String),
    /// No such key is pinned.
    #[error("no such key is pinned; see: phieu key list --station DIR")]
    PinMissing,
    /// What was to be written was refused by whoever asked for it.
    #[error("refused; nothing was written")]
    Refused,
    /// No sample has this number.
    #[error("no sample {0} was drawn in the station")]
    SampleUnknown(i64),
    /// There is no removal of images of this number.
    #[error("the station has no removal {0}; see: phieu retention show --station DIR")]
    RemovalMissing(i64),
    /// Somebody reads in it for so long that its file cannot be written anew.
    #[error(
        "{}: somebody is reading in the database; stop the other programs that have it open and run this again",
        .0.display()
    )]
    InUse(PathBuf),
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
    #[error("{}: cannot {doing}: {}", path.display(), in_words(source))]
    Sql {
        /// The database.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What SQLite said.
        source: rusqlite::Error,
    },
}

/// What SQLite said, without the statement; where the disk is at fault, what to do.
fn in_words(source: &rusqlite::Error) -> String {
    use rusqlite::ErrorCode::{CannotOpen, DiskFull, PermissionDenied, ReadOnly, SystemIoFailure};
    let said = match source {
        rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
        other => other.to_string(),
    };
    match source.sqlite_error_code() {
        Some(DiskFull) => format!(
            "ổ đĩa đầy; dọn chỗ trống rồi chạy lại, việc đã ghi không mất \
             (the disk is full; make room and run it again, what was written is kept): {said}"
        ),
        Some(CannotOpen | PermissionDenied | ReadOnly) => format!(
            "không ghi được vào đây; ổ đĩa hoặc thư mục chỉ cho đọc? \
             (cannot write here; is the disk or the folder read-only?): {said}"
        ),
        Some(SystemIoFailure) => format!(
            "ổ đĩa báo lỗi; kiểm tra ổ đĩa, dây nối \
             (the disk reports a failure; check it and its cable): {said}"
        ),
        _ => said,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A full disk was once only "database or disk is full".
    #[test]
    fn a_full_disk_is_said_with_what_to_do() {
        let full = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(13), None);
        let error = StoreError::Sql {
            path: PathBuf::from("trạm/phieu.db"),
            doing: "commit",
            source: full,
        };
        let text = error.to_string();
        assert!(
            text.contains("dọn chỗ trống") && text.contains("make room"),
            "{text}"
        );
        assert!(text.starts_with("trạm/phieu.db: "), "{text}");
    }
}
