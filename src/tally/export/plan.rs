//! What the campaign says of itself, as far as exports show it.

use crate::station::{Campaign, Quota};

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
        let sum = |quotas: &[Quota], form: &str| {
            quotas
                .iter()
                .filter(|q| q.form == form)
                .filter_map(|q| q.quota.map(u64::from))
                .reduce(u64::saturating_add)
        };
        let mut units: Vec<PlanUnit> = Vec::new();
        for unit in &campaign.units {
            let above = units.iter().find(|u| Some(&u.id) == unit.parent.as_ref());
            let depth = above.map_or(0, |u| u.depth + 1);
            let mut quotas: Vec<(String, u64)> = Vec::new();
            for q in &unit.quotas {
                if !quotas.iter().any(|(form, _)| *form == q.form)
                    && let Some(n) = sum(&unit.quotas, &q.form)
                {
                    quotas.push((q.form.clone(), n));
                }
            }
            // With a single form, every quota is of it.
            if let ([only], [], Some(quota)) = (&*campaign.forms, &*quotas, unit.quota) {
                quotas.push((only.clone(), u64::from(quota)));
            }
            let of_forms = quotas.iter().map(|q| q.1).reduce(u64::saturating_add);
            units.push(PlanUnit {
                id: unit.id.clone(),
                depth,
                quota: unit.quota.map(u64::from).or(of_forms),
                quotas,
            });
        }
        let forms = campaign
            .forms
            .iter()
            .map(|form| {
                let quota = sum(&campaign.quotas, form).or_else(|| {
                    let of_unit =
                        |u: &PlanUnit| u.quotas.iter().find(|q| q.0 == *form).map(|q| q.1);
                    units.iter().filter_map(of_unit).reduce(u64::saturating_add)
                });
                (form.clone(), quota)
            })
            .collect();
        Self {
            office: campaign.reporting_office.clone(),
            legal_basis: campaign.legal_basis.clone(),
            starts: campaign.starts.map(|d| d.written()),
            ends: campaign.ends.map(|d| d.written()),
            units,
            forms,
        }
    }
}
