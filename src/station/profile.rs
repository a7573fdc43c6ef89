//! The profile of the station's own scanner: `scanner.toml` in its folder.

use std::fs;
use std::path::PathBuf;

use super::{Station, StationError, write_whole};
use crate::calibrate::Profile;

impl Station {
    /// The profile that the station scans by where no other one is named. `None`
    /// where it has none.
    ///
    /// # Errors
    /// The file is there but cannot be used: scanning on without it would not be
    /// what somebody set up.
    pub fn profile(&self) -> Result<Option<Profile>, StationError> {
        let path = self.profile_path();
        let there = path.try_exists();
        if there.map_err(StationError::io(&path, "look for"))? {
            Ok(Some(Profile::load(&path)?))
        } else {
            Ok(None)
        }
    }

    /// Gives the station this profile, or none, from the next scan on. What was
    /// read before stays as it was read.
    ///
    /// # Errors
    /// The folder or the database cannot be written.
    pub fn set_profile(&self, profile: Option<&Profile>) -> Result<(), StationError> {
        let path = self.profile_path();
        if let Some(profile) = profile {
            // Whole or not at all: half a profile would stop every scan.
            write_whole(&path, &profile.to_toml()?)?;
        } else if path.exists() {
            fs::remove_file(&path).map_err(StationError::io(&path, "remove"))?;
        }
        let detail = match profile {
            Some(p) => serde_json::json!({ "name": p.name, "digest": p.digest() }),
            None => serde_json::Value::Null,
        };
        self.store()?.event("station-profile", &detail)?;
        Ok(())
    }

    fn profile_path(&self) -> PathBuf {
        self.dir().join("scanner.toml")
    }
}
