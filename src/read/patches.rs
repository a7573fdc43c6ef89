//! Registers a page of a learned form: pieces of its own print, chosen when it
//! was learned, are found again by normalised correlation, coarse to fine.

use super::coarse::{CoarsePlan, CoarseScan, Pose, whole};
use super::correlate::Pattern;
use super::ink::Tone;
use super::registration::{LocalMap, Pair, Registration};
use super::sample::Window;
use super::thumbnail::{PaperMap, Thumbnail, percentile};
use crate::form::{AnchorKind, PageLayout, Reference};
use crate::geometry::px_per_mm;
use crate::geometry::{MmPoint, MmRect, MmVector, PxPoint, PxVector};
use crate::page::Scan;

/// One round of the search.
struct Round {
    /// Distance of samples, mm.
    step_mm: f64,
    /// How far around the expected place is searched, mm.
    reach_mm: f64,
    /// Least correlation: what is written over or faded stays below.
    least: f64,
    /// Only the middle of each patch, finely.
    trimmed: bool,
}

/// First round: the coarse pose is within a degree, three per cent and one of
/// its cells.
const WIDE: Round = Round {
    step_mm: 0.5,
    reach_mm: 6.0,
    least: 0.5,
    trimmed: false,
};
/// Second round, on the affine fit of the first.
const NEAR: Round = Round {
    reach_mm: 2.5,
    ..WIDE
};
/// Last round.
const FINE: Round = Round {
    step_mm: 0.17,
    reach_mm: 1.2,
    least: 0.55,
    trimmed: true,
};

/// The last round compares only a patch's middle: this much is left out on
/// each side, mm.
const FINE_TRIM_MM: (f64, f64) = (2.0, 1.5);

/// Patches that one affine map must explain, and by how much they may miss, mm.
const FEWEST: usize = 6;
const AFFINE_MISS_MM: f64 = 2.0;
/// A patch that the others predict worse than this was mistaken, mm.
const OUTLIER_MM: f64 = 0.8;

/// What is worked out once for a learned page.
#[derive(Debug, Clone)]
pub(crate) struct PatchPlan {
    coarse: CoarsePlan,
    patches: Vec<Patch>,
}

#[derive(Debug, Clone)]
struct Patch {
    rect: MmRect,
    wide: Pattern,
    fine: Pattern,
}

/// A registered learned page.
#[derive(Debug)]
pub(crate) struct Fit {
    pub registration: Registration,
    pub rotation: u32,
    pub tone: Tone,
    pub matched: usize,
}

impl PatchPlan {
    /// `None` for pages that were printed with our anchors.
    pub fn of(page: &PageLayout) -> Option<Self> {
        let reference = page.reference.as_ref()?;
        let patches = page
            .anchors
            .iter()
            .filter(|a| a.kind == AnchorKind::Patch)
            .map(|a| Patch {
                rect: a.rect,
                wide: pattern(reference, a.rect, WIDE.step_mm),
                fine: pattern(reference, middle(a.rect), FINE.step_mm),
            })
            .collect();
        Some(Self {
            coarse: CoarsePlan::of(reference, page.size),
            patches,
        })
    }

    /// How the page may lie in the image, likeliest first for each scale that it may have;
    /// a scale is looked at when the poses of those before it have been taken.
    /// `wide`: look for large skew and other scales too, which takes twenty times as long.
    pub fn poses(
        &self,
        scan: &Scan,
        thumb: &Thumbnail,
        paper: &PaperMap,
        page: &PageLayout,
        wide: bool,
    ) -> impl Iterator<Item = Pose> {
        scales(scan, page).into_iter().flat_map(move |px_per_mm| {
            let coarse = CoarseScan::of(thumb, paper, px_per_mm);
            self.coarse.poses(&coarse, px_per_mm, wide)
        })
    }

    /// Finds the page in the image where one of these poses puts it. `None` if too few
    /// patches are found.
    pub fn register(
        &self,
        scan: &Scan,
        thumb: &Thumbnail,
        paper: &PaperMap,
        page: &PageLayout,
        poses: impl IntoIterator<Item = Pose>,
    ) -> Option<Fit> {
        let enough = (self.patches.len() / 2).max(FEWEST);
        let mut best: Option<Fit> = None;
        for pose in poses {
            let settled = self.settle(scan, thumb, paper, page, &|_| pose.map, pose.rotation);
            let Some(fit) = settled else {
                continue;
            };
            if fit.matched >= enough {
                return Some(fit);
            }
            if best.as_ref().is_none_or(|b| fit.matched > b.matched) {
                best = Some(fit);
            }
        }
        best
    }

    /// As [`Self::register`], where somebody has said about where the page lies.
    /// `None` if too few patches are found near there.
    pub fn register_near(
        &self,
        scan: &Scan,
        thumb: &Thumbnail,
        paper: &PaperMap,
        page: &PageLayout,
        about: &Registration,
    ) -> Option<Fit> {
        let map = about.local(whole(page.size).center());
        let rotation = map.rotation();
        let enough = (self.patches.len() / 2).max(FEWEST);
        self.settle(scan, thumb, paper, page, &|p| about.local(p), rotation)
            .filter(|fit| fit.matched >= enough)
    }

    fn settle(
        &self,
        scan: &Scan,
        thumb: &Thumbnail,
        paper: &PaperMap,
        page: &PageLayout,
        about: &dyn Fn(MmPoint) -> LocalMap,
        rotation: u32,
    ) -> Option<Fit> {
        let area = whole(page.size);
        let f = f64::from(thumb.factor);
        let reduced = |m: LocalMap| LocalMap {
            image: PxPoint::new(m.image.x / f, m.image.y / f),
            dx: m.dx / f,
            dy: m.dy / f,
            ..m
        };
        let first_map = |p: MmPoint| reduced(about(p));
        let mut found = self.find(&WIDE, &thumb.image, f, &first_map);
        keep_affine(&mut found, area)?;
        let mut registration = Registration::fit(&found, area)?;
        let near_map = |p: MmPoint| reduced(registration.local(p));
        let mut found = self.find(&NEAR, &thumb.image, f, &near_map);
        keep_affine(&mut found, area)?;
        registration = Registration::fit(&found, area)?;
        let fine_map = |p: MmPoint| registration.local(p);
        let mut found = self.find(&FINE, &scan.image, 1.0, &fine_map);
        registration = drop_outliers(&mut found, area)?;
        let map = registration.local(area.center());
        if map.dx.cross(map.dy) <= 0.0
            || !(0.85..1.18).contains(&(map.dx.length() / map.dy.length()))
        {
            return None;
        }
        let tone = Tone {
            paper: f64::from(paper.median()),
            black: self.black(scan, &registration),
        };
        Some(Fit {
            registration,
            rotation,
            tone,
            matched: found.len(),
        })
    }

    /// Finds every patch near where `map` puts it. `factor`: full-size pixels
    /// per pixel of `image`.
    fn find(
        &self,
        round: &Round,
        image: &image::GrayImage,
        factor: f64,
        map: &dyn Fn(MmPoint) -> LocalMap,
    ) -> Vec<Pair> {
        let mut window = Window::default();
        let samples = (round.reach_mm / round.step_mm).round();
        let margin = samples * round.step_mm;
        self.patches
            .iter()
            .filter_map(|patch| {
                let center = patch.rect.center();
                let local = map(center);
                let (rect, pattern) = if round.trimmed {
                    (middle(patch.rect), &patch.fine)
                } else {
                    (patch.rect, &patch.wide)
                };
                window.fill(image, &local, rect.inflate(margin, margin), round.step_mm);
                let (dx, dy, score) = pattern.best_in(&window)?;
                let shift = MmVector::new(dx - samples, dy - samples) * round.step_mm;
                let at = local.at(center + shift);
                (score >= round.least).then_some(Pair {
                    paper: center,
                    image: PxPoint::new(at.x * factor, at.y * factor),
                })
            })
            .collect()
    }

    /// Gray level of solid print: the second percentile of text-rich patches.
    fn black(&self, scan: &Scan, registration: &Registration) -> f64 {
        let mut histogram = [0u32; 256];
        let mut window = Window::default();
        for patch in &self.patches {
            let map = registration.local(patch.rect.center());
            window.fill(&scan.image, &map, patch.rect, FINE.step_mm);
            for &p in &window.pixels {
                histogram[p as usize] += 1;
            }
        }
        f64::from(percentile(&histogram, 0.02))
    }
}

/// px per mm that the page may have: as if the image showed exactly the paper,
/// and as the file claims, where that is another and possible.
fn scales(scan: &Scan, page: &PageLayout) -> Vec<f64> {
    let (w, h) = scan.image.dimensions();
    let by_area = (f64::from(w) * f64::from(h) / page.size.area()).sqrt();
    let claimed = scan.dpi.map(|(x, y)| px_per_mm((x * y).sqrt()));
    let other = claimed.filter(|c| {
        let ratio = c / by_area;
        (0.6..1.6).contains(&ratio) && (ratio - 1.0).abs() > 0.02
    });
    std::iter::once(by_area).chain(other).collect()
}

/// Removes pairs that no common affine map explains: the map through three of
/// them that explains most (all triples of a spread-out subset are tried).
fn keep_affine(pairs: &mut Vec<Pair>, area: MmRect) -> Option<()> {
    let n = pairs.len();
    if n < FEWEST {
        return None;
    }
    let stride = (n / 14).max(1);
    let chosen: Vec<usize> = (0..n).step_by(stride).collect();
    let mut best: Vec<usize> = Vec::new();
    for (a, &i) in chosen.iter().enumerate() {
        for (b, &j) in chosen.iter().enumerate().skip(a + 1) {
            for &k in &chosen[b + 1..] {
                let triple = [pairs[i], pairs[j], pairs[k]];
                let spread =
                    (triple[1].paper - triple[0].paper).cross(triple[2].paper - triple[0].paper);
                // A thin triangle extrapolates wildly: at least 40 by 40 mm.
                if spread.abs() < 1600.0 {
                    continue;
                }
                let Some(map) = Registration::fit(&triple, area) else {
                    continue;
                };
                let limit = AFFINE_MISS_MM * map.scale();
                let fits: Vec<usize> = (0..n)
                    .filter(|&m| {
                        (affine_at(&triple, pairs[m].paper) - pairs[m].image).length() <= limit
                    })
                    .collect();
                if fits.len() > best.len() {
                    best = fits;
                }
            }
        }
    }
    if best.len() < FEWEST {
        return None;
    }
    let kept: Vec<Pair> = best.into_iter().map(|i| pairs[i]).collect();
    *pairs = kept;
    Some(())
}

/// The affine map through three pairs, at a place.
fn affine_at(t: &[Pair; 3], p: MmPoint) -> PxPoint {
    let (u, v, w) = (
        t[1].paper - t[0].paper,
        t[2].paper - t[0].paper,
        p - t[0].paper,
    );
    let det = u.cross(v);
    let (a, b) = (w.cross(v) / det, u.cross(w) / det);
    let image = |q: PxPoint| -> PxVector { q - t[0].image };
    t[0].image + image(t[1].image) * a + image(t[2].image) * b
}

fn drop_outliers(pairs: &mut Vec<Pair>, area: MmRect) -> Option<Registration> {
    loop {
        if pairs.len() < FEWEST {
            return None;
        }
        let registration = Registration::fit(pairs, area)?;
        let (worst, error) = registration
            .leave_one_out_mm()
            .into_iter()
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        if error <= OUTLIER_MM {
            return Some(registration);
        }
        pairs.remove(worst);
    }
}

/// What the last round looks at.
fn middle(rect: MmRect) -> MmRect {
    rect.inflate(-FINE_TRIM_MM.0, -FINE_TRIM_MM.1)
}

/// A piece of the blank page, sampled at `step` mm.
fn pattern(reference: &Reference, rect: MmRect, step: f64) -> Pattern {
    let mut window = Window::default();
    window.fill(
        &reference.image,
        &LocalMap::of_reference(reference),
        rect,
        step,
    );
    Pattern::of(&window)
}
