//! The wall of marks: hundreds of boxes of one choice beside each other, by score,
//! so that one glance finds the odd one. A click sends its question to review.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::{App, FormInWords};
use super::auth::Person;
use super::error::Refused;
use super::page::document;
use super::removed::Removed;
use super::words::Words;
use crate::form::Layout;
use crate::store::{ItemId, Role, WallBox};

/// Boxes on one page.
const ON_A_PAGE: u32 = 200;

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct WallQuery {
    form: Option<String>,
    /// `QUESTION/CHOICE`.
    of: Option<String>,
    /// `high`: those with the highest score first.
    order: Option<String>,
    skip: Option<u32>,
}

struct Wall {
    forms: Vec<Arc<FormInWords>>,
    shown: usize,
    question: String,
    choice: String,
    boxes: Vec<WallBox>,
    /// Which of them are of images that were removed.
    gone: Vec<bool>,
}

pub(super) async fn show(
    State(app): State<App>,
    person: Person,
    Query(query): Query<WallQuery>,
) -> Result<Markup, Refused> {
    let (here, asked) = (app.clone(), query.clone());
    let wall = person
        .act(&app, Role::Reviewer, move |store, _| {
            let forms = here.forms(store)?;
            let shown = asked
                .form
                .as_ref()
                .and_then(|f| forms.iter().position(|form| form.layout.form == *f))
                .unwrap_or(0);
            let of = asked.of.as_deref().and_then(|of| of.split_once('/'));
            let (question, choice) = match (of, forms.get(shown)) {
                (Some((q, c)), _) => (q.to_owned(), c.to_owned()),
                (None, Some(form)) => first_choice(&form.layout),
                (None, None) => (String::new(), String::new()),
            };
            let boxes = match forms.get(shown) {
                Some(form) => store.wall(
                    &form.layout.form,
                    &question,
                    &choice,
                    asked.order.as_deref() == Some("high"),
                    asked.skip.unwrap_or(0),
                    ON_A_PAGE,
                )?,
                None => Vec::new(),
            };
            let gone = boxes
                .iter()
                .map(|b| Ok(store.removal_of_page(b.page_id)?.is_some()))
                .collect::<Result<Vec<bool>, Refused>>()?;
            Ok(Wall {
                forms,
                gone,
                shown,
                question,
                choice,
                boxes,
            })
        })
        .await?;
    let w = person.words;
    let body = html! {
        h1 { (w.t("Bảng dấu", "Wall of marks")) }
        (person.removed_note())
        p { (w.t(
            "Các ô của một phương án, xếp theo điểm máy chấm. Nhìn lướt tìm ô lạ; bấm vào ô để đưa câu đó ra kiểm tra.",
            "The boxes of one choice, by the machine's score. Glance for the odd one; click it to send its question to review.",
        )) }
        (chooser(w, &wall, &query))
        div #wall {
            @for (b, gone) in wall.boxes.iter().zip(&wall.gone) { (tile(w, &wall, b, *gone)) }
        }
        @if wall.boxes.is_empty() { p { (w.t("Chưa có ô nào.", "No boxes yet.")) } }
        @if wall.boxes.len() == ON_A_PAGE as usize {
            (more(w, &wall, &query))
        }
        p #status role="status" {}
        script src="/assets/wall.js" defer {}
    };
    Ok(document(
        w,
        w.t("Bảng dấu", "Wall of marks"),
        Some(&person),
        &body,
    ))
}

fn first_choice(layout: &Layout) -> (String, String) {
    let first = layout.questions.first();
    let question = first.map(|q| q.id.clone()).unwrap_or_default();
    let choice = first.and_then(|q| q.choices.first().cloned());
    (question, choice.unwrap_or_default())
}

fn tile(w: Words, wall: &Wall, b: &WallBox, gone: bool) -> Markup {
    let ballot = b.ballot.number();
    let (question, choice) = (&wall.question, &wall.choice);
    let state = match b.state.as_str() {
        "marked" => w.t("đánh dấu", "marked"),
        "unmarked" => w.t("trống", "empty"),
        _ => w.t("không rõ", "unclear"),
    };
    let class = if b.seen { "seen" } else { "" };
    html! {
        button type="button" data-ballot=(ballot) data-question=(question)
            class={ "box " (b.state) " " (class) } disabled[b.seen || gone]
            aria-label={ (w.t("phiếu", "ballot")) " " (ballot) ", " (state) ", " (format!("{:.3}", b.score)) } {
            img src={ "/picture/box/" (b.page_id) "/" (question) "/" (choice) }
                alt="" loading="lazy" width="72" height="72";
            span { (format!("{:.3}", b.score)) }
        }
    }
}

fn chooser(w: Words, wall: &Wall, query: &WallQuery) -> Markup {
    let high = query.order.as_deref() == Some("high");
    html! {
        form .filters method="get" action="/wall" {
            label { (w.t("Mẫu phiếu", "Form")) " "
                select name="form" { @for (i, form) in wall.forms.iter().enumerate() {
                    option value=(form.layout.form) selected[i == wall.shown] { (form.title) }
                } }
            }
            label { (w.t("Ô", "Box")) " "
                select name="of" { @if let Some(form) = wall.forms.get(wall.shown) {
                    @for q in &form.layout.questions { @for c in &q.choices {
                        option value={ (q.id) "/" (c) } selected[q.id == wall.question && *c == wall.choice] {
                            (short(form.words.question(&q.id))) " → " (form.words.choice(&q.id, c))
                        }
                    } }
                } }
            }
            label { (w.t("Thứ tự", "Order")) " "
                select name="order" {
                    option value="low" selected[!high] { (w.t("điểm thấp trước", "low scores first")) }
                    option value="high" selected[high] { (w.t("điểm cao trước", "high scores first")) }
                }
            }
            button type="submit" { (w.t("Xem", "Show")) }
        }
    }
}

/// Enough of a question to know it by.
fn short(text: &str) -> String {
    const LETTERS: usize = 60;
    if text.chars().count() <= LETTERS {
        return text.to_owned();
    }
    text.chars().take(LETTERS).chain(['…']).collect()
}

fn more(w: Words, wall: &Wall, query: &WallQuery) -> Markup {
    let form = wall
        .forms
        .get(wall.shown)
        .map_or("", |f| f.layout.form.as_str());
    let skip = query.skip.unwrap_or(0).saturating_add(ON_A_PAGE);
    html! {
        form method="get" action="/wall" {
            input type="hidden" name="form" value=(form);
            input type="hidden" name="of" value={ (wall.question) "/" (wall.choice) };
            input type="hidden" name="order" value=(query.order.as_deref().unwrap_or("low"));
            input type="hidden" name="skip" value=(skip);
            button type="submit" { (w.t("Tiếp theo", "More")) }
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct DoubtRequest {
    ballot: i64,
    question: String,
}

pub(super) async fn doubt(
    State(app): State<App>,
    person: Person,
    Json(request): Json<DoubtRequest>,
) -> Result<Json<Value>, Refused> {
    person
        .act(&app, Role::Reviewer, move |store, account| {
            let id = ItemId::of(request.ballot, &request.question);
            // A doubt about marks that nobody can look at would wait for ever.
            for page in store.pages_of_ballot(id.ballot)? {
                if let Some(row) = store.removal_of_page(page.page.page_id)? {
                    return Err(Refused::Removed(Box::new(Removed::of(store, &row)?)));
                }
            }
            store.doubt(account, &id, "bảng dấu")?;
            Ok(Json(json!({})))
        })
        .await
}
