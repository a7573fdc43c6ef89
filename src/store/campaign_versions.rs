//! A campaign's versions: each change is a row of its own, with who and why, and
//! none may leave a record behind.

use std::collections::BTreeSet;

use serde_json::json;

use super::{Store, StoreError, UnitRow, count};
use crate::form::Layout;

/// What of a campaign the database keeps in tables of its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewCampaign {
    /// For people.
    pub name: String,
    /// The file as it was read.
    pub source: String,
    /// Ids of its forms; none: all that come.
    pub forms: Vec<String>,
    /// Its units, parents before children.
    pub units: Vec<UnitRow>,
    /// Name and unit.
    pub boxes: Vec<(String, Option<String>)>,
}

/// One version of the campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignVersion {
    /// Counts the changes, from 1.
    pub version: i64,
    /// For people.
    pub name: String,
    /// The file as it was taken in.
    pub source: String,
    /// When, RFC 3339 UTC.
    pub recorded: String,
    /// By whom; `None`: taken in before that was noted.
    pub person: Option<String>,
    /// Why; `None`: the station was made with it.
    pub reason: Option<String>,
}

impl Store {
    /// All versions of the campaign, oldest first.
    ///
    /// # Errors
    /// The database refuses.
    pub fn campaign_versions(&self) -> Result<Vec<CampaignVersion>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT version, name, source, recorded, person, reason
                 FROM campaigns ORDER BY version",
            )
            .and_then(|mut s| {
                s.query_map([], |r| {
                    Ok(CampaignVersion {
                        version: r.get(0)?,
                        name: r.get(1)?,
                        source: r.get(2)?,
                        recorded: r.get(3)?,
                        person: r.get(4)?,
                        reason: r.get(5)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list the campaign's versions", e))
    }

    /// Would this campaign leave a record behind?
    ///
    /// # Errors
    /// [`StoreError::CampaignOrphans`] names what; or the database refuses.
    pub fn check_campaign(&self, new: &NewCampaign) -> Result<(), StoreError> {
        let units: BTreeSet<&str> = new.units.iter().map(|u| u.unit.as_str()).collect();
        let boxes: BTreeSet<(&str, Option<&str>)> = new
            .boxes
            .iter()
            .map(|b| (b.0.as_str(), b.1.as_deref()))
            .collect();
        let mut orphans = Vec::new();
        for (form, ballots) in self.counted_of(FORMS_IN_USE)? {
            if !new.forms.is_empty() && !new.forms.contains(&form) {
                orphans.push(format!("form {form} ({ballots} ballots)"));
            }
        }
        for (unit, ballots) in self.counted_of(UNITS_IN_USE)? {
            if !units.contains(unit.as_str()) {
                orphans.push(format!("unit {unit} ({ballots} ballots)"));
            }
        }
        for row in self.boxes()?.into_iter().filter(|b| b.declared) {
            if boxes.contains(&(row.name.as_str(), row.unit.as_deref())) {
                continue;
            }
            let ballots = self.figures_of(row.key)?.ballots;
            if ballots > 0 {
                orphans.push(format!("box {} ({ballots} ballots)", row.label()));
            } else if self.newest_opening(row.key)?.is_some() {
                orphans.push(format!("box {} (it was opened)", row.label()));
            }
        }
        if orphans.is_empty() {
            Ok(())
        } else {
            Err(StoreError::CampaignOrphans(orphans))
        }
    }

    fn counted_of(&self, sql: &str) -> Result<Vec<(String, u64)>, StoreError> {
        self.db
            .prepare_cached(sql)
            .and_then(|mut s| {
                s.query_map([], |r| Ok((r.get(0)?, count(r, 1)?)))?
                    .collect()
            })
            .map_err(|e| self.failed("look what the campaign holds", e))
    }

    /// Lets this campaign hold from now on: one change, one entry of the log.
    /// `changes`: what is otherwise, for the log.
    ///
    /// # Errors
    /// As [`Store::check_campaign`]; then nothing is written.
    pub fn change_campaign(
        &self,
        new: &NewCampaign,
        forms: &[(&Layout, &str, &str)],
        person: &str,
        reason: &str,
        changes: &[String],
    ) -> Result<i64, StoreError> {
        self.change("campaign-changed", || {
            self.check_campaign(new)?;
            let version = self.insert_campaign(new, person, Some(reason))?;
            for (layout, title, source) in forms {
                self.register_form(layout, title, source)?;
            }
            for unit in self.units()?.iter().filter(|u| u.declared) {
                if !new.units.iter().any(|n| n.unit == unit.unit) {
                    self.take_out("UPDATE units SET declared = 0, parent = NULL, quota = NULL WHERE unit = ?1", &unit.unit)?;
                }
            }
            for row in self.boxes()?.iter().filter(|b| b.declared) {
                let same = |n: &&(String, Option<String>)| n.0 == row.name && n.1 == row.unit;
                if !new.boxes.iter().any(|n| same(&n)) {
                    self.take_out("UPDATE boxes SET declared = 0 WHERE id = ?1", row.key.0)?;
                }
            }
            for u in &new.units {
                self.declare_unit(&u.unit, u.name.as_deref(), u.parent.as_deref(), u.quota)?;
            }
            for (name, unit) in &new.boxes {
                self.declare_box(name, unit.as_deref())?;
            }
            let detail = json!({
                "version": version, "by": person, "reason": reason, "changes": changes,
            });
            Ok((version, detail))
        })
    }

    fn take_out(&self, sql: &str, key: impl rusqlite::ToSql) -> Result<(), StoreError> {
        self.db
            .execute(sql, [key])
            .map(drop)
            .map_err(|e| self.failed("take something out of the campaign", e))
    }

    pub(super) fn insert_campaign(
        &self,
        new: &NewCampaign,
        person: &str,
        reason: Option<&str>,
    ) -> Result<i64, StoreError> {
        let digest = blake3::hash(new.source.as_bytes()).to_hex();
        self.db
            .execute(
                "INSERT INTO campaigns (version, name, source, digest, recorded, person, reason)
                 SELECT coalesce(max(version), 0) + 1, ?1, ?2, ?3,
                        strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?4, ?5 FROM campaigns",
                (&new.name, &new.source, digest.as_str(), person, reason),
            )
            .map_err(|e| self.failed("write the campaign", e))?;
        Ok(self.db.last_insert_rowid())
    }
}

/// Forms of which there are ballots that hold.
const FORMS_IN_USE: &str = "
    SELECT f.form, count(*) FROM ballot_states s JOIN forms f ON f.id = s.form_id
    WHERE s.state <> 'cancelled' GROUP BY 1 ORDER BY 1";

/// Units of the campaign of which there are such: named in the code, or by the box.
const UNITS_IN_USE: &str = "
    SELECT u.unit, count(*) FROM ballot_states s
    LEFT JOIN boxes b ON b.id = s.box_id
    JOIN units u ON u.id = coalesce(s.unit_id, b.unit_id)
    WHERE s.state <> 'cancelled' AND u.declared = 1 GROUP BY 1 ORDER BY 1";
