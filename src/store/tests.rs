//! The promises of the tally database.

use super::sample::{answer, layout, page, reading, unknown};
use super::*;
use crate::read::sketch::{SIDE, Sketch};
use crate::read::{AnswerState, PageReading, ProblemCode, Status};

const BY: ReadBy<'static> = ReadBy {
    reader: "phieu test",
    layouts: "abc",
    model: "model 1",
    profile: None,
};

struct Bench {
    _dir: tempfile::TempDir,
    path: PathBuf,
    store: Store,
    batch: BatchKey,
    form: FormKey,
}

fn bench(pages: u32) -> Bench {
    let dir = tempfile::tempdir().expect("a folder");
    let path = dir.path().join("phieu.db");
    let store = Store::create(&path, "0123", "phieu test", Actor::program()).expect("a store");
    let form = store
        .register_form(&layout("f", pages), "Phiếu", "")
        .expect("a form");
    let batch = store.start_batch(None, "phieu test").expect("a batch");
    Bench {
        _dir: dir,
        path,
        store,
        batch,
        form,
    }
}

impl Bench {
    fn add(&mut self, name: &str, reading: PageReading) {
        let ballot = reading.form.is_some().then(|| NewBallot {
            form: self.form,
            serial: reading.serial.clone(),
            unit: reading.unit.clone(),
            ballot_box: reading.ballot_box.clone(),
            problems: Vec::new(),
        });
        let group = NewGroup {
            pages: vec![page(name, reading)],
            ballot,
        };
        self.store
            .add_group(self.batch, &group, BY)
            .expect("recorded");
    }

    fn states(&self) -> Vec<(String, u64)> {
        let counts = self.store.ballot_counts().expect("counts");
        counts.into_iter().map(|c| (c.state, c.ballots)).collect()
    }

    fn reasons(&self) -> Vec<(String, bool)> {
        let reasons = self.store.ballot_reasons().expect("reasons");
        reasons.into_iter().map(|r| (r.code, r.blocking)).collect()
    }
}

fn a() -> crate::read::Answer {
    answer(AnswerState::Answered, &["a"])
}

#[test]
fn a_direct_session_cannot_change_or_delete_what_was_recorded() {
    let mut b = bench(1);
    b.add("1.png", reading("f", 1, Some("S1"), a()));
    b.store
        .record_profile("máy", "0123", "text")
        .expect("a profile");
    let mut without = page("2.png", reading("f", 1, None, a()));
    without.sketch = Sketch::from_bytes(&[9; 2 + SIDE * SIDE]);
    let group = NewGroup {
        pages: vec![without],
        ballot: Some(NewBallot {
            form: b.form,
            serial: None,
            unit: None,
            ballot_box: None,
            problems: Vec::new(),
        }),
    };
    b.store.add_group(b.batch, &group, BY).expect("recorded");
    b.store.cancel_batch(b.batch, "thử").expect("cancelled");
    let direct = Connection::open(&b.path).expect("a session");
    direct
        .execute_batch("PRAGMA foreign_keys = OFF")
        .expect("off");
    for table in [
        "images",
        "pages",
        "readings",
        "answers",
        "answer_choices",
        "log",
        "forms",
        "station",
        "ballot_pages",
        "placements",
        "batch_events",
        "ballot_ends",
        "sketches",
        "scanner_profiles",
    ] {
        let delete = direct.execute(&format!("DELETE FROM {table}"), []);
        assert!(delete.is_err(), "{table} could be deleted from");
        let column: String = direct
            .query_row(
                "SELECT name FROM pragma_table_info(?1) LIMIT 1",
                [table],
                |r| r.get(0),
            )
            .expect("a column");
        let update = direct.execute(&format!("UPDATE {table} SET {column} = {column}"), []);
        assert!(update.is_err(), "{table} could be changed");
    }
    assert!(direct.execute("DELETE FROM ballots", []).is_err());
}

#[test]
fn the_same_page_again_in_one_ballot_is_a_duplicate_and_counts_once() {
    let mut b = bench(1);
    b.add("1.png", reading("f", 1, Some("S1"), a()));
    b.add("2.png", reading("f", 1, Some("S1"), a()));
    assert_eq!(b.states(), [("counted".to_owned(), 1)]);
    assert_eq!(b.reasons(), [("duplicate".to_owned(), false)]);
    assert_eq!(b.store.page_totals().expect("totals").duplicates, 1);
}

#[test]
fn two_papers_with_one_serial_and_other_answers_wait_for_a_person() {
    let mut b = bench(1);
    b.add("1.png", reading("f", 1, Some("S1"), a()));
    let other = answer(AnswerState::Answered, &["b"]);
    b.add("2.png", reading("f", 1, Some("S1"), other));
    assert_eq!(b.states(), [("pending".to_owned(), 1)]);
    assert_eq!(b.reasons(), [("duplicate-differs".to_owned(), true)]);
    assert!(b.store.choice_counts().expect("counts").is_empty());
}

#[test]
fn a_ballot_counts_when_all_of_its_pages_are_there() {
    let mut b = bench(2);
    b.add("1.png", reading("f", 1, Some("S1"), a()));
    assert_eq!(b.states(), [("pending".to_owned(), 1)]);
    assert_eq!(b.reasons(), [("incomplete".to_owned(), true)]);
    let mut unread = reading("f", 2, Some("S1"), a());
    unread.status = Status::Unreadable;
    unread.answers.clear();
    b.add("2.png", unread);
    assert_eq!(b.states(), [("pending".to_owned(), 1)]);
    // A better scan of the page that could not be read completes the ballot.
    let both = answer(AnswerState::Answered, &["a", "c"]);
    b.add("2 lại.png", reading("f", 2, Some("S1"), both));
    assert_eq!(b.states(), [("counted".to_owned(), 1)]);
    assert_eq!(b.reasons(), []);
    let choices = b.store.choice_counts().expect("counts");
    let q2: Vec<&str> = choices
        .iter()
        .filter(|c| c.question == "q2")
        .map(|c| c.choice.as_str())
        .collect();
    assert_eq!(q2, ["a", "c"]);
}

#[test]
fn a_page_that_could_not_be_read_is_known_and_read_again_by_other_forms() {
    let mut b = bench(1);
    b.add("1.png", unknown(ProblemCode::FormUnknown));
    let hash = page("1.png", unknown(ProblemCode::FormUnknown)).image.hash;
    let known = b.store.image(&hash, BY).expect("a look").expect("an image");
    assert_eq!(known.pages, 1);
    assert!(known.stored.iter().all(|p| p.current && !p.placed));
    let more = ReadBy {
        layouts: "more forms",
        ..BY
    };
    let known = b
        .store
        .image(&hash, more)
        .expect("a look")
        .expect("an image");
    assert!(known.stored.iter().all(|p| !p.current));
    let group = NewGroup {
        pages: vec![page("1.png", reading("f", 1, None, a()))],
        ballot: Some(NewBallot {
            form: b.form,
            serial: None,
            unit: None,
            ballot_box: None,
            problems: Vec::new(),
        }),
    };
    b.store.add_group(b.batch, &group, more).expect("recorded");
    assert_eq!(b.states(), [("counted".to_owned(), 1)]);
    assert_eq!(b.store.unplaced_pages().expect("pages"), []);
    assert_eq!(b.store.page_totals().expect("totals").pages, 1);
}

#[test]
fn nothing_of_a_group_is_recorded_when_a_part_of_it_fails() {
    let mut b = bench(2);
    let group = NewGroup {
        pages: vec![
            page("1.png", reading("f", 1, None, a())),
            page("2.png", reading("another", 2, None, a())),
        ],
        ballot: None,
    };
    let refused = b.store.add_group(b.batch, &group, BY);
    assert!(matches!(refused, Err(StoreError::FormMissing { .. })));
    assert_eq!(b.store.page_totals().expect("totals").images, 0);
    b.add("3.png", reading("f", 1, Some("S1"), a()));
    assert_eq!(b.store.page_totals().expect("totals").images, 1);
}

#[test]
fn units_and_boxes_come_from_the_code() {
    let mut b = bench(1);
    b.store
        .declare_unit("u1", Some("Phường Một"), None, Some(300))
        .expect("a unit");
    b.store.declare_box("1", Some("u1")).expect("a box");
    let mut printed = reading("f", 1, Some("S1"), a());
    printed.unit = Some("u1".to_owned());
    printed.ballot_box = Some("1".to_owned());
    b.add("1.png", printed);
    let mut elsewhere = reading("f", 1, Some("S2"), a());
    elsewhere.unit = Some("u2".to_owned());
    elsewhere.ballot_box = Some("1".to_owned());
    b.add("2.png", elsewhere);
    let counts = b.store.ballot_counts().expect("counts");
    let units: Vec<_> = counts.iter().map(|c| c.unit.as_deref()).collect();
    assert_eq!(units, [Some("u1"), Some("u2")]);
    let declared: Vec<bool> = b
        .store
        .units()
        .expect("units")
        .iter()
        .map(|u| u.declared)
        .collect();
    assert_eq!(declared, [true, false]);
    // Two units have a box 1 now.
    assert!(matches!(
        b.store.box_named("1"),
        Err(StoreError::BoxAmbiguous(2, _))
    ));
    assert_eq!(
        b.store.box_named("u1/1").expect("a box"),
        b.store.declare_box("1", Some("u1")).expect("a box")
    );
}

#[test]
fn a_form_may_not_change_without_a_new_version() {
    let b = bench(1);
    assert_eq!(
        b.store
            .register_form(&layout("f", 1), "Phiếu", "")
            .expect("the same"),
        b.form
    );
    let mut changed = layout("f", 1);
    changed.digest = "other".to_owned();
    let refused = b.store.register_form(&changed, "Phiếu", "");
    assert!(matches!(
        refused,
        Err(StoreError::FormChanged { version: 1, .. })
    ));
}

#[test]
fn a_database_of_a_newer_program_is_left_alone() {
    let b = bench(1);
    b.store
        .db
        .pragma_update(None, "user_version", 99)
        .expect("a version");
    let opened = Store::open(&b.path, Durability::EachCommit);
    assert!(matches!(opened, Err(StoreError::Newer { found: 99, .. })));
}

#[test]
fn a_reading_says_by_what_it_was_made() {
    let mut b = bench(1);
    b.add("1.png", reading("f", 1, Some("S1"), a()));
    let record = |store: &Store, digest| store.record_profile("Máy", digest, "text").expect("key");
    let profile = record(&b.store, "0123");
    assert_eq!(record(&b.store, "0123"), profile);
    assert_ne!(record(&b.store, "4567"), profile);
    let group = NewGroup {
        pages: vec![page("2.png", unknown(ProblemCode::AnchorsMissing))],
        ballot: None,
    };
    let by = ReadBy {
        model: "model 2",
        profile: Some(profile),
        ..BY
    };
    b.store.add_group(b.batch, &group, by).expect("recorded");
    let all = b.store.provenance().expect("provenance");
    let short: Vec<_> = all
        .iter()
        .map(|p| (p.file.as_str(), p.model.as_deref(), p.profile.clone()))
        .collect();
    let named = Some(("Máy".to_owned(), "0123".to_owned()));
    assert_eq!(
        short,
        [
            ("1.png", Some("model 1"), None),
            ("2.png", Some("model 2"), named)
        ]
    );
    assert!(all.iter().all(|p| p.station.as_deref() == Some("0123")));
    // Neither model nor profile is a reason to read a page again.
    let hash = page("2.png", unknown(ProblemCode::AnchorsMissing))
        .image
        .hash;
    let known = b.store.image(&hash, BY).expect("a look").expect("an image");
    assert!(known.stored.iter().all(|p| p.current));
}
