//! Pages of learned forms, which have no anchors of ours.

use super::{PageImage, Reader, Why, assemble, finish, unproven};
use crate::read::boxes::{self, BoxesRead};
use crate::read::ink::Tone;
use crate::read::model::MarkModel;
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

    fn read_learned_as(&self, page: &PageImage, wide: bool, why: Why) -> PageReading {
        let mut best: Option<(usize, usize, BoxesRead, u32, Tone)> = None;
        let mut rivals = 0;
        let mut nearest: Option<String> = None;
        for (f, form) in self
            .forms
            .iter()
            .enumerate()
            .filter(|f| self.wanted(&f.1.layout))
        {
            for (p, plan) in form.pages.iter().enumerate() {
                let Some(patches) = &plan.patches else {
                    continue;
                };
                let layout = &form.layout.pages[p];
                let Some(fit) = patches.register(page.scan, &page.thumb, &page.paper, layout, wide)
                else {
                    continue;
                };
                let boxes = boxes::read(
                    page.scan,
                    layout,
                    &plan.templates,
                    fit.registration,
                    fit.tone,
                    MarkModel::shipped(),
                );
                if !boxes.proven() || layout.boxes.is_empty() {
                    nearest.get_or_insert_with(|| {
                        format!(
                            "form {} page {}: {}",
                            form.layout.form,
                            layout.page,
                            unproven(&boxes, fit.matched)
                        )
                    });
                    continue;
                }
                rivals += 1;
                let share = |b: &BoxesRead| (b.found as f64 / b.marks.len() as f64, b.found);
                if best.as_ref().is_none_or(|b| share(&boxes) > share(&b.2)) {
                    best = Some((f, p, boxes, fit.rotation, fit.tone));
                }
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

fn is_ambiguous(reading: &PageReading) -> bool {
    reading
        .problems
        .iter()
        .any(|p| p.code == ProblemCode::FormAmbiguous)
}
