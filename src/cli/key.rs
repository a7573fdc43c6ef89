//! `phieu key`: the keys that packages are signed with, and those that are believed.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::shared::{LangArgs, plain, write_file};
use super::{CliError, Outcome};
use crate::exchange::{ExchangeError, PublicKey, PublicKeyFile, StationKey};
use crate::lang::Lang;
use crate::station::boxes::reason;
use crate::station::{LocalTime, Station};
use crate::store::{NewPin, PinRow, Store};

#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct KeyArguments {
    #[command(subcommand)]
    command: KeyCommand,
}

#[derive(Debug, Subcommand)]
enum KeyCommand {
    Make(MakeArgs),
    Show(ShowArgs),
    Pin(PinArgs),
    List(ListArgs),
    Unpin(UnpinArgs),
}

#[derive(Debug, Args)]
struct StationArgs {
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    #[command(flatten)]
    lang: LangArgs,
}

/// Tạo khóa ký của trạm (make the key that the station signs with).
///
/// The secret is written to signing.key in the station's folder and nowhere else.
#[derive(Debug, Args)]
struct MakeArgs {
    /// Thay khóa đang có (instead of the key that is there)
    #[arg(long, requires = "reason")]
    replace: bool,
    /// Lý do thay khóa (why it is replaced)
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    #[command(flatten)]
    station: StationArgs,
}

/// Xem khóa công khai và mã để đọc qua điện thoại (show the public key and its fingerprint).
#[derive(Debug, Args)]
struct ShowArgs {
    /// Ghi khóa công khai ra tệp để gửi đi (write the public key to a file to be sent)
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    #[command(flatten)]
    station: StationArgs,
}

/// Ghim khóa của trạm khác sau khi so mã (believe another station's key).
///
/// Ask the sender by telephone, on a number that you know, to read out what
/// `phieu key show` prints there, and type it in.
#[derive(Debug, Args)]
struct PinArgs {
    /// Tệp khóa công khai, hoặc 64 chữ số hex (the public key's file, or 64 hex digits)
    #[arg(value_name = "FILE|HEX")]
    key: String,
    /// Tên nơi gửi (whose it is)
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Chỉ được gửi cho đơn vị này và các đơn vị trực thuộc (may only send for this unit and those below it)
    #[arg(long, value_name = "ID")]
    unit: Option<String>,
    /// Mã đã nghe qua điện thoại, để khỏi hỏi (the fingerprint that was read out; else it is asked for)
    #[arg(long, value_name = "DIGITS")]
    fingerprint: Option<String>,
    #[command(flatten)]
    station: StationArgs,
}

/// Các khóa đã ghim (the keys that are believed).
#[derive(Debug, Args)]
struct ListArgs {
    /// In kết quả dạng JSON (print the result as JSON)
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    station: StationArgs,
}

/// Bỏ ghim một khóa; gói đã nhận vẫn giữ (believe a key no more; what came in stays).
#[derive(Debug, Args)]
struct UnpinArgs {
    /// Tên, mã hoặc khóa hex (its name, fingerprint or hex digits)
    key: String,
    /// Lý do (why)
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    station: StationArgs,
}

pub(crate) fn run(arguments: KeyArguments) -> Result<Outcome, CliError> {
    match arguments.command {
        KeyCommand::Make(args) => make(&args),
        KeyCommand::Show(args) => show(&args),
        KeyCommand::Pin(args) => pin(&args),
        KeyCommand::List(args) => list(&args),
        KeyCommand::Unpin(args) => unpin(&args),
    }
}

fn make(args: &MakeArgs) -> Result<Outcome, CliError> {
    let why = match &args.reason {
        Some(text) if args.replace => Some(reason(text, "--reason")?),
        _ => None,
    };
    let station = Station::open(&args.station.station)?;
    let key = StationKey::make(&station, why.as_deref())?;
    say(&key.public(), args.station.lang.lang)
}

fn say(key: &PublicKey, lang: Lang) -> Result<Outcome, CliError> {
    let mut out = std::io::stdout().lock();
    let (hex, digits) = (key.hex(), key.fingerprint());
    match lang {
        Lang::Vi => {
            writeln!(out, "Khóa công khai: {hex}")?;
            writeln!(out, "Mã để đọc qua điện thoại: {digits}")?;
        }
        Lang::En => {
            writeln!(out, "Public key: {hex}")?;
            writeln!(out, "Fingerprint to read over the telephone: {digits}")?;
        }
    }
    Ok(Outcome::Done)
}

fn show(args: &ShowArgs) -> Result<Outcome, CliError> {
    let station = Station::open(&args.station.station)?;
    let key = StationKey::of(&station)?.public();
    if let Some(out) = &args.out {
        let id = station.store()?.station()?.id;
        write_file(out, key.file(&id).as_bytes())?;
    }
    say(&key, args.station.lang.lang)
}

fn pin(args: &PinArgs) -> Result<Outcome, CliError> {
    let lang = args.station.lang.lang;
    let store = Station::open(&args.station.station)?.store()?;
    let is_hex = args.key.len() == 64 && args.key.bytes().all(|b| b.is_ascii_hexdigit());
    let (key, station) = if is_hex {
        (PublicKey::from_hex(&args.key.to_ascii_lowercase())?, None)
    } else {
        let text = std::fs::read_to_string(&args.key).map_err(|e| format!("{}: {e}", args.key))?;
        let file = PublicKeyFile::parse(&args.key, &text)?;
        (file.key, Some(file.station))
    };
    if store
        .station_key()?
        .is_some_and(|k| k.public_key == key.hex())
    {
        return Err(ExchangeError::OwnKey.into());
    }
    let name = reason(&args.name, "--name")?;
    if let Some(unit) = &args.unit
        && !store.units()?.iter().any(|u| u.unit == *unit)
    {
        return Err(ExchangeError::NoSuchUnit(unit.clone()).into());
    }
    let heard = match &args.fingerprint {
        Some(digits) => digits.clone(),
        None => ask(lang)?,
    };
    if !key.is_fingerprint(&heard) {
        return Err(ExchangeError::FingerprintDiffers.into());
    }
    store.pin(&NewPin {
        public_key: key.hex(),
        station,
        name: name.clone(),
        unit: args.unit.clone(),
    })?;
    writeln!(
        std::io::stdout(),
        "{}: {} ({})",
        lang.pick("Đã ghim khóa", "Pinned the key"),
        plain(&name),
        key.fingerprint()
    )?;
    Ok(Outcome::Done)
}

/// What the clerk hears. The fingerprint is not shown before: whoever sees it says yes.
fn ask(lang: Lang) -> Result<String, CliError> {
    if std::io::stdin().is_terminal() {
        eprint!(
            "{}: ",
            lang.pick(
                "Gọi điện cho nơi gửi và nhập mã họ đọc (6 nhóm 5 chữ số)",
                "Telephone the sender and type the digits that they read out (6 groups of 5)"
            )
        );
    }
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(line.trim().to_owned())
}

fn list(args: &ListArgs) -> Result<Outcome, CliError> {
    let lang = args.station.lang.lang;
    let store = Station::open(&args.station.station)?.store()?;
    let mut out = std::io::stdout().lock();
    let pins = store.pins()?;
    if args.json {
        let all: Vec<_> = pins
            .iter()
            .map(|p| {
                serde_json::json!({
                    "name": p.pin.name, "unit": p.pin.unit, "station": p.pin.station,
                    "public_key": p.pin.public_key, "fingerprint": digits(p),
                    "by": p.person, "pinned": p.pinned, "ended": p.ended,
                })
            })
            .collect();
        writeln!(out, "{}", serde_json::Value::Array(all))?;
        return Ok(Outcome::Done);
    }
    let clock = LocalTime::of(&store)?;
    for p in &pins {
        let ended = if p.ended {
            lang.pick("  (đã bỏ)", "  (unpinned)")
        } else {
            ""
        };
        writeln!(
            out,
            "{}  {}  {}  {} {}{ended}",
            digits(p),
            plain(&p.pin.name),
            plain(p.pin.unit.as_deref().unwrap_or("-")),
            clock.moment_and_offset(&p.pinned),
            plain(&p.person),
        )?;
    }
    if pins.is_empty() {
        writeln!(
            out,
            "{}",
            lang.pick("Chưa ghim khóa nào.", "No key is pinned.")
        )?;
    }
    Ok(Outcome::Done)
}

fn digits(pin: &PinRow) -> String {
    PublicKey::from_hex(&pin.pin.public_key).map_or_else(|_| "?".to_owned(), |k| k.fingerprint())
}

fn unpin(args: &UnpinArgs) -> Result<Outcome, CliError> {
    let why = reason(&args.reason, "--reason")?;
    let store = Station::open(&args.station.station)?.store()?;
    let key = named(&store, &args.key)?;
    store.unpin(&key, &why)?;
    writeln!(
        std::io::stdout(),
        "{}: {}",
        args.station.lang.lang.pick("Đã bỏ ghim", "Unpinned"),
        plain(&args.key)
    )?;
    Ok(Outcome::Done)
}

/// The believed key that a person names.
fn named(store: &Store, text: &str) -> Result<String, CliError> {
    let fits = |p: &&PinRow| {
        let print = PublicKey::from_hex(&p.pin.public_key).is_ok_and(|k| k.is_fingerprint(text));
        !p.ended && (p.pin.name == text || p.pin.public_key == text || print)
    };
    let pins = store.pins()?;
    let found: Vec<&PinRow> = pins.iter().filter(fits).collect();
    match found[..] {
        [one] => Ok(one.pin.public_key.clone()),
        [] => Err(crate::store::StoreError::PinMissing.into()),
        _ => Err(format!(
            "{} keys are pinned as {text:?}; name the fingerprint",
            found.len()
        )
        .into()),
    }
}
