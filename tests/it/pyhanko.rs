//! What pyHanko signs passes with us, and mutations of it never do: levels, algorithms, permissions and formats of our
//! own form and of other documents. `tests/pyhanko/sign.py` makes them. `tests/run` installs pyHanko and says in
//! `CLAVERO_TEST_PYHANKO` which Python has it; without it there is nothing to judge.

use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

use clavero::domain::{Action, PetitionContent, PetitionNumber, Sha256};
use clavero::form::{self, FormValues};
use clavero::material;
use clavero::verify::report::{Coverage, Integrity, Level, Modifications, SignatureKind};
use clavero::verify::{self, Conclusion, Evidence, Policy, Report, TrustStore};
use jiff::Timestamp;
use serde::Deserialize;
use tempfile::TempDir;

use crate::mutation::{Dice, Target};
use crate::need::Need;

/// Mutations of each document.
const MUTATIONS: usize = 50;

#[derive(Deserialize)]
struct Manifest {
    /// When everything is received.
    at: Timestamp,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    id: String,
    /// Level of every signature of a person, unless they differ.
    level: Option<Level>,
    /// One for each signature of a person.
    algorithms: Vec<String>,
}

/// Everything that pyHanko signed in this run, and what it is judged by.
struct Signed {
    folder: TempDir,
    manifest: Manifest,
    trust: TrustStore,
    evidence: Evidence,
}

/// Made once for all tests; nothing without pyHanko.
static SIGNED: LazyLock<Option<Signed>> =
    LazyLock::new(|| Need::PyHanko.met().map(|python| Signed::by(&python)));

impl Signed {
    fn by(python: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let form = folder.path().join("form.pdf");
        std::fs::write(&form, form_bytes()).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/pyhanko/sign.py");
        let made = Command::new(python)
            .args([&script, &form, &folder.path().to_owned()])
            .status()
            .expect("Python runs");
        assert!(made.success(), "pyHanko signs");
        let manifest = std::fs::read_to_string(folder.path().join("manifest.json")).unwrap();
        let certificates = |name: &str| material::certificates(&folder.path().join(name)).unwrap();
        Self {
            manifest: serde_json::from_str(&manifest).unwrap(),
            trust: TrustStore::new(certificates("roots"), certificates("intermediates")),
            evidence: Evidence {
                crls: material::crls(&folder.path().join("crls")).unwrap(),
                ocsps: Vec::new(),
            },
            folder,
        }
    }

    fn bytes(&self, case: &Case) -> Vec<u8> {
        std::fs::read(self.folder.path().join(format!("{}.pdf", case.id))).unwrap()
    }

    fn judge(&self, bytes: &[u8]) -> Option<Report> {
        self.judge_with(bytes, &self.evidence)
    }

    fn judge_with(&self, bytes: &[u8], evidence: &Evidence) -> Option<Report> {
        let signed = verify::open(bytes, None).ok()?;
        Some(verify::conclude(
            &signed,
            &self.trust,
            evidence,
            &Policy::default(),
            self.manifest.at,
        ))
    }
}

fn form_bytes() -> Vec<u8> {
    let values = FormValues {
        number: PetitionNumber::new(2026, 7),
        content: PetitionContent {
            ruc: "2990001015001".parse().unwrap(),
            branch: "0001".parse().unwrap(),
            action: Action::ResetPassword,
            new_email: None,
        },
        legal_name: Some("CAFÉ DE ALTURA FICTICIO CÍA. LTDA.".to_owned()),
        issued_at: "2026-03-01T09:00:00Z".parse().unwrap(),
        expires_at: "2026-03-08T09:00:00Z".parse().unwrap(),
        operator: "Servicio de claves de empleador".to_owned(),
    };
    form::render(&values).unwrap()
}

#[test]
fn what_pyhanko_signs_passes() {
    let Some(signed) = &*SIGNED else { return };
    assert!(signed.manifest.cases.len() > 130, "the matrix is complete");
    let wrong: Vec<String> = signed
        .manifest
        .cases
        .iter()
        .filter_map(|case| {
            let bytes = signed.bytes(case);
            // A long-term signature brings its own evidence.
            let evidence = if case.level >= Some(Level::BLt) {
                &Evidence::default()
            } else {
                &signed.evidence
            };
            let complaint = match signed.judge_with(&bytes, evidence) {
                Some(report) => complaint(case, &report)?,
                None => "can't be opened".to_owned(),
            };
            Some(format!("{}: {complaint}", case.id))
        })
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Fifty of each, the same ones in every run but for keys and times.
#[test]
fn no_mutation_of_them_passes() {
    let Some(signed) = &*SIGNED else { return };
    let next = AtomicUsize::new(0);
    let passed = Mutex::new(Vec::new());
    let work = || {
        while let Some(case) = signed
            .manifest
            .cases
            .get(next.fetch_add(1, Ordering::Relaxed))
        {
            let target = Target::new(signed.bytes(case));
            let mut dice = Dice::new(Sha256::of(case.id.as_bytes()).as_bytes()[0].into());
            for round in 0..MUTATIONS {
                let (name, mutant) = target.mutate(round, &mut dice);
                let report = signed.judge(&mutant);
                if report.is_some_and(|report| report.conclusion == Conclusion::Passed) {
                    let kept = Path::new(env!("CARGO_TARGET_TMPDIR"))
                        .join(format!("{}-{round}.pdf", case.id));
                    std::fs::write(&kept, mutant).unwrap();
                    passed
                        .lock()
                        .unwrap()
                        .push(format!("{}: {name}", kept.display()));
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(work);
        }
    });
    let passed = passed.into_inner().unwrap();
    assert!(passed.is_empty(), "{}", passed.join("\n"));
}

/// What is not as it should be in the report on an honest document.
fn complaint(case: &Case, report: &Report) -> Option<String> {
    let findings = || -> Vec<String> {
        report
            .all_findings()
            .map(|finding| format!("{} {} {:?}", finding.code, finding.subject, finding.facts))
            .collect()
    };
    if report.conclusion != Conclusion::Passed {
        return Some(format!(
            "{:?}\n  {}",
            report.conclusion,
            findings().join("\n  ")
        ));
    }
    let people: Vec<_> = report
        .signatures
        .iter()
        .filter(|signature| signature.kind == SignatureKind::Signature)
        .collect();
    let algorithms: Vec<_> = people
        .iter()
        .filter_map(|signature| signature.algorithm.clone())
        .collect();
    if algorithms != case.algorithms {
        return Some(format!("algorithms {algorithms:?}"));
    }
    let last = report.signatures.len().checked_sub(1)?;
    for (place, signature) in report.signatures.iter().enumerate() {
        let is_person = signature.kind == SignatureKind::Signature;
        if is_person && case.level.is_some() && signature.level != case.level {
            return Some(format!("{:?} at {}", signature.level, signature.field));
        }
        if is_person && (signature.signer.is_none() || signature.chain.len() != 3) {
            return Some("who signed is not known".to_owned());
        }
        let closed = place == last && signature.coverage == Coverage::WholeFile;
        let followed = signature.coverage == Coverage::WholeRevision
            && signature.modifications == Modifications::Permitted;
        if signature.integrity != Integrity::Intact || !(closed || followed) {
            return Some(format!("{signature:#?}"));
        }
    }
    None
}
