//! `phieu online`: answers that came in by a form tool.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};

use super::shared::{LangArgs, plain, write_file};
use super::{CliError, Outcome};
use crate::lang::Lang;
use crate::online::{self, Came, ImportOptions, Imported, Mapping, OnlineError, RowError, suggest};
use crate::sheet::Sheet;
use crate::station::{LocalTime, Station};
use crate::store::UnitTree;

#[derive(Debug, Args)]
pub(crate) struct OnlineArguments {
    #[command(subcommand)]
    command: OnlineCommand,
}

#[derive(Debug, Subcommand)]
enum OnlineCommand {
    Mapping(MappingArgs),
    Check(TableArgs),
    Import(ImportArgs),
}

/// Soạn tệp ghép cột từ tên các cột (draft a mapping from the names of the columns).
///
/// Exit code 1: the draft has something that a person must fill in or look at.
#[derive(Debug, Args)]
struct MappingArgs {
    /// Bảng câu trả lời (the table of answers)
    #[arg(value_name = "FILE.csv|xlsx")]
    file: PathBuf,
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    /// Mẫu phiếu (the form)
    #[arg(long, value_name = "FORM")]
    form: String,
    /// Trang tính, nếu có nhiều (the sheet, where there are several)
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// Tệp ghép cột sẽ ghi (the mapping to write)
    #[arg(long, value_name = "FILE.toml")]
    out: PathBuf,
    #[command(flatten)]
    lang: LangArgs,
}

/// Chỉ kiểm tra, không ghi (only verify).
///
/// Exit code 1: rows with mistakes were left out.
#[derive(Debug, Args)]
struct TableArgs {
    /// Bảng câu trả lời (the table of answers)
    #[arg(value_name = "FILE.csv|xlsx")]
    file: PathBuf,
    /// Tệp ghép cột; soạn bằng phieu online mapping (the mapping)
    #[arg(long, value_name = "FILE.toml")]
    mapping: PathBuf,
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    /// Bỏ các hàng có lỗi, ghi số hàng vào sổ (leave rows with mistakes out; their numbers are recorded)
    #[arg(long)]
    leave_out: bool,
    /// Lý do thay bản trước khi bản mới thiếu hoặc khác (why a file that lacks or changes answers replaces the one before)
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Ghi các lỗi vào tệp CSV (write the mistakes to a CSV file)
    #[arg(long, value_name = "FILE.csv")]
    mistakes: Option<PathBuf>,
    #[command(flatten)]
    lang: LangArgs,
}

/// Nhận câu trả lời trực tuyến vào trạm (take online answers in).
///
/// All rows are verified before anything is written; one with a mistake keeps all out,
/// unless it is left out with --leave-out. The same file again changes nothing; a longer
/// file of the same name takes the place of the one before. Exit code 1: taken in, but
/// rows were left out.
#[derive(Debug, Args)]
struct ImportArgs {
    #[command(flatten)]
    table: TableArgs,
}

pub(crate) fn run(arguments: OnlineArguments) -> Result<Outcome, CliError> {
    match arguments.command {
        OnlineCommand::Mapping(args) => mapping(&args),
        OnlineCommand::Check(args) => take(&args, false),
        OnlineCommand::Import(args) => take(&args.table, true),
    }
}

fn mapping(args: &MappingArgs) -> Result<Outcome, CliError> {
    let lang = args.lang.lang;
    if args.out.exists() {
        return Err(format!(
            "{}: đã có; chọn tên khác (it exists; choose another name)",
            args.out.display()
        )
        .into());
    }
    let store = Station::open(&args.station)?.store()?;
    let form = online::form_of(&store, &args.form)?;
    let sheet = Sheet::read(&args.file, args.sheet.as_deref())?;
    let draft = suggest(
        &sheet,
        &args.form,
        &form.meaning()?,
        &UnitTree::of(&store)?,
        LocalTime::of(&store)?,
    );
    write_file(&args.out, draft.text.as_bytes())?;
    let mut out = std::io::stdout().lock();
    let path = args.out.display();
    writeln!(out, "{}: {path}", lang.pick("đã ghi", "wrote"))?;
    let list = |all: &[String]| plain(&all.join(" | "));
    if !draft.missing.is_empty() {
        let words = lang.pick("Câu chưa có cột", "Questions without a column");
        writeln!(out, "{words}: {}", draft.missing.join(", "))?;
    }
    if draft.unknown > 0 {
        let words = lang.pick(
            "Chỗ có dấu \"?\" phải điền",
            "Places with a \"?\" to be filled in",
        );
        writeln!(out, "{words}: {}", draft.unknown)?;
    }
    if !draft.unused.is_empty() {
        let words = lang.pick(
            "Cột không dùng (không đưa vào trạm)",
            "Columns that are not used (and do not come into the station)",
        );
        writeln!(out, "{words}: {}", list(&draft.unused))?;
    }
    let words = lang.pick(
        "Xem lại tệp, rồi: phieu online check",
        "Look through it, then: phieu online check",
    );
    writeln!(out, "{words}")?;
    Ok(if draft.missing.is_empty() && draft.unknown == 0 {
        Outcome::Done
    } else {
        Outcome::NeedsPerson
    })
}

fn take(args: &TableArgs, write: bool) -> Result<Outcome, CliError> {
    let lang = args.lang.lang;
    let station = Station::open(&args.station)?;
    let mapping = Mapping::load(&args.mapping)?;
    let options = ImportOptions {
        leave_out: args.leave_out,
        reason: args.reason.clone(),
    };
    let mapping = (args.mapping.as_path(), &mapping);
    let done = if write {
        online::import(&station, &args.file, mapping, &options)
    } else {
        online::check(&station, &args.file, mapping, &options)
    };
    let mut out = std::io::stdout().lock();
    let mistakes = match &done {
        Ok(done) => done.left_out.as_slice(),
        Err(OnlineError::Rows { mistakes, .. }) => mistakes.as_slice(),
        Err(_) => &[],
    };
    for mistake in mistakes {
        writeln!(out, "{}", plain(&mistake.in_words(lang)))?;
    }
    if let Some(path) = &args.mistakes {
        write_mistakes(path, mistakes, lang)?;
    }
    let done = done?;
    say(&mut out, lang, &done)?;
    Ok(if done.left_out.is_empty() {
        Outcome::Done
    } else {
        Outcome::NeedsPerson
    })
}

fn write_mistakes(path: &Path, mistakes: &[RowError], lang: Lang) -> Result<(), CliError> {
    let failed = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
    let mut file = File::create(path).map_err(|e| failed(&e))?;
    // Excel takes a CSV file for UTF-8 only with this mark.
    file.write_all("\u{feff}".as_bytes())
        .map_err(|e| failed(&e))?;
    let mut table = csv::Writer::from_writer(file);
    let head = match lang {
        Lang::Vi => ["hàng", "cột", "nội dung ô", "lỗi"],
        Lang::En => ["row", "column", "cell", "mistake"],
    };
    table.write_record(head).map_err(|e| failed(&e))?;
    for m in mistakes {
        table
            .write_record([&m.row.to_string(), &m.column, &m.value, &m.in_words(lang)])
            .map_err(|e| failed(&e))?;
    }
    Ok(table.flush().map_err(|e| failed(&e))?)
}

fn say(out: &mut impl Write, lang: Lang, done: &Imported) -> Result<(), CliError> {
    let (name, n) = (plain(&done.name), done.ballots);
    let rows: std::collections::BTreeSet<usize> = done.left_out.iter().map(|m| m.row).collect();
    match (&done.came, lang) {
        (Came::Already, Lang::Vi) => {
            writeln!(
                out,
                "{name}: {n} câu trả lời, đã nhận trước đây; không thay đổi gì."
            )?;
        }
        (Came::Already, Lang::En) => {
            writeln!(
                out,
                "{name}: {n} answers, here already; nothing was changed."
            )?;
        }
        (Came::In { replaced }, Lang::Vi) => {
            writeln!(out, "{name}: đã nhận {n} câu trả lời trực tuyến.")?;
            if let Some((number, ballots)) = replaced {
                writeln!(out, "Thay cho nguồn số {number} ({ballots} câu trả lời).")?;
            }
        }
        (Came::In { replaced }, Lang::En) => {
            writeln!(out, "{name}: took in {n} online answers.")?;
            if let Some((number, ballots)) = replaced {
                writeln!(out, "They replace source {number} ({ballots} answers).")?;
            }
        }
        (Came::Checked { replaces }, Lang::Vi) => {
            writeln!(out, "{name}: {n} câu trả lời hợp lệ; chưa ghi gì.")?;
            if let Some((number, ballots)) = replaces {
                writeln!(
                    out,
                    "Sẽ thay cho nguồn số {number} ({ballots} câu trả lời)."
                )?;
            }
        }
        (Came::Checked { replaces }, Lang::En) => {
            writeln!(out, "{name}: {n} sound answers; nothing was written.")?;
            if let Some((number, ballots)) = replaces {
                writeln!(
                    out,
                    "They would replace source {number} ({ballots} answers)."
                )?;
            }
        }
    }
    for (unit, n) in &done.units {
        let unit = unit.as_deref().unwrap_or("–");
        writeln!(out, "   {}: {n}", plain(unit))?;
    }
    if !rows.is_empty() {
        let rows: Vec<String> = rows.iter().map(usize::to_string).collect();
        let words = lang.pick("Bỏ các hàng", "Left out rows");
        writeln!(out, "{words}: {}", rows.join(", "))?;
    }
    Ok(())
}
