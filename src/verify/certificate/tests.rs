//! One rule of RFC 5280 §4 broken at a time.

use super::*;
use crate::verify::asn1::encode;
use crate::verify::crypto::{Verdict, verify};
use crate::verify::forge::{
    Spec, Subject, altered, ca, extension, extensions, issue, sequence, signer, try_issue,
};

/// Whatever is changed in a certificate, it can't be read any more, or its issuer's signature no longer holds.
#[test]
fn no_flipped_bit_survives() {
    let (authority, person) = (Subject::new("Raíz"), Subject::new("Ana"));
    let root = issue(&authority, &authority, ca());
    let genuine = issue(&person, &authority, signer());
    for position in 0..genuine.der().len() {
        for bit in 0..8 {
            let mut der = genuine.der().to_vec();
            der[position] ^= 1 << bit;
            let Ok(mutant) = Certificate::parse(der) else {
                continue;
            };
            let verdict = verify(
                root.key(),
                mutant.algorithm(),
                None,
                &[mutant.tbs()],
                mutant.signature(),
            );
            assert_ne!(verdict, Verdict::Valid, "byte {position}, bit {bit}");
        }
    }
}

#[test]
fn refuses_what_is_no_certificate() {
    let person = Subject::new("Ana");
    let der = issue(&person, &person, signer()).der().to_vec();
    assert_eq!(
        Certificate::parse(Vec::new()).err(),
        Some(CertificateError::Malformed)
    );
    for length in 0..der.len() {
        assert!(Certificate::parse(der[..length].to_vec()).is_err());
    }
    let behind = [der.as_slice(), &[0]].concat();
    assert_eq!(
        Certificate::parse(behind).err(),
        Some(CertificateError::Trailing)
    );
    // NameConstraints that can't be read must not be taken for none, critical or not.
    let unreadable = Spec {
        extra: vec![extension("2.5.29.30", false, "0500")],
        ..ca()
    };
    assert_eq!(
        try_issue(&person, &person, unreadable).err(),
        Some(CertificateError::Extension("2.5.29.30".to_owned()))
    );
}

#[test]
fn names_compare_without_case_and_blanks_but_not_without_letters() {
    let name = |text: &str| issue(&Subject::new(text), &Subject::new("Raíz"), signer());
    let (one, same, other) = (name("Ana  Pérez"), name(" ANA PÉREZ"), name("Ana Perez"));
    assert!(one.subject().matches(same.subject()));
    assert!(!one.subject().matches(other.subject()));
    assert_eq!(one.subject().text(), "CN=Ana  Pérez,O=Prueba");
}

/// What a test does to the parts of a TBSCertificate.
type Alter = fn(&mut Vec<Vec<u8>>);

const VERSION: usize = 0;
const SERIAL: usize = 1;
const ISSUER: usize = 3;
const VALIDITY: usize = 4;
const SUBJECT: usize = 5;
const EXTENSIONS: usize = 7;

const BASIC_CONSTRAINTS: &str = "2.5.29.19";
const KEY_USAGE: &str = "2.5.29.15";
const NAME_CONSTRAINTS: &str = "2.5.29.30";
const UNKNOWN: &str = "1.2.3.4";
const IS_CRITICAL: &[u8] = &[0xff];

fn validity(not_after: &str) -> Vec<u8> {
    let time = |text: &str| {
        let is_long = text.len() > 13;
        let kind = if is_long {
            tag::GENERALIZED_TIME
        } else {
            tag::UTC_TIME
        };
        encode(kind, text.as_bytes())
    };
    sequence(&[time("200101000000Z"), time(not_after)])
}

#[test]
fn each_rule_of_form_is_kept() {
    use CertificateError as E;
    let basic = || E::Extension(BASIC_CONSTRAINTS.to_owned());
    let cases: Vec<(&str, Alter, Result<(), E>)> = vec![
        ("nothing", |_| {}, Ok(())),
        (
            "version 1 without extensions",
            |parts| {
                parts.remove(EXTENSIONS);
                parts.remove(VERSION);
            },
            Ok(()),
        ),
        (
            "version 2 with extensions",
            |parts| parts[VERSION] = hex::decode("a003020101").unwrap(),
            Err(E::Malformed),
        ),
        (
            "version 4",
            |parts| parts[VERSION] = hex::decode("a003020103").unwrap(),
            Err(E::Malformed),
        ),
        (
            "serial number 0",
            |parts| parts[SERIAL] = vec![2, 1, 0],
            Ok(()),
        ),
        (
            "serial number -1",
            |parts| parts[SERIAL] = vec![2, 1, 0xff],
            Ok(()),
        ),
        (
            "serial number of 40 octets",
            |parts| parts[SERIAL] = encode(tag::INTEGER, &[0x55; 40]),
            Ok(()),
        ),
        (
            "padded serial number",
            |parts| parts[SERIAL] = vec![2, 2, 0, 5],
            Err(E::Malformed),
        ),
        (
            "empty serial number",
            |parts| parts[SERIAL] = vec![2, 0],
            Err(E::Malformed),
        ),
        (
            "no issuer",
            |parts| parts[ISSUER] = vec![0x30, 0],
            Err(E::NoIssuer),
        ),
        ("no subject", |parts| parts[SUBJECT] = vec![0x30, 0], Ok(())),
        (
            "date of 2049",
            |parts| parts[VALIDITY] = validity("491231235959Z"),
            Ok(()),
        ),
        (
            "date of 2050",
            |parts| parts[VALIDITY] = validity("20500101000000Z"),
            Ok(()),
        ),
        (
            "early long date",
            |parts| parts[VALIDITY] = validity("20260101000000Z"),
            Ok(()),
        ),
        (
            "no end",
            |parts| parts[VALIDITY] = validity("99991231235959Z"),
            Ok(()),
        ),
        (
            "no seconds",
            |parts| parts[VALIDITY] = validity("4912312359Z"),
            Err(E::Validity),
        ),
        (
            "an offset",
            |parts| parts[VALIDITY] = validity("491231235959-0500"),
            Err(E::Malformed),
        ),
        (
            "a fraction",
            |parts| parts[VALIDITY] = validity("20500101000000.5Z"),
            Err(E::Validity),
        ),
        (
            "no zone",
            |parts| parts[VALIDITY] = validity("20500101000000"),
            Err(E::Malformed),
        ),
        (
            "month 13",
            |parts| parts[VALIDITY] = validity("20501301000000Z"),
            Err(E::Malformed),
        ),
        (
            "unique identifiers",
            |parts| parts.insert(EXTENSIONS, vec![0x81, 2, 0, 0xaa]),
            Ok(()),
        ),
        (
            "unique identifiers in version 1",
            |parts| {
                parts[EXTENSIONS] = vec![0x81, 2, 0, 0xaa];
                parts.remove(VERSION);
            },
            Err(E::Malformed),
        ),
        (
            "a field behind the last",
            |parts| parts.push(vec![5, 0]),
            Err(E::Malformed),
        ),
        (
            "an extension twice",
            |parts| {
                let one: (&str, &[u8], &[u8]) = (UNKNOWN, &[], &[5, 0]);
                parts[EXTENSIONS] = extensions(&[one, one]);
            },
            Err(E::DuplicateExtension),
        ),
        (
            "a criticality that is neither true nor false",
            |parts| parts[EXTENSIONS] = extensions(&[(UNKNOWN, &[1], &[5, 0])]),
            Err(E::Malformed),
        ),
        (
            "false written out",
            |parts| parts[EXTENSIONS] = extensions(&[(UNKNOWN, &[0], &[5, 0])]),
            Ok(()),
        ),
        (
            "bytes behind the value of key usage",
            |parts| {
                parts[EXTENSIONS] = extensions(&[(KEY_USAGE, IS_CRITICAL, &[3, 2, 7, 0x80, 0])]);
            },
            Err(E::Malformed),
        ),
        (
            "a CA by a truth that is not DER's",
            |parts| {
                parts[EXTENSIONS] =
                    extensions(&[(BASIC_CONSTRAINTS, IS_CRITICAL, &[0x30, 3, 1, 1, 1])]);
            },
            Err(basic()),
        ),
        (
            "a path length and something else",
            |parts| {
                let value = hex::decode("30080101ff0201000500").unwrap();
                parts[EXTENSIONS] = extensions(&[(BASIC_CONSTRAINTS, IS_CRITICAL, &value)]);
            },
            Err(basic()),
        ),
        (
            "a negative path length",
            |parts| {
                let value = hex::decode("30060101ff0201ff").unwrap();
                parts[EXTENSIONS] = extensions(&[(BASIC_CONSTRAINTS, IS_CRITICAL, &value)]);
            },
            Err(basic()),
        ),
        (
            "name constraints that constrain nothing",
            |parts| parts[EXTENSIONS] = extensions(&[(NAME_CONSTRAINTS, IS_CRITICAL, &[0x30, 0])]),
            Err(E::Extension(NAME_CONSTRAINTS.to_owned())),
        ),
        (
            "name constraints with a minimum",
            |parts| {
                let value = hex::decode("300da00b30098104622e6563800101").unwrap();
                parts[EXTENSIONS] = extensions(&[(NAME_CONSTRAINTS, IS_CRITICAL, &value)]);
            },
            Err(E::Extension(NAME_CONSTRAINTS.to_owned())),
        ),
    ];
    let person = Subject::new("Ana");
    let genuine = issue(&person, &person, signer());
    for (what, alter, expected) in cases {
        let found = Certificate::parse(altered(&genuine, &person, alter)).map(drop);
        assert_eq!(found, expected, "{what}");
    }
}

#[test]
fn the_two_algorithm_fields_are_the_same() {
    let person = Subject::new("Ana");
    let genuine = issue(&person, &person, signer());
    // ecdsa-with-SHA512 outside, ecdsa-with-SHA256 inside.
    let (inner, outer) = ("06082a8648ce3d040302", "06082a8648ce3d040304");
    let der = hex::encode(genuine.der());
    let place = der.rfind(inner).unwrap();
    let der = format!("{}{outer}{}", &der[..place], &der[place + inner.len()..]);
    assert_eq!(
        Certificate::parse(hex::decode(der).unwrap()).err(),
        Some(CertificateError::AlgorithmFields)
    );
}

#[test]
fn an_endless_certificate_is_alive_and_a_huge_one_is_not_read() {
    let person = Subject::new("Ana");
    let genuine = issue(&person, &person, signer());
    let endless = altered(&genuine, &person, |parts| {
        parts[VALIDITY] = validity("99991231235959Z");
    });
    assert_eq!(
        Certificate::parse(endless).unwrap().not_after(),
        Timestamp::MAX
    );
    let huge = altered(&genuine, &person, |parts| {
        parts[SERIAL] = encode(tag::INTEGER, &vec![0x55; MAX_CERTIFICATE_BYTES]);
    });
    let long_name = altered(&genuine, &person, |parts| {
        let one = Element::only(&parts[SUBJECT]).unwrap().body.to_vec();
        parts[SUBJECT] = encode(tag::SEQUENCE, &one.repeat(51));
    });
    // As many parts as there may be, and each as long as a common name may be.
    let wide = Subject::new(&"x".repeat(64));
    let wide_name = altered(&issue(&wide, &wide, signer()), &wide, |parts| {
        let one = Element::only(&parts[SUBJECT]).unwrap().body.to_vec();
        parts[SUBJECT] = encode(tag::SEQUENCE, &one.repeat(50));
    });
    for der in [huge, long_name, wide_name] {
        assert_eq!(
            Certificate::parse(der).err(),
            Some(CertificateError::TooLong)
        );
    }
}

/// RFC 5280 §7.1 with RFC 4518 §2: each pair is one name to us, or two.
#[test]
fn names_compare_as_rfc_4518_prepares_them() {
    let name = |text: &str| {
        let subject = issue(&Subject::new(text), &Subject::new("Raíz"), signer());
        subject.subject().clone()
    };
    let cases = [
        ("ANA PÉREZ", "ana pérez", true),
        ("Ana\u{a0}Pérez", "Ana Pérez", true),
        ("Ana Pe\u{301}rez", "Ana Pérez", true),
        ("Ana\u{200b} Pérez", "Ana Pérez", true),
        ("Ana\u{ad}Pérez", "AnaPérez", true),
        ("ΝΙΚΟΣ", "Νικος", true),
        ("Straße", "STRASSE", true),
        ("ﬁrma", "firma", true),
        ("Ana Perez", "Ana Pérez", false),
        ("AnaPérez", "Ana Pérez", false),
        // A Cyrillic letter is another letter.
        ("Аna", "Ana", false),
    ];
    for (one, other, same) in cases {
        assert_eq!(name(one).matches(&name(other)), same, "{one} and {other}");
    }
}

/// A value can't imitate a second attribute of its relative name.
#[test]
fn a_control_character_joins_nothing() {
    let attribute = |kind: &str, text: &str| {
        sequence(&[
            crate::verify::forge::oid(kind),
            encode(0x0c, text.as_bytes()),
        ])
    };
    let rdn = |parts: &[Vec<u8>]| sequence(&[encode(tag::SET, &parts.concat())]);
    let two = rdn(&[attribute("2.5.4.10", "b"), attribute("2.5.4.3", "a")]);
    let one = rdn(&[attribute("2.5.4.10", "b\u{1}2.5.4.3=sa")]);
    let (two, one) = (Name::parse(&two).unwrap(), Name::parse(&one).unwrap());
    assert!(!two.matches(&one));
}
