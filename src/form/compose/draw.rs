//! What can be drawn, and where its ink is.

use super::block::round;
use crate::form::PrintedWord;
use crate::form::text::{Element, Paragraph, Picture, Run, WordInk};
use crate::geometry::{MmPoint, MmRect, mm_rect};

/// Diameter of the dots of a writing line, mm: visible to people, too faint to
/// be taken for handwriting.
pub(crate) const DOT_MM: f64 = 0.28;
/// Line width of drawn boxes in the instructions, mm; as that of checkboxes.
const PICTURE_LINE_MM: f64 = 0.22;
/// Line width of a drawn pen stroke, mm: a ballpoint's.
const PEN_MM: f64 = 0.45;

/// Where the ink of a text (left, top, right, bottom of its origin) is on the page.
fn rect_at(origin: MmPoint, [left, top, right, bottom]: [f64; 4]) -> MmRect {
    mm_rect(origin.x + left, origin.y + top, right - left, bottom - top)
}

/// Something drawn; all lengths mm.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Draw {
    /// A run of text with its origin on the baseline.
    Text { at: MmPoint, run: Run },
    /// A straight line.
    Rule {
        from: MmPoint,
        to: MmPoint,
        width: f64,
    },
    /// A row of dots to write on.
    Dots { from: MmPoint, to_x: f64 },
    /// The outline of a rectangle, its outer edge.
    Outline { rect: MmRect, width: f64 },
    /// A black rectangle.
    Fill { rect: MmRect },
    /// A gray rectangle, from 0 (black) to 1 (white); on papers that no machine reads.
    Shade { rect: MmRect, gray: f64 },
    /// The outline of a circle, line centred on the radius.
    Circle {
        centre: MmPoint,
        radius: f64,
        width: f64,
    },
}

impl Draw {
    pub(crate) fn moved(mut self, dx: f64, dy: f64) -> Self {
        let shift = |p: &mut MmPoint| {
            p.x += dx;
            p.y += dy;
        };
        match &mut self {
            Self::Text { at, .. } => shift(at),
            Self::Rule { from, to, .. } => {
                shift(from);
                shift(to);
            }
            Self::Dots { from, to_x } => {
                shift(from);
                *to_x += dx;
            }
            Self::Outline { rect, .. } | Self::Fill { rect } | Self::Shade { rect, .. } => {
                shift(&mut rect.origin);
            }
            Self::Circle { centre, .. } => shift(centre),
        }
        self
    }

    /// The words of a text.
    pub(crate) fn words(&self) -> Vec<PrintedWord> {
        let Self::Text { at, run } = self else {
            return Vec::new();
        };
        let word = |WordInk { ink, black_mm2 }| PrintedWord {
            rect: round(&rect_at(*at, ink)),
            black_mm2,
        };
        run.words().into_iter().map(word).collect()
    }

    /// Where its ink is. The outline of a rectangle has four thin ones.
    pub(crate) fn ink(&self) -> Vec<MmRect> {
        let grown = |x0: f64, y0: f64, x1: f64, y1: f64, by: f64| {
            mm_rect(
                x0.min(x1) - by,
                y0.min(y1) - by,
                (x1 - x0).abs() + 2.0 * by,
                (y1 - y0).abs() + 2.0 * by,
            )
        };
        match self {
            Self::Text { at, run } => run.ink.map(|ink| rect_at(*at, ink)).into_iter().collect(),
            Self::Rule { from, to, width } => {
                vec![grown(from.x, from.y, to.x, to.y, width / 2.0)]
            }
            // The first and the last dot lie within the line's ends.
            Self::Dots { from, to_x } => {
                vec![mm_rect(
                    from.x,
                    from.y - DOT_MM / 2.0,
                    to_x - from.x,
                    DOT_MM,
                )]
            }
            Self::Outline { rect: r, width: w } => {
                let (x, y) = (r.origin.x, r.origin.y);
                let (rw, rh) = (r.size.width, r.size.height);
                vec![
                    mm_rect(x, y, rw, *w),
                    mm_rect(x, y + rh - w, rw, *w),
                    mm_rect(x, y, *w, rh),
                    mm_rect(x + rw - w, y, *w, rh),
                ]
            }
            Self::Fill { rect } | Self::Shade { rect, .. } => vec![*rect],
            Self::Circle {
                centre: c,
                radius: r,
                width,
            } => vec![grown(c.x - r, c.y - r, c.x + r, c.y + r, width / 2.0)],
        }
    }
}

/// The drawings of a paragraph whose top left corner is at (x, y).
pub(crate) fn paragraph(p: &Paragraph, x: f64, y: f64) -> Vec<Draw> {
    let mut out = Vec::new();
    for (i, line) in p.lines.iter().enumerate() {
        let baseline = y + p.ascent + i as f64 * p.pitch;
        for (dx, element) in &line.elements {
            match element {
                Element::Run(run) => out.push(Draw::Text {
                    at: MmPoint::new(x + dx, baseline),
                    run: run.clone(),
                }),
                Element::Picture(picture, em) => {
                    out.extend(self::picture(*picture, *em, x + dx, baseline));
                }
            }
        }
    }
    out
}

/// A little box as people mark it, standing on a line of text.
fn picture(picture: Picture, em: f64, x: f64, baseline: f64) -> Vec<Draw> {
    let side = Picture::side(em);
    let left = x + (picture.width(em) - side) / 2.0;
    // Centred on the capitals, which are 0.714 em high.
    let top = baseline - 0.357 * em - side / 2.0;
    let rect = mm_rect(left, top, side, side);
    let mut out = vec![Draw::Outline {
        rect,
        width: PICTURE_LINE_MM,
    }];
    let stroke = |x0: f64, y0: f64, x1: f64, y1: f64| Draw::Rule {
        from: MmPoint::new(left + x0 * side, top + y0 * side),
        to: MmPoint::new(left + x1 * side, top + y1 * side),
        width: PEN_MM,
    };
    match picture {
        Picture::Empty => {}
        Picture::Crossed | Picture::Circled => {
            // Not quite symmetric, as a hand draws it.
            out.push(stroke(0.16, 0.14, 0.86, 0.88));
            out.push(stroke(0.85, 0.12, 0.13, 0.87));
        }
        Picture::Filled => out.push(Draw::Fill { rect }),
    }
    if picture == Picture::Circled {
        out.push(Draw::Circle {
            centre: MmPoint::new(left + side / 2.0, top + side / 2.0),
            radius: 0.8 * side,
            width: PEN_MM,
        });
    }
    out
}
