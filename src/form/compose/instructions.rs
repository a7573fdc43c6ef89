//! How to mark and how to correct, in words and drawn.

use super::block::Block;
use super::draw::{Draw, paragraph};
use super::style::{Styles, inline};
use crate::form::text::{Align, Face, Paragraph, Piece, Style};
use crate::form::{Correction, Form, FormError, Language, Text};
use crate::geometry::mm_rect;

/// Between the panel's frame and its text, mm.
const PAD_MM: f64 = 2.0;
/// Frame of the panel, mm.
const FRAME_MM: f64 = 0.2;

/// The usual words. The pictures □ ☒ ■ ⊗ are drawn.
fn usual(language: Language, correction: Correction) -> [&'static str; 2] {
    match (language, correction) {
        (Language::Vi, Correction::FillCancels) => [
            "Cách đánh dấu: Xin Ông/Bà đánh dấu ☒ vào ô tương ứng với phương án trả lời mà Ông/Bà chọn.",
            "Cách sửa: nếu đánh dấu nhầm, xin tô kín ô sai ■ rồi đánh dấu ☒ vào ô đúng. Không gấp, không viết vào các mã ở góc phiếu.",
        ],
        (Language::Vi, Correction::CircleCancels) => [
            "Cách đánh dấu: Xin Ông/Bà đánh dấu ☒ vào ô tương ứng với phương án trả lời mà Ông/Bà chọn.",
            "Cách sửa: nếu đánh dấu nhầm, xin khoanh tròn ô sai ⊗ rồi đánh dấu ☒ vào ô đúng. Không gấp, không viết vào các mã ở góc phiếu.",
        ],
        (Language::Vi, Correction::None) => [
            "Cách đánh dấu: Xin Ông/Bà đánh dấu ☒ vào ô tương ứng với phương án trả lời mà Ông/Bà chọn.",
            "Nếu đánh dấu nhầm, xin Ông/Bà đổi phiếu khác. Không gấp, không viết vào các mã ở góc phiếu.",
        ],
        (Language::En, Correction::FillCancels) => [
            "How to mark: put a cross ☒ into the box of your answer.",
            "To correct: fill the wrong box completely ■ and put a cross ☒ into the right one. Please do not fold the sheet or write on the codes.",
        ],
        (Language::En, Correction::CircleCancels) => [
            "How to mark: put a cross ☒ into the box of your answer.",
            "To correct: circle the wrong box ⊗ and put a cross ☒ into the right one. Please do not fold the sheet or write on the codes.",
        ],
        (Language::En, Correction::None) => [
            "How to mark: put a cross ☒ into the box of your answer.",
            "If you made a mistake, please ask for another sheet. Please do not fold the sheet or write on the codes.",
        ],
    }
}

fn usual_texts(form: &Form) -> Vec<Text> {
    let words = |l: &Language| usual(*l, form.correction);
    let first = form.languages.first().map(words).unwrap_or_default();
    let second = form.languages.get(1).map(words);
    (0..2)
        .map(|i| Text {
            first: first[i].to_owned(),
            second: second.map(|s| s[i].to_owned()),
        })
        .collect()
}

/// The panel below the title.
pub(crate) fn panel(form: &Form, styles: &Styles, width: f64) -> Result<Vec<Block>, FormError> {
    let texts = form
        .instructions
        .clone()
        .unwrap_or_else(|| usual_texts(form));
    if texts.is_empty() {
        return Ok(Vec::new());
    }
    let mut block = Block {
        space_before: styles.gap,
        at: form.at,
        ..Block::default()
    };
    let mut y = PAD_MM - 0.6;
    for text in &texts {
        let p = Paragraph::set(
            &with_bold_lead(text, styles.small),
            width - 2.0 * PAD_MM,
            Align::Left,
        )?;
        block.draws.extend(paragraph(&p, PAD_MM, y));
        y += p.height() + 0.3;
    }
    y += PAD_MM - 1.0;
    block.draws.push(Draw::Outline {
        rect: mm_rect(0.0, 0.0, width, y),
        width: FRAME_MM,
    });
    block.height = y;
    Ok(vec![block])
}

/// "Cách sửa:" and its like stand out.
fn with_bold_lead(text: &Text, size: f64) -> Vec<Piece> {
    /// Longer than this before a colon is a sentence, not a lead.
    const LEAD: usize = 20;
    let lead = text
        .first
        .find(':')
        .map(|at| at + 1)
        .filter(|at| text.first[..*at].chars().count() <= LEAD);
    match lead {
        None => inline(text, Face::Regular, size),
        Some(at) => {
            let rest = Text {
                first: text.first[at..].to_owned(),
                second: text.second.clone(),
            };
            let bold = Style::new(Face::Bold, size);
            let mut pieces = vec![Piece::new(bold, &text.first[..at])];
            pieces.extend(inline(&rest, Face::Regular, size));
            pieces
        }
    }
}

/// One line for the pages after the first, in the first language.
pub(crate) fn reminder(
    form: &Form,
    styles: &Styles,
    width: f64,
) -> Result<Option<Paragraph>, FormError> {
    if form.instructions.is_some() {
        return Ok(None);
    }
    let words = match (form.languages.first(), form.correction) {
        (Some(Language::En), Correction::FillCancels) => "Mark ☒.  To correct: fill ■ and mark ☒.",
        (Some(Language::En), Correction::CircleCancels) => {
            "Mark ☒.  To correct: circle ⊗ and mark ☒."
        }
        (Some(Language::En), Correction::None) => "Mark ☒.",
        (_, Correction::FillCancels) => {
            "Đánh dấu ☒ vào ô được chọn.  Nếu nhầm: tô kín ô sai ■ rồi đánh dấu ☒ vào ô đúng."
        }
        (_, Correction::CircleCancels) => {
            "Đánh dấu ☒ vào ô được chọn.  Nếu nhầm: khoanh tròn ô sai ⊗ rồi đánh dấu ☒ vào ô đúng."
        }
        (_, Correction::None) => "Đánh dấu ☒ vào ô được chọn.",
    };
    let style = Style::new(Face::Regular, styles.small);
    Paragraph::set(&[Piece::new(style, words)], width, Align::Left).map(Some)
}
