//! What a form is once its form.toml was understood and found sound.

use crate::form::error::Position;
use crate::form::{Content, Correction, FormError, IndexRules, QuestionKind};
use crate::geometry::MmSize;

/// A language of the printed text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Language {
    /// Vietnamese.
    Vi,
    /// English.
    En,
}

/// A text in one or two languages.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Text {
    /// In the form's first language.
    pub first: String,
    /// In the form's second language, printed smaller and in italics.
    pub second: Option<String>,
}

/// Size of the paper, upright.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Paper {
    /// 210 × 297 mm (ISO 216).
    A4,
    /// 148 × 210 mm (ISO 216).
    A5,
    /// 8.5 × 11 in.
    Letter,
    /// 8.5 × 14 in.
    Legal,
}

impl Paper {
    /// Its size, mm.
    #[must_use]
    pub fn size(self) -> MmSize {
        match self {
            Self::A4 => MmSize::new(210.0, 297.0),
            Self::A5 => MmSize::new(148.0, 210.0),
            Self::Letter => MmSize::new(215.9, 279.4),
            Self::Legal => MmSize::new(215.9, 355.6),
        }
    }
}

/// Who asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Office {
    /// The superior office (cơ quan chủ quản).
    pub superior: Option<Text>,
    /// The issuing office (cơ quan ban hành).
    pub name: Text,
}

/// One possible answer.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// Unique in its question.
    pub id: String,
    /// What is printed.
    pub text: Text,
    /// A line to write on beside it (`xin ghi rõ`).
    pub note: Option<WritingArea>,
    /// Counts as satisfied in the index; `None` where the form does not say.
    pub satisfied: Option<bool>,
    /// Points for means.
    pub score: Option<f64>,
    /// Left out of index and mean (`không có ý kiến`).
    pub excluded: bool,
}

/// A writing area that belongs to a choice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WritingArea {
    /// Unique in the form.
    pub id: String,
    /// What is printed before the line.
    pub text: Text,
}

/// How choices stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Inline {
    /// Side by side where they fit.
    Auto,
    /// Below each other.
    Lines,
    /// In so many columns, row by row.
    Columns(u32),
}

/// A question with its boxes.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    /// Unique in the form.
    pub id: String,
    /// What is printed before the text (`Câu 1.`); empty for nothing.
    pub label: String,
    /// The question.
    pub text: Text,
    /// One answer or several.
    pub kind: QuestionKind,
    /// Most answers of a `Multiple` question.
    pub max_choices: Option<u32>,
    /// A blank answer is an omission.
    pub required: bool,
    /// The answers.
    pub choices: Vec<Choice>,
    /// How they stand.
    pub layout: Inline,
    /// Asked the other way round: what its choices call satisfied is not.
    pub reversed: bool,
}

/// One row of a grid: a question of its own.
#[derive(Debug, Clone, PartialEq)]
pub struct GridRow {
    /// Id of the question; unique in the form.
    pub id: String,
    /// What is printed before the text.
    pub label: String,
    /// The question.
    pub text: Text,
    /// A blank answer is an omission.
    pub required: bool,
    /// Asked the other way round: what the choices call satisfied is not.
    pub reversed: bool,
    /// Where it is in the file.
    pub at: Position,
}

/// Questions that share their choices: one a row, choices in columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid {
    /// Unique in the form.
    pub id: String,
    /// Heading of the rows (a factor, `yếu tố`).
    pub text: Option<Text>,
    /// The columns.
    pub choices: Vec<Choice>,
    /// The rows.
    pub rows: Vec<GridRow>,
}

/// Room for handwriting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WritingField {
    /// Unique in the form.
    pub id: String,
    /// What is printed before or above.
    pub text: Text,
    /// Dotted lines.
    pub lines: u32,
    /// The first line begins right after the text.
    pub inline: bool,
    /// Personal data: kept out of exports.
    pub personal: bool,
}

/// Boxes for single digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DigitsField {
    /// Unique in the form.
    pub id: String,
    /// What is printed before them.
    pub text: Text,
    /// Numbers of cells, with a hyphen between groups.
    pub groups: Vec<u32>,
    /// At the right margin.
    pub right: bool,
}

/// What stands on the form, from top to bottom.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemKind {
    /// A heading.
    Section(Text),
    /// Words to the reader.
    Note(Text),
    /// A question.
    Question(Question),
    /// A grid of questions.
    Grid(Grid),
    /// Room for handwriting.
    Writing(WritingField),
    /// Boxes for digits.
    Digits(DigitsField),
    /// How to mark; where there is none, it stands below the title.
    Instructions,
    /// What follows stands on a new page.
    PageBreak,
}

/// One item of the form.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// What it is.
    pub kind: ItemKind,
    /// It stands to the right of the item before.
    pub beside: bool,
    /// Where it is in the file.
    pub at: Position,
}

/// A form, understood and sound.
#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    /// The file that it came from, as people should see it.
    pub file: String,
    /// Id: lower-case letters, digits, `-`.
    pub id: String,
    /// Version, from 1.
    pub version: u32,
    /// Paper.
    pub paper: Paper,
    /// First and perhaps second language.
    pub languages: Vec<Language>,
    /// Who asks.
    pub office: Option<Office>,
    /// Print quốc hiệu and tiêu ngữ.
    pub national_header: bool,
    /// Name of the form (`PHIẾU KHẢO SÁT`).
    pub title: Text,
    /// What it is about.
    pub subtitle: Option<Text>,
    /// By which plan or decision.
    pub basis: Option<Text>,
    /// Own words instead of the usual instructions; `Some` of an empty list
    /// for none at all.
    pub instructions: Option<Vec<Text>>,
    /// How wrong marks are taken back.
    pub correction: Correction,
    /// Thanks.
    pub closing: Option<Text>,
    /// Everything else.
    pub items: Vec<Item>,
    /// How its index is made up.
    pub index: IndexRules,
    /// Its contents and their factors; empty where it names none.
    pub contents: Vec<Content>,
    /// Where the title is in the file.
    pub at: Position,
}

impl Form {
    /// Every question in the order of the paper: id, text, kind, choices.
    pub fn questions(&self) -> impl Iterator<Item = (&str, &Text, QuestionKind, &[Choice])> {
        self.items.iter().flat_map(|item| {
            let mut found = Vec::new();
            match &item.kind {
                ItemKind::Question(q) => {
                    found.push((q.id.as_str(), &q.text, q.kind, q.choices.as_slice()));
                }
                ItemKind::Grid(g) => found.extend(g.rows.iter().map(|row| {
                    (
                        row.id.as_str(),
                        &row.text,
                        QuestionKind::Single,
                        g.choices.as_slice(),
                    )
                })),
                _ => {}
            }
            found
        })
    }

    /// A mistake of this form's author.
    pub(crate) fn mistake(
        &self,
        at: Position,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> FormError {
        FormError::Mistake {
            file: self.file.clone(),
            at,
            what: what.into(),
            fix: fix.into(),
        }
    }
}
