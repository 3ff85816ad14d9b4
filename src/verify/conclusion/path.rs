//! The path of a signer's certificate: at the time of reception, and what a trusted timestamp changes about it.

use jiff::Timestamp;

use super::Court;
use crate::verify::certificate::Certificate;
use crate::verify::chain::{self, Candidate, Purpose};
use crate::verify::cms::Material;
use crate::verify::past;
use crate::verify::policy::{Policy, RevocationMode};
use crate::verify::report::{Code, Finding, PathFacts, RevocationFacts, Severity, conclude_from};
use crate::verify::revocation::{self, Context, Evidence};
use crate::verify::wanted::Notes;

/// What came out for the path of a signer.
pub(super) struct JudgedPath {
    /// The best candidate, with everything held against it.
    pub(super) candidate: Candidate,
    /// Revocation along it.
    pub(super) revocation: Vec<RevocationFacts>,
    /// Every candidate, in the order in which they were tried.
    pub(super) tried: Vec<PathFacts>,
}

impl Court<'_> {
    /// The best path at the time of reception, with everything held against it, revocation included.
    pub(super) fn judge_path(
        &mut self,
        certificate: &Certificate,
        context: Context<'_>,
        proven: Option<Timestamp>,
    ) -> JudgedPath {
        let found = chain::candidates(
            certificate,
            context.sources,
            Purpose::Signing(&self.policy.certificate_policies),
            &mut self.budget,
            self.at,
        );
        let mut tried = Vec::new();
        let mut best: Option<(Candidate, Vec<RevocationFacts>)> = None;
        for mut candidate in found {
            let reaches_root = self.reaches_root(&candidate);
            let mut facts = Vec::new();
            if reaches_root {
                facts = self.judge_complete(&mut candidate, context, proven);
            }
            tried.push(path_facts(&candidate));
            // Without a root the first attempt is the longest; how the others ended is only told.
            let is_better = best.as_ref().is_none_or(|(best, _)| {
                reaches_root && heaviest(&candidate.findings) < heaviest(&best.findings)
            });
            let is_trusted = candidate.is_trusted();
            if is_better {
                best = Some((candidate, facts));
            }
            if is_trusted {
                break;
            }
        }
        let (candidate, revocation) = best.unwrap_or_else(|| {
            let untrusted = Finding::new(Code::ChainUntrusted, certificate.subject().text());
            let candidate = Candidate {
                certificates: vec![certificate.clone()],
                findings: vec![untrusted],
            };
            (candidate, Vec::new())
        });
        JudgedPath {
            candidate,
            revocation,
            tried,
        }
    }

    /// Revocation along a path that ends at a root, and what a proof of existence changes.
    fn judge_complete(
        &mut self,
        candidate: &mut Candidate,
        context: Context<'_>,
        proven: Option<Timestamp>,
    ) -> Vec<RevocationFacts> {
        let unasked = Context {
            journal: context.journal.map(Notes::without_asking),
            ..context
        };
        let asked = if is_worth_asking(candidate) {
            context
        } else {
            unasked
        };
        let (mut facts, mut findings) =
            revocation::check_path(&candidate.certificates, asked, &mut self.budget);
        past::doubt_algorithms(&mut candidate.findings, proven);
        past::doubt_past_only(&mut candidate.findings, proven);
        if let Some(proven) = proven.filter(|proven| self.is_outlived(candidate, context, *proven))
        {
            doubt_expiry(&mut candidate.findings, proven);
            // Answers given after expiry know nothing; those given in time do. What they know against it stays.
            let then = Context {
                at: proven,
                ..unasked
            };
            if findings.iter().all(is_missing) {
                (facts, findings) =
                    revocation::check_path(&candidate.certificates, then, &mut self.budget);
            }
        }
        candidate.findings.extend(findings);
        candidate.findings.extend(
            candidate
                .certificates
                .first()
                .and_then(|signer| past::check_issued(signer, proven)),
        );
        facts
    }

    /// DESIGN B: expired at reception, but every rule held when a trusted timestamp was made.
    fn is_outlived(
        &mut self,
        candidate: &Candidate,
        context: Context<'_>,
        proven: Timestamp,
    ) -> bool {
        let is_expired = candidate
            .findings
            .iter()
            .any(|finding| finding.code == Code::ChainExpired);
        let Some(first) = candidate.certificates.first().filter(|_| is_expired) else {
            return false;
        };
        chain::candidates(
            first,
            context.sources,
            Purpose::Signing(&self.policy.certificate_policies),
            &mut self.budget,
            proven,
        )
        .iter()
        .any(|then| then.certificates == candidate.certificates && then.is_trusted())
    }

    /// B-LT: the document itself carries an answer for every certificate below the root (ETSI EN 319 142-1 §5.4).
    pub(super) fn is_long_term(
        &mut self,
        candidate: &Candidate,
        embedded: &Evidence,
        context: Context<'_>,
        proven: Timestamp,
    ) -> bool {
        let required = Policy {
            revocation: RevocationMode::Required,
            ..self.policy.clone()
        };
        let context = Context {
            policy: &required,
            evidence: embedded,
            at: proven,
            journal: None,
            ..context
        };
        let (facts, _) = revocation::check_path(&candidate.certificates, context, &mut self.budget);
        !facts.is_empty() && facts.iter().all(|fact| fact.this_update.is_some())
    }

    /// B-LTA: a timestamp is over every certificate of the path, but for those that are known here anyway.
    pub(super) fn is_archived(&self, candidate: &Candidate, archived: &Material<'_>) -> bool {
        candidate.certificates.iter().all(|certificate| {
            archived.certificates.contains(&certificate.der())
                || self.trust.is_root(certificate)
                || self.trust.intermediates().contains(certificate)
        })
    }

    pub(super) fn reaches_root(&self, candidate: &Candidate) -> bool {
        candidate
            .certificates
            .last()
            .is_some_and(|last| self.trust.is_root(last))
    }
}

/// Whether others may be asked about a path that ends at a root: it breaks no rule but those of time, which a timestamp may
/// mend. A path that does could be anybody's work below a certificate that signs none, addresses included.
fn is_worth_asking(candidate: &Candidate) -> bool {
    candidate.findings.iter().all(|finding| {
        finding.severity == Severity::Note
            || matches!(finding.code, Code::ChainExpired | Code::ChainPastOnly)
    })
}

/// DESIGN B: for a person to judge.
fn doubt_expiry(findings: &mut [Finding], proven: Timestamp) {
    for finding in findings
        .iter_mut()
        .filter(|finding| finding.code == Code::ChainExpired)
    {
        finding.code = Code::ChainExpiredAfterTimestamp;
        finding.severity = Code::ChainExpiredAfterTimestamp.severity();
        finding
            .facts
            .insert("timestamp".to_owned(), proven.to_string().into());
    }
}

/// Nothing but the want of an answer.
fn is_missing(finding: &Finding) -> bool {
    finding.severity == Severity::Note
        || matches!(
            finding.code,
            Code::RevocationUnknown | Code::RevocationStale
        )
}

fn path_facts(candidate: &Candidate) -> PathFacts {
    PathFacts {
        conclusion: conclude_from(&candidate.findings),
        certificates: candidate
            .certificates
            .iter()
            .map(Certificate::facts)
            .collect(),
        findings: candidate.findings.clone(),
    }
}

fn heaviest(findings: &[Finding]) -> Option<Severity> {
    findings.iter().map(|finding| finding.severity).max()
}
