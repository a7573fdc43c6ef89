//! What is shown where an image was, once it was removed because its date had come:
//! words that say so, never a broken picture.

use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use super::error::Refused;
use super::words::Words;
use crate::lang::Lang;
use crate::station::{Day, LocalTime};
use crate::store::{RemovalRow, Store, StoreError};

/// A removal of images in the words of the pages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Removed {
    number: i64,
    images: u64,
    at: String,
    keep_until: String,
    person: String,
}

/// How large a picture is that stands for one which is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// One box on the wall.
    Box,
    /// Anything with room for a sentence.
    Wide,
}

impl Removed {
    pub fn of(store: &Store, row: &RemovalRow) -> Result<Self, StoreError> {
        let until = &row.order.keep_until;
        Ok(Self {
            number: row.number,
            images: row.removed.images,
            at: LocalTime::of(store)?.written(&row.begun),
            keep_until: Day::parse(until).map_or_else(|| until.clone(), Day::written),
            person: row.order.person.clone(),
        })
    }

    /// The last one; `None`: no images were removed.
    pub fn last(store: &Store) -> Result<Option<Self>, StoreError> {
        let rows = store.removals()?;
        rows.last().map(|row| Self::of(store, row)).transpose()
    }

    fn said(&self, lang: Lang) -> [String; 3] {
        let (at, until, person, n) = (&self.at, &self.keep_until, &self.person, self.number);
        match lang {
            Lang::Vi => [
                "Ảnh này đã hủy theo thời hạn lưu của đợt khảo sát.".to_owned(),
                format!("Hủy lúc {at}; thời hạn: giữ đến hết ngày {until}."),
                format!("Người hủy: {person}, lần hủy {n}. Số liệu và mã băm vẫn còn."),
            ],
            Lang::En => [
                "This image was removed when its date had come.".to_owned(),
                format!("Removed at {at}; it was to be kept up to the end of {until}."),
                format!("By {person}, removal {n}. Figures and hashes are kept."),
            ],
        }
    }

    /// In one line.
    pub fn words(&self, w: Words) -> String {
        self.said(w.lang()).join(" ")
    }

    /// For an answer whose reader's language is not known.
    pub fn in_both(&self) -> String {
        let [vi, at, _] = self.said(Lang::Vi);
        let [en, ..] = self.said(Lang::En);
        format!("{vi} {at} ({en})")
    }

    /// Above a page whose pictures are no more.
    pub fn banner(&self, w: Words) -> Markup {
        let n = self.images;
        html! {
            p #removed .problem role="note" {
                (w.t("Ảnh phiếu đã hủy theo thời hạn lưu: ", "Images were removed when their date had come: "))
                (n) (w.t(" tệp, lúc ", " files, at ")) (self.at)
                (w.t("; thời hạn giữ đến hết ngày ", "; they were to be kept up to the end of ")) (self.keep_until)
                (w.t("; người hủy: ", "; by ")) (self.person)
                (w.t(
                    ". Không ai xem lại được dấu trên các ảnh ấy; chỉ còn tờ giấy, nếu còn lưu. Số liệu, kết luận, chữ đã chép và mã băm vẫn còn.",
                    ". Nobody can look at their marks again, only at the paper, if it is kept. Figures, decisions, what was written down and hashes are still there.",
                ))
            }
        }
    }

    /// The picture that is shown in its place.
    fn picture(&self, w: Words, shape: Shape) -> Response {
        let [first, second, third] = self.said(w.lang());
        let svg = match shape {
            Shape::Box => html! {
                svg xmlns="http://www.w3.org/2000/svg" width="96" height="96" viewBox="0 0 96 96" {
                    title { (first) " " (second) }
                    rect width="96" height="96" fill="#eee" {}
                    text x="48" y="53" font-family="sans-serif" font-size="17" text-anchor="middle" fill="#444" {
                        (w.t("đã hủy", "removed"))
                    }
                }
            },
            Shape::Wide => html! {
                svg xmlns="http://www.w3.org/2000/svg" width="720" height="120" viewBox="0 0 720 120" {
                    rect width="720" height="120" fill="#eee" {}
                    @for (y, line) in [(36, &first), (66, &second), (96, &third)] {
                        text x="20" y=(y) font-family="sans-serif" font-size="17" fill="#333" { (line) }
                    }
                }
            },
        };
        // Browsers show a picture whatever its status; scripts see that it is gone. It is
        // in the language of whoever asked, and nobody keeps it.
        (
            StatusCode::GONE,
            [
                (CONTENT_TYPE, "image/svg+xml"),
                (CACHE_CONTROL, "private, no-store"),
            ],
            svg.into_string(),
        )
            .into_response()
    }
}

/// A picture, or the one that says that it was removed.
pub(super) fn or_words(
    picture: Result<Response, Refused>,
    w: Words,
    shape: Shape,
) -> Result<Response, Refused> {
    match picture {
        Err(Refused::Removed(removed)) => Ok(removed.picture(w, shape)),
        other => other,
    }
}
