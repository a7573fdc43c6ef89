//! Ink that says something else than that its box is chosen: a stroke that strikes a mark out,
//! and the tail of another box's mark.

use crate::paper::{Desk, ROWS, answered, cross_by, stroke};
use image::GrayImage;
use phieu::geometry::MmRect;
use phieu::read::{MarkState, PageReading};

/// A ballpoint's width, mm, and darkness.
const PEN: (f64, f64) = (0.45, 0.9);

fn assert_only_asks(reading: &PageReading, odd: &str) {
    for row in ROWS {
        let answer = &reading.answers[row];
        if row == odd {
            assert!(answer.state.needs_person(), "{row}: {answer:?}");
        } else {
            assert!(answered(reading, row), "{row}: {answer:?}");
        }
    }
}

fn crosses(desk: &Desk, rows: &[&str]) -> GrayImage {
    let mut image = desk.rows(&[]);
    for row in rows {
        cross_by(
            &mut image,
            &desk.of_row(row).inflate(-0.4, -0.4),
            PEN.0,
            PEN.1,
        );
    }
    image
}

/// From `beyond` mm left of a box to as far right of it, that much higher.
fn level_stroke(image: &mut GrayImage, place: &MmRect, beyond: f64, rise: f64) {
    let y = place.center().y + 0.3;
    let (left, right) = (place.min_x() - beyond, place.max_x() + beyond);
    stroke(image, (left, y), (right, y - rise), PEN.0, PEN.1);
}

/// A mark with a stroke through it from side to side was read as the answer of its question,
/// where this had no other.
#[test]
fn a_cross_that_is_struck_out_asks() {
    let desk = Desk::of_rows();
    for (beyond, rise) in [(1.6, 0.0), (2.5, 1.0), (5.0, 0.5)] {
        let mut image = crosses(&desk, &ROWS);
        level_stroke(&mut image, &desk.of_row(ROWS[3]), beyond, rise);
        assert_only_asks(&desk.read_blurred(&image), ROWS[3]);
    }
}

/// Whose marks are all so does not strike them out.
#[test]
fn a_hand_that_adds_a_level_stroke_to_each_cross_is_answered() {
    let desk = Desk::of_rows();
    let mut image = crosses(&desk, &ROWS);
    for row in ROWS {
        level_stroke(&mut image, &desk.of_row(row), 1.6, 0.2);
    }
    let reading = desk.read_blurred(&image);
    assert!(ROWS.iter().all(|row| answered(&reading, row)));
}

/// The tail of a cross that ended in the box below it, whose question was blank, was read as
/// that one's answer.
#[test]
fn a_tail_that_ends_in_the_box_below_asks() {
    let desk = Desk::of_rows();
    let (above, below) = ("yt7-1", "yt7-2");
    let others: Vec<&str> = ROWS.into_iter().filter(|row| *row != below).collect();
    let ends_in = |image: &mut GrayImage, place: &MmRect, start: (f64, f64)| {
        let end = (place.center().x - 0.6, place.max_y() - 0.9);
        stroke(image, start, end, PEN.0, PEN.1);
    };
    let mut image = crosses(&desk, &others);
    let from = desk.of_row(above).center();
    ends_in(
        &mut image,
        &desk.of_row(below),
        (from.x + 0.6, from.y + 0.6),
    );
    assert_only_asks(&desk.read_blurred(&image), below);
    // On a sheet of slashes one that nothing is connected with is an answer. (Among crosses
    // it asks, as unlike them.)
    let mut image = desk.rows(&[]);
    for row in ROWS {
        let place = desk.of_row(row);
        let start = (place.center().x + 0.9, place.min_y() - 2.2);
        ends_in(&mut image, &place, start);
    }
    let slash = desk.read_blurred(&image);
    let mut marks = slash.marks.iter().filter(|m| m.question == below);
    let mark = marks.find(|m| m.choice == "hai-long");
    assert_eq!(mark.unwrap().state, MarkState::Marked);
}
