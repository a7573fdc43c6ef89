//! The command line: one file a command.
//!
//! Every command returns [`Outcome`] or an error. An error of any room can be
//! returned with `?`; it is printed in one line on standard error and the
//! program exits with 2. A reader of standard output that goes away early
//! (`phieu form list | head -1`) is not an error.

mod account;
mod audit;
mod audit_result;
mod audit_sample;
mod batch;
mod box_;
mod calibrate;
mod calibrate_measure;
mod campaign;
mod demo;
mod demo_campaign;
mod export;
mod form;
mod form_check;
mod form_learn;
mod import;
mod index;
mod init;
mod key;
mod model;
mod online;
mod plan;
mod read;
mod report;
mod retention;
mod scan;
mod selftest;
mod serve;
mod shared;
mod sources;
mod tally;
mod watch;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Trạm quét và đọc phiếu khảo sát giấy (a scanning station for paper ballots).
#[derive(Debug, Parser)]
#[command(name = "phieu", version, arg_required_else_help = true)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

/// One line a command; each runs in a file of its own.
#[derive(Debug, Subcommand)]
enum Command {
    Demo(demo::DemoArgs),
    /// Mẫu phiếu: liệt kê, kiểm tra, in, tọa độ (forms: list, check, print, geometry).
    Form(form::FormArguments),
    /// Máy quét: in tờ mẫu, đo, xếp loại (scanner: print a target, measure, judge).
    Calibrate(calibrate::CalibrateArguments),
    Read(read::ReadArgs),
    Init(init::InitArgs),
    Scan(scan::ScanArgs),
    /// Hòm phiếu: mở, biên bản, đối chiếu, đóng, tờ bìa (ballot boxes: open, minutes, reconcile, close, covers).
    Box(box_::BoxArguments),
    /// Đợt khảo sát: xem, thay đổi, các phiên bản (the campaign: show, update, versions).
    Campaign(campaign::CampaignArguments),
    /// Lập kế hoạch: cỡ mẫu, rút ngẫu nhiên, chỉ tiêu (planning: sample sizes, random draws, quotas).
    Plan(plan::PlanArguments),
    Watch(watch::WatchArgs),
    /// Lô quét: xem, tạm dừng, quét tiếp, hủy (batches: list, show, pause, resume, cancel).
    Batch(batch::BatchArguments),
    Tally(tally::TallyArgs),
    Index(index::IndexArgs),
    /// Khóa ký gói kết quả: tạo, xem, ghim (keys that packages are signed with).
    Key(key::KeyArguments),
    Export(export::ExportArgs),
    Import(import::ImportArgs),
    /// Câu trả lời trực tuyến: ghép cột, kiểm tra, nhận (answers of form tools: map, check, take in).
    Online(online::OnlineArguments),
    Sources(sources::SourcesArgs),
    Report(report::ReportArgs),
    Serve(serve::ServeArgs),
    /// Tài khoản đăng nhập trạm (who may log in).
    Account(account::AccountArguments),
    /// Kiểm tra tính nguyên vẹn, xem nhật ký (is everything whole; the log).
    Audit(audit::AuditArguments),
    /// Thời hạn lưu ảnh: xem, hủy khi hết hạn, biên bản (how long images are kept: show, remove, minutes).
    Retention(retention::RetentionArguments),
    Selftest(selftest::SelftestArgs),
    /// Mô hình nhận dấu: xem, học lại (the mark model: show it, learn it anew).
    Model(model::ModelArguments),
}

impl Command {
    fn run(self) -> Result<Outcome, CliError> {
        match self {
            Self::Demo(args) => demo::run(&args),
            Self::Form(arguments) => form::run(arguments),
            Self::Calibrate(arguments) => calibrate::run(arguments),
            Self::Read(args) => read::run(&args),
            Self::Init(args) => init::run(&args),
            Self::Scan(args) => scan::run(&args),
            Self::Box(arguments) => box_::run(arguments),
            Self::Campaign(arguments) => campaign::run(arguments),
            Self::Plan(arguments) => plan::run(arguments),
            Self::Watch(args) => watch::run(&args),
            Self::Batch(arguments) => batch::run(arguments),
            Self::Tally(args) => tally::run(&args),
            Self::Index(args) => index::run(&args),
            Self::Key(arguments) => key::run(arguments),
            Self::Export(args) => export::run(&args),
            Self::Import(args) => import::run(&args),
            Self::Online(arguments) => online::run(arguments),
            Self::Sources(args) => sources::run(&args),
            Self::Report(args) => report::run(&args),
            Self::Serve(args) => serve::run(&args),
            Self::Account(arguments) => account::run(arguments),
            Self::Audit(arguments) => audit::run(arguments),
            Self::Retention(arguments) => retention::run(arguments),
            Self::Selftest(args) => selftest::run(&args),
            Self::Model(arguments) => model::run(arguments),
        }
    }
}

/// How a command ended that did its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Everything is done: exit code 0.
    Done,
    /// The work is done, but something needs a person: exit code 1.
    NeedsPerson,
}

/// Any error that ends a command: exit code 2. Holds the room's typed error.
#[derive(Debug)]
pub(crate) struct CliError(Box<dyn std::error::Error + Send + Sync>);

impl<E> From<E> for CliError
where
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    fn from(error: E) -> Self {
        Self(error.into())
    }
}

impl CliError {
    /// Did the reader of our output go away? Then there is nothing to say.
    fn is_broken_pipe(&self) -> bool {
        let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(self.0.as_ref());
        while let Some(error) = cause {
            if let Some(io) = error.downcast_ref::<io::Error>()
                && io.kind() == io::ErrorKind::BrokenPipe
            {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

/// Parses the arguments, runs the command, prints an error in one line.
#[must_use]
pub fn run() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => return usage(&error),
    };
    match arguments.command.run() {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::NeedsPerson) => ExitCode::from(1),
        Err(error) if error.is_broken_pipe() => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.0.to_string());
            ExitCode::from(2)
        }
    }
}

/// Help and version go to standard output; anything else is a mistake of the
/// caller and is said in one line.
fn usage(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind;
    match error.kind() {
        ErrorKind::DisplayHelp
        | ErrorKind::DisplayVersion
        | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand => {
            let code = u8::from(error.exit_code() != 0) * 2;
            let text = error.to_string();
            let written = if code == 0 {
                io::stdout().write_all(text.as_bytes())
            } else {
                io::stderr().write_all(text.as_bytes())
            };
            // Whoever asked for help and closed the pipe has seen enough.
            drop(written);
            ExitCode::from(code)
        }
        _ => {
            let text = error.to_string();
            let said: Vec<&str> = text
                .lines()
                .take_while(|line| !line.starts_with("Usage:"))
                .map(str::trim)
                .filter(|line| !line.is_empty() && !line.starts_with("For more information"))
                .collect();
            let said = said.join(" ");
            complain(&format!(
                "{} (xem / see: phieu --help)",
                said.strip_prefix("error: ").unwrap_or(&said)
            ));
            ExitCode::from(2)
        }
    }
}

/// One line on standard error. Nothing can be done if even that fails.
fn complain(message: &str) {
    let line = message.split_whitespace().collect::<Vec<_>>().join(" ");
    drop(writeln!(io::stderr(), "phieu: lỗi (error): {line}"));
}
