//! Words of a run, and how much of each is black.

use std::ops::Range;

use rustybuzz::ttf_parser::{GlyphId, OutlineBuilder};

use super::Run;
use super::shape::{Glyph, PT_MM};

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
            let x = pen + glyph.x_offset;
            pen += glyph.advance;
            if self.is_blank(&glyph.range) {
                open = false;
                continue;
            }
            let Some((ink, black)) = black(font, glyph) else {
                continue;
            };
            let [left, bottom, right, top] = ink.map(|v| v / em);
            let ink = [
                (x + left) * size,
                -(glyph.y_offset + top) * size,
                (x + right) * size,
                -(glyph.y_offset + bottom) * size,
            ];
            let black_mm2 = black * (size / em).powi(2);
            match words.last_mut().filter(|_| open) {
                Some(word) => {
                    word.black_mm2 += black_mm2;
                    word.ink = [
                        word.ink[0].min(ink[0]),
                        word.ink[1].min(ink[1]),
                        word.ink[2].max(ink[2]),
                        word.ink[3].max(ink[3]),
                    ];
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

/// What of a glyph is black, in units of the font: its bounds (left, bottom, right, top)
/// and its area.
fn black(font: &rustybuzz::Face, glyph: &Glyph) -> Option<([f64; 4], f64)> {
    let id = GlyphId(u16::try_from(glyph.id).ok()?);
    let mut area = Area::default();
    let bounds = font.outline_glyph(id, &mut area)?;
    let bounds = [bounds.x_min, bounds.y_min, bounds.x_max, bounds.y_max].map(f64::from);
    Some((bounds, area.twice.abs() / 2.0))
}

/// Twice the area within closed outlines, by Green's theorem: holes run the other way
/// round and are subtracted.
#[derive(Debug, Default)]
struct Area {
    twice: f64,
    first: (f64, f64),
    last: (f64, f64),
}

/// Chords that a cubic curve is taken for: those of a letter are off by less than a
/// thousandth of its area.
const CHORDS: u32 = 8;

impl Area {
    fn to(&mut self, next: (f64, f64)) {
        self.twice += cross(self.last, next);
        self.last = next;
    }
}

fn cross(a: (f64, f64), b: (f64, f64)) -> f64 {
    a.0 * b.1 - a.1 * b.0
}

impl OutlineBuilder for Area {
    fn move_to(&mut self, x: f32, y: f32) {
        self.first = (x.into(), y.into());
        self.last = self.first;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.to((x.into(), y.into()));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let (from, to) = (self.last, (f64::from(x), f64::from(y)));
        let by = (f64::from(x1) - from.0, f64::from(y1) - from.1);
        // A parabola and its chord enclose two thirds of the triangle of its tangents
        // (Archimedes).
        self.twice += 2.0 / 3.0 * cross(by, (to.0 - from.0, to.1 - from.1));
        self.to(to);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let from = self.last;
        let points = [(x1, y1), (x2, y2), (x, y)].map(|(x, y)| (f64::from(x), f64::from(y)));
        for k in 1..=CHORDS {
            let t = f64::from(k) / f64::from(CHORDS);
            let s = 1.0 - t;
            let at = |a: f64, b: [f64; 3]| {
                s * s * s * a + 3.0 * s * s * t * b[0] + 3.0 * s * t * t * b[1] + t * t * t * b[2]
            };
            self.to((
                at(from.0, points.map(|p| p.0)),
                at(from.1, points.map(|p| p.1)),
            ));
        }
    }

    fn close(&mut self) {
        self.to(self.first);
    }
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

    /// A capital I of Noto Sans is a rectangle, a full stop hardly less than one: their
    /// area is that of their bounds.
    #[test]
    fn the_area_of_a_rectangle_is_that_of_its_bounds() {
        for text in ["l", "I"] {
            let word = shape(Face::Bold, 20.0, text).unwrap().words()[0];
            let [left, top, right, bottom] = word.ink;
            let bounds = (right - left) * (bottom - top);
            assert!(word.black_mm2 <= bounds * 1.001, "{text}");
            assert!(word.black_mm2 >= bounds * 0.6, "{text}");
        }
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
