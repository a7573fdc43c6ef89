//! The office's work: reading what the scanner delivers, assembling ballots
//! from pages, keeping originals, recording everything in the store.
//!
//! A station is a folder:
//!
//! ```text
//! phieu.db       the tally database
//! originals/     every image file as it came: ab/HASH.jpg
//! forms/         forms that did not ship with the program, as they were taken in
//! campaign.toml  the campaign as it was taken in
//! scanner.toml   the profile of the station's scanner, if it has one
//! signing.key    the secret that packages are signed with, if one was made
//! packages/      packages of other stations as they came: HASH.phieu
//! feeder/        pages from the feeder until they are recorded
//! inbox/         files from the browser until they are recorded
//! scan.lock      held by the scan that runs
//! ```

pub mod assemble;
pub mod audit;
mod batches;
mod blanks;
pub mod boxes;
mod by_hand;
mod campaign;
pub mod clip;
mod error;
mod feeder;
mod forms;
pub mod guard;
pub mod inbox;
mod local_time;
mod lock;
pub mod ordered;
mod originals;
pub mod place;
mod problem;
mod profile;
mod read_page;
pub mod retention;
pub mod sample;
mod scan;
mod watch;
mod wording;

use std::fs;
use std::path::{Path, PathBuf};

pub use batches::BatchLine;
pub use blanks::Blanks;
pub use by_hand::{Asked, ByHandOutcome, Desk, Keyed, answer, questions_of};
pub use campaign::{
    Area, BoxChannels, Campaign, CampaignBox, CampaignUnit, Change, Changed, Channel, Counts, Day,
    FormProgress, Quota, ShippedCampaign, Standing, UnitProgress, WithBelow, changes,
    form_progress, forms_of, standing, unit_progress,
};
pub use error::StationError;
pub use feeder::{Fed, Feed};
pub use forms::{KnownForm, check_forms, layouts_digest, load_forms, reader_of};
pub use local_time::{LocalTime, UTC_OFFSET};
pub use originals::Originals;
pub use problem::problem_words;
pub use read_page::{Pages, damaged};
pub use scan::{Progress, RemovedFile, ScanJob, ScanSummary, Session, scan, scan_until};
pub use watch::{Notice, WatchTimes, watch};
pub use wording::{QuestionWords, Wording};

use crate::store::{Actor, Durability, Store};
use crate::whole_file::part_of;

/// Name and version of this program, as it is noted beside readings.
pub const SOFTWARE: &str = concat!("phieu ", env!("CARGO_PKG_VERSION"));

/// A station's folder.
#[derive(Debug, Clone)]
pub struct Station {
    dir: PathBuf,
    actor: Actor,
}

/// Writes a file of the station's folder whole or not at all.
fn write_whole(path: &Path, text: &str) -> Result<(), StationError> {
    let half = part_of(path);
    fs::write(&half, text).map_err(StationError::io(&half, "write"))?;
    fs::rename(&half, path).map_err(StationError::io(path, "write"))
}

impl Station {
    /// Makes a station in a new or empty folder.
    ///
    /// `forms` are those of the campaign; without a campaign, forms are
    /// registered when their first page comes.
    ///
    /// # Errors
    /// The folder is in use or cannot be written.
    pub fn init(
        dir: &Path,
        campaign: Option<&Campaign>,
        forms: &[KnownForm],
    ) -> Result<Self, StationError> {
        fs::create_dir_all(dir).map_err(StationError::io(dir, "make the folder"))?;
        let mut inside = fs::read_dir(dir).map_err(StationError::io(dir, "look into"))?;
        if inside.next().is_some() {
            return Err(StationError::NotEmpty(dir.to_owned()));
        }
        let station = Self::at(dir);
        for sub in ["originals", "forms"] {
            let path = dir.join(sub);
            fs::create_dir_all(&path).map_err(StationError::io(&path, "make the folder"))?;
        }
        let store = Store::create(
            &station.database(),
            &new_id(),
            SOFTWARE,
            station.actor.clone(),
        )?;
        if let Some(campaign) = campaign {
            let path = dir.join("campaign.toml");
            fs::write(&path, &campaign.source).map_err(StationError::io(&path, "write"))?;
            store.record_campaign(&campaign.name, &campaign.source)?;
            for form in forms {
                station.keep_form(form)?;
                store.register_form(&form.layout, &form.title, &form.source)?;
            }
            for unit in &campaign.units {
                store.declare_unit(
                    &unit.id,
                    unit.name.as_deref(),
                    unit.parent.as_deref(),
                    unit.whole_quota(),
                )?;
            }
            for b in &campaign.boxes {
                store.declare_box(&b.id, b.unit.as_deref())?;
            }
        }
        store.make_durable()?;
        Ok(station)
    }

    /// The station in this folder.
    ///
    /// # Errors
    /// There is none.
    pub fn open(dir: &Path) -> Result<Self, StationError> {
        let station = Self::at(dir);
        station.store()?;
        Ok(station)
    }

    fn at(dir: &Path) -> Self {
        Self {
            dir: dir.to_owned(),
            actor: Actor::of_this_computer(),
        }
    }

    /// The same station, where somebody else acts.
    #[must_use]
    pub fn acting_as(&self, actor: Actor) -> Self {
        Self {
            dir: self.dir.clone(),
            actor,
        }
    }

    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where forms are kept that did not ship with the program.
    #[must_use]
    pub fn forms_dir(&self) -> PathBuf {
        self.dir.join("forms")
    }

    /// Does a scan run on it at this moment?
    #[must_use]
    pub fn is_scanning(&self) -> bool {
        lock::ScanLock::is_held(&self.dir)
    }

    /// The database, for reading and for decisions.
    ///
    /// # Errors
    /// There is none, or it cannot be used.
    pub fn store(&self) -> Result<Store, StationError> {
        self.open_store(Durability::EachCommit)
    }

    /// The kept originals.
    #[must_use]
    pub fn originals(&self) -> Originals {
        Originals::new(self.dir.join("originals"))
    }

    fn store_for_scanning(&self) -> Result<Store, StationError> {
        self.open_store(Durability::AtCheckpoints)
    }

    fn open_store(&self, durability: Durability) -> Result<Store, StationError> {
        let mut store = Store::open(&self.database(), durability)?;
        store.act_as(self.actor.clone());
        Ok(store)
    }

    fn database(&self) -> PathBuf {
        self.dir.join("phieu.db")
    }
}

/// An id that no other station has: 20 hex digits (80 bits) out of the
/// system's randomness, which the standard library only gives out through its
/// hashers.
fn new_id() -> String {
    use std::hash::{BuildHasher, RandomState};
    let mut hasher = blake3::Hasher::new();
    for _ in 0..4 {
        hasher.update(&RandomState::new().hash_one(0u8).to_le_bytes());
    }
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    hasher.update(&now.map_or(0, |d| d.as_nanos()).to_le_bytes());
    hasher.update(&std::process::id().to_le_bytes());
    hasher.finalize().to_hex().chars().take(20).collect()
}
