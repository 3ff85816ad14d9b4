//! Lists and answers about one certificate, each with one property or defect: `lists`, `answers`, and who may give them
//! (`authority`).

use super::*;
use crate::verify::asn1::{encode, tag};
use crate::verify::crypto::Digest;
use crate::verify::forge::{
    Hash, Spec, Subject, algorithm, ca, day, entry, extension, extension_der, issue, list_with,
    now, oid, sequence, signer,
};
use crate::verify::trust::TrustStore;

mod answers;
mod authority;
mod lists;

const OCSP: &[&str] = &["1.3.6.1.5.5.7.3.9"];
const MAIL: &[&str] = &["1.3.6.1.5.5.7.3.4"];

/// A CA, the certificate of a person, and everything around them.
struct World {
    authority: Subject,
    root: Certificate,
    person: Certificate,
    trust: TrustStore,
    pool: Vec<Certificate>,
    policy: Policy,
}

impl World {
    fn new() -> Self {
        let authority = Subject::new("Raíz");
        let root = issue(&authority, &authority, ca());
        // Its distribution point is the name http:// alone, as short as it gets.
        let point = extension("2.5.29.31", false, "300f300da00ba0098607687474703a2f2f");
        let person = issue(
            &Subject::new("Ana"),
            &authority,
            Spec {
                extra: vec![point],
                ..signer()
            },
        );
        Self {
            trust: TrustStore::new(vec![root.clone()], Vec::new()),
            authority,
            root,
            person,
            pool: Vec::new(),
            policy: Policy::default(),
        }
    }

    /// Where the person's certificate lives for other days, and says more.
    fn with_person(days: (i64, i64), extra: Vec<openssl::x509::X509Extension>) -> Self {
        let world = Self::new();
        let spec = Spec {
            days,
            extra,
            ..signer()
        };
        Self {
            person: issue(&Subject::new("Ana"), &world.authority, spec),
            ..world
        }
    }

    fn status(&self, evidence: &Evidence) -> (String, Vec<Code>) {
        let (status, findings) = self.judge(evidence);
        (
            status,
            findings.iter().map(|finding| finding.code).collect(),
        )
    }

    fn judge(&self, evidence: &Evidence) -> (String, Vec<Finding>) {
        let context = Context {
            evidence,
            given: evidence,
            sources: Sources {
                trust: &self.trust,
                pool: &self.pool,
            },
            policy: &self.policy,
            at: now(),
            reception: now(),
            depth: ANSWER_DEPTH,
            journal: None,
        };
        let path = [self.person.clone(), self.root.clone()];
        let (facts, findings) = check_path(&path, context, &mut Budget::default());
        (facts[0].status.clone(), findings)
    }

    fn with_lists(&self, lists: &[List]) -> (String, Vec<Code>) {
        let crls = lists
            .iter()
            .map(|list| Crl::parse(list.der(self)).unwrap())
            .collect();
        self.status(&Evidence {
            crls,
            ocsps: Vec::new(),
        })
    }

    fn with_answer(&self, answer: &Response) -> (String, Vec<Code>) {
        self.status(&Evidence {
            crls: Vec::new(),
            ocsps: vec![OcspResponse::parse(answer.der(self)).unwrap()],
        })
    }
}

/// A revocation list; the default is a fresh one of the right CA that names nobody.
#[derive(Default)]
struct List {
    /// Days from now of the revocation of the person, if revoked.
    revoked: Option<i64>,
    reason: Option<u8>,
    invalid_since: Option<i64>,
    entry_extension: Option<Vec<u8>>,
    /// Days from now of `thisUpdate` and `nextUpdate`.
    times: Option<(i64, Option<i64>)>,
    extensions: Vec<Vec<u8>>,
    /// Signed by somebody else.
    signer: Option<Subject>,
    hash: Hash,
}

impl List {
    fn der(&self, world: &World) -> Vec<u8> {
        let (this, next) = self.times.unwrap_or((-1, Some(1)));
        let mut extensions = Vec::new();
        if let Some(reason) = self.reason {
            let value = encode(tag::ENUMERATED, &[reason]);
            extensions.push(extension_der("2.5.29.21", false, &value));
        }
        if let Some(days) = self.invalid_since {
            extensions.push(extension_der("2.5.29.24", false, &time(days)));
        }
        extensions.extend(self.entry_extension.clone());
        let entries = self
            .revoked
            .map(|days| entry(&world.person, day(days), &extensions));
        list_with(
            self.hash,
            &world.root,
            self.signer.as_ref().unwrap_or(&world.authority),
            (day(this), next.map(day)),
            entries.as_slice(),
            &self.extensions,
        )
    }
}

fn time(days: i64) -> Vec<u8> {
    crate::verify::forge::time(day(days))
}

/// An OCSP answer; the default is a fresh one that says good, signed by the CA.
struct Response {
    /// `CertStatus` in DER.
    says: Vec<u8>,
    times: (i64, Option<i64>),
    /// Delegated responder with its certificate.
    responder: Option<(Subject, Certificate)>,
    /// Uses a wrong key hash in the identifier.
    other_issuer: bool,
    signer: Option<Subject>,
    extension: Option<Vec<u8>>,
    /// Of the statement about the person.
    single_extension: Option<Vec<u8>>,
    /// A second statement about the person.
    also: Option<Vec<u8>>,
    hash: Hash,
}

impl Default for Response {
    fn default() -> Self {
        Self {
            says: vec![0x80, 0],
            times: (-1, Some(1)),
            responder: None,
            other_issuer: false,
            signer: None,
            extension: None,
            single_extension: None,
            also: None,
            hash: Hash::default(),
        }
    }
}

impl Response {
    fn der(&self, world: &World) -> Vec<u8> {
        let hash = |bytes: &[u8]| encode(tag::OCTET_STRING, &Digest::Sha1.of(&[bytes]).unwrap());
        let key_hash = if self.other_issuer {
            hash(b"other")
        } else {
            hash(world.root.key_bits().unwrap())
        };
        let id = sequence(&[
            algorithm("1.3.14.3.2.26", &[5, 0]),
            hash(world.root.subject().raw()),
            key_hash,
            encode(tag::INTEGER, world.person.serial()),
        ]);
        let single = |says: &Vec<u8>| {
            let mut single = vec![id.clone(), says.clone(), time(self.times.0)];
            single.extend(self.times.1.map(|days| encode(0xa0, &time(days))));
            let extensions = self.single_extension.as_ref();
            single.extend(extensions.map(|one| encode(0xa1, &sequence(std::slice::from_ref(one)))));
            sequence(&single)
        };
        let mut statements = vec![single(&self.says)];
        statements.extend(self.also.as_ref().map(single));
        let (name, key, certificates) = match &self.responder {
            Some((subject, certificate)) => (
                certificate.subject().raw().to_vec(),
                subject,
                vec![encode(0xa0, &sequence(&[certificate.der().to_vec()]))],
            ),
            None => (
                world.root.subject().raw().to_vec(),
                &world.authority,
                Vec::new(),
            ),
        };
        let mut tbs = vec![
            encode(0xa1, &name),
            time(self.times.0),
            sequence(&statements),
        ];
        tbs.extend(
            self.extension
                .as_ref()
                .map(|one| encode(0xa1, &sequence(std::slice::from_ref(one)))),
        );
        let tbs = sequence(&tbs);
        let key = self.signer.as_ref().unwrap_or(key);
        let bits = [vec![0], self.hash.sign(key, &tbs)].concat();
        let signature = encode(tag::BIT_STRING, &bits);
        let mut basic = vec![tbs, self.hash.algorithm(), signature];
        basic.extend(certificates);
        let bytes = sequence(&[
            oid("1.3.6.1.5.5.7.48.1.1"),
            encode(tag::OCTET_STRING, &sequence(&basic)),
        ]);
        sequence(&[encode(tag::ENUMERATED, &[0]), encode(0xa0, &bytes)])
    }
}

#[test]
fn revocation_that_is_not_asked_is_told() {
    let world = World::new();
    let policy = Policy {
        revocation: RevocationMode::None,
        ..Policy::default()
    };
    let evidence = Evidence::default();
    let context = Context {
        evidence: &evidence,
        given: &evidence,
        sources: Sources {
            trust: &world.trust,
            pool: &[],
        },
        policy: &policy,
        at: now(),
        reception: now(),
        depth: ANSWER_DEPTH,
        journal: None,
    };
    let (facts, findings) = check_path(
        &[world.person.clone(), world.root.clone()],
        context,
        &mut Budget::default(),
    );
    assert!(facts.is_empty());
    assert_eq!(findings[0].code, Code::RevocationNotChecked);
}

#[test]
fn garbage_is_an_error_and_never_a_panic() {
    let world = World::new();
    let list = List {
        revoked: Some(-1),
        reason: Some(1),
        ..List::default()
    }
    .der(&world);
    let answer = Response::default().der(&world);
    for length in 0..list.len() {
        assert!(Crl::parse(list[..length].to_vec()).is_err());
    }
    for length in 0..answer.len() {
        assert!(OcspResponse::parse(answer[..length].to_vec()).is_err());
    }
    let unauthorised = sequence(&[encode(tag::ENUMERATED, &[6])]);
    assert_eq!(
        OcspResponse::parse(unauthorised).err(),
        Some(EvidenceError::OcspStatus(6))
    );
}

/// RFC 5280 §3.3, X.509 §9.5.2.8, RFC 6960 §4.4.4: who has expired leaves the lists.
#[test]
fn silence_about_an_expired_certificate_says_nothing() {
    let world = World::with_person((-100, -10), Vec::new());
    let unknown = || {
        (
            "unknown".to_owned(),
            vec![Code::RevocationInvalid, Code::RevocationUnknown],
        )
    };
    let good = || ("good".to_owned(), Vec::new());
    let reaching_back = |days: i64| List {
        extensions: vec![extension_der("2.5.29.60", false, &time(days))],
        ..List::default()
    };
    assert_eq!(world.with_lists(&[List::default()]), unknown());
    assert_eq!(world.with_lists(&[reaching_back(-20)]), good());
    assert_eq!(world.with_lists(&[reaching_back(-5)]), unknown());
    let revoked = List {
        revoked: Some(-20),
        ..List::default()
    };
    assert_eq!(world.with_lists(&[revoked]).0, "revoked");
    let cutoff = |days: i64| Response {
        single_extension: Some(extension_der("1.3.6.1.5.5.7.48.1.6", false, &time(days))),
        ..Response::default()
    };
    assert_eq!(world.with_answer(&Response::default()), unknown());
    assert_eq!(world.with_answer(&cutoff(-20)), good());
    assert_eq!(world.with_answer(&cutoff(-5)), unknown());
}
