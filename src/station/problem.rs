//! What is wrong with a page or a ballot, in words for a person.

use crate::lang::Lang;
use crate::read::ProblemCode;

/// A problem's code in words; a code that is not known stays as it is.
#[must_use]
pub fn problem_words(code: &str, lang: Lang) -> &str {
    if let Some(of_page) = ProblemCode::of(code) {
        return of_page.means(lang);
    }
    let (vi, en) = match code {
        "version-unknown" => (
            "phiên bản khác của mẫu phiếu trong trạm",
            "another version of a form that the station has",
        ),
        "same-paper" => (
            "không có số phiếu, nét bút giống hệt phiếu đã quét: nghi quét hai lần",
            "without a serial, with the strokes of an earlier ballot: perhaps scanned twice",
        ),
        "images-removed" => (
            "không có số phiếu, đến sau khi ảnh các phiếu trước đã hủy: không so được có quét hai lần không",
            "without a serial, came after the images of earlier ballots were removed: cannot be compared with them",
        ),
        "duplicate" => (
            "nghi quét trùng, nội dung giống nhau; chỉ tính một lần",
            "suspected duplicate with the same answers; counted once",
        ),
        "duplicate-differs" => (
            "trùng số phiếu nhưng trả lời khác nhau",
            "same serial with different answers",
        ),
        "mispaired" => ("các trang không theo thứ tự", "pages out of order"),
        "mispaired-neighbour" => (
            "nằm cạnh chỗ các trang không theo thứ tự",
            "next to pages out of order",
        ),
        "incomplete" => ("thiếu trang", "pages are missing"),
        "box-mismatch" => (
            "hòm phiếu in trên phiếu khác hòm đã khai",
            "the printed box is not the one that was named",
        ),
        "box-closed" => (
            "hòm phiếu đã đóng khi phiếu này đến",
            "their box was closed when they came",
        ),
        "unidentified" => ("chưa nhận ra", "not identified"),
        other => (other, other),
    };
    lang.pick(vi, en)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A blank page of a black-and-white scan once said "faint-pen" to the clerk.
    #[test]
    fn a_light_pen_that_may_be_lost_is_said_in_words() {
        let words = problem_words("faint-pen", Lang::Vi);
        assert!(words.contains("thang xám"), "{words}");
    }
}
