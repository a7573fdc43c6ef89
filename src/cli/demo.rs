//! `phieu demo`: the whole way on the forms that ship.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::Args;
use serde::Deserialize;

use super::scan::{Waiting, forms_for};
use super::shared::{LangArgs, ThreadArgs, load_forms};
use super::{CliError, Outcome};
use crate::form::code::Key;
use crate::form::{Job, Layout, Library, LoadedForm, print};
use crate::lang::Lang;
use crate::page::{DecodeLimits, collect};
use crate::read::{ReadOptions, Reader};
use crate::selftest::compare;
use crate::station::{Campaign, KnownForm, ScanJob, Station, StationError, scan};
use crate::synth::{Level, PageTruth, Simulator, TRUTH_FILE};
use crate::tally::{TallyFilter, tally, write_csv, write_json, write_table};

/// Chạy thử toàn bộ quy trình với các mẫu phiếu có sẵn (the whole way on the forms that ship).
///
/// Prints the forms, simulates scans of filled ballots, some of them
/// difficult, scans them into a station, says what needs a person, counts, and
/// compares with what the simulated people meant.
#[derive(Debug, Args)]
pub(crate) struct DemoArgs {
    /// Thư mục cho kết quả (folder for everything it makes)
    #[arg(default_value = "phieu-demo")]
    pub(super) dir: PathBuf,
    /// Đợt khảo sát có sẵn, chạy với đủ số phiếu theo kế hoạch (a campaign that ships, at its full number of sheets)
    #[arg(long, value_name = "NAME", conflicts_with = "sheets")]
    campaign: Option<String>,
    /// Với --campaign: nhiều nhất bằng này phiếu mỗi mẫu ở mỗi đơn vị (at most so many sheets of each form at each office)
    #[arg(long, value_name = "N", requires = "campaign")]
    pub(super) limit: Option<u64>,
    /// Với --campaign: giữ ảnh quét mô phỏng (keep the simulated scans; a station keeps its own copy anyway)
    #[arg(long, requires = "campaign")]
    pub(super) keep_scans: bool,
    /// Số phiếu của mỗi mẫu (ballots of each form)
    #[arg(long, value_name = "N", default_value_t = 30)]
    sheets: u64,
    /// Số gieo ngẫu nhiên: cùng số, cùng phiếu (the same seed makes the same ballots)
    #[arg(long, value_name = "S", default_value_t = 2022)]
    pub(super) seed: u64,
    #[command(flatten)]
    pub(super) threads: ThreadArgs,
    #[command(flatten)]
    pub(super) lang: LangArgs,
}

/// One sheet in this many is of the simulator's hard level, so that there is
/// something to review.
const HARD_EVERY: u64 = 6;

/// Copies of each form that are printed to look at.
const PRINTED: u32 = 3;

const CAMPAIGN: &str = r#"name = "Đợt khảo sát thử"
forms = ["ba-dinh-2022", "tien-giang-2024"]
"#;

/// A step's name in both languages, and what it does.
type Step<'a> = (&'a str, &'a str, &'a dyn Fn() -> Result<(), CliError>);

pub(crate) fn run(args: &DemoArgs) -> Result<Outcome, CliError> {
    if let Some(name) = &args.campaign {
        return super::demo_campaign::run(args, name);
    }
    let lang = args.lang.lang;
    let started = Instant::now();
    let demo = Demo::new(args)?;
    let steps: [Step<'_>; 4] = [
        ("In mẫu phiếu", "Print the forms", &|| demo.print()),
        (
            "Mô phỏng phiếu đã điền và máy quét",
            "Simulate filled ballots and the scanner",
            &|| demo.simulate(args),
        ),
        ("Lập trạm và quét", "Make a station and scan", &|| {
            demo.scan(args)
        }),
        ("Kiểm phiếu", "Count", &|| demo.count(lang)),
    ];
    for (n, (vi, en, step)) in steps.iter().enumerate() {
        say(&format!("{}. {}", n + 1, lang.pick(vi, en)))?;
        step()?;
    }
    demo.compare(lang)?;
    demo.next(lang, started)?;
    Ok(Outcome::Done)
}

pub(super) fn say(line: &str) -> Result<(), CliError> {
    writeln!(std::io::stdout().lock(), "{line}")?;
    Ok(())
}

/// Prints a few copies of a form to look at.
pub(super) fn print_copies(loaded: &LoadedForm, folder: &Path) -> Result<(), CliError> {
    let path = folder.join(format!("{}.pdf", loaded.layout.form));
    let job = Job {
        copies: PRINTED,
        serial_from: Some(1),
        unit: None,
        ballot_box: None,
        key: Key::public(),
    };
    let mut bytes = Vec::new();
    print(loaded.designed()?, &job, &mut bytes)?;
    fs::write(&path, bytes).map_err(|e| format!("{}: {e}", path.display()))?;
    say(&format!("   {} ({})", path.display(), loaded.title()))
}

struct Demo {
    dir: PathBuf,
    library: Library,
}

impl Demo {
    fn new(args: &DemoArgs) -> Result<Self, CliError> {
        let dir = args.dir.clone();
        if fs::read_dir(&dir).is_ok_and(|mut d| d.next().is_some()) {
            return Err(StationError::NotEmpty(dir).into());
        }
        fs::create_dir_all(&dir).map_err(|e| format!("{}: {e}", dir.display()))?;
        Ok(Self {
            dir,
            library: Library::load(&[])?,
        })
    }

    fn scans(&self) -> PathBuf {
        self.dir.join("scans")
    }

    fn station(&self) -> PathBuf {
        self.dir.join("station")
    }

    fn print(&self) -> Result<(), CliError> {
        let folder = self.dir.join("print");
        make(&folder)?;
        for loaded in self.library.forms() {
            print_copies(loaded, &folder)?;
        }
        Ok(())
    }

    fn simulate(&self, args: &DemoArgs) -> Result<(), CliError> {
        let lang = args.lang.lang;
        let hard = args.sheets / HARD_EVERY;
        for loaded in self.library.forms() {
            let id = &loaded.layout.form;
            let runs = [
                (Level::Office, 0, args.sheets - hard),
                (Level::Hard, args.sheets - hard, hard),
            ];
            for (level, first, sheets) in runs {
                let folder = self.scans().join(format!("{id}-{level}"));
                let made = Simulator::for_form(loaded, level, args.seed)?
                    .write_to(&folder, first, sheets)?;
                say(&format!(
                    "   {}: {} {}, {} {}",
                    folder.display(),
                    sheets,
                    lang.pick("phiếu", "ballots"),
                    made.len(),
                    lang.pick("ảnh", "images")
                ))?;
            }
        }
        // What happens in every office: a file that was cut off while the
        // scanner's disk was full, and one that was copied twice.
        let first = collect(&[self.scans()])?;
        if let Some(source) = first.sources.first() {
            let bytes = source.bytes(&DecodeLimits::default())?;
            let whole = source.path().extension().unwrap_or_default();
            let broken = self.scans().join("hỏng").with_extension(whole);
            let half = bytes.get(..bytes.len() / 2).unwrap_or(&[]);
            fs::write(&broken, half).map_err(|e| format!("{}: {e}", broken.display()))?;
            let copy = self.scans().join("bản sao").with_extension(whole);
            fs::write(&copy, bytes.as_slice()).map_err(|e| format!("{}: {e}", copy.display()))?;
        }
        Ok(())
    }

    fn scan(&self, args: &DemoArgs) -> Result<(), CliError> {
        let lang = args.lang.lang;
        let file = self.dir.join("campaign.toml");
        fs::write(&file, CAMPAIGN).map_err(|e| format!("{}: {e}", file.display()))?;
        let campaign = Campaign::load(&file)?;
        let forms: Vec<KnownForm> = load_forms(&[])?
            .into_iter()
            .filter(|f| campaign.forms.contains(&f.layout.form))
            .collect();
        let station = Station::init(&self.station(), Some(&campaign), &forms)?;
        let forms = forms_for(&station, &[])?;
        let found = collect(&[self.scans()])?;
        let reader = reader(&forms);
        let started = Instant::now();
        let done = scan(
            &station,
            &ScanJob {
                sources: &found.sources,
                forms: &forms,
                reader: &reader,
                profile: None,
                ballot_box: None,
                threads: args.threads.count(),
                limits: DecodeLimits::default(),
            },
            |_| (),
        )?;
        let p = done.progress;
        let rate = p.pages as f64 / started.elapsed().as_secs_f64().max(0.001);
        match lang {
            Lang::Vi => say(&format!(
                "   {} tệp, {} trang, {rate:.1} trang/giây, {} trang cần người xem:",
                p.files, p.pages, p.flagged
            ))?,
            Lang::En => say(&format!(
                "   {} files, {} pages, {rate:.1} pages/s, {} pages for a person to see:",
                p.files, p.pages, p.flagged
            ))?,
        }
        for line in Waiting::of(&station.store()?)?.describe(lang).lines() {
            say(&format!("   {line}"))?;
        }
        Ok(())
    }

    fn count(&self, lang: Lang) -> Result<(), CliError> {
        let store = Station::open(&self.station())?.store()?;
        let all = tally(&store, &TallyFilter::default())?;
        let create = |name: &str| {
            let path = self.dir.join(name);
            fs::File::create(&path).map_err(|e| format!("{}: {e}", path.display()))
        };
        write_table(&all, lang, create("tally.txt")?)?;
        write_json(&all, create("tally.json")?)?;
        write_csv(&all, create("tally.csv")?)?;
        let one = TallyFilter {
            form: all.forms.first().map(|f| f.form.clone()),
            unit: None,
        };
        let mut text = Vec::new();
        write_table(&tally(&store, &one)?, lang, &mut text)?;
        for line in String::from_utf8_lossy(&text).lines() {
            say(&format!("   {line}"))?;
        }
        Ok(())
    }

    /// Reads every simulated page once more and holds it against the truth.
    fn compare(&self, lang: Lang) -> Result<(), CliError> {
        #[derive(Deserialize)]
        struct Line {
            file: String,
            #[serde(flatten)]
            truth: PageTruth,
        }
        say(&format!(
            "5. {}",
            lang.pick(
                "So với sự thật của mô phỏng",
                "Compare with the simulated truth"
            )
        ))?;
        let store = Station::open(&self.station())?.store()?;
        let (mut questions, mut flagged, mut silent, mut unreadable) = (0, 0, 0, 0);
        let mut wrong = Vec::new();
        for loaded in self.library.forms() {
            for level in [Level::Office, Level::Hard] {
                let folder = self.scans().join(format!("{}-{level}", loaded.layout.form));
                let path = folder.join(TRUTH_FILE);
                let file = fs::File::open(&path).map_err(|e| format!("{}: {e}", path.display()))?;
                for line in BufReader::new(file).lines() {
                    let line: Line = serde_json::from_str(&line?)?;
                    let image = folder.join(&line.file);
                    let bytes =
                        fs::read(&image).map_err(|e| format!("{}: {e}", image.display()))?;
                    let hash = blake3::hash(&bytes).to_hex();
                    let Some(reading) = store.reading(&hash, 0)? else {
                        return Err(format!("{}: is not in the station", image.display()).into());
                    };
                    let score = compare(&line.truth, &reading);
                    questions += score.counts.questions;
                    flagged += score.counts.flagged_questions;
                    silent += score.counts.silent_errors;
                    unreadable += score.counts.unreadable_pages;
                    wrong.extend(score.errors.iter().map(|e| {
                        format!(
                            "{}: {} {} ≠ {}",
                            image.display(),
                            e.question,
                            e.read,
                            e.truth
                        )
                    }));
                }
            }
        }
        match lang {
            Lang::Vi => say(&format!(
                "   {questions} câu: {flagged} câu để người xem, {silent} câu sai mà không báo; \
                 {unreadable} trang không đọc được."
            ))?,
            Lang::En => say(&format!(
                "   {questions} questions: {flagged} left to a person, {silent} wrong without \
                 saying so; {unreadable} pages unreadable."
            ))?,
        }
        for line in wrong {
            say(&format!("   {line}"))?;
        }
        Ok(())
    }

    fn next(&self, lang: Lang, started: Instant) -> Result<(), CliError> {
        let dir = self.dir.display();
        let seconds = started.elapsed().as_secs_f64();
        let text = match lang {
            Lang::Vi => format!(
                "Xong sau {seconds:.0} giây. Xem tiếp:\n   \
                 {dir}/print/*.pdf        phiếu để in\n   \
                 {dir}/scans/             ảnh quét mô phỏng, kèm {TRUTH_FILE}\n   \
                 {dir}/tally.txt          kết quả kiểm phiếu (cả .json, .csv)\n   \
                 phieu scan {dir}/scans --station {dir}/station     quét lại: không có gì thay đổi\n   \
                 phieu read {dir}/scans --format csv\n   \
                 phieu account add lan --role supervisor --generate --station {dir}/station\n   \
                 phieu serve --station {dir}/station     kiểm tra các câu máy hỏi, trong trình duyệt"
            ),
            Lang::En => format!(
                "Done in {seconds:.0} s. What to look at next:\n   \
                 {dir}/print/*.pdf        the forms, ready to print\n   \
                 {dir}/scans/             simulated scans, with {TRUTH_FILE}\n   \
                 {dir}/tally.txt          the tally (also .json, .csv)\n   \
                 phieu scan {dir}/scans --station {dir}/station     scanning again changes nothing\n   \
                 phieu read {dir}/scans --format csv\n   \
                 phieu account add lan --role supervisor --generate --station {dir}/station\n   \
                 phieu serve --station {dir}/station     settle what the machine asks, in a browser"
            ),
        };
        say(&text)
    }
}

fn reader(forms: &[KnownForm]) -> Reader {
    let layouts: Vec<Layout> = forms.iter().map(|f| f.layout.clone()).collect();
    Reader::new(layouts, ReadOptions::default())
}

pub(super) fn make(folder: &Path) -> Result<(), CliError> {
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()).into())
}
