//! `phieu box minutes`: the minutes as a PDF, ready to sign.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::{CliError, Outcome, StationArgs, WhichArgs};
use crate::cli::shared::{LangArgs, write_file};
use crate::station::boxes::issue_minutes;

/// In biên bản mở hòm phiếu ra PDF để ký (the minutes as a PDF, ready to sign).
///
/// The head of the station's log stands at the foot: whoever keeps the paper can
/// compare it later (phieu audit verify).
#[derive(Debug, Args)]
pub(crate) struct MinutesArgs {
    #[command(flatten)]
    station: StationArgs,
    #[command(flatten)]
    which: WhichArgs,
    /// Tệp PDF kết quả (the PDF to write)
    #[arg(long, value_name = "FILE.pdf")]
    out: PathBuf,
    /// Tên cơ quan trên đầu biên bản, dòng trên và dòng dưới; mặc định là đơn vị của hòm (the office at the head, repeatable for two lines; default: the box's unit)
    #[arg(long, value_name = "TEXT")]
    office: Vec<String>,
    #[command(flatten)]
    lang: LangArgs,
}

pub(super) fn run(args: &MinutesArgs) -> Result<Outcome, CliError> {
    let store = args.station.store()?;
    let row = args.which.find(&store)?;
    if args.office.len() > 2 {
        return Err("--office: nhiều nhất hai dòng (at most two lines)".into());
    }
    let (bytes, head) = issue_minutes(&store, &row, &args.office)?;
    write_file(&args.out, &bytes)?;
    writeln!(
        std::io::stdout().lock(),
        "{}: {} ({}: {})",
        args.out.display(),
        args.lang.lang.pick("biên bản", "minutes"),
        args.lang.lang.pick("mã cuối sổ", "head of the log"),
        head.printed()
    )?;
    Ok(Outcome::Done)
}
