//! `phieu plan`: how many to ask, whom, and who collects how many.

mod draw;
mod drawn_file;
mod grid;
mod quota;
mod size;

use std::path::Path;

use clap::{Args, Subcommand};

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
