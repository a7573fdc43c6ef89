//! The first sheets: what campaign this is, its index, and how much of it came.

use std::collections::BTreeMap;

use rust_xlsxwriter::{Workbook, Worksheet};

use super::Book;
use crate::lang::Lang;
use crate::tally::index::percent;
use crate::tally::{Ballots, TallyError};
use crate::workbook::{Table, Value, column, cut, grow, page, write_row};

/// Of the columns of the first sheet, in characters.
fn width(column: usize) -> f64 {
    if column == 0 { 34.0 } else { 14.0 }
}

/// What the campaign is, and its figures over all.
pub(super) fn summary(book: &Book<'_>, workbook: &mut Workbook) -> Result<(), TallyError> {
    let (lang, campaign) = (book.lang(), book.campaign());
    let sheet = workbook.add_worksheet();
    sheet.set_name(lang.pick("Tổng hợp", "Summary"))?;
    page(sheet, campaign, lang);
    for i in 0..7 {
        sheet.set_column_width(i, width(usize::from(i)))?;
    }
    let mut row = 0;
    sheet.write_string_with_format(row, 0, cut(campaign), &book.styles.title)?;
    row += 2;
    for (key, value) in facts(book) {
        sheet.write_string_with_format(row, 0, key, &book.styles.key)?;
        sheet.merge_range(row, 1, row, 6, &cut(&value), &book.styles.plain)?;
        // Merged cells do not grow with their text: some 90 characters fit a line.
        let lines = value
            .lines()
            .map(|l| l.chars().count() / 90 + 1)
            .sum::<usize>()
            .clamp(1, 20);
        sheet.set_row_height(row, 16.0 * lines as f64)?;
        row += 1;
    }
    row += 1;
    row = overall(book, sheet, row)?;
    by_form(book, sheet, row + 1)
}

fn facts(book: &Book<'_>) -> Vec<(&'static str, String)> {
    let (lang, plan, tally) = (book.lang(), &book.options.plan, book.tally);
    let mut facts = Vec::new();
    if let Some(office) = &plan.office {
        facts.push((
            lang.pick("Cơ quan tổng hợp", "Reporting office"),
            office.clone(),
        ));
    }
    if !plan.legal_basis.is_empty() {
        facts.push((
            lang.pick("Căn cứ", "Legal basis"),
            plan.legal_basis.join("\n"),
        ));
    }
    if plan.starts.is_some() || plan.ends.is_some() {
        let day = |d: &Option<String>| d.clone().unwrap_or_else(|| "…".to_owned());
        facts.push((
            lang.pick("Thời gian khảo sát", "Period"),
            format!("{} – {}", day(&plan.starts), day(&plan.ends)),
        ));
    }
    let filter = &book.options.filter;
    if let Some(form) = &filter.form {
        facts.push((lang.pick("Chỉ mẫu phiếu", "Only form"), form.clone()));
    }
    if let Some(unit) = &filter.unit {
        let text = match lang {
            Lang::Vi => format!("{unit} và các đơn vị trực thuộc"),
            Lang::En => format!("{unit} and those below it"),
        };
        facts.push((lang.pick("Chỉ đơn vị", "Only unit"), text));
    }
    facts.push((lang.pick("Trạm", "Station"), tally.station.clone()));
    facts.push((
        lang.pick("Lập lúc", "Made at"),
        format!(
            "{} ({})",
            book.options.local_time.written(&book.options.generated),
            book.options.program
        ),
    ));
    let p = tally.pages;
    let waits = p.unplaced;
    facts.push((
        lang.pick("Trang đã quét", "Pages scanned"),
        match lang {
            Lang::Vi => format!(
                "{}: {} rõ, {} cần xem, {} không đọc được, {} trắng, {} trùng; {waits} chưa biết thuộc phiếu nào",
                p.total, p.clean, p.review, p.unreadable, p.blank, p.duplicates
            ),
            Lang::En => format!(
                "{}: {} clean, {} to review, {} unreadable, {} blank, {} duplicates; {waits} belong to no ballot yet",
                p.total, p.clean, p.review, p.unreadable, p.blank, p.duplicates
            ),
        },
    ));
    facts
}

/// The index over all; returns the row after it.
fn overall(book: &Book<'_>, sheet: &mut Worksheet, mut row: u32) -> Result<u32, TallyError> {
    let lang = book.lang();
    let Some(all) = book.all() else {
        return Ok(row);
    };
    let o = &all.overall;
    let least = book.options.suppress;
    let gone = o.respondents > 0 && o.respondents < least;
    let line = |label: &str, value: Value| vec![Value::Bold(label.to_owned()), value];
    let own = |value: Value| if gone { Value::Hidden } else { value };
    let mut lines = vec![
        line(
            lang.pick("CHỈ SỐ HÀI LÒNG CHUNG", "SATISFACTION INDEX"),
            own(Value::Share(o.index)),
        ),
        line(
            lang.pick(
                "Câu trả lời hài lòng (tử số)",
                "Satisfied answers (numerator)",
            ),
            own(Value::Count(o.satisfied)),
        ),
        line(
            lang.pick("Câu trả lời hợp lệ (mẫu số)", "Valid answers (denominator)"),
            own(Value::Count(o.valid)),
        ),
        line(
            lang.pick("Khoảng tin cậy 95 %: từ", "95 % confidence interval: from"),
            own(Value::Share(o.low)),
        ),
        line(
            lang.pick("Khoảng tin cậy 95 %: đến", "95 % confidence interval: to"),
            own(Value::Share(o.high)),
        ),
        line(
            lang.pick("Số người trả lời", "Respondents"),
            Value::Count(o.respondents),
        ),
    ];
    if let Some(population) = all.population {
        let label = lang.pick("Số người có thể hỏi", "People who could be asked");
        lines.push(line(label, Value::Count(population)));
    }
    if o.difference.is_some() {
        let label = lang.pick(
            "So với kỳ trước (điểm %)",
            "Against the last period (points)",
        );
        lines.push(line(label, own(Value::Points(o.difference))));
    }
    for cells in lines {
        write_row(sheet, row, &cells, &book.styles, lang)?;
        row += 1;
    }
    if let (Some(index), false) = (o.index, gone) {
        let said = match lang {
            Lang::Vi => format!("Chỉ số viết trong báo cáo: {} %", percent(index, lang)),
            Lang::En => format!("As a report writes it: {} %", percent(index, lang)),
        };
        sheet.write_string_with_format(row, 0, said, &book.styles.note)?;
        row += 1;
    }
    Ok(row)
}

fn by_form(book: &Book<'_>, sheet: &mut Worksheet, mut row: u32) -> Result<(), TallyError> {
    let lang = book.lang();
    let heads = [
        lang.pick("Mẫu phiếu", "Form"),
        lang.pick("Chỉ tiêu", "Quota"),
        lang.pick("Nhận được", "Received"),
        lang.pick("Được tính", "Counted"),
        lang.pick("Chờ xử lý", "Pending"),
        lang.pick("Bị loại", "Rejected"),
        lang.pick("Được tính / chỉ tiêu", "Counted / quota"),
    ];
    for (i, head) in heads.iter().enumerate() {
        let at = u16::try_from(i).unwrap_or(0);
        sheet.write_string_with_format(row, at, *head, &book.styles.head)?;
    }
    sheet.set_row_height(row, 32.0)?;
    let mut seen: BTreeMap<&str, Ballots> = BTreeMap::new();
    let mut titles: BTreeMap<&str, &str> = BTreeMap::new();
    let mut order: Vec<&str> = book
        .options
        .plan
        .forms
        .iter()
        .map(|f| f.0.as_str())
        .collect();
    for form in &book.tally.forms {
        seen.entry(&form.form).or_default().merge(form.ballots);
        titles.insert(&form.form, &form.title);
        if !order.contains(&form.form.as_str()) {
            order.push(&form.form);
        }
    }
    if let Some(only) = &book.options.filter.form {
        order.retain(|f| f == only);
    }
    let mut all = Ballots::default();
    for form in order {
        let ballots = seen.get(form).copied().unwrap_or_default();
        all.merge(ballots);
        // Quotas are of the whole campaign: beside one unit's ballots they mislead.
        let quota = match &book.options.filter.unit {
            None => book
                .options
                .plan
                .forms
                .iter()
                .find(|f| f.0 == form)
                .and_then(|f| f.1),
            Some(_) => None,
        };
        let title = titles
            .get(form)
            .map_or_else(|| form.to_owned(), |t| format!("{t} ({form})"));
        let mut cells = vec![Value::Text(title)];
        cells.extend(counts(quota, ballots));
        row += 1;
        write_row(sheet, row, &cells, &book.styles, lang)?;
        grow(sheet, row, &cells, width)?;
    }
    let mut cells = vec![Value::Bold(lang.pick("Cộng", "Total").to_owned())];
    cells.extend(counts(None, all));
    row += 1;
    write_row(sheet, row, &cells, &book.styles, lang)?;
    Ok(())
}

fn counts(quota: Option<u64>, b: Ballots) -> [Value; 6] {
    let share = quota
        .filter(|q| *q > 0)
        .map(|q| b.counted as f64 / q as f64);
    [
        quota.map_or(Value::Nothing, Value::Count),
        Value::Count(b.total),
        Value::Count(b.counted),
        Value::Count(b.pending),
        Value::Count(b.rejected),
        if quota.is_some() {
            Value::Share(share)
        } else {
            Value::Nothing
        },
    ]
}

/// What came of each unit and form, against the plan: the units' own ballots.
pub(super) fn completeness(book: &Book<'_>, workbook: &mut Workbook) -> Result<(), TallyError> {
    let (lang, tally, plan) = (book.lang(), book.tally, &book.options.plan);
    let mut own: BTreeMap<(Option<&str>, &str), Ballots> = BTreeMap::new();
    let mut names: BTreeMap<&str, &str> = BTreeMap::new();
    for form in &tally.forms {
        for unit in &form.units {
            let id = unit.unit.as_deref();
            own.entry((id, form.form.as_str()))
                .or_default()
                .merge(unit.ballots);
        }
    }
    for group in book.index.groups.iter().filter(|g| g.by == "unit") {
        if let (Some(id), Some(name)) = (&group.id, &group.name) {
            names.insert(id, name);
        }
    }
    let shown = |id: &str| match &book.options.filter.unit {
        None => true,
        // The groups are those that the filter let through.
        Some(_) => book
            .index
            .groups
            .iter()
            .any(|g| g.by == "unit" && g.id.as_deref() == Some(id)),
    };
    let mut units: Vec<(Option<&str>, u32)> = plan
        .units
        .iter()
        .filter(|u| shown(&u.id))
        .map(|u| (Some(u.id.as_str()), u.depth))
        .collect();
    for (unit, _) in own.keys() {
        if !units.iter().any(|(known, _)| known == unit) {
            units.push((*unit, 0));
        }
    }
    let mut rows = Vec::new();
    let mut all = Ballots::default();
    let mut of_plan: Option<u64> = None;
    for (unit, depth) in units {
        let planned = plan.units.iter().find(|u| Some(u.id.as_str()) == unit);
        let mut forms: Vec<&str> = planned.map_or_else(Vec::new, |p| {
            p.quotas.iter().map(|q| q.0.as_str()).collect()
        });
        for form in tally.forms.iter().map(|f| f.form.as_str()) {
            if !forms.contains(&form) && own.contains_key(&(unit, form)) {
                forms.push(form);
            }
        }
        if let Some(only) = &book.options.filter.form {
            forms.retain(|f| f == only);
        }
        let of = |form: &str| own.get(&(unit, form)).copied().unwrap_or_default();
        let mut sum = Ballots::default();
        forms.iter().for_each(|f| sum.merge(of(f)));
        all.merge(sum);
        let name = match unit {
            Some(id) => names.get(id).map_or(id, |n| *n),
            None => lang.pick("Không rõ đơn vị", "Unit not known"),
        };
        let mut line = |form: &str, quota: Option<u64>, ballots: Ballots| {
            let mut cells = vec![
                Value::Deep(depth, name.to_owned()),
                Value::Text(unit.unwrap_or("?").to_owned()),
                Value::Text(form.to_owned()),
            ];
            cells.extend(counts(quota, ballots));
            rows.push(cells);
        };
        let whole = planned
            .and_then(|p| p.quota)
            .filter(|_| book.options.filter.form.is_none());
        // With a single form its line says all.
        if forms.len() != 1 || planned.is_some_and(|p| p.quotas.is_empty() && p.quota.is_some()) {
            line(lang.pick("mọi mẫu", "all forms"), whole, sum);
        }
        let wanted = match &book.options.filter.form {
            None => planned.and_then(|p| p.quota),
            Some(form) => planned.and_then(|p| p.quotas.iter().find(|q| q.0 == *form).map(|q| q.1)),
        };
        of_plan = match (of_plan, wanted) {
            (Some(a), Some(b)) => Some(a.saturating_add(b)),
            (a, b) => a.or(b),
        };
        for form in &forms {
            let quota = planned.and_then(|p| p.quotas.iter().find(|q| q.0 == *form).map(|q| q.1));
            line(form, quota, of(form));
        }
    }
    let mut total = vec![
        Value::Bold(lang.pick("Cộng", "Total").to_owned()),
        Value::Nothing,
        Value::Nothing,
    ];
    total.extend(counts(of_plan, all));
    book.table(
        workbook,
        &Table {
            name: lang.pick("Thu phiếu", "Completeness"),
            title: lang.pick("Tình hình thu phiếu so với kế hoạch", "Ballots against the plan"),
            note: lang.pick(
                "Phiếu của chính từng đơn vị, không cộng đơn vị trực thuộc. Phiếu chờ xử lý và bị loại chưa có trong số liệu.",
                "Each unit's own ballots, without units below it. Pending and rejected ballots are in no figure.",
            ),
            columns: &[
                column(lang.pick("Đơn vị", "Unit"), 38.0),
                column(lang.pick("Mã", "Id"), 16.0),
                column(lang.pick("Mẫu phiếu", "Form"), 20.0),
                column(lang.pick("Chỉ tiêu", "Quota"), 11.0),
                column(lang.pick("Nhận được", "Received"), 11.0),
                column(lang.pick("Được tính", "Counted"), 11.0),
                column(lang.pick("Chờ xử lý", "Pending"), 11.0),
                column(lang.pick("Bị loại", "Rejected"), 11.0),
                column(lang.pick("Được tính / chỉ tiêu", "Counted / quota"), 13.0),
            ],
            rows: &rows,
            total: Some(total),
        },
    )
}
