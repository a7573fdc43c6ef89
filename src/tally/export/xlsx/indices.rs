//! The index of every part of every form.

use rust_xlsxwriter::Workbook;

use super::Book;
use crate::lang::Lang;
use crate::tally::TallyError;
use crate::tally::index::{Figure, Part};
use crate::workbook::{Table, Value, column};

/// What a part is called.
fn part_name(part: Part, lang: Lang) -> &'static str {
    match part {
        Part::Form => lang.pick("Phiếu", "Form"),
        Part::Content => lang.pick("Nội dung", "Content"),
        Part::Factor => lang.pick("Yếu tố", "Factor"),
        Part::Question => lang.pick("Câu hỏi", "Question"),
    }
}

/// The place of a part among those of its kind in the form that are shown.
fn place(figures: &[Figure], gone: &[bool], at: usize) -> Option<u32> {
    let own = figures[at].index?;
    let alike = |(i, f): &(usize, &Figure)| {
        f.part == figures[at].part && f.part != Part::Form && f.inside && !gone[*i]
    };
    let better = figures
        .iter()
        .enumerate()
        .filter(alike)
        .filter(|(_, f)| f.index.is_some_and(|i| i > own));
    let ranked = figures[at].inside && figures[at].part != Part::Form;
    ranked
        .then(|| u32::try_from(better.count() + 1).ok())
        .flatten()
}

pub(super) fn indices(book: &Book<'_>, workbook: &mut Workbook) -> Result<(), TallyError> {
    let lang = book.lang();
    let Some(all) = book.all() else {
        return Ok(());
    };
    let mut rows = Vec::new();
    for (n, form) in all.forms.iter().enumerate() {
        let gone = book.hidden_figures(n);
        let name = book.form_name(&form.form, form.version);
        for (i, f) in form.figures.iter().enumerate() {
            let text = match (f.part, f.inside) {
                (Part::Form, _) => form.title.clone(),
                (_, true) => f.text.clone(),
                (_, false) => format!(
                    "{} ({})",
                    f.text,
                    lang.pick("ngoài chỉ số", "outside of the index")
                ),
            };
            let mut cells = vec![
                Value::Text(name.clone()),
                Value::Text(part_name(f.part, lang).to_owned()),
                Value::Deep(f.depth, text),
                Value::Count(f.respondents),
            ];
            if gone.get(i).copied().unwrap_or(false) {
                cells.extend(std::iter::repeat_n(Value::Hidden, 8));
            } else {
                cells.extend([
                    Value::Count(f.satisfied),
                    Value::Count(f.valid),
                    Value::Share(f.index),
                    Value::Share(f.low),
                    Value::Share(f.high),
                    Value::Score(f.mean_score),
                    Value::Points(f.difference),
                    Value::Place(place(&form.figures, &gone, i)),
                ]);
            }
            rows.push(cells);
        }
    }
    let note = format!(
        "{}{}",
        lang.pick(
            "Chỉ số = câu trả lời hài lòng / câu trả lời hợp lệ, với trọng số và cách tính câu bỏ trống theo mẫu phiếu. Hạng: trong các phần cùng cấp của mẫu.",
            "Index = satisfied / valid answers, with the weights and the rule for blanks of the form. Rank: among parts of a kind in the form.",
        ),
        book.note_of_hidden()
    );
    let mut columns = vec![
        column(lang.pick("Mẫu phiếu", "Form"), 16.0),
        column(lang.pick("Cấp", "Level"), 10.0),
        column(lang.pick("Nội dung", "Text"), 60.0),
        column(lang.pick("Người trả lời", "Respondents"), 10.0),
    ];
    columns.extend(book.columns_of_index());
    columns.push(column(lang.pick("Điểm trung bình", "Mean score"), 10.0));
    columns.extend(book.columns_of_rank());
    book.table(
        workbook,
        &Table {
            name: lang.pick("Chỉ số", "Indices"),
            title: lang.pick(
                "Chỉ số hài lòng theo nội dung, yếu tố, câu hỏi",
                "Satisfaction index by content, factor and question",
            ),
            note: &note,
            columns: &columns,
            rows: &rows,
            total: None,
        },
    )
}
