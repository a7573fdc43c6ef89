//! What decoding a page costs beside the decoder that it stands on.
//!
//! `cargo bench --bench decode` prints medians in milliseconds of an A4 page
//! at 300 dpi: a JPEG by zune-jpeg alone and by [`PageFile`], and the same
//! page in the other forms in which scanners write it.
#![allow(clippy::unwrap_used)]

use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

use image::codecs::jpeg::JpegEncoder;
use image::{GrayImage, ImageEncoder};
use phieu::page::{DecodeLimits, PageFile};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// A4 at 300 dpi.
const SIZE: (u32, u32) = (2480, 3508);

/// A page with the density of print of a questionnaire: lines of strokes and
/// gaps, boxes, and the noise of a scanner.
fn page() -> GrayImage {
    let mut noise = 0x1234_5678_u32;
    GrayImage::from_fn(SIZE.0, SIZE.1, |x, y| {
        noise ^= noise << 13;
        noise ^= noise >> 17;
        noise ^= noise << 5;
        let paper = 236 + (noise % 9) as u8;
        let margin = 240;
        let inside =
            (margin..SIZE.0 - margin).contains(&x) && (margin..SIZE.1 - margin).contains(&y);
        let line = y % 62 < 34;
        let word = (x / 23 + y / 62 * 7) % 9 != 0;
        let stroke = (x * 7 + (y % 62) * 3) % 29 < 7 || (y % 62).abs_diff(17) < 3 && x % 11 < 6;
        let ink = inside && line && word && stroke;
        image::Luma([if ink { paper / 6 } else { paper }])
    })
}

/// Medians in milliseconds of several runs, taken in turn so that whatever
/// else the machine does falls on all of them.
fn medians<const N: usize>(mut runs: [&mut dyn FnMut(); N]) -> [f64; N] {
    const ROUNDS: usize = 15;
    let mut times: [Vec<f64>; N] = std::array::from_fn(|_| Vec::new());
    for round in 0..=ROUNDS {
        for (run, times) in runs.iter_mut().zip(&mut times) {
            let start = Instant::now();
            run();
            // The first round warms up.
            if round > 0 {
                times.push(start.elapsed().as_secs_f64() * 1000.0);
            }
        }
    }
    times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[ROUNDS / 2]
    })
}

fn decode(data: &Arc<Vec<u8>>) {
    let file = PageFile::from_bytes(Arc::clone(data), &DecodeLimits::default()).unwrap();
    black_box(file.page(0).unwrap());
}

fn main() {
    let page = page();
    for quality in [50, 85] {
        let mut jpeg = Vec::new();
        JpegEncoder::new_with_quality(&mut jpeg, quality)
            .write_image(&page, SIZE.0, SIZE.1, image::ExtendedColorType::L8)
            .unwrap();
        let jpeg = Arc::new(jpeg);
        let [alone, ours] = medians([
            &mut || {
                let options = DecoderOptions::default().jpeg_set_out_colorspace(ColorSpace::Luma);
                let mut decoder = JpegDecoder::new_with_options(ZCursor::new(&jpeg[..]), options);
                black_box(decoder.decode().unwrap());
            },
            &mut || decode(&jpeg),
        ]);
        println!(
            "JPEG gray q{quality}, {} kB: zune-jpeg {alone:.1} ms, PageFile {ours:.1} ms, ratio {:.2}",
            jpeg.len() / 1000,
            ours / alone
        );
    }

    let mut png = Vec::new();
    let mut encoder = png::Encoder::new(&mut png, SIZE.0, SIZE.1);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(png::BitDepth::Eight);
    encoder
        .write_header()
        .unwrap()
        .write_image_data(&page)
        .unwrap();
    let png = Arc::new(png);
    let [ours] = medians([&mut || decode(&png)]);
    println!("PNG gray, {} kB: {ours:.1} ms", png.len() / 1000);
}
