//! Quotas out of a table: units in rows, forms and channels in columns. The table's own
//! sums are checked, and named with their row where they are wrong.

use unicode_normalization::UnicodeNormalization;

use super::{Column, Draft};
use crate::plan::{PlanError, count, names_a_sum};
use crate::sheet::{Row, Sheet, folded};
use crate::station::{Area, CampaignUnit, Channel};

/// How a table is read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TableRules {
    /// What a column is, where its head does not say: head and `FORM` or `FORM/CHANNEL`.
    pub columns: Vec<(String, String)>,
    /// Rows of units above others are sums of those below: checked, and not taken as
    /// quotas.
    pub parents_are_totals: bool,
}

/// What a column of a table is.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Id,
    Name,
    Parent,
    Area,
    Population,
    Quota(Column),
    Total,
    /// Numbers of lines, sums over units below.
    Nothing,
}

/// What a column is by its head, in small letters.
const HEADS: &[(&str, Kind)] = &[
    ("unit", Kind::Id),
    ("id", Kind::Id),
    ("mã đơn vị", Kind::Id),
    ("mã", Kind::Id),
    ("name", Kind::Name),
    ("đơn vị", Kind::Name),
    ("tên đơn vị", Kind::Name),
    ("tên", Kind::Name),
    ("parent", Kind::Parent),
    ("trực thuộc", Kind::Parent),
    ("cấp trên", Kind::Parent),
    ("area", Kind::Area),
    ("khu vực", Kind::Area),
    ("population", Kind::Population),
    ("số người", Kind::Population),
    ("total", Kind::Total),
    ("tổng", Kind::Total),
    ("tổng số", Kind::Total),
    ("tổng cộng", Kind::Total),
    ("cộng", Kind::Total),
    ("stt", Kind::Nothing),
    ("tt", Kind::Nothing),
    ("no", Kind::Nothing),
    ("depth", Kind::Nothing),
    ("with_below", Kind::Nothing),
    ("cả cấp dưới", Kind::Nothing),
    ("with those below", Kind::Nothing),
    ("ghi chú", Kind::Nothing),
    ("note", Kind::Nothing),
];

/// Rows of what the campaign wants, as `phieu plan quota` writes them: not read back.
const PLANNED: &[&str] = &["planned", "chỉ tiêu toàn đợt"];

/// Reads quotas from a table; `draft` has the campaign that they are for, or nothing.
///
/// # Errors
/// A column or cell that is not understood, a unit that the campaign has not, or sums
/// that are wrong.
pub fn from_table(sheet: &Sheet, mut draft: Draft, rules: &TableRules) -> Result<Draft, PlanError> {
    let kinds = kinds(sheet, &mut draft, rules)?;
    let place = |kind: &Kind| kinds.iter().position(|k| k == kind);
    let (id, name) = (place(&Kind::Id), place(&Kind::Name));
    if id.is_none() && name.is_none() {
        return Err(PlanError::NoColumn {
            wanted: "đơn vị".into(),
            known: sheet.header.join(", "),
        });
    }
    let known = !draft.units.is_empty();
    let mut lines: Vec<(usize, &Row, Vec<Option<u64>>)> = Vec::new();
    let mut sums = Vec::new();
    for row in &sheet.rows {
        let cell = |at: Option<usize>| at.map_or("", |i| row.cell(i));
        let begins = |is: &dyn Fn(&str) -> bool| {
            let of = [cell(id), cell(name), row.cell(0)];
            of.iter().any(|c| is(c))
        };
        if begins(&|c| PLANNED.contains(&folded(c).as_str())) {
            continue;
        }
        let numbers = numbers(sheet, row, &kinds)?;
        if begins(&names_a_sum) {
            sums.push((row, numbers));
            continue;
        }
        let unit = unit(sheet, row, &kinds, &draft, known)?;
        let place = match draft.units.iter().position(|u| u.id == unit.id) {
            Some(place) => place,
            None => {
                draft.units.push(unit.clone());
                draft.units.len() - 1
            }
        };
        if lines.iter().any(|l| l.0 == place) {
            return Err(PlanError::cell(
                sheet,
                row,
                id.or(name),
                format!("đơn vị {:?} có hai lần (this unit is there twice)", unit.id),
            ));
        }
        check_total(sheet, row, &kinds, &numbers)?;
        lines.push((place, row, numbers));
    }
    resolve_parents(&mut draft);
    let is_parent: Vec<bool> = draft
        .units
        .iter()
        .map(|u| draft.units.iter().any(|o| o.parent.as_ref() == Some(&u.id)))
        .collect();
    let kept = |place: usize| !(rules.parents_are_totals && is_parent[place]);
    for (row, written) in &sums {
        for (i, n) in written.iter().enumerate() {
            let added: u64 = lines
                .iter()
                .filter(|l| kept(l.0))
                .filter_map(|l| l.2[i])
                .sum();
            check_sum(sheet, row, i, *n, added)?;
        }
    }
    if rules.parents_are_totals {
        for (place, row, written) in lines.iter().filter(|l| !kept(l.0)) {
            for (i, n) in written.iter().enumerate() {
                let below = |p: usize| kept(p) && is_below(&draft.units, p, *place);
                let added: u64 = lines
                    .iter()
                    .filter(|l| below(l.0))
                    .filter_map(|l| l.2[i])
                    .sum();
                check_sum(sheet, row, i, *n, added)?;
            }
        }
    }
    for (place, _, numbers) in lines.iter().filter(|l| kept(l.0)) {
        for (kind, n) in kinds.iter().zip(numbers) {
            if let (Kind::Quota(column), Some(n)) = (kind, n) {
                draft.set(*place, column.form.as_deref(), column.channel, *n)?;
            }
        }
    }
    draft.add_up()?;
    Ok(draft)
}

fn kinds(sheet: &Sheet, draft: &mut Draft, rules: &TableRules) -> Result<Vec<Kind>, PlanError> {
    let mut out: Vec<Kind> = Vec::new();
    for head in &sheet.header {
        let said = rules
            .columns
            .iter()
            .find(|(h, _)| folded(h) == folded(head));
        let kind = match said {
            Some((_, column)) => quota_column(column, draft, true),
            None => HEADS
                .iter()
                .find(|(h, _)| *h == folded(head))
                .map(|(_, kind)| kind.clone())
                .or_else(|| quota_column(head, draft, false)),
        };
        let Some(kind) = kind else {
            return Err(PlanError::NoColumn {
                wanted: head.clone(),
                known: format!(
                    "mẫu phiếu (forms) {}; --column \"{head}=FORM\"",
                    draft.forms.join(", ")
                ),
            });
        };
        if kind != Kind::Nothing && out.contains(&kind) {
            return Err(PlanError::ColumnTwice(head.clone()));
        }
        out.push(kind);
    }
    for (head, _) in &rules.columns {
        sheet.column(head)?;
    }
    for kind in &out {
        if let Kind::Quota(Column {
            channel: Some(channel),
            ..
        }) = kind
            // Where the campaign has others, what reads it says so.
            && !draft.in_campaign
            && !draft.channels.contains(channel)
        {
            draft.channels.push(*channel);
        }
    }
    Ok(out)
}

/// `FORM`, `FORM/CHANNEL`, `quota`, or a channel alone where there is one form.
fn quota_column(head: &str, draft: &mut Draft, said: bool) -> Option<Kind> {
    let channel = |text: &str| {
        let text = folded(text);
        let is = |c: &Channel| c.word() == text || folded(c.names().0) == text;
        Channel::ALL.into_iter().find(is)
    };
    let column = |form: Option<String>, channel| Some(Kind::Quota(Column { form, channel }));
    if ["quota", "chỉ tiêu", "số phiếu"].contains(&folded(head).as_str()) {
        let only = (draft.forms.len() == 1).then(|| draft.forms[0].clone());
        return column(only, None);
    }
    if let ([only], Some(way)) = (draft.forms.as_slice(), channel(head)) {
        return column(Some(only.clone()), Some(way));
    }
    let (form, way) = match head.rsplit_once('/') {
        Some((form, way)) => (form.trim(), Some(channel(way)?)),
        None => (head.trim(), None),
    };
    let known = draft
        .forms
        .iter()
        .find(|f| folded(f) == folded(form))
        .cloned();
    match known {
        Some(form) => column(Some(form), way),
        // Without a campaign columns make the forms, if they look like ids.
        None if !draft.in_campaign && (said || is_id(form)) && !form.is_empty() => {
            draft.forms.push(form.to_owned());
            column(Some(form.to_owned()), way)
        }
        None => None,
    }
}

fn is_id(text: &str) -> bool {
    let sign = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'_';
    text.bytes().all(sign) && text.bytes().any(|b| b.is_ascii_lowercase())
}

fn numbers(sheet: &Sheet, row: &Row, kinds: &[Kind]) -> Result<Vec<Option<u64>>, PlanError> {
    let mut out = Vec::new();
    for (i, kind) in kinds.iter().enumerate() {
        let text = row.cell(i);
        out.push(match kind {
            Kind::Quota(_) | Kind::Total if !["", "-", "–"].contains(&text) => {
                let n = count(text).map_err(|e| PlanError::cell(sheet, row, Some(i), e))?;
                Some(n)
            }
            _ => None,
        });
    }
    Ok(out)
}

fn unit(
    sheet: &Sheet,
    row: &Row,
    kinds: &[Kind],
    draft: &Draft,
    known: bool,
) -> Result<CampaignUnit, PlanError> {
    let at = |kind: &Kind| kinds.iter().position(|k| k == kind);
    let text = |kind: &Kind| {
        let cell = at(kind).map_or("", |i| row.cell(i));
        (!cell.is_empty()).then(|| cell.to_owned())
    };
    let (id, name) = (text(&Kind::Id), text(&Kind::Name));
    let place = at(&Kind::Id).or(at(&Kind::Name));
    let Some(called) = id.as_ref().or(name.as_ref()) else {
        return Err(PlanError::cell(
            sheet,
            row,
            place,
            "không ghi đơn vị (no unit)",
        ));
    };
    if known {
        return match find(&draft.units, called) {
            Some(unit) => Ok(unit.clone()),
            None => {
                let what = format!(
                    "đợt khảo sát không có đơn vị {called:?} (the campaign has no such unit)"
                );
                Err(PlanError::cell(sheet, row, place, &what))
            }
        };
    }
    let area = match text(&Kind::Area).map(|t| folded(&t)) {
        None => None,
        Some(word) => Some(
            [Area::Urban, Area::Rural]
                .into_iter()
                .find(|a| a.word() == word || a.names().0 == word)
                .ok_or_else(|| {
                    let what = "viết thành thị hay nông thôn (write urban or rural)";
                    PlanError::cell(sheet, row, at(&Kind::Area), what)
                })?,
        ),
    };
    let population = match text(&Kind::Population) {
        None => None,
        Some(n) => {
            Some(count(&n).map_err(|e| PlanError::cell(sheet, row, at(&Kind::Population), e))?)
        }
    };
    Ok(CampaignUnit {
        id: match id {
            Some(id) => id,
            None => id_of(called)?,
        },
        name,
        parent: text(&Kind::Parent),
        area,
        population,
        ..CampaignUnit::default()
    })
}

/// A unit by its id or name.
fn find<'a>(units: &'a [CampaignUnit], called: &str) -> Option<&'a CampaignUnit> {
    let same = |name: &String| folded(name) == folded(called);
    units
        .iter()
        .find(|u| u.id == called)
        .or_else(|| units.iter().find(|u| u.name.as_ref().is_some_and(same)))
}

/// Parents may be named as people name them.
fn resolve_parents(draft: &mut Draft) {
    let units = draft.units.clone();
    for unit in &mut draft.units {
        if let Some(parent) = &unit.parent
            && let Some(found) = find(&units, parent)
        {
            unit.parent = Some(found.id.clone());
        }
    }
}

fn is_below(units: &[CampaignUnit], unit: usize, above: usize) -> bool {
    let mut at = unit;
    // A circle is refused by what reads the campaign; here it only must end.
    for _ in 0..units.len() {
        let parent = units[at].parent.as_ref();
        match parent.and_then(|p| units.iter().position(|u| u.id == *p)) {
            Some(p) if p == above => return true,
            Some(p) => at = p,
            None => return false,
        }
    }
    false
}

/// `bhxh-huyen-tam-duong` of "BHXH huyện Tam Đường": letters without signs, for codes.
///
/// # Errors
/// Nothing of the name is a letter or digit.
pub fn id_of(name: &str) -> Result<String, PlanError> {
    let mut out = String::new();
    for c in name.to_lowercase().nfd() {
        match c {
            'đ' => out.push('d'),
            c if c.is_ascii_alphanumeric() => out.push(c),
            // Signs above and below letters.
            '\u{300}'..='\u{36f}' => {}
            _ if !out.is_empty() && !out.ends_with('-') => out.push('-'),
            _ => {}
        }
    }
    let id = out.trim_end_matches('-');
    if id.is_empty() {
        return Err(PlanError::NoId(name.to_owned()));
    }
    Ok(id.to_owned())
}

fn check_total(
    sheet: &Sheet,
    row: &Row,
    kinds: &[Kind],
    numbers: &[Option<u64>],
) -> Result<(), PlanError> {
    let Some(total) = kinds.iter().position(|k| *k == Kind::Total) else {
        return Ok(());
    };
    let parts = kinds.iter().zip(numbers);
    let parts: Vec<u64> = parts
        .filter(|(k, _)| matches!(k, Kind::Quota(_)))
        .filter_map(|(_, n)| *n)
        .collect();
    if parts.is_empty() && numbers[total] == Some(0) {
        return Ok(());
    }
    check_sum(sheet, row, total, numbers[total], parts.iter().sum())
}

fn check_sum(
    sheet: &Sheet,
    row: &Row,
    column: usize,
    written: Option<u64>,
    added: u64,
) -> Result<(), PlanError> {
    match written {
        Some(written) if written != added => Err(PlanError::Sum {
            row: row.number,
            column: sheet.header[column].clone(),
            written,
            added,
        }),
        _ => Ok(()),
    }
}
