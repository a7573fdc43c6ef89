//! `phieu box minutes`: the minutes as a PDF, ready to sign.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::{CliError, Outcome, StationArgs, WhichArgs};
use crate::cli::shared::{LangArgs, write_file};
use crate::station::boxes::{MinutesPaper, minutes_pdf};
use crate::store::{BoxRow, Store, StoreError};

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
    let openings = store.openings(row.key)?;
    let Some(holds) = openings.last() else {
        return Err(StoreError::BoxNotOpened(row.label()).into());
    };
    if args.office.len() > 2 {
        return Err("--office: nhiều nhất hai dòng (at most two lines)".into());
    }
    let campaign = store.campaign()?;
    let office = if args.office.is_empty() {
        office_of(&store, &row)?
    } else {
        args.office.clone()
    };
    // Noted first, so that the head on the paper stands for its printing too.
    store.event(
        "minutes-printed",
        &serde_json::json!({ "box": row.name, "unit": row.unit, "number": holds.number }),
    )?;
    let head = store.log_head()?;
    let paper = MinutesPaper {
        campaign: campaign.as_ref().map(|c| c.name.as_str()),
        office: &office,
        ballot_box: &row,
        openings: &openings,
        head: &head,
    };
    let bytes = minutes_pdf(&paper)?.ok_or_else(|| StoreError::BoxNotOpened(row.label()))?;
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

/// The unit of the box under the unit above it; without a unit nobody.
fn office_of(store: &Store, row: &BoxRow) -> Result<Vec<String>, CliError> {
    let units = store.units()?;
    let find = |id: &str| units.iter().find(|u| u.unit == id);
    let name = |id: &str| {
        find(id)
            .and_then(|u| u.name.clone())
            .unwrap_or_else(|| id.to_owned())
    };
    let Some(unit) = &row.unit else {
        return Ok(Vec::new());
    };
    let above = find(unit).and_then(|u| u.parent.clone());
    Ok(above.iter().chain([unit]).map(|id| name(id)).collect())
}
