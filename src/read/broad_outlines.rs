//! Doubts empty boxes whose outline is broader than those of the page's other empty
//! boxes: ink may run along it.

use super::boxes::BoxesRead;
use super::doubts::{EMPTY_ENOUGH, Standing, empty};
use super::measuring::BoxWindow;
use super::outline_ink::{OutlineWidths, SIDES};
use super::reason::Reason;

/// A side of an outline is broader than those of surely empty boxes by so many times
/// what the broadest of these is broader than their middle one, …
const BROADER_TIMES: f64 = 2.5;
/// … and by as much as this, mm of full darkness: a third of a thin outline, …
const BROADER_MM: f64 = 0.1;
/// … which on a black-and-white scan is less than one pixel of 200 dpi (0.127 mm): there a
/// row of pixels more or less is the threshold's.
const BROADER_BILEVEL_MM: f64 = 0.15;

/// The same of a piece that is no longer than a dot, mm: what is less is dust.
const SHORT_MM: f64 = 0.2;
/// … and in black and white.
const SHORT_BILEVEL_MM: f64 = 0.3;

/// Sides that must be broad in a question with a plain mark, whose own ink may run along
/// one of another box.
const BESIDE_A_MARK: usize = 2;
/// … or one by so many times as much: nearly twice a usual outline.
const FAR_BROADER: f64 = 2.0;

/// Doubts empty boxes of questions without a plain mark of which a side is broader than
/// that side is in any surely empty box of the page; a pale pencil's tick that ran along
/// it was once read as nothing, and a dot that lay on it. In other questions it takes two
/// sides, or one that is far broader: a second tick was once read as nothing that ran along
/// two, and a second slash that lay on one.
pub(crate) fn doubt_broad_outlines(
    out: &mut BoxesRead,
    standing: &[Standing],
    bilevel: bool,
    widths: impl Fn(&BoxWindow, usize) -> OutlineWidths,
) {
    let measured = |of: &[Standing]| -> Vec<(usize, OutlineWidths)> {
        let boxes = empty(out, standing, of).into_iter();
        boxes
            .map(|i| (i, widths(&out.measuring.boxes[i], i)))
            .collect()
    };
    let known = measured(&[Standing::Answered]);
    let asked = measured(&[Standing::Unanswered, Standing::PerhapsTakenBack]);
    for i in broad_ones(&asked, &known, bilevel) {
        out.doubt(i, Reason::AlongOutline);
    }
}

/// Of boxes of questions without a plain mark, and of surely empty ones, those whose
/// outline is broad.
fn broad_ones(
    asked: &[(usize, OutlineWidths)],
    known: &[(usize, OutlineWidths)],
    bilevel: bool,
) -> Vec<usize> {
    if known.len() < EMPTY_ENOUGH {
        return Vec::new();
    }
    let usual = |piece: fn(&OutlineWidths) -> [f64; SIDES]| -> [Usual; SIDES] {
        std::array::from_fn(|side| Usual::of(known.iter().map(|(_, w)| piece(w)[side])))
    };
    let (long, short) = (usual(|w| w.long), usual(|w| w.short));
    let (long_mm, short_mm) = if bilevel {
        (BROADER_BILEVEL_MM, SHORT_BILEVEL_MM)
    } else {
        (BROADER_MM, SHORT_MM)
    };
    let any = |widths: &[f64; SIDES], usual: &[Usual; SIDES], least: f64| {
        let mut sides = widths.iter().zip(usual);
        sides.any(|(w, usual)| *w >= usual.limit(usual.most, least))
    };
    let asked = asked
        .iter()
        .filter(|(_, w)| any(&w.long, &long, long_mm) || any(&w.short, &short, short_mm));
    let beside_a_mark = |widths: &OutlineWidths| {
        let broad = |least: f64| {
            let sides = widths.long.iter().zip(&long);
            let limit = |usual: &Usual, w: f64| usual.limit(usual.most_of_others(w), least);
            sides.filter(|(w, usual)| **w >= limit(usual, **w)).count()
        };
        broad(long_mm) >= BESIDE_A_MARK || broad(FAR_BROADER * long_mm) > 0
    };
    let known = known.iter().filter(|(_, widths)| beside_a_mark(widths));
    asked.chain(known).map(|(i, _)| *i).collect()
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

#[cfg(test)]
mod tests {
    use super::*;

    fn even(width: f64) -> OutlineWidths {
        OutlineWidths {
            long: [width; SIDES],
            short: [width; SIDES],
        }
    }

    /// What was measured on a sheet of dots, one of which lay on a corner of its box and
    /// was once read as nothing.
    #[test]
    fn a_dot_on_an_outline_is_broad_over_a_short_piece_only() {
        let known: Vec<_> = [0.22, 0.23, 0.24, 0.25, 0.26, 0.28, 0.33]
            .into_iter()
            .enumerate()
            .map(|(i, width)| (i, even(width)))
            .collect();
        let dotted = |short| {
            let mut widths = even(0.25);
            (widths.long[2], widths.short[2]) = (0.35, short);
            vec![(9, widths)]
        };
        assert_eq!(broad_ones(&dotted(0.53), &known, false), [9]);
        assert!(broad_ones(&dotted(0.40), &known, false).is_empty());
        assert!(broad_ones(&dotted(0.53), &known, true).is_empty());
    }

    /// What was measured on a sheet of slashes, a second of which lay on one side of the
    /// box of an answered question and was once read as nothing.
    #[test]
    fn a_slash_on_one_side_of_an_outline_beside_a_mark_is_far_broader() {
        let with = |slash| -> Vec<_> {
            let right = [0.2, 0.2, 0.24, 0.26, 0.28, 0.33, slash];
            let of = |width| OutlineWidths {
                long: [0.25, width, 0.25, 0.25],
                short: [0.25; SIDES],
            };
            right.into_iter().map(of).enumerate().collect()
        };
        assert_eq!(broad_ones(&[], &with(0.48), false), [6]);
        assert!(broad_ones(&[], &with(0.42), false).is_empty());
        assert!(broad_ones(&[], &with(0.48), true).is_empty());
    }
}
