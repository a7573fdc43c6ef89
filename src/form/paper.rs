//! Text that flows down pages, for papers that an office signs.

pub(crate) mod signatures;
pub(crate) mod table;

use super::FormError;
use super::compose::{Draw, paragraph};
use super::print::Plain;
use super::text::{Align, Face, Paragraph, Piece, Style, shape};
use crate::geometry::{MmPoint, MmSize};
use crate::lang::Lang;

/// Margins of an administrative document, mm: left, right, top, bottom. Decree
/// 30/2020/NĐ-CP, annex I, part I, I.3 asks for 30 to 35, 15 to 20, 20 to 25 and
/// 20 to 25.
const MARGINS: (f64, f64, f64, f64) = (30.0, 17.0, 20.0, 20.0);

/// Thickness of a drawn line, mm.
pub(crate) const LINE_MM: f64 = 0.25;

/// A4, the paper of administrative documents.
pub(crate) const A4: MmSize = MmSize::new(210.0, 297.0);

/// The office at the left, the national title and motto at the right, as every
/// administrative document begins (Decree 30/2020/NĐ-CP, annex I, part II). `number`
/// stands below the office, `place` below the motto.
pub(crate) fn national_heading(
    flow: &mut Flow,
    office: &[String],
    number: &str,
    place: Option<&str>,
) -> Result<(), FormError> {
    let (left, width, top) = (Flow::left(), Flow::width(), flow.y());
    // The national title must stay on one line.
    let right = 92.0;
    // An office that nobody named is written by hand.
    let dots = ["…".repeat(14)];
    let office = if office.is_empty() { &dots } else { office };
    let last = office.len().saturating_sub(1);
    let office: Vec<Vec<Piece>> = office
        .iter()
        .enumerate()
        .map(|(i, line)| {
            let line = line.to_uppercase();
            vec![if i == last {
                bold(10.0, &line)
            } else {
                plain(10.0, &line)
            }]
        })
        .collect();
    let below = flow.column(left - 8.0, width - right + 4.0, top, &office)?;
    let middle = left - 8.0 + (width - right + 4.0) / 2.0;
    flow.line(middle - 10.0, below + 0.8, 20.0);
    let number = flow.column(
        left - 8.0,
        width - right + 4.0,
        below + 2.0,
        &[vec![plain(10.0, number)]],
    )?;
    let motto = "Độc lập - Tự do - Hạnh phúc";
    let x = left + width - right;
    let mut under = flow.column(
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
    if let Some(place) = place {
        under = flow.column(x, right, under + 3.0, &[vec![italic(10.0, place)]])?;
    }
    flow.go_on_at(number.max(under) + 8.0);
    Ok(())
}

/// Pages that fill from the top.
#[derive(Debug)]
pub(crate) struct Flow {
    pages: Vec<Plain>,
    y: f64,
}

impl Flow {
    pub(crate) fn new() -> Self {
        Self {
            pages: vec![blank()],
            y: MARGINS.2,
        }
    }

    /// Left edge of the text, mm.
    pub(crate) fn left() -> f64 {
        MARGINS.0
    }

    /// Width of the text, mm.
    pub(crate) fn width() -> f64 {
        A4.width - MARGINS.0 - MARGINS.1
    }

    /// Where the next text comes, mm.
    pub(crate) fn y(&self) -> f64 {
        self.y
    }

    /// Leaves some room free, mm.
    pub(crate) fn gap(&mut self, height: f64) {
        self.y += height;
    }

    /// Goes to a new page if less than this is left, mm; says whether it did.
    pub(crate) fn keep(&mut self, height: f64) -> bool {
        let full = self.y + height > A4.height - MARGINS.3;
        if full {
            self.new_page();
        }
        full
    }

    /// Goes on at the top of a new page.
    pub(crate) fn new_page(&mut self) {
        self.pages.push(blank());
        self.y = MARGINS.2;
    }

    /// Draws on the page at hand.
    pub(crate) fn draw(&mut self, draws: impl IntoIterator<Item = Draw>) {
        if let Some(page) = self.pages.last_mut() {
            page.draws.extend(draws);
        }
    }

    /// A paragraph over the width of the text, and the room after it, mm.
    pub(crate) fn text(
        &mut self,
        pieces: &[Piece],
        align: Align,
        indent: f64,
        after: f64,
    ) -> Result<(), FormError> {
        let set = Paragraph::set(pieces, Self::width() - indent, align)?;
        self.keep(set.height());
        let (x, y) = (Self::left() + indent, self.y);
        self.draw(paragraph(&set, x, y));
        self.y += set.height() + after;
        Ok(())
    }

    /// Paragraphs one below the other, each centred in a column of the page at
    /// hand; where the last one ends, mm.
    pub(crate) fn column(
        &mut self,
        x: f64,
        width: f64,
        top: f64,
        texts: &[Vec<Piece>],
    ) -> Result<f64, FormError> {
        let mut y = top;
        for pieces in texts {
            let set = Paragraph::set(pieces, width, Align::Centre)?;
            self.draw(paragraph(&set, x, y));
            y += set.height();
        }
        Ok(y)
    }

    /// A level line.
    pub(crate) fn line(&mut self, x: f64, y: f64, width: f64) {
        self.draw([Draw::Rule {
            from: MmPoint::new(x, y),
            to: MmPoint::new(x + width, y),
            width: LINE_MM,
        }]);
    }

    /// Goes on below this, mm.
    pub(crate) fn go_on_at(&mut self, y: f64) {
        self.y = y;
    }

    /// The pages, each with this line at its foot; from the second on with their
    /// number at the top, as administrative documents have it.
    pub(crate) fn finish(mut self, foot: &str) -> Result<Vec<Plain>, FormError> {
        for (i, page) in self.pages.iter_mut().enumerate() {
            let set = Paragraph::set(&[italic(8.0, foot)], Self::width(), Align::Centre)?;
            let y = A4.height - MARGINS.3 / 2.0 - set.height() / 2.0;
            page.draws.extend(paragraph(&set, Self::left(), y));
            if i > 0 {
                let number = (i + 1).to_string();
                let set = Paragraph::set(&[plain(11.0, &number)], Self::width(), Align::Centre)?;
                page.draws
                    .extend(paragraph(&set, Self::left(), MARGINS.2 / 2.0 - 2.0));
            }
        }
        Ok(self.pages)
    }
}

fn blank() -> Plain {
    Plain {
        size: A4,
        draws: Vec::new(),
        symbols: Vec::new(),
    }
}

/// The first character that the fonts do not have.
pub(crate) fn unprintable(text: &str) -> Option<char> {
    [Face::Regular, Face::Bold, Face::Italic]
        .into_iter()
        .find_map(|face| lacks(face, text))
}

fn lacks(face: Face, text: &str) -> Option<char> {
    // Boxes are drawn, not set.
    let set = text.replace(['☐', '☒'], "");
    match shape(face, 10.0, &set) {
        Err(FormError::MissingGlyph { character, .. }) => Some(character),
        _ => None,
    }
}

/// Names that were written down elsewhere (a campaign's, a unit's) may have
/// characters that the fonts lack; minutes that cannot be printed at all because of
/// one would be worse than a question mark.
fn piece(face: Face, size: f64, text: &str) -> Piece {
    let mut text = text.replace(char::is_control, " ");
    while let Some(character) = lacks(face, &text) {
        let without = text.replace(character, "?");
        if without == text {
            break;
        }
        text = without;
    }
    Piece::new(Style::new(face, size), text)
}

pub(crate) fn plain(size: f64, text: &str) -> Piece {
    piece(Face::Regular, size, text)
}

pub(crate) fn bold(size: f64, text: &str) -> Piece {
    piece(Face::Bold, size, text)
}

pub(crate) fn italic(size: f64, text: &str) -> Piece {
    piece(Face::Italic, size, text)
}

/// Digits in groups of three, with points between as Vietnamese writes them.
pub(crate) fn grouped(n: u64) -> String {
    Lang::Vi.grouped(n)
}
