//! What a list says and what it may say (RFC 5280 §5, §6.3).

use super::*;

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
