//! Files that came through the browser wait here until they are recorded.
//!
//! Each dropping of files is a parcel: a folder of its own in `DIR/inbox`. A file
//! is there under its name when it is whole; names are somebody's input and are
//! made harmless.

use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Station, StationError};
use crate::page::{DecodeLimits, SkipReason, is_wanted};

/// Most bytes of a parcel: 20,000 pages of a megabyte, more than a station scans in
/// a day.
pub const MOST_BYTES: u64 = 20 << 30;
/// Most files of a parcel.
pub const MOST_FILES: u64 = 50_000;
/// Most folders in folders.
const MOST_DEPTH: usize = 16;
/// Longest name as it comes, bytes.
const LONGEST: usize = 2048;
/// Longest part of a path that is written, bytes: file systems take 255, and a
/// number may be added.
const LONGEST_PART: usize = 200;
/// Letters and digits of a parcel's id; see [`super::new_id`].
const ID_DIGITS: usize = 20;

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum InboxError {
    /// There is no such parcel.
    #[error("there is no such parcel")]
    Missing,
    /// The name leads out of the parcel, or is none.
    #[error("tên tệp không hợp lệ (this name is not taken)")]
    Name,
    /// It is no image by its name.
    #[error("không phải tệp ảnh, PDF hay ZIP (no image, PDF or ZIP): {0}")]
    Kind(SkipReason),
    /// The file is larger than one is taken.
    #[error("tệp lớn hơn {} MB, quét bằng phieu scan (the file is too large)", .0 >> 20)]
    FileTooLarge(u64),
    /// The parcel has too much in it.
    #[error("quá nhiều tệp trong một lần kéo thả (too much at once)")]
    Full,
    /// The disk.
    #[error("không ghi được vào đĩa của trạm (the station's disk refuses): {0}")]
    Disk(#[from] std::io::Error),
}

/// A parcel that waits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parcel {
    /// Its id.
    pub id: String,
    /// Whole files in it.
    pub files: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The box that they were to be scanned out of.
    pub ballot_box: Option<String>,
}

/// Where a parcel says its box; hidden, so that a scan of the folder leaves it out.
const BOX: &str = ".box";

/// The station's inbox.
#[derive(Debug, Clone)]
pub struct Inbox {
    dir: PathBuf,
}

impl Station {
    /// Where files wait that came through the browser.
    #[must_use]
    pub fn inbox(&self) -> Inbox {
        Inbox {
            dir: self.dir().join("inbox"),
        }
    }
}

impl Inbox {
    /// A new, empty parcel.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn begin(&self) -> Result<String, StationError> {
        let id = super::new_id();
        let dir = self.dir.join(&id);
        fs::create_dir_all(&dir).map_err(StationError::io(&dir, "make the folder"))?;
        Ok(id)
    }

    /// The folder of a parcel; `None`: there is none of this id.
    #[must_use]
    pub fn folder(&self, id: &str) -> Option<PathBuf> {
        let fits = id.len() == ID_DIGITS && id.bytes().all(|b| b.is_ascii_hexdigit());
        let dir = self.dir.join(id);
        (fits && dir.is_dir()).then_some(dir)
    }

    /// All parcels, by id.
    #[must_use]
    pub fn parcels(&self) -> Vec<Parcel> {
        let Ok(entries) = fs::read_dir(&self.dir) else {
            return Vec::new();
        };
        let mut all: Vec<Parcel> = entries
            .filter_map(Result::ok)
            .filter_map(|e| e.file_name().into_string().ok())
            .filter_map(|id| self.parcel(&id))
            .collect();
        all.sort_by(|a, b| a.id.cmp(&b.id));
        all
    }

    /// One parcel with what is in it.
    #[must_use]
    pub fn parcel(&self, id: &str) -> Option<Parcel> {
        let folder = self.folder(id)?;
        let mut parcel = Parcel {
            id: id.to_owned(),
            files: 0,
            bytes: 0,
            ballot_box: fs::read_to_string(folder.join(BOX)).ok(),
        };
        let shown = |e: &walkdir::DirEntry| {
            e.depth() == 0 || !e.file_name().to_string_lossy().starts_with('.')
        };
        let inside = walkdir::WalkDir::new(folder)
            .into_iter()
            .filter_entry(shown);
        for entry in inside
            .filter_map(Result::ok)
            .filter(|e| e.file_type().is_file())
        {
            parcel.files += 1;
            parcel.bytes += entry.metadata().map_or(0, |m| m.len());
        }
        Some(parcel)
    }

    /// Keeps with a parcel out of which box it is to be scanned: a scan that was cut
    /// off goes on out of the same.
    ///
    /// # Errors
    /// There is no such parcel, or the disk refuses.
    pub fn keep_box(&self, id: &str, ballot_box: Option<&str>) -> Result<(), InboxError> {
        let path = self.folder(id).ok_or(InboxError::Missing)?.join(BOX);
        match ballot_box {
            Some(label) => Ok(fs::write(path, label)?),
            None if path.exists() => Ok(fs::remove_file(path)?),
            None => Ok(()),
        }
    }

    /// Begins to take a file into a parcel that has `already` in it.
    ///
    /// # Errors
    /// There is no such parcel, it is full, the name is not taken, or the disk
    /// refuses.
    pub fn receive(&self, already: &Parcel, name: &str) -> Result<Incoming, InboxError> {
        let dir = self.folder(&already.id).ok_or(InboxError::Missing)?;
        let to = dir.join(harmless(name)?);
        is_wanted(name).map_err(InboxError::Kind)?;
        if already.files >= MOST_FILES || already.bytes >= MOST_BYTES {
            return Err(InboxError::Full);
        }
        // Hidden: a scan of the folder leaves it out.
        let part = dir.join(format!(".{}.part", super::new_id()));
        let largest = DecodeLimits::default().max_file_bytes;
        Ok(Incoming {
            file: Some(File::create_new(&part)?),
            part,
            to,
            left: largest.min(MOST_BYTES - already.bytes),
            largest,
            taken: 0,
        })
    }

    /// Forgets a parcel and what is in it.
    ///
    /// # Errors
    /// There is none, or the disk refuses.
    pub fn discard(&self, id: &str) -> Result<(), InboxError> {
        let dir = self.folder(id).ok_or(InboxError::Missing)?;
        Ok(fs::remove_dir_all(dir)?)
    }
}

/// A file that is on its way; dropped before its end, nothing of it is left.
#[derive(Debug)]
pub struct Incoming {
    file: Option<File>,
    part: PathBuf,
    to: PathBuf,
    left: u64,
    largest: u64,
    taken: u64,
}

impl Incoming {
    /// Takes some of its bytes.
    ///
    /// # Errors
    /// There are too many, or the disk refuses.
    pub fn write(&mut self, bytes: &[u8]) -> Result<(), InboxError> {
        let n = bytes.len() as u64;
        if n > self.left {
            return Err(if self.taken + n > self.largest {
                InboxError::FileTooLarge(self.largest)
            } else {
                InboxError::Full
            });
        }
        self.left -= n;
        self.taken += n;
        match &mut self.file {
            Some(file) => Ok(file.write_all(bytes)?),
            None => Err(InboxError::Missing),
        }
    }

    /// It is whole: gets its name, or one beside it where that is taken. Says how
    /// many bytes it has.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn finish(mut self) -> Result<u64, InboxError> {
        drop(self.file.take());
        if let Some(parent) = self.to.parent() {
            fs::create_dir_all(parent)?;
        }
        let mut to = self.to.clone();
        for n in 2.. {
            match File::create_new(&to) {
                Ok(_) => break,
                Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists && n < MOST_FILES => {
                    to = beside(&self.to, n);
                }
                Err(e) => return Err(e.into()),
            }
        }
        fs::rename(&self.part, &to)?;
        Ok(self.taken)
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        drop(self.file.take());
        // Where it is finished, it is not there any more.
        drop(fs::remove_file(&self.part));
    }
}

/// `trang 1.png` is `trang 1 (2).png`.
fn beside(path: &Path, n: u64) -> PathBuf {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let name = match path.extension() {
        Some(e) => format!("{stem} ({n}).{}", e.to_string_lossy()),
        None => format!("{stem} ({n})"),
    };
    path.with_file_name(name)
}

/// A path below the parcel that any system can hold, of a name that a browser sent.
fn harmless(name: &str) -> Result<PathBuf, InboxError> {
    let drive = name.as_bytes().get(1) == Some(&b':');
    let absolute = name.starts_with(['/', '\\']);
    if name.is_empty() || name.len() > LONGEST || drive || absolute || name.contains('\0') {
        return Err(InboxError::Name);
    }
    let parts: Vec<&str> = name
        .split(['/', '\\'])
        .filter(|p| !p.is_empty() && *p != ".")
        .collect();
    if parts.is_empty() || parts.len() > MOST_DEPTH || parts.contains(&"..") {
        return Err(InboxError::Name);
    }
    Ok(parts.into_iter().map(harmless_part).collect())
}

/// What Windows keeps for devices; a file of such a name cannot be opened there.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

fn harmless_part(part: &str) -> String {
    // Marks that turn the direction of writing make a name look like another.
    let turns = |c: char| matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    let plain: String = part
        .chars()
        .map(|c| {
            if c.is_control() || turns(c) || "<>:\"|?*".contains(c) {
                '_'
            } else {
                c
            }
        })
        .collect();
    let plain = plain.trim_matches([' ', '.']);
    let (stem, extension) = match plain.rsplit_once('.') {
        Some((stem, e)) if e.len() <= 8 => (stem, Some(e)),
        _ => (plain, None),
    };
    let mut stem = stem.trim_end_matches([' ', '.']);
    while stem.len() > LONGEST_PART {
        let mut chars = stem.chars();
        chars.next_back();
        stem = chars.as_str();
    }
    let base = stem.split('.').next().unwrap_or("").to_lowercase();
    let bare = base.trim_end_matches(|c: char| c.is_ascii_digit());
    let device = DEVICES.contains(&bare) && base.len() <= bare.len() + 1;
    let lead = if device || stem.is_empty() { "_" } else { "" };
    match extension {
        Some(e) => format!("{lead}{stem}.{e}"),
        None => format!("{lead}{stem}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_are_made_harmless() {
        let shown = |name: &str| {
            harmless(name)
                .map(|p| p.to_string_lossy().replace('\\', "/"))
                .ok()
        };
        let same = |name: &str| assert_eq!(shown(name).as_deref(), Some(name));
        same("phường Ngọc Hà/hòm 1/trang 001.jpg");
        for (name, is) in [
            ("a\\b.png", "a/b.png"),
            ("./a//b.png", "a/b.png"),
            (
                "<img src=x onerror=alert(1)>.png",
                "_img src=x onerror=alert(1)_.png",
            ),
            ("con.png", "_con.png"),
            ("COM1.tif", "_COM1.tif"),
            ("a\u{202e}gnp.exe.png", "a_gnp.exe.png"),
            ("dòng\nmới.png", "dòng_mới.png"),
            ("cuối. /x.png", "cuối/x.png"),
            ("a.png:stream.png", "a.png_stream.png"),
        ] {
            assert_eq!(shown(name).as_deref(), Some(is), "{name}");
        }
        same("công ty.png");
        for name in [
            "",
            "/etc/passwd.png",
            "\\\\máy\\ổ\\a.png",
            "C:\\a.png",
            "../a.png",
            "a/../../b.png",
            "a\0.png",
        ] {
            assert_eq!(shown(name), None, "{name}");
        }
        let long = format!("{}.png", "ộ".repeat(300));
        let short = shown(&long).unwrap();
        assert!(
            short.len() <= LONGEST_PART + 4 && short.ends_with("ộ.png"),
            "{short}"
        );
    }

    /// A browser can say that a file is small and send a large one.
    #[test]
    fn more_bytes_than_are_taken_leave_nothing_behind() {
        let dir = tempfile::tempdir().unwrap();
        let inbox = Inbox {
            dir: dir.path().join("inbox"),
        };
        let id = inbox.begin().unwrap();
        let parcel = inbox.parcel(&id).unwrap();
        let folder = inbox.folder(&id).unwrap();
        let small = |left, largest| {
            let mut incoming = inbox.receive(&parcel, "a/b.png").unwrap();
            (incoming.left, incoming.largest) = (left, largest);
            incoming
        };
        let mut incoming = small(10, 10);
        incoming.write(&[0; 6]).unwrap();
        assert!(matches!(
            incoming.write(&[0; 6]),
            Err(InboxError::FileTooLarge(10))
        ));
        drop(incoming);
        let mut incoming = small(5, 10);
        assert!(matches!(incoming.write(&[0; 6]), Err(InboxError::Full)));
        drop(incoming);
        assert_eq!(fs::read_dir(&folder).unwrap().count(), 0);
        for n in 1..=2u8 {
            let mut incoming = small(10, 10);
            incoming.write(&[n; 10]).unwrap();
            assert_eq!(incoming.finish().unwrap(), 10);
        }
        assert_eq!(fs::read(folder.join("a/b.png")).unwrap(), [1; 10]);
        assert_eq!(fs::read(folder.join("a/b (2).png")).unwrap(), [2; 10]);
        assert_eq!(inbox.parcel(&id).unwrap().bytes, 20);
        let full = Parcel {
            files: MOST_FILES,
            ..parcel
        };
        assert!(matches!(
            inbox.receive(&full, "c.png"),
            Err(InboxError::Full)
        ));
        assert!(inbox.folder("../../etc").is_none());
        inbox.discard(&id).unwrap();
        assert!(inbox.parcels().is_empty());
    }

    proptest! {
        /// Whatever a browser sends, the file lies below its parcel.
        #[test]
        fn nothing_leads_out_of_the_parcel(name in "(\\PC|[./\\\\: ]|\\.\\.){0,30}") {
            if let Ok(path) = harmless(&name) {
                for part in path.components() {
                    prop_assert!(matches!(part, std::path::Component::Normal(_)), "{path:?}");
                }
            }
        }
    }
}
