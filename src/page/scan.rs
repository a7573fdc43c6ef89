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
            // A file is held in memory while its pages are decoded. 500 A4
            // pages in colour at 300 dpi, in one PDF, are about half of this.
            max_file_bytes: 1 << 30,
        }
    }
}

impl DecodeLimits {
    /// Refuses a declared size before anything is allocated for it.
    ///
    /// # Errors
    /// [`PageError::Empty`] if a side is zero, [`PageError::TooLarge`] if
    /// there are more than [`DecodeLimits::max_pixels`] pixels.
    pub(crate) fn check_size(&self, width: u64, height: u64) -> Result<(u32, u32), PageError> {
        if width == 0 || height == 0 {
            return Err(PageError::Empty);
        }
        let too_large = PageError::TooLarge { width, height };
        match (u32::try_from(width), u32::try_from(height)) {
            (Ok(w), Ok(h)) if u64::from(w) * u64::from(h) <= self.max_pixels => Ok((w, h)),
            _ => Err(too_large),
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
        /// `JPEG`, `PNG`, `TIFF`, `PDF`, `ZIP`.
        format: &'static str,
        /// What the decoder said.
        detail: String,
    },
    /// The file needs a password.
    #[error("the {format} file is protected by a password: save it without one, or scan again")]
    Encrypted {
        /// `PDF`, `ZIP`.
        format: &'static str,
    },
    /// The file has no bytes, or the image has no pixels.
    #[error("the file or the page is empty")]
    Empty,
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
    /// Asked for a page that the file does not have.
    #[error("the file has no page {number}: it has {count}")]
    NoSuchPage {
        /// The page asked for, counted from 1.
        number: usize,
        /// How many pages the file has.
        count: usize,
    },
}

impl PageError {
    /// A [`PageError::Damaged`] with what was found.
    pub(crate) fn damaged(format: &'static str, detail: impl std::fmt::Display) -> Self {
        Self::Damaged {
            format,
            detail: detail.to_string(),
        }
    }
}

/// A resolution as it can be believed to be one, or nothing: files without a
/// resolution often say 0, 1 or 72 by 0.
pub(crate) fn plausible_dpi(x: f64, y: f64) -> Option<(f64, f64)> {
    // Faxes start at 98 dpi, screens at 72, and no scanner goes beyond 9600:
    // a decade of room on both sides.
    const RANGE: std::ops::RangeInclusive<f64> = 10.0..=20_000.0;
    (RANGE.contains(&x) && RANGE.contains(&y)).then_some((x, y))
}
