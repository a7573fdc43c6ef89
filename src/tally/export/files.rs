//! Files that are all written whole, or none of them.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use crate::tally::TallyError;
use crate::whole_file::part_of;

/// Files of one export. Each is written beside its place and moved there by
/// [`Self::finish`]; what was there before stays until then. Dropped before that,
/// nothing is left behind.
#[derive(Debug, Default)]
pub struct OutFiles {
    files: Vec<(PathBuf, PathBuf)>,
}

impl OutFiles {
    /// A file that will lie at `path`.
    ///
    /// # Errors
    /// It cannot be made.
    pub fn create(&mut self, path: &Path) -> Result<BufWriter<File>, TallyError> {
        let part = part_of(path);
        let file = File::create(&part).map_err(TallyError::file(path))?;
        self.files.push((part, path.to_owned()));
        Ok(BufWriter::new(file))
    }

    /// Puts all files in their places and names them.
    ///
    /// # Errors
    /// One cannot be moved; those before it were.
    pub fn finish(mut self) -> Result<Vec<PathBuf>, TallyError> {
        let mut done = Vec::new();
        for (part, path) in &self.files {
            std::fs::rename(part, path).map_err(TallyError::file(path))?;
            done.push(path.clone());
        }
        self.files.clear();
        Ok(done)
    }
}

impl Drop for OutFiles {
    fn drop(&mut self) {
        for (part, _) in &self.files {
            // The error that matters was returned before.
            drop(std::fs::remove_file(part));
        }
    }
}
