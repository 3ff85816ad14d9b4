//! X.509 certificates (RFC 5280 §4): read once, kept with the very bytes that were read.
//!
//! `x509-parser` reads the structure and the extensions; what path validation needs is taken over into owned values,
//! so that a certificate can live in a trust store and keep its decoded public key.

use std::fmt;
use std::ops::Range;
use std::sync::{Arc, OnceLock};

use jiff::Timestamp;
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName as ParsedName, ParsedExtension, X509Extension};
use x509_parser::prelude::FromDer;
use x509_parser::x509::X509Name;

use super::asn1::{Asn1Error, Element, Reader, oid_text, range_in, tag};
use super::crypto::{self, KeyError, PublicKey, SignatureAlgorithm, Verdict};
use super::name::{Name, dotted};
use super::policy::{MAX_CERTIFICATE_BYTES, MAX_NAME_BYTES, MAX_NAME_PARTS, MAX_POINT_NAMES};
use super::report::CertificateFacts;
use super::time;
use super::verified::Verified;
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
    /// Longer than [`MAX_CERTIFICATE_BYTES`], or a name than [`MAX_NAME_BYTES`] or of more than [`MAX_NAME_PARTS`].
    #[error("the certificate or a name in it is too long")]
    TooLong,
    /// Bytes behind the certificate.
    #[error("there are bytes behind the certificate")]
    Trailing,
    /// The signed and the outer signature algorithm differ (RFC 5280 §4.1.1.2).
    #[error("the two signature algorithm fields of the certificate differ")]
    AlgorithmFields,
    /// The same extension twice (RFC 5280 §4.2).
    #[error("the certificate has an extension twice")]
    DuplicateExtension,
    /// A validity date in a form that RFC 5280 §4.1.2.5 does not allow.
    #[error("the certificate has an unreadable validity date")]
    Validity,
    /// Nobody is named as its issuer (RFC 5280 §4.1.2.4).
    #[error("the certificate names no issuer")]
    NoIssuer,
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
    key_sha256: OnceLock<Sha256>,
    verified: Verified,
    extensions: Extensions,
    listed: Vec<Listed>,
}

/// One extension as it stands in the certificate.
struct Listed {
    oid: String,
    critical: bool,
    /// Place of its contents.
    value: Range<usize>,
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
    /// §4.2.1.13: where its revocation lists are.
    pub crl_points: Vec<DistributionPoint>,
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

/// `DistributionPoint` (§4.2.1.13).
#[derive(Debug, Clone, Default)]
pub struct DistributionPoint {
    /// Its names: addresses, and names in the directory.
    pub names: Vec<GeneralName>,
    /// Which reasons its lists cover, as the bits of `ReasonFlags`; nothing for all of them.
    pub reasons: Option<u16>,
    /// Who issues its lists, where it is not the issuer of the certificate.
    pub issuers: Vec<GeneralName>,
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

    /// Fingerprint of its `SubjectPublicKeyInfo`; computed once and kept.
    #[must_use]
    pub fn key_sha256(&self) -> Sha256 {
        *self.0.key_sha256.get_or_init(|| Sha256::of(&self.0.spki))
    }

    /// RFC 5280 §6.1.3 (a)(1): whether the key of `issuer` verifies its signature; computed once for each issuer.
    #[must_use]
    pub fn signed_by(&self, issuer: &Self) -> Verdict {
        let own = &*self.0;
        own.verified.by(issuer, || {
            let parts: &[&[u8]] = &[&own.tbs];
            crypto::verify(issuer.key(), &own.algorithm, None, parts, &own.signature)
        })
    }

    /// Contents of the extension with this identifier, in dotted text.
    #[must_use]
    pub fn extension(&self, oid: &str) -> Option<&[u8]> {
        self.0.der.get(self.listed(oid)?.value.clone())
    }

    /// Whether it has this extension and calls it critical.
    #[must_use]
    pub fn is_critical(&self, oid: &str) -> bool {
        self.listed(oid).is_some_and(|extension| extension.critical)
    }

    fn listed(&self, oid: &str) -> Option<&Listed> {
        let mut listed = self.0.listed.iter();
        listed.find(|extension| extension.oid == oid)
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
        Arc::ptr_eq(&self.0, &other.0) || self.0.der == other.0.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Certificate({})", self.0.subject.text())
    }
}

fn read(der: Vec<u8>) -> Result<Parsed, CertificateError> {
    if der.len() > MAX_CERTIFICATE_BYTES {
        return Err(CertificateError::TooLong);
    }
    let (rest, certificate) =
        X509Certificate::from_der(&der).map_err(|_| CertificateError::Malformed)?;
    if !rest.is_empty() {
        return Err(CertificateError::Trailing);
    }
    let parts = Parts::read(&der).map_err(|_| CertificateError::Malformed)?;
    // §4.1.1.2: the signed and the outer algorithm are the same.
    if parts.inner_algorithm != parts.algorithm {
        return Err(CertificateError::AlgorithmFields);
    }
    let tbs = &certificate.tbs_certificate;
    if parts.repeats_extension {
        return Err(CertificateError::DuplicateExtension);
    }
    let version = tbs.version.0.saturating_add(1);
    // §4.1.2.1: unique identifiers came with version 2, extensions with version 3.
    let fits = match version {
        1 => !parts.unique_ids && tbs.extensions().is_empty(),
        2 => tbs.extensions().is_empty(),
        3 => true,
        _ => false,
    };
    if !fits {
        return Err(CertificateError::Malformed);
    }
    let too_long = |name: &X509Name<'_>| {
        name.as_raw().len() > MAX_NAME_BYTES || name.iter_rdn().count() > MAX_NAME_PARTS
    };
    if too_long(&tbs.issuer) || too_long(&tbs.subject) {
        return Err(CertificateError::TooLong);
    }
    let issuer = Name::read(&tbs.issuer);
    if issuer.is_empty() {
        return Err(CertificateError::NoIssuer);
    }
    let extensions = read_extensions(tbs.extensions(), &parts.extensions, &issuer)?;
    Ok(Parsed {
        sha256: Sha256::of(&der),
        version,
        serial: parts.serial.to_vec(),
        issuer,
        subject: Name::read(&tbs.subject),
        not_before: validity_date(&parts.not_before)?,
        not_after: validity_date(&parts.not_after)?,
        tbs: parts.tbs.to_vec(),
        algorithm: SignatureAlgorithm::read(parts.algorithm),
        signature: parts.value.to_vec(),
        spki: tbs.subject_pki.raw.to_vec(),
        key: OnceLock::new(),
        key_sha256: OnceLock::new(),
        verified: Verified::default(),
        extensions,
        listed: parts.extensions,
        der,
    })
}

/// The parts of a certificate as sent. `x509-parser` passes over what follows the last field it knows, and hides how
/// numbers and dates were written; here nothing is passed over.
struct Parts<'a> {
    tbs: &'a [u8],
    inner_algorithm: &'a [u8],
    algorithm: &'a [u8],
    value: &'a [u8],
    serial: &'a [u8],
    not_before: Element<'a>,
    not_after: Element<'a>,
    unique_ids: bool,
    extensions: Vec<Listed>,
    /// The same extension twice (§4.2).
    repeats_extension: bool,
}

impl<'a> Parts<'a> {
    fn read(der: &'a [u8]) -> Result<Self, Asn1Error> {
        let mut outer = Element::only(der)?.expect(tag::SEQUENCE)?.inside();
        let tbs = outer.expect(tag::SEQUENCE)?;
        let algorithm = outer.expect(tag::SEQUENCE)?;
        let value = outer.expect(tag::BIT_STRING)?.bits()?;
        outer.finish()?;
        let mut inside: Reader<'_> = tbs.inside();
        inside.optional(tag::context(0))?;
        let serial = inside.expect(tag::INTEGER)?.body;
        // Lists are searched for the very octets, so there must be one way to write them (X.690 §8.3.2). Negative, zero and
        // long serial numbers are no less unique.
        let padded = match serial {
            [] => true,
            [0x00, second, ..] => second & 0x80 == 0,
            [0xff, second, ..] => second & 0x80 != 0,
            _ => false,
        };
        if padded {
            return Err(Asn1Error::Unexpected);
        }
        let inner_algorithm = inside.expect(tag::SEQUENCE)?;
        inside.expect(tag::SEQUENCE)?;
        let mut validity = inside.expect(tag::SEQUENCE)?.inside();
        let (not_before, not_after) = (validity.next()?, validity.next()?);
        validity.finish()?;
        inside.expect(tag::SEQUENCE)?;
        inside.expect(tag::SEQUENCE)?;
        let mut unique_ids = false;
        for number in [1, 2] {
            unique_ids |= inside.optional(tag::context_primitive(number))?.is_some();
        }
        let mut listed = Vec::new();
        let mut oids = Vec::new();
        if let Some(explicit) = inside.optional(tag::context(3))? {
            let mut extensions = Element::only(explicit.body)?
                .expect(tag::SEQUENCE)?
                .inside();
            while let Some(extension) = extensions.next_if_any()? {
                let (oid, critical, value) = check_extension(&extension)?;
                oids.push(oid);
                listed.push(Listed {
                    oid: oid_text(oid)?,
                    critical,
                    value: range_in(der, value).ok_or(Asn1Error::Truncated)?,
                });
            }
        }
        inside.finish()?;
        oids.sort_unstable();
        oids.dedup();
        Ok(Self {
            tbs: tbs.raw,
            inner_algorithm: inner_algorithm.raw,
            algorithm: algorithm.raw,
            value,
            serial,
            not_before,
            not_after,
            unique_ids,
            repeats_extension: oids.len() < listed.len(),
            extensions: listed,
        })
    }
}

/// The form of an `Extension` (§4.1): nothing behind its parts, nothing behind the one value of an extension that decides
/// about paths, and a criticality that can't be taken for its opposite. Gives the octets of its identifier, whether it is
/// critical, and its contents.
fn check_extension<'a>(extension: &Element<'a>) -> Result<(&'a [u8], bool, &'a [u8]), Asn1Error> {
    let mut inside = extension.expect(tag::SEQUENCE)?.inside();
    let oid = inside.next()?.oid_octets()?;
    let critical = match inside.optional(tag::BOOLEAN)?.map(|it| it.body) {
        None | Some([0x00]) => false,
        Some([0xff]) => true,
        Some(_) => return Err(Asn1Error::Unexpected),
    };
    let value = inside.expect(tag::OCTET_STRING)?.body;
    inside.finish()?;
    if decides(oid) {
        Element::only(value)?;
    }
    Ok((oid, critical, value))
}

/// §4.1.2.5: `YYMMDDHHMMSSZ` or `YYYYMMDDHHMMSSZ`, with seconds, without fraction or offset. A year before 2050 in the
/// second form is against the letter and not ambiguous (PKITS 4.2.4 has it pass). `99991231235959Z` stands for no end at all.
fn validity_date(element: &Element<'_>) -> Result<Timestamp, CertificateError> {
    let (zone, digits) = element
        .body
        .split_last()
        .ok_or(CertificateError::Validity)?;
    let length = match element.tag {
        tag::UTC_TIME => 12,
        tag::GENERALIZED_TIME => 14,
        _ => return Err(CertificateError::Validity),
    };
    if digits.len() != length || !digits.iter().all(u8::is_ascii_digit) || *zone != b'Z' {
        return Err(CertificateError::Validity);
    }
    if digits == NO_END {
        return Ok(Timestamp::MAX);
    }
    time::read(element).map_err(|_| CertificateError::Validity)
}

/// §4.1.2.5: "no well-defined expiration date".
const NO_END: &[u8] = b"99991231235959";

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

/// `id-on-SmtpUTF8Mailbox` (RFC 9598 §3).
const SMTP_UTF8_MAILBOX: &str = "1.3.6.1.5.5.7.8.9";

const OCSP_NO_CHECK: &str = "1.3.6.1.5.5.7.48.1.5";

/// `listed` are the same extensions, in the same order.
fn read_extensions(
    list: &[X509Extension<'_>],
    listed: &[Listed],
    issuer: &Name,
) -> Result<Extensions, CertificateError> {
    let mut out = Extensions::default();
    for (extension, Listed { oid, .. }) in list.iter().zip(listed) {
        let unreadable = || CertificateError::Extension(oid.clone());
        match extension.parsed_extension() {
            ParsedExtension::BasicConstraints(_) => {
                out.basic_constraints =
                    Some(basic_constraints(extension.value).map_err(|_| unreadable())?);
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
                    purposes: key_purposes(extension.value).ok_or_else(unreadable)?,
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
                        .map(|policy| dotted(&policy.policy_id))
                        .collect(),
                );
            }
            ParsedExtension::PolicyMappings(mappings) => {
                out.policy_mappings = mappings
                    .mappings
                    .iter()
                    .map(|mapping| {
                        (
                            dotted(&mapping.issuer_domain_policy),
                            dotted(&mapping.subject_domain_policy),
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
            ParsedExtension::NameConstraints(_) => {
                out.name_constraints =
                    Some(name_constraints(extension.value).map_err(|_| unreadable())?);
            }
            ParsedExtension::SubjectAlternativeName(names) => {
                out.alternative_names = names.general_names.iter().map(GeneralName::read).collect();
            }
            ParsedExtension::CRLDistributionPoints(_) => {
                out.crl_points = crl_points(extension.value, issuer).map_err(|_| unreadable())?;
            }
            // What decides about paths must be readable even when it is not critical.
            ParsedExtension::ParseError { .. }
                if decides(extension.oid.as_bytes()) || extension.critical =>
            {
                return Err(unreadable());
            }
            _ if *oid == OCSP_NO_CHECK => out.ocsp_no_check = true,
            _ if extension.critical && !UNDERSTOOD.contains(&oid.as_str()) => {
                out.unknown_critical.push(oid.clone());
            }
            _ => {}
        }
    }
    Ok(out)
}

/// Extensions that path validation reads: those of `id-ce` (2.5.29) from key usage to the inhibition of any policy. Given as
/// the octets of the identifier.
fn decides(oid: &[u8]) -> bool {
    matches!(
        oid,
        [0x55, 0x1d, 15 | 17 | 19 | 30 | 32 | 33 | 36 | 37 | 54]
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

/// `Extension` (§4.1): identifier, criticality, contents.
pub(super) fn extension_parts<'a>(
    extension: &Element<'a>,
) -> Result<(String, bool, &'a [u8]), Asn1Error> {
    let mut inside = extension.expect(tag::SEQUENCE)?.inside();
    let oid = inside.next()?.oid()?;
    let critical = match inside.optional(tag::BOOLEAN)? {
        Some(critical) => critical.boolean()?,
        None => false,
    };
    let value = inside.expect(tag::OCTET_STRING)?.body;
    inside.finish()?;
    Ok((oid, critical, value))
}

/// Whether any extension of a list of them is critical: where none is understood, that decides.
pub(super) fn has_critical(mut extensions: Reader<'_>) -> Result<bool, Asn1Error> {
    while let Some(extension) = extensions.next_if_any()? {
        let (_, critical, _) = extension_parts(&extension)?;
        if critical {
            return Ok(true);
        }
    }
    Ok(false)
}

/// `CRLDistributionPoints` (§4.2.1.13).
fn crl_points(value: &[u8], issuer: &Name) -> Result<Vec<DistributionPoint>, Asn1Error> {
    let mut points = Vec::new();
    let mut list = Element::only(value)?.expect(tag::SEQUENCE)?.inside();
    while let Some(element) = list.next_if_any()? {
        let mut point = DistributionPoint::default();
        let mut parts = element.expect(tag::SEQUENCE)?.inside();
        while let Some(part) = parts.next_if_any()? {
            match part.tag {
                0xa0 => point.names = distribution_point_name(&Element::only(part.body)?, issuer)?,
                0x81 => point.reasons = Some(reason_flags(part.body)?),
                0xa2 => {
                    let mut names = part.inside();
                    while let Some(name) = names.next_if_any()? {
                        point.issuers.push(GeneralName::from_element(&name)?);
                    }
                }
                _ => return Err(Asn1Error::Unexpected),
            }
        }
        points.push(point);
    }
    Ok(points)
}

/// `ReasonFlags` (§4.2.1.13): bit `n` of the number for bit `n` of the BIT STRING, given as its contents octets.
pub(super) fn reason_flags(body: &[u8]) -> Result<u16, Asn1Error> {
    let (_, octets) = body.split_first().ok_or(Asn1Error::Unexpected)?;
    let mut flags = 0;
    for (octet, shift) in octets.iter().zip([0, 8]) {
        flags |= u16::from(octet.reverse_bits()) << shift;
    }
    Ok(flags)
}

/// `BasicConstraints` (§4.2.1.9). Read here because `x509-parser` takes a truth that is not DER's (X.690 §11.1), which another
/// reader may take for its opposite.
fn basic_constraints(value: &[u8]) -> Result<BasicConstraints, Asn1Error> {
    let mut inside = Element::only(value)?.expect(tag::SEQUENCE)?.inside();
    let ca = match inside.optional(tag::BOOLEAN)?.map(|ca| ca.body) {
        None | Some([0x00]) => false,
        Some([0xff]) => true,
        Some(_) => return Err(Asn1Error::Unexpected),
    };
    let path_length = inside
        .optional(tag::INTEGER)?
        .map(|length| length.small())
        .transpose()?;
    inside.finish()?;
    Ok(BasicConstraints { ca, path_length })
}

/// `NameConstraints` (§4.2.1.10). Read here because `x509-parser` passes over `minimum` and `maximum`, which would make a
/// subtree another one: they must be left out (RFC 5280) or be understood, and nobody uses them.
fn name_constraints(value: &[u8]) -> Result<NameConstraints, Asn1Error> {
    let mut out = NameConstraints::default();
    let mut lists = Element::only(value)?.expect(tag::SEQUENCE)?.inside();
    let mut any = false;
    while let Some(list) = lists.next_if_any()? {
        any = true;
        let into = match list.tag {
            0xa0 => &mut out.permitted,
            0xa1 => &mut out.excluded,
            _ => return Err(Asn1Error::Unexpected),
        };
        let mut subtrees = list.inside();
        while let Some(subtree) = subtrees.next_if_any()? {
            let mut parts = subtree.expect(tag::SEQUENCE)?.inside();
            into.push(GeneralName::from_element(&parts.next()?)?);
            parts.finish()?;
        }
    }
    if any {
        Ok(out)
    } else {
        Err(Asn1Error::Unexpected)
    }
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
                if names.len() >= MAX_POINT_NAMES {
                    return Err(Asn1Error::Unexpected);
                }
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
    pub(super) fn from_element(element: &Element<'_>) -> Result<Self, Asn1Error> {
        let text = || String::from_utf8(element.body.to_vec()).map_err(|_| Asn1Error::Unexpected);
        Ok(match element.tag {
            0x81 => Self::Email(text()?),
            0x82 => Self::Dns(text()?),
            0x86 => Self::Uri(text()?),
            0x87 => Self::Ip(element.body.to_vec()),
            0xa4 => Self::Directory(Name::parse(element.body).ok_or(Asn1Error::Unexpected)?),
            0xa0 => {
                let mut parts = element.inside();
                Self::other_name(&parts.next()?.oid()?, parts.rest())
            }
            other => Self::Other(other & 0x1f),
        })
    }

    /// `otherName`: by its kind, and the value with its explicit tag. A mailbox with characters beyond ASCII is subject to the
    /// constraints on mailboxes (RFC 9598 §6), and one that can't be read is a mailbox nobody can compare.
    fn other_name(kind: &str, value: &[u8]) -> Self {
        const UTF8_STRING: u8 = 0x0c;
        if kind != SMTP_UTF8_MAILBOX {
            return Self::Other(0);
        }
        let text = Element::only(value)
            .and_then(|explicit| Element::only(explicit.body))
            .and_then(|text| text.expect(UTF8_STRING))
            .map(|text| String::from_utf8_lossy(text.body).into_owned());
        Self::Email(text.unwrap_or_default())
    }

    fn read(name: &ParsedName<'_>) -> Self {
        match name {
            ParsedName::RFC822Name(text) => Self::Email((*text).to_owned()),
            ParsedName::DNSName(text) => Self::Dns((*text).to_owned()),
            ParsedName::DirectoryName(name) => Self::Directory(Name::read(name)),
            ParsedName::URI(text) => Self::Uri((*text).to_owned()),
            ParsedName::IPAddress(bytes) => Self::Ip(bytes.to_vec()),
            ParsedName::OtherName(kind, value) => Self::other_name(&dotted(kind), value),
            ParsedName::X400Address(_) => Self::Other(3),
            ParsedName::EDIPartyName(_) => Self::Other(5),
            ParsedName::RegisteredID(_) => Self::Other(8),
            // Unreadable: treated as its own form, so that a constraint on that form refuses it.
            ParsedName::Invalid(tag, _) => Self::Other(u8::try_from(tag.0).unwrap_or(u8::MAX)),
        }
    }
}

#[cfg(test)]
mod tests;
