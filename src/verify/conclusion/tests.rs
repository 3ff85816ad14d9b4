//! Messages of one and of several signers, and what the document as a whole comes to.

use super::place::check_claimed_time;
use super::*;
use crate::verify::cms::tests::{CONTENT, Made, Recipe, make, message};
use crate::verify::forge::now;
use crate::verify::policy::RevocationMode;

mod carried;
mod containers;
mod standing;

fn judge(bytes: &[u8], original: Option<&[u8]>, roots: &[&Certificate]) -> Report {
    let signed = crate::verify::open(bytes, original).unwrap();
    let roots = roots.iter().map(|root| (*root).clone()).collect();
    let policy = Policy {
        revocation: RevocationMode::None,
        ..Policy::default()
    };
    conclude(
        &signed,
        &TrustStore::new(roots, Vec::new()),
        &Evidence::default(),
        &policy,
        now(),
    )
}

fn both(one: &Made, other: &Made) -> Vec<u8> {
    message(
        true,
        &[one.certificate.clone(), other.certificate.clone()],
        &[one.signer.clone(), other.signer.clone()],
    )
}

fn codes(report: &Report) -> Vec<Code> {
    report
        .all_findings()
        .filter(|finding| finding.severity > Severity::Note)
        .map(|finding| finding.code)
        .collect()
}

/// The additional signature of an attacker: the good one beside it is not enough.
#[test]
fn every_signer_of_a_message_must_pass() {
    let recipe = Recipe {
        attached: true,
        ..Recipe::default()
    };
    let (one, other) = (make(&recipe), make(&recipe));
    let bytes = both(&one, &other);
    let trusted = judge(&bytes, None, &[&one.root, &other.root]);
    assert_eq!(trusted.conclusion, Conclusion::Passed);
    assert_eq!(trusted.signatures.len(), 2);
    let half = judge(&bytes, None, &[&one.root]);
    assert_eq!(half.conclusion, Conclusion::Failed);
    assert_eq!(codes(&half), [Code::ChainUntrusted]);
    assert_eq!(half.signatures[0].conclusion, Conclusion::Passed);
    assert_eq!(
        half.sub_indication,
        Some(SubIndication::NoCertificateChainFound)
    );
}

#[test]
fn every_path_that_was_tried_is_told() {
    let made = make(&Recipe {
        attached: true,
        ..Recipe::default()
    });
    let passed = judge(&made.bytes, None, &[&made.root]);
    let [path] = passed.signatures[0].paths.as_slice() else {
        panic!("one path: {:?}", passed.signatures[0].paths);
    };
    assert_eq!(path.conclusion, Conclusion::Passed);
    assert_eq!(path.certificates, passed.signatures[0].chain);
    let failed = judge(&made.bytes, None, &[]);
    let [path] = failed.signatures[0].paths.as_slice() else {
        panic!("one attempt: {:?}", failed.signatures[0].paths);
    };
    assert_eq!(path.conclusion, Conclusion::Failed);
    assert_eq!(path.findings[0].code, Code::ChainUntrusted);
    assert_eq!(path.findings[0].facts["position"], 0);
}

#[test]
fn a_message_without_signers_is_unsigned() {
    let bytes = message(true, &[], &[]);
    let report = judge(&bytes, None, &[]);
    assert_eq!(report.conclusion, Conclusion::Failed);
    assert_eq!(codes(&report), [Code::DocumentUnsigned]);
}

#[test]
fn the_heaviest_finding_gives_the_sub_indication() {
    let made = make(&Recipe::default());
    let report = judge(&made.bytes, Some(b"altered"), &[]);
    assert_eq!(
        codes(&report),
        [Code::CmsDigestMismatch, Code::ChainUntrusted]
    );
    assert_eq!(report.sub_indication, Some(SubIndication::HashFailure));
    let report = judge(&made.bytes, Some(CONTENT), &[&made.root]);
    assert_eq!(report.conclusion, Conclusion::Passed);
    assert_eq!(report.sub_indication, None);
}

#[test]
fn a_clock_that_runs_ahead_is_a_note_and_a_false_one_a_doubt() {
    let at = now();
    let severity = |seconds: i64| {
        let claimed = at + jiff::SignedDuration::from_secs(seconds);
        check_claimed_time(Some(claimed), "#1", at).map(|finding| finding.severity)
    };
    assert_eq!(severity(-1), None);
    assert_eq!(severity(0), None);
    assert_eq!(severity(300), Some(Severity::Note));
    assert_eq!(severity(301), Some(Severity::Unknown));
    assert_eq!(
        check_claimed_time(None, "#1", at).map(|finding| finding.code),
        Some(Code::CmsSigningTimeMissing)
    );
}

/// Nobody can have meant anything by signing no bytes at all.
#[test]
fn a_signature_over_nothing_says_nothing() {
    use crate::verify::forge::{Signing, Subject, ca, issue, signer};
    let (root, ana) = (Subject::new("Raíz"), Subject::new("Ana"));
    let anchor = issue(&root, &root, ca());
    let certificate = issue(&ana, &root, signer());
    let empty = Signing {
        inside: Some(b""),
        ..Signing::default()
    };
    let report = judge(&empty.over(&[b""], &ana, &certificate), None, &[&anchor]);
    assert_eq!(report.conclusion, Conclusion::Indeterminate);
    assert_eq!(codes(&report), [Code::CmsContentMissing]);
}
