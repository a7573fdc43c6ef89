//! Tables that others made: CSV and XLSX files of form tools and office programs, as
//! rows of text under column names. Uses no other room.
//!
//! Nothing is guessed where a wrong guess would move an answer into another column: a
//! CSV row with more or fewer fields than the head, a column name that is there twice,
//! a workbook with several sheets are errors that say so.

mod csv_file;
mod error;
mod workbook;

use std::path::{Path, PathBuf};

use unicode_normalization::UnicodeNormalization;

pub use error::SheetError;

/// Most bytes of a file: 780,000 rows of an online form with 22 questions as CSV (343
/// bytes a row in the demo of Tiền Giang).
const MOST_FILE: u64 = 256 << 20;

/// Most cells of a table: a million rows of forty columns.
const MOST_CELLS: usize = 40_000_000;

/// A table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// Its file.
    pub file: PathBuf,
    /// Name of the sheet in a workbook.
    pub name: Option<String>,
    /// BLAKE3 of the file, hex.
    pub digest: String,
    /// Names of the columns, as they are written but for blanks around them.
    pub header: Vec<String>,
    /// What is below. Rows without anything in them are left out.
    pub rows: Vec<Row>,
}

/// A row below the head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Its number as a spreadsheet program shows it, from 1 (which mostly is the head).
    pub number: usize,
    /// As many cells as the header has, without blanks around their text. Numbers are
    /// written as the file has them, days as `2024-11-25`, times as
    /// `2024-11-25 08:30:00`.
    pub cells: Vec<String>,
}

impl Row {
    /// The text of a cell; of a column that the table does not have, nothing.
    #[must_use]
    pub fn cell(&self, column: usize) -> &str {
        self.cells.get(column).map_or("", String::as_str)
    }
}

impl Sheet {
    /// Reads a CSV file (UTF-8 or UTF-16; fields divided by comma, semicolon or tab) or
    /// a sheet of an XLSX workbook. The first row with anything in it is the head.
    /// `sheet`: which one, where a workbook has several.
    ///
    /// # Errors
    /// The file cannot be read or is no table, see [`SheetError`].
    pub fn read(file: &Path, sheet: Option<&str>) -> Result<Self, SheetError> {
        let io = |source| SheetError::Io {
            file: file.to_owned(),
            source,
        };
        let bytes = std::fs::metadata(file).map_err(io)?.len();
        if bytes > MOST_FILE {
            return Err(SheetError::TooLarge(file.to_owned()));
        }
        Self::of_bytes(file, &std::fs::read(file).map_err(io)?, sheet)
    }

    /// The same of a file that was read before; `file` is its name.
    ///
    /// # Errors
    /// As [`Self::read`].
    pub fn of_bytes(file: &Path, bytes: &[u8], sheet: Option<&str>) -> Result<Self, SheetError> {
        let (name, mut grid) = if bytes.starts_with(b"PK\x03\x04") {
            let (name, grid) = workbook::grid(file, bytes, sheet)?;
            (Some(name), grid)
        } else if let Some(sheet) = sheet {
            return Err(SheetError::NoSheet {
                file: file.to_owned(),
                wanted: sheet.to_owned(),
                there: Vec::new(),
            });
        } else {
            (None, csv_file::grid(file, bytes)?)
        };
        grid.retain(|row| row.cells.iter().any(|c| !c.is_empty()));
        if grid.is_empty() {
            return Err(SheetError::Empty(file.to_owned()));
        }
        let mut header = grid.remove(0).cells;
        while header.last().is_some_and(String::is_empty) {
            header.pop();
        }
        for row in &mut grid {
            let more = row.cells.iter().skip(header.len());
            if more.clone().any(|c| !c.is_empty()) {
                return Err(SheetError::Ragged {
                    file: file.to_owned(),
                    row: row.number,
                    found: row.cells.len(),
                    wanted: header.len(),
                });
            }
            row.cells.resize(header.len(), String::new());
        }
        Ok(Self {
            file: file.to_owned(),
            name,
            digest: blake3::hash(bytes).to_hex().to_string(),
            header,
            rows: grid,
        })
    }

    /// The place of a column by its name. Letters' case, the way in which accents are
    /// encoded and runs of blanks do not matter.
    ///
    /// # Errors
    /// There is no such column, or there are two.
    pub fn column(&self, name: &str) -> Result<usize, SheetError> {
        let wanted = folded(name);
        let mut found = (0..self.header.len()).filter(|i| folded(&self.header[*i]) == wanted);
        match (found.next(), found.next()) {
            (Some(i), None) if !wanted.is_empty() => Ok(i),
            (Some(_), Some(_)) => Err(SheetError::ColumnTwice {
                file: self.file.clone(),
                name: name.to_owned(),
            }),
            _ => Err(SheetError::NoColumn {
                file: self.file.clone(),
                wanted: name.to_owned(),
                there: self.header.clone(),
            }),
        }
    }
}

/// A text by which two that look alike are the same: composed letters (NFC, as most
/// programs but those of Apple write), small, one blank where there are several.
#[must_use]
pub fn folded(text: &str) -> String {
    let composed: String = text.nfc().flat_map(char::to_lowercase).collect();
    let words: Vec<&str> = composed.split_whitespace().collect();
    words.join(" ")
}

#[cfg(test)]
mod tests;
