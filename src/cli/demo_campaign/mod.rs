//! `phieu demo --campaign NAME`: a whole campaign, from the printed sheets to the
//! report of the reporting office, with a station for each office that collects.

mod meant;
mod online;
mod site;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::demo::{DemoArgs, make, print_copies, say};
use super::report::{self, ReportArgs};
use super::shared::load_forms;
use super::{CliError, Outcome};
use crate::exchange::{self, ExportOptions, StationKey};
use crate::form::{Library, LoadedForm};
use crate::lang::Lang;
use crate::station::{
    Campaign, Channel, KnownForm, ShippedCampaign, Station, StationError, forms_of,
};
use crate::store::NewPin;
use crate::tally::index::{By, index, write_index_json, write_index_table};
use crate::tally::report::index_options;
use meant::Meant;
use site::Site;

/// Sheets of one office are numbered from here on, so that no two have the same
/// serial: more than an office of any plan collects.
const SHEETS_OF_A_SITE: u64 = 10_000;

/// An office that collects, and how many sheets of which form.
struct Part {
    unit: Option<String>,
    name: String,
    sheets: Vec<(String, u64)>,
}

pub(super) fn run(args: &DemoArgs, name: &str) -> Result<Outcome, CliError> {
    let lang = args.lang.lang;
    let started = Instant::now();
    let Some(shipped) = ShippedCampaign::named(name) else {
        let known: Vec<&str> = ShippedCampaign::ALL.iter().map(|c| c.name).collect();
        let known = known.join(", ");
        return Err(format!(
            "không có đợt khảo sát {name:?}; có: {known} (no such campaign; there are: {known})"
        )
        .into());
    };
    if fs::read_dir(&args.dir).is_ok_and(|mut d| d.next().is_some()) {
        return Err(StationError::NotEmpty(args.dir.clone()).into());
    }
    let file = shipped.write_to(&args.dir.join("campaign"))?;
    let campaign = Campaign::load(&file)?;
    let library = Library::load(&campaign.templates)?;
    let forms = forms_of(&campaign, &load_forms(&campaign.templates)?)?;
    say(&campaign.name)?;
    let parts = parts(&campaign, args.limit);
    let sheets: u64 = parts.iter().flat_map(|p| &p.sheets).map(|s| s.1).sum();
    match lang {
        Lang::Vi => say(&format!(
            "{} đơn vị thu phiếu, {} phiếu giấy, {} mẫu phiếu.",
            parts.len(),
            sheets,
            campaign.forms.len()
        ))?,
        Lang::En => say(&format!(
            "{} offices collect, {} sheets of paper, {} forms.",
            parts.len(),
            sheets,
            campaign.forms.len()
        ))?,
    }
    let play = Play {
        args,
        campaign: &campaign,
        library: &library,
        forms: &forms,
    };
    let (mut meant, mut times) = (Meant::default(), Times::default());
    let mut packages = Vec::new();
    let alone = parts.len() == 1;
    for (i, part) in parts.iter().enumerate() {
        let folder = if alone {
            args.dir.join("station")
        } else {
            args.dir
                .join(format!("stations/{:02}-{}", i + 1, part.id()))
        };
        let site = play.site(&folder, part, i as u64, &mut meant, &mut times)?;
        say(&format!("   {}: {}", part.name, site.summary(lang)))?;
        if !alone {
            packages.push(play.send(&site, part)?);
        }
    }
    let office = if alone {
        Station::open(&args.dir.join("station"))?
    } else {
        let began = Instant::now();
        let office = play.receive(&packages)?;
        times.merge = began.elapsed();
        office
    };
    let answers = online::play(
        &office,
        &campaign,
        &args.dir.join("online"),
        (args.seed, args.limit),
        &mut meant,
    )?;
    if answers > 0 {
        say(&match lang {
            Lang::Vi => format!("   trực tuyến: nhận {answers} câu trả lời"),
            Lang::En => format!("   online: {answers} answers came in"),
        })?;
    }
    play.publish(&office, lang, &mut times)?;
    let compared = meant.compare(&office.store()?)?;
    say(&compared.describe(lang))?;
    say(&times.describe(lang, started.elapsed()))?;
    say(&format!(
        "{}: {}",
        lang.pick("Kết quả ở", "The results are in"),
        args.dir.display()
    ))?;
    if compared.wrong > 0 {
        return Err(lang
            .pick(
                "số liệu không đúng với điều người trả lời muốn nói",
                "the figures are not what people meant",
            )
            .into());
    }
    Ok(if compared.pending > 0 {
        Outcome::NeedsPerson
    } else {
        Outcome::Done
    })
}

impl Part {
    fn id(&self) -> &str {
        self.unit.as_deref().unwrap_or("van-phong")
    }
}

/// The offices that collect paper, and how much: units with a quota of their own; where
/// there is none, the campaign's own quotas are one office's.
fn parts(campaign: &Campaign, limit: Option<u64>) -> Vec<Part> {
    let bounded = |n: u64| limit.map_or(n, |most| n.min(most));
    let of = |quotas: &[crate::station::Quota]| -> Vec<(String, u64)> {
        let mut sheets: Vec<(String, u64)> = Vec::new();
        for q in quotas.iter().filter(|q| q.channel != Some(Channel::Online)) {
            let n = u64::from(q.quota.unwrap_or(0));
            match sheets.iter_mut().find(|(form, _)| *form == q.form) {
                Some((_, all)) => *all += n,
                None => sheets.push((q.form.clone(), n)),
            }
        }
        sheets.retain(|(_, n)| *n > 0);
        sheets.iter_mut().for_each(|(_, n)| *n = bounded(*n));
        sheets
    };
    let mut parts: Vec<Part> = campaign
        .units
        .iter()
        .filter_map(|u| {
            let mut sheets = of(&u.quotas);
            if let (true, Some(n), [form]) = (sheets.is_empty(), u.quota, &campaign.forms[..]) {
                sheets.push((form.clone(), bounded(u64::from(n))));
            }
            (!sheets.is_empty()).then(|| Part {
                unit: Some(u.id.clone()),
                name: u.name.clone().unwrap_or_else(|| u.id.clone()),
                sheets,
            })
        })
        .collect();
    if parts.is_empty() {
        parts.push(Part {
            unit: campaign.units.first().map(|u| u.id.clone()),
            name: campaign
                .reporting_office
                .clone()
                .unwrap_or_else(|| campaign.name.clone()),
            sheets: of(&campaign.quotas),
        });
    }
    parts
}

/// How long what took, over all stations.
#[derive(Debug, Default)]
struct Times {
    simulate: Duration,
    scan: Duration,
    pages: u64,
    merge: Duration,
    report: Duration,
}

impl Times {
    fn describe(&self, lang: Lang, all: Duration) -> String {
        let s = |d: Duration| d.as_secs_f64();
        let rate = self.pages as f64 / s(self.scan).max(0.001);
        match lang {
            Lang::Vi => format!(
                "Mô phỏng {:.0} giây; quét {} trang trong {:.0} giây ({rate:.1} trang/giây); gộp \
                 {:.1} giây; chỉ số và báo cáo {:.1} giây; tất cả {:.0} giây.",
                s(self.simulate),
                self.pages,
                s(self.scan),
                s(self.merge),
                s(self.report),
                s(all)
            ),
            Lang::En => format!(
                "Simulated in {:.0} s; {} pages scanned in {:.0} s ({rate:.1} pages/s); merged in \
                 {:.1} s; indices and report {:.1} s; {:.0} s in all.",
                s(self.simulate),
                self.pages,
                s(self.scan),
                s(self.merge),
                s(self.report),
                s(all)
            ),
        }
    }
}

/// What all stations of the campaign have in common.
struct Play<'a> {
    args: &'a DemoArgs,
    campaign: &'a Campaign,
    library: &'a Library,
    forms: &'a [KnownForm],
}

impl Play<'_> {
    fn loaded(&self, form: &str) -> Result<LoadedForm, CliError> {
        Ok(self.library.resolve(form)?)
    }

    /// An office's whole day: print, collect, open the box, scan, review, close.
    fn site(
        &self,
        folder: &Path,
        part: &Part,
        number: u64,
        meant: &mut Meant,
        times: &mut Times,
    ) -> Result<Site, CliError> {
        let station = Station::init(folder, Some(self.campaign), self.forms)?;
        let mut site = Site::new(station, part.unit.clone());
        let scans = folder.with_extension("scans");
        let counted: u64 = part.sheets.iter().map(|s| s.1).sum();
        site.open_box(&part.name, counted)?;
        for (place, (form, sheets)) in (0..).zip(&part.sheets) {
            let loaded = self.loaded(form)?;
            if number == 0 {
                self.print(&loaded)?;
            }
            let began = Instant::now();
            let pile = scans.join(form);
            let first = number * SHEETS_OF_A_SITE;
            // Forms of one build would else be filled in alike.
            let seed = self.args.seed.wrapping_add(place);
            site.simulate(&loaded, seed, &pile, first, *sheets)?;
            meant.learn(&pile)?;
            times.simulate += began.elapsed();
            let began = Instant::now();
            times.pages += site.scan(&pile, self.args.threads.count())?;
            times.scan += began.elapsed();
        }
        site.review(meant)?;
        site.close_box()?;
        // The station has kept every image; the pile goes back into its drawer.
        if !self.args.keep_scans {
            fs::remove_dir_all(&scans).map_err(|e| format!("{}: {e}", scans.display()))?;
        }
        Ok(site)
    }

    /// A few copies of a form to look at.
    fn print(&self, loaded: &LoadedForm) -> Result<(), CliError> {
        let folder = self.args.dir.join("print");
        make(&folder)?;
        print_copies(loaded, &folder)
    }

    /// The signed package of a station; its public key goes with the telephone call.
    fn send(&self, site: &Site, part: &Part) -> Result<Sent, CliError> {
        let key = StationKey::make(&site.station, None)?;
        let folder = self.args.dir.join("packages");
        make(&folder)?;
        let path = folder.join(format!("{}.phieu", part.id()));
        exchange::export(&site.station, &path, ExportOptions::default())?;
        Ok(Sent {
            pin: NewPin {
                public_key: key.public().hex(),
                station: Some(site.station.store()?.station()?.id),
                name: part.name.clone(),
                unit: part.unit.clone(),
            },
            path,
        })
    }

    /// The reporting office: keys are pinned, packages taken in.
    fn receive(&self, packages: &[Sent]) -> Result<Station, CliError> {
        let folder = self.args.dir.join("reporting-office");
        let office = Station::init(&folder, Some(self.campaign), self.forms)?;
        let store = office.store()?;
        for sent in packages {
            store.pin(&sent.pin)?;
        }
        for sent in packages {
            exchange::import(&office, &sent.path)
                .map_err(|e| format!("{}: {e}", sent.path.display()))?;
        }
        Ok(office)
    }

    fn publish(&self, office: &Station, lang: Lang, times: &mut Times) -> Result<(), CliError> {
        let began = Instant::now();
        let store = office.store()?;
        let mut options = index_options(self.campaign);
        if self.campaign.units.len() > 1 {
            options.by.push(By::Unit);
        }
        if self.campaign.units.iter().any(|u| u.area.is_some()) {
            options.by.push(By::Area);
        }
        if self.campaign.channels.len() > 1 {
            options.by.push(By::Channel);
        }
        let report = index(&store, &options)?;
        let create = |name: &str| {
            let path = self.args.dir.join(name);
            fs::File::create(&path).map_err(|e| format!("{}: {e}", path.display()))
        };
        write_index_json(&report, create("index.json")?)?;
        write_index_table(&report, lang, create("index.txt")?)?;
        for name in ["report.pdf", "report.xlsx"] {
            let out = self.args.dir.join(name);
            report::run(&ReportArgs::of(office.dir(), &out, self.args.lang.clone()))?;
        }
        times.report = began.elapsed();
        let mut text = Vec::new();
        write_index_table(&report, lang, &mut text)?;
        for line in String::from_utf8_lossy(&text).lines().skip(1).take(4) {
            say(&format!("   {line}"))?;
        }
        Ok(())
    }
}

/// A package that was sent, and the key that was read over the telephone.
struct Sent {
    pin: NewPin,
    path: PathBuf,
}
