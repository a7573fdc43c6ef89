//! Marks that a person sees at a glance to be unlike the others of their sheet: taken
//! back, set down by accident, or most of them beside their box.

use crate::paper::{Desk, ROWS, answered, circle, cross_by, shade, spot, stroke};
use image::GrayImage;
use phieu::geometry::{MmRect, mm_rect};
use phieu::read::{AnswerState, PageReading};

/// The row that is unlike the others.
const ODD: &str = "yt7-1";

fn asks(reading: &PageReading, row: &str) -> bool {
    reading.answers[row].state.needs_person()
}

/// All rows but the odd one.
fn others() -> impl Iterator<Item = &'static str> {
    ROWS.into_iter().filter(|row| *row != ODD)
}

/// The odd row asks, all others are answered.
fn assert_odd_one_asks(reading: &PageReading) {
    assert!(asks(reading, ODD), "{:?}", reading.answers[ODD]);
    for row in others() {
        assert!(answered(reading, row), "{row}");
    }
}

/// A tick from the left over the bottom to the right: places in the box, 0 to 1.
fn tick(image: &mut GrayImage, place: &MmRect, way: [(f64, f64); 3], pen: f64) {
    let at = |(x, y): (f64, f64)| {
        (
            place.min_x() + x * place.width(),
            place.min_y() + y * place.height(),
        )
    };
    stroke(image, at(way[0]), at(way[1]), pen, 1.0);
    stroke(image, at(way[1]), at(way[2]), pen, 1.0);
}

/// Level strokes close below each other, from side to side of the box and a little
/// beyond.
fn scribble(image: &mut GrayImage, place: &MmRect, pen: f64, apart: f64) {
    let lines = (place.height() / apart) as i32;
    for k in 0..=lines {
        let y = place.min_y() + apart * f64::from(k);
        let (x0, x1) = (place.min_x() - 0.5, place.max_x() + 0.5);
        stroke(image, (x0, y), (x1, y + 0.3), pen, 1.0);
    }
}

/// A circle more than 2 mm from the box that takes its cross back was once seen by
/// nothing.
#[test]
fn a_cross_with_a_wide_circle_around_it_asks() {
    let desk = Desk::of_rows();
    for radii in [(5.6, 4.6), (5.0, 5.0), (4.6, 4.2)] {
        let mut image = desk.rows(&ROWS);
        circle(&mut image, &desk.of_row(ODD), radii, 1..35, (0.6, 0.8));
        assert_odd_one_asks(&desk.read_blurred(&image));
    }
}

/// A cross covers more of its box than the sheet's slashes. What is fuller was taken for a
/// scribble, around which no circle was looked for, and where it covered half of its box
/// it was read as the answer.
#[test]
fn a_circle_around_a_cross_on_a_sheet_of_slashes_asks() {
    let desk = Desk::of_rows();
    for (slash, pen, inside) in [(1.0, 0.7, 0.2), (1.2, 0.8, 0.5)] {
        let mut image = desk.page(2, &[]);
        for row in others() {
            let b = desk.of_row(row);
            let (from, to) = ((b.min_x(), b.max_y()), (b.max_x(), b.min_y()));
            stroke(&mut image, from, to, slash, 1.0);
        }
        let odd = desk.of_row(ODD);
        cross_by(&mut image, &odd.inflate(-inside, -inside), pen, 1.0);
        let plain = desk.read_blurred(&image);
        assert!(answered(&plain, ODD), "{pen}: {:?}", plain.answers[ODD]);
        circle(&mut image, &odd, (3.9, 3.4), 1..36, (pen, 1.0));
        assert_odd_one_asks(&desk.read_blurred(&image));
    }
}

/// A scribble that is larger than its box is not a circle around it, on a sheet of such
/// scribbles.
#[test]
fn scribbles_larger_than_their_boxes_are_marks_where_all_are() {
    let desk = Desk::of_rows();
    let mut image = desk.rows(&[]);
    for row in ROWS {
        let b = desk.of_row(row);
        shade(&mut image, &b.inflate(1.6, 1.4), 0.8);
    }
    let reading = desk.read_blurred(&image);
    for row in ROWS {
        assert!(answered(&reading, row), "{row}");
    }
}

/// A ballpoint's scribble leaves half of its box open, and its crosses cover an eighth: a
/// cross that was scribbled out to take it back was once read as the answer. The machine
/// says what it takes it for.
#[test]
fn a_thin_pens_scribble_among_its_crosses_is_taken_back() {
    let desk = Desk::of_rows();
    let mut image = desk.crossed_rows(0.0, 0.3, 0.9);
    scribble(&mut image, &desk.of_row(ODD), 0.2, 1.25);
    let reading = desk.read_blurred(&image);
    assert_odd_one_asks(&reading);
    assert_eq!(reading.answers[ODD].state, AnswerState::Corrected);
}

/// A pale pencil's ink is firm in parts only: a box that it filled over a cross was once
/// read as an answer, because little of it was counted.
#[test]
fn a_box_that_a_pale_pencil_filled_among_its_crosses_is_taken_back() {
    let desk = Desk::of_rows();
    let mut image = desk.crossed_rows(0.0, 0.6, 0.16);
    shade(&mut image, &desk.of_row(ODD), 0.12);
    let reading = desk.read_blurred(&image);
    assert_odd_one_asks(&reading);
    assert_eq!(reading.answers[ODD].state, AnswerState::Corrected);
}

/// A felt pen set down leaves more than a small mark of a ballpoint has; beside ticks of
/// which most is outside of their boxes it was once read as an answer.
#[test]
fn a_felt_pens_dot_among_its_ticks_asks() {
    let desk = Desk::of_rows();
    let mut image = desk.rows(&[]);
    for row in others() {
        let way = [(-0.3, 0.1), (0.05, 0.75), (0.9, -0.8)];
        tick(&mut image, &desk.of_row(row), way, 0.8);
    }
    spot(&mut image, &desk.of_row(ODD), (-0.05, 0.25), 1.3, 0.9);
    assert_odd_one_asks(&desk.read_blurred(&image));
}

/// Of marks that lie beside their boxes for the most part little is inside, and a dot where
/// the pen rested is fuller than they are, as it is beside a thin pen's slashes. What is
/// fuller than usual was not compared with the others, and a dot of 1.3 mm once read as an
/// answer among such crosses.
#[test]
fn a_dot_that_is_fuller_than_the_sheets_strokes_asks() {
    let desk = Desk::of_rows();
    let mut image = desk.rows(&[]);
    for row in others() {
        let b = desk.of_row(row);
        let (left, y) = (b.min_x() + 0.5, b.center().y);
        let (from, to) = ((left, y + 1.0), (b.max_x() + 1.0, y - 1.0));
        stroke(&mut image, from, to, 0.3, 1.0);
    }
    spot(&mut image, &desk.of_row(ODD), (0.0, 0.0), 1.4, 0.95);
    assert_odd_one_asks(&desk.read_blurred(&image));
}

/// Dots of 1 mm where a pen rested were once read as answers beside its short slashes. On a
/// sheet of such dots with two slashes they are answers.
#[test]
fn small_dots_among_short_slashes_ask() {
    let desk = Desk::of_rows();
    let sheet = |slashes: &[&str], dots: &[&str]| {
        let mut image = desk.rows(&[]);
        for row in slashes {
            let c = desk.of_row(row).center();
            let (from, to) = ((c.x - 1.1, c.y + 1.1), (c.x + 1.1, c.y - 1.1));
            stroke(&mut image, from, to, 0.4, 1.0);
        }
        for row in dots {
            spot(&mut image, &desk.of_row(row), (0.0, 0.0), 1.0, 0.95);
        }
        desk.read_blurred(&image)
    };
    let reading = sheet(&ROWS[..4], &ROWS[4..6]);
    for row in &ROWS[..4] {
        assert!(answered(&reading, row), "{row}");
    }
    for row in &ROWS[4..6] {
        assert!(asks(&reading, row), "{row}");
    }
    let reading = sheet(&ROWS[..2], &ROWS[2..]);
    for row in ROWS {
        assert!(answered(&reading, row), "{row} {:?}", reading.answers[row]);
    }
}

/// A long stroke of the pen began beside a blank question's box, went through it and on
/// behind the words of the next question, and was once read as the answer.
#[test]
fn a_stroke_that_goes_on_behind_words_asks() {
    let desk = Desk::new();
    let page = desk.layout.page(1).unwrap();
    let (odd, word) = page
        .boxes
        .iter()
        .find_map(|b| {
            let below = page.words.iter().find(|w| {
                (5.2..7.5).contains(&(w.rect.min_y() - b.rect.max_y()))
                    && w.rect.min_x() < b.rect.max_x() + 6.0
                    && w.rect.max_x() > b.rect.max_x() + 1.0
            });
            below.map(|w| (b, w))
        })
        .expect("a word below a box");
    let mut image = desk.sheet(&[]);
    let answers = page
        .boxes
        .iter()
        .filter(|b| b.choice == "co" && b.question != odd.question);
    for answer in answers {
        let c = answer.rect.center();
        stroke(
            &mut image,
            (c.x - 1.4, c.y + 1.7),
            (c.x + 1.6, c.y - 1.9),
            0.5,
            1.0,
        );
    }
    let b = odd.rect;
    let x = (b.max_x() + 0.3).max(word.rect.min_x() + 0.5);
    let way = [
        (b.min_x() - 3.0, b.min_y() + 1.0),
        (b.min_x() + 1.2, b.min_y() + 1.1),
        (b.min_x() + 2.8, b.min_y() + 1.8),
        (b.max_x() - 0.7, b.max_y() - 0.6),
        (x, b.max_y() + 0.8),
        (x, word.rect.center().y),
    ];
    for k in 1..way.len() {
        stroke(&mut image, way[k - 1], way[k], 0.5, 1.0);
    }
    let reading = desk.read_blurred(&image);
    let answer = &reading.answers[&odd.question];
    assert!(answer.state.needs_person(), "{answer:?}");
    for b in page.boxes.iter().filter(|b| b.question != odd.question) {
        assert!(!asks(&reading, &b.question), "{}", b.question);
    }
}

/// A trace beside each mark asks about its question. It was then said of all the marks that
/// hardly anything else on the page is marked.
#[test]
fn marks_in_every_row_are_not_lonely_though_each_row_asks() {
    let desk = Desk::of_rows();
    let mut image = desk.rows(&ROWS);
    for row in ROWS {
        let c = desk.place_on(2, &format!("{row}.binh-thuong")).center();
        shade(&mut image, &mm_rect(c.x - 0.8, c.y - 0.4, 1.6, 0.5), 0.9);
    }
    let reading = desk.read_blurred(&image);
    for row in ROWS {
        assert!(asks(&reading, row), "{row}");
        let mark = reading
            .marks
            .iter()
            .find(|m| m.question == row && m.choice == "hai-long");
        assert_eq!(mark.unwrap().reason, None, "{row}");
    }
}

/// Pale circles around the boxes of a whole page were once taken for lines that pass
/// beside them, and the page for blank.
#[test]
fn pale_circles_around_all_boxes_ask() {
    let desk = Desk::of_rows();
    let mut image = desk.rows(&[]);
    for row in ROWS {
        circle(
            &mut image,
            &desk.of_row(row),
            (3.5, 3.9),
            1..35,
            (0.7, 0.07),
        );
    }
    let reading = desk.read_blurred(&image);
    for row in ROWS {
        assert!(asks(&reading, row), "{row} {:?}", reading.answers[row]);
    }
    // A pale streak beside a column is none.
    let mut image = desk.rows(&[]);
    let b = desk.of_row(ODD);
    let x = b.max_x() + 1.0;
    stroke(&mut image, (x, 20.0), (x, 277.0), 0.4, 0.2);
    let reading = desk.read_blurred(&image);
    for row in ROWS {
        assert_eq!(reading.answers[row].state, AnswerState::Blank, "{row}");
    }
}

/// A cross below its box, with a mark in the row below, could have been part of that: it
/// was once dropped, and its question read by its other mark. The arm of a large cross
/// that reaches into the row above is part of it.
#[test]
fn a_second_cross_below_its_box_asks_and_a_long_arm_does_not() {
    let desk = Desk::of_rows();
    let mut image = desk.rows(&ROWS);
    // The row above has its mark in the column to the right.
    let above = desk.place_on(2, "yt7-2.binh-thuong");
    let c = above.center();
    let (x0, x1, y0, y1) = (
        c.x - 1.6,
        c.x + 1.6,
        above.max_y() + 0.2,
        above.max_y() + 2.4,
    );
    let below = desk.place_on(2, "yt7-3.binh-thuong");
    tick(
        &mut image,
        &below,
        [(0.1, 0.5), (0.4, 0.9), (0.9, 0.1)],
        0.5,
    );
    let alone = desk.read_blurred(&image);
    assert!(!asks(&alone, "yt7-2"), "{:?}", alone.answers["yt7-2"]);

    let mut arm = image.clone();
    let from = (below.max_x() - 0.5, below.min_y() + 1.0);
    stroke(
        &mut arm,
        from,
        (from.0 - 1.0, above.max_y() + 0.8),
        0.5,
        1.0,
    );
    let reading = desk.read_blurred(&arm);
    assert!(!asks(&reading, "yt7-2"), "{:?}", reading.answers["yt7-2"]);

    stroke(&mut image, (x0, y0), (x1, y1), 0.5, 1.0);
    stroke(&mut image, (x1, y0), (x0, y1), 0.5, 1.0);
    assert!(asks(&desk.read_blurred(&image), "yt7-2"));
}

/// The end of a word that runs into a blank question's box was once read as its mark.
#[test]
fn the_end_of_a_word_in_a_blank_question_asks() {
    let desk = Desk::of_rows();
    let rows: Vec<&str> = others().collect();
    let mut image = desk.rows(&rows);
    let b = desk.of_row(ODD);
    // Joined letters, from 4 mm beside the box into it.
    for k in 0..6 {
        let x = b.min_x() - 4.0 + 1.2 * f64::from(k);
        let (low, high) = (b.min_y() + 3.2, b.min_y() + 0.6);
        stroke(&mut image, (x, low), (x + 0.6, high), 0.5, 1.0);
        stroke(&mut image, (x + 0.6, high), (x + 1.2, low), 0.5, 1.0);
    }
    assert_odd_one_asks(&desk.read_blurred(&image));
}

/// Answers on an otherwise blank page may be what a stamp or a signature left; two that
/// are too far apart for that are not.
#[test]
fn lonely_answers_ask_unless_they_are_far_apart() {
    let desk = Desk::of_rows();
    let asked = |rows: &[&str]| {
        let reading = desk.read(desk.rows(rows));
        rows.iter().filter(|row| asks(&reading, row)).count()
    };
    assert_eq!(asked(&["yt5-1"]), 1);
    assert_eq!(asked(&["yt5-1", "yt5-2"]), 2);
    assert_eq!(asked(&["yt5-1", "yt7-3"]), 0);
}

/// Strokes through these places of the box, 0 to 1 from its left and top.
fn written(image: &mut GrayImage, place: &MmRect, lines: &[&[(f64, f64)]], pen: f64) {
    let at = |(x, y): (f64, f64)| {
        (
            place.min_x() + x * place.width(),
            place.min_y() + y * place.height(),
        )
    };
    for ends in lines.iter().flat_map(|line| line.windows(2)) {
        stroke(image, at(ends[0]), at(ends[1]), pen, 1.0);
    }
}

/// The page crossed in all rows but the odd one, where this is written into the box.
fn with_writing(desk: &Desk, lines: &[&[(f64, f64)]]) -> GrayImage {
    let mut image = desk.rows(&[]);
    for row in others() {
        cross_by(&mut image, &desk.of_row(row).inflate(-0.3, -0.3), 0.5, 1.0);
    }
    written(&mut image, &desk.of_row(ODD), lines, 0.5);
    image
}

/// A bracket, a bow and a question mark leave as much ink in the box of a blank question as
/// a cross does, in its middle, too. Each was once read as the answer. (A nought, a seven, a
/// four and the head of an arrow resemble crosses so much that they still are.)
#[test]
fn what_is_written_into_a_box_asks() {
    let desk = Desk::of_rows();
    let bracket = [
        (0.7, -0.5),
        (0.5, -0.3),
        (0.5, 0.35),
        (0.25, 0.5),
        (0.5, 0.65),
        (0.5, 1.3),
        (0.7, 1.5),
    ];
    let bow = [
        (0.75, -0.4),
        (0.4, 0.0),
        (0.3, 0.5),
        (0.4, 1.0),
        (0.75, 1.4),
    ];
    let hook = [
        (0.2, 0.0),
        (0.5, -0.25),
        (0.85, 0.05),
        (0.5, 0.45),
        (0.5, 0.8),
    ];
    let dot = [(0.5, 1.1), (0.5, 1.15)];
    for (what, lines) in [
        ("bracket", &[&bracket[..]][..]),
        ("bow", &[&bow[..]]),
        ("question mark", &[&hook[..], &dot[..]]),
    ] {
        let reading = desk.read_blurred(&with_writing(&desk, lines));
        assert!(asks(&reading, ODD), "{what}: {:?}", reading.answers[ODD]);
        for row in others() {
            assert!(answered(&reading, row), "{what}: {row}");
        }
    }
}

/// A hand that crosses some of its boxes and ticks others makes both: none is unlike.
#[test]
fn ticks_and_crosses_by_one_hand_are_answers() {
    let desk = Desk::of_rows();
    let (way, pen) = ([(0.0, 0.4), (0.4, 0.95), (1.0, 0.0)], 0.35);
    for every in [2, 3] {
        let mut image = desk.rows(&[]);
        for (k, row) in ROWS.into_iter().enumerate() {
            let place = desk.of_row(row);
            if k % every == 0 {
                tick(&mut image, &place, way, pen);
            } else {
                cross_by(&mut image, &place.inflate(-0.3, -0.3), pen, 1.0);
            }
        }
        let reading = desk.read_blurred(&image);
        for row in ROWS {
            let of_row = reading.marks.iter().filter(|m| m.question == row);
            let reasons: Vec<&str> = of_row.filter_map(|m| m.reason.as_deref()).collect();
            assert!(answered(&reading, row), "{every}: {row} {reasons:?}");
        }
    }
}
