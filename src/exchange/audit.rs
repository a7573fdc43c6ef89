//! Is all that has to do with packages as it was recorded?

use super::key::{PublicKey, StationKey};
use super::{ExchangeError, Package, kept};
use crate::station::Station;
use crate::store::SourceKind;

/// What does not fit, in words, the ballots that came in first. Changes nothing.
/// (The rows themselves are checked with the log.)
///
/// # Errors
/// The database cannot be read.
pub fn faults(station: &Station) -> Result<Vec<String>, ExchangeError> {
    let store = station.store()?;
    let mut out = Vec::new();
    for source in store.changed_sources()? {
        out.push(format!(
            "the ballots of source {} ({:?}) are not those that came in",
            source.key.number(),
            source.name
        ));
    }
    for source in store.sources()? {
        let SourceKind::Package {
            station: of,
            revision,
        } = &source.kind
        else {
            continue;
        };
        let bytes = match kept::get(station, &source.digest) {
            Ok(bytes) => bytes,
            Err(e) => {
                out.push(e.to_string());
                continue;
            }
        };
        let fits = Package::open(&bytes).is_ok_and(|p| {
            p.manifest.station == *of
                && p.manifest.revision.number == *revision
                && source.detail["key"] == p.key.hex().as_str()
                && p.manifest.ballots.total() == source.ballots
        });
        if !fits {
            out.push(format!(
                "source {} ({:?}) is not what its package says",
                source.key.number(),
                source.name
            ));
        }
    }
    for pin in store.pins()? {
        if PublicKey::from_hex(&pin.pin.public_key).is_err() {
            out.push(format!("pinned key {} is no key", pin.number));
        }
    }
    if store.station_key()?.is_some()
        && let Err(e) = StationKey::of(station)
    {
        out.push(e.to_string());
    }
    Ok(out)
}
