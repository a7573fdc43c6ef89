//! Pages that the machine could not place: a list of them, and one of them with its
//! picture, for a person to say which it is, where its corners are, what was
//! answered on it, or that it is none of a ballot.

mod ask;
mod one;

use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::Value;

use super::app::App;
use super::auth::{Person, now};
use super::error::Refused;
use super::page::document;
use super::words::Words;
use crate::store::{PageAct, PageFilter, Role, WaitingPage};
pub(super) use ask::{key, read, reject, side, undo};
pub(super) use one::show;

/// Acts that are shown below the list.
const SHOWN_ACTS: u32 = 50;

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Wanted {
    #[serde(rename = "box")]
    ballot_box: Option<String>,
    batch: Option<String>,
    reason: Option<String>,
}

impl Wanted {
    fn filter(&self) -> PageFilter {
        let some = |t: &Option<String>| t.clone().filter(|t| !t.is_empty());
        PageFilter {
            ballot_box: some(&self.ballot_box),
            batch: self.batch.as_deref().and_then(|b| b.trim().parse().ok()),
            code: some(&self.reason),
            page: None,
        }
    }
}

pub(super) async fn list(
    State(app): State<App>,
    person: Person,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Refused> {
    let filter = wanted.filter();
    let (waiting, all, acts) = person
        .act(&app, Role::Reviewer, move |store, _| {
            Ok((
                store.waiting_pages(&filter, now())?,
                store.waiting_pages(&PageFilter::default(), now())?,
                store.page_acts(None, SHOWN_ACTS)?,
            ))
        })
        .await?;
    let w = person.words;
    let title = w.t("Trang chờ xử lý", "Pages that wait");
    let body = html! {
        h1 { (title) " (" (waiting.len()) ")" }
        (person.removed_note())
        p { (w.t(
            "Trang máy không nhận ra hoặc không căn được. Mở từng trang: cho biết mẫu và số phiếu, kéo bốn góc, nhập câu trả lời theo ảnh, hoặc loại với lý do.",
            "Pages that could not be identified or aligned. Open one: give form and serial, drag the four corners, key the answers from the picture, or reject it with a reason.",
        )) }
        (filters(w, &wanted, &all))
        @if waiting.is_empty() { p #none { (w.t("Không có trang nào chờ.", "No page waits.")) } }
        @else { table {
            thead { tr {
                th scope="col" { (w.t("Tệp ảnh", "Image file")) }
                th scope="col" { (w.t("Chờ vì", "Waits because")) }
                th scope="col" { (w.t("Máy biết", "Known of it")) }
                th scope="col" { (w.t("Lô / hòm", "Batch / box")) }
                th scope="col" { (w.t("Tình trạng", "State")) }
            } }
            tbody { @for page in &waiting { (row(w, page)) } }
        } }
        h2 { (w.t("Đã xử lý gần đây", "Done lately")) }
        (acts_table(w, &acts, true))
        p #status role="status" {}
        script src="/assets/pages.js" defer {}
    };
    Ok(document(w, title, Some(&person), &body))
}

fn filters(w: Words, wanted: &Wanted, all: &[WaitingPage]) -> Markup {
    let distinct = |of: &dyn Fn(&WaitingPage) -> Option<String>| {
        let mut found: Vec<String> = all.iter().filter_map(of).collect();
        found.sort();
        found.dedup();
        found
    };
    let boxes = distinct(&|p| p.ballot_box.clone());
    let batches = distinct(&|p| Some(p.batch.to_string()));
    let codes = distinct(&|p| Some(p.code.clone()));
    let choose = |name: &str, label: &str, known: &[String], now: &Option<String>, codes: bool| {
        html! {
            label { (label) " " select name=(name) {
                option value="" { (w.t("tất cả", "all")) }
                @for value in known {
                    option value=(value) selected[now.as_deref() == Some(value)] {
                        @if codes { (w.problem(value)) } @else { (value) }
                    }
                }
            } }
        }
    };
    html! {
        form .filters method="get" action="/pages" {
            (choose("box", w.t("Hòm", "Box"), &boxes, &wanted.ballot_box, false))
            (choose("batch", w.t("Lô", "Batch"), &batches, &wanted.batch, false))
            (choose("reason", w.t("Chờ vì", "Because"), &codes, &wanted.reason, true))
            button type="submit" { (w.t("Lọc", "Filter")) }
        }
    }
}

fn row(w: Words, page: &WaitingPage) -> Markup {
    html! {
        tr {
            td { a href={ "/pages/" (page.page.page_id) } { (file_of(w, page)) } }
            td { (w.problem(&page.code)) }
            td { (known(w, page)) }
            td { (page.batch) " / " (page.ballot_box.as_deref().unwrap_or("–")) }
            td {
                @if let Some(who) = &page.claimed_by { (w.t("đang xem: ", "looked at by ")) (who) " " }
                (keyed_words(w, page))
            }
        }
    }
}

/// How far two people are with keying a page.
fn keyed_words(w: Words, page: &WaitingPage) -> Markup {
    let who = page.keyed_by.join(", ");
    html! {
        @match page.keyed_by.len() {
            0 => {}
            1 => { (who) " " (w.t("đã nhập, chờ người thứ hai nhập", "keyed it; a second person must")) }
            _ => { (who) " " (w.t("nhập khác nhau, chờ giám sát", "keyed it otherwise; for a supervisor")) }
        }
    }
}

fn file_of(w: Words, page: &WaitingPage) -> String {
    if page.page.index == 0 {
        page.page.file.clone()
    } else {
        let number = page.page.index + 1;
        format!("{} ({} {number})", page.page.file, w.t("trang", "page"))
    }
}

fn known(w: Words, page: &WaitingPage) -> String {
    let mut all = Vec::new();
    if let Some((form, version)) = &page.form {
        all.push(format!("{form} v{version}"));
    }
    if let Some(number) = page.number {
        all.push(format!("{} {number}", w.t("trang", "page")));
    }
    all.extend(page.serial.clone());
    if all.is_empty() {
        "–".to_owned()
    } else {
        all.join(", ")
    }
}

fn act_words(w: Words, kind: &str) -> &str {
    match kind {
        "read" => w.t("đọc lại theo chỉ dẫn", "read with help"),
        "keyed" => w.t("nhập tay", "keyed by hand"),
        "moved" => w.t("chuyển sang phiếu khác", "given another ballot"),
        "rejected" => w.t("loại", "rejected"),
        other => other,
    }
}

/// What people did with pages, each with a way back.
pub(super) fn acts_table(w: Words, acts: &[PageAct], files: bool) -> Markup {
    html! {
        @if acts.is_empty() { p { (w.t("Chưa có.", "Nothing yet.")) } }
        @else { table {
            thead { tr {
                th scope="col" { (w.when(w.t("Lúc", "When"))) }
                @if files { th scope="col" { (w.t("Tệp ảnh", "Image file")) } }
                th scope="col" { (w.t("Việc", "What")) }
                th scope="col" { (w.t("Ai", "Who")) }
                th scope="col" { (w.t("Lý do", "Reason")) }
                th scope="col" { (w.t("Hoàn tác", "Undo")) }
            } }
            tbody { @for act in acts { tr {
                td .time { (w.moment(&act.at)) }
                @if files { td .detail { a href={ "/pages/" (act.page_id) } { (act.file) } } }
                @let word = act.is_one_word();
                // What the first keyed is not shown to the second.
                td {
                    (act_words(w, &act.kind)) " "
                    @if word { (w.t("(một trong hai người)", "(one of two people)")) } @else { (said(w, &act.said)) }
                }
                td { (act.person) }
                td { (act.reason) }
                td {
                    @if let Some((who, why)) = &act.undone {
                        (w.t("đã hoàn tác: ", "taken back by ")) (who)
                        @if !why.is_empty() { " (" (why) ")" }
                    } @else {
                        button .undo type="button" data-act=(act.id) { (w.t("Hoàn tác", "Undo")) }
                    }
                }
            } } }
        } }
    }
}

fn said(w: Words, said: &Value) -> String {
    let text = |key: &str| said.get(key).and_then(Value::as_str).map(str::to_owned);
    let number = |key: &str| said.get(key).and_then(Value::as_i64);
    let mut all = Vec::new();
    if let (Some(form), Some(page)) = (text("form"), number("page")) {
        all.push(format!("{form} {} {page}", w.t("trang", "page")));
    }
    all.extend(text("serial"));
    if let Some(into) = number("into") {
        all.push(format!("→ #{into}"));
    }
    all.join(", ")
}
