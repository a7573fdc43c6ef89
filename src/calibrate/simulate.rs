//! Simulated scans of the target: where the shipped profiles come from, and
//! what a new colleague practises with.
//!
//! The conditions are the middle of the simulator's ranges ("clean" for the
//! flatbed, "office" for the other two; the table is in [`crate::synth`]); what
//! differs from sheet to sheet (skew, shift, the roller's phase) is spread
//! evenly over one standard deviation to both sides and a little more, without
//! any dice: the same figures on every machine and in every later version.

use std::fmt;
use std::str::FromStr;

use super::CalibrateError;
use super::print;
use super::target::Target;
use crate::form::Paper;
use crate::synth::{
    Conditions, Encoding, Feed, KnownPrint, Level, Paper as Sheet, Printing, Sensor, SimulatedPage,
};

/// A simulated scanner.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scanner {
    /// A good flatbed, 300 dpi gray: the simulator's "clean".
    Flatbed,
    /// A feeder, 200 dpi gray JPEG: the middle of "office".
    OfficeFeeder,
    /// The same feeder set to black and white, as a fax is.
    Bilevel,
}

impl Scanner {
    /// All.
    pub const ALL: [Self; 3] = [Self::Flatbed, Self::OfficeFeeder, Self::Bilevel];

    /// Its name on the command line, and that of its shipped profile.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Flatbed => "flatbed",
            Self::OfficeFeeder => "office-feeder",
            Self::Bilevel => "bilevel",
        }
    }

    /// What the profile says of itself.
    #[must_use]
    pub fn title(self) -> &'static str {
        match self {
            Self::Flatbed => "Máy quét phẳng (flatbed)",
            Self::OfficeFeeder => "Máy quét có khay nạp (office feeder)",
            Self::Bilevel => "Quét đen trắng kiểu fax (bilevel, fax-like)",
        }
    }

    fn sensor(self) -> Sensor {
        let clean = Sensor {
            dpi: 300,
            dpi_tag: Some(300),
            blur_px: 0.35,
            noise: 1.0,
            gamma: 1.0,
            black: 8,
            gradient: 0.0,
            side_shadow: None,
            streaks: Vec::new(),
            threshold: 140,
            encoding: Encoding::Png,
        };
        // Middles of the office ranges: blur 0.35 to 0.75 px, noise 1 to 4,
        // black 2 to 35, quality 70 to 93, falloff to 3 % either way.
        let office = Sensor {
            dpi: 200,
            dpi_tag: Some(200),
            blur_px: 0.55,
            noise: 2.5,
            black: 18,
            gradient: 0.015,
            encoding: Encoding::Jpeg { quality: 82 },
            ..clean.clone()
        };
        match self {
            Self::Flatbed => clean,
            Self::OfficeFeeder => office,
            Self::Bilevel => Sensor {
                encoding: Encoding::Bilevel,
                // 0.62 of the paper: the middle of 0.52 to 0.72.
                threshold: 150,
                ..office
            },
        }
    }

    /// Conditions of sheet `i` of `of`.
    fn conditions(self, i: usize, of: usize) -> Conditions {
        // Evenly from -1.25 to 1.25 standard deviations; for three sheets or
        // more that is a deviation of about one.
        let at = |i: usize| match of {
            0 | 1 => 0.0,
            _ => 2.5 * (i % of) as f64 / (of - 1) as f64 - 1.25,
        };
        // Standard deviations of the levels: skew in degrees, shift in mm;
        // stretch is the middle of its range, mm.
        let (skew, shift, stretch, level) = match self {
            Self::Flatbed => (0.08, 0.2, 0.0, Level::Clean),
            Self::OfficeFeeder | Self::Bilevel => (0.43, 0.8, 0.175, Level::Office),
        };
        Conditions {
            level,
            printing: Printing::perfect(),
            paper: Sheet {
                // The middle of the office's 232 to 253.
                white: if self == Self::Flatbed { 250 } else { 242 },
                ..Sheet::perfect()
            },
            feed: Feed {
                skew_deg: skew * at(i),
                // Other orders, so that shift and skew do not go together.
                shift_mm: [shift * at(i * 2 + 1), shift * at(i * 3 + 1)],
                stretch_mm: stretch,
                stretch_phase: i as f64 / of.max(1) as f64,
                ..Feed::perfect()
            },
            sensor: self.sensor(),
        }
    }
}

/// A name that is no simulated scanner's.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a simulated scanner; use flatbed, office-feeder or bilevel")]
pub struct UnknownScanner(pub String);

impl FromStr for Scanner {
    type Err = UnknownScanner;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        Self::ALL
            .into_iter()
            .find(|scanner| scanner.name() == s)
            .ok_or_else(|| UnknownScanner(s.to_owned()))
    }
}

impl fmt::Display for Scanner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Scans of an A4 target by a simulated scanner, always the same.
///
/// # Errors
/// [`CalibrateError`] if the target cannot be printed or scanned.
pub fn simulate(scanner: Scanner, sheets: usize) -> Result<Vec<SimulatedPage>, CalibrateError> {
    let target = Target::new(Paper::A4);
    let pdf = print::pdf(&target, 1)?;
    let print = KnownPrint::new("target", pdf, target.size());
    (0..sheets)
        .map(|i| Ok(print.scan(&scanner.conditions(i, sheets), i as u64)?))
        .collect()
}
