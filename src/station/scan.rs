//! A run of scanning: files in, records out. Reads in parallel, writes on one
//! thread, in the order of the input; may be killed at any point and run
//! again.
//!
//! While it runs, other processes pause, resume and cancel its batch through
//! the database: the thread that records looks there a few times a second, and
//! the database refuses pages of a cancelled batch in the same transaction.

use std::collections::{BTreeMap, HashSet};
use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::assemble::{Assembler, FormFacts, flagged, is_blank};
use super::blanks::{self, Blanks, Side};
use super::lock::ScanLock;
use super::ordered::{self, Event, Opened, Work};
use super::originals::Originals;
use super::read_page::{Pages, damaged};
use super::{KnownForm, SOFTWARE, Station, StationError};
use crate::calibrate::Profile;
use crate::form::code::station_tag;
use crate::page::{DecodeLimits, Source};
use crate::read::sketch::Sketch;
use crate::read::{PageReading, ProblemCode, Reader, Status, model_id};
use crate::store::{
    BatchKey, BatchState, BoxKey, NewGroup, NewImage, NewPage, Pile, ProfileKey, ReadBy, Store,
    StoreError, StoredPage,
};

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

/// What the writer learns of a file.
enum FileInfo {
    /// Its bytes are here; `stored` lists its pages that need no reading.
    Ready {
        image: NewImage,
        hash: [u8; 32],
        stack: String,
        stored: Vec<StoredPage>,
        removed: Option<RemovedFile>,
    },
    /// It could not be read from the disk.
    Failed { name: String, why: String },
    /// The station itself is in trouble: the run must end.
    Fatal(Mutex<Option<StationError>>),
}

struct ScanWork<'a> {
    job: &'a ScanJob<'a>,
    originals: Originals,
    lookup: Mutex<Store>,
    layouts: String,
}

/// Some files of a run.
struct ScanPiece<'w, 'a> {
    work: &'w ScanWork<'a>,
    sources: &'w [Source],
}

impl Work for ScanPiece<'_, '_> {
    type File = Pages;
    type Info = FileInfo;
    type Page = (PageReading, Sketch);

    fn open(&self, source: usize) -> Opened<Pages, FileInfo> {
        let nothing = |info| Opened {
            file: Pages::failed(String::new()),
            info,
            pages: Vec::new(),
        };
        let Some(source) = self.sources.get(source) else {
            return nothing(FileInfo::Failed {
                name: String::new(),
                why: String::new(),
            });
        };
        let bytes = match super::guard::guarded(|| source.bytes(&self.work.job.limits)) {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(e)) => {
                return nothing(FileInfo::Failed {
                    name: source.name().to_owned(),
                    why: e.to_string(),
                });
            }
            Err(panic) => {
                return nothing(FileInfo::Failed {
                    name: source.name().to_owned(),
                    why: panic,
                });
            }
        };
        self.work
            .admit(source, bytes)
            .unwrap_or_else(|e| nothing(FileInfo::Fatal(Mutex::new(Some(e)))))
    }

    fn page(&self, _: usize, file: &Pages, index: u32) -> (PageReading, Sketch) {
        let (reading, scan) = file.read(index, self.work.job.reader);
        let sketch = match scan {
            Some(scan) if reading.serial.is_none() => Sketch::of(&scan.image, &reading),
            _ => Sketch::default(),
        };
        (reading, sketch)
    }
}

impl ScanWork<'_> {
    fn admit(
        &self,
        source: &Source,
        bytes: std::sync::Arc<Vec<u8>>,
    ) -> Result<Opened<Pages, FileInfo>, StationError> {
        let hash = blake3::hash(&bytes);
        let hex = hash.to_hex().to_string();
        let by = ReadBy {
            reader: SOFTWARE,
            layouts: &self.layouts,
            model: model_id(),
            profile: None,
        };
        let known = self
            .lookup
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .image(&hex, by)?;
        let kept_as = Originals::place(&hex, source.name());
        let length = bytes.len() as u64;
        let ready = |pages: u32, stored: Vec<StoredPage>, removed| FileInfo::Ready {
            image: NewImage {
                hash: hex.clone(),
                kept_as: kept_as.clone(),
                name: source.name().to_owned(),
                bytes: length,
                pages,
            },
            hash: *hash.as_bytes(),
            stack: stack_of(source.name()),
            stored,
            removed,
        };
        if let Some(image) = known {
            if image.removed {
                // Read again it would count without an original that anybody could
                // compare, and kept again it would be there past its date.
                let lost = missing(image.pages, &image.stored).len();
                let file = RemovedFile {
                    name: source.name().to_owned(),
                    lost: u32::try_from(lost).unwrap_or(u32::MAX),
                };
                return Ok(Opened {
                    file: Pages::failed(String::new()),
                    info: ready(image.pages, image.stored, Some(file)),
                    pages: Vec::new(),
                });
            }
            let stored: Vec<StoredPage> = image.stored.iter().copied().filter(settled).collect();
            let todo = missing(image.pages, &stored);
            if todo.is_empty() {
                return Ok(Opened {
                    file: Pages::failed(String::new()),
                    info: ready(image.pages, stored, None),
                    pages: todo,
                });
            }
            // The original of a recorded image is kept already.
            return Ok(Opened {
                file: Pages::of_bytes(bytes, &self.job.limits),
                info: ready(image.pages, stored, None),
                pages: todo,
            });
        }
        self.originals.keep(&kept_as, &bytes)?;
        let file = Pages::of_bytes(bytes, &self.job.limits);
        let count = file.count();
        Ok(Opened {
            file,
            info: ready(count, Vec::new(), None),
            pages: (0..count).collect(),
        })
    }
}

/// Is there nothing to gain from reading this page again? A page that could
/// not be read is read again when the program or the forms have changed.
fn settled(page: &StoredPage) -> bool {
    page.current || page.placed || page.blank || page.status != Status::Unreadable
}

fn missing(pages: u32, stored: &[StoredPage]) -> Vec<u32> {
    let have: HashSet<u32> = stored.iter().map(|s| s.index).collect();
    (0..pages).filter(|i| !have.contains(i)).collect()
}

/// The pile that a file lies in: its folder or archive. Pages of different
/// piles are never paired.
fn stack_of(name: &str) -> String {
    name.rfind(['/', '\\'])
        .and_then(|end| name.get(..end))
        .unwrap_or("")
        .to_owned()
}

/// The thread that records.
struct Recorder<'a> {
    station: &'a Station,
    store: Store,
    forms: &'a [KnownForm],
    keys: BTreeMap<(String, u32), FormFacts>,
    layouts: String,
    profile: Option<&'a Profile>,
    profile_key: Option<ProfileKey>,
    ballot_box: Option<BoxKey>,
    batch: Option<BatchKey>,
    assembler: Assembler,
    stack: Option<String>,
    /// The folder or archive at hand; a cover sheet holds to its end.
    folder: Option<String>,
    /// What the last cover sheet said.
    pile: Pile,
    /// By which our cover sheets are known.
    tag: String,
    seen: HashSet<([u8; 32], u32)>,
    /// The pages of the pile at hand.
    sides: Vec<Side>,
    summary: ScanSummary,
    /// When it last looked what others want of the batch.
    asked: Instant,
}

/// How often the recording thread looks whether the batch is to wait or is
/// cancelled: soon enough for a person at the feeder, and a look takes some
/// microseconds.
const ASK_EVERY: Duration = Duration::from_millis(200);

impl Recorder<'_> {
    /// Waits while the batch is paused.
    fn heed(
        &mut self,
        stop: Option<&AtomicBool>,
        progress: &mut impl FnMut(&Progress),
    ) -> Result<(), StationError> {
        loop {
            if stop.is_some_and(|s| s.load(Ordering::Relaxed)) {
                return Err(StationError::Stopped);
            }
            if !self.summary.progress.paused && self.asked.elapsed() < ASK_EVERY {
                return Ok(());
            }
            self.asked = Instant::now();
            let state = match self.batch {
                Some(batch) => self.store.batch_state(batch)?,
                None => BatchState::Open,
            };
            self.summary.progress.paused = state == BatchState::Paused;
            match (state, self.batch) {
                (BatchState::Cancelled, Some(batch)) => {
                    return Err(StationError::Cancelled(batch.number()));
                }
                (BatchState::Paused, _) => {
                    progress(&self.summary.progress);
                    std::thread::sleep(ASK_EVERY);
                }
                _ => return Ok(()),
            }
        }
    }

    fn take(
        &mut self,
        event: Event<'_, FileInfo, (PageReading, Sketch)>,
        waiting: &mut Vec<StoredPage>,
    ) -> Result<(), StationError> {
        match event {
            Event::Begin(FileInfo::Fatal(error)) => {
                let error = error.lock().unwrap_or_else(PoisonError::into_inner).take();
                error.map_or(Ok(()), Err)
            }
            Event::Begin(FileInfo::Failed { name, why }) => {
                self.summary.failed.push((name.clone(), why.clone()));
                Ok(())
            }
            Event::Begin(FileInfo::Ready {
                image,
                stack,
                stored,
                removed,
                ..
            }) => {
                self.summary.removed.extend(removed.clone());
                // A file with many pages is a pile of its own.
                let pile = if image.pages > 1 { None } else { Some(stack) };
                if pile.is_none() || pile != self.stack.as_ref() {
                    self.pile_ends()?;
                }
                self.stack = pile.cloned();
                if self.folder.as_ref() != Some(stack) {
                    self.turn_to(Pile::AsBatch)?;
                    self.folder = Some(stack.clone());
                }
                waiting.clone_from(stored);
                Ok(())
            }
            Event::Page(FileInfo::Ready { image, hash, .. }, index, (reading, sketch)) => {
                self.pass(waiting, index)?;
                if !self.seen.insert((*hash, index)) {
                    self.summary.progress.known += 1;
                    // The same file may lie on several piles.
                    return match self.said_by(&reading)? {
                        Some(pile) => self.turn_to(pile),
                        None => Ok(()),
                    };
                }
                self.page(image, index, reading, sketch)
            }
            Event::Page(..) => Ok(()),
            Event::End(info) => {
                self.pass(waiting, u32::MAX)?;
                if matches!(info, FileInfo::Ready { image, .. } if image.pages > 1) {
                    self.pile_ends()?;
                }
                self.summary.progress.files += 1;
                Ok(())
            }
        }
    }

    fn pile_ends(&mut self) -> Result<(), StationError> {
        let blanks = blanks::count(&std::mem::take(&mut self.sides));
        self.summary.blanks.backs += blanks.backs;
        self.summary.blanks.sheets += blanks.sheets;
        let done = self.assembler.boundary();
        self.record(done)
    }

    /// Pages before `index` that were recorded earlier.
    fn pass(&mut self, waiting: &mut Vec<StoredPage>, index: u32) -> Result<(), StationError> {
        let split = waiting.partition_point(|s| s.index < index);
        for stored in waiting.drain(..split).collect::<Vec<_>>() {
            self.summary.progress.known += 1;
            if let Some(pile) = stored.cover {
                self.turn_to(pile)?;
                self.sides.push(Side::OneSided);
                continue;
            }
            self.sides.push(Side::Other);
            let done = self.assembler.passed(&stored);
            self.record(done)?;
        }
        Ok(())
    }

    /// Other pages lie from here on: what was begun ends.
    fn turn_to(&mut self, pile: Pile) -> Result<(), StationError> {
        self.pile_ends()?;
        self.pile = pile;
        Ok(())
    }

    /// What a cover sheet says of the pages after it; `None` for any other page.
    fn said_by(&self, reading: &PageReading) -> Result<Option<Pile>, StationError> {
        if reading.has(ProblemCode::CoverForeign) || self.is_foreign(reading) {
            return Ok(Some(Pile::Doubtful));
        }
        match &reading.ballot_box {
            Some(name) if reading.has(ProblemCode::CoverSheet) => {
                let key = self.store.note_box(name, reading.unit.as_deref())?;
                Ok(Some(Pile::Box(key)))
            }
            _ => Ok(None),
        }
    }

    /// Is it a cover sheet of another station?
    fn is_foreign(&self, reading: &PageReading) -> bool {
        reading.has(ProblemCode::CoverSheet) && reading.station.as_ref() != Some(&self.tag)
    }

    fn page(
        &mut self,
        image: &NewImage,
        index: u32,
        mut reading: PageReading,
        sketch: Sketch,
    ) -> Result<(), StationError> {
        let facts = match (&reading.form, reading.version) {
            (Some(form), Some(version)) => match self.facts(form, version)? {
                Some(facts) => Some(facts),
                // It says so itself; a page of a form that is not registered
                // cannot be recorded as one of it.
                None if reading
                    .problems
                    .iter()
                    .any(|p| p.code == ProblemCode::FormUnknown) =>
                {
                    (reading.form, reading.version, reading.page) = (None, None, None);
                    None
                }
                None => {
                    reading = damaged(&format!(
                        "the reader named form {form} version {version}, which it was not given"
                    ));
                    None
                }
            },
            _ => None,
        };
        let pile = self.said_by(&reading)?;
        if self.is_foreign(&reading) {
            // The reader knows no stations; from here on a person must see it.
            reading.status = Status::Review;
            for problem in &mut reading.problems {
                if problem.code == ProblemCode::CoverSheet {
                    problem.code = ProblemCode::CoverForeign;
                    problem.detail =
                        format!("a cover sheet of another station: {}", problem.detail);
                }
            }
        }
        if pile.is_some() {
            self.turn_to(self.pile)?;
        }
        let page = NewPage {
            image: image.clone(),
            index,
            reading,
            sketch,
        };
        // An odd last page has a back with nothing on it.
        let one_sided = |f: FormFacts| f.pages % 2 == 1 && page.reading.page == Some(f.pages);
        let side = if is_blank(&page) {
            Side::Blank
        } else if pile.is_some() || facts.is_some_and(one_sided) {
            Side::OneSided
        } else {
            Side::Other
        };
        if pile.is_none() {
            self.sides.push(side);
        }
        self.summary.progress.pages += 1;
        self.summary.progress.flagged += u64::from(flagged(&page));
        let done = self.assembler.page(page, facts);
        self.record(done)?;
        if let Some(pile) = pile {
            self.turn_to(pile)?;
            // The blank back of a cover sheet is none of the pile's.
            self.sides.push(side);
        }
        Ok(())
    }

    /// The form's facts; it is registered when its first page comes.
    fn facts(&mut self, form: &str, version: u32) -> Result<Option<FormFacts>, StationError> {
        let name = (form.to_owned(), version);
        if let Some(facts) = self.keys.get(&name) {
            return Ok(Some(*facts));
        }
        let known = self
            .forms
            .iter()
            .find(|f| f.layout.form == form && f.layout.version == version);
        let Some(known) = known else {
            return Ok(None);
        };
        self.station.keep_form(known)?;
        let facts = FormFacts {
            key: self
                .store
                .register_form(&known.layout, &known.title, &known.source)?,
            pages: u32::try_from(known.layout.pages.len()).unwrap_or(u32::MAX),
        };
        self.keys.insert(name, facts);
        Ok(Some(facts))
    }

    fn record(&mut self, groups: Vec<NewGroup>) -> Result<(), StationError> {
        for group in groups {
            let batch = match self.batch {
                Some(batch) => batch,
                None => {
                    let batch = self.store.start_batch(self.ballot_box, SOFTWARE)?;
                    if let Some(p) = self.profile {
                        let source = p.to_toml()?;
                        let key = self.store.record_profile(&p.name, &p.digest(), &source)?;
                        self.profile_key = Some(key);
                    }
                    self.batch = Some(batch);
                    self.summary.batch = Some(batch.number());
                    batch
                }
            };
            let by = ReadBy {
                reader: SOFTWARE,
                layouts: &self.layouts,
                model: model_id(),
                profile: self.profile_key,
            };
            match self.store.add_group_of_pile(batch, &group, by, self.pile) {
                Err(StoreError::BatchCancelled(number)) => {
                    return Err(StationError::Cancelled(number));
                }
                other => other?,
            }
        }
        Ok(())
    }
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
        let layouts = super::layouts_digest(job.forms);
        let ballot_box = job.ballot_box.map(|b| store.box_named(b)).transpose()?;
        if let Some(key) = ballot_box
            && store.is_closed(key)?
        {
            return Err(StoreError::BoxClosed(store.box_row(key)?.label()).into());
        }
        let tag = station_tag(&store.station()?.id);
        Ok(Self {
            job,
            work: ScanWork {
                job,
                originals,
                lookup: Mutex::new(station.store_for_scanning()?),
                layouts: layouts.clone(),
            },
            recorder: Recorder {
                station,
                store,
                forms: job.forms,
                keys: BTreeMap::new(),
                layouts,
                profile: job.profile,
                profile_key: None,
                ballot_box,
                batch: None,
                assembler: Assembler::default(),
                stack: None,
                folder: None,
                pile: Pile::AsBatch,
                tag,
                seen: HashSet::new(),
                sides: Vec::new(),
                summary: ScanSummary::default(),
                asked: Instant::now(),
            },
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
        self.recorder.summary.progress.files_total += sources.len();
        let piece = ScanPiece {
            work: &self.work,
            sources,
        };
        let recorder = &mut self.recorder;
        let mut waiting = Vec::new();
        ordered::run(&piece, sources.len(), self.job.threads, |_, event| {
            recorder.heed(self.stop, &mut progress)?;
            recorder.take(event, &mut waiting)?;
            progress(&recorder.summary.progress);
            Ok::<(), StationError>(())
        })
    }

    /// Did somebody cancel the batch?
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        let state = |b| self.recorder.store.batch_state(b).ok();
        self.recorder.batch.and_then(state) == Some(BatchState::Cancelled)
    }

    /// What was done until now.
    #[must_use]
    pub fn summary(&self) -> &ScanSummary {
        &self.recorder.summary
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
    pub fn finish(mut self) -> Result<ScanSummary, StationError> {
        if let Some(batch) = self.recorder.batch {
            let cancelled = self.recorder.store.batch_state(batch)? == BatchState::Cancelled;
            self.recorder.summary.cancelled = cancelled;
            if !cancelled {
                self.recorder.store.finish_batch(batch)?;
            }
        }
        self.recorder.summary.progress.paused = false;
        self.recorder.store.make_durable()?;
        self.work.originals.sweep();
        Ok(self.recorder.summary)
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
