//! The forms that a station reads by.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Station, StationError};
use crate::form::Layout;
use crate::store::{Store, StoreError};

/// A form as the station needs it.
#[derive(Debug, Clone)]
pub struct KnownForm {
    /// Where everything is on the paper.
    pub layout: Layout,
    /// For people.
    pub title: String,
    /// form.toml; empty for a form without one.
    pub source: String,
    /// The folder it was loaded from; `None`: it ships with the program.
    pub dir: Option<PathBuf>,
}

/// Says which layouts a page was read by: the same forms, the same digest, in
/// whatever order they were named.
#[must_use]
pub fn layouts_digest(forms: &[KnownForm]) -> String {
    let mut all: Vec<String> = forms
        .iter()
        .map(|f| format!("{} {} {}", f.layout.form, f.layout.version, f.layout.digest))
        .collect();
    all.sort();
    let digest = blake3::hash(all.join("\n").as_bytes()).to_hex();
    digest.chars().take(16).collect()
}

/// Refuses forms that contradict what the station has registered under the
/// same id and version.
///
/// # Errors
/// There is such a form, or the database refuses.
pub fn check_forms(store: &Store, forms: &[KnownForm]) -> Result<(), StationError> {
    let registered = store.forms()?;
    for form in forms {
        let layout = &form.layout;
        let clash = registered.iter().find(|r| {
            r.layout.form == layout.form
                && r.layout.version == layout.version
                && r.layout.digest != layout.digest
        });
        if let Some(clash) = clash {
            return Err(StoreError::FormChanged {
                form: layout.form.clone(),
                version: layout.version,
                known: clash.layout.digest.clone(),
                offered: layout.digest.clone(),
            }
            .into());
        }
    }
    Ok(())
}

impl Station {
    /// Keeps a copy of a form's folder, so that the station can read by it
    /// when the folder is gone. A form that ships needs none.
    ///
    /// # Errors
    /// The folder cannot be read or the copy not written.
    pub fn keep_form(&self, form: &KnownForm) -> Result<(), StationError> {
        let Some(from) = &form.dir else {
            return Ok(());
        };
        let layout = &form.layout;
        let to = self
            .forms_dir()
            .join(format!("{}-v{}", layout.form, layout.version));
        if to.exists() || from.starts_with(self.forms_dir()) {
            return Ok(());
        }
        // The copy gets its place when it is whole.
        let half = self.dir().join("unfinished-form");
        drop(fs::remove_dir_all(&half));
        copy_files(from, &half)?;
        fs::rename(&half, &to).map_err(StationError::io(&to, "keep the form"))
    }
}

/// Copies the files of a folder that can belong to a form; folders in it are
/// other forms.
fn copy_files(from: &Path, to: &Path) -> Result<(), StationError> {
    fs::create_dir_all(to).map_err(StationError::io(to, "make the folder"))?;
    for entry in fs::read_dir(from).map_err(StationError::io(from, "look into"))? {
        let path = entry.map_err(StationError::io(from, "look into"))?.path();
        let wanted = path
            .extension()
            .and_then(|e| e.to_str())
            .is_some_and(|e| ["toml", "json", "png"].contains(&e));
        if let (true, Some(name)) = (wanted && path.is_file(), path.file_name()) {
            fs::copy(&path, to.join(name)).map_err(StationError::io(&path, "copy"))?;
        }
    }
    Ok(())
}
