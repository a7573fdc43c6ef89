//! The files of images: those without a record, those that are there again, and
//! deleting them.

use std::collections::HashSet;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::station::{Station, StationError};
use crate::store::{RemovedImage, Store, Unrecorded};

/// Folders of the station that have image files: kept ones, and those that wait.
const FOLDERS: [&str; 3] = [ORIGINALS, FEEDER, INBOX];
const ORIGINALS: &str = "originals";
const FEEDER: &str = "feeder";
const INBOX: &str = "inbox";

/// Image files in the station that no record names: an interrupted scan left them, they
/// wait to be scanned, or somebody put them there.
///
/// # Errors
/// A folder or file cannot be read.
pub fn loose_files(station: &Station, store: &Store) -> Result<Vec<Unrecorded>, StationError> {
    let recorded: HashSet<String> = store
        .kept_images()?
        .into_iter()
        .map(|i| i.kept_as)
        .collect();
    let mut found = Vec::new();
    for folder in FOLDERS {
        let root = station.dir().join(folder);
        if !root.is_dir() {
            continue;
        }
        for entry in WalkDir::new(&root).sort_by_file_name() {
            let entry = entry.map_err(|e| StationError::io(&root, "look into")(e.into()))?;
            let Some(below) = below(&root, entry.path()).filter(|_| !entry.file_type().is_dir())
            else {
                continue;
            };
            // A parcel's own notes are no images; a viewer's hidden thumbnails are.
            let note = folder == INBOX && entry.file_name().to_string_lossy().starts_with('.');
            if note || (folder == ORIGINALS && recorded.contains(&below)) {
                continue;
            }
            let (hash, bytes) = hash_of(entry.path())?;
            found.push(Unrecorded {
                path: format!("{folder}/{below}"),
                hash,
                bytes,
            });
        }
    }
    Ok(found)
}

/// A path below a folder with `/` on every system.
fn below(root: &Path, path: &Path) -> Option<String> {
    let parts: Vec<String> = path
        .strip_prefix(root)
        .ok()?
        .components()
        .map(|c| c.as_os_str().to_string_lossy().into_owned())
        .collect();
    Some(parts.join("/"))
}

fn hash_of(path: &Path) -> Result<(String, u64), StationError> {
    let mut hasher = blake3::Hasher::new();
    File::open(path)
        .and_then(|file| hasher.update_reader(file).map(|_| ()))
        .map_err(StationError::io(path, "read"))?;
    Ok((hasher.finalize().to_hex().to_string(), hasher.count()))
}

/// Originals of these images that are there, although they were removed.
///
/// # Errors
/// A folder cannot be read.
pub fn returned(
    station: &Station,
    images: &[RemovedImage],
) -> Result<Vec<RemovedImage>, StationError> {
    let dir = station.originals().dir().to_owned();
    let mut found = Vec::new();
    for image in images {
        if is_there(&dir.join(&image.kept_as))? {
            found.push(image.clone());
        }
    }
    Ok(found)
}

fn is_there(path: &Path) -> Result<bool, StationError> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(e) if is_absent(&e) => Ok(false),
        Err(e) => Err(StationError::io(path, "look at")(e)),
    }
}

fn is_absent(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Deletes the originals of these images; how many were there.
pub(super) fn delete(station: &Station, images: &[RemovedImage]) -> Result<u64, StationError> {
    let dir = station.originals().dir().to_owned();
    let mut deleted = 0;
    let mut shelves: HashSet<PathBuf> = HashSet::new();
    for image in images {
        let path = dir.join(&image.kept_as);
        deleted += u64::from(delete_file(&path)?);
        shelves.extend(path.parent().map(Path::to_owned));
    }
    for shelf in shelves {
        // One that has something else in it stays.
        drop(fs::remove_dir(shelf));
    }
    // Makes it durable where folders can be synced. Elsewhere a file may come back
    // after a power cut, and the check of the station says so.
    drop(File::open(&dir).and_then(|d| d.sync_all()));
    Ok(deleted)
}

/// Deletes files that were written down as without a record. One that has other bytes
/// by now is none of them, and stays.
pub(super) fn delete_loose(station: &Station, files: &[Unrecorded]) -> Result<u64, StationError> {
    let mut deleted = 0;
    for file in files {
        let path = station.dir().join(&file.path);
        if is_there(&path)? && hash_of(&path)?.0 == file.hash {
            deleted += u64::from(delete_file(&path)?);
        }
    }
    for folder in FOLDERS {
        let folders = WalkDir::new(station.dir().join(folder))
            .min_depth(1)
            .contents_first(true);
        for entry in folders.into_iter().filter_map(Result::ok) {
            if entry.file_type().is_dir() {
                clear_folder(entry.path(), folder == INBOX);
            }
        }
    }
    Ok(deleted)
}

/// Removes an empty folder; of a parcel also one that has only its own notes.
fn clear_folder(path: &Path, parcel: bool) {
    if parcel {
        let names: Vec<_> = fs::read_dir(path)
            .into_iter()
            .flatten()
            .filter_map(Result::ok)
            .map(|e| e.path())
            .collect();
        let hidden = |p: &PathBuf| {
            p.file_name()
                .is_some_and(|n| n.to_string_lossy().starts_with('.'))
        };
        if names.iter().all(hidden) {
            for note in names {
                drop(fs::remove_file(note));
            }
        }
    }
    // What cannot be removed has something in it.
    drop(fs::remove_dir(path));
}

fn delete_file(path: &Path) -> Result<bool, StationError> {
    match fs::remove_file(path) {
        Ok(()) => Ok(true),
        Err(e) if is_absent(&e) => Ok(false),
        Err(e) => Err(StationError::io(path, "remove")(e)),
    }
}
