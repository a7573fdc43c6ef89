//! How a reading came about, for people who want to see why a page or a mark
//! was read as it was: what the stages found, and pictures of it.

pub(crate) mod canvas;
mod pictures;

pub use pictures::{Picture, pictures};

use super::Features;
use super::boxes::corners;
pub use super::doubts::LONELY;
use super::registration::Registration;
use crate::form::PageLayout;
use crate::geometry::{MmPoint, PxPoint};

/// What the stages found on one page. Places are px of the image as it came.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Explanation {
    /// Solid squares that may be anchors: centre and side.
    pub squares: Vec<([f32; 2], f32)>,
    /// Anchors of the form's frame, if the squares form it.
    pub anchors: Vec<AnchorFound>,
    /// Lines of a grid of 10 mm on the paper, as the registration bends them.
    pub mesh: Vec<Vec<[f32; 2]>>,
    /// Where the codes are: corners as in [`super::Mark::corners_px`].
    pub codes: Vec<[[f32; 2]; 4]>,
    /// px per mm in the middle of the paper; 0 where nothing was registered.
    pub px_per_mm: f64,
    /// What spoke for and against a mark in each box, in the order of the layout.
    pub boxes: Vec<BoxEvidence>,
}

/// What speaks for a mark in one box, and what else was seen there.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoxEvidence {
    /// The figures that the model goes by.
    pub features: Features,
    /// The model's log-odds of a mark.
    pub log_odds: f64,
    /// The box is outside the image, was not found, or a stain lies over it: a
    /// person looks, whatever the figures are.
    pub hidden: bool,
    /// Something else explains ink in it: a line through it, a circle around it,
    /// ink that leaves it at both sides. It is not marked without a person.
    pub explained: bool,
    /// A person looks where its question has no mark: there is ink in or beside
    /// it, or the sheet's pen is so light that a mark may have been lost.
    pub trace: bool,
    /// There is so much ink beside it that a person looks, unless another mark is
    /// near.
    pub beside: bool,
}

/// One anchor of the frame.
#[derive(Debug, Clone, PartialEq)]
pub struct AnchorFound {
    /// Its id in the layout.
    pub id: String,
    /// Where the registration puts it.
    pub expected: [f32; 2],
    /// Where a square was taken for it.
    pub found: Option<[f32; 2]>,
    /// By how much the others alone would have missed it, mm.
    pub off_mm: Option<f64>,
}

/// Distance of the lines of [`Explanation::mesh`], mm.
pub const MESH_MM: f64 = 10.0;

impl Explanation {
    /// Takes in the map of a page whose layout is known.
    pub(crate) fn register(&mut self, layout: &PageLayout, map: &Registration) {
        let steps = |length: f64| (length / MESH_MM).floor() as usize;
        let (columns, rows) = (steps(layout.size.width), steps(layout.size.height));
        let node = |x: usize, y: usize| {
            pixel(map.at(MmPoint::new(x as f64 * MESH_MM, y as f64 * MESH_MM)))
        };
        let across = (0..=rows).map(|y| (0..=columns).map(|x| node(x, y)).collect());
        let down = (0..=columns).map(|x| (0..=rows).map(|y| node(x, y)).collect());
        self.mesh = across.chain(down).collect();
        self.codes = layout
            .codes
            .iter()
            .map(|c| corners(&map.local(c.rect.center()), c.rect, (0.0, 0.0)))
            .collect();
        self.px_per_mm = map.scale();
    }
}

pub(crate) fn pixel(p: PxPoint) -> [f32; 2] {
    [p.x as f32, p.y as f32]
}
