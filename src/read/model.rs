//! The mark model: what the figures of a box say of whether it is marked.
//!
//! A generalised additive model (Hastie and Tibshirani, "Generalized Additive
//! Models", 1986): the log-odds of a mark are a sum of one curve for each
//! [`Feature`], each a polyline that never falls. So more ink never makes a mark
//! less likely, whatever was learned, and a person can read off each curve what
//! it contributes. Curves and limits are learned from simulated sheets
//! ([`crate::fit`]) and kept in a versioned file, `model/marks.toml`.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};

use super::features::{Feature, Features};

/// Version of the file's format and of what the features mean.
pub const MODEL_VERSION: u32 = 1;

/// The file that ships.
const SHIPPED: &str = include_str!("../../model/marks.toml");

/// Why a model cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// Not TOML, or not of this shape.
    #[error("the mark model is not readable: {0}")]
    Parse(#[from] toml::de::Error),
    /// Made for another version of the reader.
    #[error("the mark model is of version {found}, this program reads version {MODEL_VERSION}")]
    Version {
        /// Version in the file.
        found: u32,
    },
    /// A curve is missing, doubled, or falls.
    #[error("the mark model's curve of {feature:?} {what}")]
    Curve {
        /// Whose curve.
        feature: Feature,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The limits are not in order.
    #[error(
        "the mark model's limits are not in order: alone {alone}, unmarked {unmarked}, marked {marked}"
    )]
    Limits {
        /// [`Limits::alone`].
        alone: f64,
        /// [`Limits::unmarked`].
        unmarked: f64,
        /// [`Limits::marked`].
        marked: f64,
    },
}

/// What one feature contributes to the log-odds: a polyline, level beyond its
/// ends.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Curve {
    /// Of what.
    pub feature: Feature,
    /// Values of the feature, rising.
    pub at: Vec<f64>,
    /// Log-odds there, never falling; 0 at the first.
    pub adds: Vec<f64>,
}

impl Curve {
    fn value(&self, x: f64) -> f64 {
        let Some(k) = self.at.iter().rposition(|a| *a <= x) else {
            return 0.0;
        };
        let (here, next) = (self.adds[k], self.adds.get(k + 1));
        match (next, self.at.get(k + 1)) {
            (Some(next), Some(to)) => {
                let t = (x - self.at[k]) / (to - self.at[k]);
                here + t * (next - here)
            }
            _ => here,
        }
    }

    fn check(&self) -> Result<(), ModelError> {
        let fails = |what| {
            Err(ModelError::Curve {
                feature: self.feature,
                what,
            })
        };
        let rises = |v: &[f64], strictly: bool| {
            v.iter().all(|x| x.is_finite())
                && v.windows(2)
                    .all(|w| w[0] < w[1] || (!strictly && w[0] <= w[1]))
        };
        if self.at.is_empty() || self.at.len() != self.adds.len() {
            return fails("has not as many values as places");
        }
        if !rises(&self.at, true) {
            return fails("has places that do not rise");
        }
        if !rises(&self.adds, false) {
            return fails("falls");
        }
        Ok(())
    }
}

/// Limits on the log-odds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// From here a box is marked.
    pub marked: f64,
    /// Below this a box is empty, where its question has a plain mark.
    pub unmarked: f64,
    /// Below this a box is empty, where nothing of its question is plainly
    /// marked: then one of its boxes is probably meant.
    pub alone: f64,
}

/// What a silent error rate costs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Price {
    /// Wanted silent errors per box.
    pub silent_error_rate: f64,
    /// The limits that give it.
    pub limits: Limits,
    /// Share of clear questions that the model then leaves to a person, in
    /// sheets of the office level that it was not learned from; other doubts
    /// (folds, stamps, corrections) come on top.
    pub flagged_office: f64,
    /// The same at the hard level.
    pub flagged_hard: f64,
}

/// Where the model comes from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// The command that makes the same file again.
    pub command: String,
    /// Boxes that the curves were learned from.
    pub boxes: u64,
    /// Marks among them.
    pub marks: u64,
    /// Other boxes, of other sheets, that the limits were set by.
    pub held_out: u64,
    /// Mean logarithmic loss per box on those.
    pub log_loss: f64,
}

/// The model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkModel {
    /// [`MODEL_VERSION`].
    pub version: u32,
    /// Silent errors per box that the limits in use were set for.
    pub silent_error_rate: f64,
    /// Log-odds of an empty box.
    pub bias: f64,
    /// The limits in use.
    pub limits: Limits,
    /// Where it comes from.
    pub origin: Origin,
    /// One for each feature.
    pub curves: Vec<Curve>,
    /// Other rates and what they cost.
    pub prices: Vec<Price>,
}

static USED: LazyLock<(MarkModel, String)> = LazyLock::new(|| {
    let model = MarkModel::parse(SHIPPED).unwrap_or_else(|_| MarkModel::undecided());
    let digest = blake3::hash(SHIPPED.as_bytes()).to_hex()[..12].to_owned();
    (model, format!("marks-{MODEL_VERSION}-{digest}"))
});

impl MarkModel {
    /// The model that ships.
    #[must_use]
    pub fn shipped() -> &'static Self {
        &USED.0
    }

    /// Name of the model that ships: its version and twelve digits of the
    /// file's BLAKE3. Recorded with every reading.
    #[must_use]
    pub fn shipped_id() -> &'static str {
        &USED.1
    }

    /// From the text of a file.
    ///
    /// # Errors
    /// [`ModelError`].
    pub fn parse(text: &str) -> Result<Self, ModelError> {
        let model: Self = toml::from_str(text)?;
        if model.version != MODEL_VERSION {
            return Err(ModelError::Version {
                found: model.version,
            });
        }
        for feature in Feature::ALL {
            let mut of = model.curves.iter().filter(|c| c.feature == feature);
            let fails = |what| Err(ModelError::Curve { feature, what });
            match (of.next(), of.next()) {
                (Some(curve), None) => curve.check()?,
                (None, _) => return fails("is missing"),
                _ => return fails("stands twice"),
            }
        }
        let Limits {
            marked,
            unmarked,
            alone,
        } = model.limits;
        if !(alone <= unmarked && unmarked <= marked) {
            return Err(ModelError::Limits {
                alone,
                unmarked,
                marked,
            });
        }
        Ok(model)
    }

    /// A model that leaves everything to a person: safe where there is no other.
    fn undecided() -> Self {
        Self {
            version: MODEL_VERSION,
            silent_error_rate: 0.0,
            bias: 0.0,
            limits: Limits {
                marked: f64::INFINITY,
                unmarked: f64::NEG_INFINITY,
                alone: f64::NEG_INFINITY,
            },
            origin: Origin {
                command: String::new(),
                boxes: 0,
                marks: 0,
                held_out: 0,
                log_loss: 0.0,
            },
            curves: Vec::new(),
            prices: Vec::new(),
        }
    }

    /// Log-odds of a mark.
    #[must_use]
    pub fn log_odds(&self, features: &Features) -> f64 {
        self.curves.iter().fold(self.bias, |sum, curve| {
            sum + curve.value(features.values[curve.feature as usize])
        })
    }
}

/// The probability that log-odds stand for, to four digits. `libm` computes the
/// same bits on every machine.
#[must_use]
pub fn probability(log_odds: f64) -> f64 {
    let p = 1.0 / (1.0 + libm::exp(-log_odds));
    (p * 10_000.0).round() / 10_000.0
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_file_that_ships_is_a_model() {
        let model = MarkModel::parse(SHIPPED).unwrap();
        assert!(model.limits.marked.is_finite());
        assert_eq!(model.curves.len(), Feature::ALL.len());
    }

    #[test]
    fn files_that_are_none_are_refused() {
        let broken = |from: &str, to: &str| {
            assert!(SHIPPED.contains(from), "{from}");
            MarkModel::parse(&SHIPPED.replacen(from, to, 1))
        };
        assert!(matches!(
            broken("version = 1", "version = 2"),
            Err(ModelError::Version { found: 2 })
        ));
        assert!(matches!(
            broken("feature = \"shade\"", "feature = \"span\""),
            Err(ModelError::Curve { .. })
        ));
        assert!(matches!(
            broken("\nmarked = ", "\nmarked = -99.0 # "),
            Err(ModelError::Limits { .. })
        ));
        assert!(MarkModel::parse("").is_err());
    }

    #[test]
    fn curves_are_level_beyond_their_ends() {
        let curve = Curve {
            feature: Feature::Span,
            at: vec![0.2, 0.4, 0.8],
            adds: vec![0.0, 1.0, 5.0],
        };
        for (x, y) in [(-1.0, 0.0), (0.2, 0.0), (0.3, 0.5), (0.6, 3.0), (9.0, 5.0)] {
            assert!((curve.value(x) - y).abs() < 1e-9, "{x}");
        }
    }

    proptest! {
        /// More of anything never speaks against a mark.
        #[test]
        fn monotone(values in prop::array::uniform6(0.0..4.0f64), which in 0..6usize, more in 0.0..2.0f64) {
            let model = MarkModel::shipped();
            let mut bigger = values;
            bigger[which] += more;
            let odds = |values| model.log_odds(&Features { values });
            prop_assert!(odds(bigger) >= odds(values));
        }
    }
}
