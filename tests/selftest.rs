//! An office proves on its own machine that its form is read without silent
//! errors.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use serde_json::Value;

fn phieu(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_phieu"))
        .args(arguments)
        .output()
        .unwrap()
}

#[test]
fn a_clean_form_is_read_without_error_and_the_numbers_are_for_scripts() {
    let run = |threads: &str| {
        let out = phieu(&[
            "selftest",
            "--form",
            "ba-dinh-2022",
            "--pages",
            "3",
            "--level",
            "clean",
            "--seed",
            "7",
            "--threads",
            threads,
            "--json",
        ]);
        assert_eq!(
            out.status.code(),
            Some(0),
            "{}",
            String::from_utf8_lossy(&out.stderr)
        );
        serde_json::from_slice::<serde_json::Value>(&out.stdout).unwrap()
    };
    let (one, two) = (run("1"), run("2"));
    for key in [
        "positions",
        "silent_errors",
        "flagged_questions",
        "questions",
        "unreadable_pages",
        "pages",
        "pages_per_second",
    ] {
        assert!(one[key].is_number(), "{key} in {one}");
        if key != "pages_per_second" {
            assert_eq!(one[key], two[key], "{key}");
        }
    }
    assert_eq!(one["pages"], 3);
    assert_eq!(one["questions"], 24);
    assert_eq!(one["silent_errors"], 0);
    assert_eq!(one["unreadable_pages"], 0);
}

/// An error names its sheet; whoever wants to see why it was read so, here or on another
/// machine, gets that sheet as a file.
#[test]
fn one_sheet_is_made_again_and_kept() {
    let dir = tempfile::tempdir().unwrap();
    let kept = dir.path().join("tờ 5");
    let out = phieu(&[
        "selftest",
        "--form",
        "tien-giang-2024",
        "--sheet",
        "5",
        "--level",
        "hard",
        "--seed",
        "7",
        "--pictures",
        kept.to_str().unwrap(),
        "--json",
    ]);
    let report: Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(report["pages"], 2);
    assert!(report["command"].as_str().unwrap().contains("--sheet 5"));
    let kept = kept.join("tien-giang-2024");
    let truth = fs::read_to_string(kept.join("truth.jsonl")).unwrap();
    for (line, page) in truth.lines().zip([1, 2]) {
        let truth: Value = serde_json::from_str(line).unwrap();
        assert_eq!((&truth["sheet"], &truth["page"]), (&5.into(), &page.into()));
        let scan = kept.join(truth["file"].as_str().unwrap());
        let read = phieu(&["read", scan.to_str().unwrap(), "--format", "jsonl"]);
        let read: Value = serde_json::from_slice(&read.stdout).unwrap();
        assert_eq!(read["serial"], truth["serial"]);
    }
    assert_eq!(truth.lines().count(), 2);
}

#[test]
fn a_form_that_does_not_exist_is_named() {
    let out = phieu(&["selftest", "--form", "ba-dinh-2032"]);
    assert_eq!(out.status.code(), Some(2));
    let said = String::from_utf8(out.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.contains("ba-dinh-2032"), "{said}");
}

/// A run of the one-page form, saved as scripts do.
fn saved(dir: &Path, name: &str, level: &str, pages: &str) -> (String, Value) {
    let out = phieu(&[
        "selftest",
        "--form",
        "ba-dinh-2022",
        "--pages",
        pages,
        "--level",
        level,
        "--seed",
        "8",
        "--json",
    ]);
    assert!(out.status.code().is_some_and(|c| c < 2), "{out:?}");
    let path = dir.join(name);
    fs::write(&path, &out.stdout).unwrap();
    let path = path.to_str().unwrap().to_owned();
    (path, serde_json::from_slice(&out.stdout).unwrap())
}

/// Every picture that the page shows is there, is XML, and has no text outside
/// of it.
fn pictures(dir: &Path, page: &str) -> BTreeSet<String> {
    let names: BTreeSet<String> = page
        .split("](")
        .skip(1)
        .filter_map(|rest| rest.split_once(')'))
        .map(|(name, _)| name.to_owned())
        .filter(|name| name.ends_with(".svg"))
        .collect();
    for name in &names {
        let text = fs::read_to_string(dir.join(name)).unwrap();
        let svg = roxmltree::Document::parse(&text).unwrap_or_else(|e| panic!("{name}: {e}"));
        let root = svg.root_element();
        let number = |node: roxmltree::Node, what: &str| -> f64 {
            node.attribute(what).unwrap().parse().unwrap()
        };
        let (width, height) = (number(root, "width"), number(root, "height"));
        let texts = svg.descendants().filter(|n| n.has_tag_name("text"));
        for node in texts.clone() {
            let (x, y) = (number(node, "x"), number(node, "y"));
            let inside = x >= 0.0 && x <= width && y >= 10.0 && y <= height;
            assert!(inside, "{name}: {:?} at {x}, {y}", node.text());
        }
        assert!(texts.count() > 5, "{name} has no labels");
        assert!(!text.contains("NaN") && !text.contains("inf"), "{name}");
    }
    names
}

/// An official makes the page from two saved runs and finds their numbers in it.
#[test]
fn a_page_with_plots_says_what_the_runs_found() {
    let dir = tempfile::tempdir().unwrap();
    let (office, o) = saved(dir.path(), "office.json", "office", "8");
    let (hard, h) = saved(dir.path(), "hard.json", "hard", "8");
    let to = dir.path().join("page");
    let out = phieu(&[
        "selftest",
        "--report",
        to.to_str().unwrap(),
        "--from",
        &office,
        "--from",
        &hard,
    ]);
    assert!(out.status.code().is_some_and(|c| c < 2), "{out:?}");
    let page = fs::read_to_string(to.join("accuracy.md")).unwrap();

    let names = pictures(&to, &page);
    for name in [
        "scores-office-8.svg",
        "scores-hard-8.svg",
        "reliability.svg",
        "flagged.svg",
        "unreadable.svg",
    ] {
        assert!(names.contains(name), "{name} in {names:?}");
    }
    let line = |what: &str| {
        page.lines()
            .find(|l| l.starts_with(&format!("| {what} |")))
            .unwrap_or_else(|| panic!("{what} in {page}"))
    };
    for (what, key) in [("page images", "pages"), ("boxes read", "positions")] {
        assert_eq!(line(what), format!("| {what} | {} | {} |", o[key], h[key]));
    }
    assert_eq!(
        line("**silent errors**"),
        format!(
            "| **silent errors** | **{}** | **{}** |",
            o["silent_errors"], h["silent_errors"]
        )
    );
    let flagged = line("clear questions flagged");
    for run in [&o, &h] {
        let counts = format!(
            "{} of {}",
            run["flagged_clear_questions"], run["clear_questions"]
        );
        assert!(flagged.contains(&counts), "{counts} in {flagged}");
    }
    // Each group's numbers, and that groups add up to the whole.
    for run in [&o, &h] {
        for (condition, values) in run["by_condition"].as_object().unwrap() {
            let values = values.as_object().unwrap();
            let sum =
                |key: &str| -> u64 { values.values().map(|g| g[key].as_u64().unwrap()).sum() };
            for key in ["positions", "clear_questions", "flagged_clear_questions"] {
                assert_eq!(sum(key), run[key].as_u64().unwrap(), "{condition} {key}");
            }
            for (value, group) in values.iter().filter(|_| values.len() > 1) {
                let wanted = format!("| {value} | {} |", group["sheets"]);
                let errors = format!("| {} of {} |", group["silent_errors"], group["positions"]);
                assert!(
                    page.lines()
                        .any(|l| l.starts_with(&wanted) && l.contains(&errors)),
                    "{condition} {value}: {wanted} … {errors} in {page}"
                );
            }
        }
        let bins = run["scores"]["bins"].as_array().unwrap();
        let in_bins = |key: &str| -> u64 { bins.iter().map(|b| b[key].as_u64().unwrap()).sum() };
        let judged = ["marked", "ringed", "empty", "taken_back"].map(in_bins);
        let hidden = run["scores"]["hidden"].as_u64().unwrap();
        assert_eq!(
            judged.iter().sum::<u64>() + hidden,
            run["positions"].as_u64().unwrap()
        );
    }
    // The commands on the page are those that were given, and its own copies of
    // the runs make the same page.
    assert!(page.contains(o["command"].as_str().unwrap()), "{page}");
    let copies = ["selftest-office-8.json", "selftest-hard-8.json"];
    let again = dir.path().join("again");
    let copies = copies.map(|c| to.join(c).to_str().unwrap().to_owned());
    phieu(&[
        "selftest",
        "--report",
        again.to_str().unwrap(),
        "--from",
        &copies[0],
        "--from",
        &copies[1],
    ]);
    assert_eq!(fs::read_to_string(again.join("accuracy.md")).unwrap(), page);
}

/// What differs from run to run: time.
fn without_times(mut report: Value) -> Value {
    let map = report.as_object_mut().unwrap();
    for key in ["seconds", "pages_per_second", "read_ms_per_page"] {
        assert!(map.remove(key).is_some(), "{key}");
    }
    report
}

/// The power fails in the middle of a long run; the same command ends it, and
/// nothing is counted twice or lost.
#[test]
fn an_interrupted_run_goes_on_where_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let kept = dir.path().join("progress.json");
    let command = |seed: &'static str| {
        let mut c = Command::new(env!("CARGO_BIN_EXE_phieu"));
        c.args([
            "selftest",
            "--form",
            "ba-dinh-2022",
            "--pages",
            "50",
            "--level",
            "office",
        ])
        .args(["--seed", seed, "--threads", "1", "--json"]);
        c
    };
    let mut first = command("6")
        .arg("--resume")
        .arg(&kept)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let pages = || {
        let text = fs::read(&kept).ok()?;
        let state: Value = serde_json::from_slice(&text).ok()?;
        state["state"]["pages"].as_u64()
    };
    while pages().is_none_or(|n| n == 0) {
        assert!(first.try_wait().unwrap().is_none(), "it ended too early");
        std::thread::sleep(Duration::from_millis(5));
    }
    first.kill().unwrap();
    let out = first.wait_with_output().unwrap();
    assert!(out.stdout.is_empty(), "it ended before it was killed");
    let before = pages().unwrap();
    assert!(before > 0 && before < 50, "{before}");

    let run = |seed, keep: bool| {
        let mut c = command(seed);
        if keep {
            c.arg("--resume").arg(&kept);
        }
        c.output().unwrap()
    };
    let report = |out: Output| -> Value { serde_json::from_slice(&out.stdout).unwrap() };
    let resumed = without_times(report(run("6", true)));
    assert_eq!(resumed["pages"], 50);
    assert_eq!(resumed, without_times(report(run("6", false))));
    // Once more: all is done already.
    assert_eq!(resumed, without_times(report(run("6", true))));

    // Parts of different runs are never put together.
    let other = run("7", true);
    assert_eq!(other.status.code(), Some(2));
    let said = String::from_utf8(other.stderr).unwrap();
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains("progress.json") && said.contains("seed"),
        "{said}"
    );
    for nonsense in ["", "{}", "[1, 2]", "{\"selftest_progress\": 1}"] {
        fs::write(&kept, nonsense).unwrap();
        let out = run("6", true);
        assert_eq!(out.status.code(), Some(2), "{nonsense}");
        assert_eq!(fs::read_to_string(&kept).unwrap(), nonsense);
    }
}

#[test]
fn a_page_needs_results_of_its_own_kind() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("notes.json");
    fs::write(&file, "{\"pages\": 3}").unwrap();
    let to = dir.path().join("page");
    let (file, to) = (file.to_str().unwrap(), to.to_str().unwrap());
    for arguments in [
        &["selftest", "--report", to, "--from", file][..],
        &["selftest", "--report", to, "--from", "nowhere.json"],
        &["selftest", "--from", file],
        &["selftest", "--report", to, "--from", file, "--seed", "3"],
    ] {
        let out = phieu(arguments);
        assert_eq!(out.status.code(), Some(2), "{arguments:?}");
        assert_eq!(String::from_utf8(out.stderr).unwrap().lines().count(), 1);
    }
    assert!(!Path::new(to).exists());
}
