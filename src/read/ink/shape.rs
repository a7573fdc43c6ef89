//! Where the ink of a box lies, coarsely, and how much that resembles another box's.

use fearless_simd::{Level, dispatch};

use super::empty::{Empty, for_dark};
use super::paper::{BoxPaper, Thresholds, Tone};
use crate::read::sample::Window;
use crate::read::template::BoxTemplate;

/// Samples along a cell's side: half a millimetre, a pen's width. In finer cells two
/// crosses by one hand have less in common than anybody sees.
const CELL: usize = 4;
/// Cells along a side of what is looked at: 10 mm, the ring of 2 mm around a box of 4.5 mm,
/// and room for what the blur adds.
const SIDE: usize = 20;
/// Two shapes are laid over each other up to so many cells aside, 2 mm: as far as marks
/// lie beside the middle of their boxes.
const ASIDE: usize = 4;
/// Cells along a side, with room for the other shape where that is laid aside.
const PADDED: usize = SIDE + 2 * ASIDE;

/// What is as dark as this share of the contrast is inked through: otherwise the darkest
/// places of a pen that was pressed here and there would say what is alike.
const FULL: f64 = 0.5;

/// Cells around the middle of a box, row by row.
type Cells = [[f32; PADDED]; PADDED];

/// How much ink there is in each cell around the middle of a box, blurred by half a
/// millimetre, which closes the gap that the masked outline makes.
#[derive(Debug, Clone)]
pub(crate) struct Shape {
    cells: Cells,
    /// Square root of the sum of the cells' squares; 0 where there is no ink.
    length: f32,
}

impl Shape {
    /// Of the ink in a box and around it, other than print.
    pub fn of(
        window: &Window,
        template: &BoxTemplate,
        shift: (i32, i32),
        page: Tone,
        thresholds: Thresholds,
        empty: &Empty,
    ) -> Self {
        let paper = BoxPaper::of(window, template, page);
        let mut cells = [[0.0; PADDED]; PADDED];
        let faint = paper.level(thresholds.faint);
        for_dark(window, template, shift, empty, faint, |_, p, i| {
            let column = cell(i % template.width, template.width);
            let row = cell(i / template.width, template.height);
            if let Some((column, row)) = column.zip(row) {
                cells[row][column] += paper.darkness(f64::from(p)).min(FULL) as f32;
            }
        });
        blur(&mut cells);
        Self::new(cells)
    }

    fn new(cells: Cells) -> Self {
        let squares: f32 = cells.iter().flatten().map(|c| c * c).sum();
        Self {
            cells,
            length: squares.sqrt(),
        }
    }

    /// Correlation of both, from 0 (nothing in common) to 1, where one is laid over the
    /// other as well as can be. (Ink that only one of them sees, because it lies beyond the
    /// other's ring, counts as unlike: leaving it out was tried, and told marks from other
    /// ink less well.)
    pub fn likeness(&self, other: &Self) -> f64 {
        let lengths = self.length * other.length;
        if lengths <= 0.0 {
            return 0.0;
        }
        let level = Level::new();
        f64::from(dispatch!(level, _simd => self.most(other)) / lengths)
    }

    /// The most that the products of the cells come to. Plain loops, that the compiler
    /// vectorises for the processor at hand.
    #[inline(always)]
    fn most(&self, other: &Self) -> f32 {
        let mut most = 0.0_f32;
        for down in 0..=2 * ASIDE {
            for right in 0..=2 * ASIDE {
                most = most.max(self.product(other, down, right));
            }
        }
        most
    }

    /// Sum of the products of the cells that lie over each other.
    #[inline(always)]
    fn product(&self, other: &Self, down: usize, right: usize) -> f32 {
        // A column a sum, so that they are added side by side.
        let mut sums = [0.0_f32; SIDE];
        for row in 0..SIDE {
            let here = &self.cells[ASIDE + row][ASIDE..ASIDE + SIDE];
            let there = &other.cells[row + down][right..right + SIDE];
            for ((sum, a), b) in sums.iter_mut().zip(here).zip(there) {
                *sum += a * b;
            }
        }
        sums.iter().sum()
    }
}

/// The cell of a sample of a window with so many, the box's middle in the middle; `None`
/// beyond what is looked at.
fn cell(at: usize, of: usize) -> Option<usize> {
    let from_middle = at as i64 - of as i64 / 2;
    let cell = from_middle.div_euclid(CELL as i64) + (PADDED / 2) as i64;
    let seen = ASIDE as i64..(ASIDE + SIDE) as i64;
    usize::try_from(cell).ok().filter(|_| seen.contains(&cell))
}

/// Spreads each cell to those beside it by 1, 2, 1 along both axes.
fn blur(cells: &mut Cells) {
    let spread = |at: &dyn Fn(usize) -> f32, k: usize| {
        let before = k.checked_sub(1).map_or(0.0, at);
        let after = if k + 1 < PADDED { at(k + 1) } else { 0.0 };
        0.25 * (before + 2.0 * at(k) + after)
    };
    for row in cells.iter_mut() {
        let from = *row;
        for (k, cell) in row.iter_mut().enumerate() {
            *cell = spread(&|k| from[k], k);
        }
    }
    let from = *cells;
    for (y, row) in cells.iter_mut().enumerate() {
        for (x, cell) in row.iter_mut().enumerate() {
            *cell = spread(&|k| from[k][x], y);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A shape with ink in these cells, counted from its corner.
    fn shape(inked: impl IntoIterator<Item = (usize, usize)>) -> Shape {
        let mut cells = [[0.0; PADDED]; PADDED];
        for (x, y) in inked {
            cells[ASIDE + y][ASIDE + x] = 1.0;
        }
        blur(&mut cells);
        Shape::new(cells)
    }

    fn cross(x: usize, y: usize, size: usize) -> Shape {
        shape((0..size).flat_map(|k| [(x + k, y + k), (x + size - 1 - k, y + k)]))
    }

    #[test]
    fn a_cross_is_like_a_cross_elsewhere_and_unlike_a_dash() {
        let dash = shape((5..12).map(|x| (x, 9)));
        assert!(cross(6, 6, 8).likeness(&cross(8, 5, 8)) > 0.99);
        assert!(cross(6, 6, 8).likeness(&cross(6, 6, 9)) > 0.85);
        assert!(cross(6, 6, 8).likeness(&dash) < 0.6);
        let nothing = shape([]);
        assert!(nothing.likeness(&dash).abs() < 1e-9 && nothing.likeness(&nothing).abs() < 1e-9);
    }

    /// The middle of an odd number of samples lies in a cell's corner like that of an even.
    #[test]
    fn what_is_beyond_the_cells_is_left_out() {
        for of in [86, 87, 240] {
            assert_eq!(cell(of / 2, of), Some(PADDED / 2));
            assert_eq!(cell(of / 2 - 1, of), Some(PADDED / 2 - 1));
        }
        let seen: Vec<usize> = (0..240).filter_map(|at| cell(at, 240)).collect();
        assert_eq!(seen.len(), SIDE * CELL);
        assert_eq!((seen[0], seen[seen.len() - 1]), (ASIDE, ASIDE + SIDE - 1));
    }

    proptest! {
        #[test]
        fn likeness_goes_both_ways_and_is_whole_only_with_itself(
            a in prop::collection::vec((6..14_usize, 6..14_usize), 1..30),
            b in prop::collection::vec((6..14_usize, 6..14_usize), 1..30),
        ) {
            let (a, b) = (shape(a), shape(b));
            prop_assert!((a.likeness(&a) - 1.0).abs() < 1e-4);
            let (there, back) = (a.likeness(&b), b.likeness(&a));
            prop_assert!((there - back).abs() < 1e-4);
            prop_assert!((0.0..=1.0 + 1e-4).contains(&there));
        }
    }
}
