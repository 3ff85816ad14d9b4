//! Answers about revocation that come with the document: its sender chose them, so they speak for the past. About the
//! present the CA is asked, whatever the document brings.

use super::*;
use crate::verify::forge::{
    Dossier, Paper, Signing, Subject, ca, day, entry, issue, list, signer, stamper,
};
use crate::verify::report::RevocationFacts;
use crate::verify::wanted::Wanted;
use crate::verify::{Crl, OcspResponse};

const CONTENT: &[u8] = b"Solicito una clave nueva.";
const HALF_A_DAY: i64 = 12;

/// A root, a CA below it and a person below that.
struct World {
    root: (Subject, Certificate),
    middle: (Subject, Certificate),
    ana: (Subject, Certificate),
}

/// How a document carries answers.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Way {
    /// In `crls` of the message (RFC 5652 §5.1).
    Message,
    /// In a security store behind the signature, in a revision that nobody signed (ISO 32000-2 §12.8.4.3).
    Store,
}

const WAYS: [Way; 2] = [Way::Message, Way::Store];

/// A list of the CA that is in its time from `hours` ago for thirty days.
struct Told {
    hours: i64,
    revoked: Option<i64>,
}

fn good(hours: i64) -> Told {
    Told {
        hours,
        revoked: None,
    }
}

impl World {
    fn new() -> Self {
        let (root, middle, ana) = (
            Subject::new("Raíz"),
            Subject::new("Sub"),
            Subject::new("Ana"),
        );
        Self {
            ana: (ana.clone(), issue(&ana, &middle, signer())),
            middle: (middle.clone(), issue(&middle, &root, ca())),
            root: (root.clone(), issue(&root, &root, ca())),
        }
    }

    /// What the CA says of the person.
    fn of_person(&self, told: &Told) -> Vec<u8> {
        made(&self.middle, &self.ana.1, told)
    }

    /// What the root says of the CA.
    fn of_middle(&self, told: &Told) -> Vec<u8> {
        made(&self.root, &self.middle.1, told)
    }

    fn document(&self, way: Way, carried: &[Vec<u8>]) -> Vec<u8> {
        let (ana, certificate) = &self.ana;
        match way {
            Way::Message => {
                let mut dossier = Dossier::new(CONTENT, ana, certificate);
                dossier.answers.extend_from_slice(carried);
                dossier.bytes()
            }
            Way::Store => {
                let mut paper = Paper::new();
                paper.sign("ETSI.CAdES.detached", |content| {
                    Signing::default().over(content, ana, certificate)
                });
                let carried: Vec<&[u8]> = carried.iter().map(Vec::as_slice).collect();
                paper.keep(&[], &carried);
                paper.bytes
            }
        }
    }

    fn judge(&self, document: &[u8], given: &[Vec<u8>]) -> Judgement {
        let signed = crate::verify::open(document, None).unwrap();
        let trust = TrustStore::new(vec![self.root.1.clone()], vec![self.middle.1.clone()]);
        let given = Evidence {
            crls: lists(given),
            ocsps: Vec::<OcspResponse>::new(),
        };
        let concluded = conclude_and_want(&signed, &trust, &given, &Policy::default(), now());
        Judgement {
            asked: concluded.wanted.iter().map(name_of).collect(),
            stood_in: concluded.wanted.iter().any(|one| one.stands_in),
            report: concluded.report,
        }
    }
}

fn lists(given: &[Vec<u8>]) -> Vec<Crl> {
    let given = given.iter().cloned();
    given.map(|der| Crl::parse(der).unwrap()).collect()
}

fn made(authority: &(Subject, Certificate), about: &Certificate, told: &Told) -> Vec<u8> {
    let (key, certificate) = authority;
    let this = now() - jiff::SignedDuration::from_hours(told.hours);
    let times = (this, Some(this + jiff::SignedDuration::from_hours(24 * 30)));
    let entries: Vec<Vec<u8>> = told
        .revoked
        .map(|days| entry(about, day(days), &[]))
        .into_iter()
        .collect();
    list(certificate, key, times, &entries, &[])
}

/// What came out, and about whom the CA is to be asked.
struct Judgement {
    report: Report,
    asked: Vec<String>,
    /// Whether what the document brings was taken in its place.
    stood_in: bool,
}

impl Judgement {
    fn told(&self) -> (Conclusion, Vec<Code>, Vec<&str>) {
        let asked = self.asked.iter().map(String::as_str).collect();
        (self.report.conclusion, codes(&self.report), asked)
    }

    fn person(&self) -> &RevocationFacts {
        &self.report.signatures[0].revocation[0]
    }
}

fn name_of(wanted: &Wanted) -> String {
    let name = wanted.certificate.subject().text();
    let (_, name) = name.split_once("CN=").unwrap();
    name.split(',').next().unwrap().to_owned()
}

use Conclusion::{Failed, Indeterminate, Passed};

/// The key was stolen and revoked fifteen days ago; the list of five days before that does not know.
#[test]
fn an_old_answer_in_the_document_does_not_stop_us_from_asking() {
    let world = World::new();
    let of_middle = world.of_middle(&good(48));
    let old = world.of_person(&good(20 * 24));
    let revoked = world.of_person(&Told {
        hours: 1,
        revoked: Some(-15),
    });
    for way in WAYS {
        let document = world.document(way, std::slice::from_ref(&old));
        let alone = world.judge(&document, std::slice::from_ref(&of_middle));
        let expected = (Indeterminate, vec![Code::RevocationStale], vec!["Ana"]);
        assert_eq!(alone.told(), expected, "{way:?}");
        assert_eq!(alone.person().status, "unknown");
        let mut findings = alone.report.all_findings();
        let stale = findings.find(|finding| finding.code == Code::RevocationStale);
        assert_eq!(stale.unwrap().facts["came_with_document"], true);
        // The CA's own answer decides, whichever it is.
        let asked = world.judge(&document, &[of_middle.clone(), revoked.clone()]);
        let expected = (Failed, vec![Code::RevocationRevoked], vec![]);
        assert_eq!(asked.told(), expected, "{way:?}");
        let asked = world.judge(&document, &[of_middle.clone(), world.of_person(&good(1))]);
        assert_eq!(asked.told(), (Passed, vec![], vec![]), "{way:?}");
    }
}

/// The same list in the operator's folder is his word that it will do, and so it is when the CA gave it to us.
#[test]
fn what_is_given_counts_until_its_next_update_even_if_the_document_carries_it_too() {
    let world = World::new();
    let given = [
        world.of_middle(&good(20 * 24)),
        world.of_person(&good(20 * 24)),
    ];
    for way in WAYS {
        for carried in [&[][..], &given[..]] {
            let judged = world.judge(&world.document(way, carried), &given);
            assert_eq!(judged.told(), (Passed, vec![], vec![]), "{way:?}");
        }
    }
}

/// What the document brings may be all there is: it serves while it is young, and the CA is asked all the same.
#[test]
fn a_young_answer_in_the_document_serves_when_nobody_else_answers() {
    let world = World::new();
    let of_middle = world.of_middle(&good(48));
    for way in WAYS {
        let judge = |hours: i64| {
            let document = world.document(way, &[world.of_person(&good(hours))]);
            world.judge(&document, std::slice::from_ref(&of_middle))
        };
        let young = judge(HALF_A_DAY);
        assert_eq!(young.told(), (Passed, vec![], vec!["Ana"]), "{way:?}");
        assert!(young.stood_in, "{way:?}");
        assert_eq!(judge(24).report.conclusion, Passed, "{way:?}");
        let older = judge(25);
        assert!(!older.stood_in, "{way:?}");
        let expected = (Indeterminate, vec![Code::RevocationStale], vec!["Ana"]);
        assert_eq!(older.told(), expected, "{way:?}");
    }
}

/// Nobody sends a false word against himself that the CA has signed.
#[test]
fn a_revocation_counts_whoever_brings_word_of_it_and_however_old() {
    let world = World::new();
    let of_middle = world.of_middle(&good(48));
    let word = world.of_person(&Told {
        hours: 20 * 24,
        revoked: Some(-25),
    });
    for way in WAYS {
        let document = world.document(way, std::slice::from_ref(&word));
        for given in [
            vec![of_middle.clone()],
            vec![of_middle.clone(), world.of_person(&good(1))],
        ] {
            let judged = world.judge(&document, &given);
            let expected = (Failed, vec![Code::RevocationRevoked], vec![]);
            assert_eq!(judged.told(), expected, "{way:?}");
        }
    }
}

/// A stolen CA is worse than a stolen key.
#[test]
fn the_same_holds_for_every_certificate_below_the_root() {
    let world = World::new();
    let of_person = world.of_person(&good(1));
    let old = world.of_middle(&good(20 * 24));
    for way in WAYS {
        let document = world.document(way, std::slice::from_ref(&old));
        let judged = world.judge(&document, std::slice::from_ref(&of_person));
        let expected = (Indeterminate, vec![Code::RevocationStale], vec!["Sub"]);
        assert_eq!(judged.told(), expected, "{way:?}");
    }
}

/// Who vouches for a time is asked about today, unless a later timestamp shows how long ago he did.
#[test]
fn an_authority_of_timestamps_is_asked_about_until_its_timestamp_is_archived() {
    let world = World::new();
    let stamps = Subject::new("Sub de sellos");
    let stamps = (stamps.clone(), issue(&stamps, &world.root.0, ca()));
    let below = |authority: &(Subject, Certificate), name: &str| {
        let subject = Subject::new(name);
        let certificate = issue(&subject, &authority.0, stamper((-100, 100)));
        (subject, certificate)
    };
    let older = below(&stamps, "Sellos");
    let given = [world.of_middle(&good(48)), world.of_person(&good(1))];
    let mut dossier = Dossier::new(CONTENT, &world.ana.0, &world.ana.1);
    dossier.certificates.push(stamps.1.der().to_vec());
    dossier.stamp(day(-3), &older);
    let before = made(&stamps, &older.1, &good(4 * 24));
    dossier.answers.push(before);
    let trusted = |judged: &Judgement| -> Vec<bool> {
        let all = judged.report.signatures[0].timestamps.iter();
        all.map(|one| one.trusted).collect()
    };
    let judged = world.judge(&dossier.bytes(), &given);
    assert_eq!(judged.told(), (Passed, vec![], vec!["Sellos"]));
    assert_eq!(trusted(&judged), [false]);
    dossier.archive(day(-2), &below(&world.middle, "Sellos nuevos"));
    let judged = world.judge(&dossier.bytes(), &given);
    assert_eq!(judged.told(), (Passed, vec![], vec![]));
    assert_eq!(trusted(&judged), [true, true]);
}
