//! Scanner profiles: how they are measured from scanned targets, judged,
//! stored and applied. Uses `form` (frame and fonts), `page`, and of `read` the
//! stages that find a page; `synth` only to make the simulated targets that
//! the shipped profiles come from.
//!
//! The stages, a file each:
//!
//! 1. [`target`]: where everything on the target page is; [`print`](mod@print)
//!    and [`code`]: the page as PDF
//! 2. [`locate`]: the target found in an image
//! 3. [`feed`]: resolution, skew, stretch, evenness
//! 4. [`blank`]: which pixels are bare paper, which solid black; on them
//!    [`tone`] and [`streaks`]
//! 5. [`blur`]: edges and fine lines
//! 6. [`sequence`]: what several scans say together; double feeds
//! 7. [`verdict`]: good, usable or repair, why, and what to do
//! 8. [`picture`]: the same to look at
//! 9. [`profile`]: the file that is kept; [`shipped`]: those that ship, made
//!    by [`simulate`]
//! 10. [`apply`]: what a profile tells the reader
//!
//! `docs/calibration.md` says what each figure means to a clerk.

mod apply;
mod blank;
mod blur;
pub mod code;
mod error;
mod feed;
mod locate;
mod page;
mod picture;
mod print;
mod profile;
mod sequence;
mod shipped;
mod simulate;
mod streaks;
pub mod target;
mod tone;
mod verdict;

pub use blur::BlurMeasure;
pub use error::{CalibrateError, PageFailure};
pub use feed::FeedMeasure;
pub use page::{Bars, PageMeasure, measure_page};
pub use picture::picture;
pub use print::pdf;
pub use profile::{
    BlurFigures, FeedFigures, LineFigures, PROFILE_VERSION, Profile, Resolution, ScanKind,
    SequenceFigures, ToneFigures,
};
pub use sequence::SequenceMeasure;
pub use shipped::{shipped, shipped_names};
pub use simulate::{Scanner, UnknownScanner, simulate};
pub use streaks::{Along, StreakMeasure};
pub use target::Target;
pub use tone::ToneMeasure;
pub use verdict::{Calibration, Finding, FindingCode, Severity, Verdict, judge};
