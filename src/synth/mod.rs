//! Makes scans whose truth is known: pens, paper, scanner. May use `form` and
//! `page`.
//!
//! The way of a sheet: its print ([`print`]) is laid on paper and mapped to the
//! scan ([`warp`], [`compose`]); a respondent ([`respondent`]) means something
//! and draws it ([`answers`], [`strokes`], [`writing`], [`ink`]); the sheet
//! suffers ([`wear`]); the scanner sees it and writes a file ([`sensor`],
//! [`export`]). Everything random comes from [`dice`]: the same form, level,
//! seed and sheet number give the same bytes, whatever was made before and on
//! however many threads. A sheet may be scanned again ([`Scanner`]), and a page
//! be arranged mark by mark instead of by chance ([`Staged`]).
//!
//! # Levels
//!
//! What [`mixture`] and [`respondent`] draw from. σ is a standard deviation of
//! a distribution that ends at 3.47 σ; a share stands before what it is the
//! share of; "a to b" is uniform.
//!
//! | | clean | office | hard |
//! |---|---|---|---|
//! | marks | 100 % X | 78 % X, 14 % check, 3 % filled, 3 % slash, 2 % scribble | 46 % X, 22 % check, 7 % slash, 7 % filled, 6 % scribble, 5 % line, 5 % dot, 2 % ring around the box |
//! | pens | ballpoint, gel; dark | 80 % ballpoint (0.35 to 0.6 mm, darkness 0.52 up), gel, 3 % pencil, 3 % marker | 55 % ballpoint (darkness 0.42 up, 15 % of them skip), 15 % gel, 18 % pencil (0.3 to 0.62), 12 % marker (to 1.5 mm) |
//! | half size of a mark in half boxes | 0.75 to 0.95 | 0.7 to 1.2 | 0.65 to 1.3; 20 % 0.4 to 0.65, 16 % 1.3 to 1.8 |
//! | off the middle, in half boxes | σ 0.04 | σ 0.1 a hand and 0.1 a mark | σ 0.18 a hand and 0.16 a mark, at most 0.55 |
//! | blank, overvote, corrected, hesitated | 3 %, 0, 0, 0 | 3 %, 0.3 %, 0.4 %, 0.05 % | 6 %, 1.2 %, 2 %, 0.6 % |
//! | all left blank | 0 | 0.6 % | 0.6 % |
//! | print scale | 1 | σ 0.15 %; 15 % 0.955 to 0.985 | σ 0.3 %; 50 % 0.94 to 1.02; x against y σ 0.4 % |
//! | photocopied | no | 20 % once | 35 % once, 25 % twice |
//! | toner | 0.95 | 0.84 to 0.97 | 0.78 to 0.97; 25 % 0.5 to 0.75, bands to a quarter |
//! | paper | white | gray 232 to 253 | 222 to 253; 20 % coloured or recycled, 175 to 225 with texture |
//! | other side shows through | no | 20 %, 2 to 6 % contrast | 35 %, 3 to 16 % |
//! | folded | no | 25 %, faint | 45 %, to 30 % dark, toner cracked |
//! | stamp | no | 3 %, head or foot | 8 %, anywhere |
//! | staple; punched; torn corner; signature across | no | 2 %; 0; 0; 0 | 8 %; 8 %; 5 %; 2 % |
//! | dirt, per 100 cm² | 0 | 0 to 3 | 0 to 14, and toner specks of copies to 32 |
//! | skew | σ 0.08° | σ 0.43° (at most 1.5°) | σ 1.3° (at most 4.5°) |
//! | shift | σ 0.2 mm | σ 0.8 mm | σ 2.2 mm |
//! | uneven feed | 0 | to 0.35 mm | to 1 mm |
//! | trapezoid | no | no | 15 %, to 0.6 % each side |
//! | turned by 90, 180, 270° | no | 1 %, 5 %, 1 % | 6 %, 18 %, 6 % |
//! | frame beyond the paper | 0 | -1.5 to 4 mm; 10 % dark behind | -4 to 14 mm; 40 % dark behind |
//! | resolution, dpi | 300 | 50 % 200, 10 % 240, 40 % 300 | 6 % 100, 20 % 150, 36 % 200, 34 % 300, 2 % 400, 2 % 600 |
//! | file | PNG | 62 % JPEG 70 to 93, 30 % bilevel, PNG, TIFF | 70 % JPEG 40 to 95, 25 % bilevel, PNG, TIFF |
//! | bilevel threshold, of the paper | – | 0.52 to 0.72 | 0.42 to 0.76, but print and pen stay visible |
//! | blur, px; noise, levels | 0.35; 1 | 0.35 to 0.75; 1 to 4 | 0.35 to 1.3; 1 to 9 |
//! | gamma; black | 1; 8 | 0.85 to 1.15; 2 to 35 | 0.7 to 1.35; 2 to 60 |
//! | streaks | no | 4 % one, faint | 15 % one to three, to 70 % dark |
//! | light falls off | no | 3 % | 12 %; 12 % a shadow along a side |
//!
//! # What is called clear
//!
//! A box is clear if what the truth says of it can be seen at a glance: enough
//! of its mark's ink lies in it, or none of anybody's; nothing covers it; and it
//! is not filled by a hand that makes other marks, on a form whose instruction
//! says that a filled box is taken back. A question is clear if it is answered or blank and all its boxes are clear.
//! Only of clear questions may a share of flagged ones be held against the
//! reader; silently wrong answers are held against it everywhere.

mod answers;
mod compose;
mod conditions;
mod dice;
mod export;
mod glyphs;
mod ink;
mod known;
mod level;
mod mixture;
mod pdf;
mod print;
mod raster;
mod rescan;
mod respondent;
#[cfg(test)]
pub(crate) mod sample;
mod sensor;
mod simulator;
mod staged;
mod strokes;
#[cfg(test)]
mod tests;
mod truth;
mod warp;
mod wear;
mod writing;

use std::path::PathBuf;

pub use conditions::{
    Conditions, Encoding, Feed, Fold, Hole, Paper, Printing, Sensor, Stamp, Streak,
};
pub(crate) use dice::Dice;
pub use export::TRUTH_FILE;
pub use known::KnownPrint;
pub use level::{Level, UnknownLevel};
pub use rescan::Scanner;
pub use respondent::{Attitude, Hand, Pen, PenKind, Respondent};
pub use simulator::{SimulatedPage, SimulatedSheet, Simulator};
pub use staged::{PenStroke, PlacedMark, Staged};
pub use truth::{AreaTruth, BoxTruth, Drawn, Outcome, PageTruth, QuestionTruth};

/// Why a sheet could not be made.
#[derive(Debug, thiserror::Error)]
pub enum SynthError {
    /// An image could not be encoded.
    #[error("cannot encode a simulated page: {0}")]
    Image(String),
    /// The form could not be printed, or its print not be drawn.
    #[error("cannot print the form {form} for the simulation: {detail}")]
    Print {
        /// Id of the form.
        form: String,
        /// What went wrong.
        detail: String,
    },
    /// A file could not be written.
    #[error("cannot write {}: {source}; is there space, and may you write there?", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}
