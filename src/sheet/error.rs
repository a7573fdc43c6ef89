//! Why a file is no table.

use std::path::PathBuf;

/// Why there is no table, or not that column.
#[derive(Debug, thiserror::Error)]
pub enum SheetError {
    /// The file.
    #[error("{}: không đọc được (cannot read): {source}", file.display())]
    Io {
        /// Which.
        file: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// Too much for one table.
    #[error("{}: bảng quá lớn (the table is too large)", .0.display())]
    TooLarge(PathBuf),
    /// Nothing in it.
    #[error("{}: bảng trống (there is nothing in the table)", .0.display())]
    Empty(PathBuf),
    /// Bytes that are no text.
    #[error(
        "{}: không phải văn bản UTF-8; trong Excel chọn Lưu thành \"CSV UTF-8\" hoặc .xlsx \
         (no UTF-8 text; save it as \"CSV UTF-8\" or as .xlsx)",
        .0.display()
    )]
    NotText(PathBuf),
    /// An old or other kind of workbook.
    #[error(
        "{}: chỉ đọc CSV và XLSX; mở bằng Excel rồi lưu thành .xlsx \
         (only CSV and XLSX are read; save it as .xlsx)",
        .0.display()
    )]
    OtherKind(PathBuf),
    /// A workbook that cannot be taken apart.
    #[error("{}: tệp Excel hỏng (a broken workbook): {detail}", file.display())]
    Broken {
        /// Which.
        file: PathBuf,
        /// What is.
        detail: String,
    },
    /// A quotation mark is open at the end of a CSV file.
    #[error(
        "{}: thiếu một dấu ngoặc kép (\"): không biết ô nào hết ở đâu \
         (a quotation mark is missing: cells cannot be told apart)",
        .0.display()
    )]
    OpenQuote(PathBuf),
    /// A row that the head does not fit.
    #[error(
        "{}: hàng {row} có {found} ô, hàng đầu có {wanted} \
         (row {row} has {found} cells, the head has {wanted})",
        file.display()
    )]
    Ragged {
        /// Which file.
        file: PathBuf,
        /// Which row, from 1.
        row: usize,
        /// Its cells.
        found: usize,
        /// Those of the head.
        wanted: usize,
    },
    /// A formula that came to nothing.
    #[error(
        "{}: hàng {row}, cột {column}: ô báo lỗi {what} (the cell has an error)",
        file.display()
    )]
    ErrorCell {
        /// Which file.
        file: PathBuf,
        /// Which row, from 1.
        row: usize,
        /// Which column, from 1.
        column: usize,
        /// As the program shows it: `#N/A`.
        what: String,
    },
    /// Not that sheet.
    #[error(
        "{}: không có trang tính {wanted:?}; có (there is no such sheet; there are): {}",
        file.display(), there.join(", ")
    )]
    NoSheet {
        /// Which file.
        file: PathBuf,
        /// What was asked for.
        wanted: String,
        /// What is there.
        there: Vec<String>,
    },
    /// Several sheets have something in them.
    #[error(
        "{}: có nhiều trang tính; ghi rõ trang nào bằng --sheet \
         (it has several sheets; name one with --sheet): {}",
        file.display(), there.join(", ")
    )]
    SeveralSheets {
        /// Which file.
        file: PathBuf,
        /// What is there.
        there: Vec<String>,
    },
    /// Not that column.
    #[error(
        "{}: không có cột {wanted:?}; có (there is no such column; there are): {}",
        file.display(), there.join(" | ")
    )]
    NoColumn {
        /// Which file.
        file: PathBuf,
        /// What was asked for.
        wanted: String,
        /// What is there.
        there: Vec<String>,
    },
    /// A name that two columns have.
    #[error(
        "{}: hai cột cùng tên {name:?}; đổi tên một cột (two columns have this name)",
        file.display()
    )]
    ColumnTwice {
        /// Which file.
        file: PathBuf,
        /// Which name.
        name: String,
    },
}
