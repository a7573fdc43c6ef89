//! A clerk's batches: cancelled, paused, watched, scanned again.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::paper::{ONE_PAGE, Office, command, count, draw, stroke};
use image::{GrayImage, Luma};
use imageproc::geometric_transformations::{Border, Interpolation, rotate_about_center};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(120);

fn scan_of<'a>(path: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let all = [
        "scan",
        path,
        "--station",
        "trạm",
        "--templates",
        "mẫu phiếu",
    ];
    [all.as_slice(), more].concat()
}

fn batches(office: &Office) -> Vec<serde_json::Value> {
    let said = office.says(0, &["batch", "list", "--station", "trạm", "--json"]);
    serde_json::from_str(&said).unwrap()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !holds() {
        assert!(begun.elapsed() < PATIENCE, "waited in vain: {what}");
        std::thread::sleep(Duration::from_millis(40));
    }
}

fn counted(office: &Office) -> u64 {
    let tally = office.tally("trạm");
    let forms = tally["forms"].as_array().cloned().unwrap_or_default();
    forms
        .iter()
        .filter_map(|f| f["ballots"]["counted"].as_u64())
        .sum()
}

#[test]
fn a_batch_of_the_wrong_box_is_cancelled_and_scanned_into_the_right_one() {
    let office = Office::new(ONE_PAGE);
    let campaign = r#"
name = "Thử"
templates = ["mẫu phiếu"]
[[units]]
id = "xa-a"
[[units]]
id = "xa-b"
[[boxes]]
id = "h1"
unit = "xa-a"
[[boxes]]
id = "h1"
unit = "xa-b"
"#;
    fs::write(office.path("campaign.toml"), campaign).unwrap();
    office.says(0, &["init", "trạm", "--campaign", "campaign.toml"]);
    office.scan("ảnh/1.png", 1, Some(1), &["q1.co"]);
    office.scan("ảnh/2.png", 1, Some(2), &["q1.co", "q1.khong"]);
    office.scan("ảnh/3.png", 1, None, &["q1.khong"]);
    office.says(1, &scan_of("ảnh", &["--box", "xa-a/h1"]));
    assert_eq!(counted(&office), 3);

    let refused = office.phieu(&["batch", "cancel", "1", "--station", "trạm", "--reason", " "]);
    assert_eq!(refused.status.code(), Some(2));
    let why = ["--reason", "nhầm hòm"];
    let cancel = ["batch", "cancel", "1", "--station", "trạm"];
    let said = office.says(0, &[cancel.as_slice(), &why].concat());
    assert!(said.contains("3 trang, 3 phiếu"), "{said}");
    let tally = office.tally("trạm");
    assert_eq!(tally["forms"][0]["ballots"]["total"], 0);
    assert_eq!(tally["pages"]["total"], 0);
    office.verify();
    let again = office.phieu(&[cancel.as_slice(), &why].concat());
    assert_eq!(again.status.code(), Some(2));

    let said = office.says(1, &scan_of("ảnh", &["--box", "xa-b/h1"]));
    assert!(said.contains("3 trang mới"), "{said}");
    assert!(!said.contains("trùng"), "{said}");
    let tally = office.tally("trạm");
    assert_eq!(tally["forms"][0]["units"][0]["unit"], "xa-b");
    assert_eq!(tally["forms"][0]["ballots"]["counted"], 3);
    assert_eq!(
        (count(&tally, "q1", "co"), count(&tally, "q1", "khong")),
        (1, 1)
    );
    let list = batches(&office);
    assert_eq!(list.len(), 2);
    assert_eq!(
        (&list[0]["state"], &list[1]["state"]),
        (&"cancelled".into(), &"finished".into())
    );
    assert_eq!(list[0]["last"]["reason"], "nhầm hòm");
    assert_eq!(
        (&list[0]["ballots"], &list[1]["ballots"]),
        (&0.into(), &3.into())
    );
    assert_eq!(
        (&list[1]["unit"], &list[1]["flagged"]),
        (&"xa-b".into(), &1.into())
    );
    let shown = office.says(0, &["batch", "show", "1", "--station", "trạm"]);
    assert!(
        shown.contains("ĐÃ HỦY") && shown.contains("nhầm hòm"),
        "{shown}"
    );
    // The same again changes nothing now.
    office.says(1, &scan_of("ảnh", &["--box", "xa-b/h1"]));
    assert_eq!(office.tally("trạm"), tally);
    assert_eq!(batches(&office).len(), 2);
    office.verify();
}

/// Draws many ballots, each a file of its own.
fn pile(office: &Office, folder: &str, numbers: std::ops::Range<u64>) {
    use rayon::prelude::*;
    numbers.into_par_iter().for_each(|n| {
        office.scan(&format!("{folder}/{n:03}.png"), 1, Some(n), &["q1.co"]);
    });
}

fn spawn(office: &Office, args: &[&str]) -> Child {
    command(office.dir.path(), args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn a_running_scan_is_paused_resumed_and_cancelled_from_another_window() {
    let office = Office::new(ONE_PAGE);
    office.says(0, &["init", "trạm"]);
    pile(&office, "ảnh", 0..150);
    let child = spawn(&office, &scan_of("ảnh", &["--threads", "1"]));
    let first = || batches(&office).first().cloned().unwrap_or_default();
    until("a running batch", || first()["state"] == "running");
    let control = |word: &str| ["batch", word, "1", "--station", "trạm"].map(str::to_owned);
    let say = |word: &str, more: &[&str]| {
        let args = control(word);
        let args: Vec<&str> = args
            .iter()
            .map(String::as_str)
            .chain(more.iter().copied())
            .collect();
        office.says(0, &args)
    };
    say("pause", &["--reason", "kẹt giấy"]);
    until("the pause", || first()["state"] == "paused");
    // What was on its way is recorded; then nothing more.
    std::thread::sleep(Duration::from_millis(600));
    let paused = first();
    std::thread::sleep(Duration::from_millis(900));
    let later = first();
    assert_eq!(later["pages"], paused["pages"]);
    assert!(later["pages"].as_u64().unwrap() < 150, "{later}");
    assert_eq!(later["last"]["reason"], "kẹt giấy");
    say("resume", &[]);
    let out = child.wait_with_output().unwrap();
    assert_eq!(out.status.code(), Some(0));
    assert_eq!(first()["state"], "finished");
    assert_eq!(counted(&office), 150);
    let late = office.phieu(&["batch", "pause", "1", "--station", "trạm"]);
    assert_eq!(late.status.code(), Some(2));
    office.verify();

    pile(&office, "nữa", 200..350);
    let child = spawn(&office, &scan_of("nữa", &["--threads", "1"]));
    until("a second batch", || {
        let all = batches(&office);
        all.len() == 2 && all[1]["pages"].as_u64() > Some(2)
    });
    let cancel = [
        "batch",
        "cancel",
        "2",
        "--station",
        "trạm",
        "--reason",
        "nhầm",
    ];
    office.says(0, &cancel);
    let out = child.wait_with_output().unwrap();
    let said = String::from_utf8(out.stdout).unwrap();
    assert!(said.contains("Lô 2 ĐÃ BỊ HỦY"), "{said}");
    assert_eq!(counted(&office), 150);
    let second = batches(&office)[1].clone();
    assert_eq!(second["state"], "cancelled");
    assert!(second["pages"].as_u64().unwrap() < 150, "{second}");
    office.verify();
    office.says(0, &scan_of("nữa", &[]));
    assert_eq!(counted(&office), 300);
    office.verify();
}

/// A scan that was cut off is not shown as running.
#[test]
fn a_killed_scan_is_shown_as_interrupted_and_its_part_can_be_cancelled() {
    let office = Office::new(ONE_PAGE);
    office.says(0, &["init", "trạm"]);
    pile(&office, "ảnh", 0..120);
    let mut child = spawn(&office, &scan_of("ảnh", &["--threads", "1"]));
    until("pages", || {
        batches(&office)
            .first()
            .is_some_and(|b| b["pages"].as_u64() > Some(3))
    });
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(batches(&office)[0]["state"], "interrupted");
    office.says(0, &scan_of("ảnh", &[]));
    assert_eq!(counted(&office), 120);
    let part = batches(&office)[0]["pages"].as_u64().unwrap();
    office.cancel_first_batch("thử");
    assert_eq!(counted(&office), 120 - part);
    office.says(0, &scan_of("ảnh", &[]));
    assert_eq!(counted(&office), 120);
    office.verify();
}

/// Writes a file as a slow scanner does, in pieces with pauses between.
fn write_slowly(path: &Path, bytes: &[u8], pieces: usize, pause: Duration) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let mut file = fs::File::create(path).unwrap();
    for piece in bytes.chunks(bytes.len().div_ceil(pieces)) {
        file.write_all(piece).unwrap();
        file.sync_all().unwrap();
        std::thread::sleep(pause);
    }
}

#[cfg(unix)]
fn interrupt(child: &Child) {
    let id = child.id().to_string();
    let done = std::process::Command::new("kill")
        .args(["-INT", &id])
        .status();
    assert!(done.unwrap().success());
}

#[cfg(unix)]
const WATCH: [&str; 12] = [
    "watch",
    "máy quét",
    "--station",
    "trạm",
    "--templates",
    "mẫu phiếu",
    "--settle",
    "0.4",
    "--give-up",
    "6",
    "--idle",
    "1.5",
];

#[cfg(unix)]
#[test]
fn a_watched_folder_is_taken_file_by_file_when_each_is_whole() {
    let office = Office::new(ONE_PAGE);
    office.says(0, &["init", "trạm"]);
    let bytes = |n: u64, marked: &[&str]| {
        fs::read(office.scan(&format!("nháp/{n}.png"), 1, Some(n), marked)).unwrap()
    };
    fs::create_dir_all(office.path("máy quét")).unwrap();
    let child = spawn(&office, &WATCH);
    // Pieces faster than the settling time, and one pause in the middle that is
    // longer: what is there then does not decode.
    let slow = bytes(1, &["q1.co"]);
    let (front, rest) = slow.split_at(slow.len() / 2);
    let path = office.path("máy quét/tập một/phiếu đẹp 1.png");
    write_slowly(&path, front, 5, Duration::from_millis(150));
    std::thread::sleep(Duration::from_millis(1500));
    assert_eq!(batches(&office).len(), 0, "half a file was taken");
    let mut file = fs::File::options().append(true).open(&path).unwrap();
    file.write_all(rest).unwrap();
    drop(file);
    write_slowly(
        &office.path("máy quét/tập hai (chiều)/phiếu 2.png"),
        &bytes(2, &["q1.khong"]),
        4,
        Duration::from_millis(100),
    );
    // One that goes away before it is whole, and one that is under another name
    // while it is written.
    let gone = office.path("máy quét/mất.png");
    fs::write(&gone, &front[..200]).unwrap();
    let part = office.path("máy quét/3.png.part");
    fs::write(&part, bytes(3, &["q1.co"])).unwrap();
    std::thread::sleep(Duration::from_millis(300));
    fs::remove_file(&gone).unwrap();
    fs::rename(&part, office.path("máy quét/3.png")).unwrap();
    until("three ballots", || counted(&office) == 3);
    until("the end of the batch", || {
        batches(&office).iter().all(|b| b["state"] == "finished")
    });
    // The network drive goes away and comes back, with one ballot more.
    fs::rename(office.path("máy quét"), office.path("xa")).unwrap();
    std::thread::sleep(Duration::from_millis(1200));
    fs::write(office.path("xa/4.png"), bytes(4, &["q1.co"])).unwrap();
    fs::rename(office.path("xa"), office.path("máy quét")).unwrap();
    until("the fourth ballot", || counted(&office) == 4);
    // What never becomes whole is shown to a person in the end.
    fs::write(office.path("máy quét/cụt.png"), &front[..front.len() / 2]).unwrap();
    until("the damaged file", || {
        office.tally("trạm")["pages"]["unplaced"] == 1
    });
    interrupt(&child);
    let out = child.wait_with_output().unwrap();
    let said = String::from_utf8(out.stdout).unwrap();
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(said.contains("Không vào được thư mục"), "{said}");
    assert!(said.contains("Đã vào lại được"), "{said}");
    assert!(said.contains("cụt.png"), "{said}");
    assert!(said.contains("Xong lô 1"), "{said}");
    assert!(!said.contains("mất.png"), "{said}");
    let tally = office.tally("trạm");
    assert_eq!(
        (count(&tally, "q1", "co"), count(&tally, "q1", "khong")),
        (3, 1)
    );
    assert!(batches(&office).iter().all(|b| b["state"] == "finished"));
    office.verify();
}

#[cfg(unix)]
#[test]
fn a_watch_leaves_what_was_cancelled_alone_until_it_is_told() {
    let office = Office::new(ONE_PAGE);
    office.says(0, &["init", "trạm"]);
    for n in 1..=3 {
        office.scan(&format!("máy quét/{n}.png"), 1, Some(n), &["q1.co"]);
    }
    let child = spawn(&office, &WATCH);
    until("three ballots", || counted(&office) == 3);
    // Cancelled while the watch still has the batch open: the next sheet comes
    // into another one.
    office.cancel_first_batch("bẩn");
    office.scan("nháp/4.png", 1, Some(4), &["q1.khong"]);
    fs::rename(office.path("nháp/4.png"), office.path("máy quét/4.png")).unwrap();
    until("the fourth ballot", || counted(&office) == 1);
    interrupt(&child);
    let out = child.wait_with_output().unwrap();
    let said = String::from_utf8(out.stdout).unwrap();
    assert!(said.contains("Lô 1 đã bị hủy"), "{said}");

    let child = spawn(&office, &WATCH);
    std::thread::sleep(Duration::from_secs(3));
    interrupt(&child);
    let out = child.wait_with_output().unwrap();
    let said = String::from_utf8(out.stdout).unwrap();
    assert!(said.contains("3 tệp thuộc lô đã hủy"), "{said}");
    assert_eq!(counted(&office), 1);

    let child = spawn(&office, &[WATCH.as_slice(), &["--again"]].concat());
    until("all four", || counted(&office) == 4);
    interrupt(&child);
    assert_eq!(child.wait_with_output().unwrap().status.code(), Some(0));
    office.verify();
}

/// A sheet without a serial, filled in by a hand of its own.
fn by_hand(office: &Office, hand: u32) -> GrayImage {
    let mut image = draw(&office.layout, 1, None, &[]);
    let sheet = office.layout.page(1).unwrap();
    for (i, name) in ["q1.co", "q2.nhanh", "q2.tot"].into_iter().enumerate() {
        let r = sheet
            .boxes
            .iter()
            .find(|b| format!("{}.{}", b.question, b.choice) == name)
            .unwrap()
            .rect;
        // Each hand begins and ends its two strokes elsewhere in the box.
        let part = |k: u32| {
            let name = [hand, i as u32, k].map(|n| n as u8);
            let n = blake3::hash(&name).as_bytes()[0];
            0.12 + 0.76 * f64::from(n) / 255.0
        };
        let at = |u: f64, v: f64| {
            (
                r.origin.x + u * r.size.width,
                r.origin.y + v * r.size.height,
            )
        };
        stroke(&mut image, at(0.1, part(0)), at(0.9, part(1)), 0.5, 0.9);
        stroke(&mut image, at(part(2), 0.1), at(part(3), 0.9), 0.5, 0.9);
    }
    image
}

/// The same paper through the feeder once more: a little askew, other noise.
fn again(image: &GrayImage, radians: f32, seed: u32) -> GrayImage {
    let mut turned = rotate_about_center(
        image,
        radians,
        Interpolation::Bilinear,
        Border::Constant(Luma([255])),
    );
    for (i, p) in turned.pixels_mut().enumerate() {
        let n = (i as u32 ^ seed).wrapping_mul(2_654_435_761) >> 28;
        p.0[0] = p.0[0].saturating_sub(n as u8);
    }
    turned
}

#[test]
fn a_paper_without_serial_that_is_scanned_again_waits_for_a_person() {
    let office = Office::new(ONE_PAGE);
    office.says(0, &["init", "trạm"]);
    fs::create_dir_all(office.path("ảnh")).unwrap();
    let save = |name: &str, image: &GrayImage| image.save(office.path(name)).unwrap();
    for hand in 0..6 {
        save(&format!("ảnh/tay {hand}.png"), &by_hand(&office, hand));
    }
    // Six people who say the same: nobody is suspected.
    office.says(0, &scan_of("ảnh", &[]));
    assert_eq!(counted(&office), 6);
    save(
        "ảnh/tay 3 quét lại.png",
        &again(&by_hand(&office, 3), 0.012, 77),
    );
    let said = office.says(1, &scan_of("ảnh", &[]));
    assert!(
        said.contains("1 phiếu") && said.contains("nghi quét hai lần"),
        "{said}"
    );
    assert!(said.contains("tay 3 quét lại.png: giống"), "{said}");
    assert!(said.contains("giống ảnh/tay 3.png"), "{said}");
    let tally = office.tally("trạm");
    assert_eq!(tally["forms"][0]["ballots"]["counted"], 6);
    assert_eq!(tally["forms"][0]["ballots"]["pending"], 1);
    assert_eq!(count(&tally, "q1", "co"), 6);
    office.verify();
    // Its first scan is cancelled: the second one counts.
    office.cancel_first_batch("thử");
    assert_eq!(counted(&office), 1);
    office.verify();
}

#[test]
fn strange_sheets_are_told_apart() {
    let office = Office::new(ONE_PAGE);
    office.says(0, &["init", "trạm"]);
    let blank = GrayImage::from_pixel(874, 1240, Luma([250]));
    let save = |name: &str, image: &GrayImage| image.save(office.path(name)).unwrap();
    // Both sides of each sheet, and one with nothing on either.
    office.scan("ảnh/1a.png", 1, Some(1), &["q1.co"]);
    let back = |n: u8, name: &str| {
        let mut image = blank.clone();
        image.put_pixel(5, u32::from(n), Luma([249]));
        save(name, &image);
    };
    back(1, "ảnh/1b.png");
    office.scan("ảnh/2a.png", 1, Some(2), &["q1.co"]);
    back(2, "ảnh/2b.png");
    back(3, "ảnh/3a.png");
    back(4, "ảnh/3b.png");
    // Printed from the next version of the form.
    fs::create_dir_all(office.path("lạ")).unwrap();
    let mut next = office.layout.clone();
    next.version = 2;
    next.digest = next.digest.chars().rev().collect();
    save("lạ/bản 2.png", &draw(&next, 1, None, &["q1.co"]));
    // Somebody's letter.
    let mut letter = blank.clone();
    for line in 0..30 {
        stroke(
            &mut letter,
            (20.0, 20.0 + 5.0 * f64::from(line)),
            (120.0, 20.0 + 5.0 * f64::from(line)),
            0.8,
            0.8,
        );
    }
    save("lạ/thư.png", &letter);
    let said = office.says(0, &scan_of("ảnh", &[]));
    assert!(said.contains("2 mặt sau không in, 1 tờ trắng"), "{said}");
    let said = office.says(1, &scan_of("lạ", &[]));
    assert!(said.contains("bản 2.png: phiên bản khác của mẫu"), "{said}");
    assert!(said.contains("thư.png: không đủ ô mốc"), "{said}");
    assert!(!said.contains("Trang trắng"), "{said}");
    assert_eq!(counted(&office), 2);
    office.verify();
}

#[test]
fn a_feeder_is_scanned_by_sane() {
    let there = std::process::Command::new("scanimage")
        .arg("--version")
        .output();
    let office = Office::new(ONE_PAGE);
    office.says(0, &["init", "trạm"]);
    let all = [
        "scan",
        "--station",
        "trạm",
        "--templates",
        "mẫu phiếu",
        "--device=test:0",
        "--device-option",
        "--source=Automatic Document Feeder",
        "--device-option",
        "--resolution=75",
        "--device-option",
        "--test-picture=Grid",
    ];
    // No scanimage on the path: one clear line.
    let out = command(office.dir.path(), &all)
        .env("PATH", "")
        .output()
        .unwrap();
    let error = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(2), "{error}");
    assert_eq!(error.trim_end().lines().count(), 1, "{error}");
    assert!(error.contains("sane-utils"), "{error}");
    if there.is_err() {
        eprintln!("SKIPPED: there is no scanimage on this computer (apt install sane-utils)");
        return;
    }
    // SANE's own test device, which is switched off in most installations.
    fs::create_dir_all(office.path("sane")).unwrap();
    fs::write(office.path("sane/dll.conf"), "test\n").unwrap();
    let run = |args: &[&str]| {
        command(office.dir.path(), args)
            .env("SANE_CONFIG_DIR", office.path("sane"))
            .output()
            .unwrap()
    };
    let out = run(&all);
    let said = String::from_utf8_lossy(&out.stdout);
    let error = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{said}{error}");
    // The device's picture is of nobody's form, and the same ten times.
    assert!(
        said.contains("Đã quét xong 10 tệp: 1 trang mới"),
        "{said}{error}"
    );
    assert!(!office.path("trạm/feeder").exists());
    assert_eq!(office.tally("trạm")["pages"]["unplaced"], 1);
    let missing = run(&["scan", "--station", "trạm", "--device=không:0"]);
    let error = String::from_utf8_lossy(&missing.stderr);
    assert_eq!(missing.status.code(), Some(2), "{error}");
    assert!(error.contains("scanimage"), "{error}");
    office.verify();
}
