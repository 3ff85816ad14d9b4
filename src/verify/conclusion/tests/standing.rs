//! CAs that an operator holds back, or that count for the past only (DESIGN J): by their certificate and by their key,
//! wherever a certificate of theirs comes from and whatever it is used for.

use std::sync::Arc;

use super::*;
use crate::verify::Crl;
use crate::verify::chain::{Candidate, Purpose, candidates};
use crate::verify::entities::{Additions, Authority, Entities, Entity, Role, Status, StatusChange};
use crate::verify::forge::{Dossier, Spec, Subject, ca, day, issue, list, signer, stamper};

const CONTENT: &[u8] = b"Solicito una clave nueva.";

type Key = (Subject, Certificate);

/// Two CAs below a root, and who is below them.
struct World {
    root: Key,
    sub: Key,
    /// Another certificate of the first CA's key.
    again: Certificate,
    other: Key,
    ana: Key,
    tsa: Key,
    other_tsa: Key,
}

impl World {
    fn new() -> Self {
        let key = |name: &str, issuer: Option<&Key>, spec| {
            let subject = Subject::new(name);
            let certificate = issue(&subject, issuer.map_or(&subject, |issuer| &issuer.0), spec);
            (subject, certificate)
        };
        let root = key("Raíz", None, ca());
        let sub = key("Sub", Some(&root), ca());
        let other = key("Otra", Some(&root), ca());
        Self {
            again: issue(&sub.0, &root.0, ca()),
            ana: key("Ana", Some(&sub), signer()),
            tsa: key("Sellos", Some(&sub), stamper((-100, 100))),
            other_tsa: key("Otros sellos", Some(&other), stamper((-100, 100))),
            root,
            sub,
            other,
        }
    }

    /// What an operator's table says, the first CA having this status since yesterday.
    fn additions(&self, status: Status) -> Additions {
        let pin = |key: &Key, role| Authority::pin(&key.1, role, Status::Accepted);
        Additions {
            statuses: vec![StatusChange {
                sha256: self.sub.1.sha256(),
                status,
                since: (status == Status::PastOnly).then(|| day(-1)),
                why: None,
            }],
            entities: vec![Entity {
                id: "prueba".to_owned(),
                name: "PRUEBA".to_owned(),
                authorities: vec![
                    pin(&self.root, Role::Root),
                    pin(&self.sub, Role::Subordinate),
                    pin(&self.other, Role::Subordinate),
                ],
                ..Entity::default()
            }],
        }
    }

    /// The operator's store, with the first CA in its folder or not.
    fn trust(&self, status: Status, in_folder: bool) -> TrustStore {
        let entities = Arc::new(Entities::with(&self.additions(status)).unwrap());
        let mut intermediates = vec![self.other.1.clone()];
        intermediates.extend(in_folder.then(|| self.sub.1.clone()));
        TrustStore::pinned(vec![self.root.1.clone()], intermediates, entities)
    }

    /// A letter of the person that brings these certificates along.
    fn letter(&self, brought: &[&Certificate], stamp: Option<(i64, &Key)>) -> Vec<u8> {
        let mut dossier = Dossier::new(CONTENT, &self.ana.0, &self.ana.1);
        let brought = brought.iter().map(|one| one.der().to_vec());
        dossier.certificates.extend(brought);
        if let Some((days, authority)) = stamp {
            dossier.stamp(day(days), authority);
        }
        dossier.bytes()
    }
}

/// Everybody's lists: nobody is revoked.
fn all_good(world: &World) -> Evidence {
    let of = |key: &Key| {
        let der = list(&key.1, &key.0, (day(-1), Some(day(5))), &[], &[]);
        Crl::parse(der).unwrap()
    };
    Evidence {
        crls: vec![of(&world.root), of(&world.sub), of(&world.other)],
        ocsps: Vec::new(),
    }
}

fn told(bytes: &[u8], trust: &TrustStore, evidence: &Evidence) -> Concluded {
    let signed = crate::verify::open(bytes, None).unwrap();
    conclude_and_want(&signed, trust, evidence, &Policy::default(), now())
}

/// The verdict but for who the person is: the certificates of these tests don't say.
fn verdict(concluded: &Concluded) -> (Conclusion, Vec<Code>) {
    let findings = concluded.report.signatures[0].findings.iter();
    let decisive: Vec<&Finding> = findings
        .filter(|finding| finding.severity > Severity::Note)
        .filter(|finding| !finding.code.as_str().starts_with("signer."))
        .collect();
    let codes = decisive.iter().map(|finding| finding.code).collect();
    (conclude_from(decisive), codes)
}

/// The emergency brake: nobody gets round it by sending the certificate along, or another one of the same key.
#[test]
fn what_is_held_back_counts_for_nobody_whoever_brings_it() {
    let world = World::new();
    let evidence = all_good(&world);
    for in_folder in [true, false] {
        for brought in [
            vec![&world.sub.1],
            vec![&world.again],
            vec![&world.again, &world.sub.1],
        ] {
            let letter = world.letter(&brought, None);
            let open = told(
                &letter,
                &world.trust(Status::Accepted, in_folder),
                &evidence,
            );
            assert_eq!(verdict(&open), (Conclusion::Passed, vec![]));
            let held = world.trust(Status::HeldBack, in_folder);
            let held_back = told(&letter, &held, &evidence);
            let refused = (Conclusion::Failed, vec![Code::ChainUntrusted]);
            assert_eq!(verdict(&held_back), refused, "{in_folder}");
            let finding = &held_back.report.signatures[0].paths[0].findings[0];
            assert_eq!(finding.facts["held_back"], true);
            let without_answers = told(&letter, &held, &Evidence::default());
            assert!(without_answers.wanted.is_empty(), "nobody is asked");
        }
    }
}

/// Whoever names certificates by hand answers for them, but an operator's own table holds in every store made of it.
#[test]
fn what_is_held_back_is_so_in_a_store_that_is_not_strict() {
    let world = World::new();
    let letter = world.letter(&[&world.sub.1], None);
    let entities = Arc::new(Entities::with(&world.additions(Status::HeldBack)).unwrap());
    let root = || vec![world.root.1.clone()];
    let evidence = all_good(&world);
    let open = TrustStore::with_entities(root(), vec![world.sub.1.clone()], entities);
    let refused = (Conclusion::Failed, vec![Code::ChainUntrusted]);
    assert_eq!(verdict(&told(&letter, &open, &evidence)), refused);
    let by_hand = TrustStore::new(root(), vec![world.sub.1.clone()]);
    let passed = (Conclusion::Passed, vec![]);
    assert_eq!(verdict(&told(&letter, &by_hand, &evidence)), passed);
}

/// An authority that counts for the past only refuses what is received today, and leaves to a person what is proven to be older.
#[test]
fn what_counts_for_the_past_only_does_so_by_its_key() {
    let world = World::new();
    let evidence = all_good(&world);
    let refused = (Conclusion::Failed, vec![Code::ChainPastOnly]);
    let doubted = (Conclusion::Indeterminate, vec![Code::ChainPastOnly]);
    for (in_folder, brought) in [
        (true, &world.sub.1),
        (true, &world.again),
        (false, &world.again),
    ] {
        // In the folder the pinned certificate would serve as well: the best path is told, and none is better.
        let trust = world.trust(Status::PastOnly, in_folder);
        let judge = |stamp| verdict(&told(&world.letter(&[brought], stamp), &trust, &evidence));
        assert_eq!(judge(None), refused);
        assert_eq!(judge(Some((-1, &world.other_tsa))), refused);
        assert_eq!(judge(Some((-2, &world.other_tsa))), doubted);
        // A CA that has ended is no witness of when its own signatures were made.
        assert_eq!(judge(Some((-2, &world.tsa))), refused);
    }
}

/// A person above suspicion, and a timestamp of an authority below the CA in question.
#[test]
fn timestamps_below_such_a_ca_prove_nothing() {
    let world = World::new();
    let evidence = all_good(&world);
    let rosa = Subject::new("Rosa");
    let certificate = issue(&rosa, &world.other.0, signer());
    let mut dossier = Dossier::new(CONTENT, &rosa, &certificate);
    dossier.certificates.push(world.again.der().to_vec());
    dossier.stamp(day(-2), &world.tsa);
    for (status, trusted) in [
        (Status::Accepted, true),
        (Status::PastOnly, false),
        (Status::HeldBack, false),
    ] {
        let concluded = told(&dossier.bytes(), &world.trust(status, false), &evidence);
        assert_eq!(
            verdict(&concluded),
            (Conclusion::Passed, vec![]),
            "{status:?}"
        );
        let signature = &concluded.report.signatures[0];
        assert_eq!(signature.timestamps[0].trusted, trusted, "{status:?}");
        assert_eq!(signature.timestamp.is_some(), trusted, "{status:?}");
    }
}

/// Who answers for others: not below a CA that is held back, nor that CA itself; one that has ended goes on answering.
#[test]
fn who_answers_for_others_must_not_be_held_back_either() {
    let world = World::new();
    let answerer = |purposes| {
        let spec = Spec {
            purposes,
            ..signer()
        };
        issue(&Subject::new("Consultas"), &world.sub.0, spec)
    };
    let responder = answerer(&["1.3.6.1.5.5.7.3.9"]);
    let judge = |first: &Certificate, purpose, status| {
        let trust = world.trust(status, false);
        let pool = [world.again.clone()];
        let sources = Sources {
            trust: &trust,
            pool: &pool,
        };
        let found = candidates(first, sources, purpose, &mut Budget::default(), now());
        found.first().is_some_and(Candidate::is_trusted)
    };
    for (first, purpose) in [
        (&responder, Purpose::OcspSigning),
        (&world.sub.1, Purpose::CrlSigning),
        (&world.again, Purpose::CrlSigning),
    ] {
        assert!(judge(first, purpose, Status::Accepted), "{purpose:?}");
        assert!(judge(first, purpose, Status::PastOnly), "{purpose:?}");
        assert!(!judge(first, purpose, Status::HeldBack), "{purpose:?}");
    }
    let stamper = &world.tsa.1;
    assert!(judge(stamper, Purpose::Timestamping, Status::Accepted));
    assert!(!judge(stamper, Purpose::Timestamping, Status::PastOnly));
}

/// A better path is taken: the same key certified by two roots, of which one certificate is held back.
#[test]
fn another_path_is_taken_where_one_is_held_back() {
    let world = World::new();
    // Pinned itself, the second certificate stands by its own row.
    let mut additions = world.additions(Status::HeldBack);
    let row = Authority::pin(&world.again, Role::Subordinate, Status::Accepted);
    additions.entities[0].authorities.push(row);
    let entities = Arc::new(Entities::with(&additions).unwrap());
    let trust = TrustStore::pinned(vec![world.root.1.clone()], Vec::new(), entities);
    for brought in [[&world.sub.1, &world.again], [&world.again, &world.sub.1]] {
        let concluded = told(&world.letter(&brought, None), &trust, &all_good(&world));
        let signature = &concluded.report.signatures[0];
        let path = signature.chain.iter().map(|one| one.sha256);
        let path: Vec<_> = path.collect();
        assert_eq!(path[1], world.again.sha256());
        assert_eq!(verdict(&concluded), (Conclusion::Passed, vec![]));
    }
}

/// What was said of a certificate that lies in no folder belongs to the store: a report is made again from it.
#[test]
fn a_store_made_again_holds_back_what_it_held_back() {
    let world = World::new();
    let letter = world.letter(&[&world.again], None);
    let evidence = all_good(&world);
    let accepted = world.trust(Status::Accepted, false);
    for status in [Status::HeldBack, Status::PastOnly] {
        for in_folder in [false, true] {
            let trust = world.trust(status, in_folder);
            assert_ne!(trust.digest(), accepted.digest());
            let terms = serde_json::to_string(&trust.terms()).unwrap();
            let again = TrustStore::again(
                trust.roots().to_vec(),
                trust.intermediates().to_vec(),
                &serde_json::from_str(&terms).unwrap(),
            )
            .unwrap();
            assert_eq!(again.digest(), trust.digest());
            let once = told(&letter, &trust, &evidence).report;
            assert_eq!(told(&letter, &again, &evidence).report, once, "{status:?}");
            assert_eq!(once.conclusion, Conclusion::Failed);
        }
    }
}
