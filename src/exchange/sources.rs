//! Which units have reported, and which are missing or late.

use std::collections::BTreeMap;

use super::ExchangeError;
use crate::station::{Campaign, LocalTime, UnitProgress, unit_progress};
use crate::store::{SourceKind, SourceRow, Store};

/// What came from outside, and how that stands against the plan.
#[derive(Debug)]
pub struct Sources {
    /// Everything that came in, oldest first.
    pub lines: Vec<SourceLine>,
    /// The units of the campaign with the ballots of this station and of all that
    /// came in.
    pub units: Vec<UnitProgress>,
}

/// One thing that came in.
#[derive(Debug)]
pub struct SourceLine {
    /// As it is in the station.
    pub row: SourceRow,
    /// Of a package: the station and its revision.
    pub package: Option<(String, i64)>,
    /// Units of its ballots.
    pub units: Vec<String>,
}

/// Looks through all that came in.
///
/// # Errors
/// The database cannot be read.
pub fn sources(store: &Store) -> Result<Sources, ExchangeError> {
    let lines = store.sources()?.into_iter().map(|row| {
        let units = row.detail["units"].as_array();
        SourceLine {
            package: match &row.kind {
                SourceKind::Package { station, revision } => Some((station.clone(), *revision)),
                SourceKind::Online => None,
            },
            units: units
                .into_iter()
                .flatten()
                .filter_map(|u| u.as_str().map(str::to_owned))
                .collect(),
            row,
        }
    });
    let lines = lines.collect();
    let ballots = store.ballot_counts()?;
    let campaign = match store.campaign()? {
        Some(c) => Campaign::of_source(&c.source)?,
        None => Campaign::default(),
    };
    let forms = store.forms()?;
    let forms: BTreeMap<i64, String> = forms
        .into_iter()
        .map(|f| (f.key.number(), f.layout.form))
        .collect();
    let units = match LocalTime::of(store)?.today(store)? {
        Some(today) => unit_progress(&campaign, &store.units()?, &forms, &ballots, today),
        None => Vec::new(),
    };
    Ok(Sources { lines, units })
}
