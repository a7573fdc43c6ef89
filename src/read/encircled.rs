//! A wide circle around a box.

use std::f64::consts::TAU;

use super::areas::STEP_MM;
use super::row::{ABOVE_MM, Row, near_box};

/// Directions in which it is looked for.
const DIRECTIONS: usize = 32;
/// How far left and right of its box it is, mm: as far as it may be above or below, and
/// half as much again.
const ASIDE_MM: f64 = 5.0;
/// It is in so many of the directions that are not hidden: a hand leaves it open, a pen
/// skips, …
const CLOSED: f64 = 0.8;
/// … and in so many of all: print and the mark's own arms hide the rest.
const SEEN: f64 = 0.5;

/// What is seen in one direction.
enum Sight {
    Ink,
    Hidden,
    Clear,
}

impl Row {
    /// Is there ink apart from the mark in nearly all directions from the box, as far as
    /// print lets see?
    pub fn encircled(&self) -> bool {
        let (mut inked, mut clear) = (0, 0);
        for direction in 0..DIRECTIONS {
            match self.look(TAU * direction as f64 / DIRECTIONS as f64) {
                Sight::Ink => inked += 1,
                Sight::Clear => clear += 1,
                Sight::Hidden => {}
            }
        }
        f64::from(inked) >= CLOSED * f64::from(inked + clear)
            && f64::from(inked) >= SEEN * DIRECTIONS as f64
    }

    /// What is met first from the box's masked outline outwards. (What begins there is the
    /// mark's own: an arm, or a scribble that is larger than its box.)
    fn look(&self, angle: f64) -> Sight {
        let (sin, cos) = angle.sin_cos();
        // To where the ray leaves a rectangle of this size around the centre, mm.
        let leaves = |w: f64, h: f64| (0.5 * w / cos.abs()).min(0.5 * h / sin.abs());
        let own = near_box(&self.rect).size;
        let far = self.rect.inflate(ASIDE_MM, ABOVE_MM - STEP_MM).size;
        let (from, to) = (leaves(own.width, own.height), leaves(far.width, far.height));
        let centre = self.rect.center() - self.area.origin;
        for step in 0..((to - from) / STEP_MM).ceil() as usize {
            let reach = from + step as f64 * STEP_MM;
            let (x, y) = (centre.x + reach * cos, centre.y + reach * sin);
            let place = (y / STEP_MM) as usize * self.width + (x / STEP_MM) as usize;
            if self.inked.get(place) == Some(&1) {
                return if step == 0 { Sight::Hidden } else { Sight::Ink };
            }
            if self.mask.get(place) != Some(&false) {
                return Sight::Hidden;
            }
        }
        Sight::Clear
    }
}
