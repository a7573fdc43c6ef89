//! What can go wrong while serving, and what the browser is told of it.

use std::net::SocketAddr;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use crate::station::StationError;
use crate::station::boxes::IssueError;
use crate::store::StoreError;

/// Why the station cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// Anybody in the network could listen in.
    #[error(
        "{0} can be reached from other computers, and passwords would go over the network in the clear; \
         listen on 127.0.0.1, or put a proxy that speaks TLS in front and say --behind-proxy"
    )]
    NotLoopback(SocketAddr),
    /// The address is taken, or not this computer's.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// Where.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// The station.
    #[error(transparent)]
    Station(#[from] StationError),
    /// The system gives no randomness.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
    /// A password cannot be hashed.
    #[error("the password cannot be hashed: {0}")]
    Password(String),
}

/// What a request ends with where it does not end well.
#[derive(Debug)]
pub(super) enum Refused {
    /// Not logged in.
    LogIn,
    /// The role may not.
    Forbidden,
    /// There is no such thing.
    NotFound,
    /// The request makes no sense; why.
    Bad(&'static str),
    /// Somebody else was first, or the thing is not open; in words.
    Conflict(String),
    /// The station is in trouble; in words.
    Trouble(String),
}

impl From<StationError> for Refused {
    fn from(error: StationError) -> Self {
        match error {
            StationError::Store(e) => e.into(),
            other => Self::Trouble(other.to_string()),
        }
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::SettledMeanwhile(_)
            | StoreError::NotOpen
            | StoreError::NotYours(_)
            | StoreError::AccountExists(_)
            | StoreError::AccountMissing(_)
            | StoreError::BoxUnknown(_)
            | StoreError::BoxOpened(_)
            | StoreError::BoxNotOpened(_)
            | StoreError::BoxClosed(_)
            | StoreError::BoxNotClosed(_)
            | StoreError::BoxDisagrees { .. } => Self::Conflict(error.to_string()),
            other => Self::Trouble(other.to_string()),
        }
    }
}

impl From<IssueError> for Refused {
    fn from(error: IssueError) -> Self {
        match error {
            IssueError::Store(e) => e.into(),
            // A name that cannot be printed: a person can change it.
            IssueError::Paper(e) => Self::Conflict(e.to_string()),
        }
    }
}

impl From<WebError> for Refused {
    fn from(error: WebError) -> Self {
        Self::Trouble(error.to_string())
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let (status, what) = match self {
            Self::LogIn => (StatusCode::UNAUTHORIZED, "log in first".to_owned()),
            Self::Forbidden => (
                StatusCode::FORBIDDEN,
                "vai trò này không được phép (this role may not)".to_owned(),
            ),
            Self::NotFound => (
                StatusCode::NOT_FOUND,
                "không có trang này (there is nothing here)".to_owned(),
            ),
            Self::Bad(why) => (StatusCode::BAD_REQUEST, why.to_owned()),
            Self::Conflict(why) => (StatusCode::CONFLICT, why),
            Self::Trouble(why) => (StatusCode::INTERNAL_SERVER_ERROR, why),
        };
        (status, Json(serde_json::json!({ "error": what }))).into_response()
    }
}

pub(super) async fn not_found() -> Refused {
    Refused::NotFound
}
