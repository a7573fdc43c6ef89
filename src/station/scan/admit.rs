//! Files in: an image that is recorded already needs no reading, one that is
//! not is kept before it is read.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use super::{RemovedFile, ScanJob};
use crate::page::Source;
use crate::read::sketch::Sketch;
use crate::read::{PageReading, Status, model_id};
use crate::station::ordered::{Opened, Work};
use crate::station::originals::Originals;
use crate::station::read_page::Pages;
use crate::station::{SOFTWARE, StationError, guard};
use crate::store::{NewImage, ReadBy, Store, StoredPage};

/// What the writer learns of a file.
pub(super) enum FileInfo {
    /// Its bytes are here; `stored` lists its pages that need no reading.
    Ready {
        image: NewImage,
        hash: [u8; 32],
        stack: String,
        stored: Vec<StoredPage>,
        removed: Option<RemovedFile>,
    },
    /// It could not be read from the disk.
    Failed { name: String, why: String },
    /// The station itself is in trouble: the run must end.
    Fatal(Mutex<Option<StationError>>),
}

pub(super) struct ScanWork<'a> {
    pub(super) job: &'a ScanJob<'a>,
    pub(super) originals: Originals,
    pub(super) lookup: Mutex<Store>,
    pub(super) layouts: String,
}

/// Some files of a run.
pub(super) struct ScanPiece<'w, 'a> {
    pub(super) work: &'w ScanWork<'a>,
    pub(super) sources: &'w [Source],
}

impl Work for ScanPiece<'_, '_> {
    type File = Pages;
    type Info = FileInfo;
    type Page = (PageReading, Sketch);

    fn open(&self, source: usize) -> Opened<Pages, FileInfo> {
        let nothing = |info| Opened {
            file: Pages::failed(String::new()),
            info,
            pages: Vec::new(),
        };
        let Some(source) = self.sources.get(source) else {
            return nothing(FileInfo::Failed {
                name: String::new(),
                why: String::new(),
            });
        };
        let bytes = match guard::guarded(|| source.bytes(&self.work.job.limits)) {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(e)) => {
                return nothing(FileInfo::Failed {
                    name: source.name().to_owned(),
                    why: e.to_string(),
                });
            }
            Err(panic) => {
                return nothing(FileInfo::Failed {
                    name: source.name().to_owned(),
                    why: panic,
                });
            }
        };
        self.work
            .admit(source, bytes)
            .unwrap_or_else(|e| nothing(FileInfo::Fatal(Mutex::new(Some(e)))))
    }

    fn page(&self, _: usize, file: &Pages, index: u32) -> (PageReading, Sketch) {
        let (reading, scan) = file.read(index, self.work.job.reader);
        let sketch = match scan {
            Some(scan) if reading.serial.is_none() => Sketch::of(&scan.image, &reading),
            _ => Sketch::default(),
        };
        (reading, sketch)
    }
}

impl ScanWork<'_> {
    fn admit(
        &self,
        source: &Source,
        bytes: std::sync::Arc<Vec<u8>>,
    ) -> Result<Opened<Pages, FileInfo>, StationError> {
        let hash = blake3::hash(&bytes);
        let hex = hash.to_hex().to_string();
        let by = ReadBy {
            reader: SOFTWARE,
            layouts: &self.layouts,
            model: model_id(),
            profile: None,
        };
        let known = self
            .lookup
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .image(&hex, by)?;
        let kept_as = Originals::place(&hex, source.name());
        let length = bytes.len() as u64;
        let ready = |pages: u32, stored: Vec<StoredPage>, removed| FileInfo::Ready {
            image: NewImage {
                hash: hex.clone(),
                kept_as: kept_as.clone(),
                name: source.name().to_owned(),
                bytes: length,
                pages,
            },
            hash: *hash.as_bytes(),
            stack: stack_of(source.name()),
            stored,
            removed,
        };
        if let Some(image) = known {
            if image.removed {
                // Read again it would count without an original that anybody could
                // compare, and kept again it would be there past its date.
                let lost = missing(image.pages, &image.stored).len();
                let file = RemovedFile {
                    name: source.name().to_owned(),
                    lost: u32::try_from(lost).unwrap_or(u32::MAX),
                };
                return Ok(Opened {
                    file: Pages::failed(String::new()),
                    info: ready(image.pages, image.stored, Some(file)),
                    pages: Vec::new(),
                });
            }
            let stored: Vec<StoredPage> = image.stored.iter().copied().filter(settled).collect();
            let todo = missing(image.pages, &stored);
            if todo.is_empty() {
                return Ok(Opened {
                    file: Pages::failed(String::new()),
                    info: ready(image.pages, stored, None),
                    pages: todo,
                });
            }
            // The original of a recorded image is kept already.
            return Ok(Opened {
                file: Pages::of_bytes(bytes, &self.job.limits),
                info: ready(image.pages, stored, None),
                pages: todo,
            });
        }
        self.originals.keep(&kept_as, &bytes)?;
        let file = Pages::of_bytes(bytes, &self.job.limits);
        let count = file.count();
        Ok(Opened {
            file,
            info: ready(count, Vec::new(), None),
            pages: (0..count).collect(),
        })
    }
}

/// Is there nothing to gain from reading this page again? A page that could
/// not be read is read again when the program or the forms have changed.
fn settled(page: &StoredPage) -> bool {
    page.current || page.placed || page.blank || page.status != Status::Unreadable
}

fn missing(pages: u32, stored: &[StoredPage]) -> Vec<u32> {
    let have: HashSet<u32> = stored.iter().map(|s| s.index).collect();
    (0..pages).filter(|i| !have.contains(i)).collect()
}

/// The pile that a file lies in: its folder or archive. Pages of different
/// piles are never paired.
fn stack_of(name: &str) -> String {
    name.rfind(['/', '\\'])
        .and_then(|end| name.get(..end))
        .unwrap_or("")
        .to_owned()
}
