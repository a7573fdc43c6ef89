//! `phieu export`: a signed package for the next office.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::shared::{LangArgs, plain};
use super::{CliError, Outcome};
use crate::exchange::{self, BallotsOf, ExportOptions};
use crate::lang::Lang;
use crate::station::Station;

/// Lập gói kết quả có chữ ký để gửi cơ quan tổng hợp (a signed package for the reporting office).
///
/// Everything that was scanned here, and what came in from other stations; no pictures,
/// no handwriting. Exit code 1: the package was made, but something in it waits for a
/// person; a newer one replaces it later.
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    /// Tệp gói kết quả (the package)
    #[arg(long, value_name = "FILE.phieu")]
    out: PathBuf,
    /// Chỉ đơn vị này và các đơn vị trực thuộc (only this unit and those below it)
    #[arg(long, value_name = "ID")]
    unit: Option<String>,
    /// Kèm tên người mở hòm, người kiểm tra; mặc định chỉ ghi vai trò (with the names of those who opened boxes and settled answers; default: roles)
    #[arg(long)]
    names: bool,
    #[command(flatten)]
    lang: LangArgs,
}

pub(crate) fn run(args: &ExportArgs) -> Result<Outcome, CliError> {
    let lang = args.lang.lang;
    let station = Station::open(&args.station)?;
    let options = ExportOptions {
        unit: args.unit.as_deref(),
        names: args.names,
    };
    let done = exchange::export(&station, &args.out, options)?;
    let mut out = std::io::stdout().lock();
    let (file, n) = (args.out.display(), done.revision);
    match lang {
        Lang::Vi => writeln!(out, "Đã lập gói {file}, bản số {n}, {} byte.", done.bytes)?,
        Lang::En => writeln!(
            out,
            "The package is {file}, revision {n}, {} bytes.",
            done.bytes
        )?,
    }
    writeln!(out, "BLAKE3: {}", done.digest)?;
    figures(
        &mut out,
        lang,
        done.ballots,
        done.pending_answers,
        &done.open_boxes,
    )?;
    let waits = done.ballots.pending > 0 || done.pending_answers > 0 || !done.open_boxes.is_empty();
    Ok(if waits {
        Outcome::NeedsPerson
    } else {
        Outcome::Done
    })
}

/// Figures of a package, and what in it waits.
pub(super) fn figures(
    out: &mut impl Write,
    lang: Lang,
    ballots: BallotsOf,
    pending_answers: u64,
    open_boxes: &[String],
) -> Result<(), CliError> {
    let (all, counted, rejected) = (ballots.total(), ballots.counted, ballots.rejected);
    match lang {
        Lang::Vi => writeln!(
            out,
            "{all} phiếu: {counted} được tính, {} chờ người xem, {rejected} bị loại; \
             {pending_answers} câu chờ người xem.",
            ballots.pending
        )?,
        Lang::En => writeln!(
            out,
            "{all} ballots: {counted} counted, {} waiting, {rejected} rejected; \
             {pending_answers} answers waiting.",
            ballots.pending
        )?,
    }
    for b in open_boxes {
        writeln!(
            out,
            "{}: {}",
            lang.pick("Hòm phiếu chưa đóng", "A box that is not closed"),
            plain(b)
        )?;
    }
    Ok(())
}
