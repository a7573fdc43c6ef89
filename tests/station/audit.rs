//! Somebody alters what a station recorded, and somebody else looks whether it is
//! as it was.

use std::fs;
use std::path::{Path, PathBuf};

use crate::paper::{ONE_PAGE, Office, SCAN};
use phieu::read::Answer;
use phieu::station::Station;
use phieu::station::audit::{Fault, audit};
use phieu::store::{Decision, Settled};
use phieu::tally::{TallyFilter, tally, write_json};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use rusqlite::Connection;

/// A station with five ballots and two decisions about them.
fn office() -> Office {
    let office = Office::new(ONE_PAGE);
    for n in 0..5 {
        let marked: &[&str] = [
            &["q1.co", "q2.nhanh"][..],
            &["q1.khong"],
            &["q1.co", "q1.khong", "q2.re"],
        ][n as usize % 3];
        office.scan(&format!("ảnh quét/phiếu {n}.png"), 1, Some(n), marked);
    }
    office.says(0, &["init", "trạm"]);
    office.says(1, &SCAN);
    let station = Station::open(&office.path("trạm")).unwrap();
    let mut store = station.store().unwrap();
    let open = store.open_questions().unwrap();
    store
        .decide(&Decision {
            ballot: open[0].ballot,
            settled: Settled::Answer {
                question: "q1".into(),
                before: None,
                after: Answer {
                    state: phieu::read::AnswerState::Answered,
                    choices: vec!["co".into()],
                },
            },
            reason: "nhìn rõ trên phiếu".into(),
            person: "lan".into(),
        })
        .unwrap();
    store
        .decide(&Decision {
            ballot: open[0].ballot,
            settled: Settled::Reject,
            reason: "phiếu thử".into(),
            person: "lan".into(),
        })
        .unwrap();
    store.make_durable().unwrap();
    office
}

fn database(office: &Office) -> PathBuf {
    office.path("trạm/phieu.db")
}

fn faults(office: &Office) -> Vec<String> {
    let station = Station::open(&office.path("trạm")).unwrap();
    let found = audit(&station).unwrap().faults;
    found.iter().map(Fault::to_string).collect()
}

/// Alters the database with everything that guards it switched off.
fn alter(office: &Office, sql: &str) {
    let db = Connection::open(database(office)).unwrap();
    let triggers: Vec<(String, String)> = db
        .prepare("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'")
        .unwrap()
        .query_map([], |r| Ok((r.get(0)?, r.get(1)?)))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    db.execute_batch("PRAGMA foreign_keys = OFF").unwrap();
    for (name, _) in &triggers {
        db.execute_batch(&format!("DROP TRIGGER {name}")).unwrap();
    }
    db.execute_batch(sql).unwrap();
    for (_, sql) in &triggers {
        db.execute_batch(sql).unwrap();
    }
}

#[test]
fn an_untouched_station_is_whole_and_says_where_its_log_ends() {
    let office = office();
    let said = office.says(0, &["audit", "verify", "--station", "trạm"]);
    assert!(said.contains("Nguyên vẹn"), "{said}");
    assert!(said.contains("5 tệp ảnh gốc"), "{said}");
    let json = office.says(0, &["audit", "verify", "--station", "trạm", "--json"]);
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["whole"], true);
    assert_eq!(json["faults"], serde_json::json!([]));
    // Looking changes nothing.
    let again = office.says(0, &["audit", "verify", "--station", "trạm", "--json"]);
    let again: serde_json::Value = serde_json::from_str(&again).unwrap();
    assert_eq!(again, json);
}

#[test]
fn the_log_says_who_did_what_and_why() {
    let office = office();
    let entries = office.log("decided");
    assert_eq!(entries.len(), 2);
    assert_eq!(entries[0]["detail"]["reason"], "nhìn rõ trên phiếu");
    assert_eq!(entries[0]["detail"]["what"]["after"]["choices"][0], "co");
    assert_eq!(entries[1]["detail"]["kind"], "reject");
    assert!(entries[0]["origin"].as_str().unwrap().starts_with("cli"));
}

#[test]
fn a_changed_answer_is_named_with_its_row() {
    let office = office();
    alter(
        &office,
        "UPDATE answer_choices SET choice = 'khong' WHERE choice = 'co' AND reading_id = 1",
    );
    let found = faults(&office);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].starts_with("readings 1 was changed"), "{found:?}");
    let said = office.says(1, &["audit", "verify", "--station", "trạm"]);
    assert!(said.contains("!! readings 1"), "{said}");
}

#[test]
fn a_removed_decision_and_a_smuggled_one_are_found() {
    let office = office();
    alter(&office, "DELETE FROM decisions WHERE kind = 'reject'");
    let found = faults(&office);
    assert!(
        found
            .iter()
            .any(|f| f.starts_with("decisions 2 was removed")),
        "{found:?}"
    );
    alter(
        &office,
        "INSERT INTO decisions (ballot_id, kind, reason, person, decided)
         VALUES (1, 'reject', 'x', 'x', '2026-01-01')",
    );
    let found = faults(&office);
    assert!(
        found
            .iter()
            .any(|f| f.starts_with("decisions 2 was changed")),
        "{found:?}"
    );
}

#[test]
fn a_changed_or_reordered_log_breaks_the_chain_at_its_place() {
    let office = office();
    let number: i64 = Connection::open(database(&office))
        .unwrap()
        .query_row(
            "SELECT id FROM log WHERE kind = 'decided' ORDER BY id LIMIT 1",
            [],
            |r| r.get(0),
        )
        .unwrap();
    alter(
        &office,
        &format!("UPDATE log SET person = 'hoa' WHERE id = {number}"),
    );
    let found = faults(&office);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(
        found[0].contains(&format!("entry {number} of the log")),
        "{found:?}"
    );
    alter(&office, &format!("DELETE FROM log WHERE id = {number}"));
    assert!(faults(&office)[0].contains(&format!("entry {} of the log", number + 1)));
}

#[test]
fn a_view_that_counts_otherwise_and_a_missing_guard_are_found() {
    let office = office();
    let db = Connection::open(database(&office)).unwrap();
    db.execute_batch(
        "DROP VIEW ballot_states;
         CREATE VIEW ballot_states AS
            SELECT id, form_id, unit_id, box_id, 'counted' AS state FROM ballots;
         DROP TRIGGER readings_never_changed;",
    )
    .unwrap();
    drop(db);
    let found = faults(&office);
    assert!(
        found.iter().any(|f| f.contains("view ballot_states")),
        "{found:?}"
    );
    assert!(
        found
            .iter()
            .any(|f| f.contains("trigger readings_never_changed")),
        "{found:?}"
    );
}

#[test]
fn a_direct_session_that_adds_rows_is_found() {
    let office = office();
    let db = Connection::open(database(&office)).unwrap();
    // No trigger forbids an honest-looking insert.
    db.execute_batch(
        "INSERT INTO problems (ballot_id, code, detail, blocking) VALUES (1, 'x', 'x', 1)",
    )
    .unwrap();
    drop(db);
    let found = faults(&office);
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("was added past the log"), "{found:?}");
}

fn originals(office: &Office) -> Vec<PathBuf> {
    let mut out = Vec::new();
    let shelves = fs::read_dir(office.path("trạm/originals")).unwrap();
    for shelf in shelves {
        let shelf = shelf.unwrap().path();
        out.extend(fs::read_dir(shelf).unwrap().map(|f| f.unwrap().path()));
    }
    out.sort();
    out
}

#[test]
fn a_lost_and_a_changed_original_are_named() {
    let office = office();
    let kept = originals(&office);
    let mut bytes = fs::read(&kept[0]).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&kept[0], bytes).unwrap();
    fs::remove_file(&kept[1]).unwrap();
    let found = faults(&office);
    assert_eq!(found.len(), 2, "{found:?}");
    assert!(found.iter().any(|f| f.contains("was changed")), "{found:?}");
    assert!(found.iter().any(|f| f.contains("is gone")), "{found:?}");
}

fn counted(dir: &Path) -> Result<Vec<u8>, String> {
    let station = Station::open(dir).map_err(|e| e.to_string())?;
    let store = station.store().map_err(|e| e.to_string())?;
    let all = TallyFilter {
        form: None,
        unit: None,
    };
    let tally = tally(&store, &all).map_err(|e| e.to_string())?;
    let mut out = Vec::new();
    write_json(&tally, &mut out).map_err(|e| e.to_string())?;
    Ok(out)
}

/// Each change of one byte, wherever it is in the database file, is found by the
/// check or by SQLite itself, or changes nothing that is counted.
#[test]
fn no_changed_byte_of_the_database_goes_unnoticed() {
    let office = office();
    let (dir, file) = (office.path("trạm"), database(&office));
    Connection::open(&file)
        .unwrap()
        .execute_batch(
            "PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE;
             PRAGMA secure_delete = ON; VACUUM",
        )
        .unwrap();
    let whole = fs::read(&file).unwrap();
    let truth = counted(&dir).unwrap();
    // Most of a small database is the empty rest of its pages (and, before it was
    // compacted, what SQLite left in them).
    let content: Vec<usize> = (0..whole.len()).filter(|&i| whole[i] != 0).collect();
    let config = Config {
        rng_algorithm: RngAlgorithm::ChaCha,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[7; 32]);
    let mut runner = TestRunner::new_with_rng(config, rng);
    let (mut noticed, mut harmless) = (0, 0);
    for _ in 0..1000 {
        use proptest::strategy::{Strategy, ValueTree};
        let pick = (0..content.len(), 1..=255u8);
        let (place, flip) = pick.new_tree(&mut runner).unwrap().current();
        let at = content[place];
        let mut altered = whole.clone();
        altered[at] ^= flip;
        for suffix in ["-wal", "-shm", "-journal"] {
            drop(fs::remove_file(dir.join(format!("phieu.db{suffix}"))));
        }
        fs::write(&file, &altered).unwrap();
        let found = Station::open(&dir).and_then(|s| audit(&s));
        if found.is_err() || found.is_ok_and(|a| !a.faults.is_empty()) {
            noticed += 1;
            continue;
        }
        let now = counted(&dir);
        assert_eq!(
            now.as_deref(),
            Ok(truth.as_slice()),
            "byte {at} ^ {flip} changes the figures and was not found"
        );
        harmless += 1;
    }
    println!(
        "1000 of {} bytes: {noticed} found, {harmless} change nothing",
        content.len()
    );
    assert!(noticed > 500);
}

#[test]
fn no_changed_byte_of_an_original_goes_unnoticed() {
    let office = office();
    let station = Station::open(&office.path("trạm")).unwrap();
    for path in originals(&office) {
        let whole = fs::read(&path).unwrap();
        for at in (0..whole.len()).step_by(whole.len() / 40) {
            let mut altered = whole.clone();
            altered[at] ^= 0x10;
            fs::write(&path, &altered).unwrap();
            assert_eq!(
                audit(&station).unwrap().faults.len(),
                1,
                "{} {at}",
                path.display()
            );
        }
        fs::write(&path, &whole).unwrap();
    }
    assert!(audit(&station).unwrap().faults.is_empty());
}
