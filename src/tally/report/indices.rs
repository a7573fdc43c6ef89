//! Indices and comparisons.

use super::chart::{Bar, bars};
use super::{ReportPaper, paragraph};
use crate::form::paper::table::{Row, Set, table};
use crate::form::paper::{Flow, bold, grouped};
use crate::form::text::Align;
use crate::lang::Lang;
use crate::tally::TallyError;
use crate::tally::index::{Figure, FormFigures, Part, group_name, heading, percent, points};
use crate::tally::suppress::{Shown, figures, groups};

/// Bars of more groups than this would be a second table.
const MOST_BARS: usize = 40;

fn share(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| percent(v, Lang::Vi))
}

fn range(low: Option<f64>, high: Option<f64>) -> String {
    match (low, high) {
        (Some(low), Some(high)) => {
            format!("{} – {}", percent(low, Lang::Vi), percent(high, Lang::Vi))
        }
        _ => "–".to_owned(),
    }
}

fn form_title(form: &FormFigures) -> String {
    match &form.field {
        Some(field) => format!("{} ({field})", form.title),
        None => form.title.clone(),
    }
}

pub(super) fn index_section(flow: &mut Flow, paper: &ReportPaper<'_>) -> Result<(), TallyError> {
    let Some(all) = paper.index.groups.first() else {
        return Ok(());
    };
    let o = &all.overall;
    let few = o.respondents > 0 && o.respondents < paper.suppress_below;
    let mut text = match o.index {
        Some(_) if few => {
            "Chỉ số hài lòng chung không được nêu vì có quá ít người trả lời".to_owned()
        }
        None => "Chưa có câu trả lời nào để tính chỉ số hài lòng.".to_owned(),
        Some(index) => format!(
            "Chỉ số hài lòng chung đạt {} % ({} câu trả lời hài lòng trên {} câu trả lời hợp lệ, \
             của {} phiếu)",
            percent(index, Lang::Vi),
            grouped(o.satisfied),
            grouped(o.valid),
            grouped(o.respondents)
        ),
    };
    if let (false, Some(low), Some(high)) = (few, o.low, o.high) {
        text.push_str(&format!(
            ", khoảng tin cậy 95 %: từ {} % đến {} %",
            percent(low, Lang::Vi),
            percent(high, Lang::Vi)
        ));
    }
    if let (false, Some(d)) = (few, o.difference) {
        text.push_str(&format!("; so với kỳ trước: {} điểm", points(d, Lang::Vi)));
    }
    text.push('.');
    paragraph(flow, &text)?;
    let mut withheld = false;
    for (n, form) in all.forms.iter().enumerate() {
        let gone = figures(paper.index, n, paper.suppress_below);
        withheld |= gone.contains(&true);
        flow.keep(30.0);
        flow.text(&[bold(10.0, &form_title(form))], Align::Left, 0.0, 1.5)?;
        let compared = form.figures.iter().any(|f| f.difference.is_some());
        figures_table(flow, &form.figures, &gone, compared)?;
        let factors: Vec<Bar> = form
            .figures
            .iter()
            .zip(&gone)
            .filter(|(f, gone)| !**gone && matches!(f.part, Part::Content | Part::Factor))
            .map(|(f, _)| Bar {
                name: format!("{}{}", "   ".repeat(f.depth as usize - 1), f.text),
                share: f.index,
                figure: format!("{} %", share(f.index)),
                range: f.low.zip(f.high),
            })
            .collect();
        if factors.len() > 1 {
            bars(flow, &factors)?;
        }
    }
    if withheld {
        note_of_withheld(flow, paper)?;
    }
    Ok(())
}

fn note_of_withheld(flow: &mut Flow, paper: &ReportPaper<'_>) -> Result<(), TallyError> {
    let text = format!(
        "Số liệu của dưới {} người trả lời, và số liệu mà từ đó suy ra được, không được nêu để \
         không lộ ý kiến cá nhân.",
        paper.suppress_below
    );
    paragraph(flow, &text)
}

fn figures_table(
    flow: &mut Flow,
    figures: &[Figure],
    gone: &[bool],
    compared: bool,
) -> Result<(), TallyError> {
    let mut columns = vec![
        ("Nội dung, yếu tố, câu hỏi", 5.2, Set::Left),
        ("Hài lòng", 1.1, Set::Right),
        ("Hợp lệ", 1.1, Set::Right),
        ("Chỉ số (%)", 1.2, Set::Right),
        ("Khoảng tin cậy 95 %", 2.0, Set::Right),
    ];
    if compared {
        columns.push(("Kỳ trước", 1.2, Set::Right));
    }
    let rows: Vec<Row> = figures
        .iter()
        .zip(gone)
        .map(|(f, gone)| {
            let or_hidden = |text: String| if *gone { "…".to_owned() } else { text };
            let name = match (f.part, f.inside) {
                (Part::Form, _) => "Cả phiếu".to_owned(),
                (_, true) => f.text.clone(),
                (_, false) => format!("{} (ngoài chỉ số)", f.text),
            };
            let mut cells = vec![
                name,
                or_hidden(grouped(f.satisfied)),
                or_hidden(grouped(f.valid)),
                or_hidden(share(f.index)),
                or_hidden(range(f.low, f.high)),
            ];
            if compared {
                let d = f.difference.map(|d| points(d, Lang::Vi));
                cells.push(or_hidden(d.unwrap_or_else(|| "–".to_owned())));
            }
            Row {
                cells,
                indent: 2.5 * f64::from(f.depth),
                strong: matches!(f.part, Part::Form | Part::Content),
            }
        })
        .collect();
    table(flow, &columns, &rows)?;
    Ok(())
}

pub(super) fn comparison_section(
    flow: &mut Flow,
    paper: &ReportPaper<'_>,
) -> Result<(), TallyError> {
    let mut kinds: Vec<&str> = Vec::new();
    for group in &paper.index.groups[1..] {
        if !kinds.contains(&group.by.as_str()) {
            kinds.push(&group.by);
        }
    }
    let mut withheld = false;
    for by in kinds {
        let own = groups(paper.index, by, paper.suppress_below);
        withheld |= own.iter().any(|s| s.gone);
        flow.keep(30.0);
        flow.text(&[bold(10.0, heading(by, Lang::Vi))], Align::Left, 0.0, 1.5)?;
        group_table(flow, &own)?;
        if (2..=MOST_BARS).contains(&own.len()) {
            let drawn: Vec<Bar> = own
                .iter()
                .filter(|s| !s.gone)
                .map(|s| Bar {
                    name: format!(
                        "{}{}",
                        "   ".repeat(s.group.depth as usize),
                        group_name(s.group, Lang::Vi)
                    ),
                    share: s.group.overall.index,
                    figure: format!("{} %", share(s.group.overall.index)),
                    range: s.group.overall.low.zip(s.group.overall.high),
                })
                .collect();
            bars(flow, &drawn)?;
        }
    }
    if withheld {
        note_of_withheld(flow, paper)?;
    }
    Ok(())
}

fn group_table(flow: &mut Flow, groups: &[Shown<'_>]) -> Result<(), TallyError> {
    let compared = groups.iter().any(|s| s.group.overall.difference.is_some());
    let mut columns = vec![
        ("", 3.6, Set::Left),
        ("Phiếu tính", 1.1, Set::Right),
        ("Chờ xử lý", 1.0, Set::Right),
        ("Hài lòng", 1.1, Set::Right),
        ("Hợp lệ", 1.1, Set::Right),
        ("Chỉ số (%)", 1.1, Set::Right),
        ("Khoảng tin cậy 95 %", 2.0, Set::Right),
        ("Hạng", 1.0, Set::Right),
    ];
    if compared {
        columns.push(("Kỳ trước", 1.1, Set::Right));
    }
    let dash = || "–".to_owned();
    let rows: Vec<Row> = groups
        .iter()
        .map(|shown| {
            let (g, o) = (shown.group, &shown.group.overall);
            let or_hidden = |text: String| if shown.gone { "…".to_owned() } else { text };
            let mut cells = vec![
                group_name(g, Lang::Vi),
                grouped(g.ballots.counted),
                grouped(g.ballots.pending),
                or_hidden(grouped(o.satisfied)),
                or_hidden(grouped(o.valid)),
                or_hidden(share(o.index)),
                or_hidden(range(o.low, o.high)),
                or_hidden(shown.place.map_or_else(dash, |r| r.to_string())),
            ];
            if compared {
                let d = o.difference.map(|d| points(d, Lang::Vi));
                cells.push(or_hidden(d.unwrap_or_else(dash)));
            }
            Row {
                cells,
                indent: 3.0 * f64::from(g.depth),
                strong: false,
            }
        })
        .collect();
    table(flow, &columns, &rows)?;
    Ok(())
}
