//! Removing images: checked, written down, done, and written down that it is done.

use std::collections::HashMap;
use std::path::PathBuf;

use serde_json::json;

use super::files::{delete, delete_loose, loose_files, returned};
use super::hindrance::{self, Hindrance, Obstacle};
use super::{Due, Station, StationError};
use crate::lang::Lang;
use crate::station::audit::{Fault, audit};
use crate::station::lock::ScanLock;
use crate::store::{
    Accepted, NewRemoval, NotWhole, Present, Removable, RemovalDetail, RemovalRow, Store,
    StoreError,
};

/// Faults of the check before a removal that are written down with it; the check itself
/// names the first few only.
const FAULTS: usize = 20;

/// What a person says who removes images.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Order {
    /// Who does it.
    pub person: String,
    /// Number of the decision that it follows.
    pub decision: Option<String>,
    /// Why; needed where something is accepted.
    pub reason: Option<String>,
    /// Who is present.
    pub present: Vec<Present>,
    /// Where.
    pub place: Option<String>,
    /// What may stand in the way.
    pub despite: Vec<Obstacle>,
}

/// Why images are not removed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// The station.
    #[error(transparent)]
    Station(#[from] StationError),
    /// Nobody said when.
    #[error(
        "trạm chưa có đợt khảo sát nên ảnh không bao giờ đến hạn hủy: ghi keep_until = \"31/12/2027\" vào \
         campaign.toml rồi chạy phieu campaign update (the station has no campaign that names a day; \
         write keep_until into campaign.toml and take it in)"
    )]
    NoCampaign,
    /// The campaign does not say when.
    #[error(
        "đợt khảo sát không ghi giữ ảnh đến ngày nào nên ảnh không bao giờ đến hạn hủy: ghi \
         keep_until = \"31/12/2027\" vào campaign.toml rồi chạy phieu campaign update (the campaign \
         names no day up to which images are kept; write keep_until into campaign.toml and take it in)"
    )]
    NoDay,
    /// It is too early.
    #[error(
        "chưa đến hạn: ảnh được giữ đến hết ngày {until}, còn {days} ngày (images are kept up to the end \
         of that day; {days} days are left)"
    )]
    NotYet {
        /// The last day on which they are kept.
        until: String,
        /// Days left.
        days: i64,
    },
    /// Somebody may still want to look at them.
    #[error(
        "còn vướng: {} – hủy ảnh rồi thì không ai xem lại được; xử lý trước, hoặc chấp nhận từng việc \
         và nêu lý do: {} --reason \"…\" (something still waits; settle it, or accept it by name, with a \
         reason)",
        list(.0), flags(.0)
    )]
    InTheWay(Vec<Hindrance>),
    /// Something is accepted without a reason.
    #[error("--despite cần lý do: --reason \"…\" (say why)")]
    NoReason,
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::Station(error.into())
    }
}

fn list(all: &[Hindrance]) -> String {
    let words: Vec<String> = all
        .iter()
        .map(|h| h.what.words(h.number, Lang::Vi))
        .collect();
    words.join("; ")
}

fn flags(all: &[Hindrance]) -> String {
    let flags: Vec<String> = all
        .iter()
        .map(|h| format!("--despite {}", h.what.code()))
        .collect();
    flags.join(" ")
}

/// A station whose images are being removed: nobody scans meanwhile.
#[derive(Debug)]
pub struct Remover {
    station: Station,
    store: Store,
    _lock: ScanLock,
}

/// A removal that may begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    new: NewRemoval,
    removable: Removable,
}

impl Plan {
    /// What it takes.
    #[must_use]
    pub fn removable(&self) -> Removable {
        self.removable
    }

    /// What else is the case.
    #[must_use]
    pub fn detail(&self) -> &RemovalDetail {
        &self.new.detail
    }
}

/// What was done.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Finished {
    /// Removals that came to their end.
    pub ended: Vec<RemovalRow>,
    /// Files that were deleted for them.
    pub deleted: u64,
    /// Files of earlier removals that were there again, and were deleted again.
    pub again: u64,
}

impl Remover {
    /// Begins; changes nothing yet.
    ///
    /// # Errors
    /// A scan runs on the station, or it cannot be opened.
    pub fn of(station: &Station) -> Result<Self, StationError> {
        let lock = ScanLock::take(station.dir())?;
        Ok(Self {
            store: station.store()?,
            station: station.clone(),
            _lock: lock,
        })
    }

    /// The database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// May the images be removed now? Checks the whole station a last time: afterwards
    /// nobody can compare an image with its hash. `None`: there are none.
    ///
    /// # Errors
    /// Why not.
    pub fn check(&self, order: &Order) -> Result<Option<Plan>, Refusal> {
        let (keep_until, campaign) = match Due::of(&self.store)? {
            Due::NoCampaign => return Err(Refusal::NoCampaign),
            Due::NoDay => return Err(Refusal::NoDay),
            Due::NotYet { keep_until, days } => {
                return Err(Refusal::NotYet {
                    until: keep_until.written(),
                    days,
                });
            }
            Due::Since {
                keep_until,
                campaign,
            } => (keep_until, campaign),
        };
        let removable = self.store.removable()?;
        let unrecorded = loose_files(&self.station, &self.store)?;
        if removable.images == 0 && removable.sketches == 0 && unrecorded.is_empty() {
            return Ok(None);
        }
        let mut hindrances = hindrance::all(&self.store, unrecorded.len() as u64)?;
        let faults = audit(&self.station)?.faults;
        if !faults.is_empty() {
            hindrances.push(Hindrance {
                what: Obstacle::Faults,
                number: faults.len() as u64,
            });
        }
        let refused: Vec<Hindrance> = hindrances
            .iter()
            .filter(|h| !order.despite.contains(&h.what))
            .cloned()
            .collect();
        if !refused.is_empty() {
            return Err(Refusal::InTheWay(refused));
        }
        if !hindrances.is_empty() && order.reason.is_none() {
            return Err(Refusal::NoReason);
        }
        let accepted = hindrances
            .iter()
            .map(|h| Accepted {
                code: h.what.code().to_owned(),
                number: h.number,
            })
            .collect();
        let detail = RemovalDetail {
            accepted,
            not_whole: self.not_whole(&faults)?,
            unrecorded,
            faults: faults.iter().take(FAULTS).map(Fault::to_string).collect(),
        };
        Ok(Some(Plan {
            removable,
            new: NewRemoval {
                campaign,
                keep_until: keep_until.to_string(),
                detail,
                present: order.present.clone(),
                place: order.place.clone(),
                decision: order.decision.clone(),
                reason: order.reason.clone(),
                person: order.person.clone(),
            },
        }))
    }

    /// The originals among what does not fit.
    fn not_whole(&self, faults: &[Fault]) -> Result<Vec<NotWhole>, StationError> {
        let dir = self.station.originals().dir().to_owned();
        let hashes: HashMap<PathBuf, String> = self
            .store
            .kept_images()?
            .into_iter()
            .map(|i| (dir.join(i.kept_as), i.hash))
            .collect();
        let of = |fault: &Fault| {
            let (path, what) = match fault {
                Fault::Gone { path, .. } => (path, "gone"),
                Fault::Changed { path, .. } => (path, "changed"),
                Fault::Unreadable { path, .. } => (path, "unreadable"),
                _ => return None,
            };
            hashes.get(path).map(|hash| NotWhole {
                hash: hash.clone(),
                what: what.to_owned(),
            })
        };
        Ok(faults.iter().filter_map(of).collect())
    }

    /// Writes the removal down. From now on the images are to go, whatever happens.
    ///
    /// # Errors
    /// An earlier one is not finished, or the database refuses.
    pub fn begin(&self, plan: &Plan) -> Result<RemovalRow, StationError> {
        Ok(self.store.begin_removal(&plan.new)?)
    }

    /// Removes whatever is written down as removed and is there: of a removal that was
    /// just begun, of one that was interrupted, and files that somebody put back.
    ///
    /// # Errors
    /// A file cannot be deleted or the database cannot be written anew. What is deleted
    /// by then stays deleted; running it again goes on.
    pub fn finish(&self, person: &str) -> Result<Finished, StationError> {
        let mut done = Finished::default();
        for removal in self.store.removals()? {
            let images = self.store.images_of_removal(removal.number)?;
            if removal.ended.is_none() {
                done.deleted += delete(&self.station, &images)?;
                done.deleted += delete_loose(&self.station, &removal.order.detail.unrecorded)?;
                self.store.expunge()?;
                done.ended
                    .push(self.store.end_removal(removal.number, person)?);
                continue;
            }
            let back = returned(&self.station, &images)?;
            if back.is_empty() {
                continue;
            }
            let hashes: Vec<&str> = back.iter().map(|i| i.hash.as_str()).collect();
            self.store.event(
                "images-removed-again",
                &json!({ "removal": removal.number, "images": hashes, "person": person }),
            )?;
            done.again += delete(&self.station, &back)?;
        }
        self.store.make_durable()?;
        Ok(done)
    }
}
