//! `phieu form`: the forms at hand.

use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::form_learn::{self, LearnArguments};
use super::shared::write_file;
use super::{CliError, Outcome, form_check};
use crate::form::code::{Key, random_start};
use crate::form::{Geometry, Job, Library, Source, print, violations};

/// `phieu form …`.
#[derive(Debug, Args)]
pub(crate) struct FormArguments {
    #[command(subcommand)]
    command: FormCommand,
}

/// Where forms are looked for.
#[derive(Debug, Args)]
struct Templates {
    /// Thư mục mẫu phiếu, có thể lặp lại (folder with forms; may be repeated)
    #[arg(long, value_name = "DIR")]
    templates: Vec<PathBuf>,
}

#[derive(Debug, Subcommand)]
enum FormCommand {
    /// Liệt kê các mẫu phiếu (list the forms at hand)
    List {
        #[command(flatten)]
        templates: Templates,
        /// In ra JSON (print JSON)
        #[arg(long)]
        json: bool,
    },
    /// Kiểm tra một mẫu phiếu đọc được hay không (check that a form can be read)
    Check {
        /// Mã mẫu phiếu, tệp form.toml hoặc thư mục (id, form.toml or folder)
        form: String,
        #[command(flatten)]
        templates: Templates,
    },
    /// In mẫu phiếu ra PDF (print a form as PDF)
    Print(PrintArguments),
    /// Học mẫu phiếu từ ảnh quét tờ trống (learn a form from a scan of its blank sheet)
    Learn(LearnArguments),
    /// Tọa độ của mọi ô trên phiếu (where everything is on the paper)
    Geometry {
        /// Mã mẫu phiếu, tệp form.toml hoặc thư mục (id, form.toml or folder)
        form: String,
        #[command(flatten)]
        templates: Templates,
        /// In ra JSON (print JSON)
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
struct PrintArguments {
    /// Mã mẫu phiếu, tệp form.toml hoặc thư mục (id, form.toml or folder)
    form: String,
    /// Tệp PDF kết quả (the PDF to write)
    #[arg(long, value_name = "FILE.pdf")]
    out: PathBuf,
    /// Số bản in, mỗi bản một số phiếu riêng (copies, each with a serial of its own)
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    copies: u32,
    /// Đơn vị, in vào mã phiếu (unit, printed into the code)
    #[arg(long)]
    unit: Option<String>,
    /// Hòm phiếu, in vào mã phiếu (ballot box, printed into the code)
    #[arg(long = "box", value_name = "BOX")]
    ballot_box: Option<String>,
    /// Số thứ tự bắt đầu: in lại hoặc in tiếp (first number: to print again or to continue)
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..1 << 49))]
    serial_from: Option<u64>,
    /// Không in số phiếu: bản gốc để photocopy (no serial: a master for the photocopier)
    #[arg(long, conflicts_with = "serial_from")]
    no_serial: bool,
    /// Tệp khóa bí mật của trạm (the station's secret key file)
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    #[command(flatten)]
    templates: Templates,
}

pub(crate) fn run(arguments: FormArguments) -> Result<Outcome, CliError> {
    match arguments.command {
        FormCommand::List { templates, json } => list(&templates, json),
        FormCommand::Check { form, templates } => check(&form, &templates),
        FormCommand::Print(arguments) => print_form(arguments),
        FormCommand::Learn(arguments) => form_learn::run(&arguments),
        FormCommand::Geometry {
            form,
            templates,
            json,
        } => geometry(&form, &templates, json),
    }
}

#[derive(serde::Serialize)]
struct Listed<'a> {
    form: &'a str,
    version: u32,
    title: String,
    pages: usize,
    learned: bool,
}

fn list(templates: &Templates, json: bool) -> Result<Outcome, CliError> {
    let library = Library::load(&templates.templates)?;
    let listed: Vec<Listed<'_>> = library
        .forms()
        .map(|f| Listed {
            form: &f.layout.form,
            version: f.layout.version,
            title: f.title(),
            pages: f.layout.pages.len(),
            learned: matches!(f.source, Source::Learned { .. }),
        })
        .collect();
    let mut out = BufWriter::new(io::stdout().lock());
    if json {
        writeln!(out, "{}", serde_json::to_string(&listed)?)?;
    } else {
        let width = listed.iter().map(|l| l.form.len()).max().unwrap_or(0);
        for l in &listed {
            writeln!(
                out,
                "{:width$}  v{:<3} {} trang (pages)  {}",
                l.form, l.version, l.pages, l.title
            )?;
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}

fn check(form: &str, templates: &Templates) -> Result<Outcome, CliError> {
    let library = Library::load(&templates.templates)?;
    let loaded = library.resolve(form)?;
    let layout = &loaded.layout;
    let mut out = BufWriter::new(io::stdout().lock());
    let boxes: usize = layout.pages.iter().map(|p| p.boxes.len()).sum();
    writeln!(
        out,
        "{} v{} ({}): {} trang (pages), {} câu hỏi (questions), {boxes} ô (boxes)",
        layout.form,
        layout.version,
        layout.digest,
        layout.pages.len(),
        layout.questions.len(),
    )?;
    let mut good = true;
    let mut say = |what: &str, broken: &[String]| -> io::Result<()> {
        good &= broken.is_empty();
        let sign = if broken.is_empty() { '✓' } else { '✗' };
        writeln!(out, "  {sign} {what}")?;
        for detail in broken.iter().take(MOST_DETAILS) {
            writeln!(out, "      {detail}")?;
        }
        if broken.len() > MOST_DETAILS {
            writeln!(out, "      … {}", broken.len() - MOST_DETAILS)?;
        }
        Ok(())
    };
    // Other rules hold for sheets that we did not print.
    if let Source::Designed(_) = loaded.source {
        say(
            "khoảng cách, vùng trắng, mốc định vị (spacing, quiet zones, anchors)",
            &violations(layout),
        )?;
    }
    let proof = form_check::prove(&loaded)?;
    say(
        &format!(
            "in, đánh dấu, photocopy, quét, đọc: {} trang, {} dấu (printed, marked, copied, scanned, read: pages, marks)",
            proof.pages, proof.marks
        ),
        &proof.failures,
    )?;
    let proof = form_check::prove_in_office(&loaded)?;
    say(
        &format!(
            "mô phỏng người trả lời và máy quét: {} trang, {} ô (simulated people and scanner: pages, boxes)",
            proof.pages, proof.marks
        ),
        &proof.failures,
    )?;
    out.flush()?;
    Ok(if good {
        Outcome::Done
    } else {
        Outcome::NeedsPerson
    })
}

/// Details that are printed of each kind of failure; the first ones tell it.
const MOST_DETAILS: usize = 12;

fn print_form(arguments: PrintArguments) -> Result<Outcome, CliError> {
    let library = Library::load(&arguments.templates.templates)?;
    let loaded = library.resolve(&arguments.form)?;
    let form = loaded.designed()?;
    let key = match &arguments.key {
        Some(path) => Key::from_file(path)?,
        None => Key::public(),
    };
    let serial_from = match (arguments.no_serial, arguments.serial_from) {
        (true, _) => None,
        (false, Some(from)) => Some(from),
        // Never twice the same by accident; what was chosen is said below.
        (false, None) => Some(random_start()?),
    };
    let job = Job {
        copies: arguments.copies,
        serial_from,
        unit: arguments.unit,
        ballot_box: arguments.ballot_box,
        key,
    };
    let mut bytes = Vec::new();
    print(form, &job, &mut bytes)?;
    write_file(&arguments.out, &bytes)?;
    let mut out = io::stdout().lock();
    write!(
        out,
        "{}: {} bản (copies) × {} trang (pages)",
        arguments.out.display(),
        job.copies,
        loaded.layout.pages.len()
    )?;
    match job.serial_from {
        Some(from) => {
            let next = from + u64::from(job.copies);
            writeln!(
                out,
                "; số (numbers) {from}–{}; in tiếp (to continue): --serial-from {next}",
                next - 1
            )?;
        }
        None => writeln!(out, "; không có số phiếu (no serial)")?,
    }
    Ok(Outcome::Done)
}

fn geometry(form: &str, templates: &Templates, json: bool) -> Result<Outcome, CliError> {
    let library = Library::load(&templates.templates)?;
    let loaded = library.resolve(form)?;
    let mut out = BufWriter::new(io::stdout().lock());
    if json {
        writeln!(
            out,
            "{}",
            serde_json::to_string(&Geometry::of(&loaded.layout))?
        )?;
    } else {
        for page in &loaded.layout.pages {
            writeln!(
                out,
                "trang (page) {}: {} × {} mm",
                page.page, page.size.width, page.size.height
            )?;
            for b in &page.boxes {
                let [x, y, w, h] = crate::geometry::rect_array(&b.rect);
                writeln!(
                    out,
                    "  {x:8.3} {y:8.3} {w:6.3} {h:6.3}  {}/{}",
                    b.question, b.choice
                )?;
            }
        }
    }
    out.flush()?;
    Ok(Outcome::Done)
}
