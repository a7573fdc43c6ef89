//! What is known of the scanner before a page is read, and what it makes
//! doubtful.
//!
//! A profile may be of another scanner, or older than the last cleaning of the
//! glass. So nothing that the page says of itself is replaced by it: the page is
//! read as without it, and then what is known only adds doubt. A certain mark or
//! answer may become one that a person looks at, never the other way; a streak
//! that is no longer seen on the page says nothing; and where the resolution is
//! another one, the profile is not of this scan and says nothing at all. A wrong
//! profile can cost a look, never an answer.

mod pixels;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use image::GrayImage;

use self::pixels::{Band, Frame, Lines};
use super::ink::Tone;
use super::reading::{Answer, AnswerState, Mark, MarkState};
use super::reason::Reason;
use crate::form::PageLayout;

/// What is known of a scanner beforehand; made from a profile by
/// [`crate::calibrate`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KnownScanner {
    /// Pixels per mm of paper along the image's rows and down its columns.
    pub px_per_mm: [f64; 2],
    /// Standard deviation of the noise, share of the way from black to paper.
    pub noise: f64,
    /// Black and white only.
    pub bilevel: bool,
    /// The stroke of a light pen may not come through at all.
    pub light_strokes_vanish: bool,
    /// Dust on the glass and blind cells.
    pub streaks: Vec<KnownStreak>,
}

/// A line through every image of the scanner.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct KnownStreak {
    /// It runs down the image; its place counts from the left edge. Otherwise
    /// across, and from the top edge.
    pub down: bool,
    /// Its middle, mm.
    pub at_mm: f64,
    /// Its width, mm.
    pub width_mm: f64,
    /// How much of the way from paper to black it goes, 0 to 1; below 0 a bright
    /// line.
    pub darkness: f64,
}

impl KnownStreak {
    /// Is it a bright line that can hide a stroke?
    fn erases(&self) -> bool {
        -self.darkness >= ERASES && self.width_mm >= ERASES_MM
    }
}

/// Prints of 94 to 106 % are read, and a feeder stretches by 2 %; the next
/// resolution that scanners offer is a fifth away.
const SAME_RESOLUTION: f64 = 0.08;
/// Dust keeps its place on the glass; the edge of the image is found anew for
/// each sheet by some scanners, mm.
const ASIDE_MM: f64 = 0.8;
/// How far along the streak from the box it is looked for, mm: dust that moves
/// ends somewhere. Twice this is two dozen lines of print, and between them is
/// paper.
const ALONG_MM: f64 = 40.0;
/// Dust may have become half as dark since it was measured, and is then still
/// there.
const FADED: f64 = 0.5;
/// Less is no streak, share of the contrast; as in the measurement.
const LEAST: f64 = 0.035;
/// The same where pixels are black or white: share of the black ones.
const LEAST_BILEVEL: f64 = 0.15;
/// Blur of a streak beside its width, mm.
const SHADE_MM: f64 = 0.25;
/// Dark as a stroke of a pen, share of the contrast.
const FIRM: f64 = 0.24;
/// Darker than what shows through the paper.
const FAINT: f64 = 0.11;
/// No grain of noise is as many standard deviations dark.
const SIGMAS: f64 = 5.0;
/// 2.2 mm of the thinnest ballpoint's line, mm²: what is less is no mark.
const STROKE_MM2: f64 = 0.55;
/// A speck of 0.45 mm, mm²: what is less is nothing.
const SPECK_MM2: f64 = 0.16;
/// A bright line takes a mark in two that takes a third of its contrast and is
/// half as wide as its stroke (0.35 mm); as in the verdict on scanners.
const ERASES: f64 = 0.33;
const ERASES_MM: f64 = 0.175;
/// Pressure and grain take up to half off a stroke's mean darkness; where half of
/// a sheet's pen is below the noise, one of its strokes may be lost.
const PEN_OVER_NOISE: f64 = 2.0 * SIGMAS;

/// A page that was read.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ReadPage<'a> {
    pub image: &'a GrayImage,
    /// The file has one bit a pixel.
    pub bilevel: bool,
    pub layout: &'a PageLayout,
    pub tone: Tone,
    /// px per mm of the print.
    pub px_per_mm: f64,
}

impl KnownScanner {
    /// Is the page of the resolution that the scanner was measured at?
    pub(crate) fn fits(&self, page: &ReadPage) -> bool {
        let [x, y] = self.px_per_mm;
        let mine = (x * y).sqrt();
        (page.px_per_mm - mine).abs() <= SAME_RESOLUTION * mine
    }

    /// Doubts marks that may be dust, and empty boxes of blank questions that a
    /// bright line may have emptied; the answers go with them.
    pub(crate) fn doubt_streaks(
        &self,
        page: &ReadPage,
        marks: &mut [Mark],
        answers: &mut BTreeMap<String, Answer>,
    ) {
        let contrast = page.tone.contrast();
        let faint = FAINT.max(SIGMAS * self.noise);
        let firm = FIRM.max(SIGMAS * self.noise);
        let matters = |s: &&KnownStreak| s.darkness > 0.0 || s.erases();
        for streak in self.streaks.iter().filter(matters) {
            for (mark, spec) in marks.iter_mut().zip(&page.layout.boxes) {
                let Some(frame) = Frame::of(mark, spec) else {
                    continue;
                };
                let Some(band) = self.band(page, streak, &frame, contrast) else {
                    continue;
                };
                let doubt = match mark.state {
                    _ if streak.darkness < 0.0 => {
                        let blank = answers
                            .get(&mark.question)
                            .is_some_and(|a| a.state == AnswerState::Blank);
                        (mark.state == MarkState::Unmarked && blank).then_some(Reason::KnownBlind)
                    }
                    MarkState::Unmarked => None,
                    MarkState::Marked => {
                        let ink = frame.ink_beside(page.image, &band, firm * contrast);
                        (ink < STROKE_MM2).then_some(Reason::OnlyKnownDust)
                    }
                    MarkState::Marginal => {
                        let ink = frame.ink_beside(page.image, &band, faint * contrast);
                        (ink < SPECK_MM2).then_some(Reason::KnownDust)
                    }
                };
                let Some(reason) = doubt else {
                    continue;
                };
                mark.doubt(reason);
                if let Some(answer) = answers.get_mut(&mark.question)
                    && !answer.state.needs_person()
                {
                    answer.state = AnswerState::Marginal;
                }
            }
        }
    }

    /// May a stroke of this sheet's pen be lost in what this scanner is known to
    /// do?
    pub(crate) fn may_lose(&self, page: &ReadPage, marks: &[Mark]) -> bool {
        if self.light_strokes_vanish {
            return true;
        }
        let least = PEN_OVER_NOISE * self.noise;
        // What the page itself is asked for covers the rest.
        if least <= FIRM {
            return false;
        }
        let contrast = page.tone.contrast();
        let firm = FIRM.max(SIGMAS * self.noise) * contrast;
        let mut pens: Vec<f64> = marks
            .iter()
            .zip(&page.layout.boxes)
            .filter(|(mark, _)| mark.state == MarkState::Marked)
            .filter_map(|(mark, spec)| Frame::of(mark, spec)?.darkness(page.image, firm))
            .collect();
        pens.sort_by(f64::total_cmp);
        pens.get(pens.len() / 2)
            .is_some_and(|pen| *pen < least * contrast)
    }

    /// The pixels that the streak covers at this box. `None` if it does not go
    /// through the box, or if it is a dark one and not seen there.
    fn band(
        &self,
        page: &ReadPage,
        streak: &KnownStreak,
        frame: &Frame,
        contrast: f64,
    ) -> Option<Band> {
        let px = self.px_per_mm[usize::from(!streak.down)];
        let other = self.px_per_mm[usize::from(streak.down)];
        let at = streak.at_mm * px;
        let half = (streak.width_mm / 2.0 + SHADE_MM) * px;
        let (low, high) = frame.extent(streak.down);
        if at + half + ASIDE_MM * px < low || at - half - ASIDE_MM * px > high {
            return None;
        }
        let middle = if streak.darkness < 0.0 {
            // White on white is not seen.
            at
        } else {
            let look = Lines {
                image: page.image,
                down: streak.down,
                range: frame.extent(!streak.down),
                reach: ALONG_MM * other,
                mean: self.bilevel || page.bilevel,
            };
            let least = if look.mean { LEAST_BILEVEL } else { LEAST };
            let (found, depth) = look.darkest(at, ASIDE_MM, px)?;
            if depth < contrast * least.max(FADED * streak.darkness) {
                return None;
            }
            found
        };
        let band = Band {
            down: streak.down,
            from: middle - half,
            to: middle + half,
        };
        frame.crossed_by(page.image, &band).then_some(band)
    }
}
