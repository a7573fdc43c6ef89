//! Keys that packages are signed with: the station's own, and those of others.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};

use super::ExchangeError;
use crate::station::Station;

/// First word of the file of the secret.
const SECRET: &str = "phieu-signing-key-1";

/// First line of a public key's file.
const PUBLIC: &str = "phieu-public-key-1";

/// The key that a station signs with. Its secret lies in a file of the station's
/// folder, which only its owner may read.
pub struct StationKey(SigningKey);

impl std::fmt::Debug for StationKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "StationKey({})", self.public().hex())
    }
}

/// The public half of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PublicKey(VerifyingKey);

/// What a public key's file says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKeyFile {
    /// The key.
    pub key: PublicKey,
    /// The station that signs with it.
    pub station: String,
}

fn secret_file(station: &Station) -> PathBuf {
    station.dir().join("signing.key")
}

impl StationKey {
    /// Makes a key for a station that has none, or instead of the one it has.
    ///
    /// # Errors
    /// There is one and no `replaces`, which says why; or nothing can be written.
    pub fn make(station: &Station, replaces: Option<&str>) -> Result<Self, ExchangeError> {
        let store = station.store()?;
        let path = secret_file(station);
        let there = store.station_key()?.is_some() || path.exists();
        if there && replaces.is_none() {
            return Err(ExchangeError::KeyExists);
        }
        let mut secret = [0; 32];
        getrandom::fill(&mut secret).map_err(|e| ExchangeError::NoEntropy(e.to_string()))?;
        let key = Self(SigningKey::from_bytes(&secret));
        let part = path.with_extension("key.part");
        drop(fs::remove_file(&part));
        let line = format!("{SECRET} {}\n", hex(key.0.as_bytes()));
        private(&part)
            .and_then(|mut file| {
                file.write_all(line.as_bytes())?;
                file.sync_all()
            })
            .map_err(ExchangeError::io(&part, "write"))?;
        store.record_station_key(&key.public().hex(), replaces.unwrap_or("first key"))?;
        fs::rename(&part, &path).map_err(ExchangeError::io(&path, "write"))?;
        Ok(key)
    }

    /// The key of a station.
    ///
    /// # Errors
    /// It has none, or its file is not that of the key that the log has.
    pub fn of(station: &Station) -> Result<Self, ExchangeError> {
        let Some(row) = station.store()?.station_key()? else {
            return Err(ExchangeError::NoKey);
        };
        let path = secret_file(station);
        let text = fs::read_to_string(&path).map_err(ExchangeError::io(&path, "read"))?;
        let key = text
            .trim_end()
            .strip_prefix(SECRET)
            .and_then(|rest| unhex(rest.trim()))
            .map(|secret| Self(SigningKey::from_bytes(&secret)))
            .filter(|key| key.public().hex() == row.public_key);
        key.ok_or(ExchangeError::OtherKey(path))
    }

    /// Its public half.
    #[must_use]
    pub fn public(&self) -> PublicKey {
        PublicKey(self.0.verifying_key())
    }

    /// Ed25519 (RFC 8032), hex.
    pub(super) fn sign(&self, message: &[u8]) -> String {
        hex(&self.0.sign(message).to_bytes())
    }
}

/// A new file that only its owner may read, where the system knows owners; where it
/// does not, the folder's own rights hold.
fn private(path: &Path) -> std::io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

impl PublicKey {
    /// Of 64 hex digits.
    ///
    /// # Errors
    /// They are no key, or one that fits every signature.
    pub fn from_hex(text: &str) -> Result<Self, ExchangeError> {
        let wrong = |why| ExchangeError::NotAKey(text.chars().take(70).collect(), why);
        let bytes = unhex(text).ok_or_else(|| wrong("64 hex digits are needed"))?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| wrong("no point of the curve"))?;
        if key.is_weak() {
            return Err(wrong("a weak key"));
        }
        Ok(Self(key))
    }

    /// 64 hex digits.
    #[must_use]
    pub fn hex(&self) -> String {
        hex(self.0.as_bytes())
    }

    /// What two people compare over the telephone: six groups of five digits. The
    /// first 128 bits of the key's BLAKE3, big endian, modulo 10^30: 99.6 bits, so
    /// that nobody finds another key with the same digits.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let hash = blake3::hash(self.0.as_bytes());
        let mut first = [0; 16];
        first.copy_from_slice(&hash.as_bytes()[..16]);
        let digits = format!("{:030}", u128::from_be_bytes(first) % 10u128.pow(30));
        let groups: Vec<&str> = (0..6).map(|g| &digits[g * 5..g * 5 + 5]).collect();
        groups.join(" ")
    }

    /// Is this, as somebody typed it, the fingerprint?
    #[must_use]
    pub fn is_fingerprint(&self, typed: &str) -> bool {
        let digits = |t: &str| -> String { t.chars().filter(char::is_ascii_digit).collect() };
        let only = typed
            .chars()
            .all(|c| c.is_ascii_digit() || c.is_whitespace() || c == '-' || c == '.');
        only && digits(typed) == digits(&self.fingerprint())
    }

    /// Checks a signature (hex) strictly: one message and key have no second one
    /// that could be made without the secret.
    pub(super) fn verify(&self, message: &[u8], signature: &str) -> Result<(), ExchangeError> {
        let bytes: [u8; 64] = unhex(signature).ok_or(ExchangeError::BadSignature)?;
        self.0
            .verify_strict(message, &Signature::from_bytes(&bytes))
            .map_err(|_| ExchangeError::BadSignature)
    }

    /// What [`PublicKeyFile::parse`] reads.
    #[must_use]
    pub fn file(&self, station: &str) -> String {
        format!(
            "{PUBLIC}\nstation {station}\nkey {}\nfingerprint {}\n",
            self.hex(),
            self.fingerprint()
        )
    }
}

impl PublicKeyFile {
    /// Reads the text of a public key's file.
    ///
    /// # Errors
    /// It is none, or its fingerprint is not that of its key.
    pub fn parse(name: &str, text: &str) -> Result<Self, ExchangeError> {
        let wrong = |why| ExchangeError::NotAKey(name.to_owned(), why);
        let mut lines = text.lines();
        if lines.next() != Some(PUBLIC) {
            return Err(wrong("it does not begin as such a file does"));
        }
        let mut field = |word: &str| {
            let line = lines.next()?.strip_prefix(word)?;
            Some(line.strip_prefix(' ')?.to_owned())
        };
        let (Some(station), Some(key), Some(fingerprint)) =
            (field("station"), field("key"), field("fingerprint"))
        else {
            return Err(wrong("a line is missing"));
        };
        let key = PublicKey::from_hex(&key)?;
        if !key.is_fingerprint(&fingerprint) {
            return Err(wrong("its fingerprint is not that of its key"));
        }
        if station.is_empty() {
            return Err(wrong("it names no station"));
        }
        Ok(Self { key, station })
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Lower-case digits only: one text for one value.
pub(super) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    let text = text.as_bytes();
    if text.len() != 2 * N {
        return None;
    }
    let mut out = [0; N];
    for (byte, pair) in out.iter_mut().zip(text.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The first test vector of RFC 8032, section 7.1.
    #[test]
    fn signs_as_the_standard_does() {
        let secret =
            unhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").expect("hex");
        let key = StationKey(SigningKey::from_bytes(&secret));
        assert_eq!(
            key.public().hex(),
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
        );
        assert_eq!(
            key.sign(b""),
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        );
        assert!(key.public().verify(b"", &key.sign(b"")).is_ok());
        assert!(key.public().verify(b"x", &key.sign(b"")).is_err());
    }

    #[test]
    fn a_fingerprint_is_thirty_digits_however_they_are_typed() {
        let key =
            PublicKey::from_hex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
                .expect("a key");
        let print = key.fingerprint();
        assert_eq!(print.len(), 35);
        assert!(key.is_fingerprint(&print));
        assert!(key.is_fingerprint(&print.replace(' ', "")));
        assert!(key.is_fingerprint(&print.replace(' ', "-")));
        let mut other = print.clone().into_bytes();
        other[3] = if other[3] == b'9' { b'0' } else { other[3] + 1 };
        assert!(!key.is_fingerprint(&String::from_utf8_lossy(&other)));
        assert!(!key.is_fingerprint(""));
        assert!(!key.is_fingerprint("đúng"));
        let file = PublicKeyFile::parse("f", &key.file("abc")).expect("a file");
        assert_eq!((file.key, file.station.as_str()), (key, "abc"));
        assert!(PublicKeyFile::parse("f", &key.file("abc").replace("d75a", "d75b")).is_err());
        // A key of small order, under which signatures can be made up.
        assert!(PublicKey::from_hex(&format!("01{}", "0".repeat(62))).is_err());
    }
}
