//! A plane of gray bytes and drawing into it with true area coverage.

use crate::geometry::MmRect;

/// A plane of bytes. As print: 0 bare paper, 255 full toner. As light: 0
/// black, 255 white.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Plane {
    pub width: usize,
    pub height: usize,
    pub data: Vec<u8>,
}

impl Plane {
    pub(crate) fn new(width: usize, height: usize, value: u8) -> Self {
        Self {
            width,
            height,
            data: vec![value; width * height],
        }
    }

    /// Covers the rectangle with full toner; its edges by the share of the
    /// pixel they cover. Coordinates in mm, `ppm` pixels per mm.
    pub(crate) fn cover(&mut self, rect: &MmRect, ppm: f64, strength: f64) {
        let (x0, x1) = (rect.origin.x * ppm, rect.max_x() * ppm);
        let (y0, y1) = (rect.origin.y * ppm, rect.max_y() * ppm);
        let columns = spans(x0, x1, self.width);
        for (y, share_y) in spans(y0, y1, self.height) {
            for (x, share_x) in &columns {
                self.darken(*x, y, share_x * share_y * strength);
            }
        }
    }

    /// Outline of a rectangle whose outer edge is `rect`.
    pub(crate) fn frame(&mut self, rect: &MmRect, line: f64, ppm: f64) {
        let (x, y, w, h) = (
            rect.origin.x,
            rect.origin.y,
            rect.size.width,
            rect.size.height,
        );
        let r = crate::geometry::mm_rect;
        self.cover(&r(x, y, w, line), ppm, 1.0);
        self.cover(&r(x, y + h - line, w, line), ppm, 1.0);
        self.cover(&r(x, y + line, line, h - 2.0 * line), ppm, 1.0);
        self.cover(&r(x + w - line, y + line, line, h - 2.0 * line), ppm, 1.0);
    }

    /// Outline of an ellipse whose outer edge touches `rect`.
    pub(crate) fn ring(&mut self, rect: &MmRect, line: f64, ppm: f64) {
        let c = rect.center();
        let (a, b) = (
            (rect.size.width - line) / 2.0,
            (rect.size.height - line) / 2.0,
        );
        if a <= 0.0 || b <= 0.0 {
            return;
        }
        let xs = spans(
            rect.origin.x * ppm - 1.0,
            rect.max_x() * ppm + 1.0,
            self.width,
        );
        for (y, _) in spans(
            rect.origin.y * ppm - 1.0,
            rect.max_y() * ppm + 1.0,
            self.height,
        ) {
            for (x, _) in &xs {
                let px = (*x as f64 + 0.5) / ppm - c.x;
                let py = (y as f64 + 0.5) / ppm - c.y;
                // Distance to the ellipse to first order: value over gradient.
                let (qx, qy) = (px / a, py / b);
                let value = qx * qx + qy * qy - 1.0;
                let gradient = 2.0 * (qx / a).hypot(qy / b);
                let distance = value.abs() / gradient.max(1e-6);
                let covered = ((line / 2.0 - distance) * ppm + 0.5).clamp(0.0, 1.0);
                if covered > 0.0 {
                    self.darken(*x, y, covered);
                }
            }
        }
    }

    fn darken(&mut self, x: usize, y: usize, share: f64) {
        if let Some(v) = self.data.get_mut(y * self.width + x) {
            *v = v.saturating_add((share * 255.0 + 0.5) as u8);
        }
    }

    /// Blurs by a Gaussian of this standard deviation, px.
    pub(crate) fn blur(&mut self, sigma: f64) {
        // A three-tap kernel [k, 1 - 2k, k] has variance 2k; beyond k = 0.25
        // it would no longer fall off, so wide blurs are made of several.
        let mut variance = sigma * sigma;
        while variance > 1e-3 {
            let k = (variance / 2.0).min(0.25);
            self.blur_once((k * 256.0).round() as u16);
            variance -= 2.0 * k;
        }
    }

    fn blur_once(&mut self, side: u16) {
        let (w, h) = (self.width, self.height);
        if w < 3 || h < 3 {
            return;
        }
        let middle = 256 - 2 * side;
        let mut above: Vec<u8> = self.data[..w].to_vec();
        let mut current = vec![0u8; w];
        for y in 0..h {
            let (head, tail) = self.data.split_at_mut((y + 1) * w);
            let row = &mut head[y * w..y * w + w];
            current.copy_from_slice(row);
            let below: &[u8] = if y + 1 < h { &tail[..w] } else { &current };
            for (((out, a), c), b) in row.iter_mut().zip(&above).zip(&current).zip(below) {
                let sum = (u32::from(*a) + u32::from(*b)) * u32::from(side)
                    + u32::from(*c) * u32::from(middle);
                *out = ((sum + 128) >> 8) as u8;
            }
            above.copy_from_slice(&current);
            current.copy_from_slice(row);
            let n = w - 1;
            for (((out, l), c), r) in row[1..n]
                .iter_mut()
                .zip(&current[..n - 1])
                .zip(&current[1..n])
                .zip(&current[2..])
            {
                let sum = (u32::from(*l) + u32::from(*r)) * u32::from(side)
                    + u32::from(*c) * u32::from(middle);
                *out = ((sum + 128) >> 8) as u8;
            }
        }
    }

    /// Turned by quarter turns clockwise.
    pub(crate) fn turned(self, quarter_turns: u32) -> Self {
        let (w, h) = (self.width, self.height);
        match quarter_turns % 4 {
            0 => self,
            2 => {
                let mut out = self;
                out.data.reverse();
                out
            }
            turn => {
                let mut out = Self::new(h, w, 0);
                // In tiles, so that both sides stay in the cache.
                const TILE: usize = 32;
                for ty in (0..h).step_by(TILE) {
                    for tx in (0..w).step_by(TILE) {
                        for y in ty..(ty + TILE).min(h) {
                            for x in tx..(tx + TILE).min(w) {
                                let (nx, ny) = if turn == 1 {
                                    (h - 1 - y, x)
                                } else {
                                    (y, w - 1 - x)
                                };
                                out.data[ny * h + nx] = self.data[y * w + x];
                            }
                        }
                    }
                }
                out
            }
        }
    }
}

/// Pixels that an interval touches, each with the share that is covered.
fn spans(from: f64, to: f64, limit: usize) -> Vec<(usize, f64)> {
    let first = from.floor().max(0.0) as usize;
    let last = (to.ceil().max(0.0) as usize).min(limit);
    (first..last)
        .map(|i| {
            let covered = (to.min(i as f64 + 1.0) - from.max(i as f64)).clamp(0.0, 1.0);
            (i, covered)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::mm_rect;

    #[test]
    fn coverage_is_the_area() {
        let mut p = Plane::new(40, 40, 0);
        p.cover(&mm_rect(1.03, 0.97, 1.31, 0.77), 10.0, 1.0);
        let sum: f64 = p.data.iter().map(|v| f64::from(*v) / 255.0).sum();
        assert!((sum - 1.31 * 0.77 * 100.0).abs() < 0.3, "{sum}");
    }

    #[test]
    fn blur_keeps_the_ink() {
        let mut p = Plane::new(40, 40, 0);
        p.cover(&mm_rect(1.5, 1.5, 1.0, 1.0), 10.0, 1.0);
        let before: u64 = p.data.iter().map(|v| u64::from(*v)).sum();
        p.blur(1.1);
        let after: u64 = p.data.iter().map(|v| u64::from(*v)).sum();
        assert!(before.abs_diff(after) < before / 100, "{before} {after}");
        assert!(p.data.iter().any(|v| *v > 0 && *v < 255));
    }

    #[test]
    fn four_quarter_turns_are_none() {
        let mut p = Plane::new(5, 3, 0);
        for (i, v) in p.data.iter_mut().enumerate() {
            *v = i as u8;
        }
        let once = p.clone().turned(1);
        assert_eq!((once.width, once.height), (3, 5));
        // What was top left is top right.
        assert_eq!(once.data[2], 0);
        assert_eq!(once.clone().turned(3), p);
        assert_eq!(once.turned(1), p.turned(2));
    }
}
