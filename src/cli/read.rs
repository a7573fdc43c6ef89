//! `phieu read`: image files to lines, without a station.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::{Args, ValueEnum};
use image::GrayImage;
use serde::Serialize;

use super::shared::{
    KeyArgs, LangArgs, ProfileArgs, TemplateArgs, ThreadArgs, collect_sources, load_forms,
    warn_of_repair,
};
use super::{CliError, Outcome};
use crate::calibrate::Profile;
use crate::form::{AreaKind, Layout};
use crate::lang::Lang;
use crate::page::{DecodeLimits, Source};
use crate::read::explain::{self, Picture};
use crate::read::{PageReading, ProblemCode, ReadOptions, Reader, Status, model_id};
use crate::station::ordered::{self, Event, Opened, Work};
use crate::station::{Pages, StationError, clip, guard};

/// Đọc ảnh phiếu và in kết quả (read images of ballots and print what is on them).
///
/// One line a page image with --format jsonl, one line a question with
/// --format csv, in the order of the input. Exit code 0: every page is clean;
/// 1: a page needs a person; 2: nothing could be done.
#[derive(Debug, Args)]
pub(crate) struct ReadArgs {
    /// Tệp ảnh, thư mục hoặc tệp ZIP (images, folders or ZIP archives)
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    #[command(flatten)]
    templates: TemplateArgs,
    /// Chỉ đọc theo mẫu này (read every page as a page of this form)
    #[arg(long, value_name = "ID")]
    form: Option<String>,
    #[command(flatten)]
    profile: ProfileArgs,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    threads: ThreadArgs,
    /// Dạng kết quả (form of the output)
    #[arg(long, value_enum, default_value_t = Format::Jsonl)]
    format: Format,
    /// Lưu ảnh các vùng viết tay vào thư mục này (save pictures of the writing areas here)
    #[arg(long, value_name = "DIR")]
    clips: Option<PathBuf>,
    /// Lưu cả vùng có dữ liệu cá nhân (areas of personal data too)
    #[arg(long, requires = "clips")]
    clips_personal: bool,
    /// Lưu ảnh từng bước đọc vào thư mục này, để xem vì sao đọc như thế (save numbered pictures of the stages here)
    #[arg(long, value_name = "DIR")]
    debug: Option<PathBuf>,
    #[command(flatten)]
    lang: LangArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Jsonl,
    Csv,
}

pub(crate) fn run(args: &ReadArgs) -> Result<Outcome, CliError> {
    let forms = load_forms(&args.templates.dirs)?;
    let layouts: Vec<Layout> = forms.into_iter().map(|f| f.layout).collect();
    if layouts.is_empty() {
        return Err(StationError::NoForms.into());
    }
    if let Some(form) = &args.form
        && !layouts.iter().any(|l| l.form == *form)
    {
        let known: Vec<&str> = layouts.iter().map(|l| l.form.as_str()).collect();
        return Err(format!(
            "form {form:?} is not among the templates; there are: {}",
            known.join(", ")
        )
        .into());
    }
    let profile = args.profile.profile(|| Ok(None))?;
    warn_of_repair(profile.as_ref(), args.lang.lang);
    let found = collect_sources(&args.paths, args.lang.lang)?;
    for dir in [&args.clips, &args.debug].into_iter().flatten() {
        std::fs::create_dir_all(dir).map_err(|e| format!("{}: {e}", dir.display()))?;
    }
    let work = ReadWork {
        sources: &found.sources,
        reader: Reader::new(
            layouts.clone(),
            ReadOptions {
                form: args.form.clone(),
                keys: args.keys.keyring()?,
                scanner: profile.as_ref().map(Profile::known_scanner),
            },
        ),
        layouts: &layouts,
        clips: args.clips.as_deref(),
        personal: args.clips_personal,
        debug: args.debug.is_some().then_some(args.lang.lang),
        limits: DecodeLimits::default(),
    };
    let stdout = BufWriter::new(std::io::stdout().lock());
    let mut out = Output::new(args.format, profile.as_ref(), stdout)?;
    let mut needs_person = false;
    ordered::run(
        &work,
        found.sources.len(),
        args.threads.count(),
        |source, event| {
            let Event::Page((), index, page) = event else {
                return Ok(());
            };
            let PageDone {
                reading,
                ms,
                clips,
                stages,
            } = page;
            let name = found.sources.get(source).map_or("", Source::name);
            needs_person |= asks_for_a_person(&reading);
            out.page(name, index, &reading, ms)?;
            if let Some(dir) = &args.clips {
                save_clips(dir, source, name, index, &clips)?;
            }
            if let Some(dir) = &args.debug {
                save_stages(dir, source, name, index, &stages)?;
            }
            Ok::<(), CliError>(())
        },
    )?;
    out.finish()?;
    Ok(if needs_person {
        Outcome::NeedsPerson
    } else {
        Outcome::Done
    })
}

/// The back of a one-sided sheet asks nobody anything.
fn asks_for_a_person(reading: &PageReading) -> bool {
    let blank = |r: &PageReading| r.problems.iter().any(|p| p.code == ProblemCode::BlankPage);
    reading.status != Status::Clean && !blank(reading)
}

struct ReadWork<'a> {
    sources: &'a [Source],
    reader: Reader,
    layouts: &'a [Layout],
    clips: Option<&'a Path>,
    personal: bool,
    /// Pictures of the stages are wanted, in this language.
    debug: Option<Lang>,
    limits: DecodeLimits,
}

struct PageDone {
    reading: PageReading,
    ms: f64,
    clips: Vec<(String, GrayImage)>,
    stages: Vec<Picture>,
}

impl Work for ReadWork<'_> {
    type File = Pages;
    type Info = ();
    type Page = PageDone;

    fn open(&self, source: usize) -> Opened<Pages, ()> {
        let file = match self.sources.get(source) {
            Some(source) => match guard::guarded(|| source.bytes(&self.limits)) {
                Ok(Ok(bytes)) => Pages::of_bytes(bytes, &self.limits),
                Ok(Err(e)) => Pages::failed(e.to_string()),
                Err(panic) => Pages::failed(panic),
            },
            None => Pages::failed(String::new()),
        };
        let pages = (0..file.count()).collect();
        Opened {
            file,
            info: (),
            pages,
        }
    }

    fn page(&self, _: usize, file: &Pages, index: u32) -> PageDone {
        let start = Instant::now();
        let (reading, scan) = file.read(index, &self.reader);
        let ms = start.elapsed().as_secs_f64() * 1000.0;
        let stages = match (self.debug, &scan) {
            (Some(lang), Some(scan)) => {
                let (reading, why) = self.reader.explain(scan);
                explain::pictures(scan, &reading, &why, lang)
            }
            _ => Vec::new(),
        };
        let clips = match (self.clips, scan) {
            (Some(_), Some(scan)) => reading
                .areas
                .iter()
                .filter(|a| self.personal || !self.is_personal(&reading, &a.id))
                .map(|a| (a.id.clone(), clip::cut(&scan.image, &a.corners_px)))
                .collect(),
            _ => Vec::new(),
        };
        PageDone {
            reading,
            ms,
            clips,
            stages,
        }
    }
}

impl ReadWork<'_> {
    /// An area that no layout knows counts as personal.
    fn is_personal(&self, reading: &PageReading, area: &str) -> bool {
        let kind = self
            .layouts
            .iter()
            .find(|l| Some(&l.form) == reading.form.as_ref() && Some(l.version) == reading.version)
            .and_then(|l| l.page(reading.page?))
            .and_then(|p| p.areas.iter().find(|a| a.id == area))
            .map(|a| a.kind);
        !matches!(kind, Some(AreaKind::Text | AreaKind::Digits))
    }
}

/// Start of the names of what is saved of a page: the number of the file in the
/// input first, because files of several folders may share a name.
fn prefix(source: usize, name: &str, index: u32) -> String {
    let stem = Path::new(name)
        .file_stem()
        .map_or_else(String::new, |s| s.to_string_lossy().into_owned());
    format!("{:05}-{stem}-p{index}", source + 1)
}

fn save_stages(
    dir: &Path,
    source: usize,
    name: &str,
    index: u32,
    stages: &[Picture],
) -> Result<(), CliError> {
    let prefix = prefix(source, name, index);
    for stage in stages {
        let path = dir.join(format!("{prefix}-{}.png", stage.name));
        stage
            .image
            .save(&path)
            .map_err(|e| format!("{}: cannot write the picture: {e}", path.display()))?;
    }
    Ok(())
}

fn save_clips(
    dir: &Path,
    source: usize,
    name: &str,
    index: u32,
    clips: &[(String, GrayImage)],
) -> Result<(), CliError> {
    let prefix = prefix(source, name, index);
    for (area, picture) in clips {
        let path = dir.join(format!("{prefix}-{area}.png"));
        picture
            .save(&path)
            .map_err(|e| format!("{}: cannot write the clip: {e}", path.display()))?;
    }
    Ok(())
}

/// One line of --format jsonl. The keys before `ms` are the reading's and the
/// contract's; those after it say by what it was read.
#[derive(Serialize)]
struct Line<'a> {
    file: &'a str,
    page_in_file: u32,
    #[serde(flatten)]
    reading: &'a PageReading,
    ms: f64,
    model: &'a str,
    profile: Option<&'a str>,
    profile_digest: Option<&'a str>,
}

const CSV_HEADER: [&str; 13] = [
    "file",
    "page_in_file",
    "form",
    "version",
    "page",
    "serial",
    "status",
    "rotation",
    "question",
    "state",
    "choices",
    "problems",
    "ms",
];

enum Output<W: Write> {
    /// Name and digest of the profile, if one was given.
    Jsonl(W, Option<(String, String)>),
    Csv(Box<csv::Writer<W>>),
}

impl<W: Write> Output<W> {
    fn new(format: Format, profile: Option<&Profile>, out: W) -> Result<Self, CliError> {
        Ok(match format {
            Format::Jsonl => Self::Jsonl(out, profile.map(|p| (p.name.clone(), p.digest()))),
            Format::Csv => {
                let mut csv = csv::Writer::from_writer(out);
                csv.write_record(CSV_HEADER)?;
                Self::Csv(Box::new(csv))
            }
        })
    }

    fn page(
        &mut self,
        file: &str,
        index: u32,
        reading: &PageReading,
        ms: f64,
    ) -> Result<(), CliError> {
        let ms = (ms * 10.0).round() / 10.0;
        match self {
            Self::Jsonl(out, profile) => {
                let line = Line {
                    file,
                    page_in_file: index,
                    reading,
                    ms,
                    model: model_id(),
                    profile: profile.as_ref().map(|p| p.0.as_str()),
                    profile_digest: profile.as_ref().map(|p| p.1.as_str()),
                };
                serde_json::to_writer(&mut *out, &line).map_err(std::io::Error::from)?;
                out.write_all(b"\n")?;
                // Whoever follows the output sees each page as it is read.
                out.flush()?;
            }
            Self::Csv(csv) => csv_page(csv, file, index, reading, ms)?,
        }
        Ok(())
    }

    fn finish(self) -> Result<(), CliError> {
        match self {
            Self::Jsonl(mut out, _) => out.flush()?,
            Self::Csv(mut csv) => csv.flush()?,
        }
        Ok(())
    }
}

/// A line a question; a page without questions has one line without any.
/// Several choices and several problems are separated by spaces.
fn csv_page<W: Write>(
    csv: &mut csv::Writer<W>,
    file: &str,
    index: u32,
    reading: &PageReading,
    ms: f64,
) -> Result<(), CliError> {
    let word = |value: &dyn erased::Word| value.word();
    let number = |n: Option<u32>| n.map_or_else(String::new, |n| n.to_string());
    let problems: Vec<String> = reading.problems.iter().map(|p| word(&p.code)).collect();
    let problems = problems.join(" ");
    let mut line = |question: &str, state: &str, choices: &str| {
        csv.write_record([
            file,
            &index.to_string(),
            reading.form.as_deref().unwrap_or(""),
            &number(reading.version),
            &number(reading.page),
            reading.serial.as_deref().unwrap_or(""),
            &word(&reading.status),
            &reading.rotation.to_string(),
            question,
            state,
            choices,
            &problems,
            &ms.to_string(),
        ])
    };
    if reading.answers.is_empty() {
        line("", "", "")?;
    }
    for (question, answer) in &reading.answers {
        line(question, &word(&answer.state), &answer.choices.join(" "))?;
    }
    csv.flush()?;
    Ok(())
}

/// The word that a unit-like enum has in JSON.
mod erased {
    pub(super) trait Word {
        fn word(&self) -> String;
    }

    impl<T: serde::Serialize> Word for T {
        fn word(&self) -> String {
            match serde_json::to_value(self) {
                Ok(serde_json::Value::String(word)) => word,
                _ => String::new(),
            }
        }
    }
}
