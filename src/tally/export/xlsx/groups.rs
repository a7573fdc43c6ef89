//! Units, areas, channels, fields and months beside each other.

use rust_xlsxwriter::Workbook;

use super::Book;
use super::sheet::{Table, Value, column, table};
use crate::lang::Lang;
use crate::tally::TallyError;
use crate::tally::index::{group_name, heading};

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
        "unit" => groups.iter().any(|(g, _)| g.id.is_some()),
        _ => groups.len() > 1,
    };
    if !enough {
        return Ok(());
    }
    let mut rows = Vec::new();
    for (group, gone) in &groups {
        let (o, b) = (&group.overall, group.ballots);
        // A place next to one that is not shown must not say where that one stands.
        let better = groups.iter().filter(|(g, gone)| {
            !gone && g.depth == group.depth && g.overall.index > o.index && g.id.is_some()
        });
        let place = o.index.filter(|_| group.id.is_some());
        let place = place.and_then(|_| u32::try_from(better.count() + 1).ok());
        let mut cells = vec![
            Value::Deep(group.depth, group_name(group, lang)),
            Value::Text(group.id.clone().unwrap_or_else(|| "?".to_owned())),
            Value::Count(b.total),
            Value::Count(b.counted),
            Value::Count(b.pending),
            Value::Count(b.rejected),
        ];
        if *gone {
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
                Value::Place(place),
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
    let campaign = book
        .tally
        .campaign
        .as_deref()
        .unwrap_or(&book.tally.station);
    let title = match lang {
        Lang::Vi => format!("Chỉ số hài lòng: {}", heading(by, lang).to_lowercase()),
        Lang::En => format!("Satisfaction index: {}", heading(by, lang).to_lowercase()),
    };
    table(
        workbook,
        &book.styles,
        &Table {
            name: sheet_name(by, lang),
            title: &title,
            note: &note,
            columns: &[
                column(sheet_name(by, lang), 40.0),
                column(lang.pick("Mã", "Id"), 16.0),
                column(lang.pick("Nhận được", "Received"), 10.0),
                column(lang.pick("Được tính", "Counted"), 10.0),
                column(lang.pick("Chờ xử lý", "Pending"), 10.0),
                column(lang.pick("Bị loại", "Rejected"), 10.0),
                column(lang.pick("Người trả lời", "Respondents"), 10.0),
                column(lang.pick("Hài lòng (tử số)", "Satisfied"), 10.0),
                column(lang.pick("Hợp lệ (mẫu số)", "Valid"), 10.0),
                column(lang.pick("Chỉ số", "Index"), 10.0),
                column(lang.pick("Cận dưới 95 %", "95 % from"), 10.0),
                column(lang.pick("Cận trên 95 %", "95 % to"), 10.0),
                column(
                    lang.pick("Chênh lệch (điểm %)", "Difference (points)"),
                    11.0,
                ),
                column(lang.pick("Hạng", "Rank"), 8.0),
            ],
            rows: &rows,
            total: None,
        },
        campaign,
        lang,
    )?;
    Ok(())
}
