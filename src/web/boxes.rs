//! The ballot boxes: opened with minutes, reconciled, closed.

use axum::Form;
use axum::extract::{Query, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::app::App;
use super::auth::Person;
use super::error::Refused;
use super::given;
use super::page::document;
use super::words::Words;
use crate::form::code::Key;
use crate::station::boxes::{CoverPaper, Draft, issue_covers, issue_minutes};
use crate::store::{BoxLine, Role, Store, UnitRow};

pub(super) async fn show(State(app): State<App>, person: Person) -> Result<Markup, Refused> {
    list(&app, &person, None).await
}

async fn list(app: &App, person: &Person, problem: Option<String>) -> Result<Markup, Refused> {
    let lines = person
        .act(app, Role::Viewer, |store, _| Ok(store.box_lines()?))
        .await?;
    let w = person.words;
    let operator = person.account.role >= Role::Operator;
    let body = html! {
        h1 { (w.t("Hòm phiếu", "Ballot boxes")) }
        @if let Some(problem) = problem { p .problem role="alert" { (problem) } }
        @if operator {
            p { a href="/boxes/open" { (w.t("Mở hòm, lập biên bản", "Open a box, write its minutes")) } }
        }
        @if lines.is_empty() {
            p { (w.t("Trạm chưa có hòm phiếu nào.", "The station has no boxes.")) }
        } @else {
            table {
                thead { tr {
                    th scope="col" { (w.t("Hòm", "Box")) }
                    th scope="col" { (w.t("Đếm tay", "By hand")) }
                    th scope="col" { (w.t("Đã quét", "Scanned")) }
                    th scope="col" { (w.t("Rõ", "Clean")) }
                    th scope="col" { (w.t("Chờ xem", "In review")) }
                    th scope="col" { (w.t("Đã xử lý", "Settled")) }
                    th scope="col" { (w.t("Loại", "Rejected")) }
                    th scope="col" { (w.t("Nghi trùng", "Duplicates")) }
                    th scope="col" { (w.t("Chênh", "Difference")) }
                    th scope="col" { (w.t("Tình trạng", "State")) }
                    @if operator { th scope="col" { (w.t("Việc", "Do")) } }
                } }
                tbody { @for line in &lines { (row(person, line)) } }
            }
        }
    };
    Ok(document(
        w,
        w.t("Hòm phiếu", "Ballot boxes"),
        Some(person),
        &body,
    ))
}

fn row(person: &Person, line: &BoxLine) -> Markup {
    let w = person.words;
    let f = &line.figures;
    let numbers = [
        f.ballots,
        f.clean,
        f.in_review,
        f.settled,
        f.rejected,
        f.duplicates,
    ];
    html! {
        tr {
            td {
                @match &line.ballot_box {
                    Some(b) => {
                        (b.label())
                        @if let Some(name) = &b.unit_name { " (" (name) ")" }
                        @if !b.declared { " " span .warn { (w.t("(không có trong kế hoạch)", "(not in the plan)")) } }
                    }
                    None => i { (w.t("không rõ hòm", "no box known")) }
                }
            }
            td .number { @if let Some(n) = f.counted { (n) } }
            @for n in numbers { td .number { (n) } }
            td .number { @if let Some(d) = f.difference() { (format!("{d:+}")) } }
            td { (state(w, line)) @for r in &f.rejected_for {
                br; (w.t("loại: ", "rejected: ")) (r.ballots) " × " (r.reason)
            } }
            @if person.account.role >= Role::Operator { td { (actions(person, line)) } }
        }
    }
}

pub(super) fn state(w: Words, line: &BoxLine) -> Markup {
    let Some(_) = &line.ballot_box else {
        return html! { span .warn { (w.t("cần người xem", "for a person to see")) } };
    };
    html! {
        @if line.is_closed() { (w.t("đã đóng", "closed")) }
        @else if line.figures.counted.is_some() { (w.t("đang mở", "open")) }
        @else { (w.t("chưa mở", "not opened")) }
        @match line.figures.difference() {
            Some(d) if d < 0 => { ", " strong .warn { (w.t("THIẾU", "MISSING")) " " (-d) } }
            Some(d) if d > 0 => { ", " strong .warn { (w.t("THỪA", "TOO MANY")) " " (d) } }
            Some(_) if line.figures.in_review == 0 => { ", " (w.t("khớp", "agrees")) }
            _ => {}
        }
        @if line.changed_since_closing() {
            ", " strong .warn { (w.t("số liệu đã đổi sau khi đóng", "changed since closing")) }
        }
        @if let Some(reason) = line.last.as_ref().and_then(|e| e.reason.as_ref()) {
            br; i { (reason) }
        }
    }
}

fn actions(person: &Person, line: &BoxLine) -> Markup {
    let w = person.words;
    let Some(b) = &line.ballot_box else {
        return html! {};
    };
    let label = b.label();
    let query = given::in_address(&label);
    html! {
        @if line.figures.counted.is_some() {
            a href={ "/boxes/minutes.pdf?box=" (query) } { (w.t("Biên bản", "Minutes")) } " "
        }
        @if !line.is_closed() {
            a href={ "/boxes/cover.pdf?box=" (query) } { (w.t("Tờ bìa", "Cover sheet")) }
        }
        @let closing = !line.is_closed() && line.figures.counted.is_some();
        @let supervisor = person.account.role >= Role::Supervisor;
        @if (closing && (supervisor || line.figures.agree())) || (line.is_closed() && supervisor) {
            form .inline method="post" action="/boxes" {
                input type="hidden" name="csrf" value=(person.csrf);
                input type="hidden" name="box" value=(label);
                @if line.is_closed() || !line.figures.agree() {
                    input name="reason" required maxlength="500"
                        aria-label=(w.t("Lý do", "Reason")) placeholder=(w.t("lý do", "reason"));
                }
                @if line.is_closed() {
                    button name="action" value="reopen" { (w.t("Mở lại", "Reopen")) }
                } @else {
                    button name="action" value="close" { (w.t("Đóng hòm", "Close")) }
                }
            }
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct ChangeForm {
    csrf: String,
    action: String,
    #[serde(rename = "box")]
    ballot_box: String,
    #[serde(default)]
    reason: String,
}

pub(super) async fn change(
    State(app): State<App>,
    person: Person,
    Form(form): Form<ChangeForm>,
) -> Result<Response, Refused> {
    person.may(Role::Operator)?;
    person.check_csrf(&form.csrf)?;
    let reason = given::reason(&form.reason);
    // What does not agree is closed, and what is closed reopened, by a supervisor.
    if !reason.is_empty() || form.action == "reopen" {
        person.may(Role::Supervisor)?;
    }
    let done = person
        .act(&app, Role::Operator, move |store, account| {
            let name = &account.full_name;
            let key = store.find_box(&form.ballot_box)?.key;
            match form.action.as_str() {
                "close" => {
                    let reason = (!reason.is_empty()).then_some(reason.as_str());
                    store.close_box(key, reason, name)?;
                }
                "reopen" if reason.is_empty() => return Err(Refused::Bad("a reason is needed")),
                "reopen" => store.reopen_box(key, &reason, name)?,
                _ => return Err(Refused::Bad("no such action")),
            }
            Ok(())
        })
        .await;
    done_or_list(&app, &person, done).await
}

async fn done_or_list(
    app: &App,
    person: &Person,
    done: Result<(), Refused>,
) -> Result<Response, Refused> {
    match done {
        Ok(()) => Ok(Redirect::to("/boxes").into_response()),
        Err(Refused::Conflict(why)) => Ok(list(app, person, Some(why)).await?.into_response()),
        Err(other) => Err(other),
    }
}

#[derive(Debug, Clone, Default, Deserialize)]
pub(super) struct OpenForm {
    #[serde(default)]
    csrf: String,
    #[serde(default)]
    unit: String,
    #[serde(default, rename = "box")]
    ballot_box: String,
    #[serde(default)]
    opened: String,
    #[serde(default)]
    place: String,
    #[serde(default)]
    present: String,
    #[serde(default)]
    lock: String,
    #[serde(default)]
    seal: String,
    #[serde(default)]
    remark: String,
    #[serde(default)]
    told: String,
    #[serde(default)]
    counted: String,
}

pub(super) async fn form(State(app): State<App>, person: Person) -> Result<Markup, Refused> {
    let units = person
        .act(&app, Role::Operator, |store, _| Ok(store.units()?))
        .await?;
    Ok(open_page(&person, &units, &OpenForm::default(), None))
}

fn open_page(
    person: &Person,
    units: &[UnitRow],
    given: &OpenForm,
    problem: Option<&str>,
) -> Markup {
    let w = person.words;
    let input = |name: &str, label: &str, value: &str, kind: &str, required: bool| {
        html! {
            label for=(name) { (label) }
            input id=(name) name=(name) value=(value) type=(kind) required[required] autocomplete="off";
        }
    };
    let condition = |name: &str, label: &str, value: &str| {
        html! {
            label for=(name) { (label) }
            select id=(name) name=(name) required {
                option value="" { (w.t("– chọn –", "– choose –")) }
                option value="whole" selected[value == "whole"] { (w.t("nguyên vẹn", "whole")) }
                option value="broken" selected[value == "broken"] { (w.t("không nguyên vẹn", "not whole")) }
            }
        }
    };
    let body = html! {
        h1 { (w.t("Mở hòm phiếu, lập biên bản", "Open a ballot box, write its minutes")) }
        @if let Some(problem) = problem { p .problem role="alert" { (problem) } }
        p { (w.t(
            "Trước khi mở phải kiểm tra khóa và niêm phong. Nếu không nguyên vẹn, ghi rõ điều thấy và đã báo cho ai.",
            "Lock and seal are looked at before opening. If they are not whole, say what was seen and who was told.",
        )) }
        form .grid method="post" action="/boxes/open" {
            input type="hidden" name="csrf" value=(person.csrf);
            label for="unit" { (w.t("Đơn vị", "Unit")) }
            select id="unit" name="unit" {
                option value="" { (w.t("(không có)", "(none)")) }
                @for u in units {
                    option value=(u.unit) selected[u.unit == given.unit] { (u.name.as_deref().unwrap_or(&u.unit)) }
                }
            }
            (input("box", w.t("Mã hòm", "Box"), &given.ballot_box, "text", true))
            (input("opened", w.t("Ngày giờ mở (25/11/2026 14:30)", "Day and time (25/11/2026 14:30)"), &given.opened, "text", true))
            (input("place", w.t("Nơi mở", "Place"), &given.place, "text", true))
            label for="present" { (w.t("Người có mặt, mỗi dòng: họ tên; chức vụ", "Present, a line each: name; office")) }
            textarea id="present" name="present" rows="4" required { (given.present) }
            (condition("lock", w.t("Khóa", "Lock"), &given.lock))
            (condition("seal", w.t("Niêm phong", "Seal"), &given.seal))
            (input("remark", w.t("Điều thấy (nếu không nguyên vẹn)", "What was seen (if not whole)"), &given.remark, "text", false))
            (input("told", w.t("Đã báo cho ai", "Who was told"), &given.told, "text", false))
            (input("counted", w.t("Số phiếu đếm bằng tay", "Ballots counted by hand"), &given.counted, "number", true))
            button .primary type="submit" { (w.t("Ghi biên bản", "Write the minutes")) }
        }
    };
    document(w, w.t("Mở hòm phiếu", "Open a box"), Some(person), &body)
}

pub(super) async fn open(
    State(app): State<App>,
    person: Person,
    Form(form): Form<OpenForm>,
) -> Result<Response, Refused> {
    person.may(Role::Operator)?;
    person.check_csrf(&form.csrf)?;
    let given = form.clone();
    let done = person
        .act(&app, Role::Operator, move |store, account| {
            write_minutes(store, &form, &account.full_name)
        })
        .await;
    match done {
        Ok(()) => Ok(Redirect::to("/boxes").into_response()),
        Err(Refused::Conflict(why)) => {
            let units = person
                .act(&app, Role::Operator, |store, _| Ok(store.units()?))
                .await?;
            Ok(open_page(&person, &units, &given, Some(&why)).into_response())
        }
        Err(other) => Err(other),
    }
}

fn write_minutes(store: &Store, form: &OpenForm, name: &str) -> Result<(), Refused> {
    let some = |text: &str| {
        let text = text.trim();
        (!text.is_empty()).then(|| text.to_owned())
    };
    let whole = |text: &str| match text {
        "whole" => Some(true),
        "broken" => Some(false),
        _ => None,
    };
    let draft = Draft {
        opened: some(&form.opened),
        place: some(&form.place),
        present: form.present.lines().filter_map(some).collect(),
        lock_whole: whole(&form.lock),
        seal_whole: whole(&form.seal),
        remark: some(&form.remark),
        told: some(&form.told),
        counted: form.counted.trim().parse().ok(),
    };
    let minutes = draft.minutes()?;
    let label = form.ballot_box.trim();
    if label.is_empty() || label.contains('/') || label.chars().any(char::is_control) {
        return Err(Refused::Conflict(
            "mã hòm không hợp lệ (this is no id of a box)".to_owned(),
        ));
    }
    let unit = some(&form.unit);
    store.open_box(label, unit.as_deref(), &minutes, name)?;
    Ok(())
}

#[derive(Debug, Deserialize)]
pub(super) struct Which {
    #[serde(rename = "box")]
    ballot_box: String,
}

pub(super) async fn minutes(
    State(app): State<App>,
    person: Person,
    Query(which): Query<Which>,
) -> Result<Response, Refused> {
    person
        .act(&app, Role::Operator, move |store, _| {
            let row = store.find_box(&which.ballot_box)?;
            let (bytes, _) = issue_minutes(store, &row, &[])?;
            Ok(pdf("bien-ban.pdf", bytes))
        })
        .await
}

pub(super) async fn cover(
    State(app): State<App>,
    person: Person,
    Query(which): Query<Which>,
) -> Result<Response, Refused> {
    person
        .act(&app, Role::Operator, move |store, _| {
            let row = store.find_box(&which.ballot_box)?;
            let bytes = issue_covers(store, &[row], CoverPaper::A4, &Key::public())?;
            Ok(pdf("to-bia.pdf", bytes))
        })
        .await
}

fn pdf(name: &str, bytes: Vec<u8>) -> Response {
    let disposition = format!("inline; filename=\"{name}\"");
    (
        [
            (CONTENT_TYPE, "application/pdf".to_owned()),
            (CONTENT_DISPOSITION, disposition),
        ],
        bytes,
    )
        .into_response()
}
