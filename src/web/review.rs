//! The review desk: one open question after the other, settled by the keyboard.

use axum::Json;
use axum::extract::{Query, State};
use maud::{Markup, html};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::app::App;
use super::auth::{Person, now};
use super::error::Refused;
use super::given;
use super::page::document;
use super::settings::asks_two;
use super::words::Words;
use crate::form::QuestionKind;
use crate::read::{Answer, AnswerState, Mark, MarkState, PageReading};
use crate::station::answer as answer_of;
use crate::station::place::question_strip;
use crate::store::{Cursor, Item, ItemFilter, ItemId, Outcome, Role, Store};

/// A question that is looked at is kept from others for so long, seconds: longer
/// than anybody looks at one, shorter than a lunch.
const CLAIM: i64 = 180;

/// Items on one page of the list.
const LISTED: u32 = 200;

/// What the address of a page or a request says of which items are wanted.
#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Wanted {
    form: Option<String>,
    question: Option<String>,
    unit: Option<String>,
    #[serde(rename = "box")]
    ballot_box: Option<String>,
    state: Option<String>,
    #[serde(default)]
    escalated: Option<String>,
    #[serde(default)]
    skip: Option<u32>,
}

impl Wanted {
    fn filter(&self) -> ItemFilter {
        let some = |t: &Option<String>| t.clone().filter(|t| !t.is_empty());
        ItemFilter {
            form: some(&self.form),
            question: some(&self.question),
            unit: some(&self.unit),
            ballot_box: some(&self.ballot_box),
            state: some(&self.state),
            escalated: self.escalated.as_deref().is_some_and(|e| !e.is_empty()),
        }
    }
}

/// An item as a request names it.
#[derive(Debug, Clone, Deserialize)]
pub(super) struct Named {
    ballot: i64,
    question: String,
}

impl Named {
    fn id(&self) -> ItemId {
        ItemId::of(self.ballot, &self.question)
    }
}

/// A place in the queue as the script hands it back.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Place {
    form: String,
    page: u32,
    question: String,
    ballot: i64,
}

#[derive(Debug, Deserialize)]
pub(super) struct NextRequest {
    #[serde(default)]
    wanted: Wanted,
    after: Option<Place>,
    /// Begin anew: what was claimed before is given back.
    #[serde(default)]
    fresh: bool,
}

#[derive(Debug, Serialize)]
pub(super) struct Desk {
    item: Option<DeskItem>,
    left: u64,
}

#[derive(Debug, Serialize)]
struct DeskItem {
    ballot: i64,
    question: String,
    place: Place,
    title: String,
    form: String,
    serial: Option<String>,
    unit: Option<String>,
    #[serde(rename = "box")]
    ballot_box: Option<String>,
    file: String,
    state: String,
    /// Why it is asked about, where no box of it is in doubt.
    why: Vec<String>,
    kind: &'static str,
    max: Option<u32>,
    text: String,
    suggestion: Vec<String>,
    choices: Vec<DeskChoice>,
    strip: String,
    page: String,
    escalated: Option<String>,
    said: Vec<Said>,
}

#[derive(Debug, Serialize)]
struct DeskChoice {
    id: String,
    text: String,
    /// `marked`, `unmarked`, `marginal`.
    mark: &'static str,
    score: f64,
    reason: Option<String>,
    /// Left, top, width and height of the box in the strip, shares of it.
    at: Option<[f64; 4]>,
}

#[derive(Debug, Serialize)]
struct Said {
    person: String,
    choices: Vec<String>,
}

pub(super) async fn next(
    State(app): State<App>,
    person: Person,
    Json(request): Json<NextRequest>,
) -> Result<Json<Desk>, Refused> {
    let (here, words) = (app.clone(), person.words);
    person
        .act(&app, Role::Reviewer, move |store, account| {
            let filter = request.wanted.filter();
            if request.fresh {
                store.release(account, None)?;
            }
            let after = request.after.map(|p| Cursor {
                form: p.form,
                page: p.page,
                id: ItemId::of(p.ballot, &p.question),
            });
            let now = now();
            let item = store.claim_next(account, &filter, after.as_ref(), now, now + CLAIM)?;
            let (left, _) = store.count_items(&filter)?;
            let item = item
                .map(|i| show_item(&here, store, account.role, words, &i))
                .transpose()?;
            Ok(Json(Desk { item, left }))
        })
        .await
}

/// One item that a person chose from the list.
pub(super) async fn take(
    State(app): State<App>,
    person: Person,
    Json(named): Json<Named>,
) -> Result<Json<Desk>, Refused> {
    let (here, words) = (app.clone(), person.words);
    person
        .act(&app, Role::Reviewer, move |store, account| {
            let id = named.id();
            let now = now();
            let Some(item) = store.item(&id, now)? else {
                return Err(crate::store::StoreError::NotOpen.into());
            };
            if !store.claim(account, &id, now, now + CLAIM)? {
                let holder = item.claimed_by.unwrap_or_default();
                return Err(Refused::Conflict(format!(
                    "{} {holder}",
                    words.t("đang được xem bởi", "is being looked at by")
                )));
            }
            let (left, _) = store.count_items(&ItemFilter::default())?;
            let item = Some(show_item(&here, store, account.role, words, &item)?);
            Ok(Json(Desk { item, left }))
        })
        .await
}

fn show_item(
    app: &App,
    store: &Store,
    role: Role,
    words: Words,
    item: &Item,
) -> Result<DeskItem, Refused> {
    let form = app.form(store, &item.form.0, item.form.1)?;
    let reading = store
        .reading_of_page(item.page.page_id)?
        .ok_or(Refused::NotFound)?;
    let question = &item.id.question;
    let spec = form.layout.question(question).ok_or(Refused::NotFound)?;
    let layout = form
        .layout
        .page(item.page_number)
        .ok_or(Refused::NotFound)?;
    let strip = question_strip(layout, question).ok_or(Refused::NotFound)?;
    let choices = spec
        .choices
        .iter()
        .map(|choice| {
            let of = |q: &str, c: &str| q == question && c == choice;
            let mark = reading.marks.iter().find(|m| of(&m.question, &m.choice));
            let at = layout
                .boxes
                .iter()
                .find(|b| of(&b.question, &b.choice))
                .map(|b| {
                    [
                        (b.rect.min_x() - strip.min_x()) / strip.width(),
                        (b.rect.min_y() - strip.min_y()) / strip.height(),
                        b.rect.width() / strip.width(),
                        b.rect.height() / strip.height(),
                    ]
                });
            DeskChoice {
                id: choice.clone(),
                text: form.words.choice(question, choice).to_owned(),
                mark: match mark.map(|m| m.state) {
                    Some(MarkState::Marked) => "marked",
                    Some(MarkState::Unmarked) => "unmarked",
                    Some(MarkState::Marginal) | None => "marginal",
                },
                score: mark.map_or(0.0, |m| m.score),
                reason: mark
                    .and_then(|m| m.reason.as_deref())
                    .map(|r| words.reason(r).to_owned()),
                at,
            }
        })
        .collect();
    // A second person does not see what the first one said; a supervisor does.
    let said = if role >= Role::Supervisor {
        store
            .opinions(&item.id)?
            .into_iter()
            .map(|o| Said {
                person: o.person,
                choices: o.after.choices,
            })
            .collect()
    } else {
        Vec::new()
    };
    let page = item.page.page_id;
    let cursor = item.cursor();
    Ok(DeskItem {
        ballot: item.id.ballot.number(),
        question: question.clone(),
        place: Place {
            form: cursor.form,
            page: cursor.page,
            question: question.clone(),
            ballot: item.id.ballot.number(),
        },
        title: form.title.clone(),
        form: item.form.0.clone(),
        serial: item.serial.clone(),
        unit: item.unit.clone(),
        ballot_box: item.ballot_box.clone(),
        file: item.page.file.clone(),
        state: words.state(&item.state).to_owned(),
        why: whole_page(&reading, question)
            .map(|code| words.problem(&code).to_owned())
            .collect(),
        kind: match spec.kind {
            QuestionKind::Single => "single",
            QuestionKind::Multiple => "multiple",
        },
        max: spec.max_choices,
        text: form.words.question(question).to_owned(),
        suggestion: reading
            .answers
            .get(question)
            .map(|a| a.choices.clone())
            .unwrap_or_default(),
        choices,
        strip: format!("/picture/question/{page}/{question}"),
        page: format!("/picture/page/{page}"),
        escalated: item
            .escalated
            .as_ref()
            .map(|(person, reason)| format!("{person}: {reason}")),
        said,
    })
}

/// The codes of the page's problems that leave a question to a person none of whose boxes
/// has a reason.
fn whole_page(reading: &PageReading, question: &str) -> impl Iterator<Item = String> {
    let doubted = |m: &Mark| m.question == question && m.reason.is_some();
    let plain = !reading.marks.iter().any(doubted);
    let problems = reading
        .problems
        .iter()
        .filter(move |p| plain && p.asks(question));
    problems.map(|p| p.code.word())
}

#[derive(Debug, Deserialize)]
pub(super) struct AnswerRequest {
    #[serde(flatten)]
    named: Named,
    choices: Vec<String>,
    #[serde(default)]
    reason: String,
}

pub(super) async fn answer(
    State(app): State<App>,
    person: Person,
    Json(request): Json<AnswerRequest>,
) -> Result<Json<Value>, Refused> {
    let here = app.clone();
    person
        .act(&app, Role::Reviewer, move |store, account| {
            let id = request.named.id();
            let after = checked(&here, store, &id, &request.choices)?;
            let twice = asks_two(store, &id)?;
            let reason = given::reason(&request.reason);
            let outcome = store.answer_item(account, &id, &after, &reason, twice)?;
            Ok(Json(json!({
                "outcome": match outcome {
                    Outcome::Decided => "decided",
                    Outcome::WaitsForSecond => "waits-for-second",
                    Outcome::Differs => "differs",
                }
            })))
        })
        .await
}

/// The answer that these choices are, by the question's own rule.
fn checked(app: &App, store: &Store, id: &ItemId, choices: &[String]) -> Result<Answer, Refused> {
    let item = store
        .item(id, now())?
        .ok_or(crate::store::StoreError::NotOpen);
    // Who settled it meanwhile, the store says better.
    let Ok(item) = item else {
        return Ok(Answer {
            state: AnswerState::Blank,
            choices: Vec::new(),
        });
    };
    let form = app.form(store, &item.form.0, item.form.1)?;
    let spec = form
        .layout
        .question(&id.question)
        .ok_or(Refused::NotFound)?;
    let mut chosen: Vec<String> = choices.to_vec();
    chosen.sort_unstable();
    chosen.dedup();
    if chosen.iter().any(|c| !spec.choices.contains(c)) {
        return Err(Refused::Bad("the question has no such choice"));
    }
    Ok(answer_of(spec, chosen))
}

#[derive(Debug, Deserialize)]
pub(super) struct Reasoned {
    #[serde(flatten)]
    named: Named,
    #[serde(default)]
    reason: String,
}

pub(super) async fn escalate(
    State(app): State<App>,
    person: Person,
    Json(request): Json<Reasoned>,
) -> Result<Json<Value>, Refused> {
    person
        .act(&app, Role::Reviewer, move |store, account| {
            store.escalate(
                account,
                &request.named.id(),
                &given::reason(&request.reason),
            )?;
            Ok(Json(json!({})))
        })
        .await
}

pub(super) async fn undo(
    State(app): State<App>,
    person: Person,
    Json(request): Json<Reasoned>,
) -> Result<Json<Value>, Refused> {
    person
        .act(&app, Role::Reviewer, move |store, account| {
            store.withdraw(
                account,
                &request.named.id(),
                &given::reason(&request.reason),
            )?;
            Ok(Json(json!({})))
        })
        .await
}

pub(super) async fn release(
    State(app): State<App>,
    person: Person,
    Json(named): Json<Named>,
) -> Result<Json<Value>, Refused> {
    person
        .act(&app, Role::Reviewer, move |store, account| {
            store.release(account, Some(&named.id()))?;
            Ok(Json(json!({})))
        })
        .await
}

/// The page of the desk. The script fills it.
pub(super) async fn desk(person: Person) -> Result<Markup, Refused> {
    person.may(Role::Reviewer)?;
    let w = person.words;
    let body = html! {
        h1 .quiet { (w.t("Kiểm tra", "Review")) }
        (person.removed_note())
        div #desk {
            section #ask aria-live="polite" {
                p #where {}
                h2 #question {}
                p #why {}
                div #strip {
                    img #strip-picture alt=(w.t("Ảnh câu hỏi trên phiếu", "The question on the sheet"));
                    svg #marks aria-hidden="true" {}
                }
                div #choices role="group" aria-labelledby="question" {}
                p #said {}
                div .buttons {
                    button #accept .primary type="button" { (w.t("Chấp nhận", "Accept")) " " kbd { "Enter" } }
                    button #blank type="button" { (w.t("Bỏ trống", "Left blank")) " " kbd { "0" } }
                    button #skip type="button" { (w.t("Để sau", "Skip")) " " kbd { "S" } }
                    button #escalate type="button" { (w.t("Chuyển giám sát", "To a supervisor")) " " kbd { "E" } }
                    button #undo type="button" { (w.t("Hoàn tác", "Undo")) " " kbd { "U" } }
                }
                form #reason-form hidden {
                    label for="reason" { (w.t("Lý do", "Reason")) }
                    input id="reason" maxlength="500" autocomplete="off";
                    button .primary type="submit" { (w.t("Gửi", "Send")) }
                    button #reason-cancel type="button" { (w.t("Thôi", "Cancel")) }
                }
                p #status role="status" {}
            }
            section #sheet aria-label=(w.t("Cả trang", "The whole page")) {
                div .buttons {
                    button #zoom type="button" { (w.t("Phóng to", "Zoom")) " " kbd { "Z" } }
                    button #turn type="button" { (w.t("Xoay", "Turn")) " " kbd { "R" } }
                }
                div #sheet-frame tabindex="0" { img #sheet-picture alt=(w.t("Cả trang phiếu", "The whole page")); }
            }
        }
        script src="/assets/review.js" defer {}
    };
    Ok(document(w, w.t("Kiểm tra", "Review"), Some(&person), &body))
}

/// The list of what waits: filter, jump anywhere.
pub(super) async fn list(
    State(app): State<App>,
    person: Person,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Refused> {
    let here = app.clone();
    let asked = wanted.clone();
    let (rows, total) = person
        .act(&app, Role::Reviewer, move |store, _| {
            let filter = asked.filter();
            let items = store.items(&filter, now(), asked.skip.unwrap_or(0), LISTED)?;
            let (total, _) = store.count_items(&filter)?;
            let rows = items
                .into_iter()
                .map(|item| {
                    let form = here.form(store, &item.form.0, item.form.1)?;
                    let text = form.words.question(&item.id.question).to_owned();
                    Ok((item, text))
                })
                .collect::<Result<Vec<_>, Refused>>()?;
            Ok((rows, total))
        })
        .await?;
    let w = person.words;
    let skip = wanted.skip.unwrap_or(0);
    let body = html! {
        h1 { (w.t("Danh sách chờ kiểm tra", "What waits for review")) " (" (total) ")" }
        (person.removed_note())
        (filter_form(w, &wanted))
        table {
            thead { tr {
                th scope="col" { (w.t("Phiếu", "Ballot")) }
                th scope="col" { (w.t("Câu hỏi", "Question")) }
                th scope="col" { (w.t("Chờ vì", "Waits because")) }
                th scope="col" { (w.t("Đơn vị / hòm", "Unit / box")) }
                th scope="col" { (w.t("Tệp ảnh", "Image file")) }
                th scope="col" { (w.t("Tình trạng", "State")) }
            } }
            tbody {
                @for (item, text) in &rows {
                    @let ballot = item.id.ballot.number();
                    tr {
                        td { a href={ "/review?at=" (ballot) ":" (item.id.question) } {
                            (item.serial.clone().unwrap_or_else(|| format!("#{ballot}")))
                        } }
                        td { (text) }
                        td { (w.state(&item.state)) }
                        td { (item.unit.as_deref().unwrap_or("–")) " / " (item.ballot_box.as_deref().unwrap_or("–")) }
                        td .detail { (item.page.file) }
                        td {
                            @if let Some((who, why)) = &item.escalated { (w.t("chờ giám sát", "for a supervisor")) " (" (who) ": " (why) ") " }
                            @if let Some(who) = &item.claimed_by { (w.t("đang xem: ", "looked at by ")) (who) " " }
                            @if item.opinions > 0 { (w.t("chờ người thứ hai", "waits for a second person")) }
                        }
                    }
                }
            }
        }
        @if rows.is_empty() { p { (w.t("Không có câu nào chờ.", "Nothing waits.")) } }
        @if total > u64::from(skip + LISTED) {
            p { a href={ "/review/list?skip=" (skip + LISTED) } { (w.t("Tiếp theo", "More")) } }
        }
    };
    Ok(document(
        w,
        w.t("Danh sách chờ", "Queue"),
        Some(&person),
        &body,
    ))
}

fn filter_form(w: Words, wanted: &Wanted) -> Markup {
    let fields = [
        ("form", w.t("Mẫu phiếu", "Form"), &wanted.form),
        ("question", w.t("Câu", "Question"), &wanted.question),
        ("unit", w.t("Đơn vị", "Unit"), &wanted.unit),
        ("box", w.t("Hòm", "Box"), &wanted.ballot_box),
    ];
    let states = ["", "overvote", "marginal", "corrected", "doubted"];
    html! {
        form .filters method="get" action="/review/list" {
            @for (name, label, value) in fields {
                label { (label) " " input name=(name) value=(value.as_deref().unwrap_or("")) size="9"; }
            }
            label { (w.t("Chờ vì", "Because")) " "
                select name="state" {
                    @for state in states {
                        option value=(state) selected[wanted.state.as_deref() == Some(state)] {
                            @if state.is_empty() { (w.t("mọi lý do", "any reason")) } @else { (w.state(state)) }
                        }
                    }
                }
            }
            label { input type="checkbox" name="escalated" value="1" checked[wanted.escalated.is_some()];
                " " (w.t("chờ giám sát", "for a supervisor")) }
            button type="submit" { (w.t("Lọc", "Filter")) }
            button type="submit" formaction="/review" { (w.t("Kiểm tra các câu này", "Review these")) }
        }
    }
}
