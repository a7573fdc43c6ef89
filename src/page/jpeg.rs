//! JPEG: baseline and progressive, gray, colour and CMYK, straight to gray.

use std::borrow::Cow;

use image::GrayImage;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::ifd::Ifds;
use super::samples::luma;
use super::scan::plausible_dpi;
use super::{DecodeLimits, PageError, Scan, orient};

const FORMAT: &str = "JPEG";

/// How three components are to be understood where the file around the JPEG
/// says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Components {
    /// As the JPEG itself says: luma and chroma unless it is marked as RGB.
    AsMarked,
    /// Red, green and blue, whatever the JPEG says.
    Rgb,
}

/// What the segments before the image data say.
#[derive(Debug, Default, PartialEq)]
struct Header {
    width: u16,
    height: u16,
    density: Option<(f64, f64)>,
    exif: Option<std::ops::Range<usize>>,
    /// Where the stream starts once more, between its segments.
    restarts: Vec<usize>,
}

/// Walks the segments up to the frame's size. The decoder reads them again,
/// but does not report the density, and would allocate before we can object.
fn header(data: &[u8]) -> Option<Header> {
    let mut header = Header::default();
    let mut at = 2;
    loop {
        while *data.get(at)? != 0xFF {
            at += 1;
        }
        while *data.get(at)? == 0xFF {
            at += 1;
        }
        let marker = data[at];
        at += 1;
        match marker {
            0xD8 => {
                header.restarts.push(at - 2);
                continue;
            }
            // Stuffing, TEM and restarts stand alone.
            0x00 | 0x01 | 0xD0..=0xD7 => continue,
            0xD9 | 0xDA => break,
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes([*data.get(at)?, *data.get(at + 1)?]));
        let body = at + 2..at.checked_add(length.max(2))?;
        let segment = data.get(body.clone())?;
        match marker {
            0xE0 if segment.starts_with(b"JFIF\0") => header.density = jfif_density(segment),
            0xE1 if segment.starts_with(b"Exif\0\0") => {
                header.exif = Some(body.start + 6..body.end);
            }
            // Frames of every kind, without DHT, JPG and DAC.
            0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => {
                let word = |i| Some(u16::from_be_bytes([*segment.get(i)?, *segment.get(i + 1)?]));
                header.height = word(1)?;
                header.width = word(3)?;
            }
            _ => {}
        }
        at = body.end;
    }
    (header.width > 0).then_some(header)
}

/// The stream without the starts of image in its middle that libtiff leaves
/// when it joins tables and strips, and that our decoder does not expect.
fn without<'a>(data: &'a [u8], starts: &[usize]) -> Cow<'a, [u8]> {
    if starts.is_empty() {
        return Cow::Borrowed(data);
    }
    let mut whole = Vec::with_capacity(data.len());
    let mut from = 0;
    for start in starts {
        whole.extend(&data[from..*start]);
        from = start + 2;
    }
    whole.extend(&data[from..]);
    Cow::Owned(whole)
}

/// Width and height that a JPEG stream states.
pub(crate) fn stated_size(data: &[u8]) -> Option<(u16, u16)> {
    header(data).map(|header| (header.width, header.height))
}

/// Units, x and y of a JFIF segment, in dots per inch.
fn jfif_density(segment: &[u8]) -> Option<(f64, f64)> {
    let word = |i| {
        let bytes = [*segment.get(i)?, *segment.get(i + 1)?];
        Some(f64::from(u16::from_be_bytes(bytes)))
    };
    let per_inch = match segment.get(7)? {
        1 => 1.0,
        2 => 2.54,
        _ => return None,
    };
    plausible_dpi(word(8)? * per_inch, word(10)? * per_inch)
}

/// Decodes a JPEG file.
///
/// # Errors
/// [`PageError::TooLarge`] before anything is allocated; otherwise
/// [`PageError::Damaged`], also for a file that ends early: what is missing
/// must not look like paper.
pub(crate) fn decode(data: &[u8], limits: &DecodeLimits) -> Result<Scan, PageError> {
    let header = header(data).ok_or_else(|| PageError::damaged(FORMAT, "it has no image in it"))?;
    let image = decode_gray(data, Components::AsMarked, limits)?;
    let exif = header
        .exif
        .and_then(|range| data.get(range))
        .and_then(Ifds::new)
        .and_then(|(file, first)| file.directory(first));
    let orientation = exif.as_ref().map_or(1, |exif| exif.orientation());
    let scan = Scan {
        image,
        dpi: header
            .density
            .or_else(|| exif.as_ref().and_then(|exif| exif.dpi())),
        bilevel: false,
    };
    Ok(orient::apply(scan, orientation))
}

/// Decodes the pixels of a JPEG stream to gray.
///
/// # Errors
/// As [`decode`].
pub(crate) fn decode_gray(
    data: &[u8],
    components: Components,
    limits: &DecodeLimits,
) -> Result<GrayImage, PageError> {
    let damaged = |e: &dyn std::fmt::Debug| PageError::damaged(FORMAT, format!("{e:?}"));
    let header = header(data).ok_or_else(|| PageError::damaged(FORMAT, "it has no image in it"))?;
    let (width, height) = limits.check_size(header.width.into(), header.height.into())?;

    let data = without(data, &header.restarts);

    // Lenient with the segments, where harmless deviations are common.
    let options = DecoderOptions::default()
        .set_max_width(usize::from(header.width))
        .set_max_height(usize::from(header.height))
        .set_strict_mode(false);
    let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&*data), options);
    decoder.decode_headers().map_err(|e| damaged(&e))?;
    // Two frames of different sizes would pass the check above.
    if decoder.dimensions() != Some((header.width.into(), header.height.into())) {
        return Err(PageError::damaged(FORMAT, "it states two sizes"));
    }

    let input = decoder.input_colorspace().unwrap_or(ColorSpace::YCbCr);
    let out = match (input, components) {
        // Passed through as they are: three planes, side by side.
        (ColorSpace::YCbCr, Components::Rgb) => ColorSpace::YCbCr,
        (ColorSpace::Luma | ColorSpace::YCbCr, _) => ColorSpace::Luma,
        _ => ColorSpace::RGB,
    };
    // Strict with the image data: lenient decoding paints what is missing.
    decoder.set_options(options.set_strict_mode(true).jpeg_set_out_colorspace(out));
    let size = decoder
        .output_buffer_size()
        .ok_or_else(|| PageError::damaged(FORMAT, "its size is not known"))?;
    let mut pixels = vec![0; size];
    decoder.decode_into(&mut pixels).map_err(|e| damaged(&e))?;
    if out != ColorSpace::Luma {
        pixels = pixels
            .chunks_exact(3)
            .map(|p| luma(p[0], p[1], p[2]))
            .collect();
    }
    GrayImage::from_vec(width, height, pixels)
        .ok_or_else(|| PageError::damaged(FORMAT, "its size does not fit its pixels"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn density_in_centimetres_becomes_dots_per_inch() {
        let segment = b"JFIF\0\x01\x01\x02\0\x76\0\x76\0\0";
        assert_eq!(jfif_density(segment), Some((299.72, 299.72)));
        let aspect_only = b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
        assert_eq!(jfif_density(aspect_only), None);
    }
}
