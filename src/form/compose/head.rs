//! The heads of pages: quốc hiệu and office on the first, a running head on
//! the others; and the form's title.

use super::block::Block;
use super::draw::{Draw, paragraph};
use super::instructions;
use super::style::{Styles, inline, stacked};
use crate::form::frame;
use crate::form::text::{Align, Face, Paragraph, Piece, Style};
use crate::form::{Form, FormError, Language, Text};
use crate::geometry::MmPoint;

/// Quốc hiệu and tiêu ngữ: words, capitals and hyphens as in Nghị định
/// 30/2020/NĐ-CP, phụ lục I, mục II.1.
const NATION: &str = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM";
const MOTTO: &str = "Độc lập - Tự do - Hạnh phúc";
const NATION_EN: &str = "Socialist Republic of Viet Nam";
const MOTTO_EN: &str = "Independence - Freedom - Happiness";
/// The line below the office's name is a third to a half as long as the name
/// (ibid., II.2).
const OFFICE_LINE: f64 = 0.4;
const LINE_MM: f64 = 0.25;
/// Share of the head's width for the office; the rest is for quốc hiệu.
const OFFICE_SHARE: f64 = 0.40;
/// Between head and code's quiet zone, mm.
const CODE_GAP_MM: f64 = 2.0;

/// Something drawn at the top of a page, in page coordinates.
pub(crate) struct Head {
    pub draws: Vec<Draw>,
    /// Where content may begin, mm from the paper's top.
    pub bottom: f64,
}

/// Below the code at the top right and its quiet zone.
fn below_code() -> f64 {
    frame::QR_INSET_MM + frame::QR_MM + frame::QR_QUIET_MM
}

/// Width between the left margin and the code's quiet zone.
fn room(form: &Form) -> f64 {
    let paper = form.paper.size();
    let left = frame::content(paper).origin.x;
    let [code, _] = frame::qr_codes(paper);
    code.rect.origin.x - frame::QR_QUIET_MM - CODE_GAP_MM - left
}

/// Office and quốc hiệu.
pub(crate) fn first(form: &Form, styles: &Styles) -> Result<Head, FormError> {
    let origin = frame::content(form.paper.size()).origin;
    let room = room(form);
    let mut draws = Vec::new();
    let mut bottom = origin.y;
    let nation = |width: f64| nation_block(form, styles, width);
    match (&form.office, form.national_header) {
        (None, false) => {}
        (None, true) => {
            let block = nation(room)?;
            bottom += block.height;
            draws.extend(moved(block, origin.x, origin.y));
        }
        (Some(_), false) => {
            let block = office_block(form, styles, room)?;
            bottom += block.height;
            draws.extend(moved(block, origin.x, origin.y));
        }
        (Some(_), true) => {
            let office_width = room * OFFICE_SHARE - 3.0;
            let nation_width = room - office_width - 3.0;
            let right = nation(nation_width)?;
            if right.draws.len() > nation(10.0 * room)?.draws.len() {
                // Too narrow for the name of the state on one line: one above
                // the other.
                let above = nation(room)?;
                let below = office_block(form, styles, room)?;
                bottom += above.height + 1.5 + below.height;
                let shift = above.height + 1.5;
                draws.extend(moved(above, origin.x, origin.y));
                draws.extend(moved(below, origin.x, origin.y + shift));
            } else {
                let left = office_block(form, styles, office_width)?;
                bottom += left.height.max(right.height);
                draws.extend(moved(left, origin.x, origin.y));
                draws.extend(moved(right, origin.x + room - nation_width, origin.y));
            }
        }
    }
    Ok(Head {
        draws,
        bottom: (bottom + 3.0).max(below_code() + 1.0),
    })
}

/// On the pages after the first: the title again, and how to mark.
pub(crate) fn running(form: &Form, styles: &Styles) -> Result<Head, FormError> {
    let origin = frame::content(form.paper.size()).origin;
    let room = room(form);
    let mut title = vec![Piece::new(
        Style::new(Face::Bold, styles.small),
        form.title.first.replace('\n', " "),
    )];
    title.push(Piece::new(
        Style::new(Face::Italic, styles.small),
        match form.languages[0] {
            Language::Vi => "  (tiếp theo)",
            Language::En => "  (continued)",
        },
    ));
    let p = Paragraph::set(&title, room, Align::Left)?;
    let mut draws = paragraph(&p, origin.x, origin.y);
    let mut y = origin.y + p.height();
    draws.push(Draw::Rule {
        from: MmPoint::new(origin.x, y + 0.4),
        to: MmPoint::new(origin.x + room, y + 0.4),
        width: LINE_MM,
    });
    y += 1.4;
    let reminder = instructions::reminder(form, styles, room)?;
    if let Some(p) = reminder {
        draws.extend(paragraph(&p, origin.x, y));
        y += p.height();
    }
    Ok(Head {
        draws,
        bottom: (y + 2.0).max(below_code() + 0.5),
    })
}

/// Title, subtitle and basis, centred.
pub(crate) fn title(form: &Form, styles: &Styles, width: f64) -> Result<Vec<Block>, FormError> {
    let mut block = Block {
        at: form.at,
        ..Block::default()
    };
    // A centred text that runs from margin to margin looks like a paragraph.
    let measure = width * 0.9;
    let mut y = 0.0;
    let mut put = |text: &Text, face, size, gap: f64| -> Result<(), FormError> {
        y += gap;
        for p in stacked(text, face, size, measure, Align::Centre)? {
            block
                .draws
                .extend(paragraph(&p, (width - measure) / 2.0, y));
            y += p.height();
        }
        Ok(())
    };
    put(&form.title, Face::Bold, styles.title, 0.0)?;
    if let Some(text) = &form.subtitle {
        put(text, Face::Bold, styles.heading, 0.0)?;
    }
    if let Some(text) = &form.basis {
        put(text, Face::Italic, styles.small, 0.3)?;
    }
    block.height = y;
    Ok(vec![block])
}

fn moved(block: Block, dx: f64, dy: f64) -> impl Iterator<Item = Draw> {
    block.draws.into_iter().map(move |d| d.moved(dx, dy))
}

fn nation_block(form: &Form, styles: &Styles, width: f64) -> Result<Block, FormError> {
    let mut block = Block::default();
    let size = styles.head;
    let mut y = 0.0;
    let mut put = |text: &str, face, size: f64, underlined: bool| -> Result<(), FormError> {
        let p = Paragraph::set(
            &[Piece::new(Style::new(face, size), text)],
            width,
            Align::Centre,
        )?;
        block.draws.extend(paragraph(&p, 0.0, y));
        y += p.height();
        if underlined {
            let (half, middle) = (p.width() / 2.0, width / 2.0);
            block.draws.push(Draw::Rule {
                from: MmPoint::new(middle - half, y),
                to: MmPoint::new(middle + half, y),
                width: LINE_MM,
            });
            y += 0.6;
        }
        Ok(())
    };
    put(NATION, Face::Bold, size, false)?;
    // One point more for the motto, as the decree has it.
    put(MOTTO, Face::Bold, size + 1.0, true)?;
    if form.languages.contains(&Language::En) {
        put(NATION_EN, Face::Italic, size * 0.8, false)?;
        put(MOTTO_EN, Face::Italic, size * 0.8, false)?;
    }
    block.height = y;
    Ok(block)
}

fn office_block(form: &Form, styles: &Styles, width: f64) -> Result<Block, FormError> {
    let mut block = Block::default();
    let Some(office) = &form.office else {
        return Ok(block);
    };
    let mut y = 0.0;
    if let Some(superior) = &office.superior {
        for p in stacked(superior, Face::Regular, styles.head, width, Align::Centre)? {
            block.draws.extend(paragraph(&p, 0.0, y));
            y += p.height();
        }
    }
    let p = Paragraph::set(
        &[Piece::new(
            Style::new(Face::Bold, styles.head),
            office.name.first.clone(),
        )],
        width,
        Align::Centre,
    )?;
    block.draws.extend(paragraph(&p, 0.0, y));
    y += p.height();
    let (half, middle) = (p.width() * OFFICE_LINE / 2.0, width / 2.0);
    block.draws.push(Draw::Rule {
        from: MmPoint::new(middle - half, y + 0.2),
        to: MmPoint::new(middle + half, y + 0.2),
        width: LINE_MM,
    });
    y += 0.8;
    if let Some(second) = &office.name.second {
        let text = Text {
            first: second.clone(),
            second: None,
        };
        let p = Paragraph::set(
            &inline(&text, Face::Italic, styles.head * 0.8),
            width,
            Align::Centre,
        )?;
        block.draws.extend(paragraph(&p, 0.0, y));
        y += p.height();
    }
    block.height = y;
    Ok(block)
}
