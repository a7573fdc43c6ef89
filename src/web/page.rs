//! The frame of every page, and the files that it loads.

use axum::Form;
use axum::extract::Path;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{DOCTYPE, Markup, html};
use serde::Deserialize;

use super::auth::{Person, with_cookie};
use super::error::Refused;
use super::words::Words;
use crate::store::Role;

/// Name of the cookie that says the language.
pub(super) const LANGUAGE_COOKIE: &str = "lang";

const STYLE: &str = include_str!("assets/style.css");
const STATION: &str = include_str!("assets/station.js");
const REVIEW: &str = include_str!("assets/review.js");
const LIVE: &str = include_str!("assets/live.js");
const BALLOTS: &str = include_str!("assets/ballots.js");
const NOTES: &str = include_str!("assets/notes.js");
const PAGES: &str = include_str!("assets/pages.js");
const DROP: &str = include_str!("assets/drop.js");
const WALL: &str = include_str!("assets/wall.js");

/// A whole page. `person`: who is logged in.
pub(super) fn document(
    words: Words,
    title: &str,
    person: Option<&Person>,
    body: &Markup,
) -> Markup {
    let (other, other_name) = words.other();
    html! {
        (DOCTYPE)
        html lang=(words.code()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                @if let Some(person) = person {
                    meta name="csrf" content=(person.csrf);
                    script src="/assets/station.js" defer {}
                }
                title { (title) " · phieu" }
                link rel="stylesheet" href="/assets/style.css";
            }
            body {
                a .skip href="#content" { (words.t("Tới nội dung", "Skip to the content")) }
                header {
                    span .brand { "phieu" }
                    @if let Some(person) = person { (navigation(words, person)) }
                    form .language method="post" action="/language" {
                        input type="hidden" name="to" value=(other);
                        button lang=(other) type="submit" { (other_name) }
                    }
                    @if let Some(person) = person {
                        form .logout method="post" action="/logout" {
                            input type="hidden" name="csrf" value=(person.csrf);
                            span .who { (person.account.full_name) " · " (words.role(person.account.role)) }
                            button type="submit" { (words.t("Thoát", "Log out")) }
                        }
                    }
                }
                div #content tabindex="-1" { (body) }
            }
        }
    }
}

fn navigation(words: Words, person: &Person) -> Markup {
    let may = |role| person.account.role >= role;
    html! {
        nav aria-label=(words.t("Các trang", "Pages")) {
            a href="/" { (words.t("Tiến độ", "Progress")) }
            @if may(Role::Reviewer) {
                a href="/review" { (words.t("Kiểm tra", "Review")) }
                a href="/review/list" { (words.t("Danh sách chờ", "Queue")) }
                a href="/pages" { (words.t("Trang chờ", "Pages")) }
                a href="/ballots" { (words.t("Phiếu chờ", "Ballots")) }
                a href="/notes" { (words.t("Ý kiến", "Notes")) }
                a href="/wall" { (words.t("Bảng dấu", "Wall of marks")) }
            }
            a href="/boxes" { (words.t("Hòm phiếu", "Boxes")) }
            a href="/batches" { (words.t("Lô quét", "Batches")) }
            a href="/results" { (words.t("Kết quả", "Results")) }
            a href="/log" { (words.t("Nhật ký", "Log")) }
            @if may(Role::Supervisor) {
                a href="/accounts" { (words.t("Tài khoản", "Accounts")) }
                a href="/settings" { (words.t("Thiết lập", "Settings")) }
            }
        }
    }
}

#[derive(Debug, Deserialize)]
pub(super) struct LanguageForm {
    to: String,
}

/// Sets the language; nothing else, so it needs no session.
pub(super) async fn language(
    headers: axum::http::HeaderMap,
    Form(form): Form<LanguageForm>,
) -> Response {
    let code = Words::of(&form.to).code();
    // Back to where one was, if that is one of the station's own pages.
    let back = headers
        .get("referer")
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.split_once("://"))
        .and_then(|(_, rest)| rest.find('/').and_then(|at| rest.get(at..)))
        .filter(|path| path.starts_with('/') && !path.starts_with("//"))
        .unwrap_or("/");
    let cookie = format!("{LANGUAGE_COOKIE}={code}; SameSite=Lax; Path=/; Max-Age=31536000");
    with_cookie(Redirect::to(back).into_response(), &cookie)
}

/// The files that ship in the program.
pub(super) async fn asset(Path(name): Path<String>) -> Result<Response, Refused> {
    let (kind, text) = match name.as_str() {
        "style.css" => ("text/css; charset=utf-8", STYLE),
        "station.js" => ("text/javascript; charset=utf-8", STATION),
        "review.js" => ("text/javascript; charset=utf-8", REVIEW),
        "live.js" => ("text/javascript; charset=utf-8", LIVE),
        "ballots.js" => ("text/javascript; charset=utf-8", BALLOTS),
        "notes.js" => ("text/javascript; charset=utf-8", NOTES),
        "pages.js" => ("text/javascript; charset=utf-8", PAGES),
        "drop.js" => ("text/javascript; charset=utf-8", DROP),
        "wall.js" => ("text/javascript; charset=utf-8", WALL),
        _ => return Err(Refused::NotFound),
    };
    Ok((
        [(CONTENT_TYPE, kind), (CACHE_CONTROL, "private, max-age=60")],
        text,
    )
        .into_response())
}
