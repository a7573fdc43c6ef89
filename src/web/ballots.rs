//! Ballots that wait as a whole: a list of them, and one with its pages side by side,
//! for a person to say what is the matter.

use axum::Json;
use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::{App, FormInWords};
use super::auth::Person;
use super::error::Refused;
use super::given;
use super::page::document;
use super::pages::acts_table;
use super::words::Words;
use crate::read::Answer;
use crate::store::{
    BallotFilter, BallotKey, BallotProblem, Hand, INCOMPLETE, PageAct, PageOfBallot, Role,
    SettledBallot, Store, WaitingBallot, is_supervised,
};

/// What was settled lately is shown so far back.
const SHOWN: u32 = 50;

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct Wanted {
    #[serde(rename = "box")]
    ballot_box: Option<String>,
    reason: Option<String>,
}

pub(super) async fn list(
    State(app): State<App>,
    person: Person,
    Query(wanted): Query<Wanted>,
) -> Result<Markup, Refused> {
    let some = |t: &Option<String>| t.clone().filter(|t| !t.is_empty());
    let filter = BallotFilter {
        ballot_box: some(&wanted.ballot_box),
        code: some(&wanted.reason),
    };
    let (waiting, all, settled) = person
        .act(&app, Role::Reviewer, move |store, _| {
            Ok((
                store.waiting_ballots(&filter)?,
                store.waiting_ballots(&BallotFilter::default())?,
                store.settled_ballots(None, SHOWN)?,
            ))
        })
        .await?;
    let w = person.words;
    let title = w.t("Phiếu chờ xử lý", "Ballots that wait");
    let body = html! {
        h1 { (title) " (" (waiting.len()) ")" }
        (person.removed_note())
        p { (w.t(
            "Phiếu chưa được tính vì cả phiếu còn vướng: nghi quét trùng, lẫn trang, thiếu trang, đến sau khi hòm đã đóng…",
            "Ballots that do not count yet because of something about the whole paper: perhaps scanned twice, pages mixed up or missing, their box closed before…",
        )) }
        (filters(w, &wanted, &all))
        @if waiting.is_empty() { p #none { (w.t("Không có phiếu nào chờ.", "No ballot waits.")) } }
        @else { table {
            thead { tr {
                th scope="col" { (w.t("Phiếu", "Ballot")) }
                th scope="col" { (w.t("Mẫu", "Form")) }
                th scope="col" { (w.t("Chờ vì", "Waits because")) }
                th scope="col" { (w.t("Đơn vị / hòm", "Unit / box")) }
                th scope="col" { (w.t("Tệp ảnh", "Image file")) }
            } }
            tbody { @for b in &waiting { tr {
                td { a href={ "/ballots/" (b.ballot.number()) } { (name(b)) } }
                td { (b.form.0) }
                td { @for (i, p) in b.problems.iter().filter(|p| p.blocking).enumerate() {
                    @if i > 0 { "; " } (problem(w, p))
                } }
                td { (b.unit.as_deref().unwrap_or("–")) " / " (b.ballot_box.as_deref().unwrap_or("–")) }
                td .detail { (b.file) }
            } } }
        } }
        h2 { (w.t("Đã xử lý gần đây", "Done lately")) }
        (settled_table(w, &settled))
        p #status role="status" {}
        script src="/assets/ballots.js" defer {}
    };
    Ok(document(w, title, Some(&person), &body))
}

fn filters(w: Words, wanted: &Wanted, all: &[WaitingBallot]) -> Markup {
    let mut boxes: Vec<&str> = all.iter().filter_map(|b| b.ballot_box.as_deref()).collect();
    boxes.sort_unstable();
    boxes.dedup();
    let mut codes: Vec<&str> = all
        .iter()
        .flat_map(|b| b.problems.iter().map(|p| p.code.as_str()))
        .collect();
    codes.sort_unstable();
    codes.dedup();
    html! {
        form .filters method="get" action="/ballots" {
            label { (w.t("Hòm", "Box")) " " select name="box" {
                option value="" { (w.t("tất cả", "all")) }
                @for b in boxes { option value=(b) selected[wanted.ballot_box.as_deref() == Some(b)] { (b) } }
            } }
            label { (w.t("Chờ vì", "Because")) " " select name="reason" {
                option value="" { (w.t("tất cả", "all")) }
                @for c in codes { option value=(c) selected[wanted.reason.as_deref() == Some(c)] { (w.problem(c)) } }
            } }
            button type="submit" { (w.t("Lọc", "Filter")) }
        }
    }
}

fn name(b: &WaitingBallot) -> String {
    let number = b.ballot.number();
    b.serial
        .as_ref()
        .map_or_else(|| format!("#{number}"), |s| format!("{s} (#{number})"))
}

fn problem(w: Words, p: &BallotProblem) -> Markup {
    html! {
        (w.problem(&p.code))
        @if p.code == INCOMPLETE { " (" (w.t("trang", "page")) " " (p.detail) ")" }
        @if let Some(other) = p.other { " (" a href={ "/ballots/" (other.number()) } { "#" (other.number()) } ")" }
    }
}

fn settled_table(w: Words, settled: &[SettledBallot]) -> Markup {
    html! {
        @if settled.is_empty() { p { (w.t("Chưa có.", "Nothing yet.")) } }
        @else { table {
            thead { tr {
                th scope="col" { (w.when(w.t("Lúc", "When"))) }
                th scope="col" { (w.t("Phiếu", "Ballot")) }
                th scope="col" { (w.t("Việc", "What")) }
                th scope="col" { (w.t("Ai", "Who")) }
                th scope="col" { (w.t("Lý do", "Reason")) }
                th scope="col" { (w.t("Hoàn tác", "Undo")) }
            } }
            tbody { @for s in settled { tr {
                td .time { (w.moment(&s.at)) }
                td { a href={ "/ballots/" (s.ballot.number()) } { "#" (s.ballot.number()) }
                    @if let Some(serial) = &s.serial { " " (serial) } }
                td {
                    @if s.what == "reject" { (w.t("loại phiếu", "rejected")) }
                    @else { (w.t("đã xem: ", "settled: ")) (w.problem(&s.what)) }
                }
                td { (s.person) }
                td { (s.reason) }
                td { button .unsettle type="button" data-ballot=(s.ballot.number()) data-what=(s.what) {
                    (w.t("Hoàn tác", "Undo"))
                } }
            } } }
        } }
    }
}

/// A page with what is known of its answers.
struct Shown {
    page: PageOfBallot,
    answers: Vec<(String, Option<Answer>)>,
}

struct View {
    ballot: WaitingBallot,
    pages: Vec<Shown>,
    others: Vec<(WaitingBallot, Vec<Shown>)>,
    acts: Vec<PageAct>,
    settled: Vec<SettledBallot>,
    form: std::sync::Arc<FormInWords>,
}

/// One ballot with its pages.
pub(super) async fn show(
    State(app): State<App>,
    person: Person,
    Path(number): Path<i64>,
) -> Result<Markup, Refused> {
    let here = app.clone();
    let view = person
        .act(&app, Role::Reviewer, move |store, _| {
            let key = BallotKey::numbered(number);
            let ballot = store.ballot(key)?.ok_or(Refused::NotFound)?;
            let form = here.form(store, &ballot.form.0, ballot.form.1)?;
            let pages = shown(store, &form, key)?;
            let mut keys: Vec<BallotKey> = ballot.problems.iter().filter_map(|p| p.other).collect();
            keys.dedup();
            let mut others = Vec::new();
            for other in keys {
                if let Some(row) = store.ballot(other)? {
                    others.push((row, shown(store, &form, other)?));
                }
            }
            let mut acts = Vec::new();
            for p in &pages {
                acts.extend(store.page_acts(Some(p.page.page.page_id), SHOWN)?);
            }
            let settled = store.settled_ballots(Some(key), SHOWN)?;
            Ok(View {
                ballot,
                pages,
                others,
                acts,
                settled,
                form,
            })
        })
        .await?;
    let w = person.words;
    let b = &view.ballot;
    let title = format!("{} {}", w.t("Phiếu", "Ballot"), name(b));
    let waits = b.state == "pending";
    let body = html! {
        p #where { a href="/ballots" { (w.t("← Danh sách", "← List")) } }
        h1 { (title) }
        (person.removed_note())
        p { (view.form.title) " · " (w.state(&b.state))
            @if let Some(unit) = &b.unit { " · " (unit) }
            @if let Some(name) = &b.ballot_box { " · " (w.t("hòm", "box")) " " (name) } }
        div #ballot data-ballot=(b.ballot.number()) {
            @if b.state == "cancelled" { p .note { (w.t(
                "Phiếu này không còn: các trang của nó đã được chuyển đi hoặc lô quét bị hủy.",
                "This ballot is no more: its pages were given others, or its batch was cancelled.",
            )) } }
            @for (i, p) in b.problems.iter().enumerate() {
                // The same of several pages is said once.
                @let said = b.problems.iter().take(i).any(|q| (&q.code, q.other) == (&p.code, p.other));
                @if !said { p .why { (problem(w, p)) } }
            }
            @if waits || (b.state == "counted" && twice(&view)) { (actions(w, &view, person.account.role)) }
            p #status role="status" {}
            div #papers {
                @for p in &view.pages { (paper(w, &view, p, waits)) }
                @for (other, pages) in &view.others { @for p in pages { (other_paper(w, &view, other, p)) } }
            }
        }
        @if !view.settled.is_empty() { h2 { (w.t("Kết luận đang giữ", "What stands")) } (settled_table(w, &view.settled)) }
        @if !view.acts.is_empty() { h2 { (w.t("Việc đã làm với các trang", "Done with its pages")) } (acts_table(w, &view.acts, true)) }
        script src="/assets/ballots.js" defer {}
        script src="/assets/pages.js" defer {}
    };
    Ok(document(w, &title, Some(&person), &body))
}

fn shown(store: &Store, form: &FormInWords, key: BallotKey) -> Result<Vec<Shown>, Refused> {
    store
        .pages_of_ballot(key)?
        .into_iter()
        .map(|page| {
            let id = page.page.page_id;
            let reading = store.reading_of_page(id)?;
            // What a person keyed goes before what was read.
            let keyed = store
                .page_acts(Some(id), 1)?
                .into_iter()
                .find(|a| a.kind == "keyed" && a.undone.is_none() && !a.is_one_word());
            let of = |question: &str| -> Option<Answer> {
                if let Some(act) = &keyed {
                    let said = act.said.get("answers")?.get(question)?;
                    return serde_json::from_value(said.clone()).ok();
                }
                reading.as_ref()?.answers.get(question).cloned()
            };
            let answers = crate::station::questions_of(&form.layout, page.number)
                .map(|q| (q.id.clone(), of(&q.id)))
                .collect();
            Ok(Shown { page, answers })
        })
        .collect()
}

fn twice(view: &View) -> bool {
    view.pages.iter().any(|p| p.page.role == "duplicate")
}

/// What can be said of the ballot, each with its words for what it does.
fn actions(w: Words, view: &View, role: Role) -> Markup {
    let b = &view.ballot;
    let mut codes: Vec<&str> = Vec::new();
    for p in b.problems.iter().filter(|p| p.blocking) {
        if p.code != INCOMPLETE && !codes.contains(&p.code.as_str()) {
            codes.push(&p.code);
        }
    }
    html! {
        form #settle {
            label for="reason" { (w.t("Lý do", "Reason")) }
            input #reason maxlength="500" autocomplete="off";
        }
        div .buttons {
            @for code in codes {
                button .settle type="button" data-code=(code)
                    disabled[is_supervised(code) && role < Role::Supervisor]
                    title=(if is_supervised(code) { w.t("chỉ người giám sát", "supervisors only") } else { "" }) {
                    (settle_words(w, code))
                }
            }
            @if twice(view) { button #split type="button" { (w.t("Là hai phiếu khác nhau: tách ra", "Two different ballots: take them apart")) } }
            @if b.state == "pending" { button #reject type="button" { (w.t("Loại phiếu này", "Reject this ballot")) " " kbd { "L" } } }
            button #next type="button" { (w.t("Để sau", "Later")) " " kbd { "S" } }
        }
    }
}

fn settle_words(w: Words, code: &str) -> &'static str {
    match code {
        "duplicate-differs" => w.t(
            "Cùng một tờ: tính một lần, theo ảnh quét trước",
            "The same paper: count once, by the earlier image",
        ),
        "same-paper" => w.t("Là tờ khác: tính cả hai", "Another paper: count both"),
        "images-removed" => w.t(
            "Chưa quét lần nào: tính phiếu này",
            "It was not scanned before: count it",
        ),
        "mispaired" | "mispaired-neighbour" => w.t(
            "Các trang này đúng là của một phiếu",
            "These pages do belong together",
        ),
        "box-closed" => w.t(
            "Vẫn tính dù hòm đã đóng",
            "Count it although its box was closed",
        ),
        "serial-forged" => w.t("Tin tờ phiếu này", "Believe this paper"),
        "cover-foreign" => w.t("Đúng là của hòm này", "It is of this box"),
        _ => w.t("Đã xem, vẫn tính", "Seen, it counts"),
    }
}

fn role_words(w: Words, role: &str) -> &str {
    match role {
        "member" => w.t("được tính", "counted"),
        "duplicate" => w.t("nghi trùng, không tính", "suspected duplicate, not counted"),
        "unread" => w.t("chưa đọc được", "not read"),
        other => other,
    }
}

fn answers(w: Words, view: &View, p: &Shown) -> Markup {
    // Where another image of the page says otherwise.
    let differs = |question: &str, answer: &Option<Answer>| {
        view.pages
            .iter()
            .chain(view.others.iter().flat_map(|o| &o.1))
            .filter(|o| o.page.number == p.page.number)
            .flat_map(|o| &o.answers)
            .any(|(q, a)| q == question && a != answer)
    };
    html! {
        ul .answers { @for (question, answer) in &p.answers {
            li .differs[differs(question, answer)] {
                (question) ": "
                @match answer {
                    None => "–",
                    Some(a) => {
                        @if a.choices.is_empty() { (w.t("bỏ trống", "blank")) }
                        @for (i, c) in a.choices.iter().enumerate() {
                            @if i > 0 { ", " } (view.form.words.choice(question, c))
                        }
                        @if a.state.needs_person() { " (?)" }
                    }
                }
            }
        } }
    }
}

fn figure(w: Words, view: &View, p: &Shown, head: &Markup, below: &Markup) -> Markup {
    let id = p.page.page.page_id;
    html! {
        figure {
            figcaption { (head) br; span .detail { (p.page.page.file) } }
            (answers(w, view, p))
            button .picture type="button" aria-label=(w.t("Phóng to hoặc thu nhỏ ảnh", "Zoom the picture")) {
                img src={ "/picture/page/" (id) } loading="lazy"
                    alt={ (w.t("Trang", "Page")) " " (p.page.number) };
            }
            (below)
        }
    }
}

fn paper(w: Words, view: &View, p: &Shown, waits: bool) -> Markup {
    let id = p.page.page.page_id;
    let head = html! {
        strong { (w.t("Trang", "Page")) " " (p.page.number) } " · " (role_words(w, &p.page.role))
    };
    let below = html! {
        @if p.page.role == "unread" { p { a href={ "/pages/" (id) } { (w.t("Xử lý trang này", "Settle this page")) } } }
        @if waits && p.page.role != "unread" {
            form .move data-page=(id) {
                label { (w.t("Chuyển sang phiếu #", "Move to ballot #")) " " input name="into" type="number" min="1"; }
                button type="submit" { (w.t("Chuyển", "Move")) }
                button .alone type="button" { (w.t("Thành phiếu riêng", "A ballot of its own")) }
            }
        }
    };
    figure(w, view, p, &head, &below)
}

fn other_paper(w: Words, view: &View, other: &WaitingBallot, p: &Shown) -> Markup {
    let head = html! {
        strong { a href={ "/ballots/" (other.ballot.number()) } { (w.t("Phiếu", "Ballot")) " " (name(other)) } }
        " · " (w.t("trang", "page")) " " (p.page.number) " · " (w.state(&other.state))
    };
    figure(w, view, p, &head, &html! {})
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct BallotRequest {
    ballot: i64,
    /// Code of the problem; `reject`.
    #[serde(default)]
    what: String,
    #[serde(default)]
    reason: String,
}

fn said_why(reason: &str) -> Result<String, Refused> {
    let reason = given::reason(reason);
    if reason.is_empty() {
        return Err(Refused::Bad("cần ghi lý do (say why)"));
    }
    Ok(reason)
}

/// The first ballot that waits, after this one if there is one.
fn next(store: &Store, after: i64) -> Result<Option<i64>, Refused> {
    let waiting = store.waiting_ballots(&BallotFilter::default())?;
    let numbers: Vec<i64> = waiting.iter().map(|b| b.ballot.number()).collect();
    let later = numbers.iter().find(|n| **n > after);
    Ok(later.or(numbers.first()).copied())
}

pub(super) async fn settle(
    State(app): State<App>,
    person: Person,
    Json(request): Json<BallotRequest>,
) -> Result<Json<Value>, Refused> {
    person
        .act(&app, Role::Reviewer, move |store, account| {
            let reason = said_why(&request.reason)?;
            let ballot = BallotKey::numbered(request.ballot);
            if request.what == "reject" {
                store.reject_ballot(account, ballot, &reason)?;
            } else {
                store.settle_problem(account, ballot, &request.what, &reason)?;
            }
            let state = store.ballot(ballot)?.map(|b| b.state);
            Ok(Json(
                json!({ "state": state, "next": next(store, request.ballot)? }),
            ))
        })
        .await
}

pub(super) async fn unsettle(
    State(app): State<App>,
    person: Person,
    Json(request): Json<BallotRequest>,
) -> Result<Json<Value>, Refused> {
    person
        .act(&app, Role::Reviewer, move |store, account| {
            let ballot = BallotKey::numbered(request.ballot);
            store.unsettle_ballot(
                account,
                ballot,
                &request.what,
                &given::reason(&request.reason),
            )?;
            Ok(Json(json!({})))
        })
        .await
}

pub(super) async fn split(
    State(app): State<App>,
    person: Person,
    Json(request): Json<BallotRequest>,
) -> Result<Json<Value>, Refused> {
    person
        .act(&app, Role::Reviewer, move |store, account| {
            let reason = said_why(&request.reason)?;
            let ballot = BallotKey::numbered(request.ballot);
            let homed = store.split_ballot(account, ballot, &reason)?;
            Ok(Json(
                json!({ "ballot": homed.ballot.number(), "next": next(store, request.ballot)? }),
            ))
        })
        .await
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct MoveRequest {
    page: i64,
    #[serde(default)]
    into: Option<i64>,
    reason: String,
}

pub(super) async fn move_page(
    State(app): State<App>,
    person: Person,
    Json(request): Json<MoveRequest>,
) -> Result<Json<Value>, Refused> {
    person
        .act(&app, Role::Reviewer, move |store, account| {
            let reason = said_why(&request.reason)?;
            let hand = Hand {
                account,
                page: request.page,
                reason: &reason,
            };
            let homed = store.move_page(&hand, request.into.map(BallotKey::numbered))?;
            Ok(Json(json!({
                "ballot": homed.ballot.number(), "duplicate": homed.duplicate,
                "next": homed.ballot.number(),
            })))
        })
        .await
}
