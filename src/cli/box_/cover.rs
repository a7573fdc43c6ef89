//! `phieu box cover`: sheets that are laid on the piles.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{CliError, Outcome, StationArgs};
use crate::cli::shared::{LangArgs, write_file};
use crate::form::code::Key;
use crate::station::boxes::{CoverPaper, issue_covers};
use crate::store::BoxRow;

/// In tờ bìa có mã QR để đặt lên chồng phiếu của từng hòm (cover sheets for the piles).
///
/// With them several boxes go through the feeder in one run: the ballots after a
/// cover sheet belong to its box until the next one, or the end of the folder.
#[derive(Debug, Args)]
pub(crate) struct CoverArgs {
    #[command(flatten)]
    station: StationArgs,
    /// Hòm phiếu: HÒM hoặc ĐƠN-VỊ/HÒM, có thể lặp lại; mặc định mọi hòm đang mở (boxes, repeatable; default: all that are opened and not closed)
    #[arg(long = "box", value_name = "ID")]
    boxes: Vec<String>,
    /// Tệp PDF kết quả (the PDF to write)
    #[arg(long, value_name = "FILE.pdf")]
    out: PathBuf,
    /// Khổ giấy, như giấy của phiếu (paper, as that of the ballots)
    #[arg(long, value_enum, ignore_case = true, default_value_t = Paper::A4)]
    paper: Paper,
    /// Tệp khóa đã dùng khi in phiếu (key file that the sheets were printed with)
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    lang: LangArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Paper {
    A4,
    A5,
}

pub(super) fn run(args: &CoverArgs) -> Result<Outcome, CliError> {
    let store = args.station.store()?;
    let lang = args.lang.lang;
    let rows: Vec<BoxRow> = if args.boxes.is_empty() {
        store
            .box_lines()?
            .into_iter()
            .filter(|l| l.figures.counted.is_some() && !l.is_closed())
            .filter_map(|l| l.ballot_box)
            .collect()
    } else {
        let named = args.boxes.iter();
        named.map(|b| store.find_box(b)).collect::<Result<_, _>>()?
    };
    if rows.is_empty() {
        return Err(lang
            .pick(
                "không có hòm nào đang mở; nêu hòm bằng --box",
                "no box is open; name one with --box",
            )
            .into());
    }
    let key = match &args.key {
        Some(path) => Key::from_file(path)?,
        None => Key::public(),
    };
    let paper = match args.paper {
        Paper::A4 => CoverPaper::A4,
        Paper::A5 => CoverPaper::A5,
    };
    let bytes = issue_covers(&store, &rows, paper, &key)?;
    write_file(&args.out, &bytes)?;
    let labels: Vec<String> = rows.iter().map(BoxRow::label).collect();
    writeln!(
        std::io::stdout().lock(),
        "{}: {} {} ({})",
        args.out.display(),
        rows.len(),
        lang.pick("tờ bìa", "cover sheets"),
        labels.join(", ")
    )?;
    Ok(Outcome::Done)
}
