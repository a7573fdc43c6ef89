//! Where things are: form (mm, as designed), sheet (mm, as printed) and image
//! (px, as scanned).

use std::f32::consts::TAU;

use crate::dice::Dice;

pub type P = (f32, f32);

/// How the printer or copier put the form onto the sheet.
#[derive(Debug, Clone)]
pub struct Print {
    pub scale: P,
    pub turn: f32,
    pub shift: P,
    pub centre: P,
}

impl Print {
    pub fn to_sheet(&self, p: P) -> P {
        let (x, y) = (
            (p.0 - self.centre.0) * self.scale.0,
            (p.1 - self.centre.1) * self.scale.1,
        );
        let (s, c) = self.turn.sin_cos();
        (
            c * x - s * y + self.centre.0 + self.shift.0,
            s * x + c * y + self.centre.1 + self.shift.1,
        )
    }

    pub fn to_form(&self, p: P) -> P {
        let (x, y) = (
            p.0 - self.centre.0 - self.shift.0,
            p.1 - self.centre.1 - self.shift.1,
        );
        let (s, c) = self.turn.sin_cos();
        (
            (c * x + s * y) / self.scale.0 + self.centre.0,
            (c * y - s * x) / self.scale.1 + self.centre.1,
        )
    }
}

/// How the sheet went through the scanner.
#[derive(Debug, Clone)]
pub struct Feed {
    pub width: usize,
    pub height: usize,
    /// px per mm.
    pub scale: P,
    /// Radians.
    pub skew: f32,
    /// Where the sheet's corner is in the image, mm.
    pub corner: P,
    /// Of the sheet, mm.
    pub size: P,
    /// For every row of the image, how far the paper was from where it should
    /// have been, mm.
    pub rows: Vec<P>,
    /// Bow of the page: amplitudes of a parabola along x and y, mm.
    pub bow: P,
    /// Crumple: amplitude mm, wave vector 1/mm, phase.
    pub waves: Vec<(P, P, f32)>,
}

impl Feed {
    /// Rows for a feed that stretches slowly and stutters.
    pub fn rows(dice: &mut Dice, height: usize, per_mm: f32, stretch: f32, jitter: f32) -> Vec<P> {
        let waves: Vec<(f32, f32, f32)> = (0..3)
            .map(|i| {
                let length = dice.range(40.0, 300.0) / (1.0 + i as f32);
                (
                    dice.normal(stretch / (1.0 + i as f32)),
                    length,
                    dice.range(0.0, TAU),
                )
            })
            .collect();
        let (mut at, mut side) = (0.0_f32, 0.0_f32);
        (0..height)
            .map(|row| {
                let y = row as f32 / per_mm;
                if jitter > 0.0 && dice.chance(0.02) {
                    // A roller slips and takes hold again.
                    at += dice.normal(jitter);
                    side += dice.normal(jitter * 0.3);
                }
                at *= 0.999;
                side *= 0.998;
                let slow: f32 = waves
                    .iter()
                    .map(|(a, length, phase)| a * (y * TAU / length + phase).sin())
                    .sum();
                (side, slow + at)
            })
            .collect()
    }

    fn bent(&self, x: f32, y: f32) -> P {
        let (u, v) = (x / self.size.0 - 0.5, y / self.size.1 - 0.5);
        let (mut bx, mut by) = (x + self.bow.0 * v * v * 4.0, y + self.bow.1 * u * u * 4.0);
        for (amplitude, wave, phase) in &self.waves {
            let s = (x * wave.0 + y * wave.1 + phase).sin();
            bx += amplitude.0 * s;
            by += amplitude.1 * s;
        }
        (bx, by)
    }

    /// From a place in the image to the sheet.
    pub fn to_sheet(&self, p: P) -> P {
        let last = self.rows.len() - 1;
        let row = self.rows[(p.1.max(0.0) as usize).min(last)];
        let x = p.0 / self.scale.0 - self.corner.0 + row.0 - self.size.0 / 2.0;
        let y = p.1 / self.scale.1 - self.corner.1 + row.1 - self.size.1 / 2.0;
        let (s, c) = self.skew.sin_cos();
        self.bent(
            c * x + s * y + self.size.0 / 2.0,
            c * y - s * x + self.size.1 / 2.0,
        )
    }

    /// From a place on the sheet to the image: the other way round, found by
    /// going nearer and nearer.
    pub fn to_image(&self, sheet: P) -> P {
        let (s, c) = self.skew.sin_cos();
        let turned = |d: P| {
            (
                (c * d.0 - s * d.1) * self.scale.0,
                (s * d.0 + c * d.1) * self.scale.1,
            )
        };
        let start = turned((sheet.0 - self.size.0 / 2.0, sheet.1 - self.size.1 / 2.0));
        let mut at = (
            start.0 + (self.corner.0 + self.size.0 / 2.0) * self.scale.0,
            start.1 + (self.corner.1 + self.size.1 / 2.0) * self.scale.1,
        );
        for _ in 0..4 {
            let now = self.to_sheet(at);
            let step = turned((sheet.0 - now.0, sheet.1 - now.1));
            at = (at.0 + step.0, at.1 + step.1);
        }
        at
    }
}
