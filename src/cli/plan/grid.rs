//! A table as plain text for people, as CSV for programs, and as a workbook.

use super::super::CliError;
use super::{csv_of, make_handy, timeless_workbook};
use crate::cli::shared::plain;
use crate::lang::Lang;
use crate::tally::index::percent;
use crate::workbook::{Styles, Value, grow, page, write_row};

/// Widest table of plain text whose heads are written above their columns, characters:
/// what a terminal shows beside each other.
const WIDEST: usize = 110;

/// A column.
pub(super) struct Head {
    /// In CSV.
    pub file: String,
    /// For people.
    pub people: String,
    /// In a workbook, characters.
    pub width: f64,
}

pub(super) fn head(file: &str, people: &str, width: f64) -> Head {
    Head {
        file: file.to_owned(),
        people: people.to_owned(),
        width,
    }
}

/// A table.
pub(super) struct Grid {
    /// Name of its sheet.
    pub name: &'static str,
    /// Above it.
    pub title: String,
    /// What a reader must know besides.
    pub notes: Vec<String>,
    /// Its columns.
    pub heads: Vec<Head>,
    /// Its rows.
    pub rows: Vec<Vec<Value>>,
    /// Rows of sums at its end.
    pub sums: Vec<Vec<Value>>,
}

/// A number with groups, or a text.
fn shown(value: &Value, lang: Lang) -> (bool, String) {
    match value {
        Value::Text(text) | Value::Bold(text) => (false, plain(text)),
        Value::Deep(depth, text) => {
            let indent = "  ".repeat(*depth as usize);
            (false, format!("{indent}{}", plain(text)))
        }
        Value::Count(n) => (true, lang.grouped(*n)),
        Value::Share(Some(share)) => (true, format!("{} %", percent(*share, lang))),
        _ => (true, String::new()),
    }
}

impl Grid {
    fn all(&self) -> impl Iterator<Item = &Vec<Value>> {
        self.rows.iter().chain(&self.sums)
    }

    /// For people.
    pub(super) fn text(&self, lang: Lang) -> String {
        let cells: Vec<Vec<(bool, String)>> = self
            .all()
            .map(|row| row.iter().map(|v| shown(v, lang)).collect())
            .collect();
        let width = |i: usize, head: &str| {
            let of = |row: &Vec<(bool, String)>| row.get(i).map_or(0, |c| c.1.chars().count());
            cells
                .iter()
                .map(of)
                .max()
                .unwrap_or(0)
                .max(head.chars().count())
        };
        let mut heads: Vec<String> = self.heads.iter().map(|h| h.people.clone()).collect();
        let mut out = String::new();
        let mut say = |line: &str| {
            out.push_str(line.trim_end());
            out.push('\n');
        };
        say(&self.title);
        // The last column may be as long as it is: nothing stands beside it.
        let wide: usize = heads
            .iter()
            .enumerate()
            .rev()
            .skip(1)
            .map(|(i, h)| width(i, h) + 2)
            .sum();
        if wide > WIDEST {
            for (i, head) in heads.iter_mut().enumerate().skip(1) {
                say(&format!("  ({i}) {head}"));
                *head = format!("({i})");
            }
        }
        let widths: Vec<usize> = heads.iter().enumerate().map(|(i, h)| width(i, h)).collect();
        let mut line = |cells: &[(bool, String)]| {
            let mut text = String::from(" ");
            for (i, ((number, cell), w)) in cells.iter().zip(&widths).enumerate() {
                text.push_str(if i == 0 { " " } else { "  " });
                if *number {
                    text.push_str(&format!("{cell:>w$}"));
                } else {
                    text.push_str(&format!("{cell:<w$}"));
                }
            }
            say(&text);
        };
        // A head stands as the first row's cell below it.
        let first = cells.first();
        let right = |i: usize| first.and_then(|r| r.get(i)).is_some_and(|c| c.0);
        line(
            &heads
                .into_iter()
                .enumerate()
                .map(|(i, h)| (right(i), h))
                .collect::<Vec<_>>(),
        );
        for row in &cells {
            line(row);
        }
        for note in &self.notes {
            say(note);
        }
        out
    }

    /// UTF-8 with a head line; plain numbers, shares in percent with two decimals.
    pub(super) fn csv(&self) -> Result<Vec<u8>, CliError> {
        let heads: Vec<String> = self.heads.iter().map(|h| h.file.clone()).collect();
        let cell = |value: &Value| match value {
            Value::Text(t) | Value::Bold(t) | Value::Deep(_, t) => t.clone(),
            Value::Count(n) => n.to_string(),
            Value::Share(Some(share)) => percent(*share, Lang::En),
            _ => String::new(),
        };
        let row = |values: &Vec<Value>| values.iter().map(cell).collect::<Vec<_>>();
        csv_of(&heads, self.all().map(row))
    }

    /// The table on its first sheet, so that it can be read back; what stands around it
    /// on a second one.
    pub(super) fn xlsx(&self, lang: Lang) -> Result<Vec<u8>, CliError> {
        let mut workbook = timeless_workbook(&self.title)?;
        let styles = Styles::new();
        let sheet = workbook.add_worksheet();
        sheet.set_name(self.name)?;
        page(sheet, &self.title, lang);
        let column = |i: usize| u16::try_from(i).unwrap_or(u16::MAX);
        for (i, head) in self.heads.iter().enumerate() {
            sheet.set_column_width(column(i), head.width)?;
            sheet.write_string_with_format(0, column(i), &head.people, &styles.head)?;
        }
        sheet.set_row_height(0, 32.0)?;
        let mut row = 0;
        for cells in self.all() {
            row += 1;
            write_row(sheet, row, cells, &styles, lang)?;
            grow(sheet, row, cells, |i| {
                self.heads.get(i).map_or(10.0, |h| h.width)
            })?;
        }
        make_handy(sheet, self.rows.len(), self.heads.len())?;
        if !self.notes.is_empty() {
            let sheet = workbook.add_worksheet();
            sheet.set_name(lang.pick("Cách tính", "Method"))?;
            page(sheet, &self.title, lang);
            sheet.set_column_width(0, 110.0)?;
            sheet.write_string_with_format(0, 0, &self.title, &styles.title)?;
            for (row, note) in (1..).zip(&self.notes) {
                sheet.write_string_with_format(row, 0, note, &styles.plain)?;
            }
        }
        Ok(workbook.save_to_buffer()?)
    }
}
