//! What is signed, and its digests. The digest of a whole file and those of the byte ranges of its signatures share
//! everything before the first gap, so one pass over the file serves them all (DESIGN §7: hash once).

use std::cell::RefCell;
use std::collections::BTreeMap;

use openssl::error::ErrorStack;
use openssl::sha;

use super::crypto::Digest;
use crate::domain::Sha256;

/// Signed bytes: one stretch or several, hashed one after another without joining them.
#[derive(Clone)]
pub struct Content<'a> {
    parts: Vec<&'a [u8]>,
    /// SHA-256 over the first part, when a pass over the file has brought it along.
    begun: Option<sha::Sha256>,
    /// Digests that were asked for: every timestamp over the content asks again.
    known: RefCell<BTreeMap<Digest, Vec<u8>>>,
}

impl<'a> Content<'a> {
    /// Bytes that were not hashed before.
    #[must_use]
    pub fn new(parts: &[&'a [u8]]) -> Self {
        Self {
            parts: parts.to_vec(),
            begun: None,
            known: RefCell::default(),
        }
    }

    /// The stretches.
    #[must_use]
    pub fn parts(&self) -> &[&'a [u8]] {
        &self.parts
    }

    /// Their digest.
    ///
    /// # Errors
    /// When this build of OpenSSL lacks the algorithm.
    pub fn digest(&self, digest: Digest) -> Result<Vec<u8>, ErrorStack> {
        if let Some(known) = self.known.borrow().get(&digest) {
            return Ok(known.clone());
        }
        let made = self.make_digest(digest)?;
        self.known.borrow_mut().insert(digest, made.clone());
        Ok(made)
    }

    fn make_digest(&self, digest: Digest) -> Result<Vec<u8>, ErrorStack> {
        let (Digest::Sha256, Some(begun)) = (digest, &self.begun) else {
            return digest.of(&self.parts);
        };
        let mut hasher = begun.clone();
        for part in self.parts.iter().skip(1) {
            hasher.update(part);
        }
        Ok(hasher.finish().to_vec())
    }
}

/// One pass of SHA-256 over a file.
pub struct Pass<'a> {
    bytes: &'a [u8],
    whole: Sha256,
    /// What was hashed up to each place that was asked for.
    begun: BTreeMap<usize, sha::Sha256>,
}

impl<'a> Pass<'a> {
    /// Hashes the file and remembers the state at these places: the ends of the first stretches of byte ranges.
    #[must_use]
    pub fn over(bytes: &'a [u8], places: impl IntoIterator<Item = usize>) -> Self {
        let mut begun: BTreeMap<usize, sha::Sha256> = places
            .into_iter()
            .map(|place| (place, sha::Sha256::new()))
            .collect();
        let mut hasher = sha::Sha256::new();
        let mut behind = 0;
        for (place, state) in &mut begun {
            if let Some(stretch) = bytes.get(behind..*place) {
                hasher.update(stretch);
                behind = *place;
            }
            *state = hasher.clone();
        }
        begun.retain(|place, _| *place <= bytes.len());
        hasher.update(bytes.get(behind..).unwrap_or_default());
        Self {
            bytes,
            whole: Sha256::from_array(hasher.finish()),
            begun,
        }
    }

    /// The file.
    #[must_use]
    pub fn bytes(&self) -> &'a [u8] {
        self.bytes
    }

    /// Digest of the whole file.
    #[must_use]
    pub fn whole(&self) -> Sha256 {
        self.whole
    }

    /// The beginning of the file up to `first`, and what follows its gap.
    #[must_use]
    pub fn content(&self, first: usize, rest: &'a [u8]) -> Option<Content<'a>> {
        Some(Content {
            parts: vec![self.bytes.get(..first)?, rest],
            begun: self.begun.get(&first).cloned(),
            known: RefCell::default(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pass_gives_the_digests_of_many() {
        let bytes: Vec<u8> = (0..1000_u32).flat_map(u32::to_be_bytes).collect();
        let pass = Pass::over(&bytes, [0, 64, 65, 3999, 4000, 4001]);
        assert_eq!(pass.whole(), Sha256::of(&bytes));
        for first in [0, 1, 64, 65, 100, 3999, 4000] {
            let rest = &bytes[(first + 7).min(bytes.len())..];
            let content = pass.content(first, rest).unwrap();
            for digest in [Digest::Sha256, Digest::Sha1, Digest::Sha512] {
                let expected = digest.of(&[&[&bytes[..first], rest].concat()]).unwrap();
                assert_eq!(content.digest(digest).unwrap(), expected, "{first}");
            }
        }
        assert!(pass.content(4001, b"").is_none());
        assert!(
            !pass.begun.contains_key(&4001),
            "no state of what is not there"
        );
    }
}
