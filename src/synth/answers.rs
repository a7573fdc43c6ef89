//! What a respondent means and draws on one page, and what of it is clear.

use crate::form::{Correction, Layout, PageLayout, QuestionKind, QuestionSpec};
use crate::geometry::{MmPoint, MmRect};

use super::conditions::{Conditions, Hole, Stamp};
use super::dice::Dice;
use super::level::Level;
use super::respondent::Respondent;
use super::strokes::{Stroke, mark, width_mm};
use super::truth::{AreaTruth, BoxTruth, Drawn, Outcome, QuestionTruth};
use super::warp::Warp;
use super::writing;

/// Least ink of a clear mark, mm² of full black: a stroke 1.5 mm long by a
/// 0.35 mm ballpoint of middling darkness. VVSG 2.0 (1.1.6-H) asks that a line
/// of a millimetre is not taken for empty; less than this a person looks at
/// twice.
const CLEAR_INK_MM2: f64 = 0.3;

/// Least share of a clear mark's ink that is inside its box: of a large check
/// mark more than half may be outside.
const CLEAR_SHARE: f64 = 0.3;

/// Most ink in a clearly empty box, mm² of full black: the end of a
/// neighbour's stroke, half a millimetre long.
const EMPTY_INK_MM2: f64 = 0.06;

/// A box is looked at with this much around it, mm; what covers that far hides
/// something.
const AROUND_BOX_MM: f64 = 1.0;

/// A streak at least this dark hides what is under it (share of white).
const STRONG_STREAK: f64 = 0.2;

/// All that happened on one page.
#[derive(Debug, Clone)]
pub(crate) struct PagePlan {
    pub strokes: Vec<Stroke>,
    pub questions: Vec<QuestionTruth>,
    pub areas: Vec<AreaTruth>,
}

/// What is meant by one question's boxes.
struct Intent {
    outcome: Outcome,
    /// Indices among the question's boxes on the page.
    marked: Vec<usize>,
    /// Taken back or an accident.
    other: Vec<(usize, Drawn)>,
}

/// Lets the respondent fill in a page.
pub(crate) fn fill_in(
    layout: &Layout,
    page: &PageLayout,
    who: &Respondent,
    conditions: &Conditions,
    warp: &Warp,
    dice: &mut Dice,
) -> PagePlan {
    let level = conditions.level;
    let mut strokes: Vec<Stroke> = Vec::new();
    let mut questions = Vec::new();
    for question in &layout.questions {
        let boxes: Vec<usize> = (0..page.boxes.len())
            .filter(|i| page.boxes[*i].question == question.id)
            .collect();
        if boxes.is_empty() {
            continue;
        }
        let intent = intend(question, boxes.len(), who, dice);
        let mut drawn = vec![None; boxes.len()];
        for (at, kind) in &intent.other {
            drawn[*at] = Some(*kind);
        }
        for at in &intent.marked {
            drawn[*at] = Some(who.hand.mark(level, dice));
        }
        for (at, kind) in drawn.iter().enumerate() {
            let Some(kind) = kind else { continue };
            let index = boxes[at];
            let mut new = mark(*kind, &page.boxes[index].rect, &who.pen, &who.hand, dice);
            for s in &mut new {
                s.owner = Some(index);
            }
            strokes.extend(new);
            if level == Level::Hard
                && matches!(
                    kind,
                    Drawn::CancelledByFill | Drawn::CancelledByRing | Drawn::CancelledByScribble
                )
                && dice.chance(0.2)
            {
                strokes.extend(taken_back_note(&page.boxes[index].rect, who, dice));
            }
        }
        questions.push(QuestionTruth {
            id: question.id.clone(),
            outcome: intent.outcome,
            choices: intent
                .marked
                .iter()
                .map(|at| page.boxes[boxes[*at]].choice.clone())
                .collect(),
            clear: false,
            boxes: boxes
                .iter()
                .enumerate()
                .map(|(at, index)| BoxTruth {
                    choice: page.boxes[*index].choice.clone(),
                    marked: intent.marked.contains(&at),
                    drawn: drawn[at],
                    dot_mm: None,
                    ink_mm2: 0.0,
                    foreign_mm2: 0.0,
                    obscured: false,
                    clear: false,
                })
                .collect(),
        });
    }
    let areas = page
        .areas
        .iter()
        .map(|a| {
            let ink = dice.chance(who.attitude.writes);
            if ink {
                strokes.extend(writing::area(a, &who.pen, &who.hand, dice));
            }
            AreaTruth {
                id: a.id.clone(),
                ink,
            }
        })
        .collect();
    if let Some((start, length)) = conditions.paper.signature {
        strokes.extend(writing::signature(start, length, &who.pen, &who.hand, dice));
    }
    judge(page, &strokes, conditions, warp, &mut questions);
    if layout.correction == Correction::FillCancels {
        doubt_odd_fills(who, &mut questions);
    }
    PagePlan {
        strokes,
        questions,
        areas,
    }
}

/// Where the form says that a filled box is taken back, a filled box among
/// crosses says so: a person must ask what was meant, though it was meant as a
/// mark. Who fills all boxes has not read the instruction, and is understood.
fn doubt_odd_fills(who: &Respondent, questions: &mut [QuestionTruth]) {
    let fills = |drawn| matches!(drawn, Drawn::Fill | Drawn::Scribble);
    if fills(who.hand.habit) {
        return;
    }
    for question in questions {
        for b in &mut question.boxes {
            b.clear &= !b.drawn.is_some_and(fills);
        }
        question.clear &= question.boxes.iter().all(|b| b.clear);
    }
}

/// "nhầm" (a mistake) beside a box that was taken back.
fn taken_back_note(rect: &MmRect, who: &Respondent, dice: &mut Dice) -> Vec<Stroke> {
    let spec = crate::form::AreaSpec {
        id: String::new(),
        kind: crate::form::AreaKind::Text,
        rect: crate::geometry::mm_rect(
            rect.max_x() + 1.5,
            rect.origin.y - 1.0,
            14.0,
            rect.size.height + 1.0,
        ),
    };
    writing::area(&spec, &who.pen, &who.hand, dice)
}

fn intend(question: &QuestionSpec, n: usize, who: &Respondent, dice: &mut Dice) -> Intent {
    let attitude = &who.attitude;
    let mut intent = Intent {
        outcome: Outcome::Blank,
        marked: Vec::new(),
        other: Vec::new(),
    };
    let favourite = ((attitude.favourite * n as f64) as usize).min(n - 1);
    let choose = |dice: &mut Dice| {
        if dice.chance(attitude.constancy) {
            favourite
        } else {
            dice.below(n)
        }
    };
    if !dice.chance(attitude.blank) {
        let most = match question.kind {
            QuestionKind::Single => 1,
            QuestionKind::Multiple => question.max_choices.map_or(n, |m| (m as usize).min(n)),
        };
        let too_many = most < n && dice.chance(attitude.overvote);
        let wanted = if too_many {
            most + 1
        } else if most <= 1 {
            most
        } else {
            // Of several choices people mark few.
            1 + dice.below(most.min(4))
        };
        intent.outcome = if too_many {
            Outcome::Overvote
        } else {
            Outcome::Answered
        };
        let mut free: Vec<usize> = (0..n).collect();
        if wanted > 0 {
            let first = choose(dice);
            free.retain(|i| *i != first);
            intent.marked.push(first);
        }
        while intent.marked.len() < wanted && !free.is_empty() {
            intent.marked.push(free.remove(dice.below(free.len())));
        }
        intent.marked.sort_unstable();
        if intent.marked.is_empty() {
            intent.outcome = Outcome::Blank;
        }
    }
    let free: Vec<usize> = (0..n).filter(|i| !intent.marked.contains(i)).collect();
    if !free.is_empty() {
        let at = free[dice.below(free.len())];
        if intent.outcome == Outcome::Answered && dice.chance(attitude.correct) {
            let how = dice.pick(
                Drawn::CancelledByFill,
                &[
                    (Drawn::CancelledByFill, 0.5),
                    (Drawn::CancelledByScribble, 0.3),
                    (Drawn::CancelledByRing, 0.2),
                ],
            );
            intent.outcome = Outcome::Corrected;
            intent.other.push((at, how));
        } else if dice.chance(attitude.hesitate) {
            let erased = who.pen.kind == super::respondent::PenKind::Pencil && dice.chance(0.7);
            let kind = if erased {
                Drawn::Erased
            } else {
                Drawn::Hesitation
            };
            intent.other.push((at, kind));
        }
    }
    intent
}

/// Measures the ink in each box and says what is clear.
pub(super) fn judge(
    page: &PageLayout,
    strokes: &[Stroke],
    conditions: &Conditions,
    warp: &Warp,
    questions: &mut [QuestionTruth],
) {
    let n = page.boxes.len();
    let mut own = vec![0.0; n];
    let mut own_total = vec![0.0; n];
    let mut foreign = vec![0.0; n];
    let inner: Vec<MmRect> = page
        .boxes
        .iter()
        .map(|b| b.rect.inflate(-b.outline_mm, -b.outline_mm))
        .collect();
    for stroke in strokes {
        for pair in stroke.dabs.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let middle = a.at.lerp(b.at, 0.5);
            let ink = (b.at - a.at).length()
                * f64::from(a.radius + b.radius)
                * f64::from(a.dark + b.dark)
                / 2.0;
            if let Some(o) = stroke.owner {
                own_total[o] += ink;
            }
            for (i, rect) in inner.iter().enumerate() {
                if rect.contains(middle) {
                    if stroke.owner == Some(i) {
                        own[i] += ink;
                    } else {
                        foreign[i] += ink;
                    }
                }
            }
        }
    }
    for q in questions {
        for b in &mut q.boxes {
            let Some(i) = page
                .boxes
                .iter()
                .position(|p| p.question == q.id && p.choice == b.choice)
            else {
                continue;
            };
            b.ink_mm2 = own[i];
            if matches!(b.drawn, Some(Drawn::Dot | Drawn::Hesitation)) {
                b.dot_mm = strokes.iter().find(|s| s.owner == Some(i)).map(width_mm);
            }
            b.foreign_mm2 = foreign[i];
            b.obscured = obscured(&page.boxes[i].rect, page, conditions, warp);
            let plain = if b.marked {
                own[i] >= CLEAR_INK_MM2
                    && own[i] >= CLEAR_SHARE * own_total[i]
                    && b.drawn.is_some_and(|d| d.chooses() && d != Drawn::Ring)
            } else {
                b.drawn.is_none() && foreign[i] <= EMPTY_INK_MM2
            };
            b.clear = plain && !b.obscured;
        }
        q.clear = matches!(q.outcome, Outcome::Answered | Outcome::Blank)
            && q.boxes.iter().all(|b| b.clear);
    }
}

/// Does something lie over the box that hides it or may be taken for a mark?
fn obscured(rect: &MmRect, page: &PageLayout, conditions: &Conditions, warp: &Warp) -> bool {
    let paper = &conditions.paper;
    let centre = warp.sheet_of_layout(rect.center());
    let reach = (rect.size.width.hypot(rect.size.height)) / 2.0 + AROUND_BOX_MM;
    let near = |p: [f64; 2], r: f64| (MmPoint::new(p[0], p[1]) - centre).length() < r + reach;
    let by_hole = paper.holes.iter().any(
        |Hole {
             centre_mm,
             radius_mm,
         }| near(*centre_mm, *radius_mm),
    );
    let by_stamp = paper.stamp.is_some_and(
        |Stamp {
             centre_mm,
             radius_mm,
             ..
         }| near(centre_mm, radius_mm),
    );
    let by_staple = paper
        .staple
        .is_some_and(|[a, b]| near([(a[0] + b[0]) / 2.0, (a[1] + b[1]) / 2.0], 6.5));
    let by_tear = paper.torn.is_some_and(|(corner, a, b)| {
        let x = if corner == 0 || corner == 3 {
            centre.x
        } else {
            page.size.width - centre.x
        };
        let y = if corner < 2 {
            centre.y
        } else {
            page.size.height - centre.y
        };
        (x - reach) / a + (y - reach) / b < 1.15
    });
    let by_signature = paper.signature.is_some_and(|(start, length)| {
        crate::geometry::mm_rect(start[0], start[1] - 14.0, length, 24.0)
            .inflate(3.0, 3.0)
            .contains(rect.center())
    });
    let ppm = warp.px_per_mm();
    let at = warp.scan_of_layout(rect.center());
    let by_streak = conditions.sensor.streaks.iter().any(|s| {
        s.darkness.abs() >= STRONG_STREAK && (s.at_mm - at.x / ppm).abs() < reach + s.width_mm
    });
    let (w, h) = warp.image_size();
    let cropped = [
        rect.origin,
        MmPoint::new(rect.max_x(), rect.origin.y),
        MmPoint::new(rect.max_x(), rect.max_y()),
        MmPoint::new(rect.origin.x, rect.max_y()),
    ]
    .into_iter()
    .any(|c| {
        let p = warp.scan_of_layout(c);
        let margin = AROUND_BOX_MM * ppm;
        p.x < margin || p.y < margin || p.x > f64::from(w) - margin || p.y > f64::from(h) - margin
    });
    by_hole || by_stamp || by_staple || by_tear || by_signature || by_streak || cropped
}
