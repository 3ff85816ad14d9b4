//! The rules of RFC 5280 §6.1 over a path whose signatures verify.

use jiff::Timestamp;

use super::Purpose;
use super::constraints::{NameLimits, Offence};
use super::policies::PolicyState;
use super::purpose::{check_nested_purpose, check_purpose};
use crate::verify::certificate::Certificate;
use crate::verify::policy::{self, InitialPolicies, MAX_PATH_DEPTH};
use crate::verify::report::{Code, Finding};

/// `certificates` runs from the certificate in question to the root. Every finding says at which place of it (`position`,
/// 0 is the first) a rule was broken.
pub(super) fn judge(
    certificates: &[Certificate],
    purpose: Purpose<'_>,
    at: Timestamp,
) -> Vec<Finding> {
    let Some((root, below)) = certificates.split_last() else {
        return Vec::new();
    };
    let initial = match purpose {
        Purpose::Signing(initial) => initial.clone(),
        _ => InitialPolicies::default(),
    };
    // A root that itself signed the document is its own path.
    let (anchor, below) = if below.is_empty() {
        (None, certificates)
    } else {
        (Some(root), below)
    };
    let mut walk = Walk::new(below.len(), purpose, &initial, at);
    if let Some(root) = anchor {
        walk.start_at(root, below.len());
    }
    for (position, certificate) in below.iter().enumerate().rev() {
        walk.step(certificate, position);
    }
    walk.findings
}

/// State variables of §6.1.2, on the way from the root down to the certificate in question.
struct Walk<'a> {
    purpose: Purpose<'a>,
    at: Timestamp,
    policies: PolicyState<'a>,
    names: NameLimits,
    path_length: u32,
    findings: Vec<Finding>,
}

impl<'a> Walk<'a> {
    fn new(
        count: usize,
        purpose: Purpose<'a>,
        initial: &'a InitialPolicies,
        at: Timestamp,
    ) -> Self {
        Self {
            purpose,
            at,
            policies: PolicyState::new(initial, count),
            names: NameLimits::default(),
            path_length: u32::try_from(MAX_PATH_DEPTH).unwrap_or(u32::MAX),
            findings: Vec::new(),
        }
    }

    /// RFC 5280 asks nothing of a trust anchor but name and key. We ask that it is still alive, because an operator who
    /// left an expired root configured did not mean to trust it for new signatures, that it does not deny being a CA
    /// itself, and that its own constraints hold (RFC 5937). Version 1 roots have no extensions and are fine (AppFirmas
    /// 2025).
    fn start_at(&mut self, root: &Certificate, position: usize) {
        let subject = root.subject().text();
        let extensions = root.extensions();
        let mut found = Vec::new();
        found.extend(check_validity(root, self.at));
        if let Ok(key) = root.key() {
            found.extend(policy::check_key(key.kind(), subject, self.at));
        }
        if extensions.basic_constraints.is_some() && !root.is_ca() {
            found.push(Finding::new(Code::ChainNotACa, subject));
        }
        found.extend(check_ca_usage(root));
        self.add(found, position);
        self.names.add(extensions.name_constraints.as_ref());
        self.path_length = self.path_length.min(stated_length(root));
    }

    /// One certificate, seen from the root; the one in question has position 0.
    fn step(&mut self, certificate: &Certificate, position: usize) {
        let last = position == 0;
        let subject = certificate.subject().text();
        let mut found = Vec::new();
        found.extend(check_validity(certificate, self.at));
        found.extend(check_algorithms(certificate, self.at));
        // §6.1.3 (b), (c): self-issued intermediates are exempt, so that a CA can roll over its key.
        if last || !certificate.is_self_issued() {
            found.extend(self.check_names(certificate));
        }
        if !self.policies.process(certificate, last) {
            found.push(Finding::new(Code::ChainPolicy, subject));
        }
        // §6.1.4 (o), §6.1.5 (f).
        for oid in &certificate.extensions().unknown_critical {
            found.push(
                Finding::new(Code::ChainCriticalExtension, subject).fact("oid", oid.as_str()),
            );
        }
        if last {
            found.extend(check_purpose(certificate, self.purpose));
        } else {
            found.extend(check_ca(certificate));
            found.extend(check_nested_purpose(certificate, self.purpose));
            found.extend(self.descend(certificate));
        }
        self.add(found, position);
    }

    fn check_names(&mut self, certificate: &Certificate) -> Option<Finding> {
        let subject = certificate.subject().text();
        match self.names.offence(certificate)? {
            Offence::Name(name) => {
                Some(Finding::new(Code::ChainNameConstraints, subject).fact("name", name))
            }
            Offence::TooManyComparisons => {
                Some(Finding::new(Code::ChainBudget, subject).fact("rule", "name constraints"))
            }
        }
    }

    /// §6.1.4 (g), (l), (m): what an intermediate certificate asks of those below it.
    fn descend(&mut self, certificate: &Certificate) -> Option<Finding> {
        self.names
            .add(certificate.extensions().name_constraints.as_ref());
        let mut exceeded = None;
        if !certificate.is_self_issued() {
            if self.path_length == 0 {
                let subject = certificate.subject().text();
                exceeded = Some(Finding::new(Code::ChainPathLength, subject));
            }
            self.path_length = self.path_length.saturating_sub(1);
        }
        self.path_length = self.path_length.min(stated_length(certificate));
        exceeded
    }

    fn add(&mut self, found: Vec<Finding>, position: usize) {
        self.findings.extend(
            found
                .into_iter()
                .map(|finding| finding.fact("position", position)),
        );
    }
}

fn stated_length(certificate: &Certificate) -> u32 {
    certificate
        .extensions()
        .basic_constraints
        .and_then(|constraints| constraints.path_length)
        .unwrap_or(u32::MAX)
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
        Err(error) => findings.push(policy::check_unusable_key(error, subject, at)),
    }
    findings
}

/// §6.1.4 (k), (n), and §4.1.2.6: a CA has a name, or what it issues could be anybody's.
fn check_ca(certificate: &Certificate) -> Vec<Finding> {
    let subject = certificate.subject().text();
    let mut findings = Vec::new();
    if !certificate.is_ca() {
        findings
            .push(Finding::new(Code::ChainNotACa, subject).fact("version", certificate.version()));
    }
    if certificate.subject().is_empty() {
        findings.push(Finding::new(Code::ChainMalformed, subject).fact("subject", "empty"));
    }
    findings.extend(check_ca_usage(certificate));
    findings
}

/// §6.1.4 (n).
fn check_ca_usage(certificate: &Certificate) -> Option<Finding> {
    let usage = certificate.extensions().key_usage?;
    (!usage.certificate_sign)
        .then(|| Finding::new(Code::ChainCaKeyUsage, certificate.subject().text()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::forge::{Subject, altered, ca, issue};

    /// No certificate that can be read names such an issuer, so no path shows this rule.
    #[test]
    fn a_ca_has_a_name() {
        let (root, sub) = (Subject::new("Raíz"), Subject::new("Sub"));
        let named = issue(&sub, &root, ca());
        assert_eq!(check_ca(&named), []);
        let nameless = altered(&named, &root, |parts| parts[5] = vec![0x30, 0]);
        let nameless = Certificate::parse(nameless).unwrap();
        let codes: Vec<Code> = check_ca(&nameless).iter().map(|found| found.code).collect();
        assert_eq!(codes, [Code::ChainMalformed]);
    }
}
