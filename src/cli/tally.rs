//! `phieu tally`: what was counted.

use std::io::{BufWriter, Write};
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::shared::{FilterArgs, LangArgs};
use super::{CliError, Outcome};
use crate::station::Station;
use crate::store::Store;
use crate::tally::{Tally, tally, write_csv, write_json, write_table};

/// Kết quả kiểm phiếu (the tally).
///
/// Always counted anew from what was read and decided. Exit code 1 while
/// something waits for a person.
#[derive(Debug, Args)]
pub(crate) struct TallyArgs {
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    #[command(flatten)]
    filter: FilterArgs,
    /// Dạng kết quả (form of the output)
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    #[command(flatten)]
    lang: LangArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Json,
    Csv,
    Table,
}

pub(crate) fn run(args: &TallyArgs) -> Result<Outcome, CliError> {
    let store = Station::open(&args.station)?.store()?;
    let tally = tally(&store, &args.filter.filter())?;
    let mut out = BufWriter::new(std::io::stdout().lock());
    match args.format {
        Format::Json => write_json(&tally, &mut out)?,
        Format::Csv => write_csv(&tally, &mut out)?,
        Format::Table => write_table(&tally, args.lang.lang, &mut out)?,
    }
    out.flush()?;
    Ok(if waits(&tally, &store)? {
        Outcome::NeedsPerson
    } else {
        Outcome::Done
    })
}

/// Does anything wait for a person? An overvote that somebody let stand is settled,
/// though it counts as invalid.
pub(super) fn waits(tally: &Tally, store: &Store) -> Result<bool, CliError> {
    let waiting = tally.pages.unplaced > 0
        || tally
            .forms
            .iter()
            .any(|f| f.ballots.pending > 0 || f.questions.iter().any(|q| q.pending > 0));
    Ok(waiting || !store.open_questions()?.is_empty())
}
