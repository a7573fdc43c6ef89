//! Why a person is asked about a box. Readings and stations keep the English words;
//! pages and pictures say them in the user's language.

use crate::lang::Lang;

/// The reasons, each with its words in English and in Vietnamese.
macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $english:literal, $vietnamese:literal;)+) => {
        /// Why a person is asked about a box.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Reason {
            $($(#[$doc])* $name,)+
        }

        impl Reason {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$name,)+];

            /// Its words in English, as [`super::Mark::reason`] has them.
            pub const fn words(self) -> &'static str {
                match self {
                    $(Self::$name => $english,)+
                }
            }

            /// Its words in Vietnamese.
            const fn in_vietnamese(self) -> &'static str {
                match self {
                    $(Self::$name => $vietnamese,)+
                }
            }
        }
    };
}

reasons! {
    /// Of the box itself nothing can be seen.
    OutsideImage = "the box lies outside the scanned image",
        "ô nằm ngoài ảnh quét";
    /// Its outline is not there.
    NotFound = "the printed box was not found where it should be",
        "không thấy khung ô đúng chỗ";
    /// A line goes through it.
    Line = "a line runs through the box: streak, fold or stroke",
        "có đường kẻ qua ô: vệt máy quét, nếp gấp hay nét bút";
    /// Its paper is dark.
    Stained = "a stain, stamp or shadow lies over the box",
        "vết bẩn, con dấu hay bóng che ô";
    /// A ring around an empty box.
    DrawnAround = "something is drawn around the box",
        "có nét khoanh quanh ô";
    /// A ring around a marked one.
    Circled = "the marked box has a circle around it: it may be taken back",
        "ô đã đánh dấu bị khoanh: có thể đã bỏ chọn";
    /// A stroke through a mark.
    StruckOut = "a level stroke runs through the mark: it may be struck out",
        "có nét gạch ngang qua dấu: có thể đã bỏ chọn";
    /// The end of another box's mark.
    Tail = "the stroke comes from the mark in another box: it may be its tail",
        "nét nối từ dấu ở ô khác: có thể chỉ là đuôi của dấu đó";
    /// As small as dust.
    Dust = "a dot as small as dust",
        "chấm nhỏ như hạt bụi";
    /// A dot with others beside it.
    AmongSpecks = "a dot among other specks",
        "chấm nằm giữa các đốm khác";
    /// A pale line across the box and its surroundings.
    PaleFromAfar = "a line from far outside runs through the box: stamp, signature or a very large mark",
        "có nét từ xa chạy qua ô: con dấu, chữ ký hay dấu rất to";
    /// Ink that goes on without a gap.
    FromAfar = "a line from far outside runs through the box: stamp, signature or writing",
        "có nét từ xa chạy qua ô: con dấu, chữ ký hay chữ viết";
    /// More ink beside it than a mark leaves.
    SpreadOut = "there is far more ink around the box than in it",
        "mực quanh ô nhiều hơn hẳn mực trong ô";
    /// Larger than the sheet's other marks.
    Sprawls = "the mark goes far out of its box, as none of the sheet's others does: it may be a signature or writing",
        "dấu kéo xa ra ngoài ô, khác các dấu còn lại trên phiếu: có thể là chữ ký hay chữ viết";
    /// Of another shape than the sheet's other marks.
    Unlike = "the mark looks unlike the sheet's other marks: it may be writing or part of something larger",
        "hình nét khác hẳn các dấu khác trên phiếu: có thể là chữ viết hay một phần của nét khác";
    /// Paler than the sheet's other marks.
    AnotherPen = "the ink in the box is lighter than the sheet's other marks",
        "nét trong ô nhạt hơn các dấu khác trên phiếu";
    /// Hardly darker than the paper.
    Faint = "the ink in the box is faint",
        "nét trong ô mờ";
    /// At the rim only.
    MissesMiddle = "ink reaches into the box but misses its middle",
        "nét chạm vào ô nhưng không qua giữa ô";
    /// Less than the sheet's other marks.
    Small = "the mark in the box is small or light beside the sheet's other marks",
        "dấu nhỏ hay nhạt so với các dấu khác trên phiếu";
    /// Filled, on a form where that takes back.
    Covered = "the box is covered while other marks on the sheet are not: it may be cancelled",
        "ô bị tô kín, các dấu khác thì không: có thể đã bỏ chọn";
    /// A blank page but for this.
    Lonely = "hardly anything else on the page is marked",
        "trên trang hầu như không có dấu nào khác";
    /// Writing in its row.
    WrittenBeside = "something is written beside the marked box: it may be taken back",
        "có chữ viết cạnh ô đã đánh dấu: có thể đã bỏ chọn";
    /// Ink in or beside a box of a blank question.
    Trace = "a trace of ink in or beside the box, and the question has no mark",
        "có vết mực trong hay cạnh ô, mà câu chưa có dấu nào";
    /// The same beside a mark that may be taken back.
    TraceTakenBack = "a trace of ink in or beside the box, and the marked one may be taken back",
        "có vết mực trong hay cạnh ô, mà ô đã đánh dấu có thể đã bỏ chọn";
    /// A shade in a box of a blank question.
    Darker = "a darker place in the box, and the question has no mark",
        "trong ô có chỗ sẫm, mà câu chưa có dấu nào";
    /// The same beside a mark that may be taken back.
    DarkerTakenBack = "a darker place in the box, and the marked one may be taken back",
        "trong ô có chỗ sẫm, mà ô đã đánh dấu có thể đã bỏ chọn";
    /// A line of samples hardly darker than the paper.
    FaintStroke = "a faint stroke in or beside the box, and the question has no mark",
        "có nét rất mờ trong hay cạnh ô, mà câu chưa có dấu nào";
    /// Ink on the printed line.
    AlongOutline = "a side of the printed box is broader than those of other boxes: ink may run along it",
        "một cạnh khung ô đậm hơn các ô khác: có thể có nét bút chạy dọc cạnh";
    /// A stroke for a box that no mark spilled.
    InkBeside = "ink beside the box, far from any other mark",
        "có mực cạnh ô, xa các dấu khác";
    /// The same near another mark, but not connected with it.
    Stray = "a stroke beside the box that belongs to no mark",
        "có nét bút cạnh ô, không thuộc dấu nào";
    /// A stroke around it.
    GoesAround = "a stroke goes around the box",
        "có nét vòng quanh ô";
    /// The scanner's own dust, and little else.
    OnlyKnownDust = "dust that is known from the scanner's profile runs through the box, and beside it there is too little ink for a mark",
        "vệt bụi đã biết của máy quét chạy qua ô, phần mực còn lại quá ít để là dấu";
    /// The scanner's own dust.
    KnownDust = "dust that is known from the scanner's profile runs through the box",
        "vệt bụi đã biết của máy quét chạy qua ô";
    /// Where the scanner sees nothing.
    KnownBlind = "a bright line that is known from the scanner's profile runs through the box and may hide a stroke",
        "vệt trắng đã biết của máy quét chạy qua ô, có thể che mất nét bút";
}

impl Reason {
    /// May a person be asked because there is little ink, or faint ink?
    pub(crate) fn is_of_little_ink(self) -> bool {
        use Reason as R;
        match self {
            R::Dust
            | R::AmongSpecks
            | R::AnotherPen
            | R::Line
            | R::Lonely
            | R::Faint
            | R::MissesMiddle
            | R::NotFound
            | R::Small
            | R::Trace
            | R::TraceTakenBack
            | R::Darker
            | R::DarkerTakenBack
            | R::FaintStroke
            | R::AlongOutline
            | R::InkBeside
            | R::Stray => true,
            R::OutsideImage
            | R::Stained
            | R::DrawnAround
            | R::Circled
            | R::StruckOut
            | R::Tail
            | R::PaleFromAfar
            | R::FromAfar
            | R::SpreadOut
            | R::Sprawls
            | R::Unlike
            | R::Covered
            | R::WrittenBeside
            | R::GoesAround
            | R::OnlyKnownDust
            | R::KnownDust
            | R::KnownBlind => false,
        }
    }
}

/// A mark's reason in words of this language; one that is not known (of an older
/// station) stays as it is.
#[must_use]
pub fn reason_words(reason: &str, lang: Lang) -> &str {
    let known = Reason::ALL.iter().find(|r| r.words() == reason);
    known.map_or(reason, |r| lang.pick(r.in_vietnamese(), reason))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nine of the reasons were once shown to Vietnamese readers in English, and all of
    /// them in the pictures of `phieu read --debug`.
    #[test]
    fn every_reason_is_said_in_both_languages() {
        for reason in Reason::ALL {
            let said = |lang| reason_words(reason.words(), lang);
            assert_eq!(said(Lang::En), reason.words());
            assert_eq!(said(Lang::Vi), reason.in_vietnamese());
            assert_ne!(said(Lang::Vi), said(Lang::En));
        }
        assert_eq!(reason_words("something else", Lang::Vi), "something else");
    }
}
