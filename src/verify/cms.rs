//! `SignedData`: its structure (RFC 5652 §5.1) read leniently where signers are careless, and one signature judged
//! strictly (§5.4–5.6, §11; CAdES attributes of RFC 5035; RFC 6211).
//!
//! The signed attributes are verified over the bytes that were sent. Certificates and revocation answers are handed out
//! as bytes: one that can't be read must not take the message with it.

mod material;
mod texts;

use std::borrow::Cow;

use jiff::Timestamp;

use super::asn1::{Asn1Error, Element, Reader, tag};
use super::certificate::{Certificate, GeneralName};
use super::content::Content;
use super::crypto::{self, Digest, SignatureAlgorithm, Verdict};
use super::name::Name;
use super::policy;
use super::report::{Code, Finding, Integrity, Statement, StatementPlace};
use super::time;

pub use material::{Choice, Choices, Digests, Material, digests};

type Result<T> = std::result::Result<T, Asn1Error>;

const ID_DATA: &str = "1.2.840.113549.1.7.1";
const ID_SIGNED_DATA: &str = "1.2.840.113549.1.7.2";
const ATTR_CONTENT_TYPE: &str = "1.2.840.113549.1.9.3";
const ATTR_MESSAGE_DIGEST: &str = "1.2.840.113549.1.9.4";
const ATTR_SIGNING_TIME: &str = "1.2.840.113549.1.9.5";
const ATTR_COMMITMENT_TYPE: &str = "1.2.840.113549.1.9.16.2.16";
/// Attributes in which the signer says something besides: place, roles, what the content is.
const ATTR_SIGNER_LOCATION: &str = "1.2.840.113549.1.9.16.2.17";
const ATTR_SIGNER_ATTRIBUTES: &str = "1.2.840.113549.1.9.16.2.18";
const ATTR_SIGNER_ATTRIBUTES_V2: &str = "0.4.0.19122.1.1";
const ATTR_CONTENT_HINTS: &str = "1.2.840.113549.1.9.16.2.4";
const ATTR_COUNTER_SIGNATURE: &str = "1.2.840.113549.1.9.6";
const ATTR_ALGORITHM_PROTECTION: &str = "1.2.840.113549.1.9.52";
const ATTR_SIGNING_CERTIFICATE: &str = "1.2.840.113549.1.9.16.2.12";
const ATTR_SIGNING_CERTIFICATE_V2: &str = "1.2.840.113549.1.9.16.2.47";
const ATTR_TIMESTAMP: &str = "1.2.840.113549.1.9.16.2.14";
const ATTR_CONTENT_TIMESTAMP: &str = "1.2.840.113549.1.9.16.2.20";
const ATTR_ARCHIVE_TIMESTAMP_V3: &str = "0.4.0.1733.2.4";
/// Unsigned attributes with timestamps of forms that were given up (ETSI EN 319 122-1 annex A; RFC 5126 §6.3, §6.4).
const OTHER_TIMESTAMPS: &[(&str, &str)] = &[
    ("1.2.840.113549.1.9.16.2.25", "escTimeStamp"),
    ("1.2.840.113549.1.9.16.2.26", "certCRLTimestamp"),
    ("1.2.840.113549.1.9.16.2.27", "archive-time-stamp"),
    ("1.2.840.113549.1.9.16.2.48", "archive-time-stamp-v2"),
    ("0.4.0.1733.2.2", "long-term-validation"),
];

/// Signers in one message that are looked at; more is no signature of ours.
const MAX_SIGNERS: usize = policy::MAX_SIGNATURES;

/// A `SignedData` message.
#[derive(Debug)]
pub struct Message<'a> {
    /// `eContentType`.
    pub content_type: String,
    /// The same, as sent.
    pub encoded_content_type: &'a [u8],
    /// `eContent`, if it is inside.
    pub content: Option<Cow<'a, [u8]>>,
    /// `certificates` and `crls`, element by element.
    pub choices: Choices<'a>,
    /// Certificates and revocation answers of the message and of its signers' attributes.
    pub material: Material<'a>,
    /// Signers, in the order of the message.
    pub signers: Vec<SignerInfo<'a>>,
}

/// `SignerInfo` (§5.3).
#[derive(Debug)]
pub struct SignerInfo<'a> {
    /// Which certificate is meant.
    pub id: SignerId<'a>,
    /// Digest, or the identifier of one that is not known.
    pub digest: std::result::Result<Digest, String>,
    signed: Option<SignedAttributes<'a>>,
    algorithm: SignatureAlgorithm,
    /// The signature value.
    pub value: Cow<'a, [u8]>,
    /// Everything up to the signature value, as sent.
    pub fields: &'a [u8],
    unsigned: Vec<Attribute<'a>>,
}

/// `SignerIdentifier` (§5.3).
#[derive(Debug)]
pub enum SignerId<'a> {
    /// Name of the issuer, in DER, and serial number.
    IssuerAndSerial {
        /// The whole `Name`, as sent.
        issuer: Element<'a>,
        /// Octets of the INTEGER.
        serial: &'a [u8],
    },
    /// Subject key identifier.
    KeyId(Cow<'a, [u8]>),
}

#[derive(Debug)]
struct SignedAttributes<'a> {
    element: Element<'a>,
    list: Vec<Attribute<'a>>,
}

/// `Attribute` (§5.3).
#[derive(Debug)]
pub struct Attribute<'a> {
    /// `attrType`.
    pub oid: String,
    /// The same, as sent.
    pub encoded_type: &'a [u8],
    /// `attrValues`, in the order of the message.
    pub values: Vec<Element<'a>>,
}

/// One value of an unsigned attribute.
#[derive(Debug, Clone, Copy)]
pub struct UnsignedValue<'s, 'a> {
    /// Its place among all of them.
    pub number: usize,
    /// Whose value it is.
    pub attribute: &'s Attribute<'a>,
    /// The value.
    pub element: Element<'a>,
}

/// A timestamp token in an unsigned attribute.
#[derive(Debug, Clone, Copy)]
pub struct Token<'a> {
    /// Its place among all unsigned values.
    pub number: usize,
    /// The token, as sent.
    pub bytes: &'a [u8],
}

impl<'a> Message<'a> {
    /// Reads a message in BER or DER. Behind it only zeros may follow, the padding of `/Contents`.
    ///
    /// # Errors
    /// When it is no `SignedData`.
    pub fn parse(bytes: &'a [u8]) -> Result<Self> {
        let mut reader = Reader::new(bytes);
        let outer = reader.expect(tag::SEQUENCE)?;
        if reader.rest().iter().any(|byte| *byte != 0) {
            return Err(Asn1Error::Trailing);
        }
        let mut info = outer.inside();
        if info.next()?.oid()? != ID_SIGNED_DATA {
            return Err(Asn1Error::Unexpected);
        }
        let content = info.expect(tag::context(0))?;
        info.finish()?;
        Self::read(&Element::only(content.body)?.expect(tag::SEQUENCE)?)
    }

    fn read(signed: &Element<'a>) -> Result<Self> {
        let mut inside = signed.inside();
        inside.expect(tag::INTEGER)?.small()?;
        inside.expect(tag::SET)?;
        let mut encapsulated = inside.expect(tag::SEQUENCE)?.inside();
        let identifier = encapsulated.next()?;
        let content_type = identifier.oid()?;
        let content = match encapsulated.optional(tag::context(0))? {
            Some(explicit) => {
                let octets = Element::only(explicit.body)?;
                if octets.tag & 0xdf != tag::OCTET_STRING {
                    return Err(Asn1Error::Unexpected);
                }
                Some(octets.octets()?)
            }
            None => None,
        };
        encapsulated.finish()?;
        let certificates = inside.optional(tag::context(0))?;
        let choices = Choices::new(certificates, inside.optional(tag::context(1))?);
        let mut material = Material::default();
        for choice in choices.iter() {
            material.add_choice(&choice?)?;
        }
        let mut set = inside.expect(tag::SET)?.inside();
        inside.finish()?;
        let mut signers = Vec::new();
        while let Some(signer) = set.next_if_any()? {
            if signers.len() >= MAX_SIGNERS {
                return Err(Asn1Error::Unexpected);
            }
            signers.push(SignerInfo::read(&signer)?);
        }
        for signer in &signers {
            signer.add_material(&mut material);
        }
        Ok(Self {
            content_type,
            encoded_content_type: identifier.raw,
            content,
            choices,
            material,
            signers,
        })
    }
}

impl<'a> SignerInfo<'a> {
    fn read(element: &Element<'a>) -> Result<Self> {
        let mut inside = element.expect(tag::SEQUENCE)?.inside();
        let all = inside.rest();
        inside.expect(tag::INTEGER)?.small()?;
        let id = SignerId::read(&inside.next()?)?;
        let digest = Digest::read(&inside.next()?)?;
        let signed = match inside.optional(tag::context(0))? {
            Some(element) => Some(SignedAttributes {
                element,
                list: attributes(element.inside())?,
            }),
            None => None,
        };
        let algorithm = inside.expect(tag::SEQUENCE)?;
        let value = inside.next()?;
        if value.tag & 0xdf != tag::OCTET_STRING {
            return Err(Asn1Error::Unexpected);
        }
        let (fields, _) = all.split_at(all.len().saturating_sub(inside.rest().len()));
        let unsigned = match inside.optional(tag::context(1))? {
            Some(element) => attributes(element.inside())?,
            None => Vec::new(),
        };
        inside.finish()?;
        Ok(Self {
            id,
            digest,
            signed,
            algorithm: SignatureAlgorithm::read(&algorithm.to_definite(false)?),
            value: value.octets()?,
            fields,
            unsigned,
        })
    }

    /// Signed attributes, in the order of the message; none when the content itself was signed.
    pub fn signed_attributes(&self) -> impl Iterator<Item = &Attribute<'a>> {
        self.signed.iter().flat_map(|signed| &signed.list)
    }

    /// The values of the unsigned attributes, in the order of the message.
    pub fn unsigned_values(&self) -> impl Iterator<Item = UnsignedValue<'_, 'a>> {
        let values = self.unsigned.iter().flat_map(|attribute| {
            let values = attribute.values.iter();
            values.map(move |element| (attribute, *element))
        });
        values
            .enumerate()
            .map(|(number, (attribute, element))| UnsignedValue {
                number,
                attribute,
                element,
            })
    }

    /// Timestamp tokens over the signature value (RFC 3161 appendix A).
    pub fn timestamps(&self) -> impl Iterator<Item = Token<'a>> {
        self.tokens(ATTR_TIMESTAMP)
    }

    /// Archive timestamps that can be judged (ETSI EN 319 122-1 §5.5.3).
    pub fn archive_timestamps(&self) -> impl Iterator<Item = Token<'a>> {
        self.tokens(ATTR_ARCHIVE_TIMESTAMP_V3)
    }

    fn tokens(&self, oid: &'static str) -> impl Iterator<Item = Token<'a>> {
        self.unsigned_values()
            .filter(move |value| value.attribute.oid == oid)
            .take(policy::MAX_TIMESTAMPS)
            .map(|value| Token {
                number: value.number,
                bytes: value.element.raw,
            })
    }

    /// Timestamp tokens over the content, made before it was signed (ETSI EN 319 122-1 §5.2.8), as bytes.
    pub fn content_timestamps(&self) -> impl Iterator<Item = &'a [u8]> {
        self.signed_attributes()
            .filter(|attribute| attribute.oid == ATTR_CONTENT_TIMESTAMP)
            .flat_map(|attribute| attribute.values.iter().map(|value| value.raw))
            .take(policy::MAX_TIMESTAMPS)
    }

    /// What `commitment-type-indication` says that the signature means (ETSI EN 319 122-1 §5.2.3), by the names of the standard; one
    /// that has none, or can't be read, by what stands there.
    #[must_use]
    pub fn commitment_types(&self) -> Vec<String> {
        const NAMES: [(&str, &str); 6] = [
            ("1.2.840.113549.1.9.16.6.1", "proofOfOrigin"),
            ("1.2.840.113549.1.9.16.6.2", "proofOfReceipt"),
            ("1.2.840.113549.1.9.16.6.3", "proofOfDelivery"),
            ("1.2.840.113549.1.9.16.6.4", "proofOfSender"),
            ("1.2.840.113549.1.9.16.6.5", "proofOfApproval"),
            ("1.2.840.113549.1.9.16.6.6", "proofOfCreation"),
        ];
        let name = |value: &Element<'_>| {
            let oid = value.expect(tag::SEQUENCE)?.inside().next()?.oid()?;
            let known = NAMES.iter().find(|(known, _)| *known == oid);
            Ok::<_, Asn1Error>(known.map_or(oid, |(_, name)| (*name).to_owned()))
        };
        self.signed_attributes()
            .filter(|attribute| attribute.oid == ATTR_COMMITMENT_TYPE)
            .flat_map(|attribute| &attribute.values)
            .map(|value| name(value).unwrap_or_else(|_| "?".to_owned()))
            .collect()
    }

    /// What the signer says of place, roles and content, in whatever form it is written: every text there is.
    #[must_use]
    pub fn statements(&self) -> Vec<Statement> {
        let place = |attribute: &Attribute<'_>| match attribute.oid.as_str() {
            ATTR_SIGNER_LOCATION => Some(StatementPlace::Location),
            ATTR_SIGNER_ATTRIBUTES | ATTR_SIGNER_ATTRIBUTES_V2 => Some(StatementPlace::Role),
            ATTR_CONTENT_HINTS => Some(StatementPlace::Content),
            _ => None,
        };
        let mut statements = Vec::new();
        for attribute in self.signed_attributes() {
            let Some(place) = place(attribute) else {
                continue;
            };
            for value in &attribute.values {
                for text in texts::of(value) {
                    statements.push(Statement { place, text });
                }
            }
        }
        statements
    }

    /// Names of the forms of timestamps that are there and are not judged.
    pub fn other_timestamps(&self) -> impl Iterator<Item = &'static str> {
        let name = |attribute: &Attribute<'_>| {
            OTHER_TIMESTAMPS
                .iter()
                .find(|(oid, _)| *oid == attribute.oid)
                .map(|(_, name)| *name)
        };
        self.unsigned.iter().filter_map(name)
    }

    fn add_material(&self, material: &mut Material<'a>) {
        for attribute in self.signed_attributes() {
            for value in &attribute.values {
                material.add_value(attribute, value);
            }
        }
        for value in self.unsigned_values() {
            material.add_value(value.attribute, &value.element);
        }
    }
}

impl<'a> SignerId<'a> {
    fn read(element: &Element<'a>) -> Result<Self> {
        match element.tag {
            tag::SEQUENCE => {
                let mut inside = element.inside();
                let issuer = inside.expect(tag::SEQUENCE)?;
                issuer.check()?;
                let serial = inside.expect(tag::INTEGER)?.body;
                inside.finish()?;
                Ok(Self::IssuerAndSerial { issuer, serial })
            }
            0x80 | 0xa0 => Ok(Self::KeyId(element.octets()?)),
            _ => Err(Asn1Error::Unexpected),
        }
    }

    fn names(&self, certificate: &Certificate) -> bool {
        match self {
            Self::IssuerAndSerial { issuer, serial } => {
                certificate.serial() == *serial
                    && (certificate.issuer().raw() == issuer.raw
                        || definite_name(issuer)
                            .is_some_and(|issuer| issuer.matches(certificate.issuer())))
            }
            Self::KeyId(id) => {
                certificate.extensions().subject_key_id.as_deref() == Some(id.as_ref())
            }
        }
    }
}

/// A name that may have been sent in BER.
fn definite_name(name: &Element<'_>) -> Option<Name> {
    if name.raw.len() > policy::MAX_NAME_BYTES {
        return None;
    }
    Name::parse(&name.to_definite(false).ok()?)
}

fn attributes(mut set: Reader<'_>) -> Result<Vec<Attribute<'_>>> {
    let mut list = Vec::new();
    while let Some(element) = set.next_if_any()? {
        if list.len() >= policy::MAX_ATTRIBUTES {
            return Err(Asn1Error::Unexpected);
        }
        let mut inside = element.expect(tag::SEQUENCE)?.inside();
        let identifier = inside.next()?;
        let oid = identifier.oid()?;
        let mut values = Vec::new();
        let mut set = inside.expect(tag::SET)?.inside();
        inside.finish()?;
        while let Some(value) = set.next_if_any()? {
            if values.len() < policy::MAX_VALUES {
                values.push(value);
            }
        }
        list.push(Attribute {
            oid,
            encoded_type: identifier.raw,
            values,
        });
    }
    Ok(list)
}

/// What a profile asks beyond RFC 5652.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Profile {
    /// The content type that must be signed.
    pub content_type: &'static str,
    /// Whether a `signing-certificate` attribute is required (ETSI EN 319 122-1 §6.3).
    pub signing_certificate_required: bool,
}

impl Profile {
    /// Plain CMS: `adbe.pkcs7.detached`, S/MIME, detached `.p7s`.
    pub const CMS: Self = Self {
        content_type: ID_DATA,
        signing_certificate_required: false,
    };
    /// CAdES: `ETSI.CAdES.detached`.
    pub const CADES: Self = Self {
        content_type: ID_DATA,
        signing_certificate_required: true,
    };
    /// RFC 3161 token: its §2.4.2 asks for the attribute.
    pub const TIMESTAMP: Self = Self {
        content_type: "1.2.840.113549.1.9.16.1.4",
        signing_certificate_required: true,
    };
}

/// What was found out about one signature, trust left aside.
#[derive(Debug)]
pub struct Judged {
    /// Bytes against signature value.
    pub integrity: Integrity,
    /// The certificate whose key verifies the value, or else the one that the message names.
    pub certificate: Option<Certificate>,
    /// Whether a signed attribute pins that certificate (RFC 5035).
    pub pins_certificate: bool,
    /// Claimed signing time.
    pub signing_time: Option<Timestamp>,
    /// Name of the digest.
    pub digest: Option<String>,
    /// Name of algorithm and key.
    pub algorithm: Option<String>,
    /// Everything found.
    pub findings: Vec<Finding>,
}

/// Judges one signature over `content` (its parts one after another) by RFC 5652 §5.4–5.6 and the attributes of §11,
/// RFC 5035 and RFC 6211. `pool` is where the signer's certificate is looked for.
#[must_use]
pub fn judge(
    message: &Message<'_>,
    signer: &SignerInfo<'_>,
    content: &Content<'_>,
    profile: Profile,
    pool: &[Certificate],
    subject: &str,
    at: Timestamp,
) -> Judged {
    let mut judge = Judge {
        message,
        signer,
        profile,
        subject,
        findings: Vec::new(),
    };
    judge.run(content, pool, at)
}

struct Judge<'a> {
    message: &'a Message<'a>,
    signer: &'a SignerInfo<'a>,
    profile: Profile,
    subject: &'a str,
    findings: Vec<Finding>,
}

impl Judge<'_> {
    fn run(&mut self, content: &Content<'_>, pool: &[Certificate], at: Timestamp) -> Judged {
        self.check_content_type();
        self.check_not_attributes(content);
        let certificate = self.identify(pool, content);
        let content_intact = match (&self.signer.digest, &self.signer.signed) {
            (Ok(digest), Some(_)) => self.check_message_digest(*digest, content),
            (Ok(_), None) => Some(true),
            (Err(oid), _) => {
                self.report(Code::AlgorithmUnsupported, "algorithm", oid);
                None
            }
        };
        self.check_algorithms(at);
        let value = certificate
            .as_ref()
            .map(|certificate| self.check_value(certificate, content));
        let integrity = match (content_intact, value) {
            (Some(false), _) | (_, Some(Verdict::Invalid | Verdict::Mismatch)) => Integrity::Broken,
            (Some(true), Some(Verdict::Valid)) => Integrity::Intact,
            _ => Integrity::Unsupported,
        };
        if let Some(certificate) = &certificate {
            self.check_signing_certificate(certificate);
        }
        if self
            .signer
            .unsigned
            .iter()
            .any(|attribute| attribute.oid == ATTR_COUNTER_SIGNATURE)
        {
            self.findings
                .push(Finding::new(Code::CmsCounterSignature, self.subject));
        }
        let kind = certificate
            .as_ref()
            .and_then(|certificate| certificate.key().ok())
            .map(crypto::PublicKey::kind);
        Judged {
            integrity,
            pins_certificate: certificate
                .as_ref()
                .is_some_and(|certificate| self.pins(certificate) == Some(true)),
            signing_time: self.signing_time(),
            digest: self.signer.digest.as_ref().map_or_else(
                |oid| Some(oid.clone()),
                |digest| Some(digest.name().to_owned()),
            ),
            algorithm: kind.map(|kind| crypto::algorithm_name(&self.signer.algorithm, kind)),
            findings: std::mem::take(&mut self.findings),
            certificate,
        }
    }

    fn report(&mut self, code: Code, fact: &str, value: &str) {
        self.findings
            .push(Finding::new(code, self.subject).fact(fact, value));
    }

    fn signed(&self) -> &[Attribute<'_>] {
        self.signer
            .signed
            .as_ref()
            .map_or(&[], |signed| signed.list.as_slice())
    }

    /// The only value of the only attribute with this identifier; an error if there is any other number.
    fn single(&self, oid: &str) -> std::result::Result<Option<Element<'_>>, ()> {
        let mut found = self
            .signed()
            .iter()
            .filter(|attribute| attribute.oid == oid);
        match (found.next(), found.next()) {
            (None, _) => Ok(None),
            (Some(attribute), None) => match attribute.values.as_slice() {
                [only] => Ok(Some(*only)),
                _ => Err(()),
            },
            (Some(_), Some(_)) => Err(()),
        }
    }

    /// §5.3 and §11.1: the attribute repeats the content type; it and the digest may be missing together only when
    /// plain data is signed directly.
    fn check_content_type(&mut self) {
        let stated = &self.message.content_type;
        let holds = stated == self.profile.content_type
            && match (&self.signer.signed, self.single(ATTR_CONTENT_TYPE)) {
                (None, _) => stated == ID_DATA,
                (Some(_), Ok(Some(value))) => value.oid().as_ref() == Ok(stated),
                (Some(_), _) => false,
            };
        if !holds {
            let stated = stated.clone();
            self.report(Code::CmsContentType, "content_type", &stated);
        }
    }

    /// A signature made over signed attributes also verifies over their bytes as content without attributes. Content
    /// that is itself a set of attributes is therefore never taken as signed directly.
    fn check_not_attributes(&mut self, content: &Content<'_>) {
        let [first, ..] = content.parts() else {
            return;
        };
        let is_attributes = self.signer.signed.is_none()
            && Element::only(first)
                .and_then(|element| element.expect(tag::SET))
                .and_then(|set| attributes(set.inside()))
                .is_ok_and(|list| list.iter().any(|one| one.oid == ATTR_MESSAGE_DIGEST));
        if is_attributes {
            self.report(Code::CmsContentType, "content", "signed attributes");
        }
    }

    /// §11.2. Nothing when the attribute can't be compared.
    fn check_message_digest(&mut self, digest: Digest, content: &Content<'_>) -> Option<bool> {
        let stated = self
            .single(ATTR_MESSAGE_DIGEST)
            .ok()
            .flatten()
            .filter(|value| value.tag & 0xdf == tag::OCTET_STRING)
            .and_then(|value| value.octets().ok())
            .map(Cow::into_owned);
        let Some(stated) = stated else {
            self.findings
                .push(Finding::new(Code::CmsMessageDigest, self.subject));
            return Some(false);
        };
        match content.digest(digest) {
            Ok(actual) if actual == stated => Some(true),
            Ok(_) => {
                self.findings
                    .push(Finding::new(Code::CmsDigestMismatch, self.subject));
                Some(false)
            }
            Err(_) => {
                self.report(Code::AlgorithmUnsupported, "algorithm", digest.name());
                None
            }
        }
    }

    /// The certificate that the signer identifier names (§5.3). Several may carry the same issuer and serial number: the
    /// one that the signed attribute pins comes first, then the one whose key verifies.
    fn identify(&mut self, pool: &[Certificate], content: &Content<'_>) -> Option<Certificate> {
        let mut named: Vec<&Certificate> = pool
            .iter()
            .filter(|certificate| self.signer.id.names(certificate))
            .take(4)
            .collect();
        named.sort_by_key(|certificate| self.pins(certificate) != Some(true));
        if named.len() > 1
            && let Some(fits) = named.iter().find(|certificate| {
                self.pins(certificate) != Some(false)
                    && self.value_verdict(certificate, content) == Verdict::Valid
            })
        {
            return Some((*fits).clone());
        }
        let found = named.first().map(|certificate| (*certificate).clone());
        if found.is_none() {
            let missing = Finding::new(Code::CmsSignerCertificateMissing, self.subject);
            // It may be there and not be one.
            let sent = &self.message.material.certificates;
            let unreadable = sent
                .iter()
                .filter(|der| Certificate::parse(der.to_vec()).is_err())
                .count();
            self.findings.push(if unreadable > 0 {
                missing.fact("unreadable", unreadable)
            } else {
                missing
            });
        }
        found
    }

    /// Digest and signature algorithm against each other (RFC 5652 §5.3, RFC 8419 §3), against the protected copy
    /// (RFC 6211 §2), and against policy.
    fn check_algorithms(&mut self, at: Timestamp) {
        let algorithm = &self.signer.algorithm;
        let Ok(digest) = self.signer.digest.clone() else {
            return;
        };
        let fixed = match algorithm {
            SignatureAlgorithm::Ed25519 if self.signer.signed.is_some() => Some(Digest::Sha512),
            SignatureAlgorithm::Ed448 if self.signer.signed.is_some() => Some(Digest::Shake256),
            other => other.digest(),
        };
        let mut findings = Vec::new();
        if let Some(fixed) = fixed.filter(|fixed| *fixed != digest) {
            findings.push(
                Finding::new(Code::CmsAlgorithmMismatch, self.subject)
                    .fact("digest", digest.name())
                    .fact("signature_digest", fixed.name()),
            );
            findings.extend(policy::check_digest(fixed, self.subject, at));
        }
        findings.extend(policy::check_digest(digest, self.subject, at));
        match self.single(ATTR_ALGORITHM_PROTECTION) {
            Ok(None) => {}
            Ok(Some(value)) if protects(&value, digest, algorithm) == Ok(true) => {}
            _ => findings.push(
                Finding::new(Code::CmsAlgorithmMismatch, self.subject)
                    .fact("attribute", "cms-algorithm-protection"),
            ),
        }
        self.findings.extend(findings);
    }

    /// §5.4, §5.6: the signature value.
    fn check_value(&mut self, certificate: &Certificate, content: &Content<'_>) -> Verdict {
        let verdict = self.value_verdict(certificate, content);
        match &verdict {
            Verdict::Valid => {}
            Verdict::Invalid => self
                .findings
                .push(Finding::new(Code::CmsSignatureInvalid, self.subject)),
            Verdict::Mismatch => self
                .findings
                .push(Finding::new(Code::CmsAlgorithmMismatch, self.subject).fact("key", "kind")),
            Verdict::Unsupported(what) => {
                self.report(Code::AlgorithmUnsupported, "algorithm", what);
            }
        }
        verdict
    }

    fn value_verdict(&self, certificate: &Certificate, content: &Content<'_>) -> Verdict {
        let verify = |parts: &[&[u8]]| {
            crypto::verify(
                certificate.key(),
                &self.signer.algorithm,
                self.signer.digest.clone().ok(),
                parts,
                &self.signer.value,
            )
        };
        let Some(signed) = &self.signer.signed else {
            return verify(content.parts());
        };
        // The bytes that were sent, with the tag of SET OF in place of [0] (§5.4).
        let (_, rest) = signed.element.raw.split_at_checked(1).unwrap_or_default();
        let sent = if signed.element.indefinite {
            Verdict::Invalid
        } else {
            verify(&[&[tag::SET], rest])
        };
        if sent == Verdict::Valid {
            return sent;
        }
        // Signers that send BER sign the DER encoding (§5.4): definite, and in the order of DER or in the order sent.
        let mut tried: Vec<Vec<u8>> = Vec::new();
        for sorted in [true, false] {
            let Ok(mut encoded) = signed.element.to_definite(sorted) else {
                continue;
            };
            if sorted {
                encoded = sorted_set(&encoded).unwrap_or(encoded);
            }
            if let Some(first) = encoded.first_mut() {
                *first = tag::SET;
            }
            let is_new = encoded.get(1..) != Some(rest) && !tried.contains(&encoded);
            if is_new {
                let verdict = verify(&[&encoded]);
                if verdict == Verdict::Valid {
                    return verdict;
                }
                tried.push(encoded);
            }
        }
        match sent {
            Verdict::Unsupported(_) | Verdict::Mismatch => sent,
            _ => Verdict::Invalid,
        }
    }

    /// How the `signing-certificate` attributes stand to this certificate; nothing when there are none.
    fn pin(&self, certificate: &Certificate) -> Option<Pin> {
        let attributes = [
            (ATTR_SIGNING_CERTIFICATE, Digest::Sha1),
            (ATTR_SIGNING_CERTIFICATE_V2, Digest::Sha256),
        ];
        let pins = attributes.into_iter().filter_map(|(oid, default)| {
            let value = self.single(oid).transpose()?;
            let pin = value.map(|value| pin(&value, default, certificate));
            Some(pin.unwrap_or(Ok(Pin::Other)).unwrap_or(Pin::Other))
        });
        pins.max()
    }

    /// Whether they pin this certificate: only the digest decides (RFC 5035 §4).
    fn pins(&self, certificate: &Certificate) -> Option<bool> {
        self.pin(certificate).map(|pin| pin != Pin::Other)
    }

    /// RFC 5035 §3–6.
    fn check_signing_certificate(&mut self, certificate: &Certificate) {
        let code = match self.pin(certificate) {
            Some(Pin::Other) => Code::CmsSigningCertificateMismatch,
            Some(Pin::OtherHint) => Code::CmsIssuerSerial,
            None if self.profile.signing_certificate_required => Code::CmsSigningCertificateMissing,
            Some(Pin::Fits) | None => return,
        };
        self.findings.push(Finding::new(code, self.subject));
    }

    fn signing_time(&mut self) -> Option<Timestamp> {
        let Ok(value) = self.single(ATTR_SIGNING_TIME) else {
            // §11.3: once, and one value.
            self.report(Code::CmsAttributeRepeated, "attribute", "signing-time");
            return None;
        };
        let value = value?;
        time::read(&value).ok()
    }
}

/// DER order for a SET OF given in definite form (X.690 §11.6).
fn sorted_set(encoded: &[u8]) -> Result<Vec<u8>> {
    let element = Element::only(encoded)?;
    let mut inside = element.inside();
    let mut parts = Vec::new();
    while let Some(part) = inside.next_if_any()? {
        parts.push(part.raw);
    }
    parts.sort_unstable();
    Ok(super::asn1::encode(element.tag, &parts.concat()))
}

/// `CMSAlgorithmProtection` (RFC 6211 §2): the same algorithms as outside.
fn protects(value: &Element<'_>, digest: Digest, algorithm: &SignatureAlgorithm) -> Result<bool> {
    let mut inside = value.expect(tag::SEQUENCE)?.inside();
    let protected = Digest::read(&inside.next()?)?;
    let Some(signature) = inside.optional(tag::context(1))? else {
        return Ok(false);
    };
    inside.finish()?;
    let signature = super::asn1::encode(tag::SEQUENCE, signature.body);
    Ok(protected == Ok(digest) && SignatureAlgorithm::read(&signature) == *algorithm)
}

/// How a `signing-certificate` attribute stands to a certificate, the worst last.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Pin {
    /// It names it.
    Fits,
    /// The digest is its own, the issuer or the serial number beside it is another's.
    OtherHint,
    /// The digest is of something else.
    Other,
}

/// The first `ESSCertID(v2)` of a `SigningCertificate(V2)` (RFC 5035 §3–6) against a certificate.
fn pin(value: &Element<'_>, default: Digest, certificate: &Certificate) -> Result<Pin> {
    let mut first = value
        .expect(tag::SEQUENCE)?
        .inside()
        .expect(tag::SEQUENCE)?
        .inside()
        .expect(tag::SEQUENCE)?
        .inside();
    let mut next = first.next()?;
    let mut digest = default;
    if next.tag == tag::SEQUENCE {
        digest = Digest::read(&next)?.map_err(|_| Asn1Error::Unexpected)?;
        next = first.next()?;
    }
    let stated = next.expect(tag::OCTET_STRING)?.body;
    let same_hash = match digest {
        Digest::Sha256 => certificate.sha256().as_bytes() == stated,
        other => other
            .of(&[certificate.der()])
            .is_ok_and(|actual| actual == stated),
    };
    let hint = first.next_if_any()?;
    Ok(match hint.map(|hint| names(&hint, certificate)) {
        _ if !same_hash => Pin::Other,
        None | Some(Ok(true)) => Pin::Fits,
        Some(Ok(false) | Err(_)) => Pin::OtherHint,
    })
}

/// Whether an `IssuerSerial` (RFC 5035 §4) names a certificate: its issuer as the only name, and its serial number.
fn names(issuer_serial: &Element<'_>, certificate: &Certificate) -> Result<bool> {
    let definite = issuer_serial.to_definite(false)?;
    let mut inside = Element::only(&definite)?.expect(tag::SEQUENCE)?.inside();
    let mut issuers = inside.expect(tag::SEQUENCE)?.inside();
    let issuer = GeneralName::from_element(&issuers.next()?)?;
    issuers.finish()?;
    let same_issuer =
        matches!(issuer, GeneralName::Directory(name) if name.matches(certificate.issuer()));
    Ok(same_issuer && inside.expect(tag::INTEGER)?.body == certificate.serial())
}

#[cfg(test)]
pub(super) mod tests;
