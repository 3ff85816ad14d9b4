//! Secrets that travel in links and receipts: shown once, stored only as a hash.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Sha256;

/// A bearer secret of 192 random bits: written as 32 URL-safe characters where it is pressed, as 39 letters and digits where
/// somebody copies it by hand.
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
        Self::from_random(first_bytes(digest))
    }

    /// The same bits in base32 (RFC 4648 §6) in lower case: nothing to be told apart by its case, no hyphen at which a line
    /// breaks, and no 0 or 1 beside the letters that look like them.
    #[must_use]
    pub fn legible(random: [u8; 24]) -> Self {
        let bit = |place: usize| {
            let byte = random.get(place / 8).copied().unwrap_or_default();
            usize::from((byte >> (7 - place % 8)) & 1)
        };
        let letter =
            |at: usize| (at * 5..at * 5 + 5).fold(0, |five, place| (five << 1) | bit(place));
        Self(
            (0..LEGIBLE_LENGTH)
                .map(|at| char::from(BASE32[letter(at)]))
                .collect(),
        )
    }

    /// The legible token that follows from a digest, as [`Token::following`].
    #[must_use]
    pub fn legible_following(digest: Sha256) -> Self {
        Self::legible(first_bytes(digest))
    }

    /// Takes a token as a person or a link presented it; anything that has the shape of neither kind is `None`.
    #[must_use]
    pub fn presented(text: &str) -> Option<Self> {
        let text = text.trim();
        if text.len() == LEGIBLE_LENGTH {
            return read(text).map(Self);
        }
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

fn first_bytes(digest: Sha256) -> [u8; 24] {
    let mut bytes = [0; 24];
    bytes.copy_from_slice(&digest.as_bytes()[..24]);
    bytes
}

/// The letters and digits of RFC 4648 §6, in lower case.
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";
/// Five bits a character.
const LEGIBLE_LENGTH: usize = (24 * 8usize).div_ceil(5);

/// A legible token as somebody typed it: capitals, and a digit for the letter that looks like it, are understood.
fn read(text: &str) -> Option<String> {
    let letter = |typed: char| {
        let letter = match typed.to_ascii_lowercase() {
            '0' => 'o',
            '1' => 'l',
            '8' => 'b',
            other => other,
        };
        let known = BASE32.iter().any(|known| char::from(*known) == letter);
        known.then_some(letter)
    };
    text.chars().map(letter).collect()
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

    #[test]
    fn a_token_that_is_copied_by_hand_is_understood_as_it_is_typed() {
        let vectors = [
            ([0; 24], "a".repeat(39)),
            ([0xff; 24], format!("{}y", "7".repeat(38))),
            // RFC 4648 §10: «foobar» is MZXW6YTBOI.
            (
                *b"foobarfoobarfoobarfoobar",
                "mzxw6ytbojtg633cmfzgm33pmjqxeztpn5rgc4q".to_owned(),
            ),
        ];
        for (random, written) in vectors {
            let token = Token::legible(random);
            assert_eq!(token.reveal(), written);
            assert_eq!(Token::presented(&written.to_uppercase()), Some(token));
        }
        let token = Token::presented(&format!("lo{}", "b".repeat(37)));
        assert_eq!(Token::presented(&format!("10{}", "8".repeat(37))), token);
        assert_eq!(Token::presented(&"9".repeat(39)), None);
        assert_eq!(Token::presented(&"é".repeat(39)), None);
    }

    #[test]
    fn no_two_of_the_bits_are_lost() {
        let tokens: std::collections::BTreeSet<String> = (0..192)
            .map(|place| {
                let mut random = [0; 24];
                random[place / 8] = 1 << (place % 8);
                Token::legible(random).reveal().to_owned()
            })
            .collect();
        assert_eq!(tokens.len(), 192);
    }
}
