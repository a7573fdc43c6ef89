//! Reads the QR codes: where the page is registered, every module's place is
//! known and needs no searching; elsewhere the code is looked for, first by
//! rqrr, then by rxing.

mod metered;

use std::collections::HashSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use image::{GrayImage, imageops};
use rxing::common::BitMatrix;
use rxing::qrcode::decoder::qrcode_decoder::decode_bitmatrix;

use self::metered::{Meter, Metered};
use super::registration::LocalMap;
use super::sample::Window;
use crate::geometry::MmRect;

/// Modules along a side of versions 4, 3, 5, 6 and 7: the most likely first.
const SIZES: [usize; 5] = [33, 29, 37, 41, 45];

/// Samples along a side of a module: its middle two by two are averaged.
const PER_MODULE: usize = 4;

/// How far the symbol may be from where the registration puts it, mm.
const SEARCH_MM: f64 = 0.9;

/// Share of the fixed pattern (finders, timing) that must agree before the
/// error correction is asked: a symbol with a blot over one finder has 0.75.
const PATTERN_AGREES: f64 = 0.68;

/// How many of the best placements are tried.
const TRIES: usize = 4;

/// By how many quarters a module's difference from its four neighbours is
/// strengthened, in the order of trying: none; then against a blur that mixes a
/// tenth, and a fifth, of each neighbour in (modules of 2.4 px at 100 dpi).
const SHARPENINGS: [i32; 3] = [0, 2, 5];

/// Texts that a code at this place may hold, best placement first. The
/// payload's own check decides which is right.
pub(crate) fn read_at(image: &GrayImage, map: &LocalMap, rect: MmRect) -> Vec<String> {
    let mut out = Vec::new();
    let mut window = Window::default();
    for sharpening in SHARPENINGS {
        for size in SIZES {
            let step = rect.size.width / (size * PER_MODULE) as f64;
            let margin_samples = (SEARCH_MM / step).ceil() as i32;
            let margin = f64::from(margin_samples) * step;
            window.fill(image, map, rect.inflate(margin, margin), step);
            let symbol = Symbol::of(&window, size, margin_samples);
            for offset in symbol.placements() {
                if let Some(text) = symbol.decode(offset, sharpening)
                    && !out.contains(&text)
                {
                    out.push(text);
                }
                if !out.is_empty() {
                    return out;
                }
            }
        }
    }
    out
}

/// A window in which a symbol of a known size lies nearly centred.
struct Symbol<'a> {
    window: &'a Window,
    size: usize,
    margin: i32,
    threshold: Vec<u8>,
}

impl<'a> Symbol<'a> {
    fn of(window: &'a Window, size: usize, margin: i32) -> Self {
        // Threshold by quarter of the symbol, so that a shadow over one half
        // does not decide for the other.
        let (w, h) = (window.width, window.height);
        let mut threshold = vec![128; 4];
        for (i, t) in threshold.iter_mut().enumerate() {
            let (x0, y0) = (w / 2 * (i % 2), h / 2 * (i / 2));
            let mut histogram = [0u32; 256];
            for y in y0..(y0 + h / 2).min(h) {
                for &p in &window.pixels[y * w + x0..y * w + (x0 + w / 2).min(w)] {
                    histogram[p as usize] += 1;
                }
            }
            let at = |share| u32::from(super::thumbnail::percentile(&histogram, share));
            *t = u32::midpoint(at(0.1), at(0.9)) as u8;
        }
        Self {
            window,
            size,
            margin,
            threshold,
        }
    }

    /// Is the module dark when the symbol is shifted by `offset` samples?
    fn dark(&self, column: usize, row: usize, offset: (i32, i32)) -> bool {
        self.level(column as i32, row as i32, offset)
            .is_some_and(|(level, threshold)| level < threshold)
    }

    /// Four times the gray level in the middle of a module, and what it must be
    /// below to be dark. `None` outside the window.
    fn level(&self, column: i32, row: i32, (dx, dy): (i32, i32)) -> Option<(i32, i32)> {
        let n = PER_MODULE as i32;
        let x = column * n + n / 2 + self.margin + dx;
        let y = row * n + n / 2 + self.margin + dy;
        let (w, h) = (self.window.width as i32, self.window.height as i32);
        if x < 1 || y < 1 || x >= w || y >= h {
            return None;
        }
        let i = (y * w + x) as usize;
        let p = &self.window.pixels;
        let w = w as usize;
        let sum =
            i32::from(p[i]) + i32::from(p[i - 1]) + i32::from(p[i - w]) + i32::from(p[i - w - 1]);
        let quarter = usize::from(2 * x as usize >= self.window.width)
            + 2 * usize::from(2 * y as usize >= self.window.height);
        Some((sum, 4 * i32::from(self.threshold[quarter])))
    }

    /// [`Self::dark`] where a module is set off against its neighbours.
    fn dark_sharpened(&self, column: usize, row: usize, offset: (i32, i32), quarters: i32) -> bool {
        let (c, r) = (column as i32, row as i32);
        let Some((level, threshold)) = self.level(c, r, offset) else {
            return false;
        };
        if quarters == 0 {
            return level < threshold;
        }
        let around: i32 = [(-1, 0), (1, 0), (0, -1), (0, 1)]
            .into_iter()
            .map(|(x, y)| self.level(c + x, r + y, offset).map_or(level, |l| l.0))
            .sum();
        4 * level + quarters * (4 * level - around) / 4 < 4 * threshold
    }

    /// The shifts at which the fixed pattern agrees best.
    fn placements(&self) -> Vec<(i32, i32)> {
        let pattern = fixed_pattern(self.size);
        let agreement = |offset| {
            let n = pattern
                .iter()
                .filter(|&&(c, r, d)| self.dark(c, r, offset) == d)
                .count();
            n as f64 / pattern.len() as f64
        };
        let mut scored: Vec<(f64, (i32, i32))> = Vec::new();
        for dy in -self.margin..=self.margin {
            for dx in -self.margin..=self.margin {
                let a = agreement((dx, dy));
                if a >= PATTERN_AGREES {
                    // The nearest of equal ones first.
                    scored.push((a - 1e-4 * f64::from(dx * dx + dy * dy).sqrt(), (dx, dy)));
                }
            }
        }
        scored.sort_by(|a, b| b.0.total_cmp(&a.0));
        let mut out: Vec<(i32, i32)> = Vec::new();
        for (_, o) in scored {
            if out
                .iter()
                .all(|p| (p.0 - o.0).abs() + (p.1 - o.1).abs() > 1)
            {
                out.push(o);
            }
            if out.len() == TRIES {
                break;
            }
        }
        out
    }

    fn decode(&self, offset: (i32, i32), sharpening: i32) -> Option<String> {
        let dark = |x, y| self.dark_sharpened(x, y, offset, sharpening);
        // Both correct as many errors; the first takes a tenth of the time.
        self.by_rxing(&dark).or_else(|| {
            let grid = rqrr::SimpleGrid::from_func(self.size, dark);
            guarded(|| rqrr::Grid::new(grid).decode().ok().map(|(_, text)| text))
        })
    }

    fn by_rxing(&self, dark: &dyn Fn(usize, usize) -> bool) -> Option<String> {
        guarded(|| {
            let mut bits = BitMatrix::with_single_dimension(self.size as u32).ok()?;
            for row in 0..self.size {
                for column in 0..self.size {
                    if dark(column, row) {
                        bits.set(column as u32, row as u32);
                    }
                }
            }
            let read = decode_bitmatrix(&bits).ok()?;
            Some(read.getText().to_owned())
        })
    }
}

/// Finder patterns with their separators and the timing patterns: column, row
/// and whether dark (ISO/IEC 18004, 6.3.3 to 6.3.5).
fn fixed_pattern(size: usize) -> Vec<(usize, usize, bool)> {
    let mut out = Vec::new();
    for (fx, fy) in [(0, 0), (size - 7, 0), (0, size - 7)] {
        for y in 0..7 {
            for x in 0..7 {
                let ring = x.min(y).min(6 - x).min(6 - y);
                out.push((fx + x, fy + y, ring != 1));
            }
        }
    }
    for i in 7..size - 7 {
        out.push((i, 6, i % 2 == 0));
        out.push((6, i, i % 2 == 0));
    }
    out
}

/// Looks for codes anywhere in an image or a part of it, and again at half its size:
/// noise and ragged edges are gone there, and the decoders, which follow single rows of
/// pixels, find a few codes that they miss in the whole.
pub(crate) fn search(image: &GrayImage) -> Vec<String> {
    let too_small = |w, h| w < LEAST_PX || h < LEAST_PX;
    let (w, h) = image.dimensions();
    if too_small(w, h) {
        return Vec::new();
    }
    let whole = by_rqrr(image);
    // What is full of finder patterns is no form's; rxing, too, is slow there.
    let is_usual = whole.is_some();
    let rest = |found: Option<Vec<String>>, image: &GrayImage| {
        let found = found.unwrap_or_default();
        if found.is_empty() && is_usual {
            return by_rxing(image).into_iter().collect();
        }
        found
    };
    let found = rest(whole, image);
    if !found.is_empty() || too_small(w / 2, h / 2) {
        return found;
    }
    let half = imageops::thumbnail(image, w / 2, h / 2);
    rest(by_rqrr(&half), &half)
}

/// How many times each pixel of an image may be looked at for codes: four to five times it
/// is on pages (241 of the demo's and of the hard level's), up to six on what has no code but
/// rings all over, and hundreds of times on noise and on pages full of finder patterns.
const MOST_LOOKS: u64 = 20;
/// A small image, which a code may fill, has so many looks at least.
const LEAST_LOOKS: u64 = 20_000_000;

/// How many pixels may be looked at for codes in an image.
fn meter_of(image: &GrayImage) -> Meter {
    let pixels = image.as_raw().len() as u64;
    Meter::new((MOST_LOOKS * pixels).max(LEAST_LOOKS))
}

/// Width and height of the smallest symbol of all, version 1, at a pixel a module.
const LEAST_PX: u32 = 21;

/// What rqrr finds; `None` where there is so much that looks like a finder pattern that it
/// was stopped.
fn by_rqrr(image: &GrayImage) -> Option<Vec<String>> {
    let meter = meter_of(image);
    let found = guarded(|| {
        let mut prepared = rqrr::PreparedImage::prepare(Metered::new(image.clone(), &meter));
        let grids = prepared.detect_grids();
        let texts = grids.iter().filter_map(|g| g.decode().ok());
        Some(texts.map(|d| d.1).collect::<Vec<_>>())
    });
    if meter.has_run_down() {
        return None;
    }
    let mut seen = HashSet::new();
    let mut found = found.unwrap_or_default();
    found.retain(|text| seen.insert(text.clone()));
    Some(found)
}

fn by_rxing(image: &GrayImage) -> Option<String> {
    guarded(|| {
        rxing::helpers::detect_in_luma(
            image.as_raw().clone(),
            image.width(),
            image.height(),
            Some(rxing::BarcodeFormat::QR_CODE),
        )
        .ok()
        .map(|r| r.getText().to_owned())
    })
}

/// Decoders are other people's code on hostile pixels: a panic in one of them
/// means "no code".
fn guarded<T>(f: impl FnOnce() -> Option<T>) -> Option<T> {
    catch_unwind(AssertUnwindSafe(f)).ok().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::code::qr_modules;

    /// The search of a page full of finder patterns once did not end.
    #[test]
    fn a_page_full_of_finder_patterns_is_given_up() {
        let from_middle = |v: u32| (v / 3 % 12).abs_diff(4);
        let page = GrayImage::from_fn(1240, 1754, |x, y| {
            let dark = matches!(from_middle(x).max(from_middle(y)), 0 | 1 | 3);
            image::Luma([if dark { 0 } else { 255 }])
        });
        assert_eq!(by_rqrr(&page), None);
        assert_eq!(search(&page), Vec::<String>::new());
    }

    #[test]
    fn an_image_without_codes_is_searched_to_its_end() {
        let page = GrayImage::from_fn(300, 300, |x, y| image::Luma([(x * y) as u8]));
        assert_eq!(by_rqrr(&page), Some(Vec::new()));
    }

    /// One of thousands of hard scans of cover sheets was not read at its own size, and
    /// at every other; here it is grain that hides the code.
    #[test]
    fn a_code_in_grain_is_found_at_half_the_size() {
        const MODULE_PX: u32 = 8;
        const GRAIN_OF_256: u32 = 8;
        let text = "PC1/4T0Z8WYR5C/NGOC-HA/H1/0123456789AB";
        let symbol = qr_modules(text).unwrap();
        let side = symbol.size() * MODULE_PX;
        let mut dice = 1u32;
        let image = GrayImage::from_fn(side + 100, side + 100, |x, y| {
            dice = dice.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (x, y) = (x.wrapping_sub(50), y.wrapping_sub(50));
            let dark = x < side && y < side && symbol.get(x / MODULE_PX, y / MODULE_PX);
            let grain = dice >> 24 < GRAIN_OF_256;
            image::Luma([if dark == grain { 230 } else { 30 }])
        });
        assert_eq!(by_rqrr(&image), Some(Vec::new()));
        assert_eq!(by_rxing(&image), None);
        assert_eq!(search(&image), [text]);
    }
}
