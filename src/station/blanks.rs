//! Blank pages of a pile: backs of one-sided sheets, or sheets with nothing on
//! them at all? A blank back is nothing; a blank sheet in a box is something that
//! a clerk wants to know, since it was counted by hand.

/// One page of a pile, as far as this matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    /// Nothing on it.
    Blank,
    /// A sheet's only printed side: in a pile scanned on both sides a blank back
    /// follows.
    OneSided,
    /// Anything else: printed on both sides, not read, recorded before.
    Other,
}

/// Blank pages by what they are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Blanks {
    /// Backs.
    pub backs: u64,
    /// Sheets with nothing on either side.
    pub sheets: u64,
}

/// What a pile has in blank pages.
///
/// Where a one-sided sheet follows another at once, the pile was scanned on one
/// side, and each blank page is a sheet. Else it was scanned on both: the first
/// blank page after a printed one is its back, further ones are sheets, two
/// pages each (an odd one is taken for a sheet: something is out of order).
pub(super) fn count(pile: &[Side]) -> Blanks {
    let follows = |w: &[Side]| w[0] == Side::OneSided && w[1] != Side::Blank;
    if pile.windows(2).any(follows) {
        let sheets = pile.iter().filter(|s| **s == Side::Blank).count() as u64;
        return Blanks { backs: 0, sheets };
    }
    let mut out = Blanks::default();
    for run in pile.chunk_by(|a, b| *a != Side::Blank || *b == Side::Blank) {
        // A run: printed pages, and the blank ones after the last of them.
        let blank = run.iter().filter(|s| **s == Side::Blank).count() as u64;
        let back = u64::from(blank > 0 && run.len() as u64 > blank);
        out.backs += back;
        out.sheets += (blank - back).div_ceil(2);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `f` one-sided, `_` blank, `x` other.
    fn of(pile: &str) -> (u64, u64) {
        let pile: Vec<Side> = pile
            .chars()
            .map(|c| match c {
                'f' => Side::OneSided,
                '_' => Side::Blank,
                _ => Side::Other,
            })
            .collect();
        let blanks = count(&pile);
        (blanks.backs, blanks.sheets)
    }

    #[test]
    fn backs_and_blank_sheets_are_told_apart() {
        assert_eq!(of("f_f_f_"), (3, 0));
        assert_eq!(of("f_f___f_"), (3, 1));
        assert_eq!(of("__f_"), (1, 1));
        assert_eq!(of("ff_f"), (0, 1));
        assert_eq!(of("xxxx"), (0, 0));
        assert_eq!(of("xx__xx"), (1, 1));
        assert_eq!(of("f"), (0, 0));
        assert_eq!(of("_"), (0, 1));
        assert_eq!(of(""), (0, 0));
    }
}
