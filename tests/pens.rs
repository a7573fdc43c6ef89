//! The thinnest and the thickest cross: a light ballpoint of 0.35 mm and a
//! marker of 1.5 mm, on A4 at 200 dpi as JPEG of quality 50. At least 99 % of
//! the crosses are read as marked, and none is silently lost or taken for a mark
//! that was taken back.
//!
//! Everything but pen, resolution and file is as at the office level: hands,
//! skew, copies, paper, folds, stamps, dust. The longer run:
//!
//! ```text
//! cargo test --release --test pens -- --ignored --nocapture
//! ```
#![allow(clippy::unwrap_used, clippy::panic)]

use phieu::form::Library;
use phieu::read::{AnswerState, MarkState, ReadOptions, Reader, Status};
use phieu::synth::{Drawn, Encoding, Level, Pen, PenKind, PlacedMark, Simulator, Staged};
use rayon::prelude::*;

/// The lightest ink of the office level's ballpoints: blue, seen by a scanner
/// with a red lamp. Pressure and grain take more off along the stroke.
const LIGHT: f64 = 0.52;

fn thin(darkness: f64) -> Pen {
    Pen {
        kind: PenKind::Ballpoint,
        width_mm: 0.35,
        darkness,
        skip: 0.0,
        grain: 0.15,
    }
}

const THICK: Pen = Pen {
    kind: PenKind::Marker,
    width_mm: 1.5,
    darkness: 0.9,
    skip: 0.0,
    grain: 0.0,
};

/// Percent marked on a few sheets: marks of one hand are alike, and one of the 32
/// whose strokes bend away from the middle costs half a percent by itself. The
/// 600 sheets of the long run are held to 99.
const FEW_SHEETS: u64 = 97;

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Crosses {
    all: u64,
    marked: u64,
    marginal: u64,
    unmarked: u64,
    /// On pages that were refused.
    unreadable: u64,
    /// Questions that look corrected.
    corrected: u64,
    /// Questions that look like something else than one answer.
    asked: u64,
    /// Certain answers that are wrong.
    silent: u64,
    /// Where something was lost, to look at it.
    places: Vec<String>,
}

impl Crosses {
    fn join(mut self, o: Self) -> Self {
        self.all += o.all;
        self.marked += o.marked;
        self.marginal += o.marginal;
        self.unmarked += o.unmarked;
        self.unreadable += o.unreadable;
        self.corrected += o.corrected;
        self.asked += o.asked;
        self.silent += o.silent;
        self.places.extend(o.places);
        self
    }
}

/// Every question of the sheets gets one cross by this pen.
fn crosses(pen: Pen, sheets: u64, seed: u64) -> Crosses {
    let library = Library::load(&[]).unwrap();
    let reader = Reader::new(library.layouts(), ReadOptions::default());
    let one = |simulator: &Simulator, n: u64| {
        let mut found = Crosses::default();
        let hand = simulator.respondent(n).hand;
        for plan in simulator.plan(n) {
            let layout = simulator.layout().page(plan.page).unwrap();
            let mut conditions = plan.conditions;
            conditions.sensor.dpi = 200;
            conditions.sensor.dpi_tag = Some(200);
            conditions.sensor.encoding = Encoding::Jpeg { quality: 50 };
            let mut marks: Vec<PlacedMark> = Vec::new();
            for (at, question) in simulator.layout().questions.iter().enumerate() {
                let of = |i: &usize| layout.boxes[*i].question == question.id;
                let here: Vec<usize> = (0..layout.boxes.len()).filter(of).collect();
                if !here.is_empty() {
                    marks.push(PlacedMark {
                        at: here[(n as usize * 7 + at * 3) % here.len()],
                        drawn: Drawn::Cross,
                    });
                }
            }
            let staged = Staged {
                page: plan.page,
                conditions,
                pen,
                hand,
                marks,
                strokes: Vec::new(),
            };
            let page = simulator.stage(n, &staged).unwrap();
            let reading = reader.read(&page.scan);
            found.all += staged.marks.len() as u64;
            if reading.status == Status::Unreadable {
                found.unreadable += staged.marks.len() as u64;
                continue;
            }
            for placed in &staged.marks {
                let mark = &reading.marks[placed.at];
                let answer = &reading.answers[&mark.question];
                match mark.state {
                    MarkState::Marked => found.marked += 1,
                    MarkState::Marginal => found.marginal += 1,
                    MarkState::Unmarked => found.unmarked += 1,
                }
                let wrong = !answer.state.needs_person() && answer.choices != [mark.choice.clone()];
                found.silent += u64::from(wrong);
                found.corrected += u64::from(answer.state == AnswerState::Corrected);
                found.asked += u64::from(answer.state.needs_person());
                if mark.state != MarkState::Marked || answer.state != AnswerState::Answered {
                    found.places.push(format!(
                        "{} sheet {n} {}.{}: {:?} {:?} {:?}",
                        reading.form.as_deref().unwrap_or_default(),
                        mark.question,
                        mark.choice,
                        mark.state,
                        answer.state,
                        mark.reason
                    ));
                }
            }
        }
        found
    };
    let mut forms = Vec::new();
    for form in library.forms() {
        forms.push(Simulator::for_form(form, Level::Office, seed).unwrap());
    }
    forms
        .iter()
        .enumerate()
        .map(|(at, simulator)| {
            (0..sheets)
                .into_par_iter()
                .filter(|n| *n as usize % forms.len() == at)
                .map(|n| one(simulator, n))
                .reduce(Crosses::default, Crosses::join)
        })
        .fold(Crosses::default(), Crosses::join)
}

fn said(what: &str, c: &Crosses) {
    eprintln!(
        "{what}: {} crosses, {} marked ({:.2} %), {} marginal, {} unmarked, {} on unreadable \
         pages; questions: {} sent to a person, of them {} as corrected, {} silently wrong",
        c.all,
        c.marked,
        100.0 * c.marked as f64 / c.all as f64,
        c.marginal,
        c.unmarked,
        c.unreadable,
        c.asked,
        c.corrected,
        c.silent
    );
    for place in &c.places {
        eprintln!("    {place}");
    }
}

/// Is the share read as marked at least so many percent, and nothing lost?
fn holds(c: &Crosses, percent: u64) {
    assert!(100 * c.marked >= percent * c.all, "{c:#?}");
    assert_eq!((c.unmarked, c.corrected, c.silent), (0, 0, 0), "{c:#?}");
}

#[test]
fn a_thin_light_cross_is_a_mark() {
    let found = crosses(thin(LIGHT), 32, 7);
    said("0.35 mm, darkness 0.52", &found);
    holds(&found, FEW_SHEETS);
}

#[test]
fn a_cross_of_a_thick_marker_is_a_mark_and_not_taken_back() {
    let found = crosses(THICK, 32, 7);
    said("1.5 mm, darkness 0.90", &found);
    holds(&found, FEW_SHEETS);
}

/// The arms of such crosses are in up to three quarters of the directions around their
/// boxes: one in fifty was once taken for a cross with a circle around it, that of
/// sheet 6 among them.
#[test]
fn a_cross_of_a_thick_marker_has_no_circle_around_it() {
    let found = crosses(THICK, 8, 2026);
    let circled = |place: &&String| place.contains("circle");
    assert_eq!(found.places.iter().filter(circled).count(), 0, "{found:#?}");
}

#[test]
#[ignore = "minutes; see the command above"]
fn ten_thousand_crosses_of_each_pen() {
    let (mut held, sheets) = (Vec::new(), 600);
    held.push(crosses(thin(LIGHT), sheets, 2026));
    said("0.35 mm, darkness 0.52", &held[0]);
    held.push(crosses(THICK, sheets, 2026));
    said("1.5 mm, darkness 0.90", &held[1]);
    // Lighter than the aim, to see where it ends: it must not get silent.
    for darkness in [0.42, 0.34] {
        let found = crosses(thin(darkness), sheets / 4, 2026);
        said(&format!("0.35 mm, darkness {darkness}"), &found);
    }
    held.iter().for_each(|found| holds(found, 99));
}
