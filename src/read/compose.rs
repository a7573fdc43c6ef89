//! Composes the answers of the questions from the marks of their boxes.

use std::collections::BTreeMap;

use super::classify::Verdict;
use super::reading::{Answer, AnswerState, Mark, MarkState};
use super::reason::Reason;
use crate::form::{Correction, Layout, PageLayout};

/// A box is covered from this share of its interior on…
const COVERED_FILL: f64 = 0.6;

/// … if it is covered that many times as much as this hand's marks usually
/// are: a thick marker's X covers 0.7 of a box, but then so do the others.
const COVERED_TIMES: f64 = 1.6;

/// A box covered from edge to edge, share of its interior …
const WHOLE_FILL: f64 = 0.96;
/// … is also covered where this hand's marks usually cover so many times less: between
/// the arms of a marker's X there is paper, and filled boxes of such a sheet were once
/// read as its answers.
const WHOLE_TIMES: f64 = 1.25;

/// A box is also covered where it stands apart: covered from the first share on, and so
/// many times as much as the next of the sheet's marks. A felt pen's scribble that left a
/// tenth of its box open was once read as an answer beside crosses that covered two
/// thirds of theirs, and thin pens' that covered half of it, or not quite, beside crosses
/// that covered a fifth.
const APART: [(f64, f64); 4] = [(0.8, 1.4), (0.5, 1.5), (0.43, 2.0), (0.35, 2.5)];
/// The same of faint ink: a box that a pale pencil filled was firm in a third of it, and
/// once read as an answer.
const PALE_APART: [(f64, f64); 1] = [(0.7, 2.0)];

/// A box is also covered where it stands apart by both: covered from this share on, and so
/// many times as much as the next of the sheet's marks, …
const LARGER_APART: (f64, f64) = (0.5, 1.4);
/// … and with so many times the ink, in the box and around it, of the largest of those. A
/// ballpoint's scribble that covered 0.6 of its box was once read as an answer beside a
/// cross drawn twice that covered 0.4.
const LARGER_TIMES: f64 = 1.6;

/// Fewer marks than this do not show how a hand marks: a lone covered box may be
/// all that a person took back on a sheet left blank.
pub(super) const HAND_OF: usize = 3;

/// Answers of all questions that have a box on the page.
///
/// Where the form says that a filled box is taken back, a box that is covered
/// on a sheet whose other marks are not is a correction; the machine only
/// suggests that, a person confirms.
pub(crate) fn compose(
    layout: &Layout,
    page: &PageLayout,
    marks: &mut [Mark],
    verdicts: &[Verdict],
) -> BTreeMap<String, Answer> {
    let usual = usual_fill(verdicts);
    let apart = covered_apart(&fills_of_marks(verdicts, |v| v.fill), &APART);
    let larger_apart = covered_and_larger(verdicts);
    let pale_apart = covered_apart(&fills_of_marks(verdicts, |v| v.faint_fill), &PALE_APART);
    let unknown_hand = verdicts.iter().filter(|v| v.marked_inside()).count() < HAND_OF;
    let takes_back = |v: &Verdict| {
        layout.correction == Correction::FillCancels
            && (apart.is_some_and(|least| v.fill >= least)
                || larger_apart.is_some_and(|least| v.fill >= least)
                || pale_apart.is_some_and(|least| v.faint_fill >= least)
                || (v.fill >= COVERED_FILL && (unknown_hand || v.fill >= COVERED_TIMES * usual))
                || (v.fill >= WHOLE_FILL && v.fill >= WHOLE_TIMES * usual))
    };
    let mut answers = BTreeMap::new();
    for question in &layout.questions {
        let here: Vec<usize> = (0..page.boxes.len())
            .filter(|&i| page.boxes[i].question == question.id)
            .collect();
        if here.is_empty() {
            continue;
        }
        let of = |state: MarkState| {
            here.iter()
                .copied()
                .filter(move |&i| verdicts[i].state == state)
        };
        let cancelled: Vec<usize> = of(MarkState::Marked)
            .filter(|&i| takes_back(&verdicts[i]))
            .collect();
        let ids = |v: &[usize]| {
            v.iter()
                .map(|&i| page.boxes[i].choice.clone())
                .collect::<Vec<_>>()
        };
        let chosen: Vec<usize> = of(MarkState::Marked).collect();
        let kept: Vec<usize> = chosen
            .iter()
            .copied()
            .filter(|i| !cancelled.contains(i))
            .collect();
        let limit = question.most_choices();
        let answer = if of(MarkState::Marginal).next().is_some() {
            Answer {
                state: AnswerState::Marginal,
                choices: ids(&chosen),
            }
        } else if !cancelled.is_empty() {
            for &i in &cancelled {
                marks[i].doubt(Reason::Covered);
            }
            let state = if kept.len() > limit {
                AnswerState::Overvote
            } else {
                AnswerState::Corrected
            };
            Answer {
                state,
                choices: ids(&kept),
            }
        } else if chosen.len() > limit {
            Answer {
                state: AnswerState::Overvote,
                choices: ids(&chosen),
            }
        } else if chosen.is_empty() {
            Answer {
                state: AnswerState::Blank,
                choices: Vec::new(),
            }
        } else {
            Answer {
                state: AnswerState::Answered,
                choices: ids(&chosen),
            }
        };
        answers.insert(question.id.clone(), answer);
    }
    answers
}

/// Median fill of the sheet's marks: how this hand marks.
pub(super) fn usual_fill(verdicts: &[Verdict]) -> f64 {
    let fills = fills_of_marks(verdicts, |v| v.fill);
    // The lower middle: of one covered box and one crossed, crossing is usual.
    let at = fills.len().saturating_sub(1) / 2;
    fills.get(at).copied().unwrap_or(0.0)
}

/// Rising.
fn fills_of_marks(verdicts: &[Verdict], fill: impl Fn(&Verdict) -> f64) -> Vec<f64> {
    let marked = verdicts.iter().filter(|v| v.marked_inside());
    let mut fills: Vec<f64> = marked.map(fill).collect();
    fills.sort_by(f64::total_cmp);
    fills
}

/// The least of these rising fills that stands apart from all before it ([`APART`]).
fn covered_apart(fills: &[f64], apart: &[(f64, f64)]) -> Option<f64> {
    let stands_apart = |less: f64, fill: f64| {
        apart
            .iter()
            .any(|&(least, times)| fill >= least && fill >= times * less)
    };
    may_stand_apart(fills.len())
        .find(|&i| stands_apart(fills[i - 1], fills[i]))
        .map(|i| fills[i])
}

/// The least fill that stands apart from all smaller ones by [`LARGER_APART`], and its
/// mark's ink from all of theirs by [`LARGER_TIMES`].
fn covered_and_larger(verdicts: &[Verdict]) -> Option<f64> {
    let marked = verdicts.iter().filter(|v| v.marked_inside());
    let mut marks: Vec<(f64, f64)> = marked.map(|v| (v.fill, v.whole_mm2)).collect();
    marks.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (least, times) = LARGER_APART;
    let apart = |&i: &usize| {
        let (fill, whole) = marks[i];
        let largest = marks[..i].iter().map(|m| m.1).fold(0.0, f64::max);
        fill >= least && fill >= times * marks[i - 1].0 && whole >= LARGER_TIMES * largest
    };
    may_stand_apart(marks.len()).find(apart).map(|i| marks[i].0)
}

/// Which of so many marks, in rising order, may stand apart from those before them: the
/// two largest, and others that are no more than those. (Of three marks of a page two were
/// filled to take them back, and once read as answers.)
fn may_stand_apart(marks: usize) -> std::ops::Range<usize> {
    marks.div_ceil(2).min(marks.saturating_sub(2)).max(1)..marks
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fills of a sheet of a skipping pen's crosses, one of them scribbled out: once
    /// read as an answer.
    #[test]
    fn a_scribble_that_covers_not_quite_half_of_its_box_stands_apart() {
        let with_most = |most| [0.13, 0.16, 0.17, 0.18, 0.19, most, 0.486];
        assert_eq!(covered_apart(&with_most(0.233), &APART), Some(0.486));
        assert_eq!(covered_apart(&with_most(0.26), &APART), None);
    }

    /// A mark so full and with so much ink in it and around it, mm².
    fn mark(fill: f64, whole_mm2: f64) -> Verdict {
        Verdict {
            ringed: false,
            state: MarkState::Marked,
            log_odds: 9.0,
            score: 1.0,
            hidden: false,
            reason: None,
            fill,
            faint_fill: fill,
            whole_mm2,
        }
    }

    /// The marks of a sheet of crosses drawn twice, one of them scribbled out: once read
    /// as an answer.
    #[test]
    fn a_scribble_that_is_both_fuller_and_larger_stands_apart() {
        let with = |fill, whole| {
            let mut marks = vec![mark(0.18, 2.0), mark(0.26, 3.4), mark(0.35, 4.2)];
            marks.extend([mark(0.4, 5.93), mark(fill, whole)]);
            covered_and_larger(&marks)
        };
        assert_eq!(with(0.597, 9.83), Some(0.597));
        assert_eq!(with(0.597, 9.0), None);
        assert_eq!(with(0.49, 9.83), None);
    }

    /// Two filled boxes were once read as answers because they were two of three.
    #[test]
    fn two_filled_boxes_stand_apart_from_one_cross() {
        assert_eq!(covered_apart(&[0.2, 0.8, 0.85], &APART), Some(0.8));
        assert_eq!(covered_apart(&[0.2, 0.78, 0.8, 0.85], &APART), None);
        assert_eq!(covered_apart(&[0.2, 0.8], &APART), Some(0.8));
        assert_eq!(covered_apart(&[0.8], &APART), None);
        assert_eq!(covered_apart(&[], &APART), None);
    }
}
