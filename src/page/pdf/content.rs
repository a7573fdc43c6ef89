//! Reading what a page draws, to find out whether it is one image and
//! nothing else that can be seen.

use hayro_syntax::content::TypedIter;
use hayro_syntax::content::ops::TypedInstruction as Op;
use hayro_syntax::object::{Array, Dict, Name, Number, Object, Stream};
use hayro_syntax::page::{Page, Resources};

use super::guard;

/// Coefficients a, b, c, d, e, f of `x' = ax + cy + e, y' = bx + dy + f`.
pub(super) type Matrix = [f64; 6];

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// The image that is the page.
pub(super) struct Placed<'a> {
    pub stream: Stream<'a>,
    /// From the unit square to the page's user space.
    pub transform: Matrix,
    /// Gray with which an image that is only a mask is painted.
    pub fill: u8,
}

/// First `inner`, then `outer`.
pub(super) fn then(inner: &Matrix, outer: &Matrix) -> Matrix {
    let [a, b, c, d, e, f] = *inner;
    let [g, h, i, j, k, l] = *outer;
    [
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + l,
    ]
}

/// The one image that a page draws, or nothing if anything else on it can be
/// seen, hides a part of it, or is not understood.
pub(super) fn sole_image<'a>(page: &Page<'a>) -> Option<Placed<'a>> {
    if has_drawn_annotations(page) {
        return None;
    }
    let mut walker = Walker::default();
    walker.walk(page.typed_operations(), page.resources(), 0)?;
    walker.found
}

/// Whether anything was added to the page by hand on a screen: a stamp, ink,
/// the fields of a form.
fn has_drawn_annotations(page: &Page<'_>) -> bool {
    page.raw()
        .get::<Array<'_>>(b"Annots")
        .is_some_and(|all| all.iter::<Dict<'_>>().any(|a| a.contains_key(b"AP")))
}

/// Operators that a page of a scanner and the text that it recognised may
/// have; beyond it the page is a drawing.
const MAX_OPERATORS: usize = 400_000;
/// Graphics states in graphics states.
const MAX_STATES: usize = 256;
/// Forms in forms.
const MAX_FORMS: usize = 4;

#[derive(Debug, Clone)]
struct State {
    transform: Matrix,
    /// Gray of fills; nothing if it is a pattern or of an unknown space.
    fill: Option<u8>,
    /// Text is painted.
    text_shows: bool,
    /// What clipping leaves, left, bottom, right, top, in user space of the
    /// page.
    clip: [f64; 4],
}

impl Default for State {
    fn default() -> Self {
        Self {
            transform: IDENTITY,
            fill: Some(0),
            text_shows: true,
            clip: [
                f64::NEG_INFINITY,
                f64::NEG_INFINITY,
                f64::INFINITY,
                f64::INFINITY,
            ],
        }
    }
}

#[derive(Default)]
struct Walker<'a> {
    state: State,
    saved: Vec<State>,
    path: Path,
    clip_next: bool,
    operators: usize,
    found: Option<Placed<'a>>,
}

#[derive(Default)]
struct Path {
    points: Vec<(f64, f64)>,
    curved: bool,
}

impl Path {
    fn add(&mut self, transform: &Matrix, x: f64, y: f64) {
        let [a, b, c, d, e, f] = *transform;
        // A rectangle has five points; a path of many is not one.
        if self.points.len() < 16 {
            self.points.push((a * x + c * y + e, b * x + d * y + f));
        } else {
            self.curved = true;
        }
    }

    /// Its box, if it is an upright rectangle.
    fn rectangle(&self) -> Option<[f64; 4]> {
        let bounds = bounds(&self.points);
        let [left, bottom, right, top] = bounds;
        let at = |v: f64, edge: f64| (v - edge).abs() < 0.01;
        let corner = |(x, y): &(f64, f64)| {
            (at(*x, left) || at(*x, right)) && (at(*y, bottom) || at(*y, top))
        };
        let whole = !self.curved && self.points.len() >= 4 && self.points.iter().all(corner);
        whole.then_some(bounds)
    }
}

fn bounds(points: &[(f64, f64)]) -> [f64; 4] {
    let start = [
        f64::INFINITY,
        f64::INFINITY,
        f64::NEG_INFINITY,
        f64::NEG_INFINITY,
    ];
    points.iter().fold(start, |[l, b, r, t], (x, y)| {
        [l.min(*x), b.min(*y), r.max(*x), t.max(*y)]
    })
}

fn unit_square(m: &Matrix) -> [f64; 4] {
    let [a, b, c, d, e, f] = *m;
    bounds(&[
        (e, f),
        (e + a, f + b),
        (e + c, f + d),
        (e + a + c, f + b + d),
    ])
}

fn matrix(numbers: [&Number; 6]) -> Matrix {
    numbers.map(|n| n.as_f64())
}

fn level(value: f64) -> u8 {
    (value.clamp(0.0, 1.0) * 255.0).round() as u8
}

fn gray_of(numbers: &[Number]) -> Option<u8> {
    let n: Vec<f64> = numbers.iter().map(|n| n.as_f64()).collect();
    match n[..] {
        [g] => Some(level(g)),
        [r, g, b] => Some(level(0.299 * r + 0.587 * g + 0.114 * b)),
        [c, m, y, k] => {
            let ink = 0.299 * c + 0.587 * m + 0.114 * y;
            Some(level((1.0 - ink) * (1.0 - k)))
        }
        _ => None,
    }
}

impl<'a> Walker<'a> {
    /// `None` as soon as something else than the one image is seen.
    fn walk(
        &mut self,
        mut ops: TypedIter<'_>,
        resources: &Resources<'a>,
        depth: usize,
    ) -> Option<()> {
        while let Some(op) = ops.next() {
            self.operators += 1;
            if self.operators > MAX_OPERATORS {
                return None;
            }
            self.step(&op, resources, depth)?;
        }
        Some(())
    }

    fn step(&mut self, op: &Op<'_, '_>, resources: &Resources<'a>, depth: usize) -> Option<()> {
        match op {
            Op::SaveState(_) => {
                if self.saved.len() >= MAX_STATES {
                    return None;
                }
                self.saved.push(self.state.clone());
            }
            Op::RestoreState(_) => {
                if let Some(state) = self.saved.pop() {
                    self.state = state;
                }
            }
            Op::Transform(m) => {
                let inner = matrix([&m.0, &m.1, &m.2, &m.3, &m.4, &m.5]);
                self.state.transform = then(&inner, &self.state.transform);
            }
            Op::SetGraphicsState(gs) => {
                let name = Name::new(gs.0)?;
                let dict = resources.get_ext_g_state(&name)?;
                plain_graphics_state(&dict).then_some(())?;
            }

            Op::NonStrokeColorDeviceGray(c) => self.state.fill = gray_of(&[c.0]),
            Op::NonStrokeColorDeviceRgb(c) => self.state.fill = gray_of(&[c.0, c.1, c.2]),
            Op::NonStrokeColorCmyk(c) => self.state.fill = gray_of(&[c.0, c.1, c.2, c.3]),
            Op::NonStrokeColor(c) => self.state.fill = gray_of(&c.0),
            Op::NonStrokeColorNamed(c) => {
                self.state.fill = if c.1.is_some() { None } else { gray_of(&c.0) };
            }
            // Every space starts with black, except for patterns.
            Op::ColorSpaceNonStroke(_) => self.state.fill = Some(0),

            Op::MoveTo(p) => self.point(p.0, p.1),
            Op::LineTo(p) => self.point(p.0, p.1),
            Op::RectPath(r) => {
                let [x, y, w, h] = [&r.0, &r.1, &r.2, &r.3].map(|n| n.as_f64());
                for (x, y) in [(x, y), (x + w, y), (x + w, y + h), (x, y + h)] {
                    self.path.add(&self.state.transform, x, y);
                }
            }
            Op::CubicTo(_) | Op::CubicStartTo(_) | Op::CubicEndTo(_) => self.path.curved = true,
            Op::ClipNonZero(_) | Op::ClipEvenOdd(_) => self.clip_next = true,
            Op::EndPath(_) => self.end_path()?,
            Op::FillPathNonZero(_)
            | Op::FillPathNonZeroCompatibility(_)
            | Op::FillPathEvenOdd(_) => {
                // A white ground under the image is paper.
                let paper = self.found.is_none() && self.state.fill == Some(255);
                (paper || self.path.points.is_empty()).then_some(())?;
                self.end_path()?;
            }
            Op::StrokePath(_)
            | Op::CloseAndStrokePath(_)
            | Op::FillAndStrokeNonZero(_)
            | Op::FillAndStrokeEvenOdd(_)
            | Op::CloseFillAndStrokeNonZero(_)
            | Op::CloseFillAndStrokeEvenOdd(_) => {
                self.path.points.is_empty().then_some(())?;
                self.end_path()?;
            }

            // Text that software recognised is laid over a scan unseen.
            Op::TextRenderingMode(mode) => {
                self.state.text_shows = !matches!(mode.0.as_i64(), 3 | 7);
            }
            Op::ShowText(_)
            | Op::ShowTexts(_)
            | Op::NextLineAndShowText(_)
            | Op::ShowTextWithParameters(_) => (!self.state.text_shows).then_some(())?,

            // Layers can be switched off.
            Op::BeginMarkedContentWithProperties(c) if &**c.0 == b"OC" => return None,
            Op::InlineImage(_) | Op::Shading(_) => return None,
            Op::XObject(x) => {
                let name = Name::new(x.0)?;
                self.x_object(resources.get_x_object(&name)?, resources, depth)?;
            }
            _ => {}
        }
        Some(())
    }

    fn point(&mut self, x: Number, y: Number) {
        self.path.add(&self.state.transform, x.as_f64(), y.as_f64());
    }

    fn end_path(&mut self) -> Option<()> {
        let path = std::mem::take(&mut self.path);
        if std::mem::take(&mut self.clip_next) {
            self.clip(path.rectangle()?);
        }
        Some(())
    }

    fn clip(&mut self, to: [f64; 4]) {
        let [l, b, r, t] = self.state.clip;
        self.state.clip = [l.max(to[0]), b.max(to[1]), r.min(to[2]), t.min(to[3])];
    }

    fn x_object(
        &mut self,
        stream: Stream<'a>,
        resources: &Resources<'a>,
        depth: usize,
    ) -> Option<()> {
        let dict = stream.dict().clone();
        if dict.contains_key(b"OC") {
            return None;
        }
        let kind = dict.get::<Name<'_>>(b"Subtype")?;
        match &*kind {
            b"Image" => {
                let masked = dict.contains_key(b"SMask") || dict.contains_key(b"Mask");
                let again = self.found.is_some();
                if masked || again || !self.unclipped() {
                    return None;
                }
                self.found = Some(Placed {
                    transform: self.state.transform,
                    fill: self.state.fill?,
                    stream,
                });
                Some(())
            }
            b"Form" if depth < MAX_FORMS => {
                guard::stream_bounded(&stream, guard::MAX_CONTENT).then_some(())?;
                let own = dict.get::<Dict<'a>>(b"Resources").map(Resources::new);
                let data = stream.decoded_data().ok()?;
                let state = self.state.clone();
                let saved = std::mem::take(&mut self.saved);
                if let Some(m) = numbers::<6>(&dict, b"Matrix") {
                    self.state.transform = then(&m, &self.state.transform);
                }
                if let Some([left, bottom, right, top]) = numbers::<4>(&dict, b"BBox") {
                    let [x0, y0, x1, y1] = [
                        left.min(right),
                        bottom.min(top),
                        left.max(right),
                        bottom.max(top),
                    ];
                    let square = then(&[x1 - x0, 0.0, 0.0, y1 - y0, x0, y0], &self.state.transform);
                    self.clip(unit_square(&square));
                }
                self.walk(
                    TypedIter::new(&data),
                    own.as_ref().unwrap_or(resources),
                    depth + 1,
                )?;
                self.state = state;
                self.saved = saved;
                Some(())
            }
            _ => None,
        }
    }

    /// Whether clipping leaves all of an image drawn now.
    fn unclipped(&self) -> bool {
        let [l, b, r, t] = self.state.clip;
        let [left, bottom, right, top] = unit_square(&self.state.transform);
        // One part in a hundred is margin.
        let (dx, dy) = ((right - left) * 0.01, (top - bottom) * 0.01);
        left >= l - dx && bottom >= b - dy && right <= r + dx && top <= t + dy
    }
}

fn numbers<const N: usize>(dict: &Dict<'_>, key: &[u8]) -> Option<[f64; N]> {
    let all: Vec<f64> = dict
        .get::<Array<'_>>(key)?
        .iter::<Number>()
        .take(N + 1)
        .map(|n| n.as_f64())
        .collect();
    all.try_into().ok()
}

/// Whether a graphics state paints as if it were not there.
fn plain_graphics_state(dict: &Dict<'_>) -> bool {
    let opaque = |key: &[u8]| dict.get::<Number>(key).is_none_or(|n| n.as_f64() >= 1.0);
    let no_mask = match dict.get::<Object<'_>>(b"SMask") {
        None => true,
        Some(Object::Name(name)) => &*name == b"None",
        Some(_) => false,
    };
    let normal = match dict.get::<Object<'_>>(b"BM") {
        None => true,
        Some(Object::Name(name)) => matches!(&*name, b"Normal" | b"Compatible"),
        Some(_) => false,
    };
    opaque(b"ca") && opaque(b"CA") && no_mask && normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrices_are_applied_in_order() {
        let scale = [2.0, 0.0, 0.0, 3.0, 0.0, 0.0];
        let shift = [1.0, 0.0, 0.0, 1.0, 10.0, 20.0];
        assert_eq!(then(&scale, &shift), [2.0, 0.0, 0.0, 3.0, 10.0, 20.0]);
        assert_eq!(then(&shift, &scale), [2.0, 0.0, 0.0, 3.0, 20.0, 60.0]);
    }

    #[test]
    fn only_upright_rectangles_are_rectangles() {
        let path = |points: &[(f64, f64)]| {
            let mut path = Path::default();
            for (x, y) in points {
                path.add(&IDENTITY, *x, *y);
            }
            path.rectangle()
        };
        let square = [(0.0, 0.0), (5.0, 0.0), (5.0, 7.0), (0.0, 7.0), (0.0, 0.0)];
        assert_eq!(path(&square), Some([0.0, 0.0, 5.0, 7.0]));
        assert_eq!(
            path(&[(0.0, 0.0), (5.0, 0.0), (2.0, 7.0), (0.0, 7.0)]),
            None
        );
        assert_eq!(path(&[]), None);
    }
}
