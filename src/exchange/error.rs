//! What can be wrong with a key or a package.

use std::path::PathBuf;

use crate::station::StationError;
use crate::store::StoreError;

/// Why there is no package, or why one is refused.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// The tally database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The station.
    #[error(transparent)]
    Station(#[from] StationError),
    /// A file.
    #[error("{}: không đọc hoặc ghi được (cannot {doing}): {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What was tried.
        doing: &'static str,
        /// What the system said.
        source: std::io::Error,
    },
    /// The system has no randomness.
    #[error("máy không cho số ngẫu nhiên (the system has no random numbers): {0}")]
    NoEntropy(String),
    /// There is no key to sign with.
    #[error(
        "trạm chưa có khóa ký; tạo bằng: phieu key make --station DIR \
         (the station has no key to sign with; make one)"
    )]
    NoKey,
    /// There is a key already.
    #[error(
        "trạm đã có khóa ký; thay khóa thì dùng --replace --reason và báo lại mã cho nơi nhận \
         (the station has a key; replace it with --replace --reason, and tell those who pinned it)"
    )]
    KeyExists,
    /// The secret in the file is not that of the public key in the database.
    #[error(
        "{}: không phải khóa mà trạm đã ghi sổ (not the key that the station's log has); \
         lấy lại tệp đúng, hoặc phieu key make --replace",
        .0.display()
    )]
    OtherKey(PathBuf),
    /// Not a key.
    #[error("{0}: không phải khóa công khai (not a public key): {1}")]
    NotAKey(String, &'static str),
    /// What the clerk heard is not the fingerprint of the key.
    #[error(
        "mã đã nghe không khớp với khóa: KHÔNG ghim, hỏi lại nơi gửi \
         (the fingerprint that was read out is not that of this key; nothing was pinned)"
    )]
    FingerprintDiffers,
    /// Not the station's own business to believe itself.
    #[error("đây là khóa của chính trạm này (this is the station's own key)")]
    OwnKey,
    /// The file is too large, or would be when it is unpacked.
    #[error("gói quá lớn (the package is too large): {what}, {bytes} > {most} bytes")]
    TooLarge {
        /// What is.
        what: String,
        /// How large.
        bytes: u64,
        /// How large it may be.
        most: u64,
    },
    /// The file is not a package as this program writes it.
    #[error("không phải gói kết quả nguyên vẹn (not a whole package): {0}")]
    NotWhole(String),
    /// Written by a newer program.
    #[error(
        "gói ở định dạng {found}, chương trình này biết đến {known}; dùng bản phieu mới hơn \
         (the package has format {found}, this program knows {known}; use a newer one)"
    )]
    Newer {
        /// Of the package.
        found: u32,
        /// What this program knows.
        known: u32,
    },
    /// A member has other bytes than the signed manifest says.
    #[error("{0}: không đúng như bản kê đã ký (not as the signed manifest says)")]
    MemberChanged(String),
    /// The signature is not of this manifest and key.
    #[error("chữ ký không đúng: tệp đã bị sửa (the signature is wrong: the file was changed)")]
    BadSignature,
    /// Signed with a key that nobody pinned.
    #[error(
        "khóa lạ (unknown key), mã: {fingerprint}; gọi điện cho nơi gửi, so mã, rồi ghim: \
         phieu key pin {key} --name TÊN --station DIR (telephone the sender, compare, then pin it)"
    )]
    UnknownKey {
        /// As it is read out.
        fingerprint: String,
        /// The public key, hex.
        key: String,
    },
    /// The key is pinned for another station, or the station signs with another key.
    #[error(
        "trạm {station} không dùng khóa này (the key {name:?} is not the one of station {station}): {why}"
    )]
    KeyOfOther {
        /// Which the package claims to be from.
        station: String,
        /// Whose the key is.
        name: String,
        /// What contradicts it.
        why: &'static str,
    },
    /// The package holds ballots of a unit that the key may not speak for.
    #[error(
        "khóa {name:?} chỉ được gửi cho đơn vị {allowed}, gói có phiếu của {found} \
         (this key may only send for unit {allowed}; the package has ballots of {found})"
    )]
    UnitForeign {
        /// Whose the key is.
        name: String,
        /// What it may speak for.
        allowed: String,
        /// What it brought.
        found: String,
    },
    /// Another campaign.
    #[error("đợt khảo sát khác (another campaign): {}", .0.join("; "))]
    OtherCampaign(Vec<String>),
    /// A form that is not here, or has another layout here.
    #[error("mẫu phiếu khác với trạm này (forms that are not those of this station): {}", .0.join("; "))]
    OtherForms(Vec<String>),
    /// A unit that the campaign does not have.
    #[error("đơn vị không có trong đợt khảo sát (no such unit in the campaign): {0}")]
    NoSuchUnit(String),
    /// A part that cannot be understood.
    #[error("{member}{}: {what}", line.map(|l| format!(", line {l}")).unwrap_or_default())]
    Malformed {
        /// Which member.
        member: String,
        /// Which line, from 1.
        line: Option<u64>,
        /// What is wrong.
        what: String,
    },
    /// The counts in the package are not those of its ballots.
    #[error(
        "số đếm trong gói không khớp với phiếu của nó (its counts are not those of its ballots): {0}"
    )]
    CountsDiffer(String),
    /// The station's own package.
    #[error(
        "gói do chính trạm này lập, hoặc chứa phiếu của trạm này (this station's own package, or one with its ballots in it)"
    )]
    Own,
    /// The same or a newer package of this station is there.
    #[error(
        "bản cũ: gói là bản số {offered}, ở đây đã có bản số {there} của {name} \
         (an older or the same revision: {offered}, revision {there} of it is here)"
    )]
    OldRevision {
        /// Of the package.
        offered: i64,
        /// What is there.
        there: i64,
        /// Whose.
        name: String,
    },
    /// A package of a part of what is there as a whole.
    #[error(
        "đã có gói toàn trạm (bản {there}) của {name}; một phần không thay được cả gói \
         (a package of the whole station is here; one of a part cannot replace it)"
    )]
    PartOfWhole {
        /// What is there.
        there: i64,
        /// Whose.
        name: String,
    },
    /// The ballots of a station came in before, through another office.
    #[error(
        "phiếu của trạm {station} đã có trong gói của {name} \
         (the ballots of station {station} came in before, with the package of {name})"
    )]
    StationTwice {
        /// Which station.
        station: String,
        /// The source that has them.
        name: String,
    },
    /// Boxes that other packages, or this station, have too.
    #[error("{count} hòm phiếu đã có ở nơi khác (boxes that are elsewhere too): {}", first.join("; "))]
    BoxesTwice {
        /// How many.
        count: usize,
        /// The first few, each with where it is.
        first: Vec<String>,
    },
    /// Serials that other packages, or this station, have too.
    #[error("{count} số phiếu đã có ở nơi khác (serials that are elsewhere too): {}", first.join("; "))]
    SerialsTwice {
        /// How many.
        count: usize,
        /// The first few, each with where it is.
        first: Vec<String>,
    },
    /// A package that was taken in is not in its place, or not as it was.
    #[error(
        "{}: gói đã nhận không còn nguyên (a package that was taken in is gone or changed)",
        .0.display()
    )]
    KeptChanged(PathBuf),
}

impl ExchangeError {
    pub(super) fn io(
        path: impl Into<PathBuf>,
        doing: &'static str,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io {
            path,
            doing,
            source,
        }
    }

    pub(super) fn whole(what: impl Into<String>) -> Self {
        Self::NotWhole(what.into())
    }

    pub(super) fn malformed(
        member: &str,
        line: impl Into<Option<u64>>,
        what: impl std::fmt::Display,
    ) -> Self {
        Self::Malformed {
            member: member.to_owned(),
            line: line.into(),
            // It may quote what a stranger wrote: that must not steer a terminal.
            what: what.to_string().replace(char::is_control, " "),
        }
    }
}
