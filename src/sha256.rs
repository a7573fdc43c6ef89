//! SHA-256 as `sha256sum` writes it, so that anybody can compute it again with an
//! ordinary tool. Uses no other room.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// Of bytes: 64 hex digits in small letters.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(bytes) {
        // Writing to a string cannot fail.
        let _ = write!(hex, "{byte:02x}");
    }
    hex
}

/// Of texts, sorted, each with a newline after it: what `sort | sha256sum` says of
/// them.
#[must_use]
pub fn of_sorted_lines<'a>(lines: impl IntoIterator<Item = &'a str>) -> String {
    let mut sorted: Vec<&str> = lines.into_iter().collect();
    sorted.sort_unstable();
    let text: String = sorted.iter().flat_map(|line| [line, "\n"]).collect();
    hex(text.as_bytes())
}

#[cfg(test)]
mod tests {
    /// As `printf '%s' abc | sha256sum` and `printf 'b\na\n' | sort | sha256sum` say.
    #[test]
    fn ordinary_tools_say_the_same() {
        assert_eq!(
            super::hex(b"abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
        assert_eq!(super::of_sorted_lines(["b", "a"]), super::hex(b"a\nb\n"));
        assert_eq!(super::of_sorted_lines([]), super::hex(b""));
    }
}
