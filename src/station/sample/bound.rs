//! What a sample says of all ballots.

/// A bound that is too low for the truth in at most so many of all samples.
const RISK: f64 = 0.05;

/// The most ballots in error among `population` that a random sample of `sample`
/// ballots (without replacement) with `errors` in error does not exclude with 95 %
/// confidence: the largest number M with which at most so many errors are found in
/// at least 5 % of all samples.
///
/// Exact, by the hypergeometric distribution, because a sample is drawn without
/// replacement from a known number of ballots: Clopper and Pearson's bound, which
/// supposes replacement, is higher than need be (T. Wright, "Exact confidence
/// bounds when sampling from small finite universes", Lecture Notes in Statistics
/// 66, Springer 1991, chapter 2).
///
/// Nothing was drawn: all may be in error.
#[must_use]
pub fn most_errors_95(population: u64, sample: u64, errors: u64) -> u64 {
    let sample = sample.min(population);
    let errors = errors.min(sample);
    // The errors that were seen are there, and the good ones are good.
    let (mut low, mut high) = (errors, population - (sample - errors));
    // With more in error, fewer samples show so few: `low` is never excluded.
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        if at_most(errors, population, sample, middle) >= RISK {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    low
}

/// Chance of at most `errors` in a sample if `bad` of all are in error.
fn at_most(errors: u64, population: u64, sample: u64, bad: u64) -> f64 {
    let ways = |of: u64, take: u64| {
        let ln = |n: u64| libm::lgamma(n as f64 + 1.0);
        ln(of) - ln(take) - ln(of - take)
    };
    let good = population - bad;
    let all = ways(population, sample);
    let fewest = sample.saturating_sub(good);
    (fewest..=errors.min(bad).min(sample))
        .map(|k| libm::exp(ways(bad, k) + ways(good, sample - k) - all))
        .sum()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Counted out: all ways to draw, one by one.
    fn by_counting(errors: u64, population: u64, sample: u64, bad: u64) -> f64 {
        let (mut all, mut few) = (0u64, 0u64);
        for set in 0u64..1 << population {
            if u64::from(set.count_ones()) == sample {
                all += 1;
                let found = u64::from((set & ((1 << bad) - 1)).count_ones());
                few += u64::from(found <= errors);
            }
        }
        few as f64 / all as f64
    }

    #[test]
    fn the_chances_are_those_of_all_ways_to_draw() {
        for population in 1..=10 {
            for sample in 0..=population {
                for bad in 0..=population {
                    for errors in 0..=sample {
                        let exact = by_counting(errors, population, sample, bad);
                        let ours = at_most(errors, population, sample, bad);
                        assert!(
                            (exact - ours).abs() < 1e-9,
                            "{population} {sample} {bad} {errors}"
                        );
                    }
                }
            }
        }
    }

    /// No error in 59 of very many is the known limit of 5 %: 0.95^59 = 0.0485.
    #[test]
    fn known_bounds() {
        let share = |m: u64| m as f64 / 1e6;
        assert!((share(most_errors_95(1_000_000, 59, 0)) - 0.0495).abs() < 2e-4);
        assert_eq!(most_errors_95(148, 148, 0), 0);
        assert_eq!(most_errors_95(148, 148, 3), 3);
        assert_eq!(most_errors_95(148, 0, 0), 148);
        assert_eq!(most_errors_95(0, 0, 0), 0);
        // 10 of 20 without error: C(17,10)/C(20,10) = 0.105, C(16,10)/C(20,10) = 0.043.
        assert_eq!(most_errors_95(20, 10, 0), 3);
    }

    proptest! {
        /// Whatever the truth, it is above the bound in at most 5 % of all samples.
        #[test]
        fn the_truth_is_rarely_above_the_bound(population in 1u64..400, part in 0.0..1.0f64, bad in 0.0..1.0f64) {
            let sample = (part * population as f64) as u64;
            let bad = (bad * population as f64) as u64;
            let chance = |k: u64| {
                at_most(k, population, sample, bad)
                    - if k == 0 { 0.0 } else { at_most(k - 1, population, sample, bad) }
            };
            let missed: f64 = (0..=sample.min(bad))
                .filter(|k| most_errors_95(population, sample, *k) < bad)
                .map(chance)
                .sum();
            prop_assert!(missed <= RISK + 1e-9, "{missed}");
        }
    }
}
