//! What a page leaves in its boxes by itself: print that shows through from the
//! other side, the blur of outlines, folds across a row, dust.
//!
//! The mark model judges a box by itself and by the sheet's marks; it cannot know
//! that twenty empty boxes of this page look the same. Boxes of answered questions
//! are settled here as empty where the page explains what is in them. A question
//! without a mark is never settled: there the ink may be all there is of an answer.

use super::boxes::BoxesRead;
use super::classify;
use super::crease::{PaperLine, along_and_across};
use super::features::Feature;
use super::reading::MarkState;

/// What is lighter than this share of the sheet's usual mark, in the darkest half
/// millimetre, may be of the page: the darkest place of one pen's strokes differs
/// less than that from mark to mark, save where a stroke is broken.
const LIGHT: f64 = 0.5;
/// So many other boxes of answered questions must be as dark and not marked: people
/// mark a second box in far fewer questions, and seldom by a lighter stroke.
const PEERS: usize = 4;
/// As dark: at least this share of a box's shade.
const ALIKE: f64 = 0.8;

/// A fold or a streak that passes through so many boxes was not made for one of
/// them.
const ROW: usize = 3;
/// The line through them strays from straight by no more than this, mm: the wave
/// of a page in a feeder over a row of boxes.
const STRAIGHT_MM: f64 = 0.8;
/// … and is lighter than this share of the sheet's pen: a person who strikes out a
/// whole row does it with the pen, whose strokes look a third lighter where they are
/// thin beside a scanner's blur and do not cross each other.
const ROW_LIGHTER: f64 = 0.5;

/// Dust, or where a pen only rested: its longest side, mm (a speck of 0.4 mm as a
/// scanner of 200 dpi blurs it), …
const DUST_MM: f64 = 0.65;
/// … all of it in a box, mm² (a disc of that size), …
const DUST_MM2: f64 = 0.3;
/// … where the sheet's marks are strokes of this length at least, mm: on a sheet of
/// dots a dot is a mark.
const STROKES_MM: f64 = 1.5;

/// Settles boxes of answered questions as empty where the page explains their ink.
/// `lines` are the lines through the boxes, on the paper.
pub(crate) fn settle(out: &mut BoxesRead, questions: &[usize], lines: &[Option<PaperLine>]) {
    let answered: Vec<bool> = (0..out.marks.len()).map(|i| out.answered(i)).collect();
    let open = |out: &BoxesRead, i: usize| answered[i] && may_be_empty(out, i);
    let explained: Vec<usize> = (0..out.marks.len())
        .filter(|&i| open(out, i))
        .filter(|&i| {
            is_dust(out, i, questions[i])
                || is_like_others(out, i, &answered)
                || is_of_a_row(out, i, lines)
        })
        .collect();
    for i in explained {
        out.settle(i, MarkState::Unmarked);
    }
}

/// Is the box left to a person for nothing but little or faint ink in it?
fn may_be_empty(out: &BoxesRead, i: usize) -> bool {
    let (verdict, ink) = (&out.verdicts[i], &out.inks[i]);
    verdict.state == MarkState::Marginal
        && !verdict.hidden
        && !ink.stained
        && !ink.exits
        && !classify::drawn_around(ink)
}

fn is_dust(out: &BoxesRead, i: usize, question: usize) -> bool {
    let ink = &out.inks[i];
    ink.extent_mm <= DUST_MM
        && ink.faint_mm2 <= DUST_MM2
        && !classify::beside(ink)
        && out.hand.usual_beside(question).extent_mm >= STROKES_MM
}

/// Are many boxes of this page as dark that cannot all be marks?
fn is_like_others(out: &BoxesRead, i: usize, answered: &[bool]) -> bool {
    let shade = |k: usize| out.features[k].value(Feature::Shade);
    let alike = (0..out.marks.len())
        .filter(|&k| k != i && answered[k] && !out.verdicts[k].hidden)
        .filter(|&k| out.verdicts[k].state != MarkState::Marked)
        .filter(|&k| shade(k) >= ALIKE * shade(i))
        .count();
    out.features[i].value(Feature::Depth) <= LIGHT && alike >= PEERS
}

/// Does the line through the box pass through others in the same way?
fn is_of_a_row(out: &BoxesRead, i: usize, lines: &[Option<PaperLine>]) -> bool {
    let Some(line) = lines[i] else {
        return false;
    };
    if out.inks[i].darkness > ROW_LIGHTER * out.hand.darkness {
        return false;
    }
    let (along, aside) = along_and_across(line.level, line.at);
    let same = lines
        .iter()
        .flatten()
        .filter(|other| other.level == line.level)
        .filter(|other| {
            let (there, off) = along_and_across(other.level, other.at);
            (off - aside - line.slope * (there - along)).abs() <= STRAIGHT_MM
        })
        .count();
    same >= ROW
}
