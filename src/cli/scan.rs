//! `phieu scan`: image files into a station.

use std::path::PathBuf;

use clap::Args;

use super::shared::{
    KeyArgs, LangArgs, ProfileArgs, TemplateArgs, ThreadArgs, collect_sources, warn_of_repair,
};
use super::{CliError, Outcome};
use crate::calibrate::Profile;
use crate::lang::Lang;
use crate::page::{DecodeLimits, Source};
use crate::read::{OTHER_VERSION, Reader};
use crate::station::{Feed, KnownForm, ScanJob, ScanSummary, Station, reader_of, scan};
use crate::store::{OpenQuestion, PageTotals, Reason, Store, Suspect, UnplacedPage};
use crate::tally::{TallyFilter, tally};

mod progress;
mod summary;

pub(crate) use progress::Bar;
pub(crate) use summary::{Waiting, removed_words};

/// Quét ảnh phiếu vào trạm (scan images of ballots into a station).
///
/// Reads, stores, says what needs review. Running it again changes nothing; a
/// run that was interrupted goes on where it was. Exit code 1: something needs
/// a person.
#[derive(Debug, Args)]
pub(crate) struct ScanArgs {
    /// Tệp ảnh, thư mục hoặc tệp ZIP (images, folders or ZIP archives)
    #[arg(
        required_unless_present = "device",
        conflicts_with = "device",
        value_name = "PATH"
    )]
    paths: Vec<PathBuf>,
    /// Quét thẳng từ khay giấy bằng SANE; tên máy theo scanimage -L (from the feeder by SANE; names: scanimage -L)
    #[arg(long, value_name = "NAME", num_args = 0..=1, require_equals = true)]
    device: Option<Option<String>>,
    /// Tùy chọn của máy như scanimage, lặp lại được, ví dụ "--source=ADF Duplex" (option of the device, repeatable; without --source one page from the glass)
    #[arg(
        long,
        value_name = "OPTION",
        requires = "device",
        allow_hyphen_values = true
    )]
    device_option: Vec<String>,
    #[command(flatten)]
    reading: ReadingArgs,
    #[command(flatten)]
    lang: LangArgs,
}

/// Into which station, out of which box, and by what pages are read.
#[derive(Debug, Args)]
pub(crate) struct ReadingArgs {
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    pub(crate) station: PathBuf,
    /// Hòm phiếu của chồng phiếu này: HÒM hoặc ĐƠN-VỊ/HÒM (the ballot box: BOX or UNIT/BOX)
    #[arg(long = "box", value_name = "ID")]
    ballot_box: Option<String>,
    #[command(flatten)]
    profile: ProfileArgs,
    #[command(flatten)]
    templates: TemplateArgs,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    threads: ThreadArgs,
}

/// A station with the reader that its pages are read by.
pub(crate) struct Prepared<'a> {
    args: &'a ReadingArgs,
    pub(crate) station: Station,
    forms: Vec<KnownForm>,
    pub(crate) profile: Option<Profile>,
    reader: Reader,
}

impl ReadingArgs {
    pub(crate) fn prepare(&self, lang: Lang) -> Result<Prepared<'_>, CliError> {
        let station = Station::open(&self.station)?;
        let forms = forms_for(&station, &self.templates.dirs)?;
        let profile = self.profile.profile(|| Ok(station.profile()?))?;
        warn_of_repair(profile.as_ref(), lang);
        let reader = reader_of(&forms, self.keys.keyring()?, profile.as_ref());
        Ok(Prepared {
            args: self,
            station,
            forms,
            profile,
            reader,
        })
    }
}

impl Prepared<'_> {
    pub(crate) fn job<'a>(&'a self, sources: &'a [Source]) -> ScanJob<'a> {
        ScanJob {
            sources,
            forms: &self.forms,
            reader: &self.reader,
            profile: self.profile.as_ref(),
            ballot_box: self.args.ballot_box.as_deref(),
            threads: self.args.threads.count(),
            limits: DecodeLimits::default(),
        }
    }
}

pub(crate) fn run(args: &ScanArgs) -> Result<Outcome, CliError> {
    let lang = args.lang.lang;
    let prepared = args.reading.prepare(lang)?;
    let station = &prepared.station;
    let fed = match &args.device {
        None => None,
        Some(device) => Some(station.feed(&Feed {
            device: device.clone(),
            options: args.device_option.clone(),
        })?),
    };
    let found = match &fed {
        None => collect_sources(&args.paths, lang)?,
        Some(fed) => collect_sources(std::slice::from_ref(&fed.dir), lang)?,
    };
    let job = prepared.job(&found.sources);
    let mut bar = progress::Bar::new(found.sources.len(), lang);
    let done = scan(station, &job, |p| bar.show(p));
    bar.finish();
    let done = done?;
    let trouble = fed.as_ref().and_then(|f| f.trouble.as_deref());
    if fed.is_some() && done.failed.is_empty() && !done.cancelled {
        station.fed_is_recorded();
    }
    if let Some(why) = trouble {
        eprintln!(
            "{}: {why}",
            lang.pick(
                "CHÚ Ý: máy quét dừng giữa chừng, các trang đã quét vẫn được lưu",
                "NOTE: the scanner stopped; the pages until then are recorded"
            )
        );
    }
    let store = station.store()?;
    let waiting = Waiting::of(&store)?;
    summary::print(
        &args.reading.station,
        &done,
        prepared.profile.as_ref(),
        &waiting,
        &store,
        lang,
    )?;
    Ok(
        if waiting.is_empty()
            && done.failed.is_empty()
            && done.removed.iter().all(|f| f.lost == 0)
            && trouble.is_none()
        {
            Outcome::Done
        } else {
            Outcome::NeedsPerson
        },
    )
}

/// The forms that a station reads by, and those that were named.
pub(crate) fn forms_for(station: &Station, named: &[PathBuf]) -> Result<Vec<KnownForm>, CliError> {
    Ok(station.forms_to_read_by(named)?)
}
