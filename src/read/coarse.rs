//! Finds roughly how a page lies by comparing it with the blank page, both
//! reduced to a few thousand pixels: rotation, skew, scale and shift.

use super::correlate::{Pattern, Seen};
use super::registration::LocalMap;
use super::sample::Window;
use super::thumbnail::{PaperMap, Thumbnail};
use crate::form::Reference;
use crate::geometry::{MmPoint, MmRect, MmSize, PxPoint, PxVector, mm_rect};

/// Side of a coarse pixel, mm. A line of text is 4 to 6 mm high: coarser, and
/// a page of text is an even gray; finer, and the search takes longer (its
/// time goes with the fourth power).
const CELL_MM: f64 = 2.5;

/// Shift that is looked for in each direction, mm.
const SHIFT_MM: f64 = 20.0;

/// How a page may lie.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pose {
    /// The whole page as one affine map.
    pub map: LocalMap,
    /// Degrees clockwise by which the image must be turned.
    pub rotation: u32,
    /// Correlation with the blank page, up to 1.
    pub score: f64,
}

/// The blank page, coarse.
#[derive(Debug, Clone)]
pub(crate) struct CoarsePlan {
    paper: MmSize,
    pattern: Pattern,
}

impl CoarsePlan {
    pub fn of(reference: &Reference, paper: MmSize) -> Self {
        let mut window = Window::default();
        let map = LocalMap::of_reference(reference);
        window.fill(&reference.image, &map, whole(paper), CELL_MM);
        Self {
            paper,
            pattern: Pattern::of(&window),
        }
    }

    /// The likeliest poses, best first. `wide` also looks for large skew and
    /// other scales.
    pub fn poses(&self, scan: &CoarseScan, px_per_mm: f64, wide: bool) -> Vec<Pose> {
        let (angles, scales): (Vec<f64>, &[f64]) = if wide {
            (
                (-9..=9).map(f64::from).collect(),
                &[0.94, 0.97, 1.0, 1.03, 1.06],
            )
        } else {
            ((-2..=2).map(f64::from).collect(), &[1.0])
        };
        let mut out: Vec<Pose> = Vec::new();
        for turn in 0..4u32 {
            let upright = scan.width <= scan.height;
            let portrait = self.paper.width <= self.paper.height;
            // A page that fits the image lengthwise is not tried crosswise.
            if (turn % 2 == 0) != (upright == portrait) && !scan.nearly_square() {
                continue;
            }
            for &angle in &angles {
                for &scale in scales {
                    if let Some(p) = self.best_shift(scan, px_per_mm * scale, turn, angle) {
                        out.push(p);
                    }
                }
            }
        }
        out.sort_by(|a, b| b.score.total_cmp(&a.score));
        let mut best: Vec<Pose> = Vec::new();
        for p in out {
            let center = MmPoint::new(self.paper.width / 2.0, self.paper.height / 2.0);
            let alike = |q: &Pose| {
                q.rotation == p.rotation
                    && (q.map.at(center) - p.map.at(center)).length() < 4.0 * px_per_mm
            };
            if !best.iter().any(alike) {
                best.push(p);
            }
            if best.len() == 3 {
                break;
            }
        }
        best
    }

    fn best_shift(
        &self,
        scan: &CoarseScan,
        px_per_mm: f64,
        turn: u32,
        degrees: f64,
    ) -> Option<Pose> {
        let (cos, sin) = turned(turn, degrees);
        let map = LocalMap {
            paper: MmPoint::new(self.paper.width / 2.0, self.paper.height / 2.0),
            image: PxPoint::new(scan.full.0 / 2.0, scan.full.1 / 2.0),
            dx: PxVector::new(cos, sin) * px_per_mm,
            dy: PxVector::new(-sin, cos) * px_per_mm,
        };
        let reach = (SHIFT_MM / CELL_MM) as usize;
        let (width, height) = self.pattern.size();
        let (w, h) = (width + 2 * reach, height + 2 * reach);
        let seen = scan.resample(&map, w, h, reach);
        let (scores, columns) = self.pattern.scores(&Seen::new(seen, w));
        let mut best = (0.0, 0usize, 0usize);
        for (at, score) in scores.into_iter().enumerate() {
            if score > best.0 {
                best = (score, at % columns, at / columns);
            }
        }
        let moved = |i: usize| (i as f64 - reach as f64) * CELL_MM;
        let image = map.image + map.dx * moved(best.1) + map.dy * moved(best.2);
        let rotation = (360 - 90 * turn) % 360;
        (best.0 > 0.0).then_some(Pose {
            map: LocalMap { image, ..map },
            rotation,
            score: best.0,
        })
    }
}

/// Cosine and sine of quarter turns plus some degrees; by repeated rotation
/// from constants, so that every machine gets the same bits.
fn turned(turn: u32, degrees: f64) -> (f64, f64) {
    let (c1, s1) = (0.999_847_695_156_391_3, 0.017_452_406_437_283_51);
    let (mut c, mut s) = (1.0, 0.0);
    let sign = if degrees < 0.0 { -1.0 } else { 1.0 };
    for _ in 0..degrees.abs().round() as u32 {
        (c, s) = (c * c1 - s * s1 * sign, s * c1 + c * s1 * sign);
    }
    for _ in 0..turn {
        (c, s) = (-s, c);
    }
    (c, s)
}

/// A scanned page, coarse.
#[derive(Debug)]
pub(crate) struct CoarseScan {
    width: usize,
    height: usize,
    ink: Vec<f32>,
    /// Full-size pixels per coarse pixel.
    factor: f64,
    /// Size of the full image, px.
    full: (f64, f64),
}

impl CoarseScan {
    /// Averages the thumbnail's darkness over blocks of about [`CELL_MM`].
    pub fn of(thumb: &Thumbnail, paper: &PaperMap, px_per_mm: f64) -> Self {
        let (w, h) = thumb.image.dimensions();
        let block = ((CELL_MM * px_per_mm / f64::from(thumb.factor))
            .round()
            .max(1.0)) as u32;
        let (width, height) = ((w / block) as usize, (h / block) as usize);
        let mut ink = vec![0f32; width * height];
        for y in 0..height as u32 * block {
            let row = &mut ink[(y / block) as usize * width..][..width];
            let base = (y * w) as usize;
            for (bx, cell) in row.iter_mut().enumerate() {
                let x = bx as u32 * block;
                let level = paper.at(x, y);
                let pixels = &thumb.image.as_raw()[base + x as usize..][..block as usize];
                let sum: u32 = pixels
                    .iter()
                    .map(|&p| u32::from(level.saturating_sub(p)))
                    .sum();
                *cell += sum as f32 / (f32::from(level.max(1)) / 255.0);
            }
        }
        let n = (block * block) as f32;
        for v in &mut ink {
            *v /= n;
        }
        let f = f64::from(thumb.factor);
        Self {
            width,
            height,
            ink,
            factor: f64::from(block) * f,
            full: (f64::from(w) * f, f64::from(h) * f),
        }
    }

    fn nearly_square(&self) -> bool {
        let r = self.width as f64 / self.height.max(1) as f64;
        (0.87..1.15).contains(&r)
    }

    /// The scan on the blank page's grid, grown by `reach` cells on each side.
    fn resample(&self, map: &LocalMap, w: usize, h: usize, reach: usize) -> Vec<i16> {
        let mut out = vec![0i16; w * h];
        for row in 0..h {
            for col in 0..w {
                let p = MmPoint::new(
                    (col as f64 - reach as f64 + 0.5) * CELL_MM,
                    (row as f64 - reach as f64 + 0.5) * CELL_MM,
                );
                let q = map.at(p);
                let (x, y) = (q.x / self.factor - 0.5, q.y / self.factor - 0.5);
                if x < 0.0 || y < 0.0 {
                    continue;
                }
                let (px, py) = (x as usize, y as usize);
                if px + 1 >= self.width || py + 1 >= self.height {
                    continue;
                }
                let (fx, fy) = ((x - px as f64) as f32, (y - py as f64) as f32);
                let i = py * self.width + px;
                let top = self.ink[i] * (1.0 - fx) + self.ink[i + 1] * fx;
                let bottom =
                    self.ink[i + self.width] * (1.0 - fx) + self.ink[i + self.width + 1] * fx;
                out[row * w + col] = (top * (1.0 - fy) + bottom * fy).min(255.0) as i16;
            }
        }
        out
    }
}

/// The whole paper as a rectangle.
pub(crate) fn whole(paper: MmSize) -> MmRect {
    mm_rect(0.0, 0.0, paper.width, paper.height)
}
