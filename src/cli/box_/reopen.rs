//! `phieu box reopen`.

use std::io::Write;

use clap::Args;

use super::{ByArgs, CliError, Outcome, StationArgs, WhichArgs};
use crate::cli::shared::LangArgs;
use crate::lang::Lang;
use crate::station::boxes::reason;

/// Mở lại hòm phiếu đã đóng (open a closed box again).
#[derive(Debug, Args)]
pub(crate) struct ReopenArgs {
    #[command(flatten)]
    station: StationArgs,
    #[command(flatten)]
    which: WhichArgs,
    /// Lý do (why)
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    by: ByArgs,
    #[command(flatten)]
    lang: LangArgs,
}

pub(super) fn run(args: &ReopenArgs) -> Result<Outcome, CliError> {
    let store = args.station.store()?;
    let row = args.which.find(&store)?;
    store.reopen_box(
        row.key,
        &reason(&args.reason, "--reason")?,
        &args.by.name(&store)?,
    )?;
    let label = row.label();
    let mut out = std::io::stdout().lock();
    match args.lang.lang {
        Lang::Vi => writeln!(out, "Đã mở lại hòm {label}.")?,
        Lang::En => writeln!(out, "Box {label} is open again.")?,
    }
    Ok(Outcome::Done)
}
