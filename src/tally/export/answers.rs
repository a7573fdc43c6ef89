//! The answers of every ballot as CSV, a codebook beside it, and SPSS syntax.

use std::io::Write;
use std::path::{Path, PathBuf};

use super::ballots::{ExportForm, each_ballot, forms, is_single};
use super::files::OutFiles;
use super::spss::write_syntax;
use super::variables::{BLANK, FIXED, INVALID, PENDING, Variable, safe, variables};
use crate::form::Blank;
use crate::lang::Lang;
use crate::store::Store;
use crate::tally::{TallyError, TallyFilter};

/// How answers are written.
#[derive(Debug, Clone, Default)]
pub struct AnswersOptions {
    /// What to leave out.
    pub filter: TallyFilter,
    /// With a byte order mark: some spreadsheets take the file for another encoding
    /// without one.
    pub bom: bool,
    /// SPSS syntax beside each file.
    pub syntax: bool,
    /// Language of what is not in the forms.
    pub lang: Lang,
}

/// What stands for a byte order mark in UTF-8.
const BOM: &[u8] = b"\xef\xbb\xbf";

/// The words of the three values that are no answers.
pub(super) fn missing(lang: Lang) -> [(i32, &'static str); 3] {
    [
        (BLANK, lang.pick("bỏ trống", "blank")),
        (INVALID, lang.pick("không hợp lệ", "invalid")),
        (PENDING, lang.pick("chờ xử lý", "pending")),
    ]
}

/// `dir/stem` with this before the extension.
fn beside(path: &Path, tail: &str, extension: &str) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!("{stem}{tail}.{extension}"))
}

/// Writes at `path` a line for each ballot, one file a form where there are several
/// (`FILE-FORM.csv`), and `FILE-codebook.csv`. Returns the files' names.
///
/// # Errors
/// The database refuses, or a file cannot be written.
pub fn write_answers(
    store: &Store,
    path: &Path,
    options: &AnswersOptions,
) -> Result<Vec<PathBuf>, TallyError> {
    let forms = forms(store, &options.filter)?;
    if forms.is_empty() {
        return Err(TallyError::NoForms);
    }
    let columns: Vec<Vec<Variable>> = forms.iter().map(variables).collect();
    let mut files = OutFiles::default();
    let tails: Vec<String> = forms
        .iter()
        .map(|f| match forms.len() {
            1 => String::new(),
            _ => format!("-{}", f.label),
        })
        .collect();
    let mut tables = Vec::new();
    for (columns, tail) in columns.iter().zip(&tails) {
        let mut file = files.create(&beside(path, tail, "csv"))?;
        if options.bom {
            file.write_all(BOM)?;
        }
        let mut table = csv::Writer::from_writer(file);
        let names = columns.iter().map(|v| v.name.as_str());
        table.write_record(FIXED.into_iter().chain(names))?;
        tables.push(table);
    }
    each_ballot(store, &forms, &options.filter, |ballot| {
        let form = &forms[ballot.form];
        let table = &mut tables[ballot.form];
        table.write_field(&form.form)?;
        table.write_field(form.version.to_string())?;
        table.write_field(safe(ballot.serial.unwrap_or("")))?;
        table.write_field(safe(ballot.unit.unwrap_or("")))?;
        table.write_field(safe(ballot.ballot_box.unwrap_or("")))?;
        table.write_field(ballot.channel.word())?;
        table.write_field(ballot.day)?;
        table.write_field(ballot.state.word())?;
        for variable in &columns[ballot.form] {
            let value = variable.value(ballot.state, &ballot.answers);
            table.write_field(value.map_or_else(String::new, |v| v.to_string()))?;
        }
        table.write_record(None::<&[u8]>)?;
        Ok(())
    })?;
    for mut table in tables {
        table.flush()?;
    }
    let mut book = files.create(&beside(path, "-codebook", "csv"))?;
    if options.bom {
        book.write_all(BOM)?;
    }
    write_codebook(&forms, &columns, options.lang, book)?;
    if options.syntax {
        for ((form, columns), tail) in forms.iter().zip(&columns).zip(&tails) {
            let data = beside(path, tail, "csv");
            let name = data.file_name().unwrap_or_default().to_string_lossy();
            let mut file = files.create(&beside(path, tail, "sps"))?;
            write_syntax(form, columns, &name, options.lang, &mut file)?;
            file.flush()?;
        }
    }
    files.finish()
}

/// A line for each value of each variable: what it is and what it counts as.
fn write_codebook(
    forms: &[ExportForm],
    columns: &[Vec<Variable>],
    lang: Lang,
    out: impl Write,
) -> Result<(), TallyError> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record([
        "form",
        "version",
        "variable",
        "question",
        "question_text",
        "value",
        "choice",
        "label",
        "score",
        "satisfied",
        "excluded",
    ])?;
    let flag = |yes: bool| if yes { "1" } else { "0" };
    for (form, columns) in forms.iter().zip(columns) {
        let version = form.version.to_string();
        let of_form = [form.form.as_str(), version.as_str()];
        for variable in columns {
            let q = &form.questions[variable.question];
            let text = variable.in_words(form);
            let text = safe(&text);
            let mut line = |value: i32, choice: &str, label: &str, rest: [&str; 3]| {
                let value = value.to_string();
                let label = safe(label);
                let fields = [variable.name.as_str(), &q.id, &text, &value, choice, &label];
                table.write_record(of_form.into_iter().chain(fields).chain(rest))
            };
            match variable.choice {
                None => {
                    for (i, c) in q.choices.iter().enumerate() {
                        let score = c.score.map_or_else(String::new, |s| s.to_string());
                        let satisfied = c.satisfied.map_or("", flag);
                        let rest = [score.as_str(), satisfied, flag(c.excluded)];
                        let value = i32::try_from(i + 1).unwrap_or(i32::MAX);
                        line(value, &c.id, c.in_words(), rest)?;
                    }
                }
                Some(c) => {
                    let id = &q.choices[c].id;
                    line(0, id, lang.pick("không chọn", "not chosen"), ["", "", ""])?;
                    line(1, id, lang.pick("chọn", "chosen"), ["", "", ""])?;
                }
            }
            // A form may count what was left blank as not satisfied.
            let blank_counts =
                is_single(q) && q.has_index() && form.meaning.rules.blank == Blank::Unsatisfied;
            for (value, label) in missing(lang) {
                let rest = match value {
                    BLANK if blank_counts => ["", "0", "0"],
                    _ => ["", "", "1"],
                };
                line(value, "", label, rest)?;
            }
        }
    }
    table.flush()?;
    Ok(())
}
