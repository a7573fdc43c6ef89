//! Learns the curves: logistic regression on the pieces of the polylines, each
//! piece's rise held at or above zero, by coordinate descent with Newton's steps
//! (as in liblinear: Chang, Hsieh and Lin, "Coordinate descent method for
//! large-scale L2-loss linear SVM", 2008, here for the logistic loss).

use super::collect::{Label, SampledBox};
use super::rounded;
use crate::read::Feature;
use crate::read::model::{Curve, MarkModel};

/// Where the curves may bend: densest where a mark begins to be one.
fn places(feature: Feature) -> &'static [f64] {
    match feature {
        Feature::Shade => &[0.0, 0.03, 0.06, 0.1, 0.15, 0.25, 0.4],
        Feature::Span => &[0.0, 0.15, 0.3, 0.5, 0.7],
        Feature::Depth => &[0.0, 0.1, 0.2, 0.35, 0.5, 0.7, 0.9],
        Feature::Firm => &[0.0, 0.06, 0.12, 0.25, 0.5, 0.75, 1.0],
        Feature::Extent => &[0.0, 0.15, 0.3, 0.45, 0.6, 0.8, 1.0],
        Feature::Darkness => &[0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0],
    }
}

/// Pull of every rise towards zero: that of one box in ten against it. Rises
/// that the data say nothing about stay at zero.
const RIDGE: f64 = 0.1;
/// Rounds over all rises; it has settled long before.
const ROUNDS: usize = 400;
/// A round that moves no rise by more than this is the last.
const SETTLED: f64 = 1e-3;
/// Smallest curvature that a step is divided by.
const FLATTEST: f64 = 1e-9;

/// Boxes for which a piece is not at its start: box and value, 0 to 1.
struct Column {
    entries: Vec<(u32, f32)>,
    rise: f64,
}

/// Log-odds of an empty box, and the curves.
pub(super) fn fit(boxes: &[&SampledBox]) -> (f64, Vec<Curve>) {
    let truth: Vec<f64> = boxes
        .iter()
        .map(|b| f64::from(u8::from(b.label == Some(Label::Mark))))
        .collect();
    let mut columns: Vec<Column> = Feature::ALL
        .iter()
        .flat_map(|&f| places(f).windows(2).map(move |w| (f, w)))
        .map(|(f, w)| Column {
            entries: boxes
                .iter()
                .enumerate()
                .filter_map(|(i, b)| {
                    let x = b.evidence.features.values[f as usize];
                    let v = ((x - w[0]) / (w[1] - w[0])).clamp(0.0, 1.0);
                    (v > 0.0).then_some((i as u32, v as f32))
                })
                .collect(),
            rise: 0.0,
        })
        .collect();
    let mut bias = 0.0;
    let mut odds = vec![0.0f64; boxes.len()];
    for _ in 0..ROUNDS {
        let (mut slope, mut bend) = (0.0, FLATTEST);
        for (z, y) in odds.iter().zip(&truth) {
            let p = 1.0 / (1.0 + libm::exp(-z));
            slope += p - y;
            bend += p * (1.0 - p);
        }
        // Far from the end a full step overshoots where the curve is flat.
        let step = (-slope / bend).clamp(-1.0, 1.0);
        bias += step;
        odds.iter_mut().for_each(|z| *z += step);
        let mut moved = step.abs();
        for column in &mut columns {
            let (mut slope, mut bend) = (RIDGE * column.rise, RIDGE);
            for &(i, v) in &column.entries {
                let p = 1.0 / (1.0 + libm::exp(-odds[i as usize]));
                let v = f64::from(v);
                slope += (p - truth[i as usize]) * v;
                bend += p * (1.0 - p) * v * v;
            }
            let to = (column.rise + (-slope / bend).clamp(-1.0, 1.0)).max(0.0);
            let step = to - column.rise;
            if step == 0.0 {
                continue;
            }
            column.rise = to;
            for &(i, v) in &column.entries {
                odds[i as usize] += step * f64::from(v);
            }
            moved = moved.max(step.abs());
        }
        if moved < SETTLED {
            break;
        }
    }
    let mut rises = columns.iter().map(|c| c.rise);
    let curves = Feature::ALL
        .iter()
        .map(|&feature| {
            let at = places(feature).to_vec();
            let mut sum = 0.0;
            let mut adds = vec![0.0];
            adds.extend(rises.by_ref().take(at.len() - 1).map(|rise| {
                sum += rise;
                rounded(sum)
            }));
            Curve { feature, at, adds }
        })
        .collect();
    (rounded(bias), curves)
}

/// Mean logarithmic loss per box, of boxes that a model may judge.
pub(super) fn log_loss<'a>(model: &MarkModel, boxes: impl Iterator<Item = &'a SampledBox>) -> f64 {
    let (mut sum, mut n) = (0.0, 0u64);
    for b in boxes.filter(|b| !b.evidence.hidden && !b.evidence.explained) {
        let Some(label) = b.label else { continue };
        let z = model.log_odds(&b.evidence.features);
        let towards = if label == Label::Mark { -z } else { z };
        sum += libm::log1p(libm::exp(-towards.abs())) + towards.max(0.0);
        n += 1;
    }
    rounded(1000.0 * sum / n.max(1) as f64) / 1000.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::read::Features;
    use crate::read::explain::BoxEvidence;

    fn sampled(values: [f64; 6], label: Label) -> SampledBox {
        SampledBox {
            evidence: BoxEvidence {
                features: Features { values },
                log_odds: 0.0,
                hidden: false,
                explained: false,
                trace: false,
                beside: false,
            },
            marked: label == Label::Mark,
            label: Some(label),
        }
    }

    /// Marks have long strokes, dirt has not; darkness says nothing and a
    /// feature that speaks against marks is not believed.
    #[test]
    fn curves_follow_what_is_true_and_never_fall() {
        let boxes: Vec<SampledBox> = (0..4000)
            .map(|i| {
                let t = f64::from(i % 100) / 100.0;
                let mark = i % 2 == 0;
                let extent = if mark { 0.4 + 0.6 * t } else { 0.5 * t };
                let depth = if mark { 0.0 } else { 0.8 };
                let label = if mark { Label::Mark } else { Label::Empty };
                sampled([0.0, 0.0, depth, 0.0, extent, t], label)
            })
            .collect();
        let (bias, curves) = fit(&boxes.iter().collect::<Vec<_>>());
        let total = |f: Feature| *curves[f as usize].adds.last().unwrap();
        assert!(bias < -2.0, "{bias}");
        assert!(total(Feature::Extent) > 4.0, "{curves:?}");
        assert!(total(Feature::Depth) == 0.0, "{curves:?}");
        assert!(total(Feature::Darkness) < 1.0, "{curves:?}");
        for c in &curves {
            assert!(c.adds.windows(2).all(|w| w[0] <= w[1]));
        }
    }
}
