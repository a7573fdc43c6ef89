//! The target page: where everything on it is, in mm.
//!
//! It carries the anchors of every page that phieu prints ([`frame`]), so that
//! it is found as a ballot is found, in any of the four rotations. Between
//! them stands a lattice of small squares, by which size, skew and evenness of
//! the feed are measured; a ballot has no lattice, so it is never taken for a
//! target. Everything else stands in the free bands between the lattice's
//! rows, and bands of bare paper remain across the whole width and height, in
//! which dust on the glass shows.

use crate::form::{Anchor, Paper, frame};
use crate::geometry::{MmPoint, MmRect, MmSize, mm_rect};

use super::code::{CELLS, Number};

/// From square to square of the lattice, mm: shorter than the waves that a worn
/// roller makes (its circumference is 40 mm and more), so that none hides
/// between two rows.
pub const PITCH_MM: f64 = 20.0;

/// Side of a lattice square, mm: 8 px at 100 dpi, and half of an anchor, so
/// that none is taken for an anchor.
pub const SQUARE_MM: f64 = 2.0;

/// Free of other print around a lattice square's centre, mm: the square's half
/// and twice the millimetre by which a feeder may displace it.
const CLEAR_MM: f64 = 3.2;

/// Turn of the patches with slanted edges, degrees: 5° as in ISO 12233, so
/// that the edge crosses the pixels at all phases; one patch each way, so that
/// no skew makes both upright.
pub const SLANT_DEG: f64 = 5.0;

/// Side of a slanted patch, mm: turned by 5° it just fits a lattice cell.
const SLANTED_MM: f64 = 11.0;

/// Thickness of the black bars, mm: 20 px at 100 dpi, of which skew of 8° and
/// a blurred edge leave more than half.
const BLACK_MM: f64 = 5.0;

/// Widths of the fine lines, mm. 0.35 is a ballpoint's stroke, 0.5 a felt
/// pen's; below 0.1 an office printer draws what it likes.
pub const LINES_MM: [f64; 6] = [0.10, 0.15, 0.20, 0.25, 0.35, 0.50];

/// From line to line, mm: a blur of 0.5 mm still leaves paper between them.
const LINE_PITCH_MM: f64 = 2.0;

/// Length of the fine lines, mm.
const LINE_LENGTH_MM: f64 = 11.0;

/// Length of the ruler bars, mm. Half a millimetre, which anybody can read off
/// a ruler, is then a third of a percent.
pub const BAR_MM: f64 = 150.0;

/// On paper too narrow for [`BAR_MM`] (A5) the bar across has this length, mm.
pub const SHORT_BAR_MM: f64 = 100.0;

/// One ruler bar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ruler {
    /// Middle of its first end tick, mm.
    pub from: MmPoint,
    /// Middle of its last end tick, mm.
    pub to: MmPoint,
}

impl Ruler {
    /// Between the middles of its end ticks, mm.
    #[must_use]
    pub fn length_mm(&self) -> f64 {
        (self.to - self.from).length()
    }
}

/// A row of text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Zone {
    /// Where it may be, mm.
    pub rect: MmRect,
}

/// The target page of one paper size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    /// The paper.
    pub paper: Paper,
    /// Which of how many sheets this one is, if it is numbered.
    pub number: Option<Number>,
}

/// The paper sizes that targets are made for.
pub const PAPERS: [Paper; 4] = [Paper::A4, Paper::A5, Paper::Letter, Paper::Legal];

/// Name of a paper as the command line has it.
#[must_use]
pub fn paper_name(paper: Paper) -> &'static str {
    match paper {
        Paper::A4 => "A4",
        Paper::A5 => "A5",
        Paper::Letter => "letter",
        Paper::Legal => "legal",
    }
}

impl Target {
    /// The unnumbered target of a paper size.
    #[must_use]
    pub fn new(paper: Paper) -> Self {
        Self {
            paper,
            number: None,
        }
    }

    /// Size of the paper, mm.
    #[must_use]
    pub fn size(&self) -> MmSize {
        self.paper.size()
    }

    /// The whole paper, mm.
    #[must_use]
    pub fn rect(&self) -> MmRect {
        MmRect::new(MmPoint::origin(), self.size())
    }

    /// The anchors that every printed page has.
    #[must_use]
    pub fn anchors(&self) -> Vec<Anchor> {
        frame::anchors(self.size())
    }

    /// Columns of the lattice, x in mm.
    #[must_use]
    pub fn columns(&self) -> Vec<f64> {
        ticks(self.size().width, SIDE_MM)
    }

    /// Rows of the lattice, y in mm.
    #[must_use]
    pub fn rows(&self) -> Vec<f64> {
        ticks(self.size().height, HEAD_MM)
    }

    /// Centres of the lattice squares, row by row, mm.
    #[must_use]
    pub fn lattice(&self) -> Vec<MmPoint> {
        let columns = self.columns();
        self.rows()
            .into_iter()
            .flat_map(|y| columns.iter().map(move |x| MmPoint::new(*x, y)))
            .collect()
    }

    /// The free band below row `i` of the lattice, over all of the content's
    /// width, mm.
    fn band(&self, i: usize) -> MmRect {
        let top = self.rows()[i] + CLEAR_MM;
        // Right of ruler A and as far from the other edge as all content.
        let left = self.ruler_a_x() + 4.2;
        let right = frame::content(self.size()).max_x();
        mm_rect(left, top, right - left, PITCH_MM - 2.0 * CLEAR_MM)
    }

    /// Midway between the anchors and the lattice's first column, mm.
    fn ruler_a_x(&self) -> f64 {
        let first = self.columns().first().copied().unwrap_or_default();
        f64::midpoint(frame::ANCHOR_INSET_MM, first)
    }

    fn bands(&self) -> usize {
        self.rows().len() - 1
    }

    /// Centre of the cell in band `i` whose left column is `column`, mm.
    fn cell(&self, band: usize, column: usize) -> MmPoint {
        MmPoint::new(
            self.columns()[column] + PITCH_MM / 2.0,
            self.rows()[band] + PITCH_MM / 2.0,
        )
    }

    /// The black bars: across and down, mm.
    #[must_use]
    pub fn black_bars(&self) -> [MmRect; 2] {
        let size = self.size();
        let across = self.band(self.bands() - 2).center().y;
        // Midway between the last column of the lattice and the anchors.
        let last = self.columns().last().copied().unwrap_or_default();
        let right = f64::midpoint(last, size.width - frame::ANCHOR_INSET_MM);
        let a = self.rulers()[0];
        let left = if across < a.to.y + 8.0 {
            a.to.x + 4.2
        } else {
            14.0
        };
        let top = self.rows()[3] + CLEAR_MM;
        let bottom = self.rows()[self.bands() - 2] - CLEAR_MM;
        [
            mm_rect(
                left,
                across - BLACK_MM / 2.0,
                size.width - 14.0 - left,
                BLACK_MM,
            ),
            mm_rect(right - BLACK_MM / 2.0, top, BLACK_MM, bottom - top),
        ]
    }

    fn patches(&self) -> usize {
        self.bands() / 2
    }

    /// The patches with slanted edges: four corners each, clockwise, mm.
    #[must_use]
    pub fn slanted(&self) -> [[MmPoint; 4]; 2] {
        let h = SLANTED_MM / 2.0;
        [(0, SLANT_DEG), (self.columns().len() - 2, -SLANT_DEG)].map(|(column, turn)| {
            let c = self.cell(self.patches(), column);
            let (sin, cos) = turn.to_radians().sin_cos();
            [(-h, -h), (h, -h), (h, h), (-h, h)]
                .map(|(x, y)| MmPoint::new(c.x + x * cos - y * sin, c.y + x * sin + y * cos))
        })
    }

    /// The fine lines: width and rectangle, mm; first those across, then those
    /// down the page.
    #[must_use]
    pub fn lines(&self) -> Vec<(f64, MmRect)> {
        let (across, down) = (self.cell(self.patches(), 1), self.cell(self.patches(), 2));
        let half = LINE_LENGTH_MM / 2.0;
        let offset = |i: usize| (i as f64 - (LINES_MM.len() - 1) as f64 / 2.0) * LINE_PITCH_MM;
        let at = |i: usize, w: f64| {
            [
                (
                    w,
                    mm_rect(
                        across.x - half,
                        across.y + offset(i) - w / 2.0,
                        2.0 * half,
                        w,
                    ),
                ),
                (
                    w,
                    mm_rect(down.x + offset(i) - w / 2.0, down.y - half, w, 2.0 * half),
                ),
            ]
        };
        let pairs: Vec<_> = LINES_MM
            .iter()
            .enumerate()
            .map(|(i, w)| at(i, *w))
            .collect();
        let (first, second): (Vec<_>, Vec<_>) = pairs.into_iter().map(|[a, d]| (a, d)).unzip();
        [first, second].concat()
    }

    /// The ruler bars: A down the page, B across it.
    #[must_use]
    pub fn rulers(&self) -> [Ruler; 2] {
        let size = self.size();
        let x = self.ruler_a_x();
        let (cx, cy) = (size.width / 2.0, size.height / 2.0);
        let across = if size.width - 40.0 < BAR_MM {
            SHORT_BAR_MM
        } else {
            BAR_MM
        };
        let y = self.band(2).center().y - 2.0;
        [
            Ruler {
                from: MmPoint::new(x, cy - BAR_MM / 2.0),
                to: MmPoint::new(x, cy + BAR_MM / 2.0),
            },
            Ruler {
                from: MmPoint::new(cx - across / 2.0, y),
                to: MmPoint::new(cx + across / 2.0, y),
            },
        ]
    }

    /// Cells of the number strip, mm; see [`super::code`].
    #[must_use]
    pub fn code_cells(&self) -> Vec<MmRect> {
        let band = self.band(self.bands() - 1);
        // Bars rather than squares: no cell is taken for an anchor.
        let (pitch, width, height) = (4.0, 2.4, 6.0);
        let left = band.center().x - pitch * CELLS as f64 / 2.0;
        (0..CELLS)
            .map(|i| {
                let x = left + pitch * i as f64 + (pitch - width) / 2.0;
                mm_rect(x, band.origin.y + 0.8, width, height)
            })
            .collect()
    }

    /// Where text stands: title, Vietnamese instructions, English ones, under
    /// ruler B, under the number strip, beside ruler A; mm.
    pub(crate) fn text_zones(&self) -> [Zone; 6] {
        let (first, second) = (self.band(0), self.band(1));
        let row = |y: f64, height: f64| mm_rect(first.origin.x, y, first.size.width, height);
        let top = frame::content(self.size()).origin.y - 1.0;
        let room = self.rows()[0] - CLEAR_MM - top;
        let title = row(top, room.min(PITCH_MM - 2.0 * CLEAR_MM));
        let under_b = row(self.rulers()[1].from.y + 3.6, 5.2);
        let under_code = row(self.code_cells()[0].max_y() + 1.0, 5.2);
        let beside_a = {
            let a = self.rulers()[0];
            mm_rect(a.from.x - 4.0, a.from.y - 9.0, 8.0, 8.0)
        };
        [title, first, second, under_b, under_code, beside_a].map(|rect| Zone { rect })
    }

    /// Rectangles that hold all print, mm: outside of them the paper is bare.
    #[must_use]
    pub fn ink(&self) -> Vec<MmRect> {
        let half = SQUARE_MM / 2.0;
        let mut out: Vec<MmRect> = self.anchors().iter().map(|a| a.rect).collect();
        out.extend(
            self.lattice()
                .iter()
                .map(|c| mm_rect(c.x - half, c.y - half, SQUARE_MM, SQUARE_MM)),
        );
        out.extend(self.black_bars());
        out.extend(self.slanted().iter().map(|p| MmRect::from_points(p.iter())));
        out.extend(self.lines().into_iter().map(|(_, r)| r));
        out.extend(
            self.rulers()
                .iter()
                .map(|r| MmRect::from_points([r.from, r.to]).inflate(3.2, 3.2)),
        );
        out.extend(self.code_cells());
        out.extend(self.text_zones().into_iter().map(|z| z.rect));
        out
    }
}

/// From the paper's left and right edge to the lattice there is at least this,
/// mm: the anchors end at 11 mm, and the rulers stand between.
const SIDE_MM: f64 = 18.0;

/// From the top and bottom edge, mm: the title has its place there.
const HEAD_MM: f64 = 24.0;

/// Places of the lattice along a side, symmetric about its middle.
fn ticks(side: f64, margin: f64) -> Vec<f64> {
    let each = ((side / 2.0 - margin) / PITCH_MM).floor() as i32;
    (-each..=each)
        .map(|i| side / 2.0 + PITCH_MM * f64::from(i))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Nothing but the text may touch anything else, on any paper: print that
    /// ran into a lattice square would move its centre.
    #[test]
    fn nothing_stands_on_anything_else() {
        for paper in PAPERS {
            let target = Target::new(paper);
            let half = CLEAR_MM - 0.1;
            let squares: Vec<MmRect> = target
                .lattice()
                .iter()
                .map(|c| mm_rect(c.x - half, c.y - half, 2.0 * half, 2.0 * half))
                .collect();
            let mut others: Vec<MmRect> = target.black_bars().to_vec();
            others.extend(
                target
                    .slanted()
                    .iter()
                    .map(|p| MmRect::from_points(p.iter())),
            );
            others.extend(target.lines().into_iter().map(|(_, r)| r));
            others.extend(
                target
                    .rulers()
                    .iter()
                    // The ticks reach to both sides; beyond the ends is nothing.
                    .map(|r| {
                        let (x, y) = if r.from.x == r.to.x {
                            (2.2, 0.2)
                        } else {
                            (0.2, 2.2)
                        };
                        MmRect::from_points([r.from, r.to]).inflate(x, y)
                    }),
            );
            others.extend(target.code_cells());
            others.extend(target.text_zones().into_iter().map(|z| z.rect));
            let anchors: Vec<MmRect> = target.anchors().iter().map(|a| a.rect).collect();
            for (i, a) in others.iter().enumerate() {
                for b in squares.iter().chain(&anchors).chain(&others[i + 1..]) {
                    assert!(!a.intersects(b), "{paper:?}: {a:?} {b:?}");
                }
                assert!(target.rect().contains_rect(a), "{paper:?}: {a:?}");
            }
            for s in &squares {
                assert!(anchors.iter().all(|a| !a.intersects(s)), "{paper:?} {s:?}");
            }
        }
    }

    /// Dust must show wherever it lies: between the rows and between the
    /// columns there are bare bands over the whole paper.
    #[test]
    fn bare_bands_cross_the_page() {
        for paper in PAPERS {
            let target = Target::new(paper);
            let size = target.size();
            let ink = target.ink();
            let free = |band: MmRect| ink.iter().all(|r| !r.intersects(&band));
            let across = (0..size.height as usize)
                .filter(|y| free(mm_rect(0.0, *y as f64, size.width, 1.0)))
                .count();
            assert!(across as f64 >= size.height / 8.0, "{paper:?}: {across} mm");
        }
    }
}
