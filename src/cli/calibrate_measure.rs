//! `phieu calibrate measure`: from scans of the target to a profile.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::Args;
use serde::Serialize;

use super::shared::{LangArgs, collect_sources, write_file};
use super::{CliError, Outcome};
use crate::calibrate::{
    Bars, Calibration, Finding, PageMeasure, Profile, ScanKind, Severity, Verdict, judge,
    measure_page, picture,
};
use crate::lang::Lang;
use crate::page::{DecodeLimits, PageFile, Scan, Source};

/// Đo máy quét từ ảnh quét tờ mẫu (measure the scanner from scans of the target)
///
/// Exit code 0: good or usable; 1: repair; 2: no target could be measured.
#[derive(Debug, Args)]
pub(crate) struct MeasureArguments {
    /// Ảnh quét tờ mẫu: tệp, thư mục hoặc ZIP (scans of the target: files, folders, ZIP)
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Tệp hồ sơ kết quả (the profile to write)
    #[arg(long, value_name = "FILE.toml")]
    out: PathBuf,
    /// Tên máy quét (what you call the scanner)
    #[arg(long, default_value = "máy quét (scanner)")]
    name: String,
    /// Ghi chú về nguồn ảnh, lưu trong hồ sơ (where the scans come from, kept in the profile)
    #[arg(long)]
    note: Option<String>,
    /// Chiều dài thước A đo được trên tờ mẫu, mm (length of bar A on the print)
    #[arg(long = "bar-mm", value_name = "MM")]
    bar_a: Option<f64>,
    /// Chiều dài thước B đo được trên tờ mẫu, mm (length of bar B on the print)
    #[arg(long = "bar-b-mm", value_name = "MM")]
    bar_b: Option<f64>,
    /// Ảnh kết quả; mặc định cạnh tệp hồ sơ (the picture; default: beside the profile)
    #[arg(long, value_name = "FILE.png")]
    picture: Option<PathBuf>,
    /// In kết quả dạng JSON (print the result as JSON)
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lang: LangArgs,
}

/// A page that was measured.
#[derive(Serialize)]
struct Measured {
    file: String,
    page_in_file: usize,
    #[serde(flatten)]
    page: PageMeasure,
}

/// A page or file that was not.
#[derive(Serialize)]
struct Failed {
    file: String,
    page_in_file: Option<usize>,
    reason: String,
}

#[derive(Serialize)]
struct Report<'a> {
    verdict: Verdict,
    findings: &'a [Finding],
    profile: &'a Profile,
    digest: String,
    sequence: &'a crate::calibrate::SequenceMeasure,
    pages: &'a [Measured],
    failed: &'a [Failed],
    profile_file: String,
    picture: String,
}

/// What was measured, and where each page came from.
#[derive(Default)]
struct Pages {
    measured: Vec<Measured>,
    failed: Vec<Failed>,
}

pub(crate) fn run(args: &MeasureArguments) -> Result<Outcome, CliError> {
    for (option, mm) in [("--bar-mm", args.bar_a), ("--bar-b-mm", args.bar_b)] {
        if mm.is_some_and(|mm| !mm.is_finite() || mm <= 0.0) {
            return Err(format!("{option}: số mm dương (a positive length in mm)").into());
        }
    }
    let found = collect_sources(&args.paths, args.lang.lang)?;
    let bars = Bars {
        a_mm: args.bar_a,
        b_mm: args.bar_b,
    };
    let mut pages = Pages::default();
    for source in &found.sources {
        pages.add(source, &bars)?;
    }
    for f in &pages.failed {
        let page = f
            .page_in_file
            .map_or_else(String::new, |p| format!(" ({})", p + 1));
        eprintln!("{}{page}: {}", f.file, f.reason);
    }
    let figures: Vec<PageMeasure> = pages.measured.iter().map(|m| m.page.clone()).collect();
    let source = format!(
        "phieu calibrate measure: {} ảnh (images){}{}",
        figures.len(),
        bar_words(&bars),
        args.note
            .as_ref()
            .map_or_else(String::new, |note| format!("; {note}"))
    );
    let Some(calibration) = judge(&args.name, &source, &figures, bars.measured()) else {
        return Err(nothing(&pages.failed));
    };
    write_file(&args.out, calibration.profile.to_toml()?.as_bytes())?;
    let picture_file = args
        .picture
        .clone()
        .unwrap_or_else(|| args.out.with_extension("png"));
    let shown = most_telling(&figures);
    if let Some(m) = pages.measured.get(shown) {
        let scan = decode(&found.sources, m)?;
        let png = png_file(&picture(&scan, &m.page, &calibration))
            .map_err(|e| format!("{}: {e}", picture_file.display()))?;
        write_file(&picture_file, &png)?;
    }
    let mut out = BufWriter::new(io::stdout().lock());
    if args.json {
        let report = Report {
            verdict: calibration.profile.verdict,
            findings: &calibration.findings,
            profile: &calibration.profile,
            digest: calibration.profile.digest(),
            sequence: &calibration.sequence,
            pages: &pages.measured,
            failed: &pages.failed,
            profile_file: args.out.display().to_string(),
            picture: picture_file.display().to_string(),
        };
        serde_json::to_writer(&mut out, &report).map_err(io::Error::from)?;
        writeln!(out)?;
    } else {
        say(&mut out, &calibration, args.lang.lang)?;
        let (profile, picture) = (args.out.display(), picture_file.display());
        writeln!(out, "→ {profile}, {picture}")?;
        if calibration.profile.verdict != Verdict::Repair {
            writeln!(
                out,
                "{}: phieu calibrate use {profile} --station {}",
                args.lang.lang.pick("Dùng cho trạm", "For a station"),
                args.lang.lang.pick("TRẠM", "STATION")
            )?;
        }
    }
    out.flush()?;
    Ok(match calibration.profile.verdict {
        Verdict::Good | Verdict::Usable => Outcome::Done,
        Verdict::Repair => Outcome::NeedsPerson,
    })
}

/// What stands in the head of our pictures. They show a target, and the next
/// run on the same folder must not measure them.
const OURS: &str = "phieu calibrate measure: picture";

fn png_file(picture: &image::RgbImage) -> Result<Vec<u8>, png::EncodingError> {
    let mut out = Vec::new();
    let mut encoder = png::Encoder::new(&mut out, picture.width(), picture.height());
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    encoder.add_text_chunk("Software".to_owned(), OURS.to_owned())?;
    let mut writer = encoder.write_header()?;
    writer.write_image_data(picture.as_raw())?;
    writer.finish()?;
    Ok(out)
}

fn is_our_picture(bytes: &[u8]) -> bool {
    // The chunk follows the header of 33 bytes.
    bytes[..bytes.len().min(200)]
        .windows(OURS.len())
        .any(|w| w == OURS.as_bytes())
}

fn bar_words(bars: &Bars) -> String {
    let word =
        |name: &str, mm: Option<f64>| mm.map_or_else(String::new, |mm| format!(", {name} {mm} mm"));
    word("A", bars.a_mm) + &word("B", bars.b_mm)
}

/// One clear line where there was no target at all.
fn nothing(failed: &[Failed]) -> CliError {
    let first: Vec<String> = failed
        .iter()
        .take(3)
        .map(|f| format!("{}: {}", f.file, f.reason))
        .collect();
    let more = if failed.len() > 3 {
        format!("; … ({})", failed.len())
    } else {
        String::new()
    };
    format!(
        "không đo được ảnh nào (nothing could be measured): {}{more}",
        first.join("; ")
    )
    .into()
}

impl Pages {
    /// Measures all pages of a file; what is wrong with one does not touch the
    /// others. Only a bar's impossible length ends the run.
    fn add(&mut self, source: &Source, bars: &Bars) -> Result<(), CliError> {
        let file = source.name().to_owned();
        let limits = DecodeLimits::default();
        let bytes = source.bytes(&limits);
        if bytes.as_ref().is_ok_and(|b| is_our_picture(b)) {
            return Ok(());
        }
        let opened = match bytes.and_then(|b| PageFile::from_bytes(b, &limits)) {
            Ok(opened) => opened,
            Err(e) => {
                self.fail(file, None, &e);
                return Ok(());
            }
        };
        for page_in_file in 0..opened.page_count() {
            let scan = match opened.page(page_in_file) {
                Ok(scan) => scan,
                Err(e) => {
                    self.fail(file.clone(), Some(page_in_file), &e);
                    continue;
                }
            };
            match measure_page(&scan, bars)? {
                Ok(page) => self.measured.push(Measured {
                    file: file.clone(),
                    page_in_file,
                    page,
                }),
                Err(e) => self.fail(file.clone(), Some(page_in_file), &e),
            }
        }
        Ok(())
    }

    fn fail(&mut self, file: String, page_in_file: Option<usize>, why: &dyn std::error::Error) {
        self.failed.push(Failed {
            file,
            page_in_file,
            reason: why.to_string(),
        });
    }
}

/// The page to show: one with a second sheet, else the one with the strongest
/// streak, else the one that lies most crooked.
fn most_telling(pages: &[PageMeasure]) -> usize {
    let rank = |p: &PageMeasure| {
        let streak = p
            .streaks
            .iter()
            .map(|s| s.darkness.abs())
            .fold(0.0, f64::max);
        (!p.second_sheet_px.is_empty(), streak, p.feed.skew_deg.abs())
    };
    (0..pages.len())
        .max_by(|a, b| {
            let (a, b) = (rank(&pages[*a]), rank(&pages[*b]));
            a.0.cmp(&b.0)
                .then(a.1.total_cmp(&b.1))
                .then(a.2.total_cmp(&b.2))
        })
        .unwrap_or(0)
}

/// Pages are not kept while others are measured; the one to show is decoded
/// again.
fn decode(sources: &[Source], m: &Measured) -> Result<Scan, CliError> {
    let source = sources
        .iter()
        .find(|s| s.name() == m.file)
        .ok_or_else(|| format!("{}: gone", m.file))?;
    Ok(source
        .open(&DecodeLimits::default())
        .and_then(|f| f.page(m.page_in_file))
        .map_err(|e| format!("{}: {e}", m.file))?)
}

/// To the two decimals that are shown: no minus before a zero.
fn shown(v: f64) -> f64 {
    (v * 100.0).round() / 100.0 + 0.0
}

fn say(out: &mut dyn Write, c: &Calibration, lang: Lang) -> io::Result<()> {
    let p = &c.profile;
    let verdict = match p.verdict {
        Verdict::Good => lang.pick("TỐT (good): quét được ngay", "GOOD: scan on"),
        Verdict::Usable => lang.pick(
            "DÙNG ĐƯỢC (usable): đọc được, nhưng nhiều phiếu hơn phải có người xem",
            "USABLE: ballots can be read, more of them will need a person",
        ),
        Verdict::Repair => lang.pick(
            "PHẢI SỬA (repair): đừng quét phiếu trước khi sửa xong",
            "REPAIR: do not scan ballots before this is mended",
        ),
    };
    writeln!(out, "{}: {verdict}", p.name)?;
    for f in &c.findings {
        let sign = match f.severity {
            Severity::Repair => '✗',
            Severity::Usable => '!',
            Severity::Note => '·',
        };
        writeln!(out, "  {sign} {}", lang.pick(&f.vi, &f.en))?;
    }
    writeln!(
        out,
        "  {} {} {}",
        lang.pick("đã đo", "measured"),
        p.pages,
        match lang {
            Lang::Vi => format!("ảnh tờ mẫu {}", p.paper),
            Lang::En => format!("images of the {} target", p.paper),
        }
    )?;
    let (f, t) = (&p.feed, &p.tone);
    writeln!(
        out,
        "  dpi {:.1} × {:.1}; lệch (skew) {:+.2}° ± {:.2}; dãn (stretch) {:+.2} % ± {:.2}; không đều (uneven) {:.2} mm",
        p.resolution.dpi_x,
        p.resolution.dpi_y,
        shown(f.skew_deg),
        f.skew_spread_deg,
        shown(f.stretch_percent),
        f.stretch_spread_percent,
        f.uneven_mm
    )?;
    if p.kind == ScanKind::Gray {
        writeln!(
            out,
            "  giấy (paper) {:.0}, đen (black) {:.0}, nhiễu (noise) {:.1}, sáng giảm (falloff) {:.0} %",
            t.paper,
            t.black,
            t.noise,
            100.0 * t.falloff
        )?;
    } else {
        writeln!(
            out,
            "  đen trắng (bilevel); mực nở (growth) {:+.2} mm",
            shown(p.lines.growth_mm)
        )?;
    }
    if let Some(b) = &p.blur {
        writeln!(
            out,
            "  nhòe (blur) σ {:.3} × {:.3} mm, {:.2} px; 10–90 %: {:.2} mm",
            b.x_mm, b.y_mm, b.sigma_px, b.rise_mm
        )?;
    }
    if let Some(line) = p.lines.thinnest_mm {
        writeln!(out, "  nét mảnh nhất (thinnest line) {line:.2} mm")?;
    }
    Ok(())
}
