//! Days as form tools write them.

use serde::{Deserialize, Serialize};

use crate::station::{Day, LocalTime};

/// What comes first in a day that is written with three numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DayOrder {
    /// `25/11/2024`, as in Vietnam.
    Dmy,
    /// `11/25/2024`, as form tools that are set to American English write.
    Mdy,
    /// `2024-11-25`.
    Ymd,
}

impl DayOrder {
    /// All, the one of Vietnam first.
    pub const ALL: [Self; 3] = [Self::Dmy, Self::Mdy, Self::Ymd];

    /// As a mapping has it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Dmy => "dmy",
            Self::Mdy => "mdy",
            Self::Ymd => "ymd",
        }
    }

    /// The day of a cell: three numbers divided by `/`, `-` or `.`, and perhaps a time
    /// behind a blank or a `T`. A time in UTC (`…Z`) is brought to the office's clock.
    /// A day that begins with a year of four digits is read so in any order.
    #[must_use]
    pub fn parse(self, text: &str, clock: LocalTime) -> Option<Day> {
        let text = text.trim();
        let of_utc = (text.len() >= 20 && text.ends_with('Z')).then(|| clock.moment(text));
        let text = of_utc.as_deref().unwrap_or(text);
        let end = text
            .find(|c: char| c.is_whitespace() || c == 'T' || c == ',')
            .unwrap_or(text.len());
        let (day, time) = text.split_at(end);
        if !time.is_empty() && !time.contains(|c: char| c.is_ascii_digit()) {
            return None;
        }
        let mut parts = day.split(['/', '-', '.']);
        let (a, b, c) = (parts.next()?, parts.next()?, parts.next()?);
        let plain = |t: &str| (1..=4).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit());
        if parts.next().is_some() || ![a, b, c].into_iter().all(plain) {
            return None;
        }
        let (year, month, day) = match self {
            _ if a.len() == 4 => (a, b, c),
            Self::Dmy => (c, b, a),
            Self::Mdy => (c, a, b),
            Self::Ymd => return None,
        };
        // Of two digits nobody knows whether they are the year.
        if year.len() != 4 {
            return None;
        }
        Day::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_of_form_tools() {
        let clock = LocalTime::VIETNAM;
        let day = Day::new(2024, 11, 5);
        for (order, text) in [
            (DayOrder::Dmy, "5/11/2024"),
            (DayOrder::Dmy, "05-11-2024 8:03:11"),
            (DayOrder::Dmy, "05.11.2024 08:03"),
            (DayOrder::Mdy, "11/5/2024 8:03:11"),
            (DayOrder::Dmy, "2024-11-05"),
            (DayOrder::Ymd, "2024/11/05 8:03:11 SA GMT+7"),
            (DayOrder::Ymd, "2024-11-05T08:03:11.120+07:00"),
            (DayOrder::Ymd, "2024-11-04T20:03:11.120Z"),
        ] {
            assert_eq!(order.parse(text, clock), day, "{text}");
        }
        for (order, text) in [
            (DayOrder::Dmy, "11/25/2024"),
            (DayOrder::Mdy, "25/11/2024"),
            (DayOrder::Ymd, "25/11/2024"),
            (DayOrder::Dmy, "5/11/24"),
            (DayOrder::Dmy, "hôm qua"),
            (DayOrder::Dmy, "5/11/2024 sáng"),
            (DayOrder::Dmy, "45601.3"),
            (DayOrder::Dmy, ""),
        ] {
            assert_eq!(order.parse(text, clock), None, "{text}");
        }
    }
}
