//! What each level mixes: conditions drawn at random. The table in
//! [`crate::synth`] must say what stands here.

use crate::form::PageLayout;
use crate::geometry::MmSize;

use super::compose::print_curve;
use super::conditions::{
    Conditions, Encoding, Feed, Fold, Hole, Paper, Printing, Sensor, Stamp, Streak,
};
use super::dice::Dice;
use super::level::Level;
use super::print::COPY_BLUR_MM;
use super::respondent::Pen;
use super::sensor::tone;

/// Conditions that hold for all pages of one sheet: it was printed by one
/// printer, on one paper, and scanned by one scanner.
#[derive(Debug, Clone)]
pub(crate) struct SheetConditions {
    printing: Printing,
    pub(super) sensor: Sensor,
    white: u8,
    texture: f64,
    show_through: f64,
    folds: Vec<Fold>,
    holes: Vec<Hole>,
    background: u8,
    frame_extra_mm: [f64; 2],
    trapezoid: f64,
}

impl SheetConditions {
    pub(crate) fn draw(level: Level, paper: MmSize, pen: &Pen, dice: &mut Dice) -> Self {
        let printing = printing(level, dice);
        let (white, texture) = match level {
            Level::Clean => (250, 0.0),
            Level::Office => (dice.range(232.0, 253.0) as u8, dice.range(0.0, 1.5)),
            Level::Hard => {
                if dice.chance(0.2) {
                    // Coloured or recycled paper.
                    (dice.range(175.0, 225.0) as u8, dice.range(2.0, 6.0))
                } else {
                    (dice.range(222.0, 253.0) as u8, dice.range(0.0, 2.5))
                }
            }
        };
        let show_through = match level {
            Level::Clean => 0.0,
            Level::Office if dice.chance(0.2) => dice.range(0.02, 0.06),
            Level::Hard if dice.chance(0.35) => dice.range(0.03, 0.16),
            _ => 0.0,
        };
        let background = match level {
            Level::Clean => 250,
            Level::Office => dice.pick(252, &[(252, 0.8), (235, 0.1), (25, 0.1)]),
            Level::Hard => dice.pick(252, &[(252, 0.45), (220, 0.15), (120, 0.1), (12, 0.3)]),
        };
        let frame_extra_mm = match level {
            Level::Clean => [0.0, 0.0],
            Level::Office => [dice.range(-1.0, 3.0), dice.range(-1.5, 4.0)],
            Level::Hard => [dice.range(-3.0, 14.0), dice.range(-4.0, 14.0)],
        };
        let trapezoid = match level {
            Level::Hard if dice.chance(0.15) => dice.around(0.012),
            _ => 0.0,
        };
        let mut sensor = sensor(level, dice);
        if sensor.encoding == Encoding::Bilevel {
            set_threshold(&mut sensor, level, white, &printing, pen, dice);
        }
        Self {
            printing,
            sensor,
            white,
            texture,
            show_through,
            folds: folds(level, paper, dice),
            holes: holes(level, paper, dice),
            background,
            frame_extra_mm,
            trapezoid,
        }
    }

    /// Conditions of one page of the sheet.
    pub(crate) fn page(&self, level: Level, page: &PageLayout, dice: &mut Dice) -> Conditions {
        let feed = self.feed(level, dice);
        let mut sensor = self.sensor.clone();
        sensor.streaks = streaks(level, page.size, dice);
        let back = page.page.is_multiple_of(2);
        let mut holes = self.holes.clone();
        let mut folds = self.folds.clone();
        if back {
            // The other side of the same paper.
            for hole in &mut holes {
                hole.centre_mm[0] = page.size.width - hole.centre_mm[0];
            }
            for fold in &mut folds {
                fold.angle_deg = -fold.angle_deg;
                if !fold.across {
                    fold.at_mm = page.size.width - fold.at_mm;
                }
            }
        }
        Conditions {
            level,
            printing: self.printing,
            paper: Paper {
                white: self.white,
                texture: self.texture,
                show_through: self.show_through,
                folds,
                holes,
                staple: staple(level, dice),
                torn: torn(level, dice),
                stamp: stamp(level, page, dice),
                signature: signature(level, page, dice),
                dirt: match level {
                    Level::Clean => 0.0,
                    Level::Office => dice.range(0.0, 3.0),
                    Level::Hard => dice.range(0.0, 14.0),
                },
            },
            feed,
            sensor,
        }
    }

    fn feed(&self, level: Level, dice: &mut Dice) -> Feed {
        // (skew in degrees, shift in mm, stretch in mm): standard deviations
        // for the first two, bounds at 3.47 of them.
        let (skew, shift, stretch) = match level {
            Level::Clean => (0.08, 0.2, 0.0),
            Level::Office => (0.43, 0.8, dice.range(0.0, 0.35)),
            Level::Hard => (1.3, 2.2, dice.range(0.0, 1.0)),
        };
        let quarter_turns = match level {
            Level::Clean => 0,
            Level::Office => dice.pick(0, &[(0, 0.93), (2, 0.05), (1, 0.01), (3, 0.01)]),
            Level::Hard => dice.pick(0, &[(0, 0.7), (2, 0.18), (1, 0.06), (3, 0.06)]),
        };
        Feed {
            skew_deg: skew * dice.normal(),
            shift_mm: [
                self.frame_extra_mm[0] / 2.0 + shift * dice.normal(),
                self.frame_extra_mm[1] / 2.0 + shift * dice.normal(),
            ],
            stretch_mm: stretch,
            stretch_phase: dice.unit(),
            trapezoid: self.trapezoid,
            frame_extra_mm: self.frame_extra_mm,
            background: self.background,
            quarter_turns,
        }
    }
}

fn printing(level: Level, dice: &mut Dice) -> Printing {
    match level {
        Level::Clean => Printing::perfect(),
        Level::Office => {
            // "Fit to page" shrinks to about 96 %.
            let scale = if dice.chance(0.15) {
                dice.range(0.955, 0.985)
            } else {
                1.0 + 0.0015 * dice.normal()
            };
            let copied = dice.chance(0.2);
            Printing {
                scale: [scale, scale * (1.0 + 0.0012 * dice.normal())],
                shift_mm: [0.5 * dice.normal(), 0.5 * dice.normal()],
                skew_deg: 0.08 * dice.normal(),
                toner: dice.range(0.84, 0.97),
                banding: dice.range(0.0, 0.06),
                copies: u32::from(copied),
                growth: if copied { dice.range(-0.08, 0.2) } else { 0.0 },
                specks: if copied { dice.range(0.0, 6.0) } else { 0.0 },
            }
        }
        Level::Hard => {
            let scale = if dice.chance(0.5) {
                dice.range(0.94, 1.02)
            } else {
                1.0 + 0.003 * dice.normal()
            };
            let copies = dice.pick(0, &[(0, 0.4), (1, 0.35), (2, 0.25)]);
            let toner = if dice.chance(0.25) {
                dice.range(0.5, 0.75)
            } else {
                dice.range(0.78, 0.97)
            };
            Printing {
                scale: [scale, scale * (1.0 + 0.004 * dice.normal())],
                shift_mm: [1.0 * dice.normal(), 1.0 * dice.normal()],
                skew_deg: 0.2 * dice.normal(),
                toner,
                banding: dice.range(0.0, 0.25),
                copies,
                growth: if copies > 0 {
                    dice.range(-0.15, 0.36)
                } else {
                    0.0
                },
                specks: f64::from(copies) * dice.range(0.0, 16.0),
            }
        }
    }
}

fn sensor(level: Level, dice: &mut Dice) -> Sensor {
    let quality = match level {
        Level::Hard => dice.range(40.0, 95.0),
        _ => dice.range(70.0, 93.0),
    } as u8;
    let (dpi, encoding) = match level {
        Level::Clean => (300, Encoding::Png),
        Level::Office => (
            dice.pick(200, &[(200, 0.5), (240, 0.1), (300, 0.4)]),
            dice.pick(
                Encoding::Bilevel,
                &[
                    (Encoding::Jpeg { quality }, 0.62),
                    (Encoding::Png, 0.04),
                    (Encoding::Tiff, 0.04),
                    (Encoding::Bilevel, 0.3),
                ],
            ),
        ),
        Level::Hard => (
            dice.pick(
                200,
                &[
                    (100, 0.06),
                    (150, 0.2),
                    (200, 0.36),
                    (300, 0.34),
                    (400, 0.02),
                    (600, 0.02),
                ],
            ),
            dice.pick(
                Encoding::Bilevel,
                &[
                    (Encoding::Jpeg { quality }, 0.7),
                    (Encoding::Png, 0.02),
                    (Encoding::Tiff, 0.03),
                    (Encoding::Bilevel, 0.25),
                ],
            ),
        ),
    };
    let bilevel = encoding == Encoding::Bilevel;
    // Hundred dots per inch in one bit loses 0.25 mm outlines: no office scans
    // like that.
    let dpi = if bilevel { dpi.max(200) } else { dpi };
    let dpi_tag = match level {
        Level::Clean => Some(dpi),
        Level::Office => dice.pick(Some(dpi), &[(Some(dpi), 0.97), (None, 0.03)]),
        // 72 is what programs write that do not know.
        Level::Hard => dice.pick(
            Some(dpi),
            &[(Some(dpi), 0.84), (None, 0.1), (Some(72), 0.06)],
        ),
    };
    let mut out = Sensor {
        dpi,
        dpi_tag,
        blur_px: 0.35,
        noise: 1.0,
        gamma: 1.0,
        black: 8,
        gradient: 0.0,
        side_shadow: None,
        streaks: Vec::new(),
        threshold: 140,
        encoding,
    };
    match level {
        Level::Clean => {}
        Level::Office => {
            out.blur_px = dice.range(0.35, 0.75);
            out.noise = dice.range(1.0, 4.0);
            out.gamma = dice.range(0.85, 1.15);
            out.black = dice.range(2.0, 35.0) as u8;
            out.gradient = dice.around(0.03);
        }
        Level::Hard => {
            out.blur_px = dice.range(0.35, 1.3);
            out.noise = dice.range(1.0, 9.0);
            out.gamma = dice.range(0.7, 1.35);
            out.black = dice.range(2.0, 60.0) as u8;
            out.gradient = dice.around(0.12);
            out.side_shadow = dice.chance(0.12).then(|| {
                let width = dice.range(6.0, 18.0);
                (
                    dice.range(0.15, 0.45),
                    if dice.chance(0.5) { width } else { -width },
                )
            });
        }
    }
    out
}

/// Contrast at the middle of a line that a Gaussian blurs, as a share of its
/// own: exact for lines much thinner and much thicker than the blur.
fn blurred_peak(width: f64, sigma: f64) -> f64 {
    width / width.hypot(std::f64::consts::TAU.sqrt() * sigma)
}

/// A threshold that is bad, but with which an office still sees print and
/// marks: where a page came out empty, somebody turned the knob, or scanned in
/// gray. A sheet whose marks are not in the image any more would test nothing.
pub(super) fn set_threshold(
    sensor: &mut Sensor,
    level: Level,
    white: u8,
    printing: &Printing,
    pen: &Pen,
    dice: &mut Dice,
) {
    let share = match level {
        Level::Hard => dice.range(0.42, 0.76),
        _ => dice.range(0.52, 0.72),
    };
    let ppm = crate::geometry::px_per_mm(f64::from(sensor.dpi));
    // Resampling and the pixel's own area blur by about 0.4 px.
    let blur_mm = sensor.blur_px.hypot(0.4) / ppm;
    // Pressure takes up to a sixth off a stroke's darkness and width.
    let by_pen =
        0.84 * pen.darkness * (1.0 - 0.4 * pen.grain) * blurred_peak(0.84 * pen.width_mm, blur_mm);
    // The thinnest print that matters: an outline of 0.25 mm.
    let copied = blurred_peak(0.25, COPY_BLUR_MM * f64::from(printing.copies).sqrt());
    let by_print = printing.toner
        * (1.0 - printing.banding)
        * print_curve(printing, copied)
        * blurred_peak(0.25, blur_mm);
    let tone = tone(sensor);
    let seen = |share_of_white: f64| {
        f64::from(tone[(f64::from(white) * share_of_white).clamp(0.0, 255.0) as usize])
    };
    let ink = seen(1.0 - by_pen.min(by_print));
    let paper = seen(1.0 - sensor.gradient.abs());
    let (least, most) = (
        ink + 1.5 * sensor.noise + 3.0,
        paper - 3.0 * sensor.noise - 8.0,
    );
    if least > most {
        sensor.encoding = Encoding::Jpeg { quality: 75 };
        return;
    }
    sensor.threshold = (seen(1.0) * share).clamp(least, most) as u8;
}

fn folds(level: Level, paper: MmSize, dice: &mut Dice) -> Vec<Fold> {
    let (often, shade, crack) = match level {
        Level::Clean => return Vec::new(),
        Level::Office => (0.25, (0.02, 0.08), (0.0, 0.15)),
        Level::Hard => (0.45, (0.04, 0.3), (0.1, 0.7)),
    };
    if !dice.chance(often) {
        return Vec::new();
    }
    let mut fold = |across: bool, share: f64| {
        let side = if across { paper.height } else { paper.width };
        Fold {
            across,
            at_mm: side * share + 3.0 * dice.normal(),
            angle_deg: 0.4 * dice.normal(),
            shade: dice.range(shade.0, shade.1),
            crack: dice.range(crack.0, crack.1),
        }
    };
    // In half, in three as for an envelope, or in quarters.
    let half = fold(true, 0.5);
    let thirds = [fold(true, 1.0 / 3.0), fold(true, 2.0 / 3.0)];
    let along = fold(false, 0.5);
    match dice.below(4) {
        0 | 1 => vec![half],
        2 => thirds.to_vec(),
        _ => vec![half, along],
    }
}

fn holes(level: Level, paper: MmSize, dice: &mut Dice) -> Vec<Hole> {
    if level != Level::Hard || !dice.chance(0.08) {
        return Vec::new();
    }
    // ISO 838: two holes of 6 mm, 80 mm apart, 12 mm from the edge.
    let x = 12.0 + 1.5 * dice.normal();
    let middle = paper.height / 2.0 + 3.0 * dice.normal();
    [-40.0, 40.0]
        .into_iter()
        .map(|dy| Hole {
            centre_mm: [x, middle + dy],
            radius_mm: 3.0,
        })
        .collect()
}

fn staple(level: Level, dice: &mut Dice) -> Option<[[f64; 2]; 2]> {
    let often = match level {
        Level::Clean => 0.0,
        Level::Office => 0.02,
        Level::Hard => 0.08,
    };
    dice.chance(often).then(|| {
        let (x, y) = (dice.range(5.0, 16.0), dice.range(5.0, 14.0));
        // A staple of type 24/6 is 12 mm wide.
        let angle = dice.range(-0.9, 0.9);
        [
            [x, y],
            [x + 12.0 * f64::cos(angle), y + 12.0 * f64::sin(angle)],
        ]
    })
}

fn torn(level: Level, dice: &mut Dice) -> Option<(u8, f64, f64)> {
    (level == Level::Hard && dice.chance(0.05)).then(|| {
        (
            dice.below(4) as u8,
            dice.range(6.0, 26.0),
            dice.range(6.0, 26.0),
        )
    })
}

fn stamp(level: Level, page: &PageLayout, dice: &mut Dice) -> Option<Stamp> {
    let often = match level {
        Level::Clean => 0.0,
        Level::Office => 0.03,
        Level::Hard => 0.08,
    };
    if page.page != 1 || !dice.chance(often) {
        return None;
    }
    // A round office stamp is 36 mm across; it belongs at the head or the foot
    // of the page, and at the hard level it lands anywhere.
    let x = dice.range(0.2, 0.8) * page.size.width;
    let y = match level {
        Level::Hard => dice.range(0.08, 0.92),
        _ if dice.chance(0.6) => dice.range(0.05, 0.1),
        _ => dice.range(0.9, 0.95),
    } * page.size.height;
    Some(Stamp {
        centre_mm: [x, y],
        radius_mm: 18.0,
        turn_deg: dice.around(25.0),
        darkness: dice.range(0.25, 0.55),
    })
}

fn signature(level: Level, page: &PageLayout, dice: &mut Dice) -> Option<([f64; 2], f64)> {
    if level != Level::Hard || !dice.chance(0.02) {
        return None;
    }
    Some((
        [
            dice.range(0.3, 0.65) * page.size.width,
            dice.range(0.2, 0.9) * page.size.height,
        ],
        dice.range(25.0, 45.0),
    ))
}

fn streaks(level: Level, paper: MmSize, dice: &mut Dice) -> Vec<Streak> {
    let (often, darkness) = match level {
        Level::Clean => return Vec::new(),
        Level::Office => (0.04, (0.03, 0.2)),
        Level::Hard => (0.15, (0.05, 0.7)),
    };
    if !dice.chance(often) {
        return Vec::new();
    }
    let n = 1 + dice.below(if level == Level::Hard { 3 } else { 1 });
    (0..n)
        .map(|_| {
            let whole = dice.chance(0.7);
            let (a, b) = (dice.unit(), dice.unit());
            let dark = dice.range(darkness.0, darkness.1);
            Streak {
                at_mm: dice.range(3.0, paper.width - 3.0),
                width_mm: dice.range(0.08, 0.35),
                // A stripped calibration makes bright lines: rarer.
                darkness: if dice.chance(0.15) { -0.5 * dark } else { dark },
                from_to: if whole {
                    [0.0, 1.0]
                } else {
                    [a.min(b), a.max(b)]
                },
            }
        })
        .collect()
}
