//! Takes small windows of the paper out of the image, without ever warping a
//! whole page.

use std::cell::OnceCell;

use fearless_simd::{Level, dispatch};
use image::GrayImage;

use super::registration::LocalMap;
use crate::geometry::{MmPoint, MmRect, PxPoint, PxVector};

/// A window of the paper, resampled to a regular grid in mm.
#[derive(Debug, Clone, Default)]
pub(crate) struct Window {
    /// Columns.
    pub width: usize,
    /// Rows.
    pub height: usize,
    /// Gray values, row by row; outside the image counts as [`OUTSIDE`].
    pub pixels: Vec<u8>,
    /// Share of the samples that lie outside the image.
    pub outside: f64,
    /// Brightness of the paper, once somebody has asked for it.
    pub paper: OnceCell<Option<u8>>,
}

/// Beyond the image's edge there is no ink: white.
const OUTSIDE: u8 = 255;

impl Window {
    /// Samples `rect` at `step` mm (bilinear), reusing this window's memory.
    /// Where a step spans several pixels, as many samples are averaged.
    pub fn fill(&mut self, image: &GrayImage, map: &LocalMap, rect: MmRect, step: f64) {
        // Up to one and a half pixels a bilinear sample sees every pixel.
        let times = ((map.scale() * step / 1.5).ceil().clamp(1.0, 8.0)) as usize;
        self.width = (rect.size.width / step).round().max(1.0) as usize;
        self.height = (rect.size.height / step).round().max(1.0) as usize;
        self.paper = OnceCell::new();
        if times == 1 {
            self.fill_plain(image, map, rect, step);
            return;
        }
        let (width, height) = (self.width, self.height);
        (self.width, self.height) = (width * times, height * times);
        self.fill_plain(image, map, rect, step / times as f64);
        let level = Level::new();
        dispatch!(level, _simd => average(&mut self.pixels, (width, height), times));
        self.pixels.truncate(width * height);
        (self.width, self.height) = (width, height);
    }

    fn fill_plain(&mut self, image: &GrayImage, map: &LocalMap, rect: MmRect, step: f64) {
        self.pixels.clear();
        let (w, h) = (i64::from(image.width()), i64::from(image.height()));
        let raw = image.as_raw();
        // Fixed point with 16 bits: exact to a 256th of a pixel over a window.
        let fixed = |v: f64| (v * 65536.0).round() as i64;
        let (step_x, step_y) = (map.dx * step, map.dy * step);
        let first = map.at(rect.origin + euclid::vec2(step / 2.0, step / 2.0));
        let far = |columns: usize, rows: usize| {
            first + step_x * (columns - 1) as f64 + step_y * (rows - 1) as f64
        };
        let corners = [
            first,
            far(self.width, 1),
            far(1, self.height),
            far(self.width, self.height),
        ];
        let safe = |p: PxPoint| {
            // A pixel of room on every side; below 2^15 the fixed point fits 32 bits.
            p.x >= 2.0
                && p.y >= 2.0
                && p.x + 3.0 < f64::from(image.width().min(1 << 15))
                && p.y + 3.0 < f64::from(image.height().min(1 << 15))
        };
        if corners.into_iter().all(safe) {
            self.pixels.resize(self.width * self.height, OUTSIDE);
            let inside = Inside {
                raw,
                stride: w as usize,
                first,
                step_x,
                step_y,
            };
            let (width, pixels) = (self.width, &mut self.pixels);
            let level = Level::new();
            dispatch!(level, _simd => inside.fill(width, pixels));
            self.outside = 0.0;
            return;
        }
        self.pixels.resize(self.width * self.height, OUTSIDE);
        let mut missing = 0usize;
        for row in 0..self.height {
            // Pixel centres are at half integers.
            let start = first + step_y * row as f64;
            let (mut x, mut y) = (fixed(start.x - 0.5), fixed(start.y - 0.5));
            let (ix, iy) = (fixed(step_x.x), fixed(step_x.y));
            for out in &mut self.pixels[row * self.width..(row + 1) * self.width] {
                let (px, py) = (x >> 16, y >> 16);
                if px >= 0 && py >= 0 && px + 1 < w && py + 1 < h {
                    let (fx, fy) = ((x >> 8 & 255) as u32, (y >> 8 & 255) as u32);
                    let i = (py * w + px) as usize;
                    let j = i + w as usize;
                    let (a, b) = (u32::from(raw[i]), u32::from(raw[i + 1]));
                    let (c, d) = (u32::from(raw[j]), u32::from(raw[j + 1]));
                    let top = a * (256 - fx) + b * fx;
                    let bottom = c * (256 - fx) + d * fx;
                    *out = ((top * (256 - fy) + bottom * fy + (1 << 15)) >> 16) as u8;
                } else {
                    missing += 1;
                }
                x += ix;
                y += iy;
            }
        }
        self.outside = missing as f64 / self.pixels.len() as f64;
    }
}

/// Brings samples to as many as this, each the mean of a block of `times` by `times`, rounded
/// down. Each row of means is written where samples were that have been read already.
#[inline(always)]
fn average(pixels: &mut [u8], (width, height): (usize, usize), times: usize) {
    let n = (times * times) as u32;
    let mut columns = vec![0u32; width * times];
    for y in 0..height {
        columns.fill(0);
        let block = pixels.chunks_exact(columns.len()).skip(y * times);
        for row in block.take(times) {
            for (sum, &p) in columns.iter_mut().zip(row) {
                *sum += u32::from(p);
            }
        }
        let means = &mut pixels[y * width..][..width];
        for (mean, sums) in means.iter_mut().zip(columns.chunks_exact(times)) {
            *mean = (sums.iter().sum::<u32>() / n) as u8;
        }
    }
}

/// Samples of which none can lie outside the image: nearly always.
struct Inside<'a> {
    raw: &'a [u8],
    stride: usize,
    first: PxPoint,
    step_x: PxVector,
    step_y: PxVector,
}

/// So many samples go through each step together: their places and their grays are
/// computed many at a time, only the pixels are fetched one by one.
const TOGETHER: usize = 128;

impl Inside<'_> {
    /// Plain loops, that the compiler vectorises for the processor at hand.
    #[inline(always)]
    fn fill(&self, width: usize, pixels: &mut [u8]) {
        let fixed = |v: f64| (v * 65536.0).round() as i32;
        let (ix, iy) = (fixed(self.step_x.x), fixed(self.step_x.y));
        let stride = self.stride as i32;
        let (mut places, mut fours) = ([0u32; TOGETHER], [[0u16; 2]; TOGETHER]);
        for (row, out) in pixels.chunks_exact_mut(width).enumerate() {
            let start = self.first + self.step_y * row as f64;
            let (x0, y0) = (fixed(start.x - 0.5), fixed(start.y - 0.5));
            for (chunk, out) in out.chunks_mut(TOGETHER).enumerate() {
                let done = (chunk * TOGETHER) as i32;
                let (x0, y0) = (x0 + done * ix, y0 + done * iy);
                let at = |k: usize| (x0 + k as i32 * ix, y0 + k as i32 * iy);
                let (places, fours) = (&mut places[..out.len()], &mut fours[..out.len()]);
                for (k, place) in places.iter_mut().enumerate() {
                    let (x, y) = at(k);
                    *place = ((y >> 16) * stride + (x >> 16)) as u32;
                }
                self.fetch(places, fours);
                for (k, (out, four)) in out.iter_mut().zip(fours).enumerate() {
                    let (x, y) = at(k);
                    let (fx, fy) = ((x >> 8 & 255) as u32, (y >> 8 & 255) as u32);
                    let [upper, lower] = four.map(u32::from);
                    let (a, b, c, d) = (upper & 255, upper >> 8, lower & 255, lower >> 8);
                    let top = a * (256 - fx) + b * fx;
                    let bottom = c * (256 - fx) + d * fx;
                    *out = ((top * (256 - fy) + bottom * fy + (1 << 15)) >> 16) as u8;
                }
            }
        }
    }

    /// The four pixels at each of these places: two above, two below, the left one in
    /// the lower byte.
    #[inline(always)]
    fn fetch(&self, places: &[u32], fours: &mut [[u16; 2]]) {
        let below = self.raw.get(self.stride..).unwrap_or_default();
        let above = self.raw.get(..below.len()).unwrap_or_default();
        let two = |row: &[u8], i: usize| {
            let two = row.get(i..i + 2).and_then(|two| two.first_chunk());
            u16::from_le_bytes(two.copied().unwrap_or([OUTSIDE; 2]))
        };
        for (four, place) in fours.iter_mut().zip(places) {
            let i = *place as usize;
            *four = [two(above, i), two(below, i)];
        }
    }
}

/// A single bilinear sample; `None` outside the image.
pub(crate) fn sample(image: &GrayImage, map: &LocalMap, p: MmPoint) -> Option<f32> {
    let q = map.at(p);
    let (x, y) = (q.x - 0.5, q.y - 0.5);
    if !(x >= 0.0 && y >= 0.0) {
        return None;
    }
    let (px, py) = (x as u32, y as u32);
    if px + 1 >= image.width() || py + 1 >= image.height() {
        return None;
    }
    let (fx, fy) = ((x - f64::from(px)) as f32, (y - f64::from(py)) as f32);
    let at = |dx, dy| f32::from(image.as_raw()[((py + dy) * image.width() + px + dx) as usize]);
    Some(
        (at(0, 0) * (1.0 - fx) + at(1, 0) * fx) * (1.0 - fy)
            + (at(0, 1) * (1.0 - fx) + at(1, 1) * fx) * fy,
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::geometry::mm_rect;

    /// Where a step spans several pixels their mean is taken, and only that.
    #[test]
    fn coarse_windows_are_means_of_fine_ones() {
        let image = GrayImage::from_fn(200, 160, |x, y| image::Luma([(x * 3 + y * 29) as u8]));
        let map = LocalMap {
            paper: MmPoint::new(5.0, 4.0),
            image: PxPoint::new(100.0, 80.0),
            dx: PxVector::new(10.0, 1.0),
            dy: PxVector::new(-1.0, 10.0),
        };
        let rect = mm_rect(1.0, 1.0, 6.0, 5.0);
        let (mut coarse, mut fine) = (Window::default(), Window::default());
        coarse.fill(&image, &map, rect, 0.5);
        let times = 4;
        fine.fill(&image, &map, rect, 0.5 / times as f64);
        assert_eq!(
            (coarse.width, coarse.height, coarse.pixels.len()),
            (12, 10, 120)
        );
        assert_eq!((fine.width, fine.height), (48, 40));
        for (i, p) in coarse.pixels.iter().enumerate() {
            let (x, y) = (i % 12 * times, i / 12 * times);
            let sum: u32 = (0..times * times)
                .map(|k| u32::from(fine.pixels[(y + k / times) * 48 + x + k % times]))
                .sum();
            assert_eq!(u32::from(*p), sum / 16);
        }
    }

    proptest! {
        /// Windows in fixed point are what single samples in floating point are,
        /// but for rounding of the place to a 256th of a pixel.
        #[test]
        fn windows_are_what_samples_are(x in 3.0..20.0f64, y in 3.0..20.0f64, angle in -0.2..0.2f64, scale in 2.0..6.0f64) {
            let image = GrayImage::from_fn(300, 300, |x, y| image::Luma([(x * 7 + y * 13 + x * y) as u8]));
            let map = LocalMap {
                paper: MmPoint::new(x, y),
                image: PxPoint::new(130.0, 140.0),
                dx: PxVector::new(scale * angle.cos(), scale * angle.sin()),
                dy: PxVector::new(-scale * angle.sin(), scale * angle.cos()),
            };
            let rect = mm_rect(x - 4.0, y - 4.0, 8.0, 8.0);
            let mut quick = Window::default();
            quick.fill(&image, &map, rect, 0.2);
            let careful: Vec<u8> = (0..quick.height).flat_map(|row| (0..quick.width).map(move |col| (col, row)))
                .map(|(col, row)| {
                    let p = MmPoint::new(rect.min_x() + (col as f64 + 0.5) * 0.2, rect.min_y() + (row as f64 + 0.5) * 0.2);
                    sample(&image, &map, p).unwrap().round() as u8
                }).collect();
            for (a, b) in quick.pixels.iter().zip(&careful) {
                prop_assert!(a.abs_diff(*b) <= 3, "{a} {b}");
            }
        }
    }
}
