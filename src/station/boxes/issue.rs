//! Papers of a box that are printed out of the station, each noted in the log.

use serde_json::json;

use super::{CoverOf, CoverPaper, MinutesPaper, covers_pdf, minutes_pdf};
use crate::form::FormError;
use crate::form::code::Key;
use crate::station::LocalTime;
use crate::store::{BoxRow, Head, Store, StoreError};

/// Why a paper is not printed.
#[derive(Debug, thiserror::Error)]
pub enum IssueError {
    /// The tally database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The paper itself.
    #[error(transparent)]
    Paper(#[from] FormError),
}

/// The minutes of a box as a PDF ready to sign, and the head of the log that stands
/// on them. `office`: the lines at the head; empty for the box's unit under the
/// unit above it.
///
/// # Errors
/// The box was not opened, a name cannot be printed, or the database refuses.
pub fn issue_minutes(
    store: &Store,
    row: &BoxRow,
    office: &[String],
) -> Result<(Vec<u8>, Head), IssueError> {
    let not_opened = || StoreError::BoxNotOpened(row.label());
    let openings = store.openings(row.key)?;
    let holds = openings.last().ok_or_else(not_opened)?;
    let campaign = store.campaign()?;
    let office = if office.is_empty() {
        office_of(store, row)?
    } else {
        office.to_vec()
    };
    // Noted first, so that the head on the paper stands for its printing too.
    store.event(
        "minutes-printed",
        &json!({ "box": row.name, "unit": row.unit, "number": holds.number }),
    )?;
    let head = store.log_head()?;
    let paper = MinutesPaper {
        campaign: campaign.as_ref().map(|c| c.name.as_str()),
        office: &office,
        ballot_box: row,
        openings: &openings,
        head: &head,
        local: LocalTime::of(store)?,
    };
    let bytes = minutes_pdf(&paper)?.ok_or_else(not_opened)?;
    Ok((bytes, head))
}

/// Cover sheets of boxes that are not closed, as one PDF.
///
/// # Errors
/// One of them is closed, a name cannot be printed, or the database refuses.
pub fn issue_covers(
    store: &Store,
    rows: &[BoxRow],
    paper: CoverPaper,
    key: &Key,
) -> Result<Vec<u8>, IssueError> {
    let mut minutes = Vec::new();
    for row in rows {
        if store.is_closed(row.key)? {
            return Err(StoreError::BoxClosed(row.label()).into());
        }
        minutes.push(store.openings(row.key)?.pop().map(|o| o.minutes));
    }
    let covers: Vec<CoverOf<'_>> = rows
        .iter()
        .zip(&minutes)
        .map(|(row, m)| CoverOf {
            ballot_box: row,
            minutes: m.as_ref(),
        })
        .collect();
    let campaign = store.campaign()?;
    let station = store.station()?;
    let name = campaign.as_ref().map(|c| c.name.as_str());
    let bytes = covers_pdf(name, &station.id, &covers, paper, key)?;
    let labels: Vec<String> = rows.iter().map(BoxRow::label).collect();
    store.event(
        "covers-printed",
        &json!({ "boxes": labels, "key": key.fingerprint() }),
    )?;
    Ok(bytes)
}

/// The unit of the box under the unit above it; without a unit nobody.
fn office_of(store: &Store, row: &BoxRow) -> Result<Vec<String>, StoreError> {
    let units = store.units()?;
    let find = |id: &str| units.iter().find(|u| u.unit == id);
    let name = |id: &str| {
        find(id)
            .and_then(|u| u.name.clone())
            .unwrap_or_else(|| id.to_owned())
    };
    let Some(unit) = &row.unit else {
        return Ok(Vec::new());
    };
    let above = find(unit).and_then(|u| u.parent.clone());
    Ok(above.iter().chain([unit]).map(|id| name(id)).collect())
}
