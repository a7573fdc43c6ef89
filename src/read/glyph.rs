//! What the characters of the code line look like: the outlines of the font
//! that prints them, filled and softened as a scanner does.

use std::sync::OnceLock;

use rustybuzz::ttf_parser::Face as Outlines;

use super::correlate::Pattern;
use super::sample::Window;
use crate::form::code::ALPHABET;
use crate::form::frame::{TEXT_CAP_MM, TEXT_CELL_HEIGHT_MM, TEXT_CELL_MM};
use crate::form::text::{Face, Outline};
use crate::geometry::{MmRect, MmSize};

/// Distance of two samples of the fine patterns, mm: 254 dpi; a stroke of the
/// line (0.3 mm) is three samples wide.
pub(crate) const FINE_MM: f64 = 0.1;

/// Distance of two samples of the coarse patterns, mm.
pub(crate) const COARSE_MM: f64 = 2.0 * FINE_MM;

/// Columns and rows of a fine pattern: the widest capital and the tallest with
/// paper on every side, but nothing of a neighbour's cell. Even, for halving.
const COLUMNS: usize = 26;
const ROWS: usize = 32;

/// Points a sample's side is divided into for the share that ink covers.
const FINER: usize = 8;

/// A character as it is looked for.
#[derive(Debug)]
pub(crate) struct Glyph {
    pub character: char,
    pub fine: Pattern,
    pub coarse: Pattern,
}

/// The part of a cell that a pattern covers, mm.
pub(crate) fn pattern_rect(cell: MmRect) -> MmRect {
    let size = MmSize::new(COLUMNS as f64 * FINE_MM, ROWS as f64 * FINE_MM);
    MmRect::new(cell.center() - size.to_vector() / 2.0, size)
}

/// All characters of the code's alphabet, drawn once, as a good scan shows them.
/// Empty if the font that ships with the build cannot be read, which the tests
/// rule out.
pub(crate) fn glyphs() -> &'static [Glyph] {
    static GLYPHS: OnceLock<Vec<Glyph>> = OnceLock::new();
    GLYPHS.get_or_init(|| drawn(SOFT))
}

/// The same as a blurred scan at 100 dpi, or a copy of a copy, shows them.
pub(crate) fn blurred_glyphs() -> &'static [Glyph] {
    static GLYPHS: OnceLock<Vec<Glyph>> = OnceLock::new();
    GLYPHS.get_or_init(|| drawn(BLURRED))
}

fn drawn(passes: usize) -> Vec<Glyph> {
    let Ok(face) = Face::Code.parsed() else {
        return Vec::new();
    };
    ALPHABET
        .iter()
        .filter_map(|c| glyph(face, char::from(*c), passes))
        .collect()
}

fn glyph(face: &Outlines, character: char, passes: usize) -> Option<Glyph> {
    let sharp = coverage(face, character)?;
    let cover = (0..passes).fold(sharp, |cover, _| soften(&cover));
    let gray = |v: f64| (255.0 * (1.0 - v)).round() as u8;
    let window = |width: usize, height: usize, pixels: Vec<u8>| Window {
        width,
        height,
        pixels,
        ..Window::default()
    };
    let halved = (0..COLUMNS / 2 * (ROWS / 2))
        .map(|i| {
            let at = 2 * (i / (COLUMNS / 2)) * COLUMNS + 2 * (i % (COLUMNS / 2));
            let sum = cover[at] + cover[at + 1] + cover[at + COLUMNS] + cover[at + COLUMNS + 1];
            gray(sum / 4.0)
        })
        .collect();
    let fine = cover.iter().map(|v| gray(*v)).collect();
    Some(Glyph {
        character,
        fine: Pattern::of(&window(COLUMNS, ROWS, fine)),
        coarse: Pattern::of(&window(COLUMNS / 2, ROWS / 2, halved)),
    })
}

/// Share of each sample that the character covers, 0 to 1, placed in its cell
/// as the printer places it: the advance in the middle of the width, the
/// capitals in the middle of the height.
fn coverage(face: &Outlines, character: char) -> Option<Vec<f64>> {
    let id = face.glyph_index(character)?;
    let cap = f64::from(face.capital_height().filter(|h| *h > 0)?);
    let mm = TEXT_CAP_MM / cap;
    let advance = f64::from(face.glyph_hor_advance(id)?) * mm;
    let left = (TEXT_CELL_MM - advance) / 2.0 - (TEXT_CELL_MM - COLUMNS as f64 * FINE_MM) / 2.0;
    let baseline = f64::midpoint(TEXT_CELL_HEIGHT_MM, TEXT_CAP_MM)
        - (TEXT_CELL_HEIGHT_MM - ROWS as f64 * FINE_MM) / 2.0;
    let mut outline = Outline::default();
    face.outline_glyph(id, &mut outline)?;

    let point = FINE_MM / FINER as f64;
    let mut cover = vec![0.0; COLUMNS * ROWS];
    let share = 1.0 / (FINER * FINER) as f64;
    for line in 0..ROWS * FINER {
        let y = (baseline - (line as f64 + 0.5) * point) / mm;
        for (from, to) in inside(&outline, y) {
            // The points whose middles lie between both crossings.
            let column = |x: f64| ((left + x * mm) / point - 0.5).ceil().max(0.0) as usize;
            for at in column(from)..column(to).min(COLUMNS * FINER) {
                cover[line / FINER * COLUMNS + at / FINER] += share;
            }
        }
    }
    Some(cover)
}

/// Passes of [`soften`] for a good scan: a standard deviation of 0.07 mm, half a
/// pixel at 200 dpi.
const SOFT: usize = 1;
/// The same for a poor one: 0.17 mm, two thirds of a pixel at 100 dpi.
const BLURRED: usize = 6;

/// Blur of toner, optics and pixels by the binomial kernel 1-2-1, whose variance
/// is half a sample's square: 0.07 mm, and its root of n times that in n passes.
fn soften(cover: &[f64]) -> Vec<f64> {
    let blur = |plane: &[f64], dx: usize, dy: usize| -> Vec<f64> {
        (0..plane.len())
            .map(|i| {
                let (x, y) = (i % COLUMNS, i / COLUMNS);
                // Beyond the pattern there is paper.
                let before = (x >= dx && y >= dy).then(|| plane[i - dx - dy * COLUMNS]);
                let after =
                    (x + dx < COLUMNS && y + dy < ROWS).then(|| plane[i + dx + dy * COLUMNS]);
                (before.unwrap_or(0.0) + 2.0 * plane[i] + after.unwrap_or(0.0)) / 4.0
            })
            .collect()
    };
    blur(&blur(cover, 1, 0), 0, 1)
}

/// The stretches of a horizontal line that lie inside, by the non-zero
/// rule.
fn inside(outline: &Outline, y: f64) -> Vec<(f64, f64)> {
    let mut crossings: Vec<(f64, i32)> = outline
        .edges
        .iter()
        .filter(|[a, b]| (a.1 <= y) != (b.1 <= y))
        .map(|[a, b]| {
            let x = a.0 + (y - a.1) / (b.1 - a.1) * (b.0 - a.0);
            (x, if b.1 > a.1 { 1 } else { -1 })
        })
        .collect();
    crossings.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut turns = 0;
    crossings
        .windows(2)
        .filter_map(|pair| {
            turns += pair[0].1;
            (turns != 0).then_some((pair[0].0, pair[1].0))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::correlate::Seen;
    use super::*;

    #[test]
    fn every_character_is_drawn_and_lies_within_its_pattern() {
        let face = Face::Code.parsed().unwrap();
        for c in ALPHABET.iter().map(|c| char::from(*c)) {
            let cover = coverage(face, c).unwrap();
            let ink: f64 = cover.iter().sum::<f64>() * FINE_MM * FINE_MM;
            // A thin upright to the fullest capital, mm².
            assert!((0.7..3.0).contains(&ink), "{c} {ink}");
            let edge = |i: usize| {
                let (x, y) = (i % COLUMNS, i / COLUMNS);
                x < 1 || y < 1 || x + 1 >= COLUMNS || y + 1 >= ROWS
            };
            assert!((0..cover.len()).all(|i| !edge(i) || cover[i] == 0.0), "{c}");
        }
        assert_eq!(glyphs().len(), ALPHABET.len());
    }

    #[test]
    fn a_capital_has_the_height_and_place_that_the_frame_says() {
        let cover = coverage(Face::Code.parsed().unwrap(), 'H').unwrap();
        let rows: Vec<usize> = (0..ROWS)
            .filter(|y| cover[y * COLUMNS..][..COLUMNS].iter().any(|v| *v > 0.5))
            .collect();
        // 2.4 mm in the middle of 3.2 mm.
        assert_eq!((rows[0], rows[rows.len() - 1]), (4, 27));
    }

    #[test]
    fn no_two_characters_look_alike() {
        for a in glyphs() {
            for b in glyphs() {
                if a.character != b.character {
                    let seen = Seen::new(a.fine.ink().to_vec(), a.fine.size().0);
                    let (scores, _) = b.fine.scores(&seen);
                    assert_eq!(scores.len(), 1);
                    let what = format!("{} {} {}", a.character, b.character, scores[0]);
                    assert!(scores[0] < 0.95, "{what}");
                }
            }
        }
    }
}
