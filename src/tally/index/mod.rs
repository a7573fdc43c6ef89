//! The satisfaction index: of each question, factor, content and form, over all
//! ballots and by unit, area, channel, field, month or the answers to a question.
//! `docs/index.md` says how it is made up. Computed anew from the ballots each time.

mod compare;
mod figures;
mod gather;
mod group;
mod interval;
mod node;
mod sums;
#[cfg(test)]
mod tests;
mod write;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

pub use compare::compare;
pub use figures::Figure;
pub use group::{index, index_of};
pub use node::Part;
pub(crate) use write::{group_name, heading, points};
pub use write::{percent, write_index_csv, write_index_json, write_index_table};

use super::{Ballots, TallyFilter};

/// What figures are grouped by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// Units, each with those below it.
    Unit,
    /// Town and countryside.
    Area,
    /// How ballots came in.
    Channel,
    /// The fields (lĩnh vực) of the forms.
    Field,
    /// The months in which ballots came in.
    Month,
    /// The answers to a question with one answer, such as who somebody is.
    Question(String),
}

impl By {
    /// The word of the command line and of the JSON.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Unit => "unit",
            Self::Area => "area",
            Self::Channel => "channel",
            Self::Field => "field",
            Self::Month => "month",
            Self::Question(_) => "question",
        }
    }
}

impl std::str::FromStr for By {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "unit" => Ok(Self::Unit),
            "area" => Ok(Self::Area),
            "channel" => Ok(Self::Channel),
            "field" => Ok(Self::Field),
            "month" => Ok(Self::Month),
            _ => match word.strip_prefix("question:") {
                Some(id) if !id.is_empty() => Ok(Self::Question(id.to_owned())),
                _ => Err("unit, area, channel, field, month or question:ID".to_owned()),
            },
        }
    }
}

/// What to compute, and what the campaign says of units.
#[derive(Debug, Clone, Default)]
pub struct IndexOptions {
    /// What to leave out.
    pub filter: TallyFilter,
    /// In which groups, after the one of all.
    pub by: Vec<By>,
    /// For units the area that they lie in: its id and its name for people.
    pub areas: BTreeMap<String, (String, String)>,
    /// For units (without those below) how many people could have been asked.
    pub populations: BTreeMap<String, u64>,
}

/// All indices that were asked for. Its JSON is documented in `docs/index.md`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct IndexReport {
    /// Id of the station.
    pub station: String,
    /// Name of the campaign.
    pub campaign: Option<String>,
    /// The group of all ballots, then the others.
    pub groups: Vec<Group>,
}

/// Some ballots, and their indices.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Group {
    /// `all`, `unit`, `area`, `channel`, `field`, `month`, `question`.
    pub by: String,
    /// Of the unit, area, …; `null` for all, and where it is not known.
    pub id: Option<String>,
    /// For people.
    pub name: Option<String>,
    /// How deep a unit lies in the tree.
    pub depth: u32,
    /// What became of its ballots.
    pub ballots: Ballots,
    /// People who could have been asked, where the campaign says it.
    pub population: Option<u64>,
    /// All forms together: satisfied answers by valid answers; of one form, the
    /// form's own index.
    pub overall: Overall,
    /// By form and version.
    pub forms: Vec<FormFigures>,
}

/// The index of a group over all its forms.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Overall {
    /// Ballots with a valid answer.
    pub respondents: u64,
    /// Satisfied answers.
    pub satisfied: u64,
    /// Valid answers.
    pub valid: u64,
    /// The index, from 0 to 1.
    pub index: Option<f64>,
    /// Its 95 % confidence interval.
    pub low: Option<f64>,
    /// See `low`.
    pub high: Option<f64>,
    /// Place among the groups of its kind (and depth), from 1; equal ones share it.
    pub rank: Option<u32>,
    /// Index less that of the last period's file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<f64>,
}

/// The indices of one form in a group.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FormFigures {
    /// Id of the form.
    pub form: String,
    /// Its version.
    pub version: u32,
    /// For people.
    pub title: String,
    /// Its field (lĩnh vực).
    pub field: Option<String>,
    /// What became of its ballots in this group.
    pub ballots: Ballots,
    /// The form, its contents, factors and questions.
    pub figures: Vec<Figure>,
}
