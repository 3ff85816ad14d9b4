//! Makes small PKIs and signed messages for the tests, one defect at a time.

use jiff::Timestamp;
use openssl::asn1::{Asn1Integer, Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use openssl::x509::{X509Builder, X509Extension, X509Name, X509NameBuilder};

use super::asn1::{Element, encode, tag};
use super::certificate::{Certificate, CertificateError};

/// The middle of every validity below, unless a test says otherwise.
pub(super) const NOW: i64 = 1_800_000_000;

pub(super) fn now() -> Timestamp {
    Timestamp::from_second(NOW).unwrap()
}

/// A name with its key.
#[derive(Clone)]
pub(super) struct Subject {
    pub(super) name: String,
    pub(super) key: PKey<Private>,
}

impl Subject {
    /// With a new P-256 key.
    pub(super) fn new(name: &str) -> Self {
        let group = openssl::ec::EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
        let key = openssl::ec::EcKey::generate(&group).unwrap();
        Self {
            name: name.to_owned(),
            key: PKey::from_ec_key(key).unwrap(),
        }
    }
}

/// What a test certificate says.
pub(super) struct Spec {
    pub(super) version: i32,
    pub(super) ca: Option<bool>,
    pub(super) path_length: Option<u32>,
    pub(super) usage: Option<KeyUsage>,
    pub(super) purposes: &'static [&'static str],
    pub(super) purposes_critical: bool,
    pub(super) days: (i64, i64),
    pub(super) extra: Vec<X509Extension>,
    pub(super) email: Option<&'static str>,
    pub(super) digest: MessageDigest,
}

impl Default for Spec {
    fn default() -> Self {
        Self {
            version: 2,
            ca: None,
            path_length: None,
            usage: None,
            purposes: &[],
            purposes_critical: false,
            days: (-100, 100),
            extra: Vec::new(),
            email: None,
            digest: MessageDigest::sha256(),
        }
    }
}

pub(super) fn ca() -> Spec {
    let mut usage = KeyUsage::new();
    usage.key_cert_sign().crl_sign();
    Spec {
        ca: Some(true),
        usage: Some(usage),
        ..Spec::default()
    }
}

pub(super) fn signer() -> Spec {
    let mut usage = KeyUsage::new();
    usage.digital_signature();
    Spec {
        usage: Some(usage),
        ..Spec::default()
    }
}

pub(super) fn x509_name(name: &str, email: Option<&str>) -> X509Name {
    let mut builder = X509NameBuilder::new().unwrap();
    builder.append_entry_by_text("O", "Prueba").unwrap();
    builder.append_entry_by_text("CN", name).unwrap();
    if let Some(email) = email {
        builder
            .append_entry_by_nid(Nid::PKCS9_EMAILADDRESS, email)
            .unwrap();
    }
    builder.build()
}

pub(super) fn issue(subject: &Subject, issuer: &Subject, spec: Spec) -> Certificate {
    try_issue(subject, issuer, spec).unwrap()
}

/// For certificates that are meant to be unreadable.
pub(super) fn try_issue(
    subject: &Subject,
    issuer: &Subject,
    spec: Spec,
) -> Result<Certificate, CertificateError> {
    let mut builder = X509Builder::new().unwrap();
    builder.set_version(spec.version).unwrap();
    let mut serial = BigNum::new().unwrap();
    serial
        .rand(64, openssl::bn::MsbOption::MAYBE_ZERO, false)
        .unwrap();
    let serial: Asn1Integer = serial.to_asn1_integer().unwrap();
    builder.set_serial_number(&serial).unwrap();
    builder
        .set_subject_name(&x509_name(&subject.name, spec.email))
        .unwrap();
    builder
        .set_issuer_name(&x509_name(&issuer.name, None))
        .unwrap();
    builder.set_pubkey(&subject.key).unwrap();
    let day = 86_400;
    let time = |days: i64| Asn1Time::from_unix(NOW + days * day).unwrap();
    builder.set_not_before(&time(spec.days.0)).unwrap();
    builder.set_not_after(&time(spec.days.1)).unwrap();
    if let Some(is_ca) = spec.ca {
        let mut constraints = BasicConstraints::new();
        constraints.critical();
        if is_ca {
            constraints.ca();
        }
        if let Some(length) = spec.path_length {
            constraints.pathlen(length);
        }
        builder
            .append_extension(constraints.build().unwrap())
            .unwrap();
    }
    if let Some(usage) = spec.usage {
        builder.append_extension(usage.build().unwrap()).unwrap();
    }
    if !spec.purposes.is_empty() {
        let mut purposes = ExtendedKeyUsage::new();
        for purpose in spec.purposes {
            purposes.other(purpose);
        }
        if spec.purposes_critical {
            purposes.critical();
        }
        builder.append_extension(purposes.build().unwrap()).unwrap();
    }
    for extension in spec.extra {
        builder.append_extension(extension).unwrap();
    }
    builder.sign(&issuer.key, spec.digest).unwrap();
    Certificate::parse(builder.build().to_der().unwrap())
}

pub(super) fn extension(oid: &str, critical: bool, der: &str) -> X509Extension {
    X509Extension::new_from_der(
        &Asn1Object::from_str(oid).unwrap(),
        critical,
        &Asn1OctetString::new_from_bytes(&hex::decode(der).unwrap()).unwrap(),
    )
    .unwrap()
}

/// The contents of an object identifier in DER.
pub(super) fn oid(text: &str) -> Vec<u8> {
    encode(tag::OID, Asn1Object::from_str(text).unwrap().as_slice())
}

/// A SEQUENCE of DER parts.
pub(super) fn sequence(parts: &[Vec<u8>]) -> Vec<u8> {
    encode(tag::SEQUENCE, &parts.concat())
}

/// A SET of DER parts in the order given.
pub(super) fn set(parts: &[Vec<u8>]) -> Vec<u8> {
    encode(tag::SET, &parts.concat())
}

/// `AlgorithmIdentifier` with the parameters given in DER.
pub(super) fn algorithm(identifier: &str, parameters: &[u8]) -> Vec<u8> {
    sequence(&[oid(identifier), parameters.to_vec()])
}

/// `Attribute`.
pub(super) fn attribute(identifier: &str, values: &[Vec<u8>]) -> Vec<u8> {
    sequence(&[oid(identifier), set(values)])
}

/// A certificate with other parts of its TBSCertificate, signed again by the key of `issuer`: for what OpenSSL won't write.
/// The parts are version, serial number, algorithm, issuer, validity, subject, key, extensions.
pub(super) fn altered(
    certificate: &Certificate,
    issuer: &Subject,
    alter: impl FnOnce(&mut Vec<Vec<u8>>),
) -> Vec<u8> {
    let mut parts = Vec::new();
    let mut inside = Element::only(certificate.tbs()).unwrap().inside();
    while let Some(part) = inside.next_if_any().unwrap() {
        parts.push(part.raw.to_vec());
    }
    let algorithm = parts[2].clone();
    alter(&mut parts);
    let tbs = sequence(&parts);
    let mut signing = Signer::new(MessageDigest::sha256(), &issuer.key).unwrap();
    let value = signing.sign_oneshot_to_vec(&tbs).unwrap();
    let bits = encode(tag::BIT_STRING, &[&[0], value.as_slice()].concat());
    sequence(&[tbs, algorithm, bits])
}

/// `[3]` with extensions given as identifier, criticality octets and contents in DER.
pub(super) fn extensions(list: &[(&str, &[u8], &[u8])]) -> Vec<u8> {
    let list: Vec<Vec<u8>> = list
        .iter()
        .map(|(identifier, critical, value)| {
            let critical = match critical {
                [] => Vec::new(),
                octets => encode(tag::BOOLEAN, octets),
            };
            sequence(&[oid(identifier), critical, encode(tag::OCTET_STRING, value)])
        })
        .collect();
    encode(tag::context(3), &sequence(&list))
}
