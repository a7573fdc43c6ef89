//! Long straight printed lines: what separates one question from another.

use image::GrayImage;

use crate::geometry::MmPoint;
use crate::read::thumbnail::PaperMap;

/// A run of ink at least this long is a rule, not a letter, mm.
const LONG_MM: f64 = 14.0;

/// A horizontal or vertical rule.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rule {
    /// From and to along its direction, mm.
    pub from: f64,
    pub to: f64,
    /// Its place across, mm.
    pub at: f64,
}

/// The rules of a page.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    pub horizontal: Vec<Rule>,
    pub vertical: Vec<Rule>,
}

impl Rules {
    pub fn of(blank: &GrayImage, (sx, sy): (f64, f64)) -> Self {
        let paper = PaperMap::of(blank);
        let (w, h) = blank.dimensions();
        let dark = |x: u32, y: u32| {
            f64::from(blank.get_pixel(x, y).0[0]) < 0.72 * f64::from(paper.at(x, y))
        };
        let mut out = Self::default();
        for y in 0..h {
            let at = (f64::from(y) + 0.5) / sy;
            runs(
                w,
                |x| dark(x, y),
                sx,
                |from, to| out.horizontal.push(Rule { from, to, at }),
            );
        }
        for x in 0..w {
            let at = (f64::from(x) + 0.5) / sx;
            runs(
                h,
                |y| dark(x, y),
                sy,
                |from, to| out.vertical.push(Rule { from, to, at }),
            );
        }
        out
    }

    /// Does a rule lie between two places?
    pub fn between(&self, a: MmPoint, b: MmPoint) -> bool {
        let crosses = |rules: &[Rule], along: (f64, f64), across: (f64, f64)| {
            let (low, high) = (across.0.min(across.1), across.0.max(across.1));
            rules.iter().any(|r| {
                if !(low < r.at && r.at < high) {
                    return false;
                }
                let t = (r.at - across.0) / (across.1 - across.0);
                let p = along.0 + t * (along.1 - along.0);
                r.from <= p && p <= r.to
            })
        };
        crosses(&self.horizontal, (a.x, b.x), (a.y, b.y))
            || crosses(&self.vertical, (a.y, b.y), (a.x, b.x))
    }
}

fn runs(n: u32, dark: impl Fn(u32) -> bool, scale: f64, mut found: impl FnMut(f64, f64)) {
    let mut start = None;
    for i in 0..=n {
        if i < n && dark(i) {
            start.get_or_insert(i);
        } else if let Some(s) = start.take()
            && f64::from(i - s) / scale >= LONG_MM
        {
            found(f64::from(s) / scale, f64::from(i) / scale);
        }
    }
}
