//! A signature in its place, before anything cryptographic is known of it.

use jiff::Timestamp;

use crate::verify::policy::CLOCK_TOLERANCE;
use crate::verify::report::{
    Code, Conclusion, Coverage, Finding, Integrity, Modifications, Severity, SignatureKind,
    SignatureReport, Statement, conclude_from,
};

/// A signature in its place, before it is judged.
pub(super) struct Place {
    pub(super) field: String,
    pub(super) kind: SignatureKind,
    pub(super) sub_filter: String,
    pub(super) coverage: Coverage,
    pub(super) modifications: Modifications,
    pub(super) revision: usize,
    pub(super) covered_bytes: u64,
    pub(super) visible: bool,
    pub(super) claimed_time: Option<Timestamp>,
    pub(super) reason: Option<String>,
    pub(super) statements: Vec<Statement>,
    pub(super) findings: Vec<Finding>,
}

impl Place {
    pub(super) fn add(&mut self, finding: Finding) {
        self.findings.push(finding);
    }

    /// Adds the code unless the rule holds or a finding already says so.
    pub(super) fn require(&mut self, holds: bool, code: Code) {
        if !holds && !self.findings.iter().any(|finding| finding.code == code) {
            self.findings.push(Finding::new(code, &*self.field));
        }
    }

    /// A report with what is known from the place alone.
    pub(super) fn unjudged(self, integrity: Integrity) -> SignatureReport {
        SignatureReport {
            conclusion: conclude_signature(integrity, &self.findings),
            field: self.field,
            kind: self.kind,
            sub_filter: self.sub_filter,
            level: None,
            integrity,
            coverage: self.coverage,
            modifications: self.modifications,
            signing_time_claimed: self.claimed_time,
            reason: self.reason,
            commitment_types: Vec::new(),
            statements: self.statements,
            timestamp: None,
            digest: None,
            algorithm: None,
            signer: None,
            chain: Vec::new(),
            revocation: Vec::new(),
            findings: self.findings,
            revision: self.revision,
            covered_bytes: self.covered_bytes,
            timestamps: Vec::new(),
            paths: Vec::new(),
            value_sha256: None,
            visible: self.visible,
        }
    }
}

/// The findings decide; and whatever they say, only intact bytes can pass.
fn conclude_signature(integrity: Integrity, findings: &[Finding]) -> Conclusion {
    match (conclude_from(findings), integrity) {
        (_, Integrity::Broken) => Conclusion::Failed,
        (Conclusion::Passed, Integrity::Unsupported) => Conclusion::Indeterminate,
        (conclusion, _) => conclusion,
    }
}

/// A claimed time proves nothing (DESIGN B), but one after reception is told: a little is a clock that runs ahead, more
/// is a doubt.
pub(super) fn check_claimed_time(
    claimed: Option<Timestamp>,
    subject: &str,
    at: Timestamp,
) -> Option<Finding> {
    let Some(claimed) = claimed else {
        return Some(Finding::new(Code::CmsSigningTimeMissing, subject));
    };
    let ahead = claimed.duration_since(at);
    if !ahead.is_positive() {
        return None;
    }
    let finding = Finding::new(Code::CmsSigningTimeInFuture, subject)
        .fact("claimed", claimed.to_string())
        .fact("at", at.to_string());
    Some(if ahead > CLOCK_TOLERANCE {
        finding.weighing(Severity::Unknown)
    } else {
        finding
    })
}
