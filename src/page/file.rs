//! A file of pages: what kind it is, how many pages it has, and each page.

use std::fs::File;
use std::io::Read;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Arc;

use super::pdf::PdfFile;
use super::{DecodeLimits, PageError, Scan, jpeg, png, tiff};

/// An image file in memory, of which pages can be decoded one at a time, in
/// any order and by several threads.
///
/// Its kind is found by its content; names and extensions are not looked at.
pub struct PageFile {
    kind: Kind,
    limits: DecodeLimits,
}

enum Kind {
    Jpeg(Arc<Vec<u8>>),
    Png(Arc<Vec<u8>>),
    Tiff { data: Arc<Vec<u8>>, pages: Vec<u64> },
    Pdf(Box<PdfFile>),
}

impl PageFile {
    /// Reads a file into memory and looks what it is.
    ///
    /// # Errors
    /// [`PageError::Io`] if it cannot be read, and as [`PageFile::from_bytes`].
    pub fn open(path: &Path, limits: &DecodeLimits) -> Result<Self, PageError> {
        Self::from_bytes(read_bounded(File::open(path)?, limits)?, limits)
    }

    /// Looks what the bytes of a file are. Only what is needed to count the
    /// pages is decoded.
    ///
    /// # Errors
    /// [`PageError::FileTooLarge`], [`PageError::UnknownFormat`],
    /// [`PageError::TooManyPages`], [`PageError::Encrypted`],
    /// [`PageError::Damaged`] if the file as a whole cannot be used.
    pub fn from_bytes(
        data: impl Into<Arc<Vec<u8>>>,
        limits: &DecodeLimits,
    ) -> Result<Self, PageError> {
        let data = data.into();
        if data.len() as u64 > limits.max_file_bytes {
            return Err(PageError::FileTooLarge(data.len() as u64));
        }
        let kind = match sniff(&data)? {
            Format::Jpeg => Kind::Jpeg(data),
            Format::Png => Kind::Png(data),
            Format::Tiff => {
                let pages = guarded("TIFF", || tiff::pages(&data, limits))?;
                Kind::Tiff { data, pages }
            }
            Format::Pdf => Kind::Pdf(Box::new(guarded("PDF", || PdfFile::new(data, limits))?)),
        };
        Ok(Self {
            kind,
            limits: *limits,
        })
    }

    /// How many pages the file has, at least 1.
    #[must_use]
    pub fn page_count(&self) -> usize {
        match &self.kind {
            Kind::Jpeg(_) | Kind::Png(_) => 1,
            Kind::Tiff { pages, .. } => pages.len(),
            Kind::Pdf(pdf) => pdf.page_count(),
        }
    }

    /// `JPEG`, `PNG`, `TIFF` or `PDF`.
    #[must_use]
    pub fn format(&self) -> &'static str {
        match &self.kind {
            Kind::Jpeg(_) => "JPEG",
            Kind::Png(_) => "PNG",
            Kind::Tiff { .. } => "TIFF",
            Kind::Pdf(_) => "PDF",
        }
    }

    /// Decodes the page at `index`, counted from 0. What is wrong with one
    /// page does not touch the others.
    ///
    /// # Errors
    /// [`PageError::NoSuchPage`], [`PageError::TooLarge`],
    /// [`PageError::Empty`], [`PageError::Damaged`].
    pub fn page(&self, index: usize) -> Result<Scan, PageError> {
        let count = self.page_count();
        if index >= count {
            return Err(PageError::NoSuchPage {
                number: index + 1,
                count,
            });
        }
        guarded(self.format(), || match &self.kind {
            Kind::Jpeg(data) => jpeg::decode(data, &self.limits),
            Kind::Png(data) => png::decode(data, &self.limits),
            Kind::Tiff { data, pages } => tiff::decode(data, pages[index], &self.limits),
            Kind::Pdf(pdf) => pdf.page(index, &self.limits),
        })
    }
}

impl std::fmt::Debug for PageFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("PageFile")
            .field("format", &self.format())
            .field("pages", &self.page_count())
            .finish()
    }
}

/// Reads all of a reader that may not be longer than the limit.
pub(super) fn read_bounded(reader: impl Read, limits: &DecodeLimits) -> Result<Vec<u8>, PageError> {
    let mut data = Vec::new();
    let most = limits.max_file_bytes;
    reader.take(most.saturating_add(1)).read_to_end(&mut data)?;
    if data.len() as u64 > most {
        return Err(PageError::FileTooLarge(data.len() as u64));
    }
    Ok(data)
}

/// Runs a decoder; a panic inside a library is an error of this file.
fn guarded<T>(
    format: &'static str,
    decode: impl FnOnce() -> Result<T, PageError>,
) -> Result<T, PageError> {
    // Nothing that is shared is left half changed: decoders only read the
    // file, and what they make is dropped.
    catch_unwind(AssertUnwindSafe(decode))
        .unwrap_or_else(|_| Err(PageError::damaged(format, "the decoder gave up on it")))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Jpeg,
    Png,
    Tiff,
    Pdf,
}

fn sniff(data: &[u8]) -> Result<Format, PageError> {
    // Readers of PDF accept its mark anywhere in the first kilobyte (ISO
    // 32000-1, Annex H, implementation note 13).
    const PDF_MARK_WITHIN: usize = 1024;
    let pdf_mark = |d: &[u8]| d.windows(5).any(|w| w == b"%PDF-");
    match data {
        [] => Err(PageError::Empty),
        [0xFF, 0xD8, 0xFF, ..] => Ok(Format::Jpeg),
        [0x89, b'P', b'N', b'G', 0x0D, 0x0A, 0x1A, 0x0A, ..] => Ok(Format::Png),
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => Ok(Format::Tiff),
        [b'P', b'K', 3, 4, ..] => Err(PageError::damaged("ZIP", "the archive cannot be opened")),
        _ if pdf_mark(&data[..data.len().min(PDF_MARK_WITHIN)]) => Ok(Format::Pdf),
        _ => Err(PageError::UnknownFormat),
    }
}
