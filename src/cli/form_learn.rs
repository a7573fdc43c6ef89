//! `phieu form learn`: a form from a scan of its blank sheet.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use super::{CliError, Outcome};
use crate::form::learned::{FORM_FILE, LearnedForm};
use crate::geometry::MmSize;
use crate::learn::{Learned, learn};
use crate::page::{DecodeLimits, PageFile, Scan};

/// Học mẫu phiếu từ ảnh quét tờ trống (learn a form from a scan of its blank sheet)
#[derive(Debug, Args)]
pub(crate) struct LearnArguments {
    /// Ảnh hoặc PDF của tờ phiếu trống; nhiều tệp là nhiều trang (blank sheet; several files are several pages)
    #[arg(required = true, value_name = "BLANK")]
    blanks: Vec<PathBuf>,
    /// Mã mẫu phiếu: chữ thường, số, dấu gạch nối (id: lower-case letters, digits, hyphens)
    #[arg(long)]
    id: String,
    /// Thư mục kết quả; thư mục đã có mẫu khác thì thêm thư mục con mang mã này
    /// (folder of the result; one that holds another form gets a subfolder named by the id)
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// Khổ giấy: A4, A5, letter, legal hoặc rộng x cao theo mm (paper size, or width x height in mm)
    #[arg(long, value_parser = paper)]
    paper: Option<MmSize>,
}

/// `A4`, `letter` … or `210x297`.
fn paper(text: &str) -> Result<MmSize, String> {
    let known = match text.to_ascii_lowercase().as_str() {
        "a4" => Some((210.0, 297.0)),
        "a5" => Some((148.0, 210.0)),
        "letter" => Some((215.9, 279.4)),
        "legal" => Some((215.9, 355.6)),
        other => other.split_once(['x', '×']).and_then(|(w, h)| {
            Some((w.trim().parse::<f64>().ok()?, h.trim().parse::<f64>().ok()?))
        }),
    };
    known
        // From a postcard to A2.
        .filter(|(w, h)| (50.0..=700.0).contains(w) && (50.0..=700.0).contains(h))
        .map(|(w, h)| MmSize::new(w, h))
        .ok_or_else(|| "A4, A5, letter, legal, or WxH in mm such as 210x297".to_owned())
}

pub(crate) fn run(arguments: &LearnArguments) -> Result<Outcome, CliError> {
    let id = &arguments.id;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if id.is_empty() || id.len() > crate::form::code::MAX_FORM_ID || !id.chars().all(plain) {
        return Err(format!(
            "--id {id:?}: use lower-case letters, digits and hyphens, at most {} of them",
            crate::form::code::MAX_FORM_ID
        )
        .into());
    }
    let mut scans: Vec<Scan> = Vec::new();
    for path in &arguments.blanks {
        let at = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
        let file = PageFile::open(path, &DecodeLimits::default()).map_err(|e| at(&e))?;
        for page in 0..file.page_count() {
            scans.push(file.page(page).map_err(|e| at(&e))?);
        }
    }
    let learned = learn(id, &scans, arguments.paper)
        .map_err(|e| format!("{}: {e}", names(&arguments.blanks)))?;
    let dir = folder(&arguments.out, id)?;
    learned.form.save(
        &dir,
        &names(&arguments.blanks),
        &learned.anchors,
        &learned.blanks,
    )?;
    say(&learned, &dir)?;
    Ok(Outcome::Done)
}

fn names(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths
        .iter()
        .map(|p| {
            p.file_name()
                .unwrap_or(p.as_os_str())
                .to_string_lossy()
                .into_owned()
        })
        .collect();
    names.join(", ")
}

/// The folder itself, unless it holds another form already: learning never
/// overwrites one form with another.
fn folder(out: &Path, id: &str) -> Result<PathBuf, CliError> {
    let file = out.join(FORM_FILE);
    if !file.exists() {
        return Ok(out.to_owned());
    }
    let text = std::fs::read_to_string(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let same = LearnedForm::parse(&text).is_ok_and(|form| form.id == id);
    Ok(if same { out.to_owned() } else { out.join(id) })
}

fn say(learned: &Learned, dir: &Path) -> Result<(), CliError> {
    let mut out = io::stdout().lock();
    for page in &learned.form.page {
        let questions: Vec<_> = learned
            .form
            .question
            .iter()
            .filter(|q| q.page == page.number)
            .collect();
        let boxes: usize = questions.iter().map(|q| q.choice.len()).sum();
        let anchors: usize = learned
            .anchors
            .pages
            .iter()
            .filter(|p| p.page == page.number)
            .map(|p| p.anchors.len())
            .sum();
        writeln!(
            out,
            "trang {n}: {boxes} ô, {q} câu hỏi, {anchors} điểm neo  (page {n}: {boxes} boxes, {q} questions, {anchors} anchors)",
            n = page.number,
            q = questions.len(),
        )?;
    }
    writeln!(
        out,
        "Hãy xem và sửa {file}: câu nào được chọn nhiều (multiple), tên câu hỏi và phương án.\n\
         (Look at {file} and correct it: which questions take several choices, their texts.)",
        file = dir.join(FORM_FILE).display()
    )?;
    Ok(())
}
