//! Size, skew and evenness: what the places of the squares say.
//!
//! The scanner's sensor gives the image's rows and its feed the image's
//! columns, so a sheet that lies turned is first turned and then stretched:
//! A = S·R, with R the skew and S = diag(sx, sy). The lengths of A's rows are
//! then px per mm along the image's two axes, whatever the skew.

use nalgebra::{Matrix2, Matrix3, Vector2, Vector3};

use super::locate::{Found, Located};
use crate::geometry::{MM_PER_INCH, MmPoint, PxPoint};

/// How the sheet lay and how evenly it moved.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct FeedMeasure {
    /// Resolution along the image's rows, dots per inch of the paper.
    pub dpi_x: f64,
    /// Resolution down the image's columns (along the feed), dots per inch.
    pub dpi_y: f64,
    /// Skew of the sheet, degrees clockwise, between -45 and 45.
    pub skew_deg: f64,
    /// By how much a right angle comes out wider or narrower, degrees.
    pub shear_deg: f64,
    /// Down the columns against along the rows, percent: above 0 the feed is
    /// slower than it should be and the picture longer.
    pub stretch_percent: f64,
    /// Change of the width from the image's top to its bottom, percent.
    pub trapezoid_percent: f64,
    /// Largest displacement along the feed that is left when size, skew and
    /// shear are taken out, mm: the waves of a worn roller.
    pub uneven_mm: f64,
    /// What is left of all squares' places, root mean square, mm.
    pub residual_mm: f64,
    /// Middle of the sheet in the image, mm from the image's left and top.
    pub middle_mm: [f64; 2],
}

/// An affine map from mm to px.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Affine {
    linear: Matrix2<f64>,
    offset: Vector2<f64>,
}

impl Affine {
    /// The best one; `None` if the squares lie on one line.
    pub fn fit(found: &[Found]) -> Option<Self> {
        let n = found.len() as f64;
        if found.len() < 6 {
            return None;
        }
        let center = found.iter().fold(Vector2::zeros(), |s, f| {
            s + Vector2::new(f.paper.x, f.paper.y)
        }) / n;
        let mut normal = Matrix3::<f64>::zeros();
        let (mut bx, mut by) = (Vector3::zeros(), Vector3::zeros());
        for f in found {
            let row = Vector3::new(f.paper.x - center.x, f.paper.y - center.y, 1.0);
            normal += row * row.transpose();
            bx += row * f.image.x;
            by += row * f.image.y;
        }
        let inverse = normal.try_inverse()?;
        let (ax, ay) = (inverse * bx, inverse * by);
        let linear = Matrix2::new(ax.x, ax.y, ay.x, ay.y);
        // Squares on one line leave nothing of the other direction.
        if linear.determinant().abs() < 1e-3 {
            return None;
        }
        let offset = Vector2::new(ax.z, ay.z) - linear * center;
        Some(Self { linear, offset })
    }

    pub fn at(&self, p: MmPoint) -> PxPoint {
        let q = self.linear * Vector2::new(p.x, p.y) + self.offset;
        PxPoint::new(q.x, q.y)
    }

    /// The map back.
    pub fn inverse(&self) -> Option<BackMap> {
        let back = self.linear.try_inverse()?;
        Some(BackMap {
            linear: back,
            offset: -(back * self.offset),
        })
    }

    pub fn rms_px(&self, found: &[Found]) -> f64 {
        let sum: f64 = found
            .iter()
            .map(|f| (f.image - self.at(f.paper)).square_length())
            .sum();
        (sum / found.len().max(1) as f64).sqrt()
    }
}

/// An affine map from px to mm of the target.
#[derive(Debug, Clone, Copy)]
pub(crate) struct BackMap {
    linear: Matrix2<f64>,
    offset: Vector2<f64>,
}

impl BackMap {
    pub fn at(&self, x: f64, y: f64) -> MmPoint {
        let p = self.linear * Vector2::new(x, y) + self.offset;
        MmPoint::new(p.x, p.y)
    }
}

/// Slices of the page whose mean displacement is taken, mm: as high as the
/// lattice's pitch, so that each holds a row of it.
const SLICE_MM: f64 = 20.0;

/// Measures the feed. `print` is how much larger than it should be the target
/// was printed, across and down the paper (1 for a true print). `None` where
/// too few squares were found.
pub(crate) fn measure(located: &Located, print: [f64; 2]) -> Option<FeedMeasure> {
    let affine = Affine::fit(&located.found)?;
    let px_per_paper = affine.linear * Matrix2::new(1.0 / print[0], 0.0, 0.0, 1.0 / print[1]);
    let rows = [px_per_paper.row(0).norm(), px_per_paper.row(1).norm()];
    if rows.iter().any(|r| !r.is_finite() || *r < 1e-3) {
        return None;
    }
    let m = [px_per_paper.row(0) / rows[0], px_per_paper.row(1) / rows[1]];
    let turn = (m[1][0] - m[0][1]).atan2(m[0][0] + m[1][1]).to_degrees();
    // What is left beyond quarter turns.
    let skew_deg = turn - 90.0 * (turn / 90.0).round();
    let shear_deg = m[0].dot(&m[1]).clamp(-1.0, 1.0).asin().to_degrees();

    let middle = affine.at(located.target.rect().center());
    let mut wide = Slope::default();
    let mut square = 0.0;
    let mut moved: Vec<(f64, f64)> = Vec::new();
    for f in &located.found {
        let off = f.image - affine.at(f.paper);
        let (x, y) = (
            (f.image.x - middle.x) / rows[0],
            (f.image.y - middle.y) / rows[1],
        );
        let (dx, dy) = (off.x / rows[0], off.y / rows[1]);
        wide.add(x * y, dx);
        square += dx * dx + dy * dy;
        moved.push((y, dy));
    }
    let length = if located.rotation.is_multiple_of(180) {
        located.target.size().height
    } else {
        located.target.size().width
    };
    Some(FeedMeasure {
        dpi_x: rows[0] * MM_PER_INCH,
        dpi_y: rows[1] * MM_PER_INCH,
        skew_deg,
        shear_deg,
        stretch_percent: 100.0 * (rows[1] / rows[0] - 1.0),
        trapezoid_percent: 100.0 * wide.value() * length,
        uneven_mm: uneven(&moved),
        residual_mm: (square / located.found.len().max(1) as f64).sqrt(),
        middle_mm: [middle.x / rows[0], middle.y / rows[1]],
    })
}

/// A slope through the origin.
#[derive(Default)]
struct Slope {
    xx: f64,
    xy: f64,
}

impl Slope {
    fn add(&mut self, x: f64, y: f64) {
        self.xx += x * x;
        self.xy += x * y;
    }

    fn value(&self) -> f64 {
        if self.xx > 0.0 {
            self.xy / self.xx
        } else {
            0.0
        }
    }
}

/// Half of what the mean displacement of the page's slices differs by, mm.
fn uneven(moved: &[(f64, f64)]) -> f64 {
    let slice = |y: f64| (y / SLICE_MM).round() as i64;
    let mut sums: std::collections::BTreeMap<i64, (f64, f64)> = std::collections::BTreeMap::new();
    for (y, d) in moved {
        let s = sums.entry(slice(*y)).or_default();
        s.0 += d;
        s.1 += 1.0;
    }
    let means: Vec<f64> = sums
        .values()
        // A slice of one or two squares tells their own error.
        .filter(|s| s.1 >= 3.0)
        .map(|s| s.0 / s.1)
        .collect();
    let low = means.iter().copied().fold(f64::INFINITY, f64::min);
    let high = means.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if means.is_empty() {
        0.0
    } else {
        (high - low) / 2.0
    }
}
