//! Which certificate a message means (RFC 5652 §5.3, RFC 5035 §4, §5): two certificates of one person differ in a serial
//! number, and only one of them may be revoked.

use super::*;

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

/// RFC 5035 §5: beside the hash stands which certificate it is of; both must fit.
#[test]
fn a_pinned_serial_number_must_be_the_certificates() {
    fn pinning(oid: &str, digest: Digest, certificate: &Certificate, serial: &[u8]) -> Vec<u8> {
        let hash = digest.of(&[certificate.der()]).unwrap();
        let names = sequence(&[encode(0xa4, certificate.issuer().raw())]);
        let issuer_serial = sequence(&[names, encode(tag::INTEGER, serial)]);
        let id = sequence(&[encode(tag::OCTET_STRING, &hash), issuer_serial]);
        attribute(oid, &[sequence(&[sequence(&[id])])])
    }
    const MISMATCH: &[Code] = &[Code::CmsSigningCertificateMismatch];
    let cases: &[(&str, Change, &[Code])] = &[
        (
            "version 2, its own",
            |mut list, one| {
                let (oid, serial) = (ATTR_SIGNING_CERTIFICATE_V2, one.serial());
                list[2] = pinning(oid, Digest::Sha256, one, serial);
                list
            },
            &[],
        ),
        (
            "version 2, another",
            |mut list, one| {
                let oid = ATTR_SIGNING_CERTIFICATE_V2;
                list[2] = pinning(oid, Digest::Sha256, one, &[9]);
                list
            },
            MISMATCH,
        ),
        (
            "version 1, its own",
            |mut list, one| {
                let (oid, serial) = (ATTR_SIGNING_CERTIFICATE, one.serial());
                list[2] = pinning(oid, Digest::Sha1, one, serial);
                list
            },
            &[],
        ),
        (
            "version 1, another",
            |mut list, one| {
                let oid = ATTR_SIGNING_CERTIFICATE;
                list[2] = pinning(oid, Digest::Sha1, one, &[9]);
                list
            },
            MISMATCH,
        ),
        (
            "version 1 fits and version 2 does not",
            |mut list, one| {
                let (oid, serial) = (ATTR_SIGNING_CERTIFICATE, one.serial());
                list.push(pinning(oid, Digest::Sha1, one, serial));
                let oid = ATTR_SIGNING_CERTIFICATE_V2;
                list[2] = pinning(oid, Digest::Sha256, one, &[9]);
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
            assert_eq!(
                codes(&judged_with(&made, pool, profile)),
                *expected,
                "{what}"
            );
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
