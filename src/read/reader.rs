//! The way of one page through the stages.

mod by_hand;
mod learned;
mod printed;

pub use by_hand::{ByHand, Corners, PointedAt};

use std::collections::BTreeMap;

use fearless_simd::{Level, dispatch};

use super::afar;
use super::areas::{self, FreeInk};
use super::beside;
use super::boxes::{BoxesRead, doubt_hidden_strokes, questions};
use super::classify::Verdict;
use super::compose::compose;
use super::constellation;
use super::cover;
use super::crease::Sheet;
use super::doubts;
use super::explain::Explanation;
use super::folds::{self, Folds};
use super::identify;
use super::ink::{Ink, Tone};
use super::known_scanner::{KnownScanner, ReadPage};
use super::labels;
use super::likeness;
use super::model::MarkModel;
use super::off_centre;
use super::patches::PatchPlan;
use super::problem::{Problem, ProblemCode};
use super::qr;
use super::reading::{Answer, AnswerState, Mark, MarkState, PageReading, Status};
use super::reason::Reason;
use super::rings;
use super::struck;
use super::template::{self, BoxTemplate};
use super::thumbnail::{PaperMap, Thumbnail};
use super::unlike;
use crate::form::code::{Keyring, Payload};
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
    /// What is known of the scanner; it only adds doubt.
    pub scanner: Option<KnownScanner>,
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

/// Less ink than this share of the thumbnail's pixels: nothing is printed …
const BLANK_SHARE: f64 = 0.001;
/// … if ink is what is darker than this share of the paper, as all print is but that of the
/// last toner; …
const PRINTED: f64 = 0.7;
/// … that is darker than this. So is print of the other side: what tells them apart is a code
/// that is no mirror image. Pages whose marks were plain to see on pale print were once taken
/// for blank backs.
const PALE: f64 = 0.85;

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

    /// What this reader knows of the scanner.
    #[must_use]
    pub fn scanner(&self) -> Option<&KnownScanner> {
        self.options.scanner.as_ref()
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
        let blank = is_blank(&thumb, &paper, PRINTED);
        let pale = blank && !is_blank(&thumb, &paper, PALE);
        let page = PageImage { scan, thumb, paper };
        if blank {
            let printed = pale.then(|| self.read_printed(&page, why)).flatten();
            return printed.filter(|p| p.form.is_some()).unwrap_or_else(|| {
                PageReading::unreadable(Problem {
                    code: ProblemCode::BlankPage,
                    detail: "nothing is printed or written on this page".to_owned(),
                })
            });
        }
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
        let reading = match printed {
            Some(reading) if reading.status != Status::Unreadable || !learned_wanted => reading,
            printed if learned_wanted => {
                let learned = self.read_learned(&page, why);
                match printed {
                    Some(p) if learned.status == Status::Unreadable => p,
                    _ => learned,
                }
            }
            _ => return self.unregistered(&page),
        };
        // A cover sheet has no anchors and resembles no form; the search costs as
        // much as a page, so only what nobody knows is searched.
        if reading.status == Status::Unreadable && reading.form.is_none() {
            let texts = qr::search(&page.scan.image);
            cover::seen(&texts, &self.options.keys).unwrap_or(reading)
        } else {
            reading
        }
    }

    fn wanted(&self, layout: &Layout) -> bool {
        self.options.form.as_ref().is_none_or(|f| *f == layout.form)
    }

    /// No anchors: whose page is it at least?
    fn unregistered(&self, page: &PageImage) -> PageReading {
        let texts = qr::search(&page.scan.image);
        if let Some(cover) = cover::seen(&texts, &self.options.keys) {
            return cover;
        }
        let identity = identify::identify_texts(&texts, &self.options.keys);
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
}

/// Who wants to be told what the stages found, if anybody.
type Why<'a> = Option<&'a mut Explanation>;

/// A page image and what every stage needs of it.
struct PageImage<'a> {
    scan: &'a Scan,
    thumb: Thumbnail<'a>,
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

/// Is next to nothing of the page darker than this share of its paper?
fn is_blank(thumb: &Thumbnail, paper: &PaperMap, share: f64) -> bool {
    let (w, h) = thumb.image.dimensions();
    let level = (f64::from(paper.median()) * share) as u8;
    let simd = Level::new();
    let dark = dispatch!(simd, _simd => darker(thumb.image.as_raw(), level));
    f64::from(dark) < BLANK_SHARE * f64::from(w) * f64::from(h)
}

/// How many pixels are darker than this. Counted in bytes, a piece at a time: many pixels
/// in one step.
#[inline(always)]
fn darker(pixels: &[u8], level: u8) -> u32 {
    let pieces = pixels.chunks(255);
    pieces
        .map(|piece| u32::from(piece.iter().map(|&p| u8::from(p < level)).sum::<u8>()))
        .sum()
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
    mut boxes: BoxesRead,
    templates: &[BoxTemplate],
    tone: Tone,
    scanner: Option<&KnownScanner>,
) -> PageReading {
    let map = boxes.registration.clone();
    let free = FreeInk {
        thumb: &page.thumb,
        page: layout,
        registration: &map,
        tone,
    };
    let sheet = Sheet {
        image: &page.scan.image,
        map: &map,
        paper: MmRect::new(MmPoint::origin(), layout.size),
        tone,
    };
    let folds = Folds::of(sheet, boxes.hand.darkness);
    let questions = questions(layout);
    let (model, bilevel) = (MarkModel::shipped(), page.scan.bilevel);
    if folds::settle(&mut boxes, &folds, layout, templates, model, &questions) {
        let standing = doubts::standing(&boxes);
        doubt_hidden_strokes(
            &mut boxes,
            templates,
            model,
            &standing,
            tone,
            bilevel,
            Some(&folds),
        );
    }
    afar::settle_strokes(&mut boxes, &free, model, &questions, bilevel);
    rings::settle(&mut boxes, layout, &questions, form.correction);
    off_centre::settle(&mut boxes, &free, templates, &questions);
    afar::doubt_from_afar(&mut boxes, &free, &questions, |out, i| {
        let again = folds.without(out, i, questions[i], &templates[i], model);
        again
            .is_some_and(|(_, _, verdict)| verdict.state == MarkState::Marked)
            .then_some(&folds)
    });
    beside::doubt_taken_back(&mut boxes, &free);
    beside::doubt_strays(&mut boxes, &free);
    labels::doubt_ink_over(&mut boxes, &free, &folds, &questions);
    struck::doubt_struck(&mut boxes, |out, i| {
        let again = folds.without(out, i, questions[i], &templates[i], model);
        again.map(|(ink, _, _)| ink)
    });
    struck::doubt_tails(&mut boxes, &free, &questions);
    unlike::doubt_circled(&mut boxes);
    unlike::doubt_sprawling(&mut boxes);
    unlike::doubt_one_sided(&mut boxes);
    unlike::doubt_level(&mut boxes);
    unlike::doubt_dots(&mut boxes);
    likeness::doubt_unlike(&mut boxes, templates, &questions);
    afar::doubt_carried_on(&mut boxes, &free);
    doubts::doubt_lonely(&mut boxes, layout, &questions);
    let BoxesRead {
        mut marks,
        verdicts,
        registration,
        hand,
        inks,
        ..
    } = boxes;
    let mut answers = compose(form, layout, &mut marks, &verdicts);
    let mut problems = areas::doubt_blank_questions(&free, &folds, &mut answers);
    // Whose pen nobody has seen may have been too light for the threshold.
    let unseen = bilevel && marks.iter().all(|m| m.state == MarkState::Unmarked);
    if hand.may_vanish() || mostly_faint(&answers, &marks, &verdicts, &inks) || unseen {
        problems.extend(doubt_all_blanks(&mut answers));
    }
    let looked = ReadPage {
        image: &page.scan.image,
        bilevel: page.scan.bilevel,
        layout,
        tone,
        px_per_mm: registration.scale(),
    };
    if let Some(scanner) = scanner.filter(|s| s.fits(&looked)) {
        if scanner.may_lose(&looked, &marks) {
            problems.extend(doubt_all_blanks(&mut answers));
        }
        scanner.doubt_streaks(&looked, &mut marks, &mut answers);
    }
    PageReading {
        form: None,
        version: None,
        page: None,
        serial: None,
        unit: None,
        ballot_box: None,
        station: None,
        status: Status::Review,
        rotation: 0,
        answers,
        areas: areas::read_areas(&free),
        marks,
        problems,
    }
}

/// Are more answers of the page unclear, for there is little ink, than clear? Then what
/// seems blank may be one that is fainter still. Of a sheet of a pencil on a blurred copy
/// all answers but one were asked about, and that one was once read as blank. (On a page
/// of circles around its boxes, or under a stamp, much is unclear but not faint.)
fn mostly_faint(
    answers: &BTreeMap<String, Answer>,
    marks: &[Mark],
    verdicts: &[Verdict],
    inks: &[Ink],
) -> bool {
    let is_faint = |id: &str| {
        let asked: Vec<usize> = (0..marks.len())
            .filter(|&i| marks[i].question == id && verdicts[i].state == MarkState::Marginal)
            .collect();
        let faint = |&i: &usize| {
            verdicts[i].reason.is_none_or(Reason::is_of_little_ink) || inks[i].is_mostly_faint()
        };
        // Where no box is asked about, there is ink beside them.
        asked.is_empty() || asked.iter().any(faint)
    };
    let count = |state| answers.iter().filter(move |a| a.1.state == state);
    let faint = count(AnswerState::Marginal)
        .filter(|a| is_faint(a.0))
        .count();
    faint >= 2 && faint > count(AnswerState::Answered).count()
}

/// On a black-and-white or noisy scan of a light pen a blank question may be one whose
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
            "{doubted} questions seem blank, but in this scan a light pen may have been lost: scan in gray and with more contrast"
        ),
    })
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
