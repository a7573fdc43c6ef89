//! What can go wrong with a calibration.

use std::path::PathBuf;

use crate::form::FormError;

/// Why a target cannot be printed, a scan not be measured, or a profile not be
/// used.
#[derive(Debug, thiserror::Error)]
pub enum CalibrateError {
    /// The target could not be made into a PDF.
    #[error("the target cannot be printed: {0}")]
    Print(#[from] FormError),
    /// Text does not fit between the lattice's rows: a bug, found before it is
    /// printed.
    #[error(
        "the target's text needs {needed_mm:.1} mm and has {room_mm:.1} mm; please report this"
    )]
    Text {
        /// Height of the text, mm.
        needed_mm: f64,
        /// Room for it, mm.
        room_mm: f64,
    },
    /// A number of copies that the strip cannot hold.
    #[error("{0} copies: 1 to 99 can be numbered")]
    Copies(u32),
    /// The length of a ruler bar is beyond what any printer does.
    #[error(
        "bar {bar} measured as {measured_mm} mm, but it is {nominal_mm} mm on a true print: measure between its first and last tick, in mm"
    )]
    Bar {
        /// `A` or `B`.
        bar: char,
        /// What the person gave, mm.
        measured_mm: f64,
        /// What it should be, mm.
        nominal_mm: f64,
    },
    /// A profile could not be read or written.
    #[error("{}: {source}; check the path and its permissions", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A profile is not one.
    #[error("{name}: not a scanner profile: {detail}; make a new one with phieu calibrate measure")]
    Profile {
        /// The file, or the name of a shipped profile.
        name: String,
        /// What is wrong, with its line.
        detail: String,
    },
    /// A profile of another version of phieu.
    #[error(
        "{name}: scanner profile of version {found}, this phieu reads version {known}; measure the scanner again"
    )]
    Version {
        /// The file, or the name of a shipped profile.
        name: String,
        /// Version of the file.
        found: u32,
        /// Version that is read.
        known: u32,
    },
    /// A figure in a profile that no scanner has.
    #[error("{name}: {field} = {value} cannot be; measure the scanner again")]
    Figure {
        /// The file, or the name of a shipped profile.
        name: String,
        /// Which figure.
        field: &'static str,
        /// Its value.
        value: f64,
    },
    /// No shipped profile has this name.
    #[error(
        "no profile is called {name:?}; there are {known}, and files made with phieu calibrate measure"
    )]
    Unknown {
        /// What was asked for.
        name: String,
        /// Which there are.
        known: String,
    },
    /// A simulated scan could not be made.
    #[error(transparent)]
    Synth(#[from] crate::synth::SynthError),
}

/// Why one page image cannot be measured.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum PageFailure {
    /// The anchors were not found.
    #[error(
        "không thấy tờ mẫu: in bằng phieu calibrate print, quét cả trang (no target on this page: print one with phieu calibrate print and scan all of it)"
    )]
    NoTarget,
    /// The anchors are there, the lattice is not.
    #[error(
        "đây là một trang in của phieu nhưng không phải tờ mẫu (a page of phieu, but not the target: {found} of {expected} lattice squares)"
    )]
    NotTheTarget {
        /// Lattice squares that were found.
        found: usize,
        /// Lattice squares of the target.
        expected: usize,
    },
    /// Print and paper cannot be told apart.
    #[error(
        "chữ in và giấy không phân biệt được: mức {black:.0} và {paper:.0} (print and paper cannot be told apart)"
    )]
    NoContrast {
        /// Gray level of the paper.
        paper: f64,
        /// Gray level of the print.
        black: f64,
    },
}
