//! Rows of boxes that the feed stretched or squeezed while it took them in.

use image::Luma;
use phieu::geometry::{MmRect, px_per_mm};
use phieu::read::{AnswerState, MarkState};

use crate::paper::{DPI, Desk, ROWS, answered, fed, stroke};

/// The row that the feed spoils, left without a mark where a test says so.
const SPOILT: &str = ROWS[3];

/// Squeezes (or, with less than nothing, stretches) a box by so much, mm; what lies above is
/// moved down by half of it, what lies below up, and 12 mm away nothing is moved.
fn squeeze(by: f64, place: &MmRect) -> impl Fn(f64) -> f64 {
    let (middle, half) = (place.center().y, place.height() / 2.0);
    move |y| {
        let off = y - middle;
        let inside = (off / half).clamp(-1.0, 1.0);
        let fades = 1.0 - ((off.abs() - half) / 12.0).clamp(0.0, 1.0);
        -by / 2.0 * inside * fades
    }
}

/// A side of a squeezed box lay inside where its outline was expected, as ink: empty boxes
/// were read as marked, and of a blank question that was once all but an answer.
#[test]
fn a_squeezed_row_without_a_mark_is_no_answer() {
    let desk = Desk::of_rows();
    let others: Vec<&str> = ROWS.into_iter().filter(|r| *r != SPOILT).collect();
    let image = desk.rows(&others);
    for by in [0.4, 0.6, 0.8, -0.6] {
        let reading = desk.read_blurred(&fed(&image, squeeze(by, &desk.of_row(SPOILT))));
        let mut of_row = reading.marks.iter().filter(|m| m.question == SPOILT);
        assert!(of_row.all(|m| m.state != MarkState::Marked), "{by} mm");
        // At a fifth of its height a rest of the outline may be left, and asks.
        if by <= 0.6 {
            assert_eq!(reading.answers[SPOILT].state, AnswerState::Blank, "{by} mm");
        }
        for row in &others {
            assert!(answered(&reading, row), "{row}, {by} mm");
        }
    }
}

#[test]
fn a_squeezed_row_with_a_mark_is_its_answer() {
    let desk = Desk::of_rows();
    let image = desk.rows(&ROWS);
    for by in [0.4, 0.6, 0.8, -0.6] {
        let reading = desk.read_blurred(&fed(&image, squeeze(by, &desk.of_row(SPOILT))));
        for row in ROWS {
            let of_row = reading.marks.iter().filter(|m| m.question == row);
            let reasons: Vec<_> = of_row.filter_map(|m| m.reason.as_deref()).collect();
            assert!(answered(&reading, row), "{row}, {by} mm: {reasons:?}");
        }
    }
}

/// A dash across a box of which nothing is printed below it looks as the lower side would, if
/// the box were squeezed; no other box of the row is. It must not be taken for print.
#[test]
fn a_dash_instead_of_a_side_is_not_taken_for_it() {
    let desk = Desk::of_rows();
    let others: Vec<&str> = ROWS.into_iter().filter(|r| *r != SPOILT).collect();
    let whole = desk.rows(&others);
    let place = desk.of_row(SPOILT);
    let scale = px_per_mm(DPI);
    let pixels = |mm: f64| (mm * scale).round() as u32;
    for up in [0.5, 0.7, 0.9] {
        let mut image = whole.clone();
        let dash = place.max_y() - up;
        for y in pixels(dash)..=pixels(place.max_y() + 0.2) {
            for x in pixels(place.min_x() - 0.2)..=pixels(place.max_x() + 0.2) {
                image.put_pixel(x, y, Luma([255]));
            }
        }
        let (from, to) = ((place.min_x() + 0.1, dash), (place.max_x() - 0.1, dash));
        stroke(&mut image, from, to, 0.25, 0.9);
        let state = desk.read_blurred(&image).answers[SPOILT].state;
        assert_ne!(state, AnswerState::Blank, "{up} mm above");
    }
}
