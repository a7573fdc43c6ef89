//! `phieu audit`: is everything as it was recorded, and who did what.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::audit_result::{self, ResultArgs};
use super::audit_sample::{self, SampleArgs};
use super::retention::{removal_json, removal_words};
use super::shared::{LangArgs, plain};
use super::{CliError, Outcome};
use crate::lang::Lang;
use crate::station::{LocalTime, Station, audit};
use crate::store::Entry;

#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct AuditArguments {
    #[command(subcommand)]
    command: AuditCommand,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
    Verify(VerifyArgs),
    Log(LogArgs),
    Sample(SampleArgs),
    Result(ResultArgs),
}

/// Kiểm tra sổ nhật ký, dữ liệu và ảnh gốc (check log, database and originals).
///
/// Exit code 0: everything fits; 1: something was changed, and the first such
/// things are named; 2: the station cannot be read. The head of the chain that is
/// printed can be compared with that on the minutes.
#[derive(Debug, Args)]
struct VerifyArgs {
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    /// In kết quả dạng JSON (print the result as JSON)
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lang: LangArgs,
}

/// Xem sổ nhật ký: ai, làm gì, lúc nào, từ đâu (who did what, when, from where).
#[derive(Debug, Args)]
struct LogArgs {
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    /// Chỉ các mục sau số này (only entries after this number)
    #[arg(long, value_name = "N", default_value_t = 0)]
    after: i64,
    /// Chỉ loại việc này (only this kind; repeatable)
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,
    /// Dạng kết quả (form of the output)
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Jsonl,
}

pub(crate) fn run(arguments: AuditArguments) -> Result<Outcome, CliError> {
    match arguments.command {
        AuditCommand::Verify(args) => verify(&args),
        AuditCommand::Log(args) => log(&args),
        AuditCommand::Sample(args) => audit_sample::run(&args),
        AuditCommand::Result(args) => audit_result::run(&args),
    }
}

fn verify(args: &VerifyArgs) -> Result<Outcome, CliError> {
    let station = Station::open(&args.station)?;
    let audit = audit::audit(&station)?;
    let mut faults: Vec<String> = audit.faults.iter().map(ToString::to_string).collect();
    faults.extend(crate::exchange::faults(&station)?);
    let head = &audit.database.head;
    let removals: Vec<_> = audit.removals.iter().map(removal_json).collect();
    let local = LocalTime::of(&station.store()?)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        let json = serde_json::json!({
            "whole": faults.is_empty(),
            "entries": audit.database.entries,
            "rows": audit.database.rows,
            "images": audit.images,
            "removed": audit.removed,
            "removals": removals,
            "head": head.printed(),
            "hash": head.hash,
            "faults": faults,
        });
        writeln!(out, "{json}")?;
    } else {
        let (entries, rows, images) = (audit.database.entries, audit.database.rows, audit.images);
        for fault in &faults {
            writeln!(out, "!! {}", plain(fault))?;
        }
        let whole = faults.is_empty();
        let removed = audit.removed;
        match args.lang.lang {
            Lang::Vi => {
                writeln!(
                    out,
                    "Đã kiểm tra {entries} mục nhật ký, {rows} dòng dữ liệu, {images} tệp ảnh gốc."
                )?;
                if removed > 0 {
                    writeln!(
                        out,
                        "{removed} tệp ảnh đã hủy theo thời hạn lưu, không còn để so:"
                    )?;
                }
                removal_lines(&mut out, &audit, local, Lang::Vi)?;
                writeln!(out, "Mã cuối sổ (so với biên bản): {}", head.printed())?;
                writeln!(
                    out,
                    "{}",
                    if whole {
                        "Nguyên vẹn: không có gì bị sửa."
                    } else {
                        "KHÔNG NGUYÊN VẸN: xem các dòng !! ở trên."
                    }
                )?;
            }
            Lang::En => {
                writeln!(
                    out,
                    "Checked {entries} log entries, {rows} rows, {images} originals."
                )?;
                if removed > 0 {
                    writeln!(
                        out,
                        "{removed} originals were removed when their date had come, none is left to compare:"
                    )?;
                }
                removal_lines(&mut out, &audit, local, Lang::En)?;
                writeln!(
                    out,
                    "Head of the log (compare with the minutes): {}",
                    head.printed()
                )?;
                writeln!(
                    out,
                    "{}",
                    if whole {
                        "Whole: nothing was changed."
                    } else {
                        "NOT WHOLE: see the lines with !! above."
                    }
                )?;
            }
        }
    }
    Ok(if faults.is_empty() {
        Outcome::Done
    } else {
        Outcome::NeedsPerson
    })
}

/// When images were removed, and by whom.
fn removal_lines(
    out: &mut impl Write,
    audit: &audit::Audit,
    local: LocalTime,
    lang: Lang,
) -> Result<(), CliError> {
    for removal in &audit.removals {
        writeln!(out, "  {}", removal_words(removal, local, lang))?;
        let lost = removal.order.detail.not_whole.len();
        if lost > 0 {
            match lang {
                Lang::Vi => writeln!(
                    out,
                    "    {lost} ảnh trong đó đã không nguyên vẹn trước khi hủy."
                )?,
                Lang::En => writeln!(out, "    {lost} of them were not whole before that.")?,
            }
        }
    }
    Ok(())
}

/// Entries that are read at once.
const PIECE: u32 = 1000;

fn log(args: &LogArgs) -> Result<Outcome, CliError> {
    let store = Station::open(&args.station)?.store()?;
    let local = LocalTime::of(&store)?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    let mut after = args.after;
    loop {
        let entries = store.log(after, PIECE)?;
        let Some(last) = entries.last() else {
            break;
        };
        after = last.number;
        for entry in &entries {
            if args.kind.is_empty() || args.kind.contains(&entry.kind) {
                write_entry(&mut out, entry, local, args.format)?;
            }
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn write_entry(
    out: &mut impl Write,
    entry: &Entry,
    local: LocalTime,
    format: Format,
) -> Result<(), CliError> {
    match format {
        Format::Table => writeln!(
            out,
            "{:>6}  {}  {} ({})  {}  {}",
            entry.number,
            local.moment_and_offset(&entry.at),
            plain(&entry.person),
            plain(&entry.origin),
            entry.kind,
            plain(&entry.detail),
        )?,
        Format::Jsonl => {
            let detail: serde_json::Value = serde_json::from_str(&entry.detail)?;
            let line = serde_json::json!({
                "number": entry.number, "at": entry.at, "kind": entry.kind,
                "person": entry.person, "origin": entry.origin,
                "detail": detail, "hash": entry.hash,
            });
            writeln!(out, "{line}")?;
        }
    }
    Ok(())
}
