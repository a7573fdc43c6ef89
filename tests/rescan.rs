//! The same sheet scanned again says the same: no mark goes from marked to
//! unmarked or back, whatever the feed, the noise and the file (VVSG 2.0,
//! 1.1.6-K). A mark may become marginal and a page unreadable: a person looks.
//!
//! `cargo test --test rescan` scans a few sheets. The full proof, 500 sheets
//! five times each, both levels, the same scanner and another one, one level alone by
//! its test's name:
//!
//! ```text
//! cargo test --release --test rescan -- --ignored --nocapture
//! ```
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeMap;
use std::fmt::Write as _;

use phieu::form::{Library, LoadedForm};
use phieu::read::{MarkState, PageReading, ReadOptions, Reader, Status};
use phieu::synth::{Level, Scanner, SimulatedPage, Simulator};
use rayon::prelude::*;

/// So often each sheet is scanned.
const SCANS: u64 = 5;

/// What came of scanning sheets again.
#[derive(Debug, Default)]
struct Found {
    pages: u64,
    unreadable: u64,
    boxes: u64,
    /// Boxes that were the same certain state in all scans.
    constant: u64,
    /// Boxes that were certain in some scans and marginal in others.
    wavering: u64,
    /// Boxes that were marginal wherever the page was read.
    marginal: u64,
    /// Boxes that were marked in one scan and unmarked in another, and how to
    /// see them again.
    flips: Vec<String>,
    /// The same for certain answers of a question that differ.
    answers: Vec<String>,
}

impl Found {
    fn join(mut self, other: Self) -> Self {
        self.pages += other.pages;
        self.unreadable += other.unreadable;
        self.boxes += other.boxes;
        self.constant += other.constant;
        self.wavering += other.wavering;
        self.marginal += other.marginal;
        self.flips.extend(other.flips);
        self.answers.extend(other.answers);
        self
    }

    /// Compares the scans of one page.
    fn page(&mut self, label: &str, scans: &[(SimulatedPage, PageReading)]) {
        self.pages += scans.len() as u64;
        let read: Vec<(usize, &PageReading)> = scans
            .iter()
            .enumerate()
            .filter(|(_, (_, reading))| reading.status != Status::Unreadable)
            .map(|(scan, (_, reading))| (scan, reading))
            .collect();
        self.unreadable += (scans.len() - read.len()) as u64;
        let Some((_, first)) = read.first() else {
            return;
        };
        for (i, mark) in first.marks.iter().enumerate() {
            let states: Vec<(usize, MarkState)> = read
                .iter()
                .map(|(scan, r)| {
                    assert_eq!(r.marks[i].question, mark.question);
                    (*scan, r.marks[i].state)
                })
                .collect();
            let has = |state| states.iter().any(|(_, s)| *s == state);
            self.boxes += 1;
            if has(MarkState::Marked) && has(MarkState::Unmarked) {
                let drawn = scans[0].0.truth.questions.iter().find_map(|q| {
                    let of = |b: &&phieu::synth::BoxTruth| b.choice == mark.choice;
                    (q.id == mark.question).then(|| q.boxes.iter().find(of))
                });
                self.flips.push(format!(
                    "{label} {}.{} {:?}: {states:?}",
                    mark.question,
                    mark.choice,
                    drawn.flatten().and_then(|b| b.drawn)
                ));
            } else if !has(MarkState::Marginal) {
                self.constant += 1;
            } else if has(MarkState::Marked) || has(MarkState::Unmarked) {
                self.wavering += 1;
            } else {
                self.marginal += 1;
            }
        }
        for question in first.answers.keys() {
            let mut certain: BTreeMap<Vec<String>, Vec<usize>> = BTreeMap::new();
            for (scan, reading) in &read {
                let answer = &reading.answers[question];
                if !answer.state.needs_person() {
                    let said = certain.entry(answer.choices.clone()).or_default();
                    said.push(*scan);
                }
            }
            if certain.len() > 1 {
                self.answers
                    .push(format!("{label} {question}: {certain:?}"));
            }
        }
    }

    fn said(&self, what: &str) -> String {
        let mut out = format!(
            "{what}: {} page images, {} unreadable; {} boxes: {} always the same, {} always \
             marginal, {} certain or marginal by scan, {} flipped; {} questions with two answers\n",
            self.pages,
            self.unreadable,
            self.boxes,
            self.constant,
            self.marginal,
            self.wavering,
            self.flips.len(),
            self.answers.len()
        );
        for line in self.flips.iter().chain(&self.answers) {
            writeln!(out, "    {line}").unwrap();
        }
        out
    }
}

/// Scans `sheets` sheets, shared among the forms that ship, [`SCANS`] times.
fn scan_again(level: Level, scanner: Scanner, sheets: u64, seed: u64) -> Found {
    let library = Library::load(&[]).unwrap();
    let reader = Reader::new(library.layouts(), ReadOptions::default());
    let forms: Vec<&LoadedForm> = library.forms().collect();
    let found = forms
        .iter()
        .enumerate()
        .map(|(at, form)| {
            let simulator = Simulator::for_form(form, level, seed).unwrap();
            (0..sheets)
                .into_par_iter()
                .filter(|n| *n as usize % forms.len() == at)
                .map(|n| one_sheet(&simulator, &reader, n, scanner))
                .reduce(Found::default, Found::join)
        })
        .fold(Found::default(), Found::join);
    let sheets = format!("{level}, {scanner:?} scanner, seed {seed}, {sheets} sheets x {SCANS}");
    eprint!("{}", found.said(&sheets));
    found
}

fn one_sheet(simulator: &Simulator, reader: &Reader, n: u64, scanner: Scanner) -> Found {
    let mut scans: Vec<Vec<(SimulatedPage, PageReading)>> = Vec::new();
    scans.resize_with(simulator.pages_per_sheet(), Vec::new);
    for scan in 0..SCANS {
        let sheet = simulator.sheet_again(n, scan, scanner).unwrap();
        for (mut page, of_page) in sheet.pages.into_iter().zip(&mut scans) {
            let reading = reader.read(&page.scan);
            // Of a hundred megabytes a sheet only the truth is needed again.
            page.scan.image = image::GrayImage::default();
            of_page.push((page, reading));
        }
    }
    let mut found = Found::default();
    for of_page in &scans {
        let truth = &of_page[0].0.truth;
        let label = format!("{} sheet {n} page {}", truth.form, truth.page);
        found.page(&label, of_page);
    }
    found
}

#[test]
fn an_office_sheet_scanned_again_says_the_same() {
    for scanner in [Scanner::Same, Scanner::Another] {
        let found = scan_again(Level::Office, scanner, 12, 7);
        assert_eq!(
            found.pages, 90,
            "twelve sheets, of which six have two pages"
        );
        assert_eq!(found.flips, [""; 0]);
        assert_eq!(found.answers, [""; 0]);
    }
}

#[test]
fn a_hard_sheet_scanned_again_says_the_same() {
    let found = scan_again(Level::Hard, Scanner::Same, 12, 7);
    assert_eq!(found.flips, [""; 0]);
    assert_eq!(found.answers, [""; 0]);
}

#[test]
#[ignore = "minutes; see the command above"]
fn five_hundred_office_sheets_five_times() {
    for scanner in [Scanner::Same, Scanner::Another] {
        let found = scan_again(Level::Office, scanner, 500, 2026);
        assert_eq!(found.flips, [""; 0]);
        assert_eq!(found.answers, [""; 0]);
    }
}

#[test]
#[ignore = "minutes; see the command above"]
fn five_hundred_hard_sheets_five_times() {
    for scanner in [Scanner::Same, Scanner::Another] {
        let found = scan_again(Level::Hard, scanner, 500, 2026);
        assert_eq!(found.flips, [""; 0]);
        assert_eq!(found.answers, [""; 0]);
    }
}
