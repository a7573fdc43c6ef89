//! Station, campaign, forms, units, boxes and batches.

use rusqlite::OptionalExtension;

use super::{BatchKey, BoxKey, FormKey, NewCampaign, Store, StoreError};
use crate::form::{FormError, Layout, Meaning};

/// Who the station is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StationRow {
    /// Unique in the world.
    pub id: String,
    /// When it was made, RFC 3339 UTC.
    pub created: String,
}

/// The campaign that holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignRow {
    /// Counts the changes, from 1.
    pub version: i64,
    /// For people.
    pub name: String,
    /// The campaign's file as it was taken in.
    pub source: String,
}

/// A form as it is registered.
#[derive(Debug, Clone, PartialEq)]
pub struct FormRow {
    /// Its key; what [`Store::register_form`] returned.
    pub key: FormKey,
    /// For people.
    pub title: String,
    /// form.toml as it was; empty for a form that has none.
    pub source: String,
    /// Its layout (without the reference images of learned forms).
    pub layout: Layout,
}

impl FormRow {
    /// What its answers mean; of a form without a source nothing is known.
    ///
    /// # Errors
    /// The source has a mistake.
    pub fn meaning(&self) -> Result<Meaning, FormError> {
        if self.source.is_empty() {
            return Ok(Meaning::default());
        }
        let file = format!("{} v{}", self.layout.form, self.layout.version);
        Meaning::of_source(&self.source, &file)
    }
}

/// A unit of the campaign, or one that was seen on paper.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnitRow {
    /// Unique in the campaign.
    pub unit: String,
    /// For people.
    pub name: Option<String>,
    /// The unit above it.
    pub parent: Option<String>,
    /// Ballots that it should collect.
    pub quota: Option<u32>,
    /// It is in the campaign, not only seen on paper.
    pub declared: bool,
}

impl Store {
    /// Who the station is.
    ///
    /// # Errors
    /// The database refuses.
    pub fn station(&self) -> Result<StationRow, StoreError> {
        self.db
            .query_row("SELECT id, created FROM station", [], |r| {
                Ok(StationRow {
                    id: r.get(0)?,
                    created: r.get(1)?,
                })
            })
            .map_err(|e| self.failed("read the station's identity", e))
    }

    /// Takes in a campaign's file; the same again changes nothing.
    ///
    /// # Errors
    /// The database refuses.
    pub fn record_campaign(&self, name: &str, source: &str) -> Result<(), StoreError> {
        if self.campaign()?.is_some_and(|c| c.source == source) {
            return Ok(());
        }
        let new = NewCampaign {
            name: name.to_owned(),
            source: source.to_owned(),
            ..NewCampaign::default()
        };
        self.change("campaign-recorded", || {
            let version = self.insert_campaign(&new, &self.actor().person, None)?;
            let digest = blake3::hash(source.as_bytes()).to_hex();
            let detail = serde_json::json!({
                "name": name, "digest": digest.as_str(), "version": version
            });
            Ok(((), detail))
        })
    }

    /// The campaign that holds.
    ///
    /// # Errors
    /// The database refuses.
    pub fn campaign(&self) -> Result<Option<CampaignRow>, StoreError> {
        self.db
            .query_row(
                "SELECT version, name, source FROM campaigns ORDER BY version DESC LIMIT 1",
                [],
                |r| {
                    Ok(CampaignRow {
                        version: r.get(0)?,
                        name: r.get(1)?,
                        source: r.get(2)?,
                    })
                },
            )
            .optional()
            .map_err(|e| self.failed("read the campaign", e))
    }

    /// Registers a form; the same again changes nothing.
    ///
    /// # Errors
    /// The same form and version is there with another digest, or the database
    /// refuses.
    pub fn register_form(
        &self,
        layout: &Layout,
        title: &str,
        source: &str,
    ) -> Result<FormKey, StoreError> {
        let known = self
            .db
            .query_row(
                "SELECT id, digest FROM forms WHERE form = ?1 AND version = ?2",
                (&layout.form, layout.version),
                |r| Ok((r.get::<_, i64>(0)?, r.get::<_, String>(1)?)),
            )
            .optional()
            .map_err(|e| self.failed("look up a form", e))?;
        match known {
            Some((id, digest)) if digest == layout.digest => return Ok(FormKey(id)),
            Some((_, digest)) => {
                return Err(StoreError::FormChanged {
                    form: layout.form.clone(),
                    version: layout.version,
                    known: digest,
                    offered: layout.digest.clone(),
                });
            }
            None => {}
        }
        let json = serde_json::to_string(layout).map_err(|e| StoreError::Json {
            path: self.path.clone(),
            what: format!("the layout of {}", layout.form),
            source: e,
        })?;
        let pages = i64::try_from(layout.pages.len()).unwrap_or(i64::MAX);
        self.change("form-registered", || {
            self.db
                .execute(
                    "INSERT INTO forms (form, version, digest, title, pages, source, layout, registered)
                     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                    (
                        &layout.form,
                        layout.version,
                        &layout.digest,
                        title,
                        pages,
                        source,
                        &json,
                    ),
                )
                .map_err(|e| self.failed("register a form", e))?;
            let key = FormKey(self.db.last_insert_rowid());
            let detail = serde_json::json!({
                "form": layout.form, "version": layout.version, "digest": layout.digest
            });
            Ok((key, detail))
        })
    }

    /// All registered forms, by id and version.
    ///
    /// # Errors
    /// The database refuses, or a layout in it cannot be understood.
    pub fn forms(&self) -> Result<Vec<FormRow>, StoreError> {
        let rows = self
            .db
            .prepare_cached("SELECT id, title, source, layout FROM forms ORDER BY form, version")
            .and_then(|mut s| {
                s.query_map([], |r| {
                    Ok((
                        r.get::<_, i64>(0)?,
                        r.get::<_, String>(1)?,
                        r.get::<_, String>(2)?,
                        r.get::<_, String>(3)?,
                    ))
                })?
                .collect::<Result<Vec<_>, _>>()
            })
            .map_err(|e| self.failed("list the forms", e))?;
        rows.into_iter()
            .map(|(id, title, source, json)| {
                let layout = serde_json::from_str(&json).map_err(|e| StoreError::Json {
                    path: self.path.clone(),
                    what: format!("the layout of {title:?}"),
                    source: e,
                })?;
                Ok(FormRow {
                    key: FormKey(id),
                    title,
                    source,
                    layout,
                })
            })
            .collect()
    }

    /// How many forms are registered.
    ///
    /// # Errors
    /// The database refuses.
    pub fn count_forms(&self) -> Result<u64, StoreError> {
        self.db
            .prepare_cached("SELECT count(*) FROM forms")
            .and_then(|mut s| s.query_row([], |r| super::count(r, 0)))
            .map_err(|e| self.failed("count the forms", e))
    }

    /// Declares a unit of the campaign; a later declaration corrects name,
    /// parent and quota. The parent must be declared before.
    ///
    /// # Errors
    /// The database refuses.
    pub fn declare_unit(
        &self,
        unit: &str,
        name: Option<&str>,
        parent: Option<&str>,
        quota: Option<u32>,
    ) -> Result<(), StoreError> {
        self.change("unit-declared", || {
            self.db
                .execute(
                    "INSERT INTO units (unit, name, parent, quota, declared)
                     VALUES (?1, ?2, (SELECT id FROM units WHERE unit = ?3), ?4, 1)
                     ON CONFLICT (unit) DO UPDATE SET name = excluded.name,
                        parent = excluded.parent, quota = excluded.quota, declared = 1",
                    (unit, name, parent, quota),
                )
                .map_err(|e| self.failed("declare a unit", e))?;
            let detail = serde_json::json!({
                "unit": unit, "name": name, "parent": parent, "quota": quota
            });
            Ok(((), detail))
        })
    }

    /// All units, by id.
    ///
    /// # Errors
    /// The database refuses.
    pub fn units(&self) -> Result<Vec<UnitRow>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT u.unit, u.name, p.unit, u.quota, u.declared
                 FROM units u LEFT JOIN units p ON p.id = u.parent ORDER BY u.unit",
            )
            .and_then(|mut s| {
                s.query_map([], |r| {
                    Ok(UnitRow {
                        unit: r.get(0)?,
                        name: r.get(1)?,
                        parent: r.get(2)?,
                        quota: r.get(3)?,
                        declared: r.get(4)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list the units", e))
    }

    /// Declares a box, of a unit or of none.
    ///
    /// # Errors
    /// The database refuses.
    pub fn declare_box(&self, name: &str, unit: Option<&str>) -> Result<BoxKey, StoreError> {
        self.box_of(name, unit, true)
    }

    /// The box that a person names: `BOX`, or `UNIT/BOX` where several units
    /// have one of that name. A name that nobody declared is noted as such.
    ///
    /// # Errors
    /// The name is ambiguous, or the database refuses.
    pub fn box_named(&self, name: &str) -> Result<BoxKey, StoreError> {
        let known = |name: &str, unit: Option<&str>| {
            self.db
                .prepare_cached(
                    "SELECT b.id FROM boxes b LEFT JOIN units u ON u.id = b.unit_id
                     WHERE b.box = ?1 AND (?2 IS NULL OR u.unit = ?2) ORDER BY b.id",
                )
                .and_then(|mut s| {
                    s.query_map((name, unit), |r| r.get(0))?
                        .collect::<Result<Vec<i64>, _>>()
                })
                .map_err(|e| self.failed("look up a box", e))
        };
        let found = known(name, None)?;
        match (found.as_slice(), name.split_once('/')) {
            ([one], _) => Ok(BoxKey(*one)),
            ([], None) => self.box_of(name, None, false),
            ([], Some((unit, rest))) => match known(rest, Some(unit))?.as_slice() {
                [one, ..] => Ok(BoxKey(*one)),
                [] => self.box_of(rest, Some(unit), false),
            },
            (many, _) => Err(StoreError::BoxAmbiguous(many.len(), name.to_owned())),
        }
    }

    pub(super) fn unit_of(&self, unit: &str) -> Result<i64, StoreError> {
        let known = self
            .db
            .prepare_cached("SELECT id FROM units WHERE unit = ?1")
            .and_then(|mut s| s.query_row([unit], |r| r.get(0)).optional())
            .map_err(|e| self.failed("look up a unit", e))?;
        if let Some(id) = known {
            return Ok(id);
        }
        self.change("unit-noted", || {
            self.db
                .prepare_cached("INSERT INTO units (unit, declared) VALUES (?1, 0)")
                .and_then(|mut s| s.execute([unit]))
                .map_err(|e| self.failed("note a unit", e))?;
            let id = self.db.last_insert_rowid();
            Ok((id, serde_json::json!({ "unit": unit })))
        })
    }

    pub(super) fn box_of(
        &self,
        name: &str,
        unit: Option<&str>,
        declared: bool,
    ) -> Result<BoxKey, StoreError> {
        self.change_if("box-noted", || {
            let unit_id = unit.map(|u| self.unit_of(u)).transpose()?;
            let known: Option<(i64, bool)> = self
                .db
                .prepare_cached(
                    "SELECT id, declared FROM boxes
                     WHERE box = ?1 AND coalesce(unit_id, 0) = coalesce(?2, 0)",
                )
                .and_then(|mut s| {
                    s.query_row((name, unit_id), |r| Ok((r.get(0)?, r.get(1)?)))
                        .optional()
                })
                .map_err(|e| self.failed("look up a box", e))?;
            let detail = serde_json::json!({ "box": name, "unit": unit, "declared": declared });
            match known {
                Some((id, was)) if was || !declared => Ok((BoxKey(id), None)),
                Some((id, _)) => {
                    self.db
                        .execute("UPDATE boxes SET declared = 1 WHERE id = ?1", [id])
                        .map_err(|e| self.failed("declare a box", e))?;
                    Ok((BoxKey(id), Some(detail)))
                }
                None => {
                    self.db
                        .prepare_cached(
                            "INSERT INTO boxes (box, unit_id, declared) VALUES (?1, ?2, ?3)",
                        )
                        .and_then(|mut s| s.execute((name, unit_id, declared)))
                        .map_err(|e| self.failed("note a box", e))?;
                    Ok((BoxKey(self.db.last_insert_rowid()), Some(detail)))
                }
            }
        })
    }

    /// Begins a run of scanning that brings something new.
    ///
    /// # Errors
    /// The database refuses.
    pub fn start_batch(
        &self,
        ballot_box: Option<BoxKey>,
        software: &str,
    ) -> Result<BatchKey, StoreError> {
        self.change("batch-started", || {
            self.db
                .execute(
                    "INSERT INTO batches (started, box_id, software)
                     VALUES (strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?1, ?2)",
                    (ballot_box.map(|b| b.0), software),
                )
                .map_err(|e| self.failed("begin a batch", e))?;
            let key = BatchKey(self.db.last_insert_rowid());
            Ok((key, serde_json::json!({ "batch": key.0 })))
        })
    }

    /// Says that a run came to its end.
    ///
    /// # Errors
    /// The database refuses.
    pub fn finish_batch(&self, batch: BatchKey) -> Result<(), StoreError> {
        self.change("batch-finished", || {
            self.db
                .execute(
                    "UPDATE batches SET finished = strftime('%Y-%m-%dT%H:%M:%fZ', 'now')
                     WHERE id = ?1 AND finished IS NULL",
                    [batch.0],
                )
                .map_err(|e| self.failed("end a batch", e))?;
            Ok(((), serde_json::json!({ "batch": batch.0 })))
        })
    }
}
