//! A campaign is changed by a new version beside the old ones.

use super::{Campaign, Change, changes};
use crate::station::{KnownForm, Station, StationError, write_whole};
use crate::store::{NewCampaign, UnitRow};

/// What a changed campaign came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Changed {
    /// Number of the version that holds now.
    pub version: i64,
    /// What is otherwise; empty: nothing was written.
    pub changes: Vec<Change>,
}

/// The forms that the campaign names, each at its newest version.
///
/// # Errors
/// It names one that is not there.
pub fn forms_of(campaign: &Campaign, all: &[KnownForm]) -> Result<Vec<KnownForm>, StationError> {
    let newest = |id: &String| {
        all.iter()
            .filter(|f| f.layout.form == *id)
            .max_by_key(|f| f.layout.version)
            .cloned()
            .ok_or_else(|| StationError::CampaignForm {
                form: id.clone(),
                known: {
                    let mut known: Vec<&str> = all.iter().map(|f| f.layout.form.as_str()).collect();
                    known.dedup();
                    known.join(", ")
                },
            })
    };
    campaign.forms.iter().map(newest).collect()
}

impl Station {
    /// The campaign that holds; one with nothing in it where there is none.
    ///
    /// # Errors
    /// The database refuses, or has a campaign that this program cannot read.
    pub fn campaign(&self) -> Result<Campaign, StationError> {
        match self.store()?.campaign()? {
            Some(row) => Campaign::of_source(&row.source),
            None => Ok(Campaign::default()),
        }
    }

    /// What is otherwise in `new` and its forms; nothing is written.
    ///
    /// # Errors
    /// What [`Station::change_campaign`] would refuse.
    pub fn compare_campaign(
        &self,
        new: &Campaign,
        forms: &[KnownForm],
    ) -> Result<Vec<Change>, StationError> {
        let store = self.store()?;
        crate::station::check_forms(&store, forms)?;
        store.check_campaign(&new_campaign(new))?;
        let mut found = changes(&self.campaign()?, new);
        let known = store.forms()?;
        for form in forms.iter().map(|f| &f.layout) {
            let versions = known.iter().filter(|k| k.layout.form == form.form);
            let mut versions = versions.map(|k| k.layout.version).peekable();
            if versions.peek().is_some() && !versions.any(|v| v == form.version) {
                found.push(Change {
                    sign: '+',
                    vi: format!("mẫu phiếu {}, phiên bản {}", form.form, form.version),
                    en: format!("form {}, version {}", form.form, form.version),
                });
            }
        }
        Ok(found)
    }

    /// Lets a changed campaign hold from now on, as a version of its own; every
    /// version stays. `forms` are those of the campaign. Where nothing is
    /// otherwise but the spelling of the file, nothing is written.
    ///
    /// # Errors
    /// It would leave ballots without their unit, box or form, or the folder or
    /// the database cannot be written; then the old one holds.
    pub fn change_campaign(
        &self,
        new: &Campaign,
        forms: &[KnownForm],
        person: &str,
        reason: &str,
    ) -> Result<Changed, StationError> {
        let found = self.compare_campaign(new, forms)?;
        let store = self.store()?;
        if let (true, Some(row)) = (found.is_empty(), store.campaign()?) {
            return Ok(Changed {
                version: row.version,
                changes: found,
            });
        }
        for form in forms {
            self.keep_form(form)?;
        }
        let words: Vec<String> = found
            .iter()
            .map(|c| format!("{} {}", c.sign, c.en))
            .collect();
        let rows: Vec<_> = forms
            .iter()
            .map(|f| (&f.layout, f.title.as_str(), f.source.as_str()))
            .collect();
        let version = store.change_campaign(&new_campaign(new), &rows, person, reason, &words)?;
        // The database is what holds; the file is for people who look into the
        // folder. Whole or not at all.
        write_whole(&self.dir().join("campaign.toml"), &new.source)?;
        store.make_durable()?;
        Ok(Changed {
            version,
            changes: found,
        })
    }
}

fn new_campaign(c: &Campaign) -> NewCampaign {
    NewCampaign {
        name: c.name.clone(),
        source: c.source.clone(),
        forms: c.forms.clone(),
        units: c
            .units
            .iter()
            .map(|u| UnitRow {
                unit: u.id.clone(),
                name: u.name.clone(),
                parent: u.parent.clone(),
                quota: u.whole_quota(),
                declared: true,
            })
            .collect(),
        boxes: c
            .boxes
            .iter()
            .map(|b| (b.id.clone(), b.unit.clone()))
            .collect(),
    }
}
