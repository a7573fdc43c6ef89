//! Folds of the paper and streaks of the scanner, over the whole page: thin lines
//! that are seen in two opposite margins, where nobody writes. Ballots are folded
//! before they are dropped into their box; where a fold runs through a mark, it is
//! taken out and the box is looked at again.

use std::cell::OnceCell;

use super::boxes::BoxesRead;
use super::classify::{self, Verdict};
use super::crease::{self, BESIDE_MM, DARKER, END_MM, Look, MARGIN, PaperLine, Sheet};
use super::features::Features;
use super::ink::{self, Ink};
use super::measuring::Measuring;
use super::model::MarkModel;
use super::reading::MarkState;
use super::registration::LocalMap;
use super::sample::Window;
use super::template::{self, BoxTemplate};
use crate::form::PageLayout;
use crate::geometry::{MmPoint, MmRect, PxPoint, mm_rect};

/// Distance of two samples in a margin, mm.
const STEP_MM: f64 = 0.25;
/// A margin is looked at in pieces so long, mm: the map bends little within one.
const PIECE_MM: f64 = 30.0;
/// Half the width that a fold or a thin streak takes, with a scanner's blur, mm: three
/// standard deviations of a valley of 0.22 mm.
const HALF_MM: f64 = 0.7;
/// A line is seen in a margin where it is darker than both its sides by this share of
/// the contrast: nine standard errors of noise 0.04 over a margin's samples.
const SEEN: f64 = 0.03;
/// What is left of its darkness [`HALF_MM`] from its middle: more is of a broad band,
/// whose edges would stay when its middle is taken out.
const NARROW: f64 = 0.3;
/// Steps of slopes in which a margin is looked at, and how many to either side: to
/// the steepest of [`super::streak`].
const SLOPE_STEP: f64 = 0.04;
const SLOPES: i32 = 4;
/// The slope of a line in a margin and that of its whole way differ by less.
const BEND: f64 = 0.05;
/// Followed from one margin, a line comes out this near to where it was seen in the
/// other, mm.
const ARRIVES_MM: f64 = 1.0;
/// So many lines of a margin are followed, the darkest first: an envelope's folds
/// and as many streaks.
const FOLLOWED: usize = 8;

/// Places at which the way of a fold is worked out, mm apart, …
const NODE_MM: f64 = 5.0;
/// … each from so many of the nearest looks at which it was seen (30 mm of bare paper),
/// so that outlines and letters that it passes do not draw it aside, …
const AROUND: usize = 60;
/// … but those that are farther from the others' line than this, mm: half a line of
/// print.
const ASTRAY_MM: f64 = 0.3;

/// A fold or a streak from edge to edge.
#[derive(Debug, Clone)]
struct Fold {
    level: bool,
    /// Its way through the image.
    path: Vec<PxPoint>,
    looks: Vec<Look>,
}

/// The folds of a page, which are looked for when somebody asks.
#[derive(Debug)]
pub(crate) struct Folds<'a> {
    pub sheet: Sheet<'a>,
    found: OnceCell<Vec<Fold>>,
}

impl<'a> Folds<'a> {
    pub fn of(sheet: Sheet<'a>) -> Self {
        Self {
            sheet,
            found: OnceCell::new(),
        }
    }

    fn get(&self) -> &[Fold] {
        self.found.get_or_init(|| {
            [true, false]
                .into_iter()
                .flat_map(|level| find(&self.sheet, level))
                .collect()
        })
    }

    /// Which samples of a window they cover; `None` where there are none.
    pub fn cover(&self, map: &LocalMap, rect: MmRect, step: f64) -> Option<Vec<bool>> {
        let mut mask = None;
        for fold in self.get() {
            fold.cover(map, rect, step, &mut mask);
        }
        mask
    }

    /// A box measured again without the folds that pass through its window; `None`
    /// where none does.
    pub fn without(
        &self,
        out: &BoxesRead,
        i: usize,
        question: usize,
        template: &BoxTemplate,
        model: &MarkModel,
    ) -> Option<(Ink, Features, Verdict)> {
        let taken = &out.measuring.boxes[i];
        let covered = self.cover(&taken.map, template.window, template::STEP_MM)?;
        let paper = ink::local_paper(&taken.window, template)?;
        let mut window = Window {
            paper: OnceCell::from(Some(paper)),
            ..taken.window.clone()
        };
        for (pixel, _) in window.pixels.iter_mut().zip(&covered).filter(|p| *p.1) {
            *pixel = (*pixel).max(paper);
        }
        let ink = out.measuring.ink(i, &window, template);
        let shade = out.measuring.shade(i, &window, template);
        let features = Features::of(&ink, &out.hand.usual_beside(question), shade);
        let verdict = classify::classify(&ink, &features, &out.hand, model, taken.place);
        Some((ink, features, verdict))
    }
}

impl Fold {
    fn cover(&self, map: &LocalMap, rect: MmRect, step: f64, mask: &mut Option<Vec<bool>>) {
        let way = self.near(map, rect);
        let width = (rect.size.width / step).round().max(1.0) as usize;
        let height = (rect.size.height / step).round().max(1.0) as usize;
        let (first, low, n, across_n) = if self.level {
            (rect.min_x(), rect.min_y(), width, height)
        } else {
            (rect.min_y(), rect.min_x(), height, width)
        };
        for k in 0..n {
            let along = first + (k as f64 + 0.5) * step;
            let after = way.partition_point(|p| p.0 < along);
            let (Some(a), Some(b)) = (
                after.checked_sub(1).and_then(|i| way.get(i)),
                way.get(after),
            ) else {
                continue;
            };
            let share = (along - a.0) / (b.0 - a.0).max(f64::MIN_POSITIVE);
            let middle = a.1 + share * (b.1 - a.1) - low;
            let sample = |mm: f64| (mm / step).round().clamp(0.0, across_n as f64) as usize;
            for c in sample(middle - HALF_MM)..sample(middle + HALF_MM) {
                let i = if self.level {
                    c * width + k
                } else {
                    k * width + c
                };
                mask.get_or_insert_with(|| vec![false; width * height])[i] = true;
            }
        }
    }

    /// Its way near a part of the paper: along it and across, mm.
    fn near(&self, map: &LocalMap, rect: MmRect) -> Vec<(f64, f64)> {
        let area = rect.inflate(2.0 * NODE_MM, 2.0 * NODE_MM);
        let mut way: Vec<(f64, f64)> = self
            .path
            .iter()
            .map(|&p| map.paper + map.on_paper(p - map.image))
            .filter(|p| area.contains(*p))
            .map(|p| if self.level { (p.x, p.y) } else { (p.y, p.x) })
            .collect();
        way.sort_by(|a, b| a.0.total_cmp(&b.0));
        way
    }

    /// Is the paper under it in a box no darker than it gets beside the box? What is
    /// may be a stroke along it.
    fn is_all(
        &self,
        measuring: &Measuring,
        i: usize,
        template: &BoxTemplate,
        rect: MmRect,
    ) -> bool {
        let taken = &measuring.boxes[i];
        let mut mask = None;
        self.cover(&taken.map, template.window, template::STEP_MM, &mut mask);
        let Some(mask) = mask else {
            return true;
        };
        let inside = ink::darkest_lines(
            &taken.window,
            template,
            taken.located.shift,
            &mask,
            self.level,
        );
        let (middle, half) = if self.level {
            (rect.center().x, rect.width() / 2.0)
        } else {
            (rect.center().y, rect.height() / 2.0)
        };
        let beside = crease::darkest_beside(&self.looks, middle, half);
        inside / measuring.contrast() <= beside + DARKER
    }
}

/// Settles boxes that were left to a person, where a fold is all that was in the way:
/// as marked, if there is a mark besides it; as empty, if there is nothing besides it
/// and its question is answered.
pub(crate) fn settle(
    out: &mut BoxesRead,
    folds: &Folds,
    page: &PageLayout,
    templates: &[BoxTemplate],
    model: &MarkModel,
    questions: &[usize],
) {
    let open: Vec<usize> = (0..out.marks.len())
        .filter(|&i| {
            let (verdict, ink) = (&out.verdicts[i], &out.inks[i]);
            verdict.state == MarkState::Marginal
                && !verdict.hidden
                && !ink.stained
                && (ink.line_through || ink.line_beside || ink.reaches_rim)
        })
        .collect();
    let mut empty = Vec::new();
    for i in open {
        let Some((ink, features, verdict)) =
            folds.without(out, i, questions[i], &templates[i], model)
        else {
            continue;
        };
        match verdict.state {
            MarkState::Marked => {
                out.inks[i] = ink;
                out.features[i] = features;
                out.verdicts[i] = verdict;
                out.settle(i, MarkState::Marked);
            }
            MarkState::Unmarked if !classify::trace(&ink, &out.hand) => empty.push(i),
            _ => {}
        }
    }
    for i in empty {
        let rect = page.boxes[i].rect;
        let only_folds = |f: &Fold| f.is_all(&out.measuring, i, &templates[i], rect);
        if out.answered(i) && folds.get().iter().all(only_folds) {
            out.settle(i, MarkState::Unmarked);
        }
    }
}

/// A line in a margin: where it crosses the middle of the margin, and its slope.
#[derive(Debug, Clone, Copy)]
struct Seen {
    along: f64,
    across: f64,
    slope: f64,
    depth: f64,
}

/// The lines that run from left to right (or from top to bottom).
fn find(sheet: &Sheet, level: bool) -> Vec<Fold> {
    let length = if level {
        sheet.paper.width()
    } else {
        sheet.paper.height()
    };
    let first = seen_in(sheet, level, END_MM);
    if first.is_empty() {
        return Vec::new();
    }
    let last = seen_in(sheet, level, (length - END_MM.1, length - END_MM.0));
    let nowhere = mm_rect(-1.0, -1.0, 0.0, 0.0);
    let mut out = Vec::new();
    for a in &first {
        for b in &last {
            let slope = (b.across - a.across) / (b.along - a.along);
            if (slope - a.slope).abs() > BEND || (slope - b.slope).abs() > BEND {
                continue;
            }
            let at = place(level, a.along, a.across);
            let looks = crease::looks(sheet, PaperLine { level, at, slope }, nowhere);
            let way = way(&looks, level);
            let arrives = way.iter().any(|&(along, across)| {
                (along - b.along).abs() <= NODE_MM / 2.0 && (across - b.across).abs() <= ARRIVES_MM
            });
            if arrives && crease::reaches_edges(sheet, level, &looks) {
                out.push(Fold {
                    level,
                    path: way
                        .iter()
                        .map(|&(along, across)| sheet.map.at(place(level, along, across)))
                        .collect(),
                    looks,
                });
            }
        }
    }
    out
}

/// A place on a line or beside it.
fn place(level: bool, along: f64, across: f64) -> MmPoint {
    if level {
        MmPoint::new(along, across)
    } else {
        MmPoint::new(across, along)
    }
}

/// The way of a line, smooth: its places along and across the paper, mm.
fn way(looks: &[Look], level: bool) -> Vec<(f64, f64)> {
    let seen: Vec<(f64, f64)> = looks
        .iter()
        .filter_map(|l| l.ridge)
        .map(|p| if level { (p.x, p.y) } else { (p.y, p.x) })
        .collect();
    let (Some(first), Some(last)) = (looks.first(), looks.last()) else {
        return Vec::new();
    };
    let nodes = ((last.along - first.along) / NODE_MM) as usize + 2;
    (0..nodes)
        .map(|k| first.along + k as f64 * NODE_MM)
        .filter_map(|t| {
            let before = seen.partition_point(|p| p.0 < t);
            let from = before
                .saturating_sub(AROUND / 2)
                .min(seen.len().saturating_sub(AROUND));
            let near = seen.get(from..(from + AROUND).min(seen.len()))?;
            let line = fit(near)?;
            let straight: Vec<(f64, f64)> = near
                .iter()
                .copied()
                .filter(|p| (line.0 + line.1 * p.0 - p.1).abs() <= ASTRAY_MM)
                .collect();
            let (a, b) = fit(&straight)?;
            Some((t, a + b * t))
        })
        .collect()
}

/// The line through places, by least squares: its height at 0 and its slope.
fn fit(places: &[(f64, f64)]) -> Option<(f64, f64)> {
    let n = places.len() as f64;
    let (x, y) = places
        .iter()
        .fold((0.0, 0.0), |s, p| (s.0 + p.0 / n, s.1 + p.1 / n));
    let (xx, xy) = places.iter().fold((0.0, 0.0), |s, p| {
        (s.0 + (p.0 - x).powi(2), s.1 + (p.0 - x) * (p.1 - y))
    });
    let slope = xy / xx;
    slope.is_finite().then_some((y - slope * x, slope))
}

/// The thin lines that cross a margin, from one distance of the paper's edge to
/// another, mm; the darkest first.
fn seen_in(sheet: &Sheet, level: bool, (from, to): (f64, f64)) -> Vec<Seen> {
    let columns = ((to - from) / STEP_MM).round() as usize;
    let strip = margin(sheet, level, from, to);
    let rows = strip.len() / columns;
    let contrast = (sheet.tone.paper - sheet.tone.black).max(1.0);
    let steps = |mm: f64| (mm / STEP_MM).round() as usize;
    let (near, beside) = (steps(HALF_MM), BESIDE_MM.map(steps));
    let reach = beside[1];
    let mut seen: Vec<Seen> = Vec::new();
    for k in -SLOPES..=SLOPES {
        let slope = f64::from(k) * SLOPE_STEP;
        let profile = profile(&strip, columns, slope);
        for row in reach..rows.saturating_sub(reach) {
            let side = |sign: isize| {
                let at = |d: usize| profile[row.wrapping_add_signed(sign * d as isize)];
                (
                    beside.iter().map(|&d| at(d)).sum::<f64>() / beside.len() as f64,
                    at(near),
                )
            };
            let (above, below) = (side(-1), side(1));
            let middle = profile[row - 1..=row + 1].iter().sum::<f64>() / 3.0;
            let depth = (above.0.min(below.0) - middle) / contrast;
            let edge = above.0.min(below.0) - above.1.min(below.1);
            if depth >= SEEN && edge / contrast <= (NARROW * depth).max(MARGIN) {
                seen.push(Seen {
                    along: f64::midpoint(from, to),
                    across: (row as f64 + 0.5) * STEP_MM,
                    slope,
                    depth,
                });
            }
        }
    }
    seen.sort_by(|a, b| b.depth.total_cmp(&a.depth));
    let mut out: Vec<Seen> = Vec::new();
    for s in seen {
        if out.len() == FOLLOWED {
            break;
        }
        if out
            .iter()
            .all(|o| (o.across - s.across).abs() > BESIDE_MM[1])
        {
            out.push(s);
        }
    }
    out
}

/// Samples of a margin: a row for each place across its lines.
fn margin(sheet: &Sheet, level: bool, from: f64, to: f64) -> Vec<u8> {
    let (paper, length) = if level {
        (sheet.paper, sheet.paper.height())
    } else {
        (sheet.paper, sheet.paper.width())
    };
    let mut strip = Vec::new();
    let mut window = Window::default();
    let mut start = 0.0;
    while start + STEP_MM < length {
        let piece = PIECE_MM.min(length - start);
        let rect = if level {
            mm_rect(
                paper.min_x() + from,
                paper.min_y() + start,
                to - from,
                piece,
            )
        } else {
            mm_rect(
                paper.min_x() + start,
                paper.min_y() + from,
                piece,
                to - from,
            )
        };
        window.fill(sheet.image, &sheet.map.local(rect.center()), rect, STEP_MM);
        if level {
            strip.extend_from_slice(&window.pixels);
        } else {
            let (w, h) = (window.width, window.height);
            strip.extend(
                (0..w)
                    .flat_map(|x| (0..h).map(move |y| (x, y)))
                    .map(|(x, y)| window.pixels[y * w + x]),
            );
        }
        start += piece;
    }
    strip
}

/// Mean gray of each row along lines of this slope.
fn profile(strip: &[u8], columns: usize, slope: f64) -> Vec<f64> {
    let rows = strip.len() / columns;
    let mut sums = vec![0u32; rows];
    for c in 0..columns {
        let off = (slope * (c as f64 - columns as f64 / 2.0)).round() as isize;
        for (r, sum) in sums.iter_mut().enumerate() {
            let from = r.saturating_add_signed(off).min(rows - 1);
            *sum += u32::from(strip[from * columns + c]);
        }
    }
    sums.iter()
        .map(|&s| f64::from(s) / columns as f64)
        .collect()
}
