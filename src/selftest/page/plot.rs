//! Lines, marks and axes as SVG: black and gray on white, so that a page can be
//! printed and copied.

use std::fmt::Write;

/// Letters of everything, px.
const SIZE: f64 = 13.0;
/// Most letters are narrower than this share of their size.
const LETTER: f64 = 0.56;

/// How a text stands to its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stroke {
    Thin,
    Thick,
    Gray,
    Dashed,
    Dotted,
}

impl Stroke {
    fn style(self) -> &'static str {
        match self {
            Self::Thin => r##"stroke="#000" stroke-width="1""##,
            Self::Thick => r##"stroke="#000" stroke-width="2""##,
            Self::Gray => r##"stroke="#ccc" stroke-width="1""##,
            Self::Dashed => r##"stroke="#000" stroke-width="1.2" stroke-dasharray="6 4""##,
            Self::Dotted => r##"stroke="#000" stroke-width="1.6" stroke-dasharray="1.6 3""##,
        }
    }
}

/// How an area is filled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fill {
    None,
    Light,
    Black,
    Hatched,
}

impl Fill {
    fn style(self) -> &'static str {
        match self {
            Self::None => r#"fill="none""#,
            Self::Light => r##"fill="#d4d4d4""##,
            Self::Black => r##"fill="#000""##,
            Self::Hatched => r#"fill="url(#hatch)""#,
        }
    }
}

/// Marks of the series of a plot, told apart without colour.
const MARKS: usize = 4;

/// A picture that is being drawn; px from the top left.
#[derive(Debug)]
pub(super) struct Svg {
    width: f64,
    height: f64,
    body: String,
}

impl Svg {
    pub(super) fn new(width: f64, height: f64) -> Self {
        Self {
            width,
            height,
            body: String::new(),
        }
    }

    fn put(&mut self, element: std::fmt::Arguments) {
        // Writing to a string does not fail.
        let _ = self.body.write_fmt(element);
        self.body.push('\n');
    }

    pub(super) fn line(&mut self, from: (f64, f64), to: (f64, f64), stroke: Stroke) {
        self.put(format_args!(
            r#"<line x1="{:.1}" y1="{:.1}" x2="{:.1}" y2="{:.1}" {}/>"#,
            from.0,
            from.1,
            to.0,
            to.1,
            stroke.style()
        ));
    }

    pub(super) fn rect(&mut self, at: (f64, f64), size: (f64, f64), fill: Fill) {
        self.put(format_args!(
            r##"<rect x="{:.1}" y="{:.1}" width="{:.1}" height="{:.1}" {} stroke="#000" stroke-width="1"/>"##,
            at.0,
            at.1,
            size.0.max(0.0),
            size.1.max(0.0),
            fill.style()
        ));
    }

    pub(super) fn path(&mut self, points: &[(f64, f64)], fill: Fill, stroke: Stroke) {
        let points: Vec<String> = points
            .iter()
            .map(|(x, y)| format!("{x:.1},{y:.1}"))
            .collect();
        self.put(format_args!(
            r#"<polyline points="{}" {} {} stroke-linejoin="round"/>"#,
            points.join(" "),
            fill.style(),
            stroke.style()
        ));
    }

    /// The mark of a series.
    pub(super) fn mark(&mut self, (x, y): (f64, f64), series: usize) {
        let outline = r##"stroke="#000" stroke-width="1.4""##;
        match series % MARKS {
            0 => self.put(format_args!(
                r#"<circle cx="{x:.1}" cy="{y:.1}" r="3.6" fill="black" {outline}/>"#
            )),
            1 => self.put(format_args!(
                r#"<rect x="{:.1}" y="{:.1}" width="7" height="7" fill="white" {outline}/>"#,
                x - 3.5,
                y - 3.5
            )),
            2 => self.put(format_args!(
                r#"<polygon points="{x:.1},{:.1} {:.1},{:.1} {:.1},{:.1}" fill="gray" {outline}/>"#,
                y - 4.5,
                x - 4.2,
                y + 3.2,
                x + 4.2,
                y + 3.2
            )),
            _ => self.put(format_args!(
                r#"<path d="M{:.1} {:.1}l7 7m0 -7l-7 7" fill="none" {outline}/>"#,
                x - 3.5,
                y - 3.5
            )),
        }
    }

    pub(super) fn text(&mut self, at: (f64, f64), anchor: Anchor, text: &str) {
        self.letters(at, anchor, text, "");
    }

    pub(super) fn bold(&mut self, at: (f64, f64), anchor: Anchor, text: &str) {
        self.letters(at, anchor, text, r#" font-weight="bold""#);
    }

    /// Upwards, for the vertical axis.
    pub(super) fn upright(&mut self, (x, y): (f64, f64), text: &str) {
        let turn = format!(r#" transform="rotate(-90 {x:.1} {y:.1})""#);
        self.letters((x, y), Anchor::Middle, text, &turn);
    }

    fn letters(&mut self, (x, y): (f64, f64), anchor: Anchor, text: &str, more: &str) {
        let anchor = match anchor {
            Anchor::Start => "start",
            Anchor::Middle => "middle",
            Anchor::End => "end",
        };
        self.put(format_args!(
            r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}"{more}>{}</text>"#,
            escaped(text)
        ));
    }

    /// The file. `title` is for people who cannot see it, too.
    pub(super) fn finish(self, title: &str) -> String {
        let Self {
            width: w,
            height: h,
            body,
        } = self;
        let title = escaped(title);
        format!(
            r##"<svg xmlns="http://www.w3.org/2000/svg" width="{w:.0}" height="{h:.0}" viewBox="0 0 {w:.0} {h:.0}" role="img" font-family="Helvetica, Arial, 'Liberation Sans', sans-serif" font-size="{SIZE}">
<title>{title}</title>
<defs><pattern id="hatch" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><line x1="0" y1="0" x2="0" y2="5" stroke="#000" stroke-width="1.4"/></pattern></defs>
<rect width="{w:.0}" height="{h:.0}" fill="#fff"/>
{body}</svg>
"##
        )
    }
}

/// About how wide a text is, px: rather too wide.
pub(super) fn width_of(text: &str) -> f64 {
    text.chars().count() as f64 * SIZE * LETTER
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

/// One axis: values to px.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Axis {
    pub from: f64,
    pub to: f64,
    /// Where the ends are, px.
    pub px: (f64, f64),
    /// Equal steps are equal factors.
    pub logarithmic: bool,
}

impl Axis {
    /// The place of a value; what is beyond the ends lies on them.
    pub(super) fn at(&self, value: f64) -> f64 {
        let along = |v: f64| {
            if self.logarithmic {
                libm::log10(v.max(1e-300))
            } else {
                v
            }
        };
        let (from, to) = (along(self.from), along(self.to));
        let share = if (to - from).abs() < 1e-12 {
            0.5
        } else {
            ((along(value) - from) / (to - from)).clamp(0.0, 1.0)
        };
        self.px.0 + share * (self.px.1 - self.px.0)
    }

    /// Values to label: some five of 1, 2 or 5 times a power of ten; on a
    /// logarithmic axis the powers of ten.
    pub(super) fn ticks(&self) -> Vec<f64> {
        if self.logarithmic {
            let (first, last) = (
                (libm::log10(self.from) - 1e-9).ceil() as i32,
                (libm::log10(self.to) + 1e-9).floor() as i32,
            );
            return (first..=last)
                .map(|e| libm::pow(10.0, f64::from(e)))
                .collect();
        }
        let span = self.to - self.from;
        if span <= 0.0 {
            return vec![self.from];
        }
        let rough = span / 6.0;
        let power = libm::pow(10.0, libm::log10(rough).floor());
        let step = [1.0, 2.0, 5.0, 10.0]
            .into_iter()
            .map(|m| m * power)
            .find(|s| *s >= rough)
            .unwrap_or(rough);
        let first = (self.from / step - 1e-9).ceil() as i64;
        let last = (self.to / step + 1e-9).floor() as i64;
        (first..=last).map(|k| k as f64 * step).collect()
    }
}

/// A plot's two axes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Frame {
    pub x: Axis,
    pub y: Axis,
}

impl Frame {
    pub(super) fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.x.at(x), self.y.at(y))
    }

    /// Grid, border and labels below.
    pub(super) fn draw_x(&self, svg: &mut Svg, ticks: &[(f64, String)], label: &str) {
        let (top, bottom) = (self.y.px.1, self.y.px.0);
        for (value, text) in ticks {
            let x = self.x.at(*value);
            svg.line((x, top), (x, bottom), Stroke::Gray);
            svg.line((x, bottom), (x, bottom + 5.0), Stroke::Thin);
            for (row, part) in text.split('\n').enumerate() {
                let y = bottom + 19.0 + 15.0 * row as f64;
                svg.text((x, y), Anchor::Middle, part);
            }
        }
        let rows = ticks
            .iter()
            .map(|(_, t)| t.split('\n').count())
            .max()
            .unwrap_or(1);
        let middle = f64::midpoint(self.x.px.0, self.x.px.1);
        svg.text(
            (middle, bottom + 26.0 + 15.0 * rows as f64),
            Anchor::Middle,
            label,
        );
    }

    /// Grid, border and labels at the left.
    pub(super) fn draw_y(&self, svg: &mut Svg, ticks: &[(f64, String)], label: &str) {
        let (left, right) = self.x.px;
        for (value, text) in ticks {
            let y = self.y.at(*value);
            svg.line((left, y), (right, y), Stroke::Gray);
            svg.line((left - 5.0, y), (left, y), Stroke::Thin);
            svg.text((left - 9.0, y + 4.5), Anchor::End, text);
        }
        let widest = ticks.iter().map(|(_, t)| width_of(t)).fold(0.0, f64::max);
        let middle = f64::midpoint(self.y.px.0, self.y.px.1);
        svg.upright((left - 18.0 - widest, middle), label);
    }

    pub(super) fn border(&self, svg: &mut Svg) {
        svg.rect(
            (self.x.px.0, self.y.px.1),
            (self.x.px.1 - self.x.px.0, self.y.px.0 - self.y.px.1),
            Fill::None,
        );
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ticks_are_round_numbers() {
        let axis = |from, to, logarithmic| Axis {
            from,
            to,
            px: (0.0, 100.0),
            logarithmic,
        };
        let near = |got: Vec<f64>, want: &[f64]| {
            assert_eq!(got.len(), want.len(), "{got:?}");
            for (g, w) in got.iter().zip(want) {
                assert!((g - w).abs() <= 1e-9 * w.abs().max(1.0), "{got:?}");
            }
        };
        near(
            axis(0.0, 0.11, false).ticks(),
            &[0.0, 0.02, 0.04, 0.06, 0.08, 0.1],
        );
        near(axis(-7.0, 6.0, false).ticks(), &[-5.0, 0.0, 5.0]);
        near(axis(1.0, 2000.0, true).ticks(), &[1.0, 10.0, 100.0, 1000.0]);
        near(axis(3.0, 3.0, false).ticks(), &[3.0]);
    }

    proptest! {
        /// Whatever is drawn lies between the ends of its axis.
        #[test]
        fn nothing_leaves_the_axis(v in -1e6..1e6f64, logarithmic: bool) {
            let axis = Axis { from: 1e-3, to: 50.0, px: (20.0, 120.0), logarithmic };
            prop_assert!((20.0..=120.0).contains(&axis.at(v)));
        }
    }
}
