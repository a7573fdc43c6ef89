//! `phieu retention`: images are kept up to the day that the campaign names, and are
//! removed after it.

mod record;
mod remove;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::box_::ByArgs;
use super::shared::{LangArgs, plain, write_file};
use super::{CliError, Outcome};

/// Without a subcommand it shows.
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, arg_required_else_help = true)]
pub(crate) struct RetentionArguments {
    #[command(subcommand)]
    command: Option<RetentionCommand>,
    #[command(flatten)]
    show: show::ShowArgs,
}

#[derive(Debug, Subcommand)]
enum RetentionCommand {
    Show(show::ShowArgs),
    Remove(remove::RemoveArgs),
    Record(record::RecordArgs),
}

pub(super) use show::{removal_json, removal_words};

pub(crate) fn run(arguments: RetentionArguments) -> Result<Outcome, CliError> {
    match arguments.command {
        None => show::run(&arguments.show),
        Some(RetentionCommand::Show(args)) => show::run(&args),
        Some(RetentionCommand::Remove(args)) => remove::run(&args),
        Some(RetentionCommand::Record(args)) => record::run(&args),
    }
}

/// Which station.
#[derive(Debug, Args)]
struct StationArgs {
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
}

/// Bytes for people, in decimal units.
fn size(bytes: u64) -> String {
    match bytes {
        0..1_000_000 => format!("{} kB", bytes.div_ceil(1000)),
        1_000_000..1_000_000_000 => format!("{:.1} MB", bytes as f64 / 1e6),
        _ => format!("{:.2} GB", bytes as f64 / 1e9),
    }
}
