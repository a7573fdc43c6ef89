//! Normalised correlation of a small pattern with a window, in integers: the
//! compiler may vectorise sums of integers, and every machine gets the same.

use fearless_simd::{Level, dispatch};

use super::sample::Window;

/// Ink of a piece of the blank page.
#[derive(Debug, Clone)]
pub(crate) struct Pattern {
    width: usize,
    height: usize,
    /// Darkness, 0 to 255.
    ink: Vec<i16>,
    sum: f64,
    /// Root of the summed squares about the mean.
    norm: f64,
}

/// Ink of a window, and what sums over parts of it are worked out from.
#[derive(Debug)]
pub(crate) struct Seen {
    width: usize,
    height: usize,
    /// Darkness, 0 to 255, row by row.
    ink: Vec<i16>,
    /// Of all samples above and left of a corner the sum and the sum of squares; a row and
    /// a column more than samples.
    above: Vec<(i64, i64)>,
}

impl Seen {
    /// The ink of a window.
    pub fn of(window: &Window) -> Self {
        Self::new(darkness(window), window.width)
    }

    /// Darkness in rows of so many.
    pub fn new(ink: Vec<i16>, width: usize) -> Self {
        let height = ink.len().checked_div(width).unwrap_or(0);
        let mut above = vec![(0, 0); (width + 1) * (height + 1)];
        for y in 0..height {
            let row = &ink[y * width..][..width];
            let (done, next) = above.split_at_mut((y + 1) * (width + 1));
            let done = &done[y * (width + 1)..];
            let (mut sum, mut square) = (0, 0);
            for (x, &v) in row.iter().enumerate() {
                let v = i64::from(v);
                sum += v;
                square += v * v;
                next[x + 1] = (done[x + 1].0 + sum, done[x + 1].1 + square);
            }
        }
        Self {
            width,
            height,
            ink,
            above,
        }
    }

    /// Sum and sum of squares of a part.
    fn sums(&self, (x, y): (usize, usize), (width, height): (usize, usize)) -> (i64, i64) {
        let at = |x, y| self.above[y * (self.width + 1) + x];
        let (a, b) = (at(x, y), at(x + width, y));
        let (c, d) = (at(x, y + height), at(x + width, y + height));
        (d.0 - b.0 - c.0 + a.0, d.1 - b.1 - c.1 + a.1)
    }
}

fn darkness(window: &Window) -> Vec<i16> {
    window.pixels.iter().map(|&p| i16::from(255 - p)).collect()
}

impl Pattern {
    /// From the reference's window.
    pub fn of(window: &Window) -> Self {
        let ink = darkness(window);
        let n = ink.len().max(1) as f64;
        let sum: f64 = ink.iter().map(|&v| f64::from(v)).sum();
        let square: f64 = ink.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
        Self {
            width: window.width,
            height: window.height,
            ink,
            sum,
            norm: (square - sum * sum / n).max(0.0).sqrt(),
        }
    }

    /// Columns and rows.
    pub fn size(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    /// Darkness of the samples, row by row.
    #[cfg(test)]
    pub fn ink(&self) -> &[i16] {
        &self.ink
    }

    /// Contrast: root mean square of the ink about its mean, gray levels.
    pub fn contrast(&self) -> f64 {
        self.norm / (self.ink.len().max(1) as f64).sqrt()
    }

    /// Normalised correlation, -1 to 1, with each part of `seen` that is as large as the
    /// pattern: row by row, and how many there are in a row. None where the pattern is larger.
    pub fn scores(&self, seen: &Seen) -> (Vec<f64>, usize) {
        let places = |of: usize, size: usize| (of + 1).saturating_sub(size);
        let columns = places(seen.width, self.width);
        let rows = places(seen.height, self.height);
        let level = Level::new();
        let scores = dispatch!(level, _simd => self.scores_of(seen, columns, rows));
        (scores, columns)
    }

    #[inline(always)]
    fn scores_of(&self, seen: &Seen, columns: usize, rows: usize) -> Vec<f64> {
        let mut out = vec![0.0; columns * rows];
        let mut strip = Vec::with_capacity(self.width * seen.height);
        for x in 0..columns {
            // Parts below each other are pieces of one strip.
            strip.clear();
            for row in seen.ink.chunks_exact(seen.width) {
                strip.extend_from_slice(&row[x..][..self.width]);
            }
            for y in 0..rows {
                let cross = products(&self.ink, &strip[y * self.width..]);
                let sums = seen.sums((x, y), self.size());
                out[y * columns + x] = self.score(cross, sums);
            }
        }
        out
    }

    /// Normalised correlation with a part of these sums: of products with the pattern, of
    /// samples and of their squares.
    #[inline(always)]
    fn score(&self, cross: i64, (sum, square): (i64, i64)) -> f64 {
        let n = self.ink.len().max(1) as f64;
        let (cross, sum, square) = (cross as f64, sum as f64, square as f64);
        let spread = (square - sum * sum / n).max(0.0).sqrt();
        // A nearly even part has no pattern; its tiny spread must not win.
        if spread < 0.05 * self.norm || self.norm < 1.0 {
            0.0
        } else {
            (cross - self.sum * sum / n) / (self.norm * spread)
        }
    }

    /// Column and row (with fractions) of the best place in the window, and
    /// its correlation.
    pub fn best_in(&self, window: &Window) -> Option<(f64, f64, f64)> {
        let (scores, nx) = self.scores_in(window)?;
        let ny = scores.len() / nx;
        let (best, &score) = scores
            .iter()
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(b.1))?;
        let (x, y) = (best % nx, best / nx);
        let at = |x: usize, y: usize| (x < nx && y < ny).then(|| scores[y * nx + x]);
        let peak = |minus: Option<f64>, plus: Option<f64>| match (minus, plus) {
            (Some(m), Some(p)) if m - 2.0 * score + p < -1e-9 => {
                ((m - p) / (2.0 * (m - 2.0 * score + p))).clamp(-0.5, 0.5)
            }
            _ => 0.0,
        };
        let fx = peak(x.checked_sub(1).and_then(|x| at(x, y)), at(x + 1, y));
        let fy = peak(y.checked_sub(1).and_then(|y| at(x, y)), at(x, y + 1));
        Some((x as f64 + fx, y as f64 + fy, score))
    }

    /// The best correlation in the window at places more than `apart` samples
    /// from its middle: near 1 for a pattern that repeats.
    pub fn best_elsewhere(&self, window: &Window, apart: f64) -> f64 {
        let Some((scores, nx)) = self.scores_in(window) else {
            return 1.0;
        };
        let ny = scores.len() / nx;
        let (cx, cy) = ((nx - 1) as f64 / 2.0, (ny - 1) as f64 / 2.0);
        scores
            .iter()
            .enumerate()
            .filter(|(i, _)| {
                let (x, y) = ((i % nx) as f64 - cx, (i / nx) as f64 - cy);
                (x * x + y * y).sqrt() > apart
            })
            .map(|s| *s.1)
            .fold(0.0, f64::max)
    }

    fn scores_in(&self, window: &Window) -> Option<(Vec<f64>, usize)> {
        let (scores, columns) = self.scores(&Seen::of(window));
        (self.norm >= 1.0 && !scores.is_empty()).then_some((scores, columns))
    }
}

/// Sum of the products of darknesses. Plain loops over pieces of one length, that the
/// compiler vectorises for the processor at hand.
#[inline(always)]
fn products(a: &[i16], b: &[i16]) -> i64 {
    let b = &b[..a.len()];
    let ((a, a_rest), (b, b_rest)) = (a.as_chunks::<PIECE>(), b.as_chunks::<PIECE>());
    let piece = |a: &[i16], b: &[i16]| -> i64 {
        let products = a.iter().zip(b).map(|(&p, &v)| i32::from(p) * i32::from(v));
        i64::from(products.sum::<i32>())
    };
    let pieces = a.iter().zip(b).map(|(a, b)| piece(a, b));
    pieces.sum::<i64>() + piece(a_rest, b_rest)
}

/// Samples that are multiplied together: 255² times so many fits 31 bits.
const PIECE: usize = 64;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn window(width: usize, pixels: Vec<u8>) -> Window {
        Window {
            width,
            height: pixels.len() / width,
            pixels,
            ..Window::default()
        }
    }

    proptest! {
        /// By sums over corners or sample by sample, it is Pearson's correlation.
        #[test]
        fn scores_are_correlations(
            pixels in prop::collection::vec(any::<u8>(), 35 * 20),
            (width, height) in (1..=35_usize, 1..=20_usize),
            pattern in prop::collection::vec(any::<u8>(), 35 * 20),
        ) {
            let seen = window(35, pixels);
            let own = window(width, pattern[..width * height].to_vec());
            let (scores, columns) = Pattern::of(&own).scores(&Seen::of(&seen));
            prop_assert_eq!((columns, scores.len()), (36 - width, (36 - width) * (21 - height)));
            let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
            let about = |v: Vec<f64>| -> Vec<f64> { v.iter().map(|x| x - mean(&v)).collect() };
            let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
            let mine = about(own.pixels.iter().map(|&p| 255.0 - f64::from(p)).collect());
            for (at, score) in scores.into_iter().enumerate() {
                let (x, y) = (at % columns, at / columns);
                let rows = (y..y + height).flat_map(|r| &seen.pixels[r * 35 + x..][..width]);
                let theirs = about(rows.map(|&p| 255.0 - f64::from(p)).collect());
                let (spread, norm) = (dot(&theirs, &theirs).sqrt(), dot(&mine, &mine).sqrt());
                if spread > 0.06 * norm && norm > 1.0 {
                    prop_assert!((score - dot(&mine, &theirs) / (norm * spread)).abs() < 1e-6);
                } else if spread < 0.04 * norm {
                    prop_assert!(score.abs() < 1e-9);
                }
            }
        }
    }

    #[test]
    fn a_pattern_that_is_larger_than_the_window_is_nowhere() {
        let large = Pattern::of(&window(4, vec![9, 200, 3, 4, 90, 100, 7, 8]));
        for (width, pixels) in [(3, vec![1; 9]), (4, vec![1; 4]), (1, Vec::new())] {
            let small = window(width, pixels);
            assert!(large.scores(&Seen::of(&small)).0.is_empty());
            assert_eq!(large.best_in(&small), None);
        }
    }
}
