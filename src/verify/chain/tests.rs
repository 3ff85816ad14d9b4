//! Small PKIs, built by OpenSSL, one defect each.

use std::collections::BTreeSet;

use jiff::SignedDuration;
use openssl::hash::MessageDigest;
use openssl::x509::extension::KeyUsage;

use super::purpose::{EKU_OCSP_SIGNING, EKU_SERVER_AUTH, EKU_TIME_STAMPING};
use super::*;
use crate::verify::forge::{Spec, Subject, ca, extension, issue, now, signer};
use crate::verify::report::Code;

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
    ];
    for (spec, expected) in cases {
        let root_certificate = issue(&root, &root, spec);
        assert_eq!(codes(&leaf, &[root_certificate], &[]), expected);
    }
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
