//! The keys of a form.toml, before anything is judged.

use std::fmt;

use serde::Deserialize;
use serde::de::{self, MapAccess, Visitor};
use toml::Spanned;

use crate::form::{Content, IndexRules};

/// A text: a string, or a table with `vi` and `en`.
#[derive(Debug, Clone, Default)]
pub(super) struct RawText {
    pub plain: Option<String>,
    pub vi: Option<String>,
    pub en: Option<String>,
}

impl<'de> Deserialize<'de> for RawText {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;
        impl<'de> Visitor<'de> for TextVisitor {
            type Value = RawText;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text: \"…\" or { vi = \"…\", en = \"…\" }")
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<RawText, E> {
                Ok(RawText {
                    plain: Some(text.to_owned()),
                    ..RawText::default()
                })
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<RawText, A::Error> {
                let mut text = RawText::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "vi" => text.vi = Some(map.next_value()?),
                        "en" => text.en = Some(map.next_value()?),
                        other => return Err(de::Error::unknown_field(other, &["vi", "en"])),
                    }
                }
                Ok(text)
            }
        }
        deserializer.deserialize_any(TextVisitor)
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawForm {
    pub id: Spanned<String>,
    pub version: Spanned<u32>,
    pub title: Spanned<RawText>,
    pub subtitle: Option<Spanned<RawText>>,
    pub basis: Option<Spanned<RawText>>,
    pub paper: Option<Spanned<String>>,
    pub languages: Option<Spanned<Vec<String>>>,
    pub office: Option<RawOffice>,
    pub national_header: Option<bool>,
    pub instructions: Option<Vec<Spanned<RawText>>>,
    pub correction: Option<Spanned<String>>,
    pub closing: Option<Spanned<RawText>>,
    pub index: Option<Spanned<IndexRules>>,
    #[serde(default)]
    pub content: Vec<Spanned<Content>>,
    #[serde(default)]
    pub scale: Vec<RawScale>,
    #[serde(default)]
    pub body: Vec<Spanned<RawItem>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawOffice {
    pub superior: Option<Spanned<RawText>>,
    pub name: Spanned<RawText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawScale {
    pub id: Spanned<String>,
    pub choices: Vec<Spanned<RawChoice>>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawChoice {
    pub id: Spanned<String>,
    pub text: Spanned<RawText>,
    pub note: Option<RawNote>,
    pub satisfied: Option<bool>,
    pub score: Option<f64>,
    #[serde(default)]
    pub excluded: bool,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNote {
    pub id: Spanned<String>,
    pub text: Option<Spanned<RawText>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRow {
    pub id: Spanned<String>,
    pub text: Spanned<RawText>,
    pub label: Option<String>,
    pub required: Option<bool>,
    #[serde(default)]
    pub reversed: bool,
}

/// All keys that any kind of item may have; which kind takes which is checked
/// afterwards, so that the message can say it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct RawItem {
    pub kind: Spanned<String>,
    pub id: Option<Spanned<String>>,
    pub text: Option<Spanned<RawText>>,
    pub label: Option<Spanned<String>>,
    pub required: Option<Spanned<bool>>,
    pub choices: Option<Spanned<Vec<Spanned<RawChoice>>>>,
    pub scale: Option<Spanned<String>>,
    pub layout: Option<Spanned<RawLayout>>,
    pub max_choices: Option<Spanned<u32>>,
    pub rows: Option<Spanned<Vec<Spanned<RawRow>>>>,
    pub lines: Option<Spanned<u32>>,
    pub inline: Option<Spanned<bool>>,
    pub groups: Option<Spanned<Vec<u32>>>,
    pub align: Option<Spanned<String>>,
    pub beside: Option<Spanned<bool>>,
    pub reversed: Option<Spanned<bool>>,
}

/// `"inline"`, `"lines"` or a number of columns.
#[derive(Debug, Clone)]
pub(super) enum RawLayout {
    Word(String),
    Columns(i64),
}

impl<'de> Deserialize<'de> for RawLayout {
    fn deserialize<D: de::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct LayoutVisitor;
        impl Visitor<'_> for LayoutVisitor {
            type Value = RawLayout;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("\"inline\", \"lines\" or a number of columns")
            }
            fn visit_str<E: de::Error>(self, word: &str) -> Result<RawLayout, E> {
                Ok(RawLayout::Word(word.to_owned()))
            }
            fn visit_i64<E: de::Error>(self, n: i64) -> Result<RawLayout, E> {
                Ok(RawLayout::Columns(n))
            }
        }
        deserializer.deserialize_any(LayoutVisitor)
    }
}
