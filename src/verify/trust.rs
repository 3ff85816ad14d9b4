//! Which CAs are believed. A root counts by its whole certificate, never by its name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use super::certificate::Certificate;
use super::crypto::Verdict;
use super::name::Name;
use crate::domain::Sha256;

/// Configured roots and intermediates.
#[derive(Debug, Clone, Default)]
pub struct TrustStore {
    roots: Vec<Certificate>,
    intermediates: Vec<Certificate>,
    verified: Arc<Mutex<HashMap<(Sha256, Sha256), Verdict>>>,
}

/// Remembered signatures of CAs on CAs: the whole country has fewer than a hundred.
const MAX_REMEMBERED: usize = 4096;

impl TrustStore {
    /// Roots end paths; intermediates only help to find them.
    #[must_use]
    pub fn new(roots: Vec<Certificate>, intermediates: Vec<Certificate>) -> Self {
        let mut store = Self {
            roots,
            intermediates,
            verified: Arc::default(),
        };
        for list in [&mut store.roots, &mut store.intermediates] {
            list.sort_by_key(Certificate::sha256);
            list.dedup();
        }
        store
    }

    /// The trust anchors.
    #[must_use]
    pub fn roots(&self) -> &[Certificate] {
        &self.roots
    }

    /// Certificates that may stand between a signer and a root.
    #[must_use]
    pub fn intermediates(&self) -> &[Certificate] {
        &self.intermediates
    }

    /// Whether this very certificate is a root.
    #[must_use]
    pub fn is_root(&self, certificate: &Certificate) -> bool {
        self.roots.contains(certificate)
    }

    /// Roots with this subject name.
    pub(super) fn roots_named<'a>(
        &'a self,
        name: &'a Name,
    ) -> impl Iterator<Item = &'a Certificate> {
        self.roots
            .iter()
            .filter(move |root| root.subject().matches(name))
    }

    /// The verdict on the signature of one certificate (by fingerprint) on another, computed once. It is a function of
    /// the two certificates alone, so remembering it changes the time it takes and nothing else.
    pub(super) fn remember(
        &self,
        certificate: Sha256,
        issuer: Sha256,
        check: impl FnOnce() -> Verdict,
    ) -> Verdict {
        let key = (certificate, issuer);
        let known = self
            .verified
            .lock()
            .ok()
            .and_then(|memory| memory.get(&key).cloned());
        if let Some(verdict) = known {
            return verdict;
        }
        let verdict = check();
        if let Ok(mut memory) = self.verified.lock() {
            if memory.len() >= MAX_REMEMBERED {
                memory.clear();
            }
            memory.insert(key, verdict.clone());
        }
        verdict
    }

    /// What was configured, in one number: stored with a decision, so that it can be reproduced.
    #[must_use]
    pub fn digest(&self) -> Sha256 {
        let mut bytes = Vec::new();
        for list in [&self.roots, &self.intermediates] {
            for certificate in list {
                bytes.extend_from_slice(certificate.sha256().as_bytes());
            }
            bytes.extend_from_slice(&[0; 32]);
        }
        Sha256::of(&bytes)
    }
}
