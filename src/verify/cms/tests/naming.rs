//! Which certificate a message means (RFC 5652 §5.3, RFC 5035 §3, §4): two certificates of one person differ in a serial
//! number, and only one of them may be revoked.

use super::*;
use crate::verify::report::Severity;

/// The verdict over a message, with these certificates to choose from.
fn judged_with(made: &Made, pool: &[Certificate], profile: Profile) -> Judged {
    let message = Message::parse(&made.bytes).unwrap();
    judge(
        &message,
        &message.signers[0],
        &Content::new(&[CONTENT]),
        profile,
        pool,
        "#1",
        now(),
    )
}

/// Without a signed attribute that pins the certificate, as plain CMS allows.
fn unpinned(recipe: Recipe) -> Recipe {
    Recipe {
        attributes: |list, _| list[..2].to_vec(),
        ..recipe
    }
}

/// Another certificate of the same person and key. `root` gives the issuer's name.
fn again(recipe: &Recipe, root: &str, key_id: Option<u8>) -> Certificate {
    let value = |byte| hex::encode(encode(tag::OCTET_STRING, &[byte; 20]));
    let extra =
        key_id.map(|byte| crate::verify::forge::extension("2.5.29.14", false, &value(byte)));
    let spec = Spec {
        extra: extra.into_iter().collect(),
        ..signer()
    };
    issue(&recipe.person, &Subject::new(root), spec)
}

#[test]
fn the_serial_number_and_the_issuer_name_the_certificate() {
    let recipe = unpinned(Recipe::default());
    let made = make(&recipe);
    let meant = judged_with(&made, std::slice::from_ref(&made.certificate), Profile::CMS);
    assert_eq!(codes(&meant), []);
    assert_eq!(meant.certificate.as_ref(), Some(&made.certificate));
    // The same issuer and key, another serial number.
    let renewed = again(&recipe, "Raíz", None);
    assert_eq!(renewed.issuer().raw(), made.certificate.issuer().raw());
    // The same serial number and key, another issuer.
    let elsewhere = Subject::new("Otra");
    let moved = crate::verify::forge::altered(&made.certificate, &elsewhere, |parts| {
        let name = crate::verify::forge::x509_name("Otra", None);
        parts[3] = name.to_der().unwrap();
    });
    let moved = Certificate::parse(moved).unwrap();
    assert_eq!(moved.serial(), made.certificate.serial());
    for other in [renewed, moved] {
        let verdict = judged_with(&made, std::slice::from_ref(&other), Profile::CMS);
        assert_eq!(codes(&verdict), [Code::CmsSignerCertificateMissing]);
        assert_eq!(verdict.certificate, None);
        let both = [other, made.certificate.clone()];
        let verdict = judged_with(&made, &both, Profile::CMS);
        assert_eq!(verdict.certificate.as_ref(), Some(&made.certificate));
    }
}

#[test]
fn the_key_identifier_names_the_certificate() {
    let recipe = unpinned(Recipe {
        by_key_id: true,
        ..Recipe::default()
    });
    let made = make(&recipe);
    for key_id in [None, Some(8)] {
        let other = again(&recipe, "Raíz", key_id);
        let verdict = judged_with(&made, &[other], Profile::CMS);
        assert_eq!(codes(&verdict), [Code::CmsSignerCertificateMissing]);
    }
    let verdict = judged_with(&made, std::slice::from_ref(&made.certificate), Profile::CMS);
    assert_eq!(codes(&verdict), []);
}

/// What a `signing-certificate` attribute says: the digest of a certificate, and beside it an issuer and a serial number.
fn pinning(oid: &str, hashed: &[u8], issuer: &[u8], serial: &[u8]) -> Vec<u8> {
    let digest = match oid {
        ATTR_SIGNING_CERTIFICATE => Digest::Sha1,
        _ => Digest::Sha256,
    };
    let hash = digest.of(&[hashed]).unwrap();
    let names = sequence(&[encode(0xa4, issuer)]);
    let issuer_serial = sequence(&[names, encode(tag::INTEGER, serial)]);
    let id = sequence(&[encode(tag::OCTET_STRING, &hash), issuer_serial]);
    attribute(oid, &[sequence(&[sequence(&[id])])])
}

fn other_issuer() -> Vec<u8> {
    let name = crate::verify::forge::x509_name("Otra", None);
    name.to_der().unwrap()
}

/// RFC 5035 §3, §4: the digest says which certificate is meant. Issuer and serial number beside it are a hint: where they are
/// another certificate's, nobody knows why, and a person looks.
#[test]
fn a_pinned_issuer_and_serial_number_are_a_hint() {
    const DOUBT: &[(Code, Severity)] = &[(Code::CmsIssuerSerial, Severity::Unknown)];
    const MISMATCH: &[(Code, Severity)] =
        &[(Code::CmsSigningCertificateMismatch, Severity::Failure)];
    const V1: &str = ATTR_SIGNING_CERTIFICATE;
    const V2: &str = ATTR_SIGNING_CERTIFICATE_V2;
    type Case = (&'static str, Change, &'static [(Code, Severity)]);
    let cases: &[Case] = &[
        (
            "version 2, its own",
            |mut list, one| {
                list[2] = pinning(V2, one.der(), one.issuer().raw(), one.serial());
                list
            },
            &[],
        ),
        (
            "version 2, another serial number",
            |mut list, one| {
                list[2] = pinning(V2, one.der(), one.issuer().raw(), &[9]);
                list
            },
            DOUBT,
        ),
        (
            "version 2, another issuer",
            |mut list, one| {
                list[2] = pinning(V2, one.der(), &other_issuer(), one.serial());
                list
            },
            DOUBT,
        ),
        (
            "version 2, another certificate",
            |mut list, one| {
                list[2] = pinning(V2, b"another", one.issuer().raw(), one.serial());
                list
            },
            MISMATCH,
        ),
        (
            "version 1, its own",
            |mut list, one| {
                list[2] = pinning(V1, one.der(), one.issuer().raw(), one.serial());
                list
            },
            &[],
        ),
        (
            "version 1, another serial number",
            |mut list, one| {
                list[2] = pinning(V1, one.der(), one.issuer().raw(), &[9]);
                list
            },
            DOUBT,
        ),
        (
            "version 1, another issuer",
            |mut list, one| {
                list[2] = pinning(V1, one.der(), &other_issuer(), one.serial());
                list
            },
            DOUBT,
        ),
        (
            "version 1, another certificate",
            |mut list, one| {
                list[2] = pinning(V1, b"another", one.issuer().raw(), one.serial());
                list
            },
            MISMATCH,
        ),
        (
            "version 1 fits, and version 2 names another serial number",
            |mut list, one| {
                list.push(pinning(V1, one.der(), one.issuer().raw(), one.serial()));
                list[2] = pinning(V2, one.der(), one.issuer().raw(), &[9]);
                list
            },
            DOUBT,
        ),
        (
            "version 1 is of another certificate, and version 2 names another serial number",
            |mut list, one| {
                list.push(pinning(V1, b"another", one.issuer().raw(), one.serial()));
                list[2] = pinning(V2, one.der(), one.issuer().raw(), &[9]);
                list
            },
            MISMATCH,
        ),
    ];
    for (what, attributes, expected) in cases {
        let recipe = Recipe {
            attributes: *attributes,
            ..Recipe::default()
        };
        let made = make(&recipe);
        for profile in [Profile::CMS, Profile::CADES] {
            let pool = std::slice::from_ref(&made.certificate);
            let verdict = judged_with(&made, pool, profile);
            let findings = verdict.findings.iter();
            let found: Vec<(Code, Severity)> =
                findings.map(|one| (one.code, one.severity)).collect();
            assert_eq!(found, *expected, "{what}");
            assert_eq!(verdict.pins_certificate, *expected != MISMATCH, "{what}");
        }
    }
}

/// Certificate substitution: the attacker brings a certificate of equal issuer and serial number for a key of his own, and
/// signs that it was the victim's. The pinned one is judged, and it did not sign.
#[test]
fn a_namesake_that_verifies_does_not_stand_in_for_the_pinned_one() {
    use crate::verify::forge::{Signing, altered};
    let (root, eve) = (Subject::new("Raíz"), Subject::new("Eva"));
    let victim = issue(&Subject::new("Ana"), &root, signer());
    let own = eve.key.public_key_to_der().unwrap();
    let namesake = altered(&victim, &root, |parts| parts[6] = own);
    let namesake = Certificate::parse(namesake).unwrap();
    assert_eq!(namesake.serial(), victim.serial());
    let made = Made {
        bytes: Signing::default().over(&[CONTENT], &eve, &victim),
        certificate: victim.clone(),
        root: issue(&root, &root, ca()),
        signer: Vec::new(),
    };
    for pool in [
        [victim.clone(), namesake.clone()],
        [namesake, victim.clone()],
    ] {
        let verdict = judged_with(&made, &pool, Profile::CADES);
        assert_eq!(codes(&verdict), [Code::CmsSignatureInvalid]);
        assert_eq!(verdict.certificate.as_ref(), Some(&victim));
    }
}
