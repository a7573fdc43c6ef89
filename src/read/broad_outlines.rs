//! Doubts empty boxes whose outline is broader than those of the page's other empty
//! boxes: ink may run along it.

use super::boxes::BoxesRead;
use super::doubts::{EMPTY_ENOUGH, Standing, empty};
use super::measuring::BoxWindow;
use super::outline_ink::SIDES;
use super::reason::Reason;

/// A side of an outline is broader than those of surely empty boxes by so many times
/// what the broadest of these is broader than their middle one, …
const BROADER_TIMES: f64 = 2.5;
/// … and by as much as this, mm of full darkness: a third of a thin outline, …
const BROADER_MM: f64 = 0.1;
/// … which on a black-and-white scan is less than one pixel of 200 dpi (0.127 mm): there a
/// row of pixels more or less is the threshold's.
const BROADER_BILEVEL_MM: f64 = 0.15;

/// Sides that must be broad in a question with a plain mark, whose own ink may run along
/// one of another box.
const BESIDE_A_MARK: usize = 2;

/// Doubts empty boxes of questions without a plain mark of which a side is broader than
/// that side is in any surely empty box of the page; a pale pencil's tick that ran along
/// it was once read as nothing. In other questions it takes two sides: a second tick was
/// once read as nothing that ran along them.
pub(crate) fn doubt_broad_outlines(
    out: &mut BoxesRead,
    standing: &[Standing],
    bilevel: bool,
    widths: impl Fn(&BoxWindow, usize) -> [f64; SIDES],
) {
    let measured = |of: &[Standing]| -> Vec<(usize, [f64; SIDES])> {
        let boxes = empty(out, standing, of).into_iter();
        boxes
            .map(|i| (i, widths(&out.measuring.boxes[i], i)))
            .collect()
    };
    let known = measured(&[Standing::Answered]);
    if known.len() < EMPTY_ENOUGH {
        return;
    }
    let asked = measured(&[Standing::Unanswered, Standing::PerhapsTakenBack]);
    let usual: [Usual; SIDES] =
        std::array::from_fn(|side| Usual::of(known.iter().map(|(_, widths)| widths[side])));
    let least = if bilevel {
        BROADER_BILEVEL_MM
    } else {
        BROADER_MM
    };
    let broad = |widths: &[f64; SIDES], most: fn(&Usual, f64) -> f64| {
        let sides = widths.iter().zip(&usual);
        let broad = sides.filter(|(w, usual)| **w >= usual.limit(most(usual, **w), least));
        broad.count()
    };
    let asked = asked
        .iter()
        .filter(|(_, widths)| broad(widths, |usual, _| usual.most) > 0);
    let known = known
        .iter()
        .filter(|(_, widths)| broad(widths, Usual::most_of_others) >= BESIDE_A_MARK);
    let doubted: Vec<usize> = asked.chain(known).map(|(i, _)| *i).collect();
    for i in doubted {
        out.doubt(i, Reason::AlongOutline);
    }
}

/// How broad one side is in the surely empty boxes, mm of full darkness.
struct Usual {
    middle: f64,
    second: f64,
    most: f64,
}

impl Usual {
    fn of(widths: impl Iterator<Item = f64>) -> Self {
        let mut sorted: Vec<f64> = widths.collect();
        sorted.sort_by(f64::total_cmp);
        let from_end = |k: usize| sorted.iter().rev().nth(k).copied().unwrap_or(0.0);
        Self {
            middle: sorted.get(sorted.len() / 2).copied().unwrap_or(0.0),
            second: from_end(1),
            most: from_end(0),
        }
    }

    /// The broadest beside one of them.
    fn most_of_others(&self, one: f64) -> f64 {
        if one < self.most {
            self.most
        } else {
            self.second
        }
    }

    /// From which width on a side is far broader than those of boxes of which the
    /// broadest is this broad.
    fn limit(&self, most: f64, least: f64) -> f64 {
        self.middle + least.max(BROADER_TIMES * (most - self.middle))
    }
}
