//! From the text of a form.toml to a [`Form`]; every mistake with its place
//! and its remedy.

use std::ops::Range;

use toml::Spanned;

use super::check::check;
use super::model::{
    Choice, DigitsField, Form, Grid, GridRow, Inline, Item, ItemKind, Language, Office, Paper,
    Question, Text, WritingArea, WritingField,
};
use super::raw::{RawChoice, RawForm, RawItem, RawLayout, RawText};
use crate::form::error::Position;
use crate::form::{Correction, FormError, QuestionKind};

/// Largest form.toml, bytes: a form of 31 full pages has about a tenth.
const MAX_BYTES: usize = 1 << 20;
/// Most lines of one writing area: more than a page holds.
const MAX_LINES: u32 = 40;
/// Most cells of one row of digits: the width of A5 holds about fifteen.
const MAX_CELLS: u32 = 30;

/// Understands a form.toml. `file` is how the messages call it.
///
/// # Errors
/// [`FormError::Mistake`] with line and column.
pub fn parse(source: &str, file: &str) -> Result<Form, FormError> {
    let reader = Reader { source, file };
    if source.len() > MAX_BYTES {
        return Err(reader.mistake(
            0..0,
            "the file is larger than 1 MB",
            "a form.toml holds only texts; take everything else out",
        ));
    }
    let raw: RawForm = toml::from_str(source).map_err(|e| reader.toml_error(&e))?;
    let form = reader.form(raw)?;
    check(&form)?;
    Ok(form)
}

/// The source, to turn byte offsets into places.
struct Reader<'a> {
    source: &'a str,
    file: &'a str,
}

impl Reader<'_> {
    fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.source.len());
        let before = self.source.get(..offset).unwrap_or(self.source);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Position {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    fn mistake(
        &self,
        span: Range<usize>,
        what: impl Into<String>,
        fix: impl Into<String>,
    ) -> FormError {
        FormError::Mistake {
            file: self.file.to_owned(),
            at: self.position(span.start),
            what: what.into(),
            fix: fix.into(),
        }
    }

    fn toml_error(&self, error: &toml::de::Error) -> FormError {
        let message = error.message().replace('\n', ": ");
        let span = error.span().unwrap_or(0..0);
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        let fix = match quoted.split_first() {
            Some((wrong, known)) if message.starts_with("unknown field") => {
                match nearest(wrong, known) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("known here: {}", known.join(", ")),
                }
            }
            Some((missing, _)) if message.starts_with("missing field") => {
                format!("add a line `{missing} = …` here")
            }
            _ if message.starts_with("invalid type") => {
                "write the value as the message expects it".to_owned()
            }
            _ => "look for a missing quote, bracket or equals sign at this place".to_owned(),
        };
        let what = match message.split_once(", expected one of") {
            Some((head, _)) if message.starts_with("unknown field") => head.to_owned(),
            _ => message.clone(),
        };
        self.mistake(span, what, fix)
    }

    fn form(&self, raw: RawForm) -> Result<Form, FormError> {
        let languages = self.languages(raw.languages.as_ref())?;
        let words = Words {
            reader: self,
            languages: &languages,
        };
        let title_span = raw.title.span();
        let paper = match raw.paper.as_ref() {
            None => Paper::A4,
            Some(paper) => match paper.get_ref().to_ascii_lowercase().as_str() {
                "a4" => Paper::A4,
                "a5" => Paper::A5,
                "letter" => Paper::Letter,
                "legal" => Paper::Legal,
                other => {
                    return Err(self.mistake(
                        paper.span(),
                        format!("unknown paper {other:?}"),
                        "write \"A4\", \"A5\", \"letter\" or \"legal\"",
                    ));
                }
            },
        };
        let correction = match raw.correction.as_ref() {
            None => Correction::FillCancels,
            Some(word) => match word.get_ref().as_str() {
                "fill-cancels" => Correction::FillCancels,
                "circle-cancels" => Correction::CircleCancels,
                "none" => Correction::None,
                other => {
                    return Err(self.mistake(
                        word.span(),
                        format!("unknown correction {other:?}"),
                        "write \"fill-cancels\", \"circle-cancels\" or \"none\"",
                    ));
                }
            },
        };
        let office = raw
            .office
            .map(|office| {
                Ok::<_, FormError>(Office {
                    superior: words.optional(office.superior.as_ref())?,
                    name: words.text(&office.name)?,
                })
            })
            .transpose()?;
        let instructions = raw
            .instructions
            .map(|list| list.iter().map(|t| words.text(t)).collect())
            .transpose()?;

        let mut scales: Vec<(String, Vec<Choice>)> = Vec::new();
        for scale in &raw.scale {
            let id = scale.id.get_ref();
            if scales.iter().any(|(known, _)| known == id) {
                return Err(self.mistake(
                    scale.id.span(),
                    format!("the scale {id:?} is there twice"),
                    "give one of them another id",
                ));
            }
            scales.push((id.clone(), words.choices(&scale.choices)?));
        }

        let mut counter = 0;
        let mut items = Vec::with_capacity(raw.body.len());
        for item in &raw.body {
            let at = self.position(item.get_ref().kind.span().start);
            let kind = words.item(item, &scales, &mut counter)?;
            let beside = item.get_ref().beside.as_ref().is_some_and(|b| *b.get_ref());
            items.push(Item { kind, beside, at });
        }
        let national_header = raw
            .national_header
            .unwrap_or(office.is_some() && languages.contains(&Language::Vi));
        Ok(Form {
            file: self.file.to_owned(),
            id: raw.id.get_ref().clone(),
            version: *raw.version.get_ref(),
            paper,
            office,
            national_header,
            title: words.text(&raw.title)?,
            subtitle: words.optional(raw.subtitle.as_ref())?,
            basis: words.optional(raw.basis.as_ref())?,
            instructions,
            correction,
            closing: words.optional(raw.closing.as_ref())?,
            items,
            at: self.position(title_span.start),
            languages,
        })
        .and_then(|form| self.check_head(form, raw.id.span(), raw.version.span()))
    }

    fn check_head(
        &self,
        form: Form,
        id: Range<usize>,
        version: Range<usize>,
    ) -> Result<Form, FormError> {
        use crate::form::code::{MAX_FORM_ID, MAX_VERSION};
        if form.id.len() > MAX_FORM_ID {
            return Err(self.mistake(
                id,
                format!("the form's id is longer than {MAX_FORM_ID} characters"),
                "shorten it: it is printed into the code",
            ));
        }
        if !is_id(&form.id) {
            return Err(self.mistake(id, bad_id(&form.id), ID_FIX));
        }
        if form.version == 0 || form.version > MAX_VERSION {
            return Err(self.mistake(
                version,
                format!("version {} is out of range", form.version),
                format!("write a number from 1 to {MAX_VERSION}"),
            ));
        }
        Ok(form)
    }

    fn languages(&self, raw: Option<&Spanned<Vec<String>>>) -> Result<Vec<Language>, FormError> {
        let Some(raw) = raw else {
            return Ok(vec![Language::Vi]);
        };
        let mut languages = Vec::new();
        for word in raw.get_ref() {
            let language = match word.as_str() {
                "vi" => Language::Vi,
                "en" => Language::En,
                other => {
                    return Err(self.mistake(
                        raw.span(),
                        format!("unknown language {other:?}"),
                        "write languages = [\"vi\"], [\"en\"] or [\"vi\", \"en\"]",
                    ));
                }
            };
            if !languages.contains(&language) {
                languages.push(language);
            }
        }
        if languages.is_empty() {
            return Err(self.mistake(
                raw.span(),
                "no language is given",
                "write languages = [\"vi\"]",
            ));
        }
        Ok(languages)
    }
}

/// Reads texts in the form's languages, and what is made of texts.
struct Words<'a> {
    reader: &'a Reader<'a>,
    languages: &'a [Language],
}

impl Words<'_> {
    fn text(&self, raw: &Spanned<RawText>) -> Result<Text, FormError> {
        let value = raw.get_ref();
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

    fn optional(&self, raw: Option<&Spanned<RawText>>) -> Result<Option<Text>, FormError> {
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

    fn choices(&self, raw: &[Spanned<RawChoice>]) -> Result<Vec<Choice>, FormError> {
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
            Language::Vi => "xin ghi rõ:".to_owned(),
            Language::En => "please specify:".to_owned(),
        };
        Text {
            first: self.languages.first().map(word).unwrap_or_default(),
            second: self.languages.get(1).map(word),
        }
    }

    fn item(
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
            "single" | "multiple" => {
                *counter += 1;
                ItemKind::Question(Question {
                    id,
                    label: self.label(value, *counter),
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
                        label: raw.label.clone().unwrap_or_else(|| format!("{counter}.")),
                        text: self.text(&raw.text)?,
                        required: raw.required.unwrap_or(required),
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

    fn label(&self, value: &RawItem, counter: u32) -> String {
        match (&value.label, self.languages[0]) {
            (Some(label), _) => label.get_ref().clone(),
            (None, Language::Vi) => format!("Câu {counter}."),
            (None, Language::En) => format!("{counter}."),
        }
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
            "id", "text", "label", "required", "choices", "scale", "layout", "beside",
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
    out
}

const ID_FIX: &str =
    "write it with lower-case letters a-z, digits and '-', at most 32, for example \"q3-note\"";

fn is_id(id: &str) -> bool {
    crate::form::code::is_form_id(id)
}

fn bad_id(id: &str) -> String {
    format!("{id:?} is not an id")
}

/// The known word that is nearest to a mistyped one, if it is near.
pub(crate) fn nearest<'a>(wrong: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|word| (distance(wrong, word), *word))
        .filter(|(d, word)| *d <= 1 + word.chars().count() / 4)
        .min()
        .map(|(_, word)| word)
}

/// Levenshtein's distance.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, ca) in a.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, cb) in b.iter().enumerate() {
            let cost = diagonal + usize::from(ca != *cb);
            diagonal = row[j + 1];
            row[j + 1] = cost.min(row[j] + 1).min(row[j + 1] + 1);
        }
    }
    row[b.len()]
}
