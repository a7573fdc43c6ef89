//! Takes online answers in: all rows are sound and none is here already, or nothing is
//! written.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

use serde_json::json;

use super::rows::{Ballots, Surroundings, ballots};
use super::{Mapping, OnlineError, RowError};
use crate::sheet::Sheet;
use crate::station::{Campaign, Channel, LocalTime, Station};
use crate::store::{
    FormKey, FormRow, NewSource, OutsideBallot, SourceKey, SourceKind, SourceRow, Store,
    StoreError, UnitTree,
};

/// So many of what is there twice are named.
const NAMED: usize = 5;

/// What a person allows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ImportOptions {
    /// Rows with mistakes stay out, and their numbers are kept with the source; else one
    /// of them keeps everything out.
    pub leave_out: bool,
    /// Why a file that is not just longer takes the place of the one before.
    pub reason: Option<String>,
}

/// What became of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// It is here now; an older file of the same name gave way to it.
    In {
        /// Its number, and how many answers it had.
        replaced: Option<(i64, u64)>,
    },
    /// This very file with this very mapping was here already: nothing was changed.
    Already,
    /// It could come in; nothing was written.
    Checked {
        /// What would give way to it.
        replaces: Option<(i64, u64)>,
    },
}

/// A table that was taken in, or could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// What became of it.
    pub came: Came,
    /// Name of the mapping.
    pub name: String,
    /// Answers that came in.
    pub ballots: u64,
    /// The same by unit.
    pub units: BTreeMap<Option<String>, u64>,
    /// What is wrong with rows that stayed out.
    pub left_out: Vec<RowError>,
}

/// All that [`import`] verifies. Writes nothing.
///
/// # Errors
/// As [`import`].
pub fn check(
    station: &Station,
    file: &Path,
    mapping: (&Path, &Mapping),
    options: &ImportOptions,
) -> Result<Imported, OnlineError> {
    let store = station.store()?;
    let sheet = Sheet::read(file, mapping.1.sheet.as_deref())?;
    let digest = digest(&sheet, mapping.1);
    if let Some(done) = already(&store, &digest)? {
        return Ok(done);
    }
    let sound = sound(&store, &sheet, mapping, options)?;
    let replaces = sound.replaces.as_ref().map(number_and_size);
    Ok(sound.imported(mapping.1, Came::Checked { replaces }))
}

/// Takes a table in. An older file of the same mapping's name keeps its rows, but does
/// not count any more.
///
/// # Errors
/// The mapping, a row or the whole does not do; then nothing was written.
pub fn import(
    station: &Station,
    file: &Path,
    mapping: (&Path, &Mapping),
    options: &ImportOptions,
) -> Result<Imported, OnlineError> {
    let store = station.store()?;
    let sheet = Sheet::read(file, mapping.1.sheet.as_deref())?;
    let digest = digest(&sheet, mapping.1);
    let mut done = None;
    let taken = store.take_in::<OnlineError>("online-imported", || {
        if let Some(there) = already(&store, &digest)? {
            done = Some(there);
            return Err(StoreError::Refused.into());
        }
        let mut sound = sound(&store, &sheet, mapping, options)?;
        let replaced = sound.replaces.as_ref().map(number_and_size);
        let new = sound.source(&sheet, mapping.1, &digest, options);
        done = Some(sound.imported(mapping.1, Came::In { replaced }));
        Ok(new)
    });
    match (taken, done) {
        (Ok(_), Some(done)) => Ok(done),
        (Err(_), Some(done)) if done.came == Came::Already => Ok(done),
        (Err(e), _) => Err(e),
        (Ok(_), None) => Err(StoreError::Refused.into()),
    }
}

fn number_and_size(row: &SourceRow) -> (i64, u64) {
    (row.key.number(), row.ballots)
}

/// Of the file and of what the mapping makes of it: a corrected mapping makes other
/// answers of the same file.
fn digest(sheet: &Sheet, mapping: &Mapping) -> String {
    let mut hash = blake3::Hasher::new_derive_key("phieu online answers 1: table, mapping");
    hash.update(sheet.digest.as_bytes());
    hash.update(mapping.source.as_bytes());
    hash.finalize().to_hex().to_string()
}

fn already(store: &Store, digest: &str) -> Result<Option<Imported>, OnlineError> {
    let Some(there) = store.sources()?.into_iter().find(|s| s.digest == digest) else {
        return Ok(None);
    };
    if there.replaced {
        return Err(OnlineError::Replaced(there.name));
    }
    let mut units: BTreeMap<Option<String>, u64> = BTreeMap::new();
    store.each_packed::<StoreError>(Some(there.key), |b| {
        *units.entry(b.unit.map(str::to_owned)).or_default() += 1;
        Ok(())
    })?;
    Ok(Some(Imported {
        came: Came::Already,
        name: there.name,
        ballots: there.ballots,
        units,
        left_out: Vec::new(),
    }))
}

/// What came of the checks.
struct Sound {
    ballots: Vec<OutsideBallot>,
    left_out: Vec<RowError>,
    replaces: Option<SourceRow>,
}

fn sound(
    store: &Store,
    sheet: &Sheet,
    (path, mapping): (&Path, &Mapping),
    options: &ImportOptions,
) -> Result<Sound, OnlineError> {
    let campaign = match store.campaign()? {
        Some(row) => Campaign::of_source(&row.source)?,
        None => Campaign::default(),
    };
    if !campaign.channels.is_empty() && !campaign.channels.contains(&Channel::Online) {
        return Err(OnlineError::NoChannel);
    }
    let form = form_of(store, &mapping.form)?;
    let meaning = form.meaning()?;
    let units = UnitTree::of(store)?;
    mapping.check(path, &meaning, &units)?;
    let clock = LocalTime::of(store)?;
    let Ballots { ballots, mistakes } = ballots(
        sheet,
        &Surroundings {
            mapping,
            form: form.key,
            layout: &form.layout,
            meaning: &meaning,
            units: &units,
            clock,
            today: clock.today(store)?,
            starts: campaign.starts,
        },
    )?;
    if !mistakes.is_empty() && !options.leave_out {
        return Err(OnlineError::Rows {
            file: sheet.file.clone(),
            mistakes,
        });
    }
    if ballots.is_empty() {
        return Err(OnlineError::Nothing(sheet.file.clone()));
    }
    let replaces = older(store, mapping)?;
    if let Some(old) = &replaces {
        is_longer(store, old, &ballots, mapping, options)?;
    }
    nothing_twice(store, form.key, &ballots, replaces.as_ref().map(|r| r.key))?;
    Ok(Sound {
        ballots,
        left_out: mistakes,
        replaces,
    })
}

/// The form of this id at its newest version.
///
/// # Errors
/// The station has none, or the database refuses.
pub fn form_of(store: &Store, id: &str) -> Result<FormRow, OnlineError> {
    let forms = store.forms()?;
    let there = || {
        let ids: BTreeSet<String> = forms.iter().map(|f| f.layout.form.clone()).collect();
        ids.into_iter().collect()
    };
    let newest = forms.iter().filter(|f| f.layout.form == id);
    let newest = newest.max_by_key(|f| f.layout.version).cloned();
    newest.ok_or_else(|| OnlineError::NoForm {
        form: id.to_owned(),
        there: there(),
    })
}

/// The source that a mapping of this name brought before.
fn older(store: &Store, mapping: &Mapping) -> Result<Option<SourceRow>, OnlineError> {
    let same = |s: &SourceRow| {
        s.kind == SourceKind::Online && !s.replaced && s.name == mapping.name.trim()
    };
    Ok(store.sources()?.into_iter().find(same))
}

/// A form tool's file grows: nothing that was there may be gone or changed, unless a
/// person says why.
fn is_longer(
    store: &Store,
    old: &SourceRow,
    new: &[OutsideBallot],
    mapping: &Mapping,
    options: &ImportOptions,
) -> Result<(), OnlineError> {
    if options.reason.is_some() {
        return Ok(());
    }
    let by_serial: HashMap<&str, &OutsideBallot> = new
        .iter()
        .filter_map(|b| Some((b.serial.as_deref()?, b)))
        .collect();
    let (mut gone, mut changed) = (0, 0);
    store.each_outside::<StoreError>(Some(old.key), |b| {
        match b.serial.as_deref().and_then(|s| by_serial.get(s)) {
            None => gone += 1,
            Some(now) if **now != b => changed += 1,
            Some(_) => {}
        }
        Ok(())
    })?;
    if gone + changed == 0 {
        return Ok(());
    }
    Err(OnlineError::NotLarger {
        name: mapping.name.clone(),
        there: usize::try_from(old.ballots).unwrap_or(usize::MAX),
        gone,
        changed,
    })
}

fn nothing_twice(
    store: &Store,
    form: FormKey,
    ballots: &[OutsideBallot],
    replaced: Option<SourceKey>,
) -> Result<(), OnlineError> {
    let replaced: Vec<SourceKey> = replaced.into_iter().collect();
    let sources = store.sources()?;
    let (mut count, mut first) = (0, Vec::new());
    for serial in ballots.iter().filter_map(|b| b.serial.as_deref()) {
        let Some(at) = store.serial_is_at(form, serial, &replaced)? else {
            continue;
        };
        count += 1;
        if first.len() < NAMED {
            let name = sources.iter().find(|s| Some(s.key) == at);
            let name = name.map_or("trạm này (this station)", |s| s.name.as_str());
            first.push(format!("{serial}: {name}"));
        }
    }
    if count == 0 {
        return Ok(());
    }
    Err(OnlineError::Twice { count, first })
}

impl Sound {
    fn units(&self) -> BTreeMap<Option<String>, u64> {
        let mut units = BTreeMap::new();
        for b in &self.ballots {
            *units.entry(b.unit.clone()).or_default() += 1;
        }
        units
    }

    fn imported(&self, mapping: &Mapping, came: Came) -> Imported {
        Imported {
            came,
            name: mapping.name.trim().to_owned(),
            ballots: self.ballots.len() as u64,
            units: self.units(),
            left_out: self.left_out.clone(),
        }
    }

    fn source(
        &mut self,
        sheet: &Sheet,
        mapping: &Mapping,
        digest: &str,
        options: &ImportOptions,
    ) -> NewSource {
        let left_out: BTreeSet<usize> = self.left_out.iter().map(|m| m.row).collect();
        let units: Vec<String> = self.units().into_keys().flatten().collect();
        let detail = json!({
            "file": sheet.digest, "form": mapping.form, "mapping": mapping.source,
            "rows": sheet.rows.len(), "left_out": left_out, "units": units,
        });
        NewSource {
            detail,
            replaces: self.replaces.iter().map(|r| r.key).collect(),
            reason: options.reason.clone().unwrap_or_default(),
            ..NewSource::online(mapping.name.trim(), digest, self.ballots.clone())
        }
    }
}
