//! `phieu box open`: the minutes of an opened box.

use std::io::Write;

use clap::{Args, ValueEnum};

use super::{ByArgs, CliError, Outcome, StationArgs};
use crate::cli::shared::LangArgs;
use crate::lang::Lang;
use crate::station::boxes::{Draft, reason, words};

/// Mở hòm phiếu: ghi biên bản (open a box: write its minutes).
///
/// With --correct the minutes that are there are corrected: what is not named
/// stays, and the old ones stay to be seen.
#[derive(Debug, Args)]
pub(crate) struct OpenArgs {
    #[command(flatten)]
    station: StationArgs,
    /// Đơn vị của hòm phiếu (the unit that the box belongs to)
    #[arg(long, value_name = "ID")]
    unit: Option<String>,
    /// Mã hòm phiếu (the box)
    #[arg(long = "box", value_name = "ID")]
    ballot_box: String,
    /// Số phiếu đếm bằng tay (ballots counted by hand)
    #[arg(long, value_name = "N")]
    counted: Option<u64>,
    /// Người có mặt: "Họ tên; chức vụ", lặp lại cho từng người (who was present: "full name; office"; repeatable)
    #[arg(long, value_name = "NAME; OFFICE")]
    present: Vec<String>,
    /// Ngày giờ mở: 25/11/2026 14:30 (day and time of the opening)
    #[arg(long, value_name = "TIME")]
    date: Option<String>,
    /// Nơi mở (where)
    #[arg(long, value_name = "TEXT")]
    place: Option<String>,
    /// Khóa còn nguyên hay không (was the lock whole)
    #[arg(long, value_enum)]
    lock: Option<Condition>,
    /// Niêm phong còn nguyên hay không (was the seal whole)
    #[arg(long, value_enum)]
    seal: Option<Condition>,
    /// Ghi nhận, bắt buộc khi khóa hoặc niêm phong không nguyên (what was seen; needed where lock or seal is broken)
    #[arg(long, value_name = "TEXT")]
    remark: Option<String>,
    /// Đã báo cho ai, bắt buộc khi khóa hoặc niêm phong không nguyên (who was told; needed likewise)
    #[arg(long, value_name = "TEXT")]
    told: Option<String>,
    /// Sửa biên bản đã ghi; nêu lý do (correct the minutes; say why)
    #[arg(long, value_name = "WHY")]
    correct: Option<String>,
    #[command(flatten)]
    by: ByArgs,
    #[command(flatten)]
    lang: LangArgs,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Condition {
    Whole,
    Broken,
}

pub(super) fn run(args: &OpenArgs) -> Result<Outcome, CliError> {
    let store = args.station.store()?;
    let draft = Draft {
        opened: args.date.clone(),
        place: args.place.clone(),
        present: args.present.clone(),
        lock_whole: args.lock.map(|c| c == Condition::Whole),
        seal_whole: args.seal.map(|c| c == Condition::Whole),
        remark: args.remark.clone(),
        told: args.told.clone(),
        counted: args.counted,
    };
    let by = args.by.name(&store)?;
    let (unit, name) = match (&args.unit, args.ballot_box.split_once('/')) {
        (None, Some((unit, name))) => (Some(unit.to_owned()), name),
        (unit, _) => (unit.clone(), args.ballot_box.as_str()),
    };
    for id in unit.iter().map(String::as_str).chain([name]) {
        let plain = !id.trim().is_empty() && id.trim() == id && !id.chars().any(char::is_control);
        if !plain || id.contains('/') {
            return Err(format!("{id:?} không phải là mã (is no id)").into());
        }
    }
    let key = match &args.correct {
        None => store.open_box(name, unit.as_deref(), &draft.minutes()?, &by)?,
        Some(why) => {
            let why = reason(why, "--correct")?;
            let label = unit.map_or_else(|| name.to_owned(), |u| format!("{u}/{name}"));
            let row = store.find_box(&label)?;
            let before = store.openings(row.key)?.pop();
            let before =
                before.ok_or_else(|| crate::store::StoreError::BoxNotOpened(row.label()))?;
            let minutes = draft.corrected(&before.minutes)?;
            store.correct_minutes(row.key, &minutes, &why, &by)?;
            row.key
        }
    };
    let row = store.box_row(key)?;
    let counted = store.figures_of(key)?.counted.unwrap_or(0);
    let mut out = std::io::stdout().lock();
    let label = row.label();
    match args.lang.lang {
        Lang::Vi => writeln!(
            out,
            "Đã ghi biên bản mở hòm {label}: {counted} phiếu ({}). In để ký: \
             phieu box minutes --station {} --box {label} --out bien-ban.pdf",
            words(counted),
            args.station.station.display()
        )?,
        Lang::En => writeln!(
            out,
            "Minutes of box {label} written: {counted} ballots. Print them to be signed: \
             phieu box minutes --station {} --box {label} --out minutes.pdf",
            args.station.station.display()
        )?,
    }
    if !row.declared {
        writeln!(
            out,
            "{}",
            args.lang.lang.pick(
                "Chú ý: hòm này không có trong danh sách của đợt khảo sát.",
                "Note: the campaign does not know this box."
            )
        )?;
    }
    Ok(Outcome::Done)
}
