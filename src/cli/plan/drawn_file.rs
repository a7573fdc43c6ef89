//! The file of those who were drawn: written, and read to be compared.

use std::path::Path;

use super::super::CliError;
use super::{column, make_handy, needed_column, read_table, timeless_workbook};
use crate::lang::Lang;
use crate::plan::draw::{Claimed, Draw, Drawn};
use crate::sheet::{Sheet, folded};
use crate::workbook::{Styles, cut, page};

/// Columns that the file has whatever the list has: for programs, in Vietnamese, in
/// English.
const COLUMNS: [[&str; 3]; 6] = [
    ["stratum", "Nhóm", "Stratum"],
    ["order", "Thứ tự", "Order"],
    ["status", "Diện", "Status"],
    ["key", "Khóa", "Key"],
    ["row", "Dòng", "Row"],
    ["ticket", "Phiếu rút", "Ticket"],
];

/// What stands before the name of a column of the list that is also one of ours.
const OF_LIST: &str = "list: ";

/// Words for those drawn and the reserve: for programs, in Vietnamese, in English.
const DRAWN: [&str; 3] = ["drawn", "chính thức", "drawn"];
const RESERVE: [&str; 3] = ["reserve", "dự bị", "reserve"];

/// Name of the sheet.
const SHEET: [&str; 2] = ["Mẫu", "Sample"];

/// A draw as rows: heads, then those drawn. `extra`: columns of the list besides.
pub(super) fn rows(
    draw: &Draw,
    sheet: &Sheet,
    extra: &[usize],
    words: Option<Lang>,
) -> (Vec<String>, Vec<Vec<String>>) {
    let word = |all: &[&str; 3]| {
        match words {
            None => all[0],
            Some(lang) => lang.pick(all[1], all[2]),
        }
        .to_owned()
    };
    let mut heads: Vec<String> = COLUMNS.iter().map(word).collect();
    for i in extra {
        let head = sheet.header.get(*i).cloned().unwrap_or_default();
        let ours = COLUMNS.iter().flatten().any(|c| folded(c) == folded(&head));
        heads.push(if ours {
            format!("{OF_LIST}{head}")
        } else {
            head
        });
    }
    let row = |d: &Drawn| {
        let mut cells = vec![
            d.person.stratum.clone(),
            d.order.to_string(),
            word(if d.reserve { &RESERVE } else { &DRAWN }),
            d.person.key.clone(),
            d.person.row.to_string(),
            d.ticket.clone(),
        ];
        let of = sheet.rows.get(d.person.at);
        let cell = |i: &usize| of.map_or("", |r| r.cell(*i)).to_owned();
        cells.extend(extra.iter().map(cell));
        cells
    };
    (heads, draw.drawn.iter().map(row).collect())
}

/// As a workbook. Everything is text, as it is in the list: a key that begins with zeros
/// keeps them.
pub(super) fn xlsx(
    heads: &[String],
    rows: &[Vec<String>],
    lang: Lang,
) -> Result<Vec<u8>, CliError> {
    let title = lang.pick("Danh sách mẫu ngẫu nhiên", "Random sample");
    let mut workbook = timeless_workbook(title)?;
    let styles = Styles::new();
    let sheet = workbook.add_worksheet();
    sheet.set_name(lang.pick(SHEET[0], SHEET[1]))?;
    page(sheet, title, lang);
    let column = |i: usize| u16::try_from(i).unwrap_or(u16::MAX);
    for (i, head) in heads.iter().enumerate() {
        let longest = rows
            .iter()
            .filter_map(|r| r.get(i))
            .map(|c| c.chars().count())
            .max();
        let width = longest.unwrap_or(0).max(head.chars().count()).clamp(8, 40);
        sheet.set_column_width(column(i), width as f64 + 2.0)?;
        sheet.write_string_with_format(0, column(i), cut(head), &styles.head)?;
    }
    for (at, row) in (1..).zip(rows) {
        for (i, cell) in row.iter().enumerate() {
            sheet.write_string_with_format(at, column(i), cut(cell), &styles.text)?;
        }
    }
    make_handy(sheet, rows.len(), heads.len())?;
    Ok(workbook.save_to_buffer()?)
}

/// Who is drawn according to a file.
pub(super) fn claimed(file: &Path) -> Result<Vec<Claimed>, CliError> {
    let sheet = read_table(file, None, &SHEET)?;
    let needed = |i: usize| needed_column(&sheet, None, &COLUMNS[i], COLUMNS[i][0]);
    let (key, ticket, status) = (needed(3)?, needed(5)?, needed(2)?);
    let order = needed(1)?;
    let stratum = column(&sheet, None, &COLUMNS[0])?;
    let is = |text: &str, words: &[&str; 3]| words.iter().any(|w| folded(w) == folded(text));
    Ok(sheet
        .rows
        .iter()
        .map(|row| {
            let cell = |i: usize| row.cell(i).to_owned();
            Claimed {
                row: row.number,
                stratum: stratum.map(cell).unwrap_or_default(),
                key: cell(key),
                ticket: cell(ticket),
                order: cell(order),
                reserve: match cell(status) {
                    word if is(&word, &DRAWN) => Some(false),
                    word if is(&word, &RESERVE) => Some(true),
                    _ => None,
                },
            }
        })
        .collect())
}
