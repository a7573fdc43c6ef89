//! The layout: where everything is on the paper, in millimetres.
//!
//! A layout is all that the reader knows of a form. It comes from a designed
//! form (see `form::design`) or from a blank sheet (see `form::learn`).

use std::sync::Arc;

use image::GrayImage;
use serde::{Deserialize, Serialize};

use crate::geometry::{MmRect, MmSize};

/// How many choices a question takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum QuestionKind {
    /// At most one choice; two marks are an overvote.
    Single,
    /// Any number of choices.
    Multiple,
}

/// A question as the reader and the tally need it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuestionSpec {
    /// Unique in the form: `q1`.
    pub id: String,
    /// How many choices it takes.
    pub kind: QuestionKind,
    /// Ids of the choices in the order of the paper.
    pub choices: Vec<String>,
    /// For `Multiple`: more marks than this are an overvote (`None`: no limit).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_choices: Option<u32>,
}

impl QuestionSpec {
    /// More marks than this are an overvote.
    #[must_use]
    pub fn most_choices(&self) -> usize {
        match self.kind {
            QuestionKind::Single => 1,
            QuestionKind::Multiple => self
                .max_choices
                .map_or(usize::MAX, |m| usize::try_from(m).unwrap_or(usize::MAX)),
        }
    }
}

/// Outline of a checkbox.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum BoxShape {
    /// A square or rectangle.
    Rect,
    /// An ellipse that touches the rectangle's sides.
    Oval,
}

/// One checkbox on the paper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BoxSpec {
    /// Id of its question.
    pub question: String,
    /// Id of its choice.
    pub choice: String,
    /// Outer edge of the printed outline, mm.
    pub rect: MmRect,
    /// Shape of the outline.
    pub shape: BoxShape,
    /// Width of the printed line, mm.
    pub outline_mm: f64,
}

/// What an anchor looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AnchorKind {
    /// A solid black square, printed for the purpose.
    Square,
    /// A piece of what is printed anyway, found by comparing with the
    /// reference image of the blank page.
    Patch,
}

/// A mark that ties the scanned image to the paper.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Anchor {
    /// Unique on the page: `tl`, `l2`.
    pub id: String,
    /// Its place, mm.
    pub rect: MmRect,
    /// What it looks like.
    pub kind: AnchorKind,
}

/// What a printed code is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CodeKind {
    /// A QR code; the rectangle is its symbol without the quiet zone.
    Qr,
    /// The same payload in characters for people and OCR.
    Text,
}

/// A printed code.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CodeSpec {
    /// What it is.
    pub kind: CodeKind,
    /// Its place, mm.
    pub rect: MmRect,
}

/// What an area of the page is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AreaKind {
    /// Handwriting: a note or an opinion.
    Text,
    /// A row of cells for single digits.
    Digits,
    /// Personal data: never exported, never shown without need.
    Personal,
}

/// An area that people write in.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct AreaSpec {
    /// Unique in the form: `q3-note`.
    pub id: String,
    /// What it is for.
    pub kind: AreaKind,
    /// Its place, mm.
    pub rect: MmRect,
}

/// The image of a blank page, upright, that a learned form is compared with.
#[derive(Clone)]
pub struct Reference {
    /// Gray pixels, whole paper.
    pub image: Arc<GrayImage>,
    /// Pixels per mm, in x and in y.
    pub px_per_mm: (f64, f64),
}

impl std::fmt::Debug for Reference {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (w, h) = self.image.dimensions();
        write!(f, "Reference({w}x{h} px, {:?} px/mm)", self.px_per_mm)
    }
}

impl PartialEq for Reference {
    fn eq(&self, other: &Self) -> bool {
        self.px_per_mm == other.px_per_mm && self.image.as_raw() == other.image.as_raw()
    }
}

/// How people were told to take a mark back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Correction {
    /// Nothing was said: a filled box is a marked box.
    #[default]
    None,
    /// A box that is filled completely is taken back.
    FillCancels,
    /// A box with a circle around it is taken back.
    CircleCancels,
}

/// A printed word.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PrintedWord {
    /// What encloses it tightly, mm.
    pub rect: MmRect,
    /// Area of its letters, mm².
    pub black_mm2: f64,
}

/// One page: one side of one sheet.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageLayout {
    /// Number from 1.
    pub page: u32,
    /// Size of the paper, mm.
    pub size: MmSize,
    /// Every checkbox.
    pub boxes: Vec<BoxSpec>,
    /// Every anchor.
    pub anchors: Vec<Anchor>,
    /// Every code.
    pub codes: Vec<CodeSpec>,
    /// Every writing area.
    pub areas: Vec<AreaSpec>,
    /// Rectangles that tightly enclose what is printed besides boxes, anchors
    /// and codes (lines of text, rules), mm: ink there is expected.
    pub ink: Vec<MmRect>,
    /// Every printed word of a designed form. (Not in the fingerprint: what is printed is
    /// the same with and without them.)
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub words: Vec<PrintedWord>,
    /// The blank page's image, for learned forms; kept in a file of its own.
    #[serde(skip)]
    pub reference: Option<Reference>,
}

/// Where everything of one form at one version is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Layout {
    /// Id of the form.
    pub form: String,
    /// Version of the form, from 1.
    pub version: u32,
    /// Fingerprint of everything that matters for reading; printed into the
    /// codes of designed forms, so that a sheet is never read by another
    /// version's layout. Ten characters of Crockford base32 (50 bits).
    pub digest: String,
    /// How a mark is taken back on this form.
    #[serde(default)]
    pub correction: Correction,
    /// All questions of the form, in the order of the paper.
    pub questions: Vec<QuestionSpec>,
    /// All pages, in order.
    pub pages: Vec<PageLayout>,
}

impl Layout {
    /// The question with this id.
    #[must_use]
    pub fn question(&self, id: &str) -> Option<&QuestionSpec> {
        self.questions.iter().find(|q| q.id == id)
    }

    /// The page with this number (from 1).
    #[must_use]
    pub fn page(&self, number: u32) -> Option<&PageLayout> {
        self.pages.iter().find(|p| p.page == number)
    }
}
