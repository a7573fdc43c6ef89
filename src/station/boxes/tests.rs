//! What is printed, with the longest that may be said.

use super::cover::{CoverOf, CoverPaper, cover_page};
use super::minutes::{MinutesPaper, minutes_pdf};
use crate::form::code::Key;
use crate::form::paper::grouped;
use crate::form::plain_pdf;
use crate::page::{DecodeLimits, PageFile};
use crate::read::{ProblemCode, ReadOptions, Reader};
use crate::station::LocalTime;
use crate::store::{BoxRow, Head, Minutes, OpeningRow, Present, Store, sample};

fn pictures(pdf: Vec<u8>) -> Vec<crate::page::Scan> {
    let file = PageFile::from_bytes(pdf, &DecodeLimits::default()).unwrap();
    (0..file.page_count())
        .map(|i| file.page(i).unwrap())
        .collect()
}

/// The longest that may be said of a box, and its row.
fn verbose() -> (BoxRow, Minutes) {
    let long = |n: usize| {
        "Ủy ban nhân dân xã Nghĩa Thuận "
            .chars()
            .cycle()
            .take(n)
            .collect()
    };
    let dir = tempfile::tempdir().unwrap();
    let actor = crate::store::Actor::program();
    let store = Store::create(&dir.path().join("db"), "0123", "test", actor).unwrap();
    let key = store.note_box("hom-so-1", Some("ngoc-ha")).unwrap();
    let row = BoxRow {
        // With a character that no font of the build has.
        unit_name: Some(long(300) + " 👍"),
        ..store.box_row(key).unwrap()
    };
    let m = Minutes {
        opened: "25/11/2026 14:30".into(),
        place: long(299),
        present: vec![
            Present {
                name: long(99),
                role: long(149)
            };
            20
        ],
        lock_whole: false,
        seal_whole: false,
        remark: Some(long(299)),
        told: Some(long(299)),
        counted: 1_000_000,
    };
    (row, m)
}

#[test]
fn the_longest_minutes_keep_their_margins() {
    let (row, m) = verbose();
    let opening = OpeningRow {
        number: 1,
        minutes: m,
        corrects: None,
        why: None,
        person: "x".into(),
        recorded: "2026-11-25T04:10:11.123Z".into(),
    };
    let corrected = OpeningRow {
        minutes: Minutes {
            counted: 7,
            ..opening.minutes.clone()
        },
        corrects: Some(1),
        why: Some("đếm lại ".repeat(30)),
        ..opening.clone()
    };
    let head = Head {
        number: 1,
        hash: "0123456789".repeat(6),
    };
    let office = [
        row.unit_name.clone().unwrap(),
        row.unit_name.clone().unwrap(),
    ];
    let paper = MinutesPaper {
        campaign: row.unit_name.as_deref(),
        office: &office,
        ballot_box: &row,
        openings: &[opening, corrected],
        head: &head,
        local: LocalTime::VIETNAM,
    };
    let pages = pictures(minutes_pdf(&paper).unwrap().unwrap());
    assert!(pages.len() > 2);
    for page in &pages {
        let (w, h) = page.image.dimensions();
        let mm = |n: u32| n * w / 210;
        let inked = page.image.enumerate_pixels().any(|(x, y, p)| {
            let outside = x < mm(15) || x > w - mm(12) || y < mm(6) || y > h - mm(5);
            outside && p.0[0] < 128
        });
        assert!(!inked);
    }
}

#[test]
fn long_names_do_not_run_into_the_codes_of_a_cover_sheet() {
    let (row, m) = verbose();
    let of = CoverOf {
        ballot_box: &row,
        minutes: Some(&m),
    };
    let reader = Reader::new(vec![sample::layout("f", 1)], ReadOptions::default());
    for paper in [CoverPaper::A4, CoverPaper::A5] {
        let key = Key::public();
        let page = cover_page(row.unit_name.as_deref(), "0123456789", &of, paper, &key).unwrap();
        for draw in &page.draws {
            for ink in draw.ink() {
                let hit = page
                    .symbols
                    .iter()
                    .any(|(r, _)| r.inflate(3.0, 3.0).intersects(&ink));
                assert!(!hit, "{ink:?}");
            }
        }
        let pdf = plain_pdf("x", &[page]).unwrap();
        let reading = reader.read(&pictures(pdf)[0]);
        assert!(reading.has(ProblemCode::CoverSheet));
    }
}

#[test]
fn digits_are_grouped_as_vietnamese_writes_them() {
    let said: Vec<String> = [0, 148, 4500, 1_000_000].map(grouped).into();
    assert_eq!(said, ["0", "148", "4.500", "1.000.000"]);
}
