//! What a form's questions and choices are called, for people.

use std::collections::HashMap;

use crate::form::learned::LearnedForm;
use crate::form::{Layout, parse};

/// A question in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct QuestionWords {
    /// The question; empty if nobody has written it.
    pub text: String,
    /// Its choices by id.
    pub choices: HashMap<String, String>,
}

/// A form's questions in words, in the form's first language.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wording {
    questions: HashMap<String, QuestionWords>,
}

impl Wording {
    /// Of a form as it is registered: its form.toml. What cannot be understood
    /// has no words; ids are shown instead.
    #[must_use]
    pub fn of(source: &str, layout: &Layout) -> Self {
        let questions = if let Ok(form) = parse(source, &layout.form) {
            form.questions()
                .map(|(id, text, _, choices)| {
                    let words = QuestionWords {
                        text: one_line(&text.first),
                        choices: choices
                            .iter()
                            .map(|c| (c.id.clone(), one_line(&c.text.first)))
                            .collect(),
                    };
                    (id.to_owned(), words)
                })
                .collect()
        } else if let Ok(form) = toml::from_str::<LearnedForm>(source) {
            form.question
                .into_iter()
                .map(|q| {
                    let words = QuestionWords {
                        text: one_line(&q.text),
                        choices: q
                            .choice
                            .into_iter()
                            .map(|c| (c.id, one_line(&c.text)))
                            .collect(),
                    };
                    (q.id, words)
                })
                .collect()
        } else {
            HashMap::new()
        };
        Self { questions }
    }

    /// The question in words, or its id.
    #[must_use]
    pub fn question<'a>(&'a self, id: &'a str) -> &'a str {
        self.questions
            .get(id)
            .map(|q| q.text.as_str())
            .filter(|t| !t.is_empty())
            .unwrap_or(id)
    }

    /// The choice in words, or its id.
    #[must_use]
    pub fn choice<'a>(&'a self, question: &str, id: &'a str) -> &'a str {
        self.questions
            .get(question)
            .and_then(|q| q.choices.get(id))
            .map(String::as_str)
            .filter(|t| !t.is_empty())
            .unwrap_or(id)
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
