//! Cancelling a batch leaves what a station has that never saw it.

use proptest::prelude::*;

use super::sample::{answer, layout, page, reading, unknown};
use super::*;
use crate::read::sketch::{SIDE, Sketch};
use crate::read::{Answer, AnswerState, PageReading, ProblemCode, Status};

const BY: ReadBy<'static> = ReadBy {
    reader: "phieu test",
    layouts: "abc",
    model: "model 1",
    profile: None,
};

struct Bench {
    _dir: tempfile::TempDir,
    store: Store,
    two: FormKey,
    one: FormKey,
}

fn bench() -> Bench {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("phieu.db");
    let store = Store::create(&path, "0123", "phieu test", Actor::program()).unwrap();
    let two = store.register_form(&layout("two", 2), "Phiếu", "").unwrap();
    let one = store.register_form(&layout("one", 1), "Phiếu", "").unwrap();
    for unit in ["u0", "u1"] {
        store.declare_unit(unit, None, None, None).unwrap();
        store.declare_box("h", Some(unit)).unwrap();
    }
    Bench {
        _dir: dir,
        store,
        two,
        one,
    }
}

impl Bench {
    fn start(&self, ballot_box: Option<&str>) -> BatchKey {
        let key = ballot_box.map(|b| self.store.box_named(b).unwrap());
        self.store.start_batch(key, "phieu test").unwrap()
    }

    fn add(&mut self, batch: BatchKey, name: &str, reading: PageReading) {
        let form = match reading.form.as_deref() {
            Some("two") => Some(self.two),
            Some(_) => Some(self.one),
            None => None,
        };
        let ballot = form.map(|form| NewBallot {
            form,
            serial: reading.serial.clone(),
            unit: reading.unit.clone(),
            ballot_box: reading.ballot_box.clone(),
            problems: Vec::new(),
        });
        let mut page = page(name, reading);
        if ballot.as_ref().is_some_and(|b| b.serial.is_none()) {
            page.sketch = strokes(name.parse().unwrap_or(0) / 18);
        }
        let group = NewGroup {
            pages: vec![page],
            ballot,
        };
        self.store.add_group(batch, &group, BY).unwrap();
    }

    fn holds(&self, name: &str) -> bool {
        let hash = page(name, unknown(ProblemCode::BlankPage)).image.hash;
        let known = self.store.image(&hash, BY).unwrap();
        known.is_some_and(|i| !i.stored.is_empty())
    }

    /// Everything that a clerk sees, without the numbers of ballots.
    fn seen(&self) -> String {
        let s = &self.store;
        let open: Vec<_> = s
            .open_questions()
            .unwrap()
            .into_iter()
            .map(|q| (q.file, q.index, q.serial, q.form, q.question, q.state))
            .collect();
        let mut unplaced: Vec<_> = s
            .unplaced_pages()
            .unwrap()
            .into_iter()
            .map(|p| (p.file, p.code))
            .collect();
        // By page row: a page that came a second time has its row from the first.
        unplaced.sort();
        let mut open = open;
        open.sort();
        format!(
            "{:?}\n{:?}\n{:?}\n{:?}\n{:?}\n{open:?}\n{unplaced:?}\n{:?}",
            s.ballot_counts().unwrap(),
            s.answer_counts().unwrap(),
            s.choice_counts().unwrap(),
            s.page_totals().unwrap(),
            s.ballot_reasons().unwrap(),
            s.reading_digests().unwrap(),
        )
    }

    fn whole(&self) {
        assert_eq!(self.store.verify_log().unwrap().findings, []);
    }

    fn states(&self) -> Vec<(String, u64)> {
        let counts = self.store.ballot_counts().unwrap();
        counts.into_iter().map(|c| (c.state, c.ballots)).collect()
    }

    fn reasons(&self) -> Vec<String> {
        let reasons = self.store.ballot_reasons().unwrap();
        reasons.into_iter().map(|r| r.code).collect()
    }

    fn of(&self, serial: &str) -> BallotKey {
        self.store.ballot_of_serial("two", serial).unwrap().unwrap()
    }
}

/// What the pen of somebody leaves in three boxes.
fn strokes(of: usize) -> Sketch {
    let mut cells = vec![0; SIDE * SIDE];
    let mut hasher = blake3::Hasher::new();
    hasher.update(&of.to_le_bytes());
    hasher.finalize_xof().fill(&mut cells);
    let clip = |at: u8| [&[at, 0], cells.as_slice()].concat();
    Sketch::from_bytes(&(0..3).flat_map(clip).collect::<Vec<u8>>())
}

/// The paper that was there first is cancelled: of two more images of it one
/// counts, the other still waits.
#[test]
fn a_paper_without_serial_three_times_counts_once_whatever_is_cancelled() {
    let mut t = bench();
    let mut batches = Vec::new();
    for n in 1..=3 {
        let batch = t.start(None);
        t.add(batch, &n.to_string(), reading("one", 1, None, a()));
        batches.push(batch);
    }
    let other = t.start(None);
    t.add(other, "40", reading("one", 1, None, a()));
    let both = |counted, pending| {
        vec![
            ("counted".to_owned(), counted),
            ("pending".to_owned(), pending),
        ]
    };
    assert_eq!(t.states(), both(2, 2));
    assert_eq!(t.reasons(), ["same-paper"]);
    let suspects = t.store.suspects().unwrap();
    assert_eq!(suspects.len(), 3);
    assert_eq!(
        (suspects[0].file.as_str(), suspects[0].earlier_file.as_str()),
        ("2", "1")
    );
    t.store.cancel_batch(batches[0], "thử").unwrap();
    assert_eq!(t.states(), both(2, 1));
    // Somebody looked: it is another person's paper after all.
    let ballot = t.store.suspects().unwrap()[0].ballot;
    t.store
        .decide(&Decision {
            ballot,
            settled: Settled::Problem {
                code: "same-paper".to_owned(),
            },
            reason: "hai người khác nhau".to_owned(),
            person: "lan".to_owned(),
        })
        .unwrap();
    assert_eq!(t.states(), [("counted".to_owned(), 3)]);
    t.whole();
}

fn a() -> Answer {
    answer(AnswerState::Answered, &["a"])
}

fn b() -> Answer {
    answer(AnswerState::Answered, &["b"])
}

#[test]
fn a_duplicate_becomes_the_page_when_the_first_one_is_cancelled() {
    let mut t = bench();
    let first = t.start(None);
    t.add(first, "1", reading("one", 1, Some("S"), a()));
    let second = t.start(None);
    t.add(second, "1 lại", reading("one", 1, Some("S"), b()));
    assert_eq!(t.states(), [("pending".to_owned(), 1)]);
    let done = t.store.cancel_batch(first, "nhầm hòm").unwrap();
    assert_eq!((done.pages, done.ballots, done.anew), (1, 1, 1));
    assert_eq!(t.states(), [("counted".to_owned(), 1)]);
    assert_eq!(t.reasons(), [""; 0]);
    let choices = t.store.choice_counts().unwrap();
    assert_eq!(choices.len(), 1);
    assert_eq!(choices[0].choice, "b");
    t.whole();
}

#[test]
fn a_page_that_was_a_duplicate_in_the_cancelled_batch_is_gone_and_the_decision_stays() {
    let mut t = bench();
    let first = t.start(None);
    let unclear = answer(AnswerState::Marginal, &["a"]);
    t.add(first, "1", reading("one", 1, Some("S"), unclear));
    let second = t.start(None);
    t.add(second, "1 lại", reading("one", 1, Some("S"), b()));
    let ballot = t.store.ballot_of_serial("one", "S").unwrap().unwrap();
    let settled = Settled::Answer {
        question: "q1".to_owned(),
        before: None,
        after: a(),
    };
    t.store
        .decide(&Decision {
            ballot,
            settled,
            reason: "nhìn rõ".to_owned(),
            person: "lan".to_owned(),
        })
        .unwrap();
    assert_eq!(t.reasons(), ["duplicate-differs"]);
    let done = t.store.cancel_batch(second, "quét thừa").unwrap();
    assert_eq!((done.pages, done.ballots), (1, 0));
    assert_eq!(t.states(), [("counted".to_owned(), 1)]);
    assert_eq!(t.store.choice_counts().unwrap()[0].choice, "a");
    t.whole();
}

#[test]
fn a_ballot_of_two_batches_keeps_the_page_and_the_decision_of_the_one_that_holds() {
    let mut t = bench();
    let fronts = t.start(None);
    t.add(fronts, "1", reading("two", 1, Some("S"), a()));
    let backs = t.start(Some("u1/h"));
    let unclear = answer(AnswerState::Marginal, &["c"]);
    t.add(backs, "2", reading("two", 2, Some("S"), unclear));
    assert_eq!(t.states(), [("counted".to_owned(), 1)]);
    let ballot = t.of("S");
    let mut decide = |settled| {
        t.store
            .decide(&Decision {
                ballot,
                settled,
                reason: "xem ảnh".to_owned(),
                person: "lan".to_owned(),
            })
            .unwrap();
    };
    for question in ["q1", "q2"] {
        decide(Settled::Answer {
            question: question.to_owned(),
            before: None,
            after: answer(AnswerState::Blank, &[]),
        });
    }
    t.store.cancel_batch(fronts, "ảnh mờ").unwrap();
    assert_eq!(t.states(), [("pending".to_owned(), 1)]);
    assert_eq!(t.reasons(), ["incomplete"]);
    // The ballot is that of the other batch now, and of its box.
    assert_eq!(
        t.store.ballot_counts().unwrap()[0].unit.as_deref(),
        Some("u1")
    );
    assert_eq!(t.store.open_questions().unwrap(), []);
    // The front comes again, other than it was read: what was decided about the
    // cancelled image does not cover it.
    let again = t.start(None);
    let unclear = answer(AnswerState::Marginal, &["a"]);
    t.add(again, "1", reading("two", 1, Some("S"), unclear));
    assert_eq!(t.states(), [("counted".to_owned(), 1)]);
    let open = t.store.open_questions().unwrap();
    assert_eq!(open.len(), 1);
    assert_eq!(open[0].question, "q1");
    t.whole();
}

#[test]
fn a_rejected_paper_stays_rejected_when_one_of_its_batches_is_cancelled() {
    let mut t = bench();
    let first = t.start(None);
    t.add(first, "1", reading("one", 1, Some("S"), a()));
    let second = t.start(None);
    t.add(second, "1 lại", reading("one", 1, Some("S"), a()));
    let ballot = t.store.ballot_of_serial("one", "S").unwrap().unwrap();
    t.store
        .decide(&Decision {
            ballot,
            settled: Settled::Reject,
            reason: "phiếu thử".to_owned(),
            person: "lan".to_owned(),
        })
        .unwrap();
    t.store.cancel_batch(first, "nhầm").unwrap();
    assert_eq!(t.states(), [("rejected".to_owned(), 1)]);
    // All of it cancelled and scanned anew is another matter.
    t.store.cancel_batch(second, "nhầm").unwrap();
    assert_eq!(t.states(), []);
    let third = t.start(None);
    t.add(third, "1", reading("one", 1, Some("S"), a()));
    assert_eq!(t.states(), [("counted".to_owned(), 1)]);
    t.whole();
}

#[test]
fn nothing_is_recorded_in_a_cancelled_batch_and_it_is_cancelled_once() {
    let mut t = bench();
    let batch = t.start(None);
    t.store.cancel_batch(batch, "").unwrap();
    let group = NewGroup {
        pages: vec![page("1", reading("one", 1, Some("S"), a()))],
        ballot: None,
    };
    let refused = t.store.add_group(batch, &group, BY);
    assert!(matches!(refused, Err(StoreError::BatchCancelled(1))));
    let again = t.store.cancel_batch(batch, "");
    assert!(matches!(again, Err(StoreError::BatchCancelled(1))));
    let none = t.store.batch_numbered(7);
    assert!(matches!(none, Err(StoreError::BatchMissing(7))));
    assert_eq!(t.store.page_totals().unwrap(), PageTotals::default());
}

#[test]
fn a_pause_is_kept_out_of_the_pace() {
    let t = bench();
    let batch = t.start(None);
    let state = || t.store.batch_state(batch).unwrap();
    t.store.pause_batch(batch, "kẹt giấy").unwrap();
    t.store.pause_batch(batch, "kẹt giấy").unwrap();
    assert_eq!(state(), BatchState::Paused);
    t.store.resume_batch(batch, "").unwrap();
    assert_eq!(state(), BatchState::Open);
    t.store.finish_batch(batch).unwrap();
    assert!(matches!(
        t.store.pause_batch(batch, ""),
        Err(StoreError::BatchFinished(1))
    ));
    let rows = t.store.batches().unwrap();
    assert_eq!(rows[0].last.as_ref().unwrap().kind, "resumed");
    assert!(rows[0].seconds.abs() < 1e-9);
    t.whole();
}

/// A station of the schema before batches could be cancelled, with a ballot in
/// it: nothing is lost, the log still fits, and its batch can be cancelled.
#[test]
fn a_station_of_the_schema_before_is_taken_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("phieu.db");
    {
        let db = Connection::open(&path).unwrap();
        for step in ["0001", "0002", "0003"] {
            let file = format!("{}/src/store/schema/{step}.sql", env!("CARGO_MANIFEST_DIR"));
            db.execute_batch(&std::fs::read_to_string(file).unwrap())
                .unwrap();
        }
        db.execute_batch(
            "DROP TABLE events; PRAGMA user_version = 2;
             INSERT INTO station VALUES (1, '0123', 't', 'old');
             INSERT INTO forms VALUES (1, 'one', 1, 'd', 'Phiếu', 1, '', '{}', 't');
             INSERT INTO batches VALUES (1, '2026-11-01T00:00:00Z', '2026-11-01T00:01:00Z', NULL, 'old');
             INSERT INTO images VALUES (1, 'h', '00/h.png', 'phiếu.png', 1, 1, 1, 't');
             INSERT INTO pages VALUES (1, 1, 0);
             INSERT INTO readings (id, page_id, form_id, page, serial, status, reading, digest,
                reader, layouts, read_at) VALUES (5, 1, 1, 1, 'S', 'clean', '{}',
                '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a', 'old', 'l', 't');
             INSERT INTO answers VALUES (5, 'q1', 'answered');
             INSERT INTO answer_choices VALUES (5, 'q1', 'a');
             INSERT INTO ballots VALUES (1, 1, 'S', NULL, NULL, 1);
             INSERT INTO ballot_pages VALUES (1, 1, 5, 1, 'member');
             DROP TABLE log;
             CREATE TABLE events (id INTEGER PRIMARY KEY, at TEXT NOT NULL, kind TEXT NOT NULL,
                person TEXT, detail TEXT NOT NULL) STRICT;
             DROP TRIGGER ballots_never_changed;",
        )
        .unwrap();
    }
    let store = Store::open(&path, Durability::EachCommit).unwrap();
    let chosen = || store.choice_counts().unwrap().len();
    assert_eq!(chosen(), 1);
    let findings = store.verify_log().unwrap().findings;
    // The made-up reading has a made-up digest of its own.
    assert!(
        findings.iter().all(|f| matches!(f, Finding::Reading(5))),
        "{findings:?}"
    );
    let batch = store.batch_numbered(1).unwrap();
    assert_eq!(store.batches().unwrap()[0].pages, 1);
    store.cancel_batch(batch, "thử").unwrap();
    assert_eq!(chosen(), 0);
    let after = store.verify_log().unwrap().findings;
    assert_eq!(after, findings);
}

/// Two batches each have an image of one paper's front, and one of them its back;
/// a supervisor who may do everything.
fn twice_scanned() -> (Bench, BatchKey, Account) {
    let mut t = bench();
    let first = t.start(None);
    t.add(first, "1", reading("two", 1, Some("S"), a()));
    let second = t.start(None);
    let unclear = answer(AnswerState::Marginal, &["c"]);
    t.add(second, "2", reading("two", 2, Some("S"), unclear));
    t.store
        .add_account("lan", "Lan", Role::Supervisor, "x")
        .unwrap();
    let account = t.store.account("lan").unwrap().unwrap();
    (t, first, account)
}

/// An undone decision once came back, and counted, when another batch of the same
/// paper was cancelled.
#[test]
fn what_was_undone_stays_undone_when_a_batch_of_the_paper_is_cancelled() {
    let (t, first, lan) = twice_scanned();
    let item = ItemId {
        ballot: t.of("S"),
        question: "q2".to_owned(),
    };
    let blank = answer(AnswerState::Blank, &[]);
    t.store.answer_item(&lan, &item, &blank, "", false).unwrap();
    t.store.withdraw(&lan, &item, "bấm nhầm").unwrap();
    t.store.cancel_batch(first, "ảnh mờ").unwrap();
    let open = t.store.open_questions().unwrap();
    assert_eq!(open.len(), 1, "{open:?}");
    assert_eq!(open[0].question, "q2");
    t.whole();
}

/// A question that somebody had opened on the wall was once closed, and counted as
/// the machine had read it, when another batch of the same paper was cancelled; so
/// was forgotten what had been said of one, and that it was left to a supervisor.
#[test]
fn what_people_asked_about_is_still_asked_when_a_batch_of_the_paper_is_cancelled() {
    let mut t = bench();
    let front = t.start(None);
    t.add(front, "1", reading("two", 1, Some("S"), a()));
    let back = t.start(None);
    t.add(back, "2", reading("two", 2, Some("S"), a()));
    for (name, role) in [("lan", Role::Supervisor), ("hoa", Role::Reviewer)] {
        t.store.add_account(name, name, role, "x").unwrap();
    }
    let person = |name: &str| t.store.account(name).unwrap().unwrap();
    let (lan, hoa) = (person("lan"), person("hoa"));
    let item = |t: &Bench| ItemId {
        ballot: t.of("S"),
        question: "q2".to_owned(),
    };
    t.store.doubt(&lan, &item(&t), "bảng dấu").unwrap();
    t.store
        .answer_item(&hoa, &item(&t), &a(), "", true)
        .unwrap();
    t.store.escalate(&hoa, &item(&t), "mực lem").unwrap();
    t.store.cancel_batch(front, "ảnh mờ").unwrap();
    let left = t.store.item(&item(&t), 0).unwrap().unwrap();
    assert_eq!((left.state.as_str(), left.opinions), ("doubted", 1));
    assert_eq!(
        left.escalated,
        Some(("hoa".to_owned(), "mực lem".to_owned()))
    );
    t.whole();
}

/// What the picture of number `n` shows: one of two papers of two pages or of a
/// paper of one page with serials, of which there are several images; a paper
/// without; a page that nobody knows; a blank one.
fn picture(n: usize) -> PageReading {
    let answers = [
        a(),
        b(),
        answer(AnswerState::Marginal, &["a"]),
        answer(AnswerState::Overvote, &["a", "b"]),
    ];
    let said = answers[n % 4].clone();
    let mut r = match n % 9 {
        0 | 1 => reading("two", 1, Some("S1"), said),
        2 => reading("two", 2, Some("S1"), said),
        3 => reading("two", 1, Some("S2"), said),
        4 => reading("two", 2, Some("S2"), said),
        5 => reading("one", 1, Some("S3"), said),
        // Four images of two papers.
        6 => reading("one", 1, None, a()),
        7 => unknown(ProblemCode::AnchorsMissing),
        _ => unknown(ProblemCode::BlankPage),
    };
    if r.form.is_some() {
        if n.is_multiple_of(7) {
            r.status = Status::Unreadable;
            r.answers.clear();
        }
        if n.is_multiple_of(3) {
            r.unit = Some("u0".to_owned());
            r.ballot_box = n.is_multiple_of(2).then(|| "h".to_owned());
        }
    }
    r
}

#[derive(Debug, Clone)]
enum Deed {
    Scan(Option<&'static str>, Vec<usize>),
    Cancel(usize),
}

fn deed() -> impl Strategy<Value = Deed> {
    let boxes = prop_oneof![Just(None), Just(Some("u0/h")), Just(Some("u1/h"))];
    prop_oneof![
        2 => (boxes, prop::collection::vec(0usize..36, 1..6)).prop_map(|(b, v)| Deed::Scan(b, v)),
        1 => (0usize..6).prop_map(Deed::Cancel),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Any order of scans and cancellations, the same pictures again and again:
    /// the station shows what one shows that only got what the batches that
    /// hold brought.
    #[test]
    fn a_cancelled_batch_leaves_no_trace(deeds in prop::collection::vec(deed(), 1..12)) {
        let mut t = bench();
        let mut batches: Vec<(BatchKey, Option<&str>, Vec<usize>, bool)> = Vec::new();
        for deed in &deeds {
            match deed {
                Deed::Scan(of, pictures) => {
                    let batch = t.start(*of);
                    let mut brought = Vec::new();
                    for n in pictures {
                        if !t.holds(&n.to_string()) {
                            t.add(batch, &n.to_string(), picture(*n));
                            brought.push(*n);
                        }
                    }
                    t.store.finish_batch(batch).unwrap();
                    batches.push((batch, *of, brought, true));
                }
                Deed::Cancel(at) => {
                    if let Some((batch, _, brought, holds)) = batches.get_mut(*at) && *holds {
                        let done = t.store.cancel_batch(*batch, "thử").unwrap();
                        prop_assert_eq!(done.pages, brought.len() as u64);
                        *holds = false;
                    }
                }
            }
        }
        let mut never = bench();
        for (_, of, brought, _) in batches.iter().filter(|b| b.3) {
            let batch = never.start(*of);
            for n in brought {
                never.add(batch, &n.to_string(), picture(*n));
            }
        }
        prop_assert_eq!(t.seen(), never.seen());
        t.whole();
    }
}
