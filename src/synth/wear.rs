//! What people, staplers, folders and dirt did to the sheet, drawn on the
//! scanned plane.

use std::f64::consts::TAU;

use crate::geometry::{MmPoint, MmSize, MmVector};

use super::conditions::{Fold, Hole, Paper, Stamp};
use super::dice::{Dice, grain};
use super::ink;
use super::raster::Plane;
use super::strokes::{Dab, Stroke, curve};
use super::warp::Warp;

/// Draws everything of `paper` that lies on top of print and ink.
pub(crate) fn wear(
    plane: &mut Plane,
    paper: &Paper,
    size: MmSize,
    background: u8,
    warp: &Warp,
    dice: &mut Dice,
) {
    if let Some(s) = &paper.stamp {
        stamp(plane, s, warp, dice);
    }
    for f in &paper.folds {
        fold(plane, f, paper.white, size, warp, dice);
    }
    specks(plane, paper.dirt, size, (0.03, 0.2), warp, dice);
    if let Some(ends) = paper.staple {
        staple(plane, ends, warp, dice);
    }
    for h in &paper.holes {
        hole(plane, h, background, warp);
    }
    if let Some((corner, a, b)) = paper.torn {
        torn(plane, corner, a, b, size, background, warp);
    }
}

/// Specks of dirt or toner, `rate` per 100 cm²; one in fifty is a hair.
pub(crate) fn specks(
    plane: &mut Plane,
    rate: f64,
    size: MmSize,
    radius: (f64, f64),
    warp: &Warp,
    dice: &mut Dice,
) {
    let n = (rate * size.width * size.height / 10_000.0).round() as usize;
    for i in 0..n {
        let at = MmPoint::new(dice.range(0.0, size.width), dice.range(0.0, size.height));
        let dark = dice.range(0.15, 0.9);
        let points = if dice.chance(0.02) {
            let turn = dice.unit() * TAU;
            let bend = dice.around(1.2);
            let length = dice.range(0.8, 4.0);
            curve(&[
                at,
                at + MmVector::new((turn).cos(), (turn).sin()) * (length * 0.5),
                at + MmVector::new((turn + bend).cos(), (turn + bend).sin()) * length,
            ])
        } else {
            vec![at]
        };
        let hair = points.len() > 1;
        // Small specks are many, large ones few.
        let r = radius.0 + (radius.1 - radius.0) * dice.unit().powi(3);
        let stroke = Stroke {
            dabs: points
                .into_iter()
                .map(|at| Dab {
                    at,
                    radius: if hair { 0.03 } else { r as f32 },
                    dark: dark as f32,
                })
                .collect(),
            grain: 0.3,
            owner: None,
        };
        ink::lay(plane, &stroke, warp, i as u32);
    }
}

fn stamp(plane: &mut Plane, s: &Stamp, warp: &Warp, dice: &mut Dice) {
    let c = MmPoint::new(s.centre_mm[0], s.centre_mm[1]);
    let turn = s.turn_deg.to_radians();
    let weak_side = dice.unit() * TAU;
    let weak = dice.range(0.1, 0.6);
    let dab = |p: MmPoint, width: f64| {
        // The stamp was pressed harder on one side.
        let v = p - c;
        let along = (v.x * weak_side.cos() + v.y * weak_side.sin()) / s.radius_mm;
        Dab {
            at: p,
            radius: (width / 2.0) as f32,
            dark: (s.darkness * (1.0 - weak * 0.5 * (1.0 + along))) as f32,
        }
    };
    let mut strokes: Vec<Vec<Dab>> = Vec::new();
    for (radius, width) in [(s.radius_mm, 0.9), (s.radius_mm * 0.66, 0.4)] {
        strokes.push(
            (0..=120)
                .map(|i| {
                    let a = TAU * f64::from(i) / 120.0;
                    dab(c + MmVector::new(a.cos(), a.sin()) * radius, width)
                })
                .collect(),
        );
    }
    // Lettering between the rings: upright bars and cross bars.
    let letters = 26;
    for i in 0..letters {
        let a = turn + TAU * f64::from(i) / f64::from(letters);
        let out = MmVector::new(a.cos(), a.sin());
        let side = MmVector::new(-a.sin(), a.cos());
        let (r0, r1) = (s.radius_mm * 0.73, s.radius_mm * 0.92);
        let w = s.radius_mm * 0.07;
        strokes.push(vec![
            dab(c + out * r0 - side * w, 0.5),
            dab(c + out * r1 - side * w, 0.5),
        ]);
        if dice.chance(0.7) {
            let r = if dice.chance(0.5) {
                r1
            } else {
                (r0 + r1) / 2.0
            };
            strokes.push(vec![
                dab(c + out * r - side * w, 0.5),
                dab(c + out * r + side * w, 0.5),
            ]);
        }
        if dice.chance(0.5) {
            strokes.push(vec![
                dab(c + out * r1 + side * w, 0.5),
                dab(c + out * r0 + side * w, 0.5),
            ]);
        }
    }
    let star: Vec<MmPoint> = (0..=10)
        .map(|i| {
            let a = turn - TAU / 4.0 + TAU * f64::from(i) / 10.0;
            let r = s.radius_mm * if i % 2 == 0 { 0.36 } else { 0.15 };
            c + MmVector::new(a.cos(), a.sin()) * r
        })
        .collect();
    strokes.push(star.iter().map(|p| dab(*p, 0.6)).collect());
    for (i, dabs) in strokes.into_iter().enumerate() {
        let stroke = Stroke {
            dabs,
            grain: 0.45,
            owner: None,
        };
        ink::lay(plane, &stroke, warp, 0x57A0 + i as u32);
    }
}

fn fold(plane: &mut Plane, f: &Fold, white: u8, size: MmSize, warp: &Warp, dice: &mut Dice) {
    let slope = f.angle_deg.to_radians().tan();
    let ends = if f.across {
        [
            MmPoint::new(0.0, f.at_mm - slope * size.width / 2.0),
            MmPoint::new(size.width, f.at_mm + slope * size.width / 2.0),
        ]
    } else {
        [
            MmPoint::new(f.at_mm - slope * size.height / 2.0, 0.0),
            MmPoint::new(f.at_mm + slope * size.height / 2.0, size.height),
        ]
    };
    let [a, b] = ends.map(|p| warp.scan_of_sheet(p));
    // Half width of the valley: paper of 80 g/m² breaks over 0.3 to 0.5 mm.
    let half = 0.22 * warp.px_per_mm();
    let lit = dice.chance(0.5);
    let salt = dice.bits() as u32;
    let (from, to) = if f.across { (a.x, b.x) } else { (a.y, b.y) };
    let (lo, hi) = if f.across { (a.y, b.y) } else { (a.x, b.x) };
    let limit = if f.across { plane.width } else { plane.height };
    let across_limit = if f.across { plane.height } else { plane.width } as isize;
    let span = (to - from).max(1.0);
    let first = from.max(0.0) as usize;
    let last = (to.max(0.0) as usize).min(limit);
    for along in first..last {
        let middle = lo + (hi - lo) * (along as f64 - from) / span;
        // The fold's depth changes along its way.
        let vary = 0.75 + 0.25 * ((along as f64) / warp.px_per_mm() * 0.21).sin();
        let reach = (half * 4.0).ceil() as isize;
        for d in -reach..=reach {
            let at = middle.round() as isize + d;
            if at < 0 || at >= across_limit {
                continue;
            }
            let off = (at as f64 + 0.5 - middle) / half;
            let valley = (-0.5 * off * off).exp();
            let slope_light = (-0.125 * (off - if lit { 2.0 } else { -2.0 }).powi(2)).exp();
            let (x, y) = if f.across {
                (along, at as usize)
            } else {
                (at as usize, along)
            };
            let Some(v) = plane.data.get_mut(y * plane.width + x) else {
                continue;
            };
            let now = f64::from(*v);
            let g = f64::from(grain(x as i32, y as i32, salt) & 0xFF) / 255.0;
            let cracked = now + (f64::from(white) - now).max(0.0) * f.crack * valley * g;
            let shaded =
                cracked * (1.0 - f.shade * vary * valley) * (1.0 - 0.25 * f.shade * slope_light);
            *v = shaded.round().clamp(0.0, 255.0) as u8;
        }
    }
}

fn staple(plane: &mut Plane, ends: [[f64; 2]; 2], warp: &Warp, dice: &mut Dice) {
    let [a, b] = ends.map(|e| MmPoint::new(e[0], e[1]));
    // Metal reflects or not, depending on its angle to the lamp.
    let dark = dice.range(0.35, 0.9) as f32;
    let body = |radius: f32, dark: f32, shift: f64| Stroke {
        dabs: [a, b]
            .map(|p| Dab {
                at: p + MmVector::new(shift, shift),
                radius,
                dark,
            })
            .to_vec(),
        grain: 0.1,
        owner: None,
    };
    ink::lay(plane, &body(0.4, 0.2, 0.35), warp, 1);
    ink::lay(plane, &body(0.25, dark, 0.0), warp, 2);
}

fn hole(plane: &mut Plane, h: &Hole, background: u8, warp: &Warp) {
    let c = warp.scan_of_sheet(MmPoint::new(h.centre_mm[0], h.centre_mm[1]));
    let r = h.radius_mm * warp.px_per_mm();
    let shade = 0.35 * warp.px_per_mm();
    each_in_disc(plane, (c.x, c.y), r, |v, dx, dy, distance| {
        // The paper's edge shades the background on the side of the lamp.
        let shadow = ((distance - (r - shade)) / shade).clamp(0.0, 1.0) * 0.4;
        let side = (0.5 - 0.5 * (dx + dy) / (r * std::f64::consts::SQRT_2)).clamp(0.0, 1.0);
        *v = (f64::from(background) * (1.0 - shadow * side)) as u8;
    });
}

fn each_in_disc(
    plane: &mut Plane,
    c: (f64, f64),
    r: f64,
    mut f: impl FnMut(&mut u8, f64, f64, f64),
) {
    let y0 = (c.1 - r).floor().max(0.0) as usize;
    let y1 = ((c.1 + r).ceil().max(0.0) as usize).min(plane.height);
    let x0 = (c.0 - r).floor().max(0.0) as usize;
    let x1 = ((c.0 + r).ceil().max(0.0) as usize).min(plane.width);
    for y in y0..y1 {
        for x in x0..x1 {
            let (dx, dy) = (x as f64 + 0.5 - c.0, y as f64 + 0.5 - c.1);
            let distance = dx.hypot(dy);
            if distance <= r {
                f(&mut plane.data[y * plane.width + x], dx, dy, distance);
            }
        }
    }
}

fn torn(plane: &mut Plane, corner: u8, a: f64, b: f64, size: MmSize, background: u8, warp: &Warp) {
    let reach = a.max(b) + 6.0;
    let at = MmPoint::new(
        if corner == 0 || corner == 3 {
            0.0
        } else {
            size.width
        },
        if corner < 2 { 0.0 } else { size.height },
    );
    let c = warp.scan_of_sheet(at);
    let r = reach * warp.px_per_mm() * 1.5;
    let y0 = (c.y - r).max(0.0) as usize;
    let y1 = ((c.y + r).max(0.0) as usize).min(plane.height);
    let x0 = (c.x - r).max(0.0) as usize;
    let x1 = ((c.x + r).max(0.0) as usize).min(plane.width);
    for y in y0..y1 {
        let row = warp.row(y as u32);
        for x in x0..x1 {
            let p = row.sheet + row.sheet_step * x as f64;
            let dx = (p.x - at.x).abs();
            let dy = (p.y - at.y).abs();
            // A tear is ragged: two waves along it, a third of a millimetre.
            let along = dx - dy;
            let ragged = 0.25 * (along * 2.1).sin() + 0.15 * (along * 5.3).sin();
            let inside = 1.0 - dx / a - dy / b + ragged / a.max(b);
            let v = &mut plane.data[y * plane.width + x];
            if inside > 0.0 {
                *v = background;
            } else if inside > -0.05 {
                // Bare fibres without print.
                *v = (*v).max(235);
            }
        }
    }
}
