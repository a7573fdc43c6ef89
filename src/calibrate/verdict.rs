//! The verdict: good, usable or repair, why, and what a clerk does about it.
//!
//! Every limit comes from what hurts reading; none is fitted to an example.

use serde::{Deserialize, Serialize};

use super::page::PageMeasure;
use super::profile::{
    BlurFigures, FeedFigures, LineFigures, PROFILE_VERSION, Profile, Resolution, ScanKind,
    SequenceFigures, ToneFigures, rounded,
};
use super::sequence::{self, SequenceMeasure};
use super::streaks::{Along, StreakMeasure};
use crate::geometry::px_per_mm;

/// What a clerk is told in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// Scan on.
    Good,
    /// Ballots can be read; more of them will need a person.
    Usable,
    /// Do not scan ballots before this is mended.
    Repair,
}

/// How much a finding matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know; nothing is worse for it.
    Note,
    /// More pages will need a person.
    Usable,
    /// Ballots may be lost or misread.
    Repair,
}

/// What was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FindingCode {
    /// Two sheets went through together.
    DoubleFeed,
    /// A line of dust or a blind cell.
    Streak,
    /// Too few pixels for a pen's stroke.
    Resolution,
    /// Edges are too soft.
    Blur,
    /// Thin lines are lost.
    ThinLines,
    /// Black grows or shrinks.
    Threshold,
    /// Paper and black are too near to each other.
    Contrast,
    /// A light stroke drowns in noise.
    Noise,
    /// One part of the page is darker.
    Falloff,
    /// The sheets lie crooked.
    Skew,
    /// Height and width have different scales.
    Stretch,
    /// The feed is uneven, or the sheet narrows.
    Uneven,
    /// The file claims another resolution.
    DpiTag,
    /// The ruler bars were not measured.
    PrintUnknown,
    /// Part of the target is not in the image.
    Cropped,
    /// One page is too few to tell how the feed repeats itself.
    OnePage,
}

/// One finding in words.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Finding {
    /// What.
    pub code: FindingCode,
    /// How much it matters.
    pub severity: Severity,
    /// What it is and what to do, Vietnamese.
    pub vi: String,
    /// The same in English.
    pub en: String,
}

/// What several pages of one scanner say.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// The profile to keep.
    pub profile: Profile,
    /// Why the verdict is what it is, the worst first.
    pub findings: Vec<Finding>,
    /// The pages together.
    pub sequence: SequenceMeasure,
}

/// The stroke that must be seen: a ballpoint's, mm, and the share of paper's
/// light that the lightest of them takes. Both are what [`crate::synth`] knows
/// of offices.
const STROKE_MM: f64 = 0.35;
const LIGHT_STROKE: f64 = 0.42;

/// A stroke of two pixels has one that is wholly its own.
const GOOD_STROKE_PX: f64 = 2.0;
/// At 90 dpi it has 1.24: the coarsest that is read is 100 dpi, less a print at
/// 94 % that nobody measured, rounded down.
const LEAST_DPI: f64 = 90.0;

/// Share of its contrast that a stroke may lose to blur: a quarter makes it no
/// lighter than the lightest pen of a good scanner's; half makes a light
/// ballpoint a pencil. For [`STROKE_MM`] that is σ of 0.12 mm and of 0.24 mm.
const GOOD_KEPT: f64 = 0.75;
const LEAST_KEPT: f64 = 0.5;

/// Printed lines of a good scan: the outline of a checkbox has 0.25 mm, and a
/// light pen's stroke has the contrast of a print of half its width.
const GOOD_LINE_MM: f64 = 0.20;

/// A checkbox outline of 0.25 mm vanishes where edges move inwards by half of
/// it; where they move outwards by as much, pen strokes double and small
/// letters run together. Half of that is where advice begins.
const GROWTH_MM: f64 = 0.06;
const MOST_GROWTH_MM: f64 = 0.125;

/// Contrast of the lightest stroke over noise of one pixel. At 5 not one pixel
/// of a box in a million of them is taken for ink by chance; at 2.5 every
/// hundredth is.
const GOOD_MARGIN: f64 = 5.0;
const LEAST_MARGIN: f64 = 2.5;

/// Black over paper. Anchors are looked for below 0.68 of the paper, and a
/// print may be lighter than this one: at 0.4 solid black still passes when a
/// third of its toner is missing, at 0.6 nothing may be missing.
const GOOD_BLACK: f64 = 0.40;
const MOST_BLACK: f64 = 0.60;

/// Falloff of the light. The reader follows it; in bilevel scans a threshold at
/// half does not, so a shadow of 0.35 turns black there with light pens.
const GOOD_FALLOFF: f64 = 0.15;
const MOST_FALLOFF: f64 = 0.35;

/// Skew. Pages are read up to 8°; half of it leaves room for the next sheet,
/// and corners stay in the image.
const GOOD_SKEW_DEG: f64 = 4.0;
const MOST_SKEW_DEG: f64 = 8.0;
/// A sheet in three hundred lies beyond the mean by this many deviations.
const SKEW_SIGMAS: f64 = 3.0;

/// Stretch. Prints of 94 to 106 % are read, and the scanner must leave most of
/// that to the printer.
const GOOD_STRETCH: f64 = 2.0;
const MOST_STRETCH: f64 = 6.0;

/// Uneven feed, mm. The registration follows waves of half a millimetre to
/// better than a box's outline; an anchor that is off by 1.2 mm is dropped.
const GOOD_UNEVEN_MM: f64 = 0.5;
const MOST_UNEVEN_MM: f64 = 1.2;
/// A width that changes by this much, percent, moves the corners of A4 by
/// the same half millimetre; and by three times it to the limit of anchors.
const GOOD_TRAPEZOID: f64 = 0.6;
const MOST_TRAPEZOID: f64 = 2.0;

/// A streak as dark as half of the lightest stroke looks like a mark.
const MARK_LIKE: f64 = LIGHT_STROKE / 2.0;
/// A bright line that takes a third of a stroke's contrast and is as wide as
/// half of it cuts a mark in two.
const ERASES: f64 = 0.33;
const ERASES_MM: f64 = STROKE_MM / 2.0;

/// A resolution that is claimed wrongly by this share misleads other programs.
const TAG_OFF: f64 = 0.02;

/// What of a stroke's contrast is left in its middle after a Gaussian blur:
/// exact for lines much thinner and much thicker than the blur.
fn kept(sigma_mm: f64) -> f64 {
    // Not hypot: what follows from it decides readings, and they are the same on
    // every machine.
    STROKE_MM / (STROKE_MM * STROKE_MM + std::f64::consts::TAU * sigma_mm * sigma_mm).sqrt()
}

/// Contrast of the lightest stroke over the noise of one pixel, of a gray scan.
fn light_margin(p: &Profile) -> f64 {
    let t = &p.tone;
    LIGHT_STROKE * kept(blur_mm(p)) * (t.paper - t.black) / noise_of(p)
}

fn noise_of(p: &Profile) -> f64 {
    p.tone.noise.max(p.tone.noise_black).max(0.1)
}

fn blur_mm(p: &Profile) -> f64 {
    p.blur.map_or(0.0, |b| b.x_mm.max(b.y_mm))
}

/// Is a light pen's stroke lost by so much noise, blur or threshold as is sent to
/// repair?
pub(super) fn light_strokes_vanish(p: &Profile) -> bool {
    let lines = p.lines.thinnest_mm.is_none_or(|t| t > STROKE_MM + 1e-9);
    lines
        || match p.kind {
            ScanKind::Bilevel => p.lines.growth_mm < -MOST_GROWTH_MM,
            ScanKind::Gray => light_margin(p) < LEAST_MARGIN || kept(blur_mm(p)) < LEAST_KEPT,
        }
}

/// Judges the pages of one scanner and makes its profile. `None` without pages.
#[must_use]
pub fn judge(
    name: &str,
    source: &str,
    pages: &[PageMeasure],
    print_measured: bool,
) -> Option<Calibration> {
    let sequence = sequence::measure(pages);
    let mut profile = figures(name, source, pages, &sequence, print_measured)?;
    let mut findings = Findings::default();
    findings.sheets(pages, &sequence);
    findings.streaks(&profile.streaks);
    findings.sharpness(&profile);
    findings.tones(&profile);
    findings.feed(&profile, pages);
    findings.labels(&profile, pages);
    let mut findings = findings.0;
    findings.sort_by_key(|f| (std::cmp::Reverse(f.severity), f.code));
    profile.verdict = match findings.first().map(|f| f.severity) {
        Some(Severity::Repair) => Verdict::Repair,
        Some(Severity::Usable) => Verdict::Usable,
        Some(Severity::Note) | None => Verdict::Good,
    };
    profile.findings = findings.iter().map(|f| f.code).collect();
    profile.findings.dedup();
    Some(Calibration {
        profile,
        findings,
        sequence,
    })
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    let n = values.len();
    match n {
        0 => 0.0,
        _ if n % 2 == 1 => values[n / 2],
        _ => f64::midpoint(values[n / 2 - 1], values[n / 2]),
    }
}

fn figures(
    name: &str,
    source: &str,
    pages: &[PageMeasure],
    sequence: &SequenceMeasure,
    print_measured: bool,
) -> Option<Profile> {
    let first = pages.first()?;
    let of = |f: &dyn Fn(&PageMeasure) -> f64| rounded(median(pages.iter().map(f).collect()));
    let blurs: Vec<_> = pages.iter().filter_map(|p| p.blur).collect();
    let blur =
        |f: &dyn Fn(&super::BlurMeasure) -> f64| rounded(median(blurs.iter().map(f).collect()));
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

#[derive(Default)]
struct Findings(Vec<Finding>);

impl Findings {
    fn add(&mut self, code: FindingCode, severity: Severity, vi: String, en: String) {
        self.0.push(Finding {
            code,
            severity,
            vi,
            en,
        });
    }

    /// Adds a finding whose severity follows from two limits.
    fn beyond(&mut self, code: FindingCode, value: f64, limits: [f64; 2], vi: String, en: String) {
        if value > limits[0] {
            let severity = if value > limits[1] {
                Severity::Repair
            } else {
                Severity::Usable
            };
            self.add(code, severity, vi, en);
        }
    }

    fn sheets(&mut self, pages: &[PageMeasure], s: &SequenceMeasure) {
        let list = |v: &[usize]| {
            let names: Vec<String> = v.iter().map(|i| (i + 1).to_string()).collect();
            names.join(", ")
        };
        let mend = (
            "lau con lăn kéo giấy và miếng tách giấy, xòe giấy trước khi nạp, quét lại cả lô",
            "clean the pick roller and the separation pad, fan the sheets before feeding, scan the whole batch again",
        );
        if !s.second_sheet.is_empty() {
            let at = list(&s.second_sheet);
            self.add(
                FindingCode::DoubleFeed,
                Severity::Repair,
                format!(
                    "ảnh {at}: thấy hai tờ trong một ảnh, máy kéo hai tờ một lúc; {}",
                    mend.0
                ),
                format!(
                    "image {at}: two sheets in one image, the feeder took both at once; {}",
                    mend.1
                ),
            );
        }
        if !s.too_long.is_empty() {
            let at = list(&s.too_long);
            self.add(
                FindingCode::DoubleFeed,
                Severity::Repair,
                format!("ảnh {at}: dài hơn hẳn một tờ, nghi hai tờ dính nhau hoặc trượt giấy; {}", mend.0),
                format!("image {at}: much longer than a sheet, two sheets may hang together or slip; {}", mend.1),
            );
        }
        if !s.missing.is_empty() {
            let missing: Vec<String> = s.missing.iter().map(u8::to_string).collect();
            let missing = missing.join(", ");
            self.add(
                FindingCode::DoubleFeed,
                Severity::Repair,
                format!("thiếu tờ mẫu số {missing}: có thể đã đi kèm dưới tờ khác; {}", mend.0),
                format!("target sheet {missing} is in no image: it may have gone through under another one; {}", mend.1),
            );
        }
        for (i, p) in pages.iter().enumerate() {
            let lost = p.squares_expected.saturating_sub(p.squares_found);
            // A speck on a square or two happens; more is a part of the page.
            if lost * 20 > p.squares_expected {
                self.add(
                    FindingCode::Cropped,
                    Severity::Usable,
                    format!(
                        "ảnh {}: chỉ thấy {} trong {} ô vuông, một phần trang bị che hoặc nằm ngoài ảnh; chọn đúng khổ giấy {}, đặt giấy sát mép",
                        i + 1, p.squares_found, p.squares_expected, p.paper
                    ),
                    format!(
                        "image {}: {} of {} squares seen, part of the page is covered or outside the image; set the scanner to {} and push the paper to the guide",
                        i + 1, p.squares_found, p.squares_expected, p.paper
                    ),
                );
            }
        }
        if pages.len() == 1 {
            self.add(
                FindingCode::OnePage,
                Severity::Note,
                "chỉ có một ảnh: quét ít nhất ba lượt để biết máy kéo giấy có đều không".to_owned(),
                "only one image: scan at least three times to see how evenly sheets are fed"
                    .to_owned(),
            );
        }
    }

    fn streaks(&mut self, streaks: &[StreakMeasure]) {
        for s in streaks {
            let bright = s.darkness < 0.0;
            let bad = if bright {
                -s.darkness >= ERASES && s.width_mm >= ERASES_MM
            } else {
                s.darkness >= MARK_LIKE
            };
            let severity = if bad {
                Severity::Repair
            } else {
                Severity::Usable
            };
            let (from_vi, from_en) = match s.along {
                Along::Down => ("mép trái", "left"),
                Along::Across => ("mép trên", "top"),
            };
            let (kind_vi, kind_en) = if bright {
                ("sáng", "bright")
            } else {
                ("tối", "dark")
            };
            let (hurt_vi, hurt_en) = match (bad, bright) {
                (true, true) => ("che mất dấu đánh", "it hides marks"),
                (true, false) => ("có thể bị đọc thành dấu đánh", "it may be read as a mark"),
                (false, _) => ("còn mờ", "still faint"),
            };
            self.add(
                FindingCode::Streak,
                severity,
                format!(
                    "lau kính cách {from_vi} ảnh {:.0} mm: vệt {kind_vi} rộng {:.1} mm, đậm {:.0} %, {hurt_vi}; lau cả dải kính hẹp của khay nạp, quét lại",
                    s.at_mm, s.width_mm, 100.0 * s.darkness.abs()
                ),
                format!(
                    "clean the glass {:.0} mm from the {from_en} of the image: {kind_en} streak, {:.1} mm wide, {:.0} % strong, {hurt_en}; clean the feeder's narrow glass too and scan again",
                    s.at_mm, s.width_mm, 100.0 * s.darkness.abs()
                ),
            );
        }
    }

    fn sharpness(&mut self, p: &Profile) {
        let dpi = p.resolution.dpi_x.min(p.resolution.dpi_y);
        let stroke = STROKE_MM * px_per_mm(dpi);
        if stroke < GOOD_STROKE_PX {
            let severity = if dpi < LEAST_DPI {
                Severity::Repair
            } else {
                Severity::Usable
            };
            self.add(
                FindingCode::Resolution,
                severity,
                format!("độ phân giải {dpi:.0} dpi: nét bút {STROKE_MM} mm chỉ rộng {stroke:.1} điểm ảnh; đặt máy quét 200 hoặc 300 dpi"),
                format!("{dpi:.0} dpi: a pen stroke of {STROKE_MM} mm has only {stroke:.1} pixels; set the scanner to 200 or 300 dpi"),
            );
        }
        if p.blur.is_some() {
            let sigma = blur_mm(p);
            let share = kept(sigma);
            let lost = 100.0 * (1.0 - share);
            self.beyond(
                FindingCode::Blur,
                1.0 - share,
                [1.0 - GOOD_KEPT, 1.0 - LEAST_KEPT],
                format!("ảnh nhòe: σ {sigma:.2} mm, nét bút mảnh mất {lost:.0} % độ đậm; lau kính và gương, tăng dpi, tắt chế độ quét nhanh"),
                format!("blurred: σ {sigma:.2} mm, a thin stroke loses {lost:.0} % of its contrast; clean glass and mirrors, raise the dpi, switch off fast mode"),
            );
        }
        let thinnest = p.lines.thinnest_mm.unwrap_or(f64::INFINITY);
        let came_vi = p
            .lines
            .thinnest_mm
            .map_or("không nét nào".to_owned(), |t| format!("{t:.2} mm"));
        let came_en = p
            .lines
            .thinnest_mm
            .map_or("none".to_owned(), |t| format!("{t:.2} mm"));
        self.beyond(
            FindingCode::ThinLines,
            thinnest,
            [GOOD_LINE_MM + 1e-9, STROKE_MM + 1e-9],
            format!("nét in mảnh nhất còn nguyên: {came_vi}, nét bút nhạt có thể mất; quét xám (grayscale) thay vì đen trắng, hoặc chỉnh đậm hơn, tăng dpi"),
            format!("thinnest printed line that is whole: {came_en}, light strokes may be lost; scan in gray rather than black and white, or darker, or at more dpi"),
        );
        let growth = p.lines.growth_mm;
        // In gray scans an edge's place says only how the print came out.
        if p.kind == ScanKind::Bilevel {
            let (way_vi, way_en) = if growth > 0.0 {
                (
                    "nở ra; chỉnh máy quét sáng hơn",
                    "grows; set the scanner lighter",
                )
            } else {
                (
                    "co lại; chỉnh máy quét đậm hơn",
                    "shrinks; set the scanner darker",
                )
            };
            self.beyond(
                FindingCode::Threshold,
                growth.abs(),
                [GROWTH_MM, MOST_GROWTH_MM],
                format!("ngưỡng đen trắng lệch: mực {:.2} mm mỗi bên {way_vi}, hoặc quét xám", growth.abs()),
                format!("the black-and-white threshold is off: ink {way_en} ({:.2} mm each side), or scan in gray", growth.abs()),
            );
        }
    }

    fn tones(&mut self, p: &Profile) {
        if p.kind == ScanKind::Bilevel {
            return;
        }
        let t = &p.tone;
        let black = t.black / t.paper.max(1.0);
        self.beyond(
            FindingCode::Contrast,
            black,
            [GOOD_BLACK, MOST_BLACK],
            format!("đen và trắng quá gần nhau (giấy {:.0}, đen {:.0}): in lại tờ mẫu cho đậm; nếu vẫn vậy, chỉnh độ sáng, độ tương phản, lau kính", t.paper, t.black),
            format!("black and paper are too near (paper {:.0}, black {:.0}): print the target darker; if it stays so, set brightness and contrast, clean the glass", t.paper, t.black),
        );
        let (noise, margin) = (noise_of(p), light_margin(p));
        self.beyond(
            FindingCode::Noise,
            1.0 / margin.max(1e-6),
            [1.0 / GOOD_MARGIN, 1.0 / LEAST_MARGIN],
            format!("ảnh nhiễu: độ lệch {noise:.1} mức xám, nét bút nhạt chỉ hơn nhiễu {margin:.1} lần; lau kính, thay đèn, không nén JPEG quá mạnh"),
            format!("noisy: {noise:.1} gray levels, a light stroke is only {margin:.1} times the noise; clean the glass, change the lamp, use a higher JPEG quality"),
        );
        self.beyond(
            FindingCode::Falloff,
            t.falloff,
            [GOOD_FALLOFF, MOST_FALLOFF],
            format!("sáng không đều: chỗ tối nhất kém {:.0} %; đậy nắp, ép phẳng giấy, kiểm tra đèn", 100.0 * t.falloff),
            format!("uneven light: the darkest part lacks {:.0} %; close the lid, press the paper flat, check the lamp", 100.0 * t.falloff),
        );
    }

    fn feed(&mut self, p: &Profile, pages: &[PageMeasure]) {
        let f = &p.feed;
        let worst = pages
            .iter()
            .map(|p| p.feed.skew_deg.abs())
            .fold(0.0, f64::max);
        let skew = worst.max(f.skew_deg.abs() + SKEW_SIGMAS * f.skew_spread_deg);
        self.beyond(
            FindingCode::Skew,
            skew,
            [GOOD_SKEW_DEG, MOST_SKEW_DEG],
            format!("giấy vào lệch {worst:.1}° (dao động {:.1}°); ép hai thanh chắn giấy sát mép, lau con lăn", f.skew_spread_deg),
            format!("sheets lie crooked, {worst:.1}° (spread {:.1}°); set the paper guides close, clean the rollers", f.skew_spread_deg),
        );
        self.beyond(
            FindingCode::Stretch,
            f.stretch_percent.abs(),
            [GOOD_STRETCH, MOST_STRETCH],
            format!("chiều dọc và chiều ngang lệch tỷ lệ {:+.1} %: lau con lăn; kiểm tra máy in có in đúng 100 % cả hai chiều không (đo thước A và B)", f.stretch_percent),
            format!("height against width is off by {:+.1} %: clean the rollers; check that the printer is true both ways (measure bars A and B)", f.stretch_percent),
        );
        self.beyond(
            FindingCode::Uneven,
            f.uneven_mm,
            [GOOD_UNEVEN_MM, MOST_UNEVEN_MM],
            format!(
                "máy kéo giấy không đều, lệch tới {:.1} mm: lau hoặc thay con lăn",
                f.uneven_mm
            ),
            format!(
                "uneven feed, up to {:.1} mm: clean or change the rollers",
                f.uneven_mm
            ),
        );
        self.beyond(
            FindingCode::Uneven,
            f.trapezoid_percent.abs(),
            [GOOD_TRAPEZOID, MOST_TRAPEZOID],
            format!("bề ngang đổi {:+.1} % từ trên xuống dưới: giấy cong hoặc xoay khi kéo; ép phẳng, lau con lăn hai bên", f.trapezoid_percent),
            format!("the width changes by {:+.1} % from top to bottom: the sheet bends or turns while it is fed; press it flat, clean the rollers on both sides", f.trapezoid_percent),
        );
    }

    fn labels(&mut self, p: &Profile, pages: &[PageMeasure]) {
        let r = &p.resolution;
        if let (Some(x), Some(y)) = (r.tag_x, r.tag_y)
            && ((x / r.dpi_x - 1.0).abs() > TAG_OFF || (y / r.dpi_y - 1.0).abs() > TAG_OFF)
        {
            self.add(
                FindingCode::DpiTag,
                Severity::Note,
                format!("tệp ghi {x:.0} × {y:.0} dpi, đúng ra là {:.0} × {:.0}; phieu không dựa vào số ghi này", r.dpi_x, r.dpi_y),
                format!("the file claims {x:.0} × {y:.0} dpi, true are {:.0} × {:.0}; phieu does not rely on the claim", r.dpi_x, r.dpi_y),
            );
        }
        if r.tag_x.is_none() && !pages.is_empty() {
            self.add(
                FindingCode::DpiTag,
                Severity::Note,
                format!("tệp không ghi dpi; đo được {:.0} × {:.0}", r.dpi_x, r.dpi_y),
                format!(
                    "the file claims no dpi; measured {:.0} × {:.0}",
                    r.dpi_x, r.dpi_y
                ),
            );
        }
        if !r.print_measured {
            self.add(
                FindingCode::PrintUnknown,
                Severity::Note,
                "dpi chỉ đúng nếu tờ mẫu in đúng 100 %: đo thước A trên tờ mẫu, thêm --bar-mm".to_owned(),
                "the dpi hold only if the target was printed at 100 %: measure bar A on the print and add --bar-mm".to_owned(),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The limits of the documentation are what the formula gives.
    #[test]
    fn blur_limits_are_as_documented() {
        assert!(kept(0.12) > GOOD_KEPT && kept(0.13) < GOOD_KEPT);
        assert!(kept(0.23) > LEAST_KEPT && kept(0.25) < LEAST_KEPT);
    }
}
