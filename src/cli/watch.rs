//! `phieu watch`: a folder into which a scanner saves.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use clap::Args;

use super::scan::{Bar, ReadingArgs, Waiting, removed_words};
use super::shared::LangArgs;
use super::{CliError, Outcome};
use crate::lang::Lang;
use crate::station::{Notice, ScanSummary, WatchTimes, watch};

/// Theo dõi thư mục mà máy quét lưu ảnh vào (watch the folder that the scanner saves to).
///
/// Takes each file when it is whole: unchanged for a while and decoding to its
/// end. What comes without a long break is one batch. Ctrl-C ends it; starting
/// it again goes on where it was. Exit code 1: something needs a person.
#[derive(Debug, Args)]
pub(crate) struct WatchArgs {
    /// Thư mục được theo dõi, cả các thư mục con (the folder, with those in it)
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    #[command(flatten)]
    reading: ReadingArgs,
    /// Tệp phải giữ nguyên từng này giây; TIFF và PDF lâu gấp bốn (seconds that a file must not change; TIFF and PDF four times as long)
    #[arg(long, value_name = "SECONDS", default_value = "3", value_parser = seconds)]
    settle: Duration,
    /// Sau từng này giây tệp vẫn dở dang thì lấy như tệp hỏng (after so many seconds an incomplete file is taken as damaged)
    #[arg(long, value_name = "SECONDS", default_value = "60", value_parser = seconds)]
    give_up: Duration,
    /// Nghỉ từng này giây thì kết thúc lô (a batch ends after so many seconds without a file)
    #[arg(long, value_name = "SECONDS", default_value = "120", value_parser = seconds)]
    idle: Duration,
    /// Lấy lại cả tệp của các lô đã hủy (take files of cancelled batches anew)
    #[arg(long)]
    again: bool,
    #[command(flatten)]
    lang: LangArgs,
}

/// A day: longer waits are a slip of the keyboard.
const MOST_SECONDS: f64 = 86_400.0;

fn seconds(text: &str) -> Result<Duration, String> {
    match text.parse::<f64>() {
        Ok(s) if (0.0..=MOST_SECONDS).contains(&s) => Ok(Duration::from_secs_f64(s)),
        _ => Err("số giây từ 0 đến 86400 (seconds, 0 to 86400)".to_owned()),
    }
}

/// How often the folder is looked through: a clerk does not notice a second,
/// and a network drive hardly notices the look.
const LOOK_EVERY: Duration = Duration::from_secs(1);

pub(crate) fn run(args: &WatchArgs) -> Result<Outcome, CliError> {
    let lang = args.lang.lang;
    if !args.dir.is_dir() {
        let text = lang.pick("không có thư mục này", "there is no such folder");
        return Err(format!("{}: {text}", args.dir.display()).into());
    }
    let prepared = args.reading.prepare(lang)?;
    let station = &prepared.station;
    let job = prepared.job(&[]);
    let times = WatchTimes {
        look: LOOK_EVERY.min(args.settle.max(Duration::from_millis(50))),
        settle: args.settle,
        give_up: args.give_up,
        idle: args.idle,
        again: args.again,
    };
    let stop = Arc::new(AtomicBool::new(false));
    let heard = Arc::clone(&stop);
    ctrlc::set_handler(move || heard.store(true, Ordering::Relaxed))?;
    say(&match lang {
        Lang::Vi => format!("Đang theo dõi {}; Ctrl-C để dừng.", args.dir.display()),
        Lang::En => format!("Watching {}; Ctrl-C ends it.", args.dir.display()),
    });
    let bar = RefCell::new(Bar::new(0, lang));
    let mut failed = false;
    let done = watch(
        station,
        &job,
        &args.dir,
        &times,
        &stop,
        |notice| {
            if let Notice::Batch(summary) = &notice {
                bar.replace(Bar::new(0, lang)).finish();
                failed |= !summary.failed.is_empty();
                failed |= summary.removed.iter().any(|f| f.lost > 0);
            }
            say(&words(&notice, lang));
        },
        |p| bar.borrow_mut().show(p),
    );
    bar.borrow().finish();
    done?;
    let waiting = Waiting::of(&station.store()?)?;
    if !waiting.is_empty() {
        say(lang.pick("Cần người xem:", "For a person to see:"));
        say(waiting.describe(lang).trim_end());
    }
    Ok(if waiting.is_empty() && !failed {
        Outcome::Done
    } else {
        Outcome::NeedsPerson
    })
}

/// One line on standard output; whoever closed it does not want to hear.
fn say(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    drop(writeln!(out, "{text}").and_then(|()| out.flush()));
}

fn words(notice: &Notice, lang: Lang) -> String {
    match (notice, lang) {
        (Notice::Away(why), Lang::Vi) => {
            format!("Không vào được thư mục, chờ có lại: {why}")
        }
        (Notice::Away(why), Lang::En) => {
            format!("The folder cannot be read, waiting for it: {why}")
        }
        (Notice::Back, Lang::Vi) => "Đã vào lại được thư mục.".to_owned(),
        (Notice::Back, Lang::En) => "The folder is back.".to_owned(),
        (Notice::Busy, Lang::Vi) => "Trạm đang quét lô khác, chờ quét xong.".to_owned(),
        (Notice::Busy, Lang::En) => "Another scan is running; waiting for its end.".to_owned(),
        (Notice::Left(path, why), Lang::Vi) => format!("Bỏ qua {}: {why}", path.display()),
        (Notice::Left(path, why), Lang::En) => format!("Left alone {}: {why}", path.display()),
        (Notice::Damaged(path, why), Lang::Vi) => {
            format!("Tệp dở dang, lấy như tệp hỏng: {}: {why}", path.display())
        }
        (Notice::Damaged(path, why), Lang::En) => {
            format!("Incomplete, taken as damaged: {}: {why}", path.display())
        }
        (Notice::OfCancelled(n), Lang::Vi) => {
            format!("{n} tệp thuộc lô đã hủy: để nguyên (lấy lại bằng --again).")
        }
        (Notice::OfCancelled(n), Lang::En) => {
            format!("{n} files are of cancelled batches: left alone (--again takes them).")
        }
        (Notice::Unread(name, why), Lang::Vi) => format!("Chưa lấy được {name}: {why}"),
        (Notice::Unread(name, why), Lang::En) => format!("Could not be fetched: {name}: {why}"),
        (Notice::Batch(done), _) => {
            let removed = removed_words(done, lang);
            format!("{}\n{removed}", batch_words(done, lang))
                .trim_end()
                .to_owned()
        }
    }
}

fn batch_words(done: &ScanSummary, lang: Lang) -> String {
    let p = &done.progress;
    match (done.batch, done.cancelled, lang) {
        (None, _, Lang::Vi) => format!("{} tệp, đều đã có từ trước.", p.files),
        (None, _, Lang::En) => format!("{} files, all known before.", p.files),
        (Some(n), true, Lang::Vi) => {
            format!("Lô {n} đã bị hủy: không tính trang nào của lô.")
        }
        (Some(n), true, Lang::En) => format!("Batch {n} was cancelled: nothing of it counts."),
        (Some(n), false, Lang::Vi) => {
            format!("Xong lô {n}: {} trang mới, {} cần xem.", p.pages, p.flagged)
        }
        (Some(n), false, Lang::En) => {
            format!(
                "Batch {n} is done: {} new pages, {} flagged.",
                p.pages, p.flagged
            )
        }
    }
}
