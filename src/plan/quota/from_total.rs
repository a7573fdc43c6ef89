//! Quotas out of a total for each form, divided among units and channels.

use super::Draft;
use crate::plan::PlanError;
use crate::plan::allocate::{Share, cross, equal, proportional, rest_to};
use crate::plan::size::Division;
use crate::sheet::folded;
use crate::station::{CampaignUnit, Channel};

/// A unit and how much it counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitWeight {
    /// The unit.
    pub unit: CampaignUnit,
    /// In proportion to this.
    pub weight: u64,
}

/// How a total is divided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TotalRules {
    /// By form; without a form it is of all forms together.
    pub totals: Vec<(Option<String>, u64)>,
    /// In proportion or equally.
    pub division: Division,
    /// Fewest of a form for each unit.
    pub least: u64,
    /// This unit takes what is left when all have the whole part of their share.
    pub rest_to: Option<String>,
    /// Channels and how much each counts; empty: in whatever way.
    pub channels: Vec<(Channel, u64)>,
}

/// Divides totals among units; `draft` has the campaign that they are for, or nothing.
///
/// # Errors
/// Nobody to divide among, or bounds that cannot be kept.
pub fn from_total(
    mut draft: Draft,
    units: &[UnitWeight],
    rules: &TotalRules,
) -> Result<Draft, PlanError> {
    if units.is_empty() {
        return Err(PlanError::NoStrata);
    }
    let mut places = Vec::new();
    for u in units {
        match draft.units.iter().position(|d| d.id == u.unit.id) {
            Some(place) if places.contains(&place) => {
                return Err(PlanError::StratumTwice(u.unit.id.clone()));
            }
            Some(place) => places.push(place),
            None => {
                places.push(draft.units.len());
                draft.units.push(u.unit.clone());
            }
        }
    }
    for (form, total) in &rules.totals {
        if let Some(form) = form
            && !draft.in_campaign
            && !draft.forms.contains(form)
        {
            draft.forms.push(form.clone());
        }
        let rows = by_unit(*total, units, rules)?;
        if rules.channels.is_empty() || form.is_none() {
            for (place, n) in places.iter().zip(rows) {
                draft.set(*place, form.as_deref(), None, n)?;
            }
            continue;
        }
        let weights: Vec<Share> = rules.channels.iter().map(|(_, w)| Share::of(*w)).collect();
        let cells = cross(&rows, &proportional(*total, &weights)?);
        for (place, line) in places.iter().zip(cells) {
            for ((channel, _), n) in rules.channels.iter().zip(line) {
                draft.set(*place, form.as_deref(), Some(*channel), n)?;
            }
        }
    }
    for (channel, _) in &rules.channels {
        if !draft.in_campaign && !draft.channels.contains(channel) {
            draft.channels.push(*channel);
        }
    }
    draft.add_up()?;
    Ok(draft)
}

fn by_unit(total: u64, units: &[UnitWeight], rules: &TotalRules) -> Result<Vec<u64>, PlanError> {
    let weights: Vec<u64> = match rules.division {
        Division::Proportional => units.iter().map(|u| u.weight).collect(),
        Division::Equal => vec![1; units.len()],
    };
    if let Some(name) = &rules.rest_to {
        let wanted = folded(name);
        let is = |u: &UnitWeight| {
            u.unit.id == *name || u.unit.name.as_deref().is_some_and(|n| folded(n) == wanted)
        };
        let place = units.iter().position(is);
        let place = place.ok_or_else(|| PlanError::NoRestUnit(name.clone()))?;
        return rest_to(total, &weights, place);
    }
    let shares: Vec<Share> = weights
        .into_iter()
        .map(|weight| Share {
            least: rules.least,
            ..Share::of(weight)
        })
        .collect();
    match rules.division {
        Division::Proportional => proportional(total, &shares),
        Division::Equal => equal(total, &shares),
    }
}
