//! All figures as one JSON object: the tally and the index, no ballot of them.

use std::io::Write;

use serde::Serialize;

use crate::tally::index::IndexReport;
use crate::tally::{Tally, TallyError};

/// Writes `{"tally": …, "index": …}`, each as its own command has it.
///
/// # Errors
/// The writer fails.
pub fn write_figures(
    tally: &Tally,
    index: &IndexReport,
    mut out: impl Write,
) -> Result<(), TallyError> {
    #[derive(Serialize)]
    struct Figures<'a> {
        tally: &'a Tally,
        index: &'a IndexReport,
    }
    serde_json::to_writer_pretty(&mut out, &Figures { tally, index })
        .map_err(std::io::Error::from)?;
    out.write_all(b"\n")?;
    out.flush()?;
    Ok(())
}
