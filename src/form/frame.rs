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
