//! Images are removed when their date has come: not before, not while somebody may
//! still want to look, written down before it is done, and with all figures as they
//! were.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::paper::{ONE_PAGE, Office, SCAN, command, draw};
use crate::web_support::chromium::Chromium;
use crate::web_support::{Browser, FOUR, Served, accounts};
use phieu::station::Station;
use phieu::station::retention::{Order, Remover};
use rusqlite::Connection;
use serde_json::Value;

/// A plan whose images were to be kept up to this day.
fn plan(keep_until: Option<&str>) -> String {
    let day = keep_until.map_or(String::new(), |d| format!("keep_until = {d}\n"));
    format!(
        "name = \"Khảo sát 2020\"\nstarts = 2020-01-01\nends = 2020-02-01\n{day}\
         forms = [\"mot-trang\"]\ntemplates = [\"mẫu phiếu\"]\n"
    )
}

const PAST: Option<&str> = Some("2021-12-31");

/// A station with four numbered ballots and three without a number, nothing of which
/// waits for a person.
fn office(keep_until: Option<&str>) -> Office {
    let office = Office::new(ONE_PAGE);
    fs::write(office.path("campaign.toml"), plan(keep_until)).unwrap();
    office.says(0, &["init", "trạm", "--campaign", "campaign.toml"]);
    let marked: [&[&str]; 7] = [
        &["q1.co", "q2.nhanh"],
        &["q1.khong"],
        &["q1.co", "q2.re"],
        &["q1.khong", "q2.re", "q2.tot"],
        &["q1.co", "q2.tot"],
        &["q1.khong", "q2.nhanh", "q2.tot"],
        &["q1.co", "q2.nhanh", "q2.re", "q2.tot"],
    ];
    for (n, marked) in marked.iter().enumerate() {
        let number = (n < 4).then_some(n as u64);
        office.scan(&format!("ảnh quét/phiếu {n}.png"), 1, number, marked);
    }
    office.says(0, &SCAN);
    office
}

const REMOVE: [&str; 4] = ["retention", "remove", "--station", "trạm"];
const SHOW: [&str; 4] = ["retention", "show", "--station", "trạm"];

fn with<'a>(base: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    base.iter().chain(more).copied().collect()
}

fn refused(office: &Office, args: &[&str]) -> String {
    let out = office.phieu(args);
    let errors = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(2), "{args:?}\n{errors}");
    assert_eq!(errors.trim_end().lines().count(), 1, "{errors}");
    errors
}

fn json(office: &Office, code: i32, args: &[&str]) -> Value {
    serde_json::from_str(&office.says(code, &with(args, &["--json"]))).unwrap()
}

/// Files below a folder of the station.
fn files(office: &Office, folder: &str) -> Vec<PathBuf> {
    walkdir::WalkDir::new(office.path("trạm").join(folder))
        .into_iter()
        .filter_map(Result::ok)
        .filter(|e| e.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect()
}

fn verified(office: &Office, code: i32) -> Value {
    json(office, code, &["audit", "verify", "--station", "trạm"])
}

/// Everything that leaves the office, as bytes; the head of the log and what changes
/// with the clock left out.
fn figures(office: &Office) -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    for args in [
        &["tally", "--station", "trạm", "--format", "json"][..],
        &["tally", "--station", "trạm", "--format", "csv"],
        &["index", "--station", "trạm", "--format", "json"],
    ] {
        all.push((args.join(" "), office.phieu(args).stdout));
    }
    for name in ["r.csv", "r.json", "r.xlsx", "r.pdf"] {
        let args = [
            "report",
            "--station",
            "trạm",
            "--out",
            name,
            "--date",
            "1/3/2022",
        ];
        let out = office.phieu(if name == "r.pdf" { &args } else { &args[..5] });
        assert!(out.status.code().unwrap() < 2, "{name}: {out:?}");
        match name {
            // It says when it was made.
            "r.xlsx" => {
                let sheets = members(office, name, &["docProps/core.xml"]);
                all.extend(
                    sheets
                        .into_iter()
                        .map(|(n, bytes)| (n, without_time(bytes))),
                );
            }
            "r.pdf" => all.extend(words_of(office, name)),
            _ => all.push((name.to_owned(), fs::read(office.path(name)).unwrap())),
        }
    }
    let cvr = [
        "report",
        "--station",
        "trạm",
        "--out",
        "cvr.json",
        "--format",
        "cvr",
    ];
    assert!(office.phieu(&cvr).status.code().unwrap() < 2);
    let mut cvr: Value =
        serde_json::from_slice(&fs::read(office.path("cvr.json")).unwrap()).unwrap();
    cvr["GeneratedDate"].take();
    all.push(("cvr".to_owned(), cvr.to_string().into_bytes()));
    let package = ["export", "--station", "trạm", "--out", "p.phieu"];
    let out = office.phieu(&package);
    assert!(out.status.code().unwrap() < 2, "{out:?}");
    // The manifest says which export it is, when it was made, and the head of the log;
    // the signature is of it.
    all.extend(members(
        office,
        "p.phieu",
        &["manifest.json", "signature.json"],
    ));
    fs::remove_file(office.path("p.phieu")).unwrap();
    all
}

/// What a PDF says but for the head of the log; nothing where there is
/// no `pdftotext`.
fn words_of(office: &Office, name: &str) -> Option<(String, Vec<u8>)> {
    let Ok(out) = std::process::Command::new("pdftotext")
        .args([name, "-"])
        .current_dir(office.dir.path())
        .output()
    else {
        println!("SKIPPED: pdftotext is not installed (apt-get install poppler-utils)");
        return None;
    };
    let text = String::from_utf8(out.stdout).unwrap();
    let head = office.says(0, &["audit", "verify", "--station", "trạm", "--lang", "en"]);
    let head = head.lines().find(|l| l.contains(" · ")).unwrap();
    let head = head.split(": ").last().unwrap().trim();
    // Where lines break depends on how wide its letters are.
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(text.contains(head), "no {head:?} in {text}");
    Some((name.to_owned(), text.replace(head, "").into_bytes()))
}

/// The time that stands before the program's name in its cell is left out. (Twenty letters
/// once were, of a time of more: where the tens of the minutes changed between two reports,
/// they differed.)
fn without_time(bytes: Vec<u8>) -> Vec<u8> {
    match String::from_utf8(bytes) {
        Ok(text) => match text.find(" (phieu ") {
            Some(at) => {
                let cell = text[..at].rfind('>').unwrap() + 1;
                format!("{}{}", &text[..cell], &text[at..]).into_bytes()
            }
            None => text.into_bytes(),
        },
        Err(e) => e.into_bytes(),
    }
}

/// The files in an archive but for these.
fn members(office: &Office, archive: &str, without: &[&str]) -> Vec<(String, Vec<u8>)> {
    let file = fs::File::open(office.path(archive)).unwrap();
    let mut zip = zip::ZipArchive::new(file).unwrap();
    let mut all = Vec::new();
    let mut left_out = 0;
    for i in 0..zip.len() {
        let mut entry = zip.by_index(i).unwrap();
        let (name, mut bytes) = (entry.name().unwrap().into_owned(), Vec::new());
        entry.read_to_end(&mut bytes).unwrap();
        if without.contains(&name.as_str()) {
            left_out += 1;
        } else {
            all.push((format!("{archive}: {name}"), bytes));
        }
    }
    assert_eq!(left_out, without.len(), "{archive} has other members");
    assert!(all.len() > 2, "{archive}");
    all
}

#[test]
fn images_are_not_removed_before_their_date() {
    let office = office(Some("2999-12-31"));
    let shown = json(&office, 0, &SHOW);
    assert_eq!(shown["images"], 7);
    assert_eq!(shown["sketches"], 3);
    assert_eq!(shown["state"], "not-yet");
    assert_eq!(shown["keep_until"], "2999-12-31");
    assert!(shown["days_left"].as_i64().unwrap() > 300_000);
    // Without a word after it, it shows.
    let said = office.says(0, &["retention", "--station", "trạm"]);
    assert!(said.contains("chưa đến hạn hủy"), "{said}");
    let said = office.says(0, &with(&SHOW, &["--lang", "en"]));
    assert!(said.contains("Kept up to the end of 31/12/2999"), "{said}");
    for args in [&REMOVE[..], &with(&REMOVE, &["--dry-run"])] {
        let why = refused(&office, args);
        assert!(why.contains("giữ đến hết ngày 31/12/2999"), "{why}");
    }
    // Nothing is accepted that could stand in for the date.
    let despite = with(&REMOVE, &["--despite", "not-whole", "--reason", "vội"]);
    refused(&office, &despite);
    assert_eq!(files(&office, "originals").len(), 7);
    assert!(office.log("images-removal-begun").is_empty());
}

#[test]
fn without_a_day_in_the_plan_images_are_never_due_and_it_is_said_where_to_write_one() {
    let office = office(None);
    assert_eq!(json(&office, 0, &SHOW)["state"], "never");
    let why = refused(&office, &REMOVE);
    assert!(why.contains("keep_until"), "{why}");
    assert!(why.contains("phieu campaign update"), "{why}");
    // As it says.
    fs::write(office.path("campaign.toml"), plan(PAST)).unwrap();
    let update = "campaign update --station trạm --campaign campaign.toml --reason";
    let update: Vec<&str> = update.split(' ').chain(["công văn 5"]).collect();
    office.says(0, &update);
    assert_eq!(json(&office, 1, &SHOW)["state"], "due");
    office.says(0, &REMOVE);
    let removal = &json(&office, 0, &SHOW)["removals"][0];
    assert_eq!(removal["campaign_version"], 2);

    let without = Office::new(ONE_PAGE);
    without.says(0, &["init", "trạm"]);
    let why = refused(&without, &REMOVE);
    assert!(why.contains("keep_until"), "{why}");
}

#[test]
fn images_and_strokes_go_and_everything_that_was_counted_stays() {
    let office = office(PAST);
    office.says(0, &["key", "make", "--station", "trạm"]);
    let before = figures(&office);
    // What the pen left in the boxes of a paper without a number.
    let strokes: Vec<Vec<u8>> = {
        let db = Connection::open(office.path("trạm/phieu.db")).unwrap();
        let mut all = db.prepare("SELECT cells FROM sketches").unwrap();
        let rows = all.query_map([], |r| r.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    };
    assert_eq!(strokes.len(), 3);
    let within = |strokes: &[u8]| {
        ["phieu.db", "phieu.db-wal"].iter().any(|name| {
            let bytes = fs::read(office.path("trạm").join(name)).unwrap_or_default();
            // A long cell may be cut where a page of the file ends; a piece is enough.
            let piece = &strokes[..strokes.len().min(64)];
            bytes.windows(piece.len()).any(|w| w == piece)
        })
    };
    assert!(strokes.iter().all(|s| s.len() > 16 && within(s)));
    let images = files(&office, "originals");
    assert_eq!(images.len(), 7);

    let dry = office.says(0, &with(&REMOVE, &["--dry-run"]));
    assert!(dry.contains("Sẽ hủy 7 tệp ảnh"), "{dry}");
    assert_eq!(files(&office, "originals").len(), 7);
    assert!(office.log("images-removal-begun").is_empty());

    let said = office.says(
        0,
        &with(
            &REMOVE,
            &[
                "--decision",
                "12/QĐ-UBND",
                "--by",
                "Lê Thị Cúc",
                "--present",
                "Trần Văn An; Trưởng phòng",
                "--place",
                "Bộ phận Một cửa",
            ],
        ),
    );
    assert!(said.contains("Lần hủy 1: 7 ảnh, Lê Thị Cúc"), "{said}");
    assert!(files(&office, "originals").is_empty());
    for s in &strokes {
        assert!(!within(s), "strokes are still in the file");
    }
    let begun = office.log("images-removal-begun");
    assert_eq!(begun.len(), 1);
    assert_eq!(begun[0]["detail"]["images"], 7);
    assert_eq!(begun[0]["detail"]["sketches"], 3);
    assert_eq!(begun[0]["detail"]["person"], "Lê Thị Cúc");
    assert_eq!(office.log("images-removed").len(), 1);

    let audit = verified(&office, 0);
    assert_eq!(audit["whole"], true);
    assert_eq!(audit["images"], 0);
    assert_eq!(audit["removed"], 7);
    assert_eq!(audit["removals"][0]["by"], "Lê Thị Cúc");
    let said = office.says(0, &["audit", "verify", "--station", "trạm"]);
    assert!(said.contains("7 tệp ảnh đã hủy"), "{said}");
    assert!(said.contains("Lê Thị Cúc"), "{said}");

    for ((name, before), (_, after)) in before.iter().zip(figures(&office)) {
        assert!(*before == after, "{name} is not what it was");
    }
    // Nothing is left to do, and doing it again writes nothing.
    let entries = verified(&office, 0)["entries"].clone();
    let said = office.says(0, &REMOVE);
    assert!(said.contains("không còn ảnh nào"), "{said}");
    assert_eq!(verified(&office, 0)["entries"], entries);
    assert_eq!(json(&office, 0, &SHOW)["images"], 0);
}

#[test]
fn the_minutes_can_be_signed_and_their_digest_computed_by_anybody() {
    use sha2::{Digest, Sha256};
    let office = office(PAST);
    refused(
        &office,
        &["retention", "record", "--station", "trạm", "--out", "b.pdf"],
    );
    office.says(0, &with(&REMOVE, &["--reason", "hết hạn lưu"]));
    let record = ["retention", "record", "--station", "trạm", "--out"];
    let said = office.says(0, &with(&record, &["b.pdf", "--office", "UBND xã Một"]));
    assert!(said.contains("mã cuối sổ"), "{said}");
    let pdf = fs::read(office.path("b.pdf")).unwrap();
    assert!(pdf.starts_with(b"%PDF-"));
    assert_eq!(office.log("removal-record-printed").len(), 1);
    office.says(0, &with(&record, &["ds.csv"]));
    let list = fs::read_to_string(office.path("ds.csv")).unwrap();
    let mut hashes: Vec<&str> = list
        .lines()
        .skip(1)
        .map(|l| l.split(',').next().unwrap())
        .collect();
    assert_eq!(hashes.len(), 7);
    hashes.sort_unstable();
    let mut hasher = Sha256::new();
    for hash in &hashes {
        hasher.update(format!("{hash}\n"));
    }
    let digest: String = hasher
        .finalize()
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect();
    assert_eq!(
        json(&office, 0, &SHOW)["removals"][0]["digest"],
        digest.as_str()
    );
    // They are the hashes of the files that were scanned.
    let scanned = fs::read(office.path("ảnh quét/phiếu 0.png")).unwrap();
    let hash = blake3::hash(&scanned).to_hex().to_string();
    assert!(hashes.contains(&hash.as_str()));
    refused(&office, &with(&record, &["b.txt"]));
    refused(&office, &with(&record, &["b.pdf", "--removal", "2"]));
}

#[test]
fn nothing_is_removed_while_somebody_must_still_look_unless_it_is_accepted_by_name() {
    let office = office(PAST);
    office.scan("thêm/hỏi.png", 1, Some(9), &["q1.co", "q1.khong"]);
    office.phieu(&with(&["scan", "thêm"], &SCAN[2..]));
    let shown = json(&office, 1, &SHOW);
    assert_eq!(shown["in_the_way"][0]["code"], "open-questions");
    let why = refused(&office, &REMOVE);
    assert!(why.contains("1 câu hỏi chờ người kết luận"), "{why}");
    assert!(why.contains("--despite open-questions"), "{why}");
    let dry = office.says(1, &with(&REMOVE, &["--dry-run"]));
    assert!(dry.contains("--despite open-questions"), "{dry}");
    // Another word does not help, nor one that is none, nor the right one without a reason.
    refused(
        &office,
        &with(&REMOVE, &["--despite", "open-boxes", "--reason", "x"]),
    );
    refused(
        &office,
        &with(&REMOVE, &["--despite", "all", "--reason", "x"]),
    );
    let why = refused(&office, &with(&REMOVE, &["--despite", "open-questions"]));
    assert!(why.contains("--reason"), "{why}");
    assert_eq!(files(&office, "originals").len(), 8);
    let despite = [
        "--despite",
        "open-questions",
        "--reason",
        "phiếu giấy còn lưu",
    ];
    office.says(0, &with(&REMOVE, &despite));
    let begun = office.log("images-removal-begun");
    assert_eq!(
        begun[0]["detail"]["also"]["accepted"][0]["code"],
        "open-questions"
    );
    assert_eq!(begun[0]["detail"]["reason"], "phiếu giấy còn lưu");
    office.verify();
}

#[test]
fn opened_boxes_and_drawn_samples_stand_in_the_way() {
    let office = office(PAST);
    let open = "box open --station trạm --box h1 --counted 7 --lock whole --seal whole";
    let mut open: Vec<&str> = open.split(' ').collect();
    open.extend([
        "--date",
        "3/2/2020 8:00",
        "--place",
        "Một cửa",
        "--present",
        "An; công chức",
    ]);
    office.says(0, &open);
    let sample = "audit sample --station trạm --seed 31415926535897932384 --size 2 --out mau.csv";
    office.phieu(&sample.split(' ').collect::<Vec<_>>());
    let shown = json(&office, 1, &SHOW);
    let codes: Vec<&str> = shown["in_the_way"]
        .as_array()
        .unwrap()
        .iter()
        .map(|h| h["code"].as_str().unwrap())
        .collect();
    assert_eq!(codes, ["open-boxes", "unfinished-samples"]);
    let why = refused(&office, &REMOVE);
    assert!(why.contains("1 hòm phiếu chưa đóng"), "{why}");
    assert!(why.contains("2 phiếu của mẫu kiểm tra lại"), "{why}");
}

#[test]
fn an_image_that_is_missing_without_a_record_is_a_fault_before_and_is_named_after() {
    let office = office(PAST);
    let lost = files(&office, "originals").remove(0);
    fs::remove_file(&lost).unwrap();
    verified(&office, 1);
    let why = refused(&office, &REMOVE);
    assert!(why.contains("1 chỗ không nguyên vẹn"), "{why}");
    office.says(
        0,
        &with(
            &REMOVE,
            &["--despite", "not-whole", "--reason", "đã lập biên bản"],
        ),
    );
    let begun = office.log("images-removal-begun");
    assert_eq!(begun[0]["detail"]["also"]["not_whole"][0]["what"], "gone");
    let said = office.says(0, &["audit", "verify", "--station", "trạm"]);
    assert!(
        said.contains("1 ảnh trong đó đã không nguyên vẹn"),
        "{said}"
    );
    office.says(
        0,
        &["retention", "record", "--station", "trạm", "--out", "b.pdf"],
    );
    // Images that come after the removal are evidence as before.
    office.scan("thêm/mới.png", 1, Some(8), &["q1.co"]);
    office.says(0, &with(&["scan", "thêm"], &SCAN[2..]));
    let mut new = files(&office, "originals");
    assert_eq!(new.len(), 1);
    fs::remove_file(new.remove(0)).unwrap();
    let audit = verified(&office, 1);
    assert!(
        audit["faults"][0].as_str().unwrap().contains("is gone"),
        "{audit}"
    );
}

#[test]
fn an_image_that_is_put_back_is_found_and_removed_again() {
    let office = office(PAST);
    let image = files(&office, "originals").remove(0);
    let kept = fs::read(&image).unwrap();
    office.says(0, &REMOVE);
    office.verify();
    fs::create_dir_all(image.parent().unwrap()).unwrap();
    fs::write(&image, &kept).unwrap();
    let audit = verified(&office, 1);
    assert!(
        audit["faults"][0].as_str().unwrap().contains("there again"),
        "{audit}"
    );
    assert_eq!(json(&office, 1, &SHOW)["returned"], 1);
    let dry = office.says(0, &with(&REMOVE, &["--dry-run"]));
    assert!(dry.contains("Sẽ hủy lại 1 ảnh"), "{dry}");
    assert!(image.exists());
    office.says(0, &REMOVE);
    assert!(!image.exists());
    assert_eq!(office.log("images-removed-again").len(), 1);
    office.verify();
    // Under another name it is the same image.
    let other = office.path("trạm/originals/ảnh cũ.png");
    fs::write(&other, &kept).unwrap();
    let audit = verified(&office, 1);
    assert!(
        audit["faults"][0].as_str().unwrap().contains("there again"),
        "{audit}"
    );
    let why = refused(&office, &REMOVE);
    assert!(why.contains("--despite unrecorded-files"), "{why}");
    let despite = [
        "--despite",
        "unrecorded-files",
        "--despite",
        "not-whole",
        "--reason",
        "chép nhầm",
    ];
    office.says(0, &with(&REMOVE, &despite));
    assert!(!other.exists());
    office.verify();
}

#[test]
fn strokes_that_are_put_back_into_the_database_are_found() {
    let office = office(PAST);
    let row = {
        let db = Connection::open(office.path("trạm/phieu.db")).unwrap();
        db.query_row(
            "SELECT quote(reading_id) || ',' || quote(form_id) || ',' || quote(page) || ',' ||
                quote(key_one) || ',' || quote(key_two) || ',' || quote(cells) FROM sketches LIMIT 1",
            [],
            |r| r.get::<_, String>(0),
        )
        .unwrap()
    };
    let db = Connection::open(office.path("trạm/phieu.db")).unwrap();
    // Nobody deletes them past a removal.
    let refused = db.execute("DELETE FROM sketches", []).unwrap_err();
    assert!(
        refused.to_string().contains("recorded removal"),
        "{refused}"
    );
    drop(db);
    office.says(0, &REMOVE);
    let db = Connection::open(office.path("trạm/phieu.db")).unwrap();
    db.execute(&format!("INSERT INTO sketches VALUES ({row})"), [])
        .unwrap();
    drop(db);
    let audit = verified(&office, 1);
    assert!(
        audit["faults"][0]
            .as_str()
            .unwrap()
            .contains("removal 1 deleted it"),
        "{audit}"
    );
}

#[test]
fn the_same_files_scanned_again_are_known_and_stay_removed() {
    let office = office(PAST);
    let before = office.tally("trạm");
    office.says(0, &REMOVE);
    let said = office.says(0, &SCAN);
    assert!(said.contains("7 trang đã có từ trước"), "{said}");
    assert!(
        said.contains("7 tệp đã được đếm từ trước và ảnh đã hủy"),
        "{said}"
    );
    assert!(files(&office, "originals").is_empty());
    assert_eq!(office.tally("trạm"), before);
    office.verify();

    // Another scan of a numbered paper: the same ballot by its number, another image.
    let mut again = draw(
        &office.layout,
        1,
        serial(&office, 0),
        &["q1.co", "q2.nhanh"],
    );
    again.put_pixel(0, 0, image::Luma([200]));
    fs::create_dir_all(office.path("lại")).unwrap();
    again.save(office.path("lại/a.png")).unwrap();
    office.phieu(&with(&["scan", "lại"], &SCAN[2..]));
    let after = office.tally("trạm");
    assert_eq!(after["forms"][0]["ballots"], before["forms"][0]["ballots"]);
    assert_eq!(files(&office, "originals").len(), 1);
    // It came past its date: it is due at once.
    assert_eq!(json(&office, 1, &SHOW)["images"], 1);
    // That it was scanned twice is known and settled; nobody need look again.
    let out = office.phieu(&REMOVE);
    assert_eq!(out.status.code(), Some(0), "{out:?}");
    assert!(files(&office, "originals").is_empty());
    assert_eq!(
        verified(&office, 0)["removals"].as_array().unwrap().len(),
        2
    );
}

fn serial(office: &Office, number: u64) -> Option<String> {
    let key = phieu::form::code::Key::public();
    Some(phieu::form::code::serial(
        &key,
        &office.layout.digest,
        number,
    ))
}

/// A paper without a number is told from its rescan by the strokes in its boxes. Once
/// these are removed it must not count twice because nobody can compare any more.
#[test]
fn a_paper_without_a_number_that_comes_after_the_removal_waits_for_a_person() {
    let office = office(PAST);
    let before = office.tally("trạm");
    office.says(0, &REMOVE);
    let mut again = draw(&office.layout, 1, None, &["q1.co", "q2.tot"]);
    again.put_pixel(0, 0, image::Luma([200]));
    fs::create_dir_all(office.path("lại")).unwrap();
    again.save(office.path("lại/b.png")).unwrap();
    let said = office.says(1, &with(&["scan", "lại"], &SCAN[2..]));
    assert!(said.contains("ảnh các phiếu trước đã hủy"), "{said}");
    let after = office.tally("trạm");
    let ballots = |t: &Value| t["forms"][0]["ballots"].clone();
    assert_eq!(ballots(&after)["counted"], ballots(&before)["counted"]);
    assert_eq!(ballots(&after)["pending"], 1);
    // A supervisor settles it as any other ballot that waits.
    office.verify();
}

#[test]
fn files_of_a_cancelled_batch_are_not_read_again_once_removed_and_it_is_said() {
    let office = office(PAST);
    office.cancel_first_batch("nhầm hòm");
    office.says(0, &REMOVE);
    let said = office.says(1, &SCAN);
    assert!(said.contains("1 trang KHÔNG được tính"), "{said}");
    assert!(files(&office, "originals").is_empty());
    let tally = office.tally("trạm");
    assert_eq!(tally["forms"][0]["ballots"]["counted"], 0, "{tally}");
    office.verify();
}

#[test]
fn files_that_no_scan_recorded_go_only_if_it_is_said_and_are_listed() {
    let office = office(PAST);
    let stray = office.path("trạm/originals/unfinished/x.png.3");
    fs::create_dir_all(stray.parent().unwrap()).unwrap();
    fs::write(&stray, b"half an image").unwrap();
    let fed = office.path("trạm/feeder/run/00001.png");
    fs::create_dir_all(fed.parent().unwrap()).unwrap();
    fs::write(&fed, b"a page").unwrap();
    assert_eq!(json(&office, 1, &SHOW)["unrecorded"], 2);
    let why = refused(&office, &REMOVE);
    assert!(why.contains("2 tệp ảnh trong trạm chưa được ghi"), "{why}");
    let despite = ["--despite", "unrecorded-files", "--reason", "lô quét hỏng"];
    office.says(0, &with(&REMOVE, &despite));
    assert!(!stray.exists() && !fed.exists());
    let also = &office.log("images-removal-begun")[0]["detail"]["also"]["unrecorded"];
    assert_eq!(also.as_array().unwrap().len(), 2);
    let hash = blake3::hash(b"a page").to_hex().to_string();
    assert!(also.to_string().contains(&hash), "{also}");
    office.verify();
}

/// Whoever looks in between sees that it is not complete, whatever is left of it.
#[test]
fn a_removal_that_was_cut_off_is_completed_by_running_it_again() {
    let office = office(PAST);
    let station = Station::open(&office.path("trạm")).unwrap();
    {
        let remover = Remover::of(&station).unwrap();
        let order = Order {
            person: "lan".to_owned(),
            ..Order::default()
        };
        let plan = remover.check(&order).unwrap().unwrap();
        remover.begin(&plan).unwrap();
        // Nobody scans meanwhile.
        let out = office.phieu(&SCAN);
        assert_eq!(out.status.code(), Some(2));
        // Here the program is killed.
    }
    assert_eq!(files(&office, "originals").len(), 7);
    let audit = verified(&office, 1);
    let fault = audit["faults"][0].as_str().unwrap();
    assert!(fault.contains("interrupted, 7 of its files"), "{audit}");
    fs::remove_file(files(&office, "originals").remove(0)).unwrap();
    let audit = verified(&office, 1);
    let fault = audit["faults"][0].as_str().unwrap();
    assert!(fault.contains("interrupted, 6 of its files"), "{audit}");
    let said = office.says(1, &SHOW);
    assert!(said.contains("BỊ NGẮT"), "{said}");
    refused(
        &office,
        &["retention", "record", "--station", "trạm", "--out", "b.pdf"],
    );
    // A file that cannot be deleted (here a folder is in its place) keeps it from
    // coming to its end, and nothing says that it did.
    let image = files(&office, "originals").remove(0);
    let bytes = fs::read(&image).unwrap();
    fs::remove_file(&image).unwrap();
    fs::create_dir(&image).unwrap();
    fs::write(image.join("x"), b"").unwrap();
    refused(&office, &REMOVE);
    assert!(office.log("images-removed").is_empty());
    fs::remove_dir_all(&image).unwrap();
    fs::write(&image, bytes).unwrap();
    // Somebody else completes it.
    let dry = office.says(0, &with(&REMOVE, &["--dry-run"]));
    assert!(dry.contains("Sẽ hủy nốt lần hủy 1"), "{dry}");
    office.says(0, &with(&REMOVE, &["--by", "mai"]));
    assert!(files(&office, "originals").is_empty());
    let removals = json(&office, 0, &SHOW)["removals"].clone();
    assert_eq!(removals.as_array().unwrap().len(), 1);
    assert_eq!(removals[0]["by"], "lan");
    assert_eq!(removals[0]["ended_by"], "mai");
    office.verify();
}

/// Killed at any moment: either nothing is written down and all images are there, or
/// it is, and running it again completes it.
#[test]
fn killed_at_any_moment_the_log_never_says_less_than_what_was_done() {
    const ROUNDS: u32 = 24;
    let office = office(PAST);
    let whole = office.path("trạm");
    copy_folder(&whole, &office.path("thử"));
    let started = Instant::now();
    office.says(0, &["retention", "remove", "--station", "thử"]);
    let long = started.elapsed();
    let (mut before, mut after) = (0, 0);
    for round in 0..ROUNDS {
        // Spread over the time that it takes, the end a little more than the beginning.
        let wait = long * (round + 1) / ROUNDS;
        let copy = format!("bản {round}");
        copy_folder(&whole, &office.path(&copy));
        let args = ["retention", "remove", "--station", &copy];
        let mut child = command(office.dir.path(), &args)
            .stdout(std::process::Stdio::null())
            .stderr(std::process::Stdio::null())
            .spawn()
            .unwrap();
        std::thread::sleep(wait);
        drop(child.kill());
        child.wait().unwrap();
        let left = walkdir::WalkDir::new(office.path(&copy).join("originals"))
            .into_iter()
            .filter_map(Result::ok)
            .filter(|e| e.file_type().is_file())
            .count();
        let log = office.says(
            0,
            &[
                "audit",
                "log",
                "--station",
                &copy,
                "--kind",
                "images-removal-begun",
            ],
        );
        if log.is_empty() {
            before += 1;
            assert_eq!(left, 7, "killed after {wait:?}");
            office.says(0, &["audit", "verify", "--station", &copy]);
        } else {
            after += 1;
            let verified = office.phieu(&["audit", "verify", "--station", &copy]);
            let complete = verified.status.code() == Some(0);
            let said = String::from_utf8(verified.stdout).unwrap();
            assert!(
                complete || said.contains("was interrupted"),
                "{wait:?}: {said}"
            );
            assert!(!complete || left == 0, "{wait:?}: {left} files are there");
        }
        office.says(0, &args);
        office.says(0, &["audit", "verify", "--station", &copy]);
    }
    println!("killed {before} times before the removal was written down, {after} times after");
}

fn copy_folder(from: &Path, to: &Path) {
    for entry in walkdir::WalkDir::new(from)
        .into_iter()
        .filter_map(Result::ok)
    {
        let there = to.join(entry.path().strip_prefix(from).unwrap());
        if entry.file_type().is_dir() {
            fs::create_dir_all(&there).unwrap();
        } else {
            fs::copy(entry.path(), &there).unwrap();
        }
    }
}

/// A reviewer's pages after the removal: words where the pictures were, also for one
/// that the server had in memory.
#[test]
fn pages_say_that_the_image_was_removed() {
    let office = office(PAST);
    office.scan("thêm/hỏi.png", 1, Some(9), &["q1.co", "q1.khong"]);
    fs::create_dir_all(office.path("lạ")).unwrap();
    image::GrayImage::from_fn(200, 200, |x, y| image::Luma([((x * y) % 251) as u8]))
        .save(office.path("lạ/lạ.png"))
        .unwrap();
    office.phieu(&with(&["scan", "thêm", "lạ"], &SCAN[2..]));
    accounts(&office, &FOUR);
    let served = Served::start(&office);
    let lan = Browser::log_in(&served.url, "lan");
    let pictures = [
        "/picture/page/1",
        "/picture/scanned/1",
        "/picture/question/1/q1",
        "/picture/box/1/q1/co",
    ];
    let get = |path: &str| {
        let mut response = ureq::Agent::new_with_config(
            ureq::Agent::config_builder()
                .http_status_as_error(false)
                .build(),
        )
        .get(format!("{}{path}", served.url))
        .header("cookie", &lan.cookie)
        .call()
        .unwrap();
        let kind = response.headers()["content-type"]
            .to_str()
            .unwrap()
            .to_owned();
        let bytes = response.body_mut().read_to_vec().unwrap();
        (response.status().as_u16(), kind, bytes)
    };
    for path in pictures {
        let (status, kind, _) = get(path);
        assert_eq!((status, kind.as_str()), (200, "image/jpeg"), "{path}");
    }
    let overdue = || lan.get("/").text.contains("đã quá hạn");
    assert!(overdue());
    let despite = "--despite open-questions --despite unplaced-pages --reason";
    let despite: Vec<&str> = despite.split(' ').chain(["còn giấy"]).collect();
    office.says(0, &with(&REMOVE, &despite));
    assert!(!overdue());
    for path in pictures {
        let (status, kind, bytes) = get(path);
        assert_eq!((status, kind.as_str()), (410, "image/svg+xml"), "{path}");
        let text = String::from_utf8(bytes).unwrap();
        assert!(text.contains("đã hủy theo thời hạn lưu"), "{path}: {text}");
    }
    let unplaced = lan.get("/pages").text;
    let at = unplaced.find("href=\"/pages/").unwrap() + "href=\"".len();
    let page = unplaced[at..].split('"').next().unwrap().to_owned();
    for path in [
        "/review",
        "/review/list",
        "/wall",
        "/pages",
        &page,
        "/ballots",
        "/ballots/1",
        "/notes",
        "/notes/write",
        "/batches/1",
    ] {
        let said = lan.get(path);
        assert_eq!(said.status, 200, "{path}");
        assert!(
            said.text.contains("id=\"removed\""),
            "{path}: {}",
            said.text
        );
        assert!(said.text.contains("31/12/2021"), "{path}");
    }
    // Nobody raises a doubt about marks that nobody can look at.
    let doubt = serde_json::json!({ "ballot": 1, "question": "q1" });
    let said = lan.post("/api/doubt", &doubt);
    assert_eq!(said.status, 410, "{said:?}");
    assert!(said.text.contains("đã hủy"), "{said:?}");
    assert!(lan.get("/wall").text.contains("disabled"));
    // Nor is a page read from nothing.
    let number: i64 = page.rsplit('/').next().unwrap().parse().unwrap();
    let read = serde_json::json!({
        "page": number, "form": "mot-trang/1", "number": 1, "unnumbered": true,
    });
    let said = lan.post("/api/pages/read", &read);
    assert_eq!(said.status, 409, "{said:?}");
    assert!(said.text.contains("ảnh đã hủy"), "{said:?}");
    // A question that was left open is settled by whoever has the paper.
    let item = lan.next().unwrap();
    assert_eq!(lan.settle(&item, &["co"]).status, 200);
    office.verify();
}

#[test]
fn a_browser_shows_the_words_and_no_broken_picture() {
    let office = office(PAST);
    accounts(&office, &FOUR);
    office.says(0, &REMOVE);
    let served = Served::start(&office);
    let Some(chromium) = Chromium::start() else {
        return;
    };
    chromium.log_in(&served.url, "lan");
    chromium.go(&format!("{}/wall", served.url));
    chromium.until(
        "[...document.querySelectorAll('#wall img')].length > 0 &&
         [...document.querySelectorAll('#wall img')].slice(0, 3).every((i) => i.complete && i.naturalWidth === 96)",
    );
    chromium.go(&format!("{}/ballots/1", served.url));
    chromium.until(
        "[...document.querySelectorAll('figure img')].length > 0 &&
         [...document.querySelectorAll('figure img')].every((i) => i.complete && i.naturalWidth === 720)",
    );
}
