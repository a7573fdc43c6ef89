//! Ballots as lines: `ballots/FORM-vN.csv`.

use std::cell::Cell;

use super::ExchangeError;
use crate::read::{Answer, AnswerState};
use crate::store::{BallotState, Channel, FormKey, OutsideBallot, Packed, Packing};

/// Columns before those of the questions.
const COLUMNS: [&str; 8] = [
    "origin", "ballot", "serial", "unit", "box", "channel", "day", "state",
];

/// Nothing is marked.
const BLANK: &str = "-";
/// More is marked than the question takes.
const INVALID: &str = "!";
/// It waits for a person.
const PENDING: &str = "?";
/// Between choices of one question; no id has it.
const AND: char = '+';

/// A ballot of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    /// Place of its origin in the manifest.
    pub origin: usize,
    /// Its number in the station that scanned it, where that made the package.
    pub number: Option<i64>,
    /// All else.
    pub ballot: OutsideBallot,
}

/// Ballots of one form as a member.
#[derive(Debug)]
pub(super) struct Writer<'a> {
    packing: &'a Packing,
    csv: csv::Writer<Vec<u8>>,
}

impl<'a> Writer<'a> {
    pub fn new(packing: &'a Packing) -> Result<Self, ExchangeError> {
        let mut csv = csv::WriterBuilder::new()
            .terminator(csv::Terminator::Any(b'\n'))
            .from_writer(Vec::new());
        csv.write_record(header(packing)).map_err(written)?;
        Ok(Self { packing, csv })
    }

    pub fn add(&mut self, line: &Line) -> Result<(), ExchangeError> {
        let b = &line.ballot;
        let number = line.number.map_or(String::new(), |n| n.to_string());
        let text = |t: &Option<String>| t.clone().unwrap_or_default();
        let mut fields = vec![
            line.origin.to_string(),
            number,
            text(&b.serial),
            text(&b.unit),
            text(&b.ballot_box),
            b.channel.word().to_owned(),
            b.day.clone(),
            b.state.word().to_owned(),
        ];
        for at in 0..self.packing.questions.len() {
            fields.push(cell(self.packing, at, &b.answers).ok_or_else(|| {
                ExchangeError::malformed("ballots", None, "answers that are not of the form")
            })?);
        }
        self.csv.write_record(&fields).map_err(written)
    }

    pub fn finish(self) -> Result<Vec<u8>, ExchangeError> {
        self.csv
            .into_inner()
            .map_err(|e| ExchangeError::malformed("ballots", None, e))
    }
}

fn written(e: csv::Error) -> ExchangeError {
    ExchangeError::malformed("ballots", None, e)
}

fn header(packing: &Packing) -> Vec<&str> {
    let questions = packing.questions.iter().map(|q| q.id.as_str());
    COLUMNS.into_iter().chain(questions).collect()
}

/// A question of a packed ballot as text.
fn cell(packing: &Packing, at: usize, packed: &[u8]) -> Option<String> {
    Some(match packing.answer(at, packed)? {
        Packed::Blank => BLANK.to_owned(),
        Packed::Invalid => INVALID.to_owned(),
        Packed::Pending => PENDING.to_owned(),
        Packed::Answered(places) => {
            let choices = &packing.questions.get(at)?.choices;
            let ids: Vec<&str> = places
                .iter()
                .map(|p| choices.get(*p).map(String::as_str))
                .collect::<Option<_>>()?;
            let mut text = ids.join("+");
            if [BLANK, INVALID, PENDING].contains(&text.as_str()) {
                text.push(AND);
            }
            text
        }
    })
}

fn answer(cell: &str) -> Answer {
    let state = match cell {
        BLANK => AnswerState::Blank,
        INVALID => AnswerState::Overvote,
        PENDING => AnswerState::Marginal,
        _ => AnswerState::Answered,
    };
    let choices = match state {
        AnswerState::Answered => cell
            .split(AND)
            .filter(|c| !c.is_empty())
            .map(str::to_owned)
            .collect(),
        _ => Vec::new(),
    };
    Answer { state, choices }
}

/// Reads a member; every cell must be as [`Writer`] writes it.
pub(super) fn read(
    member: &str,
    bytes: &[u8],
    form: FormKey,
    packing: &Packing,
    origins: usize,
    mut visit: impl FnMut(Line) -> Result<(), ExchangeError>,
) -> Result<(), ExchangeError> {
    let mut csv = csv::ReaderBuilder::new()
        .has_headers(false)
        .from_reader(bytes);
    let mut record = csv::StringRecord::new();
    let mut first = true;
    loop {
        let more = csv
            .read_record(&mut record)
            .map_err(|e| ExchangeError::malformed(member, None, e))?;
        if !more {
            break;
        }
        let at = record.position().map(csv::Position::line);
        if std::mem::take(&mut first) {
            if record.iter().ne(header(packing)) {
                return Err(ExchangeError::malformed(
                    member,
                    at,
                    "its columns are not those of the form",
                ));
            }
            continue;
        }
        let line = line(&record, form, packing, origins)
            .map_err(|what| ExchangeError::malformed(member, at, what))?;
        visit(line)?;
    }
    if first {
        return Err(ExchangeError::malformed(member, None, "it is empty"));
    }
    Ok(())
}

fn line(
    record: &csv::StringRecord,
    form: FormKey,
    packing: &Packing,
    origins: usize,
) -> Result<Line, String> {
    let field = |i: usize| record.get(i).unwrap_or("");
    let wrong = |i: usize| format!("{} {:?}", COLUMNS[i], field(i));
    let text = |i: usize| Some(field(i).to_owned()).filter(|t| !t.is_empty());
    let origin: usize = field(0).parse().map_err(|_| wrong(0))?;
    if origin >= origins {
        return Err(wrong(0));
    }
    let number = match field(1) {
        "" => None,
        n => Some(n.parse().map_err(|_| wrong(1))?),
    };
    // The packing asks for its questions in their order; looked up by name, a form of
    // 100 questions would be compared 10,000 times a ballot.
    let next = Cell::new(COLUMNS.len());
    let answers: Vec<Answer> = record.iter().skip(COLUMNS.len()).map(answer).collect();
    let answers = packing.pack(|id| {
        let at = next.replace(next.get() + 1) - COLUMNS.len();
        let known = packing.questions.get(at).filter(|q| q.id == id);
        known.and_then(|_| answers.get(at))
    });
    for (at, q) in packing.questions.iter().enumerate() {
        let given = field(COLUMNS.len() + at);
        if cell(packing, at, &answers).as_deref() != Some(given) {
            return Err(format!("{} {given:?}", q.id));
        }
    }
    Ok(Line {
        origin,
        number,
        ballot: OutsideBallot {
            form,
            serial: text(2),
            unit: text(3),
            ballot_box: text(4),
            channel: Channel::of(field(5)).ok_or_else(|| wrong(5))?,
            day: day(field(6)).ok_or_else(|| wrong(6))?,
            state: BallotState::of(field(7)).ok_or_else(|| wrong(7))?,
            answers,
        },
    })
}

/// A day as `2026-11-25`.
fn day(text: &str) -> Option<String> {
    let day = crate::station::Day::parse(text)?;
    Some(day.to_string()).filter(|d| d == text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::store::sample;

    fn packing() -> Packing {
        Packing::of(&sample::layout("a", 2))
    }

    fn lines(bytes: &[u8]) -> Result<Vec<Line>, ExchangeError> {
        let mut all = Vec::new();
        read("m", bytes, sample::form_key(1), &packing(), 2, |l| {
            all.push(l);
            Ok(())
        })?;
        Ok(all)
    }

    fn ballot() -> impl Strategy<Value = Line> {
        let text = || proptest::option::of("[a-z,\"\\n+ế-]{1,6}");
        let single = prop_oneof![Just("-"), Just("!"), Just("?"), Just("a"), Just("b")];
        let several = prop_oneof![Just("-"), Just("!"), Just("?"), Just("a"), Just("a+c")];
        let state = prop_oneof![
            Just(BallotState::Counted),
            Just(BallotState::Pending),
            Just(BallotState::Rejected)
        ];
        (
            0usize..2,
            proptest::option::of(0i64..9),
            text(),
            text(),
            text(),
            state,
            single,
            several,
        )
            .prop_map(
                |(origin, number, serial, unit, ballot_box, state, one, two)| {
                    let (one, two) = (answer(one), answer(two));
                    let answers = packing().pack(|id| Some(if id == "q1" { &one } else { &two }));
                    let ballot = OutsideBallot {
                        form: sample::form_key(1),
                        unit,
                        ballot_box,
                        serial,
                        channel: Channel::Post,
                        day: "2026-11-25".to_owned(),
                        state,
                        answers,
                    };
                    Line {
                        origin,
                        number,
                        ballot,
                    }
                },
            )
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(all in prop::collection::vec(ballot(), 0..6)) {
            let packing = packing();
            let mut out = Writer::new(&packing).expect("a member");
            for line in &all {
                out.add(line).expect("added");
            }
            let bytes = out.finish().expect("bytes");
            prop_assert_eq!(lines(&bytes).expect("lines"), all);
        }

        #[test]
        fn garbage_never_panics(text in "(origin,ballot,serial,unit,box,channel,day,state,q1,q2\n)?[-0-9a-c?!+,\n\"]{0,80}") {
            let _ = lines(text.as_bytes());
        }
    }

    #[test]
    fn a_cell_that_means_something_else_than_it_says_is_refused() {
        let head = "origin,ballot,serial,unit,box,channel,day,state,q1,q2\n";
        let good = "0,1,,,,counter,2026-11-25,counted,a,a+c\n";
        assert_eq!(
            lines(format!("{head}{good}").as_bytes())
                .expect("a line")
                .len(),
            1
        );
        for (from, to) in [
            ("counted,a,", "counted,x,"),
            ("counted,a,", "counted,a+b,"),
            ("counted,a,", "counted,,"),
            ("a+c", "c+a"),
            ("a+c", "a+a"),
            ("0,1", "2,1"),
            ("0,1", "0,x"),
            ("2026-11-25", "2026-11-31"),
            ("2026-11-25", "25/11/2026"),
            ("counter", "fax"),
            ("counted", "cancelled"),
            (",a+c\n", "\n"),
        ] {
            let bad = good.replacen(from, to, 1);
            assert!(lines(format!("{head}{bad}").as_bytes()).is_err(), "{bad}");
        }
        assert!(lines(good.as_bytes()).is_err());
        assert!(lines(b"").is_err());
    }
}
