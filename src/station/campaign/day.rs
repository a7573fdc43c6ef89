//! Days as plans have them: without a time, in the office's own calendar.

use std::fmt;

/// A day of the Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Day {
    year: u16,
    month: u8,
    day: u8,
}

impl Day {
    /// `None` where there is no such day; years 1 to 9999.
    #[must_use]
    pub fn new(year: u16, month: u8, day: u8) -> Option<Self> {
        let leap =
            year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => return None,
        };
        let there = (1..=9999).contains(&year) && (1..=days).contains(&day);
        there.then_some(Self { year, month, day })
    }

    /// Reads `2023-12-02` or, as Vietnamese plans write it, `2/12/2023`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (separator, turned) = if text.contains('/') {
            ('/', true)
        } else {
            ('-', false)
        };
        let mut parts = text.split(separator);
        let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
        if parts.next().is_some() {
            return None;
        }
        let (year, day) = if turned { (c, a) } else { (a, c) };
        let digits =
            |t: &str| !t.is_empty() && t.len() <= 4 && t.bytes().all(|b| b.is_ascii_digit());
        if !(digits(year) && digits(b) && digits(day)) {
            return None;
        }
        Self::new(year.parse().ok()?, b.parse().ok()?, day.parse().ok()?)
    }

    /// Days since 1 March of the year 0: what differences are taken of. By
    /// H. Hinnant, "chrono-compatible low-level date algorithms", days_from_civil.
    fn number(self) -> i64 {
        let (y, m, d) = (
            i64::from(self.year),
            i64::from(self.month),
            i64::from(self.day),
        );
        let y = if m <= 2 { y - 1 } else { y };
        let of_year = (153 * ((m + 9) % 12) + 2) / 5 + d - 1;
        365 * y + y / 4 - y / 100 + y / 400 + of_year
    }

    /// As administrative documents date themselves: days below ten and the months
    /// January and February with a zero (Decree 30/2020/NĐ-CP, annex I, II.4).
    #[must_use]
    pub fn in_words(self) -> String {
        let month = if self.month < 3 {
            format!("{:02}", self.month)
        } else {
            self.month.to_string()
        };
        format!("ngày {:02} tháng {month} năm {}", self.day, self.year)
    }

    /// Days from `self` to `other`; negative where that one is earlier.
    #[must_use]
    pub fn days_until(self, other: Self) -> i64 {
        other.number() - self.number()
    }

    /// The next day.
    #[must_use]
    pub fn after(self) -> Option<Self> {
        let Self { year, month, day } = self;
        Self::new(year, month, day + 1)
            .or_else(|| Self::new(year, month + 1, 1))
            .or_else(|| Self::new(year + 1, 1, 1))
    }

    /// The day before.
    #[must_use]
    pub fn before(self) -> Option<Self> {
        let Self { year, month, day } = self;
        let last = |year, month| (28..=31).rev().find_map(|d| Self::new(year, month, d));
        Self::new(year, month, day - 1)
            .or_else(|| last(year, month - 1))
            .or_else(|| last(year - 1, 12))
    }

    /// As it is written in Vietnam: 02/12/2023.
    #[must_use]
    pub fn written(self) -> String {
        format!("{:02}/{:02}/{:04}", self.day, self.month, self.year)
    }
}

/// ISO 8601, so that days sort as texts.
impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn days_are_read_as_plans_write_them() {
        let day = Day::new(2023, 12, 2);
        assert_eq!(Day::parse("2/12/2023"), day);
        assert_eq!(Day::parse(" 02/12/2023 "), day);
        assert_eq!(Day::parse("2023-12-02"), day);
        for wrong in [
            "",
            "30/2/2024",
            "2023-13-01",
            "1/1",
            "1/1/1/2024",
            "+1/1/2024",
            "ngày 2",
        ] {
            assert_eq!(Day::parse(wrong), None, "{wrong}");
        }
        assert!(Day::parse("29/2/2024").is_some());
        assert!(Day::parse("29/2/2100").is_none());
        let at = |t| Day::parse(t).unwrap();
        assert_eq!(at("28/2/2024").days_until(at("1/3/2024")), 2);
        assert_eq!(at("30/11/2023").days_until(at("2/12/2023")), 2);
        assert_eq!(at("1/1/2024").days_until(at("31/12/2023")), -1);
    }

    proptest! {
        /// Each day is one after the day before, over all month and year ends.
        #[test]
        fn the_next_day_is_one_day_later(y in 1u16..9999, m in 1u8..=12, d in 1u8..=31) {
            if let Some(day) = Day::new(y, m, d) {
                let next = day.after().unwrap();
                prop_assert_eq!(day.days_until(next), 1);
                prop_assert_eq!(next.before(), Some(day));
                prop_assert_eq!(Day::parse(&day.to_string()), Some(day));
                prop_assert_eq!(Day::parse(&day.written()), Some(day));
            }
        }
    }
}
