//! The forms that a station reads by.

use std::fs;
use std::path::{Path, PathBuf};

use super::{Campaign, Station, StationError};
use crate::calibrate::Profile;
use crate::form::code::Keyring;
use crate::form::{FormError, Layout, Library};
use crate::read::{ReadOptions, Reader};
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

/// A reader of these forms, which knows the keys that sheets may be printed with and
/// the scanner, if that was measured.
#[must_use]
pub fn reader_of(forms: &[KnownForm], keys: Keyring, profile: Option<&Profile>) -> Reader {
    Reader::new(
        forms.iter().map(|f| f.layout.clone()).collect(),
        ReadOptions {
            keys,
            scanner: profile.map(Profile::known_scanner),
            ..ReadOptions::default()
        },
    )
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

/// The forms that ship with the program and those in these folders.
///
/// # Errors
/// A folder cannot be read, or a form in it not understood.
pub fn load_forms(dirs: &[PathBuf]) -> Result<Vec<KnownForm>, FormError> {
    let library = Library::load(dirs)?;
    Ok(library
        .forms()
        .map(|form| KnownForm {
            title: form.title(),
            source: form.text.clone(),
            dir: form.dir.clone(),
            layout: form.layout.clone(),
        })
        .collect())
}

impl Station {
    /// The forms that the station reads by: those of its campaign and those in these
    /// folders; without a campaign that names forms, all.
    ///
    /// # Errors
    /// A form cannot be loaded, one is there twice with different layouts, or there
    /// is none.
    pub fn forms_to_read_by(&self, named: &[PathBuf]) -> Result<Vec<KnownForm>, StationError> {
        let mut dirs = vec![self.forms_dir()];
        dirs.extend(named.iter().cloned());
        let all = load_forms(&dirs)?;
        let campaign = self
            .store()?
            .campaign()?
            .map(|c| Campaign::of_source(&c.source))
            .transpose()?;
        let wanted = campaign.map(|c| c.forms).filter(|f| !f.is_empty());
        let mut forms: Vec<KnownForm> = Vec::new();
        for form in all {
            let by_name = form
                .dir
                .as_ref()
                .is_some_and(|d| named.iter().any(|n| d.starts_with(n)));
            let in_campaign = wanted
                .as_ref()
                .is_none_or(|w| w.contains(&form.layout.form));
            let twin = forms.iter().find(|f| {
                f.layout.form == form.layout.form && f.layout.version == form.layout.version
            });
            match twin {
                Some(twin) if twin.layout.digest != form.layout.digest => {
                    return Err(StationError::FormTwice {
                        form: form.layout.form.clone(),
                        version: form.layout.version,
                        digests: [form.layout.digest.clone(), twin.layout.digest.clone()],
                    });
                }
                Some(_) => {}
                None if by_name || in_campaign => forms.push(form),
                None => {}
            }
        }
        if forms.is_empty() {
            return Err(StationError::NoForms);
        }
        Ok(forms)
    }

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
