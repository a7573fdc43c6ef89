//! Ballots are folded before they are dropped into their box: a fold is no mark, hides
//! none, and takes none away.

use crate::paper::{Desk, ROWS, answered, stroke};
use image::{GrayImage, imageops};
use phieu::geometry::MmRect;
use phieu::read::{AnswerState, PageReading};

/// How dark the valley of a fold is: enough to be seen at 100 dpi.
const SHADE: f64 = 0.45;

/// A fold from edge to edge, so far below a box's middle where it passes it, mm.
fn fold(image: &mut GrayImage, past: &MmRect, below: f64, slope: f64) {
    fold_of(image, past, (below, slope), SHADE);
}

fn fold_of(image: &mut GrayImage, past: &MmRect, (below, slope): (f64, f64), shade: f64) {
    let c = past.center();
    let at = |x: f64| (x, c.y + below + slope * (x - c.x));
    stroke(image, at(0.0), at(210.0), 0.5, shade);
}

/// The page with all of its [`ROWS`] answered but this one.
fn all_but_yt7_1(desk: &Desk) -> GrayImage {
    let others: Vec<&str> = ROWS.into_iter().filter(|row| *row != "yt7-1").collect();
    desk.rows(&others)
}

fn read(desk: &Desk, image: &GrayImage) -> PageReading {
    desk.read(imageops::blur(image, 0.8))
}

/// Every cross in a fold was once left to a person: its ink goes on to the edge of the
/// paper.
#[test]
fn crosses_in_a_fold_are_read() {
    let desk = Desk::of_rows();
    let places = [-3.0, -1.9, -1.0, 0.0, 1.2, 2.0, 2.8];
    let slopes = [0.012, -0.008, 0.0].into_iter().cycle();
    for (below, slope) in places.into_iter().zip(slopes) {
        let mut image = desk.rows(&ROWS);
        let marked = desk.of_row("yt7-1");
        fold(&mut image, &marked, below, slope);
        let reading = read(&desk, &image);
        for row in ROWS {
            assert!(answered(&reading, row), "{row} {below} {slope}");
        }
    }
}

/// A pale pencil's strokes are hardly darker than a fold, and each cross in one, or below
/// one, was once asked about.
#[test]
fn a_pale_pencils_crosses_in_a_fold_are_read() {
    let desk = Desk::of_rows();
    for below in [-5.0, -3.2, 0.0] {
        let mut image = desk.crossed_rows(0.8, 0.6, 0.5);
        fold_of(&mut image, &desk.of_row("yt7-1"), (below, 0.004), 0.35);
        let reading = read(&desk, &image);
        for row in ROWS {
            assert!(answered(&reading, row), "{row} {below}");
        }
    }
}

/// A dot with other ink around it may be dirt; a fold is not other ink.
#[test]
fn dots_in_a_fold_are_read() {
    let desk = Desk::of_rows();
    for below in [-2.6, -1.3, 1.3, 2.6] {
        let mut image = desk.page(2, &[]);
        for row in ROWS {
            let c = desk.of_row(row).center();
            stroke(&mut image, (c.x, c.y), (c.x + 0.1, c.y), 1.0, 0.8);
        }
        fold(&mut image, &desk.of_row("yt7-1"), below, 0.0);
        let reading = read(&desk, &image);
        for row in ROWS {
            assert!(answered(&reading, row), "{row} {below}");
        }
    }
}

/// In a question that was left blank, the fold may hide an answer, however pale it is.
#[test]
fn a_fold_through_a_blank_question_asks() {
    let desk = Desk::of_rows();
    for (below, shade) in [(-1.0, SHADE), (0.0, SHADE), (1.2, SHADE), (0.0, 0.25)] {
        let mut image = all_but_yt7_1(&desk);
        fold_of(&mut image, &desk.of_row("yt7-1"), (below, 0.0), shade);
        let reading = read(&desk, &image);
        let answer = &reading.answers["yt7-1"];
        assert!(answer.state.needs_person(), "{below} {shade}");
    }
}

/// A fold that passes beside the boxes of a blank question was once a trace of ink beside
/// each of them, and every blank question in the middle of folded sheets asked about.
#[test]
fn a_fold_beside_a_blank_question_is_none_of_its_ink() {
    let desk = Desk::of_rows();
    for (below, slope) in [(-3.2, 0.0), (3.4, 0.004), (-3.4, -0.003)] {
        let mut image = all_but_yt7_1(&desk);
        let blank = desk.of_row("yt7-1");
        fold(&mut image, &blank, below, slope);
        let reading = read(&desk, &image);
        assert_eq!(
            reading.answers["yt7-1"].state,
            AnswerState::Blank,
            "{below}"
        );

        // A pencil's dash on the fold is darker than the fold.
        let c = blank.center();
        let (left, right) = ((c.x - 2.0, c.y + below), (c.x + 2.0, c.y + below));
        stroke(&mut image, left, right, 0.4, 0.8);
        let reading = read(&desk, &image);
        assert!(reading.answers["yt7-1"].state.needs_person(), "{below}");
    }
}

/// A dot that lies in a fold beside its box is darker than the fold, though it is short.
#[test]
fn a_dot_in_a_fold_beside_a_blank_question_asks() {
    let desk = Desk::of_rows();
    let blank = desk.of_row("yt7-1");
    for pen in [0.4, 0.9] {
        let mut image = all_but_yt7_1(&desk);
        fold(&mut image, &blank, -3.4, 0.0);
        let (x, y) = (blank.center().x, blank.center().y - 3.4);
        stroke(&mut image, (x, y), (x + 0.2, y), pen, 0.9);
        let reading = read(&desk, &image);
        assert!(reading.answers["yt7-1"].state.needs_person(), "{pen}");
    }
}

/// A fold that passes along a side of its box takes nothing of what is known of its
/// outline: a stroke there was once hidden by it.
#[test]
fn a_stroke_on_an_outline_beside_a_fold_asks() {
    let desk = Desk::of_rows();
    let blank = desk.of_row("yt7-1");
    for below in [-3.0, -3.4] {
        let mut image = all_but_yt7_1(&desk);
        fold(&mut image, &blank, below, 0.0);
        let (left, right) = (blank.min_x() + 0.4, blank.max_x() - 0.4);
        let y = blank.min_y() - 0.1;
        stroke(&mut image, (left, y), (right, y + 0.1), 0.4, 0.6);
        let reading = read(&desk, &image);
        assert!(reading.answers["yt7-1"].state.needs_person(), "{below}");
    }
}

/// With a fold beside its box, a tick that is fainter than any threshold is still seen.
#[test]
fn a_faint_tick_beside_a_fold_asks() {
    let desk = Desk::of_rows();
    let blank = desk.of_row("yt7-1");
    for darkness in [0.05, 0.06, 0.07, 0.1] {
        let mut image = all_but_yt7_1(&desk);
        fold(&mut image, &blank, -3.4, 0.003);
        let c = blank.center();
        stroke(
            &mut image,
            (c.x - 1.2, c.y),
            (c.x, c.y + 1.2),
            0.4,
            darkness,
        );
        stroke(
            &mut image,
            (c.x, c.y + 1.2),
            (c.x + 1.5, c.y - 1.5),
            0.4,
            darkness,
        );
        let reading = read(&desk, &image);
        assert!(reading.answers["yt7-1"].state.needs_person(), "{darkness}");
    }
}

/// A streak down the page between the boxes and the words of their labels is no tick
/// beside them.
#[test]
fn a_streak_beside_blank_questions_is_none_of_their_ink() {
    let desk = Desk::of_rows();
    let others = &ROWS[..ROWS.len() - 1];
    let blank = ROWS[ROWS.len() - 1];
    let place = |choice| desk.place_on(2, &format!("{blank}.{choice}"));
    let (left, right) = (place("binh-thuong"), place("khong-hai-long"));
    let mut image = desk.rows(others);
    let x = f64::midpoint(left.max_x(), right.min_x());
    stroke(&mut image, (x, 0.0), (x + 0.4, 297.0), 0.6, 0.9);
    let reading = read(&desk, &image);
    assert_eq!(reading.answers[blank].state, AnswerState::Blank);

    // A tick there is.
    let y = left.center().y;
    stroke(&mut image, (x - 2.0, y), (x + 1.0, y + 2.0), 0.6, 0.9);
    stroke(&mut image, (x + 1.0, y + 2.0), (x + 3.0, y - 2.0), 0.6, 0.9);
    let reading = read(&desk, &image);
    assert!(reading.answers[blank].state.needs_person());
}

/// A dash of a pencil along the fold is darker than the fold, and no part of it.
#[test]
fn a_dash_along_a_fold_asks() {
    let desk = Desk::of_rows();
    for darkness in [0.6, 0.9] {
        let mut image = desk.rows(&ROWS);
        let second = desk.place_on(2, "yt7-1.khong-hai-long");
        fold(&mut image, &second, 0.3, 0.0);
        let c = second.center();
        let (left, right) = ((c.x - 2.0, c.y + 0.3), (c.x + 2.0, c.y + 0.3));
        stroke(&mut image, left, right, 0.4, darkness);
        let reading = read(&desk, &image);
        assert!(reading.answers["yt7-1"].state.needs_person(), "{darkness}");
    }
}

/// What else comes from far outside is not taken for the fold. (It goes out of the
/// last box of its row, so that it meets no other box.)
#[test]
fn a_long_stroke_through_a_mark_in_a_fold_asks() {
    let desk = Desk::of_rows();
    let mut image = all_but_yt7_1(&desk);
    let last = desk.place_on(2, "yt7-1.khong-y-kien");
    let (x0, y0, x1, y1) = (last.min_x(), last.min_y(), last.max_x(), last.max_y());
    stroke(&mut image, (x0, y0), (x1, y1), 0.6, 1.0);
    stroke(&mut image, (x1, y0), (x0, y1), 0.6, 1.0);
    fold(&mut image, &last, 1.0, 0.0);
    let reading = read(&desk, &image);
    assert_eq!(reading.answers["yt7-1"].choices, ["khong-y-kien"]);

    let c = last.center();
    stroke(
        &mut image,
        (c.x, c.y + 1.0),
        (c.x + 14.0, c.y - 2.5),
        0.5,
        0.8,
    );
    let reading = read(&desk, &image);
    assert!(reading.answers["yt7-1"].state.needs_person());
}

/// Who strikes out a whole row does it with the pen, and may do it from edge to edge.
#[test]
fn a_row_struck_out_from_edge_to_edge_asks() {
    let desk = Desk::of_rows();
    for (width, darkness) in [(0.4, 0.8), (0.5, 1.0)] {
        let mut image = desk.rows(&ROWS);
        let c = desk.of_row("yt7-1").center();
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

/// … and a pale pencil does, whose strokes are hardly darker than a fold.
#[test]
fn a_row_struck_out_by_a_pale_pencil_asks() {
    let desk = Desk::of_rows();
    for darkness in [0.3, 0.32, 0.4, 0.5] {
        let mut image = desk.crossed_rows(0.8, 0.6, darkness);
        let c = desk.of_row("yt7-1").center();
        let (left, right) = ((1.0, c.y + 0.2), (209.0, c.y + 1.0));
        stroke(&mut image, left, right, 0.6, darkness);
        let reading = read(&desk, &image);
        assert!(reading.answers["yt7-1"].state.needs_person(), "{darkness}");
    }
}
