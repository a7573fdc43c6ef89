//! The code line's characters as coverage, from the outlines of the font that
//! prints them.

use crate::form::text::{Face, Outline};
use crate::geometry::MmPoint;

use super::raster::Plane;

/// Scan lines per pixel: with exact coverage across, four make an edge that an
/// 8-bit scanner cannot tell from a true one.
const SUB: usize = 4;

/// Draws characters, one a cell: `origin` is the left end of the first cell's
/// baseline, mm.
pub(crate) fn draw_cells(
    plane: &mut Plane,
    text: &str,
    origin: MmPoint,
    cell_mm: f64,
    cap_mm: f64,
    ppm: f64,
) {
    let Ok(face) = Face::Code.parsed() else {
        return;
    };
    let cap = face
        .capital_height()
        .filter(|h| *h > 0)
        .map_or_else(|| f64::from(face.ascender()) * 0.7, f64::from);
    let scale = cap_mm / cap;
    for (i, c) in text.chars().enumerate() {
        let Some(glyph) = face.glyph_index(c) else {
            continue;
        };
        let advance = f64::from(face.glyph_hor_advance(glyph).unwrap_or(0)) * scale;
        let x = origin.x + cell_mm * i as f64 + (cell_mm - advance) / 2.0;
        let mut outline = Outline::default();
        if face.outline_glyph(glyph, &mut outline).is_none() {
            continue;
        }
        let to_px = |(px, py): (f64, f64)| ((x + px * scale) * ppm, (origin.y - py * scale) * ppm);
        let edges: Vec<_> = outline.edges.iter().map(|e| e.map(to_px)).collect();
        fill(plane, &edges);
    }
}

/// Fills closed polygons (non-zero winding).
fn fill(plane: &mut Plane, edges: &[[(f64, f64); 2]]) {
    let ys = || edges.iter().flatten().map(|p| p.1);
    let top = ys().fold(f64::INFINITY, f64::min).floor().max(0.0) as usize;
    let bottom = (ys().fold(0.0, f64::max).ceil() as usize).min(plane.height);
    let mut crossings: Vec<(f64, i32)> = Vec::new();
    let mut row = vec![0f64; plane.width];
    for y in top..bottom {
        row.fill(0.0);
        for s in 0..SUB {
            let level = y as f64 + (s as f64 + 0.5) / SUB as f64;
            crossings.clear();
            for [a, b] in edges {
                let down = a.1 <= level && b.1 > level;
                if down || (b.1 <= level && a.1 > level) {
                    let t = (level - a.1) / (b.1 - a.1);
                    crossings.push((a.0 + t * (b.0 - a.0), if down { 1 } else { -1 }));
                }
            }
            crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
            let mut winding = 0;
            for pair in crossings.windows(2) {
                winding += pair[0].1;
                if winding != 0 {
                    cover_span(&mut row, pair[0].0, pair[1].0);
                }
            }
        }
        for (v, c) in plane.data[y * plane.width..(y + 1) * plane.width]
            .iter_mut()
            .zip(&row)
        {
            if *c > 0.0 {
                *v = v.saturating_add((c / SUB as f64 * 255.0).round().min(255.0) as u8);
            }
        }
    }
}

fn cover_span(row: &mut [f64], from: f64, to: f64) {
    let (from, to) = (from.max(0.0), to.min(row.len() as f64));
    let mut x = from;
    while x < to {
        let cell = x.floor();
        let end = (cell + 1.0).min(to);
        if let Some(v) = row.get_mut(cell as usize) {
            *v += end - x;
        }
        x = cell + 1.0;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A one is a thin upright, an eight has two holes: the ink's share tells.
    #[test]
    fn characters_have_their_shape() {
        let ppm = 20.0;
        let ink = |c: &str| {
            let mut p = Plane::new(60, 100, 0);
            draw_cells(&mut p, c, MmPoint::new(0.0, 4.0), 2.9, 2.4, ppm);
            let sum: f64 = p.data.iter().map(|v| f64::from(*v) / 255.0).sum();
            sum / (ppm * ppm)
        };
        let (one, eight, blank) = (ink("1"), ink("8"), ink(" "));
        assert!(blank < 1e-9);
        assert!(one > 0.4 && one < eight, "{one} {eight}");
        assert!(eight < 0.7 * 1.7 * 2.4, "{eight}");
    }
}
