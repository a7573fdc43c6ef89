//! How many to ask: sample sizes by a formula, for each group of people or for all of
//! them together and then divided.
//!
//! * Slovin: n = N / (1 + N·e²), rounded up. T. Yamane, "Statistics: An Introductory
//!   Analysis", 2nd ed., Harper & Row 1967, p. 886, for 95 % and shares near one half,
//!   with 2 for 1.96 and N for N − 1.
//! * Cochran: n₀ = z²·p·(1 − p) / e², n = n₀ / (1 + (n₀ − 1) / N), rounded up, with
//!   z = 1.96 for 95 %. W. G. Cochran, "Sampling Techniques", 3rd ed., Wiley 1977,
//!   section 4.4.
//!
//! Both are computed in whole numbers: a sample of exactly 200 must not become 201
//! because 0.05² has no end in binary.

use std::collections::BTreeSet;

use super::PlanError;
use super::allocate::{Share, equal, proportional};
use super::number::{Margin, Rate, ratio};
use crate::lang::Lang;
use crate::sheet::folded;

/// Millionths of a whole, squared: what e² is counted in.
const SQUARE: u128 = 1_000_000_000_000;

/// 1.96² in ten-thousandths: 95 % of a normal distribution lie within 1.96 standard
/// deviations.
const Z_SQUARE: u128 = 38_416;

/// By what formula.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Method {
    /// N / (1 + N·e²).
    #[default]
    Slovin,
    /// With finite population correction, at 95 %.
    Cochran,
}

impl Method {
    /// As files have it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Slovin => "slovin",
            Self::Cochran => "cochran",
        }
    }

    /// The formula with its source, for people.
    #[must_use]
    pub fn formula(self, lang: Lang) -> &'static str {
        match self {
            Self::Slovin => lang.pick(
                "Công thức Slovin: n = N / (1 + N × e²), làm tròn lên (Yamane, 1967)",
                "Slovin's formula: n = N / (1 + N × e²), rounded up (Yamane 1967)",
            ),
            Self::Cochran => lang.pick(
                "Công thức Cochran, độ tin cậy 95 %: n₀ = 1,96² × p × (1 − p) / e², \
                 n = n₀ / (1 + (n₀ − 1) / N), làm tròn lên (Cochran, 1977)",
                "Cochran's formula at 95 %: n₀ = 1.96² × p × (1 − p) / e², \
                 n = n₀ / (1 + (n₀ − 1) / N), rounded up (Cochran 1977)",
            ),
        }
    }
}

/// A group of people of whom some are asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stratum {
    /// For people.
    pub name: String,
    /// How many there are.
    pub population: u64,
    /// Margin of error of its own.
    pub margin: Option<Margin>,
}

/// How one number is divided among groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Division {
    /// In proportion to how many there are.
    Proportional,
    /// Into equal parts.
    Equal,
}

/// How samples are made up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SizeRules {
    /// The formula.
    pub method: Method,
    /// Margin of error where a group has none of its own.
    pub margin: Margin,
    /// The share that is expected, for [`Method::Cochran`].
    pub proportion: Rate,
    /// Fewest of each group.
    pub least: u64,
    /// Of those who get a sheet, so many answer.
    pub response: Rate,
    /// One number for all is divided; else each group has its own.
    pub division: Option<Division>,
    /// The number that is divided; without it the formula's for all together.
    pub total: Option<u64>,
}

impl Default for SizeRules {
    fn default() -> Self {
        Self {
            method: Method::Slovin,
            margin: Margin::default(),
            proportion: Rate::HALF,
            least: 0,
            response: Rate::ALL,
            division: None,
            total: None,
        }
    }
}

/// What came out for a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizeLine {
    /// The group.
    pub stratum: Stratum,
    /// What its formula or its part of the whole gives, before the least.
    pub computed: u64,
    /// How many answers are wanted.
    pub sample: u64,
    /// How many sheets are handed out for that.
    pub handed_out: u64,
}

impl SizeLine {
    /// Even if everybody gets a sheet, fewer answers are expected than are wanted.
    #[must_use]
    pub fn is_short(&self, response: Rate) -> bool {
        response.fewest_for(self.sample) > self.stratum.population
    }
}

/// Sample sizes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SizePlan {
    /// What they were made by.
    pub rules: SizeRules,
    /// By group, as they were given.
    pub lines: Vec<SizeLine>,
    /// What was divided among them.
    pub divided: Option<u64>,
}

/// Makes up sample sizes.
///
/// # Errors
/// No groups, one twice, or bounds that cannot be kept.
pub fn sizes(strata: &[Stratum], rules: SizeRules) -> Result<SizePlan, PlanError> {
    if strata.is_empty() {
        return Err(PlanError::NoStrata);
    }
    let mut names = BTreeSet::new();
    for stratum in strata {
        if !names.insert(folded(&stratum.name)) {
            return Err(PlanError::StratumTwice(stratum.name.clone()));
        }
    }
    let population: u64 = strata.iter().map(|s| s.population).sum();
    let (computed, samples, divided) = match rules.division {
        None => {
            let own = |s: &Stratum| size(s.population, s.margin.unwrap_or(rules.margin), &rules);
            let computed: Vec<u64> = strata.iter().map(own).collect();
            let at_least = |(s, n): (&Stratum, &u64)| (*n).max(rules.least.min(s.population));
            let samples = strata.iter().zip(&computed).map(at_least).collect();
            (computed, samples, None)
        }
        Some(division) => {
            let total = rules
                .total
                .unwrap_or_else(|| size(population, rules.margin, &rules));
            let divide = |least: u64| {
                let shares: Vec<Share> = strata
                    .iter()
                    .map(|s| Share {
                        weight: s.population,
                        least: least.min(s.population),
                        most: s.population,
                    })
                    .collect();
                match division {
                    Division::Proportional => proportional(total, &shares),
                    Division::Equal => equal(total, &shares),
                }
            };
            (divide(0)?, divide(rules.least)?, Some(total))
        }
    };
    let lines = strata
        .iter()
        .zip(computed.into_iter().zip(samples))
        .map(|(stratum, (computed, sample))| SizeLine {
            stratum: stratum.clone(),
            computed,
            sample,
            handed_out: rules.response.fewest_for(sample).min(stratum.population),
        })
        .collect();
    Ok(SizePlan {
        rules,
        lines,
        divided,
    })
}

/// The formula's number for so many people; never more than there are.
fn size(population: u64, margin: Margin, rules: &SizeRules) -> u64 {
    let (numerator, denominator) = fraction(population, margin, rules);
    let n = u64::try_from(numerator.div_ceil(denominator)).unwrap_or(u64::MAX);
    n.min(population)
}

/// The formula's number before rounding.
fn fraction(population: u64, margin: Margin, rules: &SizeRules) -> (u128, u128) {
    let (n, e) = (u128::from(population), u128::from(margin.millionths()));
    match rules.method {
        // N / (1 + N·e²), both parts times the square of a million.
        Method::Slovin => (n * SQUARE, SQUARE + n * e * e),
        // N·n₀ / (N + n₀ − 1) with n₀ = a / b.
        Method::Cochran => {
            let (a, b) = n_zero(margin, rules.proportion);
            match n {
                0 => (0, 1),
                _ => (n * a, b * (n - 1) + a),
            }
        }
    }
}

/// Cochran's number for people without end: z²·p·(1 − p) / e².
fn n_zero(margin: Margin, proportion: Rate) -> (u128, u128) {
    let (p, e) = (
        u128::from(proportion.millionths()),
        u128::from(margin.millionths()),
    );
    // Someone who expects all or nobody still needs to ask one.
    let spread = (p * (1_000_000 - p)).max(1);
    (Z_SQUARE * spread, 10_000 * e * e)
}

impl SizePlan {
    /// Sums over all groups: people, answers wanted, sheets to hand out.
    #[must_use]
    pub fn sums(&self) -> (u64, u64, u64) {
        self.lines.iter().fold((0, 0, 0), |(p, s, h), l| {
            (p + l.stratum.population, s + l.sample, h + l.handed_out)
        })
    }

    /// Does a person have to look: fewer answers are expected than are wanted?
    #[must_use]
    pub fn needs_person(&self) -> bool {
        self.lines.iter().any(|l| l.is_short(self.rules.response))
    }

    /// The margin of error that a group of this many has with so many asked, as a share;
    /// by the formula of the plan, solved for e. `None`: nobody is asked.
    #[must_use]
    pub fn reached(&self, population: u64, sample: u64) -> Option<f64> {
        if sample == 0 {
            return None;
        }
        let (all, n) = (population as f64, sample.min(population) as f64);
        Some(match self.rules.method {
            Method::Slovin => (1.0 / n - 1.0 / all).max(0.0).sqrt(),
            Method::Cochran => {
                let p = self.rules.proportion.millionths() as f64 / 1e6;
                let left = if population > 1 {
                    (all - n) / (all - 1.0)
                } else {
                    0.0
                };
                1.96 * (p * (1.0 - p) / n * left).sqrt()
            }
        })
    }

    /// How the number that is divided was computed; `None` where it was given, or each
    /// group has its own.
    #[must_use]
    pub fn whole_arithmetic(&self, lang: Lang) -> Option<String> {
        self.divided?;
        if self.rules.total.is_some() {
            return None;
        }
        Some(self.formula(self.sums().0, self.rules.margin, lang))
    }

    /// How a group's number was computed, to be quoted in a plan.
    #[must_use]
    pub fn arithmetic(&self, line: &SizeLine, lang: Lang) -> String {
        let mut text = match (self.rules.division, self.divided) {
            (Some(division), Some(total)) => {
                let (all, own, count) = (
                    u128::from(self.sums().0),
                    u128::from(line.stratum.population),
                    self.lines.len() as u128,
                );
                let total = u128::from(total);
                let (written, n, of) = match division {
                    Division::Proportional => (
                        format!(
                            "{} × {} / {}",
                            lang.grouped(total),
                            lang.grouped(own),
                            lang.grouped(all)
                        ),
                        total * own,
                        all,
                    ),
                    Division::Equal => (format!("{} / {count}", lang.grouped(total)), total, count),
                };
                let (exact, value) = ratio(n, of, lang);
                let computed = lang.grouped(u128::from(line.computed));
                if exact && value == computed {
                    format!("{written} = {value}")
                } else {
                    format!("{written} {} {value} → {computed}", sign(exact))
                }
            }
            _ => {
                let margin = line.stratum.margin.unwrap_or(self.rules.margin);
                self.formula(line.stratum.population, margin, lang)
            }
        };
        if line.sample != line.computed {
            let sample = lang.grouped(u128::from(line.sample));
            // Raised to the least, or lowered because others were.
            text.push_str(&match (line.sample > line.computed, lang) {
                (true, Lang::Vi) => format!("; lấy tối thiểu: {sample}"),
                (true, Lang::En) => format!("; the minimum: {sample}"),
                (false, Lang::Vi) => format!("; sau khi bù nhóm khác: {sample}"),
                (false, Lang::En) => format!("; after others' minimum: {sample}"),
            });
        }
        text
    }

    fn formula(&self, population: u64, margin: Margin, lang: Lang) -> String {
        let n = lang.grouped(u128::from(population));
        if population == 0 {
            return "N = 0".to_owned();
        }
        let e = margin.share(lang);
        let (numerator, denominator) = fraction(population, margin, &self.rules);
        let (exact, value) = ratio(numerator, denominator, lang);
        let rounded = lang.grouped(u128::from(size(population, margin, &self.rules)));
        let end = if value == rounded {
            String::new()
        } else {
            format!(" → {rounded}")
        };
        match self.rules.method {
            Method::Slovin => {
                let (whole, below) = ratio(denominator, SQUARE, lang);
                format!(
                    "{n} / (1 + {n} × {e}²) {} {n} / {below} {} {value}{end}",
                    sign(whole),
                    sign(exact)
                )
            }
            Method::Cochran => {
                let (a, b) = n_zero(margin, self.rules.proportion);
                let (whole, zero) = ratio(a, b, lang);
                let million = 1_000_000;
                let p = u128::from(self.rules.proportion.millionths());
                let (z, p, q) = (
                    lang.pick("1,96", "1.96"),
                    ratio(p, million, lang).1,
                    ratio(million - p, million, lang).1,
                );
                format!(
                    "n₀ = {z}² × {p} × {q} / {e}² {} {zero}; \
                     n = {zero} / (1 + ({zero} − 1) / {n}) {} {value}{end}",
                    sign(whole),
                    sign(exact)
                )
            }
        }
    }
}

fn sign(exact: bool) -> char {
    if exact { '=' } else { '≈' }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn stratum(name: &str, population: u64) -> Stratum {
        Stratum {
            name: name.into(),
            population,
            margin: None,
        }
    }

    fn one(population: u64, rules: SizeRules) -> SizeLine {
        sizes(&[stratum("a", population)], rules).unwrap().lines[0].clone()
    }

    /// Worked out elsewhere, in fractions of whole numbers.
    #[test]
    fn known_sizes() {
        for (population, wanted) in [
            (0, 0),
            (1, 1),
            (100, 80),
            (400, 200),
            (500, 223),
            (1_000, 286),
            (10_000, 385),
            (12_500, 388),
            (100_000, 399),
            (1_000_000, 400),
            (1_000_000_000_000, 400),
        ] {
            assert_eq!(
                one(population, SizeRules::default()).sample,
                wanted,
                "{population}"
            );
        }
        let cochran = SizeRules {
            method: Method::Cochran,
            ..SizeRules::default()
        };
        for (population, wanted) in [
            (0, 0),
            (1, 1),
            (100, 80),
            (1_000, 278),
            (10_000, 370),
            (100_000, 383),
            (1_000_000, 385),
            (1_000_000_000_000, 385),
        ] {
            assert_eq!(one(population, cochran).sample, wanted, "{population}");
        }
    }

    /// In floating point 1 + 400·0.05² is 2.0000000000000004 or 2, by the order of the
    /// steps; 200 must not become 201 on one machine.
    #[test]
    fn whole_results_stay_whole() {
        for k in 1u64..=1000 {
            // e = 1/k' in percent where that ends: N = 1/e² gives N / 2.
            let e = k * 100;
            let Ok(margin) = Margin::parse(&format!("{},{:04}%", e / 10_000, e % 10_000)) else {
                continue;
            };
            let square = u128::from(margin.millionths()) * u128::from(margin.millionths());
            if SQUARE.is_multiple_of(square) && (SQUARE / square).is_multiple_of(2) {
                let n = u64::try_from(SQUARE / square).unwrap();
                let rules = SizeRules {
                    margin,
                    ..SizeRules::default()
                };
                assert_eq!(one(n, rules).sample, n / 2);
            }
        }
        assert_eq!(one(400, SizeRules::default()).sample, 200);
    }

    #[test]
    fn the_arithmetic_can_be_quoted() {
        let plan = sizes(&[stratum("Một cửa", 12_500)], SizeRules::default()).unwrap();
        assert_eq!(
            plan.arithmetic(&plan.lines[0], Lang::Vi),
            "12.500 / (1 + 12.500 × 0,05²) = 12.500 / 32,25 ≈ 387,60 → 388"
        );
        let rules = SizeRules {
            method: Method::Cochran,
            ..SizeRules::default()
        };
        let plan = sizes(&[stratum("Một cửa", 12_500)], rules).unwrap();
        assert_eq!(
            plan.arithmetic(&plan.lines[0], Lang::Vi),
            "n₀ = 1,96² × 0,5 × 0,5 / 0,05² = 384,16; n = 384,16 / (1 + (384,16 − 1) / 12.500) ≈ 372,73 → 373"
        );
        let rules = SizeRules {
            division: Some(Division::Proportional),
            total: Some(400),
            least: 80,
            ..SizeRules::default()
        };
        let plan = sizes(&[stratum("a", 9_000), stratum("b", 1_000)], rules).unwrap();
        assert_eq!(
            plan.arithmetic(&plan.lines[0], Lang::En),
            "400 × 9,000 / 10,000 = 360; after others' minimum: 320"
        );
        assert_eq!(
            plan.arithmetic(&plan.lines[1], Lang::Vi),
            "400 × 1.000 / 10.000 = 40; lấy tối thiểu: 80"
        );
        assert_eq!(plan.whole_arithmetic(Lang::Vi), None);
    }

    #[test]
    fn who_does_not_answer_is_planned_for() {
        let rules = SizeRules {
            response: Rate::parse("80%").unwrap(),
            ..SizeRules::default()
        };
        let line = one(12_500, rules);
        assert_eq!((line.sample, line.handed_out), (388, 485));
        assert!(!line.is_short(rules.response));
        // 80 of 100 are wanted: with half answering, all 100 sheets bring 50.
        let rules = SizeRules {
            response: Rate::HALF,
            ..SizeRules::default()
        };
        let line = one(100, rules);
        assert_eq!((line.sample, line.handed_out), (80, 100));
        assert!(line.is_short(rules.response));
    }

    #[test]
    fn a_group_is_there_once() {
        let twice = [stratum("Một cửa", 1), stratum("một  cửa", 2)];
        assert!(matches!(
            sizes(&twice, SizeRules::default()),
            Err(PlanError::StratumTwice(_))
        ));
        assert!(matches!(
            sizes(&[], SizeRules::default()),
            Err(PlanError::NoStrata)
        ));
    }

    fn any_rules() -> impl Strategy<Value = SizeRules> {
        (any::<bool>(), 10u64..5000, 1u64..=100, 0u64..90, 1u64..=100).prop_map(
            |(slovin, margin, p, least, response)| SizeRules {
                method: if slovin {
                    Method::Slovin
                } else {
                    Method::Cochran
                },
                margin: Margin::parse(&format!("{},{:02}%", margin / 100, margin % 100)).unwrap(),
                proportion: Rate::parse(&format!("{p}%")).unwrap(),
                least,
                response: Rate::parse(&format!("{response}%")).unwrap(),
                ..SizeRules::default()
            },
        )
    }

    proptest! {
        /// More people, a smaller margin: never a smaller sample, never more than there
        /// are, and the margin that is reached is the one that was wanted.
        #[test]
        fn sizes_grow_with_people_and_with_certainty(rules in any_rules(), n in 1u64..10_000_000, more in 0u64..1000, finer in 0u64..900) {
            let rules = SizeRules { least: 0, ..rules };
            let line = one(n, rules);
            prop_assert!(line.sample <= n && line.sample >= 1);
            prop_assert!(one(n + more, rules).sample >= line.sample);
            let margin = rules.margin.millionths().saturating_sub(finer).max(1_000);
            let margin = Margin::parse(&format!("{},{:04}%", margin / 10_000, margin % 10_000)).unwrap();
            let surer = one(n, SizeRules { margin, ..rules });
            prop_assert!(surer.sample >= line.sample);
            let plan = sizes(&[stratum("a", n)], rules).unwrap();
            let e = rules.margin.millionths() as f64 / 1e6;
            prop_assert!(plan.reached(n, line.sample).unwrap() <= e * (1.0 + 1e-9));
            if line.sample > 1 && rules.proportion < Rate::ALL {
                prop_assert!(plan.reached(n, line.sample - 1).unwrap() > e * (1.0 - 1e-9));
            }
        }

        #[test]
        fn sheets_bring_the_answers_that_are_wanted(rules in any_rules(), n in 1u64..100_000) {
            let line = one(n, rules);
            prop_assert!(line.handed_out <= n);
            let expected = u128::from(line.handed_out) * u128::from(rules.response.millionths());
            prop_assert_eq!(expected >= u128::from(line.sample) * 1_000_000, !line.is_short(rules.response));
            prop_assert!(line.sample >= rules.least.min(n));
        }

        #[test]
        fn what_is_divided_adds_up(people in proptest::collection::vec(0u64..5000, 1..12), rules in any_rules(), is_equal: bool) {
            let strata: Vec<Stratum> = people.iter().enumerate().map(|(i, n)| stratum(&i.to_string(), *n)).collect();
            let division = Some(if is_equal { Division::Equal } else { Division::Proportional });
            if let Ok(plan) = sizes(&strata, SizeRules { division, ..rules }) {
                prop_assert_eq!(Some(plan.sums().1), plan.divided);
                for line in &plan.lines {
                    prop_assert!(line.sample <= line.stratum.population);
                    prop_assert!(line.sample >= rules.least.min(line.stratum.population));
                }
            }
        }
    }
}
