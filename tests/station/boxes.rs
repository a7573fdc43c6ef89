//! A clerk opens ballot boxes, scans them in one run under cover sheets, and
//! closes them when the figures agree.

use std::fs;
use std::path::Path;

use crate::paper::{self, ONE_PAGE, Office, TWO_PAGES, command};
use image::{GrayImage, imageops};
use phieu::form::code::{Key, Keyring, Payload};
use phieu::page::{DecodeLimits, PageFile, Scan};
use phieu::read::{AnswerState, ProblemCode, ReadOptions, Reader, Status};
use phieu::station::Station;
use phieu::station::boxes::{CoverOf, CoverPaper, covers_pdf};
use phieu::store::{Decision, Settled};
use phieu::synth::{KnownPrint, Level, Simulator};
use serde_json::Value;

const CAMPAIGN: &str = r#"
name = "Khảo sát sự hài lòng quận Ba Đình năm 2022"
templates = ["mẫu phiếu"]
forms = ["mot-trang"]
units = [
    { id = "ba-dinh", name = "Ủy ban nhân dân quận Ba Đình" },
    { id = "ngoc-ha", name = "Ủy ban nhân dân phường Ngọc Hà", parent = "ba-dinh", quota = 300 },
    { id = "kim-ma", name = "Ủy ban nhân dân phường Kim Mã", parent = "ba-dinh", quota = 300 },
]
boxes = [{ id = "h1", unit = "ngoc-ha" }, { id = "h1", unit = "kim-ma" }]
"#;

/// A station of the campaign, with nothing in it.
fn office() -> Office {
    office_of(ONE_PAGE)
}

fn office_of(form: &str) -> Office {
    let office = Office::new(form);
    let campaign = CAMPAIGN.replace("mot-trang", &office.layout.form);
    fs::write(office.path("campaign.toml"), campaign).unwrap();
    office.says(0, &["init", "trạm", "--campaign", "campaign.toml"]);
    office
}

/// `phieu box …` in the station.
fn boxes(office: &Office, code: i32, args: &[&str]) -> String {
    let all = [&["box"], args, &["--station", "trạm"]].concat();
    office.says(code, &all)
}

/// The one line that a refused command says.
fn refused(office: &Office, args: &[&str]) -> String {
    let out = command(office.dir.path(), args).output().unwrap();
    let errors = String::from_utf8(out.stderr).unwrap();
    assert_eq!(out.status.code(), Some(2), "{args:?} {errors}");
    assert!(out.stdout.is_empty());
    assert_eq!(errors.lines().count(), 1, "{errors}");
    errors
}

const USUAL: [&str; 12] = [
    "--date",
    "25/11/2022 14:30",
    "--place",
    "Bộ phận Tiếp nhận và Trả kết quả",
    "--present",
    "Trần Thị Bình; Trưởng Bộ phận Một cửa",
    "--present",
    "Nguyễn Văn Ước; Bí thư Đoàn phường",
    "--lock",
    "whole",
    "--seal",
    "whole",
];

fn open(office: &Office, unit: &str, name: &str, counted: usize) -> String {
    let counted = counted.to_string();
    let args = [
        &["open", "--unit", unit, "--box", name, "--counted", &counted],
        USUAL.as_slice(),
    ]
    .concat();
    boxes(office, 0, &args)
}

/// The pictures of a PDF's pages.
fn pages(path: &Path) -> Vec<GrayImage> {
    let file = PageFile::open(path, &DecodeLimits::default()).unwrap();
    (0..file.page_count())
        .map(|i| file.page(i).unwrap().image)
        .collect()
}

/// Cover sheets of these boxes as pictures.
fn covers(office: &Office, names: &[&str], paper: &str) -> Vec<GrayImage> {
    let mut args = vec!["cover", "--out", "bìa.pdf", "--paper", paper];
    for name in names {
        args.extend(["--box", name]);
    }
    boxes(office, 0, &args);
    pages(&office.path("bìa.pdf"))
}

fn ballot(office: &Office, name: &str, number: u64) {
    office.scan(
        &format!("ảnh quét/{name}.png"),
        1,
        Some(number),
        &["q1.co", "q2.nhanh"],
    );
}

fn lay(office: &Office, name: &str, sheet: &GrayImage) {
    let path = office.path(&format!("ảnh quét/{name}.png"));
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    sheet.save(path).unwrap();
}

fn scan(office: &Office, code: i32) -> String {
    office.says(code, &["scan", "ảnh quét", "--station", "trạm"])
}

fn listed(office: &Office, code: i32) -> Value {
    serde_json::from_str(&boxes(office, code, &["list", "--json"])).unwrap()
}

fn line<'a>(list: &'a Value, unit: &str) -> &'a Value {
    let all = list["boxes"].as_array().unwrap();
    all.iter().find(|b| b["unit"] == unit).unwrap()
}

fn whole(office: &Office) {
    let said = office.says(0, &["audit", "verify", "--station", "trạm", "--json"]);
    let json: Value = serde_json::from_str(&said).unwrap();
    assert_eq!(json["whole"], true, "{said}");
}

/// Two boxes with cover sheets, in one run: two ballots out of the first, three
/// out of the second.
fn two_boxes(office: &Office) {
    open(office, "ngoc-ha", "h1", 2);
    open(office, "kim-ma", "h1", 3);
    let sheets = covers(office, &["ngoc-ha/h1", "kim-ma/h1"], "A5");
    lay(office, "1 bìa", &sheets[0]);
    ballot(office, "2", 1);
    ballot(office, "3", 2);
    // Fed upside down.
    lay(office, "4 bìa", &imageops::rotate180(&sheets[1]));
    ballot(office, "5", 3);
    ballot(office, "6", 4);
    ballot(office, "7", 5);
}

#[test]
fn two_boxes_in_one_run_agree_and_are_closed() {
    let office = office();
    two_boxes(&office);
    let said = scan(&office, 0);
    assert!(said.contains("7 trang mới"), "{said}");
    assert!(said.contains("5 phiếu"), "{said}");
    let list = listed(&office, 0);
    for (unit, counted) in [("ngoc-ha", 2), ("kim-ma", 3)] {
        let b = line(&list, unit);
        assert_eq!(
            (&b["counted"], &b["ballots"]),
            (&counted.into(), &counted.into())
        );
        assert_eq!(
            (&b["clean"], &b["difference"]),
            (&counted.into(), &0.into())
        );
        assert_eq!(b["agrees"], true);
    }
    assert_eq!(list["without_box"], Value::Null);
    let tally = office.tally("trạm");
    assert_eq!(tally["pages"]["covers"], 2);
    assert_eq!(tally["pages"]["unreadable"], 0);
    assert_eq!(tally["pages"]["clean"], 5);
    assert_eq!(tally["pages"]["unplaced"], 0);
    let of_unit = office.says(
        0,
        &[
            "tally",
            "--station",
            "trạm",
            "--unit",
            "kim-ma",
            "--format",
            "json",
        ],
    );
    let of_unit: Value = serde_json::from_str(&of_unit).unwrap();
    assert_eq!(of_unit["forms"][0]["ballots"]["counted"], 3);
    for name in ["ngoc-ha/h1", "kim-ma/h1"] {
        boxes(&office, 0, &["close", "--box", name]);
    }
    assert_eq!(line(&listed(&office, 0), "kim-ma")["state"], "closed");
    whole(&office);
}

/// A run that is killed anywhere and started again puts every ballot into the box
/// that an undisturbed one does: the cover sheets that it passes still hold.
#[test]
fn a_run_in_pieces_puts_ballots_into_the_same_boxes() {
    let office = office();
    two_boxes(&office);
    let all: Vec<String> = ["1 bìa", "2", "3", "4 bìa", "5", "6", "7"]
        .map(|n| format!("ảnh quét/{n}.png"))
        .into();
    for end in 1..=all.len() {
        let mut args = vec!["scan"];
        args.extend(all.iter().take(end).map(String::as_str));
        args.extend(["--station", "trạm", "--threads", "1"]);
        office.says(0, &args);
    }
    let list = listed(&office, 0);
    assert_eq!(line(&list, "ngoc-ha")["ballots"], 2);
    assert_eq!(line(&list, "kim-ma")["ballots"], 3);
    // The same file on two piles is the same sheet laid twice.
    fs::copy(
        office.path("ảnh quét/1 bìa.png"),
        office.path("ảnh quét/8 bìa.png"),
    )
    .unwrap();
    ballot(&office, "9", 6);
    scan(&office, 0);
    assert_eq!(line(&listed(&office, 1), "ngoc-ha")["ballots"], 3);
    whole(&office);
}

/// Pages without serials wait for the page after them before they are recorded: the
/// last ballot of a pile was held when the next cover sheet came, and must not go
/// into the next box. Nor are pages paired across a cover sheet.
#[test]
fn sheets_without_serials_stay_in_their_pile() {
    let office = office_of(TWO_PAGES);
    open(&office, "ngoc-ha", "h1", 2);
    open(&office, "kim-ma", "h1", 1);
    let sheets = covers(&office, &["ngoc-ha/h1", "kim-ma/h1"], "A5");
    let page = |name: &str, page: u32, marked: &str| {
        office.scan(&format!("ảnh quét/{name}.png"), page, None, &[marked]);
    };
    lay(&office, "01", &sheets[0]);
    page("02", 1, "q1.co");
    page("03", 2, "q2.khong");
    page("04", 1, "q1.khong");
    page("05", 2, "q2.co");
    lay(&office, "06", &sheets[1]);
    // The blank back of the cover sheet, as a duplex scanner delivers it.
    lay(
        &office,
        "07",
        &GrayImage::from_pixel(874, 1240, image::Luma([255])),
    );
    let again = image::open(office.path("ảnh quét/02.png"))
        .unwrap()
        .to_luma8();
    lay(&office, "08", &imageops::rotate180(&again));
    let again = image::open(office.path("ảnh quét/03.png"))
        .unwrap()
        .to_luma8();
    lay(&office, "09", &imageops::rotate180(&again));
    scan(&office, 0);
    let list = listed(&office, 0);
    assert_eq!(line(&list, "ngoc-ha")["clean"], 2);
    assert_eq!(line(&list, "kim-ma")["clean"], 1);

    // A front at the end of one pile and a back at the head of the next.
    lay(&office, "lần sau/01", &sheets[0]);
    let turned = |from: &str, to: &str| {
        let sheet = image::open(office.path(&format!("ảnh quét/{from}.png")));
        lay(&office, to, &imageops::rotate90(&sheet.unwrap().to_luma8()));
    };
    turned("02", "lần sau/02");
    lay(&office, "lần sau/03", &sheets[1]);
    turned("05", "lần sau/04");
    scan(&office, 1);
    let list = listed(&office, 1);
    for unit in ["ngoc-ha", "kim-ma"] {
        assert_eq!(line(&list, unit)["in_review"], 1, "{unit}");
    }
}

/// A scanner that saves the whole run as one file.
#[test]
fn cover_sheets_divide_a_file_of_many_pages() {
    let office = office();
    two_boxes(&office);
    let mut tiff =
        tiff::encoder::TiffEncoder::new(fs::File::create(office.path("lượt quét.tif")).unwrap())
            .unwrap();
    for name in ["1 bìa", "2", "3", "4 bìa", "5", "6", "7"] {
        let page = image::open(office.path(&format!("ảnh quét/{name}.png")));
        let page = page.unwrap().to_luma8();
        tiff.write_image::<tiff::encoder::colortype::Gray8>(
            page.width(),
            page.height(),
            page.as_raw(),
        )
        .unwrap();
    }
    drop(tiff);
    for _ in 0..2 {
        office.says(0, &["scan", "lượt quét.tif", "--station", "trạm"]);
        let list = listed(&office, 0);
        assert_eq!(line(&list, "ngoc-ha")["clean"], 2);
        assert_eq!(line(&list, "kim-ma")["clean"], 3);
    }
}

/// Sheets a level; 200 take a minute and a half, and all of them are recognised.
const SHEETS: u64 = 30;

/// Printed, carried about, and scanned as offices do it, in usual and in hard
/// conditions. What is not recognised must at least be an unreadable page, never
/// another box. (The station's id is part of the code and random; here it is the same
/// in every run.)
#[test]
fn cover_sheets_are_recognised_as_they_come_out_of_an_office() {
    let office = office();
    open(&office, "ngoc-ha", "h1", 148);
    let store = Station::open(&office.path("trạm"))
        .unwrap()
        .store()
        .unwrap();
    let row = store.find_box("ngoc-ha/h1").unwrap();
    let minutes = store.openings(row.key).unwrap().pop().map(|o| o.minutes);
    let of = CoverOf {
        ballot_box: &row,
        minutes: minutes.as_ref(),
    };
    let pdf = covers_pdf(None, "0123", &[of], CoverPaper::A5, &Key::public()).unwrap();
    let size = office.layout.pages[0].size;
    let print = KnownPrint::new("tờ bìa", pdf, size);
    let reader = Reader::new(vec![office.layout.clone()], ReadOptions::default());
    for level in [Level::Office, Level::Hard] {
        let conditions = Simulator::new(&office.layout, level, 7);
        let mut recognised = 0;
        for n in 0..SHEETS {
            let scan = &conditions.plan(n)[0].conditions;
            let reading = reader.read(&print.scan(scan, n).unwrap().scan);
            if reading.has(ProblemCode::CoverSheet) {
                assert_eq!(reading.unit.as_deref(), Some("ngoc-ha"));
                assert_eq!(reading.ballot_box.as_deref(), Some("h1"));
                recognised += 1;
            } else {
                println!("{level:?} {n}: {:?}", reading.problems);
                assert_eq!(reading.status, Status::Unreadable);
            }
        }
        assert_eq!(recognised, SHEETS, "{level:?}");
    }
}

/// A cover sheet holds to the end of its folder; what lies in another one without
/// a cover sheet has no box, and that is to be seen.
#[test]
fn ballots_without_a_box_stand_in_a_line_of_their_own() {
    let office = office();
    open(&office, "ngoc-ha", "h1", 1);
    let sheets = covers(&office, &["ngoc-ha/h1"], "A4");
    lay(&office, "tập 1/1", &sheets[0]);
    ballot(&office, "tập 1/2", 1);
    ballot(&office, "tập 2/1", 2);
    scan(&office, 0);
    let list = listed(&office, 1);
    assert_eq!(line(&list, "ngoc-ha")["ballots"], 1);
    assert_eq!(list["without_box"]["ballots"], 1);
    assert_eq!(list["without_box"]["box"], Value::Null);
    let table = boxes(&office, 1, &["list"]);
    assert!(table.contains("(không rõ hòm)"), "{table}");
}

#[test]
fn a_missing_and_a_surplus_ballot_keep_boxes_open_until_a_supervisor_says_why() {
    let office = office();
    open(&office, "ngoc-ha", "h1", 3);
    open(&office, "kim-ma", "h1", 1);
    let sheets = covers(&office, &["ngoc-ha/h1", "kim-ma/h1"], "A5");
    lay(&office, "1", &sheets[0]);
    ballot(&office, "2", 1);
    ballot(&office, "3", 2);
    lay(&office, "4", &sheets[1]);
    ballot(&office, "5", 3);
    ballot(&office, "6", 4);
    scan(&office, 0);
    let list = listed(&office, 1);
    assert_eq!(line(&list, "ngoc-ha")["difference"], -1);
    assert_eq!(line(&list, "kim-ma")["difference"], 1);
    let table = boxes(&office, 1, &["list"]);
    assert!(
        table.contains("THIẾU 1 phiếu") && table.contains("THỪA 1 phiếu"),
        "{table}"
    );
    let close = ["box", "close", "--station", "trạm", "--box", "ngoc-ha/h1"];
    let said = refused(&office, &close);
    assert!(
        said.contains("3 ballots counted by hand, 2 scanned"),
        "{said}"
    );
    assert!(refused(&office, &[&close[..], &["--reason", " "]].concat()).contains("--reason"));
    let why = "một phiếu trắng bị ướt, không quét được";
    boxes(
        &office,
        0,
        &[
            "close",
            "--box",
            "ngoc-ha/h1",
            "--reason",
            why,
            "--by",
            "Lê Thị Cúc",
        ],
    );
    let shown = boxes(&office, 0, &["show", "--box", "ngoc-ha/h1"]);
    assert!(
        shown.contains(why) && shown.contains("Lê Thị Cúc"),
        "{shown}"
    );
    whole(&office);
}

#[test]
fn a_copy_is_no_ballot_and_what_waits_keeps_a_box_open() {
    let office = office();
    open(&office, "ngoc-ha", "h1", 2);
    let sheets = covers(&office, &["ngoc-ha/h1"], "A5");
    lay(&office, "1", &sheets[0]);
    ballot(&office, "2", 1);
    // The same paper under another skew, and one with too many marks.
    office.scan("ảnh quét/3.png", 1, Some(1), &["q1.co", "q2.nhanh"]);
    let again = image::open(office.path("ảnh quét/2.png"))
        .unwrap()
        .to_luma8();
    imageops::rotate180(&again)
        .save(office.path("ảnh quét/3.png"))
        .unwrap();
    office.scan("ảnh quét/4.png", 1, Some(2), &["q1.co", "q1.khong"]);
    scan(&office, 1);
    let list = listed(&office, 1);
    let b = line(&list, "ngoc-ha");
    assert_eq!((&b["ballots"], &b["duplicates"]), (&2.into(), &1.into()));
    assert_eq!((&b["clean"], &b["in_review"]), (&1.into(), &1.into()));
    let close = [
        "box",
        "close",
        "--station",
        "trạm",
        "--box",
        "h1",
        "--unit",
        "ngoc-ha",
    ];
    assert!(refused(&office, &close).contains("1 in review"));
    let station = Station::open(&office.path("trạm")).unwrap();
    let mut store = station.store().unwrap();
    let open = store.open_questions().unwrap();
    store
        .decide(&Decision {
            ballot: open[0].ballot,
            settled: Settled::Answer {
                question: "q1".into(),
                before: None,
                after: phieu::read::Answer {
                    state: AnswerState::Answered,
                    choices: vec!["co".into()],
                },
            },
            reason: "dấu kia đã gạch".into(),
            person: "lan".into(),
        })
        .unwrap();
    let settled = listed(&office, 0);
    let b = line(&settled, "ngoc-ha");
    assert_eq!((&b["in_review"], &b["settled"]), (&0.into(), &1.into()));
    store
        .decide(&Decision {
            ballot: open[0].ballot,
            settled: Settled::Reject,
            reason: "phiếu thử".into(),
            person: "lan".into(),
        })
        .unwrap();
    let list = listed(&office, 0);
    let b = line(&list, "ngoc-ha");
    assert_eq!((&b["settled"], &b["rejected"]), (&0.into(), &1.into()));
    assert_eq!(b["rejected_for"][0]["reason"], "phiếu thử");
    boxes(&office, 0, &["close", "--box", "h1", "--unit", "ngoc-ha"]);
    // Somebody counts it again after all: everybody sees that.
    store
        .decide(&Decision {
            ballot: open[0].ballot,
            settled: Settled::Restore,
            reason: "nhầm".into(),
            person: "lan".into(),
        })
        .unwrap();
    let list = listed(&office, 1);
    assert_eq!(line(&list, "ngoc-ha")["changed_since_closing"], true);
    whole(&office);
}

#[test]
fn minutes_that_say_too_little_are_refused_in_one_line() {
    let office = office();
    let h1 = [
        "box",
        "open",
        "--station",
        "trạm",
        "--box",
        "h1",
        "--unit",
        "ngoc-ha",
    ];
    fn with<'a>(first: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
        [first, more].concat()
    }
    assert!(refused(&office, &with(&h1, &[])).contains("--date"));
    let mut broken = USUAL;
    broken[11] = "broken";
    let counted = ["--counted", "12"];
    let said = refused(&office, &with(&h1, &[&broken[..], &counted].concat()));
    assert!(said.contains("seal is not whole"), "{said}");
    let said = refused(
        &office,
        &with(&h1, &[&USUAL[..], &["--counted", "-3"]].concat()),
    );
    assert!(said.contains("--counted") || said.contains("-3"), "{said}");
    let mut nowhen = USUAL;
    nowhen[1] = "31/11/2022";
    assert!(refused(&office, &with(&h1, &[&nowhen[..], &counted].concat())).contains("31/11/2022"));
    let list = listed(&office, 0);
    assert_eq!(line(&list, "ngoc-ha")["state"], "not-opened");
    let told = [
        "--remark",
        "niêm phong rách một góc",
        "--told",
        "Trưởng Bộ phận Một cửa",
    ];
    office.says(0, &with(&h1, &[&broken[..], &counted, &told].concat()));
    let again = refused(&office, &with(&h1, &[&USUAL[..], &counted].concat()));
    assert!(again.contains("was opened already"), "{again}");
    let unopened = ["box", "close", "--station", "trạm", "--box", "kim-ma/h1"];
    assert!(refused(&office, &unopened).contains("was not opened"));
    whole(&office);
}

#[test]
fn a_box_that_the_campaign_does_not_know_is_opened_and_said_to_be_unknown() {
    let office = office();
    let said = open(&office, "ngoc-ha", "h7", 0);
    assert!(said.contains("không có trong danh sách"), "{said}");
    let list = listed(&office, 0);
    let all = list["boxes"].as_array().unwrap();
    let b = all.iter().find(|b| b["box"] == "h7").unwrap();
    assert_eq!(
        (&b["declared"], &b["state"]),
        (&false.into(), &"open".into())
    );
}

#[test]
fn corrected_minutes_hold_and_the_old_ones_stay_to_be_seen() {
    let office = office();
    open(&office, "ngoc-ha", "h1", 147);
    let correct = [
        "open",
        "--box",
        "ngoc-ha/h1",
        "--counted",
        "148",
        "--correct",
    ];
    boxes(
        &office,
        0,
        &[&correct[..], &["đếm lại: hai phiếu dính nhau"]].concat(),
    );
    let said = refused(
        &office,
        &[&["box"], &correct[..], &["thử", "--station", "trạm"]].concat(),
    );
    assert!(said.contains("nothing is corrected"), "{said}");
    assert_eq!(line(&listed(&office, 1), "ngoc-ha")["counted"], 148);
    let shown = boxes(&office, 0, &["show", "--box", "ngoc-ha/h1", "--json"]);
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["minutes"][0]["counted"], 147);
    assert_eq!(
        shown["minutes"][1]["corrects"],
        shown["minutes"][0]["number"]
    );
    assert_eq!(
        shown["minutes"][1]["place"],
        "Bộ phận Tiếp nhận và Trả kết quả"
    );
    // Nor does a direct session change or delete them.
    let db = rusqlite::Connection::open(office.path("trạm/phieu.db")).unwrap();
    for sql in [
        "UPDATE openings SET counted = 1",
        "DELETE FROM openings",
        "UPDATE box_events SET reason = 'x'",
        "INSERT INTO openings SELECT 9, box_id, opened, place, present, 1, 1, NULL, NULL, 5, 1,
            'x', 'x', 'x' FROM openings WHERE id = 1",
    ] {
        let changed = db.execute(sql, []);
        assert!(changed.is_err() || changed == Ok(0), "{sql}");
    }
    drop(db);
    whole(&office);
}

#[test]
fn a_closed_box_takes_nothing_until_it_is_reopened() {
    let office = office();
    open(&office, "ngoc-ha", "h1", 1);
    let sheets = covers(&office, &["ngoc-ha/h1"], "A5");
    ballot(&office, "1", 1);
    let scan_box = [
        "scan",
        "ảnh quét",
        "--station",
        "trạm",
        "--box",
        "ngoc-ha/h1",
    ];
    office.says(0, &scan_box);
    boxes(&office, 0, &["close", "--box", "ngoc-ha/h1"]);
    let said = refused(&office, &scan_box);
    assert!(said.contains("ngoc-ha/h1 is closed"), "{said}");
    let correct = ["box", "open", "--station", "trạm", "--box", "ngoc-ha/h1"];
    let correct = [&correct[..], &["--counted", "2", "--correct", "x"]].concat();
    assert!(refused(&office, &correct).contains("is closed"));
    // Its cover sheet, and its name in a ballot's own code, bring ballots that
    // wait for a person.
    lay(&office, "2", &sheets[0]);
    ballot(&office, "3", 2);
    printed_for(&office, "khác/1", 3, "ngoc-ha", "h1");
    let said = scan(&office, 1);
    assert!(said.contains("2 phiếu: hòm phiếu đã đóng"), "{said}");
    let list = listed(&office, 1);
    let b = line(&list, "ngoc-ha");
    assert_eq!((&b["ballots"], &b["in_review"]), (&3.into(), &2.into()));
    assert_eq!(b["changed_since_closing"], true);
    assert_eq!(office.tally("trạm")["forms"][0]["ballots"]["counted"], 1);
    let reopen = [
        "reopen",
        "--box",
        "ngoc-ha/h1",
        "--reason",
        "tìm thấy phiếu sót trong hòm",
    ];
    boxes(&office, 0, &reopen);
    let twice = [&["box"], &reopen[..], &["--station", "trạm"]].concat();
    assert!(refused(&office, &twice).contains("is not closed"));
    ballot(&office, "4", 4);
    office.says(1, &scan_box);
    assert_eq!(line(&listed(&office, 1), "ngoc-ha")["ballots"], 4);
    let log = office.says(
        0,
        &[
            "audit",
            "log",
            "--station",
            "trạm",
            "--kind",
            "box-reopened",
        ],
    );
    assert!(log.contains("tìm thấy phiếu sót"), "{log}");
    whole(&office);
}

/// A ballot whose own code names unit and box.
fn printed_for(office: &Office, name: &str, number: u64, unit: &str, ballot_box: &str) {
    let serial = phieu::form::code::serial(&Key::public(), &office.layout.digest, number);
    let mut image = paper::draw(&office.layout, 1, Some(serial.clone()), &["q1.co", "q2.re"]);
    let payload = Payload {
        form: office.layout.form.clone(),
        version: office.layout.version,
        digest: office.layout.digest.clone(),
        page: 1,
        serial: Some(serial),
        unit: Some(unit.into()),
        ballot_box: Some(ballot_box.into()),
    };
    paper::redraw_codes(&mut image, &office.layout, 1, &payload);
    lay(office, name, &image);
}

/// What is printed on a ballot goes before the cover sheet that it lies under, and
/// that they differ is for a person to see.
#[test]
fn a_ballot_of_another_box_under_a_cover_sheet_goes_to_its_own_box_and_is_shown() {
    let office = office();
    open(&office, "ngoc-ha", "h1", 1);
    open(&office, "kim-ma", "h1", 1);
    let sheets = covers(&office, &["ngoc-ha/h1"], "A5");
    lay(&office, "1", &sheets[0]);
    printed_for(&office, "2", 1, "ngoc-ha", "h1");
    printed_for(&office, "3", 2, "kim-ma", "h1");
    let said = scan(&office, 1);
    assert!(
        said.contains("1 phiếu: hòm phiếu in trên phiếu khác"),
        "{said}"
    );
    let list = listed(&office, 0);
    assert_eq!(line(&list, "ngoc-ha")["ballots"], 1);
    assert_eq!(line(&list, "kim-ma")["ballots"], 1);
}

/// A cover sheet of another station, or of a key that is not known here, moves no
/// ballot: it is shown, and the ballots under it wait.
#[test]
fn a_cover_sheet_that_is_not_ours_moves_nothing_silently() {
    let other = office();
    open(&other, "ngoc-ha", "h1", 1);
    let of_other = covers(&other, &["ngoc-ha/h1"], "A5");
    let office = office();
    open(&office, "ngoc-ha", "h1", 1);
    open(&office, "kim-ma", "h1", 1);
    Key::generate()
        .unwrap()
        .write_new(&office.path("khóa.key"))
        .unwrap();
    boxes(
        &office,
        0,
        &[
            "cover",
            "--out",
            "lạ.pdf",
            "--box",
            "ngoc-ha/h1",
            "--key",
            "khóa.key",
        ],
    );
    let strange = pages(&office.path("lạ.pdf"));
    let ours = covers(&office, &["kim-ma/h1"], "A5");
    lay(&office, "1", &ours[0]);
    ballot(&office, "2", 1);
    lay(&office, "3", &of_other[0]);
    ballot(&office, "4", 2);
    lay(&office, "5", &strange[0]);
    ballot(&office, "6", 3);
    let said = scan(&office, 1);
    assert!(
        said.contains("2 trang không đọc được hoặc chưa biết"),
        "{said}"
    );
    assert!(said.contains("2 phiếu: tờ bìa không tin được"), "{said}");
    let list = listed(&office, 1);
    assert_eq!(line(&list, "kim-ma")["ballots"], 1);
    assert_eq!(line(&list, "ngoc-ha")["ballots"], 0);
    assert_eq!(list["without_box"]["in_review"], 2);
    assert_eq!(list["unplaced_pages"], 2);
    assert_eq!(office.tally("trạm")["forms"][0]["ballots"]["counted"], 1);
    // With the key it is one of ours.
    let key = Key::from_file(&office.path("khóa.key")).unwrap();
    let options = ReadOptions {
        keys: Keyring::new(vec![key]),
        ..ReadOptions::default()
    };
    let reading = Reader::new(vec![office.layout.clone()], options).read(&seen(strange[0].clone()));
    assert!(reading.has(ProblemCode::CoverSheet), "{reading:?}");
    whole(&office);
}

fn seen(image: GrayImage) -> Scan {
    Scan {
        image,
        dpi: None,
        bilevel: false,
    }
}

/// However it lies, folded at a corner, small or stained, a cover sheet is
/// recognised as one.
#[test]
fn a_cover_sheet_is_recognised_however_it_lies() {
    let office = office();
    open(&office, "ngoc-ha", "h1", 148);
    let reader = Reader::new(vec![office.layout.clone()], ReadOptions::default());
    for paper in ["A4", "A5"] {
        let upright = covers(&office, &["ngoc-ha/h1"], paper).remove(0);
        let (w, h) = upright.dimensions();
        let mut torn = upright.clone();
        for (x, y, pixel) in torn.enumerate_pixels_mut() {
            // Three of four corners gone, and a stroke through the middle.
            let kept = x < w / 2 && y > h / 2;
            let nearly = x.abs_diff(w / 2) > w / 12 && y.abs_diff(h / 2) > h / 8;
            if (!kept && nearly) || x.abs_diff(y) < 6 {
                pixel.0[0] = if x.abs_diff(y) < 6 { 0 } else { 255 };
            }
        }
        let half = imageops::resize(&upright, w / 2, h / 2, imageops::FilterType::Triangle);
        let lying = [
            ("upright", upright.clone()),
            ("left", imageops::rotate270(&upright)),
            ("right", imageops::rotate90(&upright)),
            ("upside down", imageops::rotate180(&upright)),
            ("torn", torn),
            ("small", half),
        ];
        for (how, image) in lying {
            let reading = reader.read(&seen(image));
            assert!(
                reading.has(ProblemCode::CoverSheet),
                "{paper} {how}: {reading:?}"
            );
            assert_eq!(reading.status, Status::Clean, "{paper} {how}");
            assert_eq!(reading.unit.as_deref(), Some("ngoc-ha"));
            assert_eq!(reading.ballot_box.as_deref(), Some("h1"));
            assert_eq!((&reading.form, &reading.serial), (&None, &None));
        }
    }
}

#[test]
fn the_minutes_are_printed_with_the_head_of_the_log() {
    let office = office();
    open(&office, "ngoc-ha", "h1", 147);
    boxes(
        &office,
        0,
        &[
            "open",
            "--box",
            "ngoc-ha/h1",
            "--counted",
            "148",
            "--correct",
            "đếm lại",
        ],
    );
    let said = boxes(
        &office,
        0,
        &["minutes", "--box", "ngoc-ha/h1", "--out", "biên bản.pdf"],
    );
    let verify = office.says(0, &["audit", "verify", "--station", "trạm", "--json"]);
    let verify: Value = serde_json::from_str(&verify).unwrap();
    assert!(
        said.contains(verify["head"].as_str().unwrap()),
        "{said} {verify}"
    );
    let pages = pages(&office.path("biên bản.pdf"));
    assert_eq!(pages.len(), 1);
    // It has words on it, and room at all four edges.
    let page = &pages[0];
    let (w, h) = page.dimensions();
    let ink = |x0: u32, y0: u32, x1: u32, y1: u32| {
        let all = (y0..y1).flat_map(|y| (x0..x1).map(move |x| (x, y)));
        all.filter(|&(x, y)| page.get_pixel(x, y).0[0] < 128)
            .count()
    };
    assert!(ink(0, 0, w, h) > (w * h) as usize / 100);
    let mm = |n: u32| n * w / 210;
    for (x0, y0, x1, y1) in [
        (0, 0, mm(15), h),
        (w - mm(13), 0, w, h),
        (0, 0, w, mm(15)),
        (0, h - mm(5), w, h),
    ] {
        assert_eq!(ink(x0, y0, x1, y1), 0);
    }
    let none = [
        "box",
        "minutes",
        "--station",
        "trạm",
        "--box",
        "kim-ma/h1",
        "--out",
        "x.pdf",
    ];
    assert!(refused(&office, &none).contains("was not opened"));
    assert!(!office.path("x.pdf").exists());
    whole(&office);
}

const SEED: &str = "31415 92653 58979 32384";

/// What anybody would do who has the hand counts, the seed and a hash program.
fn tickets() -> Vec<(String, String, u64)> {
    use sha2::Digest;
    let mut all = Vec::new();
    for (label, counted) in [("ngoc-ha/h1", 2), ("kim-ma/h1", 3)] {
        for position in 1..=counted {
            let text = format!("31415926535897932384,{label},{position}");
            let ticket: String = sha2::Sha256::digest(text)
                .iter()
                .map(|b| format!("{b:02x}"))
                .collect();
            all.push((ticket, label.to_owned(), position));
        }
    }
    all.sort();
    all
}

#[test]
fn a_sample_is_drawn_by_dice_checked_by_people_and_bounds_the_errors() {
    let office = office();
    two_boxes(&office);
    scan(&office, 0);
    for name in ["ngoc-ha/h1", "kim-ma/h1"] {
        boxes(&office, 0, &["close", "--box", name]);
    }
    let sample = [
        "audit",
        "sample",
        "--station",
        "trạm",
        "--seed",
        SEED,
        "--size",
    ];
    assert!(refused(&office, &[&sample[..], &["6"]].concat()).contains("5 phiếu"));
    let short = [
        "audit",
        "sample",
        "--station",
        "trạm",
        "--seed",
        "123",
        "--size",
        "1",
    ];
    assert!(refused(&office, &short).contains("at least 20 digits"));
    let three = [&sample[..], &["3", "--json", "--out", "mẫu.csv"]].concat();
    let said = office.says(0, &three);
    let json: Value = serde_json::from_str(&said).unwrap();
    let drawn = json["drawn"].as_array().unwrap();
    let places: Vec<(String, String, u64)> = drawn
        .iter()
        .map(|d| {
            let text = |k: &str| d[k].as_str().unwrap().to_owned();
            (text("ticket"), text("box"), d["position"].as_u64().unwrap())
        })
        .collect();
    assert_eq!(places, tickets()[..3]);
    // The record beside it is that of the ballot at this place of the pile.
    for d in drawn {
        let first = if d["box"] == "ngoc-ha/h1" { 1 } else { 3 };
        let number = first + d["position"].as_u64().unwrap() - 1;
        let serial = phieu::form::code::serial(&Key::public(), &office.layout.digest, number);
        assert_eq!(d["serial"], serial);
        assert_eq!(d["in_order"], true);
    }
    // Drawn again it is the same sample; nothing is written.
    assert_eq!(office.says(0, &three), said);

    let filled = |results: [&str; 3]| {
        let list = fs::read_to_string(office.path("mẫu.csv")).unwrap();
        let mut lines = list.lines();
        let mut out = vec![lines.next().unwrap().to_owned()];
        for (line, result) in lines.zip(results) {
            let mut cells: Vec<&str> = line.split(',').collect();
            cells[8] = result;
            out.push(cells.join(","));
        }
        fs::write(office.path("kết quả.csv"), out.join("\n")).unwrap();
    };
    let result = [
        "audit",
        "result",
        "kết quả.csv",
        "--station",
        "trạm",
        "--json",
    ];
    filled(["khớp", "", "sai"]);
    let part: Value = serde_json::from_str(&office.says(1, &result)).unwrap();
    assert_eq!(
        (&part["waiting"], &part["upper_rate_95"]),
        (&1.into(), &Value::Null)
    );
    filled(["khớp", "khớp", "sai"]);
    let all: Value = serde_json::from_str(&office.says(0, &result)).unwrap();
    assert_eq!(
        (&all["agree"], &all["differ"], &all["waiting"]),
        (&2.into(), &1.into(), &0.into())
    );
    // Of five two are known to be good.
    assert_eq!(all["most_errors_95"], 3);
    filled(["khớp", "đúng", "sai"]);
    assert!(refused(&office, &result[..5]).contains("khớp, sai hoặc thiếu"));
    fs::write(
        office.path("kết quả.csv"),
        "sample;box;position;result\n1;ngoc-ha/h1;9;khớp\n",
    )
    .unwrap();
    assert!(refused(&office, &result[..5]).contains("không có trong mẫu"));
    // Looked at again, it was right after all: the newest holds.
    let (_, label, position) = &tickets()[2];
    fs::write(
        office.path("kết quả.csv"),
        format!("sample;box;position;result;remark\n1;{label};{position};khớp;xem lại\n"),
    )
    .unwrap();
    let all: Value = serde_json::from_str(&office.says(0, &result)).unwrap();
    assert_eq!((&all["agree"], &all["differ"]), (&3.into(), &0.into()));
    assert_eq!(all["most_errors_95"], 2);
    whole(&office);
}
