//! The verdict: good, usable or repair, why, and what a clerk does about it.
//!
//! [`figures`] takes the pages together, [`limits`] says what hurts reading,
//! [`findings`] puts what is beyond them into words.

mod figures;
mod findings;
mod limits;

use serde::{Deserialize, Serialize};

use super::page::PageMeasure;
use super::profile::Profile;
use super::sequence::{self, SequenceMeasure};
use findings::Findings;
pub(super) use limits::light_strokes_vanish;

/// What a clerk is told in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Scan on.
    Good,
    /// Ballots can be read; more of them will need a person.
    Usable,
    /// Do not scan ballots before this is mended.
    Repair,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know; nothing is worse for it.
    Note,
    /// More pages will need a person.
    Usable,
    /// Ballots may be lost or misread.
    Repair,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingCode {
    /// Two sheets went through together.
    DoubleFeed,
    /// A line of dust or a blind cell.
    Streak,
    /// Too few pixels for a pen's stroke.
    Resolution,
    /// Edges are too soft.
    Blur,
    /// Thin lines are lost.
    ThinLines,
    /// Black grows or shrinks.
    Threshold,
    /// Paper and black are too near to each other.
    Contrast,
    /// A light stroke drowns in noise.
    Noise,
    /// One part of the page is darker.
    Falloff,
    /// The sheets lie crooked.
    Skew,
    /// Height and width have different scales.
    Stretch,
    /// The feed is uneven, or the sheet narrows.
    Uneven,
    /// The file claims another resolution.
    DpiTag,
    /// The ruler bars were not measured.
    PrintUnknown,
    /// Part of the target is not in the image.
    Cropped,
    /// One page is too few to tell how the feed repeats itself.
    OnePage,
}

/// One finding in words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// What.
    pub code: FindingCode,
    /// How much it matters.
    pub severity: Severity,
    /// What it is and what to do, Vietnamese.
    pub vi: String,
    /// The same in English.
    pub en: String,
}

/// What several pages of one scanner say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// The profile to keep.
    pub profile: Profile,
    /// Why the verdict is what it is, the worst first.
    pub findings: Vec<Finding>,
    /// The pages together.
    pub sequence: SequenceMeasure,
}

/// Judges the pages of one scanner and makes its profile. `None` without pages.
#[must_use]
pub fn judge(
    name: &str,
    source: &str,
    pages: &[PageMeasure],
    print_measured: bool,
) -> Option<Calibration> {
    let sequence = sequence::measure(pages);
    let mut profile = figures::figures(name, source, pages, &sequence, print_measured)?;
    let findings = Findings::of(&profile, pages, &sequence);
    profile.verdict = match findings.first().map(|f| f.severity) {
        Some(Severity::Repair) => Verdict::Repair,
        Some(Severity::Usable) => Verdict::Usable,
        Some(Severity::Note) | None => Verdict::Good,
    };
    profile.findings = findings.iter().map(|f| f.code).collect();
    profile.findings.dedup();
    Some(Calibration {
        profile,
        findings,
        sequence,
    })
}
