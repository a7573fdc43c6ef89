//! Answers that came in online: a table of whatever form tool, brought by a mapping into
//! the same tally as paper. Uses `form`, `sheet`, `station` and `store`.
//!
//! ```text
//! table (CSV, XLSX) + mapping.toml -> rows -> ballots -> a source of the store
//! ```
//!
//! Only columns that the mapping names are looked at: names, telephone numbers and
//! e-mail addresses of respondents never come into the station. See `docs/online.md`.

mod day;
mod error;
mod import;
mod mapping;
mod rows;
mod suggest;

#[cfg(test)]
mod tests;

pub use day::DayOrder;
pub use error::{OnlineError, RowError, RowMistake};
pub use import::{Came, ImportOptions, Imported, check, form_of, import};
pub use mapping::{Cells, DayOf, Mapping, QuestionMap, UnitOf};
pub use rows::serial_of_key;
pub use suggest::{Suggested, suggest};
