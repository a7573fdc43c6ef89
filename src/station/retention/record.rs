//! The record of a removal: minutes as a PDF to be signed.

use serde_json::json;

use super::hindrance::Obstacle;
use crate::form::paper::{Flow, bold, grouped, italic, national_heading, plain};
use crate::form::text::Align;
use crate::form::{FormError, plain_pdf};
use crate::lang::Lang;
use crate::station::boxes::{end, people, section, signatures, words};
use crate::station::{Campaign, Day, LocalTime, StationError};
use crate::store::{Head, Present, RemovalRow, RemovedImage, Store, StoreError};

/// Why a record is not made.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// The tally database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The campaign that names the office.
    #[error(transparent)]
    Station(#[from] StationError),
    /// The paper itself.
    #[error(transparent)]
    Paper(#[from] FormError),
    /// It was interrupted: what it says is not done yet.
    #[error(
        "lần hủy ảnh {0} bị ngắt giữa chừng: chạy phieu retention remove để hủy nốt, rồi in biên bản \
         (this removal was interrupted; complete it first)"
    )]
    Unfinished(i64),
}

/// Size of the running text, pt: as on the minutes of a box.
const TEXT: f64 = 11.0;
/// English beside it, pt.
const SMALL: f64 = 8.5;

/// Originals without their own line on the record beyond so many: the list has all.
const NAMED: usize = 10;

/// The minutes of a removal as a PDF, A4, and the head of the log that stands on them.
/// `office`: the lines at the head, at most two; empty for the campaign's reporting
/// office.
///
/// # Errors
/// The removal has not come to its end, or the database refuses.
pub fn record_pdf(
    store: &Store,
    row: &RemovalRow,
    office: &[String],
) -> Result<(Vec<u8>, Head), RecordError> {
    let Some((ended, by)) = &row.ended else {
        return Err(RecordError::Unfinished(row.number));
    };
    let local = LocalTime::of(store)?;
    let images = store.images_of_removal(row.number)?;
    let entries = store.entries_of_removal(row.number)?;
    let campaign = store.campaign()?;
    // Noted first, so that the head on the paper stands for its printing too.
    store.event("removal-record-printed", &json!({ "removal": row.number }))?;
    let head = store.log_head()?;
    let mut flow = Flow::new();
    let own: Vec<String> = match &campaign {
        Some(c) if office.is_empty() => Campaign::of_source(&c.source)?
            .reporting_office
            .into_iter()
            .collect(),
        _ => office.to_vec(),
    };
    national_heading(&mut flow, &own, "Số: …………/BB-…………", None)?;
    title(&mut flow, campaign.as_ref().map(|c| c.name.as_str()))?;
    opening(&mut flow, row, local)?;
    let present = if row.order.present.is_empty() {
        // Nobody was named: lines to write on.
        ["Người thực hiện", "Người chứng kiến"]
            .map(|role| Present {
                name: if role == "Người thực hiện" {
                    row.order.person.clone()
                } else {
                    "……………………………".to_owned()
                },
                role: role.to_owned(),
            })
            .to_vec()
    } else {
        row.order.present.clone()
    };
    people(&mut flow, &present)?;
    grounds(&mut flow, row)?;
    taken(&mut flow, row, &images, local)?;
    stays(&mut flow)?;
    let noted = exceptions(&mut flow, row)?;
    log(&mut flow, noted, &entries, (ended, by), local)?;
    end(&mut flow)?;
    signatures(&mut flow, &present)?;
    let foot = format!(
        "Mã cuối sổ nhật ký của trạm (head of the station's log): {} – so với / compare: phieu audit verify",
        head.printed()
    );
    let pages = flow.finish(&foot)?;
    let title = format!("Biên bản hủy ảnh phiếu {}", row.number);
    Ok((plain_pdf(&title, &pages)?, head))
}

fn title(flow: &mut Flow, campaign: Option<&str>) -> Result<(), FormError> {
    flow.text(&[bold(15.0, "BIÊN BẢN")], Align::Centre, 0.0, 0.0)?;
    flow.text(&[bold(13.0, "HỦY ẢNH PHIẾU")], Align::Centre, 0.0, 0.0)?;
    let english = "Minutes of the removal of ballot images";
    flow.text(&[italic(SMALL, english)], Align::Centre, 0.0, 1.0)?;
    if let Some(campaign) = campaign {
        flow.text(&[plain(TEXT, campaign)], Align::Centre, 0.0, 0.0)?;
    }
    flow.gap(5.0);
    Ok(())
}

fn opening(flow: &mut Flow, row: &RemovalRow, local: LocalTime) -> Result<(), FormError> {
    let mut pieces = vec![
        plain(TEXT, "Vào hồi "),
        bold(TEXT, &local.written(&row.begun)),
    ];
    if let Some(place) = &row.order.place {
        pieces.extend([plain(TEXT, ", tại "), bold(TEXT, place)]);
    }
    pieces.push(plain(
        TEXT,
        ", chúng tôi tiến hành hủy ảnh quét của phiếu khảo sát lưu trong trạm quét, do đã hết thời hạn lưu.",
    ));
    flow.text(&pieces, Align::Left, 0.0, 4.0)
}

/// A line of a section, with an English word behind its name.
fn line(flow: &mut Flow, vi: &str, en: &str, text: &str) -> Result<(), FormError> {
    let pieces = [
        plain(TEXT, &format!("– {vi} ")),
        italic(SMALL, &format!("({en})")),
        plain(TEXT, ": "),
        bold(TEXT, text),
    ];
    flow.text(&pieces, Align::Left, 5.0, 0.5)
}

fn grounds(flow: &mut Flow, row: &RemovalRow) -> Result<(), FormError> {
    section(flow, "II. Căn cứ", "(grounds)")?;
    let order = &row.order;
    let day = Day::parse(&order.keep_until).map_or_else(|| order.keep_until.clone(), Day::written);
    let text = format!(
        "giữ đến hết ngày {day} (phiên bản {} của đợt khảo sát)",
        order.campaign
    );
    line(flow, "Thời hạn lưu ảnh", "kept up to", &text)?;
    for (vi, en, text) in [
        ("Quyết định, công văn", "decision", &order.decision),
        ("Lý do", "reason", &order.reason),
    ] {
        if let Some(text) = text {
            line(flow, vi, en, text)?;
        }
    }
    flow.gap(3.0);
    Ok(())
}

fn taken(
    flow: &mut Flow,
    row: &RemovalRow,
    images: &[RemovedImage],
    local: LocalTime,
) -> Result<(), FormError> {
    section(flow, "III. Nội dung hủy", "(what was removed)")?;
    let n = row.removed.images;
    let pieces = [
        plain(TEXT, "– Số tệp ảnh "),
        italic(SMALL, "(image files)"),
        plain(TEXT, ": "),
        bold(13.0, &grouped(n)),
        plain(TEXT, " (bằng chữ: "),
        bold(TEXT, &words(n)),
        plain(TEXT, &format!("), {} byte.", grouped(row.removed.bytes))),
    ];
    flow.text(&pieces, Align::Left, 5.0, 0.5)?;
    if let (Some(first), Some(last)) = (images.first(), images.last()) {
        let (from, to) = (local.written(&first.stored), local.written(&last.stored));
        line(
            flow,
            "Nhận vào trạm",
            "came in",
            &format!("từ {from} đến {to}"),
        )?;
    }
    let sketches = grouped(row.removed.sketches);
    line(
        flow,
        "Dữ liệu nét bút trong cơ sở dữ liệu",
        "sketches of strokes in the database",
        &sketches,
    )?;
    let loose = &row.order.detail.unrecorded;
    if !loose.is_empty() {
        let n = grouped(loose.len() as u64);
        line(
            flow,
            "Tệp ảnh chưa ghi vào lô nào",
            "files without a record",
            &n,
        )?;
    }
    let digest: Vec<String> = row
        .digest
        .as_bytes()
        .chunks(8)
        .map(|c| String::from_utf8_lossy(c).into_owned())
        .collect();
    line(
        flow,
        "Mã SHA-256 của danh sách mã băm các ảnh",
        "SHA-256 of the sorted list of the images' hashes",
        &digest.join(" "),
    )?;
    let how = "Danh sách mã băm (BLAKE3) của từng ảnh: phieu retention record --out danh-sach.csv; kiểm: \
               tail -n +2 danh-sach.csv | cut -d, -f1 | sort | sha256sum.";
    flow.text(&[plain(9.5, how)], Align::Left, 5.0, 3.0)
}

fn stays(flow: &mut Flow) -> Result<(), FormError> {
    section(flow, "IV. Nội dung không hủy", "(what stays)")?;
    let text = "Số liệu, câu trả lời máy đọc và người nhập, kết luận kiểm tra, ý kiến đã chép thành chữ, mã \
                băm và tên tệp của từng ảnh, biên bản mở hòm và sổ nhật ký. Sau khi hủy không ai xem lại \
                được dấu trên ảnh.";
    flow.text(&[plain(TEXT, text)], Align::Left, 5.0, 3.0)
}

/// What was not as it should be; says whether there is such a section.
fn exceptions(flow: &mut Flow, row: &RemovalRow) -> Result<bool, FormError> {
    let detail = &row.order.detail;
    if detail.accepted.is_empty() {
        return Ok(false);
    }
    section(
        flow,
        "V. Việc còn lại khi hủy, đã được chấp nhận",
        "(accepted although it waited)",
    )?;
    for accepted in &detail.accepted {
        let text = Obstacle::of_code(&accepted.code).map_or_else(
            || format!("{} {}", accepted.number, accepted.code),
            |what| what.words(accepted.number, Lang::Vi),
        );
        flow.text(&[plain(TEXT, &format!("– {text}"))], Align::Left, 5.0, 0.5)?;
    }
    for lost in detail.not_whole.iter().take(NAMED) {
        let what = match lost.what.as_str() {
            "gone" => "đã mất trước khi hủy",
            "changed" => "đã bị sửa trước khi hủy",
            _ => "không đọc được trước khi hủy",
        };
        let text = format!("  ảnh {}: {what}", lost.hash.get(..16).unwrap_or(""));
        flow.text(&[plain(9.5, &text)], Align::Left, 8.0, 0.5)?;
    }
    if let Some(more) = detail.not_whole.len().checked_sub(NAMED).filter(|n| *n > 0) {
        flow.text(
            &[plain(9.5, &format!("  … và {more} ảnh nữa"))],
            Align::Left,
            8.0,
            0.5,
        )?;
    }
    flow.gap(3.0);
    Ok(true)
}

fn log(
    flow: &mut Flow,
    noted: bool,
    entries: &[Head],
    (ended, by): (&str, &str),
    local: LocalTime,
) -> Result<(), FormError> {
    let number = if noted { "VI" } else { "V" };
    section(flow, &format!("{number}. Sổ nhật ký"), "(the log)")?;
    if let Some(begun) = entries.first() {
        line(
            flow,
            "Ghi trước khi hủy",
            "written down before",
            &begun.printed(),
        )?;
    }
    if let Some(done) = entries.get(1) {
        let text = format!("{} – {}, {by}", done.printed(), local.written(ended));
        line(
            flow,
            "Ghi khi đã hủy xong",
            "written down at the end",
            &text,
        )?;
    }
    flow.gap(3.0);
    Ok(())
}
