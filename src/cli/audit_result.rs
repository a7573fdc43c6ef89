//! `phieu audit result`: what people found of a sample, and what follows.

use std::collections::HashSet;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;
use serde::Deserialize;

use super::shared::LangArgs;
use super::{CliError, Outcome};
use crate::lang::Lang;
use crate::station::Station;
use crate::station::sample::{Seed, Stratum, draw, most_errors_95};
use crate::store::SampleResult;

/// Nhập kết quả kiểm tra lại mẫu, tính cận trên tỷ lệ sai (results of a sample; the bound of the error rate).
///
/// The file is that of `phieu audit sample --out`, with the column `result` filled
/// in: khớp (agrees), sai (differs), thiếu (missing: no such ballot in the pile or in
/// the records). Rows without a result wait. Exit code 1 while some wait.
#[derive(Debug, Args)]
pub(crate) struct ResultArgs {
    /// Tệp CSV đã điền; không nêu: chỉ tính (the filled CSV; without: only the figures)
    #[arg(value_name = "FILE.csv")]
    file: Option<PathBuf>,
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    /// Mẫu số mấy; mặc định mẫu rút sau cùng (number of the sample; default: the last one)
    #[arg(long, value_name = "N")]
    sample: Option<i64>,
    /// In kết quả dạng JSON (print the result as JSON)
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lang: LangArgs,
}

#[derive(Debug, Deserialize)]
struct Row {
    sample: i64,
    #[serde(rename = "box")]
    label: String,
    position: u64,
    result: String,
    #[serde(default)]
    remark: String,
}

pub(super) fn run(args: &ResultArgs) -> Result<Outcome, CliError> {
    let store = Station::open(&args.station)?.store()?;
    let lang = args.lang.lang;
    let number = match args.sample {
        Some(number) => number,
        None => store
            .samples()?
            .last()
            .map(|s| s.number)
            .ok_or(lang.pick("trạm chưa rút mẫu nào", "no sample was drawn"))?,
    };
    let sample = store.sample(number)?;
    let boxes: Vec<Stratum> = serde_json::from_str(&sample.boxes)?;
    let size = usize::try_from(sample.size).unwrap_or(usize::MAX);
    let drawn: HashSet<(String, u64)> = draw(&Seed::parse(&sample.seed)?, &boxes, size)
        .into_iter()
        .map(|d| (d.label, d.position))
        .collect();
    if let Some(path) = &args.file {
        let bytes = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let results =
            rows(&bytes, number, &drawn).map_err(|why| format!("{}: {why}", path.display()))?;
        store.record_results(number, &results, &store.actor().person)?;
    }
    let results = store.sample_results(number)?;
    let of = |outcome: &str| results.iter().filter(|r| r.outcome == outcome).count() as u64;
    let (differ, missing) = (of("differs"), of("missing"));
    let waiting = sample.size - results.len() as u64;
    let errors = differ + missing;
    // What is not looked at may not be as the rest: no bound from a part.
    let bound = (waiting == 0).then(|| most_errors_95(sample.population, sample.size, errors));
    let rate = bound.map(|b| b as f64 / sample.population as f64);
    let mut out = std::io::stdout().lock();
    if args.json {
        let json = serde_json::json!({
            "sample": number, "size": sample.size, "population": sample.population,
            "agree": of("agrees"), "differ": differ, "missing": missing, "waiting": waiting,
            "most_errors_95": bound, "upper_rate_95": rate,
            "method": "exact hypergeometric, one-sided",
        });
        writeln!(out, "{json}")?;
    } else {
        let (agree, population) = (of("agrees"), sample.population);
        match lang {
            Lang::Vi => writeln!(
                out,
                "Mẫu số {number}: khớp {agree}, sai {differ}, thiếu {missing}, chưa kiểm {waiting}."
            )?,
            Lang::En => writeln!(
                out,
                "Sample {number}: {agree} agree, {differ} differ, {missing} missing, {waiting} waiting."
            )?,
        }
        if let (Some(bound), Some(rate)) = (bound, rate) {
            let percent = 100.0 * rate;
            match lang {
                Lang::Vi => writeln!(
                    out,
                    "Với độ tin cậy 95 %: nhiều nhất {bound} trong {population} phiếu bị sai ({percent:.2} %)."
                )?,
                Lang::En => writeln!(
                    out,
                    "With 95 % confidence at most {bound} of {population} ballots are in error ({percent:.2} %)."
                )?,
            }
        }
    }
    Ok(if waiting == 0 {
        Outcome::Done
    } else {
        Outcome::NeedsPerson
    })
}

/// The rows that have a result.
fn rows(
    bytes: &[u8],
    sample: i64,
    drawn: &HashSet<(String, u64)>,
) -> Result<Vec<SampleResult>, String> {
    let mut out: Vec<SampleResult> = Vec::new();
    // Spreadsheets put a mark before UTF-8.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let first = bytes.split(|b| *b == b'\n').next().unwrap_or(&[]);
    // Vietnamese spreadsheets separate by semicolons.
    let semicolons = !first.contains(&b',');
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(if semicolons { b';' } else { b',' })
        .trim(csv::Trim::All)
        .from_reader(bytes);
    for (i, row) in reader.deserialize::<Row>().enumerate() {
        let at = format!("dòng (line) {}", i + 2);
        let row = row.map_err(|e| format!("{at}: {e}"))?;
        if row.result.is_empty() {
            continue;
        }
        if row.sample != sample {
            return Err(format!(
                "{at}: là của mẫu số {} (of another sample)",
                row.sample
            ));
        }
        if !drawn.contains(&(row.label.clone(), row.position)) {
            return Err(format!(
                "{at}: {} {} không có trong mẫu (was not drawn)",
                row.label, row.position
            ));
        }
        let outcome = match row.result.to_lowercase().as_str() {
            "khớp" | "khop" | "agrees" => "agrees",
            "sai" | "differs" => "differs",
            "thiếu" | "thieu" | "missing" => "missing",
            other => {
                return Err(format!(
                    "{at}: {other:?}: ghi khớp, sai hoặc thiếu (write agrees, differs or missing)"
                ));
            }
        };
        if out
            .iter()
            .any(|r| r.label == row.label && r.position == row.position)
        {
            return Err(format!("{at}: ghi hai lần (is there twice)"));
        }
        out.push(SampleResult {
            label: row.label,
            position: row.position,
            outcome: outcome.to_owned(),
            remark: Some(row.remark).filter(|r| !r.is_empty()),
        });
    }
    Ok(out)
}
