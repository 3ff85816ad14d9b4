//! X.509 certificates (RFC 5280 §4): read once, kept with the very bytes that were read.
//!
//! `x509-parser` reads the structure and the extensions; what path validation needs is taken over into owned values,
//! so that a certificate can live in a trust store and keep its decoded public key.

use std::fmt;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName as ParsedName, ParsedExtension, X509Extension};
use x509_parser::prelude::FromDer;

use super::asn1::{Asn1Error, Element, Reader, tag};
use super::crypto::{KeyError, PublicKey, SignatureAlgorithm};
use super::name::Name;
use super::report::CertificateFacts;
use crate::domain::Sha256;

/// A certificate. Cloning is cheap.
#[derive(Clone)]
pub struct Certificate(Arc<Parsed>);

/// The bytes are not a certificate.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateError {
    /// Not the structure of RFC 5280 §4.1.
    #[error("not a readable X.509 certificate")]
    Malformed,
    /// Bytes behind the certificate.
    #[error("there are bytes behind the certificate")]
    Trailing,
    /// The signed and the outer signature algorithm differ (RFC 5280 §4.1.1.2).
    #[error("the two signature algorithm fields of the certificate differ")]
    AlgorithmFields,
    /// The same extension twice (RFC 5280 §4.2).
    #[error("the certificate has an extension twice")]
    DuplicateExtension,
    /// A validity date that can't be expressed.
    #[error("the certificate has an unreadable validity date")]
    Validity,
    /// An extension that decides about paths can't be read.
    #[error("the extension {0} of the certificate can't be read")]
    Extension(String),
}

struct Parsed {
    der: Vec<u8>,
    sha256: Sha256,
    version: u32,
    serial: Vec<u8>,
    issuer: Name,
    subject: Name,
    not_before: Timestamp,
    not_after: Timestamp,
    tbs: Vec<u8>,
    algorithm: SignatureAlgorithm,
    signature: Vec<u8>,
    spki: Vec<u8>,
    key: OnceLock<Result<PublicKey, KeyError>>,
    extensions: Extensions,
}

/// What the extensions say (RFC 5280 §4.2), as far as paths and revocation need it.
#[derive(Debug, Clone, Default)]
pub struct Extensions {
    /// §4.2.1.9.
    pub basic_constraints: Option<BasicConstraints>,
    /// §4.2.1.3.
    pub key_usage: Option<KeyUsage>,
    /// §4.2.1.12.
    pub extended_key_usage: Option<ExtendedKeyUsage>,
    /// §4.2.1.2.
    pub subject_key_id: Option<Vec<u8>>,
    /// §4.2.1.1, the key identifier only.
    pub authority_key_id: Option<Vec<u8>>,
    /// §4.2.1.4, policy identifiers in dotted text.
    pub policies: Option<Vec<String>>,
    /// §4.2.1.5, issuer domain to subject domain.
    pub policy_mappings: Vec<(String, String)>,
    /// §4.2.1.11.
    pub require_explicit_policy: Option<u32>,
    /// §4.2.1.11.
    pub inhibit_policy_mapping: Option<u32>,
    /// §4.2.1.14.
    pub inhibit_any_policy: Option<u32>,
    /// §4.2.1.10.
    pub name_constraints: Option<NameConstraints>,
    /// §4.2.1.6.
    pub alternative_names: Vec<GeneralName>,
    /// §4.2.1.13: full names of the distribution points of its revocation list.
    pub crl_points: Vec<GeneralName>,
    /// Critical extensions that are not understood here, in dotted text.
    pub unknown_critical: Vec<String>,
    /// `id-pkix-ocsp-nocheck` (RFC 6960 §4.2.2.2.1).
    pub ocsp_no_check: bool,
}

/// `BasicConstraints`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BasicConstraints {
    /// Whether the subject is a CA.
    pub ca: bool,
    /// Number of non-self-issued intermediate certificates that may follow.
    pub path_length: Option<u32>,
}

/// The bits of `KeyUsage` that matter here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(
    clippy::struct_excessive_bools,
    reason = "they are the bits of one BIT STRING"
)]
pub struct KeyUsage {
    /// `digitalSignature` (0).
    pub digital_signature: bool,
    /// `nonRepudiation` or `contentCommitment` (1).
    pub content_commitment: bool,
    /// `keyCertSign` (5).
    pub certificate_sign: bool,
    /// `cRLSign` (6).
    pub crl_sign: bool,
}

/// `ExtendedKeyUsage`, purposes in dotted text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExtendedKeyUsage {
    /// Whether the extension is critical.
    pub critical: bool,
    /// Key purposes.
    pub purposes: Vec<String>,
}

/// `NameConstraints`.
#[derive(Debug, Clone, Default)]
pub struct NameConstraints {
    /// Subtrees that names must lie in.
    pub permitted: Vec<GeneralName>,
    /// Subtrees that names must not lie in.
    pub excluded: Vec<GeneralName>,
}

/// `GeneralName` (§4.2.1.6) as far as it can be constrained.
#[derive(Debug, Clone)]
pub enum GeneralName {
    /// `rfc822Name`.
    Email(String),
    /// `dNSName`.
    Dns(String),
    /// `directoryName`.
    Directory(Name),
    /// `uniformResourceIdentifier`.
    Uri(String),
    /// `iPAddress`: address, or address and mask.
    Ip(Vec<u8>),
    /// Another form, by its tag number; it can't be compared, only recognised as the same form.
    Other(u8),
}

impl Certificate {
    /// Reads exactly one DER certificate.
    ///
    /// # Errors
    /// When the bytes are not one well-formed certificate of RFC 5280 §4.1.
    pub fn parse(der: Vec<u8>) -> Result<Self, CertificateError> {
        let parsed = read(der)?;
        Ok(Self(Arc::new(parsed)))
    }

    /// The bytes that were read.
    #[must_use]
    pub fn der(&self) -> &[u8] {
        &self.0.der
    }

    /// Fingerprint of the bytes.
    #[must_use]
    pub fn sha256(&self) -> Sha256 {
        self.0.sha256
    }

    /// 1, 2 or 3.
    #[must_use]
    pub fn version(&self) -> u32 {
        self.0.version
    }

    /// Contents octets of the serial number.
    #[must_use]
    pub fn serial(&self) -> &[u8] {
        &self.0.serial
    }

    /// Who issued it, by its own word.
    #[must_use]
    pub fn issuer(&self) -> &Name {
        &self.0.issuer
    }

    /// Whom it names.
    #[must_use]
    pub fn subject(&self) -> &Name {
        &self.0.subject
    }

    /// Start of validity.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.0.not_before
    }

    /// End of validity.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.0.not_after
    }

    /// The extensions.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    /// Issuer and subject are the same name (RFC 5280 §3.2).
    #[must_use]
    pub fn is_self_issued(&self) -> bool {
        self.0.issuer.matches(&self.0.subject)
    }

    /// Says of itself that it is a CA (§4.2.1.9).
    #[must_use]
    pub fn is_ca(&self) -> bool {
        self.0
            .extensions
            .basic_constraints
            .is_some_and(|constraints| constraints.ca)
    }

    /// The bytes its issuer signed.
    #[must_use]
    pub fn tbs(&self) -> &[u8] {
        &self.0.tbs
    }

    /// The algorithm its issuer signed with.
    #[must_use]
    pub fn algorithm(&self) -> &SignatureAlgorithm {
        &self.0.algorithm
    }

    /// The issuer's signature value.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.0.signature
    }

    /// `SubjectPublicKeyInfo` as sent.
    #[must_use]
    pub fn spki(&self) -> &[u8] {
        &self.0.spki
    }

    /// The bits of the public key: what OCSP and key identifiers hash.
    #[must_use]
    pub fn key_bits(&self) -> Option<&[u8]> {
        let mut inside = Element::only(&self.0.spki).ok()?.inside();
        inside.next().ok()?;
        inside.next().ok()?.bits().ok()
    }

    /// The public key; decoded once and kept.
    ///
    /// # Errors
    /// When the key is of an unknown kind or malformed.
    pub fn key(&self) -> Result<&PublicKey, &KeyError> {
        self.0
            .key
            .get_or_init(|| PublicKey::read(&self.0.spki))
            .as_ref()
    }

    /// The certificate as `x509-parser` sees it, for reading who its holder is.
    #[must_use]
    pub fn view(&self) -> Option<X509Certificate<'_>> {
        X509Certificate::from_der(&self.0.der)
            .ok()
            .map(|(_, certificate)| certificate)
    }

    /// The certificate for people.
    #[must_use]
    pub fn facts(&self) -> CertificateFacts {
        CertificateFacts {
            subject: self.0.subject.text().to_owned(),
            issuer: self.0.issuer.text().to_owned(),
            serial: hex::encode(&self.0.serial),
            sha256: self.0.sha256,
            not_before: self.0.not_before,
            not_after: self.0.not_after,
        }
    }
}

impl PartialEq for Certificate {
    fn eq(&self, other: &Self) -> bool {
        self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.0.subject.text())
    }
}

fn read(der: Vec<u8>) -> Result<Parsed, CertificateError> {
    let (rest, certificate) =
        X509Certificate::from_der(&der).map_err(|_| CertificateError::Malformed)?;
    if !rest.is_empty() {
        return Err(CertificateError::Trailing);
    }
    let signed = signed_parts(&der).ok_or(CertificateError::Malformed)?;
    if signed.inner_algorithm != signed.algorithm {
        return Err(CertificateError::AlgorithmFields);
    }
    certificate
        .tbs_certificate
        .extensions_map()
        .map_err(|_| CertificateError::DuplicateExtension)?;
    let time = |seconds| Timestamp::from_second(seconds).map_err(|_| CertificateError::Validity);
    let tbs = &certificate.tbs_certificate;
    let version = tbs.version.0.saturating_add(1);
    if version < 3 && !tbs.extensions().is_empty() {
        return Err(CertificateError::Malformed);
    }
    let issuer = Name::read(&tbs.issuer);
    let extensions = read_extensions(tbs.extensions(), &issuer)?;
    Ok(Parsed {
        sha256: Sha256::of(&der),
        version,
        serial: tbs.raw_serial().to_vec(),
        issuer,
        subject: Name::read(&tbs.subject),
        not_before: time(tbs.validity.not_before.timestamp())?,
        not_after: time(tbs.validity.not_after.timestamp())?,
        tbs: signed.tbs.to_vec(),
        algorithm: SignatureAlgorithm::read(signed.algorithm),
        signature: signed.value.to_vec(),
        spki: tbs.subject_pki.raw.to_vec(),
        key: OnceLock::new(),
        extensions,
        der,
    })
}

/// The parts that both certificates and CRLs are made of: `SEQUENCE { tbs, algorithm, BIT STRING }`.
pub(super) struct SignedParts<'a> {
    pub(super) tbs: &'a [u8],
    pub(super) inner_algorithm: &'a [u8],
    pub(super) algorithm: &'a [u8],
    pub(super) value: &'a [u8],
}

fn signed_parts(der: &[u8]) -> Option<SignedParts<'_>> {
    let mut outer = Element::only(der)
        .ok()?
        .expect(tag::SEQUENCE)
        .ok()?
        .inside();
    let tbs = outer.expect(tag::SEQUENCE).ok()?;
    let algorithm = outer.expect(tag::SEQUENCE).ok()?;
    let value = outer.expect(tag::BIT_STRING).ok()?.bits().ok()?;
    outer.finish().ok()?;
    let mut inside: Reader<'_> = tbs.inside();
    inside.optional(tag::context(0)).ok()?;
    inside.expect(tag::INTEGER).ok()?;
    let inner_algorithm = inside.expect(tag::SEQUENCE).ok()?;
    Some(SignedParts {
        tbs: tbs.raw,
        inner_algorithm: inner_algorithm.raw,
        algorithm: algorithm.raw,
        value,
    })
}

/// Critical extensions whose meaning is known though nothing here reads them: CRL distribution points, issuer
/// alternative name, authority and subject information access, freshest CRL, qualified certificate statements.
const UNDERSTOOD: &[&str] = &[
    "2.5.29.31",
    "2.5.29.18",
    "1.3.6.1.5.5.7.1.1",
    "1.3.6.1.5.5.7.1.11",
    "2.5.29.46",
    "1.3.6.1.5.5.7.1.3",
    "2.5.29.9",
];

const OCSP_NO_CHECK: &str = "1.3.6.1.5.5.7.48.1.5";

fn read_extensions(
    list: &[X509Extension<'_>],
    issuer: &Name,
) -> Result<Extensions, CertificateError> {
    let mut out = Extensions::default();
    for extension in list {
        let oid = extension.oid.to_id_string();
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(constraints) => {
                out.basic_constraints = Some(BasicConstraints {
                    ca: constraints.ca,
                    path_length: constraints.path_len_constraint,
                });
            }
            ParsedExtension::KeyUsage(usage) => {
                out.key_usage = Some(KeyUsage {
                    digital_signature: usage.digital_signature(),
                    content_commitment: usage.non_repudiation(),
                    certificate_sign: usage.key_cert_sign(),
                    crl_sign: usage.crl_sign(),
                });
            }
            ParsedExtension::ExtendedKeyUsage(_) => {
                out.extended_key_usage = Some(ExtendedKeyUsage {
                    critical: extension.critical,
                    purposes: key_purposes(extension.value)
                        .ok_or(CertificateError::Extension(oid))?,
                });
            }
            ParsedExtension::SubjectKeyIdentifier(id) => out.subject_key_id = Some(id.0.to_vec()),
            ParsedExtension::AuthorityKeyIdentifier(id) => {
                out.authority_key_id = id.key_identifier.as_ref().map(|id| id.0.to_vec());
            }
            ParsedExtension::CertificatePolicies(policies) => {
                out.policies = Some(
                    policies
                        .iter()
                        .map(|policy| policy.policy_id.to_id_string())
                        .collect(),
                );
            }
            ParsedExtension::PolicyMappings(mappings) => {
                out.policy_mappings = mappings
                    .mappings
                    .iter()
                    .map(|mapping| {
                        (
                            mapping.issuer_domain_policy.to_id_string(),
                            mapping.subject_domain_policy.to_id_string(),
                        )
                    })
                    .collect();
            }
            ParsedExtension::PolicyConstraints(constraints) => {
                out.require_explicit_policy = constraints.require_explicit_policy;
                out.inhibit_policy_mapping = constraints.inhibit_policy_mapping;
            }
            ParsedExtension::InhibitAnyPolicy(inhibit) => {
                out.inhibit_any_policy = Some(inhibit.skip_certs);
            }
            ParsedExtension::NameConstraints(constraints) => {
                let subtrees = |list: &Option<Vec<_>>| -> Vec<GeneralName> {
                    list.iter()
                        .flatten()
                        .map(|subtree: &x509_parser::extensions::GeneralSubtree<'_>| {
                            GeneralName::read(&subtree.base)
                        })
                        .collect()
                };
                out.name_constraints = Some(NameConstraints {
                    permitted: subtrees(&constraints.permitted_subtrees),
                    excluded: subtrees(&constraints.excluded_subtrees),
                });
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                out.alternative_names = names.general_names.iter().map(GeneralName::read).collect();
            }
            ParsedExtension::CRLDistributionPoints(_) => {
                out.crl_points = crl_points(extension.value, issuer)
                    .map_err(|_| CertificateError::Extension(oid))?;
            }
            // What decides about paths must be readable even when it is not critical.
            ParsedExtension::ParseError { .. } if decides(&oid) || extension.critical => {
                return Err(CertificateError::Extension(oid));
            }
            _ if oid == OCSP_NO_CHECK => out.ocsp_no_check = true,
            _ if extension.critical && !UNDERSTOOD.contains(&oid.as_str()) => {
                out.unknown_critical.push(oid);
            }
            _ => {}
        }
    }
    Ok(out)
}

/// Extensions that path validation reads: all of `id-ce` from subject alternative name to extended key usage.
fn decides(oid: &str) -> bool {
    matches!(
        oid,
        "2.5.29.15"
            | "2.5.29.17"
            | "2.5.29.19"
            | "2.5.29.30"
            | "2.5.29.32"
            | "2.5.29.33"
            | "2.5.29.36"
            | "2.5.29.37"
            | "2.5.29.54"
    )
}

fn key_purposes(value: &[u8]) -> Option<Vec<String>> {
    let mut inside = Element::only(value)
        .ok()?
        .expect(tag::SEQUENCE)
        .ok()?
        .inside();
    let mut purposes = Vec::new();
    while let Some(purpose) = inside.next_if_any().ok()? {
        purposes.push(purpose.oid().ok()?);
    }
    Some(purposes)
}

/// `CRLDistributionPoints` (§4.2.1.13): the names of all points.
fn crl_points(value: &[u8], issuer: &Name) -> Result<Vec<GeneralName>, Asn1Error> {
    let mut names = Vec::new();
    let mut points = Element::only(value)?.expect(tag::SEQUENCE)?.inside();
    while let Some(point) = points.next_if_any()? {
        if let Some(name) = point.inside().optional(tag::context(0))? {
            names.extend(distribution_point_name(&Element::only(name.body)?, issuer)?);
        }
    }
    Ok(names)
}

/// `DistributionPointName`: full names, or one that continues the name of the CRL's issuer. Read here because
/// `x509-parser` 0.18 loses names of the second kind without a word, and a list for one point then seems to cover all.
pub(super) fn distribution_point_name(
    choice: &Element<'_>,
    issuer: &Name,
) -> Result<Vec<GeneralName>, Asn1Error> {
    let mut names = Vec::new();
    match choice.tag {
        0xa0 => {
            let mut list = choice.inside();
            while let Some(name) = list.next_if_any()? {
                names.push(GeneralName::from_element(&name)?);
            }
        }
        0xa1 => names.push(GeneralName::Directory(
            issuer.continued(choice.body).ok_or(Asn1Error::Unexpected)?,
        )),
        _ => return Err(Asn1Error::Unexpected),
    }
    Ok(names)
}

impl GeneralName {
    /// Reads one element of `GeneralNames`.
    fn from_element(element: &Element<'_>) -> Result<Self, Asn1Error> {
        let text = || String::from_utf8(element.body.to_vec()).map_err(|_| Asn1Error::Unexpected);
        Ok(match element.tag {
            0x81 => Self::Email(text()?),
            0x82 => Self::Dns(text()?),
            0x86 => Self::Uri(text()?),
            0x87 => Self::Ip(element.body.to_vec()),
            0xa4 => Self::Directory(Name::parse(element.body).ok_or(Asn1Error::Unexpected)?),
            other => Self::Other(other & 0x1f),
        })
    }

    fn read(name: &ParsedName<'_>) -> Self {
        match name {
            ParsedName::RFC822Name(text) => Self::Email((*text).to_owned()),
            ParsedName::DNSName(text) => Self::Dns((*text).to_owned()),
            ParsedName::DirectoryName(name) => Self::Directory(Name::read(name)),
            ParsedName::URI(text) => Self::Uri((*text).to_owned()),
            ParsedName::IPAddress(bytes) => Self::Ip(bytes.to_vec()),
            ParsedName::OtherName(..) => Self::Other(0),
            ParsedName::X400Address(_) => Self::Other(3),
            ParsedName::EDIPartyName(_) => Self::Other(5),
            ParsedName::RegisteredID(_) => Self::Other(8),
            // Unreadable: treated as its own form, so that a constraint on that form refuses it.
            ParsedName::Invalid(tag, _) => Self::Other(u8::try_from(tag.0).unwrap_or(u8::MAX)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::verify::crypto::{Verdict, verify};
    use crate::verify::forge::{Spec, Subject, ca, extension, issue, signer, try_issue};

    /// Whatever is changed in a certificate, it can't be read any more, or its issuer's signature no longer holds.
    #[test]
    fn no_flipped_bit_survives() {
        let (authority, person) = (Subject::new("Raíz"), Subject::new("Ana"));
        let root = issue(&authority, &authority, ca());
        let genuine = issue(&person, &authority, signer());
        for position in 0..genuine.der().len() {
            for bit in 0..8 {
                let mut der = genuine.der().to_vec();
                der[position] ^= 1 << bit;
                let Ok(mutant) = Certificate::parse(der) else {
                    continue;
                };
                let verdict = verify(
                    root.key(),
                    mutant.algorithm(),
                    None,
                    &[mutant.tbs()],
                    mutant.signature(),
                );
                assert_ne!(verdict, Verdict::Valid, "byte {position}, bit {bit}");
            }
        }
    }

    #[test]
    fn refuses_what_is_no_certificate() {
        let person = Subject::new("Ana");
        let der = issue(&person, &person, signer()).der().to_vec();
        assert_eq!(
            Certificate::parse(Vec::new()).err(),
            Some(CertificateError::Malformed)
        );
        for length in 0..der.len() {
            assert!(Certificate::parse(der[..length].to_vec()).is_err());
        }
        let behind = [der.as_slice(), &[0]].concat();
        assert_eq!(
            Certificate::parse(behind).err(),
            Some(CertificateError::Trailing)
        );
        // NameConstraints that can't be read must not be taken for none, critical or not.
        let unreadable = Spec {
            extra: vec![extension("2.5.29.30", false, "0500")],
            ..ca()
        };
        assert_eq!(
            try_issue(&person, &person, unreadable).err(),
            Some(CertificateError::Extension("2.5.29.30".to_owned()))
        );
    }

    #[test]
    fn names_compare_without_case_and_blanks_but_not_without_letters() {
        let name = |text: &str| issue(&Subject::new(text), &Subject::new("Raíz"), signer());
        let (one, same, other) = (name("Ana  Pérez"), name(" ANA PÉREZ"), name("Ana Perez"));
        assert!(one.subject().matches(same.subject()));
        assert!(!one.subject().matches(other.subject()));
        assert_eq!(one.subject().text(), "CN=Ana  Pérez,O=Prueba");
    }
}
