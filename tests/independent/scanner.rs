//! The scanner: from light to the bytes of a file.

use std::io::Cursor;

use image::codecs::jpeg::{JpegEncoder, PixelDensity, PixelDensityUnit};

use crate::canvas::Canvas;
use crate::dice::{Dice, Noise};
use crate::level::{DPI, Level};
use crate::place::{Feed, P};

/// How the file keeps the pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Mode {
    Jpeg(u8),
    Png,
    /// Black where it is darker than this share of the way from black to paper.
    Global(f32),
    /// Black where it is darker than what is around by this share.
    Adaptive(f32),
}

impl Mode {
    pub fn bilevel(self) -> bool {
        matches!(self, Self::Global(_) | Self::Adaptive(_))
    }
}

/// A machine and its settings, for one sheet.
#[derive(Debug, Clone)]
pub struct Machine {
    pub dpi: f32,
    pub mode: Mode,
    /// Of lens and sensor, mm.
    pub blur: f32,
    noise: f32,
    gamma: f32,
    /// Light that comes out as black and as white.
    points: (f32, f32),
    /// What is seen beside the paper.
    pub lid: f32,
    /// Paper beyond which the image goes, mm: left, top, right, bottom; less
    /// than nothing cuts the paper.
    margins: [f32; 4],
    /// How the light falls off to the sides: linear, square; along x and y.
    fall: [P; 2],
    tag: bool,
    streaks: Vec<Streak>,
    pub told: Vec<&'static str>,
}

/// Dust on the glass of a feeder.
#[derive(Debug, Clone)]
struct Streak {
    /// Share of the width.
    at: f32,
    half: f32,
    dark: f32,
}

impl Machine {
    pub fn new(dice: &mut Dice, level: &Level) -> Self {
        let mut told = Vec::new();
        let at: Vec<(f32, f32)> = level.dpi.iter().copied().zip(DPI).collect();
        let mut dpi = dice.pick(&at);
        let modes: Vec<(f32, usize)> = level.modes.iter().copied().zip(0..).collect();
        let mode = match dice.pick(&modes) {
            0 => Mode::Jpeg(dice.range(level.quality.0, level.quality.1) as u8),
            1 => Mode::Png,
            _ if dice.chance(0.6) => Mode::Global(dice.range(0.48, 0.76)),
            _ => Mode::Adaptive(dice.range(0.12, 0.24)),
        };
        if mode.bilevel() {
            // Nobody scans black and white that coarsely.
            dpi = dpi.max(200.0);
        }
        let mut lid = dice.pick(&[(0.7, 0.97), (0.2, 0.8), (0.1, 0.6)]);
        let mut margins = [0.0; 4].map(|_: f32| dice.normal(0.6).clamp(-1.5, 1.5));
        if dice.chance(level.border) {
            told.push("dark border");
            lid = dice.range(0.01, 0.2);
            margins = margins.map(|_| dice.range(0.0, 7.0));
        } else if dice.chance(0.2) {
            margins = margins.map(|_| dice.range(0.0, 4.0));
        }
        let mut streaks = Vec::new();
        if dice.chance(level.streak) {
            told.push("streak");
            for _ in 0..1 + dice.below(2) {
                streaks.push(Streak {
                    at: dice.unit(),
                    half: dice.range(0.04, 0.2),
                    dark: dice.range(0.08, 0.7) * if dice.chance(0.25) { -1.0 } else { 1.0 },
                });
            }
        }
        let slope = level.light;
        let fall = [0, 1].map(|_| (dice.normal(slope * 0.4), dice.range(0.0, slope)));
        Self {
            dpi,
            mode,
            blur: dice.range(level.blur.0, level.blur.1),
            noise: dice.range(level.noise.0, level.noise.1),
            gamma: dice.range(0.75, 1.25),
            points: (dice.range(0.0, 0.06), dice.range(0.88, 1.04)),
            lid,
            margins,
            fall,
            tag: dice.chance(0.8),
            streaks,
            told,
        }
    }

    /// How one page goes through.
    pub fn feed(&self, dice: &mut Dice, level: &Level, size: P) -> Feed {
        let per_mm = self.dpi / 25.4;
        let scale = (
            per_mm * (1.0 + dice.normal(0.001)),
            per_mm * (1.0 + dice.normal(0.003)),
        );
        let [left, top, right, bottom] = self.margins;
        let slip = if level.number == 1 { 0.5 } else { 0.9 };
        let corner = (left + dice.normal(slip), top + dice.normal(slip));
        let width = ((size.0 + left + right) * scale.0) as usize;
        let height = ((size.1 + top + bottom) * scale.1) as usize;
        let rows = Feed::rows(dice, height, per_mm, level.stretch, level.jitter);
        let bow = if dice.chance(level.bowed) {
            (dice.normal(level.bow), dice.normal(level.bow))
        } else {
            (0.0, 0.0)
        };
        Feed {
            width,
            height,
            scale,
            skew: dice.normal(level.skew_degrees.to_radians()),
            corner,
            size,
            rows,
            bow,
            waves: Vec::new(),
        }
    }
}

/// The machine with everything that depends on the page worked out.
pub struct Sensor<'a> {
    machine: &'a Machine,
    columns: Vec<f32>,
    /// Part of the columns that dust has.
    dust: Vec<f32>,
    lines: Vec<f32>,
    curve: Vec<f32>,
    noise: Noise,
    limit: Limit,
}

enum Limit {
    None,
    Global(f32),
    Adaptive {
        means: Vec<f32>,
        wide: usize,
        cell: usize,
        share: f32,
    },
}

const CURVE: usize = 1024;

impl<'a> Sensor<'a> {
    pub fn new(machine: &'a Machine, dice: &mut Dice, canvas: &Canvas, paper: f32) -> Self {
        let fall = |n: usize, f: P| -> Vec<f32> {
            (0..n)
                .map(|i| {
                    let t = i as f32 / n as f32 * 2.0 - 1.0;
                    1.0 + f.0 * t * 0.5 - f.1 * t * t
                })
                .collect()
        };
        let mut dust = vec![1.0_f32; canvas.width];
        let per_mm = machine.dpi / 25.4;
        for streak in &machine.streaks {
            let (middle, half) = (
                streak.at * canvas.width as f32,
                (streak.half * per_mm).max(0.5),
            );
            for (x, gain) in dust.iter_mut().enumerate() {
                let d = (x as f32 - middle).abs() / half;
                *gain *= 1.0 - streak.dark * (1.3 - d).clamp(0.0, 1.0);
            }
        }
        let mut columns = fall(canvas.width, machine.fall[0]);
        columns.iter_mut().zip(&dust).for_each(|(c, d)| *c *= d);
        // A scanner that sets its white by the paper keeps coloured paper light.
        let white = if paper < 0.9 {
            machine.points.1.min(paper * 1.12)
        } else {
            machine.points.1
        };
        let black = machine.points.0;
        let curve = (0..CURVE)
            .map(|i| {
                let v = (i as f32 / CURVE as f32 * 1.1 - black) / (white - black);
                255.0 * v.clamp(0.0, 1.0).powf(machine.gamma)
            })
            .collect();
        let mut sensor = Self {
            machine,
            columns,
            dust,
            lines: fall(canvas.height, machine.fall[1]),
            curve,
            noise: Noise::new(dice.bits(), canvas.height),
            limit: Limit::None,
        };
        let dark = sensor.curve_at(0.08);
        let light = sensor.curve_at(paper);
        sensor.limit = match machine.mode {
            Mode::Global(share) => Limit::Global(dark + (light - dark) * share),
            Mode::Adaptive(share) => {
                let cell = (3.0 * per_mm) as usize;
                let (wide, high) = (canvas.width.div_ceil(cell), canvas.height.div_ceil(cell));
                let mut sums = vec![(0.0_f32, 0.0_f32); wide * high];
                for y in (0..canvas.height).step_by(3) {
                    for x in (0..canvas.width).step_by(3) {
                        let i = y * canvas.width + x;
                        let sum = &mut sums[y / cell * wide + x / cell];
                        sum.0 += sensor.level(canvas.page[i], canvas.marks[i], x, y);
                        sum.1 += 1.0;
                    }
                }
                let means = (0..wide * high)
                    .map(|i| {
                        let (x, y) = (i % wide, i / wide);
                        let around = (y.saturating_sub(1)..(y + 2).min(high)).flat_map(|y| {
                            (x.saturating_sub(1)..(x + 2).min(wide)).map(move |x| y * wide + x)
                        });
                        let (sum, n) =
                            around.fold((0.0, 0.0), |s, j| (s.0 + sums[j].0, s.1 + sums[j].1));
                        sum / f32::max(n, 1.0)
                    })
                    .collect();
                Limit::Adaptive {
                    means,
                    wide,
                    cell,
                    share,
                }
            }
            _ => Limit::None,
        };
        sensor
    }

    fn curve_at(&self, light: f32) -> f32 {
        self.curve[((light * (CURVE as f32 / 1.1)) as usize).min(CURVE - 1)]
    }

    /// Gray without noise.
    #[inline]
    fn level(&self, page: u8, marks: u8, x: usize, y: usize) -> f32 {
        let light = f32::from(page) * f32::from(marks) * self.columns[x] * self.lines[y];
        self.curve[((light * (CURVE as f32 / 1.1 / 65025.0)) as usize).min(CURVE - 1)]
    }

    /// What one pixel becomes, before the file is packed.
    #[inline]
    pub fn pixel(&self, page: u8, marks: u8, x: usize, y: usize) -> u8 {
        let gray = self.level(page, marks, x, y);
        let noise = self.machine.noise * (0.5 + gray * (0.5 / 255.0));
        let gray = gray + noise * self.noise.at(x, y);
        let black = match &self.limit {
            // Bright noise is cut off only by the file.
            Limit::None => return (gray + 0.5).clamp(0.0, 255.0) as u8,
            Limit::Global(limit) => gray < *limit,
            Limit::Adaptive {
                means,
                wide,
                cell,
                share,
            } => gray < means[y / cell * wide + x / cell] * (1.0 - share),
        };
        if black { 0 } else { 255 }
    }

    /// How much of the light dust on the glass lets through.
    pub fn streak(&self, x: usize) -> f32 {
        self.dust[x]
    }

    /// As [`Self::pixel`] without marks, if the glass were clean there.
    pub fn dustless(&self, page: u8, x: usize, y: usize) -> u8 {
        let page = f32::from(page) / self.dust[x];
        self.pixel(page.clamp(0.0, 255.0) as u8, 255, x, y)
    }

    /// The whole image, upright.
    pub fn expose(&self, canvas: &Canvas) -> Vec<u8> {
        let mut out = Vec::with_capacity(canvas.page.len());
        for y in 0..canvas.height {
            let row = y * canvas.width..(y + 1) * canvas.width;
            let (page, marks) = (&canvas.page[row.clone()], &canvas.marks[row]);
            out.extend(
                page.iter()
                    .zip(marks)
                    .enumerate()
                    .map(|(x, (p, m))| self.pixel(*p, *m, x, y)),
            );
        }
        out
    }
}

/// An image turned by this many quarters clockwise, and its width.
pub fn turned(gray: Vec<u8>, width: usize, quarters: u32) -> (Vec<u8>, usize) {
    let height = gray.len() / width;
    match quarters {
        1 => {
            let column = |x: usize| (0..height).rev().map(move |y| y * width + x);
            (
                (0..width).flat_map(column).map(|i| gray[i]).collect(),
                height,
            )
        }
        2 => (gray.into_iter().rev().collect(), width),
        3 => {
            let column = |x: usize| (0..height).map(move |y| y * width + x);
            (
                (0..width).rev().flat_map(column).map(|i| gray[i]).collect(),
                height,
            )
        }
        _ => (gray, width),
    }
}

/// The bytes of the file.
pub fn encode(machine: &Machine, gray: &[u8], width: usize) -> Vec<u8> {
    let height = gray.len() / width;
    let (w, h) = (width as u32, height as u32);
    let mut bytes = Cursor::new(Vec::new());
    if let Mode::Jpeg(quality) = machine.mode {
        let mut encoder = JpegEncoder::new_with_quality(&mut bytes, quality);
        if machine.tag {
            encoder.set_pixel_density(PixelDensity {
                density: (machine.dpi as u16, machine.dpi as u16),
                unit: PixelDensityUnit::Inches,
            });
        }
        encoder
            .encode(gray, w, h, image::ExtendedColorType::L8)
            .unwrap();
        return bytes.into_inner();
    }
    let mut encoder = png::Encoder::new(&mut bytes, w, h);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_compression(png::Compression::Fast);
    if machine.tag {
        let per_metre = (machine.dpi / 0.0254).round() as u32;
        encoder.set_pixel_dims(Some(png::PixelDimensions {
            xppu: per_metre,
            yppu: per_metre,
            unit: png::Unit::Meter,
        }));
    }
    if machine.mode.bilevel() {
        encoder.set_depth(png::BitDepth::One);
        let bits: Vec<u8> = gray
            .chunks_exact(width)
            .flat_map(|row| {
                row.chunks(8).map(|eight| {
                    eight
                        .iter()
                        .enumerate()
                        .fold(0, |byte, (i, v)| byte | (v >> 7) << (7 - i))
                })
            })
            .collect();
        encoder
            .write_header()
            .unwrap()
            .write_image_data(&bits)
            .unwrap();
    } else {
        encoder.set_depth(png::BitDepth::Eight);
        encoder
            .write_header()
            .unwrap()
            .write_image_data(gray)
            .unwrap();
    }
    bytes.into_inner()
}
