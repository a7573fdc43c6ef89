//! The run: sheets in parallel, results in order.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::form::{Layout, LoadedForm};
use crate::read::{PageReading, ReadOptions, Reader, Status};
use crate::synth::{Level, Simulator, SynthError};

use super::compare::{PageScore, compare};
use super::picture;
use super::report::Report;

/// How much to do, over all forms together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Amount {
    /// At least so many page images.
    Pages(u64),
    /// At least so many boxes.
    Positions(u64),
}

/// What to do.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The forms that are tested; their share of the work is equal.
    pub forms: Vec<LoadedForm>,
    /// What the reader knows besides them.
    pub others: Vec<Layout>,
    /// Level of the simulation.
    pub level: Level,
    /// Seed of the simulation.
    pub seed: u64,
    /// How much.
    pub amount: Amount,
    /// Folder for pictures of silent errors and of unreadable pages.
    pub pictures: Option<PathBuf>,
    /// Pictures of clear questions that were flagged, too.
    pub flagged_pictures: bool,
    /// Threads; 0: as many as the machine has.
    pub threads: usize,
}

/// Why the selftest could not run.
#[derive(Debug, thiserror::Error)]
pub enum SelftestError {
    /// There is no form to test, or none with boxes.
    #[error("there is no form with boxes to test")]
    NoForm,
    /// The threads could not be started.
    #[error("cannot start the threads: {0}")]
    Threads(String),
    /// A page could not be made, or a picture not be written.
    #[error(transparent)]
    Synth(#[from] SynthError),
}

/// Sheets between two reports of progress: results of so many are held.
const CHUNK: u64 = 64;

/// Most pictures of one run: enough to see what is wrong.
const MOST_PICTURES: usize = 400;

/// Letters of a reason that go into a file name: enough to sort by, short enough
/// for any file system.
const MOST_OF_A_REASON: usize = 32;

/// Runs the selftest. `progress` is told pages done and pages in all.
///
/// # Errors
/// [`SelftestError`].
pub fn run(plan: &Plan, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Report, SelftestError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(plan.threads)
        .build()
        .map_err(|e| SelftestError::Threads(e.to_string()))?;
    pool.install(|| run_here(plan, progress))
}

fn run_here(plan: &Plan, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<Report, SelftestError> {
    let forms: Vec<&LoadedForm> = plan
        .forms
        .iter()
        .filter(|f| f.layout.pages.iter().any(|p| !p.boxes.is_empty()))
        .collect();
    if forms.is_empty() {
        return Err(SelftestError::NoForm);
    }
    let mut layouts: Vec<Layout> = plan.forms.iter().map(|f| f.layout.clone()).collect();
    for other in &plan.others {
        if !layouts
            .iter()
            .any(|l| (&l.form, l.version) == (&other.form, other.version))
        {
            layouts.push(other.clone());
        }
    }
    let start = Instant::now();
    let reader = Reader::new(layouts, ReadOptions::default());
    let mut report = Report::new(plan.level, plan.seed);
    let mut reading_time = Duration::ZERO;
    let sheets: Vec<u64> = forms
        .iter()
        .map(|f| sheets_of(&f.layout, plan.amount, forms.len() as u64))
        .collect();
    let all: u64 = forms
        .iter()
        .zip(&sheets)
        .map(|(f, n)| n * f.layout.pages.len() as u64)
        .sum();
    let mut done = 0;
    let mut pictures = 0;
    for (form, sheets) in forms.iter().zip(&sheets) {
        let simulator = Simulator::for_form(form, plan.level, plan.seed)?;
        let mut first = 0;
        while first < *sheets {
            let last = (first + CHUNK).min(*sheets);
            let results: Vec<Vec<Scored>> = (first..last)
                .into_par_iter()
                .map(|n| sheet(&simulator, &reader, n, plan, pictures < MOST_PICTURES))
                .collect::<Result<_, _>>()?;
            for page in results.into_iter().flatten() {
                done += 1;
                reading_time += page.time;
                pictures += page.pictures;
                if let Some(because) = page.unreadable_because {
                    *report.unreadable_because.entry(because).or_default() += 1;
                }
                report.add(&form.layout.form, page.score);
            }
            progress(done, all);
            first = last;
        }
    }
    report.finish();
    report.seconds = start.elapsed().as_secs_f64();
    report.pages_per_second = done as f64 / report.seconds.max(1e-9);
    report.read_ms_per_page = reading_time.as_secs_f64() * 1000.0 / (done.max(1)) as f64;
    report.threads = rayon::current_num_threads();
    Ok(report)
}

fn sheets_of(layout: &Layout, amount: Amount, forms: u64) -> u64 {
    let (wanted, per_sheet) = match amount {
        Amount::Pages(n) => (n, layout.pages.len() as u64),
        Amount::Positions(n) => (
            n,
            layout
                .pages
                .iter()
                .map(|p| p.boxes.len() as u64)
                .sum::<u64>(),
        ),
    };
    wanted.div_ceil(forms).div_ceil(per_sheet.max(1))
}

/// One page, compared.
struct Scored {
    score: PageScore,
    time: Duration,
    unreadable_because: Option<String>,
    pictures: usize,
}

fn sheet(
    simulator: &Simulator,
    reader: &Reader,
    n: u64,
    plan: &Plan,
    pictures: bool,
) -> Result<Vec<Scored>, SelftestError> {
    let made = simulator.sheet(n)?;
    let mut out = Vec::with_capacity(made.pages.len());
    for page in &made.pages {
        let start = Instant::now();
        let reading = reader.read(&page.scan);
        let mut scored = Scored {
            time: start.elapsed(),
            score: compare(&page.truth, &reading),
            unreadable_because: unreadable_because(&reading),
            pictures: 0,
        };
        if let Some(dir) = plan.pictures.as_ref().filter(|_| pictures)
            && let Some(layout) = simulator.layout().page(page.truth.page)
        {
            let stem = format!("{}-{n:06}-p{}", page.truth.form, page.truth.page);
            for error in &mut scored.score.errors {
                let what = if error.question.is_empty() {
                    "page"
                } else {
                    &error.question
                };
                let name = format!("silent-{stem}-{what}.png");
                picture::save(page, layout, &error.question, &dir.join(&name))?;
                error.picture = Some(name);
                scored.pictures += 1;
            }
            if plan.flagged_pictures {
                for (question, why) in &scored.score.flagged_clear {
                    let why: String = why
                        .chars()
                        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
                        .take(MOST_OF_A_REASON)
                        .collect();
                    let name = format!("flagged-{why}-{stem}-{question}.png");
                    picture::save(page, layout, question, &dir.join(name))?;
                    scored.pictures += 1;
                }
            }
            if let Some(because) = &scored.unreadable_because {
                let name = format!("unreadable-{because}-{stem}.png");
                picture::save(page, layout, "", &dir.join(name))?;
                scored.pictures += 1;
            }
        }
        out.push(scored);
    }
    Ok(out)
}

fn unreadable_because(reading: &PageReading) -> Option<String> {
    (reading.status == Status::Unreadable).then(|| {
        reading
            .problems
            .first()
            .and_then(|p| serde_json::to_value(p.code).ok())
            .and_then(|v| v.as_str().map(str::to_owned))
            .unwrap_or_else(|| "no-reason-given".into())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::Library;

    /// The same plan finds the same, on one thread or on three, whatever the
    /// reader does with the pages.
    #[test]
    fn threads_do_not_matter() {
        let library = Library::load(&[]).unwrap();
        let plan = |threads| Plan {
            forms: vec![library.resolve("ba-dinh-2022").unwrap()],
            others: library.layouts(),
            level: Level::Office,
            seed: 2,
            amount: Amount::Pages(4),
            pictures: None,
            flagged_pictures: false,
            threads,
        };
        let one = run(&plan(1), &|_, _| {}).unwrap();
        let three = run(&plan(3), &|_, _| {}).unwrap();
        assert_eq!(one.counts.pages, 4);
        assert_eq!(one.counts, three.counts);
        assert_eq!(one.errors, three.errors);
        assert_eq!(one.marks_by_drawing, three.marks_by_drawing);
        assert_eq!(one.threads, 1);
    }

    #[test]
    fn amounts_are_met() {
        let layout = crate::synth::sample::layout();
        let boxes: u64 = layout.pages.iter().map(|p| p.boxes.len() as u64).sum();
        assert_eq!(sheets_of(&layout, Amount::Pages(5), 1), 3);
        assert_eq!(sheets_of(&layout, Amount::Positions(boxes * 3 + 1), 1), 4);
        assert_eq!(sheets_of(&layout, Amount::Positions(boxes * 8), 2), 4);
    }
}
