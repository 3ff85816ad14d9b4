//! Which CAs are believed. A root counts by its whole certificate, never by its name.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::certificate::Certificate;
use super::entities::{
    Additions, AdditionsError, Authority, Entities, Entity, Status, StatusChange,
};
use super::name::Name;
use super::quirk::{self, Quirk};
use super::report::{Code, Finding};
use crate::domain::Sha256;

/// Configured roots and intermediates, and the table that says whose they are.
#[derive(Debug, Clone)]
pub struct TrustStore {
    roots: Vec<Certificate>,
    intermediates: Vec<Certificate>,
    entities: Arc<Entities>,
    strict: bool,
    /// Whether what the table holds back does not count.
    holds_back: bool,
    /// Rules that the configured certificates break without being forgiven.
    unforgiven: Arc<HashMap<Sha256, Quirk>>,
    digest: Sha256,
}

impl Default for TrustStore {
    fn default() -> Self {
        Self::new(Vec::new(), Vec::new())
    }
}

/// What makes a trust store of certificates: kept beside them, so that it can be made again.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Whether only pinned issuers speak for Ecuador.
    pub strict: bool,
    /// What was added to the table, with the status of every certificate spelt out: the table may change meanwhile.
    pub additions: Additions,
}

impl TrustStore {
    /// Roots end paths; intermediates only help to find them. Whoever names them answers for them: RFC 5280 is all that is
    /// asked, and the issuer of a signer who stands below an unlisted root is told by the layout.
    #[must_use]
    pub fn new(roots: Vec<Certificate>, intermediates: Vec<Certificate>) -> Self {
        let store = Self::of(roots, intermediates, Entities::embedded(), false);
        Self {
            holds_back: false,
            ..store
        }
    }

    /// The store that an operator keeps: what is held back does not count, a signer's issuer must be pinned, and rules
    /// that a CA certificate breaks are forgiven only where the table says so.
    #[must_use]
    pub fn pinned(
        roots: Vec<Certificate>,
        intermediates: Vec<Certificate>,
        entities: Arc<Entities>,
    ) -> Self {
        let counts = |certificate: &Certificate| {
            entities
                .authority(certificate.sha256())
                .is_none_or(|(_, authority)| authority.status != Status::HeldBack)
        };
        let kept = |list: Vec<Certificate>| list.into_iter().filter(counts).collect();
        let (roots, intermediates) = (kept(roots), kept(intermediates));
        Self::of(roots, intermediates, entities, true)
    }

    /// Roots and intermediates under other entities than those of the table, as a demonstration needs them; not strict, but
    /// what these hold back does not count.
    #[must_use]
    pub fn with_entities(
        roots: Vec<Certificate>,
        intermediates: Vec<Certificate>,
        entities: Arc<Entities>,
    ) -> Self {
        Self::of(roots, intermediates, entities, false)
    }

    fn of(
        mut roots: Vec<Certificate>,
        mut intermediates: Vec<Certificate>,
        entities: Arc<Entities>,
        strict: bool,
    ) -> Self {
        for list in [&mut roots, &mut intermediates] {
            list.sort_by_key(Certificate::sha256);
            list.dedup();
        }
        let digest = digest([&roots, &intermediates], &entities, strict);
        let mut store = Self {
            roots,
            intermediates,
            entities,
            strict,
            holds_back: true,
            unforgiven: Arc::default(),
            digest,
        };
        if strict {
            let all = store.roots.iter().chain(&store.intermediates);
            let broken = all.filter_map(|it| Some((it.sha256(), store.broken_rule(it)?)));
            store.unforgiven = Arc::new(broken.collect());
        }
        store
    }

    /// A store from what was kept of it.
    ///
    /// # Errors
    /// When the terms no longer fit the table.
    pub fn again(
        roots: Vec<Certificate>,
        intermediates: Vec<Certificate>,
        terms: &Terms,
    ) -> Result<Self, AdditionsError> {
        let entities = Arc::new(Entities::with(&terms.additions)?);
        Ok(Self::of(roots, intermediates, entities, terms.strict))
    }

    /// What to keep beside the certificates.
    #[must_use]
    pub fn terms(&self) -> Terms {
        let mut additions = self.entities.additions().clone();
        let is_here = |sha256| {
            let mut all = self.roots.iter().chain(&self.intermediates);
            all.any(|certificate: &Certificate| certificate.sha256() == sha256)
        };
        // What an operator says of certificates that are not here counts when a document brings them.
        additions.statuses.retain(|change| !is_here(change.sha256));
        let rows = self.roots.iter().chain(&self.intermediates);
        additions.statuses.extend(
            rows.filter_map(|certificate| self.entities.authority(certificate.sha256()))
                .map(|(_, row)| StatusChange {
                    sha256: row.sha256,
                    status: row.status,
                    since: row.since,
                    why: row.why.clone(),
                }),
        );
        Terms {
            strict: self.strict,
            additions,
        }
    }

    /// Further certificates that may stand between a signer and a root.
    pub fn add_intermediates(&mut self, more: Vec<Certificate>) {
        let mut intermediates = self.intermediates.clone();
        intermediates.extend(more);
        let store = Self::of(
            self.roots.clone(),
            intermediates,
            Arc::clone(&self.entities),
            self.strict,
        );
        *self = Self {
            holds_back: self.holds_back,
            ..store
        };
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

    /// Who the CAs are.
    #[must_use]
    pub fn entities(&self) -> &Entities {
        &self.entities
    }

    /// Whether only pinned issuers speak for Ecuador.
    #[must_use]
    pub fn is_strict(&self) -> bool {
        self.strict
    }

    /// Whether this very certificate is a root.
    #[must_use]
    pub fn is_root(&self, certificate: &Certificate) -> bool {
        self.roots.contains(certificate)
    }

    /// Reads a certificate that came with a document. One that is configured or among those `known`, byte for byte, was read
    /// before.
    #[must_use]
    pub fn certificate(&self, der: &[u8], known: &[Certificate]) -> Option<Certificate> {
        let configured = self.intermediates.iter().chain(&self.roots);
        let mut read = configured.chain(known);
        read.find(|known| known.der() == der)
            .cloned()
            .or_else(|| Certificate::parse(der.to_vec()).ok())
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

    /// A rule that this CA certificate breaks and that is not forgiven to it. Only the pinned store asks.
    #[must_use]
    pub fn unforgiven(&self, authority: &Certificate) -> Option<Quirk> {
        if !self.strict {
            return None;
        }
        let configured = self.is_root(authority) || self.intermediates.contains(authority);
        if configured {
            self.unforgiven.get(&authority.sha256()).copied()
        } else {
            self.broken_rule(authority)
        }
    }

    fn broken_rule(&self, authority: &Certificate) -> Option<Quirk> {
        let forgiven = self
            .entities
            .authority(authority.sha256())
            .map(|(_, row)| row.tolerances.as_slice())
            .unwrap_or_default();
        let namesake = self.intermediates.iter().any(|other| {
            other.spki() != authority.spki() && other.subject().matches(authority.subject())
        });
        quirk::of(authority)
            .into_iter()
            .chain(namesake.then_some(Quirk::SharedName))
            .find(|quirk| !forgiven.contains(quirk))
    }

    /// What the table says against an authority at `at`, wherever its certificate came from: a document brings along whatever
    /// its sender likes, other certificates of the same key too. What is held back leads to no root; what counts for the past
    /// only is refused from then on, and what has expired anyway is said to have expired.
    #[must_use]
    pub(super) fn check_standing(&self, authority: &Certificate, at: Timestamp) -> Option<Finding> {
        let row = self.entities.standing(authority)?;
        let subject = authority.subject().text();
        match row.status {
            Status::Accepted => None,
            Status::HeldBack => self
                .holds_back
                .then(|| Finding::new(Code::ChainUntrusted, subject).fact("held_back", true)),
            Status::PastOnly => {
                let since = row.since.filter(|since| at >= *since)?;
                (authority.not_after() >= at).then(|| {
                    Finding::new(Code::ChainPastOnly, subject)
                        .fact("since", since.to_string())
                        .fact("at", at.to_string())
                })
            }
        }
    }

    /// What was configured, in one number: stored with a decision, so that it can be reproduced. It covers which
    /// certificates there are, whose each is and whether it counts.
    #[must_use]
    pub fn digest(&self) -> Sha256 {
        self.digest
    }
}

fn digest(lists: [&[Certificate]; 2], entities: &Entities, strict: bool) -> Sha256 {
    let mut bytes = Vec::new();
    for list in lists {
        for certificate in list {
            let sha256 = certificate.sha256();
            bytes.extend_from_slice(sha256.as_bytes());
            if let Some((entity, row)) = entities.authority(sha256) {
                bytes.extend_from_slice(&counted(entity, row));
            }
        }
        bytes.extend_from_slice(&[0; 32]);
    }
    bytes.push(u8::from(strict));
    for (entity, row) in elsewhere(lists, entities) {
        bytes.extend_from_slice(row.sha256.as_bytes());
        bytes.extend_from_slice(&counted(entity, row));
    }
    Sha256::of(&bytes)
}

/// Whose it is and how it counts.
fn counted(entity: &Entity, row: &Authority) -> Vec<u8> {
    let since = row.since.map(|since| since.to_string()).unwrap_or_default();
    format!("{}\0{}\0{since}\0", entity.id, row.status.as_str()).into_bytes()
}

/// What an operator says against certificates that are in neither list: a document may bring them.
fn elsewhere<'a>(
    lists: [&[Certificate]; 2],
    entities: &'a Entities,
) -> Vec<(&'a Entity, &'a Authority)> {
    let additions = entities.additions();
    let pinned = additions.entities.iter().flat_map(|one| &one.authorities);
    let named: BTreeSet<Sha256> = additions
        .statuses
        .iter()
        .map(|change| change.sha256)
        .chain(pinned.map(|row| row.sha256))
        .collect();
    let is_here = |sha256: &Sha256| {
        let mut all = lists.into_iter().flatten();
        all.any(|certificate| certificate.sha256() == *sha256)
    };
    let rows = named.into_iter().filter(|sha256| !is_here(sha256));
    rows.filter_map(|sha256| entities.authority(sha256))
        .filter(|(_, row)| row.status != Status::Accepted)
        .collect()
}
