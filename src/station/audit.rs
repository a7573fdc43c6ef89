//! Is everything as it was recorded? The database by its log, the originals by
//! their hashes.

use std::collections::HashMap;
use std::fs::File;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::retention::{loose_files, returned};
use super::{Station, StationError};
use crate::store::{Checked, KeptImage, RemovalRow, Store};

/// What does not fit.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// In the database.
    #[error("{0}")]
    Database(crate::store::Finding),
    /// An original is not there.
    #[error("{}: the original of {name:?} is gone", path.display())]
    Gone {
        /// Where it was kept.
        path: PathBuf,
        /// The name it came with.
        name: String,
    },
    /// An original cannot be read.
    #[error("{}: the original of {name:?} cannot be read: {why}", path.display())]
    Unreadable {
        /// Where it is kept.
        path: PathBuf,
        /// The name it came with.
        name: String,
        /// What the system said.
        why: String,
    },
    /// An original has other bytes than when it came.
    #[error("{}: the original of {name:?} was changed", path.display())]
    Changed {
        /// Where it is kept.
        path: PathBuf,
        /// The name it came with.
        name: String,
    },
    /// An original is there that was removed.
    #[error(
        "{}: an image that removal {removal} took is there again; phieu retention remove takes it away",
        path.display()
    )]
    Returned {
        /// Where it is.
        path: PathBuf,
        /// The removal.
        removal: i64,
    },
    /// A removal was begun and did not come to its end.
    #[error(
        "removal {removal} of images was interrupted, {left} of its files are there; \
         phieu retention remove completes it"
    )]
    Unfinished {
        /// The removal.
        removal: i64,
        /// Files of it that are there.
        left: u64,
    },
}

/// The outcome of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// What was checked in the database.
    pub database: Checked,
    /// Originals that were checked.
    pub images: u64,
    /// Originals that are gone by a recorded removal.
    pub removed: u64,
    /// The removals.
    pub removals: Vec<RemovalRow>,
    /// What does not fit, that of the database first.
    pub faults: Vec<Fault>,
}

/// Checks the whole station. Changes nothing.
///
/// # Errors
/// The database cannot be read at all.
pub fn audit(station: &Station) -> Result<Audit, StationError> {
    let store = station.store()?;
    let database = store.verify_log()?;
    let (removed, images): (Vec<KeptImage>, Vec<KeptImage>) = store
        .kept_images()?
        .into_iter()
        .partition(|i| i.removal.is_some());
    let removals = store.removals()?;
    let dir = station.originals().dir().to_owned();
    let mut faults: Vec<Fault> = database
        .findings
        .iter()
        .cloned()
        .map(Fault::Database)
        .collect();
    faults.par_extend(images.par_iter().filter_map(|i| check(&dir, i)));
    faults.extend(of_removals(station, &store, &removals, &removed)?);
    Ok(Audit {
        database,
        images: images.len() as u64,
        removed: removed.len() as u64,
        removals,
        faults,
    })
}

/// Is everything gone that was removed, also under another name?
fn of_removals(
    station: &Station,
    store: &Store,
    removals: &[RemovalRow],
    removed: &[KeptImage],
) -> Result<Vec<Fault>, StationError> {
    let mut faults = Vec::new();
    for removal in removals {
        let images = store.images_of_removal(removal.number)?;
        let there = returned(station, &images)?;
        if removal.ended.is_none() {
            faults.push(Fault::Unfinished {
                removal: removal.number,
                left: there.len() as u64,
            });
            continue;
        }
        faults.extend(there.into_iter().map(|image| Fault::Returned {
            path: station.originals().dir().join(image.kept_as),
            removal: removal.number,
        }));
    }
    if removals.is_empty() {
        return Ok(faults);
    }
    let taken: HashMap<&str, i64> = removed
        .iter()
        .filter_map(|i| Some((i.hash.as_str(), i.removal?)))
        .collect();
    for file in loose_files(station, store)? {
        let ended = |n: i64| removals.iter().any(|r| r.number == n && r.ended.is_some());
        if let Some(removal) = taken.get(file.hash.as_str()).filter(|n| ended(**n)) {
            faults.push(Fault::Returned {
                path: station.dir().join(&file.path),
                removal: *removal,
            });
        }
    }
    Ok(faults)
}

fn check(dir: &Path, image: &KeptImage) -> Option<Fault> {
    let path = dir.join(&image.kept_as);
    let name = image.name.clone();
    let hashed = File::open(&path).and_then(|file| {
        let mut hasher = blake3::Hasher::new();
        hasher.update_reader(file)?;
        Ok(hasher.finalize().to_hex().to_string())
    });
    match hashed {
        Ok(hash) if hash == image.hash => None,
        Ok(_) => Some(Fault::Changed { path, name }),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Some(Fault::Gone { path, name }),
        Err(e) => Some(Fault::Unreadable {
            path,
            name,
            why: e.to_string(),
        }),
    }
}
