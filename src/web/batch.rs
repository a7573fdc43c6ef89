//! One batch: its pages, why a person must look at them, and what people did with it.

use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use serde::Deserialize;

use super::app::App;
use super::auth::Person;
use super::batches::{Page, heads, may_cancel, row, steer};
use super::error::Refused;
use super::page::document;
use super::words::Words;
use crate::store::{BatchPage, Role};

/// Pages of a batch on one page.
const PAGES: u32 = 200;

#[derive(Debug, Deserialize)]
pub(super) struct Which {
    #[serde(default)]
    after: i64,
    /// Only what a person must look at.
    #[serde(default)]
    flagged: Option<String>,
}

pub(super) async fn one(
    State(app): State<App>,
    person: Person,
    Path(number): Path<i64>,
    Query(which): Query<Which>,
) -> Result<Markup, Refused> {
    let here = app.clone();
    let flagged = which.flagged.is_some_and(|f| !f.is_empty());
    let (line, pages, history) = person
        .act(&app, Role::Viewer, move |store, _| {
            let lines = here.station().batch_lines(store)?;
            let mut lines = lines.into_iter();
            let line = lines.find(|l| l.row.key.number() == number);
            let line = line.ok_or(Refused::NotFound)?;
            let key = line.row.key;
            Ok((
                line,
                store.batch_pages(key, flagged, which.after, PAGES)?,
                store.batch_history(key)?,
            ))
        })
        .await?;
    let w = person.words;
    let title = format!("{} {number}", w.t("Lô", "Batch"));
    let more = pages.last().filter(|_| pages.len() == PAGES as usize);
    let only = if flagged { "&flagged=1" } else { "" };
    let body = html! {
        p { a href="/batches" { (w.t("← Các lô", "← All batches")) } }
        h1 { (title) }
        table {
            thead { (heads(w)) }
            tbody { (row(w, &line)) }
        }
        @if line.state != "cancelled" && (line.is_at_work() || may_cancel(&person, false)) {
            (steer(&person, Some(&line), Page::One))
        }
        @if !history.is_empty() {
            h2 { (w.t("Đã xảy ra", "What happened")) }
            ul { @for e in &history { li {
                span .time { (w.moment(&e.at)) } " · " (e.person) " · " (event_words(w, &e.kind))
                @if !e.reason.is_empty() { ": " i { (e.reason) } }
            } } }
        }
        h2 { (w.t("Các trang", "Pages")) }
        (person.removed_note())
        p {
            @if flagged { a href={ "/batches/" (number) } { (w.t("Xem tất cả", "Show all")) } }
            @else { a href={ "/batches/" (number) "?flagged=1" } { (w.t("Chỉ trang cần xem", "Only what a person must look at")) } }
        }
        (page_table(&person, &pages))
        @if let Some(last) = more {
            p { a href={ "/batches/" (number) "?after=" (last.place) (only) } { (w.t("Tiếp theo", "Go on")) } }
        }
    };
    Ok(document(w, &title, Some(&person), &body))
}

fn event_words(w: Words, kind: &str) -> &str {
    match kind {
        "paused" => w.t("tạm dừng", "paused"),
        "resumed" => w.t("quét tiếp", "resumed"),
        "cancelled" => w.t("hủy lô", "cancelled"),
        other => other,
    }
}

fn page_table(person: &Person, pages: &[BatchPage]) -> Markup {
    let w = person.words;
    // Pictures of whole pages are for those who need them.
    let sees = person.account.role >= Role::Reviewer;
    html! {
        @if pages.is_empty() { p { (w.t("Không có trang nào.", "There are none.")) } }
        @else { table {
            thead { tr {
                th scope="col" { (w.t("Tệp", "File")) }
                th scope="col" { (w.t("Mẫu phiếu", "Form")) }
                th scope="col" { (w.t("Phiếu", "Ballot")) }
                th scope="col" { (w.t("Đọc", "Read")) }
                th scope="col" { (w.t("Vì sao cần xem", "Why a person must look")) }
            } }
            tbody { @for p in pages { tr {
                td .detail {
                    @let name = if p.index > 0 { format!("{} [{}]", p.file, p.index + 1) } else { p.file.clone() };
                    @if sees && p.ballot.is_some() { a href={ "/picture/page/" (p.page_id) } { (name) } }
                    @else { (name) }
                }
                td { @if let Some(form) = &p.form { (form) }
                     @if let Some(n) = p.page { ", " (w.t("trang ", "page ")) (n) } }
                td .number { @if let Some(b) = p.ballot { (b) } }
                td { (status_words(w, p)) }
                td {
                    // These say what the page is, and were said.
                    @let said = ["blank-page", "cover-sheet"];
                    @let why: Vec<&String> = p.problems.iter().filter(|c| !said.contains(&c.as_str())).collect();
                    @if p.uncertain > 0 { (p.uncertain) (w.t(" câu chưa chắc", " questions not sure")) @if !why.is_empty() { "; " } }
                    @for (i, code) in why.iter().enumerate() { @if i > 0 { "; " } (w.problem(code)) }
                }
            } } }
        } }
    }
}

fn status_words(w: Words, p: &BatchPage) -> Markup {
    let has = |code: &str| p.problems.iter().any(|c| c == code);
    html! {
        @if has("blank-page") { (w.t("trang trắng", "blank")) }
        @else if has("cover-sheet") { (w.t("tờ bìa", "cover sheet")) }
        @else if p.status == "clean" { (w.t("rõ", "clean")) }
        @else if p.status == "review" { strong .warn { (w.t("cần xem", "to review")) } }
        @else { strong .warn { (w.t("không đọc được", "not read")) } }
    }
}
