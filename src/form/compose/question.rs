//! A question with its choices.

use super::block::{BETWEEN_BOXES_MM, BOX_MM, Block, CLEAR_MM, TINY_MM};
use super::draw::{Draw, paragraph};
use super::style::{Styles, around_line, inline};
use crate::form::text::{Align, Face, Paragraph, Piece, Style, shape};
use crate::form::{AreaKind, Choice, Form, FormError, Inline, Position, Question};
use crate::geometry::{MmPoint, mm_rect};

/// Choices stand further in than the question, mm.
const INDENT_MM: f64 = 6.0;
/// From a box to its label, mm: the least that is allowed, a hair more.
const LABEL_MM: f64 = CLEAR_MM + 0.1;
/// From a label to the next box, mm: more than to its own, so that nobody
/// takes the wrong one.
const AFTER_LABEL_MM: f64 = 5.0;
/// Least length of a line to write on beside a choice, mm.
const NOTE_LINE_MM: f64 = 30.0;
/// Height that handwriting takes above its line, mm.
const WRITING_MM: f64 = 7.0;
/// Where columns of choices may begin, as parts of the width: few, so that the
/// boxes of different questions stand below each other.
const PARTS: [u32; 5] = [6, 4, 3, 2, 1];

/// The question as one block.
pub(crate) fn block(
    form: &Form,
    styles: &Styles,
    question: &Question,
    at: Position,
    width: f64,
) -> Result<Block, FormError> {
    let mut block = Block {
        space_before: styles.gap,
        at,
        ..Block::default()
    };
    let bold = Style::new(Face::Bold, styles.body);
    let mut pieces = Vec::new();
    if !question.label.is_empty() {
        pieces.push(Piece::new(bold, format!("{} ", question.label)));
    }
    pieces.extend(inline(&question.text, Face::Regular, styles.body));
    let text = Paragraph::set(&pieces, width, Align::Left)?;
    block.draws = paragraph(&text, 0.0, 0.0);
    block.height = text.height();

    let room = width - INDENT_MM;
    let labels = labels(styles, question, room)?;
    let columns = columns(question, &labels, room);
    let column = room / f64::from(columns.of);
    let mut top = block.ink_bottom() + CLEAR_MM + 0.3;
    let mut start = 0;
    while start < labels.len() {
        let end = (start + columns.used as usize).min(labels.len());
        let mut next = top + BOX_MM + BETWEEN_BOXES_MM;
        for (i, label) in labels[start..end].iter().enumerate() {
            let choice = &question.choices[start + i];
            let x = INDENT_MM + i as f64 * column;
            block.checkbox(&question.id, &choice.id, x, top);
            let label_x = x + BOX_MM + LABEL_MM;
            // The first line's capitals are centred on the box.
            let em = Style::new(Face::Regular, styles.body).em();
            let y = top + BOX_MM / 2.0 + 0.357 * em - label.ascent;
            let drawn = paragraph(label, label_x, y);
            // Some letters (J) reach to the left of where they begin.
            let left = drawn.iter().flat_map(Draw::ink).map(|r| r.min_x());
            let over = (label_x - left.fold(f64::MAX, f64::min)).max(0.0);
            let label_x = label_x + over;
            block
                .draws
                .extend(drawn.into_iter().map(|d| d.moved(over, 0.0)));
            let mut bottom = y + label.height();
            if choice.note.is_some() {
                let last = i + 1 == end - start;
                let limit = if last {
                    width
                } else {
                    x + column - AFTER_LABEL_MM
                };
                let end = note(styles, &mut block, choice, label, (label_x, y), limit)?;
                bottom = bottom.max(end);
            }
            next = next.max(bottom + 0.5);
            block.height = block.height.max(bottom).max(top + BOX_MM);
        }
        top = next;
        start = end;
    }
    if block.boxes.iter().any(|b| b.rect.max_x() > width + TINY_MM) {
        return Err(form.mistake(
            at,
            format!("the choices of {} are too wide for the paper", question.id),
            "shorten their texts or write layout = \"lines\"",
        ));
    }
    Ok(block)
}

/// The line to write on after (or below) a label; returns its lower end.
fn note(
    styles: &Styles,
    block: &mut Block,
    choice: &Choice,
    label: &Paragraph,
    (x, y): (f64, f64),
    limit: f64,
) -> Result<f64, FormError> {
    let Some(area) = &choice.note else {
        return Ok(y);
    };
    let last = label.lines.last().map_or(0.0, |l| l.width);
    let lines = label.lines.len().saturating_sub(1) as f64;
    let mut baseline = y + label.ascent + lines * label.pitch;
    let mut from = x + last + 1.0;
    if limit - from < NOTE_LINE_MM {
        from = x;
        baseline += WRITING_MM;
    }
    let (_, after) = around_line(&area.text);
    let style = Style::new(Face::Italic, styles.body);
    let to = dotted(block, style, (from, limit), baseline, &after)?;
    let line_y = baseline + BELOW_BASELINE_MM;
    let bottom = line_y + 1.2;
    // Where the lines are close, the room above this one ends at the last.
    let above = block.areas.iter().filter(|a| a.rect.max_x() > from);
    let top = above
        .map(|a| a.rect.max_y())
        .filter(|y| *y < line_y)
        .fold(bottom - WRITING_MM, f64::max);
    block.area(
        &area.id,
        AreaKind::Text,
        mm_rect(from, top, to - from, bottom - top),
    );
    // The next writing line's hand must not reach into this one's room.
    Ok(line_y + 2.4)
}

/// Writing lines are this much below the baseline of the text before them, mm.
pub(crate) const BELOW_BASELINE_MM: f64 = 0.6;

/// A writing line on a line of text, with the words that close it; returns
/// where the line ends.
pub(crate) fn dotted(
    block: &mut Block,
    style: Style,
    (from, limit): (f64, f64),
    baseline: f64,
    after: &str,
) -> Result<f64, FormError> {
    let mut to = limit;
    if !after.is_empty() {
        let run = shape(style.face, style.size_pt, after)?;
        let x = limit - run.width;
        to = x - 0.6;
        block.draws.push(Draw::Text {
            at: MmPoint::new(x, baseline),
            run,
        });
    }
    block.draws.push(Draw::Dots {
        from: MmPoint::new(from, baseline + BELOW_BASELINE_MM),
        to_x: to,
    });
    Ok(to)
}

fn labels(styles: &Styles, question: &Question, room: f64) -> Result<Vec<Paragraph>, FormError> {
    let column = match question.layout {
        Inline::Columns(n) => room / f64::from(n) - AFTER_LABEL_MM,
        Inline::Auto | Inline::Lines => room,
    };
    question
        .choices
        .iter()
        .map(|choice| {
            let mut pieces = inline(&choice.text, Face::Regular, styles.body);
            if let Some(note) = &choice.note {
                let space = Style::new(Face::Regular, styles.body);
                pieces.push(Piece::new(space, " "));
                pieces.extend(inline(
                    &around_line(&note.text).0,
                    Face::Italic,
                    styles.body,
                ));
            }
            Paragraph::set(&pieces, (column - BOX_MM - LABEL_MM).max(10.0), Align::Left)
        })
        .collect()
}

/// How the choices stand: `used` in a row, each as wide as one of `of` parts.
struct Columns {
    used: u32,
    of: u32,
}

fn columns(question: &Question, labels: &[Paragraph], room: f64) -> Columns {
    let count = u32::try_from(labels.len()).unwrap_or(u32::MAX).max(1);
    match question.layout {
        Inline::Lines => Columns { used: 1, of: 1 },
        Inline::Columns(n) => Columns { used: n, of: n },
        Inline::Auto => {
            let fits = |of: u32, in_a_row: u32| {
                let column = room / f64::from(of);
                labels.iter().enumerate().all(|(i, label)| {
                    let i = i as u32;
                    let last = i % in_a_row == in_a_row - 1 || i + 1 == count;
                    // The last of a row may run to the margin.
                    let have = if last {
                        room - f64::from(i % in_a_row) * column
                    } else {
                        column - AFTER_LABEL_MM
                    };
                    let has_note = question.choices[i as usize].note.is_some();
                    let line = if has_note { NOTE_LINE_MM } else { 0.0 };
                    label.lines.len() == 1 && BOX_MM + LABEL_MM + label.width() + line <= have
                })
            };
            // All in one row at the narrowest columns that hold them; the
            // widest of six is too narrow to be told apart at a glance unless
            // there are that many choices.
            let one_row = PARTS
                .into_iter()
                .filter(|of| *of >= count && (*of <= 4 || count > 4))
                .find(|of| fits(*of, count));
            if let Some(of) = one_row {
                return Columns { used: count, of };
            }
            let rows = [3, 2].into_iter().find(|of| *of < count && fits(*of, *of));
            match rows {
                Some(of) => Columns { used: of, of },
                None => Columns { used: 1, of: 1 },
            }
        }
    }
}
