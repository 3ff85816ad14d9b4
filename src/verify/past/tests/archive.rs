//! Archive timestamps of CAdES (ETSI EN 319 122-1 §5.5.3): what they prove, what comes behind them, and forged ones.

use super::*;
use crate::verify::forge::{Dossier, ID_DATA, Plan, SHA256, TST_INFO, oid, set};
use crate::verify::report::{TimestampFacts, TimestampKind};

const CONTENT: &[u8] = b"Solicito una clave nueva.";
const SHA1: &str = "1.3.14.3.2.26";
const SHA384: &str = "2.16.840.1.101.3.4.2.2";
const SHA512: &str = "2.16.840.1.101.3.4.2.3";
const REVOCATION_VALUES: &str = "1.2.840.113549.1.9.16.2.24";
const ARCHIVE_TIMESTAMP_V2: &str = "1.2.840.113549.1.9.16.2.48";

impl World {
    /// Signed and stamped by the older authority that day, with the lists of the day before.
    fn dossier(&self, days: i64) -> Dossier {
        let mut dossier = Dossier::new(CONTENT, &self.ana, &self.person);
        dossier.stamp(day(days), &self.old);
        dossier.answers.push(self.list(days - 1, &[]));
        dossier
    }

    /// The list of the day before, and an archive timestamp over everything.
    fn archive_dossier(
        &self,
        dossier: &mut Dossier,
        days: i64,
        authority: &(Subject, Certificate),
    ) {
        dossier.answers.push(self.list(days - 1, &[]));
        dossier.archive(day(days), authority);
    }

    fn judge_dossier(&self, dossier: &Dossier) -> Report {
        let original = (!dossier.attached).then_some(dossier.content.as_slice());
        self.judge_file(&dossier.bytes(), original, &[])
    }

    /// The level, when the signature is proven to have existed, and what is more than a note.
    fn outcome(&self, dossier: &Dossier) -> (Option<Level>, Option<Timestamp>, Vec<Code>) {
        let report = self.judge_dossier(dossier);
        (
            person(&report).level,
            person(&report).timestamp,
            codes(&report),
        )
    }

    /// An archive made otherwise than the standard says, over a signature of sixty days ago whose timestamp's authority
    /// has expired since.
    fn archived_otherwise(&self, change: impl FnOnce(&mut Plan)) -> Dossier {
        let mut dossier = self.dossier(-60);
        let mut plan = dossier.plan(SHA256);
        change(&mut plan);
        dossier.archive_by(&plan, day(-59), &self.new);
        dossier
    }
}

/// The person's certificate lives, the older authority's ended a month ago.
fn lapsed() -> World {
    World::new((-100, 100), (-200, -30))
}

fn archives(report: &Report) -> Vec<&TimestampFacts> {
    let all = person(report).timestamps.iter();
    all.filter(|one| one.kind == TimestampKind::Archive)
        .collect()
}

/// Why a timestamp is invalid.
fn reason(report: &Report) -> String {
    let mut findings = report.all_findings();
    let invalid = findings.find(|finding| finding.code == Code::TimestampInvalid);
    invalid.unwrap().facts["reason"]
        .as_str()
        .unwrap()
        .to_owned()
}

/// Makes an archive otherwise than the standard says.
type Change = fn(&mut Plan);

/// Puts something into a message.
type Addition = fn(&mut Dossier, &World);

const NOTHING: Vec<Code> = Vec::new();

#[test]
fn an_archive_proves_the_signature_and_the_timestamps_it_names() {
    let world = lapsed();
    let plain = world.dossier(-60);
    assert_eq!(world.outcome(&plain), (Some(Level::BB), None, NOTHING));
    for attached in [true, false] {
        for digest in [SHA256, SHA512] {
            let mut dossier = world.dossier(-60);
            dossier.attached = attached;
            dossier.archive_by(&dossier.plan(digest), day(-59), &world.new);
            let report = world.judge_dossier(&dossier);
            assert_eq!(
                report.conclusion,
                Conclusion::Passed,
                "{:#?}",
                codes(&report)
            );
            assert_eq!(person(&report).level, Some(Level::BLta));
            assert_eq!(person(&report).timestamp, Some(day(-60)));
            let judged_at = person(&report).timestamps.iter();
            let judged_at: Vec<_> = judged_at
                .map(|one| (one.kind, one.trusted, one.judged_at))
                .collect();
            let expected = [
                (TimestampKind::Archive, true, now()),
                (TimestampKind::Signature, true, day(-59)),
            ];
            assert_eq!(judged_at, expected);
        }
    }
}

/// EN 319 102-1 §5.6.2.4: each is covered by a later one in time.
#[test]
fn an_archive_renewed_in_time_outlives_its_authorities() {
    let world = lapsed();
    let mut dossier = world.dossier(-60);
    world.archive_dossier(&mut dossier, -59, &world.old);
    assert_eq!(world.outcome(&dossier), (Some(Level::BB), None, NOTHING));
    world.archive_dossier(&mut dossier, -40, &world.new);
    assert_eq!(
        world.outcome(&dossier),
        (Some(Level::BLta), Some(day(-60)), NOTHING)
    );
    // In whatever order the set of attributes stands (X.690 §11.6 sorts it).
    dossier.unsigned.reverse();
    assert_eq!(
        world.outcome(&dossier),
        (Some(Level::BLta), Some(day(-60)), NOTHING)
    );

    let mut late = world.dossier(-60);
    world.archive_dossier(&mut late, -59, &world.old);
    world.archive_dossier(&mut late, -20, &world.new);
    assert_eq!(
        world.outcome(&late),
        (Some(Level::BB), Some(day(-20)), NOTHING),
        "too late for its timestamp"
    );
}

/// DESIGN B: what a proof changes when the certificate has expired by reception.
#[test]
fn expired_meanwhile_is_a_doubt_with_an_archive_and_a_failure_without() {
    let world = World::new((-100, -10), (-200, -30));
    let mut dossier = world.dossier(-60);
    let without = world.judge_dossier(&dossier);
    assert_eq!(without.sub_indication, Some(SubIndication::Expired));
    dossier.archive(day(-59), &world.new);
    let with = world.judge_dossier(&dossier);
    assert_eq!(with.conclusion, Conclusion::Indeterminate);
    assert_eq!(with.sub_indication, Some(SubIndication::OutOfBoundsNoPoe));
    // The archive itself was made too late.
    let mut late = world.dossier(-60);
    late.archive(day(-5), &world.new);
    assert_eq!(
        world.judge_dossier(&late).sub_indication,
        Some(SubIndication::Expired)
    );
}

/// Whatever is put behind an archive timestamp is judged as if the timestamp were not there.
#[test]
fn what_came_after_the_archive_gains_nothing_by_it() {
    let world = lapsed();
    // A timestamp of the expired authority, back-dated.
    let mut dossier = Dossier::new(CONTENT, &world.ana, &world.person);
    dossier.answers.push(world.list(-61, &[]));
    dossier.archive(day(-59), &world.new);
    dossier.stamp(day(-60), &world.old);
    assert_eq!(
        world.outcome(&dossier),
        (Some(Level::BB), Some(day(-59)), NOTHING)
    );
    // An archive timestamp of it.
    let mut dossier = world.dossier(-60);
    let first = dossier.plan(SHA256);
    world.archive_dossier(&mut dossier, -40, &world.new);
    dossier.archive_by(&first, day(-59), &world.old);
    assert_eq!(
        world.outcome(&dossier),
        (Some(Level::BLta), Some(day(-60)), NOTHING)
    );
    let report = world.judge_dossier(&dossier);
    let trusted: Vec<_> = archives(&report)
        .iter()
        .map(|one| (one.time, one.trusted))
        .collect();
    assert_eq!(trusted, [(Some(day(-40)), true), (Some(day(-59)), false)]);
    // Validation data: there, and not archived.
    let world = World::new((-100, 100), ALWAYS);
    for place in 0..2 {
        let mut dossier = world.dossier(-60);
        let list = dossier.answers.pop().unwrap();
        dossier.archive(day(-59), &world.new);
        assert_eq!(
            world.outcome(&dossier),
            (Some(Level::BT), Some(day(-60)), NOTHING)
        );
        match place {
            0 => dossier.answers.push(list),
            _ => dossier.unsigned.push((REVOCATION_VALUES, archival(&list))),
        }
        assert_eq!(
            world.outcome(&dossier),
            (Some(Level::BLt), Some(day(-60)), NOTHING)
        );
        dossier.archive(day(-58), &world.new);
        assert_eq!(
            world.outcome(&dossier),
            (Some(Level::BLta), Some(day(-60)), NOTHING)
        );
    }
}

/// `RevocationValues` with one list.
fn archival(list: &[u8]) -> Vec<u8> {
    encode(tag::SEQUENCE, &encode(0xa0, &encode(tag::SEQUENCE, list)))
}

/// §5.5.2: the index names everything that is there; what it leaves out it does not protect.
#[test]
fn an_index_protects_only_what_it_names() {
    let world = lapsed();
    let leave_out = |list: usize| {
        let dossier = world.archived_otherwise(|plan| plan.named[list].clear());
        world.outcome(&dossier)
    };
    assert_eq!(
        leave_out(0),
        (Some(Level::BLt), Some(day(-60)), NOTHING),
        "certificates"
    );
    assert_eq!(
        leave_out(1),
        (Some(Level::BLt), Some(day(-60)), NOTHING),
        "lists"
    );
    // Its timestamp is left to itself, and its authority has expired.
    assert_eq!(
        leave_out(2),
        (Some(Level::BB), Some(day(-59)), NOTHING),
        "values"
    );
}

/// §5.5.2: an index that names what is not there is invalid as a whole; in whichever list.
#[test]
fn an_index_that_names_what_is_not_there_proves_nothing() {
    let world = lapsed();
    let invalid = (Some(Level::BB), None, vec![Code::TimestampInvalid]);
    for list in 0..3 {
        let dossier = world.archived_otherwise(|plan| plan.named[list].push(vec![7; 32]));
        assert_eq!(world.outcome(&dossier), invalid, "list {list}");
        let report = world.judge_dossier(&dossier);
        assert_eq!(report.conclusion, Conclusion::Indeterminate);
    }
    // A digest in the wrong list stands for nothing there.
    let dossier = world.archived_otherwise(|plan| plan.named.swap(0, 1));
    assert_eq!(world.outcome(&dossier), invalid);
    // What it named was taken out or exchanged afterwards: a list, a certificate, a timestamp.
    let whole = world.archived_otherwise(|_| ());
    let mut replaced = whole.clone();
    replaced.answers[0] = world.list(-60, &[]);
    assert_eq!(world.outcome(&replaced), invalid, "another list");
    let mut replaced = whole.clone();
    replaced.unsigned.remove(0);
    assert_eq!(world.outcome(&replaced), invalid, "no timestamp");
    let mut dossier = world.dossier(-60);
    dossier.certificates.push(world.new.1.der().to_vec());
    dossier.archive(day(-59), &world.new);
    dossier.certificates.pop();
    assert_eq!(world.outcome(&dossier), invalid, "no certificate");
    // Under another attribute a value is another value (§5.5.2: identifier and value together).
    let mut renamed = whole;
    renamed.unsigned[0].0 = REVOCATION_VALUES;
    assert_eq!(world.outcome(&renamed), invalid, "renamed");
}

/// §5.5.3: over other content, other fields, or another signature, it is no archive of this one.
#[test]
fn an_archive_of_something_else_proves_nothing() {
    let world = lapsed();
    let invalid = (Some(Level::BB), None, vec![Code::TimestampInvalid]);
    let cases: &[(&str, Change)] = &[
        ("content", |plan| plan.content.push(b'.')),
        ("content type", |plan| plan.content_type = TST_INFO),
        ("version", |plan| {
            plan.fields[0] = encode(tag::INTEGER, &[3])
        }),
        ("digest", |plan| plan.fields[2] = set(&[])),
        ("signed attributes", |plan| {
            plan.fields.remove(3);
        }),
        ("signature value", |plan| {
            plan.fields.pop();
        }),
        ("order", |plan| plan.fields.reverse()),
        ("no index", |plan| plan.attributes.clear()),
        ("two indexes", |plan| {
            plan.attributes.push("0.4.0.19122.1.5")
        }),
        ("index of another algorithm", |plan| plan.imprint = SHA512),
    ];
    for (what, change) in cases {
        let dossier = world.archived_otherwise(change);
        assert_eq!(world.outcome(&dossier), invalid, "{what}");
    }
    // A token of another signature of the same person over the same content.
    let other = world.archived_otherwise(|_| ());
    let mut dossier = world.dossier(-60);
    dossier.unsigned.push(other.unsigned[1].clone());
    assert_eq!(world.outcome(&dossier), invalid, "another signature");
    // An index exchanged behind the token's back: it names another list, which is there too.
    let mut dossier = world.dossier(-60);
    dossier.answers.push(world.list(-60, &[]));
    let mut plan = dossier.plan(SHA256);
    let other = plan.named[1].pop().unwrap();
    let named = plan.named[1][0].clone();
    dossier.archive_by(&plan, day(-59), &world.new);
    assert_eq!(world.outcome(&dossier).1, Some(day(-60)));
    let token = &mut dossier.unsigned[1].1;
    let place = token.windows(32).position(|part| part == named).unwrap();
    token[place..place + 32].copy_from_slice(&other);
    assert_eq!(world.outcome(&dossier), invalid, "another index");
    // No token at all.
    let mut garbage = world.dossier(-60);
    garbage
        .unsigned
        .push(("0.4.0.1733.2.4", encode(tag::SEQUENCE, b"")));
    assert_eq!(world.outcome(&garbage), invalid, "garbage");
}

/// A digest that is too weak for the imprint is too weak for the index, which has the same (§5.5.2).
#[test]
fn an_archive_with_a_weak_digest_proves_nothing() {
    let world = lapsed();
    let mut dossier = world.dossier(-60);
    dossier.archive_by(&dossier.plan(SHA1), day(-59), &world.new);
    assert_eq!(world.outcome(&dossier), (Some(Level::BB), None, NOTHING));
    assert!(world.judge_dossier(&dossier).has(Code::TimestampUntrusted));
    // An index that is called by a weaker digest than it has, or made with one.
    for name in [SHA1, SHA256] {
        let mut dossier = world.dossier(-60);
        let mut plan = dossier.plan(SHA512);
        plan.digest = name;
        dossier.archive_by(&plan, day(-59), &world.new);
        assert_eq!(reason(&world.judge_dossier(&dossier)), "index_algorithm");
    }
    let dossier = world.archived_otherwise(|plan| plan.imprint = SHA1);
    assert_eq!(reason(&world.judge_dossier(&dossier)), "index_algorithm");
}

#[test]
fn an_archive_of_an_unknown_authority_proves_nothing() {
    let (world, stranger) = (lapsed(), lapsed());
    let mut dossier = world.dossier(-60);
    dossier.archive(day(-59), &stranger.new);
    assert_eq!(world.outcome(&dossier), (Some(Level::BB), None, NOTHING));
    assert!(world.judge_dossier(&dossier).has(Code::TimestampUntrusted));
}

/// EN 319 102-1 §5.6.2.4.
#[test]
fn archives_that_contradict_each_other_prove_nothing() {
    let world = World::new((-100, 100), ALWAYS);
    // Older than the timestamp that it covers.
    let mut dossier = world.dossier(-40);
    dossier.archive(day(-60), &world.new);
    assert_eq!(
        codes(&world.judge_dossier(&dossier)),
        [Code::TimestampOrder]
    );
    // Older than the archive that it covers.
    let mut dossier = world.dossier(-60);
    dossier.archive(day(-40), &world.old);
    dossier.archive(day(-50), &world.new);
    assert_eq!(
        codes(&world.judge_dossier(&dossier)),
        [Code::TimestampOrder]
    );
    // From the future.
    let mut dossier = Dossier::new(CONTENT, &world.ana, &world.person);
    dossier.archive(day(2), &world.new);
    assert_eq!(world.outcome(&dossier).1, None);
    assert_eq!(
        codes(&world.judge_dossier(&dossier)),
        [Code::TimestampInvalid]
    );
}

/// EN 319 122-1 §6: an archive makes no level where the timestamp of the signature is wanting.
#[test]
fn an_archive_alone_is_no_level() {
    let world = lapsed();
    let mut dossier = Dossier::new(CONTENT, &world.ana, &world.person);
    dossier.answers.push(world.list(-61, &[]));
    dossier.archive(day(-59), &world.new);
    assert_eq!(
        world.outcome(&dossier),
        (Some(Level::BB), Some(day(-59)), NOTHING)
    );
}

/// What is not judged proves nothing, and may be a proof: an expired certificate is for a person then.
#[test]
fn older_forms_are_told_and_leave_a_doubt() {
    let older: &[(&str, Addition)] = &[
        ("archive-time-stamp-v2", |dossier, _| {
            dossier
                .unsigned
                .push((ARCHIVE_TIMESTAMP_V2, encode(tag::SEQUENCE, b"")));
        }),
        ("ats-hash-index", |dossier, world| {
            let mut plan = dossier.plan(SHA256);
            plan.attributes = vec!["0.4.0.1733.2.5"];
            dossier.archive_by(&plan, day(-59), &world.new);
        }),
    ];
    for (form, add) in older {
        let world = World::new((-100, 100), ALWAYS);
        let mut dossier = world.dossier(-60);
        add(&mut dossier, &world);
        assert_eq!(
            world.outcome(&dossier),
            (Some(Level::BLt), Some(day(-60)), NOTHING),
            "{form}"
        );
        assert!(
            world.judge_dossier(&dossier).has(Code::TimestampNotJudged),
            "{form}"
        );
        let world = World::new((-100, -10), (-200, -30));
        let mut dossier = world.dossier(-60);
        assert_eq!(world.judge_dossier(&dossier).conclusion, Conclusion::Failed);
        add(&mut dossier, &world);
        let report = world.judge_dossier(&dossier);
        assert_eq!(report.conclusion, Conclusion::Indeterminate, "{form}");
        assert_eq!(codes(&report)[0], Code::ChainExpired, "{form}");
    }
}

/// Whoever archives a message in BER may have read it into DER first: the index and the text say the same.
#[test]
fn an_archive_made_over_the_definite_form_is_one() {
    let world = lapsed();
    let whole = world.archived_otherwise(|_| ());
    let indefinite = |der: &[u8]| {
        let element = Element::only(der).unwrap();
        [&[element.tag, 0x80], element.body, &[0, 0]].concat()
    };
    let mut loose = whole.clone();
    loose.answers[0] = indefinite(&loose.answers[0]);
    loose.unsigned[0].1 = indefinite(&loose.unsigned[0].1);
    loose.fields[3] = indefinite(&loose.fields[3]);
    assert_eq!(world.outcome(&loose).1, Some(day(-60)));
    // And one made over the bytes as they are.
    let mut made = loose.clone();
    made.unsigned.pop();
    made.archive(day(-59), &world.new);
    assert_ne!(made.unsigned[1], loose.unsigned[1]);
    assert_eq!(world.outcome(&made).1, Some(day(-60)));
}

/// DESIGN §6: beyond the limits nothing is worked out, and a person looks.
#[test]
fn archives_are_limited() {
    let world = lapsed();
    let mut dossier = world.dossier(-60);
    let other = encode(0xa1, &[oid(ID_DATA), set(&[])].concat());
    dossier.answers.extend(std::iter::repeat_n(other, 1_000));
    dossier.archive(day(-59), &world.new);
    assert_eq!(reason(&world.judge_dossier(&dossier)), "too_many");
    let names = (0..1_001_u32).map(|number| number.to_be_bytes().to_vec());
    let dossier = world.archived_otherwise(|plan| plan.named[0].extend(names));
    assert_eq!(reason(&world.judge_dossier(&dossier)), "index_malformed");
    // With each algorithm everything is hashed again: the first three are, in the order of the message.
    let mut dossier = world.dossier(-60);
    let digests = [SHA1, SHA256, SHA384, SHA512];
    for (days, digest) in (-59..).zip(digests) {
        dossier.archive_by(&dossier.plan(digest), day(days), &world.new);
    }
    assert_eq!(archives(&world.judge_dossier(&dossier)).len(), 3);
    assert_eq!(reason(&world.judge_dossier(&dossier)), "too_many");
    // Of many only so many are judged.
    let mut dossier = world.dossier(-60);
    for days in 0..12 {
        dossier.archive(day(days - 59), &world.new);
    }
    assert_eq!(archives(&world.judge_dossier(&dossier)).len(), 10);
}
