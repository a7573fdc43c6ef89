//! Chooses what on a blank page can serve as anchors: pieces of print with
//! structure in both directions that resemble nothing near them.

use crate::form::{Anchor, AnchorKind, Reference};
use crate::geometry::{MmRect, MmSize, mm_rect};
use crate::read::correlate::Pattern;
use crate::read::registration::LocalMap;
use crate::read::sample::Window;

/// Size of a patch, mm: two lines of small text.
const WIDTH_MM: f64 = 11.0;
const HEIGHT_MM: f64 = 8.0;
/// Distance of the places that are tried, mm.
const TRY_MM: f64 = 4.0;
/// One patch is chosen in each square of this side, mm: some fifty on a full
/// page, of which a dozen would do.
const CELL_MM: f64 = 30.0;
/// Nothing is taken this near to the paper's edge, mm: scans cut it off.
const EDGE_MM: f64 = 6.0;
/// Clearance to a target, where people write, mm.
const TARGET_MM: f64 = 2.0;
/// Sample distance, mm, of the first round of the search.
const STEP_MM: f64 = 0.5;
/// The reach of the first round of the search, mm: what repeats within it can
/// be mistaken.
const REACH_MM: f64 = 6.0;
/// Nearer than this it is the same place, mm.
const APART_MM: f64 = 1.6;
/// A patch that is more alike than this to something in reach is not chosen.
const REPEATS: f64 = 0.82;
/// Least contrast (root mean square), gray levels.
const CONTRAST: f64 = 18.0;

/// The anchors of a page.
pub(crate) fn choose(reference: &Reference, paper: MmSize, targets: &[MmRect]) -> Vec<Anchor> {
    let map = LocalMap::of_reference(reference);
    let mut best: std::collections::BTreeMap<(u32, u32), (f64, MmRect)> =
        std::collections::BTreeMap::new();
    let mut window = Window::default();
    let mut y = EDGE_MM;
    while y + HEIGHT_MM <= paper.height - EDGE_MM {
        let mut x = EDGE_MM;
        while x + WIDTH_MM <= paper.width - EDGE_MM {
            let rect = mm_rect(x, y, WIDTH_MM, HEIGHT_MM);
            x += TRY_MM;
            if targets
                .iter()
                .any(|t| t.inflate(TARGET_MM, TARGET_MM).intersects(&rect))
            {
                continue;
            }
            window.fill(&reference.image, &map, rect, STEP_MM);
            let pattern = Pattern::of(&window);
            if pattern.contrast() < CONTRAST {
                continue;
            }
            window.fill(
                &reference.image,
                &map,
                rect.inflate(REACH_MM, REACH_MM),
                STEP_MM,
            );
            let repeats = pattern.best_elsewhere(&window, APART_MM / STEP_MM);
            if repeats > REPEATS {
                continue;
            }
            let c = rect.center();
            let cell = ((c.x / CELL_MM) as u32, (c.y / CELL_MM) as u32);
            if best.get(&cell).is_none_or(|b| repeats < b.0) {
                best.insert(cell, (repeats, rect));
            }
        }
        y += TRY_MM;
    }
    best.into_values()
        .enumerate()
        .map(|(i, (_, rect))| Anchor {
            id: format!("p{}", i + 1),
            rect,
            kind: AnchorKind::Patch,
        })
        .collect()
}
