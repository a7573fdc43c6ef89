//! A character's outline as straight edges.

use rustybuzz::ttf_parser::OutlineBuilder;

/// A place in a font's units, y up.
type Point = (f64, f64);

/// Closed loops of straight edges; holes run the other way round.
#[derive(Debug, Default)]
pub(crate) struct Outline {
    /// From where to where.
    pub edges: Vec<[Point; 2]>,
    first: Point,
    last: Point,
}

/// Chords of a curve: a bow of the code line (1 mm) deviates by less than 0.01 mm, and
/// encloses less by a sixty-fourth of what lies between it and its chord.
const CHORDS: u32 = 8;

impl Outline {
    /// Area within, square units: holes are subtracted (Green's theorem).
    pub fn area(&self) -> f64 {
        let twice = |[a, b]: &[Point; 2]| a.0 * b.1 - a.1 * b.0;
        self.edges.iter().map(twice).sum::<f64>().abs() / 2.0
    }

    fn to(&mut self, point: Point) {
        self.edges.push([self.last, point]);
        self.last = point;
    }

    /// A Bézier curve from the last point by its other control points.
    fn bezier<const N: usize>(&mut self, control: [Point; N]) {
        let start = self.last;
        for step in 1..=CHORDS {
            let t = f64::from(step) / f64::from(CHORDS);
            // De Casteljau: the first point is the start, kept apart.
            let (mut head, mut rest) = (start, control);
            let mix = |a: Point, b: Point| (a.0 + t * (b.0 - a.0), a.1 + t * (b.1 - a.1));
            for level in (0..N).rev() {
                head = mix(head, rest[0]);
                for i in 0..level {
                    rest[i] = mix(rest[i], rest[i + 1]);
                }
            }
            self.to(head);
        }
    }
}

impl OutlineBuilder for Outline {
    fn move_to(&mut self, x: f32, y: f32) {
        self.first = (x.into(), y.into());
        self.last = self.first;
    }

    fn line_to(&mut self, x: f32, y: f32) {
        self.to((x.into(), y.into()));
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        self.bezier([(x1.into(), y1.into()), (x.into(), y.into())]);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        self.bezier([
            (x1.into(), y1.into()),
            (x2.into(), y2.into()),
            (x.into(), y.into()),
        ]);
    }

    fn close(&mut self) {
        self.to(self.first);
    }
}
