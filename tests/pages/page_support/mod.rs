//! What tests about page files share: the picture that the fixtures show, and
//! a writer of PDFs as scanners make them.
#![allow(dead_code)]

use std::path::PathBuf;

use image::GrayImage;

pub const WIDTH: u32 = 117;
pub const HEIGHT: u32 = 83;

pub fn fixture_path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
        .join("fixtures/page")
        .join(name)
}

pub fn fixture(name: &str) -> Vec<u8> {
    std::fs::read(fixture_path(name)).unwrap()
}

/// The Group 4 data of a fixture: one strip, first bit highest.
pub fn group4() -> Vec<u8> {
    let pdf = fixture("tiff2pdf-g4.pdf");
    let from = pdf
        .windows(18)
        .position(|w| w == b"/CCITTFaxDecode /D")
        .unwrap();
    let start = from
        + pdf[from..]
            .windows(7)
            .position(|w| w == b"stream\n")
            .unwrap()
        + 7;
    let end = start
        + pdf[start..]
            .windows(10)
            .position(|w| w == b"\nendstream")
            .unwrap();
    pdf[start..end].to_vec()
}

/// The picture of the fixtures: an F, a ramp and a dotted slope, without any
/// symmetry.
pub fn gray() -> GrayImage {
    GrayImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let in_box = |x0, x1, y0, y1| (x0..x1).contains(&x) && (y0..y1).contains(&y);
        let v = if in_box(10, 22, 8, 70) || in_box(22, 70, 8, 18) {
            0
        } else if in_box(22, 50, 34, 42) {
            60
        } else if x > 80 && y > 20 && x < 110 {
            (x - 80) * 8
        } else if y > 72 && (x + y) % 7 == 0 {
            20
        } else {
            255
        };
        image::Luma([v as u8])
    })
}

/// The same in black and white.
pub fn bilevel() -> GrayImage {
    let mut image = gray();
    image
        .iter_mut()
        .for_each(|v| *v = if *v < 128 { 0 } else { 255 });
    image
}

pub fn rgb() -> image::RgbImage {
    let gray = gray();
    image::RgbImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let v = gray.get_pixel(x, y)[0];
        if v == 255 {
            image::Rgb([255; 3])
        } else {
            image::Rgb([v, v / 2, (x * 2) as u8])
        }
    })
}

/// The gray of the coloured picture, by BT.601.
pub fn colour_as_gray() -> GrayImage {
    let rgb = rgb();
    GrayImage::from_fn(WIDTH, HEIGHT, |x, y| {
        let [r, g, b] = rgb.get_pixel(x, y).0.map(f64::from);
        image::Luma([(0.299 * r + 0.587 * g + 0.114 * b).round() as u8])
    })
}

/// Mean and largest difference of two images of one size.
pub fn difference(a: &GrayImage, b: &GrayImage) -> (f64, u8) {
    assert_eq!(a.dimensions(), b.dimensions());
    let all: Vec<u8> = a
        .iter()
        .zip(b.iter())
        .map(|(x, y)| x.abs_diff(*y))
        .collect();
    let sum: f64 = all.iter().map(|d| f64::from(*d)).sum();
    (
        sum / all.len() as f64,
        all.iter().copied().max().unwrap_or(0),
    )
}

/// One bit a pixel, rows from byte boundaries, white 1.
pub fn pack_bits(image: &GrayImage) -> Vec<u8> {
    image
        .rows()
        .flat_map(|row| {
            let bits: Vec<bool> = row.map(|p| p[0] >= 128).collect();
            bits.chunks(8)
                .map(|byte| {
                    byte.iter()
                        .enumerate()
                        .fold(0, |b, (i, on)| b | u8::from(*on) << (7 - i))
                })
                .collect::<Vec<u8>>()
        })
        .collect()
}

pub fn deflate(data: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut encoder = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(data).unwrap();
    encoder.finish().unwrap()
}

/// A PDF of one page after the other.
#[derive(Default)]
pub struct PdfWriter {
    objects: Vec<Vec<u8>>,
    pages: Vec<usize>,
}

impl PdfWriter {
    /// Adds an object; its number counts from 3, after catalogue and pages.
    pub fn object(&mut self, body: impl Into<Vec<u8>>) -> usize {
        self.objects.push(body.into());
        self.objects.len() + 2
    }

    pub fn stream(&mut self, dict: &str, data: &[u8]) -> usize {
        let mut body = format!("<< {dict} /Length {} >>\nstream\n", data.len()).into_bytes();
        body.extend(data);
        body.extend(b"\nendstream");
        self.object(body)
    }

    /// A page of `width` by `height` points that draws `content`; images and
    /// forms are `/Im<number>`.
    pub fn page(&mut self, width: f64, height: f64, extra: &str, content: &str) {
        let content = self.stream("", content.as_bytes());
        let x_objects: String = (3..content).map(|n| format!("/Im{n} {n} 0 R ")).collect();
        let page = self.object(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {width} {height}] {extra} \
             /Contents {content} 0 R /Resources << /XObject << {x_objects} >> \
             /Font << /F << /Type /Font /Subtype /Type1 /BaseFont /Helvetica >> >> >> >>"
        ));
        self.pages.push(page);
    }

    pub fn finish(self) -> Vec<u8> {
        let kids: String = self.pages.iter().map(|n| format!("{n} 0 R ")).collect();
        let head = [
            b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
            format!(
                "<< /Type /Pages /Kids [{kids}] /Count {} >>",
                self.pages.len()
            )
            .into_bytes(),
        ];
        let mut out = b"%PDF-1.5\n".to_vec();
        let mut offsets = Vec::new();
        for (i, body) in head.iter().chain(&self.objects).enumerate() {
            offsets.push(out.len());
            out.extend(format!("{} 0 obj\n", i + 1).bytes());
            out.extend(body);
            out.extend(b"\nendobj\n");
        }
        let xref = out.len();
        out.extend(format!("xref\n0 {}\n0000000000 65535 f \n", offsets.len() + 1).bytes());
        for offset in &offsets {
            out.extend(format!("{offset:010} 00000 n \n").bytes());
        }
        out.extend(
            format!(
                "trailer << /Size {} /Root 1 0 R >>\nstartxref\n{xref}\n%%EOF\n",
                offsets.len() + 1
            )
            .bytes(),
        );
        out
    }
}

/// A PDF of one page that draws one image, stored as `dict` says, over all of
/// a page of `width` by `height` points.
pub fn pdf_of_image(dict: &str, data: &[u8], width: f64, height: f64, page: &str) -> Vec<u8> {
    let mut pdf = PdfWriter::default();
    let image = pdf.stream(
        &format!("/Type /XObject /Subtype /Image /Width {WIDTH} /Height {HEIGHT} {dict}"),
        data,
    );
    pdf.page(
        width,
        height,
        page,
        &format!("q {width} 0 0 {height} 0 0 cm /Im{image} Do Q"),
    );
    pdf.finish()
}
