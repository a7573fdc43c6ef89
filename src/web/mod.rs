//! The browser's face of a station: progress, review, the wall of marks, the log.
//! May use `station` and `tally` (and what they give out of `store`).
//!
//! Pages are made on the server; a little script of its own serves the review
//! desk and the live figures. Nothing is loaded from anywhere else, and the
//! content security policy says so. Every request that changes something carries
//! the session's CSRF token; what a role may not do is refused and logged.

mod accounts;
mod app;
mod auth;
mod ballots;
mod batch;
mod batches;
mod blur;
mod boxes;
mod dashboard;
mod error;
mod given;
mod guard;
mod inbox;
mod log;
mod notes;
mod page;
mod pages;
mod parcels;
mod password;
mod picture;
mod plan;
mod removed;
mod results;
mod review;
mod scanning;
mod settings;
mod tls;
mod wall;
mod words;

use std::net::SocketAddr;
use std::path::PathBuf;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware;
use axum::routing::{get, post, put};

pub use error::WebError;
pub use password::{Password, generate as generate_password};
pub use tls::TlsFiles;

use crate::form::code::Keyring;
use crate::station::Station;
use app::App;
use tls::{Peer, TlsListener};

/// How the station is served.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// Where to listen.
    pub listen: SocketAddr,
    /// A proxy in front of the program speaks TLS with the browsers.
    pub behind_proxy: bool,
    /// Names that browsers know the station by, beside the loopback ones: others
    /// are refused, so that no foreign page reaches it under a name of its own.
    pub hosts: Vec<String>,
    /// Keys that the sheets may be printed with.
    pub keys: Keyring,
    /// Folders of forms, beside those of the station, for what is scanned from here.
    pub templates: Vec<PathBuf>,
    /// The program speaks TLS itself.
    pub tls: Option<TlsFiles>,
}

impl ServeOptions {
    /// Do browsers come by HTTPS?
    fn secure(&self) -> bool {
        self.behind_proxy || self.tls.is_some()
    }
}

/// The largest request body, bytes: a decision with a long reason.
const MOST_BODY: usize = 64 * 1024;

/// Serves until the program is told to stop. `ready` is told the address.
///
/// # Errors
/// The address is not loopback and nothing speaks TLS, it cannot be listened on, or
/// certificate or key cannot be used.
pub async fn serve(
    station: Station,
    options: ServeOptions,
    ready: impl FnOnce(SocketAddr),
) -> Result<(), WebError> {
    if !options.listen.ip().is_loopback() && !options.secure() {
        return Err(WebError::NotLoopback(options.listen));
    }
    let listener = tokio::net::TcpListener::bind(options.listen)
        .await
        .map_err(|source| WebError::Listen {
            address: options.listen,
            source,
        })?;
    let address = listener.local_addr().map_err(|source| WebError::Listen {
        address: options.listen,
        source,
    })?;
    let tls = options.tls.clone();
    let app = App::new(station, options, address)?;
    let service = router(app).into_make_service_with_connect_info::<Peer>();
    let served = match tls {
        Some(files) => {
            let listener = TlsListener::start(listener, &files)?;
            ready(address);
            axum::serve(listener, service)
                .with_graceful_shutdown(told_to_stop())
                .await
        }
        None => {
            ready(address);
            axum::serve(listener, service)
                .with_graceful_shutdown(told_to_stop())
                .await
        }
    };
    served.map_err(|source| WebError::Listen { address, source })
}

/// Without a handler for Ctrl-C the system ends the program, which harms nothing:
/// whatever was answered is on the disk.
async fn told_to_stop() {
    drop(tokio::signal::ctrl_c().await);
}

fn router(app: App) -> Router {
    Router::new()
        .route("/", get(dashboard::show))
        .route("/login", get(auth::form).post(auth::login))
        .route("/logout", post(auth::logout))
        .route("/language", post(page::language))
        .route("/review", get(review::desk))
        .route("/review/list", get(review::list))
        .route("/wall", get(wall::show))
        .route("/pages", get(pages::list))
        .route("/pages/{page}", get(pages::show))
        .route("/notes", get(notes::list))
        .route("/notes/write", get(notes::desk))
        .route("/api/notes/next", get(notes::next))
        .route("/api/notes/write", post(notes::write))
        .route("/api/notes/undo", post(notes::undo))
        .route("/picture/area/{page}/{area}", get(picture::area))
        .route("/ballots", get(ballots::list))
        .route("/ballots/{ballot}", get(ballots::show))
        .route("/api/ballots/settle", post(ballots::settle))
        .route("/api/ballots/undo", post(ballots::unsettle))
        .route("/api/ballots/split", post(ballots::split))
        .route("/api/ballots/move", post(ballots::move_page))
        .route("/api/pages/read", post(pages::read))
        .route("/api/pages/key", post(pages::key))
        .route("/api/pages/reject", post(pages::reject))
        .route("/api/pages/undo", post(pages::undo))
        .route("/api/pages/side", get(pages::side))
        .route("/boxes", get(boxes::show).post(boxes::change))
        .route("/boxes/open", get(boxes::form).post(boxes::open))
        .route("/boxes/minutes.pdf", get(boxes::minutes))
        .route("/boxes/cover.pdf", get(boxes::cover))
        .route("/batches", get(batches::show).post(batches::change))
        .route("/batches/{number}", get(batch::one))
        .route("/settings", get(settings::show).post(settings::change))
        .route("/results", get(results::show))
        .route("/results/report.pdf", get(results::report))
        .route("/results/report.xlsx", get(results::workbook))
        .route("/results/index.csv", get(results::csv))
        .route("/log", get(log::show))
        .route("/accounts", get(accounts::show).post(accounts::change))
        .route("/api/progress", get(dashboard::progress))
        .route("/api/batches", get(batches::live))
        .route("/api/inbox", post(inbox::begin))
        .route("/api/inbox/{parcel}", put(inbox::receive))
        .route("/api/inbox/{parcel}/scan", post(inbox::scan))
        .route("/api/review/next", post(review::next))
        .route("/api/review/take", post(review::take))
        .route("/api/review/answer", post(review::answer))
        .route("/api/review/escalate", post(review::escalate))
        .route("/api/review/undo", post(review::undo))
        .route("/api/review/release", post(review::release))
        .route("/api/doubt", post(wall::doubt))
        .route("/picture/page/{page}", get(picture::whole))
        .route("/picture/scanned/{page}", get(picture::scanned))
        .route(
            "/picture/question/{page}/{question}",
            get(picture::question),
        )
        .route(
            "/picture/box/{page}/{question}/{choice}",
            get(picture::mark),
        )
        .route("/assets/{name}", get(page::asset))
        // Browsers ask for it; there is none.
        .route(
            "/favicon.ico",
            get(|| async { axum::http::StatusCode::NO_CONTENT }),
        )
        .fallback(error::not_found)
        .layer(DefaultBodyLimit::max(MOST_BODY))
        .layer(middleware::from_fn_with_state(app.clone(), guard::guard))
        .with_state(app)
}
