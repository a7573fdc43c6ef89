//! What a decoded page image is.

use image::GrayImage;

/// One page image as it came out of a file, turned as the file's own
/// orientation tag says and not otherwise touched.
#[derive(Debug, Clone)]
pub struct Scan {
    /// 8-bit gray, 0 black, 255 white.
    pub image: GrayImage,
    /// Resolution that the file claims, dots per inch in x and y. Scanners and
    /// copiers write wrong values; treat it as a hint.
    pub dpi: Option<(f64, f64)>,
    /// The file stored one bit a pixel: gray levels mean nothing.
    pub bilevel: bool,
}

/// Bounds that keep a hostile or broken file from eating the machine.
#[derive(Debug, Clone, Copy)]
pub struct DecodeLimits {
    /// Most pixels a page may have.
    pub max_pixels: u64,
    /// Most pages a file may have.
    pub max_pages: u32,
    /// Most bytes of a file.
    pub max_file_bytes: u64,
}

impl Default for DecodeLimits {
    fn default() -> Self {
        Self {
            // A4 at 600 dpi has 35 million; A3 at 600 dpi has 70 million.
            max_pixels: 80_000_000,
            // A long run of a feeder into one file.
            max_pages: 10_000,
            max_file_bytes: 4 << 30,
        }
    }
}

/// Why a file or one of its pages could not be decoded.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The file could not be read from disk.
    #[error("cannot read the file: {0}")]
    Io(#[from] std::io::Error),
    /// Not a kind of file that phieu reads.
    #[error("not a JPEG, PNG, TIFF or PDF file")]
    UnknownFormat,
    /// The content is damaged or uses something that is not supported.
    #[error("the {format} data is damaged or not supported: {detail}")]
    Damaged {
        /// `JPEG`, `PNG`, `TIFF`, `PDF`.
        format: &'static str,
        /// What the decoder said.
        detail: String,
    },
    /// Beyond [`DecodeLimits`].
    #[error("the page is too large: {width}x{height} pixels")]
    TooLarge {
        /// Declared width, px.
        width: u64,
        /// Declared height, px.
        height: u64,
    },
    /// Beyond [`DecodeLimits`].
    #[error("the file has more than {0} pages")]
    TooManyPages(u32),
    /// Beyond [`DecodeLimits`].
    #[error("the file is too large: {0} bytes")]
    FileTooLarge(u64),
}
