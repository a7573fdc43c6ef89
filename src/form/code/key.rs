//! Keys that the check of a code is made with.

use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Why a key could not be had.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// The file could not be read or written.
    #[error("{path}: cannot read or write the key file: {source}")]
    Io {
        /// The key file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file's content is not a key.
    #[error("{path}: not a key file (one line: \"phieu-key-1 \" and 64 hexadecimal digits)")]
    Malformed {
        /// The key file.
        path: PathBuf,
    },
    /// The system gave no random numbers.
    #[error("the system gives no random numbers: {0}")]
    NoEntropy(getrandom::Error),
}

/// A secret of 256 bits. Who has it can print codes that its station accepts.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; 32]);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // A secret must not end up in a log.
        write!(f, "Key({})", self.fingerprint())
    }
}

/// First word of a key file.
const MAGIC: &str = "phieu-key-1";

impl Key {
    /// The key that everybody has, used where an office made none: with it a
    /// code's check detects damage and mistyping, **not** forgery.
    #[must_use]
    pub fn public() -> Self {
        Self(blake3::derive_key(
            "phieu 2026-11-21 public key of codes: detects mistakes, not forgery",
            b"",
        ))
    }

    /// A new secret from the system's random numbers.
    ///
    /// # Errors
    /// [`KeyError::NoEntropy`] where the system has none.
    pub fn generate() -> Result<Self, KeyError> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(KeyError::NoEntropy)?;
        Ok(Self(bytes))
    }

    /// Reads a key file.
    ///
    /// # Errors
    /// If the file cannot be read or is not a key file.
    pub fn from_file(path: &Path) -> Result<Self, KeyError> {
        let text = std::fs::read_to_string(path).map_err(|source| KeyError::Io {
            path: path.to_owned(),
            source,
        })?;
        Self::parse(&text).ok_or_else(|| KeyError::Malformed {
            path: path.to_owned(),
        })
    }

    /// Writes a key file; never over a file that exists.
    ///
    /// # Errors
    /// If the file exists or cannot be written.
    pub fn write_new(&self, path: &Path) -> Result<(), KeyError> {
        let failed = |source| KeyError::Io {
            path: path.to_owned(),
            source,
        };
        let mut file = std::fs::File::create_new(path).map_err(failed)?;
        writeln!(file, "{}", self.to_line()).map_err(failed)
    }

    fn to_line(&self) -> String {
        let mut line = format!("{MAGIC} ");
        for byte in self.0 {
            line.push_str(&format!("{byte:02x}"));
        }
        line
    }

    fn parse(text: &str) -> Option<Self> {
        let hex = text.trim().strip_prefix(MAGIC)?.trim();
        if hex.len() != 64 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let mut bytes = [0; 32];
        for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).ok()?;
            *byte = u8::from_str_radix(pair, 16).ok()?;
        }
        Some(Self(bytes))
    }

    /// Eight hexadecimal digits by which people tell keys apart; they do not
    /// reveal the key.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let hash = blake3::derive_key("phieu 2026-11-21 fingerprint of a key", &self.0);
        hash[..4].iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Keyed hash of a text for one purpose, first 64 bits.
    pub(super) fn mac(&self, purpose: &str, text: &str) -> u64 {
        let mut hasher = blake3::Hasher::new_keyed(&self.0);
        hasher.update(purpose.as_bytes());
        hasher.update(&[0]);
        hasher.update(text.as_bytes());
        first_64(hasher.finalize().as_bytes())
    }
}

/// The first eight bytes of a hash as a number.
pub(super) fn first_64(hash: &[u8; 32]) -> u64 {
    let mut bytes = [0; 8];
    bytes.copy_from_slice(&hash[..8]);
    u64::from_le_bytes(bytes)
}

/// The keys whose codes a station accepts.
#[derive(Debug, Clone)]
pub struct Keyring(Vec<Key>);

impl Keyring {
    /// A ring of these keys, tried in order.
    #[must_use]
    pub fn new(keys: Vec<Key>) -> Self {
        Self(keys)
    }

    /// Only [`Key::public`].
    #[must_use]
    pub fn public() -> Self {
        Self(vec![Key::public()])
    }

    /// The keys, in order.
    pub fn keys(&self) -> impl Iterator<Item = &Key> {
        self.0.iter()
    }
}

impl Default for Keyring {
    fn default() -> Self {
        Self::public()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_keeps_the_key_and_is_never_overwritten() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("khóa của trạm.key");
        let key = Key::generate().unwrap();
        key.write_new(&path).unwrap();
        assert_eq!(Key::from_file(&path).unwrap(), key);
        assert!(matches!(key.write_new(&path), Err(KeyError::Io { .. })));
    }

    #[test]
    fn what_is_not_a_key_file_is_said_to_be_none() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("k");
        for text in ["", "phieu-key-1 00", "phieu-key-1 zz", &"0".repeat(64)] {
            std::fs::write(&path, text).unwrap();
            assert!(matches!(
                Key::from_file(&path),
                Err(KeyError::Malformed { .. })
            ));
        }
    }
}
