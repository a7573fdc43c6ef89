//! Numbers as plans write them: whole numbers with groups of three, shares in percent.

use super::PlanError;
use crate::lang::Lang;
use crate::sheet::folded;

/// Parts of a whole that a share is kept in: percent with four decimals.
const WHOLE: u64 = 1_000_000;

/// Most people that a list may have: more than live anywhere, and small enough that
/// no product of the formulas leaves 128 bits.
const MOST_PEOPLE: u64 = 1_000_000_000_000;

/// A whole number of people or sheets: `12500`, or in groups of three as Vietnamese
/// (`12.500`), English (`12,500`) or with blanks (`12 500`).
///
/// # Errors
/// Anything else, or more than there are people.
pub fn count(text: &str) -> Result<u64, PlanError> {
    let wrong = || PlanError::NoCount(text.to_owned());
    let text = text.trim();
    let blank = |c: char| c == ' ' || c == '\u{a0}' || c == '\u{202f}';
    let separator = text.chars().find(|c| *c == '.' || *c == ',' || blank(*c));
    let digits: String = match separator {
        None => text.to_owned(),
        Some(separator) => {
            let groups: Vec<&str> = text.split(separator).collect();
            let sound = groups.iter().enumerate().all(|(i, g)| match i {
                0 => (1..=3).contains(&g.len()) && !g.starts_with('0'),
                _ => g.len() == 3,
            });
            if !sound {
                return Err(wrong());
            }
            groups.concat()
        }
    };
    if digits.is_empty() || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return Err(wrong());
    }
    let number = digits.parse().map_err(|_| wrong())?;
    if number > MOST_PEOPLE {
        return Err(wrong());
    }
    Ok(number)
}

/// Does a row of this name hold the sums of a table? Whoever took it for another group
/// would count everybody twice.
#[must_use]
pub fn names_a_sum(text: &str) -> bool {
    ["tổng", "tổng số", "tổng cộng", "cộng", "total", "sum"].contains(&folded(text).as_str())
}

/// A number without its percent sign, and whether it had one.
fn without_sign(text: &str) -> (&str, bool) {
    let text = text.trim();
    match text.strip_suffix('%') {
        Some(number) => (number.trim_end(), true),
        None => (text, false),
    }
}

/// A share in millionths, of `5 %`, `5`, `2,5%` or `2.5`.
fn millionths(text: &str) -> Option<u64> {
    let (whole, decimals) = text.split_once([',', '.']).unwrap_or((text, "0"));
    let digits = |t: &str| !t.is_empty() && t.len() <= 4 && t.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(decimals) {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let decimals: u64 = format!("{decimals:0<4}").parse().ok()?;
    Some(whole * 10_000 + decimals)
}

/// Percent with up to four decimals of millionths, without zeros at the end.
fn percent(millionths: u64, lang: Lang) -> String {
    let (whole, decimals) = (millionths / 10_000, millionths % 10_000);
    let decimals = format!("{decimals:04}");
    let decimals = decimals.trim_end_matches('0');
    if decimals.is_empty() {
        format!("{whole}")
    } else {
        format!("{whole}{}{decimals}", lang.pick(",", "."))
    }
}

/// A margin of error, from 0.1 % to 50 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Margin(u64);

impl Default for Margin {
    /// 5 %, what plans take.
    fn default() -> Self {
        Self(50_000)
    }
}

impl Margin {
    /// Reads percent (`5`, `5 %`, `2,5%`) or, where no percent sign is there, the share
    /// as formulas have it (`0,05`).
    ///
    /// # Errors
    /// Out of bounds, no number, or one that might be both: `0,5` without a percent
    /// sign.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let wrong = || PlanError::NoMargin(text.to_owned());
        let (number, marked) = without_sign(text);
        let read = if marked || !number.starts_with('0') {
            millionths(number).ok_or_else(wrong)?
        } else {
            // The share itself: as percent it has two decimals more than it is written
            // with. Nobody plans with a fifth of a percent, nor with more than a fifth.
            let (_, decimals) = number.split_once([',', '.']).ok_or_else(wrong)?;
            let sound = (1..=6).contains(&decimals.len())
                && number.len() == decimals.len() + 2
                && decimals.bytes().all(|b| b.is_ascii_digit());
            if !sound {
                return Err(wrong());
            }
            let share: u64 = format!("{decimals:0<6}").parse().map_err(|_| wrong())?;
            if share > 200_000 {
                return Err(PlanError::DoubtfulMargin(text.to_owned()));
            }
            share
        };
        if !(1_000..=500_000).contains(&read) {
            return Err(wrong());
        }
        Ok(Self(read))
    }

    /// In millionths.
    #[must_use]
    pub fn millionths(self) -> u64 {
        self.0
    }

    /// In percent, as it is written in this language, without a percent sign.
    #[must_use]
    pub fn percent(self, lang: Lang) -> String {
        percent(self.0, lang)
    }

    /// As formulas have it: `0,05`.
    #[must_use]
    pub fn share(self, lang: Lang) -> String {
        ratio(u128::from(self.0), u128::from(WHOLE), lang).1
    }
}

/// A share of people, above 0 % and up to 100 %.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Rate(u64);

impl Rate {
    /// All.
    pub const ALL: Self = Self(WHOLE);
    /// One in two: what makes a sample largest, so what is taken where nothing is known.
    pub const HALF: Self = Self(WHOLE / 2);

    /// Reads percent: `80`, `80 %`, `62,5%`.
    ///
    /// # Errors
    /// No number, nothing, more than all, or a number below 1 without a percent sign.
    pub fn parse(text: &str) -> Result<Self, PlanError> {
        let wrong = || PlanError::NoRate(text.to_owned());
        let (number, marked) = without_sign(text);
        let read = millionths(number).ok_or_else(wrong)?;
        let least = if marked { 1 } else { WHOLE / 100 };
        if !(least..=WHOLE).contains(&read) {
            return Err(wrong());
        }
        Ok(Self(read))
    }

    /// In millionths.
    #[must_use]
    pub fn millionths(self) -> u64 {
        self.0
    }

    /// In percent, as it is written in this language, without a percent sign.
    #[must_use]
    pub fn percent(self, lang: Lang) -> String {
        percent(self.0, lang)
    }

    /// The fewest of which this share is at least `wanted`.
    #[must_use]
    pub fn fewest_for(self, wanted: u64) -> u64 {
        let all = u128::from(wanted) * u128::from(WHOLE);
        u64::try_from(all.div_ceil(u128::from(self.0))).unwrap_or(u64::MAX)
    }
}

/// Most decimals that are looked at for the first that is not zero.
const MOST_DECIMALS: u32 = 9;

/// Most decimals that are shown because they are all of it.
const MOST_EXACT: u32 = 6;

/// A ratio as people write it, and whether that is all of it (`=`) or rounded (`≈`).
/// All decimals where that is six at most, else two, or as many (up to nine) as it takes
/// to tell it from a whole number: what is rounded up from there must be seen to be
/// above it. Of a denominator of zero: a dash.
#[must_use]
pub fn ratio(numerator: u128, denominator: u128, lang: Lang) -> (bool, String) {
    let Some(whole) = numerator.checked_div(denominator) else {
        return (true, "–".to_owned());
    };
    let rest = numerator % denominator;
    if rest == 0 {
        return (true, lang.grouped(whole));
    }
    let at = |decimals: u32| {
        let scale = 10u128.pow(decimals);
        let scaled = rest.checked_mul(scale)?;
        // Half is rounded up.
        let rounded = (scaled / denominator)
            + u128::from(scaled % denominator >= denominator - denominator / 2);
        Some((scaled % denominator == 0, decimals, scale, rounded))
    };
    let all = || (1..=MOST_DECIMALS).map_while(at);
    let shown = all()
        .find(|(exact, decimals, ..)| *exact && *decimals <= MOST_EXACT)
        .or_else(|| all().find(|(_, d, scale, r)| *d >= 2 && (1..*scale).contains(r)))
        .or_else(|| all().last());
    let Some((exact, decimals, scale, rounded)) = shown else {
        return (false, lang.grouped(whole));
    };
    let (whole, rounded) = if rounded == scale {
        (whole + 1, 0)
    } else {
        (whole, rounded)
    };
    let width = decimals as usize;
    let text = format!(
        "{}{}{rounded:0width$}",
        lang.grouped(whole),
        lang.pick(",", ".")
    );
    (exact, text)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn counts_are_read_as_offices_write_them() {
        for (text, n) in [
            ("0", 0),
            ("700", 700),
            (" 12500 ", 12_500),
            ("12.500", 12_500),
            ("12,500", 12_500),
            ("1 234 567", 1_234_567),
            ("1.234.567", 1_234_567),
        ] {
            assert_eq!(count(text).unwrap(), n, "{text}");
        }
        for text in [
            "",
            "-3",
            "1.5",
            "12.50",
            "1.2345",
            "0.500",
            "12.500,0",
            "1.234,567",
            "a",
            "+5",
            "1e3",
            "12..500",
            ".500",
            "1000000000001",
            "99999999999999999999999",
        ] {
            assert!(count(text).is_err(), "{text}");
        }
    }

    #[test]
    fn margins_are_percent_or_a_share() {
        for (text, millionths) in [
            ("5", 50_000),
            ("5%", 50_000),
            ("5 %", 50_000),
            ("0,05", 50_000),
            ("0.05", 50_000),
            ("0,045", 45_000),
            ("2,5", 25_000),
            ("3.33%", 33_300),
            ("0,5%", 5_000),
            ("10", 100_000),
            ("0,1", 100_000),
        ] {
            assert_eq!(
                Margin::parse(text).unwrap().millionths(),
                millionths,
                "{text}"
            );
        }
        assert!(matches!(
            Margin::parse("0,5"),
            Err(PlanError::DoubtfulMargin(_))
        ));
        for text in [
            "",
            "%",
            "0",
            "0,05%",
            "51",
            "-5",
            "5,00001",
            "0,0000001",
            "5%%",
            "1e1",
            "00,05",
        ] {
            assert!(Margin::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_are_percent() {
        assert_eq!(Rate::parse("80%").unwrap().fewest_for(400), 500);
        assert_eq!(Rate::parse("62,5").unwrap().fewest_for(5), 8);
        assert_eq!(Rate::ALL.fewest_for(400), 400);
        for text in ["0", "0,8", "101", "", "%"] {
            assert!(Rate::parse(text).is_err(), "{text}");
        }
    }

    /// What is rounded up must be seen to lie above a whole number.
    #[test]
    fn ratios_show_on_which_side_of_a_whole_number_they_are() {
        let vi = |n, d| ratio(n, d, Lang::Vi);
        assert_eq!(vi(12_500, 1), (true, "12.500".into()));
        assert_eq!(vi(1_250_000, 3_225), (false, "387,60".into()));
        assert_eq!(vi(3_225, 100), (true, "32,25".into()));
        assert_eq!(vi(1, 2), (true, "0,5".into()));
        assert_eq!(vi(3_880_001, 10_000), (true, "388,0001".into()));
        assert_eq!(vi(1, 3), (false, "0,33".into()));
        assert_eq!(vi(999_999, 1_000_001), (false, "0,999998".into()));
        assert_eq!(ratio(1_250_000, 3_225, Lang::En).1, "387.60");
        assert_eq!(vi(1, 0).1, "–");
    }

    proptest! {
        /// Between the same whole numbers, and no more than half a last decimal away.
        #[test]
        fn a_shown_ratio_is_near_the_true_one(n in 0u128..1_000_000_000_000, d in 1u128..1_000_000) {
            let (exact, text) = ratio(n, d, Lang::En);
            let plain = text.replace(',', "");
            let (whole, decimals) = plain.split_once('.').unwrap_or((&plain, ""));
            let scale = 10u128.pow(u32::try_from(decimals.len()).unwrap());
            let shown: u128 = format!("{whole}{decimals}").parse().unwrap();
            prop_assert_eq!(exact, shown * d == n * scale);
            prop_assert!((shown * d).abs_diff(n * scale) * 2 <= d);
            prop_assert_eq!(shown.div_ceil(scale), n.div_ceil(d));
        }

        #[test]
        fn what_is_written_is_read(n in 0u64..1_000_000_000_000) {
            for lang in [Lang::Vi, Lang::En] {
                prop_assert_eq!(count(&lang.grouped(u128::from(n))).unwrap(), n);
            }
        }

        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,12}", near in "[0-9,.% ]{0,12}") {
            for text in [text, near] {
                let _ = (count(&text), Margin::parse(&text), Rate::parse(&text));
            }
        }
    }
}
