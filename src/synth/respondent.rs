//! Who fills the sheet in: a pen, a hand, an attitude. One respondent fills
//! all pages of a sheet.

use serde::{Deserialize, Serialize};

use super::dice::Dice;
use super::level::Level;
use super::truth::Drawn;

/// What the respondent writes with.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Pen {
    /// Kind of pen.
    pub kind: PenKind,
    /// Width of its line, mm.
    pub width_mm: f64,
    /// Darkness of its ink as the scanner sees it, 0 to 1. Blue ink is paler
    /// to a scanner with a green or red lamp than to the eye.
    pub darkness: f64,
    /// Share of a stroke's length that stays without ink.
    pub skip: f64,
    /// Depth of the paper's grain in the line, 0 to 1.
    pub grain: f64,
}

/// Kinds of pens.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum PenKind {
    /// Ballpoint, blue or black.
    Ballpoint,
    /// Gel pen.
    Gel,
    /// Pencil.
    Pencil,
    /// Felt marker.
    Marker,
}

impl Pen {
    fn draw(level: Level, dice: &mut Dice) -> Self {
        let kind = match level {
            Level::Clean => dice.pick(
                PenKind::Ballpoint,
                &[(PenKind::Ballpoint, 0.7), (PenKind::Gel, 0.3)],
            ),
            Level::Office => dice.pick(
                PenKind::Ballpoint,
                &[
                    (PenKind::Ballpoint, 0.8),
                    (PenKind::Gel, 0.14),
                    (PenKind::Pencil, 0.03),
                    (PenKind::Marker, 0.03),
                ],
            ),
            Level::Hard => dice.pick(
                PenKind::Ballpoint,
                &[
                    (PenKind::Ballpoint, 0.55),
                    (PenKind::Gel, 0.15),
                    (PenKind::Pencil, 0.18),
                    (PenKind::Marker, 0.12),
                ],
            ),
        };
        let blue = dice.chance(0.65);
        let hard = level == Level::Hard;
        match kind {
            PenKind::Ballpoint => Self {
                kind,
                width_mm: dice.range(0.35, 0.6),
                darkness: match (blue, level) {
                    (_, Level::Clean) => dice.range(0.75, 0.9),
                    (true, Level::Office) => dice.range(0.52, 0.8),
                    (true, Level::Hard) => dice.range(0.42, 0.8),
                    (false, _) => dice.range(0.68, 0.92),
                },
                skip: if hard && dice.chance(0.15) {
                    dice.range(0.05, 0.3)
                } else {
                    0.0
                },
                grain: if level == Level::Clean {
                    0.0
                } else {
                    dice.range(0.05, 0.25)
                },
            },
            PenKind::Gel => Self {
                kind,
                width_mm: dice.range(0.45, 0.75),
                darkness: dice.range(0.72, 0.93),
                skip: 0.0,
                grain: 0.03,
            },
            PenKind::Pencil => Self {
                kind,
                width_mm: dice.range(0.45, 0.9),
                darkness: if hard {
                    dice.range(0.3, 0.62)
                } else {
                    dice.range(0.42, 0.65)
                },
                skip: 0.0,
                grain: dice.range(0.3, 0.6),
            },
            PenKind::Marker => Self {
                kind,
                width_mm: dice.range(0.9, 1.5),
                darkness: dice.range(0.78, 0.94),
                skip: 0.0,
                grain: 0.0,
            },
        }
    }
}

/// How the respondent moves the pen.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Hand {
    /// The mark this hand makes.
    pub habit: Drawn,
    /// Half size of its marks in half sizes of the box.
    pub size: f64,
    /// Where its marks sit beside the middle, in half sizes of the box.
    pub offset: [f64; 2],
    /// Spread of the offset from mark to mark, in half sizes of the box.
    pub slip: f64,
    /// Shear of its marks.
    pub slant: f64,
    /// Width of its marks over their height.
    pub aspect: f64,
    /// Spread of where its strokes begin and end, in half sizes of the mark.
    pub spread: f64,
    /// Share of strokes that begin or end with a hook.
    pub hook: f64,
    /// Curvature of its strokes, as bulge over length.
    pub curve: f64,
    /// Amplitude of its tremor, mm.
    pub tremor_mm: f64,
    /// Writes a cross without lifting the pen.
    pub ribbon: bool,
    /// Share of marks that are not of the habit.
    pub variety: f64,
}

/// Marks and how many hands make them, at one level.
fn habits(level: Level) -> &'static [(Drawn, f64)] {
    match level {
        Level::Clean => &[(Drawn::Cross, 1.0)],
        Level::Office => &[
            (Drawn::Cross, 0.78),
            (Drawn::Check, 0.14),
            (Drawn::Scribble, 0.02),
            (Drawn::Fill, 0.03),
            (Drawn::Slash, 0.03),
        ],
        Level::Hard => &[
            (Drawn::Cross, 0.46),
            (Drawn::Check, 0.22),
            (Drawn::Slash, 0.07),
            (Drawn::Line, 0.05),
            (Drawn::Dot, 0.05),
            (Drawn::Scribble, 0.06),
            (Drawn::Fill, 0.07),
            (Drawn::Ring, 0.02),
        ],
    }
}

impl Hand {
    fn draw(level: Level, dice: &mut Dice) -> Self {
        let habit = dice.pick(Drawn::Cross, habits(level));
        match level {
            Level::Clean => Self {
                habit,
                size: dice.range(0.75, 0.95),
                offset: [0.0, 0.0],
                slip: 0.04,
                slant: 0.05 * dice.normal(),
                aspect: 1.0 + 0.04 * dice.normal(),
                spread: 0.05,
                hook: 0.0,
                curve: 0.03,
                tremor_mm: 0.02,
                ribbon: false,
                variety: 0.0,
            },
            Level::Office => Self {
                habit,
                size: dice.range(0.7, 1.2),
                offset: [0.1 * dice.normal(), 0.1 * dice.normal()],
                slip: 0.1,
                slant: 0.15 * dice.normal(),
                aspect: 1.0 + 0.1 * dice.normal(),
                spread: dice.range(0.06, 0.15),
                hook: if dice.chance(0.3) { 0.5 } else { 0.05 },
                curve: 0.03 + 0.07 * dice.normal().abs(),
                tremor_mm: dice.range(0.02, 0.07),
                ribbon: dice.chance(0.06),
                variety: 0.01,
            },
            Level::Hard => Self {
                habit,
                size: if dice.chance(0.2) {
                    dice.range(0.4, 0.65)
                } else if dice.chance(0.2) {
                    dice.range(1.3, 1.8)
                } else {
                    dice.range(0.65, 1.3)
                },
                offset: [0.18 * dice.normal(), 0.18 * dice.normal()],
                slip: 0.16,
                slant: 0.25 * dice.normal(),
                aspect: 1.0 + 0.15 * dice.normal(),
                spread: dice.range(0.06, 0.22),
                hook: if dice.chance(0.4) { 0.6 } else { 0.1 },
                curve: 0.03 + 0.1 * dice.normal().abs(),
                tremor_mm: dice.range(0.02, 0.14),
                ribbon: dice.chance(0.12),
                variety: 0.06,
            },
        }
    }

    /// The mark that this hand makes this time.
    pub(crate) fn mark(&self, level: Level, dice: &mut Dice) -> Drawn {
        if dice.chance(self.variety) {
            dice.pick(Drawn::Cross, habits(level))
        } else {
            self.habit
        }
    }
}

/// What the respondent is like.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Attitude {
    /// Share of questions left blank.
    pub blank: f64,
    /// Share of single questions with more than one mark.
    pub overvote: f64,
    /// Share of questions with a mark taken back.
    pub correct: f64,
    /// Share of questions where the pen rested in a box.
    pub hesitate: f64,
    /// Share of questions answered in the favourite column.
    pub constancy: f64,
    /// The favourite column, as a share of the choices.
    pub favourite: f64,
    /// Share of writing areas written in.
    pub writes: f64,
}

impl Attitude {
    fn draw(level: Level, dice: &mut Dice) -> Self {
        let leaves_all_blank = level != Level::Clean && dice.chance(0.006);
        let base = match level {
            Level::Clean => (0.03, 0.0, 0.0, 0.0),
            Level::Office => (0.03, 0.003, 0.004, 0.0005),
            Level::Hard => (0.06, 0.012, 0.02, 0.006),
        };
        Self {
            blank: if leaves_all_blank { 1.0 } else { base.0 },
            overvote: base.1,
            correct: base.2,
            hesitate: base.3,
            constancy: dice.unit(),
            favourite: dice.unit(),
            writes: dice.pick(0.0, &[(0.1, 0.6), (0.5, 0.3), (0.95, 0.1)]),
        }
    }
}

/// One respondent.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Respondent {
    /// The pen.
    pub pen: Pen,
    /// The hand.
    pub hand: Hand,
    /// The attitude.
    pub attitude: Attitude,
}

impl Respondent {
    pub(crate) fn draw(level: Level, dice: &mut Dice) -> Self {
        Self {
            pen: Pen::draw(level, dice),
            hand: Hand::draw(level, dice),
            attitude: Attitude::draw(level, dice),
        }
    }
}
