//! Lists and answers about one certificate, each with one property or defect.

use super::*;
use crate::verify::asn1::{encode, tag};
use crate::verify::crypto::Digest;
use crate::verify::forge::{
    Hash, Spec, Subject, algorithm, ca, day, entry, extension, extension_der, issue, list_with,
    now, oid, sequence, signer,
};
use crate::verify::trust::TrustStore;

mod authority;

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

/// X.690 §8.3.2 has one way to write a number; a CA that pads the entries of its list has revoked all the same.
#[test]
fn a_padded_number_revokes_whom_it_means() {
    let world = World::new();
    let serial = world.person.serial();
    let with_entry = |number: &[u8]| {
        let entry = sequence(&[encode(tag::INTEGER, number), time(-10)]);
        let times = (day(-1), Some(day(1)));
        let list = list_with(
            Hash::default(),
            &world.root,
            &world.authority,
            times,
            &[entry],
            &[],
        );
        let crls = vec![Crl::parse(list).unwrap()];
        let ocsps = Vec::new();
        world.status(&Evidence { crls, ocsps }).0
    };
    assert_eq!(with_entry(&[&[0], serial].concat()), "revoked");
    assert_eq!(with_entry(&[&[0, 0], serial].concat()), "revoked");
    assert_eq!(with_entry(&[&[1], serial].concat()), "good");
}

#[test]
fn lists_say_what_rfc_5280_lets_them_say() {
    use Code::*;
    let world = World::new();
    let scope = |value: &str| {
        vec![extension_der(
            "2.5.29.28",
            true,
            &hex::decode(value).unwrap(),
        )]
    };
    let list = List::default;
    let cases: Vec<(&str, List, &str, Vec<Code>)> = vec![
        ("not on it", list(), "good", vec![]),
        (
            "revoked before",
            List {
                revoked: Some(-10),
                reason: Some(1),
                ..list()
            },
            "revoked",
            vec![RevocationRevoked],
        ),
        (
            "revoked at the very moment",
            List {
                revoked: Some(0),
                ..list()
            },
            "revoked",
            vec![RevocationRevoked],
        ),
        (
            "revoked later",
            List {
                revoked: Some(1),
                ..list()
            },
            "good",
            vec![RevocationLater],
        ),
        (
            "revoked later, lost before",
            List {
                revoked: Some(1),
                invalid_since: Some(-3),
                ..list()
            },
            "good",
            vec![RevocationLater],
        ),
        (
            "on hold",
            List {
                revoked: Some(-1),
                reason: Some(6),
                ..list()
            },
            "on_hold",
            vec![RevocationOnHold],
        ),
        (
            "removed from a list that is no delta",
            List {
                revoked: Some(-1),
                reason: Some(8),
                ..list()
            },
            "on_hold",
            vec![RevocationOnHold],
        ),
        (
            "past its time",
            List {
                times: Some((-9, Some(-2))),
                ..list()
            },
            "unknown",
            vec![RevocationStale],
        ),
        (
            "past its time, but revoked",
            List {
                times: Some((-9, Some(-2))),
                revoked: Some(-10),
                ..list()
            },
            "revoked",
            vec![RevocationRevoked],
        ),
        (
            "without nextUpdate",
            List {
                times: Some((-1, None)),
                ..list()
            },
            "unknown",
            vec![RevocationStale],
        ),
        (
            "issued after reception",
            List {
                times: Some((1, Some(3))),
                ..list()
            },
            "good",
            vec![RevocationAnsweredLater],
        ),
        (
            "signed by somebody else",
            List {
                signer: Some(Subject::new("Raíz")),
                ..list()
            },
            "unknown",
            vec![RevocationInvalid, RevocationUnknown],
        ),
        (
            "a false revocation",
            List {
                signer: Some(Subject::new("Raíz")),
                revoked: Some(-10),
                ..list()
            },
            "unknown",
            vec![RevocationInvalid, RevocationUnknown],
        ),
        (
            "unknown critical extension",
            List {
                extensions: vec![extension_der("1.2.3", true, &[5, 0])],
                ..list()
            },
            "unknown",
            vec![RevocationInvalid, RevocationUnknown],
        ),
        (
            "unknown extension",
            List {
                extensions: vec![extension_der("1.2.3", false, &[5, 0])],
                ..list()
            },
            "good",
            vec![],
        ),
        (
            "unknown critical extension of an entry",
            List {
                revoked: Some(-10),
                entry_extension: Some(extension_der("1.2.3", true, &[5, 0])),
                ..list()
            },
            "unknown",
            vec![RevocationInvalid, RevocationUnknown],
        ),
        (
            "for users only",
            List {
                extensions: scope("30038101ff"),
                ..list()
            },
            "good",
            vec![],
        ),
        (
            "for CAs only",
            List {
                extensions: scope("30038201ff"),
                ..list()
            },
            "unknown",
            vec![RevocationUnknown],
        ),
        (
            "for attribute certificates only",
            List {
                extensions: scope("30038501ff"),
                ..list()
            },
            "unknown",
            vec![RevocationUnknown],
        ),
        (
            "indirect",
            List {
                extensions: scope("30038401ff"),
                ..list()
            },
            "unknown",
            vec![RevocationInvalid, RevocationUnknown],
        ),
        (
            "for some reasons",
            List {
                extensions: scope("300483020640"),
                ..list()
            },
            "unknown",
            vec![RevocationUnknown],
        ),
        (
            "for its distribution point",
            List {
                extensions: scope("300da00ba0098607687474703a2f2f"),
                ..list()
            },
            "good",
            vec![],
        ),
        (
            "for another distribution point",
            List {
                extensions: scope("300da00ba0098607687474703a2f61"),
                ..list()
            },
            "unknown",
            vec![RevocationUnknown],
        ),
        (
            "for a point relative to the issuer",
            List {
                extensions: scope("300fa00da10b300906035504030c024142"),
                ..list()
            },
            "unknown",
            vec![RevocationUnknown],
        ),
        (
            "only the changes",
            List {
                extensions: vec![extension_der("2.5.29.27", true, &[2, 1, 1])],
                ..list()
            },
            "unknown",
            vec![RevocationUnknown],
        ),
    ];
    for (what, list, status, codes) in cases {
        assert_eq!(
            world.with_lists(&[list]),
            (status.to_owned(), codes),
            "{what}"
        );
    }
    assert_eq!(
        world.with_lists(&[]),
        ("unknown".to_owned(), vec![RevocationUnknown])
    );
}

#[test]
fn a_revocation_dated_after_reception_is_a_doubt_when_it_was_known_before() {
    let world = World::new();
    let weight = |times| {
        let list = List {
            revoked: Some(2),
            times: Some(times),
            ..List::default()
        };
        let crls = vec![Crl::parse(list.der(&world)).unwrap()];
        let (_, findings) = world.judge(&Evidence {
            crls,
            ocsps: Vec::new(),
        });
        findings.iter().map(|finding| finding.severity).max()
    };
    assert_eq!(
        weight((-1, Some(3))),
        Some(Severity::Unknown),
        "known before reception"
    );
    assert_eq!(
        weight((3, Some(9))),
        Some(Severity::Note),
        "learned afterwards"
    );
}

#[test]
fn several_lists_are_weighed_together() {
    let world = World::new();
    let good = List::default;
    let hold = |this| List {
        revoked: Some(-5),
        reason: Some(6),
        times: Some((this, Some(5))),
        ..List::default()
    };
    let delta = |reason| List {
        revoked: Some(-1),
        reason: Some(reason),
        times: Some((-1, Some(5))),
        extensions: vec![extension_der("2.5.29.27", true, &[2, 1, 1])],
        ..List::default()
    };
    let revoked = || List {
        revoked: Some(-1),
        ..List::default()
    };
    let status = |lists: &[List]| world.with_lists(lists).0;
    assert_eq!(status(&[good(), revoked()]), "revoked");
    assert_eq!(status(&[hold(-4)]), "on_hold");
    assert_eq!(
        status(&[hold(-4), good()]),
        "good",
        "a younger list lifts the hold"
    );
    assert_eq!(
        status(&[
            hold(-1),
            List {
                times: Some((-3, Some(5))),
                ..good()
            }
        ]),
        "on_hold",
        "an older one does not"
    );
    assert_eq!(
        status(&[good(), delta(1)]),
        "revoked",
        "the changes add a revocation"
    );
    assert_eq!(
        status(&[delta(8)]),
        "unknown",
        "a removal alone says nothing"
    );
}

/// RFC 5280 §5.1.2.6 has one entry for a certificate; of several, in whatever order, the heaviest counts.
#[test]
fn a_number_that_is_twice_on_a_list_is_as_bad_as_its_worst_entry() {
    let world = World::new();
    let twice = |entries: &[(i64, u8)], more: &[Vec<u8>]| {
        let entry = |(days, reason): &(i64, u8)| {
            let reason = encode(tag::ENUMERATED, &[*reason]);
            let reason = extension_der("2.5.29.21", false, &reason);
            entry(&world.person, day(*days), &[reason])
        };
        let entries: Vec<Vec<u8>> = entries.iter().map(entry).collect();
        let (hash, times) = (Hash::default(), (day(-1), Some(day(1))));
        let list = list_with(hash, &world.root, &world.authority, times, &entries, more);
        Crl::parse(list).unwrap()
    };
    let judge = |crls: Vec<Crl>| {
        let ocsps = Vec::new();
        let (status, findings) = world.judge(&Evidence { crls, ocsps });
        let first = findings.first();
        let since = first.and_then(|first| first.facts.get("revoked_at").cloned());
        (status, first.map(|first| first.code), since)
    };
    let both_ways = |entries: [(i64, u8); 2], more: &[Vec<u8>], before: &[Crl]| {
        let [one, other] = entries;
        let orders = [[one, other], [other, one]];
        let told = orders.map(|order| judge([before, &[twice(&order, more)]].concat()));
        assert_eq!(told[0], told[1], "{entries:?}");
        let [(status, code, since), _] = told;
        let since = since.map(|since| since.as_str().unwrap().parse::<Timestamp>().unwrap());
        (status, code, since)
    };
    let revoked = |days| {
        (
            "revoked".to_owned(),
            Some(Code::RevocationRevoked),
            Some(day(days)),
        )
    };
    let on_hold = |days| {
        (
            "on_hold".to_owned(),
            Some(Code::RevocationOnHold),
            Some(day(days)),
        )
    };
    // Key compromise and key compromise, of which one is still to come; a hold; a removal, which no full list can make.
    assert_eq!(both_ways([(-10, 1), (-20, 1)], &[], &[]), revoked(-20));
    assert_eq!(both_ways([(30, 1), (-10, 1)], &[], &[]), revoked(-10));
    assert_eq!(both_ways([(-20, 6), (-10, 1)], &[], &[]), revoked(-10));
    assert_eq!(both_ways([(-20, 8), (-10, 1)], &[], &[]), revoked(-10));
    assert_eq!(both_ways([(30, 1), (-10, 6)], &[], &[]), on_hold(-10));
    // An authority that is replaced keeps what it did before, one whose key is lost does not.
    assert_eq!(both_ways([(-20, 4), (-10, 1)], &[], &[]), revoked(-10));
    // The base has it on hold; the changes lift that and revoke it.
    let numbered = |oid, number| extension_der(oid, oid == "2.5.29.27", &[2, 1, number]);
    let base = [twice(&[(-20, 6)], &[numbered("2.5.29.20", 5)])];
    let delta = [numbered("2.5.29.20", 6), numbered("2.5.29.27", 5)];
    assert_eq!(
        judge([&base[..], &[twice(&[(-10, 8)], &delta)]].concat()).0,
        "good"
    );
    assert_eq!(both_ways([(-10, 8), (-9, 1)], &delta, &base), revoked(-9));
    assert_eq!(both_ways([(-10, 8), (-9, 6)], &delta, &base).0, "on_hold");
}

/// The CA signs its lists with a second certificate of the same name.
#[test]
fn a_separate_list_signer_must_be_trusted_and_not_revoked() {
    let mut world = World::new();
    // Here the CA is an intermediate, so that its second certificate has an issuer of its own.
    let (root, sub) = (Subject::new("Ancla"), Subject::new("Raíz"));
    let list_key = Subject::new("Raíz");
    let root_certificate = issue(&root, &root, ca());
    let sub_certificate = issue(&sub, &root, ca());
    let list_certificate = issue(&list_key, &root, ca());
    let person = issue(&Subject::new("Ana"), &sub, signer());
    world.trust = TrustStore::new(vec![root_certificate.clone()], Vec::new());
    world.pool = vec![sub_certificate.clone(), list_certificate.clone()];
    let own_list =
        |about: &Certificate, revoked: Option<i64>, issuer: &Certificate, key: &Subject| {
            let view = World {
                authority: key.clone(),
                root: issuer.clone(),
                person: about.clone(),
                trust: TrustStore::default(),
                pool: Vec::new(),
                policy: Policy::default(),
            };
            Crl::parse(
                List {
                    revoked,
                    ..List::default()
                }
                .der(&view),
            )
            .unwrap()
        };
    world.person = person.clone();
    world.root = sub_certificate.clone();
    let status = |revoked| {
        let evidence = Evidence {
            crls: vec![
                own_list(&person, None, &sub_certificate, &list_key),
                own_list(&list_certificate, revoked, &root_certificate, &root),
            ],
            ocsps: Vec::new(),
        };
        world.status(&evidence).0
    };
    assert_eq!(status(None), "good");
    assert_eq!(status(Some(-1)), "unknown");
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
fn answers_say_what_rfc_6960_lets_them_say() {
    use Code::*;
    let world = World::new();
    let revoked = |days: i64, reason: u8| {
        encode(
            0xa1,
            &[
                time(days),
                encode(0xa0, &encode(tag::ENUMERATED, &[reason])),
            ]
            .concat(),
        )
    };
    let responder = |purposes: &'static [&'static str], no_check: bool, issuer: &Subject| {
        let subject = Subject::new("Consultas");
        let extra = if no_check {
            vec![extension("1.3.6.1.5.5.7.48.1.5", false, "0500")]
        } else {
            Vec::new()
        };
        let certificate = issue(
            &subject,
            issuer,
            Spec {
                purposes,
                extra,
                ..signer()
            },
        );
        Some((subject, certificate))
    };
    let answer = Response::default;
    let doubtful = || vec![RevocationInvalid, RevocationUnknown];
    let cases: Vec<(&str, Response, &str, Vec<Code>)> = vec![
        ("good", answer(), "good", vec![]),
        (
            "revoked before",
            Response {
                says: revoked(-3, 1),
                ..answer()
            },
            "revoked",
            vec![RevocationRevoked],
        ),
        (
            "revoked later",
            Response {
                says: revoked(1, 1),
                ..answer()
            },
            "good",
            vec![RevocationLater],
        ),
        (
            "on hold",
            Response {
                says: revoked(-3, 6),
                ..answer()
            },
            "on_hold",
            vec![RevocationOnHold],
        ),
        (
            "unknown",
            Response {
                says: vec![0x82, 0],
                ..answer()
            },
            "unknown",
            vec![RevocationUnknown],
        ),
        (
            "past its time",
            Response {
                times: (-9, Some(-2)),
                ..answer()
            },
            "unknown",
            vec![RevocationStale],
        ),
        (
            "without nextUpdate, young",
            Response {
                times: (0, None),
                ..answer()
            },
            "good",
            vec![],
        ),
        (
            "without nextUpdate, old",
            Response {
                times: (-3, None),
                ..answer()
            },
            "unknown",
            vec![RevocationStale],
        ),
        (
            "about another issuer's certificate",
            Response {
                other_issuer: true,
                ..answer()
            },
            "unknown",
            vec![RevocationUnknown],
        ),
        (
            "signed by somebody else",
            Response {
                signer: Some(Subject::new("Raíz")),
                ..answer()
            },
            "unknown",
            doubtful(),
        ),
        (
            "unknown critical extension",
            Response {
                extension: Some(extension_der("1.2.3", true, &[5, 0])),
                ..answer()
            },
            "unknown",
            doubtful(),
        ),
        (
            "a nonce",
            Response {
                extension: Some(extension_der("1.3.6.1.5.5.7.48.1.2", false, &[4, 1, 7])),
                ..answer()
            },
            "good",
            vec![],
        ),
        (
            "delegated",
            Response {
                responder: responder(OCSP, true, &world.authority),
                ..answer()
            },
            "good",
            vec![],
        ),
        (
            "delegated without the purpose",
            Response {
                responder: responder(MAIL, true, &world.authority),
                ..answer()
            },
            "unknown",
            doubtful(),
        ),
        (
            "delegated by another CA of the same name",
            Response {
                responder: responder(OCSP, true, &Subject::new("Raíz")),
                ..answer()
            },
            "unknown",
            doubtful(),
        ),
        (
            "delegated, status of the responder unknown",
            Response {
                responder: responder(OCSP, false, &world.authority),
                ..answer()
            },
            "unknown",
            doubtful(),
        ),
    ];
    for (what, answer, status, codes) in cases {
        assert_eq!(
            world.with_answer(&answer),
            (status.to_owned(), codes),
            "{what}"
        );
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

/// RFC 5280 §6.3.3 (d): lists for some reasons add up, and each can revoke.
#[test]
fn lists_for_some_reasons_are_good_only_together() {
    let world = World::new();
    let some = |reasons: &str, revoked: Option<i64>| List {
        revoked,
        extensions: vec![extension_der(
            "2.5.29.28",
            true,
            &hex::decode(reasons).unwrap(),
        )],
        ..List::default()
    };
    let compromise = |revoked| some("300483020560", revoked);
    let others = || some("30058303071f80", None);
    let status = |lists: &[List]| world.with_lists(lists).0;
    assert_eq!(status(&[compromise(None)]), "unknown");
    assert_eq!(status(&[compromise(None), others()]), "good");
    assert_eq!(status(&[compromise(Some(-1)), others()]), "revoked");
    assert_eq!(status(&[List::default(), compromise(Some(-1))]), "revoked");
}

/// RFC 5280 §5.2.4: a delta continues the list whose number its base names.
#[test]
fn a_delta_lifts_a_hold_only_from_its_own_base() {
    let world = World::new();
    let number = |oid: &str, number: u8| {
        extension_der(oid, oid == "2.5.29.27", &encode(tag::INTEGER, &[number]))
    };
    let status = |base: u8, own: u8, scope: Option<&str>| {
        let hold = List {
            revoked: Some(-5),
            reason: Some(6),
            times: Some((-2, Some(5))),
            extensions: vec![number("2.5.29.20", 5)],
            ..List::default()
        };
        let mut extensions = vec![number("2.5.29.20", own), number("2.5.29.27", base)];
        extensions.extend(
            scope.map(|scope| extension_der("2.5.29.28", true, &hex::decode(scope).unwrap())),
        );
        let removal = List {
            revoked: Some(-5),
            reason: Some(8),
            extensions,
            ..List::default()
        };
        world.with_lists(&[hold, removal]).0
    };
    assert_eq!(status(5, 7, None), "good");
    assert_eq!(status(4, 7, None), "good");
    assert_eq!(status(6, 7, None), "on_hold", "its base is younger");
    assert_eq!(status(4, 5, None), "on_hold", "it is not younger");
    assert_eq!(status(5, 7, Some("30038101ff")), "on_hold", "another scope");
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

#[test]
fn what_a_list_says_of_itself_is_checked() {
    let world = World::new();
    let numbered = |number: u8, this: i64| List {
        times: Some((this, Some(5))),
        extensions: vec![extension_der(
            "2.5.29.20",
            false,
            &encode(tag::INTEGER, &[number]),
        )],
        ..List::default()
    };
    let told = |lists: &[List]| world.with_lists(lists);
    assert_eq!(
        told(&[numbered(8, -3), numbered(9, -1)]),
        ("good".to_owned(), vec![])
    );
    // The order is a CA's own affair; it is told when nothing else is known.
    let (status, findings) = told(&[numbered(9, -3), numbered(8, -1)]);
    assert_eq!(
        (status.as_str(), findings),
        ("good", vec![Code::RevocationInvalid])
    );
    let backwards = List {
        times: Some((2, Some(1))),
        ..List::default()
    };
    assert_eq!(told(&[backwards]).0, "unknown");
}

/// RFC 5280 §4.2.1.13 `cRLIssuer`: the lists of another are indirect, and refused with that reason.
#[test]
fn an_indirect_list_is_refused_by_name() {
    let other = Subject::new("Listas");
    let name = issue(&other, &other, ca()).subject().raw().to_vec();
    let point = sequence(&[sequence(&[encode(0xa2, &encode(0xa4, &name))])]);
    let point = extension("2.5.29.31", false, &hex::encode(point));
    let mut world = World::with_person((-100, 100), vec![point]);
    let lists = World {
        root: issue(&other, &other, ca()),
        authority: other,
        ..World::new()
    };
    let der = List::default().der(&lists);
    let (status, findings) = world.judge(&Evidence {
        crls: vec![Crl::parse(der).unwrap()],
        ocsps: Vec::new(),
    });
    assert_eq!(status, "unknown");
    assert_eq!(findings[0].facts["reason"], "the list is indirect");
    // Policy: how old an answer may be, whatever it says of itself.
    world.policy.evidence_age = Some(jiff::SignedDuration::from_hours(48));
    let aged = |days| List {
        times: Some((days, Some(5))),
        ..List::default()
    };
    assert_eq!(world.with_lists(&[aged(-2)]).0, "good");
    assert_eq!(
        world.with_lists(&[aged(-3)]),
        ("unknown".to_owned(), vec![Code::RevocationStale])
    );
}

#[test]
fn every_statement_of_an_answer_counts_and_its_responder_may_be_new() {
    let world = World::new();
    let revoked = encode(0xa1, &time(-3));
    let both = Response {
        also: Some(revoked),
        ..Response::default()
    };
    assert_eq!(world.with_answer(&both).0, "revoked");
    // Not issued (RFC 6960 §2.2): on hold since 1970.
    let epoch = crate::verify::forge::time(Timestamp::UNIX_EPOCH);
    let hold = encode(0xa0, &encode(tag::ENUMERATED, &[6]));
    let answer = Response {
        says: encode(0xa1, &[epoch, hold].concat()),
        ..Response::default()
    };
    let (status, findings) = world.judge(&Evidence {
        crls: Vec::new(),
        ocsps: vec![OcspResponse::parse(answer.der(&world)).unwrap()],
    });
    assert_eq!(status, "on_hold");
    assert_eq!(findings[0].facts["not_issued"], true);
    // The question was asked after reception, when the responder had a new certificate already.
    let subject = Subject::new("Consultas");
    let no_check = extension("1.3.6.1.5.5.7.48.1.5", false, "0500");
    let spec = Spec {
        purposes: OCSP,
        days: (1, 3),
        extra: vec![no_check],
        ..signer()
    };
    let certificate = issue(&subject, &world.authority, spec);
    let delegated = |times| Response {
        times,
        responder: Some((subject.clone(), certificate.clone())),
        ..Response::default()
    };
    assert_eq!(
        world.with_answer(&delegated((2, Some(3)))),
        ("good".to_owned(), vec![Code::RevocationAnsweredLater])
    );
    assert_eq!(world.with_answer(&delegated((-1, Some(3)))).0, "unknown");
}
