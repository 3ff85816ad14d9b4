//! Which CAs are believed. A root counts by its whole certificate, never by its name.

use super::certificate::Certificate;
use super::name::Name;
use crate::domain::Sha256;

/// Configured roots and intermediates.
#[derive(Debug, Clone, Default)]
pub struct TrustStore {
    roots: Vec<Certificate>,
    intermediates: Vec<Certificate>,
}

impl TrustStore {
    /// Roots end paths; intermediates only help to find them.
    #[must_use]
    pub fn new(roots: Vec<Certificate>, intermediates: Vec<Certificate>) -> Self {
        let mut store = Self {
            roots,
            intermediates,
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
