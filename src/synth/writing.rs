//! Handwriting: lines of joined letters in text areas, digits in digit cells,
//! a signature. Not meant to be read, only to be ink where people put it.

use crate::form::{AreaKind, AreaSpec};
use crate::geometry::{MmPoint, MmRect, MmVector};

use super::dice::Dice;
use super::respondent::{Hand, Pen};
use super::strokes::{Stroke, curve, ink};

/// Digits as people draw them, in a cell of 1 × 1 with y down.
const DIGITS: [&[(f64, f64)]; 10] = [
    &[
        (0.6, 0.05),
        (0.2, 0.3),
        (0.2, 0.75),
        (0.5, 0.98),
        (0.8, 0.7),
        (0.75, 0.25),
        (0.55, 0.05),
    ],
    &[(0.3, 0.25), (0.55, 0.03), (0.52, 0.98)],
    &[
        (0.2, 0.25),
        (0.5, 0.03),
        (0.78, 0.25),
        (0.5, 0.65),
        (0.18, 0.97),
        (0.85, 0.93),
    ],
    &[
        (0.2, 0.12),
        (0.6, 0.05),
        (0.72, 0.27),
        (0.42, 0.47),
        (0.78, 0.68),
        (0.55, 0.95),
        (0.18, 0.88),
    ],
    &[
        (0.6, 0.03),
        (0.15, 0.62),
        (0.85, 0.6),
        (0.62, 0.55),
        (0.62, 0.98),
    ],
    &[
        (0.78, 0.05),
        (0.3, 0.06),
        (0.25, 0.45),
        (0.65, 0.45),
        (0.72, 0.8),
        (0.22, 0.95),
    ],
    &[
        (0.65, 0.03),
        (0.25, 0.5),
        (0.3, 0.92),
        (0.7, 0.88),
        (0.68, 0.6),
        (0.3, 0.65),
    ],
    &[(0.18, 0.1), (0.8, 0.06), (0.45, 0.98)],
    &[
        (0.6, 0.48),
        (0.28, 0.25),
        (0.5, 0.03),
        (0.7, 0.22),
        (0.3, 0.7),
        (0.5, 0.97),
        (0.75, 0.75),
        (0.5, 0.46),
    ],
    &[
        (0.72, 0.25),
        (0.4, 0.06),
        (0.28, 0.35),
        (0.6, 0.45),
        (0.72, 0.2),
        (0.62, 0.97),
    ],
];

/// What somebody writes into an area.
pub(crate) fn area(spec: &AreaSpec, pen: &Pen, hand: &Hand, dice: &mut Dice) -> Vec<Stroke> {
    match spec.kind {
        AreaKind::Digits => digits(&spec.rect, pen, hand, dice),
        AreaKind::Text | AreaKind::Personal => text(&spec.rect, pen, hand, dice),
    }
}

fn digits(rect: &MmRect, pen: &Pen, hand: &Hand, dice: &mut Dice) -> Vec<Stroke> {
    let h = rect.size.height;
    // Cells are about as wide as they are high; where they are not, digits
    // over a cell's edge are what people write too.
    let n = (rect.size.width / h.max(1.0)).round().max(1.0);
    let pitch = rect.size.width / n;
    let mut out = Vec::new();
    for i in 0..n as usize {
        let shape = DIGITS[dice.below(10)];
        let (w, tall) = (
            pitch.min(h) * dice.range(0.45, 0.6),
            h * dice.range(0.6, 0.8),
        );
        let x = rect.origin.x + pitch * (i as f64 + 0.5) - w / 2.0 + 0.2 * dice.normal();
        let y = rect.origin.y + (h - tall) / 2.0 + 0.2 * dice.normal();
        let points: Vec<MmPoint> = shape
            .iter()
            .map(|(px, py)| {
                MmPoint::new(
                    x + (px + 0.04 * dice.normal()) * w,
                    y + (py + 0.03 * dice.normal()) * tall,
                )
            })
            .collect();
        out.push(ink(&curve(&points), pen, hand.tremor_mm * 0.5, dice));
    }
    out
}

/// One to three lines of words.
fn text(rect: &MmRect, pen: &Pen, hand: &Hand, dice: &mut Dice) -> Vec<Stroke> {
    // Dotted lines for handwriting are 7 to 8 mm apart.
    let possible = (rect.size.height / 7.5).floor().max(1.0) as usize;
    let lines = 1 + dice.below(possible.min(3));
    let x_height = (rect.size.height / possible as f64 * 0.3).clamp(0.9, 2.3);
    let mut out = Vec::new();
    for l in 0..lines {
        let base = rect.origin.y + rect.size.height * (l as f64 + 0.72) / possible as f64;
        let last = l + 1 == lines;
        let end =
            rect.origin.x + rect.size.width * if last { dice.range(0.25, 0.95) } else { 0.96 };
        let mut x = rect.origin.x + dice.range(0.5, 2.0);
        while x < end {
            let letters = 2 + dice.below(5);
            x = word(&mut out, x, base, x_height, letters, end, pen, hand, dice);
            x += x_height * dice.range(0.7, 1.2);
        }
    }
    out
}

/// One word of joined letters; where the next may begin.
#[allow(clippy::too_many_arguments)]
fn word(
    out: &mut Vec<Stroke>,
    start: f64,
    base: f64,
    x_height: f64,
    letters: usize,
    end: f64,
    pen: &Pen,
    hand: &Hand,
    dice: &mut Dice,
) -> f64 {
    let mut points = vec![MmPoint::new(start, base - 0.2 * x_height)];
    let mut x = start;
    for _ in 0..letters {
        let w = x_height * dice.range(0.6, 0.95);
        if x + w > end {
            break;
        }
        let up = match dice.below(7) {
            0 => 2.0,
            1 => 1.7,
            _ => 1.0,
        } * x_height;
        let down = if dice.chance(0.12) {
            0.8 * x_height
        } else {
            0.0
        };
        let mut p = |dx: f64, dy: f64| {
            points.push(MmPoint::new(
                x + dx * w - hand.slant * dy + 0.03 * x_height * dice.normal(),
                base + dy + 0.06 * x_height * dice.normal(),
            ));
        };
        p(0.55, -up);
        p(0.3, -0.5 * up);
        p(0.4, down - 0.05 * x_height);
        p(0.85, -0.25 * x_height);
        x += w;
    }
    if points.len() > 2 {
        out.push(ink(&curve(&points), pen, hand.tremor_mm * 0.5, dice));
        // The accents of Vietnamese.
        if dice.chance(0.6) {
            let a = MmPoint::new(
                dice.range(start, x.max(start + 0.1)),
                base - 1.45 * x_height,
            );
            let b = a + MmVector::new(0.45 * x_height, dice.around(0.25) * x_height);
            out.push(ink(&curve(&[a, b]), pen, 0.01, dice));
        }
    }
    x
}

/// A signature: large loops that lean and run on.
pub(crate) fn signature(
    start: [f64; 2],
    length: f64,
    pen: &Pen,
    hand: &Hand,
    dice: &mut Dice,
) -> Vec<Stroke> {
    let mut points = Vec::new();
    let turns = 6 + dice.below(4);
    for i in 0..=turns * 2 {
        let t = i as f64 / (turns * 2) as f64;
        let side = if i % 2 == 0 { 1.0 } else { -1.0 };
        let tall = dice.range(1.5, 8.0) * (1.0 - 0.6 * t);
        points.push(MmPoint::new(
            start[0] + length * t + side * 1.2,
            start[1] + side * tall - 4.0 * t,
        ));
    }
    vec![ink(&curve(&points), pen, hand.tremor_mm, dice)]
}
