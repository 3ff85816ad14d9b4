//! From the verdict of the core to reasons: exhaustive over every code the core knows, so that a new one can't be forgotten.

use std::collections::BTreeMap;

use super::Case;
use super::reasons::{Reason, ReasonCode};
use super::standing::Office;
use super::table::Row;
use crate::domain::Outcome;
use crate::verify::Code;
use crate::verify::report::{Conclusion, Finding, Report, Severity, SignatureReport};
use crate::verify::signer::Signer;

/// Why the signature can't carry an approval; empty when the report has passed.
pub(super) fn reasons(case: &Case<'_>) -> Vec<Reason> {
    if case.report.conclusion == Conclusion::Passed {
        return Vec::new();
    }
    let mut reasons: Vec<Reason> = reasons_of(&case.report.findings, &[]);
    for signature in &case.report.signatures {
        let mut facts = whose(signature, case.report);
        if is_beside_a_good_one(signature, case) {
            facts.push(("buena", "sí".to_owned()));
        }
        let mut own = reasons_of(&signature.findings, &facts);
        // Lists forget certificates that have expired (RFC 5280 §3.3): not to know more about one is no second reason.
        if own
            .iter()
            .any(|reason| reason.code == ReasonCode::CertExpired)
        {
            own.retain(|reason| reason.code != ReasonCode::RevocationUnknown);
        }
        reasons.extend(own);
    }
    // A conclusion other than passed without a finding behind it would be a bug of the core: a person looks.
    if reasons.is_empty() {
        reasons.push(Reason::new(
            ReasonCode::SignatureUnsupported,
            Outcome::InReview,
        ));
    }
    reasons.sort_by_key(|reason| reason.code);
    reasons
}

/// Whether the file would do without this signature: the same person signed it well too, or, where nobody can tell whose this one is or
/// it is a stranger's, somebody who may ask for this.
fn is_beside_a_good_one(signature: &SignatureReport, case: &Case<'_>) -> bool {
    let document = |signature: &SignatureReport| {
        let signer = signature.signer.as_ref().filter(|_| signature.is_rooted());
        signer.and_then(|signer| signer.matchable_document().cloned())
    };
    let good: Vec<&SignatureReport> = case
        .report
        .of_people()
        .filter(|one| one.conclusion == Conclusion::Passed)
        .collect();
    let own = document(signature);
    if own.is_some() && good.iter().any(|one| document(one) == own) {
        return true;
    }
    let signers: Vec<&Signer> = good.iter().filter_map(|one| one.signer.as_ref()).collect();
    match (case.employer, &case.reading.content) {
        (Some(employer), Some(content)) => {
            Office::of(employer, content, case.at).is_enough(&signers)
        }
        // Of a letter that did not pass nobody knows whom it is for.
        _ => own.is_none() && !signature.is_rooted() && !signers.is_empty(),
    }
}

/// What sentences say about whose signature it is: the entity, and of several signatures who is meant. What stands in a
/// certificate that leads to no trusted root is anybody's text: of such a one its place is told.
fn whose(signature: &SignatureReport, report: &Report) -> Vec<(&'static str, String)> {
    let rooted = signature.signer.as_ref().filter(|_| signature.is_rooted());
    let mut facts = Vec::new();
    facts.extend(rooted.map(|signer| ("entidad", signer.entity.clone())));
    let place = report
        .of_people()
        .position(|one| std::ptr::eq(one, signature));
    if let Some(place) = place.filter(|_| report.of_people().count() > 1) {
        facts.push(match rooted {
            Some(signer) if !signer.name.is_empty() => ("firmante", signer.name.clone()),
            _ => ("firma", (place + 1).to_string()),
        });
    }
    facts
}

fn reasons_of(findings: &[Finding], whose: &[(&'static str, String)]) -> Vec<Reason> {
    let heavy = findings.iter().filter(|it| it.severity > Severity::Note);
    heavy
        .map(|finding| {
            let reason = reason_of(finding);
            let facts = whose.iter();
            facts.fold(reason, |reason, (name, value)| reason.fact(name, value))
        })
        .collect()
}

/// The reason that a finding of the core amounts to, with the values its sentence needs.
fn reason_of(finding: &Finding) -> Reason {
    let mut reason = Reason::new(
        reason_code(finding.code),
        outcome(finding.code, finding.severity),
    );
    let facts = [("fecha", finding.code.dated_by()), ("que", Some("what"))];
    for (ours, theirs) in facts {
        let value = theirs.and_then(|theirs| finding.facts.get(theirs)?.as_str());
        if let Some(value) = value {
            reason = reason.fact(ours, value);
        }
    }
    reason
}

/// What a finding leads to. The machine refuses only on hard facts (DESIGN C): what could not be
/// learned never refuses, whatever its code would do as a failure.
fn outcome(code: Code, severity: Severity) -> Outcome {
    // What the sender can mend at once is refused with the way to do it, instead of a day's wait (PRODUCT S10).
    let mendable = matches!(
        code,
        Code::CmsContentMissing | Code::PdfEncrypted | Code::PdfActiveContent
    );
    let soft = matches!(
        reason_code(code),
        ReasonCode::TooComplex
            | ReasonCode::AutomaticLayers
            | ReasonCode::CertExpiredTimestamped
            | ReasonCode::CertOnHold
            | ReasonCode::RevocationUnknown
            | ReasonCode::SignatureUnsupported
            | ReasonCode::IdentityUnreadable
            | ReasonCode::ClockAhead
    );
    if mendable || (severity == Severity::Failure && !soft) {
        Outcome::Refused
    } else {
        Outcome::InReview
    }
}

/// The reason behind each finding of the core.
fn reason_code(code: Code) -> ReasonCode {
    use ReasonCode as R;
    match code {
        Code::DocumentUnsigned => R::Unsigned,
        Code::PdfEncrypted => R::Encrypted,
        Code::PdfActiveContent => R::ActiveContent,
        Code::PdfAutomaticLayers => R::AutomaticLayers,
        Code::PdfTooComplex | Code::ChainBudget => R::TooComplex,
        Code::PdfAmbiguous
        | Code::PdfByteRange
        | Code::PdfModifiedAfterSigning
        | Code::PdfNotCovered
        | Code::CmsDigestMismatch => R::ModifiedAfterSigning,
        Code::PdfSignatureMalformed
        | Code::CmsMalformed
        | Code::CmsSignerCount
        | Code::CmsContentType
        | Code::CmsMessageDigest
        | Code::CmsSignatureInvalid
        | Code::CmsSigningCertificateMismatch
        | Code::CmsAlgorithmMismatch
        | Code::TimestampInvalid => R::SignatureInvalid,
        Code::CmsContentMissing => R::OriginalMissing,
        Code::AlgorithmWeak | Code::AlgorithmKeyTooShort => R::WeakAlgorithm,
        Code::ChainUntrusted
        | Code::ChainPastOnly
        | Code::SignerNotEcuadorian
        | Code::SignerAuthorityUnlisted => R::CaNotAccredited,
        Code::ChainExpired => R::CertExpired,
        Code::ChainExpiredAfterTimestamp => R::CertExpiredTimestamped,
        Code::ChainNotYetValid => R::CertNotYetValid,
        Code::ChainKeyUsage | Code::ChainExtendedKeyUsage => R::CertUsage,
        Code::ChainMalformed
        | Code::ChainSignatureInvalid
        | Code::ChainNotACa
        | Code::ChainPathLength
        | Code::ChainCaKeyUsage
        | Code::ChainNameConstraints
        | Code::ChainPolicy
        | Code::ChainNonconforming
        | Code::ChainCriticalExtension => R::ChainInvalid,
        Code::RevocationRevoked => R::CertRevoked,
        Code::RevocationOnHold => R::CertOnHold,
        Code::RevocationUnknown | Code::RevocationStale | Code::RevocationInvalid => {
            R::RevocationUnknown
        }
        Code::SignerClass => R::CertClass,
        Code::SignerIdentityMissing => R::IdentityUnreadable,
        Code::CmsSigningTimeInFuture => R::ClockAhead,
        Code::PdfSubFilterUnsupported
        | Code::CmsSignerCertificateMissing
        | Code::CmsSigningCertificateMissing
        | Code::CmsIssuerSerial
        | Code::AlgorithmUnsupported
        | Code::PdfPermittedAdditions
        | Code::CmsCounterSignature
        | Code::CmsSigningTimeMissing
        | Code::RevocationLater
        | Code::RevocationAnsweredLater
        | Code::RevocationNotChecked
        | Code::CmsAttributeRepeated
        | Code::TimestampOrder
        | Code::TimestampAuthorityName
        | Code::TimestampNotJudged
        | Code::TimestampInaccurate
        | Code::SignerEntityNotPinned
        | Code::SignerClassDisabled
        | Code::TimestampUntrusted => R::SignatureUnsupported,
    }
}

/// The lines of the table: findings with the same reason and outcome share one. A note decides nothing.
pub(super) fn rows() -> Vec<Row> {
    let mut groups: BTreeMap<(ReasonCode, u8), (Outcome, Vec<String>)> = BTreeMap::new();
    let deciding = Code::ALL
        .iter()
        .filter(|code| code.severity() > Severity::Note);
    for code in deciding {
        let outcome = outcome(*code, code.severity());
        groups
            .entry((reason_code(*code), u8::from(outcome == Outcome::Refused)))
            .or_insert_with(|| (outcome, Vec::new()))
            .1
            .push(format!("`{code}`"));
    }
    groups
        .into_iter()
        .map(|((code, _), (outcome, findings))| Row {
            question: "signature",
            when: findings.join(", "),
            code,
            outcome,
        })
        .collect()
}
