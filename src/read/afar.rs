//! Ink that comes to a box from far outside: the ring of a stamp, a signature, a
//! line across the page. Its stroke goes on without a gap far beyond where any
//! mark that was made for the box ends.

use std::collections::BTreeSet;

use super::areas::FreeInk;
use super::boxes::BoxesRead;
use super::classify;
use super::folds::Folds;
use super::ink_around::{InkAround, near};
use super::model::MarkModel;
use super::reading::MarkState;
use super::reason::Reason;
use crate::form::BoxSpec;
use crate::geometry::MmPoint;

/// The tails of ticks and the arms of large crosses reach up to 5 mm beyond their
/// boxes; what is connected with ink this far away is part of something else, mm.
const FAR_MM: f64 = 9.0;

/// How far beyond its box the largest mark goes, mm.
const REACH_MM: f64 = 5.0;
/// So much ink up to [`FAR_MM`] from a box and beyond the reach of every box's marks
/// is of a stamp or of writing, mm²: what is left of long tails is less.
/// The star in the middle of a stamp was once read as an answer where its points
/// ended in print.
const CROWDED_MM2: f64 = 4.0;

/// A stain's edge is soft and lighter than this: its ink need not reach the rim
/// of the ring firmly to go on there.
const SOFT: f64 = 0.45;

/// A stroke of the sheet's own pen is at least this dark beside its other marks;
/// folds are lighter.
pub(crate) const OWN_PEN: f64 = 0.8;

/// A sheet of dashes has them in so many other questions: one fold, at a slant, goes
/// through boxes of two rows.
const DASHES: usize = 3;

/// Takes level strokes for marks that were left to a person because they leave
/// their boxes as a fold or a streak does: where they are as dark as the sheet's
/// pen and end nearby, before the next box. (Upright ones may be streaks, and what is
/// printed above and below hides whether they end. A fold on a black-and-white scan
/// was once taken for a dash in each box of a row, because every box hides how the
/// line goes on.)
///
/// On a black-and-white scan a fold is as dark as the pen, and may be so for no more
/// than the length of a dash: there one that goes 2 mm beyond its box at both sides is a
/// mark only on a sheet of dashes.
pub(crate) fn settle_strokes(
    out: &mut BoxesRead,
    free: &FreeInk,
    model: &MarkModel,
    questions: &[usize],
    bilevel: bool,
) {
    for i in 0..out.marks.len() {
        let ink = out.inks[i];
        if out.verdicts[i].state == MarkState::Marginal
            && is_dash(out, model, i)
            && !out.verdicts[i].hidden
            && classify::barred_by_line_alone(&ink)
            && classify::objection(&ink, &out.features[i], &out.hand).is_none()
            && !(bilevel && may_be_black_fold(out, model, questions, i))
            && out.hand.darkness > 0.0
            && ink.darkness >= OWN_PEN * out.hand.darkness
            && !reaches_far(out, free, i, AtAnotherBox::MayGoOn, None)
        {
            out.settle(i, MarkState::Marked);
        }
    }
}

/// Is there a dash in this box: a level stroke that is dark enough for a mark?
fn is_dash(out: &BoxesRead, model: &MarkModel, i: usize) -> bool {
    out.verdicts[i].log_odds >= model.limits.marked
        && out.inks[i].line_through
        && out.inks[i].goes_crosswise()
}

/// May what is in this box be a fold, on a black-and-white scan, though it is a dash?
pub(crate) fn may_be_black_fold(
    out: &BoxesRead,
    model: &MarkModel,
    questions: &[usize],
    i: usize,
) -> bool {
    let elsewhere = || -> BTreeSet<usize> {
        (0..questions.len())
            .filter(|&k| questions[k] != questions[i] && is_dash(out, model, k))
            .map(|k| questions[k])
            .collect()
    };
    out.inks[i].exits && is_dash(out, model, i) && elsewhere().len() < DASHES
}

/// Doubts marks whose ink goes on far outside, unless most marks of the page do, in
/// most of its questions: then this hand makes them so. (The ring of a wet cup
/// through two blank questions and another's only two marks was once taken for such
/// a hand.)
///
/// `folded` has the page's folds for a box that is marked without them, too: they are no
/// part of its mark.
pub(crate) fn doubt_from_afar<'a>(
    out: &mut BoxesRead,
    free: &FreeInk,
    questions: &[usize],
    folded: impl Fn(&BoxesRead, usize) -> Option<&'a Folds<'a>>,
) {
    let marked: Vec<usize> = (0..out.marks.len())
        .filter(|&i| out.verdicts[i].state == MarkState::Marked)
        .collect();
    let far: Vec<usize> = marked
        .iter()
        .copied()
        .filter(|&i| {
            let ink = &out.inks[i];
            (ink.reaches_rim || ink.darkness < SOFT)
                && reaches_far(out, free, i, AtAnotherBox::Ends, None)
                && folded(out, i)
                    .is_none_or(|folds| reaches_far(out, free, i, AtAnotherBox::Ends, Some(folds)))
        })
        .collect();
    let asked: BTreeSet<usize> = questions.iter().copied().collect();
    let answered_so: BTreeSet<usize> = far.iter().map(|&i| questions[i]).collect();
    if far.len() > 1 && 2 * far.len() > marked.len() && 2 * answered_so.len() > asked.len() {
        return;
    }
    for i in far {
        out.doubt(i, Reason::FromAfar);
    }
}

/// What is said of marks that are part of something larger than a mark.
const LARGER: [Reason; 3] = [Reason::FromAfar, Reason::PaleFromAfar, Reason::Sprawls];

/// Doubts marks whose ink goes on without a gap to a box of which it is said already that
/// something from far outside runs through it. Down a column of boxes each hides how a
/// line goes on behind the next: the ring of a wet cup was once asked about in one box,
/// and read as the answer in the one below.
pub(crate) fn doubt_carried_on(out: &mut BoxesRead, free: &FreeInk) {
    let boxes = &free.page.boxes;
    let mut larger: Vec<usize> = (0..out.marks.len())
        .filter(|&i| out.verdicts[i].reason.is_some_and(|r| LARGER.contains(&r)))
        .collect();
    while let Some(from) = larger.pop() {
        let near_it = near(boxes[from].rect);
        let goes_on: Vec<usize> = (0..out.marks.len())
            .filter(|&i| out.verdicts[i].state == MarkState::Marked)
            .filter(|&i| boxes[i].rect.inflate(FAR_MM, FAR_MM).intersects(&near_it))
            .filter(|&i| {
                let around = ink_of(out, free, i, None);
                around.follow(|n| near_it.contains(around.place(n)))
            })
            .collect();
        for i in goes_on {
            out.doubt(i, Reason::FromAfar);
            larger.push(i);
        }
    }
}

/// The ink in and around a box, other than one of these folds, as far as anything is
/// followed.
fn ink_of(out: &BoxesRead, free: &FreeInk, at: usize, folds: Option<&Folds>) -> InkAround {
    let around = InkAround::of(free, at, FAR_MM, out.inks[at].darkness, folds);
    if out.verdicts[at].ringed {
        around.where_seen()
    } else {
        around
    }
}

/// May ink at this place be a mark's that was made for one of the boxes?
fn ours(place: MmPoint, boxes: &[BoxSpec]) -> bool {
    boxes
        .iter()
        .any(|b| b.rect.inflate(REACH_MM, REACH_MM).contains(place))
}

/// What is thought of a stroke that meets another box.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AtAnotherBox {
    /// It may go on as far as [`FAR_MM`]: the box hides it.
    MayGoOn,
    /// It ends there, as the arm of a cross does that spills over.
    Ends,
}

/// Does the ink in and around this box of the page go on far outside, other than as
/// one of these folds? What goes beyond the reach of marks and there behind words is taken
/// for as much: a long stroke of a pen that began at a blank question's box was once read
/// as its mark, because 6 mm below it passed behind the next question.
fn reaches_far(
    out: &BoxesRead,
    free: &FreeInk,
    at: usize,
    met: AtAnotherBox,
    folds: Option<&Folds>,
) -> bool {
    let around = ink_of(out, free, at, folds);
    // Ink that is not connected with the mark, where no box's mark can be.
    if around.has_beside_a_line(CROWDED_MM2, |place| !ours(place, &free.page.boxes)) {
        return true;
    }
    let rect = free.page.boxes[at].rect;
    let own = rect.inflate(REACH_MM, REACH_MM);
    let inner = rect.inflate(FAR_MM, FAR_MM);
    let others = free.other_boxes(at, around.area, &around.window);
    around.follow(|i| {
        let place = around.place(i);
        !inner.contains(place)
            || (met == AtAnotherBox::MayGoOn && around.beside(i).any(|n| others[n]))
            || (!own.contains(place) && around.goes_behind_words(i, &others))
    })
}
