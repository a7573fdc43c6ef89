//! What an empty box of the page looks like, and what is darker than that.

use super::paper::{Tone, local_paper};
use crate::read::sample::Window;
use crate::read::template::{BoxTemplate, zone};

/// The blur of an outline one pixel away at 150 dpi, share of the contrast; what is
/// darker is ink.
pub(crate) const DARKEST_BLUR: f64 = 0.22;

/// What an empty box of this page looks like inside: the blur of its own
/// outline, sample by sample, in gray levels below the paper.
///
/// Taken from the page itself: at each sample the lighter third of all boxes of
/// one look. On a page on which more than two thirds of the boxes are crossed at
/// the same sample, the cross would be taken for print; so fewer than
/// [`Empty::FEWEST`] boxes give none, and no sample may be darker than blur is.
#[derive(Debug, Clone, Default)]
pub(crate) struct Empty {
    /// One value a sample of the template; empty: nothing is known.
    below_paper: Vec<u8>,
}

impl Empty {
    /// Fewer boxes than this say nothing about what is usual.
    const FEWEST: usize = 6;
    /// Lighter share that is taken for empty.
    const SHARE: f64 = 0.3;

    /// From windows with the shift of their box; all of one template's look.
    pub fn of(boxes: &[(&Window, (i32, i32))], template: &BoxTemplate, page: Tone) -> Self {
        if boxes.len() < Self::FEWEST {
            return Self::default();
        }
        let papers: Vec<u8> = boxes
            .iter()
            .map(|(w, _)| local_paper(w, template).unwrap_or(page.paper as u8))
            .collect();
        let most = (DARKEST_BLUR * (page.paper - page.black)).clamp(0.0, 255.0) as u8;
        let (w, h) = (template.width as i32, template.height as i32);
        let rank = (boxes.len() as f64 * Self::SHARE) as usize;
        let mut values: Vec<u8> = Vec::with_capacity(boxes.len());
        let below_paper = (0..w * h)
            .map(|i| {
                if template.zones[i as usize] & zone::INTERIOR == 0 {
                    return 0;
                }
                let (col, row) = (i % w, i / w);
                values.clear();
                values.extend(
                    boxes
                        .iter()
                        .zip(&papers)
                        .map(|((window, (dx, dy)), paper)| {
                            let (c, r) = ((col + dx).clamp(0, w - 1), (row + dy).clamp(0, h - 1));
                            paper.saturating_sub(window.pixels[(r * w + c) as usize])
                        }),
                );
                let (_, value, _) = values.select_nth_unstable(rank);
                (*value).min(most)
            })
            .collect();
        Self { below_paper }
    }

    fn at(&self, i: usize) -> u8 {
        self.below_paper.get(i).copied().unwrap_or(0)
    }
}

/// Zones and pixels of a row of the template, as far as the window has it at
/// this shift, within some columns; and the first one's column.
pub(super) fn shifted_row<'a>(
    window: &'a Window,
    template: &'a BoxTemplate,
    (dx, dy): (i32, i32),
    row: usize,
    columns: std::ops::Range<usize>,
) -> Option<(&'a [u8], &'a [u8], usize)> {
    let (w, h) = (template.width as i32, template.height as i32);
    let source_row = row as i32 + dy;
    let from = (columns.start as i32).max(-dx).max(0);
    let to = (columns.end as i32).min(w - dx).min(w);
    if !(0..h).contains(&source_row) || from >= to {
        return None;
    }
    let length = (to - from) as usize;
    let zones = template.zones.get(row * template.width + from as usize..)?;
    let pixels = window.pixels.get((source_row * w + from + dx) as usize..)?;
    Some((zones.get(..length)?, pixels.get(..length)?, from as usize))
}

/// Calls `f(zone, gray, template index)` for each sample that means something
/// and is darker than `limit` even where an empty box is dark.
pub(super) fn for_dark(
    window: &Window,
    template: &BoxTemplate,
    shift: (i32, i32),
    empty: &Empty,
    limit: u8,
    mut f: impl FnMut(u8, u8, usize),
) {
    for row in 0..template.height {
        let Some((zones, pixels, from)) =
            shifted_row(window, template, shift, row, 0..template.width)
        else {
            continue;
        };
        // Nearly everything is paper: a piece of it is passed in one step.
        const PIECE: usize = 16;
        let pieces = zones.chunks(PIECE).zip(pixels.chunks(PIECE));
        for (first, (zones, pixels)) in (from..).step_by(PIECE).zip(pieces) {
            let dark = |(z, p): (&u8, &u8)| (*z != 0) & (*p < limit);
            if !zones.iter().zip(pixels).fold(false, |any, s| any | dark(s)) {
                continue;
            }
            for (column, (&z, &p)) in (first..).zip(zones.iter().zip(pixels)) {
                let i = row * template.width + column;
                let p = p.saturating_add(empty.at(i));
                if z != 0 && p < limit {
                    f(z, p, i);
                }
            }
        }
    }
}
