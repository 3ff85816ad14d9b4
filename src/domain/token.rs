//! Secrets that travel in links and receipts: shown once, stored only as a hash.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Sha256;

/// A bearer secret of 192 random bits, written as 32 URL-safe characters.
///
/// Neither `Debug` nor `Display` reveals it: ask for [`Token::reveal`] where it must be shown or sent. Only
/// [`Token::hash`] is stored, so that a stolen database opens nothing.
#[derive(Clone, PartialEq, Eq)]
pub struct Token(String);

impl Token {
    /// Makes a token from 24 bytes of a cryptographic random source.
    #[must_use]
    pub fn from_random(random: [u8; 24]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random))
    }

    /// The token that follows from a digest: whoever can make the digest again has the token again, and it is stored nowhere.
    #[must_use]
    pub fn following(digest: Sha256) -> Self {
        let mut bytes = [0; 24];
        bytes.copy_from_slice(&digest.as_bytes()[..24]);
        Self::from_random(bytes)
    }

    /// Takes a token as a person or a link presented it; anything that is not 32 URL-safe characters is `None`.
    #[must_use]
    pub fn presented(text: &str) -> Option<Self> {
        let text = text.trim();
        let shape = text.len() == 32
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        shape.then(|| Self(text.to_owned()))
    }

    /// The characters themselves, for the one place where they are shown or sent.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// What is stored and looked up. Looking up by the hash of what was presented takes the same time for every
    /// wrong guess, because nothing of the secret itself is ever compared.
    #[must_use]
    pub fn hash(&self) -> Sha256 {
        Sha256::of(self.0.as_bytes())
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_survives_the_trip_through_a_link_and_never_prints() {
        let token = Token::from_random([7; 24]);
        assert_eq!(Token::presented(token.reveal()), Some(token.clone()));
        assert!(!format!("{token:?}").contains(token.reveal()));
        assert_eq!(Token::presented("short"), None);
        assert_eq!(Token::presented("a/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"), None);
    }
}
