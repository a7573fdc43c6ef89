//! How the marks of a sheet look: this hand, this pen. One box can only be
//! judged beside the others of its sheet.

use std::collections::BTreeSet;

use super::classify::spreads_out;
use super::features::USUAL_SHADE;
use super::ink::{Ink, Thresholds};

/// Below this share of the sheet's own weaker marks, faint ink is only dust…
const SPECK_SHARE: f64 = 0.07;
/// … but never below the smaller, mm² (a grain of toner), nor above the larger
/// (a speck of 0.45 mm): on a sheet of bold crosses a speck is a speck, on a
/// sheet of faint or broken strokes it may be what is left of one.
const SPECK_MM2: (f64, f64) = (0.025, 0.16);
/// The ink of a weaker mark where the sheet has none to compare with, mm²: a
/// tick of the thinnest pen.
const UNKNOWN_HAND_MM2: f64 = 1.3;
/// The same where there is no stroke but grains in some boxes: they may be what
/// is left of strokes.
const GRAINS_HAND_MM2: f64 = 0.5;
/// In so many boxes grains are more than dust.
const GRAINS_BOXES: usize = 2;

/// A stroke: 2.2 mm of the thinnest ballpoint line (0.25 mm on paper).
const STROKE_MM2: f64 = 0.55;
/// A stroke is at least this long, mm: under half of a 4.5 mm box.
pub(super) const STROKE_EXTENT_MM: f64 = 1.4;

/// Spread of darkness in empty boxes from which a page has gray noise; a
/// bilevel page has none.
const GRAINY_SIGMA: f64 = 0.012;
/// On a bilevel page strokes of a weaker mark than this are broken, mm²: a whole
/// tick of the thinnest pen (0.25 mm) in a 4.5 mm box has 1.4.
const VANISHING_MM2: f64 = 1.0;
/// A pen whose marks are on average darker than this many times the faint
/// threshold has no stroke below it: pressure takes up to a third off.
const NEAR_NOISE: f64 = 2.0;
/// What noise leaves above five of its sigmas in a box, mm².
const GRAIN_MM2: f64 = 0.09;

/// So many marks at least say that this hand makes them so.
const SPREAD_OF: usize = 3;

/// The least ink of a box that may be its question's mark, mm²: a dot of
/// 0.35 mm.
const TOP_MM2: f64 = 0.1;
/// … as long as this at least, mm, and its darkest half millimetre as much darker
/// than an empty box as this share of the contrast: the smallest dot of a light
/// pencil. Grain and blur on a blank sheet are less.
const TOP_EXTENT_MM: f64 = 0.5;
const TOP_SHADE: f64 = 0.12;
/// A question's marks have more than this share of the ink of its fullest box;
/// what has less was spilled by that or is dirt.
const TOP_SHARE: f64 = 1.0 / 3.0;

/// The marks of a sheet, as far as they can be told without judging one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hand {
    /// Faint ink of one of its weaker marks, mm².
    weak_mark_mm2: f64,
    /// Median darkness of its strokes; 0 where there is none.
    pub darkness: f64,
    /// Most of its marks reach far out of their boxes.
    pub large: bool,
    /// Most of the page's questions have a mark with far more ink around its box than in it.
    pub spreads: bool,
    /// Its marks are hardly darker than what counts as ink on this page.
    near_noise: bool,
    /// The page has gray noise, which leaves grains of its own.
    grainy: bool,
    /// The boxes that have clearly the most ink of their questions.
    tops: Vec<Top>,
}

/// A box that is probably its question's mark.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Top {
    question: usize,
    firm_mm2: f64,
    extent_mm: f64,
    darkness: f64,
    shade: f64,
}

/// What a mark of this sheet usually has.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Usual {
    /// Firm ink of a weaker one inside its box, mm².
    pub firm_mm2: f64,
    /// Extent of a smaller one inside its box, mm.
    pub extent_mm: f64,
    /// Darkness of the pen.
    pub darkness: f64,
    /// How much darker than an empty box its darkest half millimetre is, share
    /// of the contrast.
    pub shade: f64,
}

/// A sheet on which nothing can be compared: a small cross of a ballpoint that
/// a scanner sees as a middling gray.
const UNKNOWN: Usual = Usual {
    firm_mm2: 1.0,
    extent_mm: 2.5,
    darkness: 0.6,
    shade: USUAL_SHADE,
};

impl Hand {
    /// From all boxes of a page, with the number of the question that each
    /// belongs to and how much darker than an empty box its darkest half
    /// millimetre is; that and `sigma`, the page's noise, in shares of its contrast.
    pub fn of(inks: &[Ink], questions: &[usize], shades: &[f64], sigma: f64) -> Self {
        let (mut strokes, mut grains) = (Vec::new(), 0);
        let mut pens = Vec::new();
        let mut exits = 0;
        for ink in inks {
            if ink.firm_mm2 >= STROKE_MM2 && ink.extent_mm >= STROKE_EXTENT_MM {
                pens.push(ink.darkness);
                exits += usize::from(ink.exits);
            }
            if ink.extent_mm >= STROKE_EXTENT_MM / 2.0 && ink.faint_mm2 >= 2.0 * SPECK_MM2.0 {
                strokes.push(ink.faint_mm2);
            } else if ink.faint_mm2 > 0.0 {
                grains += 1;
            }
        }
        strokes.sort_by(f64::total_cmp);
        let unknown = if grains >= GRAINS_BOXES {
            GRAINS_HAND_MM2
        } else {
            UNKNOWN_HAND_MM2
        };
        // The second weakest: one alone may be a slip.
        let weak = strokes
            .get(1)
            .or(strokes.first())
            .copied()
            .unwrap_or(unknown);
        let large = exits >= 2 && 2 * exits > pens.len();
        let asked: BTreeSet<usize> = questions.iter().copied().collect();
        let spread = inks.iter().zip(questions);
        let spread = spread.filter(|(ink, _)| ink.firm_mm2 >= TOP_MM2 && spreads_out(ink));
        let spread: BTreeSet<usize> = spread.map(|(_, &question)| question).collect();
        let darkness = quantile(&mut pens, 0.5).unwrap_or(0.0);
        Self {
            weak_mark_mm2: weak,
            darkness,
            large,
            // A signature spreads over fewer.
            spreads: spread.len() >= SPREAD_OF && 2 * spread.len() > asked.len(),
            near_noise: darkness > 0.0
                && darkness < NEAR_NOISE * Thresholds::for_noise(sigma).faint,
            grainy: sigma > GRAINY_SIGMA,
            tops: tops(inks, questions, shades),
        }
    }

    /// What the marks of the other questions usually have. A question's own
    /// boxes do not speak for themselves: a stamp on a blank sheet would be what
    /// is usual there.
    pub fn usual_beside(&self, question: usize) -> Usual {
        let others = || self.tops.iter().filter(|t| t.question != question);
        let low = |f: fn(&Top) -> f64, share: f64| {
            quantile(&mut others().map(f).collect::<Vec<_>>(), share)
        };
        Usual {
            firm_mm2: low(|t| t.firm_mm2, 0.25).unwrap_or(UNKNOWN.firm_mm2),
            extent_mm: low(|t| t.extent_mm, 0.25).unwrap_or(UNKNOWN.extent_mm),
            darkness: low(|t| t.darkness, 0.5).unwrap_or(UNKNOWN.darkness),
            shade: low(|t| t.shade, 0.5).unwrap_or(UNKNOWN.shade),
        }
    }

    /// Could a stroke of this hand have vanished altogether? On a page without
    /// gray levels a light pen's strokes break up, and some are lost; on a noisy
    /// one a stroke that is a little lighter than the others is below the noise.
    pub fn may_vanish(&self) -> bool {
        self.near_noise || (!self.grainy && self.weak_mark_mm2 < VANISHING_MM2)
    }

    /// Up to so much faint ink in a box may be dust, mm².
    pub fn speck_mm2(&self) -> f64 {
        (SPECK_SHARE * self.weak_mark_mm2).clamp(self.grain_mm2(SPECK_MM2.0), SPECK_MM2.1)
    }

    /// What noise leaves in a box of this page, mm²; `clean` where it has none.
    pub fn grain_mm2(&self, clean: f64) -> f64 {
        if self.grainy { GRAIN_MM2 } else { clean }
    }
}

/// Of each question the boxes that stand out, if they are few of its boxes.
fn tops(inks: &[Ink], questions: &[usize], shades: &[f64]) -> Vec<Top> {
    let mut out = Vec::new();
    let mut done: Vec<usize> = Vec::new();
    for &question in questions {
        if done.contains(&question) {
            continue;
        }
        done.push(question);
        let boxes: Vec<(&Ink, f64)> = inks
            .iter()
            .zip(shades)
            .zip(questions)
            .filter(|(_, q)| **q == question)
            .map(|((ink, shade), _)| (ink, *shade))
            .collect();
        let most = boxes.iter().map(|b| b.0.faint_mm2).fold(0.0, f64::max);
        let standing_out: Vec<&(&Ink, f64)> = boxes
            .iter()
            .filter(|(i, shade)| {
                i.faint_mm2 >= TOP_MM2
                    && i.faint_mm2 > TOP_SHARE * most
                    && i.extent_mm >= TOP_EXTENT_MM
                    && *shade >= TOP_SHADE
            })
            .collect();
        if standing_out.len() <= (boxes.len() / 2).max(1) {
            out.extend(standing_out.iter().map(|&&(ink, shade)| Top {
                question,
                shade,
                firm_mm2: ink.firm_mm2,
                extent_mm: ink.extent_mm,
                darkness: ink.darkness,
            }));
        }
    }
    out
}

fn quantile(values: &mut [f64], share: f64) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    values.get((values.len() as f64 * share) as usize).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(darkness: f64) -> Ink {
        Ink {
            faint_mm2: 3.0,
            firm_mm2: 2.6,
            extent_mm: 3.5,
            darkness,
            ..Ink::default()
        }
    }

    /// On a blurred noisy page a faint tick of a pencil left nothing above the
    /// threshold, and its question was once read as blank.
    #[test]
    fn a_pen_near_the_noise_may_vanish_and_a_dark_one_not() {
        let hand = |a, b| Hand::of(&[mark(a), mark(b)], &[0, 1], &[0.3; 2], 0.05);
        assert!(hand(0.35, 0.3).may_vanish());
        assert!(!hand(0.8, 0.7).may_vanish());
    }

    /// A stamp across a blank sheet was once the only thing to compare itself
    /// with, and so a usual mark.
    #[test]
    fn a_question_is_not_compared_with_itself() {
        let empty = Ink::default();
        let hand = Hand::of(
            &[mark(0.3), empty, empty, empty],
            &[0, 0, 1, 1],
            &[0.3; 4],
            0.0,
        );
        assert_eq!(hand.usual_beside(0), UNKNOWN);
        assert!((hand.usual_beside(1).darkness - 0.3).abs() < 1e-9);
    }

    #[test]
    fn small_marks_of_a_consistent_hand_are_usual() {
        let dot = Ink {
            faint_mm2: 0.6,
            firm_mm2: 0.4,
            extent_mm: 0.9,
            darkness: 0.7,
            ..Ink::default()
        };
        let empty = Ink::default();
        let sheet = [dot, empty, empty, dot, dot, empty];
        let hand = Hand::of(&sheet, &[0, 0, 1, 1, 2, 2], &[0.3; 6], 0.0);
        let usual = hand.usual_beside(1);
        assert!((usual.extent_mm - 0.9).abs() < 1e-9 && (usual.firm_mm2 - 0.4).abs() < 1e-9);
    }

    /// Grain in the boxes of a blank sheet was once what its marks look like, and
    /// the grain of one box an answer.
    #[test]
    fn grain_is_nobodys_mark() {
        let grain = Ink {
            faint_mm2: 0.2,
            extent_mm: 0.3,
            ..Ink::default()
        };
        let empty = Ink::default();
        let sheet = [grain, empty, grain, empty, grain, empty];
        let hand = Hand::of(&sheet, &[0, 0, 1, 1, 2, 2], &[0.05; 6], 0.03);
        assert_eq!(hand.usual_beside(0), UNKNOWN);
    }

    /// Two boxes with as much ink tell nothing of what is meant, in a question
    /// of two; of six they are two marks.
    #[test]
    fn what_does_not_stand_out_is_nobodys_mark() {
        let two = Hand::of(&[mark(0.7), mark(0.7)], &[0, 0], &[0.3; 2], 0.0);
        assert_eq!(two.usual_beside(9), UNKNOWN);
        let empty = Ink::default();
        let six = Hand::of(
            &[mark(0.7), mark(0.7), empty, empty, empty, empty],
            &[0; 6],
            &[0.3; 6],
            0.0,
        );
        assert_eq!(six.tops.len(), 2);
    }
}
