//! Numbered pictures of the stages, for a person to understand at a glance.

use image::RgbImage;

use super::canvas::{BLUE, Canvas, GREEN, INK, ORANGE, RED};
use super::{Explanation, MESH_MM};
use crate::lang::Lang;
use crate::page::Scan;
use crate::read::{Answer, AnswerState, Mark, MarkState, PageReading, Status, reason_words};

/// A picture of one stage.
#[derive(Debug, Clone)]
pub struct Picture {
    /// Number and name, fit for a file name: `1-anchors`.
    pub name: &'static str,
    /// The page, upright, with what the stage found drawn on it.
    pub image: RgbImage,
}

/// Residuals are drawn longer than they are by this factor: a tenth of a
/// millimetre becomes three.
const RESIDUAL_FACTOR: f32 = 30.0;

/// Text at the foot of a picture stays within so many lines.
const MOST_LINES: usize = 40;

/// The pictures of a page: squares and anchors, registration, boxes.
#[must_use]
pub fn pictures(scan: &Scan, reading: &PageReading, why: &Explanation, lang: Lang) -> Vec<Picture> {
    let mut out = vec![Picture {
        name: "1-anchors",
        image: anchors(scan, reading, why, lang),
    }];
    if !why.mesh.is_empty() {
        out.push(Picture {
            name: "2-registration",
            image: registration(scan, reading, why, lang),
        });
    }
    out.push(Picture {
        name: "3-boxes",
        image: boxes(scan, reading, lang),
    });
    out
}

fn anchors(scan: &Scan, reading: &PageReading, why: &Explanation, lang: Lang) -> RgbImage {
    let found = why.anchors.iter().filter(|a| a.found.is_some()).count();
    let title = match lang {
        Lang::Vi => format!(
            "1. Mốc định vị: {} hình vuông đen, nhận ra {found} trên {} mốc (xanh lá: mốc; đỏ: mốc không thấy; cam: hình khác)",
            why.squares.len(),
            why.anchors.len()
        ),
        Lang::En => format!(
            "1. Anchors: {} solid squares, {found} of {} anchors recognised (green: anchor; red: not found; orange: other)",
            why.squares.len(),
            why.anchors.len()
        ),
    };
    let mut canvas = Canvas::new(
        &scan.image,
        reading.rotation,
        &[title],
        &problems(reading, lang),
    );
    for &([x, y], side) in &why.squares {
        canvas.outline(square([x, y], side * 0.7), ORANGE, 2);
    }
    for anchor in &why.anchors {
        let side = 5.0 * why.px_per_mm as f32;
        let (color, text) = match anchor.off_mm {
            Some(off) => (GREEN, format!("{} {off:.2} mm", anchor.id)),
            None => (RED, anchor.id.clone()),
        };
        let at = anchor.found.unwrap_or(anchor.expected);
        canvas.outline(square(at, side.max(12.0)), color, 3);
        canvas.label(at, (18, -9), color, &text);
    }
    canvas.finish()
}

fn registration(scan: &Scan, reading: &PageReading, why: &Explanation, lang: Lang) -> RgbImage {
    let worst = why
        .anchors
        .iter()
        .filter_map(|a| a.off_mm)
        .fold(0.0, f64::max);
    let dpi = why.px_per_mm * 25.4;
    let title = match lang {
        Lang::Vi => format!(
            "2. Khớp giấy với ảnh: lưới {MESH_MM} mm, {dpi:.0} dpi; mốc lệch nhiều nhất {worst:.2} mm (vạch đỏ: độ lệch, phóng {RESIDUAL_FACTOR} lần)"
        ),
        Lang::En => format!(
            "2. Registration: grid of {MESH_MM} mm, {dpi:.0} dpi; largest residual of an anchor {worst:.2} mm (red: residuals, {RESIDUAL_FACTOR} times as long)"
        ),
    };
    let mut canvas = Canvas::new(&scan.image, reading.rotation, &[title], &[]);
    for line in &why.mesh {
        canvas.line(line, BLUE, 1);
    }
    for code in &why.codes {
        canvas.outline(*code, GREEN, 3);
    }
    for anchor in &why.anchors {
        let Some([x, y]) = anchor.found else { continue };
        let [ex, ey] = anchor.expected;
        let tip = [
            ex + (x - ex) * RESIDUAL_FACTOR,
            ey + (y - ey) * RESIDUAL_FACTOR,
        ];
        canvas.dot(anchor.expected, 4, RED);
        canvas.line(&[anchor.expected, tip], RED, 3);
    }
    canvas.finish()
}

fn boxes(scan: &Scan, reading: &PageReading, lang: Lang) -> RgbImage {
    let count = |state| reading.marks.iter().filter(|m| m.state == state).count();
    let (marked, empty) = (count(MarkState::Marked), count(MarkState::Unmarked));
    let unclear = count(MarkState::Marginal);
    let status = match (reading.status, lang) {
        (Status::Clean, Lang::Vi) => "rõ",
        (Status::Clean, Lang::En) => "clean",
        (Status::Review, Lang::Vi) => "cần người xem",
        (Status::Review, Lang::En) => "review",
        (Status::Unreadable, Lang::Vi) => "không đọc được",
        (Status::Unreadable, Lang::En) => "unreadable",
    };
    let title = match lang {
        Lang::Vi => format!(
            "3. Ô đánh dấu: {marked} có dấu (xanh lá), {empty} trống (xanh dương), {unclear} không rõ (cam, có số); trang {status}"
        ),
        Lang::En => format!(
            "3. Boxes: {marked} marked (green), {empty} empty (blue), {unclear} marginal (orange, numbered); page {status}"
        ),
    };
    let mut notes: Vec<String> = Vec::new();
    let numbered = |m: &&Mark| m.state == MarkState::Marginal;
    for (i, mark) in reading.marks.iter().filter(numbered).enumerate() {
        notes.push(format!(
            "[{}] {}/{} {:.2}: {}",
            i + 1,
            mark.question,
            mark.choice,
            mark.score,
            reason_words(mark.reason.as_deref().unwrap_or("-"), lang)
        ));
    }
    for (id, answer) in reading.answers.iter().filter(|a| a.1.state.needs_person()) {
        notes.push(format!("{id}: {}", state(answer, lang)));
    }
    notes.extend(problems(reading, lang));
    notes.truncate(MOST_LINES);
    let mut canvas = Canvas::new(&scan.image, reading.rotation, &[title], &notes);
    for area in &reading.areas {
        canvas.outline(area.corners_px, if area.ink { GREEN } else { INK }, 1);
    }
    let mut number = 0;
    for mark in &reading.marks {
        let (color, thick, text) = match mark.state {
            MarkState::Marked => (GREEN, 3, format!("{:.2}", mark.score)),
            MarkState::Unmarked => (BLUE, 2, format!("{:.2}", mark.score)),
            MarkState::Marginal => {
                number += 1;
                (ORANGE, 4, format!("[{number}] {:.2}", mark.score))
            }
        };
        canvas.outline(mark.corners_px, color, thick);
        // Corners are in the paper's order: the first is at the top left.
        canvas.label(mark.corners_px[0], (0, -20), color, &text);
    }
    canvas.finish()
}

fn state(answer: &Answer, lang: Lang) -> String {
    let word = match answer.state {
        AnswerState::Answered => lang.pick("rõ", "answered"),
        AnswerState::Blank => lang.pick("bỏ trống", "blank"),
        AnswerState::Overvote => lang.pick("chọn quá", "overvote"),
        AnswerState::Marginal => lang.pick("không rõ", "marginal"),
        AnswerState::Corrected => lang.pick("sửa", "corrected"),
    };
    if answer.choices.is_empty() {
        word.to_owned()
    } else {
        format!("{word} ({})", answer.choices.join(", "))
    }
}

fn problems(reading: &PageReading, lang: Lang) -> Vec<String> {
    reading
        .problems
        .iter()
        .map(|p| format!("! {}", p.says(lang)))
        .collect()
}

/// A square with sides along the image's, `side` px.
fn square([x, y]: [f32; 2], side: f32) -> [[f32; 2]; 4] {
    let r = side / 2.0;
    [
        [x - r, y - r],
        [x + r, y - r],
        [x + r, y + r],
        [x - r, y + r],
    ]
}
