//! Takes small windows of the paper out of the image, without ever warping a
//! whole page.

use image::GrayImage;

use super::registration::LocalMap;
use crate::geometry::{MmPoint, MmRect};

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
        if times == 1 {
            self.fill_plain(image, map, rect, step);
            return;
        }
        let (width, height) = (self.width, self.height);
        (self.width, self.height) = (width * times, height * times);
        self.fill_plain(image, map, rect, step / times as f64);
        let fine = std::mem::take(&mut self.pixels);
        let n = (times * times) as u32;
        self.pixels.reserve(width * height);
        for row in fine.chunks_exact(width * times * times) {
            for x in 0..width {
                let sum: u32 = (0..times)
                    .flat_map(|dy| &row[(dy * width + x) * times..][..times])
                    .map(|&p| u32::from(p))
                    .sum();
                self.pixels.push((sum / n) as u8);
            }
        }
        (self.width, self.height) = (width, height);
    }

    fn fill_plain(&mut self, image: &GrayImage, map: &LocalMap, rect: MmRect, step: f64) {
        self.pixels.clear();
        self.pixels.resize(self.width * self.height, OUTSIDE);
        let (w, h) = (i64::from(image.width()), i64::from(image.height()));
        let raw = image.as_raw();
        // Fixed point with 16 bits: exact to a 256th of a pixel over a window.
        let fixed = |v: f64| (v * 65536.0).round() as i64;
        let (step_x, step_y) = (map.dx * step, map.dy * step);
        let first = map.at(rect.origin + euclid::vec2(step / 2.0, step / 2.0));
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
