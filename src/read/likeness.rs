//! How much a mark looks like the sheet's others. One hand's crosses resemble each other
//! wherever in their boxes they lie; a short word, a bracket or a question mark resembles
//! none of them, however much ink it leaves in its box. (A seven, a four and the head of
//! an arrow do.)

use super::boxes::BoxesRead;
use super::compose::HAND_OF;
use super::ink::Shape;
use super::reason::Reason;
use super::template::BoxTemplate;

/// So many of the sheet's marks, evenly taken, are compared with: enough to know the hand
/// by, and no more time for a sheet of fifty marks than for one of ten.
const COMPARED: usize = 8;

/// A mark is like the sheet's others if it is like this share of them: a hand that ticks
/// one question in three and crosses the rest makes both.
const SHARE: f64 = 0.25;

/// A mark that is so much less like the others than they are like each other is none of
/// them. One of the two strokes of a cross has 0.71 (the square root of a half) in common
/// with the whole; a steeper slash among crosses has less, and asks. Of 5,970 plain marks
/// on sheets by other hands, ordinary and bad ones, 6 were less like the others, ticks among
/// crosses mostly; of 220 words, numbers, arrows, brackets and ends of longer strokes that
/// were made to look like marks, and read as answers, 101. (With 0.72 it was 19 and 121,
/// with 0.75 30 and 142.)
const UNLIKE: f64 = 0.68;

/// The sheet's marks that others are compared with.
pub(super) struct Others<'a> {
    out: &'a BoxesRead,
    templates: &'a [BoxTemplate],
    questions: &'a [usize],
    /// Their boxes, …
    boxes: Vec<usize>,
    /// … where the ink of each lies, …
    shapes: Vec<Shape>,
    /// … and how like it is to each other one.
    among: Vec<Vec<f64>>,
}

impl<'a> Others<'a> {
    /// Of the boxes that are marked inside.
    pub fn of(out: &'a BoxesRead, templates: &'a [BoxTemplate], questions: &'a [usize]) -> Self {
        let marked = out.marked_inside();
        let taken = marked.len().min(COMPARED);
        let boxes: Vec<usize> = (0..taken)
            .map(|k| marked[k * marked.len() / taken])
            .collect();
        let shape = |&i: &usize| out.measuring.shape(i, &templates[i]);
        let shapes: Vec<Shape> = boxes.iter().map(shape).collect();
        let mut among = vec![vec![0.0; taken]; taken];
        for a in 0..taken {
            for b in a + 1..taken {
                let likeness = shapes[a].likeness(&shapes[b]);
                (among[a][b], among[b][a]) = (likeness, likeness);
            }
        }
        Self {
            out,
            templates,
            questions,
            boxes,
            shapes,
            among,
        }
    }

    /// How like what is in a box is to the marks of other questions, where 1 is as like as
    /// these are to each other; `None` where there are not so many that they show a hand.
    pub fn likeness(&self, i: usize) -> Option<f64> {
        let others: Vec<usize> = (0..self.boxes.len())
            .filter(|&k| self.questions[self.boxes[k]] != self.questions[i])
            .collect();
        if others.len() < HAND_OF {
            return None;
        }
        let own = if let Some(k) = self.boxes.iter().position(|&b| b == i) {
            others.iter().map(|&m| self.among[k][m]).collect()
        } else {
            let shape = self.out.measuring.shape(i, &self.templates[i]);
            let like = |&m: &usize| shape.likeness(&self.shapes[m]);
            others.iter().map(like).collect()
        };
        let theirs = |&k: &usize| {
            let rest = others.iter().filter(|&&m| m != k);
            at_share(rest.map(|&m| self.among[k][m]).collect(), SHARE)
        };
        let usual = at_share(others.iter().map(theirs).collect(), 0.5);
        (usual > 0.0).then(|| at_share(own, SHARE) / usual)
    }
}

/// The value that this share of some values is no less than.
fn at_share(mut values: Vec<f64>, share: f64) -> f64 {
    values.sort_by(|a, b| b.total_cmp(a));
    let at = (share * values.len() as f64) as usize;
    values.get(at).copied().unwrap_or(0.0)
}

/// Doubts marks that look like none of the sheet's others. (What is asked about already
/// stays as it is.)
pub(crate) fn doubt_unlike(out: &mut BoxesRead, templates: &[BoxTemplate], questions: &[usize]) {
    let marked = out.marked_inside();
    if marked.len() <= HAND_OF {
        return;
    }
    let others = Others::of(out, templates, questions);
    let unlike = |&i: &usize| others.likeness(i).is_some_and(|like| like < UNLIKE);
    let found: Vec<usize> = marked.into_iter().filter(unlike).collect();
    for i in found {
        out.doubt(i, Reason::Unlike);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_that_a_share_reaches() {
        let values = vec![0.3, 0.9, 0.8, 0.1];
        assert!((at_share(values.clone(), 0.25) - 0.8).abs() < 1e-9);
        assert!((at_share(values, 0.5) - 0.3).abs() < 1e-9);
        assert!((at_share(vec![0.7], 0.25) - 0.7).abs() < 1e-9);
        assert!(at_share(Vec::new(), 0.5).abs() < 1e-9);
    }
}
