//! The typographic scale: few sizes, each with one job.

use crate::form::text::{Align, Face, Paragraph, Piece, Style};
use crate::form::{Form, FormError, Paper, Text};

/// Sizes for one paper.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Styles {
    /// Questions and choices, pt.
    pub body: f64,
    /// Name of the form.
    pub title: f64,
    /// What it is about, headings.
    pub heading: f64,
    /// Quốc hiệu and the office's name.
    pub head: f64,
    /// Instructions, notes, rows of grids.
    pub small: f64,
    /// Heads of columns.
    pub column: f64,
    /// Foot.
    pub foot: f64,
    /// Between items, mm.
    pub gap: f64,
}

/// The second language against the first.
const SECOND: f64 = 0.86;

impl Styles {
    pub(crate) fn of(form: &Form) -> Self {
        let full = Self {
            body: 10.5,
            title: 15.0,
            heading: 11.5,
            head: 10.5,
            small: 9.5,
            column: 8.0,
            foot: 7.0,
            gap: 3.4,
        };
        match form.paper {
            Paper::A4 | Paper::Letter | Paper::Legal => full,
            // A5 is read at the same distance: nothing shrinks in proportion.
            Paper::A5 => Self {
                body: 9.5,
                title: 12.5,
                heading: 10.0,
                head: 9.0,
                small: 8.5,
                column: 7.5,
                foot: 6.5,
                gap: 3.0,
            },
        }
    }
}

/// The pieces of a text: the second language follows on the same line, in
/// smaller italics.
pub(crate) fn inline(text: &Text, face: Face, size: f64) -> Vec<Piece> {
    let mut pieces = vec![Piece::new(Style::new(face, size), text.first.clone())];
    if let Some(second) = &text.second {
        let style = Style::new(Face::Italic, size * SECOND);
        pieces.push(Piece::new(style, format!(" / {second}")));
    }
    pieces
}

/// The paragraphs of a text: the second language below the first.
pub(crate) fn stacked(
    text: &Text,
    face: Face,
    size: f64,
    width: f64,
    align: Align,
) -> Result<Vec<Paragraph>, FormError> {
    let mut out = vec![Paragraph::set(
        &[Piece::new(Style::new(face, size), text.first.clone())],
        width,
        align,
    )?];
    if let Some(second) = &text.second {
        let style = Style::new(Face::Italic, size * SECOND);
        out.push(Paragraph::set(
            &[Piece::new(style, second.clone())],
            width,
            align,
        )?);
    }
    Ok(out)
}

/// Width of the widest word of a text that is set by [`stacked`], mm. Words
/// that the author joined by no-break spaces are one.
pub(crate) fn widest_word(text: &Text, face: Face, size: f64) -> Result<f64, FormError> {
    let first = (text.first.as_str(), Style::new(face, size));
    let second = text
        .second
        .as_deref()
        .map(|t| (t, Style::new(Face::Italic, size * SECOND)));
    let mut widest = 0.0_f64;
    for (text, style) in [Some(first), second].into_iter().flatten() {
        for word in text.split_ascii_whitespace() {
            let set = Paragraph::set(&[Piece::new(style, word)], f64::MAX, Align::Left)?;
            widest = widest.max(set.width());
        }
    }
    Ok(widest)
}

/// What stands before a line to write on, and what after it: the author writes
/// `…` or `...` where the line goes, as in `(xin ghi rõ: …)`. Without it the
/// line is at the end.
pub(crate) fn around_line(text: &Text) -> (Text, String) {
    let cut = |text: &str| -> (String, String) {
        let at = [text.find('…'), text.find("...")];
        match at.into_iter().flatten().min() {
            None => (text.to_owned(), String::new()),
            Some(at) => (
                text[..at].trim_end().to_owned(),
                text[at..].trim_matches(['.', '…', ' ']).to_owned(),
            ),
        }
    };
    let (first, after) = cut(&text.first);
    let second = text.second.as_deref().map(|t| cut(t).0);
    (Text { first, second }, after)
}
