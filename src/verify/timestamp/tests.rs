//! Tokens made by hand, one property or defect each.

use openssl::hash::MessageDigest;
use openssl::sign::Signer as OpenSslSigner;

use super::*;
use crate::verify::asn1::encode;
use crate::verify::forge::{
    Spec, Subject, algorithm, attribute, ca, day, extension_der, issue, now, oid, sequence, set,
    signer, stamper, token,
};
use crate::verify::policy::{Policy, RevocationMode};
use crate::verify::trust::TrustStore;

const VALUE: &[u8] = b"a signature value";
const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";

/// How a token is made; the default is good.
struct Recipe {
    version: u8,
    digest: &'static str,
    imprint: Vec<u8>,
    time: &'static str,
    purposes_critical: bool,
    content_type: &'static str,
    outer_type: &'static str,
    over: &'static [u8],
    configured: bool,
    /// Whether the authority's certificate is inside.
    sent: bool,
    days: (i64, i64),
    /// The serial number that stands beside the digest of its certificate.
    pinned_serial: Option<&'static [u8]>,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            version: 1,
            digest: SHA256,
            imprint: Digest::Sha256.of(&[VALUE]).unwrap(),
            time: "20270114080000.25Z",
            purposes_critical: true,
            content_type: TST_INFO,
            outer_type: TST_INFO,
            over: &[],
            configured: true,
            sent: true,
            days: (-100, 100),
            pinned_serial: None,
        }
    }
}

fn judged(recipe: &Recipe) -> super::Judged {
    let (root, authority) = (Subject::new("Raíz"), Subject::new("Sello"));
    let root_certificate = issue(&root, &root, ca());
    let certificate = issue(
        &authority,
        &root,
        Spec {
            purposes: &["1.3.6.1.5.5.7.3.8"],
            purposes_critical: recipe.purposes_critical,
            days: recipe.days,
            ..signer()
        },
    );
    let info = sequence(&[
        encode(tag::INTEGER, &[recipe.version]),
        oid("1.2.3.4"),
        sequence(&[
            algorithm(recipe.digest, &[]),
            encode(tag::OCTET_STRING, &recipe.imprint),
        ]),
        encode(tag::INTEGER, &[9]),
        encode(tag::GENERALIZED_TIME, recipe.time.as_bytes()),
        sequence(&[encode(tag::INTEGER, &[1])]),
        encode(tag::INTEGER, &[77]),
    ]);
    let mut signed_info = info.clone();
    signed_info.extend_from_slice(recipe.over);
    let hash = |bytes: &[u8]| encode(tag::OCTET_STRING, &Digest::Sha256.of(&[bytes]).unwrap());
    let mut pin = vec![hash(certificate.der())];
    pin.extend(recipe.pinned_serial.map(|serial| {
        let names = sequence(&[encode(0xa4, certificate.issuer().raw())]);
        sequence(&[names, encode(tag::INTEGER, serial)])
    }));
    let attributes = [
        attribute("1.2.840.113549.1.9.3", &[oid(recipe.content_type)]),
        attribute("1.2.840.113549.1.9.4", &[hash(&signed_info)]),
        attribute(
            "1.2.840.113549.1.9.16.2.47",
            &[sequence(&[sequence(&[sequence(&pin)])])],
        ),
    ];
    let mut openssl = OpenSslSigner::new(MessageDigest::sha256(), &authority.key).unwrap();
    let value = openssl.sign_oneshot_to_vec(&set(&attributes)).unwrap();
    let signer_info = sequence(&[
        encode(tag::INTEGER, &[1]),
        sequence(&[
            certificate.issuer().raw().to_vec(),
            encode(tag::INTEGER, certificate.serial()),
        ]),
        algorithm(SHA256, &[]),
        encode(0xa0, &attributes.concat()),
        algorithm("1.2.840.10045.4.3.2", &[]),
        encode(tag::OCTET_STRING, &value),
    ]);
    let signed = sequence(&[
        encode(tag::INTEGER, &[3]),
        set(&[algorithm(SHA256, &[])]),
        sequence(&[
            oid(recipe.outer_type),
            encode(0xa0, &encode(tag::OCTET_STRING, &info)),
        ]),
        if recipe.sent {
            encode(0xa0, certificate.der())
        } else {
            Vec::new()
        },
        set(&[signer_info]),
    ]);
    let token = sequence(&[oid("1.2.840.113549.1.7.2"), encode(0xa0, &signed)]);

    let roots = if recipe.configured {
        vec![root_certificate]
    } else {
        Vec::new()
    };
    let trust = TrustStore::new(roots, Vec::new());
    let policy = Policy {
        revocation: RevocationMode::None,
        ..Policy::default()
    };
    let evidence = Evidence::default();
    let context = Context {
        evidence: &evidence,
        given: &evidence,
        sources: Sources {
            trust: &trust,
            pool: &[],
        },
        policy: &policy,
        at: now(),
        reception: now(),
        depth: revocation::ANSWER_DEPTH,
        journal: None,
    };
    judge(
        &token,
        &Content::new(&[VALUE]),
        context,
        &mut Budget::default(),
        "#1",
    )
}

#[test]
fn a_token_counts_only_when_everything_about_it_holds() {
    use Code::{TimestampInvalid as Invalid, TimestampUntrusted as Untrusted};
    let good = Recipe::default;
    let cases: Vec<(&str, Recipe, Integrity, Option<Code>)> = vec![
        ("good", good(), Integrity::Intact, None),
        (
            "another serial number beside the digest of its certificate, which is a hint",
            Recipe {
                pinned_serial: Some(&[9]),
                ..good()
            },
            Integrity::Intact,
            None,
        ),
        (
            "of a version that nobody knows",
            Recipe {
                version: 2,
                ..good()
            },
            Integrity::Broken,
            Some(Invalid),
        ),
        (
            "over other bytes",
            Recipe {
                imprint: vec![0; 32],
                ..good()
            },
            Integrity::Broken,
            Some(Invalid),
        ),
        (
            "content altered after signing",
            Recipe {
                over: b"x",
                ..good()
            },
            Integrity::Broken,
            Some(Invalid),
        ),
        (
            "no such time",
            Recipe {
                time: "20271314080000Z",
                ..good()
            },
            Integrity::Broken,
            Some(Invalid),
        ),
        (
            "another content type",
            Recipe {
                content_type: "1.2.840.113549.1.7.1",
                outer_type: "1.2.840.113549.1.7.1",
                ..good()
            },
            Integrity::Broken,
            Some(Invalid),
        ),
        (
            "another content type outside than inside",
            Recipe {
                outer_type: "1.2.840.113549.1.9.16.10.4",
                ..good()
            },
            Integrity::Broken,
            Some(Invalid),
        ),
        (
            "an imprint that somebody can make fit other bytes",
            Recipe {
                digest: "1.3.14.3.2.26",
                imprint: Digest::Sha1.of(&[VALUE]).unwrap(),
                ..good()
            },
            Integrity::Intact,
            Some(Untrusted),
        ),
        (
            "authority not configured",
            Recipe {
                configured: false,
                ..good()
            },
            Integrity::Intact,
            Some(Untrusted),
        ),
        (
            "purpose not critical",
            Recipe {
                purposes_critical: false,
                ..good()
            },
            Integrity::Intact,
            Some(Untrusted),
        ),
        (
            "authority expired",
            Recipe {
                days: (-100, -1),
                ..good()
            },
            Integrity::Intact,
            Some(Untrusted),
        ),
    ];
    for (what, recipe, integrity, code) in cases {
        let verdict = judged(&recipe);
        assert_eq!(verdict.integrity, integrity, "{what}");
        assert_eq!(verdict.trusted, code.is_none(), "{what}");
        let codes: Vec<Code> = verdict.findings.iter().map(|one| one.code).collect();
        assert_eq!(codes, code.into_iter().collect::<Vec<_>>(), "{what}");
    }
    let time = judged(&good()).time.unwrap();
    assert_eq!(time.to_string(), "2027-01-14T08:00:00.25Z");
}

/// `TSTInfo` behind the time: accuracy, and whom the token names.
#[test]
fn a_token_tells_its_accuracy_and_whom_it_names() {
    let (root, authority) = (Subject::new("Raíz"), Subject::new("Sello"));
    let anchor = issue(&root, &root, ca());
    let certificate = issue(&authority, &root, stamper((-1, 100)));
    let trust = TrustStore::new(vec![anchor.clone()], Vec::new());
    let policy = Policy {
        revocation: RevocationMode::None,
        ..Policy::default()
    };
    let evidence = Evidence::default();
    let verdict = |days: i64, more: &[Vec<u8>]| {
        let context = Context {
            evidence: &evidence,
            given: &evidence,
            sources: Sources {
                trust: &trust,
                pool: &[],
            },
            policy: &policy,
            at: now(),
            reception: now(),
            depth: revocation::ANSWER_DEPTH,
            journal: None,
        };
        let token = token(&[VALUE], day(days), &authority, &certificate, more);
        let content = Content::new(&[VALUE]);
        judge(&token, &content, context, &mut Budget::default(), "#1")
    };
    let accuracy = sequence(&[
        encode(tag::INTEGER, &[2]),
        encode(0x80, &[0x01, 0xf4]),
        encode(0x81, &[7]),
    ]);
    let named = |name: &Certificate| encode(0xa0, &encode(0xa4, name.subject().raw()));
    let good = verdict(0, &[accuracy.clone(), named(&certificate)]);
    assert!(good.trusted && good.findings.is_empty());
    let facts = good.facts(TimestampKind::Signature, now());
    assert_eq!(facts.accuracy_us, Some(2_500_007));
    assert_eq!(facts.policy.as_deref(), Some("1.2.3.4"));
    // Another name is told; the certificate decides who it was.
    let other = verdict(0, &[accuracy, named(&anchor)]);
    assert!(other.trusted);
    assert_eq!(other.findings[0].code, Code::TimestampAuthorityName);
    // Before the authority had its certificate: the accuracy of a token does not reach a day.
    assert!(!verdict(-2, &[]).trusted);
    let minute = sequence(&[encode(tag::INTEGER, &[60])]);
    assert!(!verdict(-2, &[minute]).trusted);
    // A critical extension that nobody knows, and something that is no part of a token.
    let critical = extension_der("1.2.3", true, &[5, 0]);
    for more in [encode(0xa1, &critical), encode(tag::OCTET_STRING, &[1])] {
        let verdict = verdict(0, &[more]);
        assert_eq!(verdict.findings[0].code, Code::TimestampInvalid);
    }
}

#[test]
fn a_token_without_its_certificate_says_no_more_than_that() {
    let judged = judged(&Recipe {
        sent: false,
        ..Recipe::default()
    });
    assert!(!judged.trusted);
    let [untrusted] = judged.findings.as_slice() else {
        panic!("one finding: {:?}", judged.findings);
    };
    let causes = serde_json::json!(["cms.signer_certificate_missing"]);
    assert_eq!(untrusted.facts["causes"], causes);
}

#[test]
fn garbage_proves_nothing() {
    let trust = TrustStore::default();
    let policy = Policy::default();
    let evidence = Evidence::default();
    let context = Context {
        evidence: &evidence,
        given: &evidence,
        sources: Sources {
            trust: &trust,
            pool: &[],
        },
        policy: &policy,
        at: now(),
        reception: now(),
        depth: revocation::ANSWER_DEPTH,
        journal: None,
    };
    for token in [&b""[..], b"\x30\x80", b"no token", &[0; 64]] {
        let verdict = judge(
            token,
            &Content::new(&[VALUE]),
            context,
            &mut Budget::default(),
            "#1",
        );
        assert!(!verdict.trusted);
        assert_eq!(verdict.findings[0].code, Code::TimestampInvalid);
    }
}
