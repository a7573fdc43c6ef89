//! All answers of a ballot in a few bytes: one for each question, more where several
//! choices may be marked. A million ballots fit into memory so, and into a column.

use crate::form::{Layout, QuestionKind};
use crate::read::{Answer, AnswerState};

/// Nothing is marked.
const BLANK: u8 = 0xf0;
/// More is marked than the question takes.
const INVALID: u8 = 0xf1;
/// It waits for a person, or its page was not read.
const PENDING: u8 = 0xf2;
/// Answered: the choices follow, a bit each.
const SEVERAL: u8 = 0xf3;

/// Most choices of a single question that fit below the other codes.
const MOST_CHOICES: usize = BLANK as usize;

/// What a packed ballot says of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Packed {
    /// These choices, by their places in the question.
    Answered(Vec<usize>),
    /// Nothing is marked.
    Blank,
    /// More is marked than it takes.
    Invalid,
    /// It waits for a person.
    Pending,
}

/// A question in packed ballots.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackedQuestion {
    /// Its id.
    pub id: String,
    /// One answer or several.
    pub kind: QuestionKind,
    /// Ids of its choices.
    pub choices: Vec<String>,
    /// Its first byte.
    at: usize,
    /// Bytes of choices after the first.
    bits: usize,
}

/// How the ballots of a form are packed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packing {
    /// The questions in the order of the paper.
    pub questions: Vec<PackedQuestion>,
    len: usize,
}

impl Packing {
    /// The packing of a form.
    #[must_use]
    pub fn of(layout: &Layout) -> Self {
        let mut len = 0;
        let questions = layout
            .questions
            .iter()
            .map(|q| {
                let plain = q.kind == QuestionKind::Single && q.choices.len() < MOST_CHOICES;
                let bits = if plain {
                    0
                } else {
                    q.choices.len().div_ceil(8)
                };
                let at = len;
                len += 1 + bits;
                PackedQuestion {
                    id: q.id.clone(),
                    kind: q.kind,
                    choices: q.choices.clone(),
                    at,
                    bits,
                }
            })
            .collect();
        Self { questions, len }
    }

    /// Bytes of a ballot.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.len
    }

    /// Packs a ballot. What `answer` does not know is pending, and so is an answer
    /// with a choice that the form does not have.
    #[must_use]
    pub fn pack<'a>(&self, answer: impl Fn(&str) -> Option<&'a Answer>) -> Vec<u8> {
        let mut out = vec![0; self.len];
        for q in &self.questions {
            out[q.at] = match answer(&q.id) {
                None => PENDING,
                Some(answer) => match answer.state {
                    AnswerState::Blank => BLANK,
                    AnswerState::Overvote => INVALID,
                    AnswerState::Marginal | AnswerState::Corrected => PENDING,
                    AnswerState::Answered => q.answered(&answer.choices, &mut out),
                },
            };
        }
        out
    }

    /// The answer to a question of a packed ballot; `None` where the bytes are not
    /// those of a ballot of this form.
    #[must_use]
    pub fn answer(&self, question: usize, packed: &[u8]) -> Option<Packed> {
        let q = self.questions.get(question)?;
        if packed.len() != self.len {
            return None;
        }
        Some(match packed[q.at] {
            BLANK => Packed::Blank,
            INVALID => Packed::Invalid,
            PENDING => Packed::Pending,
            SEVERAL if q.bits > 0 => {
                let bits = &packed[q.at + 1..=q.at + q.bits];
                let marked = |i: &usize| bits[i / 8] >> (i % 8) & 1 == 1;
                let chosen: Vec<usize> = (0..q.choices.len()).filter(marked).collect();
                let all = bits.iter().map(|b| b.count_ones() as usize).sum::<usize>();
                if chosen.is_empty() || chosen.len() != all {
                    return None;
                }
                Packed::Answered(chosen)
            }
            code if q.bits == 0 && usize::from(code) < q.choices.len() => {
                Packed::Answered(vec![usize::from(code)])
            }
            _ => return None,
        })
    }

    /// Is this a packed ballot of this form?
    #[must_use]
    pub fn fits(&self, packed: &[u8]) -> bool {
        (0..self.questions.len()).all(|q| self.answer(q, packed).is_some())
    }

    /// The code of a question's answer: for a question with one answer the place of
    /// its choice, else a code above every choice.
    #[must_use]
    pub(crate) fn code(&self, question: usize, packed: &[u8]) -> u8 {
        self.questions
            .get(question)
            .and_then(|q| packed.get(q.at))
            .copied()
            .unwrap_or(PENDING)
    }
}

/// The code of [`Packing::code`] that says that nothing is marked.
pub(crate) const BLANK_CODE: u8 = BLANK;

impl PackedQuestion {
    fn answered(&self, choices: &[String], out: &mut [u8]) -> u8 {
        let places: Option<Vec<usize>> = choices
            .iter()
            .map(|c| self.choices.iter().position(|known| known == c))
            .collect();
        match places.as_deref() {
            None => PENDING,
            Some([]) => BLANK,
            Some([one]) if self.bits == 0 => u8::try_from(*one).unwrap_or(PENDING),
            Some(_) if self.bits == 0 => INVALID,
            Some(places) => {
                for i in places {
                    out[self.at + 1 + i / 8] |= 1 << (i % 8);
                }
                SEVERAL
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;
    use crate::form::{Correction, QuestionSpec};

    fn layout(questions: &[(bool, usize)]) -> Layout {
        Layout {
            form: "thu".into(),
            version: 1,
            digest: String::new(),
            correction: Correction::None,
            questions: questions
                .iter()
                .enumerate()
                .map(|(i, (single, n))| QuestionSpec {
                    id: format!("q{i}"),
                    kind: if *single {
                        QuestionKind::Single
                    } else {
                        QuestionKind::Multiple
                    },
                    choices: (0..*n).map(|c| format!("c{c}")).collect(),
                    max_choices: None,
                })
                .collect(),
            pages: Vec::new(),
        }
    }

    fn answers() -> impl Strategy<Value = Vec<(bool, usize, u8, u64)>> {
        prop::collection::vec((any::<bool>(), 1_usize..30, 0_u8..5, any::<u64>()), 1..12)
    }

    proptest! {
        #[test]
        fn what_is_packed_comes_out_again(given in answers()) {
            let shape: Vec<(bool, usize)> = given.iter().map(|g| (g.0, g.1)).collect();
            let packing = Packing::of(&layout(&shape));
            let mut meant = Vec::new();
            let mut by_id = BTreeMap::new();
            for (i, (single, n, state, seed)) in given.iter().enumerate() {
                let chosen: Vec<usize> = if *single {
                    vec![*seed as usize % n]
                } else {
                    (0..*n).filter(|c| seed >> c & 1 == 1).collect()
                };
                let state = match state {
                    0 => AnswerState::Blank,
                    1 => AnswerState::Overvote,
                    2 => AnswerState::Marginal,
                    _ => AnswerState::Answered,
                };
                meant.push(match state {
                    AnswerState::Blank => Packed::Blank,
                    AnswerState::Overvote => Packed::Invalid,
                    AnswerState::Answered if chosen.is_empty() => Packed::Blank,
                    AnswerState::Answered => Packed::Answered(chosen.clone()),
                    _ => Packed::Pending,
                });
                let choices = chosen.iter().map(|c| format!("c{c}")).collect();
                by_id.insert(format!("q{i}"), Answer { state, choices });
            }
            let packed = packing.pack(|id| by_id.get(id));
            prop_assert_eq!(packed.len(), packing.bytes());
            prop_assert!(packing.fits(&packed));
            for (i, meant) in meant.iter().enumerate() {
                let answer = packing.answer(i, &packed);
                prop_assert_eq!(answer.as_ref(), Some(meant));
            }
        }

        #[test]
        fn foreign_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let packing = Packing::of(&layout(&[(true, 3), (false, 9), (true, 2)]));
            let _ = packing.fits(&bytes);
        }
    }
}
