//! Reads and checks a campaign.toml; a mistake is named with its line.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use toml::{Spanned, Value};

use super::{Area, Campaign, CampaignBox, CampaignUnit, Channel, Day, Quota, sum};
use crate::station::StationError;

/// Byte offset and text of a mistake.
type Mistake = (Option<usize>, String);

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Spanned<String>,
    legal_basis: Option<Spanned<Value>>,
    reporting_office: Option<String>,
    starts: Option<Spanned<Value>>,
    ends: Option<Spanned<Value>>,
    deadline: Option<Spanned<Value>>,
    keep_until: Option<Spanned<Value>>,
    #[serde(default)]
    channels: Vec<Spanned<String>>,
    #[serde(default)]
    forms: Vec<Spanned<String>>,
    #[serde(default)]
    quotas: Vec<Spanned<WrittenQuota>>,
    #[serde(default)]
    templates: Vec<PathBuf>,
    #[serde(default)]
    units: Vec<Spanned<WrittenUnit>>,
    #[serde(default)]
    boxes: Vec<Spanned<CampaignBox>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenUnit {
    id: String,
    name: Option<String>,
    parent: Option<String>,
    area: Option<Spanned<String>>,
    quota: Option<u32>,
    population: Option<u64>,
    deadline: Option<Spanned<Value>>,
    #[serde(default)]
    quotas: Vec<Spanned<WrittenQuota>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenQuota {
    form: Spanned<String>,
    channel: Option<Spanned<String>>,
    quota: Option<u32>,
    deadline: Option<Spanned<Value>>,
}

impl Campaign {
    /// Reads and checks a campaign.toml.
    ///
    /// # Errors
    /// It cannot be read, or has a mistake; the error says where and what.
    pub fn load(path: &Path) -> Result<Self, StationError> {
        let source = std::fs::read_to_string(path).map_err(StationError::io(path, "read"))?;
        let mut campaign = Self::named(&source, path)?;
        let beside = path.parent().unwrap_or(Path::new(""));
        for dir in &mut campaign.templates {
            *dir = beside.join(&dir);
        }
        Ok(campaign)
    }

    /// The campaign of a text that was loaded before.
    ///
    /// # Errors
    /// It has a mistake.
    pub fn of_source(source: &str) -> Result<Self, StationError> {
        Self::named(source, Path::new("campaign.toml"))
    }

    fn named(source: &str, path: &Path) -> Result<Self, StationError> {
        let mut campaign = parse(source).map_err(|(at, what)| StationError::Campaign {
            path: path.to_owned(),
            line: at.map(|at| line_of(source, at)),
            what,
        })?;
        source.clone_into(&mut campaign.source);
        Ok(campaign)
    }
}

fn parse(source: &str) -> Result<Campaign, Mistake> {
    let written: Written = toml::from_str(source)
        .map_err(|e| (e.span().map(|s| s.start), e.message().replace('\n', " ")))?;
    if written.name.get_ref().trim().is_empty() {
        return Err((
            Some(written.name.span().start),
            "the campaign needs a name".to_owned(),
        ));
    }
    let mut forms: Vec<String> = Vec::new();
    for form in &written.forms {
        if forms.contains(form.get_ref()) {
            let what = format!("the form {:?} is there twice", form.get_ref());
            return Err((Some(form.span().start), what));
        }
        forms.push(form.get_ref().clone());
    }
    let mut channels = Vec::new();
    for channel in &written.channels {
        channels.push(channel_of(channel)?);
    }
    let rules = Rules {
        forms: &forms,
        channels: &channels,
        starts: day(written.starts.as_ref())?,
    };
    let after_start = |value: Option<&Spanned<Value>>| rules.day_after_start(value);
    let ends = after_start(written.ends.as_ref())?;
    let keep_until = after_start(written.keep_until.as_ref())?;
    if let (Some(kept), Some(end), Some(at)) = (keep_until, ends, &written.keep_until)
        && kept < end
    {
        let what = format!("images are kept up to {kept}, and ballots come up to {end}");
        return Err((Some(at.span().start), what));
    }
    let units = written
        .units
        .iter()
        .map(|u| rules.unit(u).map(|unit| (u.span().start, unit)))
        .collect::<Result<Vec<_>, _>>()?;
    check_ids(&units, &written.boxes)?;
    check_channels(&channels, &written.boxes)?;
    Ok(Campaign {
        name: written.name.get_ref().clone(),
        legal_basis: lines(written.legal_basis.as_ref())?,
        reporting_office: written.reporting_office.clone(),
        starts: rules.starts,
        ends,
        keep_until,
        deadline: after_start(written.deadline.as_ref())?,
        quotas: rules.quotas(&written.quotas)?,
        templates: written.templates,
        units: as_tree(units)?,
        boxes: written.boxes.into_iter().map(Spanned::into_inner).collect(),
        channels,
        forms,
        source: String::new(),
    })
}

/// What parts of the file are checked against.
struct Rules<'a> {
    forms: &'a [String],
    channels: &'a [Channel],
    starts: Option<Day>,
}

impl Rules<'_> {
    fn day_after_start(&self, value: Option<&Spanned<Value>>) -> Result<Option<Day>, Mistake> {
        let found = day(value)?;
        match (found, self.starts, value) {
            (Some(found), Some(start), Some(at)) if found < start => Err((
                Some(at.span().start),
                format!("{found} is before the first day of collecting, {start}"),
            )),
            _ => Ok(found),
        }
    }

    fn unit(&self, unit: &Spanned<WrittenUnit>) -> Result<CampaignUnit, Mistake> {
        let at = Some(unit.span().start);
        let u = unit.get_ref();
        let quotas = self.quotas(&u.quotas)?;
        if let (Some(whole), Some(parts)) = (u.quota, sum(&quotas))
            && whole != parts
        {
            let what = format!(
                "the unit {:?} has the quota {whole}, and those of its forms add up to {parts}",
                u.id
            );
            return Err((at, what));
        }
        let area = match &u.area {
            None => None,
            Some(text) => Some(match text.get_ref().as_str() {
                "urban" => Area::Urban,
                "rural" => Area::Rural,
                other => {
                    let what = format!("there is no area {other:?}; write \"urban\" or \"rural\"");
                    return Err((Some(text.span().start), what));
                }
            }),
        };
        Ok(CampaignUnit {
            id: u.id.clone(),
            name: u.name.clone(),
            parent: u.parent.clone(),
            area,
            quota: u.quota,
            population: u.population,
            deadline: self.day_after_start(u.deadline.as_ref())?,
            quotas,
        })
    }

    fn quotas(&self, written: &[Spanned<WrittenQuota>]) -> Result<Vec<Quota>, Mistake> {
        let mut out: Vec<Quota> = Vec::new();
        for quota in written {
            let at = Some(quota.span().start);
            let q = quota.get_ref();
            let form = q.form.get_ref();
            // A campaign that names no forms takes all.
            if !self.forms.is_empty() && !self.forms.contains(form) {
                let what = format!("the quota names a form that the campaign has not: {form:?}");
                return Err((Some(q.form.span().start), what));
            }
            let channel = q.channel.as_ref().map(channel_of).transpose()?;
            if let (Some(c), Some(at)) = (channel, &q.channel)
                && !self.channels.is_empty()
                && !self.channels.contains(&c)
            {
                let what = format!("the campaign has no channel {:?}", c.word());
                return Err((Some(at.span().start), what));
            }
            if out.iter().any(|o| o.form == *form && o.channel == channel) {
                return Err((at, format!("there are two quotas of the form {form:?}")));
            }
            if q.quota.is_none() && q.deadline.is_none() {
                let what = format!("of the form {form:?} neither quota nor deadline is said");
                return Err((at, what));
            }
            out.push(Quota {
                form: form.clone(),
                channel,
                quota: q.quota,
                deadline: self.day_after_start(q.deadline.as_ref())?,
            });
        }
        Ok(out)
    }
}

fn channel_of(text: &Spanned<String>) -> Result<Channel, Mistake> {
    let word = text.get_ref().as_str();
    Channel::of(word).ok_or_else(|| {
        let known = Channel::ALL.map(Channel::word).join(", ");
        let what = format!("there is no channel {word:?}; there are: {known}");
        (Some(text.span().start), what)
    })
}

/// A day, written as TOML has it or as a text.
fn day(value: Option<&Spanned<Value>>) -> Result<Option<Day>, Mistake> {
    let Some(value) = value else {
        return Ok(None);
    };
    let found = match value.get_ref() {
        Value::Datetime(at) if at.time.is_none() => {
            at.date.and_then(|d| Day::new(d.year, d.month, d.day))
        }
        Value::String(text) => Day::parse(text),
        _ => None,
    };
    match found {
        Some(day) => Ok(Some(day)),
        None => {
            let what = format!(
                "{} is no day; write 2023-12-02 or \"02/12/2023\"",
                value.get_ref()
            );
            Err((Some(value.span().start), what))
        }
    }
}

/// One text, or a list of them.
fn lines(value: Option<&Spanned<Value>>) -> Result<Vec<String>, Mistake> {
    let Some(value) = value else {
        return Ok(Vec::new());
    };
    let wrong = || {
        let what = "a text or a list of texts is needed here".to_owned();
        (Some(value.span().start), what)
    };
    let text = |v: &Value| v.as_str().map(|t| t.trim().to_owned());
    match value.get_ref() {
        Value::Array(all) => all.iter().map(|v| text(v).ok_or_else(wrong)).collect(),
        one => Ok(vec![text(one).ok_or_else(wrong)?]),
    }
}

fn check_ids(
    units: &[(usize, CampaignUnit)],
    all_boxes: &[Spanned<CampaignBox>],
) -> Result<(), Mistake> {
    let mut ids = BTreeSet::new();
    for (at, unit) in units {
        if unit.id.is_empty() {
            return Err((Some(*at), "a unit needs an id".to_owned()));
        }
        if !ids.insert(unit.id.as_str()) {
            return Err((Some(*at), format!("the unit {:?} is there twice", unit.id)));
        }
    }
    let mut boxes = BTreeSet::new();
    for b in all_boxes {
        let at = Some(b.span().start);
        let b = b.get_ref();
        if let Some(unit) = b.unit.as_deref().filter(|u| !ids.contains(u)) {
            return Err((at, format!("the box {:?} names no unit: {unit:?}", b.id)));
        }
        if !boxes.insert((b.unit.as_deref(), b.id.as_str())) {
            return Err((at, format!("the box {:?} is there twice", b.id)));
        }
    }
    Ok(())
}

/// Boxes hold paper, and come by a way that the campaign has.
fn check_channels(channels: &[Channel], boxes: &[Spanned<CampaignBox>]) -> Result<(), Mistake> {
    for b in boxes {
        let Some(channel) = b.get_ref().channel else {
            continue;
        };
        let id = &b.get_ref().id;
        let what = if channel == Channel::Online {
            format!("the box {id:?} cannot be online: what comes online is no paper")
        } else if !channels.is_empty() && !channels.contains(&channel) {
            format!(
                "the campaign has no channel {:?} (box {id:?})",
                channel.word()
            )
        } else {
            continue;
        };
        return Err((Some(b.span().start), what));
    }
    Ok(())
}

/// Orders units as a tree: each is followed by those below it, neighbours in the
/// order of the file.
fn as_tree(units: Vec<(usize, CampaignUnit)>) -> Result<Vec<CampaignUnit>, Mistake> {
    let mut below: BTreeMap<Option<String>, Vec<(usize, CampaignUnit)>> = BTreeMap::new();
    let all: BTreeSet<String> = units.iter().map(|u| u.1.id.clone()).collect();
    for unit in units.into_iter().rev() {
        below.entry(unit.1.parent.clone()).or_default().push(unit);
    }
    let mut stack = below.remove(&None).unwrap_or_default();
    let mut out = Vec::new();
    while let Some((_, unit)) = stack.pop() {
        stack.extend(below.remove(&Some(unit.id.clone())).unwrap_or_default());
        out.push(unit);
    }
    // What was not reached from above hangs on nothing, or on itself.
    match below.into_values().flatten().min_by_key(|u| u.0) {
        None => Ok(out),
        Some((at, unit)) => {
            let parent = unit.parent.as_deref().unwrap_or("");
            let what = if all.contains(parent) {
                format!("the unit {:?} is above itself", unit.id)
            } else {
                format!("the unit {:?} names no unit as parent: {parent:?}", unit.id)
            };
            Err((Some(at), what))
        }
    }
}

fn line_of(source: &str, at: usize) -> usize {
    source.bytes().take(at).filter(|b| *b == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_may_be_written_in_any_order_and_come_as_a_tree() {
        let campaign = parse(
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

    fn mistake(text: &str) -> (Option<usize>, String) {
        let (at, what) = parse(text).expect_err("a mistake");
        (at.map(|at| line_of(text, at)), what)
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        for (line, word, text) in [
            (2, "form", "name = \"a\"\nform = []\n"),
            (1, "needs a name", "name = \" \"\n"),
            (
                3,
                "\"y\"",
                "name = \"a\"\n\n[[units]]\nid = \"x\"\nparent = \"y\"\n",
            ),
            (
                2,
                "above itself",
                "name = \"a\"\n[[units]]\nid = \"x\"\nparent = \"y\"\n[[units]]\nid = \"y\"\nparent = \"x\"\n",
            ),
            (
                2,
                "\"z\"",
                "name = \"a\"\n[[boxes]]\nid = \"1\"\nunit = \"z\"\n",
            ),
            (2, "no channel", "name = \"a\"\nchannels = [\"fax\"]\n"),
            (
                2,
                "no paper",
                "name = \"a\"\n[[boxes]]\nid = \"h\"\nchannel = \"online\"\n",
            ),
            (
                3,
                "has no channel \"post\"",
                "name = \"a\"\nchannels = [\"counter\"]\n[[boxes]]\nid = \"h\"\nchannel = \"post\"\n",
            ),
            (2, "is no day", "name = \"a\"\nends = \"30/2/2024\"\n"),
            (2, "is no day", "name = \"a\"\nends = 5\n"),
            (
                3,
                "before the first day",
                "name = \"a\"\nstarts = 2024-08-05\nends = 2024-08-01\n",
            ),
            (
                3,
                "are kept up to",
                "name = \"a\"\nends = 2024-09-30\nkeep_until = \"1/9/2024\"\n",
            ),
            (3, "twice", "name = \"a\"\nforms = [\"m1\",\n\"m1\"]\n"),
            (
                6,
                "form that the campaign has not",
                "name = \"a\"\nforms = [\"m1\"]\n[[units]]\nid = \"x\"\n[[units.quotas]]\nform = \"m2\"\nquota = 3\n",
            ),
            (
                4,
                "two quotas",
                "name = \"a\"\nquotas = [\n{ form = \"m\", quota = 1 },\n{ form = \"m\", quota = 2 },\n]\n",
            ),
            (
                2,
                "add up to 3",
                "name = \"a\"\n[[units]]\nid = \"x\"\nquota = 4\nquotas = [{ form = \"m\", quota = 3 }]\n",
            ),
            (
                4,
                "no area",
                "name = \"a\"\n[[units]]\nid = \"x\"\narea = \"biển\"\n",
            ),
            (
                2,
                "neither quota nor",
                "name = \"a\"\nquotas = [{ form = \"m\" }]\n",
            ),
            (2, "list of texts", "name = \"a\"\nlegal_basis = [1]\n"),
        ] {
            let (at, what) = mistake(text);
            assert!(what.contains(word), "{text}: {what}");
            assert_eq!(at, Some(line), "{text}: {what}");
        }
    }

    /// The plan of Lai Châu 2023: 700 of each form, deadlines of their own.
    #[test]
    fn a_deadline_is_taken_from_what_is_nearest() {
        let campaign = parse(
            r#"
            name = "Lai Châu 2023"
            legal_basis = "Công văn số 170/CV-CSKH"
            reporting_office = "Phòng Truyền thông"
            starts = 2023-06-15
            ends = "30/11/2023"
            deadline = 2023-12-15
            channels = ["counter", "online"]
            forms = ["m1", "m2"]
            quotas = [{ form = "m1", quota = 700 }, { form = "m2", quota = 700, deadline = 2023-12-10 }]
            [[units]]
            id = "tinh"
            [[units]]
            id = "huyen"
            parent = "tinh"
            deadline = 2023-12-02
            quotas = [
                { form = "m1", quota = 60 },
                { form = "m1", channel = "online", quota = 40 },
                { form = "m2", quota = 100, deadline = 2023-12-05 },
            ]
            [[units]]
            id = "xa"
            parent = "huyen"
            "#,
        )
        .unwrap();
        let due = |unit, form| campaign.deadline_of(unit, form).map(Day::written);
        let day = |d: &str| Some(format!("{d}/12/2023"));
        assert_eq!(due(Some("huyen"), Some("m1")), day("02"));
        assert_eq!(due(Some("huyen"), Some("m2")), day("05"));
        assert_eq!(due(Some("xa"), Some("m2")), day("05"));
        assert_eq!(due(Some("xa"), None), day("02"));
        assert_eq!(due(Some("tinh"), Some("m2")), day("10"));
        assert_eq!(due(Some("tinh"), Some("m1")), day("15"));
        assert_eq!(due(None, None), day("15"));
        assert_eq!(campaign.unit("huyen").unwrap().whole_quota(), Some(200));
        assert_eq!(campaign.quota_of_form("m1"), Some(700));
    }
}
