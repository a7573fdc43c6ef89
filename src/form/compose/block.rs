//! A piece of the form that stays together on one page.

use std::rc::Rc;

use super::draw::Draw;
use crate::form::{AreaKind, AreaSpec, BoxShape, BoxSpec};
use crate::geometry::{MmRect, mm_rect};

/// Side of a checkbox, outer edge, mm: people hit it, and a cross in it has
/// 26 px at 150 dpi.
pub(crate) const BOX_MM: f64 = 4.5;
/// Width of its outline, mm: thin against a pen's line (0.5 mm and more), and
/// still printed by every office printer.
pub(crate) const BOX_LINE_MM: f64 = 0.25;
/// Free of print around a box, mm: the reader looks for ink there.
pub(crate) const CLEAR_MM: f64 = 2.5;
/// Between the outlines of neighbouring boxes, mm: a big cross in one must not
/// reach the other.
pub(crate) const BETWEEN_BOXES_MM: f64 = 4.0;
/// What floating point may take off a distance, mm.
pub(crate) const TINY_MM: f64 = 0.002;

/// Drawn and read things relative to the block's top left corner, mm.
#[derive(Debug, Clone, Default)]
pub(crate) struct Block {
    pub height: f64,
    pub draws: Vec<Draw>,
    pub boxes: Vec<BoxSpec>,
    pub areas: Vec<AreaSpec>,
    /// Left free above it, except at the top of a page.
    pub space_before: f64,
    /// It must not be the last on its page.
    pub keep_with_next: bool,
    pub break_before: bool,
    /// Stands above it wherever it does not follow a block with the same one:
    /// the column heads of a grid.
    pub header: Option<Rc<Header>>,
    /// Where in the file its item is, for complaints.
    pub at: crate::form::Position,
}

/// The head of a grid: blocks with equal heads share one.
#[derive(Debug)]
pub(crate) struct Header {
    pub height: f64,
    pub draws: Vec<Draw>,
}

impl PartialEq for Header {
    fn eq(&self, other: &Self) -> bool {
        self.draws == other.draws
    }
}

impl Block {
    /// Takes in another block, moved.
    pub(crate) fn absorb(&mut self, other: Self, dx: f64, dy: f64) {
        self.draws
            .extend(other.draws.into_iter().map(|d| d.moved(dx, dy)));
        for mut b in other.boxes {
            b.rect = round(&b.rect.translate(euclid::vec2(dx, dy)));
            self.boxes.push(b);
        }
        for mut a in other.areas {
            a.rect = round(&a.rect.translate(euclid::vec2(dx, dy)));
            self.areas.push(a);
        }
        self.height = self.height.max(dy + other.height);
    }

    pub(crate) fn checkbox(&mut self, question: &str, choice: &str, x: f64, y: f64) {
        self.boxes.push(BoxSpec {
            question: question.to_owned(),
            choice: choice.to_owned(),
            rect: mm_rect(x, y, BOX_MM, BOX_MM),
            shape: BoxShape::Rect,
            outline_mm: BOX_LINE_MM,
        });
    }

    pub(crate) fn area(&mut self, id: &str, kind: AreaKind, rect: MmRect) {
        self.areas.push(AreaSpec {
            id: id.to_owned(),
            kind,
            rect,
        });
    }

    /// Lowest ink of the drawings so far, mm.
    pub(crate) fn ink_bottom(&self) -> f64 {
        self.draws
            .iter()
            .flat_map(Draw::ink)
            .map(|r| r.max_y())
            .fold(0.0, f64::max)
    }
}

/// To a thousandth of a millimetre, so that print, layout and JSON agree.
pub(crate) fn round(r: &MmRect) -> MmRect {
    let [x, y, w, h] = crate::geometry::rect_array(r);
    mm_rect(x, y, w, h)
}
