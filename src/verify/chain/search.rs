//! Finding paths: from a certificate upwards, depth first, within a budget of signature checks.

use std::cmp::Reverse;

use super::{Budget, Candidate, Sources};
use crate::verify::certificate::Certificate;
use crate::verify::crypto::Verdict;
use crate::verify::policy::MAX_PATH_DEPTH;
use crate::verify::report::{Code, Finding};

/// Complete paths that are judged at most: cross-certified hierarchies have two or three.
const MAX_CANDIDATES: usize = 8;

/// Attempts that reached no root and are told of, beside the longest.
const MAX_ATTEMPTS: usize = 8;

pub(super) struct Search<'a, 'b> {
    sources: Sources<'a>,
    budget: &'b mut Budget,
    complete: Vec<Vec<Certificate>>,
    longest: Vec<Certificate>,
    attempts: Vec<Candidate>,
    exhausted: bool,
    same_name_other_key: bool,
    unsupported: Option<String>,
}

impl<'a, 'b> Search<'a, 'b> {
    pub(super) fn new(sources: Sources<'a>, budget: &'b mut Budget, first: &Certificate) -> Self {
        Self {
            sources,
            budget,
            complete: Vec::new(),
            longest: vec![first.clone()],
            attempts: Vec::new(),
            exhausted: false,
            same_name_other_key: false,
            unsupported: None,
        }
    }

    /// The paths that end at a root, or, if there is none, what was tried: first the longest with the reason.
    pub(super) fn run(mut self) -> Result<Vec<Vec<Certificate>>, Vec<Candidate>> {
        self.extend(&mut self.longest.clone());
        if self.complete.is_empty() {
            Err(self.nothing_found())
        } else {
            Ok(self.complete)
        }
    }

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
            match last.signed_by(&issuer) {
                Verdict::Valid => {
                    path.push(issuer);
                    self.extend(path);
                    path.pop();
                }
                Verdict::Invalid | Verdict::Mismatch => {
                    self.same_name_other_key = true;
                    self.attempted(path, issuer, Code::ChainSignatureInvalid);
                }
                Verdict::Unsupported(algorithm) => {
                    self.unsupported = Some(algorithm);
                    self.attempted(path, issuer, Code::AlgorithmUnsupported);
                }
            }
        }
    }

    /// A step that leads nowhere: `issuer` has the right name and did not sign the last certificate of `path`.
    fn attempted(&mut self, path: &[Certificate], issuer: Certificate, code: Code) {
        if self.attempts.len() >= MAX_ATTEMPTS {
            return;
        }
        let position = path.len().saturating_sub(1);
        let subject = path.last().map_or("", |last| last.subject().text());
        let finding = Finding::new(code, subject)
            .fact("position", position)
            .fact("issuer_sha256", issuer.sha256().to_string());
        let mut certificates = path.to_vec();
        certificates.push(issuer);
        self.attempts.push(Candidate {
            certificates,
            findings: vec![finding],
        });
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

    fn nothing_found(self) -> Vec<Candidate> {
        let last = self.longest.last();
        let subject = last.map_or("", |certificate| certificate.subject().text());
        let code = if self.exhausted {
            Code::ChainBudget
        } else {
            Code::ChainUntrusted
        };
        let mut finding =
            Finding::new(code, subject).fact("position", self.longest.len().saturating_sub(1));
        if let Some(last) = last {
            finding = finding.fact("issuer", last.issuer().text());
        }
        if self.same_name_other_key {
            finding = finding.fact("same_name_other_key", true);
        }
        if let Some(algorithm) = self.unsupported {
            finding = finding.fact("unsupported_algorithm", algorithm);
        }
        let mut tried = vec![Candidate {
            certificates: self.longest,
            findings: vec![finding],
        }];
        tried.extend(self.attempts);
        tried
    }
}
