//! Serials of ballots: ten characters that are distinct, and say nothing
//! about the order of printing or about a person.

use super::alphabet::encode;
use super::key::{Key, KeyError};

/// The serial field of a sheet that has none (a master for the photocopier).
/// No ballot ever gets it.
pub const NO_SERIAL: &str = "0000000000";

/// Characters of a serial.
const CHARS: u32 = 10;
/// Bits of one half: a serial has 50.
const HALF_BITS: u32 = 25;
/// How many numbers there are for ballots; [`serial`] takes them modulo this.
pub const SERIAL_COUNT: u64 = 1 << (2 * HALF_BITS);

/// Four rounds make a Feistel network a pseudorandom permutation that cannot
/// be inverted without the key (Luby and Rackoff 1988); two more cost nothing.
const ROUNDS: u32 = 6;

/// The serial of the ballot with this number: a permutation of all numbers
/// below [`SERIAL_COUNT`] under the key and the form's digest, so distinct
/// numbers have distinct serials, and without the key neither the number nor
/// any order can be told from them.
#[must_use]
pub fn serial(key: &Key, digest: &str, number: u64) -> String {
    let mut n = number % SERIAL_COUNT;
    loop {
        n = permute(key, digest, n);
        let text = encode(n, CHARS);
        // One number of 2^50 lands on the reserved serial; walking on along
        // its cycle keeps the map a permutation of the rest.
        if text != NO_SERIAL {
            return text;
        }
    }
}

fn permute(key: &Key, digest: &str, n: u64) -> u64 {
    let mask = (1 << HALF_BITS) - 1;
    let (mut left, mut right) = (n >> HALF_BITS, n & mask);
    for round in 0..ROUNDS {
        let f = key.mac("serial", &format!("{digest}/{round}/{right}")) & mask;
        (left, right) = (right, left ^ f);
    }
    (left << HALF_BITS) | right
}

/// Numbers below this are for people who choose `--serial-from` themselves.
const RANDOM_FROM: u64 = 1 << 40;
/// Room kept at the end, so that no print runs over [`SERIAL_COUNT`].
const RANDOM_TAIL: u64 = 1 << 30;

/// A number to start a print at where nobody chose one: random, so that two
/// prints of 10,000 sheets share a serial with a probability of about
/// 2 · 10⁴ / 2⁵⁰, that is 1 in 50 thousand million. Who wants to print the
/// same sheets again, or to continue, writes the number down.
///
/// # Errors
/// [`KeyError::NoEntropy`] where the system has no random numbers.
pub fn random_start() -> Result<u64, KeyError> {
    let mut bytes = [0; 8];
    getrandom::fill(&mut bytes).map_err(KeyError::NoEntropy)?;
    let span = SERIAL_COUNT - RANDOM_FROM - RANDOM_TAIL;
    Ok(RANDOM_FROM + u64::from_le_bytes(bytes) % span)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn serials_are_distinct_and_do_not_show_their_order() {
        let key = Key::public();
        let all: Vec<String> = (1..=5000).map(|n| serial(&key, "D", n)).collect();
        let set: HashSet<&String> = all.iter().collect();
        assert_eq!(set.len(), all.len());
        let rising = all.windows(2).filter(|w| w[0] < w[1]).count();
        assert!((2300..2700).contains(&rising), "{rising} of 4999 rise");
        assert!(all.iter().all(|s| s.len() == 10));
    }

    #[test]
    fn another_key_or_form_gives_other_serials() {
        let (a, b) = (Key::public(), Key::generate().unwrap());
        assert_ne!(serial(&a, "D", 1), serial(&b, "D", 1));
        assert_ne!(serial(&a, "D", 1), serial(&a, "E", 1));
    }

    #[test]
    fn a_random_start_leaves_room_below_and_above() {
        for _ in 0..100 {
            let n = random_start().unwrap();
            assert!((RANDOM_FROM..SERIAL_COUNT - RANDOM_TAIL).contains(&n));
        }
    }
}
