//! Finds solid dark squares in the thumbnail: what may be an anchor.

use fearless_simd::prelude::*;
use fearless_simd::{Level, Simd, dispatch, u8x32};

use super::components::{Component, Touch, regions_of_bits};
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

/// What is darker in the thumbnail than `ink_level` times its paper.
pub(crate) fn dark_regions(thumb: &Thumbnail, paper: &PaperMap, ink_level: f64) -> Vec<Component> {
    let (w, h) = thumb.image.dimensions();
    let pixels = thumb.image.as_raw();
    let level = Level::new();
    let mut limits: Vec<u8> = Vec::new();
    regions_of_bits(w, h, Touch::Corners, |y, words| {
        if y % PaperMap::TILE_PX == 0 {
            limits.clear();
            let tiles = (0..w).step_by(TILE);
            limits.extend(tiles.map(|x| (f64::from(paper.at(x, y)) * ink_level) as u8));
        }
        let row = &pixels[(y * w) as usize..][..w as usize];
        dispatch!(level, simd => darker(simd, row, &limits, words));
    })
}

const TILE: usize = PaperMap::TILE_PX as usize;

/// Sets a bit for each pixel of a row that is darker than the limit of its tile.
#[inline(always)]
fn darker<S: Simd>(simd: S, row: &[u8], limits: &[u8], words: &mut [u64]) {
    const { assert!(TILE == 32, "half a word") };
    words.fill(0);
    for (k, (tile, &limit)) in row.chunks(TILE).zip(limits).enumerate() {
        let bits = if tile.len() == TILE {
            let limits = u8x32::splat(simd, limit);
            u8x32::from_slice(simd, tile).simd_lt(limits).to_bitmask()
        } else {
            let pixels = tile.iter().enumerate();
            pixels.fold(0, |bits, (i, p)| bits | u64::from(*p < limit) << i)
        };
        words[k / 2] |= bits << (TILE * (k % 2));
    }
}

/// Squares with a side of 0.6 to 1.6 times `expected_side` (px of the full image)
/// among the dark regions.
pub(crate) fn find_squares(
    regions: &[Component],
    thumb: &Thumbnail,
    paper: &PaperMap,
    expected_side: f64,
) -> Vec<Square> {
    let f = f64::from(thumb.factor);
    let mut squares: Vec<Square> = regions
        .iter()
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
