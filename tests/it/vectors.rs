//! Documents signed by other tools (pyHanko, asn1crypto) with the verdict that their makers wrote beside them.

use std::fs;
use std::path::{Path, PathBuf};

use clavero::material;
use clavero::verify::{self, Code, Conclusion, Evidence, Policy, Report, TrustStore};
use jiff::Timestamp;
use serde::Deserialize;

#[derive(Deserialize)]
struct Manifest {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    file: String,
    content: Option<String>,
    roots: String,
    intermediates: String,
    crls: String,
    at: Timestamp,
    expect: Expected,
}

#[derive(Deserialize)]
struct Expected {
    signature: String,
    reasons: Vec<String>,
}

fn samples() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/samples")
}

fn cases() -> Vec<Case> {
    let text =
        fs::read_to_string(samples().join("manifest.json")).expect("the manifest of the samples");
    let manifest: Manifest = serde_json::from_str(&text).expect("a readable manifest");
    assert!(manifest.cases.len() >= 28, "the samples are complete");
    manifest.cases
}

struct Conditions {
    trust: TrustStore,
    evidence: Evidence,
}

impl Conditions {
    fn of(case: &Case) -> Self {
        let folder = |name: &str| samples().join(name);
        Self {
            trust: TrustStore::new(
                material::certificates(&folder(&case.roots)).unwrap(),
                material::certificates(&folder(&case.intermediates)).unwrap(),
            ),
            evidence: Evidence {
                crls: material::crls(&folder(&case.crls)).unwrap(),
                ocsps: Vec::new(),
            },
        }
    }

    fn judge(&self, bytes: &[u8], original: Option<&[u8]>, at: Timestamp) -> Option<Report> {
        let signed = verify::open(bytes, original).ok()?;
        Some(verify::conclude(
            &signed,
            &self.trust,
            &self.evidence,
            &Policy::default(),
            at,
        ))
    }
}

impl Case {
    fn bytes(&self) -> Vec<u8> {
        fs::read(samples().join(&self.file)).unwrap()
    }

    fn original(&self) -> Option<Vec<u8>> {
        self.content
            .as_ref()
            .map(|file| fs::read(samples().join(file)).unwrap())
    }
}

/// The code that each reason category of the manifest stands for.
fn code_of(reason: &str) -> Code {
    match reason {
        "untrusted_chain" => Code::ChainUntrusted,
        "expired" => Code::ChainExpired,
        "not_yet_valid" => Code::ChainNotYetValid,
        "revoked" => Code::RevocationRevoked,
        "key_usage" => Code::ChainKeyUsage,
        other => panic!("a reason category without a code: {other}"),
    }
}

#[test]
fn every_sample_gets_the_verdict_of_its_maker() {
    let mut wrong = Vec::new();
    for case in cases() {
        let report = Conditions::of(&case)
            .judge(&case.bytes(), case.original().as_deref(), case.at)
            .unwrap_or_else(|| panic!("{} can't be opened", case.id));
        let right = match case.expect.signature.as_str() {
            "accept" => report.conclusion == Conclusion::Passed,
            "reject" => {
                report.conclusion == Conclusion::Failed
                    && case
                        .expect
                        .reasons
                        .iter()
                        .any(|reason| report.has(code_of(reason)))
            }
            other => panic!("{}: unknown expectation {other}", case.id),
        };
        if !right {
            let findings: Vec<String> = report
                .all_findings()
                .map(|finding| format!("{} {} {:?}", finding.code, finding.subject, finding.facts))
                .collect();
            wrong.push(format!(
                "{}: {:?}\n  {}",
                case.id,
                report.conclusion,
                findings.join("\n  ")
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
