//! The two languages that users see: Vietnamese first, English beside it.

/// Language of what users see.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Lang {
    /// Vietnamese.
    #[default]
    Vi,
    /// English.
    En,
}

impl Lang {
    /// The language of a name such as `vi`, `en` or `en_US.UTF-8`.
    ///
    /// # Errors
    /// What the names are, for any other language.
    pub fn parse(name: &str) -> Result<Self, String> {
        match name.split(['_', '-', '.']).next() {
            Some("vi") => Ok(Self::Vi),
            Some("en") => Ok(Self::En),
            _ => Err("vi (tiếng Việt), en (English)".to_owned()),
        }
    }

    /// The text of this language.
    #[must_use]
    pub fn pick<'a>(self, vi: &'a str, en: &'a str) -> &'a str {
        match self {
            Self::Vi => vi,
            Self::En => en,
        }
    }

    /// A whole number with its digits in groups of three: points between them in
    /// Vietnamese, commas in English.
    #[must_use]
    pub fn grouped(self, n: impl Into<u128>) -> String {
        let digits = n.into().to_string();
        let mut out = String::new();
        for (i, c) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                out.push_str(self.pick(".", ","));
            }
            out.push(c);
        }
        out
    }
}
