//! Pages of learned forms, which have no anchors of ours.

use super::{FormPlan, PageImage, Reader, Why, assemble, finish, unproven};
use crate::read::boxes::{self, BoxesRead};
use crate::read::coarse::Pose;
use crate::read::ink::Tone;
use crate::read::model::MarkModel;
use crate::read::patches::PatchPlan;
use crate::read::problem::{Problem, ProblemCode};
use crate::read::reading::{PageReading, Status};

impl Reader {
    /// Reads a page of a learned form: the one page that proves itself. Nearly
    /// all pages lie straight; the long search is for when none did.
    pub(super) fn read_learned(&self, page: &PageImage, mut why: Why) -> PageReading {
        let straight = self.read_learned_as(page, false, why.as_deref_mut());
        if straight.status == Status::Unreadable && !is_ambiguous(&straight) {
            self.read_learned_as(page, true, why)
        } else {
            straight
        }
    }

    /// The learned pages that may be asked for, those first that the image resembles most.
    fn candidates(&self, page: &PageImage, wide: bool) -> Vec<Candidate<'_>> {
        let mut out = Vec::new();
        let wanted = |f: &(usize, &FormPlan)| self.wanted(&f.1.layout);
        for (form, plan) in self.forms.iter().enumerate().filter(wanted) {
            for (p, layout) in plan.layout.pages.iter().enumerate() {
                let Some(patches) = &plan.pages[p].patches else {
                    continue;
                };
                let poses = patches.poses(page.scan, &page.thumb, &page.paper, layout, wide);
                let poses: Vec<Pose> = poses.collect();
                out.push(Candidate {
                    form,
                    page: p,
                    patches,
                    resemblance: poses.iter().map(|p| p.score).fold(0.0, f64::max),
                    poses,
                });
            }
        }
        out.sort_by(|a, b| b.resemblance.total_cmp(&a.resemblance));
        out
    }

    fn read_learned_as(&self, page: &PageImage, wide: bool, why: Why) -> PageReading {
        let mut best: Option<(usize, usize, BoxesRead, u32, Tone)> = None;
        let mut rivals = 0;
        let mut nearest: Option<String> = None;
        let mut proven = 0.0_f64;
        for candidate in self.candidates(page, wide) {
            if candidate.resemblance < RIVAL * proven {
                break;
            }
            let (f, p) = (candidate.form, candidate.page);
            let form = &self.forms[f].layout;
            let layout = &form.pages[p];
            let (scan, poses) = (page.scan, candidate.poses);
            let fit = candidate
                .patches
                .register(scan, &page.thumb, &page.paper, layout, poses);
            let Some(fit) = fit else {
                continue;
            };
            let boxes = boxes::read(
                scan,
                layout,
                &self.forms[f].pages[p].templates,
                fit.registration,
                fit.tone,
                MarkModel::shipped(),
            );
            if !boxes.proven() || layout.boxes.is_empty() {
                nearest.get_or_insert_with(|| {
                    let why = unproven(&boxes, fit.matched);
                    format!("form {} page {}: {why}", form.form, layout.page)
                });
                continue;
            }
            rivals += 1;
            proven = proven.max(candidate.resemblance);
            let share = |b: &BoxesRead| (b.found as f64 / b.marks.len() as f64, b.found);
            if best.as_ref().is_none_or(|b| share(&boxes) > share(&b.2)) {
                best = Some((f, p, boxes, fit.rotation, fit.tone));
            }
        }
        let Some((f, p, boxes, rotation, tone)) = best else {
            return PageReading::unreadable(Problem {
                code: ProblemCode::AlignmentUnproven,
                detail: nearest
                    .unwrap_or_else(|| "the page resembles none of the learned forms".to_owned()),
            });
        };
        let form = &self.forms[f];
        let layout = &form.layout.pages[p];
        if rivals > 1 {
            return PageReading::unreadable(Problem {
                code: ProblemCode::FormAmbiguous,
                detail: format!("{rivals} learned pages fit this image; name the form with --form"),
            });
        }
        if let Some(why) = why {
            why.register(layout, &boxes.registration);
            why.boxes = boxes.evidence();
        }
        let mut reading = assemble(
            page,
            &form.layout,
            layout,
            boxes,
            &form.pages[p].templates,
            tone,
            self.options.scanner.as_ref(),
        );
        reading.form = Some(form.layout.form.clone());
        reading.version = Some(form.layout.version);
        reading.page = Some(layout.page);
        finish(reading, rotation, Vec::new())
    }
}

/// A learned page that the image may be of.
struct Candidate<'a> {
    /// Index of its form, and its own there.
    form: usize,
    page: usize,
    patches: &'a PatchPlan,
    poses: Vec<Pose>,
    /// The best of the poses' correlations with the blank page.
    resemblance: f64,
}

/// A page that resembles the image less than this share of what one does that has proven
/// itself is no rival of that. Of five pages of one ballot, alike in all but their text, the
/// wrong ones have 0.34 to 0.77 of what the right one has. A page of which a fifth to a third
/// was exchanged is a rival still, also where that part is written or printed over.
const RIVAL: f64 = 0.65;

fn is_ambiguous(reading: &PageReading) -> bool {
    reading
        .problems
        .iter()
        .any(|p| p.code == ProblemCode::FormAmbiguous)
}
