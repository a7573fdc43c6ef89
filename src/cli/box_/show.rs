//! `phieu box show`: one box with its minutes and its history.

use std::io::{BufWriter, Write};

use clap::Args;

use super::list::{Listed, words};
use super::{CliError, Outcome, StationArgs, WhichArgs};
use crate::cli::shared::{LangArgs, plain};
use crate::lang::Lang;
use crate::station::LocalTime;
use crate::store::{BoxLine, OpeningRow};

/// Một hòm phiếu: đối chiếu, biên bản, các lần sửa, đóng, mở lại (one box with its history).
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    #[command(flatten)]
    station: StationArgs,
    #[command(flatten)]
    which: WhichArgs,
    /// In kết quả dạng JSON (print the result as JSON)
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lang: LangArgs,
}

pub(super) fn run(args: &ShowArgs) -> Result<Outcome, CliError> {
    let store = args.station.store()?;
    let row = args.which.find(&store)?;
    let openings = store.openings(row.key)?;
    let events = store.box_events(row.key)?;
    let line = BoxLine {
        figures: store.figures_of(row.key)?,
        last: events.last().cloned(),
        ballot_box: Some(row.clone()),
    };
    let mut out = BufWriter::new(std::io::stdout().lock());
    if args.json {
        let json = serde_json::json!({
            "box": Listed::of(&line), "minutes": openings, "events": events,
        });
        writeln!(out, "{json}")?;
        out.flush()?;
        return Ok(Outcome::Done);
    }
    let lang = args.lang.lang;
    writeln!(out, "{}: {}", plain(&row.label()), words(&line, lang))?;
    let f = &line.figures;
    let counted = f.counted.map_or_else(|| "-".to_owned(), |n| n.to_string());
    match lang {
        Lang::Vi => writeln!(
            out,
            "Đếm tay {counted}, quét {}: rõ {}, chờ xem {}, đã xử lý {}, loại {}; nghi trùng {}.",
            f.ballots, f.clean, f.in_review, f.settled, f.rejected, f.duplicates
        )?,
        Lang::En => writeln!(
            out,
            "By hand {counted}, scanned {}: clean {}, in review {}, settled {}, rejected {}; suspected duplicates {}.",
            f.ballots, f.clean, f.in_review, f.settled, f.rejected, f.duplicates
        )?,
    }
    for r in &f.rejected_for {
        writeln!(
            out,
            "    {}: {} × {}",
            lang.pick("loại", "rejected"),
            r.ballots,
            plain(&r.reason)
        )?;
    }
    let local = LocalTime::of(&store)?;
    for opening in &openings {
        minutes(&mut out, opening, local, lang)?;
    }
    for e in &events {
        let what = match e.kind.as_str() {
            "closed" => lang.pick("Đóng", "Closed"),
            _ => lang.pick("Mở lại", "Reopened"),
        };
        let why = e
            .reason
            .as_deref()
            .map_or(String::new(), |r| format!(": {}", plain(r)));
        let at = local.moment_and_offset(&e.at);
        writeln!(out, "{what} {at} ({}){why}", plain(&e.person))?;
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn minutes(
    out: &mut impl Write,
    row: &OpeningRow,
    local: LocalTime,
    lang: Lang,
) -> Result<(), CliError> {
    let m = &row.minutes;
    let title = match (&row.why, lang) {
        (None, Lang::Vi) => format!("Biên bản số {}", row.number),
        (None, Lang::En) => format!("Minutes {}", row.number),
        (Some(why), Lang::Vi) => format!("Biên bản số {} (sửa, lý do: {})", row.number, plain(why)),
        (Some(why), Lang::En) => format!("Minutes {} (corrected: {})", row.number, plain(why)),
    };
    let whole = |w: bool| {
        if w {
            lang.pick("nguyên vẹn", "whole")
        } else {
            lang.pick("KHÔNG nguyên vẹn", "NOT whole")
        }
    };
    writeln!(out, "{title}: {}, {}", plain(&m.opened), plain(&m.place))?;
    writeln!(
        out,
        "    {}: {}; {} {}; {} {}",
        lang.pick("số phiếu", "ballots"),
        m.counted,
        lang.pick("khóa", "lock"),
        whole(m.lock_whole),
        lang.pick("niêm phong", "seal"),
        whole(m.seal_whole)
    )?;
    for (what, text) in [
        (lang.pick("ghi nhận", "remark"), &m.remark),
        (lang.pick("đã báo cho", "told"), &m.told),
    ] {
        if let Some(text) = text {
            writeln!(out, "    {what}: {}", plain(text))?;
        }
    }
    for p in &m.present {
        writeln!(out, "    {}, {}", plain(&p.name), plain(&p.role))?;
    }
    writeln!(
        out,
        "    {}: {}, {}",
        lang.pick("người ghi", "written by"),
        plain(&row.person),
        local.moment_and_offset(&row.recorded)
    )?;
    Ok(())
}
