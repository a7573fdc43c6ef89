//! How a page was printed, treated by people and scanned. Plain data, drawn at
//! random by [`super::mixture`] and kept with the truth, so that an error of the
//! reader can be traced to what caused it.

use serde::{Deserialize, Serialize};

use super::level::Level;

/// What the printer and the copier did.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Printing {
    /// Scale in x and y about the paper's centre.
    pub scale: [f64; 2],
    /// Shift, mm.
    pub shift_mm: [f64; 2],
    /// Turn, degrees clockwise.
    pub skew_deg: f64,
    /// Darkness of solid toner, 0 to 1.
    pub toner: f64,
    /// Depth of dark and pale bands along and across the page, 0 to 1.
    pub banding: f64,
    /// How often it was photocopied: 0 to 2.
    pub copies: u32,
    /// Growth of black in a copy: above 0 lines thicken, below they thin out.
    /// In units of the edge's own width, -0.4 to 0.4.
    pub growth: f64,
    /// Specks of toner per 100 cm².
    pub specks: f64,
}

impl Printing {
    /// A printer without a fault.
    #[must_use]
    pub fn perfect() -> Self {
        Self {
            scale: [1.0, 1.0],
            shift_mm: [0.0, 0.0],
            skew_deg: 0.0,
            toner: 0.95,
            banding: 0.0,
            copies: 0,
            growth: 0.0,
            specks: 0.0,
        }
    }
}

/// A fold.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Fold {
    /// Across the page (a horizontal line) or along it.
    pub across: bool,
    /// Place on the sheet at the page's middle, mm from the top or left edge.
    pub at_mm: f64,
    /// Turn, degrees.
    pub angle_deg: f64,
    /// How much darker the valley is, 0 to 1.
    pub shade: f64,
    /// Share of toner that cracked off in the fold, 0 to 1.
    pub crack: f64,
}

/// A round hole.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Hole {
    /// Centre on the sheet, mm.
    pub centre_mm: [f64; 2],
    /// Radius, mm.
    pub radius_mm: f64,
}

/// A stamp (con dấu): a double ring with lettering and a star.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Stamp {
    /// Centre on the sheet, mm.
    pub centre_mm: [f64; 2],
    /// Radius, mm.
    pub radius_mm: f64,
    /// Turn, degrees.
    pub turn_deg: f64,
    /// Darkness of the ink as the scanner sees it, 0 to 1.
    pub darkness: f64,
}

/// What the paper is and what was done to it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Paper {
    /// Gray level of the paper, 0 to 255.
    pub white: u8,
    /// Depth of its texture, gray levels.
    pub texture: f64,
    /// Contrast with which the other side shows through, 0 to 1.
    pub show_through: f64,
    /// Folds.
    pub folds: Vec<Fold>,
    /// Punch holes.
    pub holes: Vec<Hole>,
    /// Staple in a corner, with its two ends on the sheet, mm.
    pub staple: Option<[[f64; 2]; 2]>,
    /// Torn corner (0 top left, clockwise) and the lengths that are missing
    /// along both edges, mm.
    pub torn: Option<(u8, f64, f64)>,
    /// Stamp.
    pub stamp: Option<Stamp>,
    /// A signature across the page: where it starts, mm, and how long it is.
    pub signature: Option<([f64; 2], f64)>,
    /// Specks of dirt per 100 cm².
    pub dirt: f64,
}

impl Paper {
    /// White paper that nobody touched.
    #[must_use]
    pub fn perfect() -> Self {
        Self {
            white: 250,
            texture: 0.0,
            show_through: 0.0,
            folds: Vec::new(),
            holes: Vec::new(),
            staple: None,
            torn: None,
            stamp: None,
            signature: None,
            dirt: 0.0,
        }
    }
}

/// How the sheet went through the scanner.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Feed {
    /// Turn, degrees clockwise.
    pub skew_deg: f64,
    /// Shift, mm.
    pub shift_mm: [f64; 2],
    /// Largest displacement along the feed, mm.
    pub stretch_mm: f64,
    /// Where in its turn the worn roller was, 0 to 1.
    pub stretch_phase: f64,
    /// Change of width from the top edge to the bottom edge, as a share.
    pub trapezoid: f64,
    /// How much larger than the paper the scanned frame is, mm; negative: the
    /// edges are cropped.
    pub frame_extra_mm: [f64; 2],
    /// Gray level of what is behind the paper.
    pub background: u8,
    /// By how many quarter turns clockwise the image came out turned.
    pub quarter_turns: u32,
}

impl Feed {
    /// A sheet that lay exactly right.
    #[must_use]
    pub fn perfect() -> Self {
        Self {
            skew_deg: 0.0,
            shift_mm: [0.0, 0.0],
            stretch_mm: 0.0,
            stretch_phase: 0.0,
            trapezoid: 0.0,
            frame_extra_mm: [0.0, 0.0],
            background: 250,
            quarter_turns: 0,
        }
    }
}

/// A line along the feed from dust on the glass.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Streak {
    /// Place in the scanned frame from the left, mm.
    pub at_mm: f64,
    /// Width, mm.
    pub width_mm: f64,
    /// Darkness, 0 to 1; below 0 a bright line.
    pub darkness: f64,
    /// Begins and ends at these shares of the frame's height.
    pub from_to: [f64; 2],
}

/// In what file the page comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "format")]
pub enum Encoding {
    /// Gray JPEG.
    Jpeg {
        /// 1 to 100.
        quality: u8,
    },
    /// Gray PNG.
    Png,
    /// Gray TIFF.
    Tiff,
    /// One bit a pixel, PNG.
    Bilevel,
}

/// What the scanner did to the light.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sensor {
    /// Resolution, dots per inch.
    pub dpi: u32,
    /// Resolution that the file claims.
    pub dpi_tag: Option<u32>,
    /// Standard deviation of its blur, px.
    pub blur_px: f64,
    /// Standard deviation of its noise, gray levels.
    pub noise: f64,
    /// Exponent of the tone curve; above 1 grays get darker.
    pub gamma: f64,
    /// Gray level that black comes out as.
    pub black: u8,
    /// How much darker the right edge is than the left, as a share; may be
    /// negative.
    pub gradient: f64,
    /// Depth of a shadow along one edge, 0 to 1, and its width, mm; negative
    /// width: the right edge.
    pub side_shadow: Option<(f64, f64)>,
    /// Dust on the glass.
    pub streaks: Vec<Streak>,
    /// For bilevel: gray level below which a pixel is black.
    pub threshold: u8,
    /// The file.
    pub encoding: Encoding,
}

/// Everything between the layout and the file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Conditions {
    /// The level they were drawn from.
    pub level: Level,
    /// The printer and copier.
    pub printing: Printing,
    /// The paper and what people did to it.
    pub paper: Paper,
    /// The sheet's way through the scanner.
    pub feed: Feed,
    /// The scanner's eye and file.
    pub sensor: Sensor,
}
