//! Marks that lie beside the middle of their box, or beside the box for the most part, and
//! are marks all the same: of the size and the ink of the sheet's others, made for this box
//! and for no other. A third of the clear questions that were asked about on ordinary
//! sheets by other hands had such a cross, whose arms met in a corner of its box or outside
//! of it.

use super::afar::OWN_PEN;
use super::areas::FreeInk;
use super::boxes::BoxesRead;
use super::classify::{goes_on, objection, thin_line};
use super::compose::HAND_OF;
use super::hand::STROKE_EXTENT_MM;
use super::ink_around::{InkAround, near};
use super::likeness::Others;
use super::reading::MarkState;
use super::reason::Reason;
use super::template::BoxTemplate;

/// In the box and within 2 mm around it there is so large a share of the ink of one of the
/// sheet's weaker marks at least: of a cross that was moved by 2.6 mm 0.7 is seen there, and
/// what else came to be in such a box (the tail of another's mark, a speck, a stroke at the
/// edge of the paper) had up to 0.44 on pages by other hands.
const WEAKER_SHARE: f64 = 0.6;
/// … and so many times that of its middle one at most: a scribble over a box had 3.3.
const MIDDLE_TIMES: f64 = 1.5;

/// It is so like the sheet's marks, beside how like they are to each other. Of things that
/// were drawn to pass for such marks without being any, and had as much ink, one in
/// sixty-five was (without this all would be read as answers); of real ones on sheets by
/// other hands a half is.
const ALIKE: f64 = 0.85;

/// It ends so near to its box, mm: what goes on farther may be of something larger.
const REACH_MM: f64 = 4.0;

/// Takes what a box was left to a person for, because it misses the middle or has far more
/// ink around the box than in it, for its mark: where nothing else is seen in its question,
/// the model thinks it likelier a mark than none, and it looks as the sheet's others do, with
/// as much ink, dark as theirs, that ends nearby and at no other box.
pub(crate) fn settle(
    out: &mut BoxesRead,
    free: &FreeInk,
    templates: &[BoxTemplate],
    questions: &[usize],
) {
    let aside = |reason| matches!(reason, Reason::MissesMiddle | Reason::SpreadOut);
    let may_be: Vec<usize> = (0..out.marks.len())
        .filter(|&i| out.verdicts[i].reason.is_some_and(aside))
        .filter(|&i| alone(out, questions, i) && is_likely(out, i))
        .filter(|&i| has_as_much(out, questions, i) && ends_nearby(out, free, i))
        .collect();
    if may_be.is_empty() {
        return;
    }
    let others = Others::of(out, templates, questions);
    let alike = |&i: &usize| others.likeness(i).is_some_and(|like| like >= ALIKE);
    let found: Vec<usize> = may_be.into_iter().filter(alike).collect();
    for i in found {
        out.settle(i, MarkState::Marked);
    }
}

/// Is each other box of its question plainly empty?
fn alone(out: &BoxesRead, questions: &[usize], i: usize) -> bool {
    let mut others = (0..questions.len()).filter(|&k| k != i && questions[k] == questions[i]);
    others.all(|k| out.verdicts[k].state == MarkState::Unmarked)
}

/// Is it likelier a mark than none, and a stroke, with nothing else against it?
fn is_likely(out: &BoxesRead, i: usize) -> bool {
    let ink = &out.inks[i];
    let against = objection(ink, &out.features[i], &out.hand);
    out.verdicts[i].log_odds >= 0.0
        && (ink.extent_mm >= STROKE_EXTENT_MM || goes_on(ink))
        && against.is_none_or(|reason| reason == Reason::SpreadOut)
        && !thin_line(ink)
}

/// Has it as much ink, and as dark, as marks of the sheet's other questions?
fn has_as_much(out: &BoxesRead, questions: &[usize], i: usize) -> bool {
    let ink = &out.inks[i];
    let others = (0..questions.len())
        .filter(|&k| questions[k] != questions[i] && out.verdicts[k].state == MarkState::Marked);
    let mut whole: Vec<f64> = others.map(|k| out.inks[k].whole_mm2()).collect();
    whole.sort_by(f64::total_cmp);
    let quartile = whole.get(whole.len() / 4);
    let Some((weaker, middle)) = quartile.zip(whole.get(whole.len() / 2)) else {
        return false;
    };
    whole.len() >= HAND_OF
        && (WEAKER_SHARE * weaker..=MIDDLE_TIMES * middle).contains(&ink.whole_mm2())
        && ink.darkness >= OWN_PEN * out.hand.darkness
}

/// Does its ink end near the box, and at no other box?
fn ends_nearby(out: &BoxesRead, free: &FreeInk, i: usize) -> bool {
    let boxes = &free.page.boxes;
    let own = boxes[i].rect.inflate(REACH_MM, REACH_MM);
    let around = InkAround::of(free, i, 2.0 * REACH_MM, out.inks[i].darkness, None);
    let others = boxes.iter().enumerate().filter(|(k, _)| *k != i);
    let others: Vec<_> = others.map(|(_, other)| near(other.rect)).collect();
    !around.follow(|n| {
        let place = around.place(n);
        !own.contains(place) || others.iter().any(|near_it| near_it.contains(place))
    })
}
