//! Units, areas, channels, fields and months beside each other.

use rust_xlsxwriter::Workbook;

use super::Book;
use crate::lang::Lang;
use crate::tally::TallyError;
use crate::tally::index::{group_name, heading};
use crate::workbook::{Table, Value, column};

fn sheet_name(by: &str, lang: Lang) -> &'static str {
    match by {
        "unit" => lang.pick("Đơn vị", "Units"),
        "area" => lang.pick("Khu vực", "Areas"),
        "channel" => lang.pick("Hình thức", "Channels"),
        "field" => lang.pick("Lĩnh vực", "Fields"),
        _ => lang.pick("Tháng", "Months"),
    }
}

/// A sheet of the groups of one kind; none where there is nothing to compare.
pub(super) fn groups(book: &Book<'_>, by: &str, workbook: &mut Workbook) -> Result<(), TallyError> {
    let lang = book.lang();
    let groups = book.groups(by);
    let enough = match by {
        "unit" => groups.iter().any(|s| s.group.id.is_some()),
        _ => groups.len() > 1,
    };
    if !enough {
        return Ok(());
    }
    let mut rows = Vec::new();
    for shown in &groups {
        let group = shown.group;
        let (o, b) = (&group.overall, group.ballots);
        let mut cells = vec![
            Value::Deep(group.depth, group_name(group, lang)),
            Value::Text(group.id.clone().unwrap_or_else(|| "?".to_owned())),
            Value::Count(b.total),
            Value::Count(b.counted),
            Value::Count(b.pending),
            Value::Count(b.rejected),
        ];
        if shown.gone {
            cells.extend(std::iter::repeat_n(Value::Hidden, 8));
        } else {
            cells.extend([
                Value::Count(o.respondents),
                Value::Count(o.satisfied),
                Value::Count(o.valid),
                Value::Share(o.index),
                Value::Share(o.low),
                Value::Share(o.high),
                Value::Points(o.difference),
                Value::Place(shown.place),
            ]);
        }
        rows.push(cells);
    }
    let mut note = match by {
        "unit" => lang.pick(
            "Mỗi đơn vị cùng các đơn vị trực thuộc. Hạng: trong các đơn vị cùng cấp.",
            "Each unit with those below it. Rank: among units of the same depth.",
        ),
        _ => lang.pick(
            "Hạng: trong các nhóm của bảng.",
            "Rank: among the groups of this table.",
        ),
    }
    .to_owned();
    note.push_str(&book.note_of_hidden());
    let title = match lang {
        Lang::Vi => format!("Chỉ số hài lòng: {}", heading(by, lang).to_lowercase()),
        Lang::En => format!("Satisfaction index: {}", heading(by, lang).to_lowercase()),
    };
    let mut columns = vec![
        column(sheet_name(by, lang), 40.0),
        column(lang.pick("Mã", "Id"), 16.0),
        column(lang.pick("Nhận được", "Received"), 10.0),
        column(lang.pick("Được tính", "Counted"), 10.0),
        column(lang.pick("Chờ xử lý", "Pending"), 10.0),
        column(lang.pick("Bị loại", "Rejected"), 10.0),
        column(lang.pick("Người trả lời", "Respondents"), 10.0),
    ];
    columns.extend(book.columns_of_index());
    columns.extend(book.columns_of_rank());
    book.table(
        workbook,
        &Table {
            name: sheet_name(by, lang),
            title: &title,
            note: &note,
            columns: &columns,
            rows: &rows,
            total: None,
        },
    )
}
