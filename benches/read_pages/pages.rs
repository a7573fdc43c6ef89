//! The pages and their files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use fax::encoder::Encoder;
use fax::{Color, VecWriter};
use image::GrayImage;
use image::codecs::jpeg::JpegEncoder;
use phieu::form::Library;
use phieu::synth::{Drawn, Encoding, Level, PlacedMark, Simulator, Staged};

/// Different pages of each resolution.
pub const PAGES: usize = 8;

/// Darker is black, gray level: between the darkest paper and the lightest pen
/// of the simulated pages.
const BLACK: u8 = 150;

pub type File = Arc<Vec<u8>>;

/// A kind of file.
#[derive(Clone, Copy)]
pub enum Format {
    Jpeg,
    Png,
    PngOneBit,
    Group4,
}

/// The rows of a resolution.
pub const ROWS: [(&str, Format, Answers); 6] = [
    ("JPEG gray q85", Format::Jpeg, Answers::All),
    ("PNG gray", Format::Png, Answers::All),
    ("PNG one bit", Format::PngOneBit, Answers::All),
    ("TIFF G4", Format::Group4, Answers::All),
    ("JPEG, a blank", Format::Jpeg, Answers::OneBlank),
    ("G4, a blank", Format::Group4, Answers::OneBlank),
];

impl Format {
    fn extension(self) -> &'static str {
        match self {
            Self::Jpeg => "jpg",
            Self::Png | Self::PngOneBit => "png",
            Self::Group4 => "tif",
        }
    }

    /// The page as such a file.
    pub fn file(self, image: &GrayImage, dpi: u32) -> File {
        let bytes = match self {
            Self::Jpeg => {
                let mut bytes = Vec::new();
                JpegEncoder::new_with_quality(&mut bytes, 85)
                    .encode_image(image)
                    .unwrap();
                bytes
            }
            Self::Png => png(image.as_raw(), image.dimensions(), png::BitDepth::Eight),
            Self::PngOneBit => png(&packed(image), image.dimensions(), png::BitDepth::One),
            Self::Group4 => group4(image, dpi),
        };
        Arc::new(bytes)
    }
}

/// How the questions of the pages are answered.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Answers {
    /// A cross in one box of each.
    All,
    /// The same, but for one question a page. (A blank question is looked at more closely,
    /// for its mark may be too faint for any threshold. That once took longer than everything
    /// else together, and no row of this bench had one.)
    OneBlank,
}

/// Sheets of the shipped forms, filled in and scanned as in an office, in gray.
pub fn images(library: &Library, dpi: u32, answers: Answers) -> Vec<GrayImage> {
    let mut images = Vec::new();
    for form in library.forms() {
        let simulator = Simulator::for_form(form, Level::Office, 3).unwrap();
        let wanted = images.len() + PAGES / library.forms().count();
        for sheet in 0.. {
            for plan in simulator.plan(sheet) {
                if images.len() == wanted {
                    break;
                }
                let respondent = simulator.respondent(sheet);
                let layout = simulator.layout().page(plan.page).unwrap();
                let mut conditions = plan.conditions;
                conditions.sensor.dpi = dpi;
                conditions.sensor.encoding = Encoding::Png;
                let mut marks: Vec<PlacedMark> = Vec::new();
                for (k, question) in simulator.layout().questions.iter().enumerate() {
                    let boxes: Vec<usize> = (0..layout.boxes.len())
                        .filter(|i| layout.boxes[*i].question == question.id)
                        .collect();
                    if !boxes.is_empty() {
                        marks.push(PlacedMark {
                            at: boxes[(sheet as usize + 3 * k) % boxes.len()],
                            drawn: Drawn::Cross,
                        });
                    }
                }
                if answers == Answers::OneBlank {
                    marks.remove(sheet as usize % marks.len());
                }
                let staged = Staged {
                    page: plan.page,
                    conditions,
                    pen: respondent.pen,
                    hand: respondent.hand,
                    marks,
                    strokes: Vec::new(),
                };
                images.push(simulator.stage(sheet, &staged).unwrap().scan.image);
            }
            if images.len() == wanted {
                break;
            }
        }
    }
    images
}

/// Writes the files and gives their paths.
pub fn write(
    files: &[File],
    folder: &Path,
    dpi: u32,
    (name, format): (&str, Format),
) -> Vec<PathBuf> {
    let name = name.replace([' ', ','], "-");
    let folder = folder.join(format!("{dpi}-{name}"));
    std::fs::create_dir_all(&folder).unwrap();
    files
        .iter()
        .enumerate()
        .map(|(i, file)| {
            let path = folder.join(format!("{i}.{}", format.extension()));
            std::fs::write(&path, &file[..]).unwrap();
            path
        })
        .collect()
}

fn packed(image: &GrayImage) -> Vec<u8> {
    let rows = image.as_raw().chunks_exact(image.width() as usize);
    rows.flat_map(|row| {
        row.chunks(8).map(|eight| {
            let bits = eight.iter().enumerate();
            bits.fold(0, |byte, (i, p)| byte | u8::from(*p >= BLACK) << (7 - i))
        })
    })
    .collect()
}

fn png(data: &[u8], (width, height): (u32, u32), depth: png::BitDepth) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, width, height);
    encoder.set_color(png::ColorType::Grayscale);
    encoder.set_depth(depth);
    let mut writer = encoder.write_header().unwrap();
    writer.write_image_data(data).unwrap();
    writer.finish().unwrap();
    out
}

/// A TIFF of one strip.
fn group4(image: &GrayImage, dpi: u32) -> Vec<u8> {
    let (width, height) = image.dimensions();
    let mut encoder = Encoder::new(VecWriter::new());
    for row in image.as_raw().chunks_exact(width as usize) {
        let pixels = row.iter().map(|p| match *p < BLACK {
            true => Color::Black,
            false => Color::White,
        });
        encoder.encode_line(pixels, width).unwrap();
    }
    let data = encoder.finish().unwrap().finish();
    // What follows the header: entries of 12 bytes, the two resolutions, data.
    let entries: [(u16, u16, u32); 11] = [
        (256, 4, width),
        (257, 4, height),
        (258, 3, 1),
        // Group 4, zero is white.
        (259, 3, 4),
        (262, 3, 0),
        (273, 4, 8 + 2 + 12 * 11 + 4 + 16),
        (278, 4, height),
        (279, 4, data.len() as u32),
        (282, 5, 8 + 2 + 12 * 11 + 4),
        (283, 5, 8 + 2 + 12 * 11 + 4 + 8),
        (296, 3, 2),
    ];
    let mut out = b"II*\0\x08\0\0\0".to_vec();
    out.extend((entries.len() as u16).to_le_bytes());
    for (tag, kind, value) in entries {
        out.extend(tag.to_le_bytes());
        out.extend(kind.to_le_bytes());
        out.extend(1u32.to_le_bytes());
        out.extend(value.to_le_bytes());
    }
    out.extend(0u32.to_le_bytes());
    for _ in 0..2 {
        out.extend(dpi.to_le_bytes());
        out.extend(1u32.to_le_bytes());
    }
    out.extend(data);
    out
}
