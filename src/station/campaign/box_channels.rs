//! How the paper of each box comes in: what the campaign says of its boxes. Derived
//! each time, so that a correction of the campaign corrects the figures.

use std::collections::HashMap;

use super::{Campaign, Channel};
use crate::station::StationError;
use crate::store::Store;

/// The channel of each box; of a box of which nothing is said, and of ballots without
/// one, the counter.
#[derive(Debug, Clone, Default)]
pub struct BoxChannels(HashMap<Option<String>, HashMap<String, Channel>>);

impl BoxChannels {
    /// As a campaign says.
    #[must_use]
    pub fn of(campaign: &Campaign) -> Self {
        let mut all: HashMap<Option<String>, HashMap<String, Channel>> = HashMap::new();
        for b in &campaign.boxes {
            if let Some(channel) = b.channel {
                let of_unit = all.entry(b.unit.clone()).or_default();
                of_unit.insert(b.id.clone(), channel);
            }
        }
        Self(all)
    }

    /// As the campaign of a station says.
    ///
    /// # Errors
    /// The campaign cannot be read.
    pub fn of_station(store: &Store) -> Result<Self, StationError> {
        Ok(match store.campaign()? {
            Some(row) => Self::of(&Campaign::of_source(&row.source)?),
            None => Self::default(),
        })
    }

    /// Of a ballot of this unit out of this box. A box without a unit may hold ballots
    /// of any.
    #[must_use]
    pub fn of_box(&self, unit: Option<&str>, name: Option<&str>) -> Channel {
        let Some(name) = name.filter(|_| !self.0.is_empty()) else {
            return Channel::Counter;
        };
        let own = self.0.get(&unit.map(str::to_owned));
        own.and_then(|boxes| boxes.get(name))
            .or_else(|| self.0.get(&None)?.get(name))
            .copied()
            .unwrap_or(Channel::Counter)
    }
}
