//! The tally: counts of answers, always derived from readings and decisions.
//! Uses `form` and `store`, and of `station` the campaign: what was planned stands
//! beside what came in.
//!
//! For every question of every form and unit:
//! `answered + blank + invalid + pending = ballots counted + ballots pending`.
//! `invalid` is an overvote that nobody has settled (or that a person let
//! stand); `pending` waits for a person, and so does every question of a
//! ballot that is pending as a whole. Rejected ballots are in no question.

mod ballots;
mod count;
pub mod export;
mod filter;
pub mod index;
pub mod report;
mod suppress;
mod table;
#[cfg(test)]
mod tests;
mod write;

pub use ballots::{Cell, FormBallots, load};
pub(crate) use count::Counts;
pub use count::{
    Ballots, ChoiceTally, FormTally, QuestionTally, Tally, UnitTally, tally, tally_of,
};
pub use filter::TallyFilter;
use filter::{Within, list};
pub use table::write_table;
pub use write::{write_csv, write_json};

use crate::form::FormError;
use crate::station::StationError;
use crate::store::StoreError;

/// Why there is no tally.
#[derive(Debug, thiserror::Error)]
pub enum TallyError {
    /// The tally database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The campaign or the log of the station cannot be read.
    #[error(transparent)]
    Station(#[from] Box<StationError>),
    /// What a form's answers mean cannot be read.
    #[error(transparent)]
    Form(#[from] FormError),
    /// Ballots that came in are none of their form.
    #[error(
        "{0} ballots that came in from elsewhere are not of their form; \
         see: phieu audit verify --station DIR"
    )]
    StrangeBallots(usize),
    /// No day of the calendar.
    #[error("there is no day {0:?}; write it as 2026-11-25 or 25/11/2026")]
    NoSuchDay(String),
    /// Not a form of this station.
    #[error("form {wanted:?} is not in this station; it has: {known}")]
    NoSuchForm {
        /// What was asked for.
        wanted: String,
        /// What there is.
        known: String,
    },
    /// Not a question of this station's forms.
    #[error("no form of this station asks {wanted:?}; they ask: {known}")]
    NoSuchQuestion {
        /// What was asked for.
        wanted: String,
        /// What there is.
        known: String,
    },
    /// Not a unit of this station.
    #[error("unit {wanted:?} is not in this station; it has: {known}")]
    NoSuchUnit {
        /// What was asked for.
        wanted: String,
        /// What there is.
        known: String,
    },
    /// There is nothing to write.
    #[error("this station has no form yet: nothing to write")]
    NoForms,
    /// A file could not be written.
    #[error("cannot write {path}: {source}")]
    File {
        /// Which file.
        path: std::path::PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A workbook could not be made.
    #[error("cannot make the workbook: {0}")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
    /// A table could not be written.
    #[error("cannot write the table: {0}")]
    Csv(#[from] csv::Error),
    /// The result could not be written.
    #[error("cannot write the tally: {0}")]
    Io(#[from] std::io::Error),
}

impl TallyError {
    /// That something went wrong with this file.
    fn file(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.to_owned();
        |source| Self::File { path, source }
    }
}
