//! What the reader says of one page.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::problem::{Problem, ProblemCode};
use super::reason::Reason;

/// May the page be counted without a person?
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Identified, aligned, every answer certain.
    Clean,
    /// Identified and aligned, but something needs a person.
    Review,
    /// Not identified or not aligned: nothing was read from it.
    Unreadable,
}

/// State of one checkbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum MarkState {
    /// Certainly marked.
    Marked,
    /// Certainly not marked.
    Unmarked,
    /// A person must look.
    Marginal,
}

/// State of one question on this page.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnswerState {
    /// Certain: the choices given.
    Answered,
    /// Certain: nothing marked.
    Blank,
    /// More marks than the question takes.
    Overvote,
    /// At least one mark that a person must look at.
    Marginal,
    /// Looks like a correction: a person must confirm.
    Corrected,
}

impl AnswerState {
    /// Does a person need to look?
    #[must_use]
    pub fn needs_person(self) -> bool {
        !matches!(self, Self::Answered | Self::Blank)
    }
}

/// One checkbox as read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// Question id.
    pub question: String,
    /// Choice id.
    pub choice: String,
    /// What it was taken for.
    pub state: MarkState,
    /// 0 surely empty, 1 surely marked, by the ink inside; of a box that is marked by a ring
    /// around it the share of directions that the ring is in.
    pub score: f64,
    /// Place of the box in the image: x, y of the four corners (paper's top
    /// left, top right, bottom right, bottom left), px.
    pub corners_px: [[f32; 2]; 4],
    /// Why it is marginal, for the reviewer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

impl Mark {
    /// Leaves it to a person.
    pub(crate) fn doubt(&mut self, reason: Reason) {
        self.state = MarkState::Marginal;
        self.reason = Some(reason.words().to_owned());
    }
}

/// One question as read on this page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// How certain.
    pub state: AnswerState,
    /// The choices marked; for uncertain states the machine's suggestion.
    pub choices: Vec<String>,
}

/// One writing area as read.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AreaReading {
    /// Area id.
    pub id: String,
    /// Somebody wrote there.
    pub ink: bool,
    /// Share of the area that is covered by ink that is not printed, 0 to 1.
    pub coverage: f64,
    /// Corners in the image as in [`Mark::corners_px`], px.
    pub corners_px: [[f32; 2]; 4],
}

/// What the reader says of one page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageReading {
    /// Form id, if identified.
    pub form: Option<String>,
    /// Form version, if identified.
    pub version: Option<u32>,
    /// Page number from 1, if identified.
    pub page: Option<u32>,
    /// Serial of the ballot, if there is one and its check holds.
    pub serial: Option<String>,
    /// Unit that is printed in the code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unit: Option<String>,
    /// Box that is printed in the code.
    #[serde(default, rename = "box", skip_serializing_if = "Option::is_none")]
    pub ballot_box: Option<String>,
    /// Tag of the station that a cover sheet was printed for
    /// ([`crate::form::code::station_tag`]).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub station: Option<String>,
    /// May it be counted?
    pub status: Status,
    /// By how many degrees clockwise the image must be turned to be upright.
    pub rotation: u32,
    /// By question id.
    pub answers: BTreeMap<String, Answer>,
    /// In the order of the layout.
    pub marks: Vec<Mark>,
    /// In the order of the layout.
    pub areas: Vec<AreaReading>,
    /// Everything that needs a person beyond the marks.
    pub problems: Vec<Problem>,
}

impl PageReading {
    /// The reading of a page from which nothing was read, and why.
    #[must_use]
    pub fn unreadable(problem: Problem) -> Self {
        Self {
            form: None,
            version: None,
            page: None,
            serial: None,
            unit: None,
            ballot_box: None,
            station: None,
            status: Status::Unreadable,
            rotation: 0,
            answers: BTreeMap::new(),
            marks: Vec::new(),
            areas: Vec::new(),
            problems: vec![problem],
        }
    }

    /// Does the page have a problem of this kind?
    #[must_use]
    pub fn has(&self, code: ProblemCode) -> bool {
        self.problems.iter().any(|p| p.code == code)
    }
}
