//! Garbage, bombs and truncated files are answered with an error for that
//! file, in bounded memory, and never with a crash.

use std::io::Write;

use crate::page_support::*;
use phieu::page::{DecodeLimits, PageError, PageFile};
use proptest::prelude::*;

fn decode(data: Vec<u8>) -> Result<usize, PageError> {
    let file = PageFile::from_bytes(data, &DecodeLimits::default())?;
    let mut good = 0;
    for index in 0..file.page_count() {
        file.page(index)?;
        good += 1;
    }
    Ok(good)
}

#[track_caller]
fn assert_too_large(data: Vec<u8>) {
    let error = decode(data).unwrap_err();
    assert!(matches!(error, PageError::TooLarge { .. }), "{error}");
}

#[track_caller]
fn assert_damaged(data: Vec<u8>) -> String {
    let error = decode(data).unwrap_err();
    assert!(matches!(error, PageError::Damaged { .. }), "{error}");
    error.to_string()
}

/// Bytes of a chunk of PNG, with its checksum.
fn png_chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(kind);
    crc.update(data);
    let mut out = (data.len() as u32).to_be_bytes().to_vec();
    out.extend(kind);
    out.extend(data);
    out.extend(crc.sum().to_be_bytes());
    out
}

fn png_of(width: u32, height: u32, more: &[Vec<u8>]) -> Vec<u8> {
    let mut out = b"\x89PNG\r\n\x1a\n".to_vec();
    let mut header = width.to_be_bytes().to_vec();
    header.extend(height.to_be_bytes());
    header.extend([8, 0, 0, 0, 0]);
    out.extend(png_chunk(b"IHDR", &header));
    more.iter().for_each(|chunk| out.extend(chunk));
    out
}

#[test]
fn a_png_of_ten_thousand_million_pixels() {
    let data = deflate(&vec![0; 1 << 20]);
    assert_too_large(png_of(100_000, 100_000, &[png_chunk(b"IDAT", &data)]));
}

#[test]
fn a_small_png_with_huge_texts_and_profiles_is_just_a_small_png() {
    let bomb = deflate(&vec![b'a'; 64 << 20]);
    let text = [&b"note\0\0"[..], &bomb].concat();
    let profile = [&b"icc\0\0"[..], &bomb].concat();
    let png = png_of(
        2,
        1,
        &[
            png_chunk(b"iCCP", &profile),
            png_chunk(b"zTXt", &text),
            png_chunk(b"IDAT", &deflate(&[0, 10, 20])),
            png_chunk(b"IEND", &[]),
        ],
    );
    let file = PageFile::from_bytes(png, &DecodeLimits::default()).unwrap();
    assert_eq!(file.page(0).unwrap().image.as_raw(), &[10, 20]);
}

#[test]
fn a_jpeg_that_claims_to_be_as_large_as_it_can() {
    let mut data = fixture("gray.jpg");
    let frame = data.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    data[frame + 5..frame + 9].fill(0xFF);
    assert_too_large(data);
}

#[test]
fn files_that_end_early_are_damaged_and_not_partly_white() {
    for name in [
        "gray.jpg",
        "progressive-420.jpg",
        "restart.jpg",
        "lzw-predictor.tif",
        "jpeg-strips-gray.tif",
        "g4-strips.tif",
        "tiff2pdf-jpeg.pdf",
    ] {
        let whole = fixture(name);
        for part in [2, 3, 4] {
            let cut = whole[..whole.len() * part / 5].to_vec();
            assert!(decode(cut).is_err(), "{name} cut to {part}/5");
        }
    }
}

/// Entries of a little-endian TIFF with one directory at 8.
fn tiff(entries: &[(u16, u16, u32, u32)], next: u32, data: &[u8]) -> Vec<u8> {
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    out.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, count, value) in entries {
        out.extend(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(count.to_le_bytes());
        out.extend(value.to_le_bytes());
    }
    out.extend(next.to_le_bytes());
    out.extend(data);
    out
}

/// Where the data of [`tiff`] with `n` entries starts.
fn tiff_data(n: u32) -> u32 {
    8 + 2 + 12 * n + 4
}

#[test]
fn a_tiff_whose_pages_go_round_in_a_circle() {
    let detail = assert_damaged(tiff(&[(256, 3, 1, 1)], 8, &[]));
    assert!(detail.contains("circle"), "{detail}");
}

#[test]
fn a_tiff_with_more_pages_than_allowed() {
    let limits = DecodeLimits {
        max_pages: 2,
        ..DecodeLimits::default()
    };
    let error = PageFile::from_bytes(fixture("three-pages.tif"), &limits).unwrap_err();
    assert!(matches!(error, PageError::TooManyPages(2)));
}

#[test]
fn tiffs_that_claim_huge_sizes_counts_and_tiles() {
    let size = [(256, 4, 1, 0x7FFF_FFFF), (257, 4, 1, 0x7FFF_FFFF)];
    assert_too_large(tiff(&size, 0, &[]));
    // A thousand million strips, of which the file has none.
    let strips = [
        (256, 4, 1, 100),
        (257, 4, 1, 100),
        (273, 4, 1_000_000_000, 8),
        (279, 4, 1_000_000_000, 8),
    ];
    assert_damaged(tiff(&strips, 0, &[]));
    let tiles = [
        (256, 4, 1, 100),
        (257, 4, 1, 100),
        (322, 4, 1, 0x7FFF_FFFF),
        (323, 4, 1, 0x7FFF_FFFF),
        (324, 4, 1, 8),
        (325, 4, 1, 8),
    ];
    assert_too_large(tiff(&tiles, 0, &[]));
}

/// Fax drivers that do not know the height yet write 0 and correct it never.
#[test]
fn a_fax_without_a_height_is_read_to_its_end() {
    let strip = group4();
    let data = tiff(
        &[
            (256, 4, 1, WIDTH),
            (257, 4, 1, 0),
            (259, 3, 1, 4),
            (262, 3, 1, 0),
            (273, 4, 1, tiff_data(5)),
        ],
        0,
        &strip,
    );
    let file = PageFile::from_bytes(data, &DecodeLimits::default()).unwrap();
    assert_eq!(file.page(0).unwrap().image, bilevel());
}

#[test]
fn a_tiff_without_sizes_of_its_strips_is_read() {
    let gray = gray();
    let (top, bottom) = gray.as_raw().split_at((WIDTH * 50) as usize);
    let start = tiff_data(8);
    let offsets = start + gray.as_raw().len() as u32;
    let mut data = [top, bottom].concat();
    data.extend(start.to_le_bytes());
    data.extend((start + WIDTH * 50).to_le_bytes());
    let file = tiff(
        &[
            (256, 4, 1, WIDTH),
            (257, 4, 1, HEIGHT),
            (258, 3, 1, 8),
            (259, 3, 1, 1),
            (262, 3, 1, 1),
            (273, 4, 2, offsets),
            (277, 3, 1, 1),
            (278, 4, 1, 50),
        ],
        0,
        &data,
    );
    let file = PageFile::from_bytes(file, &DecodeLimits::default()).unwrap();
    assert_eq!(file.page(0).unwrap().image, gray);
}

#[test]
fn a_strip_that_unpacks_to_a_gigabyte_is_read_as_far_as_the_page_goes() {
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    let zeros = vec![0; 1 << 20];
    (0..1024).for_each(|_| encoder.write_all(&zeros).unwrap());
    let bomb = encoder.finish().unwrap();
    let file = tiff(
        &[
            (256, 4, 1, 10),
            (257, 4, 1, 10),
            (258, 3, 1, 8),
            (259, 3, 1, 8),
            (262, 3, 1, 1),
            (273, 4, 1, tiff_data(7)),
            (279, 4, 1, bomb.len() as u32),
        ],
        0,
        &bomb,
    );
    assert_eq!(decode(file).unwrap(), 1);
}

#[test]
fn pdfs_that_unpack_to_far_more_than_a_page() {
    let bomb = deflate(&vec![b' '; 80 << 20]);
    // What the page draws.
    let mut pdf = PdfWriter::default();
    let content = pdf.stream("/Filter /FlateDecode", &bomb);
    pdf.page(100.0, 100.0, "", "");
    let text = String::from_utf8_lossy(&pdf.finish()).into_owned();
    assert!(text.contains("/Contents 4 0 R"));
    let mut pdf = PdfWriter::default();
    pdf.stream("/Filter /FlateDecode", &bomb);
    pdf.page(100.0, 100.0, "", "");
    let mut bytes = pdf.finish();
    let at = bytes
        .windows(15)
        .position(|w| w == b"/Contents 4 0 R")
        .unwrap();
    bytes[at + 10] = b'0' + content as u8;
    assert_damaged(bytes);

    // The table of objects.
    let mut pdf = PdfWriter::default();
    pdf.stream("/Type /ObjStm /N 1 /First 4 /Filter /FlateDecode", &bomb);
    pdf.page(100.0, 100.0, "", "");
    assert_damaged(pdf.finish());

    // An image that is drawn twice, so that it has to be rendered.
    let mut pdf = PdfWriter::default();
    let huge = pdf.stream(
        "/Type /XObject /Subtype /Image /Width 100000 /Height 100000 /BitsPerComponent 8 \
         /ColorSpace /DeviceGray /Filter /FlateDecode",
        &bomb,
    );
    pdf.page(100.0, 100.0, "", &format!("/Im{huge} Do /Im{huge} Do"));
    assert_damaged(pdf.finish());
}

#[test]
fn a_pdf_with_a_huge_image() {
    let dict = "/Type /XObject /Subtype /Image /Width 100000 /Height 100000 \
                /BitsPerComponent 8 /ColorSpace /DeviceGray";
    let mut pdf = PdfWriter::default();
    let image = pdf.stream(dict, &[0; 100]);
    pdf.page(
        100.0,
        100.0,
        "",
        &format!("q 100 0 0 100 0 0 cm /Im{image} Do Q"),
    );
    assert_too_large(pdf.finish());
}

#[test]
fn a_pdf_page_of_a_kilometre_is_rendered_small_or_refused() {
    let mut pdf = PdfWriter::default();
    pdf.page(3_000_000.0, 3_000_000.0, "", "0 0 m 1 1 l S");
    pdf.page(3_000_000.0, 1.0, "", "0 0 m 1 1 l S");
    let file = PageFile::from_bytes(pdf.finish(), &DecodeLimits::default()).unwrap();
    let scan = file.page(0).unwrap();
    assert!(u64::from(scan.image.width()) * u64::from(scan.image.height()) <= 36_100_000);
    let error = file.page(1).unwrap_err();
    assert!(matches!(error, PageError::TooLarge { .. }), "{error}");
}

/// Libraries that follow nesting by calling themselves would end the whole
/// program here, which nothing can catch.
#[test]
fn pdfs_nested_without_end() {
    let deep = 50_000;
    let (open, close) = ("[".repeat(deep), "]".repeat(deep));
    // The parser takes about 0.1 ms for each level of these.
    let dicts = "<</A ".repeat(3000) + &">>".repeat(3000);
    for value in [format!("{open}{close}"), open.clone(), dicts] {
        let mut pdf = PdfWriter::default();
        pdf.page(100.0, 100.0, &format!("/Annots {value}"), "0 0 m 9 9 l S");
        pdf.page(100.0, 100.0, "", &format!("{value} TJ 0 0 m 9 9 l S"));
        pdf.object(value);
        let _ = decode(pdf.finish());
    }
    // Graphics states, text in text, and a form that draws itself.
    let mut pdf = PdfWriter::default();
    pdf.page(100.0, 100.0, "", &"q BT /A BMC ".repeat(deep));
    let form = "/Type /XObject /Subtype /Form /BBox [0 0 9 9] \
                /Resources << /XObject << /Im5 5 0 R >> >>";
    let form = pdf.stream(form, b"/Im5 Do /Im5 Do");
    assert_eq!(form, 5);
    pdf.page(100.0, 100.0, "", "/Im5 Do 0 0 m 9 9 l S");
    let _ = decode(pdf.finish());
}

#[test]
fn a_pdf_with_a_huge_image_inside_its_drawing() {
    let image = "BI /W 100000 /H 100000 /BPC 8 /CS /G ID x EI";
    let mut pdf = PdfWriter::default();
    pdf.page(100.0, 100.0, "", image);
    assert_damaged(pdf.finish());
    let mut pdf = PdfWriter::default();
    let form = "/Type /XObject /Subtype /Form /BBox [0 0 9 9]";
    let form = pdf.stream(form, image.as_bytes());
    pdf.page(100.0, 100.0, "", &format!("/Im{form} Do 0 0 m 9 9 l S"));
    assert_damaged(pdf.finish());
}

#[test]
fn what_is_no_page_at_all() {
    for (data, expected) in [
        (&b""[..], "empty"),
        (b"hello", "not a JPEG"),
        (b"GIF89a", "not a JPEG"),
        (b"PK\x03\x04....", "archive"),
        (b"%PDF-1.4", "PDF"),
        (b"II*\0", "TIFF"),
        (b"\xFF\xD8\xFF", "JPEG"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
    ] {
        let error = decode(data.to_vec()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
        assert!(!error.contains('\n'));
    }
}

const STARTS: [&str; 14] = [
    "g3-1d.tif",
    "g3-2d-fill-lsb.tif",
    "g4-tiles.tif",
    "bigtiff-g4.tif",
    "lzw-palette.tif",
    "zip-predictor-tiles-rgb.tif",
    "jpeg-strips-ycbcr.tif",
    "three-pages.tif",
    "gray.jpg",
    "progressive-420.jpg",
    "exif-turned.jpg",
    "tiff2pdf-g4.pdf",
    "qpdf-object-streams-rotated.pdf",
    "gs-drawing.pdf",
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(
        mut data in proptest::collection::vec(any::<u8>(), 0..400),
        start in 0..6usize,
    ) {
        let magics: [&[u8]; 6] = [
            b"\xFF\xD8\xFF\xC0", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", b"II*\0", b"MM\0*",
            b"%PDF-1.4\n1 0 obj", b"",
        ];
        data.splice(0..0, magics[start].iter().copied());
        let _ = decode(data);
    }

    #[test]
    fn no_damage_to_a_real_file_makes_it_panic(
        start in 0..STARTS.len(),
        damage in proptest::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..12),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut data = fixture(STARTS[start]);
        for (at, value) in &damage {
            let at = at.index(data.len());
            data[at] = *value;
        }
        if damage.len() % 3 == 0 {
            data.truncate(cut.index(data.len()));
        }
        let limits = DecodeLimits { max_pixels: 1_000_000, ..DecodeLimits::default() };
        if let Ok(file) = PageFile::from_bytes(data, &limits) {
            for index in 0..file.page_count().min(4) {
                if let Ok(scan) = file.page(index) {
                    let (w, h) = scan.image.dimensions();
                    prop_assert!(u64::from(w) * u64::from(h) <= 1_100_000);
                }
            }
        }
    }
}
