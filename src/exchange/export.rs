//! Makes a package out of all that a station has.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::ballots::{Line, Writer};
use super::boxes::{self, BoxOf, DECISIONS, DecisionOf, in_words, own_boxes};
use super::check::contents;
use super::container::{self, Member};
use super::counts::{Counter, totals};
use super::key::StationKey;
use super::manifest::{
    CampaignOf, FORMAT, FORMAT_VERSION, FormOf, Manifest, MemberOf, Origin, OriginKind, Revision,
    SignatureFile, pretty,
};
use super::package::{BOXES, CAMPAIGN, COUNTS, digest};
use super::{BallotsOf, ExchangeError, Package, kept};
use crate::form::code::is_form_id;
use crate::station::{BoxChannels, SOFTWARE, Station};
use crate::store::{
    BallotKey, FormKey, FormRow, NextExport, OutsideBallot, Packing, SourceKind, SourceRow, Store,
    UnitTree,
};
use crate::whole_file::part_of;

/// What goes into a package.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ExportOptions<'a> {
    /// Only this unit and those below it.
    pub unit: Option<&'a str>,
    /// With the names of those who opened boxes and settled answers.
    pub names: bool,
}

/// A package that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exported {
    /// Which of the station's packages.
    pub revision: i64,
    /// BLAKE3 of the file, hex.
    pub digest: String,
    /// Bytes of the file.
    pub bytes: u64,
    /// Its ballots.
    pub ballots: BallotsOf,
    /// Questions that wait for a person.
    pub pending_answers: u64,
    /// Boxes that were opened and do not stand as they were closed.
    pub open_boxes: Vec<String>,
}

/// Writes a package, whole or not at all, and notes it in the log.
///
/// # Errors
/// There is no key, no such unit, or something cannot be read or written.
pub fn export(
    station: &Station,
    out: &Path,
    options: ExportOptions<'_>,
) -> Result<Exported, ExchangeError> {
    let key = StationKey::of(station)?;
    let store = station.store()?;
    let done = store.export(options.unit, |next| {
        let (bytes, boxes) = Maker::new(station, &store, options)?.make(&key, next)?;
        // What cannot be read again must not leave the house.
        let package = Package::open(&bytes)?;
        contents(&package, &store, |_| Ok(()))?;
        let exported = Exported {
            revision: next.number,
            digest: package.digest.clone(),
            bytes: bytes.len() as u64,
            ballots: package.manifest.ballots,
            pending_answers: package.manifest.pending_answers,
            open_boxes: boxes::open_boxes(&boxes),
        };
        kept::write_part(out, &bytes)?;
        let detail = serde_json::json!({
            "ballots": package.manifest.ballots, "pending_answers": exported.pending_answers,
            "bytes": exported.bytes, "origins": package.manifest.origins.len(),
            "names": options.names, "key": package.key.hex(),
        });
        Ok::<_, ExchangeError>((package.digest.clone(), detail, exported))
    });
    if done.is_err() {
        drop(fs::remove_file(part_of(out)));
    }
    let exported = done?;
    kept::place_part(out)?;
    Ok(exported)
}

struct Maker<'a> {
    station: &'a Station,
    store: &'a Store,
    options: ExportOptions<'a>,
    units: UnitTree,
    forms: Vec<FormRow>,
    sources: Vec<SourceRow>,
    origins: Vec<Origin>,
    /// Serial, form and unit of the station's own ballots, for their decisions.
    own: BTreeMap<BallotKey, (FormKey, Option<String>, Option<String>)>,
}

impl<'a> Maker<'a> {
    fn new(
        station: &'a Station,
        store: &'a Store,
        options: ExportOptions<'a>,
    ) -> Result<Self, ExchangeError> {
        let units = UnitTree::of(store)?;
        if let Some(unit) = options.unit.filter(|u| !units.knows(u)) {
            return Err(ExchangeError::NoSuchUnit(unit.to_owned()));
        }
        let mut sources = store.sources()?;
        let apart = |s: &SourceRow| !units.overlap(s.detail["scope"].as_str(), options.unit);
        sources.retain(|s| !s.replaced && !apart(s));
        Ok(Self {
            station,
            store,
            options,
            units,
            forms: store.forms()?,
            sources,
            origins: Vec::new(),
            own: BTreeMap::new(),
        })
    }

    /// What of an origin's scope goes into the package; `None`: nothing.
    fn narrowed(&self, scope: Option<&str>) -> Option<Option<String>> {
        let wanted = self.options.unit;
        if self.units.is_within(wanted, scope) {
            Some(wanted.map(str::to_owned))
        } else if self.units.is_within(scope, wanted) {
            Some(scope.map(str::to_owned))
        } else {
            None
        }
    }

    fn is_in_scope(&self, unit: Option<&str>) -> bool {
        self.units.is_within(unit, self.options.unit)
    }

    fn make(
        mut self,
        key: &StationKey,
        next: &NextExport,
    ) -> Result<(Vec<u8>, Vec<BoxOf>), ExchangeError> {
        let id = self.store.station()?.id;
        self.origins = self.origins_of(&id);
        let packings: Vec<Packing> = self.forms.iter().map(|f| Packing::of(&f.layout)).collect();
        let (mut forms, bodies, counted, units) = self.ballots(&packings)?;
        let mut boxes = own_boxes(self.store, self.options.names)?;
        let mut decisions = self.own_decisions()?;
        self.of_packages(&mut boxes, &mut decisions)?;
        boxes.retain(|b| self.is_in_scope(b.unit.as_deref()));
        decisions.retain(|d| self.is_in_scope(d.unit.as_deref()));
        let (ballots, pending_answers) = totals(&counted);
        let campaign = self.store.campaign()?;
        let source = campaign.as_ref().map_or("", |c| c.source.as_str());
        let mut contents: BTreeMap<String, Vec<u8>> = BTreeMap::new();
        contents.insert(CAMPAIGN.to_owned(), source.as_bytes().to_vec());
        contents.insert(BOXES.to_owned(), pretty(BOXES, &boxes)?);
        contents.insert(COUNTS.to_owned(), pretty(COUNTS, &counted)?);
        contents.insert(DECISIONS.to_owned(), boxes::write_decisions(&decisions)?);
        for ((form, row), body) in forms.iter().zip(&self.forms).zip(bodies) {
            if !is_form_id(&form.form) {
                if form.ballots > 0 {
                    return Err(ExchangeError::OtherForms(vec![form.form.clone()]));
                }
                continue;
            }
            contents.insert(form.toml_member(), row.source.clone().into_bytes());
            if form.ballots > 0 {
                contents.insert(form.ballots_member(), body);
            }
        }
        forms.retain(|f| is_form_id(&f.form));
        let mut members = Vec::new();
        let mut listed = Vec::new();
        for (name, content) in &contents {
            let member = Member::pack(name, content)?;
            listed.push(MemberOf::of(&member, content));
            members.push(member);
        }
        let manifest = Manifest {
            format: FORMAT.to_owned(),
            format_version: FORMAT_VERSION,
            software: SOFTWARE.to_owned(),
            station: id,
            revision: Revision {
                number: next.number,
                made: next.at.clone(),
                log_entries: next.head.number,
                log_head: next.head.hash.clone(),
            },
            scope: self.options.unit.map(str::to_owned),
            names: self.options.names,
            campaign: CampaignOf {
                name: campaign.as_ref().map_or(String::new(), |c| c.name.clone()),
                blake3: digest(source.as_bytes()),
            },
            units: units.into_iter().collect(),
            forms,
            ballots,
            pending_answers,
            origins: self.origins,
            members: listed,
        };
        let manifest = pretty("manifest.json", &manifest)?;
        let signature = pretty("signature.json", &SignatureFile::sign(key, &manifest))?;
        members.push(Member::pack("manifest.json", &manifest)?);
        members.push(Member::pack("signature.json", &signature)?);
        Ok((container::write(members)?, boxes))
    }

    /// The station itself and each source that holds.
    fn origins_of(&self, id: &str) -> Vec<Origin> {
        let own = Origin {
            kind: OriginKind::Own,
            station: Some(id.to_owned()),
            scope: self.options.unit.map(str::to_owned),
            revision: None,
            name: None,
            blake3: None,
            through: None,
            ballots: 0,
        };
        let of = |s: &SourceRow| {
            let (kind, station, revision) = match &s.kind {
                SourceKind::Package { station, revision } => {
                    (OriginKind::Package, Some(station.clone()), Some(*revision))
                }
                SourceKind::Online => (OriginKind::Online, None, None),
            };
            Origin {
                kind,
                station,
                scope: self.narrowed(s.detail["scope"].as_str()).flatten(),
                revision,
                name: Some(s.name.clone()),
                blake3: Some(s.digest.clone()),
                through: None,
                ballots: 0,
            }
        };
        std::iter::once(own)
            .chain(self.sources.iter().map(of))
            .collect()
    }

    /// All ballots: by form the member and what was counted, and the units.
    #[allow(clippy::type_complexity)]
    fn ballots(
        &mut self,
        packings: &[Packing],
    ) -> Result<
        (
            Vec<FormOf>,
            Vec<Vec<u8>>,
            Vec<super::counts::UnitCounts>,
            BTreeSet<String>,
        ),
        ExchangeError,
    > {
        let mut forms: Vec<FormOf> = self
            .forms
            .iter()
            .map(|f| FormOf {
                form: f.layout.form.clone(),
                version: f.layout.version,
                title: f.title.clone(),
                layout: f.layout.digest.clone(),
                ballots: 0,
            })
            .collect();
        let place: BTreeMap<FormKey, usize> = self
            .forms
            .iter()
            .enumerate()
            .map(|(i, f)| (f.key, i))
            .collect();
        let mut writers: Vec<Writer<'_>> =
            packings.iter().map(Writer::new).collect::<Result<_, _>>()?;
        let plain = forms.clone();
        let mut counters: Vec<Counter<'_>> = plain
            .iter()
            .zip(packings)
            .map(|(f, p)| Counter::new(f, p))
            .collect();
        let mut units = BTreeSet::new();
        let mut of_origin = vec![0; self.origins.len()];
        let mut own = BTreeMap::new();
        let mut add = |line: Line| -> Result<(), ExchangeError> {
            let unit = line.ballot.unit.as_deref();
            let Some(at) = place.get(&line.ballot.form).copied() else {
                return Ok(());
            };
            if !self.units.is_within(unit, self.options.unit) {
                return Ok(());
            }
            if let Some(unit) = unit
                && !units.contains(unit)
            {
                units.insert(unit.to_owned());
            }
            writers[at].add(&line)?;
            counters[at].add(&line.ballot);
            forms[at].ballots += 1;
            of_origin[line.origin] += 1;
            Ok(())
        };
        let boxes = BoxChannels::of_station(self.store)?;
        self.store.each_record::<ExchangeError>(|r| {
            let Some(packing) = place.get(&r.form).and_then(|p| packings.get(*p)) else {
                return Ok(());
            };
            let answers = r.packed(packing);
            let channel = boxes.of_box(r.unit.as_deref(), r.ballot_box.as_deref());
            own.insert(r.ballot, (r.form, r.serial.clone(), r.unit.clone()));
            add(Line {
                origin: 0,
                number: Some(r.ballot.number()),
                ballot: OutsideBallot {
                    form: r.form,
                    unit: r.unit,
                    ballot_box: r.ballot_box,
                    serial: r.serial,
                    channel,
                    day: r.scanned.chars().take(10).collect(),
                    state: r.state,
                    answers,
                },
            })
        })?;
        for (n, source) in self.sources.iter().enumerate() {
            self.store
                .each_outside::<ExchangeError>(Some(source.key), |ballot| {
                    add(Line {
                        origin: n + 1,
                        number: None,
                        ballot,
                    })
                })?;
        }
        for (origin, ballots) in self.origins.iter_mut().zip(of_origin) {
            origin.ballots = ballots;
        }
        self.own = own;
        let bodies = writers
            .into_iter()
            .map(Writer::finish)
            .collect::<Result<_, _>>()?;
        let counted = counters.into_iter().flat_map(Counter::finish).collect();
        Ok((forms, bodies, counted, units))
    }

    fn own_decisions(&self) -> Result<Vec<DecisionOf>, ExchangeError> {
        let names: BTreeMap<FormKey, (&str, u32)> = self
            .forms
            .iter()
            .map(|f| (f.key, (f.layout.form.as_str(), f.layout.version)))
            .collect();
        let mut out = Vec::new();
        self.store.each_decision::<ExchangeError>(|d| {
            let Some((form, serial, unit)) = self.own.get(&d.ballot) else {
                return Ok(());
            };
            let Some((form, version)) = names.get(form) else {
                return Ok(());
            };
            let role = d.role.unwrap_or_else(|| "?".to_owned());
            out.push(DecisionOf {
                origin: 0,
                ballot: d.ballot.number(),
                form: (*form).to_owned(),
                version: *version,
                serial: serial.clone(),
                unit: unit.clone(),
                kind: d.kind,
                about: d.about,
                before: d.before.as_ref().map(in_words),
                after: d.after.as_ref().map(in_words),
                reason: d.reason,
                by: if self.options.names { d.person } else { role },
                at: d.decided,
                withdrawn: d.withdrawn,
            });
            Ok(())
        })?;
        Ok(out)
    }

    /// Boxes, decisions and origins of the packages that came in.
    fn of_packages(
        &mut self,
        boxes: &mut Vec<BoxOf>,
        decisions: &mut Vec<DecisionOf>,
    ) -> Result<(), ExchangeError> {
        for (n, source) in self.sources.iter().enumerate() {
            if source.kind == SourceKind::Online {
                continue;
            }
            let bytes = kept::get(self.station, &source.digest)?;
            let package = Package::open(&bytes)?;
            // Its own origin is the package itself, in ours.
            let mut place = vec![n + 1];
            for origin in package.manifest.origins.iter().skip(1) {
                // Of an origin outside the scope nothing is left to be named.
                let Some(scope) = self.narrowed(origin.scope.as_deref()) else {
                    place.push(n + 1);
                    continue;
                };
                place.push(self.origins.len());
                self.origins.push(Origin {
                    scope,
                    through: Some(place[origin.through.unwrap_or(0)]),
                    ..origin.clone()
                });
            }
            for mut b in package.boxes()? {
                b.origin = place[b.origin];
                if !self.options.names {
                    b.forget_names();
                }
                boxes.push(b);
            }
            for mut d in package.decisions()? {
                d.origin = place[d.origin];
                if package.manifest.names && !self.options.names {
                    d.by = "?".to_owned();
                }
                decisions.push(d);
            }
        }
        Ok(())
    }
}
