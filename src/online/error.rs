//! What can be wrong with online answers.

use std::fmt;
use std::path::PathBuf;

use crate::form::FormError;
use crate::lang::Lang;
use crate::sheet::SheetError;
use crate::station::{Day, StationError};
use crate::store::StoreError;

/// So many of what is wrong are named in one line; the rest is counted.
const NAMED: usize = 3;

/// Why online answers do not come in.
#[derive(Debug, thiserror::Error)]
pub enum OnlineError {
    /// The table.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The tally database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The station.
    #[error(transparent)]
    Station(#[from] StationError),
    /// A form's source.
    #[error(transparent)]
    Form(#[from] FormError),
    /// The mapping cannot be read.
    #[error("{}: không đọc được (cannot read): {source}", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The mapping has a mistake.
    #[error("{}{}: {what}", path.display(), line.map_or(String::new(), |l| format!(":{l}")))]
    Mapping {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: Option<usize>,
        /// What is wrong.
        what: String,
    },
    /// The station has no such form.
    #[error(
        "trạm không có mẫu phiếu {form:?}; có (the station has no such form; there are): {}",
        there.join(", ")
    )]
    NoForm {
        /// Which.
        form: String,
        /// What is there.
        there: Vec<String>,
    },
    /// The campaign has no online answers.
    #[error(
        "đợt khảo sát không có hình thức trực tuyến; thêm \"online\" vào channels trong campaign.toml \
         (the campaign has no online answers; add \"online\" to its channels)"
    )]
    NoChannel,
    /// Rows that are none of the form.
    #[error(
        "{}: {n} lỗi, chưa ghi gì ({n} mistakes, nothing was written): {}",
        file.display(), first(mistakes), n = mistakes.len()
    )]
    Rows {
        /// Which file.
        file: PathBuf,
        /// All of them.
        mistakes: Vec<RowError>,
    },
    /// There is no row left.
    #[error("{}: không có câu trả lời nào (there are no answers)", .0.display())]
    Nothing(PathBuf),
    /// Answers that are in the station came with another source.
    #[error(
        "{count} câu trả lời đã có ở đây (answers are here already): {}",
        first.join("; ")
    )]
    Twice {
        /// How many.
        count: usize,
        /// The first.
        first: Vec<String>,
    },
    /// A newer file of the same name that lacks something.
    #[error(
        "tệp mới của {name:?} thiếu {gone} và khác {changed} trong {there} câu trả lời đã nhận; nếu \
         đúng là thay thế thì ghi lý do bằng --reason (the new file lacks {gone} and differs in \
         {changed} of {there} answers that are here; if it is to replace them, say why)"
    )]
    NotLarger {
        /// Name of the mapping.
        name: String,
        /// Answers that are here.
        there: usize,
        /// Those that the new file does not have.
        gone: usize,
        /// Those that it has otherwise.
        changed: usize,
    },
    /// An older file that was replaced.
    #[error(
        "tệp này đã được thay bằng bản mới hơn của {0:?}; không nhận lại \
         (this file was replaced by a newer one)"
    )]
    Replaced(String),
}

fn first(mistakes: &[RowError]) -> String {
    let mut named: Vec<String> = mistakes
        .iter()
        .take(NAMED)
        .map(|m| m.in_words(Lang::Vi))
        .collect();
    if mistakes.len() > NAMED {
        named.push(format!("… +{}", mistakes.len() - NAMED));
    }
    named.join("; ")
}

/// What is wrong with a row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// Its number, as a spreadsheet program shows it.
    pub row: usize,
    /// Name of the column.
    pub column: String,
    /// What the cell says.
    pub value: String,
    /// Why that does not do.
    pub mistake: RowMistake,
}

/// Why a cell does not do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RowMistake {
    /// Not one of the question's answers.
    UnknownAnswer {
        /// Which question.
        question: String,
        /// Its answers.
        known: Vec<String>,
    },
    /// Neither a mark nor nothing, in a column of one choice.
    NoMark,
    /// Not a day of this order.
    NoDay(&'static str),
    /// A day that has not come.
    Future,
    /// A day before the survey.
    BeforeStart(Day),
    /// A unit that the campaign does not have.
    UnknownUnit,
    /// No unit.
    NoUnit,
    /// No key.
    NoKey,
    /// The key of another row.
    KeyTwice(usize),
}

impl RowError {
    /// One line for people.
    #[must_use]
    pub fn in_words(&self, lang: Lang) -> String {
        let Self {
            row, column, value, ..
        } = self;
        let at = match lang {
            Lang::Vi => format!("hàng {row}, cột {column:?}"),
            Lang::En => format!("row {row}, column {column:?}"),
        };
        let what = match (&self.mistake, lang) {
            (RowMistake::UnknownAnswer { question, known }, Lang::Vi) => format!(
                "{value:?} không phải phương án của {question} ({})",
                known.join(" | ")
            ),
            (RowMistake::UnknownAnswer { question, known }, Lang::En) => format!(
                "{value:?} is no answer of {question} ({})",
                known.join(" | ")
            ),
            (RowMistake::NoMark, Lang::Vi) => {
                format!("{value:?} không phải chọn hay không chọn")
            }
            (RowMistake::NoMark, Lang::En) => format!("{value:?} is neither chosen nor not"),
            (RowMistake::NoDay(order), Lang::Vi) => {
                format!("{value:?} không phải ngày theo thứ tự {order}")
            }
            (RowMistake::NoDay(order), Lang::En) => format!("{value:?} is no day of order {order}"),
            (RowMistake::Future, Lang::Vi) => {
                format!("ngày {value:?} ở tương lai (sai thứ tự ngày, tháng?)")
            }
            (RowMistake::Future, Lang::En) => {
                format!("the day {value:?} is in the future (day and month turned round?)")
            }
            (RowMistake::BeforeStart(day), Lang::Vi) => {
                format!("{value:?} trước ngày bắt đầu {}", day.written())
            }
            (RowMistake::BeforeStart(day), Lang::En) => {
                format!("{value:?} is before the first day, {day}")
            }
            (RowMistake::UnknownUnit, Lang::Vi) => {
                format!("{value:?} không phải đơn vị nào của đợt khảo sát")
            }
            (RowMistake::UnknownUnit, Lang::En) => format!("{value:?} is no unit of the campaign"),
            (RowMistake::NoUnit, lang) => lang
                .pick("chưa ghi đơn vị", "the unit is missing")
                .to_owned(),
            (RowMistake::NoKey, lang) => lang.pick("chưa có mã", "the key is missing").to_owned(),
            (RowMistake::KeyTwice(other), Lang::Vi) => {
                format!("mã {value:?} đã có ở hàng {other}")
            }
            (RowMistake::KeyTwice(other), Lang::En) => {
                format!("the key {value:?} is in row {other}, too")
            }
        };
        format!("{at}: {what}")
    }
}

impl fmt::Display for RowError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.in_words(Lang::En))
    }
}
