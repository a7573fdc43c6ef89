//! Setting text: faces, shaping, lines.

mod face;
mod outline;
mod paragraph;
mod shape;
mod words;

pub(crate) use face::Face;
pub(crate) use outline::Outline;
pub(crate) use paragraph::{Align, Element, Paragraph, Picture, Piece, Style};
pub(crate) use shape::{PT_MM, Run, shape};
pub(crate) use words::WordInk;
