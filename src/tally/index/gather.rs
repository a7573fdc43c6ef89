//! One pass over the ballots of a form: the sums of every part, by cell.

use rayon::prelude::*;

use super::node::{Node, nodes};
use super::sums::Sums;
use crate::form::{Blank, Meaning};
use crate::store::{BLANK_CODE, BallotState};
use crate::tally::Ballots;
use crate::tally::ballots::FormBallots;

/// Ballots that one worker takes at a time.
const CHUNK: usize = 1 << 15;

/// The sums of one cell (or of several) of a form's ballots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gathered {
    /// What became of its ballots.
    pub ballots: Ballots,
    /// For each part of the form.
    pub sums: Vec<Sums>,
}

impl Gathered {
    /// Nothing yet.
    #[must_use]
    pub fn none(parts: usize) -> Self {
        Self {
            ballots: Ballots::default(),
            sums: vec![Sums::default(); parts],
        }
    }

    /// Adds another cell's.
    pub fn merge(&mut self, other: &Self) {
        self.ballots.merge(other.ballots);
        for (own, more) in self.sums.iter_mut().zip(&other.sums) {
            own.merge(more);
        }
    }
}

/// What the codes of a question's answers count.
struct Lookup {
    question: usize,
    /// For each code whether it is satisfied and whether it is valid.
    counts: Box<[(bool, bool); 256]>,
    choices: usize,
    /// The question's part, and those that it belongs to.
    path: Vec<usize>,
}

impl Lookup {
    fn of(meaning: &Meaning, nodes: &[Node], at: usize) -> Option<Self> {
        let question = nodes[at].question?;
        let spec = meaning.questions.get(question)?;
        let mut counts = Box::new([(false, false); 256]);
        for (code, choice) in spec.choices.iter().enumerate().take(256) {
            if let (Some(satisfied), false) = (choice.satisfied, choice.excluded) {
                counts[code] = (satisfied, true);
            }
        }
        if meaning.rules.blank == Blank::Unsatisfied {
            counts[usize::from(BLANK_CODE)] = (false, true);
        }
        let mut path = vec![at];
        let mut next = nodes[at].parent;
        while let Some(parent) = next {
            path.push(parent);
            next = nodes[parent].parent;
        }
        Some(Self {
            question,
            counts,
            choices: spec.choices.len(),
            path,
        })
    }
}

/// The sums of each cell of the form, of the ballots that `wanted` lets through.
#[must_use]
pub fn gather(
    ballots: &FormBallots,
    wanted: &(impl Fn(usize) -> bool + Sync),
) -> (Vec<Node>, Vec<Gathered>) {
    let nodes = nodes(&ballots.meaning);
    let lookups: Vec<Lookup> = (0..nodes.len())
        .filter_map(|i| Lookup::of(&ballots.meaning, &nodes, i))
        .collect();
    let empty = || vec![Gathered::none(nodes.len()); ballots.cells.len()];
    let chunks = ballots.rows.len().div_ceil(CHUNK);
    let cells = (0..chunks)
        .into_par_iter()
        .map(|chunk| {
            let mut cells = empty();
            let mut own = vec![(0_u32, 0_u32); nodes.len()];
            let end = ((chunk + 1) * CHUNK).min(ballots.rows.len());
            for row in (chunk * CHUNK..end).filter(|&r| wanted(r)) {
                let (cell, state) = ballots.rows[row];
                if let Some(gathered) = cells.get_mut(cell as usize) {
                    gathered.ballots.add(state);
                    if state == BallotState::Counted {
                        count(ballots, row, &lookups, &mut own, &mut gathered.sums);
                    }
                }
            }
            cells
        })
        .reduce(empty, |mut all, more| {
            for (own, more) in all.iter_mut().zip(&more) {
                own.merge(more);
            }
            all
        });
    (nodes, cells)
}

fn count(
    ballots: &FormBallots,
    row: usize,
    lookups: &[Lookup],
    own: &mut [(u32, u32)],
    sums: &mut [Sums],
) {
    own.fill((0, 0));
    let packed = ballots.answers(row);
    for lookup in lookups {
        let code = usize::from(ballots.packing.code(lookup.question, packed));
        if code < lookup.choices {
            let choices = &mut sums[lookup.path[0]].choices;
            if choices.len() < lookup.choices {
                choices.resize(lookup.choices, 0);
            }
            choices[code] += 1;
        }
        let (satisfied, valid) = lookup.counts[code];
        if valid {
            for &part in &lookup.path {
                own[part].0 += u32::from(satisfied);
                own[part].1 += 1;
            }
        }
    }
    for (sums, (satisfied, valid)) in sums.iter_mut().zip(own.iter()) {
        sums.add(*satisfied, *valid);
    }
}
