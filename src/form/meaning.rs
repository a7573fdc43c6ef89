//! What the answers of a form mean: its questions and choices in words, which
//! choices count as satisfied, and how the index is made up. From the source that
//! is kept with each form, designed or learned.

use super::design::{Choice, ItemKind, Text, parse};
use super::index_spec::{Content, IndexRules};
use super::learned::{LearnedError, LearnedForm};
use super::{FormError, QuestionKind};

/// What a form's answers mean.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Meaning {
    /// Questions in the order of the paper.
    pub questions: Vec<QuestionMeaning>,
    /// How its index is made up.
    pub rules: IndexRules,
    /// Its contents; empty where the form names none.
    pub contents: Vec<Content>,
}

/// A question in words.
#[derive(Debug, Clone, PartialEq)]
pub struct QuestionMeaning {
    /// Its id.
    pub id: String,
    /// What is printed before it (`Câu 1.`); may be empty.
    pub label: String,
    /// The question in the form's first language; empty where nobody wrote it.
    pub text: String,
    /// One answer or several.
    pub kind: QuestionKind,
    /// Its choices in the order of the paper.
    pub choices: Vec<ChoiceMeaning>,
}

/// A choice in words.
#[derive(Debug, Clone, PartialEq)]
pub struct ChoiceMeaning {
    /// Its id.
    pub id: String,
    /// What is printed; empty where nobody wrote it.
    pub text: String,
    /// Satisfied, not, or (`None`) neither.
    pub satisfied: Option<bool>,
    /// Points for means.
    pub score: Option<f64>,
    /// Outside the denominator (`không có ý kiến`).
    pub excluded: bool,
}

impl QuestionMeaning {
    /// Has it an index: is one answer asked for, and does a choice say satisfied
    /// or not?
    #[must_use]
    pub fn has_index(&self) -> bool {
        self.kind == QuestionKind::Single && self.choices.iter().any(|c| c.satisfied.is_some())
    }

    /// Label and text, or the id where there is neither.
    #[must_use]
    pub fn in_words(&self) -> String {
        let words = format!("{} {}", self.label, self.text).trim().to_owned();
        if words.is_empty() {
            self.id.clone()
        } else {
            words
        }
    }
}

impl ChoiceMeaning {
    /// Its text, or its id where there is none.
    #[must_use]
    pub fn in_words(&self) -> &str {
        if self.text.trim().is_empty() {
            &self.id
        } else {
            &self.text
        }
    }

    fn of(choice: &Choice, reversed: bool, scores: Option<(f64, f64)>) -> Self {
        let score = match (choice.score, scores) {
            (Some(score), Some((least, most))) if reversed => Some(least + most - score),
            (score, _) => score,
        };
        Self {
            id: choice.id.clone(),
            text: plain(&choice.text),
            satisfied: choice.satisfied.map(|s| s != reversed),
            score,
            excluded: choice.excluded,
        }
    }
}

/// The first language, without the blanks at which no line ends.
fn plain(text: &Text) -> String {
    text.first.replace('\u{a0}', " ")
}

fn choices(of: &[Choice], reversed: bool) -> Vec<ChoiceMeaning> {
    let scores = || of.iter().filter(|c| !c.excluded).filter_map(|c| c.score);
    let range = scores().reduce(f64::min).zip(scores().reduce(f64::max));
    of.iter()
        .map(|c| ChoiceMeaning::of(c, reversed, range))
        .collect()
}

impl Meaning {
    /// From a form.toml, designed or learned; `file` is how messages call it.
    ///
    /// # Errors
    /// The text has a mistake.
    pub fn of_source(source: &str, file: &str) -> Result<Self, FormError> {
        if LearnedForm::is_one(source) {
            let form = LearnedForm::parse(source).map_err(|detail| LearnedError::Form {
                path: file.into(),
                detail,
            })?;
            return Ok(Self::learned(&form));
        }
        let form = parse(source, file)?;
        let mut questions = Vec::new();
        for item in &form.items {
            match &item.kind {
                ItemKind::Question(q) => questions.push(QuestionMeaning {
                    id: q.id.clone(),
                    label: q.label.clone(),
                    text: plain(&q.text),
                    kind: q.kind,
                    choices: choices(&q.choices, q.reversed),
                }),
                ItemKind::Grid(g) => {
                    questions.extend(g.rows.iter().map(|row| QuestionMeaning {
                        id: row.id.clone(),
                        label: row.label.clone(),
                        text: plain(&row.text),
                        kind: QuestionKind::Single,
                        choices: choices(&g.choices, row.reversed),
                    }));
                }
                _ => {}
            }
        }
        Ok(Self {
            questions,
            rules: form.index,
            contents: form.contents,
        })
    }

    fn learned(form: &LearnedForm) -> Self {
        let questions = form
            .question
            .iter()
            .map(|q| QuestionMeaning {
                id: q.id.clone(),
                label: String::new(),
                text: q.text.clone(),
                kind: q.kind,
                choices: q
                    .choice
                    .iter()
                    .map(|c| ChoiceMeaning {
                        id: c.id.clone(),
                        text: c.text.clone(),
                        satisfied: c.satisfied,
                        score: c.score,
                        excluded: c.excluded,
                    })
                    .collect(),
            })
            .collect();
        Self {
            questions,
            rules: form.index.clone(),
            contents: form.content.clone(),
        }
    }

    /// A question by its id.
    #[must_use]
    pub fn question(&self, id: &str) -> Option<&QuestionMeaning> {
        self.questions.iter().find(|q| q.id == id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::form::{Blank, Weights};

    const FORM: &str = r#"
id = "thu"
version = 1
title = "Phiếu"

[index]
field = "Đất đai"
weights = "given"
blank = "unsatisfied"

[[content]]
id = "nd"
text = "Nội dung"
weight = 1
factors = [{ id = "yt", text = "Yếu tố", questions = ["q1", "q2"], weight = 2 }]

[[scale]]
id = "s"
choices = [
  { id = "tot", text = "Tốt", satisfied = true, score = 5 },
  { id = "xau", text = "Xấu", satisfied = false, score = 1 },
  { id = "khong-biet", text = "Không có ý\u00A0kiến", excluded = true },
]

[[body]]
kind = "single"
id = "q1"
text = "Phục vụ thế nào?"
scale = "s"

[[body]]
kind = "grid"
id = "g"
scale = "s"
rows = [{ id = "q2", text = "Phải chờ lâu", reversed = true }]
"#;

    #[test]
    fn what_is_asked_the_other_way_round_is_turned() {
        let meaning = Meaning::of_source(FORM, "form.toml").unwrap();
        assert_eq!(meaning.rules.weights, Weights::Given);
        assert_eq!(meaning.rules.blank, Blank::Unsatisfied);
        assert_eq!(meaning.contents[0].factors[0].questions, ["q1", "q2"]);
        let of = |id: &str| {
            let q = meaning.question(id).unwrap();
            q.choices
                .iter()
                .map(|c| (c.satisfied, c.score, c.excluded))
                .collect::<Vec<_>>()
        };
        let none = (None, None, true);
        assert_eq!(
            of("q1"),
            [
                (Some(true), Some(5.0), false),
                (Some(false), Some(1.0), false),
                none
            ]
        );
        assert_eq!(
            of("q2"),
            [
                (Some(false), Some(1.0), false),
                (Some(true), Some(5.0), false),
                none
            ]
        );
        assert_eq!(meaning.questions[0].choices[2].text, "Không có ý kiến");
    }

    #[test]
    fn mistakes_in_contents_say_what_to_do() {
        for (from, to, what) in [
            ("\"q2\"]", "\"q3\"]", "there is no question \"q3\""),
            ("\"q2\"]", "\"q1\"]", "is in two factors"),
            ("weight = 2 }", "}", "the weight of \"yt\""),
            ("weight = 1\n", "weight = -1\n", "the weight of \"nd\""),
            ("id = \"yt\"", "id = \"nd\"", "there twice"),
        ] {
            let error = Meaning::of_source(&FORM.replacen(from, to, 1), "form.toml")
                .unwrap_err()
                .to_string();
            assert!(error.contains(what), "{error}");
            assert!(error.starts_with("form.toml:11:"), "{error}");
        }
    }

    #[test]
    fn the_shipped_forms_have_an_index() {
        for form in crate::form::Library::load(&[]).unwrap().forms() {
            let meaning = Meaning::of_source(&form.text, &form.file).unwrap();
            assert!(meaning.questions.iter().any(QuestionMeaning::has_index));
            let ids: Vec<&str> = meaning.questions.iter().map(|q| q.id.as_str()).collect();
            let laid: Vec<&str> = form
                .layout
                .questions
                .iter()
                .map(|q| q.id.as_str())
                .collect();
            assert_eq!(ids, laid);
        }
    }
}
