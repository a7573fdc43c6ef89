//! What a respondent meant on one page, and every stroke they drew for it.

use std::collections::BTreeSet;

use phieu::form::{AreaKind, BoxSpec, Layout, PageLayout, QuestionKind};

use crate::dice::Dice;
use crate::hand::{Hand, Shape, Stroke, dot, inside};
use crate::level::Level;
use crate::place::P;
use crate::writing;

/// What strokes in or at a box are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The box was chosen by it.
    Choice,
    /// It was chosen once and taken back.
    TakenBack,
    /// It chooses nothing: a resting dot, a word.
    Stray,
}

/// Strokes that belong to a box.
#[derive(Debug, Clone)]
pub struct Drawn {
    /// Index of the box in the page's layout.
    pub at: usize,
    pub role: Role,
    pub what: String,
    pub strokes: Vec<Stroke>,
    /// 1, or less where a rubber went over it.
    pub left: f32,
}

/// A mark that a rubber went over.
pub const ERASED: &str = "X erased";

/// Marks that are taken back by ink over them.
const OVER: [&str; 2] = ["X scribbled out", "X filled over"];

/// What somebody who counts has to find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Meant {
    /// These choices and no others.
    Choices(BTreeSet<String>),
    /// More than the question takes: no certain answer is right.
    TooMany,
    /// Not even a fair person could say.
    Undecidable,
}

/// One question on one page.
#[derive(Debug, Clone)]
pub struct Question {
    pub id: String,
    /// Indices of its boxes in the page's layout.
    pub boxes: Vec<usize>,
    pub meant: Meant,
    /// Drawn so that nobody has to think. Whether it is also seen so in the
    /// image is measured later.
    pub plain: bool,
    /// What is special about it.
    pub note: String,
}

/// A page as people left it.
#[derive(Debug, Default)]
pub struct Script {
    pub questions: Vec<Question>,
    pub marks: Vec<Drawn>,
    /// Writing with the person's pen that belongs to no box.
    pub writing: Vec<Stroke>,
    /// Stamps.
    pub seals: Vec<Vec<Stroke>>,
}

pub fn middle(spec: &BoxSpec) -> P {
    let c = spec.rect.center();
    (c.x as f32, c.y as f32)
}

pub fn side(spec: &BoxSpec) -> f32 {
    spec.rect.size.width.min(spec.rect.size.height) as f32
}

/// Writes what a person does on a page.
pub fn fill_in(
    dice: &mut Dice,
    level: &Level,
    hand: &Hand,
    layout: &Layout,
    page: &PageLayout,
) -> Script {
    let mut script = Script::default();
    for spec in &layout.questions {
        let boxes: Vec<usize> = (0..page.boxes.len())
            .filter(|i| page.boxes[*i].question == spec.id)
            .collect();
        if boxes.is_empty() {
            continue;
        }
        let mut writer = Writer {
            dice,
            level,
            hand,
            page,
            boxes: &boxes,
            marks: Vec::new(),
            note: String::new(),
            plain: true,
        };
        let meant = writer.question(spec.kind == QuestionKind::Single, spec.most_choices());
        let (marks, note, plain) = (writer.marks, writer.note, writer.plain);
        script.marks.extend(marks);
        script.questions.push(Question {
            id: spec.id.clone(),
            boxes,
            meant,
            plain,
            note,
        });
    }
    strays(&mut script, page);
    writings(dice, level, hand, page, &mut script);
    script
}

struct Writer<'a> {
    dice: &'a mut Dice,
    level: &'a Level,
    hand: &'a Hand,
    page: &'a PageLayout,
    boxes: &'a [usize],
    marks: Vec<Drawn>,
    note: String,
    plain: bool,
}

impl Writer<'_> {
    fn question(&mut self, single: bool, most: usize) -> Meant {
        let n = self.boxes.len();
        let mut chosen: Vec<usize> = Vec::new();
        if !self.dice.chance(self.level.blank) {
            if single {
                // Most people are satisfied: early choices come more often.
                let weights: Vec<(f32, usize)> = (0..n)
                    .map(|i| (1.0 / (1.0 + i as f32), self.boxes[i]))
                    .collect();
                chosen.push(self.dice.pick(&weights));
            } else {
                let p = self.dice.range(0.15, 0.7);
                for b in self.boxes {
                    if chosen.len() < most && self.dice.chance(p) {
                        chosen.push(*b);
                    }
                }
            }
        }
        let free: Vec<usize> = self
            .boxes
            .iter()
            .copied()
            .filter(|b| !chosen.contains(b))
            .collect();
        let mut meant = None;
        if single && !chosen.is_empty() && !free.is_empty() && self.dice.chance(self.level.overvote)
        {
            chosen.push(free[self.dice.below(free.len())]);
            meant = Some(Meant::TooMany);
            self.special("overvote");
        }
        let mut shapes = Vec::new();
        for b in &chosen {
            shapes.push(self.choose(*b));
        }
        if shapes.contains(&Shape::Fill) {
            // The sheet says that a filled box is taken back; they filled it all
            // the same, or took it back: nobody knows.
            meant = Some(Meant::Undecidable);
        }
        if !free.is_empty() && meant.is_none() && self.dice.chance(self.level.correct) {
            let b = free[self.dice.below(free.len())];
            let way = self.take_back(b);
            if matches!(self.hand.own, Shape::Fill | Shape::Scribble) && OVER.contains(&way) {
                // Their marks look like that, too.
                meant = Some(Meant::Undecidable);
            }
        } else if !free.is_empty() && self.dice.chance(self.level.rest) {
            let b = free[self.dice.below(free.len())];
            self.rest(b, !chosen.is_empty());
        }
        if self.dice.chance(self.level.word) {
            let b = self.boxes[self.dice.below(n)];
            self.word(b);
        }
        let names = chosen
            .iter()
            .map(|b| self.page.boxes[*b].choice.clone())
            .collect();
        meant.unwrap_or(Meant::Choices(names))
    }

    fn special(&mut self, what: &str) {
        self.plain = false;
        if !self.note.is_empty() {
            self.note.push_str(", ");
        }
        self.note.push_str(what);
    }

    fn choose(&mut self, b: usize) -> Shape {
        let spec = &self.page.boxes[b];
        let shape = self.hand.shape(self.dice);
        let (c, s) = (middle(spec), side(spec));
        let strokes = self.hand.mark(self.dice, shape, c, s);
        if shape.plain() {
            let h = s / 2.0;
            let (within, all) = inside(&strokes, (c.0 - h, c.0 + h), (c.1 - h, c.1 + h));
            if within < 0.6 * s || within < 0.3 * all {
                self.special("mostly beside its box");
            }
            if within * self.hand.pen.width > 0.55 * s * s {
                // As good as filled, and a filled box is taken back.
                self.special("covers its box");
            }
        } else {
            self.special(shape.name());
        }
        self.draw(b, Role::Choice, shape.name(), strokes, 1.0);
        shape
    }

    fn draw(&mut self, at: usize, role: Role, what: &str, strokes: Vec<Stroke>, left: f32) {
        self.marks.push(Drawn {
            at,
            role,
            what: what.to_owned(),
            strokes,
            left,
        });
    }

    fn take_back(&mut self, b: usize) -> &'static str {
        let spec = &self.page.boxes[b];
        let (c, s) = (middle(spec), side(spec));
        let mut strokes = self.hand.mark(self.dice, Shape::X, c, s);
        let way = self.dice.pick(&[
            (35.0, OVER[0]),
            (35.0, OVER[1]),
            (10.0, "X circled to cancel"),
            (8.0, "X with a word beside"),
            (12.0, ERASED),
        ]);
        let mut left = 1.0;
        match way {
            "X scribbled out" => {
                strokes.push(self.hand.zigzag(self.dice, c, s * 1.2, 0.7));
                if self.dice.chance(0.5) {
                    strokes.push(self.hand.zigzag(self.dice, c, s * 1.1, 0.6));
                }
            }
            "X filled over" => {
                let mut fill = self.hand.zigzag(self.dice, c, s * 0.95, 0.3);
                fill.wide = 1.3;
                strokes.push(fill);
            }
            "X circled to cancel" => {
                let r = s * self.dice.range(0.75, 1.05);
                strokes.push(self.hand.circle(self.dice, c, r));
            }
            ERASED => left = self.dice.range(0.05, 0.3),
            _ => {
                let from = (c.0 + s * 0.8, c.1 + 1.2);
                strokes.extend(writing::words(self.dice, self.hand, from, 8.0, 2.8));
            }
        }
        self.special(way);
        self.draw(b, Role::TakenBack, way, strokes, left);
        way
    }

    fn rest(&mut self, b: usize, answered: bool) {
        let spec = &self.page.boxes[b];
        let (c, s) = (middle(spec), side(spec));
        let at = (
            c.0 + self.dice.range(-0.4, 0.4) * s,
            c.1 + self.dice.range(-0.4, 0.4) * s,
        );
        let radius = self.dice.range(0.0, 0.25);
        let strokes = vec![dot(self.dice, at, radius)];
        if !answered || radius > 0.1 {
            self.special("resting dot");
        }
        self.draw(b, Role::Stray, "resting dot", strokes, 1.0);
    }

    fn word(&mut self, b: usize) {
        let spec = &self.page.boxes[b];
        let (c, s) = (middle(spec), side(spec));
        let from = (
            c.0 + s * self.dice.range(0.6, 1.5),
            c.1 + self.dice.range(-1.5, 2.0),
        );
        let long = self.dice.range(6.0, 22.0);
        let strokes = writing::words(self.dice, self.hand, from, long, 2.6);
        self.special("word beside");
        self.draw(b, Role::Stray, "word beside", strokes, 1.0);
    }
}

/// Marks that run into other boxes make the questions of those unclear.
fn strays(script: &mut Script, page: &PageLayout) {
    for drawn in &script.marks {
        for (i, spec) in page.boxes.iter().enumerate() {
            if i == drawn.at {
                continue;
            }
            let (c, h) = (middle(spec), side(spec) / 2.0 + 0.2);
            let within = inside(&drawn.strokes, (c.0 - h, c.0 + h), (c.1 - h, c.1 + h)).0;
            if within > 0.5 {
                for q in &mut script.questions {
                    if q.boxes.contains(&i) || q.boxes.contains(&drawn.at) {
                        q.plain = false;
                        q.note.push_str(" a stroke runs into another box");
                    }
                }
            }
        }
    }
}

fn writings(dice: &mut Dice, level: &Level, hand: &Hand, page: &PageLayout, script: &mut Script) {
    for area in &page.areas {
        if !dice.chance(level.write) {
            continue;
        }
        let (x, y) = (area.rect.origin.x as f32, area.rect.origin.y as f32);
        let (w, h) = (area.rect.size.width as f32, area.rect.size.height as f32);
        let out = dice.chance(level.run_out);
        if area.kind == AreaKind::Digits {
            let cells = (w / 6.0).max(1.0) as usize;
            for i in 0..cells {
                let c = (x + w * (i as f32 + 0.5) / cells as f32, y + h / 2.0);
                script
                    .writing
                    .extend(writing::digit(dice, hand, c, h * 0.7));
            }
            continue;
        }
        let high = dice.range(2.2, 3.6).min(h * 0.8);
        let lines = ((h / 7.0) as usize).max(1);
        for i in 0..lines {
            if i > 0 && dice.chance(0.4) {
                break;
            }
            let base = y + h * (i as f32 + 0.8) / lines as f32;
            let start = x + dice.range(0.0, 0.3) * w;
            let mut long = (w - (start - x)) * dice.range(0.3, 0.9);
            if out {
                // Beyond the end of the line, or higher than there is room.
                long = (w - (start - x)) * dice.range(1.0, 1.3);
            }
            let down = if out { dice.normal(3.0) } else { 0.0 };
            script
                .writing
                .extend(writing::words(dice, hand, (start, base + down), long, high));
        }
    }
    let (w, h) = (page.size.width as f32, page.size.height as f32);
    let free = (dice.range(0.55, 0.7) * w, h - dice.range(22.0, 45.0));
    let radius = dice.range(15.0, 18.5);
    if dice.chance(level.sign) {
        let long = dice.range(18.0, 40.0);
        script
            .writing
            .extend(writing::signature(dice, hand, free, long));
    }
    if dice.chance(level.stamp) {
        let corner = (dice.range(30.0, 60.0), 32.0);
        let at = dice.pick(&[(0.5, (free.0, free.1)), (0.5, corner)]);
        script.seals.push(writing::seal(dice, at, radius));
    }
    if page.boxes.is_empty() {
        return;
    }
    if dice.chance(level.sign_over) {
        let c = middle(&page.boxes[dice.below(page.boxes.len())]);
        let long = dice.range(18.0, 40.0);
        let from = (c.0 - long * dice.range(0.1, 0.8), c.1);
        script
            .writing
            .extend(writing::signature(dice, hand, from, long));
    }
    if dice.chance(level.stamp_over) {
        let c = middle(&page.boxes[dice.below(page.boxes.len())]);
        let at = (c.0 + dice.normal(8.0), c.1 + dice.normal(8.0));
        script.seals.push(writing::seal(dice, at, radius));
    }
}
