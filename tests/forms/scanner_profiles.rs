//! A clerk has measured the scanner and reads ballots by its profile. The
//! profile may be a good one, a stale one, or another scanner's: it is recorded
//! with what was read, it can ask for a look, and it never makes an answer.

use std::fs;

use crate::paper::{ONE_PAGE, Office, SCAN, count};
use phieu::calibrate::{
    Bars, Profile, Scanner, Target, judge, measure_page, pdf, shipped, shipped_names, simulate,
};
use phieu::form::{Library, Paper as Size};
use phieu::page::Scan;
use phieu::read::{
    KnownScanner, KnownStreak, MarkState, PageReading, ReadOptions, Reader, Status, model_id,
};
use phieu::station::Station;
use phieu::store::Provenance;
use phieu::synth::{
    Conditions, Drawn, Feed, KnownPrint, Level, PlacedMark, Printing, Simulator, Staged, Streak,
};
use proptest::prelude::*;

fn scan<'a>(more: &[&'a str]) -> Vec<&'a str> {
    [&SCAN[..], more].concat()
}

fn ballots(office: &Office, numbers: std::ops::Range<u64>) {
    for n in numbers {
        let name = format!("ảnh quét/phiếu {n}.png");
        let marked = [["q1.co", "q1.khong"][n as usize % 2]];
        office.scan(&name, 1, Some(n), &marked);
    }
}

fn provenance(office: &Office) -> Vec<Provenance> {
    let station = Station::open(&office.path("trạm")).unwrap();
    station.store().unwrap().provenance().unwrap()
}

fn rows(office: &Office) -> Vec<i64> {
    let db = rusqlite::Connection::open(office.path("trạm/phieu.db")).unwrap();
    ["log", "batches", "readings", "problems", "scanner_profiles"]
        .iter()
        .map(|table| {
            db.query_row(&format!("SELECT count(*) FROM {table}"), [], |r| r.get(0))
                .unwrap()
        })
        .collect()
}

/// From the scans of the target to a station that knows its scanner, and each
/// reading says by what it was made.
#[test]
fn a_station_scans_by_its_scanners_profile_and_records_it() {
    let office = Office::new(ONE_PAGE);
    ballots(&office, 0..3);
    office.says(
        0,
        &[
            "calibrate",
            "simulate",
            "office-feeder",
            "--out",
            "tờ mẫu",
            "--sheets",
            "3",
        ],
    );
    let said = office.says(
        0,
        &[
            "calibrate",
            "measure",
            "tờ mẫu",
            "--bar-mm",
            "150",
            "--name",
            "Máy tầng 1",
            "--out",
            "may-1.toml",
        ],
    );
    assert!(said.contains("Máy tầng 1: TỐT"), "{said}");
    let profile = Profile::load(&office.path("may-1.toml")).unwrap();
    let said = office.says(0, &["init", "trạm", "--profile", "may-1.toml"]);
    assert!(said.contains(&profile.label()), "{said}");
    let said = office.says(0, &scan(&[]));
    assert!(said.contains(&profile.label()), "{said}");

    let station = Station::open(&office.path("trạm")).unwrap();
    let id = station.store().unwrap().station().unwrap().id;
    let all = provenance(&office);
    assert_eq!(all.len(), 3);
    for p in &all {
        assert_eq!(p.station.as_deref(), Some(id.as_str()));
        assert_eq!(p.model.as_deref(), Some(model_id()));
        let (name, digest) = p.profile.clone().unwrap();
        assert_eq!((name.as_str(), digest), ("Máy tầng 1", profile.digest()));
        assert!(p.reader.starts_with("phieu "), "{}", p.reader);
    }

    // Under another profile, or none, the same images change nothing: they keep
    // saying by what they were read.
    let before = (rows(&office), office.tally("trạm"));
    for other in ["flatbed", "none"] {
        let again = office.says(0, &scan(&["--profile", other]));
        assert!(again.contains("0 trang mới, 3 trang đã có"), "{again}");
        assert!(!again.contains("Hồ sơ máy quét"), "{again}");
        assert_eq!((rows(&office), office.tally("trạm")), before);
        assert_eq!(provenance(&office), all);
    }
    // So does a station whose scanner was changed.
    office.says(0, &["calibrate", "use", "bilevel", "--station", "trạm"]);
    office.says(0, &scan(&[]));
    assert_eq!(provenance(&office), all);

    // What is new is read by what holds now, or by what is named.
    ballots(&office, 3..4);
    office.says(0, &scan(&[]));
    ballots(&office, 4..5);
    office.says(0, &scan(&["--profile", "flatbed"]));
    ballots(&office, 5..6);
    office.says(0, &scan(&["--profile", "none"]));
    office.says(0, &["calibrate", "use", "none", "--station", "trạm"]);
    ballots(&office, 6..7);
    office.says(0, &scan(&[]));
    let digests: Vec<Option<String>> = provenance(&office)[3..]
        .iter()
        .map(|p| p.profile.clone().map(|p| p.1))
        .collect();
    let of = |name| Some(shipped(name).unwrap().digest());
    assert_eq!(digests, [of("bilevel"), of("flatbed"), None, None]);
    assert_eq!(count(&office.tally("trạm"), "q1", "co"), 4);
    // The profile is kept as it was, even if its file is gone.
    let db = rusqlite::Connection::open(office.path("trạm/phieu.db")).unwrap();
    let text: String = db
        .query_row(
            "SELECT source FROM scanner_profiles WHERE name = 'Máy tầng 1'",
            [],
            |r| r.get(0),
        )
        .unwrap();
    assert_eq!(Profile::parse("kept", &text).unwrap(), profile);
}

#[test]
fn a_profile_that_cannot_be_used_is_said_in_one_line_and_nothing_is_done() {
    let office = Office::new(ONE_PAGE);
    ballots(&office, 0..1);
    let refused = |args: &[&str], words: &[&str]| {
        let out = office.phieu(args);
        let error = String::from_utf8_lossy(&out.stderr).into_owned();
        assert_eq!(out.status.code(), Some(2), "{args:?}: {error}");
        assert_eq!(error.trim_end().lines().count(), 1, "{error}");
        assert!(out.stdout.is_empty(), "{args:?}");
        for word in words {
            assert!(error.contains(word), "{error}");
        }
    };
    fs::write(office.path("hỏng.toml"), "version = 1\nname = 3\n").unwrap();
    // A word that is no profile's: the clerk hears which there are.
    let known: Vec<&str> = shipped_names().collect();
    refused(&["init", "trạm", "--profile", "flatbad"], &known);
    refused(
        &["init", "trạm", "--profile", "không có.toml"],
        &["không có.toml"],
    );
    refused(
        &["init", "trạm", "--profile", "hỏng.toml"],
        &["hỏng.toml", "phieu calibrate measure"],
    );
    assert!(!office.path("trạm").exists());
    office.says(0, &["init", "trạm"]);
    for args in [
        vec!["read", "ảnh quét", "--profile", "hỏng.toml"],
        scan(&["--profile", "hỏng.toml"]),
        vec!["calibrate", "use", "hỏng.toml", "--station", "trạm"],
    ] {
        refused(&args, &["hỏng.toml"]);
    }
    refused(
        &["calibrate", "use", "flatbed", "--station", "không có"],
        &["phieu init"],
    );
    assert!(!office.path("trạm/scanner.toml").exists());
    assert_eq!(provenance(&office), []);
    // The station's own file is damaged: no scan quietly goes on without it.
    office.says(0, &["calibrate", "use", "flatbed", "--station", "trạm"]);
    let whole = fs::read(office.path("trạm/scanner.toml")).unwrap();
    fs::write(office.path("trạm/scanner.toml"), &whole[..whole.len() / 2]).unwrap();
    refused(&scan(&[]), &["scanner.toml"]);
    office.says(0, &["calibrate", "use", "flatbed", "--station", "trạm"]);
    office.says(0, &scan(&[]));
    assert_eq!(provenance(&office).len(), 1);
}

#[test]
fn lines_say_by_what_they_were_read_and_are_the_same_otherwise() {
    let office = Office::new(ONE_PAGE);
    ballots(&office, 0..3);
    let read = |more: &[&str]| -> Vec<serde_json::Value> {
        let args = [&["read", "ảnh quét", "--templates", "mẫu phiếu"], more].concat();
        office
            .says(0, &args)
            .lines()
            .map(|l| serde_json::from_str(l).unwrap())
            .collect()
    };
    let strip = |mut lines: Vec<serde_json::Value>| {
        for line in &mut lines {
            for key in ["ms", "profile", "profile_digest"] {
                line[key].take();
            }
        }
        lines
    };
    let without = read(&[]);
    assert_eq!(without[0]["model"], model_id());
    assert!(without[0]["profile"].is_null());
    let with = read(&["--profile", "flatbed"]);
    let flatbed = shipped("flatbed").unwrap();
    assert_eq!(with[0]["profile"], flatbed.name);
    assert_eq!(with[0]["profile_digest"], flatbed.digest());
    assert_eq!(strip(with), strip(without));
}

/// The profile told not to scan; the clerk does it all the same and hears it
/// again. On a scanner that loses light strokes nothing is surely blank.
#[test]
fn a_profile_that_says_repair_warns_and_no_question_is_surely_blank() {
    let office = Office::new(ONE_PAGE);
    ballots(&office, 0..1);
    let mut noisy = shipped("flatbed").unwrap();
    noisy.verdict = phieu::calibrate::Verdict::Repair;
    noisy.tone.noise = 60.0;
    // The drawn scans have 150 dpi.
    noisy.resolution.dpi_x = 150.0;
    noisy.resolution.dpi_y = 150.0;
    fs::write(office.path("nhiễu.toml"), noisy.to_toml().unwrap()).unwrap();
    let out = office.phieu(&[
        "read",
        "ảnh quét",
        "--templates",
        "mẫu phiếu",
        "--profile",
        "nhiễu.toml",
    ]);
    assert_eq!(out.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&out.stderr).contains("PHẢI SỬA"));
    let line: serde_json::Value = serde_json::from_slice(&out.stdout).unwrap();
    assert_eq!(line["answers"]["q1"]["state"], "answered");
    assert_eq!(line["answers"]["q2"]["state"], "marginal");
    assert_eq!(line["problems"][0]["code"], "faint-pen");
    assert_eq!(line["status"], "review");
    // At another resolution the profile is not this scan's and says nothing.
    noisy.resolution.dpi_x = 300.0;
    noisy.resolution.dpi_y = 300.0;
    fs::write(office.path("nhiễu.toml"), noisy.to_toml().unwrap()).unwrap();
    let said = office.says(
        0,
        &[
            "read",
            "ảnh quét",
            "--templates",
            "mẫu phiếu",
            "--profile",
            "nhiễu.toml",
        ],
    );
    assert!(said.contains(r#""q2":{"state":"blank""#), "{said}");
}

/// Stations that were made before readings said by what they were made open,
/// keep what they have, and go on.
#[test]
fn a_station_of_the_first_version_opens_and_goes_on() {
    let office = Office::new(ONE_PAGE);
    ballots(&office, 0..2);
    office.says(0, &["init", "trạm"]);
    // Its database as the first version made it: what is read now is moved over.
    office.says(0, &scan(&[]));
    let (new, old) = (office.path("trạm/phieu.db"), office.path("trạm/old.db"));
    let db = rusqlite::Connection::open(&old).unwrap();
    db.execute_batch(include_str!("../../src/store/schema/0001.sql"))
        .unwrap();
    db.pragma_update(None, "user_version", 1).unwrap();
    db.execute("ATTACH ?1 AS new", [new.to_str().unwrap()])
        .unwrap();
    for table in [
        "station",
        "campaigns",
        "forms",
        "units",
        "boxes",
        "batches",
        "images",
        "pages",
        "readings",
        "answers",
        "answer_choices",
        "marks",
        "ballots",
        "ballot_pages",
        "problems",
    ] {
        let columns: Vec<String> = db
            .prepare(&format!(
                "SELECT name FROM pragma_table_info('{table}', 'main')"
            ))
            .unwrap()
            .query_map([], |r| r.get(0))
            .unwrap()
            .collect::<Result<_, _>>()
            .unwrap();
        let columns = columns.join(", ");
        db.execute_batch(&format!(
            "INSERT INTO main.{table} ({columns}) SELECT {columns} FROM new.{table}"
        ))
        .unwrap();
    }
    // What is the log now were plain events then.
    db.execute_batch(
        "INSERT INTO main.events (at, kind, person, detail)
         SELECT at, kind, NULL, detail FROM new.log ORDER BY id",
    )
    .unwrap();
    drop(db);
    for suffix in ["", "-wal", "-shm"] {
        drop(fs::remove_file(
            office.path(&format!("trạm/phieu.db{suffix}")),
        ));
    }
    fs::rename(&old, &new).unwrap();

    let tally = office.tally("trạm");
    assert_eq!(
        (count(&tally, "q1", "co"), count(&tally, "q1", "khong")),
        (1, 1)
    );
    let all = provenance(&office);
    assert_eq!(all.len(), 2);
    for p in &all {
        assert_eq!((&p.station, &p.model, &p.profile), (&None, &None, &None));
    }
    let said = office.says(0, &scan(&["--profile", "flatbed"]));
    assert!(said.contains("0 trang mới, 2 trang đã có"), "{said}");
    ballots(&office, 2..3);
    office.says(0, &scan(&["--profile", "flatbed"]));
    assert_eq!(provenance(&office)[..2], all[..]);
    assert!(provenance(&office)[2].profile.is_some());
    assert_eq!(count(&office.tally("trạm"), "q1", "co"), 2);
    let version: i64 = rusqlite::Connection::open(&new)
        .unwrap()
        .query_row("PRAGMA user_version", [], |r| r.get(0))
        .unwrap();
    assert!(version >= 3);
    // Its events and rows came under the log.
    office.verify();
    let log = office.says(
        0,
        &["audit", "log", "--station", "trạm", "--format", "jsonl"],
    );
    let kinds: Vec<String> = log
        .lines()
        .map(|l| serde_json::from_str::<serde_json::Value>(l).unwrap()["kind"].to_string())
        .collect();
    assert_eq!(kinds[0], "\"station-created\"");
    assert!(kinds.contains(&"\"log-begun\"".to_owned()), "{kinds:?}");
}

fn reader(scanner: Option<KnownScanner>) -> Reader {
    let library = Library::load(&[]).unwrap();
    Reader::new(
        library.layouts(),
        ReadOptions {
            scanner,
            ..ReadOptions::default()
        },
    )
}

/// Whatever the profile says, what was read with it is what was read without it,
/// or a person looks.
fn only_doubts(without: &PageReading, with: &PageReading) {
    let mut undoubted = with.clone();
    for (w, mark) in without.marks.iter().zip(&mut undoubted.marks) {
        assert!(mark.state == w.state || mark.state == MarkState::Marginal);
        mark.state = w.state;
        mark.reason.clone_from(&w.reason);
    }
    for (question, answer) in &mut undoubted.answers {
        let w = &without.answers[question];
        assert!(answer.state == w.state || answer.state.needs_person());
        answer.state = w.state;
    }
    if with.status != without.status {
        assert_eq!(
            (without.status, with.status),
            (Status::Clean, Status::Review)
        );
        undoubted.status = without.status;
    }
    for p in &without.problems {
        assert!(with.problems.contains(p));
    }
    undoubted.problems.clone_from(&without.problems);
    assert_eq!(&undoubted, without);
    // And whoever is asked is told.
    let asks = with.answers.values().any(|a| a.state.needs_person());
    assert!(with.status != Status::Clean || (!asks && with.problems.is_empty()));
}

fn any_scanner() -> impl Strategy<Value = KnownScanner> {
    let streak = (any::<bool>(), -5.0..300.0f64, 0.0..3.0f64, -1.0..1.0f64).prop_map(
        |(down, at_mm, width_mm, darkness)| KnownStreak {
            down,
            at_mm,
            width_mm,
            darkness,
        },
    );
    (
        prop::sample::select(vec![100.0, 150.0, 200.0, 300.0]),
        0.0..0.2f64,
        any::<bool>(),
        prop::bool::weighted(0.1),
        prop::collection::vec(streak, 0..40),
    )
        .prop_map(
            |(dpi, noise, bilevel, light_strokes_vanish, streaks)| KnownScanner {
                px_per_mm: [dpi / 25.4; 2],
                noise,
                bilevel,
                light_strokes_vanish,
                streaks,
            },
        )
}

/// A case is a sheet simulated and each of its pages read twice;
/// `PROPTEST_CASES` where more are wanted.
fn cases() -> u32 {
    let wanted = std::env::var("PROPTEST_CASES").ok();
    wanted.and_then(|n| n.parse().ok()).unwrap_or(24)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: cases(), failure_persistence: None, ..ProptestConfig::default() })]

    /// The profile of any scanner, on any page.
    #[test]
    fn a_wrong_profile_never_makes_an_answer(scanner in any_scanner(), sheet in 0u64..10_000, hard in any::<bool>()) {
        let library = Library::load(&[]).unwrap();
        let form = library.forms().next().unwrap();
        let level = if hard { Level::Hard } else { Level::Office };
        let simulator = Simulator::for_form(form, level, 5).unwrap();
        let with = reader(Some(scanner));
        let without = reader(None);
        for page in simulator.sheet(sheet).unwrap().pages {
            only_doubts(&without.read(&page.scan), &with.read(&page.scan));
        }
    }
}

/// A page at 200 dpi with dust at these places and a cross in each of these
/// boxes.
fn dusty(simulator: &Simulator, streaks: Vec<Streak>, crossed: &[usize]) -> Scan {
    let plan = simulator.plan(1).remove(0);
    let respondent = simulator.respondent(1);
    let mut conditions = perfect(plan.conditions, streaks);
    conditions.sensor.dpi = 200;
    let marks = crossed.iter().map(|&at| PlacedMark {
        at,
        drawn: Drawn::Cross,
    });
    let staged = Staged {
        page: plan.page,
        conditions,
        pen: respondent.pen,
        hand: respondent.hand,
        marks: marks.collect(),
        strokes: Vec::new(),
    };
    simulator.stage(1, &staged).unwrap().scan
}

/// A scanner that does nothing to the page but dust.
fn perfect(like: Conditions, streaks: Vec<Streak>) -> Conditions {
    let mut c = Conditions {
        printing: Printing::perfect(),
        paper: phieu::synth::Paper::perfect(),
        feed: Feed::perfect(),
        ..like
    };
    c.sensor.streaks = streaks;
    c.sensor.noise = 2.0;
    c.sensor.blur_px = 0.5;
    c.sensor.gamma = 1.0;
    c.sensor.gradient = 0.0;
    c.sensor.side_shadow = None;
    c.sensor.encoding = phieu::synth::Encoding::Png;
    c
}

/// The clerk measures a scanner with dust on its glass and scans ballots on it
/// before anybody has cleaned it: where a person is asked because of the dust,
/// the person is told that it is dust, and no more is asked than without.
#[test]
fn dust_that_was_measured_is_named_where_it_is_met() {
    let library = Library::load(&[]).unwrap();
    let form = library.forms().next().unwrap();
    let simulator = Simulator::for_form(form, Level::Office, 3).unwrap();
    let page = simulator.layout().page(1).unwrap();
    let first = page.boxes[0].rect.center();
    let dust = vec![Streak {
        at_mm: first.x + 0.3,
        width_mm: 0.4,
        darkness: 0.5,
        from_to: [0.0, 1.0],
    }];
    // The target through the same scanner.
    let target = Target::new(Size::A4);
    let print = KnownPrint::new("target", pdf(&target, 1).unwrap(), target.size());
    let mut c = perfect(simulator.plan(1).remove(0).conditions, dust.clone());
    c.sensor.dpi = 200;
    let measured = measure_page(&print.scan(&c, 1).unwrap().scan, &Bars::default());
    let profile = judge("máy bẩn", "test", &[measured.unwrap().unwrap()], true)
        .unwrap()
        .profile;
    assert_eq!(profile.streaks.len(), 1, "{:?}", profile.streaks);
    let (with, without) = (reader(Some(profile.known_scanner())), reader(None));

    // All boxes empty: each in the dust asks, and says why.
    let empty = dusty(&simulator, dust.clone(), &[]);
    let (plain, known) = (without.read(&empty), with.read(&empty));
    only_doubts(&plain, &known);
    let mut named = 0;
    for (mark, spec) in known.marks.iter().zip(&page.boxes) {
        let hit = (spec.rect.center().x - first.x).abs() < 1.0;
        let said = mark
            .reason
            .as_deref()
            .is_some_and(|r| r.contains("scanner's profile"));
        assert_eq!(said, hit, "{mark:?}");
        if hit {
            assert_eq!(mark.state, MarkState::Marginal);
            named += 1;
        }
    }
    assert!(named >= 2, "{named}");
    let asked = |r: &PageReading| {
        r.answers
            .values()
            .filter(|a| a.state.needs_person())
            .count()
    };
    assert_eq!(asked(&known), asked(&plain));

    // A cross in the dust is a cross.
    let answered = [0, 3, 5, 7];
    let crossed = dusty(&simulator, dust, &answered);
    let (plain, known) = (without.read(&crossed), with.read(&crossed));
    only_doubts(&plain, &known);
    assert_eq!(
        known.marks[0].state,
        MarkState::Marked,
        "{:?} {:?}",
        known.marks[0],
        plain.marks[0]
    );

    // The glass was cleaned: the profile is stale and changes nothing.
    let clean = dusty(&simulator, Vec::new(), &answered);
    assert_eq!(with.read(&clean), without.read(&clean));
}

/// A scanner whose profile is good reads as if there were none.
#[test]
fn the_shipped_profiles_cost_nothing() {
    let library = Library::load(&[]).unwrap();
    for scanner in Scanner::ALL {
        assert!(simulate(scanner, 1).is_ok());
        let profile = shipped(scanner.name()).unwrap();
        let (with, without) = (reader(Some(profile.known_scanner())), reader(None));
        for form in library.forms().filter(|f| f.dir.is_none()) {
            let simulator = Simulator::for_form(form, Level::Office, 8).unwrap();
            for n in 0..4 {
                for page in simulator.sheet(n).unwrap().pages {
                    assert_eq!(with.read(&page.scan), without.read(&page.scan));
                }
            }
        }
    }
}
