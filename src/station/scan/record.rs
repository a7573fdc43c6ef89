//! Records out: pages to ballots, piles by their covers, ballots to the store.

use std::collections::{BTreeMap, HashSet};
use std::sync::PoisonError;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::admit::FileInfo;
use super::{Progress, ScanJob, ScanSummary};
use crate::calibrate::Profile;
use crate::form::code::station_tag;
use crate::read::sketch::Sketch;
use crate::read::{PageReading, ProblemCode, Status, model_id};
use crate::station::assemble::{Assembler, FormFacts, flagged, is_blank};
use crate::station::blanks::{self, Side};
use crate::station::ordered::Event;
use crate::station::read_page::damaged;
use crate::station::{KnownForm, SOFTWARE, Station, StationError};
use crate::store::{
    BatchKey, BatchState, BoxKey, NewGroup, NewImage, NewPage, Pile, ProfileKey, ReadBy, Store,
    StoreError, StoredPage,
};

/// The thread that records.
pub(super) struct Recorder<'a> {
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

impl<'a> Recorder<'a> {
    /// Nothing is recorded until the first page is.
    ///
    /// # Errors
    /// The database refuses.
    pub(super) fn new(
        station: &'a Station,
        job: &'a ScanJob<'a>,
        store: Store,
        layouts: String,
        ballot_box: Option<BoxKey>,
    ) -> Result<Self, StationError> {
        let tag = station_tag(&store.station()?.id);
        Ok(Self {
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
        })
    }

    /// So many more files will come.
    pub(super) fn expect_files(&mut self, files: usize) {
        self.summary.progress.files_total += files;
    }

    /// What was done until now.
    pub(super) fn summary(&self) -> &ScanSummary {
        &self.summary
    }

    /// Did somebody cancel the batch?
    ///
    /// # Errors
    /// The database refuses.
    pub(super) fn is_cancelled(&self) -> Result<bool, StationError> {
        Ok(match self.batch {
            Some(batch) => self.store.batch_state(batch)? == BatchState::Cancelled,
            None => false,
        })
    }

    /// Ends the batch. Pages that wait for their next page are not recorded.
    ///
    /// # Errors
    /// The database refuses.
    pub(super) fn finish(mut self) -> Result<ScanSummary, StationError> {
        self.summary.cancelled = self.is_cancelled()?;
        if let Some(batch) = self.batch
            && !self.summary.cancelled
        {
            self.store.finish_batch(batch)?;
        }
        self.summary.progress.paused = false;
        self.store.make_durable()?;
        Ok(self.summary)
    }

    /// Waits while the batch is paused.
    ///
    /// # Errors
    /// [`StationError::Cancelled`] or [`StationError::Stopped`].
    pub(super) fn heed(
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

    /// Takes what the reading threads give, in the order of the input. `waiting`
    /// are the pages of the file at hand that were recorded earlier.
    ///
    /// # Errors
    /// As [`super::Session::take`].
    pub(super) fn take(
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

    /// The pile at hand has come to its end.
    ///
    /// # Errors
    /// The database refuses.
    pub(super) fn pile_ends(&mut self) -> Result<(), StationError> {
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
