//! What can be wrong with a form, said so that its author can mend it.

use std::path::PathBuf;

use super::code::{CodeError, KeyError};

/// A place in a form.toml, for people: both from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Position {
    /// Line.
    pub line: usize,
    /// Column, in characters.
    pub column: usize,
}

/// Why a form cannot be had, laid out or printed.
#[derive(Debug, thiserror::Error)]
pub enum FormError {
    /// Something in a form.toml that its author must change.
    #[error("{file}:{}:{}: {what}; {fix}", at.line, at.column)]
    Mistake {
        /// The file as it was named, or `templates/…` for a shipped form.
        file: String,
        /// Where.
        at: Position,
        /// What is wrong.
        what: String,
        /// What to do about it.
        fix: String,
    },
    /// A file could not be read or written.
    #[error("{}: {source}; check the path and its permissions", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Nothing has this name.
    #[error("no form is called {name:?}; {hint}")]
    Unknown {
        /// What was asked for.
        name: String,
        /// Which forms there are, or the nearest one.
        hint: String,
    },
    /// A folder was given that does not hold exactly one form.
    #[error("{}: the folder holds {count} forms (form.toml); name one of them", path.display())]
    NotOneForm {
        /// The folder.
        path: PathBuf,
        /// How many.
        count: usize,
    },
    /// Two forms at hand have the same id and version but are not the same.
    #[error(
        "form {id} version {version} is there twice: {first} and {second}; change one's id or version"
    )]
    Twice {
        /// Form id.
        id: String,
        /// Form version.
        version: u32,
        /// One file.
        first: String,
        /// The other.
        second: String,
    },
    /// A learned form's folder is incomplete or has a mistake.
    #[error(transparent)]
    LearnedFolder(#[from] super::learned::LearnedError),
    /// A form that was learned from a sheet has nothing to print.
    #[error(
        "form {0} was learned from a sheet that exists already; copy that sheet instead of printing it"
    )]
    Learned(String),
    /// A character that the fonts do not have.
    #[error("the character {character:?} (U+{:04X}) in {text:?} is not in the font; replace it", u32::from(*character))]
    MissingGlyph {
        /// The character.
        character: char,
        /// The text that it is in.
        text: String,
    },
    /// The payload cannot be made.
    #[error(transparent)]
    Code(#[from] CodeError),
    /// A key cannot be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// A font of the build cannot be used: the build is broken.
    #[error("the built-in font {0} cannot be used; install phieu again")]
    Font(&'static str),
    /// The PDF writer refused.
    #[error("the PDF could not be written: {0}; please report this with the form.toml")]
    Pdf(String),
    /// The layout breaks a rule of its own: a bug, found before it is printed.
    #[error("the layout of {form} breaks a rule: {detail}; please report this with the form.toml")]
    Rule {
        /// Form id.
        form: String,
        /// Which rule, where.
        detail: String,
    },
}
