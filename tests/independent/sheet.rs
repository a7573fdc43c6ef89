//! One sheet: who filled it in, what happened to it, how it was scanned; and
//! what can be seen in its images.

use crate::answers::{ERASED, Meant, Role, Script, fill_in, middle, side};
use crate::base::{BaseForm, Bases};
use crate::canvas::{Canvas, Through, Touch, Trace, draw};
use crate::dice::{Dice, Purpose};
use crate::hand::{Hand, Pen};
use crate::level::Level;
use crate::paper::Paper;
use crate::place::{Feed, P, Print};
use crate::scanner::{Machine, Sensor, encode, turned};
use phieu::form::PageLayout;
use phieu::page::{DecodeLimits, PageFile, Scan};

/// How well strokes are seen in the final image.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Seen {
    /// (Almost) nothing of them is left.
    Vanished,
    /// Seen if one looks closely.
    Faint,
    Well,
}

/// What was drawn at a box, and how much of it is left in the image.
#[derive(Debug, Clone)]
pub struct MarkTruth {
    pub at: usize,
    pub role: Role,
    pub what: String,
    pub seen: Seen,
    /// How much darker than without it, gray levels; black and white: share.
    pub contrast: f32,
}

/// One question and what a fair person would say of it.
#[derive(Debug, Clone)]
pub struct QuestionTruth {
    pub id: String,
    pub boxes: Vec<usize>,
    pub meant: Meant,
    /// A fair person would answer at a glance.
    pub clear: bool,
    pub note: String,
}

/// One page as scanned.
pub struct Shot {
    /// Index in the bases.
    pub form: usize,
    pub page: u32,
    /// How often the image must be turned left to be upright.
    pub quarters: u32,
    pub scan: Scan,
    pub bytes: Vec<u8>,
    pub questions: Vec<QuestionTruth>,
    pub marks: Vec<MarkTruth>,
    /// Middle of each box in the image as scanned, px.
    pub boxes_px: Vec<P>,
    pub per_mm: f32,
    /// What is special about paper and scanner.
    pub told: String,
}

/// Everything that all pages of a sheet share.
pub struct Sheet<'a> {
    bases: &'a Bases,
    level: &'a Level,
    seed: u64,
    number: u64,
    pub form: usize,
    paper: Paper,
    machine: Machine,
    pub hand: Hand,
    quarters: u32,
}

impl<'a> Sheet<'a> {
    pub fn new(bases: &'a Bases, level: &'a Level, seed: u64, number: u64) -> Self {
        let dice = |purpose| Dice::new(seed, level.number, number, 0, purpose);
        let mut own = dice(Purpose::Sheet);
        let form = own.below(bases.forms.len());
        let upside_down = own.chance(level.upside_down);
        let sideways = own.chance(level.sideways);
        let size = size(&bases.forms[form].layout().pages[0]);
        Self {
            bases,
            level,
            seed,
            number,
            form,
            paper: Paper::new(&mut dice(Purpose::Paper), level, size),
            machine: Machine::new(&mut dice(Purpose::Scanner), level),
            hand: Hand::new(&mut dice(Purpose::Person), level),
            quarters: u32::from(upside_down) * 2 + u32::from(sideways),
        }
    }

    fn base(&self) -> &'a BaseForm {
        &self.bases.forms[self.form]
    }

    pub fn pages(&self) -> usize {
        self.base().layout().pages.len()
    }

    /// Makes the image of the page at this index and says what is seen in it.
    pub fn shoot(&self, index: usize) -> Shot {
        let dice = |purpose| {
            Dice::new(
                self.seed,
                self.level.number,
                self.number,
                1 + index as u64,
                purpose,
            )
        };
        let layout = self.base().layout();
        let page = &layout.pages[index];
        let script = fill_in(
            &mut dice(Purpose::Answers),
            self.level,
            &self.hand,
            layout,
            page,
        );
        let mut machine_dice = dice(Purpose::Scanner);
        let mut feed = self.machine.feed(&mut machine_dice, self.level, size(page));
        feed.waves.clone_from(&self.paper.waves);
        let mut print = self.paper.print.clone();
        let mut paper_dice = dice(Purpose::Paper);
        print.shift.0 += paper_dice.normal(0.2);
        print.shift.1 += paper_dice.normal(0.2);
        let mut canvas = self.printed(&mut paper_dice, &feed, &print, index);
        let clean = Patches::of(&canvas, &feed, &print, page);
        self.paper.copy_dirt(&mut paper_dice, &mut canvas, &feed);
        let seed = paper_dice.bits();
        let traces = self.people(&mut canvas, &feed, &print, &script, seed);
        let back = index % 2 == 1;
        self.paper.wear(&mut canvas, &feed, back, self.machine.lid);

        let sensor = Sensor::new(&self.machine, &mut machine_dice, &canvas, self.paper.light);
        let upright = sensor.expose(&canvas);
        let (gray, width) = turned(upright, canvas.width, self.quarters);
        let bytes = encode(&self.machine, &gray, width);
        let file = PageFile::from_bytes(bytes.clone(), &DecodeLimits::default()).unwrap();
        let scan = file.page(0).unwrap();
        let eye = Eye {
            canvas: &canvas,
            sensor: &sensor,
            scan: &scan,
            quarters: self.quarters,
            bilevel: self.machine.mode.bilevel(),
            per_mm: self.machine.dpi / 25.4,
        };
        let marks: Vec<MarkTruth> = script
            .marks
            .iter()
            .zip(&traces)
            .map(|(drawn, trace)| {
                let (seen, contrast) = eye.seen(trace);
                MarkTruth {
                    at: drawn.at,
                    role: drawn.role,
                    what: drawn.what.clone(),
                    seen,
                    contrast,
                }
            })
            .collect();
        let dirty: Vec<bool> = clean.patches.iter().map(|p| eye.dirty(p)).collect();
        let questions = script
            .questions
            .iter()
            .map(|q| judge(q, &marks, &dirty, eye.bilevel))
            .collect();
        let boxes_px = page
            .boxes
            .iter()
            .map(|b| {
                let at = feed.to_image(print.to_sheet(middle(b)));
                turned_place(at, (canvas.width, canvas.height), self.quarters)
            })
            .collect();
        Shot {
            form: self.form,
            page: page.page,
            quarters: self.quarters,
            boxes_px,
            per_mm: eye.per_mm,
            told: self.told(),
            scan,
            bytes,
            questions,
            marks,
        }
    }

    fn printed(&self, dice: &mut Dice, feed: &Feed, print: &Print, index: usize) -> Canvas {
        let pages = self.base().pages();
        let paper = &self.paper;
        // Two pages a sheet; the last may have an empty back.
        let through = pages
            .get(index ^ 1)
            .filter(|_| paper.through > 0.0)
            .map(|page| Through {
                page,
                strength: paper.through,
            });
        let seed = dice.bits();
        let mut canvas = Canvas::new(
            feed,
            print,
            &pages[index],
            &paper.toner,
            through.as_ref(),
            paper.light,
            self.machine.lid,
            self.machine.blur,
            seed,
        );
        canvas.fibres(seed ^ 9, paper.fibres);
        canvas
    }

    /// Draws everything that people did; where each mark's ink came.
    fn people(
        &self,
        canvas: &mut Canvas,
        feed: &Feed,
        print: &Print,
        script: &Script,
        seed: u64,
    ) -> Vec<Trace> {
        let blur = self.machine.blur;
        let touch = Touch {
            feed,
            print,
            pen: &self.hand.pen,
            blur,
            left: 1.0,
            seed,
        };
        draw(&mut canvas.page, touch, &script.writing, &mut Vec::new());
        let pad = Pen {
            name: "stamp",
            width: 0.5,
            dark: 0.55,
            bleed: 0.06,
            grain: 0.5,
            vary: 0.4,
            skip: 0.01,
        };
        for (i, seal) in script.seals.iter().enumerate() {
            let touch = Touch {
                pen: &pad,
                seed: seed ^ (i as u64 + 1) << 40,
                ..touch
            };
            draw(&mut canvas.page, touch, seal, &mut Vec::new());
        }
        script
            .marks
            .iter()
            .enumerate()
            .map(|(i, mark)| {
                let mut trace = Vec::new();
                let touch = Touch {
                    left: mark.left,
                    seed: seed ^ (i as u64 + 1) << 32,
                    ..touch
                };
                draw(&mut canvas.marks, touch, &mark.strokes, &mut trace);
                trace
            })
            .collect()
    }

    fn told(&self) -> String {
        let m = &self.machine;
        let mut told = format!(
            "{} {:.2} mm dark {:.2}, own {}, {} dpi {:?}, blur {:.2}",
            self.hand.pen.name,
            self.hand.pen.width,
            self.hand.pen.dark,
            self.hand.own.name(),
            m.dpi,
            m.mode,
            m.blur
        );
        for t in self.paper.told.iter().chain(&m.told) {
            told.push_str(", ");
            told.push_str(t);
        }
        told
    }
}

fn size(page: &PageLayout) -> P {
    (page.size.width as f32, page.size.height as f32)
}

/// Where a place is after the image was turned by quarters clockwise.
fn turned_place(p: P, size: (usize, usize), quarters: u32) -> P {
    let (w, h) = (size.0 as f32, size.1 as f32);
    match quarters {
        1 => (h - p.1, p.0),
        2 => (w - p.0, h - p.1),
        3 => (p.1, w - p.0),
        _ => p,
    }
}

/// What was printed at and around each box, before anybody touched it.
struct Patches {
    patches: Vec<Patch>,
}

struct Patch {
    x: usize,
    y: usize,
    width: usize,
    light: Vec<u8>,
    whole: bool,
}

impl Patches {
    fn of(canvas: &Canvas, feed: &Feed, print: &Print, page: &PageLayout) -> Self {
        let patches = page
            .boxes
            .iter()
            .map(|spec| {
                let (c, r) = (middle(spec), side(spec) / 2.0 + 0.3);
                let ends = [(-r, -r), (r, -r), (r, r), (-r, r)]
                    .map(|d| feed.to_image(print.to_sheet((c.0 + d.0, c.1 + d.1))));
                let low = |f: fn(&P) -> f32| ends.iter().map(f).fold(f32::MAX, f32::min);
                let high = |f: fn(&P) -> f32| ends.iter().map(f).fold(f32::MIN, f32::max);
                let (x0, x1) = (low(|p| p.0), high(|p| p.0));
                let (y0, y1) = (low(|p| p.1), high(|p| p.1));
                let whole =
                    x0 >= 0.0 && y0 >= 0.0 && x1 < canvas.width as f32 && y1 < canvas.height as f32;
                let clip = |v: f32, most: usize| (v.max(0.0) as usize).min(most);
                let (x0, x1) = (clip(x0, canvas.width), clip(x1, canvas.width));
                let (y0, y1) = (clip(y0, canvas.height), clip(y1, canvas.height));
                Patch {
                    x: x0,
                    y: y0,
                    width: x1 - x0,
                    light: (y0..y1)
                        .flat_map(|y| canvas.page[y * canvas.width..][x0..x1].iter().copied())
                        .collect(),
                    whole,
                }
            })
            .collect();
        Self { patches }
    }
}

/// Looks at the final image.
struct Eye<'a> {
    canvas: &'a Canvas,
    sensor: &'a Sensor<'a>,
    scan: &'a Scan,
    quarters: u32,
    bilevel: bool,
    per_mm: f32,
}

/// Below this contrast (gray levels, or share of a black-and-white mark's
/// ink) nobody sees a mark; from the second on everybody does.
const GRAY: (f32, f32) = (9.0, 38.0);
const SHARE: (f32, f32) = (0.15, 0.6);

impl Eye<'_> {
    fn final_pixel(&self, x: usize, y: usize) -> u8 {
        let (w, h) = (self.canvas.width as u32, self.canvas.height as u32);
        let (x, y) = (x as u32, y as u32);
        let (x, y) = match self.quarters {
            1 => (h - 1 - y, x),
            2 => (w - 1 - x, h - 1 - y),
            3 => (y, w - 1 - x),
            _ => (x, y),
        };
        self.scan.image.get_pixel(x, y).0[0]
    }

    /// Compares with the same page without any mark.
    fn seen(&self, trace: &Trace) -> (Seen, f32) {
        let (mut sum, mut weight) = (0.0, 0.0);
        for (index, ink) in trace {
            let (x, y) = (
                *index as usize % self.canvas.width,
                *index as usize / self.canvas.width,
            );
            let bare = self
                .sensor
                .pixel(self.canvas.page[*index as usize], 255, x, y);
            if bare < 110 {
                // Ink on black print is no ink.
                continue;
            }
            let there = self.final_pixel(x, y);
            sum += f32::from(*ink) * (f32::from(bare) - f32::from(there));
            weight += f32::from(*ink);
        }
        // Less than a quarter of a square millimetre of ink is a speck.
        let least = 0.25 * self.per_mm * self.per_mm * 0.5 * 255.0;
        if weight < 1.0 {
            return (Seen::Vanished, 0.0);
        }
        let contrast = sum / weight / if self.bilevel { 255.0 } else { 1.0 };
        let (none, well) = if self.bilevel { SHARE } else { GRAY };
        let seen = if contrast < none {
            Seen::Vanished
        } else if contrast < well || weight < least {
            Seen::Faint
        } else {
            Seen::Well
        };
        (seen, contrast)
    }

    /// Is anything but marks seen in the box that was not printed there, or
    /// is something of the box gone?
    fn dirty(&self, patch: &Patch) -> bool {
        if !patch.whole {
            return true;
        }
        let (mut darker, mut lighter) = (0, 0);
        for (i, was) in patch.light.iter().enumerate() {
            let (x, y) = (patch.x + i % patch.width, patch.y + i / patch.width);
            let now = self.canvas.page[y * self.canvas.width + x];
            if self.bilevel {
                let (a, b) = (
                    self.sensor.dustless(*was, x, y),
                    self.sensor.pixel(now, 255, x, y),
                );
                darker += u32::from(b < a);
                lighter += u32::from(b > a);
            } else {
                let streak = self.sensor.streak(x);
                darker += u32::from(f32::from(now) * streak + 28.0 < f32::from(*was));
                lighter += u32::from(now > was.saturating_add(60));
            }
        }
        let square = self.per_mm * self.per_mm;
        darker as f32 > 0.25 * square || lighter as f32 > 0.8 * square
    }
}

fn judge(
    q: &crate::answers::Question,
    marks: &[MarkTruth],
    dirty: &[bool],
    bilevel: bool,
) -> QuestionTruth {
    let own = || marks.iter().filter(|m| q.boxes.contains(&m.at));
    let mut note = q.note.clone();
    let mut clear = q.plain;
    if q.boxes.iter().any(|b| dirty[*b]) {
        clear = false;
        note.push_str(" something lies over a box");
    }
    if own().any(|m| m.role == Role::Choice && m.seen != Seen::Well) {
        clear = false;
        note.push_str(" faint in the image");
    }
    let choices = || own().filter(|m| m.role == Role::Choice);
    // In black and white a remnant looks like any other mark, and so does a
    // mark crossed out of which little is left.
    let remnant = |m: &MarkTruth| {
        m.role == Role::TakenBack
            && (m.what == ERASED || m.seen == Seen::Faint)
            && m.seen > Seen::Vanished
    };
    let meant = match &q.meant {
        _ if bilevel && own().any(remnant) => Meant::Undecidable,
        // If all but one left nothing, the image has no overvote.
        Meant::TooMany if choices().filter(|m| m.seen > Seen::Vanished).count() < 2 => {
            Meant::Undecidable
        }
        other => other.clone(),
    };
    QuestionTruth {
        id: q.id.clone(),
        boxes: q.boxes.clone(),
        meant,
        clear,
        note,
    }
}
