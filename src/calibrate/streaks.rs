//! Streaks: lines through the whole image where dust lies on the glass or a
//! cell of the sensor is blind. Dust makes dark lines on the paper, and bright
//! ones, which hide marks, on the black bars.

use image::GrayImage;

use super::blank::{Ground, Grounds};
use super::tone::{ToneMeasure, middle_mean};

/// Which way a streak runs.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum Along {
    /// Down the image: along the feed of an upright page. Its place counts
    /// from the image's left edge.
    Down,
    /// Across the image, as where pages are fed with their long side first.
    /// Its place counts from the image's top edge.
    Across,
}

/// One streak.
#[derive(Debug, Clone, Copy, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StreakMeasure {
    /// Which way it runs.
    pub along: Along,
    /// Its middle, mm from the image's left edge (or top edge).
    pub at_mm: f64,
    /// Width, mm: of a line as dark as its darkest column and as dark in all.
    pub width_mm: f64,
    /// How much of the way from paper to black it goes, 0 to 1; below 0 a
    /// bright line: how much of the way from black to paper.
    pub darkness: f64,
    /// Share of the page's length in which it was seen.
    pub length: f64,
}

/// Parts of the page, each judged by itself: dust that was carried along ends
/// somewhere.
const PARTS: usize = 6;

/// Fewer samples than this of one column in one part say nothing.
const LEAST_SAMPLES: u32 = 8;

/// Less paper than this of one column in one part says nothing, mm: a grain of
/// dirt of half a millimetre would be more than [`LEAST_DARKNESS_BILEVEL`] of
/// it.
const LEAST_PAPER_MM: f64 = 4.0;

/// How far beside a streak its darkness still reaches, mm: the blur's σ of the
/// softest scan that is not sent to repair.
const SHADE_MM: f64 = 0.24;

/// Parts in which a streak must show.
const LEAST_PARTS: usize = 2;

/// Fainter than this share of the way from paper to black no reader sees it: a
/// tenth of the lightest ballpoint's darkness.
const LEAST_DARKNESS: f64 = 0.035;

/// For bilevel scans the share of black pixels: thresholded noise of a dark
/// background is below.
const LEAST_DARKNESS_BILEVEL: f64 = 0.15;

/// Bright streaks on black: toner has holes of its own.
const LEAST_BRIGHTNESS: f64 = 0.12;

/// A streak stands out from its neighbours by this many of their spreads.
const SIGMAS: f64 = 7.0;

/// Columns within this distance are neighbours, mm; what is wider is the
/// lamp's unevenness and no streak.
const NEAR_MM: f64 = 5.0;

/// Steps of the lamp's level, mm.
const BASE_STEP_MM: f64 = 1.0;

/// All streaks of a page, both ways. `px_per_mm` along rows and down columns.
///
/// A streak darkens a little of every line that crosses it, and where such a
/// line has little paper, as in a corner, that is a large share. So where there
/// are streaks both ways, each way is measured again without what the other
/// one's streaks cover, the weaker way first: its false streaks, made by the
/// strong ones, are gone before the strong way is asked again.
pub(crate) fn measure(
    image: &GrayImage,
    grounds: &Grounds,
    tone: &ToneMeasure,
    px_per_mm: [f64; 2],
) -> Vec<StreakMeasure> {
    let of = |along: Along, crossing: &[Seen]| {
        let other = px_per_mm[usize::from(along == Along::Down)];
        View {
            image,
            grounds,
            along,
            px_per_mm: px_per_mm[usize::from(along == Along::Across)],
            other,
            covered: crossing.iter().map(|s| s.streak.covers(other)).collect(),
        }
        .all(tone)
    };
    let (mut down, mut across) = (of(Along::Down, &[]), of(Along::Across, &[]));
    if !down.is_empty() && !across.is_empty() {
        let strongest = |v: &[Seen]| v.iter().map(Seen::strength).fold(0.0, f64::max);
        if strongest(&down) >= strongest(&across) {
            across = of(Along::Across, &down);
            down = of(Along::Down, &across);
        } else {
            down = of(Along::Down, &across);
            across = of(Along::Across, &down);
        }
    }
    down.iter().chain(&across).map(|s| s.streak).collect()
}

/// A streak and in how many parts of the page it was seen.
struct Seen {
    streak: StreakMeasure,
    parts: usize,
}

impl Seen {
    fn strength(&self) -> f64 {
        self.parts as f64 * self.streak.darkness.abs()
    }
}

impl StreakMeasure {
    /// The pixels that it darkens (or brightens) of any line across it.
    pub(crate) fn covers(&self, px_per_mm: f64) -> std::ops::Range<u32> {
        let reach = self.width_mm / 2.0 + SHADE_MM;
        let px = |mm: f64| (mm * px_per_mm).max(0.0);
        px(self.at_mm - reach).floor() as u32..px(self.at_mm + reach).ceil() as u32
    }
}

/// Levels of the image's lines (its columns, or its rows), a list for each
/// part of the page; NaN where too little was seen.
type Lines = Vec<Vec<f64>>;

struct View<'a> {
    image: &'a GrayImage,
    grounds: &'a Grounds,
    along: Along,
    /// px per mm from line to line.
    px_per_mm: f64,
    /// px per mm along a line.
    other: f64,
    /// Places on every line that streaks of the other way cover.
    covered: Vec<std::ops::Range<u32>>,
}

impl View<'_> {
    /// All streaks of this way.
    fn all(&self, tone: &ToneMeasure) -> Vec<Seen> {
        let (paper, black) = self.lines(tone.bilevel);
        let contrast = (tone.paper - tone.black).max(1.0);
        let least = if tone.bilevel {
            LEAST_DARKNESS_BILEVEL
        } else {
            LEAST_DARKNESS
        };
        let mut out = self.find(&paper, contrast, least, LEAST_PARTS);
        let bright = self.find(&black, -contrast, LEAST_BRIGHTNESS, 1);
        out.extend(bright.into_iter().map(|mut s| {
            s.streak.darkness = -s.streak.darkness;
            s
        }));
        out
    }

    fn size(&self) -> (u32, u32) {
        let (w, h) = self.image.dimensions();
        match self.along {
            Along::Down => (w, h),
            Along::Across => (h, w),
        }
    }

    fn get(&self, line: u32, at: u32) -> (Ground, u8) {
        let (x, y) = match self.along {
            Along::Down => (line, at),
            Along::Across => (at, line),
        };
        (self.grounds.at(x, y), self.image.get_pixel(x, y).0[0])
    }

    /// Levels on paper by part, and on black in one part.
    fn lines(&self, bilevel: bool) -> (Lines, Lines) {
        let (lines, length) = self.size();
        let mut paper: Lines = vec![vec![f64::NAN; lines as usize]; PARTS];
        let mut black: Lines = vec![vec![f64::NAN; lines as usize]];
        // Samples a quarter millimetre apart, in bilevel scans every pixel:
        // there the share is all that tells.
        let step = if bilevel { 1.0 } else { self.other / 4.0 };
        let step = (step as u32).max(1) as usize;
        let least_paper = (LEAST_PAPER_MM * self.other / step as f64) as u32;
        let level = |h: &[u32; 256], least: u32| {
            let n: u32 = h.iter().sum();
            if n < least {
                f64::NAN
            } else if bilevel {
                let sum: f64 = h
                    .iter()
                    .enumerate()
                    .map(|(v, n)| v as f64 * f64::from(*n))
                    .sum();
                sum / f64::from(n)
            } else {
                // Grains of dirt lie in the outer quarters.
                middle_mean(h)
            }
        };
        for line in 0..lines {
            let mut on_black = [0u32; 256];
            for (part, levels) in paper.iter_mut().enumerate() {
                let from = part as u32 * length / PARTS as u32;
                let to = (part as u32 + 1) * length / PARTS as u32;
                let mut on_paper = [0u32; 256];
                for at in (from..to).step_by(step) {
                    if self.covered.iter().any(|c| c.contains(&at)) {
                        continue;
                    }
                    match self.get(line, at) {
                        (Ground::Paper, v) => on_paper[v as usize] += 1,
                        (Ground::Black, v) => on_black[v as usize] += 1,
                        (Ground::Other, _) => {}
                    }
                }
                levels[line as usize] = level(&on_paper, least_paper.max(LEAST_SAMPLES));
            }
            black[0][line as usize] = level(&on_black, LEAST_SAMPLES);
        }
        (paper, black)
    }

    /// Lines that differ from their neighbours by a share of `contrast`
    /// (negative: brighter ones), in at least so many parts.
    fn find(&self, lines: &Lines, contrast: f64, least: f64, parts: usize) -> Vec<Seen> {
        let count = lines.first().map_or(0, Vec::len);
        let off: Vec<Vec<f64>> = lines.iter().map(|l| self.offsets(l, contrast)).collect();
        let limits: Vec<f64> = off.iter().map(|o| least.max(SIGMAS * spread(o))).collect();
        // What a line shows: the mean of the parts in which it stands out.
        let mut shown: Vec<Option<Shown>> = vec![None; count];
        for (i, s) in shown.iter_mut().enumerate() {
            let (mut n, mut seen, mut sum) = (0usize, 0usize, 0.0);
            for (o, limit) in off.iter().zip(&limits) {
                if o[i].is_nan() {
                    continue;
                }
                seen += 1;
                if o[i] >= *limit {
                    n += 1;
                    sum += o[i];
                }
            }
            // Where fewer parts can be seen, all of them must show it.
            if n >= parts.min(seen).max(1) {
                *s = Some(Shown {
                    darkness: sum / n as f64,
                    parts: n,
                    share: n as f64 / seen as f64,
                });
            }
        }
        self.join(&shown)
    }

    /// Difference of each line from the level around it.
    fn offsets(&self, line: &[f64], contrast: f64) -> Vec<f64> {
        let reach = (NEAR_MM * self.px_per_mm) as usize;
        let step = ((BASE_STEP_MM * self.px_per_mm) as usize).max(1);
        let mut out = vec![f64::NAN; line.len()];
        let mut near: Vec<f64> = Vec::new();
        for start in (0..line.len()).step_by(step) {
            let middle = start + step / 2;
            near.clear();
            let window = middle.saturating_sub(reach)..(middle + reach + 1).min(line.len());
            near.extend(line[window].iter().filter(|v| !v.is_nan()));
            if near.len() < step.max(4) {
                continue;
            }
            near.sort_by(f64::total_cmp);
            let base = near[near.len() / 2];
            for i in start..(start + step).min(line.len()) {
                out[i] = (base - line[i]) / contrast;
            }
        }
        out
    }

    /// Neighbouring lines are one streak.
    fn join(&self, shown: &[Option<Shown>]) -> Vec<Seen> {
        let mut out = Vec::new();
        let mut i = 0;
        while i < shown.len() {
            if shown[i].is_none() {
                i += 1;
                continue;
            }
            let start = i;
            // A pixel between two dark ones may be lost.
            while i < shown.len()
                && (shown[i].is_some() || shown.get(i + 1).is_some_and(Option::is_some))
            {
                i += 1;
            }
            let members = shown[start..i]
                .iter()
                .enumerate()
                .filter_map(|(k, s)| s.map(|s| (start + k, s)));
            let (mut sum, mut weighted, mut peak, mut length) = (0.0, 0.0, 0.0f64, 0.0f64);
            let mut parts = 0;
            for (k, line) in members {
                sum += line.darkness;
                weighted += line.darkness * (k as f64 + 0.5);
                peak = peak.max(line.darkness);
                length = length.max(line.share);
                parts = parts.max(line.parts);
            }
            let width_mm = sum / peak / self.px_per_mm;
            if sum > 0.0 && width_mm <= NEAR_MM {
                out.push(Seen {
                    streak: StreakMeasure {
                        along: self.along,
                        at_mm: weighted / sum / self.px_per_mm,
                        width_mm,
                        darkness: peak,
                        length,
                    },
                    parts,
                });
            }
        }
        out
    }
}

/// What one line shows of a streak.
#[derive(Debug, Clone, Copy)]
struct Shown {
    /// Mean over the parts in which it stands out, share of the contrast.
    darkness: f64,
    /// Those parts.
    parts: usize,
    /// Their share of the parts in which anything was seen.
    share: f64,
}

/// Spread of the values about their median, robust: 1.4826 median deviations.
fn spread(values: &[f64]) -> f64 {
    let mut known: Vec<f64> = values.iter().copied().filter(|v| !v.is_nan()).collect();
    if known.is_empty() {
        return 0.0;
    }
    known.sort_by(f64::total_cmp);
    let middle = known[known.len() / 2];
    let mut off: Vec<f64> = known.iter().map(|v| (v - middle).abs()).collect();
    off.sort_by(f64::total_cmp);
    1.4826 * off[off.len() / 2]
}
