//! Sets the limits so that a wanted silent error rate is kept.
//!
//! Rates as small as one in a million are not seen in a simulation of some
//! hundred thousand boxes. A limit is set beyond the worst that was seen by as
//! much as the model's own odds ask for: it is calibrated (docs/accuracy), and
//! where it is, a box with one unit of log-odds more is e times as seldom what it
//! does not seem. (Extrapolating the tail itself was tried: what lies there is not
//! one kind of thing but specks, rested pens and grain, and the result depended on
//! where the tail was said to begin.)

use std::collections::BTreeMap;

use super::collect::{Label, Sampled, SampledBox};
use super::rounded;
use crate::read::model::{Limits, MarkModel};
use crate::read::{Feature, Features, USUAL_SHADE, VISIBLE_SHADE};
use crate::synth::Level;

/// Before any are set.
pub(super) const NONE: Limits = Limits {
    marked: f64::INFINITY,
    unmarked: f64::NEG_INFINITY,
    alone: f64::NEG_INFINITY,
};

pub(super) fn limits(model: &MarkModel, held_out: &[&Sampled], rate: f64) -> Limits {
    let all: usize = held_out.iter().map(|q| q.boxes.len()).sum();
    let expected = rate * all as f64;
    let mut modes = Modes::default();
    for question in held_out {
        modes.add(model, question);
    }
    let seconds = expected / modes.share_of_seconds();
    let marked = rounded(beyond(modes.made_up, expected));
    let plain = plain_shares(model, held_out, marked);
    let lost_second = modes
        .lost_second
        .iter()
        .map(|m| (m.odds, plain.get(&m.sheet).copied().unwrap_or(1.0)))
        .collect();
    let unmarked = rounded(-beyond_weighted(lost_second, seconds));
    let unmarked = unmarked.min(marked);
    Limits {
        marked,
        unmarked,
        // Whatever a person could see must ask.
        alone: rounded(-beyond(modes.lost, expected))
            .min(just_visible(model))
            .min(unmarked),
    }
}

/// Of each sheet the share of its marks that are plain, that is at least `marked`.
///
/// A second mark is lost without anybody asking only beside a plain one. On a sheet
/// of a faint pencil on a blurred copy hardly any mark is, so its faintest marks say
/// little of what happens beside plain ones: they count by that share.
fn plain_shares(model: &MarkModel, held_out: &[&Sampled], marked: f64) -> BTreeMap<SheetKey, f64> {
    let mut counts: BTreeMap<SheetKey, (usize, usize)> = BTreeMap::new();
    for question in held_out {
        let sheet = sheet_of(question);
        for b in question.boxes.iter().filter(|b| b.marked) {
            let (plain, all) = counts.entry(sheet).or_default();
            *all += 1;
            *plain += usize::from(model.log_odds(&b.evidence.features) >= marked);
        }
    }
    let share = |(plain, all): (usize, usize)| plain as f64 / all.max(1) as f64;
    counts.into_iter().map(|(k, v)| (k, share(v))).collect()
}

/// A sheet among those of all forms and levels.
type SheetKey = (usize, bool, u64);

fn sheet_of(question: &Sampled) -> SheetKey {
    (question.form, question.level == Level::Hard, question.sheet)
}

/// Log-odds of a box in which there is nothing but a place that a person can just
/// see.
fn just_visible(model: &MarkModel) -> f64 {
    let mut features = Features::default();
    features.values[Feature::Shade as usize] = VISIBLE_SHADE;
    features.values[Feature::Depth as usize] = VISIBLE_SHADE / USUAL_SHADE;
    rounded(model.log_odds(&features))
}

/// The ways of being silently wrong, and for each question to which one could
/// happen how far it is from it: the log-odds that decides, upside down for marks
/// that are lost.
#[derive(Debug, Default)]
struct Modes {
    /// Nothing of the question is marked (or all that is cannot be seen), and an
    /// empty box is read as marked.
    made_up: Vec<f64>,
    /// The question's mark is read as empty, the question as blank.
    lost: Vec<f64>,
    /// Of all marks: one of an overvote or of several choices is read as empty
    /// while another is seen. Any mark shows how far that goes.
    lost_second: Vec<LostSecond>,
    /// Marks beside which the question has another one.
    seconds: usize,
}

/// A mark as one that is lost beside another.
#[derive(Debug, Clone, Copy)]
struct LostSecond {
    /// Its log-odds, upside down.
    odds: f64,
    sheet: SheetKey,
}

/// A mark with lower log-odds is hardly seen: a made-up one beside it would be
/// the only one.
const HARDLY_SEEN: f64 = -4.0;

impl Modes {
    fn add(&mut self, model: &MarkModel, question: &Sampled) {
        let odds = |b: &SampledBox| model.log_odds(&b.evidence.features);
        let most = |of: &mut dyn Iterator<Item = &SampledBox>| {
            of.map(odds).fold(f64::NEG_INFINITY, f64::max)
        };
        // A box that is hidden sends its question to a person.
        if question.boxes.iter().any(|b| b.evidence.hidden) {
            return;
        }
        let marks = || question.boxes.iter().filter(|b| b.marked);
        let seen = most(&mut marks());
        let made_up = most(
            &mut question
                .boxes
                .iter()
                .filter(|b| b.label == Some(Label::Empty) && !b.evidence.explained),
        );
        if seen < HARDLY_SEEN && made_up.is_finite() && !question.lonely {
            self.made_up.push(made_up);
        }
        let traced = question
            .boxes
            .iter()
            .any(|b| b.evidence.trace || b.evidence.beside || b.evidence.explained);
        let doubtful = question
            .boxes
            .iter()
            .any(|b| !b.marked && b.label.is_none());
        // Of marks that nobody can see nobody can know.
        let visible = marks().any(|b| b.label == Some(Label::Mark));
        if visible && !traced && !doubtful {
            self.lost.push(-seen);
        }
        let several = marks().count() > 1;
        for b in marks().filter(|b| b.label == Some(Label::Mark)) {
            self.lost_second.push(LostSecond {
                odds: -odds(b),
                sheet: sheet_of(question),
            });
            self.seconds += usize::from(several);
        }
    }

    fn share_of_seconds(&self) -> f64 {
        (self.seconds.max(1) as f64) / (self.lost_second.len().max(1) as f64)
    }
}

/// The value that on average `expected` of the values exceed. Less than one was
/// not seen: there the model's own odds are believed, by which each unit of
/// log-odds makes an error e times as rare.
fn beyond(values: Vec<f64>, expected: f64) -> f64 {
    beyond_weighted(values.into_iter().map(|v| (v, 1.0)).collect(), expected)
}

/// The same where each value counts by a weight.
fn beyond_weighted(mut values: Vec<(f64, f64)>, expected: f64) -> f64 {
    values.retain(|v| v.1 > 0.0);
    values.sort_by(|a, b| b.0.total_cmp(&a.0));
    let Some(&(most, _)) = values.first() else {
        return f64::NEG_INFINITY;
    };
    if expected < 1.0 {
        return most - libm::log(expected);
    }
    let mut exceeded = 0.0;
    for (value, weight) in values {
        exceeded += weight;
        if exceeded > expected {
            return value;
        }
    }
    f64::NEG_INFINITY
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_little_weight_are_exceeded_by_more() {
        let heavy = vec![(9.0, 1.0), (8.0, 1.0), (7.0, 1.0), (6.0, 1.0)];
        let light = vec![(9.0, 0.1), (8.0, 0.1), (7.0, 1.0), (6.0, 1.0), (5.0, 1.0)];
        let plain: Vec<f64> = heavy.iter().map(|v| v.0).collect();
        assert!((beyond_weighted(heavy.clone(), 2.0) - 7.0).abs() < 1e-9);
        assert!((beyond_weighted(heavy, 2.0) - beyond(plain, 2.0)).abs() < 1e-9);
        assert!((beyond_weighted(light, 2.0) - 6.0).abs() < 1e-9);
        assert!(beyond_weighted(Vec::new(), 2.0) < -1e300);
    }

    #[test]
    fn rare_errors_are_kept_clear_of() {
        let values: Vec<f64> = (0..100).map(f64::from).collect();
        // Three of them exceed 96.
        assert!((beyond(values.clone(), 3.0) - 96.0).abs() < 1e-9);
        assert!((beyond(values.clone(), 1.0) - 98.0).abs() < 1e-9);
        // One in ten such samples exceeds the largest by the odds of ten.
        assert!((beyond(values, 0.1) - 99.0 - libm::log(10.0)).abs() < 1e-9);
        assert!(beyond(Vec::new(), 0.1) < -1e300);
    }
}
