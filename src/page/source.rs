//! Where pages come from: files, folders of them, and archives of them.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use walkdir::WalkDir;

use super::archive::Archive;
use super::file::read_bounded;
use super::{DecodeLimits, PageError, PageFile, natural};

/// Extensions of files that are taken from folders and archives.
const IMAGE_EXTENSIONS: [&str; 7] = ["jpg", "jpeg", "jpe", "png", "tif", "tiff", "pdf"];

/// Depth of folders in folders that is followed: beyond it there is a loop,
/// not an office's filing.
const MAX_DEPTH: usize = 32;

/// One image file, on disk or in an archive. Cheap to clone; several threads
/// may open sources of the same archive at the same time.
#[derive(Debug, Clone)]
pub struct Source {
    name: String,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    File(PathBuf),
    Entry { archive: Arc<Archive>, index: usize },
}

/// What [`collect`] found.
#[derive(Debug, Default)]
pub struct Collected {
    /// Image files: the paths in the order given, within folders and archives
    /// by name, numbers by their value.
    pub sources: Vec<Source>,
    /// What was in folders and archives and was left out.
    pub skipped: Vec<Skipped>,
}

/// A file that was left out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Skipped {
    /// Its name, as [`Source::name`] would be.
    pub name: String,
    /// Why.
    pub reason: SkipReason,
}

/// Why a file in a folder or an archive was left out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkipReason {
    /// Its extension is not one of an image, a PDF or an archive.
    #[error("not an image, a PDF or an archive by its name")]
    UnknownExtension,
    /// Hidden files and the leftovers that systems put beside images.
    #[error("a hidden or system file")]
    Hidden,
    /// An archive in an archive.
    #[error("an archive in an archive: unpack it first")]
    NestedArchive,
    /// The folder or the link could not be followed.
    #[error("cannot be read: {0}")]
    Unreadable(String),
}

/// Why the paths could not be expanded.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    /// A path that was given does not exist.
    #[error("{}: there is no such file or folder", .0.display())]
    NotFound(PathBuf),
    /// A path that was given cannot be read.
    #[error("{}: cannot be read: {error}", .path.display())]
    Unreadable {
        /// The path as given.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// Expands files, folders (with all that is in them) and .zip archives into
/// the image files in them. A file that is named is taken whatever its name
/// is; an archive that cannot be opened stays as a source whose
/// [`Source::open`] says so, so that the others go on.
///
/// # Errors
/// [`SourceError`] only for paths that were given themselves.
pub fn collect(paths: &[PathBuf]) -> Result<Collected, SourceError> {
    let mut found = Collected::default();
    for path in paths {
        let meta = std::fs::metadata(path).map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => SourceError::NotFound(path.clone()),
            _ => SourceError::Unreadable {
                path: path.clone(),
                error,
            },
        })?;
        if meta.is_dir() {
            found.add_folder(path);
        } else {
            found.add_file(path);
        }
    }
    Ok(found)
}

impl Collected {
    /// Names files as they lie below this folder, which must have been named itself:
    /// where the station keeps them for a while says nothing to people.
    pub fn name_below(&mut self, folder: &Path) {
        let mut front = folder.display().to_string();
        front.push(std::path::MAIN_SEPARATOR);
        let names = self.sources.iter_mut().map(|s| &mut s.name);
        for name in names.chain(self.skipped.iter_mut().map(|s| &mut s.name)) {
            if let Some(rest) = name.strip_prefix(&front) {
                *name = rest.to_owned();
            }
        }
    }

    fn add_folder(&mut self, folder: &Path) {
        let mut files = Vec::new();
        for entry in WalkDir::new(folder).follow_links(true).max_depth(MAX_DEPTH) {
            match entry {
                Ok(entry) if entry.file_type().is_file() => {
                    let path = entry.into_path();
                    let inner = path.strip_prefix(folder).unwrap_or(&path);
                    files.push((inner.to_string_lossy().into_owned(), path));
                }
                Ok(_) => {}
                Err(e) => self.skipped.push(Skipped {
                    name: e.path().unwrap_or(folder).display().to_string(),
                    reason: SkipReason::Unreadable(e.to_string()),
                }),
            }
        }
        files.sort_by(|a, b| natural::compare(&a.0, &b.0));
        for (inner, path) in files {
            match wanted(&inner) {
                Ok(_) => self.add_file(&path),
                Err(reason) => self.skipped.push(Skipped {
                    name: path.display().to_string(),
                    reason,
                }),
            }
        }
    }

    fn add_file(&mut self, path: &Path) {
        let name = path.display().to_string();
        if is_archive(path)
            && let Ok(archive) = Archive::open(path)
        {
            self.add_archive(&name, &Arc::new(archive));
            return;
        }
        self.sources.push(Source {
            name,
            kind: Kind::File(path.to_path_buf()),
        });
    }

    fn add_archive(&mut self, name: &str, archive: &Arc<Archive>) {
        let mut entries: Vec<(usize, String)> = archive.files().collect();
        entries.sort_by(|a, b| natural::compare(&a.1, &b.1).then(a.0.cmp(&b.0)));
        for (index, inner) in entries {
            let name = format!("{name}/{inner}");
            let reason = match wanted(&inner) {
                Ok(Wanted::Image) => {
                    self.sources.push(Source {
                        name,
                        kind: Kind::Entry {
                            archive: Arc::clone(archive),
                            index,
                        },
                    });
                    continue;
                }
                Ok(Wanted::Archive) => SkipReason::NestedArchive,
                Err(reason) => reason,
            };
            self.skipped.push(Skipped { name, reason });
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Image,
    Archive,
}

/// Would a file of this name be taken from a folder?
///
/// # Errors
/// Why not.
pub fn is_wanted(name: &str) -> Result<(), SkipReason> {
    wanted(name).map(|_| ())
}

/// Judges a file by its place below the folder or archive that was given.
fn wanted(inner: &str) -> Result<Wanted, SkipReason> {
    let mut parts = inner.split(['/', '\\']);
    // macOS puts a twin of each file, with a name that looks like an image,
    // beside it or into a folder of this name.
    if parts.any(|part| part.starts_with('.') && part != "." && part != ".." || part == "__MACOSX")
    {
        return Err(SkipReason::Hidden);
    }
    let extension = Path::new(inner)
        .extension()
        .map(|e| e.to_string_lossy().to_ascii_lowercase());
    match extension.as_deref() {
        Some("zip") => Ok(Wanted::Archive),
        Some(e) if IMAGE_EXTENSIONS.contains(&e) => Ok(Wanted::Image),
        _ => Err(SkipReason::UnknownExtension),
    }
}

/// Whether a file starts as archives do, whatever its name.
fn is_archive(path: &Path) -> bool {
    let mut start = [0; 4];
    File::open(path)
        .and_then(|mut file| io::Read::read_exact(&mut file, &mut start))
        .is_ok_and(|()| start == *b"PK\x03\x04")
}

impl Source {
    /// A single file on disk; it is not looked at before it is opened.
    #[must_use]
    pub fn from_path(path: &Path) -> Self {
        Self {
            name: path.display().to_string(),
            kind: Kind::File(path.to_path_buf()),
        }
    }

    /// The name to show: the path, and for a file in an archive the path of
    /// the archive, `/`, and the name within.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The path on disk: of the file, or of the archive that it is in.
    #[must_use]
    pub fn path(&self) -> &Path {
        match &self.kind {
            Kind::File(path) => path,
            Kind::Entry { archive, .. } => archive.path(),
        }
    }

    /// The bytes of the file as they came, for hashing and keeping.
    ///
    /// # Errors
    /// [`PageError::Io`], [`PageError::FileTooLarge`], and for files in an
    /// archive [`PageError::Damaged`] and [`PageError::Encrypted`].
    pub fn bytes(&self, limits: &DecodeLimits) -> Result<Arc<Vec<u8>>, PageError> {
        match &self.kind {
            Kind::File(path) => read_bounded(File::open(path)?, limits).map(Arc::new),
            Kind::Entry { archive, index } => archive.read(*index, limits).map(Arc::new),
        }
    }

    /// Reads the file and looks what it is.
    ///
    /// # Errors
    /// As [`Source::bytes`] and [`PageFile::from_bytes`].
    pub fn open(&self, limits: &DecodeLimits) -> Result<PageFile, PageError> {
        PageFile::from_bytes(self.bytes(limits)?, limits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_wanted() {
        assert_eq!(wanted("hòm 1/Trang 1.JPG"), Ok(Wanted::Image));
        assert_eq!(wanted("a.b/c.tiff"), Ok(Wanted::Image));
        assert_eq!(wanted("../../etc/x.pdf"), Ok(Wanted::Image));
        assert_eq!(wanted("x.zip"), Ok(Wanted::Archive));
        assert_eq!(wanted("Thumbs.db"), Err(SkipReason::UnknownExtension));
        assert_eq!(wanted("jpg"), Err(SkipReason::UnknownExtension));
        assert_eq!(wanted("__MACOSX/a.jpg"), Err(SkipReason::Hidden));
        assert_eq!(wanted("b/._a.jpg"), Err(SkipReason::Hidden));
    }
}
