//! An office prints a form: what comes out of the printer is where the layout
//! says, carries its codes, and is read back.

#![allow(clippy::expect_used)]

use std::collections::HashSet;

use phieu::form::code::{Key, Keyring, Payload};
use phieu::form::{Form, Job, Layout, Library, Sheet, pdf};
use phieu::page::{DecodeLimits, PageFile, Scan};
use phieu::read::{AnswerState, ReadOptions, Reader, Status};

fn form(id: &str) -> Form {
    let library = Library::load(&[]).unwrap();
    library.get(id).unwrap().designed().unwrap().clone()
}

fn render(bytes: Vec<u8>) -> Vec<Scan> {
    let file = PageFile::from_bytes(bytes, &DecodeLimits::default()).unwrap();
    (0..file.page_count())
        .map(|i| file.page(i).unwrap())
        .collect()
}

/// Where ink begins, from white, along a line of pixels: the place at which
/// the darkness summed up over the outline puts its outer edge, in px.
fn edge(profile: &[f64], line_px: f64) -> Option<f64> {
    // The centre of mass of an outline's darkness is its centre line; its outer
    // edge is half a line further out.
    let dark: f64 = profile.iter().sum();
    if dark < line_px * 0.5 {
        return None;
    }
    let moment: f64 = profile
        .iter()
        .enumerate()
        .map(|(i, d)| (i as f64 + 0.5) * d)
        .sum();
    Some(moment / dark - line_px / 2.0)
}

/// The largest distance between where box outlines are and where the layout
/// says, mm.
fn worst_box(scan: &Scan, layout: &Layout, page: u32) -> f64 {
    let page = layout.page(page).unwrap();
    let (w, h) = scan.image.dimensions();
    let (sx, sy) = (
        f64::from(w) / page.size.width,
        f64::from(h) / page.size.height,
    );
    let darkness = |x: u32, y: u32| (255.0 - f64::from(scan.image.get_pixel(x, y)[0])) / 255.0;
    let mut worst: f64 = 0.0;
    for b in &page.boxes {
        let r = b.rect;
        // Across the left edge at half height, and across the top edge at half
        // width: 1.2 mm from outside to inside.
        let y = (r.center().y * sy) as u32;
        let from = ((r.min_x() - 0.6) * sx).round() as u32;
        let profile: Vec<f64> = (0..(1.2 * sx) as u32)
            .map(|i| darkness(from + i, y))
            .collect();
        let at = edge(&profile, b.outline_mm * sx).expect("no left edge") + f64::from(from);
        worst = worst.max((at / sx - r.min_x()).abs());
        let x = (r.center().x * sx) as u32;
        let from = ((r.min_y() - 0.6) * sy).round() as u32;
        let profile: Vec<f64> = (0..(1.2 * sy) as u32)
            .map(|i| darkness(x, from + i))
            .collect();
        let at = edge(&profile, b.outline_mm * sy).expect("no top edge") + f64::from(from);
        worst = worst.max((at / sy - r.min_y()).abs());
    }
    worst
}

#[test]
fn boxes_are_printed_where_the_layout_says() {
    for id in ["ba-dinh-2022", "tien-giang-2024"] {
        let form = form(id);
        let sheet = Sheet::compose(&form).unwrap();
        let scans = render(pdf(&form, &sheet, &Job::master()).unwrap());
        assert_eq!(scans.len(), sheet.layout.pages.len());
        for (i, scan) in scans.iter().enumerate() {
            let worst = worst_box(scan, &sheet.layout, i as u32 + 1);
            assert!(worst < 0.05, "{id}: {worst} mm");
        }
    }
}

#[test]
fn nothing_is_printed_outside_what_the_layout_declares() {
    let form = form("ba-dinh-2022");
    let sheet = Sheet::compose(&form).unwrap();
    let scan = render(pdf(&form, &sheet, &Job::master()).unwrap()).remove(0);
    let page = &sheet.layout.pages[0];
    let declared: Vec<_> = page
        .ink
        .iter()
        .chain(page.boxes.iter().map(|b| &b.rect))
        .chain(page.anchors.iter().map(|a| &a.rect))
        .chain(page.codes.iter().map(|c| &c.rect))
        // Antialiasing reaches one pixel, 0.085 mm, further.
        .map(|r| r.inflate(0.15, 0.15))
        .collect();
    let (w, h) = scan.image.dimensions();
    for (x, y, p) in scan.image.enumerate_pixels() {
        if p[0] < 128 {
            let mm = euclid::point2(
                (f64::from(x) + 0.5) / f64::from(w) * page.size.width,
                (f64::from(y) + 0.5) / f64::from(h) * page.size.height,
            );
            assert!(declared.iter().any(|r| r.contains(mm)), "ink at {mm:?} mm");
        }
    }
}

#[test]
fn every_copy_has_its_own_serial_on_all_its_pages() {
    let form = form("tien-giang-2024");
    let sheet = Sheet::compose(&form).unwrap();
    let job = Job {
        copies: 3,
        serial_from: Some(41),
        unit: Some("Bo-phan_1C".to_owned()),
        ballot_box: Some("H2".to_owned()),
        ..Job::master()
    };
    let reader = Reader::new(vec![sheet.layout.clone()], ReadOptions::default());
    let scans = render(pdf(&form, &sheet, &job).unwrap());
    assert_eq!(scans.len(), 6);
    let mut serials = Vec::new();
    for (i, scan) in scans.iter().enumerate() {
        let reading = reader.read(scan);
        assert_eq!(reading.status, Status::Clean, "{:?}", reading.problems);
        assert_eq!(reading.page, Some(i as u32 % 2 + 1));
        assert_eq!(reading.unit.as_deref(), Some("Bo-phan_1C"));
        assert_eq!(reading.ballot_box.as_deref(), Some("H2"));
        assert!(
            reading
                .answers
                .values()
                .all(|a| a.state == AnswerState::Blank)
        );
        serials.push(reading.serial.unwrap());
    }
    let expected: Vec<String> = job.serials(&sheet.layout.digest).collect();
    assert_eq!(
        serials.chunks(2).map(|c| c[0].clone()).collect::<Vec<_>>(),
        expected
    );
    assert!(serials.chunks(2).all(|c| c[0] == c[1]));
}

#[test]
fn a_thousand_serials_differ_and_a_reprint_continues() {
    let digest = "0123456789";
    let job = |copies, from| Job {
        copies,
        serial_from: Some(from),
        ..Job::master()
    };
    let all: Vec<String> = job(1000, 1).serials(digest).collect();
    assert_eq!(all.iter().collect::<HashSet<_>>().len(), 1000);
    let first: Vec<String> = job(400, 1).serials(digest).collect();
    let rest: Vec<String> = job(600, 401).serials(digest).collect();
    assert_eq!([first, rest].concat(), all);
}

#[test]
fn the_same_job_gives_the_same_bytes_and_copies_cost_little() {
    let form = form("ba-dinh-2022");
    let sheet = Sheet::compose(&form).unwrap();
    let job = |copies| Job {
        copies,
        serial_from: Some(7),
        ..Job::master()
    };
    let one = pdf(&form, &sheet, &job(1)).unwrap();
    assert_eq!(one, pdf(&form, &sheet, &job(1)).unwrap());
    let many = pdf(&form, &sheet, &job(21)).unwrap();
    let each = (many.len() - one.len()) / 20;
    // The shared page is in the file once; a copy adds its codes.
    assert!(each < 4000, "{each} bytes a copy");
}

#[test]
fn a_sheet_of_another_key_is_said_to_be_forged() {
    let form = form("ba-dinh-2022");
    let sheet = Sheet::compose(&form).unwrap();
    let job = Job {
        serial_from: Some(1),
        key: Key::generate().unwrap(),
        ..Job::master()
    };
    let scan = render(pdf(&form, &sheet, &job).unwrap()).remove(0);
    let read = |keys| {
        let options = ReadOptions {
            keys,
            ..ReadOptions::default()
        };
        Reader::new(vec![sheet.layout.clone()], options).read(&scan)
    };
    assert_eq!(read(Keyring::public()).serial, None);
    assert_ne!(read(Keyring::public()).status, Status::Clean);
    let serial = job.serials(&sheet.layout.digest).next();
    assert_eq!(read(Keyring::new(vec![job.key.clone()])).serial, serial);
}

#[test]
fn a_unit_that_the_code_cannot_hold_is_refused() {
    let form = form("ba-dinh-2022");
    let sheet = Sheet::compose(&form).unwrap();
    let job = Job {
        unit: Some("Phường Kim Mã".to_owned()),
        ..Job::master()
    };
    let error = pdf(&form, &sheet, &job).unwrap_err().to_string();
    assert!(error.contains("unit") && error.contains("Kim"), "{error}");
    assert!(Payload::parse("PH1/", &Keyring::public()).is_err());
}
