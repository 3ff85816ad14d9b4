//! A PKI that says whatever a case wants, in DER written by hand.

use clavero::fixture::pki::Identity;
use clavero::verify::asn1::{encode, tag};
use openssl::asn1::Asn1Object;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;

pub const BASIC_CONSTRAINTS: &str = "2.5.29.19";
pub const POLICIES: &str = "2.5.29.32";
pub const POLICY_MAPPINGS: &str = "2.5.29.33";
pub const NAME_CONSTRAINTS: &str = "2.5.29.30";
pub const ALTERNATIVE_NAME: &str = "2.5.29.17";

pub fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    encode(tag::SEQUENCE, &parts.concat())
}

pub fn oid(text: &str) -> Vec<u8> {
    encode(tag::OID, Asn1Object::from_str(text).unwrap().as_slice())
}

/// A name with one common name.
pub fn name(text: &str) -> Vec<u8> {
    let attribute = sequence(&[oid("2.5.4.3"), encode(0x0c, text.as_bytes())]);
    sequence(&[encode(tag::SET, &attribute)])
}

/// A new P-256 key.
pub fn new_key() -> PKey<Private> {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap()
}

/// `SubjectPublicKeyInfo` of an RSA key nobody has: what costs is the size of its numbers.
pub fn rsa_key(bits: usize, exponent_bits: usize, seed: u8) -> Vec<u8> {
    let number = |bits: usize| {
        let mut octets = vec![seed | 1; bits / 8];
        octets[0] |= 0x80;
        octets.insert(0, 0);
        encode(tag::INTEGER, &octets)
    };
    let key = sequence(&[number(bits), number(exponent_bits)]);
    let bits = encode(tag::BIT_STRING, &[&[0], key.as_slice()].concat());
    sequence(&[
        sequence(&[oid("1.2.840.113549.1.1.1"), encode(tag::NULL, &[])]),
        bits,
    ])
}

pub fn public(key: &PKey<Private>) -> Vec<u8> {
    key.public_key_to_der().unwrap()
}

/// Identifier, criticality, contents.
pub type Extension = (&'static str, bool, Vec<u8>);

pub fn ca() -> Extension {
    (BASIC_CONSTRAINTS, true, vec![0x30, 3, 1, 1, 0xff])
}

/// A certificate of `subject` and its key, signed by `signing` under the name `issuer`.
pub fn certificate(
    issuer: &str,
    signing: &PKey<Private>,
    subject: &str,
    key: &[u8],
    extensions: &[Extension],
) -> Vec<u8> {
    certificate_named(&name(issuer), signing, &name(subject), key, extensions)
}

pub fn certificate_named(
    issuer: &[u8],
    signing: &PKey<Private>,
    subject: &[u8],
    key: &[u8],
    extensions: &[Extension],
) -> Vec<u8> {
    let algorithm = sequence(&[oid("1.2.840.10045.4.3.2")]);
    let time = |text: &str| encode(tag::UTC_TIME, text.as_bytes());
    let extensions: Vec<Vec<u8>> = extensions
        .iter()
        .map(|(identifier, critical, value)| {
            let critical = if *critical {
                vec![1, 1, 0xff]
            } else {
                Vec::new()
            };
            sequence(&[oid(identifier), critical, encode(tag::OCTET_STRING, value)])
        })
        .collect();
    let mut parts = vec![
        vec![0xa0, 3, 2, 1, 2],
        encode(tag::INTEGER, &serial()),
        algorithm.clone(),
        issuer.to_vec(),
        sequence(&[time("200101000000Z"), time("491231235959Z")]),
        subject.to_vec(),
        key.to_vec(),
    ];
    if !extensions.is_empty() {
        parts.push(encode(tag::context(3), &sequence(&extensions)));
    }
    signed(&sequence(&parts), &algorithm, signing)
}

/// `SEQUENCE { tbs, algorithm, value }`.
pub fn signed(tbs: &[u8], algorithm: &[u8], key: &PKey<Private>) -> Vec<u8> {
    let mut signer = Signer::new(MessageDigest::sha256(), key).unwrap();
    let value = signer.sign_oneshot_to_vec(tbs).unwrap();
    let bits = encode(tag::BIT_STRING, &[&[0], value.as_slice()].concat());
    sequence(&[tbs.to_vec(), algorithm.to_vec(), bits])
}

fn serial() -> Vec<u8> {
    let mut octets = vec![0; 16];
    openssl::rand::rand_bytes(&mut octets).unwrap();
    octets[0] = octets[0] & 0x7f | 0x40;
    octets
}

/// A revocation list of `issuer` with this many entries.
pub fn crl(issuer: &str, signing: &PKey<Private>, entries: u32) -> Vec<u8> {
    let algorithm = sequence(&[oid("1.2.840.10045.4.3.2")]);
    let time = |text: &str| encode(tag::UTC_TIME, text.as_bytes());
    let mut list = Vec::new();
    for entry in 0..entries {
        let number = [&[0x40], entry.to_be_bytes().as_slice()].concat();
        list.extend(sequence(&[
            encode(tag::INTEGER, &number),
            time("260101000000Z"),
        ]));
    }
    let tbs = sequence(&[
        vec![2, 1, 1],
        algorithm.clone(),
        name(issuer),
        time("261101000000Z"),
        time("261231000000Z"),
        encode(tag::SEQUENCE, &list),
    ]);
    signed(&tbs, &algorithm, signing)
}

/// A root, and somebody below it.
pub struct Pki {
    pub root: Vec<u8>,
    pub root_key: PKey<Private>,
}

impl Pki {
    pub fn new() -> Self {
        let root_key = new_key();
        let root = certificate("Raíz", &root_key, "Raíz", &public(&root_key), &[ca()]);
        Self { root, root_key }
    }

    /// A subordinate with these extensions beside that of a CA.
    pub fn subordinate(&self, key: &PKey<Private>, extensions: &[Extension]) -> Vec<u8> {
        let all = [&[ca()], extensions].concat();
        certificate("Raíz", &self.root_key, "Sub", &public(key), &all)
    }
}

/// Somebody who signs, certified by `issuer`.
pub fn signer(
    issuer: &str,
    signing: &PKey<Private>,
    extensions: &[Extension],
    chain: Vec<Vec<u8>>,
) -> Identity {
    let key = new_key();
    Identity {
        name: "ana".to_owned(),
        certificate: certificate(issuer, signing, "Ana", &public(&key), extensions),
        chain,
        key,
    }
}
