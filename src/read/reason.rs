//! Why a person is asked about a box. Readings and stations keep the English words, the
//! browser says them in the reader's language.

/// The reasons, each with its words.
macro_rules! reasons {
    ($($(#[$doc:meta])* $name:ident = $words:literal,)+) => {
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
                    $(Self::$name => $words,)+
                }
            }
        }
    };
}

reasons! {
    /// Of the box itself nothing can be seen.
    OutsideImage = "the box lies outside the scanned image",
    /// Its outline is not there.
    NotFound = "the printed box was not found where it should be",
    /// A line goes through it.
    Line = "a line runs through the box: streak, fold or stroke",
    /// Its paper is dark.
    Stained = "a stain, stamp or shadow lies over the box",
    /// A ring around an empty box.
    DrawnAround = "something is drawn around the box",
    /// A ring around a marked one.
    Circled = "the marked box has a circle around it: it may be taken back",
    /// As small as dust.
    Dust = "a dot as small as dust",
    /// A dot with others beside it.
    AmongSpecks = "a dot among other specks",
    /// A pale line across the box and its surroundings.
    PaleFromAfar = "a line from far outside runs through the box: stamp, signature or a very large mark",
    /// Ink that goes on without a gap.
    FromAfar = "a line from far outside runs through the box: stamp, signature or writing",
    /// More ink beside it than a mark leaves.
    SpreadOut = "there is far more ink around the box than in it",
    /// Larger than the sheet's other marks.
    Sprawls = "the mark goes far out of its box, as none of the sheet's others does: it may be a signature or writing",
    /// Paler than the sheet's other marks.
    AnotherPen = "the ink in the box is lighter than the sheet's other marks",
    /// Hardly darker than the paper.
    Faint = "the ink in the box is faint",
    /// At the rim only.
    MissesMiddle = "ink reaches into the box but misses its middle",
    /// Less than the sheet's other marks.
    Small = "the mark in the box is small or light beside the sheet's other marks",
    /// Filled, on a form where that takes back.
    Covered = "the box is covered while other marks on the sheet are not: it may be cancelled",
    /// A blank page but for this.
    Lonely = "hardly anything else on the page is marked",
    /// Writing in its row.
    WrittenBeside = "something is written beside the marked box: it may be taken back",
    /// Ink in or beside a box of a blank question.
    Trace = "a trace of ink in or beside the box, and the question has no mark",
    /// The same beside a mark that may be taken back.
    TraceTakenBack = "a trace of ink in or beside the box, and the marked one may be taken back",
    /// A shade in a box of a blank question.
    Darker = "a darker place in the box, and the question has no mark",
    /// The same beside a mark that may be taken back.
    DarkerTakenBack = "a darker place in the box, and the marked one may be taken back",
    /// A line of samples hardly darker than the paper.
    FaintStroke = "a faint stroke in or beside the box, and the question has no mark",
    /// Ink on the printed line.
    AlongOutline = "a side of the printed box is broader than those of other boxes: ink may run along it",
    /// A stroke for a box that no mark spilled.
    InkBeside = "ink beside the box, far from any other mark",
    /// A stroke around it.
    GoesAround = "a stroke goes around the box",
    /// The scanner's own dust, and little else.
    OnlyKnownDust = "dust that is known from the scanner's profile runs through the box, and beside it there is too little ink for a mark",
    /// The scanner's own dust.
    KnownDust = "dust that is known from the scanner's profile runs through the box",
    /// Where the scanner sees nothing.
    KnownBlind = "a bright line that is known from the scanner's profile runs through the box and may hide a stroke",
}

impl Reason {
    /// The reason with these words; older stations may have others.
    pub fn with_words(words: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|r| r.words() == words)
    }
}
