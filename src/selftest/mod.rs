//! The proof: prints, simulates, reads and compares. May use `form`, `page`,
//! `read` and `synth`.
//!
//! A *silent error* is a question that the reader calls `answered` or `blank`
//! and that differs from the truth, or one of whose marks differs from what the
//! respondent meant; or a page that was taken for another page. A question
//! that goes to a person is *flagged*; only flagged questions that the truth
//! calls clear are held against the reader.

//!
//! What was counted is kept as JSON ([`Report`]), by condition of the simulated
//! sheet ([`group`]) and by the mark model's score ([`scores`]), with intervals
//! ([`interval`]); [`page`] makes a page with plots of it. A long run may be
//! interrupted ([`checkpoint`]).

mod checkpoint;
mod compare;
mod group;
mod interval;
mod page;
mod picture;
mod report;
mod run;
mod scores;

pub use checkpoint::CheckpointError;
pub use compare::{PageScore, SilentError, SilentKind, compare};
pub use group::{ByCondition, Group, MARK};
pub use interval::{Scatter, Share, clopper_pearson_95, upper_bound_95};
pub use page::{PageError, Sources, write as write_page};
pub use report::{Counts, ModelUsed, ReadAs, Report};
pub use run::{Amount, Plan, Progress, SelftestError, run};
pub use scores::{BIN, MarkScores, Reliability, ScoreBin};
