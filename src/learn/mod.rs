//! Learns a form from scans of its blank sheet: finds the boxes, groups them
//! into questions by place, and chooses what can serve as anchors.
//!
//! A room of its own, above `form` and `read`, because it uses the reader's
//! stages (paper level, regions, correlation) and `form` must not look up.

mod anchors;
mod group;
mod rules;
mod targets;

use image::GrayImage;

use crate::form::learned::{
    self, LearnedAnchors, LearnedChoice, LearnedForm, LearnedLook, LearnedPage, LearnedQuestion,
    PageAnchors,
};
use crate::form::{BoxShape, Correction, IndexRules};
use crate::form::{QuestionKind, Reference};
use crate::geometry::{MM_PER_INCH, MmSize, rect_array};
use crate::page::Scan;
use crate::read::thumbnail::reduce;

/// Why nothing could be learned.
#[derive(Debug, thiserror::Error)]
pub enum LearnError {
    /// The image does not say how large the paper is.
    #[error(
        "page {page}: the paper's size is not known (image of {width}x{height} pixels): \
         give it with --paper A4, A5, letter, legal or WxH in mm"
    )]
    PaperUnknown {
        /// Page from 1.
        page: u32,
        /// Width of the image, px.
        width: u32,
        /// Height of the image, px.
        height: u32,
    },
    /// Too coarse to see the lines of boxes.
    #[error(
        "page {page}: {dpi:.0} dpi is too coarse to learn from; scan the blank sheet at 150 dpi or more"
    )]
    TooCoarse {
        /// Page from 1.
        page: u32,
        /// Its resolution.
        dpi: f64,
    },
    /// Nothing to mark was found on any page.
    #[error("no boxes or ovals to mark were found on the blank sheet")]
    NoTargets,
    /// A page has too little print to be found again.
    #[error(
        "page {page}: only {anchors} places of print can serve as anchors (at least 8 are needed)"
    )]
    NoAnchors {
        /// Page from 1.
        page: u32,
        /// How many were found.
        anchors: usize,
    },
}

/// What was learned.
#[derive(Debug)]
pub struct Learned {
    /// form.toml.
    pub form: LearnedForm,
    /// layout.json.
    pub anchors: LearnedAnchors,
    /// Blank pages by number.
    pub blanks: Vec<(u32, Reference)>,
}

/// Blank pages are kept at about this resolution: a 0.2 mm line has more than
/// a pixel, and a page has 2 megapixels.
const KEPT_DPI: f64 = 150.0;

/// Below this resolution a 0.25 mm line has less than a pixel.
const COARSEST_DPI: f64 = 95.0;

/// Fewer anchors than this are too few once some are written over.
const FEWEST_ANCHORS: usize = 8;

/// Papers that an image is matched with where its size is not given, mm.
const PAPERS: [(f64, f64); 4] = [
    (210.0, 297.0),
    (148.0, 210.0),
    (215.9, 279.4),
    (215.9, 355.6),
];

/// Learns a form with this id from scans of its blank pages, in order.
/// `paper`: width and height in mm, where the images do not say.
///
/// # Errors
/// [`LearnError`] saying which page and why.
pub fn learn(id: &str, blanks: &[Scan], paper: Option<MmSize>) -> Result<Learned, LearnError> {
    let mut form = LearnedForm {
        learned: true,
        index: IndexRules::default(),
        content: Vec::new(),
        id: id.to_owned(),
        version: 1,
        title: id.to_owned(),
        correction: Correction::None,
        look: LearnedLook {
            shape: BoxShape::Rect,
            outline: 0.3,
        },
        page: Vec::new(),
        question: Vec::new(),
        area: Vec::new(),
    };
    let mut anchors = LearnedAnchors { pages: Vec::new() };
    let mut kept = Vec::new();
    for (scan, page) in blanks.iter().zip(1u32..) {
        let (w, h) = scan.image.dimensions();
        let size = paper
            .map(|p| oriented(p, w, h))
            .or_else(|| paper_of(scan))
            .ok_or(LearnError::PaperUnknown {
                page,
                width: w,
                height: h,
            })?;
        let dpi = f64::from(w) / size.width * MM_PER_INCH;
        if dpi < COARSEST_DPI {
            return Err(LearnError::TooCoarse { page, dpi });
        }
        let factor = (dpi / KEPT_DPI).round().max(1.0) as u32;
        let reference = reduced(&scan.image, factor, size);
        let targets = targets::find(&reference.image, reference.px_per_mm);
        let rules = rules::Rules::of(&reference.image, reference.px_per_mm);
        let rects: Vec<_> = targets.iter().map(|t| t.rect).collect();
        let found = anchors::choose(&reference, size, &rects);
        if !targets.is_empty() && found.len() < FEWEST_ANCHORS {
            return Err(LearnError::NoAnchors {
                page,
                anchors: found.len(),
            });
        }
        if let Some(first) = targets.first().filter(|_| form.question.is_empty()) {
            form.look = LearnedLook {
                shape: first.shape,
                outline: hundredth(first.outline_mm),
            };
        }
        for group in group::questions(&targets, &rules) {
            let number = form.question.len() + 1;
            form.question.push(LearnedQuestion {
                id: format!("q{number}"),
                text: String::new(),
                kind: QuestionKind::Single,
                max_choices: None,
                page,
                choice: group
                    .iter()
                    .zip(1..)
                    .map(|(&i, n)| {
                        let t = &targets[i];
                        let outline = hundredth(t.outline_mm);
                        LearnedChoice {
                            id: format!("c{n}"),
                            satisfied: None,
                            score: None,
                            excluded: false,
                            text: String::new(),
                            at: rect_array(&t.rect).map(hundredth),
                            shape: (t.shape != form.look.shape).then_some(t.shape),
                            outline: (outline != form.look.outline).then_some(outline),
                        }
                    })
                    .collect(),
            });
        }
        form.page.push(LearnedPage {
            number: page,
            paper: [hundredth(size.width), hundredth(size.height)],
            blank: format!("blank-p{page}.png"),
        });
        anchors.pages.push(PageAnchors {
            page,
            anchors: found,
        });
        kept.push((page, reference));
    }
    if form.question.is_empty() {
        return Err(LearnError::NoTargets);
    }
    Ok(Learned {
        form,
        anchors,
        blanks: kept,
    })
}

fn hundredth(v: f64) -> f64 {
    (v * 100.0).round() / 100.0
}

fn reduced(image: &GrayImage, factor: u32, size: MmSize) -> Reference {
    learned::reference(
        reduce(image, factor),
        [hundredth(size.width), hundredth(size.height)],
    )
}

/// Portrait or landscape as the image is.
fn oriented(p: MmSize, w: u32, h: u32) -> MmSize {
    if (p.width > p.height) == (w > h) {
        p
    } else {
        MmSize::new(p.height, p.width)
    }
}

/// The paper by the resolution tag, if that leads near to a known size; else
/// by proportion, if that is one paper's alone.
fn paper_of(scan: &Scan) -> Option<MmSize> {
    let (w, h) = scan.image.dimensions();
    let (w, h) = (f64::from(w), f64::from(h));
    let known = |mm: (f64, f64), tolerance: f64| {
        PAPERS
            .iter()
            .flat_map(|&(a, b)| [(a, b), (b, a)])
            .filter(|p| {
                (p.0 / mm.0 - 1.0).abs() < tolerance && (p.1 / mm.1 - 1.0).abs() < tolerance
            })
            .min_by(|a, b| (a.0 - mm.0).abs().total_cmp(&(b.0 - mm.0).abs()))
    };
    let by_tag = scan.dpi.and_then(|(x, y)| {
        // Tags of 72 or 96 mean that nobody knew.
        (x > 99.0 && y > 99.0).then(|| (w / x * MM_PER_INCH, h / y * MM_PER_INCH))
    });
    if let Some(p) = by_tag.and_then(|mm| known(mm, 0.03)) {
        return Some(MmSize::new(p.0, p.1));
    }
    // By proportion: letter (1.294) and legal (1.647) are told from the A
    // sizes (1.414); A4 is likelier than A5.
    let ratio = h.max(w) / h.min(w);
    PAPERS
        .iter()
        .find(|p| (p.1 / p.0 / ratio - 1.0).abs() < 0.015)
        .map(|&(a, b)| oriented(MmSize::new(a, b), w as u32, h as u32))
}
