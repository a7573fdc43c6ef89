//! The scanner's eye: blur, uneven light, dust, tone, noise; then the file.

use std::sync::OnceLock;

use image::GrayImage;
use image::codecs::jpeg::{JpegEncoder, PixelDensity};

use crate::page::Scan;

use super::SynthError;
use super::conditions::{Encoding, Feed, Sensor};
use super::dice::Dice;
use super::raster::Plane;

/// Numbers in the table of noise; a power of two, longer than any row.
const NOISE_LEN: usize = 1 << 16;

/// What the sensor sees of the light on the glass.
pub(crate) fn expose(mut plane: Plane, sensor: &Sensor, dice: &mut Dice) -> Plane {
    plane.blur(sensor.blur_px);
    let ppm = f64::from(sensor.dpi) / crate::geometry::MM_PER_INCH;
    streaks(&mut plane, sensor, ppm);
    let light = light(plane.width, sensor, ppm);
    let tone = tone(sensor);
    let noise = noise_table();
    let gain = (sensor.noise * 256.0 / NOISE_UNIT).round() as i32;
    let w = plane.width;
    for line in plane.data.chunks_exact_mut(w) {
        let start = dice.below(NOISE_LEN - w.min(NOISE_LEN - 1));
        let row = &noise[start..(start + w).min(NOISE_LEN)];
        for ((v, l), n) in line.iter_mut().zip(&light).zip(row) {
            let lit = (u32::from(*v) * u32::from(*l)) >> 8;
            let toned = i32::from(tone[lit.min(255) as usize]);
            *v = (toned + ((i32::from(*n) * gain + 128) >> 8)).clamp(0, 255) as u8;
        }
    }
    if sensor.encoding == Encoding::Bilevel {
        for v in &mut plane.data {
            *v = if *v < sensor.threshold { 0 } else { 255 };
        }
    }
    plane
}

/// What the table holds for one standard deviation: 3.47 of them fit an i8.
const NOISE_UNIT: f64 = 32.0;

fn noise_table() -> &'static [i8] {
    static TABLE: OnceLock<Vec<i8>> = OnceLock::new();
    TABLE.get_or_init(|| {
        let mut dice = Dice::new(0, "sensor noise", &[]);
        (0..NOISE_LEN)
            .map(|_| (dice.normal() * NOISE_UNIT).round().clamp(-127.0, 127.0) as i8)
            .collect()
    })
}

/// Share of the light in each column, of 256.
fn light(width: usize, sensor: &Sensor, ppm: f64) -> Vec<u16> {
    (0..width)
        .map(|x| {
            let share = (x as f64 + 0.5) / width as f64 - 0.5;
            let mut l = 1.0 - sensor.gradient.abs() / 2.0 - sensor.gradient * share;
            if let Some((depth, reach)) = sensor.side_shadow {
                let from_edge = if reach > 0.0 {
                    x as f64
                } else {
                    (width - x) as f64
                } / ppm;
                let t = (1.0 - from_edge / reach.abs()).max(0.0);
                l *= 1.0 - depth * t * t;
            }
            (l * 256.0).clamp(0.0, 256.0) as u16
        })
        .collect()
}

/// Gray level for each level of light.
pub(crate) fn tone(sensor: &Sensor) -> [u8; 256] {
    let mut out = [0u8; 256];
    let black = f64::from(sensor.black);
    for (i, v) in out.iter_mut().enumerate() {
        let t = (i as f64 / 255.0).powf(sensor.gamma);
        *v = (black + (255.0 - black) * t).round() as u8;
    }
    out
}

fn streaks(plane: &mut Plane, sensor: &Sensor, ppm: f64) {
    for s in &sensor.streaks {
        let (x0, x1) = (
            (s.at_mm - s.width_mm / 2.0) * ppm,
            (s.at_mm + s.width_mm / 2.0) * ppm,
        );
        let y0 = (s.from_to[0] * plane.height as f64) as usize;
        let y1 = ((s.from_to[1] * plane.height as f64) as usize).min(plane.height);
        let first = x0.floor().max(0.0) as usize;
        let last = (x1.ceil().max(0.0) as usize).min(plane.width);
        for x in first..last {
            let share = (x1.min(x as f64 + 1.0) - x0.max(x as f64)).clamp(0.0, 1.0);
            for y in y0..y1 {
                let v = &mut plane.data[y * plane.width + x];
                let now = f64::from(*v);
                *v = if s.darkness >= 0.0 {
                    now * (1.0 - s.darkness * share)
                } else {
                    now + (255.0 - now) * -s.darkness * share
                } as u8;
            }
        }
    }
}

/// A page as a file holds it.
#[derive(Debug, Clone)]
pub(crate) struct Filed {
    pub scan: Scan,
    /// The file, where encoding it changed the pixels.
    pub jpeg: Option<Vec<u8>>,
}

/// Turns the image as it came out and puts it through its file.
pub(crate) fn file(plane: Plane, sensor: &Sensor, feed: &Feed) -> Result<Filed, SynthError> {
    let plane = plane.turned(feed.quarter_turns);
    let (w, h) = (plane.width as u32, plane.height as u32);
    let dpi = sensor.dpi_tag.map(|d| (f64::from(d), f64::from(d)));
    let bilevel = sensor.encoding == Encoding::Bilevel;
    if let Encoding::Jpeg { quality } = sensor.encoding {
        let mut jpeg = Vec::with_capacity(plane.data.len() / 6);
        let mut encoder = JpegEncoder::new_with_quality(&mut jpeg, quality);
        if let Some(tag) = sensor.dpi_tag {
            encoder.set_pixel_density(PixelDensity::dpi(tag.min(65_535) as u16));
        }
        encoder
            .encode(&plane.data, w, h, image::ExtendedColorType::L8)
            .map_err(|e| SynthError::Image(e.to_string()))?;
        let image = image::load_from_memory_with_format(&jpeg, image::ImageFormat::Jpeg)
            .map_err(|e| SynthError::Image(e.to_string()))?
            .into_luma8();
        return Ok(Filed {
            scan: Scan {
                image,
                dpi,
                bilevel,
            },
            jpeg: Some(jpeg),
        });
    }
    let image = GrayImage::from_raw(w, h, plane.data)
        .ok_or_else(|| SynthError::Image("wrong size of the plane".into()))?;
    Ok(Filed {
        scan: Scan {
            image,
            dpi,
            bilevel,
        },
        jpeg: None,
    })
}
