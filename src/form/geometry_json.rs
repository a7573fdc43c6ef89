//! The geometry of a form as the command line prints it.

use serde::Serialize;

use super::{AreaKind, BoxShape, CodeKind, Layout, QuestionKind};
use crate::geometry::rect_array;

/// The object that `phieu form geometry --json` prints: lengths in mm from the
/// paper's top left corner, rectangles as `[x, y, width, height]`. Keys may be
/// added, never changed.
#[derive(Debug, Serialize)]
pub struct Geometry<'a> {
    form: &'a str,
    version: u32,
    questions: Vec<Question<'a>>,
    pages: Vec<Page<'a>>,
    digest: &'a str,
}

#[derive(Debug, Serialize)]
struct Question<'a> {
    id: &'a str,
    kind: QuestionKind,
    choices: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    max_choices: Option<u32>,
}

#[derive(Debug, Serialize)]
struct Page<'a> {
    page: u32,
    width_mm: f64,
    height_mm: f64,
    boxes: Vec<Box<'a>>,
    anchors: Vec<Anchor<'a>>,
    codes: Vec<Code>,
    areas: Vec<Area<'a>>,
    ink: Vec<[f64; 4]>,
}

#[derive(Debug, Serialize)]
struct Box<'a> {
    question: &'a str,
    choice: &'a str,
    rect_mm: [f64; 4],
    shape: BoxShape,
    outline_mm: f64,
}

#[derive(Debug, Serialize)]
struct Anchor<'a> {
    id: &'a str,
    rect_mm: [f64; 4],
}

#[derive(Debug, Serialize)]
struct Code {
    kind: CodeKind,
    rect_mm: [f64; 4],
}

#[derive(Debug, Serialize)]
struct Area<'a> {
    id: &'a str,
    kind: AreaKind,
    rect_mm: [f64; 4],
}

impl<'a> Geometry<'a> {
    /// The geometry of a layout.
    #[must_use]
    pub fn of(layout: &'a Layout) -> Self {
        let questions = layout.questions.iter().map(|q| Question {
            id: &q.id,
            kind: q.kind,
            choices: &q.choices,
            max_choices: q.max_choices,
        });
        let pages = layout.pages.iter().map(|p| Page {
            page: p.page,
            width_mm: p.size.width,
            height_mm: p.size.height,
            boxes: p
                .boxes
                .iter()
                .map(|b| Box {
                    question: &b.question,
                    choice: &b.choice,
                    rect_mm: rect_array(&b.rect),
                    shape: b.shape,
                    outline_mm: b.outline_mm,
                })
                .collect(),
            anchors: p
                .anchors
                .iter()
                .map(|a| Anchor {
                    id: &a.id,
                    rect_mm: rect_array(&a.rect),
                })
                .collect(),
            codes: p
                .codes
                .iter()
                .map(|c| Code {
                    kind: c.kind,
                    rect_mm: rect_array(&c.rect),
                })
                .collect(),
            areas: p
                .areas
                .iter()
                .map(|a| Area {
                    id: &a.id,
                    kind: a.kind,
                    rect_mm: rect_array(&a.rect),
                })
                .collect(),
            ink: p.ink.iter().map(rect_array).collect(),
        });
        Self {
            form: &layout.form,
            version: layout.version,
            questions: questions.collect(),
            pages: pages.collect(),
            digest: &layout.digest,
        }
    }
}
