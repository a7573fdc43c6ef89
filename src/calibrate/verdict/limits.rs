//! From where on what was measured hurts. Every limit comes from what hurts
//! reading; none is fitted to an example.

use crate::calibrate::profile::{Profile, ScanKind};

/// The stroke that must be seen: a ballpoint's, mm, and the share of paper's
/// light that the lightest of them takes. Both are what [`crate::synth`] knows
/// of offices.
pub(super) const STROKE_MM: f64 = 0.35;
const LIGHT_STROKE: f64 = 0.42;

/// A stroke of two pixels has one that is wholly its own.
pub(super) const GOOD_STROKE_PX: f64 = 2.0;
/// At 90 dpi it has 1.24: the coarsest that is read is 100 dpi, less a print at
/// 94 % that nobody measured, rounded down.
pub(super) const LEAST_DPI: f64 = 90.0;

/// Share of its contrast that a stroke may lose to blur: a quarter makes it no
/// lighter than the lightest pen of a good scanner's; half makes a light
/// ballpoint a pencil. For [`STROKE_MM`] that is σ of 0.12 mm and of 0.24 mm.
pub(super) const GOOD_KEPT: f64 = 0.75;
pub(super) const LEAST_KEPT: f64 = 0.5;

/// Printed lines of a good scan: the outline of a checkbox has 0.25 mm, and a
/// light pen's stroke has the contrast of a print of half its width.
pub(super) const GOOD_LINE_MM: f64 = 0.20;

/// A checkbox outline of 0.25 mm vanishes where edges move inwards by half of
/// it; where they move outwards by as much, pen strokes double and small
/// letters run together. Half of that is where advice begins.
pub(super) const GROWTH_MM: f64 = 0.06;
pub(super) const MOST_GROWTH_MM: f64 = 0.125;

/// Contrast of the lightest stroke over noise of one pixel. At 5 not one pixel
/// of a box in a million of them is taken for ink by chance; at 2.5 every
/// hundredth is.
pub(super) const GOOD_MARGIN: f64 = 5.0;
pub(super) const LEAST_MARGIN: f64 = 2.5;

/// Black over paper. Anchors are looked for below 0.68 of the paper, and a
/// print may be lighter than this one: at 0.4 solid black still passes when a
/// third of its toner is missing, at 0.6 nothing may be missing.
pub(super) const GOOD_BLACK: f64 = 0.40;
pub(super) const MOST_BLACK: f64 = 0.60;

/// Falloff of the light. The reader follows it; in bilevel scans a threshold at
/// half does not, so a shadow of 0.35 turns black there with light pens.
pub(super) const GOOD_FALLOFF: f64 = 0.15;
pub(super) const MOST_FALLOFF: f64 = 0.35;

/// Skew. Pages are read up to 8°; half of it leaves room for the next sheet,
/// and corners stay in the image.
pub(super) const GOOD_SKEW_DEG: f64 = 4.0;
pub(super) const MOST_SKEW_DEG: f64 = 8.0;
/// A sheet in three hundred lies beyond the mean by this many deviations.
pub(super) const SKEW_SIGMAS: f64 = 3.0;

/// Stretch. Prints of 94 to 106 % are read, and the scanner must leave most of
/// that to the printer.
pub(super) const GOOD_STRETCH: f64 = 2.0;
pub(super) const MOST_STRETCH: f64 = 6.0;

/// Uneven feed, mm. The registration follows waves of half a millimetre to
/// better than a box's outline; an anchor that is off by 1.2 mm is dropped.
pub(super) const GOOD_UNEVEN_MM: f64 = 0.5;
pub(super) const MOST_UNEVEN_MM: f64 = 1.2;
/// A width that changes by this much, percent, moves the corners of A4 by
/// the same half millimetre; and by three times it to the limit of anchors.
pub(super) const GOOD_TRAPEZOID: f64 = 0.6;
pub(super) const MOST_TRAPEZOID: f64 = 2.0;

/// A streak as dark as half of the lightest stroke looks like a mark.
pub(super) const MARK_LIKE: f64 = LIGHT_STROKE / 2.0;
/// A bright line that takes a third of a stroke's contrast and is as wide as
/// half of it cuts a mark in two.
pub(super) const ERASES: f64 = 0.33;
pub(super) const ERASES_MM: f64 = STROKE_MM / 2.0;

/// A resolution that is claimed wrongly by this share misleads other programs.
pub(super) const TAG_OFF: f64 = 0.02;

/// What of a stroke's contrast is left in its middle after a Gaussian blur:
/// exact for lines much thinner and much thicker than the blur.
pub(super) fn kept(sigma_mm: f64) -> f64 {
    // Not hypot: what follows from it decides readings, and they are the same on
    // every machine.
    STROKE_MM / (STROKE_MM * STROKE_MM + std::f64::consts::TAU * sigma_mm * sigma_mm).sqrt()
}

/// Contrast of the lightest stroke over the noise of one pixel, of a gray scan.
pub(super) fn light_margin(p: &Profile) -> f64 {
    let t = &p.tone;
    LIGHT_STROKE * kept(blur_mm(p)) * (t.paper - t.black) / noise_of(p)
}

pub(super) fn noise_of(p: &Profile) -> f64 {
    p.tone.noise.max(p.tone.noise_black).max(0.1)
}

pub(super) fn blur_mm(p: &Profile) -> f64 {
    p.blur.map_or(0.0, |b| b.x_mm.max(b.y_mm))
}

/// Is a light pen's stroke lost by so much noise, blur or threshold as is sent to
/// repair?
pub(in crate::calibrate) fn light_strokes_vanish(p: &Profile) -> bool {
    let lines = p.lines.thinnest_mm.is_none_or(|t| t > STROKE_MM + 1e-9);
    lines
        || match p.kind {
            ScanKind::Bilevel => p.lines.growth_mm < -MOST_GROWTH_MM,
            ScanKind::Gray => light_margin(p) < LEAST_MARGIN || kept(blur_mm(p)) < LEAST_KEPT,
        }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The limits of the documentation are what the formula gives.
    #[test]
    fn blur_limits_are_as_documented() {
        assert!(kept(0.12) > GOOD_KEPT && kept(0.13) < GOOD_KEPT);
        assert!(kept(0.23) > LEAST_KEPT && kept(0.25) < LEAST_KEPT);
    }
}
