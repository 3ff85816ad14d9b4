//! What the samples are judged with, and what was signed in them.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use clavero::domain::Sha256;
use clavero::material;
use clavero::verify::chain::{Budget, Sources};
use clavero::verify::cms::Message;
use clavero::verify::content::Content;
use clavero::verify::report::SignatureKind;
use clavero::verify::revocation::{ANSWER_DEPTH, Context};
use clavero::verify::timestamp;
use clavero::verify::{
    self, Certificate, Conclusion, Evidence, Policy, Report, Signed, TrustStore,
};
use jiff::Timestamp;

/// When the samples are received.
const AT: Timestamp = Timestamp::constant(1_795_262_400, 0); // 2026-11-21T12:00:00Z

/// Trust and lists of the samples.
pub static CONDITIONS: LazyLock<Conditions> = LazyLock::new(Conditions::of_samples);

/// What was signed in the samples that pass.
pub static KNOWN: LazyLock<Known> = LazyLock::new(Known::of_samples);

/// The document beside which the detached sample belongs.
pub static ORIGINAL: LazyLock<Vec<u8>> = LazyLock::new(|| sample("valid-p7s-detached.content.pdf"));

/// A signature with a timestamp that is trusted.
pub static STAMPED: LazyLock<Stamped> = LazyLock::new(Stamped::of_samples);

/// A sample that passes with the lists, and not without them.
static PETITION: LazyLock<Vec<u8>> = LazyLock::new(|| sample("valid-pades-bb.pdf"));

/// Reads all of it now, so that no input is blamed for the time that takes.
pub fn prepare() {
    LazyLock::force(&KNOWN);
    LazyLock::force(&ORIGINAL);
    LazyLock::force(&STAMPED);
}

/// `fixtures/` of the repository.
pub fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures")
}

fn sample(name: &str) -> Vec<u8> {
    fs::read(fixtures().join("samples/cases").join(name)).expect("a sample")
}

/// Trust, evidence and time.
pub struct Conditions {
    /// Roots and intermediates.
    pub trust: TrustStore,
    /// Revocation lists.
    pub evidence: Evidence,
}

impl Conditions {
    fn of_samples() -> Self {
        let samples = fixtures().join("samples");
        let certificates = |folder: &str| {
            material::certificates(&samples.join("trust/std").join(folder)).expect("certificates")
        };
        let conditions = Self {
            trust: TrustStore::new(certificates("roots"), certificates("intermediates")),
            evidence: Evidence {
                crls: material::crls(&samples.join("crls/std")).expect("lists"),
                ocsps: Vec::new(),
            },
        };
        let report = judge_petition(&conditions.trust, &conditions.evidence);
        assert_eq!(report.conclusion, Conclusion::Passed, "the sample is good");
        conditions
    }

    /// Judges a token over `stamped`.
    pub fn judge_timestamp(&self, token: &[u8], stamped: &[u8]) -> timestamp::Judged {
        let policy = Policy::default();
        let context = Context {
            evidence: &self.evidence,
            given: &self.evidence,
            sources: Sources {
                trust: &self.trust,
                pool: self.trust.intermediates(),
            },
            policy: &policy,
            at: AT,
            reception: AT,
            depth: ANSWER_DEPTH,
            journal: None,
        };
        let stamped = Content::new(&[stamped]);
        timestamp::judge(token, &stamped, context, &mut Budget::default(), "fuzz")
    }

    /// Judges a document.
    pub fn judge(&self, signed: &Signed<'_>) -> Report {
        verify::conclude(signed, &self.trust, &self.evidence, &Policy::default(), AT)
    }
}

/// Judges the good sample under other trust or other evidence.
pub fn judge_petition(trust: &TrustStore, evidence: &Evidence) -> Report {
    let signed = verify::open(&PETITION, None).expect("the sample can be opened");
    verify::conclude(&signed, trust, evidence, &Policy::default(), AT)
}

/// What a trusted timestamp is over, and when it was made.
pub struct Stamped {
    /// The signature value.
    pub value: Vec<u8>,
    /// The time in the genuine token.
    pub time: Option<Timestamp>,
}

impl Stamped {
    fn of_samples() -> Self {
        let document = sample("valid-pades-bt.pdf");
        let signed = verify::open(&document, None).expect("the sample can be opened");
        let contents = &signed.pdf().expect("a PDF").signatures[0].contents;
        let message = Message::parse(contents).expect("a message");
        let person = &message.signers[0];
        let token = person.timestamps().next().expect("a timestamp");
        let judged = CONDITIONS.judge_timestamp(token.bytes, &person.value);
        assert!(judged.trusted, "the sample is good: {:?}", judged.findings);
        Self {
            value: person.value.to_vec(),
            time: judged.time,
        }
    }
}

/// What somebody signed in a sample that passes.
pub struct Known {
    /// Digests of the signed contents.
    pub contents: BTreeSet<Sha256>,
    /// Keys that vouch for a sample: of roots, of intermediates, and of the certificates in them.
    pub keys: BTreeSet<Vec<u8>>,
}

impl Known {
    fn of_samples() -> Self {
        let trust = &CONDITIONS.trust;
        let configured = trust.roots().iter().chain(trust.intermediates());
        let mut known = Self {
            contents: BTreeSet::new(),
            keys: configured.map(|one| one.spki().to_vec()).collect(),
        };
        let cases = fs::read_dir(fixtures().join("samples/cases")).expect("the samples");
        for entry in cases {
            let bytes = fs::read(entry.expect("a sample").path()).expect("a sample");
            let original = bytes.starts_with(b"\x30").then_some(ORIGINAL.as_slice());
            for original in [None, original] {
                let Ok(signed) = verify::open(&bytes, original) else {
                    continue;
                };
                let report = CONDITIONS.judge(&signed);
                if report.conclusion == Conclusion::Passed {
                    known.contents.extend(passed(&signed, &bytes, &report));
                    known.keys.extend(keys(&signed));
                }
            }
        }
        assert!(known.contents.len() >= 20, "the samples pass");
        known
    }
}

/// The keys of the certificates in a document's signatures.
fn keys(signed: &Signed<'_>) -> Vec<Vec<u8>> {
    let signatures = signed.pdf().map_or(&[][..], |pdf| &pdf.signatures);
    signatures
        .iter()
        .filter_map(|one| Message::parse(&one.contents).ok())
        .flat_map(|message| {
            let certificates = message.material.certificates.iter();
            certificates.map(|der| der.to_vec()).collect::<Vec<_>>()
        })
        .filter_map(|der| Certificate::parse(der).ok())
        .map(|certificate| certificate.spki().to_vec())
        .collect()
}

/// The digest of what each passed signature covers, all but the `/Contents` string, which may be written in many ways.
pub fn passed(signed: &Signed<'_>, bytes: &[u8], report: &Report) -> Vec<Sha256> {
    let passed = report
        .signatures
        .iter()
        .filter(|one| one.kind == SignatureKind::Signature && one.conclusion == Conclusion::Passed);
    let content = |covered: u64, field: &str| match signed.pdf() {
        Some(pdf) => pdf
            .signatures
            .iter()
            .find(|one| one.field == field && end(one.byte_range) == covered)
            .and_then(|one| one.signed_parts(bytes))
            .map(|parts| parts.concat()),
        None => signed.signed_content(covered).map(<[u8]>::to_vec),
    };
    passed
        .map(|one| content(one.covered_bytes, &one.field).expect("what passed was signed"))
        .map(|content| Sha256::of(&content))
        .collect()
}

fn end([_, _, start, length]: [u64; 4]) -> u64 {
    start.saturating_add(length)
}
