//! Second looks: what the marks of a question say of its other boxes, and what a
//! line does outside its box. A box that was taken for empty may be doubted; one
//! that was left to a person because of a line may be settled.

use std::collections::HashSet;

use super::afar;
use super::boxes::BoxesRead;
use super::classify;
use super::compose::usual_fill;
use super::crease::{self, PaperLine, Sheet};
use super::measuring::BoxWindow;
use super::model::MarkModel;
use super::reading::MarkState;
use super::reason::Reason;
use super::streak::StraightLine;
use super::template::{BoxTemplate, STEP_MM};
use crate::form::PageLayout;
use crate::geometry::MmVector;

/// Ink in a box's ring, 2 mm wide, may come from a mark this near to the box,
/// mm: crosses reach up to 5 mm beyond their own box.
const SPILL_MM: f64 = 7.0;

/// From this share of the directions around a box there is a stroke that was made
/// for it, though it missed it: what spills over from a neighbour's mark comes
/// from one side, in a quarter of the directions.
const WRAPPED: f64 = 0.37;

/// A mark that covers this share of its box, and this many times what the
/// sheet's marks usually cover, may be a mark that was taken back: a thick pen's
/// cross covers more, but then so do the others.
const FULL: f64 = 0.35;
pub(crate) const FULLER: f64 = 1.3;

/// A mark is lonely where no more questions than this are answered on a page with
/// as many as that: people who answer at all answer most questions.
pub const LONELY: usize = 2;
const LONELY_OF: usize = 5;
/// Two answers so far apart bear each other out, mm: no stamp (36 to 42 mm) and hardly a
/// signature reaches both.
const LONELY_MM: f64 = 60.0;

/// From a box's outline to where the line through it is looked at, mm: the reach
/// of the paper beside a line that runs along the axis.
const INSIDE_MM: f64 = 0.3;

/// The lines through the boxes of a page, and what is known of the boxes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LinesOf<'a> {
    /// On the paper.
    pub lines: &'a [Option<PaperLine>],
    pub questions: &'a [usize],
    /// On a black-and-white scan a fold may end as a dash does.
    pub bilevel: bool,
}

/// Looks at lines through boxes outside of them. One that ends near its box at
/// both ends is a stroke: a mark, if it is as dark as the sheet's others. One
/// that goes on to both edges of the paper, with nothing else in the box, is a
/// fold or a streak: the box is empty where another box of its question is
/// marked. Where none is, the line may be the answer, or hide it: a person looks.
pub(crate) fn settle_lines(
    out: &mut BoxesRead,
    model: &MarkModel,
    sheet: &Sheet,
    page: &PageLayout,
    of: &LinesOf,
) {
    let lines = of.lines;
    let seen = |out: &BoxesRead, i: usize, only: bool| {
        let line = out.inks[i]
            .line
            .filter(|_| out.verdicts[i].state == MarkState::Marginal)?;
        let off_mm2 = line.off as f64 * STEP_MM * STEP_MM;
        if only && !classify::only_a_line(&out.inks[i], off_mm2, &out.hand) {
            return None;
        }
        let shift = out.measuring.boxes[i].shift_mm();
        let outline = page.boxes[i].outline_mm + INSIDE_MM;
        let interior = page.boxes[i]
            .rect
            .inflate(-outline, -outline)
            .translate(shift);
        Some((lines[i]?, interior))
    };
    for i in 0..out.marks.len() {
        // A wide or wavy stroke is more than a line.
        if out.verdicts[i].log_odds >= model.limits.marked
            && classify::barred_by_line_alone(&out.inks[i])
            && classify::objection(&out.inks[i], &out.features[i], &out.hand).is_none()
            && !(of.bilevel && afar::may_be_black_fold(out, model, of.questions, i))
            && let Some((line, interior)) = seen(out, i, false)
            && crease::ends_near(sheet, line, interior)
        {
            out.settle(i, MarkState::Marked);
        }
    }
    for i in 0..out.marks.len() {
        // A dash beside a fold was once taken for a part of it. (Upright, a line as
        // dark as the pen is a streak far more often than a mark.)
        let drawn = out.inks[i].line.is_some_and(|line| line.level)
            && out.verdicts[i].log_odds >= model.limits.marked
            && out.inks[i].darkness >= afar::OWN_PEN * out.hand.darkness;
        if out.answered(i)
            && !drawn
            && let Some((line, interior)) = seen(out, i, true)
            && crease::is_crease(sheet, line, interior)
        {
            out.settle(i, MarkState::Unmarked);
        }
    }
}

/// A line through a box as a line on the paper.
fn on_paper(line: StraightLine, template: &BoxTemplate, shift: MmVector) -> PaperLine {
    let place = MmVector::new(line.at.0 + 0.5, line.at.1 + 0.5) * STEP_MM;
    PaperLine {
        level: line.level,
        at: template.window.origin + place + shift,
        slope: line.slope,
    }
}

/// The lines through the boxes, on the paper.
pub(crate) fn lines(out: &BoxesRead, templates: &[BoxTemplate]) -> Vec<Option<PaperLine>> {
    (0..out.inks.len())
        .map(|i| {
            let shift = out.measuring.boxes[i].shift_mm();
            Some(on_paper(out.inks[i].line?, &templates[i], shift))
        })
        .collect()
}

/// What the marks of a box's question say of the box, if it seems empty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
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
pub(crate) fn standing(out: &BoxesRead) -> Vec<Standing> {
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

/// Doubts marks on a page that is blank but for them: there is nothing to know
/// the hand by, and what seems a mark may be what a stamp, a stain or a signature
/// left. (Marks in most of the page's questions are not lonely, though each of these may
/// have another box to ask about: of a sheet of ten slashes with a streak down another
/// column it was once said that hardly anything is marked.)
pub(crate) fn doubt_lonely(out: &mut BoxesRead, page: &PageLayout, questions: &[usize]) {
    let with = |state| -> Vec<usize> {
        (0..questions.len())
            .filter(|&i| out.verdicts[i].state == state)
            .collect()
    };
    let marked = with(MarkState::Marked);
    let asked = with(MarkState::Marginal);
    // What is asked about may be part of the same stain.
    let plain = |i: &usize| !asked.iter().any(|&k| questions[k] == questions[*i]);
    let plain: Vec<usize> = marked.iter().copied().filter(plain).collect();
    let all: HashSet<usize> = questions.iter().copied().collect();
    let with_mark: HashSet<usize> = marked.iter().map(|&i| questions[i]).collect();
    let answered: HashSet<usize> = plain.iter().map(|&i| questions[i]).collect();
    if all.len() < LONELY_OF || answered.len() > LONELY || 2 * with_mark.len() > all.len() {
        return;
    }
    let far_apart = |a: usize, b: usize| {
        let way = page.boxes[a].rect.center() - page.boxes[b].rect.center();
        questions[a] != questions[b] && way.length() >= LONELY_MM
    };
    if plain
        .iter()
        .any(|&a| plain.iter().any(|&b| far_apart(a, b)))
    {
        return;
    }
    for i in marked {
        out.doubt(i, Reason::Lonely);
    }
}

/// A box stands out that has so many times the darkest stroke of any surely empty
/// box of its page: those of a dozen differ by a third on simulated pages.
const STROKE_STANDS_OUT: f64 = 1.5;
/// … or so many times where its log-odds of a mark are nearly such that they ask by
/// themselves: two weak signs that do not see the same thing. What a light pen that
/// skipped left of a dash was 1.38 times, and was once read as nothing.
const STROKE_STANDS_OUT_TOO: f64 = 1.3;
/// So far below [`super::model::Limits::alone`] log-odds nearly ask; those of that dash
/// were 0.72 below.
const NEARLY_ALONE: f64 = 1.0;
/// … and is darker than the paper by this share of the contrast, so that a person
/// can see it: [`super::features::VISIBLE_SHADE`] thinned by half of its length.
const LEAST_STROKE: f64 = 0.025;
/// So many empty boxes of answered questions show what this page has without marks.
pub(super) const EMPTY_ENOUGH: usize = 4;

/// The boxes that seem empty in questions of such a standing. Those of answered questions
/// are surely empty: by them the others are judged.
pub(super) fn empty(out: &BoxesRead, standing: &[Standing], of: &[Standing]) -> Vec<usize> {
    (0..out.marks.len())
        .filter(|&i| out.verdicts[i].state == MarkState::Unmarked && of.contains(&standing[i]))
        .collect()
}

/// Doubts empty boxes of unanswered questions in which, or around which, there is a
/// stroke that is fainter than every threshold, but that no surely empty box of the
/// page has. A pencil's tick on a noisy page was once read as nothing.
pub(crate) fn doubt_faint_strokes(
    out: &mut BoxesRead,
    model: &MarkModel,
    standing: &[Standing],
    stroke: impl Fn(&BoxWindow, usize) -> f64,
) {
    let asked = empty(out, standing, &[Standing::Unanswered]);
    let known = empty(out, standing, &[Standing::Answered]);
    if asked.is_empty() || known.len() < EMPTY_ENOUGH {
        return;
    }
    let known = known.iter().map(|&i| stroke(&out.measuring.boxes[i], i));
    let most = known.fold(0.0, f64::max);
    for i in asked {
        let here = stroke(&out.measuring.boxes[i], i);
        if may_be_stroke(here, most, out.verdicts[i].log_odds - model.limits.alone) {
            out.doubt(i, Reason::FaintStroke);
        }
    }
}

/// May the darkest stroke of a box be one that was drawn, where surely empty boxes have
/// at `most` this (both shares of the contrast), and the log-odds of a mark are by
/// `beyond` above those that ask by themselves?
fn may_be_stroke(stroke: f64, most: f64, beyond: f64) -> bool {
    let times = if beyond >= -NEARLY_ALONE {
        STROKE_STANDS_OUT_TOO
    } else {
        STROKE_STANDS_OUT
    };
    stroke >= LEAST_STROKE && stroke >= times * most
}

/// Doubts empty boxes of questions without a plain mark that are not quite as
/// empty as the others: there one of the boxes is probably meant.
///
/// On a noisy or blurred page the threshold of faint ink is high; whole sheets of
/// light crosses and dots were once read as blank below it, and light marks
/// beside a box that was filled to take it back as nothing.
pub(crate) fn doubt_alone(out: &mut BoxesRead, model: &MarkModel, standing: &[Standing]) {
    for (i, standing) in standing.iter().enumerate() {
        let reason = match standing {
            Standing::Unanswered => Reason::Darker,
            Standing::PerhapsTakenBack => Reason::DarkerTakenBack,
            Standing::Asked | Standing::Answered => continue,
        };
        if out.verdicts[i].state == MarkState::Unmarked
            && out.verdicts[i].log_odds >= model.limits.alone
        {
            out.doubt(i, reason);
        }
    }
}

/// Ink in or beside an empty box may be meant for it: any trace where nothing of
/// its question is marked, and a stroke where no mark is so near that it could
/// belong to that.
pub(crate) fn doubt_ink_beside(out: &mut BoxesRead, page: &PageLayout, standing: &[Standing]) {
    for (i, standing) in standing.iter().enumerate() {
        if let Some(reason) = ink_for(out, page, i, *standing == Standing::PerhapsTakenBack) {
            out.doubt(i, reason);
        }
    }
}

/// Why ink in or beside a box that seems empty may be meant for it. The mark of its
/// question is perhaps `taken_back`.
pub(super) fn ink_for(
    out: &BoxesRead,
    page: &PageLayout,
    i: usize,
    taken_back: bool,
) -> Option<Reason> {
    if out.verdicts[i].state != MarkState::Unmarked {
        return None;
    }
    let inked = |k: &usize| *k != i && out.verdicts[*k].state != MarkState::Unmarked;
    let answered = out.answered(i);
    let around = page.boxes[i].rect.inflate(SPILL_MM, SPILL_MM);
    let spilled = || {
        (0..out.marks.len())
            .filter(inked)
            .any(|k| page.boxes[k].rect.intersects(&around))
    };
    let ink = &out.inks[i];
    let beside = classify::beside(ink);
    // A streak or a fold that passes beside the box leaves its ring.
    let passing = ink.line_beside && ink.reaches_rim;
    if !answered && (beside || classify::trace(ink, &out.hand)) {
        Some(Reason::Trace)
    } else if taken_back && classify::trace(ink, &out.hand) {
        Some(Reason::TraceTakenBack)
    } else if answered && beside && !passing && !spilled() {
        Some(Reason::InkBeside)
    } else if answered && beside && ink.around >= WRAPPED {
        Some(Reason::GoesAround)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A light pen that skipped left a dash of which a person sees a shadow: read as
    /// blank once, for it was 1.38 times the darkest stroke of the page's empty boxes and
    /// its log-odds lay 0.72 below those that ask. Neither sign is enough by itself.
    #[test]
    fn two_weak_signs_of_a_stroke_ask_together() {
        assert!(may_be_stroke(0.0733, 0.0531, -0.72));
        assert!(!may_be_stroke(0.0733, 0.0531, -2.0));
        assert!(!may_be_stroke(0.0600, 0.0531, -0.72));
        assert!(may_be_stroke(0.0800, 0.0531, -2.0));
        // Fainter than anybody sees, however quiet the page.
        assert!(!may_be_stroke(0.0200, 0.0050, -0.72));
    }
}
