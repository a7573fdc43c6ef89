//! The index against a computation that shares nothing with it, from the same answers.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::form::{Layout, Library, LoadedForm};
use crate::lang::Lang;
use crate::read::{Answer, AnswerState};
use crate::store::{Actor, BallotState, Channel, NewSource, OutsideBallot, Packing, Store};

/// Five questions: two factors in one content, one factor in another, one question
/// outside of the contents.
const FORM: &str = r#"
id = "thu"
version = 1
title = "Phiếu"

[index]
field = "Đất đai"
weights = "WEIGHTS"
blank = "BLANK"

[[content]]
id = "nd1"
text = "Nội dung 1"
weight = 3
factors = [
  { id = "yt1", text = "Yếu tố 1", questions = ["q1", "q2"], weight = 2 },
  { id = "yt2", text = "Yếu tố 2", questions = ["q3"], weight = 5 },
]

[[content]]
id = "nd2"
text = "Nội dung 2"
weight = 1
factors = [{ id = "yt3", text = "Yếu tố 3", questions = ["q4"], weight = 1 }]

[[scale]]
id = "s"
choices = [
  { id = "tot", text = "Tốt", satisfied = true, score = 5 },
  { id = "kha", text = "Khá", satisfied = true, score = 4 },
  { id = "xau", text = "Xấu", satisfied = false, score = 1 },
  { id = "khong-biet", text = "Không có ý kiến", excluded = true },
]

[[body]]
kind = "grid"
id = "g"
scale = "s"
rows = [
  { id = "q1", text = "Một" },
  { id = "q2", text = "Hai", reversed = true },
  { id = "q3", text = "Ba" },
  { id = "q4", text = "Bốn" },
  { id = "q5", text = "Năm" },
]
"#;

const CHOICES: [&str; 4] = ["tot", "kha", "xau", "khong-biet"];
const UNITS: [&str; 3] = ["tinh", "xa-a", "xa-b"];

/// What one person said: unit, online, what became of the ballot, and for each
/// question a choice (0 to 3), blank (4), invalid (5) or pending (6).
type Person = (usize, bool, u8, [u8; 5]);

fn form(weights: &str, blank: &str) -> (String, Layout) {
    let source = FORM.replace("WEIGHTS", weights).replace("BLANK", blank);
    let parsed = crate::form::parse(&source, "form.toml").unwrap();
    (source, Layout::from_form(&parsed).unwrap())
}

fn state_of(person: &Person) -> BallotState {
    match person.2 {
        0 => BallotState::Pending,
        1 => BallotState::Rejected,
        _ => BallotState::Counted,
    }
}

fn store_of(people: &[Person], weights: &str, blank: &str) -> (tempfile::TempDir, Store) {
    let (source, layout) = form(weights, blank);
    let dir = tempfile::tempdir().unwrap();
    let store = Store::create(
        &dir.path().join("phieu.db"),
        "0123",
        "phieu test",
        Actor::program(),
    )
    .unwrap();
    let key = store.register_form(&layout, "Phiếu", &source).unwrap();
    store
        .declare_unit("tinh", Some("Tỉnh"), None, None)
        .unwrap();
    store
        .declare_unit("xa-a", Some("Xã A"), Some("tinh"), None)
        .unwrap();
    store
        .declare_unit("xa-b", Some("Xã B"), Some("tinh"), None)
        .unwrap();
    let packing = Packing::of(&layout);
    let ballots = people
        .iter()
        .map(|person| {
            let answers: BTreeMap<String, Answer> = person
                .3
                .iter()
                .enumerate()
                .map(|(i, given)| {
                    let answer = match given {
                        4 => (AnswerState::Blank, vec![]),
                        5 => (AnswerState::Overvote, vec![]),
                        6 => (AnswerState::Marginal, vec![]),
                        choice => (
                            AnswerState::Answered,
                            vec![CHOICES[usize::from(*choice)].to_owned()],
                        ),
                    };
                    let (state, choices) = answer;
                    (format!("q{}", i + 1), Answer { state, choices })
                })
                .collect();
            OutsideBallot {
                form: key,
                unit: Some(UNITS[person.0].to_owned()),
                ballot_box: None,
                serial: None,
                channel: if person.1 {
                    Channel::Online
                } else {
                    Channel::Counter
                },
                day: "2026-11-25".to_owned(),
                state: state_of(person),
                answers: packing.pack(|id| answers.get(id)),
            }
        })
        .collect();
    store
        .add_source(&NewSource::online("thử", "d", ballots))
        .unwrap();
    (dir, store)
}

/// Of one answer: `Some(satisfied)` if it is valid.
fn valid(question: usize, given: u8, blank: &str) -> Option<bool> {
    match given {
        0 | 1 => Some(question != 1),
        2 => Some(question == 1),
        4 if blank == "unsatisfied" => Some(false),
        _ => None,
    }
}

/// The index of these questions by people's answers: numerator, denominator, index.
fn naive(
    people: &[&Person],
    questions: &[usize],
    blank: &str,
    by_people: bool,
) -> (u64, u64, Option<f64>) {
    let (mut satisfied, mut all, mut shares, mut asked) = (0, 0, 0.0, 0);
    for person in people {
        let answers: Vec<bool> = questions
            .iter()
            .filter_map(|&q| valid(q, person.3[q], blank))
            .collect();
        let good = answers.iter().filter(|a| **a).count();
        satisfied += good as u64;
        all += answers.len() as u64;
        if !answers.is_empty() {
            shares += good as f64 / answers.len() as f64;
            asked += 1;
        }
    }
    let index = if all == 0 {
        None
    } else if by_people {
        Some(shares / f64::from(asked))
    } else {
        Some(satisfied as f64 / all as f64)
    };
    (satisfied, all, index)
}

fn weighted(parts: &[(Option<f64>, f64)]) -> Option<f64> {
    let known: Vec<(f64, f64)> = parts
        .iter()
        .filter_map(|(x, w)| Some(((*x)?, *w)))
        .collect();
    let whole: f64 = known.iter().map(|k| k.1).sum();
    (whole > 0.0).then(|| known.iter().map(|k| k.0 * k.1).sum::<f64>() / whole)
}

fn near(a: Option<f64>, b: Option<f64>) -> bool {
    match (a, b) {
        (Some(a), Some(b)) => (a - b).abs() < 1e-12,
        (None, None) => true,
        _ => false,
    }
}

fn people() -> impl Strategy<Value = Vec<Person>> {
    let answers = prop::array::uniform5(0_u8..7);
    prop::collection::vec((0_usize..3, any::<bool>(), 0_u8..8, answers), 0..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn every_figure_is_that_of_a_naive_computation(
        people in people(),
        weights in prop::sample::select(vec!["answers", "respondents", "equal", "given"]),
        blank in prop::sample::select(vec!["leave-out", "unsatisfied"]),
    ) {
        let (_dir, store) = store_of(&people, weights, blank);
        let options = IndexOptions {
            by: vec![By::Unit, By::Channel, By::Question("q5".to_owned())],
            ..IndexOptions::default()
        };
        let report = index(&store, &options).unwrap();
        for group in &report.groups {
            let belongs = |p: &&Person| match (group.by.as_str(), group.id.as_deref()) {
                ("all", _) | ("unit", Some("tinh")) => true,
                ("unit", Some(unit)) => UNITS[p.0] == unit,
                ("channel", Some(way)) => p.1 == (way == "online"),
                ("question", Some(choice)) => {
                    CHOICES.get(usize::from(p.3[4])).is_some_and(|c| *c == choice)
                }
                ("question", None) => p.3[4] > 3,
                _ => false,
            };
            let counted: Vec<&Person> = people
                .iter()
                .filter(belongs)
                .filter(|p| state_of(p) == BallotState::Counted)
                .collect();
            let of_group: Vec<&Person> = people.iter().filter(belongs).collect();
            prop_assert_eq!(group.ballots.total, of_group.len() as u64);
            prop_assert_eq!(group.ballots.counted, counted.len() as u64);
            let Some(form) = group.forms.first() else {
                prop_assert!(of_group.is_empty());
                continue;
            };
            let by_people = weights == "respondents";
            let plain = |questions: &[usize]| naive(&counted, questions, blank, by_people);
            let single = |q: usize| naive(&counted, &[q], blank, false).2;
            let weigh = |given: f64| if weights == "given" { given } else { 1.0 };
            let made_up = matches!(weights, "equal" | "given");
            let expect = |id: &str| -> (Vec<usize>, Option<f64>) {
                let questions = match id {
                    "" => vec![0, 1, 2, 3],
                    "nd1" => vec![0, 1, 2],
                    "yt1" => vec![0, 1],
                    "yt2" | "q3" => vec![2],
                    "nd2" | "yt3" | "q4" => vec![3],
                    "q1" => vec![0],
                    "q2" => vec![1],
                    _ => vec![4],
                };
                if !made_up {
                    let index = if questions.len() == 1 && id.starts_with('q') {
                        single(questions[0])
                    } else {
                        plain(&questions).2
                    };
                    return (questions, index);
                }
                let yt1 = weighted(&[(single(0), 1.0), (single(1), 1.0)]);
                let nd1 = weighted(&[(yt1, weigh(2.0)), (single(2), weigh(5.0))]);
                let index = match id {
                    "" => weighted(&[(nd1, weigh(3.0)), (single(3), weigh(1.0))]),
                    "nd1" => nd1,
                    "yt1" => yt1,
                    _ => single(questions[0]),
                };
                (questions, index)
            };
            let mut seen = BTreeSet::new();
            for figure in &form.figures {
                let (questions, index) = expect(&figure.id);
                let (satisfied, valid, _) = plain(&questions);
                prop_assert_eq!(figure.satisfied, satisfied, "{} {}", group.by, figure.id);
                prop_assert_eq!(figure.valid, valid, "{} {}", group.by, figure.id);
                prop_assert!(near(figure.index, index), "{} {}", group.by, figure.id);
                if let (Some(p), Some(low), Some(high)) = (figure.index, figure.low, figure.high) {
                    prop_assert!(low <= p + 1e-12 && p <= high + 1e-12);
                }
                prop_assert_eq!(figure.inside, figure.id != "q5");
                seen.insert(figure.id.as_str());
            }
            prop_assert_eq!(seen.len(), 11);
        }
        // What was left out above is in no group at all.
        let of_units: u64 = report
            .groups
            .iter()
            .filter(|g| g.by == "unit" && g.depth == 0)
            .map(|g| g.ballots.total)
            .sum();
        prop_assert_eq!(of_units, people.len() as u64);
    }
}

#[test]
fn the_better_unit_is_first_and_equal_ones_share_a_place() {
    let people: Vec<Person> = vec![
        (1, false, 7, [0, 2, 0, 0, 4]),
        (2, false, 7, [0, 2, 0, 0, 4]),
        (0, false, 7, [2, 0, 2, 2, 4]),
    ];
    let (_dir, store) = store_of(&people, "answers", "leave-out");
    let options = IndexOptions {
        by: vec![By::Unit],
        populations: [("xa-a".to_owned(), 1)].into(),
        ..IndexOptions::default()
    };
    let report = index(&store, &options).unwrap();
    let place = |id: &str| {
        let group = report.groups.iter().find(|g| g.id.as_deref() == Some(id));
        group.unwrap().overall.rank
    };
    assert_eq!(
        (place("xa-a"), place("xa-b"), place("tinh")),
        (Some(1), Some(1), None)
    );
    // Everybody of the one was asked: there is nothing left to be uncertain of.
    let a = &report
        .groups
        .iter()
        .find(|g| g.id.as_deref() == Some("xa-a"))
        .unwrap()
        .overall;
    assert_eq!((a.low, a.high), (Some(1.0), Some(1.0)));
}

#[test]
fn last_years_file_gives_the_difference() {
    let then = store_of(&[(1, false, 7, [0, 2, 2, 2, 4])], "answers", "leave-out");
    let now = store_of(&[(1, false, 7, [0, 2, 0, 2, 4])], "answers", "leave-out");
    let options = IndexOptions::default();
    let mut text = Vec::new();
    write_index_json(&index(&then.1, &options).unwrap(), &mut text).unwrap();
    let last: IndexReport = serde_json::from_slice(&text).unwrap();
    let mut report = index(&now.1, &options).unwrap();
    compare(&mut report, &last);
    assert_eq!(report.groups[0].overall.difference, Some(0.25));
    let q3 = report.groups[0].forms[0]
        .figures
        .iter()
        .find(|f| f.id == "q3");
    assert_eq!(q3.unwrap().difference, Some(1.0));
}

#[test]
fn halves_are_rounded_up_and_vietnamese_has_a_comma() {
    assert_eq!(percent(0.856_05, Lang::Vi), "85,61");
    assert_eq!(percent(0.856_049_9, Lang::En), "85.60");
    // 1 of 16 is 6.25 % exactly, 1 of 32 is 3.125 %.
    assert_eq!(percent(1.0 / 32.0, Lang::En), "3.13");
    assert_eq!(percent(2.0 / 3.0, Lang::En), "66.67");
    assert_eq!(percent(1.0, Lang::Vi), "100,00");
}

/// The example that the plan of Tiền Giang gives: 85.61 % over all of 84.62 % and
/// 85.98 %. The plain mean of two contents does not give it; weighing by answers does,
/// with 6 questions in the first and 16 in the second, as in the shipped campaign.
#[test]
fn the_published_total_of_tien_giang_is_one_by_answers() {
    let total = |weights: crate::form::Weights| {
        let (source, _) = form("answers", "leave-out");
        let mut meaning = crate::form::Meaning::of_source(&source, "form.toml").unwrap();
        meaning.rules.weights = weights;
        let nodes = super::node::nodes(&meaning);
        // Of 10,000 people who answered each question.
        let sums_of = |contents: &[(u64, u64)]| {
            let mut sums = super::sums::Sums::default();
            for (questions, satisfied) in contents {
                for n in 0..questions * 10_000 {
                    sums.add(u32::from(n < questions * satisfied), 1);
                }
            }
            sums
        };
        let (first, second) = ((6, 8462), (16, 8598));
        let sums: Vec<super::sums::Sums> = nodes
            .iter()
            .map(|node| match node.id.as_str() {
                "" => sums_of(&[first, second]),
                "nd2" | "yt3" | "q4" => sums_of(&[second]),
                _ => sums_of(&[first]),
            })
            .collect();
        let figures = super::figures::figures(&meaning, &nodes, &sums, None);
        percent(figures[0].index.unwrap(), Lang::Vi)
    };
    assert_eq!(total(crate::form::Weights::Answers), "85,61");
    assert_eq!(total(crate::form::Weights::Equal), "85,30");
}

#[test]
fn the_shipped_forms_have_their_contents() {
    let library = Library::load(&[]).unwrap();
    let form: &LoadedForm = library.get("tien-giang-2024").unwrap();
    let meaning = crate::form::Meaning::of_source(&form.text, "form.toml").unwrap();
    let nodes = super::node::nodes(&meaning);
    let count = |part: Part| nodes.iter().filter(|n| n.part == part).count();
    assert_eq!((count(Part::Content), count(Part::Factor)), (2, 9));
    assert!(nodes.iter().skip(1).all(|n| n.parent.is_some()));
}
