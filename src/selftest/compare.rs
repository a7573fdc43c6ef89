//! One page: what was read against what is true.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::read::{AnswerState, MarkState, PageReading, Status};
use crate::synth::{Drawn, Outcome, PageTruth, QuestionTruth};

use super::group::mark_of;
use super::report::Counts;

/// How a reading was silently wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SilentKind {
    /// Another form, version, page or serial than the truth.
    Identity,
    /// The answer to a question differs, and nobody would look at it.
    Answer,
    /// The answer is right, but one of its marks is not.
    Mark,
    /// A question of the page is missing in the reading.
    Missing,
}

/// One silent error.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SilentError {
    /// Form id.
    pub form: String,
    /// Number of the simulated sheet.
    pub sheet: u64,
    /// Page from 1.
    pub page: u32,
    /// Question id; empty for an identity.
    pub question: String,
    /// Kind.
    pub kind: SilentKind,
    /// What is true.
    pub truth: String,
    /// What was read.
    pub read: String,
    /// What was taken for an answer was drawn no smaller than the page's answers, which are
    /// dots: where a pen rested. The paper does not show that it is none.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub drawn_like_an_answer: bool,
    /// Picture of the place, where pictures were asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

/// What one page adds to the report.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct PageScore {
    /// Numbers.
    pub counts: Counts,
    /// Marks and empty boxes by what was drawn there, with how many were read
    /// as marked, unmarked and marginal.
    pub by_drawn: BTreeMap<&'static str, [u64; 3]>,
    /// Numbers of the page's questions by what was drawn for them.
    pub by_mark: BTreeMap<&'static str, Counts>,
    /// Clear questions that were sent to a person: id and why.
    pub flagged_clear: Vec<(String, String)>,
    /// Silent errors.
    pub errors: Vec<SilentError>,
}

/// Compares the reading of a page with its truth.
#[must_use]
pub fn compare(truth: &PageTruth, reading: &PageReading) -> PageScore {
    let mut score = PageScore::default();
    score.counts.pages = 1;
    if reading.status == Status::Unreadable {
        score.counts.unreadable_pages = 1;
        return score;
    }
    if let Some(error) = identity(truth, reading) {
        score.errors.push(error);
        score.counts.silent_errors = 1;
        return score;
    }
    if reading.status == Status::Clean {
        score.counts.clean_pages = 1;
    }
    for question in &truth.questions {
        let before = score.errors.len();
        let mut counts = compare_question(truth, question, reading, &mut score);
        counts.silent_errors = (score.errors.len() - before) as u64;
        score.counts.add(&counts);
        score
            .by_mark
            .entry(mark_of(question))
            .or_default()
            .add(&counts);
    }
    score
}

fn identity(truth: &PageTruth, reading: &PageReading) -> Option<SilentError> {
    let wrong = |what: &str, is: String, read: String| {
        Some(SilentError {
            form: truth.form.clone(),
            sheet: truth.sheet,
            page: truth.page,
            question: String::new(),
            kind: SilentKind::Identity,
            truth: format!("{what} {is}"),
            read,
            drawn_like_an_answer: false,
            picture: None,
        })
    };
    if reading.form.as_deref().is_some_and(|f| f != truth.form) {
        return wrong(
            "form",
            truth.form.clone(),
            reading.form.clone().unwrap_or_default(),
        );
    }
    if let Some(v) = reading.version.filter(|v| *v != truth.version) {
        return wrong("version", truth.version.to_string(), v.to_string());
    }
    if let Some(p) = reading.page.filter(|p| *p != truth.page) {
        return wrong("page", truth.page.to_string(), p.to_string());
    }
    // A serial that was not found is said in the problems; another one is an
    // error that nobody sees.
    if reading.serial.is_some() && reading.serial != truth.serial {
        return wrong(
            "serial",
            truth.serial.clone().unwrap_or_default(),
            reading.serial.clone().unwrap_or_default(),
        );
    }
    None
}

fn compare_question(
    truth: &PageTruth,
    question: &QuestionTruth,
    reading: &PageReading,
    score: &mut PageScore,
) -> Counts {
    let mut counts = Counts {
        questions: 1,
        positions: question.boxes.len() as u64,
        clear_questions: u64::from(question.clear),
        ..Counts::default()
    };

    let marks: BTreeMap<&str, MarkState> = reading
        .marks
        .iter()
        .filter(|m| m.question == question.id)
        .map(|m| (m.choice.as_str(), m.state))
        .collect();
    let mut wrong_marks = Vec::new();
    for b in &question.boxes {
        let state = marks.get(b.choice.as_str()).copied();
        let column = match state {
            Some(MarkState::Marked) => 0,
            Some(MarkState::Unmarked) => 1,
            Some(MarkState::Marginal) | None => 2,
        };
        score.by_drawn.entry(name(b.drawn)).or_default()[column] += 1;
        // A mark that was taken back is ink all the same: at the level of
        // marks both readings of it are right.
        let taken_back = b.drawn.is_some_and(|d| !d.chooses());
        let wrong = match state {
            Some(MarkState::Marked) => !b.marked && !taken_back,
            Some(MarkState::Unmarked) => b.marked,
            Some(MarkState::Marginal) => false,
            None => true,
        };
        if wrong {
            wrong_marks.push(b.choice.as_str());
        }
    }
    counts.marginal_marks = marks
        .values()
        .filter(|s| **s == MarkState::Marginal)
        .count() as u64;

    let says = |kind, read: String| SilentError {
        form: truth.form.clone(),
        sheet: truth.sheet,
        page: truth.page,
        question: question.id.clone(),
        kind,
        truth: format!("{:?} {:?}", question.outcome, question.choices).to_lowercase(),
        read,
        drawn_like_an_answer: false,
        picture: None,
    };
    let Some(answer) = reading.answers.get(&question.id) else {
        let error = says(SilentKind::Missing, "nothing".into());
        score.errors.push(error);
        return counts;
    };
    if answer.state.needs_person() {
        counts.flagged_questions += 1;
        counts.flagged_clear_questions += u64::from(question.clear);
        counts.wrong_marks_flagged += wrong_marks.len() as u64;
        if question.clear {
            let why = why_flagged(&question.id, answer.state, reading);
            score.flagged_clear.push((question.id.clone(), why));
        }
        return counts;
    }
    let sorted = |choices: &[String]| {
        let mut c = choices.to_vec();
        c.sort_unstable();
        c
    };
    let right = question.outcome != Outcome::Overvote
        && match answer.state {
            AnswerState::Blank => question.choices.is_empty(),
            _ => sorted(&answer.choices) == sorted(&question.choices),
        };
    if !right {
        let read = format!("{:?} {:?}", answer.state, answer.choices).to_lowercase();
        score.errors.push(SilentError {
            drawn_like_an_answer: drawn_like_an_answer(truth, question, &answer.choices),
            ..says(SilentKind::Answer, read)
        });
    } else if !wrong_marks.is_empty() {
        score
            .errors
            .push(says(SilentKind::Mark, format!("marks {wrong_marks:?}")));
    }
    counts
}

/// A dot may be so much narrower than another and be called as large: less than a pixel
/// of a scan of 200 dpi, of a dot of 1.5 mm.
const AS_LARGE: f64 = 0.95;

/// Is what was read in a blank question a dot where the pen rested, as large as the
/// smallest of the page's answers, and are most of these dots?
fn drawn_like_an_answer(truth: &PageTruth, question: &QuestionTruth, read: &[String]) -> bool {
    let [read] = read else { return false };
    let rested = question
        .boxes
        .iter()
        .find(|b| b.choice == *read && b.drawn == Some(Drawn::Hesitation));
    let Some(rested) = rested.and_then(|b| b.dot_mm) else {
        return false;
    };
    let boxes = truth.questions.iter().flat_map(|q| &q.boxes);
    let answers: Vec<Option<f64>> = boxes.filter(|b| b.marked).map(|b| b.dot_mm).collect();
    let dots = answers.iter().flatten();
    question.outcome == Outcome::Blank
        && 2 * dots.clone().count() > answers.len()
        && rested >= AS_LARGE * dots.copied().fold(f64::MAX, f64::min)
}

/// Why a person is asked about a question: the reason of its first doubtful
/// mark, or else what its marks add up to.
fn why_flagged(question: &str, state: AnswerState, reading: &PageReading) -> String {
    reading
        .marks
        .iter()
        .filter(|m| m.question == question)
        .find_map(|m| m.reason.clone())
        .unwrap_or_else(|| format!("{state:?}").to_lowercase())
}

pub(super) fn name(drawn: Option<Drawn>) -> &'static str {
    match drawn {
        None => "empty",
        Some(Drawn::Cross) => "cross",
        Some(Drawn::Check) => "check",
        Some(Drawn::Slash) => "slash",
        Some(Drawn::Line) => "line",
        Some(Drawn::Dot) => "dot",
        Some(Drawn::Scribble) => "scribble",
        Some(Drawn::Fill) => "fill",
        Some(Drawn::Ring) => "ring",
        Some(Drawn::CancelledByFill) => "cancelled-by-fill",
        Some(Drawn::CancelledByScribble) => "cancelled-by-scribble",
        Some(Drawn::CancelledByRing) => "cancelled-by-ring",
        Some(Drawn::Hesitation) => "hesitation",
        Some(Drawn::Erased) => "erased",
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::read::{Answer, Mark};
    use crate::synth::{Level, PlacedMark, Simulator, Staged};

    /// What a perfect reader would say.
    pub(crate) fn perfect(truth: &PageTruth) -> PageReading {
        let mut reading = PageReading {
            form: Some(truth.form.clone()),
            version: Some(truth.version),
            page: Some(truth.page),
            serial: truth.serial.clone(),
            unit: None,
            ballot_box: None,
            station: None,
            status: Status::Clean,
            rotation: truth.rotation,
            answers: BTreeMap::new(),
            marks: Vec::new(),
            areas: Vec::new(),
            problems: Vec::new(),
        };
        for q in &truth.questions {
            let state = match q.outcome {
                Outcome::Answered => AnswerState::Answered,
                Outcome::Blank => AnswerState::Blank,
                Outcome::Overvote => AnswerState::Overvote,
                Outcome::Corrected => AnswerState::Corrected,
            };
            reading.answers.insert(
                q.id.clone(),
                Answer {
                    state,
                    choices: q.choices.clone(),
                },
            );
            for b in &q.boxes {
                reading.marks.push(Mark {
                    question: q.id.clone(),
                    choice: b.choice.clone(),
                    state: if b.marked {
                        MarkState::Marked
                    } else {
                        MarkState::Unmarked
                    },
                    score: f64::from(u8::from(b.marked)),
                    corners_px: [[0.0; 2]; 4],
                    reason: None,
                });
            }
        }
        reading
    }

    fn truth() -> PageTruth {
        let layout = crate::synth::sample::layout();
        Simulator::new(&layout, Level::Clean, 4).plan(0).remove(0)
    }

    #[test]
    fn a_perfect_reading_has_no_error() {
        let t = truth();
        let score = compare(&t, &perfect(&t));
        assert_eq!(score.errors, []);
        assert_eq!(score.counts.questions, 6);
        assert_eq!(score.counts.clear_questions, 6);
        assert_eq!(score.counts.flagged_questions, 0);
        let by_mark: u64 = score.by_mark.values().map(|c| c.positions).sum();
        assert_eq!(by_mark, score.counts.positions);
    }

    /// The silent errors of hard seeds 291265 and 301102 were dots where a felt pen had rested in blank
    /// questions of sheets of its dots: drawn as large as these, they show nothing. A thin
    /// pen's are smaller, and on a sheet of other marks a dot is told by its kind.
    #[test]
    fn what_is_drawn_like_an_answer_is_said_of_dots_as_large_as_the_pages() {
        let layout = crate::synth::sample::layout();
        let simulator = Simulator::new(&layout, Level::Clean, 4);
        let says = |habit: Drawn, width_mm: f64, resting: bool| {
            let mut who = simulator.respondent(0);
            who.pen.width_mm = width_mm;
            let first = |question: &str| {
                let mut boxes = layout.pages[0].boxes.iter();
                boxes.position(|b| b.question == question).unwrap()
            };
            let mut marks: Vec<PlacedMark> = layout.questions[1..4]
                .iter()
                .map(|q| PlacedMark {
                    at: first(&q.id),
                    drawn: habit,
                })
                .collect();
            let blank = &layout.questions[0].id;
            let at = first(blank);
            if resting {
                marks.push(PlacedMark {
                    at,
                    drawn: Drawn::Hesitation,
                });
            }
            let staged = Staged {
                page: 1,
                conditions: simulator.plan(0).remove(0).conditions,
                pen: who.pen,
                hand: who.hand,
                marks,
                strokes: Vec::new(),
            };
            let truth = simulator.stage(0, &staged).unwrap().truth;
            let mut reading = perfect(&truth);
            let answer = reading.answers.get_mut(blank).unwrap();
            answer.state = AnswerState::Answered;
            answer.choices = vec![layout.pages[0].boxes[at].choice.clone()];
            let [error] = &compare(&truth, &reading).errors[..] else {
                panic!("one error")
            };
            assert_eq!((error.kind, &error.question), (SilentKind::Answer, blank));
            error.drawn_like_an_answer
        };
        assert!(says(Drawn::Dot, 2.0, true));
        assert!(!says(Drawn::Dot, 2.0, false));
        assert!(!says(Drawn::Dot, 0.5, true));
        assert!(!says(Drawn::Cross, 2.0, true));
    }

    #[test]
    fn every_way_of_being_wrong_is_seen() {
        let t = truth();
        let at = t
            .questions
            .iter()
            .position(|q| q.outcome == Outcome::Answered)
            .unwrap();
        let (q, id) = (&t.questions[at], t.questions[at].id.clone());
        let kinds = |r: &PageReading| -> Vec<SilentKind> {
            compare(&t, r).errors.iter().map(|e| e.kind).collect()
        };

        let mut blank = perfect(&t);
        let answer = blank.answers.get_mut(&id).unwrap();
        answer.state = AnswerState::Blank;
        answer.choices.clear();
        assert_eq!(kinds(&blank), [SilentKind::Answer]);

        let mut moved = perfect(&t);
        let other = q.boxes.iter().find(|b| !b.marked).unwrap().choice.clone();
        moved.answers.get_mut(&id).unwrap().choices = vec![other.clone()];
        assert_eq!(kinds(&moved), [SilentKind::Answer]);

        let mut mark = perfect(&t);
        for m in &mut mark.marks {
            if m.question == id && m.choice == other {
                m.state = MarkState::Marked;
            }
        }
        assert_eq!(kinds(&mark), [SilentKind::Mark]);

        let mut flagged = moved.clone();
        flagged.answers.get_mut(&id).unwrap().state = AnswerState::Marginal;
        let score = compare(&t, &flagged);
        assert_eq!(score.errors, []);
        assert_eq!(score.counts.flagged_clear_questions, 1);
        assert_eq!(score.flagged_clear, [(id.clone(), "marginal".to_owned())]);

        let mut missing = perfect(&t);
        missing.answers.remove(&id);
        assert_eq!(kinds(&missing), [SilentKind::Missing]);

        let mut other_page = perfect(&t);
        other_page.page = Some(2);
        assert_eq!(kinds(&other_page), [SilentKind::Identity]);

        let mut unreadable = perfect(&t);
        unreadable.status = Status::Unreadable;
        let score = compare(&t, &unreadable);
        assert_eq!(
            (score.counts.unreadable_pages, score.counts.positions),
            (1, 0)
        );
    }
}
