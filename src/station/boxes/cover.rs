//! The sheet that is laid on the pile of a box.

use super::Moment;
use crate::form::code::{Cover, Key, qr_modules, station_tag};
use crate::form::paper::{A4, bold, grouped, italic, plain};
use crate::form::text::{Align, Paragraph, Piece};
use crate::form::{FormError, Plain, paragraph, plain_pdf};
use crate::geometry::{MmSize, mm_rect};
use crate::store::{BoxRow, Minutes};

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

pub(super) fn cover_page(
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
