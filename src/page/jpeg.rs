//! JPEG: baseline and progressive, gray, colour and CMYK, straight to gray.
//!
//! Pages as scanners write them go through [`baseline`]; zune-jpeg judges
//! their headers, and decodes everything else.

mod baseline;
mod huffman;
mod idct;

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
    let header = header(data).ok_or_else(|| PageError::damaged(FORMAT, "it has no image in it"))?;
    let size = limits.check_size(header.width.into(), header.height.into())?;
    let data = without(data, &header.restarts);
    let judged = Judged::new(&data, size, components)?;
    let pixels = match judged.in_order(&data, &header) {
        Some(pixels) => pixels,
        None => judged.whatever()?,
    };
    GrayImage::from_vec(size.0, size.1, pixels)
        .ok_or_else(|| PageError::damaged(FORMAT, "its size does not fit its pixels"))
}

fn damaged(e: impl std::fmt::Debug) -> PageError {
    PageError::damaged(FORMAT, format!("{e:?}"))
}

/// A stream whose headers zune-jpeg has read and found good.
struct Judged<'a> {
    decoder: JpegDecoder<ZCursor<&'a [u8]>>,
    options: DecoderOptions,
    /// What the decoder must give: what can be seen as gray.
    out: ColorSpace,
}

impl<'a> Judged<'a> {
    fn new(
        data: &'a [u8],
        (width, height): (u32, u32),
        components: Components,
    ) -> Result<Self, PageError> {
        let (width, height) = (width as usize, height as usize);
        // Lenient with the segments, where harmless deviations are common.
        let options = DecoderOptions::default()
            .set_max_width(width)
            .set_max_height(height)
            .set_strict_mode(false);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(data), options);
        decoder.decode_headers().map_err(damaged)?;
        // Two frames of different sizes would pass the caller's check.
        if decoder.dimensions() != Some((width, height)) {
            return Err(PageError::damaged(FORMAT, "it states two sizes"));
        }
        let input = decoder.input_colorspace().unwrap_or(ColorSpace::YCbCr);
        let out = match (input, components) {
            // Passed through as they are: three planes, side by side.
            (ColorSpace::YCbCr, Components::Rgb) => ColorSpace::YCbCr,
            (ColorSpace::Luma | ColorSpace::YCbCr, _) => ColorSpace::Luma,
            _ => ColorSpace::RGB,
        };
        Ok(Self {
            decoder,
            options,
            out,
        })
    }

    /// The gray pixels, if the stream is as scanners write them.
    fn in_order(&self, data: &[u8], header: &Header) -> Option<Vec<u8>> {
        if self.out != ColorSpace::Luma {
            return None;
        }
        let page = baseline::decode(data)?;
        ((page.width, page.height) == (header.width, header.height)).then_some(page.pixels)
    }

    /// The gray pixels, or what is wrong with them.
    fn whatever(mut self) -> Result<Vec<u8>, PageError> {
        let out = self.out;
        // Strict with the image data: lenient decoding paints what is missing.
        let options = self.options.set_strict_mode(true);
        self.decoder
            .set_options(options.jpeg_set_out_colorspace(out));
        let size = self
            .decoder
            .output_buffer_size()
            .ok_or_else(|| PageError::damaged(FORMAT, "its size is not known"))?;
        let mut pixels = vec![0; size];
        self.decoder.decode_into(&mut pixels).map_err(damaged)?;
        Ok(match out {
            ColorSpace::Luma => pixels,
            _ => pixels
                .chunks_exact(3)
                .map(|p| luma(p[0], p[1], p[2]))
                .collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use image::codecs::jpeg::JpegEncoder;
    use image::{DynamicImage, GrayImage, RgbImage};
    use proptest::prelude::*;

    use super::*;

    /// Pixels by both decoders: that of pages in order, and zune-jpeg.
    fn both(data: &[u8]) -> (Option<Vec<u8>>, Option<Vec<u8>>) {
        let Some(header) = header(data) else {
            return (None, None);
        };
        let size = (header.width.into(), header.height.into());
        let Ok(judged) = Judged::new(data, size, Components::AsMarked) else {
            return (None, None);
        };
        (judged.in_order(data, &header), judged.whatever().ok())
    }

    /// Shapes, a ramp and noise: blocks with none, a few and all frequencies.
    fn picture(width: u32, height: u32, noise: u32, colour: bool) -> DynamicImage {
        let mut dice = 0x2545_F491u32;
        let mut roll = || {
            dice ^= dice << 13;
            dice ^= dice >> 17;
            dice ^= dice << 5;
            dice
        };
        let mut level = |x: u32, y: u32| {
            let v = match (x / 12 + y / 20) % 4 {
                0 => 255,
                1 => (x * 5 + y) % 256,
                2 if (x + y).is_multiple_of(3) => 0,
                _ => 180,
            };
            let spread = if (x / 16 + y / 8).is_multiple_of(3) {
                0
            } else {
                noise
            };
            (v + roll() % (spread + 1))
                .saturating_sub(spread / 2)
                .min(255) as u8
        };
        if colour {
            RgbImage::from_fn(width, height, |x, y| {
                image::Rgb([level(x, y), level(y, x), level(x + 7, y)])
            })
            .into()
        } else {
            GrayImage::from_fn(width, height, |x, y| image::Luma([level(x, y)])).into()
        }
    }

    fn jpeg(image: &DynamicImage, quality: u8) -> Vec<u8> {
        let mut data = Vec::new();
        JpegEncoder::new_with_quality(&mut data, quality)
            .encode_image(image)
            .unwrap();
        data
    }

    proptest! {
        #[test]
        fn both_decoders_give_the_same_pixels(
            width in 1u32..150, height in 1u32..60, noise in 0u32..200, colour: bool, quality in 1u8..=100,
        ) {
            let (quick, zune) = both(&jpeg(&picture(width, height, noise, colour), quality));
            prop_assert!(quick.is_some());
            prop_assert!(quick == zune);
        }

        /// With other steps than it was made with a picture has coefficients far
        /// beyond those of any pixels.
        #[test]
        fn both_decoders_give_the_same_pixels_of_wild_coefficients(
            noise in 0u32..200, quality in 30u8..=100, steps in proptest::collection::vec(any::<u8>(), 64),
        ) {
            let mut data = jpeg(&picture(64, 40, noise, false), quality);
            let table = data.windows(2).position(|w| w == [0xFF, 0xDB]).unwrap() + 5;
            data[table..table + 64].copy_from_slice(&steps);
            let (quick, zune) = both(&data);
            prop_assert!(quick.is_some());
            prop_assert!(quick == zune);
        }

        /// What is damaged is zune-jpeg's to judge; where the damage only makes
        /// other coefficients, both see the same.
        #[test]
        fn damage_is_never_seen_differently(
            noise in 0u32..100, colour: bool, places in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4),
        ) {
            let mut data = jpeg(&picture(90, 50, noise, colour), 80);
            for (place, value) in places {
                let at = place.index(data.len());
                data[at] = value;
            }
            let (quick, zune) = both(&data);
            prop_assert!(quick.is_none() || quick == zune);
        }

        #[test]
        fn what_ends_early_is_not_in_order(keep in any::<prop::sample::Index>(), colour: bool) {
            let data = jpeg(&picture(90, 50, 20, colour), 80);
            prop_assert!(both(&data[..keep.index(data.len())]).0.is_none());
        }
    }

    #[test]
    fn subsampled_and_restarted_files_are_the_same_by_both_decoders() {
        for name in [
            "gray",
            "restart",
            "420-optimized",
            "422",
            "440-restart",
            "411",
        ] {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/page");
            let data = std::fs::read(format!("{folder}/{name}.jpg")).unwrap();
            let (quick, zune) = both(&data);
            assert!(quick.is_some(), "{name}");
            assert!(quick == zune, "{name}");
        }
    }

    #[test]
    fn density_in_centimetres_becomes_dots_per_inch() {
        let segment = b"JFIF\0\x01\x01\x02\0\x76\0\x76\0\0";
        assert_eq!(jfif_density(segment), Some((299.72, 299.72)));
        let aspect_only = b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0";
        assert_eq!(jfif_density(aspect_only), None);
    }
}
