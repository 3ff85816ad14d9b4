//! Documents signed by other tools with the verdict that their makers wrote beside them: pyHanko and asn1crypto in
//! `fixtures/samples`, DSS, iText, PDFBox and others in `fixtures/foreign`.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};

use clavero::material;
use clavero::verify::cms::Message;
use clavero::verify::report::{Level, Severity};
use clavero::verify::{
    self, Code, Conclusion, Evidence, Policy, Report, RevocationMode, TrustStore,
};
use jiff::Timestamp;
use serde::Deserialize;

#[derive(Deserialize)]
struct Manifest {
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    /// Where its paths begin.
    #[serde(skip)]
    folder: PathBuf,
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
    /// The highest level of a signature in it.
    level: Option<Level>,
}

fn cases_of(folder: &str, at_least: usize) -> Vec<Case> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let text = fs::read_to_string(folder.join("manifest.json")).expect("a manifest");
    let Manifest { mut cases } = serde_json::from_str(&text).expect("a readable manifest");
    assert!(cases.len() >= at_least, "{} is complete", folder.display());
    for case in &mut cases {
        case.folder.clone_from(&folder);
    }
    cases
}

fn cases() -> Vec<Case> {
    cases_of("fixtures/samples", 28)
}

fn foreign() -> Vec<Case> {
    cases_of("fixtures/foreign", 27)
}

struct Conditions {
    trust: TrustStore,
    evidence: Evidence,
}

impl Conditions {
    fn of(case: &Case) -> Self {
        let folder = |name: &str| case.folder.join(name);
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
        fs::read(self.folder.join(&self.file)).unwrap()
    }

    fn original(&self) -> Option<Vec<u8>> {
        self.content
            .as_ref()
            .map(|file| fs::read(self.folder.join(file)).unwrap())
    }
}

/// The code that each reason category of the manifest stands for.
fn code_of(reason: &str) -> Code {
    match reason {
        "untrusted_chain" => Code::ChainUntrusted,
        "expired" => Code::ChainExpired,
        "expired_after_timestamp" => Code::ChainExpiredAfterTimestamp,
        "not_yet_valid" => Code::ChainNotYetValid,
        "revoked" => Code::RevocationRevoked,
        "key_usage" => Code::ChainKeyUsage,
        "modified" => Code::PdfModifiedAfterSigning,
        "malformed" => Code::CmsMalformed,
        "signing_certificate_missing" => Code::CmsSigningCertificateMissing,
        other => panic!("a reason category without a code: {other}"),
    }
}

#[test]
fn every_sample_gets_the_verdict_of_its_maker() {
    let mut wrong = Vec::new();
    for case in cases().into_iter().chain(foreign()) {
        let report = Conditions::of(&case)
            .judge(&case.bytes(), case.original().as_deref(), case.at)
            .unwrap_or_else(|| panic!("{} can't be opened", case.id));
        let level = report.signatures.iter().filter_map(|one| one.level).max();
        let right_level = case.expect.level.is_none_or(|wanted| level == Some(wanted));
        let right = match case.expect.signature.as_str() {
            "accept" => report.conclusion == Conclusion::Passed,
            refused @ ("reject" | "review") => {
                let wanted = match refused {
                    "reject" => Conclusion::Failed,
                    _ => Conclusion::Indeterminate,
                };
                report.conclusion == wanted
                    && case
                        .expect
                        .reasons
                        .iter()
                        .any(|reason| report.has(code_of(reason)))
            }
            other => panic!("{}: unknown expectation {other}", case.id),
        };
        if !right || !right_level {
            let findings: Vec<String> = report
                .all_findings()
                .map(|finding| format!("{} {} {:?}", finding.code, finding.subject, finding.facts))
                .collect();
            wrong.push(format!(
                "{}: {:?} {level:?}\n  {}",
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
    let written_at_once = |case: &Case| !case.id.ends_with("indefinite");
    for case in cases().into_iter().chain(foreign()).filter(written_at_once) {
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
            let step = (stretch.len() / 25).max(1) | 1;
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
            for position in (0..original.len()).step_by((original.len() / 25).max(1) | 1) {
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
        let step = (bytes.len() / 60).max(1) | 1;
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

fn case(id: &str) -> Case {
    cases()
        .into_iter()
        .find(|case| case.id == id)
        .expect("the sample is in the manifest")
}

/// The codes of the report that weigh more than a note.
fn weighty(report: &Report) -> Vec<Code> {
    let mut codes: Vec<Code> = report
        .all_findings()
        .filter(|finding| finding.severity > Severity::Note)
        .map(|finding| finding.code)
        .collect();
    codes.sort();
    codes.dedup();
    codes
}

/// The time of reception decides: the same file years later, with and without a timestamp that proves when it was signed.
#[test]
fn an_expired_certificate_is_for_a_person_only_when_a_timestamp_vouches() {
    let after_expiry: Timestamp = "2028-06-01T00:00:00Z".parse().unwrap();
    let judge = |id: &str, policy: &Policy| {
        let case = case(id);
        let conditions = Conditions::of(&case);
        let bytes = case.bytes();
        let signed = verify::open(&bytes, None).unwrap();
        verify::conclude(
            &signed,
            &conditions.trust,
            &conditions.evidence,
            policy,
            after_expiry,
        )
    };
    let unasked = Policy {
        revocation: RevocationMode::None,
        ..Policy::default()
    };
    let plain = judge("valid-pades-bb", &unasked);
    assert_eq!(plain.conclusion, Conclusion::Failed);
    assert_eq!(weighty(&plain), [Code::ChainExpired]);
    let stamped = judge("valid-pades-bt", &unasked);
    assert_eq!(stamped.conclusion, Conclusion::Indeterminate);
    assert_eq!(weighty(&stamped), [Code::ChainExpiredAfterTimestamp]);
    // The lists of the samples have ended by then as well.
    assert!(judge("valid-pades-bt", &Policy::default()).has(Code::RevocationStale));
}

/// Received before it was stamped: a witness from the future proves nothing, and somebody's clock is wrong.
#[test]
fn a_timestamp_from_the_future_is_a_doubt() {
    let case = case("valid-pades-bt");
    let conditions = Conditions::of(&case);
    let before: Timestamp = "2026-11-18T00:00:00Z".parse().unwrap();
    let report = conditions.judge(&case.bytes(), None, before).unwrap();
    assert_ne!(report.conclusion, Conclusion::Passed);
    assert!(
        weighty(&report).contains(&Code::TimestampInvalid),
        "{:?}",
        weighty(&report)
    );
    assert_eq!(report.signatures[0].timestamp, None);
}

#[test]
fn missing_revocation_is_indeterminate_unless_it_is_not_asked() {
    let case = case("valid-pades-bb");
    let conditions = Conditions::of(&case);
    let bytes = case.bytes();
    let signed = verify::open(&bytes, None).unwrap();
    let judge = |policy: &Policy| {
        verify::conclude(
            &signed,
            &conditions.trust,
            &Evidence::default(),
            policy,
            case.at,
        )
    };
    let asked = judge(&Policy::default());
    assert_eq!(asked.conclusion, Conclusion::Indeterminate);
    assert_eq!(weighty(&asked), [Code::RevocationUnknown]);
    let unasked = judge(&Policy {
        revocation: RevocationMode::None,
        ..Policy::default()
    });
    assert_eq!(unasked.conclusion, Conclusion::Passed);
    assert!(unasked.has(Code::RevocationNotChecked));
}

#[test]
fn levels_are_those_their_makers_meant() {
    for (id, level) in [
        ("valid-pades-bb", Some(Level::BB)),
        ("valid-pades-bt", Some(Level::BT)),
        ("valid-pades-blt", Some(Level::BLt)),
        ("valid-pades-blta", Some(Level::BLta)),
    ] {
        let case = case(id);
        let report = Conditions::of(&case)
            .judge(&case.bytes(), None, case.at)
            .unwrap();
        assert_eq!(report.signatures[0].level, level, "{id}");
    }
}

#[test]
fn a_detached_signature_needs_its_own_original() {
    let case = case("valid-p7s-detached");
    let conditions = Conditions::of(&case);
    let bytes = case.bytes();
    let alone = conditions.judge(&bytes, None, case.at).unwrap();
    assert_eq!(alone.conclusion, Conclusion::Indeterminate);
    assert_eq!(weighty(&alone), [Code::CmsContentMissing]);
    let other = conditions
        .judge(&bytes, Some(b"another document"), case.at)
        .unwrap();
    assert_eq!(other.conclusion, Conclusion::Failed);
    assert!(other.has(Code::CmsDigestMismatch));
    // An attached message beside a document that it does not contain.
    let attached = self::case("valid-p7m-attached-reset");
    let report = conditions
        .judge(&attached.bytes(), Some(b"another document"), case.at)
        .unwrap();
    assert_eq!(report.conclusion, Conclusion::Failed);
}

#[test]
fn without_the_right_root_nothing_passes() {
    let case = case("valid-pades-blta");
    let conditions = Conditions {
        trust: TrustStore::default(),
        ..Conditions::of(&case)
    };
    let report = conditions.judge(&case.bytes(), None, case.at).unwrap();
    assert_eq!(report.conclusion, Conclusion::Failed);
    assert!(report.has(Code::ChainUntrusted));
    assert_eq!(
        report.signatures[0].timestamp, None,
        "an untrusted timestamp proves nothing"
    );
}
