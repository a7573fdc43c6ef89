//! What people rely on when they read a tally.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;
use crate::lang::Lang;
use crate::read::{Answer, AnswerState};
use crate::store::sample::{answer, layout, page, reading};
use crate::store::{Actor, Decision, NewBallot, NewGroup, ReadBy, Settled, Store};

const BY: ReadBy<'static> = ReadBy {
    reader: "phieu test",
    layouts: "abc",
    model: "model 1",
    profile: None,
};

/// A store with these one-page ballots: unit, answer to q1.
fn store_of(ballots: &[(Option<&str>, Answer)]) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().expect("a folder");
    let mut store = Store::create(
        &dir.path().join("phieu.db"),
        "0123",
        "phieu test",
        Actor::program(),
    )
    .expect("a store");
    let form = store
        .register_form(&layout("f", 1), "Phiếu", "")
        .expect("a form");
    store
        .declare_unit("tinh", Some("Tỉnh"), None, None)
        .expect("a unit");
    store
        .declare_unit("xa", Some("Xã"), Some("tinh"), None)
        .expect("a unit");
    let batch = store.start_batch(None, "phieu test").expect("a batch");
    for (n, (unit, answer)) in ballots.iter().enumerate() {
        let serial = format!("S{n}");
        let group = NewGroup {
            pages: vec![page(
                &serial,
                reading("f", 1, Some(&serial), answer.clone()),
            )],
            ballot: Some(NewBallot {
                form,
                serial: Some(serial),
                unit: unit.map(str::to_owned),
                ballot_box: None,
                problems: Vec::new(),
            }),
        };
        store.add_group(batch, &group, BY).expect("recorded");
    }
    (dir, store)
}

fn q1(store: &Store, filter: &TallyFilter) -> (u64, u64, u64, u64, Vec<u64>) {
    let tally = tally(store, filter).expect("a tally");
    let q = tally
        .forms
        .first()
        .and_then(|f| f.questions.first())
        .expect("q1");
    let choices = q.choices.iter().map(|c| c.count).collect();
    (q.answered, q.blank, q.invalid, q.pending, choices)
}

fn mixed() -> Vec<(Option<&'static str>, Answer)> {
    vec![
        (Some("xa"), answer(AnswerState::Answered, &["a"])),
        (Some("xa"), answer(AnswerState::Answered, &["b"])),
        (Some("tinh"), answer(AnswerState::Answered, &["a"])),
        (None, answer(AnswerState::Blank, &[])),
        (None, answer(AnswerState::Overvote, &["a", "b"])),
        (Some("xa"), answer(AnswerState::Marginal, &["a"])),
        (Some("khac"), answer(AnswerState::Corrected, &["b"])),
    ]
}

#[test]
fn blank_invalid_and_pending_stand_apart() {
    let (_dir, store) = store_of(&mixed());
    assert_eq!(
        q1(&store, &TallyFilter::default()),
        (3, 1, 1, 2, vec![2, 1])
    );
}

#[test]
fn a_unit_counts_with_the_units_below_it() {
    let (_dir, store) = store_of(&mixed());
    let of = |unit: &str| TallyFilter {
        unit: Some(unit.to_owned()),
        ..TallyFilter::default()
    };
    assert_eq!(q1(&store, &of("xa")), (2, 0, 0, 1, vec![1, 1]));
    assert_eq!(q1(&store, &of("tinh")), (3, 0, 0, 1, vec![2, 1]));
    assert!(matches!(
        tally(&store, &of("không có")),
        Err(TallyError::NoSuchUnit { .. })
    ));
}

#[test]
fn the_newest_decision_holds_and_the_reading_stays() {
    let (_dir, mut store) = store_of(&mixed());
    let before = store.reading_digests().expect("digests");
    let open = store.open_questions().expect("questions");
    let states: Vec<&str> = open.iter().map(|q| q.state.as_str()).collect();
    assert_eq!(states, ["overvote", "marginal", "corrected"]);
    let mut decide = |at: usize, settled: Settled| {
        let ballot = open.get(at).expect("an open question").ballot;
        store
            .decide(&Decision {
                ballot,
                settled,
                reason: "xem ảnh".to_owned(),
                person: "an".to_owned(),
            })
            .expect("decided");
    };
    let says = |state, choices: &[&str]| Settled::Answer {
        question: "q1".to_owned(),
        before: None,
        after: answer(state, choices),
    };
    decide(0, says(AnswerState::Overvote, &["a", "b"]));
    decide(1, says(AnswerState::Answered, &["b"]));
    decide(1, says(AnswerState::Answered, &["a"]));
    decide(2, Settled::Reject);
    assert_eq!(
        q1(&store, &TallyFilter::default()),
        (4, 1, 1, 0, vec![3, 1])
    );
    assert_eq!(store.open_questions().expect("questions"), []);
    assert_eq!(store.reading_digests().expect("digests"), before);
}

#[test]
fn a_settled_problem_lets_the_ballot_count_and_restore_undoes_reject() {
    let (_dir, mut store) = store_of(&[(None, answer(AnswerState::Answered, &["a"]))]);
    let batch = store.start_batch(None, "phieu test").expect("a batch");
    let form = store.forms().expect("forms").first().expect("a form").key;
    let again = answer(AnswerState::Marginal, &["b"]);
    let group = NewGroup {
        pages: vec![page("again", reading("f", 1, Some("S0"), again))],
        ballot: Some(NewBallot {
            form,
            serial: Some("S0".to_owned()),
            unit: None,
            ballot_box: None,
            problems: Vec::new(),
        }),
    };
    store.add_group(batch, &group, BY).expect("recorded");
    let all = TallyFilter::default();
    assert_eq!(q1(&store, &all), (0, 0, 0, 1, vec![0, 0]));
    let ballot = store
        .ballot_of_serial("f", "S0")
        .expect("a look")
        .expect("a ballot");
    let mut decide = |settled: Settled| {
        let decision = Decision {
            ballot,
            settled,
            reason: "quét lại".to_owned(),
            person: "an".to_owned(),
        };
        store.decide(&decision).expect("decided");
        q1(&store, &all)
    };
    let settled = Settled::Problem {
        code: "duplicate-differs".to_owned(),
    };
    assert_eq!(decide(settled), (1, 0, 0, 0, vec![1, 0]));
    assert_eq!(decide(Settled::Reject), (0, 0, 0, 0, vec![0, 0]));
    assert_eq!(decide(Settled::Restore), (1, 0, 0, 0, vec![1, 0]));
}

#[test]
fn the_table_speaks_both_languages_and_the_csv_parses() {
    let (_dir, store) = store_of(&mixed());
    let tally = tally(&store, &TallyFilter::default()).expect("a tally");
    let table = |lang| {
        let mut out = Vec::new();
        write_table(&tally, lang, &mut out).expect("written");
        String::from_utf8(out).expect("UTF-8")
    };
    assert!(
        table(Lang::Vi).contains("Đơn vị xa Xã"),
        "{}",
        table(Lang::Vi)
    );
    assert!(
        table(Lang::En).contains("unit not known"),
        "{}",
        table(Lang::En)
    );
    let mut out = Vec::new();
    write_csv(&tally, &mut out).expect("written");
    let rows: Vec<BTreeMap<String, String>> = csv::Reader::from_reader(out.as_slice())
        .deserialize()
        .collect::<Result<_, _>>()
        .expect("a table");
    let a_of_all = rows.iter().find(|r| {
        r["unit"].is_empty() && r["question"] == "q1" && r["kind"] == "choice" && r["value"] == "a"
    });
    assert_eq!(a_of_all.map(|r| r["count"].as_str()), Some("2"));
    assert!(
        rows.iter()
            .any(|r| r["unit"] == "?" && r["value"] == "blank" && r["count"] == "1")
    );
}

fn any_answer() -> impl Strategy<Value = Answer> {
    prop_oneof![
        Just(answer(AnswerState::Answered, &["a"])),
        Just(answer(AnswerState::Answered, &["b"])),
        Just(answer(AnswerState::Blank, &[])),
        Just(answer(AnswerState::Overvote, &["a", "b"])),
        Just(answer(AnswerState::Marginal, &["a"])),
        Just(answer(AnswerState::Corrected, &["b"])),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// No ballot appears twice and none vanishes, whatever the answers; units
    /// add up to the whole.
    #[test]
    fn every_ballot_is_in_exactly_one_state_of_every_question(
        ballots in prop::collection::vec((0usize..4, any_answer()), 0..12)
    ) {
        let units = [None, Some("xa"), Some("tinh"), Some("khac")];
        let ballots: Vec<_> = ballots.into_iter().map(|(u, a)| (units[u], a)).collect();
        let (_dir, store) = store_of(&ballots);
        let tally = tally(&store, &TallyFilter::default()).expect("a tally");
        let form = tally.forms.first().expect("a form");
        prop_assert_eq!(form.ballots.total, ballots.len() as u64);
        for q in &form.questions {
            let sum = q.answered + q.blank + q.invalid + q.pending;
            prop_assert_eq!(sum, form.ballots.counted + form.ballots.pending);
            let chosen: u64 = q.choices.iter().map(|c| c.count).sum();
            prop_assert_eq!(chosen, q.answered);
            let by_unit: u64 = form.units.iter().flat_map(|u| &u.questions).map(|q| q.answered).sum();
            prop_assert_eq!(by_unit, q.answered);
        }
    }
}

/// The database alone counts the same, by a query that shares nothing with the tally.
#[test]
fn a_query_counts_the_same() {
    let chosen = |choice: &str| Answer {
        state: AnswerState::Answered,
        choices: vec![choice.to_owned()],
    };
    let blank = Answer {
        state: AnswerState::Blank,
        choices: Vec::new(),
    };
    let (_dir, store) = store_of(&[
        (Some("xa"), chosen("a")),
        (Some("xa"), chosen("b")),
        (Some("tinh"), chosen("a")),
        (None, blank),
    ]);
    let tally = tally(&store, &TallyFilter::default()).expect("a tally");
    let form = &tally.forms[0];
    let answers = store.answer_counts().expect("answers");
    let choices = store.choice_counts().expect("choices");
    for question in &form.questions {
        let of_state = |state: &str| -> u64 {
            answers
                .iter()
                .filter(|a| a.question == question.question && a.state == state)
                .map(|a| a.ballots)
                .sum()
        };
        assert_eq!(question.answered, of_state("answered"));
        assert_eq!(question.blank, of_state("blank"));
        for choice in &question.choices {
            let counted: u64 = choices
                .iter()
                .filter(|c| c.question == question.question && c.choice == choice.choice)
                .map(|c| c.ballots)
                .sum();
            assert_eq!(choice.count, counted, "{}", choice.choice);
        }
    }
    assert!(form.questions.iter().any(|q| q.answered > 0));
}
