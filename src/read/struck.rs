//! Strokes that say something else than that a box is chosen, though there is a mark's ink in
//! it: a line that strikes the mark out, and the tail of another box's mark.

use super::areas::FreeInk;
use super::boxes::BoxesRead;
use super::ink::Ink;
use super::ink_around::{InkAround, near};
use super::reason::Reason;
use crate::geometry::MmRect;

/// A stroke that strikes a mark out goes on in the ring at both sides for so long, mm; the
/// dash of an upright cross is shorter for the most part.
const STRIKE_BEYOND_MM: f64 = 0.75;
/// Where one in so many marks has such a stroke, however short, the hand makes them so.
const OF_THE_HAND: usize = 3;

/// A tail leaves its box on one side with so much firm ink, mm²: across most of the ring by
/// the thinnest pen (0.25 mm), …
const TAIL_MM2: f64 = 0.3;
/// … and on the others with no more than this share of it.
const TAIL_ALONE: f64 = 0.25;
/// As far from a box as this another one lies that its stroke may come from, mm: rows are
/// 8 to 12 mm apart.
const TAIL_FROM_MM: f64 = 9.0;

/// Doubts marks through which a level stroke runs and leaves the box on both sides, unless a
/// third of the sheet's other marks have one that leaves it at all: of a hand that makes
/// upright crosses or dashes. `without_folds` measures a box again without the folds through
/// it, if there are any. (A struck cross whose question had no other mark was read as its
/// answer.)
pub(crate) fn doubt_struck(
    out: &mut BoxesRead,
    without_folds: impl Fn(&BoxesRead, usize) -> Option<Ink>,
) {
    let marked = out.marked_inside();
    let level = marked
        .iter()
        .filter(|&&i| out.inks[i].level_stroke_mm > 0.0)
        .count();
    if OF_THE_HAND * level.saturating_sub(1) >= marked.len().saturating_sub(1) {
        return;
    }
    let is_struck = |ink: &Ink| ink.level_stroke_mm >= STRIKE_BEYOND_MM && !ink.line_through;
    let struck: Vec<usize> = marked
        .into_iter()
        .filter(|&i| is_struck(&out.inks[i]))
        .filter(|&i| without_folds(out, i).is_none_or(|ink| is_struck(&ink)))
        .collect();
    for i in struck {
        out.doubt(i, Reason::StruckOut);
    }
}

/// Doubts marks that are no more than a stroke which comes in from one side and is connected
/// with a mark of more ink in another question, unless most of the sheet's marks are so.
/// (The tail of a cross that ended in the box below, whose question was blank, was read as
/// its answer.)
pub(crate) fn doubt_tails(out: &mut BoxesRead, free: &FreeInk, questions: &[usize]) {
    let boxes = &free.page.boxes;
    let marked = out.marked_inside();
    let is_tail = |i: &usize| {
        let ink = &out.inks[*i];
        if !comes_from_one_side(ink) {
            return false;
        }
        let reach = boxes[*i].rect.inflate(TAIL_FROM_MM, TAIL_FROM_MM);
        let others: Vec<MmRect> = marked
            .iter()
            .filter(|&&k| questions[k] != questions[*i] && out.inks[k].firm_mm2 > ink.firm_mm2)
            .map(|&k| near(boxes[k].rect))
            .filter(|rect| rect.intersects(&reach))
            .collect();
        !others.is_empty() && {
            let around = InkAround::of(free, *i, TAIL_FROM_MM, ink.darkness, None);
            around.follow(|n| others.iter().any(|rect| rect.contains(around.place(n))))
        }
    };
    let tails: Vec<usize> = marked.iter().copied().filter(is_tail).collect();
    if 2 * tails.len() < marked.len() {
        for i in tails {
            out.doubt(i, Reason::Tail);
        }
    }
}

/// Does all ink around the box leave it on one side, up to 2 mm from it?
fn comes_from_one_side(ink: &Ink) -> bool {
    let most = ink.ring_mm2.iter().copied().fold(0.0, f64::max);
    ink.reaches_rim && most >= TAIL_MM2 && ink.around_mm2() - most <= TAIL_ALONE * most
}
