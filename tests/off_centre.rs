//! Crosses that lie beside the middle of their box, or beside the box for the most part.
//! Anybody sees whose they are, and a third of the questions that were asked about on
//! ordinary sheets, without need, had such a one.
#![allow(clippy::unwrap_used, clippy::panic)]

mod paper;

use image::GrayImage;
use paper::{Desk, ROWS, answered, cross_by, stroke};
use phieu::geometry::{MmRect, mm_rect};
use phieu::read::{AnswerState, PageReading};

/// A ballpoint's width, mm, and darkness.
const PEN: (f64, f64) = (0.45, 0.9);

/// The row that is looked at.
const ODD: &str = ROWS[3];

/// How far the middles of this hand's crosses are from those of their boxes, mm.
const SLIPS: [(f64, f64); ROWS.len()] = [
    (1.2, -0.6),
    (-1.4, 0.4),
    (0.6, 1.3),
    (0.0, 0.0),
    (0.9, -1.2),
    (-1.0, -0.9),
    (1.3, 0.7),
];

/// A page crossed in each row but the one that is looked at.
fn page(desk: &Desk) -> GrayImage {
    let mut image = desk.rows(&[]);
    for (row, slip) in ROWS.into_iter().zip(SLIPS) {
        if row != ODD {
            cross(&mut image, &desk.of_row(row), slip, PEN.1);
        }
    }
    image
}

/// A cross larger than its box, its middle so far from the box's, mm.
fn cross(image: &mut GrayImage, place: &MmRect, (dx, dy): (f64, f64), darkness: f64) {
    let c = place.center();
    let side = 5.0;
    let rect = mm_rect(c.x + dx - side / 2.0, c.y + dy - side / 2.0, side, side);
    cross_by(image, &rect, PEN.0, darkness);
}

fn assert_asks(reading: &PageReading, what: &str) {
    let answer = &reading.answers[ODD];
    assert!(answer.state.needs_person(), "{what}: {answer:?}");
}

/// Their arms met on the outline or outside of it, and "missed the middle" of the box.
#[test]
fn crosses_beside_the_middle_of_their_boxes_are_answers() {
    let desk = Desk::of_rows();
    for away in [
        (2.6, 0.5),
        (-2.9, 0.5),
        (0.5, 2.6),
        (-0.4, -2.6),
        (-2.2, 2.2),
    ] {
        let mut image = page(&desk);
        cross(&mut image, &desk.of_row(ODD), away, PEN.1);
        let reading = desk.read_blurred(&image);
        for row in ROWS {
            let of_row = reading.marks.iter().filter(|m| m.question == row);
            let reasons: Vec<&str> = of_row.filter_map(|m| m.reason.as_deref()).collect();
            assert!(answered(&reading, row), "{away:?} {row}: {reasons:?}");
        }
    }
}

/// What reaches into the box of a blank question as such a cross does, and is none: with
/// less ink than the sheet's marks, or paler, or far more, or from the box beside it; and
/// where there are no other marks to resemble.
#[test]
fn what_does_not_resemble_the_sheets_marks_asks() {
    let desk = Desk::of_rows();
    let place = desk.of_row(ODD);
    let away = (2.4, 0.4);

    // A stroke that ends in the box.
    let mut image = page(&desk);
    let edge = (place.max_x() - 1.2, place.center().y + 0.3);
    let from = (place.max_x() + 1.6, place.center().y - 1.1);
    stroke(&mut image, from, edge, PEN.0, PEN.1);
    assert_asks(&desk.read_blurred(&image), "a short stroke");

    let mut image = page(&desk);
    cross(&mut image, &place, away, 0.45 * PEN.1);
    assert_asks(&desk.read_blurred(&image), "another pen");

    // A scribble over what stands beside the box.
    let mut image = page(&desk);
    for k in 0..9 {
        let y = place.min_y() - 0.4 + 0.6 * f64::from(k);
        let (left, right) = (place.max_x() - 0.9, place.max_x() + 3.4);
        stroke(&mut image, (left, y), (right, y + 0.3), PEN.0, PEN.1);
    }
    assert_asks(&desk.read_blurred(&image), "a scribble");

    // A cross whose arm goes on to the next box.
    let mut image = page(&desk);
    cross(&mut image, &place, away, PEN.1);
    let c = place.center();
    let next = desk.place_on(2, &format!("{ODD}.binh-thuong"));
    let arm = (c.x + away.0 + 2.7, c.y + away.1 - 2.7);
    stroke(
        &mut image,
        arm,
        (next.min_x() - 0.2, next.min_y() + 0.6),
        PEN.0,
        PEN.1,
    );
    assert_asks(&desk.read_blurred(&image), "a line to another box");

    let mut image = desk.rows(&[]);
    cross(&mut image, &place, away, PEN.1);
    assert_asks(&desk.read_blurred(&image), "nothing else is marked");
}

/// Where another box of the question is marked, it is for a person to say which is meant.
#[test]
fn a_cross_beside_the_middle_asks_beside_another_mark() {
    let desk = Desk::of_rows();
    let mut image = page(&desk);
    cross(&mut image, &desk.of_row(ODD), (2.4, 0.4), PEN.1);
    let other = desk.place_on(2, &format!("{ODD}.khong-hai-long"));
    cross(&mut image, &other, (0.0, 0.0), PEN.1);
    let reading = desk.read_blurred(&image);
    assert_ne!(reading.answers[ODD].state, AnswerState::Answered);
}
