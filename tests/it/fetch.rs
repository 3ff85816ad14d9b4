//! Answers about revocation brought over HTTP: from a server on loopback that hands out the fixtures' lists, and from
//! `openssl ocsp`. Loopback is allowed by configuration, as an operator allows a mirror of his own.

mod addresses;
mod answers;
mod command_line;
mod memory;
mod petitions;

use std::time::Duration;

use clavero::domain::{Action, PetitionContent, PetitionNumber};
use clavero::fetch::{Failure, Fetcher, Judges, Limits, Settings, Targets};
use clavero::fixture::people::{CAFE, person};
use clavero::fixture::pki::{Addresses, Defect, Entity, Identity};
use clavero::fixture::{pdf, pki};
use clavero::form::FormValues;
use clavero::verify::report::{Code, Report};
use clavero::verify::{Certificate, Crl, Evidence, Policy, TrustStore};
use clavero::{form, verify};
use jiff::Timestamp;

use crate::bench::{BEGINNING, HOUR};

const LUCIA: Entity = Entity::Tres;

fn allowing() -> Settings {
    Settings {
        limits: Limits {
            targets: Targets::Any,
            connect: Duration::from_secs(10),
            request: Duration::from_secs(6),
            ..Limits::default()
        },
        document: Duration::from_secs(40),
        ..Settings::default()
    }
}

fn lucia(defect: Defect, ocsp: &[String], crls: &[String]) -> Identity {
    let addresses = Addresses {
        crls: crls.to_vec(),
        ocsp: ocsp.to_vec(),
    };
    pki::issue_naming(person("lucia").unwrap(), defect, &addresses)
}

/// A form signed by `identity` at the beginning of time.
fn signed_by(identity: &Identity) -> Vec<u8> {
    let values = FormValues {
        number: PetitionNumber::new(2026, 7),
        content: PetitionContent {
            ruc: CAFE.parse().unwrap(),
            branch: "0001".parse().unwrap(),
            action: Action::ResetPassword,
            new_email: None,
        },
        legal_name: None,
        issued_at: BEGINNING,
        expires_at: BEGINNING + HOUR,
        operator: "Prueba".to_owned(),
    };
    let paper = form::render(&values).unwrap();
    pdf::sign_pdf(&paper, identity, &pdf::SignOptions::at(BEGINNING)).unwrap()
}

fn trust() -> TrustStore {
    let read = |files: Vec<pki::Material>| {
        let files = files.into_iter();
        files
            .map(|file| Certificate::parse(file.der).unwrap())
            .collect()
    };
    TrustStore::new(read(pki::roots()), read(pki::intermediates()))
}

/// The lists of the roots: everything but the status of the signer is known.
fn lists_of_roots() -> Evidence {
    let lists = pki::crls(BEGINNING - HOUR).into_iter();
    Evidence {
        crls: lists
            .filter(|list| list.name.contains("raiz"))
            .map(|list| Crl::parse(list.der).unwrap())
            .collect(),
        ocsps: Vec::new(),
    }
}

/// The verdict on a document received at the beginning, asked about at `now`.
async fn judge(fetcher: &Fetcher, document: &[u8], now: Timestamp) -> (Report, Vec<Failure>) {
    let (trust, policy) = (trust(), Policy::default());
    let mut evidence = lists_of_roots();
    let mut inquiry = fetcher.inquiry(now);
    let judges = Judges {
        trust: &trust,
        policy: &policy,
        at: BEGINNING,
    };
    loop {
        let concluded = {
            let signed = verify::open(document, None).unwrap();
            verify::conclude_and_want(&signed, &trust, &evidence, &policy, BEGINNING)
        };
        let wanted = &concluded.wanted;
        if wanted.is_empty() || !inquiry.learn(&mut evidence, wanted, judges).await {
            return (concluded.report, inquiry.failures().to_vec());
        }
    }
}

fn has(report: &Report, code: Code) -> bool {
    let mut findings = report.signatures.iter().flat_map(|one| &one.findings);
    findings.any(|finding| finding.code == code)
}
