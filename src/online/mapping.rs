//! The mapping: which column is what, as a person writes it.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::{DayOrder, OnlineError};
use crate::form::{Meaning, QuestionKind, QuestionMeaning};
use crate::station::Day;
use crate::store::UnitTree;

/// What a suggested mapping has where a person must choose.
pub(super) const OPEN: &str = "?";

/// Which column of a table is what.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// How people call this collection of answers. A newer file of the same name takes
    /// the place of the older one.
    pub name: String,
    /// Id of the form.
    pub form: String,
    /// Sheet of the workbook, where it has several.
    pub sheet: Option<String>,
    /// Column with what is different in each row; without one a row is known by its
    /// number and answers.
    pub key: Option<String>,
    /// On which day an answer came in.
    pub day: DayOf,
    /// Which unit an answer is of.
    pub unit: Option<UnitOf>,
    /// The form's questions, by id.
    #[serde(default)]
    pub questions: BTreeMap<String, QuestionMap>,
    /// Questions of the form that nobody was asked online: they count as blank.
    #[serde(default)]
    pub not_asked: Vec<String>,
    /// The file as it was read.
    #[serde(skip)]
    pub source: String,
}

/// On which day answers came in.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum DayOf {
    /// As a column says.
    Column {
        /// Which.
        column: String,
        /// How days are written.
        order: DayOrder,
    },
    /// All on one day.
    Is {
        /// `2024-11-25`.
        is: String,
    },
}

/// Which unit answers are of.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum UnitOf {
    /// As a column says: by id or name of a unit, or by what `values` makes of it.
    Column {
        /// Which.
        column: String,
        /// Unit by text of the cell.
        #[serde(default)]
        values: BTreeMap<String, String>,
    },
    /// All of one unit.
    Is {
        /// Id of the unit.
        is: String,
    },
}

/// Where the answer to a question is.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuestionMap {
    column: Option<String>,
    #[serde(default)]
    values: BTreeMap<String, String>,
    separator: Option<String>,
    #[serde(default)]
    columns: BTreeMap<String, String>,
    #[serde(default)]
    marked: Vec<String>,
}

/// In which cells an answer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cells<'a> {
    /// In one, in words. `values`: choice by text, where it is not that of the form; an
    /// empty choice is none. `separator`: what stands between several.
    One {
        /// Which column.
        column: &'a str,
        /// Choice by text of the cell.
        values: &'a BTreeMap<String, String>,
        /// Of a question with several answers.
        separator: Option<&'a str>,
    },
    /// In one for each choice.
    Each {
        /// Choice by column.
        columns: &'a BTreeMap<String, String>,
        /// Texts that say it is chosen, beside those of [`super::rows`].
        marked: &'a [String],
    },
}

impl QuestionMap {
    /// In which cells its answer is; checked by [`Mapping::check`].
    #[must_use]
    pub fn cells(&self) -> Cells<'_> {
        match &self.column {
            Some(column) => Cells::One {
                column,
                values: &self.values,
                separator: self.separator.as_deref(),
            },
            None => Cells::Each {
                columns: &self.columns,
                marked: &self.marked,
            },
        }
    }

    /// Can it be understood, and does the question take such answers? Else what is
    /// wrong.
    fn check(&self, question: &QuestionMeaning) -> Result<(), String> {
        let id = &question.id;
        let one = self.column.is_some();
        let several = !self.columns.is_empty();
        if one == several
            || (several && (self.separator.is_some() || !self.values.is_empty()))
            || (one && !self.marked.is_empty())
        {
            return Err(format!(
                "{id}: ghi column (với values, separator) hoặc columns (với marked) (write either \
                 column, with values and separator, or columns, with marked)"
            ));
        }
        if self.separator.is_some() && question.kind == QuestionKind::Single {
            return Err(format!(
                "{id}: chỉ chọn một, không có separator (takes one answer)"
            ));
        }
        if self
            .separator
            .as_deref()
            .is_some_and(|s| s.trim().is_empty())
        {
            return Err(format!("{id}: separator trống (the separator is empty)"));
        }
        let known: BTreeSet<&str> = question.choices.iter().map(|c| c.id.as_str()).collect();
        for choice in self.values.values().chain(self.columns.values()) {
            if choice == OPEN {
                return Err(format!(
                    "{id}: còn dấu \"?\", hãy điền mã (fill in the \"?\")"
                ));
            }
            let none = choice.is_empty() && one;
            if !none && !known.contains(choice.as_str()) {
                let known: Vec<&str> = known.into_iter().collect();
                return Err(format!(
                    "{id}: không có phương án {choice:?}; có (no such choice; there are): {}",
                    known.join(", ")
                ));
            }
        }
        Ok(())
    }
}

impl Mapping {
    /// Reads a mapping.toml.
    ///
    /// # Errors
    /// It cannot be read or is none; the error says in which line.
    pub fn load(path: &Path) -> Result<Self, OnlineError> {
        let source = std::fs::read_to_string(path).map_err(|source| OnlineError::Io {
            path: path.to_owned(),
            source,
        })?;
        Self::of_source(&source, path)
    }

    /// The mapping of a text; `path` is how messages call it.
    ///
    /// # Errors
    /// It is none.
    pub fn of_source(source: &str, path: &Path) -> Result<Self, OnlineError> {
        let mut mapping: Self = toml::from_str(source).map_err(|e| OnlineError::Mapping {
            path: path.to_owned(),
            line: e
                .span()
                .map(|at| 1 + source[..at.start].matches('\n').count()),
            what: e.message().replace('\n', " "),
        })?;
        source.clone_into(&mut mapping.source);
        Ok(mapping)
    }

    /// Is every question of the form there, and is there nothing that the form or the
    /// campaign does not have?
    ///
    /// # Errors
    /// What is wrong first, with its line.
    pub fn check(&self, path: &Path, form: &Meaning, units: &UnitTree) -> Result<(), OnlineError> {
        let found = self
            .check_questions(form)
            .and_then(|()| self.check_units(units));
        found.map_err(|(key, what)| OnlineError::Mapping {
            path: path.to_owned(),
            line: self.line_with(&key),
            what,
        })
    }

    /// What is wrong with the questions, and the key beside which it is.
    fn check_questions(&self, form: &Meaning) -> Result<(), (String, String)> {
        let wrong = |key: &str, what: String| Err((key.to_owned(), what));
        let unknown =
            |id: &str| format!("mẫu phiếu không có câu {id:?} (the form has no such question)");
        if self.name.trim().is_empty() {
            return wrong(
                "name",
                "name không được trống (the name is empty)".to_owned(),
            );
        }
        for (id, map) in &self.questions {
            let Some(question) = form.question(id) else {
                return wrong(id, unknown(id));
            };
            map.check(question).or_else(|what| wrong(id, what))?;
        }
        let mut left: Vec<&str> = Vec::new();
        for q in &form.questions {
            match (
                self.questions.contains_key(&q.id),
                self.not_asked.contains(&q.id),
            ) {
                (true, true) => {
                    let what = format!(
                        "{0}: vừa có cột vừa ở not_asked (it has a column and is in not_asked)",
                        q.id
                    );
                    return wrong(&q.id, what);
                }
                (false, false) => left.push(&q.id),
                _ => {}
            }
        }
        if !left.is_empty() {
            let what = format!(
                "thiếu câu {0}; nếu không hỏi thì ghi vào not_asked (these questions are missing; \
                 those that were not asked go into not_asked)",
                left.join(", ")
            );
            return wrong("[questions]", what);
        }
        match self.not_asked.iter().find(|id| form.question(id).is_none()) {
            Some(id) => wrong("not_asked", unknown(id)),
            None => Ok(()),
        }
    }

    /// The same of units and day.
    fn check_units(&self, units: &UnitTree) -> Result<(), (String, String)> {
        let wrong = |key: &str, what: String| Err((key.to_owned(), what));
        let named: Vec<&String> = match &self.unit {
            None if units.units().is_empty() => Vec::new(),
            None => {
                let what = "thiếu [unit]: câu trả lời của đơn vị nào? (of which unit are the \
                            answers?)";
                return wrong("unit", what.to_owned());
            }
            Some(UnitOf::Is { is }) => vec![is],
            Some(UnitOf::Column { values, .. }) => values.values().collect(),
        };
        if let Some(unit) = named.into_iter().find(|u| !units.knows(u)) {
            let known: Vec<&str> = units.units().iter().map(|u| u.unit.as_str()).collect();
            let what = format!(
                "không có đơn vị {unit:?}; có (there is no such unit; there are): {}",
                known.join(", ")
            );
            return wrong("unit", what);
        }
        match &self.day {
            DayOf::Is { is } if Day::parse(is).is_none() => {
                wrong("day", format!("{is:?} không phải ngày (is no day)"))
            }
            _ => Ok(()),
        }
    }

    /// The first line in which a key of the mapping is.
    fn line_with(&self, key: &str) -> Option<usize> {
        let at = self.source.lines().position(|l| l.contains(key));
        at.map(|i| i + 1)
    }
}
