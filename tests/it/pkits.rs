//! The NIST Public Key Interoperability Test Suite (PKITS 1.0.1, the certificates of 2011) through our path building, path
//! validation and revocation: every test of its document with the inputs and the result that it states.
//!
//! `pkits.toml` is the table of tests; the certificates and lists come with the Python package `cryptography_vectors` and are
//! no part of the project. `tests/it/pkits-fetch` fetches them and `tests/run` says in `CLAVERO_TEST_PKITS` where they are; without it only the table
//! itself is checked.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use clavero::verify::chain::{Budget, Candidate, Purpose, Sources, candidates};
use clavero::verify::policy::InitialPolicies;
use clavero::verify::report::Severity;
use clavero::verify::revocation::{ANSWER_DEPTH, Context, check_path};
use clavero::verify::{
    Certificate, CertificateError, Code, Crl, Evidence, Finding, Policy, TrustStore,
};
use jiff::Timestamp;
use serde::Deserialize;

use crate::need::Need;

/// Within the validity of the suite's certificates (2010 to 2030).
const AT: Timestamp = Timestamp::constant(1_795_262_400, 0); // 2026-11-21T12:00:00Z

const ANCHOR: &str = "TrustAnchorRootCertificate";

/// The table.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Suite {
    test: Vec<Test>,
    divergence: Vec<Divergence>,
}

/// One test, or one part of a test that is run with several inputs.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Test {
    /// Number in the suite's document.
    id: String,
    #[allow(dead_code, reason = "for the reader of the table")]
    title: String,
    /// The certificate in question, then the others.
    certificates: Vec<String>,
    crls: Vec<String>,
    /// `user-initial-policy-set`: last arcs of `NIST-test-policy-N`; any policy when absent.
    #[serde(default)]
    policies: Vec<u32>,
    #[serde(default)]
    explicit: bool,
    #[serde(default)]
    inhibit_mapping: bool,
    #[serde(default)]
    inhibit_any: bool,
    /// The rule that is broken; a test without it is valid.
    broken: Option<String>,
}

/// A test whose result is another with us, and why that is right.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Divergence {
    id: String,
    /// What comes out instead of the suite's result.
    ours: String,
    reason: String,
}

fn suite() -> Suite {
    toml::from_str(include_str!("pkits.toml")).unwrap()
}

/// Certificates and lists of the suite.
struct Files(PathBuf);

impl Files {
    fn certificate(&self, name: &str) -> Result<Certificate, CertificateError> {
        Certificate::parse(self.read("certs", name, "crt"))
    }

    fn crl(&self, name: &str) -> Option<Crl> {
        Crl::parse(self.read("crls", name, "crl")).ok()
    }

    fn read(&self, folder: &str, name: &str, extension: &str) -> Vec<u8> {
        let path = self.0.join(folder).join(format!("{name}.{extension}"));
        fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }
}

impl Test {
    /// `valid`, or the code of the rule that decides against it.
    fn run(&self, files: &Files) -> String {
        let mut certificates = Vec::new();
        for name in &self.certificates {
            match files.certificate(name) {
                Ok(certificate) => certificates.push(certificate),
                Err(_) => return "chain.malformed".to_owned(),
            }
        }
        let trust = TrustStore::new(vec![files.certificate(ANCHOR).unwrap()], Vec::new());
        let evidence = Evidence {
            crls: self
                .crls
                .iter()
                .filter_map(|name| files.crl(name))
                .collect(),
            ocsps: Vec::new(),
        };
        let policy = Policy {
            certificate_policies: self.initial(),
            ..Policy::default()
        };
        let sources = Sources {
            trust: &trust,
            pool: &certificates[1..],
        };
        let context = Context {
            evidence: &evidence,
            given: &evidence,
            sources,
            policy: &policy,
            at: AT,
            reception: AT,
            depth: ANSWER_DEPTH,
            journal: None,
        };
        let mut budget = Budget::default();
        let purpose = Purpose::Signing(&policy.certificate_policies);
        let verdicts: Vec<String> = candidates(&certificates[0], sources, purpose, &mut budget, AT)
            .into_iter()
            .map(|candidate| verdict(candidate, context, &mut budget))
            .collect();
        let best = verdicts.iter().find(|verdict| *verdict == "valid");
        best.unwrap_or(&verdicts[0]).clone()
    }

    fn initial(&self) -> InitialPolicies {
        let policy = |number: &u32| format!("2.16.840.1.101.3.2.1.48.{number}");
        InitialPolicies {
            acceptable: self.policies.iter().map(policy).collect(),
            explicit: self.explicit,
            inhibit_mapping: self.inhibit_mapping,
            inhibit_any: self.inhibit_any,
        }
    }
}

/// The first of the heaviest findings on a path, revocation included.
fn verdict(mut candidate: Candidate, context: Context<'_>, budget: &mut Budget) -> String {
    let root = candidate.certificates.last();
    if root.is_some_and(|root| context.sources.trust.is_root(root)) {
        let (_, findings) = check_path(&candidate.certificates, context, budget);
        candidate.findings.extend(findings);
    }
    // Some paths end at a CA. The suite does not ask what the last certificate is used for; we do: no CA signs documents.
    let is_ca = candidate.certificates[0].is_ca();
    let of_no_interest = |finding: &&Finding| is_ca && finding.code == Code::ChainKeyUsage;
    let decisive = candidate
        .findings
        .iter()
        .filter(|finding| finding.severity > Severity::Note && !of_no_interest(finding))
        .min_by_key(|finding| std::cmp::Reverse(finding.severity));
    decisive.map_or("valid".to_owned(), |finding| finding.code.to_string())
}

#[test]
fn the_table_is_whole() {
    let suite = suite();
    let ids: BTreeSet<&str> = suite.test.iter().map(|test| test.id.as_str()).collect();
    assert_eq!(ids.len(), suite.test.len(), "an identifier stands twice");
    // Sections 4.1 to 4.16 of the suite's document, and how many tests each has.
    let sections = [6, 8, 11, 21, 8, 17, 5, 20, 8, 14, 11, 10, 38, 35, 10, 2];
    let mut numbered = BTreeMap::new();
    for id in &ids {
        let parts: Vec<usize> = id.split('.').map(|part| part.parse().unwrap()).collect();
        numbered
            .entry(parts[1])
            .or_insert_with(BTreeSet::new)
            .insert(parts[2]);
    }
    for (index, count) in sections.into_iter().enumerate() {
        let expected: BTreeSet<usize> = (1..=count).collect();
        assert_eq!(numbered[&(index + 1)], expected, "section 4.{}", index + 1);
    }
    for divergence in &suite.divergence {
        assert!(ids.contains(divergence.id.as_str()), "{}", divergence.id);
        assert!(divergence.reason.len() > 20, "{}", divergence.id);
    }
}

/// Every test as the suite says, or listed with its reason; a listed one that no longer differs fails.
#[test]
fn every_path_is_judged_as_nist_says() {
    let Some(folder) = Need::Pkits.met() else {
        return;
    };
    let files = Files(Path::new(&folder).to_owned());
    let suite = suite();
    let mut wrong = Vec::new();
    for test in &suite.test {
        let nist = test.broken.as_deref().unwrap_or("valid");
        let listed = suite.divergence.iter().find(|other| other.id == test.id);
        let expected = listed.map_or(nist, |divergence| &divergence.ours);
        let ours = test.run(&files);
        if ours != expected {
            wrong.push(format!(
                "{} {}: {ours}, not {expected}",
                test.id, test.title
            ));
        }
        if expected == nist && listed.is_some() {
            wrong.push(format!("{} is listed without a divergence", test.id));
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\n{} differ",
        wrong.join("\n"),
        wrong.len()
    );
}
