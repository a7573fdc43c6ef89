//! How answers are distributed, question by question, with all that is no answer.

use rust_xlsxwriter::Workbook;

use super::Book;
use crate::tally::TallyError;
use crate::tally::suppress;
use crate::workbook::{Table, Value, column};

fn share(n: u64, of: u64) -> Option<f64> {
    (of > 0).then(|| n as f64 / of as f64)
}

pub(super) fn answers(book: &Book<'_>, workbook: &mut Workbook) -> Result<(), TallyError> {
    let lang = book.lang();
    let least = book.options.suppress;
    let mut rows = Vec::new();
    for form in &book.tally.forms {
        let known = book
            .forms
            .iter()
            .find(|f| f.form == form.form && f.version == form.version);
        let name = book.form_name(&form.form, form.version);
        let withheld = suppress::distributions(book.index, form, least);
        for q in &form.questions {
            let words = known.map_or_else(|| q.question.clone(), |f| f.words_of(&q.question));
            let spec = known.and_then(|f| f.questions.iter().find(|s| s.id == q.question));
            let gone = withheld.contains(q.question.as_str());
            let ballots = form.ballots.counted + form.ballots.pending;
            let mut line = |choice: String, kind: &str, n: u64, of_answers: bool, gone: bool| {
                let shown = |value: Value| if gone { Value::Hidden } else { value };
                rows.push(vec![
                    Value::Text(name.clone()),
                    Value::Text(words.clone()),
                    Value::Text(choice),
                    Value::Text(kind.to_owned()),
                    shown(Value::Count(n)),
                    match of_answers {
                        true => shown(Value::Share(share(n, q.answered))),
                        false => Value::Nothing,
                    },
                    shown(Value::Share(share(n, ballots))),
                ]);
            };
            for c in &q.choices {
                let meaning = spec.and_then(|s| s.choices.iter().find(|m| m.id == c.choice));
                let words = meaning.map_or(c.choice.as_str(), |m| m.in_words());
                let kind = match meaning {
                    Some(m) if m.excluded => {
                        lang.pick("ngoài mẫu số", "outside of the denominator")
                    }
                    Some(m) => match m.satisfied {
                        Some(true) => lang.pick("hài lòng", "satisfied"),
                        Some(false) => lang.pick("không hài lòng", "not satisfied"),
                        None => "",
                    },
                    None => "",
                };
                line(words.to_owned(), kind, c.count, true, gone);
            }
            for (word, n) in [
                (lang.pick("(bỏ trống)", "(blank)"), q.blank),
                (lang.pick("(không hợp lệ)", "(invalid)"), q.invalid),
                (lang.pick("(chờ xử lý)", "(pending)"), q.pending),
            ] {
                line(
                    word.to_owned(),
                    lang.pick("không có câu trả lời", "no answer"),
                    n,
                    false,
                    false,
                );
            }
        }
    }
    let note = format!(
        "{}{}",
        lang.pick(
            "Tỷ lệ trên số phiếu trả lời câu đó, và trên mọi phiếu được tính hoặc chờ xử lý. Câu chọn nhiều: tổng có thể quá 100 %.",
            "Shares of ballots that answer the question, and of all counted and pending ones. Several choices may add up to more than 100 %.",
        ),
        book.note_of_hidden()
    );
    book.table(
        workbook,
        &Table {
            name: lang.pick("Phân bố", "Answers"),
            title: lang.pick("Phân bố câu trả lời", "Distribution of answers"),
            note: &note,
            columns: &[
                column(lang.pick("Mẫu phiếu", "Form"), 16.0),
                column(lang.pick("Câu hỏi", "Question"), 60.0),
                column(lang.pick("Phương án", "Choice"), 34.0),
                column(lang.pick("Loại", "Kind"), 20.0),
                column(lang.pick("Số phiếu", "Ballots"), 11.0),
                column(lang.pick("Trên số trả lời", "Of answers"), 12.0),
                column(lang.pick("Trên số phiếu", "Of ballots"), 12.0),
            ],
            rows: &rows,
            total: None,
        },
    )
}
