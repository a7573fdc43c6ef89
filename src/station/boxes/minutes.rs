//! The minutes of a box as a PDF, ready to sign.

use super::{Moment, words};
use crate::form::paper::signatures as paper;
use crate::form::paper::{Flow, bold, grouped, italic, national_heading, plain};
use crate::form::text::Align;
use crate::form::{FormError, plain_pdf};
use crate::station::LocalTime;
use crate::store::{BoxRow, Head, Minutes, OpeningRow, Present};

/// What the minutes of a box are printed from.
#[derive(Debug)]
pub struct MinutesPaper<'a> {
    /// Name of the campaign.
    pub campaign: Option<&'a str>,
    /// Who issues them, at most two lines: the office above and the office.
    pub office: &'a [String],
    /// The box.
    pub ballot_box: &'a BoxRow,
    /// All its minutes, oldest first; the last one holds.
    pub openings: &'a [OpeningRow],
    /// End of the station's log.
    pub head: &'a Head,
    /// The station's clock.
    pub local: LocalTime,
}

/// Size of the running text, pt. The decree asks for 13 to 14 of Times; Noto Sans
/// is that much larger at the same size.
const TEXT: f64 = 11.0;
/// English beside it, pt.
const SMALL: f64 = 8.5;

/// The minutes as a PDF, A4. `None` if the box has none.
///
/// The layout is that of minutes in Decree 30/2020/NĐ-CP, annex III,
/// with the state of lock and seal and the count that the survey plans ask for.
///
/// # Errors
/// A character that cannot be printed, or the PDF writer fails.
pub fn minutes_pdf(paper: &MinutesPaper<'_>) -> Result<Option<Vec<u8>>, FormError> {
    let Some(holds) = paper.openings.last() else {
        return Ok(None);
    };
    let mut flow = Flow::new();
    national_heading(&mut flow, paper.office, "Số: …………/BB-…………", None)?;
    let m = &holds.minutes;
    title(&mut flow, paper)?;
    opening(&mut flow, paper.ballot_box, m)?;
    people(&mut flow, &m.present)?;
    state(&mut flow, m)?;
    result(&mut flow, m)?;
    corrections(&mut flow, paper)?;
    end(&mut flow)?;
    signatures(&mut flow, &m.present)?;
    let foot = format!(
        "Mã cuối sổ nhật ký của trạm (head of the station's log): {} – so với / compare: phieu audit verify",
        paper.head.printed()
    );
    let pages = flow.finish(&foot)?;
    let title = format!("Biên bản mở hòm phiếu {}", paper.ballot_box.label());
    plain_pdf(&title, &pages).map(Some)
}

fn title(flow: &mut Flow, paper: &MinutesPaper<'_>) -> Result<(), FormError> {
    flow.text(&[bold(15.0, "BIÊN BẢN")], Align::Centre, 0.0, 0.0)?;
    flow.text(&[bold(13.0, "MỞ HÒM PHIẾU")], Align::Centre, 0.0, 0.0)?;
    flow.text(
        &[italic(SMALL, "Minutes of the opening of a ballot box")],
        Align::Centre,
        0.0,
        1.0,
    )?;
    if let Some(campaign) = paper.campaign {
        flow.text(&[plain(TEXT, campaign)], Align::Centre, 0.0, 0.0)?;
    }
    flow.gap(5.0);
    Ok(())
}

fn opening(flow: &mut Flow, row: &BoxRow, m: &Minutes) -> Result<(), FormError> {
    let when = Moment::parse(&m.opened).map_or_else(|| m.opened.clone(), |at| at.vietnamese());
    let mut pieces = vec![
        plain(TEXT, "Hôm nay, "),
        bold(TEXT, &when),
        plain(TEXT, ", tại "),
        bold(TEXT, &m.place),
        plain(TEXT, ", chúng tôi tiến hành mở hòm phiếu "),
        bold(TEXT, &row.name),
    ];
    if let Some(unit) = &row.unit {
        let named = row.unit_name.as_ref().unwrap_or(unit);
        pieces.extend([plain(TEXT, " của "), bold(TEXT, named)]);
        if row.unit_name.is_some() {
            pieces.push(plain(TEXT, &format!(" (mã đơn vị {unit})")));
        }
    }
    if !row.declared {
        pieces.push(plain(
            TEXT,
            " (hòm không có trong danh sách của đợt khảo sát)",
        ));
    }
    pieces.push(plain(TEXT, "."));
    flow.text(&pieces, Align::Left, 0.0, 4.0)
}

pub(in crate::station) fn section(flow: &mut Flow, vi: &str, en: &str) -> Result<(), FormError> {
    // A heading does not stay alone at the foot of a page.
    flow.keep(20.0);
    flow.text(
        &[bold(TEXT, &format!("{vi} ")), italic(SMALL, en)],
        Align::Left,
        0.0,
        1.0,
    )
}

pub(in crate::station) fn people(flow: &mut Flow, present: &[Present]) -> Result<(), FormError> {
    section(flow, "I. Thành phần tham gia", "(present)")?;
    for (i, p) in present.iter().enumerate() {
        let pieces = [
            plain(TEXT, &format!("{}. Ông/Bà ", i + 1)),
            bold(TEXT, &p.name),
            plain(TEXT, &format!(" – {}", p.role)),
        ];
        flow.text(&pieces, Align::Left, 5.0, 0.5)?;
    }
    flow.gap(3.0);
    Ok(())
}

fn state(flow: &mut Flow, m: &Minutes) -> Result<(), FormError> {
    section(
        flow,
        "II. Tình trạng hòm phiếu trước khi mở",
        "(state before opening)",
    )?;
    for (vi, en, whole) in [
        ("Khóa", "(lock)", m.lock_whole),
        ("Niêm phong", "(seal)", m.seal_whole),
    ] {
        let (yes, no) = if whole {
            ("☒", "☐")
        } else {
            ("☐", "☒")
        };
        let pieces = [
            plain(TEXT, &format!("– {vi} ")),
            italic(SMALL, en),
            plain(TEXT, &format!(":  {yes} Nguyên vẹn ")),
            italic(SMALL, "(whole)"),
            plain(TEXT, &format!("    {no} Không nguyên vẹn ")),
            italic(SMALL, "(not whole)"),
        ];
        flow.text(&pieces, Align::Left, 5.0, 0.5)?;
    }
    for (vi, en, text) in [
        ("Ghi nhận", "(remark)", &m.remark),
        ("Đã báo cho", "(told)", &m.told),
    ] {
        if let Some(text) = text {
            let pieces = [
                plain(TEXT, &format!("– {vi} ")),
                italic(SMALL, en),
                plain(TEXT, &format!(": {text}")),
            ];
            flow.text(&pieces, Align::Left, 5.0, 0.5)?;
        }
    }
    flow.gap(3.0);
    Ok(())
}

fn result(flow: &mut Flow, m: &Minutes) -> Result<(), FormError> {
    section(flow, "III. Kết quả kiểm đếm", "(counted by hand)")?;
    let pieces = [
        plain(TEXT, "Số phiếu lấy ra từ hòm, đếm bằng tay: "),
        bold(13.0, &grouped(m.counted)),
        bold(TEXT, " phiếu"),
        plain(TEXT, " (bằng chữ: "),
        bold(TEXT, &words(m.counted)),
        plain(TEXT, " phiếu)."),
    ];
    flow.text(&pieces, Align::Left, 5.0, 1.0)?;
    let handed = "Toàn bộ số phiếu trên được tập hợp và chuyển cho bộ phận được giao xử lý phiếu.";
    flow.text(&[plain(TEXT, handed)], Align::Left, 5.0, 3.0)
}

fn corrections(flow: &mut Flow, paper: &MinutesPaper<'_>) -> Result<(), FormError> {
    let openings = paper.openings;
    if openings.len() < 2 {
        return Ok(());
    }
    section(flow, "IV. Nội dung đã sửa", "(corrections)")?;
    for (i, pair) in openings.windows(2).enumerate() {
        let [before, after] = pair else {
            continue;
        };
        let changed = changes(&before.minutes, &after.minutes).join("; ");
        let pieces = [
            plain(TEXT, &format!("{}. {changed}. Lý do: ", i + 1)),
            plain(TEXT, after.why.as_deref().unwrap_or("")),
            italic(
                SMALL,
                &format!(
                    "  ({}, {})",
                    after.person,
                    paper.local.written(&after.recorded)
                ),
            ),
        ];
        flow.text(&pieces, Align::Left, 5.0, 1.0)?;
    }
    flow.gap(2.0);
    Ok(())
}

/// What a correction changed, each with before and after.
fn changes(a: &Minutes, b: &Minutes) -> Vec<String> {
    let whole = |w: bool| {
        if w {
            "nguyên vẹn"
        } else {
            "không nguyên vẹn"
        }
        .to_owned()
    };
    let or_none = |t: &Option<String>| t.clone().unwrap_or_else(|| "(không)".to_owned());
    let people = |m: &Minutes| {
        let all: Vec<String> = m
            .present
            .iter()
            .map(|p| format!("{}, {}", p.name, p.role))
            .collect();
        all.join(" / ")
    };
    let fields = [
        ("Số phiếu", grouped(a.counted), grouped(b.counted)),
        ("Thời gian", a.opened.clone(), b.opened.clone()),
        ("Địa điểm", a.place.clone(), b.place.clone()),
        ("Thành phần", people(a), people(b)),
        ("Khóa", whole(a.lock_whole), whole(b.lock_whole)),
        ("Niêm phong", whole(a.seal_whole), whole(b.seal_whole)),
        ("Ghi nhận", or_none(&a.remark), or_none(&b.remark)),
        ("Đã báo cho", or_none(&a.told), or_none(&b.told)),
    ];
    fields
        .into_iter()
        .filter(|(_, before, after)| before != after)
        .map(|(what, before, after)| format!("{what}: “{before}” sửa thành “{after}”"))
        .collect()
}

pub(in crate::station) fn end(flow: &mut Flow) -> Result<(), FormError> {
    let text = "Biên bản kết thúc vào hồi …… giờ …… phút cùng ngày, đã đọc lại cho những người có \
                mặt cùng nghe, thống nhất và ký tên dưới đây.";
    flow.text(&[plain(TEXT, text)], Align::Left, 0.0, 6.0)
}

/// Places to sign for those who were present.
pub(in crate::station) fn signatures(
    flow: &mut Flow,
    present: &[Present],
) -> Result<(), FormError> {
    let people: Vec<(&str, &str)> = present
        .iter()
        .map(|p| (p.name.as_str(), p.role.as_str()))
        .collect();
    paper::signatures(flow, &people)
}
