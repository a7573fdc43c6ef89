//! Files that are whole or not there: written beside their place, then moved.

use std::path::{Path, PathBuf};

/// Where a file is written before it has its place: beside it, so that moving it is one
/// step for the system.
pub(crate) fn part_of(path: &Path) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    path.with_file_name(name)
}
