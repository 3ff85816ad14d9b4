//! The table of the Ecuadorian entities: every class row of it against certificates made for the purpose, and its CA
//! certificates against the real ones, where the workplace has them: `CLAVERO_ECUADOR_PKI` names their folder (`.ci/run`
//! sets it). They are no part of the project, so without the folder those tests have nothing to look at.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use clavero::domain::{Action, BranchCode, PetitionContent, PetitionNumber, Sha256};
use clavero::fixture::people::person;
use clavero::fixture::pki::{self, Defect, Entity as FixtureEntity};
use clavero::fixture::statement::Statement;
use clavero::fixture::{SignOptions, sign_pdf};
use clavero::form::{self, FormValues};
use clavero::material;
use clavero::verify::chain::{self, Budget, Candidate, Purpose, Sources};
use clavero::verify::entities::{
    Additions, Authority, ClassRow, Entity, Issues, Layout, Role, Status, StatusChange,
};
use clavero::verify::signer::{Signer, SignerClass};
use clavero::verify::{
    self, Certificate, Code, Conclusion, Crl, Entities, Evidence, Policy, TrustStore,
};
use jiff::Timestamp;

use crate::need::Need;

fn at() -> Timestamp {
    "2026-11-21T12:00:00Z".parse().unwrap()
}

// -- every class row --------------------------------------------------------------------------------------------------------

fn parse(list: Vec<pki::Material>) -> Vec<Certificate> {
    list.into_iter()
        .map(|item| Certificate::parse(item.der).unwrap())
        .collect()
}

/// A store in which a fixture authority's keys are pinned as those of `entity`.
fn store_of(entity: &Entity) -> TrustStore {
    let additions = Additions {
        entities: vec![Entity {
            id: entity.id.clone(),
            name: entity.name.clone(),
            authorities: pki::pins(FixtureEntity::Uno),
            ..Entity::default()
        }],
        ..Additions::default()
    };
    let entities = Arc::new(Entities::with(&additions).unwrap());
    TrustStore::pinned(parse(pki::roots()), parse(pki::intermediates()), entities)
}

/// Signs a petition under one row and reads back who signed.
fn read_back(entity: &Entity, layout: &Layout, row: &ClassRow, evidence: &Evidence) -> Signer {
    let andres = person("andres").unwrap();
    let statement = Statement::of(andres, layout, row, "ENTIDAD DE PRUEBA UNO");
    let identity = pki::issue_as(andres, Defect::None, &statement);
    let file = sign_pdf(&petition(), &identity, &SignOptions::at(at())).unwrap();
    let signed = verify::open(&file, None).unwrap();
    let trust = store_of(entity);
    let report = verify::conclude(&signed, &trust, evidence, &Policy::default(), at());
    let what = format!("{} {} {}", entity.id, layout.style.as_str(), row.policy);
    assert_eq!(
        report.conclusion,
        Conclusion::Passed,
        "{what}: {:?}",
        report.signatures
    );
    assert!(!report.has(Code::SignerEntityNotPinned), "{what}");
    report.signatures[0].signer.clone().expect(&what)
}

fn petition() -> Vec<u8> {
    let values = FormValues {
        number: PetitionNumber::new(2026, 123),
        content: PetitionContent {
            ruc: "2990002025001".parse().unwrap(),
            branch: BranchCode::default(),
            action: Action::ResetPassword,
            new_email: None,
        },
        legal_name: Some("TEXTILES INVENTADOS S.A.S.".to_owned()),
        issued_at: "2026-11-21T10:00:00Z".parse().unwrap(),
        expires_at: "2026-11-28T10:00:00Z".parse().unwrap(),
        operator: "Prueba".to_owned(),
    };
    form::render(&values).unwrap()
}

#[test]
fn every_live_class_row_is_signed_with_and_read_back() {
    let table = Entities::embedded();
    let andres = person("andres").unwrap();
    let evidence = Evidence {
        crls: pki::crls(at())
            .into_iter()
            .map(|item| Crl::parse(item.der).unwrap())
            .collect(),
        ocsps: Vec::new(),
    };
    let mut rows = 0;
    let mut entities = BTreeMap::new();
    let mut layouts = BTreeMap::new();
    for entity in table.list() {
        for layout in &entity.layouts {
            for row in layout.classes.iter().filter(|row| row.enabled) {
                let signer = read_back(entity, layout, row, &evidence);
                let what = format!("{} {} {}", entity.id, layout.style.as_str(), row.policy);
                rows += 1;
                *entities.entry(entity.id.clone()).or_insert(0) += 1;
                *layouts.entry(layout.style.as_str()).or_insert(0) += 1;
                assert_eq!(signer.entity_id.as_deref(), Some(&*entity.id), "{what}");
                assert_eq!(signer.entity, entity.name, "{what}");
                assert_eq!(
                    signer.layout.as_deref(),
                    Some(layout.style.as_str()),
                    "{what}"
                );
                assert_eq!(signer.class, Some(row.class), "{what}");
                assert_eq!(signer.medium, row.medium, "{what}");
                if !row.class.is_person() {
                    assert_eq!(signer.document, None, "{what}: nobody signed");
                    let (company, ruc) = andres.organisation.unwrap();
                    assert_eq!(signer.organisation.as_deref(), Some(company), "{what}");
                    assert_eq!(signer.ruc.unwrap().as_str(), ruc, "{what}");
                    continue;
                }
                assert_eq!(signer.cedula().unwrap().as_str(), andres.document, "{what}");
                assert_eq!(signer.name, andres.full_name(), "{what}");
                let (company, ruc) = andres.organisation.unwrap();
                assert_eq!(signer.ruc.unwrap().as_str(), ruc, "{what}");
                // The Registro Civil states neither company nor position.
                if entity.id != "digercic" {
                    assert_eq!(signer.organisation.as_deref(), Some(company), "{what}");
                    assert_eq!(signer.position.as_deref(), andres.position, "{what}");
                }
            }
        }
    }
    assert_eq!(rows, 123);
    assert_eq!(entities.len(), 17, "{entities:?}");
    assert_eq!(
        layouts.keys().copied().collect::<Vec<_>>(),
        ["ext", "san", "subj"]
    );
}

/// Seals and timestamps are known in every entity that has them, so that none of them can ask for anything.
#[test]
fn what_no_person_signs_with_is_known_as_that() {
    let table = Entities::embedded();
    let rows = table.list().iter().flat_map(|entity| &entity.layouts);
    let rows: Vec<&ClassRow> = rows.flat_map(|layout| &layout.classes).collect();
    let count = |class| rows.iter().filter(|row| row.class == class).count();
    assert_eq!(
        (
            count(SignerClass::ElectronicSeal),
            count(SignerClass::Timestamp)
        ),
        (13, 11)
    );
}

// -- the real certificates --------------------------------------------------------------------------------------------------

/// The certificates of one folder, where the workplace has them.
fn real(part: &str) -> Option<Vec<Certificate>> {
    let folder = PathBuf::from(Need::EcuadorPki.met()?).join(part);
    let certificates = material::certificates(&folder).unwrap();
    assert!(!certificates.is_empty(), "{part}");
    Some(certificates)
}

#[test]
fn the_table_says_what_the_real_certificates_say() {
    let Some(certificates) = real("ca") else {
        return;
    };
    let table = Entities::embedded();
    assert_eq!(certificates.len(), 65);
    for certificate in &certificates {
        let (_, row) = table.authority(certificate.sha256()).unwrap();
        let role = if certificate.is_self_issued() {
            Role::Root
        } else {
            Role::Subordinate
        };
        let read = Authority::pin(certificate, role, row.status);
        assert_eq!(
            (row.role, row.key_sha256, row.not_after, &row.key_id),
            (read.role, read.key_sha256, read.not_after, &read.key_id),
            "{}",
            row.name
        );
        if role == Role::Subordinate {
            assert_eq!(row.issuer_key_id, read.issuer_key_id, "{}", row.name);
        }
        let common_name = format!("CN={}", row.name);
        assert!(
            certificate.subject().text().contains(&common_name),
            "{}",
            row.name
        );
    }
    for part in ["ca-superseded", "ca-external"] {
        for certificate in real(part).unwrap() {
            let row = table.refused(certificate.sha256()).unwrap();
            assert_eq!(row.not_after, certificate.not_after(), "{}", row.name);
        }
    }
}

/// Authorities that call themselves one for timestamps issue nothing else.
#[test]
fn what_issues_timestamps_is_known_as_that() {
    let Some(certificates) = real("ca") else {
        return;
    };
    let table = Entities::embedded();
    let for_timestamps = |certificate: &&Certificate| {
        let subject = certificate.subject().text().to_lowercase();
        subject.contains("sellado de tiempo") || subject.contains("tsa")
    };
    let named: Vec<&str> = certificates
        .iter()
        .filter(for_timestamps)
        .map(|certificate| {
            let (_, row) = table.authority(certificate.sha256()).unwrap();
            assert_eq!(row.issues, Some(Issues::Timestamps), "{}", row.name);
            row.name.as_str()
        })
        .collect();
    assert_eq!(named, ["ANF AC Ecuador TSA"]);
    let limited = table.pinned().filter(|(_, row)| row.issues.is_some());
    assert_eq!(limited.count(), 1);
}

/// Everything that is pinned counts, so that the paths themselves are looked at.
fn all_accepted(table: &Entities) -> Additions {
    let held = table
        .pinned()
        .filter(|(_, row)| row.status != Status::Accepted);
    Additions {
        statuses: held
            .map(|(_, row)| StatusChange {
                sha256: row.sha256,
                status: Status::Accepted,
                since: None,
                why: None,
            })
            .collect(),
        ..Additions::default()
    }
}

fn is_root(certificate: &Certificate) -> bool {
    certificate.is_self_issued()
}

/// The best path of every subordinate, a day after it began.
fn paths(certificates: &[Certificate], entities: Entities) -> BTreeMap<Sha256, Candidate> {
    let (roots, subordinates): (Vec<_>, Vec<_>) = certificates.iter().cloned().partition(is_root);
    let trust = TrustStore::pinned(roots, subordinates.clone(), Arc::new(entities));
    let sources = Sources {
        trust: &trust,
        pool: trust.intermediates(),
    };
    subordinates
        .iter()
        .map(|subordinate| {
            let begun = subordinate.not_before() + jiff::SignedDuration::from_hours(24);
            let budget = &mut Budget::default();
            let found = chain::candidates(subordinate, sources, Purpose::Issuing, budget, begun);
            (subordinate.sha256(), found[0].clone())
        })
        .collect()
}

#[test]
fn thirty_seven_subordinates_chain_to_a_root_and_the_other_two_are_named() {
    let Some(certificates) = real("ca") else {
        return;
    };
    let table = Entities::embedded();
    let entities = Entities::with(&all_accepted(&table)).unwrap();
    let paths = paths(&certificates, entities);
    assert_eq!(paths.len(), 39);
    let left: Vec<&str> = paths
        .iter()
        .filter(|(_, path)| !path.is_trusted())
        .map(|(sha256, _)| table.authority(*sha256).unwrap().0.id.as_str())
        .collect();
    let mut left = left;
    left.sort_unstable();
    assert_eq!(left, ["digercic", "securitydata"]);
    assert_eq!(paths.values().filter(|path| path.is_trusted()).count(), 37);
    for path in paths.values().filter(|path| path.is_trusted()) {
        assert!(is_root(path.certificates.last().unwrap()));
    }
}

/// The same certificates without a word of forgiveness: exactly those that need it fall.
#[test]
fn quirks_are_forgiven_where_the_table_says_so_and_only_there() {
    let Some(certificates) = real("ca") else {
        return;
    };
    let text = include_str!("../../certs/ecuador.toml");
    let unforgiving: String = text
        .lines()
        .filter(|line| !line.trim_start().starts_with("tolerances ="))
        .map(|line| format!("{}\n", line.replace("\"held_back\"", "\"accepted\"")))
        .collect();
    let entities: Entities = toml::from_str(&unforgiving).unwrap();
    let paths = paths(&certificates, entities);
    let table = Entities::embedded();
    let mut fallen = BTreeMap::new();
    for (sha256, path) in &paths {
        for finding in &path.findings {
            if finding.code == Code::ChainNonconforming {
                let (entity, _) = table.authority(*sha256).unwrap();
                let rule = finding.facts["rule"].as_str().unwrap().to_owned();
                *fallen.entry((entity.id.clone(), rule)).or_insert(0) += 1;
            }
        }
    }
    let fallen: Vec<(&str, &str, i32)> = fallen
        .iter()
        .map(|((id, rule), count)| (id.as_str(), rule.as_str(), *count))
        .collect();
    // The rule is broken by the root, except for the Banco Central's two namesakes, whose own turn comes below.
    assert_eq!(
        fallen,
        [
            ("appfirmas", "version_1", 1),
            ("argosdata", "utf8_in_visible_string", 1),
            ("bce", "basic_constraints_not_critical", 2),
            ("lazzate", "utf8_in_visible_string", 3),
            ("primecorelat", "utf8_in_visible_string", 2),
            ("securitydata", "basic_constraints_not_critical", 2),
        ]
    );
    // With a signer's certificate below them, the two namesakes are told apart by their keys.
    let (roots, subordinates): (Vec<_>, Vec<_>) = certificates.into_iter().partition(is_root);
    let strict = |entities: Entities| {
        TrustStore::pinned(roots.clone(), subordinates.clone(), Arc::new(entities))
    };
    let forgiven = strict((*table).clone());
    let unforgiven = strict(toml::from_str(&unforgiving).unwrap());
    for row in &table.get("bce").unwrap().authorities {
        let certificate = subordinates.iter().find(|it| it.sha256() == row.sha256);
        if let Some(certificate) = certificate {
            assert_eq!(forgiven.unforgiven(certificate), None, "{}", row.name);
            assert!(unforgiven.unforgiven(certificate).is_some(), "{}", row.name);
        }
    }
}
