//! Finds solid dark squares in the thumbnail: what may be an anchor.

use super::components::{Touch, regions};
use super::thumbnail::{PaperMap, Thumbnail};
use crate::geometry::PxPoint;

/// A solid square.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Square {
    /// Its centre in the full image, px.
    pub center: PxPoint,
    /// Its side in the full image, px.
    pub side: f64,
}

/// Darker than this share of the paper's brightness is ink, in the order of
/// trying. The first is high enough for a printer that is short of toner
/// (reflectance 0.55 of the paper). Where it shows too few anchors: the second is
/// for a pale copy of such a print (0.75), the third for dark paper on a white
/// lid, whose edge tiles take the lid for their paper (recycled paper has 0.6 of
/// white).
pub(crate) const INK_LEVELS: [f64; 3] = [0.68, 0.83, 0.45];

/// Area over 12·√det(second moments): 1 for any solid rectangle, π/3 = 1.05
/// for a disc, below 0.7 for a cross, a letter or a ring. The lower bound
/// leaves room for toner drop-outs.
const SOLIDITY: std::ops::Range<f64> = 0.80..1.13;

/// Smaller over larger principal moment: a square has 1; printing at 94 % in
/// one direction and 106 % in the other gives 0.79.
const ISOTROPY: f64 = 0.62;

/// More candidates than this are not anchors but a pattern; the ones nearest
/// to the expected size are kept.
const MOST: usize = 60;

/// Squares with a side of 0.6 to 1.6 times `expected_side` (px of the full image)
/// that are darker than `ink_level` times their paper.
pub(crate) fn find_squares(
    thumb: &Thumbnail,
    paper: &PaperMap,
    expected_side: f64,
    ink_level: f64,
) -> Vec<Square> {
    let (w, h) = thumb.image.dimensions();
    let pixels = thumb.image.as_raw();
    let f = f64::from(thumb.factor);
    // One threshold a tile, looked up a row of tiles at a time.
    let mut dark = vec![0u8; pixels.len()];
    for y in 0..h {
        let base = (y * w) as usize;
        let mut x = 0;
        while x < w {
            let end = ((x / PaperMap::TILE_PX + 1) * PaperMap::TILE_PX).min(w);
            let threshold = (f64::from(paper.at(x, y)) * ink_level) as u8;
            let range = base + x as usize..base + end as usize;
            for (d, &p) in dark[range.clone()].iter_mut().zip(&pixels[range]) {
                *d = u8::from(p < threshold);
            }
            x = end;
        }
    }
    let mut squares: Vec<Square> = regions(w, h, Touch::Corners, &dark)
        .into_iter()
        .filter_map(|c| {
            let area = f64::from(c.area);
            let side = area.sqrt() * f;
            if !(0.6..1.6).contains(&(side / expected_side)) {
                return None;
            }
            let (xx, xy, yy) = c.moments();
            let det = xx * yy - xy * xy;
            if det <= 0.0 || !SOLIDITY.contains(&(area / (12.0 * det.sqrt()))) {
                return None;
            }
            let (mean, spread) = (
                f64::midpoint(xx, yy),
                (((xx - yy) / 2.0).powi(2) + xy * xy).sqrt(),
            );
            if (mean - spread) / (mean + spread) < ISOTROPY {
                return None;
            }
            let (cx, cy) = gray_centroid(thumb, paper, c.x0, c.y0, c.x1, c.y1)?;
            Some(Square {
                center: thumb.to_full(cx, cy),
                side,
            })
        })
        .collect();
    if squares.len() > MOST {
        squares.sort_by(|a, b| {
            let off = |s: &Square| (s.side / expected_side).max(expected_side / s.side);
            off(a).total_cmp(&off(b))
        });
        squares.truncate(MOST);
    }
    squares
}

/// Centre of the darkness within a bounding box grown by one pixel: finer than
/// the centre of thresholded pixels.
fn gray_centroid(
    thumb: &Thumbnail,
    paper: &PaperMap,
    x0: u32,
    y0: u32,
    x1: u32,
    y1: u32,
) -> Option<(f64, f64)> {
    let (w, h) = thumb.image.dimensions();
    let level = i32::from(paper.at(u32::midpoint(x0, x1), u32::midpoint(y0, y1)));
    // Paper grain and JPEG ripple stay below an eighth of the paper's level.
    let floor = level / 8;
    let (mut n, mut sx, mut sy) = (0.0, 0.0, 0.0);
    for y in y0.saturating_sub(1)..=(y1 + 1).min(h - 1) {
        for x in x0.saturating_sub(1)..=(x1 + 1).min(w - 1) {
            let d = level - i32::from(thumb.image.get_pixel(x, y).0[0]) - floor;
            if d > 0 {
                let d = f64::from(d);
                n += d;
                sx += d * (f64::from(x) + 0.5);
                sy += d * (f64::from(y) + 0.5);
            }
        }
    }
    (n > 0.0).then(|| (sx / n, sy / n))
}
