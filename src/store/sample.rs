//! Layouts and readings for tests of the rooms that count.

use std::collections::BTreeMap;

use super::{FormKey, NewImage, NewPage};
use crate::form::{Correction, Layout, PageLayout, QuestionKind, QuestionSpec};
use crate::geometry::MmSize;
use crate::read::{Answer, AnswerState, PageReading, Problem, ProblemCode, Status};

/// A key without a database.
pub(crate) const fn form_key(n: i64) -> FormKey {
    FormKey(n)
}

/// A form with question `q1` (a, b) on page 1, `q2` (a, b, c; multiple) on
/// page 2, and so on.
pub(crate) fn layout(form: &str, pages: u32) -> Layout {
    let question = |page: u32| QuestionSpec {
        id: format!("q{page}"),
        kind: if page == 2 {
            QuestionKind::Multiple
        } else {
            QuestionKind::Single
        },
        choices: ["a", "b", "c"]
            .iter()
            .take(if page == 2 { 3 } else { 2 })
            .map(|c| (*c).to_owned())
            .collect(),
        max_choices: None,
    };
    Layout {
        form: form.to_owned(),
        version: 1,
        digest: format!("digest-{form}"),
        correction: Correction::default(),
        questions: (1..=pages).map(question).collect(),
        pages: (1..=pages)
            .map(|page| PageLayout {
                page,
                size: MmSize::new(148.0, 210.0),
                boxes: Vec::new(),
                anchors: Vec::new(),
                codes: Vec::new(),
                areas: Vec::new(),
                ink: Vec::new(),
                words: Vec::new(),
                reference: None,
            })
            .collect(),
    }
}

/// An answer.
pub(crate) fn answer(state: AnswerState, choices: &[&str]) -> Answer {
    Answer {
        state,
        choices: choices.iter().map(|c| (*c).to_owned()).collect(),
    }
}

/// What a reader says of a page that it could identify; the question of the
/// page has this answer.
pub(crate) fn reading(form: &str, page: u32, serial: Option<&str>, answer: Answer) -> PageReading {
    PageReading {
        form: Some(form.to_owned()),
        version: Some(1),
        page: Some(page),
        serial: serial.map(str::to_owned),
        unit: None,
        ballot_box: None,
        station: None,
        status: if answer.state.needs_person() {
            Status::Review
        } else {
            Status::Clean
        },
        rotation: 0,
        answers: BTreeMap::from([(format!("q{page}"), answer)]),
        marks: Vec::new(),
        areas: Vec::new(),
        problems: Vec::new(),
    }
}

/// What a reader says of a page that it could not identify.
pub(crate) fn unknown(code: ProblemCode) -> PageReading {
    PageReading {
        form: None,
        version: None,
        page: None,
        status: Status::Unreadable,
        answers: BTreeMap::new(),
        problems: vec![Problem {
            code,
            detail: "so it was".to_owned(),
        }],
        ..reading("", 0, None, answer(AnswerState::Blank, &[]))
    }
}

/// Page 0 of an image file of its own.
pub(crate) fn page(name: &str, reading: PageReading) -> NewPage {
    let hash = blake3::hash(name.as_bytes()).to_hex().to_string();
    NewPage {
        image: NewImage {
            kept_as: format!("00/{hash}.png"),
            hash,
            name: name.to_owned(),
            bytes: 1,
            pages: 1,
        },
        index: 0,
        reading,
        sketch: crate::read::sketch::Sketch::default(),
    }
}
