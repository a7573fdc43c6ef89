//! What can go wrong while serving, and what the browser is told of it.

use std::net::SocketAddr;

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

use super::removed::Removed;
use crate::station::StationError;
use crate::station::boxes::{IssueError, MinutesError};
use crate::store::StoreError;
use crate::tally::TallyError;

/// Why the station cannot be served.
#[derive(Debug, thiserror::Error)]
pub enum WebError {
    /// Anybody in the network could listen in.
    #[error(
        "{0} can be reached from other computers, and passwords would go over the network in the clear; \
         listen on 127.0.0.1, give --tls-cert and --tls-key, or put a proxy that speaks TLS in front and \
         say --behind-proxy"
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
    /// Certificate or key cannot be used.
    #[error("{}: {what}", path.display())]
    Tls {
        /// Which file.
        path: std::path::PathBuf,
        /// What is wrong with it.
        what: String,
    },
    /// The station.
    #[error(transparent)]
    Station(#[from] StationError),
    /// The system gives no randomness.
    #[error("the system gives no random numbers: {0}")]
    Random(String),
    /// A password of too few or too many characters.
    #[error(
        "mật khẩu cần từ {least} đến {most} ký tự (a password needs {least} to {most} characters)"
    )]
    PasswordLength {
        /// Fewest characters.
        least: usize,
        /// Most characters.
        most: usize,
    },
    /// A password cannot be hashed.
    #[error("the password cannot be hashed: {0}")]
    Password(String),
}

/// Marks an answer that refused somebody by role or token, for the log.
#[derive(Debug, Clone, Copy)]
pub(super) struct Denied;

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
    /// The image was removed when its date had come.
    Removed(Box<Removed>),
    /// The station is in trouble; in words.
    Trouble(String),
}

impl From<StationError> for Refused {
    fn from(error: StationError) -> Self {
        match error {
            StationError::Store(e) => e.into(),
            StationError::Busy(_) => Self::Conflict(
                "trạm đang quét một lô khác; mỗi lúc chỉ quét một lô, đợi quét xong rồi thử lại \
                 (another scan is running on this station; one at a time)"
                    .to_owned(),
            ),
            other => Self::Trouble(other.to_string()),
        }
    }
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::SettledMeanwhile(who) => Self::Conflict(format!(
                "câu này vừa được {who} kết luận (settled by {who} in the meantime)"
            )),
            StoreError::NotOpen => Self::Conflict(
                "câu này không chờ kiểm tra (this question does not wait for a person)".to_owned(),
            ),
            StoreError::NotYours(who) => Self::Conflict(format!(
                "câu này do {who} kết luận; chỉ người đó hoặc người giám sát được hoàn tác \
                 (decided by {who}; only they or a supervisor can take it back)"
            )),
            StoreError::NoteWritten {
                person,
                text,
                label,
            } => Self::Conflict(match text.as_deref() {
                None => format!(
                    "{person} vừa hoàn tác ý kiến này (taken back by {person} in the meantime)"
                ),
                Some("") => {
                    format!("{person} vừa ghi: không đọc được ({person} wrote: cannot be read)")
                }
                Some(text) => {
                    let group = label.map_or(String::new(), |l| format!(" [{l}]"));
                    format!(
                        "{person} vừa chép ý kiến này (written by {person} in the meantime): \
                         “{text}”{group}"
                    )
                }
            }),
            StoreError::KeyedOtherwise => Self::Conflict(
                "hai người nhập trang này khác nhau, chờ người giám sát kết luận \
                 (two people keyed this page otherwise; a supervisor decides)"
                    .to_owned(),
            ),
            StoreError::KeyedWhole(who) => Self::Conflict(format!(
                "cả trang do {who} nhập tay; hãy hoàn tác cả trang \
                 (keyed by {who} with the whole page; take the whole page back)"
            )),
            StoreError::PageSettled(who) => Self::Conflict(format!(
                "trang này đã được {who} xử lý (settled by {who} in the meantime)"
            )),
            StoreError::PageNotOpen => Self::Conflict(
                "trang này không chờ ai xử lý (this page does not wait for a person)".to_owned(),
            ),
            StoreError::BallotNotOpen => Self::Conflict(
                "phiếu này không chờ việc đó nữa (nothing of that kind waits about this ballot)"
                    .to_owned(),
            ),
            StoreError::ForSupervisor => Self::Forbidden,
            StoreError::BallotUnfit(n) => Self::Conflict(format!(
                "không có phiếu số {n} của mẫu này (there is no ballot {n} of this form)"
            )),
            StoreError::AccountExists(name) => Self::Conflict(format!(
                "đã có tài khoản {name:?}, chọn tên khác (there is such an account already)"
            )),
            StoreError::AccountMissing(name) => {
                Self::Conflict(format!("không có tài khoản {name:?} (no such account)"))
            }
            StoreError::BatchMissing(n) => {
                Self::Conflict(format!("không có lô {n} (there is no such batch)"))
            }
            StoreError::BatchCancelled(n) => {
                Self::Conflict(format!("lô {n} đã bị hủy (this batch is cancelled)"))
            }
            StoreError::BatchFinished(n) => Self::Conflict(format!(
                "lô {n} không còn được quét, chỉ có thể hủy (this batch has come to its end)"
            )),
            StoreError::BoxUnknown(name) => {
                Self::Conflict(format!("không có hòm {name:?} (no such box)"))
            }
            StoreError::BoxOpened(name) => Self::Conflict(format!(
                "hòm {name} đã mở, đã có biên bản; lần mở sau đặt mã hòm khác \
                 (this box was opened already; give a second opening an id of its own)"
            )),
            StoreError::BoxNotOpened(name) => Self::Conflict(format!(
                "hòm {name} chưa mở, chưa có biên bản (this box was not opened)"
            )),
            StoreError::BoxClosed(name) => Self::Conflict(format!(
                "hòm {name} đã đóng, không nhận thêm (this box is closed)"
            )),
            StoreError::BoxNotClosed(name) => {
                Self::Conflict(format!("hòm {name} chưa đóng (this box is not closed)"))
            }
            StoreError::BoxDisagrees {
                label,
                counted,
                ballots,
                in_review,
            } => Self::Conflict(format!(
                "hòm {label} chưa khớp: đếm tay {counted}, quét {ballots}, chờ xem {in_review}; \
                 người giám sát có thể đóng với lý do (counted by hand, scanned and in review do \
                 not agree; a supervisor may close it with a reason)"
            )),
            other => Self::Trouble(other.to_string()),
        }
    }
}

impl From<MinutesError> for Refused {
    fn from(error: MinutesError) -> Self {
        Self::Conflict(match error {
            MinutesError::Missing { what, .. } => {
                format!("biên bản còn thiếu một mục (the minutes need {what})")
            }
            MinutesError::NotWhole { what } => format!(
                "khóa hoặc niêm phong không nguyên vẹn: ghi rõ điều thấy và đã báo cho ai \
                 ({what} is not whole: say what was seen and who was told)"
            ),
            MinutesError::Moment(text) => format!(
                "{text:?} không phải ngày giờ, viết như 25/11/2026 14:30 (this is no day and time)"
            ),
            MinutesError::Present(text) => {
                format!("{text:?}: viết \"họ tên; chức vụ\", mỗi người một dòng (name; office)")
            }
            MinutesError::Text { longest, .. } => {
                format!("một mục dài quá {longest} ký tự (a text is too long)")
            }
            MinutesError::Unprintable { character, .. } => {
                format!("ký tự {character:?} không in được (this character cannot be printed)")
            }
            MinutesError::NoReason(_) => "cần ghi lý do (say why)".to_owned(),
            MinutesError::Crowd => {
                "quá nhiều người ký (more people than can sign the minutes)".to_owned()
            }
            MinutesError::Counted(n) => {
                format!("{n} phiếu: nhiều hơn một hòm chứa được (more than a box holds)")
            }
            MinutesError::Nothing => "không có gì thay đổi (nothing is corrected)".to_owned(),
        })
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

impl From<TallyError> for Refused {
    fn from(error: TallyError) -> Self {
        match error {
            TallyError::Store(e) => e.into(),
            other => Self::Trouble(other.to_string()),
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
        let denied = matches!(self, Self::Forbidden);
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
            Self::Removed(removed) => (StatusCode::GONE, removed.in_both()),
            Self::Trouble(why) => (StatusCode::INTERNAL_SERVER_ERROR, why),
        };
        let mut response = (status, Json(serde_json::json!({ "error": what }))).into_response();
        if denied {
            response.extensions_mut().insert(Denied);
        }
        response
    }
}

pub(super) async fn not_found() -> Refused {
    Refused::NotFound
}
