//! Decides what the ink of one box means: marked, unmarked, or a person looks.
//!
//! How likely a mark is, the learned [`MarkModel`] says from figures that are
//! relative to the sheet's own paper and pen. Rules only take certainty away:
//! where something else than a mark explains the ink, or hides the box.

use super::features::{Feature, Features};
use super::hand::Hand;
use super::ink::Ink;
use super::model::{MarkModel, probability};
use super::reading::MarkState;
use super::reason::Reason;

/// What a box was taken for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Verdict {
    pub state: MarkState,
    /// It is marked by a ring around it, with nothing inside.
    pub ringed: bool,
    /// Log-odds of a mark.
    pub log_odds: f64,
    /// Probability of a mark; of a ring the share of directions that it is in.
    pub score: f64,
    /// Nothing can be seen of the box itself.
    pub hidden: bool,
    /// For a person, where the state is marginal.
    pub reason: Option<Reason>,
    /// Share of the interior that is covered by firm ink, …
    pub fill: f64,
    /// … and by faint ink.
    pub faint_fill: f64,
    /// Firm ink in the box and within 2 mm around it, mm².
    pub whole_mm2: f64,
}

impl Verdict {
    /// Is it marked by ink inside the box?
    pub fn marked_inside(&self) -> bool {
        self.state == MarkState::Marked && !self.ringed
    }
}

/// A connected speck up to this size may have twice the ink of one, mm.
const SPECK_EXTENT_MM: f64 = 0.6;

/// Nothing as small as this is surely a mark, whatever the sheet's other marks are:
/// a speck in a blank question was once read as an answer on a sheet of dots. A
/// speck of 0.4 mm looks this long where a scanner of 200 dpi blurs it, mm, …
const DUST_EXTENT_MM: f64 = 0.8;
/// … and has no more ink than a disc of that size, mm²; a stroke that a threshold
/// broke into pieces has more in all.
const DUST_MM2: f64 = 0.5;

/// A mark no longer than this is a dot, mm …
pub(crate) const DOT_EXTENT_MM: f64 = 1.5;
/// … and nothing of a dot is outside its box: so large a share of its ink there is
/// dirt, and so may the dot be. Specks of a bad copy that touched each other in a
/// blank question were once read as its answer on a sheet of dots.
const DIRTY: f64 = 0.3;
/// It is no dot if it goes on outside as something so long, mm: most of the ring's width of
/// 1.55 mm. Ticks of which only short pieces are in their boxes were taken for dots; specks
/// are shorter.
const ARM_MM: f64 = 1.2;
/// A dot with less than this share of the firm ink of one of the sheet's weaker marks is
/// smaller than these: the pen may have rested there. On a sheet of dots that was once
/// read as the answer of a blank question.
const RESTED: f64 = 0.5;

/// Ink beside an empty box that may be meant for it, mm².
const BESIDE_MM2: f64 = 0.6;
/// The same of firm ink beside it and in it, mm²: of a tick along the outline of a box a
/// threshold once left no more, and its question was read by its other mark.
const BESIDE_AND_IN_MM2: (f64, f64) = (0.3, 0.08);
/// The same where the question has no mark at all, so that nothing is lost by
/// asking: a stroke of 0.7 mm by the thinnest pen, what is seen of a tick that runs
/// along the outline.
const TRACE_BESIDE_MM2: f64 = 0.18;
/// The same of faint ink: what is left of a tick around the box on a blurred copy
/// at 100 dpi, and more than the noise of a page leaves above its faint threshold.
const FAINT_BESIDE_MM2: f64 = 0.22;
/// More faint ink than a line through the ring has, mm²: 8.5 mm of a streak of half a
/// millimetre. Pale pencil's circles around the boxes of a whole page were once taken for
/// such lines, and the page for blank.
const LINE_BESIDE_MM2: f64 = 4.5;
/// Ink in an empty box that may be all there is of an answer, mm²: a dot that a
/// ballpoint leaves when it is only set down (0.25 mm).
const TRACE_MM2: f64 = 0.05;

/// Of ink on both sides of the outline the shares of these two are added, and so much
/// together may be an answer: a dot on the outline, which hides half of it, was once read
/// as nothing.
const ON_THE_OUTLINE: f64 = 1.2;

/// A mark whose ink reaches far out of the box at both sides, as the ring of a
/// stamp does, and is lighter than this share of the sheet's own marks, is of
/// something else: the marks of one pen seldom differ by so much in the mean.
const LIGHTER: f64 = 0.9;
/// A mark whose ink is lighter than this share of the sheet's own marks is of
/// another pen: a stamp, print of the other side, or somebody else's.
const SAME_PEN: f64 = 0.62;
/// Share of the directions around a box from which something is drawn around
/// it: a circle drawn by hand may be open, or run along the outline for a part.
const CIRCLE: f64 = 0.68;

/// Ink beyond doubt although the outline is hidden under it: share of the
/// interior.
pub(crate) const OVERWHELMING: f64 = 0.45;

/// Firm ink is less than this share of all ink: what is there is faint.
const FAINT: f64 = 0.5;
/// A stroke through the middle leaves at least this there, mm²: 0.6 mm of the
/// thinnest ballpoint line (0.25 mm).
pub(super) const CENTER_MM2: f64 = 0.15;

/// What covers so large a share of its box, from side to side and from top to bottom
/// ([`WHOLE`]), is no line, however it goes on: a felt pen's stroke of 1.5 mm covers two
/// fifths. Of a hand that scribbles to and fro, or fills its boxes and goes over their
/// edges, every mark was asked about.
const WIDER: f64 = 0.6;

/// Share of the interior's width that a streak of half a millimetre takes at most, …
const THIN: f64 = 0.15;
/// … and of its height that it runs over at least.
const WHOLE: f64 = 0.9;

/// So much ink within 2 mm around a box, mm², …
const AROUND_MM2: f64 = 3.5;
/// … and so many times as much as in it, is of something else: the arms and tails of
/// marks leave a third of their ink in their boxes at least.
const AROUND_TIMES: f64 = 3.0;

/// What is known of a box beside its ink.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// The box's outline was found, or enough of it.
    pub located: bool,
    /// It lies outside the image.
    pub hidden: bool,
}

pub(crate) fn classify(
    ink: &Ink,
    features: &Features,
    hand: &Hand,
    model: &MarkModel,
    place: Place,
) -> Verdict {
    let log_odds = model.log_odds(features);
    let verdict = |state, reason| Verdict {
        state,
        ringed: false,
        log_odds,
        score: probability(log_odds),
        hidden: place.hidden || (ink.fill < OVERWHELMING && (!place.located || ink.stained)),
        reason,
        fill: ink.fill,
        faint_fill: ink.faint_fill,
        whole_mm2: ink.whole_mm2(),
    };
    let marginal = |reason| verdict(MarkState::Marginal, Some(reason));
    if place.hidden {
        return marginal(Reason::OutsideImage);
    }
    if !place.located && ink.fill < OVERWHELMING {
        return marginal(Reason::NotFound);
    }
    let empty = log_odds < model.limits.unmarked;
    let limit = hand.speck_mm2();
    let speck =
        ink.faint_mm2 < limit || (ink.faint_mm2 < 2.0 * limit && ink.extent_mm <= SPECK_EXTENT_MM);
    if ink.line_through && !broad(ink) && !speck && !empty {
        return marginal(Reason::Line);
    }
    if ink.stained && ink.fill < OVERWHELMING {
        return marginal(Reason::Stained);
    }
    if empty {
        if drawn_around(ink) {
            return marginal(Reason::DrawnAround);
        }
        return verdict(MarkState::Unmarked, None);
    }
    if log_odds >= model.limits.marked {
        if let Some(reason) = objection(ink, features, hand) {
            return marginal(reason);
        }
        if thin_line(ink) {
            return marginal(Reason::Line);
        }
        return verdict(MarkState::Marked, None);
    }
    marginal(if ink.firm_mm2 < FAINT * ink.faint_mm2 {
        Reason::Faint
    } else if ink.center_mm2 < CENTER_MM2 {
        Reason::MissesMiddle
    } else {
        Reason::Small
    })
}

/// What speaks against a mark although its ink is that of one, other than a line.
/// (Whoever settles a mark that a line left to a person must ask this too: specks of
/// a bad copy that stood in one line were once read as an answer.)
pub(crate) fn objection(ink: &Ink, features: &Features, hand: &Hand) -> Option<Reason> {
    if ink.extent_mm <= DUST_EXTENT_MM && ink.faint_mm2 <= DUST_MM2 {
        Some(Reason::Dust)
    } else if among_specks(ink) {
        Some(Reason::AmongSpecks)
    } else if circled(ink) {
        Some(Reason::Circled)
    } else if from_afar(ink, hand) {
        Some(Reason::PaleFromAfar)
    } else if spread_out(ink, hand) {
        Some(Reason::SpreadOut)
    } else if of_another_pen(ink, hand) {
        Some(Reason::AnotherPen)
    } else if is_short(ink) && features.value(Feature::Firm) < RESTED {
        Some(Reason::Small)
    } else {
        None
    }
}

/// Is it a dot, and is there ink around the box that is no part of it?
fn among_specks(ink: &Ink) -> bool {
    is_short(ink) && ink.ring_faint_mm2 >= DIRTY * ink.faint_mm2
}

/// Is it as short as a dot, and no piece of a stroke that goes on outside?
fn is_short(ink: &Ink) -> bool {
    ink.extent_mm <= DOT_EXTENT_MM && !goes_on(ink)
}

/// Does what is in the box go on outside as a stroke?
pub(super) fn goes_on(ink: &Ink) -> bool {
    ink.goes_on_mm >= ARM_MM
}

/// Does something else than a mark explain ink in the box?
pub(crate) fn explained(ink: &Ink, hand: &Hand) -> bool {
    ink.line_through || circled(ink) || from_afar(ink, hand)
}

fn circled(ink: &Ink) -> bool {
    drawn_around(ink) && ink.fill < OVERWHELMING
}

/// Lighter than the sheet's pen, and from far outside.
fn from_afar(ink: &Ink, hand: &Hand) -> bool {
    ink.exits && !hand.large && ink.darkness < LIGHTER * hand.darkness
}

/// Is there more ink in the box than any line leaves there?
fn broad(ink: &Ink) -> bool {
    ink.fill >= WIDER && ink.span.0.min(ink.span.1) >= WHOLE
}

/// Is all firm ink one thin line from one side of the box out of the opposite one,
/// whatever else there is of faint ink? A streak over print of the other side was
/// once read as an answer, because not all ink inside lay on it.
pub(super) fn thin_line(ink: &Ink) -> bool {
    let (narrow, long) = if ink.span.0 < ink.span.1 {
        ink.span
    } else {
        (ink.span.1, ink.span.0)
    };
    ink.exits && narrow <= THIN && long >= WHOLE
}

/// Is the ink in the box but a small part of what is close around it, on a sheet where it
/// usually is not? A signature that passed through a box was once read as its mark. (Each
/// large tick that turned below its box was once asked about.)
fn spread_out(ink: &Ink, hand: &Hand) -> bool {
    !hand.large && !hand.spreads && spreads_out(ink)
}

/// Is there so much more ink around the box than in it?
pub(super) fn spreads_out(ink: &Ink) -> bool {
    let around = ink.around_mm2();
    ink.reaches_rim && around >= AROUND_MM2 && around >= AROUND_TIMES * ink.firm_mm2
}

fn of_another_pen(ink: &Ink, hand: &Hand) -> bool {
    ink.darkness < SAME_PEN * hand.darkness
}

/// Ink in or beside an empty box that may be all there is of an answer.
pub(crate) fn trace(ink: &Ink, hand: &Hand) -> bool {
    let within = ink.faint_mm2 / hand.grain_mm2(TRACE_MM2);
    within >= 1.0 || trace_beside(ink) || within + pale_beside(ink) >= ON_THE_OUTLINE
}

/// The same of ink beside the box alone.
fn trace_beside(ink: &Ink) -> bool {
    ink.around_mm2() >= TRACE_BESIDE_MM2 || pale_beside(ink) >= 1.0
}

/// Faint ink beside an empty box, as a share of what may be a stroke.
fn pale_beside(ink: &Ink) -> f64 {
    ink.ring_faint_mm2
        / if ink.line_beside {
            LINE_BESIDE_MM2
        } else {
            FAINT_BESIDE_MM2
        }
}

/// Is something drawn around the box?
pub(crate) fn drawn_around(ink: &Ink) -> bool {
    ink.around >= CIRCLE
}

/// May a box with a line through it be empty: is there nothing else in it (in
/// `off_mm2` what does not lie on the line) and nothing drawn around it?
pub(crate) fn only_a_line(ink: &Ink, off_mm2: f64, hand: &Hand) -> bool {
    barred_by_line_alone(ink) && off_mm2 < hand.speck_mm2()
}

/// Is the line through a box, over whatever else there is, all that hides it?
pub(crate) fn barred_by_line_alone(ink: &Ink) -> bool {
    ink.line_through && !ink.stained && !drawn_around(ink)
}

/// Ink beside an empty box, or beside and in it, that may have been meant for it.
pub(crate) fn beside(ink: &Ink) -> bool {
    let (beside, within) = BESIDE_AND_IN_MM2;
    let around = ink.around_mm2();
    around >= BESIDE_MM2 || (around >= beside && ink.firm_mm2 >= within)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEEN: Place = Place {
        located: true,
        hidden: false,
    };

    /// The first box of a sheet of these boxes, each of its own question.
    fn first_of(sheet: &[Ink], place: Place) -> MarkState {
        let questions: Vec<usize> = (0..sheet.len()).collect();
        // What the darkest half millimetre of a stroke so dark has.
        let shades: Vec<f64> = sheet.iter().map(|ink| 0.6 * ink.darkness).collect();
        let hand = Hand::of(sheet, &questions, &shades, 0.0);
        let ink = &sheet[0];
        let features = Features::of(ink, &hand.usual_beside(0), shades[0]);
        classify(ink, &features, &hand, MarkModel::shipped(), place).state
    }

    fn cross() -> Ink {
        Ink {
            faint_mm2: 3.0,
            firm_mm2: 2.6,
            center_mm2: 1.0,
            extent_mm: 3.3,
            span: (0.9, 0.9),
            darkness: 0.7,
            fill: 0.2,
            ..Ink::default()
        }
    }

    #[test]
    fn a_thin_cross_is_marked_and_nothing_is_not() {
        assert_eq!(first_of(&[cross(), cross()], SEEN), MarkState::Marked);
        assert_eq!(
            first_of(&[Ink::default(), cross()], SEEN),
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
        assert_eq!(first_of(&[ink], SEEN), MarkState::Marginal);
    }

    /// A scribble to and fro, whose strokes leave its box above and below, was once asked
    /// about as a streak is.
    #[test]
    fn what_covers_most_of_its_box_is_no_line() {
        let through = |fill| Ink {
            line_through: true,
            fill,
            span: (0.96, 0.96),
            ..cross()
        };
        assert_eq!(first_of(&[through(0.7), cross()], SEEN), MarkState::Marked);
        // A streak over a small box.
        let streak = Ink {
            span: (0.62, 1.0),
            ..through(0.62)
        };
        assert_eq!(first_of(&[streak, cross()], SEEN), MarkState::Marginal);
        // A felt pen's stroke may strike out its row.
        assert_eq!(
            first_of(&[through(0.45), cross()], SEEN),
            MarkState::Marginal
        );
    }

    #[test]
    fn a_hidden_box_is_never_certain() {
        let lost = Place {
            located: false,
            hidden: false,
        };
        let hidden = Place {
            located: true,
            hidden: true,
        };
        assert_eq!(first_of(&[Ink::default()], lost), MarkState::Marginal);
        assert_eq!(first_of(&[cross()], hidden), MarkState::Marginal);
    }

    /// Half of a dot on the outline of a blank question was inside and half beside, and
    /// each half less than asks.
    #[test]
    fn what_is_on_both_sides_of_the_outline_is_added() {
        let hand = Hand::of(&[cross(), cross()], &[0, 1], &[0.4; 2], 0.0);
        let ink = |faint_mm2, ring_faint_mm2| Ink {
            faint_mm2,
            ring_faint_mm2,
            ..Ink::default()
        };
        assert!(trace(&ink(0.035, 0.16), &hand));
        assert!(!trace(&ink(0.035, 0.0), &hand));
        assert!(!trace(&ink(0.0, 0.16), &hand));
    }

    /// Of a second tick along its box's outline a threshold left little on either side,
    /// and its question was read by the other one.
    #[test]
    fn firm_ink_beside_a_box_and_in_it_is_more_than_beside_it_alone() {
        let ink = |firm_mm2| Ink {
            firm_mm2,
            ring_mm2: [0.0, 0.27, 0.2, 0.0],
            ..Ink::default()
        };
        assert!(beside(&ink(0.11)));
        assert!(!beside(&ink(0.0)));
    }

    /// Circles of a pale pencil around all boxes of a page were once taken for lines that
    /// pass beside these.
    #[test]
    fn more_than_a_line_beside_a_box_is_a_trace() {
        let ink = |ring_faint_mm2| Ink {
            ring_faint_mm2,
            line_beside: true,
            ..Ink::default()
        };
        assert!(trace_beside(&ink(10.5)));
        assert!(!trace_beside(&ink(4.0)));
    }

    /// The ring of a stamp across an empty box was once read as an answer.
    #[test]
    fn a_stroke_lighter_than_the_sheets_pen_asks_a_person() {
        let light = Ink {
            darkness: 0.3,
            ..cross()
        };
        assert_eq!(
            first_of(&[light, cross(), cross(), cross()], SEEN),
            MarkState::Marginal
        );
        assert_eq!(first_of(&[light, light, light], SEEN), MarkState::Marked);
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
        assert_eq!(
            first_of(&[mark(0.55, true), pen, pen], SEEN),
            MarkState::Marginal
        );
        assert_eq!(
            first_of(&[mark(0.7, true), pen, pen], SEEN),
            MarkState::Marked
        );
    }

    /// A pen that rests on the paper leaves a dot: on a sheet of crosses no
    /// answer, on a sheet of dots one.
    #[test]
    fn a_dot_among_crosses_asks_a_person_and_among_dots_is_a_mark() {
        let dot = Ink {
            faint_mm2: 0.9,
            firm_mm2: 0.7,
            center_mm2: 0.6,
            extent_mm: 1.1,
            span: (0.3, 0.3),
            ..cross()
        };
        assert_eq!(
            first_of(&[dot, cross(), cross(), cross()], SEEN),
            MarkState::Marginal
        );
        assert_eq!(first_of(&[dot; 6], SEEN), MarkState::Marked);
    }
}
