//! One office of a campaign that is played: its station and what is done there.

use std::num::NonZeroUsize;
use std::path::Path;

use super::CliError;
use super::meant::Meant;
use crate::cli::scan::forms_for;
use crate::form::LoadedForm;
use crate::form::code::Keyring;
use crate::lang::Lang;
use crate::page::{DecodeLimits, collect};
use crate::station::{LocalTime, ScanJob, Station, reader_of, scan};
use crate::store::{BoxKey, Decision, Minutes, Present, Settled};
use crate::synth::{Level, Simulator};

/// The ballot box of each office.
const BOX: &str = "h1";
/// Who settles what the machine asks, in the log.
const REVIEWER: &str = "demo";

pub(super) struct Site {
    pub(super) station: Station,
    unit: Option<String>,
    ballot_box: Option<BoxKey>,
    pages: u64,
    settled: u64,
    waits: u64,
}

impl Site {
    pub(super) fn new(station: Station, unit: Option<String>) -> Self {
        Self {
            station,
            unit,
            ballot_box: None,
            pages: 0,
            settled: 0,
            waits: 0,
        }
    }

    /// The box is opened before witnesses, its ballots are counted by hand.
    pub(super) fn open_box(&mut self, place: &str, counted: u64) -> Result<(), CliError> {
        let store = self.station.store()?;
        let minutes = Minutes {
            opened: LocalTime::of(&store)?
                .today(&store)?
                .map_or_else(String::new, |day| format!("{day}T08:00")),
            place: place.to_owned(),
            present: vec![Present {
                name: "Tổ khảo sát (mô phỏng)".to_owned(),
                role: String::new(),
            }],
            lock_whole: true,
            seal_whole: true,
            remark: None,
            told: None,
            counted,
        };
        let unit = self.unit.as_deref();
        self.ballot_box = Some(store.open_box(BOX, unit, &minutes, REVIEWER)?);
        Ok(())
    }

    pub(super) fn simulate(
        &self,
        form: &LoadedForm,
        seed: u64,
        pile: &Path,
        first: u64,
        sheets: u64,
    ) -> Result<(), CliError> {
        Simulator::for_form(form, Level::Office, seed)?.write_to(pile, first, sheets)?;
        Ok(())
    }

    /// Scans the pile; how many pages there were.
    pub(super) fn scan(&mut self, pile: &Path, threads: NonZeroUsize) -> Result<u64, CliError> {
        let forms = forms_for(&self.station, &[])?;
        let reader = reader_of(&forms, Keyring::public(), None);
        let found = collect(&[pile.to_owned()])?;
        let ballot_box = match &self.unit {
            Some(unit) => format!("{unit}/{BOX}"),
            None => BOX.to_owned(),
        };
        let done = scan(
            &self.station,
            &ScanJob {
                sources: &found.sources,
                forms: &forms,
                reader: &reader,
                profile: None,
                ballot_box: Some(&ballot_box),
                threads,
                limits: DecodeLimits::default(),
            },
            |_| (),
        )?;
        self.pages += done.progress.pages;
        Ok(done.progress.pages)
    }

    /// Settles what the machine asks, as somebody does who sees what was meant.
    pub(super) fn review(&mut self, meant: &Meant) -> Result<(), CliError> {
        let mut store = self.station.store()?;
        for open in store.open_questions()? {
            let serial = open.serial.as_deref().unwrap_or("");
            let Some(answer) = meant.answer(&open.form, serial, &open.question) else {
                self.waits += 1;
                continue;
            };
            store.decide(&Decision {
                ballot: open.ballot,
                settled: Settled::Answer {
                    question: open.question,
                    before: None,
                    after: answer,
                },
                reason: open.state,
                person: REVIEWER.to_owned(),
            })?;
            self.settled += 1;
        }
        Ok(())
    }

    /// The box is closed; where ballots are missing, with that reason.
    pub(super) fn close_box(&mut self) -> Result<(), CliError> {
        let store = self.station.store()?;
        if let Some(key) = self.ballot_box {
            let figures = store.figures_of(key)?;
            let reason = (!figures.agree()).then_some("có phiếu còn chờ xử lý (mô phỏng)");
            store.close_box(key, reason, REVIEWER)?;
        }
        Ok(())
    }

    pub(super) fn summary(&self, lang: Lang) -> String {
        match lang {
            Lang::Vi => format!(
                "{} trang, {} câu do người kết luận, {} câu còn chờ",
                self.pages, self.settled, self.waits
            ),
            Lang::En => format!(
                "{} pages, {} questions settled by a person, {} wait",
                self.pages, self.settled, self.waits
            ),
        }
    }
}
