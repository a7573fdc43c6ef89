//! A word beside a mark may take it back ("nhầm"): a person looks.

use crate::paper::{Desk, ROWS, answered, stroke};
use image::{GrayImage, imageops};
use phieu::form::{BoxSpec, Library, PageLayout, PrintedWord};
use phieu::geometry::{MmPoint, MmRect};
use phieu::read::{AnswerState, MarkState, PageReading, ReadOptions, Reader};
use phieu::synth::{Drawn, Level, PenStroke, PlacedMark, Simulator, Staged};

fn read(desk: &Desk, image: &GrayImage) -> PageReading {
    desk.read(imageops::blur(image, 0.7))
}

/// Letters `n` and `i` of 1.5 mm, from a place on.
fn word(image: &mut GrayImage, (x, y): (f64, f64), letters: usize, darkness: f64) {
    for k in 0..letters {
        let x = x + 1.5 * k as f64;
        for (from, to) in [
            ((0.0, 0.0), (0.0, 1.5)),
            ((0.0, 0.5), (0.9, 0.1)),
            ((0.9, 0.1), (0.9, 1.5)),
        ] {
            let at = |p: (f64, f64)| (x + p.0, y + p.1);
            stroke(image, at(from), at(to), 0.3, darkness);
        }
    }
}

/// A cross with a word beside it was once read as an answer.
#[test]
fn a_word_beside_a_mark_asks() {
    let desk = Desk::of_rows();
    let right = |b: &MmRect| (b.max_x() + 2.0, b.min_y() + 1.4);
    let left = |b: &MmRect| (b.min_x() - 7.4, b.min_y() + 1.4);
    for place in [&right as &dyn Fn(&MmRect) -> (f64, f64), &left] {
        let mut image = desk.rows(&ROWS);
        let marked = desk.of_row("yt7-1");
        word(&mut image, place(&marked), 3, 0.8);
        let reading = read(&desk, &image);
        assert!(reading.answers["yt7-1"].state.needs_person());
        for row in ROWS.iter().filter(|row| **row != "yt7-1") {
            assert!(answered(&reading, row), "{row}");
        }
    }
}

/// What a hand leaves in a row without meaning it, and what shows through from the
/// other side, is no word.
#[test]
fn specks_tails_and_print_of_the_other_side_are_no_words() {
    let desk = Desk::of_rows();
    let mut image = desk.rows(&ROWS);
    for row in ROWS {
        let b = desk.of_row(row);
        // Specks, and print that shows through.
        for (dx, dy) in [(2.3, 1.0), (4.0, 3.0), (5.5, 0.5)] {
            let at = (b.max_x() + dx, b.min_y() + dy);
            stroke(&mut image, at, at, 0.4, 0.9);
        }
        word(&mut image, (b.min_x() - 7.0, b.min_y() + 1.4), 3, 0.12);
        // The long tail of this row's cross, which reaches into the row above.
        let from = (b.max_x() - 0.5, b.min_y() + 0.5);
        stroke(&mut image, from, (from.0 + 3.0, from.1 - 3.8), 0.5, 1.0);
    }
    let reading = read(&desk, &image);
    for row in ROWS {
        assert!(answered(&reading, row), "{row}");
    }
    let marked = |m: &&phieu::read::Mark| m.state == MarkState::Marked;
    assert_eq!(reading.marks.iter().filter(marked).count(), ROWS.len());
}

/// A word that runs through an empty box was once read as its mark.
#[test]
fn a_word_through_a_box_asks() {
    let desk = Desk::of_rows();
    let others: Vec<&str> = ROWS.into_iter().filter(|row| *row != "yt7-1").collect();
    let mut image = desk.rows(&others);
    let b = desk.place_on(2, "yt7-1.binh-thuong");
    // Joined letters, from 8 mm beside the box into it.
    for k in 0..7 {
        let x = b.min_x() - 8.0 + 1.5 * f64::from(k);
        let (low, high) = (b.min_y() + 3.0, b.min_y() + 1.0);
        stroke(&mut image, (x, low), (x + 0.8, high), 0.4, 0.8);
        stroke(&mut image, (x + 0.8, high), (x + 1.5, low), 0.4, 0.8);
    }
    let reading = read(&desk, &image);
    assert!(reading.answers["yt7-1"].state.needs_person());
    assert!(answered(&reading, "yt7-2"));
}

/// The first page of `ba-dinh-2022` as simulated people fill it, print and all.
struct Printed {
    simulator: Simulator,
    reader: Reader,
}

impl Printed {
    fn new() -> Self {
        let library = Library::load(&[]).unwrap();
        let form = library.resolve("ba-dinh-2022").unwrap();
        Self {
            simulator: Simulator::for_form(&form, Level::Clean, 3).unwrap(),
            reader: Reader::new(library.layouts(), ReadOptions::default()),
        }
    }

    fn page(&self) -> &PageLayout {
        &self.simulator.layout().pages[0]
    }

    /// The first box of a question.
    fn first(&self, question: &str) -> usize {
        let of = |b: &BoxSpec| b.question == question;
        self.page().boxes.iter().position(of).unwrap()
    }

    /// The word right of it.
    fn label(&self, question: &str) -> &PrintedWord {
        let place = self.page().boxes[self.first(question)].rect;
        let beside = |word: &&PrintedWord| {
            let (aside, middle) = (word.rect.min_x() - place.max_x(), word.rect.center().y);
            (0.0..6.0).contains(&aside) && (middle - place.center().y).abs() < 2.0
        };
        self.page().words.iter().find(beside).unwrap()
    }

    /// What is read of the sheet of the `n`th person, who crosses the first boxes of these
    /// questions and draws these strokes besides.
    fn read(&self, n: u64, crossed: &[&str], strokes: Vec<PenStroke>) -> PageReading {
        let who = self.simulator.respondent(n);
        let mark = |question: &&str| PlacedMark {
            at: self.first(question),
            drawn: Drawn::Cross,
        };
        let staged = Staged {
            page: 1,
            conditions: self.simulator.plan(n)[0].conditions.clone(),
            pen: who.pen,
            hand: who.hand,
            marks: crossed.iter().map(mark).collect(),
            strokes,
        };
        self.reader
            .read(&self.simulator.stage(n, &staged).unwrap().scan)
    }
}

/// Letters from the left of a word of print to its right, no larger than that.
fn over(label: &PrintedWord) -> Vec<PenStroke> {
    let (low, high) = (label.rect.max_y() + 0.3, label.rect.min_y() - 0.3);
    let letters = (label.rect.width() / 1.5) as usize;
    let up_and_down = (0..letters).flat_map(|k| {
        let x = label.rect.min_x() + 1.5 * k as f64;
        [(x, low), (x + 0.3, high), (x + 1.0, low), (x + 1.3, high)]
    });
    vec![PenStroke {
        points: up_and_down.map(|(x, y)| MmPoint::new(x, y)).collect(),
        width_mm: 0.4,
        darkness: 0.6,
        grain: 0.2,
    }]
}

/// A word over the label of a marked box was once seen by nothing: ink is not looked for
/// where there is print. How black that print is, is known.
#[test]
fn a_word_over_a_label_asks_and_the_label_alone_does_not() {
    let printed = Printed::new();
    let questions = &printed.simulator.layout().questions;
    let questions: Vec<&str> = questions.iter().map(|q| q.id.as_str()).collect();
    for n in 0..4 {
        let alone = printed.read(n, &questions, Vec::new());
        for question in &questions {
            assert_eq!(alone.answers[*question].state, AnswerState::Answered);
        }
        let written = printed.read(n, &questions, over(printed.label("q4")));
        assert!(written.answers["q4"].state.needs_person(), "{n}");
        for question in questions.iter().filter(|q| **q != "q4") {
            assert_eq!(written.answers[*question].state, AnswerState::Answered);
        }
    }
}

/// Who means a box may cross the word beside it and leave the box empty: such a question was
/// once read as blank.
#[test]
fn a_cross_on_a_label_asks_and_a_blank_question_does_not() {
    let printed = Printed::new();
    let ends = printed.label("q4").rect.inflate(0.2, 0.6);
    let (x0, x1, y0, y1) = (ends.min_x(), ends.max_x(), ends.min_y(), ends.max_y());
    let pen = |from: (f64, f64), to: (f64, f64)| PenStroke {
        points: [from, to].map(|(x, y)| MmPoint::new(x, y)).to_vec(),
        width_mm: 0.45,
        darkness: 0.7,
        grain: 0.1,
    };
    let cross = [pen((x0, y0), (x1, y1)), pen((x0, y1), (x1, y0))];
    let others = ["q1", "q2", "q3", "q5", "q7", "q8"];
    for n in 0..4 {
        let blank = printed.read(n, &others, Vec::new());
        assert_eq!(blank.answers["q4"].state, AnswerState::Blank, "{n}");
        let crossed = printed.read(n, &others, cross.to_vec());
        assert!(crossed.answers["q4"].state.needs_person(), "{n}");
        assert_eq!(crossed.answers["q6"].state, AnswerState::Blank, "{n}");
    }
}
