//! What is printed of a box: its minutes, ready to sign, and the sheet that is
//! laid on its pile.

use super::paper::{A4, Flow, bold, italic, plain};
use super::{Moment, words};
use crate::form::code::{Cover, Key, qr_modules, station_tag};
use crate::form::text::{Align, Paragraph, Piece};
use crate::form::{FormError, Plain, paragraph, plain_pdf};
use crate::geometry::{MmSize, mm_rect};
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
    heading(&mut flow, paper)?;
    let m = &holds.minutes;
    title(&mut flow, paper)?;
    opening(&mut flow, paper.ballot_box, m)?;
    people(&mut flow, m)?;
    state(&mut flow, m)?;
    result(&mut flow, m)?;
    corrections(&mut flow, paper.openings)?;
    end(&mut flow)?;
    signatures(&mut flow, m)?;
    let foot = format!(
        "Mã cuối sổ nhật ký của trạm (head of the station's log): {} – so với / compare: phieu audit verify",
        paper.head.printed()
    );
    let pages = flow.finish(&foot)?;
    let title = format!("Biên bản mở hòm phiếu {}", paper.ballot_box.label());
    plain_pdf(&title, &pages).map(Some)
}

/// National title and motto at the right, the office at the left.
fn heading(flow: &mut Flow, paper: &MinutesPaper<'_>) -> Result<(), FormError> {
    let (left, width, top) = (Flow::left(), Flow::width(), flow.y());
    // The national title must stay on one line.
    let right = 92.0;
    let mut office: Vec<Vec<Piece>> = Vec::new();
    let last = paper.office.len().saturating_sub(1);
    for (i, line) in paper.office.iter().enumerate() {
        let line = line.to_uppercase();
        office.push(vec![if i == last {
            bold(10.0, &line)
        } else {
            plain(10.0, &line)
        }]);
    }
    let below = flow.column(left - 8.0, width - right + 4.0, top, &office)?;
    let middle = left - 8.0 + (width - right + 4.0) / 2.0;
    flow.line(middle - 10.0, below + 0.8, 20.0);
    let number = flow.column(
        left - 8.0,
        width - right + 4.0,
        below + 2.0,
        &[vec![plain(10.0, "Số: …………/BB-…………")]],
    )?;
    let motto = "Độc lập - Tự do - Hạnh phúc";
    let x = left + width - right;
    let under = flow.column(
        x,
        right,
        top,
        &[
            vec![bold(10.0, "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM")],
            vec![bold(11.0, motto)],
        ],
    )?;
    let long = Paragraph::set(&[bold(11.0, motto)], right, Align::Left)?.width();
    flow.line(x + (right - long) / 2.0, under + 0.8, long);
    flow.go_on_at(number.max(under) + 8.0);
    Ok(())
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

fn section(flow: &mut Flow, vi: &str, en: &str) -> Result<(), FormError> {
    // A heading does not stay alone at the foot of a page.
    flow.keep(20.0);
    flow.text(
        &[bold(TEXT, &format!("{vi} ")), italic(SMALL, en)],
        Align::Left,
        0.0,
        1.0,
    )
}

fn people(flow: &mut Flow, m: &Minutes) -> Result<(), FormError> {
    section(flow, "I. Thành phần tham gia", "(present)")?;
    for (i, p) in m.present.iter().enumerate() {
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

/// Digits in groups of three, with points between as Vietnamese writes them.
fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::new();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push('.');
        }
        out.push(c);
    }
    out
}

fn corrections(flow: &mut Flow, openings: &[OpeningRow]) -> Result<(), FormError> {
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
                &format!("  ({}, {})", after.person, utc(&after.recorded)),
            ),
        ];
        flow.text(&pieces, Align::Left, 5.0, 1.0)?;
    }
    flow.gap(2.0);
    Ok(())
}

/// `2026-11-25T04:10:11.123Z` to the minute.
fn utc(at: &str) -> String {
    let minute: String = at.chars().take(16).collect();
    format!("{} UTC", minute.replace('T', " "))
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

fn end(flow: &mut Flow) -> Result<(), FormError> {
    let text = "Biên bản kết thúc vào hồi …… giờ …… phút cùng ngày, đã đọc lại cho những người có \
                mặt cùng nghe, thống nhất và ký tên dưới đây.";
    flow.text(&[plain(TEXT, text)], Align::Left, 0.0, 6.0)
}

/// Room to sign in, mm.
const SIGN_MM: f64 = 16.0;

/// Room below a row of signatures, mm.
const BELOW_MM: f64 = 5.0;

fn signatures(flow: &mut Flow, m: &Minutes) -> Result<(), FormError> {
    // Two to a row have more room; three save a page.
    let across = if m.present.len() > 2 { 3 } else { 2 };
    let width = Flow::width() / across as f64;
    let inner = width - 4.0;
    let head = |p: &Present| {
        vec![
            vec![bold(10.0, &p.role.to_uppercase())],
            vec![italic(9.0, "(Ký, ghi rõ họ tên)")],
        ]
    };
    let name = |p: &Present| vec![vec![bold(TEXT, &p.name)]];
    for row in m.present.chunks(across) {
        let (mut heads, mut names) = (0.0f64, 0.0f64);
        for p in row {
            heads = heads.max(height(&head(p), inner)?);
            names = names.max(height(&name(p), inner)?);
        }
        let all = heads + SIGN_MM + names + BELOW_MM;
        flow.keep(all);
        let top = flow.y();
        for (i, p) in row.iter().enumerate() {
            let x = Flow::left() + i as f64 * width + 2.0;
            flow.column(x, inner, top, &head(p))?;
            flow.column(x, inner, top + heads + SIGN_MM, &name(p))?;
        }
        flow.go_on_at(top + all);
    }
    Ok(())
}

/// Height of paragraphs one below the other, mm.
fn height(texts: &[Vec<Piece>], width: f64) -> Result<f64, FormError> {
    let mut all = 0.0;
    for pieces in texts {
        all += Paragraph::set(pieces, width, Align::Centre)?.height();
    }
    Ok(all)
}

/// Paper of a cover sheet: that of the ballots, so that both go through the
/// feeder together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CoverPaper {
    /// 210 × 297 mm.
    A4,
    /// 148 × 210 mm.
    A5,
}

impl CoverPaper {
    fn size(self) -> MmSize {
        match self {
            Self::A4 => A4,
            Self::A5 => MmSize::new(148.0, 210.0),
        }
    }

    /// Side of a code, mm: as large as leaves room for the words, because a sheet
    /// that is not recognised puts the ballots after it into the wrong box.
    fn code(self) -> f64 {
        match self {
            Self::A4 => 60.0,
            Self::A5 => 52.0,
        }
    }
}

/// A box whose cover sheet is printed.
#[derive(Debug)]
pub struct CoverOf<'a> {
    /// The box.
    pub ballot_box: &'a BoxRow,
    /// Its minutes, if it was opened.
    pub minutes: Option<&'a Minutes>,
}

/// Room between the edge of the paper and a code, mm: more than scanners cut off
/// or a feeder lets a sheet slip, and the code's own quiet zone (4 modules).
const CODE_INSET_MM: f64 = 10.0;

/// Cover sheets as a PDF, one page a box.
///
/// # Errors
/// A unit or box that the code cannot hold, a character that cannot be printed, or
/// the PDF writer fails.
pub fn covers_pdf(
    campaign: Option<&str>,
    station: &str,
    boxes: &[CoverOf<'_>],
    paper: CoverPaper,
    key: &Key,
) -> Result<Vec<u8>, FormError> {
    let tag = station_tag(station);
    let pages = boxes
        .iter()
        .map(|of| cover_page(campaign, &tag, of, paper, key))
        .collect::<Result<Vec<_>, _>>()?;
    plain_pdf("Tờ bìa hòm phiếu", &pages)
}

fn cover_page(
    campaign: Option<&str>,
    tag: &str,
    of: &CoverOf<'_>,
    paper: CoverPaper,
    key: &Key,
) -> Result<Plain, FormError> {
    let row = of.ballot_box;
    let cover = Cover {
        station: tag.to_owned(),
        unit: row.unit.clone(),
        ballot_box: row.name.clone(),
    };
    let modules = qr_modules(&cover.encode(key)?)?;
    let (size, code) = (paper.size(), paper.code());
    let (far_x, far_y) = (
        size.width - CODE_INSET_MM - code,
        size.height - CODE_INSET_MM - code,
    );
    // Four, because a corner may be folded, torn or hidden.
    let symbols = [
        (CODE_INSET_MM, CODE_INSET_MM),
        (far_x, CODE_INSET_MM),
        (CODE_INSET_MM, far_y),
        (far_x, far_y),
    ]
    .map(|(x, y)| (mm_rect(x, y, code, code), modules.clone()))
    .to_vec();

    // Long names are set smaller, so that words never run into the codes.
    let room = far_y - 2.0 * CODE_INSET_MM - code;
    let width = size.width - 24.0;
    let mut set = Vec::new();
    let mut tall = f64::INFINITY;
    for scale in [1.0, 0.85, 0.7, 0.55, 0.4] {
        if tall <= room {
            break;
        }
        (set, tall) = cover_words(campaign, tag, of, paper, key, scale, width)?;
    }
    let mut y = (size.height - tall) / 2.0;
    let mut draws = Vec::new();
    for (p, gap) in &set {
        draws.extend(paragraph(p, (size.width - width) / 2.0, y));
        y += p.height() + gap;
    }
    Ok(Plain {
        size,
        draws,
        symbols,
    })
}

/// The words of a cover sheet with the room after each, and their height, mm.
fn cover_words(
    campaign: Option<&str>,
    tag: &str,
    of: &CoverOf<'_>,
    paper: CoverPaper,
    key: &Key,
    scale: f64,
    width: f64,
) -> Result<(Vec<(Paragraph, f64)>, f64), FormError> {
    let row = of.ballot_box;
    let (huge, large, text, gap) = match paper {
        CoverPaper::A4 => (54.0, 18.0, 11.0, 2.5),
        CoverPaper::A5 => (30.0, 13.0, 8.0, 1.0),
    };
    let [huge, large, text, gap] = [huge, large, text, gap].map(|v: f64| v * scale);
    let unit = row.unit_name.clone().or_else(|| row.unit.clone());
    let mut texts: Vec<Vec<Piece>> = vec![vec![bold(large, "TỜ BÌA HÒM PHIẾU")]];
    texts.push(vec![italic(text, "Cover sheet of a ballot box")]);
    texts.extend(unit.map(|u| vec![bold(large, &u)]));
    texts.push(vec![bold(huge, &row.name)]);
    if let Some(m) = of.minutes {
        let opened = Moment::parse(&m.opened).map_or_else(|| m.opened.clone(), |m| m.vietnamese());
        let said = format!("{} phiếu đếm bằng tay; mở hòm {opened}", grouped(m.counted));
        texts.push(vec![plain(text, &said)]);
    }
    texts.extend(campaign.map(|c| vec![plain(text, c)]));
    texts.push(vec![plain(
        text,
        "Đặt tờ này lên trên chồng phiếu của đúng hòm này rồi quét cùng phiếu. Không viết, không \
         gấp, không che các mã vuông. Mỗi hòm một tờ.",
    )]);
    texts.push(vec![italic(
        text,
        "Lay this sheet on the pile of this box and scan it with the ballots. Do not write on it, \
         fold it or cover the codes.",
    )]);
    let keyed = format!(
        "{} · trạm (station) {tag} · khóa (key) {}",
        row.label(),
        key.fingerprint()
    );
    texts.push(vec![italic(text - 1.5 * scale, &keyed)]);
    let mut out = Vec::new();
    for pieces in &texts {
        out.push((Paragraph::set(pieces, width, Align::Centre)?, gap));
    }
    let tall = out.iter().map(|(p, gap)| p.height() + gap).sum();
    Ok((out, tall))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page::{DecodeLimits, PageFile};
    use crate::read::{ProblemCode, ReadOptions, Reader};
    use crate::store::{Store, sample};

    fn pictures(pdf: Vec<u8>) -> Vec<crate::page::Scan> {
        let file = PageFile::from_bytes(pdf, &DecodeLimits::default()).unwrap();
        (0..file.page_count())
            .map(|i| file.page(i).unwrap())
            .collect()
    }

    /// The longest that may be said of a box, and its row.
    fn verbose() -> (BoxRow, Minutes) {
        let long = |n: usize| {
            "Ủy ban nhân dân xã Nghĩa Thuận "
                .chars()
                .cycle()
                .take(n)
                .collect()
        };
        let dir = tempfile::tempdir().unwrap();
        let actor = crate::store::Actor::program();
        let store = Store::create(&dir.path().join("db"), "0123", "test", actor).unwrap();
        let key = store.note_box("hom-so-1", Some("ngoc-ha")).unwrap();
        let row = BoxRow {
            // With a character that no font of the build has.
            unit_name: Some(long(300) + " 👍"),
            ..store.box_row(key).unwrap()
        };
        let m = Minutes {
            opened: "25/11/2026 14:30".into(),
            place: long(299),
            present: vec![
                Present {
                    name: long(99),
                    role: long(149)
                };
                20
            ],
            lock_whole: false,
            seal_whole: false,
            remark: Some(long(299)),
            told: Some(long(299)),
            counted: 1_000_000,
        };
        (row, m)
    }

    #[test]
    fn the_longest_minutes_keep_their_margins() {
        let (row, m) = verbose();
        let opening = OpeningRow {
            number: 1,
            minutes: m,
            corrects: None,
            why: None,
            person: "x".into(),
            recorded: "2026-11-25T04:10:11.123Z".into(),
        };
        let corrected = OpeningRow {
            minutes: Minutes {
                counted: 7,
                ..opening.minutes.clone()
            },
            corrects: Some(1),
            why: Some("đếm lại ".repeat(30)),
            ..opening.clone()
        };
        let head = Head {
            number: 1,
            hash: "0123456789".repeat(6),
        };
        let office = [
            row.unit_name.clone().unwrap(),
            row.unit_name.clone().unwrap(),
        ];
        let paper = MinutesPaper {
            campaign: row.unit_name.as_deref(),
            office: &office,
            ballot_box: &row,
            openings: &[opening, corrected],
            head: &head,
        };
        let pages = pictures(minutes_pdf(&paper).unwrap().unwrap());
        assert!(pages.len() > 2);
        for page in &pages {
            let (w, h) = page.image.dimensions();
            let mm = |n: u32| n * w / 210;
            let inked = page.image.enumerate_pixels().any(|(x, y, p)| {
                let outside = x < mm(15) || x > w - mm(12) || y < mm(6) || y > h - mm(5);
                outside && p.0[0] < 128
            });
            assert!(!inked);
        }
    }

    #[test]
    fn long_names_do_not_run_into_the_codes_of_a_cover_sheet() {
        let (row, m) = verbose();
        let of = CoverOf {
            ballot_box: &row,
            minutes: Some(&m),
        };
        let reader = Reader::new(vec![sample::layout("f", 1)], ReadOptions::default());
        for paper in [CoverPaper::A4, CoverPaper::A5] {
            let key = Key::public();
            let page =
                cover_page(row.unit_name.as_deref(), "0123456789", &of, paper, &key).unwrap();
            for draw in &page.draws {
                for ink in draw.ink() {
                    let hit = page
                        .symbols
                        .iter()
                        .any(|(r, _)| r.inflate(3.0, 3.0).intersects(&ink));
                    assert!(!hit, "{ink:?}");
                }
            }
            let pdf = plain_pdf("x", &[page]).unwrap();
            let reading = reader.read(&pictures(pdf)[0]);
            assert!(reading.has(ProblemCode::CoverSheet));
        }
    }

    #[test]
    fn digits_are_grouped_as_vietnamese_writes_them() {
        let said: Vec<String> = [0, 148, 4500, 1_000_000].map(grouped).into();
        assert_eq!(said, ["0", "148", "4.500", "1.000.000"]);
    }
}
