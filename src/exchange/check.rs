//! Is a package what it says, does it belong to this campaign, and is nothing of it
//! here already?

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::ballots::{self, Line};
use super::boxes::{BoxOf, label};
use super::counts::{Counter, UnitCounts, totals};
use super::manifest::{FormOf, OriginKind, json};
use super::package::{CAMPAIGN, COUNTS, digest};
use super::{ExchangeError, Package};
use crate::station::{Campaign, changes};
use crate::store::{
    BallotState, FormRow, OutsideBallot, Packing, PinRow, SourceKey, SourceKind, SourceRow, Store,
    UnitTree,
};

/// So many of what is there twice are named.
const NAMED: usize = 5;

/// What lies in a package beside its ballots.
#[derive(Debug)]
pub(super) struct Contents {
    pub boxes: Vec<BoxOf>,
}

/// Unpacks everything, shows each ballot, counts them anew and compares with what the
/// package says.
pub(super) fn contents(
    package: &Package<'_>,
    store: &Store,
    mut visit: impl FnMut(Line) -> Result<(), ExchangeError>,
) -> Result<Contents, ExchangeError> {
    let m = &package.manifest;
    if digest(&package.content(CAMPAIGN)?) != m.campaign.blake3 {
        return Err(ExchangeError::MemberChanged(CAMPAIGN.to_owned()));
    }
    let boxes = package.boxes()?;
    package.decisions()?;
    for form in &m.forms {
        package.content(&form.toml_member())?;
    }
    let registered = store.forms()?;
    let mut counted: Vec<UnitCounts> = Vec::new();
    let mut of_origin = vec![0u64; m.origins.len()];
    for form in m.forms.iter().filter(|f| f.ballots > 0) {
        let row = same_form(&registered, form)
            .ok_or_else(|| ExchangeError::OtherForms(vec![form.form.clone()]))?;
        let packing = Packing::of(&row.layout);
        let mut counter = Counter::new(form, &packing);
        let member = form.ballots_member();
        let bytes = package.content(&member)?;
        let mut lines = 0;
        ballots::read(
            &member,
            &bytes,
            row.key,
            &packing,
            m.origins.len(),
            |line| {
                counter.add(&line.ballot);
                of_origin[line.origin] += 1;
                lines += 1;
                visit(line)
            },
        )?;
        if lines != form.ballots {
            return Err(ExchangeError::CountsDiffer(member));
        }
        counted.extend(counter.finish());
    }
    let said: Vec<UnitCounts> = json(COUNTS, &package.content(COUNTS)?)?;
    if said != counted {
        let other = counted.iter().zip(&said).find(|(a, b)| a != b);
        let what = other.map_or(COUNTS.to_owned(), |(c, _)| c.label());
        return Err(ExchangeError::CountsDiffer(what));
    }
    let units: BTreeSet<&String> = counted.iter().filter_map(|c| c.unit.as_ref()).collect();
    let direct = m.origins.iter().zip(of_origin);
    let mut direct = direct.filter(|(o, _)| o.through.is_none());
    if totals(&counted) != (m.ballots, m.pending_answers)
        || !units.iter().copied().eq(&m.units)
        || direct.any(|(o, n)| o.ballots != n)
    {
        return Err(ExchangeError::CountsDiffer("manifest.json".to_owned()));
    }
    Ok(Contents { boxes })
}

fn same_form<'a>(registered: &'a [FormRow], form: &FormOf) -> Option<&'a FormRow> {
    registered.iter().find(|r| {
        r.layout.form == form.form
            && r.layout.version == form.version
            && r.layout.digest == form.layout
    })
}

/// Everything that a package is compared with.
#[derive(Debug)]
pub(super) struct Checker<'a> {
    package: &'a Package<'a>,
    store: &'a Store,
    units: UnitTree,
    /// Those that hold.
    sources: Vec<SourceRow>,
    station: String,
}

/// What came of the checks.
#[derive(Debug)]
pub(super) struct Sound {
    pub pin: PinRow,
    pub ballots: Vec<OutsideBallot>,
    pub boxes: Vec<BoxOf>,
    pub replaces: Vec<SourceRow>,
}

impl<'a> Checker<'a> {
    pub fn new(package: &'a Package<'a>, store: &'a Store) -> Result<Self, ExchangeError> {
        let mut sources = store.sources()?;
        sources.retain(|s| !s.replaced);
        Ok(Self {
            package,
            store,
            units: UnitTree::of(store)?,
            sources,
            station: store.station()?.id,
        })
    }

    /// All checks, those that need nothing of the content unpacked first.
    pub fn run(&self) -> Result<Sound, ExchangeError> {
        let pin = self.believed()?;
        self.same_campaign()?;
        self.known_forms()?;
        let replaces = self.newer_than()?;
        self.no_station_twice(&replaces)?;
        let mut all = Vec::new();
        let contents = contents(self.package, self.store, |line| {
            all.push(line.ballot);
            Ok(())
        })?;
        self.units_fit(&pin)?;
        self.no_box_twice(&contents.boxes, &all, &replaces)?;
        self.no_serial_twice(&all, &replaces)?;
        Ok(Sound {
            pin,
            ballots: all,
            boxes: contents.boxes,
            replaces,
        })
    }

    /// The pin of the key, if it may speak for this station.
    fn believed(&self) -> Result<PinRow, ExchangeError> {
        let key = self.package.key.hex();
        let station = &self.package.manifest.station;
        if self
            .store
            .station_key()?
            .is_some_and(|k| k.public_key == key)
            || *station == self.station
        {
            return Err(ExchangeError::Own);
        }
        let mut pins = self.store.pins()?;
        pins.retain(|p| !p.ended && p.pin.public_key == key);
        let Some(pin) = pins.pop() else {
            return Err(ExchangeError::UnknownKey {
                fingerprint: self.package.key.fingerprint(),
                key,
            });
        };
        let other = |why| {
            Err(ExchangeError::KeyOfOther {
                station: station.clone(),
                name: pin.pin.name.clone(),
                why,
            })
        };
        match &pin.pin.station {
            Some(own) if own == station => {}
            Some(_) => {
                return other("khóa đã ghim cho trạm khác (it is pinned for another station)");
            }
            // Believed without a station: the first one that signs with it has it.
            None => {
                for source in self.store.sources()? {
                    let SourceKind::Package { station: of, .. } = &source.kind else {
                        continue;
                    };
                    let same_key = source.detail["key"] == key.as_str();
                    if same_key && of != station {
                        return other(
                            "khóa đã ký cho trạm khác (another station's packages are signed with it)",
                        );
                    }
                    if !same_key && of == station {
                        return other(
                            "trạm này trước đây ký bằng khóa khác; ghim khóa mới bằng tệp của trạm \
                             (the station signed with another key before; pin the new one by its file)",
                        );
                    }
                }
            }
        }
        Ok(pin)
    }

    fn same_campaign(&self) -> Result<(), ExchangeError> {
        let m = &self.package.manifest;
        let own = self.store.campaign()?.map_or(String::new(), |c| c.source);
        if digest(own.as_bytes()) == m.campaign.blake3 {
            return Ok(());
        }
        let theirs = self.package.content(CAMPAIGN)?;
        let theirs = String::from_utf8_lossy(&theirs);
        let parsed = |text: &str| match text {
            "" => Some(Campaign::default()),
            text => Campaign::of_source(text).ok(),
        };
        let mut differences = vec![format!("{:?}", m.campaign.name)];
        match (parsed(&own), parsed(&theirs)) {
            (Some(own), Some(theirs)) => {
                let all = changes(&own, &theirs);
                let named = all.iter().take(NAMED);
                differences.extend(named.map(|c| format!("{} {} ({})", c.sign, c.vi, c.en)));
                if all.len() > NAMED {
                    differences.push(format!("… +{}", all.len() - NAMED));
                }
                if all.is_empty() {
                    differences.push(
                        "chỉ khác cách viết; dùng cùng một tệp campaign.toml \
                         (it only is written otherwise; use one campaign.toml for all)"
                            .to_owned(),
                    );
                }
            }
            _ => differences.push("campaign.toml".to_owned()),
        }
        Err(ExchangeError::OtherCampaign(differences))
    }

    fn known_forms(&self) -> Result<(), ExchangeError> {
        let registered = self.store.forms()?;
        let mut other = Vec::new();
        for form in &self.package.manifest.forms {
            let there = registered
                .iter()
                .find(|r| r.layout.form == form.form && r.layout.version == form.version);
            let name = format!("{} v{}", form.form, form.version);
            match there {
                None if form.ballots > 0 => {
                    other.push(format!("{name}: chưa có ở đây (not here)"));
                }
                Some(r) if r.layout.digest != form.layout => other.push(format!(
                    "{name}: bố cục khác (another layout) {}, {}",
                    form.layout, r.layout.digest
                )),
                _ => {}
            }
        }
        if other.is_empty() {
            return Ok(());
        }
        Err(ExchangeError::OtherForms(other))
    }

    /// The packages that this one replaces.
    fn newer_than(&self) -> Result<Vec<SourceRow>, ExchangeError> {
        let m = &self.package.manifest;
        let mut replaces = Vec::new();
        for source in &self.sources {
            let SourceKind::Package { station, revision } = &source.kind else {
                continue;
            };
            let scope = source.detail["scope"].as_str();
            if *station != m.station || !self.units.overlap(scope, m.scope.as_deref()) {
                continue;
            }
            let (there, name) = (*revision, source.name.clone());
            if there >= m.revision.number {
                return Err(ExchangeError::OldRevision {
                    offered: m.revision.number,
                    there,
                    name,
                });
            }
            if !self.units.is_within(scope, m.scope.as_deref()) {
                return Err(ExchangeError::PartOfWhole { there, name });
            }
            replaces.push(source.clone());
        }
        Ok(replaces)
    }

    /// Sources that stay beside this one.
    fn others<'b>(&'b self, replaces: &'b [SourceRow]) -> impl Iterator<Item = &'b SourceRow> {
        let replaced = |s: &&SourceRow| replaces.iter().any(|r| r.key == s.key);
        self.sources.iter().filter(move |s| !replaced(s))
    }

    /// Offices stack: the ballots of a station may come by two ways.
    fn no_station_twice(&self, replaces: &[SourceRow]) -> Result<(), ExchangeError> {
        for origin in &self.package.manifest.origins {
            let Some(station) = &origin.station else {
                continue;
            };
            if *station == self.station {
                return Err(ExchangeError::Own);
            }
            for source in self.others(replaces) {
                let all = source.detail["origins"].as_array();
                for there in all.into_iter().flatten() {
                    let scope = there["scope"].as_str();
                    if there["station"] == station.as_str()
                        && self.units.overlap(scope, origin.scope.as_deref())
                    {
                        return Err(ExchangeError::StationTwice {
                            station: station.clone(),
                            name: source.name.clone(),
                        });
                    }
                }
            }
        }
        // Online answers are known by their file alone.
        for origin in &self.package.manifest.origins {
            let (OriginKind::Online, Some(file)) = (origin.kind, &origin.blake3) else {
                continue;
            };
            for source in self.others(replaces) {
                let mut all = source.detail["origins"].as_array().into_iter().flatten();
                if source.digest == *file || all.any(|o| o["blake3"] == file.as_str()) {
                    return Err(ExchangeError::StationTwice {
                        station: origin.name.clone().unwrap_or_default(),
                        name: source.name.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    fn units_fit(&self, pin: &PinRow) -> Result<(), ExchangeError> {
        let m = &self.package.manifest;
        for unit in &m.units {
            if !self.units.knows(unit) {
                return Err(ExchangeError::NoSuchUnit(unit.clone()));
            }
            for allowed in [&pin.pin.unit, &m.scope] {
                if !self.units.is_within(Some(unit), allowed.as_deref()) {
                    return Err(ExchangeError::UnitForeign {
                        name: pin.pin.name.clone(),
                        allowed: allowed.clone().unwrap_or_default(),
                        found: unit.clone(),
                    });
                }
            }
        }
        Ok(())
    }

    fn no_box_twice(
        &self,
        boxes: &[BoxOf],
        ballots: &[OutsideBallot],
        replaces: &[SourceRow],
    ) -> Result<(), ExchangeError> {
        let mut there: BTreeMap<String, String> = BTreeMap::new();
        for line in self.store.box_lines()? {
            let Some(row) = line.ballot_box else { continue };
            if line.figures.ballots > 0 || line.figures.counted.is_some() {
                there.insert(row.label(), "trạm này (this station)".to_owned());
            }
        }
        for source in self.others(replaces) {
            let all = source.detail["boxes"].as_array();
            for name in all.into_iter().flatten().filter_map(|b| b.as_str()) {
                there.insert(name.to_owned(), source.name.clone());
            }
        }
        let twice: Vec<String> = labels(boxes, ballots)
            .iter()
            .filter_map(|b| there.get(b).map(|at| format!("{b}: {at}")))
            .collect();
        if twice.is_empty() {
            return Ok(());
        }
        Err(ExchangeError::BoxesTwice {
            count: twice.len(),
            first: twice.into_iter().take(NAMED).collect(),
        })
    }

    fn no_serial_twice(
        &self,
        ballots: &[OutsideBallot],
        replaces: &[SourceRow],
    ) -> Result<(), ExchangeError> {
        let replaced: Vec<SourceKey> = replaces.iter().map(|r| r.key).collect();
        let mut seen = HashSet::new();
        let mut first = Vec::new();
        let mut count = 0;
        for b in ballots.iter().filter(|b| b.state != BallotState::Rejected) {
            let Some(serial) = b.serial.as_deref() else {
                continue;
            };
            let at = if seen.insert((b.form, serial)) {
                self.store.serial_is_at(b.form, serial, &replaced)?
            } else {
                count += 1;
                if first.len() < NAMED {
                    first.push(format!(
                        "{serial}: hai lần trong gói (twice in the package)"
                    ));
                }
                continue;
            };
            let Some(at) = at else { continue };
            count += 1;
            if first.len() < NAMED {
                let name = self.sources.iter().find(|s| Some(s.key) == at);
                let name = name.map_or("trạm này (this station)", |s| s.name.as_str());
                let unit = b.unit.as_deref().unwrap_or("?");
                first.push(format!("{serial} ({unit}): {name}"));
            }
        }
        if count == 0 {
            return Ok(());
        }
        Err(ExchangeError::SerialsTwice { count, first })
    }
}

/// Names of all boxes that a package has something of, sorted.
pub(super) fn labels(boxes: &[BoxOf], ballots: &[OutsideBallot]) -> BTreeSet<String> {
    let mut seen: HashSet<(Option<&str>, &str)> = HashSet::new();
    for b in ballots {
        if let Some(name) = &b.ballot_box {
            seen.insert((b.unit.as_deref(), name));
        }
    }
    let of_ballots = seen.into_iter().map(|(unit, name)| label(unit, name));
    boxes.iter().map(BoxOf::label).chain(of_ballots).collect()
}
