//! `phieu campaign`: the plan that a station works by, and its versions.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::box_::ByArgs;
use super::shared::{LangArgs, TemplateArgs, load_forms, plain};
use super::{CliError, Outcome};
use crate::lang::Lang;
use crate::station::boxes::reason;
use crate::station::{Campaign, Day, LocalTime, Quota, Station, forms_of};

#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct CampaignArguments {
    #[command(subcommand)]
    command: CampaignCommand,
}

#[derive(Debug, Subcommand)]
enum CampaignCommand {
    Show(ShowArgs),
    Update(UpdateArgs),
}

/// Xem kế hoạch của đợt khảo sát và các phiên bản (the plan that holds, and its versions).
#[derive(Debug, Args)]
struct ShowArgs {
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    /// Phiên bản; mặc định là bản đang dùng (the version; default: the one that holds)
    #[arg(long = "campaign-version", value_name = "N")]
    version: Option<i64>,
    /// In đúng nội dung tệp campaign.toml (print the file as it was taken in)
    #[arg(long, conflicts_with = "json")]
    source: bool,
    /// In kết quả dạng JSON (print the result as JSON)
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lang: LangArgs,
}

/// Thay đổi đợt khảo sát bằng tệp campaign.toml mới (let a changed campaign.toml hold).
///
/// Shows what is otherwise, refuses what would leave ballots without their unit,
/// box or form, and keeps every version with who and why.
#[derive(Debug, Args)]
struct UpdateArgs {
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    /// Tệp campaign.toml đã sửa (the changed file)
    #[arg(long, value_name = "FILE")]
    campaign: PathBuf,
    /// Lý do, ghi vào nhật ký (why, for the log)
    #[arg(long, value_name = "TEXT", required_unless_present = "dry_run")]
    reason: Option<String>,
    #[command(flatten)]
    by: ByArgs,
    /// Chỉ xem khác gì, không ghi (only show what is otherwise)
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    templates: TemplateArgs,
    #[command(flatten)]
    lang: LangArgs,
}

pub(crate) fn run(arguments: CampaignArguments) -> Result<Outcome, CliError> {
    match arguments.command {
        CampaignCommand::Show(args) => show(&args),
        CampaignCommand::Update(args) => update(&args),
    }
}

fn update(args: &UpdateArgs) -> Result<Outcome, CliError> {
    let lang = args.lang.lang;
    let station = Station::open(&args.station)?;
    let campaign = Campaign::load(&args.campaign)?;
    let mut dirs = vec![station.forms_dir()];
    dirs.extend(campaign.templates.iter().cloned());
    dirs.extend(args.templates.dirs.iter().cloned());
    let forms = forms_of(&campaign, &load_forms(&dirs)?)?;
    let mut out = std::io::stdout().lock();
    if args.dry_run {
        let found = station.compare_campaign(&campaign, &forms)?;
        for c in &found {
            writeln!(out, "{} {}", c.sign, plain(lang.pick(&c.vi, &c.en)))?;
        }
        if found.is_empty() {
            writeln!(
                out,
                "{}",
                lang.pick("Không có gì khác.", "Nothing is otherwise.")
            )?;
        }
        return Ok(Outcome::Done);
    }
    let why = reason(args.reason.as_deref().unwrap_or(""), "--reason")?;
    let by = args.by.name(&station.store()?)?;
    let done = station.change_campaign(&campaign, &forms, &by, &why)?;
    for c in &done.changes {
        writeln!(out, "{} {}", c.sign, plain(lang.pick(&c.vi, &c.en)))?;
    }
    let n = done.version;
    match (done.changes.is_empty(), lang) {
        (true, Lang::Vi) => writeln!(out, "Không có gì khác; vẫn dùng phiên bản {n}.")?,
        (true, Lang::En) => writeln!(out, "Nothing is otherwise; version {n} holds.")?,
        (false, Lang::Vi) => writeln!(out, "Từ nay dùng phiên bản {n} của đợt khảo sát.")?,
        (false, Lang::En) => writeln!(out, "Version {n} of the campaign holds from now on.")?,
    }
    Ok(Outcome::Done)
}

fn show(args: &ShowArgs) -> Result<Outcome, CliError> {
    let lang = args.lang.lang;
    let store = Station::open(&args.station)?.store()?;
    let versions = store.campaign_versions()?;
    let wanted = match args.version {
        Some(n) => versions.iter().find(|v| v.version == n),
        None => versions.last(),
    };
    let mut out = std::io::stdout().lock();
    let Some(row) = wanted else {
        return Err(match args.version {
            Some(n) => format!("the station has no version {n} of its campaign"),
            None => {
                "the station has no campaign; give it one with: phieu campaign update".to_owned()
            }
        }
        .into());
    };
    if args.source {
        write!(out, "{}", row.source)?;
        return Ok(Outcome::Done);
    }
    let campaign = Campaign::of_source(&row.source)?;
    if args.json {
        let all: Vec<_> = versions
            .iter()
            .map(|v| {
                serde_json::json!({
                    "version": v.version, "recorded": v.recorded,
                    "by": v.person, "reason": v.reason,
                })
            })
            .collect();
        writeln!(out, "{}", json(&campaign, row.version, &all))?;
        return Ok(Outcome::Done);
    }
    plan(&mut out, &campaign, lang)?;
    writeln!(out, "{}", lang.pick("\nCác phiên bản:", "\nVersions:"))?;
    let local = LocalTime::of(&store)?;
    for v in &versions {
        let by = plain(v.person.as_deref().unwrap_or("?"));
        let first = lang.pick("lập trạm", "the station was made");
        let why = plain(v.reason.as_deref().unwrap_or(first));
        let at = local.moment_and_offset(&v.recorded);
        writeln!(out, "{:>4}  {at}  {by}: {why}", v.version)?;
    }
    Ok(Outcome::Done)
}

fn json(c: &Campaign, version: i64, versions: &[serde_json::Value]) -> serde_json::Value {
    let day = |d: Option<Day>| d.map(|d| d.to_string());
    let quotas = |all: &[Quota]| -> Vec<serde_json::Value> {
        all.iter()
            .map(|q| {
                serde_json::json!({
                    "form": q.form, "channel": q.channel.map(|c| c.word()),
                    "quota": q.quota, "deadline": day(q.deadline),
                })
            })
            .collect()
    };
    let units: Vec<_> = c
        .units
        .iter()
        .map(|u| {
            serde_json::json!({
                "unit": u.id, "name": u.name, "parent": u.parent,
                "area": u.area.map(|a| a.word()), "quota": u.whole_quota(), "population": u.population,
                "deadline": day(c.deadline_of(Some(&u.id), None)), "quotas": quotas(&u.quotas),
            })
        })
        .collect();
    let boxes: Vec<_> = c
        .boxes
        .iter()
        .map(|b| serde_json::json!({ "box": b.id, "unit": b.unit, "channel": b.channel }))
        .collect();
    let channels: Vec<_> = c.channels.iter().map(|c| c.word()).collect();
    serde_json::json!({
        "version": version, "name": c.name, "legal_basis": c.legal_basis,
        "reporting_office": c.reporting_office, "starts": day(c.starts), "ends": day(c.ends),
        "deadline": day(c.deadline), "keep_until": day(c.keep_until), "channels": channels,
        "forms": c.forms, "quotas": quotas(&c.quotas), "units": units, "boxes": boxes,
        "versions": versions,
    })
}

/// The plan as a text.
fn plan(out: &mut impl Write, c: &Campaign, lang: Lang) -> Result<(), CliError> {
    let mut line = |vi: &str, en: &str, text: Option<String>| -> Result<(), CliError> {
        if let Some(text) = text.filter(|t| !t.is_empty()) {
            writeln!(out, "{}: {}", lang.pick(vi, en), plain(&text))?;
        }
        Ok(())
    };
    let day = |d: Option<Day>| d.map(Day::written);
    line("Đợt khảo sát", "Campaign", Some(c.name.clone()))?;
    for basis in &c.legal_basis {
        line("Căn cứ", "Legal basis", Some(basis.clone()))?;
    }
    line(
        "Cơ quan tổng hợp",
        "Reporting office",
        c.reporting_office.clone(),
    )?;
    line("Bắt đầu", "First day", day(c.starts))?;
    line("Kết thúc", "Last day", day(c.ends))?;
    line("Hạn chung", "Deadline", day(c.deadline))?;
    line("Giữ ảnh đến", "Images kept up to", day(c.keep_until))?;
    let names: Vec<&str> = c
        .channels
        .iter()
        .map(|c| lang.pick(c.names().0, c.names().1))
        .collect();
    line("Hình thức", "Channels", Some(names.join(", ")))?;
    let of = |quota: Option<u32>, due: Option<Day>| {
        let mut text = String::new();
        if let Some(n) = quota {
            text.push_str(&format!("{n} {}", lang.pick("phiếu", "ballots")));
        }
        if let Some(day) = due {
            let due = lang.pick("hạn", "due");
            text.push_str(&format!(
                "{}{due} {}",
                if text.is_empty() { "" } else { ", " },
                day.written()
            ));
        }
        text
    };
    for form in &c.forms {
        let text = of(c.quota_of_form(form), c.deadline_of(None, Some(form)));
        line("Mẫu phiếu", "Form", Some(format!("{form}: {text}")))?;
    }
    if !c.units.is_empty() {
        writeln!(out, "{}", lang.pick("Đơn vị:", "Units:"))?;
    }
    let mut depths: Vec<(&str, usize)> = Vec::new();
    for unit in &c.units {
        let above = unit.parent.as_deref();
        let depth = above
            .and_then(|p| depths.iter().find(|d| d.0 == p))
            .map_or(0, |d| d.1 + 1);
        depths.push((&unit.id, depth));
        let indent = "  ".repeat(depth + 1);
        let name = unit.name.as_deref().unwrap_or("");
        let area = unit.area.map_or(String::new(), |a| {
            format!(" ({})", lang.pick(a.names().0, a.names().1))
        });
        let text = of(unit.whole_quota(), c.deadline_of(Some(&unit.id), None));
        let text = if text.is_empty() {
            text
        } else {
            format!(": {text}")
        };
        writeln!(
            out,
            "{indent}{}  {}{area}{text}",
            plain(&unit.id),
            plain(name)
        )?;
        for q in &unit.quotas {
            let channel = q.channel.map_or(String::new(), |c| {
                format!(" ({})", lang.pick(c.names().0, c.names().1))
            });
            let text = of(q.quota, c.deadline_of(Some(&unit.id), Some(&q.form)));
            writeln!(out, "{indent}    {}{channel}: {text}", plain(&q.form))?;
        }
    }
    Ok(())
}
