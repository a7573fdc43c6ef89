//! How a ballot comes in.

/// A way in which ballots come in.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Channel {
    /// Filled in and handed in where the office receives people.
    Counter,
    /// Sent.
    Post,
    /// In the web or by e-mail: no paper of this station.
    Online,
}

impl Channel {
    /// All, in the order of the plans.
    pub const ALL: [Self; 3] = [Self::Counter, Self::Post, Self::Online];

    /// As campaign.toml, the database and files have it.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Post => "post",
            Self::Online => "online",
        }
    }

    /// Of a word.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|c| c.word() == word)
    }

    /// For people: Vietnamese and English.
    #[must_use]
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Self::Counter => ("trực tiếp", "at the counter"),
            Self::Post => ("bưu điện", "by post"),
            Self::Online => ("trực tuyến", "online"),
        }
    }
}
