//! `phieu selftest`: the proof on this machine, with this form.

use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{HumanDuration, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::shared::{TemplateArgs, ThreadArgs};
use super::{CliError, Outcome};
use crate::form::{Library, LoadedForm};
use crate::selftest::{Amount, Plan, Progress, Report, Sources, run as run_selftest, write_page};
use crate::synth::{Level, UnknownLevel};

/// Tự kiểm tra: in, mô phỏng, đọc, so sánh (print, simulate, read and compare).
///
/// Exit code 0: no silent error; 1: there was one; 2: nothing could be done.
#[derive(Debug, Args)]
pub(crate) struct SelftestArgs {
    /// Mẫu phiếu cần thử; mặc định tất cả mẫu có sẵn (form to test, repeatable; default: all)
    #[arg(long, value_name = "FORM")]
    form: Vec<String>,
    #[command(flatten)]
    templates: TemplateArgs,
    /// Số trang mô phỏng (page images to make)
    #[arg(long, value_name = "N", default_value_t = 300, value_parser = clap::value_parser!(u64).range(1..))]
    pages: u64,
    /// Số ô đánh dấu cần thử, thay cho --pages (boxes to read, instead of --pages)
    #[arg(long, value_name = "N", conflicts_with = "pages", value_parser = clap::value_parser!(u64).range(1..))]
    positions: Option<u64>,
    /// Chỉ đọc lại phiếu mô phỏng số này, thay cho --pages; với --pictures thì lưu cả ảnh quét (only this sheet, as an error names it; --pictures keeps its scans, too)
    #[arg(long, value_name = "N", conflicts_with_all = ["pages", "positions", "resume"], value_parser = clap::value_parser!(u64).range(..=u64::from(u32::MAX)))]
    sheet: Option<u64>,
    /// Hạt giống ngẫu nhiên: cùng số thì cùng kết quả (seed: the same number gives the same sheets)
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Mức khó: clean, office, hard (difficulty)
    #[arg(long, default_value = "office", value_parser = parse_level)]
    level: Level,
    /// Lưu ảnh các lỗi thầm lặng và trang không đọc được (save pictures of silent errors and unreadable pages)
    #[arg(long, value_name = "DIR")]
    pictures: Option<PathBuf>,
    /// Lưu cả ảnh các câu rõ ràng mà máy vẫn hỏi người (pictures of clear questions that were flagged, too)
    #[arg(long, requires = "pictures")]
    flagged: bool,
    /// In kết quả dạng JSON (print the result as JSON)
    #[arg(long)]
    json: bool,
    /// Lưu tiến độ vào tệp này; chạy lại cùng lệnh thì làm tiếp từ đó (keep the progress in this file; the same command goes on from there after an interruption)
    #[arg(long, value_name = "FILE")]
    resume: Option<PathBuf>,
    /// Viết trang kết quả có biểu đồ vào thư mục này (write a page with plots into this folder)
    #[arg(long, value_name = "DIR")]
    report: Option<PathBuf>,
    /// Làm trang từ các kết quả --json đã có, không chạy lại (make the page from results of --json instead of running; repeatable)
    #[arg(long, value_name = "JSON", requires = "report", conflicts_with_all = ["form", "pages", "positions", "sheet", "seed", "level", "pictures", "resume", "json"])]
    from: Vec<PathBuf>,
    /// Kết quả đo tốc độ cho trang: những gì cargo bench --bench read_pages in ra (speed for the page: what the bench printed)
    #[arg(long, value_name = "FILE", requires = "report")]
    speed: Option<PathBuf>,
    /// Kết quả kiểm tra độc lập cho trang, dạng Markdown (an independent check for the page, as Markdown)
    #[arg(long, value_name = "FILE", requires = "report")]
    independent: Option<PathBuf>,
    #[command(flatten)]
    threads: ThreadArgs,
}

fn parse_level(text: &str) -> Result<Level, UnknownLevel> {
    text.parse()
}

pub(crate) fn run(args: &SelftestArgs) -> Result<Outcome, CliError> {
    let reports = if args.from.is_empty() {
        vec![run_here(args)?]
    } else {
        args.from
            .iter()
            .map(|f| load(f))
            .collect::<Result<_, _>>()?
    };
    let silent: u64 = reports.iter().map(|r| r.counts.silent_errors).sum();
    if let Some(dir) = &args.report {
        let text = |path: &Option<PathBuf>| path.as_deref().map(read_text).transpose();
        let page = write_page(
            dir,
            &Sources {
                reports,
                speed: text(&args.speed)?,
                independent: text(&args.independent)?,
            },
        )?;
        if !args.json {
            writeln!(io::stdout().lock(), "{}", page.display())?;
        }
    }
    Ok(if silent == 0 {
        Outcome::Done
    } else {
        Outcome::NeedsPerson
    })
}

fn read_text(path: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()).into())
}

fn load(path: &Path) -> Result<Report, CliError> {
    serde_json::from_str(&read_text(path)?).map_err(|e| {
        format!(
            "{} is no result of phieu selftest --json of this version: {e}",
            path.display()
        )
        .into()
    })
}

/// Runs, shows progress, prints the result.
fn run_here(args: &SelftestArgs) -> Result<Report, CliError> {
    let library = Library::load(&args.templates.dirs)?;
    let forms: Vec<LoadedForm> = if args.form.is_empty() {
        library.forms().cloned().collect()
    } else {
        args.form
            .iter()
            .map(|name| library.resolve(name))
            .collect::<Result<_, _>>()?
    };
    let plan = Plan {
        forms,
        others: library.layouts(),
        level: args.level,
        seed: args.seed,
        amount: amount(args),
        pictures: args.pictures.clone(),
        flagged_pictures: args.flagged,
        threads: args.threads.count().get(),
        command: command(args),
        program: program(),
        checkpoint: args.resume.clone(),
    };
    let shown = Shown::new();
    let report = run_selftest(&plan, &|progress| shown.show(progress))?;
    shown.bar.finish_and_clear();
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &report).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", summary(&report))?;
    }
    out.flush()?;
    Ok(report)
}

fn amount(args: &SelftestArgs) -> Amount {
    match (args.sheet, args.positions) {
        (Some(n), _) => Amount::Sheet(n),
        (None, Some(n)) => Amount::Positions(n),
        (None, None) => Amount::Pages(args.pages),
    }
}

/// The command that makes the same sheets again.
fn command(args: &SelftestArgs) -> String {
    let mut words = vec!["phieu selftest".to_owned()];
    words.extend(args.form.iter().map(|f| format!("--form {f}")));
    let dirs = args.templates.dirs.iter();
    words.extend(dirs.map(|d| format!("--templates {}", d.display())));
    words.push(match amount(args) {
        Amount::Pages(n) => format!("--pages {n}"),
        Amount::Positions(n) => format!("--positions {n}"),
        Amount::Sheet(n) => format!("--sheet {n}"),
    });
    words.push(format!("--level {} --seed {}", args.level, args.seed));
    words.join(" ")
}

/// Digits of the program's hash: enough to tell builds apart.
const DIGITS: usize = 12;

/// Version of this program, and what its file's BLAKE3 begins with: two builds
/// of one version may read differently.
fn program() -> String {
    let version = env!("CARGO_PKG_VERSION");
    match std::env::current_exe().and_then(std::fs::read) {
        Ok(bytes) => format!(
            "phieu {version} ({})",
            &blake3::hash(&bytes).to_hex()[..DIGITS]
        ),
        Err(_) => format!("phieu {version}"),
    }
}

/// Where no bar can be drawn, a line says so often how far it is.
const TELL_EVERY: Duration = Duration::from_secs(60);

/// Progress on standard error: a bar on a terminal, else a line now and then.
struct Shown {
    bar: ProgressBar,
    terminal: bool,
    told: Mutex<Instant>,
}

impl Shown {
    fn new() -> Self {
        let terminal = io::stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(
            None,
            if terminal {
                ProgressDrawTarget::stderr()
            } else {
                ProgressDrawTarget::hidden()
            },
        );
        if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} trang (pages), {msg}")
        {
            bar.set_style(style);
        }
        Self {
            bar,
            terminal,
            told: Mutex::new(Instant::now()),
        }
    }

    fn show(&self, p: Progress) {
        let left = p
            .left()
            .map_or_else(|| "?".to_owned(), |d| HumanDuration(d).to_string());
        let message = format!(
            "còn (left) {left}, lỗi thầm lặng (silent errors) {}",
            p.silent_errors
        );
        if self.terminal {
            self.bar.set_length(p.all);
            self.bar.set_position(p.done);
            self.bar.set_message(message);
        } else if let Ok(mut told) = self.told.lock()
            && told.elapsed() >= TELL_EVERY
        {
            *told = Instant::now();
            eprintln!("{}/{} trang (pages), {message}", p.done, p.all);
        }
    }
}

/// The report in words, Vietnamese first.
fn summary(r: &Report) -> String {
    let c = &r.counts;
    let percent = |part: u64, whole: u64| 100.0 * part as f64 / whole.max(1) as f64;
    let mut lines = vec![
        format!(
            "Mức {} (level), hạt giống {} (seed), {} trang (pages), {} câu (questions), {} ô (positions)",
            r.level, r.seed, c.pages, c.questions, c.positions
        ),
        format!(
            "Lỗi thầm lặng (silent errors): {}; giới hạn trên 95 % (upper bound): {:.2e} mỗi ô (per position)",
            c.silent_errors, r.silent_error_rate_upper_95
        ),
        format!(
            "Câu cần người xem (flagged): {} = {:.2} %; trong số câu rõ ràng (of the clear ones): {} = {:.2} %",
            c.flagged_questions,
            percent(c.flagged_questions, c.questions),
            c.flagged_clear_questions,
            percent(c.flagged_clear_questions, c.clear_questions)
        ),
        r.flagged_because
            .iter()
            .map(|(why, n)| format!("  {n}: {why}"))
            .collect::<Vec<_>>()
            .join("\n"),
        format!(
            "Trang không đọc được (unreadable): {} = {:.2} %{}",
            c.unreadable_pages,
            percent(c.unreadable_pages, c.pages),
            r.unreadable_because
                .iter()
                .map(|(why, n)| format!("; {why} {n}"))
                .collect::<String>()
        ),
        format!(
            "{:.1} trang/giây (pages per second) gồm cả mô phỏng (simulation included), {:.1} ms đọc mỗi trang (to read a page), {} luồng (threads)",
            r.pages_per_second, r.read_ms_per_page, r.threads
        ),
    ];
    let like_answers = r.drawn_like_answers();
    if like_answers > 0 {
        lines.push(format!(
            "Trong các lỗi (of the errors): {like_answers} chấm do bút chạm vào ô mà người đó bỏ trống, to như các chấm trả lời của trang: trên giấy không phân biệt được; vẫn tính là lỗi (where a pen rested, as large as the page's answers, which are dots: the paper does not show it; counted all the same)"
        ));
    }
    for e in r.errors.iter().take(10) {
        lines.push(format!(
            "  {} tờ (sheet) {} trang (page) {} {}: đúng (true) {}, đọc (read) {}{}",
            e.form,
            e.sheet,
            e.page,
            e.question,
            e.truth,
            e.read,
            e.picture
                .as_ref()
                .map(|p| format!(" → {p}"))
                .unwrap_or_default()
        ));
    }
    lines.retain(|l| !l.is_empty());
    lines.push(String::new());
    lines.join("\n")
}
