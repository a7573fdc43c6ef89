//! What people write, sign and stamp besides marks, in mm on the form.

use std::f32::consts::{FRAC_PI_2, TAU};

use crate::dice::Dice;
use crate::hand::{Hand, Stroke};
use crate::place::P;

/// A line of words from here on, as long as this; letters this high, mm.
pub fn words(dice: &mut Dice, hand: &Hand, from: P, length: f32, high: f32) -> Vec<Stroke> {
    let mut strokes = Vec::new();
    let (mut x, slope) = (from.0, dice.normal(0.015));
    let base = |x: f32| from.1 + (x - from.0) * slope;
    while x < from.0 + length {
        let letters = 2 + dice.below(6);
        let mut points = Vec::new();
        for _ in 0..letters {
            let wide = high * dice.range(0.3, 0.75);
            let tall = if dice.chance(0.25) { 1.0 } else { 0.5 };
            let down = if dice.chance(0.12) { 0.45 } else { 0.0 };
            let kind = dice.below(3);
            for i in 0..8 {
                let t = i as f32 / 8.0;
                let a = t * TAU;
                let (dx, dy) = match kind {
                    0 => (0.5 - 0.5 * a.cos() + 0.1 * t, -0.5 + 0.5 * a.cos()),
                    1 => (t, -(a * 0.5).sin().abs()),
                    _ => (
                        0.5 + 0.5 * a.sin() * (1.0 - t),
                        -1.0 + t + 0.4 * a.cos() * t,
                    ),
                };
                points.push((
                    (
                        x + dx * wide + dice.normal(0.04),
                        base(x) + (dy * tall + down * (t - 0.2)) * high + dice.normal(0.04),
                    ),
                    0.9,
                ));
            }
            x += wide * 1.05;
        }
        if dice.chance(0.5) {
            // Vietnamese writes its tones above and below.
            let at = (
                x - high * dice.range(0.5, 1.5),
                base(x) - high * dice.range(1.0, 1.25),
            );
            let to = (at.0 + dice.range(0.3, 0.8), at.1 + dice.normal(0.4));
            strokes.push(hand.line(dice, at, to));
        }
        strokes.push(Stroke { points, wide: 0.9 });
        x += high * dice.range(0.5, 1.0);
    }
    strokes
}

/// A digit about this high in the middle of a cell.
pub fn digit(dice: &mut Dice, hand: &Hand, middle: P, high: f32) -> Vec<Stroke> {
    let h = high / 2.0;
    let w = h * 0.6;
    let p = |x: f32, y: f32| (middle.0 + x * w, middle.1 + y * h);
    let lines: Vec<(P, P)> = match dice.below(5) {
        0 => vec![(p(-0.3, -0.6), p(0.1, -1.0)), (p(0.1, -1.0), p(0.1, 1.0))],
        1 => vec![(p(-1.0, -1.0), p(1.0, -1.0)), (p(1.0, -1.0), p(-0.3, 1.0))],
        2 => vec![
            (p(0.2, -1.0), p(-0.9, 0.4)),
            (p(-0.9, 0.4), p(1.0, 0.4)),
            (p(0.4, -0.2), p(0.4, 1.0)),
        ],
        3 => return vec![hand.circle(dice, middle, w)],
        _ => vec![
            (p(1.0, -1.0), p(-0.6, -1.0)),
            (p(-0.6, -1.0), p(-0.7, -0.1)),
            (p(-0.7, -0.1), p(0.8, 0.3)),
            (p(0.8, 0.3), p(-0.8, 1.0)),
        ],
    };
    lines
        .into_iter()
        .map(|(a, b)| hand.line(dice, a, b))
        .collect()
}

/// A signature about this long, mm.
pub fn signature(dice: &mut Dice, hand: &Hand, from: P, long: f32) -> Vec<Stroke> {
    let n = 60;
    let (f1, f2) = (dice.range(3.0, 6.0), dice.range(5.0, 9.0));
    let tall = long * dice.range(0.15, 0.3);
    let points = (0..n)
        .map(|i| {
            let t = i as f32 / n as f32;
            let swell = (1.0 - t).powf(0.6);
            (
                (
                    from.0 + long * (t + 0.12 * (t * f2 * TAU).sin()),
                    from.1 + tall * swell * (t * f1 * TAU).cos() + dice.normal(0.1),
                ),
                0.95,
            )
        })
        .collect();
    let under = hand.line(
        dice,
        (from.0 + long * 0.1, from.1 + tall),
        (from.0 + long, from.1 + tall * 0.4),
    );
    vec![Stroke { points, wide: 1.0 }, under]
}

/// A round seal: rings, a star, letters around; radius in mm. Its strokes are
/// made with the pad's ink, not with the person's pen.
pub fn seal(dice: &mut Dice, middle: P, radius: f32) -> Vec<Stroke> {
    let turn = dice.normal(0.3);
    let worn = dice.range(0.0, TAU);
    let press = |a: f32| (0.75 + 0.35 * (a - worn).cos()).clamp(0.25, 1.0);
    let ring = |r: f32, wide: f32| Stroke {
        points: (0..=90)
            .map(|i| {
                let a = i as f32 / 90.0 * TAU;
                ((middle.0 + r * a.cos(), middle.1 + r * a.sin()), press(a))
            })
            .collect(),
        wide,
    };
    let mut strokes = vec![
        ring(radius, 1.6),
        ring(radius * 0.93, 0.6),
        ring(radius * 0.6, 0.6),
    ];
    let star = (0..=5)
        .map(|i| {
            let a = i as f32 * 0.4 * TAU - FRAC_PI_2 + turn;
            (
                (
                    middle.0 + radius * 0.3 * a.cos(),
                    middle.1 + radius * 0.3 * a.sin(),
                ),
                press(a),
            )
        })
        .collect();
    strokes.push(Stroke {
        points: star,
        wide: 1.2,
    });
    for i in 0..30 {
        let a = i as f32 / 30.0 * 5.6 + turn;
        for _ in 0..3 {
            let (r, b) = (radius * dice.range(0.68, 0.86), a + dice.normal(0.04));
            let (q, e) = (radius * dice.range(0.68, 0.86), a + dice.normal(0.04));
            let p = press(a);
            strokes.push(Stroke {
                points: vec![
                    ((middle.0 + r * b.cos(), middle.1 + r * b.sin()), p),
                    ((middle.0 + q * e.cos(), middle.1 + q * e.sin()), p),
                ],
                wide: 0.8,
            });
        }
    }
    strokes
}
