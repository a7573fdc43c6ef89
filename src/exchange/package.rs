//! A package that lies before us: first only whether somebody signed it as it is,
//! then what is in it.

use super::ExchangeError;
use super::boxes::{BoxOf, DECISIONS, DecisionOf, read_decisions};
use super::container::{self, Member};
use super::key::PublicKey;
use super::manifest::{
    FORMAT, FORMAT_VERSION, Manifest, MemberOf, OriginKind, SignatureFile, json,
};
use crate::form::code::is_form_id;

/// Members that every package has, beside those of its forms.
pub(super) const CAMPAIGN: &str = "campaign.toml";
pub(super) const BOXES: &str = "boxes.json";
pub(super) const COUNTS: &str = "counts.json";

/// A package whose manifest is signed by somebody. Nothing was unpacked yet.
#[derive(Debug)]
pub struct Package<'a> {
    /// What it says of itself.
    pub manifest: Manifest,
    /// Whose signature it is.
    pub key: PublicKey,
    /// BLAKE3 of the file, hex.
    pub digest: String,
    members: Vec<Member<'a>>,
}

/// BLAKE3, hex.
pub(super) fn digest(bytes: &[u8]) -> String {
    blake3::hash(bytes).to_hex().to_string()
}

impl<'a> Package<'a> {
    /// Takes a file apart and checks every byte of it against the signature, but for
    /// what only shows when it is unpacked. Whether the key is to be believed is
    /// another question.
    ///
    /// # Errors
    /// It is not a package, or not as it was signed.
    pub fn open(bytes: &'a [u8]) -> Result<Self, ExchangeError> {
        let mut members = container::read(bytes)?;
        let missing = |name: &str| ExchangeError::whole(format!("there is no {name}"));
        let mut first = |name: &'static str| {
            let there = members.first().is_some_and(|m| m.name == name);
            if there {
                members.remove(0).unpack()
            } else {
                Err(missing(name))
            }
        };
        let text = first("manifest.json")?;
        let key = SignatureFile::verify(&first("signature.json")?, &text)?;
        let version: serde_json::Value = json("manifest.json", &text)?;
        if version["format"] != FORMAT {
            return Err(ExchangeError::whole("the manifest is of something else"));
        }
        match version["format_version"].as_u64() {
            Some(v) if v == u64::from(FORMAT_VERSION) => {}
            Some(v) => {
                return Err(ExchangeError::Newer {
                    found: u32::try_from(v).unwrap_or(u32::MAX),
                    known: FORMAT_VERSION,
                });
            }
            None => return Err(ExchangeError::whole("the manifest has no version")),
        }
        let manifest: Manifest = json("manifest.json", &text)?;
        let package = Self {
            manifest,
            key,
            digest: digest(bytes),
            members,
        };
        package.check_manifest()?;
        package.check_members()?;
        Ok(package)
    }

    /// Does the manifest agree with itself?
    fn check_manifest(&self) -> Result<(), ExchangeError> {
        let m = &self.manifest;
        let wrong = |what: &str| Err(ExchangeError::malformed("manifest.json", None, what));
        if m.revision.number < 1 {
            return wrong("the revision");
        }
        let own = |o: &super::Origin| o.kind == OriginKind::Own;
        let first = m.origins.first();
        let sound = first.is_some_and(|o| {
            own(o) && o.station.as_deref() == Some(&m.station) && o.through.is_none()
        });
        if !sound || m.origins.iter().skip(1).any(own) {
            return wrong("the first origin is the station itself, and no other");
        }
        for (at, origin) in m.origins.iter().enumerate() {
            let station = origin.kind == OriginKind::Online || origin.station.is_some();
            if !station || origin.through.is_some_and(|t| t == 0 || t >= at) {
                return wrong("an origin");
            }
        }
        let forms: Vec<_> = m.forms.iter().map(|f| (&f.form, f.version)).collect();
        if !forms.is_sorted_by(|a, b| a < b) || m.forms.iter().any(|f| !is_form_id(&f.form)) {
            return wrong("the forms");
        }
        Ok(())
    }

    /// Are the members those of the manifest, and no others than a package has?
    fn check_members(&self) -> Result<(), ExchangeError> {
        let m = &self.manifest;
        let mut wanted: Vec<String> = [CAMPAIGN, BOXES, COUNTS, DECISIONS]
            .map(str::to_owned)
            .into();
        wanted.extend(m.forms.iter().map(super::FormOf::toml_member));
        let with_ballots = m.forms.iter().filter(|f| f.ballots > 0);
        wanted.extend(with_ballots.map(super::FormOf::ballots_member));
        wanted.sort_unstable();
        for member in &self.members {
            if wanted.binary_search(&member.name).is_err() {
                return Err(ExchangeError::whole(format!(
                    "a member that no package has: {:?}",
                    member.name
                )));
            }
        }
        let listed = m.members.iter().map(|e| &e.name);
        if !self.members.iter().map(|e| &e.name).eq(listed.clone()) || !wanted.iter().eq(listed) {
            return Err(ExchangeError::whole(
                "its members are not those of the manifest",
            ));
        }
        for (member, listed) in self.members.iter().zip(&m.members) {
            if member.size != listed.size || digest(&member.packed) != listed.packed_blake3 {
                return Err(ExchangeError::MemberChanged(member.name.clone()));
            }
        }
        Ok(())
    }

    /// Unpacks a member and checks its digest.
    pub(super) fn content(&self, name: &str) -> Result<Vec<u8>, ExchangeError> {
        let mut both = self.members.iter().zip(&self.manifest.members);
        let (member, listed): (&Member<'_>, &MemberOf) = both
            .find(|(m, _)| m.name == name)
            .ok_or_else(|| ExchangeError::whole(format!("there is no {name}")))?;
        let content = member.unpack()?;
        if digest(&content) != listed.blake3 {
            return Err(ExchangeError::MemberChanged(name.to_owned()));
        }
        Ok(content)
    }

    pub(super) fn boxes(&self) -> Result<Vec<BoxOf>, ExchangeError> {
        let boxes: Vec<BoxOf> = json(BOXES, &self.content(BOXES)?)?;
        match boxes
            .iter()
            .find(|b| b.origin >= self.manifest.origins.len())
        {
            Some(b) => Err(ExchangeError::malformed(BOXES, None, b.label())),
            None => Ok(boxes),
        }
    }

    pub(super) fn decisions(&self) -> Result<Vec<DecisionOf>, ExchangeError> {
        read_decisions(&self.content(DECISIONS)?, self.manifest.origins.len())
    }
}
