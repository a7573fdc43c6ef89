//! `phieu import`: packages of other stations.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::export::figures;
use super::shared::{LangArgs, plain};
use super::sources::{self, SourcesArgs};
use super::{CliError, Outcome};
use crate::exchange::{self, Came, ExchangeError, Imported};
use crate::lang::Lang;
use crate::station::Station;

/// Nhận gói kết quả của các trạm khác (take in packages of other stations).
///
/// Everything is verified before anything is written; of several files all are
/// verified before the first is taken in. Exit code 1: taken in, but something in it
/// waits for a person; 2: refused.
#[derive(Debug, Args)]
pub(crate) struct ImportArgs {
    /// Tệp gói kết quả (the packages)
    #[arg(value_name = "FILE.phieu", required_unless_present = "list")]
    files: Vec<PathBuf>,
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    /// Chỉ kiểm tra, không ghi (only verify)
    #[arg(long)]
    check: bool,
    /// Xem đơn vị nào đã gửi, còn thiếu, trễ hạn; như phieu sources (which units have reported)
    #[arg(long, conflicts_with_all = ["files", "check"])]
    list: bool,
    #[command(flatten)]
    lang: LangArgs,
}

pub(crate) fn run(args: &ImportArgs) -> Result<Outcome, CliError> {
    if args.list {
        return sources::run(&SourcesArgs::of(&args.station, &args.lang));
    }
    let lang = args.lang.lang;
    let station = Station::open(&args.station)?;
    let named = |file: &PathBuf, e: ExchangeError| format!("{}: {e}", file.display());
    if args.files.len() > 1 && !args.check {
        for file in &args.files {
            exchange::check(&station, file).map_err(|e| named(file, e))?;
        }
    }
    let mut waits = false;
    let mut out = std::io::stdout().lock();
    for file in &args.files {
        let done = if args.check {
            exchange::check(&station, file)
        } else {
            exchange::import(&station, file)
        };
        let done = done.map_err(|e| named(file, e))?;
        waits |= done.waits();
        write!(out, "{}: ", file.display())?;
        say(&mut out, lang, &done)?;
    }
    Ok(if waits {
        Outcome::NeedsPerson
    } else {
        Outcome::Done
    })
}

fn say(out: &mut impl Write, lang: Lang, done: &Imported) -> Result<(), CliError> {
    let (name, n) = (plain(&done.name), done.revision);
    let list = |all: &[i64]| -> String {
        let all: Vec<String> = all.iter().map(i64::to_string).collect();
        all.join(", ")
    };
    match (&done.came, lang) {
        (Came::Already, Lang::Vi) => {
            writeln!(
                out,
                "{name}, bản số {n}, đã nhận trước đây; không thay đổi gì."
            )?;
        }
        (Came::Already, Lang::En) => {
            writeln!(
                out,
                "{name}, revision {n}, is here already; nothing was changed."
            )?;
        }
        (Came::In { replaced }, Lang::Vi) => {
            writeln!(out, "đã nhận bản số {n} của {name}.")?;
            if !replaced.is_empty() {
                writeln!(out, "Thay cho bản số {}.", list(replaced))?;
            }
        }
        (Came::In { replaced }, Lang::En) => {
            writeln!(out, "took in revision {n} of {name}.")?;
            if !replaced.is_empty() {
                writeln!(out, "It replaces revision {}.", list(replaced))?;
            }
        }
        (Came::Checked { replaces }, lang) => {
            writeln!(
                out,
                "{} {n}, {name}.",
                lang.pick(
                    "hợp lệ, chưa ghi gì: bản số",
                    "sound, nothing was written: revision"
                )
            )?;
            if !replaces.is_empty() {
                let words = lang.pick("Sẽ thay cho bản số", "It would replace revision");
                writeln!(out, "{words} {}.", list(replaces))?;
            }
        }
    }
    figures(
        out,
        lang,
        done.ballots,
        done.pending_answers,
        &done.open_boxes,
    )
}
