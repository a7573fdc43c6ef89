//! A grid: questions in rows, their common choices in columns.

use std::rc::Rc;

use super::block::{BETWEEN_BOXES_MM, BOX_MM, Block, CLEAR_MM, Header};
use super::draw::{Draw, paragraph};
use super::style::{Styles, inline, stacked, widest_word};
use crate::form::text::{Align, Face, Paragraph, Piece, Style};
use crate::form::{Form, FormError, Grid, Position};
use crate::geometry::MmPoint;

/// Least and most width of a column, mm.
const COLUMN_MM: (f64, f64) = (BOX_MM + BETWEEN_BOXES_MM + 2.0, 15.0);
/// Share of the width that the columns take together where they can.
const COLUMNS_SHARE: f64 = 0.46;
/// Least width of the rows' text, mm.
const TEXT_MM: f64 = 42.0;
/// Least height of a row, mm: the box and its clear zone up to the rules.
const ROW_MM: f64 = BOX_MM + 2.0 * CLEAR_MM + 0.3;
/// Between a row's text and the rules, mm.
const PAD_MM: f64 = 1.0;
/// Between a row's text and the first column, mm.
const TEXT_GAP_MM: f64 = 3.0;
/// Lines between rows, mm.
const HAIR_MM: f64 = 0.12;
/// Between the heads of two columns, mm.
const HEAD_PAD_MM: f64 = 1.0;
/// Heads of columns are never smaller than this, pt: the size of the
/// foot, below which print on an office printer gets hard to read.
const HEAD_LEAST_PT: f64 = 6.0;
/// By how much heads that do not fit get smaller, pt.
const HEAD_STEP_PT: f64 = 0.25;
/// Line below heads, mm.
const HEAD_LINE_MM: f64 = 0.3;

/// The blocks of a grid: its heading if it has one, then a block a row.
pub(crate) fn blocks(
    form: &Form,
    styles: &Styles,
    grid: &Grid,
    at: Position,
    width: f64,
) -> Result<Vec<Block>, FormError> {
    let count = grid.choices.len() as f64;
    let usual = (width * COLUMNS_SHARE / count).clamp(COLUMN_MM.0, COLUMN_MM.1);
    let room = (width - TEXT_MM) / count;
    if usual > room {
        let most = ((width - TEXT_MM) / COLUMN_MM.0).floor();
        return Err(form.mistake(
            at,
            format!("the grid {} has {count} columns", grid.id),
            format!("at most {most} fit on this paper: drop choices or make them single questions"),
        ));
    }
    let (column, size) = column(form, styles, grid, at, usual, room)?;
    let text_width = width - count * column;
    let header = Rc::new(header(grid, size, text_width, column, width)?);
    let mut out = Vec::new();
    if let Some(text) = &grid.text {
        let p = Paragraph::set(
            &inline(text, Face::Bold, styles.small),
            width - 2.0,
            Align::Balanced,
        )?;
        let mut block = Block {
            draws: paragraph(&p, 0.0, 1.5),
            height: p.height() + 2.3,
            keep_with_next: true,
            header: Some(Rc::clone(&header)),
            at,
            ..Block::default()
        };
        rule(&mut block, width, HAIR_MM);
        out.push(block);
    }
    for row in &grid.rows {
        let mut pieces = Vec::new();
        if !row.label.is_empty() {
            let style = Style::new(Face::Regular, styles.small);
            pieces.push(Piece::new(style, format!("{} ", row.label)));
        }
        pieces.extend(inline(&row.text, Face::Regular, styles.small));
        let p = Paragraph::set(&pieces, text_width - TEXT_GAP_MM, Align::Balanced)?;
        let height = ROW_MM.max(p.height() + 2.0 * PAD_MM);
        // What is seen of a paragraph is between the capitals' height above
        // its first baseline and its last baseline; that is what is centred.
        let em = Style::new(Face::Regular, styles.small).em();
        let seen = p.height() - p.ascent - p.descent + 0.714 * em;
        let y = (height - seen) / 2.0 + 0.714 * em - p.ascent;
        let mut block = Block {
            draws: paragraph(&p, 0.0, y),
            height,
            header: Some(Rc::clone(&header)),
            at: row.at,
            ..Block::default()
        };
        for (i, choice) in grid.choices.iter().enumerate() {
            let x = text_width + (i as f64 + 0.5) * column - BOX_MM / 2.0;
            block.checkbox(&row.id, &choice.id, x, (height - BOX_MM) / 2.0);
        }
        rule(&mut block, width, HAIR_MM);
        out.push(block);
    }
    if let Some(first) = out.first_mut() {
        first.space_before = 0.0;
    }
    Ok(out)
}

fn rule(block: &mut Block, width: f64, line: f64) {
    block.draws.push(Draw::Rule {
        from: MmPoint::new(0.0, block.height),
        to: MmPoint::new(width, block.height),
        width: line,
    });
}

/// Width of the columns, mm, and size of their heads, pt, at which no word of
/// a head is broken: on narrow paper the columns are widened first, then the
/// heads get smaller.
fn column(
    form: &Form,
    styles: &Styles,
    grid: &Grid,
    at: Position,
    usual: f64,
    room: f64,
) -> Result<(f64, f64), FormError> {
    let mut size = styles.column;
    loop {
        let mut widest = 0.0_f64;
        for choice in &grid.choices {
            widest = widest.max(widest_word(&choice.text, Face::Bold, size)?);
        }
        let needed = widest + HEAD_PAD_MM;
        if needed <= room {
            return Ok((usual.max(needed), size));
        }
        size -= HEAD_STEP_PT;
        if size < HEAD_LEAST_PT {
            return Err(form.mistake(
                at,
                format!(
                    "a head of the grid {} has a word that is wider than its column",
                    grid.id
                ),
                "write shorter heads, or choose larger paper".to_owned(),
            ));
        }
    }
}

fn header(
    grid: &Grid,
    size: f64,
    text_width: f64,
    column: f64,
    width: f64,
) -> Result<Header, FormError> {
    let mut heads = Vec::new();
    for choice in &grid.choices {
        heads.push(stacked(
            &choice.text,
            Face::Bold,
            size,
            column - HEAD_PAD_MM,
            Align::Centre,
        )?);
    }
    let height_of = |head: &[Paragraph]| head.iter().map(Paragraph::height).sum::<f64>();
    let tallest = heads.iter().map(|h| height_of(h)).fold(0.0, f64::max);
    let height = tallest + 1.6;
    let mut draws = Vec::new();
    for (i, head) in heads.iter().enumerate() {
        let mut y = height - 0.8 - height_of(head);
        for p in head {
            draws.extend(paragraph(
                p,
                text_width + i as f64 * column + HEAD_PAD_MM / 2.0,
                y,
            ));
            y += p.height();
        }
    }
    draws.push(Draw::Rule {
        from: MmPoint::new(0.0, height),
        to: MmPoint::new(width, height),
        width: HEAD_LINE_MM,
    });
    Ok(Header { height, draws })
}
