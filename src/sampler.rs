//! Drawing by dice: Rivest's consistent sampler (R. L. Rivest, "Consistent sampling
//! with replacement", arXiv:1808.10016, 2018; here without replacement). Each thing
//! has a ticket number that follows from the seed and its name; the sample is the
//! things with the smallest tickets. A larger sample by the same seed contains the
//! smaller one, and the order in which things are listed does not matter.
//!
//! A ticket is the SHA-256 of the UTF-8 text `SEED,NAME`, in hex, so that anybody can
//! compute it:
//!
//! ```text
//! printf '%s' '31415926535897932384,ngoc-ha/h1,17' | sha256sum
//! ```
//!
//! Ballots to check again are drawn so from the piles ([`crate::station::sample`]), and
//! people to ask from a list ([`crate::plan::draw`]). Uses `sha256`.

use std::collections::BinaryHeap;

use crate::sha256;

/// Fewest digits of a seed: thrown with ten-sided dice 66 bits, with usual ones 51,
/// more than anybody can try out while people watch the dice.
const DIGITS: usize = 20;

/// Digits that were thrown by dice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seed(String);

/// Why a text is no seed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the seed needs at least {DIGITS} digits that were thrown by dice, and nothing else")]
pub struct SeedError;

impl Seed {
    /// Reads a seed; blanks between groups of digits are left out.
    ///
    /// # Errors
    /// Too few digits, or something else.
    pub fn parse(text: &str) -> Result<Self, SeedError> {
        let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
        let sound = digits.len() >= DIGITS && digits.bytes().all(|b| b.is_ascii_digit());
        sound.then_some(Self(digits)).ok_or(SeedError)
    }

    /// Its digits.
    #[must_use]
    pub fn digits(&self) -> &str {
        &self.0
    }
}

/// The ticket number of what has this name, 64 hex digits.
#[must_use]
pub fn ticket(seed: &Seed, name: &str) -> String {
    sha256::hex(format!("{},{name}", seed.0).as_bytes())
}

/// The `size` smallest tickets with what they belong to, smallest first; all, where
/// there are no more.
#[must_use]
pub fn smallest<T: Ord>(
    tickets: impl IntoIterator<Item = (String, T)>,
    size: usize,
) -> Vec<(String, T)> {
    // The largest ticket on top, to be replaced by a smaller one.
    let mut kept: BinaryHeap<(String, T)> = BinaryHeap::new();
    for one in tickets {
        if kept.len() == size {
            match kept.peek() {
                Some(largest) if one < *largest => kept.pop(),
                _ => continue,
            };
        }
        kept.push(one);
    }
    kept.into_sorted_vec()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_seed_is_digits_enough() {
        for text in [
            "",
            "1234567890123456789",
            "1234567890123456789x",
            "12345678901234567 89",
        ] {
            assert_eq!(Seed::parse(text), Err(SeedError), "{text}");
        }
        let seed = Seed::parse(" 31415 92653\t58979 32384 ").unwrap();
        assert_eq!(seed.digits(), "31415926535897932384");
    }

    /// As `printf '%s' '31415926535897932384,BN-0017' | sha256sum` says.
    #[test]
    fn anybody_can_compute_a_ticket() {
        let seed = Seed::parse("31415926535897932384").unwrap();
        assert_eq!(
            ticket(&seed, "BN-0017"),
            "863d855dc7986379b6aadc07399b597b31bf5f133f7b55ff053081ca9c09e6f3"
        );
    }

    proptest! {
        /// All sorted, the first ones: what people do with a spreadsheet.
        #[test]
        fn the_smallest_are_kept(mut all in proptest::collection::vec(("[0-9a-f]{2}", 0u32..9), 0..40), size in 0usize..50) {
            let kept = smallest(all.clone(), size);
            all.sort();
            all.truncate(size);
            prop_assert_eq!(kept, all);
        }
    }
}
