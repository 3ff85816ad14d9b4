//! Messages made by hand, one property or defect each.

use openssl::hash::MessageDigest;
use openssl::pkey::{PKey, Private};
use openssl::rsa::{Padding, Rsa};
use openssl::sign::{RsaPssSaltlen, Signer as OpenSslSigner};

use super::*;
use crate::verify::asn1::encode;
use crate::verify::forge::{
    Spec, Subject, algorithm, attribute, ca, issue, now, oid, sequence, set, signer,
};

mod naming;

pub(in crate::verify) const CONTENT: &[u8] = b"solicitud de clave";
const SHA256: &str = "2.16.840.1.101.3.4.2.1";
const SHA512: &str = "2.16.840.1.101.3.4.2.3";
const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";

/// Changes the good list of signed attributes.
pub(in crate::verify) type Change = fn(Vec<Vec<u8>>, &Certificate) -> Vec<Vec<u8>>;

/// How a message is made. The default is a good CAdES signature with P-256 and SHA-256.
#[allow(
    clippy::struct_excessive_bools,
    reason = "each is one independent property of a message"
)]
pub(in crate::verify) struct Recipe {
    pub(in crate::verify) person: Subject,
    pub(in crate::verify) digest: &'static str,
    pub(in crate::verify) algorithm: Vec<u8>,
    /// Digest that OpenSSL signs with; nothing for Edwards curves.
    pub(in crate::verify) signing: Option<MessageDigest>,
    pub(in crate::verify) pss: bool,
    pub(in crate::verify) attributes: Change,
    pub(in crate::verify) signed_attributes: bool,
    pub(in crate::verify) by_key_id: bool,
    pub(in crate::verify) attached: bool,
    /// Sign the attributes in the order of DER although they are sent in another.
    pub(in crate::verify) sign_sorted: bool,
}

impl Default for Recipe {
    fn default() -> Self {
        Self {
            person: Subject::new("Ana"),
            digest: SHA256,
            algorithm: algorithm(ECDSA_SHA256, &[]),
            signing: Some(MessageDigest::sha256()),
            pss: false,
            attributes: |list, _| list,
            signed_attributes: true,
            by_key_id: false,
            attached: false,
            sign_sorted: false,
        }
    }
}

pub(in crate::verify) struct Made {
    pub(in crate::verify) bytes: Vec<u8>,
    pub(in crate::verify) certificate: Certificate,
    pub(in crate::verify) root: Certificate,
    pub(in crate::verify) signer: Vec<u8>,
}

pub(in crate::verify) fn make(recipe: &Recipe) -> Made {
    let root = Subject::new("Raíz");
    let key_id = vec![7; 20];
    let extra = if recipe.by_key_id {
        let value = hex::encode(encode(tag::OCTET_STRING, &key_id));
        vec![crate::verify::forge::extension("2.5.29.14", false, &value)]
    } else {
        Vec::new()
    };
    let certificate = issue(&recipe.person, &root, Spec { extra, ..signer() });
    let digest = Digest::from_oid(recipe.digest).unwrap();
    let attributes = vec![
        attribute(ATTR_CONTENT_TYPE, &[oid(ID_DATA)]),
        attribute(
            ATTR_MESSAGE_DIGEST,
            &[encode(tag::OCTET_STRING, &digest.of(&[CONTENT]).unwrap())],
        ),
        attribute(ATTR_SIGNING_CERTIFICATE_V2, &[pin(&certificate)]),
    ];
    let attributes = (recipe.attributes)(attributes, &certificate);
    let mut sorted = attributes.clone();
    sorted.sort();
    let to_sign = if !recipe.signed_attributes {
        CONTENT.to_vec()
    } else if recipe.sign_sorted {
        set(&sorted)
    } else {
        set(&attributes)
    };
    let value = sign(recipe, &to_sign);
    let id = if recipe.by_key_id {
        encode(0x80, &key_id)
    } else {
        sequence(&[
            certificate.issuer().raw().to_vec(),
            encode(tag::INTEGER, certificate.serial()),
        ])
    };
    let mut parts = vec![
        encode(tag::INTEGER, &[1]),
        id,
        algorithm(recipe.digest, &[]),
    ];
    if recipe.signed_attributes {
        parts.push(encode(0xa0, &attributes.concat()));
    }
    parts.push(recipe.algorithm.clone());
    parts.push(encode(tag::OCTET_STRING, &value));
    let signer = sequence(&parts);
    Made {
        bytes: message(
            recipe.attached,
            std::slice::from_ref(&certificate),
            std::slice::from_ref(&signer),
        ),
        certificate,
        root: issue(&root, &root, ca()),
        signer,
    }
}

pub(in crate::verify) fn message(
    attached: bool,
    certificates: &[Certificate],
    signers: &[Vec<u8>],
) -> Vec<u8> {
    let certificates: Vec<&[u8]> = certificates.iter().map(Certificate::der).collect();
    let mut encapsulated = vec![oid(ID_DATA)];
    if attached {
        encapsulated.push(encode(0xa0, &encode(tag::OCTET_STRING, CONTENT)));
    }
    let signed = sequence(&[
        encode(tag::INTEGER, &[1]),
        set(&[algorithm(SHA256, &[])]),
        sequence(&encapsulated),
        encode(0xa0, &certificates.concat()),
        set(signers),
    ]);
    sequence(&[oid(ID_SIGNED_DATA), encode(0xa0, &signed)])
}

fn pin(certificate: &Certificate) -> Vec<u8> {
    let hash = Digest::Sha256.of(&[certificate.der()]).unwrap();
    sequence(&[sequence(&[sequence(&[encode(tag::OCTET_STRING, &hash)])])])
}

fn sign(recipe: &Recipe, bytes: &[u8]) -> Vec<u8> {
    let key = &recipe.person.key;
    let mut signer = match recipe.signing {
        Some(digest) => OpenSslSigner::new(digest, key).unwrap(),
        None => OpenSslSigner::new_without_digest(key).unwrap(),
    };
    if recipe.pss {
        signer.set_rsa_padding(Padding::PKCS1_PSS).unwrap();
        signer
            .set_rsa_pss_saltlen(RsaPssSaltlen::DIGEST_LENGTH)
            .unwrap();
    }
    signer.sign_oneshot_to_vec(bytes).unwrap()
}

fn judged(made: &Made, content: &[u8], profile: Profile) -> Judged {
    let message = Message::parse(&made.bytes).unwrap();
    let pool = [made.certificate.clone()];
    judge(
        &message,
        &message.signers[0],
        &Content::new(&[content]),
        profile,
        &pool,
        "#1",
        now(),
    )
}

fn codes(judged: &Judged) -> Vec<Code> {
    judged.findings.iter().map(|finding| finding.code).collect()
}

fn rsa(bits: u32) -> Subject {
    Subject {
        name: "Ana".to_owned(),
        key: PKey::from_rsa(Rsa::generate(bits).unwrap()).unwrap(),
    }
}

fn elliptic(nid: openssl::nid::Nid) -> Subject {
    let group = openssl::ec::EcGroup::from_curve_name(nid).unwrap();
    let key = openssl::ec::EcKey::generate(&group).unwrap();
    with_key(PKey::from_ec_key(key).unwrap())
}

fn with_key(key: PKey<Private>) -> Subject {
    Subject {
        name: "Ana".to_owned(),
        key,
    }
}

/// `RSASSA-PSS-params` with one digest for message and mask.
fn pss(digest: &str, mask: &str, salt: u8) -> Vec<u8> {
    let parameters = sequence(&[
        encode(0xa0, &algorithm(digest, &[])),
        encode(0xa1, &algorithm(MGF1_OID, &algorithm(mask, &[]))),
        encode(0xa2, &encode(tag::INTEGER, &[salt])),
    ]);
    algorithm("1.2.840.113549.1.1.10", &parameters)
}

const MGF1_OID: &str = "1.2.840.113549.1.1.8";

#[test]
fn every_algorithm_of_the_contract_verifies() {
    use openssl::nid::Nid;
    const NULL: &[u8] = &[5, 0];
    let cases: Vec<(&str, Recipe, &str)> = vec![
        ("P-256", Recipe::default(), "ecdsa-p256"),
        (
            "RSA with SHA-256",
            Recipe {
                person: rsa(2048),
                algorithm: algorithm("1.2.840.113549.1.1.11", NULL),
                ..Recipe::default()
            },
            "rsa-2048",
        ),
        (
            "plain rsaEncryption",
            Recipe {
                person: rsa(2048),
                algorithm: algorithm("1.2.840.113549.1.1.1", NULL),
                ..Recipe::default()
            },
            "rsa-2048",
        ),
        (
            "PSS",
            Recipe {
                person: rsa(3072),
                algorithm: pss(SHA256, SHA256, 32),
                pss: true,
                ..Recipe::default()
            },
            "rsa-pss-3072",
        ),
        (
            "P-384 with SHA-384",
            Recipe {
                person: elliptic(Nid::SECP384R1),
                digest: "2.16.840.1.101.3.4.2.2",
                algorithm: algorithm("1.2.840.10045.4.3.3", &[]),
                signing: Some(MessageDigest::sha384()),
                ..Recipe::default()
            },
            "ecdsa-p384",
        ),
        (
            "P-521 with SHA-512",
            Recipe {
                person: elliptic(Nid::SECP521R1),
                digest: SHA512,
                algorithm: algorithm("1.2.840.10045.4.3.4", &[]),
                signing: Some(MessageDigest::sha512()),
                ..Recipe::default()
            },
            "ecdsa-p521",
        ),
        (
            "P-256 with SHA3-256",
            Recipe {
                digest: "2.16.840.1.101.3.4.2.8",
                algorithm: algorithm("2.16.840.1.101.3.4.3.10", &[]),
                signing: Some(MessageDigest::sha3_256()),
                ..Recipe::default()
            },
            "ecdsa-p256",
        ),
        (
            "Ed25519",
            Recipe {
                person: with_key(PKey::generate_ed25519().unwrap()),
                digest: SHA512,
                algorithm: algorithm("1.3.101.112", &[]),
                signing: None,
                ..Recipe::default()
            },
            "ed25519",
        ),
        (
            "Ed448",
            Recipe {
                person: with_key(PKey::generate_ed448().unwrap()),
                digest: "2.16.840.1.101.3.4.2.12",
                algorithm: algorithm("1.3.101.113", &[]),
                signing: None,
                ..Recipe::default()
            },
            "ed448",
        ),
        (
            "signer by key identifier",
            Recipe {
                by_key_id: true,
                ..Recipe::default()
            },
            "ecdsa-p256",
        ),
        (
            "attached",
            Recipe {
                attached: true,
                ..Recipe::default()
            },
            "ecdsa-p256",
        ),
        (
            "attributes sent out of order, signed in order",
            Recipe {
                attributes: |mut list, _| {
                    list.sort();
                    list.reverse();
                    list
                },
                sign_sorted: true,
                ..Recipe::default()
            },
            "ecdsa-p256",
        ),
    ];
    for (what, recipe, name) in cases {
        let made = make(&recipe);
        let good = judged(&made, CONTENT, Profile::CADES);
        assert_eq!(codes(&good), [], "{what}");
        assert_eq!(good.integrity, Integrity::Intact, "{what}");
        assert_eq!(good.algorithm.as_deref(), Some(name), "{what}");
        let other = judged(&made, b"otra solicitud", Profile::CADES);
        assert_eq!(codes(&other), [Code::CmsDigestMismatch], "{what}");
        assert_eq!(other.integrity, Integrity::Broken, "{what}");
    }
}

#[test]
fn a_signature_without_attributes_covers_the_content_itself() {
    let recipe = Recipe {
        signed_attributes: false,
        ..Recipe::default()
    };
    let made = make(&recipe);
    let good = judged(&made, CONTENT, Profile::CMS);
    assert_eq!((codes(&good), good.integrity), (vec![], Integrity::Intact));
    let bad = judged(&made, b"otra solicitud", Profile::CMS);
    assert_eq!(codes(&bad), [Code::CmsSignatureInvalid]);
    assert_eq!(
        codes(&judged(&made, CONTENT, Profile::CADES)),
        [Code::CmsSigningCertificateMissing]
    );
}

/// The attributes of one signature, presented as the content of another without attributes.
#[test]
fn signed_attributes_are_never_taken_for_content() {
    let recipe = Recipe::default();
    let made = make(&recipe);
    let bytes = made.bytes.clone();
    let message = Message::parse(&bytes).unwrap();
    let genuine = &message.signers[0];
    let mut attributes = genuine.signed.as_ref().unwrap().element.raw.to_vec();
    attributes[0] = tag::SET;
    let signer = sequence(&[
        encode(tag::INTEGER, &[1]),
        sequence(&[
            made.certificate.issuer().raw().to_vec(),
            encode(tag::INTEGER, made.certificate.serial()),
        ]),
        algorithm(SHA256, &[]),
        algorithm(ECDSA_SHA256, &[]),
        encode(tag::OCTET_STRING, &genuine.value),
    ]);
    let forged = Made {
        bytes: super::tests::message(false, std::slice::from_ref(&made.certificate), &[signer]),
        ..made
    };
    let verdict = judged(&forged, &attributes, Profile::CMS);
    assert_eq!(codes(&verdict), [Code::CmsContentType]);
}

#[test]
fn each_defect_of_the_attributes_has_its_code() {
    let cases: &[(&str, Change, &[Code])] = &[
        (
            "no content type",
            |list, _| list[1..].to_vec(),
            &[Code::CmsContentType],
        ),
        (
            "content type twice",
            |list, _| [list.clone(), vec![list[0].clone()]].concat(),
            &[Code::CmsContentType],
        ),
        (
            "another content type",
            |mut list, _| {
                list[0] = attribute(ATTR_CONTENT_TYPE, &[oid("1.2.840.113549.1.9.16.1.4")]);
                list
            },
            &[Code::CmsContentType],
        ),
        (
            "no message digest",
            |mut list, _| {
                list.remove(1);
                list
            },
            &[Code::CmsMessageDigest],
        ),
        (
            "message digest twice",
            |list, _| [list.clone(), vec![list[1].clone()]].concat(),
            &[Code::CmsMessageDigest],
        ),
        (
            "message digest with two values",
            |mut list, _| {
                let right = Digest::Sha256.of(&[CONTENT]).unwrap();
                let value = |bytes: &[u8]| encode(tag::OCTET_STRING, bytes);
                list[1] = attribute(ATTR_MESSAGE_DIGEST, &[value(&right), value(&[0; 32])]);
                list
            },
            &[Code::CmsMessageDigest],
        ),
        (
            "pinned certificate missing",
            |list, _| list[..2].to_vec(),
            &[Code::CmsSigningCertificateMissing],
        ),
        (
            "another certificate pinned",
            |mut list, _| {
                let other = Subject::new("Otro");
                list[2] = attribute(
                    ATTR_SIGNING_CERTIFICATE_V2,
                    &[pin(&issue(&other, &other, ca()))],
                );
                list
            },
            &[Code::CmsSigningCertificateMismatch],
        ),
        (
            "signing time twice",
            |list, _| {
                let time = attribute(
                    ATTR_SIGNING_TIME,
                    &[encode(tag::UTC_TIME, b"270114080000Z")],
                );
                [list, vec![time.clone(), time]].concat()
            },
            &[Code::CmsAttributeRepeated],
        ),
        (
            "algorithm protection that fits",
            |mut list, _| {
                list.push(protection(SHA256, ECDSA_SHA256));
                list
            },
            &[],
        ),
        (
            "algorithm protection with another digest",
            |mut list, _| {
                list.push(protection(SHA512, ECDSA_SHA256));
                list
            },
            &[Code::CmsAlgorithmMismatch],
        ),
        (
            "algorithm protection with another signature algorithm",
            |mut list, _| {
                list.push(protection(SHA256, "1.2.840.10045.4.3.4"));
                list
            },
            &[Code::CmsAlgorithmMismatch],
        ),
    ];
    for (what, attributes, expected) in cases {
        let recipe = Recipe {
            attributes: *attributes,
            ..Recipe::default()
        };
        let verdict = judged(&make(&recipe), CONTENT, Profile::CADES);
        assert_eq!(codes(&verdict), *expected, "{what}");
    }
}

/// `CMSAlgorithmProtection` (RFC 6211).
fn protection(digest: &str, signature: &str) -> Vec<u8> {
    let mut inner = algorithm(signature, &[]);
    inner[0] = 0xa1;
    attribute(
        ATTR_ALGORITHM_PROTECTION,
        &[sequence(&[algorithm(digest, &[]), inner])],
    )
}

#[test]
fn contradicting_and_weak_algorithms_are_refused() {
    let contradiction = Recipe {
        digest: SHA512,
        ..Recipe::default()
    };
    let verdict = judged(&make(&contradiction), CONTENT, Profile::CADES);
    assert_eq!(codes(&verdict), [Code::CmsAlgorithmMismatch]);

    let weak = Recipe {
        digest: "1.3.14.3.2.26",
        algorithm: algorithm("1.2.840.10045.4.1", &[]),
        signing: Some(MessageDigest::sha1()),
        ..Recipe::default()
    };
    let verdict = judged(&make(&weak), CONTENT, Profile::CADES);
    assert_eq!(codes(&verdict), [Code::AlgorithmWeak]);
    assert_eq!(verdict.integrity, Integrity::Intact);

    let other_mask = Recipe {
        person: rsa(2048),
        algorithm: pss(SHA256, SHA512, 32),
        pss: true,
        ..Recipe::default()
    };
    let verdict = judged(&make(&other_mask), CONTENT, Profile::CADES);
    assert_eq!(codes(&verdict), [Code::AlgorithmUnsupported]);
    assert_eq!(verdict.integrity, Integrity::Unsupported);

    let other_salt = Recipe {
        person: rsa(2048),
        algorithm: pss(SHA256, SHA256, 20),
        pss: true,
        ..Recipe::default()
    };
    let verdict = judged(&make(&other_salt), CONTENT, Profile::CADES);
    assert_eq!(codes(&verdict), [Code::CmsSignatureInvalid]);
}

/// Certificate substitution: another certificate with the same issuer and serial number.
#[test]
fn a_substituted_certificate_does_not_count() {
    let recipe = Recipe::default();
    let made = make(&recipe);
    let message = Message::parse(&made.bytes).unwrap();
    // The same certificate signed again by somebody else: equal names, serial number and key, other bytes.
    let mut twin = made.certificate.der().to_vec();
    let last = twin.len() - 1;
    twin[last] ^= 1;
    let twin = Certificate::parse(twin).unwrap();
    let verdict_with = |pool: &[Certificate]| {
        let judged = judge(
            &message,
            &message.signers[0],
            &Content::new(&[CONTENT]),
            Profile::CADES,
            pool,
            "#1",
            now(),
        );
        (codes(&judged), judged.certificate.map(|one| one.sha256()))
    };
    let genuine = made.certificate.sha256();
    let both = [twin.clone(), made.certificate.clone()];
    assert_eq!(verdict_with(&both), (vec![], Some(genuine)));
    assert_eq!(
        verdict_with(std::slice::from_ref(&twin)).0,
        [Code::CmsSigningCertificateMismatch]
    );
    assert_eq!(
        verdict_with(&[]),
        (vec![Code::CmsSignerCertificateMissing], None)
    );
}

#[test]
fn indefinite_lengths_and_zero_padding_are_read_and_other_tails_are_not() {
    let made = make(&Recipe {
        attached: true,
        ..Recipe::default()
    });
    let loose = Made {
        bytes: indefinite(&made.bytes),
        certificate: made.certificate.clone(),
        root: made.root.clone(),
        signer: Vec::new(),
    };
    assert_ne!(loose.bytes, made.bytes);
    let verdict = judged(&loose, CONTENT, Profile::CADES);
    assert_eq!(
        (codes(&verdict), verdict.integrity),
        (vec![], Integrity::Intact)
    );
    let message = Message::parse(&loose.bytes).unwrap();
    assert_eq!(message.content.as_deref(), Some(CONTENT));

    let padded = [made.bytes.clone(), vec![0; 100]].concat();
    assert!(Message::parse(&padded).is_ok());
    let tail = [made.bytes.clone(), vec![0, 0, 1]].concat();
    assert_eq!(Message::parse(&tail).err(), Some(Asn1Error::Trailing));
    for length in 0..made.bytes.len() {
        assert!(
            Message::parse(&made.bytes[..length]).is_err(),
            "cut at {length}"
        );
    }
}

/// DESIGN §6: beyond the limits a message is no message of ours; values that count for nothing are passed over.
#[test]
fn signers_attributes_and_values_are_limited() {
    let made = make(&Recipe::default());
    let several = |count: usize| {
        let signers = vec![made.signer.clone(); count];
        let bytes = message(true, std::slice::from_ref(&made.certificate), &signers);
        Message::parse(&bytes).map(|message| message.signers.len())
    };
    assert_eq!(several(MAX_SIGNERS), Ok(MAX_SIGNERS));
    assert_eq!(several(MAX_SIGNERS + 1), Err(Asn1Error::Unexpected));
    let with = |attributes: Change| {
        let made = make(&Recipe {
            attributes,
            ..Recipe::default()
        });
        let message = Message::parse(&made.bytes)?;
        let last = message.signers[0].signed_attributes().last().unwrap();
        Ok(last.values.len())
    };
    let many: Change = |list, _| {
        let other = attribute("1.2.3.4", &[vec![5, 0]]);
        let more = policy::MAX_ATTRIBUTES - list.len();
        [list, vec![other; more]].concat()
    };
    assert_eq!(with(many), Ok(1));
    let too_many: Change = |list, _| vec![list[0].clone(); policy::MAX_ATTRIBUTES + 1];
    assert_eq!(with(too_many), Err(Asn1Error::Unexpected));
    let values: Change = |mut list, _| {
        list.push(attribute("1.2.3.4", &vec![vec![5, 0]; 1_000]));
        list
    };
    assert_eq!(with(values), Ok(policy::MAX_VALUES));
    let stamped = make(&Recipe {
        attributes: |mut list, _| {
            list.push(attribute(ATTR_CONTENT_TIMESTAMP, &vec![vec![5, 0]; 30]));
            list
        },
        ..Recipe::default()
    });
    let message = Message::parse(&stamped.bytes).unwrap();
    let judged = message.signers[0].content_timestamps().count();
    assert_eq!(judged, policy::MAX_TIMESTAMPS);
}

/// The same message with every SEQUENCE, SET and explicit tag outside the certificate in indefinite form.
fn indefinite(der: &[u8]) -> Vec<u8> {
    let element = Element::only(der).unwrap();
    if element.tag & 0x20 == 0 {
        return der.to_vec();
    }
    let mut out = vec![element.tag, 0x80];
    let mut inside = element.inside();
    while let Some(part) = inside.next_if_any().unwrap() {
        let is_certificate = Certificate::parse(part.raw.to_vec()).is_ok();
        if is_certificate {
            out.extend_from_slice(part.raw);
        } else {
            out.extend(indefinite(part.raw));
        }
    }
    out.extend([0, 0]);
    out
}

/// ETSI EN 319 122-1 §5.2.3: what a signature means is told by the names of the standard, and what can't be read is not left out.
#[test]
fn commitments_are_named() {
    let of = |attributes: Change| {
        let made = make(&Recipe {
            attributes,
            ..Recipe::default()
        });
        let message = Message::parse(&made.bytes).unwrap();
        message.signers[0].commitment_types()
    };
    assert_eq!(of(|list, _| list), [""; 0]);
    let told = of(|mut list, _| {
        let named = |identifier: &str| sequence(&[oid(identifier)]);
        list.push(attribute(
            ATTR_COMMITMENT_TYPE,
            &[
                named("1.2.840.113549.1.9.16.6.2"),
                named("1.2.840.113549.1.9.16.6.6"),
                named("1.2.3.4"),
                vec![5, 0],
            ],
        ));
        list
    });
    assert_eq!(told, ["proofOfReceipt", "proofOfCreation", "1.2.3.4", "?"]);
}

/// ETSI EN 319 122-1 §5.2: roles, place and content are told by every text in them, and what can't be read is not left out.
#[test]
fn what_is_said_beside_a_signature_is_read() {
    let of = |attributes: Change| {
        let made = make(&Recipe {
            attributes,
            ..Recipe::default()
        });
        let message = Message::parse(&made.bytes).unwrap();
        let said = message.signers[0].statements().into_iter();
        said.map(|one| (one.place.as_str(), one.text))
            .collect::<Vec<_>>()
    };
    assert!(of(|list, _| list).is_empty());
    let told = of(|mut list, _| {
        let claimed = sequence(&[oid("2.5.4.72"), b"\x0c\x07Testigo".to_vec()]);
        let certified = vec![0xa1, 4, 0x04, 2, 1, 2];
        list.push(attribute(
            ATTR_SIGNER_ATTRIBUTES,
            &[sequence(&[claimed.clone(), certified])],
        ));
        list.push(attribute(
            ATTR_SIGNER_ATTRIBUTES_V2,
            &[sequence(&[claimed])],
        ));
        let name = vec![0xa1, 8, 0x81, 6, b'a', b'@', b'b', b'.', b'e', b'c'];
        list.push(attribute(
            ATTR_SIGNER_LOCATION,
            &[sequence(&[b"\x1e\x04\0E\0C".to_vec(), name])],
        ));
        list.push(attribute(
            ATTR_CONTENT_HINTS,
            &[sequence(&[b"\x14\x03Re\xed".to_vec()])],
        ));
        list
    });
    let mut told: Vec<(&str, &str)> = told
        .iter()
        .map(|(place, text)| (*place, text.as_str()))
        .collect();
    told.sort_unstable();
    assert_eq!(
        told,
        [
            ("content", "Reí"),
            ("location", "EC"),
            ("location", "a@b.ec"),
            ("role", "?"),
            ("role", "Testigo"),
            ("role", "Testigo"),
        ]
    );
}
