//! Dividing a number of sheets among those who ask, so that the parts add up to it.
//!
//! By largest remainder (Hamilton's method; M. L. Balinski, H. P. Young, "Fair
//! Representation", 2nd ed., Brookings 2001, chapter 3): everybody has the whole part of
//! the share, and what is left goes, one each, to the largest fractions; of equal
//! fractions to those that stand first. All in whole numbers.

use super::PlanError;

/// Among whom: how much each counts, and what bounds there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Share {
    /// How much it counts, e.g. the people that are there.
    pub weight: u64,
    /// What it has at least.
    pub least: u64,
    /// What it has at most.
    pub most: u64,
}

impl Share {
    /// Counting so much, without bounds.
    #[must_use]
    pub fn of(weight: u64) -> Self {
        Self {
            weight,
            least: 0,
            most: u64::MAX,
        }
    }
}

/// Divides `total` in proportion to the weights.
///
/// Whoever would come below the least has the least, whoever would come above the most
/// has the most, and the others divide what is left in proportion (as browsers resolve
/// flexible lengths: CSS Flexible Box Layout, section 9.7; fixing only one side at a time
/// leaves nobody bound who need not be).
///
/// # Errors
/// The bounds leave no way, or nobody counts.
pub fn proportional(total: u64, shares: &[Share]) -> Result<Vec<u64>, PlanError> {
    let least = shares.iter().fold(0u64, |a, s| a.saturating_add(s.least));
    if least > total {
        return Err(PlanError::LessThanTheMinimum { total, least });
    }
    let most = shares
        .iter()
        .fold(0u64, |a, s| a.saturating_add(s.most.max(s.least)));
    if most < total {
        return Err(PlanError::MoreThanThereAre { total, most });
    }
    let mut fixed: Vec<Option<u64>> = shares
        .iter()
        .map(|s| (s.weight == 0).then_some(s.least))
        .collect();
    loop {
        let taken = fixed
            .iter()
            .flatten()
            .fold(0u64, |a, n| a.saturating_add(*n));
        let rest = total.saturating_sub(taken);
        let free: Vec<usize> = (0..shares.len()).filter(|i| fixed[*i].is_none()).collect();
        let weights: u128 = free.iter().map(|i| u128::from(shares[*i].weight)).sum();
        if free.is_empty() {
            return if rest == 0 {
                Ok(fixed.into_iter().flatten().collect())
            } else {
                Err(PlanError::NoWeights(total))
            };
        }
        // The true share of `i` is rest · weight / weights; compared without dividing.
        let below = |i: usize| {
            let bound = u128::from(shares[i].least).saturating_mul(weights);
            bound.saturating_sub(u128::from(rest) * u128::from(shares[i].weight))
        };
        let above = |i: usize| {
            let bound = u128::from(shares[i].most).saturating_mul(weights);
            (u128::from(rest) * u128::from(shares[i].weight)).saturating_sub(bound)
        };
        let short = free.iter().fold(0u128, |a, i| a.saturating_add(below(*i)));
        let over = free.iter().fold(0u128, |a, i| a.saturating_add(above(*i)));
        if short == 0 && over == 0 {
            let parts = largest_remainder(rest, free.iter().map(|i| shares[*i].weight), weights);
            for (i, part) in free.into_iter().zip(parts) {
                fixed[i] = Some(part);
            }
            return Ok(fixed.into_iter().flatten().collect());
        }
        for i in free {
            // Where one outweighs the other, the lesser may yet come within its bounds.
            if short >= over && below(i) > 0 {
                fixed[i] = Some(shares[i].least);
            } else if short <= over && above(i) > 0 {
                fixed[i] = Some(shares[i].most);
            }
        }
    }
}

/// Divides into equal parts, or as equal as bounds allow.
///
/// # Errors
/// As [`proportional`].
pub fn equal(total: u64, shares: &[Share]) -> Result<Vec<u64>, PlanError> {
    let all: Vec<Share> = shares.iter().map(|s| Share { weight: 1, ..*s }).collect();
    proportional(total, &all)
}

/// Divides with the whole part for everybody, and all that is left for one.
///
/// # Errors
/// Nobody counts, or there is no `rest`.
pub fn rest_to(total: u64, weights: &[u64], rest: usize) -> Result<Vec<u64>, PlanError> {
    let all: u128 = weights.iter().map(|w| u128::from(*w)).sum();
    if all == 0 {
        return Err(PlanError::NoWeights(total));
    }
    let mut parts: Vec<u64> = weights
        .iter()
        .map(|w| narrow(u128::from(total) * u128::from(*w) / all))
        .collect();
    let given: u64 = parts.iter().sum();
    let part = parts
        .get_mut(rest)
        .ok_or_else(|| PlanError::NoRestUnit(rest.to_string()))?;
    *part += total - given;
    Ok(parts)
}

fn narrow(n: u128) -> u64 {
    u64::try_from(n).unwrap_or(u64::MAX)
}

fn largest_remainder(total: u64, weights: impl Iterator<Item = u64>, all: u128) -> Vec<u64> {
    let mut parts = Vec::new();
    let mut remainders = Vec::new();
    for (i, weight) in weights.enumerate() {
        let share = u128::from(total) * u128::from(weight);
        parts.push(narrow(share / all));
        remainders.push((share % all, i));
    }
    let given: u64 = parts.iter().sum();
    // Largest first; of equal ones the first.
    remainders.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(&b.1)));
    let left = usize::try_from(total - given).unwrap_or(usize::MAX);
    for (_, i) in remainders.into_iter().take(left) {
        parts[i] += 1;
    }
    parts
}

/// Divides the parts of rows further by columns, so that rows and columns both add up:
/// `rows` sum to the same as `columns`. Each cell is its share (row · column / total)
/// rounded down or up. There is always such a table (L. H. Cox, "A constructive procedure
/// for unbiased controlled rounding", JASA 82, 1987): the shares themselves are a flow in
/// a network with whole capacities. Larger fractions are rounded up first, and where that
/// leaves a row that does not add up, others give way along a path.
#[must_use]
pub fn cross(rows: &[u64], columns: &[u64]) -> Vec<Vec<u64>> {
    let total: u128 = rows.iter().map(|r| u128::from(*r)).sum();
    if total == 0 {
        return rows.iter().map(|_| vec![0; columns.len()]).collect();
    }
    let mut cells: Vec<Vec<u64>> = Vec::new();
    let mut fractions = Vec::new();
    for (i, row) in rows.iter().enumerate() {
        let mut line = Vec::new();
        for (j, column) in columns.iter().enumerate() {
            let share = u128::from(*row) * u128::from(*column);
            line.push(narrow(share / total));
            if share % total > 0 {
                fractions.push((share % total, i, j));
            }
        }
        cells.push(line);
    }
    let mut need: Vec<u64> = rows
        .iter()
        .zip(&cells)
        .map(|(row, line)| row.saturating_sub(line.iter().sum()))
        .collect();
    let mut room: Vec<u64> = columns
        .iter()
        .enumerate()
        .map(|(j, column)| column.saturating_sub(cells.iter().map(|line| line[j]).sum()))
        .collect();
    let mut open = vec![vec![false; columns.len()]; rows.len()];
    let mut up = open.clone();
    fractions.sort_by(|a, b| b.0.cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
    for (_, i, j) in fractions {
        open[i][j] = true;
        if need[i] > 0 && room[j] > 0 {
            up[i][j] = true;
            need[i] -= 1;
            room[j] -= 1;
        }
    }
    for (i, need) in need.iter_mut().enumerate() {
        while *need > 0 && give_way(i, &open, &mut up, &mut room) {
            *need -= 1;
        }
    }
    for (line, up) in cells.iter_mut().zip(&up) {
        for (cell, up) in line.iter_mut().zip(up) {
            *cell += u64::from(*up);
        }
    }
    cells
}

/// Rounds one more cell of a row up: in a column with room, or in one where another row
/// can take its own elsewhere. Breadth first over columns; says whether there was a way.
fn give_way(row: usize, open: &[Vec<bool>], up: &mut [Vec<bool>], room: &mut [u64]) -> bool {
    // Of each column: the row that comes into it, and the column that this row leaves.
    let mut from: Vec<Option<(usize, Option<usize>)>> = vec![None; room.len()];
    let mut queue = std::collections::VecDeque::from([(row, None)]);
    while let Some((i, left)) = queue.pop_front() {
        for j in 0..room.len() {
            if from[j].is_some() || !open[i][j] || up[i][j] {
                continue;
            }
            from[j] = Some((i, left));
            if room[j] > 0 {
                room[j] -= 1;
                let mut at = Some(j);
                while let Some(j) = at {
                    let Some((i, left)) = from[j] else {
                        break;
                    };
                    up[i][j] = true;
                    if let Some(left) = left {
                        up[i][left] = false;
                    }
                    at = left;
                }
                return true;
            }
            queue.extend((0..up.len()).filter(|k| up[*k][j]).map(|k| (k, Some(j))));
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(weights: &[u64]) -> Vec<Share> {
        weights.iter().copied().map(Share::of).collect()
    }

    #[test]
    fn what_is_left_goes_to_the_largest_fractions() {
        // 7.5, 4.5, 3: the first of equal fractions.
        assert_eq!(proportional(15, &plain(&[5, 3, 2])).unwrap(), [8, 4, 3]);
        // Shares of 700 among eight: 87.5 each.
        let eight = equal(700, &plain(&[0; 8])).unwrap();
        assert_eq!(eight, [88, 88, 88, 88, 87, 87, 87, 87]);
        // Lai Châu: 87 to each district, the rest to the department.
        assert_eq!(
            rest_to(700, &[1; 8], 0).unwrap(),
            [91, 87, 87, 87, 87, 87, 87, 87]
        );
    }

    #[test]
    fn bounds_hold_and_the_others_divide_what_is_left() {
        let bound = |weight, least, most| Share {
            weight,
            least,
            most,
        };
        // 90, 9, 1 with at least 30 each: the first has the rest.
        let shares = [90, 9, 1].map(|w| bound(w, 30, 1000));
        assert_eq!(proportional(100, &shares).unwrap(), [40, 30, 30]);
        let shares = [bound(10, 0, 5), bound(10, 0, 100), bound(20, 0, 100)];
        assert_eq!(proportional(35, &shares).unwrap(), [5, 10, 20]);
        assert!(matches!(
            proportional(5, &[bound(1, 3, 9), bound(1, 3, 9)]),
            Err(PlanError::LessThanTheMinimum { total: 5, least: 6 })
        ));
        assert!(matches!(
            proportional(50, &[bound(1, 3, 9), bound(1, 3, 9)]),
            Err(PlanError::MoreThanThereAre {
                total: 50,
                most: 18
            })
        ));
        assert!(matches!(
            proportional(5, &plain(&[0, 0])),
            Err(PlanError::NoWeights(5))
        ));
        assert_eq!(proportional(0, &plain(&[0, 0])).unwrap(), [0, 0]);
    }

    fn any_shares() -> impl Strategy<Value = Vec<Share>> {
        let one = (0u64..1000, 0u64..20, 0u64..200).prop_map(|(weight, least, more)| Share {
            weight,
            least,
            most: least + more,
        });
        proptest::collection::vec(one, 1..12)
    }

    proptest! {
        #[test]
        fn parts_add_up_and_are_nearest_to_their_share(weights in proptest::collection::vec(0u64..5000, 1..20), total in 0u64..100_000) {
            let all: u64 = weights.iter().sum();
            prop_assume!(all > 0);
            let parts = proportional(total, &plain(&weights)).unwrap();
            prop_assert_eq!(parts.iter().sum::<u64>(), total);
            for (w, p) in weights.iter().zip(&parts) {
                // Less than one away from the true share.
                prop_assert!((p * all).abs_diff(total * w) < all);
            }
            for (a, b) in weights.iter().zip(&parts).zip(weights.iter().zip(&parts).skip(1)) {
                if a.0 > b.0 { prop_assert!(a.1 >= b.1); }
                if a.0 < b.0 { prop_assert!(a.1 <= b.1); }
            }
        }

        /// Whatever the bounds: they hold, all adds up, and nobody who is not held by a
        /// bound is further than one from a common rate.
        #[test]
        fn bounds_hold_whatever_they_are(shares in any_shares(), part in 0.0..=1.0f64) {
            let weighs = |s: &&Share| s.weight > 0;
            let least: u64 = shares.iter().map(|s| s.least).sum();
            let most: u64 = least + shares.iter().filter(weighs).map(|s| s.most - s.least).sum::<u64>();
            let total = least + (part * (most - least) as f64) as u64;
            let parts = proportional(total, &shares).unwrap();
            prop_assert_eq!(parts.iter().sum::<u64>(), total);
            for (s, p) in shares.iter().zip(&parts) {
                prop_assert!((s.least..=s.most).contains(p));
            }
            // Who has more than the least and who has less than the most: their rates
            // differ by no more than the rounding.
            for (a, p) in shares.iter().zip(&parts).filter(|(a, p)| a.weight > 0 && **p > a.least) {
                for (b, q) in shares.iter().zip(&parts).filter(|(b, q)| b.weight > 0 && **q < b.most) {
                    prop_assert!((p - 1) * b.weight <= (q + 1) * a.weight, "{a:?} {p} {b:?} {q}");
                }
            }
        }

        #[test]
        fn with_the_rest_to_one_all_adds_up(weights in proptest::collection::vec(1u64..50, 1..9), total in 0u64..9000) {
            let parts = rest_to(total, &weights, weights.len() - 1).unwrap();
            prop_assert_eq!(parts.iter().sum::<u64>(), total);
            let all: u64 = weights.iter().sum();
            for (w, p) in weights.iter().zip(&parts).take(weights.len() - 1) {
                prop_assert_eq!(*p, total * w / all);
            }
        }

        /// Rows and columns add up, and no cell is a whole one from its share.
        #[test]
        fn a_table_adds_up_both_ways(rows in proptest::collection::vec(0u64..300, 1..15), weights in proptest::collection::vec(0u64..9, 1..5)) {
            let total: u64 = rows.iter().sum();
            prop_assume!(weights.iter().sum::<u64>() > 0);
            let columns = proportional(total, &plain(&weights)).unwrap();
            let cells = cross(&rows, &columns);
            for (row, line) in rows.iter().zip(&cells) {
                prop_assert_eq!(line.iter().sum::<u64>(), *row);
            }
            for (j, column) in columns.iter().enumerate() {
                prop_assert_eq!(cells.iter().map(|l| l[j]).sum::<u64>(), *column);
                for (row, line) in rows.iter().zip(&cells) {
                    prop_assert!((line[j] * total).abs_diff(row * column) < total.max(1));
                }
            }
        }
    }
}
