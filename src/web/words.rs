//! The two languages of the pages.

use crate::lang::Lang;
use crate::station::{LocalTime, problem_words};
use crate::store::Role;

/// Speaks the language that the browser was set to, and tells the station's time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Words {
    lang: Lang,
    local: LocalTime,
}

impl Words {
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

    /// Why the reader asks, in words: its reasons are English and fixed.
    pub fn reason(self, reason: &str) -> &str {
        let vi = match reason {
            "the box lies outside the scanned image" => "ô nằm ngoài ảnh quét",
            "the printed box was not found where it should be" => "không thấy khung ô đúng chỗ",
            "a line runs through the box: streak, fold or stroke" => {
                "có đường kẻ qua ô: vệt máy quét, nếp gấp hay nét bút"
            }
            "a stain, stamp or shadow lies over the box" => "vết bẩn, con dấu hay bóng che ô",
            "something is drawn around the box" => "có nét khoanh quanh ô",
            "the marked box has a circle around it: it may be taken back" => {
                "ô đã đánh dấu bị khoanh: có thể đã bỏ chọn"
            }
            "the ink in the box is lighter than the sheet's other marks" => {
                "nét trong ô nhạt hơn các dấu khác trên phiếu"
            }
            "the ink in the box is faint" => "nét trong ô mờ",
            "ink reaches into the box but misses its middle" => {
                "nét chạm vào ô nhưng không qua giữa ô"
            }
            "the mark in the box is small or light beside the sheet's other marks" => {
                "dấu nhỏ hay nhạt so với các dấu khác trên phiếu"
            }
            "the box is covered while other marks on the sheet are not: it may be cancelled" => {
                "ô bị tô kín, các dấu khác thì không: có thể đã bỏ chọn"
            }
            "hardly anything else on the page is marked" => {
                "trên trang hầu như không có dấu nào khác"
            }
            "a trace of ink in or beside the box, and the question has no mark" => {
                "có vết mực trong hay cạnh ô, mà câu chưa có dấu nào"
            }
            "a darker place in the box, and the question has no mark" => {
                "trong ô có chỗ sẫm, mà câu chưa có dấu nào"
            }
            "a faint stroke in or beside the box, and the question has no mark" => {
                "có nét rất mờ trong hay cạnh ô, mà câu chưa có dấu nào"
            }
            "ink beside the box, far from any other mark" => "có mực cạnh ô, xa các dấu khác",
            "a stroke goes around the box" => "có nét vòng quanh ô",
            other if other.starts_with("a line from far outside") => {
                "có nét từ xa chạy qua ô: con dấu, chữ ký hay chữ viết"
            }
            other => other,
        };
        self.t(vi, reason)
    }
}
