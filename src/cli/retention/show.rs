//! `phieu retention show`: what is kept, is it due, what stands in the way.

use std::io::Write;
use std::path::PathBuf;

use clap::Args;

use super::{CliError, LangArgs, Outcome, plain, size};
use crate::lang::Lang;
use crate::station::retention::{Due, Standing, standing};
use crate::station::{Day, LocalTime, Station};
use crate::store::RemovalRow;

/// Xem trạm còn giữ ảnh gì, giữ đến ngày nào, hủy được chưa (what is kept, up to when, may it be removed).
///
/// Exit code 1: a person must act: images are past their date, a removal was
/// interrupted, or a removed image is there again. Else 0. Whether all is as it was
/// recorded is only checked by `remove`: it reads every image.
#[derive(Debug, Args)]
pub(crate) struct ShowArgs {
    // Needed always; but clap would want it before `remove` and `record`, too.
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: Option<PathBuf>,
    /// In kết quả dạng JSON (print the result as JSON)
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lang: LangArgs,
}

pub(super) fn run(args: &ShowArgs) -> Result<Outcome, CliError> {
    let dir = args.station.as_deref().ok_or(args.lang.lang.pick(
        "cần --station DIR: thư mục của trạm",
        "--station DIR is needed: the station's folder",
    ))?;
    let station = Station::open(dir)?;
    let store = station.store()?;
    let seen = standing(&station, &store)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", json(&seen))?;
    } else {
        let text = words(&seen, LocalTime::of(&store)?, args.lang.lang);
        out.write_all(text.as_bytes())?;
    }
    Ok(if seen.needs_person() {
        Outcome::NeedsPerson
    } else {
        Outcome::Done
    })
}

fn json(seen: &Standing) -> serde_json::Value {
    let state = match seen.due {
        Due::NoCampaign | Due::NoDay => "never",
        Due::NotYet { .. } => "not-yet",
        Due::Since { .. } => "due",
    };
    let days = match seen.due {
        Due::NotYet { days, .. } => Some(days),
        _ => None,
    };
    let hindrances: Vec<_> = seen
        .hindrances
        .iter()
        .map(|h| serde_json::json!({ "code": h.what.code(), "number": h.number }))
        .collect();
    let removals: Vec<_> = seen.removals.iter().map(removal_json).collect();
    serde_json::json!({
        "images": seen.kept.images, "bytes": seen.kept.bytes, "sketches": seen.kept.sketches,
        // Pieces of pages are cut out when somebody looks, and never stored.
        "clips": 0, "unrecorded": seen.loose.len(),
        "keep_until": seen.due.keep_until().map(|d| d.to_string()), "state": state,
        "days_left": days, "in_the_way": hindrances, "removals": removals,
        "returned": seen.returned,
    })
}

/// A removal for scripts.
pub(in crate::cli) fn removal_json(r: &RemovalRow) -> serde_json::Value {
    let order = &r.order;
    serde_json::json!({
        "removal": r.number, "images": r.removed.images, "bytes": r.removed.bytes,
        "sketches": r.removed.sketches, "unrecorded": order.detail.unrecorded.len(),
        "digest": r.digest, "keep_until": order.keep_until, "campaign_version": order.campaign,
        "begun": r.begun, "by": order.person, "decision": order.decision, "reason": order.reason,
        "accepted": order.detail.accepted,
        "ended": r.ended.as_ref().map(|e| &e.0), "ended_by": r.ended.as_ref().map(|e| &e.1),
    })
}

fn words(seen: &Standing, local: LocalTime, lang: Lang) -> String {
    let mut lines = vec![kept(seen, lang), due(seen.due, lang)];
    if !seen.hindrances.is_empty() && !seen.is_empty() {
        let head = lang.pick(
            "Còn vướng (hủy ảnh rồi thì không ai xem lại được):",
            "In the way (once the images are gone nobody can look again):",
        );
        lines.push(head.to_owned());
        for h in &seen.hindrances {
            lines.push(format!("- {}", h.what.words(h.number, lang)));
        }
    }
    for r in &seen.removals {
        lines.push(removal_words(r, local, lang));
    }
    if seen.returned > 0 {
        let n = seen.returned;
        lines.push(match lang {
            Lang::Vi => format!("!! {n} ảnh đã hủy lại có trong trạm: chạy phieu retention remove"),
            Lang::En => {
                format!("!! {n} removed images are there again: run phieu retention remove")
            }
        });
    }
    lines.push(String::new());
    lines.join("\n")
}

fn kept(seen: &Standing, lang: Lang) -> String {
    let (n, sketches, bytes) = (seen.kept.images, seen.kept.sketches, size(seen.kept.bytes));
    let mut text = match lang {
        Lang::Vi => format!(
            "Trạm giữ {n} tệp ảnh ({bytes}) và {sketches} dữ liệu nét bút. Ảnh cắt (ô, câu, ý kiến) \
             không lưu riêng."
        ),
        Lang::En => format!(
            "The station keeps {n} image files ({bytes}) and {sketches} sketches of strokes. Clips \
             (boxes, questions, notes) are not stored."
        ),
    };
    if !seen.loose.is_empty() {
        let loose = seen.loose.len();
        text.push_str(&match lang {
            Lang::Vi => format!(" Ngoài ra có {loose} tệp ảnh chưa ghi vào lô nào."),
            Lang::En => format!(" Beside them {loose} image files that no batch recorded."),
        });
    }
    text
}

fn due(due: Due, lang: Lang) -> String {
    let day = |d: Day| d.written();
    match (due, lang) {
        (Due::NoCampaign, Lang::Vi) => {
            "Trạm không có đợt khảo sát: ảnh không bao giờ đến hạn hủy. \
             Ghi keep_until = \"31/12/2027\" vào campaign.toml, rồi: phieu campaign update"
                .to_owned()
        }
        (Due::NoCampaign, Lang::En) => {
            "The station has no campaign: its images are never due. Write \
             keep_until = \"31/12/2027\" into campaign.toml, then: phieu campaign update"
                .to_owned()
        }
        (Due::NoDay, Lang::Vi) => {
            "Đợt khảo sát không ghi giữ ảnh đến ngày nào: không bao giờ đến hạn \
             hủy. Ghi keep_until = \"31/12/2027\" vào campaign.toml, rồi: phieu campaign update"
                .to_owned()
        }
        (Due::NoDay, Lang::En) => {
            "The campaign names no day up to which images are kept: they are never \
             due. Write keep_until = \"31/12/2027\" into campaign.toml, then: phieu campaign update"
                .to_owned()
        }
        (Due::NotYet { keep_until, days }, Lang::Vi) => format!(
            "Giữ đến hết ngày {}: chưa đến hạn hủy, còn {days} ngày.",
            day(keep_until)
        ),
        (Due::NotYet { keep_until, days }, Lang::En) => format!(
            "Kept up to the end of {}: not due, {days} days are left.",
            day(keep_until)
        ),
        (Due::Since { keep_until, .. }, Lang::Vi) => {
            format!("Giữ đến hết ngày {}: đã hết hạn lưu.", day(keep_until))
        }
        (Due::Since { keep_until, .. }, Lang::En) => {
            format!(
                "Kept up to the end of {}: the date has passed.",
                day(keep_until)
            )
        }
    }
}

/// A removal for people.
pub(in crate::cli) fn removal_words(r: &RemovalRow, local: LocalTime, lang: Lang) -> String {
    let (n, images, by) = (r.number, r.removed.images, plain(&r.order.person));
    let begun = local.moment_and_offset(&r.begun);
    match (&r.ended, lang) {
        (Some((at, _)), Lang::Vi) => format!(
            "Lần hủy {n}: {images} ảnh, {by}, bắt đầu {begun}, xong {}.",
            local.moment_and_offset(at)
        ),
        (Some((at, _)), Lang::En) => format!(
            "Removal {n}: {images} images, {by}, begun {begun}, done {}.",
            local.moment_and_offset(at)
        ),
        (None, Lang::Vi) => format!(
            "!! Lần hủy {n}: {images} ảnh, {by}, bắt đầu {begun}, BỊ NGẮT: chạy phieu retention remove để \
             hủy nốt."
        ),
        (None, Lang::En) => format!(
            "!! Removal {n}: {images} images, {by}, begun {begun}, INTERRUPTED: phieu retention remove \
             completes it."
        ),
    }
}
