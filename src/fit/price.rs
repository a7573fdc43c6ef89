//! What limits cost: the share of clear questions that the model leaves to a
//! person.

use super::collect::{Sampled, SampledBox};
use super::rounded;
use crate::read::model::{Limits, MarkModel};
use crate::synth::Level;

/// Of clear questions of a level, the share that is left to a person because of
/// the limits alone.
pub(super) fn flagged(
    model: &MarkModel,
    limits: &Limits,
    held_out: &[&Sampled],
    level: Level,
) -> f64 {
    let clear = || held_out.iter().filter(|q| q.level == level && q.clear);
    let asks = clear().filter(|q| asks(model, limits, q)).count();
    // Five digits: some thousand questions tell no more.
    rounded(100.0 * asks as f64 / clear().count().max(1) as f64) / 100.0
}

fn asks(model: &MarkModel, limits: &Limits, question: &Sampled) -> bool {
    let odds = |b: &SampledBox| model.log_odds(&b.evidence.features);
    // What a rule explains or hides is not the limits' doing.
    let judged = || {
        question
            .boxes
            .iter()
            .filter(|b| !b.evidence.hidden && !b.evidence.explained)
    };
    let answered = judged().any(|b| odds(b) >= limits.marked);
    let empty = if answered {
        limits.unmarked
    } else {
        limits.alone
    };
    judged().any(|b| (empty..limits.marked).contains(&odds(b)))
}
