//! Images are kept up to a day that the campaign names, and are removed after it:
//! provably, with figures and hashes left as they are.
//!
//! - [`standing`]: what is kept, is it due, and what would stand in the way.
//! - [`Remover::check`] says whether it may be done, [`Remover::begin`] writes it down,
//!   [`Remover::finish`] removes and writes down the end. Whatever happens between the
//!   two, finishing again completes it; nothing is deleted that was not written down.
//! - [`record_pdf`] is what is signed.

mod files;
mod hindrance;
mod record;
mod remove;

pub use files::{loose_files, returned};
pub use hindrance::{Hindrance, Obstacle};
pub use record::{RecordError, record_pdf};
pub use remove::{Finished, Order, Plan, Refusal, Remover};

use super::{Campaign, Day, LocalTime, Station, StationError};
use crate::store::{Removable, RemovalRow, Store, Unrecorded};

/// May images be removed?
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// The station has no campaign that could name a day.
    NoCampaign,
    /// The campaign names no day: images are never due.
    NoDay,
    /// So many days are left to the last one on which they are kept, that one included.
    NotYet {
        /// Up to when they are kept.
        keep_until: Day,
        /// Days from today to the first day on which they may be removed.
        days: i64,
    },
    /// The last day has passed.
    Since {
        /// Up to when they were kept.
        keep_until: Day,
        /// Version of the campaign that says so.
        campaign: i64,
    },
}

impl Due {
    /// By the campaign that holds and the day in the office.
    ///
    /// # Errors
    /// The campaign or the clock cannot be read.
    pub fn of(store: &Store) -> Result<Self, StationError> {
        let versions = store.campaign_versions()?;
        let Some(row) = versions.last() else {
            return Ok(Self::NoCampaign);
        };
        let Some(keep_until) = Campaign::of_source(&row.source)?.keep_until else {
            return Ok(Self::NoDay);
        };
        // A clock that says no day is no reason to destroy anything.
        let today = LocalTime::of(store)?.today(store)?;
        Ok(Self::on(keep_until, row.version, today))
    }

    fn on(keep_until: Day, campaign: i64, today: Option<Day>) -> Self {
        // The day itself is the last one on which images are kept.
        match today.map(|t| t.days_until(keep_until) + 1) {
            Some(days) if days <= 0 => Self::Since {
                keep_until,
                campaign,
            },
            days => Self::NotYet {
                keep_until,
                days: days.unwrap_or(i64::MAX),
            },
        }
    }

    /// The day that the campaign names.
    #[must_use]
    pub fn keep_until(self) -> Option<Day> {
        match self {
            Self::NoCampaign | Self::NoDay => None,
            Self::NotYet { keep_until, .. } | Self::Since { keep_until, .. } => Some(keep_until),
        }
    }

    /// May they be removed today?
    #[must_use]
    pub fn is_due(self) -> bool {
        matches!(self, Self::Since { .. })
    }
}

/// What a station keeps of its ballots' images, and where that stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// What a removal would take.
    pub kept: Removable,
    /// Files without a record, with what they are.
    pub loose: Vec<Unrecorded>,
    /// May it be removed today?
    pub due: Due,
    /// What would stand in its way. Whether everything is whole is only checked when
    /// images are removed: it reads all of them.
    pub hindrances: Vec<Hindrance>,
    /// What was removed before.
    pub removals: Vec<RemovalRow>,
    /// Files of removed images that are there, of removals that ended: somebody put
    /// them back.
    pub returned: u64,
}

impl Standing {
    /// The removal that was begun and did not come to its end.
    #[must_use]
    pub fn unfinished(&self) -> Option<&RemovalRow> {
        self.removals.iter().find(|r| r.ended.is_none())
    }

    /// Is there anything that a removal would take?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.kept.images == 0 && self.kept.sketches == 0 && self.loose.is_empty()
    }

    /// Must a person run the removal?
    #[must_use]
    pub fn needs_person(&self) -> bool {
        self.unfinished().is_some() || self.returned > 0 || (self.due.is_due() && !self.is_empty())
    }
}

/// Looks. Changes nothing.
///
/// # Errors
/// The station cannot be read.
pub fn standing(station: &Station, store: &Store) -> Result<Standing, StationError> {
    let loose = loose_files(station, store)?;
    let removals = store.removals()?;
    let mut back = 0;
    for removal in removals.iter().filter(|r| r.ended.is_some()) {
        let images = store.images_of_removal(removal.number)?;
        back += returned(station, &images)?.len() as u64;
    }
    Ok(Standing {
        kept: store.removable()?,
        due: Due::of(store)?,
        hindrances: hindrance::all(store, loose.len() as u64)?,
        loose,
        removals,
        returned: back,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// "Kept up to the 31st" means that on the 31st they are still there.
    #[test]
    fn images_are_kept_on_the_last_day_and_are_due_on_the_next() {
        let day = |text| Day::parse(text).unwrap();
        let until = day("31/12/2027");
        let on = |today| Due::on(until, 3, Some(day(today)));
        let days = |due| match due {
            Due::NotYet { days, .. } => days,
            _ => 0,
        };
        assert_eq!(days(on("30/12/2027")), 2);
        assert_eq!(days(on("31/12/2027")), 1);
        assert!(!on("31/12/2027").is_due());
        assert!(on("1/1/2028").is_due());
        assert!(!Due::on(until, 3, None).is_due());
        assert_eq!(on("1/1/2030").keep_until(), Some(until));
        assert!(!Due::NoDay.is_due() && !Due::NoCampaign.is_due());
    }
}
