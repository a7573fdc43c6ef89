//! `phieu box close`.

use std::io::Write;

use clap::Args;

use super::{ByArgs, CliError, Outcome, StationArgs, WhichArgs};
use crate::cli::shared::LangArgs;
use crate::lang::Lang;
use crate::station::boxes::reason;

/// Đóng hòm phiếu: từ đó không nhận thêm phiếu (close a box: it takes nothing more).
///
/// As many ballots must have been scanned as were counted by hand, and nothing of
/// them may wait for a person; else a supervisor's reason is needed, which stays to
/// be seen.
#[derive(Debug, Args)]
pub(crate) struct CloseArgs {
    #[command(flatten)]
    station: StationArgs,
    #[command(flatten)]
    which: WhichArgs,
    /// Lý do của người phụ trách khi số liệu không khớp (a supervisor's reason where the figures do not agree)
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    by: ByArgs,
    #[command(flatten)]
    lang: LangArgs,
}

pub(super) fn run(args: &CloseArgs) -> Result<Outcome, CliError> {
    let store = args.station.store()?;
    let row = args.which.find(&store)?;
    let reason = args
        .reason
        .as_ref()
        .map(|r| reason(r, "--reason"))
        .transpose()?;
    let by = args.by.name(&store)?;
    let figures = store.close_box(row.key, reason.as_deref(), &by)?;
    let counted = figures.counted.unwrap_or(0);
    let (label, ballots) = (row.label(), figures.ballots);
    let mut out = std::io::stdout().lock();
    match args.lang.lang {
        Lang::Vi => writeln!(
            out,
            "Đã đóng hòm {label}: đếm tay {counted}, quét {ballots} phiếu."
        )?,
        Lang::En => writeln!(
            out,
            "Box {label} closed: {counted} counted by hand, {ballots} scanned."
        )?,
    }
    Ok(Outcome::Done)
}
