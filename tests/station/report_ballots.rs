//! Exports ballot by ballot: counted again from the files, they give the tally.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;

use crate::report_support::schema::violations;
use crate::report_support::{Desk, counts};
use serde_json::Value;

type Row = BTreeMap<String, String>;

fn rows(bytes: &[u8]) -> Vec<Row> {
    csv::Reader::from_reader(bytes)
        .deserialize()
        .collect::<Result<_, _>>()
        .unwrap()
}

/// What the codebook says of a variable's value.
fn meaning<'a>(book: &'a [Row], form: &str, variable: &str, value: &str) -> &'a Row {
    book.iter()
        .find(|r| r["form"] == form && r["variable"] == variable && r["value"] == value)
        .unwrap_or_else(|| panic!("{form} {variable} {value}"))
}

type Counts = BTreeMap<(String, String, String), u64>;

/// Counts the cells of answers by means of the codebook alone.
fn count_again(tables: &[Vec<Row>], book: &[Row]) -> Counts {
    let mut out = Counts::new();
    let fixed = [
        "form", "version", "serial", "unit", "box", "channel", "day", "state",
    ];
    for row in tables.iter().flatten() {
        // A question with several answers has several columns; its state is one.
        let mut once = BTreeSet::new();
        for (variable, value) in row.iter().filter(|(k, _)| !fixed.contains(&k.as_str())) {
            if value.is_empty() {
                assert_eq!(row["state"], "rejected");
                continue;
            }
            let says = meaning(book, &row["form"], variable, value);
            let what = match value.as_str() {
                "-1" => "blank",
                "-2" => "invalid",
                "-3" => "pending",
                "0" => continue,
                _ => says["choice"].as_str(),
            };
            let state = value.starts_with('-');
            if !state || once.insert(says["question"].clone()) {
                let key = (
                    row["form"].clone(),
                    says["question"].clone(),
                    what.to_owned(),
                );
                *out.entry(key).or_default() += 1;
            }
        }
    }
    out
}

fn without_zeros(mut counts: Counts) -> Counts {
    counts.retain(|_, n| *n > 0);
    counts
}

#[test]
fn the_csv_counted_again_is_the_tally() {
    let desk = Desk::new();
    let said = desk.report(&["--out", "phiếu.csv"]);
    assert!(said.contains("phiếu-codebook.csv"), "{said}");
    let table = rows(&desk.read("phiếu.csv"));
    let book = rows(&desk.read("phiếu-codebook.csv"));
    assert_eq!(table.len(), 13);
    let again = count_again(std::slice::from_ref(&table), &book);
    assert_eq!(again, without_zeros(counts(&desk.tally())));
    for (state, n) in [("counted", 12), ("rejected", 1)] {
        assert_eq!(table.iter().filter(|r| r["state"] == state).count(), n);
    }
    let good = meaning(&book, "kiem-thu", "q1", "1");
    assert_eq!(
        (good["label"].as_str(), good["satisfied"].as_str()),
        ("Có", "1")
    );
    assert_eq!(good["score"], "5");
    assert_eq!(meaning(&book, "kiem-thu", "q1", "3")["excluded"], "1");
    // No cell is a formula to a spreadsheet.
    assert!(table.iter().any(|r| r["serial"] == "'=cmd|' /C calc'!A0"));
    assert_eq!(meaning(&book, "kiem-thu", "q_2", "2")["label"], "'=Xấu");
    assert!(
        table
            .iter()
            .any(|r| r["unit"] == "xa-a" && r["box"] == "h1")
    );
    assert!(!desk.read("phiếu.csv").starts_with(b"\xef\xbb\xbf"));

    desk.report(&["--out", "phiếu.csv", "--bom", "--unit", "xa-b"]);
    let bytes = desk.read("phiếu.csv");
    let table = rows(bytes.strip_prefix(b"\xef\xbb\xbf").unwrap());
    assert_eq!(table.len(), 6);
    assert!(table.iter().all(|r| r["unit"] == "xa-b"));
}

#[test]
fn each_form_has_a_file_of_its_own() {
    let desk = Desk::new();
    desk.add_second_form();
    desk.report(&["--out", "phiếu.csv"]);
    let tables = [
        rows(&desk.read("phiếu-kiem-thu.csv")),
        rows(&desk.read("phiếu-truc-tuyen.csv")),
    ];
    assert_eq!((tables[0].len(), tables[1].len()), (13, 2));
    let book = rows(&desk.read("phiếu-codebook.csv"));
    let again = count_again(&tables, &book);
    assert_eq!(again, without_zeros(counts(&desk.tally())));
    assert!(!desk.office.path("phiếu.csv").exists());
    desk.report(&["--out", "một.csv", "--form", "kiem-thu"]);
    assert_eq!(rows(&desk.read("một.csv")).len(), 13);
}

/// Runs the syntax in PSPP; skipped, and said so, where it is not installed.
#[test]
fn spss_syntax_runs_and_counts_the_same() {
    let desk = Desk::new();
    desk.report(&["--out", "phieu.sps"]);
    let mut syntax = String::from_utf8(desk.read("phieu.sps")).unwrap();
    assert!(syntax.starts_with("* Encoding: UTF-8.\n"), "{syntax}");
    syntax.push_str("\nFREQUENCIES /VARIABLES=q1 q_2 q3_tot.\n");
    std::fs::write(desk.office.path("chay.sps"), syntax).unwrap();
    let run = Command::new("pspp")
        .args(["-O", "format=csv", "-o", "out.csv", "chay.sps"])
        .current_dir(desk.office.path("."))
        .output();
    let Ok(run) = run else {
        eprintln!("SKIPPED: pspp is not installed; the SPSS syntax was not run");
        return;
    };
    let said = String::from_utf8_lossy(&run.stdout).into_owned();
    let out = String::from_utf8(desk.read("out.csv")).unwrap();
    assert!(run.status.success(), "{said}\n{out}");
    assert!(
        !out.contains("error:") && !out.contains("warning:"),
        "{out}"
    );
    let tally = counts(&desk.tally());
    let n = |question: &str, value: &str| {
        let key = ("kiem-thu".to_owned(), question.to_owned(), value.to_owned());
        tally[&key]
    };
    // Valid values with their labels, and missing ones under `Missing`.
    for (question, value, label) in [
        ("q1", "co", "Có"),
        ("q1", "khong", "Không"),
        ("q1", "khac", "Không có ý kiến"),
        ("q1", "blank", "bỏ trống"),
        ("q1", "invalid", "không hợp lệ"),
        ("q1", "pending", "chờ xử lý"),
        ("q-2", "tot", "Tốt"),
        ("q-2", "xau", "=Xấu"),
    ] {
        let count = n(question, value);
        let found = out.lines().any(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            cells.contains(&label) && cells.contains(&count.to_string().as_str())
        });
        assert!(found, "{question} {label} {count}\n{out}");
    }
    assert!(out.contains("Thái độ 'lịch sự' chứ?"), "{out}");
}

fn schema() -> Value {
    let path = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/fixtures/cvr/NIST_V0_cast_vote_records.json"
    );
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

/// Everything that has an `@id`.
fn ids(value: &Value, out: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            out.extend(map.get("@id").map(|id| id.as_str().unwrap().to_owned()));
            map.values().for_each(|v| ids(v, out));
        }
        Value::Array(all) => all.iter().for_each(|v| ids(v, out)),
        _ => {}
    }
}

/// Everything that names an object by its id.
fn references(value: &Value, out: &mut Vec<String>) {
    const KEYS: [&str; 9] = [
        "ElectionId",
        "ElectionScopeId",
        "ContestId",
        "ContestSelectionId",
        "CurrentSnapshotId",
        "CreatingDeviceId",
        "BallotStyleUnitId",
        "ReportGeneratingDeviceIds",
        "ReportingDeviceIds",
    ];
    match value {
        Value::Object(map) => {
            for (key, value) in map {
                if KEYS.contains(&key.as_str()) {
                    match value {
                        Value::String(id) => out.push(id.clone()),
                        all => out.extend(list(all).iter().map(|v| v.as_str().unwrap().to_owned())),
                    }
                }
                references(value, out);
            }
        }
        Value::Array(all) => all.iter().for_each(|v| references(v, out)),
        _ => {}
    }
}

#[test]
fn cast_vote_records_keep_to_the_schema_and_count_the_same() {
    let desk = Desk::new();
    desk.add_second_form();
    desk.report(&["--out", "cvr.json", "--format", "cvr"]);
    let report: Value = serde_json::from_slice(&desk.read("cvr.json")).unwrap();
    let schema = schema();
    assert_eq!(violations(&schema, &report), Vec::<String>::new());
    // The schema is one that can refuse.
    let broken = |change: &dyn Fn(&mut Value)| {
        let mut other = report.clone();
        change(&mut other);
        violations(&schema, &other)
    };
    let cvr = "/CVR/0/CVRSnapshot/0/CVRContest/0";
    for wrong in [
        broken(&|r| r["CVR"][0]["CurrentSnapshotId"] = Value::Null),
        broken(&|r| r["Version"] = "2.0.0".into()),
        broken(&|r| r["GeneratedDate"] = "hôm nay".into()),
        broken(&|r| r["Election"][0]["Contest"][0]["@type"] = "CVR.Lạ".into()),
        broken(&|r| r.pointer_mut(cvr).unwrap()["Status"] = serde_json::json!(["lạ"])),
        broken(&|r| r.pointer_mut(cvr).unwrap()["Lạ"] = 1.into()),
    ] {
        assert_eq!(wrong.len(), 1, "{wrong:?}");
    }

    let mut known = Vec::new();
    ids(&report, &mut known);
    let unique: BTreeSet<&String> = known.iter().collect();
    assert_eq!(unique.len(), known.len());
    let mut named = Vec::new();
    references(&report, &mut named);
    for id in &named {
        assert!(unique.contains(id), "{id}");
    }

    // Votes of the snapshots that hold, counted by who knows only the standard.
    let mut votes: BTreeMap<String, u64> = BTreeMap::new();
    for cvr in list(&report["CVR"]) {
        let holds = |s: &&Value| s["@id"] == cvr["CurrentSnapshotId"];
        let snapshot = list(&cvr["CVRSnapshot"]).iter().find(holds).unwrap();
        for contest in list(&snapshot["CVRContest"]) {
            for selection in list(&contest["CVRContestSelection"]) {
                let position = &selection["SelectionPosition"][0];
                if position["IsAllocable"] == "yes" {
                    assert_eq!(position["HasIndication"], "yes");
                    let id = selection["ContestSelectionId"].as_str().unwrap();
                    *votes.entry(id.to_owned()).or_default() +=
                        position["NumberVotes"].as_u64().unwrap();
                }
            }
        }
    }
    let tally = counts(&desk.tally());
    let mut meant = BTreeMap::new();
    for ((form, question, choice), n) in &tally {
        let state = ["blank", "invalid", "pending"].contains(&choice.as_str());
        if *n > 0 && !state {
            meant.insert(format!("contest-{form}@1.{question}.{choice}"), *n);
        }
    }
    assert_eq!(votes, meant);
}

#[test]
fn a_record_has_what_was_read_and_what_was_settled() {
    let desk = Desk::new();
    desk.report(&["--out", "cvr.json", "--format", "cvr"]);
    let report: Value = serde_json::from_slice(&desk.read("cvr.json")).unwrap();
    let types = |cvr: &Value| -> Vec<String> {
        let all = list(&cvr["CVRSnapshot"]);
        all.iter()
            .map(|s| s["Type"].as_str().unwrap().to_owned())
            .collect()
    };
    let records = list(&report["CVR"]);
    assert_eq!(records.len(), 13);
    // The fifth was an overvote that a person settled.
    let settled = &records[4];
    assert_eq!(types(settled), ["original", "modified"]);
    let (read, now) = (&settled["CVRSnapshot"][0], &settled["CVRSnapshot"][1]);
    let q1 = |s: &Value| s["CVRContest"][0].clone();
    assert_eq!(
        q1(read)["Status"],
        serde_json::json!(["overvoted", "invalidated-rules"])
    );
    assert_eq!(list(&q1(read)["CVRContestSelection"]).len(), 2);
    let mark = &q1(read)["CVRContestSelection"][0]["SelectionPosition"][0];
    let score: f64 = mark["MarkMetricValue"][0]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!(score > 0.5, "{mark}");
    let only = q1(now)["CVRContestSelection"][0].clone();
    assert_eq!(only["ContestSelectionId"], "contest-kiem-thu@1.q1.khong");
    assert_eq!(
        only["SelectionPosition"][0]["Status"],
        serde_json::json!(["adjudicated"])
    );
    assert_eq!(settled["CurrentSnapshotId"], now["@id"]);
    // The tenth was taken out: nothing of it is to be counted.
    let out = &records[9];
    assert_eq!(out["CVRSnapshot"][1]["OtherStatus"], "rejected");
    let key = phieu::form::code::Key::public();
    let serial = phieu::form::code::serial(&key, &desk.office.layout.digest, 10);
    assert_eq!(out["BallotPrePrintedId"], serial.as_str());
    // What came in has no marks of its own.
    assert_eq!(types(&records[12]), ["interpreted"]);
    let waits = &records[12]["CVRSnapshot"][0];
    assert_eq!(waits["Status"], serde_json::json!(["needs-adjudication"]));
}

/// Reads the file as Arlo's parser does: contests above choices, then ballots, whose
/// device and batch are in the manifest.
#[test]
fn arlo_finds_every_ballot_of_the_manifest() {
    let desk = Desk::new();
    let out = desk.office.phieu(&[
        "report",
        "--station",
        "trạm",
        "--out",
        "kiểm",
        "--format",
        "arlo",
    ]);
    let said = String::from_utf8(out.stderr).unwrap();
    assert!(said.contains("bỏ 3 phiếu trực tuyến"), "{said}");
    let manifest = rows(&desk.read("kiểm/manifest.csv"));
    let mut sizes: BTreeMap<(String, String), u64> = BTreeMap::new();
    for row in &manifest {
        assert!(!row["Container"].is_empty());
        let key = (row["Tabulator"].clone(), row["Batch Name"].clone());
        let n = row["Number of Ballots"].parse().unwrap();
        assert_eq!(sizes.insert(key, n), None, "a batch is there once");
    }
    assert_eq!(sizes.values().sum::<u64>(), 10);

    let bytes = desk.read("kiểm/cvr.csv");
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(bytes.as_slice());
    let lines: Vec<Vec<String>> = reader
        .records()
        .map(|r| r.unwrap().iter().map(str::to_owned).collect())
        .collect();
    assert_eq!(lines[0][0], "Khảo sát huyện & xã 2026");
    let first = lines[1].iter().position(|c| !c.is_empty()).unwrap();
    let contests: Vec<(&str, u32)> = lines[1][first..]
        .iter()
        .map(|c| {
            let (name, votes) = c
                .strip_suffix(')')
                .unwrap()
                .rsplit_once(" (Vote For=")
                .unwrap();
            (name, votes.parse().unwrap())
        })
        .collect();
    assert_eq!(contests.len(), 8);
    assert_eq!((contests[0].1, contests[7].1), (1, 2));
    let head = &lines[3];
    let column = |name: &str| head[..first].iter().position(|h| h == name).unwrap();
    let mut seen: BTreeMap<(String, String), u64> = BTreeMap::new();
    let mut votes: BTreeMap<(String, String), u64> = BTreeMap::new();
    for line in &lines[4..] {
        let key = (
            line[column("TabulatorNum")].clone(),
            line[column("BatchId")].clone(),
        );
        let place = seen.entry(key.clone()).or_default();
        *place += 1;
        assert_eq!(line[column("RecordId")], place.to_string());
        assert!(*place <= sizes[&key]);
        assert!(!line[column("ImprintedId")].is_empty());
        for (i, vote) in line[first..].iter().enumerate() {
            let choice = (contests[i].0.to_owned(), lines[2][first + i].clone());
            *votes.entry(choice).or_default() += vote.parse::<u64>().unwrap();
        }
    }
    assert_eq!(seen, sizes);
    // Of the scanned ballots 1, 2, 6 and 8 said yes, and 4 and the settled 5 no.
    let of = |choice: &str| {
        let named = |(name, c): &&(String, String)| {
            name.starts_with("kiem-thu@1 q1: ") && name.ends_with("hài lòng không?") && c == choice
        };
        votes[votes.keys().find(named).unwrap()]
    };
    assert_eq!((of("Có"), of("Không")), (4, 2));
}
