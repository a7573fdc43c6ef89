//! Takes a package in: everything is verified before anything is written.

use std::path::Path;

use serde_json::json;

use super::boxes::open_boxes;
use super::check::{Checker, Sound, labels};
use super::package::digest;
use super::{BallotsOf, ExchangeError, Package, kept};
use crate::station::Station;
use crate::store::{NewSource, SourceKind, SourceRow, Store};

/// What became of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Came {
    /// It is here now; these revisions of its station gave way to it.
    In {
        /// From 1.
        replaced: Vec<i64>,
    },
    /// This very file was here already: nothing was changed.
    Already,
    /// It could come in; nothing was written.
    Checked {
        /// What would give way to it.
        replaces: Vec<i64>,
    },
}

/// A package that was taken in, or could be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    /// What became of it.
    pub came: Came,
    /// Whose it is: the name of the pinned key.
    pub name: String,
    /// Which of the station's packages.
    pub revision: i64,
    /// Its ballots.
    pub ballots: BallotsOf,
    /// Questions that wait for a person there.
    pub pending_answers: u64,
    /// Boxes that were opened there and do not stand as they were closed.
    pub open_boxes: Vec<String>,
}

impl Imported {
    /// Does something in it still wait for a person?
    #[must_use]
    pub fn waits(&self) -> bool {
        self.ballots.pending > 0 || self.pending_answers > 0 || !self.open_boxes.is_empty()
    }
}

/// Takes a package in. The older revision that it replaces keeps its row.
///
/// # Errors
/// Anything is wrong with it; then nothing was written.
pub fn import(station: &Station, file: &Path) -> Result<Imported, ExchangeError> {
    let bytes = kept::load(file)?;
    let store = station.store()?;
    if let Some(there) = known(&store, &digest(&bytes))? {
        return already(&store, there);
    }
    let package = Package::open(&bytes)?;
    let mut done = None;
    store
        .take_in::<ExchangeError>("package-imported", || {
            // Another process may have taken it in while this one waited.
            if let Some(there) = known(&store, &package.digest)? {
                done = Some(already(&store, there)?);
                return Err(crate::store::StoreError::Refused.into());
            }
            let mut sound = Checker::new(&package, &store)?.run()?;
            kept::keep(station, &package.digest, &bytes)?;
            let new = source(&package, &mut sound);
            let replaced = revisions(&sound.replaces);
            done = Some(imported(&package, &sound, Came::In { replaced }));
            Ok(new)
        })
        .map(|_| ())
        .or_else(|e| match &done {
            Some(d) if d.came == Came::Already => Ok(()),
            _ => Err(e),
        })?;
    done.ok_or_else(|| crate::store::StoreError::Refused.into())
}

/// All that [`import`] verifies. Writes nothing.
///
/// # Errors
/// Anything is wrong with it.
pub fn check(station: &Station, file: &Path) -> Result<Imported, ExchangeError> {
    let bytes = kept::load(file)?;
    let store = station.store()?;
    if let Some(there) = known(&store, &digest(&bytes))? {
        return already(&store, there);
    }
    let package = Package::open(&bytes)?;
    let sound = Checker::new(&package, &store)?.run()?;
    let replaces = revisions(&sound.replaces);
    Ok(imported(&package, &sound, Came::Checked { replaces }))
}

fn known(store: &Store, digest: &str) -> Result<Option<SourceRow>, ExchangeError> {
    Ok(store.sources()?.into_iter().find(|s| s.digest == digest))
}

/// The same file again.
fn already(store: &Store, there: SourceRow) -> Result<Imported, ExchangeError> {
    let SourceKind::Package { station, revision } = &there.kind else {
        return Err(ExchangeError::whole(
            "it came in as a file of online answers",
        ));
    };
    if there.replaced {
        let newest = store.sources()?.into_iter().filter(|s| !s.replaced);
        let newest = newest.filter_map(|s| match s.kind {
            SourceKind::Package {
                station: of,
                revision,
            } if of == *station => Some(revision),
            _ => None,
        });
        return Err(ExchangeError::OldRevision {
            offered: *revision,
            there: newest.max().unwrap_or(*revision),
            name: there.name,
        });
    }
    let number = |key: &str| there.detail["ballots"][key].as_u64().unwrap_or(0);
    let open = there.detail["open_boxes"].as_array();
    Ok(Imported {
        came: Came::Already,
        revision: *revision,
        ballots: BallotsOf {
            counted: number("counted"),
            pending: number("pending"),
            rejected: number("rejected"),
        },
        pending_answers: there.detail["pending_answers"].as_u64().unwrap_or(0),
        open_boxes: open
            .into_iter()
            .flatten()
            .filter_map(|b| b.as_str().map(str::to_owned))
            .collect(),
        name: there.name,
    })
}

fn revisions(rows: &[SourceRow]) -> Vec<i64> {
    let of = |s: &SourceRow| match s.kind {
        SourceKind::Package { revision, .. } => Some(revision),
        SourceKind::Online => None,
    };
    rows.iter().filter_map(of).collect()
}

fn imported(package: &Package<'_>, sound: &Sound, came: Came) -> Imported {
    let m = &package.manifest;
    Imported {
        came,
        name: sound.pin.pin.name.clone(),
        revision: m.revision.number,
        ballots: m.ballots,
        pending_answers: m.pending_answers,
        open_boxes: open_boxes(&sound.boxes),
    }
}

fn source(package: &Package<'_>, sound: &mut Sound) -> NewSource {
    let m = &package.manifest;
    let boxes = labels(&sound.boxes, &sound.ballots);
    NewSource {
        kind: SourceKind::Package {
            station: m.station.clone(),
            revision: m.revision.number,
        },
        name: sound.pin.pin.name.clone(),
        digest: package.digest.clone(),
        detail: json!({
            "key": package.key.hex(), "pin": sound.pin.number, "scope": m.scope,
            "made": m.revision.made, "log_entries": m.revision.log_entries,
            "log_head": m.revision.log_head, "software": m.software,
            "units": m.units, "origins": m.origins, "boxes": boxes,
            "open_boxes": open_boxes(&sound.boxes), "ballots": m.ballots,
            "pending_answers": m.pending_answers,
        }),
        ballots: std::mem::take(&mut sound.ballots),
        replaces: sound.replaces.iter().map(|r| r.key).collect(),
        reason: if sound.replaces.is_empty() {
            String::new()
        } else {
            format!("bản {} (revision {})", m.revision.number, m.revision.number)
        },
    }
}
