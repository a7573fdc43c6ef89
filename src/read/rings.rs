//! The answers of a hand that draws a ring around the box it chooses, and nothing into it.

use std::collections::BTreeMap;

use super::boxes::BoxesRead;
use super::classify::drawn_around;
use super::reading::MarkState;
use super::reason::Reason;
use crate::form::Correction;

/// A ring around an empty box is worth a look, until so many questions of the page have
/// one and no other sign: as many as show how a hand fills its boxes.
const HAND_OF: usize = 3;

/// Takes rings around empty boxes for their marks where this hand answers so: in
/// [`HAND_OF`] questions at least, and in more than are answered, or may be, in any other
/// way. A ring beside which the question has anything else (a mark, a second ring, a trace)
/// is left to a person; so is one around a mark, however full of ink its box; and so are all
/// where the form says that a circle takes a mark back.
///
/// Such a box's score is the share of the directions around it in which there is ink: the
/// model's, which judges what is inside, says that it is empty.
pub(crate) fn settle(out: &mut BoxesRead, questions: &[usize], correction: Correction) {
    if correction == Correction::CircleCancels {
        return;
    }
    let mut of_question: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, &question) in questions.iter().enumerate() {
        let boxes = of_question.entry(question).or_default();
        if out.verdicts[i].state != MarkState::Unmarked {
            boxes.push(i);
        }
    }
    let ring = |boxes: &[usize]| match boxes {
        [i] if out.verdicts[*i].reason == Some(Reason::DrawnAround) => Some(*i),
        _ => None,
    };
    let rings: Vec<usize> = of_question.values().filter_map(|b| ring(b)).collect();
    let others = of_question
        .values()
        .filter(|b| !b.is_empty() && ring(b).is_none());
    if rings.len() < HAND_OF || rings.len() <= others.count() {
        return;
    }
    let marked = (0..out.marks.len()).filter(|&i| out.verdicts[i].state == MarkState::Marked);
    let circled: Vec<usize> = marked.filter(|&i| drawn_around(&out.inks[i])).collect();
    for i in circled {
        out.doubt(i, Reason::Circled);
    }
    for i in rings {
        out.settle(i, MarkState::Marked);
        let around = out.inks[i].around;
        (out.verdicts[i].ringed, out.verdicts[i].score) = (true, around);
        out.marks[i].score = around;
    }
}
