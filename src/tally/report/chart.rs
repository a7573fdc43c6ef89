//! Bars, drawn in grays so that a copy shows them as well.

use crate::form::paper::{Flow, LINE_MM, plain};
use crate::form::text::{Align, Paragraph};
use crate::form::{Draw, FormError, paragraph};
use crate::geometry::{MmPoint, mm_rect};

/// Size of text in charts, pt.
const SIZE: f64 = 8.5;
/// Height of a bar, mm.
const BAR: f64 = 4.2;
/// Part of the width that the names take.
const NAMES: f64 = 0.42;
/// Part of the width that the figures take.
const FIGURES: f64 = 0.14;
/// Gray of bars, and of what lies behind them.
const INK: f64 = 0.35;
const BEHIND: f64 = 0.93;

/// A bar: its name, its length from 0 to 1, its figure, and where its interval lies.
#[derive(Debug, Clone)]
pub(super) struct Bar {
    pub name: String,
    pub share: Option<f64>,
    pub figure: String,
    pub range: Option<(f64, f64)>,
}

/// Level bars from 0 to 100 %, one below the other.
pub(super) fn bars(flow: &mut Flow, bars: &[Bar]) -> Result<(), FormError> {
    let left = Flow::left();
    let names = NAMES * Flow::width();
    let from = left + names;
    let long = (1.0 - NAMES - FIGURES) * Flow::width();
    for bar in bars {
        let name = Paragraph::set(&[plain(SIZE, &bar.name)], names - 2.0, Align::Left)?;
        let height = name.height().max(BAR) + 1.2;
        flow.keep(height);
        let top = flow.y();
        flow.draw(paragraph(&name, left, top + (height - name.height()) / 2.0));
        let y = top + (height - BAR) / 2.0;
        let rect = mm_rect(from, y, long, BAR);
        flow.draw([Draw::Shade { rect, gray: BEHIND }]);
        if let Some(share) = bar.share {
            let rect = mm_rect(from, y, long * share.clamp(0.0, 1.0), BAR);
            flow.draw([Draw::Shade { rect, gray: INK }]);
        }
        if let Some((low, high)) = bar.range {
            let middle = y + BAR / 2.0;
            let at = |share: f64, dy: f64| MmPoint::new(from + long * share, middle + dy);
            // White below black shows on the bar and beside it.
            for (width, color) in [(3.0 * LINE_MM, false), (LINE_MM, true)] {
                if color {
                    flow.draw([
                        Draw::Rule {
                            from: at(low, 0.0),
                            to: at(high, 0.0),
                            width,
                        },
                        Draw::Rule {
                            from: at(low, -1.0),
                            to: at(low, 1.0),
                            width,
                        },
                        Draw::Rule {
                            from: at(high, -1.0),
                            to: at(high, 1.0),
                            width,
                        },
                    ]);
                } else {
                    let rect = mm_rect(
                        from + long * low,
                        middle - width / 2.0,
                        long * (high - low),
                        width,
                    );
                    flow.draw([Draw::Shade { rect, gray: 1.0 }]);
                }
            }
        }
        let figure = Paragraph::set(
            &[plain(SIZE, &bar.figure)],
            FIGURES * Flow::width(),
            Align::Left,
        )?;
        let x = from + long + 2.0;
        flow.draw(paragraph(
            &figure,
            x,
            top + (height - figure.height()) / 2.0,
        ));
        flow.go_on_at(top + height);
    }
    flow.gap(3.0);
    Ok(())
}
