//! The ink in and around a box, followed where it goes on without a gap: behind the rules
//! of a table, too.

use super::areas::{FreeInk, STEP_MM};
use super::folds::Folds;
use super::sample::Window;
use crate::geometry::{MmPoint, MmRect};

/// Ink counts as the box's from its masked outline to this far outside, mm: the
/// first row of samples beyond the print's margin, and one more.
const NEAR_MM: f64 = 0.6;

/// Ink goes on where it is darker than this share of the ink in the box: a stroke
/// is thinned in the thumbnail. Bounds: the grain of a copy, and a stroke as in
/// writing areas.
const GOES_ON: f64 = 0.4;
const GOES_ON_BOUNDS: (f64, f64) = (0.1, 0.22);

/// Steps across a printed rule with its margins at both sides.
const RULE_STEPS: i64 =
    ((2.0 * super::areas::PRINT_MARGIN_MM + super::areas::RULE_MM) / STEP_MM) as i64 + 1;

/// A streak or a fold is within so much across, mm: a line of half a millimetre, as the
/// thumbnail sees it, at a slant of one degree over the paper that is looked at.
const LINE_MM: f64 = 1.25;
/// It is seen in so large a share of what print leaves free along it: the grain of the
/// paper breaks it here and there.
const LINE_SHARE: f64 = 0.9;
/// … which is so large a share of its length at least, or it may be anything.
const LINE_FREE: f64 = 0.5;

/// Ink that is not printed around a box, in samples of [`STEP_MM`].
pub(crate) struct InkAround {
    /// The paper that is looked at.
    pub area: MmRect,
    /// Its samples.
    pub window: Window,
    /// What hides ink: print with its margin.
    mask: Vec<bool>,
    rules: Vec<bool>,
    /// What is dark, printed or not.
    dark: Vec<bool>,
    /// A stroke may go on behind a rule though paper is seen beside it.
    rules_hide: bool,
    /// Ink that the box's own begins with.
    near: MmRect,
}

impl InkAround {
    /// The ink up to `reach_mm` from a box whose own is of such a darkness (0 paper,
    /// 1 print), other than one of these folds.
    pub fn of(
        free: &FreeInk,
        at: usize,
        reach_mm: f64,
        darkness: f64,
        folds: Option<&Folds>,
    ) -> Self {
        let rect = free.page.boxes[at].rect;
        let area = rect.inflate(reach_mm + STEP_MM, reach_mm + STEP_MM);
        let window = free.window(area);
        let mut mask = free.mask(area, &window, &[]);
        if let Some(folds) = folds {
            free.mask_folds(folds, area, &mut mask);
        }
        let (least, most) = GOES_ON_BOUNDS;
        let limit = free.ink_level(&window, &mask, (GOES_ON * darkness).clamp(least, most));
        let dark: Vec<bool> = window
            .pixels
            .iter()
            .map(|&p| f64::from(p) < limit)
            .collect();
        let rules = free.rules(area, &window);
        Self {
            area,
            window,
            mask,
            rules,
            dark,
            rules_hide: true,
            near: near(rect),
        }
    }

    /// The same, where a stroke goes on behind a rule only if it is dark all the way: for
    /// rings. Those of a column, each of which ended short of the rules above and below it,
    /// were once taken for one line through all of their boxes. (For other marks a gap
    /// beside a rule says little: ends of flourishes and pieces of large rings that were
    /// made to have one were read as marks.)
    pub fn where_seen(self) -> Self {
        Self {
            rules_hide: false,
            ..self
        }
    }

    /// Is there ink in a sample that print does not hide?
    fn inked(&self, i: usize) -> bool {
        self.dark[i] && !self.mask[i]
    }

    /// Where a sample lies on the paper.
    pub fn place(&self, i: usize) -> MmPoint {
        let w = self.window.width;
        self.area.origin
            + euclid::vec2(
                ((i % w) as f64 + 0.5) * STEP_MM,
                ((i / w) as f64 + 0.5) * STEP_MM,
            )
    }

    /// Is there so much ink at such places, mm², beside one straight line along an axis
    /// through all that is looked at: a streak, or a fold?
    pub fn has_beside_a_line(&self, least_mm2: f64, place: impl Fn(MmPoint) -> bool) -> bool {
        let there: Vec<bool> = (0..self.dark.len())
            .map(|i| self.inked(i) && place(self.place(i)))
            .collect();
        let enough = |samples: usize| samples as f64 * STEP_MM * STEP_MM >= least_mm2;
        let all = there.iter().filter(|inked| **inked).count();
        // Lines are looked for only where they matter.
        enough(all) && enough(all - self.line(&there))
    }

    /// How many of these samples are of a line upright or level.
    fn line(&self, there: &[bool]) -> usize {
        let (w, h) = (self.window.width, self.window.height);
        let upright = self.line_along(w, h, |along, across| along * w + across, there);
        let level = self.line_along(h, w, |along, across| across * w + along, there);
        upright.max(level)
    }

    /// How many of these samples are of the one line whose places across are all within
    /// [`LINE_MM`]; 0 without one.
    fn line_along(
        &self,
        across: usize,
        along: usize,
        at: impl Fn(usize, usize) -> usize,
        there: &[bool],
    ) -> usize {
        let wide = (LINE_MM / STEP_MM) as usize;
        let counts = |from: usize| {
            let (mut seen, mut inked, mut samples) = (0, 0, 0);
            for k in 0..along {
                let band = || (from..from + wide).map(|x| at(k, x));
                seen += usize::from(band().any(|i| !self.mask[i]));
                inked += usize::from(band().any(|i| self.inked(i)));
                samples += band().filter(|&i| there[i]).count();
            }
            let through =
                seen as f64 >= LINE_FREE * along as f64 && inked as f64 >= LINE_SHARE * seen as f64;
            if through { samples } else { 0 }
        };
        (0..across.saturating_sub(wide))
            .map(counts)
            .max()
            .unwrap_or(0)
    }

    /// The samples beside one, and itself.
    pub fn beside(&self, i: usize) -> impl Iterator<Item = usize> + use<> {
        let (w, h) = (self.window.width, self.window.height);
        let (x, y) = (i % w, i / w);
        (y.saturating_sub(1)..=(y + 1).min(h - 1)).flat_map(move |ny| {
            (x.saturating_sub(1)..=(x + 1).min(w - 1)).map(move |nx| ny * w + nx)
        })
    }

    /// Does the box's ink go on without a gap to a sample that this is true of?
    pub fn follow(&self, arrived: impl Fn(usize) -> bool) -> bool {
        let mut open: Vec<usize> = (0..self.dark.len())
            .filter(|&i| self.inked(i) && self.near.contains(self.place(i)))
            .collect();
        let mut seen = vec![false; self.dark.len()];
        for &i in &open {
            seen[i] = true;
        }
        while let Some(i) = open.pop() {
            if arrived(i) {
                return true;
            }
            for n in self.beyond_rules(i).chain(self.beside(i)) {
                if !seen[n] && self.inked(n) {
                    seen[n] = true;
                    open.push(n);
                }
            }
        }
        false
    }

    /// Does a sample lie at print that hides how its stroke goes on, other than a rule of a
    /// table (behind which it is followed) or one of these boxes?
    pub fn goes_behind_words(&self, i: usize, boxes: &[bool]) -> bool {
        self.beside(i)
            .any(|n| self.mask[n] && !self.rules[n] && !boxes[n])
    }

    /// Where a stroke at a place may go on behind a rule of a table that hides it:
    /// straight on or at a slant. A signature across a table was once cut into marks by its
    /// rules. (Not across words: there a streak of the scanner that passes between their
    /// letters would make every cross in it part of itself.)
    fn beyond_rules(&self, i: usize) -> impl Iterator<Item = usize> {
        let ways = [(0, 1), (0, -1), (1, 0), (-1, 0)];
        ways.into_iter()
            .flat_map(move |way| self.beyond_rule(i, way))
    }

    /// The same in one of the four directions.
    fn beyond_rule(&self, i: usize, (dx, dy): (i64, i64)) -> Vec<usize> {
        let (w, h) = (self.window.width, self.window.height);
        let (x, y) = ((i % w) as i64, (i / w) as i64);
        // So many steps on, and so many aside.
        let at = |on: i64, aside: i64| -> Option<usize> {
            let x = usize::try_from(x + on * dx + aside * dy.abs()).ok()?;
            let y = usize::try_from(y + on * dy + aside * dx.abs()).ok()?;
            (x < w && y < h).then_some(y * w + x)
        };
        let mut steps = 0;
        while steps < RULE_STEPS && at(steps + 1, 0).is_some_and(|i| self.rules[i]) {
            steps += 1;
        }
        if steps == 0 || at(steps + 1, 0).is_none_or(|i| self.mask[i]) {
            return Vec::new();
        }
        // A stroke goes aside by no more than it goes on.
        if self.rules_hide {
            return (-steps..=steps).filter_map(|s| at(steps + 1, s)).collect();
        }
        let mut reached = vec![0];
        for on in 1..=steps + 1 {
            let mut next: Vec<i64> = reached.iter().flat_map(|&s| s - 1..=s + 1).collect();
            next.sort_unstable();
            next.dedup();
            next.retain(|&s| s.abs() <= steps && at(on, s).is_some_and(|i| self.dark[i]));
            reached = next;
        }
        reached
            .into_iter()
            .filter_map(|s| at(steps + 1, s))
            .collect()
    }
}

/// Ink so near to a box's place is of its own mark.
pub(crate) fn near(rect: MmRect) -> MmRect {
    let margin = super::areas::PRINT_MARGIN_MM + NEAR_MM;
    rect.inflate(margin, margin)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::geometry::mm_rect;

    /// What is looked at, with ink where this is true of a column and a row.
    fn around(dark: impl Fn(usize, usize) -> bool) -> InkAround {
        let (width, height) = (80, 76);
        let samples = width * height;
        InkAround {
            area: mm_rect(0.0, 0.0, 20.0, 19.0),
            window: Window {
                width,
                height,
                ..Window::default()
            },
            mask: vec![false; samples],
            rules: vec![false; samples],
            dark: (0..samples).map(|i| dark(i % width, i / width)).collect(),
            rules_hide: true,
            near: mm_rect(7.0, 7.0, 5.0, 5.0),
        }
    }

    /// A streak beside a column of boxes was once so much ink near them that all of their
    /// marks were asked about.
    #[test]
    fn a_line_through_all_that_is_looked_at_is_no_ink_near_the_box() {
        // All ink there is, mm², but for a line.
        let left = |a: &InkAround| {
            let all = a.dark.iter().filter(|dark| **dark).count();
            (all - a.line(&a.dark)) as f64 * STEP_MM * STEP_MM
        };
        let streak = |x: usize, y: usize| (3..5).contains(&(x - y / 40));
        let streak = around(|x, y| x > 2 && streak(x, y));
        assert!(left(&streak).abs() < 1e-9);
        assert!(!streak.has_beside_a_line(0.1, |_| true));
        let fold = around(|_, y| y == 70);
        assert!(left(&fold).abs() < 1e-9);
        // Half of a line is no line, and what stands beside one is left.
        let part = around(|x, y| x == 3 && y < 38);
        assert!((left(&part) - 38.0 / 16.0).abs() < 1e-9);
        let star = |x: usize, y: usize| x >= 70 && (30..40).contains(&y);
        let both = around(|x, y| x == 3 || star(x, y));
        assert!((left(&both) - 100.0 / 16.0).abs() < 1e-9);
        assert!(both.has_beside_a_line(6.25, |_| true));
        assert!(!both.has_beside_a_line(6.3, |_| true));
        assert!(!both.has_beside_a_line(0.1, |_| false));
    }

    /// Rings of a column that ended short of the rules between them were once one line; a
    /// stroke that crosses a rule is one, of a ring as well.
    #[test]
    fn a_rule_hides_a_gap_but_where_what_is_seen_counts() {
        // A rule over rows 53 to 59 with its margins, printed in row 56.
        let with_a_rule = |stroke: &dyn Fn(usize, usize) -> bool| {
            let mut around = around(|x, y| y == 56 || stroke(x, y));
            for (i, hidden) in around.mask.iter_mut().enumerate() {
                *hidden = (53..60).contains(&(i / around.window.width));
            }
            around.rules.clone_from(&around.mask);
            around
        };
        let goes_on = |around: &InkAround| around.follow(|i| around.place(i).y > 17.5);
        let upright = |x: usize, y: usize| x == 38 && y >= 40;
        let slanted = |x: usize, y: usize| y >= 40 && x == 20 + y / 2;
        for stroke in [&upright as &dyn Fn(usize, usize) -> bool, &slanted] {
            assert!(goes_on(&with_a_rule(stroke)));
            assert!(goes_on(&with_a_rule(stroke).where_seen()));
            let short_of_it = |x: usize, y: usize| stroke(x, y) && !(54..56).contains(&y);
            assert!(goes_on(&with_a_rule(&short_of_it)));
            assert!(!goes_on(&with_a_rule(&short_of_it).where_seen()));
        }
        // Ends on both sides of a rule that are far aside of each other.
        let apart = |x: usize, y: usize| if y < 56 { x == 38 && y >= 40 } else { x == 60 };
        assert!(!goes_on(&with_a_rule(&apart)));
        assert!(!goes_on(&with_a_rule(&apart).where_seen()));
    }
}
