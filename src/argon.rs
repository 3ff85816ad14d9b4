//! Argon2id (RFC 9106), the one way in which a password is kept: of an employer, and of a member of the back office.

use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher, PasswordVerifier};
use argon2::{Algorithm, Argon2, Params, Version};
use secrecy::{ExposeSecret, SecretString};

/// Memory in KiB, passes, lanes.
pub type Parameters = (u32, u32, u32);

/// Whether Argon2 takes these.
#[must_use]
pub fn takes((memory, passes, lanes): Parameters) -> bool {
    Params::new(memory, passes, lanes, None).is_ok()
}

/// The password as a PHC string with a random salt.
///
/// # Errors
/// Parameters that Argon2 does not take, in words for the log.
pub fn hash(
    password: &SecretString,
    (memory, passes, lanes): Parameters,
) -> Result<String, String> {
    let parameters = Params::new(memory, passes, lanes, None).map_err(|error| error.to_string())?;
    Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters)
        .hash_password(password.expose_secret().as_bytes())
        .map(|hash| hash.to_string())
        .map_err(|error| error.to_string())
}

/// Whether this is the password that was kept, by the parameters it was kept with. What can't be read matches nothing.
#[must_use]
pub fn matches(password: &SecretString, kept: &str) -> bool {
    PasswordHash::new(kept).is_ok_and(|kept| {
        Argon2::default()
            .verify_password(password.expose_secret().as_bytes(), &kept)
            .is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_matches_itself_alone() {
        let secret = |text: &str| SecretString::from(text.to_owned());
        let kept = hash(&secret("la lluvia de Macas"), (64, 1, 1)).unwrap();
        assert!(kept.starts_with("$argon2id$"), "{kept}");
        assert!(matches(&secret("la lluvia de Macas"), &kept));
        assert!(!matches(&secret("la lluvia de macas"), &kept));
        assert!(!matches(&secret(""), ""));
        assert_ne!(
            kept,
            hash(&secret("la lluvia de Macas"), (64, 1, 1)).unwrap(),
            "each with a salt of its own"
        );
    }
}
