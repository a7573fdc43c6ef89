//! The same paper scanned again without a serial is found by what the pen left
//! in its boxes, and two people's papers are told apart even where they say the
//! same.
//!
//! `cargo test --test seen_twice` compares a few sheets. The figures of
//! `docs/batches.md`:
//!
//! ```text
//! cargo test --test seen_twice -- --ignored --nocapture
//! ```
#![allow(clippy::unwrap_used, clippy::panic)]

use phieu::form::Library;
use phieu::read::sketch::{LEAST_BOXES, LEAST_MEAN, LEAST_MEAN_OF_FEW, Sketch};
use phieu::read::{ReadOptions, Reader};
use phieu::synth::{Level, Scanner, Simulator};
use rayon::prelude::*;

/// Sketches of the first pages of a form's sheets, scanned for the n-th time.
fn sketches(form: &str, level: Level, scan: u64, scanner: Scanner, sheets: u64) -> Vec<Sketch> {
    let library = Library::load(&[]).unwrap();
    let reader = Reader::new(library.layouts(), ReadOptions::default());
    let form = library.forms().find(|f| f.layout.form == form).unwrap();
    let simulator = Simulator::for_form(form, level, 2026).unwrap();
    (0..sheets)
        .into_par_iter()
        .map(|n| {
            let sheet = simulator.sheet_again(n, scan, scanner).unwrap();
            let page = &sheet.pages[0].scan;
            Sketch::of(&page.image, &reader.read(page))
        })
        .collect()
}

#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Share {
    of: u64,
    suspected: u64,
}

impl Share {
    fn add(&mut self, suspected: bool) {
        self.of += 1;
        self.suspected += u64::from(suspected);
    }
}

/// Rescans that are suspected, and pairs of different people's sheets. Two
/// sheets with the same answers have all their marked boxes in common; few are
/// drawn so, thus pairs are judged by the boxes that they share, which is the
/// same to the comparison.
fn compare(form: &str, level: Level, scanner: Scanner, sheets: u64) -> (Share, Share) {
    let first = sketches(form, level, 0, scanner, sheets);
    let again = sketches(form, level, 1, scanner, sheets);
    let (mut same, mut different) = (Share::default(), Share::default());
    let mut missed: Vec<(usize, f32)> = Vec::new();
    // By boxes in common: 1, 2, 3, 4, 5 to 8, more; pairs, and their means in
    // steps of 0.05 from 0.6.
    let class = |boxes: usize| match boxes {
        0..=4 => boxes.saturating_sub(1),
        5..=8 => 4,
        _ => 5,
    };
    let step = |mean: f32| (((mean - 0.6).max(0.0) * 20.0) as usize).min(7);
    let mut by_boxes = [[[0u64; 8]; 6]; 2];
    for (i, a) in again.iter().enumerate() {
        for (j, b) in first.iter().enumerate() {
            let like = a.likeness(b);
            let which = usize::from(i != j);
            if like.boxes > 0 {
                by_boxes[which][class(like.boxes)][step(like.mean)] += 1;
            }
            if i == j {
                // A sheet with fewer marks cannot be told; it is counted as missed.
                same.add(like.is_suspect());
                if !like.is_suspect() {
                    missed.push((like.boxes, like.mean));
                }
            } else if like.boxes >= LEAST_BOXES {
                different.add(like.is_suspect());
            }
        }
    }
    eprintln!(
        "{form}, {level}, {scanner:?} scanner, {sheets} sheets: {} of {} rescans suspected; \
         {} of {} pairs of other people's sheets with {LEAST_BOXES} or more boxes in common \
         (limit {LEAST_MEAN}, of few boxes {LEAST_MEAN_OF_FEW})\n    missed {missed:?}",
        same.suspected, same.of, different.suspected, different.of
    );
    for (which, what) in ["rescans", "others"].iter().enumerate() {
        eprintln!("    {what} {:?}", by_boxes[which]);
    }
    (same, different)
}

#[test]
fn a_rescan_is_suspected_and_other_peoples_sheets_are_not() {
    let (same, different) = compare("ba-dinh-2022", Level::Office, Scanner::Another, 10);
    assert!(same.suspected >= 8, "{same:?}");
    assert_eq!(different.suspected, 0, "{different:?}");
}

#[test]
#[ignore = "minutes; see the command above"]
fn all_forms() {
    let library = Library::load(&[]).unwrap();
    let forms: Vec<String> = library.forms().map(|f| f.layout.form.clone()).collect();
    for form in forms {
        for level in [Level::Office, Level::Hard] {
            compare(&form, level, Scanner::Another, sheets());
        }
    }
}

/// Of each form and level; fewer for a look in between.
fn sheets() -> u64 {
    let said = std::env::var("SHEETS").ok();
    said.and_then(|s| s.parse().ok()).unwrap_or(200)
}
