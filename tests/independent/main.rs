//! An independent check of the reader: a second simulator of people, paper and
//! scanners, which shares nothing with the one that the reader was tuned by.
//!
//! The library is asked for three things only: the printed forms with their
//! geometry, the decoding of image files, and the reading of a page. The
//! levels are described in [`level`].
//!
//! More than the small test:
//! `PHIEU_INDEPENDENT_LEVEL=hard PHIEU_INDEPENDENT_SEED=7
//! PHIEU_INDEPENDENT_SHEETS=500 cargo test --release --test independent --
//! --ignored --nocapture`; with `PHIEU_INDEPENDENT_DIR` images of silent
//! errors and of unreadable pages are kept there, with
//! `PHIEU_INDEPENDENT_FLAGGED` also crops of clear questions that were
//! flagged. `PHIEU_INDEPENDENT_SHEET` makes one sheet only and, with the
//! directory, keeps all its images.
#![allow(clippy::unwrap_used, clippy::panic)]

mod answers;
mod base;
mod canvas;
mod dice;
mod hand;
mod judge;
mod level;
mod paper;
mod place;
mod save;
mod scanner;
mod sheet;
mod writing;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::OnceLock;

use answers::Meant;
use base::Bases;
use judge::{Outcome, Run};
use level::Level;
use phieu::read::{ReadOptions, Reader};
use sheet::{Seen, Sheet, Shot};

/// What all tests of this file share.
const SEED: u64 = 1;

fn bases() -> &'static Bases {
    static BASES: OnceLock<Bases> = OnceLock::new();
    BASES.get_or_init(|| Bases::load(SEED, true))
}

fn small(level: &'static Level, sheets: u64) -> Outcome {
    let reader = Reader::new(bases().layouts.clone(), ReadOptions::default());
    let run = Run {
        bases: bases(),
        reader: &reader,
        level,
        seed: SEED,
        keep: save::Keep::default(),
    };
    let outcome = run.sheets(0..sheets);
    println!("{}", line(level, SEED, &outcome));
    outcome
}

#[test]
fn office_sheets_are_read_without_a_silent_error() {
    let outcome = small(&level::OFFICE, 24);
    assert!(outcome.silent.is_empty(), "{:#?}", outcome.silent);
    assert!(outcome.flagged_share() < 0.02, "{:#?}", outcome.reasons);
    assert!(
        outcome.clear * 10 > outcome.questions * 9,
        "hardly any question is clear"
    );
}

#[test]
fn hard_sheets_are_read_without_a_silent_error() {
    let outcome = small(&level::HARD, 24);
    assert!(outcome.silent.is_empty(), "{:#?}", outcome.silent);
    assert!(outcome.flagged_share() < 0.2, "{:#?}", outcome.reasons);
}

/// The same choices give the same bytes, on any thread and in any order.
#[test]
fn an_image_depends_on_seed_level_and_sheet_alone() {
    let bytes = |seed, level, number| {
        let sheet = Sheet::new(bases(), level, seed, number);
        (0..sheet.pages())
            .map(|i| sheet.shoot(i).bytes)
            .collect::<Vec<_>>()
    };
    let first = bytes(SEED, &level::OFFICE, 3);
    let again = std::thread::spawn(move || bytes(SEED, &level::OFFICE, 3));
    assert!(bytes(SEED, &level::OFFICE, 4) != first);
    assert!(bytes(SEED + 1, &level::OFFICE, 3) != first);
    assert!(bytes(SEED, &level::HARD, 3) != first);
    assert!(again.join().unwrap() == first);
}

/// What is called clear is so: counting dark pixels where the truth says that
/// the boxes are finds the same answers, without any reader.
#[test]
fn clear_questions_can_be_read_by_counting_dark_pixels() {
    let (mut questions, mut wrong) = (0, Vec::new());
    for number in 0..10 {
        let sheet = Sheet::new(bases(), &level::OFFICE, SEED, number);
        let layout = bases().forms[sheet.form].layout();
        for index in 0..sheet.pages() {
            let shot = sheet.shoot(index);
            for q in shot.questions.iter().filter(|q| q.clear) {
                let marked: BTreeSet<String> = q
                    .boxes
                    .iter()
                    .filter(|b| dark_mm2(&shot, shot.boxes_px[**b]) > 0.5)
                    .map(|b| layout.pages[index].boxes[*b].choice.clone())
                    .collect();
                questions += 1;
                if q.meant != Meant::Choices(marked.clone()) {
                    wrong.push(format!("{number} {index} {q:?} {marked:?}"));
                }
            }
        }
    }
    assert!(questions > 100, "{questions}");
    assert!(wrong.is_empty(), "{questions}: {wrong:#?}");
}

/// Dark paper in the inner part of a box, mm².
fn dark_mm2(shot: &Shot, middle: place::P) -> f32 {
    let half = 1.5 * shot.per_mm;
    let span = |c: f32| ((c - half) as u32)..((c + half) as u32);
    let dark = span(middle.1)
        .flat_map(|y| span(middle.0).map(move |x| (x, y)))
        .filter(|(x, y)| shot.scan.image.get_pixel(*x, *y).0[0] < 190)
        .count();
    dark as f32 / (shot.per_mm * shot.per_mm)
}

/// A pen without ink leaves nothing: no such mark may count as seen, and no
/// question with one as clear.
#[test]
fn marks_that_left_nothing_are_not_called_clear() {
    let mut sheet = Sheet::new(bases(), &level::OFFICE, SEED, 1);
    let marks =
        |sheet: &Sheet<'_>| -> Vec<Shot> { (0..sheet.pages()).map(|i| sheet.shoot(i)).collect() };
    let seen = |shots: &[Shot], seen| {
        shots
            .iter()
            .flat_map(|s| &s.marks)
            .filter(|m| m.seen == seen)
            .count()
    };
    let with_ink = marks(&sheet);
    assert!(seen(&with_ink, Seen::Well) > 5);
    sheet.hand.pen.dark = 0.01;
    let without = marks(&sheet);
    assert_eq!(seen(&without, Seen::Well), 0);
    assert!(seen(&without, Seen::Vanished) > 5);
    for shot in &without {
        for q in shot.questions.iter().filter(|q| q.clear) {
            assert_eq!(q.meant, Meant::Choices(BTreeSet::new()), "{q:?}");
        }
    }
}

const HEAD: &str = "| level | seed | sheets | pages | boxes | questions | clear | silent | clear flagged | unreadable pages | unclear flagged | vanished | certain where nobody can say | ms making | ms reading |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|";

fn line(level: &Level, seed: u64, o: &Outcome) -> String {
    let unclear = o.questions - o.clear;
    format!(
        "| {} | {seed} | {} | {} | {} | {} | {} | {} | {} ({:.2} %) | {} | {} of {unclear} | {} | {} | {:.0} | {:.0} |",
        level.name,
        o.sheets,
        o.pages,
        o.boxes,
        o.questions,
        o.clear,
        o.silent.len(),
        o.clear_flagged,
        100.0 * o.flagged_share(),
        o.unreadable,
        o.other_flagged,
        o.vanished,
        o.bold,
        1000.0 * o.making_seconds / o.pages.max(1) as f64,
        1000.0 * o.reading_seconds / o.pages.max(1) as f64,
    )
}

fn number(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).map_or(otherwise, |v| v.parse().unwrap())
}

#[test]
#[ignore = "as long as one likes: for measuring"]
fn table() {
    let name = std::env::var("PHIEU_INDEPENDENT_LEVEL").unwrap_or("office".to_owned());
    let level = Level::by_name(&name).unwrap();
    let seed = number("PHIEU_INDEPENDENT_SEED", SEED);
    let dir = std::env::var_os("PHIEU_INDEPENDENT_DIR").map(PathBuf::from);
    let bases = Bases::load(seed, false);
    if let Some(dir) = &dir {
        std::fs::create_dir_all(dir).unwrap();
    }
    let reader = Reader::new(bases.layouts.clone(), ReadOptions::default());
    let run = Run {
        bases: &bases,
        reader: &reader,
        level,
        seed,
        keep: save::Keep {
            dir: dir.clone(),
            flagged: std::env::var_os("PHIEU_INDEPENDENT_FLAGGED").is_some(),
            prefix: format!("{name}-{seed}"),
        },
    };
    let only = std::env::var("PHIEU_INDEPENDENT_SHEET").ok();
    let outcome = match only.map(|v| v.parse::<u64>().unwrap()) {
        Some(n) => {
            if let Some(dir) = &dir {
                keep_all(&bases, level, seed, n, dir);
            }
            run.sheets(n..n + 1)
        }
        None => run.sheets(0..number("PHIEU_INDEPENDENT_SHEETS", 100)),
    };
    for s in &outcome.silent {
        println!(
            "SILENT sheet {} {} p{} {}: meant {}, said {}; {}; {}",
            s.sheet, s.form, s.page, s.question, s.meant, s.said, s.drawn, s.told
        );
    }
    for flagged in &outcome.flagged {
        println!("FLAGGED {flagged}");
    }
    println!(
        "reasons {:#?}
problems {:#?}
unclear {:#?}",
        outcome.reasons, outcome.problems, outcome.unclear
    );
    println!("{HEAD}\n{}", line(level, seed, &outcome));
    assert!(outcome.silent.is_empty(), "see SILENT above");
}

fn keep_all(bases: &Bases, level: &Level, seed: u64, number: u64, dir: &std::path::Path) {
    let sheet = Sheet::new(bases, level, seed, number);
    let layout = bases.forms[sheet.form].layout();
    for index in 0..sheet.pages() {
        let shot = sheet.shoot(index);
        let name = format!("sheet-{}-{seed}-{number}-p{}.png", level.name, shot.page);
        save::write(&shot.scan.image, &dir.join(name));
        println!("{} p{}: {}", layout.form, shot.page, shot.told);
        for q in &shot.questions {
            println!(
                "  {} {:?} clear {} {}",
                q.id,
                q.meant,
                q.clear,
                judge::drawn(q, &shot, layout)
            );
        }
    }
}
