//! The number of a target sheet as a strip of bars: of sheets that were fed in
//! a row, a number that is missing went through together with another sheet.
//!
//! Seven bits of the sheet's number, seven of how many sheets there are, four
//! of check; most significant first, a black bar is 1.

/// Cells of the strip.
pub const CELLS: usize = 18;

/// Highest number: what seven bits hold and two digits print.
pub const MOST: u8 = 99;

/// Which of how many sheets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Number {
    /// From 1 to `of`.
    pub n: u8,
    /// How many sheets were printed.
    pub of: u8,
}

/// Four check bits: the remainder of a product code modulo 13 (prime, so that
/// any single wrong bit changes it), never 0, so that a strip that vanished is
/// no number.
fn check(number: Number) -> u32 {
    (u32::from(number.n) * 5 + u32::from(number.of) * 7) % 13 + 1
}

/// The bars of a number.
#[must_use]
pub fn encode(number: Number) -> [bool; CELLS] {
    let word = u32::from(number.n) << 11 | u32::from(number.of) << 4 | check(number);
    std::array::from_fn(|i| word >> (CELLS - 1 - i) & 1 == 1)
}

/// The number of these bars; `None` if they are no number.
#[must_use]
pub fn decode(bars: &[bool]) -> Option<Number> {
    if bars.len() != CELLS {
        return None;
    }
    let word = bars.iter().fold(0u32, |w, b| w << 1 | u32::from(*b));
    let number = Number {
        n: (word >> 11) as u8,
        of: (word >> 4 & 127) as u8,
    };
    let sound = word & 15 == check(number) && (1..=number.of).contains(&number.n);
    (sound && number.of <= MOST).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_comes_back_and_no_single_error_passes() {
        for of in 1..=MOST {
            for n in 1..=of {
                let number = Number { n, of };
                let bars = encode(number);
                assert_eq!(decode(&bars), Some(number));
                for i in 0..CELLS {
                    let mut wrong = bars;
                    wrong[i] = !wrong[i];
                    assert_eq!(decode(&wrong), None, "{number:?} bit {i}");
                }
            }
        }
        assert_eq!(decode(&[false; CELLS]), None);
    }
}
