//! Documents with a history: what each timestamp proves, and what it cannot.

mod archive;

use super::*;
use crate::verify::asn1::{Element, encode, tag};
use crate::verify::forge::{
    Paper, Signing, Spec, Subject, attribute, ca, day, entry, extension_der, issue, list, now,
    signer, stamper, token,
};
use crate::verify::report::{Conclusion, Level, Report, SubIndication};
use crate::verify::{Crl, Evidence, Policy, TrustStore, conclude, open};

const TIMESTAMP: &str = "1.2.840.113549.1.9.16.2.14";
const CONTENT_TIMESTAMP: &str = "1.2.840.113549.1.9.16.2.20";
const ALWAYS: (i64, i64) = (-5000, 5000);

/// A root, a person, two timestamp authorities, and what the root says about them.
struct World {
    root: Subject,
    anchor: Certificate,
    ana: Subject,
    person: Certificate,
    old: (Subject, Certificate),
    new: (Subject, Certificate),
}

impl World {
    /// The person's certificate and that of the older authority live for these days.
    fn new(person_days: (i64, i64), old_days: (i64, i64)) -> Self {
        let (root, ana) = (Subject::new("Raíz"), Subject::new("Ana"));
        let issued = |subject: &Subject, spec: Spec| issue(subject, &root, spec);
        let anchor = issued(
            &root,
            Spec {
                days: ALWAYS,
                ..ca()
            },
        );
        let person = issued(
            &ana,
            Spec {
                days: person_days,
                ..signer()
            },
        );
        let (old, new) = (Subject::new("Sellos"), Subject::new("Sellos nuevos"));
        Self {
            old: (old.clone(), issued(&old, stamper(old_days))),
            new: (new.clone(), issued(&new, stamper(ALWAYS))),
            anchor,
            root,
            ana,
            person,
        }
    }

    /// The root's list of a day: good for two days.
    fn list(&self, days: i64, entries: &[Vec<u8>]) -> Vec<u8> {
        let times = (day(days), Some(day(days + 2)));
        list(&self.anchor, &self.root, times, entries, &[])
    }

    /// With the list of today.
    fn judge(&self, paper: &Paper, entries: &[Vec<u8>]) -> Report {
        self.judge_file(&paper.bytes, None, entries)
    }

    fn judge_file(&self, bytes: &[u8], original: Option<&[u8]>, entries: &[Vec<u8>]) -> Report {
        let evidence = Evidence {
            crls: vec![Crl::parse(self.list(-1, entries)).unwrap()],
            ocsps: Vec::new(),
        };
        let signed = open(bytes, original).unwrap();
        let trust = TrustStore::new(vec![self.anchor.clone()], Vec::new());
        conclude(&signed, &trust, &evidence, &Policy::default(), now())
    }

    fn sign(&self, paper: &mut Paper, stamped: Option<i64>) {
        let (authority, certificate) = &self.old;
        let unsigned = |value: &[u8]| {
            stamped
                .map(|days| token(&[value], day(days), authority, certificate, &[]))
                .map(|token| attribute(TIMESTAMP, &[token]))
                .into_iter()
                .collect()
        };
        let signing = Signing {
            unsigned: &unsigned,
            ..Signing::default()
        };
        paper.sign("ETSI.CAdES.detached", |content| {
            signing.over(content, &self.ana, &self.person)
        });
    }

    /// The lists of a day, kept in the document, and a document timestamp of that day.
    fn archive(
        &self,
        paper: &mut Paper,
        days: i64,
        (authority, certificate): &(Subject, Certificate),
    ) {
        paper.keep(&[], &[&self.list(days - 1, &[])]);
        paper.sign("ETSI.RFC3161", |content| {
            token(content, day(days), authority, certificate, &[])
        });
    }
}

fn codes(report: &Report) -> Vec<Code> {
    let mut codes: Vec<Code> = report
        .all_findings()
        .filter(|finding| finding.severity > Severity::Note)
        .map(|finding| finding.code)
        .collect();
    codes.dedup();
    codes
}

fn person(report: &Report) -> &crate::verify::report::SignatureReport {
    &report.signatures[0]
}

/// DESIGN B: what a proof changes when the certificate has expired by reception.
#[test]
fn expired_is_a_doubt_only_with_a_proof_from_its_lifetime() {
    let world = World::new((-100, -10), ALWAYS);
    let case = |stamped: Option<i64>| {
        let mut paper = Paper::new();
        world.sign(&mut paper, stamped);
        world.judge(&paper, &[])
    };
    let unproven = case(None);
    assert_eq!(unproven.conclusion, Conclusion::Failed);
    assert_eq!(unproven.sub_indication, Some(SubIndication::Expired));
    let proven = case(Some(-20));
    assert_eq!(proven.conclusion, Conclusion::Indeterminate);
    assert_eq!(proven.sub_indication, Some(SubIndication::OutOfBoundsNoPoe));
    assert_eq!(person(&proven).timestamp, Some(day(-20)));
    assert_eq!(proven.received_at, now());
    let too_late = case(Some(-5));
    assert_eq!(too_late.sub_indication, Some(SubIndication::Expired));
    let too_early = case(Some(-101));
    assert!(codes(&too_early).contains(&Code::ChainNotYetValid));
    assert_eq!(too_early.conclusion, Conclusion::Failed);
}

/// A timestamp from its lifetime does not make a revocation unknown that came between it and the end of the certificate.
#[test]
fn expired_and_revoked_is_refused_whatever_a_timestamp_proves() {
    let world = World::new((-100, -10), ALWAYS);
    let mut paper = Paper::new();
    world.sign(&mut paper, Some(-20));
    let revoked = world.judge(&paper, &[entry(&world.person, day(-15), &[])]);
    assert_eq!(revoked.conclusion, Conclusion::Failed);
    assert_eq!(revoked.sub_indication, Some(SubIndication::Revoked));
}

/// Validation data make a signature long-term only below a root: anybody can publish lists about his own certificates.
#[test]
fn data_of_an_unknown_authority_make_no_level() {
    let world = World::new((-100, 100), ALWAYS);
    let (anchor, stranger) = (Subject::new("Otra raíz"), Subject::new("Otra"));
    let authority = issue(
        &stranger,
        &anchor,
        Spec {
            days: ALWAYS,
            ..ca()
        },
    );
    let eve = Subject::new("Eva");
    let own = issue(&eve, &stranger, signer());
    let (stamp, certificate) = &world.old;
    let unsigned = |value: &[u8]| {
        vec![attribute(
            TIMESTAMP,
            &[token(&[value], day(-3), stamp, certificate, &[])],
        )]
    };
    let signing = Signing {
        unsigned: &unsigned,
        ..Signing::default()
    };
    let mut paper = Paper::new();
    paper.sign("ETSI.CAdES.detached", |content| {
        signing.over(content, &eve, &own)
    });
    let times = (day(-4), Some(day(4)));
    let answer = list(&authority, &stranger, times, &[], &[]);
    paper.keep(&[authority.der()], &[&answer, &world.list(-4, &[])]);
    let report = world.judge(&paper, &[]);
    assert_eq!(codes(&report), [Code::ChainUntrusted]);
    assert_eq!(person(&report).timestamp, Some(day(-3)));
    assert_eq!(person(&report).level, Some(Level::BT));
}

#[test]
fn revoked_before_reception_is_refused_whatever_a_timestamp_proves() {
    let world = World::new((-100, 100), ALWAYS);
    let mut paper = Paper::new();
    world.sign(&mut paper, Some(-20));
    assert_eq!(world.judge(&paper, &[]).conclusion, Conclusion::Passed);
    let revoked = world.judge(&paper, &[entry(&world.person, day(-3), &[])]);
    assert_eq!(revoked.sub_indication, Some(SubIndication::Revoked));
}

/// The chain of renewals of B-LTA (ETSI EN 319 142-1 §5.4.3): each timestamp is covered by a later one in time.
#[test]
fn an_archive_renewed_in_time_outlives_its_authorities() {
    let world = World::new((-100, 100), (-200, -30));
    let mut paper = Paper::new();
    world.sign(&mut paper, Some(-60));
    world.archive(&mut paper, -60, &world.old);
    let lapsed = world.judge(&paper, &[]);
    assert_eq!(lapsed.conclusion, Conclusion::Passed);
    assert_eq!(person(&lapsed).timestamp, None, "its authority has expired");
    assert_eq!(person(&lapsed).level, Some(Level::BB));

    world.archive(&mut paper, -40, &world.new);
    let renewed = world.judge(&paper, &[]);
    assert_eq!(
        renewed.conclusion,
        Conclusion::Passed,
        "{:#?}",
        codes(&renewed)
    );
    assert_eq!(person(&renewed).timestamp, Some(day(-60)));
    assert_eq!(person(&renewed).level, Some(Level::BLta));
    let judged_at: Vec<Timestamp> = renewed
        .signatures
        .iter()
        .flat_map(|signature| &signature.timestamps)
        .map(|stamp| stamp.judged_at)
        .collect();
    assert_eq!(judged_at, [day(-60), day(-40), now()]);
}

/// §5.4.3: validation data behind the last timestamp are there, and not archived.
#[test]
fn data_that_came_after_the_timestamp_are_not_archived() {
    let world = World::new((-100, 100), ALWAYS);
    let mut paper = Paper::new();
    world.sign(&mut paper, Some(-4));
    let (authority, certificate) = &world.old;
    paper.sign("ETSI.RFC3161", |content| {
        token(content, day(-3), authority, certificate, &[])
    });
    paper.keep(&[], &[&world.list(-4, &[])]);
    let stored = world.judge(&paper, &[]);
    assert_eq!(stored.conclusion, Conclusion::Passed);
    assert_eq!(person(&stored).level, Some(Level::BLt));
    paper.sign("ETSI.RFC3161", |content| {
        token(content, day(-2), authority, certificate, &[])
    });
    let archived = world.judge(&paper, &[]);
    assert_eq!(archived.conclusion, Conclusion::Passed);
    assert_eq!(person(&archived).level, Some(Level::BLta));
}

/// §5.4.3: only a timestamp over the signature archives it, and what an earlier one covers is not enough, though the data
/// were there already.
#[test]
fn a_timestamp_before_the_signature_archives_nothing() {
    let world = World::new((-100, 100), ALWAYS);
    let mut paper = Paper::new();
    world.archive(&mut paper, -60, &world.new);
    world.sign(&mut paper, Some(-60));
    let level = |paper: &Paper| {
        let report = world.judge(paper, &[]);
        assert_eq!(report.conclusion, Conclusion::Passed);
        report.signatures[1].level
    };
    assert_eq!(level(&paper), Some(Level::BLt));
    let (authority, certificate) = &world.new;
    paper.sign("ETSI.RFC3161", |content| {
        token(content, day(-59), authority, certificate, &[])
    });
    assert_eq!(level(&paper), Some(Level::BLta));
}

/// A timestamp is a witness of the file that it covers, and not of one that was altered afterwards.
#[test]
fn a_timestamp_on_an_altered_file_proves_nothing() {
    let world = World::new((-100, 100), ALWAYS);
    let mut paper = Paper::new();
    world.sign(&mut paper, None);
    world.archive(&mut paper, -40, &world.new);
    assert_eq!(person(&world.judge(&paper, &[])).timestamp, Some(day(-40)));
    paper.spoil();
    let spoilt = world.judge(&paper, &[]);
    assert_eq!(spoilt.conclusion, Conclusion::Failed);
    assert_eq!(person(&spoilt).timestamp, None);
}

/// Whoever signs a page that was stamped before signs later than the stamp says.
#[test]
fn a_timestamp_proves_nothing_about_what_came_after_it() {
    let world = World::new((-100, 100), ALWAYS);
    let case = |stamped| {
        let mut paper = Paper::new();
        world.archive(&mut paper, -60, &world.new);
        world.sign(&mut paper, stamped);
        let days = stamped.unwrap_or(-60);
        paper.keep(&[], &[&world.list(days - 1, &[])]);
        let report = world.judge(&paper, &[]);
        let is_person = |one: &&crate::verify::report::SignatureReport| one.level.is_some();
        let person = report.signatures.iter().find(is_person).unwrap();
        (person.timestamp, person.level)
    };
    assert_eq!(case(None), (None, Some(Level::BB)));
    assert_eq!(case(Some(-40)), (Some(day(-40)), Some(Level::BLt)));
}

#[test]
fn a_renewal_after_the_authority_expired_saves_nothing() {
    let world = World::new((-100, 100), (-200, -50));
    let mut paper = Paper::new();
    world.sign(&mut paper, Some(-60));
    world.archive(&mut paper, -60, &world.old);
    world.archive(&mut paper, -40, &world.new);
    let report = world.judge(&paper, &[]);
    assert_eq!(person(&report).timestamp, Some(day(-40)));
}

/// RFC 3161 §4: what the revocation of an authority does to tokens made before.
#[test]
fn an_authority_that_retires_leaves_its_tokens_valid_and_a_lost_key_does_not() {
    let world = World::new((-100, 100), ALWAYS);
    let mut paper = Paper::new();
    world.sign(&mut paper, Some(-60));
    let reason = |code: u8| extension_der("2.5.29.21", false, &encode(tag::ENUMERATED, &[code]));
    let proven = |paper: &Paper, since: i64, extensions: &[Vec<u8>]| {
        let entry = entry(&world.old.1, day(since), extensions);
        person(&world.judge(paper, &[entry])).timestamp
    };
    for (code, why) in [
        (3, "affiliationChanged"),
        (4, "superseded"),
        (5, "cessationOfOperation"),
    ] {
        assert_eq!(
            proven(&paper, -50, &[reason(code)]),
            Some(day(-60)),
            "{why}"
        );
        assert_eq!(proven(&paper, -61, &[reason(code)]), None, "{why}, before");
    }
    assert_eq!(proven(&paper, -50, &[reason(1)]), None, "keyCompromise");
    assert_eq!(proven(&paper, -50, &[]), None, "no reason stated");
    // Whatever the reason: what a later timestamp proves to have existed before stays proven.
    world.archive(&mut paper, -55, &world.new);
    assert_eq!(proven(&paper, -50, &[reason(1)]), Some(day(-60)));
}

#[test]
fn timestamps_that_contradict_each_other_prove_nothing() {
    let world = World::new((-100, 100), ALWAYS);
    // The signature's timestamp is younger than the one that covers it.
    let mut paper = Paper::new();
    world.sign(&mut paper, Some(-40));
    world.archive(&mut paper, -60, &world.new);
    let report = world.judge(&paper, &[]);
    assert_eq!(report.conclusion, Conclusion::Indeterminate);
    assert_eq!(
        report.sub_indication,
        Some(SubIndication::TimestampOrderFailure)
    );
    // Two timestamps over the document, the outer one older.
    let mut paper = Paper::new();
    world.sign(&mut paper, None);
    world.archive(&mut paper, -40, &world.old);
    world.archive(&mut paper, -60, &world.new);
    assert_eq!(codes(&world.judge(&paper, &[])), [Code::TimestampOrder]);
    // From the future.
    let mut paper = Paper::new();
    world.sign(&mut paper, Some(2));
    assert_eq!(codes(&world.judge(&paper, &[])), [Code::TimestampInvalid]);
}

/// What follows the time of a token that tells an accuracy of so many seconds.
fn accuracy(seconds: u32) -> Vec<Vec<u8>> {
    let seconds = encode(tag::INTEGER, &seconds.to_be_bytes());
    vec![encode(tag::SEQUENCE, &seconds)]
}

/// And of one that tells none.
const UNTOLD: Vec<Vec<u8>> = Vec::new();

impl World {
    /// A signature with a timestamp of that second and accuracy; and one over all of it, if there is one.
    fn stamped(&self, inner: &Stamp, outer: Option<&Stamp>) -> Report {
        let (authority, certificate) = &self.old;
        let stamp = |content: &[&[u8]], (at, more): &Stamp| {
            token(content, *at, authority, certificate, more)
        };
        let mut paper = Paper::new();
        let unsigned = |value: &[u8]| vec![attribute(TIMESTAMP, &[stamp(&[value], inner)])];
        let signing = Signing {
            unsigned: &unsigned,
            ..Signing::default()
        };
        paper.sign("ETSI.CAdES.detached", |content| {
            signing.over(content, &self.ana, &self.person)
        });
        if let Some(outer) = outer {
            let lists = outer.0 - SignedDuration::from_hours(24);
            let times = (lists, Some(lists + SignedDuration::from_hours(48)));
            paper.keep(&[], &[&list(&self.anchor, &self.root, times, &[], &[])]);
            paper.sign("ETSI.RFC3161", |content| stamp(content, outer));
        }
        self.judge(&paper, &[])
    }
}

/// What a token states: its time, and what follows it.
type Stamp = (Timestamp, Vec<Vec<u8>>);

const MINUTE: SignedDuration = SignedDuration::from_mins(1);

/// RFC 3161 §2.4.2: what a token covers existed at its time plus its accuracy, and not surely before.
#[test]
fn a_proof_reaches_as_far_as_the_accuracy_of_its_token() {
    // The list of today knows nothing of a certificate that has expired.
    const DOUBT: &[Code] = &[Code::ChainExpiredAfterTimestamp, Code::RevocationUnknown];
    const EXPIRED: &[Code] = &[Code::ChainExpired, Code::RevocationUnknown];
    let world = World::new((-100, -10), ALWAYS);
    let end = day(-10);
    let case = |before: i32, accuracy| {
        let report = world.stamped(&(end - MINUTE * before, accuracy), None);
        (codes(&report), person(&report).timestamp)
    };
    let (found, proven) = case(60, UNTOLD);
    assert_eq!((&*found, proven), (DOUBT, Some(end - MINUTE * 60)));
    let (found, proven) = case(60, accuracy(60));
    assert_eq!((&*found, proven), (DOUBT, Some(end - MINUTE * 59)));
    assert_eq!(case(2, accuracy(60)).0, DOUBT);
    assert_eq!(case(2, accuracy(240)).0, EXPIRED);
    // Nobody needs an authority that doesn't know the day.
    let (found, proven) = case(60, accuracy(7 * 86_400));
    assert_eq!((&*found, proven), (EXPIRED, None));
    assert_eq!(case(60, accuracy(301)).1, None);
    assert!(case(60, accuracy(300)).1.is_some());
    let vague = world.stamped(&(end - MINUTE * 60, accuracy(301)), None);
    assert!(vague.has(Code::TimestampInaccurate));
    let untrusted = |one: &&Finding| one.code == Code::TimestampUntrusted;
    let finding = vague.all_findings().find(untrusted).unwrap();
    let causes = serde_json::json!(["timestamp.inaccurate"]);
    assert_eq!(finding.facts["causes"], causes);
}

#[test]
fn an_accuracy_is_granted_in_both_directions() {
    // A little older than the certificate, as clocks are: five minutes are granted to any clock, and to a token its accuracy.
    let world = World::new((-1, 100), ALWAYS);
    let case = |at: Timestamp, accuracy| {
        let report = world.stamped(&(at, accuracy), None);
        (codes(&report), person(&report).timestamp)
    };
    let start = day(-1);
    assert_eq!(case(start - MINUTE * 6, UNTOLD).0, [Code::ChainNotYetValid]);
    assert_eq!(case(start - MINUTE * 6, accuracy(120)).0, []);
    assert_eq!(
        case(start - MINUTE * 8, accuracy(120)).0,
        [Code::ChainNotYetValid]
    );
    assert_eq!(case(start - MINUTE * 6, accuracy(600)), (vec![], None));
    // A little ahead of reception; what it covers had been received by then.
    assert_eq!(case(now() + MINUTE * 6, UNTOLD).0, [Code::TimestampInvalid]);
    assert_eq!(
        case(now() + MINUTE * 6, accuracy(120)),
        (vec![], Some(now()))
    );
    assert_eq!(
        case(now() + MINUTE * 10, accuracy(120)).0,
        [Code::TimestampInvalid]
    );
    assert_eq!(case(now() + MINUTE * 10, accuracy(900)), (vec![], None));
}

#[test]
fn tokens_contradict_each_other_by_more_than_their_accuracies() {
    let world = World::new((-100, 100), ALWAYS);
    let case = |inner, outer| {
        let (later, earlier) = (day(-40) + MINUTE * 3, day(-40));
        codes(&world.stamped(&(later, inner), Some(&(earlier, outer))))
    };
    assert_eq!(case(UNTOLD, UNTOLD), [Code::TimestampOrder]);
    assert_eq!(case(accuracy(119), UNTOLD), [Code::TimestampOrder]);
    assert_eq!(case(accuracy(120), UNTOLD), []);
    assert_eq!(case(UNTOLD, accuracy(120)), []);
    assert_eq!(case(accuracy(60), accuracy(60)), []);
    assert_eq!(case(accuracy(60), accuracy(59)), [Code::TimestampOrder]);
}

/// A token was surely made before its authority retired only if all of its accuracy lies before.
#[test]
fn an_authority_may_have_retired_within_the_accuracy() {
    let world = World::new((-100, 100), ALWAYS);
    let (authority, certificate) = &world.old;
    let superseded = extension_der("2.5.29.21", false, &encode(tag::ENUMERATED, &[4]));
    let retired = entry(certificate, day(-50), &[superseded]);
    let proven = |seconds| {
        let more = accuracy(seconds);
        let at = day(-50) - MINUTE;
        let unsigned = |value: &[u8]| {
            let token = token(&[value], at, authority, certificate, &more);
            vec![attribute(TIMESTAMP, &[token])]
        };
        let signing = Signing {
            unsigned: &unsigned,
            ..Signing::default()
        };
        let mut paper = Paper::new();
        paper.sign("ETSI.CAdES.detached", |content| {
            signing.over(content, &world.ana, &world.person)
        });
        person(&world.judge(&paper, std::slice::from_ref(&retired))).timestamp
    };
    assert_eq!(proven(30), Some(day(-50) - MINUTE / 2));
    assert_eq!(proven(61), None);
}

/// Anybody can put one beside a signature: it is no proof, and no fault of the signer's.
#[test]
fn a_signature_timestamp_over_something_else_is_a_doubt() {
    let world = World::new((-100, 100), ALWAYS);
    let (authority, certificate) = &world.old;
    let mut paper = Paper::new();
    paper.sign("ETSI.CAdES.detached", |content| {
        let stamp = token(&[b"otra firma"], day(-1), authority, certificate, &[]);
        let unsigned = |_: &[u8]| vec![attribute(TIMESTAMP, std::slice::from_ref(&stamp))];
        let signing = Signing {
            unsigned: &unsigned,
            ..Signing::default()
        };
        signing.over(content, &world.ana, &world.person)
    });
    let report = world.judge(&paper, &[]);
    assert_eq!(codes(&report), [Code::TimestampInvalid]);
    assert_eq!(report.conclusion, Conclusion::Indeterminate);
    assert_eq!(report.signatures[0].timestamp, None);
}

#[test]
fn a_content_timestamp_must_be_older_than_the_signature() {
    let world = World::new((-100, 100), ALWAYS);
    let case = |content_at: i64, stamped_at: i64| {
        let mut paper = Paper::new();
        let (authority, certificate) = &world.old;
        let stamp = |bytes: &[&[u8]], days| token(bytes, day(days), authority, certificate, &[]);
        paper.sign("ETSI.CAdES.detached", |content| {
            let unsigned =
                |value: &[u8]| vec![attribute(TIMESTAMP, &[stamp(&[value], stamped_at)])];
            let signing = Signing {
                signed: vec![attribute(CONTENT_TIMESTAMP, &[stamp(content, content_at)])],
                unsigned: &unsigned,
                ..Signing::default()
            };
            signing.over(content, &world.ana, &world.person)
        });
        codes(&world.judge(&paper, &[]))
    };
    assert_eq!(case(-60, -50), []);
    assert_eq!(case(-50, -60), [Code::TimestampOrder]);
}

/// SHA-1 has been refused since 2014: a proof from before leaves a doubt, and nothing leaves more.
#[test]
fn a_weak_digest_is_a_doubt_only_with_a_proof_from_better_days() {
    const SHA1: &str = "1.3.14.3.2.26";
    let world = World::new(ALWAYS, ALWAYS);
    let case = |stamped: i64| {
        let mut paper = Paper::new();
        let (authority, certificate) = &world.old;
        let unsigned = |value: &[u8]| {
            let token = token(&[value], day(stamped), authority, certificate, &[]);
            vec![attribute(TIMESTAMP, &[token])]
        };
        let signing = Signing {
            unsigned: &unsigned,
            ..Signing::default()
        };
        // The digest of the content inside is SHA-1, whatever else the signature uses (ISO 32000-2 §12.8.3.3).
        paper.sign("adbe.pkcs7.sha1", |content| {
            let digest = crate::verify::crypto::Digest::from_oid(SHA1).unwrap();
            let inside = digest.of(content).unwrap();
            let signing = Signing {
                inside: Some(&inside),
                ..Signing { ..signing }
            };
            signing.over(&[&inside], &world.ana, &world.person)
        });
        let report = world.judge(&paper, &[]);
        (report.conclusion, codes(&report))
    };
    let weak = || vec![Code::AlgorithmWeak];
    assert_eq!(case(-4900), (Conclusion::Indeterminate, weak()));
    assert_eq!(case(-100), (Conclusion::Failed, weak()));
}
