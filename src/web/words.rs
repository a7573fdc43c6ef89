//! The two languages of the pages.

use crate::lang::Lang;
use crate::read::reason_words;
use crate::station::{LocalTime, problem_words};
use crate::store::Role;

/// Speaks the language that the browser was set to, and tells the station's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words {
    lang: Lang,
    local: LocalTime,
}

impl Words {
    /// The language.
    pub fn lang(self) -> Lang {
        self.lang
    }

    /// Of a cookie's value; Vietnamese where it says nothing that is known.
    pub fn of(name: &str) -> Self {
        Self {
            lang: Lang::parse(name).unwrap_or_default(),
            local: LocalTime::VIETNAM,
        }
    }

    /// The same on this clock.
    pub fn on(self, local: LocalTime) -> Self {
        Self { local, ..self }
    }

    /// A moment of the database (RFC 3339, UTC) on the station's clock, to the second.
    pub fn moment(self, at: &str) -> String {
        self.local.moment(at)
    }

    /// Over a column of moments: what it has, and on which clock.
    pub fn when(self, what: &str) -> String {
        format!("{what} (UTC{})", self.local)
    }

    /// The text in this language.
    pub fn t<'a>(self, vi: &'a str, en: &'a str) -> &'a str {
        self.lang.pick(vi, en)
    }

    /// For the page's `lang`.
    pub fn code(self) -> &'static str {
        match self.lang {
            Lang::Vi => "vi",
            Lang::En => "en",
        }
    }

    /// The other language: its code and its own name.
    pub fn other(self) -> (&'static str, &'static str) {
        match self.lang {
            Lang::Vi => ("en", "English"),
            Lang::En => ("vi", "Tiếng Việt"),
        }
    }

    /// Why a question is open.
    pub fn state(self, state: &str) -> &str {
        match state {
            "overvote" => self.t("chọn quá số ô cho phép", "too many boxes marked"),
            "marginal" => self.t("dấu không rõ", "unclear mark"),
            "corrected" => self.t("có dấu hiệu sửa", "seems corrected"),
            "doubted" => self.t("có người nghi ngờ", "doubted by a person"),
            "keyed" => self.t("trang nhập tay theo ảnh", "page keyed from its picture"),
            "answered" => self.t("đã trả lời", "answered"),
            "blank" => self.t("bỏ trống", "left blank"),
            "pending" => self.t("chờ người xem", "waits for a person"),
            "counted" => self.t("được tính", "counted"),
            "rejected" => self.t("bị loại", "rejected"),
            other => other,
        }
    }

    /// What is wrong with a page or a ballot.
    pub fn problem(self, code: &str) -> &str {
        problem_words(code, self.lang)
    }

    /// What a role is called.
    pub fn role(self, role: Role) -> &'static str {
        match role {
            Role::Viewer => self.t("người xem", "viewer"),
            Role::Operator => self.t("nhân viên quét", "operator"),
            Role::Reviewer => self.t("người kiểm tra", "reviewer"),
            Role::Supervisor => self.t("người giám sát", "supervisor"),
        }
    }

    /// Why the reader asks, in words.
    pub fn reason(self, reason: &str) -> &str {
        reason_words(reason, self.lang)
    }
}
