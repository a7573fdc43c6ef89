//! Day and time as people write them.

/// When a box was opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// 1 to 31.
    pub day: u32,
    /// 1 to 12.
    pub month: u32,
    /// With the century.
    pub year: u32,
    /// Hour and minute, if they were given.
    pub time: Option<(u32, u32)>,
}

impl Moment {
    /// Reads `25/11/2026`, `25-11-2026` or `2026-11-25`, with `14:30`, `14h30` or
    /// `14h` after it or without. `None` for anything else and for days that no
    /// calendar has.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().replace('T', " ");
        let mut parts = text.split_whitespace();
        let date: Vec<&str> = parts.next()?.split(['/', '-', '.']).collect();
        let [a, b, c] = date[..] else {
            return None;
        };
        let (day, year) = if a.len() == 4 { (c, a) } else { (a, c) };
        if year.len() != 4 {
            return None;
        }
        let (day, month, year) = (number(day)?, number(b)?, number(year)?);
        let time = match parts.next() {
            Some(time) => {
                let (hour, minute) = time.split_once([':', 'h', 'g'])?;
                // `14h` alone is the full hour; `14:` is a slip.
                let minute = match minute {
                    "" if !time.contains(':') => 0,
                    minute => number(minute)?,
                };
                Some((number(hour)?, minute))
            }
            None => None,
        };
        let sound = parts.next().is_none()
            && (1..=12).contains(&month)
            && (1..=days(month, year)).contains(&day)
            && time.is_none_or(|(h, m)| h < 24 && m < 60);
        sound.then_some(Self {
            day,
            month,
            year,
            time,
        })
    }

    /// "14 giờ 30 phút, ngày 05 tháng 01 năm 2026": days below ten and the first
    /// two months are written with a zero before them (Decree 30/2020/NĐ-CP,
    /// annex I, part I, II.4).
    #[must_use]
    pub fn vietnamese(&self) -> String {
        let month = if self.month < 3 {
            format!("{:02}", self.month)
        } else {
            self.month.to_string()
        };
        let day = format!("ngày {:02} tháng {month} năm {}", self.day, self.year);
        match self.time {
            Some((hour, minute)) => format!("{hour:02} giờ {minute:02} phút, {day}"),
            None => day,
        }
    }
}

fn number(text: &str) -> Option<u32> {
    let plain = (1..=4).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

fn days(month: u32, year: u32) -> u32 {
    match month {
        2 if year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400)) => {
            29
        }
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_people_write_is_understood() {
        let at = |text: &str| Moment::parse(text).map(|m| m.vietnamese());
        let said = Some("14 giờ 30 phút, ngày 05 tháng 11 năm 2026".to_owned());
        for text in [
            "5/11/2026 14:30",
            "05-11-2026 14h30",
            "2026-11-05T14:30",
            " 2026-11-05 14g30 ",
        ] {
            assert_eq!(at(text), said, "{text}");
        }
        assert_eq!(
            at("29.2.2024 8h"),
            Some("08 giờ 00 phút, ngày 29 tháng 02 năm 2024".into())
        );
        assert_eq!(at("1/1/2026"), Some("ngày 01 tháng 01 năm 2026".into()));
        for text in [
            "",
            "hôm nay",
            "31/11/2026",
            "29/2/2026",
            "1/13/2026",
            "1/1/26",
            "1/1/2026 24:00",
            "1/1/2026 8:",
            "1/1/2026 8:00 sáng",
        ] {
            assert_eq!(at(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_without_panic(text in "\\PC{0,20}", near in "[0-9/: h-]{0,18}") {
            let _ = Moment::parse(&text);
            let _ = Moment::parse(&near);
        }
    }
}
