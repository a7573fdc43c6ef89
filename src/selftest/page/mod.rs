//! A page about accuracy and speed, with plots, from the reports of one or
//! several runs. Whatever stands in it is in the reports; nothing is measured
//! here.

mod conditions;
mod figures;
mod plot;
mod speed;
mod text;
mod words;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::report::Report;
use conditions::What;
use speed::Speed;

/// What a page is made of.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Reports of runs, each of another level or seed.
    pub reports: Vec<Report>,
    /// What the speed measurement printed.
    pub speed: Option<String>,
    /// What a check by others found, as Markdown.
    pub independent: Option<String>,
}

/// Why there is no page.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// No reports.
    #[error("there is no report to make a page of")]
    Nothing,
    /// Two reports of the same sheets.
    #[error(
        "two reports are of level {level} with seed {seed}: the same sheets would stand there twice"
    )]
    Twice {
        /// Level of both.
        level: String,
        /// Seed of both.
        seed: u64,
    },
    /// A report cannot be written as JSON.
    #[error("cannot write a report as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A file cannot be written.
    #[error("cannot write {}: {source}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// Name of the page in its folder.
const PAGE: &str = "accuracy.md";

/// Names of the other files that belong to a page.
#[derive(Debug, Clone)]
pub(super) struct Files {
    /// Of each report: its JSON and the plot of its scores.
    pub of_runs: Vec<(String, String)>,
    pub reliability: &'static str,
    pub flagged: &'static str,
    pub unreadable: &'static str,
    /// Where the model tells its prices.
    pub prices: Option<&'static str>,
    /// What was measured of speed, and the plot where there is something to plot.
    pub speed: Option<(&'static str, Option<&'static str>)>,
}

/// Writes the page and everything that belongs to it into a folder, which is
/// made if it is not there; says where the page is.
///
/// # Errors
/// [`PageError`].
pub fn write(dir: &Path, sources: &Sources) -> Result<PathBuf, PageError> {
    let mut runs: Vec<(&Report, String)> = Vec::new();
    for report in &sources.reports {
        if runs
            .iter()
            .any(|(r, _)| (r.level, r.seed) == (report.level, report.seed))
        {
            return Err(PageError::Twice {
                level: report.level.to_string(),
                seed: report.seed,
            });
        }
        runs.push((report, format!("{}, seed {}", report.level, report.seed)));
    }
    let Some((first, _)) = runs.first() else {
        return Err(PageError::Nothing);
    };
    let folder = Folder(dir);
    fs::create_dir_all(dir).map_err(|source| PageError::Write {
        path: dir.to_owned(),
        source,
    })?;
    let mut of_runs = Vec::new();
    for (run, name) in &runs {
        let stem = format!("{}-{}", run.level, run.seed);
        let (json, plot) = (
            format!("selftest-{stem}.json"),
            format!("scores-{stem}.svg"),
        );
        folder.put(&json, &(serde_json::to_string(run)? + "\n"))?;
        folder.put(&plot, &figures::scores(run, name))?;
        of_runs.push((json, plot));
    }
    let mut files = Files {
        of_runs,
        reliability: "reliability.svg",
        flagged: "flagged.svg",
        unreadable: "unreadable.svg",
        prices: None,
        speed: None,
    };
    folder.put(files.reliability, &figures::reliability(&runs))?;
    let figure = |what| conditions::figure(what, &runs);
    folder.put(files.flagged, &figure(What::FlaggedClear))?;
    folder.put(files.unreadable, &figure(What::Unreadable))?;
    if let Some(prices) = figures::prices(first) {
        folder.put("price.svg", &prices)?;
        files.prices = Some("price.svg");
    }
    let speed = sources.speed.as_deref().map(Speed::parse);
    if let (Some(text), Some(speed)) = (&sources.speed, &speed) {
        folder.put("speed.txt", text)?;
        let plot = match speed.figure() {
            Some(figure) => {
                folder.put("speed.svg", &figure)?;
                Some("speed.svg")
            }
            None => None,
        };
        files.speed = Some(("speed.txt", plot));
    }
    let page = text::page(
        &runs,
        &files,
        speed.as_ref(),
        sources.independent.as_deref(),
    );
    folder.put(PAGE, &page)?;
    Ok(dir.join(PAGE))
}

struct Folder<'a>(&'a Path);

impl Folder<'_> {
    fn put(&self, name: &str, text: &str) -> Result<(), PageError> {
        let path = self.0.join(name);
        fs::write(&path, text).map_err(|source| PageError::Write { path, source })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::model::{Limits, Price};
    use crate::synth::Level;

    fn report(level: Level, seed: u64) -> Report {
        let mut report = Report::new(level, seed);
        report.finish();
        report
    }

    /// A report of nothing at all is a page, too.
    #[test]
    fn a_page_of_nothing_has_no_figures_that_are_none() {
        let dir = tempfile::tempdir().unwrap();
        let sources = Sources {
            reports: vec![report(Level::Office, 1), report(Level::Hard, 1)],
            ..Sources::default()
        };
        let page = fs::read_to_string(write(dir.path(), &sources).unwrap()).unwrap();
        for nonsense in ["NaN", "inf", "{}"] {
            assert!(!page.contains(nonsense), "{nonsense} in {page}");
        }
    }

    #[test]
    fn the_same_sheets_do_not_stand_there_twice() {
        let dir = tempfile::tempdir().unwrap();
        let of = |reports| {
            write(
                dir.path(),
                &Sources {
                    reports,
                    ..Sources::default()
                },
            )
        };
        assert!(matches!(of(Vec::new()), Err(PageError::Nothing)));
        let twice = vec![report(Level::Hard, 4), report(Level::Hard, 4)];
        assert!(matches!(of(twice), Err(PageError::Twice { seed: 4, .. })));
        assert!(of(vec![report(Level::Hard, 4), report(Level::Hard, 5)]).is_ok());
    }

    /// Sheets that the model was learned from prove nothing about it.
    #[test]
    fn a_run_with_the_seed_of_the_model_is_said_to_prove_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let page = |seed: u64| {
            let mut r = report(Level::Office, seed);
            r.model.learned_by =
                "phieu model fit --sheets 2000 --seed 31 --silent-error-rate 1e-6".into();
            let sources = Sources {
                reports: vec![r],
                ..Sources::default()
            };
            fs::read_to_string(write(dir.path(), &sources).unwrap()).unwrap()
        };
        let said = "were also learned from";
        assert!(page(31).contains(said));
        assert!(!page(3).contains(said));
        assert!(!page(310).contains(said));
    }

    #[test]
    fn prices_and_speed_are_plotted_where_they_are_known() {
        let dir = tempfile::tempdir().unwrap();
        let mut r = report(Level::Office, 1);
        let limits = Limits {
            marked: 2.0,
            unmarked: -3.0,
            alone: -6.0,
        };
        r.model.prices = [(1e-4, 0.001), (1e-6, 0.0042)]
            .map(|(silent_error_rate, flagged)| Price {
                silent_error_rate,
                limits,
                flagged_office: flagged,
                flagged_hard: 8.0 * flagged,
            })
            .to_vec();
        let sources = Sources {
            reports: vec![r],
            speed: Some("300 JPEG 810 12.4 19.3 1.56 6.9 98\nmeasured on a quiet machine".into()),
            independent: Some("Others found 0 of 7 wrong.".into()),
        };
        let page = fs::read_to_string(write(dir.path(), &sources).unwrap()).unwrap();
        for said in [
            "(price.svg)",
            "(speed.svg)",
            "0.42 %",
            "3.4 %",
            "| 300 | JPEG | 810 | 12.40 | 19.30 | 1.56 | 98 |",
            "measured on a quiet machine",
            "Others found 0 of 7 wrong.",
        ] {
            assert!(page.contains(said), "{said} in {page}");
        }
        assert!(!page.contains("TO BE FILLED"), "{page}");
        assert!(dir.path().join("price.svg").exists());
        assert!(dir.path().join("speed.svg").exists());
    }
}
