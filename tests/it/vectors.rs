//! Documents signed by other tools (pyHanko, asn1crypto) with the verdict that their makers wrote beside them.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use clavero::material;
use clavero::verify::cms::Message;
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

/// Flipping one bit anywhere in what a signature covers, or in the signature value itself, never leaves a passed
/// document.
#[test]
fn no_flipped_byte_passes() {
    for case in cases() {
        if case.expect.signature != "accept" {
            continue;
        }
        let conditions = Conditions::of(&case);
        let bytes = case.bytes();
        let original = case.original();
        let passes = |bytes: &[u8], original: Option<&[u8]>| {
            conditions
                .judge(bytes, original, case.at)
                .is_some_and(|report| report.conclusion == Conclusion::Passed)
        };
        for stretch in signed_stretches(&bytes) {
            // A step visits every part of it; each byte of every sample would take minutes.
            let step = (stretch.len() / 60).max(1) | 1;
            for position in stretch.step_by(step) {
                let mut mutant = bytes.clone();
                // Not bit 5: it turns a hexadecimal letter into its other case, which is the same number.
                mutant[position] ^= 1 << (position % 5);
                assert!(
                    !passes(&mutant, original.as_deref()),
                    "{}: byte {position} flipped",
                    case.id
                );
            }
        }
        if let Some(original) = original {
            for position in (0..original.len()).step_by((original.len() / 60).max(1) | 1) {
                let mut mutant = original.clone();
                mutant[position] ^= 1;
                assert!(
                    !passes(&bytes, Some(&mutant)),
                    "{}: byte {position} of the original flipped",
                    case.id
                );
            }
        }
    }
}

/// Where the signed bytes of the first signature lie in the file, and its value.
fn signed_stretches(bytes: &[u8]) -> Vec<Range<usize>> {
    let find = |needle: &[u8]| {
        bytes
            .windows(needle.len())
            .position(|window| window.eq_ignore_ascii_case(needle))
            .map(|start| start..start + needle.len())
            .expect("the signature value is in the file")
    };
    if !bytes.starts_with(b"%PDF-") {
        let message = Message::parse(bytes).unwrap();
        let mut stretches = vec![find(&message.signers[0].value)];
        stretches.extend(message.content.as_deref().map(find));
        return stretches;
    }
    let signed = verify::open(bytes, None).unwrap();
    let signature = &signed.pdf().unwrap().signatures[0];
    let message = Message::parse(&signature.contents).unwrap();
    let number = |number: u64| usize::try_from(number).unwrap();
    let [start, length, second, second_length] = signature.byte_range.map(number);
    vec![
        start..start + length,
        second..second + second_length,
        find(hex::encode(&message.signers[0].value).as_bytes()),
    ]
}

/// Unsigned parts may be changed without harm to what was signed, but never to who signed what: a document that still
/// passes still has the same signers over the same bytes.
#[test]
fn flips_of_unsigned_bytes_never_change_who_signed() {
    for case in cases() {
        if case.expect.signature != "accept" {
            continue;
        }
        let conditions = Conditions::of(&case);
        let bytes = case.bytes();
        let original = case.original();
        let genuine = conditions
            .judge(&bytes, original.as_deref(), case.at)
            .unwrap();
        let step = (bytes.len() / 150).max(1) | 1;
        for position in (step / 2..bytes.len()).step_by(step) {
            let mut mutant = bytes.clone();
            mutant[position] ^= 1 << (position % 8);
            let Some(report) = conditions.judge(&mutant, original.as_deref(), case.at) else {
                continue;
            };
            if report.conclusion != Conclusion::Passed {
                continue;
            }
            let essence = |report: &Report| -> Vec<_> {
                report
                    .signatures
                    .iter()
                    .map(|one| {
                        (
                            one.field.clone(),
                            one.value_sha256,
                            one.chain.first().map(|leaf| leaf.sha256),
                        )
                    })
                    .collect()
            };
            assert_eq!(
                essence(&report),
                essence(&genuine),
                "{}: byte {position}",
                case.id
            );
        }
    }
}
