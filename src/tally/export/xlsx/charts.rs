//! Bar charts of the index: of the parts of each form, and of units.

use rust_xlsxwriter::{
    Chart, ChartDataLabel, ChartFont, ChartFormat, ChartSolidFill, ChartType, Color, Workbook,
    Worksheet, XlsxError,
};

use super::Book;
use crate::tally::TallyError;
use crate::tally::index::{Part, group_name};
use crate::workbook::{Value, grow, page, write_row};

/// Longest name beside a bar, characters: a chart of a page's width has no room for
/// more.
const LONGEST: usize = 60;
/// Most bars in a chart that can still be read on a page.
const MOST: usize = 40;
/// Width of the column of names, characters.
const NAMES: f64 = 44.0;
/// Rows of a sheet are so high, pixels.
const ROW: u32 = 20;

/// Names and indices of one chart.
struct Bars {
    title: String,
    bars: Vec<(String, f64)>,
}

fn short(text: &str) -> String {
    if text.chars().count() <= LONGEST {
        return text.to_owned();
    }
    let cut: String = text.chars().take(LONGEST - 1).collect();
    format!("{}…", cut.trim_end())
}

/// Of each form its factors, else its contents, else its questions; then the units.
fn all_bars(book: &Book<'_>) -> Vec<Bars> {
    let lang = book.lang();
    let mut out = Vec::new();
    for (n, form) in book
        .all()
        .into_iter()
        .flat_map(|g| g.forms.iter().enumerate())
    {
        let gone = book.hidden_figures(n);
        let of = |part: Part| -> Vec<(String, f64)> {
            form.figures
                .iter()
                .zip(&gone)
                .filter(|(f, gone)| f.part == part && f.inside && !**gone)
                .filter_map(|(f, _)| Some((short(&f.text), f.index?)))
                .collect()
        };
        let (what, bars) = [
            (lang.pick("yếu tố", "factor"), of(Part::Factor)),
            (lang.pick("nội dung", "content"), of(Part::Content)),
            (lang.pick("câu hỏi", "question"), of(Part::Question)),
        ]
        .into_iter()
        .find(|(_, bars)| !bars.is_empty())
        .unwrap_or_default();
        if !bars.is_empty() {
            let name = book.form_name(&form.form, form.version);
            let title = format!(
                "{} {what} ({name})",
                lang.pick("Chỉ số hài lòng theo", "Satisfaction index by")
            );
            out.push(Bars { title, bars });
        }
    }
    let units: Vec<(String, f64)> = book
        .groups("unit")
        .into_iter()
        .filter(|s| !s.gone && s.group.id.is_some())
        .filter_map(|s| Some((short(&group_name(s.group, lang)), s.group.overall.index?)))
        .collect();
    if units.len() > 1 {
        let title = lang.pick("Chỉ số hài lòng theo đơn vị", "Satisfaction index by unit");
        out.push(Bars {
            title: title.to_owned(),
            bars: units,
        });
    }
    out
}

pub(super) fn charts(book: &Book<'_>, workbook: &mut Workbook) -> Result<(), TallyError> {
    let lang = book.lang();
    let all = all_bars(book);
    if all.is_empty() {
        return Ok(());
    }
    let campaign = book.campaign();
    let name = lang.pick("Biểu đồ", "Charts");
    let sheet = workbook.add_worksheet();
    sheet.set_name(name)?;
    page(sheet, campaign, lang);
    // Breaks between charts are not kept where a sheet is fitted to pages; at this
    // scale table and chart beside each other are as wide as A4.
    sheet.set_print_scale(65);
    sheet.set_column_width(0, NAMES)?;
    sheet.set_column_width(1, 10.0)?;
    let mut row = 0;
    let mut breaks = Vec::new();
    for bars in &all {
        if row > 0 {
            breaks.push(row);
        }
        row = one(book, sheet, name, row, bars)?;
    }
    sheet.set_page_breaks(&breaks)?;
    Ok(())
}

/// A table and its chart beside it; returns the row after both.
fn one(
    book: &Book<'_>,
    sheet: &mut Worksheet,
    name: &str,
    top: u32,
    bars: &Bars,
) -> Result<u32, XlsxError> {
    let lang = book.lang();
    sheet.write_string_with_format(top, 0, &bars.title, &book.styles.title)?;
    let first = top + 1;
    let mut row = first;
    for (text, index) in &bars.bars {
        let cells = [Value::Text(text.clone()), Value::Share(Some(*index))];
        write_row(sheet, row, &cells, &book.styles, lang)?;
        grow(sheet, row, &cells, |i| if i == 0 { NAMES } else { 10.0 })?;
        row += 1;
    }
    let shown = u32::try_from(bars.bars.len().min(MOST)).unwrap_or(1);
    let last = first + shown - 1;
    let font = |size: f64| {
        let mut font = ChartFont::new();
        font.set_name("Times New Roman").set_size(size);
        font
    };
    let mut fill = ChartFormat::new();
    fill.set_solid_fill(ChartSolidFill::new().set_color(Color::RGB(0x002F_6DA8)));
    let mut chart = Chart::new(ChartType::Bar);
    let mut label = ChartDataLabel::new();
    label
        .show_value()
        .set_num_format("0.00%")
        .set_font(&font(9.0));
    chart
        .add_series()
        .set_categories((name, first, 0, last, 0))
        .set_values((name, first, 1, last, 1))
        .set_gap(60)
        .set_format(&mut fill)
        .set_data_label(&label);
    chart.title().set_name(&bars.title).set_font(&font(12.0));
    chart.legend().set_hidden();
    // In a bar chart the axis of names is the upright one. The first bar on top, as in
    // the table.
    chart.y_axis().set_reverse().set_font(&font(9.0));
    chart
        .x_axis()
        .set_min(0)
        .set_max(1)
        .set_num_format("0%")
        .set_font(&font(9.0));
    let height = (90 + 34 * shown).clamp(220, 1_400);
    chart.set_width(680).set_height(height);
    sheet.insert_chart(top + 1, 3, &chart)?;
    Ok(row.max(top + 1 + height.div_ceil(ROW)) + 2)
}
