//! By what each page was read: station, program, model, scanner profile.

use rusqlite::OptionalExtension;

use super::{ProfileKey, Store, StoreError};

/// By what one reading was made. `None` in what was read before that was
/// recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// The name that the page's file came with.
    pub file: String,
    /// Place in the file, from 0.
    pub index: u32,
    /// Id of the station.
    pub station: Option<String>,
    /// Name and version of the program.
    pub reader: String,
    /// What told marks from empty boxes.
    pub model: Option<String>,
    /// Name and digest of the scanner's profile; `None`: read without one.
    pub profile: Option<(String, String)>,
}

impl Store {
    /// Records a scanner's profile; the same again changes nothing.
    ///
    /// # Errors
    /// The database refuses.
    pub fn record_profile(
        &self,
        name: &str,
        digest: &str,
        source: &str,
    ) -> Result<ProfileKey, StoreError> {
        let known = self
            .db
            .query_row(
                "SELECT id FROM scanner_profiles WHERE digest = ?1",
                [digest],
                |r| r.get(0),
            )
            .optional()
            .map_err(|e| self.failed("look up a scanner profile", e))?;
        if let Some(id) = known {
            return Ok(ProfileKey(id));
        }
        self.change("scanner-profile-recorded", || {
            self.db
                .execute(
                    "INSERT INTO scanner_profiles (digest, name, source, recorded)
                     VALUES (?1, ?2, ?3, strftime('%Y-%m-%dT%H:%M:%fZ', 'now'))",
                    (digest, name, source),
                )
                .map_err(|e| self.failed("record a scanner profile", e))?;
            let key = ProfileKey(self.db.last_insert_rowid());
            Ok((key, serde_json::json!({ "name": name, "digest": digest })))
        })
    }

    /// By what each reading was made, in the order in which they were recorded.
    ///
    /// # Errors
    /// The database refuses.
    pub fn provenance(&self) -> Result<Vec<Provenance>, StoreError> {
        self.db
            .prepare_cached(
                "SELECT i.name, p.page_index, r.station, r.reader, r.model, s.name, s.digest
                 FROM readings r
                 JOIN pages p ON p.id = r.page_id
                 JOIN images i ON i.id = p.image_id
                 LEFT JOIN scanner_profiles s ON s.id = r.profile_id
                 ORDER BY r.id",
            )
            .and_then(|mut s| {
                s.query_map([], |r| {
                    let name: Option<String> = r.get(5)?;
                    let digest: Option<String> = r.get(6)?;
                    Ok(Provenance {
                        file: r.get(0)?,
                        index: r.get(1)?,
                        station: r.get(2)?,
                        reader: r.get(3)?,
                        model: r.get(4)?,
                        profile: name.zip(digest),
                    })
                })?
                .collect()
            })
            .map_err(|e| self.failed("tell by what pages were read", e))
    }
}
