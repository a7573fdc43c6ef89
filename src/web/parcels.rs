//! What is in each parcel that is being filled, so that limits hold without
//! counting the folder for each file, and no file comes into a pile that is being
//! scanned.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::station::inbox::{Inbox, Parcel};

#[derive(Debug, Clone, Default)]
pub(super) struct Parcels(Arc<Mutex<HashMap<String, Filling>>>);

#[derive(Debug)]
struct Filling {
    parcel: Parcel,
    /// Files that are on their way.
    coming: u32,
    /// It is scanned, or was: nothing more comes in.
    closed: bool,
}

/// The place of a file that is on its way.
#[derive(Debug)]
pub(super) struct Place {
    all: Parcels,
    parcel: Parcel,
    came: Option<u64>,
}

impl Parcels {
    fn all(&self) -> MutexGuard<'_, HashMap<String, Filling>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A place for one more file; `None`: there is no such parcel, or it takes none.
    pub fn enter(&self, inbox: &Inbox, id: &str) -> Option<Place> {
        let mut all = self.all();
        if !all.contains_key(id) {
            // The program was started anew meanwhile, or the parcel is new.
            let parcel = inbox.parcel(id)?;
            let filling = Filling {
                parcel,
                coming: 0,
                closed: false,
            };
            all.insert(id.to_owned(), filling);
        }
        let filling = all.get_mut(id).filter(|f| !f.closed)?;
        let parcel = filling.parcel.clone();
        filling.coming += 1;
        filling.parcel.files += 1;
        Some(Place {
            all: self.clone(),
            parcel,
            came: None,
        })
    }

    /// Nothing more comes in from now on. `false`: files are still on their way.
    pub fn close(&self, parcel: &Parcel) -> bool {
        let mut all = self.all();
        let filling = all.entry(parcel.id.clone()).or_insert_with(|| Filling {
            parcel: parcel.clone(),
            coming: 0,
            closed: false,
        });
        if filling.coming > 0 {
            return false;
        }
        filling.closed = true;
        true
    }
}

impl Place {
    /// What was in the parcel before.
    pub fn parcel(&self) -> Parcel {
        self.parcel.clone()
    }

    /// The file is there, with so many bytes.
    pub fn came(&mut self, bytes: u64) {
        self.came = Some(bytes);
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if let Some(filling) = self.all.all().get_mut(&self.parcel.id) {
            filling.coming -= 1;
            match self.came {
                Some(bytes) => filling.parcel.bytes += bytes,
                None => filling.parcel.files -= 1,
            }
        }
    }
}
