//! `phieu serve`: the station in a browser.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::shared::{KeyArgs, LangArgs};
use super::{CliError, Outcome};
use crate::lang::Lang;
use crate::station::Station;
use crate::web::{ServeOptions, serve};

/// Mở trạm trong trình duyệt: tiến độ, kiểm tra, nhật ký (the station in a browser).
///
/// People log in with accounts: phieu account add. Ctrl-C ends it; whatever was
/// answered is on the disk.
#[derive(Debug, Args)]
pub(crate) struct ServeArgs {
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    /// Địa chỉ (where to listen)
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8600")]
    listen: SocketAddr,
    /// Có proxy nói TLS đứng trước (a proxy in front speaks TLS with the browsers)
    #[arg(long)]
    behind_proxy: bool,
    /// Tên máy mà trình duyệt dùng (a name that browsers know the station by; repeatable)
    #[arg(long = "host", value_name = "NAME")]
    hosts: Vec<String>,
    #[command(flatten)]
    keys: KeyArgs,
    #[command(flatten)]
    lang: LangArgs,
}

pub(crate) fn run(args: &ServeArgs) -> Result<Outcome, CliError> {
    let station = Station::open(&args.station)?;
    let lang = args.lang.lang;
    if station.store()?.accounts()?.is_empty() {
        let dir = args.station.display();
        return Err(format!(
            "nobody could log in: there is no account yet; make one with: \
             phieu account add NAME --role supervisor --station {dir}"
        )
        .into());
    }
    let options = ServeOptions {
        listen: args.listen,
        behind_proxy: args.behind_proxy,
        hosts: args.hosts.clone(),
        keys: args.keys.keyring()?,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(station, options, |address| match lang {
        Lang::Vi => println!("Trạm mở tại http://{address} (Ctrl-C để dừng)"),
        Lang::En => println!("The station is at http://{address} (Ctrl-C ends it)"),
    }))?;
    Ok(Outcome::Done)
}
