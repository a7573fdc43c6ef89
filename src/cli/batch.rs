//! `phieu batch`: what became of each run of scanning; pause, resume, cancel.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::shared::{LangArgs, plain};
use super::{CliError, Outcome};
use crate::lang::Lang;
use crate::station::{BatchLine, LocalTime, Station};

#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct BatchArguments {
    #[command(subcommand)]
    command: BatchCommand,
}

#[derive(Debug, Subcommand)]
enum BatchCommand {
    List(ListArgs),
    Show(ShowArgs),
    Pause(PauseArgs),
    Resume(PauseArgs),
    Cancel(CancelArgs),
}

/// Liệt kê các lô quét của trạm (list the station's batches).
///
/// A batch is what one scan brought that the station did not have. `running`:
/// being scanned now; `interrupted`: its scan was cut off, scanning the same
/// files again goes on in another batch; `cancelled`: counts nowhere.
#[derive(Debug, Args)]
struct ListArgs {
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    /// In kết quả dạng JSON (print the result as JSON)
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lang: LangArgs,
}

/// Xem một lô quét (show one batch).
#[derive(Debug, Args)]
struct ShowArgs {
    /// Số của lô (the batch's number)
    #[arg(value_name = "N")]
    number: i64,
    #[command(flatten)]
    list: ListArgs,
}

/// Lô đang quét thì dừng lại hoặc quét tiếp (a running batch waits, or goes on).
///
/// The scan that brings it stops within a second after the pages at hand.
#[derive(Debug, Args)]
struct PauseArgs {
    /// Số của lô (the batch's number)
    #[arg(value_name = "N")]
    number: i64,
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    /// Lý do, ghi vào nhật ký (the reason, for the log)
    #[arg(long, value_name = "TEXT", default_value = "")]
    reason: String,
    #[command(flatten)]
    lang: LangArgs,
}

/// Hủy một lô quét: không tính gì của lô (cancel a batch: nothing of it counts).
///
/// For good. Images, readings and decisions stay recorded. The same files may
/// be scanned again, in another batch and out of another box; what was decided
/// about the ballots of the cancelled batch does not hold for them then.
#[derive(Debug, Args)]
struct CancelArgs {
    /// Số của lô (the batch's number)
    #[arg(value_name = "N")]
    number: i64,
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    /// Lý do, ghi vào nhật ký (the reason, for the log)
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    lang: LangArgs,
}

pub(crate) fn run(arguments: BatchArguments) -> Result<Outcome, CliError> {
    match arguments.command {
        BatchCommand::List(args) => show(&args, None),
        BatchCommand::Show(args) => show(&args.list, Some(args.number)),
        BatchCommand::Pause(args) => pause(&args, true),
        BatchCommand::Resume(args) => pause(&args, false),
        BatchCommand::Cancel(args) => cancel(&args),
    }
}

fn show(args: &ListArgs, number: Option<i64>) -> Result<Outcome, CliError> {
    let station = Station::open(&args.station)?;
    let store = station.store()?;
    let all = station.batch_lines(&store)?;
    if let Some(n) = number {
        store.batch_numbered(n)?;
    }
    let wanted: Vec<&BatchLine> = all
        .iter()
        .filter(|b| number.is_none_or(|n| b.row.key.number() == n))
        .collect();
    let mut out = std::io::stdout().lock();
    if args.json {
        let rows: Vec<serde_json::Value> = wanted.iter().map(|b| json(b)).collect();
        match (number, rows.as_slice()) {
            (Some(_), [one]) => writeln!(out, "{one}")?,
            _ => writeln!(out, "{}", serde_json::Value::from(rows))?,
        }
        return Ok(Outcome::Done);
    }
    let lang = args.lang.lang;
    if wanted.is_empty() {
        writeln!(
            out,
            "{}",
            lang.pick("Trạm chưa có lô quét nào.", "The station has no batches.")
        )?;
    }
    let local = LocalTime::of(&store)?;
    for b in wanted {
        writeln!(out, "{}", line(b, local, lang))?;
        if let Some(e) = b.row.last.as_ref().filter(|e| !e.reason.is_empty()) {
            let (at, person) = (local.moment_and_offset(&e.at), plain(&e.person));
            writeln!(out, "      {at} {person}: {}", plain(&e.reason))?;
        }
    }
    Ok(Outcome::Done)
}

fn json(line: &BatchLine) -> serde_json::Value {
    let b = &line.row;
    let last = b.last.as_ref().map(|e| {
        serde_json::json!({
            "kind": e.kind, "reason": e.reason, "person": e.person, "at": e.at,
        })
    });
    serde_json::json!({
        "batch": b.key.number(), "state": line.state, "started": b.started, "finished": b.finished,
        "box": b.ballot_box, "unit": b.unit, "pages": b.pages, "flagged": b.flagged,
        "ballots": b.ballots, "pages_per_second": line.pace(), "last": last,
    })
}

fn line(line: &BatchLine, local: LocalTime, lang: Lang) -> String {
    let b = &line.row;
    let (vi, en) = match line.state {
        "cancelled" => ("ĐÃ HỦY", "CANCELLED"),
        "finished" => ("xong", "finished"),
        "paused" => ("tạm dừng", "paused"),
        "running" => ("đang quét", "running"),
        _ => ("bị ngắt giữa chừng", "interrupted"),
    };
    let state = lang.pick(vi, en);
    let of = match (&b.unit, &b.ballot_box) {
        (Some(unit), Some(name)) => format!("{unit}/{name}"),
        (None, Some(name)) => name.clone(),
        _ => "-".to_owned(),
    };
    let pace = line
        .pace()
        .map_or_else(|| "-".to_owned(), |p| format!("{p:.1}"));
    let (n, from) = (b.key.number(), local.moment_and_offset(&b.started));
    let (pages, flagged, ballots, of) = (b.pages, b.flagged, b.ballots, plain(&of));
    match lang {
        Lang::Vi => format!(
            "{n:>4}  {from}  {state}: {pages} trang ({pace} trang/giây), {flagged} cần xem, \
             {ballots} phiếu, hòm {of}"
        ),
        Lang::En => format!(
            "{n:>4}  {from}  {state}: {pages} pages ({pace} pages/s), {flagged} flagged, \
             {ballots} ballots, box {of}"
        ),
    }
}

fn pause(args: &PauseArgs, wait: bool) -> Result<Outcome, CliError> {
    let store = Station::open(&args.station)?.store()?;
    let batch = store.batch_numbered(args.number)?;
    let n = args.number;
    let said = if wait {
        store.pause_batch(batch, &args.reason)?;
        match args.lang.lang {
            Lang::Vi => format!("Lô {n} tạm dừng; quét tiếp bằng: phieu batch resume {n}"),
            Lang::En => format!("Batch {n} waits; go on with: phieu batch resume {n}"),
        }
    } else {
        store.resume_batch(batch, &args.reason)?;
        match args.lang.lang {
            Lang::Vi => format!("Lô {n} quét tiếp."),
            Lang::En => format!("Batch {n} goes on."),
        }
    };
    writeln!(std::io::stdout().lock(), "{said}")?;
    Ok(Outcome::Done)
}

fn cancel(args: &CancelArgs) -> Result<Outcome, CliError> {
    let lang = args.lang.lang;
    if args.reason.trim().is_empty() {
        return Err(lang
            .pick(
                "hủy lô phải có lý do: --reason \"…\"",
                "cancelling a batch needs a reason: --reason \"…\"",
            )
            .into());
    }
    let store = Station::open(&args.station)?.store()?;
    let batch = store.batch_numbered(args.number)?;
    let done = store.cancel_batch(batch, args.reason.trim())?;
    let (n, pages, ballots, anew) = (args.number, done.pages, done.ballots, done.anew);
    let mut out = std::io::stdout().lock();
    match lang {
        Lang::Vi => {
            writeln!(
                out,
                "Đã hủy lô {n}: không tính {pages} trang, {ballots} phiếu của lô nữa."
            )?;
            if anew > 0 {
                writeln!(
                    out,
                    "{anew} phiếu trong đó còn trang ở lô khác: đã ghép lại từ các trang ấy."
                )?;
            }
        }
        Lang::En => {
            writeln!(
                out,
                "Batch {n} is cancelled: {pages} pages, {ballots} ballots count no more."
            )?;
            if anew > 0 {
                writeln!(
                    out,
                    "{anew} of these ballots have pages in other batches and were put together anew."
                )?;
            }
        }
    }
    Ok(Outcome::Done)
}
