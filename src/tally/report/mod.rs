//! The report of a survey as a PDF that an office signs and sends: in the layout of
//! administrative documents (Decree 30/2020/NĐ-CP), with completeness against the plan,
//! indices, comparisons, distributions of answers, opinions, and the method in an annex.

mod annex;
mod answers;
mod chart;
mod indices;
mod intake;
mod of_station;
#[cfg(test)]
mod tests;

pub use of_station::{ReportOptions, index_options, station_report};

use super::index::IndexReport;
use super::{Tally, TallyError};
use crate::form::paper::{Flow, bold, italic, national_heading, plain};
use crate::form::text::Align;
use crate::form::{Meaning, plain_pdf};
use crate::station::Day;

/// What the report is made from.
#[derive(Debug, Clone)]
pub struct ReportPaper<'a> {
    /// Who issues it, at most two lines: the office above and the office.
    pub office: &'a [String],
    /// The place that it is dated at; `None`: to be written by hand.
    pub place: Option<&'a str>,
    /// Day of the report; `None`: to be written by hand.
    pub date: Option<Day>,
    /// By what decisions the survey is held.
    pub legal_basis: &'a [String],
    /// Who receives it.
    pub recipients: &'a [String],
    /// Completeness against the plan: a line for each unit.
    pub intake: &'a [Intake],
    /// The figures.
    pub index: &'a IndexReport,
    /// The counts.
    pub tally: &'a Tally,
    /// What the answers of each form mean, by id and version.
    pub meanings: &'a [(String, u32, Meaning)],
    /// Opinions that people wrote, grouped: how many wrote each, the most first.
    pub opinions: &'a [(String, u64)],
    /// How it was read and proven, a paragraph each, for the annex.
    pub method: &'a [String],
    /// Groups with fewer respondents than this show no figures; 0: all are shown.
    pub suppress_below: u64,
}

/// What came in from a unit, against the plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Intake {
    /// For people.
    pub name: String,
    /// How deep it lies in the tree.
    pub depth: u32,
    /// Ballots that it should collect.
    pub quota: Option<u64>,
    /// Ballots that came in.
    pub received: u64,
    /// Those that count.
    pub counted: u64,
    /// Those that wait for a person.
    pub pending: u64,
    /// Those that were rejected.
    pub rejected: u64,
}

/// Size of the running text, pt; as in the minutes.
const TEXT: f64 = 11.0;
/// First line of a paragraph, mm: the decree asks for 1 to 1.27 cm.
const INDENT: f64 = 10.0;
/// After a paragraph, mm: the decree asks for at least 6 pt.
const AFTER: f64 = 2.2;

/// The report as a PDF, A4.
///
/// # Errors
/// The PDF writer fails.
pub fn report_pdf(paper: &ReportPaper<'_>) -> Result<Vec<u8>, TallyError> {
    let mut flow = Flow::new();
    let place = format!(
        "{}, {}",
        paper.place.unwrap_or("……………"),
        paper
            .date
            .map_or_else(|| "ngày …… tháng …… năm ……".to_owned(), Day::in_words)
    );
    national_heading(&mut flow, paper.office, "Số: …………/BC-…………", Some(&place))?;
    flow.text(&[bold(14.0, "BÁO CÁO")], Align::Centre, 0.0, 0.0)?;
    let name = paper.index.campaign.as_deref().unwrap_or("đợt khảo sát");
    let title = format!("Kết quả {}", lower_first(name));
    flow.text(&[bold(12.0, &title)], Align::Centre, 0.0, 6.0)?;
    for basis in paper.legal_basis {
        flow.text(
            &[italic(TEXT, &basis_line(basis))],
            Align::Left,
            INDENT,
            AFTER,
        )?;
    }
    heading(&mut flow, "I. TÌNH HÌNH THU PHIẾU")?;
    intake::section(&mut flow, paper)?;
    heading(&mut flow, "II. CHỈ SỐ HÀI LÒNG")?;
    indices::index_section(&mut flow, paper)?;
    let mut number = 3;
    if paper.index.groups.len() > 1 {
        heading(&mut flow, &format!("{}. SO SÁNH", roman(number)))?;
        indices::comparison_section(&mut flow, paper)?;
        number += 1;
    }
    heading(
        &mut flow,
        &format!("{}. PHÂN BỐ CÂU TRẢ LỜI", roman(number)),
    )?;
    answers::section(&mut flow, paper)?;
    number += 1;
    if !paper.opinions.is_empty() {
        heading(&mut flow, &format!("{}. Ý KIẾN, KIẾN NGHỊ", roman(number)))?;
        annex::opinions(&mut flow, paper.opinions)?;
    }
    annex::signature(&mut flow, paper)?;
    annex::method(&mut flow, paper)?;
    let foot = format!(
        "Lập bằng phieu {} từ trạm {}",
        env!("CARGO_PKG_VERSION"),
        paper.tally.station
    );
    let pages = flow.finish(&foot)?;
    Ok(plain_pdf(&format!("Báo cáo: {name}"), &pages)?)
}

fn heading(flow: &mut Flow, text: &str) -> Result<(), TallyError> {
    flow.gap(2.0);
    // A heading never stands alone at the foot of a page.
    flow.keep(30.0);
    flow.text(&[bold(TEXT, text)], Align::Left, 0.0, AFTER)?;
    Ok(())
}

fn paragraph(flow: &mut Flow, text: &str) -> Result<(), TallyError> {
    flow.text(&[plain(TEXT, text)], Align::Left, INDENT, AFTER)?;
    Ok(())
}

/// "Căn cứ …;" as a document names what it rests on.
fn basis_line(basis: &str) -> String {
    let basis = basis.trim().trim_end_matches([';', '.', ',']);
    if basis.to_lowercase().starts_with("căn cứ") || basis.to_lowercase().starts_with("thực hiện")
    {
        format!("{basis};")
    } else {
        format!("Căn cứ {basis};")
    }
}

fn lower_first(text: &str) -> String {
    let mut rest = text.chars();
    let second_small = text.chars().nth(1).is_some_and(char::is_lowercase);
    match rest.next() {
        Some(first) if second_small => first.to_lowercase().chain(rest).collect(),
        _ => text.to_owned(),
    }
}

fn roman(n: usize) -> &'static str {
    ["", "I", "II", "III", "IV", "V", "VI", "VII"]
        .get(n)
        .copied()
        .unwrap_or("VIII")
}
