//! Gray levels: paper, black, noise, evenness of the light, and whether the
//! scan knows grays at all.

use image::GrayImage;

use super::blank::{Ground, Grounds};
use crate::page::Scan;
use crate::read::thumbnail::percentile;

/// Gray levels of one page; 0 is black, 255 white.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize)]
pub struct ToneMeasure {
    /// The scan has black and white only, whatever its file says.
    pub bilevel: bool,
    /// Median level of bare paper.
    pub paper: f64,
    /// Median level of solid black print.
    pub black: f64,
    /// Noise: standard deviation within 2 mm of paper, gray levels; the grain
    /// of the paper is in it.
    pub noise: f64,
    /// The same within solid black; the grain of the toner is in it.
    pub noise_black: f64,
    /// How much darker the darkest part of the paper is than the brightest, as
    /// a share of its level: a lamp that fades, a shadow along an edge.
    pub falloff: f64,
}

/// Side of the squares in which noise is measured, mm: the light does not
/// change over it, and at 100 dpi it holds 64 pixels.
const TILE_MM: f64 = 2.0;

/// The page's parts whose light is compared, a side.
const PARTS: usize = 6;

/// Of the pixels at the border of dark and light, a gray scan has about one in
/// between for each; a bilevel one has none, and as JPEG a few.
const LEAST_BETWEEN: f64 = 0.15;

/// Measures the tone. `None` where too little paper or black is in the image.
pub(crate) fn measure(scan: &Scan, grounds: &Grounds, px_per_mm: f64) -> Option<ToneMeasure> {
    let image = &scan.image;
    let mut paper = [0u32; 256];
    let mut black = [0u32; 256];
    let mut parts = vec![[0u32; 256]; PARTS * PARTS];
    let (w, h) = image.dimensions();
    // A sample each quarter millimetre is plenty for a level.
    let step = ((px_per_mm / 4.0) as u32).max(1);
    for y in (0..h).step_by(step as usize) {
        for x in (0..w).step_by(step as usize) {
            let v = image.get_pixel(x, y).0[0] as usize;
            match grounds.at(x, y) {
                Ground::Paper => {
                    paper[v] += 1;
                    let part = |at: u32, all: u32| at as usize * PARTS / all.max(1) as usize;
                    parts[part(y, h) * PARTS + part(x, w)][v] += 1;
                }
                Ground::Black => black[v] += 1,
                Ground::Other => {}
            }
        }
    }
    let count = |hist: &[u32; 256]| hist.iter().sum::<u32>();
    if count(&paper) < 1000 || count(&black) < 100 {
        return None;
    }
    let bilevel = scan.bilevel || only_black_and_white(image);
    // The median tells nothing of a level that lies between two grays; the
    // mean of the middle half does.
    let (paper_level, black_level) = if bilevel {
        (255.0, 0.0)
    } else {
        (middle_mean(&paper), middle_mean(&black))
    };
    let levels: Vec<f64> = parts
        .iter()
        .filter(|p| count(p) >= 400)
        .map(|p| f64::from(percentile(p, 0.5)))
        .collect();
    let low = levels.iter().copied().fold(f64::INFINITY, f64::min);
    let high = levels.iter().copied().fold(1.0, f64::max);
    let [noise, noise_black] = noise(image, grounds, px_per_mm);
    Some(ToneMeasure {
        bilevel,
        paper: paper_level,
        black: black_level,
        noise: if bilevel { 0.0 } else { noise },
        noise_black: if bilevel { 0.0 } else { noise_black },
        falloff: if bilevel || levels.is_empty() {
            0.0
        } else {
            ((high - low) / high).max(0.0)
        },
    })
}

/// Mean of the counted values between the first and the third quartile.
pub(crate) fn middle_mean(histogram: &[u32; 256]) -> f64 {
    let total: f64 = histogram.iter().map(|n| f64::from(*n)).sum();
    let (from, to) = (total * 0.25, total * 0.75);
    let (mut seen, mut sum, mut weight) = (0.0, 0.0, 0.0);
    for (v, n) in histogram.iter().enumerate() {
        let n = f64::from(*n);
        let inside = (to.min(seen + n) - from.max(seen)).max(0.0);
        sum += inside * v as f64;
        weight += inside;
        seen += n;
    }
    if weight > 0.0 { sum / weight } else { 0.0 }
}

/// Medians over small tiles of the standard deviation within them: of paper
/// and of black. Dirt and streaks lie in few tiles, so they do not count.
fn noise(image: &GrayImage, grounds: &Grounds, px_per_mm: f64) -> [f64; 2] {
    let tile = ((TILE_MM * px_per_mm) as u32).max(4);
    let mut spreads: [Vec<f64>; 2] = Default::default();
    let (w, h) = image.dimensions();
    for y0 in (0..h.saturating_sub(tile)).step_by(tile as usize) {
        for x0 in (0..w.saturating_sub(tile)).step_by(tile as usize) {
            let corners = [(0, 0), (tile - 1, 0), (0, tile - 1), (tile - 1, tile - 1)]
                .map(|(dx, dy)| grounds.at(x0 + dx, y0 + dy));
            let middle = grounds.at(x0 + tile / 2, y0 + tile / 2);
            if corners.iter().any(|c| *c != middle) || middle == Ground::Other {
                continue;
            }
            let (mut n, mut sum, mut square) = (0.0, 0.0, 0.0);
            for y in y0..y0 + tile {
                for x in x0..x0 + tile {
                    let v = f64::from(image.get_pixel(x, y).0[0]);
                    n += 1.0;
                    sum += v;
                    square += v * v;
                }
            }
            let spread = (square / n - (sum / n) * (sum / n)).max(0.0).sqrt();
            spreads[usize::from(middle == Ground::Black)].push(spread);
        }
    }
    spreads.map(|mut s| {
        s.sort_by(f64::total_cmp);
        s.get(s.len() / 2).copied().unwrap_or(0.0)
    })
}

/// Whether a gray file holds a bilevel scan.
fn only_black_and_white(image: &GrayImage) -> bool {
    let (mut borders, mut between) = (0u64, 0u64);
    let w = image.width().max(1) as usize;
    for row in image.as_raw().chunks_exact(w) {
        for pair in row.windows(2) {
            borders += u64::from((pair[0] < 128) != (pair[1] < 128));
            between += u64::from((64..192).contains(&pair[0]));
        }
    }
    borders > 0 && (between as f64) < LEAST_BETWEEN * borders as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_mean_lies_between_levels_and_ignores_the_ends() {
        let mut h = [0u32; 256];
        h[240] = 50;
        h[241] = 50;
        assert!((middle_mean(&h) - 240.5).abs() < 1e-9);
        h[0] = 20;
        assert!((middle_mean(&h) - 240.5).abs() < 0.2);
        assert!(middle_mean(&[0; 256]).abs() < 1e-9);
    }
}
