//! One scan at a time: a lock that the operating system releases, whatever
//! happens to the program that holds it.

use std::fs::{File, TryLockError};
use std::path::Path;

use super::StationError;

/// Held while a scan runs.
#[derive(Debug)]
pub struct ScanLock {
    _file: File,
}

impl ScanLock {
    /// Takes the lock of the station in this folder.
    ///
    /// # Errors
    /// Another scan holds it, or the folder cannot be written.
    pub fn take(station: &Path) -> Result<Self, StationError> {
        let path = station.join("scan.lock");
        let file = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(StationError::io(&path, "open"))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(StationError::Busy(station.to_owned())),
            Err(TryLockError::Error(e)) => Err(StationError::io(&path, "lock")(e)),
        }
    }
}
