//! `phieu selftest`: the proof on this machine, with this form.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::shared::{TemplateArgs, ThreadArgs};
use super::{CliError, Outcome};
use crate::form::{Library, LoadedForm};
use crate::selftest::{Amount, Plan, Report, run as run_selftest};
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
    #[command(flatten)]
    threads: ThreadArgs,
}

fn parse_level(text: &str) -> Result<Level, UnknownLevel> {
    text.parse()
}

pub(crate) fn run(args: &SelftestArgs) -> Result<Outcome, CliError> {
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
        amount: args
            .positions
            .map_or(Amount::Pages(args.pages), Amount::Positions),
        pictures: args.pictures.clone(),
        flagged_pictures: args.flagged,
        threads: args.threads.count().get(),
    };
    let bar = ProgressBar::with_draw_target(
        None,
        if io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        },
    );
    if let Ok(style) = ProgressStyle::with_template(
        "{bar:30} {pos}/{len} trang (pages), {per_sec}, còn (left) {eta}",
    ) {
        bar.set_style(style);
    }
    let report = run_selftest(&plan, &|done, all| {
        bar.set_length(all);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    let mut out = io::stdout().lock();
    if args.json {
        serde_json::to_writer(&mut out, &report).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        write!(out, "{}", summary(&report))?;
    }
    out.flush()?;
    Ok(if report.counts.silent_errors == 0 {
        Outcome::Done
    } else {
        Outcome::NeedsPerson
    })
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
