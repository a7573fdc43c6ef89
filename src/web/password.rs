//! Passwords: argon2id, with the parameters that OWASP's password storage cheat
//! sheet recommends (19 MiB, two passes), which are the crate's default.

use argon2::Argon2;
use argon2::password_hash::{PasswordHash, PasswordHasher, PasswordVerifier, SaltString};

use super::WebError;

/// Shorter passwords are guessed: NIST SP 800-63B asks for eight characters at
/// least.
const SHORTEST: usize = 8;

/// Longer ones only cost time.
const LONGEST: usize = 256;

/// A password that was typed; never shown in debug output.
#[derive(Clone)]
pub struct Password(String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Password(…)")
    }
}

impl Password {
    /// A new password, if it is long enough.
    ///
    /// # Errors
    /// How long it must be.
    pub fn new(text: &str) -> Result<Self, WebError> {
        let length = text.chars().count();
        if !(SHORTEST..=LONGEST).contains(&length) {
            return Err(WebError::PasswordLength {
                least: SHORTEST,
                most: LONGEST,
            });
        }
        Ok(Self(text.to_owned()))
    }

    /// Its hash as a PHC string.
    ///
    /// # Errors
    /// The system gives no randomness.
    pub fn hash(&self) -> Result<String, WebError> {
        let salt = SaltString::encode_b64(&random::<16>()?)
            .map_err(|e| WebError::Password(e.to_string()))?;
        Argon2::default()
            .hash_password(self.0.as_bytes(), &salt)
            .map(|h| h.to_string())
            .map_err(|e| WebError::Password(e.to_string()))
    }
}

/// The hash of a password that nobody has.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$\
                      AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// Is this the password of that hash? Takes as long where there is no account
/// (`None`), so that nobody learns which names exist.
pub(super) fn verify(text: &str, hash: Option<&str>) -> bool {
    if text.chars().count() > LONGEST {
        return false;
    }
    let parsed = PasswordHash::new(hash.unwrap_or(NOBODY));
    parsed.is_ok_and(|h| {
        Argon2::default()
            .verify_password(text.as_bytes(), &h)
            .is_ok()
    }) && hash.is_some()
}

/// Random bytes out of the system.
pub(super) fn random<const N: usize>() -> Result<[u8; N], WebError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|e| WebError::Random(e.to_string()))?;
    Ok(bytes)
}

/// Random bytes as hex.
pub(super) fn random_hex<const N: usize>() -> Result<String, WebError> {
    Ok(random::<N>()?.iter().map(|b| format!("{b:02x}")).collect())
}

/// Without what is mistaken for something else when it is read aloud or copied.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A password that nobody guesses: 60 bits, in three groups of four.
///
/// # Errors
/// The system gives no randomness.
pub fn generate() -> Result<String, WebError> {
    let bytes = random::<12>()?;
    let letters: Vec<char> = bytes
        .iter()
        .map(|b| char::from(LETTERS[usize::from(b % 32)]))
        .collect();
    let groups: Vec<String> = letters.chunks(4).map(|g| g.iter().collect()).collect();
    Ok(groups.join("-"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_fits_its_own_hash_only() {
        let hash = Password::new("mật khẩu dài").unwrap().hash().unwrap();
        assert!(hash.starts_with("$argon2id$"));
        assert!(verify("mật khẩu dài", Some(&hash)));
        assert!(!verify("mật khẩu dai", Some(&hash)));
        assert!(!verify("mật khẩu dài", None));
        assert!(!verify("x", Some("not a hash")));
    }

    /// Where it did not parse, a name without account would be refused at once.
    #[test]
    fn nobodys_hash_costs_as_much_as_anybodys() {
        let nobody = PasswordHash::new(NOBODY).unwrap();
        let text = Password::new("12345678").unwrap().hash().unwrap();
        let anybody = PasswordHash::new(&text).unwrap();
        assert_eq!(nobody.algorithm, anybody.algorithm);
        assert_eq!(nobody.params, anybody.params);
        assert_eq!(nobody.hash.unwrap().len(), anybody.hash.unwrap().len());
    }

    #[test]
    fn short_passwords_are_refused_and_generated_ones_differ() {
        assert!(Password::new("1234567").is_err());
        let (a, b) = (generate().unwrap(), generate().unwrap());
        assert_ne!(a, b);
        assert!(a.len() == 14 && Password::new(&a).is_ok());
    }
}
