//! A scanned page in memory: decoding image files into gray pixels.

mod scan;

pub use scan::{DecodeLimits, PageError, Scan};
