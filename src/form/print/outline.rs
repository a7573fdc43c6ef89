//! The outlines of a black and white grid, so that a code is one shape without
//! seams between its modules.

use std::collections::BTreeMap;

type Corner = (u32, u32);

/// Closed loops of corners around the dark cells, dark on the right hand;
/// filled by the non-zero rule they cover exactly the dark cells.
pub(super) fn loops(size: u32, dark: impl Fn(u32, u32) -> bool) -> Vec<Vec<Corner>> {
    // Edges by where they start. Where two dark cells touch at a corner, two
    // edges start there.
    let mut edges: BTreeMap<Corner, Vec<Corner>> = BTreeMap::new();
    let mut add = |from, to| edges.entry(from).or_default().push(to);
    for y in 0..size {
        for x in 0..size {
            if !dark(x, y) {
                continue;
            }
            if y == 0 || !dark(x, y - 1) {
                add((x, y), (x + 1, y));
            }
            if x + 1 == size || !dark(x + 1, y) {
                add((x + 1, y), (x + 1, y + 1));
            }
            if y + 1 == size || !dark(x, y + 1) {
                add((x + 1, y + 1), (x, y + 1));
            }
            if x == 0 || !dark(x - 1, y) {
                add((x, y + 1), (x, y));
            }
        }
    }
    let mut out = Vec::new();
    while let Some((&start, _)) = edges.first_key_value() {
        let mut corners: Vec<Corner> = Vec::new();
        let mut at = start;
        while let Some(next) = take(&mut edges, at) {
            // A corner in the middle of a straight side says nothing.
            let straight = corners.last().is_some_and(|before| {
                (before.0 == at.0 && at.0 == next.0) || (before.1 == at.1 && at.1 == next.1)
            });
            if !straight {
                corners.push(at);
            }
            at = next;
            if at == start {
                break;
            }
        }
        out.push(corners);
    }
    out
}

fn take(edges: &mut BTreeMap<Corner, Vec<Corner>>, from: Corner) -> Option<Corner> {
    let ends = edges.get_mut(&from)?;
    let end = ends.pop();
    if ends.is_empty() {
        edges.remove(&from);
    }
    end
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// How often the loops wind around the middle of a cell.
    fn winding(loops: &[Vec<Corner>], x: u32, y: u32) -> i32 {
        let (px, py) = (f64::from(x) + 0.5, f64::from(y) + 0.5);
        let mut turns = 0;
        for corners in loops {
            for (i, a) in corners.iter().enumerate() {
                let b = corners[(i + 1) % corners.len()];
                let (ay, by) = (f64::from(a.1), f64::from(b.1));
                if f64::from(a.0) > px && a.0 == b.0 {
                    if ay < py && py < by {
                        turns += 1;
                    } else if by < py && py < ay {
                        turns -= 1;
                    }
                }
            }
        }
        turns
    }

    proptest! {
        #[test]
        fn the_loops_cover_exactly_the_dark_cells(cells in proptest::collection::vec(any::<bool>(), 49)) {
            let dark = |x: u32, y: u32| cells[(y * 7 + x) as usize];
            let all = loops(7, dark);
            for y in 0..7 {
                for x in 0..7 {
                    prop_assert_eq!(winding(&all, x, y) != 0, dark(x, y));
                }
            }
        }
    }
}
