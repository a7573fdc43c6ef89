//! How a form's satisfaction index is made up: contents (nội dung) of factors (yếu
//! tố) of questions, and how each level is put together from the one below.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

/// How a part's index is put together from what is below it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Weights {
    /// Each answer weighs the same: satisfied answers by valid answers.
    #[default]
    Answers,
    /// Each respondent weighs the same: the mean of their own shares.
    Respondents,
    /// The plain mean of the parts.
    Equal,
    /// The mean of the parts by their `weight`.
    Given,
}

/// What a blank answer is to the index.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Blank {
    /// It is in neither numerator nor denominator.
    #[default]
    LeaveOut,
    /// It is in the denominator.
    Unsatisfied,
}

/// `[index]` of a form.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IndexRules {
    /// Field (lĩnh vực) that the form is about.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    /// How the levels are put together.
    #[serde(default)]
    pub weights: Weights,
    /// What a blank answer is.
    #[serde(default)]
    pub blank: Blank,
}

/// A content (nội dung) of a form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// Unique among contents and factors.
    pub id: String,
    /// For reports.
    pub text: String,
    /// Its weight, where weights are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
    /// Its factors, in the order of the report.
    pub factors: Vec<Factor>,
}

/// A factor (yếu tố) of a content.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Factor {
    /// Unique among contents and factors.
    pub id: String,
    /// For reports.
    pub text: String,
    /// Its questions.
    pub questions: Vec<String>,
    /// Its weight, where weights are given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub weight: Option<f64>,
}

/// What is wrong with contents, if anything, and what to do: `questions` are the
/// form's with whether any of their choices says satisfied or not.
pub(crate) fn mistake_in(
    rules: &IndexRules,
    contents: &[Content],
    questions: &[(&str, bool)],
) -> Option<(String, String)> {
    let mut ids = BTreeSet::new();
    let mut used = BTreeSet::new();
    let weighs = |weight: Option<f64>| match (rules.weights, weight) {
        (Weights::Given, Some(w)) => w.is_finite() && w > 0.0,
        (Weights::Given, None) => false,
        (_, w) => w.is_none_or(|w| w.is_finite() && w > 0.0),
    };
    for content in contents {
        let parts = content.factors.iter().map(|f| (&f.id, f.weight));
        for (id, weight) in std::iter::once((&content.id, content.weight)).chain(parts) {
            if id.is_empty() || !ids.insert(id) {
                return Some((
                    format!("the content or factor {id:?} is there twice or has no id"),
                    "give each an id of its own".to_owned(),
                ));
            }
            if !weighs(weight) {
                return Some((
                    format!("the weight of {id:?} is missing or not above 0"),
                    "write `weight = 1.0` or another number above 0".to_owned(),
                ));
            }
        }
        if content.factors.is_empty() {
            return Some((
                format!("the content {:?} has no factors", content.id),
                "write `factors = [{ id = \"…\", text = \"…\", questions = [\"…\"] }]`".to_owned(),
            ));
        }
        for factor in &content.factors {
            if factor.questions.is_empty() {
                return Some((
                    format!("the factor {:?} has no questions", factor.id),
                    "write the ids of its questions".to_owned(),
                ));
            }
            for question in &factor.questions {
                let known: Vec<&str> = questions.iter().map(|q| q.0).collect();
                match questions.iter().find(|q| q.0 == question) {
                    None => {
                        let near = super::design::nearest(question, &known);
                        return Some((
                            format!("there is no question {question:?}"),
                            near.map_or_else(
                                || "write the id of a question of this form".to_owned(),
                                |near| format!("did you mean {near:?}?"),
                            ),
                        ));
                    }
                    Some((_, false)) => {
                        return Some((
                            format!("no choice of {question:?} is satisfied or not"),
                            "write `satisfied = true` or `false` at its choices, or take the \
                             question out of the factor"
                                .to_owned(),
                        ));
                    }
                    Some((_, true)) if !used.insert(question) => {
                        return Some((
                            format!("the question {question:?} is in two factors"),
                            "leave it in one".to_owned(),
                        ));
                    }
                    Some(_) => {}
                }
            }
        }
    }
    None
}
