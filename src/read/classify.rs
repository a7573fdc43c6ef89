//! Decides what the ink of one box means: marked, unmarked, or a person looks.
//!
//! Three things must agree before a box is `marked`: enough firm ink, in a
//! stroke long enough, that passes through the middle of the box. A box is
//! `unmarked` only with next to no ink inside. Everything between goes to a
//! person. The limits are areas and lengths on paper, not shares of the box,
//! because a pen is as wide in a large box as in a small one.

use super::ink::{Ink, Thresholds};
use super::reading::MarkState;

/// What a box was taken for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    pub state: MarkState,
    /// 0 surely empty, 1 surely marked.
    pub score: f64,
    /// For a person, where the state is marginal.
    pub reason: Option<&'static str>,
    /// Share of the interior that is covered by firm ink.
    pub fill: f64,
}

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

/// A connected speck up to this size may have twice that, mm.
const SPECK_EXTENT_MM: f64 = 0.6;

/// A stroke: 2.2 mm of the thinnest ballpoint line (0.25 mm on paper).
const STROKE_MM2: f64 = 0.55;
/// A stroke is at least this long, mm: under half of a 4.5 mm box.
const STROKE_EXTENT_MM: f64 = 1.4;
/// A stroke through the middle leaves at least this there, mm².
const CENTER_MM2: f64 = 0.15;

/// A tick may hug the sides of the box and leave its middle empty; it then
/// spans more of the box than what spills in from a neighbour: shares of the
/// interior's width and height.
const SPAN: f64 = 0.5;

/// Ink beside an empty box that may be meant for it, mm².
const BESIDE_MM2: f64 = 0.8;
/// The same where the question has no mark at all, so that nothing is lost by
/// asking: a stroke of 1 mm by the thinnest pen.
const TRACE_BESIDE_MM2: f64 = 0.25;
/// Ink in an empty box that may be all there is of an answer, mm²: a dot that a
/// ballpoint leaves when it is only set down (0.25 mm).
const TRACE_MM2: f64 = 0.05;

/// A mark shorter than this share of the sheet's own marks may be where the pen
/// rested.
const RESTED: f64 = 0.55;

/// A mark whose ink is lighter than this share of the sheet's own marks is of
/// another pen: a stamp, print of the other side, or somebody else's.
const SAME_PEN: f64 = 0.62;
/// The same for ink that reaches far out of the box at both sides, as the ring of
/// a stamp does: the marks of one pen seldom differ by so much in the mean.
const LIGHTER: f64 = 0.9;
/// Share of the directions around a box from which something is drawn around
/// it: a circle drawn by hand may be open, or run along the outline for a part.
const CIRCLE: f64 = 0.68;

/// Ink beyond doubt although the outline is hidden under it: share of the
/// interior.
const OVERWHELMING: f64 = 0.45;

/// `located`: the box's outline was found. `hidden`: it is outside the image.
pub(crate) fn classify(ink: &Ink, hand: Hand, located: bool, hidden: bool) -> Verdict {
    let score = score(ink);
    let fill = ink.fill;
    let marginal = |reason| Verdict {
        state: MarkState::Marginal,
        score,
        reason: Some(reason),
        fill,
    };
    if hidden {
        return marginal("the box lies outside the scanned image");
    }
    if !located && ink.fill < OVERWHELMING {
        return marginal("the printed box was not found where it should be");
    }
    let limit = hand.speck_mm2();
    let speck =
        ink.faint_mm2 < limit || (ink.faint_mm2 < 2.0 * limit && ink.extent_mm <= SPECK_EXTENT_MM);
    if ink.line_through && !speck {
        return marginal("a line runs through the box: streak, fold or stroke");
    }
    if ink.stained && ink.fill < OVERWHELMING {
        return marginal("a stain, stamp or shadow lies over the box");
    }
    if speck {
        if ink.around >= CIRCLE {
            return marginal("something is drawn around the box");
        }
        return Verdict {
            state: MarkState::Unmarked,
            score,
            reason: None,
            fill,
        };
    }
    let stroke = ink.firm_mm2 >= STROKE_MM2
        && ink.extent_mm >= STROKE_EXTENT_MM
        && (ink.center_mm2 >= CENTER_MM2 || ink.span.0.min(ink.span.1) >= SPAN);
    if stroke && ink.around >= CIRCLE && ink.fill < OVERWHELMING {
        return marginal("the marked box has a circle around it: it may be taken back");
    }
    if stroke && ink.exits && !hand.large && ink.darkness < LIGHTER * hand.darkness {
        return marginal(
            "a line from far outside runs through the box: stamp, signature or a very large mark",
        );
    }
    if stroke && ink.darkness < SAME_PEN * hand.darkness {
        return marginal("the ink in the box is lighter than the sheet's other marks");
    }
    if stroke && ink.extent_mm < RESTED * hand.extent_mm {
        return marginal("much smaller than the sheet's other marks: the pen may have rested");
    }
    if stroke {
        return Verdict {
            state: MarkState::Marked,
            score,
            reason: None,
            fill,
        };
    }
    marginal(if ink.firm_mm2 < 0.5 * ink.faint_mm2 {
        "the ink in the box is faint"
    } else if ink.center_mm2 < CENTER_MM2 {
        "ink reaches into the box but misses its middle"
    } else {
        "the mark in the box is very small"
    })
}

/// How the marks of this sheet look.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Hand {
    /// Faint ink of one of its weaker marks, mm².
    weak_mark_mm2: f64,
    /// Median darkness of its marks; 0 where there is none.
    darkness: f64,
    /// Median longer side of its marks, mm; 0 where there is none.
    extent_mm: f64,
    /// Most of its marks reach far out of their boxes.
    large: bool,
    /// Its marks are hardly darker than what counts as ink on this page.
    near_noise: bool,
    /// The page has gray noise, which leaves grains of its own.
    grainy: bool,
}

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

impl Hand {
    /// From all boxes of a page: the second weakest of those that have a
    /// stroke (one alone may be a slip).
    pub fn of<'a>(inks: impl IntoIterator<Item = &'a Ink>, sigma: f64) -> Self {
        let (mut strokes, mut grains) = (Vec::new(), 0);
        let (mut pens, mut extents) = (Vec::new(), Vec::new());
        let mut exits = 0;
        for ink in inks {
            if ink.firm_mm2 >= STROKE_MM2 && ink.extent_mm >= STROKE_EXTENT_MM {
                pens.push(ink.darkness);
                extents.push(ink.extent_mm);
                exits += usize::from(ink.exits);
            }
            if ink.extent_mm >= STROKE_EXTENT_MM / 2.0 && ink.faint_mm2 >= 2.0 * SPECK_MM2.0 {
                strokes.push(ink.faint_mm2);
            } else if ink.faint_mm2 > 0.0 {
                grains += 1;
            }
        }
        strokes.sort_by(f64::total_cmp);
        let median = |mut v: Vec<f64>| {
            v.sort_by(f64::total_cmp);
            v.get(v.len() / 2).copied().unwrap_or(0.0)
        };
        let unknown = if grains >= GRAINS_BOXES {
            GRAINS_HAND_MM2
        } else {
            UNKNOWN_HAND_MM2
        };
        let weak = strokes
            .get(1)
            .or(strokes.first())
            .copied()
            .unwrap_or(unknown);
        let large = exits >= 2 && 2 * exits > pens.len();
        let darkness = median(pens);
        Self {
            weak_mark_mm2: weak,
            darkness,
            large,
            near_noise: darkness > 0.0
                && darkness < NEAR_NOISE * Thresholds::for_noise(sigma).faint,
            extent_mm: median(extents),
            grainy: sigma > GRAINY_SIGMA,
        }
    }

    /// Could a stroke of this hand have vanished altogether? On a page without
    /// gray levels a light pen's strokes break up, and some are lost; on a noisy
    /// one a stroke that is a little lighter than the others is below the noise.
    pub fn may_vanish(self) -> bool {
        self.near_noise || (!self.grainy && self.weak_mark_mm2 < VANISHING_MM2)
    }

    fn speck_mm2(self) -> f64 {
        let least = if self.grainy { GRAIN_MM2 } else { SPECK_MM2.0 };
        (SPECK_SHARE * self.weak_mark_mm2).clamp(least, SPECK_MM2.1)
    }
}

/// Ink in or beside an empty box that may be all there is of an answer.
pub(crate) fn trace(ink: &Ink, hand: Hand) -> bool {
    let least = if hand.grainy { GRAIN_MM2 } else { TRACE_MM2 };
    ink.faint_mm2 >= least || ink.ring_mm2.iter().sum::<f64>() >= TRACE_BESIDE_MM2
}

/// May a box with a line through it be empty: is there nothing else in it (in
/// `off_mm2` what does not lie on the line) and nothing drawn around it?
pub(crate) fn only_a_line(ink: &Ink, off_mm2: f64, hand: Hand) -> bool {
    ink.line_through && !ink.stained && ink.around < CIRCLE && off_mm2 < hand.speck_mm2()
}

/// Ink beside an empty box that may have been meant for it.
pub(crate) fn beside(ink: &Ink) -> bool {
    ink.ring_mm2.iter().sum::<f64>() >= BESIDE_MM2
}

/// A score that grows with the ink and is one half where a stroke begins to
/// be one. Rational, so that every machine computes the same bits.
fn score(ink: &Ink) -> f64 {
    let area = f64::midpoint(ink.faint_mm2, ink.firm_mm2) / STROKE_MM2;
    let length = ink.extent_mm / STROKE_EXTENT_MM;
    let v = area * length;
    let s = v / (1.0 + v);
    (s * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn classify_one(ink: &Ink, located: bool, hidden: bool) -> Verdict {
        classify(ink, Hand::of(&[], 0.0), located, hidden)
    }

    fn cross() -> Ink {
        Ink {
            faint_mm2: 3.0,
            firm_mm2: 2.6,
            center_mm2: 1.0,
            extent_mm: 3.5,
            fill: 0.2,
            ..Ink::default()
        }
    }

    #[test]
    fn a_thin_cross_is_marked_and_nothing_is_not() {
        assert_eq!(classify_one(&cross(), true, false).state, MarkState::Marked);
        assert_eq!(
            classify_one(&Ink::default(), true, false).state,
            MarkState::Unmarked
        );
    }

    #[test]
    fn a_circle_around_an_empty_box_asks_a_person() {
        let ink = Ink {
            ring_mm2: [0.8, 0.7, 0.9, 0.6],
            around: 0.9,
            ..Ink::default()
        };
        assert_eq!(classify_one(&ink, true, false).state, MarkState::Marginal);
    }

    #[test]
    fn a_hidden_box_is_never_certain() {
        assert_eq!(
            classify_one(&Ink::default(), false, false).state,
            MarkState::Marginal
        );
        assert_eq!(
            classify_one(&cross(), true, true).state,
            MarkState::Marginal
        );
    }

    /// The ring of a stamp across an empty box was once read as an answer.
    #[test]
    fn a_stroke_lighter_than_the_sheets_pen_asks_a_person() {
        let pen = |darkness| Ink {
            darkness,
            ..cross()
        };
        let sheet = [pen(0.7), pen(0.66), pen(0.75), pen(0.3)];
        let hand = Hand::of(&sheet, 0.0);
        assert_eq!(
            classify(&sheet[3], hand, true, false).state,
            MarkState::Marginal
        );
        assert_eq!(
            classify(&sheet[1], hand, true, false).state,
            MarkState::Marked
        );
    }

    /// A stamp nearly as dark as the sheet's pencil was once read as an answer.
    #[test]
    fn a_lighter_line_from_far_outside_asks_a_person() {
        let mark = |darkness, exits| Ink {
            darkness,
            exits,
            ..cross()
        };
        let pen = mark(0.7, false);
        let hand = Hand::of(&[pen, pen, mark(0.55, true)], 0.0);
        let state = |ink| classify(&ink, hand, true, false).state;
        assert_eq!(state(mark(0.55, true)), MarkState::Marginal);
        assert_eq!(state(mark(0.7, true)), MarkState::Marked);
        assert_eq!(state(mark(0.55, false)), MarkState::Marked);
    }

    /// On a blurred noisy page a faint tick of a pencil left nothing above the
    /// threshold, and its question was once read as blank.
    #[test]
    fn a_pen_near_the_noise_may_vanish_and_a_dark_one_not() {
        let pen = |darkness| Ink {
            darkness,
            ..cross()
        };
        assert!(Hand::of(&[pen(0.35), pen(0.3)], 0.05).may_vanish());
        assert!(!Hand::of(&[pen(0.8), pen(0.7)], 0.05).may_vanish());
    }

    /// A pen that rests on the paper leaves a dot: on a sheet of crosses no
    /// answer, on a sheet of dots one.
    #[test]
    fn a_dot_among_crosses_asks_a_person_and_among_dots_is_a_mark() {
        let dot = Ink {
            extent_mm: 1.6,
            ..cross()
        };
        let state = |sheet: [Ink; 4]| classify(&dot, Hand::of(&sheet, 0.0), true, false).state;
        assert_eq!(state([cross(), cross(), cross(), dot]), MarkState::Marginal);
        assert_eq!(state([dot; 4]), MarkState::Marked);
    }

    /// A light pen under a bad bilevel threshold leaves a few grains of each
    /// stroke; one box of such a sheet was once read as empty.
    #[test]
    fn grains_on_a_sheet_of_broken_strokes_ask_a_person() {
        let broken = Ink {
            faint_mm2: 0.5,
            firm_mm2: 0.4,
            center_mm2: 0.1,
            extent_mm: 0.9,
            ..Ink::default()
        };
        let grains = Ink {
            faint_mm2: 0.08,
            firm_mm2: 0.06,
            extent_mm: 0.2,
            ..Ink::default()
        };
        let sheet = Hand::of(&[broken, broken, grains], 0.0);
        assert_eq!(
            classify(&grains, sheet, true, false).state,
            MarkState::Marginal
        );
        let bold = Hand::of(&[cross(), cross(), grains], 0.0);
        assert_eq!(
            classify(&grains, bold, true, false).state,
            MarkState::Unmarked
        );
    }

    proptest! {
        /// More ink never turns a marked box into an empty one.
        #[test]
        fn monotone(faint in 0.0..12.0f64, share in 0.0..1.0f64, extent in 0.0..3.6f64, more in 1.0..3.0f64) {
            let ink = Ink { faint_mm2: faint, firm_mm2: faint * share, center_mm2: faint * share / 3.0,
                extent_mm: extent, fill: faint * share / 13.0, ..Ink::default() };
            let bigger = Ink { faint_mm2: faint * more, firm_mm2: faint * share * more,
                center_mm2: faint * share * more / 3.0, extent_mm: (extent * more).min(3.6),
                fill: faint * share * more / 13.0, ..Ink::default() };
            let rank = |i: &Ink| match classify_one(i, true, false).state {
                MarkState::Unmarked => 0, MarkState::Marginal => 1, MarkState::Marked => 2 };
            prop_assert!(rank(&bigger) >= rank(&ink));
            prop_assert!(classify_one(&bigger, true, false).score >= classify_one(&ink, true, false).score);
        }
    }
}
