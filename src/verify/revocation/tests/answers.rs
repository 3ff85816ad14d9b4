//! What an answer says and what it may say (RFC 6960).

use super::*;

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
