//! A workbook that an office opens: a sheet a table, native charts, ready to print.

mod answers;
mod charts;
mod groups;
mod indices;
mod summary;

use std::io::Write;

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Workbook};

use super::ballots::forms;
use super::plan::Plan;
use crate::lang::Lang;
use crate::station::LocalTime;
use crate::store::Store;
use crate::tally::index::{Group, IndexReport};
use crate::tally::suppress::{self, Shown};
use crate::tally::{Tally, TallyError, TallyFilter};

use crate::workbook::{self, Column, Styles, Table, column};

/// How the workbook is made.
#[derive(Debug, Clone)]
pub struct XlsxOptions {
    /// Only this form in the words of questions; figures come filtered.
    pub filter: TallyFilter,
    /// What the campaign says.
    pub plan: Plan,
    /// Figures of fewer people than this are not shown; 0: all are.
    pub suppress: u64,
    /// When it is made, RFC 3339 UTC, in whole seconds.
    pub generated: String,
    /// The office's clock, by which people are told.
    pub local_time: LocalTime,
    /// Name and version of the program.
    pub program: String,
    /// Language.
    pub lang: Lang,
}

/// What all sheets are made of.
struct Book<'a> {
    tally: &'a Tally,
    index: &'a IndexReport,
    forms: &'a [super::ballots::ExportForm],
    options: &'a XlsxOptions,
    styles: Styles,
}

impl Book<'_> {
    fn lang(&self) -> Lang {
        self.options.lang
    }

    fn all(&self) -> Option<&Group> {
        self.index.groups.first()
    }

    /// The groups of one kind, and which of them are not shown.
    fn groups(&self, by: &str) -> Vec<Shown<'_>> {
        suppress::groups(self.index, by, self.options.suppress)
    }

    /// Adds a sheet with this table.
    fn table(&self, workbook: &mut Workbook, table: &Table<'_>) -> Result<(), TallyError> {
        workbook::table(workbook, &self.styles, table, self.campaign(), self.lang())?;
        Ok(())
    }

    /// The campaign's name, or the station's id.
    fn campaign(&self) -> &str {
        let named = self.tally.campaign.as_deref();
        named.unwrap_or(&self.tally.station)
    }

    /// The columns from the numerator to the interval.
    fn columns_of_index(&self) -> [Column<'static>; 5] {
        let lang = self.lang();
        [
            column(lang.pick("Hài lòng (tử số)", "Satisfied"), 10.0),
            column(lang.pick("Hợp lệ (mẫu số)", "Valid"), 10.0),
            column(lang.pick("Chỉ số", "Index"), 10.0),
            column(lang.pick("Cận dưới 95 %", "95 % from"), 10.0),
            column(lang.pick("Cận trên 95 %", "95 % to"), 10.0),
        ]
    }

    /// The columns of the difference from the last period and the rank.
    fn columns_of_rank(&self) -> [Column<'static>; 2] {
        let lang = self.lang();
        [
            column(
                lang.pick("Chênh lệch (điểm %)", "Difference (points)"),
                11.0,
            ),
            column(lang.pick("Hạng", "Rank"), 8.0),
        ]
    }

    /// Of each figure of a form of all ballots: is it not shown?
    fn hidden_figures(&self, form: usize) -> Vec<bool> {
        suppress::figures(self.index, form, self.options.suppress)
    }

    fn form_name(&self, form: &str, version: u32) -> String {
        let several = self.tally.forms.iter().filter(|f| f.form == form).count() > 1;
        if several {
            format!("{form} v{version}")
        } else {
            form.to_owned()
        }
    }

    /// What stands below the head of a sheet where figures may be missing.
    fn note_of_hidden(&self) -> String {
        let n = self.options.suppress;
        if n == 0 {
            return String::new();
        }
        match self.lang() {
            Lang::Vi => format!(
                " Ô “ẩn”: số liệu của dưới {n} người trả lời, hoặc của nhóm có thể suy ra số liệu đó."
            ),
            Lang::En => format!(
                " “withheld”: figures of fewer than {n} respondents, or from which such figures follow."
            ),
        }
    }
}

/// Writes the workbook of these figures.
///
/// # Errors
/// The database refuses, the workbook cannot be made, or the writer fails.
pub fn write_xlsx(
    store: &Store,
    tally: &Tally,
    index: &IndexReport,
    options: &XlsxOptions,
    mut out: impl Write,
) -> Result<(), TallyError> {
    let forms = forms(store, &options.filter)?;
    let book = Book {
        tally,
        index,
        forms: &forms,
        options,
        styles: Styles::new(),
    };
    let lang = options.lang;
    let mut workbook = Workbook::new();
    let mut properties = DocProperties::new()
        .set_title(book.campaign())
        .set_subject(lang.pick(
            "Kết quả khảo sát mức độ hài lòng",
            "Results of a satisfaction survey",
        ))
        .set_author(options.plan.office.as_deref().unwrap_or(&options.program))
        .set_comment(format!("{}; {}", options.program, tally.station));
    if let Some(office) = &options.plan.office {
        properties = properties.set_company(office);
    }
    // The same figures give the same bytes but for this time, which is given.
    if let Ok(time) = ExcelDateTime::parse_from_str(&options.generated) {
        properties = properties.set_creation_datetime(&time);
    }
    workbook.set_properties(&properties);
    summary::summary(&book, &mut workbook)?;
    summary::completeness(&book, &mut workbook)?;
    indices::indices(&book, &mut workbook)?;
    answers::answers(&book, &mut workbook)?;
    for by in ["unit", "area", "channel", "field", "month"] {
        groups::groups(&book, by, &mut workbook)?;
    }
    charts::charts(&book, &mut workbook)?;
    out.write_all(&workbook.save_to_buffer()?)?;
    out.flush()?;
    Ok(())
}
