//! The items of a form: which keys each takes, and what they mean.

use std::ops::Range;

use toml::Spanned;

use super::model::{
    Choice, DigitsField, Grid, GridRow, Inline, ItemKind, Language, Question, Text, WritingArea,
    WritingField,
};
use super::near::nearest;
use super::parse::{ID_FIX, Reader, bad_id, is_id};
use super::raw::{RawChoice, RawItem, RawLayout, RawText};
use crate::form::{FormError, QuestionKind};

/// Longest text, characters: a third of a page.
const MAX_TEXT: usize = 2000;
/// Longest label, characters: "Câu 12b." has eight. Other texts are bounded
/// by [`MAX_TEXT`]; a label was by the size of the file alone.
const MAX_LABEL: usize = 60;
/// Most lines of one writing area: more than a page holds.
const MAX_LINES: u32 = 40;
/// Most cells of one row of digits: the width of A5 holds about fifteen.
const MAX_CELLS: u32 = 30;

/// Reads texts in the form's languages, and what is made of texts.
pub(super) struct Words<'a> {
    pub reader: &'a Reader<'a>,
    pub languages: &'a [Language],
}

impl Words<'_> {
    pub(super) fn text(&self, raw: &Spanned<RawText>) -> Result<Text, FormError> {
        let value = raw.get_ref();
        let longest = [&value.plain, &value.vi, &value.en]
            .into_iter()
            .flatten()
            .map(|text| text.chars().count())
            .max();
        if longest > Some(MAX_TEXT) {
            return Err(self.reader.mistake(
                raw.span(),
                format!("the text is longer than {MAX_TEXT} characters"),
                "shorten it, or split it into several items",
            ));
        }
        if let Some(plain) = &value.plain {
            return Ok(Text {
                first: plain.clone(),
                second: None,
            });
        }
        let of = |language| match language {
            Language::Vi => value.vi.clone(),
            Language::En => value.en.clone(),
        };
        for (given, language, name) in [
            (value.vi.is_some(), Language::Vi, "vi"),
            (value.en.is_some(), Language::En, "en"),
        ] {
            if given && !self.languages.contains(&language) {
                return Err(self.reader.mistake(
                    raw.span(),
                    format!("the text has `{name}`, but the form is not printed in it"),
                    format!("add \"{name}\" to `languages` at the top, or take this text out"),
                ));
            }
        }
        let name = match self.languages[0] {
            Language::Vi => "vi",
            Language::En => "en",
        };
        let Some(first) = of(self.languages[0]) else {
            return Err(self.reader.mistake(
                raw.span(),
                format!("the text lacks `{name}`, the form's first language"),
                format!("add {name} = \"…\""),
            ));
        };
        Ok(Text {
            first,
            second: self.languages.get(1).and_then(|l| of(*l)),
        })
    }

    pub(super) fn optional(
        &self,
        raw: Option<&Spanned<RawText>>,
    ) -> Result<Option<Text>, FormError> {
        raw.map(|text| self.text(text)).transpose()
    }

    fn id(&self, raw: &Spanned<String>) -> Result<String, FormError> {
        let id = raw.get_ref();
        if is_id(id) {
            Ok(id.clone())
        } else {
            Err(self.reader.mistake(raw.span(), bad_id(id), ID_FIX))
        }
    }

    pub(super) fn choices(&self, raw: &[Spanned<RawChoice>]) -> Result<Vec<Choice>, FormError> {
        let mut choices: Vec<Choice> = Vec::with_capacity(raw.len());
        for choice in raw {
            let value = choice.get_ref();
            let id = self.id(&value.id)?;
            if choices.iter().any(|c| c.id == id) {
                return Err(self.reader.mistake(
                    value.id.span(),
                    format!("the choice {id:?} is there twice"),
                    "give one of them another id",
                ));
            }
            let note = value
                .note
                .as_ref()
                .map(|note| {
                    Ok::<_, FormError>(WritingArea {
                        id: self.id(&note.id)?,
                        text: match &note.text {
                            Some(text) => self.text(text)?,
                            None => self.usual_note(),
                        },
                    })
                })
                .transpose()?;
            if value.score.is_some_and(|s| !s.is_finite()) {
                return Err(self.reader.mistake(
                    choice.span(),
                    "the score is not a number",
                    "write a number such as 5 or 2.5",
                ));
            }
            choices.push(Choice {
                id,
                text: self.text(&value.text)?,
                note,
                satisfied: value.satisfied,
                score: value.score,
                excluded: value.excluded,
            });
        }
        Ok(choices)
    }

    fn usual_note(&self) -> Text {
        let word = |language: &Language| match language {
            Language::Vi => "(xin ghi rõ: …)".to_owned(),
            Language::En => "(please specify: …)".to_owned(),
        };
        Text {
            first: self.languages.first().map(word).unwrap_or_default(),
            second: self.languages.get(1).map(word),
        }
    }

    pub(super) fn item(
        &self,
        item: &Spanned<RawItem>,
        scales: &[(String, Vec<Choice>)],
        counter: &mut u32,
    ) -> Result<ItemKind, FormError> {
        let value = item.get_ref();
        let kind = value.kind.get_ref().as_str();
        let Some((_, taken, needed)) = KINDS.iter().find(|(name, _, _)| *name == kind) else {
            let names: Vec<&str> = KINDS.iter().map(|(name, _, _)| *name).collect();
            let fix = match nearest(kind, &names) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => format!("write one of {}", names.join(", ")),
            };
            return Err(self.reader.mistake(
                value.kind.span(),
                format!("unknown kind {kind:?}"),
                fix,
            ));
        };
        let given = given_keys(value);
        for (key, span) in &given {
            if !taken.contains(key) {
                return Err(self.reader.mistake(
                    span.clone(),
                    format!("`{key}` has no meaning for kind = \"{kind}\""),
                    format!("take it out; known here: {}", taken.join(", ")),
                ));
            }
        }
        for key in *needed {
            if !given.iter().any(|(k, _)| k == key) {
                return Err(self.reader.mistake(
                    value.kind.span(),
                    format!("kind = \"{kind}\" needs `{key}`"),
                    format!("add a line `{key} = …` below"),
                ));
            }
        }
        let text = self.optional(value.text.as_ref())?;
        let id = value.id.as_ref().map(|id| self.id(id)).transpose()?;
        let required = value.required.as_ref().is_none_or(|r| *r.get_ref());
        // `needed` guarantees what is taken for granted from here on.
        let (id, given_text) = (id.unwrap_or_default(), text.clone().unwrap_or_default());
        Ok(match kind {
            "section" => ItemKind::Section(given_text),
            "note" => ItemKind::Note(given_text),
            "page-break" => ItemKind::PageBreak,
            "instructions" => ItemKind::Instructions,
            "single" | "multiple" => {
                *counter += 1;
                ItemKind::Question(Question {
                    id,
                    label: self.label(value, *counter)?,
                    text: given_text,
                    kind: if kind == "single" {
                        QuestionKind::Single
                    } else {
                        QuestionKind::Multiple
                    },
                    max_choices: value.max_choices.as_ref().map(|m| *m.get_ref()),
                    required,
                    choices: self.choices_of(value, scales)?,
                    layout: self.layout(value)?,
                    reversed: value.reversed.as_ref().is_some_and(|r| *r.get_ref()),
                })
            }
            "grid" => {
                let choices = self.choices_of(value, scales)?;
                let mut rows = Vec::new();
                for row in value.rows.iter().flat_map(|rows| rows.get_ref()) {
                    *counter += 1;
                    let raw = row.get_ref();
                    rows.push(GridRow {
                        id: self.id(&raw.id)?,
                        label: match &raw.label {
                            Some(label) => self.short(label, raw.id.span())?,
                            None => format!("{counter}."),
                        },
                        text: self.text(&raw.text)?,
                        required: raw.required.unwrap_or(required),
                        reversed: raw.reversed,
                        at: self.reader.position(raw.id.span().start),
                    });
                }
                ItemKind::Grid(Grid {
                    id,
                    text,
                    choices,
                    rows,
                })
            }
            "text" | "personal" => ItemKind::Writing(WritingField {
                id,
                text: given_text,
                lines: self.within(value.lines.as_ref(), 1, MAX_LINES, "lines")?,
                inline: value.inline.as_ref().is_some_and(|i| *i.get_ref()),
                personal: kind == "personal",
            }),
            _ => {
                let groups = value
                    .groups
                    .as_ref()
                    .map_or_else(Vec::new, |g| g.get_ref().clone());
                let cells = groups.iter().fold(0_u32, |sum, n| sum.saturating_add(*n));
                if groups.is_empty() || groups.contains(&0) || cells > MAX_CELLS {
                    return Err(self.reader.mistake(
                        value.groups.as_ref().map_or(0..0, Spanned::span),
                        "`groups` must be numbers of cells",
                        format!("write for example groups = [3, 4]; at most {MAX_CELLS} cells"),
                    ));
                }
                ItemKind::Digits(DigitsField {
                    id,
                    text: given_text,
                    groups,
                    right: self.align_right(value)?,
                })
            }
        })
    }

    fn label(&self, value: &RawItem, counter: u32) -> Result<String, FormError> {
        match (&value.label, self.languages[0]) {
            (Some(label), _) => self.short(label.get_ref(), label.span()),
            (None, Language::Vi) => Ok(format!("Câu {counter}.")),
            (None, Language::En) => Ok(format!("{counter}.")),
        }
    }

    fn short(&self, label: &str, at: Range<usize>) -> Result<String, FormError> {
        if label.chars().count() > MAX_LABEL {
            return Err(self.reader.mistake(
                at,
                format!("the label is longer than {MAX_LABEL} characters"),
                "shorten it: the question's words belong into `text`",
            ));
        }
        Ok(label.to_owned())
    }

    fn within(
        &self,
        value: Option<&Spanned<u32>>,
        usual: u32,
        most: u32,
        key: &str,
    ) -> Result<u32, FormError> {
        match value {
            None => Ok(usual),
            Some(n) if (1..=most).contains(n.get_ref()) => Ok(*n.get_ref()),
            Some(n) => Err(self.reader.mistake(
                n.span(),
                format!("`{key}` is out of range"),
                format!("write a number from 1 to {most}"),
            )),
        }
    }

    fn align_right(&self, value: &RawItem) -> Result<bool, FormError> {
        match &value.align {
            None => Ok(false),
            Some(word) => match word.get_ref().as_str() {
                "left" => Ok(false),
                "right" => Ok(true),
                other => Err(self.reader.mistake(
                    word.span(),
                    format!("unknown alignment {other:?}"),
                    "write \"left\" or \"right\"",
                )),
            },
        }
    }

    fn layout(&self, value: &RawItem) -> Result<Inline, FormError> {
        let Some(raw) = &value.layout else {
            return Ok(Inline::Auto);
        };
        match raw.get_ref() {
            RawLayout::Word(word) if word == "inline" => Ok(Inline::Auto),
            RawLayout::Word(word) if word == "lines" => Ok(Inline::Lines),
            RawLayout::Columns(n @ 1..=8) => Ok(Inline::Columns(n.unsigned_abs() as u32)),
            _ => Err(self.reader.mistake(
                raw.span(),
                "unknown layout",
                "write \"inline\", \"lines\" or a number of columns from 1 to 8",
            )),
        }
    }

    fn choices_of(
        &self,
        value: &RawItem,
        scales: &[(String, Vec<Choice>)],
    ) -> Result<Vec<Choice>, FormError> {
        match (&value.choices, &value.scale) {
            (Some(choices), None) => self.choices(choices.get_ref()),
            (None, Some(name)) => scales
                .iter()
                .find(|(id, _)| id == name.get_ref())
                .map(|(_, choices)| choices.clone())
                .ok_or_else(|| {
                    let known: Vec<&str> = scales.iter().map(|(id, _)| id.as_str()).collect();
                    self.reader.mistake(
                        name.span(),
                        format!("there is no scale {:?}", name.get_ref()),
                        match nearest(name.get_ref(), &known) {
                            Some(near) => format!("did you mean {near:?}?"),
                            None => "add a [[scale]] with this id".to_owned(),
                        },
                    )
                }),
            (Some(_), Some(scale)) => Err(self.reader.mistake(
                scale.span(),
                "both `choices` and `scale` are given",
                "keep one of them",
            )),
            (None, None) => Err(self.reader.mistake(
                value.kind.span(),
                "the question has no choices",
                "add `choices = [{ id = \"…\", text = \"…\" }, …]` or `scale = \"…\"`",
            )),
        }
    }
}

/// Kind of item, the keys that it takes, the keys that it needs.
const KINDS: &[(&str, &[&str], &[&str])] = &[
    ("section", &["text"], &["text"]),
    ("note", &["text"], &["text"]),
    (
        "single",
        &[
            "id", "text", "label", "required", "reversed", "choices", "scale", "layout", "beside",
        ],
        &["id", "text"],
    ),
    (
        "multiple",
        &[
            "id",
            "text",
            "label",
            "required",
            "choices",
            "scale",
            "layout",
            "max-choices",
            "beside",
        ],
        &["id", "text"],
    ),
    (
        "grid",
        &["id", "text", "required", "choices", "scale", "rows"],
        &["id", "rows"],
    ),
    (
        "text",
        &["id", "text", "lines", "inline", "beside"],
        &["id", "text"],
    ),
    (
        "personal",
        &["id", "text", "lines", "inline", "beside"],
        &["id", "text"],
    ),
    (
        "digits",
        &["id", "text", "groups", "align", "beside"],
        &["id", "text", "groups"],
    ),
    ("instructions", &[], &[]),
    ("page-break", &[], &[]),
];

fn given_keys(item: &RawItem) -> Vec<(&'static str, Range<usize>)> {
    fn key<T>(
        out: &mut Vec<(&'static str, Range<usize>)>,
        name: &'static str,
        value: Option<&Spanned<T>>,
    ) {
        out.extend(value.map(|v| (name, v.span())));
    }
    let mut out = Vec::new();
    key(&mut out, "id", item.id.as_ref());
    key(&mut out, "text", item.text.as_ref());
    key(&mut out, "label", item.label.as_ref());
    key(&mut out, "required", item.required.as_ref());
    key(&mut out, "choices", item.choices.as_ref());
    key(&mut out, "scale", item.scale.as_ref());
    key(&mut out, "layout", item.layout.as_ref());
    key(&mut out, "max-choices", item.max_choices.as_ref());
    key(&mut out, "rows", item.rows.as_ref());
    key(&mut out, "lines", item.lines.as_ref());
    key(&mut out, "inline", item.inline.as_ref());
    key(&mut out, "groups", item.groups.as_ref());
    key(&mut out, "align", item.align.as_ref());
    key(&mut out, "beside", item.beside.as_ref());
    key(&mut out, "reversed", item.reversed.as_ref());
    out
}
