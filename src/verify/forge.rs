//! Makes small PKIs and signed messages for the tests, one defect at a time.

mod dossier;
mod paper;

use jiff::{SignedDuration, Timestamp};
use openssl::asn1::{Asn1Integer, Asn1Object, Asn1OctetString, Asn1Time};
use openssl::bn::BigNum;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer as OpenSslSigner;
use openssl::sign::Signer;
use openssl::x509::extension::{BasicConstraints, ExtendedKeyUsage, KeyUsage};
use openssl::x509::{X509Builder, X509Extension, X509Name, X509NameBuilder};

use super::asn1::{Element, encode, tag};
use super::certificate::{Certificate, CertificateError};
use super::crypto::Digest;

pub(super) use dossier::{Dossier, Plan};
pub(super) use paper::Paper;

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

pub(super) const SHA256: &str = "2.16.840.1.101.3.4.2.1";
pub(super) const ECDSA_SHA256: &str = "1.2.840.10045.4.3.2";
pub(super) const ID_DATA: &str = "1.2.840.113549.1.7.1";
pub(super) const TST_INFO: &str = "1.2.840.113549.1.9.16.1.4";

/// So many days from [`now`].
pub(super) fn day(days: i64) -> Timestamp {
    now() + SignedDuration::from_hours(24 * days)
}

/// `GeneralizedTime`.
pub(super) fn time(at: Timestamp) -> Vec<u8> {
    let text = at.strftime("%Y%m%d%H%M%SZ").to_string();
    encode(tag::GENERALIZED_TIME, text.as_bytes())
}

/// The digest under an ECDSA signature.
#[derive(Debug, Clone, Copy, Default)]
pub(super) enum Hash {
    #[default]
    Sha256,
    /// Refused for anything since 2014.
    Sha1,
}

impl Hash {
    /// `AlgorithmIdentifier` of ECDSA with this digest.
    pub(super) fn algorithm(self) -> Vec<u8> {
        let identifier = match self {
            Self::Sha256 => ECDSA_SHA256,
            Self::Sha1 => "1.2.840.10045.4.1",
        };
        algorithm(identifier, &[])
    }

    pub(super) fn sign(self, key: &Subject, bytes: &[u8]) -> Vec<u8> {
        let digest = match self {
            Self::Sha256 => MessageDigest::sha256(),
            Self::Sha1 => MessageDigest::sha1(),
        };
        let mut signer = OpenSslSigner::new(digest, &key.key).unwrap();
        signer.sign_oneshot_to_vec(bytes).unwrap()
    }
}

/// ECDSA with SHA-256.
pub(super) fn sign(key: &Subject, bytes: &[u8]) -> Vec<u8> {
    Hash::Sha256.sign(key, bytes)
}

/// `Extension`, in DER.
pub(super) fn extension_der(identifier: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![oid(identifier)];
    if critical {
        parts.push(encode(tag::BOOLEAN, &[0xff]));
    }
    parts.push(encode(tag::OCTET_STRING, value));
    sequence(&parts)
}

/// An entry of a revocation list.
pub(super) fn entry(
    certificate: &Certificate,
    since: Timestamp,
    extensions: &[Vec<u8>],
) -> Vec<u8> {
    let mut parts = vec![encode(tag::INTEGER, certificate.serial()), time(since)];
    if !extensions.is_empty() {
        parts.push(sequence(extensions));
    }
    sequence(&parts)
}

/// A revocation list of `issuer`, signed by `key`.
pub(super) fn list(
    issuer: &Certificate,
    key: &Subject,
    times: (Timestamp, Option<Timestamp>),
    entries: &[Vec<u8>],
    extensions: &[Vec<u8>],
) -> Vec<u8> {
    list_with(Hash::Sha256, issuer, key, times, entries, extensions)
}

/// The same, signed with this digest.
pub(super) fn list_with(
    hash: Hash,
    issuer: &Certificate,
    key: &Subject,
    (this_update, next_update): (Timestamp, Option<Timestamp>),
    entries: &[Vec<u8>],
    extensions: &[Vec<u8>],
) -> Vec<u8> {
    let mut tbs = vec![
        encode(tag::INTEGER, &[1]),
        hash.algorithm(),
        issuer.subject().raw().to_vec(),
        time(this_update),
    ];
    tbs.extend(next_update.map(time));
    if !entries.is_empty() {
        tbs.push(sequence(entries));
    }
    if !extensions.is_empty() {
        tbs.push(encode(0xa0, &sequence(extensions)));
    }
    let tbs = sequence(&tbs);
    let bits = [vec![0], hash.sign(key, &tbs)].concat();
    sequence(&[tbs, hash.algorithm(), encode(tag::BIT_STRING, &bits)])
}

/// A CAdES signature by one person; everything but who and over what can be changed.
pub(super) struct Signing<'a> {
    pub(super) content_type: &'a str,
    /// What is inside; nothing for a detached signature.
    pub(super) inside: Option<&'a [u8]>,
    /// Digest of the content, by its identifier.
    pub(super) digest: &'a str,
    pub(super) signed: Vec<Vec<u8>>,
    /// Unsigned attributes for a signature value.
    pub(super) unsigned: &'a dyn Fn(&[u8]) -> Vec<Vec<u8>>,
}

impl Default for Signing<'_> {
    fn default() -> Self {
        Self {
            content_type: ID_DATA,
            inside: None,
            digest: SHA256,
            signed: Vec::new(),
            unsigned: &|_| Vec::new(),
        }
    }
}

impl Signing<'_> {
    pub(super) fn over(
        &self,
        content: &[&[u8]],
        signer: &Subject,
        certificate: &Certificate,
    ) -> Vec<u8> {
        let octets = |bytes: &[u8]| encode(tag::OCTET_STRING, bytes);
        let digest = Digest::from_oid(self.digest).unwrap();
        let pin = Digest::Sha256.of(&[certificate.der()]).unwrap();
        let mut attributes = vec![
            attribute("1.2.840.113549.1.9.3", &[oid(self.content_type)]),
            attribute(
                "1.2.840.113549.1.9.4",
                &[octets(&digest.of(content).unwrap())],
            ),
            attribute(
                "1.2.840.113549.1.9.16.2.47",
                &[sequence(&[sequence(&[sequence(&[octets(&pin)])])])],
            ),
        ];
        attributes.extend(self.signed.iter().cloned());
        let value = sign(signer, &set(&attributes));
        let mut signer_info = vec![
            encode(tag::INTEGER, &[1]),
            sequence(&[
                certificate.issuer().raw().to_vec(),
                encode(tag::INTEGER, certificate.serial()),
            ]),
            algorithm(self.digest, &[]),
            encode(0xa0, &attributes.concat()),
            algorithm(ECDSA_SHA256, &[]),
            octets(&value),
        ];
        let unsigned = (self.unsigned)(&value);
        if !unsigned.is_empty() {
            signer_info.push(encode(0xa1, &unsigned.concat()));
        }
        let mut encapsulated = vec![oid(self.content_type)];
        encapsulated.extend(self.inside.map(|inside| encode(0xa0, &octets(inside))));
        let signed = sequence(&[
            encode(tag::INTEGER, &[3]),
            set(&[algorithm(self.digest, &[])]),
            sequence(&encapsulated),
            encode(0xa0, certificate.der()),
            set(&[sequence(&signer_info)]),
        ]);
        sequence(&[oid("1.2.840.113549.1.7.2"), encode(0xa0, &signed)])
    }
}

/// A timestamp token over the content; `more` is what follows the time in `TSTInfo`.
pub(super) fn token(
    content: &[&[u8]],
    at: Timestamp,
    authority: &Subject,
    certificate: &Certificate,
    more: &[Vec<u8>],
) -> Vec<u8> {
    let none = |_: &[u8]| Vec::new();
    token_with(SHA256, &none, content, at, authority, certificate, more)
}

/// The same with this digest of the content, and with unsigned attributes.
pub(super) fn token_with(
    digest: &str,
    unsigned: &dyn Fn(&[u8]) -> Vec<Vec<u8>>,
    content: &[&[u8]],
    at: Timestamp,
    authority: &Subject,
    certificate: &Certificate,
    more: &[Vec<u8>],
) -> Vec<u8> {
    let imprint = Digest::from_oid(digest).unwrap().of(content).unwrap();
    let mut info = vec![
        encode(tag::INTEGER, &[1]),
        oid("1.2.3.4"),
        sequence(&[algorithm(digest, &[]), encode(tag::OCTET_STRING, &imprint)]),
        encode(tag::INTEGER, &[9]),
        time(at),
    ];
    info.extend(more.iter().cloned());
    let info = sequence(&info);
    let signing = Signing {
        content_type: TST_INFO,
        inside: Some(&info),
        unsigned,
        ..Signing::default()
    };
    signing.over(&[&info], authority, certificate)
}

/// An authority's certificate: critical purpose, and nothing else beside it.
pub(super) fn stamper(days: (i64, i64)) -> Spec {
    Spec {
        purposes: &["1.3.6.1.5.5.7.3.8"],
        purposes_critical: true,
        days,
        ..signer()
    }
}
