//! Texts that people type, as far as they are kept; and texts for addresses.

/// Longest reason that is kept, characters.
pub(super) const LONGEST_REASON: usize = 500;

/// A reason as it is kept.
pub(super) fn reason(text: &str) -> String {
    cut(text, LONGEST_REASON)
}

/// A text without blanks around it, and no longer than this, characters.
pub(super) fn cut(text: &str, longest: usize) -> String {
    text.trim().chars().take(longest).collect()
}

/// A text as a part of an address: everything but letters, digits and `-_.` as bytes.
pub(super) fn in_address(text: &str) -> String {
    use std::fmt::Write;
    let mut out = String::new();
    for b in text.bytes() {
        if b.is_ascii_alphanumeric() || b"-_.".contains(&b) {
            out.push(char::from(b));
        } else {
            // Writing to a text cannot fail.
            let _ = write!(out, "%{b:02X}");
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_cut_and_what_goes_into_an_address_is_harmless() {
        assert_eq!(reason("  mực lem \n"), "mực lem");
        assert_eq!(reason(&"ệ".repeat(900)).chars().count(), LONGEST_REASON);
        assert_eq!(
            in_address("phường 1/h1&x"),
            "ph%C6%B0%E1%BB%9Dng%201%2Fh1%26x"
        );
    }
}
