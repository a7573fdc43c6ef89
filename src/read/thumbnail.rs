//! The page at about 100 dpi: all that is needed to find the anchors, in the
//! only pass over the whole image.

use std::borrow::Cow;

use fearless_simd::{Level, dispatch};
use image::GrayImage;

use crate::geometry::PxPoint;

/// Width or height that the thumbnail's shorter side is brought near to, px:
/// A4 at 100 dpi, where an anchor still has 16 px.
const SHORT_SIDE: u32 = 820;

/// A reduced page.
#[derive(Debug, Clone)]
pub(crate) struct Thumbnail<'a> {
    /// Averaged pixels; the page itself where that is small enough.
    pub image: Cow<'a, GrayImage>,
    /// Full-size pixels per thumbnail pixel.
    pub factor: u32,
}

impl<'a> Thumbnail<'a> {
    /// The page with its shorter side brought near to [`SHORT_SIDE`].
    pub fn of(full: &'a GrayImage) -> Self {
        let (w, h) = full.dimensions();
        let factor = (w.min(h) / SHORT_SIDE).max(1);
        let image = if factor == 1 {
            Cow::Borrowed(full)
        } else {
            Cow::Owned(reduce(full, factor))
        };
        Self { image, factor }
    }

    /// A place in the thumbnail as a place in the full image.
    pub fn to_full(&self, x: f64, y: f64) -> PxPoint {
        let f = f64::from(self.factor);
        PxPoint::new(x * f, y * f)
    }
}

/// An image reduced by a whole factor: each pixel the mean of a block; rows and
/// columns that do not fill a block are left out.
pub(crate) fn reduce(full: &GrayImage, factor: u32) -> GrayImage {
    if factor <= 1 {
        return full.clone();
    }
    let (w, h) = full.dimensions();
    let (tw, th) = (w / factor, h / factor);
    let mut out = GrayImage::new(tw, th);
    if tw == 0 || th == 0 {
        return out;
    }
    // The usual factors (200 to 600 dpi) as constants: the compiler unrolls
    // the sum over a block's columns.
    let level = Level::new();
    dispatch!(level, _simd => match factor {
        2 => average::<2>(full, &mut out),
        3 => average::<3>(full, &mut out),
        4 => average::<4>(full, &mut out),
        6 => average::<6>(full, &mut out),
        _ => average_by(full, &mut out, factor as usize),
    });
    out
}

#[inline(always)]
fn average<const F: usize>(full: &GrayImage, out: &mut GrayImage) {
    let (w, tw) = (full.width() as usize, out.width() as usize);
    let mut columns = vec![0u16; w];
    let scale = (1u32 << 16) / (F * F) as u32;
    for (ty, out_row) in out.chunks_exact_mut(tw).enumerate() {
        sum_rows(&full.as_raw()[ty * F * w..][..F * w], &mut columns);
        for (o, block) in out_row.iter_mut().zip(columns.as_chunks::<F>().0) {
            *o = mean(block.iter().map(|&c| u32::from(c)).sum(), scale);
        }
    }
}

#[inline(always)]
fn average_by(full: &GrayImage, out: &mut GrayImage, factor: usize) {
    let (w, tw) = (full.width() as usize, out.width() as usize);
    let mut columns = vec![0u16; w];
    // More rows than this would overflow 16 bits.
    let rows = factor.min(257);
    let scale = (1u32 << 16) / (rows * factor) as u32;
    for (ty, out_row) in out.chunks_exact_mut(tw).enumerate() {
        sum_rows(&full.as_raw()[ty * factor * w..][..rows * w], &mut columns);
        for (o, block) in out_row.iter_mut().zip(columns.chunks_exact(factor)) {
            *o = mean(block.iter().map(|&c| u32::from(c)).sum(), scale);
        }
    }
}

#[inline(always)]
fn sum_rows(rows: &[u8], columns: &mut [u16]) {
    columns.fill(0);
    for row in rows.chunks_exact(columns.len()) {
        for (c, &p) in columns.iter_mut().zip(row) {
            *c += u16::from(p);
        }
    }
}

/// A sum over a block times 65536 over the block's size, rounded.
fn mean(sum: u32, scale: u32) -> u8 {
    ((sum * scale + (1 << 15)) >> 16).min(255) as u8
}

/// Brightness of the paper by tile: the 85th percentile of the tile or of its
/// brightest neighbour, so that a tile full of ink still knows its paper.
#[derive(Debug)]
pub(crate) struct PaperMap {
    tile: u32,
    columns: u32,
    levels: Vec<u8>,
}

impl PaperMap {
    /// Side of a tile in thumbnail pixels: 8 mm, twice an anchor, so that
    /// paper shows in each.
    pub const TILE_PX: u32 = 32;

    pub fn of(thumb: &GrayImage) -> Self {
        let level = Level::new();
        dispatch!(level, _simd => Self::measure(thumb))
    }

    #[inline(always)]
    fn measure(thumb: &GrayImage) -> Self {
        let (w, h) = thumb.dimensions();
        let tile = Self::TILE_PX;
        let (columns, rows) = (w.div_ceil(tile).max(1), h.div_ceil(tile).max(1));
        let mut raw = vec![0u8; (columns * rows) as usize];
        for ty in 0..rows {
            for tx in 0..columns {
                let (x0, x1) = (tx * tile, ((tx + 1) * tile).min(w));
                // Every second pixel of every fourth row is plenty for a level.
                let mut looked_at = [0; FEW];
                let mut free = looked_at.iter_mut();
                for y in (ty * tile..((ty + 1) * tile).min(h)).step_by(4) {
                    let base = (y * w) as usize;
                    let row = &thumb.as_raw()[base + x0 as usize..base + x1 as usize];
                    for (&p, seen) in row.iter().step_by(2).zip(free.by_ref()) {
                        *seen = p;
                    }
                }
                let n = FEW - free.len();
                raw[(ty * columns + tx) as usize] = percentile_of_few(&looked_at[..n], 0.85);
            }
        }
        let mut levels = raw.clone();
        for ty in 0..rows {
            for tx in 0..columns {
                let mut best = 0;
                for ny in ty.saturating_sub(1)..=(ty + 1).min(rows - 1) {
                    for nx in tx.saturating_sub(1)..=(tx + 1).min(columns - 1) {
                        best = best.max(raw[(ny * columns + nx) as usize]);
                    }
                }
                levels[(ty * columns + tx) as usize] = best;
            }
        }
        Self {
            tile,
            columns,
            levels,
        }
    }

    /// Paper level at a thumbnail pixel.
    pub fn at(&self, x: u32, y: u32) -> u8 {
        self.levels
            .get((y / self.tile * self.columns + x / self.tile) as usize)
            .copied()
            .unwrap_or(255)
    }

    /// Median paper level of the page.
    pub fn median(&self) -> u8 {
        let mut all = self.levels.clone();
        all.sort_unstable();
        all.get(all.len() / 2).copied().unwrap_or(255)
    }
}

/// As many pixels of a tile as are looked at; a byte counts them.
const FEW: usize = (PaperMap::TILE_PX / 2 * PaperMap::TILE_PX / 4) as usize;
const _: () = assert!(FEW <= u8::MAX as usize);

/// [`percentile`] of no more than [`FEW`] values: by halving the range, so that all of
/// them are counted in a few steps.
#[inline(always)]
fn percentile_of_few(values: &[u8], share: f64) -> u8 {
    let wanted = (values.len() as f64 * share).ceil();
    let (mut low, mut high) = (0u8, 255u8);
    while low < high {
        let middle = u8::midpoint(low, high);
        let below: u8 = values.iter().map(|&v| u8::from(v <= middle)).sum();
        if f64::from(below) >= wanted {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    low
}

/// The value below which a share of the counted pixels lies.
pub(crate) fn percentile(histogram: &[u32; 256], share: f64) -> u8 {
    let total: u32 = histogram.iter().sum();
    let wanted = f64::from(total) * share;
    let mut seen = 0;
    // Whole pieces are passed in a step each.
    for (k, piece) in histogram.as_chunks::<16>().0.iter().enumerate() {
        let all = seen + piece.iter().sum::<u32>();
        if f64::from(all) < wanted {
            seen = all;
            continue;
        }
        for (v, n) in piece.iter().enumerate() {
            seen += n;
            if f64::from(seen) >= wanted {
                return (k * 16 + v) as u8;
            }
        }
    }
    255
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn averages_whole_blocks_and_keeps_white_white() {
        let mut full = GrayImage::from_pixel(1643, 1650, image::Luma([255]));
        full.put_pixel(2, 2, image::Luma([0]));
        let t = Thumbnail::of(&full);
        assert_eq!((t.factor, t.image.dimensions()), (2, (821, 825)));
        assert_eq!(t.image.get_pixel(1, 1).0[0], 191);
        assert_eq!(t.image.get_pixel(0, 0).0[0], 255);
    }

    #[test]
    fn every_factor_gives_the_means_of_its_blocks() {
        let full = GrayImage::from_fn(131, 47, |x, y| {
            image::Luma([(x * 37 + y * 101 + x * y) as u8])
        });
        for factor in 2..8 {
            let reduced = reduce(&full, factor);
            assert_eq!(reduced.dimensions(), (131 / factor, 47 / factor));
            for (x, y, p) in reduced.enumerate_pixels() {
                let sum: u32 = (0..factor * factor)
                    .map(|i| {
                        full.get_pixel(x * factor + i % factor, y * factor + i / factor)
                            .0[0]
                    })
                    .map(u32::from)
                    .sum();
                let mean = f64::from(sum) / f64::from(factor * factor);
                assert!(
                    (f64::from(p.0[0]) - mean).abs() <= 0.6,
                    "{factor}: {p:?} {mean}"
                );
            }
        }
    }

    #[test]
    fn a_percentile_is_the_first_value_that_reaches_the_share() {
        let mut histogram = [0u32; 256];
        for (i, n) in histogram.iter_mut().enumerate() {
            *n = (i as u32 * 7919) % 5;
        }
        let total: u32 = histogram.iter().sum();
        for percent in 0..=100 {
            let share = f64::from(percent) / 100.0;
            let below = |v: usize| f64::from(histogram[..v].iter().sum::<u32>());
            let first = (0..256).find(|v| below(v + 1) >= f64::from(total) * share);
            assert_eq!(Some(usize::from(percentile(&histogram, share))), first);
        }
    }

    #[test]
    fn a_percentile_of_few_is_that_of_their_histogram() {
        let mut dice = 5u32;
        for n in 0..=FEW {
            let values: Vec<u8> = (0..n)
                .map(|_| {
                    dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (dice >> 25) as u8 * 2
                })
                .collect();
            let mut histogram = [0; 256];
            for v in &values {
                histogram[usize::from(*v)] += 1;
            }
            for share in [0.0, 0.1, 0.5, 0.85, 1.0] {
                let both = (
                    percentile_of_few(&values, share),
                    percentile(&histogram, share),
                );
                assert_eq!(both.0, both.1, "{n} {share}");
            }
        }
    }

    #[test]
    fn tiny_images_pass() {
        for (w, h) in [(1, 1), (0, 0), (3, 1000)] {
            let full = GrayImage::new(w, h);
            let t = Thumbnail::of(&full);
            let _ = PaperMap::of(&t.image).median();
        }
    }
}
