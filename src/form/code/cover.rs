//! The text in the QR codes of a cover sheet: which box the pile under it came
//! out of.
//!
//! ```text
//! PC1/4T0Z8WYR5C/UNIT/BOX/MMMMMMCCCCCC
//! ```
//!
//! First the tag of the station that printed it, then unit and box as they are
//! written in a page's code, then the same two checks as there. The keyed one is
//! made for another purpose, so that no page's code can be turned into a cover
//! sheet's.

use super::alphabet::{decode, encode, encode_50};
use super::key::{Key, Keyring};
use super::payload::{CHECK, CodeError, MAX_UNIT, WORD, escape, opened, sealed, unescape};

/// First field: a cover sheet of ours, first format.
const MAGIC: &str = "PC1";

/// What a cover sheet says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Cover {
    /// [`station_tag`] of the station that printed it.
    pub station: String,
    /// Unit of the box, if it has one.
    pub unit: Option<String>,
    /// The box.
    pub ballot_box: String,
}

/// A cover sheet's code as it was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverRead {
    /// What it says.
    pub cover: Cover,
    /// It was made with a key that is known here; otherwise what it says is not
    /// to be trusted.
    pub genuine: bool,
}

/// Ten characters that stand for a station: the first 50 bits of a hash of its
/// id. A station has one campaign, so they stand for that too.
#[must_use]
pub fn station_tag(station: &str) -> String {
    encode_50(&blake3::derive_key(
        "phieu 2026-11 station on a cover sheet",
        station.as_bytes(),
    ))
}

impl Cover {
    /// The text for the QR codes.
    ///
    /// # Errors
    /// [`CodeError::Field`] if unit or box is too long or has characters that the
    /// code cannot hold.
    pub fn encode(&self, key: &Key) -> Result<String, CodeError> {
        let place = |field, text: &str| {
            escape(text)
                .filter(|escaped| !escaped.is_empty() && escaped.len() <= MAX_UNIT)
                .ok_or_else(|| CodeError::Field {
                    field,
                    value: text.to_owned(),
                    max: MAX_UNIT,
                })
        };
        if self.station.len() != WORD || decode(&self.station).is_none() {
            return Err(CodeError::Field {
                field: "station",
                value: self.station.clone(),
                max: WORD,
            });
        }
        let unit = self.unit.as_deref().map(|u| place("unit", u)).transpose()?;
        let body = format!(
            "{MAGIC}/{}/{}/{}/",
            self.station,
            unit.unwrap_or_default(),
            place("box", &self.ballot_box)?
        );
        Ok(sealed(&body, &keyed_check(key, &body)))
    }

    /// Reads the text of a QR code.
    ///
    /// # Errors
    /// [`CodeError::NotOurs`] for any other code, [`CodeError::Damaged`] where
    /// the unkeyed check fails.
    pub fn parse(text: &str, keys: &Keyring) -> Result<CoverRead, CodeError> {
        let (body, mac) = opened(MAGIC, text)?;
        let cover = Self::parse_body(body).ok_or(CodeError::Damaged)?;
        Ok(CoverRead {
            cover,
            genuine: keys.keys().any(|key| keyed_check(key, body) == mac),
        })
    }

    fn parse_body(body: &str) -> Option<Self> {
        let fields: Vec<&str> = body.split('/').collect();
        let [_, station, unit, ballot_box, ""] = fields[..] else {
            return None;
        };
        let sound = station.len() == WORD
            && decode(station).is_some()
            && unit.len() <= MAX_UNIT
            && (1..=MAX_UNIT).contains(&ballot_box.len());
        sound.then_some(())?;
        Some(Self {
            station: station.to_owned(),
            unit: match unit {
                "" => None,
                unit => Some(unescape(unit)?),
            },
            ballot_box: unescape(ballot_box)?,
        })
    }
}

fn keyed_check(key: &Key, body: &str) -> String {
    encode(key.mac("cover", body), CHECK as u32)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::{Payload, qr_modules};
    use super::*;

    fn any_cover() -> impl Strategy<Value = Cover> {
        (
            "[0-9a-f]{20}",
            proptest::option::of("[a-z0-9._-]{1,14}[A-Z]"),
            "[A-Za-z0-9._-]{1,8}",
        )
            .prop_map(|(station, unit, ballot_box)| Cover {
                station: station_tag(&station),
                unit,
                ballot_box,
            })
    }

    proptest! {
        #[test]
        fn what_was_printed_comes_back(cover in any_cover()) {
            let text = cover.encode(&Key::public()).unwrap();
            let read = Cover::parse(&text, &Keyring::public()).unwrap();
            prop_assert_eq!(&read.cover, &cover);
            prop_assert!(read.genuine);
            // The symbol keeps the smallest size, which has the largest modules.
            prop_assert_eq!(qr_modules(&text).unwrap().size(), 33);
            prop_assert_eq!(Payload::parse(&text, &Keyring::public()), Err(CodeError::NotOurs));
        }

        #[test]
        fn no_single_wrong_character_passes(cover in any_cover(), at in any::<prop::sample::Index>(), to in "[0-9A-Z/]") {
            let text = cover.encode(&Key::public()).unwrap();
            let at = at.index(text.len());
            prop_assume!(text[at..=at] != to);
            let wrong = format!("{}{to}{}", &text[..at], &text[at + 1..]);
            prop_assert!(Cover::parse(&wrong, &Keyring::public()).is_err());
        }

        #[test]
        fn another_key_is_not_genuine(cover in any_cover()) {
            let text = cover.encode(&Key::generate().unwrap()).unwrap();
            prop_assert!(!Cover::parse(&text, &Keyring::public()).unwrap().genuine);
        }

        #[test]
        fn any_text_is_parsed_without_panic(text in "\\PC{0,80}", tail in "[0-9A-Z/]{0,80}") {
            let _ = Cover::parse(&text, &Keyring::public());
            let _ = Cover::parse(&format!("PC1/{tail}"), &Keyring::public());
            let _ = Cover::parse(&format!("PC1/{text}"), &Keyring::public());
        }
    }

    #[test]
    fn a_box_that_the_code_cannot_hold_is_refused() {
        let cover = Cover {
            station: station_tag("0123"),
            unit: None,
            ballot_box: "Hòm 1".into(),
        };
        let refused = cover.encode(&Key::public());
        assert!(matches!(
            refused,
            Err(CodeError::Field { field: "box", .. })
        ));
    }
}
