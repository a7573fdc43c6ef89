//! The measured page to look at: squares and by how much they are off,
//! streaks, the sheet's edges, a second sheet.

use image::RgbImage;

use super::page::PageMeasure;
use super::streaks::Along;
use super::verdict::{Calibration, Severity, Verdict};
use crate::page::Scan;
use crate::read::explain::canvas::{BLUE, Canvas, GREEN, ORANGE, RED};

/// By how much displacements are drawn larger: the half millimetre that is
/// still good then spans a centimetre.
const MAGNIFIED: f32 = 20.0;

/// Longest lines of text above the picture, characters: what fits its width.
const LINE: usize = 110;

/// Most findings that are written above the picture; the report has them all.
const MOST_LINES: usize = 6;

/// A picture of one page of a calibration.
#[must_use]
pub fn picture(scan: &Scan, page: &PageMeasure, all: &Calibration) -> RgbImage {
    let p = &all.profile;
    let word = match p.verdict {
        Verdict::Good => "TỐT (good)",
        Verdict::Usable => "DÙNG ĐƯỢC (usable)",
        Verdict::Repair => "PHẢI SỬA (repair)",
    };
    let mut above = vec![format!(
        "{word} – {}: {:.1} × {:.1} dpi, lệch (skew) {:+.2}°, dãn (stretch) {:+.2} %",
        p.name, page.feed.dpi_x, page.feed.dpi_y, page.feed.skew_deg, page.feed.stretch_percent
    )];
    above.extend(
        all.findings
            .iter()
            .filter(|f| f.severity > Severity::Note)
            .take(MOST_LINES)
            .map(|f| shortened(&f.vi)),
    );
    let below = vec![
        format!(
            "xanh lá (green): ô vuông tìm thấy (squares found), {} / {}; cam (orange): độ lệch (displacement) × {MAGNIFIED:.0}",
            page.squares_found, page.squares_expected
        ),
        "đỏ (red): vệt bẩn trên kính (streaks), tờ thứ hai (second sheet); xanh dương (blue): mép giấy (edges of the paper)".to_owned(),
    ];
    // The image as it came: places count from its own left and top edge.
    let mut canvas = Canvas::new(&scan.image, 0, &above, &below);
    canvas.outline(page.corners, BLUE, 1);
    for r in &page.residuals {
        let off = [r.at[0] - r.expected[0], r.at[1] - r.expected[1]];
        let tip = [r.at[0] + MAGNIFIED * off[0], r.at[1] + MAGNIFIED * off[1]];
        canvas.line(&[r.at, tip], ORANGE, 2);
        canvas.dot(r.at, 3, GREEN);
    }
    let [w, h] = page.size_px.map(|v| v as f32);
    for s in &page.streaks {
        let text = format!("{:.0} mm", s.at_mm);
        match s.along {
            Along::Down => {
                let x = (s.at_mm * page.px_per_mm[0]) as f32;
                canvas.line(&[[x, 0.0], [x, h - 1.0]], RED, 1);
                canvas.label([x, 0.02 * h], (4, 0), RED, &text);
                canvas.label([x, 0.93 * h], (4, 0), RED, &text);
            }
            Along::Across => {
                let y = (s.at_mm * page.px_per_mm[1]) as f32;
                canvas.line(&[[0.0, y], [w - 1.0, y]], RED, 1);
                canvas.label([0.02 * w, y], (0, 3), RED, &text);
            }
        }
    }
    for [x, y] in &page.second_sheet_px {
        canvas.dot([*x as f32, *y as f32], 9, RED);
    }
    if let Some([x, y]) = page.second_sheet_px.first() {
        let text = "tờ thứ hai (second sheet)";
        canvas.label([*x as f32, *y as f32], (12, 0), RED, text);
    }
    canvas.finish()
}

fn shortened(text: &str) -> String {
    if text.chars().count() <= LINE {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(LINE - 1).collect();
    short.push('…');
    short
}
