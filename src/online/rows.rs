//! Rows of a table become ballots; what is none is named.

use std::collections::{BTreeMap, HashMap};

use super::mapping::{Cells, DayOf, UnitOf};
use super::{Mapping, OnlineError, RowError, RowMistake};
use crate::form::{Layout, Meaning, QuestionKind};
use crate::read::{Answer, AnswerState};
use crate::sheet::{Row, Sheet, folded};
use crate::station::{Day, LocalTime};
use crate::store::{BallotState, Channel, FormKey, OutsideBallot, Packing, UnitTree};

/// What form tools write where a choice is chosen, folded. (Google Forms and Microsoft
/// Forms write its text, LimeSurvey `Y` or `Yes`, KoBo `1` or `TRUE`.)
const MARKED: [&str; 8] = ["1", "x", "y", "yes", "true", "có", "chọn", "✓"];

/// What they write where it is not.
const UNMARKED: [&str; 6] = ["", "0", "n", "no", "false", "không"];

/// All that a row is compared with.
#[derive(Debug)]
pub(super) struct Surroundings<'a> {
    pub mapping: &'a Mapping,
    pub form: FormKey,
    pub layout: &'a Layout,
    pub meaning: &'a Meaning,
    pub units: &'a UnitTree,
    pub clock: LocalTime,
    pub today: Option<Day>,
    pub starts: Option<Day>,
}

/// Where the answer of a question is, and what its texts mean.
struct Question<'a> {
    id: &'a str,
    kind: QuestionKind,
    max: Option<usize>,
    place: Place<'a>,
    /// In words, for messages.
    known: Vec<String>,
}

enum Place<'a> {
    One {
        column: usize,
        /// Choice by folded text, longest first: an answer may have a separator in it.
        values: Vec<(String, &'a str)>,
        separator: Option<String>,
    },
    Each {
        /// Column, choice, its folded text.
        columns: Vec<(usize, &'a str, String)>,
        marked: Vec<String>,
    },
    NotAsked,
}

/// The ballots of a table, and the rows that are none.
#[derive(Debug, Default)]
pub(super) struct Ballots {
    pub ballots: Vec<OutsideBallot>,
    pub mistakes: Vec<RowError>,
}

/// The serial of an answer with this key: not the key itself, which may be a person's
/// address. Two stations that take in the same answer have the same serial.
#[must_use]
pub fn serial_of_key(form: &str, key: &str) -> String {
    serial(&["key", form, key])
}

fn serial(parts: &[&str]) -> String {
    let mut hash = blake3::Hasher::new();
    for part in parts {
        hash.update(&(part.len() as u64).to_le_bytes());
        hash.update(part.as_bytes());
    }
    // 80 bits: among a million answers two are the same by chance with 4e-13.
    format!("online-{}", &hash.finalize().to_hex()[..20])
}

/// Turns a table into ballots.
pub(super) fn ballots(sheet: &Sheet, of: &Surroundings<'_>) -> Result<Ballots, OnlineError> {
    let m = of.mapping;
    let questions = of
        .meaning
        .questions
        .iter()
        .map(|q| question(sheet, of, &q.id))
        .collect::<Result<Vec<_>, _>>()?;
    let key = m.key.as_deref().map(|c| sheet.column(c)).transpose()?;
    let day = match &m.day {
        DayOf::Column { column, .. } => Some(sheet.column(column)?),
        DayOf::Is { .. } => None,
    };
    let unit = match &m.unit {
        Some(UnitOf::Column { column, .. }) => Some(sheet.column(column)?),
        _ => None,
    };
    let units = unit_names(of);
    let packing = Packing::of(of.layout);
    let mut done = Ballots::default();
    let mut keys: HashMap<&str, usize> = HashMap::new();
    for row in &sheet.rows {
        let mut wrong = Vec::new();
        let mut say = |column: usize, mistake| {
            wrong.push(RowError {
                row: row.number,
                column: sheet.header[column].clone(),
                value: row.cells[column].clone(),
                mistake,
            });
        };
        let day = match (day, &m.day) {
            (Some(column), DayOf::Column { order, .. }) => {
                let day = order.parse(&row.cells[column], of.clock);
                match day {
                    None => say(column, RowMistake::NoDay(order.word())),
                    Some(d) if of.today.is_some_and(|t| d > t) => say(column, RowMistake::Future),
                    Some(d) => {
                        if let Some(first) = of.starts.filter(|s| d < *s) {
                            say(column, RowMistake::BeforeStart(first));
                        }
                    }
                }
                day
            }
            (_, DayOf::Is { is }) => Day::parse(is),
            (None, DayOf::Column { .. }) => None,
        };
        let unit = match (unit, &m.unit) {
            (Some(column), _) => {
                let text = &row.cells[column];
                let found = units.get(&folded(text)).copied();
                match found {
                    _ if text.is_empty() => say(column, RowMistake::NoUnit),
                    None => say(column, RowMistake::UnknownUnit),
                    Some(_) => {}
                }
                found
            }
            (None, Some(UnitOf::Is { is })) => Some(is.as_str()),
            (None, _) => None,
        };
        let mut answers: BTreeMap<&str, Answer> = BTreeMap::new();
        for q in &questions {
            match answer(q, row) {
                Ok(answer) => drop(answers.insert(q.id, answer)),
                Err((column, mistake)) => say(column, mistake),
            }
        }
        let serial = match key {
            Some(column) => {
                let text = row.cells[column].as_str();
                if text.is_empty() {
                    say(column, RowMistake::NoKey);
                } else if let Some(first) = keys.insert(text, row.number) {
                    say(column, RowMistake::KeyTwice(first));
                }
                serial_of_key(&m.form, text)
            }
            None => of_row(m, row, unit, &questions, day),
        };
        if wrong.is_empty() {
            done.ballots.push(OutsideBallot {
                form: of.form,
                unit: unit.map(str::to_owned),
                ballot_box: None,
                serial: Some(serial),
                channel: Channel::Online,
                day: day.map_or_else(String::new, |d| d.to_string()),
                state: BallotState::Counted,
                answers: packing.pack(|id| answers.get(id)),
            });
        } else {
            done.mistakes.extend(wrong);
        }
    }
    Ok(done)
}

/// The serial of a row without a key: by its place, day, unit and the cells of its
/// answers. So a longer file has the same serials for what it had before.
fn of_row(
    m: &Mapping,
    row: &Row,
    unit: Option<&str>,
    questions: &[Question<'_>],
    day: Option<Day>,
) -> String {
    let number = row.number.to_string();
    let day = day.map_or_else(String::new, |d| d.to_string());
    let mut parts = vec!["row", &m.form, &m.name, &number, &day, unit.unwrap_or("")];
    for q in questions {
        match &q.place {
            Place::One { column, .. } => parts.push(&row.cells[*column]),
            Place::Each { columns, .. } => {
                parts.extend(columns.iter().map(|(c, ..)| row.cells[*c].as_str()));
            }
            Place::NotAsked => {}
        }
    }
    serial(&parts)
}

/// Units by id, name, and what the mapping calls them; what it says goes first.
fn unit_names<'a>(of: &'a Surroundings<'_>) -> HashMap<String, &'a str> {
    let mut names: HashMap<String, &str> = HashMap::new();
    let mut twice = Vec::new();
    for u in of.units.units() {
        if let Some(name) = &u.name
            && names.insert(folded(name), &u.unit).is_some()
        {
            twice.push(folded(name));
        }
    }
    // A name that two units have is none.
    for name in twice {
        names.remove(&name);
    }
    for u in of.units.units() {
        names.insert(folded(&u.unit), &u.unit);
    }
    if let Some(UnitOf::Column { values, .. }) = &of.mapping.unit {
        for (text, unit) in values {
            names.insert(folded(text), unit);
        }
    }
    names
}

fn question<'a>(
    sheet: &Sheet,
    of: &'a Surroundings<'_>,
    id: &'a str,
) -> Result<Question<'a>, OnlineError> {
    let spec = of.layout.questions.iter().find(|q| q.id == id);
    let meaning = of.meaning.question(id);
    let kind = spec.map_or(QuestionKind::Single, |q| q.kind);
    let mut known = Vec::new();
    let place = match of.mapping.questions.get(id).map(super::QuestionMap::cells) {
        None => Place::NotAsked,
        Some(Cells::One {
            column,
            values,
            separator,
        }) => {
            let mut by_text: BTreeMap<String, &str> = BTreeMap::new();
            for choice in meaning.map_or(&[][..], |q| &q.choices) {
                by_text.insert(folded(&choice.id), &choice.id);
                known.push(choice.in_words().to_owned());
            }
            for choice in meaning.map_or(&[][..], |q| &q.choices) {
                by_text.insert(folded(choice.in_words()), &choice.id);
            }
            for (text, choice) in values {
                by_text.insert(folded(text), choice);
            }
            let mut values: Vec<(String, &str)> = by_text.into_iter().collect();
            values.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
            Place::One {
                column: sheet.column(column)?,
                values,
                separator: separator.map(|s| s.trim().to_owned()),
            }
        }
        Some(Cells::Each { columns, marked }) => Place::Each {
            columns: columns
                .iter()
                .map(|(column, choice)| {
                    let of = meaning.and_then(|q| q.choices.iter().find(|c| c.id == *choice));
                    let text = of.map_or(String::new(), |c| folded(c.in_words()));
                    Ok((sheet.column(column)?, choice.as_str(), text))
                })
                .collect::<Result<_, OnlineError>>()?,
            marked: marked.iter().map(|m| folded(m)).collect(),
        },
    };
    Ok(Question {
        id,
        kind,
        max: spec
            .and_then(|q| q.max_choices)
            .and_then(|n| usize::try_from(n).ok()),
        place,
        known,
    })
}

fn answer(q: &Question<'_>, row: &Row) -> Result<Answer, (usize, RowMistake)> {
    let mut choices: Vec<&str> = match &q.place {
        Place::NotAsked => Vec::new(),
        Place::One {
            column,
            values,
            separator,
        } => {
            let text = folded(&row.cells[*column]);
            let found = match separator {
                Some(separator) => several(&text, values, separator),
                None if text.is_empty() => Some(Vec::new()),
                None => values
                    .iter()
                    .find(|(t, _)| *t == text)
                    .map(|(_, choice)| vec![*choice]),
            };
            found.ok_or_else(|| {
                let mistake = RowMistake::UnknownAnswer {
                    question: q.id.to_owned(),
                    known: q.known.clone(),
                };
                (*column, mistake)
            })?
        }
        Place::Each { columns, marked } => {
            let mut chosen = Vec::new();
            for (column, choice, words) in columns {
                let text = folded(&row.cells[*column]);
                let usual = || MARKED.contains(&text.as_str()) || text == *words;
                if marked.contains(&text) || (marked.is_empty() && !text.is_empty() && usual()) {
                    chosen.push(*choice);
                } else if !UNMARKED.contains(&text.as_str()) {
                    return Err((*column, RowMistake::NoMark));
                }
            }
            chosen
        }
    };
    choices.retain(|c| !c.is_empty());
    choices.sort_unstable();
    choices.dedup();
    let most = match q.kind {
        QuestionKind::Single => 1,
        QuestionKind::Multiple => q.max.unwrap_or(usize::MAX),
    };
    Ok(Answer {
        state: match choices.len() {
            0 => AnswerState::Blank,
            n if n > most => AnswerState::Overvote,
            _ => AnswerState::Answered,
        },
        choices: choices.into_iter().map(str::to_owned).collect(),
    })
}

/// The choices of a text with separators. A choice may have the separator in itself
/// ("Bưu điện, chuyển phát"), so that whole choices are taken off from the front, the
/// longest that fits; `None` where that leaves something.
fn several<'a>(text: &str, values: &[(String, &'a str)], separator: &str) -> Option<Vec<&'a str>> {
    let mut rest = text.trim();
    let mut found = Vec::new();
    let separator = folded(separator);
    while !rest.is_empty() {
        let next = values.iter().find_map(|(value, choice)| {
            let after = rest
                .strip_prefix(value.as_str())
                .filter(|_| !value.is_empty())?;
            let after = after.trim_start();
            if after.is_empty() {
                return Some((*choice, after));
            }
            after
                .strip_prefix(separator.as_str())
                .map(|after| (*choice, after.trim_start()))
        });
        let (choice, after) = next?;
        found.push(choice);
        rest = after;
    }
    Some(found)
}
