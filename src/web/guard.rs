//! What every request passes: whose host it names, whose page sent it; and what
//! every answer carries.

use std::net::SocketAddr;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HOST, HeaderName, HeaderValue, REFERRER_POLICY,
    STRICT_TRANSPORT_SECURITY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::app::App;
use super::auth;
use super::error::Denied;
use super::tls::Peer;

/// Characters of a refused path that the log keeps.
const PATH_IN_LOG: usize = 120;

/// Nothing from anywhere else, no script or style in the page itself, in nobody's
/// frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

pub(super) async fn guard(State(app): State<App>, request: Request, next: Next) -> Response {
    let refused = refuse(&app, &request);
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let peer = request
        .extensions()
        .get::<ConnectInfo<Peer>>()
        .map(|c| c.0.0);
    let asked = request.headers().clone();
    let mut response = match refused {
        Some(why) => (StatusCode::FORBIDDEN, why).into_response(),
        None => next.run(request).await,
    };
    if response.extensions().get::<Denied>().is_some() {
        note(&app, &asked, peer, &method, &path).await;
    }
    let headers = response.headers_mut();
    let mut set = |name: HeaderName, value: &'static str| {
        headers.insert(name, HeaderValue::from_static(value));
    };
    set(CONTENT_SECURITY_POLICY, POLICY);
    set(X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(X_FRAME_OPTIONS, "DENY");
    set(REFERRER_POLICY, "same-origin");
    if app.options().secure() {
        set(STRICT_TRANSPORT_SECURITY, "max-age=31536000");
    }
    if !headers.contains_key(CACHE_CONTROL) {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Notes in the log that somebody who is logged in was refused by role or token.
async fn note(
    app: &App,
    headers: &HeaderMap,
    peer: Option<SocketAddr>,
    method: &Method,
    path: &str,
) {
    let Ok(person) = auth::find(headers, peer, app).await else {
        return;
    };
    let path: String = path.chars().take(PATH_IN_LOG).collect();
    let detail = serde_json::json!({
        "method": method.as_str(), "path": path, "role": person.account.role.word(),
    });
    let noted = app
        .with_store(person.actor(), move |store| {
            Ok(store.event("refused", &detail)?)
        })
        .await;
    // Refused it is in any case.
    drop(noted);
}

fn refuse(app: &App, request: &Request) -> Option<&'static str> {
    let header = |name: &str| request.headers().get(name).and_then(|v| v.to_str().ok());
    // A foreign page can be given a name that leads here (DNS rebinding); it then
    // sends that name.
    let host = header(HOST.as_str()).unwrap_or("");
    if !known_host(app, host) {
        return Some("this station is not known by that name; name it with --host");
    }
    // What changes something must come from one of the station's own pages.
    if request.method() != Method::GET
        && header("sec-fetch-site").is_some_and(|s| s != "same-origin" && s != "none")
    {
        return Some("this came from another site");
    }
    None
}

fn known_host(app: &App, host: &str) -> bool {
    // Without the port; an IPv6 address has brackets.
    let name = match host.rfind(':') {
        Some(colon) if !host.ends_with(']') => host.get(..colon).unwrap_or(""),
        _ => host,
    };
    let here = app.address().ip();
    ["localhost", "127.0.0.1", "[::1]"].contains(&name)
        || name == here.to_string()
        || app
            .options()
            .hosts
            .iter()
            .any(|h| h.eq_ignore_ascii_case(name))
}
