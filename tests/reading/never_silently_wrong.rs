//! What readers of paper were seen to get wrong without a word, on a ballot
//! whose truth is known: each must be right here, or go to a person.

use std::fs;

use crate::paper::{Desk, Office, SIX, shade, stroke};
use image::imageops;
use phieu::geometry::mm_rect;
use phieu::read::{AnswerState, MarkState, PageReading, Status};

fn state(reading: &PageReading, question: &str, choice: &str) -> MarkState {
    let wanted = |m: &&phieu::read::Mark| m.question == question && m.choice == choice;
    reading.marks.iter().find(wanted).unwrap().state
}

/// Every answer that is not in doubt is what was meant.
fn nothing_silent(reading: &PageReading, meant: &[(&str, &[&str])]) {
    for (question, choices) in meant {
        let answer = &reading.answers[*question];
        if !answer.state.needs_person() {
            assert_eq!(answer.choices, *choices, "{question}: {answer:?}");
        }
    }
}

/// A long streak with a short one beside it made a whole column of empty boxes
/// "marked" here; other readers do it with one.
#[test]
fn streaks_through_a_column_of_boxes_mark_none() {
    let desk = Desk::new();
    for (width, apart) in [(0.15, 0.0), (0.3, 2.0), (0.8, 2.6), (0.4, 4.0)] {
        for offset in [0.8, 1.5, 2.2, 3.0] {
            let mut image = desk.sheet(&[]);
            let x = desk.place("q1.khong").origin.x + offset;
            let height = f64::from(image.height());
            shade(&mut image, &mm_rect(x, 0.0, width, height), 0.7);
            let top = desk.place("q2.khong").origin.y - 4.0;
            shade(&mut image, &mm_rect(x + apart, top, width, 60.0), 0.7);
            let reading = desk.read(image);
            for q in ["q1", "q2", "q3", "q4", "q5", "q6"] {
                let found = state(&reading, q, "khong");
                assert_ne!(found, MarkState::Marked, "{q} {width} {apart} {offset}");
                assert_eq!(state(&reading, q, "co"), MarkState::Unmarked);
            }
        }
    }
}

/// Dust that moves leaves a streak that ends somewhere: in a box, too.
#[test]
fn a_streak_that_ends_in_a_box_does_not_mark_it() {
    let desk = Desk::new();
    let last = desk.place("q4.khong");
    for (width, offset, share) in [
        (0.3, 2.2, 0.5),
        (0.2, 1.4, 0.8),
        (0.6, 2.6, 0.9),
        (0.4, 3.0, 0.7),
    ] {
        let mut image = desk.sheet(&["q1.co", "q2.co"]);
        let end = last.origin.y + share * last.size.height;
        shade(
            &mut image,
            &mm_rect(last.origin.x + offset, 0.0, width, end),
            0.7,
        );
        let reading = desk.read(image);
        for q in ["q1", "q2", "q3", "q4"] {
            let found = state(&reading, q, "khong");
            assert_ne!(found, MarkState::Marked, "{q} {width} {offset} {share}");
        }
    }
}

/// Of two thin ticks the one below its box was lost: an overvote became an
/// answer.
#[test]
fn a_tick_below_its_box_is_doubted_although_another_box_is_marked() {
    let desk = Desk::new();
    let mut image = desk.sheet(&["q3.khong"]);
    let r = desk.place("q3.co");
    let at = |x: f64, y: f64| (r.origin.x + x, r.origin.y + y);
    stroke(&mut image, at(0.3, 4.2), at(1.8, 6.0), 0.4, 0.6);
    stroke(&mut image, at(1.8, 6.0), at(5.8, 0.5), 0.4, 0.6);
    let reading = desk.read(image);
    assert!(reading.answers["q3"].state.needs_person());
}

/// A coffee ring, a stamp and a signature on a sheet that was left blank were
/// each once the only thing to compare themselves with, and so an answer.
#[test]
fn what_seems_a_mark_on_a_blank_page_asks() {
    let desk = Desk::new();
    for marked in [&["q3.co"][..], &["q3.co", "q5.khong"]] {
        let reading = desk.read(desk.sheet(marked));
        for name in marked {
            let (question, choice) = name.split_once('.').unwrap();
            assert_eq!(state(&reading, question, choice), MarkState::Marginal);
        }
    }
    let reading = desk.read(desk.sheet(&["q1.co", "q3.co", "q5.khong"]));
    assert_eq!(state(&reading, "q3", "co"), MarkState::Marked);
}

/// A dash through the box leaves it at both sides as a fold does, and was always
/// left to a person; a fold goes on.
#[test]
fn a_dash_is_a_mark_and_a_fold_is_not() {
    let desk = Desk::new();
    let r = desk.place("q4.khong");
    let middle = r.center().y;
    let dash = |from: f64, to: f64, darkness: f64| {
        let mut image = desk.sheet(&[]);
        for other in ["q1.co", "q2.co", "q3.co", "q5.co"].map(|name| desk.place(name)) {
            let y = other.center().y;
            let (from, to) = (other.min_x() - 1.0, other.max_x() + 1.0);
            stroke(&mut image, (from, y), (to, y + 0.2), 0.5, 0.95);
        }
        stroke(
            &mut image,
            (from, middle),
            (to, middle + 0.2),
            0.5,
            darkness,
        );
        state(&desk.read(image), "q4", "khong")
    };
    let made_for_the_box = dash(r.min_x() - 2.4, r.max_x() + 2.4, 0.95);
    assert_eq!(made_for_the_box, MarkState::Marked);
    for darkness in [0.2, 0.3, 0.95] {
        assert_ne!(dash(0.0, 148.0, darkness), MarkState::Marked, "{darkness}");
    }
}

/// A signature that runs through an empty box is as dark as the sheet's marks.
#[test]
fn a_line_that_comes_from_far_away_asks() {
    let desk = Desk::new();
    let r = desk.place("q4.khong");
    let mut image = desk.sheet(&["q1.co", "q2.co", "q3.co"]);
    let (left, right) = (
        (r.min_x() - 14.0, r.max_y() + 9.0),
        (r.max_x() + 6.0, r.min_y() - 2.0),
    );
    stroke(&mut image, left, right, 0.5, 0.7);
    let found = state(&desk.read(image), "q4", "khong");
    assert_eq!(found, MarkState::Marginal);
}

/// Faint gray crosses are silently empty for readers with a fixed threshold.
#[test]
fn a_cross_of_half_darkness_is_never_empty() {
    let desk = Desk::new();
    for darkness in [0.9, 0.7, 0.5, 0.35] {
        for pen in [0.35, 0.5, 1.0] {
            let mut image = desk.sheet(&[]);
            for q in ["q1.co", "q2.khong", "q5.co"] {
                let r = desk.place(q);
                let (x, y, side) = (r.origin.x, r.origin.y, r.size.width);
                stroke(
                    &mut image,
                    (x + 0.5, y + 0.5),
                    (x + side - 0.5, y + side - 0.5),
                    pen,
                    darkness,
                );
                stroke(
                    &mut image,
                    (x + side - 0.5, y + 0.5),
                    (x + 0.5, y + side - 0.5),
                    pen,
                    darkness,
                );
            }
            let reading = desk.read(image);
            for (q, c) in [("q1", "co"), ("q2", "khong"), ("q5", "co")] {
                assert_ne!(
                    state(&reading, q, c),
                    MarkState::Unmarked,
                    "{darkness} {pen}"
                );
                assert_ne!(reading.answers[q].state, AnswerState::Blank);
            }
            nothing_silent(
                &reading,
                &[("q1", &["co"]), ("q2", &["khong"]), ("q3", &[])],
            );
        }
    }
}

/// "Filled, so taken back" is what a thick cross is for some readers.
#[test]
fn a_thick_cross_is_a_mark() {
    let desk = Desk::new();
    let mut image = desk.sheet(&[]);
    for q in ["q1.co", "q2.khong", "q3.co", "q4.co", "q5.co", "q6.khong"] {
        let r = desk.place(q);
        let (x, y, side) = (r.origin.x, r.origin.y, r.size.width);
        stroke(&mut image, (x, y), (x + side, y + side), 1.5, 0.95);
        stroke(&mut image, (x + side, y), (x, y + side), 1.5, 0.95);
    }
    let reading = desk.read(image);
    assert_eq!(reading.status, Status::Clean, "{:?}", reading.problems);
    assert_eq!(reading.answers["q2"].choices, ["khong"]);
    assert_eq!(reading.answers["q4"].choices, ["co"]);
}

/// Upside down, some readers give confident wrong answers.
#[test]
fn a_page_lying_any_way_is_read_the_same() {
    let desk = Desk::new();
    let image = desk.sheet(&["q1.co", "q2.khong", "q4.co", "q6.khong"]);
    let upright = desk.read(image.clone());
    assert_eq!(upright.status, Status::Clean);
    let turned = [
        (270, imageops::rotate90(&image)),
        (180, imageops::rotate180(&image)),
        (90, imageops::rotate270(&image)),
    ];
    for (rotation, image) in turned {
        let reading = desk.read(image);
        assert_eq!(reading.rotation, rotation);
        assert_eq!(reading.answers, upright.answers);
    }
}

/// A shadow from the side turned an empty row into "ABCD".
#[test]
fn a_shadow_marks_nothing() {
    let desk = Desk::new();
    for depth in [60.0, 110.0, 150.0] {
        let mut image = desk.sheet(&["q1.co", "q2.khong"]);
        let width = f64::from(image.width());
        for (x, _, p) in image.enumerate_pixels_mut() {
            let dark = depth * (1.0 - f64::from(x) / width).powi(2);
            p.0[0] = (f64::from(p.0[0]) * (255.0 - dark) / 255.0) as u8;
        }
        let reading = desk.read(image);
        for q in ["q3", "q4", "q5", "q6"] {
            for c in ["co", "khong"] {
                assert_ne!(state(&reading, q, c), MarkState::Marked, "{depth} {q} {c}");
            }
        }
        nothing_silent(
            &reading,
            &[("q1", &["co"]), ("q2", &["khong"]), ("q4", &[])],
        );
    }
}

/// Why a page was read as it was can be looked at, and asking changes nothing.
#[test]
fn pictures_of_the_stages_are_written_on_demand() {
    let office = Office::new(SIX);
    let marked = ["q1.co", "q1.khong", "q2.co", "q3.co"];
    office.scan("quét/trang một.png", 1, None, &marked);
    fs::write(office.path("quét/z hỏng.png"), b"not a picture").unwrap();
    let plain = [
        "read",
        "quét",
        "--templates",
        "mẫu phiếu",
        "--format",
        "csv",
    ];
    let before = office.says(1, &plain);
    let after = office.says(1, &[&plain[..], &["--debug", "các bước"]].concat());
    let without_ms = |text: &str| -> Vec<String> {
        let cut = |l: &str| l.rsplit_once(',').map(|l| l.0.to_owned());
        text.lines().filter_map(cut).collect()
    };
    assert_eq!(without_ms(&before), without_ms(&after));
    let mut names: Vec<String> = fs::read_dir(office.path("các bước"))
        .unwrap()
        .map(|e| e.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(
        names,
        [
            "00001-trang một-p0-1-anchors.png",
            "00001-trang một-p0-2-registration.png",
            "00001-trang một-p0-3-boxes.png"
        ]
    );
    let boxes = image::open(office.path("các bước").join(&names[2]))
        .unwrap()
        .to_rgb8();
    let orange_or_green = boxes.pixels().filter(|p| p.0 == [0, 130, 50]).count();
    assert!(orange_or_green > 100, "both crosses are outlined in green");
}
