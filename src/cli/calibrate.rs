//! `phieu calibrate`: what the scanner does to a page.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::calibrate_measure::{self, MeasureArguments};
use super::shared::{LangArgs, NO_PROFILE, warn_of_repair, write_file};
use super::{CliError, Outcome};
use crate::calibrate::target::{PAPERS, paper_name};
use crate::calibrate::{
    CalibrateError, Profile, Scanner, Target, UnknownScanner, pdf, shipped, shipped_names, simulate,
};
use crate::form::Paper;
use crate::lang::Lang;
use crate::station::Station;

/// `phieu calibrate …`.
#[derive(Debug, Args)]
pub(crate) struct CalibrateArguments {
    #[command(subcommand)]
    command: CalibrateCommand,
}

#[derive(Debug, Subcommand)]
enum CalibrateCommand {
    /// In tờ mẫu ra PDF (print the target as PDF)
    Print(PrintArguments),
    /// Đo máy quét từ ảnh quét tờ mẫu (measure the scanner from scans of the target)
    Measure(MeasureArguments),
    /// Liệt kê các hồ sơ máy quét có sẵn (list the profiles that ship)
    List {
        /// In ra JSON (print JSON)
        #[arg(long)]
        json: bool,
    },
    /// Đặt hồ sơ cho một trạm, dùng từ lần quét sau (give a station its scanner's profile)
    Use(UseArguments),
    /// Mô phỏng ảnh quét tờ mẫu để tập đo (simulated scans of the target, to practise)
    Simulate(SimulateArguments),
}

#[derive(Debug, Args)]
struct PrintArguments {
    /// Tệp PDF kết quả (the PDF to write)
    #[arg(long, value_name = "FILE.pdf")]
    out: PathBuf,
    /// Khổ giấy: A4, A5, letter, legal (paper)
    #[arg(long, default_value = "A4", value_parser = paper)]
    paper: Paper,
    /// Số tờ, đánh số thứ tự: thiếu tờ nào thì biết tờ đó đi kèm tờ khác
    /// (sheets; numbered, so that a sheet that went through under another one is missed)
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=99))]
    copies: u32,
}

#[derive(Debug, Args)]
struct UseArguments {
    /// Tên hồ sơ có sẵn hoặc tệp .toml; none: bỏ hồ sơ (name of a shipped profile or a file; none: take it away)
    #[arg(value_name = "FILE|NAME")]
    profile: String,
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    #[command(flatten)]
    lang: LangArgs,
}

#[derive(Debug, Args)]
struct SimulateArguments {
    /// Máy quét: flatbed, office-feeder, bilevel (scanner)
    #[arg(value_parser = scanner)]
    scanner: Scanner,
    /// Thư mục kết quả (folder for the scans)
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Số lượt quét (how many scans)
    #[arg(long, value_name = "N", default_value_t = SHEETS, value_parser = clap::value_parser!(u8).range(1..=50))]
    sheets: u8,
}

/// Scans that the shipped profiles were measured from: enough for a spread.
const SHEETS: u8 = 5;

fn paper(text: &str) -> Result<Paper, String> {
    PAPERS
        .into_iter()
        .find(|p| paper_name(*p).eq_ignore_ascii_case(text))
        .ok_or_else(|| "A4, A5, letter, legal".to_owned())
}

fn scanner(text: &str) -> Result<Scanner, UnknownScanner> {
    text.parse()
}

pub(crate) fn run(arguments: CalibrateArguments) -> Result<Outcome, CliError> {
    match arguments.command {
        CalibrateCommand::Print(arguments) => print(&arguments),
        CalibrateCommand::Measure(arguments) => calibrate_measure::run(&arguments),
        CalibrateCommand::List { json } => list(json),
        CalibrateCommand::Use(arguments) => use_in_station(&arguments),
        CalibrateCommand::Simulate(arguments) => simulate_scans(&arguments),
    }
}

fn print(arguments: &PrintArguments) -> Result<Outcome, CliError> {
    let target = Target::new(arguments.paper);
    let bytes = pdf(&target, arguments.copies)?;
    write_file(&arguments.out, &bytes)?;
    let [a, b] = target.rulers().map(|r| r.length_mm());
    let mut out = io::stdout().lock();
    writeln!(
        out,
        "{}: {} tờ (sheets) {}; in đúng 100 % (print at 100 %); thước (bars) A {a:.0} mm, B {b:.0} mm",
        arguments.out.display(),
        arguments.copies,
        paper_name(arguments.paper),
    )?;
    Ok(Outcome::Done)
}

#[derive(serde::Serialize)]
struct Listed {
    id: &'static str,
    digest: String,
    #[serde(flatten)]
    profile: Profile,
}

fn list(json: bool) -> Result<Outcome, CliError> {
    let listed: Vec<Listed> = shipped_names()
        .map(|id| {
            let profile = shipped(id)?;
            Ok(Listed {
                id,
                digest: profile.digest(),
                profile,
            })
        })
        .collect::<Result<_, CalibrateError>>()?;
    let mut out = BufWriter::new(io::stdout().lock());
    if json {
        writeln!(out, "{}", serde_json::to_string(&listed)?)?;
    } else {
        for l in &listed {
            writeln!(
                out,
                "{:14} {}  {:.0} dpi  {}",
                l.id, l.digest, l.profile.resolution.dpi_x, l.profile.name
            )?;
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn use_in_station(arguments: &UseArguments) -> Result<Outcome, CliError> {
    let lang = arguments.lang.lang;
    let station = Station::open(&arguments.station)?;
    let profile = match arguments.profile.as_str() {
        NO_PROFILE => None,
        name => Some(Profile::named_or_load(name)?),
    };
    warn_of_repair(profile.as_ref(), lang);
    station.set_profile(profile.as_ref())?;
    let dir = arguments.station.display();
    let mut out = io::stdout().lock();
    match (profile, lang) {
        (Some(p), Lang::Vi) => writeln!(out, "{dir}: từ lần quét sau dùng hồ sơ {}.", p.label())?,
        (Some(p), Lang::En) => writeln!(out, "{dir}: the next scans use {}.", p.label())?,
        (None, Lang::Vi) => writeln!(out, "{dir}: từ lần quét sau không dùng hồ sơ máy quét.")?,
        (None, Lang::En) => writeln!(out, "{dir}: the next scans use no scanner profile.")?,
    }
    Ok(Outcome::Done)
}

fn simulate_scans(arguments: &SimulateArguments) -> Result<Outcome, CliError> {
    let dir = &arguments.out;
    std::fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    let pages = simulate(arguments.scanner, usize::from(arguments.sheets))?;
    let mut out = io::stdout().lock();
    for (i, page) in pages.iter().enumerate() {
        let (bytes, extension) = page.to_file()?;
        let path = dir.join(format!("{}-{:02}.{extension}", arguments.scanner, i + 1));
        write_file(&path, &bytes)?;
        writeln!(out, "{}", path.display())?;
    }
    Ok(Outcome::Done)
}
