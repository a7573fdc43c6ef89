//! The reader: from a page image to a [`PageReading`]. Pure: no files, no
//! clock, no database; the same input gives the same output on any machine.
//!
//! The stages, in order, a file each:
//!
//! 1. [`thumbnail`]: the page at about 100 dpi, the only pass over all pixels
//! 2. [`squares`]: solid squares that may be anchors
//! 3. [`constellation`]: which of them are the anchors, and how the page lies
//! 4. [`registration`]: the map from millimetres to pixels
//! 5. [`qr`], [`text_line`] ([`glyph`]), [`identify`]: which form, version,
//!    page and serial it is
//! 6. [`template`], [`sample`], [`outline`], [`agreement`]: each box, found near
//!    its place; the proof of alignment
//! 7. [`ink`], [`streak`], [`hand`], [`features`], [`model`], [`classify`]: what
//!    is in it; [`doubts`], [`folds`], [`rings`]: what is a mark though it seemed
//!    none, or none though it seemed one; [`afar`], [`beside`], [`labels`],
//!    [`struck`], [`unlike`]: what makes a mark doubtful
//! 8. [`areas`]: writing areas, and stray ink beside blank questions
//! 9. [`compose`]: the answers
//! 10. [`known_scanner`]: what a scanner's profile makes doubtful of them
//!
//! [`sketch`] keeps what tells whether two images show the same paper.
//!
//! [`explain`] shows what they found, in numbered pictures.
//!
//! Learned forms have no anchors of ours: [`coarse`] and [`patches`] register
//! them by their own print instead of stages 2 to 5.

mod afar;
mod agreement;
mod areas;
mod background;
mod beside;
mod boxes;
mod broad_outlines;
mod classify;
mod coarse;
pub(crate) mod components;
mod compose;
pub(crate) mod constellation;
pub(crate) mod correlate;
mod cover;
mod crease;
mod doubts;
mod encircled;
pub mod explain;
mod faint_outline;
mod faint_stroke;
mod features;
mod folds;
mod glyph;
mod hand;
mod identify;
mod ink;
mod ink_around;
mod known_scanner;
mod labels;
mod likeness;
mod measuring;
pub mod model;
mod off_centre;
mod outline;
mod outline_ink;
mod patches;
mod problem;
mod qr;
mod reader;
mod reading;
mod reason;
pub(crate) mod registration;
mod rings;
mod row;
pub(crate) mod sample;
mod sides;
pub mod sketch;
pub(crate) mod squares;
mod streak;
mod struck;
mod template;
mod text_line;
pub(crate) mod thumbnail;
mod unlike;

pub use features::{Feature, Features, USUAL_SHADE, VISIBLE_SHADE};
pub use known_scanner::{KnownScanner, KnownStreak};
pub use problem::{OTHER_VERSION, Problem, ProblemCode};
pub use reader::{ByHand, Corners, PointedAt, ReadOptions, Reader};
pub use reading::{Answer, AnswerState, AreaReading, Mark, MarkState, PageReading, Status};
pub use reason::reason_words;

/// Which model and limits tell marks from empty boxes: recorded with each
/// reading, so that it can be told later by what it was read.
#[must_use]
pub fn model_id() -> &'static str {
    model::MarkModel::shipped_id()
}
