//! Which pixels of the image show bare paper and which solid black, by where
//! they lie on the target.

use super::feed::{Affine, BackMap};
use super::locate::Located;
use crate::form::frame::ANCHOR_INSET_MM;
use crate::geometry::{MmPoint, MmRect};

/// What is printed at a place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ground {
    /// Nothing: paper.
    Paper,
    /// The middle of a black bar.
    Black,
    /// Print, its surroundings, and what lies beyond the paper.
    Other,
}

/// From cell to cell of the map of the target, mm.
const CELL_MM: f64 = 0.5;

/// Around print nothing counts as paper within this distance, mm: the
/// millimetre that an uneven feed may have moved it, and blur.
const AROUND_INK_MM: f64 = 1.6;

/// The same in pixels: JPEG spreads ripples over its blocks of 8 px.
const AROUND_INK_PX: f64 = 8.0;

/// Beyond the anchors' middles no ballot has anything to read, and there the
/// paper's edge may come: a print larger than 100 % or printed off the middle
/// shows that edge, and its shade, as far inside.
const EDGE_MM: f64 = ANCHOR_INSET_MM;

/// Within this distance of a black bar's edge it is not solid, mm.
const INTO_BLACK_MM: f64 = 1.3;

/// The target as a map of grounds, and the way from a pixel to it.
pub(crate) struct Grounds {
    columns: usize,
    rows: usize,
    cells: Vec<Ground>,
    back: BackMap,
}

impl Grounds {
    /// `None` if the page could not be fitted.
    pub fn of(located: &Located) -> Option<Self> {
        let back = Affine::fit(&located.found)?.inverse()?;
        let size = located.target.size();
        let columns = (size.width / CELL_MM).ceil() as usize;
        let rows = (size.height / CELL_MM).ceil() as usize;
        let mut cells = vec![Ground::Paper; columns * rows];
        let mut fill = |r: &MmRect, what: Ground| {
            let clip = |v: f64, most: usize| (v.max(0.0) as usize).min(most);
            let (x0, x1) = (
                clip((r.min_x() / CELL_MM).floor(), columns),
                clip((r.max_x() / CELL_MM).ceil(), columns),
            );
            for y in
                clip((r.min_y() / CELL_MM).floor(), rows)..clip((r.max_y() / CELL_MM).ceil(), rows)
            {
                cells[y * columns + x0..y * columns + x1].fill(what);
            }
        };
        let around = AROUND_INK_MM.max(AROUND_INK_PX / located.registration.scale());
        for ink in located.target.ink() {
            fill(&ink.inflate(around, around), Ground::Other);
        }
        for bar in located.target.black_bars() {
            fill(&bar.inflate(-INTO_BLACK_MM, -INTO_BLACK_MM), Ground::Black);
        }
        Some(Self {
            columns,
            rows,
            cells,
            back,
        })
    }

    /// What is at the centre of a pixel.
    pub fn at(&self, x: u32, y: u32) -> Ground {
        let p = self.back.at(f64::from(x) + 0.5, f64::from(y) + 0.5);
        self.at_paper(p)
    }

    fn at_paper(&self, p: MmPoint) -> Ground {
        let (w, h) = (
            self.columns as f64 * CELL_MM - EDGE_MM,
            self.rows as f64 * CELL_MM - EDGE_MM,
        );
        if !(p.x >= EDGE_MM && p.y >= EDGE_MM && p.x < w && p.y < h) {
            return Ground::Other;
        }
        let (c, r) = ((p.x / CELL_MM) as usize, (p.y / CELL_MM) as usize);
        self.cells
            .get(r * self.columns + c)
            .copied()
            .unwrap_or(Ground::Other)
    }
}
