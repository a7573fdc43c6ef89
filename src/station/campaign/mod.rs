//! The campaign: one survey drive, as a person writes it in campaign.toml.

mod box_channels;
mod changes;
mod day;
mod parse;
mod progress;
mod shipped;
mod versions;

use std::collections::HashMap;
use std::path::PathBuf;

pub use crate::store::Channel;
pub use box_channels::BoxChannels;
pub use changes::{Change, changes};
pub use day::Day;
pub use progress::{
    Counts, FormProgress, Standing, UnitProgress, WithBelow, form_progress, standing, unit_progress,
};
pub use shipped::ShippedCampaign;
pub use versions::{Changed, forms_of};

/// A campaign, checked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Campaign {
    /// For people.
    pub name: String,
    /// By what decisions it is held, one a line.
    pub legal_basis: Vec<String>,
    /// The office that makes the report of it.
    pub reporting_office: Option<String>,
    /// First day of collecting.
    pub starts: Option<Day>,
    /// Last day of collecting.
    pub ends: Option<Day>,
    /// Up to when images are kept.
    pub keep_until: Option<Day>,
    /// Day by which results must be there, where nothing nearer is said.
    pub deadline: Option<Day>,
    /// Ways in which ballots come in.
    pub channels: Vec<Channel>,
    /// Ids of its forms.
    pub forms: Vec<String>,
    /// What should come of each form in the whole campaign.
    pub quotas: Vec<Quota>,
    /// Folders of forms, beside those that ship; made absolute or relative to
    /// where the program runs.
    pub templates: Vec<PathBuf>,
    /// Its units as a tree: each is followed by those below it, neighbours in the
    /// order of the file.
    pub units: Vec<CampaignUnit>,
    /// Its boxes.
    pub boxes: Vec<CampaignBox>,
    /// The file as it was read.
    pub source: String,
}

/// A unit of a campaign.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct CampaignUnit {
    /// Unique in the campaign; may be printed in the codes.
    pub id: String,
    /// For people.
    pub name: Option<String>,
    /// The unit above it.
    pub parent: Option<String>,
    /// Town or countryside.
    pub area: Option<Area>,
    /// Ballots that it should collect itself, of all forms; those of the units
    /// below it are theirs.
    pub quota: Option<u32>,
    /// People whom it could ask (those who had business with it), without those of
    /// the units below: indices are more certain the larger a part of them answered.
    pub population: Option<u64>,
    /// Day by which it must have them.
    pub deadline: Option<Day>,
    /// What it should collect of each form.
    pub quotas: Vec<Quota>,
}

/// What should come of one form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quota {
    /// Which form.
    pub form: String,
    /// In which way; `None`: in whatever way.
    pub channel: Option<Channel>,
    /// How many ballots.
    pub quota: Option<u32>,
    /// By when.
    pub deadline: Option<Day>,
}

/// A ballot box of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignBox {
    /// Unique in its unit.
    pub id: String,
    /// The unit that it stands in.
    #[serde(default)]
    pub unit: Option<String>,
    /// How its ballots come in: at the counter, where nothing is said, or by post.
    #[serde(default)]
    pub channel: Option<Channel>,
}

/// Where a unit lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// Thành thị.
    Urban,
    /// Nông thôn.
    Rural,
}

impl Area {
    /// As campaign.toml has it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Urban => "urban",
            Self::Rural => "rural",
        }
    }

    /// For people: Vietnamese and English.
    #[must_use]
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Urban => ("thành thị", "urban"),
            Self::Rural => ("nông thôn", "rural"),
        }
    }
}

impl CampaignUnit {
    /// Ballots that it should collect of all forms and in all ways: the plain quota, or
    /// those of the forms added up.
    #[must_use]
    pub fn whole_quota(&self) -> Option<u32> {
        self.quota.or_else(|| sum(&self.quotas))
    }
}

fn sum(quotas: &[Quota]) -> Option<u32> {
    quotas
        .iter()
        .filter_map(|q| q.quota)
        .reduce(u32::saturating_add)
}

impl Campaign {
    /// The units with how many are above each, in their order.
    #[must_use]
    pub fn units_with_depth(&self) -> Vec<(usize, &CampaignUnit)> {
        let mut depths: HashMap<&str, usize> = HashMap::new();
        let with_depth = self.units.iter().map(|unit| {
            // They are a tree in order: who is above came before.
            let above = unit.parent.as_deref().and_then(|p| depths.get(p));
            let depth = above.map_or(0, |d| d + 1);
            depths.insert(&unit.id, depth);
            (depth, unit)
        });
        with_depth.collect()
    }

    /// A unit by its id.
    #[must_use]
    pub fn unit(&self, id: &str) -> Option<&CampaignUnit> {
        self.units.iter().find(|u| u.id == id)
    }

    /// By when a unit must have its ballots (of this form): as is said for the
    /// form at the unit, else for the unit, else the same of the units above it,
    /// else for the form in the whole campaign, else for the campaign, else the
    /// last day of collecting.
    #[must_use]
    pub fn deadline_of(&self, unit: Option<&str>, form: Option<&str>) -> Option<Day> {
        let of_form = |quotas: &[Quota]| {
            quotas
                .iter()
                .filter(|q| form == Some(&q.form))
                .find_map(|q| q.deadline)
        };
        let mut at = unit.and_then(|u| self.unit(u));
        // Checked when the file was read: no unit is above itself.
        while let Some(u) = at {
            if let Some(day) = of_form(&u.quotas).or(u.deadline) {
                return Some(day);
            }
            at = u.parent.as_deref().and_then(|p| self.unit(p));
        }
        of_form(&self.quotas).or(self.deadline).or(self.ends)
    }

    /// Ballots of this form that should come in all: as is said for the whole
    /// campaign, else what its units should collect of it.
    #[must_use]
    pub fn quota_of_form(&self, form: &str) -> Option<u32> {
        let of = |quotas: &[Quota]| {
            let wanted: Vec<Quota> = quotas.iter().filter(|q| q.form == form).cloned().collect();
            sum(&wanted)
        };
        of(&self.quotas).or_else(|| {
            let parts = self
                .units
                .iter()
                .filter_map(|u| match self.forms.as_slice() {
                    // With a single form, every quota is of it.
                    [only] if only == form => u.whole_quota(),
                    _ => of(&u.quotas),
                });
            parts.reduce(u32::saturating_add)
        })
    }
}
