//! What the campaign says of itself, as far as exports show it.

use crate::station::{Campaign, CampaignUnit};

/// The plan that results are held against.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Plan {
    /// The office that makes the report.
    pub office: Option<String>,
    /// By what decisions the campaign is held.
    pub legal_basis: Vec<String>,
    /// First day of collecting, as it is written in Vietnam.
    pub starts: Option<String>,
    /// Last day of collecting.
    pub ends: Option<String>,
    /// Its units as a tree: each is followed by those below it.
    pub units: Vec<PlanUnit>,
    /// Its forms and how many ballots should come of each in all.
    pub forms: Vec<(String, Option<u64>)>,
}

/// What a unit should collect itself, without those below it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PlanUnit {
    /// Its id.
    pub id: String,
    /// How many units are above it.
    pub depth: u32,
    /// Ballots of all forms.
    pub quota: Option<u64>,
    /// By form.
    pub quotas: Vec<(String, u64)>,
}

impl Plan {
    /// What the campaign says, as far as exports show it. Quotas are of all channels.
    #[must_use]
    pub fn of(campaign: &Campaign) -> Self {
        let unit = |(depth, unit): (usize, &CampaignUnit)| {
            let mut quotas: Vec<(String, u64)> = Vec::new();
            for q in &unit.quotas {
                let Some(n) = q.quota.map(u64::from) else {
                    continue;
                };
                match quotas.iter_mut().find(|(form, _)| *form == q.form) {
                    Some((_, all)) => *all += n,
                    None => quotas.push((q.form.clone(), n)),
                }
            }
            let quota = unit.whole_quota().map(u64::from);
            // With a single form, every quota is of it.
            if let ([only], [], Some(quota)) = (&*campaign.forms, &*quotas, quota) {
                quotas.push((only.clone(), quota));
            }
            PlanUnit {
                id: unit.id.clone(),
                depth: u32::try_from(depth).unwrap_or(u32::MAX),
                quota,
                quotas,
            }
        };
        let form = |form: &String| (form.clone(), campaign.quota_of_form(form).map(u64::from));
        Self {
            office: campaign.reporting_office.clone(),
            legal_basis: campaign.legal_basis.clone(),
            starts: campaign.starts.map(|d| d.written()),
            ends: campaign.ends.map(|d| d.written()),
            units: campaign.units_with_depth().into_iter().map(unit).collect(),
            forms: campaign.forms.iter().map(form).collect(),
        }
    }
}
