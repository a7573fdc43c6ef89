//! Paper has millimetres, images have pixels: two types that cannot be mixed.
//!
//! Millimetres have their origin at the paper's top left corner, x to the
//! right and y down. Pixels have their origin at the image's top left corner;
//! the *centre* of the first pixel is (0.5, 0.5).
//!
//! The conversion between both is done by [`crate::read`]'s registration for
//! scanned pages and by [`px_per_mm`] where an image is made from paper.

/// Unit marker: millimetres on paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mm {}

/// Unit marker: pixels of an image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Px {}

/// A point on paper, mm.
pub type MmPoint = euclid::Point2D<f64, Mm>;
/// A displacement on paper, mm.
pub type MmVector = euclid::Vector2D<f64, Mm>;
/// A size on paper, mm.
pub type MmSize = euclid::Size2D<f64, Mm>;
/// An upright rectangle on paper, mm.
pub type MmRect = euclid::Rect<f64, Mm>;
/// A point in an image, px.
pub type PxPoint = euclid::Point2D<f64, Px>;
/// A displacement in an image, px.
pub type PxVector = euclid::Vector2D<f64, Px>;
/// An upright rectangle in an image, px.
pub type PxRect = euclid::Rect<f64, Px>;

/// Millimetres in an inch.
pub const MM_PER_INCH: f64 = 25.4;

/// Pixels per millimetre at a resolution in dots per inch.
#[must_use]
pub fn px_per_mm(dpi: f64) -> f64 {
    dpi / MM_PER_INCH
}

/// A rectangle from x, y, width and height in mm.
#[must_use]
pub fn mm_rect(x: f64, y: f64, w: f64, h: f64) -> MmRect {
    MmRect::new(MmPoint::new(x, y), MmSize::new(w, h))
}

/// `[x, y, w, h]` of a rectangle, rounded to a thousandth of a millimetre:
/// the form in which rectangles appear in JSON.
#[must_use]
pub fn rect_array(r: &MmRect) -> [f64; 4] {
    [r.origin.x, r.origin.y, r.size.width, r.size.height].map(|v| (v * 1000.0).round() / 1000.0)
}
