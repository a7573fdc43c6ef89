//! What leaves the station says what the tally says, in every format.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Cursor, Read};

use crate::report_support::{Desk, PERSON, counts};
use calamine::{Data, Range, Reader, Xlsx};
use serde_json::Value;

type Book = Xlsx<Cursor<Vec<u8>>>;

fn book(desk: &Desk, name: &str) -> Book {
    Xlsx::new(Cursor::new(desk.read(name))).unwrap()
}

/// The rows of a sheet below its head, as the head's words say.
fn table(book: &mut Book, sheet: &str) -> Vec<BTreeMap<String, Data>> {
    let range: Range<Data> = book.worksheet_range(sheet).unwrap();
    let rows: Vec<&[Data]> = range.rows().collect();
    let head: Vec<String> = rows[2].iter().map(ToString::to_string).collect();
    let line = |row: &&[Data]| head.iter().cloned().zip(row.iter().cloned()).collect();
    rows[3..].iter().map(line).collect()
}

fn number(cell: &Data) -> Option<f64> {
    match cell {
        Data::Float(n) => Some(*n),
        Data::Int(n) => Some(*n as f64),
        _ => None,
    }
}

/// A text, whatever the sheet kept of the blanks around it.
fn text(cell: &Data) -> String {
    cell.to_string()
}

#[test]
fn the_workbook_has_the_numbers_of_tally_and_index() {
    let desk = Desk::new();
    let said = desk.report(&["--out", "kết quả.xlsx"]);
    assert!(said.contains("đã ghi kết quả.xlsx"), "{said}");
    let mut book = book(&desk, "kết quả.xlsx");
    assert_eq!(
        book.sheet_names(),
        [
            "Tổng hợp",
            "Thu phiếu",
            "Chỉ số",
            "Phân bố",
            "Đơn vị",
            "Khu vực",
            "Hình thức",
            "Tháng",
            "Biểu đồ"
        ]
    );

    // The office's clock, and which one that is.
    let summary = book.worksheet_range("Tổng hợp").unwrap();
    let made = summary.rows().find(|row| row[0] == *"Lập lúc");
    let made = made.expect("when it was made")[1].to_string();
    assert!(made.contains("(UTC+07:00)"), "{made}");

    let index = desk.index();
    let all = &index["groups"][0];
    let figures = all["forms"][0]["figures"].as_array().unwrap();
    let rows = table(&mut book, "Chỉ số");
    assert_eq!(rows.len(), figures.len());
    assert!(figures.len() >= 6, "form, content, factors, questions");
    for (row, figure) in rows.iter().zip(figures) {
        let same = |column: &str, key: &str| {
            // A number read back from JSON may differ in its last digit.
            match (number(&row[column]), figure[key].as_f64()) {
                (Some(a), Some(b)) => assert!((a - b).abs() < 1e-12, "{row:?} {key}"),
                (a, b) => assert_eq!(a, b, "{row:?} {key}"),
            }
        };
        same("Người trả lời", "respondents");
        same("Hài lòng (tử số)", "satisfied");
        same("Hợp lệ (mẫu số)", "valid");
        same("Chỉ số", "index");
        same("Cận dưới 95 %", "low");
        same("Cận trên 95 %", "high");
        same("Điểm trung bình", "mean_score");
    }

    let tally = desk.tally();
    let counts = counts(&tally);
    let words = [
        ("Có", "co"),
        ("Không", "khong"),
        ("Không có ý kiến", "khac"),
        ("(bỏ trống)", "blank"),
        ("(không hợp lệ)", "invalid"),
        ("(chờ xử lý)", "pending"),
    ];
    let rows = table(&mut book, "Phân bố");
    assert_eq!(rows.len(), counts.len());
    for (word, id) in words {
        let row = rows
            .iter()
            .find(|r| text(&r["Phương án"]) == word)
            .unwrap_or_else(|| panic!("{word}"));
        let key = ("kiem-thu".to_owned(), "q1".to_owned(), id.to_owned());
        assert_eq!(
            number(&row["Số phiếu"]),
            Some(counts[&key] as f64),
            "{word}"
        );
    }
    // Something of every kind was there to be counted.
    for id in ["co", "blank", "invalid", "pending"] {
        let key = ("kiem-thu".to_owned(), "q1".to_owned(), id.to_owned());
        assert!(counts[&key] > 0, "{id}");
    }

    let rows = table(&mut book, "Thu phiếu");
    let of = |unit: &str, column: &str| {
        let row = rows.iter().find(|r| text(&r["Mã"]) == unit).unwrap();
        number(&row[column])
    };
    assert_eq!(of("xa-a", "Chỉ tiêu"), Some(10.0));
    assert_eq!(of("xa-a", "Nhận được"), Some(4.0));
    assert_eq!(of("xa-b", "Nhận được"), Some(6.0));
    assert_eq!(of("xa-b", "Bị loại"), Some(1.0));
    assert_eq!(of("xa-c", "Được tính"), Some(3.0));

    let rows = table(&mut book, "Đơn vị");
    for group in index["groups"].as_array().unwrap() {
        if group["by"] == "unit" {
            let id = group["id"].as_str().unwrap();
            let row = rows.iter().find(|r| text(&r["Mã"]) == id).unwrap();
            let overall = &group["overall"];
            assert_eq!(number(&row["Chỉ số"]), overall["index"].as_f64(), "{id}");
            assert_eq!(number(&row["Hạng"]), overall["rank"].as_f64(), "{id}");
        }
    }
}

/// Parts of the workbook that no reader of cells shows.
fn part(desk: &Desk, name: &str, part: &str) -> String {
    let mut zip = zip::ZipArchive::new(Cursor::new(desk.read(name))).unwrap();
    let mut text = String::new();
    let mut file = zip.by_name(part).unwrap();
    file.read_to_string(&mut text).unwrap();
    text
}

#[test]
fn the_workbook_is_ready_to_print_and_to_filter() {
    let desk = Desk::new();
    desk.report(&["--out", "a.xlsx"]);
    let sheet = part(&desk, "a.xlsx", "xl/worksheets/sheet3.xml");
    for word in [
        "orientation=\"landscape\"",
        "paperSize=\"9\"",
        "state=\"frozen\"",
        "<autoFilter ref=\"A3:",
        // One page wide (which is what is meant where nothing is said), any height.
        "fitToHeight=\"0\"",
    ] {
        assert!(sheet.contains(word), "{word}\n{sheet}");
    }
    let names = part(&desk, "a.xlsx", "xl/workbook.xml");
    assert!(names.contains("_xlnm.Print_Titles"), "{names}");
    let core = part(&desk, "a.xlsx", "docProps/core.xml");
    assert!(core.contains("Khảo sát huyện &amp; xã 2026"), "{core}");
    // A whole second of the day that it is: it was once minute 53 of the year 0.
    let created = core.split("W3CDTF\">").nth(1).unwrap();
    let created = created.split('<').next().unwrap();
    let shape: String = created
        .chars()
        .map(|c| if c.is_ascii_digit() { '0' } else { c })
        .collect();
    assert_eq!(shape, "0000-00-00T00:00:00Z", "{created}");
    assert!(created > "2026", "{created}");
    let chart = part(&desk, "a.xlsx", "xl/charts/chart1.xml");
    assert!(chart.contains("<c:barDir val=\"bar\"/>"), "{chart}");
    // The second chart compares the units.
    let chart = part(&desk, "a.xlsx", "xl/charts/chart2.xml");
    assert!(chart.contains("theo đơn vị"), "{chart}");

    desk.report(&["--out", "b.xlsx", "--lang", "en"]);
    let mut english = book(&desk, "b.xlsx");
    assert_eq!(english.sheet_names()[2], "Indices");
    let rows = table(&mut english, "Answers");
    assert!(rows.iter().any(|r| text(&r["Choice"]) == "(pending)"));
}

#[test]
fn the_difference_from_the_last_period_is_there() {
    let desk = Desk::new();
    let mut last = desk.index();
    let index = last["groups"][0]["overall"]["index"].as_f64().unwrap();
    last["groups"][0]["forms"][0]["figures"][0]["index"] = (index - 0.25).into();
    fs::write(desk.office.path("kỳ trước.json"), last.to_string()).unwrap();
    desk.report(&["--out", "a.xlsx", "--last", "kỳ trước.json"]);
    let rows = table(&mut book(&desk, "a.xlsx"), "Chỉ số");
    let points = number(&rows[0]["Chênh lệch (điểm %)"]).unwrap();
    assert!((points - 25.0).abs() < 1e-9, "{points}");
}

#[test]
fn small_groups_are_withheld_with_what_would_give_them_away() {
    let desk = Desk::new();
    desk.report(&["--out", "a.xlsx", "--suppress", "4"]);
    let mut book = book(&desk, "a.xlsx");
    let rows = table(&mut book, "Đơn vị");
    let of = |unit: &str| {
        let row = rows.iter().find(|r| text(&r["Mã"]) == unit).unwrap();
        let figures = [
            "Chỉ số",
            "Hài lòng (tử số)",
            "Hợp lệ (mẫu số)",
            "Cận dưới 95 %",
            "Hạng",
        ];
        let hidden = figures.iter().filter(|c| text(&row[**c]) == "ẩn").count();
        assert!(hidden == 0 || hidden == figures.len(), "{row:?}");
        hidden > 0
    };
    // Two people of xa-c gave a valid answer; the four of xa-a go with them, or the
    // whole less the others would tell.
    assert!(of("xa-c"));
    assert!(of("xa-a"));
    assert!(!of("xa-b"));
    assert!(!of("huyen"));
    let rows = table(&mut book, "Hình thức");
    let online = rows.iter().find(|r| text(&r["Mã"]) == "online").unwrap();
    assert_eq!(text(&online["Chỉ số"]), "ẩn");
    // How many came is no secret.
    assert_eq!(number(&online["Nhận được"]), Some(3.0));

    desk.report(&["--out", "a.xlsx", "--suppress", "1000"]);
    let mut book = self::book(&desk, "a.xlsx");
    for row in table(&mut book, "Chỉ số") {
        assert_eq!(text(&row["Chỉ số"]), "ẩn");
    }
    assert!(!book.sheet_names().contains(&"Biểu đồ".to_owned()));
    for row in table(&mut book, "Phân bố") {
        let answered = row["Loại"] != Data::String("không có câu trả lời".to_owned());
        assert_eq!(text(&row["Số phiếu"]) == "ẩn", answered, "{row:?}");
    }
    // Files with a line a ballot cannot withhold anything.
    let args = [
        "report",
        "--station",
        "trạm",
        "--out",
        "a.csv",
        "--suppress",
        "5",
    ];
    assert_eq!(desk.office.phieu(&args).status.code(), Some(2));
    assert!(!desk.office.path("a.csv").exists());
}

#[test]
fn figures_as_json_are_those_of_the_commands() {
    let desk = Desk::new();
    desk.report(&["--out", "số liệu.json"]);
    let mut figures: Value = serde_json::from_slice(&desk.read("số liệu.json")).unwrap();
    figures["tally"]["station"].take();
    assert_eq!(figures["tally"], desk.tally());
    assert_eq!(figures["index"]["groups"][0], desk.index()["groups"][0]);
}

#[test]
fn what_was_there_stays_until_the_new_file_is_whole() {
    let desk = Desk::new();
    fs::write(desk.office.path("a.xlsx"), b"old").unwrap();
    let refused = |args: &[&str], word: &str| {
        let all = [&["report", "--station", "trạm"], args].concat();
        let out = desk.office.phieu(&all);
        let error = String::from_utf8(out.stderr).unwrap();
        assert_eq!(out.status.code(), Some(2), "{error}");
        assert!(error.contains(word), "{error}");
    };
    refused(&["--out", "a.doc"], "--format");
    refused(&["--out", "a.xlsx", "--form", "khong-co"], "khong-co");
    refused(&["--out", "a.xlsx", "--unit", "khong-co"], "khong-co");
    refused(&["--out", "a.csv", "--unit", "khong-co"], "khong-co");
    refused(&["--out", "khong-co/a.xlsx"], "khong-co");
    refused(&["--out", "a.json", "--bom"], "--bom");
    assert_eq!(desk.read("a.xlsx"), b"old");
    assert!(!desk.office.path("a.csv").exists());
    desk.report(&["--out", "a.xlsx"]);
    assert_ne!(desk.read("a.xlsx"), b"old");
    let left = fs::read_dir(desk.office.path(".")).unwrap();
    let parts = left.filter(|e| {
        let name = e.as_ref().unwrap().file_name();
        name.to_string_lossy().ends_with(".part")
    });
    assert_eq!(parts.count(), 0);
}

#[test]
fn nobody_is_named_in_any_export() {
    let desk = Desk::new();
    desk.report(&["--out", "a.xlsx"]);
    desk.report(&["--out", "a.sps"]);
    desk.report(&["--out", "a.json"]);
    desk.report(&["--out", "cvr.json", "--format", "cvr"]);
    desk.report(&["--out", "arlo", "--format", "arlo"]);
    let mut all = String::new();
    for name in [
        "a.csv",
        "a-codebook.csv",
        "a.sps",
        "a.json",
        "cvr.json",
        "arlo/cvr.csv",
        "arlo/manifest.csv",
    ] {
        all.push_str(&String::from_utf8(desk.read(name)).unwrap());
    }
    let mut zip = zip::ZipArchive::new(Cursor::new(desk.read("a.xlsx"))).unwrap();
    for i in 0..zip.len() {
        zip.by_index(i).unwrap().read_to_string(&mut all).unwrap();
    }
    assert!(!all.contains(PERSON));
    assert!(!all.contains("xem ảnh"));
    // The log has it: the test would see it.
    let log = desk.office.says(
        0,
        &["audit", "log", "--station", "trạm", "--format", "jsonl"],
    );
    assert!(log.contains(PERSON));
}
