//! `phieu plan quota`: who collects how many.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::super::{CliError, Outcome};
use super::grid::{Grid, head};
use super::size::Allocate;
use super::{Kind, column, needed_column, read_table};
use crate::cli::shared::{LangArgs, plain, write_file};
use crate::lang::Lang;
use crate::plan::quota::{
    Column, Deviation, Draft, QuotaTable, TableRules, TotalRules, UnitWeight, from_table,
    from_total, id_of,
};
use crate::plan::{PlanError, count, names_a_sum};
use crate::station::{Campaign, CampaignUnit, Channel};
use crate::workbook::Value;

/// Chỉ tiêu theo đơn vị, mẫu phiếu, hình thức: bảng, và các dòng cho campaign.toml (quotas as a table, and as lines of campaign.toml).
///
/// Of a campaign alone: its table with sums, and what does not add up (exit code 1).
/// --from TABLE or --total N: the lines `quotas = […]` and `[[units]]` to paste into
/// campaign.toml, read again by what reads campaigns before they are printed; with
/// --campaign they are for its units and keep what is said of those besides.
#[derive(Debug, Args)]
pub(crate) struct QuotaArgs {
    /// Với --total: đơn vị, có trọng số thì ID=SỐ (with --total: units, with a weight UNIT=N)
    #[arg(value_name = "UNIT[=N]", requires = "total", conflicts_with = "units")]
    named: Vec<String>,
    /// Đợt khảo sát: tệp campaign.toml (the campaign)
    #[arg(long, value_name = "FILE", required_unless_present_any = ["from", "total"])]
    campaign: Option<PathBuf>,
    /// Bảng chỉ tiêu, CSV hay XLSX: dòng là đơn vị, cột là mẫu phiếu (a table of quotas)
    #[arg(long, value_name = "FILE", conflicts_with = "total")]
    from: Option<PathBuf>,
    /// Trang tính, khi có nhiều (the sheet, where there are several)
    #[arg(long, value_name = "NAME")]
    sheet: Option<String>,
    /// Cột của bảng là gì: "Mẫu 01=lai-chau-2023-01", "Bưu điện=m1/post" (what a column is, repeatable)
    #[arg(long = "column", value_name = "HEAD=FORM[/CHANNEL]", requires = "from")]
    columns: Vec<String>,
    /// Chỉ tiêu của đơn vị cấp trên là tổng của cấp dưới (quotas of parents are sums of those below)
    #[arg(long)]
    parents_are_totals: bool,
    /// Tổng số phiếu cần chia: của mỗi mẫu phiếu, hay MẪU=SỐ, lặp lại được (what is divided: of each form, or FORM=N; repeatable)
    #[arg(long, value_name = "N|FORM=N")]
    total: Vec<String>,
    /// Mẫu phiếu của --total, lặp lại được; mặc định là của đợt khảo sát (forms of --total, repeatable)
    #[arg(long = "form", value_name = "ID", requires = "total")]
    forms: Vec<String>,
    /// Bảng đơn vị: cột unit hay tên, cột weight hay số người (a table of units)
    #[arg(long, value_name = "FILE", requires = "total")]
    units: Option<PathBuf>,
    /// Cột trọng số trong bảng đơn vị (column of weights)
    #[arg(long, value_name = "COLUMN", requires = "units")]
    weights: Option<String>,
    /// Chia theo trọng số hay chia đều; mặc định theo trọng số nếu có (how it is divided)
    #[arg(long, value_enum, requires = "total")]
    allocate: Option<Allocate>,
    /// Tối thiểu mỗi đơn vị, từng mẫu (fewest of a form for each unit)
    #[arg(long, value_name = "N", default_value_t = 0, requires = "total")]
    min: u64,
    /// Làm tròn xuống, đơn vị này nhận hết phần còn lại (all round down, this unit takes the rest)
    #[arg(long, value_name = "UNIT", requires = "total", conflicts_with = "min")]
    rest_to: Option<String>,
    /// Chia theo hình thức: counter=50, online=50; lặp lại được (divide by channel, repeatable)
    #[arg(long = "channel", value_name = "CHANNEL=N", requires = "total")]
    channels: Vec<String>,
    /// Dạng in ra; mặc định: bảng cho đợt khảo sát, toml cho --from và --total (what is printed)
    #[arg(long, value_enum)]
    format: Option<Format>,
    /// Ghi ra tệp .toml, .csv, .xlsx hay .json, thay cho in ra (write a file instead)
    #[arg(long, value_name = "FILE", conflicts_with = "format")]
    out: Option<PathBuf>,
    #[command(flatten)]
    lang: LangArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Toml,
    Csv,
    Json,
}

/// Name of the sheet.
const SHEETS: &[&str] = &["Chỉ tiêu", "Quotas"];

pub(super) fn run(args: &QuotaArgs) -> Result<Outcome, CliError> {
    let lang = args.lang.lang;
    let kinds = [Kind::Toml, Kind::Csv, Kind::Xlsx, Kind::Json];
    let kind = args
        .out
        .as_deref()
        .map(|p| Kind::of(p, &kinds))
        .transpose()?;
    let loaded = args.campaign.as_deref().map(Campaign::load).transpose()?;
    let draft = match (&args.from, args.total.is_empty()) {
        (Some(file), _) => Some(of_table(args, file, loaded.as_ref())?),
        (None, false) => Some(of_total(args, loaded.as_ref())?),
        (None, true) => None,
    };
    let (campaign, toml) = match (&draft, loaded) {
        (Some(draft), _) => (draft.campaign()?, Some(draft.toml()?)),
        (None, Some(campaign)) => (campaign, None),
        (None, None) => return Err(PlanError::NoStrata.into()),
    };
    // What a table of totals made has no totals left.
    let totals = args.parents_are_totals && draft.is_none();
    let table = QuotaTable::of(&campaign, totals);
    let grid = grid(&table, lang);
    let usual = match &draft {
        Some(_) => Format::Toml,
        None => Format::Table,
    };
    let lines = || {
        toml.clone().ok_or_else(|| {
            CliError::from(
                "campaign.toml đã có sẵn các dòng này; dùng --from hay --total (these lines are there already)",
            )
        })
    };
    if let (Some(path), Some(kind)) = (&args.out, kind) {
        let bytes = match kind {
            Kind::Toml => lines()?.into_bytes(),
            Kind::Csv => grid.csv()?,
            Kind::Json => format!("{}\n", json(&table)).into_bytes(),
            _ => grid.xlsx(lang)?,
        };
        write_file(path, &bytes)?;
        let name = plain(&path.display().to_string());
        writeln!(
            std::io::stdout(),
            "{} {name}",
            lang.pick("đã ghi", "written")
        )?;
    } else {
        let mut out = std::io::stdout().lock();
        match args.format.unwrap_or(usual) {
            Format::Toml => write!(out, "{}", lines()?)?,
            Format::Table => write!(out, "{}", grid.text(lang))?,
            Format::Csv => out.write_all(&grid.csv()?)?,
            Format::Json => writeln!(out, "{}", json(&table))?,
        }
    }
    let shown = args.out.is_none() && args.format.unwrap_or(usual) == Format::Table;
    for deviation in table.deviations.iter().filter(|_| !shown) {
        let (vi, en) = words(deviation);
        eprintln!("!! {}", plain(lang.pick(&vi, &en)));
    }
    Ok(if table.deviations.is_empty() {
        Outcome::Done
    } else {
        Outcome::NeedsPerson
    })
}

fn of_table(args: &QuotaArgs, file: &Path, campaign: Option<&Campaign>) -> Result<Draft, CliError> {
    let sheet = read_table(file, args.sheet.as_deref(), SHEETS)?;
    let mut columns = Vec::new();
    for text in &args.columns {
        let (head, form) = text
            .rsplit_once('=')
            .ok_or_else(|| format!("--column {text:?}: viết CỘT=MẪU (write HEAD=FORM)"))?;
        columns.push((head.trim().to_owned(), form.trim().to_owned()));
    }
    let rules = TableRules {
        columns,
        parents_are_totals: args.parents_are_totals,
    };
    Ok(from_table(&sheet, Draft::of(campaign), &rules)?)
}

fn of_total(args: &QuotaArgs, campaign: Option<&Campaign>) -> Result<Draft, CliError> {
    let (units, weighted) = units(args, campaign)?;
    let channels = args
        .channels
        .iter()
        .map(|text| {
            let (word, n) = text.split_once('=').unwrap_or((text, "1"));
            let known = Channel::ALL.map(Channel::word).join(", ");
            let channel = Channel::of(word.trim())
                .ok_or_else(|| format!("--channel {text:?}: có (there are): {known}"))?;
            Ok((channel, count(n.trim_end_matches('%'))?))
        })
        .collect::<Result<Vec<_>, CliError>>()?;
    let division = match args.allocate {
        Some(allocate) => allocate,
        None if weighted => Allocate::Proportional,
        None => Allocate::Equal,
    };
    let totals = totals(args, campaign)?;
    if !channels.is_empty() && totals.iter().any(|(form, _)| form.is_none()) {
        return Err("--channel: nói rõ mẫu phiếu bằng --form (name the forms with --form)".into());
    }
    let rules = TotalRules {
        totals,
        division: division.division(),
        least: args.min,
        rest_to: args.rest_to.clone(),
        channels,
    };
    Ok(from_total(Draft::of(campaign), &units, &rules)?)
}

fn totals(
    args: &QuotaArgs,
    campaign: Option<&Campaign>,
) -> Result<Vec<(Option<String>, u64)>, CliError> {
    let mut out: Vec<(Option<String>, u64)> = Vec::new();
    for text in &args.total {
        if let Some((form, n)) = text.rsplit_once('=') {
            out.push((Some(form.trim().to_owned()), count(n)?));
            continue;
        }
        let n = count(text)?;
        let of_campaign = campaign.map_or(&[][..], |c| &c.forms);
        let forms = if args.forms.is_empty() {
            of_campaign
        } else {
            &args.forms
        };
        match forms {
            [] => out.push((None, n)),
            forms => out.extend(forms.iter().map(|f| (Some(f.clone()), n))),
        }
    }
    let twice = (1..out.len()).find(|i| out[..*i].iter().any(|o| o.0 == out[*i].0));
    if let Some(i) = twice {
        let form = out[i].0.clone().unwrap_or_default();
        return Err(format!("--total: mẫu {form:?} có hai lần (this form is there twice)").into());
    }
    Ok(out)
}

/// Among whom a total is divided, and whether weights were said.
fn units(
    args: &QuotaArgs,
    campaign: Option<&Campaign>,
) -> Result<(Vec<UnitWeight>, bool), CliError> {
    let plain_unit = |id: &str| CampaignUnit {
        id: id.to_owned(),
        ..CampaignUnit::default()
    };
    let known = |id: &str, name: Option<&str>| -> Result<CampaignUnit, CliError> {
        match campaign {
            Some(c) if !c.units.is_empty() => {
                let by_name = |u: &&CampaignUnit| name.is_some() && u.name.as_deref() == name;
                let found = c.unit(id).or_else(|| c.units.iter().find(by_name));
                found.cloned().ok_or_else(|| {
                    format!("đợt khảo sát không có đơn vị {id:?} (the campaign has no such unit)")
                        .into()
                })
            }
            _ => Ok(CampaignUnit {
                name: name.map(str::to_owned),
                ..plain_unit(id)
            }),
        }
    };
    if let Some(file) = &args.units {
        return of_unit_table(args, file, known);
    }
    if args.named.is_empty() {
        let all = campaign.map_or(&[][..], |c| &c.units);
        let leaf = |u: &&CampaignUnit| !all.iter().any(|o| o.parent.as_ref() == Some(&u.id));
        let leaves: Vec<&CampaignUnit> = all.iter().filter(leaf).collect();
        if leaves.is_empty() {
            return Err(
                "chia cho đơn vị nào? nêu tên, --units hay --campaign (divide among which units?)"
                    .into(),
            );
        }
        let weighted = leaves.iter().all(|u| u.population.is_some());
        if !weighted && args.allocate == Some(Allocate::Proportional) {
            return Err("--allocate proportional: mọi đơn vị phải có population (every unit needs a population)".into());
        }
        let units = leaves.into_iter().map(|u| UnitWeight {
            unit: u.clone(),
            weight: u.population.unwrap_or(1),
        });
        return Ok((units.collect(), weighted));
    }
    let mut out = Vec::new();
    let mut weighted = 0;
    for text in &args.named {
        let (id, weight) = match text.rsplit_once('=') {
            Some((id, n)) => {
                weighted += 1;
                (id.trim(), count(n)?)
            }
            None => (text.trim(), 1),
        };
        out.push(UnitWeight {
            unit: known(id, None)?,
            weight,
        });
    }
    if weighted != 0 && weighted != out.len() {
        return Err("đơn vị: nêu trọng số cho tất cả hay không đơn vị nào (weights for all units, or for none)".into());
    }
    Ok((out, weighted > 0))
}

fn of_unit_table(
    args: &QuotaArgs,
    file: &Path,
    known: impl Fn(&str, Option<&str>) -> Result<CampaignUnit, CliError>,
) -> Result<(Vec<UnitWeight>, bool), CliError> {
    let sheet = read_table(file, args.sheet.as_deref(), SHEETS)?;
    let id = column(&sheet, None, &["unit", "id", "mã đơn vị", "mã"])?;
    let name = match id {
        Some(_) => column(&sheet, None, &["name", "tên đơn vị", "tên", "đơn vị"])?,
        None => Some(needed_column(
            &sheet,
            None,
            &["name", "tên đơn vị", "tên", "đơn vị"],
            "unit",
        )?),
    };
    let heads = ["weight", "trọng số", "population", "số người"];
    let weight = column(&sheet, args.weights.as_deref(), &heads)?;
    let mut out = Vec::new();
    for row in &sheet.rows {
        let cell = |i: Option<usize>| i.map_or("", |i| row.cell(i));
        let named = Some(cell(name)).filter(|n| !n.is_empty());
        if names_a_sum(cell(id)) || named.is_some_and(names_a_sum) {
            continue;
        }
        let unit = match (cell(id), named) {
            ("", None) => {
                return Err(format!(
                    "{}: dòng {} không ghi đơn vị (row {} has no unit)",
                    file.display(),
                    row.number,
                    row.number
                )
                .into());
            }
            ("", Some(name)) => known(&id_of(name)?, Some(name))?,
            (id, name) => known(id, name)?,
        };
        let weight = match weight {
            None => 1,
            Some(i) => count(row.cell(i)).map_err(|e| PlanError::cell(&sheet, row, Some(i), e))?,
        };
        out.push(UnitWeight { unit, weight });
    }
    Ok((out, weight.is_some()))
}

fn cell(n: Option<u64>) -> Value {
    n.map_or(Value::Nothing, Value::Count)
}

fn grid(table: &QuotaTable, lang: Lang) -> Grid {
    let mut heads = vec![
        head("unit", lang.pick("Mã đơn vị", "Unit"), 20.0),
        head("name", lang.pick("Tên", "Name"), 36.0),
        head("parent", lang.pick("Trực thuộc", "Parent"), 16.0),
    ];
    let people = |c: &Column| match (&c.form, c.channel) {
        (None, _) => lang.pick("Chỉ tiêu", "Quota").to_owned(),
        (Some(form), None) => form.clone(),
        (Some(form), Some(channel)) => {
            format!("{form}/{}", lang.pick(channel.names().0, channel.word()))
        }
    };
    heads.extend(
        table
            .columns
            .iter()
            .map(|c| head(&c.head(), &people(c), 14.0)),
    );
    heads.push(head("total", lang.pick("Tổng cộng", "Total"), 12.0));
    heads.push(head(
        "with_below",
        lang.pick("Cả cấp dưới", "With those below"),
        12.0,
    ));
    let rows = table
        .rows
        .iter()
        .map(|r| {
            let depth = u32::try_from(r.depth).unwrap_or(u32::MAX);
            let mut cells = vec![
                Value::Deep(depth, r.unit.clone()),
                Value::Text(r.name.clone().unwrap_or_default()),
                Value::Text(r.parent.clone().unwrap_or_default()),
            ];
            cells.extend(r.cells.iter().copied().map(cell));
            cells.extend([cell(r.own()), cell(r.whole())]);
            cells
        })
        .collect();
    let line = |name: &str, numbers: &[Option<u64>]| {
        let all = numbers
            .iter()
            .flatten()
            .copied()
            .reduce(u64::saturating_add);
        let mut cells = vec![Value::Bold(name.to_owned()), Value::Nothing, Value::Nothing];
        cells.extend(numbers.iter().copied().map(cell));
        cells.extend([cell(all), Value::Nothing]);
        cells
    };
    let mut sums = Vec::new();
    if !table.rows.is_empty() {
        sums.push(line(lang.pick("Tổng cộng", "Total"), &table.sums()));
    }
    if table.planned.iter().any(Option::is_some) {
        sums.push(line(
            lang.pick("Chỉ tiêu toàn đợt", "Planned"),
            &table.planned,
        ));
    }
    let notes = table.deviations.iter().map(|d| {
        let (vi, en) = words(d);
        format!("!! {}", lang.pick(&vi, &en))
    });
    Grid {
        name: lang.pick(SHEETS[0], SHEETS[1]),
        title: lang.pick("CHỈ TIÊU", "QUOTAS").to_owned(),
        notes: notes.collect(),
        heads,
        rows,
        sums,
    }
}

fn words(deviation: &Deviation) -> (String, String) {
    let n = |n: u64| (Lang::Vi.grouped(n), Lang::En.grouped(n));
    match deviation {
        Deviation::FormTotal {
            column,
            planned,
            units,
        } => {
            let (of, p, u) = (column.head(), n(*planned), n(*units));
            (
                format!("{of}: toàn đợt {}, các đơn vị cộng lại {}", p.0, u.0),
                format!("{of}: {} in all, its units add up to {}", p.1, u.1),
            )
        }
        Deviation::CountedTwice { unit, quota } => {
            let q = n(*quota);
            (
                format!(
                    "đơn vị {unit}: chỉ tiêu riêng {} đúng bằng tổng cấp dưới, có thể bị tính hai lần (bỏ dòng quota của {unit})",
                    q.0
                ),
                format!(
                    "unit {unit}: its own {} is just what those below it add up to, perhaps counted twice",
                    q.1
                ),
            )
        }
        Deviation::Parent {
            unit,
            column,
            quota,
            below,
        } => {
            let (of, q, b) = (column.head(), n(*quota), n(*below));
            (
                format!("đơn vị {unit}, {of}: {}, cấp dưới cộng lại {}", q.0, b.0),
                format!(
                    "unit {unit}, {of}: {}, those below it add up to {}",
                    q.1, b.1
                ),
            )
        }
        Deviation::NoQuota { unit } => (
            format!("đơn vị {unit}: chưa có chỉ tiêu"),
            format!("unit {unit}: no quota"),
        ),
        Deviation::Undivided { unit, quota } => {
            let q = n(*quota);
            (
                format!("đơn vị {unit}: {} chưa chia theo mẫu phiếu", q.0),
                format!("unit {unit}: {} are not divided by form", q.1),
            )
        }
    }
}

fn json(table: &QuotaTable) -> serde_json::Value {
    let columns: Vec<serde_json::Value> = table
        .columns
        .iter()
        .map(|c| {
            serde_json::json!({
                "column": c.head(), "form": c.form, "channel": c.channel.map(Channel::word),
            })
        })
        .collect();
    let by_column = |numbers: &[Option<u64>]| -> serde_json::Value {
        let all = table.columns.iter().zip(numbers);
        all.map(|(c, n)| (c.head(), serde_json::json!(n))).collect()
    };
    let units: Vec<serde_json::Value> = table
        .rows
        .iter()
        .map(|r| {
            serde_json::json!({
                "unit": r.unit, "name": r.name, "parent": r.parent, "depth": r.depth,
                "quotas": by_column(&r.cells), "total": r.own(), "with_below": r.whole(),
            })
        })
        .collect();
    let deviations: Vec<serde_json::Value> = table
        .deviations
        .iter()
        .map(|d| {
            let (vi, en) = words(d);
            let (kind, unit) = match d {
                Deviation::FormTotal { .. } => ("form-total", None),
                Deviation::CountedTwice { unit, .. } => ("counted-twice", Some(unit)),
                Deviation::Parent { unit, .. } => ("parent", Some(unit)),
                Deviation::NoQuota { unit } => ("no-quota", Some(unit)),
                Deviation::Undivided { unit, .. } => ("undivided", Some(unit)),
            };
            serde_json::json!({"kind": kind, "unit": unit, "vi": vi, "en": en})
        })
        .collect();
    serde_json::json!({
        "columns": columns, "units": units, "totals": by_column(&table.sums()),
        "planned": by_column(&table.planned), "deviations": deviations,
    })
}
