//! Pages that were printed with our anchors.

use super::{Frame, LEAST_CONTRAST, PageImage, Reader, Why, assemble, finish, name, unproven};
use crate::form::frame::ANCHOR_MM;
use crate::read::boxes;
use crate::read::constellation::{self, Constellation};
use crate::read::explain::{AnchorFound, pixel};
use crate::read::identify::{self, Identity};
use crate::read::ink::Tone;
use crate::read::model::MarkModel;
use crate::read::problem::{OTHER_VERSION, Problem, ProblemCode};
use crate::read::reading::PageReading;
use crate::read::sample;
use crate::read::squares::{INK_LEVELS, dark_regions, find_squares};

impl Reader {
    /// Reads a page that was printed with our anchors. `None` if there are none.
    pub(super) fn read_printed(&self, page: &PageImage, mut why: Why) -> Option<PageReading> {
        let (frame, found) = self.find_anchors(page, why.as_deref_mut())?;
        if let Some(why) = why.as_deref_mut() {
            why.anchors = anchors_found(frame, &found);
            why.px_per_mm = found.registration.scale();
        }
        let tone = Tone {
            paper: f64::from(page.paper.median()),
            black: black_of_anchors(page, frame, &found)?,
        };
        let mut identity = identify::identify(
            &page.scan.image,
            &found.registration,
            &frame.codes,
            frame.size,
            &self.layouts().collect::<Vec<_>>(),
            &self.options.keys,
        );
        let reading = self.read_identified(page, &found, tone, &mut identity, why);
        Some(finish(reading, found.rotation, identity.problems))
    }

    /// The frame whose anchors are seen best. Other thresholds are only tried
    /// where the first shows too few to be sure that there are no more.
    pub(super) fn find_anchors(
        &self,
        page: &PageImage,
        mut why: Why,
    ) -> Option<(&Frame, Constellation)> {
        let mut best: Option<(&Frame, Constellation)> = None;
        for ink_level in INK_LEVELS {
            let regions = dark_regions(&page.thumb, &page.paper, ink_level);
            for frame in &self.frames {
                let side = ANCHOR_MM * page.px_per_mm(frame.size);
                let squares = find_squares(&regions, &page.thumb, &page.paper, side);
                if let Some(why) = why.as_deref_mut() {
                    why.squares
                        .extend(squares.iter().map(|s| (pixel(s.center), s.side as f32)));
                }
                let found = constellation::recognise(&squares, &frame.anchors, frame.paper());
                if let Some(found) = found
                    && best.as_ref().is_none_or(|b| found.beats(&b.1))
                {
                    best = Some((frame, found));
                }
            }
            let enough = best
                .as_ref()
                .is_some_and(|(frame, found)| 2 * found.matches.len() > frame.anchors.len());
            if enough {
                break;
            }
        }
        best
    }

    fn read_identified(
        &self,
        page: &PageImage,
        found: &Constellation,
        tone: Tone,
        identity: &mut Identity,
        why: Why,
    ) -> PageReading {
        let Some(payload) = identity.payload.take() else {
            return PageReading::unreadable(Problem {
                code: ProblemCode::QrUnreadable,
                detail: "none of the page's codes could be read: give form and serial by hand"
                    .to_owned(),
            });
        };
        let failed = |code, detail: String| {
            let mut r = PageReading::unreadable(Problem { code, detail });
            name(&mut r, &payload);
            r
        };
        if self
            .options
            .form
            .as_ref()
            .is_some_and(|f| *f != payload.form)
        {
            return failed(
                ProblemCode::FormMismatch,
                format!(
                    "the page is of form {}, which was not asked for",
                    payload.form
                ),
            );
        }
        let Some(form) = self
            .forms
            .iter()
            .find(|f| f.layout.digest == payload.digest)
        else {
            let known = self.forms.iter().find(|f| f.layout.form == payload.form);
            return failed(
                ProblemCode::FormUnknown,
                match known {
                    Some(k) => format!(
                        "{OTHER_VERSION} {} of form {} with another layout ({}); known here is version {} ({})",
                        payload.version,
                        payload.form,
                        payload.digest,
                        k.layout.version,
                        k.layout.digest
                    ),
                    None => format!(
                        "form {} version {} is not among the templates",
                        payload.form, payload.version
                    ),
                },
            );
        };
        let Some(index) = form
            .layout
            .pages
            .iter()
            .position(|p| p.page == payload.page)
        else {
            return failed(
                ProblemCode::FormUnknown,
                format!("form {} has no page {}", payload.form, payload.page),
            );
        };
        let layout = &form.layout.pages[index];
        let contrast = tone.paper - tone.black;
        let boxes = boxes::read(
            page.scan,
            layout,
            &form.pages[index].templates,
            found.registration.clone(),
            tone,
            MarkModel::shipped(),
        );
        if let Some(why) = why {
            why.register(layout, &boxes.registration);
            why.boxes = boxes.evidence();
        }
        if contrast < LEAST_CONTRAST || !boxes.proven() {
            return failed(
                ProblemCode::AlignmentUnproven,
                unproven(&boxes, found.matches.len()),
            );
        }
        let mut reading = assemble(
            page,
            &form.layout,
            layout,
            boxes,
            &form.pages[index].templates,
            tone,
            self.options.scanner.as_ref(),
        );
        name(&mut reading, &payload);
        reading
    }
}

fn anchors_found(frame: &Frame, found: &Constellation) -> Vec<AnchorFound> {
    let off = found.registration.leave_one_out_mm();
    frame
        .anchors
        .iter()
        .enumerate()
        .map(|(i, anchor)| {
            let k = found.matches.iter().position(|m| m.0 == i);
            AnchorFound {
                id: anchor.id.clone(),
                expected: pixel(found.registration.at(anchor.rect.center())),
                found: k.map(|k| pixel(found.matches[k].1)),
                off_mm: k.and_then(|k| off.get(k).copied()),
            }
        })
        .collect()
}

/// Median gray level in the middles of the anchors.
fn black_of_anchors(page: &PageImage, frame: &Frame, found: &Constellation) -> Option<f64> {
    let mut levels: Vec<f32> = Vec::new();
    for &(i, _) in &found.matches {
        let rect = frame.anchors[i].rect;
        let map = found.registration.local(rect.center());
        for dy in [-1.0, 0.0, 1.0] {
            for dx in [-1.0, 0.0, 1.0] {
                let p = rect.center() + euclid::vec2(dx, dy);
                levels.extend(sample::sample(&page.scan.image, &map, p));
            }
        }
    }
    levels.sort_by(f32::total_cmp);
    levels.get(levels.len() / 2).map(|v| f64::from(*v))
}
