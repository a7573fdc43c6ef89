//! A form as its author writes it: `form.toml`.

mod check;
mod model;
mod parse;
mod raw;

pub use model::{
    Choice, DigitsField, Form, Grid, GridRow, Inline, Item, ItemKind, Language, Question, Text,
    WritingArea, WritingField,
};
pub use model::{Office, Paper};
pub(crate) use parse::nearest;
pub use parse::parse;
