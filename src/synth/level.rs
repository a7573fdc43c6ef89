//! The three levels of difficulty.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// How difficult the simulated sheets are; [`crate::synth`] has the table of
/// what each level mixes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// A careful respondent and a good flatbed scanner.
    Clean,
    /// What a decent office feeder delivers.
    Office,
    /// The worst that offices still send in.
    Hard,
}

/// A level's name that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is not a level; use clean, office or hard")]
pub struct UnknownLevel(pub String);

impl FromStr for Level {
    type Err = UnknownLevel;

    fn from_str(s: &str) -> Result<Self, Self::Err> {
        match s {
            "clean" => Ok(Self::Clean),
            "office" => Ok(Self::Office),
            "hard" => Ok(Self::Hard),
            other => Err(UnknownLevel(other.to_owned())),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Clean => "clean",
            Self::Office => "office",
            Self::Hard => "hard",
        })
    }
}
