//! What the reader said against what was meant.

use std::collections::{BTreeMap, BTreeSet};

use phieu::form::Layout;
use phieu::read::{AnswerState, MarkState, PageReading, Reader, Status};
use rayon::prelude::*;

use crate::answers::{Meant, Role};
use crate::base::Bases;
use crate::level::Level;
use crate::save;
use crate::sheet::{QuestionTruth, Seen, Sheet, Shot};

/// A wrong answer that nobody would look at.
#[derive(Debug, Clone)]
pub struct Silent {
    pub sheet: u64,
    pub form: String,
    pub page: u32,
    pub question: String,
    pub meant: String,
    pub said: String,
    pub drawn: String,
    pub told: String,
}

/// What came out of reading many sheets.
#[derive(Debug, Default, Clone)]
pub struct Outcome {
    pub sheets: u64,
    pub pages: u64,
    pub boxes: u64,
    pub questions: u64,
    pub clear: u64,
    pub clear_flagged: u64,
    pub other_flagged: u64,
    pub unreadable: u64,
    /// Clear questions on pages that could not be read.
    pub clear_unread: u64,
    pub vanished: u64,
    /// Certain answers where not even a person could say.
    pub bold: u64,
    pub silent: Vec<Silent>,
    /// Why clear questions were flagged.
    pub reasons: BTreeMap<String, u64>,
    pub problems: BTreeMap<String, u64>,
    /// Why questions are not clear.
    pub unclear: BTreeMap<String, u64>,
    pub flagged: Vec<String>,
    pub making_seconds: f64,
    pub reading_seconds: f64,
}

impl Outcome {
    fn add(mut self, other: Self) -> Self {
        self.sheets += other.sheets;
        self.pages += other.pages;
        self.boxes += other.boxes;
        self.questions += other.questions;
        self.clear += other.clear;
        self.clear_flagged += other.clear_flagged;
        self.other_flagged += other.other_flagged;
        self.unreadable += other.unreadable;
        self.clear_unread += other.clear_unread;
        self.vanished += other.vanished;
        self.bold += other.bold;
        self.silent.extend(other.silent);
        self.flagged.extend(other.flagged);
        for (into, from) in [
            (&mut self.reasons, other.reasons),
            (&mut self.problems, other.problems),
            (&mut self.unclear, other.unclear),
        ] {
            for (k, n) in from {
                *into.entry(k).or_default() += n;
            }
        }
        self.making_seconds += other.making_seconds;
        self.reading_seconds += other.reading_seconds;
        self
    }

    /// Share of the clear questions that a person has to look at, on pages
    /// that were read.
    pub fn flagged_share(&self) -> f64 {
        self.clear_flagged as f64 / (self.clear - self.clear_unread).max(1) as f64
    }
}

/// What to run and what to keep.
pub struct Run<'a> {
    pub bases: &'a Bases,
    pub reader: &'a Reader,
    pub level: &'a Level,
    pub seed: u64,
    pub keep: save::Keep,
}

impl Run<'_> {
    /// Makes and reads these sheets.
    pub fn sheets(&self, sheets: std::ops::Range<u64>) -> Outcome {
        let each: Vec<Outcome> = sheets.into_par_iter().map(|n| self.sheet(n)).collect();
        each.into_iter().fold(Outcome::default(), Outcome::add)
    }

    fn sheet(&self, number: u64) -> Outcome {
        let sheet = Sheet::new(self.bases, self.level, self.seed, number);
        let mut all = Outcome {
            sheets: 1,
            ..Outcome::default()
        };
        for index in 0..sheet.pages() {
            let start = std::time::Instant::now();
            let shot = sheet.shoot(index);
            let made = start.elapsed();
            let reading = self.reader.read(&shot.scan);
            let mut outcome = self.page(number, &shot, &reading);
            outcome.making_seconds = made.as_secs_f64();
            outcome.reading_seconds = (start.elapsed() - made).as_secs_f64();
            all = all.add(outcome);
        }
        all
    }

    fn page(&self, number: u64, shot: &Shot, reading: &PageReading) -> Outcome {
        let base = &self.bases.forms[shot.form];
        let layout = base.layout();
        let mut outcome = Outcome {
            pages: 1,
            boxes: shot.boxes_px.len() as u64,
            questions: shot.questions.len() as u64,
            clear: shot.questions.iter().filter(|q| q.clear).count() as u64,
            ..Outcome::default()
        };
        outcome.vanished = shot
            .marks
            .iter()
            .filter(|m| m.role == Role::Choice && m.seen == Seen::Vanished)
            .count() as u64;
        for q in shot.questions.iter().filter(|q| !q.clear) {
            *outcome.unclear.entry(q.note.trim().to_owned()).or_default() += 1;
        }
        for p in &reading.problems {
            *outcome.problems.entry(label(&p.code)).or_default() += 1;
        }
        let silent = |question: &str, meant: String, said: String, drawn: String| Silent {
            sheet: number,
            form: layout.form.clone(),
            page: shot.page,
            question: question.to_owned(),
            meant,
            said,
            drawn,
            told: shot.told.clone(),
        };
        let wrong_page = reading.form.as_ref().is_some_and(|f| *f != layout.form)
            || reading.page.is_some_and(|p| p != shot.page)
            || reading.serial.is_some() && reading.serial != base.serial;
        if wrong_page {
            let said = format!("{:?} {:?} {:?}", reading.form, reading.page, reading.serial);
            outcome.silent.push(silent(
                "-",
                format!("{:?}", base.serial),
                said,
                "the page".to_owned(),
            ));
        }
        if reading.status == Status::Unreadable {
            outcome.unreadable = 1;
            outcome.clear_unread = outcome.clear;
            self.keep.unreadable(number, layout, shot, reading);
            return outcome;
        }
        if reading.rotation != (4 - shot.quarters) % 4 * 90 {
            let said = format!("rotation {}", reading.rotation);
            outcome.silent.push(silent(
                "-",
                format!("turned by {}", shot.quarters),
                said,
                "the page".to_owned(),
            ));
        }
        for q in &shot.questions {
            let Some(answer) = reading.answers.get(&q.id) else {
                outcome.silent.push(silent(
                    &q.id,
                    format!("{:?}", q.meant),
                    "not there".to_owned(),
                    String::new(),
                ));
                continue;
            };
            let drawn = drawn(q, shot, layout);
            if answer.state.needs_person() {
                if q.clear {
                    outcome.clear_flagged += 1;
                    let why = why(q, reading);
                    *outcome
                        .reasons
                        .entry(format!("{} | {why}", label(&answer.state)))
                        .or_default() += 1;
                    outcome.flagged.push(format!(
                        "sheet {number} {} p{} {}: {:?} {why}; {drawn}; {}",
                        layout.form, shot.page, q.id, answer.state, shot.told
                    ));
                    self.keep.flagged(number, layout, shot, q);
                } else {
                    outcome.other_flagged += 1;
                }
                continue;
            }
            outcome.bold += u64::from(q.meant == Meant::Undecidable);
            let said: BTreeSet<String> = answer.choices.iter().cloned().collect();
            let empty = answer.state == AnswerState::Blank && !said.is_empty();
            if empty || !right(q, shot, layout, &said) || !marks_agree(q, reading, &said) {
                let said = format!("{:?} {said:?}, page {:?}", answer.state, reading.status);
                outcome
                    .silent
                    .push(silent(&q.id, format!("{:?}", q.meant), said, drawn));
                self.keep.silent(number, layout, shot, q);
            }
        }
        outcome
    }
}

/// May a certain answer be this?
fn right(q: &QuestionTruth, shot: &Shot, layout: &Layout, said: &BTreeSet<String>) -> bool {
    let Meant::Choices(meant) = &q.meant else {
        return q.meant == Meant::Undecidable;
    };
    let boxes = &layout.pages[shot.page as usize - 1].boxes;
    let vanished = |choice: &String| {
        shot.marks.iter().any(|m| {
            m.seen == Seen::Vanished
                && m.role == Role::Choice
                && boxes[m.at].question == q.id
                && boxes[m.at].choice == *choice
        })
    };
    said.is_subset(meant) && meant.iter().all(|c| said.contains(c) || vanished(c))
}

/// Certain marks of a certain answer must say the same as the answer.
fn marks_agree(q: &QuestionTruth, reading: &PageReading, said: &BTreeSet<String>) -> bool {
    reading
        .marks
        .iter()
        .filter(|m| m.question == q.id)
        .all(|m| match m.state {
            MarkState::Marked => said.contains(&m.choice),
            MarkState::Unmarked => !said.contains(&m.choice),
            MarkState::Marginal => false,
        })
}

fn label(code: &impl serde::Serialize) -> String {
    let text = serde_json::to_string(code).unwrap();
    text.trim_matches('"').to_owned()
}

/// What the reader says of the marks of a flagged question.
fn why(q: &QuestionTruth, reading: &PageReading) -> String {
    let reasons: BTreeSet<&str> = reading
        .marks
        .iter()
        .filter(|m| m.question == q.id)
        .filter_map(|m| m.reason.as_deref())
        .collect();
    if reasons.is_empty() {
        return "no reason at a mark".to_owned();
    }
    reasons.into_iter().collect::<Vec<_>>().join(" + ")
}

/// What is on the paper at this question, and how well it is seen.
pub fn drawn(q: &QuestionTruth, shot: &Shot, layout: &Layout) -> String {
    let boxes = &layout.pages[shot.page as usize - 1].boxes;
    let mut text = String::new();
    for m in shot.marks.iter().filter(|m| q.boxes.contains(&m.at)) {
        text.push_str(&format!(
            "{}: {} ({:?} {:.2}) ",
            boxes[m.at].choice, m.what, m.seen, m.contrast
        ));
    }
    if !q.note.is_empty() {
        text.push_str(&format!("[{}]", q.note.trim()));
    }
    text
}
