//! `phieu retention record`: the minutes of a removal, and its list of hashes.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::{CliError, LangArgs, Outcome, StationArgs, write_file};
use crate::station::Station;
use crate::station::retention::record_pdf;
use crate::store::{RemovalRow, Store};
use crate::tally::export::safe;

/// In biên bản hủy ảnh (PDF để ký) hoặc danh sách mã băm (CSV) (minutes of a removal as PDF, or the list of hashes as CSV).
///
/// The minutes have the number of images, the SHA-256 of the sorted list of their
/// hashes, and the head of the log. The CSV has one line an image, its hash first.
#[derive(Debug, Args)]
pub(crate) struct RecordArgs {
    #[command(flatten)]
    station: StationArgs,
    /// Tệp kết quả: .pdf là biên bản, .csv là danh sách (the file to write: .pdf the minutes, .csv the list)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Lần hủy thứ mấy; mặc định là lần sau cùng (which removal; default: the last one)
    #[arg(long, value_name = "N")]
    removal: Option<i64>,
    /// Tên cơ quan trên đầu biên bản, dòng trên và dòng dưới; mặc định là cơ quan tổng hợp (the office at the head, repeatable for two lines; default: the reporting office)
    #[arg(long, value_name = "TEXT")]
    office: Vec<String>,
    #[command(flatten)]
    lang: LangArgs,
}

pub(super) fn run(args: &RecordArgs) -> Result<Outcome, CliError> {
    let store = Station::open(&args.station.station)?.store()?;
    let lang = args.lang.lang;
    if args.office.len() > 2 {
        return Err("--office: nhiều nhất hai dòng (at most two lines)".into());
    }
    let row = match args.removal {
        Some(number) => store.removal(number)?,
        None => store.removals()?.pop().ok_or(lang.pick(
            "trạm chưa hủy ảnh lần nào",
            "no images were removed from this station",
        ))?,
    };
    let kind = args.out.extension().and_then(|e| e.to_str()).unwrap_or("");
    let mut out = std::io::stdout().lock();
    match kind.to_ascii_lowercase().as_str() {
        "pdf" => {
            let (bytes, head) = record_pdf(&store, &row, &args.office)?;
            write_file(&args.out, &bytes)?;
            writeln!(
                out,
                "{}: {} ({}: {})",
                args.out.display(),
                lang.pick("biên bản", "minutes"),
                lang.pick("mã cuối sổ", "head of the log"),
                head.printed()
            )?;
        }
        "csv" => {
            write_file(&args.out, &list(&store, &row)?)?;
            let n = row.removed.images;
            writeln!(
                out,
                "{}: {n} {} (SHA-256: {})",
                args.out.display(),
                lang.pick("ảnh", "images"),
                row.digest
            )?;
        }
        _ => {
            return Err(format!(
                "{}: {}",
                args.out.display(),
                lang.pick("đặt đuôi .pdf hoặc .csv", "name it .pdf or .csv")
            )
            .into());
        }
    }
    Ok(Outcome::Done)
}

/// The images of a removal: hash, size in bytes, when they came, where they were kept,
/// the name that they came with; and what was the matter with those that were not whole.
fn list(store: &Store, row: &RemovalRow) -> Result<Vec<u8>, CliError> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record(["hash", "bytes", "stored", "kept_as", "name", "remark"])?;
    for image in store.images_of_removal(row.number)? {
        let not_whole = &row.order.detail.not_whole;
        let remark = not_whole.iter().find(|l| l.hash == image.hash);
        out.write_record([
            image.hash.as_str(),
            &image.bytes.to_string(),
            &image.stored,
            &image.kept_as,
            &safe(&image.name),
            remark.map_or("", |r| r.what.as_str()),
        ])?;
    }
    Ok(out.into_inner().map_err(csv::IntoInnerError::into_error)?)
}
