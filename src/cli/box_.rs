//! `phieu box`: the ballot boxes of a station, one file a command.

mod close;
mod cover;
mod list;
mod minutes;
mod open;
mod reopen;
mod show;

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{CliError, Outcome};
use crate::station::Station;
use crate::station::boxes::reason;
use crate::store::{BoxRow, Store};

#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct BoxArguments {
    #[command(subcommand)]
    command: BoxCommand,
}

#[derive(Debug, Subcommand)]
enum BoxCommand {
    Open(open::OpenArgs),
    List(list::ListArgs),
    Show(show::ShowArgs),
    Close(close::CloseArgs),
    Reopen(reopen::ReopenArgs),
    Minutes(minutes::MinutesArgs),
    Cover(cover::CoverArgs),
}

pub(crate) fn run(arguments: BoxArguments) -> Result<Outcome, CliError> {
    match arguments.command {
        BoxCommand::Open(args) => open::run(&args),
        BoxCommand::List(args) => list::run(&args),
        BoxCommand::Show(args) => show::run(&args),
        BoxCommand::Close(args) => close::run(&args),
        BoxCommand::Reopen(args) => reopen::run(&args),
        BoxCommand::Minutes(args) => minutes::run(&args),
        BoxCommand::Cover(args) => cover::run(&args),
    }
}

/// Which station.
#[derive(Debug, Args)]
struct StationArgs {
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
}

impl StationArgs {
    fn store(&self) -> Result<Store, CliError> {
        Ok(Station::open(&self.station)?.store()?)
    }
}

/// Which box.
#[derive(Debug, Args)]
struct WhichArgs {
    /// Đơn vị của hòm phiếu (the unit that the box belongs to)
    #[arg(long, value_name = "ID")]
    unit: Option<String>,
    /// Hòm phiếu: HÒM hoặc ĐƠN-VỊ/HÒM (the ballot box: BOX or UNIT/BOX)
    #[arg(long = "box", value_name = "ID")]
    ballot_box: String,
}

impl WhichArgs {
    fn find(&self, store: &Store) -> Result<BoxRow, CliError> {
        Ok(match &self.unit {
            Some(unit) => store.find_box(&format!("{unit}/{}", self.ballot_box))?,
            None => store.find_box(&self.ballot_box)?,
        })
    }
}

/// In whose name.
#[derive(Debug, Args)]
pub(super) struct ByArgs {
    /// Họ tên người ghi; mặc định là tên người dùng máy (who writes it down; default: the computer's user)
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

impl ByArgs {
    pub(super) fn name(&self, store: &Store) -> Result<String, CliError> {
        Ok(match &self.by {
            Some(name) => reason(name, "--by")?,
            None => store.actor().person.clone(),
        })
    }
}
