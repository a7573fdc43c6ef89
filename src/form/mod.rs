//! What a form is: its questions, its geometry on paper, printing it,
//! learning it from a scan of a blank sheet.

pub mod code;
pub mod frame;
mod layout;
pub mod learned;

pub use layout::{
    Anchor, AnchorKind, AreaKind, AreaSpec, BoxShape, BoxSpec, CodeKind, CodeSpec, Correction,
    Layout, PageLayout, QuestionKind, QuestionSpec, Reference,
};
