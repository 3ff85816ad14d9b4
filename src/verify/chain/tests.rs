//! Small PKIs, built by OpenSSL, one defect each.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use openssl::hash::MessageDigest;
use openssl::x509::extension::KeyUsage;

use super::purpose::{EKU_OCSP_SIGNING, EKU_SERVER_AUTH, EKU_TIME_STAMPING};
use super::*;
use crate::verify::asn1::encode;
use crate::verify::forge::{
    Spec, Subject, altered, ca, extension, issue, now, oid, sequence, signer, x509_name,
};
use crate::verify::report::Code;

mod search;

const SIGNING: Purpose<'static> = Purpose::Signing(&ANY_POLICIES);

/// Nothing is asked for.
static ANY_POLICIES: InitialPolicies = InitialPolicies {
    acceptable: BTreeSet::new(),
    explicit: false,
    inhibit_mapping: false,
    inhibit_any: false,
};

/// The findings on the best path, as codes.
fn codes(first: &Certificate, roots: &[Certificate], pool: &[Certificate]) -> Vec<Code> {
    codes_for(first, roots, pool, SIGNING)
}

fn codes_for(
    first: &Certificate,
    roots: &[Certificate],
    pool: &[Certificate],
    purpose: Purpose,
) -> Vec<Code> {
    let trust = TrustStore::new(roots.to_vec(), Vec::new());
    let sources = Sources {
        trust: &trust,
        pool,
    };
    let found = candidates(first, sources, purpose, &mut Budget::default(), now());
    found[0]
        .findings
        .iter()
        .map(|finding| finding.code)
        .collect()
}

/// Root, intermediate and signer, the last two as a test wants them.
fn three(middle: Spec, leaf: Spec) -> Vec<Code> {
    let (root, sub, person) = (
        Subject::new("Raíz"),
        Subject::new("Sub"),
        Subject::new("Ana"),
    );
    let root_certificate = issue(&root, &root, ca());
    let sub_certificate = issue(&sub, &root, middle);
    let leaf_certificate = issue(&person, &sub, leaf);
    codes(&leaf_certificate, &[root_certificate], &[sub_certificate])
}

#[test]
fn each_defect_has_its_code() {
    let usage = |set: fn(&mut KeyUsage) -> &mut KeyUsage| {
        let mut usage = KeyUsage::new();
        set(&mut usage);
        Some(usage)
    };
    let unknown = || extension("1.2.3.4", true, "0500");
    let cases: Vec<(&str, Spec, Spec, Vec<Code>)> = vec![
        ("clean", ca(), signer(), vec![]),
        ("no extensions on the signer", ca(), Spec::default(), vec![]),
        (
            "signer expired",
            ca(),
            Spec {
                days: (-100, -1),
                ..signer()
            },
            vec![Code::ChainExpired],
        ),
        (
            "signer not valid yet",
            ca(),
            Spec {
                days: (1, 100),
                ..signer()
            },
            vec![Code::ChainNotYetValid],
        ),
        (
            "intermediate expired",
            Spec {
                days: (-100, -1),
                ..ca()
            },
            signer(),
            vec![Code::ChainExpired],
        ),
        (
            "intermediate without basic constraints",
            Spec { ca: None, ..ca() },
            signer(),
            vec![Code::ChainNotACa],
        ),
        (
            "intermediate is no CA",
            Spec {
                ca: Some(false),
                ..ca()
            },
            signer(),
            vec![Code::ChainNotACa],
        ),
        (
            "intermediate of version 1",
            Spec {
                version: 0,
                ca: None,
                usage: None,
                ..Spec::default()
            },
            signer(),
            vec![Code::ChainNotACa],
        ),
        (
            "intermediate may not sign certificates",
            Spec {
                usage: usage(KeyUsage::crl_sign),
                ..ca()
            },
            signer(),
            vec![Code::ChainCaKeyUsage],
        ),
        (
            "unknown critical extension on the intermediate",
            Spec {
                extra: vec![unknown()],
                ..ca()
            },
            signer(),
            vec![Code::ChainCriticalExtension],
        ),
        (
            "unknown critical extension on the signer",
            ca(),
            Spec {
                extra: vec![unknown()],
                ..signer()
            },
            vec![Code::ChainCriticalExtension],
        ),
        (
            "unknown extension that is not critical",
            ca(),
            Spec {
                extra: vec![extension("1.2.3.4", false, "0500")],
                ..signer()
            },
            vec![],
        ),
        (
            "signer may only encrypt",
            ca(),
            Spec {
                usage: usage(KeyUsage::key_encipherment),
                ..signer()
            },
            vec![Code::ChainKeyUsage],
        ),
        (
            "signer with content commitment alone",
            ca(),
            Spec {
                usage: usage(KeyUsage::non_repudiation),
                ..signer()
            },
            vec![],
        ),
        (
            "signer is a CA",
            ca(),
            Spec {
                ca: Some(true),
                ..signer()
            },
            vec![Code::ChainKeyUsage],
        ),
        (
            "signer is a timestamp authority",
            ca(),
            Spec {
                purposes: &[EKU_TIME_STAMPING],
                ..signer()
            },
            vec![Code::ChainExtendedKeyUsage],
        ),
        (
            "signer is a web server",
            ca(),
            Spec {
                purposes: &[EKU_SERVER_AUTH],
                ..signer()
            },
            vec![Code::ChainExtendedKeyUsage],
        ),
        (
            "signer for mail and client authentication",
            ca(),
            Spec {
                purposes: &["1.3.6.1.5.5.7.3.2", "1.3.6.1.5.5.7.3.4"],
                ..signer()
            },
            vec![],
        ),
        (
            "signed with SHA-1",
            ca(),
            Spec {
                digest: MessageDigest::sha1(),
                ..signer()
            },
            vec![Code::AlgorithmWeak],
        ),
        (
            "explicit policy required, none stated",
            // PolicyConstraints { requireExplicitPolicy [0] 0 }
            Spec {
                extra: vec![extension("2.5.29.36", true, "3003800100")],
                ..ca()
            },
            signer(),
            vec![Code::ChainPolicy],
        ),
        (
            "e-mail outside the permitted domain",
            // NameConstraints { permitted [0] { { rfc822 [1] "b.ec" } } }
            Spec {
                extra: vec![extension("2.5.29.30", true, "300aa00830068104622e6563")],
                ..ca()
            },
            Spec {
                email: Some("ana@c.ec"),
                ..signer()
            },
            vec![Code::ChainNameConstraints],
        ),
        (
            "e-mail inside the permitted domain",
            Spec {
                extra: vec![extension("2.5.29.30", true, "300aa00830068104622e6563")],
                ..ca()
            },
            Spec {
                email: Some("ana@b.ec"),
                ..signer()
            },
            vec![],
        ),
    ];
    for (what, middle, leaf, expected) in cases {
        assert_eq!(three(middle, leaf), expected, "{what}");
    }
}

#[test]
fn path_length_counts_intermediates() {
    let (root, one, two, person) = (
        Subject::new("Raíz"),
        Subject::new("Uno"),
        Subject::new("Dos"),
        Subject::new("Ana"),
    );
    let root_certificate = issue(&root, &root, ca());
    for (limit, expected) in [
        (Some(0), vec![Code::ChainPathLength]),
        (Some(1), vec![]),
        (None, vec![]),
    ] {
        let pool = [
            issue(
                &one,
                &root,
                Spec {
                    path_length: limit,
                    ..ca()
                },
            ),
            issue(&two, &one, ca()),
        ];
        let leaf = issue(&person, &two, signer());
        assert_eq!(
            codes(&leaf, std::slice::from_ref(&root_certificate), &pool),
            expected,
            "{limit:?}"
        );
    }
    // A root that limits its own depth meant it.
    let short_root = issue(
        &root,
        &root,
        Spec {
            path_length: Some(0),
            ..ca()
        },
    );
    let pool = [issue(&one, &root, ca())];
    let leaf = issue(&person, &one, signer());
    assert_eq!(codes(&leaf, &[short_root], &pool), [Code::ChainPathLength]);
}

#[test]
fn a_look_alike_hierarchy_is_untrusted_whatever_it_is_called() {
    let (root, sub) = (Subject::new("Raíz"), Subject::new("Sub"));
    let (false_root, false_sub) = (Subject::new("Raíz"), Subject::new("Sub"));
    let person = Subject::new("Ana");
    let root_certificate = issue(&root, &root, ca());
    let pool = [
        issue(&sub, &root, ca()),
        issue(&false_root, &false_root, ca()),
        issue(&false_sub, &false_root, ca()),
    ];
    let honest = issue(&person, &sub, signer());
    let forged = issue(
        &person,
        &false_sub,
        Spec {
            days: (-100, -1),
            ..signer()
        },
    );
    assert_eq!(
        codes(&honest, std::slice::from_ref(&root_certificate), &pool),
        []
    );
    // Expired as well, but that is not what is wrong with it.
    assert_eq!(
        codes(&forged, std::slice::from_ref(&root_certificate), &pool),
        [Code::ChainUntrusted]
    );
    let self_signed = issue(&person, &person, signer());
    assert_eq!(
        codes(&self_signed, &[root_certificate], &pool),
        [Code::ChainUntrusted]
    );
}

#[test]
fn a_root_may_be_of_version_1_but_not_expired_or_denying_itself() {
    let mut lists_only = KeyUsage::new();
    lists_only.crl_sign();
    let (root, person) = (Subject::new("Raíz"), Subject::new("Ana"));
    let leaf = issue(&person, &root, signer());
    let cases = [
        (
            Spec {
                version: 0,
                ..Spec::default()
            },
            vec![],
        ),
        (
            Spec {
                days: (-100, -1),
                ..ca()
            },
            vec![Code::ChainExpired],
        ),
        (
            Spec {
                ca: Some(false),
                ..ca()
            },
            vec![Code::ChainNotACa],
        ),
        (
            Spec {
                usage: Some(lists_only),
                ..ca()
            },
            vec![Code::ChainCaKeyUsage],
        ),
        // NameConstraints { excluded { directoryName {} } }: nobody at all.
        (
            Spec {
                extra: vec![extension("2.5.29.30", true, "3008a1063004a4023000")],
                ..ca()
            },
            vec![Code::ChainNameConstraints],
        ),
    ];
    for (spec, expected) in cases {
        let root_certificate = issue(&root, &root, spec);
        assert_eq!(codes(&leaf, &[root_certificate], &[]), expected);
    }
}

/// A key that can be broken speaks for nobody, however long its certificate has been trusted.
#[test]
fn a_root_has_a_key_of_today() {
    let with_bits = |bits| {
        let key = openssl::rsa::Rsa::generate(bits).unwrap();
        let root = Subject {
            name: "Raíz".to_owned(),
            key: openssl::pkey::PKey::from_rsa(key).unwrap(),
        };
        let leaf = issue(&Subject::new("Ana"), &root, signer());
        codes(&leaf, &[issue(&root, &root, ca())], &[])
    };
    assert_eq!(with_bits(2048), []);
    assert_eq!(with_bits(1024), [Code::AlgorithmKeyTooShort]);
}

#[test]
fn a_root_that_signs_documents_must_be_fit_for_it() {
    let person = Subject::new("Ana");
    let own = issue(&person, &person, signer());
    assert_eq!(codes(&own, std::slice::from_ref(&own), &[]), []);
    let authority = issue(&person, &person, ca());
    let found = codes(&authority, std::slice::from_ref(&authority), &[]);
    assert!(found.contains(&Code::ChainKeyUsage), "{found:?}");
}

#[test]
fn cross_certificates_and_loops_end_at_the_good_path() {
    let (root, one, two, person) = (
        Subject::new("Raíz"),
        Subject::new("Uno"),
        Subject::new("Dos"),
        Subject::new("Ana"),
    );
    let root_certificate = issue(&root, &root, ca());
    // Uno and Dos certify each other, and Uno has an expired and a good certificate from the root.
    let pool = [
        issue(&one, &two, ca()),
        issue(&two, &one, ca()),
        issue(
            &one,
            &root,
            Spec {
                days: (-100, -1),
                ..ca()
            },
        ),
        issue(&one, &root, ca()),
    ];
    let leaf = issue(&person, &two, signer());
    assert_eq!(codes(&leaf, &[root_certificate], &pool), []);
    let elsewhere = Subject::new("Otra");
    let other_root = issue(&elsewhere, &elsewhere, ca());
    assert_eq!(codes(&leaf, &[other_root], &pool), [Code::ChainUntrusted]);
}

#[test]
fn the_budget_ends_a_maze() {
    // Many CAs of one name with different keys, all certifying one another: every step has dozens of candidates.
    let names: Vec<Subject> = (0..12).map(|_| Subject::new("Laberinto")).collect();
    let mut pool = Vec::new();
    for subject in &names {
        for issuer in &names {
            pool.push(issue(subject, issuer, ca()));
        }
    }
    let root = Subject::new("Raíz");
    let root_certificate = issue(&root, &root, ca());
    let leaf = issue(&Subject::new("Ana"), &names[0], signer());
    assert_eq!(
        codes(&leaf, &[root_certificate], &pool),
        [Code::ChainBudget]
    );
}

#[test]
fn timestamp_and_ocsp_signers_need_their_purpose() {
    let (root, authority) = (Subject::new("Raíz"), Subject::new("Sello"));
    let root_certificate = issue(&root, &root, ca());
    let cases: &[(&'static [&'static str], bool, Purpose, bool)] = &[
        (&[EKU_TIME_STAMPING], true, Purpose::Timestamping, true),
        (&[EKU_TIME_STAMPING], false, Purpose::Timestamping, false),
        (
            &[EKU_TIME_STAMPING, EKU_OCSP_SIGNING],
            true,
            Purpose::Timestamping,
            false,
        ),
        (&[], false, Purpose::Timestamping, false),
        (&[EKU_OCSP_SIGNING], false, Purpose::OcspSigning, true),
        (&[EKU_TIME_STAMPING], true, Purpose::OcspSigning, false),
    ];
    for (purposes, purposes_critical, purpose, allowed) in cases {
        let spec = Spec {
            purposes,
            purposes_critical: *purposes_critical,
            ..signer()
        };
        let leaf = issue(&authority, &root, spec);
        let found = codes_for(
            &leaf,
            std::slice::from_ref(&root_certificate),
            &[],
            *purpose,
        );
        assert_eq!(
            found.is_empty(),
            *allowed,
            "{purposes:?} for {purpose:?}: {found:?}"
        );
    }
}

#[test]
fn validity_ends_with_its_last_second() {
    let (root, person) = (Subject::new("Raíz"), Subject::new("Ana"));
    let root_certificate = issue(
        &root,
        &root,
        Spec {
            days: (-200, 200),
            ..ca()
        },
    );
    let leaf = issue(&person, &root, signer());
    let trust = TrustStore::new(vec![root_certificate], Vec::new());
    let at = |moment| {
        let sources = Sources {
            trust: &trust,
            pool: &[],
        };
        candidates(&leaf, sources, SIGNING, &mut Budget::default(), moment)[0].is_trusted()
    };
    let second = SignedDuration::from_secs(1);
    assert!(at(leaf.not_before()));
    assert!(!at(leaf.not_before() - second));
    assert!(at(leaf.not_after()));
    assert!(!at(leaf.not_after() + second));
}

#[test]
fn a_ca_for_other_purposes_issues_no_signers() {
    // What the intermediate says it is for, and whether a signer, a timestamp authority and a responder below it count.
    const CLIENT_AUTH: &str = "1.3.6.1.5.5.7.3.2";
    const ANY: &str = "2.5.29.37.0";
    let cases: &[(&'static [&'static str], [bool; 3])] = &[
        (&[], [true, true, true]),
        (&[ANY], [true, true, true]),
        (
            &[CLIENT_AUTH, "1.3.6.1.4.1.311.10.3.12"],
            [true, false, true],
        ),
        (&[EKU_SERVER_AUTH], [false, false, true]),
        (&[EKU_TIME_STAMPING], [false, true, true]),
        (&[EKU_SERVER_AUTH, CLIENT_AUTH], [true, false, true]),
    ];
    let (root, sub, person) = (
        Subject::new("Raíz"),
        Subject::new("Sub"),
        Subject::new("Ana"),
    );
    let root_certificate = issue(&root, &root, ca());
    let leaves: [(&'static [&'static str], Purpose<'_>); 3] = [
        (&[], SIGNING),
        (&[EKU_TIME_STAMPING], Purpose::Timestamping),
        (&[EKU_OCSP_SIGNING], Purpose::OcspSigning),
    ];
    for (purposes, allowed) in cases {
        let middle = issue(&sub, &root, Spec { purposes, ..ca() });
        for ((own, purpose), allowed) in leaves.iter().zip(allowed) {
            let leaf = issue(
                &person,
                &sub,
                Spec {
                    purposes: own,
                    purposes_critical: true,
                    ..signer()
                },
            );
            let found = codes_for(
                &leaf,
                std::slice::from_ref(&root_certificate),
                std::slice::from_ref(&middle),
                *purpose,
            );
            let expected: &[Code] = if *allowed {
                &[]
            } else {
                &[Code::ChainExtendedKeyUsage]
            };
            assert_eq!(found, expected, "{purposes:?} for {purpose:?}");
        }
    }
}

/// A mailbox beyond ASCII is an `otherName`, and a constraint on mailboxes is about it too (RFC 9598 §6).
#[test]
fn an_international_mailbox_is_a_mailbox() {
    let constrained = || Spec {
        // NameConstraints { permitted { rfc822Name "b.ec" } }
        extra: vec![extension("2.5.29.30", true, "300aa00830068104622e6563")],
        ..ca()
    };
    let mailbox = |text: &str| {
        let utf8 = encode(0x0c, text.as_bytes());
        let value = [oid("1.3.6.1.5.5.7.8.9"), encode(0xa0, &utf8)].concat();
        let names = sequence(&[encode(0xa0, &value)]);
        Spec {
            extra: vec![extension("2.5.29.17", false, &hex::encode(names))],
            ..signer()
        }
    };
    let outside = [Code::ChainNameConstraints];
    assert_eq!(three(constrained(), mailbox("ñandú@b.ec")), []);
    assert_eq!(three(constrained(), mailbox("ñandú@c.ec")), outside);
    assert_eq!(three(constrained(), mailbox("ana@bücher.ec")), outside);
    assert_eq!(three(ca(), mailbox("ana@bücher.ec")), []);
}

/// §6.1.3 (b), (c): a CA that changes its key issues a certificate to itself, outside the names that it may give others.
/// Who signs with the CA's own name is outside like everybody else.
#[test]
fn constraints_spare_a_ca_that_changes_its_key_and_nobody_else() {
    let (root, sub, renewed) = (
        Subject::new("Raíz"),
        Subject::new("Sub"),
        Subject::new("Sub"),
    );
    let base = x509_name("Ana", None).to_der().unwrap();
    let permitted = encode(0xa0, &sequence(&[encode(0xa4, &base)]));
    let middle = Spec {
        extra: vec![extension(
            "2.5.29.30",
            true,
            &hex::encode(sequence(&[permitted])),
        )],
        ..ca()
    };
    let pool = [issue(&sub, &root, middle), issue(&renewed, &sub, ca())];
    let roots = [issue(&root, &root, ca())];
    let signed_by = |name: &str| issue(&Subject::new(name), &renewed, signer());
    assert_eq!(codes(&signed_by("Ana"), &roots, &pool), []);
    let outside = [Code::ChainNameConstraints];
    assert_eq!(codes(&signed_by("Eva"), &roots, &pool), outside);
    assert_eq!(codes(&signed_by("Sub"), &roots, &pool), outside);
}

#[test]
fn a_ca_without_a_name_is_malformed() {
    let (root, sub, person) = (
        Subject::new("Raíz"),
        Subject::new("Sub"),
        Subject::new("Ana"),
    );
    let root_certificate = issue(&root, &root, ca());
    let nameless = |parts: &mut Vec<Vec<u8>>| parts[5] = vec![0x30, 0];
    let middle = issue(&sub, &root, ca());
    let middle = Certificate::parse(altered(&middle, &root, nameless)).unwrap();
    // Nobody can have been issued by it, because an issuer has a name; so it is judged itself.
    let found = codes_for(
        &middle,
        std::slice::from_ref(&root_certificate),
        &[],
        Purpose::CrlSigning,
    );
    assert_eq!(found, []);
    let leaf = issue(&person, &sub, signer());
    assert!(Certificate::parse(altered(&leaf, &sub, |parts| parts[3] = vec![0x30, 0])).is_err());
}

/// Certificate policies asked for at the start (RFC 5280 §6.1.1 (c), (e)–(g)); PKITS sections 4.8 to 4.12 try the rest.
#[test]
fn policies_can_be_asked_for() {
    let stated = |der: &str| vec![extension("2.5.29.32", false, der)];
    // CertificatePolicies { 1.2.3.4 } and { 1.2.3.5 }
    let (four, five) = ("3007300506032a0304", "3007300506032a0305");
    let accepting = |policies: &[&str]| InitialPolicies {
        acceptable: policies.iter().map(|&policy| policy.to_owned()).collect(),
        explicit: true,
        ..InitialPolicies::default()
    };
    let cases = [
        (four, four, accepting(&[]), true),
        (four, four, accepting(&["1.2.3.4"]), true),
        (four, four, accepting(&["1.2.3.5"]), false),
        (four, four, accepting(&["1.2.3.5", "1.2.3.4"]), true),
        (four, five, accepting(&[]), false),
        (four, five, InitialPolicies::default(), true),
    ];
    let (root, sub, person) = (
        Subject::new("Raíz"),
        Subject::new("Sub"),
        Subject::new("Ana"),
    );
    let root_certificate = issue(&root, &root, ca());
    for (upper, lower, initial, holds) in cases {
        let middle = Spec {
            extra: stated(upper),
            ..ca()
        };
        let leaf = Spec {
            extra: stated(lower),
            ..signer()
        };
        let found = codes_for(
            &issue(&person, &sub, leaf),
            std::slice::from_ref(&root_certificate),
            &[issue(&sub, &root, middle)],
            Purpose::Signing(&initial),
        );
        let expected: &[Code] = if holds { &[] } else { &[Code::ChainPolicy] };
        assert_eq!(found, expected, "{upper} {lower} {initial:?}");
    }
}

/// Each finding says on which certificate of the path; attempts that reached no root are told one by one.
#[test]
fn findings_name_their_place_and_attempts_are_told() {
    let (root, sub, person) = (
        Subject::new("Raíz"),
        Subject::new("Sub"),
        Subject::new("Ana"),
    );
    let expired = Spec {
        days: (-100, -1),
        ..ca()
    };
    let pool = [issue(&sub, &root, expired)];
    let leaf = issue(&person, &sub, signer());
    let trust = TrustStore::new(vec![issue(&root, &root, ca())], Vec::new());
    let find = |first: &Certificate, pool: &[Certificate]| {
        let sources = Sources {
            trust: &trust,
            pool,
        };
        candidates(first, sources, SIGNING, &mut Budget::default(), now())
    };
    let found = find(&leaf, &pool);
    assert_eq!(found[0].findings[0].facts["position"], 1);

    let impostor = Subject::new("Sub");
    let others = [issue(&impostor, &root, ca())];
    let tried = find(&leaf, &others);
    let codes: Vec<Code> = tried
        .iter()
        .map(|candidate| candidate.findings[0].code)
        .collect();
    assert_eq!(codes, [Code::ChainUntrusted, Code::ChainSignatureInvalid]);
    assert_eq!(tried[1].certificates, [leaf, others[0].clone()]);
}

/// So many names and constraints that comparing each with each would take long: said, not done.
#[test]
fn names_times_constraints_are_limited() {
    let many = |count: usize, wrap: u8| -> String {
        let one = |index: usize| {
            let name = encode(0x82, format!("{index}").as_bytes());
            if wrap == 0x30 {
                name
            } else {
                sequence(&[name])
            }
        };
        let list: Vec<u8> = (0..count).flat_map(one).collect();
        hex::encode(if wrap == 0x30 {
            encode(0x30, &list)
        } else {
            sequence(&[encode(wrap, &list)])
        })
    };
    let started = std::time::Instant::now();
    let middle = Spec {
        extra: vec![extension("2.5.29.30", true, &many(4000, 0xa1))],
        ..ca()
    };
    let leaf = Spec {
        extra: vec![extension("2.5.29.17", false, &many(4000, 0x30))],
        ..signer()
    };
    assert_eq!(three(middle, leaf), [Code::ChainBudget]);
    assert!(started.elapsed().as_secs() < 5);
}
