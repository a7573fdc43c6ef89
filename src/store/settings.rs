//! What is set for a station, and what was set before.

use rusqlite::OptionalExtension;

use super::{Store, StoreError};

/// A setting as it was set once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingRow {
    /// Which one.
    pub name: String,
    /// What it was set to.
    pub value: String,
    /// By whom.
    pub person: String,
    /// When, RFC 3339 UTC.
    pub at: String,
    /// Why; `None`: nobody said.
    pub reason: Option<String>,
}

impl Store {
    /// All changes of settings, newest first.
    ///
    /// # Errors
    /// The database refuses.
    pub fn settings_history(&self) -> Result<Vec<SettingRow>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT name, value, person, set_at, reason FROM settings ORDER BY id DESC",
            )
            .and_then(|mut s| {
                s.query_map([], |r| {
                    Ok(SettingRow {
                        name: r.get(0)?,
                        value: r.get(1)?,
                        person: r.get(2)?,
                        at: r.get(3)?,
                        reason: r.get(4)?,
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("list the settings", e))
    }

    /// The value that a setting has; `None`: it was never set.
    ///
    /// # Errors
    /// The database refuses.
    pub fn setting(&self, name: &str) -> Result<Option<String>, StoreError> {
        self.db
            .prepare_cached("SELECT value FROM settings WHERE name = ?1 ORDER BY id DESC LIMIT 1")
            .and_then(|mut s| s.query_row([name], |r| r.get(0)).optional())
            .map_err(|e| self.failed("look up a setting", e))
    }

    /// Sets a setting; the same again changes nothing.
    ///
    /// # Errors
    /// The database refuses.
    pub fn set(&self, name: &str, value: &str) -> Result<(), StoreError> {
        self.set_because(name, value, None)
    }

    /// The same, with why.
    ///
    /// # Errors
    /// The database refuses.
    pub fn set_because(
        &self,
        name: &str,
        value: &str,
        reason: Option<&str>,
    ) -> Result<(), StoreError> {
        self.change_if("setting-changed", || {
            let before = self.setting(name)?;
            if before.as_deref() == Some(value) {
                return Ok(((), None));
            }
            self.db
                .execute(
                    "INSERT INTO settings (name, value, person, set_at, reason)
                     VALUES (?1, ?2, ?3, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'), ?4)",
                    (name, value, &self.actor().person, reason),
                )
                .map_err(|e| self.failed("set a setting", e))?;
            let detail = serde_json::json!({
                "name": name, "before": before, "after": value, "reason": reason
            });
            Ok(((), Some(detail)))
        })
    }
}
