//! `phieu audit sample`: which ballots people check again.

use std::collections::HashMap;
use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::shared::{LangArgs, plain, write_file};
use super::{CliError, Outcome};
use crate::lang::Lang;
use crate::station::Station;
use crate::station::sample::{Drawn, Seed, Stratum, draw};
use crate::store::{ScannedBallot, Store};

/// Rút mẫu ngẫu nhiên để người kiểm tra lại (draw a random sample for people to check again).
///
/// Drawn from the boxes' hand counts: ballot 1 to the last in the order of the
/// pile. The seed is thrown by dice in public after the boxes are closed. Anybody can
/// draw the sample again: the ticket of a ballot is the SHA-256 of the text
/// SEED,BOX,POSITION, and the smallest tickets are drawn (docs/boxes.md).
#[derive(Debug, Args)]
pub(crate) struct SampleArgs {
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    /// Ít nhất 20 chữ số gieo bằng xúc xắc trước mọi người (at least 20 digits thrown by dice in public)
    #[arg(long, value_name = "DIGITS")]
    seed: String,
    /// Số phiếu rút (ballots to draw)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    size: u32,
    /// Ghi danh sách ra tệp CSV để điền kết quả (write the list as CSV, for the results)
    #[arg(long, value_name = "FILE.csv")]
    out: Option<PathBuf>,
    /// In kết quả dạng JSON (print the result as JSON)
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lang: LangArgs,
}

/// A drawn ballot and the record that seems to be its.
struct Listed {
    drawn: Drawn,
    scanned: Option<ScannedBallot>,
    /// As many ballots were scanned as were counted, so the order of the pile is
    /// that of the records.
    in_order: bool,
}

pub(super) fn run(args: &SampleArgs) -> Result<Outcome, CliError> {
    let seed = Seed::parse(&args.seed)?;
    let store = Station::open(&args.station)?.store()?;
    let lang = args.lang.lang;
    let lines = store.box_lines()?;
    let mut boxes = Vec::new();
    let mut open = Vec::new();
    for line in &lines {
        if let (Some(row), Some(counted)) = (&line.ballot_box, line.figures.counted) {
            if !line.is_closed() {
                open.push(row.label());
            }
            boxes.push(Stratum {
                label: row.label(),
                counted,
            });
        }
    }
    let population: u64 = boxes.iter().map(|b| b.counted).sum();
    if population < u64::from(args.size) {
        return Err(match lang {
            Lang::Vi => format!(
                "các hòm chỉ có {population} phiếu đếm bằng tay, không rút được {}",
                args.size
            ),
            Lang::En => format!(
                "only {population} ballots were counted by hand in the boxes, {} cannot be drawn",
                args.size
            ),
        }
        .into());
    }
    let drawn = draw(&seed, &boxes, args.size as usize);
    let person = store.actor().person.clone();
    let written = serde_json::to_string(&boxes)?;
    let size = u64::from(args.size);
    let sample = store.record_sample(seed.digits(), size, population, &written, &person)?;
    let listed = list(&store, drawn)?;
    if let Some(path) = &args.out {
        write_file(path, &csv(sample.number, &listed)?)?;
    }
    print(args, sample.number, population, &listed)?;
    if !open.is_empty() {
        let names = open.join(", ");
        eprintln!(
            "{}",
            match lang {
                Lang::Vi => format!(
                    "CHÚ Ý: các hòm sau chưa đóng, số liệu còn có thể đổi sau khi rút mẫu: {names}"
                ),
                Lang::En => format!(
                    "NOTE: these boxes are not closed, figures may still change after the drawing: {names}"
                ),
            }
        );
    }
    Ok(Outcome::Done)
}

fn list(store: &Store, drawn: Vec<Drawn>) -> Result<Vec<Listed>, CliError> {
    let mut piles: HashMap<String, (Vec<ScannedBallot>, bool)> = HashMap::new();
    let mut out = Vec::new();
    for d in drawn {
        if !piles.contains_key(&d.label) {
            let key = store.find_box(&d.label)?.key;
            let in_order = store.figures_of(key)?.difference() == Some(0);
            piles.insert(d.label.clone(), (store.ballots_in_order(key)?, in_order));
        }
        let place = usize::try_from(d.position - 1).unwrap_or(usize::MAX);
        let found = piles.get(&d.label);
        out.push(Listed {
            scanned: found.and_then(|(pile, _)| pile.get(place).cloned()),
            in_order: found.is_some_and(|(_, in_order)| *in_order),
            drawn: d,
        });
    }
    Ok(out)
}

/// The list with empty columns for the results.
fn csv(sample: i64, listed: &[Listed]) -> Result<Vec<u8>, CliError> {
    let mut out = csv::Writer::from_writer(Vec::new());
    out.write_record([
        "sample",
        "box",
        "position",
        "serial",
        "ballot",
        "file",
        "page_in_file",
        "in_order",
        "result",
        "remark",
        "ticket",
    ])?;
    for l in listed {
        let s = l.scanned.as_ref();
        out.write_record([
            sample.to_string(),
            l.drawn.label.clone(),
            l.drawn.position.to_string(),
            s.and_then(|s| s.serial.clone()).unwrap_or_default(),
            s.map_or(String::new(), |s| s.number.to_string()),
            s.map_or(String::new(), |s| s.file.clone()),
            s.map_or(String::new(), |s| s.index.to_string()),
            if l.in_order { "yes" } else { "no" }.to_owned(),
            String::new(),
            String::new(),
            l.drawn.ticket.clone(),
        ])?;
    }
    out.into_inner().map_err(|e| e.to_string().into())
}

fn print(
    args: &SampleArgs,
    sample: i64,
    population: u64,
    listed: &[Listed],
) -> Result<(), CliError> {
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    if args.json {
        let all: Vec<serde_json::Value> = listed
            .iter()
            .map(|l| {
                let s = l.scanned.as_ref();
                serde_json::json!({
                    "box": l.drawn.label, "position": l.drawn.position, "ticket": l.drawn.ticket,
                    "ballot": s.map(|s| s.number), "serial": s.and_then(|s| s.serial.clone()),
                    "file": s.map(|s| s.file.clone()), "page_in_file": s.map(|s| s.index),
                    "in_order": l.in_order,
                })
            })
            .collect();
        let json = serde_json::json!({
            "sample": sample, "population": population, "drawn": all,
        });
        writeln!(out, "{json}")?;
    } else {
        let size = listed.len();
        match args.lang.lang {
            Lang::Vi => writeln!(
                out,
                "Mẫu số {sample}: {size} phiếu trong {population} phiếu đếm bằng tay."
            )?,
            Lang::En => writeln!(
                out,
                "Sample {sample}: {size} of {population} ballots counted by hand."
            )?,
        }
        for l in listed {
            let known = match &l.scanned {
                Some(s) => {
                    let number = s.serial.clone().unwrap_or_else(|| s.number.to_string());
                    let sure = if l.in_order { "" } else { " (?)" };
                    format!("{number} {}{sure}", plain(&s.file))
                }
                None => "-".to_owned(),
            };
            writeln!(
                out,
                "  {} {} {:>6}  {known}",
                l.drawn.ticket.get(..12).unwrap_or(""),
                plain(&l.drawn.label),
                l.drawn.position
            )?;
        }
    }
    out.flush()?;
    Ok(())
}
