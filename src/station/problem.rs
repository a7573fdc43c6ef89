//! What is wrong with a page or a ballot, in words for a person.

use crate::lang::Lang;

/// A problem's code in words; a code that is not known stays as it is.
#[must_use]
pub fn problem_words(code: &str, lang: Lang) -> &str {
    let (vi, en) = match code {
        "damaged" => ("tệp hỏng, không mở được", "damaged, cannot be decoded"),
        "anchors-missing" => (
            "không đủ ô mốc ở góc và mép giấy",
            "too few anchor marks found",
        ),
        "alignment-unproven" => (
            "các ô in không đúng vị trí của mẫu",
            "the printed boxes are not where the form says",
        ),
        "qr-unreadable" => (
            "không đọc được mã in trên phiếu",
            "the printed codes are unreadable",
        ),
        "qr-foreign" => (
            "mã QR không phải của phiếu này",
            "a QR code that is not ours",
        ),
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
        "form-unknown" => (
            "mẫu phiếu hoặc phiên bản không có trong trạm",
            "a form or version that the station does not have",
        ),
        "form-mismatch" => ("mã in thuộc mẫu phiếu khác", "the code names another form"),
        "form-ambiguous" => ("giống nhiều hơn một mẫu phiếu", "more than one form fits"),
        "serial-forged" => (
            "số phiếu không đúng khóa: giả hoặc gõ sai",
            "the serial fails its check: forged or mistyped",
        ),
        "box-hidden" => (
            "có ô bị che hoặc rách",
            "some boxes are hidden or torn away",
        ),
        "stray-ink" => ("có nét mực ngoài ô", "ink beside the boxes"),
        "faint-pen" => (
            "bản quét có thể làm mất nét bút nhạt: xem bản giấy, hoặc quét lại bằng thang xám",
            "this scan may have lost a light pen: look at the paper, or scan it in gray",
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
        "cover-foreign" => (
            "tờ bìa không tin được (khóa khác, trạm khác), hoặc phiếu nằm sau tờ bìa đó",
            "a cover sheet that cannot be believed (another key or station), or under one",
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
