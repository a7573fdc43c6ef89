//! The pixels of a box, and of the lines of the image near it.

use image::GrayImage;

use crate::form::{BoxShape, BoxSpec};
use crate::read::reading::Mark;
use crate::read::thumbnail::percentile;

/// Paper on both sides of a streak is looked at from here to there, mm from where
/// it is looked for.
const SIDES_MM: (f64, f64) = (1.0, 2.2);
/// From the outline's inner edge to where it is not seen any more, mm: a pixel of
/// blur at 150 dpi and 0.1 mm of misplacement.
const INSET_MM: f64 = 0.28;

/// Columns (or rows) of the image, px.
#[derive(Debug, Clone, Copy)]
pub(super) struct Band {
    pub down: bool,
    pub from: f64,
    pub to: f64,
}

impl Band {
    pub fn has(&self, x: f64, y: f64) -> bool {
        (self.from..=self.to).contains(if self.down { &x } else { &y })
    }
}

/// The lines of the image along a streak, near a box.
pub(super) struct Lines<'a> {
    pub image: &'a GrayImage,
    pub down: bool,
    /// The box, along the streak, px.
    pub range: (f64, f64),
    /// How far beyond it, px.
    pub reach: f64,
    /// Means instead of medians.
    pub mean: bool,
}

impl Lines<'_> {
    /// The darkest line within `aside_mm` of `at`: its middle, and how much darker it is than the
    /// paper beside it, gray levels. `None` outside the image.
    pub fn darkest(&self, at: f64, aside_mm: f64, px_per_mm: f64) -> Option<(f64, f64)> {
        let level = |line: f64| self.level(line);
        let side = |sign: f64| {
            let (from, to) = (SIDES_MM.0 * px_per_mm, SIDES_MM.1 * px_per_mm);
            let n = (to - from).ceil().max(1.0) as u32;
            let mut all: Vec<f64> = (0..n)
                .filter_map(|k| level(at + sign * (from + f64::from(k))))
                .collect();
            all.sort_by(f64::total_cmp);
            all.get(all.len() / 2).copied()
        };
        let paper = side(-1.0)?.min(side(1.0)?);
        let aside = (aside_mm * px_per_mm).ceil() as i32;
        (-aside..=aside)
            .filter_map(|k| {
                let line = (at + f64::from(k)).floor() + 0.5;
                Some((line, paper - level(line)?))
            })
            // Of equally dark ones the nearest.
            .max_by(|a, b| {
                let far = |line: f64| (line - at).abs();
                a.1.total_cmp(&b.1).then(far(b.0).total_cmp(&far(a.0)))
            })
    }

    /// Gray level of the line through this place.
    fn level(&self, line: f64) -> Option<f64> {
        let (w, h) = self.image.dimensions();
        let (lines, length) = if self.down { (w, h) } else { (h, w) };
        if !(line >= 0.0 && line < f64::from(lines)) {
            return None;
        }
        let line = line as u32;
        let from = (self.range.0 - self.reach).max(0.0) as u32;
        let to = ((self.range.1 + self.reach).max(0.0) as u32).min(length);
        let mut values: Vec<u8> = (from..to)
            .map(|k| {
                let (x, y) = if self.down { (line, k) } else { (k, line) };
                self.image.get_pixel(x, y).0[0]
            })
            .collect();
        if values.is_empty() {
            return None;
        }
        if self.mean {
            let sum: f64 = values.iter().map(|v| f64::from(*v)).sum();
            return Some(sum / values.len() as f64);
        }
        let middle = values.len() / 2;
        let (_, median, _) = values.select_nth_unstable(middle);
        Some(f64::from(*median))
    }
}

/// The inside of a box in the image.
pub(super) struct Frame {
    origin: [f64; 2],
    /// From its left to its right edge, and from its top to its bottom, px.
    right: [f64; 2],
    down: [f64; 2],
    /// Where the inside begins, share of width and height.
    inset: [f64; 2],
    shape: BoxShape,
    mm2_per_px: f64,
}

impl Frame {
    pub fn of(mark: &Mark, spec: &BoxSpec) -> Option<Self> {
        let size = spec.rect.size;
        let [a, b, _, d] = mark.corners_px.map(|c| c.map(f64::from));
        let frame = Self {
            origin: a,
            right: [b[0] - a[0], b[1] - a[1]],
            down: [d[0] - a[0], d[1] - a[1]],
            inset: [size.width, size.height]
                .map(|side| (spec.outline_mm + INSET_MM) / side.max(0.1)),
            shape: spec.shape,
            mm2_per_px: 0.0,
        };
        let area = frame.area();
        (area.is_finite() && area > 1.0).then_some(Self {
            mm2_per_px: size.width * size.height / area,
            ..frame
        })
    }

    fn area(&self) -> f64 {
        (self.right[0] * self.down[1] - self.right[1] * self.down[0]).abs()
    }

    /// Where the box lies across a line down (or across) the image, px.
    pub fn extent(&self, down: bool) -> (f64, f64) {
        let i = usize::from(!down);
        let (r, d) = (self.right[i], self.down[i]);
        let corners = [0.0, r, d, r + d].map(|v| v + self.origin[i]);
        let low = corners.into_iter().fold(f64::MAX, f64::min);
        let high = corners.into_iter().fold(f64::MIN, f64::max);
        (low, high)
    }

    /// Is this place inside the printed outline?
    fn inside(&self, x: f64, y: f64) -> bool {
        let det = self.right[0] * self.down[1] - self.right[1] * self.down[0];
        let (vx, vy) = (x - self.origin[0], y - self.origin[1]);
        let u = (vx * self.down[1] - vy * self.down[0]) / det;
        let v = (self.right[0] * vy - self.right[1] * vx) / det;
        let [a, b] = self.inset;
        match self.shape {
            BoxShape::Rect => (a..=1.0 - a).contains(&u) && (b..=1.0 - b).contains(&v),
            BoxShape::Oval => {
                let (s, t) = ((u - 0.5) / (0.5 - a), (v - 0.5) / (0.5 - b));
                s * s + t * t <= 1.0
            }
        }
    }

    /// Calls `f` with place and gray level of the pixels within `margin` px of the
    /// box.
    fn pixels(&self, image: &GrayImage, margin: f64, mut f: impl FnMut(f64, f64, u8)) {
        let (w, h) = image.dimensions();
        let clip = |(low, high): (f64, f64), most: u32| {
            let at = |v: f64| v.clamp(0.0, f64::from(most)) as u32;
            at((low - margin).floor())..at((high + margin).ceil())
        };
        let columns = clip(self.extent(true), w);
        for y in clip(self.extent(false), h) {
            for x in columns.clone() {
                let v = image.get_pixel(x, y).0[0];
                f(f64::from(x) + 0.5, f64::from(y) + 0.5, v);
            }
        }
    }

    /// Does the band go through the inside, not only along the outline?
    pub fn crossed_by(&self, image: &GrayImage, band: &Band) -> bool {
        let mut crossed = false;
        self.pixels(image, 0.0, |x, y, _| {
            crossed |= band.has(x, y) && self.inside(x, y);
        });
        crossed
    }

    /// The paper's level around the box: the third quartile of what is outside of
    /// it, within half its size.
    fn paper(&self, image: &GrayImage) -> f64 {
        let mut histogram = [0u32; 256];
        let margin = self.area().sqrt() / 2.0;
        self.pixels(image, margin, |x, y, v| {
            histogram[usize::from(v)] += u32::from(!self.inside(x, y));
        });
        f64::from(percentile(&histogram, 0.75))
    }

    /// Ink inside, beside the band: mm² that are at least so much darker than the
    /// paper around the box.
    pub fn ink_beside(&self, image: &GrayImage, band: &Band, darker: f64) -> f64 {
        let limit = self.paper(image) - darker;
        let mut n = 0u32;
        self.pixels(image, 0.0, |x, y, v| {
            let ink = f64::from(v) < limit && self.inside(x, y) && !band.has(x, y);
            n += u32::from(ink);
        });
        f64::from(n) * self.mm2_per_px
    }

    /// Mean of how much darker than the paper around it the ink inside is, of
    /// which each pixel is at least so much darker.
    pub fn darkness(&self, image: &GrayImage, darker: f64) -> Option<f64> {
        let paper = self.paper(image);
        let (mut n, mut sum) = (0u32, 0.0);
        self.pixels(image, 0.0, |x, y, v| {
            let below = paper - f64::from(v);
            if below > darker && self.inside(x, y) {
                n += 1;
                sum += below;
            }
        });
        (n > 0).then(|| sum / f64::from(n))
    }
}
