//! `phieu init`: a new station.

use std::io::Write as _;
use std::path::PathBuf;

use clap::Args;

use super::shared::{LangArgs, ProfileArgs, TemplateArgs, load_forms, warn_of_repair};
use super::{CliError, Outcome};
use crate::lang::Lang;
use crate::station::{Campaign, LocalTime, Station, UTC_OFFSET, forms_of};

/// Tạo một trạm mới trong thư mục DIR (make a new station in the folder DIR).
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Thư mục mới hoặc trống (a new or empty folder)
    dir: PathBuf,
    /// Tệp campaign.toml của đợt khảo sát (the campaign's file)
    #[arg(long, value_name = "FILE")]
    campaign: Option<PathBuf>,
    /// Giờ của trạm so với UTC (the station's clock from UTC; Vietnam has no daylight saving time)
    #[arg(long, value_name = "+HH:MM", default_value = "+07:00", allow_hyphen_values = true, value_parser = clock)]
    utc_offset: LocalTime,
    #[command(flatten)]
    profile: ProfileArgs,
    #[command(flatten)]
    templates: TemplateArgs,
    #[command(flatten)]
    lang: LangArgs,
}

fn clock(text: &str) -> Result<LocalTime, String> {
    LocalTime::parse(text).ok_or_else(|| "từ -12:00 đến +14:00 (-12:00 to +14:00)".to_owned())
}

pub(crate) fn run(args: &InitArgs) -> Result<Outcome, CliError> {
    let campaign = args.campaign.as_deref().map(Campaign::load).transpose()?;
    let forms = match &campaign {
        Some(campaign) => {
            let mut dirs = campaign.templates.clone();
            dirs.extend(args.templates.dirs.iter().cloned());
            forms_of(campaign, &load_forms(&dirs)?)?
        }
        None => Vec::new(),
    };
    let profile = args.profile.profile(|| Ok(None))?;
    warn_of_repair(profile.as_ref(), args.lang.lang);
    let station = Station::init(&args.dir, campaign.as_ref(), &forms)?;
    if args.utc_offset != LocalTime::VIETNAM {
        let store = station.store()?;
        store.set(UTC_OFFSET, &args.utc_offset.to_string())?;
    }
    if profile.is_some() {
        station.set_profile(profile.as_ref())?;
    }
    if let Some(profile) = &profile {
        writeln!(
            std::io::stdout(),
            "{}: {}.",
            args.lang.lang.pick("Hồ sơ máy quét", "Scanner profile"),
            profile.label()
        )?;
    }
    let dir = args.dir.display();
    match args.lang.lang {
        Lang::Vi => {
            writeln!(std::io::stdout(), "Đã tạo trạm trong {dir}.")?;
            writeln!(
                std::io::stdout(),
                "Tiếp theo, quét phiếu: phieu scan ẢNH... --station {dir}"
            )?;
        }
        Lang::En => {
            writeln!(std::io::stdout(), "The station is in {dir}.")?;
            writeln!(
                std::io::stdout(),
                "Next, scan ballots: phieu scan IMAGES... --station {dir}"
            )?;
        }
    }
    Ok(Outcome::Done)
}
