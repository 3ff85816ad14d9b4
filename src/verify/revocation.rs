//! Whether certificates were revoked, from answers given as bytes: CRLs (RFC 5280 §6.3) and OCSP (RFC 6960 §3.2).
//!
//! What counts is the time of reception: revoked by then is a failure even if the signer's clock says it signed earlier;
//! revoked later is told as a note. No answer, or only answers that are past their time, is indeterminate. An answer that
//! came with the document speaks for the past; for the present the CA is asked, whatever the document brings.

mod answer;
mod crl;
mod ocsp;
mod scope;

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use super::certificate::Certificate;
use super::chain::{self, Budget, Purpose, Sources};
use super::cms::Material;
use super::crypto::SignatureAlgorithm;
use super::policy::{self, Policy, RevocationMode};
use super::report::{Code, Finding, RevocationFacts, Severity};
use super::wanted::{Addresses, Missed, Notes};
use answer::{Answer, weigh};

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
    /// The answers that a message carries along; what is among `known` is not read again, and what can't be read is passed
    /// over.
    #[must_use]
    pub fn read(material: &Material<'_>, known: &Self) -> Self {
        let list = |der: &&[u8]| {
            let mut same = known.crls.iter().filter(|list| list.der() == *der);
            same.next()
                .cloned()
                .or_else(|| Crl::parse(der.to_vec()).ok())
        };
        let answer = |der: &&[u8]| {
            let mut same = known.ocsps.iter().filter(|answer| answer.der() == *der);
            same.next()
                .cloned()
                .or_else(|| OcspResponse::parse(der.to_vec()).ok())
        };
        Self {
            crls: material.crls.iter().filter_map(list).collect(),
            ocsps: material.ocsps.iter().filter_map(answer).collect(),
        }
    }

    /// These answers and further ones, each reading once.
    #[must_use]
    pub fn and(&self, more: &Self) -> Self {
        let mut all = self.clone();
        let is_new = |list: &&Crl| !self.crls.iter().any(|one| one.is(list));
        all.crls.extend(more.crls.iter().filter(is_new).cloned());
        let is_new = |answer: &&OcspResponse| !self.ocsps.iter().any(|one| one.is(answer));
        all.ocsps.extend(more.ocsps.iter().filter(is_new).cloned());
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
    /// Those of them that did not come with the document: its sender chose what he put into it.
    pub given: &'a Evidence,
    /// Where issuers are looked for.
    pub sources: Sources<'a>,
    /// Freshness.
    pub policy: &'a Policy,
    /// The time that counts.
    pub at: Timestamp,
    /// When the document was received; an earlier time that counts is past.
    pub reception: Timestamp,
    /// How many answers may still vouch for one another: a list may be signed by a certificate whose own status comes
    /// from another list, and so on.
    pub depth: u8,
    /// Where it is noted what was missed and what was used.
    pub journal: Option<Notes<'a>>,
}

/// Enough for a separate list signer below a CA with a separate list signer; no CA goes further.
pub const ANSWER_DEPTH: u8 = 3;

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

/// Whether the signature of an answer counts for nothing any more, whoever made it.
fn is_weak(algorithm: &SignatureAlgorithm, at: Timestamp) -> bool {
    let flaw = |digest| policy::check_digest(digest, "", at);
    algorithm.digest().and_then(flaw).is_some()
}

/// Whether an answer is still in its time at the time that counts. RFC 5280 §5.1.2.5 requires `nextUpdate` of a list;
/// without it nobody can say. RFC 6960 §4.2.2.1 takes an answer without it as one that could be had anew at any time, so
/// that its age decides (`without_end`). How old an answer about an end certificate may be at all is a matter of policy.
fn is_fresh(
    certificate: &Certificate,
    (this_update, next_update): (Timestamp, Option<Timestamp>),
    without_end: Option<SignedDuration>,
    context: Context<'_>,
) -> bool {
    let within = |age: SignedDuration| {
        this_update
            .checked_add(age)
            .is_ok_and(|end| end >= context.at)
    };
    let current = match next_update {
        Some(next) => next >= context.at,
        None => without_end.is_some_and(within),
    };
    let is_ca = certificate
        .extensions()
        .basic_constraints
        .is_some_and(|constraints| constraints.ca);
    current && (is_ca || context.policy.evidence_age.is_none_or(within))
}

/// RFC 5280 §3.3: entries leave the lists some time after their certificates expire, and responders forget them. An
/// answer given after that says nothing by not knowing of a revocation, unless it states that it reaches back: by
/// `expiredCertsOnCRL` (X.509 §9.5.2.8) or the archive cutoff (RFC 6960 §4.4.4).
fn forgets(
    certificate: &Certificate,
    this_update: Timestamp,
    kept_since: Option<Timestamp>,
) -> bool {
    certificate.not_after() < this_update
        && kept_since.is_none_or(|since| since > certificate.not_after())
}

/// The status of one certificate whose issuer is known.
pub(super) fn check(
    certificate: &Certificate,
    issuer: &Certificate,
    context: Context<'_>,
    budget: &mut Budget,
) -> (RevocationFacts, Vec<Finding>) {
    let subject = certificate.subject().text();
    let mut rejected = BTreeSet::new();
    let mut answers = Vec::new();
    for list in &context.evidence.crls {
        match ask_list(list, certificate, issuer, context, budget) {
            Ok(given) => answers.extend(given),
            Err(reason) => {
                rejected.insert(reason);
            }
        }
    }
    for response in &context.evidence.ocsps {
        match ask_response(response, certificate, issuer, context, budget) {
            Ok(given) => answers.extend(given),
            Err(reason) => {
                rejected.insert(reason);
            }
        }
    }
    let rolls_back = |one: &Answer| one.fresh && answers.iter().any(|other| one.rolls_back(other));
    let rolled_back = answers.iter().any(rolls_back);
    // Answers that can't be believed are worth telling only while nothing better is known: a CA that has rolled over its
    // key publishes lists under one name with two keys.
    let mut findings: Vec<Finding> = rejected
        .into_iter()
        .filter(|_| !answers.iter().any(|answer: &Answer| answer.fresh))
        .chain(rolled_back.then_some("the numbers of the lists run backwards"))
        .map(|reason| Finding::new(Code::RevocationInvalid, subject).fact("reason", reason))
        .collect();
    let mut facts = RevocationFacts::unknown(subject);
    findings.extend(weigh(&answers, context.at, subject, &mut facts));
    for finding in &mut findings {
        if finding.code == Code::RevocationUnknown {
            tell_unasked(finding, certificate);
        }
    }
    // A revocation is final, whoever brought word of it; that there is none, a document can't say of its own signer.
    let is_known = settles(&findings);
    let is_settled =
        is_known && (facts.status == "revoked" || settles(&without_carried(answers, context.at)));
    if let Some(journal) = context.journal
        && !is_settled
    {
        let missed = Missed {
            lists_only: false,
            stands_in: is_known,
        };
        journal.missed(certificate, issuer, context.sources.pool, missed);
    }
    (facts, findings)
}

/// What would be known without the answers that came with the document.
fn without_carried(answers: Vec<Answer>, at: Timestamp) -> Vec<Finding> {
    let answers: Vec<Answer> = answers.into_iter().filter(|one| !one.carried).collect();
    weigh(&answers, at, "", &mut RevocationFacts::unknown(""))
}

/// Answers that are to be had in a directory only are not brought by anybody here: an operator has to.
fn tell_unasked(finding: &mut Finding, certificate: &Certificate) {
    let addresses = Addresses::of(certificate);
    if !addresses.not_asked.is_empty() {
        let facts = &mut finding.facts;
        facts.insert("not_asked".to_owned(), addresses.not_asked.into());
    }
}

/// What a list says about a certificate, noted when it says anything at all.
fn ask_list(
    list: &Crl,
    certificate: &Certificate,
    issuer: &Certificate,
    context: Context<'_>,
    budget: &mut Budget,
) -> Result<Vec<Answer>, &'static str> {
    let answers = list.answers(certificate, issuer, context, budget);
    if let Some(journal) = context.journal
        && !answers.as_ref().is_ok_and(Vec::is_empty)
    {
        journal.used_list(list);
    }
    let is_given = context.given.crls.iter().any(|given| given.is(list));
    let answers = answers?.into_iter();
    Ok(answers
        .map(|answer| by_origin(answer, is_given, context))
        .collect())
}

/// What an OCSP response says about a certificate, noted when it says anything at all.
fn ask_response(
    response: &OcspResponse,
    certificate: &Certificate,
    issuer: &Certificate,
    context: Context<'_>,
    budget: &mut Budget,
) -> Result<Vec<Answer>, &'static str> {
    let answers = response.answers(certificate, issuer, context, budget);
    if let Some(journal) = context.journal
        && !answers.as_ref().is_ok_and(Vec::is_empty)
    {
        journal.used_answer(response);
    }
    let is_given = context.given.ocsps.iter().any(|given| given.is(response));
    let answers = answers?.into_iter();
    Ok(answers
        .map(|answer| by_origin(answer, is_given, context))
        .collect())
}

/// Who sends a document chooses the answers that come with it, and may send one of before a revocation that he knows of. About
/// the past that is as good as any; about the present it counts while it is young, and only if the CA can't be asked.
fn by_origin(answer: Answer, is_given: bool, context: Context<'_>) -> Answer {
    if is_given || context.at < context.reception {
        return answer;
    }
    let until = answer.this_update.checked_add(policy::CARRIED_ANSWER_AGE);
    Answer {
        carried: true,
        fresh: answer.fresh && until.is_ok_and(|until| until >= context.at),
        ..answer
    }
}

/// Nobody need be asked any more: good by fresh answers, or revoked, which is final.
fn settles(findings: &[Finding]) -> bool {
    findings
        .iter()
        .all(|finding| finding.severity != Severity::Unknown)
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

/// The time at which whoever signed an answer must be valid: the time that counts, or when the answer was given if that
/// was later. Responders change their certificates every few days.
fn answered_at(context: Context<'_>, given_at: Timestamp) -> Timestamp {
    context.at.max(given_at)
}

/// Whether another certificate may vouch for an answer of `given_at` in place of `issuer`: trusted for `purpose` through the
/// same root (RFC 5280 §6.3.3 (f): below another one, somebody else may be called like it), and itself not revoked.
fn is_trusted(
    certificate: &Certificate,
    issuer: &Certificate,
    purpose: Purpose<'_>,
    given_at: Timestamp,
    context: Context<'_>,
    budget: &mut Budget,
) -> bool {
    let Some(depth) = context.depth.checked_sub(1) else {
        return false;
    };
    let (sources, at) = (context.sources, answered_at(context, given_at));
    let above = chain::candidates(issuer, sources, Purpose::Issuing, budget, context.at);
    let found = chain::candidates(certificate, sources, purpose, budget, at);
    let ends_alike = |one: &chain::Candidate| {
        let mut others = above.iter().map(|other| other.certificates.last());
        others.any(|last| last == one.certificates.last())
    };
    let Some(best) = found
        .iter()
        .find(|found| found.is_trusted() && ends_alike(found))
    else {
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
