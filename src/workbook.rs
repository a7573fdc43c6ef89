//! Workbooks that an office opens: one table on one sheet, with head, rows, filter,
//! widths and how it is printed. Uses `lang`.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError};

use crate::lang::Lang;

/// What Vietnamese offices write in (Nghị định 30/2020/NĐ-CP, phụ lục I); every
/// computer of theirs has it.
const FONT: &str = "Times New Roman";
/// In points; the decree has 13 to 14 for text, tables take a little less.
const SIZE: f64 = 11.0;
/// A4, in the numbering of the format.
const A4: u8 = 9;
/// Longer texts are cut: the format takes 32,767 characters a cell.
const LONGEST: usize = 30_000;

/// How cells look.
#[derive(Debug)]
pub(crate) struct Styles {
    pub title: Format,
    pub note: Format,
    pub head: Format,
    pub text: Format,
    pub bold: Format,
    pub plain: Format,
    pub key: Format,
    count: Format,
    share: Format,
    points: Format,
    score: Format,
    quiet: Format,
}

impl Styles {
    pub(crate) fn new() -> Self {
        let plain = Format::new().set_font_name(FONT).set_font_size(SIZE);
        let cell = plain
            .clone()
            .set_border(FormatBorder::Thin)
            .set_border_color(Color::RGB(0x00BF_BFBF))
            .set_align(FormatAlign::Top);
        let number = |format: &str| {
            cell.clone()
                .set_num_format(format)
                .set_align(FormatAlign::Right)
        };
        Self {
            title: plain.clone().set_bold().set_font_size(14.0),
            note: plain
                .clone()
                .set_italic()
                .set_font_color(Color::RGB(0x0059_5959)),
            head: cell
                .clone()
                .set_bold()
                .set_text_wrap()
                .set_align(FormatAlign::Center)
                .set_align(FormatAlign::VerticalCenter)
                .set_background_color(Color::RGB(0x00DD_E8F3)),
            text: cell.clone().set_text_wrap(),
            bold: cell.clone().set_text_wrap().set_bold(),
            key: plain.clone().set_bold().set_align(FormatAlign::Top),
            plain: plain.clone().set_text_wrap().set_align(FormatAlign::Left),
            count: number("#,##0"),
            share: number("0.00%"),
            points: number("+0.00;\u{2212}0.00;0.00"),
            score: number("0.00"),
            quiet: cell
                .clone()
                .set_font_color(Color::RGB(0x0080_8080))
                .set_align(FormatAlign::Right),
        }
    }
}

/// What is in a cell.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Text(String),
    /// So deep in a tree.
    Deep(u32, String),
    Bold(String),
    Count(u64),
    /// From 0 to 1, shown as percent with two decimals.
    Share(Option<f64>),
    /// A difference of shares, shown in points of percent.
    Points(Option<f64>),
    Score(Option<f64>),
    Place(Option<u32>),
    /// Not shown, because too few people said it.
    Hidden,
    Nothing,
}

/// A column.
pub(crate) struct Column<'a> {
    pub head: &'a str,
    /// In characters.
    pub width: f64,
}

pub(crate) fn column(head: &str, width: f64) -> Column<'_> {
    Column { head, width }
}

/// The row with the heads of columns: below title and note.
pub(crate) const HEAD: u32 = 2;

/// A table that is printed.
pub(crate) struct Table<'a> {
    pub name: &'a str,
    pub title: &'a str,
    pub note: &'a str,
    pub columns: &'a [Column<'a>],
    pub rows: &'a [Vec<Value>],
    /// A last row that no filter takes away.
    pub total: Option<Vec<Value>>,
}

pub(crate) fn cut(text: &str) -> String {
    text.chars().take(LONGEST).collect()
}

fn col(i: usize) -> u16 {
    u16::try_from(i).unwrap_or(u16::MAX)
}

/// A4 across, all columns on a page's width, its head on each page.
pub(crate) fn page(sheet: &mut Worksheet, campaign: &str, lang: Lang) {
    // An ampersand begins a code in heads and feet, which are 255 characters at most.
    let name: String = campaign.chars().take(120).collect();
    let name = name.replace('&', "&&");
    sheet
        .set_paper_size(A4)
        .set_landscape()
        .set_print_fit_to_pages(1, 0)
        .set_margins(0.6, 0.6, 0.7, 0.7, 0.3, 0.3)
        .set_footer(format!(
            "&L&9{name}&R&9{} &P/&N",
            lang.pick("Trang", "Page")
        ));
}

/// Adds a sheet with this table.
pub(crate) fn table(
    workbook: &mut Workbook,
    styles: &Styles,
    table: &Table<'_>,
    campaign: &str,
    lang: Lang,
) -> Result<(), XlsxError> {
    let sheet = workbook.add_worksheet();
    sheet.set_name(table.name)?;
    page(sheet, campaign, lang);
    sheet.write_string_with_format(0, 0, cut(table.title), &styles.title)?;
    sheet.write_string_with_format(1, 0, cut(table.note), &styles.note)?;
    for (i, c) in table.columns.iter().enumerate() {
        sheet.set_column_width(col(i), c.width)?;
        sheet.write_string_with_format(HEAD, col(i), c.head, &styles.head)?;
    }
    sheet.set_row_height(HEAD, 32.0)?;
    let mut row = HEAD;
    for cells in table.rows.iter().chain(&table.total) {
        row += 1;
        write_row(sheet, row, cells, styles, lang)?;
        grow(sheet, row, cells, |i| table.columns[i].width)?;
    }
    let last = col(table.columns.len().saturating_sub(1));
    let rows = u32::try_from(table.rows.len()).unwrap_or(u32::MAX);
    if rows > 0 {
        sheet.autofilter(HEAD, 0, HEAD + rows, last)?;
    }
    sheet.set_freeze_panes(HEAD + 1, 0)?;
    sheet.set_repeat_rows(HEAD, HEAD)?;
    Ok(())
}

/// Makes a row as high as its longest text needs in columns of these widths: not every
/// program does that by itself when it opens a workbook.
pub(crate) fn grow(
    sheet: &mut Worksheet,
    row: u32,
    cells: &[Value],
    width: impl Fn(usize) -> f64,
) -> Result<(), XlsxError> {
    let lines = |(i, value): (usize, &Value)| {
        let (depth, text) = match value {
            Value::Text(text) | Value::Bold(text) => (0, text),
            Value::Deep(depth, text) => (*depth, text),
            _ => return 1,
        };
        // A step of indent is about two characters wide. Widths are counted in digits;
        // texts on the pages that were looked at took a fifth less than as many digits,
        // and lines break a little before their end.
        let room = (width(i) - 2.0 * f64::from(depth)).max(8.0) * 1.15;
        (text.chars().count() as f64 / room).ceil().max(1.0) as u32
    };
    let lines = cells.iter().enumerate().map(lines).max().unwrap_or(1);
    if lines > 1 {
        // The format has no rows above 409 points.
        sheet.set_row_height(row, (15.0 * f64::from(lines)).min(400.0))?;
    }
    Ok(())
}

/// Writes the cells of a row from the first column on.
pub(crate) fn write_row(
    sheet: &mut Worksheet,
    row: u32,
    cells: &[Value],
    styles: &Styles,
    lang: Lang,
) -> Result<(), XlsxError> {
    for (i, value) in cells.iter().enumerate() {
        let at = col(i);
        let number = |sheet: &mut Worksheet, number: Option<f64>, format: &Format| match number {
            Some(number) => sheet
                .write_number_with_format(row, at, number, format)
                .map(drop),
            None => sheet
                .write_string_with_format(row, at, "–", &styles.quiet)
                .map(drop),
        };
        match value {
            Value::Text(text) => {
                sheet.write_string_with_format(row, at, cut(text), &styles.text)?;
            }
            Value::Bold(text) => {
                sheet.write_string_with_format(row, at, cut(text), &styles.bold)?;
            }
            Value::Deep(depth, text) => {
                // Fifteen steps are the most that the format has.
                let depth = u8::try_from((*depth).min(15)).unwrap_or(15);
                let format = if depth == 0 {
                    styles.bold.clone()
                } else {
                    styles
                        .text
                        .clone()
                        .set_align(FormatAlign::Left)
                        .set_indent(depth)
                };
                sheet.write_string_with_format(row, at, cut(text), &format)?;
            }
            Value::Count(n) => number(sheet, Some(*n as f64), &styles.count)?,
            Value::Share(share) => number(sheet, *share, &styles.share)?,
            Value::Points(d) => number(sheet, d.map(|d| d * 100.0), &styles.points)?,
            Value::Score(score) => number(sheet, *score, &styles.score)?,
            Value::Place(place) => number(sheet, place.map(f64::from), &styles.count)?,
            Value::Hidden => {
                let word = lang.pick("ẩn", "withheld");
                sheet.write_string_with_format(row, at, word, &styles.quiet)?;
            }
            Value::Nothing => {
                sheet.write_blank(row, at, &styles.text)?;
            }
        }
    }
    Ok(())
}
