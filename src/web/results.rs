//! The results: the satisfaction index in tables, and the report to print.

use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::app::App;
use super::auth::Person;
use super::dashboard::tile;
use super::error::Refused;
use super::page::document;
use super::words::Words;
use crate::station::Campaign;
use crate::store::{Role, Store};
use crate::tally::export::{WorkbookOptions, whole_index, write_workbook};
use crate::tally::index::{
    By, FormFigures, Group, IndexOptions, IndexReport, Overall, Part, group_name, heading, index,
    index_of, percent, write_index_csv,
};
use crate::tally::report::{ReportOptions, index_options, station_report};
use crate::tally::{TallyFilter, load, tally_of};

/// What one may choose to see indices by.
const GROUPS: [&str; 5] = ["unit", "area", "channel", "field", "month"];

/// The question of the browser's form.
#[derive(Debug, Deserialize)]
pub(super) struct Chosen {
    /// One of [`GROUPS`].
    #[serde(default)]
    by: String,
}

pub(super) async fn show(
    State(app): State<App>,
    person: Person,
    Query(chosen): Query<Chosen>,
) -> Result<Markup, Refused> {
    let by: By = chosen.by.parse().unwrap_or(By::Unit);
    // Groups by answers are the command line's: their pages would be as many as there
    // are questions.
    let by = if matches!(by, By::Question(_)) {
        By::Unit
    } else {
        by
    };
    let own = by.clone();
    let report = person
        .act(&app, Role::Viewer, move |store, _| indices(store, own))
        .await?;
    let w = person.words;
    let body = html! {
        h1 { (w.t("Kết quả: chỉ số hài lòng", "Results: satisfaction index")) }
        @if let Some((all, groups)) = report.groups.split_first() {
            (whole(w, all))
            p {
                a href="/results/report.pdf" { (w.t("Báo cáo để in và ký (PDF, tiếng Việt)", "Report to print and sign (PDF, in Vietnamese)")) }
                " · "
                a href="/results/report.xlsx" { (w.t("Bảng tính có biểu đồ (XLSX)", "Workbook with charts (XLSX)")) }
                " · "
                a href={ "/results/index.csv?by=" (by.word()) } { (w.t("Bảng số liệu (CSV)", "Figures (CSV)")) }
            }
            form method="get" action="/results" .filters {
                label for="by" { (w.t("So sánh theo", "Compare by")) }
                select #by name="by" {
                    @for word in GROUPS {
                        option value=(word) selected[word == by.word()] { (heading(word, w.lang())) }
                    }
                }
                button { (w.t("Xem", "Show")) }
            }
            (comparison(w, groups))
            @for form in &all.forms { (figures(w, form)) }
        }
    };
    Ok(document(w, w.t("Kết quả", "Results"), Some(&person), &body))
}

/// The report as a PDF.
pub(super) async fn report(State(app): State<App>, person: Person) -> Result<Response, Refused> {
    let pdf = person
        .act(&app, Role::Viewer, |store, _| {
            Ok(station_report(store, &ReportOptions::default())?)
        })
        .await?;
    Ok(file(
        "application/pdf",
        "inline; filename=\"bao-cao.pdf\"",
        pdf,
    ))
}

/// The figures as a workbook.
pub(super) async fn workbook(State(app): State<App>, person: Person) -> Result<Response, Refused> {
    let lang = person.words.lang();
    let book = person
        .act(&app, Role::Viewer, move |store, _| {
            let ballots = load(store)?;
            let filter = TallyFilter::default();
            let tally = tally_of(store, &ballots, &filter)?;
            let index = index_of(store, &ballots, &whole_index(store, filter.clone())?)?;
            let options = WorkbookOptions {
                filter,
                suppress: 0,
                lang,
            };
            let mut book = Vec::new();
            write_workbook(store, &tally, &index, &options, &mut book)?;
            Ok(book)
        })
        .await?;
    Ok(file(
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "attachment; filename=\"bang-tinh.xlsx\"",
        book,
    ))
}

/// The figures as CSV.
pub(super) async fn csv(
    State(app): State<App>,
    person: Person,
    Query(chosen): Query<Chosen>,
) -> Result<Response, Refused> {
    let by: By = chosen.by.parse().unwrap_or(By::Unit);
    let text = person
        .act(&app, Role::Viewer, move |store, _| {
            let mut text = Vec::new();
            write_index_csv(&indices(store, by)?, &mut text)?;
            Ok(text)
        })
        .await?;
    let name = "attachment; filename=\"chi-so.csv\"";
    Ok(file("text/csv; charset=utf-8", name, text))
}

fn file(kind: &'static str, name: &'static str, bytes: Vec<u8>) -> Response {
    ([(CONTENT_TYPE, kind), (CONTENT_DISPOSITION, name)], bytes).into_response()
}

fn indices(store: &Store, by: By) -> Result<IndexReport, Refused> {
    let mut options = match store.campaign()? {
        Some(row) => index_options(&Campaign::of_source(&row.source)?),
        None => IndexOptions::default(),
    };
    options.by.push(by);
    Ok(index(store, &options)?)
}

/// How far something is moved in; the style sheet knows four steps.
fn deep(depth: u32) -> String {
    format!("deep{}", depth.min(4))
}

fn share(w: Words, value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), |v| percent(v, w.lang()))
}

fn range(w: Words, low: Option<f64>, high: Option<f64>) -> Markup {
    html! { @if let (Some(low), Some(high)) = (low, high) {
        (percent(low, w.lang())) " – " (percent(high, w.lang()))
    } }
}

fn whole(w: Words, all: &Group) -> Markup {
    let (b, o) = (all.ballots, &all.overall);
    html! {
        div .tiles {
            (tile(w.t("Chỉ số hài lòng chung (%)", "Satisfaction index (%)"), &share(w, o.index)))
            (tile(w.t("Câu trả lời hài lòng", "Satisfied answers"), &w.lang().grouped(o.satisfied)))
            (tile(w.t("Câu trả lời hợp lệ", "Valid answers"), &w.lang().grouped(o.valid)))
            (tile(w.t("Phiếu được tính", "Ballots counted"), &w.lang().grouped(b.counted)))
            (tile(w.t("Phiếu chờ người xem", "Ballots that wait"), &w.lang().grouped(b.pending)))
            (tile(w.t("Phiếu bị loại", "Ballots rejected"), &w.lang().grouped(b.rejected)))
        }
        @if b.pending > 0 {
            p .soon { (w.t(
                "Còn phiếu chờ người xem: số liệu dưới đây chưa có những phiếu ấy.",
                "Ballots wait for a person: the figures below are without them.")) }
        }
    }
}

fn comparison(w: Words, groups: &[Group]) -> Markup {
    html! { @if let Some(first) = groups.first() {
        h2 { (heading(&first.by, w.lang())) }
        table {
            thead { tr {
                th scope="col" { (heading(&first.by, w.lang())) }
                th scope="col" { (w.t("Phiếu tính", "Counted")) }
                th scope="col" { (w.t("Chờ xử lý", "Pending")) }
                (index_heads(w))
                th scope="col" { (w.t("Hạng", "Place")) }
            } }
            tbody { @for g in groups { tr {
                td class=(deep(g.depth)) { (group_name(g, w.lang())) }
                td .number { (w.lang().grouped(g.ballots.counted)) }
                td .number { (w.lang().grouped(g.ballots.pending)) }
                (index_cells(w, &g.overall))
                td .number { @if let Some(rank) = g.overall.rank { (rank) } }
            } } }
        }
    } }
}

fn index_heads(w: Words) -> Markup {
    html! {
        th scope="col" { (w.t("Hài lòng", "Satisfied")) }
        th scope="col" { (w.t("Hợp lệ", "Valid")) }
        th scope="col" { (w.t("Chỉ số (%)", "Index (%)")) }
        th scope="col" { (w.t("Khoảng tin cậy 95 %", "95 % interval")) }
    }
}

fn index_cells(w: Words, o: &Overall) -> Markup {
    html! {
        td .number { (w.lang().grouped(o.satisfied)) }
        td .number { (w.lang().grouped(o.valid)) }
        td .number { strong { (share(w, o.index)) } }
        td .number { (range(w, o.low, o.high)) }
    }
}

fn figures(w: Words, form: &FormFigures) -> Markup {
    html! {
        h2 { (form.title) @if let Some(field) = &form.field { " – " (field) } }
        table {
            thead { tr {
                th scope="col" { (w.t("Nội dung, yếu tố, câu hỏi", "Content, factor, question")) }
                (index_heads(w))
            } }
            tbody { @for f in &form.figures { tr {
                td class=(deep(f.depth)) {
                    @match (f.part, f.inside) {
                        (Part::Form, _) => strong { (w.t("Cả phiếu", "Whole form")) },
                        (Part::Content, _) => strong { (f.text) },
                        (_, true) => { (f.text) },
                        (_, false) => { (f.text) " (" (w.t("ngoài chỉ số", "outside of the index")) ")" },
                    }
                }
                td .number { (w.lang().grouped(f.satisfied)) }
                td .number { (w.lang().grouped(f.valid)) }
                td .number { (share(w, f.index)) }
                td .number { (range(w, f.low, f.high)) }
            } } }
        }
    }
}
