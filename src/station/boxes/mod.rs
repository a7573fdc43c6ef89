//! The ballot boxes of an office's day: what may stand in their minutes, and what
//! is printed of them. What became of a box's ballots is derived by
//! [`crate::store`].

mod cover;
mod draft;
mod issue;
mod minutes;
mod moment;
#[cfg(test)]
mod tests;
mod words;

pub use cover::{CoverOf, CoverPaper, covers_pdf};
pub use draft::{Draft, MinutesError, person, present, reason};
pub use issue::{IssueError, issue_covers, issue_minutes};
pub use minutes::{MinutesPaper, minutes_pdf};
pub(in crate::station) use minutes::{end, people, section, signatures};
pub use moment::Moment;
pub use words::words;
