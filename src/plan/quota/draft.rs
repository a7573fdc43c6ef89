//! The lines of campaign.toml that say who collects how many.

use crate::plan::PlanError;
use crate::station::{Campaign, CampaignUnit, Channel, Quota};

/// Quotas that are to be written into a campaign.toml.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Ids of the forms.
    pub forms: Vec<String>,
    /// Ways in which ballots come in; empty: not said.
    pub channels: Vec<Channel>,
    /// Forms and channels are those of a campaign that is there, and are not written.
    pub in_campaign: bool,
    /// What should come of each form in all.
    pub quotas: Vec<Quota>,
    /// The units.
    pub units: Vec<CampaignUnit>,
}

impl Draft {
    /// Begins with what a campaign has; its units lose their quotas and keep the rest.
    #[must_use]
    pub fn of(campaign: Option<&Campaign>) -> Self {
        let Some(campaign) = campaign else {
            return Self::default();
        };
        let quiet = |q: &Quota| Quota {
            quota: None,
            ..q.clone()
        };
        let units = campaign.units.iter().map(|u| CampaignUnit {
            quota: None,
            quotas: u.quotas.iter().map(quiet).collect(),
            ..u.clone()
        });
        Self {
            forms: campaign.forms.clone(),
            channels: campaign.channels.clone(),
            in_campaign: true,
            quotas: campaign.quotas.iter().map(quiet).collect(),
            units: units.collect(),
        }
    }

    /// Sets a quota of a unit; without a form the plain one.
    pub(super) fn set(
        &mut self,
        unit: usize,
        form: Option<&str>,
        channel: Option<Channel>,
        quota: u64,
    ) -> Result<(), PlanError> {
        let narrow = u32::try_from(quota).map_err(|_| PlanError::Quota(quota))?;
        let Some(unit) = self.units.get_mut(unit) else {
            return Ok(());
        };
        match form {
            None => unit.quota = Some(narrow),
            Some(form) => put(&mut unit.quotas, form, channel, narrow),
        }
        Ok(())
    }

    /// Sets what should come in all to what the units add up to.
    pub(super) fn add_up(&mut self) -> Result<(), PlanError> {
        let mut sums: Vec<(String, Option<Channel>, u64)> = Vec::new();
        for quota in self.units.iter().flat_map(|u| &u.quotas) {
            let Some(n) = quota.quota else { continue };
            let same =
                |s: &&mut (String, Option<Channel>, u64)| s.0 == quota.form && s.1 == quota.channel;
            match sums.iter_mut().find(same) {
                Some(sum) => sum.2 = sum.2.saturating_add(u64::from(n)),
                None => sums.push((quota.form.clone(), quota.channel, u64::from(n))),
            }
        }
        let place = |form: &str| self.forms.iter().position(|f| f == form);
        sums.sort_by_key(|s| (place(&s.0), s.1));
        for (form, channel, sum) in sums {
            let narrow = u32::try_from(sum).map_err(|_| PlanError::Quota(sum))?;
            put(&mut self.quotas, &form, channel, narrow);
        }
        Ok(())
    }

    /// The lines, checked: they are read again by what reads campaign.toml, and say what
    /// was meant.
    ///
    /// # Errors
    /// The campaign would be refused.
    pub fn toml(&self) -> Result<String, PlanError> {
        let mut clean = self.clone();
        let said = |q: &Quota| q.quota.is_some() || q.deadline.is_some();
        clean.quotas.retain(said);
        for unit in &mut clean.units {
            unit.quotas.retain(said);
        }
        let text = clean.written();
        let read = clean.read(&text)?;
        if read.units != clean.units || read.quotas != clean.quotas {
            let differs = |(a, b): &(&CampaignUnit, &CampaignUnit)| a != b;
            let unit = read.units.iter().zip(&clean.units).find(differs);
            let what = unit.map_or_else(|| "quotas".to_owned(), |(u, _)| u.id.clone());
            return Err(PlanError::NotReadBack(what));
        }
        Ok(text)
    }

    /// The campaign that these lines make.
    ///
    /// # Errors
    /// As [`Self::toml`].
    pub fn campaign(&self) -> Result<Campaign, PlanError> {
        self.read(&self.toml()?)
    }

    /// A campaign of these lines and the least that is needed besides.
    fn read(&self, text: &str) -> Result<Campaign, PlanError> {
        let mut whole = String::from("name = \"-\"\n");
        if self.in_campaign {
            whole.push_str(&self.head());
        }
        whole.push_str(text);
        Campaign::of_source(&whole).map_err(|e| PlanError::Campaign(Box::new(e)))
    }

    fn head(&self) -> String {
        let list = |words: Vec<String>| words.join(", ");
        let mut out = String::new();
        if !self.forms.is_empty() {
            let forms = list(self.forms.iter().map(|f| quoted(f)).collect());
            out.push_str(&format!("forms = [{forms}]\n"));
        }
        if !self.channels.is_empty() {
            let words = list(self.channels.iter().map(|c| quoted(c.word())).collect());
            out.push_str(&format!("channels = [{words}]\n"));
        }
        out
    }

    fn written(&self) -> String {
        let mut out = String::new();
        if !self.in_campaign {
            out.push_str(&self.head());
        }
        if !self.quotas.is_empty() {
            out.push_str(&quotas(&self.quotas));
        }
        for u in &self.units {
            let mut line = |key: &str, value: Option<String>| {
                if let Some(value) = value {
                    out.push_str(&format!("{key} = {value}\n"));
                }
            };
            line("\n[[units]]\nid", Some(quoted(&u.id)));
            line("name", u.name.as_deref().map(quoted));
            line("parent", u.parent.as_deref().map(quoted));
            line("area", u.area.map(|a| quoted(a.word())));
            line("quota", u.quota.map(|n| n.to_string()));
            line("population", u.population.map(|n| n.to_string()));
            line("deadline", u.deadline.map(|d| d.to_string()));
            if !u.quotas.is_empty() {
                out.push_str(&quotas(&u.quotas));
            }
        }
        out
    }
}

fn put(quotas: &mut Vec<Quota>, form: &str, channel: Option<Channel>, n: u32) {
    let same = |q: &&mut Quota| q.form == form && q.channel == channel;
    match quotas.iter_mut().find(same) {
        Some(quota) => quota.quota = Some(n),
        None => quotas.push(Quota {
            form: form.to_owned(),
            channel,
            quota: Some(n),
            deadline: None,
        }),
    }
}

fn quotas(all: &[Quota]) -> String {
    let lines: Vec<String> = all
        .iter()
        .map(|q| {
            let mut parts = vec![format!("form = {}", quoted(&q.form))];
            parts.extend(q.channel.map(|c| format!("channel = {}", quoted(c.word()))));
            parts.extend(q.quota.map(|n| format!("quota = {n}")));
            parts.extend(q.deadline.map(|d| format!("deadline = {d}")));
            format!("{{ {} }}", parts.join(", "))
        })
        .collect();
    match lines.as_slice() {
        [one] => format!("quotas = [{one}]\n"),
        _ => format!("quotas = [\n  {},\n]\n", lines.join(",\n  ")),
    }
}

/// A text as TOML has it.
fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}
