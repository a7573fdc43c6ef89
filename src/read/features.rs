//! What speaks for a mark in one box: a few figures that a person understands,
//! relative to this sheet's own paper and to its other marks.

use serde::{Deserialize, Serialize};

use super::hand::Usual;
use super::ink::Ink;

/// One of the figures. More of any of them speaks for a mark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Feature {
    /// How much darker the darkest half millimetre inside the box is than in an
    /// empty box of this page, as a share of the page's contrast.
    Shade,
    /// The smaller of the shares of the interior's width and height over which
    /// firm ink reaches, 0 to 1.
    Span,
    /// The same as a share of the usual mark of the sheet's other questions: a
    /// stroke of the same pen has it wherever it runs.
    Depth,
    /// Firm ink inside, as a share of a weaker mark of the sheet's other
    /// questions.
    Firm,
    /// Longer side of the largest piece of ink inside, as a share of a smaller
    /// mark of the sheet's other questions.
    Extent,
    /// Darkness of the firm ink inside, as a share of the pen of the sheet's
    /// other questions.
    Darkness,
}

impl Feature {
    /// All of them, in the order of [`Features::values`].
    pub const ALL: [Self; 6] = [
        Self::Shade,
        Self::Span,
        Self::Depth,
        Self::Firm,
        Self::Extent,
        Self::Darkness,
    ];
}

/// A half millimetre that is darker than its surroundings by less than this
/// share of the contrast of print cannot be seen on a screen or on paper by a
/// person who does not know where to look: two to three times the eye's
/// threshold of 2 % in the best case (Weber).
pub const VISIBLE_SHADE: f64 = 0.05;

/// The shade of a usual mark where a sheet has none to compare with: a ballpoint's
/// stroke of 0.35 mm and middling darkness, averaged over half a millimetre.
pub const USUAL_SHADE: f64 = 0.35;

/// The figures of one box.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Features {
    /// In the order of [`Feature::ALL`].
    pub values: [f64; Feature::ALL.len()],
}

/// Nobody's usual mark is less than the dot of a light pencil that is only set
/// down: what is usual on a sheet counts as this much at least. A third of
/// [`USUAL_SHADE`], …
const LEAST_SHADE: f64 = 0.12;
/// … a dot of 0.45 mm, mm², …
const LEAST_FIRM_MM2: f64 = 0.15;
/// … its diameter, mm, …
const LEAST_EXTENT_MM: f64 = 0.5;
/// … and the palest pencil that a scanner keeps apart from paper.
const LEAST_DARKNESS: f64 = 0.3;

impl Features {
    /// One of the figures.
    pub fn value(&self, feature: Feature) -> f64 {
        self.values[feature as usize]
    }

    /// From what was measured in the box and what is usual on its sheet. `shade`
    /// is in shares of the page's contrast.
    pub(crate) fn of(ink: &Ink, usual: &Usual, shade: f64) -> Self {
        let share = |of: f64, usual: f64, least: f64| of / usual.max(least);
        Self {
            values: [
                shade,
                ink.span.0.min(ink.span.1),
                share(shade, usual.shade, LEAST_SHADE),
                share(ink.firm_mm2, usual.firm_mm2, LEAST_FIRM_MM2),
                share(ink.extent_mm, usual.extent_mm, LEAST_EXTENT_MM),
                share(ink.darkness, usual.darkness, LEAST_DARKNESS),
            ],
        }
    }
}
