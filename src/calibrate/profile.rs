//! The profile: what is known of one scanner, in a file of TOML that people
//! can read. Versioned; unknown fields are refused, so that a misspelt one is
//! not silently ignored.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::CalibrateError;
use super::streaks::StreakMeasure;
use super::verdict::{FindingCode, Verdict};

/// The version of the file that is written and read.
pub const PROFILE_VERSION: u32 = 1;

/// What one pixel can be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScanKind {
    /// Gray (or colour, read as gray).
    Gray,
    /// Black or white.
    Bilevel,
}

/// A scanner's profile.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// Version of the file: [`PROFILE_VERSION`].
    pub version: u32,
    /// What people call the scanner.
    pub name: String,
    /// How the figures came about.
    pub source: String,
    /// Gray or bilevel.
    pub kind: ScanKind,
    /// Paper of the target.
    pub paper: String,
    /// How many scans were measured.
    pub pages: usize,
    /// What a clerk is told.
    pub verdict: Verdict,
    /// Why.
    pub findings: Vec<FindingCode>,
    /// Pixels.
    pub resolution: Resolution,
    /// The sheet's way.
    pub feed: FeedFigures,
    /// Gray levels; of a bilevel scanner 255, 0 and no noise.
    pub tone: ToneFigures,
    /// Blur; not of a bilevel scanner.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub blur: Option<BlurFigures>,
    /// Fine lines.
    pub lines: LineFigures,
    /// Sheets fed together.
    pub sequence: SequenceFigures,
    /// Dust on the glass.
    #[serde(rename = "streak", default, skip_serializing_if = "Vec::is_empty")]
    pub streaks: Vec<StreakMeasure>,
}

/// True resolution.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resolution {
    /// Along the image's rows, dots per inch.
    pub dpi_x: f64,
    /// Down its columns, dots per inch.
    pub dpi_y: f64,
    /// The print was measured with a ruler. If not, the dpi hold only if it
    /// was printed at exactly 100 %.
    pub print_measured: bool,
    /// What the files claim, dots per inch.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tag_x: Option<f64>,
    /// What the files claim, dots per inch.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tag_y: Option<f64>,
}

/// The feed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FeedFigures {
    /// Mean skew, degrees clockwise.
    pub skew_deg: f64,
    /// Its standard deviation from sheet to sheet, degrees.
    pub skew_spread_deg: f64,
    /// Down the columns against along the rows, percent.
    pub stretch_percent: f64,
    /// Its standard deviation from sheet to sheet, percent.
    pub stretch_spread_percent: f64,
    /// By how much a right angle is wider or narrower, degrees.
    pub shear_deg: f64,
    /// Change of the width from top to bottom, percent.
    pub trapezoid_percent: f64,
    /// Largest uneven displacement along the feed on any page, mm.
    pub uneven_mm: f64,
    /// Standard deviation of where the sheet lay, mm.
    pub shift_spread_mm: f64,
}

/// Gray levels, 0 to 255.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToneFigures {
    /// Bare paper.
    pub paper: f64,
    /// Solid black.
    pub black: f64,
    /// Standard deviation on paper, gray levels.
    pub noise: f64,
    /// Standard deviation on black, gray levels.
    pub noise_black: f64,
    /// Darkest against brightest part of the paper, share.
    pub falloff: f64,
}

/// Blur: σ of a Gaussian that gives the same edges.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlurFigures {
    /// Along the image's rows, mm.
    pub x_mm: f64,
    /// Down its columns, mm.
    pub y_mm: f64,
    /// The larger of both, px.
    pub sigma_px: f64,
    /// From 10 to 90 % of an edge, the larger of both, mm.
    pub rise_mm: f64,
}

/// Fine lines.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineFigures {
    /// Thinnest printed line that came out whole on every page, mm.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub thinnest_mm: Option<f64>,
    /// By how much every edge of black moved outwards, mm.
    pub growth_mm: f64,
}

/// Sheets fed together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SequenceFigures {
    /// Something says that two sheets went through together.
    pub double_feed: bool,
    /// Numbered sheets that are in no image.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub missing: Vec<u8>,
}

/// Only the version, to say more than "unknown field" of a later one.
#[derive(Deserialize)]
struct Versioned {
    version: Option<u32>,
}

/// Larger than any profile: what is longer is some other file.
const MOST_BYTES: u64 = 1 << 20;

impl Profile {
    /// Reads a profile.
    ///
    /// # Errors
    /// [`CalibrateError::Io`], and as [`Profile::parse`].
    pub fn load(path: &Path) -> Result<Self, CalibrateError> {
        let failed = |source| CalibrateError::Io {
            path: path.to_owned(),
            source,
        };
        let name = path.display().to_string();
        let file = std::fs::File::open(path).map_err(failed)?;
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::Read::take(file, MOST_BYTES), &mut bytes)
            .map_err(failed)?;
        let text = String::from_utf8(bytes).map_err(|_| CalibrateError::Profile {
            name: name.clone(),
            detail: "it is no text".to_owned(),
        })?;
        Self::parse(&name, &text)
    }

    /// Reads a profile that ships by its name, any other from its file.
    ///
    /// # Errors
    /// As [`Profile::load`]; [`CalibrateError::Unknown`] for a mere word that is
    /// neither.
    pub fn named_or_load(name: &str) -> Result<Self, CalibrateError> {
        let unknown = match super::shipped(name) {
            Err(e @ CalibrateError::Unknown { .. }) => e,
            done => return done,
        };
        let path = Path::new(name);
        let word = path.extension().is_none() && path.components().count() == 1;
        if word && !path.exists() {
            return Err(unknown);
        }
        Self::load(path)
    }

    /// Understands a profile's text; `name` is what errors call it.
    ///
    /// # Errors
    /// [`CalibrateError::Version`], [`CalibrateError::Profile`],
    /// [`CalibrateError::Figure`].
    pub fn parse(name: &str, text: &str) -> Result<Self, CalibrateError> {
        let wrong = |e: toml::de::Error| CalibrateError::Profile {
            name: name.to_owned(),
            detail: e
                .to_string()
                .split_whitespace()
                .collect::<Vec<_>>()
                .join(" "),
        };
        let found = toml::from_str::<Versioned>(text).map_err(wrong)?.version;
        match found {
            Some(PROFILE_VERSION) => {}
            Some(found) => {
                return Err(CalibrateError::Version {
                    name: name.to_owned(),
                    found,
                    known: PROFILE_VERSION,
                });
            }
            None => {
                return Err(CalibrateError::Profile {
                    name: name.to_owned(),
                    detail: "it does not say its version".to_owned(),
                });
            }
        }
        let profile: Self = toml::from_str(text).map_err(wrong)?;
        profile.check(name)?;
        Ok(profile)
    }

    /// Whoever uses a profile may count on figures that can be.
    fn check(&self, name: &str) -> Result<(), CalibrateError> {
        let t = &self.tone;
        let mut figures = vec![
            ("resolution.dpi_x", self.resolution.dpi_x, 20.0, 5000.0),
            ("resolution.dpi_y", self.resolution.dpi_y, 20.0, 5000.0),
            ("feed.skew_deg", self.feed.skew_deg, -45.0, 45.0),
            (
                "feed.stretch_percent",
                self.feed.stretch_percent,
                -50.0,
                50.0,
            ),
            ("feed.uneven_mm", self.feed.uneven_mm, 0.0, 50.0),
            ("tone.paper", t.paper, 0.0, 255.0),
            ("tone.black", t.black, 0.0, t.paper),
            ("tone.noise", t.noise, 0.0, 128.0),
            ("tone.falloff", t.falloff, 0.0, 1.0),
        ];
        if let Some(b) = &self.blur {
            figures.extend([
                ("blur.x_mm", b.x_mm, 0.0, 5.0),
                ("blur.y_mm", b.y_mm, 0.0, 5.0),
                ("blur.sigma_px", b.sigma_px, 0.0, 200.0),
            ]);
        }
        for s in &self.streaks {
            figures.extend([
                ("streak.at_mm", s.at_mm, 0.0, 2000.0),
                ("streak.width_mm", s.width_mm, 0.0, 50.0),
                ("streak.darkness", s.darkness, -2.0, 2.0),
            ]);
        }
        // NaN is in no range.
        match figures
            .iter()
            .find(|(_, v, lo, hi)| !(*lo..=*hi).contains(v))
        {
            Some((field, value, ..)) => Err(CalibrateError::Figure {
                name: name.to_owned(),
                field,
                value: *value,
            }),
            None => Ok(()),
        }
    }

    /// The profile as its file has it.
    ///
    /// # Errors
    /// [`CalibrateError::Profile`] where a value cannot be written.
    pub fn to_toml(&self) -> Result<String, CalibrateError> {
        let body = toml::to_string(self).map_err(|e| CalibrateError::Profile {
            name: self.name.clone(),
            detail: e.to_string(),
        })?;
        Ok(format!(
            "# Hồ sơ máy quét, do phieu calibrate đo (scanner profile, measured by phieu calibrate).\n\
             # docs/calibration.md says what each figure means.\n{body}"
        ))
    }

    /// What is recorded with each reading: the same figures, the same digest.
    /// Twelve hexadecimal digits of the BLAKE3 of the profile's text.
    #[must_use]
    pub fn digest(&self) -> String {
        // What cannot be written has no text to be told apart by.
        let text = self.to_toml().unwrap_or_default();
        blake3::hash(text.as_bytes()).to_hex()[..12].to_owned()
    }

    /// Name and digest in one: `office feeder (3f0a…)`.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{} ({})", self.name, self.digest())
    }
}

/// Rounded, so that the file can be read: four decimals are finer than
/// anything here is measured.
pub(crate) fn rounded(v: f64) -> f64 {
    // No minus before a zero.
    (v * 10_000.0).round() / 10_000.0 + 0.0
}
