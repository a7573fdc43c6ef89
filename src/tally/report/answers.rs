//! How the answers to each question are distributed.

use std::collections::BTreeSet;

use super::ReportPaper;
use crate::form::paper::table::{Column, Row, Set, table};
use crate::form::paper::{Flow, bold, grouped};
use crate::form::text::Align;
use crate::form::{Meaning, QuestionMeaning};
use crate::lang::Lang;
use crate::tally::index::percent;
use crate::tally::suppress::distributions;
use crate::tally::{FormTally, QuestionTally, TallyError};

/// Stands for what would say what single people said.
const WITHHELD: &str = "…";

/// More choices than this do not fit beside each other.
const MOST_COLUMNS: usize = 7;

/// How the questions of a form are shown.
struct Shown<'a> {
    /// What its answers mean.
    meaning: Option<&'a Meaning>,
    /// Questions of which no distribution is shown.
    withheld: BTreeSet<&'a str>,
}

pub(super) fn section(flow: &mut Flow, paper: &ReportPaper<'_>) -> Result<(), TallyError> {
    for form in &paper.tally.forms {
        flow.keep(30.0);
        let title = format!(
            "{}: {} phiếu được tính",
            form.title,
            grouped(form.ballots.counted)
        );
        flow.text(&[bold(10.0, &title)], Align::Left, 0.0, 1.5)?;
        let meaning = paper
            .meanings
            .iter()
            .find(|(id, version, _)| *id == form.form && *version == form.version)
            .map(|(_, _, meaning)| meaning);
        let shown = Shown {
            meaning,
            withheld: distributions(paper.index, form, paper.suppress_below),
        };
        let mut rest = form.questions.as_slice();
        while let Some(first) = rest.first() {
            let alike = rest
                .iter()
                .take_while(|q| columns_of(meaning, q) == columns_of(meaning, first))
                .count();
            if alike > 1 && first.choices.len() <= MOST_COLUMNS {
                beside(flow, &shown, &rest[..alike])?;
                rest = &rest[alike..];
            } else {
                below(flow, &shown, form, first)?;
                rest = &rest[1..];
            }
        }
    }
    Ok(())
}

fn question<'a>(meaning: Option<&'a Meaning>, q: &QuestionTally) -> Option<&'a QuestionMeaning> {
    meaning?.question(&q.question)
}

/// The choices of a question in words.
fn columns_of(meaning: Option<&Meaning>, q: &QuestionTally) -> Vec<String> {
    let known = question(meaning, q);
    q.choices
        .iter()
        .map(|choice| {
            known
                .and_then(|m| m.choices.iter().find(|c| c.id == choice.choice))
                .map_or(choice.choice.as_str(), |c| c.in_words())
                .to_owned()
        })
        .collect()
}

fn name(meaning: Option<&Meaning>, q: &QuestionTally) -> String {
    question(meaning, q).map_or_else(|| q.question.clone(), QuestionMeaning::in_words)
}

fn part(n: u64, of: u64) -> String {
    if of == 0 {
        "–".to_owned()
    } else {
        percent(n as f64 / of as f64, Lang::Vi)
    }
}

/// Questions with the same choices: one a row, its choices beside each other.
fn beside(
    flow: &mut Flow,
    shown: &Shown<'_>,
    questions: &[QuestionTally],
) -> Result<(), TallyError> {
    let meaning = shown.meaning;
    let choices = questions
        .first()
        .map_or_else(Vec::new, |q| columns_of(meaning, q));
    let waits = questions.iter().any(|q| q.pending > 0);
    let spoilt = questions.iter().any(|q| q.invalid > 0);
    let mut columns: Vec<Column<'_>> = vec![("Số phiếu và tỷ lệ (%)", 3.2, Set::Left)];
    columns.push(("Trả lời", 0.9, Set::Right));
    columns.extend(choices.iter().map(|c| (c.as_str(), 1.2, Set::Right)));
    columns.push(("Bỏ trống", 0.85, Set::Right));
    if spoilt {
        columns.push(("Quá số", 0.75, Set::Right));
    }
    if waits {
        columns.push(("Chờ xử lý", 0.8, Set::Right));
    }
    let rows: Vec<Row> = questions
        .iter()
        .map(|q| {
            let gone = shown.withheld.contains(q.question.as_str());
            let mut cells = vec![name(meaning, q), grouped(q.answered)];
            cells.extend(q.choices.iter().map(|c| match gone {
                true => WITHHELD.to_owned(),
                false => format!("{} ({})", grouped(c.count), part(c.count, q.answered)),
            }));
            cells.push(grouped(q.blank));
            if spoilt {
                cells.push(grouped(q.invalid));
            }
            if waits {
                cells.push(grouped(q.pending));
            }
            Row::new(cells)
        })
        .collect();
    table(flow, &columns, &rows)?;
    Ok(())
}

/// A question by itself: its choices below each other.
fn below(
    flow: &mut Flow,
    shown: &Shown<'_>,
    form: &FormTally,
    q: &QuestionTally,
) -> Result<(), TallyError> {
    let meaning = shown.meaning;
    let columns = [
        ("Câu hỏi và phương án", 6.4, Set::Left),
        ("Số phiếu", 1.3, Set::Right),
        ("Tỷ lệ (%)", 1.3, Set::Right),
    ];
    let gone = shown.withheld.contains(q.question.as_str());
    let mut rows = vec![Row {
        cells: vec![name(meaning, q), grouped(q.answered), String::new()],
        indent: 0.0,
        strong: true,
    }];
    let of = |indent: f64, cells: Vec<String>| Row {
        cells,
        indent,
        strong: false,
    };
    for (words, choice) in columns_of(meaning, q).into_iter().zip(&q.choices) {
        let cells = match gone {
            true => vec![words, WITHHELD.to_owned(), WITHHELD.to_owned()],
            false => vec![words, grouped(choice.count), part(choice.count, q.answered)],
        };
        rows.push(of(5.0, cells));
    }
    let others = [
        ("Bỏ trống", q.blank),
        ("Không hợp lệ (đánh dấu quá số phương án)", q.invalid),
        ("Chờ xử lý", q.pending),
    ];
    rows.extend(
        others
            .into_iter()
            .filter(|(_, n)| *n > 0)
            .map(|(name, n)| of(5.0, vec![name.to_owned(), grouped(n), String::new()])),
    );
    // A short table is not torn apart.
    if form.questions.len() > 1 && rows.len() <= MOST_COLUMNS {
        flow.keep(6.0 * (rows.len() + 1) as f64);
    }
    table(flow, &columns, &rows)?;
    Ok(())
}
