//! `phieu account`: who may log in.

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use super::shared::LangArgs;
use super::{CliError, Outcome};
use crate::station::Station;
use crate::store::{Role, Store};
use crate::web::{Password, generate_password};

#[derive(Debug, Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct AccountArguments {
    #[command(subcommand)]
    command: AccountCommand,
}

#[derive(Debug, Subcommand)]
enum AccountCommand {
    /// Thêm tài khoản (add an account)
    Add(AddArgs),
    /// Liệt kê tài khoản (list the accounts)
    List(ListArgs),
    /// Đặt mật khẩu mới (set another password)
    Password(PasswordArgs),
    /// Đổi vai trò (give another role)
    Role(RoleArgs),
    /// Khóa tài khoản (close an account)
    Close(NameArgs),
    /// Mở lại tài khoản (open a closed account again)
    Open(NameArgs),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum RoleWord {
    /// Xem tiến độ (sees progress)
    Viewer,
    /// Mở hòm, quét (opens boxes, scans)
    Operator,
    /// Kiểm tra phiếu (settles what the machine asks)
    Reviewer,
    /// Giám sát (decides, closes boxes, keeps accounts)
    Supervisor,
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Viewer => Self::Viewer,
            RoleWord::Operator => Self::Operator,
            RoleWord::Reviewer => Self::Reviewer,
            RoleWord::Supervisor => Self::Supervisor,
        }
    }
}

#[derive(Debug, Args)]
struct StationArgs {
    /// Thư mục của trạm (the station's folder)
    #[arg(long, value_name = "DIR")]
    station: PathBuf,
    #[command(flatten)]
    lang: LangArgs,
}

#[derive(Debug, Args)]
struct ListArgs {
    #[command(flatten)]
    station: StationArgs,
}

#[derive(Debug, Args)]
struct NameArgs {
    /// Tên đăng nhập (user name)
    name: String,
    #[command(flatten)]
    station: StationArgs,
}

/// Where a password comes from.
#[derive(Debug, Args)]
struct NewPassword {
    /// Tự sinh mật khẩu và in ra (make one up and print it)
    #[arg(long)]
    generate: bool,
}

#[derive(Debug, Args)]
struct AddArgs {
    /// Tên đăng nhập (user name)
    name: String,
    /// Họ và tên (full name)
    #[arg(long, value_name = "NAME")]
    full_name: Option<String>,
    /// Vai trò (role)
    #[arg(long, value_enum)]
    role: RoleWord,
    #[command(flatten)]
    password: NewPassword,
    #[command(flatten)]
    station: StationArgs,
}

#[derive(Debug, Args)]
struct PasswordArgs {
    /// Tên đăng nhập (user name)
    name: String,
    #[command(flatten)]
    password: NewPassword,
    #[command(flatten)]
    station: StationArgs,
}

#[derive(Debug, Args)]
struct RoleArgs {
    /// Tên đăng nhập (user name)
    name: String,
    /// Vai trò (role)
    #[arg(long, value_enum)]
    role: RoleWord,
    #[command(flatten)]
    station: StationArgs,
}

fn store(args: &StationArgs) -> Result<Store, CliError> {
    Ok(Station::open(&args.station)?.store()?)
}

pub(crate) fn run(arguments: AccountArguments) -> Result<Outcome, CliError> {
    match arguments.command {
        AccountCommand::Add(args) => {
            let name = args.name.trim();
            if name.is_empty() || name.chars().any(char::is_control) {
                return Err("an account needs a name".into());
            }
            let hash = args.password.hash(args.station.lang.lang)?;
            let full_name = args.full_name.as_deref().unwrap_or(name);
            store(&args.station)?.add_account(name, full_name, args.role.into(), &hash)?;
            let lang = args.station.lang.lang;
            writeln!(
                std::io::stdout(),
                "{}: {name}",
                lang.pick("Đã thêm tài khoản", "Added the account")
            )?;
        }
        AccountCommand::List(args) => {
            for a in store(&args.station)?.accounts()? {
                let lang = args.station.lang.lang;
                let state = if a.active {
                    ""
                } else {
                    lang.pick("  (đã khóa)", "  (closed)")
                };
                writeln!(
                    std::io::stdout(),
                    "{:<16} {:<11} {}{state}",
                    a.name,
                    a.role.word(),
                    a.full_name
                )?;
            }
        }
        AccountCommand::Password(args) => {
            let hash = args.password.hash(args.station.lang.lang)?;
            store(&args.station)?.set_password(&args.name, &hash)?;
        }
        AccountCommand::Role(args) => {
            store(&args.station)?.set_role(&args.name, args.role.into())?;
        }
        AccountCommand::Close(args) => store(&args.station)?.set_active(&args.name, false)?,
        AccountCommand::Open(args) => store(&args.station)?.set_active(&args.name, true)?,
    }
    Ok(Outcome::Done)
}

impl NewPassword {
    /// Asks for it where somebody sits before the screen, else takes a line of
    /// standard input.
    fn hash(&self, lang: crate::lang::Lang) -> Result<String, CliError> {
        let text = if self.generate {
            let made = generate_password()?;
            writeln!(
                std::io::stdout(),
                "{}: {made}",
                lang.pick("Mật khẩu", "Password")
            )?;
            made
        } else if std::io::stdin().is_terminal() {
            let ask = |what: &str| rpassword::prompt_password(format!("{what}: "));
            let first = ask(lang.pick("Mật khẩu", "Password"))?;
            if ask(lang.pick("Nhập lại", "Again"))? != first {
                return Err("the two passwords differ; nothing was changed".into());
            }
            first
        } else {
            let mut line = String::new();
            std::io::stdin().lock().read_line(&mut line)?;
            line.trim_end_matches(['\r', '\n']).to_owned()
        };
        Ok(Password::new(&text)?.hash()?)
    }
}
