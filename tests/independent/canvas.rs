//! The sheet as the scanner's lamp sees it, in pixels of the image: how much
//! light comes back from print and paper, and how much of it gets through
//! what people drew.

use crate::base::BasePage;
use crate::dice::{hash_unit, smooth_noise};
use crate::hand::{Pen, Stroke};
use crate::place::{Feed, P, Print};

/// Pixels between two exact conversions of a place.
const STEP: usize = 16;

/// What copier or printer did to the print.
#[derive(Debug, Clone)]
pub struct Toner {
    /// Ink at which an edge lies, 0.5 as designed: less makes lines fat.
    pub edge: f32,
    /// How steep edges are: 1 as rendered.
    pub steep: f32,
    /// Light that comes back from full black.
    pub black: f32,
    /// Share of the toner that is missing in places.
    pub missing: f32,
    /// Blur of copying, mm.
    pub blur: f32,
}

/// What is on the sheet's other side.
pub struct Through<'a> {
    pub page: &'a BasePage,
    /// Share of its ink that is seen.
    pub strength: f32,
}

/// Light by pixel, 255 all of it.
#[derive(Debug)]
pub struct Canvas {
    pub width: usize,
    pub height: usize,
    /// Print, paper, dirt and writing; without marks.
    pub page: Vec<u8>,
    /// What marks let through.
    pub marks: Vec<u8>,
}

/// Where a line of pixels lies on the sheet, a few pixels at a time.
fn along(
    feed: &Feed,
    row: usize,
    from: usize,
    to: usize,
    mut each: impl FnMut(usize, usize, P, P),
) {
    let y = row as f32 + 0.5;
    let mut x = from;
    let mut start = feed.to_sheet((x as f32 + 0.5, y));
    while x < to {
        let end = (x + STEP).min(to);
        let stop = feed.to_sheet((end as f32 + 0.5, y));
        each(x, end, start, stop);
        (x, start) = (end, stop);
    }
}

fn mix(a: P, b: P, t: f32) -> P {
    (a.0 + (b.0 - a.0) * t, a.1 + (b.1 - a.1) * t)
}

impl Canvas {
    /// Paper with print on it; `outside` is what lies beyond the paper.
    #[allow(clippy::too_many_arguments)]
    pub fn new(
        feed: &Feed,
        print: &Print,
        base: &BasePage,
        toner: &Toner,
        through: Option<&Through<'_>>,
        paper: f32,
        outside: f32,
        blur: f32,
        seed: u64,
    ) -> Self {
        let (width, height) = (feed.width, feed.height);
        let mut page = vec![(paper * 255.0) as u8; width * height];
        // The coarser rendering stands for the blur of lens and copier.
        let fine = (1.0 / feed.scale.0).max(2.0 * blur.hypot(toner.blur));
        let level = (fine * crate::base::PER_MM).log2().clamp(0.0, 2.99);
        let (mut coarse, mut share) = (level as usize, level.fract());
        if share > 0.9 {
            (coarse, share) = (coarse + 1, 0.0);
        }
        let (a, b) = (&base.levels[coarse], &base.levels[(coarse + 1).min(3)]);
        let depth = paper - toner.black.min(paper);
        let beyond = (outside * 255.0) as u8;
        let within = |p: P| p.0 >= 0.0 && p.1 >= 0.0 && p.0 < feed.size.0 && p.1 < feed.size.1;
        for (row, line) in page.chunks_exact_mut(width).enumerate() {
            along(feed, row, 0, width, |from, to, start, stop| {
                let edge = !within(start) || !within(stop);
                let (f0, f1) = (print.to_form(start), print.to_form(stop));
                let inked = base.inked_between(f0, f1);
                let back = through.filter(|t| {
                    let turn = |p: P| (feed.size.0 - p.0, p.1);
                    t.page.inked_between(turn(start), turn(stop))
                });
                if !edge && !inked && back.is_none() {
                    return;
                }
                let step = 1.0 / (to - from) as f32;
                for (i, px) in line[from..to].iter_mut().enumerate() {
                    let t = i as f32 * step;
                    let s = mix(start, stop, t);
                    if edge && !within(s) {
                        *px = beyond;
                        continue;
                    }
                    let mut light = paper;
                    if inked {
                        let f = (f0.0 + (f1.0 - f0.0) * t, f0.1 + (f1.1 - f0.1) * t);
                        let mut ink = a.at(f.0, f.1);
                        if share > 0.1 {
                            ink += (b.at(f.0, f.1) - ink) * share;
                        }
                        let ink = ink / 255.0;
                        if ink <= 0.0 && back.is_none() {
                            continue;
                        }
                        let mut ink = (0.5 + (ink - toner.edge) * toner.steep).clamp(0.0, 1.0);
                        if ink > 0.0 && toner.missing > 0.0 {
                            let broad = smooth_noise(seed, s.0 * 0.12, s.1 * 0.01);
                            let fine = smooth_noise(seed ^ 7, s.0 * 3.0, s.1 * 3.0);
                            ink *= 1.0
                                - toner.missing * (0.5 + 0.35 * broad + 0.3 * fine).clamp(0.0, 1.0);
                        }
                        light -= depth * ink;
                    }
                    if let Some(other) = back {
                        light -= paper
                            * other.strength
                            * other.page.levels[2].at(feed.size.0 - s.0, s.1)
                            / 255.0;
                    }
                    *px = (light * 255.0).clamp(0.0, 255.0) as u8;
                }
            });
        }
        Self {
            width,
            height,
            page,
            marks: vec![255; width * height],
        }
    }

    /// The grain of the paper, as a share of its light.
    pub fn fibres(&mut self, seed: u64, amount: f32) {
        const TILE: usize = 256;
        if amount < 0.003 {
            return;
        }
        let tile: Vec<f32> = (0..TILE * TILE)
            .map(|i| {
                let (x, y) = ((i % TILE) as f32, (i / TILE) as f32);
                1.0 + amount
                    * (smooth_noise(seed, x / 3.0, y / 2.0)
                        + smooth_noise(seed ^ 1, x / 11.0, y / 9.0))
            })
            .collect();
        for (y, line) in self.page.chunks_exact_mut(self.width).enumerate() {
            let row = &tile[y % TILE * TILE..][..TILE];
            for part in line.chunks_mut(TILE) {
                for (px, grain) in part.iter_mut().zip(row) {
                    *px = (f32::from(*px) * grain).min(255.0) as u8;
                }
            }
        }
    }

    /// Changes the light of every pixel of a rectangle of the sheet (mm),
    /// knowing its place on the sheet.
    pub fn touch(&mut self, feed: &Feed, low: P, high: P, mut change: impl FnMut(P, f32) -> f32) {
        let corners = [low, (high.0, low.1), high, (low.0, high.1)].map(|p| feed.to_image(p));
        let span = |values: [f32; 4], most: usize| {
            let low = values.iter().copied().fold(f32::MAX, f32::min) - 3.0;
            let high = values.iter().copied().fold(f32::MIN, f32::max) + 3.0;
            (
                (low.max(0.0) as usize).min(most),
                (high.max(0.0) as usize).min(most),
            )
        };
        let (x0, x1) = span(corners.map(|c| c.0), self.width);
        let (y0, y1) = span(corners.map(|c| c.1), self.height);
        for row in y0..y1 {
            let line = &mut self.page[row * self.width..][..self.width];
            along(feed, row, x0, x1, |from, to, start, stop| {
                let step = 1.0 / (to - from) as f32;
                for (i, px) in line[from..to].iter_mut().enumerate() {
                    let s = mix(start, stop, i as f32 * step);
                    if s.0 >= low.0 && s.0 < high.0 && s.1 >= low.1 && s.1 < high.1 {
                        *px = (change(s, f32::from(*px) / 255.0) * 255.0).clamp(0.0, 255.0) as u8;
                    }
                }
            });
        }
    }
}

/// How strokes get onto the canvas.
#[derive(Debug, Clone, Copy)]
pub struct Touch<'a> {
    pub feed: &'a Feed,
    pub print: &'a Print,
    pub pen: &'a Pen,
    /// Of lens and paper, mm.
    pub blur: f32,
    /// 1, or less where a rubber went over it.
    pub left: f32,
    pub seed: u64,
}

/// A pixel and how much of a stroke is on it, 0 to 255.
pub type Trace = Vec<(u32, u8)>;

/// A stroke's ink is on one side of its edges, softly.
fn soft_step(t: f32) -> f32 {
    let t = (t * 0.5 + 0.5).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

/// Draws strokes onto a layer of light; `trace` learns where ink came.
pub fn draw(layer: &mut [u8], touch: Touch<'_>, strokes: &[Stroke], trace: &mut Trace) {
    let (feed, pen) = (touch.feed, touch.pen);
    let per_mm = (feed.scale.0 + feed.scale.1) / 2.0;
    let soft = (0.7_f32).max(1.6 * per_mm * touch.blur.hypot(pen.bleed));
    for (number, stroke) in strokes.iter().enumerate() {
        let r = (pen.width * stroke.wide / 2.0 * per_mm).max(0.3);
        let reach = r + soft;
        let at: Vec<(P, f32)> = stroke
            .points
            .iter()
            .map(|(p, press)| (feed.to_image(touch.print.to_sheet(*p)), *press))
            .collect();
        let seed = touch.seed ^ (number as u64) << 20;
        let bound = |f: &dyn Fn(&P) -> f32, most: usize| {
            let low = at.iter().map(|a| f(&a.0)).fold(f32::MAX, f32::min) - reach;
            let high = at.iter().map(|a| f(&a.0)).fold(f32::MIN, f32::max) + reach + 1.0;
            (
                (low.max(0.0) as usize).min(most),
                (high.max(0.0) as usize).min(most),
            )
        };
        let (x0, x1) = bound(&|p| p.0, feed.width);
        let (y0, y1) = bound(&|p| p.1, feed.height);
        if x0 >= x1 || y0 >= y1 {
            continue;
        }
        let w = x1 - x0;
        let mut mask = vec![0.0_f32; w * (y1 - y0)];
        let (mut arc, mut dry) = (0.0_f32, 0.0_f32);
        for (i, pair) in at.windows(2).enumerate() {
            let ((a, press), (b, _)) = (pair[0], pair[1]);
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            let length = dx.hypot(dy);
            let mm = length / per_mm;
            arc += mm;
            if dry > 0.0 {
                dry -= mm;
                continue;
            }
            if hash_unit(seed, i as u32, 77) < pen.skip * mm {
                dry = 0.3 + 1.2 * hash_unit(seed, i as u32, 78);
            }
            let much = press * (1.0 - pen.vary * (0.5 + 0.5 * smooth_noise(seed, arc * 0.8, 0.0)));
            if much <= 0.02 {
                continue;
            }
            let clip = |low: f32, high: f32, from: usize, to: usize| {
                (
                    ((low - reach).max(from as f32) as usize).min(to),
                    ((high + reach + 1.0).max(from as f32) as usize).min(to),
                )
            };
            let (sx0, sx1) = clip(a.0.min(b.0), a.0.max(b.0), x0, x1);
            let (sy0, sy1) = clip(a.1.min(b.1), a.1.max(b.1), y0, y1);
            let inverse = 1.0 / (length * length).max(1e-6);
            for y in sy0..sy1 {
                let py = y as f32 + 0.5 - a.1;
                let row = &mut mask[(y - y0) * w..][..w];
                for x in sx0..sx1 {
                    let px = x as f32 + 0.5 - a.0;
                    let t = ((px * dx + py * dy) * inverse).clamp(0.0, 1.0);
                    let (ex, ey) = (px - dx * t, py - dy * t);
                    let square = ex * ex + ey * ey;
                    if square < reach * reach {
                        let d = square.sqrt();
                        let ink = (soft_step((d + r) / soft) - soft_step((d - r) / soft)) * much;
                        let cell = &mut row[x - x0];
                        *cell = cell.max(ink);
                    }
                }
            }
        }
        for (row, line) in mask.chunks_exact(w).enumerate() {
            for (i, ink) in line.iter().enumerate() {
                if *ink <= 0.01 {
                    continue;
                }
                let (x, y) = (x0 + i, y0 + row);
                // Grain has its own size on paper, about 0.1 mm.
                let cell = (10.0 / per_mm).max(1.0);
                let (gx, gy) = ((x as f32 * cell) as u32, (y as f32 * cell) as u32);
                let grain = 1.0 - pen.grain * hash_unit(touch.seed ^ 3, gx, gy);
                let swallowed = ink * pen.dark * grain * touch.left;
                let px = &mut layer[y * feed.width + x];
                *px = (f32::from(*px) * (1.0 - swallowed.min(1.0))) as u8;
                if *ink > 0.25 {
                    trace.push(((y * feed.width + x) as u32, (ink * 255.0) as u8));
                }
            }
        }
    }
}
