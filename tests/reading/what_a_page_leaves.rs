//! What a page leaves in its boxes by itself (dust, folds, print of the other side)
//! is no second mark, and what may be a mark is still asked about.

use crate::paper::{Desk, ROWS, answered, circle, shade, spot, stroke};
use image::{GrayImage, imageops};
use imageproc::contrast::{ThresholdType, threshold};
use phieu::geometry::{MmRect, mm_rect};
use phieu::read::{AnswerState, MarkState, PageReading};

/// The sheet's crosses: all but the sixth question.
const MARKED: [&str; 5] = ["q1.co", "q2.co", "q3.co", "q4.co", "q5.co"];

fn asks(reading: &PageReading, question: &str) -> bool {
    reading.answers[question].state.needs_person()
}

fn answers(reading: &PageReading, question: &str, choice: &str) -> bool {
    let answer = &reading.answers[question];
    answer.state == AnswerState::Answered && answer.choices == [choice]
}

/// Dust in a second box was once a reason to ask, and hid the questions that needed a
/// person.
#[test]
fn a_speck_beside_an_answer_is_dust_and_alone_it_asks() {
    let desk = Desk::new();
    for side in [0.25, 0.3] {
        let mut image = desk.sheet(&MARKED);
        for question in ["q2", "q4", "q6"] {
            let place = desk.place(&format!("{question}.khong"));
            spot(&mut image, &place, (0.8, -0.7), side, 0.8);
        }
        let reading = desk.read_blurred(&image);
        assert!(answers(&reading, "q2", "co"), "{side}");
        assert!(answers(&reading, "q4", "co"), "{side}");
        assert!(asks(&reading, "q6"), "{side}");
    }
}

/// A dot of a pen as the second answer is not dust.
#[test]
fn a_dot_beside_an_answer_asks() {
    let desk = Desk::new();
    let mut image = desk.sheet(&MARKED);
    spot(&mut image, &desk.place("q3.khong"), (0.1, 0.2), 1.2, 0.8);
    assert!(!answers(&desk.read_blurred(&image), "q3", "co"));
}

/// On a sheet of dots a blurred speck in a blank question was once read as its
/// answer: a little smaller than the sheet's dots, and darker.
#[test]
fn a_speck_on_a_sheet_of_dots_asks() {
    let desk = Desk::new();
    let mut image = desk.sheet(&[]);
    for question in ["q1", "q2", "q3", "q4", "q5"] {
        let place = desk.place(&format!("{question}.co"));
        spot(&mut image, &place, (0.1, 0.1), 1.1, 0.5);
    }
    spot(&mut image, &desk.place("q6.co"), (0.9, 0.1), 0.5, 0.7);
    let reading = desk.read_blurred(&image);
    assert!(answers(&reading, "q2", "co"));
    assert!(asks(&reading, "q6"));
}

/// Letters of the other side show through in the same box of every row: none of
/// them is a second mark, however the one is that somebody made.
#[test]
fn print_of_the_other_side_is_no_second_mark() {
    let desk = Desk::new();
    let through = |image: &mut GrayImage, question: &str, darkness: f64| {
        let place = desk.place(&format!("{question}.khong"));
        for (dx, dy) in [(-1.2, -0.8), (0.0, 0.6), (1.1, -0.2)] {
            let c = place.center();
            let rect = mm_rect(c.x + dx - 0.35, c.y + dy - 0.8, 0.7, 1.6);
            shade(image, &rect, darkness);
        }
    };
    let rows = ["q1", "q2", "q3", "q4", "q5"];
    for darkness in [0.12, 0.18] {
        let mut image = desk.sheet(&MARKED);
        for question in rows {
            through(&mut image, question, darkness);
        }
        let reading = desk.read_blurred(&image);
        for question in rows {
            assert!(answers(&reading, question, "co"), "{darkness} {question}");
        }

        // A second cross by the pen, where the others only show through.
        let mut image = desk.sheet(&[&MARKED[..], &["q3.khong"]].concat());
        for question in rows {
            through(&mut image, question, darkness);
        }
        assert!(asks(&desk.read_blurred(&image), "q3"), "{darkness}");

        // In one box alone nothing says that it is not a light stroke.
        let mut image = desk.sheet(&MARKED);
        through(&mut image, "q3", 0.2);
        assert!(asks(&desk.read_blurred(&image), "q3"), "{darkness}");
    }
}

/// A fold that fades out before the paper's edge crosses a whole column; a stroke of
/// the pen through the same boxes strikes them out.
#[test]
fn a_fold_through_a_column_is_no_mark_and_a_stroke_of_the_pen_asks() {
    let desk = Desk::new();
    let (first, last) = (desk.place("q1.khong"), desk.place("q5.khong"));
    let line = |image: &mut GrayImage, darkness: f64| {
        let x = first.center().x + 0.4;
        let (from, to) = (first.min_y() - 9.0, last.max_y() + 9.0);
        stroke(image, (x, from), (x + 0.5, to), 0.4, darkness);
    };
    let mut image = desk.sheet(&MARKED);
    line(&mut image, 0.25);
    let reading = desk.read_blurred(&image);
    for question in ["q1", "q2", "q3", "q4", "q5"] {
        assert!(answers(&reading, question, "co"), "{question}");
    }
    let mut image = desk.sheet(&MARKED);
    line(&mut image, 1.0);
    let reading = desk.read_blurred(&image);
    let crossed = |q: &&str| !answers(&reading, q, "co");
    assert!(["q1", "q2", "q3", "q4", "q5"].iter().any(crossed));
    for mark in reading.marks.iter().filter(|m| m.choice == "khong") {
        assert_ne!(mark.state, MarkState::Marked);
    }
}

/// A tick around the lower right corner of its box was once taken for a streak that
/// passes beside it, because its long arm runs along the outline; but a streak
/// leaves the surroundings of the box at both ends.
#[test]
fn a_tick_along_two_sides_of_its_box_is_no_streak() {
    let desk = Desk::new();
    let mut image = desk.sheet(&MARKED);
    let place = desk.place("q4.khong");
    let (right, below) = (place.max_x() + 0.7, place.max_y() + 0.7);
    let bend = (right - 0.4, below);
    stroke(
        &mut image,
        (place.min_x() + 1.0, below - 0.1),
        bend,
        0.4,
        0.8,
    );
    stroke(&mut image, bend, (right, place.min_y() + 0.2), 0.4, 0.8);
    assert!(!answers(&desk.read_blurred(&image), "q4", "co"));
}

/// What an empty box of a page looks like is learned from its lighter boxes. Where
/// nearly all are crossed, or crossed by a streak, that was once a cross.
#[test]
fn a_sheet_with_nearly_all_boxes_crossed_is_not_empty() {
    let desk = Desk::new();
    for darkness in [0.2, 0.35, 0.6, 1.0] {
        let mut image = desk.sheet(&[]);
        for question in ["q1", "q2", "q3", "q4", "q5"] {
            for choice in ["co", "khong"] {
                let r = desk
                    .place(&format!("{question}.{choice}"))
                    .inflate(-0.6, -0.6);
                let (low, high) = ((r.min_x(), r.min_y()), (r.max_x(), r.max_y()));
                stroke(&mut image, low, high, 0.4, darkness);
                stroke(&mut image, (low.0, high.1), (high.0, low.1), 0.4, darkness);
            }
        }
        let reading = desk.read_blurred(&image);
        for question in ["q1", "q2", "q3", "q4", "q5"] {
            assert!(asks(&reading, question), "{darkness} {question}");
        }
        assert!(reading.answers["q6"].choices.is_empty());
    }
}

/// A streak through a box of a question left blank, over print that shows through,
/// was once read as its answer: not all ink inside lay on the line.
#[test]
fn a_streak_over_print_of_the_other_side_is_no_answer() {
    let desk = Desk::new();
    let mut image = desk.sheet(&MARKED);
    let c = desk.place("q6.khong").center();
    for (dx, dy) in [(-1.3, -0.9), (1.3, 0.4), (0.9, -1.0)] {
        shade(
            &mut image,
            &mm_rect(c.x + dx - 0.35, c.y + dy - 0.7, 0.7, 1.4),
            0.16,
        );
    }
    stroke(
        &mut image,
        (c.x - 0.3, c.y - 30.0),
        (c.x - 0.3, c.y + 8.0),
        0.3,
        0.8,
    );
    assert!(asks(&desk.read_blurred(&image), "q6"));
}

/// A signature that passed through a box of a question left blank was once read as
/// its answer.
#[test]
fn a_signature_through_a_blank_question_asks() {
    let desk = Desk::new();
    let mut image = desk.sheet(&MARKED);
    let c = desk.place("q6.khong").center();
    let zigzag = [
        (-7.0, 3.6),
        (-4.5, -3.9),
        (-3.6, 3.8),
        (-3.0, -3.6),
        (-2.3, 3.4),
        (1.7, 1.2),
        (1.9, 3.9),
        (3.4, -3.5),
        (3.6, 3.6),
        (5.0, -3.0),
        (8.0, 2.0),
    ];
    for pair in zigzag.windows(2) {
        let [from, to] = [pair[0], pair[1]].map(|(dx, dy)| (c.x + dx, c.y + dy));
        stroke(&mut image, from, to, 0.4, 0.9);
    }
    assert!(asks(&desk.read_blurred(&image), "q6"));
}

/// Specks of a bad copy that touched each other in a blank question were once read
/// as its answer on a sheet of dots; but there were as many beside the box.
#[test]
fn specks_of_a_bad_copy_are_no_dot() {
    let desk = Desk::new();
    let mut image = desk.sheet(&[]);
    for question in ["q1", "q2", "q3", "q4", "q5"] {
        let place = desk.place(&format!("{question}.co"));
        spot(&mut image, &place, (0.1, 0.1), 1.2, 0.6);
    }
    let place = desk.place("q6.co");
    for (at, side) in [
        ((0.5, 0.4), 0.6),
        ((0.9, 0.8), 0.5),
        ((3.1, 0.2), 0.5),
        ((-3.2, 1.0), 0.5),
    ] {
        spot(&mut image, &place, at, side, 0.6);
    }
    let reading = desk.read_blurred(&image);
    assert!(answers(&reading, "q2", "co"));
    assert!(asks(&reading, "q6"));
}

/// Specks that stood in an upright line in a blank question were once read as its
/// answer: the line was seen to end nearby, and what else spoke against a mark was
/// not asked again.
#[test]
fn specks_in_a_line_are_no_stroke() {
    let desk = Desk::new();
    for side in [0.4, 0.45] {
        let mut image = desk.sheet(&[]);
        for question in ["q1", "q2", "q3", "q4", "q5"] {
            let place = desk.place(&format!("{question}.co"));
            spot(&mut image, &place, (0.1, 0.1), 0.9, 0.5);
        }
        let place = desk.place("q6.co");
        for dy in [-0.3, 0.0, 0.3] {
            spot(&mut image, &place, (0.3, dy), side, 0.7);
        }
        for at in [(1.6, -3.2), (-1.5, 3.2), (3.2, -0.6), (-3.2, 0.4)] {
            spot(&mut image, &place, at, 0.45, 0.7);
        }
        let reading = desk.read_blurred(&image);
        assert!(answers(&reading, "q2", "co"), "{side}");
        assert!(asks(&reading, "q6"), "{side}");
    }
}

/// The ring that a wet cup left through questions of a blank sheet was once read as
/// their answers: as all marks of the page went on far outside, it was taken for a
/// hand that writes so.
#[test]
fn the_ring_of_a_cup_on_a_blank_sheet_answers_nothing() {
    const RADIUS_MM: f64 = 18.0;
    let desk = Desk::new();
    for band in [0.8, 1.2, 1.6] {
        let mut image = desk.sheet(&[]);
        let on = desk.place("q3.co").center();
        let touches = (RADIUS_MM * std::f64::consts::TAU / band * 2.0) as u32;
        for i in 0..touches {
            let angle = std::f64::consts::TAU * f64::from(i) / f64::from(touches);
            let x = on.x + RADIUS_MM + RADIUS_MM * angle.cos();
            let y = on.y + RADIUS_MM * angle.sin();
            let touch = mm_rect(x - band / 2.0, y - band / 2.0, band, band);
            shade(&mut image, &touch, 0.16);
        }
        let reading = desk.read_blurred(&image);
        for (question, answer) in &reading.answers {
            assert_ne!(answer.state, AnswerState::Answered, "{band} {question}");
        }
    }
}

/// The ring of a wet cup ran through the boxes of two blank questions, one above the
/// other. It was seen to come to the upper one from far outside, but the upper one hid
/// that of the lower one, where it ended: that was once read as marked.
#[test]
fn a_line_from_afar_through_two_rows_answers_neither() {
    let desk = Desk::of_rows();
    let blank = ["yt7-2", "yt7-3"];
    let others: Vec<&str> = ROWS.into_iter().filter(|r| !blank.contains(r)).collect();
    let mut image = desk.rows(&others);
    let [upper, lower] = blank.map(|row| desk.place_on(2, &format!("{row}.khong-y-kien")).center());
    let ring = [
        (upper.x + 12.5, upper.y - 7.0),
        (upper.x + 0.8, upper.y),
        (lower.x - 0.4, lower.y),
        (lower.x - 0.6, lower.y + 1.5),
    ];
    for ends in ring.windows(2) {
        stroke(&mut image, ends[0], ends[1], 0.8, 0.9);
    }
    let reading = desk.read_blurred(&image);
    for row in blank {
        assert!(asks(&reading, row), "{row} {:?}", reading.answers[row]);
    }
    for row in others {
        assert!(answered(&reading, row), "{row}");
    }
}

/// A fold as black as the pen, as a black-and-white scan shows it, was once taken for
/// a dash in each box of a row: every box hides how the line goes on, and between
/// two of them it is no longer than a dash may be. In one scan of five such a box was
/// marked, in another empty.
#[test]
fn a_black_fold_across_a_row_of_boxes_marks_none() {
    let desk = Desk::of_rows();
    for aside in [-1.2, -0.4, 0.9] {
        let mut image = desk.rows(&ROWS);
        let row = desk.place_on(2, "yt7-3.binh-thuong").center();
        // It fades out before the left edge, as folds do, so that it is no crease.
        let (left, right) = ((105.0, row.y + aside), (209.0, row.y + aside + 0.9));
        stroke(&mut image, left, right, 0.9, 1.0);
        let reading = desk.read_blurred(&image);
        let marks = reading.marks.iter().filter(|m| m.question == "yt7-3");
        for mark in marks.filter(|m| m.choice != "hai-long") {
            assert_ne!(mark.state, MarkState::Marked, "{aside} {}", mark.choice);
        }
        assert!(answers(&reading, "yt7-2", "hai-long"), "{aside}");
    }
    // A dash that ends before the next box is an answer on a sheet of dashes.
    let mut image = desk.page(2, &[]);
    for question in ["yt7-1", "yt7-2", "yt7-3", "yt8-1", "yt8-2", "yt9-1"] {
        let c = desk.place_on(2, &format!("{question}.hai-long")).center();
        stroke(
            &mut image,
            (c.x - 4.0, c.y + 0.1),
            (c.x + 4.2, c.y),
            0.5,
            0.9,
        );
    }
    let reading = desk.read_blurred(&image);
    assert!(answers(&reading, "yt7-3", "hai-long"));
}

/// On a black-and-white scan a fold is as black as the pen, and may be so for no more
/// than the length of a dash: once that was a mark on a sheet of crosses. On a sheet of
/// dashes it is one.
#[test]
fn a_black_dash_far_out_of_its_box_is_a_mark_among_dashes_only() {
    let desk = Desk::of_rows();
    let dash = |image: &mut GrayImage, row: &str| {
        let c = desk.place_on(2, &format!("{row}.binh-thuong")).center();
        stroke(image, (c.x - 6.0, c.y), (c.x + 6.0, c.y + 0.1), 0.9, 1.0);
    };
    let read = |image: &GrayImage| desk.read_as(imageops::blur(image, 0.7), true);
    let mut image = desk.rows(&ROWS[1..]);
    dash(&mut image, ROWS[0]);
    let reading = read(&image);
    assert!(asks(&reading, ROWS[0]));
    assert!(answered(&reading, ROWS[1]));

    let mut image = desk.page(2, &[]);
    for row in ROWS {
        dash(&mut image, row);
    }
    assert!(answers(&read(&image), ROWS[0], "binh-thuong"));
}

/// A thick felt pen's crosses cover two thirds of their boxes; a box that it filled
/// over a cross to take it back is no more than half as much again, and was once read
/// as an answer.
#[test]
fn a_filled_box_among_a_felt_pens_crosses_asks() {
    let desk = Desk::of_rows();
    let mut image = desk.crossed_rows(1.0, 1.0, 0.7);
    let filled = desk.of_row("yt7-2");
    shade(&mut image, &filled.inflate(0.3, 0.3), 0.7);
    let reading = desk.read_blurred(&image);
    assert!(asks(&reading, "yt7-2"));
    for row in ROWS.into_iter().filter(|row| *row != "yt7-2") {
        assert!(answered(&reading, row), "{row}");
    }
}

/// A cross by a felt pen covers half of its box, as a filled box does that needs no
/// look at what is around it: the circle that takes it back was once not seen.
#[test]
fn a_felt_pens_cross_with_a_circle_around_it_asks() {
    let desk = Desk::of_rows();
    let mut image = desk.crossed_rows(0.0, 0.9, 0.7);
    let place = desk.of_row("yt7-2");
    // Not quite closed.
    circle(&mut image, &place, (3.8, 3.6), 0..32, (0.6, 0.7));
    let reading = desk.read_blurred(&image);
    assert!(asks(&reading, "yt7-2"));
    for row in ROWS.into_iter().filter(|row| *row != "yt7-2") {
        assert!(answered(&reading, row), "{row}");
    }
}

/// A pale stroke along a side of a box, from so far above its corner to below the other:
/// top, right, bottom, left.
fn along_side(image: &mut GrayImage, place: &MmRect, side: usize, darkness: f64) {
    let (x0, y0, x1, y1) = (place.min_x(), place.min_y(), place.max_x(), place.max_y());
    let (from, to) = [
        ((x0 + 0.4, y0 + 0.2), (x1 - 0.4, y0 + 0.2)),
        ((x1 - 0.2, y0 + 0.4), (x1 - 0.2, y1 - 0.4)),
        ((x0 + 0.4, y1 - 0.2), (x1 - 0.4, y1 - 0.2)),
        ((x0 + 0.2, y0 + 0.4), (x0 + 0.2, y1 - 0.4)),
    ][side];
    stroke(image, from, to, 0.55, darkness);
}

/// A tick that ran along its box's outline left nothing in the box or beside it, but the
/// line was twice as broad: once read as blank.
#[test]
fn ink_along_the_outline_of_a_blank_question_asks() {
    let desk = Desk::of_rows();
    let others: Vec<&str> = ROWS.into_iter().filter(|row| *row != "yt7-1").collect();
    let blank = desk.read(imageops::blur(&desk.rows(&others), 0.5));
    assert_eq!(blank.answers["yt7-1"].state, AnswerState::Blank);
    for side in 0..4 {
        let mut image = desk.rows(&others);
        along_side(&mut image, &desk.of_row("yt7-1"), side, 0.3);
        let reading = desk.read(imageops::blur(&image, 0.5));
        assert!(asks(&reading, "yt7-1"), "{side}");
    }
}

/// The page as a black-and-white scan has it.
fn black_and_white(image: &GrayImage) -> GrayImage {
    threshold(image, 127, ThresholdType::Binary)
}

/// A dash that ran along its box's outline made it little more than one pixel broader on
/// a black-and-white scan: once read as blank.
#[test]
fn a_dash_along_an_outline_asks_in_black_and_white() {
    let desk = Desk::of_rows();
    let others: Vec<&str> = ROWS.into_iter().filter(|row| *row != "yt7-1").collect();
    let place = desk.of_row("yt7-1");
    let blank = black_and_white(&desk.rows(&others));
    assert!(!asks(&desk.read_as(blank, true), "yt7-1"));
    for below in [-0.1, 0.25] {
        let mut image = desk.rows(&others);
        let y = place.min_y() + below;
        let (from, to) = ((place.min_x() + 0.3, y), (place.max_x() - 0.3, y));
        stroke(&mut image, from, to, 0.25, 1.0);
        let reading = desk.read_as(black_and_white(&image), true);
        assert!(asks(&reading, "yt7-1"), "{below}");
    }
}

/// Of a page without any mark nobody knows how light its pen was, and in black and white
/// a light one leaves nothing: a pencil's sheet was once read as blank.
#[test]
fn a_blank_page_in_black_and_white_asks() {
    let desk = Desk::of_rows();
    let blank = black_and_white(&desk.rows(&[]));
    let asked = |reading: &PageReading| {
        let answers = reading.answers.values();
        answers.filter(|a| a.state.needs_person()).count()
    };
    assert_eq!(asked(&desk.read(blank.clone())), 0);
    let reading = desk.read_as(blank, true);
    assert_eq!(asked(&reading), reading.answers.len());
    let marked = desk.read_as(black_and_white(&desk.rows(&ROWS)), true);
    assert_eq!(asked(&marked), 0);
}

/// A second tick of an answered question ran along two sides of its box: once read as if
/// it were not there. Along one side it may be the mark's own end.
#[test]
fn ink_along_two_sides_of_an_outline_beside_a_mark_asks() {
    let desk = Desk::of_rows();
    let place = desk.place_on(2, "yt7-1.khong-hai-long");
    for side in 0..4 {
        let mut image = desk.rows(&ROWS);
        along_side(&mut image, &place, side, 0.3);
        let one = desk.read(imageops::blur(&image, 0.5));
        assert!(answered(&one, "yt7-1"), "{side}");
        along_side(&mut image, &place, (side + 1) % 4, 0.3);
        let reading = desk.read(imageops::blur(&image, 0.5));
        assert!(asks(&reading, "yt7-1"), "{side}");
        for row in ROWS.into_iter().filter(|row| *row != "yt7-1") {
            assert!(answered(&reading, row), "{side} {row}");
        }
    }
}

/// A scribble that covered no more than a thick cross does took a mark back, and the
/// answer ran along another box's outline: the scribble was once read as the answer.
#[test]
fn ink_along_an_outline_beside_a_fuller_mark_asks() {
    let desk = Desk::of_rows();
    for side in 0..4 {
        let mut image = desk.rows(&[]);
        for row in ROWS.into_iter().filter(|row| *row != "yt7-1") {
            let b = desk.of_row(row);
            let (from, to) = ((b.min_x(), b.max_y()), (b.max_x(), b.min_y()));
            stroke(&mut image, from, to, 0.5, 1.0);
        }
        let filled = desk.place_on(2, "yt7-1.khong-hai-long");
        spot(&mut image, &filled, (0.0, 0.0), 2.1, 1.0);
        let alone = desk.read_blurred(&image);
        assert!(!asks(&alone, "yt7-1"), "{:?}", alone.answers["yt7-1"]);
        along_side(&mut image, &desk.of_row("yt7-1"), side, 0.4);
        assert!(asks(&desk.read_blurred(&image), "yt7-1"), "{side}");
    }
}

/// A signature by a felt pen through the box of a question that was left blank was once
/// read as its mark, where a printed label hid how it went on. Of a sheet on which all
/// marks are so large it is one.
#[test]
fn a_mark_that_sprawls_as_no_other_does_asks() {
    let desk = Desk::of_rows();
    let sprawl = |image: &mut GrayImage, row: &str| {
        let c = desk.of_row(row).center();
        let way = [
            (-1.5, 3.5),
            (-0.5, -3.6),
            (1.0, 4.2),
            (2.0, -1.0),
            (3.2, 1.5),
        ];
        for (from, to) in way.iter().zip(&way[1..]) {
            let at = |(x, y): &(f64, f64)| (c.x + x, c.y + y);
            stroke(image, at(from), at(to), 0.8, 1.0);
        }
    };
    let others: Vec<&str> = ROWS.into_iter().filter(|row| *row != "yt7-1").collect();
    let mut image = desk.rows(&others);
    sprawl(&mut image, "yt7-1");
    assert!(asks(&desk.read_blurred(&image), "yt7-1"));

    let mut image = desk.rows(&[]);
    for row in ROWS {
        sprawl(&mut image, row);
    }
    assert!(answered(&desk.read_blurred(&image), "yt7-1"));
}

/// Where the pen rested in a blank question it left a dot, on a sheet of dots with less
/// than half of their ink: once read as its answer.
#[test]
fn where_the_pen_rested_on_a_sheet_of_dots_asks() {
    let desk = Desk::of_rows();
    let mut image = desk.page(2, &[]);
    for row in ROWS {
        let side = if row == "yt7-1" { 0.9 } else { 1.3 };
        spot(&mut image, &desk.of_row(row), (0.1, 0.1), side, 0.6);
    }
    let reading = desk.read_blurred(&image);
    assert!(asks(&reading, "yt7-1"));
    assert!(answered(&reading, "yt7-2"));
}

/// Where circles are drawn around both boxes of questions much is unclear, but nothing
/// faint: the one blank question of such a page was once asked about as if a light pen were
/// lost there. (Of one circle each the page would be a sheet of rings, which are answers.)
#[test]
fn a_blank_question_beside_circled_boxes_is_blank() {
    let desk = Desk::new();
    let mut image = desk.sheet(&[]);
    for name in MARKED {
        let (question, _) = name.split_once('.').unwrap();
        for choice in ["co", "khong"] {
            let place = desk.place(&format!("{question}.{choice}"));
            circle(&mut image, &place, (4.0, 4.0), 0..36, (0.5, 0.9));
        }
    }
    let reading = desk.read_blurred(&image);
    assert!(asks(&reading, "q1") && asks(&reading, "q5"));
    assert_eq!(reading.answers["q6"].state, AnswerState::Blank);

    // What is left of a pencil's crosses is.
    let mut image = desk.sheet(&[]);
    for name in MARKED {
        spot(&mut image, &desk.place(name), (0.3, 0.2), 0.6, 0.25);
    }
    let reading = desk.read_blurred(&image);
    assert!(asks(&reading, "q1") && asks(&reading, "q6"));
}

/// Whose ticks are beside the boxes, or whose circles are pale, may have made another that
/// is fainter.
#[test]
fn a_blank_question_beside_stray_ticks_or_pale_circles_asks() {
    let desk = Desk::new();
    let mut ticked = desk.sheet(&[]);
    for name in MARKED {
        let place = desk.place(name);
        let (x, y) = (place.max_x() + 10.0, place.center().y);
        stroke(&mut ticked, (x, y), (x + 1.5, y + 1.8), 0.7, 0.9);
        stroke(
            &mut ticked,
            (x + 1.5, y + 1.8),
            (x + 4.0, y - 1.8),
            0.7,
            0.9,
        );
    }
    let mut circled = desk.sheet(&[]);
    for name in MARKED {
        circle(
            &mut circled,
            &desk.place(name),
            (4.0, 4.0),
            0..36,
            (0.4, 0.15),
        );
    }
    for image in [ticked, circled] {
        let reading = desk.read_blurred(&image);
        assert!(asks(&reading, "q1") && asks(&reading, "q5"));
        assert!(asks(&reading, "q6"));
    }
}
