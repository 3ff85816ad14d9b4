//! Certification paths: finding them within a budget, and judging them by RFC 5280 §6.1.
//!
//! Names only propose issuers; the key decides. A path is trusted when it ends at a configured root, by the whole
//! certificate. Revocation (§6.1.3 (a)(3)) is asked afterwards, in `revocation`.

mod constraints;
mod policies;

use std::cmp::Reverse;

use jiff::Timestamp;

use super::certificate::Certificate;
use super::crypto::{self, Verdict};
use super::policy::{self, MAX_PATH_DEPTH, PATH_BUDGET};
use super::report::{Code, Finding, Severity};
use super::trust::TrustStore;
use constraints::NameLimits;
use policies::PolicyState;

/// What the first certificate of a path is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// A person signs a document.
    Signing,
    /// An authority signs timestamps (RFC 3161 §2.3).
    Timestamping,
    /// A delegated responder signs OCSP answers (RFC 6960 §4.2.2.2).
    OcspSigning,
    /// A CA signs revocation lists.
    CrlSigning,
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

/// Complete paths that are judged at most: cross-certified hierarchies have two or three.
const MAX_CANDIDATES: usize = 8;

/// Every path from `first` to a root, best first; when none reaches a root, the longest attempt with the reason.
/// Never empty.
#[must_use]
pub fn candidates(
    first: &Certificate,
    sources: Sources<'_>,
    purpose: Purpose,
    budget: &mut Budget,
    at: Timestamp,
) -> Vec<Candidate> {
    let mut search = Search {
        sources,
        budget,
        complete: Vec::new(),
        longest: vec![first.clone()],
        exhausted: false,
        same_name_other_key: false,
        unsupported: None,
    };
    search.extend(&mut vec![first.clone()]);
    if search.complete.is_empty() {
        return vec![search.nothing_found()];
    }
    let mut found: Vec<Candidate> = search
        .complete
        .into_iter()
        .map(|certificates| Candidate {
            findings: judge(&certificates, purpose, at),
            certificates,
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

struct Search<'a, 'b> {
    sources: Sources<'a>,
    budget: &'b mut Budget,
    complete: Vec<Vec<Certificate>>,
    longest: Vec<Certificate>,
    exhausted: bool,
    same_name_other_key: bool,
    unsupported: Option<String>,
}

impl Search<'_, '_> {
    fn extend(&mut self, path: &mut Vec<Certificate>) {
        let Some(last) = path.last().cloned() else {
            return;
        };
        if self.sources.trust.is_root(&last) {
            self.complete.push(path.clone());
            return;
        }
        if path.len() > self.longest.len() {
            self.longest.clone_from(path);
        }
        if path.len() >= MAX_PATH_DEPTH {
            return;
        }
        for issuer in self.issuers(&last) {
            if self.complete.len() >= MAX_CANDIDATES {
                return;
            }
            // The same name with the same key again is a loop, whatever else the certificate says.
            let seen = path.iter().any(|earlier| {
                earlier.spki() == issuer.spki() && earlier.subject().matches(issuer.subject())
            });
            if seen {
                continue;
            }
            if !self.budget.spend() {
                self.exhausted = true;
                return;
            }
            match signed_by(&last, &issuer, self.sources.trust) {
                Verdict::Valid => {
                    path.push(issuer);
                    self.extend(path);
                    path.pop();
                }
                Verdict::Invalid | Verdict::Mismatch => self.same_name_other_key = true,
                Verdict::Unsupported(algorithm) => self.unsupported = Some(algorithm),
            }
        }
    }

    /// Certificates with the issuer's name: roots first, then those whose key identifier fits (§4.2.1.1, a hint only).
    fn issuers(&self, certificate: &Certificate) -> Vec<Certificate> {
        let trust = self.sources.trust;
        let name = certificate.issuer();
        let mut found: Vec<Certificate> = trust.roots_named(name).cloned().collect();
        for other in self.sources.pool {
            if other.subject().matches(name) && !found.contains(other) {
                found.push(other.clone());
            }
        }
        let wanted = certificate.extensions().authority_key_id.as_ref();
        found.sort_by_key(|issuer| {
            let fits = wanted.is_some() && issuer.extensions().subject_key_id.as_ref() == wanted;
            Reverse((fits, trust.is_root(issuer)))
        });
        found
    }

    fn nothing_found(self) -> Candidate {
        let last = self.longest.last();
        let subject = last.map_or("", |certificate| certificate.subject().text());
        let code = if self.exhausted {
            Code::ChainBudget
        } else {
            Code::ChainUntrusted
        };
        let mut finding = Finding::new(code, subject);
        if let Some(last) = last {
            finding = finding.fact("issuer", last.issuer().text());
        }
        if self.same_name_other_key {
            finding = finding.fact("same_name_other_key", true);
        }
        if let Some(algorithm) = self.unsupported {
            finding = finding.fact("unsupported_algorithm", algorithm);
        }
        Candidate {
            certificates: self.longest,
            findings: vec![finding],
        }
    }
}

/// RFC 5280 §6.1.3 (a)(1). What one CA signed for another is verified once per process and remembered.
fn signed_by(certificate: &Certificate, issuer: &Certificate, trust: &TrustStore) -> Verdict {
    let check = || {
        crypto::verify(
            issuer.key(),
            certificate.algorithm(),
            None,
            &[certificate.tbs()],
            certificate.signature(),
        )
    };
    let is_ca = certificate
        .extensions()
        .basic_constraints
        .is_some_and(|constraints| constraints.ca);
    if is_ca {
        trust.remember(certificate.sha256(), issuer.sha256(), check)
    } else {
        check()
    }
}

/// RFC 5280 §6.1 over a path whose signatures verify: `certificates` runs from the certificate in question to the root.
fn judge(certificates: &[Certificate], purpose: Purpose, at: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    let Some((root, below)) = certificates.split_last() else {
        return findings;
    };
    // A root that itself signed the document is its own path.
    let below: Vec<&Certificate> = if below.is_empty() {
        vec![root]
    } else {
        below.iter().rev().collect()
    };
    let count = below.len();
    let mut policies = PolicyState::new(count);
    let mut names = NameLimits::default();
    let mut path_length = u32::try_from(MAX_PATH_DEPTH).unwrap_or(u32::MAX);

    if !below.contains(&root) {
        judge_root(root, at, &mut findings);
        names.add(root.extensions().name_constraints.as_ref());
        path_length = path_length.min(stated_length(root));
    }

    for (index, certificate) in below.iter().enumerate() {
        let last = index.saturating_add(1) == count;
        let subject = certificate.subject().text();
        findings.extend(check_validity(certificate, at));
        findings.extend(check_algorithms(certificate, at));
        // §6.1.3 (b), (c): self-issued intermediates are exempt, so that a CA can roll over its key.
        if (last || !certificate.is_self_issued())
            && let Some(name) = names.offence(certificate)
        {
            findings.push(Finding::new(Code::ChainNameConstraints, subject).fact("name", name));
        }
        if !policies.process(certificate, last) {
            findings.push(Finding::new(Code::ChainPolicy, subject));
        }
        // §6.1.4 (o), §6.1.5 (f).
        for oid in &certificate.extensions().unknown_critical {
            findings.push(
                Finding::new(Code::ChainCriticalExtension, subject).fact("oid", oid.as_str()),
            );
        }
        if last {
            findings.extend(check_purpose(certificate, purpose));
            continue;
        }
        findings.extend(check_ca(certificate));
        names.add(certificate.extensions().name_constraints.as_ref());
        // §6.1.4 (l), (m).
        if !certificate.is_self_issued() {
            match path_length.checked_sub(1) {
                Some(left) => path_length = left,
                None => findings.push(Finding::new(Code::ChainPathLength, subject)),
            }
        }
        path_length = path_length.min(stated_length(certificate));
    }
    findings
}

fn stated_length(certificate: &Certificate) -> u32 {
    certificate
        .extensions()
        .basic_constraints
        .and_then(|constraints| constraints.path_length)
        .unwrap_or(u32::MAX)
}

/// RFC 5280 asks nothing of a trust anchor but name and key. We ask that it is still alive, because an operator who left
/// an expired root configured did not mean to trust it for new signatures, and that it does not deny being a CA itself.
/// Version 1 roots have no extensions and are fine (AppFirmas 2025).
fn judge_root(root: &Certificate, at: Timestamp, findings: &mut Vec<Finding>) {
    findings.extend(check_validity(root, at));
    if let Ok(key) = root.key() {
        findings.extend(policy::check_key(key.kind(), root.subject().text(), at));
    }
    let subject = root.subject().text();
    let extensions = root.extensions();
    if extensions
        .basic_constraints
        .is_some_and(|constraints| !constraints.ca)
    {
        findings.push(Finding::new(Code::ChainNotACa, subject));
    }
    if extensions
        .key_usage
        .is_some_and(|usage| !usage.certificate_sign)
    {
        findings.push(Finding::new(Code::ChainCaKeyUsage, subject));
    }
}

/// §6.1.3 (a)(2).
fn check_validity(certificate: &Certificate, at: Timestamp) -> Option<Finding> {
    let code = if at < certificate.not_before() {
        Code::ChainNotYetValid
    } else if at > certificate.not_after() {
        Code::ChainExpired
    } else {
        return None;
    };
    Some(
        Finding::new(code, certificate.subject().text())
            .fact("not_before", certificate.not_before().to_string())
            .fact("not_after", certificate.not_after().to_string())
            .fact("at", at.to_string()),
    )
}

/// The algorithm its issuer signed with, and its own key.
fn check_algorithms(certificate: &Certificate, at: Timestamp) -> Vec<Finding> {
    let subject = certificate.subject().text();
    let mut findings = Vec::new();
    if let Some(digest) = certificate.algorithm().digest() {
        findings.extend(policy::check_digest(digest, subject, at));
    }
    match certificate.key() {
        Ok(key) => findings.extend(policy::check_key(key.kind(), subject, at)),
        Err(error) => findings
            .push(Finding::new(Code::AlgorithmUnsupported, subject).fact("key", error.to_string())),
    }
    findings
}

/// §6.1.4 (k), (n).
fn check_ca(certificate: &Certificate) -> Vec<Finding> {
    let subject = certificate.subject().text();
    let extensions = certificate.extensions();
    let mut findings = Vec::new();
    if !extensions
        .basic_constraints
        .is_some_and(|constraints| constraints.ca)
    {
        findings
            .push(Finding::new(Code::ChainNotACa, subject).fact("version", certificate.version()));
    }
    if extensions
        .key_usage
        .is_some_and(|usage| !usage.certificate_sign)
    {
        findings.push(Finding::new(Code::ChainCaKeyUsage, subject));
    }
    findings
}

const EKU_SERVER_AUTH: &str = "1.3.6.1.5.5.7.3.1";
const EKU_CODE_SIGNING: &str = "1.3.6.1.5.5.7.3.3";
const EKU_TIME_STAMPING: &str = "1.3.6.1.5.5.7.3.8";
const EKU_OCSP_SIGNING: &str = "1.3.6.1.5.5.7.3.9";

/// Key usages under which nobody signs documents. Certificates without the extension serve any purpose (§4.2.1.12), and
/// purposes unknown here do no harm: CAs give document signing many names.
const NOT_FOR_DOCUMENTS: &[&str] = &[
    EKU_SERVER_AUTH,
    EKU_CODE_SIGNING,
    EKU_TIME_STAMPING,
    EKU_OCSP_SIGNING,
];

/// Whether the certificate may do what it did: key usage (§4.2.1.3) and extended key usage (§4.2.1.12).
fn check_purpose(certificate: &Certificate, purpose: Purpose) -> Vec<Finding> {
    let subject = certificate.subject().text();
    let extensions = certificate.extensions();
    let mut findings = Vec::new();
    let is_ca = extensions
        .basic_constraints
        .is_some_and(|constraints| constraints.ca);
    if purpose == Purpose::Signing && is_ca {
        findings.push(Finding::new(Code::ChainKeyUsage, subject).fact("certificate_is_ca", true));
    }
    if let Some(usage) = extensions.key_usage {
        let allowed = match purpose {
            Purpose::Signing | Purpose::Timestamping | Purpose::OcspSigning => {
                usage.digital_signature || usage.content_commitment
            }
            Purpose::CrlSigning => usage.crl_sign,
        };
        if !allowed {
            findings.push(Finding::new(Code::ChainKeyUsage, subject));
        }
    }
    let extended = extensions.extended_key_usage.as_ref();
    let purposes = extended.map(|extended| extended.purposes.as_slice());
    let allowed = match purpose {
        Purpose::Signing => purposes.is_none_or(|purposes| {
            !purposes
                .iter()
                .all(|purpose| NOT_FOR_DOCUMENTS.contains(&purpose.as_str()))
        }),
        // RFC 3161 §2.3: critical, and nothing else beside it.
        Purpose::Timestamping => {
            extended.is_some_and(|extended| extended.critical)
                && purposes
                    .is_some_and(|purposes| matches!(purposes, [only] if only == EKU_TIME_STAMPING))
        }
        Purpose::OcspSigning => {
            purposes.is_some_and(|purposes| purposes.iter().any(|one| one == EKU_OCSP_SIGNING))
        }
        Purpose::CrlSigning => true,
    };
    if !allowed {
        findings.push(
            Finding::new(Code::ChainExtendedKeyUsage, subject)
                .fact("purposes", purposes.unwrap_or_default().to_vec()),
        );
    }
    findings
}

#[cfg(test)]
mod tests;
