//! The campaign: one survey drive, as a person writes it in campaign.toml.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::StationError;

/// A campaign, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// For people.
    pub name: String,
    /// Ids of its forms.
    pub forms: Vec<String>,
    /// Folders of forms, beside those that ship; made absolute or relative to
    /// where the program runs.
    pub templates: Vec<PathBuf>,
    /// Its units, parents before children.
    pub units: Vec<CampaignUnit>,
    /// Its boxes.
    pub boxes: Vec<CampaignBox>,
    /// The file as it was read.
    pub source: String,
}

/// A unit of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignUnit {
    /// Unique in the campaign; may be printed in the codes.
    pub id: String,
    /// For people.
    #[serde(default)]
    pub name: Option<String>,
    /// The unit above it.
    #[serde(default)]
    pub parent: Option<String>,
    /// Ballots that it should collect.
    #[serde(default)]
    pub quota: Option<u32>,
}

/// A ballot box of a campaign.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignBox {
    /// Unique in its unit.
    pub id: String,
    /// The unit that it stands in.
    #[serde(default)]
    pub unit: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    #[serde(default)]
    forms: Vec<String>,
    #[serde(default)]
    templates: Vec<PathBuf>,
    #[serde(default)]
    units: Vec<toml::Spanned<CampaignUnit>>,
    #[serde(default)]
    boxes: Vec<toml::Spanned<CampaignBox>>,
}

impl Campaign {
    /// Reads and checks a campaign.toml.
    ///
    /// # Errors
    /// It cannot be read, or has a mistake; the error says where and what.
    pub fn load(path: &Path) -> Result<Self, StationError> {
        let source = std::fs::read_to_string(path).map_err(StationError::io(path, "read"))?;
        let mut campaign = Self::parse(&source).map_err(|(at, what)| StationError::Campaign {
            path: path.to_owned(),
            line: at.map(|at| line_of(&source, at)),
            what,
        })?;
        let beside = path.parent().unwrap_or(Path::new(""));
        for dir in &mut campaign.templates {
            *dir = beside.join(&dir);
        }
        campaign.source = source;
        Ok(campaign)
    }

    /// The campaign of a text that was loaded before.
    ///
    /// # Errors
    /// It has a mistake.
    pub fn of_source(source: &str) -> Result<Self, StationError> {
        let mut campaign = Self::parse(source).map_err(|(at, what)| StationError::Campaign {
            path: "campaign.toml".into(),
            line: at.map(|at| line_of(source, at)),
            what,
        })?;
        campaign.source = source.to_owned();
        Ok(campaign)
    }

    /// Byte offset and text of the first mistake.
    fn parse(source: &str) -> Result<Self, (Option<usize>, String)> {
        let written: Written = toml::from_str(source)
            .map_err(|e| (e.span().map(|s| s.start), e.message().replace('\n', " ")))?;
        let mut ids = BTreeSet::new();
        for unit in &written.units {
            let at = Some(unit.span().start);
            let id = unit.get_ref().id.as_str();
            if id.is_empty() {
                return Err((at, "a unit needs an id".to_owned()));
            }
            if !ids.insert(id) {
                return Err((at, format!("the unit {id:?} is there twice")));
            }
        }
        let mut boxes = BTreeSet::new();
        for b in &written.boxes {
            let at = Some(b.span().start);
            let b = b.get_ref();
            if let Some(unit) = b.unit.as_deref().filter(|u| !ids.contains(u)) {
                return Err((at, format!("the box {:?} names no unit: {unit:?}", b.id)));
            }
            if !boxes.insert((b.unit.as_deref(), b.id.as_str())) {
                return Err((at, format!("the box {:?} is there twice", b.id)));
            }
        }
        let units = parents_first(&written.units)?;
        Ok(Self {
            name: written.name,
            forms: written.forms,
            templates: written.templates,
            units,
            boxes: written
                .boxes
                .into_iter()
                .map(toml::Spanned::into_inner)
                .collect(),
            source: String::new(),
        })
    }
}

/// Orders units so that each comes after its parent.
fn parents_first(
    units: &[toml::Spanned<CampaignUnit>],
) -> Result<Vec<CampaignUnit>, (Option<usize>, String)> {
    let all: BTreeSet<&str> = units.iter().map(|u| u.get_ref().id.as_str()).collect();
    let mut placed = BTreeSet::new();
    let mut out: Vec<CampaignUnit> = Vec::new();
    let mut rest: Vec<&toml::Spanned<CampaignUnit>> = units.iter().collect();
    while !rest.is_empty() {
        let before = rest.len();
        rest.retain(|unit| {
            let u = unit.get_ref();
            let ready = u.parent.as_deref().is_none_or(|p| placed.contains(p));
            if ready {
                placed.insert(u.id.as_str());
                out.push(u.clone());
            }
            !ready
        });
        if rest.len() == before
            && let Some(unit) = rest.first()
        {
            let u = unit.get_ref();
            let parent = u.parent.as_deref().unwrap_or("");
            let what = if all.contains(parent) {
                format!("the unit {:?} is above itself", u.id)
            } else {
                format!("the unit {:?} names no unit as parent: {parent:?}", u.id)
            };
            return Err((Some(unit.span().start), what));
        }
    }
    Ok(out)
}

fn line_of(source: &str, at: usize) -> usize {
    source.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_may_be_written_in_any_order_and_come_parents_first() {
        let campaign = Campaign::parse(
            r#"
            name = "Khảo sát"
            forms = ["ba-dinh-2022"]
            units = [
                { id = "ngoc-ha", name = "Phường Ngọc Hà", parent = "ba-dinh", quota = 300 },
                { id = "ba-dinh", name = "Quận Ba Đình" },
            ]
            boxes = [{ id = "h1", unit = "ngoc-ha" }]
            "#,
        )
        .map_err(|(_, what)| what);
        let ids = |c: Campaign| c.units.into_iter().map(|u| u.id).collect::<Vec<_>>();
        assert_eq!(
            campaign.map(ids),
            Ok(vec!["ba-dinh".into(), "ngoc-ha".into()])
        );
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let mistake = |text: &str| {
            let (at, what) = Campaign::parse(text).expect_err("a mistake");
            (at.map(|at| line_of(text, at)), what)
        };
        let (line, what) = mistake("name = \"a\"\nform = []\n");
        assert_eq!(line, Some(2));
        assert!(what.contains("form"), "{what}");
        let (line, what) = mistake("name = \"a\"\n\n[[units]]\nid = \"x\"\nparent = \"y\"\n");
        assert_eq!(line, Some(3), "{what}");
        assert!(what.contains("\"y\""), "{what}");
        let (_, what) = mistake(
            "name = \"a\"\n[[units]]\nid = \"x\"\nparent = \"y\"\n[[units]]\nid = \"y\"\nparent = \"x\"\n",
        );
        assert!(what.contains("above itself"), "{what}");
        let (_, what) = mistake("name = \"a\"\n[[boxes]]\nid = \"1\"\nunit = \"z\"\n");
        assert!(what.contains("\"z\""), "{what}");
    }
}
