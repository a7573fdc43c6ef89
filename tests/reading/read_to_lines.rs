//! A script reads images to lines, without a station.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;

use crate::paper::{ONE_PAGE, Office};

fn twelve(office: &Office) {
    for n in 0..12 {
        let marked = [["q1.co", "q1.khong"][n as usize % 2]];
        office.scan(&format!("ảnh quét/trang {n}.png"), 1, Some(n), &marked);
    }
    fs::write(office.path("ảnh quét/trang 5.png"), b"not a picture").expect("written");
}

const READ: [&str; 6] = [
    "read",
    "ảnh quét",
    "--templates",
    "mẫu phiếu",
    "--format",
    "jsonl",
];

#[test]
fn lines_come_in_the_order_of_the_input_whatever_the_threads() {
    let office = Office::new(ONE_PAGE);
    twelve(&office);
    let lines = |threads: &str| -> Vec<serde_json::Value> {
        let said = office.says(1, &[&READ[..], &["--threads", threads]].concat());
        said.lines()
            .map(|l| {
                let mut line: serde_json::Value = serde_json::from_str(l).expect("JSON");
                assert!(line["ms"].take().is_number());
                line
            })
            .collect()
    };
    let one = lines("1");
    let files: Vec<&str> = one.iter().filter_map(|l| l["file"].as_str()).collect();
    let expected: Vec<String> = (0..12)
        .map(|n| format!("ảnh quét{}trang {n}.png", std::path::MAIN_SEPARATOR))
        .collect();
    assert_eq!(files, expected);
    for (n, line) in one.iter().enumerate() {
        if n == 5 {
            assert_eq!(line["status"], "unreadable");
            assert_eq!(line["problems"][0]["code"], "damaged");
        } else {
            assert_eq!(line["status"], "clean", "{line}");
            assert_eq!(line["answers"]["q1"]["choices"][0], ["co", "khong"][n % 2]);
            assert_eq!(line["answers"]["q2"]["state"], "blank");
        }
    }
    assert_eq!(lines("7"), one);
}

#[test]
fn an_archive_reads_like_the_folder_that_it_was_made_of() {
    let office = Office::new(ONE_PAGE);
    twelve(&office);
    let file = fs::File::create(office.path("gửi về.zip")).expect("an archive");
    let mut zip = zip::ZipWriter::new(file);
    for n in 0..12 {
        let name = format!("trang {n}.png");
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(&name, options).expect("an entry");
        let bytes = fs::read(office.path("ảnh quét").join(&name)).expect("a scan");
        zip.write_all(&bytes).expect("written");
    }
    zip.finish().expect("an archive");
    let mut args = READ;
    let without = |said: String| -> Vec<serde_json::Value> {
        said.lines()
            .map(|l| {
                let mut line: serde_json::Value = serde_json::from_str(l).expect("JSON");
                line["ms"].take();
                line["file"].take();
                line
            })
            .collect()
    };
    let folder = without(office.says(1, &args));
    args[1] = "gửi về.zip";
    assert_eq!(without(office.says(1, &args)), folder);
}

#[test]
fn the_csv_has_a_line_for_every_question_and_parses() {
    let office = Office::new(ONE_PAGE);
    office.scan(
        "ảnh quét/có, dấu phẩy.png",
        1,
        Some(1),
        &["q1.co", "q2.nhanh", "q2.re"],
    );
    fs::write(office.path("ảnh quét/hỏng.jpg"), b"").expect("written");
    let mut args = READ;
    args[5] = "csv";
    let said = office.says(1, &args);
    let rows: Vec<BTreeMap<String, String>> = csv::Reader::from_reader(said.as_bytes())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("a table");
    let short: Vec<_> = rows
        .iter()
        .map(|r| {
            (
                r["question"].as_str(),
                r["state"].as_str(),
                r["choices"].as_str(),
            )
        })
        .collect();
    assert_eq!(
        short,
        [
            ("q1", "answered", "co"),
            ("q2", "answered", "nhanh re"),
            ("", "", "")
        ]
    );
    assert!(rows[0]["file"].ends_with("có, dấu phẩy.png"));
    assert_eq!(rows[2]["problems"], "damaged");
}
