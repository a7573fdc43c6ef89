//! Ballots are folded before they are dropped into their box: a fold is no mark, hides
//! none, and takes none away.
#![allow(clippy::unwrap_used, clippy::panic)]

mod paper;

use image::{GrayImage, imageops};
use paper::{Desk, stroke};
use phieu::geometry::MmRect;
use phieu::read::{AnswerState, PageReading};

/// Rows of boxes on the second page of `tien-giang-2024`.
const ROWS: [&str; 7] = [
    "yt5-1", "yt5-2", "yt6-1", "yt7-1", "yt7-2", "yt7-3", "yt8-1",
];

/// How dark the valley of a fold is: enough to be seen at 100 dpi.
const SHADE: f64 = 0.45;

fn desk() -> Desk {
    Desk::shipped("tien-giang-2024")
}

/// That page, answered in these rows.
fn sheet(desk: &Desk, rows: &[&str]) -> GrayImage {
    let crosses: Vec<String> = rows.iter().map(|row| format!("{row}.hai-long")).collect();
    desk.page(2, &crosses.iter().map(String::as_str).collect::<Vec<_>>())
}

/// A fold from edge to edge, so far below a box's middle where it passes it, mm.
fn fold(image: &mut GrayImage, past: &MmRect, below: f64, slope: f64) {
    let c = past.center();
    let at = |x: f64| (x, c.y + below + slope * (x - c.x));
    stroke(image, at(0.0), at(210.0), 0.5, SHADE);
}

fn read(desk: &Desk, image: &GrayImage) -> PageReading {
    desk.read(imageops::blur(image, 0.8))
}

fn answered(reading: &PageReading, row: &str) -> bool {
    let answer = &reading.answers[row];
    answer.state == AnswerState::Answered && answer.choices == ["hai-long"]
}

/// Every cross in a fold was once left to a person: its ink goes on to the edge of the
/// paper.
#[test]
fn crosses_in_a_fold_are_read() {
    let desk = desk();
    let places = [-3.0, -1.9, -1.0, 0.0, 1.2, 2.0, 2.8];
    let slopes = [0.012, -0.008, 0.0].into_iter().cycle();
    for (below, slope) in places.into_iter().zip(slopes) {
        let mut image = sheet(&desk, &ROWS);
        let marked = desk.place_on(2, "yt7-1.hai-long");
        fold(&mut image, &marked, below, slope);
        let reading = read(&desk, &image);
        for row in ROWS {
            assert!(answered(&reading, row), "{row} {below} {slope}");
        }
    }
}

/// A dot with other ink around it may be dirt; a fold is not other ink.
#[test]
fn dots_in_a_fold_are_read() {
    let desk = desk();
    for below in [-2.6, -1.3, 1.3, 2.6] {
        let mut image = desk.page(2, &[]);
        for row in ROWS {
            let c = desk.place_on(2, &format!("{row}.hai-long")).center();
            stroke(&mut image, (c.x, c.y), (c.x + 0.1, c.y), 1.0, 0.8);
        }
        fold(&mut image, &desk.place_on(2, "yt7-1.hai-long"), below, 0.0);
        let reading = read(&desk, &image);
        for row in ROWS {
            assert!(answered(&reading, row), "{row} {below}");
        }
    }
}

/// In a question that was left blank, the fold may hide an answer.
#[test]
fn a_fold_through_a_blank_question_asks() {
    let desk = desk();
    let others: Vec<&str> = ROWS.into_iter().filter(|row| *row != "yt7-1").collect();
    for below in [-1.0, 0.0, 1.2] {
        let mut image = sheet(&desk, &others);
        fold(&mut image, &desk.place_on(2, "yt7-1.hai-long"), below, 0.0);
        let reading = read(&desk, &image);
        assert!(reading.answers["yt7-1"].state.needs_person(), "{below}");
    }
}

/// A dash of a pencil along the fold is darker than the fold, and no part of it.
#[test]
fn a_dash_along_a_fold_asks() {
    let desk = desk();
    for darkness in [0.6, 0.9] {
        let mut image = sheet(&desk, &ROWS);
        let second = desk.place_on(2, "yt7-1.khong-hai-long");
        fold(&mut image, &second, 0.3, 0.0);
        let c = second.center();
        let (left, right) = ((c.x - 2.0, c.y + 0.3), (c.x + 2.0, c.y + 0.3));
        stroke(&mut image, left, right, 0.4, darkness);
        let reading = read(&desk, &image);
        assert!(reading.answers["yt7-1"].state.needs_person(), "{darkness}");
    }
}

/// What else comes from far outside is not taken for the fold.
#[test]
fn a_long_stroke_through_a_mark_in_a_fold_asks() {
    let desk = desk();
    let mut image = sheet(&desk, &ROWS);
    let marked = desk.place_on(2, "yt7-1.hai-long");
    fold(&mut image, &marked, 1.0, 0.0);
    let c = marked.center();
    stroke(
        &mut image,
        (c.x - 14.0, c.y - 2.6),
        (c.x + 14.0, c.y + 2.6),
        0.5,
        0.8,
    );
    let reading = read(&desk, &image);
    assert!(reading.answers["yt7-1"].state.needs_person());
}

/// Who strikes out a whole row does it with the pen, and may do it from edge to edge.
#[test]
fn a_row_struck_out_from_edge_to_edge_asks() {
    let desk = desk();
    for (width, darkness) in [(0.4, 0.8), (0.5, 1.0)] {
        let mut image = sheet(&desk, &ROWS);
        let c = desk.place_on(2, "yt7-1.hai-long").center();
        stroke(
            &mut image,
            (1.0, c.y + 0.2),
            (209.0, c.y + 1.0),
            width,
            darkness,
        );
        let reading = read(&desk, &image);
        assert!(reading.answers["yt7-1"].state.needs_person());
    }
}
