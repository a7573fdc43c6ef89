//! `phieu sources`: who has reported, and who is missing or late.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;

use super::shared::{LangArgs, plain};
use super::{CliError, Outcome};
use crate::exchange::{SourceLine, Sources, sources};
use crate::lang::Lang;
use crate::station::{Channel, FormProgress, LocalTime, Standing, Station, UnitProgress};

/// Đơn vị nào đã gửi kết quả, còn thiếu, trễ hạn (which units have reported, are missing or late).
///
/// Exit code 1 while a unit of the plan is late.
#[derive(Debug, Args)]
pub(crate) struct SourcesArgs {
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    /// In kết quả dạng JSON (print the result as JSON)
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lang: LangArgs,
}

impl SourcesArgs {
    pub(super) fn of(station: &Path, lang: &LangArgs) -> Self {
        Self {
            station: station.to_owned(),
            json: false,
            lang: lang.clone(),
        }
    }
}

pub(crate) fn run(args: &SourcesArgs) -> Result<Outcome, CliError> {
    let lang = args.lang.lang;
    let store = Station::open(&args.station)?.store()?;
    let all = sources(&store)?;
    let mut out = std::io::stdout().lock();
    if args.json {
        writeln!(out, "{}", json(&all))?;
    } else {
        table(&mut out, &all, LocalTime::of(&store)?, lang)?;
    }
    let late = |u: &UnitProgress| matches!(u.worst, Standing::Late(_));
    Ok(if all.units.iter().any(late) {
        Outcome::NeedsPerson
    } else {
        Outcome::Done
    })
}

/// Has the unit sent nothing at all, though the plan expects something of it?
fn is_missing(unit: &UnitProgress) -> bool {
    let counts = unit.counts;
    unit.worst != Standing::Open && counts.counted + counts.pending + counts.rejected == 0
}

fn word(standing: Standing) -> &'static str {
    match standing {
        Standing::Open => "open",
        Standing::Reached => "reached",
        Standing::OnTheWay(_) => "on-the-way",
        Standing::Soon(_) => "soon",
        Standing::Late(_) => "late",
    }
}

fn standing_words(standing: Standing, lang: Lang) -> String {
    match standing {
        Standing::Open => String::new(),
        Standing::Reached => lang.pick("đủ", "reached").to_owned(),
        Standing::OnTheWay(_) | Standing::Soon(_) => lang.pick("chưa đủ", "on the way").to_owned(),
        Standing::Late(days) => match lang {
            Lang::Vi => format!("TRỄ {days} ngày"),
            Lang::En => format!("{days} days LATE"),
        },
    }
}

/// What a unit of several quotas still lacks: its number alone may be full. Of a unit
/// that sent nothing that is plain.
fn lacking(unit: &UnitProgress) -> impl Iterator<Item = &FormProgress> {
    let several = unit.forms.len() > 1 && !is_missing(unit);
    let open = |f: &&FormProgress| !matches!(f.standing, Standing::Open | Standing::Reached);
    unit.forms.iter().filter(move |f| several && open(f))
}

fn words(unit: &UnitProgress, lang: Lang) -> String {
    let mut text = standing_words(unit.worst, lang);
    if is_missing(unit) {
        if !text.is_empty() {
            text.push_str(", ");
        }
        text.push_str(lang.pick("CHƯA CÓ GÌ", "NOTHING YET"));
    }
    text
}

fn json(all: &Sources) -> serde_json::Value {
    let line = |l: &SourceLine| {
        serde_json::json!({
            "source": l.row.key.number(), "name": l.row.name,
            "station": l.package.as_ref().map(|p| &p.0),
            "revision": l.package.as_ref().map(|p| p.1),
            "digest": l.row.digest, "ballots": l.row.ballots, "units": l.units,
            "by": l.row.person, "recorded": l.row.recorded, "replaced": l.row.replaced,
        })
    };
    let form = |f: &FormProgress| {
        serde_json::json!({
            "form": f.form, "channel": f.channel, "counted": f.counts.counted,
            "quota": f.quota, "deadline": f.deadline.map(|d| d.to_string()),
            "standing": word(f.standing),
        })
    };
    let unit = |u: &UnitProgress| {
        serde_json::json!({
            "unit": u.unit, "name": u.name, "counted": u.counts.counted,
            "pending": u.counts.pending, "rejected": u.counts.rejected, "quota": u.quota,
            "deadline": u.deadline.map(|d| d.to_string()),
            "standing": word(u.worst), "missing": is_missing(u),
            "forms": u.forms.iter().map(form).collect::<Vec<_>>(),
        })
    };
    serde_json::json!({
        "sources": all.lines.iter().map(line).collect::<Vec<_>>(),
        "units": all.units.iter().map(unit).collect::<Vec<_>>(),
    })
}

fn table(
    out: &mut impl Write,
    all: &Sources,
    clock: LocalTime,
    lang: Lang,
) -> Result<(), CliError> {
    for l in &all.lines {
        let revision = l.package.as_ref().map_or(String::new(), |p| {
            format!(" {} {}", lang.pick("bản số", "revision"), p.1)
        });
        let replaced = if l.row.replaced {
            lang.pick("  (đã có bản mới hơn)", "  (replaced)")
        } else {
            ""
        };
        let ballots = lang.pick("phiếu", "ballots");
        writeln!(
            out,
            "{:>4}  {}  {}{revision}: {} {ballots}, {}{replaced}",
            l.row.key.number(),
            clock.moment_and_offset(&l.row.recorded),
            plain(&l.row.name),
            l.row.ballots,
            plain(&l.units.join(" ")),
        )?;
    }
    if all.lines.is_empty() {
        writeln!(
            out,
            "{}",
            lang.pick("Chưa nhận gói nào.", "Nothing came in yet.")
        )?;
    }
    writeln!(out, "{}", lang.pick("Đơn vị:", "Units:"))?;
    for u in &all.units {
        let quota = u.quota.map_or(String::new(), |q| format!("/{q}"));
        let due = u.deadline.map_or(String::new(), |d| {
            format!(" {} {}", lang.pick("hạn", "due"), d.written())
        });
        writeln!(
            out,
            "{}{}  {}: {}{quota}{due}  {}",
            "  ".repeat(u.depth + 1),
            plain(u.unit.as_deref().unwrap_or("?")),
            plain(u.name.as_deref().unwrap_or("")),
            u.counts.counted,
            words(u, lang),
        )?;
        for f in lacking(u) {
            let channel = f
                .channel
                .map(Channel::names)
                .map_or_else(String::new, |(vi, en)| format!(" ({})", lang.pick(vi, en)));
            writeln!(
                out,
                "{}- {}{channel}: {}/{}  {}",
                "  ".repeat(u.depth + 2),
                plain(&f.form),
                f.counts.counted,
                f.quota.unwrap_or(0),
                standing_words(f.standing, lang),
            )?;
        }
    }
    Ok(())
}
