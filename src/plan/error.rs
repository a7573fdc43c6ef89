//! What can be wrong with a plan.

use crate::form::FormError;
use crate::sampler::SeedError;
use crate::sheet::{Row, Sheet, SheetError};
use crate::station::StationError;

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanError {
    /// Not a number of people or sheets.
    #[error(
        "{0:?} không phải số nguyên: viết 12500 hay 12.500 (no whole number: write 12500 or 12.500)"
    )]
    NoCount(String),
    /// Not a margin of error.
    #[error(
        "{0:?} không phải sai số: viết 5% hay 0,05, từ 0,1% đến 50% \
         (no margin of error: write 5% or 0.05, from 0.1% to 50%)"
    )]
    NoMargin(String),
    /// Percent, or the share itself?
    #[error(
        "sai số {0:?} có thể hiểu hai cách: viết thêm dấu % \
         (this margin can be understood in two ways: write it with a percent sign)"
    )]
    DoubtfulMargin(String),
    /// Not a share of people.
    #[error(
        "{0:?} không phải tỷ lệ: viết 80%, trên 0% đến 100% (no rate: write 80%, above 0% and up to 100%)"
    )]
    NoRate(String),
    /// Nothing to plan for.
    #[error("không có nhóm nào (there is no stratum)")]
    NoStrata,
    /// A group is there twice.
    #[error("nhóm {0:?} có hai lần (this stratum is there twice)")]
    StratumTwice(String),
    /// More is to be divided than there is.
    #[error(
        "không chia được {total}: chỉ có {most} người (cannot divide {total}: there are only {most} people)"
    )]
    MoreThanThereAre {
        /// What is to be divided.
        total: u64,
        /// The most that all can take.
        most: u64,
    },
    /// Less is to be divided than all must have.
    #[error(
        "không chia được {total}: mức tối thiểu cộng lại đã là {least} \
         (cannot divide {total}: the minimums add up to {least})"
    )]
    LessThanTheMinimum {
        /// What is to be divided.
        total: u64,
        /// What all must have.
        least: u64,
    },
    /// Nobody can take what is to be divided.
    #[error("không chia được {0}: mọi trọng số bằng 0 (cannot divide {0}: all weights are zero)")]
    NoWeights(u64),
    /// The rest goes to nobody.
    #[error("không có đơn vị {0:?} để nhận phần còn lại (there is no unit {0:?} to take the rest)")]
    NoRestUnit(String),
    /// A seed that is none.
    #[error("số gieo phải có ít nhất 20 chữ số, không có gì khác ({0})")]
    Seed(#[from] SeedError),
    /// Rows of a list without a key.
    #[error(
        "{count} dòng không có khóa, không rút được: dòng {rows} \
         ({count} rows have no key, nothing was drawn: rows {rows})"
    )]
    NoKey {
        /// How many.
        count: usize,
        /// The first of them.
        rows: String,
    },
    /// Rows of a list with the same key.
    #[error(
        "{count} khóa có nhiều lần, không rút được; mỗi người chỉ được có một dòng \
         (hay --once: mỗi khóa tính một lần): {keys} \
         ({count} keys are there more than once, nothing was drawn; --once takes each once)"
    )]
    KeyTwice {
        /// How many keys.
        count: usize,
        /// The first of them, with their rows.
        keys: String,
    },
    /// Rows of a list without a stratum.
    #[error("{count} dòng không ghi nhóm: dòng {rows} ({count} rows have no stratum: rows {rows})")]
    NoStratum {
        /// How many.
        count: usize,
        /// The first of them.
        rows: String,
    },
    /// One person in two strata.
    #[error("{count} khóa nằm ở nhiều nhóm khác nhau: {keys} (these keys are in several strata)")]
    KeyInTwoStrata {
        /// How many keys.
        count: usize,
        /// The first of them, with their rows.
        keys: String,
    },
    /// A size for a stratum that the list has not.
    #[error(
        "danh sách không có nhóm {wanted:?}; có: {known} (the list has no such stratum; it has these)"
    )]
    UnknownStratum {
        /// What a size was given for.
        wanted: String,
        /// What there is.
        known: String,
    },
    /// A stratum that no size was given for.
    #[error("chưa nói rút bao nhiêu ở nhóm {0:?} (no size is said for this stratum)")]
    NoSize(String),
    /// More is to be drawn than there are.
    #[error(
        "nhóm {stratum:?} chỉ có {rows} người, không rút được {size} \
         (there are only {rows} in it, {size} cannot be drawn)"
    )]
    TooFew {
        /// Where.
        stratum: String,
        /// People in it.
        rows: usize,
        /// What is to be drawn.
        size: u64,
    },
    /// A list without rows.
    #[error("danh sách không có dòng nào (the list has no rows)")]
    EmptyList,
    /// A table has no such column.
    #[error(
        "bảng không có cột {wanted:?}; có: {known} (the table has no such column; it has these)"
    )]
    NoColumn {
        /// What was asked for.
        wanted: String,
        /// What there is.
        known: String,
    },
    /// Two columns have the same head.
    #[error("bảng có hai cột {0:?} (the table has two columns of this name)")]
    ColumnTwice(String),
    /// A cell of a table is wrong.
    #[error("dòng {row}, cột {column:?}: {what}")]
    Cell {
        /// Row of the file, from 1.
        row: usize,
        /// Head of the column.
        column: String,
        /// What is wrong.
        what: String,
    },
    /// Sums of a table are not the sums.
    #[error(
        "dòng {row}, cột {column:?}: ghi {written}, các dòng hay cột cộng lại là {added} \
         (it says {written}, and what it sums up adds up to {added})"
    )]
    Sum {
        /// Row of the file, from 1.
        row: usize,
        /// Head of the column.
        column: String,
        /// What stands there.
        written: u64,
        /// What it is.
        added: u64,
    },
    /// A number that a campaign cannot have.
    #[error("{0} phiếu là quá nhiều cho một chỉ tiêu (too many sheets for a quota)")]
    Quota(u64),
    /// Names cannot be made into an id.
    #[error("{0:?}: không đặt được mã đơn vị từ tên này (no unit id can be made of this name)")]
    NoId(String),
    /// What was written is not what was meant.
    #[error("campaign.toml vừa lập không đọc lại được như bảng: {0} (it does not read back)")]
    NotReadBack(String),
    /// A table cannot be read.
    #[error(transparent)]
    Sheet(#[from] SheetError),
    /// The campaign is wrong.
    #[error(transparent)]
    Campaign(#[from] Box<StationError>),
    /// A paper cannot be printed.
    #[error(transparent)]
    Paper(#[from] FormError),
}

impl PlanError {
    /// A cell of a table does not do; `column`: its place, where it is one cell.
    #[must_use]
    pub fn cell(sheet: &Sheet, row: &Row, column: Option<usize>, what: impl ToString) -> Self {
        let head = column.and_then(|i| sheet.header.get(i));
        Self::Cell {
            row: row.number,
            column: head.cloned().unwrap_or_default(),
            what: what.to_string(),
        }
    }
}
