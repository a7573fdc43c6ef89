//! `boxes.json` and `decisions.csv`: what became of the boxes, and what people
//! settled.

use serde::{Deserialize, Serialize};

use super::ExchangeError;
use crate::read::Answer;
use crate::store::{BoxFigures, BoxLine, OpeningRow, Store};

/// A ballot box of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BoxOf {
    pub origin: usize,
    pub unit: Option<String>,
    #[serde(rename = "box")]
    pub name: String,
    pub closed: bool,
    /// Its figures are not those with which it was closed.
    pub changed_since_closing: bool,
    pub figures: BoxFigures,
    /// All minutes, oldest first; the last hold.
    pub minutes: Vec<MinutesOf>,
    /// Closings and reopenings, oldest first.
    pub events: Vec<EventOf>,
}

impl BoxOf {
    /// `UNIT/BOX`, or `BOX` where it has no unit.
    pub fn label(&self) -> String {
        label(self.unit.as_deref(), &self.name)
    }

    /// The same without the names of people.
    pub fn forget_names(&mut self) {
        for m in &mut self.minutes {
            m.present.iter_mut().for_each(|p| p.name = None);
            (m.told, m.by) = (None, None);
        }
        self.events.iter_mut().for_each(|e| e.by = None);
    }

    /// It was opened, and does not stand as it was closed.
    fn is_open(&self) -> bool {
        !self.minutes.is_empty() && (!self.closed || self.changed_since_closing)
    }
}

/// Names of the boxes that were opened and do not stand as they were closed.
pub(super) fn open_boxes(boxes: &[BoxOf]) -> Vec<String> {
    boxes
        .iter()
        .filter(|b| b.is_open())
        .map(BoxOf::label)
        .collect()
}

pub(super) fn label(unit: Option<&str>, name: &str) -> String {
    match unit {
        Some(unit) => format!("{unit}/{name}"),
        None => name.to_owned(),
    }
}

/// Minutes of an opened box. Names of people only where the office wants it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MinutesOf {
    pub number: i64,
    pub opened: String,
    pub place: String,
    pub present: Vec<PresentOf>,
    pub lock_whole: bool,
    pub seal_whole: bool,
    pub remark: Option<String>,
    pub told: Option<String>,
    pub counted: u64,
    pub corrects: Option<i64>,
    pub why: Option<String>,
    pub by: Option<String>,
    pub recorded: String,
}

/// Somebody who was present.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PresentOf {
    pub role: String,
    pub name: Option<String>,
}

/// A box was closed or reopened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventOf {
    pub kind: String,
    pub at: String,
    pub reason: Option<String>,
    pub by: Option<String>,
}

/// The boxes of this station that have ballots or minutes.
pub(super) fn own_boxes(store: &Store, names: bool) -> Result<Vec<BoxOf>, ExchangeError> {
    let mut out = Vec::new();
    for line in store.box_lines()? {
        let Some(row) = line.ballot_box.clone() else {
            continue;
        };
        let minutes = store.openings(row.key)?;
        if minutes.is_empty() && line.figures.ballots == 0 {
            continue;
        }
        let events = store.box_events(row.key)?;
        out.push(BoxOf {
            origin: 0,
            closed: line.is_closed(),
            changed_since_closing: BoxLine::changed_since_closing(&line),
            unit: row.unit,
            name: row.name,
            figures: line.figures,
            minutes: minutes.into_iter().map(|m| minutes_of(m, names)).collect(),
            events: events
                .into_iter()
                .map(|e| EventOf {
                    kind: e.kind,
                    at: e.at,
                    reason: e.reason,
                    by: Some(e.person).filter(|_| names),
                })
                .collect(),
        });
    }
    Ok(out)
}

fn minutes_of(row: OpeningRow, names: bool) -> MinutesOf {
    let m = row.minutes;
    MinutesOf {
        number: row.number,
        opened: m.opened,
        place: m.place,
        present: m
            .present
            .into_iter()
            .map(|p| PresentOf {
                role: p.role,
                name: Some(p.name).filter(|_| names),
            })
            .collect(),
        lock_whole: m.lock_whole,
        seal_whole: m.seal_whole,
        remark: m.remark,
        told: m.told.filter(|_| names),
        counted: m.counted,
        corrects: row.corrects,
        why: row.why,
        by: Some(row.person).filter(|_| names),
        recorded: row.recorded,
    }
}

/// The member's name.
pub(super) const DECISIONS: &str = "decisions.csv";

/// One line of `decisions.csv`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecisionOf {
    /// Place of its origin in the manifest.
    pub origin: usize,
    /// Number of the ballot in that station.
    pub ballot: i64,
    pub form: String,
    pub version: u32,
    pub serial: Option<String>,
    /// Of the ballot.
    pub unit: Option<String>,
    /// `answer`, `reject`, `restore` or `settle`.
    pub kind: String,
    /// The question; of `settle` the code of the problem.
    pub about: Option<String>,
    /// State and choices, as `overvote co khong`.
    pub before: Option<String>,
    pub after: Option<String>,
    pub reason: String,
    /// The role of whoever decided; the name where the office wants it.
    pub by: String,
    pub at: String,
    /// It was taken back.
    pub withdrawn: bool,
}

/// An answer in words.
pub(super) fn in_words(answer: &Answer) -> String {
    let state = serde_json::to_value(answer.state).ok();
    let mut text = state
        .as_ref()
        .and_then(serde_json::Value::as_str)
        .unwrap_or("?")
        .to_owned();
    for choice in &answer.choices {
        text.push(' ');
        text.push_str(choice);
    }
    text
}

pub(super) fn write_decisions(all: &[DecisionOf]) -> Result<Vec<u8>, ExchangeError> {
    let wrong = |e: &dyn std::fmt::Display| ExchangeError::malformed(DECISIONS, None, e);
    let mut csv = csv::WriterBuilder::new()
        .has_headers(false)
        .terminator(csv::Terminator::Any(b'\n'))
        .from_writer(Vec::new());
    csv.write_record(HEADER).map_err(|e| wrong(&e))?;
    for decision in all {
        csv.serialize(decision).map_err(|e| wrong(&e))?;
    }
    csv.into_inner().map_err(|e| wrong(&e))
}

const HEADER: [&str; 14] = [
    "origin",
    "ballot",
    "form",
    "version",
    "serial",
    "unit",
    "kind",
    "about",
    "before",
    "after",
    "reason",
    "by",
    "at",
    "withdrawn",
];

pub(super) fn read_decisions(
    bytes: &[u8],
    origins: usize,
) -> Result<Vec<DecisionOf>, ExchangeError> {
    let mut csv = csv::ReaderBuilder::new().from_reader(bytes);
    let header = csv
        .headers()
        .map_err(|e| ExchangeError::malformed(DECISIONS, 1, e))?;
    if header.iter().ne(HEADER) {
        return Err(ExchangeError::malformed(DECISIONS, 1, "other columns"));
    }
    let mut out = Vec::new();
    for row in csv.deserialize() {
        let row: DecisionOf = row.map_err(|e| ExchangeError::malformed(DECISIONS, None, e))?;
        if row.origin >= origins {
            let what = format!("origin {}", row.origin);
            return Err(ExchangeError::malformed(DECISIONS, None, what));
        }
        out.push(row);
    }
    Ok(out)
}
