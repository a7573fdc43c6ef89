//! The proof: prints, simulates, reads and compares. May use `form`, `page`,
//! `read` and `synth`.
//!
//! A *silent error* is a question that the reader calls `answered` or `blank`
//! and that differs from the truth, or one of whose marks differs from what the
//! respondent meant; or a page that was taken for another page. A question
//! that goes to a person is *flagged*; only flagged questions that the truth
//! calls clear are held against the reader.

mod compare;
mod picture;
mod report;
mod run;

pub use compare::{PageScore, SilentError, SilentKind, compare};
pub use report::{Counts, Report, upper_bound_95};
pub use run::{Amount, Plan, SelftestError, run};
