//! Who signed: the identity that a certificate states, read through the layouts of `certs/ecuador.toml` (DESIGN J).
//!
//! Three layouts are in use: *ext* (private extensions), *san* (`otherName` entries) and *subj* (Resolution
//! ARCOTEL-2024-0176, ETSI EN 319 412-1 §5.1.3 semantics in the subject). The class of the holder is decided by exact
//! policy OIDs only, never by the free text of the position. What is left out: whether the certificate may be trusted.

use std::sync::LazyLock;

use serde::{Deserialize, Serialize};
use x509_parser::certificate::X509Certificate;
use x509_parser::extensions::{GeneralName, ParsedExtension};
use x509_parser::x509::X509Name;

use crate::domain::{IdentityDocument, Ruc};

/// What kind of holder the certificate policy declares. Only the policy OID decides; the position text never does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SignerClass {
    /// *Persona natural*.
    NaturalPerson,
    /// *Miembro de empresa*.
    CompanyMember,
    /// *Representante legal*.
    LegalRepresentative,
    /// *Persona jurídica*: a person acting for a company, manager or clerk alike.
    LegalEntity,
    /// *Funcionario público*.
    PublicOfficer,
    /// *Sello electrónico*: no person signed.
    ElectronicSeal,
    /// *Sellado de tiempo*.
    Timestamp,
}

impl SignerClass {
    /// Whether a certificate of this class is a person's, so that its signature can ask for something.
    #[must_use]
    pub fn is_person(self) -> bool {
        !matches!(self, Self::ElectronicSeal | Self::Timestamp)
    }
}

/// The identity read from the signer's certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Signer {
    /// Cédula or passport, without its prefix.
    pub document: Option<IdentityDocument>,
    /// Full name: names and surnames, or the common name.
    pub name: String,
    /// Position (*cargo*).
    pub position: Option<String>,
    /// Organisation (*razón social*).
    pub organisation: Option<String>,
    /// RUC of the organisation (or of the person).
    pub ruc: Option<Ruc>,
    /// Class, when the policy is known.
    pub class: Option<SignerClass>,
    /// Short name of the issuing entity: from the table, otherwise the issuer's organisation.
    pub entity: String,
    /// `ext`, `san` or `subj`; nothing when no layout fits.
    pub layout: Option<String>,
}

/// The table as written in `certs/ecuador.toml`.
#[derive(Debug, Deserialize)]
struct Table {
    entity: Vec<Entity>,
}

#[derive(Debug, Deserialize)]
struct Entity {
    name: String,
    #[serde(default)]
    layout: Vec<Layout>,
}

#[derive(Debug, Deserialize)]
struct Layout {
    style: Style,
    #[serde(default)]
    fields: FieldOids,
    classes: Vec<ClassRow>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Style {
    Ext,
    San,
    Subj,
}

/// OIDs of the fields of an *ext* or *san* layout; empty for *subj*, whose places are fixed by the resolution.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct FieldOids {
    document: String,
    passport: String,
    names: String,
    surname_1: String,
    surname_2: String,
    position: String,
    institution: String,
    organisation: String,
    ruc: String,
}

#[derive(Debug, Deserialize)]
struct ClassRow {
    policy: String,
    class: SignerClass,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    toml::from_str(include_str!("../../certs/ecuador.toml"))
        .expect("certs/ecuador.toml is embedded at build time and read by the tests")
});

/// Prefixes of ETSI EN 319 412-1 §5.1.3 and their Ecuadorian companions, stripped from numbers in the subject.
const DOCUMENT_PREFIXES: [&str; 3] = ["IDCEC-", "PASEC-", "PNOEC-"];
const RUC_PREFIXES: [&str; 2] = ["VATEC-", "TINEC-"];

/// What CAs write where they mean nothing.
const PLACEHOLDERS: [&str; 3] = ["", ".", "NO"];

mod oid {
    pub(super) const SERIAL_NUMBER: &str = "2.5.4.5";
    pub(super) const SURNAME: &str = "2.5.4.4";
    pub(super) const GIVEN_NAME: &str = "2.5.4.42";
    pub(super) const COMMON_NAME: &str = "2.5.4.3";
    pub(super) const TITLE: &str = "2.5.4.12";
    pub(super) const ORGANISATION: &str = "2.5.4.10";
    pub(super) const ORGANISATION_IDENTIFIER: &str = "2.5.4.97";
}

/// Reads who holds `certificate`. A certificate that fits no layout still gives a [`Signer`] with its common name,
/// but without document and class, so that nobody is matched by it.
#[must_use]
pub fn read(certificate: &X509Certificate<'_>) -> Signer {
    let policies = policies(certificate);
    TABLE
        .entity
        .iter()
        .flat_map(|entity| entity.layout.iter().map(move |layout| (entity, layout)))
        .find_map(|(entity, layout)| {
            let class = layout.class_of(&policies)?;
            let identity = Identity::read(certificate, layout).or_else(|| {
                // A seal or a timestamp names no person, and is what it is all the same.
                (!class.is_person()).then(|| Identity::of_nobody(certificate.subject()))
            })?;
            Some(identity.into_signer(certificate, layout.style, Some(class), entity.name.clone()))
        })
        .unwrap_or_else(|| unlisted(certificate))
}

/// A certificate whose policies are in no row: the subject is read where it is unmistakable, the class stays open.
fn unlisted(certificate: &X509Certificate<'_>) -> Signer {
    let issuer = attribute(certificate.issuer(), oid::ORGANISATION).unwrap_or_default();
    let subject = Identity::from_subject(certificate.subject());
    match subject {
        Some(identity) => identity.into_signer(certificate, Style::Subj, None, issuer),
        None => Signer {
            document: None,
            name: attribute(certificate.subject(), oid::COMMON_NAME).unwrap_or_default(),
            position: None,
            organisation: None,
            ruc: None,
            class: None,
            entity: issuer,
            layout: None,
        },
    }
}

impl Layout {
    /// The class of the first row whose policy the certificate carries.
    fn class_of(&self, policies: &[String]) -> Option<SignerClass> {
        self.classes
            .iter()
            .find(|row| policies.contains(&row.policy))
            .map(|row| row.class)
    }
}

impl Style {
    fn as_str(self) -> &'static str {
        match self {
            Self::Ext => "ext",
            Self::San => "san",
            Self::Subj => "subj",
        }
    }
}

/// The fields of one layout, cleaned of placeholders.
#[derive(Debug, Default)]
struct Identity {
    document: Option<String>,
    names: Option<String>,
    surnames: Option<String>,
    position: Option<String>,
    organisation: Option<String>,
    ruc: Option<String>,
}

impl Identity {
    /// The identity in the place that `layout` names, or nothing when the certificate does not use that place.
    fn read(certificate: &X509Certificate<'_>, layout: &Layout) -> Option<Self> {
        match layout.style {
            Style::Ext => Self::from_fields(&layout.fields, |oid| extension_text(certificate, oid)),
            Style::San => {
                Self::from_fields(&layout.fields, |oid| other_name_text(certificate, oid))
            }
            Style::Subj => Self::from_subject(certificate.subject()),
        }
    }

    fn from_fields(oids: &FieldOids, text: impl Fn(&str) -> Option<String>) -> Option<Self> {
        let field = |oid: &str| {
            if oid.is_empty() {
                None
            } else {
                text(oid).and_then(|text| cleaned(&text))
            }
        };
        let surnames: Vec<String> = [&oids.surname_1, &oids.surname_2]
            .into_iter()
            .filter_map(|oid| field(oid))
            .collect();
        Some(Self {
            document: Some(field(&oids.document).or_else(|| field(&oids.passport))?),
            names: field(&oids.names),
            surnames: (!surnames.is_empty()).then(|| surnames.join(" ")),
            position: field(&oids.position),
            organisation: field(&oids.organisation).or_else(|| field(&oids.institution)),
            ruc: field(&oids.ruc),
        })
    }

    /// The *subj* layout. The prefix is required: bare serial numbers are time stamps or internal numbers at several
    /// entities, and one of them has ten digits like a cédula.
    fn from_subject(subject: &X509Name<'_>) -> Option<Self> {
        let serial = attribute(subject, oid::SERIAL_NUMBER)?;
        let document = strip_any(&serial, &DOCUMENT_PREFIXES)?;
        let organisation_identifier = attribute(subject, oid::ORGANISATION_IDENTIFIER);
        Some(Self {
            document: cleaned(&document),
            names: attribute(subject, oid::GIVEN_NAME),
            surnames: attribute(subject, oid::SURNAME),
            position: attribute(subject, oid::TITLE),
            organisation: attribute(subject, oid::ORGANISATION),
            ruc: organisation_identifier.and_then(|text| strip_any(&text, &RUC_PREFIXES)),
        })
    }

    /// The organisation behind a certificate that names no person (ETSI EN 319 412-3 §4.2.1).
    fn of_nobody(subject: &X509Name<'_>) -> Self {
        Self {
            organisation: attribute(subject, oid::ORGANISATION),
            ruc: attribute(subject, oid::ORGANISATION_IDENTIFIER)
                .and_then(|text| strip_any(&text, &RUC_PREFIXES)),
            ..Self::default()
        }
    }

    fn into_signer(
        self,
        certificate: &X509Certificate<'_>,
        style: Style,
        class: Option<SignerClass>,
        entity: String,
    ) -> Signer {
        let full_name: Vec<String> = [self.names, self.surnames].into_iter().flatten().collect();
        Signer {
            // A seal names a company's number where a person's document would stand.
            document: self
                .document
                .filter(|_| class.is_none_or(SignerClass::is_person))
                .and_then(|d| d.parse().ok()),
            name: if full_name.is_empty() {
                attribute(certificate.subject(), oid::COMMON_NAME).unwrap_or_default()
            } else {
                full_name.join(" ")
            },
            position: self.position,
            organisation: self.organisation,
            ruc: self.ruc.and_then(|ruc| ruc.parse().ok()),
            class,
            entity,
            layout: Some(style.as_str().to_owned()),
        }
    }
}

fn strip_any(text: &str, prefixes: &[&str]) -> Option<String> {
    prefixes
        .iter()
        .find_map(|prefix| text.strip_prefix(prefix))
        .map(str::to_owned)
}

/// Trims, folds runs of blanks, and turns placeholders into nothing.
fn cleaned(text: &str) -> Option<String> {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    (!PLACEHOLDERS.contains(&text.to_uppercase().as_str())).then_some(text)
}

/// The certificate policies, as dotted OIDs (RFC 5280 §4.2.1.4).
fn policies(certificate: &X509Certificate<'_>) -> Vec<String> {
    certificate
        .extensions()
        .iter()
        .filter_map(|extension| match extension.parsed_extension() {
            ParsedExtension::CertificatePolicies(policies) => Some(policies),
            _ => None,
        })
        .flat_map(|policies| {
            policies
                .iter()
                .map(|policy| policy.policy_id.to_id_string())
        })
        .collect()
}

/// The first attribute of this type, wherever it stands: some entities put several attributes into one RDN.
fn attribute(name: &X509Name<'_>, oid: &str) -> Option<String> {
    name.iter_attributes()
        .find(|attribute| attribute.attr_type().to_id_string() == oid)
        .and_then(|attribute| {
            let value = attribute.attr_value();
            text_of(value.header.tag().0, value.data)
        })
        .and_then(|text| cleaned(&text))
}

/// The character string inside a private extension.
fn extension_text(certificate: &X509Certificate<'_>, oid: &str) -> Option<String> {
    let extension = certificate
        .extensions()
        .iter()
        .find(|extension| extension.oid.to_id_string() == oid)?;
    character_string(extension.value)
}

/// The character string inside an `otherName` of the subject alternative name (RFC 5280 §4.2.1.6).
fn other_name_text(certificate: &X509Certificate<'_>, oid: &str) -> Option<String> {
    let alternative = certificate.subject_alternative_name().ok().flatten()?;
    alternative
        .value
        .general_names
        .iter()
        .find_map(|name| match name {
            GeneralName::OtherName(id, value) if id.to_id_string() == oid => {
                character_string(value)
            }
            _ => None,
        })
}

/// One DER character string, possibly inside one explicit context tag, as text.
fn character_string(der: &[u8]) -> Option<String> {
    /// `[0] EXPLICIT` around the value of an otherName.
    const EXPLICIT_0: u8 = 0xa0;
    let (tag, content) = tag_and_content(der)?;
    if tag == EXPLICIT_0 {
        let (tag, content) = tag_and_content(content)?;
        return text_of(u32::from(tag), content);
    }
    text_of(u32::from(tag), content)
}

/// Splits one DER element with a short or two-byte long-form length into tag and content.
fn tag_and_content(der: &[u8]) -> Option<(u8, &[u8])> {
    let (&tag, rest) = der.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = match first {
        0..=0x7f => (usize::from(first), rest),
        0x81 => rest
            .split_first()
            .map(|(&length, rest)| (usize::from(length), rest))?,
        0x82 => {
            let (high, rest) = rest.split_first()?;
            let (low, rest) = rest.split_first()?;
            (usize::from(u16::from_be_bytes([*high, *low])), rest)
        }
        _ => return None,
    };
    rest.get(..length).map(|content| (tag, content))
}

/// Decodes an ASN.1 character string (X.680 §41). UTF-8 is tried first whatever the tag: several entities put it into
/// `VisibleString` or `PrintableString`; `T61String` then falls back to Latin-1, as everybody writes it.
fn text_of(tag: u32, content: &[u8]) -> Option<String> {
    const UTF8: u32 = 12;
    const NUMERIC: u32 = 18;
    const PRINTABLE: u32 = 19;
    const T61: u32 = 20;
    const IA5: u32 = 22;
    const VISIBLE: u32 = 26;
    const GENERAL: u32 = 27;
    const UNIVERSAL: u32 = 28;
    const BMP: u32 = 30;
    let text = match tag {
        BMP => {
            let units = content
                .chunks_exact(2)
                .filter_map(|pair| Some(u16::from_be_bytes(pair.try_into().ok()?)));
            char::decode_utf16(units)
                .collect::<Result<String, _>>()
                .ok()
        }
        UNIVERSAL => content
            .chunks_exact(4)
            .map(|four| {
                four.try_into()
                    .ok()
                    .map(u32::from_be_bytes)
                    .and_then(char::from_u32)
            })
            .collect(),
        UTF8 | NUMERIC | PRINTABLE | IA5 | VISIBLE | GENERAL | T61 => std::str::from_utf8(content)
            .map(str::to_owned)
            .ok()
            .or_else(|| (tag == T61).then(|| content.iter().copied().map(char::from).collect())),
        _ => None,
    }?;
    // A control character or a direction mark in a name is somebody playing with what a reviewer will see.
    Some(
        text.chars()
            .filter(|c| !c.is_control() && !is_direction_mark(*c))
            .collect(),
    )
}

fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_readable_and_no_policy_means_two_things_within_one_layout() {
        assert_eq!(TABLE.entity.len(), 17, "the 17 entities");
        for entity in &TABLE.entity {
            for layout in &entity.layout {
                let with_fields =
                    !layout.fields.document.is_empty() || !layout.fields.passport.is_empty();
                assert_eq!(
                    with_fields,
                    layout.style != Style::Subj,
                    "{}: {:?}",
                    entity.name,
                    layout.style
                );
                for row in &layout.classes {
                    let same = layout
                        .classes
                        .iter()
                        .filter(|other| other.policy == row.policy);
                    assert!(
                        same.clone().all(|other| other.class == row.class),
                        "{}: {}",
                        entity.name,
                        row.policy
                    );
                }
            }
        }
    }

    #[test]
    fn character_strings_of_every_kind_are_read() {
        let vectors: &[(&[u8], Option<&str>, &str)] = &[
            (b"\x0c\x05PE\xc3\x91A", Some("PEÑA"), "UTF8String"),
            (
                b"\x1a\x05PE\xc3\x91A",
                Some("PEÑA"),
                "UTF-8 inside a VisibleString",
            ),
            (
                b"\x14\x04PE\xd1A",
                Some("PEÑA"),
                "Latin-1 inside a T61String",
            ),
            (b"\x1e\x08\0P\0E\0\xd1\0A", Some("PEÑA"), "BMPString"),
            (
                b"\xa0\x06\x0c\x04PENA",
                Some("PENA"),
                "explicit tag of an otherName",
            ),
            (
                b"\x13\x04PE\xd1A",
                None,
                "bytes that a PrintableString can't mean",
            ),
            (b"\x0c\x09PENA", None, "length beyond the value"),
            (b"\x02\x01\x05", None, "an INTEGER"),
            (b"", None, "nothing"),
        ];
        for (der, expected, why) in vectors {
            assert_eq!(character_string(der).as_deref(), *expected, "{why}");
        }
    }

    #[test]
    fn placeholders_are_nothing() {
        for text in ["", " ", ".", "No", "NO"] {
            assert_eq!(cleaned(text), None, "{text:?}");
        }
        assert_eq!(cleaned(" JUAN   CARLOS ").as_deref(), Some("JUAN CARLOS"));
    }
}
