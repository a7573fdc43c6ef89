//! The two languages of the pages.

use crate::lang::Lang;
use crate::read::Reason;
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
        Reason::with_words(reason).map_or(reason, |known| self.t(in_vietnamese(known), reason))
    }
}

/// Why the reader asks, as it is said to the offices.
fn in_vietnamese(reason: Reason) -> &'static str {
    match reason {
        Reason::OutsideImage => "ô nằm ngoài ảnh quét",
        Reason::NotFound => "không thấy khung ô đúng chỗ",
        Reason::Line => "có đường kẻ qua ô: vệt máy quét, nếp gấp hay nét bút",
        Reason::Stained => "vết bẩn, con dấu hay bóng che ô",
        Reason::DrawnAround => "có nét khoanh quanh ô",
        Reason::Circled => "ô đã đánh dấu bị khoanh: có thể đã bỏ chọn",
        Reason::Dust => "chấm nhỏ như hạt bụi",
        Reason::AmongSpecks => "chấm nằm giữa các đốm khác",
        Reason::PaleFromAfar => "có nét từ xa chạy qua ô: con dấu, chữ ký hay dấu rất to",
        Reason::FromAfar => "có nét từ xa chạy qua ô: con dấu, chữ ký hay chữ viết",
        Reason::SpreadOut => "mực quanh ô nhiều hơn hẳn mực trong ô",
        Reason::Sprawls => {
            "dấu kéo xa ra ngoài ô, khác các dấu còn lại trên phiếu: có thể là chữ ký hay chữ viết"
        }
        Reason::AnotherPen => "nét trong ô nhạt hơn các dấu khác trên phiếu",
        Reason::Faint => "nét trong ô mờ",
        Reason::MissesMiddle => "nét chạm vào ô nhưng không qua giữa ô",
        Reason::Small => "dấu nhỏ hay nhạt so với các dấu khác trên phiếu",
        Reason::Covered => "ô bị tô kín, các dấu khác thì không: có thể đã bỏ chọn",
        Reason::Lonely => "trên trang hầu như không có dấu nào khác",
        Reason::WrittenBeside => "có chữ viết cạnh ô đã đánh dấu: có thể đã bỏ chọn",
        Reason::Trace => "có vết mực trong hay cạnh ô, mà câu chưa có dấu nào",
        Reason::TraceTakenBack => "có vết mực trong hay cạnh ô, mà ô đã đánh dấu có thể đã bỏ chọn",
        Reason::Darker => "trong ô có chỗ sẫm, mà câu chưa có dấu nào",
        Reason::DarkerTakenBack => "trong ô có chỗ sẫm, mà ô đã đánh dấu có thể đã bỏ chọn",
        Reason::FaintStroke => "có nét rất mờ trong hay cạnh ô, mà câu chưa có dấu nào",
        Reason::AlongOutline => {
            "một cạnh khung ô đậm hơn các ô khác: có thể có nét bút chạy dọc cạnh"
        }
        Reason::InkBeside => "có mực cạnh ô, xa các dấu khác",
        Reason::GoesAround => "có nét vòng quanh ô",
        Reason::OnlyKnownDust => {
            "vệt bụi đã biết của máy quét chạy qua ô, phần mực còn lại quá ít để là dấu"
        }
        Reason::KnownDust => "vệt bụi đã biết của máy quét chạy qua ô",
        Reason::KnownBlind => "vệt trắng đã biết của máy quét chạy qua ô, có thể che mất nét bút",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nine of the reasons were once shown to Vietnamese readers in English.
    #[test]
    fn every_reason_is_said_in_both_languages() {
        let (vietnamese, english) = (Words::of("vi"), Words::of("en"));
        for reason in Reason::ALL {
            assert_eq!(english.reason(reason.words()), reason.words());
            assert_eq!(vietnamese.reason(reason.words()), in_vietnamese(*reason));
        }
        // Of an older station.
        assert_eq!(vietnamese.reason("something else"), "something else");
    }
}
