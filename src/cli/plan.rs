//! `phieu plan`: how many to ask, whom, and who collects how many.

mod draw;
mod drawn_file;
mod grid;
mod quota;
mod size;

use std::path::Path;

use clap::{Args, Subcommand};
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook, Worksheet};

use super::{CliError, Outcome};
use crate::sheet::{Sheet, SheetError, folded};

#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct PlanArguments {
    #[command(subcommand)]
    command: PlanCommand,
}

#[derive(Debug, Subcommand)]
enum PlanCommand {
    Size(Box<size::SizeArgs>),
    Draw(Box<draw::DrawArgs>),
    Quota(Box<quota::QuotaArgs>),
}

pub(crate) fn run(arguments: PlanArguments) -> Result<Outcome, CliError> {
    match arguments.command {
        PlanCommand::Size(args) => size::run(&args),
        PlanCommand::Draw(args) => draw::run(&args),
        PlanCommand::Quota(args) => quota::run(&args),
    }
}

/// A kind of file, by how its name ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Csv,
    Xlsx,
    Json,
    Toml,
    Pdf,
    Text,
}

impl Kind {
    /// One of `allowed`, or an error that names them.
    fn of(path: &Path, allowed: &[Self]) -> Result<Self, CliError> {
        let end = path.extension().and_then(|e| e.to_str()).unwrap_or("");
        let found = allowed.iter().find(|k| k.word().eq_ignore_ascii_case(end));
        found.copied().ok_or_else(|| {
            let words: Vec<String> = allowed.iter().map(|k| format!(".{}", k.word())).collect();
            format!(
                "{}: đuôi tệp phải là (the name must end in) {}",
                path.display(),
                words.join(", ")
            )
            .into()
        })
    }

    fn word(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Json => "json",
            Self::Toml => "toml",
            Self::Pdf => "pdf",
            Self::Text => "txt",
        }
    }
}

/// Reads a table. Of a workbook that this program wrote its first sheet is meant.
fn read_table(file: &Path, sheet: Option<&str>, own: &[&str]) -> Result<Sheet, SheetError> {
    match (Sheet::read(file, sheet), sheet) {
        (Err(SheetError::SeveralSheets { there, .. }), None)
            if there.first().is_some_and(|s| own.contains(&s.as_str())) =>
        {
            Sheet::read(file, there.first().map(String::as_str))
        }
        (read, _) => read,
    }
}

/// The column that was named, or the one that has one of these heads.
fn column(sheet: &Sheet, named: Option<&str>, known: &[&str]) -> Result<Option<usize>, SheetError> {
    if let Some(name) = named {
        return sheet.column(name).map(Some);
    }
    let has = |head: &&&str| sheet.header.iter().any(|h| folded(h) == folded(head));
    known
        .iter()
        .find(has)
        .map(|head| sheet.column(head))
        .transpose()
}

/// As [`column`], and an error that says with which option to name it.
fn needed_column(
    sheet: &Sheet,
    named: Option<&str>,
    known: &[&str],
    option: &str,
) -> Result<usize, CliError> {
    column(sheet, named, known)?.ok_or_else(|| {
        format!(
            "{}: nói rõ cột bằng {option} (name the column with {option}); có (there are): {}",
            sheet.file.display(),
            sheet.header.join(", ")
        )
        .into()
    })
}

/// The columns that were named as those of strata, or the one that has such a head.
fn stratum_columns(sheet: &Sheet, named: &[String], option: &str) -> Result<Vec<usize>, CliError> {
    if named.is_empty() {
        let known = ["stratum", "nhóm", "name", "tên"];
        return Ok(vec![needed_column(sheet, None, &known, option)?]);
    }
    let all = named.iter().map(|n| sheet.column(n));
    Ok(all.collect::<Result<_, _>>()?)
}

/// Rows below heads as CSV, UTF-8.
fn csv_of<R: AsRef<[String]>>(
    heads: &[String],
    rows: impl IntoIterator<Item = R>,
) -> Result<Vec<u8>, CliError> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(heads)?;
    for row in rows {
        out.write_record(row.as_ref())?;
    }
    out.into_inner().map_err(|e| e.to_string().into())
}

/// A workbook without a time of making: the same plan gives the same bytes.
fn timeless_workbook(title: &str) -> Result<Workbook, CliError> {
    let mut workbook = Workbook::new();
    let made = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(
        &DocProperties::new()
            .set_title(title)
            .set_author(crate::station::SOFTWARE)
            .set_creation_datetime(&made),
    );
    Ok(workbook)
}

/// So that a table of so many rows below one head can be sorted out and scrolled.
fn make_handy(sheet: &mut Worksheet, rows: usize, columns: usize) -> Result<(), CliError> {
    let rows = u32::try_from(rows).unwrap_or(u32::MAX);
    if rows > 0 {
        let last = u16::try_from(columns.saturating_sub(1)).unwrap_or(u16::MAX);
        sheet.autofilter(0, 0, rows, last)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    sheet.set_repeat_rows(0, 0)?;
    Ok(())
}
