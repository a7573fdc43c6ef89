//! What stands beside a box without touching a mark: who marks the wrong box may write
//! "nhầm" beside it, or draw a wide circle around it, and leave it so; the mark looks like
//! any other. And a stroke beside an empty box may be a mark that missed it.

use super::areas::{FreeInk, STEP_MM};
use super::boxes::BoxesRead;
use super::components::Component;
use super::reading::MarkState;
use super::reason::Reason;
use super::row::{Row, near_box};
use crate::geometry::MmRect;

/// A piece of writing is as wide as this, mm: what is left of a streak is not, …
const WIDE_MM: f64 = 0.75;
/// … and so high, mm: specks, pieces of a fold and the tips of a cross's arms are
/// lower, a punch hole is higher.
const HIGH_MM: std::ops::RangeInclusive<f64> = 1.25..=5.0;
/// A piece of a mark that reaches so far aside from its box, and is no higher than
/// letters are, is a word that goes through it, mm: the arms of the largest marks
/// reach 5 mm, and up as well.
const THROUGH_MM: f64 = 6.0;
/// So much ink is a short word, mm²: three letters of 2 mm by a pen of 0.3 mm, half
/// of whose strokes the thumbnail thins below the limit. Splinters of a cross on a
/// bad copy are less.
const WORD_MM2: f64 = 1.2;

/// Doubts marks beside which something is written, and marks with a wide circle around
/// them: one that is farther than 2 mm from the box was once seen by nothing, and what
/// it takes back was read as the answer.
pub(crate) fn doubt_taken_back(out: &mut BoxesRead, free: &FreeInk) {
    let marked = (0..out.marks.len()).filter(|&i| out.verdicts[i].state == MarkState::Marked);
    let found: Vec<(usize, Reason)> = marked
        .filter_map(|i| {
            let row = Row::of(free, i, out.inks[i].darkness);
            if row.encircled() && !out.verdicts[i].ringed {
                Some((i, Reason::Circled))
            } else if row.writing(out, free) >= WORD_MM2 {
                Some((i, Reason::WrittenBeside))
            } else {
                None
            }
        })
        .collect();
    for (i, reason) in found {
        out.doubt(i, reason);
    }
}

/// So much firm ink in the ring of an empty box is worth a look at its pieces, mm².
const STRAY_RING_MM2: f64 = 0.3;
/// The ring reaches so far from the box, mm.
const STRAY_RING_MM: f64 = 2.0;
/// Ink that reaches into the ring and belongs to no mark is a mark of its own if it is as
/// much as this, mm²: 1.5 mm of a ballpoint's stroke, as the thumbnail sees it, …
const STRAY_MM2: f64 = 0.5;
/// … and so much where it ends at print: the arm of a cross in the next row may go on
/// behind that.
const STRAY_AT_PRINT_MM2: f64 = 1.5;

/// Doubts empty boxes of answered questions beside which there is a stroke that belongs
/// to none of the page's marks. One that missed its box was once dropped where another
/// row's mark was so near that it could have been part of that, and its question read by
/// its other mark.
pub(crate) fn doubt_strays(out: &mut BoxesRead, free: &FreeInk) {
    let found: Vec<usize> = (0..out.marks.len())
        .filter(|&i| out.verdicts[i].state == MarkState::Unmarked && out.answered(i))
        .filter(|&i| out.inks[i].around_mm2() >= STRAY_RING_MM2 && !out.inks[i].line_beside)
        .filter(|&i| Row::of(free, i, out.hand.darkness).stray(out, free))
        .collect();
    for i in found {
        out.doubt(i, Reason::Stray);
    }
}

impl Row {
    /// Ink that belongs to none of the page's marks, or is more than a mark, mm².
    fn writing(&self, out: &BoxesRead, free: &FreeInk) -> f64 {
        let marked = self.marked(out, free);
        let ink: u32 = self
            .pieces()
            .iter()
            .filter(|piece| is_letter(piece))
            .filter(|piece| {
                let bounds = self.bounds(piece);
                let through = bounds.min_x() < self.rect.min_x() - THROUGH_MM
                    || bounds.max_x() > self.rect.max_x() + THROUGH_MM;
                let theirs = |near: &&MmRect| near.intersects(&bounds);
                match marked.iter().filter(theirs).count() {
                    0 => true,
                    1 => through && near_box(&self.rect).intersects(&bounds),
                    _ => false,
                }
            })
            .map(|piece| piece.area)
            .sum();
        f64::from(ink) * STEP_MM * STEP_MM
    }

    /// Is there a stroke in the ring of the box that belongs to none of the page's marks?
    fn stray(&self, out: &BoxesRead, free: &FreeInk) -> bool {
        let marked = self.marked(out, free);
        let ring = self.rect.inflate(STRAY_RING_MM, STRAY_RING_MM);
        // Free, and where it ends at print.
        let mut ink = [0; 2];
        for piece in self.pieces() {
            let bounds = self.bounds(&piece);
            if bounds.intersects(&ring) && !marked.iter().any(|near| near.intersects(&bounds)) {
                ink[usize::from(self.ends_at_print(&piece))] += piece.area;
            }
        }
        let [free, at_print] = ink.map(|samples| f64::from(samples) * STEP_MM * STEP_MM);
        free >= STRAY_MM2 || at_print >= STRAY_AT_PRINT_MM2
    }
}

/// May the piece be a letter or a word?
fn is_letter(piece: &Component) -> bool {
    let mm = |samples: u32| f64::from(samples) * STEP_MM;
    mm(piece.width()) >= WIDE_MM && HIGH_MM.contains(&mm(piece.height()))
}
