//! `phieu plan size`: how many to ask.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::super::{CliError, Outcome};
use super::grid::{Grid, head};
use super::{Kind, column, needed_column, read_table, stratum_columns};
use crate::cli::shared::{LangArgs, plain, write_file};
use crate::lang::Lang;
use crate::plan::size::{Division, Method, SizePlan, SizeRules, Stratum, sizes};
use crate::plan::{Margin, PlanError, Rate, count, draw::stratum_of, names_a_sum};
use crate::workbook::Value;

/// Tính cỡ mẫu theo Slovin hay Cochran, cho từng nhóm hay chung rồi chia (sample sizes, by group or divided).
///
/// Strata are named on the command line (NAME=POPULATION, with a margin of its own
/// NAME=POPULATION@4%) or come from a table. The arithmetic is shown so that a plan can
/// quote it. Formulas and sources: docs/plan.md. Exit code 1: a group has too few people
/// for the expected rate of answers.
#[derive(Debug, Args)]
pub(crate) struct SizeArgs {
    /// Nhóm và số người: "Một cửa=12500", sai số riêng: "Một cửa=12500@4%" (strata; repeatable)
    #[arg(value_name = "NAME=N[@E]", required_unless_present = "from")]
    strata: Vec<String>,
    /// Bảng các nhóm, CSV hay XLSX (a table of strata)
    #[arg(long, value_name = "FILE", conflicts_with = "strata")]
    from: Option<PathBuf>,
    /// Trang tính, khi có nhiều (the sheet, where there are several)
    #[arg(long, value_name = "NAME", requires = "from")]
    sheet: Option<String>,
    /// Cột tên nhóm, lặp lại được: nhóm × vùng (column of names, repeatable)
    #[arg(long, value_name = "COLUMN", requires = "from")]
    name: Vec<String>,
    /// Cột số người (column of populations)
    #[arg(long, value_name = "COLUMN", requires = "from")]
    population: Option<String>,
    /// Cột sai số riêng của nhóm, ô trống: sai số chung (column of margins)
    #[arg(long, value_name = "COLUMN", requires = "from")]
    margin_column: Option<String>,
    /// Công thức (the formula)
    #[arg(long, value_enum, default_value_t = ByMethod::Slovin)]
    method: ByMethod,
    /// Sai số e: 5% hay 0,05 (margin of error)
    #[arg(long, value_name = "E", default_value = "5%")]
    margin: String,
    /// Tỷ lệ dự kiến p, cho Cochran; 50% cho mẫu lớn nhất (expected share, for Cochran)
    #[arg(long, value_name = "P", default_value = "50%")]
    proportion: String,
    /// Tối thiểu mỗi nhóm (fewest of each stratum)
    #[arg(long, value_name = "N", default_value_t = 0)]
    min: u64,
    /// Tỷ lệ trả lời dự kiến: để tính số phiếu phát ra (expected response: how many sheets to hand out)
    #[arg(long, value_name = "RATE", default_value = "100%")]
    response: String,
    /// Một cỡ mẫu chung, chia theo số người hay chia đều (one size for all, divided)
    #[arg(long, value_enum)]
    allocate: Option<Allocate>,
    /// Cỡ mẫu chung đã định; mặc định tính theo công thức (the size that is divided; default: the formula's)
    #[arg(long, value_name = "N", requires = "allocate")]
    total: Option<u64>,
    /// Ghi bảng ra tệp .csv hay .xlsx (write the table)
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// In kết quả dạng JSON (print the result as JSON)
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lang: LangArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ByMethod {
    Slovin,
    Cochran,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Allocate {
    /// Theo số người (in proportion)
    Proportional,
    /// Chia đều (equal parts)
    Equal,
}

impl Allocate {
    pub(super) fn division(self) -> Division {
        match self {
            Self::Proportional => Division::Proportional,
            Self::Equal => Division::Equal,
        }
    }
}

/// Heads of columns that are known without being named.
const POPULATION: &[&str] = &["population", "số người", "n"];

/// Name of the sheet.
pub(super) const SHEETS: &[&str] = &["Cỡ mẫu", "Sizes"];

pub(super) fn run(args: &SizeArgs) -> Result<Outcome, CliError> {
    let rules = SizeRules {
        method: match args.method {
            ByMethod::Slovin => Method::Slovin,
            ByMethod::Cochran => Method::Cochran,
        },
        margin: Margin::parse(&args.margin)?,
        proportion: Rate::parse(&args.proportion)?,
        least: args.min,
        response: Rate::parse(&args.response)?,
        division: args.allocate.map(Allocate::division),
        total: args.total,
    };
    let strata = match &args.from {
        Some(_) => from_table(args)?,
        None => args
            .strata
            .iter()
            .map(|s| stratum(s))
            .collect::<Result<_, _>>()?,
    };
    if rules.division.is_some() && strata.iter().any(|s| s.margin.is_some()) {
        return Err(
            "--allocate: cỡ mẫu chung chỉ có một sai số (one size for all has one margin)".into(),
        );
    }
    let plan = sizes(&strata, rules)?;
    let lang = args.lang.lang;
    let grid = grid(&plan, lang);
    if let Some(path) = &args.out {
        let bytes = match Kind::of(path, &[Kind::Csv, Kind::Xlsx])? {
            Kind::Csv => grid.csv()?,
            _ => grid.xlsx(lang)?,
        };
        write_file(path, &bytes)?;
    }
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", json(&plan, lang))?;
    } else {
        write!(out, "{}", grid.text(lang))?;
        if let Some(path) = &args.out {
            let name = plain(&path.display().to_string());
            writeln!(out, "{} {name}", lang.pick("đã ghi", "written"))?;
        }
    }
    if !plan.needs_person() {
        return Ok(Outcome::Done);
    }
    for l in plan
        .lines
        .iter()
        .filter(|l| l.is_short(plan.rules.response))
    {
        let (name, n) = (plain(&l.stratum.name), lang.grouped(l.stratum.population));
        let (rate, sample) = (plan.rules.response.percent(lang), lang.grouped(l.sample));
        eprintln!(
            "{}",
            match lang {
                Lang::Vi => format!(
                    "CHÚ Ý: nhóm {name:?} chỉ có {n} người; với tỷ lệ trả lời {rate} % không đủ {sample} câu trả lời"
                ),
                Lang::En => format!(
                    "NOTE: there are only {n} people in {name:?}; with {rate} % answering, {sample} answers will not come"
                ),
            }
        );
    }
    Ok(Outcome::NeedsPerson)
}

/// `NAME=POPULATION` or `NAME=POPULATION@MARGIN`.
fn stratum(text: &str) -> Result<Stratum, CliError> {
    let Some((name, rest)) = text
        .rsplit_once('=')
        .filter(|(name, _)| !name.trim().is_empty())
    else {
        return Err(format!(
            "{text:?}: viết TÊN=SỐ NGƯỜI, ví dụ \"Một cửa=12500\" (write NAME=POPULATION)"
        )
        .into());
    };
    let (population, margin) = match rest.split_once('@') {
        Some((population, margin)) => (population, Some(Margin::parse(margin)?)),
        None => (rest, None),
    };
    Ok(Stratum {
        name: name.trim().to_owned(),
        population: count(population)?,
        margin,
    })
}

fn from_table(args: &SizeArgs) -> Result<Vec<Stratum>, CliError> {
    let Some(file) = &args.from else {
        return Ok(Vec::new());
    };
    let sheet = read_table(file, args.sheet.as_deref(), SHEETS)?;
    let names = stratum_columns(&sheet, &args.name, "--name")?;
    let people = needed_column(
        &sheet,
        args.population.as_deref(),
        POPULATION,
        "--population",
    )?;
    let margin = match &args.margin_column {
        Some(name) => column(&sheet, Some(name), &[])?,
        None => None,
    };
    let mut out = Vec::new();
    for row in &sheet.rows {
        let cell = |i: usize| row.cell(i);
        let wrong = |i: usize, e: PlanError| PlanError::cell(&sheet, row, Some(i), e);
        if names.first().is_some_and(|i| names_a_sum(cell(*i))) {
            let added = out.iter().map(|s: &Stratum| s.population).sum();
            match count(cell(people)).map_err(|e| wrong(people, e))? {
                written if written == added => continue,
                written => {
                    return Err(PlanError::Sum {
                        row: row.number,
                        column: sheet.header.get(people).cloned().unwrap_or_default(),
                        written,
                        added,
                    }
                    .into());
                }
            }
        }
        if names.iter().any(|i| cell(*i).is_empty()) {
            let what = "không ghi tên nhóm (no name)";
            return Err(PlanError::cell(&sheet, row, names.first().copied(), what).into());
        }
        out.push(Stratum {
            name: stratum_of(row, &names),
            population: count(cell(people)).map_err(|e| wrong(people, e))?,
            margin: match margin.map(|i| (i, cell(i))) {
                None | Some((_, "")) => None,
                Some((i, text)) => Some(Margin::parse(text).map_err(|e| wrong(i, e))?),
            },
        });
    }
    Ok(out)
}

fn grid(plan: &SizePlan, lang: Lang) -> Grid {
    let rules = &plan.rules;
    let answers = rules.response != Rate::ALL;
    let mut heads = vec![
        head("stratum", lang.pick("Nhóm", "Stratum"), 34.0),
        head("population", lang.pick("Số người", "Population"), 12.0),
        head("margin_percent", "e (%)", 8.0),
        head("sample", lang.pick("Cỡ mẫu", "Sample"), 10.0),
        head("handed_out", lang.pick("Phát ra", "Handed out"), 10.0),
        head("reached", lang.pick("e đạt được", "e reached"), 11.0),
        head("arithmetic", lang.pick("Cách tính", "Arithmetic"), 70.0),
    ];
    let margin = |margin: Option<Margin>| match (rules.division, margin) {
        (Some(_), _) => Value::Text("–".to_owned()),
        (None, own) => Value::Text(own.unwrap_or(rules.margin).percent(lang)),
    };
    let mut rows: Vec<Vec<Value>> = plan
        .lines
        .iter()
        .map(|l| {
            vec![
                Value::Text(l.stratum.name.clone()),
                Value::Count(l.stratum.population),
                margin(l.stratum.margin),
                Value::Count(l.sample),
                Value::Count(l.handed_out),
                Value::Share(plan.reached(l.stratum.population, l.sample)),
                Value::Text(plan.arithmetic(l, lang)),
            ]
        })
        .collect();
    let (people, sample, sheets) = plan.sums();
    let mut sums = vec![vec![
        Value::Bold(lang.pick("Tổng cộng", "Total").to_owned()),
        Value::Count(people),
        Value::Nothing,
        Value::Count(sample),
        Value::Count(sheets),
        Value::Nothing,
        Value::Text(plan.whole_arithmetic(lang).unwrap_or_default()),
    ]];
    if !answers {
        heads.remove(4);
        for row in rows.iter_mut().chain(&mut sums) {
            row.remove(4);
        }
    }
    Grid {
        name: lang.pick(SHEETS[0], SHEETS[1]),
        title: lang.pick("CỠ MẪU", "SAMPLE SIZES").to_owned(),
        notes: notes(plan, lang),
        heads,
        rows,
        sums,
    }
}

fn notes(plan: &SizePlan, lang: Lang) -> Vec<String> {
    let rules = &plan.rules;
    let mut out = Vec::new();
    if rules.total.is_none() {
        let e = rules.margin.share(lang);
        let given = match (rules.method, lang) {
            (Method::Slovin, Lang::Vi) => format!("; N: số người của nhóm, e = {e}."),
            (Method::Slovin, Lang::En) => format!("; N: people of the stratum, e = {e}."),
            (Method::Cochran, Lang::Vi) => format!(
                "; N: số người của nhóm, e = {e}, p = {} %.",
                rules.proportion.percent(lang)
            ),
            (Method::Cochran, Lang::En) => format!(
                "; N: people of the stratum, e = {e}, p = {} %.",
                rules.proportion.percent(lang)
            ),
        };
        out.push(format!("{}{given}", rules.method.formula(lang)));
    }
    if let (Some(division), Some(total)) = (rules.division, plan.divided) {
        let total = lang.grouped(total);
        out.push(match (division, lang) {
            (Division::Proportional, Lang::Vi) => format!(
                "Cỡ mẫu chung {total} chia theo số người của nhóm, phần lẻ lớn nhất được làm tròn lên."
            ),
            (Division::Equal, Lang::Vi) => format!("Cỡ mẫu chung {total} chia đều cho các nhóm."),
            (Division::Proportional, Lang::En) => {
                format!("{total} in all, divided in proportion by largest remainder.")
            }
            (Division::Equal, Lang::En) => format!("{total} in all, divided equally."),
        });
    }
    if rules.least > 0 {
        let least = lang.grouped(rules.least);
        out.push(match lang {
            Lang::Vi => format!("Mỗi nhóm ít nhất {least} (nhóm có ít người hơn: tất cả)."),
            Lang::En => format!("At least {least} of each stratum (all, where there are fewer)."),
        });
    }
    if rules.response != Rate::ALL {
        let rate = rules.response.percent(lang);
        out.push(match lang {
            Lang::Vi => format!(
                "Phát ra: cỡ mẫu / {rate} % trả lời dự kiến, làm tròn lên, không quá số người."
            ),
            Lang::En => format!(
                "Handed out: sample / {rate} % expected to answer, rounded up, no more than there are."
            ),
        });
    }
    out
}

fn json(plan: &SizePlan, lang: Lang) -> serde_json::Value {
    let rules = &plan.rules;
    let strata: Vec<serde_json::Value> = plan
        .lines
        .iter()
        .map(|l| {
            let margin = l.stratum.margin.unwrap_or(rules.margin);
            serde_json::json!({
                "stratum": l.stratum.name, "population": l.stratum.population,
                "margin": rules.division.is_none().then_some(margin.millionths() as f64 / 1e6),
                "computed": l.computed, "sample": l.sample, "handed_out": l.handed_out,
                "reached": plan.reached(l.stratum.population, l.sample),
                "short": l.is_short(rules.response), "arithmetic": plan.arithmetic(l, lang),
            })
        })
        .collect();
    let (population, sample, handed_out) = plan.sums();
    serde_json::json!({
        "method": rules.method.word(), "margin": rules.margin.millionths() as f64 / 1e6,
        "proportion": rules.proportion.millionths() as f64 / 1e6,
        "response": rules.response.millionths() as f64 / 1e6, "min": rules.least,
        "allocate": rules.division.map(|d| match d {
            Division::Proportional => "proportional",
            Division::Equal => "equal",
        }),
        "divided": plan.divided, "formula": rules.method.formula(lang),
        "strata": strata, "population": population, "sample": sample, "handed_out": handed_out,
    })
}
