//! `phieu init`: a new station.

use std::path::PathBuf;

use clap::Args;

use super::shared::{LangArgs, ProfileArgs, TemplateArgs, load_forms, warn_of_repair};
use super::{CliError, Outcome};
use crate::lang::Lang;
use crate::station::{Campaign, Station, forms_of};

/// Tạo một trạm mới trong thư mục DIR (make a new station in the folder DIR).
#[derive(Debug, Args)]
pub(crate) struct InitArgs {
    /// Thư mục mới hoặc trống (a new or empty folder)
    dir: PathBuf,
    /// Tệp campaign.toml của đợt khảo sát (the campaign's file)
    #[arg(long, value_name = "FILE")]
    campaign: Option<PathBuf>,
    #[command(flatten)]
    profile: ProfileArgs,
    #[command(flatten)]
    templates: TemplateArgs,
    #[command(flatten)]
    lang: LangArgs,
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
    if profile.is_some() {
        station.set_profile(profile.as_ref())?;
    }
    if let Some(profile) = &profile {
        println!(
            "{}: {}.",
            args.lang.lang.pick("Hồ sơ máy quét", "Scanner profile"),
            profile.label()
        );
    }
    let dir = args.dir.display();
    match args.lang.lang {
        Lang::Vi => {
            println!("Đã tạo trạm trong {dir}.");
            println!("Tiếp theo, quét phiếu: phieu scan ẢNH... --station {dir}");
        }
        Lang::En => {
            println!("The station is in {dir}.");
            println!("Next, scan ballots: phieu scan IMAGES... --station {dir}");
        }
    }
    Ok(Outcome::Done)
}
