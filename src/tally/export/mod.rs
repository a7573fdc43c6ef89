//! What leaves the station as files for other programs: a workbook, answers with a
//! codebook, SPSS syntax, figures, cast vote records, and the two files of an audit
//! with Arlo. `docs/report.md` describes each. No personal data is in any of them:
//! neither images nor transcripts nor names of reviewers.
//!
//! Uses `form` and `store`, and of `station` the campaign.

mod answers;
mod arlo;
mod ballots;
mod cvr;
mod cvr_ballot;
mod figures;
mod files;
mod plan;
mod spss;
mod variables;
mod workbook;
mod xlsx;

pub use answers::{AnswersOptions, write_answers};
pub use arlo::{ArloOptions, ArloWritten, write_arlo};
pub use cvr::{CvrOptions, write_cvr};
pub use figures::write_figures;
pub use files::OutFiles;
pub use plan::{Plan, PlanUnit};
pub(crate) use variables::safe;
pub use workbook::{WorkbookOptions, program, whole_index, write_workbook};
pub use xlsx::{XlsxOptions, write_xlsx};

/// A moment of the store without its fraction: not every reader of the standard's
/// `date-time` takes one, and workbooks' properties have none.
pub(crate) fn to_the_second(moment: &str) -> String {
    match moment.split_once('.') {
        Some((whole, _)) => format!("{whole}Z"),
        None => moment.to_owned(),
    }
}
