//! Keeps images of what went wrong, for people to look at.

use std::path::{Path, PathBuf};

use image::{GrayImage, imageops};
use phieu::form::Layout;
use phieu::read::PageReading;

use crate::sheet::{QuestionTruth, Shot};

/// What is kept, and where.
#[derive(Debug, Default, Clone)]
pub struct Keep {
    pub dir: Option<PathBuf>,
    pub flagged: bool,
    pub prefix: String,
}

/// Paper around the boxes that is shown, mm.
const AROUND_MM: f32 = 9.0;

impl Keep {
    /// The whole image and a crop around the question.
    pub fn silent(&self, sheet: u64, layout: &Layout, shot: &Shot, q: &QuestionTruth) {
        let Some(dir) = &self.dir else { return };
        let name = self.name(sheet, layout, shot);
        write(&shot.scan.image, &dir.join(format!("silent-{name}.png")));
        write(
            &crop(shot, q),
            &dir.join(format!("silent-{name}-{}-crop.png", q.id)),
        );
    }

    /// A crop around a clear question that was flagged.
    pub fn flagged(&self, sheet: u64, layout: &Layout, shot: &Shot, q: &QuestionTruth) {
        let Some(dir) = self.dir.as_ref().filter(|_| self.flagged) else {
            return;
        };
        let name = self.name(sheet, layout, shot);
        write(
            &crop(shot, q),
            &dir.join(format!("flagged-{name}-{}.png", q.id)),
        );
    }

    /// A page that could not be read.
    pub fn unreadable(&self, sheet: u64, layout: &Layout, shot: &Shot, reading: &PageReading) {
        let Some(dir) = &self.dir else { return };
        let name = self.name(sheet, layout, shot);
        write(
            &shot.scan.image,
            &dir.join(format!("unreadable-{name}.png")),
        );
        let text = format!("{:?}\n{}\n", reading.problems, shot.told);
        std::fs::write(dir.join(format!("unreadable-{name}.txt")), text).unwrap();
    }

    fn name(&self, sheet: u64, layout: &Layout, shot: &Shot) -> String {
        format!("{}-{sheet}-{}-p{}", self.prefix, layout.form, shot.page)
    }
}

/// The image around all boxes of a question, upright.
pub fn crop(shot: &Shot, q: &QuestionTruth) -> GrayImage {
    let at = || q.boxes.iter().map(|b| shot.boxes_px[*b]);
    let around = AROUND_MM * shot.per_mm;
    let low = |v: f32| (v - around).max(0.0) as u32;
    let (x0, y0) = (
        low(at().map(|p| p.0).fold(f32::MAX, f32::min)),
        low(at().map(|p| p.1).fold(f32::MAX, f32::min)),
    );
    let x1 = (at().map(|p| p.0).fold(0.0, f32::max) + around) as u32;
    let y1 = (at().map(|p| p.1).fold(0.0, f32::max) + around) as u32;
    let image = &shot.scan.image;
    let (x1, y1) = (x1.min(image.width()), y1.min(image.height()));
    let part = imageops::crop_imm(
        image,
        x0.min(x1),
        y0.min(y1),
        x1.saturating_sub(x0).max(1),
        y1.saturating_sub(y0).max(1),
    )
    .to_image();
    match shot.quarters {
        1 => imageops::rotate270(&part),
        2 => imageops::rotate180(&part),
        3 => imageops::rotate90(&part),
        _ => part,
    }
}

pub fn write(image: &GrayImage, path: &Path) {
    image.save(path).unwrap();
}
