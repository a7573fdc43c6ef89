//! `phieu retention remove`: removes the images, if their date has come.

use std::io::Write;

use clap::Args;

use super::{ByArgs, CliError, LangArgs, Outcome, StationArgs, plain, size};
use crate::cli::retention::show::{removal_json, removal_words};
use crate::lang::Lang;
use crate::station::boxes::{present, reason};
use crate::station::retention::{Finished, Obstacle, Order, Plan, Refusal, Remover, standing};
use crate::station::{LocalTime, Station};

/// Hủy ảnh phiếu đã hết thời hạn lưu, giữ số liệu và mã băm (remove images past their date; figures and hashes stay).
///
/// Refused before the day after the campaign's keep_until, and while something waits
/// for a person. What is removed is written into the log first, with the digest of the
/// images' hashes; if it is cut off, running it again completes it. For good: no mark
/// can be looked at again. Copies of the station's folder elsewhere are not touched.
#[derive(Debug, Args)]
pub(crate) struct RemoveArgs {
    #[command(flatten)]
    station: StationArgs,
    /// Chỉ kiểm tra và cho biết sẽ hủy gì, không hủy (only say what would be removed)
    #[arg(long)]
    dry_run: bool,
    /// Số quyết định hoặc công văn cho phép hủy (number of the decision that it follows)
    #[arg(long, value_name = "TEXT")]
    decision: Option<String>,
    /// Lý do; bắt buộc khi có --despite (why; needed with --despite)
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Người chứng kiến: "Họ tên; chức vụ", lặp lại cho từng người (who is present: "full name; office"; repeatable)
    #[arg(long, value_name = "NAME; OFFICE")]
    present: Vec<String>,
    /// Nơi hủy (where)
    #[arg(long, value_name = "TEXT")]
    place: Option<String>,
    /// Hủy dù còn việc này, tên việc như lệnh báo; lặp lại được (accept that this still waits, by the name that the refusal gives; repeatable)
    #[arg(long, value_name = "WHAT", value_parser = obstacle)]
    despite: Vec<Obstacle>,
    #[command(flatten)]
    by: ByArgs,
    /// In kết quả dạng JSON (print the result as JSON)
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lang: LangArgs,
}

fn obstacle(text: &str) -> Result<Obstacle, String> {
    Obstacle::of_code(text).ok_or_else(|| {
        let known: Vec<&str> = Obstacle::ALL.iter().map(|o| o.code()).collect();
        format!("chỉ có (there are): {}", known.join(", "))
    })
}

pub(super) fn run(args: &RemoveArgs) -> Result<Outcome, CliError> {
    let station = Station::open(&args.station.station)?;
    let remover = Remover::of(&station)?;
    let text = |given: &Option<String>, flag| given.as_deref().map(|t| reason(t, flag)).transpose();
    let order = Order {
        person: args.by.name(remover.store())?,
        decision: text(&args.decision, "--decision")?,
        reason: text(&args.reason, "--reason")?,
        present: present(&args.present)?,
        place: text(&args.place, "--place")?,
        despite: args.despite.clone(),
    };
    if args.dry_run {
        return dry_run(args, &station, &remover, &order);
    }
    // One that was cut off is completed first, whatever the date and whatever waits: it
    // was decided.
    let mut done = remover.finish(&order.person)?;
    let mut outcome = Outcome::Done;
    match remover.check(&order) {
        Ok(Some(plan)) => {
            remover.begin(&plan)?;
            let more = remover.finish(&order.person)?;
            done.ended.extend(more.ended);
            done.deleted += more.deleted;
        }
        Ok(None) => {}
        // Something was completed; what came since is another matter, and is said.
        Err(refusal) if done != Finished::default() => {
            eprintln!("{refusal}");
            outcome = Outcome::NeedsPerson;
        }
        Err(refusal) => return Err(refusal.into()),
    }
    let local = LocalTime::of(remover.store())?;
    say(args, &done, local)?;
    Ok(outcome)
}

fn dry_run(
    args: &RemoveArgs,
    station: &Station,
    remover: &Remover,
    order: &Order,
) -> Result<Outcome, CliError> {
    let lang = args.lang.lang;
    let seen = standing(station, remover.store())?;
    let mut out = std::io::stdout().lock();
    let waits = seen.unfinished().map(|r| r.number);
    // While one is not completed the check has nothing whole to look at.
    let checked = if waits.is_some() || seen.returned > 0 {
        Ok(None)
    } else {
        remover.check(order)
    };
    let in_the_way = match &checked {
        Err(Refusal::InTheWay(all)) => all.clone(),
        Err(_) | Ok(_) => Vec::new(),
    };
    let plan = match checked {
        Ok(plan) => plan,
        Err(Refusal::InTheWay(_)) => None,
        Err(other) => return Err(other.into()),
    };
    if args.json {
        let hindrances: Vec<_> = in_the_way
            .iter()
            .map(|h| serde_json::json!({ "code": h.what.code(), "number": h.number }))
            .collect();
        let json = serde_json::json!({
            "dry_run": true, "images": seen.kept.images, "bytes": seen.kept.bytes,
            "sketches": seen.kept.sketches, "unrecorded": seen.loose.len(),
            "in_the_way": hindrances, "unfinished": waits, "returned": seen.returned,
        });
        writeln!(out, "{json}")?;
    } else {
        for h in &in_the_way {
            writeln!(
                out,
                "!! {} (--despite {})",
                h.what.words(h.number, lang),
                h.what.code()
            )?;
        }
        let text = dry_words(&seen, plan.as_ref(), waits, lang);
        writeln!(out, "{text}")?;
    }
    Ok(if in_the_way.is_empty() {
        Outcome::Done
    } else {
        Outcome::NeedsPerson
    })
}

fn dry_words(
    seen: &crate::station::retention::Standing,
    plan: Option<&Plan>,
    waits: Option<i64>,
    lang: Lang,
) -> String {
    let (n, sketches, bytes) = (seen.kept.images, seen.kept.sketches, size(seen.kept.bytes));
    let (loose, back) = (seen.loose.len(), seen.returned);
    match (waits, plan, lang) {
        (Some(number), _, Lang::Vi) => format!("Sẽ hủy nốt lần hủy {number} bị ngắt giữa chừng."),
        (Some(number), _, Lang::En) => {
            format!("Removal {number}, which was cut off, would be completed.")
        }
        (None, _, Lang::Vi) if back > 0 => {
            format!("Sẽ hủy lại {back} ảnh đã hủy mà lại có trong trạm; chưa hủy gì.")
        }
        (None, _, Lang::En) if back > 0 => {
            format!("Would remove again {back} images that are there again; nothing was removed.")
        }
        (None, None, Lang::Vi) if seen.is_empty() => "Trạm không còn ảnh nào để hủy.".to_owned(),
        (None, None, Lang::En) if seen.is_empty() => "There are no images to remove.".to_owned(),
        (None, None, Lang::Vi) => "Chưa hủy được, xem các dòng !! ở trên; chưa hủy gì.".to_owned(),
        (None, None, Lang::En) => {
            "It cannot be done, see the lines with !! above; nothing was removed.".to_owned()
        }
        (None, Some(_), Lang::Vi) => format!(
            "Sẽ hủy {n} tệp ảnh ({bytes}), {sketches} dữ liệu nét bút, {loose} tệp chưa ghi vào lô nào; chưa \
             hủy gì."
        ),
        (None, Some(_), Lang::En) => format!(
            "Would remove {n} image files ({bytes}), {sketches} sketches, {loose} files without a record; \
             nothing was removed."
        ),
    }
}

fn say(args: &RemoveArgs, done: &Finished, local: LocalTime) -> Result<(), CliError> {
    let lang = args.lang.lang;
    let mut out = std::io::stdout().lock();
    if args.json {
        let ended: Vec<_> = done.ended.iter().map(removal_json).collect();
        let json = serde_json::json!({
            "removals": ended, "files": done.deleted, "again": done.again,
        });
        writeln!(out, "{json}")?;
        return Ok(());
    }
    if *done == Finished::default() {
        writeln!(
            out,
            "{}",
            lang.pick(
                "Trạm không còn ảnh nào để hủy.",
                "There are no images to remove."
            )
        )?;
    }
    for r in &done.ended {
        writeln!(out, "{}", removal_words(r, local, lang))?;
    }
    if done.again > 0 {
        let n = done.again;
        match lang {
            Lang::Vi => writeln!(out, "Đã hủy lại {n} ảnh mà có người để lại vào trạm.")?,
            Lang::En => writeln!(out, "{n} images that somebody put back were removed again.")?,
        }
    }
    if let Some(r) = done.ended.last() {
        let (n, station) = (r.number, args.station.station.display().to_string());
        let print =
            format!("phieu retention record --station {station} --removal {n} --out bien-ban.pdf");
        match lang {
            Lang::Vi => writeln!(out, "In biên bản để ký: {}", plain(&print))?,
            Lang::En => writeln!(out, "Print the minutes to be signed: {}", plain(&print))?,
        }
    }
    Ok(())
}
