//! A clerk scans ballots into a station, more than once, with everything that
//! goes wrong in an office.

use std::fs;
use std::time::Duration;

use crate::paper::{ONE_PAGE, Office, TWO_PAGES, command, count};
use phieu::station::Station;

const SCAN: [&str; 5] = ["scan", "ảnh quét", "--station", "trạm", "--templates"];

fn scan() -> Vec<&'static str> {
    [SCAN.as_slice(), &["mẫu phiếu"]].concat()
}

/// Three ballots: two say yes, one says no; one of them is for quick and good.
fn three(office: &Office) {
    office.scan(
        "ảnh quét/tập 1/phiếu 1.png",
        1,
        Some(1),
        &["q1.co", "q2.nhanh", "q2.tot"],
    );
    office.scan("ảnh quét/tập 1/phiếu 2.png", 1, Some(2), &["q1.co"]);
    office.scan("ảnh quét/tập 1/phiếu 10.png", 1, Some(3), &["q1.khong"]);
}

#[test]
fn scanning_twice_changes_nothing() {
    let office = Office::new(ONE_PAGE);
    three(&office);
    office.says(0, &["init", "trạm"]);
    let said = office.says(0, &scan());
    assert!(said.contains("3 trang mới"), "{said}");
    assert!(said.contains("Không có gì cần người xem"), "{said}");
    let tally = office.tally("trạm");
    assert_eq!(
        (count(&tally, "q1", "co"), count(&tally, "q1", "khong")),
        (2, 1)
    );
    assert_eq!(
        (count(&tally, "q2", "nhanh"), count(&tally, "q2", "re")),
        (1, 0)
    );
    let rows = |table: &str| -> i64 {
        let db = rusqlite::Connection::open(office.path("trạm/phieu.db")).expect("the database");
        db.query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get(0))
            .expect("a count")
    };
    let all = || ["log", "batches", "readings", "ballots", "problems"].map(rows);
    let before = all();
    let again = office.says(0, &[scan(), vec!["--lang", "en"]].concat());
    assert!(
        again.contains("0 new pages, 3 pages known before"),
        "{again}"
    );
    assert_eq!(office.tally("trạm"), tally);
    assert_eq!(all(), before);
    let original = fs::read(office.path("ảnh quét/tập 1/phiếu 1.png")).expect("the scan");
    let hash = blake3::hash(&original).to_hex();
    let shelf = hash.get(..2).unwrap_or("");
    let kept = fs::read(office.path(&format!("trạm/originals/{shelf}/{hash}.png")));
    assert_eq!(kept.expect("the original"), original);
    // The station keeps the form that it reads by.
    fs::remove_dir_all(office.path("mẫu phiếu")).expect("removed");
    office.scan("ảnh quét/tập 2/a.png", 1, Some(4), &["q1.co"]);
    office.says(0, &SCAN[..4]);
    assert_eq!(count(&office.tally("trạm"), "q1", "co"), 3);
}

#[test]
fn a_broken_file_and_a_copy_do_not_stop_or_change_the_batch() {
    let office = Office::new(ONE_PAGE);
    three(&office);
    let whole = fs::read(office.path("ảnh quét/tập 1/phiếu 1.png")).expect("the scan");
    fs::write(office.path("ảnh quét/hỏng.png"), &whole[..whole.len() / 3]).expect("written");
    fs::write(office.path("ảnh quét/rỗng.jpg"), b"").expect("written");
    fs::write(office.path("ảnh quét/tập 1/phiếu 1 - bản sao.png"), &whole).expect("written");
    office.says(0, &["init", "trạm"]);
    let said = office.says(1, &scan());
    assert!(
        said.contains("hỏng.png") && said.contains("rỗng.jpg"),
        "{said}"
    );
    let tally = office.tally("trạm");
    assert_eq!(tally["forms"][0]["ballots"]["counted"], 3);
    assert_eq!(tally["pages"]["unplaced"], 2);
    assert_eq!(count(&tally, "q1", "co"), 2);
}

#[test]
fn one_serial_twice_counts_once_and_waits_where_the_answers_differ() {
    let office = Office::new(ONE_PAGE);
    three(&office);
    // The same papers once more, as the scanner saw them another time.
    let again = office.scan(
        "ảnh quét/lại/1.png",
        1,
        Some(1),
        &["q1.co", "q2.nhanh", "q2.tot"],
    );
    let mut image = image::open(&again).expect("the scan").to_luma8();
    image.put_pixel(3, 3, image::Luma([200]));
    image.save(&again).expect("saved");
    office.scan("ảnh quét/lại/2.png", 1, Some(2), &["q1.khong"]);
    office.says(0, &["init", "trạm"]);
    let said = office.says(1, &scan());
    assert!(said.contains("nghi quét trùng"), "{said}");
    assert!(said.contains("trả lời khác nhau"), "{said}");
    let tally = office.tally("trạm");
    assert_eq!(tally["forms"][0]["ballots"]["total"], 3);
    assert_eq!(tally["forms"][0]["ballots"]["pending"], 1);
    assert_eq!(
        (count(&tally, "q1", "co"), count(&tally, "q1", "khong")),
        (1, 1)
    );
    assert_eq!(tally["pages"]["duplicates"], 2);
}

#[test]
fn fronts_and_backs_are_paired_and_a_missing_back_is_flagged() {
    let office = Office::new(TWO_PAGES);
    for n in 1..=4 {
        let name = |side: &str| format!("ảnh quét/{n}{side}.png");
        // Without serials, identical sheets would be the same image.
        office.scan(&name("a"), 1, None, &[["q1.co", "q1.khong"][n % 2]]);
        if n != 3 {
            office.scan(&name("b"), 2, None, &["q2.co"]);
        }
    }
    // Every image must be a file of its own.
    for (n, entry) in walkdir::WalkDir::new(office.path("ảnh quét"))
        .sort_by_file_name()
        .into_iter()
        .flatten()
        .filter(|e| e.file_type().is_file())
        .enumerate()
    {
        let mut image = image::open(entry.path()).expect("a scan").to_luma8();
        image.put_pixel(2, u32::try_from(n).expect("few"), image::Luma([210]));
        image.save(entry.path()).expect("saved");
    }
    office.says(0, &["init", "trạm"]);
    let said = office.says(1, &scan());
    assert!(said.contains("các trang không theo thứ tự"), "{said}");
    let tally = office.tally("trạm");
    let ballots = &tally["forms"][0]["ballots"];
    // 1 and 2 are whole, 3 lacks its back, 4 lies next to it.
    assert_eq!(
        (&ballots["counted"], &ballots["pending"]),
        (&2.into(), &2.into())
    );
}

#[test]
fn one_scan_at_a_time_and_mistakes_are_said_in_one_line() {
    let office = Office::new(ONE_PAGE);
    three(&office);
    let refused = |args: &[&str], words: &[&str]| {
        let out = office.phieu(args);
        let error = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{args:?}: {error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{error}");
        for word in words {
            assert!(error.contains(word), "{error}");
        }
    };
    refused(&scan(), &["trạm", "phieu init"]);
    office.says(0, &["init", "trạm"]);
    refused(&["init", "trạm"], &["trạm"]);
    refused(&["scan", "không có", "--station", "trạm"], &["không có"]);
    refused(&["tally", "--station", "trạm", "--unit", "x"], &["\"x\""]);
    refused(
        &["read", "ảnh quét", "--form", "x"],
        &["\"x\"", "ba-dinh-2022"],
    );
    let lock = fs::File::options()
        .create(true)
        .truncate(false)
        .write(true)
        .open(office.path("trạm/scan.lock"))
        .expect("the lock");
    lock.lock().expect("locked");
    refused(&scan(), &["another scan"]);
    drop(lock);
    office.says(0, &scan());
}

/// Ten times, at moments that differ, the power goes; then the clerk starts
/// the same scan once more.
#[test]
fn killed_ten_times_and_run_again_equals_an_undisturbed_run() {
    use rayon::prelude::*;

    let office = Office::new(ONE_PAGE);
    (0..200u64).into_par_iter().for_each(|n| {
        let mut marked = vec![["q1.co", "q1.khong"][n as usize % 2]];
        if n % 3 == 0 {
            marked.push("q2.re");
        }
        if n % 7 == 0 {
            marked.push("q2.tot");
        }
        // Every tenth paper is one that was scanned before.
        let number = if n % 10 == 9 { n - 1 } else { n };
        office.scan(&format!("ảnh quét/{n:03}.png"), 1, Some(number), &marked);
    });
    fn run(station: &str) -> [&str; 6] {
        [
            "scan",
            "ảnh quét",
            "--station",
            station,
            "--templates",
            "mẫu phiếu",
        ]
    }
    office.says(0, &["init", "yên"]);
    office.says(1, &run("yên"));

    office.says(0, &["init", "ngắt"]);
    let kept = || {
        walkdir::WalkDir::new(office.path("ngắt/originals"))
            .into_iter()
            .flatten()
            .filter(|e| e.file_type().is_file())
            .count()
    };
    let mut interrupted = 0;
    for round in 0..10usize {
        let until = kept() + 1 + (round * 7) % 19;
        let mut child = command(office.dir.path(), &run("ngắt"))
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .expect("phieu runs");
        while kept() < until && child.try_wait().expect("a child").is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros((round as u64 * 2741) % 9000));
        interrupted += usize::from(child.try_wait().expect("a child").is_none());
        child.kill().expect("killed");
        child.wait().expect("ended");
    }
    assert!(interrupted >= 5, "only {interrupted} runs were interrupted");
    office.says(1, &run("ngắt"));
    assert_eq!(office.tally("ngắt"), office.tally("yên"));
    let readings = |station: &str| {
        let store = Station::open(&office.path(station))
            .expect("a station")
            .store();
        store.expect("a store").reading_digests().expect("digests")
    };
    assert_eq!(readings("ngắt"), readings("yên"));
    assert_eq!(readings("yên").len(), 200);
    // Every original is whole, and nothing half written is left.
    let originals: Vec<_> = walkdir::WalkDir::new(office.path("ngắt/originals"))
        .into_iter()
        .flatten()
        .filter(|e| e.file_type().is_file())
        .collect();
    assert_eq!(originals.len(), 200);
    for entry in originals {
        let hash = blake3::hash(&fs::read(entry.path()).expect("an original"));
        let name = format!("{}.png", hash.to_hex());
        assert_eq!(entry.file_name().to_str(), Some(name.as_str()));
    }
}
