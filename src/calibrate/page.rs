//! One scanned target, measured by all stages.

use super::blank::Grounds;
use super::blur::{self, BlurMeasure};
use super::code::Number;
use super::error::{CalibrateError, PageFailure};
use super::feed::{self, Affine, FeedMeasure};
use super::locate::{self, Located};
use super::streaks::{self, StreakMeasure};
use super::target::{Target, paper_name};
use super::tone::{self, ToneMeasure};
use crate::geometry::{MM_PER_INCH, MmPoint};
use crate::page::Scan;

/// How long the ruler bars are on the print, as a person measured them.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Bars {
    /// Bar A, down the page, mm. If it alone was measured, it stands for both.
    pub a_mm: Option<f64>,
    /// Bar B, across the page, mm. If it alone was measured, it stands for both.
    pub b_mm: Option<f64>,
}

impl Bars {
    /// Was any measured?
    #[must_use]
    pub fn measured(&self) -> bool {
        self.a_mm.is_some() || self.b_mm.is_some()
    }

    /// How much larger than it should be the target was printed, across and
    /// down.
    ///
    /// # Errors
    /// [`CalibrateError::Bar`] beyond what printers do.
    pub fn print_scale(&self, target: &Target) -> Result<[f64; 2], CalibrateError> {
        // Half a page ("two on one sheet") to a fifth more; the reader takes
        // prints at 94 to 106 %, but a scanner can be measured with others.
        const RANGE: std::ops::RangeInclusive<f64> = 0.6..=1.2;
        let scale = |bar: char, measured: Option<f64>, nominal: f64| match measured {
            None => Ok(None),
            Some(mm) if RANGE.contains(&(mm / nominal)) => Ok(Some(mm / nominal)),
            Some(measured_mm) => Err(CalibrateError::Bar {
                bar,
                measured_mm,
                nominal_mm: nominal,
            }),
        };
        let [a, b] = target.rulers().map(|r| r.length_mm());
        let down = scale('A', self.a_mm, a)?;
        let across = scale('B', self.b_mm, b)?;
        Ok([
            across.or(down).unwrap_or(1.0),
            down.or(across).unwrap_or(1.0),
        ])
    }
}

/// A square of the target: where it was found and by how much it is off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Residual {
    /// Where it was found, px.
    pub at: [f32; 2],
    /// Where size, skew and shear alone would put it, px.
    pub expected: [f32; 2],
}

/// All that one scanned target says. Places are px of the image as it came,
/// lengths mm of the paper.
#[derive(Debug, Clone, PartialEq, serde::Serialize)]
pub struct PageMeasure {
    /// Paper of the target: `A4`, `A5`, `letter`, `legal`.
    pub paper: &'static str,
    /// The sheet's number, where sheets are numbered.
    pub number: Option<Number>,
    /// Degrees clockwise by which the image must be turned to be upright.
    pub rotation: u32,
    /// Size of the image, px.
    pub size_px: [u32; 2],
    /// Size of the image, mm.
    pub size_mm: [f64; 2],
    /// Resolution that the file claims, dots per inch.
    pub tag_dpi: Option<[f64; 2]>,
    /// Anchors and lattice squares that were found.
    pub squares_found: usize,
    /// Anchors and lattice squares of the target.
    pub squares_expected: usize,
    /// Resolution, skew, stretch.
    pub feed: FeedMeasure,
    /// Gray levels and noise.
    pub tone: ToneMeasure,
    /// Blur; none for bilevel scans.
    pub blur: Option<BlurMeasure>,
    /// Thinnest printed line that came out whole, mm.
    pub thinnest_line_mm: Option<f64>,
    /// By how much every edge of black moved outwards, mm; below 0 inwards.
    pub growth_mm: f64,
    /// Streaks.
    pub streaks: Vec<StreakMeasure>,
    /// Squares of another target in the same image, px; none on a good page.
    pub second_sheet_px: Vec<[f64; 2]>,
    #[serde(skip)]
    pub(crate) residuals: Vec<Residual>,
    #[serde(skip)]
    pub(crate) corners: [[f32; 2]; 4],
    #[serde(skip)]
    pub(crate) px_per_mm: [f64; 2],
}

/// Measures one page image. Pure: the same image gives the same figures.
///
/// # Errors
/// [`PageFailure`] if it shows no target that can be measured; the outer
/// [`CalibrateError::Bar`] if a bar's length cannot be.
pub fn measure_page(
    scan: &Scan,
    bars: &Bars,
) -> Result<Result<PageMeasure, PageFailure>, CalibrateError> {
    let located = match locate::locate(scan) {
        Ok(located) => located,
        Err(failure) => return Ok(Err(failure)),
    };
    let print = bars.print_scale(&located.target)?;
    Ok(measure(scan, &located, print))
}

fn measure(scan: &Scan, located: &Located, print: [f64; 2]) -> Result<PageMeasure, PageFailure> {
    let image = &scan.image;
    let feed = feed::measure(located, print).ok_or(PageFailure::NoTarget)?;
    let affine = Affine::fit(&located.found).ok_or(PageFailure::NoTarget)?;
    let px_per_mm = [feed.dpi_x / MM_PER_INCH, feed.dpi_y / MM_PER_INCH];
    let grounds = Grounds::of(located).ok_or(PageFailure::NoTarget)?;
    let tone = tone::measure(scan, &grounds, px_per_mm[0]).ok_or(PageFailure::NoTarget)?;
    // Below it the reader gives up, too.
    if tone.paper - tone.black < 40.0 {
        return Err(PageFailure::NoContrast {
            paper: tone.paper,
            black: tone.black,
        });
    }
    let streaks = streaks::measure(image, &grounds, &tone, px_per_mm);
    let (w, h) = image.dimensions();
    let size = located.target.size();
    let point = |p: crate::geometry::PxPoint| [p.x as f32, p.y as f32];
    let corner = |x, y| point(affine.at(MmPoint::new(x, y)));
    Ok(PageMeasure {
        paper: paper_name(located.target.paper),
        number: located.target.number,
        rotation: located.rotation,
        size_px: [w, h],
        size_mm: [f64::from(w) / px_per_mm[0], f64::from(h) / px_per_mm[1]],
        tag_dpi: scan.dpi.map(|(x, y)| [x, y]),
        squares_found: located.found.len(),
        squares_expected: located.target.lattice().len() + located.target.anchors().len(),
        feed,
        tone,
        blur: blur::measure(image, located, &tone, px_per_mm, &streaks),
        thinnest_line_mm: blur::thinnest_line(image, located, &tone),
        growth_mm: growth(located, print),
        streaks,
        second_sheet_px: located.second.iter().map(|p| [p.x, p.y]).collect(),
        residuals: located
            .found
            .iter()
            .map(|f| Residual {
                at: point(f.image),
                expected: point(affine.at(f.paper)),
            })
            .collect(),
        corners: [
            corner(0.0, 0.0),
            corner(size.width, 0.0),
            corner(size.width, size.height),
            corner(0.0, size.height),
        ],
        px_per_mm,
    })
}

/// Median over the squares of half of what their side grew by, mm on paper.
fn growth(located: &Located, print: [f64; 2]) -> f64 {
    let mut all: Vec<f64> = located
        .found
        .iter()
        .map(|f| (f.side_mm - f.nominal_mm) / 2.0)
        .collect();
    all.sort_by(f64::total_cmp);
    all.get(all.len() / 2).copied().unwrap_or(0.0) * (print[0] * print[1]).sqrt()
}
