//! A long run survives a power cut: what was counted so far is kept in a file,
//! and the same command goes on from there.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};

use crate::form::Layout;
use crate::read::model::MarkModel;
use crate::synth::Level;

use super::report::Report;
use super::run::{Amount, Plan};

/// Of the file's shape.
const VERSION: u32 = 1;

/// Most work that a power cut costs.
const EVERY: Duration = Duration::from_secs(60);

/// Why a run cannot go on, or not be kept.
#[derive(Debug, thiserror::Error)]
pub enum CheckpointError {
    /// The file cannot be read or written.
    #[error("cannot {what} the progress file {}: {source}", path.display())]
    Io {
        /// What was tried.
        what: &'static str,
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The file is none of ours.
    #[error("{} is no progress file of a selftest: {detail}; name another file", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        detail: String,
    },
    /// The file belongs to another run.
    #[error("{} is of another run: {what} then {then}, now {now}; name another file, or repeat the command of then", path.display())]
    OtherRun {
        /// The file.
        path: PathBuf,
        /// What differs.
        what: &'static str,
        /// In the file.
        then: String,
        /// Now.
        now: String,
    },
}

/// What must be the same for two parts to be one run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct RunId {
    program: String,
    model: String,
    level: Level,
    seed: u64,
    amount: Amount,
    forms: String,
    known: String,
}

impl RunId {
    fn of(plan: &Plan, known: &[Layout]) -> Self {
        let list = |layouts: &mut dyn Iterator<Item = &Layout>| {
            let names: Vec<String> = layouts
                .map(|l| format!("{} {} {}", l.form, l.version, l.digest))
                .collect();
            names.join(", ")
        };
        Self {
            program: plan.program.clone(),
            model: MarkModel::shipped_id().to_owned(),
            level: plan.level,
            seed: plan.seed,
            amount: plan.amount,
            forms: list(&mut plan.forms.iter().map(|f| &f.layout)),
            known: list(&mut known.iter()),
        }
    }

    fn difference(&self, now: &Self) -> Option<(&'static str, String, String)> {
        let of = |id: &Self| {
            [
                ("the program was", id.program.clone()),
                ("the mark model was", id.model.clone()),
                ("the level was", id.level.to_string()),
                ("the seed was", id.seed.to_string()),
                ("the amount was", format!("{:?}", id.amount)),
                ("the tested forms were", id.forms.clone()),
                ("the known forms were", id.known.clone()),
            ]
        };
        of(self)
            .into_iter()
            .zip(of(now))
            .find(|(then, now)| then != now)
            .map(|((what, then), (_, now))| (what, then, now))
    }
}

/// How far a run has come.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct State {
    /// Form that is at work, by its place in the plan.
    pub form: usize,
    /// Its next sheet.
    pub sheet: u64,
    /// Pages done.
    pub pages: u64,
    /// Pictures written.
    pub pictures: usize,
    /// Time that the reader took, s.
    pub reading_seconds: f64,
    /// Wall time of the parts before this one, s.
    pub seconds: f64,
    /// What was counted.
    pub report: Report,
}

#[derive(Serialize, Deserialize)]
struct Kept<S> {
    selftest_progress: u32,
    run: RunId,
    state: S,
}

/// Keeps a run's state in a file, from time to time.
pub(super) struct Keeper {
    path: Option<PathBuf>,
    run: RunId,
    last: Option<Instant>,
}

impl Keeper {
    pub(super) fn new(plan: &Plan, known: &[Layout]) -> Self {
        Self {
            path: plan.checkpoint.clone(),
            run: RunId::of(plan, known),
            last: None,
        }
    }

    /// The state that the file keeps; `None` where there is no file yet.
    pub(super) fn load(&self) -> Result<Option<State>, CheckpointError> {
        let Some(path) = &self.path else {
            return Ok(None);
        };
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => {
                return Err(CheckpointError::Io {
                    what: "read",
                    path: path.clone(),
                    source,
                });
            }
        };
        let foreign = |detail: String| CheckpointError::Foreign {
            path: path.clone(),
            detail,
        };
        let kept: Kept<State> = serde_json::from_str(&text).map_err(|e| foreign(e.to_string()))?;
        if kept.selftest_progress != VERSION {
            return Err(foreign(format!(
                "its version is {}, this program's is {VERSION}",
                kept.selftest_progress
            )));
        }
        match kept.run.difference(&self.run) {
            None => Ok(Some(kept.state)),
            Some((what, then, now)) => Err(CheckpointError::OtherRun {
                path: path.clone(),
                what,
                then,
                now,
            }),
        }
    }

    /// Keeps the state if the last time is long enough ago.
    pub(super) fn keep(&mut self, state: &State) -> Result<(), CheckpointError> {
        if self.last.is_some_and(|t| t.elapsed() < EVERY) {
            return Ok(());
        }
        self.last = Some(Instant::now());
        self.keep_now(state)
    }

    /// Keeps the state.
    pub(super) fn keep_now(&self, state: &State) -> Result<(), CheckpointError> {
        let Some(path) = &self.path else {
            return Ok(());
        };
        let kept = Kept {
            selftest_progress: VERSION,
            run: self.run.clone(),
            state,
        };
        write(path, &kept).map_err(|source| CheckpointError::Io {
            what: "write",
            path: path.clone(),
            source,
        })
    }
}

/// Beside the old one first: there is a whole file at any moment.
fn write(path: &Path, kept: &impl Serialize) -> io::Result<()> {
    let mut part = path.as_os_str().to_owned();
    part.push(".part");
    let part = PathBuf::from(part);
    let mut file = File::create(&part)?;
    file.write_all(&serde_json::to_vec(kept)?)?;
    file.sync_all()?;
    drop(file);
    fs::rename(&part, path)
}
