//! The line of characters below the form: what the QR codes say as far as it
//! is needed to identify the page, for people and for OCR.
//!
//! ```text
//! DDDDD DDDDD P SSSSS SSSSS MMMMCC
//! ```
//!
//! Digest, page, serial, a keyed check of 20 bits and two check characters: the
//! parities of a Reed–Solomon code over GF(32), so any one or two wrong
//! characters and any two exchanged ones are noticed.

use super::alphabet::{character, decode, encode, value};
use super::key::{Key, Keyring};
use super::payload::{CodeError, Payload};
use super::serial::NO_SERIAL;
use crate::form::Layout;
use crate::form::frame::{TextLine, text_line as place};
use crate::geometry::{MmRect, MmSize, mm_rect};

/// The line's cells: `#` has a character, a blank cell separates groups.
pub const LINE_PATTERN: &str = "##### ##### # ##### ##### ######";
/// Number of cells, blank ones included.
pub const CELLS: usize = LINE_PATTERN.len();
/// Characters without the blanks.
const CHARS: usize = 27;
/// Characters of the keyed check: 20 bits, one forgery in a million passes.
const MAC: usize = 4;

/// What the line says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineCode {
    /// Id of the form whose layout has the digest.
    pub form: String,
    /// Its version.
    pub version: u32,
    /// The layout's digest.
    pub digest: String,
    /// Page, from 1.
    pub page: u32,
    /// Serial of the ballot.
    pub serial: Option<String>,
}

/// The line for a payload, groups separated by blanks: [`CELLS`] characters,
/// one a cell.
///
/// # Errors
/// [`CodeError::Field`] if the payload is not one that can be printed.
pub fn text_line(payload: &Payload, key: &Key) -> Result<String, CodeError> {
    // Refuses whatever the QR code would refuse.
    payload.encode(key)?;
    let serial = payload.serial.as_deref().unwrap_or(NO_SERIAL);
    let body = format!(
        "{}{}{serial}",
        payload.digest,
        encode(u64::from(payload.page), 1)
    );
    let keyed = format!("{body}{}", keyed_check(key, &body));
    let [first, second] = parities(keyed.chars().filter_map(value));
    let line = format!("{keyed}{}{}", character(first), character(second));
    let mut chars = line.chars();
    Ok(LINE_PATTERN
        .chars()
        .map(|cell| match cell {
            '#' => chars.next().unwrap_or(' '),
            blank => blank,
        })
        .collect())
}

/// What the lines of these forms begin with, one for each page: the digest and
/// the page.
pub(crate) fn line_heads(layouts: &[&Layout]) -> Vec<String> {
    layouts
        .iter()
        .flat_map(|l| l.pages.iter().map(move |p| (l, p.page)))
        .map(|(l, page)| format!("{}{}", l.digest, encode(u64::from(page), 1)))
        .collect()
}

/// Reads the line as OCR or a person gives it: blanks do not matter, small
/// letters and confused ones (`o`, `i`, `l`) are understood.
///
/// # Errors
/// [`CodeError::Damaged`] if it is not a line as printed,
/// [`CodeError::UnknownDigest`] if no candidate has its digest,
/// [`CodeError::SerialForged`] if no key of the ring fits.
pub fn parse_text_line<'a>(
    text: &str,
    candidates: impl IntoIterator<Item = &'a Layout>,
    keys: &Keyring,
) -> Result<LineCode, CodeError> {
    let values: Option<Vec<u8>> = text
        .chars()
        .filter(|c| !c.is_whitespace())
        .map(value)
        .collect();
    let values = values
        .filter(|v| v.len() == CHARS)
        .ok_or(CodeError::Damaged)?;
    let (keyed, checks) = values.split_at(CHARS - 2);
    if parities(keyed.iter().copied()) != checks {
        return Err(CodeError::Damaged);
    }
    let keyed: String = keyed.iter().map(|v| character(*v)).collect();
    let (body, mac) = keyed.split_at(keyed.len() - MAC);
    let (digest, page, serial) = (&body[..10], &body[10..11], &body[11..]);
    let page = decode(page)
        .and_then(|n| u32::try_from(n).ok())
        .filter(|n| *n >= 1)
        .ok_or(CodeError::Damaged)?;
    let layout = candidates
        .into_iter()
        .find(|l| l.digest == digest)
        .ok_or_else(|| CodeError::UnknownDigest {
            digest: digest.to_owned(),
        })?;
    if layout.page(page).is_none() {
        return Err(CodeError::Damaged);
    }
    let code = LineCode {
        form: layout.form.clone(),
        version: layout.version,
        digest: digest.to_owned(),
        page,
        serial: (serial != NO_SERIAL).then(|| serial.to_owned()),
    };
    if keys.keys().any(|key| keyed_check(key, body) == mac) {
        Ok(code)
    } else {
        Err(CodeError::SerialForged {
            payload: Box::new(Payload {
                form: code.form,
                version: code.version,
                digest: code.digest,
                page: code.page,
                serial: code.serial,
                unit: None,
                ballot_box: None,
            }),
        })
    }
}

fn keyed_check(key: &Key, body: &str) -> String {
    encode(key.mac("line", body), MAC as u32)
}

/// Product in GF(32) with the primitive polynomial x⁵ + x² + 1.
fn times(a: u8, b: u8) -> u8 {
    let mut product: u16 = 0;
    for bit in 0..5 {
        if b >> bit & 1 == 1 {
            product ^= u16::from(a) << bit;
        }
    }
    for bit in (5..9).rev() {
        if product >> bit & 1 == 1 {
            product ^= 0b10_0101 << (bit - 5);
        }
    }
    product as u8
}

/// The two parities that make the whole word divisible by (x − 1)(x − α).
/// Distance 3 holds for words of up to 31 characters; the line has 27.
fn parities(word: impl Iterator<Item = u8>) -> [u8; 2] {
    // (x − 1)(x − 2) = x² + 3x + 2, as addition is exclusive or.
    let (mut high, mut low) = (0, 0);
    for v in word {
        let lead = v ^ high;
        high = low ^ times(lead, 3);
        low = times(lead, 2);
    }
    [high, low]
}

/// The cells of the line on the paper, for who prints or reads it.
#[derive(Debug, Clone, PartialEq)]
pub struct TextCells {
    /// One rectangle for each character (blank cells left out), mm.
    pub cells: Vec<MmRect>,
}

impl TextCells {
    /// The cells on paper of this size.
    #[must_use]
    pub fn on(paper: MmSize) -> Self {
        let TextLine {
            origin,
            cell_width_mm: w,
            cell_height_mm: h,
            ..
        } = place(paper);
        let cells = LINE_PATTERN
            .chars()
            .enumerate()
            .filter(|(_, cell)| *cell == '#')
            .map(|(i, _)| mm_rect(origin.x + i as f64 * w, origin.y, w, h))
            .collect();
        Self { cells }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::form::PageLayout;

    fn layout(payload: &Payload) -> Layout {
        Layout {
            form: payload.form.clone(),
            version: payload.version,
            digest: payload.digest.clone(),
            correction: crate::form::Correction::None,
            questions: vec![],
            pages: (1..=31)
                .map(|page| PageLayout {
                    page,
                    size: MmSize::new(210.0, 297.0),
                    boxes: vec![],
                    anchors: vec![],
                    codes: vec![],
                    areas: vec![],
                    ink: vec![],
                    words: Vec::new(),
                    reference: None,
                })
                .collect(),
        }
    }

    fn any_payload() -> impl Strategy<Value = Payload> {
        (
            "[0-9A-HJKMNP-TV-Z]{10}",
            1..=31_u32,
            proptest::option::of("[1-9A-HJKMNP-TV-Z][0-9A-HJKMNP-TV-Z]{9}"),
        )
            .prop_map(|(digest, page, serial)| Payload {
                form: "mau".into(),
                version: 3,
                digest,
                page,
                serial,
                unit: None,
                ballot_box: None,
            })
    }

    proptest! {
        #[test]
        fn what_was_printed_comes_back(payload in any_payload()) {
            let line = text_line(&payload, &Key::public()).unwrap();
            prop_assert_eq!(line.len(), CELLS);
            let read = parse_text_line(&line.to_lowercase(), [&layout(&payload)], &Keyring::public()).unwrap();
            prop_assert_eq!((read.page, read.serial, read.version), (payload.page, payload.serial, 3));
        }

        #[test]
        fn no_one_or_two_wrong_characters_pass(
            payload in any_payload(),
            at in 0..CHARS, to in 0..32_u8, at2 in 0..CHARS, to2 in 0..32_u8,
        ) {
            let line = text_line(&payload, &Key::public()).unwrap();
            let right: Vec<char> = line.chars().filter(|c| *c != ' ').collect();
            let mut wrong = right.clone();
            wrong[at] = character(to);
            wrong[at2] = character(to2);
            prop_assume!(wrong != right);
            let wrong: String = wrong.into_iter().collect();
            prop_assert_eq!(
                parse_text_line(&wrong, [&layout(&payload)], &Keyring::public()),
                Err(CodeError::Damaged)
            );
        }

        #[test]
        fn no_exchange_passes(payload in any_payload(), a in 0..CHARS, b in 0..CHARS) {
            let line = text_line(&payload, &Key::public()).unwrap();
            let mut chars: Vec<char> = line.chars().filter(|c| *c != ' ').collect();
            prop_assume!(chars[a] != chars[b]);
            chars.swap(a, b);
            let wrong: String = chars.into_iter().collect();
            prop_assert_eq!(
                parse_text_line(&wrong, [&layout(&payload)], &Keyring::public()),
                Err(CodeError::Damaged)
            );
        }
    }

    #[test]
    fn another_layout_or_key_is_noticed() {
        let payload = Payload {
            form: "mau".into(),
            version: 3,
            digest: "0123456789".into(),
            page: 1,
            serial: Some("ABCDEFGHJK".into()),
            unit: None,
            ballot_box: None,
        };
        let line = text_line(&payload, &Key::generate().unwrap()).unwrap();
        assert!(matches!(
            parse_text_line(&line, [&layout(&payload)], &Keyring::public()),
            Err(CodeError::SerialForged { .. })
        ));
        assert!(matches!(
            parse_text_line(&line, [], &Keyring::public()),
            Err(CodeError::UnknownDigest { .. })
        ));
    }

    #[test]
    fn the_pattern_has_the_characters() {
        assert_eq!(LINE_PATTERN.chars().filter(|c| *c == '#').count(), CHARS);
    }
}
