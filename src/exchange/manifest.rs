//! What a package says of itself: the part that is signed.

use serde::{Deserialize, Serialize};

use super::ExchangeError;
use super::container::Member;
use super::key::{PublicKey, StationKey};

/// Says that it is such a file, to programs and to a key that might sign others.
pub(super) const FORMAT: &str = "phieu-package";

/// Version of the format of packages.
pub(super) const FORMAT_VERSION: u32 = 1;

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// [`FORMAT`].
    pub format: String,
    /// [`FORMAT_VERSION`].
    pub format_version: u32,
    /// Name and version of the program that made it.
    pub software: String,
    /// Id of the station that made it.
    pub station: String,
    /// Which of the station's packages it is. All that differs between two packages
    /// of one state of a station is in here.
    pub revision: Revision,
    /// Of this unit and those below it; `None`: of all.
    pub scope: Option<String>,
    /// Names of people are in it.
    pub names: bool,
    /// The campaign; `campaign.toml` has it.
    pub campaign: CampaignOf,
    /// Units of its ballots, sorted.
    pub units: Vec<String>,
    /// Its forms, by id and version.
    pub forms: Vec<FormOf>,
    /// Its ballots.
    pub ballots: BallotsOf,
    /// Questions that wait for a person.
    pub pending_answers: u64,
    /// Where its ballots come from; the first is the station itself.
    pub origins: Vec<Origin>,
    /// Every other file in it, by name, but for the signature.
    pub members: Vec<MemberOf>,
}

/// Which of a station's packages it is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Revision {
    /// From 1.
    pub number: i64,
    /// When it was made, RFC 3339 UTC.
    pub made: String,
    /// Entries of the station's log.
    pub log_entries: i64,
    /// Hash of the last of them, hex.
    pub log_head: String,
}

/// The campaign of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CampaignOf {
    /// For people.
    pub name: String,
    /// BLAKE3 of its file, hex.
    pub blake3: String,
}

/// A form of a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FormOf {
    /// Its id.
    pub form: String,
    /// Its version.
    pub version: u32,
    /// For people.
    pub title: String,
    /// Digest of its layout.
    pub layout: String,
    /// Ballots of it.
    pub ballots: u64,
}

impl FormOf {
    /// The member with its ballots.
    pub(super) fn ballots_member(&self) -> String {
        format!("ballots/{}-v{}.csv", self.form, self.version)
    }

    /// The member with its form.toml.
    pub(super) fn toml_member(&self) -> String {
        format!("forms/{}-v{}/form.toml", self.form, self.version)
    }
}

/// Ballots by what became of them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BallotsOf {
    /// Those that count.
    pub counted: u64,
    /// Those that wait for a person as a whole.
    pub pending: u64,
    /// Those that a person took out.
    pub rejected: u64,
}

impl BallotsOf {
    /// All.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counted + self.pending + self.rejected
    }
}

/// Where ballots come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// What it is.
    pub kind: OriginKind,
    /// The station; of online answers `None`.
    pub station: Option<String>,
    /// Of this unit and those below it; `None`: of all.
    pub scope: Option<String>,
    /// Which of the station's packages; of the station itself `None`.
    pub revision: Option<i64>,
    /// For people.
    pub name: Option<String>,
    /// BLAKE3 of its file, hex; of the station itself `None`.
    pub blake3: Option<String>,
    /// Place of the origin in whose package it came; `None`: it came by itself.
    pub through: Option<usize>,
    /// Ballots with this origin.
    pub ballots: u64,
}

/// What an origin is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OriginKind {
    /// Scanned by the station that made the package.
    Own,
    /// A package that came in.
    Package,
    /// Answers that came in online.
    Online,
}

/// A file in a package.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemberOf {
    /// Its name.
    pub name: String,
    /// Bytes.
    pub size: u64,
    /// BLAKE3 of the content, hex.
    pub blake3: String,
    /// BLAKE3 of the compressed bytes as they lie in the file, hex.
    pub packed_blake3: String,
}

impl MemberOf {
    pub(super) fn of(member: &Member<'_>, content: &[u8]) -> Self {
        Self {
            name: member.name.clone(),
            size: member.size,
            blake3: blake3::hash(content).to_hex().to_string(),
            packed_blake3: blake3::hash(&member.packed).to_hex().to_string(),
        }
    }
}

/// `signature.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignatureFile {
    algorithm: String,
    public_key: String,
    signature: String,
    signed: String,
}

impl SignatureFile {
    /// Signs a manifest.
    pub fn sign(key: &StationKey, manifest: &[u8]) -> Self {
        Self {
            algorithm: "Ed25519".to_owned(),
            public_key: key.public().hex(),
            signature: key.sign(manifest),
            signed: "manifest.json".to_owned(),
        }
    }

    /// The key whose signature it is.
    pub fn verify(bytes: &[u8], manifest: &[u8]) -> Result<PublicKey, ExchangeError> {
        let file: Self = serde_json::from_slice(bytes)
            .map_err(|e| ExchangeError::malformed("signature.json", None, e))?;
        let key = PublicKey::from_hex(&file.public_key)?;
        key.verify(manifest, &file.signature)?;
        let again = Self {
            algorithm: "Ed25519".to_owned(),
            signed: "manifest.json".to_owned(),
            ..file
        };
        // Nothing signs this file itself: it has one form.
        if pretty("signature.json", &again)? != bytes {
            return Err(ExchangeError::BadSignature);
        }
        Ok(key)
    }
}

/// JSON that people can read, with a line's end at the end.
pub(super) fn pretty(member: &str, value: &impl Serialize) -> Result<Vec<u8>, ExchangeError> {
    let mut out =
        serde_json::to_vec_pretty(value).map_err(|e| ExchangeError::malformed(member, None, e))?;
    out.push(b'\n');
    Ok(out)
}

/// Reads a member that is JSON.
pub(super) fn json<T: serde::de::DeserializeOwned>(
    member: &str,
    bytes: &[u8],
) -> Result<T, ExchangeError> {
    serde_json::from_slice(bytes).map_err(|e| ExchangeError::malformed(member, e.line() as u64, &e))
}
