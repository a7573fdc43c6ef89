//! Sheets that anybody reads at a glance, and that a person was once asked about all the
//! same.

use crate::paper::{Desk, ROWS, answered, cross_by, fed, spot, stroke};
use image::{GrayImage, imageops};
use phieu::geometry::MmRect;
use phieu::read::{PageReading, ProblemCode, Status};

/// A ballpoint's width, mm, and darkness.
const PEN: (f64, f64) = (0.45, 0.9);

fn assert_all_answered(reading: &PageReading) {
    for row in ROWS {
        let of_row = reading.marks.iter().filter(|m| m.question == row);
        let reasons: Vec<&str> = of_row.filter_map(|m| m.reason.as_deref()).collect();
        assert!(answered(reading, row), "{row}: {reasons:?}");
    }
}

/// A tick that comes in from the left of its box, turns below it and leaves to the upper
/// right: of each arm a short piece is inside.
fn tick(image: &mut GrayImage, place: &MmRect) {
    let turn = (place.center().x - 0.4, place.max_y() + 0.9);
    let (left, right) = (
        (place.min_x() - 1.8, place.min_y() + 1.4),
        (place.max_x() + 3.2, place.min_y() + 0.6),
    );
    stroke(image, left, turn, PEN.0, PEN.1);
    stroke(image, turn, right, PEN.0, PEN.1);
}

/// The piece of each arm that was inside was no longer than a dot, and each such tick was
/// "a dot among other specks".
#[test]
fn ticks_that_turn_below_their_boxes_are_answers() {
    let desk = Desk::of_rows();
    let mut image = desk.rows(&[]);
    for row in ROWS {
        tick(&mut image, &desk.of_row(row));
    }
    assert_all_answered(&desk.read_blurred(&image));
}

/// What is beside a dot, but goes on as nothing of it, still says that there is dirt.
#[test]
fn a_dot_among_specks_still_asks() {
    let desk = Desk::of_rows();
    let mut image = desk.rows(&[]);
    for row in ROWS {
        spot(&mut image, &desk.of_row(row), (0.0, 0.0), 0.9, 0.9);
    }
    let odd = ROWS[3];
    let place = desk.of_row(odd);
    for x in [-1.0, 0.5, 2.0] {
        spot(&mut image, &place, (x, 3.4), 0.7, 0.9);
    }
    let reading = desk.read_blurred(&image);
    assert!(reading.answers[odd].state.needs_person());
    assert!(answered(&reading, ROWS[0]));
}

/// A feeder that stuck moved a row by 0.9 mm and none beside it: its boxes did not agree
/// with those above and below, and were "not found" though they agree with each other.
#[test]
fn a_row_that_the_feed_moved_is_read() {
    let desk = Desk::of_rows();
    let image = desk.rows(&ROWS);
    for row in [ROWS[1], ROWS[3], ROWS[6]] {
        let middle = desk.of_row(row).center().y;
        let moved = |y: f64| {
            let beside = (y - middle).abs() - 3.6;
            0.9 * (1.0 - beside / 1.4).clamp(0.0, 1.0)
        };
        assert_all_answered(&desk.read_blurred(&fed(&image, moved)));
    }
}

/// So were boxes that the feed moved farther than they were looked for, 1.2 mm from where
/// the anchors said; the rows beside them, which are found, say where they are.
#[test]
fn rows_that_the_feed_moved_beyond_the_search_are_read() {
    let desk = Desk::of_rows();
    let image = desk.rows(&ROWS);
    let middle = desk.of_row(ROWS[3]).center().y;
    for most in [-1.5, 1.4] {
        let moved = |y: f64| {
            let away = ((y - middle) / 27.0).clamp(-1.0, 1.0);
            most * 0.5 * (1.0 + (std::f64::consts::PI * away).cos())
        };
        assert_all_answered(&desk.read_blurred(&fed(&image, moved)));
    }
}

/// Print of the last toner, and what a pen wrote on it: less than a thousandth of the page was
/// as dark as print usually is, and the page was taken for a blank back.
#[test]
fn marks_on_pale_print_are_no_blank_page() {
    let desk = Desk::of_rows();
    let mut image = desk.rows(&[]);
    for pixel in image.pixels_mut() {
        // Print at three quarters of the paper's brightness.
        pixel.0[0] = 191 + pixel.0[0] / 4;
    }
    for row in ROWS {
        let place = desk.of_row(row).inflate(-0.5, -0.5);
        cross_by(&mut image, &place, PEN.0, PEN.1);
    }
    let reading = desk.read_blurred(&image);
    assert_ne!(reading.status, Status::Unreadable, "{:?}", reading.problems);
    let silent = ROWS.into_iter().filter(|row| {
        let answer = &reading.answers[*row];
        !answered(&reading, row) && !answer.state.needs_person()
    });
    assert_eq!(silent.count(), 0);
}

/// What shows through of a printed side is the mirror image of its anchors: a blank back
/// stays one.
#[test]
fn a_back_through_which_print_shows_is_blank() {
    let desk = Desk::of_rows();
    let mut image = imageops::flip_horizontal(&desk.rows(&ROWS));
    for pixel in image.pixels_mut() {
        pixel.0[0] = 204 + pixel.0[0] / 5;
    }
    let reading = desk.read_blurred(&image);
    let codes: Vec<ProblemCode> = reading.problems.iter().map(|p| p.code).collect();
    assert_eq!(codes, [ProblemCode::BlankPage]);
}
