//! The time on the office's clock. The store keeps moments in UTC (RFC 3339), and so
//! do all outputs for programs; whatever people read goes through here.
//!
//! The offset from UTC is a setting of the station, not of the computer, so that
//! whoever looks from wherever, and whoever runs a command in whatever terminal, reads
//! the same time. Vietnam has been at UTC+07:00 without daylight saving time since 1975
//! (IANA time zone `Asia/Ho_Chi_Minh`): one number is enough, and no table of time
//! zones is needed. An office in a country with daylight saving time would have to
//! change the setting twice a year.

use std::fmt;

use super::Day;
use crate::store::{Store, StoreError};

/// Name of the setting that has the offset, as [`LocalTime`] is written.
pub const UTC_OFFSET: &str = "utc-offset";

/// Offsets in use on earth, minutes: UTC−12:00 to UTC+14:00.
const OFFSETS: std::ops::RangeInclusive<i32> = -12 * 60..=14 * 60;

/// A clock at a fixed offset from UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LocalTime {
    /// Minutes that it is ahead of UTC.
    ahead: i32,
}

impl LocalTime {
    /// The clock of Vietnam, where nothing else is set.
    pub const VIETNAM: Self = Self { ahead: 7 * 60 };

    /// The clock of the station.
    ///
    /// # Errors
    /// The database refuses.
    pub fn of(store: &Store) -> Result<Self, StoreError> {
        let set = store.setting(UTC_OFFSET)?;
        Ok(set.and_then(|t| Self::parse(&t)).unwrap_or(Self::VIETNAM))
    }

    /// Reads `+07:00`, `+7`, `7` or `-03:30`, with `UTC` before it or without. `None`
    /// for anything else and for offsets that no place on earth has.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches("UTC").trim();
        let (sign, text) = match text.strip_prefix(['-', '−']) {
            Some(rest) => (-1, rest),
            None => (1, text.strip_prefix('+').unwrap_or(text)),
        };
        let (hours, minutes) = text.split_once(':').unwrap_or((text, "00"));
        let number = |t: &str| {
            let plain = (1..=2).contains(&t.len()) && t.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| t.parse::<i32>().ok()).flatten()
        };
        let minutes = number(minutes).filter(|m| *m < 60 && minutes.len() == 2)?;
        let ahead = sign * (number(hours)? * 60 + minutes);
        OFFSETS.contains(&ahead).then_some(Self { ahead })
    }

    /// Day and time of a moment of the store, to the second: `2026-11-25 17:13:21`.
    /// What is no moment is given back as it is.
    #[must_use]
    pub fn moment(self, at: &str) -> String {
        self.shifted(at).map_or_else(
            || at.to_owned(),
            |(day, time, seconds)| format!("{day} {time}:{seconds}"),
        )
    }

    /// The same with the offset behind it, where no heading says it:
    /// `2026-11-25 17:13:21 +07:00`.
    #[must_use]
    pub fn moment_and_offset(self, at: &str) -> String {
        match self.shifted(at) {
            Some((day, time, seconds)) => format!("{day} {time}:{seconds} {self}"),
            None => at.to_owned(),
        }
    }

    /// The same to the minute, as it is written in Vietnam: `17:13 25/11/2026`, with
    /// the offset behind it.
    #[must_use]
    pub fn written(self, at: &str) -> String {
        match self.shifted(at) {
            Some((day, time, _)) => format!("{time} {} (UTC{self})", day.written()),
            None => at.to_owned(),
        }
    }

    /// The day that it is now on this clock.
    ///
    /// # Errors
    /// The database, whose clock is asked, refuses.
    pub fn today(self, store: &Store) -> Result<Option<Day>, StoreError> {
        let now = store.now()?;
        Ok(self.shifted(&now).map(|(day, _, _)| day))
    }

    /// Day, `HH:MM` and `SS` on this clock.
    fn shifted(self, at: &str) -> Option<(Day, String, &str)> {
        if !at.ends_with('Z') || at.get(10..11) != Some("T") {
            return None;
        }
        let mut day = Day::parse(at.get(..10)?)?;
        let clock = at.get(11..19)?;
        let mut parts = clock
            .split(':')
            .map(|p| p.parse::<u8>().ok().map(i32::from));
        let (hour, minute) = (parts.next()??, parts.next()??);
        let minutes = hour * 60 + minute + self.ahead;
        if minutes < 0 {
            day = day.before()?;
        } else if minutes >= 24 * 60 {
            day = day.after()?;
        }
        let minutes = minutes.rem_euclid(24 * 60);
        let time = format!("{:02}:{:02}", minutes / 60, minutes % 60);
        Some((day, time, clock.get(6..)?))
    }
}

/// `+07:00`.
impl fmt::Display for LocalTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.ahead < 0 { '-' } else { '+' };
        let ahead = self.ahead.abs();
        write!(f, "{sign}{:02}:{:02}", ahead / 60, ahead % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_moment_is_shown_as_the_office_has_it_over_midnight_and_new_year() {
        let vn = LocalTime::VIETNAM;
        assert_eq!(vn.moment("2026-11-25T10:13:21.123Z"), "2026-11-25 17:13:21");
        assert_eq!(vn.moment("2026-12-31T17:00:00.000Z"), "2027-01-01 00:00:00");
        assert_eq!(vn.moment("2028-02-28T16:59:59Z"), "2028-02-28 23:59:59");
        assert_eq!(vn.moment("2028-02-28T17:00:00Z"), "2028-02-29 00:00:00");
        assert_eq!(
            vn.moment_and_offset("2026-11-25T10:13:21.123Z"),
            "2026-11-25 17:13:21 +07:00"
        );
        assert_eq!(
            vn.written("2026-11-25T04:10:11.123Z"),
            "11:10 25/11/2026 (UTC+07:00)"
        );
        let west = LocalTime::parse("-03:30").unwrap();
        assert_eq!(west.moment("2026-03-01T02:00:05Z"), "2026-02-28 22:30:05");
        for no_moment in ["", "2026", "2026-11-25 10:13:21", "2026-13-25T10:13:21Z"] {
            assert_eq!(vn.moment(no_moment), no_moment);
        }
    }

    #[test]
    fn offsets_are_read_as_people_write_them() {
        for text in ["+07:00", "+7", "7", " UTC+7 ", "UTC+07:00", "07:00"] {
            assert_eq!(LocalTime::parse(text), Some(LocalTime::VIETNAM), "{text}");
        }
        for wrong in [
            "", "+", "7:", "+7:5", "+07:60", "+14:01", "-13", "GMT", "٧", "+-7",
        ] {
            assert_eq!(LocalTime::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        /// Shifted there and back it is the same moment, and a day off at most.
        #[test]
        fn a_shift_is_a_shift(
            ahead in OFFSETS, y in 2i32..9998, m in 1u8..=12, d in 1u8..=28,
            h in 0u8..24, min in 0u8..60,
        ) {
            let at = format!("{y:04}-{m:02}-{d:02}T{h:02}:{min:02}:07Z");
            let there = LocalTime { ahead }.moment(&at).replace(' ', "T") + "Z";
            let back = LocalTime { ahead: -ahead }.moment(&there).replace(' ', "T") + "Z";
            prop_assert_eq!(back, at);
            let text = LocalTime { ahead }.to_string();
            prop_assert_eq!(LocalTime::parse(&text), Some(LocalTime { ahead }));
        }

        #[test]
        fn any_text_is_taken_without_panic(text in "\\PC{0,30}", near in "[0-9TZ:. -]{0,30}") {
            for t in [text, near] {
                let _ = LocalTime::VIETNAM.moment(&t);
                let _ = LocalTime::parse(&t);
            }
        }
    }
}
