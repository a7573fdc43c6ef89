//! The paper around one box, as far as a word or a ring that was made for it reaches, in
//! the samples of the thumbnail: what of it is print, and what is ink.

use super::areas::{FreeInk, PRINT_MARGIN_MM, STEP_MM};
use super::boxes::BoxesRead;
use super::components::{Component, Touch, regions};
use super::reading::MarkState;
use crate::geometry::{MmPoint, MmRect};

/// How far left and right of a box a short word that was written for it reaches, mm:
/// "nhầm" in letters of 3 mm.
const ASIDE_MM: f64 = 12.0;
/// How far above and below it reaches, mm: what comes from farther is of another row.
/// (What comes from beyond the sides is a fold, a punch hole, or print.)
pub(super) const ABOVE_MM: f64 = 3.5;

/// Ink this near to a box's margin goes on behind it and is its mark's, mm: half a
/// sample of rounding, and a little. Words begin a millimetre or more beside their box.
const NEAR_MM: f64 = 0.15;

/// Letters are darker than this share of the mark's own ink, which the thumbnail
/// thins: print of the other side and the grain of a copy are not, …
const LETTERS: f64 = 0.4;
/// … within these bounds: the noise of a page beside dots of a light pencil, and the
/// blur of a bold pen.
const LETTERS_BOUNDS: (f64, f64) = (0.2, 0.3);

/// The surroundings of a box.
pub(super) struct Row {
    /// The box, on the paper.
    pub rect: MmRect,
    /// The paper that is seen.
    pub area: MmRect,
    /// Samples of [`STEP_MM`].
    pub width: usize,
    height: usize,
    /// What print may cover.
    pub mask: Vec<bool>,
    /// 1 where there is ink that is not printed.
    pub inked: Vec<u8>,
}

impl Row {
    /// Around a box of the page that has a mark so dark.
    pub fn of(free: &FreeInk, at: usize, darkness: f64) -> Self {
        let rect = free.page.boxes[at].rect;
        let area = rect.inflate(ASIDE_MM, ABOVE_MM);
        let window = free.window(area);
        let mask = free.mask(area, &window, &[]);
        let (least, most) = LETTERS_BOUNDS;
        let limit = free.ink_level(&window, &mask, (LETTERS * darkness).clamp(least, most));
        let dark = |(&p, &printed): (&u8, &bool)| u8::from(!printed && f64::from(p) < limit);
        let inked = window.pixels.iter().zip(&mask).map(dark).collect();
        Self {
            rect,
            area,
            width: window.width,
            height: window.height,
            mask,
            inked,
        }
    }

    /// The connected pieces of ink, without those that come from beyond.
    pub fn pieces(&self) -> Vec<Component> {
        let (w, h) = (self.width as u32, self.height as u32);
        let mut pieces = regions(w, h, Touch::Corners, &self.inked);
        pieces.retain(|p| p.x0 > 0 && p.y0 > 0 && p.x1 + 1 < w && p.y1 + 1 < h);
        pieces
    }

    /// What belongs to the marks of the page that are near.
    pub fn marked(&self, out: &BoxesRead, free: &FreeInk) -> Vec<MmRect> {
        let boxes = free.page.boxes.iter().zip(&out.verdicts);
        boxes
            .filter(|(_, verdict)| verdict.state != MarkState::Unmarked)
            .map(|(spec, _)| near_box(&spec.rect))
            .filter(|near| near.intersects(&self.area))
            .collect()
    }

    /// Is print next to the bounds of a piece, other than the box itself?
    pub fn ends_at_print(&self, piece: &Component) -> bool {
        let own = near_box(&self.rect);
        let (from, to) = (piece.y0.saturating_sub(1), piece.y1 + 1);
        (from..=to).any(|y| {
            (piece.x0.saturating_sub(1)..=piece.x1 + 1).any(|x| {
                let (column, row) = (x as usize, y as usize);
                let at = euclid::vec2(f64::from(x) + 0.5, f64::from(y) + 0.5) * STEP_MM;
                self.mask[row * self.width + column] && !own.contains(self.area.origin + at)
            })
        })
    }

    /// The bounds of a piece on the paper.
    pub fn bounds(&self, piece: &Component) -> MmRect {
        let place = |x: u32, y: u32| {
            let steps = euclid::vec2(f64::from(x), f64::from(y));
            self.area.origin + steps * STEP_MM
        };
        let (first, last): (MmPoint, MmPoint) =
            (place(piece.x0, piece.y0), place(piece.x1 + 1, piece.y1 + 1));
        MmRect::new(first, (last - first).to_size())
    }
}

/// Ink that touches this belongs to the mark of a box.
pub(super) fn near_box(rect: &MmRect) -> MmRect {
    let margin = PRINT_MARGIN_MM + NEAR_MM;
    rect.inflate(margin, margin)
}
