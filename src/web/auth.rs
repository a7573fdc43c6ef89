//! Logging in and out, and who a request comes from.

use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Form;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use maud::{Markup, html};
use serde::Deserialize;

use super::app::App;
use super::error::{Denied, Refused};
use super::page::{self, document};
use super::password::{random_hex, verify};
use super::removed::Removed;
use super::tls::Peer;
use super::words::Words;
use crate::station::LocalTime;
use crate::store::{Account, Actor, Role, Store};

/// Name of the cookie.
const COOKIE_NAME: &str = "phieu";
/// A session that was not used for so long has ended, seconds: half an hour, as
/// OWASP advises where personal data can be seen.
const IDLE: i64 = 30 * 60;
/// The longest session, seconds: a working day.
const LONGEST: i64 = 10 * 3600;
/// After so many wrong passwords for a name…
const WRONG_FOR_NAME: u64 = 5;
/// … or from an address (a whole office may share one)…
const WRONG_FROM_ADDRESS: u64 = 30;
/// … nobody gets in for so long, seconds.
const LOCKED_OUT: i64 = 15 * 60;

/// Seconds since 1970.
pub(super) fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |d| i64::try_from(d.as_secs()).unwrap_or(i64::MAX))
}

/// Who a request comes from.
#[derive(Debug, Clone)]
pub(super) struct Person {
    pub account: Account,
    pub csrf: String,
    pub words: Words,
    /// The last removal of images, if there was one.
    pub removed: Option<Removed>,
    origin: String,
    token: String,
}

impl Person {
    /// Above a page that has pictures: that they were removed, if they were.
    pub fn removed_note(&self) -> Markup {
        html! { @if let Some(removed) = &self.removed { (removed.banner(self.words)) } }
    }

    pub fn may(&self, role: Role) -> Result<(), Refused> {
        if self.account.role >= role {
            Ok(())
        } else {
            Err(Refused::Forbidden)
        }
    }

    pub fn actor(&self) -> Actor {
        Actor {
            person: self.account.name.clone(),
            origin: self.origin.clone(),
        }
    }

    /// Does `f` for this person if their role may: on a thread that may wait, with
    /// a database in which they act.
    pub async fn act<T: Send + 'static>(
        &self,
        app: &App,
        role: Role,
        f: impl FnOnce(&Store, &Account) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        self.may(role)?;
        let account = self.account.clone();
        app.with_store(self.actor(), move |store| f(store, &account))
            .await
    }

    /// Compared without saying by time where they differ.
    fn csrf_fits(&self, given: &str) -> bool {
        blake3::hash(self.csrf.as_bytes()) == blake3::hash(given.as_bytes())
    }

    /// Refuses a form that does not carry the session's token.
    pub fn check_csrf(&self, given: &str) -> Result<(), Refused> {
        if self.csrf_fits(given) {
            Ok(())
        } else {
            Err(Refused::Forbidden)
        }
    }
}

fn origin_of(app: &App, headers: &HeaderMap, peer: Option<SocketAddr>) -> String {
    // Only a proxy that was named is believed what it says.
    let forwarded = headers
        .get("x-forwarded-for")
        .filter(|_| app.options().behind_proxy)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.rsplit(',').next())
        .map(|v| v.trim().chars().take(64).collect::<String>());
    forwarded.unwrap_or_else(|| peer.map_or_else(|| "?".to_owned(), |p| p.ip().to_string()))
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|v| v.to_str().ok())
        .flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, value)| value)
}

fn token_hash(token: &str) -> String {
    blake3::hash(token.as_bytes()).to_hex().to_string()
}

impl FromRequestParts<App> for Person {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Response> {
        let wants_page = parts.method == axum::http::Method::GET
            && !parts.uri.path().starts_with("/api/")
            && !parts.uri.path().starts_with("/picture/");
        let peer = parts.extensions.get::<ConnectInfo<Peer>>().map(|c| c.0.0);
        let person = find(&parts.headers, peer, app).await;
        match person {
            Ok(person) => {
                // Whatever a script sends that changes something carries the token.
                let header = parts.headers.get("x-csrf").and_then(|v| v.to_str().ok());
                let api = parts.uri.path().starts_with("/api/");
                if api
                    && parts.method != axum::http::Method::GET
                    && !header.is_some_and(|h| person.csrf_fits(h))
                {
                    let actor = person.actor();
                    let path = parts.uri.path().to_owned();
                    let _ = app
                        .with_store(actor, move |store| {
                            let detail = serde_json::json!({ "path": path });
                            store.event("refused-csrf", &detail)?;
                            Ok(())
                        })
                        .await;
                    let mut refused = Refused::Forbidden.into_response();
                    // It is in the log already.
                    refused.extensions_mut().remove::<Denied>();
                    return Err(refused);
                }
                Ok(person)
            }
            Err(Refused::LogIn) if wants_page => Err(Redirect::to("/login").into_response()),
            Err(other) => Err(other.into_response()),
        }
    }
}

/// Whose session the cookie names.
pub(super) async fn find(
    headers: &HeaderMap,
    peer: Option<SocketAddr>,
    app: &App,
) -> Result<Person, Refused> {
    let origin = origin_of(app, headers, peer);
    let token = cookie(headers, COOKIE_NAME)
        .ok_or(Refused::LogIn)?
        .to_owned();
    let hash = token_hash(&token);
    let (session, local, removed) = app
        .with_store(Actor::program(), move |store| {
            let now = now();
            let session = store.session(&hash, now, now - IDLE)?;
            let session = session.ok_or(Refused::LogIn)?;
            Ok((session, LocalTime::of(store)?, Removed::last(store)?))
        })
        .await?;
    Ok(Person {
        account: session.account,
        csrf: session.csrf,
        words: words_of(headers).on(local),
        removed,
        origin,
        token,
    })
}

/// The language that the browser was set to.
pub(super) fn words_of(headers: &HeaderMap) -> Words {
    Words::of(cookie(headers, page::LANGUAGE_COOKIE).unwrap_or("vi"))
}

pub(super) async fn form(headers: HeaderMap) -> Response {
    login_page(words_of(&headers), None)
}

fn login_page(words: Words, problem: Option<&str>) -> Response {
    let status = if problem.is_some() {
        StatusCode::UNAUTHORIZED
    } else {
        StatusCode::OK
    };
    let body = html! {
        main .login {
            h1 { (words.t("Đăng nhập trạm phiếu", "Log in to the station")) }
            @if let Some(problem) = problem {
                p .problem role="alert" { (problem) }
            }
            form method="post" action="/login" {
                label for="name" { (words.t("Tên đăng nhập", "User name")) }
                input id="name" name="name" autocomplete="username" required autofocus;
                label for="password" { (words.t("Mật khẩu", "Password")) }
                input id="password" name="password" type="password"
                    autocomplete="current-password" required;
                button .primary type="submit" { (words.t("Đăng nhập", "Log in")) }
            }
        }
    };
    (
        status,
        document(words, words.t("Đăng nhập", "Log in"), None, &body),
    )
        .into_response()
}

#[derive(Debug, Deserialize)]
pub(super) struct LoginForm {
    name: String,
    password: String,
}

pub(super) async fn login(
    State(app): State<App>,
    ConnectInfo(Peer(peer)): ConnectInfo<Peer>,
    headers: HeaderMap,
    Form(form): Form<LoginForm>,
) -> Result<Response, Refused> {
    let words = words_of(&headers);
    let origin = origin_of(&app, &headers, Some(peer));
    let permit = app
        .hashing()
        .acquire()
        .await
        .map_err(|e| Refused::Trouble(e.to_string()))?;
    // The name is somebody's input: short enough for the log.
    let name: String = form.name.trim().chars().take(64).collect();
    let actor = Actor {
        person: name.clone(),
        origin: origin.clone(),
    };
    let password = form.password;
    let token = random_hex::<32>()?;
    let csrf = random_hex::<16>()?;
    let hash = token_hash(&token);
    let found = app
        .with_store(actor, move |store| {
            let now = now();
            let (wrong_name, wrong_origin) =
                store.failed_logins(&name, &origin, now - LOCKED_OUT)?;
            if wrong_name >= WRONG_FOR_NAME || wrong_origin >= WRONG_FROM_ADDRESS {
                store.event("login-locked-out", &serde_json::json!({ "name": name }))?;
                return Ok(Login::LockedOut);
            }
            let account = store.account(&name)?.filter(|a| a.active);
            if !verify(&password, account.as_ref().map(|a| a.password.as_str())) {
                store.note_failed_login(&name, &origin, now)?;
                return Ok(Login::Wrong);
            }
            if let Some(account) = account {
                store.begin_session(&account, &hash, &csrf, &origin, now, now + LONGEST)?;
            }
            Ok(Login::In)
        })
        .await?;
    drop(permit);
    match found {
        Login::In => {
            let secure = if app.options().secure() {
                "; Secure"
            } else {
                ""
            };
            let cookie = format!(
                "{COOKIE_NAME}={token}; HttpOnly; SameSite=Strict; Path=/; Max-Age={LONGEST}{secure}"
            );
            Ok(with_cookie(Redirect::to("/").into_response(), &cookie))
        }
        Login::Wrong => Ok(login_page(
            words,
            Some(words.t("Sai tên hoặc mật khẩu.", "Wrong name or password.")),
        )),
        Login::LockedOut => Ok(login_page(
            words,
            Some(words.t(
                "Đã nhập sai quá nhiều lần; đợi 15 phút rồi thử lại.",
                "Too many wrong attempts; wait 15 minutes and try again.",
            )),
        )),
    }
}

enum Login {
    In,
    Wrong,
    LockedOut,
}

#[derive(Debug, Deserialize)]
pub(super) struct LogoutForm {
    csrf: String,
}

pub(super) async fn logout(
    State(app): State<App>,
    person: Person,
    Form(form): Form<LogoutForm>,
) -> Result<Response, Refused> {
    person.check_csrf(&form.csrf)?;
    let hash = token_hash(&person.token);
    person
        .act(&app, Role::Viewer, move |store, account| {
            store.release(account, None)?;
            store.end_session(&hash, &account.name)?;
            Ok(())
        })
        .await?;
    let cookie = format!("{COOKIE_NAME}=; HttpOnly; SameSite=Strict; Path=/; Max-Age=0");
    Ok(with_cookie(Redirect::to("/login").into_response(), &cookie))
}

pub(super) fn with_cookie(mut response: Response, cookie: &str) -> Response {
    // Made of hex and fixed words: always a valid header.
    if let Ok(value) = HeaderValue::from_str(cookie) {
        response.headers_mut().append(SET_COOKIE, value);
    }
    response
}
