//! What is wrong with a page beyond its marks, in a code for programs and in words for a
//! person.

use serde::{Deserialize, Serialize};

use crate::lang::Lang;

/// What kind of problem a page has. The text of the code is part of the
/// command-line contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProblemCode {
    /// The file or page could not be decoded.
    Damaged,
    /// Too few anchors for a fit that proves itself.
    AnchorsMissing,
    /// The printed boxes are not where the layout says.
    AlignmentUnproven,
    /// None of the page's codes could be read.
    QrUnreadable,
    /// A QR code that is not ours.
    QrForeign,
    /// Our code, but of a form or version that is not among the templates.
    FormUnknown,
    /// The code names another form than the one asked for.
    FormMismatch,
    /// The keyed check of the serial fails: forged or mistyped.
    SerialForged,
    /// The page has no code and more than one learned form fits.
    FormAmbiguous,
    /// Nothing is printed on the page, or only what shows through.
    BlankPage,
    /// Some boxes were hidden or torn away.
    BoxHidden,
    /// Ink beside the boxes that may be an answer.
    StrayInk,
    /// The scan is black and white and the pen was light: marks may be lost.
    FaintPen,
    /// A cover sheet: it says which box the pages after it came out of. Nothing
    /// is wrong with it.
    CoverSheet,
    /// A cover sheet that must not be believed: of another key or station, or
    /// seen together with something else.
    CoverForeign,
}

impl ProblemCode {
    /// As it is written in JSON.
    #[must_use]
    pub fn word(self) -> String {
        serde_json::to_value(self)
            .ok()
            .and_then(|v| v.as_str().map(str::to_owned))
            .unwrap_or_default()
    }

    /// That of such a [`Self::word`].
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        serde_json::from_value(word.into()).ok()
    }

    /// What it means, in words for a person.
    #[must_use]
    pub fn means(self, lang: Lang) -> &'static str {
        let (vi, en) = match self {
            Self::Damaged => ("tệp hỏng, không mở được", "damaged, cannot be decoded"),
            Self::AnchorsMissing => (
                "không đủ ô mốc ở góc và mép giấy",
                "too few anchor marks found",
            ),
            Self::AlignmentUnproven => (
                "các ô in không đúng vị trí của mẫu",
                "the printed boxes are not where the form says",
            ),
            Self::QrUnreadable => (
                "không đọc được mã in trên phiếu",
                "the printed codes are unreadable",
            ),
            Self::QrForeign => (
                "mã QR không phải của phiếu này",
                "a QR code that is not ours",
            ),
            Self::FormUnknown => (
                "mẫu phiếu hoặc phiên bản không có trong trạm",
                "a form or version that the station does not have",
            ),
            Self::FormMismatch => ("mã in thuộc mẫu phiếu khác", "the code names another form"),
            Self::SerialForged => (
                "số phiếu không đúng khóa: giả hoặc gõ sai",
                "the serial fails its check: forged or mistyped",
            ),
            Self::FormAmbiguous => ("giống nhiều hơn một mẫu phiếu", "more than one form fits"),
            Self::BlankPage => ("trang trắng", "nothing is printed on the page"),
            Self::BoxHidden => (
                "có ô bị che hoặc rách",
                "some boxes are hidden or torn away",
            ),
            Self::StrayInk => ("có nét mực ngoài ô", "ink beside the boxes"),
            Self::FaintPen => (
                "bản quét có thể làm mất nét bút nhạt: xem bản giấy, hoặc quét lại bằng thang xám",
                "this scan may have lost a light pen: look at the paper, or scan it in gray",
            ),
            Self::CoverSheet => ("tờ bìa", "a cover sheet"),
            Self::CoverForeign => (
                "tờ bìa không tin được (khóa khác, trạm khác), hoặc phiếu nằm sau tờ bìa đó",
                "a cover sheet that cannot be believed (another key or station), or under one",
            ),
        };
        lang.pick(vi, en)
    }
}

/// How the detail of [`ProblemCode::FormUnknown`] begins for a sheet of a known
/// form at another version.
pub const OTHER_VERSION: &str = "printed from version";

/// A problem of the page, for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Kind.
    pub code: ProblemCode,
    /// Details in words.
    pub detail: String,
}

impl Problem {
    /// Ink beside the boxes of a question that is not marked.
    pub(crate) fn stray_ink(question: &str) -> Self {
        Self {
            code: ProblemCode::StrayInk,
            detail: format!(
                "{}no box is marked, but there is ink beside them",
                of(question)
            ),
        }
    }

    /// The problem in words of this language: what its code means, or all details.
    #[must_use]
    pub fn says(&self, lang: Lang) -> String {
        let means = self.code.means(lang);
        let question = || self.detail.strip_prefix(QUESTION)?.split_once(": ");
        match (lang, self.code) {
            (Lang::En, _) => self.detail.clone(),
            (Lang::Vi, ProblemCode::StrayInk) => match question() {
                Some((question, _)) => format!("{question}: {means}"),
                None => means.to_owned(),
            },
            (Lang::Vi, _) => means.to_owned(),
        }
    }

    /// May this be why a question is asked about of which no box is doubted?
    #[must_use]
    pub fn asks(&self, question: &str) -> bool {
        match self.code {
            ProblemCode::StrayInk => self.detail.starts_with(&of(question)),
            ProblemCode::FaintPen => true,
            _ => false,
        }
    }
}

const QUESTION: &str = "question ";

/// How the detail of a question's problem begins.
fn of(question: &str) -> String {
    format!("{QUESTION}{question}: ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The pictures of `phieu read --debug` once told Vietnamese clerks in English what was
    /// wrong with a page.
    #[test]
    fn a_problem_is_said_in_the_users_language() {
        let stray = Problem::stray_ink("q4");
        assert_eq!(stray.says(Lang::Vi), "q4: có nét mực ngoài ô");
        assert_eq!(stray.says(Lang::En), stray.detail);
        let foreign = Problem {
            code: ProblemCode::QrForeign,
            detail: "a QR code that is not ours: \"https://example.org\"".to_owned(),
        };
        assert!(foreign.says(Lang::Vi).starts_with("mã QR"));
    }

    #[test]
    fn a_code_is_known_by_its_word() {
        for code in [ProblemCode::Damaged, ProblemCode::CoverForeign] {
            assert_eq!(ProblemCode::of(&code.word()), Some(code));
        }
        assert_eq!(ProblemCode::of("duplicate"), None);
    }
}
