//! The answers of a hand that draws a ring around the box it chooses, and nothing into it.

use std::collections::BTreeMap;

use super::boxes::BoxesRead;
use super::classify::drawn_around;
use super::compose::HAND_OF;
use super::reading::MarkState;
use super::reason::Reason;
use crate::form::Correction;

/// Takes rings around empty boxes for their marks where this hand answers so: in
/// [`HAND_OF`] questions at least, which show how a hand marks, and in more than are
/// answered, or may be, in any other way. A ring beside which the question has anything else
/// (a mark, a second ring, a trace) is left to a person; so is one around a mark, however
/// full of ink its box; and so are all where the form says that a circle takes a mark back.
///
/// Such a box's score is the share of the directions around it in which there is ink: the
/// model's, which judges what is inside, says that it is empty.
pub(crate) fn settle(out: &mut BoxesRead, questions: &[usize], correction: Correction) {
    if correction == Correction::CircleCancels {
        return;
    }
    // What is not plainly empty, by question.
    let mut seen: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (i, &question) in questions.iter().enumerate() {
        if out.verdicts[i].state != MarkState::Unmarked {
            seen.entry(question).or_default().push(i);
        }
    }
    let ring = |boxes: &Vec<usize>| match boxes[..] {
        [i] if out.verdicts[i].reason == Some(Reason::DrawnAround) => Some(i),
        _ => None,
    };
    let rings: Vec<usize> = seen.values().filter_map(ring).collect();
    if rings.len() < HAND_OF || 2 * rings.len() <= seen.len() {
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
