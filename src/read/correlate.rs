//! Normalised correlation of a small pattern with a window, in integers: the
//! compiler may vectorise sums of integers, and every machine gets the same.

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

/// Darkness of a window's pixels.
pub(crate) fn darkness(window: &Window) -> Vec<i16> {
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

    /// Normalised correlation, -1 to 1, with the part of `seen` (rows of
    /// `stride`) whose top left is (x, y).
    pub fn score(&self, seen: &[i16], stride: usize, x: usize, y: usize) -> f64 {
        let (mut cross, mut sum, mut square) = (0i64, 0i64, 0i64);
        for row in 0..self.height {
            let a = &self.ink[row * self.width..][..self.width];
            let b = &seen[(y + row) * stride + x..][..self.width];
            // 255² times a row of up to 30,000 samples fits 31 bits.
            let (mut c, mut s, mut q) = (0i32, 0i32, 0i32);
            for (&p, &v) in a.iter().zip(b) {
                let (p, v) = (i32::from(p), i32::from(v));
                c += p * v;
                s += v;
                q += v * v;
            }
            cross += i64::from(c);
            sum += i64::from(s);
            square += i64::from(q);
        }
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
        let (scores, nx, ny) = self.scores(window)?;
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
        let Some((scores, nx, ny)) = self.scores(window) else {
            return 1.0;
        };
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

    fn scores(&self, window: &Window) -> Option<(Vec<f64>, usize, usize)> {
        if window.width < self.width || window.height < self.height || self.norm < 1.0 {
            return None;
        }
        let (nx, ny) = (
            window.width - self.width + 1,
            window.height - self.height + 1,
        );
        let seen = darkness(window);
        let scores = (0..nx * ny)
            .map(|i| self.score(&seen, window.width, i % nx, i / nx))
            .collect();
        Some((scores, nx, ny))
    }
}
