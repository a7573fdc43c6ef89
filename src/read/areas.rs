//! Looks at places where there should be no ink but a pen's: writing areas,
//! and the surroundings of questions that were left blank.

use std::collections::BTreeMap;

use super::boxes::corners;
use super::folds::Folds;
use super::ink::Tone;
use super::problem::Problem;
use super::reading::{Answer, AnswerState, AreaReading};
use super::registration::{LocalMap, Registration};
use super::sample::Window;
use super::thumbnail::Thumbnail;
use crate::form::{AnchorKind, AreaKind, PageLayout, Reference};
use crate::geometry::{MmPoint, MmRect, PxPoint};

/// Distance of two samples, mm: the thumbnail's own resolution.
pub(super) const STEP_MM: f64 = 0.25;

/// What is printed is masked with this margin, mm: registration between the
/// anchors is within half a millimetre, and the thumbnail blurs a quarter.
pub(super) const PRINT_MARGIN_MM: f64 = 0.8;

/// A printed rectangle so thin and so long is a rule and no word, mm.
pub(super) const RULE_MM: f64 = 0.6;
const RULE_LENGTH_MM: f64 = 20.0;

/// Darkness (0 paper, 1 print) of a pen's stroke in the thumbnail, where a
/// 0.35 mm line of medium darkness is thinned to a third.
const STROKE: f64 = 0.22;

/// This much ink in a writing area is writing and not dust, mm².
const WRITING_MM2: f64 = 2.5;

/// This much ink around a blank question may be an answer, mm², …
const STRAY_MM2: f64 = 2.5;
/// … or this much beside a fold or a streak, which may cover a part of it.
const STRAY_BESIDE_FOLDS_MM2: f64 = 1.5;

/// Ink that is not printed, in a window of the paper.
pub(crate) struct FreeInk<'a> {
    pub thumb: &'a Thumbnail<'a>,
    pub page: &'a PageLayout,
    pub registration: &'a Registration,
    pub tone: Tone,
}

impl FreeInk<'_> {
    /// Map of the thumbnail around a paper place.
    pub(super) fn map(&self, p: MmPoint) -> LocalMap {
        let full = self.registration.local(p);
        let f = f64::from(self.thumb.factor);
        LocalMap {
            paper: p,
            image: PxPoint::new(full.image.x / f, full.image.y / f),
            dx: full.dx / f,
            dy: full.dy / f,
        }
    }

    /// The paper of an area that a local map serves, in samples of [`STEP_MM`].
    pub(super) fn window(&self, area: MmRect) -> Window {
        let mut window = Window::default();
        window.fill(&self.thumb.image, &self.map(area.center()), area, STEP_MM);
        window
    }

    /// Area of free ink in `rect` in mm², other than that of one of these folds, and the
    /// share of it.
    fn measure(&self, rect: MmRect, except: &[MmRect], folds: Option<&Folds>) -> (f64, f64) {
        // A local map is affine: long areas are taken in pieces.
        let (mut ink, mut seen) = (0usize, 0usize);
        let pieces = (rect.size.width / 30.0).ceil().max(1.0) as usize;
        let rows = (rect.size.height / 30.0).ceil().max(1.0) as usize;
        let (pw, ph) = (
            rect.size.width / pieces as f64,
            rect.size.height / rows as f64,
        );
        for r in 0..rows {
            for c in 0..pieces {
                let piece = crate::geometry::mm_rect(
                    rect.min_x() + c as f64 * pw,
                    rect.min_y() + r as f64 * ph,
                    pw,
                    ph,
                );
                let window = self.window(piece);
                let mut mask = self.mask(piece, &window, except);
                if let Some(folds) = folds {
                    self.mask_folds(folds, piece, &mut mask);
                }
                let limit = self.ink_level(&window, &mask, STROKE);
                for (p, m) in window.pixels.iter().zip(&mask) {
                    if !m {
                        seen += 1;
                        ink += usize::from(f64::from(*p) < limit);
                    }
                }
            }
        }
        (
            ink as f64 * STEP_MM * STEP_MM,
            ink as f64 / seen.max(1) as f64,
        )
    }

    /// What is darker than this gray level in the window is ink of this darkness
    /// (0 paper, 1 print).
    pub(super) fn ink_level(&self, window: &Window, mask: &[bool], darkness: f64) -> f64 {
        let plain = window
            .pixels
            .iter()
            .zip(mask)
            .filter(|(_, masked)| !**masked);
        let paper = level(plain.map(|(p, _)| *p), 0.8).unwrap_or(self.tone.paper);
        // Where most of a piece is dark there is a shadow, not writing.
        let paper = paper.max(self.tone.black + 0.4 * (self.tone.paper - self.tone.black));
        paper - darkness * (paper - self.tone.black)
    }

    /// What of the window the printed rules cover: lines of a table, dotted lines
    /// to write on.
    pub(super) fn rules(&self, piece: MmRect, window: &Window) -> Vec<bool> {
        let mut mask = vec![false; window.pixels.len()];
        let is_rule = |r: &&MmRect| {
            let (thin, long) = if r.width() < r.height() {
                (r.width(), r.height())
            } else {
                (r.height(), r.width())
            };
            thin <= RULE_MM && long >= RULE_LENGTH_MM
        };
        for r in self.page.ink.iter().filter(is_rule) {
            cover(&mut mask, r, piece, window);
        }
        mask
    }

    /// What of the window the page's boxes cover, other than this one.
    pub(super) fn other_boxes(&self, at: usize, piece: MmRect, window: &Window) -> Vec<bool> {
        let mut mask = vec![false; window.pixels.len()];
        let boxes = self.page.boxes.iter().enumerate();
        for (_, other) in boxes.filter(|(i, _)| *i != at) {
            cover(&mut mask, &other.rect, piece, window);
        }
        mask
    }

    /// Adds to a mask of this paper what the page's folds and streaks cover.
    pub(super) fn mask_folds(&self, folds: &Folds, piece: MmRect, mask: &mut [bool]) {
        let full = self.registration.local(piece.center());
        if let Some(folded) = folds.cover(&full, piece, STEP_MM) {
            for (masked, folded) in mask.iter_mut().zip(folded) {
                *masked |= folded;
            }
        }
    }

    pub(super) fn mask(&self, piece: MmRect, window: &Window, except: &[MmRect]) -> Vec<bool> {
        let mut mask = vec![false; window.pixels.len()];
        let anchors = self.page.anchors.iter();
        let squares = anchors.filter(|a| a.kind == AnchorKind::Square);
        let printed = self
            .page
            .ink
            .iter()
            .chain(self.page.codes.iter().map(|c| &c.rect))
            .chain(self.page.boxes.iter().map(|b| &b.rect))
            .chain(squares.map(|a| &a.rect))
            .chain(except);
        for r in printed {
            cover(&mut mask, r, piece, window);
        }
        if let Some(reference) = &self.page.reference {
            mask_reference(reference, piece, window, &mut mask);
        }
        mask
    }
}

/// Marks what a printed rectangle covers with its margin.
fn cover(mask: &mut [bool], printed: &MmRect, piece: MmRect, window: &Window) {
    let r = printed.inflate(PRINT_MARGIN_MM, PRINT_MARGIN_MM);
    let clamp = |v: f64, limit: usize| (v / STEP_MM).round().clamp(0.0, limit as f64) as usize;
    let columns = clamp(r.min_x() - piece.min_x(), window.width)
        ..clamp(r.max_x() - piece.min_x(), window.width);
    for row in clamp(r.min_y() - piece.min_y(), window.height)
        ..clamp(r.max_y() - piece.min_y(), window.height)
    {
        mask[row * window.width..][columns.clone()].fill(true);
    }
}

/// The gray level that this share of the samples is not brighter than; `None` of none.
pub(super) fn level(samples: impl Iterator<Item = u8>, share: f64) -> Option<f64> {
    let mut histogram = [0u32; 256];
    let mut n = 0;
    for p in samples {
        histogram[usize::from(p)] += 1;
        n += 1;
    }
    (n > 0).then(|| f64::from(super::thumbnail::percentile(&histogram, share)))
}

fn mask_reference(reference: &Reference, piece: MmRect, window: &Window, mask: &mut [bool]) {
    let map = LocalMap::of_reference(reference);
    let mut blank = Window::default();
    blank.fill(&reference.image, &map, piece, STEP_MM);
    let reach = (PRINT_MARGIN_MM / STEP_MM).round() as usize;
    for (i, p) in blank.pixels.iter().enumerate().take(mask.len()) {
        if *p > 200 {
            continue;
        }
        let (col, row) = (i % window.width, i / window.width);
        for r in row.saturating_sub(reach)..=(row + reach).min(window.height - 1) {
            let from = col.saturating_sub(reach);
            let to = (col + reach).min(window.width - 1);
            mask[r * window.width + from..=r * window.width + to].fill(true);
        }
    }
}

/// Is there ink in the writing areas?
pub(crate) fn read_areas(free: &FreeInk) -> Vec<AreaReading> {
    free.page
        .areas
        .iter()
        .map(|area| {
            let (ink, share) = free.measure(area.rect, &[], None);
            // Cells for digits have lines all around each stroke.
            let least = if area.kind == AreaKind::Digits {
                WRITING_MM2 / 2.0
            } else {
                WRITING_MM2
            };
            AreaReading {
                id: area.id.clone(),
                ink: ink >= least,
                coverage: (share * 10_000.0).round() / 10_000.0,
                corners_px: corners(
                    &free.registration.local(area.rect.center()),
                    area.rect,
                    (0.0, 0.0),
                ),
            }
        })
        .collect()
}

/// A question that seems blank but has ink around its boxes or labels (a label
/// that was circled, a tick beside the words) is not certain.
///
/// These folds and streaks are no such ink: a streak down the page was once asked about
/// in each blank question beside which it passed.
pub(crate) fn doubt_blank_questions(
    free: &FreeInk,
    folds: &Folds,
    answers: &mut BTreeMap<String, Answer>,
) -> Vec<Problem> {
    let page = free.page;
    let areas: Vec<MmRect> = page.areas.iter().map(|a| a.rect).collect();
    let mut problems = Vec::new();
    for (question, answer) in answers
        .iter_mut()
        .filter(|a| a.1.state == AnswerState::Blank)
    {
        let ink = |rect: MmRect, folds| free.measure(rect, &areas, folds).0;
        let boxes = page.boxes.iter().filter(|b| b.question == *question);
        // Folds are looked for only where they matter.
        if boxes.map(|b| surroundings(page, b.rect)).any(|rect| {
            ink(rect, None) >= STRAY_MM2 && ink(rect, Some(folds)) >= STRAY_BESIDE_FOLDS_MM2
        }) {
            answer.state = AnswerState::Marginal;
            problems.push(Problem::stray_ink(question));
        }
    }
    problems
}

/// From a little left of a box to the next box on its line, or as far as a
/// label goes.
fn surroundings(page: &PageLayout, rect: MmRect) -> MmRect {
    let far = (rect.max_x() + 60.0).min(page.size.width - 12.0);
    let right = page
        .boxes
        .iter()
        .map(|b| b.rect)
        .filter(|r| {
            r.min_x() > rect.max_x() && r.min_y() < rect.max_y() && r.max_y() > rect.min_y()
        })
        .map(|r| r.min_x() - 3.0)
        .fold(far, f64::min);
    crate::geometry::mm_rect(
        rect.min_x() - 3.0,
        rect.min_y() - 0.8,
        (right - rect.min_x() + 3.0).max(1.0),
        rect.size.height + 1.6,
    )
}
