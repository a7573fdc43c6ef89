//! A mapping to begin with: columns whose names are like the form's questions, and what
//! is left for a person.

use std::collections::{BTreeMap, BTreeSet};

use toml::Value;

use super::DayOrder;
use super::mapping::OPEN;
use crate::form::code::is_form_id;
use crate::form::{Meaning, QuestionKind, QuestionMeaning};
use crate::sheet::{Sheet, folded};
use crate::station::LocalTime;
use crate::store::UnitTree;

/// Words that two texts have in common, of all that they have: above this they are
/// taken for the same question. Questions of one form often share half of their words
/// ("Ông/Bà đánh giá thế nào về …").
const ALIKE: f64 = 0.6;

/// Names of columns in which form tools write when an answer came, folded.
const TIMES: [&str; 10] = [
    "dấu thời gian",
    "timestamp",
    "thời gian hoàn thành",
    "completion time",
    "submitdate",
    "date submitted",
    "_submission_time",
    "ngày",
    "ngày trả lời",
    "thời gian",
];

/// The same of what is different in each answer.
const KEYS: [&str; 9] = [
    "id",
    "mã",
    "mã phản hồi",
    "mã trả lời",
    "response id",
    "respondent id",
    "token",
    "_uuid",
    "_id",
];

/// The same of units.
const UNITS: [&str; 5] = ["đơn vị", "khu vực", "cơ quan", "unit", "địa bàn"];

/// A mapping, and what a person still has to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggested {
    /// The mapping.toml.
    pub text: String,
    /// Questions for which no column was found.
    pub missing: Vec<String>,
    /// Texts of cells of which nobody knows what they mean.
    pub unknown: usize,
    /// Columns that nothing is taken from.
    pub unused: Vec<String>,
}

/// Looks for the questions of a form in a table.
#[must_use]
pub fn suggest(
    sheet: &Sheet,
    form: &str,
    meaning: &Meaning,
    units: &UnitTree,
    clock: LocalTime,
) -> Suggested {
    let mut draft = Draft {
        sheet,
        used: BTreeSet::new(),
        unknown: 0,
        text: String::new(),
    };
    let name = sheet
        .file
        .file_stem()
        .map(|n| n.to_string_lossy().into_owned());
    draft.line(&format!("name = {}", quoted(&name.unwrap_or_default())));
    draft.line(&format!("form = {}", quoted(form)));
    if let Some(name) = &sheet.name {
        draft.line(&format!("sheet = {}", quoted(name)));
    }
    draft.key();
    let found = draft.columns_of(meaning);
    let missing: Vec<String> = meaning
        .questions
        .iter()
        .map(|q| q.id.clone())
        .filter(|id| !found.contains_key(id.as_str()))
        .collect();
    if !missing.is_empty() {
        draft.line(
            "# Không tìm thấy cột của các câu này: thêm [questions.…] hoặc để đây nếu không hỏi",
        );
        draft.line("# (no column was found for these: add them below, or leave them here)");
        let ids: Vec<String> = missing.iter().map(|id| quoted(id)).collect();
        draft.line(&format!("not_asked = [{}]", ids.join(", ")));
    }
    draft.day(clock);
    draft.unit(units);
    for q in &meaning.questions {
        if let Some(columns) = found.get(q.id.as_str()) {
            draft.question(q, columns);
        }
    }
    let used = &draft.used;
    let unused = (0..sheet.header.len()).filter(|i| !used.contains(i));
    Suggested {
        unused: unused.map(|i| sheet.header[i].clone()).collect(),
        unknown: draft.unknown,
        missing,
        text: draft.text,
    }
}

/// Columns of a question: one, or one for each choice.
enum Found {
    One(usize),
    Each(Vec<(usize, String)>),
}

struct Draft<'a> {
    sheet: &'a Sheet,
    used: BTreeSet<usize>,
    unknown: usize,
    text: String,
}

impl Draft<'_> {
    fn line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }

    /// The first column with one of these names.
    fn named(&self, names: &[&str]) -> Option<usize> {
        names.iter().find_map(|name| {
            let at = |i: &usize| folded(&self.sheet.header[*i]) == *name;
            (0..self.sheet.header.len()).find(at)
        })
    }

    fn cells(&self, column: usize) -> impl Iterator<Item = &str> {
        self.sheet
            .rows
            .iter()
            .map(move |r| r.cells[column].as_str())
    }

    fn key(&mut self) {
        let Some(column) = self.named(&KEYS) else {
            self.line("# key = \"…\": cột có mã riêng của mỗi câu trả lời (a column that differs in each row)");
            return;
        };
        let different: BTreeSet<&str> = self.cells(column).filter(|c| !c.is_empty()).collect();
        if different.len() == self.sheet.rows.len() {
            self.used.insert(column);
            self.line(&format!("key = {}", quoted(&self.sheet.header[column])));
        }
    }

    fn day(&mut self, clock: LocalTime) {
        self.line("\n[day]");
        let Some(column) = self.named(&TIMES) else {
            self.line("is = \"?\"   # ngày nhận, ví dụ 2024-11-25 (the day)");
            self.unknown += 1;
            return;
        };
        self.used.insert(column);
        let fits = |order: &DayOrder| self.cells(column).all(|c| order.parse(c, clock).is_some());
        let fitting: Vec<DayOrder> = DayOrder::ALL.into_iter().filter(fits).collect();
        // A day that begins with its year fits all.
        let sure = fitting.len() == 3 || fitting.len() == 1;
        let order = match fitting.as_slice() {
            [_, _, _] => DayOrder::Ymd,
            [first, ..] => *first,
            [] => DayOrder::Dmy,
        };
        self.line(&format!("column = {}", quoted(&self.sheet.header[column])));
        let remark = if sure {
            ""
        } else {
            "   # KIỂM TRA: dmy là ngày/tháng/năm, mdy là tháng/ngày/năm (check: day or month first?)"
        };
        self.line(&format!("order = \"{}\"{remark}", order.word()));
    }

    fn unit(&mut self, units: &UnitTree) {
        if units.units().is_empty() {
            return;
        }
        self.line("\n[unit]");
        let Some(column) = self.named(&UNITS) else {
            let known: Vec<&str> = units.units().iter().map(|u| u.unit.as_str()).collect();
            self.line(&format!(
                "is = \"?\"   # hoặc column = \"…\"; đơn vị (units): {}",
                known.join(", ")
            ));
            self.unknown += 1;
            return;
        };
        self.used.insert(column);
        self.line(&format!("column = {}", quoted(&self.sheet.header[column])));
        let known: BTreeSet<String> = units
            .units()
            .iter()
            .flat_map(|u| [Some(folded(&u.unit)), u.name.as_deref().map(folded)])
            .flatten()
            .collect();
        let texts: BTreeSet<&str> = self.cells(column).filter(|c| !c.is_empty()).collect();
        let open: Vec<(String, String)> = texts
            .into_iter()
            .filter(|t| !known.contains(&folded(t)))
            .map(|t| {
                // "Thành thị" of "Khu vực thành thị".
                let mut ends = units.units().iter().filter(|u| {
                    let name = u.name.as_deref().map(folded);
                    name.is_some_and(|n| n.ends_with(&format!(" {}", folded(t))))
                });
                let unit = match (ends.next(), ends.next()) {
                    (Some(only), None) => only.unit.clone(),
                    _ => OPEN.to_owned(),
                };
                (t.to_owned(), unit)
            })
            .collect();
        self.values(&open);
    }

    fn values(&mut self, values: &[(String, String)]) {
        if values.is_empty() {
            return;
        }
        self.unknown += values.iter().filter(|(_, v)| v == OPEN).count();
        self.line(&format!("values = {}", in_line(values)));
    }

    /// The columns of each question, best first, no column twice.
    fn columns_of<'q>(&mut self, meaning: &'q Meaning) -> BTreeMap<&'q str, Found> {
        let mut found: BTreeMap<&str, Found> = BTreeMap::new();
        for q in meaning
            .questions
            .iter()
            .filter(|q| q.kind == QuestionKind::Multiple)
        {
            let each = self.each_choice(q);
            if each.len() == q.choices.len() {
                self.used.extend(each.iter().map(|e| e.0));
                found.insert(&q.id, Found::Each(each));
            }
        }
        let mut pairs: Vec<(f64, usize, &QuestionMeaning)> = Vec::new();
        for q in &meaning.questions {
            for (column, head) in self.sheet.header.iter().enumerate() {
                let likeness = likeness(head, q);
                if likeness >= ALIKE {
                    pairs.push((likeness, column, q));
                }
            }
        }
        // Stable: of two that are as alike the earlier question and column.
        pairs.sort_by(|a, b| b.0.total_cmp(&a.0));
        for (_, column, q) in pairs {
            if !self.used.contains(&column) && !found.contains_key(q.id.as_str()) {
                self.used.insert(column);
                found.insert(&q.id, Found::One(column));
            }
        }
        found
    }

    /// Columns such as `Câu 5 [Bưu điện]` or `q5[post]`.
    fn each_choice(&self, q: &QuestionMeaning) -> Vec<(usize, String)> {
        let mut found = Vec::new();
        for choice in &q.choices {
            let ends = [&choice.id, choice.in_words()].map(folded);
            let mut columns = (0..self.sheet.header.len()).filter(|i| {
                let head = folded(&self.sheet.header[*i]);
                let Some((before, within)) = head
                    .strip_suffix(']')
                    .and_then(|h| h.rsplit_once('['))
                    .or_else(|| head.split_once('/'))
                else {
                    return false;
                };
                ends.iter().any(|e| within.trim() == e) && likeness(before, q) >= ALIKE
            });
            if let (Some(column), None) = (columns.next(), columns.next()) {
                found.push((column, choice.id.clone()));
            }
        }
        found
    }

    fn question(&mut self, q: &QuestionMeaning, found: &Found) {
        // Ids of designed forms need no quotation marks; of learned ones they may.
        let id = match is_form_id(&q.id) {
            true => q.id.clone(),
            false => quoted(&q.id),
        };
        self.line(&format!("\n[questions.{id}]"));
        match found {
            Found::Each(columns) => {
                let head = |c: &usize| self.sheet.header[*c].clone();
                let pairs: Vec<_> = columns
                    .iter()
                    .map(|(c, choice)| (head(c), choice.clone()))
                    .collect();
                self.line(&format!("columns = {}", in_line(&pairs)));
            }
            Found::One(column) => self.one(q, *column),
        }
    }

    fn one(&mut self, q: &QuestionMeaning, column: usize) {
        self.line(&format!("column = {}", quoted(&self.sheet.header[column])));
        let known: BTreeSet<String> = q
            .choices
            .iter()
            .flat_map(|c| [folded(&c.id), folded(c.in_words())])
            .collect();
        if q.kind == QuestionKind::Multiple {
            let of = |s: char| self.cells(column).filter(|c| c.contains(s)).count();
            let separator = if of(';') > of(',') { ";" } else { "," };
            self.line(&format!("separator = {}", quoted(separator)));
            return;
        }
        let texts: BTreeSet<&str> = self.cells(column).filter(|c| !c.is_empty()).collect();
        let open: Vec<(String, String)> = texts
            .into_iter()
            .filter(|t| !known.contains(&folded(t)))
            .map(|t| (t.to_owned(), choice_like(t, q)))
            .collect();
        self.values(&open);
        if open.iter().any(|(_, v)| v == OPEN) {
            let ids: Vec<String> = q
                .choices
                .iter()
                .map(|c| format!("{} = {}", c.id, c.in_words()))
                .collect();
            self.line(&format!("# {}", ids.join("; ")));
        }
    }
}

/// The choice of a text such as `5. Rất hài lòng` or `Rất hài lòng (5)`.
fn choice_like(text: &str, q: &QuestionMeaning) -> String {
    let bare = folded(text);
    let bare = bare
        .trim_start_matches(|c: char| c.is_ascii_digit() || " .-)(:".contains(c))
        .trim_end_matches(|c: char| c.is_ascii_digit() || " .-)(:".contains(c));
    let mut same = q.choices.iter().filter(|c| folded(c.in_words()) == bare);
    match (same.next(), same.next()) {
        (Some(choice), None) => choice.id.clone(),
        _ => OPEN.to_owned(),
    }
}

/// How alike a column's name and a question are: 1 for the same id or text (or the same
/// in square brackets, as Google Forms names the rows of a grid), else words in common.
fn likeness(head: &str, q: &QuestionMeaning) -> f64 {
    let head = folded(head);
    let within = head
        .strip_suffix(']')
        .and_then(|h| h.rsplit_once('['))
        .map(|(_, row)| row.trim());
    let (id, text, whole) = (folded(&q.id), folded(&q.text), folded(&q.in_words()));
    for head in [Some(head.as_str()), within].into_iter().flatten() {
        if head == id || head == whole || (!text.is_empty() && head == text) {
            return 1.0;
        }
    }
    [Some(head.as_str()), within]
        .into_iter()
        .flatten()
        .flat_map(|head| [in_common(head, &text), in_common(head, &whole)])
        .fold(0.0, f64::max)
}

/// Jaccard's index of the words of two texts.
fn in_common(a: &str, b: &str) -> f64 {
    let words = |text: &str| -> BTreeSet<String> {
        text.split(|c: char| !c.is_alphanumeric())
            .filter(|w| !w.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let (a, b) = (words(a), words(b));
    let all = a.union(&b).count();
    if all == 0 {
        return 0.0;
    }
    // Counts of words: far below 2^52.
    a.intersection(&b).count() as f64 / all as f64
}

/// A text as TOML has it.
fn quoted(text: &str) -> String {
    Value::from(text).to_string()
}

/// A table in one line.
fn in_line(pairs: &[(String, String)]) -> String {
    let pairs = pairs
        .iter()
        .map(|(k, v)| (k.clone(), Value::from(v.as_str())));
    Value::Table(pairs.collect()).to_string()
}
