//! Finds the target in a page image: its anchors as on a ballot, then every
//! square of its lattice, then whether a second target shows.

use image::GrayImage;

use super::PageFailure;
use super::code::{CELLS, Number, decode};
use super::target::{PAPERS, SQUARE_MM, Target};
use crate::form::frame::ANCHOR_MM;
use crate::geometry::{MmPoint, MmSize, PxPoint};
use crate::page::Scan;
use crate::read::constellation::{self, Constellation};
use crate::read::registration::{Pair, Registration};
use crate::read::sample;
use crate::read::squares::{INK_LEVELS, Square, dark_regions, find_squares};
use crate::read::thumbnail::{PaperMap, Thumbnail};

/// A square whose place on the paper is known, found in the image.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    /// Centre on the target, mm.
    pub paper: MmPoint,
    /// Centre in the image, px.
    pub image: PxPoint,
    /// Side as it came out, mm of the target: ink that spread or a threshold
    /// that is too low make it larger.
    pub side_mm: f64,
    /// Side as it is printed, mm.
    pub nominal_mm: f64,
}

/// A target in an image.
#[derive(Debug, Clone)]
pub(crate) struct Located {
    pub target: Target,
    /// Degrees clockwise by which the image must be turned to be upright.
    pub rotation: u32,
    /// Anchors and lattice squares.
    pub found: Vec<Found>,
    /// Map from mm to px through all that was found.
    pub registration: Registration,
    /// Another target, or part of one: places of its anchors, px.
    pub second: Vec<PxPoint>,
}

/// With fewer lattice squares than this share it is not the target, or the
/// page is half missing: what is left then says too little about the feed.
const LEAST_LATTICE: f64 = 0.5;

/// Of a second target, which may be half covered by the first one, this share
/// of the lattice near its anchors is proof enough: a ballot has none.
const LEAST_SECOND: usize = 6;

/// Solid squares outside the first target that make a second sheet likely even
/// where too few are seen to recognise its pattern.
const STRANGERS: usize = 2;

/// Finds the target.
///
/// # Errors
/// [`PageFailure::NoTarget`], [`PageFailure::NotTheTarget`].
pub(crate) fn locate(scan: &Scan) -> Result<Located, PageFailure> {
    let image = &scan.image;
    let thumb = Thumbnail::of(image);
    let paper = PaperMap::of(&thumb.image);
    let regions = dark_regions(&thumb, &paper, INK_LEVELS[0]);
    let mut best: Option<(Candidate, Vec<Square>)> = None;
    let mut anchors_seen: Option<(usize, usize)> = None;
    for target in PAPERS.map(Target::new) {
        for px_per_mm in guesses(image, target.size()) {
            let squares = find_squares(&regions, &thumb, &paper, ANCHOR_MM * px_per_mm);
            let Some(found) = constellation::recognise(&squares, &target.anchors(), target.rect())
            else {
                continue;
            };
            let candidate = Candidate::of(image, target, found);
            let expected = target.lattice().len();
            anchors_seen = anchors_seen.max(Some((candidate.lattice, expected)));
            if candidate.share() >= LEAST_LATTICE
                && best
                    .as_ref()
                    .is_none_or(|(b, _)| candidate.rank() > b.rank())
            {
                best = Some((candidate, squares));
            }
        }
    }
    let Some((best, squares)) = best else {
        return Err(match anchors_seen {
            Some((found, expected)) => PageFailure::NotTheTarget { found, expected },
            None => PageFailure::NoTarget,
        });
    };
    let pairs: Vec<Pair> = best.found.iter().map(pair).collect();
    let registration =
        Registration::fit(&pairs, best.target.rect()).ok_or(PageFailure::NoTarget)?;
    let second = second(image, &best, &registration, &squares);
    let number = number(image, &best.target, &registration);
    Ok(Located {
        target: Target {
            number,
            ..best.target
        },
        rotation: best.rotation,
        found: best.found,
        registration,
        second,
    })
}

/// px per mm if the image shows exactly the paper, and if it is much longer
/// than the paper but as wide: two sheets fed together, or a scan of endless
/// length.
fn guesses(image: &GrayImage, paper: MmSize) -> Vec<f64> {
    let (w, h) = (f64::from(image.width()), f64::from(image.height()));
    let whole = (w * h / (paper.width * paper.height)).sqrt();
    let narrow = w.min(h) / paper.width;
    // Within a fifth the search for squares does not care.
    if (0.8..1.25).contains(&(whole / narrow)) {
        vec![whole]
    } else {
        vec![whole, narrow]
    }
}

fn pair(f: &Found) -> Pair {
    Pair {
        paper: f.paper,
        image: f.image,
    }
}

/// The target of one paper size, laid over the image.
struct Candidate {
    target: Target,
    rotation: u32,
    found: Vec<Found>,
    lattice: usize,
    /// What an affine map leaves of the squares' places, mm.
    rest_mm: f64,
}

impl Candidate {
    fn of(image: &GrayImage, target: Target, c: Constellation) -> Self {
        let mut registration = c.registration;
        let mut found = Vec::new();
        let mut lattice = 0;
        // The second round predicts from the squares of the first.
        for _ in 0..2 {
            found.clear();
            for a in target.anchors() {
                found.extend(square_at(image, &registration, a.rect.center(), ANCHOR_MM));
            }
            drop_clipped(&mut found);
            let anchors = found.len();
            for p in target.lattice() {
                found.extend(square_at(image, &registration, p, SQUARE_MM));
            }
            lattice = found.len() - anchors;
            let pairs: Vec<Pair> = found.iter().map(pair).collect();
            match Registration::fit(&pairs, target.rect()) {
                Some(better) => registration = better,
                None => break,
            }
        }
        let rest_mm = super::feed::Affine::fit(&found)
            .map_or(f64::INFINITY, |a| a.rms_px(&found) / registration.scale());
        Self {
            target,
            rotation: c.rotation,
            found,
            lattice,
            rest_mm,
        }
    }

    fn share(&self) -> f64 {
        self.lattice as f64 / self.target.lattice().len() as f64
    }

    /// The right paper explains more squares, and better: a tenth of the
    /// lattice counts as much as 0.2 mm of misfit.
    fn rank(&self) -> f64 {
        self.share() - 0.5 * self.rest_mm
    }
}

/// An anchor smaller than this share of the others was cut off by the paper's
/// edge or the printer's margin (a print larger than 102 %), and its centre with
/// it: what is left out here moved by a sixteenth of a millimetre and more.
const CLIPPED: f64 = 0.985;

fn drop_clipped(anchors: &mut Vec<Found>) {
    let mut sides: Vec<f64> = anchors.iter().map(|a| a.side_mm).collect();
    sides.sort_by(f64::total_cmp);
    if let Some(middle) = sides.get(sides.len() / 2) {
        anchors.retain(|a| a.side_mm >= CLIPPED * middle);
    }
}

/// A solid square near where the map puts it: its centre of darkness.
fn square_at(
    image: &GrayImage,
    registration: &Registration,
    at: MmPoint,
    side_mm: f64,
) -> Option<Found> {
    let map = registration.local(at);
    let scale = map.scale();
    // The square's half, the millimetre by which anchors that were found may
    // leave the map wrong between them, and room to see that it ends.
    let reach = (side_mm / 2.0 + 1.6) * scale;
    let (x0, x1) = (map.image.x - reach, map.image.x + reach);
    let (y0, y1) = (map.image.y - reach, map.image.y + reach);
    let (w, h) = (f64::from(image.width()), f64::from(image.height()));
    if !(x0 >= 0.0 && y0 >= 0.0 && x1 < w && y1 < h) {
        return None;
    }
    let (x0, x1, y0, y1) = (x0 as u32, x1 as u32, y0 as u32, y1 as u32);
    let pixels = |f: &mut dyn FnMut(u32, u32, u8)| {
        for y in y0..=y1 {
            for x in x0..=x1 {
                f(x, y, image.get_pixel(x, y).0[0]);
            }
        }
    };
    let mut histogram = [0u32; 256];
    pixels(&mut |_, _, v| histogram[v as usize] += 1);
    let level = |share| f64::from(crate::read::thumbnail::percentile(&histogram, share));
    // A lattice square is a seventh of its window, an anchor a third; where the
    // paper's edge is near, what lies behind it may be brighter and takes up to
    // two fifths.
    let (bg, black) = (level(0.5), level(0.06));
    if bg - black < 0.3 * bg.max(1.0) || bg - black < 25.0 {
        return None;
    }
    let middle = f64::midpoint(bg, black);
    let (mut n, mut sx, mut sy, mut area, mut edge) = (0.0, 0.0, 0.0, 0.0, 0u32);
    pixels(&mut |x, y, v| {
        let v = f64::from(v);
        area += ((bg - v) / (bg - black)).clamp(0.0, 1.0);
        // Only what is clearly dark has a say: not a streak, not a grain.
        let d = middle - v;
        if d > 0.0 {
            n += d;
            sx += d * (f64::from(x) + 0.5);
            sy += d * (f64::from(y) + 0.5);
            edge += u32::from(x == x0 || x == x1 || y == y0 || y == y1);
        }
    });
    if n <= 0.0 || edge > 2 {
        return None;
    }
    let center = PxPoint::new(sx / n, sy / n);
    let side = area.sqrt() / scale;
    let near = (center - map.image).length() <= 1.5 * scale;
    // Half and one and a half: toner that ran, copies, thresholds.
    let sized = (0.6..1.5).contains(&(side / side_mm));
    (near && sized).then_some(Found {
        paper: at,
        image: center,
        side_mm: side,
        nominal_mm: side_mm,
    })
}

/// Anchors of another target that shows beside or beneath the first one.
fn second(
    image: &GrayImage,
    first: &Candidate,
    registration: &Registration,
    squares: &[Square],
) -> Vec<PxPoint> {
    let scale = registration.scale();
    let expected: Vec<PxPoint> = first
        .target
        .anchors()
        .iter()
        .map(|a| registration.at(a.rect.center()))
        .collect();
    let rest: Vec<Square> = squares
        .iter()
        .filter(|s| {
            expected
                .iter()
                .all(|e| (s.center - *e).length() > 2.0 * scale)
        })
        .copied()
        .collect();
    let anchors = first.target.anchors();
    if let Some(c) = constellation::recognise(&rest, &anchors, first.target.rect()) {
        let places = c.matches.iter().map(|m| m.1).collect();
        let other = Candidate::of(image, first.target, c);
        if other.lattice >= LEAST_SECOND {
            return places;
        }
    }
    // Squares of an anchor's size beyond the first sheet's edges.
    let corners = [(0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0)].map(|(x, y)| {
        let size = first.target.size();
        registration.at(MmPoint::new(x * size.width, y * size.height))
    });
    let outside: Vec<PxPoint> = rest
        .iter()
        .filter(|s| (0.8..1.25).contains(&(s.side / (ANCHOR_MM * scale))))
        .map(|s| s.center)
        .filter(|p| !within(&corners, *p))
        .collect();
    if outside.len() >= STRANGERS {
        outside
    } else {
        Vec::new()
    }
}

/// Is the point in the convex polygon, whichever way its corners go round?
fn within(corners: &[PxPoint; 4], p: PxPoint) -> bool {
    let sides: Vec<f64> = (0..4)
        .map(|i| (corners[(i + 1) % 4] - corners[i]).cross(p - corners[i]))
        .collect();
    sides.iter().all(|s| *s >= 0.0) || sides.iter().all(|s| *s <= 0.0)
}

/// The number of the sheet, if it has one.
fn number(image: &GrayImage, target: &Target, registration: &Registration) -> Option<Number> {
    let mut levels = Vec::with_capacity(CELLS);
    for cell in target.code_cells() {
        let map = registration.local(cell.center());
        let mut values = Vec::new();
        for dy in [-1.5, -0.5, 0.5, 1.5] {
            for dx in [-0.5, 0.0, 0.5] {
                let p = cell.center() + euclid::vec2(dx, dy);
                values.extend(sample::sample(image, &map, p));
            }
        }
        values.sort_by(f32::total_cmp);
        levels.push(*values.get(values.len() / 2)?);
    }
    let (low, high) = levels
        .iter()
        .fold((f32::MAX, f32::MIN), |(l, h), v| (l.min(*v), h.max(*v)));
    // Without bars the cells differ by noise only.
    if high - low < 40.0 {
        return None;
    }
    let bars: Vec<bool> = levels
        .iter()
        .map(|v| *v < f32::midpoint(low, high))
        .collect();
    decode(&bars)
}
