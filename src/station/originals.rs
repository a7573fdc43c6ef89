//! The original images: evidence, kept as they came, named by their hash.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::StationError;

/// Longest extension that is kept; longer ones are no extensions of images.
const MAX_EXTENSION: usize = 5;

/// The folder of originals in a station.
#[derive(Debug, Clone)]
pub struct Originals {
    dir: PathBuf,
}

impl Originals {
    /// The originals below this folder.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// The folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where a file with this hash and name is kept, below the folder:
    /// `ab/HASH.ext`, with `/` on every system.
    #[must_use]
    pub fn place(hash: &str, name: &str) -> String {
        let extension: String = Path::new(name)
            .extension()
            .and_then(|e| e.to_str())
            .filter(|e| e.len() <= MAX_EXTENSION && e.bytes().all(|b| b.is_ascii_alphanumeric()))
            .map_or_else(|| "bin".to_owned(), str::to_ascii_lowercase);
        let shelf = hash.get(..2).unwrap_or("00");
        format!("{shelf}/{hash}.{extension}")
    }

    /// Keeps the bytes; on return they are on the disk under their final name.
    /// A file that is there already is left alone: it has the same hash.
    ///
    /// # Errors
    /// The disk is full or refuses.
    pub fn keep(&self, place: &str, bytes: &[u8]) -> Result<(), StationError> {
        let path = self.dir.join(place);
        // A file only gets its name after it is whole, so length is enough to
        // see that nobody has cut it since.
        if fs::metadata(&path).is_ok_and(|m| m.is_file() && m.len() == bytes.len() as u64) {
            return Ok(());
        }
        let shelf = path.parent().unwrap_or(&self.dir);
        fs::create_dir_all(shelf).map_err(StationError::io(shelf, "make the folder"))?;
        let scratch = self.scratch();
        fs::create_dir_all(&scratch).map_err(StationError::io(&scratch, "make the folder"))?;
        let name = place.replace('/', "-");
        let thread = format!("{:?}", std::thread::current().id());
        let number: String = thread.chars().filter(char::is_ascii_digit).collect();
        let temporary = scratch.join(format!("{name}.{number}"));
        let written = File::create(&temporary).and_then(|mut f| {
            f.write_all(bytes)?;
            f.sync_all()
        });
        written.map_err(StationError::io(&temporary, "keep the original"))?;
        fs::rename(&temporary, &path).map_err(StationError::io(&path, "keep the original"))?;
        // Makes the name durable where folders can be synced (not on Windows,
        // where the rename is journalled).
        drop(File::open(shelf).and_then(|d| d.sync_all()));
        Ok(())
    }

    /// Removes what an interrupted run left half written. Only while no other
    /// run is at work.
    pub fn sweep(&self) {
        // What cannot be removed is only in the way of nobody.
        drop(fs::remove_dir_all(self.scratch()));
    }

    fn scratch(&self) -> PathBuf {
        self.dir.join("unfinished")
    }
}
