//! Sheets of a hand that draws a ring around the box that it chooses. Each ring was once
//! left to a person, all of such a sheet, though anybody sees what it says.

use crate::paper::{self, Desk, ROWS, answered, circle, cross_by, spot, stroke};
use image::GrayImage;
use phieu::geometry::MmRect;
use phieu::read::{AnswerState, Mark, MarkState, PageReading};

/// A ballpoint's width, mm, and darkness.
const PEN: (f64, f64) = (0.45, 0.9);
/// Across and down, mm: not quite closed, around the box's corners.
const RADII: (f64, f64) = (3.6, 3.4);

fn ring(image: &mut GrayImage, place: &MmRect) {
    circle(image, place, RADII, 1..35, PEN);
}

fn cross(image: &mut GrayImage, place: &MmRect) {
    cross_by(image, &place.inflate(-0.5, -0.5), PEN.0, PEN.1);
}

/// Rings around the answers of these rows, and crosses in those of those.
fn sheet(desk: &Desk, rings: &[&str], crosses: &[&str]) -> GrayImage {
    let mut image = desk.rows(&[]);
    for row in rings {
        ring(&mut image, &desk.of_row(row));
    }
    for row in crosses {
        cross(&mut image, &desk.of_row(row));
    }
    image
}

fn assert_asks(reading: &PageReading, row: &str) {
    let answer = &reading.answers[row];
    assert!(answer.state.needs_person(), "{row}: {answer:?}");
}

fn assert_answered(reading: &PageReading, rows: &[&str]) {
    for row in rows {
        assert!(answered(reading, row), "{row}: {:?}", reading.answers[*row]);
    }
}

#[test]
fn a_sheet_of_rings_is_answered() {
    let desk = Desk::of_rows();
    let reading = desk.read_blurred(&sheet(&desk, &ROWS, &[]));
    assert_answered(&reading, &ROWS);
    // Who sorts boxes by score finds them among the marks.
    let marked = |m: &&Mark| m.state == MarkState::Marked;
    assert!(reading.marks.iter().filter(marked).all(|m| m.score > 0.6));
    // With a row left blank, and a slip of the hand that does not say otherwise.
    let reading = desk.read_blurred(&sheet(&desk, &ROWS[..4], &ROWS[5..6]));
    assert_answered(&reading, &ROWS[..4]);
    assert_answered(&reading, &ROWS[5..6]);
    assert_eq!(reading.answers[ROWS[6]].state, AnswerState::Blank);
}

/// Where the hand makes crosses, or nobody knows what it makes, a ring may point to a
/// question as well as answer it.
#[test]
fn rings_ask_unless_they_are_how_the_hand_answers() {
    let desk = Desk::of_rows();
    let reading = desk.read_blurred(&sheet(&desk, &ROWS[..3], &ROWS[3..6]));
    for row in &ROWS[..3] {
        assert_asks(&reading, row);
    }
    assert_answered(&reading, &ROWS[3..6]);
    let reading = desk.read_blurred(&sheet(&desk, &ROWS[..2], &[]));
    for row in &ROWS[..2] {
        assert_asks(&reading, row);
    }
}

/// Circles in a column that ended short of the rules of the table between them were once
/// taken for one line from far outside through all of their boxes.
#[test]
fn rings_of_a_column_that_end_short_of_the_rules_are_answered() {
    let desk = Desk::of_rows();
    let column = ["yt7-1", "yt7-2", "yt7-3"];
    let rest: Vec<&str> = ROWS
        .into_iter()
        .filter(|row| !column.contains(row))
        .collect();
    let mut image = sheet(&desk, &rest, &[]);
    for row in column {
        let place = desk.of_row(row);
        let to_rule = desk.to_rule(2, &place);
        // Half of the pen and of the rule, and 0.4 mm of paper between them.
        let down = to_rule - PEN.0 / 2.0 - 0.1 - 0.4;
        circle(&mut image, &place, (down, down), 0..36, PEN);
    }
    let reading = desk.read_blurred(&image);
    assert_answered(&reading, &ROWS);
}

/// On a sheet of rings: two rings in a row, a ring and a cross, a ring around a cross, a
/// ring that is scribbled out, a ring with a word beside it, and one with a speck in its
/// box.
#[test]
fn a_ring_with_anything_else_in_its_question_asks() {
    let desk = Desk::of_rows();
    let odd = ROWS[3];
    let place = desk.of_row(odd);
    let other = desk.place_on(2, &format!("{odd}.binh-thuong"));
    let mut sheets = vec![sheet(&desk, &ROWS, &[]); 6];
    ring(&mut sheets[0], &other);
    cross(&mut sheets[1], &other);
    cross(&mut sheets[2], &place);
    let (left, right) = (place.min_x() - 2.0, place.max_x() + 2.0);
    for k in 0..8 {
        let y = place.min_y() - 1.0 + 0.9 * f64::from(k);
        stroke(&mut sheets[3], (left, y), (right, y), PEN.0, PEN.1);
    }
    for k in 0..4 {
        let x = place.max_x() + 3.4 + 1.3 * f64::from(k);
        let y = place.center().y;
        stroke(&mut sheets[4], (x, y - 0.9), (x, y + 0.9), PEN.0, PEN.1);
        stroke(&mut sheets[4], (x, y), (x + 0.9, y), PEN.0, PEN.1);
    }
    spot(&mut sheets[5], &place, (0.0, 0.0), 0.8, 0.9);
    for (n, image) in sheets.iter().enumerate() {
        let reading = desk.read_blurred(image);
        assert!(
            reading.answers[odd].state.needs_person(),
            "{n}: {:?}",
            reading.answers[odd]
        );
        let rest: Vec<&str> = ROWS.into_iter().filter(|row| *row != odd).collect();
        assert_answered(&reading, &rest);
    }
}

/// Where the form itself says that a circle takes a mark back, a ring chooses nothing.
#[test]
fn rings_ask_on_a_form_whose_circles_take_back() {
    let form = paper::SIX.replacen("body = [", "correction = \"circle-cancels\"\nbody = [", 1);
    let desk = Desk::of_form(&form);
    let mut image = desk.sheet(&[]);
    let questions = ["q1", "q2", "q3", "q4", "q5", "q6"];
    for q in questions {
        ring(&mut image, &desk.place(&format!("{q}.co")));
    }
    let reading = desk.read_blurred(&image);
    for q in questions {
        assert_asks(&reading, q);
    }
    // The same sheet of a form that does not say so is answered.
    let desk = Desk::new();
    let mut image = desk.sheet(&[]);
    for q in questions {
        ring(&mut image, &desk.place(&format!("{q}.co")));
    }
    let reading = desk.read_blurred(&image);
    for q in questions {
        assert_eq!(reading.answers[q].state, AnswerState::Answered, "{q}");
        assert_eq!(reading.answers[q].choices, ["co"], "{q}");
    }
}
