//! CSV as office programs and form tools write it.

use std::borrow::Cow;
use std::path::Path;

use super::{MOST_CELLS, Row, SheetError};

/// What may stand between fields: Excel writes a semicolon where the system's decimals
/// have a comma, as in Vietnam, and a tab in "Unicode text".
const SEPARATORS: [u8; 3] = [b',', b';', b'\t'];

pub(super) fn grid(file: &Path, bytes: &[u8]) -> Result<Vec<Row>, SheetError> {
    let text = text(file, bytes)?;
    let separator = separator(&text);
    if text.bytes().filter(|b| *b == b'"').count() % 2 == 1 {
        return Err(SheetError::OpenQuote(file.to_owned()));
    }
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .from_reader(text.as_bytes());
    let mut rows: Vec<Row> = Vec::new();
    let mut cells = 0;
    let mut wanted = None;
    let mut number = 0;
    for record in reader.records() {
        let record = record.map_err(|_| SheetError::NotText(file.to_owned()))?;
        let at = record.position().map_or(0, csv::Position::byte);
        number += 1 + blank_lines(text.as_bytes(), usize::try_from(at).unwrap_or(usize::MAX));
        if record.iter().all(|c| c.trim().is_empty()) {
            continue;
        }
        let wanted = *wanted.get_or_insert(record.len());
        if record.len() != wanted {
            return Err(SheetError::Ragged {
                file: file.to_owned(),
                row: number,
                found: record.len(),
                wanted,
            });
        }
        cells += record.len();
        if cells > MOST_CELLS {
            return Err(SheetError::TooLarge(file.to_owned()));
        }
        rows.push(Row {
            number,
            cells: record.iter().map(|c| c.trim().to_owned()).collect(),
        });
    }
    Ok(rows)
}

/// Blank lines before the record that the parser begins to look for at this byte: rows
/// to a spreadsheet program, none to the parser.
fn blank_lines(text: &[u8], at: usize) -> usize {
    let mut rest = text.get(at..).unwrap_or(&[]);
    // The second half of the end of the record before.
    if at > 0 && text.get(at - 1) == Some(&b'\r') && rest.first() == Some(&b'\n') {
        rest = &rest[1..];
    }
    let mut lines = 0;
    loop {
        rest = match rest {
            [b'\r', b'\n', more @ ..] | [b'\r' | b'\n', more @ ..] => more,
            _ => return lines,
        };
        lines += 1;
    }
}

fn text<'a>(file: &Path, bytes: &'a [u8]) -> Result<Cow<'a, str>, SheetError> {
    let bad = || SheetError::NotText(file.to_owned());
    let wide = |bytes: &[u8], of: fn([u8; 2]) -> u16| {
        let (pairs, rest) = bytes.as_chunks::<2>();
        let units = pairs.iter().map(|p| of(*p));
        let text: Result<String, _> = char::decode_utf16(units).collect();
        text.ok().filter(|_| rest.is_empty()).map(Cow::Owned)
    };
    let text = match bytes {
        [0xff, 0xfe, rest @ ..] => wide(rest, u16::from_le_bytes).ok_or_else(bad)?,
        [0xfe, 0xff, rest @ ..] => wide(rest, u16::from_be_bytes).ok_or_else(bad)?,
        [0xef, 0xbb, 0xbf, rest @ ..] | rest => {
            Cow::Borrowed(std::str::from_utf8(rest).map_err(|_| bad())?)
        }
    };
    // Old workbooks and pictures, too, may be valid text up to their first zero.
    if text.contains('\0') {
        return Err(SheetError::OtherKind(file.to_owned()));
    }
    Ok(text)
}

/// The one that is most often in the first line, outside of quotation marks.
fn separator(text: &str) -> u8 {
    let mut counts = [0; SEPARATORS.len()];
    let mut quoted = false;
    for b in text.trim_start().bytes() {
        match b {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            b if !quoted => {
                if let Some(i) = SEPARATORS.iter().position(|s| *s == b) {
                    counts[i] += 1;
                }
            }
            _ => {}
        }
    }
    let most = counts.iter().max().copied().unwrap_or(0);
    let found = counts.iter().position(|c| *c == most && most > 0);
    SEPARATORS[found.unwrap_or(0)]
}
