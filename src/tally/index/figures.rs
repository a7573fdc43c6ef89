//! From sums to the figures of a form's parts.

use serde::{Deserialize, Serialize};

use super::interval::interval;
use super::node::{Node, Part};
use super::sums::Sums;
use crate::form::{Meaning, Weights};

/// The figures of one part. Shares are from 0 to 1.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Figure {
    /// What it is.
    pub part: Part,
    /// Id of content, factor or question; empty for a form.
    pub id: String,
    /// For reports.
    pub text: String,
    /// How deep it lies below the form: 0 for the form itself. Questions outside of
    /// the contents are at 1.
    pub depth: u32,
    /// It is part of the form's index (questions outside of the contents are not).
    pub inside: bool,
    /// Ballots with at least one valid answer.
    pub respondents: u64,
    /// Satisfied answers: the numerator.
    pub satisfied: u64,
    /// Valid answers: the denominator.
    pub valid: u64,
    /// The index; `null` where nobody gave a valid answer.
    pub index: Option<f64>,
    /// Its 95 % confidence interval, where it is made up by answers or respondents.
    pub low: Option<f64>,
    /// See `low`.
    pub high: Option<f64>,
    /// Of a question whose choices have points: their mean.
    pub mean_score: Option<f64>,
    /// Index less that of the last period's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<f64>,
}

/// The figures of all parts of a form.
#[must_use]
pub fn figures(
    meaning: &Meaning,
    nodes: &[Node],
    sums: &[Sums],
    population: Option<u64>,
) -> Vec<Figure> {
    let weights = meaning.rules.weights;
    let mut index: Vec<Option<f64>> = vec![None; nodes.len()];
    // From the last to the first: what a part is made of comes after it.
    for i in (0..nodes.len()).rev() {
        let parts = || (i + 1..nodes.len()).filter(|&k| nodes[k].parent == Some(i));
        let mean = |weight: &dyn Fn(usize) -> f64| {
            let known = || parts().filter_map(|k| index[k].map(|x| (x, weight(k))));
            let whole: f64 = known().map(|(_, w)| w).sum();
            (whole > 0.0).then(|| known().map(|(x, w)| x * w).sum::<f64>() / whole)
        };
        index[i] = match weights {
            _ if nodes[i].part == Part::Question => sums[i].by_answers(),
            Weights::Answers => sums[i].by_answers(),
            Weights::Respondents => sums[i].by_respondents(),
            Weights::Equal => mean(&|_| 1.0),
            Weights::Given => mean(&|k| nodes[k].weight),
        };
    }
    nodes
        .iter()
        .enumerate()
        .map(|(i, node)| {
            let s = &sums[i];
            // Means of parts have no interval.
            let variance = match weights {
                _ if node.part == Part::Question => Some(s.variance_by_answers()),
                Weights::Answers => Some(s.variance_by_answers()),
                Weights::Respondents => Some(s.variance_by_respondents()),
                Weights::Equal | Weights::Given => None,
            };
            let range = index[i]
                .zip(variance)
                .and_then(|(p, variance)| interval(p, variance, s.respondents, population));
            Figure {
                part: node.part,
                id: node.id.clone(),
                text: node.text.clone(),
                depth: depth(nodes, i),
                inside: i == 0 || node.parent.is_some(),
                respondents: s.respondents,
                satisfied: s.satisfied,
                valid: s.valid,
                index: index[i],
                low: range.map(|r| r.0),
                high: range.map(|r| r.1),
                mean_score: node
                    .question
                    .and_then(|q| mean_score(meaning, q, &s.choices)),
                difference: None,
            }
        })
        .collect()
}

fn depth(nodes: &[Node], of: usize) -> u32 {
    let mut depth = 0;
    let mut at = nodes[of].parent;
    while let Some(parent) = at {
        depth += 1;
        at = nodes[parent].parent;
    }
    if of > 0 { depth.max(1) } else { 0 }
}

/// The mean of the points of the answers that have some.
fn mean_score(meaning: &Meaning, question: usize, choices: &[u64]) -> Option<f64> {
    let spec = meaning.questions.get(question)?;
    let scored = || {
        spec.choices
            .iter()
            .zip(choices)
            .filter(|(c, _)| !c.excluded)
            .filter_map(|(c, n)| Some((c.score?, *n as f64)))
    };
    let count: f64 = scored().map(|(_, n)| n).sum();
    (count > 0.0).then(|| scored().map(|(score, n)| score * n).sum::<f64>() / count)
}
