//! What a password of the back office must be. Length is what counts (NIST SP 800-63B §3.1.1.2); no rules about kinds of
//! characters.

use std::collections::BTreeSet;

use secrecy::{ExposeSecret, SecretString};

/// Longest password, in characters: a sentence fits, a book does not.
const MOST: usize = 128;
/// Fewest different characters.
const DIFFERENT: usize = 5;

/// Why a password is not good enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasswordFlaw {
    /// Too short.
    Short,
    /// Too long.
    Long,
    /// Too few different characters.
    Monotonous,
    /// It holds the user name.
    HoldsName,
}

/// Everything that is wrong with a password.
pub(super) fn flaws(password: &SecretString, user: &str, least: usize) -> Vec<PasswordFlaw> {
    let password = password.expose_secret().to_lowercase();
    let length = password.chars().count();
    let different = password.chars().collect::<BTreeSet<char>>().len();
    [
        (PasswordFlaw::Short, length < least),
        (PasswordFlaw::Long, length > MOST),
        (PasswordFlaw::Monotonous, different < DIFFERENT),
        (PasswordFlaw::HoldsName, password.contains(user)),
    ]
    .into_iter()
    .filter_map(|(flaw, holds)| holds.then_some(flaw))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_flaw_is_named() {
        use PasswordFlaw::*;
        let vectors: &[(&str, &[PasswordFlaw])] = &[
            ("la lluvia de Macas", &[]),
            ("corta", &[Short]),
            ("aaaaaaaaaaaaa", &[Monotonous]),
            ("la clave de ANA.P", &[HoldsName]),
            ("", &[Short, Monotonous]),
        ];
        for (password, expected) in vectors {
            let password = SecretString::from((*password).to_owned());
            assert_eq!(
                flaws(&password, "ana.p", 12),
                *expected,
                "{}",
                password.expose_secret()
            );
        }
    }
}
