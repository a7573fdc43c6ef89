//! The proof that a form can be read: it is printed, marked, copied badly, and
//! read; and filled in by simulated people, scanned as offices scan, and read.

use std::ops::Range;

use image::{GrayImage, Luma};

use super::CliError;
use crate::form::{BoxSpec, Job, Layout, LoadedForm, PageLayout, QuestionKind, Sheet, Source, pdf};
use crate::geometry::{MmPoint, px_per_mm};
use crate::page::{DecodeLimits, PageFile, Scan};
use crate::read::{AnswerState, MarkState, PageReading, ProblemCode, ReadOptions, Reader, Status};
use crate::synth::{Level, PageTruth, Simulator};

/// A drawn cross, as parts of the box: from corner to corner, not quite.
const CROSS: [[f64; 4]; 2] = [[0.14, 0.12, 0.88, 0.86], [0.86, 0.14, 0.12, 0.9]];
/// Width of its strokes, mm: a ballpoint.
const PEN_MM: f64 = 0.45;
/// Gray of its strokes.
const PEN_GRAY: f64 = 60.0;
/// Below this a photocopier prints black.
const COPY_THRESHOLD: u8 = 150;
/// Resolution that the rough copy is scanned at, dpi: the worst that offices
/// are set to.
const ROUGH_DPI: f64 = 150.0;

/// One way that the sheet comes back.
#[derive(Clone, Copy)]
enum Way {
    /// As it was printed.
    Clean,
    /// Photocopied, and scanned in black and white at [`ROUGH_DPI`].
    Rough,
}

impl Way {
    fn name(self) -> &'static str {
        match self {
            Self::Clean => "300 dpi",
            Self::Rough => "photocopy, 150 dpi, black and white",
        }
    }
}

/// What was tried, and what went wrong.
pub(super) struct Proof {
    /// Pages that were read.
    pub pages: usize,
    /// Boxes that were marked on them.
    pub marks: usize,
    /// What was not read as it was printed and marked; none if all was.
    pub failures: Vec<String>,
}

/// Prints, marks, copies and reads the form: every choice of every question
/// once, and the blank sheet, in both ways.
pub(super) fn prove(form: &LoadedForm) -> Result<Proof, CliError> {
    let layout = &form.layout;
    let job = Job {
        serial_from: Some(1),
        ..Job::master()
    };
    let (scans, serial) = match &form.source {
        Source::Designed(written) => {
            let bytes = pdf(written, &Sheet::compose(written)?, &job)?;
            let file = PageFile::from_bytes(bytes, &DecodeLimits::default())?;
            let scans = (0..file.page_count())
                .map(|i| file.page(i))
                .collect::<Result<Vec<_>, _>>()?;
            (scans, job.serials(&layout.digest).next())
        }
        Source::Learned { .. } => (blanks(layout), None),
    };
    let reader = Reader::new(
        vec![layout.clone()],
        ReadOptions {
            form: Some(layout.form.clone()),
            ..ReadOptions::default()
        },
    );
    let most = layout.questions.iter().map(|q| q.choices.len()).max();
    let mut proof = Proof {
        pages: 0,
        marks: 0,
        failures: Vec::new(),
    };
    for (page, scan) in layout.pages.iter().zip(&scans) {
        for way in [Way::Clean, Way::Rough] {
            for pattern in 0..=most.unwrap_or(0) {
                // The last pattern marks nothing.
                let marked = if Some(pattern) == most {
                    Vec::new()
                } else {
                    marked(layout, page, pattern)
                };
                let mut image = scan.image.clone();
                for b in &marked {
                    cross(&mut image, page, b);
                }
                let scan = match way {
                    Way::Clean => Scan {
                        image,
                        ..scan.clone()
                    },
                    Way::Rough => rough(&image, page),
                };
                let reading = reader.read(&scan);
                proof.pages += 1;
                proof.marks += marked.len();
                let wrong = judge(
                    layout,
                    page,
                    &marked,
                    serial.as_deref(),
                    &reading,
                    scan.bilevel,
                );
                proof.failures.extend(
                    wrong
                        .into_iter()
                        .map(|what| format!("page {}, {}: {what}", page.page, way.name())),
                );
            }
        }
    }
    proof.failures.dedup();
    Ok(proof)
}

/// Sheets that simulated people fill in: enough to meet a photocopied, a
/// skewed and a coarsely scanned one, in a few seconds.
const SHEETS: u64 = 12;
/// The same sheets for everybody, always.
const SEED: u64 = 1;

/// Has simulated people fill the form in as in an office, and reads what an
/// office's scanner makes of it. A question that is left to a person is no
/// failure; a page that cannot be read, or a wrong answer that nobody would
/// see, is.
pub(super) fn prove_in_office(form: &LoadedForm) -> Result<Proof, CliError> {
    let layout = &form.layout;
    let simulator = Simulator::for_form(form, Level::Office, SEED)?;
    let reader = Reader::new(
        vec![layout.clone()],
        ReadOptions {
            form: Some(layout.form.clone()),
            ..ReadOptions::default()
        },
    );
    let mut proof = Proof {
        pages: 0,
        marks: 0,
        failures: Vec::new(),
    };
    for n in 0..SHEETS {
        for page in simulator.sheet(n)?.pages {
            let reading = reader.read(&page.scan);
            proof.pages += 1;
            proof.marks += reading.marks.len();
            proof.failures.extend(
                silent(&page.truth, &reading)
                    .into_iter()
                    .map(|what| format!("simulated sheet {n}, page {}: {what}", page.truth.page)),
            );
        }
    }
    Ok(proof)
}

/// Answers that are certain and wrong.
fn silent(truth: &PageTruth, reading: &PageReading) -> Vec<String> {
    if reading.status == Status::Unreadable {
        let why: Vec<&str> = reading.problems.iter().map(|p| p.detail.as_str()).collect();
        return vec![format!("cannot be read: {}", why.join("; "))];
    }
    let mut wrong = Vec::new();
    for question in &truth.questions {
        let Some(answer) = reading.answers.get(&question.id) else {
            wrong.push(format!("{} was not read", question.id));
            continue;
        };
        if !answer.state.needs_person() && answer.choices != question.choices {
            wrong.push(format!(
                "{} was read as {:?} instead of {:?}",
                question.id, answer.choices, question.choices
            ));
        }
    }
    wrong
}

/// The blank pages of a learned form.
fn blanks(layout: &Layout) -> Vec<Scan> {
    layout
        .pages
        .iter()
        .filter_map(|page| page.reference.as_ref())
        .map(|reference| {
            let (x, y) = reference.px_per_mm;
            Scan {
                image: (*reference.image).clone(),
                dpi: Some((x / px_per_mm(1.0), y / px_per_mm(1.0))),
                bilevel: false,
            }
        })
        .collect()
}

/// The box with this number of every question on the page; of a question with
/// fewer, counted on from its first, as nobody leaves nearly all of a page blank.
fn marked<'a>(layout: &Layout, page: &'a PageLayout, pattern: usize) -> Vec<&'a BoxSpec> {
    page.boxes
        .iter()
        .filter(|b| {
            layout
                .question(&b.question)
                .and_then(|q| q.choices.get(pattern % q.choices.len().max(1)))
                .is_some_and(|choice| *choice == b.choice)
        })
        .collect()
}

fn scale(image: &GrayImage, page: &PageLayout) -> (f64, f64) {
    let (w, h) = image.dimensions();
    (
        f64::from(w) / page.size.width,
        f64::from(h) / page.size.height,
    )
}

/// Draws a cross into a box.
fn cross(image: &mut GrayImage, page: &PageLayout, b: &BoxSpec) {
    let (sx, sy) = scale(image, page);
    let r = b.rect;
    let around = r.inflate(1.0, 1.0);
    let (w, h) = image.dimensions();
    let clamp = |v: f64, most: u32| (v.max(0.0) as u32).min(most);
    for y in clamp(around.min_y() * sy, h)..clamp(around.max_y() * sy, h) {
        for x in clamp(around.min_x() * sx, w)..clamp(around.max_x() * sx, w) {
            let at = MmPoint::new((f64::from(x) + 0.5) / sx, (f64::from(y) + 0.5) / sy);
            let near = CROSS
                .iter()
                .map(|[x0, y0, x1, y1]| {
                    let on = |fx: f64, fy: f64| {
                        MmPoint::new(
                            r.origin.x + fx * r.size.width,
                            r.origin.y + fy * r.size.height,
                        )
                    };
                    distance(at, on(*x0, *y0), on(*x1, *y1))
                })
                .fold(f64::MAX, f64::min);
            // One pixel of a soft edge.
            let cover = ((PEN_MM / 2.0 - near) * sx + 0.5).clamp(0.0, 1.0);
            let Luma([old]) = *image.get_pixel(x, y);
            let ink = f64::from(old) + cover * (PEN_GRAY.min(f64::from(old)) - f64::from(old));
            image.put_pixel(x, y, Luma([ink.round() as u8]));
        }
    }
}

/// From a point to a stretch of line.
fn distance(p: MmPoint, a: MmPoint, b: MmPoint) -> f64 {
    let along = b - a;
    let t = ((p - a).dot(along) / along.square_length().max(1e-9)).clamp(0.0, 1.0);
    (p - (a + along * t)).length()
}

/// A photocopy, scanned in black and white at [`ROUGH_DPI`]: the mean over each
/// coarse pixel and a little around it, then a threshold.
fn rough(image: &GrayImage, page: &PageLayout) -> Scan {
    let (sx, sy) = scale(image, page);
    let per_mm = px_per_mm(ROUGH_DPI);
    let side = |mm: f64| (mm * per_mm).round().max(1.0) as u32;
    let (width, height) = (side(page.size.width), side(page.size.height));
    let stride = image.width() as usize;
    let columns = seen(width, sx / per_mm, stride);
    let mut copy = Vec::with_capacity(width as usize * height as usize);
    for rows in seen(height, sy / per_mm, image.height() as usize) {
        let mut sums = vec![0_u32; stride];
        for row in rows.clone() {
            let row = &image.as_raw()[row * stride..][..stride];
            for (sum, &p) in sums.iter_mut().zip(row) {
                *sum += u32::from(p);
            }
        }
        copy.extend(columns.iter().map(|columns| {
            let sum: u32 = sums[columns.clone()].iter().sum();
            let mean = sum.checked_div((rows.len() * columns.len()) as u32);
            let black = mean.unwrap_or(255) < u32::from(COPY_THRESHOLD);
            if black { 0 } else { 255 }
        }));
    }
    Scan {
        image: GrayImage::from_raw(width, height, copy).unwrap_or_default(),
        dpi: Some((ROUGH_DPI, ROUGH_DPI)),
        bilevel: true,
    }
}

/// The pixels, of so many, that each of some coarser ones sees, which are so many times as
/// wide: a quarter of one more on each side blurs like a copier's lens.
fn seen(coarse: u32, times: f64, of: usize) -> Vec<Range<usize>> {
    let range = |at: u32| {
        let from = ((f64::from(at) - 0.25) * times).floor().max(0.0) as usize;
        let to = ((f64::from(at) + 1.25) * times).ceil().max(1.0) as usize;
        from.min(of.saturating_sub(1))..to.min(of)
    };
    (0..coarse).map(range).collect()
}

/// What the reading says that was not so. (A page without any mark asks in black and
/// white, and rightly: nobody knows what that left of a light pen.)
fn judge(
    layout: &Layout,
    page: &PageLayout,
    marked: &[&BoxSpec],
    serial: Option<&str>,
    reading: &PageReading,
    bilevel: bool,
) -> Vec<String> {
    let asks = bilevel && marked.is_empty();
    if reading.status == Status::Unreadable {
        let why: Vec<&str> = reading.problems.iter().map(|p| p.detail.as_str()).collect();
        return vec![format!("cannot be read: {}", why.join("; "))];
    }
    let problems = reading.problems.iter();
    let mut wrong: Vec<String> = problems
        .filter(|p| !(asks && p.code == ProblemCode::FaintPen))
        .map(|p| p.detail.clone())
        .collect();
    if reading.page != Some(page.page) {
        wrong.push(format!("was taken for page {:?}", reading.page));
    }
    if reading.serial.as_deref() != serial {
        wrong.push(format!("the serial was read as {:?}", reading.serial));
    }
    for mark in &reading.marks {
        let is = marked
            .iter()
            .any(|b| b.question == mark.question && b.choice == mark.choice);
        let right = if is {
            MarkState::Marked
        } else {
            MarkState::Unmarked
        };
        if mark.state != right {
            wrong.push(format!(
                "{}/{} was read as {:?}",
                mark.question, mark.choice, mark.state
            ));
        }
    }
    for (id, answer) in &reading.answers {
        let count = marked.iter().filter(|b| b.question == *id).count();
        let single = layout
            .question(id)
            .is_some_and(|q| q.kind == QuestionKind::Single);
        let expected = match count {
            0 if asks => AnswerState::Marginal,
            0 => AnswerState::Blank,
            n if n > 1 && single => AnswerState::Overvote,
            _ => AnswerState::Answered,
        };
        if answer.state != expected {
            wrong.push(format!("{id} was read as {:?}", answer.state));
        }
    }
    wrong
}
