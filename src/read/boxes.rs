//! Reads all boxes of a registered page: locate, prove the alignment, measure,
//! classify.

use std::sync::Arc;

use image::GrayImage;

use super::classify::{self, Hand, Verdict};
use super::compose::usual_fill;
use super::crease::{self, PaperLine, Sheet};
use super::ink::{self, Empty, Ink, Thresholds, Tone};
use super::outline::{self, Located};
use super::reading::{Mark, MarkState};
use super::registration::{LocalMap, Registration};
use super::sample::Window;
use super::template::{BoxTemplate, Outline, STEP_MM};
use crate::form::PageLayout;
use crate::geometry::{MmPoint, MmRect, MmVector, PxVector};

/// Share of the boxes that must be found printed where the layout says.
/// Scribbles, folds and holes hide some; a wrong layout or a wrong fit hides
/// nearly all.
const PROVEN_SHARE: f64 = 0.6;

/// A box that is shifted against its neighbours by more than this was not
/// found but mistaken, mm. Uneven feed moves neighbours together.
const CONSENSUS_MM: f64 = 0.6;

/// How many neighbours are asked, and how far away they may be, mm.
const NEIGHBOURS: usize = 8;
const NEIGHBOUR_MM: f64 = 90.0;

/// A hidden or overwritten outline counts as located where at least this many
/// sectors are seen at the place that the neighbours predict.
const FOLLOWED_SECTORS: usize = 4;

/// Ink in a box's ring, 2 mm wide, may come from a mark this near to the box,
/// mm: crosses reach up to 5 mm beyond their own box.
const SPILL_MM: f64 = 7.0;

/// Of a page's boxes by their darkest places, the one that is surely empty: fewer
/// than three in four are ever marked.
const EMPTY_RANK: f64 = 0.25;
/// How much darker than in an empty box a place must be to be doubted, share of
/// the page's contrast: more than the means of half a millimetre scatter by on
/// pages of office quality (selftest), less than a dot of the lightest pen.
const SHADE: f64 = 0.07;

/// The same where the question has a mark: more than what spills into a box from
/// its neighbour or shows through, less than half of the lightest stroke.
const SHADE_ANSWERED: f64 = 0.12;

/// A mark that covers this share of its box, and this many times what the
/// sheet's marks usually cover, may be a mark that was taken back: a thick pen's
/// cross covers more, but then so do the others.
const FULL: f64 = 0.35;
const FULLER: f64 = 1.3;

/// From a box's outline to where the line through it is looked at, mm: the reach
/// of the paper beside a line that runs along the axis.
const INSIDE_MM: f64 = 0.3;

/// Share of a window outside the image from which the box itself is hidden.
const OUTSIDE_SHARE: f64 = 0.45;

/// All that was found out about the boxes of a page.
#[derive(Debug, Clone)]
pub(crate) struct BoxesRead {
    /// In the order of the layout.
    pub marks: Vec<Mark>,
    pub verdicts: Vec<Verdict>,
    pub inks: Vec<Ink>,
    /// Boxes whose outline was found by itself, in agreement with neighbours.
    pub found: usize,
    /// The registration, refined by the boxes themselves.
    pub registration: Registration,
    /// How the sheet's marks look.
    pub hand: Hand,
}

impl BoxesRead {
    /// Leaves a box to a person.
    fn doubt(&mut self, i: usize, reason: &'static str) {
        self.verdicts[i].state = MarkState::Marginal;
        self.verdicts[i].reason = Some(reason);
        self.marks[i].state = MarkState::Marginal;
        self.marks[i].reason = Some(reason.to_owned());
    }

    /// Are the printed boxes where the layout says?
    pub fn proven(&self) -> bool {
        self.found as f64 >= PROVEN_SHARE * self.marks.len() as f64
    }
}

/// Reads the boxes of `page`.
pub(crate) fn read(
    image: &GrayImage,
    page: &PageLayout,
    templates: &[BoxTemplate],
    registration: Registration,
    tone: Tone,
) -> BoxesRead {
    let contrast = (tone.paper - tone.black).max(1.0);
    let maps: Vec<LocalMap> = templates
        .iter()
        .map(|t| registration.local(t.window.center()))
        .collect();
    let windows: Vec<Window> = templates
        .iter()
        .zip(&maps)
        .map(|(t, map)| {
            let mut w = Window::default();
            w.fill(image, map, t.window, STEP_MM);
            w
        })
        .collect();
    let mut located: Vec<Located> = windows
        .iter()
        .zip(templates)
        .map(|(w, t)| outline::locate(w, t, contrast))
        .collect();

    let certain = agreeing(templates, &located);
    let mut refined = registration.clone();
    let displaced = |i: usize| -> PxVector {
        let (x, y) = located[i].shift_mm;
        maps[i].dx * x + maps[i].dy * y
    };
    let evidence: Vec<(MmPoint, PxVector)> = (0..located.len())
        .filter(|&i| certain[i])
        .map(|i| (templates[i].window.center(), displaced(i)))
        .collect();
    refined.refine(&evidence);
    let found = evidence.len();
    // Where a box's own outline is hidden, its neighbours say where it is.
    let mut seen = certain.clone();
    for i in (0..located.len()).filter(|&i| !certain[i]) {
        let shift = shift_in_mm(
            &maps[i],
            refined.at(templates[i].window.center()) - maps[i].image,
        );
        let samples = |v: f64| (v / STEP_MM).round() as i32;
        let at = (samples(shift.x), samples(shift.y));
        let sectors = outline::sectors(&windows[i], &templates[i], at.0, at.1, contrast);
        located[i] = Located {
            shift: at,
            shift_mm: (shift.x, shift.y),
            sectors,
        };
        seen[i] = sectors >= FOLLOWED_SECTORS;
    }

    let sigma = noise(&windows, templates, &located, &certain, contrast);
    let thresholds = Thresholds::for_noise(sigma);
    let inks = measure_all(
        &maps, &windows, templates, &located, &certain, tone, thresholds,
    );
    let hand = Hand::of(&inks, sigma);
    let mut out = BoxesRead {
        marks: Vec::with_capacity(templates.len()),
        verdicts: Vec::with_capacity(templates.len()),
        inks,
        found,
        registration: refined,
        hand,
    };
    for (i, spec) in page.boxes.iter().enumerate() {
        let hidden = windows[i].outside > OUTSIDE_SHARE;
        let verdict = classify::classify(&out.inks[i], hand, seen[i], hidden);
        out.marks.push(Mark {
            question: spec.question.clone(),
            choice: spec.choice.clone(),
            state: verdict.state,
            score: verdict.score,
            corners_px: corners(&maps[i], spec.rect, located[i].shift_mm),
            reason: verdict.reason.map(str::to_owned),
        });
        out.verdicts.push(verdict);
    }
    let sheet = Sheet {
        image,
        map: &registration,
        paper: MmRect::new(MmPoint::origin(), page.size),
        tone,
    };
    settle_creases(&mut out, &sheet, page, templates, &located);
    let standing = standing(&out);
    doubt_ink_beside(&mut out, page, &standing);
    let patches: Vec<f64> = (0..templates.len())
        .map(|i| ink::darkest_patch(&windows[i], &templates[i], located[i].shift, tone))
        .collect();
    doubt_shade(&mut out, contrast, &patches, &standing);
    out
}

/// Takes boxes for empty in which there is nothing but a fold or a streak, where
/// another box of their question is marked. Where none is, the line may be the
/// answer, or hide it: a person looks.
fn settle_creases(
    out: &mut BoxesRead,
    sheet: &Sheet,
    page: &PageLayout,
    templates: &[BoxTemplate],
    located: &[Located],
) {
    for i in 0..out.marks.len() {
        let ink = out.inks[i];
        let Some(line) = ink.line.filter(|l| {
            out.verdicts[i].state == MarkState::Marginal
                && classify::only_a_line(&ink, l.off as f64 * STEP_MM * STEP_MM, out.hand)
        }) else {
            continue;
        };
        let answered = (0..out.marks.len()).any(|k| {
            out.marks[k].question == out.marks[i].question
                && out.verdicts[k].state == MarkState::Marked
        });
        if !answered {
            continue;
        }
        let window = templates[i].window;
        let shift = MmVector::from(located[i].shift_mm);
        let on_paper = PaperLine {
            level: line.level,
            at: window.origin + MmVector::new(line.at.0 + 0.5, line.at.1 + 0.5) * STEP_MM + shift,
            slope: line.slope,
        };
        let outline = page.boxes[i].outline_mm + INSIDE_MM;
        let interior = page.boxes[i]
            .rect
            .inflate(-outline, -outline)
            .translate(shift);
        if crease::is_crease(sheet, on_paper, interior) {
            out.verdicts[i].state = MarkState::Unmarked;
            out.verdicts[i].reason = None;
            out.marks[i].state = MarkState::Unmarked;
            out.marks[i].reason = None;
        }
    }
}

/// What the marks of a box's question say of the box, if it seems empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// Nothing is marked: one of the boxes is probably meant.
    Unanswered,
    /// What is marked is covered more than the sheet's other marks: it may be
    /// taken back, and another box meant.
    PerhapsTakenBack,
    /// There is a plain mark, in this box or another one.
    Answered,
    /// There is a doubtful mark: a person looks anyway.
    Asked,
}

/// For each box that of its question.
fn standing(out: &BoxesRead) -> Vec<Standing> {
    let usual = usual_fill(&out.verdicts);
    out.marks
        .iter()
        .map(|mark| {
            let (mut marked, mut covered) = (false, false);
            for (m, v) in out.marks.iter().zip(&out.verdicts) {
                if m.question != mark.question {
                    continue;
                }
                match v.state {
                    MarkState::Marginal => return Standing::Asked,
                    MarkState::Marked => {
                        marked = true;
                        covered |= v.fill >= FULL && v.fill >= FULLER * usual;
                    }
                    MarkState::Unmarked => {}
                }
            }
            match (marked, covered) {
                (false, _) => Standing::Unanswered,
                (true, true) => Standing::PerhapsTakenBack,
                (true, false) => Standing::Answered,
            }
        })
        .collect()
}

/// Doubts empty boxes that have a darker place than this page's empty boxes
/// have; `patches` are the boxes' [`ink::darkest_patch`].
///
/// On a noisy or blurred page the threshold of faint ink is high; whole sheets of
/// light crosses and dots were once read as blank below it, and light marks
/// beside a box that was filled to take it back as nothing.
fn doubt_shade(out: &mut BoxesRead, contrast: f64, patches: &[f64], standing: &[Standing]) {
    let mut sorted = patches.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(&empty) = sorted.get((sorted.len() as f64 * EMPTY_RANK) as usize) else {
        return;
    };
    for (i, standing) in standing.iter().enumerate() {
        if out.verdicts[i].state != MarkState::Unmarked {
            continue;
        }
        let (shade, reason) = match standing {
            Standing::Asked => continue,
            Standing::Unanswered => (
                SHADE,
                "a darker place in the box, and the question has no mark",
            ),
            Standing::PerhapsTakenBack => (
                SHADE,
                "a darker place in the box, and the marked one may be taken back",
            ),
            Standing::Answered => (SHADE_ANSWERED, "a darker place in the box"),
        };
        if patches[i] > empty + shade * contrast {
            out.doubt(i, reason);
        }
    }
}

/// Measures every box against what its like look empty on this page.
fn measure_all(
    maps: &[LocalMap],
    windows: &[Window],
    templates: &[BoxTemplate],
    located: &[Located],
    certain: &[bool],
    tone: Tone,
    thresholds: Thresholds,
) -> Vec<Ink> {
    let mut empties: Vec<(Arc<Outline>, Empty)> = Vec::new();
    for template in templates {
        if empties.iter().any(|e| Arc::ptr_eq(&e.0, &template.outline)) {
            continue;
        }
        let alike: Vec<(&Window, (i32, i32))> = (0..templates.len())
            .filter(|&i| certain[i] && Arc::ptr_eq(&templates[i].outline, &template.outline))
            .map(|i| (&windows[i], located[i].shift))
            .collect();
        empties.push((
            Arc::clone(&template.outline),
            Empty::of(&alike, template, tone),
        ));
    }
    let none = Empty::default();
    (0..templates.len())
        .map(|i| {
            let empty = empties
                .iter()
                .find(|e| Arc::ptr_eq(&e.0, &templates[i].outline))
                .map_or(&none, |e| &e.1);
            ink::measure(
                &windows[i],
                &templates[i],
                located[i].shift,
                tone,
                thresholds,
                empty,
                tilt(&maps[i]),
            )
        })
        .collect()
}

/// How far a line along an axis of the image goes to the paper's right for each
/// mm down; of the two axes the one that is nearer to upright on the paper.
fn tilt(map: &LocalMap) -> f64 {
    [PxVector::new(1.0, 0.0), PxVector::new(0.0, 1.0)]
        .into_iter()
        .map(|axis| shift_in_mm(map, axis))
        .max_by(|a, b| {
            let upright = |v: &MmVector| v.y.abs() / v.length().max(f64::MIN_POSITIVE);
            upright(a).total_cmp(&upright(b))
        })
        .filter(|v| v.y != 0.0)
        .map_or(0.0, |v| v.x / v.y)
}

/// Ink in or beside an empty box may be meant for it: any trace where nothing of
/// its question is marked, and a stroke where no mark is so near that it could
/// belong to that.
fn doubt_ink_beside(out: &mut BoxesRead, page: &PageLayout, standing: &[Standing]) {
    for (i, standing) in standing.iter().enumerate() {
        if out.verdicts[i].state != MarkState::Unmarked {
            continue;
        }
        let inked = |k: &usize| *k != i && out.verdicts[*k].state != MarkState::Unmarked;
        let answered = (0..out.marks.len()).any(|k| {
            out.marks[k].question == out.marks[i].question
                && out.verdicts[k].state == MarkState::Marked
        });
        let taken_back = *standing == Standing::PerhapsTakenBack;
        let around = page.boxes[i].rect.inflate(SPILL_MM, SPILL_MM);
        let spilled = || {
            (0..out.marks.len())
                .filter(inked)
                .any(|k| page.boxes[k].rect.intersects(&around))
        };
        let ink = &out.inks[i];
        let reason = if !answered && (classify::beside(ink) || classify::trace(ink, out.hand)) {
            "a trace of ink in or beside the box, and the question has no mark"
        } else if taken_back && classify::trace(ink, out.hand) {
            "a trace of ink in or beside the box, and the marked one may be taken back"
        } else if answered && classify::beside(ink) && !ink.line_beside && !spilled() {
            "ink beside the box, far from any other mark"
        } else {
            continue;
        };
        out.doubt(i, reason);
    }
}

/// A displacement in the image as a displacement on the paper.
fn shift_in_mm(map: &LocalMap, v: PxVector) -> MmVector {
    let det = map.dx.cross(map.dy);
    if det.abs() < 1e-9 {
        return MmVector::zero();
    }
    MmVector::new(v.cross(map.dy) / det, map.dx.cross(v) / det)
}

/// Which outlines were found for certain: seen themselves, and shifted like
/// the others around them.
fn agreeing(templates: &[BoxTemplate], located: &[Located]) -> Vec<bool> {
    let strong: Vec<usize> = (0..located.len())
        .filter(|&i| located[i].sectors >= outline::CERTAIN_SECTORS)
        .collect();
    let mut out = vec![false; located.len()];
    for &i in &strong {
        let here = templates[i].window.center();
        let mut near: Vec<(f64, usize)> = strong
            .iter()
            .filter(|&&k| k != i)
            .map(|&k| ((templates[k].window.center() - here).length(), k))
            .filter(|n| n.0 <= NEIGHBOUR_MM)
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        near.truncate(NEIGHBOURS);
        let median = |f: &dyn Fn(&Located) -> f64| -> f64 {
            let mut v: Vec<f64> = near.iter().map(|n| f(&located[n.1])).collect();
            v.sort_by(f64::total_cmp);
            v.get(v.len() / 2)
                .copied()
                .unwrap_or_else(|| f(&located[i]))
        };
        let (mx, my) = (median(&|l| l.shift_mm.0), median(&|l| l.shift_mm.1));
        let (x, y) = located[i].shift_mm;
        out[i] = (x - mx).abs().max((y - my).abs()) <= CONSENSUS_MM;
    }
    out
}

/// Spread of darkness inside boxes that are surely empty: the lower third of
/// those found.
fn noise(
    windows: &[Window],
    templates: &[BoxTemplate],
    located: &[Located],
    certain: &[bool],
    contrast: f64,
) -> f64 {
    let mut spreads: Vec<f64> = (0..windows.len())
        .filter(|&i| certain[i])
        .map(|i| ink::interior_spread(&windows[i], &templates[i], located[i].shift))
        .collect();
    spreads.sort_by(f64::total_cmp);
    spreads.get(spreads.len() / 3).map_or(0.0, |s| s / contrast)
}

/// Corners of a rectangle in the image, from the paper's top left clockwise.
pub(crate) fn corners(map: &LocalMap, rect: MmRect, shift_mm: (f64, f64)) -> [[f32; 2]; 4] {
    let s = MmVector::from(shift_mm);
    [
        rect.origin,
        MmPoint::new(rect.max_x(), rect.min_y()),
        MmPoint::new(rect.max_x(), rect.max_y()),
        MmPoint::new(rect.min_x(), rect.max_y()),
    ]
    .map(|p| {
        let q = map.at(p + s);
        // A tenth of a pixel is finer than anybody can draw.
        [q.x, q.y].map(|v| ((v * 10.0).round() / 10.0) as f32)
    })
}
