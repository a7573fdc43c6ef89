//! The workbook of a station: its figures in all groups, beside its plan.

use std::io::Write;

use super::{Plan, XlsxOptions, to_the_second, write_xlsx};
use crate::lang::Lang;
use crate::station::{Campaign, LocalTime};
use crate::store::Store;
use crate::tally::index::{By, IndexOptions, IndexReport};
use crate::tally::report::index_options;
use crate::tally::{Tally, TallyError, TallyFilter};

/// What a workbook is to have.
#[derive(Debug, Clone, Default)]
pub struct WorkbookOptions {
    /// What is counted; the same as of the figures that are given.
    pub filter: TallyFilter,
    /// Figures of fewer respondents are withheld; 0: none.
    pub suppress: u64,
    /// Its language.
    pub lang: Lang,
}

/// The name of this program and its version, as files have it.
#[must_use]
pub fn program() -> String {
    format!("phieu {}", env!("CARGO_PKG_VERSION"))
}

/// The index as files have it: by the campaign's rules, in all groups.
///
/// # Errors
/// The campaign cannot be read.
pub fn whole_index(store: &Store, filter: TallyFilter) -> Result<IndexOptions, TallyError> {
    let options = campaign(store)?.map_or_else(IndexOptions::default, |c| index_options(&c));
    Ok(IndexOptions {
        filter,
        by: vec![By::Unit, By::Area, By::Channel, By::Field, By::Month],
        ..options
    })
}

/// Writes the workbook of these figures.
///
/// # Errors
/// The database refuses, the workbook cannot be made, or the writer fails.
pub fn write_workbook(
    store: &Store,
    tally: &Tally,
    index: &IndexReport,
    options: &WorkbookOptions,
    out: impl Write,
) -> Result<(), TallyError> {
    let options = XlsxOptions {
        filter: options.filter.clone(),
        plan: campaign(store)?.map_or_else(Plan::default, |c| Plan::of(&c)),
        suppress: options.suppress,
        generated: to_the_second(&store.now()?),
        local_time: LocalTime::of(store)?,
        program: program(),
        lang: options.lang,
    };
    write_xlsx(store, tally, index, &options, out)
}

fn campaign(store: &Store) -> Result<Option<Campaign>, TallyError> {
    let row = store.campaign()?;
    let parsed = row.map(|c| Campaign::of_source(&c.source)).transpose();
    parsed.map_err(|e| TallyError::Station(Box::new(e)))
}
