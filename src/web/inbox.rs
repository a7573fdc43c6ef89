//! Files that are dropped into the page: streamed to the station's inbox, piece by
//! piece, none larger than is taken.

use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Path, Query, State};
use axum::http::header::CONTENT_LENGTH;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc;

use super::app::App;
use super::auth::Person;
use super::error::Refused;
use super::scanning::Order;
use crate::page::DecodeLimits;
use crate::station::inbox::InboxError;
use crate::store::Role;

/// Pieces that wait for the disk: with pieces of some 64 KB, a megabyte for each
/// file that is on its way.
const PIECES: usize = 16;
/// A browser that sends nothing for so long has gone.
const SILENT: Duration = Duration::from_secs(60);
/// Characters of a refused name that the log keeps.
const NAME_IN_LOG: usize = 120;

#[derive(Debug, Deserialize)]
pub(super) struct ScanRequest {
    #[serde(default, rename = "box")]
    ballot_box: String,
}

impl ScanRequest {
    fn ballot_box(&self) -> Option<&str> {
        Some(self.ballot_box.trim()).filter(|b| !b.is_empty())
    }
}

/// A new parcel; the box is kept with it, for a sending that is cut off.
pub(super) async fn begin(
    State(app): State<App>,
    person: Person,
    Json(request): Json<ScanRequest>,
) -> Result<Response, Refused> {
    let here = app.clone();
    let id = person
        .act(&app, Role::Operator, move |_, _| {
            let inbox = here.station().inbox();
            let id = inbox.begin()?;
            inbox
                .keep_box(&id, request.ballot_box())
                .map_err(|e| Refused::Trouble(e.to_string()))?;
            Ok(id)
        })
        .await?;
    Ok(Json(json!({ "id": id })).into_response())
}

#[derive(Debug, Deserialize)]
pub(super) struct Named {
    name: String,
}

/// Takes one file.
pub(super) async fn receive(
    State(app): State<App>,
    person: Person,
    Path(parcel): Path<String>,
    Query(named): Query<Named>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refused> {
    person.may(Role::Operator)?;
    let told = headers
        .get(CONTENT_LENGTH)
        .and_then(|v| v.to_str().ok())
        .and_then(|v| v.parse::<u64>().ok());
    let largest = DecodeLimits::default().max_file_bytes;
    let taken = match told {
        // Refused before a byte of it is read.
        Some(n) if n > largest => Err(InboxError::FileTooLarge(largest)),
        _ => take(&app, &parcel, &named.name, body).await?,
    };
    match taken {
        Ok(bytes) => Ok(Json(json!({ "bytes": bytes })).into_response()),
        Err(why) => {
            let status = match why {
                InboxError::Missing => StatusCode::NOT_FOUND,
                InboxError::Name => StatusCode::BAD_REQUEST,
                InboxError::Kind(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
                InboxError::FileTooLarge(_) | InboxError::Full => StatusCode::PAYLOAD_TOO_LARGE,
                InboxError::Disk(_) => StatusCode::INSUFFICIENT_STORAGE,
            };
            let said = why.to_string();
            // A file of another kind is a slip of the hand.
            if !matches!(why, InboxError::Kind(_)) {
                let name: String = named.name.chars().take(NAME_IN_LOG).collect();
                let detail = json!({ "name": name, "why": said });
                person
                    .act(&app, Role::Operator, move |store, _| {
                        Ok(store.event("refused-upload", &detail)?)
                    })
                    .await?;
            }
            Ok((status, Json(json!({ "error": said }))).into_response())
        }
    }
}

/// Brings the pieces to a thread that may wait for the disk.
async fn take(
    app: &App,
    parcel: &str,
    name: &str,
    mut body: Body,
) -> Result<Result<u64, InboxError>, Refused> {
    let _turn = app
        .uploads()
        .acquire()
        .await
        .map_err(|e| Refused::Trouble(e.to_string()))?;
    let Some(mut place) = app.parcels().enter(&app.station().inbox(), parcel) else {
        return Ok(Err(InboxError::Missing));
    };
    let inbox = app.station().inbox();
    let (already, name) = (place.parcel(), name.to_owned());
    let (send, mut pieces) = mpsc::channel::<axum::body::Bytes>(PIECES);
    let (whole, is_whole) = tokio::sync::oneshot::channel::<()>();
    let writer = tokio::task::spawn_blocking(move || {
        let mut incoming = inbox.receive(&already, &name)?;
        while let Some(piece) = pieces.blocking_recv() {
            incoming.write(&piece)?;
        }
        // Without that word the browser went away, and half a file is none.
        match is_whole.blocking_recv() {
            Ok(()) => incoming.finish().map(Some),
            Err(_) => Ok(None),
        }
    });
    let mut complete = false;
    loop {
        match tokio::time::timeout(SILENT, body.frame()).await {
            Ok(Some(Ok(frame))) => {
                if let Ok(piece) = frame.into_data()
                    && send.send(piece).await.is_err()
                {
                    break;
                }
            }
            Ok(None) => {
                complete = true;
                break;
            }
            Ok(Some(Err(_))) | Err(_) => break,
        }
    }
    drop(send);
    if complete {
        // A writer that has given up already says why itself.
        let _ = whole.send(());
    } else {
        drop(whole);
    }
    let written = writer
        .await
        .map_err(|e| Refused::Trouble(format!("the upload broke off: {e}")))?;
    match written {
        Ok(Some(bytes)) => {
            place.came(bytes);
            Ok(Ok(bytes))
        }
        Ok(None) => Err(Refused::Bad("the file did not come to its end")),
        Err(e) => Ok(Err(e)),
    }
}

/// Scans a parcel as a batch.
pub(super) async fn scan(
    State(app): State<App>,
    person: Person,
    Path(parcel): Path<String>,
    Json(request): Json<ScanRequest>,
) -> Result<Response, Refused> {
    begin_scan(&app, &person, &parcel, &request.ballot_box).await?;
    Ok((StatusCode::ACCEPTED, Json(json!({}))).into_response())
}

pub(super) async fn begin_scan(
    app: &App,
    person: &Person,
    parcel: &str,
    ballot_box: &str,
) -> Result<(), Refused> {
    let (here, actor) = (app.clone(), person.actor());
    let (parcel, ballot_box) = (parcel.to_owned(), ballot_box.trim().to_owned());
    person
        .act(app, Role::Operator, move |store, _| {
            let waiting = here.station().inbox().parcel(&parcel);
            let waiting = waiting.ok_or(Refused::NotFound)?;
            if waiting.files == 0 {
                return Err(Refused::Conflict(
                    "chưa có tệp nào (there are no files yet)".to_owned(),
                ));
            }
            if !here.parcels().close(&waiting) {
                return Err(Refused::Conflict(
                    "các tệp còn đang được gửi lên (files are still on their way)".to_owned(),
                ));
            }
            let ballot_box = if ballot_box.is_empty() {
                None
            } else {
                // Said now rather than at the end of a thread.
                let row = store.find_box(&ballot_box)?;
                if store.is_closed(row.key)? {
                    return Err(crate::store::StoreError::BoxClosed(row.label()).into());
                }
                Some(row.label())
            };
            let inbox = here.station().inbox();
            inbox
                .keep_box(&parcel, ballot_box.as_deref())
                .map_err(|e| Refused::Trouble(e.to_string()))?;
            here.scanning().begin(Order {
                station: here.station().acting_as(actor),
                templates: here.options().templates.clone(),
                keys: here.options().keys.clone(),
                parcel: parcel.clone(),
                ballot_box: ballot_box.clone(),
            })?;
            let detail = json!({
                "parcel": parcel, "files": waiting.files, "bytes": waiting.bytes,
                "box": ballot_box,
            });
            Ok(store.event("scan-ordered", &detail)?)
        })
        .await
}

/// Forgets a parcel.
pub(super) async fn discard(app: &App, person: &Person, parcel: &str) -> Result<(), Refused> {
    let (here, parcel) = (app.clone(), parcel.to_owned());
    person
        .act(app, Role::Operator, move |store, _| {
            if here.scanning().parcel_at_work().as_deref() == Some(&parcel) {
                return Err(Refused::Conflict(
                    "các tệp này đang được quét (these files are being scanned)".to_owned(),
                ));
            }
            let inbox = here.station().inbox();
            let gone = inbox.parcel(&parcel).ok_or(Refused::NotFound)?;
            inbox
                .discard(&parcel)
                .map_err(|e| Refused::Trouble(e.to_string()))?;
            let detail = json!({ "parcel": parcel, "files": gone.files, "bytes": gone.bytes });
            Ok(store.event("upload-discarded", &detail)?)
        })
        .await
}
