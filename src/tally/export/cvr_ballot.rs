//! One ballot as a cast vote record.
//!
//! `original`: what the machine read, with every mark and how sure it was;
//! `modified`: what holds after people decided, where they did or took the ballot out;
//! `interpreted`: of a ballot that came in without its marks, what its station says.

use serde_json::{Map, Value, json};

use super::ballots::{ExportBallot, ExportForm, Origin};
use crate::store::{
    Answer, AnswerRecord, AnswerState, BallotRecord, BallotState, MarkRecord, MarkState, Packed,
};

/// How objects of a report are called.
pub(super) struct Names<'a> {
    pub station: String,
    pub forms: &'a [ExportForm],
}

impl Names<'_> {
    pub(super) fn election(&self) -> String {
        format!("election-{}", self.station)
    }

    pub(super) fn everywhere(&self) -> String {
        "place".to_owned()
    }

    pub(super) fn unit(&self, unit: &str) -> String {
        format!("unit-{unit}")
    }

    pub(super) fn device(&self) -> String {
        self.device_of(&self.station)
    }

    pub(super) fn device_of(&self, station: &str) -> String {
        format!("device-{station}")
    }

    pub(super) fn online(&self) -> String {
        "online".to_owned()
    }

    pub(super) fn contest(&self, form: usize, question: &str) -> String {
        let form = &self.forms[form];
        format!("contest-{}@{}.{question}", form.form, form.version)
    }

    pub(super) fn selection(&self, form: usize, question: &str, choice: &str) -> String {
        format!("{}.{choice}", self.contest(form, question))
    }
}

/// A vote of one choice: what it looked like, and whether it is to be counted.
struct Vote<'a> {
    choice: &'a str,
    /// `yes`, or `unknown` where a person must look.
    indicated: &'static str,
    score: Option<f64>,
}

/// What becomes of the votes of a ballot in this state.
fn allocable(state: BallotState) -> &'static str {
    match state {
        BallotState::Counted => "yes",
        BallotState::Pending => "unknown",
        BallotState::Rejected => "no",
    }
}

/// A question of a snapshot.
struct Asked<'a> {
    names: &'a Names<'a>,
    form: usize,
    question: usize,
    adjudicated: bool,
    allocable: &'static str,
}

impl Asked<'_> {
    fn contest(&self, state: AnswerState, votes: &[Vote<'_>]) -> Value {
        let spec = &self.names.forms[self.form].layout.questions[self.question];
        let allowed = match spec.kind {
            crate::form::QuestionKind::Single => Some(1),
            crate::form::QuestionKind::Multiple => spec.max_choices,
        };
        let (status, unsure) = match state {
            AnswerState::Answered => (Vec::new(), None),
            AnswerState::Blank => (vec!["not-indicated"], None),
            AnswerState::Overvote => (vec!["overvoted", "invalidated-rules"], None),
            AnswerState::Marginal => (vec!["other"], Some("marginal")),
            AnswerState::Corrected => (vec!["other"], Some("corrected")),
        };
        let allocable = match state {
            AnswerState::Answered | AnswerState::Blank => self.allocable,
            AnswerState::Overvote => "no",
            AnswerState::Marginal | AnswerState::Corrected if self.allocable == "no" => "no",
            AnswerState::Marginal | AnswerState::Corrected => "unknown",
        };
        let selections: Vec<Value> = votes
            .iter()
            .map(|vote| {
                let mut position = object(json!({
                    "@type": "CVR.SelectionPosition",
                    "HasIndication": vote.indicated,
                    "IsAllocable": allocable,
                    "NumberVotes": 1,
                }));
                if let Some(score) = vote.score {
                    let score = json!([format!("{score:.4}")]);
                    position.insert("MarkMetricValue".to_owned(), score);
                }
                if self.adjudicated {
                    position.insert("Status".to_owned(), json!(["adjudicated"]));
                }
                let mut selection = object(json!({
                    "@type": "CVR.CVRContestSelection",
                    "ContestSelectionId":
                        self.names.selection(self.form, &spec.id, vote.choice),
                    "SelectionPosition": [position],
                }));
                let place = spec.choices.iter().position(|c| c == vote.choice);
                if let Some(place) = place {
                    // Counted from the first on the paper, which is 1.
                    selection.insert("OptionPosition".to_owned(), json!(place + 1));
                }
                let said = match state {
                    AnswerState::Overvote => Some("invalidated-rules"),
                    _ if unsure.is_some() => Some("needs-adjudication"),
                    _ => None,
                };
                if let Some(said) = said {
                    selection.insert("Status".to_owned(), json!([said]));
                }
                Value::Object(selection)
            })
            .collect();
        let mut contest = object(json!({
            "@type": "CVR.CVRContest",
            "ContestId": self.names.contest(self.form, &spec.id),
            "CVRContestSelection": selections,
        }));
        if !status.is_empty() {
            contest.insert("Status".to_owned(), json!(status));
        }
        if let Some(unsure) = unsure {
            contest.insert("OtherStatus".to_owned(), json!(unsure));
        }
        // Votes that were lost, where it is known how many there could have been.
        match (state, allowed) {
            (AnswerState::Blank, Some(n)) => contest.insert("Undervotes".to_owned(), json!(n)),
            (AnswerState::Overvote, Some(n)) => contest.insert("Overvotes".to_owned(), json!(n)),
            _ => None,
        };
        Value::Object(contest)
    }

    /// A question of which nothing is known: its page was not read, or it waits for
    /// a person elsewhere.
    fn unknown(&self, why: &str) -> Value {
        let spec = &self.names.forms[self.form].layout.questions[self.question];
        json!({
            "@type": "CVR.CVRContest",
            "ContestId": self.names.contest(self.form, &spec.id),
            "Status": ["other"],
            "OtherStatus": why,
        })
    }
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// The votes as they were read: marks as far as there are any.
fn read_votes<'a>(answer: &'a AnswerRecord, marks: &'a [MarkRecord]) -> Vec<Vote<'a>> {
    let own: Vec<&MarkRecord> = marks
        .iter()
        .filter(|m| m.question == answer.question)
        .collect();
    if own.is_empty() {
        return plain_votes(&answer.read);
    }
    own.into_iter()
        .filter_map(|m| {
            let indicated = match m.state {
                MarkState::Marked => "yes",
                MarkState::Marginal => "unknown",
                MarkState::Unmarked if answer.read.choices.contains(&m.choice) => "unknown",
                MarkState::Unmarked => return None,
            };
            Some(Vote {
                choice: &m.choice,
                indicated,
                score: Some(m.score),
            })
        })
        .collect()
}

fn plain_votes(answer: &Answer) -> Vec<Vote<'_>> {
    let indicated = match answer.state {
        AnswerState::Marginal | AnswerState::Corrected => "unknown",
        _ => "yes",
    };
    let vote = |choice| Vote {
        choice,
        indicated,
        score: None,
    };
    answer.choices.iter().map(|c| vote(c.as_str())).collect()
}

fn needs_person(state: AnswerState) -> bool {
    matches!(state, AnswerState::Marginal | AnswerState::Corrected)
}

/// A snapshot of a ballot that was scanned here.
fn snapshot(
    names: &Names<'_>,
    ballot: &ExportBallot<'_>,
    record: &BallotRecord,
    marks: Option<&[MarkRecord]>,
    id: &str,
) -> Value {
    let form = &names.forms[ballot.form];
    let original = marks.is_some();
    // What the machine read of a ballot that a person took out later was to be counted.
    let of_ballot = match ballot.state {
        BallotState::Rejected if original => "yes",
        state => allocable(state),
    };
    let mut waits = ballot.state == BallotState::Pending;
    let contests: Vec<Value> = form
        .layout
        .questions
        .iter()
        .enumerate()
        .map(|(question, spec)| {
            let answer = record.answers.iter().find(|a| a.question == spec.id);
            let asked = Asked {
                names,
                form: ballot.form,
                question,
                adjudicated: !original && answer.is_some_and(|a| a.decided),
                allocable: of_ballot,
            };
            match (answer, marks) {
                (None, _) => asked.unknown("not-read"),
                (Some(answer), Some(marks)) => {
                    waits |= needs_person(answer.read.state);
                    asked.contest(answer.read.state, &read_votes(answer, marks))
                }
                (Some(answer), None) => {
                    waits |= needs_person(answer.now.state);
                    asked.contest(answer.now.state, &plain_votes(&answer.now))
                }
            }
        })
        .collect();
    let mut out = object(json!({
        "@id": id,
        "@type": "CVR.CVRSnapshot",
        "Type": if original { "original" } else { "modified" },
        "CVRContest": contests,
    }));
    if ballot.state == BallotState::Rejected && !original {
        out.insert("Status".to_owned(), json!(["other"]));
        out.insert("OtherStatus".to_owned(), json!("rejected"));
    } else if waits {
        out.insert("Status".to_owned(), json!(["needs-adjudication"]));
    }
    Value::Object(out)
}

/// The snapshot of a ballot that came in.
fn interpreted(names: &Names<'_>, ballot: &ExportBallot<'_>, id: &str) -> Value {
    let form = &names.forms[ballot.form];
    let mut waits = ballot.state == BallotState::Pending;
    let contests: Vec<Value> = form
        .layout
        .questions
        .iter()
        .enumerate()
        .map(|(question, spec)| {
            let asked = Asked {
                names,
                form: ballot.form,
                question,
                adjudicated: false,
                allocable: allocable(ballot.state),
            };
            let (state, chosen) = match ballot.answers.get(question) {
                Some(Packed::Answered(chosen)) => (AnswerState::Answered, chosen.as_slice()),
                Some(Packed::Blank) => (AnswerState::Blank, &[][..]),
                Some(Packed::Invalid) => (AnswerState::Overvote, &[][..]),
                Some(Packed::Pending) | None => {
                    waits = true;
                    return asked.unknown("pending");
                }
            };
            let votes: Vec<Vote<'_>> = chosen
                .iter()
                .filter_map(|c| spec.choices.get(*c))
                .map(|choice| Vote {
                    choice,
                    indicated: "yes",
                    score: None,
                })
                .collect();
            asked.contest(state, &votes)
        })
        .collect();
    let mut out = object(json!({
        "@id": id,
        "@type": "CVR.CVRSnapshot",
        "Type": "interpreted",
        "CVRContest": contests,
    }));
    if ballot.state == BallotState::Rejected {
        out.insert("Status".to_owned(), json!(["other"]));
        out.insert("OtherStatus".to_owned(), json!("rejected"));
    } else if waits {
        out.insert("Status".to_owned(), json!(["needs-adjudication"]));
    }
    Value::Object(out)
}

/// The record of a ballot, the `n`th of the report and the `place`th of its batch.
pub(super) fn of_ballot(
    names: &Names<'_>,
    ballot: &ExportBallot<'_>,
    marks: &[MarkRecord],
    n: u64,
    place: u64,
) -> Value {
    let form = &names.forms[ballot.form];
    let mut out = object(json!({
        "@type": "CVR.CVR",
        "ElectionId": names.election(),
        "BallotStyleId": format!("{}@{}", form.form, form.version),
    }));
    let mut add = |key: &str, value: Value| out.insert(key.to_owned(), value);
    let current = match ballot.origin {
        Origin::Here(record) => {
            let first = format!("snapshot-{n}-original");
            let mut snapshots = vec![snapshot(names, ballot, record, Some(marks), &first)];
            let changed = record.answers.iter().any(|a| a.decided || a.now != a.read);
            let current = if changed || ballot.state == BallotState::Rejected {
                let second = format!("snapshot-{n}-modified");
                snapshots.push(snapshot(names, ballot, record, None, &second));
                second
            } else {
                first
            };
            add("CVRSnapshot", json!(snapshots));
            add("UniqueId", json!(record.ballot.number().to_string()));
            add("BatchId", json!(record.batch.to_string()));
            add("BatchSequenceId", json!(place));
            add("CreatingDeviceId", json!(names.device()));
            current
        }
        Origin::Station(_) | Origin::Online => {
            let only = format!("snapshot-{n}-interpreted");
            add("CVRSnapshot", json!([interpreted(names, ballot, &only)]));
            let device = match ballot.origin {
                Origin::Station(station) => names.device_of(station),
                _ => names.online(),
            };
            add("CreatingDeviceId", json!(device));
            only
        }
    };
    add("CurrentSnapshotId", json!(current));
    if let Some(serial) = ballot.serial {
        add("BallotPrePrintedId", json!(serial));
    }
    if let Some(unit) = ballot.unit {
        add("BallotStyleUnitId", json!(names.unit(unit)));
    }
    Value::Object(out)
}
