//! The frame that every printed page shares: anchors and codes whose places
//! depend on the paper's size alone, so that a page can be registered and its
//! code read before anybody knows which form it is.
//!
//! No rotation maps the pattern of anchors onto itself: a page that was read
//! upside down has most anchors at least 10 mm away from where they would be.

use crate::geometry::{MmPoint, MmRect, MmSize, mm_rect};

use super::layout::{Anchor, AnchorKind, CodeKind, CodeSpec};

/// Side of an anchor square, mm: 16 px at 100 dpi, the coarsest scan that is
/// read, and smaller than a checkbox so that the page stays calm.
pub const ANCHOR_MM: f64 = 4.0;

/// Distance from the paper's edge to the centre of the outer anchors, mm.
/// Office printers and copiers leave 4 to 5 mm blank; at 102 % scale the
/// square still stays clear of that.
pub const ANCHOR_INSET_MM: f64 = 9.0;

/// Side of a QR symbol without its quiet zone, mm: at 150 dpi a module of a
/// version 4 symbol (33 modules) has 3.6 px.
pub const QR_MM: f64 = 20.0;

/// Distance of a QR symbol from the two nearest edges of the paper, mm: four
/// modules of quiet zone (2.4 mm) beyond the anchors.
pub const QR_INSET_MM: f64 = 14.0;

/// Quiet zone around a QR symbol, mm: four modules of version 4 (ISO/IEC
/// 18004, 6.3.8).
pub const QR_QUIET_MM: f64 = 2.5;

/// Along the left edge, share of the distance between the corner anchors.
const LEFT: [f64; 3] = [0.22, 0.47, 0.70];
/// Along the right edge.
const RIGHT: [f64; 4] = [0.17, 0.41, 0.64, 0.86];
/// Along the top edge.
const TOP: [f64; 1] = [0.36];
/// Along the bottom edge.
const BOTTOM: [f64; 1] = [0.57];

/// The anchors of a printed page.
#[must_use]
pub fn anchors(paper: MmSize) -> Vec<Anchor> {
    let (x0, y0) = (ANCHOR_INSET_MM, ANCHOR_INSET_MM);
    let (x1, y1) = (
        paper.width - ANCHOR_INSET_MM,
        paper.height - ANCHOR_INSET_MM,
    );
    let mut out = Vec::new();
    let mut add = |id: String, c: MmPoint| {
        out.push(Anchor {
            id,
            rect: mm_rect(
                c.x - ANCHOR_MM / 2.0,
                c.y - ANCHOR_MM / 2.0,
                ANCHOR_MM,
                ANCHOR_MM,
            ),
            kind: AnchorKind::Square,
        });
    };
    add("tl".into(), MmPoint::new(x0, y0));
    add("tr".into(), MmPoint::new(x1, y0));
    add("br".into(), MmPoint::new(x1, y1));
    add("bl".into(), MmPoint::new(x0, y1));
    let mut edge = |name: &str, shares: &[f64], at: &dyn Fn(f64) -> MmPoint| {
        for (i, s) in shares.iter().enumerate() {
            add(format!("{name}{}", i + 1), at(*s));
        }
    };
    edge("l", &LEFT, &|s| MmPoint::new(x0, y0 + s * (y1 - y0)));
    edge("r", &RIGHT, &|s| MmPoint::new(x1, y0 + s * (y1 - y0)));
    edge("t", &TOP, &|s| MmPoint::new(x0 + s * (x1 - x0), y0));
    edge("b", &BOTTOM, &|s| MmPoint::new(x0 + s * (x1 - x0), y1));
    out
}

/// The two QR codes of a printed page: top right and bottom left.
#[must_use]
pub fn qr_codes(paper: MmSize) -> [CodeSpec; 2] {
    let code = |x, y| CodeSpec {
        kind: CodeKind::Qr,
        rect: mm_rect(x, y, QR_MM, QR_MM),
    };
    [
        code(paper.width - QR_INSET_MM - QR_MM, QR_INSET_MM),
        code(QR_INSET_MM, paper.height - QR_INSET_MM - QR_MM),
    ]
}

/// Width of a cell of the code line, mm: 0.4 mm more than OCR-B's own pitch at
/// this size, so that characters that ran in print stay apart.
pub const TEXT_CELL_MM: f64 = 2.9;
/// Height of a cell of the code line, mm.
pub const TEXT_CELL_HEIGHT_MM: f64 = 4.6;
/// Height of a capital in the code line, mm: 14 px at 150 dpi. OCR-B at size I
/// has 2.4 mm (ISO 1073-2).
pub const TEXT_CAP_MM: f64 = 2.4;

/// Where the line of code characters is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TextLine {
    /// Top left corner of the first cell, mm.
    pub origin: MmPoint,
    /// Width of a cell, mm. The character's advance is centred in it.
    pub cell_width_mm: f64,
    /// Height of a cell, mm. The capitals are centred in it.
    pub cell_height_mm: f64,
    /// Height of a capital, mm.
    pub cap_height_mm: f64,
    /// Number of cells; see [`super::code::LINE_PATTERN`].
    pub cells: usize,
}

impl TextLine {
    /// The whole line, mm.
    #[must_use]
    pub fn rect(&self) -> MmRect {
        mm_rect(
            self.origin.x,
            self.origin.y,
            self.cell_width_mm * self.cells as f64,
            self.cell_height_mm,
        )
    }

    /// Distance of the baseline from the top of the cells, mm.
    #[must_use]
    pub fn baseline_mm(&self) -> f64 {
        f64::midpoint(self.cell_height_mm, self.cap_height_mm)
    }
}

/// The line of code characters of a printed page: at the bottom, right of the
/// bottom left code and its quiet zone, above the anchors.
#[must_use]
pub fn text_line(paper: MmSize) -> TextLine {
    TextLine {
        origin: MmPoint::new(
            QR_INSET_MM + QR_MM + QR_QUIET_MM + 1.5,
            paper.height - QR_INSET_MM - TEXT_CELL_HEIGHT_MM,
        ),
        cell_width_mm: TEXT_CELL_MM,
        cell_height_mm: TEXT_CELL_HEIGHT_MM,
        cap_height_mm: TEXT_CAP_MM,
        cells: super::code::CELLS,
    }
}

/// The codes of a printed page: both QR codes and the line.
#[must_use]
pub fn codes(paper: MmSize) -> Vec<CodeSpec> {
    let mut codes = qr_codes(paper).to_vec();
    codes.push(CodeSpec {
        kind: CodeKind::Text,
        rect: text_line(paper).rect(),
    });
    codes
}

/// Where the form's own content may be: inside the anchors, above the bottom
/// code. Content beside a code must keep [`QR_QUIET_MM`] away from it.
#[must_use]
pub fn content(paper: MmSize) -> MmRect {
    let side = 15.0;
    let top = 14.0;
    let bottom = QR_INSET_MM + QR_MM + QR_QUIET_MM;
    mm_rect(
        side,
        top,
        paper.width - 2.0 * side,
        paper.height - top - bottom,
    )
}
