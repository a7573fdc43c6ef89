//! The answers of a hand that draws a ring around the box it chooses, and nothing into it.

use std::collections::BTreeMap;

use super::boxes::BoxesRead;
use super::classify::{CENTER_MM2, drawn_around};
use super::compose::HAND_OF;
use super::doubts::ink_for;
use super::reading::MarkState;
use super::reason::Reason;
use crate::form::{Correction, PageLayout};

/// Takes rings around empty boxes for their marks where this hand answers so: in
/// [`HAND_OF`] questions at least, which show how a hand marks, and in more than are
/// answered, or may be, in any other way. A ring beside which the question has a mark, a
/// second ring or a line is left to a person; so is one around a mark, however full of ink
/// its box; and so are all where the form says that a circle takes a mark back.
///
/// What asked in a ring's question only because this had no mark (a speck of a bad copy, a
/// part of the ring itself) is judged again as beside any other mark.
///
/// Such a box's score is the share of the directions around it in which there is ink: the
/// model's, which judges what is inside, says that it is empty.
pub(crate) fn settle(
    out: &mut BoxesRead,
    page: &PageLayout,
    questions: &[usize],
    correction: Correction,
) {
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
    let rings: Vec<usize> = seen.values().filter_map(|b| ring_alone(out, b)).collect();
    if rings.len() < HAND_OF || 2 * rings.len() <= seen.len() {
        return;
    }
    let marked = (0..out.marks.len()).filter(|&i| out.verdicts[i].state == MarkState::Marked);
    let circled: Vec<usize> = marked.filter(|&i| drawn_around(&out.inks[i])).collect();
    for i in circled {
        out.doubt(i, Reason::Circled);
    }
    for &i in &rings {
        out.settle(i, MarkState::Marked);
        let around = out.inks[i].around;
        (out.verdicts[i].ringed, out.verdicts[i].score) = (true, around);
        out.marks[i].score = around;
    }
    let others = rings.iter().flat_map(|&ring| {
        let of_question = &seen[&questions[ring]];
        of_question.iter().copied().filter(move |&i| i != ring)
    });
    for i in others {
        out.settle(i, MarkState::Unmarked);
        if let Some(reason) = ink_for(out, page, i, false) {
            out.doubt(i, reason);
        }
    }
}

/// Is a ring around the box all that is seen of it? It may cut its corners.
fn is_ring(out: &BoxesRead, i: usize) -> bool {
    let cuts = |reason| {
        matches!(
            reason,
            Reason::DrawnAround
                | Reason::Circled
                | Reason::MissesMiddle
                | Reason::AmongSpecks
                | Reason::Line
                | Reason::Small
        )
    };
    out.verdicts[i].reason.is_some_and(cuts)
        && drawn_around(&out.inks[i])
        && out.inks[i].center_mm2 < CENTER_MM2
}

/// The box with a ring around it, if there is one, and the others of these boxes of its
/// question ask for nothing but that there is no mark.
fn ring_alone(out: &BoxesRead, boxes: &[usize]) -> Option<usize> {
    let only_alone = |i: &usize| {
        matches!(
            out.verdicts[*i].reason,
            Some(Reason::Trace | Reason::Darker | Reason::FaintStroke)
        )
    };
    let ring = *boxes.iter().find(|&&i| is_ring(out, i))?;
    let mut others = boxes.iter().filter(|&&i| i != ring);
    others.all(only_alone).then_some(ring)
}
