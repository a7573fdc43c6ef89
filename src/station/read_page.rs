//! One page image through decoder and reader, whatever happens to it.

use std::sync::Arc;

use super::guard::guarded;
use crate::page::{DecodeLimits, PageFile, Scan};
use crate::read::{PageReading, Problem, ProblemCode, Reader};

/// A file's pages, or why there are none.
#[derive(Debug)]
pub struct Pages {
    file: Result<PageFile, String>,
}

impl Pages {
    /// Opens a file from its bytes.
    #[must_use]
    pub fn of_bytes(bytes: Arc<Vec<u8>>, limits: &DecodeLimits) -> Self {
        Self {
            file: guarded(|| PageFile::from_bytes(bytes, limits))
                .and_then(|opened| opened.map_err(|e| e.to_string())),
        }
    }

    /// A file that could not even be read from the disk.
    #[must_use]
    pub fn failed(why: String) -> Self {
        Self { file: Err(why) }
    }

    /// Pages to read; a file that cannot be opened has one, which is damaged:
    /// it must not vanish.
    #[must_use]
    pub fn count(&self) -> u32 {
        self.file.as_ref().map_or(1, |f| {
            u32::try_from(f.page_count()).unwrap_or(u32::MAX).max(1)
        })
    }

    /// Decodes and reads a page. Returns the image too, for those who cut
    /// clips out of it.
    #[must_use]
    pub fn read(&self, index: u32, reader: &Reader) -> (PageReading, Option<Scan>) {
        let file = match &self.file {
            Ok(file) => file,
            Err(why) => return (damaged(why), None),
        };
        let index = usize::try_from(index).unwrap_or(usize::MAX);
        let scan = match guarded(|| file.page(index)) {
            Ok(Ok(scan)) => scan,
            Ok(Err(e)) => return (damaged(&e.to_string()), None),
            Err(panic) => {
                return (
                    damaged(&format!("the decoder failed on this page: {panic}")),
                    None,
                );
            }
        };
        match guarded(|| reader.read(&scan)) {
            Ok(reading) => (reading, Some(scan)),
            Err(panic) => (
                damaged(&format!("the reader failed on this page: {panic}")),
                Some(scan),
            ),
        }
    }
}

/// The reading of a page that could not be decoded.
#[must_use]
pub fn damaged(why: &str) -> PageReading {
    PageReading::unreadable(Problem {
        code: ProblemCode::Damaged,
        detail: why.to_owned(),
    })
}
