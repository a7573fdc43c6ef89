//! `phieu model`: the mark model, shown and learned.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::shared::TemplateArgs;
use super::{CliError, Outcome};
use crate::fit::{self, Plan};
use crate::form::{Library, LoadedForm};
use crate::read::model::MarkModel;

#[derive(Debug, Args)]
pub(crate) struct ModelArguments {
    #[command(subcommand)]
    command: ModelCommand,
}

#[derive(Debug, Subcommand)]
enum ModelCommand {
    /// Xem mô hình nhận dấu và cái giá của từng mức sai (show the curves, and what each error rate costs).
    Show {
        /// Tệp mô hình; mặc định: mô hình kèm theo (a model's file; default: the one that ships)
        #[arg(value_name = "FILE")]
        file: Option<PathBuf>,
    },
    /// Học lại mô hình từ phiếu mô phỏng (learn the model from simulated sheets).
    Fit(FitArgs),
}

#[derive(Debug, Args)]
struct FitArgs {
    /// Lưu vào tệp này (write to this file)
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    templates: TemplateArgs,
    /// Số tờ mỗi mẫu phiếu, mỗi mức khó (sheets of each form at each level)
    #[arg(long, value_name = "N", default_value_t = 800, value_parser = clap::value_parser!(u64).range(2..))]
    sheets: u64,
    /// Hạt giống ngẫu nhiên (seed)
    #[arg(long, default_value_t = 31)]
    seed: u64,
    /// Tỷ lệ sai thầm lặng mong muốn, mỗi ô (wanted silent errors per box)
    #[arg(long, value_name = "RATE", default_value_t = 5e-7, value_parser = parse_rate)]
    silent_error_rate: f64,
}

fn parse_rate(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|r| *r > 0.0 && *r < 0.1)
        .ok_or_else(|| format!("{text:?} is not a rate between 0 and 0.1, such as 1e-6"))
}

pub(crate) fn run(arguments: ModelArguments) -> Result<Outcome, CliError> {
    match arguments.command {
        ModelCommand::Show { file } => show(file),
        ModelCommand::Fit(args) => learn(&args),
    }
}

fn learn(args: &FitArgs) -> Result<Outcome, CliError> {
    let library = Library::load(&args.templates.dirs)?;
    let forms: Vec<LoadedForm> = library.forms().cloned().collect();
    let plan = Plan {
        others: library.layouts(),
        sheets: args.sheets,
        seed: args.seed,
        silent_error_rate: args.silent_error_rate,
        command: format!(
            "phieu model fit --sheets {} --seed {} --silent-error-rate {:e} ({} forms)",
            args.sheets,
            args.seed,
            args.silent_error_rate,
            forms.len()
        ),
        forms,
    };
    let bar = ProgressBar::with_draw_target(
        None,
        if io::stderr().is_terminal() {
            ProgressDrawTarget::stderr()
        } else {
            ProgressDrawTarget::hidden()
        },
    );
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos}/{len} tờ (sheets), {eta}") {
        bar.set_style(style);
    }
    let model = fit::fit(&plan, &|done, all| {
        bar.set_length(all);
        bar.set_position(done);
    })?;
    bar.finish_and_clear();
    let text = toml::to_string(&model)?;
    std::fs::write(&args.out, text).map_err(|e| format!("{}: {e}", args.out.display()))?;
    write!(io::stdout().lock(), "{}", describe(&model))?;
    Ok(Outcome::Done)
}

fn show(file: Option<PathBuf>) -> Result<Outcome, CliError> {
    let text = match file {
        Some(path) => {
            let text =
                std::fs::read_to_string(&path).map_err(|e| format!("{}: {e}", path.display()))?;
            describe(&MarkModel::parse(&text)?)
        }
        None => format!(
            "{}\n{}",
            MarkModel::shipped_id(),
            describe(MarkModel::shipped())
        ),
    };
    write!(io::stdout().lock(), "{text}")?;
    Ok(Outcome::Done)
}

/// The model in words and tables.
fn describe(model: &MarkModel) -> String {
    let o = &model.origin;
    let mut lines = vec![
        o.command.clone(),
        format!(
            "Học từ {} ô, trong đó {} ô có dấu; thử trên {} ô khác: log-loss {} (learned from boxes, of them marked; tested on others)",
            o.boxes, o.marks, o.held_out, o.log_loss
        ),
        format!(
            "Ô trống (empty box): {:+.2}; có dấu từ (marked from) {:+.2}; trống dưới (unmarked below) {:+.2}; khi câu không có dấu nào (where nothing is marked) {:+.2}",
            model.bias, model.limits.marked, model.limits.unmarked, model.limits.alone
        ),
        String::new(),
        "Đường cong: giá trị → cộng thêm vào log-odds (curves: value → adds to the log-odds)"
            .to_owned(),
    ];
    for curve in &model.curves {
        let points: Vec<String> = curve
            .at
            .iter()
            .zip(&curve.adds)
            .map(|(at, adds)| format!("{at} → {adds:+.2}"))
            .collect();
        lines.push(format!("  {:?}: {}", curve.feature, points.join(", ")));
    }
    lines.push(String::new());
    lines.push("Sai thầm lặng mỗi ô → câu rõ ràng phải hỏi người, mức office / hard (silent errors per box → clear questions left to a person)".to_owned());
    for p in &model.prices {
        lines.push(format!(
            "  {:.0e} → {:.2} % / {:.2} %  (marked {:+.2}, unmarked {:+.2}, alone {:+.2})",
            p.silent_error_rate,
            100.0 * p.flagged_office,
            100.0 * p.flagged_hard,
            p.limits.marked,
            p.limits.unmarked,
            p.limits.alone
        ));
    }
    lines.push(String::new());
    lines.join("\n")
}
