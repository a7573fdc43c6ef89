//! `phieu index`: the satisfaction index.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::shared::{FilterArgs, LangArgs};
use super::{CliError, Outcome};
use crate::station::{Campaign, Station};
use crate::tally::index::{
    By, IndexOptions, IndexReport, compare, index, write_index_csv, write_index_json,
    write_index_table,
};
use crate::tally::report::index_options;

/// Chỉ số hài lòng (the satisfaction index).
///
/// Of each question, factor, content and form, over all ballots and in groups; always
/// computed anew from what was read and decided. Exit code 1 while something waits for
/// a person.
#[derive(Debug, Args)]
pub(crate) struct IndexArgs {
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    #[command(flatten)]
    filter: FilterArgs,
    /// Chia theo: unit, area, channel, field, month, question:ID (groups; repeatable)
    #[arg(long, value_name = "WHAT", value_parser = |w: &str| w.parse::<By>())]
    by: Vec<By>,
    /// So với tệp JSON của kỳ trước (compare with the JSON file of the last period)
    #[arg(long, value_name = "FILE")]
    last: Option<PathBuf>,
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

pub(crate) fn run(args: &IndexArgs) -> Result<Outcome, CliError> {
    let store = Station::open(&args.station)?.store()?;
    let mut options = match store.campaign()? {
        Some(row) => index_options(&Campaign::of_source(&row.source)?),
        None => IndexOptions::default(),
    };
    options.filter = args.filter.filter();
    options.by.clone_from(&args.by);
    let mut report = index(&store, &options)?;
    if let Some(last) = &args.last {
        compare(&mut report, &read_last(last)?);
    }
    let mut out = BufWriter::new(std::io::stdout().lock());
    match args.format {
        Format::Json => write_index_json(&report, &mut out)?,
        Format::Csv => write_index_csv(&report, &mut out)?,
        Format::Table => write_index_table(&report, args.lang.lang, &mut out)?,
    }
    out.flush()?;
    let waits = report.groups.first().is_some_and(|g| g.ballots.pending > 0);
    Ok(if waits {
        Outcome::NeedsPerson
    } else {
        Outcome::Done
    })
}

/// The file that `phieu index --format json` wrote for the last period.
pub(crate) fn read_last(path: &Path) -> Result<IndexReport, CliError> {
    let text = std::fs::read(path)
        .map_err(|e| format!("không đọc được {0} (cannot read {0}): {e}", path.display()))?;
    serde_json::from_slice(&text).map_err(|e| {
        format!(
            "{0} không phải tệp chỉ số của phieu index --format json \
             ({0} is no index file): {e}",
            path.display()
        )
        .into()
    })
}
