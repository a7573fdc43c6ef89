//! The run: sheets in parallel, results in order.

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::form::{Layout, LoadedForm};
use crate::read::{PageReading, ReadOptions, Reader, Status};
use crate::synth::{Level, SimulatedPage, Simulator, SynthError};

use super::checkpoint::{CheckpointError, Keeper, State};
use super::compare::{PageScore, compare};
use super::group::conditions_of;
use super::picture;
use super::report::Report;
use super::scores::MarkScores;

/// How much to do, over all forms together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Amount {
    /// At least so many page images.
    Pages(u64),
    /// At least so many boxes.
    Positions(u64),
    /// Of each form the sheet of this number alone, as an error names it.
    Sheet(u64),
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
    /// Folder for pictures of silent errors and of unreadable pages; of
    /// [`Amount::Sheet`] for its scans and their truth, too, in a folder a form.
    pub pictures: Option<PathBuf>,
    /// Pictures of clear questions that were flagged, too.
    pub flagged_pictures: bool,
    /// Threads; 0: as many as the machine has.
    pub threads: usize,
    /// The command that this is, for the report.
    pub command: String,
    /// The program that this is, for the report; parts of one run must be of
    /// the same.
    pub program: String,
    /// File that keeps what was counted, and from which the run goes on if it
    /// exists.
    pub checkpoint: Option<PathBuf>,
}

/// How far a run has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// Pages done, in all parts of the run.
    pub done: u64,
    /// Of them, in parts before this one.
    pub before: u64,
    /// Pages in all.
    pub all: u64,
    /// Silent errors so far.
    pub silent_errors: u64,
    /// Wall time of this part.
    pub elapsed: Duration,
}

impl Progress {
    /// What is left at the speed so far; `None` at the beginning.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        let made = self.done.saturating_sub(self.before);
        let left = self.all.saturating_sub(self.done) as f64;
        let seconds = self.elapsed.as_secs_f64() * left / made as f64;
        (made > 0).then(|| Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
    }
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
    /// The run cannot go on, or not be kept.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

/// Sheets of each thread between two reports of progress: results of so many are
/// held, and all threads wait for the last of them.
const CHUNK_PER_THREAD: u64 = 16;

/// Most pictures of one run, and most of silent errors: enough to see what is wrong.
const MOST_PICTURES: usize = 400;

/// Letters of a reason that go into a file name: enough to sort by, short enough
/// for any file system.
const MOST_OF_A_REASON: usize = 32;

/// Runs the selftest. `progress` is told how far it is.
///
/// # Errors
/// [`SelftestError`].
pub fn run(plan: &Plan, progress: &(dyn Fn(Progress) + Sync)) -> Result<Report, SelftestError> {
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(plan.threads)
        .build()
        .map_err(|e| SelftestError::Threads(e.to_string()))?;
    pool.install(|| run_here(plan, progress))
}

fn run_here(plan: &Plan, progress: &(dyn Fn(Progress) + Sync)) -> Result<Report, SelftestError> {
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
    let mut keeper = Keeper::new(plan, &layouts);
    let mut state = match keeper.load()? {
        Some(state) => state,
        None => State {
            form: 0,
            sheet: 0,
            pages: 0,
            pictures: 0,
            reading_seconds: 0.0,
            seconds: 0.0,
            report: Report::new(plan.level, plan.seed),
        },
    };
    let (before, seconds_before) = (state.pages, state.seconds);
    // A file that cannot be written is known before a day has passed.
    keeper.keep_now(&state)?;
    let reader = Reader::new(layouts, ReadOptions::default());
    let sheets: Vec<Range<u64>> = forms
        .iter()
        .map(|f| sheets_of(&f.layout, plan.amount, forms.len() as u64))
        .collect();
    let all: u64 = forms
        .iter()
        .zip(&sheets)
        .map(|(f, of_form)| (of_form.end - of_form.start) * f.layout.pages.len() as u64)
        .sum();
    let chunk = CHUNK_PER_THREAD * rayon::current_num_threads() as u64;
    while let (Some(form), Some(of_form)) = (forms.get(state.form), sheets.get(state.form)) {
        let simulator = Simulator::for_form(form, plan.level, plan.seed)?;
        if let (Amount::Sheet(n), Some(dir)) = (plan.amount, &plan.pictures) {
            simulator.write_to(&dir.join(&form.layout.form), n, 1)?;
        }
        state.sheet = state.sheet.max(of_form.start);
        while state.sheet < of_form.end {
            let last = (state.sheet + chunk).min(of_form.end);
            let room = state.pictures < MOST_PICTURES;
            let pictures = Pictures {
                silent: state.report.counts.silent_errors < MOST_PICTURES as u64,
                flagged: room && plan.flagged_pictures,
                unreadable: room,
            };
            let results: Vec<SheetScored> = (state.sheet..last)
                .into_par_iter()
                .map(|n| sheet(&simulator, &reader, n, plan, pictures))
                .collect::<Result<_, _>>()?;
            for made in results {
                state.pages += made.pages.len() as u64;
                state.reading_seconds += made.time.as_secs_f64();
                state.pictures += made.pictures;
                for because in made.unreadable_because {
                    *state.report.unreadable_because.entry(because).or_default() += 1;
                }
                state.report.scores.merge(&made.scores);
                state.report.add_sheet(&form.layout.form, made.pages);
            }
            state.sheet = last;
            let elapsed = start.elapsed();
            state.seconds = seconds_before + elapsed.as_secs_f64();
            keeper.keep(&state)?;
            progress(Progress {
                done: state.pages,
                before,
                all,
                silent_errors: state.report.counts.silent_errors,
                elapsed,
            });
        }
        state.form += 1;
        state.sheet = 0;
    }
    keeper.keep_now(&state)?;
    let mut report = state.report;
    report.finish();
    report.command.clone_from(&plan.command);
    report.program.clone_from(&plan.program);
    report.seconds = state.seconds;
    report.pages_per_second = state.pages as f64 / state.seconds.max(1e-9);
    report.read_ms_per_page = state.reading_seconds * 1000.0 / (state.pages.max(1)) as f64;
    report.threads = rayon::current_num_threads();
    Ok(report)
}

fn sheets_of(layout: &Layout, amount: Amount, forms: u64) -> Range<u64> {
    let (wanted, per_sheet) = match amount {
        Amount::Sheet(n) => return n..n.saturating_add(1),
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
    0..wanted.div_ceil(forms).div_ceil(per_sheet.max(1))
}

/// What is still to be drawn. (Pictures of flagged questions once left no room for
/// those of silent errors.)
#[derive(Debug, Clone, Copy)]
struct Pictures {
    silent: bool,
    flagged: bool,
    unreadable: bool,
}

/// One sheet, compared.
#[derive(Default)]
struct SheetScored {
    /// Each page with the conditions that it came to be under.
    pages: Vec<(PageScore, Vec<(&'static str, String)>)>,
    scores: MarkScores,
    time: Duration,
    unreadable_because: Vec<String>,
    pictures: usize,
}

fn sheet(
    simulator: &Simulator,
    reader: &Reader,
    n: u64,
    plan: &Plan,
    pictures: Pictures,
) -> Result<SheetScored, SelftestError> {
    let made = simulator.sheet(n)?;
    let mut out = SheetScored::default();
    for page in &made.pages {
        let start = Instant::now();
        let (reading, why) = reader.explain(&page.scan);
        out.time += start.elapsed();
        out.scores.add(&page.truth, &reading, &why.boxes);
        let mut score = compare(&page.truth, &reading);
        let because = unreadable_because(&reading);
        if let Some(dir) = &plan.pictures {
            out.pictures += save_pictures(
                dir,
                page,
                simulator,
                &mut score,
                because.as_deref(),
                pictures,
            )?;
        }
        out.unreadable_because.extend(because);
        out.pages
            .push((score, conditions_of(&page.truth, &made.respondent)));
    }
    Ok(out)
}

/// Pictures of what went wrong on a page; says how many.
fn save_pictures(
    dir: &Path,
    page: &SimulatedPage,
    simulator: &Simulator,
    score: &mut PageScore,
    unreadable_because: Option<&str>,
    wanted: Pictures,
) -> Result<usize, SelftestError> {
    let truth = &page.truth;
    let Some(layout) = simulator.layout().page(truth.page) else {
        return Ok(0);
    };
    let stem = format!("{}-{:06}-p{}", truth.form, truth.sheet, truth.page);
    let mut saved = 0;
    for error in score.errors.iter_mut().filter(|_| wanted.silent) {
        let what = if error.question.is_empty() {
            "page"
        } else {
            &error.question
        };
        let name = format!("silent-{stem}-{what}.png");
        picture::save(page, layout, &error.question, &dir.join(&name))?;
        error.picture = Some(name);
        saved += 1;
    }
    if wanted.flagged {
        for (question, why) in &score.flagged_clear {
            let why: String = why
                .chars()
                .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
                .take(MOST_OF_A_REASON)
                .collect();
            let name = format!("flagged-{why}-{stem}-{question}.png");
            picture::save(page, layout, question, &dir.join(name))?;
            saved += 1;
        }
    }
    if let Some(because) = unreadable_because.filter(|_| wanted.unreadable) {
        let name = format!("unreadable-{because}-{stem}.png");
        picture::save(page, layout, "", &dir.join(name))?;
        saved += 1;
    }
    Ok(saved)
}

fn unreadable_because(reading: &PageReading) -> Option<String> {
    (reading.status == Status::Unreadable).then(|| {
        let first = reading.problems.first();
        first.map_or_else(|| "no-reason-given".into(), |p| p.code.word())
    })
}

#[cfg(test)]
mod tests {
    use super::super::compare::{SilentError, SilentKind};
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
            command: String::new(),
            program: String::new(),
            checkpoint: None,
        };
        let one = run(&plan(1), &|_| {}).unwrap();
        let three = run(&plan(3), &|_| {}).unwrap();
        assert_eq!(one.counts.pages, 4);
        assert_eq!(one.counts, three.counts);
        assert_eq!(one.errors, three.errors);
        assert_eq!(one.marks_by_drawing, three.marks_by_drawing);
        assert_eq!(one.total, three.total);
        assert_eq!(one.by_condition, three.by_condition);
        assert_eq!(one.scores, three.scores);
        assert_eq!(one.threads, 1);
    }

    /// What is proven by readings that explain themselves holds for those that an
    /// office gets.
    #[test]
    fn a_reading_that_is_explained_is_the_same() {
        let library = Library::load(&[]).unwrap();
        let form = library.resolve("ba-dinh-2022").unwrap();
        let reader = Reader::new(library.layouts(), ReadOptions::default());
        let simulator = Simulator::for_form(&form, Level::Hard, 3).unwrap();
        for n in 0..6 {
            for page in simulator.sheet(n).unwrap().pages {
                let (explained, why) = reader.explain(&page.scan);
                assert_eq!(explained, reader.read(&page.scan));
                if explained.status != Status::Unreadable {
                    assert_eq!(why.boxes.len(), explained.marks.len());
                }
            }
        }
    }

    /// Pictures of flagged questions once left no room for those of silent errors.
    #[test]
    fn silent_errors_are_drawn_when_there_is_no_room_for_others() {
        let form = Library::load(&[]).unwrap().resolve("ba-dinh-2022").unwrap();
        let simulator = Simulator::for_form(&form, Level::Clean, 3).unwrap();
        let made = simulator.sheet(0).unwrap();
        let page = &made.pages[0];
        let mut score = PageScore {
            errors: vec![SilentError {
                drawn_like_an_answer: false,
                form: page.truth.form.clone(),
                sheet: 0,
                page: 1,
                question: "q1".into(),
                kind: SilentKind::Answer,
                truth: String::new(),
                read: String::new(),
                picture: None,
            }],
            flagged_clear: vec![("q2".into(), "faint".into())],
            ..PageScore::default()
        };
        let dir = tempfile::tempdir().unwrap();
        let only = Pictures {
            silent: true,
            flagged: false,
            unreadable: false,
        };
        let saved = save_pictures(dir.path(), page, &simulator, &mut score, Some("x"), only);
        assert_eq!(saved.unwrap(), 1);
        let name = score.errors[0].picture.clone().unwrap();
        assert!(dir.path().join(name).exists());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn amounts_are_met() {
        let layout = crate::synth::sample::layout();
        let boxes: u64 = layout.pages.iter().map(|p| p.boxes.len() as u64).sum();
        assert_eq!(sheets_of(&layout, Amount::Pages(5), 1), 0..3);
        assert_eq!(
            sheets_of(&layout, Amount::Positions(boxes * 3 + 1), 1),
            0..4
        );
        assert_eq!(sheets_of(&layout, Amount::Positions(boxes * 8), 2), 0..4);
        assert_eq!(sheets_of(&layout, Amount::Sheet(7), 2), 7..8);
    }
}
