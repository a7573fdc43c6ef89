//! A form as its author writes it: `form.toml`.

mod check;
mod model;
mod near;
mod parse;
mod raw;
#[cfg(test)]
mod tests;
mod words;

pub use model::{
    Choice, DigitsField, Form, Grid, GridRow, Inline, Item, ItemKind, Language, Question, Text,
    WritingArea, WritingField,
};
pub use model::{Office, Paper};
pub(crate) use near::nearest;
pub use parse::parse;
