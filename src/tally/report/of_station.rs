//! The report of a station: figures, plan and log brought together.

use std::collections::{BTreeMap, BTreeSet};

use super::{Intake, ReportPaper, report_pdf};
use crate::form::Meaning;
use crate::station::sample::{Stratum, most_errors_95};
use crate::station::{Campaign, Day, LocalTime, unit_progress};
use crate::store::{NoteFilter, Store};
use crate::tally::index::{By, IndexOptions, IndexReport, compare, index_of};
use crate::tally::{TallyError, TallyFilter, load, tally_of};

/// What the office says of its report.
#[derive(Debug, Clone, Default)]
pub struct ReportOptions {
    /// Who issues it, at most two lines; empty: the campaign's reporting office.
    pub office: Vec<String>,
    /// Place that it is dated at.
    pub place: Option<String>,
    /// Its day, `2026-11-25`; `None`: today.
    pub date: Option<String>,
    /// Who receives it.
    pub recipients: Vec<String>,
    /// Indices of the last period.
    pub last: Option<IndexReport>,
    /// Groups with fewer respondents than this show no figures.
    pub suppress_below: u64,
}

/// What the campaign says that indices need; the areas' names in Vietnamese.
///
/// # Errors
/// The campaign's file has a mistake.
pub fn index_options(campaign: &Campaign) -> IndexOptions {
    let mut options = IndexOptions::default();
    for unit in &campaign.units {
        if let Some(area) = unit.area {
            let name = (area.word().to_owned(), area.names().0.to_owned());
            options.areas.insert(unit.id.clone(), name);
        }
        if let Some(population) = unit.population {
            options.populations.insert(unit.id.clone(), population);
        }
    }
    options
}

/// The campaign of a station; an empty one if it has none.
fn campaign_of(store: &Store) -> Result<Campaign, TallyError> {
    Ok(match store.campaign()? {
        Some(row) => Campaign::of_source(&row.source).map_err(Box::new)?,
        None => Campaign::default(),
    })
}

/// The station's report as a PDF.
///
/// # Errors
/// The database refuses, the campaign or a form has a mistake, or the PDF writer fails.
pub fn station_report(store: &Store, options: &ReportOptions) -> Result<Vec<u8>, TallyError> {
    let campaign = campaign_of(store)?;
    let ballots = load(store)?;
    let mut wanted = index_options(&campaign);
    wanted.by = groups(&ballots, &wanted);
    let mut indices = index_of(store, &ballots, &wanted)?;
    if let Some(last) = &options.last {
        compare(&mut indices, last);
    }
    let counts = tally_of(store, &ballots, &TallyFilter::default())?;
    let meanings: Vec<(String, u32, Meaning)> = ballots
        .into_iter()
        .map(|f| (f.form, f.version, f.meaning))
        .collect();
    let office = if options.office.is_empty() {
        campaign.reporting_office.iter().cloned().collect()
    } else {
        options.office.clone()
    };
    let opinions: Vec<(String, u64)> = store
        .note_groups(&NoteFilter::default())?
        .into_iter()
        .filter(|(label, _)| !label.is_empty())
        .collect();
    let today = LocalTime::of(store)?.today(store)?;
    let date = match &options.date {
        Some(day) => Some(Day::parse(day).ok_or_else(|| TallyError::NoSuchDay(day.clone()))?),
        None => today,
    };
    report_pdf(&ReportPaper {
        office: &office,
        place: options.place.as_deref(),
        date,
        legal_basis: &campaign.legal_basis,
        recipients: &options.recipients,
        intake: &intake(store, &campaign, today)?,
        index: &indices,
        tally: &counts,
        meanings: &meanings,
        opinions: &opinions,
        method: &method(store)?,
        suppress_below: options.suppress_below,
    })
}

/// Groups of which there is more than one.
fn groups(forms: &[crate::tally::FormBallots], options: &IndexOptions) -> Vec<By> {
    let cells = || forms.iter().flat_map(|f| &f.cells);
    let several = |names: BTreeSet<Option<&str>>| names.len() > 1;
    let mut by = Vec::new();
    if several(cells().map(|c| c.unit.as_deref()).collect()) {
        by.push(By::Unit);
    }
    let area = |unit: &Option<String>| {
        let unit = unit.as_ref()?;
        options.areas.get(unit).map(|(id, _)| id.as_str())
    };
    if several(cells().map(|c| area(&c.unit)).collect()) {
        by.push(By::Area);
    }
    if several(cells().map(|c| Some(c.channel.word())).collect()) {
        by.push(By::Channel);
    }
    if several(
        forms
            .iter()
            .map(|f| f.meaning.rules.field.as_deref())
            .collect(),
    ) {
        by.push(By::Field);
    }
    by
}

fn intake(
    store: &Store,
    campaign: &Campaign,
    today: Option<Day>,
) -> Result<Vec<Intake>, TallyError> {
    let Some(today) = today else {
        return Ok(Vec::new());
    };
    let ids: BTreeMap<i64, String> = store
        .forms()?
        .into_iter()
        .map(|f| (f.key.number(), f.layout.form))
        .collect();
    let units = store.units()?;
    let lines = unit_progress(campaign, &units, &ids, &store.ballot_counts()?, today);
    Ok(lines
        .into_iter()
        .map(|unit| {
            let (counts, quota) = match unit.with_below {
                Some(all) => (all.counts, all.quota),
                None => (unit.counts, unit.quota),
            };
            Intake {
                name: unit
                    .name
                    .or(unit.unit)
                    .unwrap_or_else(|| "Không rõ đơn vị".to_owned()),
                depth: u32::try_from(unit.depth).unwrap_or(0),
                quota: quota.map(u64::from),
                received: counts.counted + counts.pending + counts.rejected,
                counted: counts.counted,
                pending: counts.pending,
                rejected: counts.rejected,
            }
        })
        .collect())
}

/// How it was read and proven, in words.
fn method(store: &Store) -> Result<Vec<String>, TallyError> {
    let mut out = Vec::new();
    let pages = store.page_totals()?;
    let sources = store.sources()?;
    let held = sources.iter().filter(|s| !s.replaced).count();
    if pages.pages > 0 {
        let pace = store.pace()?;
        let decided: u64 = pace.by_person.iter().map(|p| p.1).sum();
        out.push(format!(
            "Phiếu giấy được quét và đọc bằng máy ({} trang ảnh); dấu nào máy không chắc chắn đều \
             do người xem và kết luận ({decided} kết luận). Bản máy đọc được giữ nguyên cạnh kết \
             luận của người.",
            pages.pages
        ));
        let names: BTreeSet<String> = store
            .provenance()?
            .into_iter()
            .map(|p| match p.model {
                Some(model) => format!("{}, {model}", p.reader),
                None => p.reader,
            })
            .collect();
        out.push(format!(
            "Phần mềm và mô hình nhận dấu: {}.",
            names.into_iter().collect::<Vec<_>>().join("; ")
        ));
    }
    if held > 0 {
        out.push(format!(
            "Báo cáo gộp kết quả của {held} gói có chữ ký của trạm khác hoặc tệp trả lời trực \
             tuyến; mỗi gói được kiểm tra chữ ký và đếm lại trước khi gộp."
        ));
    }
    for sample in store.samples()? {
        let results = store.sample_results(sample.number)?;
        if results.len() as u64 != sample.size {
            continue;
        }
        let errors = results.iter().filter(|r| r.outcome != "agrees").count() as u64;
        let boxes: Vec<Stratum> = serde_json::from_str(&sample.boxes).unwrap_or_default();
        let most = most_errors_95(sample.population, sample.size, errors);
        out.push(format!(
            "Kiểm tra lại ngẫu nhiên {} phiếu rút từ {} hòm ({} phiếu đếm tay, hạt giống công \
             khai {}): {errors} phiếu sai; với độ tin cậy 95 % có nhiều nhất {most} phiếu sai.",
            sample.size,
            boxes.len(),
            sample.population,
            sample.seed
        ));
    }
    let head = store.log_head()?;
    out.push(format!(
        "Mã cuối sổ nhật ký của trạm khi lập báo cáo: {}; đối chiếu bằng lệnh phieu audit verify.",
        head.printed()
    ));
    Ok(out)
}
