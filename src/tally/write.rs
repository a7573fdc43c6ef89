//! The tally for programs: JSON and CSV.

use std::io::Write;

use super::{QuestionTally, Tally, TallyError};

/// Writes one JSON object, indented, with a newline at the end.
///
/// # Errors
/// The writer fails.
pub fn write_json(tally: &Tally, mut out: impl Write) -> Result<(), TallyError> {
    serde_json::to_writer_pretty(&mut out, tally).map_err(std::io::Error::from)?;
    out.write_all(b"\n")?;
    Ok(())
}

/// Writes CSV (UTF-8, a header line): a line for every form, unit, question
/// and value. `unit` is empty in the lines over all units of a form, and `?`
/// for ballots whose unit nobody knows. `kind` is `choice`, for which `value`
/// is the choice's id, or `state`, for which it is `answered`, `blank`,
/// `invalid` or `pending`.
///
/// # Errors
/// The writer fails.
pub fn write_csv(tally: &Tally, out: impl Write) -> Result<(), TallyError> {
    let mut csv = csv::Writer::from_writer(out);
    let header = [
        "form", "version", "unit", "question", "kind", "value", "count",
    ];
    csv.write_record(header).map_err(std::io::Error::from)?;
    for form in &tally.forms {
        let version = form.version.to_string();
        let mut lines = |unit: &str, questions: &[QuestionTally]| -> Result<(), std::io::Error> {
            for q in questions {
                let choices = q
                    .choices
                    .iter()
                    .map(|c| ("choice", c.choice.as_str(), c.count));
                let states = [
                    ("state", "answered", q.answered),
                    ("state", "blank", q.blank),
                    ("state", "invalid", q.invalid),
                    ("state", "pending", q.pending),
                ];
                for (kind, value, count) in choices.chain(states) {
                    csv.write_record([
                        &form.form,
                        &version,
                        unit,
                        &q.question,
                        kind,
                        value,
                        &count.to_string(),
                    ])?;
                }
            }
            Ok(())
        };
        lines("", &form.questions)?;
        for unit in &form.units {
            lines(unit.unit.as_deref().unwrap_or("?"), &unit.questions)?;
        }
    }
    csv.flush()?;
    Ok(())
}
