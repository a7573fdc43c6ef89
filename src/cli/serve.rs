//! `phieu serve`: the station in a browser.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::Args;

use super::shared::{KeyArgs, LangArgs, TemplateArgs};
use super::{CliError, Outcome};
use crate::lang::Lang;
use crate::station::Station;
use crate::web::{ServeOptions, TlsFiles, serve};

/// Mở trạm trong trình duyệt: tiến độ, kiểm tra, nhật ký (the station in a browser).
///
/// People log in with accounts: phieu account add. From other computers only by
/// HTTPS: with --tls-cert and --tls-key, or through a proxy. Ctrl-C ends it; whatever was
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
    /// Chứng chỉ TLS, tệp PEM (certificate for HTTPS, a PEM file)
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    tls_cert: Option<PathBuf>,
    /// Khóa riêng của chứng chỉ, tệp PEM (its private key, a PEM file)
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    tls_key: Option<PathBuf>,
    #[command(flatten)]
    templates: TemplateArgs,
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
        templates: args.templates.dirs.clone(),
        tls: match (&args.tls_cert, &args.tls_key) {
            (Some(certificate), Some(key)) => Some(TlsFiles {
                certificate: certificate.clone(),
                key: key.clone(),
            }),
            _ => None,
        },
    };
    if args.listen.ip().is_unspecified() && args.hosts.is_empty() {
        eprintln!(
            "{}",
            lang.pick(
                "CHÚ Ý: chưa có --host TÊN: chỉ vào được từ chính máy này; ghi tên hoặc địa chỉ mà trình duyệt dùng",
                "NOTE: no --host NAME: only this computer gets in; name what browsers know the station by"
            )
        );
    }
    let scheme = if options.tls.is_some() {
        "https"
    } else {
        "http"
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(serve(station, options, |address| match lang {
        Lang::Vi => println!("Trạm mở tại {scheme}://{address} (Ctrl-C để dừng)"),
        Lang::En => println!("The station is at {scheme}://{address} (Ctrl-C ends it)"),
    }))?;
    Ok(Outcome::Done)
}
