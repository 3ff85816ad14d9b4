//! Whether certificates were revoked, from answers given as bytes: CRLs (RFC 5280 §6.3) and OCSP (RFC 6960 §3.2).
//!
//! What counts is the time of reception: revoked by then is a failure even if the signer's clock says it signed earlier;
//! revoked later is told as a note. No answer, or only answers that are past their time, is indeterminate.

mod crl;
mod ocsp;

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::certificate::Certificate;
use super::chain::{self, Budget, Purpose, Sources};
use super::cms::Material;
use super::policy::{Policy, RevocationMode};
use super::report::{Code, Finding, RevocationFacts, Severity};

pub use crl::Crl;
pub use ocsp::OcspResponse;

/// Answers about revocation, given as bytes.
#[derive(Debug, Clone, Default)]
pub struct Evidence {
    /// Revocation lists.
    pub crls: Vec<Crl>,
    /// OCSP answers.
    pub ocsps: Vec<OcspResponse>,
}

impl Evidence {
    /// These answers and those that a message carries along. What can't be read of the latter is passed over.
    #[must_use]
    pub fn joined(given: &Self, embedded: &Material<'_>) -> Self {
        let mut all = given.clone();
        for der in &embedded.crls {
            all.crls.extend(Crl::parse(der.to_vec()));
        }
        for der in &embedded.ocsps {
            all.ocsps.extend(OcspResponse::parse(der.to_vec()));
        }
        all
    }
}

/// The bytes are no revocation list or OCSP answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EvidenceError {
    /// Not the structure of RFC 5280 §5.1.
    #[error("not a readable CRL")]
    Crl,
    /// Not the structure of RFC 6960 §4.2.1.
    #[error("not a readable OCSP response")]
    Ocsp,
    /// The responder answered with an error instead (RFC 6960 §4.2.1).
    #[error("the OCSP responder answered with error {0}")]
    OcspStatus(u32),
}

/// Everything a status is looked for in and judged by.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// Given and embedded answers.
    pub evidence: &'a Evidence,
    /// Where issuers are looked for.
    pub sources: Sources<'a>,
    /// Freshness.
    pub policy: &'a Policy,
    /// The time that counts.
    pub at: Timestamp,
    /// How many answers may still vouch for one another: a list may be signed by a certificate whose own status comes
    /// from another list, and so on.
    pub depth: u8,
}

/// Enough for a separate list signer below a CA with a separate list signer; no CA goes further.
pub const ANSWER_DEPTH: u8 = 3;

/// Reason codes of RFC 5280 §5.3.1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reason {
    Stated(u32),
    Hold,
    RemoveFromCrl,
    Unstated,
}

impl Reason {
    pub(super) fn from_code(code: u32) -> Self {
        match code {
            6 => Self::Hold,
            8 => Self::RemoveFromCrl,
            other => Self::Stated(other),
        }
    }

    fn text(self) -> Option<&'static str> {
        match self {
            Self::Unstated => None,
            Self::Hold => Some("certificateHold"),
            Self::RemoveFromCrl => Some("removeFromCRL"),
            Self::Stated(code) => Some(match code {
                0 => "unspecified",
                1 => "keyCompromise",
                2 => "cACompromise",
                3 => "affiliationChanged",
                4 => "superseded",
                5 => "cessationOfOperation",
                9 => "privilegeWithdrawn",
                10 => "aACompromise",
                _ => "unknown",
            }),
        }
    }
}

/// What one answer says about one certificate.
#[derive(Debug, Clone)]
pub(super) enum Says {
    Good,
    Revoked {
        since: Timestamp,
        invalid_since: Option<Timestamp>,
        reason: Reason,
    },
    Unknown,
}

/// One believed answer.
#[derive(Debug, Clone)]
pub(super) struct Answer {
    source: &'static str,
    says: Says,
    this_update: Timestamp,
    next_update: Option<Timestamp>,
    /// Still within its time at the time that counts.
    fresh: bool,
    /// A delta list: it can add a revocation or lift a hold, but its silence says nothing.
    delta: bool,
}

/// The status of every certificate below the root, in the order of the path.
#[must_use]
pub fn check_path(
    path: &[Certificate],
    context: Context<'_>,
    budget: &mut Budget,
) -> (Vec<RevocationFacts>, Vec<Finding>) {
    if context.policy.revocation == RevocationMode::None {
        let subject = path.first().map_or("", |first| first.subject().text());
        return (
            Vec::new(),
            vec![Finding::new(Code::RevocationNotChecked, subject)],
        );
    }
    let mut facts = Vec::new();
    let mut findings = Vec::new();
    for (certificate, issuer) in path.iter().zip(path.iter().skip(1)) {
        let (fact, mut found) = check(certificate, issuer, context, budget);
        facts.push(fact);
        findings.append(&mut found);
    }
    (facts, findings)
}

/// The status of one certificate whose issuer is known.
fn check(
    certificate: &Certificate,
    issuer: &Certificate,
    context: Context<'_>,
    budget: &mut Budget,
) -> (RevocationFacts, Vec<Finding>) {
    let subject = certificate.subject().text();
    let mut rejected = BTreeSet::new();
    let mut answers = Vec::new();
    for list in &context.evidence.crls {
        match list.answer(certificate, issuer, context, budget) {
            Ok(answer) => answers.extend(answer),
            Err(reason) => {
                rejected.insert(reason);
            }
        }
    }
    for response in &context.evidence.ocsps {
        match response.answer(certificate, issuer, context, budget) {
            Ok(answer) => answers.extend(answer),
            Err(reason) => {
                rejected.insert(reason);
            }
        }
    }
    // Answers that can't be believed are worth telling only while nothing better is known: a CA that has rolled over its
    // key publishes lists under one name with two keys.
    let mut findings: Vec<Finding> = rejected
        .into_iter()
        .filter(|_| !answers.iter().any(|answer: &Answer| answer.fresh))
        .map(|reason| Finding::new(Code::RevocationInvalid, subject).fact("reason", reason))
        .collect();
    let mut facts = RevocationFacts {
        subject: subject.to_owned(),
        status: "unknown".to_owned(),
        source: None,
        this_update: None,
        next_update: None,
        revoked_at: None,
        reason: None,
    };
    findings.extend(weigh(&answers, context.at, subject, &mut facts));
    (facts, findings)
}

/// The heaviest answer decides: revoked, then on hold, then good from a fresh answer. A revocation counts even from an
/// old answer, because it is final; goodness and a hold do not.
fn weigh(
    answers: &[Answer],
    at: Timestamp,
    subject: &str,
    facts: &mut RevocationFacts,
) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut holds = Vec::new();
    let mut later = None;
    for answer in answers {
        let Says::Revoked {
            since,
            invalid_since,
            reason,
        } = answer.says
        else {
            continue;
        };
        // Only a delta list can remove (RFC 5280 §5.3.1): in a full one the entry contradicts itself, and nobody knows.
        let reason = match reason {
            Reason::RemoveFromCrl if !answer.delta => Reason::Hold,
            other => other,
        };
        if matches!(reason, Reason::Hold | Reason::RemoveFromCrl) {
            if since <= at {
                holds.push((answer, since, reason));
            }
            continue;
        }
        if since > at {
            later = Some((answer, since, invalid_since, reason));
            continue;
        }
        describe(facts, "revoked", answer, Some((since, reason)));
        findings.push(told(Code::RevocationRevoked, subject, since, reason));
        return findings;
    }
    // A hold is lifted by a younger answer that says removed, or good (RFC 5280 §5.3.1).
    let lifted = |hold: &Answer| {
        answers.iter().any(|answer| {
            answer.this_update > hold.this_update
                && answer.fresh
                && match answer.says {
                    Says::Good => !answer.delta,
                    Says::Revoked { reason, .. } => reason == Reason::RemoveFromCrl,
                    Says::Unknown => false,
                }
        })
    };
    if let Some((answer, since, reason)) = holds
        .iter()
        .find(|(answer, _, reason)| *reason == Reason::Hold && !lifted(answer))
    {
        describe(facts, "on_hold", answer, Some((*since, *reason)));
        findings.push(told(Code::RevocationOnHold, subject, *since, *reason));
        return findings;
    }
    if let Some((answer, since, invalid_since, reason)) = later {
        // Not revoked yet at the time that counts; but a CA that dates the loss of the key before it leaves a doubt.
        let mut finding = told(Code::RevocationLater, subject, since, reason);
        if let Some(invalid_since) = invalid_since {
            finding = finding.fact("invalid_since", invalid_since.to_string());
        }
        // An answer given before reception that already tells of it is another doubt.
        if answer.this_update <= at || invalid_since.is_some_and(|since| since <= at) {
            finding = finding.weighing(Severity::Unknown);
        }
        describe(facts, "good", answer, Some((since, reason)));
        findings.push(finding);
        return findings;
    }
    let statements = |fresh: bool| {
        answers
            .iter()
            .filter(move |answer| {
                answer.fresh == fresh && !answer.delta && !matches!(answer.says, Says::Unknown)
            })
            .max_by_key(|answer| answer.this_update)
    };
    if let Some(answer) = statements(true) {
        describe(facts, "good", answer, None);
    } else if let Some(answer) = statements(false) {
        describe(facts, "unknown", answer, None);
        let mut finding = Finding::new(Code::RevocationStale, subject)
            .fact("this_update", answer.this_update.to_string());
        if let Some(next) = answer.next_update {
            finding = finding.fact("next_update", next.to_string());
        }
        findings.push(finding);
    } else {
        findings.push(Finding::new(Code::RevocationUnknown, subject));
    }
    findings
}

fn told(code: Code, subject: &str, since: Timestamp, reason: Reason) -> Finding {
    let finding = Finding::new(code, subject).fact("revoked_at", since.to_string());
    match reason.text() {
        Some(reason) => finding.fact("reason", reason),
        None => finding,
    }
}

fn describe(
    facts: &mut RevocationFacts,
    status: &str,
    answer: &Answer,
    revoked: Option<(Timestamp, Reason)>,
) {
    status.clone_into(&mut facts.status);
    facts.source = Some(answer.source.to_owned());
    facts.this_update = Some(answer.this_update);
    facts.next_update = answer.next_update;
    facts.revoked_at = revoked.map(|(since, _)| since);
    facts.reason = revoked
        .and_then(|(_, reason)| reason.text())
        .map(ToOwned::to_owned);
}

/// Certificates other than the issuer's own that may have signed its list: the same name with another key.
fn other_authorities<'a>(
    issuer: &'a Certificate,
    context: Context<'a>,
) -> impl Iterator<Item = &'a Certificate> {
    context
        .sources
        .trust
        .roots()
        .iter()
        .chain(context.sources.pool)
        .filter(move |other| {
            other.subject().matches(issuer.subject()) && other.spki() != issuer.spki()
        })
}

/// Whether another certificate may vouch: trusted for `purpose` through the same roots, and itself not revoked.
fn is_trusted(
    certificate: &Certificate,
    purpose: Purpose<'_>,
    context: Context<'_>,
    budget: &mut Budget,
) -> bool {
    let Some(depth) = context.depth.checked_sub(1) else {
        return false;
    };
    let found = chain::candidates(certificate, context.sources, purpose, budget, context.at);
    let Some(best) = found.first().filter(|best| best.is_trusted()) else {
        return false;
    };
    let deeper = Context { depth, ..context };
    let (_, findings) = check_path(&best.certificates, deeper, budget);
    findings
        .iter()
        .all(|finding| finding.severity == Severity::Note)
}

#[cfg(test)]
mod tests;
