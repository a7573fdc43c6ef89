//! Which outlines to believe, and where else to look: boxes that lie together on the paper
//! lie together in the image.

use image::GrayImage;

use super::outline::{self, CERTAIN_SECTORS, Located};
use super::registration::{LocalMap, Registration};
use super::sample::Window;
use super::template::{BoxTemplate, STEP_MM};
use crate::geometry::{MmPoint, MmVector, PxPoint, PxVector};

/// A box that is shifted against its neighbours by more than this was not
/// found but mistaken, mm.
const CONSENSUS_MM: f64 = 0.6;

/// How many neighbours are asked, and how far away they may be, mm.
const NEIGHBOURS: usize = 8;
const NEIGHBOUR_MM: f64 = 90.0;

/// An uneven feed may move a whole row (or a whole column of a page that lies on its side)
/// against the rows beside it, which are most of its boxes' neighbours. Its boxes are where
/// so many others of it, …
const MATES: usize = 2;
/// … of all whose outlines are seen in so many sectors (two sides of three hidden ones, and a
/// streak or a rule instead of the fourth, are six), …
const PLAIN_SECTORS: usize = 7;
/// … are shifted by as much, but for this, mm: two samples.
const TOGETHER_MM: f64 = 0.25;
/// Their middles are as far up, mm.
const LEVEL_MM: f64 = 1.0;

/// An uneven feed carries boxes on, row after row: so often those that were not found are
/// looked for where the rows beside them have been found meanwhile, …
const ROUNDS: usize = 4;
/// … if that is another place, mm.
const ELSEWHERE_MM: f64 = 0.25;

/// Which outlines were found for certain: seen themselves, and shifted like
/// the others around them.
pub(super) fn agreeing(templates: &[BoxTemplate], located: &[Located]) -> Vec<bool> {
    let strong: Vec<usize> = (0..located.len())
        .filter(|&i| located[i].sectors >= CERTAIN_SECTORS)
        .collect();
    let middle = |i: usize| templates[i].window.center();
    let mut out = vec![false; located.len()];
    for &i in &strong {
        let mut near: Vec<(f64, usize)> = strong
            .iter()
            .filter(|&&k| k != i)
            .map(|&k| ((middle(k) - middle(i)).length(), k))
            .filter(|n| n.0 <= NEIGHBOUR_MM)
            .collect();
        near.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        near.truncate(NEIGHBOURS);
        let median = |f: &dyn Fn(&Located) -> f64| -> f64 {
            let mut v: Vec<f64> = near.iter().map(|n| f(&located[n.1])).collect();
            v.sort_by(f64::total_cmp);
            v.get(v.len() / 2)
                .copied()
                .unwrap_or_else(|| f(&located[i]))
        };
        let agree = |of: fn(&Located) -> f64| (of(&located[i]) - median(&of)).abs() <= CONSENSUS_MM;
        let across = |l: &Located| l.shift_mm.0;
        let down = |l: &Located| l.shift_mm.1;
        let together = |place: fn(MmPoint) -> f64, shift: fn(&Located) -> f64| {
            moved_together(i, &strong, located, |k| place(middle(k)), shift)
        };
        out[i] = match (agree(across), agree(down)) {
            (true, true) => true,
            (true, false) => together(|p| p.y, down),
            (false, true) => together(|p| p.x, across),
            (false, false) => false,
        };
    }
    out
}

/// Are all boxes of a line (those at the same `place`) plainly seen and moved as far as
/// this one, which is so too?
fn moved_together(
    i: usize,
    strong: &[usize],
    located: &[Located],
    place: impl Fn(usize) -> f64,
    shift: fn(&Located) -> f64,
) -> bool {
    let plain = |k: usize| located[k].sectors >= PLAIN_SECTORS;
    let mut mates = strong
        .iter()
        .copied()
        .filter(|&k| k != i && plain(k) && (place(k) - place(i)).abs() <= LEVEL_MM)
        .map(|k| (shift(&located[k]) - shift(&located[i])).abs());
    plain(i) && mates.clone().count() >= MATES && mates.all(|off| off <= TOGETHER_MM)
}

/// The boxes of a page as they are looked for: each by its own map, in its own window.
#[derive(Debug)]
pub(super) struct Search {
    /// Maps to where they are looked for, in the order of the layout.
    pub maps: Vec<LocalMap>,
    /// How far these lie from the page's, mm.
    pub beyond: Vec<MmVector>,
    /// What is there.
    pub windows: Vec<Window>,
    /// Where in these their outlines are.
    pub located: Vec<Located>,
    /// Which of them were found for certain.
    pub certain: Vec<bool>,
}

impl Search {
    /// Takes a box's window anew from `there` in the image.
    pub fn move_to(&mut self, i: usize, there: PxPoint, template: &BoxTemplate, image: &GrayImage) {
        let map = &mut self.maps[i];
        self.beyond[i] += map.on_paper(there - map.image);
        map.image = there;
        self.windows[i] = Window::default();
        self.windows[i].fill(image, map, template.window, STEP_MM);
    }

    /// Where a box is by the others: where the map that learned of them puts it, and as far
    /// from there as those of its row (or its column) lie, if they agree on that.
    pub fn expected(&self, i: usize, refined: &Registration, templates: &[BoxTemplate]) -> PxPoint {
        let middle = |k: usize| templates[k].window.center();
        let there = refined.at(middle(i));
        let of_line = |place: fn(MmPoint) -> f64| -> Option<PxVector> {
            let mates = (0..templates.len())
                .filter(|&k| k != i && self.certain[k])
                .filter(|&k| (place(middle(k)) - place(middle(i))).abs() <= LEVEL_MM);
            let off: Vec<PxVector> = mates
                .map(|k| {
                    let found = self.maps[k].image + displaced(&self.maps[k], &self.located[k]);
                    found - refined.at(middle(k))
                })
                .collect();
            let mean = off.iter().fold(PxVector::zero(), |sum, off| sum + *off) / off.len() as f64;
            let agree = |off: &PxVector| self.maps[i].on_paper(*off - mean).length() <= TOGETHER_MM;
            (off.len() >= MATES && off.iter().all(agree)).then_some(mean)
        };
        let off = of_line(|p| p.y).or_else(|| of_line(|p| p.x));
        there + off.unwrap_or_default()
    }

    /// Where boxes were found says where those are that were not: looks for these there, as
    /// long as more of them are found. `refined` learns of all that are.
    pub fn go_on(
        &mut self,
        refined: &mut Registration,
        templates: &[BoxTemplate],
        image: &GrayImage,
        contrast: f64,
    ) {
        for _ in 0..ROUNDS {
            let mut looked = Vec::new();
            for (i, template) in templates.iter().enumerate() {
                if self.certain[i] {
                    continue;
                }
                let there = self.expected(i, refined, templates);
                let map = &self.maps[i];
                if map.on_paper(there - map.image).length() >= ELSEWHERE_MM {
                    self.move_to(i, there, template, image);
                    self.located[i] = outline::locate(&self.windows[i], template, contrast);
                    looked.push(i);
                }
            }
            let from_the_page: Vec<Located> = self
                .located
                .iter()
                .zip(&self.beyond)
                .map(|(found, beyond)| {
                    let shift = MmVector::from(found.shift_mm) + *beyond;
                    Located {
                        shift_mm: (shift.x, shift.y),
                        ..*found
                    }
                })
                .collect();
            let agree = if looked.is_empty() {
                Vec::new()
            } else {
                agreeing(templates, &from_the_page)
            };
            looked.retain(|&i| agree[i]);
            if looked.is_empty() {
                return;
            }
            let moved = looked.iter().map(|&i| {
                let place = templates[i].window.center();
                let found = self.maps[i].image + displaced(&self.maps[i], &self.located[i]);
                (place, found - refined.at(place))
            });
            let moved: Vec<_> = moved.collect();
            refined.refine(&moved);
            for i in looked {
                self.certain[i] = true;
            }
        }
    }
}

/// How far from its place an outline was found, px.
pub(super) fn displaced(map: &LocalMap, located: &Located) -> PxVector {
    let (x, y) = located.shift_mm;
    map.dx * x + map.dy * y
}
