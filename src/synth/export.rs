//! Simulated sheets as files: images as a scanner names them, and the truth,
//! one line a page.

use std::fs;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};

use serde::Serialize;
use tiff::encoder::{Compression, Rational, TiffEncoder, colortype};
use tiff::tags::ResolutionUnit;

use super::SynthError;
use super::conditions::Encoding;
use super::simulator::{SimulatedPage, Simulator};
use super::truth::PageTruth;

/// Name of the file with the truth.
pub const TRUTH_FILE: &str = "truth.jsonl";

/// One line of [`TRUTH_FILE`].
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    #[serde(flatten)]
    truth: &'a PageTruth,
}

impl SimulatedPage {
    /// The page as the file that the scanner wrote, and the file's extension.
    ///
    /// # Errors
    /// [`SynthError::Image`] where an encoder fails.
    pub fn to_file(&self) -> Result<(Vec<u8>, &'static str), SynthError> {
        match self.truth.conditions.sensor.encoding {
            Encoding::Jpeg { .. } => match &self.jpeg {
                Some(bytes) => Ok((bytes.clone(), "jpg")),
                None => Err(SynthError::Image("the JPEG data was dropped".into())),
            },
            Encoding::Tiff => Ok((self.to_tiff()?, "tif")),
            Encoding::Png => Ok((self.to_png(false)?, "png")),
            Encoding::Bilevel => Ok((self.to_png(true)?, "png")),
        }
    }

    fn to_png(&self, bilevel: bool) -> Result<Vec<u8>, SynthError> {
        let (w, h) = self.scan.image.dimensions();
        let raw = self.scan.image.as_raw();
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, w, h);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_compression(png::Compression::Fast);
        if let Some((x, y)) = self.scan.dpi {
            let per_metre = |dpi: f64| (dpi * 1000.0 / crate::geometry::MM_PER_INCH).round() as u32;
            encoder.set_pixel_dims(Some(png::PixelDimensions {
                xppu: per_metre(x),
                yppu: per_metre(y),
                unit: png::Unit::Meter,
            }));
        }
        let packed;
        let data = if bilevel {
            encoder.set_depth(png::BitDepth::One);
            packed = pack_bits(raw, w as usize);
            &packed
        } else {
            encoder.set_depth(png::BitDepth::Eight);
            raw
        };
        let failed = |e: png::EncodingError| SynthError::Image(e.to_string());
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(data).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(out)
    }

    fn to_tiff(&self) -> Result<Vec<u8>, SynthError> {
        let failed = |e: tiff::TiffError| SynthError::Image(e.to_string());
        let (w, h) = self.scan.image.dimensions();
        let mut out = std::io::Cursor::new(Vec::new());
        let mut encoder = TiffEncoder::new(&mut out)
            .map_err(failed)?
            .with_compression(Compression::Lzw);
        let mut image = encoder
            .new_image::<colortype::Gray8>(w, h)
            .map_err(failed)?;
        if let Some((x, y)) = self.scan.dpi {
            image.resolution_unit(ResolutionUnit::Inch);
            let whole = |v: f64| Rational {
                n: v.round() as u32,
                d: 1,
            };
            image.x_resolution(whole(x));
            image.y_resolution(whole(y));
        }
        image.write_data(self.scan.image.as_raw()).map_err(failed)?;
        Ok(out.into_inner())
    }
}

/// Eight pixels a byte, most significant first, rows padded; white is 1.
fn pack_bits(gray: &[u8], width: usize) -> Vec<u8> {
    let mut out = Vec::with_capacity(gray.len() / 8 + gray.len() / width.max(1));
    for row in gray.chunks_exact(width.max(1)) {
        for part in row.chunks(8) {
            let mut byte = 0u8;
            for (i, v) in part.iter().enumerate() {
                byte |= (v >> 7) << (7 - i);
            }
            out.push(byte);
        }
    }
    out
}

impl Simulator {
    /// Makes `sheets` sheets from number `first` on and writes them into the
    /// folder: `scan-0001.jpg` and so on, one image a page, and [`TRUTH_FILE`].
    /// Returns the image files in order. Sheets are made in parallel; the files
    /// are the same whatever the number of threads.
    ///
    /// # Errors
    /// [`SynthError::Write`] where a file cannot be written, [`SynthError::Image`]
    /// where one cannot be encoded.
    pub fn write_to(
        &self,
        dir: &Path,
        first: u64,
        sheets: u64,
    ) -> Result<Vec<PathBuf>, SynthError> {
        use rayon::prelude::*;

        let write = |path: &Path| {
            let path = path.to_owned();
            move |source| SynthError::Write { path, source }
        };
        fs::create_dir_all(dir).map_err(write(dir))?;
        let per_sheet = self.pages_per_sheet() as u64;
        let made: Vec<(PathBuf, String)> = (0..sheets)
            .into_par_iter()
            .map(|i| {
                let sheet = self.sheet(first + i)?;
                let mut out = Vec::new();
                for (at, page) in sheet.pages.iter().enumerate() {
                    let (bytes, extension) = page.to_file()?;
                    let number = i * per_sheet + at as u64 + 1;
                    let name = format!("scan-{number:04}.{extension}");
                    let path = dir.join(&name);
                    fs::write(&path, bytes).map_err(write(&path))?;
                    let line = serde_json::to_string(&Line {
                        file: &name,
                        truth: &page.truth,
                    })
                    .map_err(|e| SynthError::Image(e.to_string()))?;
                    out.push((path, line));
                }
                Ok(out)
            })
            .collect::<Result<Vec<_>, SynthError>>()?
            .into_iter()
            .flatten()
            .collect();
        let path = dir.join(TRUTH_FILE);
        let mut truth = BufWriter::new(fs::File::create(&path).map_err(write(&path))?);
        for (_, line) in &made {
            writeln!(truth, "{line}").map_err(write(&path))?;
        }
        truth.flush().map_err(write(&path))?;
        Ok(made.into_iter().map(|(path, _)| path).collect())
    }
}
