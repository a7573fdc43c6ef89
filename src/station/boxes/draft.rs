//! Minutes before they are written down: what must be in them.

use super::Moment;
use crate::form::paper::unprintable;
use crate::store::{Minutes, Present};

/// Longest text of one field, characters: more does not fit on the printed
/// minutes beside everything else.
const LONGEST: usize = 300;

/// Longest name of a person, characters, and …
const LONGEST_NAME: usize = 100;

/// … longest office: what one signs under is no more than a few lines.
const LONGEST_ROLE: usize = 150;

/// Most people that sign: two to a row, they fill a page.
const MOST_PRESENT: usize = 20;

/// Largest hand count: no box holds more sheets.
const MOST_BALLOTS: u64 = 1_000_000;

/// Why minutes cannot be written down.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MinutesError {
    /// Something is not said.
    #[error("the minutes need {what} ({flag})")]
    Missing {
        /// What.
        what: &'static str,
        /// Where it is given.
        flag: &'static str,
    },
    /// A lock or seal that is not whole.
    #[error(
        "{what} is not whole: the minutes need what was seen (--remark) and who was told (--told)"
    )]
    NotWhole {
        /// Lock or seal.
        what: &'static str,
    },
    /// No day and time.
    #[error("{0:?} is no day and time: write 25/11/2026 14:30")]
    Moment(String),
    /// No person with an office.
    #[error("{0:?} is not \"full name; office\" (--present)")]
    Present(String),
    /// A text that is too long, or has control characters.
    #[error("{flag}: at most {longest} characters on one line")]
    Text {
        /// Where it was given.
        flag: &'static str,
        /// How long it may be.
        longest: usize,
    },
    /// A character that the printed minutes cannot show.
    #[error("{flag}: the character {character:?} cannot be printed; replace it")]
    Unprintable {
        /// Where it was given.
        flag: &'static str,
        /// The character.
        character: char,
    },
    /// Nothing where a reason is needed.
    #[error("{0}: say why")]
    NoReason(&'static str),
    /// Too many people.
    #[error("at most {MOST_PRESENT} people can sign the minutes (--present)")]
    Crowd,
    /// A count that no box holds.
    #[error("{0} ballots are more than a box holds (--counted)")]
    Counted(u64),
    /// A correction that changes nothing.
    #[error("nothing is corrected: all is as in the minutes")]
    Nothing,
}

/// What a clerk says of an opened box; what is not said is taken from the minutes
/// that are corrected.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Draft {
    /// Day and time.
    pub opened: Option<String>,
    /// Where.
    pub place: Option<String>,
    /// `full name; office` each.
    pub present: Vec<String>,
    /// The lock was whole.
    pub lock_whole: Option<bool>,
    /// The seal was whole.
    pub seal_whole: Option<bool>,
    /// What was seen.
    pub remark: Option<String>,
    /// Who was told.
    pub told: Option<String>,
    /// Ballots, counted by hand.
    pub counted: Option<u64>,
}

impl Draft {
    /// The minutes, if everything that they need is said.
    ///
    /// # Errors
    /// What is missing or cannot be.
    pub fn minutes(&self) -> Result<Minutes, MinutesError> {
        let need = |what, flag| MinutesError::Missing { what, flag };
        let opened = text(self.opened.as_deref(), "--date", LONGEST)?
            .ok_or_else(|| need("day and time of the opening", "--date"))?;
        if Moment::parse(&opened).is_none() {
            return Err(MinutesError::Moment(opened));
        }
        let place = text(self.place.as_deref(), "--place", LONGEST)?
            .ok_or_else(|| need("the place", "--place"))?;
        let present = present(&self.present)?;
        if present.is_empty() {
            return Err(need("who was present", "--present"));
        }
        let lock_whole = self
            .lock_whole
            .ok_or_else(|| need("whether the lock was whole", "--lock"))?;
        let seal_whole = self
            .seal_whole
            .ok_or_else(|| need("whether the seal was whole", "--seal"))?;
        let remark = text(self.remark.as_deref(), "--remark", LONGEST)?;
        let told = text(self.told.as_deref(), "--told", LONGEST)?;
        if remark.is_none() || told.is_none() {
            if !lock_whole {
                return Err(MinutesError::NotWhole { what: "the lock" });
            }
            if !seal_whole {
                return Err(MinutesError::NotWhole { what: "the seal" });
            }
        }
        let counted = self
            .counted
            .ok_or_else(|| need("the ballots counted by hand", "--counted"))?;
        if counted > MOST_BALLOTS {
            return Err(MinutesError::Counted(counted));
        }
        Ok(Minutes {
            opened,
            place,
            present,
            lock_whole,
            seal_whole,
            remark,
            told,
            counted,
        })
    }

    /// The minutes that correct these.
    ///
    /// # Errors
    /// As [`Draft::minutes`], and if nothing changes.
    pub fn corrected(&self, before: &Minutes) -> Result<Minutes, MinutesError> {
        let or = |new: &Option<String>, old: &str| new.clone().or_else(|| Some(old.to_owned()));
        let present = if self.present.is_empty() {
            let all = before.present.iter();
            all.map(|p| format!("{}; {}", p.name, p.role)).collect()
        } else {
            self.present.clone()
        };
        let after = Self {
            opened: or(&self.opened, &before.opened),
            place: or(&self.place, &before.place),
            present,
            lock_whole: self.lock_whole.or(Some(before.lock_whole)),
            seal_whole: self.seal_whole.or(Some(before.seal_whole)),
            remark: self.remark.clone().or_else(|| before.remark.clone()),
            told: self.told.clone().or_else(|| before.told.clone()),
            counted: self.counted.or(Some(before.counted)),
        }
        .minutes()?;
        if after == *before {
            return Err(MinutesError::Nothing);
        }
        Ok(after)
    }
}

/// A text without blanks around it; nothing where it is empty.
fn text(
    given: Option<&str>,
    flag: &'static str,
    longest: usize,
) -> Result<Option<String>, MinutesError> {
    let Some(text) = given.map(str::trim).filter(|t| !t.is_empty()) else {
        return Ok(None);
    };
    if text.chars().count() > longest || text.chars().any(char::is_control) {
        return Err(MinutesError::Text { flag, longest });
    }
    if let Some(character) = unprintable(text) {
        return Err(MinutesError::Unprintable { flag, character });
    }
    Ok(Some(text.to_owned()))
}

/// A reason, or another text that must say something, as it may be written down.
///
/// # Errors
/// It is empty, too long, or cannot be printed.
pub fn reason(given: &str, flag: &'static str) -> Result<String, MinutesError> {
    text(Some(given), flag, LONGEST)?.ok_or(MinutesError::NoReason(flag))
}

/// People as they may be written down, each given as `full name; office`.
///
/// # Errors
/// One of them is no such pair, is too long or cannot be printed, or they are more than
/// can sign.
pub fn present(given: &[String]) -> Result<Vec<Present>, MinutesError> {
    if given.len() > MOST_PRESENT {
        return Err(MinutesError::Crowd);
    }
    given.iter().map(|p| person(p)).collect()
}

/// Somebody who was present, as `full name; office`.
///
/// # Errors
/// One of both is missing, too long, or cannot be printed.
pub fn person(given: &str) -> Result<Present, MinutesError> {
    let wrong = || MinutesError::Present(given.to_owned());
    let (name, role) = given.split_once(';').ok_or_else(wrong)?;
    let (name, role) = (
        text(Some(name), "--present", LONGEST_NAME)?,
        text(Some(role), "--present", LONGEST_ROLE)?,
    );
    Ok(Present {
        name: name.ok_or_else(wrong)?,
        role: role.ok_or_else(wrong)?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn whole() -> Draft {
        Draft {
            opened: Some("25/11/2026 14:30".into()),
            place: Some("Bộ phận Một cửa".into()),
            present: vec!["Trần Thị B; Trưởng Bộ phận Một cửa".into()],
            lock_whole: Some(true),
            seal_whole: Some(true),
            remark: None,
            told: None,
            counted: Some(148),
        }
    }

    #[test]
    fn minutes_say_all_that_the_plans_ask_for() {
        assert!(whole().minutes().is_ok());
        let without: [fn(&mut Draft); 6] = [
            |d| d.opened = None,
            |d| d.place = Some("  ".into()),
            |d| d.present.clear(),
            |d| d.lock_whole = None,
            |d| d.seal_whole = None,
            |d| d.counted = None,
        ];
        for take in without {
            let mut draft = whole();
            take(&mut draft);
            assert!(matches!(draft.minutes(), Err(MinutesError::Missing { .. })));
        }
        let mut draft = whole();
        draft.present.push("Nguyễn Văn A".into());
        assert!(matches!(draft.minutes(), Err(MinutesError::Present(_))));
        draft = whole();
        draft.remark = Some("tốt 👍".into());
        let refused = draft.minutes();
        let shown = matches!(
            refused,
            Err(MinutesError::Unprintable {
                character: '👍',
                ..
            })
        );
        assert!(shown, "{refused:?}");
        assert_eq!(
            reason(" ", "--reason"),
            Err(MinutesError::NoReason("--reason"))
        );
        draft = whole();
        draft.place = Some("a\nb".into());
        assert!(matches!(
            draft.minutes(),
            Err(MinutesError::Text {
                flag: "--place",
                ..
            })
        ));
    }

    #[test]
    fn a_broken_seal_needs_what_was_seen_and_who_was_told() {
        for (lock, seal) in [(false, true), (true, false), (false, false)] {
            let mut draft = whole();
            (draft.lock_whole, draft.seal_whole) = (Some(lock), Some(seal));
            assert!(matches!(
                draft.minutes(),
                Err(MinutesError::NotWhole { .. })
            ));
            draft.remark = Some("niêm phong rách một góc".into());
            assert!(matches!(
                draft.minutes(),
                Err(MinutesError::NotWhole { .. })
            ));
            draft.told = Some("Trưởng Bộ phận Một cửa".into());
            assert!(draft.minutes().is_ok());
        }
    }

    #[test]
    fn a_correction_keeps_what_it_does_not_name() {
        let before = whole().minutes().unwrap();
        let draft = Draft {
            counted: Some(149),
            ..Draft::default()
        };
        let after = draft.corrected(&before).unwrap();
        assert_eq!((after.counted, &after.place), (149, &before.place));
        assert_eq!(
            Draft::default().corrected(&before),
            Err(MinutesError::Nothing)
        );
    }
}
