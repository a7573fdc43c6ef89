//! PDF as scanners write it: one image a page, which is taken out as it is;
//! any other page is rendered.

mod content;
mod guard;
mod image;
mod render;

pub(crate) use render::draw_on_white;

use std::sync::{Arc, OnceLock};

use hayro_syntax::page::Page;
use hayro_syntax::{DecryptionError, LoadPdfError, Pdf};

use self::content::Placed;
use self::image::ImageError;
use super::{DecodeLimits, PageError, Scan, orient, scan::plausible_dpi};

const FORMAT: &str = "PDF";

fn damaged(detail: impl std::fmt::Display) -> PageError {
    PageError::damaged(FORMAT, detail)
}

/// Points in an inch, the unit of PDF.
const POINTS_PER_INCH: f64 = 72.0;

/// An open PDF.
pub(super) struct PdfFile {
    pdf: Pdf,
    /// Whether all streams are of a size that rendering may decode; looked at
    /// once, when the first page has to be rendered.
    renderable: OnceLock<bool>,
}

impl PdfFile {
    /// Parses the structure of a PDF.
    ///
    /// # Errors
    /// [`PageError::Encrypted`], [`PageError::TooManyPages`],
    /// [`PageError::Damaged`].
    pub fn new(data: Arc<Vec<u8>>, limits: &DecodeLimits) -> Result<Self, PageError> {
        guard::check_structure(&data)?;
        let pdf = Pdf::new(data).map_err(|e| match e {
            LoadPdfError::Decryption(DecryptionError::PasswordProtected) => {
                PageError::Encrypted { format: FORMAT }
            }
            LoadPdfError::Decryption(e) => damaged(format!("its encryption: {e:?}")),
            LoadPdfError::Invalid => damaged("its structure cannot be read"),
        })?;
        match pdf.pages().len() {
            0 => Err(damaged("it has no pages")),
            n if n > limits.max_pages as usize => Err(PageError::TooManyPages(limits.max_pages)),
            _ => Ok(Self {
                pdf,
                renderable: OnceLock::new(),
            }),
        }
    }

    /// How many pages there are.
    pub fn page_count(&self) -> usize {
        self.pdf.pages().len()
    }

    /// Decodes a page.
    ///
    /// # Errors
    /// [`PageError::TooLarge`], [`PageError::Empty`], [`PageError::Damaged`].
    pub fn page(&self, index: usize, limits: &DecodeLimits) -> Result<Scan, PageError> {
        let pages = self.pdf.pages();
        let page = pages.get(index).ok_or(PageError::Empty)?;
        guard::check_content(page)?;
        if let Some(placed) = content::sole_image(page)
            && let Some(placement) = Placement::of(page, &placed)
        {
            match image::decode(&placed, limits) {
                Ok(found) => return Ok(placement.apply(found)),
                Err(ImageError::Page(e)) => return Err(e),
                Err(ImageError::NotAlone) => {}
            }
        }
        if !self
            .renderable
            .get_or_init(|| guard::all_streams_bounded(&self.pdf, limits))
            || !guard::inline_images_bounded(page.page_stream().unwrap_or_default(), limits)
        {
            return Err(damaged("a part of it unpacks to far more than a page"));
        }
        render::render(page, limits)
    }
}

/// How the image lies on the page.
#[derive(Debug, Clone, Copy)]
struct Placement {
    /// Orientation as of TIFF and EXIF, 1 to 8.
    orientation: u16,
    /// Width and height of the image as stored, on the page, points.
    width: f64,
    height: f64,
}

impl Placement {
    /// Nothing if the image is not upright on the page, or if it is not what
    /// the page is about.
    fn of(page: &Page<'_>, placed: &Placed<'_>) -> Option<Self> {
        // An image's unit square has y up; after the page's own transform y
        // is down and the page's rotation is applied.
        let [a, b, c, d, e, f] = {
            let page = page.initial_transform(true).as_coeffs();
            content::then(&placed.transform, &page)
        };
        let (right, down) = ((a, b), (-c, -d));
        // A thousandth, 0.06 degrees, moves a corner of A4 by 0.3 mm.
        const UPRIGHT: f64 = 1e-3;
        let flat = |(x, y): (f64, f64)| y.abs() <= UPRIGHT * x.abs();
        let steep = |(x, y): (f64, f64)| x.abs() <= UPRIGHT * y.abs();
        let orientation = if flat(right) && steep(down) {
            match (right.0 > 0.0, down.1 > 0.0) {
                (true, true) => 1,
                (false, true) => 2,
                (false, false) => 3,
                (true, false) => 4,
            }
        } else if steep(right) && flat(down) {
            match (right.1 > 0.0, down.0 > 0.0) {
                (true, true) => 5,
                (true, false) => 6,
                (false, false) => 7,
                (false, true) => 8,
            }
        } else {
            return None;
        };
        let (page_width, page_height) = page.render_dimensions();
        let corners = [(e, f), (e + a + c, f + b + d)];
        let span = |p: f64, q: f64, limit: f64| {
            let (low, high) = (p.min(q), p.max(q));
            (high.min(limit) - low.max(0.0)).max(0.0)
        };
        let seen = span(corners[0].0, corners[1].0, page_width.into())
            * span(corners[0].1, corners[1].1, page_height.into());
        let image_area = (a * d - b * c).abs();
        let page_area = f64::from(page_width) * f64::from(page_height);
        // An image with margins, or one that hangs over the edge, is still
        // the scan; a logo on an empty page, or a part of a larger image, is
        // not.
        const MOST: f64 = 0.8;
        let whole = seen >= MOST * page_area && seen >= MOST * image_area;
        (whole && image_area > 0.0).then(|| Self {
            orientation,
            width: right.0.hypot(right.1),
            height: down.0.hypot(down.1),
        })
    }

    fn apply(&self, found: image::Found) -> Scan {
        let (width, height) = found.image.dimensions();
        let dpi = plausible_dpi(
            f64::from(width) / (self.width / POINTS_PER_INCH),
            f64::from(height) / (self.height / POINTS_PER_INCH),
        );
        let scan = Scan {
            image: found.image,
            dpi,
            bilevel: found.bilevel,
        };
        orient::apply(scan, self.orientation)
    }
}
