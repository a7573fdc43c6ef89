//! How sure a share is that was counted: bounds and intervals of 95 %.

use serde::{Deserialize, Serialize};

/// The rate that is exceeded by the true rate in at most 5 % of experiments
/// that show `errors` in `trials` (exact, Poisson). Without an error this is
/// the rule of three: 3.0 / trials.
#[must_use]
pub fn upper_bound_95(errors: u64, trials: u64) -> f64 {
    if trials == 0 {
        return 1.0;
    }
    // P(X <= errors) falls as the mean grows: bisect to where it is 5 %.
    let at_most = |mean: f64| {
        let mut term = (-mean).exp();
        let mut sum = term;
        for k in 1..=errors {
            term *= mean / k as f64;
            sum += term;
        }
        sum
    };
    // exp(-mean) must not vanish; beyond, the normal approximation serves.
    if errors > 500 {
        let k = errors as f64;
        return ((k + 1.645 * k.sqrt() + 1.9) / trials as f64).min(1.0);
    }
    let (mut lo, mut hi) = (0.0, errors as f64 * 2.0 + 10.0);
    for _ in 0..60 {
        let mid = f64::midpoint(lo, hi);
        if at_most(mid) > 0.05 {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    (hi / trials as f64).min(1.0)
}

/// The exact two-sided 95 % interval of a share (Clopper and Pearson,
/// Biometrika 26, 1934): low and high. The numbers need not be whole, so that
/// they can stand for a smaller sample ([`Scatter`]). Nothing counted: 0 to 1.
#[must_use]
pub fn clopper_pearson_95(part: f64, whole: f64) -> [f64; 2] {
    if whole <= 0.0 {
        return [0.0, 1.0];
    }
    let part = part.clamp(0.0, whole);
    let low = if part <= 0.0 {
        0.0
    } else {
        beta_quantile(0.025, part, whole - part + 1.0)
    };
    let high = if part >= whole {
        1.0
    } else {
        beta_quantile(0.975, part + 1.0, whole - part)
    };
    [low, high]
}

/// Halvings of the interval 0 to 1: shares as small as 1e-9 have six digits.
const HALVINGS: usize = 50;

fn beta_quantile(p: f64, a: f64, b: f64) -> f64 {
    let (mut lo, mut hi) = (0.0, 1.0);
    for _ in 0..HALVINGS {
        let mid = f64::midpoint(lo, hi);
        if incomplete_beta(mid, a, b) < p {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    f64::midpoint(lo, hi)
}

/// The fraction needs about as many terms as the root of the larger parameter:
/// enough for a hundred million trials.
const TERMS: u32 = 20_000;
/// Where the fraction has settled to double precision.
const SETTLED: f64 = 1e-14;
/// Stands for a zero in a denominator (Lentz's method).
const TINY: f64 = 1e-300;

/// The regularised incomplete beta function.
fn incomplete_beta(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    // The fraction settles fast below the mean; above it the other tail is
    // taken (8.17.4).
    if x > (a + 1.0) / (a + b + 2.0) {
        1.0 - by_fraction(1.0 - x, b, a)
    } else {
        by_fraction(x, a, b)
    }
}

/// By its continued fraction (NIST Digital Library of Mathematical Functions,
/// 8.17.22) evaluated forwards (Lentz, Applied Optics 15, 1976).
fn by_fraction(x: f64, a: f64, b: f64) -> f64 {
    let front = libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b)
        + a * libm::log(x)
        + b * libm::log1p(-x);
    let kept = |v: f64| if v.abs() < TINY { TINY } else { v };
    let mut c = 1.0;
    let mut d = 1.0 / kept(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for m in 1..=TERMS {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        d = 1.0 / kept(1.0 + even * d);
        c = kept(1.0 + even / c);
        fraction *= d * c;
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        d = 1.0 / kept(1.0 + odd * d);
        c = kept(1.0 + odd / c);
        let step = d * c;
        fraction *= step;
        if (step - 1.0).abs() < SETTLED {
            break;
        }
    }
    (libm::exp(front) * fraction / a).clamp(0.0, 1.0)
}

/// A share with its interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Share {
    /// Of so many …
    pub of: u64,
    /// … so many were counted.
    pub counted: u64,
    /// Their share, 0 to 1; 0 where there is nothing to count.
    pub share: f64,
    /// Lower end of the 95 % interval.
    pub low_95: f64,
    /// Its upper end.
    pub high_95: f64,
    /// By how much the scatter between sheets makes the sample smaller than its
    /// number says; see [`Scatter`].
    pub design_effect: f64,
}

impl Default for Share {
    fn default() -> Self {
        Self {
            of: 0,
            counted: 0,
            share: 0.0,
            low_95: 0.0,
            high_95: 1.0,
            design_effect: 1.0,
        }
    }
}

/// How a share scatters from sheet to sheet. The questions of a sheet were
/// answered with one pen on one paper and scanned by one scanner: they are
/// flagged together, and a thousand of them on fifty sheets tell less than a
/// thousand on as many sheets. The sums are of whole numbers, so that no order
/// of adding changes them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Scatter {
    /// Sheets that have something to count.
    pub sheets: u64,
    /// What was counted.
    pub counted: u64,
    /// Of so many.
    pub of: u64,
    /// Sum over sheets of the square of what was counted.
    pub counted_squared: u64,
    /// Sum over sheets of what was counted times of how many.
    pub product: u64,
    /// Sum over sheets of the square of how many.
    pub of_squared: u64,
}

impl Scatter {
    /// Takes in one sheet.
    pub fn add(&mut self, counted: u64, of: u64) {
        if of == 0 {
            return;
        }
        self.sheets += 1;
        self.counted += counted;
        self.of += of;
        self.counted_squared += counted * counted;
        self.product += counted * of;
        self.of_squared += of * of;
    }

    /// The variance of the share between sheets (ratio estimator, Cochran,
    /// "Sampling Techniques", 1977, section 2.11) over what it would be if all
    /// were independent; at least 1. `None` where it cannot be told: nothing or
    /// everything was counted, or on fewer than two sheets.
    #[must_use]
    pub fn design_effect(&self) -> Option<f64> {
        if self.sheets < 2 || self.counted == 0 || self.counted >= self.of {
            return None;
        }
        let (k, n) = (self.sheets as f64, self.of as f64);
        let share = self.counted as f64 / n;
        let squares = self.counted_squared as f64 - 2.0 * share * self.product as f64
            + share * share * self.of_squared as f64;
        let variance = k / (k - 1.0) * squares / (n * n);
        Some((variance / (share * (1.0 - share) / n)).max(1.0))
    }

    /// The share with its interval: exact for a sample that is smaller by the
    /// design effect (Korn and Graubard, Survey Methodology 24, 1998). Where
    /// that cannot be told it is `otherwise`.
    #[must_use]
    pub fn share(&self, otherwise: f64) -> Share {
        if self.of == 0 {
            return Share::default();
        }
        let share = self.counted as f64 / self.of as f64;
        let design_effect = self.design_effect().unwrap_or(otherwise).max(1.0);
        // A sheet tells at least as much as one question.
        let sample = (self.of as f64 / design_effect).max(self.sheets.min(self.of) as f64);
        let [low_95, high_95] = clopper_pearson_95(share * sample, sample);
        Share {
            of: self.of,
            counted: self.counted,
            share,
            low_95,
            high_95,
            design_effect,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn rule_of_three() {
        let near = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 2e-3, "{a} {b}");
        near(upper_bound_95(0, 1_000_000), 2.9957e-6);
        // Table values of the exact Poisson limit.
        near(upper_bound_95(1, 1000), 4.744e-3);
        near(upper_bound_95(10, 100_000), 16.962e-5);
        assert!((upper_bound_95(0, 0) - 1.0).abs() < 1e-12);
        assert!((upper_bound_95(500, 1_000_000) - upper_bound_95(501, 1_000_000)).abs() < 3e-6);
    }

    /// Against values of R's `binom.test`, and against what can be worked out by
    /// hand: 1 - 0.025^(1/n) where nothing was counted.
    #[test]
    fn exact_intervals() {
        let near = |got: [f64; 2], want: [f64; 2]| {
            for (g, w) in got.into_iter().zip(want) {
                assert!(
                    (g - w).abs() < 1e-4 * w.max(1e-12) + 1e-12,
                    "{got:?} {want:?}"
                );
            }
        };
        near(clopper_pearson_95(0.0, 10.0), [0.0, 0.308_497_1]);
        near(clopper_pearson_95(10.0, 10.0), [0.691_502_9, 1.0]);
        near(clopper_pearson_95(5.0, 10.0), [0.187_086_0, 0.812_914_0]);
        near(
            clopper_pearson_95(1.0, 1000.0),
            [2.531_748e-5, 5.558_924e-3],
        );
        let n = 3_000_000.0;
        near(
            clopper_pearson_95(0.0, n),
            [0.0, 1.0 - libm::pow(0.025, 1.0 / n)],
        );
        assert_eq!(clopper_pearson_95(0.0, 0.0), [0.0, 1.0]);
    }

    proptest! {
        /// The ends are where the tail of the binomial distribution, summed
        /// term by term, is 2.5 %.
        #[test]
        fn the_tails_are_two_and_a_half_percent(whole in 1u32..200, share in 0.0..=1.0f64) {
            let part = (f64::from(whole) * share).floor() as u32;
            let [low, high] = clopper_pearson_95(f64::from(part), f64::from(whole));
            let term = |k: u32, p: f64| {
                let (n, k) = (f64::from(whole), f64::from(k));
                libm::exp(
                    libm::lgamma(n + 1.0) - libm::lgamma(k + 1.0) - libm::lgamma(n - k + 1.0)
                        + k * libm::log(p)
                        + (n - k) * libm::log1p(-p),
                )
            };
            if part > 0 {
                let tail: f64 = (part..=whole).map(|k| term(k, low)).sum();
                prop_assert!((tail - 0.025).abs() < 1e-6, "{tail}");
            }
            if part < whole {
                let tail: f64 = (0..=part).map(|k| term(k, high)).sum();
                prop_assert!((tail - 0.025).abs() < 1e-6, "{tail}");
            }
        }
    }

    /// Ten questions that are always flagged together tell as much as one.
    #[test]
    fn what_happens_together_counts_once() {
        let (mut alone, mut together) = (Scatter::default(), Scatter::default());
        for i in 0..1000 {
            for _ in 0..10 {
                alone.add(u64::from(i % 20 == 0), 1);
            }
            together.add(10 * u64::from(i % 20 == 0), 10);
        }
        let (a, t) = (alone.share(1.0), together.share(1.0));
        assert_eq!((a.counted, a.of), (t.counted, t.of));
        assert!((t.design_effect - 10.0).abs() < 0.05, "{t:?}");
        assert!((a.design_effect - 1.0).abs() < 0.01, "{a:?}");
        let [low, high] = clopper_pearson_95(50.0, 1000.0);
        assert!((t.low_95 - low).abs() < 1e-3 && (t.high_95 - high).abs() < 1e-3);
        assert!(t.high_95 - t.low_95 > 3.0 * (a.high_95 - a.low_95));
    }

    #[test]
    fn where_nothing_was_counted_the_scatter_of_others_serves() {
        let mut none = Scatter::default();
        for _ in 0..100 {
            none.add(0, 10);
        }
        assert_eq!(none.design_effect(), None);
        assert!(none.share(5.0).high_95 > 4.0 * none.share(1.0).high_95);
        // Each sheet tells at least as much as one question.
        assert_eq!(none.share(10.0).high_95, none.share(1e9).high_95);
        assert_eq!(Scatter::default().share(1.0), Share::default());
    }
}
