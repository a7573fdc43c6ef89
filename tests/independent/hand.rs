//! Pens, hands, and the strokes of marks, in mm on the form.

use std::f32::consts::TAU;

use crate::dice::Dice;
use crate::level::Level;
use crate::place::P;

/// What people write with.
#[derive(Debug, Clone)]
pub struct Pen {
    pub name: &'static str,
    /// Width of the line, mm.
    pub width: f32,
    /// How much light the line swallows, 0 to 1.
    pub dark: f32,
    /// How far it bleeds into the paper, mm.
    pub bleed: f32,
    /// Share of the line that paper grain leaves white.
    pub grain: f32,
    /// How much its darkness goes up and down along a line, 0 to 1.
    pub vary: f32,
    /// How often it stops giving ink, per mm.
    pub skip: f32,
}

impl Pen {
    pub fn new(dice: &mut Dice, level: &Level) -> Self {
        let kinds = ["ballpoint", "gel", "skipping", "pencil", "felt", "marker"];
        let from: Vec<(f32, usize)> = level.pens.iter().copied().zip(0..).collect();
        let kind = dice.pick(&from);
        let light = level.number > 1;
        // Blue swallows less of the gray light than black.
        let ink = dice.pick(&[(0.62, (0.6, 0.8)), (0.34, (0.8, 0.95)), (0.04, (0.5, 0.65))]);
        let ink = dice.range(ink.0, ink.1);
        let (width, dark, bleed, grain, vary, skip) = match kind {
            0 => (
                dice.range(0.3, 0.55),
                ink * dice.range(0.8, 1.0),
                0.02,
                0.08,
                0.15,
                0.003,
            ),
            1 => (dice.range(0.4, 0.7), ink, 0.03, 0.02, 0.05, 0.001),
            2 => (
                dice.range(0.28, 0.45),
                ink * dice.range(0.7, 0.95),
                0.02,
                0.15,
                0.3,
                0.08,
            ),
            3 => {
                let faint = if light { 0.28 } else { 0.4 };
                (
                    dice.range(0.35, 0.9),
                    dice.range(faint, 0.72),
                    0.04,
                    0.3,
                    0.2,
                    0.0,
                )
            }
            4 => (
                dice.range(0.6, 1.0),
                ink.max(0.6),
                dice.range(0.04, 0.12),
                0.0,
                0.05,
                0.0,
            ),
            _ => (
                dice.range(1.0, 1.5),
                ink.max(0.7),
                dice.range(0.06, 0.18),
                0.0,
                0.03,
                0.0,
            ),
        };
        Self {
            name: kinds[kind],
            width,
            dark,
            bleed,
            grain,
            vary,
            skip,
        }
    }
}

/// A stroke: places in mm and how much ink comes there, 0 to 1.
#[derive(Debug, Clone, Default)]
pub struct Stroke {
    pub points: Vec<(P, f32)>,
    /// Width relative to the pen's.
    pub wide: f32,
}

/// What a mark looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    X,
    Tick,
    Slash,
    Plus,
    Twice,
    Scribble,
    Dash,
    Dot,
    Circle,
    Fill,
}

impl Shape {
    /// Would everybody take it for a mark, on a sheet that asks for an x and
    /// says that a filled box is taken back?
    pub fn plain(self) -> bool {
        matches!(
            self,
            Self::X | Self::Tick | Self::Slash | Self::Plus | Self::Twice
        )
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::X => "X",
            Self::Tick => "tick",
            Self::Slash => "slash",
            Self::Plus => "plus",
            Self::Twice => "X drawn twice",
            Self::Scribble => "scribble",
            Self::Dash => "dash",
            Self::Dot => "dot",
            Self::Circle => "circle around",
            Self::Fill => "fill",
        }
    }

    fn other(dice: &mut Dice) -> Self {
        dice.pick(&[
            (46.0, Self::Tick),
            (14.0, Self::Slash),
            (5.0, Self::Plus),
            (8.0, Self::Twice),
            (6.0, Self::Scribble),
            (4.0, Self::Dash),
            (4.0, Self::Dot),
            (5.0, Self::Circle),
            (8.0, Self::Fill),
        ])
    }
}

/// A person with a pen: how they make marks all over one sheet.
#[derive(Debug, Clone)]
pub struct Hand {
    pub pen: Pen,
    pub own: Shape,
    /// Size of marks relative to the box.
    size: f32,
    /// Where they are relative to the middle of the box, mm.
    off: P,
    /// 1: off by 0.4 mm, sizes by 12 %.
    sloppy: f32,
    /// Of fine unrest, mm.
    tremor: f32,
    hook: f32,
    bow: f32,
    lean: f32,
    slip: f32,
}

impl Hand {
    pub fn new(dice: &mut Dice, level: &Level) -> Self {
        let own = if dice.chance(level.own_x) {
            Shape::X
        } else {
            Shape::other(dice)
        };
        let sloppy = dice.range(level.sloppy.0, level.sloppy.1);
        Self {
            pen: Pen::new(dice, level),
            own,
            size: (0.85 + dice.normal(0.17)).clamp(0.5, 1.4),
            off: (dice.normal(0.25 * sloppy), dice.normal(0.25 * sloppy)),
            sloppy,
            tremor: if dice.chance(0.08) {
                dice.range(0.06, 0.16)
            } else {
                dice.range(0.0, 0.04)
            },
            hook: if dice.chance(0.3) {
                dice.range(0.2, 0.8)
            } else {
                0.05
            },
            bow: dice.range(0.01, 0.07),
            lean: dice.normal(0.12),
            slip: level.slip,
        }
    }

    /// The shape of the next mark: one's own, with slips.
    pub fn shape(&self, dice: &mut Dice) -> Shape {
        if !dice.chance(self.slip) {
            self.own
        } else if self.own != Shape::X && dice.chance(0.5) {
            Shape::X
        } else {
            Shape::other(dice)
        }
    }

    /// The strokes of a mark in the box with this middle and side, mm.
    pub fn mark(&self, dice: &mut Dice, shape: Shape, middle: P, side: f32) -> Vec<Stroke> {
        let scatter = 0.4 * self.sloppy;
        let c = (
            middle.0 + self.off.0 + dice.normal(scatter),
            middle.1 + self.off.1 + dice.normal(scatter),
        );
        let size = side * self.size * (1.0 + dice.normal(0.12 * self.sloppy)).clamp(0.45, 1.7);
        let h = size / 2.0;
        let d = 0.1 * size * self.sloppy;
        // Lets go of where a corner would be, and leans.
        let mut at = |x: f32, y: f32| -> P {
            (
                c.0 + x * h + dice.normal(d) - self.lean * y * h,
                c.1 + y * h + dice.normal(d),
            )
        };
        match shape {
            Shape::X | Shape::Twice => {
                let mut ends = vec![
                    (at(-1.0, -1.0), at(1.0, 1.0)),
                    (at(1.0, -1.0), at(-1.0, 1.0)),
                ];
                if shape == Shape::Twice {
                    ends.push((at(-0.9, -0.7), at(1.0, 0.8)));
                    ends.push((at(0.9, -0.8), at(-1.0, 0.7)));
                }
                if dice.chance(0.03) {
                    // The pen hardly left the paper between both strokes.
                    let joint = (ends[0].1, ends[1].0);
                    ends.insert(1, joint);
                }
                ends.into_iter()
                    .map(|(a, b)| self.line(dice, a, b))
                    .collect()
            }
            Shape::Tick => {
                let reach = dice.range(0.9, 1.9);
                let (a, b) = ((-0.9, 0.0), (-0.25, 0.85));
                let (a, b) = (
                    (c.0 + a.0 * h, c.1 + a.1 * h),
                    (c.0 + b.0 * h, c.1 + b.1 * h),
                );
                let end = (
                    c.0 + h * reach * 0.8 + dice.normal(d),
                    c.1 - h * reach * 0.85 + dice.normal(d),
                );
                let mut down = self.line(dice, a, b);
                let up = self.line(dice, b, end);
                down.points.extend(up.points);
                vec![down]
            }
            Shape::Slash => {
                let (a, b) = (at(1.0, -1.1), at(-1.0, 1.1));
                vec![self.line(dice, a, b)]
            }
            Shape::Plus => {
                let ends = [(at(0.0, -1.0), at(0.0, 1.0)), (at(-1.0, 0.0), at(1.0, 0.0))];
                ends.into_iter()
                    .map(|(a, b)| self.line(dice, a, b))
                    .collect()
            }
            Shape::Dash => {
                let (a, b) = (at(-0.8, 0.0), at(0.8, 0.0));
                vec![self.line(dice, a, b)]
            }
            Shape::Dot => vec![dot(dice, c, dot_radius(size))],
            Shape::Scribble => vec![self.zigzag(dice, c, size * 0.9, 0.9)],
            Shape::Fill => {
                let mut strokes = vec![self.zigzag(dice, middle, side * 0.92, 0.35)];
                strokes[0].wide = 1.2;
                if dice.chance(0.4) {
                    strokes.push(self.zigzag(dice, middle, side * 0.9, 0.5));
                }
                strokes
            }
            Shape::Circle => vec![self.circle(dice, middle, side * ring_radius(self.size))],
        }
    }

    /// A line from here to there as a hand draws it.
    pub fn line(&self, dice: &mut Dice, a: P, b: P) -> Stroke {
        let (dx, dy) = (b.0 - a.0, b.1 - a.1);
        let length = dx.hypot(dy).max(0.01);
        let bow = dice.normal(self.bow) * length;
        let n = ((length / 0.25) as usize).clamp(4, 60);
        let normal = (-dy / length, dx / length);
        let mut points = Vec::with_capacity(n + 5);
        let (mut tx, mut ty) = (0.0, 0.0);
        for i in 0..=n {
            let t = i as f32 / n as f32;
            tx = 0.6 * tx + dice.normal(self.tremor);
            ty = 0.6 * ty + dice.normal(self.tremor);
            let off = bow * 4.0 * t * (1.0 - t);
            // Hands begin firmly and let go.
            let press =
                (0.75 + 0.4 * (t * 3.0).min(1.0) - 0.3 * (t - 0.75).max(0.0) * 4.0).min(1.0);
            points.push((
                (
                    a.0 + dx * t + normal.0 * off + tx,
                    a.1 + dy * t + normal.1 * off + ty,
                ),
                press,
            ));
        }
        if dice.chance(self.hook) {
            let side = if dice.chance(0.5) { 1.0 } else { -1.0 };
            let long = dice.range(0.15, 0.6);
            for i in 1..=3 {
                let t = i as f32 / 3.0 * long;
                points.push((
                    (
                        b.0 - dx / length * t * 0.6 + normal.0 * side * t,
                        b.1 - dy / length * t * 0.6 + normal.1 * side * t,
                    ),
                    0.7 - 0.2 * t,
                ));
            }
        }
        if dice.chance(0.02) {
            // Lifted for a moment.
            let from = dice.below(n);
            for p in points.iter_mut().skip(from).take(n / 4) {
                p.1 = 0.0;
            }
        }
        Stroke { points, wide: 1.0 }
    }

    /// To and fro over a square; `step` is the distance of the lines in mm.
    pub fn zigzag(&self, dice: &mut Dice, c: P, size: f32, step: f32) -> Stroke {
        let h = size / 2.0;
        let turns = ((size / step) as usize).max(2);
        let mut stroke = Stroke {
            points: Vec::new(),
            wide: 1.0,
        };
        let lean = dice.range(-0.3, 0.3);
        let mut last = (c.0 - h, c.1 - h);
        for i in 0..=turns * 2 {
            let t = i as f32 / (turns * 2) as f32 * 2.0 - 1.0;
            let s = if i % 2 == 0 { 1.0 } else { -1.0 };
            let next = (
                c.0 + s * h * dice.range(0.8, 1.05) + lean * t * h,
                c.1 + t * h + dice.normal(0.08 * size),
            );
            let line = self.line(dice, last, next);
            stroke.points.extend(line.points);
            last = next;
        }
        stroke
    }

    /// A ring, not quite closed.
    pub fn circle(&self, dice: &mut Dice, c: P, radius: f32) -> Stroke {
        let start = dice.range(0.0, TAU);
        let round = dice.range(5.8, 7.2);
        let flat = dice.range(0.8, 1.1);
        let n = 36;
        let points = (0..=n)
            .map(|i| {
                let a = start + round * i as f32 / n as f32;
                let r = radius * (1.0 + 0.05 * (a * 1.3 + start).sin()) + dice.normal(self.tremor);
                ((c.0 + r * a.cos(), c.1 + r * flat * a.sin()), 0.95)
            })
            .collect();
        Stroke { points, wide: 1.0 }
    }
}

fn dot_radius(size: f32) -> f32 {
    (size * 0.14).clamp(0.35, 0.9)
}

fn ring_radius(size: f32) -> f32 {
    (0.85 * size).clamp(0.75, 1.1)
}

/// A pressed dot, mm.
pub fn dot(dice: &mut Dice, c: P, radius: f32) -> Stroke {
    let n = 14;
    let points = (0..n)
        .map(|i| {
            let (a, r) = (i as f32 * 2.4, radius * (i as f32 / n as f32).sqrt());
            (
                (
                    c.0 + r * a.cos() + dice.normal(0.03),
                    c.1 + r * a.sin() + dice.normal(0.03),
                ),
                1.0,
            )
        })
        .collect();
    Stroke { points, wide: 1.0 }
}

/// Length of the strokes inside a rectangle, and in all, mm.
pub fn inside(strokes: &[Stroke], x: Span2, y: Span2) -> (f32, f32) {
    let (mut within, mut all) = (0.0, 0.0);
    for pair in strokes.iter().flat_map(|s| s.points.windows(2)) {
        let ((a, p), (b, _)) = (pair[0], pair[1]);
        if p <= 0.05 {
            continue;
        }
        let length = (b.0 - a.0).hypot(b.1 - a.1);
        let m = ((a.0 + b.0) / 2.0, (a.1 + b.1) / 2.0);
        all += length;
        if m.0 > x.0 && m.0 < x.1 && m.1 > y.0 && m.1 < y.1 {
            within += length;
        }
    }
    (within, all)
}

/// From and to, mm.
pub type Span2 = (f32, f32);
