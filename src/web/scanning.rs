//! The scan that the browser asked for: one at a time, on threads of its own, by the
//! same way as `phieu scan`.

use std::num::NonZeroUsize;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use crate::form::code::Keyring;
use crate::page::{DecodeLimits, collect};
use crate::station::{
    Progress, ScanJob, ScanSummary, Station, StationError, reader_of, scan_until,
};

/// What a scan is to do.
#[derive(Debug)]
pub(super) struct Order {
    /// The station, in the name of whoever ordered it.
    pub station: Station,
    /// Folders of forms beside those of the station.
    pub templates: Vec<PathBuf>,
    pub keys: Keyring,
    /// Id of the parcel.
    pub parcel: String,
    pub ballot_box: Option<String>,
}

/// The scan at work, or the last one.
#[derive(Debug, Default)]
pub(super) struct Scanning(Mutex<Option<Arc<Run>>>);

/// One scan.
#[derive(Debug)]
pub(super) struct Run {
    pub parcel: String,
    started: Instant,
    stop: AtomicBool,
    state: Mutex<RunState>,
}

#[derive(Debug, Default)]
struct RunState {
    progress: Progress,
    ended: Option<Ended>,
}

/// How a scan ended.
#[derive(Debug, Clone)]
pub(super) enum Ended {
    Done(Box<ScanSummary>),
    Stopped,
    Failed(String),
}

/// What is seen of a scan from outside.
#[derive(Debug, Clone)]
pub(super) struct Seen {
    pub parcel: String,
    pub progress: Progress,
    pub seconds: f64,
    pub ended: Option<Ended>,
}

impl Scanning {
    fn current(&self) -> MutexGuard<'_, Option<Arc<Run>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The scan at work, or the last one since the program was started.
    pub fn seen(&self) -> Option<Seen> {
        self.current().as_ref().map(|run| {
            let state = run.state();
            Seen {
                parcel: run.parcel.clone(),
                progress: state.progress,
                seconds: run.started.elapsed().as_secs_f64(),
                ended: state.ended.clone(),
            }
        })
    }

    /// The parcel that is being scanned.
    pub fn parcel_at_work(&self) -> Option<String> {
        self.seen().filter(|s| s.ended.is_none()).map(|s| s.parcel)
    }

    /// Begins a scan. Only on a thread that may wait.
    ///
    /// # Errors
    /// One is at work already, here or in another program.
    pub fn begin(&self, order: Order) -> Result<(), StationError> {
        let busy = || StationError::Busy(order.station.dir().to_owned());
        let mut current = self.current();
        if current.as_ref().is_some_and(|r| r.state().ended.is_none())
            || order.station.is_scanning()
        {
            return Err(busy());
        }
        let run = Arc::new(Run {
            parcel: order.parcel.clone(),
            started: Instant::now(),
            stop: AtomicBool::new(false),
            state: Mutex::default(),
        });
        *current = Some(Arc::clone(&run));
        std::thread::spawn(move || {
            let ended = match crate::station::guard::guarded(|| run.work(&order)) {
                Ok(Ok(summary)) => Ended::Done(Box::new(summary)),
                Ok(Err(StationError::Stopped)) => Ended::Stopped,
                Ok(Err(e)) => Ended::Failed(e.to_string()),
                Err(panic) => Ended::Failed(panic),
            };
            run.state().ended = Some(ended);
        });
        Ok(())
    }

    /// Asks the scan at work to end; what is recorded until then stays, and so does
    /// the parcel.
    pub fn stop(&self) {
        if let Some(run) = self.current().as_ref() {
            run.stop.store(true, Ordering::Relaxed);
        }
    }
}

impl Run {
    fn state(&self) -> MutexGuard<'_, RunState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn work(&self, order: &Order) -> Result<ScanSummary, StationError> {
        let station = &order.station;
        let forms = station.forms_to_read_by(&order.templates)?;
        let profile = station.profile()?;
        let reader = reader_of(&forms, order.keys.clone(), profile.as_ref());
        let inbox = station.inbox();
        let Some(folder) = inbox.folder(&order.parcel) else {
            return Err(StationError::Input(crate::page::SourceError::NotFound(
                order.parcel.clone().into(),
            )));
        };
        let mut found = collect(std::slice::from_ref(&folder))?;
        found.name_below(&folder);
        let job = ScanJob {
            sources: &found.sources,
            forms: &forms,
            reader: &reader,
            profile: profile.as_ref(),
            ballot_box: order.ballot_box.as_deref(),
            threads: threads(),
            limits: DecodeLimits::default(),
        };
        let done = scan_until(station, &job, &self.stop, |p| self.state().progress = *p)?;
        self.state().progress = done.progress;
        // A cancelled pile may be scanned out of another box; what could not be read
        // is looked at first.
        if done.failed.is_empty() && !done.cancelled {
            // What cannot be removed is found as known the next time.
            drop(inbox.discard(&order.parcel));
        }
        Ok(done)
    }
}

/// One core is left for the reviewers.
fn threads() -> NonZeroUsize {
    let all = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    NonZeroUsize::new(all - 1).unwrap_or(NonZeroUsize::MIN)
}
