//! What a person asks to be done with a page: read it as this, take these answers,
//! reject it, take that back.

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::form::QuestionKind;
use crate::read::{ByHand, Corners};
use crate::station::{Asked, ByHandOutcome, Desk, Keyed, questions_of};
use crate::store::{Account, BallotKey, Hand, PageFilter, Role, Store};
use crate::web::app::App;
use crate::web::auth::{Person, now};
use crate::web::error::Refused;
use crate::web::given;
use crate::web::settings::asks_two_of_page;
use crate::web::words::Words;

/// The form and its version that `ID/VERSION` names.
fn named(form: &str) -> Option<(&str, u32)> {
    let (id, version) = form.rsplit_once('/')?;
    Some((id, version.parse().ok()?))
}

#[derive(Debug, Clone, Deserialize)]
pub(in crate::web) struct ReadRequest {
    page: i64,
    /// `ID/VERSION`.
    form: String,
    number: u32,
    #[serde(default)]
    serial: Option<String>,
    #[serde(default)]
    into: Option<i64>,
    #[serde(default)]
    unnumbered: bool,
    #[serde(default)]
    corners: Option<Corners>,
    #[serde(default)]
    answers: Option<Keyed>,
    #[serde(default)]
    reason: String,
}

impl ReadRequest {
    fn said(&self) -> Result<ByHand, Refused> {
        let no_form = Refused::Bad("chọn mẫu phiếu (choose a form)");
        let (form, version) = named(&self.form).ok_or(no_form)?;
        Ok(ByHand {
            form: form.to_owned(),
            version,
            page: self.number,
            serial: self.serial.clone(),
            corners: self.corners,
        })
    }
}

/// Reads a page as what a person says it is.
pub(in crate::web) async fn read(
    State(app): State<App>,
    person: Person,
    Json(request): Json<ReadRequest>,
) -> Result<Json<Value>, Refused> {
    with_help(&app, &person, request, |desk, asked, said, _| {
        Ok(desk.read(asked, said)?)
    })
    .await
}

/// Takes in the answers that a person keyed from the picture.
pub(in crate::web) async fn key(
    State(app): State<App>,
    person: Person,
    Json(request): Json<ReadRequest>,
) -> Result<Json<Value>, Refused> {
    with_help(&app, &person, request, |desk, asked, said, keyed| {
        let keyed = keyed.ok_or(Refused::Bad("no answers were sent"))?;
        Ok(desk.key(asked, said, keyed, |answers| {
            let page = asked.page.page_id;
            Ok(asks_two_of_page(asked.store, page, answers.values())?)
        })?)
    })
    .await
}

/// Gives `f` what a person asks for, and says what came of it.
async fn with_help(
    app: &App,
    person: &Person,
    request: ReadRequest,
    f: impl FnOnce(&Desk, &Asked<'_>, &ByHand, Option<&Keyed>) -> Result<ByHandOutcome, Refused>
    + Send
    + 'static,
) -> Result<Json<Value>, Refused> {
    let (here, w) = (app.clone(), person.words);
    person
        .act(app, Role::Reviewer, move |store, account| {
            let said = request.said()?;
            let place = store.page_place(request.page)?.ok_or(Refused::NotFound)?;
            let desk = here.desk(store)?;
            let reason = given::reason(&request.reason);
            let asked = Asked {
                station: here.station(),
                store,
                account,
                page: &place,
                into: request.into.map(BallotKey::numbered),
                unnumbered: request.unnumbered,
                reason: &reason,
            };
            let outcome = f(&desk, &asked, &said, request.answers.as_ref())?;
            answer(w, store, account, outcome)
        })
        .await
}

fn answer(
    w: Words,
    store: &Store,
    account: &Account,
    outcome: ByHandOutcome,
) -> Result<Json<Value>, Refused> {
    match outcome {
        ByHandOutcome::Placed(homed) => Ok(Json(json!({
            "outcome": if homed.duplicate { "duplicate" } else { "placed" },
            "ballot": homed.ballot.number(),
            "next": next_page(store, account)?,
        }))),
        ByHandOutcome::WaitsForSecond => Ok(Json(json!({
            "outcome": "waits-for-second", "next": next_page(store, account)?,
        }))),
        ByHandOutcome::Differs => Ok(Json(json!({
            "outcome": "differs", "next": next_page(store, account)?,
        }))),
        ByHandOutcome::Unproven(problem) => Ok(Json(json!({
            "outcome": "unproven",
            "why": w.problem(&problem.code.word()),
            "detail": problem.detail,
        }))),
        ByHandOutcome::NoPicture(why) => Err(Refused::Conflict(format!(
            "không mở được ảnh (the picture cannot be opened): {why}"
        ))),
        ByHandOutcome::NoSuchPage => Err(Refused::Bad(
            "mẫu phiếu không có trang này (the form has no such page)",
        )),
        ByHandOutcome::NoSerial => Err(Refused::Bad(
            "số phiếu gồm 10 chữ số và chữ cái, như in trên phiếu (a serial has ten characters, as printed)",
        )),
        ByHandOutcome::SerialNotSaid => Err(Refused::Bad(
            "ghi số phiếu, hoặc đánh dấu \"không in số\" nếu tờ giấy không có số \
             (give the serial, or tick \"no serial printed\")",
        )),
        ByHandOutcome::Unanswered(question) => Err(Refused::Conflict(format!(
            "câu {question} chưa trả lời, hoặc không có phương án đó \
             (this question has no answer, or no such choice)"
        ))),
    }
}

/// The first page that waits for this person and that nobody looks at.
fn next_page(store: &Store, account: &Account) -> Result<Option<i64>, Refused> {
    let waiting = store.waiting_pages(&PageFilter::default(), now())?;
    let free = waiting
        .iter()
        .find(|p| p.claimed_by.is_none() && p.is_for(account));
    Ok(free.map(|p| p.page.page_id))
}

#[derive(Debug, Clone, Deserialize)]
pub(in crate::web) struct RejectRequest {
    page: i64,
    reason: String,
}

/// Takes a page out, with a reason.
pub(in crate::web) async fn reject(
    State(app): State<App>,
    person: Person,
    Json(request): Json<RejectRequest>,
) -> Result<Json<Value>, Refused> {
    person
        .act(&app, Role::Reviewer, move |store, account| {
            let reason = given::reason(&request.reason);
            if reason.is_empty() {
                return Err(Refused::Bad("cần ghi lý do (say why)"));
            }
            let hand = Hand {
                account,
                page: request.page,
                reason: &reason,
            };
            store.reject_page(&hand)?;
            Ok(Json(
                json!({ "outcome": "rejected", "next": next_page(store, account)? }),
            ))
        })
        .await
}

#[derive(Debug, Clone, Deserialize)]
pub(in crate::web) struct UndoRequest {
    act: i64,
    #[serde(default)]
    reason: String,
}

/// Takes back what was done with a page.
pub(in crate::web) async fn undo(
    State(app): State<App>,
    person: Person,
    Json(request): Json<UndoRequest>,
) -> Result<Json<Value>, Refused> {
    person
        .act(&app, Role::Reviewer, move |store, account| {
            store.undo_page_act(account, request.act, &given::reason(&request.reason))?;
            Ok(Json(json!({})))
        })
        .await
}

#[derive(Debug, Clone, Deserialize)]
pub(in crate::web) struct SideQuery {
    form: String,
    number: u32,
}

/// The questions of one side of a form, to key their answers.
pub(in crate::web) async fn side(
    State(app): State<App>,
    person: Person,
    Query(query): Query<SideQuery>,
) -> Result<Json<Value>, Refused> {
    let here = app.clone();
    person
        .act(&app, Role::Reviewer, move |store, _| {
            let desk = here.desk(store)?;
            let found = named(&query.form).and_then(|(id, version)| desk.form(id, version));
            let (form, words) = found.ok_or(Refused::NotFound)?;
            let questions: Vec<Value> = questions_of(&form.layout, query.number)
                .map(|q| {
                    let choices: Vec<Value> = q
                        .choices
                        .iter()
                        .map(|c| json!({ "id": c, "text": words.choice(&q.id, c) }))
                        .collect();
                    let kind = match q.kind {
                        QuestionKind::Single => "single",
                        QuestionKind::Multiple => "multiple",
                    };
                    json!({ "id": q.id, "text": words.question(&q.id), "kind": kind, "choices": choices })
                })
                .collect();
            Ok(Json(json!({ "questions": questions })))
        })
        .await
}
