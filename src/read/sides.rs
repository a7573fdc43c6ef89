//! Boxes whose sides are not as far apart as they were printed. A feeder that slips, or a
//! crease that lets the paper bulge, stretches or squeezes a row of boxes; an outline of the
//! printed size then has a side inside the box, where it looks like a stroke.
//!
//! Each side is looked for by itself. Where a row of boxes (on a page that lies on its side a
//! column) is stretched as one, its windows are taken anew, stretched as much. A side that
//! lies inside one box alone may be a stroke of the pen: that box is not where it seems to be.

use image::GrayImage;

use super::agreement::{FOLLOWED_SECTORS, LEVEL_MM, MATES, Search};
use super::outline::{self, SECTOR_CONTRAST};
use super::sample::Window;
use super::template::{BoxTemplate, OutlinePoint, POINTS, STEP_MM};
use crate::form::BoxShape;
use crate::geometry::{MmPoint, MmVector};

/// A side that is seen so near to its place, samples, is there, …
const NEAR: i32 = 3;
/// … and is looked for as far from it if it is not, samples: 1.25 mm, as far as the whole
/// outline is looked for.
const FAR: i32 = 10;
/// So far inside of its place, samples, the line reaches into what is measured of the box:
/// 0.375 mm where this begins at 0.405 mm and the line is 0.25 mm broad.
const INTRUDES: i32 = 3;

/// Of two lines that may be a side the nearer one is taken, if it is darker than this share
/// of the other: a pen's stroke along a side may be darker than that.
const NEARER: f64 = 0.6;
/// Far from its place a side may be a line that is darker than the paper on both sides by this
/// share of the print's contrast (an outline that is blurred at 100 dpi keeps 0.35 in the mean,
/// the fainter quarter of it less), …
const FAR_CONTRAST: f64 = 0.2;
/// … and is plain to see with this (with less than that for a box alone to ask five more of the
/// 11,125 clear questions of hard seed 4711 ask), …
const PLAIN_CONTRAST: f64 = 0.3;
/// … at this rank of its sixteen points, which is three quarters of its length: what crosses
/// the box comes to a point of it.
const PLAIN_RANK: usize = 4;

/// A box is stretched from so many samples on: 0.25 mm, as from rounding both sides is not.
const STRETCHED: i32 = 2;
/// Boxes of a row are stretched as one if by no more than this differently, samples: a page
/// that lies askew comes under the rollers corner by corner.
const ALIKE: i32 = 3;
/// The size of a box may be mistaken by so much of it, no more: 0.8 mm that a feeder slips on
/// a box of 4 mm.
const STRETCHES: std::ops::RangeInclusive<f64> = 0.78..=1.22;

/// Points on each side.
const OF_SIDE: usize = POINTS / 4;

/// How far beyond its place each side of a box is, samples, where it is seen; negative
/// inside the box. In the order of the outline's points.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
struct Sides {
    above: Option<i32>,
    right: Option<i32>,
    below: Option<i32>,
    left: Option<i32>,
    /// One of them is plain to see so far inside that it is measured as ink.
    intrude: bool,
}

impl Sides {
    /// Of the outline at `shift`; of an oval none is seen.
    fn of(window: &Window, template: &BoxTemplate, shift: (i32, i32), contrast: f64) -> Self {
        if template.outline.shape != BoxShape::Rect {
            return Self::default();
        }
        let width = template.width as i32;
        let offset = shift.1 * width + shift.0;
        let mut sides = template.outline.points.chunks_exact(OF_SIDE);
        let mut intrude = false;
        let mut next = |outward: i32| {
            let points = sides.next()?;
            let side = Side {
                window,
                points,
                offset,
                outward,
            };
            let beyond = side.beyond(contrast)?;
            intrude |= beyond <= -INTRUDES && side.plain(beyond) >= PLAIN_CONTRAST * contrast;
            Some(beyond)
        };
        Self {
            above: next(-width),
            right: next(1),
            below: next(width),
            left: next(-1),
            intrude,
        }
    }

    /// How far the sides left and right, or above and below, are beyond their places.
    fn pair(&self, axis: Axis) -> Option<(i32, i32)> {
        let (first, last) = self.seen(axis);
        first.zip(last)
    }

    /// The same of each of the two.
    fn seen(&self, axis: Axis) -> (Option<i32>, Option<i32>) {
        match axis {
            Axis::Across => (self.left, self.right),
            Axis::Down => (self.above, self.below),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Axis {
    Across,
    Down,
}

impl Axis {
    /// What boxes have in common that the feed moves together if it runs along this axis.
    fn place(self, p: MmPoint) -> f64 {
        match self {
            Self::Across => p.x,
            Self::Down => p.y,
        }
    }
}

/// One side of an outline in a window.
struct Side<'a> {
    window: &'a Window,
    points: &'a [OutlinePoint],
    /// From the points of the template to those of the box.
    offset: i32,
    /// From a sample to the next one outward.
    outward: i32,
}

impl Side<'_> {
    /// From the points of the template to those of a line `beyond` its place.
    fn offset(&self, beyond: i32) -> i32 {
        self.offset + beyond * self.outward
    }

    /// How much darker the line is than the paper beside it, in the mean; gray levels.
    fn mean(&self, beyond: i32) -> f64 {
        let offset = self.offset(beyond);
        let points = self.points.iter();
        let sum: i32 = points
            .map(|p| outline::point_contrast(self.window, p, offset))
            .sum();
        f64::from(sum) / (2 * OF_SIDE) as f64
    }

    /// The same at the point of rank [`PLAIN_RANK`], beside the darker of both sides. A line
    /// that lies aslant may be a sample farther at some of the points.
    fn plain(&self, beyond: i32) -> f64 {
        let gray = |i: i32, beyond: i32| outline::gray(self.window, i + self.offset(beyond));
        let mut contrasts = [0; OF_SIDE];
        for (contrast, p) in contrasts.iter_mut().zip(self.points) {
            let (inside, outside) = (gray(p.inside, beyond), gray(p.outside, beyond));
            let on = [beyond - 1, beyond, beyond + 1].map(|k| gray(p.on, k));
            let [before, at, after] = on;
            *contrast = inside.min(outside) - at.min(before).min(after);
        }
        contrasts.sort_unstable();
        f64::from(contrasts[PLAIN_RANK])
    }

    /// To where the line is darkest of one that is seen as far from its place as is near.
    fn climb(&self, mut beyond: i32) -> i32 {
        if beyond.abs() == NEAR {
            let next = beyond.signum();
            while beyond.abs() < FAR && self.mean(beyond + next) > self.mean(beyond) {
                beyond += next;
            }
        }
        beyond
    }

    /// Where the side is seen, samples beyond its place.
    fn beyond(&self, contrast: f64) -> Option<i32> {
        let near: [f64; 2 * NEAR as usize + 1] =
            std::array::from_fn(|i| self.mean(i as i32 - NEAR));
        let most = near.into_iter().fold(0.0, f64::max);
        if most >= SECTOR_CONTRAST * contrast {
            let at = |i: usize| near.get(i).copied().unwrap_or(f64::NEG_INFINITY);
            let lines = (0..near.len()).filter(|&i| {
                let (before, here, after) = (at(i.wrapping_sub(1)), at(i), at(i + 1));
                here >= NEARER * most && here >= before && here >= after
            });
            let line = lines.map(|i| i as i32 - NEAR).min_by_key(|k| k.abs())?;
            return Some(self.climb(line));
        }
        let far = (-FAR..=FAR).map(|k| (k, self.plain(k)));
        far.filter(|f| f.1 >= FAR_CONTRAST * contrast)
            .max_by(|a, b| a.1.total_cmp(&b.1))
            .map(|f| f.0)
    }
}

/// Takes the windows of stretched boxes anew; boxes of which a side lies inside all the same
/// are no longer `seen`.
pub(super) fn settle(
    search: &mut Search,
    seen: &mut [bool],
    templates: &[BoxTemplate],
    image: &GrayImage,
    contrast: f64,
) {
    let look = |search: &Search, i: usize| {
        let shift = search.located[i].shift;
        Sides::of(&search.windows[i], &templates[i], shift, contrast)
    };
    let sides: Vec<Sides> = (0..templates.len()).map(|i| look(search, i)).collect();
    for i in 0..templates.len() {
        let fits = [Axis::Across, Axis::Down].map(|axis| fit(i, axis, &sides, templates));
        let mut now = sides[i];
        if fits.iter().any(Option::is_some) && stretch(search, i, fits, &templates[i], image) {
            let found = outline::locate_near(
                &search.windows[i],
                &templates[i],
                contrast,
                (0, 0),
                1,
                SECTOR_CONTRAST,
            );
            search.located[i] = found;
            seen[i] = found.sectors >= FOLLOWED_SECTORS;
            now = look(search, i);
        }
        seen[i] &= !now.intrude;
    }
}

/// How far beyond their places two opposite sides of a box are, where it is stretched or
/// squeezed as at least [`MATES`] others of its row (or column) are; if it does not show both
/// of its sides, for there is a mark over them, as all of the others are.
fn fit(i: usize, axis: Axis, sides: &[Sides], templates: &[BoxTemplate]) -> Option<(i32, i32)> {
    let own = sides[i].pair(axis).map(|(first, last)| first + last);
    if own.is_some_and(|by| by.abs() < STRETCHED) {
        return None;
    }
    let place = |k: usize| axis.place(templates[k].window.center());
    let mut mates: Vec<i32> = (0..templates.len())
        .filter(|&k| k != i && (place(k) - place(i)).abs() <= LEVEL_MM)
        .filter_map(|k| sides[k].pair(axis))
        .map(|(first, last)| first + last)
        .collect();
    if let Some(by) = own {
        mates.retain(|other| other * by > 0 && (other - by).abs() <= ALIKE);
        return sides[i].pair(axis).filter(|_| mates.len() >= MATES);
    }
    mates.sort_unstable();
    let (least, most) = (*mates.first()?, *mates.last()?);
    let together = least * most > 0 && most - least <= ALIKE;
    let by = *mates.get(mates.len() / 2)?;
    (together && by.abs() >= STRETCHED && mates.len() >= MATES).then(|| match sides[i].seen(axis) {
        (Some(first), _) => (first, by - first),
        (_, Some(last)) => (by - last, last),
        _ => (by / 2, by - by / 2),
    })
}

/// Takes a box's window anew, so that its sides lie where the template has them: `fits` says
/// how far beyond their places they are left and right, and above and below. `false` if that
/// is more than paper is stretched by.
fn stretch(
    search: &mut Search,
    i: usize,
    fits: [Option<(i32, i32)>; 2],
    template: &BoxTemplate,
    image: &GrayImage,
) -> bool {
    let (width, height) = template.outline.size_mm;
    let (x, y) = search.located[i].shift;
    let axis = |fit: Option<(i32, i32)>, size: f64, shift: i32| {
        let (first, last) = fit.unwrap_or_default();
        let times = 1.0 + f64::from(first + last) * STEP_MM / size;
        let middle = (f64::from(shift) + f64::from(last - first) / 2.0) * STEP_MM;
        STRETCHES.contains(&times).then_some((times, middle))
    };
    let [across, down] = fits;
    let (Some((times_x, x)), Some((times_y, y))) = (axis(across, width, x), axis(down, height, y))
    else {
        return false;
    };
    let map = search.maps[i];
    let there = map.image + map.dx * x + map.dy * y;
    search.maps[i].dx *= times_x;
    search.maps[i].dy *= times_y;
    search.beyond[i] += MmVector::new(x, y);
    search.take(i, there, template, image);
    true
}
