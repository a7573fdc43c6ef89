//! `phieu plan draw`: whom to ask.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};

use super::super::{CliError, Outcome};
use super::drawn_file::{claimed, rows, xlsx};
use super::grid::{Grid, head};
use super::size::SHEETS;
use super::{Kind, column, csv_of, needed_column, read_table, stratum_columns};
use crate::cli::shared::{LangArgs, plain, write_file};
use crate::lang::Lang;
use crate::plan::draw::{Columns, Difference, Draw, List, Sizes, compare, draw, stratum_of};
use crate::plan::minutes::{DrawMinutes, ListFacts};
use crate::plan::{PlanError, count, names_a_sum};
use crate::sampler::Seed;
use crate::sha256;
use crate::sheet::{Sheet, SheetError, folded};
use crate::station::boxes::{MinutesError, Moment, person, reason};
use crate::workbook::Value;

/// Rút mẫu ngẫu nhiên từ danh sách bằng số gieo công khai (a random draw from a list, by a public seed).
///
/// Anybody can draw the same again: the ticket of each row is the SHA-256 of the text
/// SEED,KEY, and the smallest tickets are drawn, in each stratum (docs/plan.md). With a
/// key column the order of the list does not matter; rows without a key, or keys that are
/// there twice, are refused with their row numbers. A larger sample by the same seed
/// contains the smaller one. The file of those drawn has key, row and ticket; of the
/// list's other columns only those that are asked for. Exit code 1: drawn, but a person
/// must look; or --verify found a difference.
#[derive(Debug, Args)]
#[command(group = ArgGroup::new("how-many").required(true).args(["size", "each", "sizes", "of"]))]
pub(crate) struct DrawArgs {
    /// Danh sách, CSV hay XLSX (the list)
    #[arg(value_name = "LIST")]
    list: PathBuf,
    /// Trang tính, khi có nhiều (the sheet, where there are several)
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// Ít nhất 20 chữ số gieo bằng xúc xắc trước mọi người (at least 20 digits thrown by dice in public)
    #[arg(long, value_name = "DIGITS")]
    seed: String,
    /// Cột khóa, mỗi người một giá trị: mã hồ sơ, số BHXH; không có thì theo số dòng (column of keys; without: row numbers)
    #[arg(long, value_name = "COLUMN")]
    key: Option<String>,
    /// Khóa có nhiều dòng chỉ tính một lần (a key with several rows counts once)
    #[arg(long, requires = "key")]
    once: bool,
    /// Cột nhóm, lặp lại được: nhóm × vùng (column of strata, repeatable)
    #[arg(long, value_name = "COLUMN")]
    strata: Vec<String>,
    /// Rút N người; có nhóm thì chia theo số người (draw N; divided among strata in proportion)
    #[arg(long, value_name = "N")]
    size: Option<u64>,
    /// Rút N người mỗi nhóm (draw N of each stratum)
    #[arg(long, value_name = "N", requires = "strata")]
    each: Option<u64>,
    /// Bảng cỡ mẫu theo nhóm, như phieu plan size --out (a table of sizes by stratum)
    #[arg(long, value_name = "FILE", requires = "strata")]
    sizes: Option<PathBuf>,
    /// Cột cỡ mẫu trong bảng đó; mặc định "sample" (column of sizes in that table)
    #[arg(long, value_name = "COLUMN", requires = "sizes")]
    sizes_column: Option<String>,
    /// Cột tên nhóm trong bảng đó, lặp lại được (columns of names in that table, repeatable)
    #[arg(long, value_name = "COLUMN", requires = "sizes")]
    sizes_strata: Vec<String>,
    /// Cỡ mẫu của một nhóm, lặp lại được (size of a stratum, repeatable)
    #[arg(long, value_name = "STRATUM=N", requires = "strata")]
    of: Vec<String>,
    /// Số người dự bị thêm mỗi nhóm (so many more of each stratum in reserve)
    #[arg(long, value_name = "N", default_value_t = 0)]
    reserve: u64,
    /// Ghi người được rút ra tệp .csv hay .xlsx (write those drawn)
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Cột của danh sách ghi thêm vào tệp, lặp lại được (columns of the list to write, too; repeatable)
    #[arg(long = "columns", value_name = "COLUMN", requires = "out")]
    columns: Vec<String>,
    /// Ghi mọi cột của danh sách, có thể có dữ liệu cá nhân (write all columns of the list)
    #[arg(long, conflicts_with = "columns", requires = "out")]
    all_columns: bool,
    /// Rút lại và so với tệp này (draw again and compare with this file)
    #[arg(long, value_name = "DRAWN", conflicts_with = "out")]
    verify: Option<PathBuf>,
    /// Biên bản chọn mẫu để ký, .pdf hay .txt (minutes of the draw, ready to sign)
    #[arg(long, value_name = "FILE")]
    minutes: Option<PathBuf>,
    /// Biên bản: tên cơ quan, dòng trên và dòng dưới (minutes: the office, repeatable for two lines)
    #[arg(long, value_name = "TEXT", requires = "minutes")]
    office: Vec<String>,
    /// Biên bản: tên đợt khảo sát (minutes: name of the survey)
    #[arg(long, value_name = "TEXT", requires = "minutes")]
    campaign: Option<String>,
    /// Biên bản: nơi rút (minutes: where)
    #[arg(long, value_name = "TEXT", requires = "minutes")]
    place: Option<String>,
    /// Biên bản: ngày giờ, 25/11/2024 14:30 (minutes: day and time)
    #[arg(long, value_name = "TIME", requires = "minutes")]
    date: Option<String>,
    /// Biên bản: người có mặt "Họ tên; chức vụ", lặp lại (minutes: who was present, repeatable)
    #[arg(long, value_name = "NAME; OFFICE", requires = "minutes")]
    present: Vec<String>,
    /// Biên bản: số được gieo thế nào, ví dụ "gieo 20 lần xúc xắc mười mặt" (minutes: how the seed was thrown)
    #[arg(long, value_name = "TEXT", requires = "minutes")]
    thrown: Option<String>,
    /// In kết quả dạng JSON, có khóa từng người (print the result as JSON, with keys)
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lang: LangArgs,
}

/// The list as it was read.
struct Source {
    sheet: Sheet,
    list: List,
    sha256: String,
    /// The columns of strata.
    strata: Vec<usize>,
    key: Option<usize>,
}

pub(super) fn run(args: &DrawArgs) -> Result<Outcome, CliError> {
    let lang = args.lang.lang;
    let seed = Seed::parse(&args.seed).map_err(PlanError::from)?;
    // Names of files that cannot be written are said before anything is drawn.
    let out_kind = kind(args.out.as_deref(), &[Kind::Csv, Kind::Xlsx])?;
    let minutes_kind = kind(args.minutes.as_deref(), &[Kind::Pdf, Kind::Text])?;
    let source = read(args)?;
    let mut notes = notes_of(&source, lang);
    let sizes = wanted(args, &source, &mut notes, lang)?;
    let drawn = draw(&seed, &source.list, &sizes, args.reserve)?;
    let mut written = None;
    if let (Some(path), Some(kind)) = (&args.out, out_kind) {
        let extra = extra(args, &source)?;
        let words = (kind == Kind::Xlsx).then_some(lang);
        let (heads, lines) = rows(&drawn, &source.sheet, &extra, words);
        let bytes = match kind {
            Kind::Csv => csv_of(&heads, &lines)?,
            _ => xlsx(&heads, &lines, lang)?,
        };
        write_file(path, &bytes)?;
        written = Some((path.clone(), sha256::hex(&bytes), heads));
    }
    if let (Some(path), Some(kind)) = (&args.minutes, minutes_kind) {
        let bytes = minutes(args, kind, &seed, &source, &drawn, written.as_ref())?;
        write_file(path, &bytes)?;
    }
    print(args, &seed, &source, &drawn, written.as_ref())?;
    for note in &notes {
        eprintln!("{} {}", lang.pick("CHÚ Ý:", "NOTE:"), plain(note));
    }
    let differs = match &args.verify {
        Some(file) => !verified(file, &drawn, args.json, lang)?,
        None => false,
    };
    Ok(if differs || !notes.is_empty() {
        Outcome::NeedsPerson
    } else {
        Outcome::Done
    })
}

fn kind(path: Option<&Path>, allowed: &[Kind]) -> Result<Option<Kind>, CliError> {
    path.map(|p| Kind::of(p, allowed)).transpose()
}

fn read(args: &DrawArgs) -> Result<Source, CliError> {
    let bytes = std::fs::read(&args.list).map_err(|source| SheetError::Io {
        file: args.list.clone(),
        source,
    })?;
    let sheet = Sheet::of_bytes(&args.list, &bytes, args.sheet.as_deref())?;
    let key = args.key.as_deref().map(|k| sheet.column(k)).transpose()?;
    let strata = args
        .strata
        .iter()
        .map(|s| sheet.column(s))
        .collect::<Result<Vec<_>, _>>()?;
    let columns = Columns {
        key,
        strata: strata.clone(),
        once: args.once,
    };
    Ok(Source {
        list: List::of(&sheet, &columns)?,
        sheet,
        sha256: sha256::hex(&bytes),
        strata,
        key,
    })
}

/// What a person should look at before the list is used.
fn notes_of(source: &Source, lang: Lang) -> Vec<String> {
    let mut out = Vec::new();
    let (list, vi) = (&source.list, lang == Lang::Vi);
    if !list.keyed {
        out.push(
            lang.pick(
                "rút theo số dòng: đổi thứ tự dòng là đổi kết quả; nên chọn cột khóa bằng --key",
                "drawn by row numbers: sorting the list otherwise changes the result; name a key column with --key",
            )
            .to_owned(),
        );
    }
    if list.doubled > 0 {
        let n = list.doubled;
        out.push(if vi {
            format!("{n} dòng trùng khóa, mỗi khóa chỉ tính một lần")
        } else {
            format!("{n} rows repeat a key; each key counts once")
        });
    }
    if !list.alike.is_empty() {
        let n = list.alike.len();
        let shown: Vec<&str> = list.alike.iter().take(5).map(String::as_str).collect();
        let shown = shown.join("; ");
        out.push(if vi {
            format!("{n} khóa viết gần giống nhau, có thể là một người hai lần: {shown}")
        } else {
            format!("{n} keys look alike, perhaps one person twice: {shown}")
        });
    }
    out
}

fn wanted(
    args: &DrawArgs,
    source: &Source,
    notes: &mut Vec<String>,
    lang: Lang,
) -> Result<Sizes, CliError> {
    if let Some(n) = args.size {
        return Ok(Sizes::Whole(n));
    }
    if let Some(n) = args.each {
        return Ok(Sizes::Each(n));
    }
    if let Some(file) = &args.sizes {
        return sizes_of(args, file, source, notes, lang);
    }
    let one = |text: &String| -> Result<(String, u64), CliError> {
        let (name, n) = text
            .rsplit_once('=')
            .ok_or_else(|| format!("--of {text:?}: viết NHÓM=SỐ (write STRATUM=N)"))?;
        Ok((name.trim().to_owned(), count(n)?))
    };
    Ok(Sizes::Named(
        args.of.iter().map(one).collect::<Result<_, _>>()?,
    ))
}

fn sizes_of(
    args: &DrawArgs,
    file: &Path,
    source: &Source,
    notes: &mut Vec<String>,
    lang: Lang,
) -> Result<Sizes, CliError> {
    let table = read_table(file, None, SHEETS)?;
    let known = ["sample", "cỡ mẫu", "size"];
    let size = needed_column(
        &table,
        args.sizes_column.as_deref(),
        &known,
        "--sizes-column",
    )?;
    let names = stratum_columns(&table, &args.sizes_strata, "--sizes-strata")?;
    let people = column(&table, None, &["population", "số người"])?;
    let rows = source.list.strata();
    let mut out = Vec::new();
    for row in &table.rows {
        if names.first().is_some_and(|i| names_a_sum(row.cell(*i))) {
            continue;
        }
        let name = stratum_of(row, &names);
        let wrong = |e: PlanError| PlanError::cell(&table, row, Some(size), e);
        out.push((name.clone(), count(row.cell(size)).map_err(wrong)?));
        let there = rows.iter().find(|(s, _)| folded(s) == folded(&name));
        if let (Some(planned), Some((_, there))) =
            (people.and_then(|i| count(row.cell(i)).ok()), there)
            && planned != *there as u64
        {
            let (planned, there) = (lang.grouped(planned), lang.grouped(*there as u64));
            notes.push(match lang {
                Lang::Vi => {
                    format!("nhóm {name:?}: cỡ mẫu tính cho {planned} người, danh sách có {there}")
                }
                Lang::En => format!(
                    "stratum {name:?}: its size was made for {planned} people, the list has {there}"
                ),
            });
        }
    }
    Ok(Sizes::Named(out))
}

/// The list's columns that are written, too.
fn extra(args: &DrawArgs, source: &Source) -> Result<Vec<usize>, CliError> {
    if args.all_columns {
        return Ok((0..source.sheet.header.len()).collect());
    }
    let columns = args.columns.iter().map(|c| source.sheet.column(c));
    Ok(columns.collect::<Result<_, _>>()?)
}

type Written = (PathBuf, String, Vec<String>);

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or(path.as_os_str());
    plain(&name.to_string_lossy())
}

fn minutes(
    args: &DrawArgs,
    kind: Kind,
    seed: &Seed,
    source: &Source,
    drawn: &Draw,
    written: Option<&Written>,
) -> Result<Vec<u8>, CliError> {
    if args.office.len() > 2 {
        return Err("--office: nhiều nhất hai dòng (at most two lines)".into());
    }
    let date = match args.date.as_deref() {
        None => None,
        Some(text) => Some(Moment::parse(text).ok_or_else(|| MinutesError::Moment(text.into()))?),
    };
    let said = |text: Option<&String>, flag| text.map(|t| reason(t, flag)).transpose();
    let place = said(args.place.as_ref(), "--place")?;
    let thrown = said(args.thrown.as_ref(), "--thrown")?;
    let campaign = said(args.campaign.as_ref(), "--campaign")?;
    let people = |p: &String| person(p).map(|p| (p.name, p.role));
    let present = args
        .present
        .iter()
        .map(people)
        .collect::<Result<Vec<_>, _>>()?;
    let header = |i: usize| source.sheet.header.get(i).map_or("", String::as_str);
    let strata: Vec<&str> = source.strata.iter().map(|i| header(*i)).collect();
    let (list_name, out_name) = (
        file_name(&args.list),
        written.map(|(path, ..)| file_name(path)),
    );
    let paper = DrawMinutes {
        office: &args.office,
        campaign: campaign.as_deref(),
        place: place.as_deref(),
        date: date.as_ref(),
        present: &present,
        thrown: thrown.as_deref(),
        list: ListFacts {
            file: &list_name,
            sheet: source.sheet.name.as_deref(),
            sha256: &source.sha256,
            rows: source.sheet.rows.len(),
            doubled: source.list.doubled,
            key: source.key.map(header),
            strata: &strata.join(crate::plan::draw::BETWEEN),
        },
        seed,
        draw: drawn,
        out: out_name
            .as_deref()
            .zip(written.map(|(_, digest, _)| digest.as_str())),
        columns: written.map_or(&[], |(_, _, heads)| heads.as_slice()),
        program: crate::station::SOFTWARE,
    };
    Ok(match kind {
        Kind::Pdf => paper.pdf()?,
        _ => paper.text().into_bytes(),
    })
}

fn print(
    args: &DrawArgs,
    seed: &Seed,
    source: &Source,
    drawn: &Draw,
    written: Option<&Written>,
) -> Result<(), CliError> {
    let lang = args.lang.lang;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let (count, reserve) = drawn.counts();
    if args.json {
        let people: Vec<serde_json::Value> = drawn
            .drawn
            .iter()
            .map(|d| {
                serde_json::json!({
                    "stratum": d.person.stratum, "order": d.order, "key": d.person.key,
                    "status": if d.reserve { "reserve" } else { "drawn" },
                    "row": d.person.row, "ticket": d.ticket,
                })
            })
            .collect();
        let strata: Vec<serde_json::Value> = drawn
            .strata
            .iter()
            .map(|s| {
                serde_json::json!({
                    "stratum": s.name, "rows": s.rows, "drawn": s.size, "reserve": s.reserve,
                })
            })
            .collect();
        let json = serde_json::json!({
            "list_sha256": source.sha256, "rows": source.sheet.rows.len(),
            "doubled": source.list.doubled, "seed": seed.digits(),
            "drawn": count, "reserve": reserve,
            "digest": drawn.digest(false), "reserve_digest": drawn.digest(true),
            "out_sha256": written.map(|(_, digest, _)| digest),
            "strata": strata, "people": people,
        });
        writeln!(out, "{json}")?;
        out.flush()?;
        return Ok(());
    }
    let whole = lang.pick("(toàn danh sách)", "(all)");
    let row = |name: &str, rows: usize, size: usize, reserve: usize| {
        let n = |n: usize| Value::Count(n as u64);
        vec![Value::Text(name.to_owned()), n(rows), n(size), n(reserve)]
    };
    let strata = drawn.strata.iter().map(|s| {
        let name = if s.name.is_empty() { whole } else { &s.name };
        row(name, s.rows, s.size, s.reserve)
    });
    let all = drawn.strata.iter().map(|s| s.rows).sum();
    let mut notes = vec![
        format!(
            "{} {}",
            lang.pick("Mã SHA-256 của danh sách:", "SHA-256 of the list:"),
            source.sha256
        ),
        format!(
            "{} {}",
            lang.pick("Mã kết quả:", "Digest of the result:"),
            drawn.digest(false)
        ),
    ];
    if reserve > 0 {
        let label = lang.pick("Mã kết quả dự bị:", "Digest of the reserve:");
        notes.push(format!("{label} {}", drawn.digest(true)));
    }
    if let Some((path, digest, heads)) = written {
        let (label, has) = (
            lang.pick("đã ghi", "written"),
            lang.pick("các cột", "columns"),
        );
        notes.push(format!(
            "{label} {} (SHA-256 {digest})",
            plain(&path.display().to_string())
        ));
        notes.push(plain(&format!("  {has}: {}", heads.join(", "))));
    }
    if let Some(path) = &args.minutes {
        let label = lang.pick("đã ghi biên bản", "minutes written");
        notes.push(format!("{label} {}", plain(&path.display().to_string())));
    }
    let grid = Grid {
        name: "",
        title: lang.pick("KẾT QUẢ RÚT MẪU", "THE DRAW").to_owned(),
        notes,
        heads: vec![
            head("", lang.pick("Nhóm", "Stratum"), 0.0),
            head("", lang.pick("Danh sách", "Listed"), 0.0),
            head("", lang.pick("Được chọn", "Drawn"), 0.0),
            head("", lang.pick("Dự bị", "Reserve"), 0.0),
        ],
        rows: strata.collect(),
        sums: if drawn.strata.len() > 1 {
            vec![row(lang.pick("Tổng cộng", "Total"), all, count, reserve)]
        } else {
            Vec::new()
        },
    };
    write!(out, "{}", grid.text(lang))?;
    out.flush()?;
    Ok(())
}

/// Says whether a file has just those who were drawn, and what is otherwise.
fn verified(file: &Path, drawn: &Draw, json: bool, lang: Lang) -> Result<bool, CliError> {
    let found = compare(drawn, &claimed(file)?);
    for difference in &found {
        let line = match (difference, lang) {
            (Difference::Missing(d), Lang::Vi) => {
                format!(
                    "thiếu {} (dòng {} của danh sách)",
                    d.person.key, d.person.row
                )
            }
            (Difference::Missing(d), Lang::En) => {
                format!(
                    "{} is missing (row {} of the list)",
                    d.person.key, d.person.row
                )
            }
            (Difference::Extra(c), Lang::Vi) => format!("dòng {}: {} không được rút", c.row, c.key),
            (Difference::Extra(c), Lang::En) => format!("row {}: {} was not drawn", c.row, c.key),
            (Difference::Twice(c), Lang::Vi) => format!("dòng {}: {} có hai lần", c.row, c.key),
            (Difference::Twice(c), Lang::En) => format!("row {}: {} is there twice", c.row, c.key),
            (Difference::Otherwise(c, d), lang) => {
                let status = lang.pick(
                    if d.reserve {
                        "dự bị"
                    } else {
                        "chính thức"
                    },
                    if d.reserve { "reserve" } else { "drawn" },
                );
                let stratum = &d.person.stratum;
                format!(
                    "{} {}: {} {} {stratum} {} {status} {}",
                    lang.pick("dòng", "row"),
                    c.row,
                    c.key,
                    lang.pick("phải là:", "should be:"),
                    d.order,
                    d.ticket
                )
            }
        };
        eprintln!("!! {}", plain(&line));
    }
    let name = plain(&file.display().to_string());
    let verdict = if found.is_empty() {
        lang.pick("KHỚP với kết quả rút lại", "IS the draw")
    } else {
        lang.pick(
            "KHÔNG KHỚP, xem các dòng !!",
            "is NOT the draw, see the lines with !!",
        )
    };
    if json {
        // Standard output has one object.
        eprintln!("{name}: {verdict}");
    } else {
        writeln!(std::io::stdout().lock(), "{name}: {verdict}")?;
    }
    Ok(found.is_empty())
}
