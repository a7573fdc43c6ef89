//! The strokes of a mark: curves with wobble, pressure and skips, in layout
//! millimetres.

use std::f64::consts::TAU;

use crate::geometry::{MmPoint, MmRect, MmVector};

use super::dice::Dice;
use super::respondent::{Hand, Pen};
use super::truth::Drawn;

/// Distance between the points of a stroke, mm: shorter than the thinnest pen
/// is wide, so that joints cannot be seen.
const STEP_MM: f64 = 0.2;

/// A place of the pen.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Dab {
    /// Where, layout mm.
    pub at: MmPoint,
    /// Half width of the line, mm on the sheet.
    pub radius: f32,
    /// Darkness, 0 to 1.
    pub dark: f32,
}

/// The pen from touching the paper to leaving it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stroke {
    /// Places in the order of drawing.
    pub dabs: Vec<Dab>,
    /// Depth of the paper's grain, 0 to 1.
    pub grain: f32,
    /// The box it was meant for, as an index into the page's boxes.
    pub owner: Option<usize>,
}

/// The larger side of the rectangle that a stroke reaches over, mm.
pub(crate) fn width_mm(stroke: &Stroke) -> f64 {
    let corners = stroke.dabs.iter().flat_map(|dab| {
        let radius = f64::from(dab.radius);
        let reach = MmVector::new(radius, radius);
        [dab.at - reach, dab.at + reach]
    });
    let size = MmRect::from_points(corners).size;
    size.width.max(size.height)
}

/// A smooth curve through points (Catmull-Rom), sampled every [`STEP_MM`].
pub(crate) fn curve(points: &[MmPoint]) -> Vec<MmPoint> {
    let n = points.len();
    if n < 2 {
        return points.to_vec();
    }
    let at = |i: isize| points[i.clamp(0, n as isize - 1) as usize];
    let mut out = vec![points[0]];
    for i in 0..n as isize - 1 {
        let (p0, p1, p2, p3) = (at(i - 1), at(i), at(i + 1), at(i + 2));
        let steps = ((p2 - p1).length() / STEP_MM).ceil().max(1.0) as usize;
        for s in 1..=steps {
            let t = s as f64 / steps as f64;
            let (t2, t3) = (t * t, t * t * t);
            let v = (p1.to_vector() * 2.0
                + (p2 - p0) * t
                + (p0.to_vector() * 2.0 - p1.to_vector() * 5.0 + p2.to_vector() * 4.0
                    - p3.to_vector())
                    * t2
                + (p1.to_vector() * 3.0 - p0.to_vector() - p2.to_vector() * 3.0 + p3.to_vector())
                    * t3)
                * 0.5;
            out.push(v.to_point());
        }
    }
    out
}

/// Draws along a path with a pen: tremor, pressure that comes and goes, thin
/// ends, skips.
pub(crate) fn ink(path: &[MmPoint], pen: &Pen, tremor_mm: f64, dice: &mut Dice) -> Stroke {
    let (f1, f2, f3) = (
        dice.range(0.25, 0.6),
        dice.range(0.5, 1.1),
        dice.range(0.08, 0.3),
    );
    let (p1, p2, p3) = (dice.unit() * TAU, dice.unit() * TAU, dice.unit() * TAU);
    let press = dice.range(0.9, 1.06);
    let swing = dice.range(0.02, 0.12);
    let taper_end = dice.range(0.0, 0.5);
    let mut skipping = false;
    let mut length = 0.0;
    let mut last = path.first().copied();
    let total: f64 = path.windows(2).map(|w| (w[1] - w[0]).length()).sum();
    let mut dabs = Vec::with_capacity(path.len());
    for p in path {
        if let Some(l) = last {
            length += (*p - l).length();
        }
        last = Some(*p);
        if pen.skip > 0.0 {
            // A skip lasts 0.6 mm on average; how often it begins follows from
            // the share that is wanted.
            let leave = STEP_MM / 0.6;
            let enter = leave * pen.skip / (1.0 - pen.skip).max(0.1);
            skipping = if skipping {
                !dice.chance(leave)
            } else {
                dice.chance(enter)
            };
        }
        let wobble = MmVector::new(
            (length * f1 * TAU + p1).sin() + 0.5 * (length * f2 * TAU + p2).sin(),
            (length * f2 * TAU + p1).cos() + 0.5 * (length * f1 * TAU + p2).cos(),
        ) * (tremor_mm * 0.6);
        let rest = total - length;
        let thin = (0.75 + 0.6 * length).min(1.0) * (1.0 - taper_end + rest * 0.9).min(1.0);
        let pressure = press * (1.0 + swing * (length * f3 * TAU + p3).sin());
        let dark = pen.darkness * pressure * (0.7 + 0.3 * thin) * if skipping { 0.12 } else { 1.0 };
        dabs.push(Dab {
            at: *p + wobble,
            radius: (pen.width_mm / 2.0 * thin.max(0.55) * (0.94 + 0.06 * pressure)) as f32,
            dark: dark.clamp(0.0, 0.96) as f32,
        });
    }
    Stroke {
        dabs,
        grain: pen.grain as f32,
        owner: None,
    }
}

/// The frame in which a hand draws a mark: the box with the hand's size,
/// offset, slant and today's slip.
struct Frame {
    centre: MmPoint,
    half: MmVector,
    slant: f64,
}

impl Frame {
    fn new(rect: &MmRect, hand: &Hand, dice: &mut Dice) -> Self {
        let half = MmVector::new(rect.size.width / 2.0, rect.size.height / 2.0);
        let size = hand.size * (1.0 + 0.1 * dice.normal());
        // Nobody's mark misses its box: with its middle further out than this
        // it would be a mark of something else.
        let bound = 0.55;
        let ox = (hand.offset[0] + hand.slip * dice.normal()).clamp(-bound, bound);
        let oy = (hand.offset[1] + hand.slip * dice.normal()).clamp(-bound, bound);
        Self {
            centre: rect.center() + MmVector::new(ox * half.x, oy * half.y),
            half: MmVector::new(half.x * hand.aspect, half.y) * size,
            slant: hand.slant,
        }
    }

    fn at(&self, x: f64, y: f64) -> MmPoint {
        self.centre + MmVector::new((x - self.slant * y) * self.half.x, y * self.half.y)
    }
}

/// Where somebody wants to put the pen and where it lands.
fn near(dice: &mut Dice, x: f64, y: f64, spread: f64) -> (f64, f64) {
    (x + spread * dice.normal(), y + spread * dice.normal())
}

/// A stroke from one place to another with the hand's bulge, now and then with
/// a hook where the pen comes down or leaves.
fn sweep(f: &Frame, a: (f64, f64), b: (f64, f64), hand: &Hand, dice: &mut Dice) -> Vec<MmPoint> {
    let bulge = hand.curve * (0.5 + dice.unit()) * if dice.chance(0.5) { 1.0 } else { -1.0 };
    let (dx, dy) = (b.0 - a.0, b.1 - a.1);
    let along = dice.range(0.35, 0.65);
    let mut points = Vec::with_capacity(5);
    if dice.chance(hand.hook) {
        let (hx, hy) = near(dice, a.0 - 0.1 * dx, a.1 + 0.06 * dy, 0.12);
        points.push(f.at(hx, hy));
    }
    points.push(f.at(a.0, a.1));
    points.push(f.at(a.0 + dx * along - dy * bulge, a.1 + dy * along + dx * bulge));
    points.push(f.at(b.0, b.1));
    if dice.chance(hand.hook * 0.5) {
        let (hx, hy) = near(dice, b.0 + 0.04 * dx, b.1 - 0.1 * dy, 0.1);
        points.push(f.at(hx, hy));
    }
    curve(&points)
}

/// The strokes of a mark.
pub(crate) fn mark(
    kind: Drawn,
    rect: &MmRect,
    pen: &Pen,
    hand: &Hand,
    dice: &mut Dice,
) -> Vec<Stroke> {
    match kind {
        Drawn::Cross => cross(rect, pen, hand, dice),
        Drawn::Check => check(rect, pen, hand, dice),
        Drawn::Slash => slash(rect, pen, hand, dice),
        Drawn::Line => line(rect, pen, hand, dice),
        Drawn::Dot => dot(rect, pen, dice.range(0.55, 1.0), 0.25, hand, dice),
        Drawn::Scribble => scribble(rect, pen, hand, 0.95, dice),
        Drawn::Fill => fill(rect, pen, hand, dice),
        Drawn::Ring => ring(rect, pen, hand, dice),
        Drawn::CancelledByFill => {
            let mut out = cross(rect, pen, hand, dice);
            out.extend(fill(rect, pen, hand, dice));
            out
        }
        Drawn::CancelledByScribble => {
            let mut out = cross(rect, pen, hand, dice);
            out.extend(scribble(rect, pen, hand, 1.5, dice));
            out
        }
        Drawn::CancelledByRing => {
            let mut out = cross(rect, pen, hand, dice);
            out.extend(ring(rect, pen, hand, dice));
            out
        }
        Drawn::Hesitation => {
            let radius = dice.range(0.12, 0.3);
            dot(rect, pen, radius, 0.5, hand, dice)
        }
        Drawn::Erased => {
            let ghost = Pen {
                darkness: pen.darkness * dice.range(0.08, 0.22),
                width_mm: pen.width_mm * 1.3,
                grain: 0.6,
                ..*pen
            };
            cross(rect, &ghost, hand, dice)
        }
    }
}

fn cross(rect: &MmRect, pen: &Pen, hand: &Hand, dice: &mut Dice) -> Vec<Stroke> {
    let f = Frame::new(rect, hand, dice);
    let s = hand.spread;
    let a = near(dice, -1.0, -1.0, s);
    let b = near(dice, 1.0, 1.0, s);
    let c = near(dice, 1.0, -1.0, s);
    let d = near(dice, -1.0, 1.0, s);
    if hand.ribbon {
        // Down, a loop back up without lifting the pen, and down again.
        let side = dice.range(1.0, 1.35);
        let path = curve(&[
            f.at(a.0, a.1),
            f.at(0.05, 0.05),
            f.at(b.0 * 0.9, b.1 * 0.9),
            f.at(side, 0.0),
            f.at(c.0 * 0.9, c.1 * 0.9),
            f.at(0.0, 0.0),
            f.at(d.0, d.1),
        ]);
        return vec![ink(&path, pen, hand.tremor_mm, dice)];
    }
    let first = sweep(&f, a, b, hand, dice);
    let second = sweep(&f, c, d, hand, dice);
    vec![
        ink(&first, pen, hand.tremor_mm, dice),
        ink(&second, pen, hand.tremor_mm, dice),
    ]
}

fn check(rect: &MmRect, pen: &Pen, hand: &Hand, dice: &mut Dice) -> Vec<Stroke> {
    let f = Frame::new(rect, hand, dice);
    let a = near(dice, -0.8, -0.05, hand.spread);
    let knee = near(dice, -0.2, 0.8, hand.spread);
    let b = near(dice, 1.05, -1.05, 1.4 * hand.spread);
    let mut path = sweep(&f, a, knee, hand, dice);
    path.extend(sweep(&f, knee, b, hand, dice).into_iter().skip(1));
    vec![ink(&path, pen, hand.tremor_mm, dice)]
}

fn slash(rect: &MmRect, pen: &Pen, hand: &Hand, dice: &mut Dice) -> Vec<Stroke> {
    let f = Frame::new(rect, hand, dice);
    let a = near(dice, 0.95, -1.0, hand.spread);
    let b = near(dice, -0.95, 1.0, hand.spread);
    let path = sweep(&f, a, b, hand, dice);
    vec![ink(&path, pen, hand.tremor_mm, dice)]
}

fn line(rect: &MmRect, pen: &Pen, hand: &Hand, dice: &mut Dice) -> Vec<Stroke> {
    let f = Frame::new(rect, hand, dice);
    let a = near(dice, -1.0, 0.0, hand.spread);
    let b = near(dice, 1.0, 0.0, hand.spread);
    let path = sweep(&f, a, b, hand, dice);
    vec![ink(&path, pen, hand.tremor_mm, dice)]
}

/// A spiral from the middle: how people make a dot that is larger than the
/// pen. `radius_mm` is the blob's radius, `spread` how far from the middle it
/// may be, in half sizes of the box.
fn dot(
    rect: &MmRect,
    pen: &Pen,
    radius_mm: f64,
    spread: f64,
    hand: &Hand,
    dice: &mut Dice,
) -> Vec<Stroke> {
    let c = rect.center()
        + MmVector::new(
            dice.around(spread) * rect.size.width / 2.0,
            dice.around(spread) * rect.size.height / 2.0,
        );
    let reach = (radius_mm - pen.width_mm / 2.0).max(0.0);
    let turns = (reach / (0.8 * pen.width_mm)).ceil().max(1.0);
    let n = (turns * 14.0) as usize;
    let start = dice.unit() * TAU;
    let squeeze = dice.range(0.8, 1.15);
    let path: Vec<MmPoint> = (0..=n)
        .map(|i| {
            let t = i as f64 / n as f64;
            let a = start + t * turns * TAU;
            c + MmVector::new(a.cos() * squeeze, a.sin()) * (reach * t)
        })
        .collect();
    let mut stroke = ink(&path, pen, hand.tremor_mm * 0.5, dice);
    for dab in &mut stroke.dabs {
        // A resting pen does not thin out.
        dab.radius = dab.radius.max((pen.width_mm / 2.0) as f32);
    }
    vec![stroke]
}

fn scribble(rect: &MmRect, pen: &Pen, hand: &Hand, reach: f64, dice: &mut Dice) -> Vec<Stroke> {
    let f = Frame::new(rect, hand, dice);
    let swings = 5 + dice.below(6);
    let mut points = Vec::with_capacity(swings + 1);
    for i in 0..=swings {
        let x = -1.0 + 2.0 * i as f64 / swings as f64;
        let side = if i % 2 == 0 { 1.0 } else { -1.0 };
        let y = side * dice.range(0.7, 1.05);
        points.push(f.at(reach * (x + 0.35 * y), reach * y));
    }
    vec![ink(&curve(&points), pen, hand.tremor_mm, dice)]
}

fn fill(rect: &MmRect, pen: &Pen, hand: &Hand, dice: &mut Dice) -> Vec<Stroke> {
    let steady = Hand {
        // People fill the box as it is, whatever the size of their crosses.
        size: dice.range(0.82, 1.02),
        slip: 0.05,
        offset: [hand.offset[0] * 0.3, hand.offset[1] * 0.3],
        ..*hand
    };
    let f = Frame::new(rect, &steady, dice);
    let pitch = (pen.width_mm * dice.range(0.55, 0.9)).max(0.22) / f.half.y;
    let mut points = Vec::new();
    let mut y = -0.92;
    let mut side = 1.0;
    while y < 0.92 {
        points.push(f.at(side * dice.range(0.8, 0.97), y));
        side = -side;
        y += pitch * dice.range(0.7, 1.2);
    }
    vec![ink(&curve(&points), pen, hand.tremor_mm, dice)]
}

fn ring(rect: &MmRect, pen: &Pen, hand: &Hand, dice: &mut Dice) -> Vec<Stroke> {
    let half = MmVector::new(rect.size.width / 2.0, rect.size.height / 2.0);
    let grow = dice.range(1.55, 1.95);
    let centre =
        rect.center() + MmVector::new(dice.around(0.08) * half.x, dice.around(0.08) * half.y);
    let start = dice.unit() * TAU;
    let turns = dice.range(0.97, 1.2);
    let drift = dice.around(0.12);
    let n = 36;
    let path: Vec<MmPoint> = (0..=n)
        .map(|i| {
            let t = f64::from(i) / f64::from(n);
            let a = start - t * turns * TAU;
            let r = grow + drift * t;
            centre + MmVector::new(half.x * r * a.cos(), half.y * r * a.sin())
        })
        .collect();
    vec![ink(&curve(&path), pen, hand.tremor_mm, dice)]
}
