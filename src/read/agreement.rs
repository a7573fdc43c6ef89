//! Which outlines to believe, and where else to look: boxes that lie together on the paper
//! lie together in the image.

use image::GrayImage;

use super::outline::{self, CERTAIN_SECTORS, Located};
use super::registration::{LocalMap, Registration};
use super::sample::Window;
use super::template::{BoxTemplate, SEARCH_MM, STEP_MM};
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
pub(super) const MATES: usize = 2;
/// … of all whose outlines are seen in so many sectors (two sides of three hidden ones, and a
/// streak or a rule instead of the fourth, are six), …
const PLAIN_SECTORS: usize = 7;
/// … are shifted by as much, but for this, mm: two samples.
const TOGETHER_MM: f64 = 0.25;
/// Their middles are as far up, mm.
pub(super) const LEVEL_MM: f64 = 1.0;

/// An uneven feed carries boxes on, row after row: so often those that were not found are
/// looked for where the rows beside them have been found meanwhile, …
const ROUNDS: usize = 4;
/// … if that is another place, mm.
const ELSEWHERE_MM: f64 = 0.25;

/// A hidden or overwritten outline counts as located where at least this many
/// sectors are seen at the place that the neighbours predict: more than the four
/// of two opposite sides, which are also seen where the box is shifted along them
/// and one of its other sides lies inside, like a mark.
pub(super) const FOLLOWED_SECTORS: usize = 5;

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
    /// Of outlines that were looked for where the page's map puts them.
    pub fn new(
        maps: Vec<LocalMap>,
        windows: Vec<Window>,
        located: Vec<Located>,
        certain: Vec<bool>,
    ) -> Self {
        Self {
            beyond: vec![MmVector::zero(); maps.len()],
            maps,
            windows,
            located,
            certain,
        }
    }

    /// How many were found for certain.
    pub fn found(&self) -> usize {
        self.certain.iter().filter(|c| **c).count()
    }

    /// Where an outline was found in the image.
    fn place(&self, i: usize) -> PxPoint {
        let (map, (x, y)) = (&self.maps[i], self.located[i].shift_mm);
        map.image + map.dx * x + map.dy * y
    }

    /// Takes a box's window anew from `there` in the image.
    fn move_to(&mut self, i: usize, there: PxPoint, template: &BoxTemplate, image: &GrayImage) {
        let map = &self.maps[i];
        self.beyond[i] += map.on_paper(there - map.image);
        self.take(i, there, template, image);
    }

    /// The same of a box of which is known how far this is from the page's map.
    pub fn take(&mut self, i: usize, there: PxPoint, template: &BoxTemplate, image: &GrayImage) {
        let map = &mut self.maps[i];
        map.image = there;
        self.windows[i] = Window::default();
        self.windows[i].fill(image, map, template.window, STEP_MM);
    }

    /// `refined` learns where these boxes are.
    fn teach(&self, refined: &mut Registration, templates: &[BoxTemplate], boxes: &[usize]) {
        let moved = boxes.iter().map(|&i| {
            let middle = templates[i].window.center();
            (middle, self.place(i) - refined.at(middle))
        });
        let moved: Vec<_> = moved.collect();
        refined.refine(&moved);
    }

    /// Where a box is by the others: where the map that learned of them puts it, and as far
    /// from there as those of its row (or its column) lie, if they agree on that.
    fn expected(&self, i: usize, refined: &Registration, templates: &[BoxTemplate]) -> PxPoint {
        let middle = |k: usize| templates[k].window.center();
        let of_line = |along: fn(MmPoint) -> f64| -> Option<PxVector> {
            let off: Vec<PxVector> = (0..templates.len())
                .filter(|&k| k != i && self.certain[k])
                .filter(|&k| (along(middle(k)) - along(middle(i))).abs() <= LEVEL_MM)
                .map(|k| self.place(k) - refined.at(middle(k)))
                .collect();
            let mean = off.iter().fold(PxVector::zero(), |sum, off| sum + *off) / off.len() as f64;
            let agree = |off: &PxVector| self.maps[i].on_paper(*off - mean).length() <= TOGETHER_MM;
            (off.len() >= MATES && off.iter().all(agree)).then_some(mean)
        };
        let off = of_line(|p| p.y).or_else(|| of_line(|p| p.x));
        refined.at(middle(i)) + off.unwrap_or_default()
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
        let found: Vec<usize> = (0..templates.len()).filter(|&i| self.certain[i]).collect();
        self.teach(refined, templates, &found);
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
            if looked.is_empty() {
                return;
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
            let agree = agreeing(templates, &from_the_page);
            looked.retain(|&i| agree[i]);
            if looked.is_empty() {
                return;
            }
            self.teach(refined, templates, &looked);
            for i in looked {
                self.certain[i] = true;
            }
        }
    }

    /// Puts boxes that were not found, for their own outlines are hidden, where the others
    /// say. Which are seen there, or were found, for sure; a sector counts as printed from
    /// `sector_contrast`.
    pub fn follow(
        &mut self,
        refined: &Registration,
        templates: &[BoxTemplate],
        image: &GrayImage,
        contrast: f64,
        sector_contrast: f64,
    ) -> Vec<bool> {
        let mut seen = self.certain.clone();
        for (i, template) in templates.iter().enumerate() {
            if self.certain[i] {
                continue;
            }
            let there = self.expected(i, refined, templates);
            let mut shift = self.maps[i].on_paper(there - self.maps[i].image);
            if shift.x.abs().max(shift.y.abs()) > SEARCH_MM {
                // Its surroundings are not in the window.
                self.move_to(i, there, template, image);
                shift = MmVector::zero();
            }
            let samples = |v: f64| (v / STEP_MM).round() as i32;
            let at = (samples(shift.x), samples(shift.y));
            let window = &self.windows[i];
            let sectors = outline::sectors(window, template, at, contrast, sector_contrast);
            self.located[i] = Located {
                shift: at,
                shift_mm: (shift.x, shift.y),
                sectors,
            };
            seen[i] = sectors >= FOLLOWED_SECTORS;
        }
        seen
    }
}
