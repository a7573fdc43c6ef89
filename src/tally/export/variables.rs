//! Answers as variables: a number for each question, or one for each choice where
//! several may be marked. The names are legal and unique in SPSS.

use std::collections::BTreeSet;

use super::ballots::{ExportForm, is_single};
use crate::store::{BallotState, Packed};

/// Nothing was marked.
pub(super) const BLANK: i32 = -1;
/// More was marked than the question takes.
pub(super) const INVALID: i32 = -2;
/// It waits for a person.
pub(super) const PENDING: i32 = -3;

/// The columns before the answers.
pub(super) const FIXED: [&str; 8] = [
    "form", "version", "serial", "unit", "box", "channel", "day", "state",
];

/// Words that SPSS keeps for itself (IBM SPSS Statistics Command Syntax Reference,
/// "Variable Names").
const RESERVED: [&str; 13] = [
    "ALL", "AND", "BY", "EQ", "GE", "GT", "LE", "LT", "NE", "NOT", "OR", "TO", "WITH",
];

/// Longest name that SPSS takes, bytes.
const LONGEST_NAME: usize = 64;

/// A column of answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Variable {
    /// Its name.
    pub name: String,
    /// Place of its question in the form.
    pub question: usize,
    /// Of a question with several answers: the place of its choice.
    pub choice: Option<usize>,
}

impl Variable {
    /// What it is about: the question, with the choice where it is one of several.
    pub(super) fn in_words(&self, form: &ExportForm) -> String {
        let q = &form.questions[self.question];
        match self.choice {
            None => q.in_words(),
            Some(c) => format!("{}: {}", q.in_words(), q.choices[c].in_words()),
        }
    }

    /// The value of a ballot; `None` (an empty cell) of a rejected one, which is in
    /// no question. Every question of a pending ballot is pending.
    pub(super) fn value(&self, state: BallotState, answers: &[Packed]) -> Option<i32> {
        match (state, answers.get(self.question)) {
            (BallotState::Rejected, _) => None,
            (BallotState::Pending, _) | (_, None | Some(Packed::Pending)) => Some(PENDING),
            (_, Some(Packed::Blank)) => Some(BLANK),
            (_, Some(Packed::Invalid)) => Some(INVALID),
            (_, Some(Packed::Answered(chosen))) => match self.choice {
                Some(choice) => Some(i32::from(chosen.contains(&choice))),
                None => match chosen.as_slice() {
                    [one] => i32::try_from(one + 1).ok(),
                    _ => Some(INVALID),
                },
            },
        }
    }
}

/// The variables of a form, in the order of the paper.
pub(super) fn variables(form: &ExportForm) -> Vec<Variable> {
    let mut taken: BTreeSet<String> = FIXED.iter().map(|f| f.to_uppercase()).collect();
    let mut out = Vec::new();
    for (question, q) in form.questions.iter().enumerate() {
        if is_single(q) {
            let name = legal(&q.id, &mut taken);
            out.push(Variable {
                name,
                question,
                choice: None,
            });
        } else {
            for (choice, c) in q.choices.iter().enumerate() {
                let name = legal(&format!("{}_{}", q.id, c.id), &mut taken);
                out.push(Variable {
                    name,
                    question,
                    choice: Some(choice),
                });
            }
        }
    }
    out
}

/// A name that is legal and that no other variable has, upper and lower case alike.
fn legal(id: &str, taken: &mut BTreeSet<String>) -> String {
    let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '_' };
    let mut name: String = id.chars().map(plain).take(LONGEST_NAME).collect();
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) {
        name.insert_str(0, "v_");
        name.truncate(LONGEST_NAME);
    }
    // A name that ends in an underscore may collide with those that commands make.
    while name.ends_with('_') {
        name.pop();
    }
    if RESERVED.contains(&name.to_uppercase().as_str()) || name == "v" {
        name.push_str("_1");
    }
    let mut unique = name.clone();
    let mut n = 1;
    while !taken.insert(unique.to_uppercase()) {
        n += 1;
        let tail = format!("_{n}");
        let room = LONGEST_NAME - tail.len();
        unique = format!("{}{tail}", name.get(..room).unwrap_or(&name));
    }
    unique
}

/// A text that begins like a formula is one to a spreadsheet: an apostrophe before it
/// keeps it a text (OWASP, "CSV Injection"). Breaks in lines become blanks.
pub(crate) fn safe(text: &str) -> String {
    let flat: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if flat.starts_with(['=', '+', '-', '@']) {
        format!("'{flat}")
    } else {
        flat
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_that_spss_keeps_or_has_are_changed() {
        let mut taken: BTreeSet<String> = FIXED.iter().map(|f| f.to_uppercase()).collect();
        let names: Vec<String> = ["q1", "Q1", "q-1", "q_1", "to", "1a", "state", "câu", "-"]
            .iter()
            .map(|id| legal(id, &mut taken))
            .collect();
        let meant = [
            "q1", "Q1_2", "q_1", "q_1_2", "to_1", "v_1a", "state_2", "c_u", "v_1",
        ];
        assert_eq!(names, meant);
    }

    #[test]
    fn what_begins_like_a_formula_is_a_text() {
        assert_eq!(safe("=1+1"), "'=1+1");
        assert_eq!(safe("a\nb"), "a b");
    }

    proptest! {
        #[test]
        fn every_name_is_legal_and_unique(ids in prop::collection::vec("\\PC{0,80}", 1..40)) {
            let mut taken = BTreeSet::new();
            let names: Vec<String> = ids.iter().map(|id| legal(id, &mut taken)).collect();
            let upper: BTreeSet<String> = names.iter().map(|n| n.to_uppercase()).collect();
            prop_assert_eq!(upper.len(), names.len());
            for name in &names {
                prop_assert!(name.len() <= LONGEST_NAME);
                prop_assert!(name.starts_with(|c: char| c.is_ascii_alphabetic()), "{}", name);
                prop_assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_'));
                prop_assert!(!name.ends_with('_'), "{}", name);
                prop_assert!(!RESERVED.contains(&name.to_uppercase().as_str()));
            }
        }
    }
}
