//! The reader: from a page image to a [`PageReading`]. Pure: no files, no
//! clock, no database; the same input gives the same output on any machine.

mod reading;

pub use reading::{
    Answer, AnswerState, AreaReading, Mark, MarkState, PageReading, Problem, ProblemCode, Status,
};

use crate::form::Layout;
use crate::page::Scan;

/// What the reader is told besides the layouts.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Read every page as a page of this form; a page whose code names another
    /// form is a problem.
    pub form: Option<String>,
}

/// Reads page images by the layouts it was given.
#[derive(Debug)]
pub struct Reader {
    layouts: Vec<Layout>,
    options: ReadOptions,
}

impl Reader {
    /// A reader for these forms.
    #[must_use]
    pub fn new(layouts: Vec<Layout>, options: ReadOptions) -> Self {
        Self { layouts, options }
    }

    /// Reads one page image. Never fails: what cannot be read is said in the
    /// reading's status and problems.
    #[must_use]
    pub fn read(&self, scan: &Scan) -> PageReading {
        let _ = (scan, &self.layouts, &self.options);
        PageReading {
            form: None,
            version: None,
            page: None,
            serial: None,
            unit: None,
            ballot_box: None,
            status: Status::Unreadable,
            rotation: 0,
            answers: std::collections::BTreeMap::new(),
            marks: Vec::new(),
            areas: Vec::new(),
            problems: Vec::new(),
        }
    }
}
