//! Registration: where a place on the paper lies in the image.
//!
//! A projective (or, with few anchors, affine) map is fitted to all anchors;
//! what the anchors still deviate from it (a feeder that pulled unevenly, a
//! fold) is carried to the places between them by moving least squares: at
//! each place an affine correction, weighted by nearness (Schaefer, McPhail,
//! Warren, "Image deformation using moving least squares", 2006).

use nalgebra::{DMatrix, DVector, Matrix3, Vector3};

use crate::form::Reference;
use crate::geometry::{MmPoint, MmRect, MmVector, PxPoint, PxVector};

/// A place on the paper and where it was found in the image.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    pub paper: MmPoint,
    pub image: PxPoint,
}

/// Projective map from mm to px, on coordinates that are centred and scaled
/// for numerical health (Hartley, "In defense of the eight-point algorithm").
#[derive(Debug, Clone)]
struct Projective {
    paper_center: MmPoint,
    matrix: Matrix3<f64>,
}

/// Coordinates are divided by this, mm: about the half height of A4.
const PAPER_SCALE: f64 = 100.0;

impl Projective {
    fn apply(&self, p: MmPoint) -> PxPoint {
        let v = (p - self.paper_center) / PAPER_SCALE;
        let q = self.matrix * Vector3::new(v.x, v.y, 1.0);
        PxPoint::new(q.x / q.z, q.y / q.z)
    }

    fn fit_affine(pairs: &[Pair]) -> Option<Self> {
        let center = centroid(pairs)?;
        let mut normal = Matrix3::<f64>::zeros();
        let (mut bx, mut by) = (Vector3::zeros(), Vector3::zeros());
        for p in pairs {
            let v = (p.paper - center) / PAPER_SCALE;
            let row = Vector3::new(v.x, v.y, 1.0);
            normal += row * row.transpose();
            bx += row * p.image.x;
            by += row * p.image.y;
        }
        // Anchors on one line leave a direction undetermined.
        let smallest = normal
            .fixed_view::<2, 2>(0, 0)
            .symmetric_eigenvalues()
            .min();
        if smallest < 1e-3 {
            return None;
        }
        let inverse = normal.try_inverse()?;
        let (ax, ay) = (inverse * bx, inverse * by);
        let matrix = Matrix3::new(ax.x, ax.y, ax.z, ay.x, ay.y, ay.z, 0.0, 0.0, 1.0);
        Some(Self {
            paper_center: center,
            matrix,
        })
    }

    fn fit_projective(pairs: &[Pair]) -> Option<Self> {
        let start = Self::fit_affine(pairs)?;
        // Linear equations in the eight unknowns with h33 = 1, image
        // coordinates scaled to about one.
        let image_scale = pairs
            .iter()
            .map(|p| p.image.x.abs().max(p.image.y.abs()))
            .fold(1.0, f64::max);
        let mut a = DMatrix::zeros(pairs.len() * 2, 8);
        let mut b = DVector::zeros(pairs.len() * 2);
        for (i, p) in pairs.iter().enumerate() {
            let v = (p.paper - start.paper_center) / PAPER_SCALE;
            let (x, y) = (p.image.x / image_scale, p.image.y / image_scale);
            let rows = [
                ([v.x, v.y, 1.0, 0.0, 0.0, 0.0, -v.x * x, -v.y * x], x),
                ([0.0, 0.0, 0.0, v.x, v.y, 1.0, -v.x * y, -v.y * y], y),
            ];
            for (k, (row, rhs)) in rows.into_iter().enumerate() {
                for (j, value) in row.into_iter().enumerate() {
                    a[(2 * i + k, j)] = value;
                }
                b[2 * i + k] = rhs;
            }
        }
        let h = (a.transpose() * &a).cholesky()?.solve(&(a.transpose() * b));
        let s = image_scale;
        let matrix = Matrix3::new(
            h[0] * s,
            h[1] * s,
            h[2] * s,
            h[3] * s,
            h[4] * s,
            h[5] * s,
            h[6],
            h[7],
            1.0,
        );
        Some(Self {
            paper_center: start.paper_center,
            matrix,
        })
    }
}

fn centroid(pairs: &[Pair]) -> Option<MmPoint> {
    if pairs.len() < 3 {
        return None;
    }
    let n = pairs.len() as f64;
    let sum = pairs
        .iter()
        .fold(euclid::Vector2D::zero(), |s, p| s + p.paper.to_vector());
    Some((sum / n).to_point())
}

/// Image place of a paper place and how many px one mm is there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct LocalMap {
    /// The paper place.
    pub paper: MmPoint,
    /// Where it is in the image.
    pub image: PxPoint,
    /// px per mm along the paper's x.
    pub dx: PxVector,
    /// px per mm along the paper's y.
    pub dy: PxVector,
}

impl LocalMap {
    /// Map of an upright image of the whole paper.
    pub fn of_reference(reference: &Reference) -> Self {
        let (x, y) = reference.px_per_mm;
        Self {
            paper: MmPoint::origin(),
            image: PxPoint::origin(),
            dx: PxVector::new(x, 0.0),
            dy: PxVector::new(0.0, y),
        }
    }

    /// Image place of a paper place near the map's own.
    pub fn at(&self, p: MmPoint) -> PxPoint {
        let v = p - self.paper;
        self.image + self.dx * v.x + self.dy * v.y
    }

    /// A displacement in the image as a displacement on the paper.
    pub fn on_paper(&self, v: PxVector) -> MmVector {
        let det = self.dx.cross(self.dy);
        if det.abs() < 1e-9 {
            return MmVector::zero();
        }
        MmVector::new(v.cross(self.dy) / det, self.dx.cross(v) / det)
    }

    /// px per mm, averaged over directions.
    pub fn scale(&self) -> f64 {
        self.dx.cross(self.dy).abs().sqrt()
    }

    /// By how many degrees clockwise the image must be turned to be upright.
    pub fn rotation(&self) -> u32 {
        let along = self.dx.x.abs() >= self.dx.y.abs();
        match (along, self.dx.x > 0.0, self.dx.y > 0.0) {
            (true, true, _) => 0,
            // The paper's right is the image's bottom: it was turned clockwise.
            (false, _, true) => 270,
            (true, false, _) => 180,
            (false, _, false) => 90,
        }
    }
}

/// The map from paper to image.
#[derive(Debug, Clone)]
pub(crate) struct Registration {
    global: Projective,
    /// Anchors and by how much the global map misses them.
    residuals: Vec<(MmPoint, PxVector)>,
    scale: f64,
}

/// Distance at which an anchor's weight has fallen to a quarter, mm: half the
/// usual distance of two anchors along an edge.
const REACH_MM: f64 = 30.0;

/// Ridge on the slopes of the local correction, in units of summed weights:
/// keeps a correction near one lone anchor from tilting.
const SLOPE_RIDGE: f64 = 0.05;

impl Registration {
    /// Fits the map. `None` if the pairs are too few or lie on one line.
    ///
    /// The projective map is used where the anchors span most of the paper;
    /// with anchors on one side only, its extrapolation would be wild.
    pub fn fit(pairs: &[Pair], paper: MmRect) -> Option<Self> {
        let spans_paper = pairs.len() >= 7 && quadrants(pairs, paper) == 4;
        let global = if spans_paper {
            Projective::fit_projective(pairs).or_else(|| Projective::fit_affine(pairs))
        } else {
            Projective::fit_affine(pairs)
        }?;
        let residuals = pairs
            .iter()
            .map(|p| (p.paper, p.image - global.apply(p.paper)))
            .collect();
        let mut out = Self {
            global,
            residuals,
            scale: 0.0,
        };
        out.scale = out.local(paper.center()).scale();
        (out.scale.is_finite() && out.scale > 0.1).then_some(out)
    }

    /// The projective map through four places, as a person gives them: nothing is
    /// averaged out. `None` if three of them lie on one line, or the paper would lie
    /// on its face.
    pub fn through(four: &[Pair; 4], paper: MmRect) -> Option<Self> {
        let mut out = Self {
            global: Projective::fit_projective(four)?,
            residuals: four.iter().map(|p| (p.paper, PxVector::zero())).collect(),
            scale: 0.0,
        };
        let middle = out.local(paper.center());
        out.scale = middle.scale();
        let upright = middle.dx.cross(middle.dy) > 0.0;
        (upright && out.scale.is_finite() && out.scale > 0.1).then_some(out)
    }

    /// The map by which a place lies where the one `by` further lay.
    pub fn shifted(&self, by: MmVector) -> Self {
        let mut out = self.clone();
        out.global.paper_center -= by;
        for (place, _) in &mut out.residuals {
            *place -= by;
        }
        out
    }

    /// px per mm in the middle of the paper.
    pub fn scale(&self) -> f64 {
        self.scale
    }

    /// Where a paper place is in the image.
    pub fn at(&self, p: MmPoint) -> PxPoint {
        self.global.apply(p) + self.correction(p)
    }

    /// The map around a paper place.
    pub fn local(&self, p: MmPoint) -> LocalMap {
        // A finite difference over 2 mm: smaller than a box, so exact enough.
        let (x0, x1) = (self.at(p + MmX * -1.0), self.at(p + MmX * 1.0));
        let (y0, y1) = (self.at(p + MmY * -1.0), self.at(p + MmY * 1.0));
        LocalMap {
            paper: p,
            image: self.at(p),
            dx: (x1 - x0) / 2.0,
            dy: (y1 - y0) / 2.0,
        }
    }

    fn correction(&self, p: MmPoint) -> PxVector {
        weighted_affine(&self.residuals, p, None)
    }

    /// By how much each anchor is missed when it is predicted from the
    /// others, mm, in the order of the pairs.
    pub fn leave_one_out_mm(&self) -> Vec<f64> {
        (0..self.residuals.len())
            .map(|i| {
                let (p, r) = self.residuals[i];
                (r - weighted_affine(&self.residuals, p, Some(i))).length() / self.scale
            })
            .collect()
    }

    /// Adds what was found out later about places between the anchors (the
    /// printed boxes themselves): `moved` px beyond where the map put them.
    pub fn refine(&mut self, found: &[(MmPoint, PxVector)]) {
        let more: Vec<_> = found
            .iter()
            .map(|&(p, moved)| (p, self.correction(p) + moved))
            .collect();
        self.residuals.extend(more);
    }
}

#[allow(non_upper_case_globals)]
const MmX: euclid::Vector2D<f64, crate::geometry::Mm> = euclid::Vector2D::new(1.0, 0.0);
#[allow(non_upper_case_globals)]
const MmY: euclid::Vector2D<f64, crate::geometry::Mm> = euclid::Vector2D::new(0.0, 1.0);

/// Value at `p` of the affine function that fits the residuals best, near
/// ones counting most.
fn weighted_affine(residuals: &[(MmPoint, PxVector)], p: MmPoint, skip: Option<usize>) -> PxVector {
    let mut normal = Matrix3::<f64>::zeros();
    let (mut bx, mut by) = (Vector3::zeros(), Vector3::zeros());
    for (i, (q, r)) in residuals.iter().enumerate() {
        if skip == Some(i) {
            continue;
        }
        let v = (*q - p) / REACH_MM;
        let w = 1.0 / (1.0 + v.square_length()).powi(2);
        let row = Vector3::new(v.x, v.y, 1.0);
        normal += row * row.transpose() * w;
        bx += row * (w * r.x);
        by += row * (w * r.y);
    }
    let weight = normal[(2, 2)];
    if weight <= 0.0 {
        return PxVector::zero();
    }
    normal[(0, 0)] += SLOPE_RIDGE * weight;
    normal[(1, 1)] += SLOPE_RIDGE * weight;
    match normal.cholesky() {
        Some(c) => PxVector::new(c.solve(&bx).z, c.solve(&by).z),
        None => PxVector::zero(),
    }
}

/// In how many quarters of the paper there is a pair.
fn quadrants(pairs: &[Pair], paper: MmRect) -> usize {
    let c = paper.center();
    let mut seen = [false; 4];
    for p in pairs {
        seen[usize::from(p.paper.x > c.x) + 2 * usize::from(p.paper.y > c.y)] = true;
    }
    seen.iter().filter(|s| **s).count()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::form::frame;
    use crate::geometry::{MmSize, mm_rect};

    fn paper() -> MmRect {
        mm_rect(0.0, 0.0, 210.0, 297.0)
    }

    proptest! {
        /// Skew, scale, shear and a trapezoid are reproduced between the anchors.
        #[test]
        fn reproduces_a_projective_page(
            a in 0.9..1.1f64, b in -0.15..0.15f64, c in -0.15..0.15f64, d in 0.9..1.1f64,
            g in -2e-4..2e-4f64, h in -2e-4..2e-4f64,
            x in 15.0..195.0f64, y in 15.0..280.0f64,
        ) {
            let map = |p: MmPoint| {
                let z = 1.0 + g * p.x + h * p.y;
                PxPoint::new((a * p.x + b * p.y) * 11.8 / z + 40.0, (c * p.x + d * p.y) * 11.8 / z + 20.0)
            };
            let pairs: Vec<Pair> = frame::anchors(MmSize::new(210.0, 297.0)).iter()
                .map(|n| Pair { paper: n.rect.center(), image: map(n.rect.center()) }).collect();
            let r = Registration::fit(&pairs, paper()).unwrap();
            let p = MmPoint::new(x, y);
            prop_assert!((r.at(p) - map(p)).length() < 0.2, "{:?} {:?}", r.at(p), map(p));
        }

        /// A feeder that stretches and squeezes by 1 mm over the page's height
        /// is followed to a quarter of a millimetre.
        #[test]
        fn follows_an_uneven_feed(phase in 0.0..6.3f64, y in 15.0..280.0f64, x in 15.0..195.0f64) {
            let map = |p: MmPoint| PxPoint::new(p.x * 11.8, (p.y + 0.5 * (phase + p.y / 45.0).sin()) * 11.8);
            let pairs: Vec<Pair> = frame::anchors(MmSize::new(210.0, 297.0)).iter()
                .map(|n| Pair { paper: n.rect.center(), image: map(n.rect.center()) }).collect();
            let r = Registration::fit(&pairs, paper()).unwrap();
            let p = MmPoint::new(x, y);
            prop_assert!((r.at(p) - map(p)).length() / 11.8 < 0.45);
        }
    }

    #[test]
    fn anchors_on_one_line_are_refused() {
        let pairs: Vec<Pair> = (0..5)
            .map(|i| Pair {
                paper: MmPoint::new(9.0, 40.0 * f64::from(i)),
                image: PxPoint::new(100.0, 400.0 * f64::from(i)),
            })
            .collect();
        assert!(Registration::fit(&pairs, paper()).is_none());
    }
}
