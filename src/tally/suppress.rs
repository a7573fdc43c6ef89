//! Small cells: figures of so few people that they would say what single ones said.

use std::collections::BTreeSet;

use super::index::{Group, IndexReport, Part};
use super::{FormTally, QuestionTally};

/// A group beside its neighbours, as far as it may be shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shown<'a> {
    pub group: &'a Group,
    /// Its figures are withheld.
    pub gone: bool,
    /// Its place among those that are shown: a place next to one that is withheld must
    /// not say where that one stands.
    pub place: Option<u32>,
}

/// The groups of one kind, those withheld whose figures, or from which the figures,
/// of fewer than `least` respondents would be known.
pub(super) fn groups<'a>(index: &'a IndexReport, by: &str, least: u64) -> Vec<Shown<'a>> {
    let own: Vec<&Group> = index.groups.iter().filter(|g| g.by == by).collect();
    let nodes: Vec<Node> = own
        .iter()
        .map(|g| Node {
            depth: g.depth,
            size: g.overall.respondents,
            small: g.overall.respondents > 0 && g.overall.respondents < least,
        })
        .collect();
    let whole = index.groups.first().map_or(0, |g| g.overall.respondents);
    let gone = hidden(whole, &nodes, least);
    let place = |group: &Group| {
        let beside = own.iter().filter(|g| g.depth == group.depth);
        if beside.filter(|g| g.id.is_some()).count() < 2 {
            return None;
        }
        let own_index = group.overall.index.filter(|_| group.id.is_some())?;
        let better = own.iter().zip(&gone).filter(|(g, gone)| {
            !**gone
                && g.depth == group.depth
                && g.id.is_some()
                && g.overall.index.is_some_and(|i| i > own_index)
        });
        u32::try_from(better.count() + 1).ok()
    };
    own.iter()
        .zip(&gone)
        .map(|(group, gone)| Shown {
            group,
            gone: *gone,
            place: place(group),
        })
        .collect()
}

/// Of each figure of a form (by its place in the report) of all ballots: is it
/// withheld?
pub(super) fn figures(index: &IndexReport, form: usize, least: u64) -> Vec<bool> {
    let Some(form) = index.groups.first().and_then(|g| g.forms.get(form)) else {
        return Vec::new();
    };
    let nodes: Vec<Node> = form
        .figures
        .iter()
        .map(|f| Node {
            depth: f.depth,
            size: f.valid,
            small: f.respondents > 0 && f.respondents < least,
        })
        .collect();
    let whole = form.figures.first().map_or(0, |f| f.valid);
    hidden(whole, &nodes, least)
}

/// The questions of a form of whose answers no distribution is shown: because few
/// answered, or because the index is withheld and must not be read from there.
pub(super) fn distributions<'a>(
    index: &IndexReport,
    form: &'a FormTally,
    least: u64,
) -> BTreeSet<&'a str> {
    let all = index.groups.first().into_iter().flat_map(|g| &g.forms);
    let without_index: BTreeSet<&str> = all
        .enumerate()
        .filter(|(_, f)| f.form == form.form && f.version == form.version)
        .flat_map(|(n, f)| f.figures.iter().zip(figures(index, n, least)))
        .filter(|(f, gone)| *gone && f.part == Part::Question)
        .map(|(f, _)| f.id.as_str())
        .collect();
    let few = |q: &&QuestionTally| q.answered > 0 && q.answered < least;
    let withheld = |q: &&QuestionTally| few(q) || without_index.contains(q.question.as_str());
    let questions = form.questions.iter().filter(withheld);
    questions.map(|q| q.question.as_str()).collect()
}

/// A group or part in a tree, each followed by those below it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node {
    /// How deep it lies.
    pub depth: u32,
    /// How many people, or answers, its figures are of; those of neighbours add up.
    pub size: u64,
    /// It is too small itself.
    pub small: bool,
}

/// Which are not shown: those that are too small, all that lies below them, and as
/// many of their neighbours (the smallest first) as are needed lest the difference
/// from the whole is of fewer than `least`. `whole`: the size of all together.
///
/// What the whole has beyond those in the list is not shown anywhere, and counts as a
/// neighbour.
pub(super) fn hidden(whole: u64, nodes: &[Node], least: u64) -> Vec<bool> {
    let mut out: Vec<bool> = nodes.iter().map(|n| n.small).collect();
    if least == 0 {
        return vec![false; nodes.len()];
    }
    if whole > 0 && whole < least {
        return vec![true; nodes.len()];
    }
    let top = nodes.iter().map(|n| n.depth).min().unwrap_or(0);
    let roots: Vec<usize> = (0..nodes.len())
        .filter(|&i| nodes[i].depth == top)
        .collect();
    protect(whole, &roots, nodes, least, &mut out);
    for at in 0..nodes.len() {
        let below: Vec<usize> = (at + 1..nodes.len())
            .take_while(|&i| nodes[i].depth > nodes[at].depth)
            .collect();
        if out[at] {
            for i in below {
                out[i] = true;
            }
            continue;
        }
        let Some(depth) = below.iter().map(|&i| nodes[i].depth).min() else {
            continue;
        };
        let children: Vec<usize> = below
            .into_iter()
            .filter(|&i| nodes[i].depth == depth)
            .collect();
        protect(nodes[at].size, &children, nodes, least, &mut out);
    }
    out
}

/// Hides more of these neighbours until what is hidden is large enough together.
fn protect(whole: u64, neighbours: &[usize], nodes: &[Node], least: u64, out: &mut [bool]) {
    let known: u64 = neighbours.iter().map(|&i| nodes[i].size).sum();
    let rest = whole.saturating_sub(known);
    loop {
        let inside = neighbours.iter().filter(|&&i| out[i]);
        let gone = rest + inside.map(|&i| nodes[i].size).sum::<u64>();
        if gone == 0 || gone >= least {
            return;
        }
        let next = neighbours
            .iter()
            .copied()
            .filter(|&i| !out[i] && nodes[i].size > 0)
            .min_by_key(|&i| nodes[i].size);
        match next {
            Some(i) => out[i] = true,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nodes(of: &[(u32, u64)], least: u64) -> Vec<Node> {
        of.iter()
            .map(|&(depth, size)| Node {
                depth,
                size,
                small: size > 0 && size < least,
            })
            .collect()
    }

    #[test]
    fn a_single_small_group_takes_its_smallest_neighbour_with_it() {
        let of = nodes(&[(0, 3), (0, 20), (0, 9), (0, 0)], 5);
        assert_eq!(hidden(32, &of, 5), [true, false, true, false]);
        // Two that are large enough together protect each other.
        let of = nodes(&[(0, 3), (0, 20), (0, 4)], 5);
        assert_eq!(hidden(27, &of, 5), [true, false, true]);
        assert_eq!(hidden(27, &of, 0), [false; 3]);
    }

    #[test]
    fn what_a_unit_has_of_its_own_is_no_difference_either() {
        // The district has 2 ballots of its own beside those of its two communes.
        let of = nodes(&[(0, 32), (1, 10), (1, 20)], 5);
        assert_eq!(hidden(32, &of, 5), [false, true, false]);
        // And what is below a hidden one is hidden with it.
        let of = nodes(&[(0, 40), (0, 8), (1, 8), (0, 3)], 5);
        assert_eq!(hidden(51, &of, 5), [false, true, true, true]);
    }

    /// The report as PDF once hid only the small group itself, which the whole and the
    /// others give away.
    #[test]
    fn a_withheld_group_is_in_no_place_and_its_neighbour_goes_with_it() {
        use crate::tally::index::{Group, IndexReport, Overall};
        let group = |by: &str, id: Option<&str>, respondents, index| Group {
            by: by.to_owned(),
            id: id.map(str::to_owned),
            name: None,
            depth: 0,
            ballots: crate::tally::Ballots::default(),
            population: None,
            overall: Overall {
                respondents,
                index: Some(index),
                ..Overall::default()
            },
            forms: Vec::new(),
        };
        let report = IndexReport {
            station: String::new(),
            campaign: None,
            groups: vec![
                group("all", None, 32, 0.5),
                group("unit", Some("a"), 3, 0.9),
                group("unit", Some("b"), 20, 0.4),
                group("unit", Some("c"), 9, 0.6),
            ],
        };
        let shown = |least| -> Vec<(bool, Option<u32>)> {
            groups(&report, "unit", least)
                .iter()
                .map(|s| (s.gone, s.place))
                .collect()
        };
        assert_eq!(
            shown(0),
            [(false, Some(1)), (false, Some(3)), (false, Some(2))]
        );
        let places: Vec<bool> = shown(5).iter().map(|s| s.0).collect();
        assert_eq!(places, [true, false, true]);
        assert_eq!(shown(5)[1].1, Some(1));
    }

    proptest! {
        /// Whatever is hidden at one level, its sum is of nobody or of enough people,
        /// unless everything at that level is hidden.
        #[test]
        fn no_difference_is_small(sizes in prop::collection::vec(0_u64..12, 1..12), rest in 0_u64..8) {
            let flat: Vec<(u32, u64)> = sizes.iter().map(|&s| (0, s)).collect();
            let of = nodes(&flat, 5);
            let whole = sizes.iter().sum::<u64>() + rest;
            let out = hidden(whole, &of, 5);
            for (node, gone) in of.iter().zip(&out) {
                prop_assert!(*gone || node.size == 0 || node.size >= 5);
            }
            let gone: u64 = rest + of.iter().zip(&out).filter(|(_, g)| **g).map(|(n, _)| n.size).sum::<u64>();
            let shown = of.iter().zip(&out).any(|(n, g)| !*g && n.size > 0);
            prop_assert!(gone == 0 || gone >= 5 || !shown);
        }
    }
}
