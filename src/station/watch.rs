//! A folder into which a scanner saves: files are taken when they are whole.
//!
//! The folder is looked through every second or so. No notices of the file
//! system are used: they do not come from network drives, differ on each system,
//! get lost under load, and say nothing about whether a file is whole; a look
//! through a folder of some thousand files takes milliseconds.
//!
//! A file is whole when
//!
//! - its size and time have not changed for [`WatchTimes::settle`] (TIFF and PDF,
//!   which grow page by page and are well formed after each: [`GROWS`] times as
//!   long), and
//! - it decodes to its end.
//!
//! One that stays as it is and does not decode for [`WatchTimes::give_up`] is
//! taken all the same: it is damaged, and a person must see that. If it changes
//! later, it is another file. Within a folder the order of names is kept: what
//! comes after a file that is not whole waits for it, since fronts and backs
//! without serials are paired by their order.
//!
//! Files that came in a batch that was cancelled are left alone: the clerk
//! cancelled it for a reason, and starting the watch next morning must not bring
//! it back. `phieu scan`, or `--again`, takes them anew.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant, SystemTime};

use super::guard::guarded;
use super::scan::{Progress, ScanJob, ScanSummary, Session};
use super::{Station, StationError};
use crate::page::{DecodeLimits, PageFile, SkipReason, Source, collect};
use crate::store::{ReadBy, Store};

/// When the watch does what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WatchTimes {
    /// How often the folder is looked through.
    pub look: Duration,
    /// A file that has not changed for so long may be whole.
    pub settle: Duration,
    /// One that does not decode is taken as damaged after so long without a
    /// change.
    pub give_up: Duration,
    /// A batch ends when nothing came for so long.
    pub idle: Duration,
    /// Files of cancelled batches are taken anew.
    pub again: bool,
}

/// Times [`WatchTimes::settle`] for TIFF and PDF: a feeder that jams at a page,
/// or a clerk who lays on more paper, takes longer than a slow disk.
const GROWS: u32 = 4;

/// Something that the clerk should know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The folder cannot be read: a network drive is away.
    Away(String),
    /// It can be read again.
    Back,
    /// Another scan holds the station; the watch waits.
    Busy,
    /// A file is left alone, and why.
    Left(PathBuf, String),
    /// A file did not become whole and is taken as it is, and why.
    Damaged(PathBuf, String),
    /// So many files came in a batch that was cancelled and are left alone.
    OfCancelled(usize),
    /// A file went away before it could be read, or cannot be read; it is
    /// looked at again.
    Unread(String, String),
    /// A batch came to its end.
    Batch(ScanSummary),
}

/// Size and time of a file.
type Shape = (u64, Option<SystemTime>);

struct Tracked {
    shape: Shape,
    /// Since when it has this shape.
    since: Instant,
    /// It was looked into with this shape and is not whole, for this cause.
    broken: Option<String>,
    /// It was taken, or is left alone, with this shape.
    done: bool,
}

/// What is known of the folder between two looks.
#[derive(Default)]
struct Folder {
    files: HashMap<PathBuf, Tracked>,
    /// What was said about once.
    said: HashSet<PathBuf>,
    odd: HashMap<PathBuf, Instant>,
    away: bool,
}

/// Watches until `stop` becomes true.
///
/// # Errors
/// The station or its disk refuses; a folder that is away is no error.
pub fn watch(
    station: &Station,
    job: &ScanJob<'_>,
    dir: &Path,
    times: &WatchTimes,
    stop: &AtomicBool,
    mut notice: impl FnMut(Notice),
    mut progress: impl FnMut(&Progress),
) -> Result<(), StationError> {
    let store = station.store()?;
    let layouts = super::layouts_digest(job.forms);
    let look_up = LookUp {
        store: &store,
        layouts: &layouts,
        limits: job.limits,
        again: times.again,
    };
    let mut folder = Folder::default();
    let mut session: Option<Session<'_>> = None;
    let mut last = Instant::now();
    let mut busy = false;
    while !stop.load(Ordering::Relaxed) {
        let ready = folder.look(dir, times, &look_up, &mut notice)?;
        if let Some(open) = session.take_if(|open| open.is_cancelled()) {
            notice(Notice::Batch(open.finish()?));
        }
        if !ready.is_empty() {
            if session.is_none() {
                match Session::begin(station, job) {
                    Ok(mut begun) => {
                        begun.stop_on(stop);
                        session = Some(begun);
                        busy = false;
                    }
                    Err(StationError::Busy(_)) => {
                        if !busy {
                            notice(Notice::Busy);
                        }
                        busy = true;
                        folder.again(&ready);
                    }
                    Err(e) => return Err(e),
                }
            }
            if let Some(mut open) = session.take() {
                let failed = open.summary().failed.len();
                let taken = open.take(&ready, &mut progress);
                for (name, why) in open.summary().failed.iter().skip(failed) {
                    folder.once_more(name, &ready);
                    notice(Notice::Unread(name.clone(), why.clone()));
                }
                match taken {
                    Ok(()) => session = Some(open),
                    // What of these files was not recorded must not be lost: they
                    // are looked at again.
                    Err(StationError::Cancelled(_) | StationError::Stopped) => {
                        folder.again(&ready);
                        notice(Notice::Batch(open.finish()?));
                    }
                    Err(e) => return Err(e),
                }
            }
            last = Instant::now();
        } else if folder.is_waiting() {
            last = Instant::now();
        } else if last.elapsed() >= times.idle
            && let Some(mut open) = session.take()
        {
            match open.boundary() {
                Ok(()) | Err(StationError::Cancelled(_)) => {}
                Err(e) => return Err(e),
            }
            notice(Notice::Batch(open.finish()?));
        }
        rest(times.look, stop);
    }
    if let Some(open) = session {
        notice(Notice::Batch(open.finish()?));
    }
    Ok(())
}

/// Sleeps in small pieces, so that Ctrl-C is heard.
fn rest(time: Duration, stop: &AtomicBool) {
    const PIECE: Duration = Duration::from_millis(50);
    let until = Instant::now() + time;
    while !stop.load(Ordering::Relaxed) {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        std::thread::sleep(left.min(PIECE));
    }
}

struct LookUp<'a> {
    store: &'a Store,
    layouts: &'a str,
    limits: DecodeLimits,
    again: bool,
}

/// What was found in a file that lies still.
enum Inside {
    Whole,
    /// Recorded, in batches that were cancelled.
    Cancelled,
    Broken(String),
}

impl LookUp<'_> {
    fn look_into(&self, source: &Source) -> Result<Inside, StationError> {
        let bytes = match guarded(|| source.bytes(&self.limits)) {
            Ok(Ok(bytes)) => bytes,
            Ok(Err(e)) => return Ok(Inside::Broken(e.to_string())),
            Err(panic) => return Ok(Inside::Broken(panic)),
        };
        let hash = blake3::hash(&bytes).to_hex();
        let by = ReadBy {
            reader: super::SOFTWARE,
            layouts: self.layouts,
            model: "",
            profile: None,
        };
        match self.store.image(hash.as_str(), by)? {
            Some(image) if image.stored.is_empty() && !self.again => Ok(Inside::Cancelled),
            // Recorded once, it is whole.
            Some(_) => Ok(Inside::Whole),
            None => Ok(whole(bytes, &self.limits).map_or_else(Inside::Broken, |()| Inside::Whole)),
        }
    }
}

/// Does a file decode to its end?
fn whole(bytes: std::sync::Arc<Vec<u8>>, limits: &DecodeLimits) -> Result<(), String> {
    guarded(|| {
        let ends = ends(&bytes);
        let file = PageFile::from_bytes(bytes, limits).map_err(|e| e.to_string())?;
        for index in 0..file.page_count() {
            file.page(index).map_err(|e| e.to_string())?;
        }
        if ends {
            Ok(())
        } else {
            Err("its end is missing".to_owned())
        }
    })
    .and_then(|done| done)
}

/// Is the mark there that closes a file? Decoders forgive that it is missing,
/// and readers of PDF put a file together without its end, perhaps with fewer
/// pages. (A TIFF has no such mark, and a PNG's decoder wants all lines.)
fn ends(bytes: &[u8]) -> bool {
    // Some programs write a few bytes more; ISO 32000-1, Annex H, note 18,
    // allows a kilobyte in a PDF.
    const WITHIN: usize = 1024;
    let tail = &bytes[bytes.len().saturating_sub(WITHIN)..];
    let has = |mark: &[u8]| tail.windows(mark.len()).any(|w| w == mark);
    if bytes.starts_with(&[0xFF, 0xD8]) {
        has(&[0xFF, 0xD9])
    } else if bytes.starts_with(b"\x89PNG") {
        has(b"IEND")
    } else if bytes.starts_with(b"%PDF") {
        has(b"%%EOF")
    } else {
        true
    }
}

impl Folder {
    /// The files that have become whole, in order.
    fn look(
        &mut self,
        dir: &Path,
        times: &WatchTimes,
        look_up: &LookUp<'_>,
        notice: &mut impl FnMut(Notice),
    ) -> Result<Vec<Source>, StationError> {
        let found = match collect(&[dir.to_owned()]) {
            Ok(found) => found,
            Err(e) => {
                if !self.away {
                    notice(Notice::Away(e.to_string()));
                }
                self.away = true;
                return Ok(Vec::new());
            }
        };
        if self.away {
            notice(Notice::Back);
            self.away = false;
        }
        let now = Instant::now();
        self.say_what_is_left(&found.skipped, times, now, notice);
        let mut ready = Vec::new();
        let mut of_cancelled = 0;
        let mut here = HashSet::new();
        let mut held: HashSet<PathBuf> = HashSet::new();
        for (path, sources) in by_path(found.sources) {
            here.insert(path.clone());
            let Some(first) = sources.first() else {
                continue;
            };
            if self.settled(&path, now) {
                continue;
            }
            let pile = path.parent().unwrap_or(dir).to_owned();
            if held.contains(&pile) {
                continue;
            }
            let Some(tracked) = self.files.get_mut(&path) else {
                held.insert(pile);
                continue;
            };
            let still = now.saturating_duration_since(tracked.since);
            if still < wait_for(&path, times) {
                held.insert(pile);
                continue;
            }
            let inside = match &tracked.broken {
                Some(why) => Inside::Broken(why.clone()),
                // An archive opens by what is at its end: it is whole then.
                None if first.path() != Path::new(first.name()) => Inside::Whole,
                None => look_up.look_into(first)?,
            };
            match inside {
                Inside::Whole => {}
                Inside::Cancelled => {
                    tracked.done = true;
                    of_cancelled += 1;
                    continue;
                }
                Inside::Broken(why) if still >= times.give_up => {
                    notice(Notice::Damaged(path.clone(), why));
                }
                Inside::Broken(why) => {
                    tracked.broken = Some(why);
                    held.insert(pile);
                    continue;
                }
            }
            tracked.done = true;
            ready.extend(sources);
        }
        if of_cancelled > 0 {
            notice(Notice::OfCancelled(of_cancelled));
        }
        // A file that went away before it was whole is forgotten; one that was
        // taken is not: a network drive comes back with the same files.
        self.files.retain(|path, t| t.done || here.contains(path));
        Ok(ready)
    }

    /// Notes size and time; is there nothing to do about this file?
    fn settled(&mut self, path: &Path, now: Instant) -> bool {
        let Ok(meta) = std::fs::metadata(path) else {
            // It went away since the folder was listed.
            self.files.remove(path);
            return true;
        };
        let shape = (meta.len(), meta.modified().ok());
        match self.files.get_mut(path) {
            Some(t) if t.shape == shape => t.done,
            Some(t) => {
                *t = Tracked::new(shape, now);
                false
            }
            None => {
                // From now, not from its own time: that is of the scanner's
                // clock, or kept by a copy.
                self.files.insert(path.to_owned(), Tracked::new(shape, now));
                false
            }
        }
    }

    /// Is a file here that may become whole?
    fn is_waiting(&self) -> bool {
        self.files.values().any(|t| !t.done)
    }

    /// These were not taken after all.
    fn again(&mut self, sources: &[Source]) {
        for source in sources {
            if let Some(t) = self.files.get_mut(source.path()) {
                t.done = false;
            }
        }
    }

    fn once_more(&mut self, name: &str, sources: &[Source]) {
        if let Some(source) = sources.iter().find(|s| s.name() == name) {
            self.files.remove(source.path());
        }
    }

    /// Says once what will not be taken; a name that only stands for a while,
    /// such as that of a file being written, is not worth a word.
    fn say_what_is_left(
        &mut self,
        skipped: &[crate::page::Skipped],
        times: &WatchTimes,
        now: Instant,
        notice: &mut impl FnMut(Notice),
    ) {
        let worth = |r: &SkipReason| !matches!(r, SkipReason::Hidden);
        let mut here = HashSet::new();
        for skipped in skipped.iter().filter(|s| worth(&s.reason)) {
            let path = PathBuf::from(&skipped.name);
            let since = *self.odd.entry(path.clone()).or_insert(now);
            here.insert(path.clone());
            if now.saturating_duration_since(since) >= times.give_up
                && self.said.insert(path.clone())
            {
                notice(Notice::Left(path, skipped.reason.to_string()));
            }
        }
        self.odd.retain(|path, _| here.contains(path));
    }
}

impl Tracked {
    fn new(shape: Shape, since: Instant) -> Self {
        Self {
            shape,
            since,
            broken: None,
            done: false,
        }
    }
}

fn wait_for(path: &Path, times: &WatchTimes) -> Duration {
    let extension = path.extension().and_then(|e| e.to_str()).unwrap_or("");
    match extension.to_ascii_lowercase().as_str() {
        "tif" | "tiff" | "pdf" => times.settle * GROWS,
        _ => times.settle,
    }
}

/// The files of an archive lie in one file on the disk.
fn by_path(sources: Vec<Source>) -> Vec<(PathBuf, Vec<Source>)> {
    let mut out: Vec<(PathBuf, Vec<Source>)> = Vec::new();
    for source in sources {
        match out.last_mut() {
            Some((path, with)) if path == source.path() => with.push(source),
            _ => out.push((source.path().to_owned(), vec![source])),
        }
    }
    out
}
