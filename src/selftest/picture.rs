//! A picture of the place of a silent error, upright and large enough to see.

use std::path::Path;

use image::{GrayImage, imageops};

use crate::form::PageLayout;
use crate::geometry::MmRect;
use crate::synth::{SimulatedPage, SynthError};

/// Paper shown around the boxes of the question, mm.
const MARGIN_MM: f64 = 8.0;

/// Writes the boxes of a question (of the whole page if it is empty) as PNG.
pub(super) fn save(
    page: &SimulatedPage,
    layout: &PageLayout,
    question: &str,
    path: &Path,
) -> Result<(), SynthError> {
    let area: Option<MmRect> = layout
        .boxes
        .iter()
        .filter(|b| b.question == question)
        .map(|b| b.rect)
        .reduce(|a, b| a.union(&b));
    let picture: GrayImage = match area {
        Some(area) => {
            let crop = page.crop(layout, &area.inflate(MARGIN_MM, MARGIN_MM));
            // Three times as large: strokes of two pixels can be seen.
            imageops::resize(
                &crop,
                crop.width() * 3,
                crop.height() * 3,
                imageops::FilterType::Nearest,
            )
        }
        None => page.scan.image.clone(),
    };
    let write = |source| SynthError::Write {
        path: path.to_owned(),
        source,
    };
    if let Some(dir) = path.parent() {
        std::fs::create_dir_all(dir).map_err(write)?;
    }
    picture
        .save_with_format(path, image::ImageFormat::Png)
        .map_err(|e| SynthError::Image(e.to_string()))
}
