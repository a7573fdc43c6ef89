//! What is known of a simulated page: what the respondent meant, what was
//! drawn, and whether a fair person would call it clear.

use serde::{Deserialize, Serialize};

use super::conditions::Conditions;

/// What was drawn in or at a box.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Drawn {
    /// Two crossing strokes.
    Cross,
    /// A tick.
    Check,
    /// One diagonal stroke.
    Slash,
    /// One horizontal stroke.
    Line,
    /// A blob of a millimetre or more.
    Dot,
    /// Zigzag inside the box.
    Scribble,
    /// The box filled.
    Fill,
    /// A ring around the box, nothing inside.
    Ring,
    /// A mark that was taken back by filling the box.
    CancelledByFill,
    /// A mark that was taken back by scribbling over it.
    CancelledByScribble,
    /// A mark that was taken back by a ring around it.
    CancelledByRing,
    /// The pen rested there.
    Hesitation,
    /// A pencil mark that was rubbed out.
    Erased,
}

impl Drawn {
    /// Is this a way of choosing (and not of taking back, or an accident)?
    #[must_use]
    pub fn chooses(self) -> bool {
        matches!(
            self,
            Self::Cross
                | Self::Check
                | Self::Slash
                | Self::Line
                | Self::Dot
                | Self::Scribble
                | Self::Fill
                | Self::Ring
        )
    }
}

/// One box.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoxTruth {
    /// Choice id.
    pub choice: String,
    /// The respondent chose it (and did not take it back).
    pub marked: bool,
    /// What was drawn for this box.
    pub drawn: Option<Drawn>,
    /// Width of a dot as it was drawn ([`Drawn::Dot`] or [`Drawn::Hesitation`]), mm. Nothing
    /// else tells an answer from where the pen rested, and neither is narrower than the pen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub dot_mm: Option<f64>,
    /// Own ink inside the outline, mm² of full black.
    pub ink_mm2: f64,
    /// Ink inside the outline that belongs to something else, mm² of full black.
    pub foreign_mm2: f64,
    /// A hole, stamp, tear, signature or strong streak lies over it.
    pub obscured: bool,
    /// A fair person would say at a glance what `marked` says.
    pub clear: bool,
}

/// What the respondent did with a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// As many choices as the question takes.
    Answered,
    /// Nothing chosen.
    Blank,
    /// More than the question takes.
    Overvote,
    /// A choice was taken back and another one made.
    Corrected,
}

/// One question on one page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuestionTruth {
    /// Question id.
    pub id: String,
    /// What the respondent did.
    pub outcome: Outcome,
    /// Ids of the choices that are marked, in the order of the paper.
    pub choices: Vec<String>,
    /// `Answered` or `Blank`, and every box is clear: a person would need no
    /// second look.
    pub clear: bool,
    /// Every box of the question on this page, in the order of the layout.
    pub boxes: Vec<BoxTruth>,
}

/// One writing area.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AreaTruth {
    /// Area id.
    pub id: String,
    /// Somebody wrote there.
    pub ink: bool,
}

/// All that is known of one simulated page image.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageTruth {
    /// Form id.
    pub form: String,
    /// Form version.
    pub version: u32,
    /// Page number from 1.
    pub page: u32,
    /// Number of the sheet in the simulation, from 0.
    pub sheet: u64,
    /// Serial that is printed on it.
    pub serial: Option<String>,
    /// Degrees clockwise by which the image must be turned to be upright.
    pub rotation: u32,
    /// In the order of the form.
    pub questions: Vec<QuestionTruth>,
    /// In the order of the layout.
    pub areas: Vec<AreaTruth>,
    /// How the page was printed, treated and scanned.
    pub conditions: Conditions,
}
