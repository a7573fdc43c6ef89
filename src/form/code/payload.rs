//! The text in the QR codes: which form, version, layout, page and ballot.
//!
//! ```text
//! PH1/BA-DINH-2022/1/7K3M9Q2XAB/2/4T0Z8WYR5C/UNIT/BOX/MMMMMMCCCCCC
//! ```
//!
//! `M` is the keyed check (30 bits) of all before it, `C` an unkeyed one
//! (30 bits) of all before it: where `C` fails the text was damaged, where only
//! `M` fails it was made by somebody without the key. Everything is within
//! QR's alphanumeric set, which has no lower case: ids are written in capitals.

use super::alphabet::{decode, encode};
use super::key::{Key, Keyring, first_64};
use super::serial::NO_SERIAL;

/// First field: ours, first format.
const MAGIC: &str = "PH1";
/// Longest id of a form, characters.
pub const MAX_FORM_ID: usize = 32;
/// Largest version of a form.
pub const MAX_VERSION: u32 = 9999;
/// Most pages of a form: one character of the code.
pub const MAX_PAGES: u32 = 31;
/// Longest unit or box, characters as written (a capital or `_` takes two).
/// With all fields at their longest the symbol is still within version 7.
pub const MAX_UNIT: usize = 16;
/// Characters of the digest and of the serial.
pub(super) const WORD: usize = 10;
/// Characters of each check: 30 bits, one in 10⁹ passes by chance.
pub(super) const CHECK: usize = 6;

/// Why a text is not a payload, or cannot become one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodeError {
    /// A code of somebody else.
    #[error("not a code of phieu")]
    NotOurs,
    /// Ours, but the check says that it was not read as it was printed.
    #[error("the code is damaged")]
    Damaged,
    /// Well read, but not made with a key that is known here.
    #[error(
        "the keyed check of the code fails (serial {}): forged, or printed with another key",
        payload.serial.as_deref().unwrap_or("-")
    )]
    SerialForged {
        /// What it says, not to be trusted.
        payload: Box<Payload>,
    },
    /// The line of characters names a layout that is not among the candidates.
    #[error("the code names an unknown layout {digest}")]
    UnknownDigest {
        /// The digest that it names.
        digest: String,
    },
    /// A field cannot be written in the code.
    #[error(
        "{field} {value:?} cannot be printed in the code: at most {max} characters, \
         letters a-z A-Z, digits, '-', '.', '_' (the form's id: only a-z, 0-9, '-')"
    )]
    Field {
        /// `form`, `unit`, …
        field: &'static str,
        /// What was given.
        value: String,
        /// How long it may be as written.
        max: usize,
    },
    /// The code would not fit into its symbol.
    #[error("a text of {chars} characters does not fit into the code")]
    TooLong {
        /// Its length.
        chars: usize,
    },
}

/// What a page's code says.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Payload {
    /// Id of the form: lower-case letters, digits, `-`.
    pub form: String,
    /// Version of the form, from 1.
    pub version: u32,
    /// [`crate::form::Layout::digest`].
    pub digest: String,
    /// Page, from 1.
    pub page: u32,
    /// Serial of the ballot; a master for the photocopier has none.
    pub serial: Option<String>,
    /// Unit that the sheet was printed for.
    pub unit: Option<String>,
    /// Ballot box that the sheet was printed for.
    pub ballot_box: Option<String>,
}

impl Payload {
    /// The text for the QR code.
    ///
    /// # Errors
    /// [`CodeError::Field`] if a field is too long or has characters that the
    /// code cannot hold.
    pub fn encode(&self, key: &Key) -> Result<String, CodeError> {
        let field = |field, value: &str, max| CodeError::Field {
            field,
            value: value.to_owned(),
            max,
        };
        if !is_form_id(&self.form) {
            return Err(field("form", &self.form, MAX_FORM_ID));
        }
        if self.version == 0 || self.version > MAX_VERSION {
            return Err(field("version", &self.version.to_string(), 4));
        }
        if self.page == 0 || self.page > MAX_PAGES {
            return Err(field("page", &self.page.to_string(), 2));
        }
        if !is_word(&self.digest) {
            return Err(field("digest", &self.digest, WORD));
        }
        let serial = self.serial.as_deref().unwrap_or(NO_SERIAL);
        if !is_word(serial) || self.serial.as_deref() == Some(NO_SERIAL) {
            return Err(field("serial", serial, WORD));
        }
        let place = |name, value: &Option<String>| match value {
            None => Ok(String::new()),
            Some(text) => escape(text)
                .filter(|escaped| !escaped.is_empty() && escaped.len() <= MAX_UNIT)
                .ok_or_else(|| field(name, text, MAX_UNIT)),
        };
        let body = format!(
            "{MAGIC}/{}/{}/{}/{}/{serial}/{}/{}/",
            self.form.to_ascii_uppercase(),
            self.version,
            self.digest,
            encode(u64::from(self.page), 1),
            place("unit", &self.unit)?,
            place("box", &self.ballot_box)?,
        );
        Ok(sealed(&body, &keyed_check(key, &body)))
    }

    /// Reads the text of a QR code.
    ///
    /// # Errors
    /// [`CodeError::NotOurs`] for a foreign code, [`CodeError::Damaged`] where
    /// the unkeyed check fails, [`CodeError::SerialForged`] where no key of
    /// the ring fits.
    pub fn parse(text: &str, keys: &Keyring) -> Result<Self, CodeError> {
        let (body, mac) = opened(MAGIC, text)?;
        let payload = Self::parse_body(body).ok_or(CodeError::Damaged)?;
        if keys.keys().any(|key| keyed_check(key, body) == mac) {
            Ok(payload)
        } else {
            Err(CodeError::SerialForged {
                payload: Box::new(payload),
            })
        }
    }

    fn parse_body(body: &str) -> Option<Self> {
        let fields: Vec<&str> = body.split('/').collect();
        let [_, form, version, digest, page, serial, unit, ballot_box, ""] = fields[..] else {
            return None;
        };
        // A code has one spelling: what would be printed otherwise was not
        // printed by us.
        if form.bytes().any(|b| b.is_ascii_lowercase()) {
            return None;
        }
        let form = form.to_ascii_lowercase();
        let version_number: u32 = version.parse().ok()?;
        let page = u32::try_from(decode(page).filter(|_| page.len() == 1)?).ok()?;
        let in_range = is_form_id(&form)
            && (1..=MAX_VERSION).contains(&version_number)
            && version_number.to_string() == version
            && page >= 1
            && is_word(digest)
            && is_word(serial);
        in_range.then_some(())?;
        let place = |text: &str| match text {
            "" => Some(None),
            text if text.len() > MAX_UNIT => None,
            text => unescape(text).map(Some),
        };
        Some(Self {
            form,
            version: version_number,
            digest: digest.to_owned(),
            page,
            serial: (serial != NO_SERIAL).then(|| serial.to_owned()),
            unit: place(unit)?,
            ballot_box: place(ballot_box)?,
        })
    }
}

/// Lower-case ASCII letters, digits and `-`, not too long.
pub(crate) fn is_form_id(id: &str) -> bool {
    (1..=MAX_FORM_ID).contains(&id.len())
        && id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

fn is_word(text: &str) -> bool {
    text.len() == WORD && decode(text).is_some()
}

fn keyed_check(key: &Key, body: &str) -> String {
    encode(key.mac("payload", body), CHECK as u32)
}

/// A body with its keyed check and the unkeyed one over both.
pub(super) fn sealed(body: &str, mac: &str) -> String {
    let keyed = format!("{body}{mac}");
    let check = plain_check(&keyed);
    keyed + &check
}

/// Body and keyed check of a code that begins with `magic`, if its unkeyed check
/// holds.
///
/// # Errors
/// [`CodeError::NotOurs`] for any other code, [`CodeError::Damaged`] where the check
/// fails.
pub(super) fn opened<'a>(magic: &str, text: &'a str) -> Result<(&'a str, &'a str), CodeError> {
    // A damaged first field is our code only if the check says so, which it
    // cannot: then it is as foreign as any other.
    let Some(rest) = text.strip_prefix(magic).and_then(|r| r.strip_prefix('/')) else {
        return Err(CodeError::NotOurs);
    };
    if !text.is_ascii() || rest.len() < 2 * CHECK {
        return Err(CodeError::Damaged);
    }
    let (keyed, check) = text.split_at(text.len() - CHECK);
    if plain_check(keyed) != check {
        return Err(CodeError::Damaged);
    }
    Ok(keyed.split_at(keyed.len() - CHECK))
}

fn plain_check(text: &str) -> String {
    encode(
        first_64(blake3::hash(text.as_bytes()).as_bytes()),
        CHECK as u32,
    )
}

/// Units and boxes have their own spelling, which must come back exactly:
/// small letters are written as capitals, capitals with `+` before them and
/// `_` as `%`. `None` if there is a character that cannot be written.
pub(super) fn escape(text: &str) -> Option<String> {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            'a'..='z' => out.push(c.to_ascii_uppercase()),
            'A'..='Z' => out.extend(['+', c]),
            '0'..='9' | '-' | '.' => out.push(c),
            '_' => out.push('%'),
            _ => return None,
        }
    }
    Some(out)
}

pub(super) fn unescape(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        match c {
            'A'..='Z' => out.push(c.to_ascii_lowercase()),
            '+' => out.push(chars.next().filter(char::is_ascii_uppercase)?),
            '0'..='9' | '-' | '.' => out.push(c),
            '%' => out.push('_'),
            _ => return None,
        }
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    pub(crate) fn any_payload() -> impl Strategy<Value = Payload> {
        (
            "[a-z0-9-]{1,32}",
            1..=MAX_VERSION,
            "[0-9A-HJKMNP-TV-Z]{10}",
            1..=MAX_PAGES,
            proptest::option::of("[1-9A-HJKMNP-TV-Z][0-9A-HJKMNP-TV-Z]{9}"),
            proptest::option::of("[a-z0-9._-]{1,14}[A-Z]"),
            proptest::option::of("[A-Za-z0-9._-]{1,8}"),
        )
            .prop_map(
                |(form, version, digest, page, serial, unit, ballot_box)| Payload {
                    form,
                    version,
                    digest,
                    page,
                    serial,
                    unit,
                    ballot_box,
                },
            )
    }

    proptest! {
        #[test]
        fn what_was_printed_comes_back(payload in any_payload()) {
            let text = payload.encode(&Key::public()).unwrap();
            prop_assert_eq!(Payload::parse(&text, &Keyring::public()), Ok(payload));
            prop_assert!(super::super::qr_modules(&text).is_ok());
        }

        #[test]
        fn no_single_wrong_character_passes(payload in any_payload(), at in any::<prop::sample::Index>(), to in "[0-9A-Z/]") {
            let text = payload.encode(&Key::public()).unwrap();
            let at = at.index(text.len());
            prop_assume!(text[at..=at] != to);
            let wrong = format!("{}{to}{}", &text[..at], &text[at + 1..]);
            let read = Payload::parse(&wrong, &Keyring::public());
            prop_assert!(matches!(read, Err(CodeError::Damaged | CodeError::NotOurs)));
        }

        #[test]
        fn any_text_is_parsed_without_panic(text in "\\PC{0,80}", tail in "[0-9A-Z/]{0,80}") {
            let _ = Payload::parse(&text, &Keyring::public());
            let _ = Payload::parse(&format!("PH1/{tail}"), &Keyring::public());
            let _ = Payload::parse(&format!("PH1/{text}"), &Keyring::public());
        }

        #[test]
        fn a_code_of_another_key_is_forged(payload in any_payload()) {
            let text = payload.encode(&Key::generate().unwrap()).unwrap();
            let read = Payload::parse(&text, &Keyring::public());
            prop_assert_eq!(read, Err(CodeError::SerialForged { payload: Box::new(payload) }));
        }
    }

    /// A code in small letters, or with a unit longer than any that is
    /// printed, was understood if only its unkeyed check was right, and then
    /// named in a problem's text as a forged code of ours.
    #[test]
    fn what_would_be_printed_otherwise_is_damaged() {
        let read = |body: &str| {
            let keyed = format!("{body}{}", keyed_check(&Key::public(), body));
            let check = plain_check(&keyed);
            Payload::parse(&(keyed + &check), &Keyring::public())
        };
        let usual = "PH1/TO-DAN-PHO/1/0123456789/2/ABCDEFGHJK/UNIT/BOX/";
        assert!(read(usual).is_ok());
        for (from, to) in [("TO-DAN", "to-dan"), ("/UNIT/", "/UNIT-UNIT-UNIT-UNIT/")] {
            assert_eq!(read(&usual.replace(from, to)), Err(CodeError::Damaged));
        }
    }

    #[test]
    fn a_usual_code_fits_version_4() {
        let payload = Payload {
            form: "tien-giang-2024".into(),
            version: 12,
            digest: "0123456789".into(),
            page: 2,
            serial: Some("ABCDEFGHJK".into()),
            unit: Some("p-01".into()),
            ballot_box: Some("2".into()),
        };
        let text = payload.encode(&Key::public()).unwrap();
        assert!(text.len() <= 67, "{text}");
    }

    #[test]
    fn what_cannot_be_written_is_refused() {
        let good = Payload {
            form: "a".into(),
            version: 1,
            digest: "0123456789".into(),
            page: 1,
            serial: None,
            unit: None,
            ballot_box: None,
        };
        let key = Key::public();
        assert!(good.encode(&key).is_ok());
        let bad = [
            Payload {
                form: "Phiếu".into(),
                ..good.clone()
            },
            Payload {
                form: String::new(),
                ..good.clone()
            },
            Payload {
                version: 0,
                ..good.clone()
            },
            Payload {
                page: 32,
                ..good.clone()
            },
            Payload {
                digest: "01234".into(),
                ..good.clone()
            },
            Payload {
                serial: Some(NO_SERIAL.into()),
                ..good.clone()
            },
            Payload {
                unit: Some("Phường 1".into()),
                ..good.clone()
            },
            Payload {
                unit: Some(String::new()),
                ..good.clone()
            },
            Payload {
                ballot_box: Some("X".repeat(9)),
                ..good
            },
        ];
        for payload in bad {
            assert!(matches!(payload.encode(&key), Err(CodeError::Field { .. })));
        }
    }
}
