//! Recognises the pattern of anchors among the squares that were found, in
//! any of the four rotations, skewed, shifted, with some of them missing.

use super::registration::{Pair, Registration};
use super::squares::Square;
use crate::form::Anchor;
use crate::form::frame::ANCHOR_MM;
use crate::geometry::{MmRect, MmVector, PxPoint, PxVector};

/// The anchors that were recognised.
#[derive(Debug, Clone)]
pub(crate) struct Constellation {
    /// Index into the page's anchors, and where each was found.
    pub matches: Vec<(usize, PxPoint)>,
    /// The map fitted to them.
    pub registration: Registration,
    /// Degrees clockwise by which the image must be turned to be upright.
    pub rotation: u32,
    /// Largest leave-one-out error of an anchor that was kept, mm.
    pub worst_mm: f64,
}

/// Fewer anchors than this prove nothing.
pub(crate) const FEWEST: usize = 4;

/// Two anchors nearer than this give too coarse a first guess, mm.
const BASE_MM: f64 = 70.0;

/// Skew that is looked for: sine of 11°, three beyond what is promised.
const SIN_SKEW: f64 = 0.19;

/// The first guess assumes one scale for both directions; a page printed at
/// 94 % one way and 106 % the other then misses by up to 6 % of half the page.
const FIRST_TOLERANCE_MM: f64 = 8.0;

/// After the affine fit what is left is perspective and uneven feed.
const AFFINE_TOLERANCE_MM: f64 = 4.0;

/// An anchor that the others predict worse than this is something else or is
/// disturbed: uneven feed moves neighbours by at most 1 mm.
const OUTLIER_MM: f64 = 1.2;

/// A square's side over that of an anchor at the scale of a map: what blur, ink that runs
/// and a print at 94 % leave of it. On the next paper size of the A series it is 0.7 or
/// 1.4.
const SIZES: std::ops::Range<f64> = 0.78..1.28;

/// How many first guesses of each rotation are fitted fully.
const GUESSES: usize = 10;

/// Finds the anchors. `None` if no arrangement explains at least [`FEWEST`].
pub(crate) fn recognise(
    squares: &[Square],
    anchors: &[Anchor],
    paper: MmRect,
) -> Option<Constellation> {
    let mut best: Option<Constellation> = None;
    for squeeze in SQUEEZES {
        let found = best_of(
            squares,
            anchors,
            paper,
            first_guesses(squares, anchors, squeeze),
        );
        let better = found
            .as_ref()
            .is_some_and(|f| best.as_ref().is_none_or(|b| f.beats(b)));
        if better {
            best = found;
        }
        // Nearly all anchors found: no other squeeze explains more.
        if best
            .as_ref()
            .is_some_and(|b| b.matches.len() + 2 >= anchors.len())
        {
            break;
        }
    }
    best
}

/// Height over width of the print, as shares of the paper's, that first guesses
/// assume: none, then printed at 94 % one way and 106 % the other. What is
/// between is within [`FIRST_TOLERANCE_MM`].
const SQUEEZES: [f64; 3] = [1.0, 0.91, 1.1];

impl Constellation {
    /// More anchors explained, or as many and better.
    pub fn beats(&self, other: &Self) -> bool {
        (self.matches.len(), -self.worst_mm) > (other.matches.len(), -other.worst_mm)
    }
}

fn best_of(
    squares: &[Square],
    anchors: &[Anchor],
    paper: MmRect,
    mut guesses: Vec<Guess>,
) -> Option<Constellation> {
    guesses.sort_by(|a, b| b.count.cmp(&a.count).then(a.error.total_cmp(&b.error)));
    let mut best: Option<Constellation> = None;
    let mut tried = [0usize; 4];
    for guess in &guesses {
        // Each rotation gets its tries: squeezed paper makes the first guesses
        // of the right one look no better than those of a wrong one.
        let turn = guess.quarter_turns();
        tried[turn] += 1;
        if tried[turn] > GUESSES {
            continue;
        }
        let Some(found) = settle(squares, anchors, paper, guess) else {
            continue;
        };
        if best.as_ref().is_none_or(|b| found.beats(b)) {
            best = Some(found);
        }
    }
    best
}

/// A similarity from two anchors seen as two squares.
#[derive(Debug, Clone, Copy)]
struct Guess {
    from: crate::geometry::MmPoint,
    to: PxPoint,
    /// px per mm times cosine and sine of the angle.
    cos: f64,
    sin: f64,
    /// Height over width.
    squeeze: f64,
    count: usize,
    error: f64,
}

impl Guess {
    /// 0 upright, then clockwise.
    fn quarter_turns(&self) -> usize {
        match (
            self.cos.abs() >= self.sin.abs(),
            self.cos > 0.0,
            self.sin > 0.0,
        ) {
            (true, true, _) => 0,
            (false, _, true) => 1,
            (true, false, _) => 2,
            (false, _, false) => 3,
        }
    }

    fn at(&self, p: crate::geometry::MmPoint) -> PxPoint {
        let v = p - self.from;
        let v = MmVector::new(v.x, v.y * self.squeeze);
        self.to
            + PxVector::new(
                self.cos * v.x - self.sin * v.y,
                self.sin * v.x + self.cos * v.y,
            )
    }
}

fn first_guesses(squares: &[Square], anchors: &[Anchor], squeeze: f64) -> Vec<Guess> {
    let mut out: Vec<Guess> = Vec::new();
    for (a, first) in anchors.iter().enumerate() {
        for second in &anchors[a + 1..] {
            let plain: MmVector = second.rect.center() - first.rect.center();
            let paper = MmVector::new(plain.x, plain.y * squeeze);
            let length = paper.length();
            if length < BASE_MM {
                continue;
            }
            for (i, s) in squares.iter().enumerate() {
                for (j, t) in squares.iter().enumerate() {
                    if i == j {
                        continue;
                    }
                    let image = t.center - s.center;
                    let scale = image.length() / length;
                    // A square's own size tells the scale too.
                    let sizes_fit = [s, t]
                        .iter()
                        .all(|q| SIZES.contains(&(q.side / ANCHOR_MM / scale)));
                    if !sizes_fit {
                        continue;
                    }
                    let cos = (image.x * paper.x + image.y * paper.y) / (length * length);
                    let sin = (image.y * paper.x - image.x * paper.y) / (length * length);
                    if (cos.abs()).min(sin.abs()) / scale > SIN_SKEW {
                        continue;
                    }
                    let mut guess = Guess {
                        // From the middle between both: half the error of a squeeze.
                        from: first.rect.center().lerp(second.rect.center(), 0.5),
                        to: s.center.lerp(t.center, 0.5),
                        cos,
                        sin,
                        squeeze,
                        count: 0,
                        error: 0.0,
                    };
                    for n in anchors {
                        if let Some((_, d)) = nearest(
                            squares,
                            guess.at(n.rect.center()),
                            FIRST_TOLERANCE_MM * scale,
                        ) {
                            guess.count += 1;
                            guess.error += d / scale;
                        }
                    }
                    if guess.count == anchors.len() {
                        // No other guess can explain more.
                        return vec![guess];
                    }
                    if guess.count >= FEWEST {
                        out.push(guess);
                    }
                }
            }
        }
    }
    out
}

fn nearest(squares: &[Square], p: PxPoint, within: f64) -> Option<(usize, f64)> {
    squares
        .iter()
        .enumerate()
        .map(|(i, s)| (i, (s.center - p).length()))
        .filter(|(_, d)| *d <= within)
        .min_by(|a, b| a.1.total_cmp(&b.1))
}

/// Fits the full map to a guess and drops what does not fit.
fn settle(
    squares: &[Square],
    anchors: &[Anchor],
    paper: MmRect,
    guess: &Guess,
) -> Option<Constellation> {
    let scale = guess.cos.hypot(guess.sin);
    let matched = |place: &dyn Fn(&Anchor) -> PxPoint, mm: f64| -> Vec<(usize, usize)> {
        let mut taken: Vec<(usize, usize, f64)> = Vec::new();
        for (i, a) in anchors.iter().enumerate() {
            if let Some((s, d)) = nearest(squares, place(a), mm * scale) {
                match taken.iter_mut().find(|t| t.1 == s) {
                    Some(t) if t.2 > d => *t = (i, s, d),
                    Some(_) => {}
                    None => taken.push((i, s, d)),
                }
            }
        }
        taken.into_iter().map(|(i, s, _)| (i, s)).collect()
    };
    let fit = |m: &[(usize, usize)]| -> Option<Registration> {
        let pairs: Vec<Pair> = m
            .iter()
            .map(|&(i, s)| Pair {
                paper: anchors[i].rect.center(),
                image: squares[s].center,
            })
            .collect();
        Registration::fit(&pairs, paper)
    };
    let mut matches = matched(&|a| guess.at(a.rect.center()), FIRST_TOLERANCE_MM);
    let mut registration = fit(&matches)?;
    for tolerance in [AFFINE_TOLERANCE_MM, AFFINE_TOLERANCE_MM / 2.0] {
        let again = matched(&|a| registration.at(a.rect.center()), tolerance);
        if again.len() < FEWEST {
            return None;
        }
        registration = fit(&again)?;
        matches = again;
    }
    // The worst outlier first: it spoils the prediction of its neighbours.
    // Once the wrong ones are gone, the others may turn out to fit.
    let mut worst_mm = drop_outliers(&mut matches, &mut registration, &fit)?;
    for _ in 0..2 {
        let mut again = matched(
            &|a| registration.at(a.rect.center()),
            AFFINE_TOLERANCE_MM / 2.0,
        );
        if again.len() <= matches.len() {
            break;
        }
        let mut refitted = fit(&again)?;
        let Some(worst) = drop_outliers(&mut again, &mut refitted, &fit) else {
            break;
        };
        if again.len() <= matches.len() {
            break;
        }
        (matches, registration, worst_mm) = (again, refitted, worst);
    }
    let map = registration.local(paper.center());
    // A mirror image or a squeeze beyond 12 % is not a page.
    let (lx, ly) = (map.dx.length(), map.dy.length());
    if map.dx.cross(map.dy) <= 0.0 || !(0.85..1.18).contains(&(lx / ly)) {
        return None;
    }
    // The pattern is the same on all papers, but for the squares' own size: an affine map
    // lays the anchors of A5 onto those of A4 exactly.
    let mut sides: Vec<f64> = matches.iter().map(|&(_, s)| squares[s].side).collect();
    sides.sort_by(f64::total_cmp);
    let side = sides.get(sides.len() / 2)?;
    if !SIZES.contains(&(side / ANCHOR_MM / (lx * ly).sqrt())) {
        return None;
    }
    let rotation = if map.dx.x.abs() >= map.dx.y.abs() {
        if map.dx.x > 0.0 { 0 } else { 180 }
    } else if map.dx.y > 0.0 {
        270
    } else {
        90
    };
    Some(Constellation {
        matches: matches
            .iter()
            .map(|&(i, s)| (i, squares[s].center))
            .collect(),
        registration,
        rotation,
        worst_mm,
    })
}

/// Fits the map to pairs of an anchor and a square (indices).
type Fitting<'a> = dyn Fn(&[(usize, usize)]) -> Option<Registration> + 'a;

/// Removes anchors that the others contradict, the worst first, and fits anew;
/// returns what is left of the error, mm. `None` if too few agree.
fn drop_outliers(
    matches: &mut Vec<(usize, usize)>,
    registration: &mut Registration,
    fit: &Fitting<'_>,
) -> Option<f64> {
    loop {
        let (worst, error) = registration
            .leave_one_out_mm()
            .into_iter()
            .enumerate()
            .max_by(|a, b| a.1.total_cmp(&b.1))?;
        // With the fewest anchors leaving one out says little: only a gross
        // error counts then.
        let limit = if matches.len() > FEWEST {
            OUTLIER_MM
        } else {
            2.0 * OUTLIER_MM
        };
        if error <= limit {
            return Some(error);
        }
        matches.remove(worst);
        if matches.len() < FEWEST {
            return None;
        }
        *registration = fit(matches)?;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::form::frame;
    use crate::geometry::{MmPoint, MmSize, mm_rect};

    /// At a station that knew a form on A5 too, half of all A4 sheets were once taken for
    /// A5 (all thirteen anchors fitted, and a millimetre of A5 is more px), their boxes
    /// were not found there, and people had to place them by hand.
    #[test]
    fn a_sheet_of_another_paper_size_is_not_taken_for_this_one() {
        let sizes = [(148.0, 210.0), (210.0, 297.0)].map(|(w, h)| MmSize::new(w, h));
        for (printed, asked) in [(sizes[1], sizes[0]), (sizes[0], sizes[1])] {
            let squares: Vec<Square> = frame::anchors(printed)
                .iter()
                .map(|a| Square {
                    center: PxPoint::new(
                        a.rect.center().x * 8.0 + 40.0,
                        a.rect.center().y * 8.0 + 40.0,
                    ),
                    side: 32.0,
                })
                .collect();
            let of = |size: MmSize| {
                let paper = mm_rect(0.0, 0.0, size.width, size.height);
                recognise(&squares, &frame::anchors(size), paper)
            };
            let right = of(printed).unwrap();
            assert_eq!(right.matches.len(), 13);
            assert!(of(asked).is_none_or(|wrong| right.beats(&wrong) && wrong.matches.len() < 9));
        }
    }

    proptest! {
        /// The pattern is recognised in every rotation with any three anchors
        /// lost and with solid squares (filled boxes) in between.
        #[test]
        fn recognised_in_any_rotation(
            turn in 0u32..4, skew in -0.14..0.14f64, sx in 0.94..1.06f64, sy in 0.94..1.06f64,
            lost in proptest::collection::hash_set(0usize..13, 0..4),
            noise in proptest::collection::vec((20.0..190.0f64, 20.0..280.0f64), 0..25),
        ) {
            let size = MmSize::new(210.0, 297.0);
            let anchors = frame::anchors(size);
            let paper = mm_rect(0.0, 0.0, 210.0, 297.0);
            let map = |p: MmPoint| {
                let v = p - paper.center();
                let (x, y) = (v.x * sx, v.y * sy);
                let (x, y) = (x * skew.cos() - y * skew.sin(), x * skew.sin() + y * skew.cos());
                let (x, y) = match turn { 0 => (x, y), 1 => (-y, x), 2 => (-x, -y), _ => (y, -x) };
                PxPoint::new(1500.0 + x * 8.0, 1500.0 + y * 8.0)
            };
            let mut squares: Vec<Square> = anchors.iter().enumerate().filter(|(i, _)| !lost.contains(i))
                .map(|(_, a)| Square { center: map(a.rect.center()), side: 32.0 }).collect();
            squares.extend(noise.iter().map(|&(x, y)| Square { center: map(MmPoint::new(x, y)), side: 34.0 }));
            let c = recognise(&squares, &anchors, paper).unwrap();
            // Turning the paper clockwise by 90° needs 270° to undo.
            prop_assert_eq!(c.rotation, (360 - 90 * turn) % 360);
            let p = MmPoint::new(60.0, 200.0);
            prop_assert!((c.registration.at(p) - map(p)).length() < 4.0);
        }
    }
}
