//! The figures of several pages together: middle values where the scanner is
//! the same on each, the worst where one bad page is enough.

use super::Verdict;
use crate::calibrate::BlurMeasure;
use crate::calibrate::page::PageMeasure;
use crate::calibrate::profile::{
    BlurFigures, FeedFigures, LineFigures, PROFILE_VERSION, Profile, Resolution, ScanKind,
    SequenceFigures, ToneFigures, rounded,
};
use crate::calibrate::sequence::SequenceMeasure;
use crate::calibrate::streaks::StreakMeasure;

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    match n {
        0 => 0.0,
        _ if n % 2 == 1 => values[n / 2],
        _ => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

/// What several pages say together, without a verdict. `None` without pages.
pub(super) fn figures(
    name: &str,
    source: &str,
    pages: &[PageMeasure],
    sequence: &SequenceMeasure,
    print_measured: bool,
) -> Option<Profile> {
    let first = pages.first()?;
    let of = |f: &dyn Fn(&PageMeasure) -> f64| rounded(median(pages.iter().map(f).collect()));
    let blurs: Vec<_> = pages.iter().filter_map(|p| p.blur).collect();
    let blur = |f: &dyn Fn(&BlurMeasure) -> f64| rounded(median(blurs.iter().map(f).collect()));
    let tags: Vec<[f64; 2]> = pages.iter().filter_map(|p| p.tag_dpi).collect();
    let tag =
        |i: usize| (!tags.is_empty()).then(|| rounded(median(tags.iter().map(|t| t[i]).collect())));
    let bilevel = pages.iter().filter(|p| p.tone.bilevel).count() * 2 > pages.len();
    // A line must come out on every page to be counted on.
    let thinnest = pages
        .iter()
        .map(|p| p.thinnest_line_mm)
        .try_fold(0.0f64, |t, l| l.map(|l| t.max(l)));
    Some(Profile {
        version: PROFILE_VERSION,
        name: name.to_owned(),
        source: source.to_owned(),
        kind: if bilevel {
            ScanKind::Bilevel
        } else {
            ScanKind::Gray
        },
        paper: first.paper.to_owned(),
        pages: pages.len(),
        verdict: Verdict::Good,
        findings: Vec::new(),
        resolution: Resolution {
            dpi_x: of(&|p| p.feed.dpi_x),
            dpi_y: of(&|p| p.feed.dpi_y),
            print_measured,
            tag_x: tag(0),
            tag_y: tag(1),
        },
        feed: FeedFigures {
            skew_deg: of(&|p| p.feed.skew_deg),
            skew_spread_deg: rounded(sequence.skew_spread_deg),
            stretch_percent: of(&|p| p.feed.stretch_percent),
            stretch_spread_percent: rounded(sequence.stretch_spread_percent),
            shear_deg: of(&|p| p.feed.shear_deg),
            trapezoid_percent: of(&|p| p.feed.trapezoid_percent),
            uneven_mm: rounded(pages.iter().map(|p| p.feed.uneven_mm).fold(0.0, f64::max)),
            shift_spread_mm: rounded(sequence.shift_spread_mm),
        },
        tone: ToneFigures {
            paper: of(&|p| p.tone.paper),
            black: of(&|p| p.tone.black),
            noise: of(&|p| p.tone.noise),
            noise_black: of(&|p| p.tone.noise_black),
            falloff: of(&|p| p.tone.falloff),
        },
        blur: (!blurs.is_empty() && !bilevel).then(|| BlurFigures {
            x_mm: blur(&|b| b.x_mm),
            y_mm: blur(&|b| b.y_mm),
            sigma_px: blur(&|b| b.sigma_px),
            rise_mm: blur(&|b| b.rise_mm),
        }),
        lines: LineFigures {
            thinnest_mm: thinnest,
            growth_mm: of(&|p| p.growth_mm),
        },
        sequence: SequenceFigures {
            double_feed: sequence.double_feed(),
            missing: sequence.missing.clone(),
        },
        streaks: lasting(pages),
    })
}

/// Streaks nearer to each other than this are the same one, mm: dust stays
/// where it is, and places are measured to half of it.
const SAME_MM: f64 = 1.0;

/// Streaks that at least a third of the pages show; a fold or a hair on one
/// sheet is not the scanner's.
fn lasting(pages: &[PageMeasure]) -> Vec<StreakMeasure> {
    let mut all: Vec<(usize, StreakMeasure)> = pages
        .iter()
        .enumerate()
        .flat_map(|(i, p)| p.streaks.iter().map(move |s| (i, *s)))
        .collect();
    let side = |s: &StreakMeasure| (s.along, s.darkness < 0.0);
    all.sort_by(|a, b| (side(&a.1).cmp(&side(&b.1))).then(a.1.at_mm.total_cmp(&b.1.at_mm)));
    all.chunk_by(|a, b| side(&a.1) == side(&b.1) && b.1.at_mm - a.1.at_mm <= SAME_MM)
        .filter_map(|same| {
            let mut on: Vec<usize> = same.iter().map(|(i, _)| *i).collect();
            on.sort_unstable();
            on.dedup();
            if on.len() * 3 < pages.len() {
                return None;
            }
            let of = |f: &dyn Fn(&StreakMeasure) -> f64| {
                rounded(median(same.iter().map(|(_, s)| f(s)).collect()))
            };
            Some(StreakMeasure {
                along: same.first()?.1.along,
                at_mm: of(&|s| s.at_mm),
                width_mm: of(&|s| s.width_mm),
                darkness: of(&|s| s.darkness),
                length: of(&|s| s.length),
            })
        })
        .collect()
}
