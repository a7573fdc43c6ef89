//! The parts of a form's index as a tree: form, contents, factors, questions.

use serde::{Deserialize, Serialize};

use crate::form::Meaning;

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Part {
    /// The whole form.
    Form,
    /// A content (nội dung).
    Content,
    /// A factor (yếu tố).
    Factor,
    /// A question.
    Question,
}

/// A part of a form's index.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub part: Part,
    /// Id of content, factor or question; empty for the form.
    pub id: String,
    /// For reports.
    pub text: String,
    /// The part that it belongs to; none of the form, and of questions that are
    /// outside of the form's contents.
    pub parent: Option<usize>,
    /// Its weight beside its neighbours, where weights are given.
    pub weight: f64,
    /// For a question its place in packed ballots.
    pub question: Option<usize>,
}

/// The parts of a form, each after the one that it belongs to; questions that are in
/// no factor come last. Only questions that have an index are there.
#[must_use]
pub fn nodes(meaning: &Meaning) -> Vec<Node> {
    let mut out = vec![Node {
        part: Part::Form,
        id: String::new(),
        text: String::new(),
        parent: None,
        weight: 1.0,
        question: None,
    }];
    let question = |id: &str, parent: Option<usize>| {
        let place = meaning.questions.iter().position(|q| q.id == id)?;
        let q = &meaning.questions[place];
        q.has_index().then(|| Node {
            part: Part::Question,
            id: q.id.clone(),
            text: q.in_words(),
            parent,
            weight: 1.0,
            question: Some(place),
        })
    };
    let mut inside = Vec::new();
    for content in &meaning.contents {
        let of = out.len();
        out.push(Node {
            part: Part::Content,
            id: content.id.clone(),
            text: content.text.clone(),
            parent: Some(0),
            weight: content.weight.unwrap_or(1.0),
            question: None,
        });
        for factor in &content.factors {
            let at = out.len();
            out.push(Node {
                part: Part::Factor,
                id: factor.id.clone(),
                text: factor.text.clone(),
                parent: Some(of),
                weight: factor.weight.unwrap_or(1.0),
                question: None,
            });
            for id in &factor.questions {
                out.extend(question(id, Some(at)));
                inside.push(id.as_str());
            }
        }
    }
    let whole = meaning.contents.is_empty().then_some(0);
    for q in &meaning.questions {
        if !inside.contains(&q.id.as_str()) {
            out.extend(question(&q.id, whole));
        }
    }
    out
}
