//! Protects personal data at rest: texts of the database and whole documents, with AES-256-GCM (NIST SP 800-38D) under keys
//! of the configuration. A stolen disk or backup tells nothing without them (PRODUCT threat 19).
//!
//! What is protected is bound to its place, `table.column.rowkey`, as associated data: moved to another row or column it is
//! not opened. The first key of the ring protects; the others only open what was protected with them, so that a key can be
//! replaced while the service runs. Without any key everything stays readable, and whatever is readable is read: an
//! installation can begin to protect at any time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use openssl::error::ErrorStack;
use openssl::hash::MessageDigest;
use openssl::pkey::PKey;
use openssl::sign::Signer;
use openssl::symm::{Cipher, decrypt_aead, encrypt_aead};

use crate::domain::Sha256;

/// Length of a key in bytes.
const KEY_BYTES: usize = 32;
/// Length of a nonce: 96 bits, at random for each text (SP 800-38D §8.2.2). One key may protect 2³² of them.
const NONCE_BYTES: usize = 12;
/// Length of the tag.
const TAG_BYTES: usize = 16;
/// What a protected text begins with: the first form there is.
const MARK: &str = "s1:";
/// What a protected document begins with, before the key's name.
const DOCUMENT_MARK: &[u8] = b"clavero-s1:";
/// Letters of a key's name.
const ID_LETTERS: usize = 8;
/// How long a key counts as missed after something under it was to be read.
const MISSED_FOR: Duration = Duration::from_mins(5);

/// Why something was not protected or opened.
#[derive(Debug, thiserror::Error)]
pub enum ProtectionError {
    /// A configured key is no key.
    #[error("a key is 32 random bytes in base64 (openssl rand -base64 32)")]
    Key,
    /// The same key twice.
    #[error("the same key stands twice in the ring")]
    Twice,
    /// It was protected with a key that is not in the ring.
    #[error("protected with the key {0}, which is not configured")]
    UnknownKey(String),
    /// It was changed, or moved here from somewhere else.
    #[error("protected, and changed or moved since")]
    Changed,
    /// OpenSSL failed.
    #[error("could not be protected: {0}")]
    OpenSsl(#[from] ErrorStack),
}

/// One key, with what is derived from it for each use.
struct Key {
    /// The first letters of a digest of it: names it without telling it.
    id: String,
    texts: [u8; KEY_BYTES],
    documents: [u8; KEY_BYTES],
}

impl Key {
    fn new(bytes: &[u8; KEY_BYTES]) -> Result<Self, ProtectionError> {
        let derived = |use_for: &str| -> Result<[u8; KEY_BYTES], ErrorStack> {
            let key = PKey::hmac(bytes)?;
            let mut mac = [0; KEY_BYTES];
            Signer::new(MessageDigest::sha256(), &key)?
                .sign_oneshot(&mut mac, use_for.as_bytes())?;
            Ok(mac)
        };
        let mut id = Sha256::from_array(derived("clavero key name")?).to_string();
        id.truncate(ID_LETTERS);
        Ok(Self {
            id,
            texts: derived("clavero texts")?,
            documents: derived("clavero documents")?,
        })
    }
}

/// The keys of an installation, the current one first. Cheap to clone, never printed.
#[derive(Clone, Default)]
pub struct Keyring {
    keys: Arc<Vec<Key>>,
    /// Names of keys that something was protected with, and that are not here: the clones of a ring share them.
    missed: Arc<Mutex<BTreeMap<String, Instant>>>,
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list()
            .entries(self.keys.iter().map(|key| &key.id))
            .finish()
    }
}

/// How something is kept.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kept {
    /// Readable by anybody who has the disk.
    Plain,
    /// Under the key with this name.
    Under(String),
}

impl Keyring {
    /// A ring of keys in base64, the current one first.
    ///
    /// # Errors
    /// When one of them is no key, or stands there twice.
    pub fn from_base64<'a>(
        keys: impl IntoIterator<Item = &'a str>,
    ) -> Result<Self, ProtectionError> {
        let mut ring = Vec::new();
        let mut seen = BTreeSet::new();
        for key in keys {
            let bytes = STANDARD
                .decode(key.trim())
                .map_err(|_| ProtectionError::Key)?;
            let bytes = bytes
                .as_slice()
                .try_into()
                .map_err(|_| ProtectionError::Key)?;
            let key = Key::new(bytes)?;
            if !seen.insert(key.id.clone()) {
                return Err(ProtectionError::Twice);
            }
            ring.push(key);
        }
        Ok(Self {
            keys: Arc::new(ring),
            missed: Arc::default(),
        })
    }

    /// The name of the key that protects; `None` when nothing is protected.
    #[must_use]
    pub fn current(&self) -> Option<&str> {
        self.keys.first().map(|key| key.id.as_str())
    }

    /// The names of the keys that are in this ring and not in another one.
    #[must_use]
    pub fn missing_in(&self, other: &Self) -> Vec<String> {
        let mine = self.keys.iter().map(|key| &key.id);
        mine.filter(|id| !other.has(id)).cloned().collect()
    }

    /// Whether the key with this name is in the ring.
    #[must_use]
    pub fn has(&self, id: &str) -> bool {
        self.keys.iter().any(|key| key.id == id)
    }

    /// The name of a key that something was protected with which was to be read, and that is not in the ring. In a ring without keys
    /// none is missed: whoever writes something that looks protected must not make others think so. One that nobody misses any more
    /// is forgotten: a row left behind is a row, and a service that reads all others goes on.
    #[must_use]
    pub fn missed(&self) -> Option<String> {
        let missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
        let lately = |since: &Instant| since.elapsed() < MISSED_FOR;
        missed
            .iter()
            .find(|(_, since)| lately(since))
            .map(|(id, _)| id.clone())
    }

    /// Whether something that is kept like this is kept as it should be.
    #[must_use]
    pub fn is_current(&self, kept: &Kept) -> bool {
        match (self.current(), kept) {
            (None, Kept::Plain) => true,
            (Some(current), Kept::Under(id)) => current == id,
            _ => false,
        }
    }

    /// Protects a text that belongs into `place`; without a key it stays as it is.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn protect(&self, place: &str, text: &str) -> Result<String, ProtectionError> {
        let Some(key) = self.keys.first() else {
            return Ok(text.to_owned());
        };
        let sealed = seal(&key.texts, place, text.as_bytes())?;
        Ok(format!("{MARK}{}:{}", key.id, STANDARD.encode(sealed)))
    }

    /// The text that was kept in `place`.
    ///
    /// # Errors
    /// When its key is missing, or it was changed or moved.
    pub fn reveal(&self, place: &str, kept: String) -> Result<String, ProtectionError> {
        let Some((id, sealed)) = parts(&kept) else {
            return Ok(kept);
        };
        let key = self.key(id)?;
        let sealed = STANDARD
            .decode(sealed)
            .map_err(|_| ProtectionError::Changed)?;
        String::from_utf8(open(&key.texts, place, &sealed)?).map_err(|_| ProtectionError::Changed)
    }

    /// What a text is found by without being read: the same text has the same mark under the same key. Under each key, the
    /// current one first, and last the plain digest by which it is kept while there is no key: then the text itself is
    /// readable anyway.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn marks(&self, purpose: &str, text: &str) -> Result<Vec<(Kept, String)>, ProtectionError> {
        let named = format!("{purpose}:{text}");
        let mut marks = Vec::new();
        for key in self.keys.iter() {
            let mut mac = [0; KEY_BYTES];
            let hmac = PKey::hmac(&key.texts)?;
            Signer::new(MessageDigest::sha256(), &hmac)?
                .sign_oneshot(&mut mac, named.as_bytes())?;
            let mark = Sha256::from_array(mac).to_string();
            marks.push((Kept::Under(key.id.clone()), mark));
        }
        marks.push((Kept::Plain, Sha256::of(named.as_bytes()).to_string()));
        Ok(marks)
    }

    /// Protects a document that is named by its digest; `None` without a key.
    ///
    /// # Errors
    /// When OpenSSL fails.
    pub fn protect_document(
        &self,
        sha256: Sha256,
        bytes: &[u8],
    ) -> Result<Option<Vec<u8>>, ProtectionError> {
        let Some(key) = self.keys.first() else {
            return Ok(None);
        };
        let sealed = seal(&key.documents, &sha256.to_string(), bytes)?;
        Ok(Some(
            [DOCUMENT_MARK, key.id.as_bytes(), b":", &sealed].concat(),
        ))
    }

    /// The document that was protected.
    ///
    /// # Errors
    /// When it is not one that was, when its key is missing, or it was changed.
    pub fn reveal_document(&self, sha256: Sha256, kept: &[u8]) -> Result<Vec<u8>, ProtectionError> {
        let (id, sealed) = document_parts(kept).ok_or(ProtectionError::Changed)?;
        open(&self.key(id)?.documents, &sha256.to_string(), sealed)
    }

    fn key(&self, id: &str) -> Result<&Key, ProtectionError> {
        let found = self.keys.iter().find(|key| key.id == id);
        found.ok_or_else(|| {
            if !self.keys.is_empty() {
                let mut missed = self.missed.lock().unwrap_or_else(PoisonError::into_inner);
                missed.insert(id.to_owned(), Instant::now());
            }
            ProtectionError::UnknownKey(id.to_owned())
        })
    }
}

impl Kept {
    /// How a text is kept.
    #[must_use]
    pub fn text(text: &str) -> Self {
        parts(text).map_or(Self::Plain, |(id, _)| Self::Under(id.to_owned()))
    }

    /// How a document is kept, by its first bytes.
    #[must_use]
    pub fn document(bytes: &[u8]) -> Self {
        document_parts(bytes).map_or(Self::Plain, |(id, _)| Self::Under(id.to_owned()))
    }
}

/// Name of the key and contents of a protected text. Whatever is not written exactly so is a plain text.
fn parts(text: &str) -> Option<(&str, &str)> {
    let (id, sealed) = text.strip_prefix(MARK)?.split_once(':')?;
    (is_id(id.as_bytes()) && !sealed.contains(':')).then_some((id, sealed))
}

fn document_parts(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let rest = bytes.strip_prefix(DOCUMENT_MARK)?;
    let (id, sealed) = rest.split_at_checked(ID_LETTERS)?;
    let id = std::str::from_utf8(id)
        .ok()
        .filter(|id| is_id(id.as_bytes()))?;
    Some((id, sealed.strip_prefix(b":")?))
}

fn is_id(id: &[u8]) -> bool {
    id.len() == ID_LETTERS && id.iter().all(u8::is_ascii_hexdigit)
}

/// Nonce, ciphertext, tag.
fn seal(key: &[u8; KEY_BYTES], place: &str, plain: &[u8]) -> Result<Vec<u8>, ProtectionError> {
    let mut nonce = [0; NONCE_BYTES];
    openssl::rand::rand_bytes(&mut nonce)?;
    let mut tag = [0; TAG_BYTES];
    let place = place.as_bytes();
    let cipher = Cipher::aes_256_gcm();
    let hidden = encrypt_aead(cipher, key, Some(&nonce), place, plain, &mut tag)?;
    Ok([nonce.as_slice(), &hidden, &tag].concat())
}

fn open(key: &[u8; KEY_BYTES], place: &str, sealed: &[u8]) -> Result<Vec<u8>, ProtectionError> {
    let parts = sealed
        .split_at_checked(NONCE_BYTES)
        .and_then(|(nonce, rest)| {
            let (hidden, tag) = rest.split_at_checked(rest.len().checked_sub(TAG_BYTES)?)?;
            Some((nonce, hidden, tag))
        });
    let (nonce, hidden, tag) = parts.ok_or(ProtectionError::Changed)?;
    let (cipher, place) = (Cipher::aes_256_gcm(), place.as_bytes());
    decrypt_aead(cipher, key, Some(nonce), place, hidden, tag).map_err(|_| ProtectionError::Changed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(byte: u8) -> String {
        STANDARD.encode([byte; KEY_BYTES])
    }

    fn ring(bytes: &[u8]) -> Keyring {
        let keys: Vec<String> = bytes.iter().map(|byte| key(*byte)).collect();
        Keyring::from_base64(keys.iter().map(String::as_str)).unwrap()
    }

    const PLACE: &str = "employers.email.2990001015001/0001";

    #[test]
    fn what_is_protected_is_opened_in_its_place_and_nowhere_else() {
        let keys = ring(&[1]);
        let kept = keys.protect(PLACE, "gerencia@cafe-ficticio.ec").unwrap();
        assert!(kept.starts_with("s1:") && !kept.contains("cafe"), "{kept}");
        assert_ne!(
            kept,
            keys.protect(PLACE, "gerencia@cafe-ficticio.ec").unwrap()
        );
        let opened = keys.reveal(PLACE, kept.clone()).unwrap();
        assert_eq!(opened, "gerencia@cafe-ficticio.ec");
        let elsewhere = keys.reveal("employers.email.2990001015001/0002", kept.clone());
        assert!(matches!(elsewhere, Err(ProtectionError::Changed)));
        for place in 12..kept.len() {
            let mut changed = kept.clone().into_bytes();
            changed[place] = if changed[place] == b'A' { b'B' } else { b'A' };
            let changed = String::from_utf8(changed).unwrap();
            assert!(keys.reveal(PLACE, changed).is_err(), "byte {place}");
        }
        assert!(!format!("{keys:?}").contains(&key(1)));
    }

    #[test]
    fn keys_are_replaced_one_after_another() {
        let old = ring(&[1]);
        let kept = old.protect(PLACE, "x").unwrap();
        let both = ring(&[2, 1]);
        assert_eq!(both.reveal(PLACE, kept.clone()).unwrap(), "x");
        assert!(!both.is_current(&Kept::text(&kept)));
        assert!(both.is_current(&Kept::text(&both.protect(PLACE, "x").unwrap())));
        let new = ring(&[2]);
        let missing = new.reveal(PLACE, kept);
        assert!(
            matches!(missing, Err(ProtectionError::UnknownKey(_))),
            "{missing:?}"
        );
        assert_eq!(new.clone().missed().as_deref(), old.current());
        assert_eq!(both.missed(), None);
    }

    #[test]
    fn without_a_key_everything_stays_readable_and_is_read_later_on() {
        let none = Keyring::default();
        for text in ["", "n@agro.ec", "s1:", "s1:not-a-key:x", "s1:0123456:x"] {
            assert_eq!(none.protect(PLACE, text).unwrap(), text);
            assert_eq!(none.reveal(PLACE, text.to_owned()).unwrap(), text);
            assert_eq!(ring(&[1]).reveal(PLACE, text.to_owned()).unwrap(), text);
            assert_eq!(Kept::text(text), Kept::Plain);
        }
        let kept = ring(&[1]).protect(PLACE, "x").unwrap();
        assert!(matches!(
            none.reveal(PLACE, kept),
            Err(ProtectionError::UnknownKey(_))
        ));
    }

    #[test]
    fn a_document_is_bound_to_its_digest() {
        let keys = ring(&[1]);
        let document = b"%PDF-1.7 signed by somebody".as_slice();
        let sha256 = Sha256::of(document);
        let kept = keys.protect_document(sha256, document).unwrap().unwrap();
        assert!(!kept.windows(4).any(|part| part == b"%PDF"));
        assert_eq!(keys.reveal_document(sha256, &kept).unwrap(), document);
        assert!(keys.reveal_document(Sha256::of(b"other"), &kept).is_err());
        let mut changed = kept;
        *changed.last_mut().unwrap() ^= 1;
        assert!(keys.reveal_document(sha256, &changed).is_err());
        assert!(
            Keyring::default()
                .protect_document(sha256, document)
                .unwrap()
                .is_none()
        );
    }

    #[test]
    fn what_is_no_key_is_refused() {
        for wrong in ["", "short", &STANDARD.encode([1; 31]), "€€€"] {
            let ring = Keyring::from_base64([wrong]);
            assert!(matches!(ring, Err(ProtectionError::Key)), "{wrong}");
        }
        let twice = [key(1), key(1)];
        let ring = Keyring::from_base64(twice.iter().map(String::as_str));
        assert!(matches!(ring, Err(ProtectionError::Twice)));
    }
}
