//! From characters to glyphs with places.

use std::ops::Range;

use rustybuzz::UnicodeBuffer;
use rustybuzz::ttf_parser::{GlyphId, Rect};

use super::Face;
use crate::form::FormError;

/// Millimetres in a typographic point.
pub(crate) const PT_MM: f64 = 25.4 / 72.0;

/// A glyph and its place, in units of the font's em.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Glyph {
    pub id: u32,
    pub advance: f64,
    pub x_offset: f64,
    pub y_offset: f64,
    /// Bytes of the run's text that it stands for.
    pub range: Range<usize>,
}

/// A piece of text in one face and size, shaped, on one line.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Run {
    pub face: Face,
    pub size_pt: f64,
    pub text: String,
    pub glyphs: Vec<Glyph>,
    /// Sum of the advances, mm.
    pub width: f64,
    /// What is black, relative to the origin on the baseline, y down, mm:
    /// left, top, right, bottom. `None` for blanks.
    pub ink: Option<[f64; 4]>,
}

/// Shapes a text that stays on one line.
///
/// # Errors
/// [`FormError::MissingGlyph`] if the face lacks a character.
pub(crate) fn shape(face: Face, size_pt: f64, text: &str) -> Result<Run, FormError> {
    let font = face.parsed()?;
    let em = f64::from(font.units_per_em());
    let mut buffer = UnicodeBuffer::new();
    buffer.push_str(text);
    buffer.guess_segment_properties();
    buffer.set_direction(rustybuzz::Direction::LeftToRight);
    let shaped = rustybuzz::shape(font, &[], buffer);
    let starts: Vec<usize> = shaped
        .glyph_infos()
        .iter()
        .map(|info| info.cluster as usize)
        .collect();

    let size_mm = size_pt * PT_MM;
    let mut glyphs = Vec::with_capacity(starts.len());
    let mut pen = 0.0;
    let mut ink: Option<[f64; 4]> = None;
    for (i, (info, place)) in shaped
        .glyph_infos()
        .iter()
        .zip(shaped.glyph_positions())
        .enumerate()
    {
        let start = starts[i];
        let end = starts[i..]
            .iter()
            .copied()
            .find(|s| *s > start)
            .unwrap_or(text.len());
        if info.glyph_id == 0 {
            return Err(FormError::MissingGlyph {
                character: text[start..].chars().next().unwrap_or('\u{fffd}'),
                text: text.to_owned(),
            });
        }
        let glyph = Glyph {
            id: info.glyph_id,
            advance: f64::from(place.x_advance) / em,
            x_offset: f64::from(place.x_offset) / em,
            y_offset: f64::from(place.y_offset) / em,
            range: start..end,
        };
        let id = GlyphId(u16::try_from(info.glyph_id).unwrap_or(0));
        if let Some(b) = font.glyph_bounding_box(id) {
            let black = ink_of(b, &glyph, pen, em, size_mm);
            ink = Some(ink.map_or(black, |ink| union(ink, black)));
        }
        pen += glyph.advance;
        glyphs.push(glyph);
    }
    Ok(Run {
        face,
        size_pt,
        text: text.to_owned(),
        glyphs,
        width: pen * size_mm,
        ink,
    })
}

/// Where a glyph is black, relative to the run's origin, y down, mm: left, top, right,
/// bottom; by its bounds in units of the font and the place of the pen in ems.
pub(super) fn ink_of(bounds: Rect, glyph: &Glyph, pen: f64, em: f64, size_mm: f64) -> [f64; 4] {
    let x = pen + glyph.x_offset;
    [
        (x + f64::from(bounds.x_min) / em) * size_mm,
        -(glyph.y_offset + f64::from(bounds.y_max) / em) * size_mm,
        (x + f64::from(bounds.x_max) / em) * size_mm,
        -(glyph.y_offset + f64::from(bounds.y_min) / em) * size_mm,
    ]
}

/// What encloses both: left, top, right, bottom.
pub(super) fn union(a: [f64; 4], b: [f64; 4]) -> [f64; 4] {
    [
        a[0].min(b[0]),
        a[1].min(b[1]),
        a[2].max(b[2]),
        a[3].max(b[3]),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    const VIETNAMESE: &str =
        "AÀÁẢÃẠĂẰẮẲẴẶÂẦẤẨẪẬBCDĐEÈÉẺẼẸÊỀẾỂỄỆGHIÌÍỈĨỊKLMNOÒÓỎÕỌÔỒỐỔỖỘƠỜỚỞỠỢPQRSTUÙÚỦŨỤƯỪỨỬỮỰVXYỲÝỶỸỴ";

    #[test]
    fn every_vietnamese_letter_is_in_every_face() {
        let lower = VIETNAMESE.to_lowercase();
        for face in [Face::Regular, Face::Bold, Face::Italic, Face::BoldItalic] {
            for text in [VIETNAMESE, &lower, "0123456789 .,;:!?()“”…–—%/\"'•·²₫"] {
                let run = shape(face, 10.0, text).unwrap();
                assert_eq!(run.glyphs.len(), text.chars().count(), "{face:?}");
            }
        }
    }

    #[test]
    fn letters_typed_in_parts_become_the_same_glyphs() {
        // "ệ" as e, circumflex, dot below, as some keyboards send it.
        let whole = shape(Face::Regular, 10.0, "Việt").unwrap();
        let parts = shape(Face::Regular, 10.0, "Vie\u{302}\u{323}t").unwrap();
        let ids = |run: &Run| run.glyphs.iter().map(|g| g.id).collect::<Vec<_>>();
        assert_eq!(ids(&whole), ids(&parts));
    }

    #[test]
    fn a_character_that_the_font_lacks_is_named() {
        let error = shape(Face::Regular, 10.0, "thủ tục 漢").unwrap_err();
        assert!(matches!(
            error,
            FormError::MissingGlyph {
                character: '漢',
                ..
            }
        ));
    }

    #[test]
    fn ink_is_tight() {
        let run = shape(Face::Regular, 72.0 / 25.4, "H").unwrap();
        let [_, top, _, bottom] = run.ink.unwrap();
        // Noto Sans: capitals are 0.714 em high.
        assert!((top + 0.714).abs() < 0.01 && bottom.abs() < 0.01);
    }
}
