//! Pages that the machine could not place: a list of them, and one of them with its
//! picture, for a person to say which it is, where its corners are, what was
//! answered on it, or that it is none of a ballot.

use axum::Json;
use axum::extract::{Path, Query, State};
use maud::{Markup, html};
use serde::Deserialize;
use serde_json::{Value, json};

use super::app::App;
use super::auth::{Person, now};
use super::error::Refused;
use super::given;
use super::page::document;
use super::settings::asks_two_of_page;
use super::words::Words;
use crate::form::QuestionKind;
use crate::read::{ByHand, Corners};
use crate::station::{Asked, ByHandOutcome, Desk, Keyed, questions_of};
use crate::store::{
    Account, BallotKey, Hand, Keying, PageAct, PageFilter, Role, Store, WaitingPage,
};

/// A page that is looked at is kept from others for so long, seconds: keying a long
/// page takes some minutes.
const CLAIM: i64 = 600;

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

/// What two people keyed, side by side where they differ: for a supervisor.
fn differences(w: Words, given: &[Keying]) -> Markup {
    let text = |v: &Value| match v {
        Value::Null => "–".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    let of = |k: &Keying, what: &str, question: Option<&str>| match question {
        None => text(k.said.get(what).unwrap_or(&Value::Null)),
        Some(q) => {
            let choices = k
                .said
                .pointer("/answers")
                .and_then(|a| a.get(q)?.get("choices"));
            let choices = choices.and_then(Value::as_array).map(|all| {
                let all: Vec<String> = all.iter().map(text).collect();
                all.join(", ")
            });
            match choices.as_deref() {
                None => "–".to_owned(),
                Some("") => w.t("bỏ trống", "left blank").to_owned(),
                Some(choices) => choices.to_owned(),
            }
        }
    };
    let mut questions: Vec<&String> = given
        .iter()
        .filter_map(|k| k.said.get("answers")?.as_object())
        .flat_map(|answers| answers.keys())
        .collect();
    questions.sort();
    questions.dedup();
    let heads = [
        ("form", w.t("Mẫu phiếu", "Form")),
        ("page", w.t("Trang số", "Page number")),
        ("serial", w.t("Số phiếu", "Serial")),
        ("into", w.t("Thuộc phiếu #", "Belongs to ballot #")),
    ];
    let rows = heads
        .into_iter()
        .map(|(key, head)| (head.to_owned(), key, None))
        .chain(questions.into_iter().map(|q| {
            let head = format!("{} {q}", w.t("Câu", "Question"));
            (head, "", Some(q.as_str()))
        }))
        .map(|(head, key, q)| {
            (
                head,
                given.iter().map(|k| of(k, key, q)).collect::<Vec<_>>(),
            )
        })
        .filter(|(_, said)| said.windows(2).any(|pair| pair.first() != pair.last()));
    html! {
        h2 { (w.t("Hai người nhập khác nhau", "Two people keyed it otherwise")) }
        p { (w.t(
            "Xem ảnh, nhập lại cả trang: chữ của người giám sát là kết luận.",
            "Look at the picture and key the page: a supervisor's word decides.",
        )) }
        table #differences .narrow {
            thead { tr {
                th scope="col" { (w.t("Mục", "What")) }
                @for k in given { th scope="col" { (k.person) } }
            } }
            tbody { @for (head, said) in rows { tr {
                th scope="row" { (head) }
                @for text in said { td { (text) } }
            } } }
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

/// One page, for a person to settle.
pub(super) async fn show(
    State(app): State<App>,
    person: Person,
    Path(page): Path<i64>,
) -> Result<Markup, Refused> {
    let (here, words) = (app.clone(), person.words);
    let (place, waiting, acts, (size, removed), desk, held, given) = person
        .act(&app, Role::Reviewer, move |store, account| {
            let place = store.page_place(page)?.ok_or(Refused::NotFound)?;
            let filter = PageFilter {
                page: Some(page),
                ..PageFilter::default()
            };
            let now = now();
            let held = !store.claim_page(account, page, now, now + CLAIM)?;
            let waiting = store.waiting_pages(&filter, now)?.pop();
            // A file that cannot be decoded has no picture; it can still be rejected.
            let image = here.page_image(store, &place);
            let removed = match &image {
                Err(Refused::Removed(removed)) => Some(removed.words(words)),
                _ => None,
            };
            let size = image.ok().map(|i| i.dimensions());
            Ok((
                place,
                waiting,
                store.page_acts(Some(page), SHOWN_ACTS)?,
                (size, removed),
                here.desk(store)?,
                held,
                store.keyings(page)?,
            ))
        })
        .await?;
    let w = person.words;
    let body = html! {
        h1 .quiet { (place.file) }
        @match &waiting {
            None => {
                p { a href="/pages" { (w.t("← Danh sách", "← List")) } }
                p #settled { (w.t("Trang này không chờ xử lý nữa.", "This page does not wait any more.")) }
                (acts_table(w, &acts, false))
                p #status role="status" {}
            }
            Some(waiting) => {
                @if held {
                    p .problem role="alert" {
                        (waiting.claimed_by.as_deref().unwrap_or("?")) " "
                        (w.t("đang xem trang này.", "is looking at this page."))
                    }
                }
                @if !waiting.keyed_by.is_empty() {
                    p #keyed-by .problem[!waiting.is_for(&person.account)] { (keyed_words(w, waiting)) }
                }
                (view(w, waiting, size, removed.as_deref(), &desk))
                @if given.len() > 1 && person.account.role >= Role::Supervisor { (differences(w, &given)) }
                @if !acts.is_empty() {
                    h2 { (w.t("Trước đây", "Before")) }
                    (acts_table(w, &acts, false))
                }
            }
        }
        script src="/assets/pages.js" defer {}
    };
    Ok(document(w, &place.file, Some(&person), &body))
}

fn view(
    w: Words,
    page: &WaitingPage,
    size: Option<(u32, u32)>,
    removed: Option<&str>,
    desk: &Desk,
) -> Markup {
    let id = page.page.page_id;
    let chosen = |form: &str, version: u32| {
        page.form
            .as_ref()
            .is_some_and(|(f, v)| f == form && *v == version)
    };
    html! {
        div #by-hand data-page=(id) {
            section #ask {
                p #where { a href="/pages" { (w.t("← Danh sách", "← List")) } " · "
                    (file_of(w, page)) " · " (w.t("lô", "batch")) " " (page.batch)
                    @if let Some(name) = &page.ballot_box { " · " (w.t("hòm", "box")) " " (name) }
                }
                p #why { (w.problem(&page.code)) }
                form #who {
                    label for="form" { (w.t("Mẫu phiếu", "Form")) }
                    select #form name="form" {
                        option value="" { (w.t("– chọn –", "– choose –")) }
                        @for (form, _) in desk.forms() {
                            @let layout = &form.layout;
                            option value={ (layout.form) "/" (layout.version) } data-pages=(layout.pages.len())
                                data-squares=(u8::from(layout.pages.iter().all(|p| p.anchors.iter().any(|a| a.id == "tl"))))
                                selected[chosen(&layout.form, layout.version)] {
                                (form.title) " · " (layout.form) " v" (layout.version)
                            }
                        }
                    }
                    label for="number" { (w.t("Trang số", "Page number")) }
                    input #number type="number" min="1" max="31" value=(page.number.unwrap_or(1));
                    label for="serial" { (w.t("Số phiếu", "Serial")) }
                    input #serial maxlength="16" autocomplete="off" value=(page.serial.as_deref().unwrap_or(""))
                        placeholder=(w.t("10 ký tự; để trống nếu không in", "10 characters; empty if none is printed"));
                    span {}
                    label .tick { input #unnumbered type="checkbox"; " " (w.t("phiếu không in số", "no serial printed")) }
                    label for="into" { (w.t("Thuộc phiếu #", "Belongs to ballot #")) }
                    input #into type="number" min="1" placeholder=(w.t("nếu không có số", "if it has no serial"));
                }
                div .buttons {
                    button #read .primary type="button" { (w.t("Đọc", "Read")) " " kbd { "D" } }
                    button #corners type="button" aria-pressed="false" { (w.t("Kéo bốn góc", "Drag four corners")) " " kbd { "G" } }
                    button #key type="button" { (w.t("Nhập tay", "Key by hand")) " " kbd { "N" } }
                    button #reject type="button" { (w.t("Loại", "Reject")) " " kbd { "L" } }
                    button #next type="button" { (w.t("Để sau", "Later")) " " kbd { "S" } }
                }
                fieldset #corners-of hidden {
                    legend { (w.t("Bốn dấu 1–4 đặt vào", "Put the marks 1–4 on")) }
                    label { input type="radio" name="of" value="anchors" checked; " " (w.t("bốn ô vuông đen ở góc", "the four black corner squares")) }
                    label { input type="radio" name="of" value="paper"; " " (w.t("bốn góc giấy", "the four paper corners")) }
                    p .hint { (w.t(
                        "Xoay ảnh cho xuôi chữ trước; 1 là góc trên trái. Chuột kéo, hoặc Tab tới dấu rồi phím mũi tên (Shift: bước dài).",
                        "First turn the picture upright; 1 is top left. Drag, or Tab to a mark and use the arrow keys (Shift: far).",
                    )) }
                }
                form #keying hidden { div #questions {} button .primary type="submit" { (w.t("Ghi câu trả lời", "Record the answers")) } }
                form #reason-form hidden {
                    label for="reason" { (w.t("Lý do", "Reason")) }
                    input #reason maxlength="500" autocomplete="off" required;
                    button .primary type="submit" { (w.t("Gửi", "Send")) }
                    button #reason-cancel type="button" { (w.t("Thôi", "Cancel")) }
                }
                p #status role="status" {}
            }
            section #sheet aria-label=(w.t("Cả trang", "The whole page")) {
                div .buttons {
                    button #zoom-in type="button" { "+" }
                    button #zoom-out type="button" { "−" }
                    button #turn type="button" { (w.t("Xoay", "Turn")) " " kbd { "R" } }
                }
                div #sheet-frame tabindex="0" {
                    @if let Some((width, height)) = size {
                        svg #picture data-src={ "/picture/scanned/" (id) } data-width=(width) data-height=(height)
                            role="img" aria-label=(w.t("Ảnh trang phiếu", "Picture of the page")) {}
                    } @else if let Some(removed) = removed {
                        p #removed .problem { (removed) }
                    } @else {
                        p .problem { (w.t("Không mở được ảnh này; chỉ có thể loại trang.", "This image cannot be opened; the page can only be rejected.")) }
                    }
                }
            }
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
pub(super) struct ReadRequest {
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
        let Some((form, version)) = self.form.rsplit_once('/') else {
            return Err(no_form);
        };
        Ok(ByHand {
            form: form.to_owned(),
            version: version.parse().map_err(|_| no_form)?,
            page: self.number,
            serial: self.serial.clone(),
            corners: self.corners,
        })
    }
}

/// Reads a page as what a person says it is.
pub(super) async fn read(
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
pub(super) async fn key(
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
pub(super) struct RejectRequest {
    page: i64,
    reason: String,
}

/// Takes a page out, with a reason.
pub(super) async fn reject(
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
pub(super) struct UndoRequest {
    act: i64,
    #[serde(default)]
    reason: String,
}

/// Takes back what was done with a page.
pub(super) async fn undo(
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
pub(super) struct SideQuery {
    form: String,
    number: u32,
}

/// The questions of one side of a form, to key their answers.
pub(super) async fn side(
    State(app): State<App>,
    person: Person,
    Query(query): Query<SideQuery>,
) -> Result<Json<Value>, Refused> {
    let here = app.clone();
    person
        .act(&app, Role::Reviewer, move |store, _| {
            let desk = here.desk(store)?;
            let found = query
                .form
                .rsplit_once('/')
                .and_then(|(id, version)| desk.form(id, version.parse().ok()?));
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
