//! Batches: the scan at work, files that wait, what each run brought; pause, resume,
//! cancel.

use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::app::App;
use super::auth::Person;
use super::error::Refused;
use super::given;
use super::inbox;
use super::page::document;
use super::scanning::{Ended, Seen};
use super::words::Words;
use crate::page::DecodeLimits;
use crate::station::BatchLine;
use crate::station::inbox::Parcel;
use crate::store::{BatchRow, BoxRow, Role, Store};

/// Batches on the page, newest first: a day has fewer.
const LISTED: usize = 100;
/// Over so many seconds the speed of a scan of another program is taken.
const SPEED_OVER: u32 = 10;

/// All that the page shows.
struct View {
    scan: Option<Seen>,
    /// Pages of the last seconds, whoever scans them.
    recent: u64,
    scanning: bool,
    parcels: Vec<Parcel>,
    boxes: Vec<BoxRow>,
    batches: Vec<BatchLine>,
}

impl View {
    fn of(app: &App, store: &Store) -> Result<Self, Refused> {
        let station = app.station();
        let at_work = app.scanning().parcel_at_work();
        let mut batches = station.batch_lines(store)?;
        batches.reverse();
        batches.truncate(LISTED);
        let mut parcels = station.inbox().parcels();
        parcels.retain(|p| Some(&p.id) != at_work.as_ref() && p.files > 0);
        Ok(Self {
            scan: app.scanning().seen(),
            recent: store.pages_since(SPEED_OVER)?,
            scanning: station.is_scanning(),
            parcels,
            boxes: store.boxes()?,
            batches,
        })
    }

    fn at_work(&self) -> Option<&BatchLine> {
        self.batches.iter().find(|b| b.is_at_work())
    }
}

pub(super) async fn show(State(app): State<App>, person: Person) -> Result<Markup, Refused> {
    page(&app, &person, None).await
}

async fn page(app: &App, person: &Person, problem: Option<String>) -> Result<Markup, Refused> {
    let here = app.clone();
    let view = person
        .act(app, Role::Viewer, move |store, _| View::of(&here, store))
        .await?;
    let w = person.words;
    let body = html! {
        h1 { (w.t("Lô quét", "Batches")) }
        @if let Some(problem) = problem { p .problem role="alert" { (problem) } }
        @if person.account.role >= Role::Operator { (drop_area(w, &view.boxes)) }
        div #live data-every="1500" data-from="/api/batches" { (figures(person, &view)) }
        script src="/assets/live.js" defer {}
        script src="/assets/drop.js" defer {}
    };
    Ok(document(w, w.t("Lô quét", "Batches"), Some(person), &body))
}

pub(super) async fn live(State(app): State<App>, person: Person) -> Result<Markup, Refused> {
    let here = app.clone();
    let view = person
        .act(&app, Role::Viewer, move |store, _| View::of(&here, store))
        .await?;
    Ok(figures(&person, &view))
}

fn drop_area(w: Words, boxes: &[BoxRow]) -> Markup {
    let largest = DecodeLimits::default().max_file_bytes;
    html! {
        section #drop data-largest=(largest) aria-label=(w.t("Đưa ảnh vào", "Bring images")) {
            p .big { (w.t(
                "Kéo thư mục hoặc tệp ảnh thả vào đây",
                "Drop a folder or image files here",
            )) }
            p { (w.t("JPEG, PNG, TIFF, PDF, ZIP. Hoặc chọn:", "JPEG, PNG, TIFF, PDF, ZIP. Or choose:")) " "
                label .button for="folder" { (w.t("Chọn thư mục", "Choose a folder")) }
                input #folder .out type="file" webkitdirectory multiple;
                " "
                label .button for="files" { (w.t("Chọn tệp", "Choose files")) }
                input #files .out type="file" multiple accept=".jpg,.jpeg,.jpe,.png,.tif,.tiff,.pdf,.zip";
            }
            p {
                label for="box" { (w.t("Phiếu của hòm ", "Out of the box ")) }
                select #box { (box_options(w, boxes, None)) }
            }
            progress #sent hidden max="1" value="0" aria-label=(w.t("đã gửi", "sent")) {}
            p #drop-status role="status" {}
            button #drop-stop type="button" hidden { (w.t("Dừng gửi", "Stop sending")) }
        }
    }
}

fn box_options(w: Words, boxes: &[BoxRow], chosen: Option<&str>) -> Markup {
    let known = boxes.iter().any(|b| Some(b.label().as_str()) == chosen);
    html! {
        option value="" selected[!known] { (w.t("theo mã in hoặc tờ bìa", "as the codes or cover sheets say")) }
        @for b in boxes {
            @let label = b.label();
            option value=(label) selected[Some(label.as_str()) == chosen] {
                (label) @if let Some(n) = &b.unit_name { " (" (n) ")" }
            }
        }
    }
}

fn figures(person: &Person, view: &View) -> Markup {
    let w = person.words;
    let operator = person.account.role >= Role::Operator;
    html! {
        (scan_at_work(person, view))
        @if !view.parcels.is_empty() {
            h2 { (w.t("Tệp đã gửi lên, chưa quét xong", "Files that were sent and are not scanned")) }
            table .narrow {
                thead { tr {
                    th scope="col" { (w.t("Số tệp", "Files")) }
                    th scope="col" { "MB" }
                    @if operator { th scope="col" { (w.t("Việc", "Do")) } }
                } }
                tbody { @for p in &view.parcels { tr {
                    td .number { (p.files) }
                    td .number { (megabytes(p.bytes)) }
                    @if operator { td {
                        form .inline method="post" action="/batches" {
                            input type="hidden" name="csrf" value=(person.csrf);
                            input type="hidden" name="parcel" value=(p.id);
                            select name="box" aria-label=(w.t("Phiếu của hòm", "Out of the box")) {
                                (box_options(w, &view.boxes, p.ballot_box.as_deref()))
                            }
                            " "
                            button name="action" value="scan" disabled[view.scanning] { (w.t("Quét", "Scan")) }
                            " "
                            button name="action" value="discard" { (w.t("Bỏ các tệp này", "Throw them away")) }
                        }
                    } }
                } } }
            }
        }
        h2 { (w.t("Các lô", "All batches")) }
        @if view.batches.is_empty() {
            p { (w.t("Trạm chưa có lô quét nào.", "The station has no batches.")) }
        } @else {
            table {
                thead { (heads(w)) }
                tbody { @for b in &view.batches { (row(w, b)) } }
            }
        }
    }
}

fn megabytes(bytes: u64) -> String {
    format!("{:.1}", bytes as f64 / f64::from(1 << 20))
}

/// What the scan of this moment does, or how the last one ended.
fn scan_at_work(person: &Person, view: &View) -> Markup {
    let w = person.words;
    let ours = view.scan.as_ref().filter(|s| s.ended.is_none());
    let last = view
        .scan
        .as_ref()
        .and_then(|s| s.ended.as_ref().map(|e| (s, e)));
    html! {
        @if let Some(seen) = ours {
            @let p = seen.progress;
            @let batch = view.at_work();
            section .scan aria-label=(w.t("Đang quét", "Scanning")) {
                h2 {
                    @if p.paused { (w.t("Đang tạm dừng", "Paused")) } @else { (w.t("Đang quét", "Scanning")) }
                    @if let Some(b) = batch { " · " (w.t("lô ", "batch ")) (b.row.key.number()) }
                }
                progress max=(p.files_total.max(1)) value=(p.files) aria-label=(w.t("tệp đã quét", "files scanned")) {}
                @if p.files_total == 0 { p { (w.t("đang chuẩn bị…", "getting ready…")) } }
                @else { p {
                    (p.files) "/" (p.files_total) (w.t(" tệp · ", " files · "))
                    (p.pages) (w.t(" trang mới · ", " new pages · "))
                    (speed(view)) (w.t(" trang/giây · ", " pages/s · "))
                    strong { (p.flagged) (w.t(" cần xem", " flagged")) }
                    @if p.known > 0 { " · " (p.known) (w.t(" trang đã có từ trước", " pages known before")) }
                } }
                (steer(person, batch, Page::Ours))
            }
        } @else if view.scanning {
            section .scan aria-label=(w.t("Đang quét", "Scanning")) {
                h2 { (w.t("Đang quét bằng chương trình khác (phieu scan hoặc phieu watch)", "Another program scans (phieu scan or phieu watch)")) }
                @if let Some(b) = view.at_work() {
                    p { (w.t("Lô ", "Batch ")) (b.row.key.number()) ": " (b.row.pages) (w.t(" trang · ", " pages · "))
                        (speed(view)) (w.t(" trang/giây · ", " pages/s · "))
                        strong { (b.row.flagged) (w.t(" cần xem", " flagged")) } }
                    (steer(person, Some(b), Page::All))
                }
                p { (w.t("Mỗi lúc chỉ quét được một lô; tệp gửi lên sẽ đợi.", "One batch is scanned at a time; files that are sent wait.")) }
            }
        } @else if let Some((seen, ended)) = last { (ended_words(w, seen, ended)) }
    }
}

fn speed(view: &View) -> String {
    let over = match &view.scan {
        // A scan that has just begun.
        Some(s) if s.ended.is_none() => s.seconds.clamp(1.0, f64::from(SPEED_OVER)),
        _ => f64::from(SPEED_OVER),
    };
    format!("{:.1}", view.recent as f64 / over)
}

fn ended_words(w: Words, seen: &Seen, ended: &Ended) -> Markup {
    let p = seen.progress;
    html! {
        @match ended {
            Ended::Done(done) if done.cancelled => p .warn role="status" {
                (w.t("Lô vừa quét đã bị hủy: không tính trang nào của lô. Các tệp còn ở dưới, có thể quét lại.",
                     "The batch was cancelled: nothing of it counts. Its files are below and can be scanned again.")) },
            Ended::Done(done) => {
                p role="status" {
                    (w.t("Đã quét xong", "Done"))
                    @if let Some(n) = done.batch { " " a href={ "/batches/" (n) } { (w.t("lô ", "batch ")) (n) } }
                    ": " (p.files) (w.t(" tệp, ", " files, ")) (p.pages) (w.t(" trang mới, ", " new pages, "))
                    (p.known) (w.t(" trang đã có từ trước, ", " pages known before, "))
                    (p.flagged) (w.t(" cần xem.", " flagged."))
                    @if let (true, Some(n)) = (p.flagged > 0, done.batch) {
                        " " a href={ "/batches/" (n) "?flagged=1" } { (w.t("Xem vì sao", "See why")) }
                    }
                    @if done.blanks.backs + done.blanks.sheets > 0 {
                        " " (done.blanks.backs) (w.t(" mặt sau không in, ", " unprinted backs, "))
                        (done.blanks.sheets) (w.t(" tờ trắng.", " blank sheets."))
                    }
                }
                @if !done.removed.is_empty() {
                    p .warn {
                        (done.removed.len())
                        (w.t(
                            " tệp đã được đếm từ trước và ảnh đã hủy theo thời hạn lưu: không đọc lại, không giữ lại ảnh.",
                            " files were recorded before and their images removed when their date had come: neither read nor kept again.",
                        ))
                    }
                    ul { @for file in done.removed.iter().filter(|f| f.lost > 0) { li {
                        (file.name) ": " (file.lost)
                        (w.t(" trang không được tính ở lô nào (lô đã hủy hoặc bị ngắt)", " pages count nowhere (their batch was cancelled or cut off)"))
                    } } }
                }
                @if !done.failed.is_empty() {
                    p .warn { (w.t("Không lấy được, chưa lưu vào trạm:", "Could not be fetched and are not in the station:")) }
                    ul { @for (name, why) in &done.failed { li { (name) ": " (why) } } }
                }
            }
            Ended::Stopped => p .warn role="status" {
                (w.t("Đã dừng quét: trang đã lưu vẫn còn, quét lại các tệp ở dưới thì tiếp tục.",
                     "The scan was stopped: what is recorded stays; scanning the files below goes on.")) },
            Ended::Failed(why) => p .problem role="alert" {
                (w.t("Không quét được: ", "The scan broke off: ")) (why) },
        }
    }
}

fn state_words(w: Words, state: &str) -> &str {
    match state {
        "cancelled" => w.t("ĐÃ HỦY", "CANCELLED"),
        "finished" => w.t("xong", "finished"),
        "paused" => w.t("tạm dừng", "paused"),
        "running" => w.t("đang quét", "running"),
        _ => w.t("bị ngắt giữa chừng", "interrupted"),
    }
}

fn box_of(b: &BatchRow) -> String {
    match (&b.unit, &b.ballot_box) {
        (Some(unit), Some(name)) => format!("{unit}/{name}"),
        (None, Some(name)) => name.clone(),
        _ => String::new(),
    }
}

/// The heads of [`row`].
pub(super) fn heads(w: Words) -> Markup {
    html! { tr {
        th scope="col" { (w.t("Lô", "Batch")) }
        th scope="col" { (w.when(w.t("Bắt đầu", "Began"))) }
        th scope="col" { (w.t("Hòm", "Box")) }
        th scope="col" { (w.t("Trang", "Pages")) }
        th scope="col" { (w.t("Trang/giây", "Pages/s")) }
        th scope="col" { (w.t("Cần xem", "Flagged")) }
        th scope="col" { (w.t("Phiếu", "Ballots")) }
        th scope="col" { (w.t("Tình trạng", "State")) }
    } }
}

pub(super) fn row(w: Words, line: &BatchLine) -> Markup {
    let b = &line.row;
    let n = b.key.number();
    html! {
        tr {
            td .number { a href={ "/batches/" (n) } { (n) } }
            td .time { (w.moment(&b.started)) }
            td { (box_of(b)) }
            td .number { (b.pages) }
            td .number { @if let Some(p) = line.pace() { (format!("{p:.1}")) } }
            td .number { (b.flagged) }
            td .number { (b.ballots) }
            td {
                @if line.state == "finished" { (state_words(w, line.state)) }
                @else { strong .warn { (state_words(w, line.state)) } }
                @if let Some(e) = b.last.as_ref().filter(|e| !e.reason.is_empty()) {
                    br; i { (e.person) ": " (e.reason) }
                }
            }
        }
    }
}

/// What this person may do with a batch. What was counted already is taken out by a
/// supervisor.
pub(super) fn may_cancel(person: &Person, at_work: bool) -> bool {
    let least = if at_work {
        Role::Operator
    } else {
        Role::Supervisor
    };
    person.account.role >= least
}

/// Where the buttons stand.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Page {
    /// Beside the scan of this program, which can be stopped before it has a batch.
    Ours,
    /// Beside the scan of another one.
    All,
    /// On the batch's own page.
    One,
}

pub(super) fn steer(person: &Person, batch: Option<&BatchLine>, at: Page) -> Markup {
    let w = person.words;
    if person.account.role < Role::Operator {
        return html! {};
    }
    let at_work = batch.is_some_and(BatchLine::is_at_work);
    html! {
        form .inline method="post" action="/batches" {
            input type="hidden" name="csrf" value=(person.csrf);
            @if let Some(b) = batch { input type="hidden" name="batch" value=(b.row.key.number()); }
            @if batch.is_some() && (at_work || may_cancel(person, at_work)) {
                input name="reason" maxlength=(given::LONGEST_REASON) aria-label=(w.t("Lý do", "Reason"))
                    placeholder=(w.t("lý do (hủy lô phải có)", "reason (needed to cancel)"));
                " "
            }
            @if at_work {
                @if batch.is_some_and(|b| b.state == "paused") {
                    button name="action" value="resume" { (w.t("Quét tiếp", "Go on")) }
                } @else {
                    button name="action" value="pause" { (w.t("Tạm dừng", "Pause")) }
                }
                " "
            }
            @if batch.is_some() && may_cancel(person, at_work) {
                button name="action" value="cancel" { (w.t("Hủy lô", "Cancel the batch")) }
                " "
            }
            @if at == Page::One { input type="hidden" name="from" value="one"; }
            @if at == Page::Ours { button name="action" value="stop" { (w.t("Dừng, giữ trang đã quét", "Stop, keep what is scanned")) } }
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ChangeForm {
    csrf: String,
    action: String,
    #[serde(default)]
    batch: Option<i64>,
    #[serde(default)]
    parcel: String,
    #[serde(default, rename = "box")]
    ballot_box: String,
    #[serde(default)]
    reason: String,
    /// The page to come back to.
    #[serde(default)]
    from: String,
}

pub(super) async fn change(
    State(app): State<App>,
    person: Person,
    Form(form): Form<ChangeForm>,
) -> Result<Response, Refused> {
    person.may(Role::Operator)?;
    person.check_csrf(&form.csrf)?;
    let back = match (form.from.as_str(), form.batch) {
        ("one", Some(n)) => format!("/batches/{n}"),
        _ => "/batches".to_owned(),
    };
    match act(&app, &person, form).await {
        Ok(()) => Ok(Redirect::to(&back).into_response()),
        Err(Refused::Conflict(why)) => Ok(page(&app, &person, Some(why)).await?.into_response()),
        Err(other) => Err(other),
    }
}

async fn act(app: &App, person: &Person, form: ChangeForm) -> Result<(), Refused> {
    match form.action.as_str() {
        "scan" => return inbox::begin_scan(app, person, &form.parcel, &form.ballot_box).await,
        "discard" => return inbox::discard(app, person, &form.parcel).await,
        "stop" => {
            app.scanning().stop();
            return person
                .act(app, Role::Operator, |store, _| {
                    Ok(store.event("scan-stopped", &serde_json::Value::Null)?)
                })
                .await;
        }
        _ => {}
    }
    let number = form.batch.ok_or(Refused::Bad("which batch?"))?;
    let reason = given::reason(&form.reason);
    let (here, who) = (app.clone(), person.clone());
    person
        .act(app, Role::Operator, move |store, _| {
            let batch = store.batch_numbered(number)?;
            match form.action.as_str() {
                "pause" => store.pause_batch(batch, &reason)?,
                "resume" => store.resume_batch(batch, &reason)?,
                "cancel" if reason.is_empty() => {
                    return Err(Refused::Conflict(
                        "hủy lô phải ghi lý do (cancelling a batch needs a reason)".to_owned(),
                    ));
                }
                "cancel" => {
                    let lines = here.station().batch_lines(store)?;
                    let line = lines.iter().find(|l| l.row.key == batch);
                    if !may_cancel(&who, line.is_some_and(BatchLine::is_at_work)) {
                        return Err(Refused::Forbidden);
                    }
                    store.cancel_batch(batch, &reason)?;
                }
                _ => return Err(Refused::Bad("no such action")),
            }
            Ok(())
        })
        .await
}
