//! One scan at a time: a lock that the operating system releases, whatever
//! happens to the program that holds it.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use super::StationError;

/// Somebody who only looks whether a scan runs holds the lock for less than
/// this many attempts take.
const ATTEMPTS: u32 = 5;
const BETWEEN: Duration = Duration::from_millis(20);

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
        for attempt in 0.. {
            match file.try_lock() {
                Ok(()) => return Ok(Self { _file: file }),
                Err(TryLockError::WouldBlock) if attempt < ATTEMPTS => {
                    std::thread::sleep(BETWEEN);
                }
                Err(TryLockError::WouldBlock) => break,
                Err(TryLockError::Error(e)) => return Err(StationError::io(&path, "lock")(e)),
            }
        }
        Err(StationError::Busy(station.to_owned()))
    }

    /// Does a scan run? Looks by taking the lock for a moment.
    #[must_use]
    pub fn is_held(station: &Path) -> bool {
        File::open(station.join("scan.lock"))
            .is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
    }
}
