//! XLSX workbooks. Cells are read one by one, so that a cell far out in a hostile file
//! costs nothing.

use std::io::{Cursor, Read};
use std::path::Path;

use calamine::{DataRef, ExcelDateTime, Reader, Xlsx};

use super::{MOST_CELLS, Row, SheetError};

/// Most bytes of all members together once they are unpacked: two and a half million rows
/// of an online form with 22 questions (830 bytes a row in the demo of Tiền Giang). Deflate
/// makes up to 1,032 bytes of one, so a
/// limit is needed.
const MOST_UNPACKED: u64 = 2 << 30;

/// Most columns: of a form with 300 choices, each in a column of its own, with room.
const MOST_COLUMNS: u32 = 2000;

pub(super) fn grid(
    file: &Path,
    bytes: &[u8],
    sheet: Option<&str>,
) -> Result<(String, Vec<Row>), SheetError> {
    let broken = |detail: String| SheetError::Broken {
        file: file.to_owned(),
        detail,
    };
    no_bomb(file, bytes)?;
    let mut book: Xlsx<_> = match Xlsx::new(Cursor::new(bytes)) {
        Ok(book) => book,
        Err(calamine::XlsxError::FileNotFound(_)) => {
            return Err(SheetError::OtherKind(file.to_owned()));
        }
        Err(e) => return Err(broken(e.to_string())),
    };
    let names = book.sheet_names();
    if let Some(wanted) = sheet {
        let Some(name) = names.iter().find(|n| n.trim() == wanted.trim()) else {
            return Err(SheetError::NoSheet {
                file: file.to_owned(),
                wanted: wanted.to_owned(),
                there: names,
            });
        };
        let rows = rows(file, &mut book, name)?;
        return Ok((name.clone(), rows));
    }
    let mut filled = Vec::new();
    for name in names {
        let rows = rows(file, &mut book, &name)?;
        if !rows.is_empty() {
            filled.push((name, rows));
        }
    }
    match filled.len() {
        0 => Err(SheetError::Empty(file.to_owned())),
        1 => Ok(filled.remove(0)),
        _ => Err(SheetError::SeveralSheets {
            file: file.to_owned(),
            there: filled.into_iter().map(|f| f.0).collect(),
        }),
    }
}

/// Unpacks everything into nothing, up to the limit: what a header says of a size need
/// not be true.
fn no_bomb(file: &Path, bytes: &[u8]) -> Result<(), SheetError> {
    let broken = |detail: String| SheetError::Broken {
        file: file.to_owned(),
        detail,
    };
    let mut zip = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(e.to_string()))?;
    let mut left = MOST_UNPACKED;
    for i in 0..zip.len() {
        let member = zip.by_index(i).map_err(|e| broken(e.to_string()))?;
        let mut member = member.take(left + 1);
        let size =
            std::io::copy(&mut member, &mut std::io::sink()).map_err(|e| broken(e.to_string()))?;
        left = left
            .checked_sub(size)
            .ok_or_else(|| SheetError::TooLarge(file.to_owned()))?;
    }
    Ok(())
}

fn rows(file: &Path, book: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<Row>, SheetError> {
    let broken = |e: calamine::XlsxError| SheetError::Broken {
        file: file.to_owned(),
        detail: e.to_string(),
    };
    let mut rows: Vec<Row> = Vec::new();
    let mut reader = match book.worksheet_cells_reader(name) {
        Ok(reader) => reader,
        // Sheets that hold a chart only.
        Err(calamine::XlsxError::WorksheetNotFound(_)) => return Ok(rows),
        Err(e) => return Err(broken(e)),
    };
    let mut cells = 0;
    while let Some(cell) = reader.next_cell().map_err(broken)? {
        let (row, column) = cell.get_position();
        let at = (row as usize + 1, column as usize + 1);
        let text = text(file, at, cell.get_value())?;
        if text.is_empty() {
            continue;
        }
        let backward = rows
            .last()
            .is_some_and(|last| (at.0, at.1) <= (last.number, last.cells.len()));
        if column >= MOST_COLUMNS || backward {
            return Err(SheetError::Broken {
                file: file.to_owned(),
                detail: format!("{name}: hàng {} cột {} (row, column)", at.0, at.1),
            });
        }
        if rows.last().is_none_or(|last| last.number != at.0) {
            rows.push(Row {
                number: at.0,
                cells: Vec::new(),
            });
        }
        if let Some(last) = rows.last_mut() {
            cells += at.1 - last.cells.len();
            last.cells.resize(at.1 - 1, String::new());
            last.cells.push(text);
        }
        if cells > MOST_CELLS {
            return Err(SheetError::TooLarge(file.to_owned()));
        }
    }
    Ok(rows)
}

fn text(file: &Path, at: (usize, usize), value: &DataRef<'_>) -> Result<String, SheetError> {
    let text = match value {
        DataRef::Empty => String::new(),
        DataRef::String(s) | DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => s.clone(),
        DataRef::SharedString(s) => (*s).to_owned(),
        DataRef::Int(i) => i.to_string(),
        DataRef::Float(f) => f.to_string(),
        DataRef::Bool(b) => if *b { "TRUE" } else { "FALSE" }.to_owned(),
        DataRef::DateTime(moment) => written(*moment),
        DataRef::Error(e) => {
            return Err(SheetError::ErrorCell {
                file: file.to_owned(),
                row: at.0,
                column: at.1,
                what: e.to_string(),
            });
        }
    };
    Ok(text.trim().to_owned())
}

/// A moment as people write it for machines; without time where it is midnight.
fn written(moment: ExcelDateTime) -> String {
    if moment.is_duration() {
        return moment.as_f64().to_string();
    }
    let (year, month, day, h, m, s, _) = moment.to_ymd_hms_milli();
    if (h, m, s) == (0, 0, 0) {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {h:02}:{m:02}:{s:02}")
    }
}
