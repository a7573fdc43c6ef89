//! The darkest places of a box, averaged over a few samples: strokes that are lighter
//! than the threshold of a noisy or blurred page.

use super::paper::{Tone, local_paper};
use crate::read::sample::Window;
use crate::read::template::{BoxTemplate, zone};

/// Side of the square that [`darkest_patch`] looks through, samples: half a
/// millimetre, a dot or the width of two strokes.
const PATCH: usize = 4;

/// The darkest half millimetre inside the box: how far its mean is below the
/// paper, gray levels. Noise averages out in it, so that it sees strokes that are
/// lighter than the threshold of a noisy or blurred page.
pub(crate) fn darkest_patch(
    window: &Window,
    template: &BoxTemplate,
    (dx, dy): (i32, i32),
    page: Tone,
) -> f64 {
    let paper = local_paper(window, template).map_or(page.paper, f64::from);
    let (w, h) = (template.width, template.height);
    let sum = |col: usize, row: usize| -> Option<u32> {
        let mut sum = 0;
        for r in row..row + PATCH {
            if template.zones[r * w + col..][..PATCH]
                .iter()
                .any(|z| z & zone::INTERIOR == 0)
            {
                return None;
            }
            let y = usize::try_from(r as i32 + dy).ok().filter(|&y| y < h)?;
            let x = usize::try_from(col as i32 + dx).ok()?;
            let samples = window.pixels.get(y * w + x..y * w + x + PATCH)?;
            sum += samples.iter().map(|&p| u32::from(p)).sum::<u32>();
        }
        Some(sum)
    };
    let step = PATCH / 2;
    // The places of the whole window that are in steps, as far as they are inside.
    let within = |inside: &std::ops::Range<usize>, size: usize| {
        let last = inside.end.min(size).saturating_sub(PATCH - 1);
        (inside.start / step * step..last).step_by(step)
    };
    let (columns, rows) = (within(&template.inside.0, w), within(&template.inside.1, h));
    rows.flat_map(|row| columns.clone().map(move |col| (col, row)))
        .filter_map(|(col, row)| sum(col, row))
        .min()
        .map_or(0.0, |s| paper - f64::from(s) / (PATCH * PATCH) as f64)
}

/// How far the darkest place of what `mask` covers in these zones of the box is below the
/// paper, gray levels: in each column, or in each row if it does not cover a `level` line,
/// three samples together. In order; those are left out of which nothing is covered.
pub(crate) fn darkest_lines(
    window: &Window,
    template: &BoxTemplate,
    (dx, dy): (i32, i32),
    mask: &[bool],
    (level, zones): (bool, u8),
) -> Vec<f64> {
    let (w, h) = (template.width, template.height);
    let paper = f64::from(local_paper(window, template).unwrap_or(u8::MAX));
    let inside = |x: usize, y: usize| {
        let zone = |v: usize, d: i32| usize::try_from(v as i32 - d).ok();
        let at = zone(x, dx).filter(|&x| x < w).zip(zone(y, dy));
        at.and_then(|(x, y)| template.zones.get(y * w + x))
            .is_some_and(|z| z & zones != 0)
    };
    let (along, across) = if level { (w, h) } else { (h, w) };
    let mut lines = Vec::new();
    for a in 0..along {
        let mut darkest: Option<f64> = None;
        let mut last = [None; 3];
        for c in 0..across {
            let (x, y) = if level { (a, c) } else { (c, a) };
            let gray = (mask[y * w + x] && inside(x, y)).then(|| window.pixels[y * w + x]);
            last = [last[1], last[2], gray];
            if let [Some(p), Some(q), Some(r)] = last {
                let mean = (f64::from(p) + f64::from(q) + f64::from(r)) / 3.0;
                darkest = Some(darkest.map_or(mean, |d| d.min(mean)));
            }
        }
        lines.extend(darkest.map(|d| paper - d));
    }
    lines
}
