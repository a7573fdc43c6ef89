//! A run of scanning: files in, records out. Reads in parallel, writes on one
//! thread, in the order of the input; may be killed at any point and run
//! again.
//!
//! While it runs, other processes pause, resume and cancel its batch through
//! the database: the thread that records looks there a few times a second, and
//! the database refuses pages of a cancelled batch in the same transaction.

mod admit;
mod record;

use std::num::NonZeroUsize;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use super::blanks::Blanks;
use super::lock::ScanLock;
use super::ordered;
use super::{KnownForm, Station, StationError};
use crate::calibrate::Profile;
use crate::page::{DecodeLimits, Source};
use crate::read::Reader;
use crate::store::StoreError;
use admit::{ScanPiece, ScanWork};
use record::Recorder;

/// What to scan, and by what.
#[derive(Debug)]
pub struct ScanJob<'a> {
    /// The files, in order.
    pub sources: &'a [Source],
    /// The forms that may come; the reader was made of their layouts.
    pub forms: &'a [KnownForm],
    /// Reads the pages.
    pub reader: &'a Reader,
    /// The scanner's profile that the reader was given.
    pub profile: Option<&'a Profile>,
    /// The box that the pile came out of, as a person names it; a cover sheet
    /// in the pile goes before it, and what is printed in a code before both.
    pub ballot_box: Option<&'a str>,
    /// Threads that decode and read.
    pub threads: NonZeroUsize,
    /// Bounds for files.
    pub limits: DecodeLimits,
}

/// How far a scan is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Progress {
    /// Files done.
    pub files: usize,
    /// Files in all.
    pub files_total: usize,
    /// Pages read in this run.
    pub pages: u64,
    /// Pages that were recorded before.
    pub known: u64,
    /// Pages of this run that a person must look at.
    pub flagged: u64,
    /// Somebody asked it to wait.
    pub paused: bool,
}

/// What a scan did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ScanSummary {
    /// Counts at the end.
    pub progress: Progress,
    /// Files that could not be read from the disk and are not recorded: name
    /// and cause.
    pub failed: Vec<(String, String)>,
    /// Number of the batch; `None`: nothing came that was not there.
    pub batch: Option<i64>,
    /// Somebody cancelled the batch; nothing of it counts.
    pub cancelled: bool,
    /// Blank pages that came.
    pub blanks: Blanks,
    /// Files that came again after their images were removed because their date had
    /// come: they are neither read nor kept.
    pub removed: Vec<RemovedFile>,
}

/// A file that came again after its image was removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RemovedFile {
    /// The name that it came with now.
    pub name: String,
    /// Pages of it that count nowhere: their batch was cancelled, or its scan cut off.
    pub lost: u32,
}

/// A run that takes files as they come, in one batch: pages are paired across
/// the calls of [`Session::take`]. Holds the station's lock for scanning.
pub struct Session<'a> {
    job: &'a ScanJob<'a>,
    work: ScanWork<'a>,
    recorder: Recorder<'a>,
    stop: Option<&'a AtomicBool>,
    _lock: ScanLock,
}

impl<'a> Session<'a> {
    /// Begins; the files of the job are not taken yet.
    ///
    /// # Errors
    /// Another scan runs on this station, a form contradicts the one that is
    /// registered, or the disk refuses.
    pub fn begin(station: &'a Station, job: &'a ScanJob<'a>) -> Result<Self, StationError> {
        debug_assert_eq!(
            job.reader.scanner(),
            job.profile.map(Profile::known_scanner).as_ref(),
            "what is recorded must be what was read by"
        );
        let lock = ScanLock::take(station.dir())?;
        let store = station.store_for_scanning()?;
        super::check_forms(&store, job.forms)?;
        let originals = station.originals();
        originals.sweep();
        let ballot_box = job.ballot_box.map(|b| store.box_named(b)).transpose()?;
        if let Some(key) = ballot_box
            && store.is_closed(key)?
        {
            return Err(StoreError::BoxClosed(store.box_row(key)?.label()).into());
        }
        let layouts = super::layouts_digest(job.forms);
        Ok(Self {
            job,
            work: ScanWork {
                job,
                originals,
                lookup: Mutex::new(station.store_for_scanning()?),
                layouts: layouts.clone(),
            },
            recorder: Recorder::new(station, job, store, layouts, ballot_box)?,
            stop: None,
            _lock: lock,
        })
    }

    /// Lets [`Session::take`] end early when this becomes true.
    pub fn stop_on(&mut self, stop: &'a AtomicBool) {
        self.stop = Some(stop);
    }

    /// Reads and records these files; `progress` is called after each file and
    /// page, and while the batch is paused.
    ///
    /// # Errors
    /// [`StationError::Cancelled`], [`StationError::Stopped`], or the disk
    /// refuses. What is recorded until then stays.
    pub fn take(
        &mut self,
        sources: &[Source],
        mut progress: impl FnMut(&Progress),
    ) -> Result<(), StationError> {
        self.recorder.expect_files(sources.len());
        let piece = ScanPiece {
            work: &self.work,
            sources,
        };
        let recorder = &mut self.recorder;
        let mut waiting = Vec::new();
        ordered::run(&piece, sources.len(), self.job.threads, |_, event| {
            recorder.heed(self.stop, &mut progress)?;
            recorder.take(event, &mut waiting)?;
            progress(&recorder.summary().progress);
            Ok::<(), StationError>(())
        })
    }

    /// Did somebody cancel the batch?
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.recorder.is_cancelled().unwrap_or(false)
    }

    /// What was done until now.
    #[must_use]
    pub fn summary(&self) -> &ScanSummary {
        self.recorder.summary()
    }

    /// The pile ends here: what waits for its next page is recorded as it is.
    ///
    /// # Errors
    /// As [`Session::take`].
    pub fn boundary(&mut self) -> Result<(), StationError> {
        self.recorder.pile_ends()
    }

    /// Ends the batch. Pages that wait for their next page are not recorded
    /// (call [`Session::boundary`] before, if the pile has come to its end): a
    /// later run takes them with it.
    ///
    /// # Errors
    /// The disk refuses.
    pub fn finish(self) -> Result<ScanSummary, StationError> {
        let summary = self.recorder.finish()?;
        self.work.originals.sweep();
        Ok(summary)
    }
}

/// Scans the files of the job; `progress` is called after each file and page,
/// and while the batch is paused. A batch that somebody cancels meanwhile is no
/// error: the summary says so.
///
/// # Errors
/// Another scan runs on this station, a form contradicts the one that is
/// registered, or the disk refuses. What is recorded until then stays, and
/// running again goes on from there.
pub fn scan(
    station: &Station,
    job: &ScanJob<'_>,
    progress: impl FnMut(&Progress),
) -> Result<ScanSummary, StationError> {
    scan_until(station, job, &AtomicBool::new(false), progress)
}

/// As [`scan`], until `stop` becomes true.
///
/// # Errors
/// As [`scan`]; [`StationError::Stopped`] where it was stopped.
pub fn scan_until(
    station: &Station,
    job: &ScanJob<'_>,
    stop: &AtomicBool,
    progress: impl FnMut(&Progress),
) -> Result<ScanSummary, StationError> {
    let mut session = Session::begin(station, job)?;
    session.stop_on(stop);
    match session
        .take(job.sources, progress)
        .and_then(|()| session.boundary())
    {
        Ok(()) | Err(StationError::Cancelled(_)) => session.finish(),
        Err(e) => Err(e),
    }
}
