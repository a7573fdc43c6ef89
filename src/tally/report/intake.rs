//! What came in, against the plan.

use super::{ReportPaper, paragraph};
use crate::form::paper::table::{Row, Set, table};
use crate::form::paper::{Flow, grouped};
use crate::lang::Lang;
use crate::tally::TallyError;
use crate::tally::index::percent;

pub(super) fn section(flow: &mut Flow, paper: &ReportPaper<'_>) -> Result<(), TallyError> {
    let top: Vec<_> = paper.intake.iter().filter(|u| u.depth == 0).collect();
    let sum = |f: fn(&super::Intake) -> u64| top.iter().map(|u| f(u)).sum::<u64>();
    let (received, counted) = (sum(|u| u.received), sum(|u| u.counted));
    let (pending, rejected) = (sum(|u| u.pending), sum(|u| u.rejected));
    let quota = top
        .iter()
        .map(|u| u.quota)
        .reduce(|a, b| Some(a.unwrap_or(0) + b.unwrap_or(0)))
        .flatten();
    let mut text = format!("Tổng số phiếu thu về: {}", grouped(received));
    if let Some(quota) = quota.filter(|q| *q > 0) {
        text.push_str(&format!(
            " trên {} phiếu theo kế hoạch (đạt {} %)",
            grouped(quota),
            percent(received as f64 / quota as f64, Lang::Vi)
        ));
    }
    text.push_str(&format!(
        "; trong đó {} phiếu hợp lệ được tính, {} phiếu bị loại.",
        grouped(counted),
        grouped(rejected)
    ));
    paragraph(flow, &text)?;
    if pending > 0 {
        paragraph(
            flow,
            &format!(
                "Còn {} phiếu đang chờ người xử lý: chưa được tính vào các số liệu dưới đây.",
                grouped(pending)
            ),
        )?;
    }
    let columns = [
        ("Đơn vị", 4.0, Set::Left),
        ("Kế hoạch", 1.2, Set::Right),
        ("Thu về", 1.2, Set::Right),
        ("Hợp lệ", 1.2, Set::Right),
        ("Chờ xử lý", 1.1, Set::Right),
        ("Bị loại", 1.0, Set::Right),
        ("Đạt (%)", 1.2, Set::Right),
    ];
    let rows: Vec<Row> = paper
        .intake
        .iter()
        .map(|unit| Row {
            cells: vec![
                unit.name.clone(),
                unit.quota.map_or_else(|| "–".to_owned(), grouped),
                grouped(unit.received),
                grouped(unit.counted),
                grouped(unit.pending),
                grouped(unit.rejected),
                unit.quota.filter(|q| *q > 0).map_or_else(
                    || "–".to_owned(),
                    |q| percent(unit.received as f64 / q as f64, Lang::Vi),
                ),
            ],
            indent: 4.0 * f64::from(unit.depth),
            strong: unit.depth == 0 && paper.intake.len() > 1,
        })
        .collect();
    if !rows.is_empty() {
        table(flow, &columns, &rows)?;
    }
    Ok(())
}
