//! Words of a run, and how much of each is black.

use std::ops::Range;

use rustybuzz::ttf_parser::{GlyphId, Rect};

use super::shape::{Glyph, PT_MM, ink_of, union};
use super::{Outline, Run};

/// A word's ink, relative to the run's origin on the baseline, y down.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct WordInk {
    /// What is black: left, top, right, bottom, mm.
    pub ink: [f64; 4],
    /// Area of its glyphs, mm².
    pub black_mm2: f64,
}

impl Run {
    /// The words of the run, in its order. (A face that cannot be parsed has none; a run
    /// was shaped with it.)
    pub(crate) fn words(&self) -> Vec<WordInk> {
        let Ok(font) = self.face.parsed() else {
            return Vec::new();
        };
        let size = self.size_pt * PT_MM;
        let em = f64::from(font.units_per_em());
        let mut words: Vec<WordInk> = Vec::new();
        let (mut pen, mut open) = (0.0, false);
        for glyph in &self.glyphs {
            let at = pen;
            pen += glyph.advance;
            if self.is_blank(&glyph.range) {
                open = false;
                continue;
            }
            let Some((bounds, area)) = black(font, glyph) else {
                continue;
            };
            let ink = ink_of(bounds, glyph, at, em, size);
            let black_mm2 = area * (size / em).powi(2);
            match words.last_mut().filter(|_| open) {
                Some(word) => {
                    word.black_mm2 += black_mm2;
                    word.ink = union(word.ink, ink);
                }
                None => words.push(WordInk { ink, black_mm2 }),
            }
            open = true;
        }
        words
    }

    fn is_blank(&self, range: &Range<usize>) -> bool {
        self.text
            .get(range.clone())
            .is_none_or(|text| text.trim().is_empty())
    }
}

/// What of a glyph is black, in units of the font: its bounds and its area.
fn black(font: &rustybuzz::Face, glyph: &Glyph) -> Option<(Rect, f64)> {
    let id = GlyphId(u16::try_from(glyph.id).ok()?);
    let mut outline = Outline::default();
    let bounds = font.outline_glyph(id, &mut outline)?;
    Some((bounds, outline.area()))
}

#[cfg(test)]
mod tests {
    use crate::form::text::{Face, shape};

    #[test]
    fn words_are_split_at_blanks_and_lie_within_the_run() {
        let run = shape(Face::Regular, 11.0, "Rất hài  lòng").unwrap();
        let words = run.words();
        assert_eq!(words.len(), 3);
        let all = run.ink.unwrap();
        let right = words.iter().map(|w| w.ink[2]).fold(0.0, f64::max);
        assert!((right - all[2]).abs() < 1e-9);
        assert!(words.windows(2).all(|w| w[0].ink[2] < w[1].ink[0]));
    }

    /// A small l of Noto Sans is a rectangle: its area is that of its bounds.
    #[test]
    fn the_area_of_a_rectangle_is_that_of_its_bounds() {
        let word = shape(Face::Bold, 20.0, "l").unwrap().words()[0];
        let [left, top, right, bottom] = word.ink;
        let bounds = (right - left) * (bottom - top);
        assert!((word.black_mm2 / bounds - 1.0).abs() < 1e-3);
    }

    /// A letter O has a hole: a ring of the bounds' ellipse.
    #[test]
    fn holes_are_not_black() {
        let word = shape(Face::Regular, 20.0, "O").unwrap().words()[0];
        let [left, top, right, bottom] = word.ink;
        let ellipse = (right - left) * (bottom - top) * std::f64::consts::FRAC_PI_4;
        assert!((0.2..0.6).contains(&(word.black_mm2 / ellipse)));
        // The code line's outlines are cubic.
        let word = shape(Face::Code, 12.0, "0").unwrap().words()[0];
        assert!((2.0..5.0).contains(&word.black_mm2), "{}", word.black_mm2);
    }
}
