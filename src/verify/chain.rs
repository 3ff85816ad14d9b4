//! Certification paths: finding them within a budget, and judging them by RFC 5280 §6.1.
//!
//! Names only propose issuers; the key decides. A path is trusted when it ends at a configured root, by the whole
//! certificate. Revocation (§6.1.3 (a)(3)) is asked afterwards, in `revocation`.

mod constraints;
mod policies;
mod purpose;
mod rules;
mod search;

use jiff::Timestamp;

use super::certificate::Certificate;
use super::policy::{InitialPolicies, PATH_BUDGET};
use super::report::{Code, Finding, Severity};
use super::trust::TrustStore;
use search::Search;

/// What the first certificate of a path is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose<'a> {
    /// A person signs a document, under certificate policies that may be asked for.
    Signing(&'a InitialPolicies),
    /// An authority signs timestamps (RFC 3161 §2.3).
    Timestamping,
    /// A delegated responder signs OCSP answers (RFC 6960 §4.2.2.2).
    OcspSigning,
    /// A CA signs revocation lists.
    CrlSigning,
    /// A CA issues certificates: asked about a subordinate itself, without anything that it issued.
    Issuing,
}

/// A path from a certificate to what was reached, with everything that RFC 5280 §6.1 holds against it.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// The certificate in question first; the root last if one was reached.
    pub certificates: Vec<Certificate>,
    /// Broken rules; empty for a trusted path.
    pub findings: Vec<Finding>,
}

impl Candidate {
    /// Ends at a root and breaks no rule.
    #[must_use]
    pub fn is_trusted(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.severity == Severity::Note)
    }
}

/// Signature checks that may still be spent on the paths and answers of one signature.
#[derive(Debug)]
pub struct Budget(u32);

impl Default for Budget {
    fn default() -> Self {
        Self(PATH_BUDGET)
    }
}

impl Budget {
    /// Takes one check, if there is one left.
    pub fn spend(&mut self) -> bool {
        match self.0.checked_sub(1) {
            Some(left) => {
                self.0 = left;
                true
            }
            None => false,
        }
    }
}

/// Where issuers are looked for: configured roots, and the pool of configured intermediates and certificates that came
/// with the document.
#[derive(Debug, Clone, Copy)]
pub struct Sources<'a> {
    /// Trust anchors.
    pub trust: &'a TrustStore,
    /// Everything else.
    pub pool: &'a [Certificate],
}

/// Every path from `first` to a root, best first; when none reaches a root, the longest attempt with the reason, and after
/// it the others. Never empty.
#[must_use]
pub fn candidates(
    first: &Certificate,
    sources: Sources<'_>,
    purpose: Purpose<'_>,
    budget: &mut Budget,
    at: Timestamp,
) -> Vec<Candidate> {
    let complete = match Search::new(sources, budget, first).run() {
        Ok(complete) => complete,
        Err(attempts) => return attempts,
    };
    let mut found: Vec<Candidate> = complete
        .into_iter()
        .map(|certificates| {
            let mut findings = check_standing(&certificates, sources.trust, purpose, at);
            findings.extend(check_tolerances(&certificates, sources.trust));
            findings.extend(check_issues(&certificates, sources.trust, purpose));
            findings.extend(rules::judge(&certificates, purpose, at));
            Candidate {
                certificates,
                findings,
            }
        })
        .collect();
    found.sort_by_key(|candidate| {
        let heaviest = candidate
            .findings
            .iter()
            .map(|finding| finding.severity)
            .max();
        (
            heaviest,
            candidate.findings.len(),
            candidate.certificates.len(),
        )
    });
    found
}

/// Certificates of a path that an operator holds back, or that count for the past only. Who vouches for the status of what a CA
/// issued must go on doing so when the CA has ended: nobody else can tell that an old signature's key was revoked, and the path
/// of that signature is judged by itself.
fn check_standing(
    certificates: &[Certificate],
    trust: &TrustStore,
    purpose: Purpose<'_>,
    at: Timestamp,
) -> Vec<Finding> {
    let outlasts = matches!(purpose, Purpose::OcspSigning | Purpose::CrlSigning);
    certificates
        .iter()
        .filter_map(|certificate| trust.check_standing(certificate, at))
        .filter(|finding| !(outlasts && finding.code == Code::ChainPastOnly))
        .collect()
}

/// What the CAs of a path break beyond §6.1, where the table of entities is asked and does not forgive it.
fn check_tolerances(certificates: &[Certificate], trust: &TrustStore) -> Vec<Finding> {
    certificates
        .iter()
        .skip(1)
        .filter_map(|authority| {
            let quirk = trust.unforgiven(authority)?;
            let subject = authority.subject().text();
            Some(Finding::new(Code::ChainNonconforming, subject).fact("rule", quirk.as_str()))
        })
        .collect()
}

/// CAs of a signer's path that issue something else, as the table says of their key: their certificates don't.
fn check_issues(
    certificates: &[Certificate],
    trust: &TrustStore,
    purpose: Purpose<'_>,
) -> Vec<Finding> {
    if !matches!(purpose, Purpose::Signing(_)) {
        return Vec::new();
    }
    let authorities = certificates.iter().skip(1);
    authorities
        .filter_map(|authority| {
            let issues = trust.entities().limit_of(authority)?;
            let subject = authority.subject().text();
            let finding = Finding::new(Code::ChainExtendedKeyUsage, subject);
            Some(finding.fact("issues", issues.as_str()))
        })
        .collect()
}

#[cfg(test)]
mod tests;
