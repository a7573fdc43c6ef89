//! Packages that came in are kept as they came, named by their digest: they are
//! evidence, and the next office is sent the boxes and decisions in them.

use std::fs;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::ExchangeError;
use super::container::MOST_FILE;
use super::package::digest;
use crate::station::Station;
use crate::whole_file::part_of;

pub(super) fn path(station: &Station, of: &str) -> PathBuf {
    station.dir().join("packages").join(format!("{of}.phieu"))
}

/// Reads a file that may be a package; never more than a package may have.
pub(super) fn load(path: &Path) -> Result<Vec<u8>, ExchangeError> {
    let mut bytes = Vec::new();
    fs::File::open(path)
        .and_then(|file| file.take(MOST_FILE + 1).read_to_end(&mut bytes))
        .map_err(ExchangeError::io(path, "read"))?;
    if bytes.len() as u64 > MOST_FILE {
        return Err(ExchangeError::TooLarge {
            what: path.display().to_string(),
            bytes: bytes.len() as u64,
            most: MOST_FILE,
        });
    }
    Ok(bytes)
}

/// Keeps a package; one that is there stays.
pub(super) fn keep(station: &Station, of: &str, bytes: &[u8]) -> Result<(), ExchangeError> {
    let path = path(station, of);
    if let Ok(there) = load(&path)
        && there == bytes
    {
        return Ok(());
    }
    if let Some(dir) = path.parent() {
        fs::create_dir_all(dir).map_err(ExchangeError::io(dir, "make the folder"))?;
    }
    write_whole(&path, bytes)
}

/// A kept package, as it came.
pub(super) fn get(station: &Station, of: &str) -> Result<Vec<u8>, ExchangeError> {
    let path = path(station, of);
    match load(&path) {
        Ok(bytes) if digest(&bytes) == of => Ok(bytes),
        _ => Err(ExchangeError::KeptChanged(path)),
    }
}

/// Brings a file to the disk, beside its place.
pub(super) fn write_part(path: &Path, bytes: &[u8]) -> Result<(), ExchangeError> {
    let half = part_of(path);
    let written = fs::File::create(&half).and_then(|mut file| {
        file.write_all(bytes)?;
        file.sync_all()
    });
    if written.is_err() {
        // The error that matters is the first one.
        drop(fs::remove_file(&half));
    }
    written.map_err(ExchangeError::io(&half, "write"))
}

/// Gives what [`write_part`] wrote its place.
pub(super) fn place_part(path: &Path) -> Result<(), ExchangeError> {
    fs::rename(part_of(path), path).map_err(ExchangeError::io(path, "write"))
}

fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ExchangeError> {
    write_part(path, bytes)?;
    place_part(path)
}
