//! Who is handed a form. It names an employer, and perhaps an address that nobody else knows, while numbers are few enough to
//! be tried: a number alone opens nothing (PRODUCT threat 14). A form is for whoever holds the secret of its petition, or its
//! key, which follows from that secret, opens the form and nothing else, and may therefore stand in an address.

use bytes::Bytes;

use super::{Intake, IntakeError, Issued, internal};
use crate::domain::{PetitionNumber, Sha256, Token};
use crate::protection::{Kept, Keyring, ProtectionError};

/// What a form is asked for with.
#[derive(Debug, Clone)]
pub enum FormOpener {
    /// The secret of the petition.
    Secret(Token),
    /// The key to its form.
    Key(Token),
}

/// What keys to forms are made for: no other mark of the same text is one.
const PURPOSE: &str = "key to the form";

impl Intake {
    /// The key to the form of a petition that was given out.
    pub fn form_key(&self, issued: &Issued) -> Result<Token, IntakeError> {
        let keys = form_keys(self.store().keys(), &issued.number, issued.secret.hash());
        let current = keys.map_err(internal)?.next();
        current.ok_or_else(|| internal("a ring of keys that makes no mark"))
    }

    /// The exact bytes of a form. `None` for an unknown number, a number without a form, and what does not open it, alike.
    pub async fn form(
        &self,
        number: &PetitionNumber,
        opener: &FormOpener,
    ) -> Result<Option<Bytes>, IntakeError> {
        let petition = self.store().petition(number).await?;
        let Some((sha256, secret)) =
            petition.and_then(|petition| Some((petition.form?, petition.secret_hash)))
        else {
            return Ok(None);
        };
        // Hashes are compared, never what was presented: how long it takes tells nothing.
        let opens = match opener {
            FormOpener::Secret(presented) => presented.hash() == secret,
            FormOpener::Key(presented) => {
                let mut keys = form_keys(self.store().keys(), number, secret).map_err(internal)?;
                keys.any(|key| key.hash() == presented.hash())
            }
        };
        if !opens {
            return Ok(None);
        }
        Ok(Some(self.inner.documents.read(sha256).await?))
    }
}

/// The keys that open a form: one for each key of the ring, the current one first, so that an address outlives the change of
/// that. What is stored suffices to make them, so that nothing more is; but where data are protected, not without the ring:
/// a stolen database opens no form.
fn form_keys(
    ring: &Keyring,
    number: &PetitionNumber,
    secret_hash: Sha256,
) -> Result<impl Iterator<Item = Token>, ProtectionError> {
    let protects = ring.current().is_some();
    let marks = ring.marks(PURPOSE, &format!("{number} {secret_hash}"))?;
    Ok(marks
        .into_iter()
        .filter(move |(made, _)| !protects || *made != Kept::Plain)
        .map(|(_, mark)| Token::following(Sha256::of(mark.as_bytes()))))
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::STANDARD;

    use super::*;

    fn ring(keys: &[u8]) -> Keyring {
        let keys: Vec<String> = keys.iter().map(|key| STANDARD.encode([*key; 32])).collect();
        Keyring::from_base64(keys.iter().map(String::as_str)).unwrap()
    }

    fn keys(ring: &Keyring, serial: u64, secret: &[u8]) -> Vec<Token> {
        let number = PetitionNumber::new(2026, serial);
        form_keys(ring, &number, Sha256::of(secret))
            .unwrap()
            .collect()
    }

    #[test]
    fn a_key_belongs_to_one_petition_and_needs_the_ring_where_there_is_one() {
        let (plain, ours, renewed) = (Keyring::default(), ring(&[1]), ring(&[2, 1]));
        let open = keys(&plain, 1, b"secret");
        let own = keys(&ours, 1, b"secret");
        assert_eq!((open.len(), own.len()), (1, 1));
        assert_eq!(own, keys(&ours, 1, b"secret"), "it can be made again");
        for other in [
            keys(&ours, 2, b"secret"),
            keys(&ours, 1, b"another"),
            keys(&ring(&[2]), 1, b"secret"),
            open,
        ] {
            assert!(!own.contains(&other[0]));
        }
        let both = keys(&renewed, 1, b"secret");
        assert_eq!(both[1..], own, "an older address still opens");
    }
}
