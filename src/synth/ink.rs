//! Lays strokes of ink on the scanned sheet: each segment by its distance
//! field, in the small window that it touches.

use super::dice::grain;
use super::raster::Plane;
use super::strokes::{Dab, Stroke};
use super::warp::Warp;

/// Lays a stroke on a plane of light.
pub(crate) fn lay(plane: &mut Plane, stroke: &Stroke, warp: &Warp, salt: u32) {
    let ppm = warp.px_per_mm() as f32;
    let points: Vec<Point> = stroke
        .dabs
        .iter()
        .map(|d: &Dab| {
            let p = warp.scan_of_layout(d.at);
            Point {
                x: p.x as f32,
                y: p.y as f32,
                r: d.radius * ppm,
                dark: d.dark,
            }
        })
        .collect();
    lay_points(plane, &points, stroke.grain, salt);
}

/// A place of the pen in the scan, px.
#[derive(Debug, Clone, Copy)]
struct Point {
    x: f32,
    y: f32,
    r: f32,
    dark: f32,
}

fn lay_points(plane: &mut Plane, points: &[Point], depth: f32, salt: u32) {
    let Some(window) = Window::around(points, plane) else {
        return;
    };
    let (w, h) = (window.x1 - window.x0, window.y1 - window.y0);
    // Within one stroke ink does not add up, so the darkest touch counts.
    let mut cover = vec![0f32; w * h];
    let mut segment = |a: Point, b: Point| {
        let r = a.r.max(b.r) + 1.0;
        let x0 = ((a.x.min(b.x) - r).floor().max(window.x0 as f32)) as usize;
        let x1 = ((a.x.max(b.x) + r).ceil() as usize).min(window.x1);
        let y0 = ((a.y.min(b.y) - r).floor().max(window.y0 as f32)) as usize;
        let y1 = ((a.y.max(b.y) + r).ceil() as usize).min(window.y1);
        let (dx, dy) = (b.x - a.x, b.y - a.y);
        let inverse = 1.0 / (dx * dx + dy * dy).max(1e-9);
        for y in y0..y1 {
            let py = y as f32 + 0.5 - a.y;
            let row = &mut cover[(y - window.y0) * w..(y - window.y0 + 1) * w];
            for x in x0..x1 {
                let px = x as f32 + 0.5 - a.x;
                let t = ((px * dx + py * dy) * inverse).clamp(0.0, 1.0);
                let (ex, ey) = (px - t * dx, py - t * dy);
                let radius = a.r + t * (b.r - a.r);
                let reach = radius + 0.5;
                let squared = ex * ex + ey * ey;
                if squared < reach * reach {
                    // A line thinner than a pixel covers its width's share.
                    let edge = (reach - squared.sqrt()).min(1.0).min(2.0 * radius);
                    let value = edge * (a.dark + t * (b.dark - a.dark));
                    let cell = &mut row[x - window.x0];
                    if value > *cell {
                        *cell = value;
                    }
                }
            }
        }
    };
    if let [only] = points {
        segment(*only, *only);
    }
    for pair in points.windows(2) {
        segment(pair[0], pair[1]);
    }
    for y in 0..h {
        let at = (window.y0 + y) * plane.width + window.x0;
        let Some(row) = plane.data.get_mut(at..at + w) else {
            continue;
        };
        for (x, (out, c)) in row.iter_mut().zip(&cover[y * w..(y + 1) * w]).enumerate() {
            if *c <= 0.0 {
                continue;
            }
            let mut c = *c;
            if depth > 0.0 {
                let g = grain((window.x0 + x) as i32, (window.y0 + y) as i32, salt);
                c *= 1.0 - depth * (g & 0xFFFF) as f32 * (1.0 / 65_535.0);
            }
            *out = (f32::from(*out) * (1.0 - c) + 0.5) as u8;
        }
    }
}

/// Pixels that a stroke may touch.
struct Window {
    x0: usize,
    y0: usize,
    x1: usize,
    y1: usize,
}

impl Window {
    fn around(points: &[Point], plane: &Plane) -> Option<Self> {
        let (mut x0, mut y0) = (f32::INFINITY, f32::INFINITY);
        let (mut x1, mut y1) = (f32::NEG_INFINITY, f32::NEG_INFINITY);
        for p in points {
            let r = p.r + 1.5;
            x0 = x0.min(p.x - r);
            y0 = y0.min(p.y - r);
            x1 = x1.max(p.x + r);
            y1 = y1.max(p.y + r);
        }
        let clip = |v: f32, limit: usize| (v.max(0.0) as usize).min(limit);
        let out = Self {
            x0: clip(x0.floor(), plane.width),
            y0: clip(y0.floor(), plane.height),
            x1: clip(x1.ceil(), plane.width),
            y1: clip(y1.ceil(), plane.height),
        };
        (x0.is_finite() && out.x0 < out.x1 && out.y0 < out.y1).then_some(out)
    }
}
