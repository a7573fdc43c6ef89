//! What happens to a sheet before it is scanned.

use std::f32::consts::TAU;

use crate::canvas::{Canvas, Toner, Touch, draw};
use crate::dice::{Dice, smooth_noise};
use crate::hand::{Pen, Stroke};
use crate::level::Level;
use crate::place::{Feed, P, Print};

/// What all pages of a sheet have in common.
#[derive(Debug, Clone)]
pub struct Paper {
    /// Light that comes back from it.
    pub light: f32,
    pub toner: Toner,
    pub print: Print,
    /// 0: not a copy.
    pub copy: f32,
    /// 0: nothing shows through.
    pub through: f32,
    pub fibres: f32,
    /// How crumpled paper lies: see [`Feed::waves`].
    pub waves: Vec<(P, P, f32)>,
    faults: Vec<Fault>,
    pub told: Vec<&'static str>,
}

/// Places in mm on the sheet's front.
#[derive(Debug, Clone)]
enum Fault {
    Fold {
        level: bool,
        at: f32,
        shade: f32,
        bare: f32,
    },
    Crease {
        from: P,
        to: P,
        shade: f32,
    },
    Coffee {
        at: P,
        radius: f32,
        dark: f32,
        seed: u64,
    },
    Grease {
        at: P,
        radius: f32,
        dark: f32,
        seed: u64,
    },
    Hole {
        at: P,
        radius: f32,
    },
    Staple {
        at: P,
        turn: f32,
    },
    Torn {
        right: bool,
        low: bool,
        size: P,
        seed: u64,
    },
}

impl Paper {
    pub fn new(dice: &mut Dice, level: &Level, size: P) -> Self {
        let mut told = Vec::new();
        let mut scale = 1.0;
        if dice.chance(level.rescaled) {
            scale = dice.range(level.print_scale.0, level.print_scale.1);
            told.push("rescaled");
        }
        let mut copy = 0.0;
        let mut toner = Toner {
            edge: 0.5,
            steep: dice.range(1.0, 1.6),
            black: dice.range(0.04, 0.12),
            missing: 0.0,
            blur: 0.02,
        };
        if dice.chance(level.copied) {
            copy = dice.range(level.copy.0, level.copy.1);
            toner.edge = 0.5 + dice.range(-0.18, 0.14) * copy;
            toner.steep = 1.3 + 1.8 * copy;
            toner.blur = 0.02 + 0.05 * copy;
            told.push("copied");
        }
        if dice.chance(level.low_toner) {
            toner.missing = dice.range(0.2, 0.75);
            toner.black = dice.range(0.1, 0.25);
            told.push("low toner");
        }
        let mut light = dice.range(0.92, 0.98);
        let mut fibres = dice.range(0.0, 0.006);
        if dice.chance(level.coloured) {
            light = dice.range(0.68, 0.9);
            fibres = dice.range(0.005, 0.03);
            told.push("coloured");
        }
        let mut through = 0.0;
        if dice.chance(level.through) {
            through = dice.range(0.02, 0.05 + 0.03 * level.number.min(2) as f32);
            told.push("shows through");
        }
        let sway = 0.15 + 1.2 * copy;
        let print = Print {
            scale: (scale + dice.normal(0.0008), scale + dice.normal(0.0015)),
            turn: dice.normal(0.0012 * (1.0 + 3.0 * copy)),
            shift: (dice.normal(sway), dice.normal(sway)),
            centre: (size.0 / 2.0, size.1 / 2.0),
        };
        let mut paper = Self {
            light,
            toner,
            print,
            copy,
            through,
            fibres,
            waves: Vec::new(),
            faults: Vec::new(),
            told,
        };
        paper.handle(dice, level, size);
        paper
    }

    /// What people and places do to the sheet.
    fn handle(&mut self, dice: &mut Dice, level: &Level, size: P) {
        if dice.chance(level.folded) {
            self.told.push("folded");
            let folds = dice.pick(&[
                (0.5, &[(true, 0.5)][..]),
                (0.25, &[(true, 1.0 / 3.0), (true, 2.0 / 3.0)]),
                (0.25, &[(true, 0.5), (false, 0.5)]),
            ]);
            for (flat, share) in folds {
                let long = if *flat { size.1 } else { size.0 };
                let shade = dice.range(0.05, 0.3) * if dice.chance(0.3) { -0.3 } else { 1.0 };
                self.faults.push(Fault::Fold {
                    level: *flat,
                    at: long * share + dice.normal(3.0),
                    shade,
                    bare: if dice.chance(0.4) {
                        dice.range(0.2, 0.9)
                    } else {
                        0.0
                    },
                });
            }
        }
        if dice.chance(level.crumpled) {
            self.told.push("crumpled");
            for _ in 0..3 {
                let amplitude = (dice.normal(level.crumple), dice.normal(level.crumple));
                let wave = (dice.normal(0.05), dice.normal(0.05));
                self.waves.push((amplitude, wave, dice.range(0.0, TAU)));
            }
            for _ in 0..6 + dice.below(12) {
                let from = (dice.unit() * size.0, dice.unit() * size.1);
                let (a, long) = (dice.range(0.0, TAU), dice.range(25.0, 130.0));
                self.faults.push(Fault::Crease {
                    from,
                    to: (from.0 + long * a.cos(), from.1 + long * a.sin()),
                    shade: dice.range(0.04, 0.22),
                });
            }
        }
        if dice.chance(level.coffee) {
            self.told.push("coffee");
            self.faults.push(Fault::Coffee {
                at: (dice.unit() * size.0, dice.unit() * size.1),
                radius: dice.range(28.0, 42.0),
                dark: dice.range(0.08, 0.35),
                seed: dice.bits(),
            });
        }
        if dice.chance(level.grease) {
            self.told.push("grease");
            for _ in 0..1 + dice.below(3) {
                self.faults.push(Fault::Grease {
                    at: (dice.unit() * size.0, dice.unit() * size.1),
                    radius: dice.range(4.0, 18.0),
                    dark: dice.range(0.04, 0.18),
                    seed: dice.bits(),
                });
            }
        }
        if dice.chance(level.punched) {
            self.told.push("punched");
            let y = size.1 / 2.0 + dice.normal(2.0);
            for dy in [-40.0, 40.0] {
                self.faults.push(Fault::Hole {
                    at: (12.0, y + dy),
                    radius: 2.9,
                });
            }
        }
        if dice.chance(level.stapled) {
            self.told.push("stapled");
            let at = (dice.range(6.0, 18.0), dice.range(5.0, 16.0));
            self.faults.push(Fault::Staple {
                at,
                turn: dice.normal(0.5),
            });
        }
        if dice.chance(level.torn) {
            self.told.push("torn");
            self.faults.push(Fault::Torn {
                right: dice.chance(0.5),
                low: dice.chance(0.5),
                size: (dice.range(6.0, 30.0), dice.range(6.0, 30.0)),
                seed: dice.bits(),
            });
        }
    }

    /// Copies collect specks, and lines where the glass was dirty.
    pub fn copy_dirt(&self, dice: &mut Dice, canvas: &mut Canvas, feed: &Feed) {
        if self.copy <= 0.0 {
            return;
        }
        let specks = (self.copy * dice.range(0.0, 60.0)) as usize;
        for _ in 0..specks {
            let at = (dice.unit() * feed.size.0, dice.unit() * feed.size.1);
            let r = dice.range(0.04, 0.12) * if dice.chance(0.1) { 2.0 } else { 1.0 };
            let dark = dice.range(0.3, 0.9);
            canvas.touch(
                feed,
                (at.0 - r, at.1 - r),
                (at.0 + r, at.1 + r),
                |p, light| {
                    let d = ((p.0 - at.0).hypot(p.1 - at.1) / r).min(1.0);
                    light * (1.0 - dark * (1.0 - d * d))
                },
            );
        }
        if dice.chance(0.12 * self.copy) {
            let (x, lean) = (dice.unit() * feed.size.0, dice.normal(0.002));
            let (half, dark) = (dice.range(0.06, 0.15), dice.range(0.15, 0.6));
            canvas.touch(feed, (x - 3.0, 0.0), (x + 3.0, feed.size.1), |p, light| {
                let d = ((p.0 - x - lean * (p.1 - 150.0)).abs() / half).min(1.0);
                light * (1.0 - dark * (1.0 - d))
            });
        }
    }

    /// Folds, stains and holes; `back` for the sheet's other side.
    pub fn wear(&self, canvas: &mut Canvas, feed: &Feed, back: bool, outside: f32) {
        let (w, h) = feed.size;
        let over = |p: P| if back { (w - p.0, p.1) } else { p };
        for fault in &self.faults {
            match *fault {
                Fault::Fold {
                    level,
                    at,
                    shade,
                    bare,
                } => {
                    let shade = if back { -0.4 * shade } else { shade };
                    let at = if back && !level { w - at } else { at };
                    let (low, high) = if level {
                        ((0.0, at - 4.0), (w, at + 4.0))
                    } else {
                        ((at - 4.0, 0.0), (at + 4.0, h))
                    };
                    let paper = self.light;
                    canvas.touch(feed, low, high, |p, light| {
                        let (d, along) = if level {
                            (p.1 - at, p.0)
                        } else {
                            (p.0 - at, p.1)
                        };
                        let d = d + 0.12 * smooth_noise(11, along * 0.4, 0.0);
                        let broad = if d > 0.0 {
                            (-d / 1.2).exp()
                        } else {
                            (d / 0.3).exp()
                        };
                        let mut light = light * (1.0 - shade * broad * 0.6);
                        if d.abs() < 0.14 {
                            light *= 1.0 - 0.5 * shade;
                            // Toner breaks off where paper is folded.
                            let some = 0.5 + 0.5 * smooth_noise(12, along * 2.0, 0.0);
                            light += (paper - light).max(0.0) * bare * some;
                        }
                        light
                    });
                }
                Fault::Crease { from, to, shade } => {
                    let (a, b) = (over(from), over(to));
                    let length = (b.0 - a.0).hypot(b.1 - a.1);
                    let along = ((b.0 - a.0) / length, (b.1 - a.1) / length);
                    let low = (a.0.min(b.0) - 2.0, a.1.min(b.1) - 2.0);
                    let high = (a.0.max(b.0) + 2.0, a.1.max(b.1) + 2.0);
                    canvas.touch(feed, low, high, |p, light| {
                        let (x, y) = (p.0 - a.0, p.1 - a.1);
                        let d =
                            x * along.1 - y * along.0 + 0.3 * smooth_noise(13, x * 0.2, y * 0.2);
                        if d.abs() > 2.0 {
                            return light;
                        }
                        let part = if d > 0.0 {
                            1.0 - d / 2.0
                        } else {
                            (1.0 + d / 0.3).max(0.0)
                        };
                        light * (1.0 - shade * part * part)
                    });
                }
                Fault::Coffee {
                    at,
                    radius,
                    dark,
                    seed,
                } => {
                    let c = over(at);
                    let r = radius + 4.0;
                    canvas.touch(feed, (c.0 - r, c.1 - r), (c.0 + r, c.1 + r), |p, light| {
                        let (x, y) = (p.0 - c.0, p.1 - c.1);
                        let d = x.hypot(y) + 0.8 * smooth_noise(seed, x * 0.15, y * 0.15);
                        let strength = 0.7 + 0.5 * smooth_noise(seed ^ 1, x * 0.06, y * 0.06);
                        let off = (d - radius).abs();
                        let rim = (1.0 - off / 1.6).max(0.0);
                        let wash = if d < radius { 0.12 } else { 0.0 };
                        light * (1.0 - dark * strength * (rim + wash).min(1.0))
                    });
                }
                Fault::Grease {
                    at,
                    radius,
                    dark,
                    seed,
                } => {
                    let c = over(at);
                    let r = radius * 1.5;
                    canvas.touch(feed, (c.0 - r, c.1 - r), (c.0 + r, c.1 + r), |p, light| {
                        let (x, y) = (p.0 - c.0, p.1 - c.1);
                        let d = x.hypot(y) / radius + 0.35 * smooth_noise(seed, x * 0.2, y * 0.2);
                        light * (1.0 - dark * ((1.1 - d) * 5.0).clamp(0.0, 1.0))
                    });
                }
                Fault::Hole { at, radius } => {
                    let c = over(at);
                    let r = radius + 0.5;
                    canvas.touch(feed, (c.0 - r, c.1 - r), (c.0 + r, c.1 + r), |p, light| {
                        let d = (p.0 - c.0).hypot(p.1 - c.1);
                        if d < radius {
                            outside
                        } else if d < radius + 0.25 {
                            light * 0.75
                        } else {
                            light
                        }
                    });
                }
                Fault::Staple { at, turn } => staple(canvas, feed, over(at), turn),
                Fault::Torn {
                    right,
                    low,
                    size,
                    seed,
                } => {
                    let right = right != back;
                    let (x0, y0) = (
                        if right { w - size.0 } else { 0.0 },
                        if low { h - size.1 } else { 0.0 },
                    );
                    canvas.touch(feed, (x0, y0), (x0 + size.0, y0 + size.1), |p, light| {
                        let x = if right { w - p.0 } else { p.0 } / size.0;
                        let y = if low { h - p.1 } else { p.1 } / size.1;
                        let rough = 0.05 * smooth_noise(seed, p.0 * 0.7, p.1 * 0.7);
                        match x + y + rough {
                            s if s < 0.93 => outside,
                            // The torn edge shows the paper's inside.
                            s if s < 0.96 => (light + 0.2).min(1.0) * 0.9,
                            _ => light,
                        }
                    });
                }
            }
        }
    }
}

/// Bent wire, or the two holes that it left.
fn staple(canvas: &mut Canvas, feed: &Feed, c: P, turn: f32) {
    let (dx, dy) = (5.5 * turn.cos(), 5.5 * turn.sin());
    let print = Print {
        scale: (1.0, 1.0),
        turn: 0.0,
        shift: (0.0, 0.0),
        centre: (0.0, 0.0),
    };
    let pen = Pen {
        name: "staple",
        width: 0.5,
        dark: 0.6,
        bleed: 0.02,
        grain: 0.0,
        vary: 0.3,
        skip: 0.0,
    };
    let touch = Touch {
        feed,
        print: &print,
        pen: &pen,
        blur: 0.05,
        left: 1.0,
        seed: 5,
    };
    let line = |a: P, b: P| Stroke {
        points: vec![(a, 1.0), (b, 1.0)],
        wide: 1.0,
    };
    let ends = [(c.0 - dx, c.1 - dy), (c.0 + dx, c.1 + dy)];
    let mut strokes = vec![
        line(ends[0], (ends[0].0 + 0.3, ends[0].1)),
        line(ends[1], (ends[1].0 + 0.3, ends[1].1)),
    ];
    if turn > 0.0 {
        strokes.push(line(ends[0], ends[1]));
    }
    draw(&mut canvas.page, touch, &strokes, &mut Vec::new());
}
