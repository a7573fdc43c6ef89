//! Crosses that lie beside the middle of their box, or beside the box for the most part.
//! Anybody sees whose they are, and a third of the questions that were asked about on
//! ordinary sheets, without need, had such a one.

use crate::paper::{Desk, ROWS, answered, circle, cross_by, stroke};
use image::GrayImage;
use phieu::geometry::{MmRect, MmVector, mm_rect};
use phieu::read::{AnswerState, PageReading};

/// A ballpoint's width, mm, and darkness.
const PEN: (f64, f64) = (0.45, 0.9);

/// The row that is looked at.
const ODD: &str = ROWS[3];

/// How far the middles of this hand's crosses are from where it usually puts them, mm.
const SLIPS: [(f64, f64); ROWS.len()] = [
    (0.6, -0.3),
    (-0.7, 0.2),
    (0.3, 0.65),
    (0.0, 0.0),
    (0.45, -0.6),
    (-0.5, -0.45),
    (0.65, 0.35),
];
/// It usually puts them so far aside of the middles of their boxes, mm.
const USUAL: f64 = 2.2;
/// In the row that is looked at it put one so far aside, mm: its arms meet outside of the
/// box, whose half is 2.25 mm.
const FAR: f64 = 2.7;
/// Side of the rectangle from corner to corner of which its crosses go, mm.
const SIDE: f64 = 6.2;

/// A page crossed to the right of the boxes, or below them, in each row but the one that
/// is looked at.
fn page(desk: &Desk, (right, down): (f64, f64), pen: f64) -> GrayImage {
    let mut image = desk.rows(&[]);
    for (row, (dx, dy)) in ROWS.into_iter().zip(SLIPS) {
        if row != ODD {
            let away = (dx + USUAL * right, dy + USUAL * down);
            cross(&mut image, &desk.of_row(row), away, (pen, PEN.1));
        }
    }
    image
}

/// A cross whose middle is so far from the box's, mm, by a pen so wide and dark.
fn cross(image: &mut GrayImage, place: &MmRect, (dx, dy): (f64, f64), pen: (f64, f64)) {
    let c = place.center();
    let rect = mm_rect(c.x + dx - SIDE / 2.0, c.y + dy - SIDE / 2.0, SIDE, SIDE);
    cross_by(image, &rect, pen.0, pen.1);
}

fn assert_asks(reading: &PageReading, what: &str) {
    let answer = &reading.answers[ODD];
    assert!(answer.state.needs_person(), "{what}: {answer:?}");
}

/// Their arms met outside of the boxes, and there was "far more ink around the box than in
/// it".
#[test]
fn crosses_beside_the_middle_of_their_boxes_are_answers() {
    let desk = Desk::of_rows();
    for (right, down) in [(1.0, 0.0), (0.0, 1.0)] {
        for pen in [0.45, 0.55] {
            let mut image = page(&desk, (right, down), pen);
            let away = (FAR * right, FAR * down);
            cross(&mut image, &desk.of_row(ODD), away, (pen, PEN.1));
            let reading = desk.read_blurred(&image);
            let of_row = reading.marks.iter().filter(|m| m.question == ODD);
            let reasons: Vec<&str> = of_row.filter_map(|m| m.reason.as_deref()).collect();
            assert!(answered(&reading, ODD), "{right} {down} {pen}: {reasons:?}");
        }
    }
}

/// What reaches into the box of a blank question as such a cross does, and is none: with
/// less ink than the sheet's marks, or paler, or far more, or of another shape, or from the
/// box beside it; and where there are no other marks to resemble.
#[test]
fn what_does_not_resemble_the_sheets_marks_asks() {
    let desk = Desk::of_rows();
    let place = desk.of_row(ODD);
    let away = (FAR, 0.0);
    let blank = page(&desk, (1.0, 0.0), PEN.0);

    // A stroke that ends in the box, where the sheet's crosses lie in theirs.
    let mut image = page(&desk, (0.0, 0.0), PEN.0);
    let edge = (place.max_x() - 1.2, place.center().y + 0.3);
    let from = (place.max_x() + 1.6, place.center().y - 1.1);
    stroke(&mut image, from, edge, PEN.0, PEN.1);
    assert_asks(&desk.read_blurred(&image), "a short stroke");

    let mut image = blank.clone();
    cross(&mut image, &place, away, (PEN.0, 0.45 * PEN.1));
    assert_asks(&desk.read_blurred(&image), "another pen");

    // A scribble over what stands beside the box.
    let mut image = blank.clone();
    for k in 0..9 {
        let y = place.min_y() - 0.4 + 0.6 * f64::from(k);
        let (left, right) = (place.max_x() - 0.9, place.max_x() + 3.4);
        stroke(&mut image, (left, y), (right, y + 0.3), PEN.0, PEN.1);
    }
    assert_asks(&desk.read_blurred(&image), "a scribble");

    // A ring of the cross's size, in its place.
    let mut image = blank.clone();
    let beside = place.translate(MmVector::new(away.0, away.1));
    circle(&mut image, &beside, (2.8, 2.8), 0..36, PEN);
    assert_asks(&desk.read_blurred(&image), "a ring");

    // A cross whose arm goes on to the next box.
    let mut image = blank.clone();
    cross(&mut image, &place, away, PEN);
    let c = place.center();
    let next = desk.place_on(2, &format!("{ODD}.binh-thuong"));
    let arm = (c.x + away.0 + SIDE / 2.0, c.y + away.1 - SIDE / 2.0);
    stroke(
        &mut image,
        arm,
        (next.min_x() - 0.2, next.min_y() + 0.6),
        PEN.0,
        PEN.1,
    );
    assert_asks(&desk.read_blurred(&image), "a line to another box");

    let mut image = desk.rows(&[]);
    cross(&mut image, &place, away, PEN);
    assert_asks(&desk.read_blurred(&image), "nothing else is marked");
}

/// Where another box of the question is marked, it is for a person to say which is meant.
#[test]
fn a_cross_beside_the_middle_asks_beside_another_mark() {
    let desk = Desk::of_rows();
    let mut image = page(&desk, (1.0, 0.0), PEN.0);
    cross(&mut image, &desk.of_row(ODD), (FAR, 0.0), PEN);
    let other = desk.place_on(2, &format!("{ODD}.khong-hai-long"));
    cross(&mut image, &other, (0.0, 0.0), PEN);
    let reading = desk.read_blurred(&image);
    assert_ne!(reading.answers[ODD].state, AnswerState::Answered);
}
