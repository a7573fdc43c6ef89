//! What a form is: its questions, its geometry on paper, printing it,
//! learning it from a scan of a blank sheet.

pub mod code;
mod compose;
mod design;
mod error;
pub mod frame;
mod geometry_json;
mod index_spec;
mod layout;
pub mod learned;
mod library;
mod meaning;
pub(crate) mod paper;
mod print;
pub(crate) mod text;

pub(crate) use compose::{Draw, paragraph};
pub use compose::{Sheet, violations};
pub use design::{
    Choice, DigitsField, Form, Grid, GridRow, Inline, Item, ItemKind, Language, Office, Paper,
    Question, Text, WritingArea, WritingField, parse,
};
pub use error::{FormError, Position};
pub use geometry_json::Geometry;
pub use index_spec::{Blank, Content, Factor, IndexRules, Weights};
pub use layout::{
    Anchor, AnchorKind, AreaKind, AreaSpec, BoxShape, BoxSpec, CodeKind, CodeSpec, Correction,
    Layout, PageLayout, PrintedWord, QuestionKind, QuestionSpec, Reference,
};
pub use library::{Library, LoadedForm, Source};
pub use meaning::{ChoiceMeaning, Meaning, QuestionMeaning};
pub use print::{Job, pdf, print};
pub(crate) use print::{Plain, plain_pdf};
