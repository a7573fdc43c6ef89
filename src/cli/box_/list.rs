//! `phieu box list`: every box, reconciled.

use std::io::{BufWriter, Write};

use clap::Args;
use serde::Serialize;

use super::{CliError, Outcome, StationArgs};
use crate::cli::shared::{LangArgs, plain};
use crate::lang::Lang;
use crate::store::{BoxFigures, BoxLine, RejectedFor};

/// Các hòm phiếu và đối chiếu số phiếu (all boxes, reconciled).
///
/// Exit code 1: a box does not agree, something of one waits for a person, or
/// there are ballots or pages of which nobody knows the box.
#[derive(Debug, Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    station: StationArgs,
    /// In kết quả dạng JSON (print the result as JSON)
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lang: LangArgs,
}

/// One box in JSON.
#[derive(Debug, Serialize)]
pub(super) struct Listed<'a> {
    #[serde(rename = "box")]
    ballot_box: Option<&'a str>,
    unit: Option<&'a str>,
    unit_name: Option<&'a str>,
    declared: Option<bool>,
    /// `not-opened`, `open` or `closed`.
    state: Option<&'static str>,
    counted: Option<u64>,
    ballots: u64,
    clean: u64,
    in_review: u64,
    settled: u64,
    rejected: u64,
    rejected_for: &'a [RejectedFor],
    duplicates: u64,
    difference: Option<i64>,
    agrees: bool,
    changed_since_closing: bool,
}

impl<'a> Listed<'a> {
    pub(super) fn of(line: &'a BoxLine) -> Self {
        let row = line.ballot_box.as_ref();
        let f = &line.figures;
        Self {
            ballot_box: row.map(|r| r.name.as_str()),
            unit: row.and_then(|r| r.unit.as_deref()),
            unit_name: row.and_then(|r| r.unit_name.as_deref()),
            declared: row.map(|r| r.declared),
            state: row.map(|_| state(line)),
            counted: f.counted,
            ballots: f.ballots,
            clean: f.clean,
            in_review: f.in_review,
            settled: f.settled,
            rejected: f.rejected,
            rejected_for: &f.rejected_for,
            duplicates: f.duplicates,
            difference: f.difference(),
            agrees: f.agree(),
            changed_since_closing: line.changed_since_closing(),
        }
    }
}

fn state(line: &BoxLine) -> &'static str {
    match (line.is_closed(), line.figures.counted) {
        (true, _) => "closed",
        (false, Some(_)) => "open",
        (false, None) => "not-opened",
    }
}

pub(super) fn run(args: &ListArgs) -> Result<Outcome, CliError> {
    let store = args.station.store()?;
    let lines = store.box_lines()?;
    let unplaced = store.unplaced_pages()?.len();
    let (boxes, loose): (Vec<_>, Vec<_>) = lines.iter().partition(|l| l.ballot_box.is_some());
    let mut out = BufWriter::new(std::io::stdout().lock());
    if args.json {
        let listed: Vec<Listed<'_>> = boxes.iter().map(|l| Listed::of(l)).collect();
        let json = serde_json::json!({
            "boxes": listed,
            "without_box": loose.first().map(|l| Listed::of(l)),
            "unplaced_pages": unplaced,
        });
        writeln!(out, "{json}")?;
    } else {
        table(&mut out, &lines, args.lang.lang)?;
        if unplaced > 0 {
            writeln!(
                out,
                "{}: {unplaced}",
                args.lang.lang.pick(
                    "Trang chưa biết thuộc phiếu nào, hòm nào",
                    "Pages of which nobody knows ballot and box"
                )
            )?;
        }
    }
    out.flush()?;
    let fine = |l: &&BoxLine| {
        let empty = l.figures.ballots == 0 && l.figures.counted.is_none();
        if l.is_closed() {
            !l.changed_since_closing()
        } else {
            empty || l.figures.agree()
        }
    };
    let done = loose.is_empty() && unplaced == 0 && boxes.iter().all(fine);
    Ok(if done {
        Outcome::Done
    } else {
        Outcome::NeedsPerson
    })
}

fn table(out: &mut impl Write, lines: &[BoxLine], lang: Lang) -> Result<(), CliError> {
    if lines.is_empty() {
        writeln!(
            out,
            "{}",
            lang.pick("Trạm chưa có hòm phiếu nào.", "The station has no boxes.")
        )?;
        return Ok(());
    }
    let names: Vec<String> = lines
        .iter()
        .map(|l| match &l.ballot_box {
            Some(row) => plain(&row.label()),
            None => lang.pick("(không rõ hòm)", "(no box known)").to_owned(),
        })
        .collect();
    let width = names.iter().map(|n| n.chars().count()).max().unwrap_or(0);
    let heads = match lang {
        Lang::Vi => [
            "đếm tay",
            "quét",
            "rõ",
            "chờ xem",
            "đã xử lý",
            "loại",
            "nghi trùng",
            "chênh",
        ],
        Lang::En => [
            "by hand",
            "scanned",
            "clean",
            "review",
            "settled",
            "rejected",
            "duplicates",
            "difference",
        ],
    };
    write!(out, "{:width$}", lang.pick("hòm", "box"))?;
    for head in heads {
        write!(out, "  {head:>10}")?;
    }
    writeln!(out)?;
    for (line, name) in lines.iter().zip(&names) {
        write!(out, "{name:width$}")?;
        for cell in cells(&line.figures) {
            write!(out, "  {cell:>10}")?;
        }
        writeln!(out, "  {}", words(line, lang))?;
        for r in &line.figures.rejected_for {
            let why = plain(&r.reason);
            writeln!(
                out,
                "{:width$}    {}: {} × {why}",
                "",
                lang.pick("loại", "rejected"),
                r.ballots
            )?;
        }
    }
    Ok(())
}

fn cells(f: &BoxFigures) -> [String; 8] {
    [
        f.counted.map_or_else(|| "-".to_owned(), |n| n.to_string()),
        f.ballots.to_string(),
        f.clean.to_string(),
        f.in_review.to_string(),
        f.settled.to_string(),
        f.rejected.to_string(),
        f.duplicates.to_string(),
        f.difference()
            .map_or_else(|| "-".to_owned(), |d| format!("{d:+}")),
    ]
}

/// How a box stands, in words.
pub(super) fn words(line: &BoxLine, lang: Lang) -> String {
    let Some(row) = &line.ballot_box else {
        return lang.pick("cần người xem", "for a person to see").to_owned();
    };
    let mut said = vec![
        match state(line) {
            "closed" => lang.pick("đã đóng", "closed"),
            "open" => lang.pick("đang mở", "open"),
            _ => lang.pick("chưa mở", "not opened"),
        }
        .to_owned(),
    ];
    match line.figures.difference() {
        Some(d) if d < 0 => said.push(match lang {
            Lang::Vi => format!("THIẾU {} phiếu", -d),
            Lang::En => format!("{} MISSING", -d),
        }),
        Some(d) if d > 0 => said.push(match lang {
            Lang::Vi => format!("THỪA {d} phiếu"),
            Lang::En => format!("{d} TOO MANY"),
        }),
        Some(_) if line.figures.in_review == 0 => {
            said.push(lang.pick("khớp", "agrees").to_owned());
        }
        _ => {}
    }
    if line.changed_since_closing() {
        said.push(
            lang.pick("SỐ LIỆU ĐÃ ĐỔI SAU KHI ĐÓNG", "CHANGED SINCE CLOSING")
                .to_owned(),
        );
    }
    if !row.declared {
        said.push(
            lang.pick("không có trong danh sách", "not in the campaign")
                .to_owned(),
        );
    }
    said.join(", ")
}
