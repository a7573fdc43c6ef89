//! Tables that go on over pages, their heads repeated.

use super::{Flow, LINE_MM, bold, plain};
use crate::form::text::{Align, Paragraph, Piece};
use crate::form::{Draw, FormError, paragraph};
use crate::geometry::{MmPoint, mm_rect};

/// Size of text in tables, pt.
const SIZE: f64 = 9.0;
/// The same in heads: the longest word of a usual scale ("thường") fits a column of six
/// choices.
const HEAD_SIZE: f64 = 8.0;
/// Between a line and the text beside it, mm.
const PAD: f64 = 1.2;
/// Gray of the head.
const HEAD: f64 = 0.9;

/// How a column is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Set {
    /// Words.
    Left,
    /// Numbers.
    Right,
}

/// A column: what stands above it, its part of the width, how it is set.
pub(crate) type Column<'a> = (&'a str, f64, Set);

/// A line of a table.
#[derive(Debug, Clone, Default)]
pub(crate) struct Row {
    pub cells: Vec<String>,
    /// The first cell begins so much further right, mm.
    pub indent: f64,
    pub strong: bool,
}

impl Row {
    pub(crate) fn new(cells: Vec<String>) -> Self {
        Self {
            cells,
            ..Self::default()
        }
    }
}

/// A table over the width of the text.
pub(crate) fn table(
    flow: &mut Flow,
    columns: &[Column<'_>],
    rows: &[Row],
) -> Result<(), FormError> {
    let whole: f64 = columns.iter().map(|c| c.1).sum();
    let widths: Vec<f64> = columns
        .iter()
        .map(|c| c.1 / whole * Flow::width())
        .collect();
    let head = Row {
        cells: columns.iter().map(|c| c.0.to_owned()).collect(),
        strong: true,
        indent: 0.0,
    };
    let head = Cells::of(&head, columns, &widths, true)?;
    let mut first = true;
    for row in rows {
        let cells = Cells::of(row, columns, &widths, false)?;
        let needed = cells.height + if first { head.height } else { 0.0 };
        if flow.keep(needed) || first {
            head.draw(flow, &widths);
            first = false;
        }
        cells.draw(flow, &widths);
    }
    flow.gap(3.0);
    Ok(())
}

/// A row, set.
struct Cells {
    set: Vec<(f64, Paragraph)>,
    height: f64,
    head: bool,
}

impl Cells {
    fn of(
        row: &Row,
        columns: &[Column<'_>],
        widths: &[f64],
        head: bool,
    ) -> Result<Self, FormError> {
        let mut set = Vec::new();
        for (i, text) in row.cells.iter().enumerate().take(columns.len()) {
            let indent = if i == 0 { row.indent } else { 0.0 };
            let room = widths[i] - 2.0 * PAD - indent;
            let piece: Piece = match (head, row.strong) {
                (true, _) => bold(HEAD_SIZE, text),
                (_, true) => bold(SIZE, text),
                _ => plain(SIZE, text),
            };
            let align = match columns[i].2 {
                _ if head => Align::Centre,
                Set::Left => Align::Left,
                Set::Right => Align::Right,
            };
            let words = Paragraph::set(&[piece], room.max(5.0), align)?;
            set.push((PAD + indent, words));
        }
        let height = set.iter().map(|(_, p)| p.height()).fold(0.0, f64::max);
        Ok(Self {
            set,
            height: height + 1.4,
            head,
        })
    }

    fn draw(&self, flow: &mut Flow, widths: &[f64]) {
        let (left, top, bottom) = (Flow::left(), flow.y(), flow.y() + self.height);
        if self.head {
            let rect = mm_rect(left, top, Flow::width(), self.height);
            flow.draw([Draw::Shade { rect, gray: HEAD }]);
        }
        let mut x = left;
        let rule = |from: MmPoint, to: MmPoint| Draw::Rule {
            from,
            to,
            width: LINE_MM / 1.5,
        };
        for (i, width) in widths.iter().enumerate() {
            flow.draw([rule(MmPoint::new(x, top), MmPoint::new(x, bottom))]);
            if let Some((dx, words)) = self.set.get(i) {
                let down = (self.height - words.height()) / 2.0;
                flow.draw(paragraph(words, x + dx, top + down));
            }
            x += width;
        }
        let right = left + Flow::width();
        flow.draw([
            rule(MmPoint::new(right, top), MmPoint::new(right, bottom)),
            rule(MmPoint::new(left, top), MmPoint::new(right, top)),
            rule(MmPoint::new(left, bottom), MmPoint::new(right, bottom)),
        ]);
        flow.go_on_at(bottom);
    }
}
