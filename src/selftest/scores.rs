//! What the mark model said of each box, beside what is true: how far marked
//! and empty boxes are apart, and whether its probabilities are what they say.

use serde::{Deserialize, Serialize};

use crate::read::explain::BoxEvidence;
use crate::read::{PageReading, Status};
use crate::synth::{Drawn, PageTruth, QuestionTruth};

use super::interval::clopper_pearson_95;

/// Width of a bin, in log-odds.
pub const BIN: f64 = 0.5;
/// Log-odds beyond are put into the last bin: far outside of what the model's
/// curves add up to.
const MOST: f64 = 60.0;

/// Boxes whose log-odds lie within one bin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct ScoreBin {
    /// Where it begins, in half units of log-odds (see [`BIN`]).
    pub from_halves: i32,
    /// Boxes that the respondent marked, in or at the box.
    pub marked: u64,
    /// Boxes that the respondent marked by a ring around them: the model judges
    /// what is inside, a rule looks for rings.
    pub ringed: u64,
    /// Boxes that the respondent left empty, or where the pen only rested.
    pub empty: u64,
    /// Boxes whose mark was taken back: ink, but no choice.
    pub taken_back: u64,
    /// Sum of the probabilities of the marked and the empty ones, in
    /// thousand-millionths: whole numbers add up the same in any order.
    pub expected_e9: u64,
}

/// One line of the calibration table: what was predicted, what was true.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Reliability {
    /// Log-odds from …
    pub from: f64,
    /// … to.
    pub to: f64,
    /// Boxes; ringed and taken back ones are left out.
    pub boxes: u64,
    /// Of them marked.
    pub marked: u64,
    /// Mean of the model's probabilities.
    pub predicted: f64,
    /// Share that is marked.
    pub observed: f64,
    /// Its exact 95 % interval, as if boxes were independent.
    pub low_95: f64,
    /// Its upper end.
    pub high_95: f64,
}

/// Scores of all boxes that the model judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct MarkScores {
    /// Bins that are not empty, in rising order.
    pub bins: Vec<ScoreBin>,
    /// Boxes that were out of sight or covered: a person looks, whatever their
    /// score.
    pub hidden: u64,
    /// The calibration table.
    pub reliability: Vec<Reliability>,
}

impl MarkScores {
    /// Takes in a page; `evidence` is in the order of the reading's marks.
    pub(super) fn add(
        &mut self,
        truth: &PageTruth,
        reading: &PageReading,
        evidence: &[BoxEvidence],
    ) {
        // A page that was refused has marks that are not used.
        if evidence.len() != reading.marks.len() || reading.status == Status::Unreadable {
            return;
        }
        for (mark, seen) in reading.marks.iter().zip(evidence) {
            let of = |q: &&QuestionTruth| q.id == mark.question;
            let Some(b) = truth
                .questions
                .iter()
                .find(of)
                .and_then(|q| q.boxes.iter().find(|b| b.choice == mark.choice))
            else {
                continue;
            };
            if seen.hidden {
                self.hidden += 1;
                continue;
            }
            let bin = self.bin(seen.log_odds);
            match (b.marked, b.drawn) {
                (true, Some(Drawn::Ring)) => {
                    bin.ringed += 1;
                    continue;
                }
                (true, _) => bin.marked += 1,
                (false, None | Some(Drawn::Hesitation)) => bin.empty += 1,
                (false, Some(_)) => {
                    bin.taken_back += 1;
                    continue;
                }
            }
            let p = 1.0 / (1.0 + libm::exp(-seen.log_odds));
            bin.expected_e9 += (p * 1e9).round() as u64;
        }
    }

    fn bin(&mut self, log_odds: f64) -> &mut ScoreBin {
        let from_halves = (log_odds.clamp(-MOST, MOST) / BIN).floor() as i32;
        let at = match self
            .bins
            .binary_search_by_key(&from_halves, |b| b.from_halves)
        {
            Ok(at) => at,
            Err(at) => {
                let bin = ScoreBin {
                    from_halves,
                    marked: 0,
                    ringed: 0,
                    empty: 0,
                    taken_back: 0,
                    expected_e9: 0,
                };
                self.bins.insert(at, bin);
                at
            }
        };
        &mut self.bins[at]
    }

    /// Takes in what was counted elsewhere.
    pub(super) fn merge(&mut self, other: &Self) {
        self.hidden += other.hidden;
        for o in &other.bins {
            let bin = self.bin(f64::from(o.from_halves) * BIN);
            bin.marked += o.marked;
            bin.ringed += o.ringed;
            bin.empty += o.empty;
            bin.taken_back += o.taken_back;
            bin.expected_e9 += o.expected_e9;
        }
    }

    /// Works out the calibration table: two bins a line.
    pub(super) fn finish(&mut self) {
        self.reliability.clear();
        let mut at = 0;
        while at < self.bins.len() {
            let unit = self.bins[at].from_halves.div_euclid(2);
            let (mut marked, mut boxes, mut expected_e9) = (0, 0, 0);
            while let Some(bin) = self
                .bins
                .get(at)
                .filter(|b| b.from_halves.div_euclid(2) == unit)
            {
                marked += bin.marked;
                boxes += bin.marked + bin.empty;
                expected_e9 += bin.expected_e9;
                at += 1;
            }
            if boxes == 0 {
                continue;
            }
            let n = boxes as f64;
            let [low_95, high_95] = clopper_pearson_95(marked as f64, n);
            self.reliability.push(Reliability {
                from: f64::from(unit),
                to: f64::from(unit + 1),
                boxes,
                marked,
                predicted: expected_e9 as f64 / 1e9 / n,
                observed: marked as f64 / n,
                low_95,
                high_95,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::compare::tests::perfect;
    use super::*;
    use crate::read::Features;
    use crate::synth::{Level, Simulator};

    fn seen(log_odds: f64) -> BoxEvidence {
        BoxEvidence {
            features: Features::default(),
            log_odds,
            hidden: false,
            explained: false,
            trace: false,
            beside: false,
        }
    }

    #[test]
    fn every_box_is_in_one_bin_with_its_truth() {
        let layout = crate::synth::sample::layout();
        let truth = Simulator::new(&layout, Level::Clean, 4).plan(0).remove(0);
        let reading = perfect(&truth);
        let evidence: Vec<BoxEvidence> = reading
            .marks
            .iter()
            .map(|m| seen(if m.score > 0.5 { 3.2 } else { -7.9 }))
            .collect();
        let mut scores = MarkScores::default();
        scores.add(&truth, &reading, &evidence);
        let mut twice = scores.clone();
        twice.merge(&scores);
        twice.finish();
        scores.finish();
        let marked = reading.marks.iter().filter(|m| m.score > 0.5).count() as u64;
        let empty = reading.marks.len() as u64 - marked;
        assert_eq!(scores.bins.len(), 2);
        assert_eq!(
            (scores.bins[0].from_halves, scores.bins[0].empty),
            (-16, empty)
        );
        assert_eq!(
            (scores.bins[1].from_halves, scores.bins[1].marked),
            (6, marked)
        );
        assert_eq!(twice.bins[1].marked, 2 * marked);
        let [low, high] = &scores.reliability[..] else {
            panic!("{:?}", scores.reliability);
        };
        assert_eq!((low.marked, low.boxes), (0, empty));
        assert!((low.predicted - 3.7e-4).abs() < 1e-5, "{low:?}");
        assert_eq!((high.from, high.to, high.observed), (3.0, 4.0, 1.0));
        assert!((high.predicted - 0.9608).abs() < 1e-3 && high.low_95 < 1.0);
    }

    /// Nobody uses the score of a box that is out of sight.
    #[test]
    fn hidden_boxes_are_only_counted() {
        let layout = crate::synth::sample::layout();
        let truth = Simulator::new(&layout, Level::Clean, 4).plan(0).remove(0);
        let reading = perfect(&truth);
        let hidden = BoxEvidence {
            hidden: true,
            ..seen(9.0)
        };
        let mut scores = MarkScores::default();
        scores.add(&truth, &reading, &vec![hidden; reading.marks.len()]);
        assert_eq!(scores.bins, []);
        assert_eq!(scores.hidden, reading.marks.len() as u64);
    }
}
