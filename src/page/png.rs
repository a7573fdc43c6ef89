//! PNG of every depth and colour type, row by row to gray.

use std::io::Cursor;

use image::GrayImage;
use png::{BitDepth, ColorType, Decoder, Info, Limits, Unit};

use super::ifd::Ifds;
use super::samples::{Alpha, Color, Samples, linear_table, luma, over_white};
use super::scan::plausible_dpi;
use super::{DecodeLimits, PageError, Scan, orient};

const FORMAT: &str = "PNG";

/// Metres in an inch, for `pHYs`.
const METRES_PER_INCH: f64 = 0.0254;

/// Decodes a PNG file.
///
/// # Errors
/// [`PageError::TooLarge`] before anything is allocated; otherwise
/// [`PageError::Damaged`], also for a file that ends early.
pub(crate) fn decode(data: &[u8], limits: &DecodeLimits) -> Result<Scan, PageError> {
    let damaged = |e: png::DecodingError| PageError::damaged(FORMAT, e);
    let mut decoder = Decoder::new_with_limits(Cursor::new(data), Limits::default());
    // Texts and colour profiles are compressed, can be bombs, and are not
    // needed.
    decoder.set_ignore_text_chunk(true);
    decoder.set_ignore_iccp_chunk(true);
    decoder.set_transformations(png::Transformations::IDENTITY);
    let (width, height) = {
        let info = decoder.read_header_info().map_err(damaged)?;
        limits.check_size(info.width.into(), info.height.into())?
    };
    let mut reader = decoder.read_info().map_err(damaged)?;

    let info = reader.info();
    let samples = samples(info)
        .ok_or_else(|| PageError::damaged(FORMAT, "its colours are not of a known kind"))?;
    let bilevel = info.bit_depth == BitDepth::One;
    let interlaced = info.interlaced;
    let dpi = info.pixel_dims.and_then(|dims| match dims.unit {
        Unit::Meter => plausible_dpi(
            f64::from(dims.xppu) * METRES_PER_INCH,
            f64::from(dims.yppu) * METRES_PER_INCH,
        ),
        Unit::Unspecified => None,
    });

    let mut image = GrayImage::new(width, height);
    let row_bytes = samples.row_bytes(width as usize);
    let rows = image.chunks_exact_mut(width as usize);
    if interlaced {
        // The passes mix all rows, so the file's own pixels are needed whole.
        let size = reader
            .output_buffer_size()
            .ok_or_else(|| PageError::damaged(FORMAT, "its size is not known"))?;
        let mut raw = vec![0; size];
        reader.next_frame(&mut raw).map_err(damaged)?;
        for (out, row) in rows.zip(raw.chunks_exact(row_bytes.max(1))) {
            samples.gray_row(row, out);
        }
    } else {
        for out in rows {
            match reader.next_row().map_err(damaged)? {
                Some(row) => samples.gray_row(row.data(), out),
                None => return Err(PageError::damaged(FORMAT, "it ends early")),
            }
        }
    }

    let orientation = reader
        .info()
        .exif_metadata
        .as_deref()
        .and_then(Ifds::new)
        .and_then(|(file, first)| file.directory(first))
        .map_or(1, |exif| exif.orientation());
    let scan = Scan {
        image,
        dpi,
        bilevel,
    };
    Ok(orient::apply(scan, orientation))
}

fn samples(info: &Info<'_>) -> Option<Samples> {
    let bits = info.bit_depth as u8;
    let linear = || vec![linear_table(bits, false)];
    let last = |index| {
        Some(Alpha {
            index,
            premultiplied: false,
        })
    };
    let (count, color, tables, alpha) = match info.color_type {
        ColorType::Grayscale => (1, Color::Single, linear(), None),
        ColorType::Rgb => (3, Color::Rgb, linear(), None),
        ColorType::Indexed => (1, Color::Single, vec![palette(info)?], None),
        ColorType::GrayscaleAlpha => (2, Color::Single, linear(), last(1)),
        ColorType::Rgba => (4, Color::Rgb, linear(), last(3)),
    };
    Samples::new(bits, count, color, tables, alpha, false)
}

/// Gray by palette index; an index beyond the palette is black, so that it
/// is seen.
fn palette(info: &Info<'_>) -> Option<[u8; 256]> {
    let colors = info.palette.as_deref()?;
    let alphas = info.trns.as_deref().unwrap_or_default();
    let mut table = [0; 256];
    for (i, (to, rgb)) in table.iter_mut().zip(colors.chunks_exact(3)).enumerate() {
        let there = alphas.get(i).copied().unwrap_or(255);
        *to = over_white(luma(rgb[0], rgb[1], rgb[2]), there);
    }
    Some(table)
}
