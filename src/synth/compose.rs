//! Puts print, ink and wear together as light on the scanner's glass: one
//! resampling step from the printed plane to the scan.

use crate::geometry::{MmPoint, MmSize, px_per_mm};

use super::SynthError;
use super::conditions::{Conditions, Printing};
use super::dice::{Dice, grain};
use super::print::Printed;
use super::raster::Plane;
use super::strokes::Stroke;
use super::warp::Warp;
use super::{ink, wear};

/// Steps of darkness between pale and dark bands: finer than a gray level.
const BANDS: usize = 16;

/// Resolution of the plane that shows through, dpi: what shows through is
/// blurred by the paper.
const BACK_DPI: u32 = 100;

/// What is printed on a piece of paper.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sides<'a> {
    /// Index of the page that is scanned.
    pub front: usize,
    /// Index of the page that is behind it.
    pub back: usize,
    /// Size of the paper, mm.
    pub size: MmSize,
    /// Serial that is printed on it.
    pub serial: Option<&'a str>,
}

/// Light that comes from the glass, before the scanner's own faults.
pub(crate) fn compose(
    printed: &Printed,
    sides: &Sides<'_>,
    conditions: &Conditions,
    warp: &Warp,
    strokes: &[Stroke],
    dice: &mut Dice,
) -> Result<Plane, SynthError> {
    let dpi = conditions.sensor.dpi;
    let copies = conditions.printing.copies;
    let size = sides.size;
    let toner = printed.sheet(sides.front, dpi, copies, sides.serial)?;
    let toner_ppm = px_per_mm(f64::from(Printed::plane_dpi(dpi)));
    let mut plane = lay_print(&toner, toner_ppm, size, conditions, warp, dice);
    drop(toner);
    if conditions.paper.texture > 0.0 {
        texture(&mut plane, conditions.paper.texture, dice);
    }
    if conditions.paper.show_through > 0.0 {
        let other = printed.shared(sides.back, BACK_DPI, 2)?;
        show_through(
            &mut plane,
            &other,
            conditions.paper.show_through,
            size,
            warp,
        );
    }
    wear::specks(
        &mut plane,
        conditions.printing.specks,
        size,
        (0.04, 0.28),
        warp,
        dice,
    );
    for (i, stroke) in strokes.iter().enumerate() {
        ink::lay(&mut plane, stroke, warp, i as u32);
    }
    wear::wear(
        &mut plane,
        &conditions.paper,
        size,
        conditions.feed.background,
        warp,
        dice,
    );
    Ok(plane)
}

/// For which steps of `start + i * step` the value is in lo..hi.
fn inside(start: f64, step: f64, lo: f64, hi: f64, n: usize) -> (usize, usize) {
    if step.abs() < 1e-12 {
        return if start >= lo && start < hi {
            (0, n)
        } else {
            (0, 0)
        };
    }
    let (a, b) = ((lo - start) / step, (hi - start) / step);
    let (a, b) = (a.min(b), a.max(b));
    let clip = |v: f64| (v.ceil().max(0.0) as usize).min(n);
    (clip(a), clip(b))
}

fn both(a: (usize, usize), b: (usize, usize)) -> (usize, usize) {
    let from = a.0.max(b.0);
    (from, a.1.min(b.1).max(from))
}

/// What copiers make of a share of toner: a steep curve, and lines grow or thin
/// out by where on their edge it cuts.
pub(crate) fn print_curve(printing: &Printing, cover: f64) -> f64 {
    if printing.copies == 0 {
        return cover;
    }
    let steep = 1.0 + 0.9 * f64::from(printing.copies);
    ((cover - 0.5 + printing.growth) * steep + 0.5).clamp(0.0, 1.0)
}

/// From coverage by toner to gray, for bands of different darkness.
fn tones(conditions: &Conditions) -> Vec<[u8; 256]> {
    let p = &conditions.printing;
    (0..BANDS)
        .map(|band| {
            let pale = p.banding * band as f64 / (BANDS - 1) as f64;
            let strength = p.toner * (1.0 - pale);
            let mut out = [0u8; 256];
            for (i, v) in out.iter_mut().enumerate() {
                let c = print_curve(p, i as f64 / 255.0);
                *v = (f64::from(conditions.paper.white) * (1.0 - strength * c)).round() as u8;
            }
            // Growth must not gray the bare paper.
            out[0] = conditions.paper.white;
            out
        })
        .collect()
}

fn lay_print(
    toner: &Plane,
    toner_ppm: f64,
    size: MmSize,
    conditions: &Conditions,
    warp: &Warp,
    dice: &mut Dice,
) -> Plane {
    let (w, h) = warp.image_size();
    let (w, h) = (w as usize, h as usize);
    let mut plane = Plane::new(w, h, conditions.feed.background);
    let tones = tones(conditions);
    let (slow, fast) = (dice.range(0.01, 0.04), dice.range(0.15, 0.5));
    let (phase_a, phase_b) = (dice.unit() * 6.3, dice.unit() * 6.3);
    let white = conditions.paper.white;
    // The lamp leaves a shade where the paper's edge stands off the glass.
    let edge_shade = (0.4 * warp.px_per_mm()).round() as usize;
    for y in 0..h {
        let map = warp.row(y as u32);
        let paper = both(
            inside(map.sheet.x, map.sheet_step.x, 0.0, size.width, w),
            inside(map.sheet.y, map.sheet_step.y, 0.0, size.height, w),
        );
        if paper.0 >= paper.1 {
            continue;
        }
        let line = &mut plane.data[y * w..(y + 1) * w];
        line[paper.0..paper.1].fill(white);
        let shade = |v: &mut u8| *v = (u32::from(*v) * 215 / 255) as u8;
        line[paper.0.saturating_sub(edge_shade)..paper.0]
            .iter_mut()
            .for_each(shade);
        line[paper.1..(paper.1 + edge_shade).min(w)]
            .iter_mut()
            .for_each(shade);

        let u0 = map.layout.x * toner_ppm - 0.5;
        let v0 = map.layout.y * toner_ppm - 0.5;
        let (du, dv) = (map.layout_step.x * toner_ppm, map.layout_step.y * toner_ppm);
        let printed = both(
            paper,
            both(
                inside(u0, du, 0.0, toner.width as f64 - 1.001, w),
                inside(v0, dv, 0.0, toner.height as f64 - 1.001, w),
            ),
        );
        let band = {
            let mm = map.sheet.y;
            let wave = 0.5
                + 0.3 * (mm * slow * 6.3 + phase_a).sin()
                + 0.2 * (mm * fast * 6.3 + phase_b).sin();
            ((wave * BANDS as f64) as usize).min(BANDS - 1)
        };
        resample(
            &mut line[printed.0..printed.1],
            toner,
            (u0 + du * printed.0 as f64, v0 + dv * printed.0 as f64),
            (du, dv),
            &tones[band],
        );
    }
    plane
}

/// One row by bilinear interpolation, in 16.16 fixed point.
fn resample(line: &mut [u8], toner: &Plane, at: (f64, f64), step: (f64, f64), tone: &[u8; 256]) {
    const ONE: f64 = 65_536.0;
    let (mut u, mut v) = ((at.0 * ONE) as i64, (at.1 * ONE) as i64);
    let (du, dv) = ((step.0 * ONE) as i64, (step.1 * ONE) as i64);
    let w = toner.width;
    let mut row_at = usize::MAX;
    let mut rows: (&[u8], &[u8]) = (&[], &[]);
    for out in line {
        let (ui, vi) = ((u >> 16) as usize, (v >> 16) as usize);
        if vi != row_at {
            row_at = vi;
            let pair = toner.data.get(vi * w..(vi + 2) * w).unwrap_or(&[]);
            rows = pair.split_at(pair.len() / 2);
        }
        if let (Some([a, b]), Some([c, d])) = (rows.0.get(ui..ui + 2), rows.1.get(ui..ui + 2)) {
            let (a, b, c, d) = (u32::from(*a), u32::from(*b), u32::from(*c), u32::from(*d));
            if a | b | c | d != 0 {
                let fu = (u >> 8) as u32 & 0xFF;
                let fv = (v >> 8) as u32 & 0xFF;
                let top = a * (256 - fu) + b * fu;
                let bottom = c * (256 - fu) + d * fu;
                let cover = (top * (256 - fv) + bottom * fv) >> 16;
                *out = tone[(cover & 0xFF) as usize];
            }
        }
        u += du;
        v += dv;
    }
}

/// Fibres: a field of small blotches, tiled.
fn texture(plane: &mut Plane, depth: f64, dice: &mut Dice) {
    const TILE: usize = 256;
    let salt = dice.bits() as u32;
    let mut tile = Plane::new(TILE, TILE, 0);
    for y in 0..TILE {
        for x in 0..TILE {
            tile.data[y * TILE + x] = (grain(x as i32, y as i32, salt) & 0xFF) as u8;
        }
    }
    tile.blur(1.6);
    // Blurring leaves about a sixth of the spread of 74 levels.
    let scale = depth / 12.0;
    let change: Vec<i16> = tile
        .data
        .iter()
        .map(|v| ((f64::from(*v) - 127.5) * scale) as i16)
        .collect();
    let w = plane.width;
    for (y, line) in plane.data.chunks_exact_mut(w).enumerate() {
        let row = &change[(y % TILE) * TILE..(y % TILE + 1) * TILE];
        for part in line.chunks_mut(TILE) {
            for (v, c) in part.iter_mut().zip(row) {
                *v = (i16::from(*v) + c).clamp(0, 255) as u8;
            }
        }
    }
}

/// The mirrored other side, faintly.
fn show_through(plane: &mut Plane, back: &Plane, contrast: f64, size: MmSize, warp: &Warp) {
    let ppm = px_per_mm(f64::from(BACK_DPI));
    let mut fade = [0u16; 256];
    for (i, f) in fade.iter_mut().enumerate() {
        *f = (256.0 * (1.0 - contrast * i as f64 / 255.0)) as u16;
    }
    let w = plane.width;
    for y in 0..plane.height {
        let map = warp.row(y as u32);
        let at = MmPoint::new((size.width - map.layout.x) * ppm, map.layout.y * ppm);
        let (du, dv) = (-map.layout_step.x * ppm, map.layout_step.y * ppm);
        let range = both(
            inside(at.x, du, 0.0, back.width as f64, w),
            inside(at.y, dv, 0.0, back.height as f64, w),
        );
        let line = &mut plane.data[y * w + range.0..y * w + range.1];
        let (mut u, mut v) = (at.x + du * range.0 as f64, at.y + dv * range.0 as f64);
        for out in line {
            let c = back
                .data
                .get(v as usize * back.width + u as usize)
                .copied()
                .unwrap_or(0);
            *out = ((u16::from(*out) as u32 * u32::from(fade[c as usize])) >> 8) as u8;
            u += du;
            v += dv;
        }
    }
}
