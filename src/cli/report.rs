//! `phieu report`: results as files for other programs.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::index::read_last;
use super::shared::{FilterArgs, LangArgs, plain};
use super::tally::waits;
use super::{CliError, Outcome};
use crate::lang::Lang;
use crate::station::Station;
use crate::store::Store;
use crate::tally::export::{
    AnswersOptions, ArloOptions, CvrOptions, OutFiles, WorkbookOptions, program, to_the_second,
    whole_index, write_answers, write_arlo, write_cvr, write_figures, write_workbook,
};
use crate::tally::index::{IndexReport, compare, index_of};
use crate::tally::report::{ReportOptions, station_report};
use crate::tally::{FormBallots, Tally, TallyFilter, load, tally_of};

/// Xuất kết quả ra tệp (results as files).
///
/// Báo cáo để ký (.pdf), bảng tính (.xlsx), câu trả lời từng phiếu kèm bảng mã (.csv), cú pháp SPSS (.sps),
/// số liệu (.json), hồ sơ phiếu NIST SP 1500-103 (--format cvr), tệp cho Arlo
/// (--format arlo). A file that is there is replaced, whole or not at all. Exit code 1
/// while something waits for a person.
#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    /// Tệp kết quả: .pdf, .xlsx, .csv, .sps, .json; với arlo: thư mục (the file; for arlo a folder)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Dạng kết quả; mặc định theo đuôi tệp (form of the output; default: by the file's name)
    #[arg(long, value_enum)]
    format: Option<Format>,
    #[command(flatten)]
    filter: FilterArgs,
    /// So với tệp JSON của kỳ trước (pdf, xlsx, json: compare with the JSON file of the last period)
    #[arg(long, value_name = "FILE")]
    last: Option<PathBuf>,
    /// CSV có dấu thứ tự byte, để Excel nhận đúng tiếng Việt (csv, sps: with a byte order mark)
    #[arg(long)]
    bom: bool,
    /// Ẩn số liệu của dưới N người trả lời, để công bố; nên là 5 (pdf, xlsx: withhold figures of fewer than N respondents)
    #[arg(long, value_name = "N", default_value_t = 0)]
    suppress: u64,
    /// Cơ quan ban hành báo cáo, dòng trên và dòng dưới; mặc định theo đợt khảo sát (pdf: the office at its head, repeatable for two lines)
    #[arg(long, value_name = "NAME")]
    office: Vec<String>,
    /// Nơi lập báo cáo, ví dụ "Ba Đình" (pdf: the place at its head)
    #[arg(long, value_name = "PLACE")]
    place: Option<String>,
    /// Ngày của báo cáo; mặc định hôm nay (pdf: its day; default: today)
    #[arg(long, value_name = "DAY")]
    date: Option<String>,
    /// Nơi nhận, lặp lại được (pdf: who receives it, repeatable)
    #[arg(long = "to", value_name = "NAME")]
    recipients: Vec<String>,
    #[command(flatten)]
    lang: LangArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Pdf,
    Xlsx,
    Csv,
    Sps,
    Json,
    Cvr,
    Arlo,
}

impl ReportArgs {
    /// Everything of a station into a file, by its name.
    pub(crate) fn of(station: &Path, out: &Path, lang: LangArgs) -> Self {
        Self {
            station: station.to_owned(),
            out: out.to_owned(),
            format: None,
            filter: FilterArgs::default(),
            last: None,
            bom: false,
            suppress: 0,
            office: Vec::new(),
            place: None,
            date: None,
            recipients: Vec::new(),
            lang,
        }
    }
}

impl Format {
    /// By how the file's name ends.
    fn of(path: &Path) -> Option<Self> {
        let end = path.extension()?.to_str()?.to_lowercase();
        match end.as_str() {
            "pdf" => Some(Self::Pdf),
            "xlsx" => Some(Self::Xlsx),
            "csv" => Some(Self::Csv),
            "sps" => Some(Self::Sps),
            "json" => Some(Self::Json),
            _ => None,
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Pdf => "pdf",
            Self::Xlsx => "xlsx",
            Self::Csv => "csv",
            Self::Sps => "sps",
            Self::Json => "json",
            Self::Cvr => "cvr",
            Self::Arlo => "arlo",
        }
    }
}

pub(crate) fn run(args: &ReportArgs) -> Result<Outcome, CliError> {
    let format = match args.format.or_else(|| Format::of(&args.out)) {
        Some(format) => format,
        None => {
            return Err(format!(
                "{}: đuôi tệp phải là .pdf, .xlsx, .csv, .sps hay .json, hoặc nói --format \
                 (end the name in .pdf, .xlsx, .csv, .sps or .json, or say --format)",
                args.out.display()
            )
            .into());
        }
    };
    only_where_it_does_something(args, format)?;
    let store = Station::open(&args.station)?.store()?;
    let filter = args.filter.filter();
    let lang = args.lang.lang;
    let ballots = load(&store)?;
    let tally = tally_of(&store, &ballots, &filter)?;
    let files = match format {
        Format::Pdf => vec![paper(args, &store)?],
        Format::Xlsx | Format::Json => vec![figures(args, format, &store, &ballots, &tally)?],
        Format::Csv | Format::Sps => write_answers(
            &store,
            &args.out,
            &AnswersOptions {
                filter,
                bom: args.bom,
                syntax: format == Format::Sps,
                lang,
            },
        )?,
        Format::Cvr => {
            let options = CvrOptions {
                filter,
                generated: to_the_second(&store.now()?),
                program: program(),
            };
            let mut files = OutFiles::default();
            write_cvr(&store, &options, files.create(&args.out)?)?;
            files.finish()?
        }
        Format::Arlo => arlo(args, &store, filter)?,
    };
    let mut out = std::io::stdout().lock();
    for file in &files {
        let name = plain(&file.display().to_string());
        writeln!(out, "{} {name}", lang.pick("đã ghi", "written"))?;
    }
    if !waits(&tally, &store)? {
        return Ok(Outcome::Done);
    }
    eprintln!(
        "{}",
        lang.pick(
            "CHÚ Ý: còn phiếu hoặc câu chờ người xem; số liệu chưa phải cuối cùng",
            "NOTE: something still waits for a person; these figures are not final"
        )
    );
    Ok(Outcome::NeedsPerson)
}

/// An option that would be ignored is a mistake: whoever asks for small cells to be
/// withheld must not get a file in which they are not.
fn only_where_it_does_something(args: &ReportArgs, format: Format) -> Result<(), CliError> {
    let refused = [
        (
            args.suppress > 0 && !matches!(format, Format::Pdf | Format::Xlsx),
            "--suppress",
        ),
        (
            args.bom && !matches!(format, Format::Csv | Format::Sps),
            "--bom",
        ),
        (
            args.last.is_some() && !matches!(format, Format::Pdf | Format::Xlsx | Format::Json),
            "--last",
        ),
        (
            // The report is one of the whole station.
            args.filter.form.is_some() && format == Format::Pdf,
            "--form",
        ),
        (
            args.filter.unit.is_some() && format == Format::Pdf,
            "--unit",
        ),
        (!args.office.is_empty() && format != Format::Pdf, "--office"),
        (args.place.is_some() && format != Format::Pdf, "--place"),
        (args.date.is_some() && format != Format::Pdf, "--date"),
        (!args.recipients.is_empty() && format != Format::Pdf, "--to"),
    ];
    match refused.iter().find(|(wrong, _)| *wrong) {
        Some((_, option)) => Err(format!(
            "{option} không dùng với {0} ({option} does nothing for {0})",
            format.word()
        )
        .into()),
        None => Ok(()),
    }
}

/// The report as a PDF.
fn paper(args: &ReportArgs, store: &Store) -> Result<PathBuf, CliError> {
    if args.office.len() > 2 {
        return Err("--office: nhiều nhất hai dòng (at most two lines)".into());
    }
    let pdf = station_report(
        store,
        &ReportOptions {
            office: args.office.clone(),
            place: args.place.clone(),
            date: args.date.clone(),
            recipients: args.recipients.clone(),
            last: args.last.as_deref().map(read_last).transpose()?,
            suppress_below: args.suppress,
        },
    )?;
    let mut files = OutFiles::default();
    files.create(&args.out)?.write_all(&pdf)?;
    files.finish()?;
    Ok(args.out.clone())
}

fn figures(
    args: &ReportArgs,
    format: Format,
    store: &Store,
    ballots: &[FormBallots],
    tally: &Tally,
) -> Result<PathBuf, CliError> {
    let filter = args.filter.filter();
    let mut report: IndexReport = index_of(store, ballots, &whole_index(store, filter.clone())?)?;
    if let Some(last) = &args.last {
        compare(&mut report, &read_last(last)?);
    }
    let mut files = OutFiles::default();
    let out = files.create(&args.out)?;
    if format == Format::Json {
        write_figures(tally, &report, out)?;
    } else {
        let options = WorkbookOptions {
            filter,
            suppress: args.suppress,
            lang: args.lang.lang,
        };
        write_workbook(store, tally, &report, &options, out)?;
    }
    files.finish()?;
    Ok(args.out.clone())
}

fn arlo(args: &ReportArgs, store: &Store, filter: TallyFilter) -> Result<Vec<PathBuf>, CliError> {
    let options = ArloOptions {
        filter,
        program: program(),
    };
    let written = write_arlo(store, &args.out, &options)?;
    if written.online > 0 || written.pending > 0 {
        let (online, pending) = (written.online, written.pending);
        eprintln!(
            "{}",
            match args.lang.lang {
                Lang::Vi => format!(
                    "CHÚ Ý: {pending} câu chờ người xem ghi là không chọn; bỏ {online} phiếu trực tuyến (không có giấy để kiểm)"
                ),
                Lang::En => format!(
                    "NOTE: {pending} pending questions are written as no vote; {online} online ballots are left out (there is no paper to audit)"
                ),
            }
        );
    }
    Ok(written.files)
}
