//! A clerk hands over whatever the scanner wrote; the pages come out the
//! same.

use crate::page_support::*;
use image::{GrayImage, imageops};
use phieu::page::{DecodeLimits, PageError, PageFile, Scan};

fn open(data: Vec<u8>) -> PageFile {
    PageFile::from_bytes(data, &DecodeLimits::default()).unwrap()
}

fn first(data: Vec<u8>) -> Scan {
    open(data).page(0).unwrap()
}

#[track_caller]
fn assert_close(name: &str, scan: &Scan, expected: &GrayImage, mean: f64) {
    let (found, most) = difference(&scan.image, expected);
    assert!(
        found <= mean,
        "{name}: mean difference {found:.2}, largest {most}"
    );
}

#[test]
fn every_kind_of_bilevel_tiff_gives_the_same_pixels() {
    for name in [
        "g3-1d.tif",
        "g3-1d-lsb.tif",
        "g3-1d-fill-strips.tif",
        "g3-2d.tif",
        "g3-2d-fill-lsb.tif",
        "g4-strips.tif",
        "g4-lsb.tif",
        "g4-tiles.tif",
        "g4-min-is-black.tif",
        "bigtiff-g4.tif",
        "packbits-bilevel.tif",
        "none-lsb.tif",
    ] {
        let scan = first(fixture(name));
        assert_close(name, &scan, &bilevel(), 0.0);
        assert!(scan.bilevel, "{name}");
        if name != "g4-min-is-black.tif" {
            assert_eq!(scan.dpi, Some((200.0, 100.0)), "{name}");
        }
    }
}

#[test]
fn every_kind_of_gray_and_colour_tiff_gives_the_gray_picture() {
    let (gray, colour) = (gray(), colour_as_gray());
    for (name, expected, mean) in [
        ("lzw-predictor.tif", &gray, 0.0),
        ("lzw-16bit-msb.tif", &gray, 0.0),
        ("zip-16bit-lsb.tif", &gray, 0.0),
        // Sixteen levels are at most 8 from what they stand for.
        ("none-4bit.tif", &gray, 8.0),
        ("jpeg-strips-gray.tif", &gray, 1.5),
        ("zip-predictor-tiles-rgb.tif", &colour, 0.5),
        ("lzw-planes-rgb.tif", &colour, 1.0),
        ("jpeg-strips-ycbcr.tif", &colour, 2.0),
        ("jpeg-tiles-rgb.tif", &colour, 2.0),
        ("lzw-palette.tif", &colour, 4.0),
    ] {
        let scan = first(fixture(name));
        assert_close(name, &scan, expected, mean);
        assert!(!scan.bilevel, "{name}");
    }
}

#[test]
fn transparent_parts_of_a_tiff_are_paper() {
    let (gray, colour) = (gray(), colour_as_gray());
    let expected = GrayImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let there = 255.0 - f64::from(gray.get_pixel(x, y)[0]);
        let level = f64::from(colour.get_pixel(x, y)[0]);
        image::Luma([(level * there / 255.0 + 255.0 - there).round() as u8])
    });
    assert_close(
        "zip-rgba.tif",
        &first(fixture("zip-rgba.tif")),
        &expected,
        1.0,
    );
}

#[test]
fn a_tiff_of_three_pages_has_three_and_they_come_in_any_order() {
    let file = open(fixture("three-pages.tif"));
    assert_eq!(file.page_count(), 3);
    assert_close("third", &file.page(2).unwrap(), &bilevel(), 0.0);
    assert_close("first", &file.page(0).unwrap(), &bilevel(), 0.0);
    assert_close("second", &file.page(1).unwrap(), &gray(), 0.0);
    assert!(matches!(
        file.page(3),
        Err(PageError::NoSuchPage {
            number: 4,
            count: 3
        })
    ));
}

#[test]
fn pages_are_decoded_by_several_threads_at_once() {
    let file = open(fixture("three-pages.tif"));
    std::thread::scope(|scope| {
        for index in 0..3 {
            let file = &file;
            scope.spawn(move || file.page(index).unwrap());
        }
    });
}

#[test]
fn jpegs_gray_colour_progressive_with_restarts_and_cmyk() {
    let scan = first(fixture("gray.jpg"));
    assert_close("gray", &scan, &gray(), 1.5);
    assert_eq!(scan.dpi, Some((300.0, 300.0)));
    let colour = colour_as_gray();
    assert_close(
        "progressive",
        &first(fixture("progressive-420.jpg")),
        &colour,
        2.5,
    );
    assert_close("restart", &first(fixture("restart.jpg")), &colour, 2.0);
    for name in ["420-optimized.jpg", "422.jpg", "440-restart.jpg", "411.jpg"] {
        assert_close(name, &first(fixture(name)), &colour, 3.0);
    }
    // Ink is not light: the round trip through it is not exact.
    assert_close("cmyk", &first(fixture("cmyk.jpg")), &colour, 4.0);
}

#[test]
fn a_photograph_taken_sideways_is_turned_upright() {
    let scan = first(fixture("exif-turned.jpg"));
    assert_close("exif", &scan, &imageops::rotate90(&gray()), 1.5);
    assert_eq!(scan.dpi, Some((100.0, 200.0)));
}

fn png(
    color: png::ColorType,
    depth: png::BitDepth,
    data: &[u8],
    set: impl FnOnce(&mut png::Encoder<&mut Vec<u8>>),
) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, WIDTH, HEIGHT);
    encoder.set_color(color);
    encoder.set_depth(depth);
    set(&mut encoder);
    encoder
        .write_header()
        .unwrap()
        .write_image_data(data)
        .unwrap();
    out
}

#[test]
fn pngs_of_every_depth() {
    use png::{BitDepth, ColorType};
    let dims = |encoder: &mut png::Encoder<&mut Vec<u8>>| {
        encoder.set_pixel_dims(Some(png::PixelDimensions {
            xppu: 11811,
            yppu: 5906,
            unit: png::Unit::Meter,
        }));
    };
    let gray = gray();
    let scan = first(png(ColorType::Grayscale, BitDepth::Eight, &gray, dims));
    assert_close("8", &scan, &gray, 0.0);
    let (x, y) = scan.dpi.unwrap();
    assert!((x - 300.0).abs() < 0.01 && (y - 150.0).abs() < 0.02);
    assert!(!scan.bilevel);

    let wide: Vec<u8> = gray.iter().flat_map(|v| [*v, 77]).collect();
    let scan = first(png(ColorType::Grayscale, BitDepth::Sixteen, &wide, |_| {}));
    assert_close("16", &scan, &gray, 0.0);

    let bits = pack_bits(&bilevel());
    let scan = first(png(ColorType::Grayscale, BitDepth::One, &bits, |_| {}));
    assert_close("1", &scan, &bilevel(), 0.0);
    assert!(scan.bilevel);

    let scan = first(png(ColorType::Indexed, BitDepth::One, &bits, |e| {
        e.set_palette(vec![255, 255, 255, 0, 0, 0]);
    }));
    let mut inverted = bilevel();
    inverted.iter_mut().for_each(|v| *v = 255 - *v);
    assert_close("palette", &scan, &inverted, 0.0);

    let scan = first(png(ColorType::Rgb, BitDepth::Eight, &rgb(), |_| {}));
    assert_close("rgb", &scan, &colour_as_gray(), 0.5);

    let clear: Vec<u8> = gray.iter().flat_map(|v| [0, 255 - *v]).collect();
    let scan = first(png(
        ColorType::GrayscaleAlpha,
        BitDepth::Eight,
        &clear,
        |_| {},
    ));
    assert_close("alpha", &scan, &gray, 0.0);
}

const GRAY8: &str = "/BitsPerComponent 8 /ColorSpace /DeviceGray";

#[test]
fn pdfs_of_other_programs_give_their_embedded_image() {
    let scan = first(fixture("tiff2pdf-g4.pdf"));
    assert_close("g4", &scan, &bilevel(), 0.0);
    assert!(scan.bilevel);
    let (x, y) = scan.dpi.unwrap();
    assert!(
        (x - 200.0).abs() < 0.5 && (y - 100.0).abs() < 0.5,
        "{x} {y}"
    );
    let scan = first(fixture("tiff2pdf-jpeg.pdf"));
    assert_close("jpeg", &scan, &colour_as_gray(), 2.0);
    assert_close("zip", &first(fixture("tiff2pdf-zip.pdf")), &gray(), 0.0);
    let turned = first(fixture("qpdf-object-streams-rotated.pdf"));
    assert_close("turned", &turned, &imageops::rotate90(&gray()), 0.0);
    // A password that only forbids changes does not keep anyone from reading.
    let scan = first(fixture("encrypted-owner-only.pdf"));
    assert_close("owner", &scan, &gray(), 0.0);
}

#[test]
fn a_pdf_with_a_password_says_so() {
    let error = PageFile::from_bytes(fixture("encrypted.pdf"), &DecodeLimits::default());
    assert!(matches!(error, Err(PageError::Encrypted { format: "PDF" })));
}

#[test]
fn pdf_images_of_every_coding() {
    let (gray, bilevel) = (gray(), bilevel());
    let close = |name: &str, dict: &str, data: &[u8], expected: &GrayImage| {
        let scan = first(pdf_of_image(dict, data, 117.0, 83.0, ""));
        assert_close(name, &scan, expected, 0.0);
        assert_eq!(scan.dpi, Some((72.0, 72.0)), "{name}");
    };
    close("raw", GRAY8, &gray, &gray);

    let rows: Vec<u8> = gray
        .rows()
        .enumerate()
        .flat_map(|(y, _)| png_row(&gray, y))
        .collect();
    let predictor = format!(
        "{GRAY8} /Filter /FlateDecode /DecodeParms \
         << /Predictor 15 /Colors 1 /BitsPerComponent 8 /Columns {WIDTH} >>"
    );
    close("predictor", &predictor, &deflate(&rows), &gray);

    let mut inverted = gray.clone();
    inverted.iter_mut().for_each(|v| *v = 255 - *v);
    close(
        "decode",
        &format!("{GRAY8} /Decode [1 0]"),
        &inverted,
        &gray,
    );

    let bits = pack_bits(&bilevel);
    close(
        "indexed",
        "/BitsPerComponent 1 /ColorSpace [/Indexed /DeviceRGB 1 <000000FFFFFF>]",
        &bits,
        &bilevel,
    );
    close("mask", "/ImageMask true /Decode [0 1]", &bits, &bilevel);
    let flipped: Vec<u8> = bits.iter().map(|b| !b).collect();
    close(
        "mask inverted",
        "/ImageMask true /Decode [1 0]",
        &flipped,
        &bilevel,
    );

    let mut pdf = PdfWriter::default();
    let profile = pdf.stream("/N 1", b"");
    let image = pdf.stream(
        &format!(
            "/Type /XObject /Subtype /Image /Width {WIDTH} /Height {HEIGHT} \
             /BitsPerComponent 1 /ColorSpace [/ICCBased {profile} 0 R]"
        ),
        &bits,
    );
    pdf.page(
        117.0,
        83.0,
        "",
        &format!("q 117 0 0 83 0 0 cm /Im{image} Do Q"),
    );
    assert_close("icc", &first(pdf.finish()), &bilevel, 0.0);
}

/// A row with one of the five filters of PNG, in turn.
fn png_row(image: &GrayImage, y: usize) -> Vec<u8> {
    let width = image.width() as usize;
    let at = |x: Option<usize>, y: Option<usize>| match (x, y) {
        (Some(x), Some(y)) => i32::from(image.as_raw()[y * width + x]),
        _ => 0,
    };
    let kind = y % 5;
    let mut row = vec![kind as u8];
    for x in 0..width {
        let (left, up) = (x.checked_sub(1), y.checked_sub(1));
        let (a, b, c) = (at(left, Some(y)), at(Some(x), up), at(left, up));
        let guess = match kind {
            0 => 0,
            1 => a,
            2 => b,
            3 => (a + b) / 2,
            _ => *[a, b, c]
                .iter()
                .min_by_key(|n| (a + b - c - **n).abs())
                .unwrap(),
        };
        row.push((at(Some(x), Some(y)) - guess) as u8);
    }
    row
}

/// A JBIG2 page whose one region is coded as in Group 4 (MMR).
fn jbig2_page(mmr: &[u8]) -> Vec<u8> {
    let segment = |number: u32, kind: u8, data: &[u8]| {
        let mut out = number.to_be_bytes().to_vec();
        out.extend([kind, 0, 1]);
        out.extend((data.len() as u32).to_be_bytes());
        out.extend(data);
        out
    };
    let mut page = Vec::new();
    page.extend(WIDTH.to_be_bytes());
    page.extend(HEIGHT.to_be_bytes());
    page.extend([0; 11]);
    let mut region = Vec::new();
    region.extend(WIDTH.to_be_bytes());
    region.extend(HEIGHT.to_be_bytes());
    region.extend([0; 9]);
    region.push(1);
    region.extend(mmr);
    let mut all = segment(0, 48, &page);
    all.extend(segment(1, 38, &region));
    all
}

#[test]
fn pdf_images_of_fax_and_jbig2() {
    let fax = format!(
        "/BitsPerComponent 1 /ColorSpace /DeviceGray /Filter /CCITTFaxDecode \
         /DecodeParms << /K -1 /Columns {WIDTH} /Rows {HEIGHT} >>"
    );
    let scan = first(pdf_of_image(&fax, &group4(), 42.12, 29.88, ""));
    assert_close("fax", &scan, &bilevel(), 0.0);
    assert!(scan.bilevel);
    let (x, y) = scan.dpi.unwrap();
    assert!((x - 200.0).abs() < 0.01 && (y - 200.0).abs() < 0.01);

    let black_is_1 = fax.replace("/K -1", "/K -1 /BlackIs1 true");
    let mut inverted = bilevel();
    inverted.iter_mut().for_each(|v| *v = 255 - *v);
    let scan = first(pdf_of_image(&black_is_1, &group4(), 117.0, 83.0, ""));
    assert_close("black is 1", &scan, &inverted, 0.0);

    let scan = first(pdf_of_image(
        "/BitsPerComponent 1 /ColorSpace /DeviceGray /Filter /JBIG2Decode",
        &jbig2_page(&group4()),
        117.0,
        83.0,
        "",
    ));
    assert_close("jbig2", &scan, &bilevel(), 0.0);
    assert!(scan.bilevel);
}

/// Draws the image by a transformation and looks where the renderer puts it:
/// the embedded image, turned, must look the same.
#[test]
fn turned_and_flipped_pages_look_as_a_viewer_shows_them() {
    for rotate in [0, 90, 180, 270] {
        for transform in [
            "117 0 0 83 0 0",
            "-117 0 0 83 117 0",
            "117 0 0 -83 0 83",
            "-117 0 0 -83 117 83",
            "0 83 117 0 0 0",
            "0 83 -117 0 117 0",
            "0 -83 117 0 0 83",
            "0 -83 -117 0 117 83",
        ] {
            // Images laid on their side fill a page of the other shape.
            let page_of = |content: &str| {
                let mut pdf = PdfWriter::default();
                let image = pdf.stream(
                    &format!(
                        "/Type /XObject /Subtype /Image /Width {WIDTH} /Height {HEIGHT} {GRAY8}"
                    ),
                    &gray(),
                );
                let content = content.replace("IMAGE", &format!("/Im{image} Do"));
                pdf.page(117.0, 83.0, &format!("/Rotate {rotate}"), &content);
                first(pdf.finish())
            };
            let embedded = page_of(&format!("q {transform} cm IMAGE Q"));
            // A stroke outside of the page makes it a drawing.
            let rendered = page_of(&format!("q {transform} cm IMAGE Q 500 500 m 600 600 l S"));
            assert_eq!(rendered.dpi, Some((300.0, 300.0)));
            let (w, h) = rendered.image.dimensions();
            let shown = imageops::resize(&embedded.image, w, h, imageops::FilterType::Triangle);
            let (mean, _) = difference(&shown, &rendered.image);
            assert!(mean < 6.0, "rotate {rotate}, {transform}: {mean}");
        }
    }
}

#[test]
fn recognised_text_under_a_scan_does_not_make_it_a_drawing() {
    let page = |text: &str| {
        let mut pdf = PdfWriter::default();
        let image = pdf.stream(
            &format!("/Type /XObject /Subtype /Image /Width {WIDTH} /Height {HEIGHT} {GRAY8}"),
            &gray(),
        );
        pdf.page(
            117.0,
            83.0,
            "",
            &format!(
                "1 g 0 0 117 83 re f q 0 0 117 83 re W n 117 0 0 83 0 0 cm /Im{image} Do Q {text}"
            ),
        );
        first(pdf.finish())
    };
    let hidden = page("BT 3 Tr /F 12 Tf 10 10 Td (x) Tj ET");
    assert_close("hidden", &hidden, &gray(), 0.0);
    let shown = page("BT /F 12 Tf 10 10 Td (x) Tj ET");
    assert_eq!(shown.dpi, Some((300.0, 300.0)));
    assert_eq!(shown.image.dimensions(), (488, 346));
}

/// A sheet that someone filled in on a screen must not be read as blank.
#[test]
fn what_was_added_on_a_screen_is_seen() {
    let mut pdf = PdfWriter::default();
    let image = pdf.stream(
        &format!("/Type /XObject /Subtype /Image /Width {WIDTH} /Height {HEIGHT} {GRAY8}"),
        &gray(),
    );
    let ink = pdf.stream(
        "/Type /XObject /Subtype /Form /BBox [0 0 20 20]",
        b"0 g 0 0 20 20 re f",
    );
    let stamp = format!(
        "/Annots [<< /Type /Annot /Subtype /Stamp /F 4 /Rect [50 30 70 50] \
         /AP << /N {ink} 0 R >> >>]"
    );
    pdf.page(
        117.0,
        83.0,
        &stamp,
        &format!("q 117 0 0 83 0 0 cm /Im{image} Do Q"),
    );
    let scan = first(pdf.finish());
    let px = 300.0 / 72.0;
    let at = |x: f64, y: f64| scan.image.get_pixel((x * px) as u32, (y * px) as u32)[0];
    assert_eq!((at(60.0, 43.0), at(60.0, 60.0)), (0, 255));
}

#[test]
fn a_page_in_strips_is_put_together() {
    let gray = gray();
    let mut pdf = PdfWriter::default();
    let (top, bottom) = gray.as_raw().split_at((WIDTH * 40) as usize);
    let mut strip = |rows: u32, data: &[u8]| {
        pdf.stream(
            &format!("/Type /XObject /Subtype /Image /Width {WIDTH} /Height {rows} {GRAY8}"),
            data,
        )
    };
    let (first_strip, second_strip) = (strip(40, top), strip(43, bottom));
    pdf.page(
        28.08,
        19.92,
        "",
        &format!(
            "q 28.08 0 0 9.6 0 10.32 cm /Im{first_strip} Do Q \
             q 28.08 0 0 10.32 0 0 cm /Im{second_strip} Do Q"
        ),
    );
    let scan = first(pdf.finish());
    assert_eq!(scan.image.dimensions(), gray.dimensions());
    assert_close("strips", &scan, &gray, 3.0);
}

#[test]
fn a_drawing_is_rendered_at_300_dpi() {
    let scan = first(fixture("gs-drawing.pdf"));
    assert_eq!(scan.image.dimensions(), (2479, 3508));
    assert_eq!(scan.dpi, Some((300.0, 300.0)));
    // The rectangle covers 100 to 300 points from the left and 100 to 400
    // from the bottom.
    let at = |x: f64, y: f64| {
        let px = 300.0 / 72.0;
        scan.image
            .get_pixel((x * px) as u32, ((842.0 - y) * px) as u32)[0]
    };
    assert_eq!([at(110.0, 110.0), at(290.0, 390.0)], [0, 0]);
    assert_eq!([at(90.0, 110.0), at(290.0, 410.0)], [255, 255]);
}

#[test]
fn a_broken_page_does_not_spoil_the_others() {
    let mut pdf = PdfWriter::default();
    let bad = pdf.stream(
        "/Type /XObject /Subtype /Image /Width 100 /Height 100 /BitsPerComponent 8 \
         /ColorSpace /DeviceGray /Filter /DCTDecode",
        b"\xFF\xD8 this is no image",
    );
    pdf.page(50.0, 50.0, "", &format!("q 50 0 0 50 0 0 cm /Im{bad} Do Q"));
    let good = pdf.stream(
        &format!("/Type /XObject /Subtype /Image /Width {WIDTH} /Height {HEIGHT} {GRAY8}"),
        &gray(),
    );
    pdf.page(
        117.0,
        83.0,
        "",
        &format!("q 117 0 0 83 0 0 cm /Im{good} Do Q"),
    );
    let file = open(pdf.finish());
    assert_eq!(file.page_count(), 2);
    let error = file.page(0).unwrap_err();
    assert!(matches!(error, PageError::Damaged { .. }), "{error}");
    assert_close("good", &file.page(1).unwrap(), &gray(), 0.0);
}
