//! What all requests share: the station, open databases, pictures that were just
//! looked at.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use image::GrayImage;
use tokio::sync::Semaphore;

use super::dashboard::Progress;
use super::error::Refused;
use super::parcels::Parcels;
use super::removed::Removed;
use super::scanning::Scanning;
use super::{ServeOptions, WebError};
use crate::form::Layout;
use crate::page::{DecodeLimits, PageFile};
use crate::station::{Desk, Station, Wording};
use crate::store::{Actor, FormKey, FormRow, PageOfItem, Store};

/// Databases that are kept open between requests: one for each thread that may
/// wait for the disk at once.
const OPEN_STORES: usize = 8;

/// Decoded pages that are kept: an A4 page at 300 dpi has 8.7 MB. A reviewer
/// looks at the same page question by question.
const KEPT_PAGES: usize = 12;

/// Passwords that are hashed at once: each takes 19 MiB and a core.
const HASHED_AT_ONCE: usize = 2;

/// Figures that are this young are shown to all who look: twenty reviewers do not
/// make the station count twenty times.
const FIGURES_FOR: Duration = Duration::from_secs(2);

/// Files that come in at once: more would only wait for the same disk.
const UPLOADS_AT_ONCE: usize = 8;

/// Shared by all requests.
#[derive(Debug, Clone)]
pub(super) struct App(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    station: Station,
    options: ServeOptions,
    address: SocketAddr,
    stores: Mutex<Vec<Store>>,
    pages: Mutex<Vec<(i64, Arc<GrayImage>)>>,
    forms: Mutex<Vec<Arc<FormInWords>>>,
    hashing: Semaphore,
    desk: Mutex<Option<(u64, Arc<Desk>)>>,
    uploads: Semaphore,
    parcels: Parcels,
    scanning: Scanning,
    progress: Mutex<Option<(Instant, Arc<Progress>)>>,
}

/// A form with its words.
#[derive(Debug)]
pub(super) struct FormInWords {
    pub key: FormKey,
    pub title: String,
    pub layout: Layout,
    pub words: Wording,
}

impl App {
    pub fn new(
        station: Station,
        options: ServeOptions,
        address: SocketAddr,
    ) -> Result<Self, WebError> {
        // Better now than at the first request.
        let store = station.store()?;
        Ok(Self(Arc::new(Shared {
            station,
            options,
            address,
            stores: Mutex::new(vec![store]),
            pages: Mutex::default(),
            forms: Mutex::default(),
            hashing: Semaphore::new(HASHED_AT_ONCE),
            desk: Mutex::default(),
            uploads: Semaphore::new(UPLOADS_AT_ONCE),
            parcels: Parcels::default(),
            scanning: Scanning::default(),
            progress: Mutex::default(),
        })))
    }

    pub fn options(&self) -> &ServeOptions {
        &self.0.options
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address
    }

    pub fn hashing(&self) -> &Semaphore {
        &self.0.hashing
    }

    pub fn uploads(&self) -> &Semaphore {
        &self.0.uploads
    }

    pub fn parcels(&self) -> &Parcels {
        &self.0.parcels
    }

    pub fn scanning(&self) -> &Scanning {
        &self.0.scanning
    }

    /// The figures of this moment, or of just before. Only on a thread that may wait.
    pub fn progress(&self, store: &Store) -> Result<Arc<Progress>, Refused> {
        // Held while it is counted: who comes meanwhile gets the same.
        let mut kept = locked(&self.0.progress);
        if let Some((at, progress)) = kept.as_ref()
            && at.elapsed() < FIGURES_FOR
        {
            return Ok(Arc::clone(progress));
        }
        let progress = Arc::new(Progress::of(self, store)?);
        *kept = Some((Instant::now(), Arc::clone(&progress)));
        Ok(progress)
    }

    /// Does `f` with a database on a thread that may wait; `actor` stands in the
    /// log for what it does.
    pub async fn with_store<T: Send + 'static>(
        &self,
        actor: Actor,
        f: impl FnOnce(&Store) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let shared = Arc::clone(&self.0);
        let done = tokio::task::spawn_blocking(move || {
            let kept = locked(&shared.stores).pop();
            let mut store = match kept {
                Some(store) => store,
                None => shared.station.store()?,
            };
            store.act_as(actor);
            let out = f(&store);
            let mut stores = locked(&shared.stores);
            if stores.len() < OPEN_STORES {
                stores.push(store);
            }
            out
        });
        done.await
            .unwrap_or_else(|e| Err(Refused::Trouble(format!("the request broke off: {e}"))))
    }

    /// A page's image as it was scanned. Only on a thread that may wait.
    pub fn page_image(&self, store: &Store, page: &PageOfItem) -> Result<Arc<GrayImage>, Refused> {
        if let Some(row) = store.removal_of_page(page.page_id)? {
            // Nor is it left in memory.
            locked(&self.0.pages).clear();
            return Err(Refused::Removed(Box::new(Removed::of(store, &row)?)));
        }
        let kept = locked(&self.0.pages)
            .iter()
            .find(|p| p.0 == page.page_id)
            .map(|p| Arc::clone(&p.1));
        if let Some(image) = kept {
            return Ok(image);
        }
        let path = self.0.station.originals().dir().join(&page.kept_as);
        let decoded = crate::station::guard::guarded(|| {
            PageFile::open(&path, &DecodeLimits::default())
                .and_then(|file| file.page(page.index as usize))
        });
        let image = match decoded {
            Ok(Ok(scan)) => Arc::new(scan.image),
            Ok(Err(e)) => return Err(Refused::Trouble(e.to_string())),
            Err(why) => return Err(Refused::Trouble(why)),
        };
        let mut pages = locked(&self.0.pages);
        if pages.len() >= KEPT_PAGES {
            pages.remove(0);
        }
        pages.push((page.page_id, Arc::clone(&image)));
        Ok(image)
    }

    pub fn station(&self) -> &Station {
        &self.0.station
    }

    /// The forms and the reader for pages that a person helps with; loaded again when
    /// a form was registered or the station's scanner profile changed meanwhile. Only on a thread that may wait.
    pub fn desk(&self, store: &Store) -> Result<Arc<Desk>, Refused> {
        let count = store.count_forms()?;
        let mut kept = locked(&self.0.desk);
        let profile = self.0.station.profile()?.map(|p| p.digest());
        if let Some((forms, desk)) = kept.as_ref()
            && *forms == count
            && desk.profile_digest() == profile
        {
            return Ok(Arc::clone(desk));
        }
        let desk = Arc::new(Desk::open(&self.0.station, &self.0.options.keys)?);
        *kept = Some((count, Arc::clone(&desk)));
        Ok(desk)
    }

    /// A registered form with its words. Only on a thread that may wait.
    pub fn form(
        &self,
        store: &Store,
        form: &str,
        version: u32,
    ) -> Result<Arc<FormInWords>, Refused> {
        let wanted = |f: &&Arc<FormInWords>| f.layout.form == form && f.layout.version == version;
        // One that was registered meanwhile is read now; what is registered never
        // changes.
        if let Some(known) = locked(&self.0.forms).iter().find(wanted) {
            return Ok(Arc::clone(known));
        }
        let all = self.forms(store)?;
        all.iter().find(wanted).cloned().ok_or(Refused::NotFound)
    }

    /// All registered forms with their words. Only on a thread that may wait.
    pub fn forms(&self, store: &Store) -> Result<Vec<Arc<FormInWords>>, Refused> {
        let count = store.count_forms()?;
        let mut kept = locked(&self.0.forms);
        if kept.len() as u64 != count {
            *kept = store.forms()?.into_iter().map(in_words).collect();
        }
        Ok(kept.clone())
    }
}

fn in_words(row: FormRow) -> Arc<FormInWords> {
    Arc::new(FormInWords {
        key: row.key,
        words: Wording::of(&row.source, &row.layout),
        title: row.title,
        layout: row.layout,
    })
}

fn locked<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
