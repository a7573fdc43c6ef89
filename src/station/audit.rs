//! Is everything as it was recorded? The database by its log, the originals by
//! their hashes.

use std::fs::File;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::{Station, StationError};
use crate::store::{Checked, KeptImage};

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
}

/// The outcome of a check.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Audit {
    /// What was checked in the database.
    pub database: Checked,
    /// Originals that were checked.
    pub images: u64,
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
    let images = store.kept_images()?;
    let dir = station.originals().dir().to_owned();
    let mut faults: Vec<Fault> = database
        .findings
        .iter()
        .cloned()
        .map(Fault::Database)
        .collect();
    faults.par_extend(images.par_iter().filter_map(|i| check(&dir, i)));
    Ok(Audit {
        database,
        images: images.len() as u64,
        faults,
    })
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
