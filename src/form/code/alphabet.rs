//! Crockford's base32: digits and capitals without I, L, O and U, so that no
//! two characters look alike on paper.

/// The 32 characters, in the order of their values.
pub const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/// The character's value, 0 to 31. Lower case counts as upper case; I and L
/// are read as 1 and O as 0, which is how people misread them.
pub(super) fn value(c: char) -> Option<u8> {
    let c = match c.to_ascii_uppercase() {
        'I' | 'L' => '1',
        'O' => '0',
        c => c,
    };
    let byte = u8::try_from(c).ok()?;
    let at = ALPHABET.iter().position(|a| *a == byte)?;
    u8::try_from(at).ok()
}

/// The character that a person meant: `o` is `0`, `l` is `1`; `None` for what
/// is not in the alphabet.
#[must_use]
pub fn canonical_char(c: char) -> Option<char> {
    value(c).map(character)
}

/// The character of a value; only the low five bits count.
pub(super) fn character(value: u8) -> char {
    char::from(ALPHABET[usize::from(value & 31)])
}

/// The low `5 * chars` bits of a number, most significant character first.
pub(super) fn encode(number: u64, chars: u32) -> String {
    (0..chars)
        .rev()
        .map(|i| character(((number >> (5 * i)) & 31) as u8))
        .collect()
}

/// Ten characters of a hash: its first 50 bits.
pub(crate) fn encode_50(hash: &[u8; 32]) -> String {
    encode(super::key::first_64(hash) >> 14, 10)
}

/// The number that up to twelve characters spell. Only canonical characters
/// are taken: a code has one spelling.
pub(super) fn decode(text: &str) -> Option<u64> {
    if text.is_empty() || text.len() > 12 {
        return None;
    }
    text.bytes().try_fold(0_u64, |number, byte| {
        let at = ALPHABET.iter().position(|a| *a == byte)?;
        Some((number << 5) | at as u64)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_come_back() {
        for n in [0, 1, 31, 32, 0x2_0000_0000_0000, (1 << 50) - 1] {
            assert_eq!(decode(&encode(n, 10)), Some(n));
        }
    }

    #[test]
    fn what_people_misread_is_understood_but_not_written() {
        assert_eq!(canonical_char('o'), Some('0'));
        assert_eq!(canonical_char('L'), Some('1'));
        assert_eq!(canonical_char('U'), None);
        assert_eq!(decode("O"), None);
    }
}
