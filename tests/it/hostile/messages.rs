//! CMS messages: certificates, lists, answers and tokens in excess.

use clavero::fixture::cms::{CmsOptions, sign};
use clavero::fixture::pki::Identity;
use clavero::verify::asn1::{Element, encode, tag};

use super::Case;
use super::certificates::{
    self as make, ALTERNATIVE_NAME, NAME_CONSTRAINTS, POLICIES, POLICY_MAPPINGS, Pki, ca,
    certificate, certificate_named, crl, new_key, oid, public, rsa_key, sequence, signer,
};

const CONTENT: &[u8] = b"contenido";

/// `id-aa-signatureTimeStampToken`.
pub const TIMESTAMP: &str = "1.2.840.113549.1.9.16.2.14";
const COUNTER_SIGNATURE: &str = "1.2.840.113549.1.9.6";

pub fn cases() -> Vec<Case> {
    vec![
        ten_thousand_certificates(),
        ten_thousand_signers(),
        many_unsigned_attributes("10,000 timestamp tokens", TIMESTAMP, 10_000),
        many_unsigned_attributes("10,000 counter-signatures", COUNTER_SIGNATURE, 10_000),
        timestamps_by_large_keys(),
        archives_by_many_digests(),
        of("maze of cross-certificates", maze_of_cross_certificates),
        of(
            "30 look-alikes with keys of 8,192 bits",
            look_alikes_with_large_keys,
        ),
        signer_with_a_huge_key("RSA modulus of 16,384 bits", &rsa_key(16_384, 64, 3)),
        signer_with_a_huge_key("RSA exponent of 8,192 bits", &rsa_key(8_192, 8_192, 5)),
        signer_with_a_huge_key("explicit curve of 40 KB", &explicit_curve()),
        names_times_constraints(),
        of("paths through names of 28 KB", paths_through_long_names),
        policies_times_mappings(),
        list_of_many_entries(),
        many_lists(),
        many_answers(),
        with_certificates("100,000 indefinite lengths", &[0x30, 0x80].repeat(100_000)),
        with_certificates("1,000,000 lengths one within another", &nested(1_000_000)),
        with_certificates(
            "a length near 2^63",
            &[&[0x30, 0x88, 0x7f], [0xff; 7].as_slice()].concat(),
        ),
        nested_octets(),
        identifier_of_a_megabyte(),
        many_digest_algorithms(),
        many_signed_attributes(),
    ]
}

pub fn message(identity: &Identity) -> Vec<u8> {
    sign(CONTENT, true, identity, &CmsOptions::default())
}

/// A case that comes as far as the rules of paths.
pub fn judged(name: &'static str, pki: &Pki, identity: &Identity) -> Case {
    Case {
        root: Some(pki.root.clone()),
        crls: vec![crl("Raíz", &pki.root_key, 0)],
        ..Case::new(name, message(identity))
    }
}

fn of(name: &'static str, make: impl FnOnce() -> (Pki, Identity)) -> Case {
    let (pki, identity) = make();
    judged(name, &pki, &identity)
}

/// The parts of a message's `SignedData`.
fn parts(message: &[u8]) -> Vec<Vec<u8>> {
    let explicit = elements(Element::only(message).unwrap().body).remove(1);
    let signed_data = elements(Element::only(&explicit).unwrap().body).remove(0);
    elements(Element::only(&signed_data).unwrap().body)
}

pub fn elements(body: &[u8]) -> Vec<Vec<u8>> {
    let element = encode(tag::SEQUENCE, body);
    let mut reader = Element::only(&element).unwrap().inside();
    let mut found = Vec::new();
    while let Some(part) = reader.next_if_any().unwrap() {
        found.push(part.raw.to_vec());
    }
    found
}

fn wrapped(parts: &[Vec<u8>]) -> Vec<u8> {
    sequence(&[
        oid("1.2.840.113549.1.7.2"),
        encode(tag::context(0), &sequence(parts)),
    ])
}

/// A message with other parts of its `SignedData`.
pub fn altered(identity: &Identity, alter: impl FnOnce(&mut Vec<Vec<u8>>)) -> Vec<u8> {
    let mut parts = parts(&message(identity));
    alter(&mut parts);
    wrapped(&parts)
}

pub fn ordinary() -> (Pki, Identity) {
    let pki = Pki::new();
    let key = new_key();
    let chain = vec![pki.subordinate(&key, &[])];
    let identity = signer("Sub", &key, &[], chain);
    (pki, identity)
}

fn ten_thousand_certificates() -> Case {
    let (pki, mut identity) = ordinary();
    let other = identity.chain.clone();
    identity.chain = (0..10_000_u32)
        .map(|index| {
            let mut copy = other[0].clone();
            // Another signature value, so that it is another certificate.
            let end = copy.len() - 4;
            copy[end..].copy_from_slice(&index.to_be_bytes());
            copy
        })
        .collect();
    judged("10,000 certificates", &pki, &identity)
}

fn ten_thousand_signers() -> Case {
    let (pki, identity) = ordinary();
    let document = altered(&identity, |parts| {
        let signers = parts.last_mut().unwrap();
        let one = Element::only(signers).unwrap().body.to_vec();
        *signers = encode(tag::SET, &one.repeat(10_000));
    });
    Case {
        document,
        ..judged("10,000 signers", &pki, &identity)
    }
}

/// The message itself, many times, as an unsigned attribute of its signer.
fn many_unsigned_attributes(name: &'static str, kind: &'static str, count: usize) -> Case {
    let (pki, identity) = ordinary();
    let token = message(&identity);
    Case {
        document: with_unsigned(&identity, kind, &token.repeat(count)),
        ..judged(name, &pki, &identity)
    }
}

pub fn with_unsigned(identity: &Identity, kind: &str, values: &[u8]) -> Vec<u8> {
    altered(identity, |parts| add_unsigned(parts, kind, values))
}

fn add_unsigned(parts: &mut [Vec<u8>], kind: &str, values: &[u8]) {
    let signers = parts.last_mut().unwrap();
    let one = Element::only(signers).unwrap().body.to_vec();
    let mut fields = elements(Element::only(&one).unwrap().body);
    let attribute = sequence(&[oid(kind), encode(tag::SET, values)]);
    fields.push(encode(tag::context(1), &attribute));
    *signers = encode(tag::SET, &sequence(&fields));
}

/// Ten signers with ten archive timestamps each, by every digest there is, over parts in indefinite form: what an index may
/// name is hashed in two forms.
fn archives_by_many_digests() -> Case {
    let (pki, identity) = ordinary();
    let digests = (1..=3).map(|last| format!("2.16.840.1.101.3.4.2.{last}"));
    let digests = digests.chain((7..=10).map(|last| format!("2.16.840.1.101.3.4.2.{last}")));
    let tokens: Vec<u8> = digests
        .flat_map(|digest| {
            let names = || encode(tag::SEQUENCE, &[]);
            let index = sequence(&[sequence(&[oid(&digest)]), names(), names(), names()]);
            let token = token(&identity, &token_info_by(&digest, &[0; 32], &[]));
            let mut parts = parts(&token);
            add_unsigned(&mut parts, "0.4.0.19122.1.5", &index);
            wrapped(&parts)
        })
        .collect();
    let document = altered(&identity, |parts| {
        add_unsigned(parts, "0.4.0.1733.2.4", &tokens);
        let signers = parts.last_mut().unwrap();
        *signers = encode(tag::SET, &Element::only(signers).unwrap().body.repeat(10));
        let small = encode(tag::SEQUENCE, &[0x30, 0x80, 0, 0].repeat(5_000));
        let certificates = Element::only(&parts[3]).unwrap().body.to_vec();
        parts[3] = encode(tag::context(0), &[certificates, small.repeat(500)].concat());
    });
    Case {
        document,
        ..judged(
            "10 MB archived by 7 digests for 10 signers",
            &pki,
            &identity,
        )
    }
}

/// Tokens over nothing, each by an authority with the largest key that is tried.
fn timestamps_by_large_keys() -> Case {
    let (pki, identity) = ordinary();
    let authority = Identity {
        certificate: certificate("Raíz", &pki.root_key, "Sello", &rsa_key(8_192, 64, 7), &[]),
        chain: Vec::new(),
        ..identity.clone()
    };
    let token = token(&authority, &token_info(&[0; 32], &[]));
    let count = 10_000_000 / token.len();
    Case {
        document: with_unsigned(&identity, TIMESTAMP, &token.repeat(count)),
        ..judged("10 MB of tokens by keys of 8,192 bits", &pki, &identity)
    }
}

/// A message about this `TSTInfo` (RFC 3161 §2.4.2), whose imprint need not be right.
pub fn token(authority: &Identity, info: &[u8]) -> Vec<u8> {
    altered(authority, |parts| {
        // The version is 3 for other content than data.
        parts[0] = vec![2, 1, 3];
        parts[2] = sequence(&[
            oid("1.2.840.113549.1.9.16.1.4"),
            encode(tag::context(0), &encode(tag::OCTET_STRING, info)),
        ]);
    })
}

/// `TSTInfo` with this imprint; `more` is what follows the time.
pub fn token_info(imprint: &[u8], more: &[u8]) -> Vec<u8> {
    token_info_by("2.16.840.1.101.3.4.2.1", imprint, more)
}

fn token_info_by(digest: &str, imprint: &[u8], more: &[u8]) -> Vec<u8> {
    let digest = sequence(&[oid(digest)]);
    sequence(&[
        vec![2, 1, 1],
        oid("1.2.3.4"),
        sequence(&[digest, encode(tag::OCTET_STRING, imprint)]),
        vec![2, 1, 1],
        encode(tag::GENERALIZED_TIME, b"20261101000000Z"),
        more.to_vec(),
    ])
}

/// Six CAs of one name that all certify one another, and none that leads to the root.
pub fn maze_of_cross_certificates() -> (Pki, Identity) {
    let pki = Pki::new();
    let keys: Vec<_> = (0..6).map(|_| new_key()).collect();
    let mut chain = Vec::new();
    for (index, subject) in keys.iter().enumerate() {
        for (other, issuer) in keys.iter().enumerate() {
            if index != other {
                chain.push(certificate("L", issuer, "L", &public(subject), &[ca()]));
            }
        }
    }
    let identity = signer("L", &keys[0], &[], chain);
    (pki, identity)
}

/// Thirty CAs with the right name, a key of the largest size and not the signature.
pub fn look_alikes_with_large_keys() -> (Pki, Identity) {
    let (pki, mut identity) = ordinary();
    let numbers = (0..30_u8).map(|seed| rsa_key(8_192, 64, seed.wrapping_mul(8) | 3));
    let copies: Vec<_> = numbers
        .map(|key| certificate("Sub", &pki.root_key, "Sub", &key, &[ca()]))
        .collect();
    // Signed "by RSA", so that the keys are tried.
    let algorithm = sequence(&[oid("1.2.840.113549.1.1.11"), encode(tag::NULL, &[])]);
    identity.certificate = by_rsa(&identity.certificate, &algorithm);
    identity.chain = copies.iter().map(|one| by_rsa(one, &algorithm)).collect();
    (pki, identity)
}

/// The same certificate, as if signed by an RSA key of 8,192 bits.
fn by_rsa(certificate: &[u8], algorithm: &[u8]) -> Vec<u8> {
    let tbs = elements(Element::only(certificate).unwrap().body).remove(0);
    let mut fields = elements(Element::only(&tbs).unwrap().body);
    fields[2] = algorithm.to_vec();
    let value = encode(tag::BIT_STRING, &[&[0], [0x42; 1024].as_slice()].concat());
    sequence(&[sequence(&fields), algorithm.to_vec(), value])
}

fn signer_with_a_huge_key(name: &'static str, key: &[u8]) -> Case {
    let (pki, mut identity) = ordinary();
    identity.chain.clear();
    identity.certificate = certificate("Raíz", &pki.root_key, "Ana", key, &[]);
    judged(name, &pki, &identity)
}

/// `ECParameters` with numbers instead of a name.
fn explicit_curve() -> Vec<u8> {
    let number = |length: usize| {
        let octets = [&[0x7f], vec![0xff; length].as_slice()].concat();
        encode(tag::INTEGER, &octets)
    };
    let field = sequence(&[oid("1.2.840.10045.1.1"), number(10_000)]);
    let element = encode(tag::OCTET_STRING, &[0x33; 10_000]);
    let parameters = sequence(&[
        vec![2, 1, 1],
        field,
        sequence(&[element.clone(), element]),
        encode(tag::OCTET_STRING, &[4; 4_001]),
        number(10_000),
    ]);
    let algorithm = sequence(&[oid("1.2.840.10045.2.1"), parameters]);
    let point = encode(
        tag::BIT_STRING,
        &[&[0, 4], [0x55; 4_000].as_slice()].concat(),
    );
    sequence(&[algorithm, point])
}

fn numbered(count: usize, name: impl Fn(usize) -> Vec<u8>) -> Vec<u8> {
    (0..count).flat_map(name).collect()
}

fn names_times_constraints() -> Case {
    let pki = Pki::new();
    let key = new_key();
    let domain = |index: usize| encode(0x82, format!("{index:x}").as_bytes());
    let excluded = numbered(7_000, |index| sequence(&[domain(index)]));
    let constraints = sequence(&[encode(0xa1, &excluded)]);
    let sub = pki.subordinate(&key, &[(NAME_CONSTRAINTS, true, constraints)]);
    let names = encode(
        tag::SEQUENCE,
        &numbered(9_000, |index| domain(index + 100_000)),
    );
    let identity = signer("Sub", &key, &[(ALTERNATIVE_NAME, false, names)], vec![sub]);
    judged("9,000 names under 7,000 constraints", &pki, &identity)
}

/// CAs in a row, three certificates for each, with a name of 60 KB that every finding about it repeats.
fn paths_through_long_names() -> (Pki, Identity) {
    let pki = Pki::new();
    let long = |last: usize| {
        let attribute = sequence(&[oid("2.5.4.3"), encode(0x0c, "\u{7f}".repeat(9).as_bytes())]);
        let rdn = encode(tag::SET, &attribute);
        let last = encode(
            tag::SET,
            &sequence(&[oid("2.5.4.3"), encode(0x0c, last.to_string().as_bytes())]),
        );
        sequence(&[rdn.repeat(1_400), last])
    };
    let keys: Vec<_> = (0..9).map(|_| new_key()).collect();
    let mut chain = Vec::new();
    for (index, pair) in keys.windows(2).enumerate() {
        for _ in 0..3 {
            chain.push(certificate_named(
                &long(index + 1),
                &pair[1],
                &long(index),
                &public(&pair[0]),
                &[("1.2.3.4", true, vec![5, 0])],
            ));
        }
    }
    let top = &keys[keys.len() - 1];
    chain.push(certificate_named(
        &make::name("Raíz"),
        &pki.root_key,
        &long(keys.len() - 1),
        &public(top),
        &[ca()],
    ));
    let key = new_key();
    let identity = Identity {
        name: "ana".to_owned(),
        certificate: certificate_named(&long(0), &keys[0], &long(99), &public(&key), &[]),
        chain,
        key,
    };
    (pki, identity)
}

fn policies_times_mappings() -> Case {
    let pki = Pki::new();
    let policy = |index: usize| {
        let arcs = u16::try_from(index).unwrap();
        let last = [
            0x80 | u8::try_from(arcs >> 7).unwrap(),
            u8::try_from(arcs & 0x7f).unwrap(),
        ];
        encode(tag::OID, &[&[0x2a, 3], last.as_slice()].concat())
    };
    let stated = numbered(2_000, |index| sequence(&[policy(index)]));
    let mapped = numbered(2_000, |index| {
        sequence(&[policy(index % 45), policy(index / 45)])
    });
    let extensions = vec![
        (POLICIES, false, encode(tag::SEQUENCE, &stated)),
        (POLICY_MAPPINGS, true, encode(tag::SEQUENCE, &mapped)),
    ];
    let mut chain = Vec::new();
    let mut issuer = ("Raíz".to_owned(), pki.root_key.clone());
    for level in 0..7 {
        let own = new_key();
        let subject = format!("Nivel {level}");
        let all = [&[ca()], extensions.as_slice()].concat();
        chain.push(certificate(
            &issuer.0,
            &issuer.1,
            &subject,
            &public(&own),
            &all,
        ));
        issuer = (subject, own);
    }
    let own = extensions[..1].to_vec();
    let identity = signer(&issuer.0, &issuer.1, &own, chain);
    judged("2,000 policies mapped over 7 levels", &pki, &identity)
}

fn list_of_many_entries() -> Case {
    let (pki, identity) = ordinary();
    let mut case = judged("list of 300,000 entries", &pki, &identity);
    case.crls.push(crl("Sub", &pki.root_key, 300_000));
    case
}

/// Sixty-four lists in the message, 150 KB each, that all may be about its certificates.
fn many_lists() -> Case {
    let (pki, identity) = ordinary();
    let lists: Vec<u8> = (0..64)
        .flat_map(|index| {
            crl(
                if index % 2 == 0 { "Sub" } else { "Raíz" },
                &pki.root_key,
                6_000,
            )
        })
        .collect();
    let document = altered(&identity, |parts| {
        let place = parts.len() - 1;
        parts.insert(place, encode(tag::context(1), &lists));
    });
    Case {
        document,
        crls: Vec::new(),
        ..judged("64 lists of 6,000 entries", &pki, &identity)
    }
}

/// OCSP answers with thousands of statements, each with thirty certificates of the largest keys.
fn many_answers() -> Case {
    let (pki, identity) = ordinary();
    let statement = |serial: u32| {
        let algorithm = sequence(&[oid("1.3.14.3.2.26"), encode(tag::NULL, &[])]);
        let hash = encode(tag::OCTET_STRING, &[7; 20]);
        sequence(&[
            sequence(&[
                algorithm,
                hash.clone(),
                hash,
                encode(
                    tag::INTEGER,
                    &[&[0x40], serial.to_be_bytes().as_slice()].concat(),
                ),
            ]),
            encode(0x80, &[]),
            encode(tag::GENERALIZED_TIME, b"20261101000000Z"),
        ])
    };
    let statements: Vec<u8> = (0..1_000).flat_map(statement).collect();
    let responder = make::name("Respuesta");
    let data = sequence(&[
        encode(tag::context(1), &responder),
        encode(tag::GENERALIZED_TIME, b"20261101000000Z"),
        encode(tag::SEQUENCE, &statements),
    ]);
    let certificates: Vec<u8> = (0..30_u8)
        .flat_map(|seed| {
            let key = rsa_key(8_192, 64, seed.wrapping_mul(8) | 3);
            certificate("Sub", &pki.root_key, "Respuesta", &key, &[])
        })
        .collect();
    let basic = sequence(&[
        data,
        sequence(&[oid("1.2.840.113549.1.1.11"), encode(tag::NULL, &[])]),
        encode(tag::BIT_STRING, &[&[0], [0x42; 1024].as_slice()].concat()),
        encode(tag::context(0), &encode(tag::SEQUENCE, &certificates)),
    ]);
    let response = sequence(&[
        vec![0x0a, 1, 0],
        encode(
            tag::context(0),
            &sequence(&[
                oid("1.3.6.1.5.5.7.48.1.1"),
                encode(tag::OCTET_STRING, &basic),
            ]),
        ),
    ]);
    // `other [1]` of RevocationInfoChoices (RFC 5940).
    let other = encode(
        tag::context(1),
        &[oid("1.3.6.1.5.5.7.16.2"), response].concat(),
    );
    let document = altered(&identity, |parts| {
        let place = parts.len() - 1;
        parts.insert(place, encode(tag::context(1), &other.repeat(64)));
    });
    Case {
        document,
        ..judged("64 answers of 1,000 statements", &pki, &identity)
    }
}

/// A message whose certificates are these bytes.
fn with_certificates(name: &'static str, bytes: &[u8]) -> Case {
    let (pki, identity) = ordinary();
    let document = altered(&identity, |parts| parts[3] = encode(tag::context(0), bytes));
    Case {
        document,
        ..judged(name, &pki, &identity)
    }
}

/// SEQUENCEs of definite length, each the only thing in another; written from the end.
fn nested(depth: usize) -> Vec<u8> {
    let mut reversed = vec![0x00, 0x05];
    for _ in 0..depth {
        let length = u32::try_from(reversed.len()).unwrap().to_be_bytes();
        reversed.extend(length.iter().rev());
        reversed.extend([0x84, 0x30]);
    }
    reversed.reverse();
    reversed
}

/// The content in an OCTET STRING within an OCTET STRING, and so on, 8 MB at the bottom.
fn nested_octets() -> Case {
    let (pki, identity) = ordinary();
    let mut content = encode(tag::OCTET_STRING, &vec![0x20; 8_000_000]);
    for _ in 0..22 {
        content = encode(tag::OCTET_STRING_CONSTRUCTED, &content);
    }
    let document = altered(&identity, |parts| {
        parts[2] = sequence(&[
            oid("1.2.840.113549.1.7.1"),
            encode(tag::context(0), &content),
        ]);
    });
    Case {
        document,
        ..judged("8 MB in 22 nested strings", &pki, &identity)
    }
}

fn identifier_of_a_megabyte() -> Case {
    let (pki, identity) = ordinary();
    let document = altered(&identity, |parts| {
        let huge = encode(tag::OID, &vec![0x2a; 1_000_000]);
        parts[1] = encode(tag::SET, &sequence(std::slice::from_ref(&huge)));
        parts[2] = sequence(&[huge]);
    });
    Case {
        document,
        ..judged("identifiers of 1 MB", &pki, &identity)
    }
}

fn many_digest_algorithms() -> Case {
    let (pki, identity) = ordinary();
    let document = altered(&identity, |parts| {
        let one = sequence(&[oid("2.16.840.1.101.3.4.2.1"), encode(tag::NULL, &[])]);
        parts[1] = encode(tag::SET, &one.repeat(600_000));
    });
    Case {
        document,
        ..judged("600,000 digest algorithms", &pki, &identity)
    }
}

fn many_signed_attributes() -> Case {
    let (pki, identity) = ordinary();
    let document = altered(&identity, |parts| {
        let signers = parts.last_mut().unwrap();
        let one = Element::only(signers).unwrap().body.to_vec();
        let mut fields = elements(Element::only(&one).unwrap().body);
        let attribute = sequence(&[oid("1.2.3.4"), encode(tag::SET, &[5, 0])]);
        let own = Element::only(&fields[3]).unwrap().body.to_vec();
        fields[3] = encode(tag::context(0), &[own, attribute.repeat(800_000)].concat());
        *signers = encode(tag::SET, &sequence(&fields));
    });
    Case {
        document,
        ..judged("800,000 signed attributes", &pki, &identity)
    }
}
