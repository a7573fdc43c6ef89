//! Learns the mark model ([`crate::read::model`]) from simulated sheets. May use
//! `form`, `page`, `read` and `synth`.
//!
//! Sheets of the office and the hard level are read ([`collect`]); the curves are
//! learned from those with even numbers ([`logistic`]), the limits set by those
//! with odd numbers ([`limits`]) so that the wanted silent error rate is kept,
//! and what that costs is counted on the same ([`price`]).

mod collect;
mod limits;
mod logistic;
mod price;

use crate::form::{Layout, LoadedForm};
use crate::read::model::{MODEL_VERSION, MarkModel, Origin, Price};
use crate::synth::{Level, SynthError};

use collect::{Label, Sampled};

/// What to learn from.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The forms that are simulated.
    pub forms: Vec<LoadedForm>,
    /// What the reader knows besides them.
    pub others: Vec<Layout>,
    /// Sheets of each form at each of the two levels.
    pub sheets: u64,
    /// Seed of the simulation.
    pub seed: u64,
    /// Wanted silent errors per box.
    pub silent_error_rate: f64,
    /// The command that this is, for the file.
    pub command: String,
}

/// Why nothing was learned.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// A sheet could not be made.
    #[error(transparent)]
    Synth(#[from] SynthError),
    /// Too few sheets.
    #[error("{marks} marks and {empty} empty boxes are too few to learn from: take more sheets")]
    TooFew {
        /// Marks among the boxes learned from.
        marks: usize,
        /// Empty boxes among them.
        empty: usize,
    },
}

/// Rates that the file gives the price of, beside the wanted one.
const RATES: [f64; 5] = [1e-3, 1e-4, 1e-5, 1e-6, 1e-7];

/// Fewer marks or empty boxes than this teach nothing.
const FEWEST: usize = 500;

/// Learns. `progress` is told sheets done and sheets in all.
///
/// # Errors
/// [`FitError`].
pub fn fit(plan: &Plan, progress: &(dyn Fn(u64, u64) + Sync)) -> Result<MarkModel, FitError> {
    let sampled = collect::collect(plan, progress)?;
    let boxes = |even: bool| {
        sampled
            .iter()
            .filter(move |q| q.sheet.is_multiple_of(2) == even)
            .flat_map(|q| &q.boxes)
    };
    let plain: Vec<_> = boxes(true)
        .filter(|b| b.label.is_some() && !b.evidence.hidden && !b.evidence.explained)
        .collect();
    let marks = plain
        .iter()
        .filter(|b| b.label == Some(Label::Mark))
        .count();
    let empty = plain.len() - marks;
    if marks.min(empty) < FEWEST {
        return Err(FitError::TooFew { marks, empty });
    }
    let (bias, curves) = logistic::fit(&plain);
    let mut model = MarkModel {
        version: MODEL_VERSION,
        silent_error_rate: plan.silent_error_rate,
        bias,
        limits: limits::NONE,
        origin: Origin {
            command: plan.command.clone(),
            boxes: plain.len() as u64,
            marks: marks as u64,
            held_out: 0,
            log_loss: 0.0,
        },
        curves,
        prices: Vec::new(),
    };
    let held_out: Vec<&Sampled> = sampled
        .iter()
        .filter(|q| !q.sheet.is_multiple_of(2))
        .collect();
    model.origin.held_out = boxes(false).count() as u64;
    model.origin.log_loss = logistic::log_loss(&model, boxes(false));
    model.limits = limits::limits(&model, &held_out, plan.silent_error_rate);
    model.prices = RATES
        .iter()
        .map(|&silent_error_rate| {
            let limits = limits::limits(&model, &held_out, silent_error_rate);
            let flagged = |level| price::flagged(&model, &limits, &held_out, level);
            Price {
                silent_error_rate,
                limits,
                flagged_office: flagged(Level::Office),
                flagged_hard: flagged(Level::Hard),
            }
        })
        .collect();
    Ok(model)
}

/// To so many digits: what is beyond says nothing, and differs from machine to
/// machine.
fn rounded(v: f64) -> f64 {
    (v * 1000.0).round() / 1000.0
}
