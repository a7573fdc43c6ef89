//! What several scans say together: how well the feed repeats itself, and
//! whether sheets went through together.

use std::collections::BTreeSet;

use super::page::PageMeasure;

/// Several scans together.
#[derive(Debug, Clone, Default, PartialEq, serde::Serialize)]
pub struct SequenceMeasure {
    /// Pages that were measured.
    pub pages: usize,
    /// Standard deviation of the skew from page to page, degrees; 0 for one.
    pub skew_spread_deg: f64,
    /// Standard deviation of the stretch, percent.
    pub stretch_spread_percent: f64,
    /// Standard deviation of where the sheet lay, mm, the larger of both
    /// directions.
    pub shift_spread_mm: f64,
    /// Indices of pages on which a second sheet shows.
    pub second_sheet: Vec<usize>,
    /// Indices of pages that are longer than the others or than any scan area.
    pub too_long: Vec<usize>,
    /// Numbered sheets that were fed and are in no image: they lay under
    /// another one.
    pub missing: Vec<u8>,
}

impl SequenceMeasure {
    /// Does anything say that two sheets went through together?
    #[must_use]
    pub fn double_feed(&self) -> bool {
        !(self.second_sheet.is_empty() && self.too_long.is_empty() && self.missing.is_empty())
    }
}

/// An image longer than the others by this factor holds more than one sheet:
/// a sheet that slipped stretches by a tenth at most.
const LONGER: f64 = 1.15;

/// A lone image longer than its paper by this factor: a scanner set to legal
/// scans A4 with 1.2.
const MUCH_LONGER: f64 = 1.35;

/// Puts the pages together.
pub(crate) fn measure(pages: &[PageMeasure]) -> SequenceMeasure {
    let of = |f: &dyn Fn(&PageMeasure) -> f64| deviation(&pages.iter().map(f).collect::<Vec<_>>());
    let mut lengths: Vec<f64> = pages.iter().map(|p| length(p).0).collect();
    lengths.sort_by(f64::total_cmp);
    let usual = lengths.get(lengths.len() / 2).copied().unwrap_or(0.0);
    SequenceMeasure {
        pages: pages.len(),
        skew_spread_deg: of(&|p| p.feed.skew_deg),
        stretch_spread_percent: of(&|p| p.feed.stretch_percent),
        shift_spread_mm: of(&|p| p.feed.middle_mm[0]).max(of(&|p| p.feed.middle_mm[1])),
        second_sheet: indices(pages, |p| !p.second_sheet_px.is_empty()),
        too_long: indices(pages, |p| {
            let (image, paper) = length(p);
            // Where most images are long, that is how the scanner is set.
            image > MUCH_LONGER * paper || (pages.len() > 2 && image > LONGER * usual)
        }),
        missing: missing(pages),
    }
}

fn indices(pages: &[PageMeasure], is: impl Fn(&PageMeasure) -> bool) -> Vec<usize> {
    (0..pages.len()).filter(|i| is(&pages[*i])).collect()
}

/// Length of the image along the paper's long side, and of the paper, mm.
fn length(p: &PageMeasure) -> (f64, f64) {
    let [w, h] = p.size_mm;
    let sides = super::target::PAPERS
        .into_iter()
        .find(|paper| super::target::paper_name(*paper) == p.paper)
        .map_or(f64::INFINITY, |paper| paper.size().height);
    (if p.rotation.is_multiple_of(180) { h } else { w }, sides)
}

/// Numbers from the first to the last sheet that are in no image. One sheet
/// scanned again and again says nothing about the others.
fn missing(pages: &[PageMeasure]) -> Vec<u8> {
    let seen: BTreeSet<u8> = pages.iter().filter_map(|p| p.number).map(|n| n.n).collect();
    let numbered = pages.iter().filter(|p| p.number.is_some()).count();
    // A page whose number could not be read may be the missing one.
    if seen.len() < 2 || numbered < pages.len() {
        return Vec::new();
    }
    let (Some(first), Some(last)) = (seen.first(), seen.last()) else {
        return Vec::new();
    };
    (*first..=*last).filter(|n| !seen.contains(n)).collect()
}

fn deviation(values: &[f64]) -> f64 {
    if values.len() < 2 {
        return 0.0;
    }
    let n = values.len() as f64;
    let mean = values.iter().sum::<f64>() / n;
    (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt()
}
