//! A scanned page in memory: decoding image files into gray pixels.
//!
//! [`collect`] expands paths into [`Source`]s, a source opens as a
//! [`PageFile`], and each of its pages decodes into a [`Scan`]. Whatever the
//! bytes are, the answer is a page or a [`PageError`], within
//! [`DecodeLimits`].

mod archive;
mod fax;
mod file;
mod ifd;
mod jpeg;
mod natural;
mod orient;
mod pdf;
mod png;
mod samples;
mod scan;
mod source;
mod tiff;
mod unpack;

pub use file::PageFile;
pub(crate) use pdf::draw_on_white;
pub use scan::{DecodeLimits, PageError, Scan};
pub use source::{Collected, SkipReason, Skipped, Source, SourceError, collect, is_wanted};
