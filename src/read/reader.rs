//! The way of one page through the stages.

use std::collections::BTreeMap;

use super::areas;
use super::boxes::{self, BoxesRead};
use super::compose::compose;
use super::constellation::{self, Constellation};
use super::explain::{AnchorFound, Explanation, pixel};
use super::identify::{self, Identity};
use super::ink::Tone;
use super::patches::PatchPlan;
use super::reading::{Answer, AnswerState, PageReading, Problem, ProblemCode, Status};
use super::sample;
use super::squares::find_squares;
use super::template::{self, BoxTemplate};
use super::thumbnail::{PaperMap, Thumbnail};
use crate::form::code::{Keyring, Payload};
use crate::form::frame::ANCHOR_MM;
use crate::form::{Anchor, AnchorKind, CodeKind, Layout, PageLayout};
use crate::geometry::{MmPoint, MmRect, MmSize};
use crate::page::Scan;

/// What the reader is told besides the layouts.
#[derive(Debug, Clone, Default)]
pub struct ReadOptions {
    /// Read every page as a page of this form; a page whose code names another
    /// form is a problem.
    pub form: Option<String>,
    /// Keys that printed serials may be made with.
    pub keys: Keyring,
}

/// Reads page images by the layouts it was given.
#[derive(Debug)]
pub struct Reader {
    forms: Vec<FormPlan>,
    frames: Vec<Frame>,
    options: ReadOptions,
}

/// A form and what is worked out for it beforehand.
#[derive(Debug)]
struct FormPlan {
    layout: Layout,
    pages: Vec<PagePlan>,
}

#[derive(Debug)]
struct PagePlan {
    templates: Vec<BoxTemplate>,
    /// For learned pages.
    patches: Option<PatchPlan>,
}

/// Anchors and code places that printed pages of one paper size share.
#[derive(Debug, PartialEq)]
struct Frame {
    size: MmSize,
    anchors: Vec<Anchor>,
    codes: Vec<MmRect>,
}

impl Frame {
    fn of(page: &PageLayout) -> Option<Self> {
        let anchors: Vec<Anchor> = page
            .anchors
            .iter()
            .filter(|a| a.kind == AnchorKind::Square)
            .cloned()
            .collect();
        let codes = page
            .codes
            .iter()
            .filter(|c| c.kind == CodeKind::Qr)
            .map(|c| c.rect)
            .collect();
        (anchors.len() >= constellation::FEWEST).then_some(Self {
            size: page.size,
            anchors,
            codes,
        })
    }

    fn paper(&self) -> MmRect {
        MmRect::new(MmPoint::origin(), self.size)
    }
}

/// Print and paper must differ by this many gray levels to be told apart.
const LEAST_CONTRAST: f64 = 40.0;

/// Less ink than this share of the thumbnail's pixels: nothing is printed.
const BLANK_SHARE: f64 = 0.001;

impl Reader {
    /// A reader for these forms.
    #[must_use]
    pub fn new(layouts: Vec<Layout>, options: ReadOptions) -> Self {
        let mut frames: Vec<Frame> = Vec::new();
        for page in layouts.iter().flat_map(|l| &l.pages) {
            if let Some(frame) = Frame::of(page)
                && !frames.contains(&frame)
            {
                frames.push(frame);
            }
        }
        let forms = layouts
            .into_iter()
            .map(|layout| {
                let pages = layout
                    .pages
                    .iter()
                    .map(|p| PagePlan {
                        templates: template::templates(p),
                        patches: PatchPlan::of(p),
                    })
                    .collect();
                FormPlan { layout, pages }
            })
            .collect();
        Self {
            forms,
            frames,
            options,
        }
    }

    /// The layouts that this reader knows.
    pub fn layouts(&self) -> impl Iterator<Item = &Layout> {
        self.forms.iter().map(|f| &f.layout)
    }

    /// Reads one page image. Never fails: what cannot be read is said in the
    /// reading's status and problems.
    #[must_use]
    pub fn read(&self, scan: &Scan) -> PageReading {
        self.read_telling(scan, None)
    }

    /// Reads one page image as [`Self::read`] does, and tells what the stages
    /// found.
    #[must_use]
    pub fn explain(&self, scan: &Scan) -> (PageReading, Explanation) {
        let mut why = Explanation::default();
        let reading = self.read_telling(scan, Some(&mut why));
        (reading, why)
    }

    fn read_telling(&self, scan: &Scan, mut why: Why) -> PageReading {
        let thumb = Thumbnail::of(&scan.image);
        let paper = PaperMap::of(&thumb.image);
        if is_blank(&thumb, &paper) {
            return PageReading::unreadable(Problem {
                code: ProblemCode::BlankPage,
                detail: "nothing is printed or written on this page".to_owned(),
            });
        }
        let page = PageImage { scan, thumb, paper };
        let learned_wanted = self
            .forms
            .iter()
            .any(|f| self.wanted(&f.layout) && f.pages.iter().any(|p| p.patches.is_some()));
        let only_learned = learned_wanted && self.options.form.is_some();
        let printed = if only_learned {
            None
        } else {
            self.read_printed(&page, why.as_deref_mut())
        };
        match printed {
            Some(reading) if reading.status != Status::Unreadable || !learned_wanted => reading,
            printed if learned_wanted => {
                let learned = self.read_learned(&page, why);
                match printed {
                    Some(p) if learned.status == Status::Unreadable => p,
                    _ => learned,
                }
            }
            _ => self.unregistered(&page),
        }
    }

    fn wanted(&self, layout: &Layout) -> bool {
        self.options.form.as_ref().is_none_or(|f| *f == layout.form)
    }

    /// No anchors: whose page is it at least?
    fn unregistered(&self, page: &PageImage) -> PageReading {
        let identity = identify::identify_anywhere(&page.scan.image, &self.options.keys);
        let mut reading = PageReading::unreadable(Problem {
            code: ProblemCode::AnchorsMissing,
            detail: "the black squares along the edges of the page were not found".to_owned(),
        });
        if let Some(p) = &identity.payload {
            name(&mut reading, p);
        }
        reading.problems.extend(identity.problems);
        reading
    }

    /// Reads a page that was printed with our anchors. `None` if there are none.
    fn read_printed(&self, page: &PageImage, mut why: Why) -> Option<PageReading> {
        let (frame, found) = self
            .frames
            .iter()
            .filter_map(|frame| {
                let side = ANCHOR_MM * page.px_per_mm(frame.size);
                let squares = find_squares(&page.thumb, &page.paper, side);
                if let Some(why) = why.as_deref_mut() {
                    why.squares
                        .extend(squares.iter().map(|s| (pixel(s.center), s.side as f32)));
                }
                constellation::recognise(&squares, &frame.anchors, frame.paper())
                    .map(|c| (frame, c))
            })
            .max_by(|a, b| {
                let rank = |c: &Constellation| (c.matches.len() as f64, -c.worst_mm);
                let (a, b) = (rank(&a.1), rank(&b.1));
                a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1))
            })?;
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
                        "printed from version {} of form {} with another layout ({}); known here is version {} ({})",
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
            &page.scan.image,
            layout,
            &form.pages[index].templates,
            found.registration.clone(),
            tone,
        );
        if let Some(why) = why {
            why.register(layout, &boxes.registration);
        }
        if contrast < LEAST_CONTRAST || !boxes.proven() {
            return failed(
                ProblemCode::AlignmentUnproven,
                unproven(&boxes, found.matches.len()),
            );
        }
        let mut reading = assemble(page, &form.layout, layout, boxes, tone);
        name(&mut reading, &payload);
        reading
    }

    /// Reads a page of a learned form: the one page that proves itself. Nearly
    /// all pages lie straight; the long search is for when none did.
    fn read_learned(&self, page: &PageImage, mut why: Why) -> PageReading {
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
                    &page.scan.image,
                    layout,
                    &plan.templates,
                    fit.registration,
                    fit.tone,
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
        }
        let mut reading = assemble(page, &form.layout, layout, boxes, tone);
        reading.form = Some(form.layout.form.clone());
        reading.version = Some(form.layout.version);
        reading.page = Some(layout.page);
        finish(reading, rotation, Vec::new())
    }
}

/// Who wants to be told what the stages found, if anybody.
type Why<'a> = Option<&'a mut Explanation>;

/// A page image and what every stage needs of it.
struct PageImage<'a> {
    scan: &'a Scan,
    thumb: Thumbnail,
    paper: PaperMap,
}

impl PageImage<'_> {
    /// px per mm if the image shows exactly the paper. Resolution tags lie too
    /// often to be asked.
    fn px_per_mm(&self, paper: MmSize) -> f64 {
        let (w, h) = self.scan.image.dimensions();
        (f64::from(w) * f64::from(h) / (paper.width * paper.height)).sqrt()
    }
}

fn is_blank(thumb: &Thumbnail, paper: &PaperMap) -> bool {
    let (w, h) = thumb.image.dimensions();
    let level = (f64::from(paper.median()) * 0.7) as u8;
    let dark: u32 = thumb
        .image
        .as_raw()
        .iter()
        .map(|&p| u32::from(p < level))
        .sum();
    f64::from(dark) < BLANK_SHARE * f64::from(w) * f64::from(h)
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

fn unproven(boxes: &BoxesRead, anchors: usize) -> String {
    format!(
        "{} of {} printed boxes were found where the layout says ({anchors} anchors)",
        boxes.found,
        boxes.marks.len()
    )
}

fn name(reading: &mut PageReading, payload: &Payload) {
    reading.form = Some(payload.form.clone());
    reading.version = Some(payload.version);
    reading.page = Some(payload.page);
    reading.serial.clone_from(&payload.serial);
    reading.unit.clone_from(&payload.unit);
    reading.ballot_box.clone_from(&payload.ballot_box);
}

fn assemble(
    page: &PageImage,
    form: &Layout,
    layout: &PageLayout,
    boxes: BoxesRead,
    tone: Tone,
) -> PageReading {
    let BoxesRead {
        mut marks,
        verdicts,
        registration,
        hand,
        ..
    } = boxes;
    let mut answers = compose(form, layout, &mut marks, &verdicts);
    let mut problems =
        areas::doubt_blank_questions(&page.thumb, layout, &registration, tone, &mut answers);
    if hand.may_vanish() {
        problems.extend(doubt_all_blanks(&mut answers));
    }
    PageReading {
        form: None,
        version: None,
        page: None,
        serial: None,
        unit: None,
        ballot_box: None,
        status: Status::Review,
        rotation: 0,
        answers,
        areas: areas::read_areas(&page.thumb, layout, &registration, tone),
        marks,
        problems,
    }
}

/// On a black-and-white scan of a light pen a blank question may be one whose
/// mark was lost: none of them is certain.
fn doubt_all_blanks(answers: &mut BTreeMap<String, Answer>) -> Option<Problem> {
    let mut doubted = 0;
    for answer in answers
        .values_mut()
        .filter(|a| a.state == AnswerState::Blank)
    {
        answer.state = AnswerState::Marginal;
        doubted += 1;
    }
    (doubted > 0).then(|| Problem {
        code: ProblemCode::FaintPen,
        detail: format!(
            "{doubted} questions seem blank, but on this black-and-white scan a light pen may have been lost: scan in gray"
        ),
    })
}

fn is_ambiguous(reading: &PageReading) -> bool {
    reading
        .problems
        .iter()
        .any(|p| p.code == ProblemCode::FormAmbiguous)
}

/// Sets the status from what was found.
fn finish(mut reading: PageReading, rotation: u32, problems: Vec<Problem>) -> PageReading {
    reading.rotation = rotation;
    reading.problems.extend(problems);
    if reading.status != Status::Unreadable {
        let certain = reading.problems.is_empty()
            && !reading.answers.values().any(|a| a.state.needs_person());
        reading.status = if certain {
            Status::Clean
        } else {
            Status::Review
        };
    }
    reading
}
