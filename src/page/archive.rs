//! Archives of image files, read in place: nothing is unpacked to disk, so
//! names that lead out of a folder lead nowhere.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use zip::ZipArchive;
use zip::result::ZipError;

use super::file::read_bounded;
use super::{DecodeLimits, PageError};

const FORMAT: &str = "ZIP";

/// Most bytes of one file in an archive once it is unpacked. Deflate makes
/// 1,032 bytes of one at most, so that a small archive could otherwise claim
/// the whole of [`DecodeLimits::max_file_bytes`]; a day's PDF of 200 colour
/// pages has about 200 MB.
const MAX_ENTRY_BYTES: u64 = 256 << 20;

/// An open archive whose list of files was read once.
pub(super) struct Archive {
    path: PathBuf,
    names: Vec<(usize, String)>,
    zip: ZipArchive<SharedFile>,
}

impl std::fmt::Debug for Archive {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Archive")
            .field("path", &self.path)
            .field("files", &self.names.len())
            .finish()
    }
}

impl Archive {
    /// Opens an archive and reads its list of files.
    pub fn open(path: &Path) -> Result<Self, PageError> {
        let file = File::open(path)?;
        let length = file.metadata()?.len();
        let zip = ZipArchive::new(SharedFile {
            file: Arc::new(Mutex::new(file)),
            length,
            at: 0,
        })
        .map_err(zip_error)?;
        let mut names = Vec::new();
        for index in 0..zip.len() {
            let entry = zip.by_index_data(index).map_err(zip_error)?;
            if entry.is_dir() {
                continue;
            }
            let name = match entry.name() {
                Ok(name) => name.into_owned(),
                Err(_) => String::from_utf8_lossy(entry.name_raw()).into_owned(),
            };
            names.push((index, name));
        }
        Ok(Self {
            path: path.to_path_buf(),
            names,
            zip,
        })
    }

    /// Where the archive is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Numbers and names of the files in it, in the order of the archive.
    pub fn files(&self) -> impl Iterator<Item = (usize, String)> + '_ {
        self.names.iter().cloned()
    }

    /// Unpacks a file into memory; its checksum is checked.
    pub fn read(&self, index: usize, limits: &DecodeLimits) -> Result<Vec<u8>, PageError> {
        // The list of files is shared by the clones, and each has its own
        // place in the file.
        let mut zip = self.zip.clone();
        let entry = zip.by_index(index).map_err(zip_error)?;
        let limits = DecodeLimits {
            max_file_bytes: limits.max_file_bytes.min(MAX_ENTRY_BYTES),
            ..*limits
        };
        if entry.size() > limits.max_file_bytes {
            return Err(PageError::FileTooLarge(entry.size()));
        }
        read_bounded(entry, &limits).map_err(|e| match e {
            PageError::Io(e) => PageError::damaged(FORMAT, e),
            other => other,
        })
    }
}

fn zip_error(error: ZipError) -> PageError {
    match error {
        ZipError::Io(e) => PageError::Io(e),
        ZipError::UnsupportedArchive(ZipError::PASSWORD_REQUIRED) => {
            PageError::Encrypted { format: FORMAT }
        }
        other => PageError::damaged(FORMAT, other),
    }
}

/// A file that is read at several places at once.
#[derive(Clone)]
struct SharedFile {
    file: Arc<Mutex<File>>,
    length: u64,
    at: u64,
}

impl Read for SharedFile {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let mut file = self.file.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(self.at))?;
        let n = file.read(out)?;
        self.at += n as u64;
        Ok(n)
    }
}

impl Seek for SharedFile {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let at = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.length.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = at.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
