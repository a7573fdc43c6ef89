//! From the text of a form.toml to a [`Form`]; every mistake with its place
//! and its remedy.

use std::ops::Range;

use toml::Spanned;

use super::check::check;
use super::model::{Choice, Form, Item, Language, Office, Paper};
use super::near::nearest;
use super::raw::RawForm;
use super::words::Words;
use crate::form::error::Position;
use crate::form::index_spec::mistake_in;
use crate::form::{Correction, FormError, QuestionKind};

/// Largest form.toml, bytes: a form of 31 full pages has about a tenth.
const MAX_BYTES: usize = 1 << 20;

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
pub(super) struct Reader<'a> {
    source: &'a str,
    file: &'a str,
}

impl Reader<'_> {
    pub(super) fn position(&self, offset: usize) -> Position {
        let offset = offset.min(self.source.len());
        let before = self.source.get(..offset).unwrap_or(self.source);
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        Position {
            line: before.matches('\n').count() + 1,
            column: before[line_start..].chars().count() + 1,
        }
    }

    pub(super) fn mistake(
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
        let contents_at = raw.content.first().map_or(0..0, Spanned::span);
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
            index: raw.index.map(Spanned::into_inner).unwrap_or_default(),
            contents: raw.content.into_iter().map(Spanned::into_inner).collect(),
            at: self.position(title_span.start),
            languages,
        })
        .and_then(|form| self.check_contents(form, contents_at))
        .and_then(|form| self.check_head(form, raw.id.span(), raw.version.span()))
    }

    fn check_contents(&self, form: Form, at: Range<usize>) -> Result<Form, FormError> {
        let questions: Vec<(&str, bool)> = form
            .questions()
            .map(|(id, _, kind, choices)| {
                let says = choices.iter().any(|c| c.satisfied.is_some());
                (id, kind == QuestionKind::Single && says)
            })
            .collect();
        match mistake_in(&form.index, &form.contents, &questions) {
            Some((what, fix)) => Err(self.mistake(at, what, fix)),
            None => Ok(form),
        }
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

pub(super) const ID_FIX: &str =
    "write it with lower-case letters a-z, digits and '-', at most 32, for example \"q3-note\"";

pub(super) fn is_id(id: &str) -> bool {
    crate::form::code::is_form_id(id)
}

pub(super) fn bad_id(id: &str) -> String {
    format!("{id:?} is not an id")
}
