//! Handwritten notes and opinions: written down from their clips, searched, grouped.

use axum::Json;
use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::App;
use super::auth::{Person, now};
use super::error::Refused;
use super::given;
use super::page::document;
use super::words::Words;
use crate::store::{NewText, Note, NoteFilter, Role};

/// Notes on one page of the list.
const LISTED: u32 = 100;
/// Longest text and group that are kept, characters.
const LONGEST: usize = 4000;
const LONGEST_LABEL: usize = 60;
/// A note that somebody writes down is kept from others for so long, seconds: a long
/// text takes some minutes. Whoever takes longer is told what the other wrote.
const CLAIM: i64 = 300;

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Wanted {
    q: Option<String>,
    label: Option<String>,
    area: Option<String>,
    state: Option<String>,
    skip: Option<u32>,
}

impl Wanted {
    fn filter(&self) -> NoteFilter {
        let some = |t: &Option<String>| t.clone().filter(|t| !t.trim().is_empty());
        NoteFilter {
            form: None,
            area: some(&self.area),
            written: match self.state.as_deref() {
                Some("written") => Some(true),
                Some("open") => Some(false),
                _ => None,
            },
            search: some(&self.q),
            label: some(&self.label).map(|l| if l == NO_LABEL { String::new() } else { l }),
            only: None,
        }
    }
}

/// How the address says "of no group".
const NO_LABEL: &str = "-";

pub(super) async fn list(
    State(app): State<App>,
    person: Person,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Refused> {
    let asked = wanted.clone();
    let (notes, total, open, groups) = person
        .act(&app, Role::Reviewer, move |store, _| {
            let filter = asked.filter();
            let grouped = NoteFilter {
                label: None,
                ..filter.clone()
            };
            let waiting = NoteFilter {
                written: Some(false),
                ..NoteFilter::default()
            };
            Ok((
                store.notes(&filter, asked.skip.unwrap_or(0), LISTED)?,
                store.count_notes(&filter)?,
                store.count_notes(&waiting)?,
                store.note_groups(&grouped)?,
            ))
        })
        .await?;
    let w = person.words;
    let title = w.t("Ý kiến viết tay", "Handwritten notes");
    let skip = wanted.skip.unwrap_or(0);
    let body = html! {
        h1 { (title) " (" (total) ")" }
        (person.removed_note())
        p {
            a .primary href="/notes/write" { (w.t("Chép lại các ý kiến chưa chép", "Write down what is not written yet")) " (" (open) ")" }
        }
        (filters(w, &wanted))
        @if !groups.is_empty() { table .narrow {
            thead { tr { th scope="col" { (w.t("Nhóm", "Group")) } th scope="col" { (w.t("Số ý kiến", "Notes")) } } }
            tbody { @for (label, n) in &groups { tr {
                td { a href={ "/notes?label=" (given::in_address(if label.is_empty() { NO_LABEL } else { label })) } {
                    @if label.is_empty() { (w.t("(chưa xếp nhóm)", "(no group)")) } @else { (label) }
                } }
                td .number { (n) }
            } } }
        } }
        table {
            thead { tr {
                th scope="col" { (w.t("Ảnh", "Picture")) }
                th scope="col" { (w.t("Nội dung", "Text")) }
                th scope="col" { (w.t("Nhóm", "Group")) }
                th scope="col" { (w.t("Phiếu", "Ballot")) }
                th scope="col" { (w.t("Ai", "Who")) }
            } }
            tbody { @for n in &notes { (row(w, n)) } }
        }
        @if notes.is_empty() { p #none { (w.t("Không có ý kiến nào.", "No notes.")) } }
        @if total > u64::from(skip + LISTED) {
            form method="get" action="/notes" {
                @for (name, value) in [("q", &wanted.q), ("label", &wanted.label), ("area", &wanted.area), ("state", &wanted.state)] {
                    @if let Some(value) = value { input type="hidden" name=(name) value=(value); }
                }
                input type="hidden" name="skip" value=(skip + LISTED);
                button type="submit" { (w.t("Tiếp theo", "More")) }
            }
        }
    };
    Ok(document(w, title, Some(&person), &body))
}

fn filters(w: Words, wanted: &Wanted) -> Markup {
    let states = [
        ("", w.t("tất cả", "all")),
        ("written", w.t("đã chép", "written down")),
        ("open", w.t("chưa chép", "not yet")),
    ];
    html! {
        form .filters method="get" action="/notes" {
            label { (w.t("Tìm (không cần dấu)", "Search (without marks)")) " "
                input name="q" value=(wanted.q.as_deref().unwrap_or("")) size="28"; }
            label { (w.t("Nhóm", "Group")) " " input name="label" value=(wanted.label.as_deref().unwrap_or("")) size="16"; }
            label { (w.t("Ô viết", "Area")) " " input name="area" value=(wanted.area.as_deref().unwrap_or("")) size="10"; }
            label { (w.t("Tình trạng", "State")) " " select name="state" {
                @for (value, text) in states {
                    option value=(value) selected[wanted.state.as_deref().unwrap_or("") == value] { (text) }
                }
            } }
            button type="submit" { (w.t("Tìm", "Search")) }
        }
    }
}

fn row(w: Words, n: &Note) -> Markup {
    html! {
        tr {
            td { a href={ "/notes/write?page=" (n.page_id) "&area=" (given::in_address(&n.area)) } {
                img .clip src={ "/picture/area/" (n.page_id) "/" (given::in_address(&n.area)) } loading="lazy"
                    alt={ (w.t("ô viết ", "area ")) (n.area) };
            } }
            td { @match n.text.as_deref() {
                None => "–",
                Some("") => { (w.t("(không đọc được)", "(cannot be read)")) }
                Some(text) => (text),
            } }
            td { (n.label.as_deref().unwrap_or("")) }
            td { (n.serial.clone().unwrap_or_else(|| format!("#{}", n.ballot.number()))) " · " (n.area) }
            td { @match (&n.person, &n.claimed_by) {
                (Some(person), _) => (person),
                (None, Some(who)) => { (w.t("đang chép: ", "being written by ")) (who) }
                (None, None) => "",
            } }
        }
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct At {
    page: Option<i64>,
    area: Option<String>,
}

/// The desk at which notes are written down; the script fills it.
pub(super) async fn desk(person: Person, Query(at): Query<At>) -> Result<Markup, Refused> {
    person.may(Role::Reviewer)?;
    let w = person.words;
    let body = html! {
        h1 .quiet { (w.t("Chép ý kiến viết tay", "Write down notes")) }
        (person.removed_note())
        div #notes data-page=(at.page.unwrap_or(0)) data-area=(at.area.unwrap_or_default()) {
            p #where { a href="/notes" { (w.t("← Danh sách", "← List")) } " " span #what {} }
            div #clip-frame { img #clip alt=(w.t("Ảnh chữ viết", "Picture of the writing")); }
            form #write {
                label for="text" { (w.t("Nội dung (Enter: ghi và sang ý kiến sau; Shift+Enter: xuống dòng)", "Text (Enter: write it and go on; Shift+Enter: a new line)")) }
                textarea #text rows="4" maxlength="4000" autocomplete="off" {}
                label for="label" { (w.t("Nhóm", "Group")) }
                input #label maxlength="60" list="labels" autocomplete="off";
                datalist #labels {}
                div .buttons {
                    button .primary type="submit" { (w.t("Ghi", "Write")) " " kbd { "Enter" } }
                    button #unreadable type="button" { (w.t("Không đọc được", "Cannot be read")) " " kbd { "Alt+X" } }
                    button #skip type="button" { (w.t("Để sau", "Later")) " " kbd { "Alt+S" } }
                    button #undo type="button" disabled { (w.t("Hoàn tác", "Undo")) " " kbd { "Alt+Z" } }
                }
            }
            p #status role="status" {}
        }
        script src="/assets/notes.js" defer {}
    };
    Ok(document(
        w,
        w.t("Chép ý kiến", "Write down notes"),
        Some(&person),
        &body,
    ))
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct NextQuery {
    #[serde(default)]
    page: i64,
    #[serde(default)]
    area: String,
    /// How many to pass over: those that were left for later.
    #[serde(default)]
    skip: u32,
}

/// A note with all that the desk shows, and the groups that there are.
pub(super) async fn next(
    State(app): State<App>,
    person: Person,
    Query(query): Query<NextQuery>,
) -> Result<Json<Value>, Refused> {
    person
        .act(&app, Role::Reviewer, move |store, account| {
            let waiting = NoteFilter {
                written: Some(false),
                ..NoteFilter::default()
            };
            let (now, until) = (now(), now() + CLAIM);
            let one = if query.page > 0 {
                let only = NoteFilter {
                    only: Some((query.page, query.area)),
                    ..NoteFilter::default()
                };
                let note = store.notes(&only, 0, 1)?.pop().ok_or(Refused::NotFound)?;
                store.claim_note(account, note.page_id, &note.area, now, until)?;
                Some(note)
            } else {
                store.claim_next_note(account, query.skip, now, until)?
            };
            let groups: Vec<String> = store
                .note_groups(&NoteFilter::default())?
                .into_iter()
                .map(|(label, _)| label)
                .filter(|l| !l.is_empty())
                .collect();
            let left = store.count_notes(&waiting)?;
            let me = account.name.clone();
            let note = one.map(|n: Note| {
                json!({
                    "page": n.page_id, "area": n.area, "ballot": n.ballot.number(),
                    "serial": n.serial, "form": n.form.0, "text": n.text, "label": n.label,
                    "person": n.person, "version": n.version,
                    "held": n.claimed_by.filter(|by| *by != me),
                    "box": n.ballot_box, "unit": n.unit,
                    "clip": format!("/picture/area/{}/{}", n.page_id, given::in_address(&n.area)),
                })
            });
            Ok(Json(
                json!({ "note": note, "left": left, "groups": groups }),
            ))
        })
        .await
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct WriteRequest {
    page: i64,
    area: String,
    text: String,
    #[serde(default)]
    label: String,
    /// The version that the writer saw.
    seen: i64,
}

/// Writes down what a note says; an empty text: nothing that can be read.
pub(super) async fn write(
    State(app): State<App>,
    person: Person,
    Json(request): Json<WriteRequest>,
) -> Result<Json<Value>, Refused> {
    person
        .act(&app, Role::Reviewer, move |store, account| {
            let text = given::cut(&request.text, LONGEST);
            let label = given::cut(&request.label, LONGEST_LABEL);
            let label = Some(label.as_str()).filter(|l| !l.is_empty());
            let version = store.write_note(
                account,
                &NewText {
                    page: request.page,
                    area: &request.area,
                    text: Some(&text),
                    label,
                    seen: request.seen,
                    reason: "",
                },
            )?;
            Ok(Json(json!({ "version": version })))
        })
        .await
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct UndoRequest {
    page: i64,
    area: String,
}

/// What was written before holds again.
pub(super) async fn undo(
    State(app): State<App>,
    person: Person,
    Json(request): Json<UndoRequest>,
) -> Result<Json<Value>, Refused> {
    person
        .act(&app, Role::Reviewer, move |store, account| {
            let only = NoteFilter {
                only: Some((request.page, request.area.clone())),
                ..NoteFilter::default()
            };
            let now = store.notes(&only, 0, 1)?.pop().ok_or(Refused::NotFound)?;
            if let Some(by) = now.person.filter(|p| *p != account.name)
                && account.role < Role::Supervisor
            {
                return Err(crate::store::StoreError::NotYours(by).into());
            }
            let (text, label) = store.note_before(request.page, &request.area)?;
            store.write_note(
                account,
                &NewText {
                    page: request.page,
                    area: &request.area,
                    text: text.as_deref(),
                    label: label.as_deref(),
                    seen: now.version,
                    reason: "hoàn tác",
                },
            )?;
            Ok(Json(json!({})))
        })
        .await
}
