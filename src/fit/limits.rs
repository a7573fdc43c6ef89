//! Sets the limits so that a wanted silent error rate is kept.
//!
//! Rates as small as one in a million are not seen in a simulation of some
//! hundred thousand boxes; the tails are extrapolated. Beyond a high value the
//! excess of a tail is taken for exponential (peaks over a threshold: Coles, "An
//! Introduction to Statistical Modeling of Extreme Values", 2001, chapter 4,
//! with shape 0), so each tenfold smaller rate costs the same step in log-odds.

use super::collect::{Label, Sampled, SampledBox};
use super::rounded;
use crate::read::model::{Limits, MarkModel};
use crate::read::{Feature, Features, USUAL_SHADE, VISIBLE_SHADE};

/// Before any are set.
pub(super) const NONE: Limits = Limits {
    marked: f64::INFINITY,
    unmarked: f64::NEG_INFINITY,
    alone: f64::NEG_INFINITY,
};

/// The tail is fitted to so many of its most extreme values. More would reach
/// into what is no tail (empty boxes with a speck of dirt are a class of their
/// own); their mean excess is known to a quarter.
const TAIL: usize = 15;
/// Where there are fewer values than this, their tail is unknown, and the limit
/// goes this far beyond the most extreme one.
const FEWEST: usize = 10;
const BEYOND: f64 = 2.0;

pub(super) fn limits(model: &MarkModel, held_out: &[&Sampled], rate: f64) -> Limits {
    let all: usize = held_out.iter().map(|q| q.boxes.len()).sum();
    let expected = rate * all as f64;
    let mut modes = Modes::default();
    for question in held_out {
        modes.add(model, question);
    }
    let seconds = expected / modes.share_of_seconds();
    let marked = rounded(beyond(modes.made_up, expected));
    let unmarked = rounded(-beyond(modes.lost_second, seconds));
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
    lost_second: Vec<f64>,
    /// Marks beside which the question has another one.
    seconds: usize,
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
        if seen < HARDLY_SEEN && made_up.is_finite() {
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
            self.lost_second.push(-odds(b));
            self.seconds += usize::from(several);
        }
    }

    fn share_of_seconds(&self) -> f64 {
        (self.seconds.max(1) as f64) / (self.lost_second.len().max(1) as f64)
    }
}

/// The value that on average `expected` of the values exceed.
fn beyond(mut values: Vec<f64>, expected: f64) -> f64 {
    values.sort_by(|a, b| b.total_cmp(a));
    let Some(&most) = values.first() else {
        return f64::NEG_INFINITY;
    };
    if values.len() < FEWEST {
        return most + BEYOND;
    }
    // As many as are wanted, and some more, are among the values themselves.
    if expected >= TAIL as f64 {
        return values
            .get(expected as usize)
            .copied()
            .unwrap_or(f64::NEG_INFINITY);
    }
    let tail = TAIL.min(values.len() - 1);
    let start = values[tail];
    let mean_excess = values[..tail].iter().map(|v| v - start).sum::<f64>() / tail as f64;
    start + mean_excess * libm::log(tail as f64 / expected)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of an exponential tail the extrapolation is right: one step of ln 10 for
    /// each tenfold smaller rate.
    #[test]
    fn exponential_tails_are_continued() {
        let n = 100_000;
        let values: Vec<f64> = (0..n)
            .map(|i| -libm::log((f64::from(i) + 0.5) / f64::from(n)))
            .collect();
        for (expected, wanted) in [(1000.0, 100.0), (1.0, 1e5), (0.01, 1e7)] {
            let exact = libm::log(wanted);
            let got = beyond(values.clone(), expected);
            assert!((got - exact).abs() < 0.25, "{expected}: {got} {exact}");
        }
    }

    #[test]
    fn few_values_are_kept_clear_of() {
        assert!((beyond(vec![1.0, 3.0], 0.1) - 5.0).abs() < 1e-9);
        assert!(beyond(Vec::new(), 0.1) < -1e300);
    }
}
