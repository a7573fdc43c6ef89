//! Small cells: figures of so few people that they would say what single ones said.

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
