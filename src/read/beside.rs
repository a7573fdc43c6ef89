//! Writing beside a mark: who marks the wrong box may write "nhầm" beside it and
//! leave it so. The mark looks like any other.

use super::areas::{FreeInk, PRINT_MARGIN_MM, STEP_MM};
use super::boxes::BoxesRead;
use super::components::{Component, Touch, regions};
use super::reading::MarkState;
use super::reason::Reason;
use super::sample::Window;
use crate::geometry::{MmPoint, MmRect};

/// How far left and right of a box a short word that was written for it reaches, mm:
/// "nhầm" in letters of 3 mm.
const ASIDE_MM: f64 = 12.0;
/// How far above and below it reaches, mm: what comes from farther is of another row.
/// (What comes from beyond the sides is a fold, a punch hole, or print.)
const ABOVE_MM: f64 = 3.5;

/// Ink this near to a box's margin goes on behind it and is its mark's, mm: half a
/// sample of rounding, and a little. Words begin a millimetre or more beside their box.
const NEAR_MM: f64 = 0.15;

/// Letters are darker than this share of the mark's own ink, which the thumbnail
/// thins: print of the other side and the grain of a copy are not, …
const LETTERS: f64 = 0.4;
/// … within these bounds: the noise of a page beside dots of a light pencil, and the
/// blur of a bold pen.
const LETTERS_BOUNDS: (f64, f64) = (0.2, 0.3);
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

/// Doubts marks beside which something is written.
pub(crate) fn doubt_written_beside(out: &mut BoxesRead, free: &FreeInk) {
    let written: Vec<usize> = (0..out.marks.len())
        .filter(|&i| out.verdicts[i].state == MarkState::Marked)
        .filter(|&i| writing(out, free, i) >= WORD_MM2)
        .collect();
    for i in written {
        out.doubt(i, Reason::WrittenBeside);
    }
}

/// Ink in the row of a box that belongs to none of the page's marks, or is more than a
/// mark, mm².
fn writing(out: &BoxesRead, free: &FreeInk, at: usize) -> f64 {
    let boxes = &free.page.boxes;
    let row = boxes[at].rect.inflate(ASIDE_MM, ABOVE_MM);
    let mut window = Window::default();
    window.fill(&free.thumb.image, &free.map(row.center()), row, STEP_MM);
    let mask = free.mask(row, &window, &[]);
    let (least, most) = LETTERS_BOUNDS;
    let darkness = (LETTERS * out.inks[at].darkness).clamp(least, most);
    let limit = free.ink_level(&window, &mask, darkness);
    let inked: Vec<u8> = window
        .pixels
        .iter()
        .zip(&mask)
        .map(|(&p, &printed)| u8::from(!printed && f64::from(p) < limit))
        .collect();
    let marked: Vec<MmRect> = (0..boxes.len())
        .filter(|&k| out.verdicts[k].state != MarkState::Unmarked)
        .map(|k| near_box(&boxes[k].rect))
        .filter(|near| near.intersects(&row))
        .collect();
    let (w, h) = (window.width as u32, window.height as u32);
    let inside = |p: &&Component| p.x0 > 0 && p.y0 > 0 && p.x1 + 1 < w && p.y1 + 1 < h;
    let ink: u32 = regions(w, h, Touch::Corners, &inked)
        .iter()
        .filter(inside)
        .filter(|piece| is_letter(piece))
        .filter(|piece| {
            let bounds = on_paper(piece, row);
            let through = bounds.min_x() < boxes[at].rect.min_x() - THROUGH_MM
                || bounds.max_x() > boxes[at].rect.max_x() + THROUGH_MM;
            let theirs = |near: &&MmRect| near.intersects(&bounds);
            match marked.iter().filter(theirs).count() {
                0 => true,
                1 => through && near_box(&boxes[at].rect).intersects(&bounds),
                _ => false,
            }
        })
        .map(|piece| piece.area)
        .sum();
    f64::from(ink) * STEP_MM * STEP_MM
}

/// Ink that touches this belongs to the mark of a box.
fn near_box(rect: &MmRect) -> MmRect {
    let margin = PRINT_MARGIN_MM + NEAR_MM;
    rect.inflate(margin, margin)
}

/// May the piece be a letter or a word?
fn is_letter(piece: &Component) -> bool {
    let mm = |samples: u32| f64::from(samples) * STEP_MM;
    mm(piece.width()) >= WIDE_MM && HIGH_MM.contains(&mm(piece.height()))
}

/// The bounds of a piece of a window of this part of the paper.
fn on_paper(piece: &Component, window: MmRect) -> MmRect {
    let place = |x: u32, y: u32| {
        let steps = euclid::vec2(f64::from(x), f64::from(y));
        window.origin + steps * STEP_MM
    };
    let (first, last): (MmPoint, MmPoint) =
        (place(piece.x0, piece.y0), place(piece.x1 + 1, piece.y1 + 1));
    MmRect::new(first, (last - first).to_size())
}
