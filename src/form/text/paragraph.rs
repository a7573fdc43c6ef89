//! From pieces of text to lines of a given width.

use unicode_linebreak::{BreakOpportunity, linebreaks};

use super::{Face, PT_MM, Run, shape};
use crate::form::FormError;

/// Face and size.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Style {
    pub face: Face,
    pub size_pt: f64,
}

impl Style {
    pub(crate) fn new(face: Face, size_pt: f64) -> Self {
        Self { face, size_pt }
    }
    /// The em, mm.
    pub(crate) fn em(self) -> f64 {
        self.size_pt * PT_MM
    }
}

/// A drawn box within a text, to show how to mark. Authors write `□`, `☒`,
/// `■` and `⊗`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Picture {
    Empty,
    Crossed,
    Filled,
    /// Crossed and circled.
    Circled,
}

impl Picture {
    fn of(c: char) -> Option<Self> {
        match c {
            '□' | '☐' => Some(Self::Empty),
            '☒' => Some(Self::Crossed),
            '■' => Some(Self::Filled),
            '⊗' => Some(Self::Circled),
            _ => None,
        }
    }

    /// Side of the box in a text of this em: a little more than a capital's
    /// height, so that it sits in the line like a letter.
    pub(crate) fn side(em: f64) -> f64 {
        0.86 * em
    }

    /// Width with the room around it.
    pub(crate) fn width(self, em: f64) -> f64 {
        Self::side(em)
            + match self {
                Self::Circled => 0.5 * em,
                _ => 0.16 * em,
            }
    }
}

/// A stretch of text in one style.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Piece {
    pub style: Style,
    pub text: String,
}

impl Piece {
    pub(crate) fn new(style: Style, text: impl Into<String>) -> Self {
        Self {
            style,
            text: text.into(),
        }
    }
}

/// Where lines stand within their width.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    /// At the left, broken into lines of about the same length.
    Balanced,
    /// Centred, broken into lines of about the same length.
    Centre,
    /// Each line ends at the right.
    Right,
}

/// What stands on a line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Element {
    Run(Run),
    Picture(Picture, f64),
}

impl Element {
    fn width(&self) -> f64 {
        match self {
            Self::Run(run) => run.width,
            Self::Picture(picture, em) => picture.width(*em),
        }
    }
}

/// One line: elements with their x, mm.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Line {
    pub elements: Vec<(f64, Element)>,
    pub width: f64,
}

/// Lines with a common pitch.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Paragraph {
    pub lines: Vec<Line>,
    /// From baseline to baseline, mm.
    pub pitch: f64,
    /// From the paragraph's top to the first baseline, mm.
    pub ascent: f64,
    /// From the last baseline to the paragraph's bottom, mm.
    pub descent: f64,
}

/// The height of Noto Sans' tallest letters (Ẫ) above the baseline and of its
/// deepest below it, in em, as its `hhea` table says: between these lines
/// there is all of the ink.
const ASCENT: f64 = 1.069;
const DESCENT: f64 = 0.293;
/// Line pitch in em: close enough for a form, and Vietnamese marks never touch
/// the line above.
const PITCH: f64 = 1.36;

/// The smallest piece that stays together.
#[derive(Debug, Clone)]
enum Segment {
    Text {
        style: Style,
        text: String,
        /// With and without the blanks at its end, mm.
        widths: (f64, f64),
        end_line: bool,
    },
    Picture(Picture, f64),
}

impl Segment {
    fn widths(&self) -> (f64, f64) {
        match self {
            Self::Text { widths, .. } => *widths,
            Self::Picture(picture, em) => (picture.width(*em), picture.width(*em)),
        }
    }
}

impl Paragraph {
    /// Breaks the pieces into lines no wider than `width` mm.
    ///
    /// # Errors
    /// [`FormError::MissingGlyph`] if the font lacks a character.
    pub(crate) fn set(pieces: &[Piece], width: f64, align: Align) -> Result<Self, FormError> {
        let segments = segments(pieces, width)?;
        let mut broken = break_lines(&segments, width);
        if matches!(align, Align::Balanced | Align::Centre) && broken.len() > 1 {
            broken = balance(&segments, width, broken);
        }
        let mut lines = Vec::with_capacity(broken.len());
        for line in broken {
            let line = set_line(line)?;
            lines.push(match align {
                Align::Left | Align::Balanced => line,
                Align::Centre => line.moved((width - line.width) / 2.0),
                Align::Right => line.moved(width - line.width),
            });
        }
        let em = pieces.iter().map(|p| p.style.em()).fold(0.0, f64::max);
        Ok(Self {
            lines,
            pitch: PITCH * em,
            ascent: ASCENT * em,
            descent: DESCENT * em,
        })
    }

    /// From the top of the first line to the bottom of the last, mm.
    pub(crate) fn height(&self) -> f64 {
        match self.lines.len() {
            0 => 0.0,
            n => self.ascent + (n - 1) as f64 * self.pitch + self.descent,
        }
    }

    /// Width of the widest line, mm.
    pub(crate) fn width(&self) -> f64 {
        self.lines.iter().map(|l| l.width).fold(0.0, f64::max)
    }
}

impl Line {
    fn moved(&self, dx: f64) -> Self {
        Self {
            elements: self
                .elements
                .iter()
                .map(|(x, e)| (x + dx, e.clone()))
                .collect(),
            width: self.width,
        }
    }
}

fn segments(pieces: &[Piece], width: f64) -> Result<Vec<Segment>, FormError> {
    let mut out = Vec::new();
    for piece in pieces {
        let em = piece.style.em();
        let mut plain = String::new();
        for c in piece.text.chars() {
            if let Some(picture) = Picture::of(c) {
                push_text(&mut out, piece.style, &plain, width)?;
                plain.clear();
                out.push(Segment::Picture(picture, em));
            } else {
                plain.push(c);
            }
        }
        push_text(&mut out, piece.style, &plain, width)?;
    }
    Ok(out)
}

fn push_text(
    out: &mut Vec<Segment>,
    style: Style,
    text: &str,
    width: f64,
) -> Result<(), FormError> {
    let mut start = 0;
    for (end, kind) in linebreaks(text) {
        let part = &text[start..end];
        start = end;
        let end_line = kind == BreakOpportunity::Mandatory && part.ends_with('\n');
        let part = part.trim_end_matches(['\n', '\r']);
        let mut segment = measure(style, part, end_line)?;
        if segment.widths().1 > width + SLACK_MM {
            // A word that is wider than the line is cut where it must be.
            let mut piece = String::new();
            for c in part.chars() {
                piece.push(c);
                if measure(style, &piece, false)?.widths().1 > width && piece.chars().count() > 1 {
                    piece.pop();
                    out.push(measure(style, &piece, false)?);
                    piece = c.to_string();
                }
            }
            segment = measure(style, &piece, end_line)?;
        }
        out.push(segment);
    }
    Ok(())
}

fn measure(style: Style, text: &str, end_line: bool) -> Result<Segment, FormError> {
    let whole = shape(style.face, style.size_pt, text)?.width;
    let trimmed = shape(style.face, style.size_pt, text.trim_end())?.width;
    Ok(Segment::Text {
        style,
        text: text.to_owned(),
        widths: (whole, trimmed),
        end_line,
    })
}

/// Sums and differences of widths that should fit exactly may be off by this,
/// mm; kerning between segments, too.
const SLACK_MM: f64 = 1e-6;

/// Fills lines one after the other.
fn break_lines(segments: &[Segment], width: f64) -> Vec<Vec<Segment>> {
    let mut lines = Vec::new();
    let mut line: Vec<Segment> = Vec::new();
    let mut used = 0.0;
    for segment in segments {
        let (whole, trimmed) = segment.widths();
        if !line.is_empty() && used + trimmed > width + SLACK_MM {
            lines.push(std::mem::take(&mut line));
            used = 0.0;
        }
        used += whole;
        line.push(segment.clone());
        if matches!(segment, Segment::Text { end_line: true, .. }) {
            lines.push(std::mem::take(&mut line));
            used = 0.0;
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    lines
}

/// The narrowest setting with no more lines.
fn balance(segments: &[Segment], width: f64, full: Vec<Vec<Segment>>) -> Vec<Vec<Segment>> {
    let (mut low, mut high) = (0.0, width);
    let mut best = full;
    // Twenty halvings of 200 mm: below a thousandth of a millimetre.
    for _ in 0..20 {
        let middle = f64::midpoint(low, high);
        let lines = break_lines(segments, middle);
        let fits = segments.iter().all(|s| s.widths().1 <= middle + SLACK_MM);
        if fits && lines.len() <= best.len() {
            best = lines;
            high = middle;
        } else {
            low = middle;
        }
    }
    best
}

fn set_line(segments: Vec<Segment>) -> Result<Line, FormError> {
    let mut pieces: Vec<(Style, String)> = Vec::new();
    let mut elements: Vec<Element> = Vec::new();
    let flush = |pieces: &mut Vec<(Style, String)>, elements: &mut Vec<Element>, trim: bool| {
        let count = pieces.len();
        for (i, (style, text)) in pieces.drain(..).enumerate() {
            let text = if trim && i + 1 == count {
                text.trim_end()
            } else {
                &text
            };
            if !text.is_empty() {
                elements.push(Element::Run(shape(style.face, style.size_pt, text)?));
            }
        }
        Ok::<(), FormError>(())
    };
    for segment in segments {
        match segment {
            Segment::Text { style, text, .. } => match pieces.last_mut() {
                Some((last, so_far)) if *last == style => so_far.push_str(&text),
                _ => pieces.push((style, text)),
            },
            Segment::Picture(picture, em) => {
                flush(&mut pieces, &mut elements, false)?;
                elements.push(Element::Picture(picture, em));
            }
        }
    }
    flush(&mut pieces, &mut elements, true)?;
    let mut x = 0.0;
    let mut placed = Vec::with_capacity(elements.len());
    for element in elements {
        let width = element.width();
        placed.push((x, element));
        x += width;
    }
    Ok(Line {
        elements: placed,
        width: x,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const STYLE: Style = Style {
        face: Face::Regular,
        size_pt: 10.0,
    };

    fn lines(text: &str, width: f64, align: Align) -> Vec<f64> {
        let paragraph = Paragraph::set(&[Piece::new(STYLE, text)], width, align).unwrap();
        paragraph.lines.iter().map(|l| l.width).collect()
    }

    #[test]
    fn no_line_is_wider_than_asked_for() {
        let text = "Cơ sở vật chất tại Bộ phận tiếp nhận và trả kết quả có đáp ứng yêu cầu \
                    (nơi ngồi chờ, bàn viết, ghế, quạt mát, vệ sinh chung,...)? \
                    https://example.vn/mot-dia-chi-rat-dai-khong-co-cho-nao-de-ngat-dong-ca";
        for width in [20.0, 35.0, 61.0, 180.0] {
            for w in lines(text, width, Align::Left) {
                assert!(w <= width + 0.01, "{w} > {width}");
            }
        }
    }

    #[test]
    fn centred_lines_have_about_the_same_length() {
        let w = lines(
            "LẤY Ý KIẾN CỦA CÁ NHÂN, NGƯỜI ĐẠI DIỆN TỔ CHỨC",
            70.0,
            Align::Centre,
        );
        assert_eq!(w.len(), 2);
        assert!((w[0] - w[1]).abs() < 25.0, "{w:?}");
    }

    #[test]
    fn a_box_in_the_text_is_drawn() {
        let p = Paragraph::set(
            &[Piece::new(STYLE, "đánh dấu vào ô vuông (□) tương ứng")],
            100.0,
            Align::Left,
        )
        .unwrap();
        assert!(
            p.lines[0]
                .elements
                .iter()
                .any(|(_, e)| matches!(e, Element::Picture(Picture::Empty, _)))
        );
    }
}
