//! Headings, notes, writing lines and boxes for digits.

use super::block::Block;
use super::draw::{Draw, paragraph};
use super::question;
use super::style::{Styles, around_line, inline};
use crate::form::text::{Align, Face, Paragraph, Style};
use crate::form::{
    AreaKind, DigitsField, Form, FormError, Item, ItemKind, Position, Text, WritingField,
};
use crate::geometry::{MmPoint, mm_rect};

/// From writing line to writing line, mm: a hand's usual pitch.
const LINE_PITCH_MM: f64 = 8.0;
/// A cell for a digit, mm.
const CELL_MM: (f64, f64) = (6.0, 7.5);
/// Width of a hyphen between groups of cells with the room around it, mm.
const HYPHEN_MM: f64 = 4.5;
/// Lines around cells, mm.
const CELL_LINE_MM: f64 = 0.2;
/// Between items that stand beside each other, mm.
const BESIDE_MM: f64 = 6.0;
/// Least length of a line to write on, mm.
const LEAST_LINE_MM: f64 = 25.0;

/// A heading with a rule below.
pub(crate) fn section(styles: &Styles, text: &Text, width: f64) -> Result<Block, FormError> {
    let p = Paragraph::set(
        &inline(text, Face::Bold, styles.heading),
        width,
        Align::Left,
    )?;
    let mut block = Block {
        space_before: styles.gap + 1.6,
        keep_with_next: true,
        draws: paragraph(&p, 0.0, 0.0),
        ..Block::default()
    };
    let y = p.height() + 0.3;
    block.draws.push(Draw::Rule {
        from: MmPoint::new(0.0, y),
        to: MmPoint::new(width, y),
        width: 0.3,
    });
    block.height = y + 0.2;
    Ok(block)
}

/// Words to the reader.
pub(crate) fn note(styles: &Styles, text: &Text, width: f64) -> Result<Block, FormError> {
    let p = Paragraph::set(
        &inline(text, Face::Italic, styles.small),
        width,
        Align::Left,
    )?;
    Ok(Block {
        space_before: styles.gap,
        height: p.height(),
        draws: paragraph(&p, 0.0, 0.0),
        ..Block::default()
    })
}

/// An item that is one block: a question, a writing field, digits.
pub(crate) fn single(
    form: &Form,
    styles: &Styles,
    item: &Item,
    width: f64,
) -> Result<Block, FormError> {
    match &item.kind {
        ItemKind::Question(q) => question::block(form, styles, q, item.at, width),
        ItemKind::Writing(w) => writing(form, styles, w, item.at, width),
        ItemKind::Digits(d) => digits(form, styles, d, item.at, width),
        // The caller sends nothing else; an empty block harms nobody.
        _ => Ok(Block::default()),
    }
}

/// Items beside each other, in columns of equal width.
pub(crate) fn beside(
    form: &Form,
    styles: &Styles,
    items: &[&Item],
    width: f64,
) -> Result<Block, FormError> {
    let count = items.len() as f64;
    let column = (width - (count - 1.0) * BESIDE_MM) / count;
    let mut row = Block {
        space_before: styles.gap,
        at: items[0].at,
        ..Block::default()
    };
    if column < LEAST_LINE_MM + 10.0 {
        return Err(form.mistake(
            items[items.len() - 1].at,
            format!("{} items do not fit beside each other", items.len()),
            "take `beside` out of some of them",
        ));
    }
    for (i, item) in items.iter().enumerate() {
        let block = single(form, styles, item, column)?;
        row.space_before = row.space_before.max(block.space_before);
        row.absorb(block, i as f64 * (column + BESIDE_MM), 0.0);
    }
    Ok(row)
}

fn writing(
    form: &Form,
    styles: &Styles,
    field: &WritingField,
    at: Position,
    width: f64,
) -> Result<Block, FormError> {
    let (text, after) = if field.inline {
        around_line(&field.text)
    } else {
        (field.text.clone(), String::new())
    };
    let label = Paragraph::set(
        &inline(&text, Face::Regular, styles.body),
        width,
        Align::Left,
    )?;
    let mut block = Block {
        space_before: styles.gap,
        at,
        draws: paragraph(&label, 0.0, 0.0),
        ..Block::default()
    };
    let kind = if field.personal {
        AreaKind::Personal
    } else {
        AreaKind::Text
    };
    let has_text = !text.first.is_empty();
    let mut y = if has_text { label.height() } else { 0.0 };
    let mut area = (0.0, y, width);
    let mut lines = field.lines;
    if field.inline && has_text {
        let from = label.lines.last().map_or(0.0, |l| l.width) + 1.2;
        let baseline = y - label.descent;
        let style = Style::new(Face::Regular, styles.body);
        let to = question::dotted(&mut block, style, (from, width), baseline, &after)?;
        if to - from < LEAST_LINE_MM {
            return Err(form.mistake(
                at,
                format!("beside the text of {} there is no room to write", field.id),
                "shorten the text or take `inline` out",
            ));
        }
        y = baseline + question::BELOW_BASELINE_MM;
        lines -= 1;
        if lines == 0 {
            // Handwriting on the line may rise a little above the item.
            area = (from, (y - LINE_PITCH_MM + 1.5).max(-1.5), to);
        }
        // Of several lines the area is one rectangle: that below the text.
    }
    for _ in 0..lines {
        y += LINE_PITCH_MM;
        block.draws.push(Draw::Dots {
            from: MmPoint::new(0.0, y),
            to_x: width,
        });
    }
    let bottom = y + 1.0;
    block.height = bottom.max(label.height());
    let (left, top, right) = area;
    block.area(
        &field.id,
        kind,
        mm_rect(left, top, right - left, bottom - top),
    );
    Ok(block)
}

fn digits(
    form: &Form,
    styles: &Styles,
    field: &DigitsField,
    at: Position,
    width: f64,
) -> Result<Block, FormError> {
    let label = Paragraph::set(
        &inline(&field.text, Face::Regular, styles.body),
        width,
        Align::Left,
    )?;
    let cells: u32 = field.groups.iter().sum();
    let hyphens = field.groups.len() as f64 - 1.0;
    let row = f64::from(cells) * CELL_MM.0 + hyphens * HYPHEN_MM;
    let label_width = if field.text.first.is_empty() {
        0.0
    } else {
        label.width() + 2.5
    };
    if row > width {
        return Err(form.mistake(
            at,
            format!("the {cells} cells of {} are wider than the paper", field.id),
            "write fewer cells",
        ));
    }
    let mut block = Block {
        space_before: styles.gap,
        at,
        ..Block::default()
    };
    let beside = label_width + row <= width && label.lines.len() <= 1;
    let (label_width, cells_y, label_y) = if beside {
        // The text's capitals are centred on the cells.
        let em = Style::new(Face::Regular, styles.body).em();
        let y = CELL_MM.1 / 2.0 + 0.357 * em - label.ascent;
        (label_width, y.min(0.0).abs(), y.max(0.0))
    } else {
        (0.0, label.height() + 0.5, 0.0)
    };
    let start = if field.right {
        width - label_width - row
    } else {
        0.0
    };
    block.draws = paragraph(&label, start, label_y);
    let first = start + label_width;
    let mut x = first;
    for (i, group) in field.groups.iter().enumerate() {
        if i > 0 {
            block.draws.push(Draw::Rule {
                from: MmPoint::new(x + 1.3, cells_y + CELL_MM.1 / 2.0),
                to: MmPoint::new(x + HYPHEN_MM - 1.3, cells_y + CELL_MM.1 / 2.0),
                width: 0.35,
            });
            x += HYPHEN_MM;
        }
        let group_width = f64::from(*group) * CELL_MM.0;
        block.draws.push(Draw::Outline {
            rect: mm_rect(x, cells_y, group_width, CELL_MM.1),
            width: CELL_LINE_MM,
        });
        for cell in 1..*group {
            let at_x = x + f64::from(cell) * CELL_MM.0;
            block.draws.push(Draw::Rule {
                from: MmPoint::new(at_x, cells_y),
                to: MmPoint::new(at_x, cells_y + CELL_MM.1),
                width: CELL_LINE_MM,
            });
        }
        x += group_width;
    }
    block.area(
        &field.id,
        AreaKind::Digits,
        mm_rect(first, cells_y, row, CELL_MM.1),
    );
    block.height = (cells_y + CELL_MM.1).max(label_y + label.height());
    Ok(block)
}
